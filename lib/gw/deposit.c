/*
 * Deposits are made when outputs are taken, so that one stands for all that has
 * happened since; one that is the same as before is not made.  They have a
 * queue of their own that goes first: what the others do is told of before it
 * is done.  One that cannot be made is withdrawn: then the tunnel is negotiated
 * anew, which is safe, while going on with what is old is not.
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

static void
withdraw(struct gw_tunnel *t)
{
	if (t->deposited &&
	    part(t, (struct bytes){ 0 }, 0, 0))
		t->deposited = false;
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

static bool
encode(const struct gw_tunnel *t, struct wr *w)
{
	bool down = !t->admin_up && !t->gw->stopping;

	wr_u8(w, DEPOSIT_VERSION);
	wr_u32(w, t->id);
	wr_u8(w, down ? DEPOSIT_DOWN : 0);
	wr_u16(w, (uint16_t)strlen(t->bgp_shut.s));
	wr_bytes(w, bytes_str(t->bgp_shut.s));
	return ike_keep(t->gw->ike, t->id, w) && !w->bad;
}

static void
make(struct gw_tunnel *t, struct wr *w)
{
	uint8_t digest[sizeof(t->digest)];
	struct bytes all;
	bool ok = encode(t, w);

	all = wr_done(w);
	ok = ok && sha256(&all, 1, digest);
	if (ok && t->deposited &&
	    memcmp(digest, t->digest, sizeof(digest)) == 0)
		return;
	t->deposited = true;
	if (!ok || !send(t, all))
		withdraw(t);
	else
		memcpy(t->digest, digest, sizeof(digest));
}

void
deposit_all(struct gw *gw)
{
	struct gw_tunnel *t;
	struct wr w = { 0 };
	uint32_t id;

	while (ike_keep_next(gw->ike, &id)) {
		if ((t = gw_tunnel(gw, id)) != NULL)
			deposit_touch(t);
	}
	while ((t = gw->deposit) != NULL) {
		clean(t);
		/* It has yet to take over what is there. */
		if (t->legacy != NULL)
			continue;
		/* For good: the heap would grow and shrink with each. */
		if (gw->deposit_room == NULL)
			gw->deposit_room = malloc(KERN_KEEP_MAX);
		w = wr_of(gw->deposit_room, gw->deposit_room == NULL ? 0 :
		    KERN_KEEP_MAX);
		make(t, &w);
		if (gw->deposit_room != NULL)
			wipe(gw->deposit_room, w.n);
	}
}

void
deposit_end(struct gw_tunnel *t)
{
	clean(t);
	withdraw(t);
}
