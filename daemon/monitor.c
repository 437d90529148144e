/*
 * The monitor's loop: channel, kernel events, signals, connects under way and
 * three timers.  The engine is started here, started again when it dies (with
 * a pause that grows), and asked to take leave at the end; then what is ours
 * is removed from the kernel.
 *
 * An engine that sends what it cannot mean is ended at once: it is either
 * broken or taken over, and a new one is the answer to both.  Operations are
 * read only while their answers have room on the way back, so that none is
 * lost; kernel events that find no room become KERN_OVERRUN.
 */
#include "daemon/monitor.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/conf.h"
#include "daemon/heap.h"
#include "daemon/kevents.h"
#include "daemon/log.h"
#include "daemon/mono.h"
#include "daemon/nl_dump.h"
#include "daemon/ops.h"
#include "daemon/ops_conn.h"
#include "daemon/service.h"
#include "daemon/sock.h"
#include "gw/gw.h"

#define QUEUE_LIMIT	256	/* datagrams on the way to the engine */
#define QUEUE_HIGH	64	/* above it no operation is read */
#define READS_PER_TURN	32
#define STOP_SECONDS	2	/* more than the engine takes at most */
#define REMOVE_SECONDS	30	/* to remove what is ours from the kernel */
#define PAUSE_LEAST_MS	200
#define PAUSE_MOST_MS	30000
#define STABLE_SECONDS	60	/* an engine that lived so long was fine */
#define DEATHS_ADOPTED	4	/* in a row, until it begins from scratch */
#define KEEPS_PER_TURN	256	/* datagrams of deposits */
#define KEEPS_BUFFER	(16 << 20)	/* octets of deposits on the way */

enum source {
	FROM_CHAN,
	FROM_KEEP,
	FROM_SIGNAL,
	FROM_XFRM,
	FROM_LINK,
	FROM_ROUTE,
	FROM_HAUL,
	FROM_DIAL,
	FROM_FENCE,
};

static uint64_t
tag(enum source from, int fd)
{
	return (uint64_t)from << 32 | (uint32_t)fd;
}

static bool
watch(struct monitor *m, enum source from, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events,
	    .data.u64 = tag(from, fd) };

	return epoll_ctl(m->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

bool
monitor_watch_dial(struct monitor *m, struct dial *d)
{
	return watch(m, FROM_DIAL, d->fd, EPOLLOUT);
}

static void
tell_overrun(struct monitor *m)
{
	struct kern_event e;

	if (!m->overrun || m->chan == NULL ||
	    chan_queued(m->chan) >= QUEUE_HIGH)
		return;
	monitor_event_init(&e, KERN_OVERRUN);
	if (!chan_put_event(m->chan, &e))
		return;
	m->overrun = false;
	m->owed++;
}

static void
drop_chan(struct monitor *m)
{
	chan_free(m->chan);
	m->chan = NULL;
	ops_finish(m);	/* its answers are nobody's */
	dials_fini(&m->dials);
	m->overrun = false;
}

/*
 * It has closed its end: most likely it is about to exit.  Where it is not, a
 * signal helps; where it is, that changes nothing about its status.
 */
static void
hang_up(struct monitor *m)
{
	if (m->engine > 0 && !m->stopping && !m->renew.leaving)
		kill(m->engine, SIGKILL);
	drop_chan(m);
}

static void
end_engine(struct monitor *m, const char *why)
{
	char quoted[LOG_QUOTE_LEN];

	log_event(LEVEL_ERROR, "engine-ended", "pid=%d why=%s",
	    (int)m->engine, log_quote(quoted, why));
	if (m->engine > 0)
		kill(m->engine, SIGKILL);
	drop_chan(m);
}

/*
 * What the engine deposited before it died: what it then sent tells of that.
 * So this is only done with who cannot send any more.
 */
static void
drop_keep(struct monitor *m)
{
	if (m->keep == NULL)
		return;
	keeps_read(&m->keeps, m->keep, m->files.conf, UINT_MAX);
	chan_free(m->keep);
	m->keep = NULL;
}

static void
on_keep(struct monitor *m)
{
	int rc = keeps_read(&m->keeps, m->keep, m->files.conf,
	    KEEPS_PER_TURN);

	if (rc == 0)
		return;
	epoll_ctl(m->epoll, EPOLL_CTL_DEL, chan_fd(m->keep), NULL);
	if (rc == -EBADMSG)
		end_engine(m, "it deposited what is no record");
	else
		hang_up(m);
}

/* In the engine: what was the monitor's business. */
static void
forget(void *of)
{
	struct monitor *m = of;

	conffile_forget(&m->files);
	apply_forget(&m->apply);
	stated_fini(&m->stated);
	ifaces_fini(&m->ifaces);
	lans_fini(&m->lans);
	sas_fini(&m->sas);
	tickets_forget(&m->tickets);
	keeps_forget(&m->keeps);
	heap_trim();
}

/*
 * Twice and more in a row, and it may be what is kept of the one before that
 * ends the next one.
 */
static struct bytes
hand_keeps(struct monitor *m)
{
	keeps_prune(&m->keeps, m->files.conf);
	if (m->engine_deaths > DEATHS_ADOPTED && keeps_count(&m->keeps) > 0) {
		log_event(LEVEL_WARNING, "engine-from-scratch", "deaths=%u "
		    "records=%zu", m->engine_deaths, keeps_count(&m->keeps));
		keeps_forget(&m->keeps);
	}
	return keeps_hand(&m->keeps);
}

static int
spawn(struct monitor *m, int engine_end, int keep_end)
{
	pid_t pid;

	m->boot.chan = engine_end;
	m->boot.keep = keep_end;
	m->boot.conf = conffile_memfd(&m->files);
	m->boot.conf_name = m->files.path;
	if (m->boot.conf < 0)
		return m->boot.conf;
	m->boot.tickets = tickets_hand(&m->tickets);
	m->boot.kept = hand_keeps(m);
	pid = spawn_engine(&m->user, m->empty, &m->boot, forget, m);
	tickets_handed(&m->tickets);
	keeps_handed(&m->keeps);
	close(m->boot.conf);
	return pid;
}

/*
 * Our end of a new channel; the engine's end goes to *theirs, with room for so
 * many octets where that is not 0.  NULL: errno says why.
 */
static struct chan *
new_chan(int *theirs, int size)
{
	int fd[2], rc = chan_pair(fd);
	struct chan *c;

	if (rc < 0) {
		errno = -rc;
		return NULL;
	}
	if (size > 0)
		setsockopt(fd[1], SOL_SOCKET, SO_SNDBUFFORCE, &size,
		    sizeof(size));
	c = chan_new(fd[0], CHAN_MONITOR, QUEUE_LIMIT);
	if (c != NULL) {
		*theirs = fd[1];
		return c;
	}
	close(fd[0]);
	close(fd[1]);
	errno = ENOMEM;
	return NULL;
}

/* The process, or -errno; both channels are there, or none. */
static int
start_process(struct monitor *m)
{
	int ops, keeps, rc;

	m->chan = new_chan(&ops, 0);
	if (m->chan == NULL)
		return -errno;
	/* A deposit is safe once it is in there: nobody waits for us. */
	m->keep = new_chan(&keeps, KEEPS_BUFFER);
	rc = m->keep == NULL ? -errno : spawn(m, ops, keeps);
	close(ops);
	if (m->keep != NULL)
		close(keeps);
	if (rc > 0)
		return rc;
	drop_chan(m);
	chan_free(m->keep);
	m->keep = NULL;
	return rc;
}

/* 0 or -errno */
static int
start_engine(struct monitor *m)
{
	int rc = helper_renew(&m->fetcher);

	m->boot.fetch = m->fetcher.fd[0];
	if (rc == 0)
		rc = start_process(m);
	if (rc < 0)
		return rc;
	m->engine = rc;
	m->counts.engines++;
	m->engine_since = mono_now();
	m->phase = PHASE_START;
	m->owed = 1;
	m->untold = TELL_PENDING;
	stated_new_generation(&m->stated);
	m->chan_events = EPOLLIN;
	watch(m, FROM_CHAN, chan_fd(m->chan), m->chan_events);
	watch(m, FROM_KEEP, chan_fd(m->keep), EPOLLIN);
	log_event(LEVEL_INFO, "engine-started", "pid=%d user=%s",
	    (int)m->engine, m->user.name);
	return 0;
}

/* The pause doubles with every death in a row. */
static void
restart_later(struct monitor *m, struct instant now)
{
	int64_t pause = PAUSE_LEAST_MS;

	if (span_to_s(instant_since(now, m->engine_since)) > STABLE_SECONDS)
		m->engine_deaths = 0;
	for (unsigned i = 0; i < m->engine_deaths && pause < PAUSE_MOST_MS;
	    i++)
		pause *= 2;
	if (pause > PAUSE_MOST_MS)
		pause = PAUSE_MOST_MS;
	m->engine_deaths++;
	m->restart_at = instant_after(now, span_ms(pause));
}

static void
restart(struct monitor *m, struct instant now)
{
	int rc;

	m->restart_at = INSTANT_NEVER;
	rc = start_engine(m);
	if (rc == 0)
		return;
	log_event(LEVEL_ERROR, "engine-start-failed", "error=%d", -rc);
	if (m->engine == 0)
		restart_later(m, now);
}

/* For the answers, and on the way to the kernel. */
static bool
room(const struct monitor *m)
{
	return chan_queued(m->chan) < QUEUE_HIGH && ops_room(m);
}

/*
 * Operations of a datagram, as far as answers have room: each that carries a
 * descriptor takes a datagram of its own.  False: the conversation is over.
 */
static bool
read_ops(struct monitor *m)
{
	struct kern_op op;
	int rc = 0;

	while (room(m) && (rc = chan_get_op(m->chan, &op)) > 0) {
		ops_run(m, &op);
		wipe(&op, sizeof(op));
	}
	if (rc < 0)
		end_engine(m, "it sent what is no operation");
	return rc >= 0;
}

/* Is there one that was left, and has room by now? */
static bool
ops_left(const struct monitor *m)
{
	return m->chan != NULL && chan_has_more(m->chan) && room(m);
}

static void
on_chan(struct monitor *m)
{
	int rc;

	for (int i = 0; i < READS_PER_TURN && m->chan != NULL && room(m);
	    i++) {
		rc = chan_has_more(m->chan) ? 1 : chan_recv(m->chan);
		if (rc == 0)
			return;
		if (rc == -EBADMSG)
			end_engine(m, "it sent a malformed datagram");
		else if (rc < 0)
			hang_up(m);
		else if (!read_ops(m))
			return;
		ops_settle(m);
	}
}

/* Nobody waits for what comes of it, but it is to be as was wanted. */
static void
read_last(struct monitor *m)
{
	for (int i = 0; i < READS_PER_TURN && m->chan != NULL && room(m); i++)
		on_chan(m);
}

static void
reap(struct monitor *m)
{
	int status;

	if (m->engine == 0 || waitpid(m->engine, &status, WNOHANG) <= 0)
		return;
	if (m->stopping || m->renew.leaving)
		log_event(LEVEL_INFO, "engine-stopped", "pid=%d",
		    (int)m->engine);
	else
		log_event(LEVEL_ERROR, "engine-died", "pid=%d %s=%d",
		    (int)m->engine, WIFSIGNALED(status) ? "signal" : "exit",
		    WIFSIGNALED(status) ? WTERMSIG(status) :
		    WEXITSTATUS(status));
	m->engine = 0;
	if (m->renew.leaving)
		read_last(m);
	drop_chan(m);
	drop_keep(m);
	if (m->renew.leaving) {
		renew_go(m);
		m->restart_at = mono_now();	/* it could not be */
	} else if (!m->stopping) {
		restart_later(m, mono_now());
	}
}

static void
stop(struct monitor *m)
{
	struct instant now = mono_now();
	struct kern_event e;
	struct span most;

	if (m->renew.leaving) {
		m->renew.stop = true;	/* whoever is there then does it */
		return;
	}
	if (m->stopping) {
		m->stop_at = now;	/* asked twice: now */
		return;
	}
	log_event(LEVEL_INFO, "stopping", "pid=%d", (int)m->engine);
	m->stopping = true;
	m->phase = PHASE_STOP;
	m->restart_at = INSTANT_NEVER;
	most = gw_stop_most(m->files.conf);
	most.ns += span_s(STOP_SECONDS).ns;
	m->stop_at = instant_after(now, most);
	most.ns += span_s(REMOVE_SECONDS).ns;
	service_stopping(most);
	monitor_event_init(&e, KERN_STOP);
	monitor_event(m, &e);
}

/* SIGHUP: the engine hears of a failure too, for its status. */
static void
reload_asked(struct monitor *m)
{
	struct kern_event e;
	struct reason why;

	if (m->stopping || conf_reload(m, &why))
		return;
	monitor_event_init(&e, KERN_RELOADED);
	e.error = EINVAL;
	e.conn.fd = -1;
	str_set(e.text, sizeof(e.text), why.s);
	monitor_event(m, &e);
}

static void
on_signal(struct monitor *m)
{
	struct signalfd_siginfo s;

	while (read(m->signals, &s, sizeof(s)) == sizeof(s)) {
		if (s.ssi_signo == SIGCHLD) {
			reap(m);
			renew_reap(m);
			helper_reap(&m->fetcher);
		} else if (s.ssi_signo == SIGHUP)
			reload_asked(m);
		else
			stop(m);
	}
}

static void
end_dial(struct monitor *m, struct dial *d, int error)
{
	uint32_t id = d->id;
	int fd = dial_end(&m->dials, d);

	epoll_ctl(m->epoll, EPOLL_CTL_DEL, fd, NULL);
	ops_conn_dialled(m, id, fd, error);
}

static void
on_event(struct monitor *m, const struct epoll_event *e)
{
	struct dial *d;

	switch ((enum source)(e->data.u64 >> 32)) {
	case FROM_CHAN:
		/* An old event may be of a channel that is closed by now. */
		if (m->chan != NULL &&
		    chan_fd(m->chan) == (int)(uint32_t)e->data.u64)
			on_chan(m);
		break;
	case FROM_KEEP:
		if (m->keep != NULL &&
		    chan_fd(m->keep) == (int)(uint32_t)e->data.u64)
			on_keep(m);
		break;
	case FROM_SIGNAL:
		on_signal(m);
		break;
	case FROM_XFRM:
		kevents_xfrm(m);
		break;
	case FROM_LINK:
		kevents_link(m);
		break;
	case FROM_ROUTE:
		kevents_route(m);
		break;
	case FROM_HAUL:
		ops_settle(m);
		break;
	case FROM_FENCE:
		fence_events(m);
		break;
	case FROM_DIAL:
		d = dial_find(&m->dials, (int)(uint32_t)e->data.u64);
		if (d != NULL)
			end_dial(m, d, sock_connected(d->fd));
		break;
	}
}

static void
timers(struct monitor *m)
{
	struct instant now = mono_now();
	struct dial *d;

	while ((d = dial_due(&m->dials, now)) != NULL)
		end_dial(m, d, ETIMEDOUT);
	if (instant_due(m->restart_at, now))
		restart(m, now);
	if (instant_due(m->tickets.keys.turn_at, now))
		tickets_turn(&m->tickets);
	apply_tick(m, now);
	renew_tick(m, now);
	fence_tick(m, now);
	helper_tick(&m->fetcher, now, &m->user, forget, m);
	if (instant_due(m->stop_at, now) && m->engine > 0) {
		log_event(LEVEL_WARNING, "engine-killed", "pid=%d",
		    (int)m->engine);
		kill(m->engine, SIGKILL);
		m->stop_at = INSTANT_NEVER;
	}
}

/* What is queued goes out; the interest follows the state of the queue. */
static void
flush(struct monitor *m)
{
	struct epoll_event e;

	tell_overrun(m);
	if (m->chan == NULL)
		return;
	if (chan_queued(m->chan) < QUEUE_HIGH)
		conf_tell(m, 0);
	if (chan_flush(m->chan) < 0) {
		hang_up(m);
		return;
	}
	e.events = (room(m) ? EPOLLIN : 0u) |
	    (chan_wants_write(m->chan) ? EPOLLOUT : 0u);
	e.data.u64 = tag(FROM_CHAN, chan_fd(m->chan));
	if (e.events != m->chan_events)
		epoll_ctl(m->epoll, EPOLL_CTL_MOD, chan_fd(m->chan), &e);
	m->chan_events = e.events;
}

static struct instant
deadline(const struct monitor *m)
{
	if (ops_left(m))
		return (struct instant){ 0 };
	return instant_min(instant_min(m->fence.at,
	    timers_next(&m->dials.timers)), instant_min(instant_min(m->fetcher.start_at,
	    m->tickets.keys.turn_at),
	    instant_min(m->stopping ? INSTANT_NEVER : m->apply.undo_at,
	    instant_min(renew_deadline(m),
	    instant_min(m->restart_at, m->stop_at)))));
}

static void
loop(struct monitor *m)
{
	struct epoll_event e[16];
	int n;

	while (!m->stopping || m->engine > 0) {
		n = epoll_wait(m->epoll, e, 16,
		    mono_until(deadline(m), mono_now()));
		turns_begin(&m->turns);
		for (int i = 0; i < n; i++)
			on_event(m, &e[i]);
		if (ops_left(m))
			on_chan(m);
		timers(m);
		lans_look(m);
		flush(m);
		turns_end(&m->turns);
	}
	turns_tell(&m->turns, "monitor");
}

static bool
set_up(struct monitor *m)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	m->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	m->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (m->signals < 0 || m->epoll < 0 ||
	    !watch(m, FROM_SIGNAL, m->signals, EPOLLIN))
		return false;
	return m->nl == NULL ||
	    (haul_start(&m->haul, m->nl) == 0 &&
	    watch(m, FROM_HAUL, m->haul.news, EPOLLIN) &&
	    watch(m, FROM_XFRM, mnl_socket_get_fd(m->nl->xfrm_events),
	    EPOLLIN) && watch(m, FROM_LINK,
	    mnl_socket_get_fd(m->nl->link_events), EPOLLIN) &&
	    watch(m, FROM_ROUTE, mnl_socket_get_fd(m->nl->route_events),
	    EPOLLIN) && (fence_fd(&m->fence) < 0 || watch(m, FROM_FENCE,
	    fence_fd(&m->fence), EPOLLIN)));
}

static void
tear_down(struct monitor *m)
{
	struct nl_removed r = { 0 };
	int rc;

	ops_finish(m);
	haul_stop(&m->haul);
	rc = m->nl != NULL ? nl_remove_ours(m->nl, &r) : 0;
	if (rc < 0)
		log_event(LEVEL_ERROR, "kern-not-removed", "error=%d", -rc);
	log_event(LEVEL_INFO, "stopped", "links=%u sas=%u policies=%u "
	    "nexthops=%u routes=%u", r.links, r.sas, r.policies, r.nexthops,
	    r.routes);
	sas_fini(&m->sas);
	lans_fini(&m->lans);
	ifaces_fini(&m->ifaces);
	stated_fini(&m->stated);
	close(m->signals);
	close(m->epoll);
}

int
monitor_run(struct monitor *m)
{
	log_limit("kern-refused", 20, 60);
	log_limit("engine-slow", 5, 6);
	log_limit("kern-events-lost", 5, 6);
	log_limit("secret-missing", 50, 60);
	log_limit("certificate", 50, 60);
	m->restart_at = mono_now();
	m->stop_at = INSTANT_NEVER;
	if (!set_up(m) || !tickets_init(&m->tickets)) {
		log_event(LEVEL_ERROR, "loop-failed", "error=%d", errno);
		return 4;
	}
	tickets_mark(&m->tickets, &m->files);
	apply_init(m);
	conf_warn(&m->files);
	m->fetcher = (struct helper){ .fd = { -1, -1 },
	    .start_at = INSTANT_NEVER };
	helper_conf(&m->fetcher, m->files.conf);
	service_ready();
	loop(m);
	apply_fini(m);
	helper_fini(&m->fetcher);
	tear_down(m);
	tickets_fini(&m->tickets);
	keeps_fini(&m->keeps);
	return 0;
}
