/*
 * The frame of an explorer: runs one world per seed, prints the seeds that
 * fail, and one line of verdict.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "sim/trial.h"
#include "util/bytes.h"

void
trial_begin(struct trial *t, uint64_t seed)
{
	uint8_t b[DRBG_SEED_LEN] = { 0 };
	struct wr s = wr_of(b, sizeof(b));

	wr_u64(&s, seed);
	drbg_seed(&t->chance, b);
	b[DRBG_SEED_LEN - 1] = 1;
	drbg_seed(&t->drbg, b);
	t->why.s[0] = '\0';
}

uint32_t
trial_below(struct trial *t, uint32_t n)
{
	return drbg_below(&t->chance, n);
}

void
trial_wrong(struct trial *t, const char *fmt, ...)
{
	va_list ap;

	if (trial_failed(t))
		return;
	va_start(ap, fmt);
	vsnprintf(t->why.s, sizeof(t->why.s), fmt, ap);
	va_end(ap);
}

/* A decimal number and nothing else. */
static bool
number(const char *text, unsigned long long *n)
{
	char *end;

	*n = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static bool
arguments(int argc, char **argv, unsigned long long *first,
    unsigned long long *n)
{
	if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
		return number(argv[2], n) && *n > 0;
	if (argc == 3 && strcmp(argv[1], "--seed") == 0) {
		*n = 1;
		return number(argv[2], first);
	}
	return argc == 1 || (argc == 2 && strcmp(argv[1], "--check") == 0);
}

int
trial_main(const struct trial_kind *k, int argc, char **argv)
{
	unsigned long long first = 1, n = k->usual, failed = 0;
	struct reason why;

	if (!arguments(argc, argv, &first, &n)) {
		fprintf(stderr, "usage: %s [--check | --seeds N | --seed S]\n",
		    k->name);
		return 2;
	}
	if (!crypto_init())
		return 1;
	for (unsigned long long i = 0; i < n; i++) {
		if (k->run(first + i, &why))
			continue;
		printf("# seed %llu: %s\n", first + i, why.s);
		failed++;
	}
	printf("%s - %llu %s, %llu failed\n", failed == 0 ? "ok" : "not ok", n,
	    k->what, failed);
	return failed == 0 ? 0 : 1;
}
