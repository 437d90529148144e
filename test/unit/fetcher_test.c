/*
 * The fetcher, locked in as it is in the daemon, and a small server for it:
 * what comes back over its socket, and what it cannot do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/fetcher.h"
#include "daemon/sandbox.h"
#include "util/array.h"

#define PATIENCE_MS	1500
#define OK	"HTTP/1.0 200 OK\r\n\r\n"

static struct {
	int		sock;		/* our end */
	pid_t		fetcher, server;
	uint16_t	port;
} all;

/* --- a server --- */

static void
fill(int fd, size_t n)
{
	static uint8_t page[1 << 16];

	while (n > 0) {
		size_t some = n < sizeof(page) ? n : sizeof(page);
		ssize_t done = send(fd, page, some, MSG_NOSIGNAL);

		if (done <= 0)
			return;
		n -= (size_t)done;
	}
}

static void
text(int fd, const char *s)
{
	(void)!send(fd, s, strlen(s), MSG_NOSIGNAL);
}

static void
answer(int fd)
{
	char buf[2048];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);

	buf[n < 0 ? 0 : n] = '\0';
	if (strncmp(buf, "GET /good ", 10) == 0)
		text(fd, OK "the list");
	else if (strncmp(buf, "GET /large ", 11) == 0) {
		text(fd, OK);
		fill(fd, TRUST_FETCHED_MAX);
	} else if (strncmp(buf, "GET /larger ", 12) == 0) {
		text(fd, OK);
		fill(fd, TRUST_FETCHED_MAX + 1);
	} else if (strncmp(buf, "GET /endless ", 13) == 0)
		fill(fd, SIZE_MAX);
	else if (strncmp(buf, "GET /silent ", 12) == 0)
		(void)recv(fd, buf, 1, 0);	/* until it hangs up */
	else if (strncmp(buf, "POST /ocsp ", 11) == 0 &&
	    strstr(buf, "\r\n\r\nrequest") != NULL &&
	    strstr(buf, "Content-Type: application/ocsp-request") != NULL)
		text(fd, OK "response");
	else
		text(fd, "HTTP/1.0 404 Not Found\r\n\r\n");
}

static void __attribute__((noreturn))
serve(int listener)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && fork() == 0) {
			alarm(20);
			answer(fd);
			_exit(0);
		}
		close(fd);
	}
}

static int
start_server(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, len) < 0 ||
	    listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) < 0)
		return -1;
	all.port = ntohs(sin.sin_port);
	all.server = fork();
	if (all.server == 0)
		serve(fd);
	close(fd);
	return all.server > 0 ? 0 : -1;
}

static int
start_fetcher(void)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
		return -1;
	all.fetcher = fork();
	if (all.fetcher == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		close(fd[0]);
		_exit(sandbox_lock(SANDBOX_FETCHER) == 0 ?
		    fetcher_run(fd[1]) : 99);
	}
	close(fd[1]);
	all.sock = fd[0];
	return all.fetcher > 0 ? 0 : -1;
}

static int
set_up(void **state)
{
	(void)state;
	return start_server() < 0 ? -1 : start_fetcher();
}

static int
tear_down(void **state)
{
	int status;

	(void)state;
	close(all.sock);
	waitpid(all.fetcher, &status, 0);
	kill(all.server, SIGKILL);
	waitpid(all.server, NULL, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* --- requests --- */

static void
ask(uint32_t token, enum fetch_kind kind, const char *path)
{
	uint8_t buf[FETCH_ASK_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	char url[CERT_URL_LEN];

	if (path[0] == '/')
		str_fmt(url, sizeof(url), "http://127.0.0.1:%u%s", all.port,
		    path);
	else if (strcmp(path, "localhost") == 0)
		str_fmt(url, sizeof(url), "http://localhost:%u/good",
		    all.port);
	else
		str_set(url, sizeof(url), path);
	wr_u32(&w, token);
	wr_u8(&w, kind);
	wr_u16(&w, PATIENCE_MS);
	wr_u16(&w, (uint16_t)strlen(url));
	wr_bytes(&w, bytes_str(url));
	if (kind == FETCH_OCSP)
		wr_bytes(&w, bytes_str("request"));
	assert_int_equal(send(all.sock, buf, w.n, 0), w.n);
}

struct got {
	uint32_t	token;
	uint8_t		last;		/* enum fetch_piece */
	size_t		n;
	char		text[200];	/* how it begins, or why not */
};

/* One piece; false: nothing came in time. */
static bool
piece(int seconds, struct got *g)
{
	static uint8_t buf[FETCH_HEAD + FETCH_PIECE + 1];
	struct pollfd p = { .fd = all.sock, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, seconds * 1000) != 1)
		return false;
	n = recv(all.sock, buf, sizeof(buf) - 1, 0);
	assert_true(n >= FETCH_HEAD);
	buf[n] = '\0';
	g->token = (uint32_t)buf[0] << 24 | (uint32_t)buf[1] << 16 |
	    (uint32_t)buf[2] << 8 | buf[3];
	g->last = buf[4];
	if (g->last == FETCH_PART)
		g->n += (size_t)n - FETCH_HEAD;
	if (g->last != FETCH_END)
		str_set(g->text, sizeof(g->text), (char *)buf + FETCH_HEAD);
	return true;
}

static struct got
outcome(void)
{
	struct got g = { .token = 0 };

	do
		assert_true(piece(15, &g));
	while (g.last == FETCH_PART || g.last == FETCH_BEGUN);
	return g;
}

static const struct {
	const char	*path;
	enum fetch_kind	 kind;
	enum fetch_piece wanted;
	size_t		 n;
	const char	*text;
} cases[] = {
	{ "/good", FETCH_CRL, FETCH_END, 8, "the list" },
	{ "/ocsp", FETCH_OCSP, FETCH_END, 8, "response" },
	{ "/large", FETCH_CRL, FETCH_END, TRUST_FETCHED_MAX, "" },
	{ "/larger", FETCH_CRL, FETCH_FAILED, 0,
	  "the server sends more than 1048576 octets" },
	{ "/endless", FETCH_CRL, FETCH_FAILED, 0,
	  "the server's header is too long" },
	{ "/nowhere", FETCH_CRL, FETCH_FAILED, 0,
	  "the server answers 404 Not Found" },
	{ "/good", FETCH_OCSP, FETCH_FAILED, 0,
	  "the server answers 404 Not Found" },
	{ "/silent", FETCH_CRL, FETCH_FAILED, 0, "nothing within 1.5 seconds" },
	/* By name, which takes a look at /etc/hosts. */
	{ "localhost", FETCH_CRL, FETCH_END, 8, "the list" },
	{ "http://127.0.0.1:1/", FETCH_CRL, FETCH_FAILED, 0,
	  "Connection refused" },
	{ "https://127.0.0.1/", FETCH_CRL, FETCH_FAILED, 0,
	  "not an http URL" },
};

static void
each_request_has_its_outcome(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct got g;

		ask((uint32_t)i + 7, cases[i].kind, cases[i].path);
		g = outcome();
		if (g.last != cases[i].wanted || g.n != cases[i].n ||
		    strcmp(g.text, cases[i].text) != 0)
			fail_msg("%s: %u %zu %s", cases[i].path, g.last, g.n,
			    g.text);
		assert_int_equal(g.token, i + 7);
	}
}

/* So many servers are silent, and one is not.  How many failed before it? */
static unsigned
failed_before_the_good_one(uint32_t n)
{
	unsigned failed = 0, more;
	struct got g;

	for (uint32_t i = 0; i < n; i++)
		ask(100 + i, FETCH_CRL, "/silent");
	ask(200, FETCH_CRL, "/good");
	while ((g = outcome()).token != 200)
		failed++;
	assert_int_equal(g.last, FETCH_END);
	for (more = failed; more < n; more++)
		assert_int_equal(outcome().last, FETCH_FAILED);
	return failed;
}

static void
silent_servers_are_in_nobodys_way_unless_they_are_too_many(void **state)
{
	(void)state;
	assert_int_equal(failed_before_the_good_one(4), 0);
	assert_int_equal(failed_before_the_good_one(FETCH_AT_A_TIME - 1), 0);
	assert_true(failed_before_the_good_one(FETCH_AT_A_TIME) >= 1);
}

static void
each_says_when_it_begins(void **state)
{
	struct got g = { .token = 0 };

	(void)state;
	ask(300, FETCH_CRL, "/silent");
	assert_true(piece(15, &g));
	assert_int_equal(g.token, 300);
	assert_int_equal(g.last, FETCH_BEGUN);
	assert_int_equal(outcome().last, FETCH_FAILED);
}

static void
nonsense_is_its_end(void **state)
{
	pid_t before = all.fetcher;
	int status;

	(void)state;
	assert_int_equal(send(all.sock, "nonsense", 8, 0), 8);
	assert_int_equal(waitpid(before, &status, 0), before);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
	close(all.sock);
	assert_int_equal(start_fetcher(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_has_its_outcome),
		cmocka_unit_test(
		    silent_servers_are_in_nobodys_way_unless_they_are_too_many),
		cmocka_unit_test(each_says_when_it_begins),
		cmocka_unit_test(nonsense_is_its_end),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
