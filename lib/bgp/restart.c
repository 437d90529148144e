/*
 * Graceful restart (RFC 4724 section 4.2, RFC 8538 section 4): when a session
 * ends in a way that promises another one soon, the peer's routes stay, stale
 * but chosen and announced as before, until it has taught them again.  They
 * are the same paths under the same source in the RIB, so that nothing is
 * copied, and a path that comes back as it was changes nothing anywhere.
 *
 * Stale routes go when the peer does not come back within its restart time,
 * comes back without having preserved its forwarding state, ends its table
 * without them, or when the time that we give runs out; and at once when the
 * host says that the tunnel is gone, since nothing can be forwarded then.
 *
 * What we say as the one who restarts is true: the F bit is set of what this
 * life forwards, and of what the host has kept from the one before (defer.c).
 */
#include "bgp/restart.h"

#include "bgp/defer.h"
#include "bgp/peer.h"
#include "bgp/session.h"
#include "util/array.h"

#define YOUNG		span_s(300)	/* we count as restarted */
#define COLLISION_TIME	span_s(10)	/* connections may cross for so long */

static const struct {
	enum addr_family family;
	uint8_t		bit;
} families[] = {
	{ ADDR_IPV4, OPEN_IPV4 },
	{ ADDR_IPV6, OPEN_IPV6 },
};

const char *
restart_family_str(enum addr_family family)
{
	return family == ADDR_IPV6 ? "IPv6" : "IPv4";
}

void
restart_init(struct peer *p)
{
	p->restart.alarm.kind = ALARM_RESTART;
	p->restart.alarm.owner = p;
	p->restart.until = p->restart.stale_until = INSTANT_NEVER;
}

static void
say(struct bgp *b, const struct peer *p, const char *text)
{
	speaker_event(b, p->conf.id, BGP_EVENT_RESTART, false, text);
}

struct cap_restart
restart_offer(const struct bgp *b, const struct peer *p)
{
	const struct bgp_soft *soft = &p->conf.soft;
	bool full = soft->restart == BGP_RESTART_FULL;
	uint8_t all = full ? peer_families(p) : 0;

	return (struct cap_restart){
		.there = soft->restart != BGP_RESTART_OFF, .notify = true,
		.restarted = full && p->counts.established == 0 &&
		    instant_since(b->now, b->born).ns < YOUNG.ns,
		.seconds = soft->restart_seconds, .families = all,
		.forwards = all & p->restart.preserved,
	};
}

/* Of the families that the peer keeps up, those that the session has. */
static uint8_t
kept(const struct session *s)
{
	return s->open.restart.families & s->import.families;
}

bool
restart_is_due(const struct bgp *b, const struct session *s,
    enum fsm_event ev, const struct fault *f)
{
	const struct cap_restart *peer = &s->open.restart;

	if (!s->up || !s->offered.there || kept(s) == 0 ||
	    peer->seconds == 0 ||
	    s->peer->conf.soft.restart == BGP_RESTART_OFF ||
	    !rib_teaches(&b->rib, s->peer->conf.id))
		return false;
	if (ev == FSM_TCP_FAILS || ev == FSM_REPLACED)
		return true;
	if (!peer->notify || s->mute)
		return false;
	if (ev == FSM_NOTIFICATION)
		return f->code != FAULT_CEASE ||
		    f->subcode != FAULT_HARD_RESET;
	return !fault_is_final(f);
}

bool
restart_replaces(const struct bgp *b, const struct session *old,
    const struct session *s)
{
	return old->up && old->offered.there && kept(old) != 0 &&
	    (s->open.restart.restarted ||
	    instant_since(b->now, s->peer->since).ns >= COLLISION_TIME.ns);
}

/* --- no session --- */

static void
arm(struct bgp *b, struct restart *r, struct instant until)
{
	r->until = until;
	if (!instant_is_never(until) && !speaker_alarm(b, &r->alarm,
	    instant_since(until, b->now)))
		r->until = b->now;	/* never longer than now */
}

static void
disarm(struct bgp *b, struct restart *r)
{
	timer_clear(&b->timers, &r->alarm.timer);
	r->until = r->stale_until = INSTANT_NEVER;
}

static void
judge_again(struct bgp *b, struct peer *p)
{
	import_sweep_begin(&p->restart.import);
	if (!p->restart.judging)
		TAILQ_INSERT_TAIL(&b->judging, p, restart.in_judging);
	p->restart.judging = true;
}

static void
judge_no_more(struct bgp *b, struct peer *p)
{
	if (p->restart.judging)
		TAILQ_REMOVE(&b->judging, p, restart.in_judging);
	p->restart.judging = false;
}

/* The import goes; its source is somebody else's business now. */
static void
let_go(struct bgp *b, struct peer *p)
{
	struct restart *r = &p->restart;

	judge_no_more(b, p);
	edit_fini(&r->import.edit, &b->rib.intern);
	r->import = (struct import){ .families = 0 };
	r->holding = false;
}

/*
 * RFC 4724 section 4.2: what was stale before is deleted.  RFC 8538 section
 * 4.1: it is not, but then the bound on its time goes on, too.
 */
static void
mark(struct bgp *b, struct restart *r, const struct session *s)
{
	bool notify = s->open.restart.notify;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		enum addr_family family = families[i].family;
		bool was = (r->families & families[i].bit) != 0;

		if (was && !notify)
			rib_purge(&b->rib, s->import.source, family);
		rib_mark(&b->rib, s->import.source, family);
		if ((kept(s) & families[i].bit) == 0)
			rib_purge(&b->rib, s->import.source, family);
	}
	if (r->families == 0 || !notify)
		r->stale_until = instant_after(b->now,
		    s->peer->conf.soft.stale);
}

void
restart_hold(struct bgp *b, struct session *s)
{
	struct peer *p = s->peer;
	struct restart *r = &p->restart;
	struct instant back = instant_after(b->now,
	    span_s(s->open.restart.seconds));
	struct reason text;

	mark(b, r, s);
	r->families = kept(s);
	r->import = s->import;
	r->holding = true;
	arm(b, r, instant_min(back, r->stale_until));
	if (s->import.sweeping)
		judge_again(b, p);
	p->counts.restarts++;
	reason_set(&text, "the session is over, %u routes stay for %lld s",
	    rib_held(&b->rib, r->import.source), (long long)span_to_s(
	    instant_since(r->until, b->now)));
	say(b, p, text.s);
}

void
restart_forget(struct bgp *b, struct peer *p)
{
	p->restart.families = 0;
	disarm(b, &p->restart);
}

/* --- a session again --- */

/* A family that has to go, and why; NULL: it stays. */
static const char *
fails(const struct session *s, uint8_t bit)
{
	const struct cap_restart *c = &s->open.restart;

	if (!c->there)
		return "the remote no longer restarts gracefully";
	if ((s->import.families & c->families & bit) == 0)
		return "the remote no longer keeps the family";
	if ((c->forwards & bit) == 0)
		return "the remote has not preserved its forwarding state";
	return NULL;
}

static void
resume(struct bgp *b, struct session *s, struct rib_ref source)
{
	struct restart *r = &s->peer->restart;
	struct reason text;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const char *why = fails(s, families[i].bit);
		uint32_t n;

		if ((r->families & families[i].bit) == 0 || why == NULL)
			continue;
		r->families &= (uint8_t)~families[i].bit;
		n = rib_purge(&b->rib, source, families[i].family);
		reason_set(&text, "%u stale %s routes are removed: %s", n,
		    restart_family_str(families[i].family), why);
		say(b, s->peer, text.s);
	}
	if (r->families != 0)
		arm(b, r, r->stale_until);
	else
		disarm(b, r);
}

static struct rib_ref
join_anew(struct bgp *b, struct session *s, const struct decide_peer *decide)
{
	const struct bgp_peer_conf *c = &s->peer->conf;

	restart_forget(b, s->peer);
	s->import.source = rib_join(&b->rib, c->id, decide);
	if (s->import.source.slot != 0)
		import_places(&s->import, &b->rib, &c->soft.tables);
	return s->import.source;
}

struct rib_ref
restart_join(struct bgp *b, struct session *s,
    const struct decide_peer *decide, bool *again)
{
	struct peer *p = s->peer;
	struct restart *r = &p->restart;
	bool moves = false;

	*again = false;
	if (r->holding && !rib_taught_by(&b->rib, r->import.source, decide))
		restart_end(b, p, "the remote is another router now");
	if (!r->holding)
		return join_anew(b, s, decide);
	s->import.source = r->import.source;
	import_inherit(&s->import, &r->import);
	if (!import_move(&s->import, &b->rib, &p->conf.soft.tables, &moves)) {
		restart_end(b, p, "out of memory to move them");
		return rib_self();
	}
	*again = moves || r->judging ||
	    r->import.allow_own != s->import.allow_own ||
	    !edit_conf_eq(&r->import.edit.conf, &s->import.edit.conf);
	let_go(b, p);
	resume(b, s, s->import.source);
	return s->import.source;
}

void
restart_eor(struct bgp *b, struct session *s, enum addr_family family)
{
	struct restart *r = &s->peer->restart;
	uint8_t bit = family == ADDR_IPV6 ? OPEN_IPV6 : OPEN_IPV4;
	struct reason text;

	s->eor |= bit;
	defer_taught(b, s->peer, bit);
	if ((r->families & bit) == 0)
		return;
	r->families &= (uint8_t)~bit;
	reason_set(&text, "the remote has sent its %s routes again: %u stale "
	    "ones are removed", restart_family_str(family),
	    rib_purge(&b->rib, s->import.source, family));
	if (r->families == 0)
		disarm(b, r);
	say(b, s->peer, text.s);
}

/* --- the end --- */

void
restart_end(struct bgp *b, struct peer *p, const char *why)
{
	const struct session *s = peer_up(b, p->conf.id);
	struct restart *r = &p->restart;
	struct reason text;
	uint32_t n = 0;

	if (r->families == 0)
		return;
	if (r->holding) {
		n = rib_held(&b->rib, r->import.source);
		rib_leave(&b->rib, r->import.source);
		let_go(b, p);
	}
	for (size_t i = 0; i < ARRAY_SIZE(families) && s != NULL; i++) {
		if ((r->families & families[i].bit) != 0)
			n += rib_purge(&b->rib, s->import.source,
			    families[i].family);
	}
	restart_forget(b, p);
	reason_set(&text, "%u stale routes are removed: %s", n, why);
	say(b, p, text.s);
}

void
restart_expires(struct bgp *b, struct peer *p)
{
	restart_end(b, p, p->restart.holding ?
	    "the remote did not come back in time" :
	    "the remote did not send all its routes again in time");
}

void
restart_fini(struct bgp *b, struct peer *p)
{
	timer_clear(&b->timers, &p->restart.alarm.timer);
	if (p->restart.holding)
		let_go(b, p);
}

/* --- meanwhile --- */

void
restart_change(struct bgp *b, struct peer *p)
{
	const struct edit_conf in = session_edit_in(&p->conf);
	struct import *im = &p->restart.import;
	bool moves = false;

	if (p->conf.soft.restart == BGP_RESTART_OFF)
		restart_end(b, p, "graceful restart was turned off");
	if (p->restart.holding && !import_move(im, &b->rib,
	    &p->conf.soft.tables, &moves))
		restart_end(b, p, "out of memory to move them");
	if (!p->restart.holding || (!moves &&
	    edit_conf_eq(&im->edit.conf, &in) &&
	    im->allow_own == p->conf.soft.allow_own))
		return;
	im->allow_own = p->conf.soft.allow_own;
	edit_fini(&im->edit, &b->rib.intern);
	edit_init(&im->edit, &in);
	judge_again(b, p);
}

void
restart_sweep(struct bgp *b, struct peer *p, unsigned *budget)
{
	if (!import_sweep(&p->restart.import, &b->rib, budget))
		restart_end(b, p, "out of memory to judge them again");
	else if (!p->restart.import.sweeping)
		judge_no_more(b, p);
}

void
restart_info(const struct bgp *b, const struct peer *p,
    struct bgp_restart_info *out)
{
	const struct session *s = peer_up(b, p->conf.id);
	const struct restart *r = &p->restart;
	struct rib_ref source = s != NULL ? s->import.source :
	    r->import.source;

	out->mode = p->conf.soft.restart;
	out->holding = r->holding;
	out->awaiting = r->families != 0 && !r->holding;
	out->until = r->until;
	if (s == NULL && !r->holding)
		return;
	out->stale = rib_stale(&b->rib, source, ADDR_IPV4) +
	    rib_stale(&b->rib, source, ADDR_IPV6);
}
