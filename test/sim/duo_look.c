/*
 * What became of it: one working pair, or nothing at all.  This is where the
 * fake kernels of both ends are laid side by side.
 */
#include "ike/sa.h"
#include "ike/table.h"
#include "sim/duo_event.h"

struct ike_peer_info
duo_info(const struct duo *d, int side)
{
	struct ike_peer_info info = { 0 };

	ike_peer_get(d->end[side].ike, DUO_PEER, &info);
	return info;
}

static bool
is_owned(const struct ike *ike, const struct ike_esp *esp)
{
	const struct child *c;
	size_t pos = 0;

	if (esp->inbound) {
		c = map_get(&ike->children, esp->spi);
		return c != NULL && c->in_kernel;
	}
	while ((c = map_each(&ike->children, &pos)) != NULL) {
		if (c->spi_out == esp->spi && c->out_kernel)
			return true;
	}
	return false;
}

/* The kernel was asked to remove it and has not come to it yet. */
static bool
is_going(const struct duo *d, int side, const struct ike_esp *esp)
{
	for (const struct duo_event *v = d->events; v != NULL; v = v->next) {
		if (v->kind == DUO_KERNEL && v->side == side &&
		    v->life == d->end[side].life &&
		    v->out.kind == IKE_OUT_SA_DEL &&
		    v->out.esp.spi == esp->spi &&
		    v->out.esp.inbound == esp->inbound)
			return true;
	}
	return false;
}

const struct ike_esp *
duo_orphan(const struct duo *d, int side)
{
	const struct sad *s = &d->end[side].sad;

	for (size_t i = 0; i < s->n; i++) {
		if (!is_owned(d->end[side].ike, &s->e[i].esp) &&
		    !is_going(d, side, &s->e[i].esp))
			return &s->e[i].esp;
	}
	return NULL;
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
