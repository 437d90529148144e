/*
 * See bgp_restarts.h.  A neighbour is "up" while it has a session and "held"
 * while its routes count without one; what it taught is the model's.
 */
#include "sim/bgp_restarts.h"

#include "bgp/open.h"
#include "crypto/prf.h"
#include "sim/bgp_policies.h"

static uint8_t
family_of(unsigned net)
{
	return net < EXPLORE_IPV4 ? OPEN_IPV4 : OPEN_IPV6;
}

struct cap_restart
restarts_cap(struct drbg *d, bool again)
{
	struct cap_restart c = {
		.there = drbg_below(d, again ? 8 : 3) > 0,
		.notify = drbg_below(d, 2) == 0, .seconds = 2,
		.restarted = again && drbg_below(d, 4) > 0,
		.families = 3, .forwards = 3,
	};

	if (drbg_below(d, 6) == 0)
		c.families = (uint8_t)drbg_below(d, 4);
	if (drbg_below(d, 4) == 0)
		c.forwards = (uint8_t)drbg_below(d, 4);
	c.forwards &= c.families;
	if (!c.there)
		c = (struct cap_restart){ .there = false };
	return c;
}

static void
drop_net(struct restarts *r, struct model *m, unsigned peer, unsigned net,
    bool fresh_too)
{
	for (unsigned k = 0; k < MODEL_PATHS; k++) {
		if (!r->stale[net][k] && !fresh_too)
			continue;
		m->in[peer][net][k].there = false;
		r->stale[net][k] = false;
	}
}

/* What is (not) stale of these families is gone. */
static void
drop(struct restarts *r, struct model *m, unsigned peer, uint8_t families,
    bool fresh_too)
{
	for (unsigned net = 0; net < MODEL_NETS; net++) {
		if ((family_of(net) & families) != 0)
			drop_net(r, m, peer, net, fresh_too);
	}
}

static void
mark(struct restarts *r, const struct model *m, unsigned peer,
    uint8_t families)
{
	for (unsigned net = 0; net < MODEL_NETS; net++) {
		for (unsigned k = 0; k < MODEL_PATHS; k++) {
			if ((family_of(net) & families) != 0)
				r->stale[net][k] = m->in[peer][net][k].there;
		}
	}
}

static bool
teaches(const struct model *m, unsigned peer)
{
	bool any = false;

	for (unsigned net = 0; net < MODEL_NETS; net++) {
		for (unsigned k = 0; k < MODEL_PATHS; k++)
			any = any || m->in[peer][net][k].there;
	}
	return any;
}

static void
settle(struct restarts *r, struct instant until)
{
	r->until = r->awaiting != 0 ? until : INSTANT_NEVER;
}

void
restarts_stop(struct restarts *r, struct model *m, unsigned peer)
{
	drop(r, m, peer, 3, true);
	m->peer[peer].up = m->peer[peer].held = false;
	r->awaiting = r->refreshing = 0;
	r->until = r->refresh_until = INSTANT_NEVER;
}

void
restarts_end(struct restarts *r, struct model *m, unsigned peer,
    struct instant now, bool notification)
{
	struct instant back = instant_after(now, RESTARTS_TIME);

	if (!r->cap.there || r->cap.families == 0 || !teaches(m, peer) ||
	    (notification && !r->cap.notify)) {
		restarts_stop(r, m, peer);
		return;
	}
	/* RFC 4724: consecutive restarts; RFC 8538 has it otherwise. */
	if (!r->cap.notify)
		drop(r, m, peer, r->awaiting, false);
	drop(r, m, peer, (uint8_t)~r->cap.families, true);
	mark(r, m, peer, r->cap.families);
	if (r->awaiting == 0 || !r->cap.notify)
		r->stale_until = instant_after(now, RESTARTS_STALE);
	m->peer[peer].up = false;
	m->peer[peer].held = true;
	r->awaiting = r->cap.families;
	r->refreshing = 0;
	r->refresh_until = INSTANT_NEVER;
	r->until = instant_min(back, r->stale_until);
}

void
restarts_come(struct restarts *r, struct model *m, unsigned peer,
    const struct cap_restart *cap)
{
	uint8_t stays = cap->there ? cap->families & cap->forwards : 0;

	r->cap = *cap;
	r->ended = r->refreshing = 0;
	drop(r, m, peer, r->awaiting & (uint8_t)~stays, false);
	r->awaiting &= stays;
	m->peer[peer].up = true;
	m->peer[peer].held = false;
	settle(r, r->stale_until);
}

void
restarts_eor(struct restarts *r, struct model *m, unsigned peer,
    uint8_t family)
{
	r->ended |= family;
	drop(r, m, peer, r->awaiting & family, false);
	r->awaiting &= (uint8_t)~family;
	settle(r, r->stale_until);
}

void
restarts_begin(struct restarts *r, struct model *m, unsigned peer,
    struct instant now, uint8_t family)
{
	if (r->cap.there && (r->ended & family) == 0)
		return;
	mark(r, m, peer, family);
	r->refreshing |= family;
	r->refresh_until = instant_after(now, RESTARTS_STALE);
}

void
restarts_finish(struct restarts *r, struct model *m, unsigned peer,
    uint8_t family)
{
	drop(r, m, peer, r->refreshing & family, false);
	r->refreshing &= (uint8_t)~family;
	if (r->refreshing == 0)
		r->refresh_until = INSTANT_NEVER;
}

void
restarts_time(struct restarts *r, struct model *m, unsigned peer,
    struct instant now)
{
	if (instant_due(r->refresh_until, now))
		restarts_finish(r, m, peer, 3);
	if (!instant_due(r->until, now))
		return;
	if (m->peer[peer].held) {
		restarts_stop(r, m, peer);
		return;
	}
	drop(r, m, peer, r->awaiting, false);
	r->awaiting = 0;
	settle(r, INSTANT_NEVER);
}
