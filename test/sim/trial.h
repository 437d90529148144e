/*
 * What explorers whose worlds follow from a seed share: chance, the first
 * thing that was wrong, and the program around it.
 */
#ifndef TEST_SIM_TRIAL_H
#define TEST_SIM_TRIAL_H

#include "crypto/drbg.h"
#include "util/str.h"

struct trial {
	struct drbg	chance;		/* decides what happens */
	struct drbg	drbg;		/* of those that are tried */
	struct reason	why;		/* what was wrong; empty: nothing */
};

struct trial_kind {
	const char		*name;	/* of the program */
	const char		*what;	/* "worlds of route churn" */
	unsigned long long	usual;	/* so many seeds */
	/* False with what was wrong, and when. */
	bool			(*run)(uint64_t seed, struct reason *why);
};

void trial_begin(struct trial *t, uint64_t seed);
uint32_t trial_below(struct trial *t, uint32_t n);
/* The first one counts. */
void trial_wrong(struct trial *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static inline bool
trial_failed(const struct trial *t)
{
	return t->why.s[0] != '\0';
}
/* main() of `NAME [--check | --seeds N | --seed S]`: an exit code. */
int trial_main(const struct trial_kind *k, int argc, char **argv);

#endif
