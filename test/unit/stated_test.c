/* What is ours and was stated, over generations and sweeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/stated.h"
#include "util/array.h"

static void
a_sweep_keeps_what_this_generation_stated(void **state)
{
	struct stated s;
	uint64_t old, fresh, found, gone;

	(void)state;
	assert_true(stated_init(&s));
	old = stated_link(&s, "vpn1");
	fresh = stated_link(&s, "vpn2");
	found = stated_link(&s, "vpn3");
	gone = stated_link(&s, "vpn4");
	assert_true(stated_set(&s, old));
	assert_true(stated_found(&s, found));
	assert_true(stated_known(&s, found));
	assert_false(stated_has(&s, found));
	stated_new_generation(&s);
	assert_true(stated_set(&s, fresh));
	assert_true(stated_set(&s, gone));	/* but not in the kernel */
	assert_true(stated_known(&s, old));
	assert_false(stated_keep(&s, old));
	assert_false(stated_keep(&s, found));
	assert_true(stated_keep(&s, fresh));
	stated_keep_end(&s);
	assert_true(stated_has(&s, fresh));
	assert_false(stated_known(&s, old));
	assert_false(stated_known(&s, found));
	assert_false(stated_known(&s, gone));
	stated_unset(&s, fresh);
	assert_false(stated_known(&s, fresh));
	stated_fini(&s);
}

static void
finding_does_not_make_stated_things_older(void **state)
{
	struct stated s;
	uint64_t fp;

	(void)state;
	assert_true(stated_init(&s));
	fp = stated_nexthop(&s, KERN_ID_BASE + 1);
	assert_true(stated_set(&s, fp));
	assert_true(stated_found(&s, fp));
	assert_true(stated_has(&s, fp));
	stated_fini(&s);
}

/* Whatever makes it another object for the kernel makes it another here. */
static void
each_part_of_an_identity_counts(void **state)
{
	struct kern_policy p = { .dir = KERN_IN, .if_id = 5 }, q;
	struct kern_route r = { .table = 254 };
	struct kern_sa sa = { .spi = 300 };
	uint64_t fp[16];
	size_t n = 0;
	struct stated s;

	(void)state;
	assert_true(stated_init(&s));
	fp[n++] = stated_policy(&s, &p);
	q = p;
	q.dir = KERN_OUT;
	fp[n++] = stated_policy(&s, &q);
	q = p;
	q.mark_not_if_id = true;
	fp[n++] = stated_policy(&s, &q);
	q = p;
	q.dst.port = 179;
	fp[n++] = stated_policy(&s, &q);
	prefix_parse(&q.src.net, "10.0.0.0/8");
	fp[n++] = stated_policy(&s, &q);
	prefix_parse(&r.prefix, "10.0.0.0/8");
	fp[n++] = stated_route(&s, &r);
	r.prefix.len = 9;
	fp[n++] = stated_route(&s, &r);
	r.metric = 1;
	fp[n++] = stated_route(&s, &r);
	r.table = 100;
	fp[n++] = stated_route(&s, &r);
	fp[n++] = stated_sa(&s, &sa);
	addr_parse(&sa.dst, "192.0.2.1");
	fp[n++] = stated_sa(&s, &sa);
	sa.spi = 301;
	fp[n++] = stated_sa(&s, &sa);
	fp[n++] = stated_nexthop(&s, 300);
	fp[n++] = stated_link(&s, "a");
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			assert_true(fp[i] != fp[k]);
	/* What is not part of it does not. */
	sa.src = sa.dst;
	sa.reqid = 9;
	assert_true(stated_sa(&s, &sa) == fp[11]);
	stated_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sweep_keeps_what_this_generation_stated),
		cmocka_unit_test(finding_does_not_make_stated_things_older),
		cmocka_unit_test(each_part_of_an_identity_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
