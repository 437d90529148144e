/*
 * The views: which columns and fields, and how the few values read that are
 * not plain texts and numbers.  Widths, padding and printing are render.c's.
 */
#include "tools/view.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/client.h"
#include "tools/render.h"
#include "util/array.h"
#include "util/str.h"

/* The two largest units that are not zero: "3m12s", "2d4h". */
static void
span_text(int64_t s, char *buf, size_t size)
{
	static const struct {
		int64_t	s;
		char	unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && s < units[i].s)
		i++;
	str_fmt(buf, size, "%lld%c", (long long)(s / units[i].s),
	    units[i].unit);
	s %= units[i].s;
	if (i + 1 < ARRAY_SIZE(units) && s >= units[i + 1].s)
		str_add(buf, size, "%lld%c", (long long)(s / units[i + 1].s),
		    units[i + 1].unit);
}

/* False: no such time. */
static bool
age_text(const json_t *j, char *buf, size_t size)
{
	const char *s = json_string_value(j);
	struct tm tm = { 0 };
	time_t now = time(NULL), then;
	const char *end;

	end = s != NULL ? strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
	if (end == NULL || *end != '\0')
		return false;
	then = timegm(&tm);
	span_text(now > then ? (int64_t)(now - then) : 0, buf, size);
	return true;
}

void
view_age(const json_t *j, char *buf, size_t size)
{
	age_text(j, buf, size);
}

void
view_since(const json_t *j, char *buf, size_t size)
{
	char age[32];

	str_set(buf, size, json_is_string(j) ? json_string_value(j) : "");
	if (age_text(j, age, sizeof(age)))
		str_add(buf, size, " (%s ago)", age);
}

/* "draining to 192.0.2.9, staying: reason" */
static void
add_drain(const json_t *drain, char *buf, size_t size)
{
	const char *state = answer_text(drain, "state");
	const char *to = answer_text(drain, "to");
	const char *reason = answer_text(drain, "reason");

	if (state[0] == '\0' || strcmp(state, "off") == 0)
		return;
	str_add(buf, size, "%sdraining%s%s, %s%s%s",
	    buf[0] != '\0' ? "; " : "", to[0] != '\0' ? " to " : "", to,
	    state, reason[0] != '\0' ? ": " : "", reason);
}

static void
add_maintenance(const json_t *m, char *buf, size_t size)
{
	const char *after = answer_text(m, "auto_applied_after");

	if (json_is_true(json_object_get(m, "replacing")))
		str_add(buf, size, "%sbeing replaced",
		    buf[0] != '\0' ? "; " : "");
	if (!json_is_true(json_object_get(m, "pending")))
		return;
	str_add(buf, size, "%smaintenance pending",
	    buf[0] != '\0' ? "; " : "");
	if (after[0] != '\0')
		str_add(buf, size, ", applied after %s", after);
}

/* "ike: reason", and how far it is with draining */
static void
format_why(const json_t *tunnel, char *buf, size_t size)
{
	const char *layer = answer_text(tunnel, "layer");
	const char *reason = answer_text(tunnel, "reason");

	str_fmt(buf, size, "%s%s%s", layer,
	    layer[0] != '\0' && reason[0] != '\0' ? ": " : "", reason);
	add_drain(json_object_get(tunnel, "drain"), buf, size);
	add_maintenance(json_object_get(tunnel, "maintenance"), buf, size);
}

static void
format_hex(const json_t *j, char *buf, size_t size)
{
	if (json_is_integer(j))
		str_fmt(buf, size, "0x%llx",
		    (long long)json_integer_value(j));
}

static const struct render_column tunnels[] = {
	{ "TUNNEL", "name", NULL },
	{ "STATE", "state", NULL },
	{ "IKE", "ike.state", NULL },
	{ "CHILD", "child.state", NULL },
	{ "INTERFACE", "interface.name", NULL },
	{ "BGP", "bgp.state", NULL },
	{ "ROUTES", "routes", NULL },
	{ "SINCE", "since", view_age },
	{ "WHY", "", format_why },
};

static const struct render_field tunnel_fields[] = {
	{ "since", view_since },
	{ "interface.if_id", format_hex },
};

void
view_apply(const json_t *answer)
{
	const json_t *apply = json_object_get(answer, "apply");
	const json_t *left = json_object_get(apply, "seconds_left");
	char span[32];

	if (!json_is_true(json_object_get(apply, "pending")))
		return;
	span_text(json_integer_value(left), span, sizeof(span));
	printf("this configuration is undone at %s (in %s) unless \"vpnctl "
	    "confirm\" comes first\n", answer_text(apply, "until"), span);
}

/* Those who read the table in a program stop at the empty line. */
void
view_tunnels(const json_t *answer)
{
	render_table(tunnels, ARRAY_SIZE(tunnels),
	    json_object_get(answer, "tunnels"), true);
	if (json_is_true(json_object_get(json_object_get(answer, "apply"),
	    "pending")))
		printf("\n");
	view_apply(answer);
}

void
view_tunnel(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "tunnels"), *t;
	size_t i;

	json_array_foreach(list, i, t) {
		if (i > 0)
			printf("\n");
		render_fields(tunnel_fields, ARRAY_SIZE(tunnel_fields), t,
		    "tunnel");
	}
}

static const struct render_column counters[] = {
	{ "NAME", "name", NULL },
	{ "TUNNEL", "tunnel", NULL },
	{ "VALUE", "value", NULL },
	{ "UNIT", "unit", NULL },
};

void
view_counters(const json_t *rows, bool first)
{
	render_table(counters, ARRAY_SIZE(counters), rows, first);
}

/* --- explain --- */

static void
explain_line(const char *name, const char *value)
{
	char text[RENDER_CELL];

	str_set(text, sizeof(text), value);
	render_plain(text);
	if (text[0] != '\0')
		printf("  %-14s %s\n", name, text);
}

static void
explain_facts(const json_t *facts)
{
	const json_t *f;
	size_t i;

	json_array_foreach(facts, i, f)
		explain_line(answer_text(f, "name"), answer_text(f, "value"));
}

static void
explain_failure(const json_t *f)
{
	char at[64];

	view_since(json_object_get(f, "at"), at, sizeof(at));
	printf("\n");
	explain_line("last failure", answer_text(f, "text"));
	explain_line("at", at);
	explain_line("code", answer_text(f, "code"));
	explain_facts(json_object_get(f, "facts"));
	explain_line("look at", answer_text(f, "remedy"));
}

static void
explain_one(const json_t *e)
{
	const json_t *failure = json_object_get(e, "failure");
	char text[RENDER_CELL];

	view_since(json_object_get(e, "since"), text, sizeof(text));
	printf("%s is %s%s%s\n", answer_text(e, "name"),
	    answer_text(e, "state"), text[0] != '\0' ? " since " : "", text);
	format_why(e, text, sizeof(text));
	explain_line("why", text);
	explain_facts(json_object_get(e, "facts"));
	if (failure != NULL)
		explain_failure(failure);
}

void
view_explain(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "explained"), *e;
	size_t i;

	json_array_foreach(list, i, e) {
		if (i > 0)
			printf("\n");
		explain_one(e);
	}
}
