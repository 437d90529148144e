/*
 * Tables of routes may be long: the daemon gives them out a page at a time,
 * and each is printed before the next is asked for.  As JSON the pages become
 * one object again.
 */
#include "tools/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/complain.h"
#include "tools/render.h"
#include "tools/view.h"
#include "util/str.h"

static json_t *
request_of(enum ctl_command command, const char *name, const char *what)
{
	json_t *j = json_pack("{s:s}", "command", ctl_command_str(command));

	if (name != NULL)
		json_object_set_new(j, "name", json_string(name));
	if (what != NULL)
		json_object_set_new(j, "what", json_string(what));
	return j;
}

/* --- pages --- */

/* What a page is a list of. */
static const char *
member_of(enum ctl_command command)
{
	return command == CTL_COUNTERS ? "counters" : "routes";
}

static void
print_json(enum ctl_command command, const json_t *rows, bool first)
{
	const json_t *row;
	size_t i;

	if (first)
		printf("{\"%s\":[", member_of(command));
	json_array_foreach(rows, i, row) {
		char *text = json_dumps(row, JSON_COMPACT);

		printf("%s%s", first && i == 0 ? "" : ",",
		    text == NULL ? "null" : text);
		free(text);
	}
}

static void
print_rows(enum ctl_command command, const json_t *rows, bool first)
{
	if (command == CTL_COUNTERS)
		view_counters(rows, first);
	else if (command == CTL_ROUTES)
		view_routes(rows, first);
	else
		view_paths(rows, first);
}

bool
routes_table(char **argv, int argc, int n, const char **name)
{
	*name = argc == n + 2 ? argv[n + 1] : NULL;
	if (argc == n || (argc == n + 2 && strcmp(argv[n], "table") == 0))
		return true;
	complain(CTL_EXIT_USAGE, "a route table is named by \"table NAME\"");
	return false;
}

enum ctl_exit
routes_show(const struct routes_options *o, enum ctl_command command,
    const char *name, const char *what, const char *table)
{
	char cursor[32] = "";
	bool printed = false;
	enum ctl_exit rc;

	do {
		json_t *request = request_of(command, name, what);
		json_t *answer = NULL, *rows;

		if (table != NULL)
			json_object_set_new(request, "table",
			    json_string(table));
		if (cursor[0] != '\0')
			json_object_set_new(request, "cursor",
			    json_string(cursor));
		rc = client_ask(o->client, request, &answer);
		if (rc != CTL_EXIT_OK)
			return rc;
		rows = json_object_get(answer, member_of(command));
		str_set(cursor, sizeof(cursor), answer_text(answer, "cursor"));
		if (json_array_size(rows) > 0 || cursor[0] == '\0') {
			if (!o->json && (!printed || json_array_size(rows) > 0))
				print_rows(command, rows, !printed);
			else if (o->json)
				print_json(command, rows, !printed);
			printed = true;
		}
		json_decref(answer);
	} while (cursor[0] != '\0');
	if (o->json)
		printf("]}\n");
	return CTL_EXIT_OK;
}

/* --- a neighbour --- */

enum ctl_exit
routes_neighbor(const struct routes_options *o, char **argv, int argc)
{
	json_t *answer = NULL;
	enum ctl_exit rc;

	if (argc > 1)
		return routes_show(o, CTL_BGP_ROUTES, argv[0], argv[1],
		    NULL);
	rc = client_ask(o->client, request_of(CTL_BGP, argv[0], NULL),
	    &answer);
	if (rc == CTL_EXIT_OK && o->json)
		render_json(answer);
	else if (rc == CTL_EXIT_OK)
		view_neighbor(answer);
	json_decref(answer);
	return rc;
}

enum ctl_exit
routes_explain(const struct routes_options *o, const char *prefix,
    const char *table)
{
	json_t *request = request_of(CTL_EXPLAIN_ROUTE, NULL, NULL);
	json_t *answer = NULL;
	enum ctl_exit rc;

	json_object_set_new(request, "prefix", json_string(prefix));
	if (table != NULL)
		json_object_set_new(request, "table", json_string(table));
	rc = client_ask(o->client, request, &answer);
	if (rc == CTL_EXIT_OK && o->json)
		render_json(answer);
	else if (rc == CTL_EXIT_OK)
		view_explain_route(answer);
	json_decref(answer);
	return rc;
}

enum ctl_exit
routes_shutdown(const struct routes_options *o, char **argv, int argc)
{
	json_t *request = request_of(CTL_BGP_SHUTDOWN, argv[0], NULL);
	json_t *answer = NULL;
	char text[CTL_TEXT_MAX] = "";
	enum ctl_exit rc;

	for (int i = 1; i < argc; i++) {
		if (strlen(text) + strlen(argv[i]) + 1 >= sizeof(text)) {
			json_decref(request);
			return complain(CTL_EXIT_USAGE, "the text for the "
			    "peer is longer than %d octets", CTL_TEXT_MAX - 1);
		}
		str_add(text, sizeof(text), "%s%s", i > 1 ? " " : "", argv[i]);
	}
	if (text[0] != '\0')
		json_object_set_new(request, "text", json_string(text));
	rc = client_ask(o->client, request, &answer);
	if (rc == CTL_EXIT_OK && o->json)
		render_json(answer);
	json_decref(answer);
	return rc;
}
