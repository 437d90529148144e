/*
 * Three steps, of which only the last cannot be taken back.  The program is
 * asked first, in a process of its own, whether it takes the configuration and
 * can read the records that engines leave here; when it cannot, or cannot even
 * be executed, that is the answer and nothing has happened.  Then the engine
 * leaves, without a word to anybody, as if it had died.  Then this process
 * becomes the program: where that fails after all, another engine is started
 * here, and goes on.
 *
 * In the kernel nothing is touched.  Sockets stay open, so that nothing that
 * peers send meanwhile is lost, and none of it meets a closed port.
 */
#include "daemon/renew.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/handover.h"
#include "daemon/log.h"
#include "daemon/mono.h"
#include "daemon/monitor.h"
#include "daemon/ops.h"
#include "daemon/service.h"

#define CHECK_SECONDS	30
#define LEAVE_SECONDS	3
#define ARGUMENTS	10
#define EXIT_NO_EXEC	127
#define EXIT_CONF	6	/* of vpnd */

/* --- the question --- */

static void __attribute__((noreturn))
become_check(const struct monitor *m, pid_t monitor)
{
	char takes[HANDOVER_VERSIONS + 8] = "--takes=";
	const char *argv[ARGUMENTS] = { m->renew.argv[0], "--check", takes,
	    "-c", m->files.path };
	sigset_t none;

	handover_versions(takes + strlen(takes));
	if (m->secrets != NULL) {
		argv[5] = "-s";
		argv[6] = m->secrets;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
	    getppid() == monitor && dup2(m->renew.said, STDOUT_FILENO) >= 0 &&
	    dup2(m->renew.said, STDERR_FILENO) >= 0 &&
	    close_range(STDERR_FILENO + 1, ~0u, 0) == 0)
		execv(m->renew.program, (char **)(uintptr_t)argv);
	dprintf(STDERR_FILENO, "%s cannot be executed: %s\n",
	    m->renew.program, strerror(errno));
	_exit(EXIT_NO_EXEC);
}

/* 0 or errno */
static int
ask(struct monitor *m)
{
	pid_t monitor = getpid();
	int error;

	m->renew.said = memfd_create("vpnd.check", MFD_CLOEXEC);
	if (m->renew.said < 0)
		return errno;
	m->renew.check = fork();
	if (m->renew.check == 0)
		become_check(m, monitor);
	if (m->renew.check > 0)
		return 0;
	error = errno;
	m->renew.check = 0;
	close(m->renew.said);
	return error;
}

void
renew_ask(struct monitor *m, const struct kern_op *op)
{
	int error;

	if (m->renew.check != 0 || m->renew.leaving) {
		ops_done(m, op, EALREADY, "a restart is under way already");
		return;
	}
	if (m->apply.pending) {
		ops_done(m, op, EBUSY, "a configuration waits to be "
		    "confirmed: confirm or undo it first");
		return;
	}
	error = ask(m);
	if (error != 0) {
		ops_done(m, op, error, "");
		return;
	}
	m->renew.op = op->id;
	m->renew.asker = m->engine;
	m->renew.until = instant_after(mono_now(), span_s(CHECK_SECONDS));
}

/* --- its answer --- */

/* The first line that is no warning. */
static void
first_line(int fd, struct reason *why)
{
	static const char warning[] = "warning: ";
	char text[2048], *line = text, *end;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	while (strncmp(line, warning, strlen(warning)) == 0 &&
	    (end = strchr(line, '\n')) != NULL)
		line = end + 1;
	line[strcspn(line, "\n")] = '\0';
	reason_set(why, "%.150s", line);
}

/* An engine that came meanwhile has not asked. */
static void
answer(struct monitor *m, int error, const char *text)
{
	const struct kern_op op = { .kind = KERN_RESTART, .id = m->renew.op };

	if (m->engine > 0 && m->engine == m->renew.asker)
		ops_done(m, &op, error, text);
}

static void
refuse(struct monitor *m, int error, const char *text)
{
	char quoted[LOG_QUOTE_LEN];

	log_event(LEVEL_ERROR, "restart-refused", "program=%s why=%s",
	    m->renew.program, log_quote(quoted, text));
	answer(m, error, text);
}

static void
leave(struct monitor *m)
{
	struct kern_event e;

	log_event(LEVEL_INFO, "restarting", "program=%s", m->renew.program);
	service_reloading();
	answer(m, 0, "");
	m->renew.leaving = true;
	m->renew.until = instant_after(mono_now(), span_s(LEAVE_SECONDS));
	if (m->engine == 0) {	/* it died meanwhile */
		renew_go(m);
		m->restart_at = mono_now();
		return;
	}
	monitor_event_init(&e, KERN_LEAVE);
	monitor_event(m, &e);
}

void
renew_reap(struct monitor *m)
{
	struct reason why = { "" };
	int status;

	if (m->renew.check == 0 ||
	    waitpid(m->renew.check, &status, WNOHANG) <= 0)
		return;
	m->renew.check = 0;
	m->renew.until = INSTANT_NEVER;
	first_line(m->renew.said, &why);
	close(m->renew.said);
	if (m->stopping)
		return;
	if (WIFSIGNALED(status))
		refuse(m, ENOEXEC, "the new program was killed, or did not "
		    "check the configuration in time");
	else if (WEXITSTATUS(status) == EXIT_CONF)
		refuse(m, EINVAL, why.s);
	else if (WEXITSTATUS(status) != 0)
		refuse(m, ENOEXEC, why.s[0] != '\0' ? why.s :
		    "the new program has failed, and does not say why");
	else if (m->apply.pending)
		refuse(m, EBUSY, "a configuration waits to be confirmed: "
		    "confirm or undo it first");
	else
		leave(m);
}

/* --- time --- */

void
renew_tick(struct monitor *m, struct instant now)
{
	struct renew *r = &m->renew;

	if ((r->check == 0 && !r->leaving) || !instant_due(r->until, now))
		return;
	r->until = INSTANT_NEVER;
	if (r->check != 0)
		kill(r->check, SIGKILL);
	else if (m->engine > 0)
		kill(m->engine, SIGKILL);
}

struct instant
renew_deadline(const struct monitor *m)
{
	return m->renew.check != 0 || m->renew.leaving ? m->renew.until :
	    INSTANT_NEVER;
}

/* --- the last step --- */

static struct handover
all_of(struct monitor *m)
{
	struct handover h = {
		.pid_file = m->pid_file, .ctl = m->boot.ctl,
		.restarts = (uint32_t)m->counts.restarts + 1,
		.engines = m->counts.engines, .keys = m->tickets.keys,
		.kept = keeps_hand(&m->keeps),
	};

	memcpy(h.mark_key, m->tickets.mark_key, sizeof(h.mark_key));
	for (size_t i = 0; i < ENGINE_UDP_N; i++) {
		for (size_t k = 0; k < SIEVE_CLASSES; k++)
			h.udp[i][k] = m->boot.udp[i][k];
	}
	return h;
}

static void
become(struct monitor *m)
{
	struct handover h = all_of(m);
	int fd = -ENOMEM, error;

	if (h.kept.n > 0 || keeps_count(&m->keeps) == 0)
		fd = handover_put(&h);
	if (m->renew.stop)
		kill(getpid(), SIGTERM);	/* for who follows, or us */
	if (fd >= 0) {
		service_hand();
		log_flush();
		execv(m->renew.program, m->renew.argv);
		error = errno;
		handover_undo(&h, fd);
		service_init();
	} else {
		error = -fd;
	}
	keeps_handed(&m->keeps);
	wipe(&h, sizeof(h));
	errno = error;
}

/* It may have been written to since the new program looked. */
static bool
reads_still(const struct monitor *m, struct reason *why)
{
	const struct conffile_from from = { .path = m->files.path,
	    .secrets = m->secrets };
	struct conffile fresh;

	if (!conffile_load(&fresh, &from, why))
		return false;
	conffile_free(&fresh);
	return true;
}

void
renew_go(struct monitor *m)
{
	char quoted[LOG_QUOTE_LEN];
	struct reason why;

	ops_finish(m);
	helper_fini(&m->fetcher);
	if (reads_still(m, &why)) {
		become(m);
		reason_set(&why, "%s", strerror(errno));
	} else if (m->renew.stop) {
		kill(getpid(), SIGTERM);
	}
	log_event(LEVEL_ERROR, "restart-failed", "program=%s why=%s",
	    m->renew.program, log_quote(quoted, why.s));
	m->renew.leaving = m->renew.stop = false;
	service_ready();
}
