/* What a service manager hears: datagrams on a socket that it names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/service.h"
#include "util/str.h"

static int
listen_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(at.sun_path, name, strlen(name));
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(name))), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	service_init();
	assert_null(getenv("NOTIFY_SOCKET"));
	return fd;
}

static void
hears(int fd, const char *want)
{
	char text[256];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, want);
}

static void
all_is_said_to(const char *name)
{
	int fd = listen_at(name);
	struct timespec now;
	long long usec;
	char text[128];
	ssize_t n;

	service_ready();
	hears(fd, "READY=1");
	service_reloading();
	n = recv(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_int_equal(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%lld",
	    &usec), 1);
	clock_gettime(CLOCK_MONOTONIC, &now);
	assert_in_range(usec, (now.tv_sec - 60) * 1000000LL,
	    (now.tv_sec + 1) * 1000000LL);
	service_hand();
	assert_string_equal(getenv("NOTIFY_SOCKET"), name);
	unsetenv("NOTIFY_SOCKET");
	service_stopping(span_s(608));
	hears(fd, "STOPPING=1\nEXTEND_TIMEOUT_USEC=608000000");
	close(fd);
	service_ready();		/* nobody is there any more */
}

static void
a_socket_with_a_file_hears_it(void **state)
{
	char dir[] = "/tmp/service_test.XXXXXX", name[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	str_fmt(name, sizeof(name), "%s/notify", dir);
	all_is_said_to(name);
	unlink(name);
	rmdir(dir);
}

static void
an_abstract_socket_hears_it(void **state)
{
	char name[64];

	(void)state;
	str_fmt(name, sizeof(name), "@service_test.%d", (int)getpid());
	all_is_said_to(name);
}

/* Nothing is sent anywhere, and above all not to the one of before. */
static void
without_a_socket_nothing_is_said(void **state)
{
	static const char *const names[] = { NULL, "", "relative", "vsock:2:1" };
	char name[64];
	int fd;

	(void)state;
	str_fmt(name, sizeof(name), "@service_test.%d.x", (int)getpid());
	fd = listen_at(name);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char c;

		if (names[i] != NULL)
			setenv("NOTIFY_SOCKET", names[i], 1);
		service_init();
		service_ready();
		assert_int_equal(recv(fd, &c, 1, 0), -1);
	}
	close(fd);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_with_a_file_hears_it),
		cmocka_unit_test(an_abstract_socket_hears_it),
		cmocka_unit_test(without_a_socket_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
