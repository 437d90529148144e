/*
 * A configuration on trial.  The candidate is a file that root has put beside
 * the control socket: the engine, which passes the request on, only has its
 * name.  It is checked as at a start, written beside the installed file, which
 * stays what it was, and taken into use; what ran before stays in memory, with
 * its keys, so that going back needs no file and cannot fail.  The time runs
 * here, whatever becomes of the client and of the engine.  Confirmed, the
 * candidate replaces the file (stage.c); and since only that does, a start
 * after any kind of end is with what was confirmed last.
 */
#include "daemon/apply.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/conf.h"
#include "daemon/log.h"
#include "daemon/mono.h"
#include "daemon/stage.h"

static int
cannot(const struct stage *s, const char *path, int error, struct reason *why)
{
	reason_set(why, "cannot replace %.100s: %s: %s", path, s->what,
	    strerror(-error));
	return -error;
}

uint32_t
apply_left(const struct apply *a, struct instant now)
{
	int64_t ns = instant_since(a->undo_at, now).ns;

	if (!a->pending)
		return 0;
	return ns <= 0 ? 1 : (uint32_t)((ns + 999999999) / 1000000000);
}

static void
settle(struct monitor *m)
{
	conffile_free(&m->apply.previous);
	m->apply.pending = false;
	m->apply.undo_at = INSTANT_NEVER;
	conf_tell(m, TELL_PENDING);
}

/* --- files --- */

static int
write_candidate(const struct conffile *c, struct reason *why)
{
	struct stage s;
	int rc = stage_open(&s, c->path);

	if (rc == 0)
		rc = stage_write(&s, bytes_of(c->text, c->n));
	return rc < 0 ? cannot(&s, c->path, rc, why) : 0;
}

static int
keep(const struct conffile *c, struct reason *why)
{
	bool kept = true, synced = true;
	struct stage s;
	int rc = stage_open(&s, c->path);

	if (rc == 0)
		rc = stage_write(&s, bytes_of(c->text, c->n));
	if (rc == 0)
		rc = stage_commit(&s, &kept, &synced);
	if (rc < 0)
		return cannot(&s, c->path, rc, why);
	if (!synced)
		log_event(LEVEL_WARNING, "apply-not-synced", "file=%s error=%d",
		    c->path, errno);
	if (!kept)
		log_event(LEVEL_WARNING, "previous-lost", "file=%s",
		    s.previous);
	return 0;
}

static bool
drop_candidate(const struct conffile *c)
{
	struct stage s;

	return stage_open(&s, c->path) == 0 && stage_drop(&s);
}

static bool
same_text(const struct conffile *a, const struct conffile *b)
{
	return a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

/* Who has edited the file itself could not go back after a restart. */
static bool
is_installed_already(const struct monitor *m, const struct conffile *fresh)
{
	return !same_text(fresh, &m->files) &&
	    conffile_holds(m->files.path, bytes_of(fresh->text, fresh->n));
}

/* --- what is asked --- */

static int
load(struct monitor *m, const struct kern_apply *a, struct conffile *fresh,
    struct reason *why)
{
	char path[CONFFILE_PATH];
	const struct conffile_from from = { .path = m->files.path,
	    .candidate = path, .secrets = m->secrets };
	bool ok;

	str_fmt(path, sizeof(path), "%s/candidate.%s", m->rundir, a->token);
	ok = conffile_load(fresh, &from, why);
	unlink(path);
	if (!ok)
		return EINVAL;
	if (conffile_complete(fresh, why))
		return 0;
	conffile_free(fresh);
	return EINVAL;
}

static int
start(struct monitor *m, const struct kern_apply *a, struct conffile *fresh,
    struct reason *why)
{
	int error;

	if (a->seconds == 0)
		return keep(fresh, why);
	if (is_installed_already(m, fresh)) {
		reason_set(why, "%.100s holds it already, and would after a "
		    "restart: put back what is to be kept there, and apply "
		    "another file", m->files.path);
		return EEXIST;
	}
	error = write_candidate(fresh, why);
	if (error != 0)
		return error;
	m->apply.pending = true;
	m->apply.undo_at = instant_after(mono_now(), span_s(a->seconds));
	return 0;
}

static int
busy(const struct monitor *m, struct reason *why)
{
	reason_set(why, "a configuration waits to be confirmed (%u s are "
	    "left): confirm or undo it first",
	    apply_left(&m->apply, mono_now()));
	return EBUSY;
}

static int
begin(struct monitor *m, const struct kern_apply *a, struct reason *why)
{
	struct conffile fresh, was;
	int error;

	if (m->apply.pending)
		return busy(m, why);
	if (m->renew.leaving) {
		reason_set(why, "a restart is under way");
		return EBUSY;
	}
	error = load(m, a, &fresh, why);
	if (error != 0)
		return error;
	error = start(m, a, &fresh, why);
	if (error != 0) {
		conffile_free(&fresh);
		return error;
	}
	was = conf_use(m, &fresh);
	if (a->seconds == 0) {
		conffile_free(&was);
		log_event(LEVEL_INFO, "applied", "file=%s", m->files.path);
		return 0;
	}
	m->apply.previous = was;
	conf_tell(m, TELL_PENDING);
	log_event(LEVEL_WARNING, "apply-pending", "file=%s seconds=%u",
	    m->files.path, a->seconds);
	return 0;
}

static int
nothing(struct reason *why)
{
	reason_set(why, "no configuration waits to be confirmed");
	return ENOENT;
}

static int
confirm(struct monitor *m, struct reason *why)
{
	int error;

	if (!m->apply.pending)
		return nothing(why);
	error = keep(&m->files, why);
	if (error != 0)
		return error;
	settle(m);
	log_event(LEVEL_INFO, "apply-confirmed", "file=%s", m->files.path);
	return 0;
}

static int
undo(struct monitor *m, const char *because, struct reason *why)
{
	char quoted[LOG_QUOTE_LEN];
	struct conffile was;

	if (!m->apply.pending)
		return nothing(why);
	drop_candidate(&m->files);
	was = conf_use(m, &m->apply.previous);
	conffile_free(&was);
	m->apply.previous = (struct conffile){ 0 };
	settle(m);
	log_event(LEVEL_WARNING, "apply-undone", "file=%s why=%s",
	    m->files.path, log_quote(quoted, because));
	return 0;
}

int
apply_run(struct monitor *m, const struct kern_op *op, struct reason *why)
{
	if (op->kind == KERN_APPLY)
		return begin(m, &op->apply, why);
	if (op->kind == KERN_CONFIRM)
		return confirm(m, why);
	return undo(m, "somebody asked for it", why);
}

/* --- time --- */

void
apply_init(struct monitor *m)
{
	m->apply = (struct apply){ .undo_at = INSTANT_NEVER };
	if (drop_candidate(&m->files))
		log_event(LEVEL_WARNING, "apply-undone", "file=%s "
		    "why=\"the daemon ended before it was confirmed\"",
		    m->files.path);
}

void
apply_fini(struct monitor *m)
{
	if (m->apply.pending && drop_candidate(&m->files))
		log_event(LEVEL_WARNING, "apply-undone", "file=%s "
		    "why=\"the daemon ends before it is confirmed\"",
		    m->files.path);
	conffile_free(&m->apply.previous);
	m->apply.pending = false;
}

void
apply_forget(struct apply *a)
{
	conffile_forget(&a->previous);
}

void
apply_tick(struct monitor *m, struct instant now)
{
	struct reason why;

	if (m->apply.pending && !m->stopping &&
	    instant_due(m->apply.undo_at, now))
		undo(m, "it was not confirmed in time", &why);
}
