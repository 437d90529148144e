/*
 * One reading of everything that metrics are made of.  The parts are read one
 * after the other, within milliseconds.
 */
#include "tools/sample.h"

#include <string.h>
#include <time.h>

#include "tools/traffic.h"

static int64_t
wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Hands over a member of an answer. */
static json_t *
take(json_t *answer, const char *key)
{
	return json_incref(json_object_get(answer, key));
}

static void
add_counters(json_t *by_name, const json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		const char *name = answer_text(row, "name");
		json_t *list = json_object_get(by_name, name);

		if (list == NULL) {
			list = json_array();
			json_object_set_new(by_name, name, list);
		}
		json_array_append(list, row);
	}
}

static enum ctl_exit
take_counters(struct sample *s, const struct client *c)
{
	char cursor[32] = "";
	enum ctl_exit rc;

	do {
		json_t *request = json_pack("{s:s}", "command",
		    ctl_command_str(CTL_COUNTERS));
		json_t *answer = NULL;

		if (cursor[0] != '\0')
			json_object_set_new(request, "cursor",
			    json_string(cursor));
		rc = client_ask(c, request, &answer);
		if (rc == CTL_EXIT_OK)
			add_counters(s->counters, json_object_get(answer,
			    "counters"));
		str_set(cursor, sizeof(cursor), answer_text(answer, "cursor"));
		json_decref(answer);
	} while (rc == CTL_EXIT_OK && cursor[0] != '\0');
	return rc;
}

static void
index_tunnels(struct sample *s)
{
	json_t *t;
	size_t i;

	s->by_name = json_object();
	json_array_foreach(s->tunnels, i, t)
		json_object_set(s->by_name, answer_text(t, "name"), t);
}

static enum ctl_exit
take_tunnels(struct sample *s, const struct client *c)
{
	json_t *answer = NULL;
	enum ctl_exit rc = client_ask(c, json_pack("{s:s}", "command",
	    ctl_command_str(CTL_SHOW)), &answer);

	s->tunnels = take(answer, "tunnels");
	json_decref(answer);
	index_tunnels(s);
	return rc != CTL_EXIT_OK ? rc : traffic_add(s->tunnels);
}

enum ctl_exit
sample_take(struct sample *out, const struct client *c)
{
	struct sample s = { .wall_ms = wall_ms(), .counters = json_object() };
	enum ctl_exit rc = take_tunnels(&s, c);

	if (rc == CTL_EXIT_OK)
		rc = take_counters(&s, c);
	if (rc != CTL_EXIT_OK) {
		sample_free(&s);
		return rc;
	}
	s.errors = traffic_errors();
	*out = s;
	return CTL_EXIT_OK;
}

void
sample_free(struct sample *s)
{
	json_decref(s->tunnels);
	json_decref(s->by_name);
	json_decref(s->counters);
	json_decref(s->errors);
	*s = (struct sample){ 0 };
}

const json_t *
sample_tunnel(const struct sample *s, const char *name)
{
	return json_object_get(s->by_name, name);
}

const char *
sample_tunnel_ip(const json_t *tunnel)
{
	bool hub = strcmp(answer_text(tunnel, "role"), "hub") == 0;

	return answer_text(tunnel, hub ? "local_outside_ip_address" :
	    "remote_outside_ip_address");
}
