/*
 * up, down, rekey and replace-tunnel: the daemon answers them at once, and what
 * people and scripts want to know is when it is done.  So the tunnels are looked
 * at ten times a second until each satisfies its command's condition.
 */
#include "tools/wait.h"

#include <string.h>
#include <time.h>

#include "tools/complain.h"
#include "util/array.h"

#define POLL_MS	100

struct wait {
	const struct client *client;
	enum ctl_command command;
	const char	*name, *what;
	json_t		*before;	/* as it was; owned */
};

static const json_t *
tunnel_named(const json_t *answer, const char *name)
{
	const json_t *list = json_object_get(answer, "tunnels"), *t;
	size_t i;

	json_array_foreach(list, i, t) {
		if (strcmp(answer_text(t, "name"), name) == 0)
			return t;
	}
	return NULL;
}

static json_int_t
rekeys(const json_t *tunnel, const char *what)
{
	return json_integer_value(json_object_get(json_object_get(tunnel,
	    what), "rekeys"));
}

static bool
is_up(const struct wait *w, const json_t *t)
{
	(void)w;
	return strcmp(answer_text(t, "state"), "UP") == 0;
}

static bool
is_down(const struct wait *w, const json_t *t)
{
	(void)w;
	return strcmp(answer_text(t, "state"), "DOWN") == 0 &&
	    strcmp(answer_text(t, "layer"), "admin") == 0;
}

static bool
is_rekeyed(const struct wait *w, const json_t *t)
{
	const json_t *was = tunnel_named(w->before, answer_text(t, "name"));

	return rekeys(t, w->what) > rekeys(was, w->what);
}

/* It is up since another moment, and nothing goes on any more. */
static bool
is_replaced(const struct wait *w, const json_t *t)
{
	const json_t *was = tunnel_named(w->before, answer_text(t, "name"));

	return is_up(w, t) && !json_is_true(json_object_get(
	    json_object_get(t, "maintenance"), "replacing")) &&
	    strcmp(answer_text(t, "since"), answer_text(was, "since")) != 0;
}

static const struct {
	bool		(*done)(const struct wait *, const json_t *);
	const char	*still;		/* when the tunnel has no reason */
} conditions[CTL_COMMANDS] = {
	[CTL_UP] = { is_up, "not up" },
	[CTL_DOWN] = { is_down, "still up" },
	[CTL_REKEY] = { is_rekeyed, "the rekey is not done" },
	[CTL_REPLACE] = { is_replaced, "it is being replaced" },
};

static enum ctl_exit
look(const struct wait *w, json_t **answer)
{
	return client_ask(w->client, json_pack("{s:s, s:s}", "command",
	    ctl_command_str(CTL_SHOW), "name", w->name), answer);
}

/* The first tunnel that is not there yet, or NULL. */
static const json_t *
laggard(const struct wait *w, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "tunnels"), *t;
	size_t i;

	/* One that ends is not shown, and its successor is not there yet. */
	if (w->command == CTL_REPLACE && json_array_size(list) == 0)
		return tunnel_named(w->before, w->name);
	json_array_foreach(list, i, t) {
		if (!conditions[w->command].done(w, t))
			return t;
	}
	return NULL;
}

static enum ctl_exit
timed_out(const struct wait *w, const json_t *t)
{
	const char *layer = answer_text(t, "layer");
	const char *reason = answer_text(t, "reason");

	if (reason[0] == '\0' && layer[0] == '\0')
		reason = conditions[w->command].still;
	return complain(CTL_EXIT_TIMEOUT, "%s: timed out after %u s: %s%s%s",
	    answer_text(t, "name"), w->client->timeout, layer,
	    layer[0] != '\0' && reason[0] != '\0' ? ": " : "", reason);
}

static enum ctl_exit
watch(const struct wait *w, json_t **answer)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	int64_t deadline = client_now() + (int64_t)w->client->timeout * 1000;

	for (;;) {
		json_t *seen = NULL;
		enum ctl_exit rc = look(w, &seen);
		const json_t *late;

		if (rc != CTL_EXIT_OK)
			return rc;
		late = laggard(w, seen);
		if (late == NULL) {
			*answer = seen;
			return CTL_EXIT_OK;
		}
		if (client_now() >= deadline)
			rc = timed_out(w, late);
		json_decref(seen);
		if (rc != CTL_EXIT_OK)
			return rc;
		nanosleep(&pause, NULL);
	}
}

static json_t *
request(const struct wait *w)
{
	json_t *j = json_pack("{s:s, s:s}", "command",
	    ctl_command_str(w->command), "name", w->name);

	if (w->command == CTL_REKEY || (w->command == CTL_REPLACE &&
	    w->what[0] != '\0'))
		json_object_set_new(j, "what", json_string(w->what));
	return j;
}

enum ctl_exit
wait_for(const struct client *c, enum ctl_command command, const char *name,
    const char *what, json_t **answer)
{
	struct wait w = {
		.client = c, .command = command, .name = name, .what = what,
	};
	enum ctl_exit rc = look(&w, &w.before);
	json_t *ok = NULL;

	if (rc == CTL_EXIT_OK)
		rc = client_ask(c, request(&w), &ok);
	json_decref(ok);
	if (rc == CTL_EXIT_OK)
		rc = watch(&w, answer);
	json_decref(w.before);
	return rc;
}
