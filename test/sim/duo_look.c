/*
 * What became of it: one working pair, or nothing at all.  This is where the
 * fake kernels of both ends are laid side by side.
 */
#include "ike/table.h"
#include "sim/duo.h"

struct ike_peer_info
duo_info(const struct duo *d, int side)
{
	struct ike_peer_info info = { 0 };

	ike_peer_get(d->end[side].ike, DUO_PEER, &info);
	return info;
}

static bool
end_paired(const struct duo *d, int side, struct reason *why)
{
	const struct duo_end *e = &d->end[side];
	const struct ike_esp *out, *in;
	unsigned sas, children;

	ike_count(e->ike, &sas, &children);
	if (sas != 1 || children != 1 || sad_count(&e->sad, true) != 1 ||
	    sad_count(&e->sad, false) != 1) {
		reason_set(why, "side %d has %u IKE SAs, %u children, %zu "
		    "inbound and %zu outbound SAs", side, sas, children,
		    sad_count(&e->sad, true), sad_count(&e->sad, false));
		return false;
	}
	out = sad_newest_out(&e->sad);
	in = sad_find(&d->end[!side].sad, out->spi, true);
	if (in == NULL || !sad_mirrors(out, in)) {
		reason_set(why, "side %d sends on %08x, which the other does "
		    "not have%s", side, out->spi,
		    in == NULL ? "" : " with the same keys");
		return false;
	}
	return true;
}

bool
duo_paired(const struct duo *d, struct reason *why)
{
	struct ike_peer_info l = duo_info(d, LEFT), r = duo_info(d, RIGHT);

	if (!end_paired(d, LEFT, why) || !end_paired(d, RIGHT, why))
		return false;
	if (l.state != IKE_ESTABLISHED || r.state != IKE_ESTABLISHED ||
	    l.spi_i != r.spi_i || l.spi_r != r.spi_r || !l.child || !r.child ||
	    l.spi_in != r.spi_out || l.spi_out != r.spi_in) {
		reason_set(why, "the ends do not name the same SAs");
		return false;
	}
	return true;
}

bool
duo_empty(const struct duo *d, struct reason *why)
{
	for (int i = 0; i < 2; i++) {
		const struct duo_end *e = &d->end[i];
		const struct ike *k = e->ike;
		unsigned sas, children;

		ike_count(k, &sas, &children);
		if (sas == 0 && children == 0 && e->sad.n == 0 &&
		    k->half_open == 0 && k->inits.used == 0 &&
		    k->tokens_auth.used == 0 && k->tokens_child.used == 0 &&
		    k->gathered == 0 && k->timers.n == 0)
			continue;
		reason_set(why, "side %d still has %u IKE SAs (%u half-open), "
		    "%u children, %zu SAs in the kernel, %zu+%zu tokens, "
		    "%zu timers, %zu octets of fragments", i, sas,
		    k->half_open, children, e->sad.n, k->tokens_auth.used,
		    k->tokens_child.used, k->timers.n, k->gathered);
		return false;
	}
	return true;
}
