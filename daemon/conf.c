/*
 * The configuration in force: what it lacks is said in the log, it is taken
 * into use by whatever of the monitor depends on it, and the engine is told.
 * What finds no room in the channel is told later: an engine must not go on
 * with what nobody wants any more.  A new engine begins with it.
 */
#include "daemon/conf.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "daemon/heap.h"
#include "daemon/log.h"
#include "daemon/mono.h"

static void
warn_line(const char *line)
{
	char quoted[LOG_QUOTE_LEN];

	log_event(LEVEL_WARNING, "secret-missing", "why=%s",
	    log_quote(quoted, line));
}

static void
warn_cert(const char *line)
{
	char quoted[LOG_QUOTE_LEN];

	log_event(LEVEL_WARNING, "certificate", "why=%s",
	    log_quote(quoted, line));
}

void
conf_warn(const struct conffile *files)
{
	conffile_keyless(files, warn_line);
	certfiles_warn(files->conf, (int64_t)time(NULL), warn_cert);
}

/* The configuration in force, whole. */
static bool
tell_conf(struct monitor *m)
{
	struct kern_event e;

	monitor_event_init(&e, KERN_RELOADED);
	e.conn.fd = conffile_memfd(&m->files);
	if (e.conn.fd < 0) {
		log_event(LEVEL_ERROR, "reload-late", "error=%d", -e.conn.fd);
		return false;
	}
	if (chan_put_event(m->chan, &e))
		return true;
	close(e.conn.fd);
	return false;
}

static bool
tell_pending(struct monitor *m)
{
	struct kern_event e;

	monitor_event_init(&e, KERN_PENDING);
	e.pending.seconds = apply_left(&m->apply, mono_now());
	return chan_put_event(m->chan, &e);
}

void
conf_tell(struct monitor *m, unsigned what)
{
	m->untold |= what;
	if (m->chan == NULL)
		return;
	if ((m->untold & TELL_CONF) && tell_conf(m))
		m->untold &= ~(unsigned)TELL_CONF;
	if ((m->untold & TELL_PENDING) && tell_pending(m))
		m->untold &= ~(unsigned)TELL_PENDING;
}

struct conffile
conf_use(struct monitor *m, const struct conffile *fresh)
{
	struct conffile was = m->files;

	m->files = *fresh;
	tickets_mark(&m->tickets, &m->files);
	heap_trim();
	conf_warn(&m->files);
	helper_conf(&m->fetcher, m->files.conf);
	if (m->nl != NULL)
		sysctls_set(&m->sysctls, m->files.conf);
	conf_tell(m, TELL_CONF);
	return was;
}

static bool
read_again(struct monitor *m, struct conffile *fresh, struct reason *why)
{
	const struct conffile_from from = { .path = m->files.path,
	    .secrets = m->secrets };

	if (!m->apply.pending)
		return conffile_load(fresh, &from, why);
	reason_set(why, "a configuration waits to be confirmed: confirm or "
	    "undo it first");
	return false;
}

bool
conf_reload(struct monitor *m, struct reason *why)
{
	char quoted[LOG_QUOTE_LEN];
	struct conffile fresh, was;

	if (!read_again(m, &fresh, why)) {
		log_event(LEVEL_ERROR, "reload-failed", "why=%s",
		    log_quote(quoted, why->s));
		return false;
	}
	was = conf_use(m, &fresh);
	conffile_free(&was);
	heap_trim();
	log_event(LEVEL_INFO, "reloaded", "file=%s", m->files.path);
	return true;
}
