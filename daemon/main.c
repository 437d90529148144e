/*
 * vpnd: Site-to-Site VPN daemon.  This is the ladder from the command line to
 * the monitor's loop and back down; each rung says in one line on standard
 * error why it could not be climbed.  Who takes the place of another one in the
 * same process (handover.h) finds some rungs done.  Exit status: 0 done, 1 usage,
 * 4 failed, 6 configuration invalid, 7 records of another version.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/prf.h"
#include "daemon/handover.h"
#include "daemon/heap.h"
#include "daemon/log.h"
#include "daemon/monitor.h"
#include "daemon/nl_dump.h"
#include "daemon/nl_link.h"
#include "daemon/nl_xfrm.h"
#include "daemon/service.h"
#include "daemon/sock.h"
#include "util/array.h"

enum {
	EXIT_OK = 0,
	EXIT_USAGE = 1,
	EXIT_FAILED = 4,
	EXIT_CONF = 6,
	EXIT_RECORDS = 7,
};

struct options {
	const char	*conf, *dir, *secrets, *rundir, *user;
	const char	*takes;		/* of handover_versions(), or NULL */
	bool		check, kernel_none;
	enum log_level	level;
};

struct paths {
	char		ctl[CONFFILE_PATH], pid[CONFFILE_PATH],
			empty[CONFFILE_PATH], sysctls[CONFFILE_PATH];
	int		pid_fd;
};

/* What another one has left to us. */
struct left {
	enum handover_found found;
	struct handover	h;
	struct bytes	octets;
	struct reason	why;
};

static int __attribute__((format(printf, 2, 3)))
fail(int status, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "vpnd: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	return status;
}

/* One line, as every error of ours. */
static int
usage(void)
{
	fprintf(stderr, "usage: vpnd [-v] [-c FILE] [-s SECRETS] [-d RUNDIR] "
	    "[-u USER] [--check [--directory=DIR]] [--kernel=none]\n");
	return EXIT_USAGE;
}

static int
options_read(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "check", no_argument, NULL, 'C' },
		{ "directory", required_argument, NULL, 'D' },
		{ "kernel", required_argument, NULL, 'K' },
		{ "takes", required_argument, NULL, 'T' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:s:d:u:v", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->conf = optarg;
			break;
		case 's':
			o->secrets = optarg;
			break;
		case 'd':
			o->rundir = optarg;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'v':
			o->level = LEVEL_DEBUG;
			break;
		case 'C':
			o->check = true;
			break;
		case 'D':
			o->dir = optarg;
			break;
		case 'T':
			o->takes = optarg;
			break;
		case 'K':
			if (strcmp(optarg, "none") != 0)
				return fail(EXIT_USAGE, "--kernel=%s: only "
				    "\"none\" is known", optarg);
			o->kernel_none = true;
			break;
		default:
			return usage();
		}
	}
	/* What runs is what lies beside its file. */
	if (o->dir != NULL && !o->check)
		return usage();
	return optind == argc ? EXIT_OK : usage();
}

static void
print_line(const char *line)
{
	fprintf(stderr, "%s\n", line);
}

/* For the peer it will be an error. */
static void
print_warning(const char *line)
{
	fprintf(stderr, "warning: %s\n", line);
}

/* Could we go on with the records of who asks? */
static int
check_records(const char *takes)
{
	char ours[HANDOVER_VERSIONS];

	handover_versions(ours);
	if (strcmp(takes, ours) == 0)
		return EXIT_OK;
	return fail(EXIT_RECORDS, "the new program reads records of version "
	    "%s, not %s: stop and start negotiates all tunnels anew", ours,
	    takes);
}

/* Keys that are missing do not keep one from going on that lacks them, too. */
static int
check_only(const struct options *o)
{
	const struct conffile_from from = { .path = o->conf, .dir = o->dir,
	    .secrets = o->secrets };
	struct conffile files;
	struct reason why;
	unsigned keyless;
	int rc = o->takes == NULL ? EXIT_OK : check_records(o->takes);

	if (rc != EXIT_OK)
		return rc;
	if (!crypto_init())
		return fail(EXIT_FAILED,
		    "OpenSSL lacks an algorithm that is needed");
	if (!conffile_load(&files, &from, &why)) {
		print_line(why.s);
		return EXIT_CONF;
	}
	keyless = conffile_keyless(&files, print_line);
	certfiles_warn(files.conf, (int64_t)time(NULL), print_warning);
	conffile_free(&files);
	return keyless == 0 || o->takes != NULL ? EXIT_OK : EXIT_CONF;
}

/* Every tunnel with BGP takes two descriptors: all that we may have. */
static void
widen_descriptors(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) < 0)
		return;
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
}

/* Standard descriptors exist, nothing dumps core, files are ours alone. */
static int
process_set_up(void)
{
	const struct rlimit none = { 0, 0 };
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return fail(EXIT_FAILED, "/dev/null: %s", strerror(errno));
	dup2(fd, STDIN_FILENO);
	close(fd);
	umask(077);
	setrlimit(RLIMIT_CORE, &none);
	widen_descriptors();
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (geteuid() != 0 || capng_get_caps_process() != 0 ||
	    !capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN))
		return fail(EXIT_FAILED,
		    "must run as root (needs CAP_NET_ADMIN)");
	return EXIT_OK;
}

static int
run_dir(struct paths *p, const char *dir, const struct left *left)
{
	const char *what;
	pid_t holder = 0;
	int rc;

	str_fmt(p->ctl, sizeof(p->ctl), "%s/ctl.sock", dir);
	str_fmt(p->pid, sizeof(p->pid), "%s/vpnd.pid", dir);
	str_fmt(p->empty, sizeof(p->empty), "%s/empty", dir);
	str_fmt(p->sysctls, sizeof(p->sysctls), "%s/sysctls", dir);
	if (mkdir(dir, 0755) == 0)
		rc = chmod(dir, 0755);
	else
		rc = errno == EEXIST ? 0 : -1;
	if (rc < 0)
		return fail(EXIT_FAILED, "%s: %s", dir, strerror(errno));
	p->pid_fd = left->found == HANDOVER_TAKEN ? left->h.pid_file :
	    sock_pidfile(p->pid, &holder, &what);
	if (p->pid_fd == -EEXIST)
		return fail(EXIT_FAILED, "already running as pid %d",
		    (int)holder);
	if (p->pid_fd < 0)
		return fail(EXIT_FAILED, "%s: %s: %s", p->pid, what,
		    strerror(-p->pid_fd));
	rc = spawn_root_make(p->empty);
	if (rc < 0)
		return fail(EXIT_FAILED, "%s: %s", p->empty, strerror(-rc));
	return EXIT_OK;
}

static int
conf_set_up(struct monitor *m, const struct options *o)
{
	const struct conffile_from from = { .path = o->conf,
	    .secrets = o->secrets };
	struct reason why;

	m->secrets = o->secrets;
	if (!crypto_init())
		return fail(EXIT_FAILED,
		    "OpenSSL lacks an algorithm that is needed");
	log_event(LEVEL_INFO, "openssl", "version=%s ml-kem=%s",
	    crypto_library(), crypto_has(alg_find(ALG_KE, KE_ML_KEM_768, 0)) ?
	    "yes" : "no");
	if (!conffile_load(&m->files, &from, &why)) {
		print_line(why.s);
		return EXIT_CONF;
	}
	if (!spawn_user_find(&m->user, o->user))
		return fail(EXIT_FAILED, "user %s: no such user, or root",
		    o->user != NULL ? o->user : SPAWN_FALLBACK_USER);
	if (o->user == NULL &&
	    strcmp(m->user.name, SPAWN_DEFAULT_USER) != 0)
		log_event(LEVEL_WARNING, "engine-user", "user=%s why=\"there "
		    "is no user %s\"", m->user.name, SPAWN_DEFAULT_USER);
	return EXIT_OK;
}

static void
warn_forwarding(void)
{
	int fd = open("/proc/sys/net/ipv4/ip_forward", O_RDONLY | O_CLOEXEC);
	char c = '1';

	if (fd < 0)
		return;
	if (read(fd, &c, 1) == 1 && c == '0')
		log_event(LEVEL_WARNING, "forwarding-off",
		    "sysctl=net.ipv4.ip_forward");
	close(fd);
}

/* Do we see to forwarding ourselves, where it is needed? */
static bool
closes_all(const struct conf *c)
{
	for (size_t i = 0; i < c->vpcs_n; i++) {
		if (!c->vpcs[i].closed)
			return false;
	}
	return c->vpcs_n > 0;
}

static int
kernel_set_up(struct monitor *m, const struct paths *p)
{
	enum kern_link_kind kind;
	char text[KERN_TEXT_LEN] = "";
	const char *what;
	int rc = nl_new(&m->nl, &what);

	if (rc < 0)
		return fail(EXIT_FAILED, "kernel without ESP: %s: %s", what,
		    strerror(-rc));
	rc = nl_esp_probe(m->nl, text);
	if (rc != 0)
		return fail(EXIT_FAILED, "kernel without ESP: %s",
		    text[0] != '\0' ? text : strerror(rc));
	rc = nl_link_probe(m->nl, &kind, text);
	if (rc != 0)
		return fail(EXIT_FAILED, "%s", text);
	m->nl->auto_kind = kind;
	rc = nl_found(m->nl, &m->stated);
	if (rc < 0)
		return fail(EXIT_FAILED, "kernel state cannot be read: %s",
		    strerror(-rc));
	if (!closes_all(m->files.conf))
		warn_forwarding();
	fence_open(&m->fence);
	sysctls_init(&m->sysctls, p->sysctls);
	sysctls_set(&m->sysctls, m->files.conf);
	return EXIT_OK;
}

/*
 * Of openings what can be answered while that is of any use: the rest is sent
 * again.  What follows them has been paid for, so that more of it is kept.
 */
static const int udp_buffers[SIEVE_CLASSES] = {
	[SIEVE_STRANGER_OPENING] = 1024 * 1024,
	[SIEVE_STRANGER_OTHER] = 1024 * 1024,
	[SIEVE_PEER_OPENING] = 2 * 1024 * 1024,
	[SIEVE_PEER_OTHER] = 8 * 1024 * 1024,
};

/* All of one port, in the order that sieve.h counts on. */
static int
udp_set_up(struct sock_udp *u, int fd[SIEVE_CLASSES])
{
	const char *what;

	for (size_t i = 0; i < SIEVE_CLASSES; i++) {
		u->also = i > 0;
		u->buffer = udp_buffers[i];
		fd[i] = sock_udp(u, &what);
		if (fd[i] >= 0)
			continue;
		if (fd[i] == -EAFNOSUPPORT && u->family == AF_INET6)
			return EXIT_OK;
		return fail(EXIT_FAILED, "UDP port %u (IPv%d): %s: %s",
		    u->port, u->family == AF_INET ? 4 : 6, what,
		    fd[i] == -EADDRINUSE ? "socket in use" :
		    strerror(-fd[i]));
	}
	return EXIT_OK;
}

static int
sockets_set_up(struct monitor *m, const struct paths *p)
{
	struct sock_udp udp[ENGINE_UDP_N] = {
		[ENGINE_UDP4_500] = { .family = AF_INET, .port = 500 },
		[ENGINE_UDP4_4500] = { .family = AF_INET, .port = 4500 },
		[ENGINE_UDP6_500] = { .family = AF_INET6, .port = 500 },
		[ENGINE_UDP6_4500] = { .family = AF_INET6, .port = 4500 },
	};
	const char *what;

	for (size_t i = 0; i < ENGINE_UDP_N; i++) {
		int rc;

		udp[i].with_xfrm = m->nl != NULL;
		rc = udp_set_up(&udp[i], m->boot.udp[i]);
		if (rc != EXIT_OK)
			return rc;
	}
	m->boot.ctl = sock_control(p->ctl, &what);
	if (m->boot.ctl < 0)
		return fail(EXIT_FAILED, "%s: %s: %s", p->ctl, what,
		    strerror(-m->boot.ctl));
	return EXIT_OK;
}

static int
sockets_left(struct monitor *m, const struct handover *h)
{
	for (size_t i = 0; i < ENGINE_UDP_N; i++) {
		for (size_t k = 0; k < SIEVE_CLASSES; k++)
			m->boot.udp[i][k] = h->udp[i][k];
	}
	m->boot.ctl = h->ctl;
	return EXIT_OK;
}

/* What is not taken is negotiated anew. */
static void
records_left(struct monitor *m, struct left *left)
{
	char quoted[LOG_QUOTE_LEN];

	if (left->found == HANDOVER_USELESS)
		log_event(LEVEL_WARNING, "restarted-anew", "why=%s",
		    log_quote(quoted, left->why.s));
	if (left->found != HANDOVER_TAKEN)
		return;
	m->counts.restarts = left->h.restarts;
	m->counts.engines = left->h.engines;
	m->tickets.keys = left->h.keys;
	memcpy(m->tickets.mark_key, left->h.mark_key,
	    sizeof(m->tickets.mark_key));
	if (!keeps_take(&m->keeps, left->h.kept))
		log_event(LEVEL_WARNING, "restarted-anew",
		    "why=\"the records of tunnels are malformed\"");
	log_event(LEVEL_INFO, "restarted", "times=%u records=%zu",
	    left->h.restarts, keeps_count(&m->keeps));
	handover_end(&left->h, left->octets);
}

static int
climb(struct monitor *m, struct paths *p, const struct options *o,
    const struct left *left)
{
	int rc = process_set_up();

	if (rc == EXIT_OK)
		rc = run_dir(p, o->rundir, left);
	if (rc == EXIT_OK)
		rc = conf_set_up(m, o);
	if (rc == EXIT_OK && !stated_init(&m->stated))
		rc = fail(EXIT_FAILED, "no randomness: %s", strerror(errno));
	if (rc == EXIT_OK && o->kernel_none)
		log_event(LEVEL_WARNING, "kernel-none",
		    "why=\"nothing is done in the kernel\"");
	else if (rc == EXIT_OK)
		rc = kernel_set_up(m, p);
	if (rc == EXIT_OK)
		rc = left->found == HANDOVER_TAKEN ?
		    sockets_left(m, &left->h) : sockets_set_up(m, p);
	m->pid_file = p->pid_fd;
	return rc;
}

static void
descend(struct monitor *m, const struct paths *p)
{
	sysctls_restore(&m->sysctls);
	fence_close(&m->fence);
	nl_free(m->nl);
	conffile_free(&m->files);
	if (m->boot.ctl >= 0)
		unlink(p->ctl);
	if (p->pid_fd >= 0)
		unlink(p->pid);
	crypto_fini();
}

/*
 * What to be replaced by: the file that we were started from, which another
 * one may have taken the place of.
 */
static void
program_set(struct monitor *m, char **argv)
{
	static char path[CONFFILE_PATH];
	ssize_t n;

	m->renew.argv = argv;
	m->renew.program = argv[0];
	if (argv[0][0] == '/')
		return;
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n > 0)
		m->renew.program = path;
}

int
main(int argc, char **argv)
{
	static struct monitor m = { .boot = { .ctl = -1, .conf = -1,
	    .fetch = -1 } };
	struct options o = { .conf = "/etc/vpnd/vpnd.conf",
	    .rundir = "/run/vpnd", .level = LEVEL_INFO };
	struct paths p = { .pid_fd = -1 };
	static struct left left;
	int rc = options_read(&o, argc, argv);

	if (rc != EXIT_OK)
		return rc;
	if (o.check)
		return check_only(&o);
	m.fence.at = INSTANT_NEVER;
	memset(m.boot.udp, -1, sizeof(m.boot.udp));
	heap_init();
	service_init();
	log_init(o.level);
	left.found = handover_take(&left.h, &left.octets, &left.why);
	m.boot.level = o.level;
	m.empty = p.empty;
	m.rundir = o.rundir;
	program_set(&m, argv);
	rc = climb(&m, &p, &o, &left);
	if (rc == EXIT_OK)
		records_left(&m, &left);
	heap_trim();
	if (rc == EXIT_OK)
		rc = monitor_run(&m);
	descend(&m, &p);
	return rc;
}
