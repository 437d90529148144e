/*
 * bgp trace: the daemon keeps the records of what happens for a while; here
 * they are fetched some times a second and written as they come, so that a
 * program that reads along has them at once.  What the daemon had no room for
 * is said at the end.
 */
#include "tools/trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/complain.h"
#include "tools/render.h"

#define PAUSE	200		/* milliseconds between looks */

struct trace {
	const struct client *client;
	const struct trace_options *o;
	const char	*file;
	FILE		*to;
	char		cursor[32];	/* "": it has not begun */
	uint64_t	records, octets, dropped;
	bool		more;		/* there are some at once */
};

static bool
has_enough(const struct trace *t)
{
	return t->o->count != 0 && t->records >= t->o->count;
}

static enum ctl_exit
failed(const struct trace *t)
{
	return complain(CTL_EXIT_FAILED, "%s: %s", t->file, strerror(errno));
}

static enum ctl_exit
put(struct trace *t, const char *hex)
{
	uint8_t record[8192];
	size_t n = strlen(hex) / 2;

	if (!str_unhex(record, sizeof(record), &n, hex))
		return complain(CTL_EXIT_FAILED, "vpnd's answer is not "
		    "understood");
	if (fwrite(record, 1, n, t->to) != n)
		return failed(t);
	t->records++;
	t->octets += n;
	return CTL_EXIT_OK;
}

static enum ctl_exit
put_page(struct trace *t, const json_t *list)
{
	enum ctl_exit rc = CTL_EXIT_OK;
	const json_t *record;
	size_t i;

	json_array_foreach(list, i, record) {
		const char *hex = json_string_value(record);

		if (has_enough(t))
			break;
		rc = put(t, hex == NULL ? "?" : hex);
		if (rc != CTL_EXIT_OK)
			return rc;
	}
	return fflush(t->to) == 0 ? rc : failed(t);
}

static json_t *
request_of(const struct trace *t)
{
	json_t *j = json_pack("{s:s}", "command",
	    ctl_command_str(CTL_BGP_TRACE));

	if (t->cursor[0] != '\0')
		json_object_set_new(j, "cursor", json_string(t->cursor));
	else if (t->o->name[0] != '\0')
		json_object_set_new(j, "name", json_string(t->o->name));
	return j;
}

static enum ctl_exit
look(struct trace *t)
{
	json_t *answer = NULL;
	enum ctl_exit rc = client_ask(t->client, request_of(t), &answer);

	/* What an earlier one has left is there until this one begins. */
	if (rc == CTL_EXIT_OK && t->cursor[0] == '\0' && t->to != stdout &&
	    ftruncate(fileno(t->to), 0) != 0)
		rc = failed(t);
	if (rc == CTL_EXIT_OK) {
		str_set(t->cursor, sizeof(t->cursor),
		    answer_text(answer, "cursor"));
		t->dropped = (uint64_t)json_integer_value(
		    json_object_get(answer, "dropped"));
		t->more = json_is_true(json_object_get(answer, "more"));
		rc = put_page(t, json_object_get(answer, "records"));
	}
	json_decref(answer);
	return rc;
}

/* The daemon need not wait for us to have gone. */
static void
end(struct trace *t)
{
	json_t *j = request_of(t), *answer = NULL;

	json_object_set_new(j, "what", json_string(
	    ctl_what_str(CTL_WHAT_END)));
	client_ask(t->client, j, &answer);
	json_decref(answer);
}

/* False: somebody wants an end of it. */
static bool
wait_for_more(const struct trace *t, const sigset_t *stop)
{
	const struct timespec pause = {
		.tv_nsec = t->more ? 0 : PAUSE * 1000000L,
	};

	return sigtimedwait(stop, NULL, &pause) < 0;
}

/* A signal is taken between two looks, not amid one. */
static enum ctl_exit
follow(struct trace *t)
{
	int64_t until = client_now() + (int64_t)t->o->seconds * 1000;
	enum ctl_exit rc;
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	rc = look(t);
	while (rc == CTL_EXIT_OK && !has_enough(t) &&
	    (t->o->seconds == 0 || client_now() < until) &&
	    wait_for_more(t, &stop))
		rc = look(t);
	if (rc == CTL_EXIT_OK)
		end(t);
	return rc;
}

static void
say_end(const struct trace *t, bool json)
{
	json_t *j;

	if (!json) {
		fprintf(stderr, "%llu records, %llu dropped\n",
		    (unsigned long long)t->records,
		    (unsigned long long)t->dropped);
		return;
	}
	j = json_pack("{s:s, s:I, s:I, s:I}", "file", t->file, "records",
	    (json_int_t)t->records, "dropped", (json_int_t)t->dropped,
	    "octets", (json_int_t)t->octets);
	render_json(j);
	json_decref(j);
}

enum ctl_exit
trace_run(const struct client *c, bool json, const struct trace_options *o)
{
	bool piped = strcmp(o->file, "-") == 0;
	struct trace t = { .client = c, .o = o,
		.file = piped ? "standard output" : o->file };
	enum ctl_exit rc;

	if (piped && json)
		return complain(CTL_EXIT_USAGE, "--json says what was written "
		    "to a file: name one");
	if (piped && isatty(STDOUT_FILENO))
		return complain(CTL_EXIT_USAGE, "a trace is not for a "
		    "terminal: name a file, or send it into a program");
	t.to = piped ? stdout : fopen(o->file, "ae");
	if (t.to == NULL)
		return failed(&t);
	rc = follow(&t);
	if (!piped && fclose(t.to) != 0 && rc == CTL_EXIT_OK)
		rc = failed(&t);
	if (rc == CTL_EXIT_OK)
		say_end(&t, json);
	return rc;
}
