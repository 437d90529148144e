/*
 * Two gateways that call each other at the same time (RFC 7296 section 2.8.1
 * for whole IKE SAs): whatever the delays, one IKE SA is left, and from the
 * moment on that both ends hear each other nothing is lost.  And one that calls while
 * it is called, on lines that lose messages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/sa.h"
#include "ike_duo.h"
#include "util/array.h"

struct meeting {
	struct duo	d;
	unsigned	apart_ms;	/* right calls so much later */
	uint64_t	seed;
};

static unsigned
some(struct meeting *m, unsigned n)
{
	return drbg_below(&m->d.chance, n + 1);
}

static void
meeting_init(struct meeting *m, uint64_t seed, unsigned loss)
{
	struct duo *d = &m->d;

	duo_init(d, seed);
	m->seed = seed;
	d->link.delay = span_ms(some(m, 100));
	d->link.jitter = span_ms(some(m, 1) * some(m, 100));
	d->link.loss = loss;
	m->apart_ms = some(m, 3) == 0 ? 0 : some(m, 600);
	for (int i = 0; i < 2; i++) {
		struct duo_end *e = &d->end[i];

		e->kernel_delay = span_ms(some(m, 80));
		e->psk_delay = span_ms(some(m, 50));
		if (some(m, 3) == 0)
			e->conf[0].ike.ke = duo_algs(ALG_KE, "19 31");
		if (some(m, 7) == 0)
			e->limits.cookie_above = 0;
		e->keep_up = loss > 0;
	}
	duo_start(d);
}

/* Can what this end would send now be received by the other? */
static bool
is_heard(const struct duo *d, int side)
{
	const struct ike_esp *out = sad_newest_out(&d->end[side].sad);

	return out != NULL && sad_find(&d->end[!side].sad, out->spi, true) !=
	    NULL;
}

static void
call_both(struct meeting *m)
{
	struct duo *d = &m->d;

	duo_up(d, LEFT);
	duo_run(d, span_ms(m->apart_ms));
	duo_up(d, RIGHT);
}

/* Failures name the seed. */
static void
must(const struct meeting *m, bool ok, const char *what)
{
	if (!ok)
		fail_msg("seed %llu: %s", (unsigned long long)m->seed, what);
}

static void
both_call_at_once_and_one_sa_is_left(void **state)
{
	unsigned crossed = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 600; seed++) {
		struct meeting m;
		struct duo *d = &m.d;
		bool two = false;

		meeting_init(&m, seed, 0);
		call_both(&m);
		for (int i = 0; i < 5000 && !(is_heard(d, LEFT) &&
		    is_heard(d, RIGHT)); i++)
			duo_run(d, span_ms(1));
		watch_traffic(d);
		for (int i = 0; i < 400; i++) {
			duo_run(d, span_ms(100));
			two |= duo_info(d, LEFT).ike_sas == 2;
		}
		crossed += two;
		must(&m, d->trouble.s[0] == '\0', d->trouble.s);
		must(&m, duo_paired(d, &d->trouble), d->trouble.s);
		for (int k = 0; k < 2; k++) {
			const struct duo_end *e = &d->end[k];

			must(&m, e->esp_lost == 0 && e->esp_none == 0,
			    "packets were lost");
			must(&m, e->events[IKE_EV_FAILED] == 0,
			    e->said[IKE_EV_FAILED].s);
			must(&m, e->events[IKE_EV_CHILD_DOWN] == 0,
			    "the tunnel went down");
		}
		d->esp_at = INSTANT_NEVER;
		shut_down(d);
	}
	print_message("    %u of 600 crossed\n", crossed);
	assert_in_range(crossed, 200, 600);
}

static void
the_same_on_lines_that_lose(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct meeting m;

		meeting_init(&m, seed, 1 + (unsigned)seed % 25);
		call_both(&m);
		duo_run(&m.d, span_s(60));
		m.d.link.loss = 0;
		duo_run(&m.d, span_s(120));
		must(&m, m.d.trouble.s[0] == '\0', m.d.trouble.s);
		must(&m, duo_paired(&m.d, &m.d.trouble), m.d.trouble.s);
		m.d.end[LEFT].keep_up = m.d.end[RIGHT].keep_up = false;
		shut_down(&m.d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_call_at_once_and_one_sa_is_left),
		cmocka_unit_test(the_same_on_lines_that_lose),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
