/*
 * The engine's process.  In the order in which each step is still possible:
 * signals as at birth, all descriptors closed but those it is given, root
 * directory an empty one, groups and uid changed and every capability dropped
 * with them (bounding and ambient sets too), no new privileges, not dumpable,
 * no child processes, dead when the monitor is, and of the system's calls only
 * those that work on what it has (sandbox.c).  What cannot be given up ends
 * the child at once: an engine with privileges is never run.  The fetcher is
 * born in the same way.
 */
#include "daemon/spawn.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/fetcher.h"
#include "daemon/sandbox.h"
#include "util/array.h"
#include "util/str.h"

#define EXIT_SANDBOX	70

bool
spawn_user_find(struct spawn_user *u, const char *name)
{
	const struct passwd *pw;

	pw = getpwnam(name != NULL ? name : SPAWN_DEFAULT_USER);
	if (pw == NULL && name == NULL)
		pw = getpwnam(SPAWN_FALLBACK_USER);
	if (pw == NULL || pw->pw_uid == 0)
		return false;
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	str_set(u->name, sizeof(u->name), pw->pw_name);
	return true;
}

int
spawn_root_make(const char *path)
{
	struct stat st;

	if (mkdir(path, 0555) < 0 && errno != EEXIST)
		return -errno;
	if (lstat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (chown(path, 0, 0) < 0 || chmod(path, 0555) < 0)
		return -errno;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	int x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static bool
close_others(int *keep, size_t n)
{
	unsigned from = 3;

	qsort(keep, n, sizeof(keep[0]), by_number);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < (int)from)
			continue;
		if ((unsigned)keep[i] > from &&
		    close_range(from, (unsigned)keep[i] - 1, 0) < 0)
			return false;
		from = (unsigned)keep[i] + 1;
	}
	return close_range(from, ~0u, 0) == 0;
}

static bool
close_all_but(const struct engine_boot *boot)
{
	int keep[ENGINE_UDP_N * SIEVE_CLASSES + 4];
	size_t n = 0;

	for (size_t i = 0; i < ENGINE_UDP_N; i++) {
		for (size_t k = 0; k < SIEVE_CLASSES; k++)
			keep[n++] = boot->udp[i][k];
	}
	keep[n++] = boot->chan;
	keep[n++] = boot->ctl;
	keep[n++] = boot->conf;
	keep[n++] = boot->fetch;
	return close_others(keep, n);
}

static bool
limits(void)
{
	const struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none) == 0 &&
	    setrlimit(RLIMIT_NPROC, &none) == 0;
}

static bool
change_root(const char *root)
{
	return chroot(root) == 0 && chdir("/") == 0;
}

static bool
change_id(const struct spawn_user *u)
{
	capng_clear(CAPNG_SELECT_ALL);
	return capng_change_id((int)u->uid, (int)u->gid,
	    CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING |
	    CAPNG_CLEAR_AMBIENT) == 0;
}

/* Belt and braces: look whether it is all gone. */
static bool
is_harmless(const struct spawn_user *u)
{
	uid_t r, e, s;

	if (getresuid(&r, &e, &s) < 0 || r != u->uid || e != u->uid ||
	    s != u->uid || setuid(0) == 0)
		return false;
	return capng_get_caps_process() == 0 &&
	    capng_have_capabilities(CAPNG_SELECT_BOTH) == CAPNG_NONE;
}

static bool
process_flags(pid_t monitor)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
	    getppid() == monitor;
}

static void __attribute__((noreturn))
refuse_as(const char *event, const char *step)
{
	log_event(LEVEL_ERROR, event, "step=%s error=%d", step, errno);
	_exit(EXIT_SANDBOX);
}

static void __attribute__((noreturn))
refuse(const char *step)
{
	refuse_as("engine-sandbox-failed", step);
}

static void
become_engine(const struct spawn_user *u, const char *root,
    const struct engine_boot *boot, pid_t monitor)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "vpnd-engine", 0, 0, 0);
	if (!close_all_but(boot))
		refuse("close");
	if (!limits())
		refuse("limits");
	if (!change_root(root))
		refuse("chroot");
	if (!change_id(u))
		refuse("user");
	if (!process_flags(monitor))
		refuse("flags");
	if (!is_harmless(u))
		refuse("capabilities");
	if ((errno = -sandbox_lock(SANDBOX_ENGINE)) != 0)
		refuse("seccomp");
}

pid_t
spawn_engine(const struct spawn_user *u, const char *root,
    const struct engine_boot *boot, void (*forget)(void *), void *of)
{
	pid_t monitor = getpid();
	pid_t pid = fork();

	if (pid == 0) {
		become_engine(u, root, boot, monitor);
		forget(of);
		_exit(engine_run(boot));
	}
	return pid < 0 ? -errno : pid;
}

/* As the engine, but with a file system to look names up by: see fetcher.c. */
static void
become_fetcher(const struct spawn_user *u, int *sock, pid_t monitor)
{
	static const char event[] = "fetcher-sandbox-failed";
	const struct rlimit none = { 0, 0 };
	sigset_t no_signals;

	sigemptyset(&no_signals);
	sigprocmask(SIG_SETMASK, &no_signals, NULL);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, "vpnd-fetcher", 0, 0, 0);
	if (!close_others(sock, 1))
		refuse_as(event, "close");
	if (setrlimit(RLIMIT_CORE, &none) < 0 || chdir("/") < 0)
		refuse_as(event, "limits");
	if (!change_id(u))
		refuse_as(event, "user");
	if (!process_flags(monitor))
		refuse_as(event, "flags");
	if (!is_harmless(u))
		refuse_as(event, "capabilities");
	if ((errno = -sandbox_lock(SANDBOX_FETCHER)) != 0)
		refuse_as(event, "seccomp");
}

pid_t
spawn_fetcher(const struct spawn_user *u, int sock, void (*forget)(void *),
    void *of)
{
	pid_t monitor = getpid();
	pid_t pid = fork();

	if (pid == 0) {
		become_fetcher(u, &sock, monitor);
		forget(of);
		_exit(fetcher_run(sock));
	}
	return pid < 0 ? -errno : pid;
}
