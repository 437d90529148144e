/*
 * Random worlds for two IKE instances: links that lose, repeat and reorder,
 * NATs that forget, kernels that refuse, operators and accidents on both
 * sides.  After it has become quiet there must be exactly one working pair,
 * and after both sides went down nothing at all.  Every seed is its own world;
 * one that fails is printed and replays with --seed.
 *
 * In one world of four, and with --fragments in all, the path takes only
 * datagrams so short that most messages go out in fragments (RFC 7383).
 *
 * In one of two, sessions are resumed after crashes (RFC 5723), as far as the
 * other end has kept its ticket keys.
 *
 * In one of three, processes die at any instant, and others go on with what was
 * kept of their SAs (ike/keep.h).
 *
 *	ike_explore [--check | --seeds N | --seed S] [--fragments]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "ike/hdr.h"
#include "sim/duo.h"
#include "util/array.h"

/* How rough a world is. */
enum mood {
	REKEYS,			/* nothing but rekeys: no packet may be lost */
	SHORT_LIVES,		/* the same, all by timers */
	ACCIDENTS,		/* everything */
	MOODS
};

struct world {
	struct duo	d;
	enum mood	mood;
	struct instant	up_again[2];
	bool		mortal;		/* the processes are */
	unsigned	heirs;		/* who went on with an idle pair */
};

static uint32_t
below(struct world *w, uint32_t n)
{
	return drbg_below(&w->d.chance, n);
}

static struct span
up_to_ms(struct world *w, uint32_t ms)
{
	return span_ms(below(w, ms + 1));
}

static void
nat_on(struct world *w, int side)
{
	struct duo_nat *nat = &w->d.end[side].nat;

	nat->on = true;
	addr_parse(&nat->public, side == LEFT ? "203.0.113.1" : "203.0.113.2");
	/* Only the side that starts may have its ports changed. */
	nat->shift = side == LEFT ? (uint16_t)(10000 + below(w, 1000)) : 0;
}

/* Only one side can initiate when the other one's port is not known. */
static void
draw_nat(struct world *w)
{
	if (below(w, 3) == 0)
		nat_on(w, LEFT);
	if (below(w, 4) == 0)
		nat_on(w, RIGHT);
	w->d.end[LEFT].keep_up = true;
	w->d.end[RIGHT].keep_up = !w->d.end[LEFT].nat.on && below(w, 2) == 0;
}

static void
draw_conf(struct world *w, int side)
{
	struct duo_end *e = &w->d.end[side];
	struct ike_peer_conf *c = &e->conf[0];

	e->kernel_delay = up_to_ms(w, 80);
	e->psk_delay = up_to_ms(w, 50);
	c->dpd_timeout = w->mood == ACCIDENTS ? span_s(30) : span_s(120);
	if (w->mood == SHORT_LIVES) {
		c->child_lifetime = span_s(60);
		c->ike_lifetime = span_s(150);
		c->rekey_margin = span_s(20);
	}
	c->accept_redirect = below(w, 4) != 0;
	/* Groups in another order: INVALID_KE_PAYLOAD on the way. */
	if (below(w, 4) == 0)
		c->ike.ke = duo_algs(ALG_KE, "19 31");
	if (below(w, 4) == 0)
		c->esp.ke = duo_algs(ALG_KE, "19 31");
	if (below(w, 4) == 0)
		c->esp.ke.n = 0;
	if (below(w, 8) == 0)
		e->limits.cookie_above = 0;
}

/* Shorter than may be configured: messages with a PSK are short. */
static void
draw_mtu(struct world *w)
{
	struct duo *d = &w->d;

	d->link.mtu = 130 + below(w, 270);
	d->end[LEFT].conf[0].fragment_size =
	    d->end[RIGHT].conf[0].fragment_size = (uint16_t)d->link.mtu;
}

static void
draw(struct world *w, uint64_t seed, bool fragments)
{
	struct duo *d = &w->d;

	duo_init(d, seed);
	w->mood = (enum mood)below(w, MOODS);
	w->up_again[LEFT] = w->up_again[RIGHT] = INSTANT_NEVER;
	d->link.loss = below(w, 2) == 0 ? 0 : below(w, 16);
	d->link.repeat = below(w, 2) == 0 ? 0 : below(w, 20);
	d->link.delay = up_to_ms(w, 100);
	d->link.jitter = up_to_ms(w, below(w, 2) * 300);
	if (fragments)
		draw_mtu(w);
	draw_nat(w);
	draw_conf(w, LEFT);
	draw_conf(w, RIGHT);
	/* With PFS at one end only there is nothing in common. */
	if (d->end[LEFT].conf[0].esp.ke.n == 0 ||
	    d->end[RIGHT].conf[0].esp.ke.n == 0)
		d->end[LEFT].conf[0].esp.ke.n =
		    d->end[RIGHT].conf[0].esp.ke.n = 0;
	/* Not drawn: which worlds there are does not change by it. */
	w->mortal = seed % 3 == 0;
	d->end[LEFT].conf[0].resumption = seed % 2 == 0;
	d->end[RIGHT].conf[0].resumption = seed % 2 == 0 && seed % 16 != 2;
	duo_start(d);
}

/* --- what may happen --- */

static void
rekey(struct world *w)
{
	int side = (int)below(w, 2);

	duo_rekey(&w->d, side, below(w, 2) == 0);
}

static void
rekey_both(struct world *w)
{
	duo_rekey(&w->d, LEFT, below(w, 2) == 0);
	duo_run(&w->d, up_to_ms(w, below(w, 2) * 200));
	duo_rekey(&w->d, RIGHT, below(w, 2) == 0);
}

static void
soft_limit(struct world *w)
{
	duo_expire(&w->d, (int)below(w, 2), false);
}

static void
hard_limit(struct world *w)
{
	duo_expire(&w->d, (int)below(w, 2), true);
}

static void
delete_child(struct world *w)
{
	duo_delete(&w->d, (int)below(w, 2));
}

/* A delete that meets another one, a rekey, or the end of the IKE SA. */
static void
delete_across(struct world *w)
{
	int side = (int)below(w, 2);

	duo_delete(&w->d, side);
	duo_run(&w->d, up_to_ms(w, below(w, 2) * 200));
	if (below(w, 2) == 0)
		duo_rekey(&w->d, !side, below(w, 2) == 0);
	else
		duo_delete(&w->d, !side);
}

/* Both ask for a child where there is none, or is one no longer. */
static void
create_both(struct world *w)
{
	duo_delete(&w->d, (int)below(w, 2));
	duo_run(&w->d, up_to_ms(w, 1000));
	duo_up(&w->d, LEFT);
	duo_run(&w->d, up_to_ms(w, below(w, 2) * 200));
	if (w->d.end[RIGHT].keep_up)
		duo_up(&w->d, RIGHT);
}

static void
down(struct world *w)
{
	int side = (int)below(w, 2);

	duo_down(&w->d, side);
	w->up_again[side] = instant_after(w->d.now, up_to_ms(w, 5000));
}

static void
up(struct world *w)
{
	int side = w->d.end[RIGHT].keep_up ? (int)below(w, 2) : LEFT;

	duo_up(&w->d, side);
}

static void
crash(struct world *w)
{
	int side = (int)below(w, 2);
	struct duo_end *e = &w->d.end[side];
	uint8_t seed[TICKET_KEY];

	/* One crash in four is its host's. */
	if (e->conf[0].resumption && below(w, 4) == 0) {
		drbg_fill(&w->d.chance, seed, sizeof(seed));
		ticket_keys_init(&e->tickets, seed, w->d.now);
	}
	duo_crash(&w->d, side);
}

static void
refuse(struct world *w)
{
	int side = (int)below(w, 2);

	duo_refuse(&w->d, side, 1 + below(w, 3));
}

static void
forget_port(struct world *w)
{
	struct duo_nat *nat = &w->d.end[LEFT].nat;

	if (nat->on)
		nat->shift = (uint16_t)(nat->shift + 1 + below(w, 10));
}

/* To where nobody is: the way back must cost nothing either. */
static void
redirect(struct world *w)
{
	struct duo *d = &w->d;
	int side = (int)below(w, 2);
	struct addr to;

	addr_parse(&to, "203.0.113.99");
	ike_peer_drain(d->end[side].ike, d->now, DUO_PEER, true, &to);
	ike_peer_redirect(d->end[side].ike, d->now, DUO_PEER);
	duo_check(d);
	duo_run(d, up_to_ms(w, below(w, 2) * 600));
	if (below(w, 2) == 0)
		duo_rekey(d, (int)below(w, 2), below(w, 2) == 0);
	duo_run(d, up_to_ms(w, below(w, 2) * 600));
	ike_peer_drain(d->end[side].ike, d->now, DUO_PEER, false, NULL);
}

static const struct act {
	bool		rough;		/* packets may get lost */
	unsigned	weight;
	void		(*run)(struct world *);
} acts[] = {
	{ false, 6, rekey },
	{ false, 6, rekey_both },
	{ false, 2, soft_limit },
	{ false, 1, redirect },
	{ true, 1, hard_limit },
	{ true, 2, delete_child },
	{ true, 2, delete_across },
	{ true, 2, create_both },
	{ true, 2, down },
	{ true, 1, up },
	{ true, 1, crash },
	{ true, 1, refuse },
	{ true, 1, forget_port },
};

static void
act(struct world *w)
{
	unsigned all = 0, n;

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		all += acts[i].rough && w->mood != ACCIDENTS ? 0 :
		    acts[i].weight;
	n = below(w, all);
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		if (acts[i].rough && w->mood != ACCIDENTS)
			continue;
		if (n < acts[i].weight) {
			acts[i].run(w);
			return;
		}
		n -= acts[i].weight;
	}
}

/* --- processes that die, and others that go on --- */

/* Nothing was under way: so nobody may notice. */
static void
die_idle(struct world *w, int side)
{
	struct duo *d = &w->d;
	struct duo_end *e = &d->end[side];
	struct ike_peer_info was = duo_info(d, side), is;
	unsigned refused = e->refused, sent = e->sent;

	if (!duo_is_idle(d, side))
		return;
	w->heirs++;
	duo_succeed(d, side);
	duo_check(d);
	is = duo_info(d, side);
	if (d->trouble.s[0] == '\0' && (e->refused != refused ||
	    e->sent != sent || is.state != IKE_ESTABLISHED || !is.child ||
	    is.spi_i != was.spi_i || is.spi_r != was.spi_r ||
	    is.spi_in != was.spi_in || is.spi_out != was.spi_out))
		reason_set(&d->trouble, "side %d died with nothing under way, "
		    "and its successor does not go on with it", side);
}

/* Now, or with one of the next things that it wants done. */
static void
die(struct world *w)
{
	int side = (int)below(w, 2);
	unsigned in = below(w, 8);

	if (in == 0 || w->mood != ACCIDENTS)
		die_idle(w, side);
	else
		w->d.end[side].die_in = in;
}

/* --- one world --- */

static void
up_again(struct world *w, int side)
{
	if (!instant_due(w->up_again[side], w->d.now))
		return;
	w->up_again[side] = INSTANT_NEVER;
	if (w->d.end[side].keep_up)
		duo_up(&w->d, side);
}

static void
live(struct world *w)
{
	struct duo *d = &w->d;
	unsigned acts_left = 5 + below(w, 30);

	if (w->mood == SHORT_LIVES) {
		for (int i = 0; i < 60; i++) {
			duo_run(d, span_s(10));
			if (w->mortal && d->trouble.s[0] == '\0')
				die(w);
		}
		return;
	}
	while (acts_left-- > 0 && d->trouble.s[0] == '\0') {
		act(w);
		duo_run(d, up_to_ms(w, below(w, 3) == 0 ? 8000 : 400));
		up_again(w, LEFT);
		up_again(w, RIGHT);
		if (w->mortal && below(w, 2) == 0)
			die(w);
	}
	/* Long enough for LEFT to find out, if RIGHT does not call. */
	for (int i = 0; i < 3 && w->mood == ACCIDENTS &&
	    d->end[RIGHT].conf[0].resumption; i++) {
		duo_crash(d, RIGHT);
		duo_run(d, span_s(60));
	}
}

static bool
lost_packets(struct world *w, struct reason *why)
{
	for (int i = 0; i < 2; i++) {
		const struct duo_end *e = &w->d.end[i];

		if (w->mood == ACCIDENTS ||
		    (e->esp_lost == 0 && e->esp_none == 0))
			continue;
		reason_set(why, "side %d: of %u packets %u found no SA at the "
		    "other end, %u more none to leave on", i, e->esp_sent,
		    e->esp_lost, e->esp_none);
		return true;
	}
	return false;
}

static bool
quiet(struct world *w, struct reason *why)
{
	struct duo *d = &w->d;

	d->link = (struct duo_link){ .delay = span_ms(10),
	    .mtu = d->link.mtu };
	d->end[LEFT].sad.refuse = d->end[RIGHT].sad.refuse = 0;
	d->end[LEFT].die_in = d->end[RIGHT].die_in = 0;
	if (w->mood != SHORT_LIVES)
		duo_run(d, span_s(90));
	if (!duo_run_up(d, span_s(w->mood == SHORT_LIVES ? 60 : 1)))
		return duo_paired(d, why);
	return !lost_packets(w, why);
}

static bool
shut_down(struct world *w, struct reason *why)
{
	struct duo *d = &w->d;

	d->end[LEFT].keep_up = d->end[RIGHT].keep_up = false;
	d->esp_at = INSTANT_NEVER;
	duo_down(d, LEFT);
	duo_down(d, RIGHT);
	duo_run(d, span_s(60));
	return duo_empty(d, why);
}

struct sums {
	unsigned	resumed;	/* sessions */
	unsigned	idle, adopted, refused;	/* by successors */
};

static bool
world_runs(uint64_t seed, bool fragments, struct sums *sums,
    struct reason *why)
{
	struct world w = { .heirs = 0 };
	bool ok;

	draw(&w, seed, fragments || seed % 4 == 0);
	why->s[0] = '\0';
	ok = duo_run_up(&w.d, span_s(120)) || duo_paired(&w.d, why);
	if (ok) {
		w.d.esp_every = span_ms(20);
		w.d.esp_at = w.d.now;
		live(&w);
		ok = quiet(&w, why) && shut_down(&w, why);
	}
	if (w.d.end[LEFT].too_long + w.d.end[RIGHT].too_long > 0) {
		reason_set(why, "messages too long for a path of %u octets",
		    w.d.link.mtu);
		ok = false;
	}
	if (w.d.trouble.s[0] != '\0') {
		*why = w.d.trouble;
		ok = false;
	}
	sums->resumed += w.d.end[LEFT].events[IKE_EV_RESUMED];
	sums->idle += w.heirs;
	for (int i = 0; i < 2; i++) {
		sums->adopted += w.d.end[i].adopted;
		sums->refused += w.d.end[i].refused;
	}
	duo_fini(&w.d);
	return ok;
}

static int
usage(void)
{
	fprintf(stderr, "usage: ike_explore [--check | --seeds N | --seed S] "
	    "[--fragments]\n");
	return 2;
}

struct run {
	unsigned long long first, n;
	bool		fragments;	/* in all worlds */
};

static bool
read_args(struct run *run, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;

		if (strcmp(argv[i], "--check") == 0) {
			run->n = 2000;
		} else if (strcmp(argv[i], "--fragments") == 0) {
			run->fragments = true;
		} else if (strcmp(argv[i], "--seeds") == 0 && more) {
			run->n = strtoull(argv[++i], NULL, 10);
		} else if (strcmp(argv[i], "--seed") == 0 && more) {
			run->first = strtoull(argv[++i], NULL, 10);
			run->n = 1;
		} else {
			return false;
		}
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct run run = { .first = 1, .n = 300 };
	unsigned long long failed = 0;
	struct sums sums = { .resumed = 0 };
	struct reason why;

	if (!read_args(&run, argc, argv))
		return usage();
	if (!crypto_init()) {
		fprintf(stderr, "ike_explore: OpenSSL lacks an algorithm\n");
		return 1;
	}
	for (unsigned long long i = 0; i < run.n; i++) {
		uint64_t seed = run.first + i;

		if (world_runs(seed, run.fragments, &sums, &why))
			continue;
		printf("# seed %llu%s: %s\n", (unsigned long long)seed,
		    run.fragments ? " with --fragments" : "", why.s);
		failed++;
	}
	printf("# %u sessions were resumed\n", sums.resumed);
	printf("# of processes that died, %u records were taken over, %u of "
	    "them with nothing under way, and %u refused\n", sums.adopted,
	    sums.idle, sums.refused);
	printf("%s - %llu worlds of two IKE instances, %llu failed\n",
	    failed == 0 ? "ok" : "not ok", run.n, failed);
	crypto_fini();
	return failed == 0 ? 0 : 1;
}
