/*
 * A tunnel keeps its number, since interface, SAs and policies are known to the
 * kernel by it.  Its SAs go on as soon as its interface is known, before the
 * tunnel lets anybody in or calls; until all have, or for a few seconds, nothing
 * in the kernel counts as stale.
 *
 * Routes that BGP has taught the gateway before stay as they are, with nexthops
 * whose numbers this one does not use, until BGP has chosen anew (bgp/defer.c)
 * and all of that is stated; unless the tunnel that they go through is lost.
 */
#include "gw/legacy.h"

#include <stdlib.h>
#include <string.h>

#include "gw/deposit.h"
#include "gw/tunnel.h"
#include "ike/keep.h"

/* Numbers far above those in use would make finding a free one slow. */
#define ID_MAX		65536

/* A million routes are on their way for that long. */
static const struct span learning = { INT64_C(60) * 1000000000 };
static const struct span patience = { INT64_C(10) * 1000000000 };

void
gw_kept_version(char buf[static GW_KEPT_VERSION])
{
	str_fmt(buf, GW_KEPT_VERSION, "%u.%u", DEPOSIT_VERSION, KEEP_VERSION);
}

void
legacy_free(struct legacy *l)
{
	if (l != NULL)
		wipe(l, sizeof(*l) + l->n);
	free(l);
}

/* Of a family of ours, and nothing behind its end. */
static bool
is_address(const struct addr *a)
{
	bool ok = a->family == ADDR_NONE || a->family == ADDR_IPV4 ||
	    a->family == ADDR_IPV6;

	for (unsigned n = ok ? addr_octets(a) : 0; n < sizeof(a->b); n++)
		ok &= a->b[n] == 0;
	return ok;
}

/* NULL: malformed, or no memory. */
static struct legacy *
read_one(struct bytes name, struct bytes deposit)
{
	struct rd r = rd_of(deposit);
	uint8_t version = rd_u8(&r), flags;
	uint32_t id = rd_u32(&r), life = rd_u32(&r);
	struct addr to = { 0 };
	int64_t tickets_void;
	struct bytes shut;
	struct legacy *l;

	flags = rd_u8(&r);
	tickets_void = (int64_t)rd_u64(&r);
	to.family = rd_u8(&r);
	rd_copy(&r, to.b, sizeof(to.b));
	shut = rd_bytes(&r, rd_u16(&r));
	if (r.bad || tickets_void < 0 || !is_address(&to) ||
	    version != DEPOSIT_VERSION || id == 0 || id > ID_MAX ||
	    shut.n >= sizeof(l->bgp_shut.s) || name.n == 0 ||
	    name.n >= sizeof(l->name))
		return NULL;
	l = calloc(1, sizeof(*l) + r.n);
	if (l == NULL)
		return NULL;
	memcpy(l->name, name.p, name.n);
	l->id = id;
	l->life = life;
	l->down = (flags & DEPOSIT_DOWN) != 0;
	l->bgp4 = (flags & DEPOSIT_BGP4) != 0;
	l->bgp6 = (flags & DEPOSIT_BGP6) != 0;
	l->drain = (flags & DEPOSIT_DRAIN) != 0;
	l->to = to;
	l->tickets_void.ns = tickets_void;
	if (shut.n > 0)
		memcpy(l->bgp_shut.s, shut.p, shut.n);
	l->n = r.n;
	rd_copy(&r, l->octets, l->n);
	return l;
}

void
legacy_read(struct gw *gw, struct instant now, struct bytes all)
{
	struct rd r = rd_of(all);

	while (r.n > 0) {
		struct bytes name = rd_bytes(&r, rd_u16(&r));
		struct bytes deposit = rd_bytes(&r, rd_u32(&r));
		struct legacy *l = r.bad ? NULL : read_one(name, deposit);

		if (r.bad || l == NULL ||
		    !dict_put(&gw->legacy_by_name, l->name, l)) {
			queue_event(&gw->out, GW_WARN, "ike-not-adopted", "",
			    "what was kept of a tunnel is malformed, or of "
			    "another version");
			legacy_free(l);
			continue;
		}
		l->next = gw->legacies;
		gw->legacies = l;
		if (l->life >= gw->life)
			gw->life = l->life + 1;
	}
	if (gw->legacies == NULL)
		return;
	gw->legacy_until = instant_after(now, patience);
	fib_life(gw->fib, gw->life);
}

bool
legacy_has(const struct gw *gw, const char *name)
{
	return dict_get(&gw->legacy_by_name, name) != NULL;
}

struct legacy *
legacy_take(struct gw *gw, const char *name)
{
	struct legacy *l = dict_del(&gw->legacy_by_name, name);
	struct legacy **at = &gw->legacies;

	if (l == NULL)
		return NULL;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	return l;
}

void
legacy_end(struct gw *gw, struct instant now)
{
	struct legacy *l;

	while ((l = gw->legacies) != NULL) {
		gw->legacies = l->next;
		if (l->n > 0)
			queue_event(&gw->out, GW_WARN, "ike-not-adopted",
			    l->name, "the configuration has no such tunnel");
		legacy_free(l);
	}
	dict_fini(&gw->legacy_by_name);
	bgp_defer(gw->bgp, now, gw->conf->deferral);
	if (bgp_defers(gw->bgp))
		gw->learn_until = instant_after(now, learning);
}

void
legacy_drop(struct gw_tunnel *t)
{
	if (t->legacy == NULL)
		return;
	legacy_free(t->legacy);
	t->legacy = NULL;
	t->gw->legacies_n--;
	deposit_touch(t);
}

static bool
adopt(struct gw_tunnel *t, struct instant now, struct reason *why)
{
	const struct legacy *l = t->legacy;

	if (t->id != l->id) {
		reason_set(why, "the tunnel has another number now");
		return false;
	}
	if (!t->admin_up || t->removing) {
		reason_set(why, "the tunnel is to be down");
		return false;
	}
	return ike_adopt(t->gw->ike, now, t->id, bytes_of(l->octets, l->n),
	    why);
}

void
legacy_void(struct gw_tunnel *t, struct instant now)
{
	struct gw *gw = t->gw;
	struct kern_op *op;

	bgp_unkept(gw->bgp, now, t->id);
	if (gw->unsaid == 0 || gw->life == 0)
		return;
	op = queue_op(&gw->out, KERN_NEXTHOP_SWEEP);
	if (op != NULL)
		str_set(op->nexthop.dev, sizeof(op->nexthop.dev),
		    t->conf->ifname);
}

void
legacy_claim(struct gw_tunnel *t, struct instant now)
{
	struct reason why;

	if (t->legacy->n == 0) {
		legacy_void(t, now);
	} else if (!adopt(t, now, &why)) {
		queue_event(&t->gw->out, GW_WARN, "ike-not-adopted", t->name,
		    "%s", why.s);
		legacy_void(t, now);
	}
	legacy_drop(t);
	tunnel_touch(t);
}

static bool
is_near(struct instant until, struct instant now)
{
	return !instant_is_never(until) && !instant_due(until, now);
}

/* It has chosen, and that is on its way to the kernel. */
bool
legacy_learns(struct gw *gw, struct instant now)
{
	if (instant_is_never(gw->learn_until))
		return false;
	if (bgp_defers(gw->bgp)) {
		gw->learn_until = instant_after(now, learning);
		return true;
	}
	if (is_near(gw->learn_until, now) &&
	    (bgp_busy(gw->bgp) || fib_pending(gw->fib)))
		return true;
	gw->learn_until = INSTANT_NEVER;
	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next)
		deposit_touch(t);
	return false;
}

bool
legacy_awaited(const struct gw *gw, struct instant now)
{
	return is_near(gw->legacy_until, now) &&
	    (gw->legacies_n > 0 || fib_pending(gw->fib));
}
