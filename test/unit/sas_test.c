/* What is remembered of SAs (daemon/sas.h), as long as they are stated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/sas.h"

static struct stated stated;
static struct sas sas;

static int
set_up(void **state)
{
	(void)state;
	sas = (struct sas){ .by_fp = { 0 } };
	return stated_init(&stated) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	sas_fini(&sas);
	stated_fini(&stated);
	return 0;
}

static struct kern_sa
sa_of(uint32_t n)
{
	return (struct kern_sa){ .spi = 0x1000 + n, .reqid = KERN_ID_BASE + n,
	    .dir = n % 2 == 0 ? KERN_OUT : KERN_IN,
	    .dst = { ADDR_IPV4, { 192, 0, 2, 1 } } };
}

static void
state(uint32_t n)
{
	struct kern_sa sa = sa_of(n);

	stated_set(&stated, stated_sa(&stated, &sa));
}

static void
make(uint32_t n)
{
	struct kern_sa sa = sa_of(n);

	state(n);
	sas_keep(&sas, stated_sa(&stated, &sa), sas_new(&sa));
}

static bool
is_known(uint32_t n)
{
	struct kern_sa sa = sa_of(n);

	return sas_find(&sas, &sa) != NULL;
}

static void
one_that_is_forgotten_is_not_found(void **st)
{
	struct kern_sa sa = sa_of(1);

	(void)st;
	make(1);
	make(2);
	assert_true(is_known(1) && is_known(2));
	sas_forget(&sas, stated_sa(&stated, &sa));
	assert_true(!is_known(1) && is_known(2));
}

/* An engine has died, and the next one takes over a third of them. */
static void
what_a_new_engine_does_not_state_is_forgotten(void **st)
{
	const uint32_t all = 3000;

	(void)st;
	for (uint32_t n = 0; n < all; n++)
		make(n);
	sas_prune(&sas, &stated);
	for (uint32_t n = 0; n < all; n++)
		assert_true(is_known(n));
	stated_new_generation(&stated);
	for (uint32_t n = 0; n < all; n += 3)
		state(n);
	sas_prune(&sas, &stated);
	for (uint32_t n = 0; n < all; n++)
		assert_int_equal(is_known(n), n % 3 == 0);
	assert_int_equal(sas.by_fp.used, all / 3);
	assert_int_equal(sas.by_reqid.used, all / 3);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(one_that_is_forgotten_is_not_found),
		TEST(what_a_new_engine_does_not_state_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
