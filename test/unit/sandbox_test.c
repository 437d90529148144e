/*
 * What the sandboxed processes can ask of the kernel and what not: each attempt
 * in a process of its own, which was locked before.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/sandbox.h"
#include "util/array.h"

static int pair[2];		/* what it was given */

static long
opens_a_file(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long
makes_a_directory(void)
{
	return mkdir("/tmp/never-made-by-a-sandbox", 0700);
}

static long
makes_a_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long
makes_a_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

/* The kernel looks at 32 bits of it: one that only looks like another one. */
static long
makes_a_unix_socket_in_disguise(void)
{
	return syscall(SYS_socket, (INT64_C(1) << 32) | AF_UNIX, SOCK_STREAM,
	    0);
}

static long
makes_an_ip_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long
makes_a_netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long
connects(void)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };

	return connect(pair[0], &sa, sizeof(sa));
}

static long
starts_a_program(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	return execv("/bin/true", argv);
}

static long
forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
signals_its_parent(void)
{
	return kill(getppid(), 0);
}

static long
traces_its_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long
limits_another(void)
{
	struct rlimit r = { 8, 8 };

	return prlimit(1, RLIMIT_NOFILE, &r, NULL);
}

static long
limits_itself(void)
{
	struct rlimit r = { 8, 8 };

	return prlimit(0, RLIMIT_NOFILE, &r, NULL);
}

static long
loads_bpf(void)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
	    .value_size = 4, .max_entries = 1 };

	return syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
}

static long
maps_memory_with(int prot)
{
	void *p = mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static long
maps_code(void)
{
	return maps_memory_with(PROT_READ | PROT_EXEC);
}

static long
turns_memory_into_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 0 : mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long
maps_memory(void)
{
	return maps_memory_with(PROT_READ | PROT_WRITE);
}

static long
sends_and_receives(void)
{
	char c = 'x';

	return send(pair[0], &c, 1, 0) == 1 && recv(pair[1], &c, 1, 0) == 1 &&
	    write(pair[0], &c, 1) == 1 && read(pair[1], &c, 1) == 1 ? 0 : -1;
}

static long
waits_for_events(void)
{
	struct epoll_event e = { .events = EPOLLOUT };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	return ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e) == 0 &&
	    epoll_wait(ep, &e, 1, 100) == 1 ? 0 : -1;
}

static long
draws_random_octets(void)
{
	char b[16];

	return getrandom(b, sizeof(b), 0) == sizeof(b) ? 0 : -1;
}

enum { LOCKED, OPEN };		/* what an attempt finds */

static const struct {
	const char	*what;
	long		(*attempt)(void);
	uint8_t		engine, fetcher;
} attempts[] = {
	{ "opens a file", opens_a_file, LOCKED, OPEN },
	{ "makes a directory", makes_a_directory, LOCKED, OPEN },
	{ "makes a Unix socket", makes_a_unix_socket, LOCKED, LOCKED },
	{ "makes a packet socket", makes_a_packet_socket, LOCKED, LOCKED },
	{ "makes a Unix socket in disguise", makes_a_unix_socket_in_disguise,
	    LOCKED, LOCKED },
	{ "makes an IP socket", makes_an_ip_socket, LOCKED, OPEN },
	{ "makes a netlink socket", makes_a_netlink_socket, LOCKED, OPEN },
	{ "connects", connects, LOCKED, OPEN },
	{ "starts a program", starts_a_program, LOCKED, LOCKED },
	{ "forks", forks, LOCKED, OPEN },
	{ "signals its parent", signals_its_parent, LOCKED, LOCKED },
	{ "traces its parent", traces_its_parent, LOCKED, LOCKED },
	{ "limits another", limits_another, LOCKED, LOCKED },
	{ "limits itself", limits_itself, OPEN, OPEN },
	{ "loads BPF", loads_bpf, LOCKED, LOCKED },
	{ "maps code", maps_code, LOCKED, OPEN },
	{ "turns memory into code", turns_memory_into_code, LOCKED, OPEN },
	{ "maps memory", maps_memory, OPEN, OPEN },
	{ "sends and receives", sends_and_receives, OPEN, OPEN },
	{ "waits for events", waits_for_events, OPEN, OPEN },
	{ "draws random octets", draws_random_octets, OPEN, OPEN },
};

/* 0: it was done; EPERM: it was forbidden; 99: there was no sandbox. */
static int
outcome(enum sandbox which, long (*attempt)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_lock(which) != 0)
			_exit(99);
		errno = 0;
		_exit(attempt() < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
check(enum sandbox which, size_t i, uint8_t expected)
{
	int is = outcome(which, attempts[i].attempt);

	/* What is open may fail otherwise, as for everybody. */
	if (is == 99 || (is == EPERM) != (expected == LOCKED))
		fail_msg("%s that %s: %d",
		    which == SANDBOX_ENGINE ? "an engine" : "a fetcher",
		    attempts[i].what, is);
}

static void
the_engine_has_what_it_was_given(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
		check(SANDBOX_ENGINE, i, attempts[i].engine);
}

static void
the_fetcher_reaches_no_other_process(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
		check(SANDBOX_FETCHER, i, attempts[i].fetcher);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_engine_has_what_it_was_given),
		cmocka_unit_test(the_fetcher_reaches_no_other_process),
	};

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
