/*
 * The sessions of a host: which of them a packet is for (RFC 5880 section 6.3,
 * RFC 5881 sections 3 and 5), when their timers are due, and what they want
 * to say.  A packet that knows our discriminator must come through the tunnel
 * that has it; one that does not know any is for the tunnel it came through,
 * whatever its addresses are.
 */
#include "bfd/bfd.h"

#include <stdlib.h>

#include "bfd/track.h"
#include "util/array.h"

#define LATE	INT64_C(50000000)	/* ns; a host should not be that late */

const char *
bfd_state_str(enum bfd_state s)
{
	static const char *const names[] = {
		[BFD_ADMIN_DOWN] = "AdminDown", [BFD_DOWN] = "Down",
		[BFD_INIT] = "Init", [BFD_UP] = "Up",
	};

	return names[s];
}

const char *
bfd_diag_str(unsigned diag)
{
	static const char *const names[BFD_DIAGS] = {
		[BFD_DIAG_NONE] = "no diagnostic",
		[BFD_DIAG_EXPIRED] = "control detection time expired",
		[BFD_DIAG_ECHO_FAILED] = "echo function failed",
		[BFD_DIAG_NEIGHBOR_DOWN] = "neighbor signaled session down",
		[BFD_DIAG_FORWARDING_RESET] = "forwarding plane reset",
		[BFD_DIAG_PATH_DOWN] = "path down",
		[BFD_DIAG_CONCATENATED_DOWN] = "concatenated path down",
		[BFD_DIAG_ADMIN_DOWN] = "administratively down",
		[BFD_DIAG_REVERSE_DOWN] = "reverse concatenated path down",
	};

	return diag < BFD_DIAGS ? names[diag] : "unassigned";
}

const char *
bfd_verdict_str(enum bfd_verdict v)
{
	static const char *const names[BFD_VERDICTS] = {
		[BFD_TAKEN] = "taken", [BFD_BAD_TTL] = "bad-ttl",
		[BFD_BAD_LENGTH] = "bad-length",
		[BFD_BAD_VERSION] = "bad-version",
		[BFD_BAD_MULTIPLIER] = "bad-multiplier",
		[BFD_BAD_MULTIPOINT] = "bad-multipoint",
		[BFD_BAD_DISCRIMINATOR] = "bad-discriminator",
		[BFD_BAD_STATE] = "bad-state",
		[BFD_BAD_AUTHENTICATION] = "bad-authentication",
		[BFD_NO_SESSION] = "no-session",
		[BFD_NOT_WANTED] = "not-wanted",
	};

	return names[v];
}

struct bfd *
bfd_new(struct drbg *drbg)
{
	struct bfd *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->drbg = drbg;
	TAILQ_INIT(&b->ready);
	return b;
}

static struct track *
find(const struct bfd *b, uint32_t id)
{
	return map_get(&b->by_id, id);
}

bool
bfd_add(struct bfd *b, uint32_t id, const struct bfd_conf *conf)
{
	struct track *t = find(b, id) != NULL ? NULL : calloc(1, sizeof(*t));

	if (t == NULL || !map_put(&b->by_id, id, t)) {
		free(t);
		return false;
	}
	t->bfd = b;
	t->id = id;
	t->conf = *conf;
	t->state = t->remote_state = BFD_DOWN;
	reason_set(&t->why, "not started yet");
	return true;
}

static void
track_free(struct track *t)
{
	struct bfd *b = t->bfd;

	timer_clear(&b->sends, &t->send_timer);
	timer_clear(&b->ends, &t->end_timer);
	if (t->ready)
		TAILQ_REMOVE(&b->ready, t, of_ready);
	map_del(&b->by_discr, t->discr);
	map_del(&b->by_id, t->id);
	free(t);
}

void
bfd_del(struct bfd *b, uint32_t id)
{
	struct track *t = find(b, id);

	if (t != NULL)
		track_free(t);
}

void
bfd_free(struct bfd *b)
{
	struct track *t;
	size_t pos = 0;

	if (b == NULL)
		return;
	while ((t = map_each(&b->by_id, &pos)) != NULL) {
		track_free(t);
		pos = 0;
	}
	map_fini(&b->by_id);
	map_fini(&b->by_discr);
	timers_fini(&b->sends);
	timers_fini(&b->ends);
	free(b);
}

void
bfd_start(struct bfd *b, struct instant now, uint32_t id)
{
	struct track *t = find(b, id);

	if (t != NULL)
		track_start(t, now);
}

void
bfd_stop(struct bfd *b, struct instant now, uint32_t id)
{
	struct track *t = find(b, id);

	if (t != NULL)
		track_stop(t, now);
}

void
bfd_halt(struct bfd *b, struct instant now, uint32_t id)
{
	struct track *t = find(b, id);

	if (t != NULL)
		track_halt(t, now);
}

void
bfd_change(struct bfd *b, struct instant now, uint32_t id,
    const struct bfd_conf *conf)
{
	struct track *t = find(b, id);

	if (t != NULL)
		track_change(t, now, conf);
}

/* --- in --- */

static enum bfd_verdict
judge(struct bfd *b, struct instant now, struct track *t, unsigned ttl,
    struct bytes octets)
{
	struct control c;
	enum bfd_verdict v;

	if (ttl != BFD_TTL)
		return BFD_BAD_TTL;
	v = control_read(&c, octets);
	if (v != BFD_TAKEN)
		return v;
	if (c.your_discr != 0 && map_get(&b->by_discr, c.your_discr) != t)
		return BFD_NO_SESSION;
	return track_packet(t, now, &c);
}

enum bfd_verdict
bfd_packet(struct bfd *b, struct instant now, uint32_t id, unsigned ttl,
    struct bytes octets)
{
	struct track *t = find(b, id);
	enum bfd_verdict v;

	if (t == NULL)
		return BFD_NO_SESSION;
	v = judge(b, now, t, ttl, octets);
	if (v == BFD_TAKEN)
		t->counts.in++;
	else
		t->counts.dropped[v]++;
	return v;
}

static struct span
span_us(uint64_t us)
{
	return (struct span){ (int64_t)us * 1000 };
}

bool
bfd_get(const struct bfd *b, uint32_t id, struct bfd_info *out)
{
	const struct track *t = find(b, id);

	if (t == NULL)
		return false;
	*out = (struct bfd_info){
		.id = t->id, .running = t->running, .state = t->state,
		.remote_state = t->remote_state, .diag = t->diag,
		.remote_diag = t->remote_diag, .since = t->since,
		.discr = t->discr, .remote_discr = t->remote_discr,
		.conf = t->conf, .desired_tx = span_us(t->desired_tx),
		.required_rx = span_us(t->required_rx),
		.remote_desired_tx = span_us(t->remote_desired_tx),
		.remote_required_rx = span_us(t->remote_required_rx),
		.remote_multiplier = t->remote_multiplier,
		.tx_interval = span_us(track_interval(t)),
		.detect_time = span_us(track_detect_time(t)),
		.polling = t->poll,
		.remote_demand = (t->remote_flags & CONTROL_DEMAND) != 0,
		.remote_independent =
		    (t->remote_flags & CONTROL_INDEPENDENT) != 0,
		.why = t->why, .counts = t->counts,
	};
	return true;
}

/* --- time --- */

static void
note_late(struct track *t, struct instant due, struct instant now)
{
	struct span late = instant_since(now, due);

	t->counts.late += late.ns > LATE;
	if (late.ns > t->counts.latest.ns)
		t->counts.latest = late;
}

bool
bfd_dying(const struct bfd *b, struct instant now, size_t *pos, uint32_t *id)
{
	const struct track *t;

	if (!instant_due(timers_next(&b->ends), now))
		return false;
	while ((t = map_each(&b->by_id, pos)) != NULL) {
		if (t->end_timer.slot != 0 && t->state >= BFD_INIT &&
		    instant_due(t->end_timer.at, now)) {
			*id = t->id;
			return true;
		}
	}
	return false;
}

void
bfd_tick(struct bfd *b, struct instant now)
{
	struct timer *timer;

	while ((timer = timers_pop(&b->ends, now)) != NULL) {
		struct track *t = container_of(timer, struct track, end_timer);

		note_late(t, timer->at, now);
		track_end_due(t, now);
	}
	while ((timer = timers_pop(&b->sends, now)) != NULL) {
		struct track *t = container_of(timer, struct track,
		    send_timer);

		note_late(t, timer->at, now);
		track_send_due(t, now);
	}
}

struct instant
bfd_deadline(const struct bfd *b)
{
	return instant_min(timers_next(&b->sends), timers_next(&b->ends));
}

/* --- out --- */

/* The two sides agree that it is nobody's failure. */
static bool
is_admin(const struct track *t)
{
	return t->state == BFD_ADMIN_DOWN ||
	    t->remote_state == BFD_ADMIN_DOWN;
}

static void
tell_state(struct track *t, struct bfd_out *out)
{
	t->tell = false;
	t->told_up = t->state == BFD_UP;
	out->kind = BFD_OUT_STATE;
	out->up = t->told_up;
	out->admin = is_admin(t);
	out->why = t->why;
}

/* One thing that it wants; false: nothing is left. */
static bool
take(struct track *t, struct instant now, struct bfd_out *out)
{
	*out = (struct bfd_out){ .kind = BFD_OUT_SEND, .id = t->id };
	if (t->tell && (t->state == BFD_UP) == t->told_up)
		t->tell = false;
	if (t->answer && t->running) {
		t->answer = false;
		track_say(t, now, true, out->octets);
		return true;
	}
	if (t->send && t->running) {
		t->send = false;
		track_say(t, now, false, out->octets);
		return true;
	}
	if (t->tell) {
		tell_state(t, out);
		return true;
	}
	if (!t->silent)
		return false;
	t->silent = false;
	out->kind = BFD_OUT_SILENT;
	return true;
}

bool
bfd_next(struct bfd *b, struct instant now, struct bfd_out *out)
{
	struct track *t;

	while ((t = TAILQ_FIRST(&b->ready)) != NULL) {
		if (take(t, now, out))
			return true;
		t->ready = false;
		TAILQ_REMOVE(&b->ready, t, of_ready);
	}
	return false;
}
