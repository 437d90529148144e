/*
 * Announcing (RFC 4271 section 9.2): what a session may tell its peer, kept as
 * one bit per prefix, and UPDATEs packed by attributes.  A session begins with
 * a dump of the table and End-of-RIB (RFC 4724 section 2), then follows the
 * journal.  UPDATEs are made a few at a time, as the host drains them, from
 * what the RIB says at that moment: a peer that is slow misses only what no
 * longer matters.
 *
 * Never announced: a route to the peer that taught it; one whose AS_PATH has
 * the peer's AS, which would have to drop it, unless that is overridden or
 * wanted; what iBGP taught, to iBGP; what is for customers only, to others
 * (RFC 9234); and without transit anything but our own (RFC 8212).
 * Of the rest the session's policy says what goes out, and how (edit.c).
 *
 * A refresh is a dump again, between the marks of RFC 7313 where the peer knows
 * them.
 *
 * A new policy begins a dump that says only what is different: each route is
 * asked of the old policy as well.  Another table begins a dump, too: what the
 * peer has from the one of before, it has from this one where that says so,
 * and the rest is withdrawn.
 *
 * Sessions of a group take their UPDATEs from sheets (export_share.c), unless
 * they are amid a change that is theirs alone.
 */
#include "bgp/export.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/aspath.h"
#include "bgp/attr.h"
#include "bgp/msg.h"
#include "bgp/open.h"
#include "bgp/role.h"
#include "bgp/update.h"

#define STRIDES		64	/* of a table or the journal, in one go */

_Static_assert(EXPORT_ROOM >= 2 * LIMIT_FILL + 3 * LIMIT_MESSAGE, "room");

static unsigned
family_index(uint32_t net)
{
	return (net & RIB_IPV6) != 0;
}

bool
export_family(const struct export *e, unsigned f)
{
	return (e->conf.families & (f == 0 ? OPEN_IPV4 : OPEN_IPV6)) != 0;
}

bool
export_start(struct export *e, struct rib *r, const struct export_conf *conf,
    struct rib_ref source)
{
	uint32_t reader = journal_open(r, !conf->transit);

	if (reader == UINT32_MAX)
		return false;
	*e = (struct export){
		.conf = *conf, .source = source, .reader = reader,
		.at = { 0, RIB_IPV6 },
	};
	edit_init(&e->edit, &conf->edit);
	for (unsigned f = 0; f < 2; f++)
		e->dumping[f] = e->first[f] = export_family(e, f);
	return true;
}

void
export_stop(struct export *e, struct rib *r)
{
	journal_close(r, e->reader);
	if (e->groups != NULL)
		group_leave(e->groups, e->group);
	edit_fini(&e->edit, &r->intern);
	edit_fini(&e->was, &r->intern);
	bits_fini(&e->told[0]);
	bits_fini(&e->told[1]);
	free(e->own);
	*e = (struct export){ .reader = UINT32_MAX };
}

static void
group_again(struct export *e)
{
	uint32_t was = e->group;

	if (e->groups == NULL)
		return;
	e->group = group_join(e->groups, &e->conf);
	group_leave(e->groups, was);
}

void
export_share(struct export *e, struct groups *groups)
{
	e->groups = groups;
	group_again(e);
}

static void
dump_from_start(struct export *e, unsigned f, bool soft)
{
	if (!export_family(e, f))
		return;
	e->dumping[f] = true;
	e->soft[f] = soft;
	e->at[f] = f == 1 ? RIB_IPV6 : 0;
	free(e->own);
	e->own = NULL;
	e->own_n = 0;
}

void
export_refresh(struct export *e, enum addr_family family)
{
	unsigned f = family == ADDR_IPV6;

	if (!e->conf.enhanced || !export_family(e, f)) {
		dump_from_start(e, f, false);
	} else if (e->first[f] || e->refreshing[f]) {
		e->again[f] = true;
	} else {
		dump_from_start(e, f, false);
		e->refreshing[f] = e->borr[f] = true;
	}
}

bool
export_dumping(const struct export *e)
{
	return e->dumping[0] || e->dumping[1];
}

/* Amid a dump, the peer has heard of some routes this way, of some that way. */
bool
export_change(struct export *e, struct rib *r, const struct edit_conf *conf)
{
	bool clean = !export_dumping(e);

	if (edit_conf_eq(&e->edit.conf, conf))
		return false;
	edit_fini(&e->was, &r->intern);
	e->was = e->edit;
	edit_init(&e->edit, conf);
	e->conf.edit = *conf;
	group_again(e);
	dump_from_start(e, 0, clean);
	dump_from_start(e, 1, clean);
	return true;
}

void
export_move(struct export *e, uint16_t table)
{
	if (table == e->conf.table)
		return;
	e->conf.table = table;
	e->moved = true;
	group_again(e);
	dump_from_start(e, 0, false);
	dump_from_start(e, 1, false);
}

bool
export_told(const struct export *e, uint32_t net)
{
	return bits_test(&e->told[family_index(net)], net & ~RIB_IPV6);
}

bool
export_pending(const struct export *e, const struct rib *r)
{
	return export_dumping(e) || journal_pending(r, e->reader);
}

/* It came through the peer's AS, which would have to drop it. */
static bool
through_peer(const struct export *e, const struct attrs *a)
{
	return !e->conf.ibgp && !e->edit.conf.override &&
	    !e->edit.conf.tell_loops &&
	    (a->asns & aspath_bit(e->conf.remote_asn)) != 0 &&
	    aspath_has(attrs_path(a), e->conf.remote_asn);
}

bool
export_keeps_from(const struct export *e, const struct rib *r, uint32_t id,
    uint16_t slot)
{
	return id != 0 && slot != 0 && (slot == e->source.slot ||
	    through_peer(e, intern_at(&r->intern, id)));
}

/* May the peers of such sessions be told what another one taught? */
static bool
passes_on(const struct export *e, const struct rib *r, uint32_t id,
    uint16_t slot, const char **why)
{
	const struct attrs *a = intern_at(&r->intern, id);

	*why = "a peer of the same AS taught it";
	if (e->conf.ibgp && r->source[slot].decide.ibgp)
		return false;
	*why = "it has the community no-advertise or no-export";
	if ((a->has & ATTRS_NO_ADVERTISE) != 0 ||
	    (!e->conf.ibgp && (a->has & ATTRS_NO_EXPORT) != 0))
		return false;
	*why = "it is for customers only (OTC), which this peer is not";
	return !role_keeps_back(e->conf.role) || !role_otc(a, NULL);
}

uint32_t
export_offer(const struct export *e, const struct rib *r, uint32_t net,
    uint16_t *slot)
{
	uint32_t id = rib_best(r, net, slot);
	const char *why;

	if (id == 0 || *slot == 0)
		return id;
	if (e->conf.insiders && !r->source[*slot].decide.inside)
		return 0;
	return passes_on(e, r, id, *slot, &why) ? id : 0;
}

/*
 * The best path, when such a peer may be told of it at all; 0: it may not,
 * and why says what stands against it.
 */
static uint32_t
candidate(const struct export *e, const struct rib *r, uint32_t net,
    const char **why)
{
	uint16_t slot = 0;
	uint32_t id = rib_best(r, net, &slot);

	*why = "there is no such route";
	if (id == 0 || slot == 0)
		return id;
	*why = "this peer is told of our own networks alone";
	if (!e->conf.transit ||
	    (e->conf.insiders && !r->source[slot].decide.inside))
		return 0;
	*why = "this peer taught it";
	if (slot == e->source.slot)
		return 0;
	if (!passes_on(e, r, id, slot, why))
		return 0;
	*why = "it has come through the peer's AS";
	return through_peer(e, intern_at(&r->intern, id)) ? 0 : id;
}

bool
export_edited(struct edit *edit, struct rib *r, uint32_t id,
    const struct prefix *p, uint32_t *to)
{
	uint32_t out = id;

	if (id != 0 && edit_touches(edit, intern_at(&r->intern, id)) &&
	    !edit_run(edit, &r->intern, id, p, &out))
		return false;
	if (out != 0 && attr_encoded_max(intern_at(&r->intern, out)) >
	    BATCH_ATTRS)
		out = 0;
	*to = out;
	return true;
}

uint32_t
export_attrs(struct export *e, struct rib *r, uint32_t attrs,
    const struct prefix *p)
{
	uint32_t to = 0;

	return export_edited(&e->edit, r, attrs, p, &to) ? to : 0;
}

/* Was it told with the old policy what it would be now? */
static bool
as_before(struct export *e, struct rib *r, uint32_t id,
    const struct prefix *p, uint32_t now, bool *same)
{
	uint32_t before;

	if (!export_edited(&e->was, r, id, p, &before))
		return false;
	*same = before == now;
	return true;
}

bool
export_tell(struct export *e, uint32_t net, bool reach)
{
	struct bits *told = &e->told[family_index(net)];
	uint32_t number = net & ~RIB_IPV6;
	bool had = bits_test(told, number);

	if (reach && !had && !bits_set(told, number))
		return false;
	if (!reach && had)
		bits_clear(told, number);
	e->advertised += (uint32_t)reach - (uint32_t)had;
	return true;
}

/* Writes it down. */
static bool
say(struct export *e, struct rib *r, struct batch *b, const struct item *it)
{
	if (!export_tell(e, it->net, it->attrs != 0))
		return false;
	batch_add(b, r, it);
	return true;
}

static bool	consider(struct export *, struct rib *, struct batch *,
		    uint32_t net);

/*
 * The peer has it from the table of before.  If there is one like it in this
 * table, that is what it has from now on, unless its turn in the dump comes.
 */
static bool
leave_behind(struct export *e, struct rib *r, struct batch *b, uint32_t net)
{
	unsigned f = family_index(net);
	struct item it = { .net = net, .prefix = rib_prefix(r, net) };
	uint32_t twin = rib_find(r, e->conf.table, &it.prefix);

	if (twin == 0)
		return say(e, r, b, &it);
	if (export_told(e, twin))
		e->advertised--;
	else if (!bits_set(&e->told[f], twin & ~RIB_IPV6))
		return false;
	bits_clear(&e->told[f], net & ~RIB_IPV6);
	return (e->conf.transit && e->dumping[f] && twin > e->at[f]) ||
	    consider(e, r, b, twin);
}

/* Adds what is to be said about a prefix, if anything. */
static bool
consider(struct export *e, struct rib *r, struct batch *b, uint32_t net)
{
	unsigned f = family_index(net);
	bool had = bits_test(&e->told[f], net & ~RIB_IPV6);
	struct item it = { .net = net };
	bool same = false;
	const char *why;
	uint32_t id;

	if (rib_net_table(r, net) != e->conf.table)
		return !had || leave_behind(e, r, b, net);
	id = candidate(e, r, net, &why);
	if (id == 0 && !had)
		return true;
	it.prefix = rib_prefix(r, net);
	if (!export_edited(&e->edit, r, id, &it.prefix, &it.attrs))
		return false;
	if (it.attrs == 0 && !had)
		return true;
	if (e->dumping[f] && e->soft[f] && had && it.attrs != 0 &&
	    !as_before(e, r, id, &it.prefix, it.attrs, &same))
		return false;
	return same || say(e, r, b, &it);
}

/* The next prefix of the table that goes out. */
static bool
dump_next(struct export *e, const struct rib *r, unsigned f, uint32_t *net)
{
	if (e->conf.transit) {
		*net = e->at[f];
		if (!rib_each(r, net))
			return false;
		e->at[f] = *net;
		return true;
	}
	while (e->own_at < e->own_n) {
		*net = e->own[e->own_at++];
		if (family_index(*net) == f)
			return true;
	}
	return false;
}

static bool
dump_begin(struct export *e, const struct rib *r)
{
	bool nomem = false;

	if (e->conf.transit || e->own != NULL)
		return true;
	e->own = rib_own(r, &e->own_n, &nomem);
	e->own_at = 0;
	return !nomem;
}

void
export_dump_end(struct export *e, struct rib *r, unsigned f)
{
	e->dumping[f] = false;
	if (e->refreshing[f])
		e->eorr[f] = true;
	else
		e->eor[f] = !e->soft[f];
	e->refreshing[f] = e->first[f] = false;
	free(e->own);
	e->own = NULL;
	e->own_n = 0;
	if (!export_dumping(e)) {
		edit_fini(&e->was, &r->intern);
		e->moved = false;
	}
	if (e->again[f]) {
		e->again[f] = false;
		export_refresh(e, f == 1 ? ADDR_IPV6 : ADDR_IPV4);
	}
}

static bool
collect_dump(struct export *e, struct rib *r, unsigned f,
    struct batch *b)
{
	uint32_t net;

	if (!dump_begin(e, r))
		return false;
	for (unsigned i = 0; i < EXPORT_DUMP_STRIDE && !batch_full(b); i++) {
		if (!dump_next(e, r, f, &net)) {
			export_dump_end(e, r, f);
			return true;
		}
		if (!consider(e, r, b, net))
			return false;
	}
	return true;
}

static bool
collect_journal(struct export *e, struct rib *r, struct batch *b)
{
	uint32_t net;

	for (unsigned i = 0; i < EXPORT_JOURNAL_STRIDE && !batch_full(b) &&
	    journal_read(r, e->reader, export_reasons(e), &net); i++) {
		if (export_family(e, family_index(net)) &&
		    !consider(e, r, b, net))
			return false;
	}
	return true;
}

unsigned
export_reasons(const struct export *e)
{
	return JOURNAL_OWN | (e->conf.transit ? JOURNAL_BEST : 0);
}

/* One source at a time, so that End-of-RIB stands behind its dump. */
static bool
collect(struct export *e, struct rib *r, struct batch *b)
{
	for (unsigned f = 0; f < 2; f++) {
		if (e->dumping[f])
			return collect_dump(e, r, f, b);
	}
	return collect_journal(e, r, b);
}

static bool
emit(const struct export *e, const struct rib *r, struct batch *b,
    struct wr *w)
{
	struct prefix p[BATCH_MOST];
	struct alike a = { .n = 0 };

	batch_sort(b);
	while (batch_alike(b, &e->conf, r, &a)) {
		for (size_t i = 0; i < a.n; i++)
			p[i] = b->item[a.first + i].prefix;
		if (!batch_put(w, &e->conf, a.b, p, a.n))
			return false;
	}
	return true;
}

static bool
fill_alone(struct export *e, struct rib *r, struct wr *w)
{
	struct batch b;
	bool ok;

	batch_begin(&b);
	ok = collect(e, r, &b) && emit(e, r, &b, w);
	batch_end(&b, r);
	return ok;
}

/* One batch, or a sheet. */
static bool
fill(struct export *e, struct rib *r, struct wr *w)
{
	struct sheet *s = export_shares(e) ? export_sheet(e, r, w) : NULL;

	return s != NULL ? export_take(e, r, s, w) : fill_alone(e, r, w);
}

/* In front of the family whose turn it is. */
static void
put_begin(struct export *e, struct wr *w)
{
	unsigned f = e->dumping[0] ? 0 : 1;

	if (e->dumping[f] && e->borr[f])
		msg_put_refresh(w, REFRESH_BEGIN, f ? ADDR_IPV6 : ADDR_IPV4);
	e->borr[f] = false;
}

static void
put_ends(struct export *e, struct wr *w)
{
	for (unsigned f = 0; f < 2; f++) {
		if (e->eor[f])
			update_put_eor(w, f ? ADDR_IPV6 : ADDR_IPV4);
		if (e->eorr[f])
			msg_put_refresh(w, REFRESH_END,
			    f ? ADDR_IPV6 : ADDR_IPV4);
		e->eor[f] = e->eorr[f] = false;
	}
}

bool
export_fill(struct export *e, struct rib *r, struct wr *w)
{
	size_t start = w->n;

	for (unsigned i = 0; i < STRIDES && export_pending(e, r) &&
	    w->n - start < LIMIT_FILL; i++) {
		put_begin(e, w);
		if (!fill(e, r, w))
			return false;
		put_ends(e, w);
	}
	return !w->bad;
}

enum bgp_verdict
export_why(const struct export *e, const struct rib *r,
    const struct prefix *p, struct reason *why)
{
	uint32_t net = rib_find(r, e->conf.table, p);
	const char *against = "there is no such route";
	uint32_t id = net == 0 ? 0 : candidate(e, r, net, &against);
	union attrs_buf buf;
	uint16_t slot;

	if (id != 0 && !export_family(e, family_index(net))) {
		against = "the session is not for its address family";
		id = 0;
	}
	if (id == 0) {
		reason_set(why, "%s", against);
		return net == 0 || rib_best(r, net, &slot) == 0 ?
		    BGP_NO_ROUTE : BGP_NOT_FOR_IT;
	}
	if (!edit_why(&e->edit, &r->intern, id, p, &buf, why))
		return BGP_REJECTED;
	if (attr_encoded_max(&buf.attrs) <= BATCH_ATTRS)
		return BGP_ACCEPTED;
	reason_set(why, "its attributes are too long to be announced");
	return BGP_NOT_FOR_IT;
}
