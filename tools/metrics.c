/*
 * Metrics, once or again and again, to standard output or to a file that is
 * always whole: it is written beside and renamed, as the textfile collector of
 * node_exporter wants it.  When the daemon does not answer, the text formats
 * say just that; the next round tries again.
 */
#include "tools/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/complain.h"
#include "tools/emf.h"
#include "tools/families.h"
#include "util/array.h"

#define PATH_LEN	4096
#define NAMESPACE	"vpnd"

struct metrics {
	const struct client *client;
	const struct metrics_options *o;
	struct sample	before;
	bool		has_before;
};

static const char *const formats[METRICS_FORMATS] = {
	[METRICS_OPENMETRICS] = "openmetrics",
	[METRICS_PROMETHEUS] = "prometheus",
	[METRICS_EMF] = "emf",
};

bool
metrics_format(const char *s, enum metrics_format *out)
{
	for (unsigned i = 0; i < ARRAY_SIZE(formats); i++) {
		if (strcmp(s, formats[i]) == 0) {
			*out = (enum metrics_format)i;
			return true;
		}
	}
	return false;
}

/* now NULL: the daemon did not answer. */
static void
put(const struct metrics *m, const struct sample *now, FILE *to)
{
	const char *name_space = m->o->name_space;

	if (m->o->format != METRICS_EMF)
		families_write(now, to, m->o->format == METRICS_PROMETHEUS ?
		    EXPOSITION_PROMETHEUS : EXPOSITION_OPENMETRICS);
	else if (now != NULL)
		emf_write(now, m->has_before ? &m->before : NULL,
		    name_space != NULL ? name_space : NAMESPACE, to);
}

static enum ctl_exit
failed(const char *file)
{
	return complain(CTL_EXIT_FAILED, "%s: %s", file, strerror(errno));
}

static enum ctl_exit
put_file(const struct metrics *m, const struct sample *now)
{
	char part[PATH_LEN];
	bool ok;
	FILE *f;
	int fd;

	str_fmt(part, sizeof(part), "%s.XXXXXX", m->o->out);
	fd = mkstemp(part);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (f == NULL)
		return failed(m->o->out);
	/* Who collects it is not root. */
	ok = fchmod(fd, 0644) == 0;
	put(m, now, f);
	ok = fclose(f) == 0 && ok && rename(part, m->o->out) == 0;
	if (ok)
		return CTL_EXIT_OK;
	failed(m->o->out);
	unlink(part);
	return CTL_EXIT_FAILED;
}

/* Lines of EMF are a log: they go behind those that are there. */
static enum ctl_exit
add_to_file(const struct metrics *m, const struct sample *now)
{
	FILE *f = fopen(m->o->out, "ae");

	if (f == NULL)
		return failed(m->o->out);
	put(m, now, f);
	return fclose(f) == 0 ? CTL_EXIT_OK : failed(m->o->out);
}

static enum ctl_exit
put_out(const struct metrics *m, const struct sample *now)
{
	if (m->o->out != NULL)
		return m->o->format == METRICS_EMF ? add_to_file(m, now) :
		    put_file(m, now);
	put(m, now, stdout);
	return fflush(stdout) == 0 ? CTL_EXIT_OK : failed("standard output");
}

/* *written: what there was to say is out. */
static enum ctl_exit
once(struct metrics *m, bool *written)
{
	struct sample now = { 0 };
	enum ctl_exit rc = sample_take(&now, m->client), out;
	bool answered = rc == CTL_EXIT_OK;

	out = put_out(m, answered ? &now : NULL);
	*written = out == CTL_EXIT_OK;
	if (!answered)
		return rc;
	sample_free(&m->before);
	m->before = now;
	m->has_before = true;
	return out;
}

static void
sleep_until(int64_t ms)
{
	int64_t left;

	while ((left = ms - client_now()) > 0) {
		struct timespec t = { .tv_sec = (time_t)(left / 1000),
		    .tv_nsec = (long)(left % 1000) * 1000000 };

		nanosleep(&t, NULL);
	}
}

enum ctl_exit
metrics_run(const struct client *c, const struct metrics_options *o)
{
	struct metrics m = { .client = c, .o = o };
	int64_t next = client_now();
	enum ctl_exit rc;
	bool written;

	if (o->name_space != NULL && o->format != METRICS_EMF)
		return complain(CTL_EXIT_USAGE, "--namespace is for --format "
		    "emf");
	do {
		rc = once(&m, &written);
		next += (int64_t)o->every * 1000;
		if (next < client_now())
			next = client_now();
		if (o->every > 0 && written)
			sleep_until(next);
	} while (o->every > 0 && written);
	sample_free(&m.before);
	return rc;
}
