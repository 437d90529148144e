/*
 * Deposits are made when outputs are taken, so that one stands for all that has
 * happened since; one that is the same as before is not made.  They have a
 * queue of their own that goes first: what the others do is told of before it
 * is done.  One that cannot be made is withdrawn: then the tunnel is negotiated
 * anew, which is safe, while going on with what is old is not.  As long as there
 * is no memory for that either, nothing that it tells of leaves.
 */
#include "gw/deposit.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"

_Static_assert(DEPOSIT_HEAD + IKE_KEEP_MAX <= KERN_KEEP_MAX,
    "a deposit is kept");

void
deposit_touch(struct gw_tunnel *t)
{
	if (t->deposit)
		return;
	t->deposit = true;
	t->deposit_next = t->gw->deposit;
	t->gw->deposit = t;
}

static void
clean(struct gw_tunnel *t)
{
	struct gw_tunnel **at = &t->gw->deposit;

	if (!t->deposit)
		return;
	while (*at != t)
		at = &(*at)->deposit_next;
	*at = t->deposit_next;
	t->deposit = false;
}

/* One part of it.  False: no memory. */
static bool
part(const struct gw_tunnel *t, struct bytes octets, size_t total, size_t at)
{
	struct kern_op *op = queue_keep(&t->gw->deposits, octets);

	if (op == NULL)
		return false;
	str_set(op->keep.connection, sizeof(op->keep.connection),
	    t->connection);
	op->keep.tunnel = t->conf->number;
	op->keep.total = (uint32_t)total;
	op->keep.at = (uint32_t)at;
	return true;
}

/* False: there is still an old one. */
static bool
withdraw(struct gw_tunnel *t)
{
	if (t->deposited && part(t, (struct bytes){ 0 }, 0, 0))
		t->deposited = false;
	return !t->deposited;
}

static bool
send(struct gw_tunnel *t, struct bytes all)
{
	struct rd r = rd_of(all);

	while (r.n > 0) {
		size_t at = all.n - r.n;
		size_t n = r.n < KERN_OCTETS_MAX ? r.n : KERN_OCTETS_MAX;

		if (!part(t, rd_bytes(&r, n), all.n, at))
			return false;
	}
	return true;
}

static uint8_t
flags_of(const struct gw_tunnel *t)
{
	bool ipv4, ipv6;

	bgp_keeps(t->gw->bgp, t->id, &ipv4, &ipv6);
	return (uint8_t)((!t->admin_up && !t->gw->stopping ? DEPOSIT_DOWN :
	    0) | (ipv4 ? DEPOSIT_BGP4 : 0) | (ipv6 ? DEPOSIT_BGP6 : 0) |
	    (t->drain.on ? DEPOSIT_DRAIN : 0));
}

static bool
encode(const struct gw_tunnel *t, struct wr *w)
{
	wr_u8(w, DEPOSIT_VERSION);
	wr_u32(w, t->id);
	wr_u32(w, t->gw->life);
	wr_u8(w, flags_of(t));
	wr_u64(w, (uint64_t)ike_tickets_void(t->gw->ike, t->id).ns);
	wr_u8(w, t->drain.to.family);
	wr_bytes(w, bytes_of(t->drain.to.b, sizeof(t->drain.to.b)));
	wr_u16(w, (uint16_t)strlen(t->bgp_shut.s));
	wr_bytes(w, bytes_str(t->bgp_shut.s));
	return ike_keep(t->gw->ike, t->id, w) && !w->bad;
}

static bool
make(struct gw_tunnel *t, struct wr *w)
{
	uint8_t digest[sizeof(t->digest)];
	struct bytes all;
	bool ok = encode(t, w);

	all = wr_done(w);
	ok = ok && sha256(&all, 1, digest);
	if (ok && t->deposited &&
	    memcmp(digest, t->digest, sizeof(digest)) == 0)
		return true;
	t->deposited = true;
	if (!ok || !send(t, all))
		return withdraw(t);
	memcpy(t->digest, digest, sizeof(digest));
	return true;
}

bool
deposit_all(struct gw *gw)
{
	struct gw_tunnel *t;
	struct wr w = { 0 };
	bool ok = true;
	uint32_t id;

	while (ike_keep_next(gw->ike, &id)) {
		if ((t = gw_tunnel(gw, id)) != NULL)
			deposit_touch(t);
	}
	while (ok && (t = gw->deposit) != NULL) {
		clean(t);
		/* It has yet to take over what is there. */
		if (t->legacy != NULL)
			continue;
		/* For good: the heap would grow and shrink with each. */
		if (gw->deposit_room == NULL)
			gw->deposit_room = malloc(KERN_KEEP_MAX);
		w = wr_of(gw->deposit_room, gw->deposit_room == NULL ? 0 :
		    KERN_KEEP_MAX);
		ok = make(t, &w);
		if (!ok)
			deposit_touch(t);
		if (gw->deposit_room != NULL)
			wipe(gw->deposit_room, w.n);
	}
	return ok;
}

void
deposit_end(struct gw_tunnel *t)
{
	clean(t);
	withdraw(t);
}
