/*
 * Two BFD speakers and the path between them: packets are lost, delayed,
 * overtaken and doubled, the path breaks in one direction or both, intervals
 * change, a side restarts, ends in order, or is busy for a while.  After every
 * step what RFC 5880 promises must hold of both sides; after each storm, in
 * the calm, they must find each other again, agree, and lose nothing; and a
 * path that breaks must be noticed in time.  A seed that fails is printed and
 * replays.
 *
 *	bfd_explore [--check | --seeds N | --seed S]
 */
#include <string.h>

#include "bfd/control.h"
#include "sim/trial.h"
#include "util/array.h"

#define ID		1
#define FLYING		512	/* packets under way at most */
#define STORM_STEPS	60
#define CALM		span_s(30)

struct side {
	struct bfd	*bfd;
	struct bfd_conf	conf;
	bool		wanted;		/* started, not stopped or halted */
	bool		told_up;
	struct instant	heard;		/* the last that was taken */
	struct instant	busy;		/* not served before then */
	struct control	last;		/* sent, not in answer to a poll */
	struct instant	last_at;
	struct span	last_interval;
	bool		fresh;		/* nothing was sent yet */
	unsigned	polls_in, finals_out;
	unsigned	downs;		/* told as failures */
};

struct packet {
	struct instant	at;
	unsigned	to;
	uint8_t		octets[BFD_OCTETS];
};

struct world {
	struct trial	trial;
	struct instant	now;
	struct side	side[2];
	struct packet	flying[FLYING];
	unsigned	n;
	unsigned	loss, twice;	/* percent */
	struct span	delay, jitter;
	bool		cut[2];		/* towards that side */
};

#define wrong(w, ...)	trial_wrong(&(w)->trial, __VA_ARGS__)

static uint32_t
below(struct world *w, uint32_t n)
{
	return trial_below(&w->trial, n);
}

static struct bfd_info
look(const struct side *s)
{
	struct bfd_info i = { .id = 0 };

	bfd_get(s->bfd, ID, &i);
	return i;
}

/* --- what is sent --- */

static void
fly(struct world *w, unsigned to, const uint8_t octets[BFD_OCTETS])
{
	struct packet *p = &w->flying[w->n];

	if (w->cut[to] || below(w, 100) < w->loss || w->n == FLYING)
		return;
	p->to = to;
	p->at = instant_after(w->now, w->delay);
	if (w->jitter.ns > 0)
		p->at = instant_after(p->at, drbg_span(&w->trial.chance, w->jitter));
	memcpy(p->octets, octets, BFD_OCTETS);
	w->n++;
}

static bool
says_the_same(const struct control *a, const struct control *b)
{
	return a->state == b->state && a->diag == b->diag &&
	    a->multiplier == b->multiplier && a->my_discr == b->my_discr &&
	    a->your_discr == b->your_discr &&
	    a->desired_tx == b->desired_tx && a->required_rx == b->required_rx;
}

/* Section 6.8.7: not sooner than the interval less jitter. */
static void
check_pace(struct world *w, unsigned who, const struct control *c)
{
	struct side *s = &w->side[who];
	struct span now = look(s).tx_interval;
	int64_t least = now.ns < s->last_interval.ns ? now.ns :
	    s->last_interval.ns;
	int64_t gap = instant_since(w->now, s->last_at).ns;

	if (!s->fresh && says_the_same(c, &s->last) &&
	    gap < least - least / 4 - 1000)
		wrong(w, "side %u sends again after %lld us, its interval is "
		    "%lld us", who, (long long)gap / 1000,
		    (long long)least / 1000);
	s->fresh = false;
	s->last = *c;
	s->last_at = w->now;
	s->last_interval = now;
}

static void
check_sent(struct world *w, unsigned who, const uint8_t octets[BFD_OCTETS])
{
	struct side *s = &w->side[who];
	struct control c;
	bool final;

	if (control_read(&c, bytes_of(octets, BFD_OCTETS)) != BFD_TAKEN) {
		wrong(w, "side %u sends what nobody takes", who);
		return;
	}
	final = (c.flags & CONTROL_FINAL) != 0;
	if (final && (c.flags & CONTROL_POLL) != 0)
		wrong(w, "side %u polls and answers at once", who);
	if (c.state != BFD_UP && c.desired_tx < 1000000)
		wrong(w, "side %u is not Up and fast", who);
	s->finals_out += final;
	if (s->finals_out > s->polls_in)
		wrong(w, "side %u answers what nobody asked", who);
	if (!final)
		check_pace(w, who, &c);
}

static void
obey(struct world *w, unsigned who)
{
	struct side *s = &w->side[who];
	struct bfd_out o;

	while (s->bfd != NULL && bfd_next(s->bfd, w->now, &o)) {
		switch (o.kind) {
		case BFD_OUT_SEND:
			check_sent(w, who, o.octets);
			fly(w, !who, o.octets);
			if (below(w, 100) < w->twice)
				fly(w, !who, o.octets);
			break;
		case BFD_OUT_STATE:
			if (o.up == s->told_up)
				wrong(w, "side %u is told twice", who);
			s->told_up = o.up;
			s->downs += !o.up && !o.admin;
			break;
		case BFD_OUT_SILENT:
			if (s->wanted || look(s).running)
				wrong(w, "side %u is silent, but runs", who);
			break;
		}
	}
}

/* --- what must always hold --- */

static void
check_side(struct world *w, unsigned who)
{
	const struct side *s = &w->side[who];
	struct bfd_info i = look(s);
	int64_t silent = instant_since(w->now, s->heard).ns;

	if (!s->wanted && i.state == BFD_UP)
		wrong(w, "side %u is Up against orders", who);
	if (i.state == BFD_UP && instant_due(s->busy, w->now) &&
	    silent >= i.detect_time.ns)
		wrong(w, "side %u is Up after %lld ms of silence, its "
		    "detection time is %lld ms", who,
		    (long long)silent / 1000000,
		    (long long)i.detect_time.ns / 1000000);
	if (i.state == BFD_UP && i.detect_time.ns == 0)
		wrong(w, "side %u is Up and listens to nobody", who);
	if ((i.state == BFD_UP) != s->told_up)
		wrong(w, "side %u's host does not know its state", who);
}

/* --- time --- */

static void
arrive(struct world *w, unsigned at)
{
	struct packet p = w->flying[at];
	struct side *s = &w->side[p.to];
	struct control c;

	w->flying[at] = w->flying[--w->n];
	if (bfd_packet(s->bfd, w->now, ID, BFD_TTL,
	    bytes_of(p.octets, BFD_OCTETS)) != BFD_TAKEN)
		return;
	control_read(&c, bytes_of(p.octets, BFD_OCTETS));
	s->polls_in += (c.flags & CONTROL_POLL) != 0;
	s->heard = w->now;
	obey(w, p.to);
}

/* A busy host ticks late, but reads before it ticks. */
static struct instant
side_deadline(const struct side *s)
{
	struct instant t = bfd_deadline(s->bfd);

	return t.ns < s->busy.ns ? s->busy : t;
}

static int
next_packet(const struct world *w, struct instant *at)
{
	int best = -1;

	for (unsigned i = 0; i < w->n; i++) {
		struct instant t = w->flying[i].at;
		struct instant busy = w->side[w->flying[i].to].busy;

		if (t.ns < busy.ns)
			t = busy;
		if (best < 0 || t.ns < at->ns) {
			best = (int)i;
			*at = t;
		}
	}
	return best;
}

static void
advance(struct world *w, struct instant at)
{
	if (at.ns > w->now.ns)
		w->now = at;
}

static void
run(struct world *w, struct span d)
{
	struct instant until = instant_after(w->now, d);

	while (!trial_failed(&w->trial)) {
		struct instant at = INSTANT_NEVER, tick[2];
		int p = next_packet(w, &at);
		unsigned who;

		tick[0] = side_deadline(&w->side[0]);
		tick[1] = side_deadline(&w->side[1]);
		who = tick[1].ns < tick[0].ns;
		if (p >= 0 && at.ns <= tick[who].ns && at.ns <= until.ns) {
			advance(w, at);
			arrive(w, (unsigned)p);
		} else if (tick[who].ns <= until.ns) {
			advance(w, tick[who]);
			bfd_tick(w->side[who].bfd, w->now);
			obey(w, who);
		} else {
			break;
		}
		check_side(w, 0);
		check_side(w, 1);
	}
	w->now = until;
}

/* --- what happens --- */

static struct bfd_conf
some_conf(struct world *w)
{
	static const int ms[] = { 50, 100, 300, 700, 1000, 1700 };

	return (struct bfd_conf){
		.interval = span_ms(ms[below(w, ARRAY_SIZE(ms))]),
		.multiplier = (uint8_t)(1 + below(w, 5)),
	};
}

static void
side_start(struct world *w, unsigned who)
{
	struct side *s = &w->side[who];

	if (!s->wanted)
		s->fresh = true;
	s->wanted = true;
	bfd_start(s->bfd, w->now, ID);
	obey(w, who);
}

static void
side_end(struct world *w, unsigned who, bool order)
{
	struct side *s = &w->side[who];

	s->wanted = false;
	if (order) {
		bfd_stop(s->bfd, w->now, ID);
		obey(w, who);
		return;
	}
	bfd_halt(s->bfd, w->now, ID);
	s->told_up = false;
	obey(w, who);
}

/* It has forgotten everything. */
static void
side_restart(struct world *w, unsigned who)
{
	struct side *s = &w->side[who];
	struct side fresh = { .conf = s->conf, .heard = w->now,
	    .fresh = true, .downs = s->downs };

	bfd_free(s->bfd);
	*s = fresh;
	s->bfd = bfd_new(&w->trial.drbg);
	if (s->bfd == NULL || !bfd_add(s->bfd, ID, &s->conf))
		wrong(w, "no memory");
	side_start(w, who);
}

static void
side_change(struct world *w, unsigned who)
{
	struct side *s = &w->side[who];

	s->conf = some_conf(w);
	bfd_change(s->bfd, w->now, ID, &s->conf);
	obey(w, who);
}

static void
weather(struct world *w)
{
	w->loss = below(w, 3) == 0 ? below(w, 60) : 0;
	w->twice = below(w, 3) == 0 ? below(w, 30) : 0;
	w->delay = span_ms(below(w, 80));
	w->jitter = span_ms(below(w, 3) == 0 ? below(w, 400) : 0);
	w->cut[0] = below(w, 4) == 0;
	w->cut[1] = below(w, 4) == 0;
}

/* Octets of anybody: those of ours with some of them changed. */
static void
noise(struct world *w, unsigned who)
{
	uint8_t octets[BFD_OCTETS];
	struct side *s = &w->side[who];
	struct control c = s->last;
	struct control seen;

	c.your_discr = below(w, 2) == 0 ? look(s).discr : below(w, 3);
	c.state = (enum bfd_state)below(w, 4);
	control_write(&c, octets);
	for (unsigned i = below(w, 4); i > 0; i--)
		octets[below(w, 12)] = (uint8_t)below(w, 256);
	if (bfd_packet(s->bfd, w->now, ID, below(w, 2) == 0 ? BFD_TTL : 254,
	    bytes_of(octets, 16 + below(w, 9))) == BFD_TAKEN) {
		control_read(&seen, bytes_of(octets, BFD_OCTETS));
		s->polls_in += (seen.flags & CONTROL_POLL) != 0;
		s->heard = w->now;
	}
	obey(w, who);
}

static void
storm_step(struct world *w)
{
	unsigned who = below(w, 2);

	switch (below(w, 12)) {
	case 0: case 1:
		weather(w);
		break;
	case 2: case 3:
		side_change(w, who);
		break;
	case 4:
		side_restart(w, who);
		break;
	case 5:
		side_end(w, who, true);
		break;
	case 6:
		side_end(w, who, false);
		break;
	case 7: case 8:
		side_start(w, who);
		break;
	case 9:
		w->side[who].busy = instant_after(w->now,
		    span_ms(below(w, 3000)));
		break;
	default:
		noise(w, who);
		break;
	}
	run(w, span_ms(below(w, 1500)));
}

/* --- the calm --- */

static void
check_agreement(struct world *w, unsigned who)
{
	const struct side *s = &w->side[who], *o = &w->side[!who];
	struct bfd_info i = look(s);
	int64_t slower = s->conf.interval.ns > o->conf.interval.ns ?
	    s->conf.interval.ns : o->conf.interval.ns;

	if (i.state != BFD_UP || i.remote_state != BFD_UP)
		wrong(w, "side %u is %s in the calm: %s", who,
		    bfd_state_str(i.state), i.why.s);
	else if (i.polling)
		wrong(w, "side %u still polls", who);
	else if (i.tx_interval.ns != slower)
		wrong(w, "side %u sends every %lld ms, not %lld", who,
		    (long long)i.tx_interval.ns / 1000000,
		    (long long)slower / 1000000);
	else if (i.detect_time.ns != slower * o->conf.multiplier)
		wrong(w, "side %u detects in %lld ms", who,
		    (long long)i.detect_time.ns / 1000000);
}

static void
calm(struct world *w)
{
	unsigned downs;

	w->loss = w->twice = 0;
	w->jitter = SPAN_ZERO;
	w->delay = span_ms(below(w, 40));
	w->cut[0] = w->cut[1] = false;
	w->n = 0;
	side_start(w, 0);
	side_start(w, 1);
	run(w, CALM);
	check_agreement(w, 0);
	check_agreement(w, 1);
	downs = w->side[0].downs + w->side[1].downs;
	side_change(w, below(w, 2));
	run(w, CALM);
	check_agreement(w, 0);
	check_agreement(w, 1);
	if (w->side[0].downs + w->side[1].downs != downs)
		wrong(w, "it went down in the calm");
}

/* Who hears nothing says so, and the other one hears that. */
static void
break_path(struct world *w)
{
	unsigned deaf = below(w, 2);
	struct span most = look(&w->side[deaf]).detect_time;
	bool both = below(w, 2) == 0;
	struct span other = look(&w->side[!deaf]).detect_time;

	w->cut[deaf] = true;
	w->cut[!deaf] = both;
	if (both && other.ns > most.ns)
		most = other;
	run(w, (struct span){ most.ns + 2 * w->delay.ns + 1000 });
	for (unsigned i = 0; i < 2; i++) {
		if (w->side[i].told_up)
			wrong(w, "side %u has not noticed in %lld ms", i,
			    (long long)most.ns / 1000000);
	}
}

static bool
world_runs(uint64_t seed, struct reason *why)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	trial_begin(&w.trial, seed);
	w.now = (struct instant){ 1000000000 };
	w.delay = span_ms(10);
	for (unsigned i = 0; i < 2; i++) {
		w.side[i].conf = some_conf(&w);
		side_restart(&w, i);
	}
	for (unsigned round = 0; round < 4 && !trial_failed(&w.trial); round++) {
		for (unsigned n = 0; n < STORM_STEPS; n++)
			storm_step(&w);
		calm(&w);
		break_path(&w);
	}
	for (unsigned i = 0; i < 2; i++)
		bfd_free(w.side[i].bfd);
	reason_set(why, "at %lld ms: %s", (long long)w.now.ns / 1000000,
	    w.trial.why.s);
	return !trial_failed(&w.trial);
}

int
main(int argc, char **argv)
{
	static const struct trial_kind kind = { "bfd_explore",
	    "paths between BFD speakers", 200, world_runs };

	return trial_main(&kind, argc, argv);
}
