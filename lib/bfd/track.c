/*
 * One BFD session: the state machine (RFC 5880 section 6.8.6), timers and
 * their negotiation by Poll Sequences (6.8.2 to 6.8.4, 6.5), transmission
 * (6.8.7) and administrative control (6.8.16).
 *
 * Intervals that become shorter for the peer, or longer for us, are in force
 * only once it has said that it knows: until then tx and rx keep the values
 * with which neither side can lose the other.  While it is not Up a side says
 * that it sends once per second at most, whatever is configured.
 */
#include "bfd/track.h"

#define US		1000	/* nanoseconds */
#define SLOW		UINT32_C(1000000)	/* section 6.8.3 */

static struct span
span_us(uint64_t us)
{
	return (struct span){ (int64_t)us * US };
}

static uint32_t
larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t
smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void
make_ready(struct track *t)
{
	if (t->ready)
		return;
	t->ready = true;
	TAILQ_INSERT_TAIL(&t->bfd->ready, t, of_ready);
}

/* --- timers --- */

/* Section 6.8.2: the slower of what we like and what it can take. */
uint32_t
track_interval(const struct track *t)
{
	return larger(t->tx, t->remote_required_rx);
}

/* Section 6.8.4, for asynchronous mode: the peer's multiplier counts. */
uint64_t
track_detect_time(const struct track *t)
{
	return (uint64_t)t->remote_multiplier *
	    larger(t->rx, t->remote_desired_tx);
}

/* Section 6.8.7, where periodic transmission is forbidden. */
static bool
is_mute(const struct track *t)
{
	bool demand = (t->remote_flags & CONTROL_DEMAND) != 0 &&
	    t->state == BFD_UP && t->remote_state == BFD_UP;

	return !t->running || t->remote_required_rx == 0 ||
	    (demand && !t->poll);
}

/*
 * The next one: 75 to 100 % of the interval after the last, "no more than
 * 90%" where a single lost packet is an alarm (section 6.8.7).
 */
static void
arm_send(struct track *t)
{
	struct span d = span_us(track_interval(t));
	struct span quarter = { d.ns / 4 };
	struct instant at = INSTANT_NEVER;

	if (t->conf.multiplier == 1) {
		d.ns -= d.ns / 10;
		quarter.ns = d.ns / 6;
	}
	if (!is_mute(t))
		at = instant_after(t->sent_at, (struct span){
		    d.ns - drbg_span(t->bfd->drbg, quarter).ns });
	timer_set(&t->bfd->sends, &t->send_timer, at);
}

static void
send_now(struct track *t)
{
	t->send = true;
	make_ready(t);
}

/* --- intervals --- */

/* One Poll Sequence after the other, so that each answer is to one of them. */
static void
start_poll(struct track *t)
{
	if (t->poll)
		t->poll_again = true;
	t->poll = true;
}

/* The peer knows what we said last, or does not count any more. */
static void
settle_intervals(struct track *t)
{
	t->tx = t->desired_tx;
	t->rx = t->required_rx;
}

static void
end_poll(struct track *t)
{
	t->poll = false;
	if (t->poll_again) {
		t->poll_again = false;
		t->poll = true;
		return;
	}
	settle_intervals(t);
}

/*
 * Section 6.8.3: each change is told by a Poll Sequence; while Up, a longer
 * interval of ours and a shorter one of the peer's wait for its end.
 */
static void
set_intervals(struct track *t)
{
	uint32_t us = (uint32_t)(t->conf.interval.ns / US);
	uint32_t desired = t->state == BFD_UP ? us : larger(us, SLOW);

	if (desired == t->desired_tx && us == t->required_rx)
		return;
	t->desired_tx = desired;
	t->required_rx = us;
	t->tx = smaller(t->tx, desired);
	t->rx = larger(t->rx, us);
	if (t->state != BFD_UP)
		settle_intervals(t);
	start_poll(t);
}

/* --- states --- */

/* All but its state, "last reported by the remote system" (section 6.8.1). */
static void
forget_peer(struct track *t)
{
	t->remote_discr = 0;
	t->remote_flags = 0;
	t->remote_diag = BFD_DIAG_NONE;
	t->remote_desired_tx = 0;
	t->remote_required_rx = 1;	/* section 6.8.1 */
	t->remote_multiplier = 0;
}

/* A change of what is said is said at once (section 6.8.7). */
static void
set_state(struct track *t, struct instant now, enum bfd_state state,
    enum bfd_diag diag)
{
	bool was_up = t->state == BFD_UP;

	t->diag = (uint8_t)diag;
	if (t->state == state)
		return;
	t->state = state;
	t->since = now;
	t->counts.ups += state == BFD_UP;
	t->counts.downs += was_up;
	if (was_up != (state == BFD_UP))
		t->tell = true;
	set_intervals(t);
	send_now(t);
}

static void
went_down(struct track *t, struct instant now, enum bfd_diag diag)
{
	set_state(t, now, BFD_DOWN, diag);
}

/* From the beginning: nothing is known, nobody knows us. */
static void
reset(struct track *t)
{
	uint32_t us = (uint32_t)(t->conf.interval.ns / US);

	forget_peer(t);
	t->remote_state = BFD_DOWN;
	t->poll = t->poll_again = t->answer = t->send = t->silent = false;
	t->desired_tx = larger(us, SLOW);
	t->required_rx = us;
	settle_intervals(t);
	timer_clear(&t->bfd->ends, &t->end_timer);
	timer_clear(&t->bfd->sends, &t->send_timer);
}

/* "It SHOULD be set to a random (but still unique) value" (6.8.1). */
static bool
new_discr(struct track *t)
{
	uint32_t d = 0;

	while (d == 0 || map_get(&t->bfd->by_discr, d) != NULL)
		d = drbg_u32(t->bfd->drbg);
	map_del(&t->bfd->by_discr, t->discr);
	t->discr = d;
	return map_put(&t->bfd->by_discr, d, t);
}

void
track_start(struct track *t, struct instant now)
{
	if (t->running && t->state != BFD_ADMIN_DOWN)
		return;
	if (!new_discr(t)) {
		reason_set(&t->why, "out of memory for a session");
		return;
	}
	reset(t);
	t->running = true;
	t->state = BFD_DOWN;
	t->diag = BFD_DIAG_NONE;
	t->since = now;
	reason_set(&t->why, "no packet from the peer yet");
	send_now(t);
}

/*
 * The detection time of the peer is our multiplier by the slower of what it
 * asked for and what we say we do (section 6.8.4, from its side).
 */
void
track_stop(struct track *t, struct instant now)
{
	if (!t->running || t->state == BFD_ADMIN_DOWN)
		return;
	reason_set(&t->why, "administratively down");
	set_state(t, now, BFD_ADMIN_DOWN, BFD_DIAG_ADMIN_DOWN);
	timer_set(&t->bfd->ends, &t->end_timer, instant_after(now,
	    span_us((uint64_t)t->conf.multiplier *
	    larger(t->desired_tx, t->remote_required_rx))));
}

void
track_halt(struct track *t, struct instant now)
{
	if (!t->running)
		return;
	reset(t);
	t->counts.downs += t->state == BFD_UP;
	t->running = t->told_up = t->tell = false;
	t->state = BFD_DOWN;
	t->diag = BFD_DIAG_PATH_DOWN;
	t->since = now;
	reason_set(&t->why, "the tunnel is down");
}

void
track_change(struct track *t, struct instant now, const struct bfd_conf *conf)
{
	bool other = conf->multiplier != t->conf.multiplier ||
	    conf->interval.ns != t->conf.interval.ns;

	(void)now;
	t->conf = *conf;
	if (!other || !t->running)
		return;
	set_intervals(t);
	arm_send(t);
	send_now(t);
}

/* --- what comes --- */

static void
heard_down(struct track *t, struct instant now, const struct control *c)
{
	switch (t->state) {
	case BFD_DOWN:
		reason_set(&t->why, "the peer is there, but not Up");
		set_state(t, now, BFD_INIT, BFD_DIAG_NONE);
		break;
	case BFD_UP:
		reason_set(&t->why, "the peer signals Down: %s",
		    bfd_diag_str(c->diag));
		went_down(t, now, BFD_DIAG_NEIGHBOR_DOWN);
		break;
	case BFD_INIT: case BFD_ADMIN_DOWN:
		break;
	}
}

static void
heard_admin_down(struct track *t, struct instant now)
{
	if (t->state == BFD_DOWN)
		return;
	reason_set(&t->why, "the peer is administratively down");
	went_down(t, now, BFD_DIAG_NEIGHBOR_DOWN);
}

/* Init or Up: it hears us. */
static void
heard_of_us(struct track *t, struct instant now, enum bfd_state theirs)
{
	if (t->state == BFD_UP || (t->state == BFD_DOWN && theirs == BFD_UP))
		return;
	t->why.s[0] = '\0';
	set_state(t, now, BFD_UP, BFD_DIAG_NONE);
}

/* Section 6.8.6, from "Set bfd.RemoteDiscr" on. */
static void
learn(struct track *t, const struct control *c)
{
	t->remote_discr = c->my_discr;
	t->remote_state = c->state;
	t->remote_diag = c->diag;
	t->remote_flags = c->flags;
	t->remote_desired_tx = c->desired_tx;
	t->remote_required_rx = c->required_rx;
	t->remote_multiplier = c->multiplier;
	if ((c->flags & CONTROL_FINAL) != 0 && t->poll)
		end_poll(t);
}

static void
advance(struct track *t, struct instant now, const struct control *c)
{
	switch (c->state) {
	case BFD_ADMIN_DOWN:
		heard_admin_down(t, now);
		break;
	case BFD_DOWN:
		heard_down(t, now, c);
		break;
	case BFD_INIT: case BFD_UP:
		heard_of_us(t, now, c->state);
		break;
	}
}

enum bfd_verdict
track_packet(struct track *t, struct instant now, const struct control *c)
{
	uint32_t before = track_interval(t);
	bool was_mute = is_mute(t);

	if (!t->running)
		return BFD_NOT_WANTED;
	learn(t, c);
	if (t->state == BFD_ADMIN_DOWN)
		return BFD_NOT_WANTED;
	advance(t, now, c);
	/* A shorter interval is honoured at once, a longer one as well. */
	if (track_interval(t) != before || is_mute(t) != was_mute)
		arm_send(t);
	if ((c->flags & CONTROL_POLL) != 0) {
		t->answer = true;
		make_ready(t);
	}
	timer_set(&t->bfd->ends, &t->end_timer,
	    instant_after(now, span_us(track_detect_time(t))));
	return BFD_TAKEN;
}

/* --- time --- */

void
track_send_due(struct track *t, struct instant now)
{
	(void)now;
	send_now(t);
}

static void
expired(struct track *t, struct instant now)
{
	uint64_t ms = track_detect_time(t) / 1000;

	if (t->state == BFD_INIT || t->state == BFD_UP) {
		reason_set(&t->why, "control detection time expired: nothing "
		    "heard for %llu ms (%u x %llu ms)",
		    (unsigned long long)ms, t->remote_multiplier,
		    (unsigned long long)ms / t->remote_multiplier);
		forget_peer(t);
		went_down(t, now, BFD_DIAG_EXPIRED);
		return;
	}
	forget_peer(t);
	arm_send(t);
}

void
track_end_due(struct track *t, struct instant now)
{
	if (t->state != BFD_ADMIN_DOWN) {
		expired(t, now);
		return;
	}
	reset(t);
	t->running = false;
	t->silent = true;
	make_ready(t);
}

void
track_say(struct track *t, struct instant now, bool final,
    uint8_t octets[static BFD_OCTETS])
{
	struct control c = {
		.diag = t->diag, .state = t->state,
		.flags = final ? CONTROL_FINAL : t->poll ? CONTROL_POLL : 0,
		.multiplier = t->conf.multiplier,
		.my_discr = t->discr, .your_discr = t->remote_discr,
		.desired_tx = t->desired_tx, .required_rx = t->required_rx,
	};

	control_write(&c, octets);
	t->counts.out++;
	if (final)
		return;
	t->sent_at = now;
	arm_send(t);
}
