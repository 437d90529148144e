/*
 * The engine's BGP connections (daemon/streams.h): what is read of all of
 * them in one turn of the loop is bounded, and everybody's turn comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/prf.h"
#include "daemon/streams.h"

#define CONNS	10
#define OCTETS	100000		/* that wait on each */

static struct streams streams;
static struct gw *gw;
static int near[CONNS + 1], far[CONNS + 1];

/* Their connections are not known to the gateway, which takes no notice. */
static void
connect_all(void)
{
	static uint8_t zero[OCTETS];
	int size = 4 * OCTETS, fd[2];

	for (uint32_t i = 1; i <= CONNS; i++) {
		assert_int_equal(socketpair(AF_UNIX,
		    SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
		setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		assert_int_equal(write(fd[1], zero, OCTETS), OCTETS);
		near[i] = fd[0];
		far[i] = fd[1];
		streams_add(&streams, i, fd[0]);
	}
}

static int
set_up(void **state)
{
	static const char text[] = "connections = ( { name = \"a\";"
	    "role = \"hub\"; startup_action = \"add\"; tunnels = ( {"
	    "local_outside_ip_address = \"192.0.2.1\";"
	    "remote_id = \"a.example\"; local_id = \"hub.example\"; } ); } );";
	uint8_t seed[DRBG_SEED_LEN] = { 1 };
	struct conf_error why;
	struct conf *conf;

	(void)state;
	assert_true(crypto_init());
	conf = conf_parse(bytes_str(text), "test", &why);
	assert_non_null(conf);
	gw = gw_new(conf, (struct instant){ 1 }, 0, seed, (struct bytes){ 0 });
	assert_non_null(gw);
	streams_init(&streams, poller_open(), gw);
	connect_all();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	streams_fini(&streams);
	close(streams.ep);
	for (uint32_t i = 1; i <= CONNS; i++)
		close(far[i]);
	gw_free(gw);
	crypto_fini();
	return 0;
}

/* One turn of the loop: who was served, as bits, and how much was read. */
static uint32_t
turn(size_t *octets)
{
	struct poller_event ev[POLLER_EVENTS];
	int n = poller_wait(streams.ep, ev, 0), i;
	uint32_t served = 0;
	int before, after;

	*octets = 0;
	streams_begin(&streams);
	while ((i = streams_choose(&streams, ev, n)) >= 0) {
		served |= 1u << ev[i].number;
		ioctl(near[ev[i].number], FIONREAD, &before);
		streams_readable(&streams, (struct instant){ 2 },
		    ev[i].number);
		ioctl(near[ev[i].number], FIONREAD, &after);
		*octets += (size_t)(before - after);
	}
	return served;
}

static void
a_turn_reads_so_much_and_no_more(void **state)
{
	size_t octets, all = 0;

	(void)state;
	for (unsigned i = 0; i < 1000 && all < CONNS * OCTETS; i++) {
		assert_int_not_equal(turn(&octets), 0);
		assert_true(octets > 0 && octets <= 2 * STREAMS_TURN);
		all += octets;
	}
	assert_int_equal(all, CONNS * OCTETS);
}

static void
who_was_not_served_is_the_next(void **state)
{
	uint32_t served = 0, now;
	size_t octets;
	unsigned turns = 0;

	(void)state;
	while (served != (2u << CONNS) - 2) {
		now = turn(&octets);
		assert_int_not_equal(now, 0);
		assert_int_equal(now & served, 0);
		served |= now;
		turns++;
	}
	assert_true(turns > 1);
}

static void
little_events_all_have_their_turn_at_once(void **state)
{
	struct poller_event ev[CONNS + 1];
	uint32_t served = 0;
	int i;

	(void)state;
	for (i = 0; i <= CONNS; i++)
		ev[i] = (struct poller_event){ .kind = i == 3 ? POLL_UDP :
		    POLL_BGP_CONN, .number = 100u - (uint32_t)i, .in = true };
	streams_begin(&streams);
	while ((i = streams_choose(&streams, ev, CONNS + 1)) >= 0) {
		assert_int_equal(served >> i & 1, 0);
		served |= 1u << i;
	}
	assert_int_equal(served, ((2u << CONNS) - 1) & ~(1u << 3));
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_turn_reads_so_much_and_no_more),
		TEST(who_was_not_served_is_the_next),
		TEST(little_events_all_have_their_turn_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
