/*
 * Both ends of the socket pair stay open here, so that a fetcher that dies
 * costs what it had in hand and nothing else: the engine goes on with the same
 * socket, and the next fetcher reads from it what is still to be done.
 */
#include "daemon/helper.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/mono.h"

#define PAUSE_SECONDS	1	/* to the next one; doubles with each death */
#define PAUSE_MOST	64
#define STABLE_SECONDS	60	/* one that lived so long was fine */
#define ROOM		262144	/* octets of answers on the way */

static void
end(struct helper *h)
{
	int status;

	if (h->pid == 0)
		return;
	kill(h->pid, SIGKILL);
	while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}

void
helper_fini(struct helper *h)
{
	end(h);
	for (int i = 0; i < 2; i++) {
		if (h->fd[i] >= 0)
			close(h->fd[i]);
		h->fd[i] = -1;
	}
	h->start_at = INSTANT_NEVER;
}

int
helper_renew(struct helper *h)
{
	const int room = ROOM;

	helper_fini(h);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, h->fd) < 0) {
		h->fd[0] = h->fd[1] = -1;
		return -errno;
	}
	(void)setsockopt(h->fd[1], SOL_SOCKET, SO_SNDBUF, &room,
	    sizeof(room));
	if (h->wanted)
		h->start_at = (struct instant){ 0 };
	return 0;
}

static void
start_later(struct helper *h, struct instant now)
{
	if (span_to_s(instant_since(now, h->since)) > STABLE_SECONDS ||
	    h->pause == 0)
		h->pause = PAUSE_SECONDS;
	h->start_at = instant_after(now, span_s(h->pause));
	h->pause = h->pause < PAUSE_MOST ? 2 * h->pause : PAUSE_MOST;
}

static bool
wants(const struct conf *conf)
{
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_connection *c = &conf->connections[i];

		for (unsigned k = 0; k < c->tunnels_n; k++) {
			if (c->tunnels[k].creds.fetch && c->tunnels[k].
			    remote_auth == CONF_AUTH_CERTIFICATE)
				return true;
		}
	}
	return false;
}

void
helper_conf(struct helper *h, const struct conf *conf)
{
	h->wanted = wants(conf);
	if (!h->wanted) {
		end(h);
		h->start_at = INSTANT_NEVER;
	} else if (h->pid == 0 && h->fd[1] >= 0) {
		h->start_at = (struct instant){ 0 };
	}
}

void
helper_tick(struct helper *h, struct instant now, const struct spawn_user *u,
    void (*forget)(void *), void *of)
{
	pid_t pid;

	if (!instant_due(h->start_at, now))
		return;
	pid = spawn_fetcher(u, h->fd[1], forget, of);
	if (pid < 0) {
		log_event(LEVEL_ERROR, "fetcher-start-failed", "error=%d",
		    (int)-pid);
		start_later(h, now);
		return;
	}
	h->pid = pid;
	h->since = now;
	h->start_at = INSTANT_NEVER;
	log_event(LEVEL_INFO, "fetcher-started", "pid=%d", (int)pid);
}

void
helper_reap(struct helper *h)
{
	int status;

	if (h->pid == 0 || waitpid(h->pid, &status, WNOHANG) <= 0)
		return;
	log_event(LEVEL_ERROR, "fetcher-died", "pid=%d %s=%d", (int)h->pid,
	    WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ?
	    WTERMSIG(status) : WEXITSTATUS(status));
	h->pid = 0;
	if (h->wanted)
		start_later(h, mono_now());
}
