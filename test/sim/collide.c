/*
 * Exchanges that cross, all rows of the table, as TAP: a line per row, then
 * the sum.  A play that needs a certain nonce to be the lowest draws seeds
 * until it is.
 *
 *	collide [--check | --row ID | --list]
 */
#include "sim/collide.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/prf.h"
#include "util/array.h"

#define SEEDS_MAX	400	/* one in four fits */
#define SEEDS_OF_ORDERS	2

static const struct collide_rows *const groups[] = {
	&collide_ike, &collide_child, &collide_cross, &collide_delete,
	&collide_init, &collide_other, &collide_resume,
};

struct collide_run {
	const struct collide_row *row;
	struct script_order order;
	unsigned	variants, failed;
};

struct sum {
	unsigned	rows, passed, variants;
};

static bool
attempt(struct collide_run *r, const char *script, char lowest,
    bool mirror, uint64_t seed, bool *other_order, struct reason *why)
{
	struct script s = {
		.mirror = mirror, .cold = r->row->cold, .lowest = lowest,
		.order = &r->order,
	};
	bool ok;

	if (script_begin(&s, seed))
		script_play(&s, script);
	*other_order = s.other_order;
	ok = script_end(&s);
	*why = s.why;
	return ok;
}

void
collide_count(struct collide_run *r, bool ok, const char *fmt, ...)
{
	va_list ap;

	r->variants++;
	if (ok)
		return;
	r->failed++;
	printf("# %s: ", r->row->id);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

/* One play; lowest 0: as the nonces fall. */
static void
one(struct collide_run *r, const struct collide_play *p, char lowest,
    bool mirror)
{
	struct reason why = { "" };
	bool other = true, ok = false;
	uint64_t seed;

	for (seed = 1; seed <= SEEDS_MAX && other; seed++)
		ok = attempt(r, p->script, lowest, mirror, seed, &other, &why);
	if (other)
		reason_set(&why, "no seed gives this order of nonces");
	collide_count(r, ok && !other, "%s%s, lowest nonce N%c, seed %u: %s",
	    p->what, mirror ? ", parts swapped" : "", lowest == 0 ? '*' :
	    lowest, (unsigned)(seed - 1), why.s);
}

/* The next order, the last choice changing first.  False: that was all. */
static bool
next_order(struct script_order *o)
{
	while (o->n > 0) {
		unsigned *c = &o->choice[o->n - 1];

		if (*c + 1 < o->of[o->n - 1]) {
			++*c;
			return true;
		}
		*c = 0;
		o->n--;
	}
	return false;
}

static void
every_order(struct collide_run *r, const struct collide_play *p, bool mirror)
{
	for (uint64_t seed = 1; seed <= SEEDS_OF_ORDERS; seed++) {
		r->order = (struct script_order){ 0 };
		do {
			struct reason why;
			char order[SCRIPT_CHOICES + 1] = "";
			bool other, ok;

			ok = attempt(r, p->script, 0, mirror, seed, &other,
			    &why);
			for (size_t i = 0; i < r->order.n; i++)
				str_add(order, sizeof(order), "%u",
				    r->order.choice[i]);
			collide_count(r, ok, "%s%s, order %s, seed %u: %s",
			    p->what, mirror ? ", parts swapped" : "", order,
			    (unsigned)seed, why.s);
		} while (next_order(&r->order));
	}
}

static void
play(struct collide_run *r, const struct collide_play *p)
{
	const char *lowest = p->lowest == NULL ? "" : p->lowest;
	bool orders = strstr(p->script, " any ") != NULL;

	for (int mirror = 0; mirror <= p->both; mirror++) {
		if (orders)
			every_order(r, p, mirror != 0);
		else if (p->lowest == NULL)
			one(r, p, 0, mirror != 0);
		for (const char *n = lowest; *n != '\0'; n++)
			one(r, p, *n, mirror != 0);
	}
}

static void
run_row(const struct collide_row *row, struct sum *sum)
{
	struct collide_run r = { .row = row };

	sum->rows++;
	for (size_t i = 0; i < row->plays_n; i++)
		play(&r, &row->plays[i]);
	if (row->more != NULL)
		row->more(&r);
	sum->passed += r.failed == 0 && r.variants > 0;
	sum->variants += r.variants - r.failed;
	printf("%sok - %s %s, %u variants\n",
	    r.failed == 0 && r.variants > 0 ? "" : "not ", row->id,
	    row->title, r.variants);
	fflush(stdout);
}

static void
each_row(const char *only, struct sum *sum)
{
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
		for (size_t i = 0; i < groups[g]->n; i++) {
			if (only == NULL ||
			    strcmp(only, groups[g]->row[i].id) == 0)
				run_row(&groups[g]->row[i], sum);
		}
	}
}

static void
list(void)
{
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
		for (size_t i = 0; i < groups[g]->n; i++) {
			const struct collide_row *row = &groups[g]->row[i];

			printf("%s (%s): %s => %s\n", row->id, row->layer,
			    row->title, row->expected);
		}
	}
}

static int
usage(void)
{
	fprintf(stderr, "usage: collide [--check | --row ID | --list]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	const char *only = NULL;
	struct sum sum = { 0 };

	if (argc == 3 && strcmp(argv[1], "--row") == 0) {
		only = argv[2];
	} else if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list();
		return 0;
	} else if (argc > 2 || (argc == 2 && strcmp(argv[1], "--check") != 0)) {
		return usage();
	}
	if (!crypto_init()) {
		fprintf(stderr, "collide: OpenSSL lacks an algorithm\n");
		return 1;
	}
	each_row(only, &sum);
	if (sum.rows == 0)
		fprintf(stderr, "collide: no row is called %s\n", only);
	if (sum.passed == sum.rows)
		printf("%u scenarios, %u variants passed\n", sum.rows,
		    sum.variants);
	else
		printf("%u of %u scenarios, %u variants passed\n", sum.passed,
		    sum.rows, sum.variants);
	crypto_fini();
	return sum.rows > 0 && sum.passed == sum.rows ? 0 : 1;
}
