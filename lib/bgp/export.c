/*
 * Announcing (RFC 4271 section 9.2): what a session may tell its peer, kept as
 * one bit per prefix, and UPDATEs packed by attributes.  A session begins with
 * a dump of the table and End-of-RIB (RFC 4724 section 2), then follows the
 * journal.  UPDATEs are made a few at a time, as the host drains them, from
 * what the RIB says at that moment: a peer that is slow misses only what no
 * longer matters.
 *
 * Never announced: a route to the peer that taught it; one whose AS_PATH has
 * the peer's AS, which would have to drop it; what iBGP taught, to iBGP; and
 * without transit anything but our own (RFC 8212).
 */
#include "bgp/export.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/aspath.h"
#include "bgp/nlri.h"
#include "bgp/open.h"
#include "bgp/update.h"

#define BATCH		1024
#define ATTRS_MAX	3072	/* encoded attributes that we pass on */

_Static_assert(EXPORT_ROOM >= 2 * LIMIT_FILL + 2 * LIMIT_MESSAGE, "room");

struct item {
	struct prefix	prefix;
	uint32_t	attrs;		/* 0: withdraw */
	uint32_t	pack;
};

struct batch {
	size_t		n;
	size_t		octets;		/* that they may take, about */
	struct item	item[BATCH];
};

static unsigned
family_index(uint32_t net)
{
	return (net & RIB_IPV6) != 0;
}

static bool
family_on(const struct export *e, unsigned f)
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
	for (unsigned f = 0; f < 2; f++)
		e->dumping[f] = family_on(e, f);
	return true;
}

void
export_stop(struct export *e, struct rib *r)
{
	journal_close(r, e->reader);
	bits_fini(&e->told[0]);
	bits_fini(&e->told[1]);
	free(e->own);
	*e = (struct export){ .reader = UINT32_MAX };
}

void
export_refresh(struct export *e, enum addr_family family)
{
	unsigned f = family == ADDR_IPV6;

	if (!family_on(e, f))
		return;
	e->dumping[f] = true;
	e->at[f] = f == 1 ? RIB_IPV6 : 0;
	free(e->own);
	e->own = NULL;
}

bool
export_told(const struct export *e, uint32_t net)
{
	return bits_test(&e->told[family_index(net)], net & ~RIB_IPV6);
}

bool
export_pending(const struct export *e, const struct rib *r)
{
	return e->dumping[0] || e->dumping[1] || journal_pending(r, e->reader);
}

/* The attributes to announce a prefix with; 0: it is not for this peer. */
static uint32_t
allowed(const struct export *e, const struct rib *r, uint32_t net)
{
	uint16_t slot = 0;
	uint32_t id = rib_best(r, net, &slot);
	const struct attrs *a;

	if (id == 0 || slot == 0)
		return id;
	if (!e->conf.transit || slot == e->source.slot ||
	    (e->conf.ibgp && r->source[slot].decide.ibgp))
		return 0;
	a = intern_at(&r->intern, id);
	if ((a->has & ATTRS_NO_ADVERTISE) != 0 ||
	    attr_encoded_max(a) > ATTRS_MAX)
		return 0;
	if (!e->conf.ibgp && ((a->has & ATTRS_NO_EXPORT) != 0 ||
	    aspath_has(attrs_path(a), e->conf.remote_asn)))
		return 0;
	return id;
}

/* Its share of a message that is full of prefixes with these attributes. */
static size_t
cost(const struct batch *b, const struct item *it, const struct attrs *a)
{
	size_t head = 64 + (a == NULL ? 0 : attr_encoded_max(a));
	size_t n = nlri_size(&it->prefix);
	bool same = b->n > 0 && b->item[b->n - 1].attrs == it->attrs;

	return n + n * head / (LIMIT_MESSAGE - head) + (same ? 0 : head);
}

/* Adds what is to be said about a prefix, if anything. */
static bool
consider(struct export *e, const struct rib *r, struct batch *b, uint32_t net)
{
	struct bits *told = &e->told[family_index(net)];
	uint32_t number = net & ~RIB_IPV6;
	uint32_t attrs = allowed(e, r, net);
	const struct attrs *a = NULL;
	bool had = bits_test(told, number);
	struct item it = { .attrs = attrs };

	if (attrs == 0 && !had)
		return true;
	it.prefix = rib_prefix(r, net);
	if (attrs != 0) {
		a = intern_at(&r->intern, attrs);
		it.pack = a->pack;
		if (!bits_set(told, number))
			return false;
		e->advertised += !had;
	} else {
		bits_clear(told, number);
		e->advertised--;
	}
	b->octets += cost(b, &it, a);
	b->item[b->n++] = it;
	return true;
}

static bool
full(const struct batch *b)
{
	return b->n == BATCH || b->octets >= LIMIT_FILL;
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

static bool
collect_dump(struct export *e, const struct rib *r, unsigned f,
    struct batch *b)
{
	uint32_t net;

	if (!dump_begin(e, r))
		return false;
	while (!full(b)) {
		if (!dump_next(e, r, f, &net)) {
			e->dumping[f] = false;
			e->eor[f] = true;
			free(e->own);
			e->own = NULL;
			e->own_n = 0;
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
	unsigned reasons = JOURNAL_OWN | (e->conf.transit ? JOURNAL_BEST : 0);
	uint32_t net;

	while (!full(b) && journal_read(r, e->reader, reasons, &net)) {
		if (family_on(e, family_index(net)) && !consider(e, r, b, net))
			return false;
	}
	return true;
}

/* One source at a time, so that End-of-RIB stands behind its dump. */
static bool
collect(struct export *e, struct rib *r, struct batch *b)
{
	b->n = b->octets = 0;
	for (unsigned f = 0; f < 2; f++) {
		if (e->dumping[f])
			return collect_dump(e, r, f, b);
	}
	return collect_journal(e, r, b);
}

/* Withdrawals first, then alike attributes together, IPv4 before IPv6. */
static int
cmp_item(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if ((x->attrs == 0) != (y->attrs == 0))
		return x->attrs == 0 ? -1 : 1;
	if (x->prefix.addr.family != y->prefix.addr.family)
		return x->prefix.addr.family < y->prefix.addr.family ? -1 : 1;
	if (x->pack != y->pack)
		return x->pack < y->pack ? -1 : 1;
	return (x->attrs > y->attrs) - (x->attrs < y->attrs);
}

static void
sort(struct batch *b)
{
	size_t i = 1;

	while (i < b->n && cmp_item(&b->item[i - 1], &b->item[i]) <= 0)
		i++;
	if (i < b->n)
		qsort(b->item, b->n, sizeof(b->item[0]), cmp_item);
}

struct encoded {
	uint32_t	attrs;
	uint32_t	also;		/* others that encode to the same */
	struct bytes	b;
	uint8_t		room[ATTRS_MAX];
};

static void
encode(struct encoded *enc, const struct export *e, const struct rib *r,
    const struct item *it)
{
	struct attr_out out = {
		.ibgp = e->conf.ibgp, .as4 = e->conf.as4,
		.local_asn = e->conf.local_asn,
	};
	struct wr w = wr_of(enc->room, sizeof(enc->room));

	if (it->prefix.addr.family == ADDR_IPV4)
		out.next_hop = e->conf.next_hop4;
	attr_encode(&w, intern_at(&r->intern, it->attrs), &out);
	enc->attrs = enc->also = it->attrs;
	enc->b = wr_done(&w);
}

/* Would the other item go out with the same attributes? */
static bool
goes_with(struct encoded *enc, const struct item *first,
    const struct export *e, const struct rib *r, const struct item *it)
{
	struct encoded other;

	if (it->prefix.addr.family != first->prefix.addr.family ||
	    (it->attrs == 0) != (first->attrs == 0))
		return false;
	if (it->attrs == first->attrs || it->attrs == enc->also)
		return true;
	if (it->pack != first->pack)
		return false;
	encode(&other, e, r, it);
	if (!bytes_eq(enc->b, other.b))
		return false;
	enc->also = it->attrs;
	return true;
}

static bool
put_group(struct wr *w, const struct export *e, const struct encoded *enc,
    const struct prefix *p, size_t n)
{
	size_t done;

	while (n > 0 && !w->bad) {
		done = enc->attrs == 0 ? update_put_unreach(w, p, n) :
		    update_put_reach(w, enc->b, &e->conf.next_hop6, p, n);
		if (done == 0)
			return false;
		p += done;
		n -= done;
	}
	return !w->bad;
}

static bool
emit(const struct export *e, const struct rib *r, struct batch *b,
    struct wr *w)
{
	struct prefix prefix[BATCH];
	struct encoded enc;
	size_t i, n;

	sort(b);
	for (i = 0; i < b->n; i += n) {
		const struct item *first = &b->item[i];

		enc.attrs = enc.also = 0;
		if (first->attrs != 0)
			encode(&enc, e, r, first);
		prefix[0] = first->prefix;
		for (n = 1; i + n < b->n &&
		    goes_with(&enc, first, e, r, &b->item[i + n]); n++)
			prefix[n] = b->item[i + n].prefix;
		if (!put_group(w, e, &enc, prefix, n))
			return false;
	}
	return true;
}

bool
export_fill(struct export *e, struct rib *r, struct wr *w)
{
	size_t start = w->n;
	struct batch b;

	while (export_pending(e, r) && w->n - start < LIMIT_FILL) {
		if (!collect(e, r, &b) || !emit(e, r, &b, w))
			return false;
		for (unsigned f = 0; f < 2; f++) {
			if (e->eor[f])
				update_put_eor(w, f ? ADDR_IPV6 : ADDR_IPV4);
			e->eor[f] = false;
		}
	}
	return !w->bad;
}
