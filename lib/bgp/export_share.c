/*
 * Announcing to many at once.  What all peers of a group would be told of a
 * stretch of the table or of the journal is drafted once, as a sheet: the
 * messages, and which routes are in them.  Each session then takes its copy,
 * with its own next hop in it and without what is kept from its peer: that is
 * told by the source and the attributes, which routes share, so that whole
 * messages are copied where nothing is.  What its peer has from us is noted as
 * ever.
 *
 * Stretches of the journal end where its position is a multiple, so that those
 * who are behind by different amounts come to take the same sheets.
 *
 * A sheet is not for who has routes of another table to leave behind, or is to
 * say only what a new policy makes different.
 */
#include "bgp/export.h"

#include <string.h>

#include "bgp/attr.h"
#include "bgp/msg.h"

/* MP_REACH_NLRI stands first: flags, type, length, AFI, SAFI, length. */
#define HOP6_AT	(MSG_HEADER + 4 + 4 + 4)

struct draft {
	struct batch	batch;
	struct sheet_run run[BATCH_MOST];
	struct sheet_strain strain[BATCH_MOST];
	size_t		runs, strains;
};

static unsigned
dumping_now(const struct export *e)
{
	return e->dumping[0] ? 0 : 1;
}

bool
export_shares(const struct export *e)
{
	return group_members(e->groups, e->group) > 1 && !e->moved &&
	    !(export_dumping(e) && e->soft[dumping_now(e)]);
}

static struct sheet_place
place_of(const struct export *e, const struct rib *r)
{
	unsigned f = dumping_now(e);

	if (!export_dumping(e)) {
		return (struct sheet_place){
			.group = e->group, .source = SHEET_JOURNAL,
			.from = journal_at(r, e->reader),
			.stamp = r->journal_turns,
		};
	}
	return (struct sheet_place){
		.group = e->group, .source = f == 0 ? SHEET_IPV4 : SHEET_IPV6,
		.from = e->at[f], .stamp = r->changes,
	};
}

/* --- drafting --- */

static bool
draft_net(struct export *e, struct rib *r, struct batch *b, uint32_t net)
{
	struct item it = { .net = net };

	if (rib_net_table(r, net) != e->conf.table)
		return true;
	it.from = export_offer(e, r, net, &it.slot);
	it.prefix = rib_prefix(r, net);
	if (!export_edited(&e->edit, r, it.from, &it.prefix, &it.attrs))
		return false;
	batch_add(b, r, &it);
	return true;
}

static bool
draft_dump(struct export *e, struct rib *r, struct batch *b,
    const struct sheet_place *at, uint64_t *to, bool *last)
{
	uint32_t net = (uint32_t)at->from;
	const uint32_t end = (net | (EXPORT_DUMP_STRIDE - 1)) + 1;

	while (net < end && !batch_full(b)) {
		if (!rib_each(r, &net)) {
			*last = true;
			break;
		}
		if (!draft_net(e, r, b, net))
			return false;
	}
	*to = net;
	return true;
}

static bool
draft_journal(struct export *e, struct rib *r, struct batch *b,
    const struct sheet_place *at, uint64_t *to)
{
	const uint64_t end = (at->from | (EXPORT_JOURNAL_STRIDE - 1)) + 1;
	uint64_t pos = at->from;
	uint32_t net;

	while (pos < end && !batch_full(b) &&
	    journal_next(r, &pos, export_reasons(e), &net)) {
		if (export_family(e, (net & RIB_IPV6) != 0) &&
		    !draft_net(e, r, b, net))
			return false;
	}
	*to = pos;
	return true;
}

/* Items of one source and with the same attributes. */
static void
add_strains(struct draft *d, struct sheet_run *run, const struct item *it)
{
	struct sheet_strain *s = NULL;

	for (size_t i = 0; i < run->n; i++, it++) {
		if (s != NULL && s->from == it->from && s->slot == it->slot) {
			s->n++;
			continue;
		}
		s = &d->strain[d->strains++];
		*s = (struct sheet_strain){ it->from, it->slot, 1 };
		run->strains++;
	}
}

/* Where NEXT_HOP's value is in a message with these attributes. */
static uint16_t
hop4_at(struct bytes attrs)
{
	struct rd r = rd_of(attrs);

	while (r.n > 0 && !r.bad) {
		uint8_t flags = rd_u8(&r), type = rd_u8(&r);
		size_t n = (flags & ATTR_EXTENDED) != 0 ? rd_u16(&r) :
		    rd_u8(&r);

		if (type == ATTR_NEXT_HOP)
			return (uint16_t)(MSG_HEADER + 4 + attrs.n - r.n);
		rd_bytes(&r, n);
	}
	return 0;
}

static bool
add_run(struct draft *d, const struct export *e, const struct alike *a,
    struct wr *w)
{
	const struct item *first = &d->batch.item[a->first];
	struct sheet_run *run = &d->run[d->runs++];
	struct prefix p[BATCH_MOST];
	size_t start = w->n;

	*run = (struct sheet_run){ .n = (uint16_t)a->n };
	for (size_t i = 0; i < a->n; i++)
		p[i] = first[i].prefix;
	if (a->attrs != 0) {
		bool hop6 = batch_hop6(&e->conf, p);

		run->hop_n = hop6 ? 16 : 4;
		run->hop_at = hop6 ? HOP6_AT : hop4_at(a->b);
	}
	add_strains(d, run, first);
	if (!batch_put(w, &e->conf, a->b, p, a->n))
		return false;
	run->octets = (uint32_t)(w->n - start);
	return true;
}

static bool
draft_runs(struct draft *d, const struct export *e, const struct rib *r,
    struct wr *w)
{
	struct alike a = { .n = 0 };

	d->runs = d->strains = 0;
	batch_sort(&d->batch);
	while (batch_alike(&d->batch, &e->conf, r, &a)) {
		if (!add_run(d, e, &a, w))
			return false;
	}
	return true;
}

static struct sheet *
fair_copy(struct export *e, const struct sheet_place *at,
    const struct draft *d, struct bytes messages)
{
	struct sheet *s = shelf_add(&e->groups->shelf, at,
	    group_members(e->groups, e->group), d->runs, d->strains,
	    d->batch.n, messages.n);

	if (s == NULL)
		return NULL;
	memcpy(s->run, d->run, d->runs * sizeof(s->run[0]));
	memcpy(s->strain, d->strain, d->strains * sizeof(s->strain[0]));
	for (size_t i = 0; i < d->batch.n; i++)
		s->net[i] = d->batch.item[i].net;
	memcpy(s->octets, messages.p, messages.n);
	return s;
}

static struct sheet *
make(struct export *e, struct rib *r, const struct sheet_place *at,
    struct wr *w)
{
	struct wr room = wr_of(w->p + w->n, w->cap - w->n);
	struct sheet *s = NULL;
	uint64_t to = at->from;
	bool last = false, ok;
	struct draft d;

	batch_begin(&d.batch);
	ok = at->source == SHEET_JOURNAL ?
	    draft_journal(e, r, &d.batch, at, &to) :
	    draft_dump(e, r, &d.batch, at, &to, &last);
	if (ok && draft_runs(&d, e, r, &room))
		s = fair_copy(e, at, &d, wr_done(&room));
	batch_end(&d.batch, r);
	if (s != NULL) {
		s->to = to;
		s->last = last;
	}
	return s;
}

struct sheet *
export_sheet(struct export *e, struct rib *r, struct wr *w)
{
	struct sheet_place at = place_of(e, r);
	struct sheet *s = shelf_find(&e->groups->shelf, &at);

	return s != NULL || w->bad ? s : make(e, r, &at, w);
}

/* --- taking --- */

/* What is left of a sheet, from the run on whose turn it is. */
struct leaf {
	const struct sheet_run *run;
	const struct sheet_strain *strain;
	const uint32_t	*net;
	struct rd	messages;
};

/* All of it is for this peer. */
static bool
is_whole(const struct export *e, const struct rib *r, const struct leaf *l)
{
	if (l->run->hop_n == 0) {
		for (unsigned i = 0; i < l->run->n; i++) {
			if (!export_told(e, l->net[i]))
				return false;
		}
		return true;
	}
	for (unsigned i = 0; i < l->run->strains; i++) {
		if (export_keeps_from(e, r, l->strain[i].from,
		    l->strain[i].slot))
			return false;
	}
	return true;
}

/* Its own, into each of the messages from here on. */
static void
put_hops(const struct export *e, const struct sheet_run *run, size_t at,
    struct wr *w)
{
	const struct addr *hop = run->hop_n == 16 ? &e->conf.next_hop6 :
	    &e->conf.next_hop4;

	while (run->hop_n > 0 && at < w->n) {
		wr_patch_bytes(w, at + run->hop_at,
		    bytes_of(hop->b, run->hop_n));
		at += msg_length(bytes_of(w->p + at, w->n - at));
	}
}

static bool
take_whole(struct export *e, const struct leaf *l, struct bytes messages,
    struct wr *w)
{
	size_t at = w->n;

	for (unsigned i = 0; i < l->run->n; i++) {
		if (!export_tell(e, l->net[i], l->run->hop_n > 0))
			return false;
	}
	wr_bytes(w, messages);
	if (!w->bad)
		put_hops(e, l->run, at, w);
	return true;
}

/* Those of the first message, but for MP_REACH_NLRI in front. */
static struct bytes
attrs_of(const struct sheet_run *run, struct bytes messages)
{
	struct rd r = rd_of(messages);

	if (run->hop_n == 0)
		return (struct bytes){ 0 };
	rd_bytes(&r, MSG_HEADER + 2);
	r = rd_sub(&r, rd_u16(&r));
	if (run->hop_at == HOP6_AT && run->hop_n == 16) {
		rd_u16(&r);
		rd_bytes(&r, rd_u16(&r));
	}
	return rd_rest(&r);
}

/*
 * Made anew without what is kept from the peer, which loses it if it has it;
 * what it gets is at the front of p, what it loses at the end.
 */
static bool
take_some(struct export *e, const struct rib *r, const struct leaf *l,
    struct bytes messages, struct wr *w)
{
	const struct sheet_strain *s = l->strain;
	size_t keep = 0, gone = l->run->n, i = 0, at = w->n;
	struct prefix p[BATCH_MOST];

	for (unsigned k = 0; k < l->run->strains; k++, s++) {
		bool reach = l->run->hop_n > 0 &&
		    !export_keeps_from(e, r, s->from, s->slot);

		for (unsigned m = 0; m < s->n; m++, i++) {
			if (!reach && !export_told(e, l->net[i]))
				continue;
			if (!export_tell(e, l->net[i], reach))
				return false;
			p[reach ? keep++ : --gone] = rib_prefix(r, l->net[i]);
		}
	}
	if (!batch_put(w, &e->conf, attrs_of(l->run, messages), p, keep))
		return false;
	put_hops(e, l->run, at, w);
	return batch_put(w, &e->conf, (struct bytes){ 0 }, p + gone,
	    l->run->n - gone);
}

static bool
take_run(struct export *e, const struct rib *r, struct leaf *l, struct wr *w)
{
	struct bytes messages = rd_bytes(&l->messages, l->run->octets);
	bool ok = is_whole(e, r, l) ? take_whole(e, l, messages, w) :
	    take_some(e, r, l, messages, w);

	l->net += l->run->n;
	l->strain += l->run->strains;
	l->run++;
	return ok && !w->bad;
}

static void
move_on(struct export *e, struct rib *r, const struct sheet *s)
{
	unsigned f = s->place.source == SHEET_IPV6;

	if (s->place.source == SHEET_JOURNAL) {
		journal_seek(r, e->reader, s->to);
	} else {
		e->at[f] = (uint32_t)s->to;
		if (s->last)
			export_dump_end(e, r, f);
	}
}

bool
export_take(struct export *e, struct rib *r, struct sheet *s, struct wr *w)
{
	struct leaf l = { s->run, s->strain, s->net,
		rd_of(bytes_of(s->octets, s->size - (size_t)(s->octets -
		(const uint8_t *)s))) };

	for (uint32_t i = 0; i < s->runs; i++) {
		if (!take_run(e, r, &l, w))
			return false;
	}
	move_on(e, r, s);
	shelf_read(&e->groups->shelf, s);
	return true;
}
