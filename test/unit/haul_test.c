/*
 * Batches of route requests on their way to the kernel (daemon/haul.h).  The
 * requests are to delete nexthops that are not there: the kernel refuses each
 * of them, who is root and who is not, so that every one has an answer, if
 * only that there was no room for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "daemon/haul.h"
#include "daemon/nl_route.h"

static struct nl nl;
static struct nlq *first;
static struct haul haul;
static uint32_t asked, answered;

static int
set_up(void **state)
{
	int on = 1;

	(void)state;
	first = calloc(1, sizeof(*first));
	assert_non_null(first);
	first->seq = 1;
	first->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK);
	assert_non_null(first->sock);
	mnl_socket_setsockopt(first->sock, NETLINK_CAP_ACK, &on, sizeof(on));
	assert_int_equal(mnl_socket_bind(first->sock, 0, MNL_SOCKET_AUTOPID),
	    0);
	nl = (struct nl){ .route = first };
	asked = answered = 0;
	assert_int_equal(haul_start(&haul, &nl), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	haul_stop(&haul);
	assert_ptr_equal(nl.route, first);
	nlq_close(first);
	return 0;
}

static void
ask(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		nl_nexthop_del(nl.route, KERN_ID_BASE + 0xffff0, &(struct nl_op){
		    .id = ++asked, .kind = KERN_NEXTHOP_DEL });
}

/* All of a batch are answered, in the order in which they were asked. */
static void
look(const struct nlq *q, unsigned n)
{
	assert_non_null(q);
	assert_int_equal(q->n, n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(q->op[i].id, ++answered);
		assert_int_not_equal(q->op[i].error, 0);
	}
	haul_back(&haul);
}

static void
what_was_given_away_comes_back_answered(void **state)
{
	(void)state;
	assert_null(haul_take(&haul, true));
	assert_true(haul_give(&haul));	/* nothing */
	assert_null(haul_take(&haul, true));
	for (unsigned n = 1; n < 3 * HAUL_BATCHES; n++) {
		ask(n);
		assert_true(haul_give(&haul));
		look(haul_take(&haul, true), n);
	}
	assert_null(haul_take(&haul, false));
}

/* Whichever batch they were in; what is not back yet is not counted. */
static void
all_that_came_back_are_counted(void **state)
{
	unsigned batches = 0;

	(void)state;
	for (unsigned n = 1; n < 3 * HAUL_BATCHES; n++, batches++) {
		ask(n);
		assert_true(haul_give(&haul));
		look(haul_take(&haul, true), n);
	}
	assert_int_equal(nlq_owner(nl.route)->batches, batches);
	assert_int_equal(nlq_owner(nl.route)->messages, asked);
	assert_int_equal(nlq_owner(nl.route)->errors, asked);
	ask(1);
	assert_true(haul_give(&haul));
	assert_int_equal(nlq_owner(nl.route)->batches, batches);
}

static void
while_some_are_on_their_way_the_next_is_filled(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HAUL_AHEAD; i++) {
		ask(3);
		assert_true(haul_give(&haul));
		assert_int_equal(nl.route->n, 0);
	}
	/* Nobody has taken those back: this one gathers more. */
	ask(1);
	assert_true(haul_give(&haul));
	assert_int_equal(nl.route->n, 1);
	ask(1);
	assert_true(haul_give(&haul));
	assert_int_equal(nl.route->n, 2);
	for (unsigned i = 0; i < HAUL_AHEAD; i++)
		look(haul_take(&haul, true), 3);
	assert_true(haul_give(&haul));
	look(haul_take(&haul, true), 2);
}

static void
all_are_seen_until_they_are_back(void **state)
{
	(void)state;
	assert_ptr_equal(haul_each(&haul, 0), nl.route);
	assert_null(haul_each(&haul, 1));
	ask(5);
	haul_give(&haul);
	ask(6);
	assert_int_equal(haul_each(&haul, 0)->n, 5);
	assert_int_equal(haul_each(&haul, 1)->n, 6);
	assert_null(haul_each(&haul, 2));
}

static void
there_is_room_until_the_ring_is_full(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HAUL_BATCHES; i++) {
		assert_true(haul_room(&haul));
		while (nlq_room(nl.route))
			ask(1);
		assert_int_equal(haul_give(&haul), i < HAUL_BATCHES - 1);
	}
	assert_false(haul_room(&haul));
	look(haul_take(&haul, true), NLQ_OPS);
	assert_true(haul_room(&haul));
	assert_true(haul_give(&haul));
	for (unsigned i = 0; i < HAUL_BATCHES - 1; i++)
		look(haul_take(&haul, true), NLQ_OPS);
	assert_int_equal(answered, asked);
}

static void
the_loop_hears_of_it(void **state)
{
	eventfd_t count;

	(void)state;
	ask(1);
	haul_give(&haul);
	assert_non_null(haul_take(&haul, true));
	/* The thread may yet be on its way to say so, and says so once. */
	while (eventfd_read(haul.news, &count) < 0)
		;
	assert_int_equal(count, 1);
}

/* Or a loop that looks whenever it may would do nothing else. */
static void
what_was_waited_for_wakes_nobody_any_more(void **state)
{
	struct pollfd p = { .fd = haul.news, .events = POLLIN };

	(void)state;
	ask(1);
	assert_true(haul_give(&haul));
	look(haul_take(&haul, true), 1);
	assert_int_equal(poll(&p, 1, 1000), 1);
	assert_null(haul_take(&haul, false));
	assert_int_equal(poll(&p, 1, 0), 0);
}

static void
who_stops_waits_for_what_is_on_its_way(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		while (nlq_room(nl.route))
			ask(1);
		haul_give(&haul);
	}
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_was_given_away_comes_back_answered),
		TEST(all_that_came_back_are_counted),
		TEST(while_some_are_on_their_way_the_next_is_filled),
		TEST(all_are_seen_until_they_are_back),
		TEST(there_is_room_until_the_ring_is_full),
		TEST(the_loop_hears_of_it),
		TEST(what_was_waited_for_wakes_nobody_any_more),
		TEST(who_stops_waits_for_what_is_on_its_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
