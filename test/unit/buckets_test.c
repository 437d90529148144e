/*
 * Buckets of a hash table (bgp/buckets.h): what was put in is found however
 * far they have grown, and one addition never moves more than a few.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bgp/buckets.h"

#define NODES	200000u

static struct buckets b;
static uint32_t chain[NODES + 1];

static uint32_t
hash_of(uint32_t node)
{
	uint64_t h = (node + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(h >> 32);
}

static void
link_node(uint32_t node)
{
	uint32_t *head = buckets_head(&b, hash_of(node));

	chain[node] = *head;
	*head = node;
}

/* How many others had to be linked anew for it. */
static unsigned
add(uint32_t node)
{
	unsigned moved = 0;
	uint32_t next;

	for (uint32_t id = buckets_grow(&b, node - 1); id != 0; id = next) {
		next = chain[id];
		link_node(id);
		moved++;
	}
	link_node(node);
	return moved;
}

static bool
is_in(uint32_t node)
{
	uint32_t id = *buckets_head(&b, hash_of(node));

	while (id != 0 && id != node)
		id = chain[id];
	return id == node;
}

static void
all_are_found_while_they_grow(void **state)
{
	(void)state;
	assert_true(buckets_init(&b));
	for (uint32_t n = 1; n <= NODES; n++) {
		add(n);
		assert_true(is_in(n));
		assert_true(is_in(1 + n / 2));
	}
	for (uint32_t n = 1; n <= NODES; n++)
		assert_true(is_in(n));
	buckets_fini(&b);
}

static void
one_more_never_moves_many(void **state)
{
	(void)state;
	assert_true(buckets_init(&b));
	for (uint32_t n = 1; n <= NODES; n++)
		assert_true(add(n) < 32);
	buckets_fini(&b);
}

static void
chains_stay_short(void **state)
{
	unsigned longest = 0;

	(void)state;
	assert_true(buckets_init(&b));
	for (uint32_t n = 1; n <= NODES; n++)
		add(n);
	for (uint32_t n = 1; n <= NODES; n++) {
		unsigned k = 0;

		for (uint32_t id = *buckets_head(&b, hash_of(n)); id != 0;
		    id = chain[id])
			k++;
		longest = k > longest ? k : longest;
	}
	assert_true(longest < 32);
	buckets_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_found_while_they_grow),
		cmocka_unit_test(one_more_never_moves_many),
		cmocka_unit_test(chains_stay_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
