/*
 * BGP's sockets against the kernel's own TCP, in a network namespace of their
 * own: who gets through to a listener with a password (RFC 2385) or one that
 * looks at the TTL (RFC 5082), and who does not.  Needs a kernel that lets us have such a namespace.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/sock.h"
#include "util/array.h"
#include "util/str.h"

static bool apart;

/* A loopback that nobody else has, and the right to port 179. */
static int
enter(void **state)
{
	struct ifreq r = { .ifr_flags = IFF_UP };
	int fd;

	(void)state;
	if (unshare(CLONE_NEWNET) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	memcpy(r.ifr_name, "lo", 3);
	apart = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &r) == 0;
	close(fd);
	return 0;
}

static struct kern_conn
conn_of(const char *address)
{
	struct kern_conn c = { .dev = "lo", .ttl = 1 };

	assert_true(addr_parse(&c.local, address));
	c.remote = c.local;
	return c;
}

static bool
writable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, ms) == 1;
}

/* Does the accepted end hear what the caller says? */
static bool
talks(int listener, int caller)
{
	int fd = accept(listener, NULL, NULL);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c = 0;
	bool ok = fd >= 0 && write(caller, "x", 1) == 1 &&
	    poll(&p, 1, 2000) == 1 && read(fd, &c, 1) == 1 && c == 'x';

	close(fd);
	return ok;
}

#define P80	"0123456789abcdef0123456789abcdef0123456789abcdef"	\
	"0123456789abcdef0123456789abcdef"

/* With that password for the other end, if any. */
static int
listen_with(const struct kern_conn *c, const char *password, const char **what)
{
	const struct sock_key k = { { c->remote,
	    (uint8_t)addr_bits(&c->remote) }, bytes_str(password) };

	return sock_listen(c, &k, password[0] != '\0', what);
}

static int
call_with(const struct kern_conn *c, const char *password, const char **what)
{
	const struct sock_key k = { { c->remote,
	    (uint8_t)addr_bits(&c->remote) }, bytes_str(password) };

	return sock_connect(c, &k, password[0] != '\0', what);
}

static const struct {
	const char	*what;
	const char	*address;
	const char	*listens, *calls;	/* passwords */
	bool		up;
} calls[] = {
	{ "no password", "127.0.0.1", "", "", true },
	{ "the same password", "127.0.0.1", "secret", "secret", true },
	{ "the longest password", "127.0.0.1", P80, P80, true },
	{ "another password", "127.0.0.1", "secret", "Secret", false },
	{ "a password cut short", "127.0.0.1", "secret", "secre", false },
	{ "an unsigned call", "127.0.0.1", "secret", "", false },
	{ "a signed call that is not expected", "127.0.0.1", "", "secret",
	    false },
	{ "IPv6, the same password", "::1", "secret", "secret", true },
	{ "IPv6, another password", "::1", "secret", "Secret", false },
	{ "IPv6, an unsigned call", "::1", "secret", "", false },
};

static void
only_who_has_the_password_gets_through(void **state)
{
	(void)state;
	if (!apart)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct kern_conn c = conn_of(calls[i].address);
		const char *what = "";
		int listener = listen_with(&c, calls[i].listens, &what);
		int caller;
		bool up;

		if (listener < 0)
			fail_msg("%s: %s: %s", calls[i].what, what,
			    strerror(-listener));
		caller = call_with(&c, calls[i].calls, &what);
		assert_true(caller >= 0);
		up = writable(caller, calls[i].up ? 2000 : 200) &&
		    sock_connected(caller) == 0 && talks(listener, caller);
		if (up != calls[i].up)
			fail_msg("%s: %s", calls[i].what, up ? "up" : "down");
		close(caller);
		close(listener);
	}
}

static const struct {
	const char	*what;
	const char	*of;		/* the network that the password is of */
	const char	*calls;
	bool		up;
} prefixes[] = {
	{ "one of the network", "127.0.0.0/8", "secret", true },
	{ "one of it with another password", "127.0.0.0/8", "Secret", false },
	{ "one of it without", "127.0.0.0/8", "", false },
	{ "one beside it without", "126.0.0.0/8", "", true },
	{ "one beside it with a password", "126.0.0.0/8", "secret", false },
};

static void
a_password_of_a_network_is_that_of_all_in_it(void **state)
{
	(void)state;
	if (!apart)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct kern_conn c = conn_of("127.0.0.1"), door = c;
		struct sock_key k = { .password = bytes_str("secret") };
		const char *what = "";
		int listener, caller;
		bool up;

		door.remote = (struct addr){ .family = ADDR_NONE };
		assert_true(prefix_parse(&k.of, prefixes[i].of));
		listener = sock_listen(&door, &k, 1, &what);
		if (listener < 0)
			fail_msg("%s: %s: %s", prefixes[i].what, what,
			    strerror(-listener));
		caller = call_with(&c, prefixes[i].calls, &what);
		assert_true(caller >= 0);
		up = writable(caller, prefixes[i].up ? 2000 : 200) &&
		    sock_connected(caller) == 0 && talks(listener, caller);
		if (up != prefixes[i].up)
			fail_msg("%s: %s", prefixes[i].what, up ? "up" :
			    "down");
		close(caller);
		close(listener);
	}
}

static const struct {
	const char	*what;
	const char	*address;
	uint8_t		least, ttl;	/* the listener's, the caller's */
	bool		up;
} hops[] = {
	{ "any TTL", "127.0.0.1", 0, 1, true },
	{ "255 of 255", "127.0.0.1", 255, 255, true },
	{ "254 of 255", "127.0.0.1", 255, 254, false },
	{ "1 of 255", "127.0.0.1", 255, 1, false },
	{ "IPv6, any hop limit", "::1", 0, 1, true },
	{ "IPv6, 255 of 255", "::1", 255, 255, true },
	{ "IPv6, 254 of 255", "::1", 255, 254, false },
};

static void
only_who_is_near_gets_through(void **state)
{
	(void)state;
	if (!apart)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(hops); i++) {
		struct kern_conn c = conn_of(hops[i].address), from = c;
		const char *what = "";
		int listener, caller;
		bool up;

		c.ttl = 255;
		c.min_ttl = hops[i].least;
		from.ttl = hops[i].ttl;
		listener = listen_with(&c, "", &what);
		assert_true(listener >= 0);
		caller = call_with(&from, "", &what);
		assert_true(caller >= 0);
		up = writable(caller, hops[i].up ? 2000 : 200) &&
		    sock_connected(caller) == 0 && talks(listener, caller);
		if (up != hops[i].up)
			fail_msg("%s: %s", hops[i].what, up ? "up" : "down");
		close(caller);
		close(listener);
	}
}

static void
a_password_that_the_kernel_cannot_take_is_refused(void **state)
{
	struct kern_conn c = conn_of("127.0.0.1");
	const char *what = "";

	(void)state;
	if (!apart)
		skip();
	assert_int_equal(listen_with(&c, P80 "0", &what), -EINVAL);
	assert_string_equal(what, "TCP_MD5SIG");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_who_has_the_password_gets_through),
		cmocka_unit_test(a_password_of_a_network_is_that_of_all_in_it),
		cmocka_unit_test(only_who_is_near_gets_through),
		cmocka_unit_test(
		    a_password_that_the_kernel_cannot_take_is_refused),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
