/*
 * The fetcher is two kinds of process.  This one reads the engine's requests
 * and never a byte from the net; for each request it forks a child that
 * looks names up, speaks HTTP and dies (fetch_one.c), by SIGALRM when nobody
 * waits for it any more, so that nothing can be stuck and nothing that a server
 * sends lives longer than its answer.  As many run at a time as the engine asks
 * for, so that dead servers are in nobody's way; more would wait in the socket.
 *
 * Names are looked up by the C library, which reads its files in /etc and
 * loads modules: hence no empty root as the engine has.  Instead there is a
 * user without privileges, no new ones, no file to be written, and a filter
 * on system calls (sandbox.c): only sockets of the Internet, thus none to the
 * control socket; no signals to other processes, no tracing, no program to be
 * started.
 */
#include "daemon/fetcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/fetch_one.h"
#include "util/array.h"

#define EXIT_SERVED	0
#define EXIT_BROKEN	4

/* An answer is 1 MiB at most; a sanitizer's shadow counts as data too. */
#if defined(__SANITIZE_ADDRESS__)
#define DATA_MOST	RLIM_INFINITY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DATA_MOST	RLIM_INFINITY
#endif
#endif
#ifndef DATA_MOST
#define DATA_MOST	((rlim_t)64 << 20)
#endif

struct job {
	pid_t		pid;		/* 0: free */
	int		fd;		/* its pipe */
	uint32_t	token;
	enum fetch_kind	kind;
	uint16_t	patience_ms;
	char		verdict;	/* first octet of the pipe; 0: none yet */
	size_t		n;		/* octets after it */
	struct reason	why;		/* FETCH_NOT: so far */
};

struct fetcher {
	int		sock;
	struct job	jobs[FETCH_AT_A_TIME];
};

static bool
child_limits(void)
{
	static const struct {
		__rlimit_resource_t what;
		rlim_t		most;
	} limits[] = {
		{ RLIMIT_CPU, 2 }, { RLIMIT_NOFILE, 32 }, { RLIMIT_NPROC, 0 },
		{ RLIMIT_DATA, DATA_MOST },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit r = { limits[i].most, limits[i].most };

		if (setrlimit(limits[i].what, &r) < 0)
			return false;
	}
	return true;
}

/* --- answers --- */

/* False: the engine does not read.  Its last word lost, IKE stops waiting. */
static bool
say(const struct fetcher *f, uint32_t token, enum fetch_piece piece,
    struct bytes b)
{
	uint8_t buf[FETCH_HEAD + FETCH_PIECE];
	struct wr w = wr_of(buf, sizeof(buf));

	wr_u32(&w, token);
	wr_u8(&w, piece);
	wr_bytes(&w, b);
	return !w.bad && send(f->sock, buf, w.n, MSG_NOSIGNAL) ==
	    (ssize_t)w.n;
}

static void
say_why(const struct fetcher *f, uint32_t token, const char *why)
{
	(void)say(f, token, FETCH_FAILED, bytes_str(why));
}

/* --- children --- */

static void __attribute__((noreturn))
child(const struct fetch_ask *ask, pid_t parent, int out)
{
	const struct rlimit none = { 0, 0 };
	const struct itimerval end = { .it_value = {
	    .tv_sec = ask->patience_ms / 1000,
	    .tv_usec = ask->patience_ms % 1000 * 1000 } };

	signal(SIGALRM, SIG_DFL);
	/* It may write to its pipe and its socket, but to no file. */
	if (setitimer(ITIMER_REAL, &end, NULL) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
	    getppid() != parent || setrlimit(RLIMIT_FSIZE, &none) < 0 ||
	    !child_limits())
		_exit(EXIT_BROKEN);
	_exit(fetch_one(ask, out));
}

static void
start(struct fetcher *f, struct job *j, const struct fetch_ask *ask)
{
	pid_t parent = getpid();
	int fd[2];

	if (pipe(fd) < 0) {
		say_why(f, ask->token, "no pipe for a fetch");
		return;
	}
	*j = (struct job){ .fd = fd[0], .token = ask->token,
	    .kind = ask->kind, .patience_ms = ask->patience_ms };
	j->pid = fork();
	if (j->pid == 0) {
		close(f->sock);
		close(fd[0]);
		for (size_t i = 0; i < FETCH_AT_A_TIME; i++) {
			if (f->jobs[i].pid > 0)
				close(f->jobs[i].fd);
		}
		child(ask, parent, fd[1]);
	}
	close(fd[1]);
	if (j->pid > 0) {
		(void)say(f, j->token, FETCH_BEGUN, (struct bytes){ 0 });
		return;
	}
	close(fd[0]);
	j->pid = 0;
	say_why(f, ask->token, "no process for a fetch");
}

/* The child has closed its pipe: was that the end of it? */
static void
finish(struct fetcher *f, struct job *j)
{
	struct reason why;
	int status = 0;

	close(j->fd);
	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
		;
	j->pid = 0;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		reason_set(&why, "nothing within %u.%u seconds",
		    j->patience_ms / 1000, j->patience_ms % 1000 / 100);
	else if (WIFSIGNALED(status))
		reason_set(&why, "the fetch was ended by signal %d",
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0 || j->verdict == 0)
		reason_set(&why, "the fetch ended with status %d",
		    WEXITSTATUS(status));
	else if (j->verdict == FETCH_NOT)
		why = j->why;
	else {
		(void)say(f, j->token, FETCH_END, (struct bytes){ 0 });
		return;
	}
	say_why(f, j->token, why.s);
}

/* A child is not listened to any longer. */
static void
give_up(struct fetcher *f, struct job *j, const char *why)
{
	say_why(f, j->token, why);
	close(j->fd);		/* SIGPIPE is its end, or the alarm */
	while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
		;
	j->pid = 0;
}

static void
hear(struct fetcher *f, struct job *j)
{
	uint8_t buf[FETCH_PIECE];
	ssize_t got = read(j->fd, buf, sizeof(buf));
	struct bytes b = bytes_of(buf, got < 0 ? 0 : (size_t)got);

	if (got < 0 && errno == EINTR)
		return;
	if (got <= 0) {
		finish(f, j);
		return;
	}
	if (j->verdict == 0) {
		j->verdict = (char)buf[0];
		b = bytes_of(buf + 1, b.n - 1);
	}
	j->n += b.n;
	if (j->n > fetch_most(j->kind))
		give_up(f, j, "the fetch gave more than it may");
	else if (j->verdict == FETCH_NOT)
		str_add(j->why.s, sizeof(j->why.s), "%.*s", (int)b.n, b.p);
	else if (b.n > 0 && !say(f, j->token, FETCH_PART, b))
		give_up(f, j, "a piece of it was lost");
}

/* --- requests --- */

/* False: nothing of what we speak; the engine is not itself. */
static bool
read_ask(struct bytes in, struct fetch_ask *ask)
{
	struct rd r = rd_of(in);
	struct bytes url;
	uint8_t kind;

	ask->token = rd_u32(&r);
	kind = rd_u8(&r);
	ask->patience_ms = rd_u16(&r);
	url = rd_bytes(&r, rd_u16(&r));
	ask->content = rd_rest(&r);
	if (r.bad || kind >= FETCH_KINDS || ask->patience_ms == 0 ||
	    url.n == 0 ||
	    url.n >= sizeof(ask->url) || memchr(url.p, '\0', url.n) != NULL)
		return false;
	ask->kind = (enum fetch_kind)kind;
	memcpy(ask->url, url.p, url.n);
	ask->url[url.n] = '\0';
	return true;
}

static struct job *
free_job(struct fetcher *f)
{
	for (size_t i = 0; i < FETCH_AT_A_TIME; i++) {
		if (f->jobs[i].pid == 0)
			return &f->jobs[i];
	}
	return NULL;
}

/* -1: go on; else the exit status. */
static int
serve(struct fetcher *f)
{
	uint8_t buf[FETCH_ASK_MAX + 1];
	ssize_t n = recv(f->sock, buf, sizeof(buf), 0);
	struct fetch_ask ask;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? -1 : EXIT_BROKEN;
	if (n == 0)
		return EXIT_SERVED;
	if ((size_t)n > FETCH_ASK_MAX ||
	    !read_ask(bytes_of(buf, (size_t)n), &ask))
		return EXIT_BROKEN;
	start(f, free_job(f), &ask);
	return -1;
}

static int
turn(struct fetcher *f)
{
	struct pollfd p[FETCH_AT_A_TIME + 1];

	for (size_t i = 0; i < FETCH_AT_A_TIME; i++)
		p[i] = (struct pollfd){ .events = POLLIN,
		    .fd = f->jobs[i].pid > 0 ? f->jobs[i].fd : -1 };
	p[FETCH_AT_A_TIME] = (struct pollfd){ .events = POLLIN,
	    .fd = free_job(f) != NULL ? f->sock : -1 };
	if (poll(p, FETCH_AT_A_TIME + 1, -1) < 0)
		return errno == EINTR ? -1 : EXIT_BROKEN;
	for (size_t i = 0; i < FETCH_AT_A_TIME; i++) {
		if (p[i].revents != 0)
			hear(f, &f->jobs[i]);
	}
	return p[FETCH_AT_A_TIME].revents != 0 ? serve(f) : -1;
}

int
fetcher_run(int sock)
{
	const struct timeval second = { .tv_sec = 1 };
	struct fetcher f = { .sock = sock };
	int rc = -1;

	(void)setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &second,
	    sizeof(second));
	while (rc < 0)
		rc = turn(&f);
	return rc;
}
