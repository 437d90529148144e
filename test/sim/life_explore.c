/*
 * Lives of two gateways, each seed a world of its own:
 *
 *	set-up		both tunnels, BGP and routes on a link that loses
 *	rekeys		from both sides, by hand and by timers; no packet may
 *			be lost
 *	day		a day with loss: rekeys, DPD, BGP
 *	accidents	links that break, NATs that forget, crashes, operators,
 *			kernels that refuse or forget to tell; afterwards all
 *			must come up again, and after the end nothing be left
 *
 *	life_explore --check
 *	life_explore [LIFE] [--seeds N] [--seed S] [--loss P] [--hours H]
 *
 * A world that fails is printed with its seed and step; `life_explore LIFE
 * --seed S` replays it, and SIM_TRACE=1 shows what happens.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "gw/tunnel.h"
#include "sim/pair.h"
#include "util/array.h"

/* Sanitizers make a world ten times slower. */
#if defined(__SANITIZE_ADDRESS__)
#define SLOWER	10
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOWER	10
#endif
#endif
#ifndef SLOWER
#define SLOWER	1
#endif

struct wish {
	unsigned	loss;		/* percent */
	unsigned	hours;
};

struct life {
	const char	*name;
	void		(*live)(struct pair *, const struct wish *);
	struct wish	wish;		/* where nothing is said */
	unsigned	check_seeds;
};

static unsigned
below(struct pair *p, unsigned n)
{
	return drbg_below(&p->w.chance, n);
}

static bool
fine(const struct pair *p)
{
	return p->w.trouble.s[0] == '\0';
}

static void
rough(struct pair *p, unsigned loss)
{
	for (unsigned i = 0; i < 2; i++) {
		p->link[i]->loss = loss;
		p->link[i]->repeat = loss / 4;
		p->link[i]->jitter = span_ms(loss > 0 ? 60 : 2);
	}
}

static bool
both_routed(const struct pair *p)
{
	return check_hops(p->hub, GATE_HOST_1) == 2 &&
	    check_hops(p->branch, GATE_HOST_0) == 2;
}

/* Within so many seconds everything is as it should be. */
static void
must_be_up(struct pair *p, unsigned seconds)
{
	struct instant until = instant_after(p->w.now, span_s(seconds));

	if (!fine(p) || !pair_run_up(p, span_s(seconds)))
		return;
	while (fine(p) && !both_routed(p) && p->w.now.ns < until.ns)
		world_run(&p->w, span_ms(100));
	if (fine(p) && !both_routed(p))
		world_trouble(&p->w, "the routes have %u and %u next hops",
		    check_hops(p->hub, GATE_HOST_1),
		    check_hops(p->branch, GATE_HOST_0));
}

static void
must_carry(struct pair *p)
{
	packet_probes(&p->w, SPAN_ZERO);
	world_run(&p->w, span_s(1));
	if (fine(p) && p->w.tally.lost > 0)
		world_trouble(&p->w, "%u of %u packets were lost: %s",
		    p->w.tally.lost, p->w.tally.sent, p->w.tally.why);
}

static void
must_end(struct pair *p)
{
	struct reason why;

	if (!fine(p))
		return;
	gate_stop(p->hub);
	world_run(&p->w, span_ms(below(p, 3000)));
	gate_stop(p->branch);
	world_run(&p->w, span_s(10));
	if (!p->hub->stopped || !p->branch->stopped)
		world_trouble(&p->w, "a gateway does not stop");
	else if (!check_clean(p->hub, &why) || !check_clean(p->branch, &why))
		world_trouble(&p->w, "%s", why.s);
}

/* --- lives --- */

static void
live_set_up(struct pair *p, const struct wish *wish)
{
	rough(p, wish->loss);
	pair_start(p);
	must_be_up(p, 120);
	rough(p, 0);
	world_run(&p->w, span_s(40));
	must_be_up(p, 40);
	must_end(p);
}

static void
rekey_something(struct pair *p)
{
	char line[96];

	str_fmt(line, sizeof(line), "{\"command\":\"rekey\",\"name\":"
	    "\"vpn/%u\",\"what\":\"%s\"}", 1 + below(p, 2),
	    below(p, 3) == 0 ? "ike" : "child");
	gate_ctl(p->w.gates[below(p, 2)], line);
}

static void
live_rekeys(struct pair *p, const struct wish *wish)
{
	(void)wish;
	p->hub_conf.top = p->branch_conf.top = "allow_short_lifetimes = true;";
	p->hub_conf.connection = p->branch_conf.connection =
	    "phase1_lifetime_seconds = 120; phase2_lifetime_seconds = 40;"
	    "startup_action = \"start\";";
	p->link[0]->jitter = p->link[1]->jitter = span_ms(below(p, 40));
	pair_start(p);
	must_be_up(p, 60);
	world_run(&p->w, span_s(15));
	p->w.steady = true;
	packet_probes(&p->w, span_ms(5));
	for (unsigned i = 0; i < 40 && fine(p); i++) {
		rekey_something(p);
		world_run(&p->w, below(p, 2) == 0 ? span_ms(below(p, 50)) :
		    span_s(below(p, 10)));
	}
	world_run(&p->w, span_s(200));
	must_carry(p);
	p->w.steady = false;
	must_be_up(p, 60);
	must_end(p);
}

static void
live_day(struct pair *p, const struct wish *wish)
{
	rough(p, wish->loss);
	pair_start(p);
	must_be_up(p, 120);
	packet_probes(&p->w, span_s(10));
	world_run(&p->w, span_s(wish->hours * 3600));
	packet_probes(&p->w, SPAN_ZERO);
	rough(p, 0);
	must_be_up(p, 300);
	if (fine(p) && p->w.tally.lost * 100 > p->w.tally.sent)
		world_trouble(&p->w, "%u of %u packets found no way: %s",
		    p->w.tally.lost, p->w.tally.sent, p->w.tally.why);
	must_end(p);
}

/* --- accidents --- */

static const char watched[] =
    "bfd = true; bfd_minimum_interval_milliseconds = 3000;";
static const char strict[] = "bfd = true; bfd_strict = true;"
    "bfd_minimum_interval_milliseconds = 3000;";

static void
cut(struct pair *p)
{
	struct link *l = p->link[below(p, 2)];

	l->cut = !l->cut;
}

/* IKE gets through, ESP does not: BFD sees it, where there is BFD. */
static void
lose_esp(struct pair *p)
{
	bool *no_esp = p->link[below(p, 2)]->no_esp;

	no_esp[0] = below(p, 2) == 0;
	no_esp[1] = below(p, 2) == 0;
}

static void
weather(struct pair *p)
{
	struct link *l = p->link[below(p, 2)];

	l->loss = below(p, 3) == 0 ? 0 : below(p, 60);
	l->jitter = span_ms(2 + below(p, 200));
}

static void
forget_nat(struct pair *p)
{
	struct link *l = p->link[below(p, 2)];

	if (addr_is_set(&l->public))
		l->shift = (uint16_t)(1000 + below(p, 50000));
}

static void
crash(struct pair *p)
{
	struct gate *g = p->w.gates[below(p, 2)];

	gate_crash(g, below(p, 2) == 0);
	world_run(&p->w, span_ms(below(p, 3) == 0 ? 90000 : below(p, 3000)));
	if (fine(p))
		gate_start(g);
}

static void
restart(struct pair *p)
{
	struct gate *g = p->w.gates[below(p, 2)];

	gate_stop(g);
	world_run(&p->w, span_s(10));
	if (fine(p) && !g->stopped)
		world_trouble(&p->w, "%s does not stop", g->name);
	if (!fine(p))
		return;
	gate_crash(g, false);
	gate_start(g);
}

static void
wrong_key(struct pair *p)
{
	p->w.gates[below(p, 2)]->psk[1 + below(p, 2)] = below(p, 2) == 0 ?
	    "another.secret" : NULL;
}

static void
up_or_down(struct pair *p)
{
	char line[96];

	str_fmt(line, sizeof(line), "{\"command\":\"%s\",\"name\":\"vpn/%u\"}",
	    below(p, 2) == 0 ? "up" : "down", 1 + below(p, 2));
	gate_ctl(p->w.gates[below(p, 2)], line);
}

static const char *
some_interface(struct pair *p)
{
	return below(p, 2) == 0 ? "vpn1" : "vpn2";
}

static void
lose_interface(struct pair *p)
{
	struct gate *g = p->w.gates[below(p, 2)];

	if (below(p, 2) == 0)
		gate_link_delete(g, some_interface(p));
	else
		gate_link_down(g, some_interface(p));
}

static void
lose_events(struct pair *p)
{
	gate_lose(p->w.gates[below(p, 2)], 1 + below(p, 12));
}

static void
meddle(struct pair *p)
{
	gate_meddle(p->w.gates[below(p, 2)], below(p, 16));
}

static void
refuse(struct pair *p)
{
	static const enum kern_op_kind kinds[] = { KERN_LINK_SET, KERN_SA_ADD,
	    KERN_SA_PATH, KERN_POLICY_SET, KERN_NEXTHOP_SET, KERN_GROUP_SET,
	    KERN_ROUTE_SET, KERN_LISTEN, KERN_CONNECT, KERN_AUTH };
	struct gate *g = p->w.gates[below(p, 2)];

	g->kernel.refuse[kinds[below(p, ARRAY_SIZE(kinds))]] = 1 + below(p, 3);
}

static void
reload(struct pair *p)
{
	static const char *const options[] = { NULL,
	    "replay_window_size = 512;", "dpd_timeout_action = \"restart\";",
	    "force_encapsulation = true;", watched, strict };
	bool hub = below(p, 2) == 0;
	struct pair_end *e = hub ? &p->hub_conf : &p->branch_conf;

	e->tunnel[below(p, 2)] = options[below(p, ARRAY_SIZE(options))];
	pair_write(p);
	gate_reload(hub ? p->hub : p->branch);
}

static void	(*const accidents[])(struct pair *) = {
	cut, cut, lose_esp, weather, forget_nat, crash, restart, wrong_key, up_or_down,
	lose_interface, lose_events, refuse, refuse, reload, rekey_something,
	meddle,
};

static void
draw_nat(struct pair *p)
{
	link_nat(p->link[0], "203.0.113.9", 1000);
	link_nat(p->link[1], "203.0.113.9", 2000);
	p->hub_conf.nat = true;
	p->hub_conf.connection = "remote_id = \"198.51.100.1\";"
	    "remote_outside_ip_address = \"203.0.113.9\";";
}

/* It would wait for a peer that has no BFD any more. */
static void
relax(struct pair *p)
{
	for (unsigned i = 0; i < 2; i++) {
		if (p->hub_conf.tunnel[i] == strict)
			p->hub_conf.tunnel[i] = watched;
		if (p->branch_conf.tunnel[i] == strict)
			p->branch_conf.tunnel[i] = watched;
	}
	pair_write(p);
	gate_reload(p->hub);
	gate_reload(p->branch);
}

static void
calm(struct pair *p)
{
	rough(p, 0);
	relax(p);
	for (unsigned i = 0; i < 2; i++) {
		struct gate *g = p->w.gates[i];

		p->link[i]->cut = false;
		memset(p->link[i]->no_esp, 0, sizeof(p->link[i]->no_esp));
		g->psk[1] = g->psk[2] = "a.secret.of.both";
		memset(g->kernel.refuse, 0, sizeof(g->kernel.refuse));
		gate_lose(g, 0);
		gate_overrun(g);
		gate_ctl(g, "{\"command\":\"up\",\"name\":\"vpn\"}");
	}
}

static void
live_accidents(struct pair *p, const struct wish *wish)
{
	struct instant end;

	if (below(p, 3) == 0)
		draw_nat(p);
	else if (below(p, 2) == 0)
		p->hub_conf.connection = "startup_action = \"start\";";
	if (below(p, 2) == 0)
		p->branch_conf.connection = "dpd_timeout_action = "
		    "\"restart\"; phase1_lifetime_seconds = 3600;"
		    "phase2_lifetime_seconds = 900;";
	/* One of the two tunnels resumes its sessions, one is watched. */
	p->hub_conf.tunnel[0] = p->branch_conf.tunnel[0] =
	    "session_resumption = true;";
	p->hub_conf.tunnel[1] = p->branch_conf.tunnel[1] = watched;
	rough(p, wish->loss);
	pair_start(p);
	end = instant_after(p->w.now, span_s(wish->hours * 3600));
	while (fine(p) && p->w.now.ns < end.ns) {
		world_run(&p->w, span_ms(below(p, 3) == 0 ? below(p, 100) :
		    below(p, 120000)));
		if (fine(p))
			accidents[below(p, ARRAY_SIZE(accidents))](p);
	}
	if (!fine(p))
		return;
	calm(p);
	/* BGP sessions whose TCP waits too long for its next try break yet. */
	world_run(&p->w, span_s(120));
	must_be_up(p, 180);
	/* A NAT that forgot is noticed with the first packets. */
	packet_probes(&p->w, span_ms(20));
	world_run(&p->w, span_s(2));
	p->w.tally = (struct world_tally){ 0 };
	world_run(&p->w, span_s(20));
	must_carry(p);
	must_end(p);
}

/* --- the program --- */

static const struct life lives[] = {
	{ "set-up", live_set_up, { 20, 0 }, 200 },
	{ "rekeys", live_rekeys, { 0, 0 }, 100 },
	{ "day", live_day, { 20, 24 }, 200 },
	{ "accidents", live_accidents, { 5, 2 }, 200 },
};

static unsigned
run(const struct life *life, const struct wish *wish, uint64_t first,
    uint64_t n)
{
	static struct pair p;
	unsigned failed = 0;

	for (uint64_t seed = first; seed < first + n; seed++) {
		pair_init(&p, seed);
		life->live(&p, wish);
		if (!fine(&p)) {
			printf("# %s: %s\n", life->name, p.w.trouble.s);
			failed++;
		}
		pair_fini(&p);
	}
	printf("%s - %s, %llu worlds, %u%% loss, %u hours: %u failed\n",
	    failed == 0 ? "ok" : "not ok", life->name, (unsigned long long)n,
	    wish->loss, wish->hours, failed);
	fflush(stdout);
	return failed;
}

static unsigned
check(void)
{
	unsigned failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lives); i++)
		failed += run(&lives[i], &lives[i].wish, 1,
		    lives[i].check_seeds / SLOWER);
	return failed;
}

static int
usage(void)
{
	fprintf(stderr, "usage: life_explore --check\n"
	    "       life_explore [set-up|rekeys|day|accidents] [--seeds N] "
	    "[--seed S] [--loss P] [--hours H]\n");
	return 2;
}

struct arguments {
	const struct life *life;
	bool		check;
	uint64_t	seeds, seed;	/* seed 0: from 1 on */
	long		loss, hours;	/* -1: the life's own */
};

static bool
number(const char *word, long most, long *out)
{
	char *end;
	long v = word == NULL ? -1 : strtol(word, &end, 10);

	if (v < 0 || v > most || *end != '\0')
		return false;
	*out = v;
	return true;
}

static bool
option(struct arguments *a, const char *word, const char *value)
{
	long v;

	if (!number(value, strcmp(word, "--loss") == 0 ? 99 : 1000000000, &v))
		return false;
	if (strcmp(word, "--seeds") == 0)
		a->seeds = (uint64_t)v;
	else if (strcmp(word, "--seed") == 0)
		a->seed = (uint64_t)v;
	else if (strcmp(word, "--loss") == 0)
		a->loss = v;
	else if (strcmp(word, "--hours") == 0)
		a->hours = v;
	else
		return false;
	return true;
}

static bool
parse(struct arguments *a, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const struct life *life = lives;

		if (strcmp(argv[i], "--check") == 0) {
			a->check = true;
			continue;
		}
		while (life < lives + ARRAY_SIZE(lives) &&
		    strcmp(life->name, argv[i]) != 0)
			life++;
		if (life < lives + ARRAY_SIZE(lives))
			a->life = life;
		else if (!option(a, argv[i], argv[i + 1]))
			return false;
		else
			i++;
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct arguments a = { .life = &lives[2], .loss = -1, .hours = -1 };
	struct wish wish;

	if (!parse(&a, argc, argv))
		return usage();
	if (!crypto_init()) {
		fprintf(stderr, "life_explore: OpenSSL lacks an algorithm\n");
		return 1;
	}
	if (a.check)
		return check() == 0 ? 0 : 1;
	wish = a.life->wish;
	if (a.loss >= 0)
		wish.loss = (unsigned)a.loss;
	if (a.hours >= 0)
		wish.hours = (unsigned)a.hours;
	if (a.seeds == 0)
		a.seeds = a.seed != 0 ? 1 : a.life->check_seeds;
	return run(a.life, &wish, a.seed == 0 ? 1 : a.seed, a.seeds) == 0 ?
	    0 : 1;
}
