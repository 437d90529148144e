/*
 * The views of routes, of BGP and of BFD: which columns and fields, and how the values
 * read that are not plain texts and numbers.
 */
#include "tools/view.h"

#include <stdio.h>
#include <string.h>

#include "tools/client.h"
#include "tools/render.h"
#include "util/array.h"
#include "util/str.h"

/* "169.254.10.2 vpn1 (vpn-branch1/1), eth1 (vpc-prod), ..." */
static void
format_hops(const json_t *hops, char *buf, size_t size)
{
	const json_t *h;
	size_t i;

	json_array_foreach(hops, i, h) {
		const char *gateway = answer_text(h, "gateway");

		str_add(buf, size, "%s%s%s%s (%s)", i > 0 ? ", " : "",
		    gateway, gateway[0] != '\0' ? " " : "",
		    answer_text(h, "device"), answer_text(h,
		    json_object_get(h, "vpc") != NULL ? "vpc" : "tunnel"));
	}
}

/* "{65003,65004}": in no order (RFC 4271 section 4.3 b). */
static void
format_set(const json_t *set, char *buf, size_t size)
{
	const json_t *as;
	size_t i;

	json_array_foreach(set, i, as)
		str_add(buf, size, "%s%lld", i > 0 ? "," : "{",
		    (long long)json_integer_value(as));
	str_add(buf, size, "}");
}

static void
format_path(const json_t *path, char *buf, size_t size)
{
	const json_t *as;
	size_t i;

	json_array_foreach(path, i, as) {
		str_add(buf, size, "%s", i > 0 ? " " : "");
		if (json_is_array(as))
			format_set(as, buf, size);
		else
			str_add(buf, size, "%lld",
			    (long long)json_integer_value(as));
	}
}

/* What a path is used for. */
static void
format_use(const json_t *path, char *buf, size_t size)
{
	if (json_is_true(json_object_get(path, "best")))
		str_set(buf, size, "best");
	else if (json_is_true(json_object_get(path, "multipath")))
		str_set(buf, size, "multipath");
	else if (json_is_true(json_object_get(path, "accepted")))
		str_set(buf, size, "spare");
	else
		str_set(buf, size, "refused");
	if (json_is_true(json_object_get(path, "stale")))
		str_add(buf, size, ", stale");
}

static void
format_list(const json_t *list, char *buf, size_t size)
{
	const json_t *e;
	size_t i;

	json_array_foreach(list, i, e)
		str_add(buf, size, "%s%s", i > 0 ? " " : "",
		    json_string_value(e));
}

/* All kinds of them in one cell. */
static void
format_communities(const json_t *path, char *buf, size_t size)
{
	static const char *const keys[] = { "communities",
	    "large_communities", "extended_communities" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const json_t *list = json_object_get(path, keys[i]);

		if (buf[0] != '\0' && json_array_size(list) > 0)
			str_add(buf, size, " ");
		format_list(list, buf, size);
	}
}

/* "b1/1 id 7": one of several paths of a neighbor (RFC 7911). */
static void
format_from(const json_t *path, char *buf, size_t size)
{
	const json_t *id = json_object_get(path, "path_id");

	str_set(buf, size, answer_text(path, "from"));
	if (json_is_integer(id))
		str_add(buf, size, " id %lld",
		    (long long)json_integer_value(id));
}

static void
format_ms(const json_t *j, char *buf, size_t size)
{
	if (json_integer_value(j) > 0)
		str_fmt(buf, size, "%lld ms",
		    (long long)json_integer_value(j));
}

static const struct render_column sessions[] = {
	{ "TUNNEL", "tunnel", NULL },
	{ "STATE", "state", NULL },
	{ "PEER", "remote.state", NULL },
	{ "SENDS EVERY", "tx_interval_ms", format_ms },
	{ "DETECTS IN", "detect_time_ms", format_ms },
	{ "SINCE", "since", view_age },
	{ "WHY", "reason", NULL },
};

static const struct render_field session_fields[] = {
	{ "since", view_since },
};

/* Where packets to there go. */
static void
format_way(const json_t *route, char *buf, size_t size)
{
	if (json_is_true(json_object_get(route, "blackhole")))
		str_set(buf, size, "blackhole");
	else
		format_hops(json_object_get(route, "nexthops"), buf, size);
}

static const struct render_column tables[] = {
	{ "NAME", "name", NULL },
	{ "TABLE", "table", NULL },
	{ "STATE", "state", NULL },
	{ "VRF", "vrf", NULL },
	{ "ASSOCIATED", "associated", format_list },
	{ "PROPAGATED BY", "propagated", format_list },
	{ "WHY", "reason", NULL },
};

static const struct render_column routes[] = {
	{ "PREFIX", "prefix", NULL },
	{ "TABLE", "table_name", NULL },
	{ "STATE", "state", NULL },
	{ "NEXT HOPS", "", format_way },
	{ "AS PATH", "as_path", format_path },
};

static const struct render_column paths[] = {
	{ "PREFIX", "prefix", NULL },
	{ "FROM", "", format_from },
	{ "USE", "", format_use },
	{ "NEXT HOP", "next_hop", NULL },
	{ "PREF", "local_pref", NULL },
	{ "MED", "med", NULL },
	{ "AS PATH", "as_path", format_path },
	{ "COMMUNITIES", "", format_communities },
	{ "WHY", "reason", NULL },
};

static const struct render_column neighbors[] = {
	{ "TUNNEL", "tunnel", NULL },
	{ "NEIGHBOR", "neighbor", NULL },
	{ "AS", "asn", NULL },
	{ "STATE", "state", NULL },
	{ "SINCE", "since", view_age },
	{ "RECEIVED", "received", NULL },
	{ "ACCEPTED", "accepted", NULL },
	{ "ADVERTISED", "advertised", NULL },
	{ "WHY", "reason", NULL },
};

static const struct render_field neighbor_fields[] = {
	{ "since", view_since },
	{ "families", format_list },
	{ "graceful_restart.families", format_list },
	{ "graceful_restart.preserved", format_list },
};

void
view_routes(const json_t *rows, bool first)
{
	render_table(routes, ARRAY_SIZE(routes), rows, first);
}

void
view_tables(const json_t *answer)
{
	render_table(tables, ARRAY_SIZE(tables),
	    json_object_get(answer, "tables"), true);
}

void
view_paths(const json_t *rows, bool first)
{
	render_table(paths, ARRAY_SIZE(paths), rows, first);
}

void
view_neighbors(const json_t *answer)
{
	render_table(neighbors, ARRAY_SIZE(neighbors),
	    json_object_get(answer, "neighbors"), true);
}

void
view_neighbor(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "neighbors"), *n;
	size_t i;

	json_array_foreach(list, i, n) {
		if (i > 0)
			printf("\n");
		render_fields(neighbor_fields, ARRAY_SIZE(neighbor_fields), n,
		    "neighbor");
	}
}

/* --- explain route --- */

static void
line(const char *name, char *value)
{
	render_plain(value);
	printf("  %-14s %s\n", name, value);
}

static void
explain_kernel(const json_t *route)
{
	const json_t *fib = json_object_get(route, "fib");
	const json_t *shorter = json_object_get(route, "covered_by");
	char text[RENDER_CELL] = "", hops[RENDER_CELL] = "";

	if (fib == NULL && shorter == NULL)
		str_set(text, sizeof(text), "nothing through a tunnel");
	if (fib == NULL && shorter != NULL)
		str_fmt(text, sizeof(text), "instead %s, ",
		    answer_text(shorter, "prefix"));
	fib = fib != NULL ? fib : shorter;
	format_way(fib, hops, sizeof(hops));
	if (fib != NULL)
		str_add(text, sizeof(text), "%s (%s, table %lld): %s",
		    answer_text(fib, "state"), answer_text(fib, "source"),
		    (long long)json_integer_value(json_object_get(fib,
		    "table")), hops[0] != '\0' ? hops :
		    "no tunnel of it is up");
	line("in the kernel", text);
}

/* As many as there is room for, and how many more. */
static void
format_names(const json_t *list, char *buf, size_t size)
{
	const size_t spare = sizeof(" and 4294967295 more");
	const json_t *e;
	size_t i;

	json_array_foreach(list, i, e) {
		const char *s = json_is_string(e) ? json_string_value(e) : "?";

		if (strlen(buf) + strlen(s) + spare >= size) {
			str_add(buf, size, " and %zu more",
			    json_array_size(list) - i);
			return;
		}
		str_add(buf, size, "%s%s", i > 0 ? " " : "", s);
	}
}

/* Whom it is announced to, and a line for each reason why not. */
static void
explain_told(const json_t *route)
{
	const json_t *others = json_object_get(route, "not_advertised_to");
	const json_t *group;
	char text[RENDER_CELL] = "";
	size_t i;

	format_names(json_object_get(route, "advertised_to"), text,
	    sizeof(text));
	line("advertised to", text[0] != '\0' ? text : (char[]){ "nobody" });
	json_array_foreach(others, i, group) {
		char names[RENDER_CELL - 256] = "";

		format_names(json_object_get(group, "tunnels"), names,
		    sizeof(names));
		str_fmt(text, sizeof(text), "%s: %s", names,
		    answer_text(group, "reason"));
		line("not to", text);
	}
}

void
view_explain_route(const json_t *answer)
{
	const json_t *route = json_object_get(answer, "route");
	const json_t *all = json_object_get(route, "candidates");
	char text[RENDER_CELL] = "";

	printf("%s\n", answer_text(route, "prefix"));
	if (json_is_true(json_object_get(route, "own"))) {
		str_set(text, sizeof(text), "it is one of our networks");
		line("ours", text);
	}
	explain_kernel(route);
	explain_told(route);
	if (json_array_size(all) == 0)
		return;
	printf("\n");
	render_table(paths, ARRAY_SIZE(paths), all, true);
}

void
view_bfd(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "sessions");

	if (json_array_size(list) == 1)
		render_fields(session_fields, ARRAY_SIZE(session_fields),
		    json_array_get(list, 0), "session");
	else
		render_table(sessions, ARRAY_SIZE(sessions), list, true);
}
