/*
 * Session resumption (RFC 5723) between two instances, for its tests: LEFT asks
 * for tickets and comes back with them, RIGHT gives them and forgets.
 */
#ifndef TEST_UNIT_IKE_HOME_H
#define TEST_UNIT_IKE_HOME_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/x_resume.h"
#include "ike_duo.h"
#include "util/array.h"

/* What LEFT sends and RIGHT answers is counted; what a test adds is done. */
enum { INITS, RESUMES, RESUMED, NRULES };

struct home {
	struct duo	d;
	struct duo_rule	rules[NRULES + 3];
};

static inline void
home_init(struct home *h, uint64_t seed)
{
	static const struct duo_rule rules[NRULES] = {
		[INITS] = { .from = LEFT, .exchange = IKE_SA_INIT, .nth = 1,
		    .until = 0, .fate = DUO_PASS },
		[RESUMES] = { .from = LEFT, .exchange = IKE_SESSION_RESUME,
		    .nth = 1, .until = 0, .fate = DUO_PASS },
		[RESUMED] = { .from = RIGHT, .exchange = IKE_SESSION_RESUME,
		    .response = true, .nth = 1, .until = 0,
		    .fate = DUO_PASS },
	};

	duo_init(&h->d, seed);
	memcpy(h->rules, rules, sizeof(rules));
	h->d.rules = h->rules;
	h->d.rules_n = NRULES;
	for (int i = 0; i < 2; i++)
		h->d.end[i].conf[0].resumption = true;
	h->d.end[LEFT].keep_up = true;
}

static inline void
home_start(struct home *h)
{
	duo_start(&h->d);
	bring_up(&h->d, LEFT);
	assert_int_equal(h->rules[INITS].seen, 1);
	assert_int_equal(h->rules[RESUMES].seen, 0);
}

/* RIGHT loses everything but its ticket keys, and LEFT finds out. */
static inline void
lose_right(struct home *h)
{
	duo_crash(&h->d, RIGHT);
	duo_run(&h->d, span_s(1));
	if (!duo_run_up(&h->d, span_s(120)))
		assert_paired(&h->d);
	assert_sound(&h->d);
}

static inline struct ike_resumption
of(const struct home *h, int side)
{
	return duo_info(&h->d, side).resumption;
}

static inline struct ike_peer *
peer_at(const struct home *h, int side)
{
	return table_peer(h->d.end[side].ike, DUO_PEER);
}

/* The last set-up needed no IKE_SA_INIT, hence no key exchange. */
static inline void
assert_resumed(struct home *h, unsigned times)
{
	assert_paired(&h->d);
	assert_true(of(h, LEFT).on && of(h, RIGHT).on);
	assert_int_equal(of(h, LEFT).count, times);
	assert_int_equal(h->rules[INITS].seen, 1);
	assert_int_equal(h->d.end[LEFT].events[IKE_EV_RESUMED], times);
}

static inline void
assert_from_scratch(struct home *h)
{
	assert_paired(&h->d);
	assert_false(of(h, LEFT).on || of(h, RIGHT).on);
	assert_int_equal(of(h, LEFT).count, 0);
	assert_true(h->rules[INITS].seen > 1);
}

static inline void
home_end(struct home *h)
{
	shut_down(&h->d);
}

/* What an eavesdropper has of a resumption, to be sent again. */
static inline void
record_resumption(struct home *h, uint8_t *buf, size_t *n)
{
	struct bytes kept;

	h->rules[NRULES] = (struct duo_rule){ .from = LEFT,
	    .exchange = IKE_SESSION_RESUME, .nth = 1, .until = 1,
	    .fate = DUO_KEEP };
	h->d.rules_n = NRULES + 1;
	duo_crash(&h->d, RIGHT);
	duo_run(&h->d, span_s(45));
	kept = duo_kept(&h->d);
	assert_true(kept.n > 0);
	memcpy(buf, kept.p, kept.n);
	*n = kept.n;
}

/* Another copy of a ticket that LEFT had before. */
static inline struct resume *
copy_of(const struct resume *r)
{
	struct resume *c = resume_new(bytes_of(r->opaque, r->n));

	assert_non_null(c);
	c->s = r->s;
	return c;
}

static inline void
give_back(struct home *h, struct resume *r)
{
	resume_free(peer_at(h, LEFT)->tickets.held);
	peer_at(h, LEFT)->tickets.held = r;
}

#endif
