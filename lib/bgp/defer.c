/*
 * The restarting speaker of RFC 4724 section 4.1.  The host says of which peers
 * it still forwards what they taught in the life before.  Until each of these
 * has sent its table to the end, or has turned out not to be worth waiting for
 * (it knows nothing of graceful restart, has restarted itself, or its tunnel is
 * gone), or the Selection_Deferral_Timer is over, the host is told of no route
 * and goes on forwarding as before; and those who keep our routes meanwhile are
 * told nothing either, since our End-of-RIB would have them drop what we have
 * yet to learn again.  Who does not keep them is told at once what we originate.
 *
 * In the RIB routes are ranked as always: what is put off is that anybody acts
 * on it.
 */
#include "bgp/defer.h"

#include "bgp/peer.h"

static bool
any_awaited(const struct bgp *b)
{
	const struct peer *p;

	TAILQ_FOREACH(p, &b->all, in_all) {
		if (p->awaited != 0)
			return true;
	}
	return false;
}

/* What was held back goes out now. */
static void
end(struct bgp *b, const char *why)
{
	struct session *s;
	struct peer *p;

	b->deferred_until = INSTANT_NEVER;
	b->deferring = false;
	TAILQ_FOREACH(p, &b->all, in_all) {
		p->awaited = 0;
		s = peer_up(b, p->conf.id);
		if (s != NULL)
			session_want(b, s, SESSION_WANT_SEND);
	}
	speaker_event(b, 0, BGP_EVENT_RESTART, false, why);
}

static void
look(struct bgp *b)
{
	if (b->deferring && !any_awaited(b))
		end(b, "all neighbors have sent their routes again: routes "
		    "are chosen now");
}

void
defer_up(struct bgp *b, struct session *s)
{
	const struct cap_restart *c = &s->open.restart;

	if (!c->there || c->restarted)
		s->peer->awaited = 0;
	else
		s->peer->awaited &= s->import.families;
	look(b);
}

void
defer_taught(struct bgp *b, struct peer *p, uint8_t families)
{
	if ((p->awaited & families) == 0)
		return;
	p->awaited &= (uint8_t)~families;
	look(b);
}

void
defer_tick(struct bgp *b)
{
	if (b->deferring && instant_due(b->deferred_until, b->now))
		end(b, "the time is up for neighbors to send their routes "
		    "again: routes are chosen now");
}

/* Does the peer keep what it had of us? */
static bool
keeps_ours(const struct session *s)
{
	return s->offered.forwards != 0 && s->open.restart.there;
}

bool
defer_announces(const struct bgp *b, const struct session *s)
{
	return s->up && !(b->deferring && keeps_ours(s)) &&
	    export_pending(&s->export, &b->rib);
}

/* --- the host --- */

void
bgp_kept(struct bgp *b, uint32_t id, bool ipv4, bool ipv6)
{
	struct peer *p = peer_get(b, id);

	if (p == NULL)
		return;
	p->restart.preserved = (uint8_t)((ipv4 ? OPEN_IPV4 : 0) |
	    (ipv6 ? OPEN_IPV6 : 0));
	p->restart.preserved &= peer_families(p);
	p->awaited = p->conf.soft.restart == BGP_RESTART_OFF ? 0 :
	    p->restart.preserved;
}

void
bgp_unkept(struct bgp *b, struct instant now, uint32_t id)
{
	struct peer *p = peer_get(b, id);

	b->now = now;
	if (p == NULL || p->state == BGP_ESTABLISHED)
		return;
	p->restart.preserved = 0;
	defer_taught(b, p, UINT8_MAX);
}

void
bgp_defer(struct bgp *b, struct instant now, struct span most)
{
	struct span least = most;
	const struct peer *p;
	struct reason text;
	unsigned n = 0;

	b->now = now;
	TAILQ_FOREACH(p, &b->all, in_all) {
		const struct bgp_soft *soft = &p->conf.soft;
		struct span theirs = span_s(soft->restart_seconds);

		if (p->awaited == 0)
			continue;
		n++;
		/* They keep our routes for no longer than that. */
		if (soft->restart == BGP_RESTART_FULL && theirs.ns < least.ns)
			least = theirs;
	}
	if (n == 0)
		return;
	b->deferring = true;
	b->deferred_until = instant_after(now, least);
	reason_set(&text, "routes of before stay until %u neighbors have sent "
	    "theirs again, %lld s at most", n, (long long)span_to_s(least));
	speaker_event(b, 0, BGP_EVENT_RESTART, false, text.s);
}

bool
bgp_defers(const struct bgp *b)
{
	return b->deferring;
}

bool
bgp_keeps(const struct bgp *b, uint32_t id, bool *ipv4, bool *ipv6)
{
	const struct session *s = peer_up(b, id);
	const struct peer *p = peer_get(b, id);
	uint8_t families = 0;

	if (s != NULL)
		families = s->import.families;
	else if (p != NULL && p->restart.holding)
		families = p->restart.families;
	else if (p != NULL && b->deferring)
		families = p->restart.preserved;
	*ipv4 = (families & OPEN_IPV4) != 0;
	*ipv6 = (families & OPEN_IPV6) != 0;
	return families != 0;
}
