/*
 * drain: asks for it, and says for how many tunnels it was taken; who leaves
 * and who does not is for "show" to tell.
 */
#include "tools/drain.h"

#include <stdio.h>

#include "tools/render.h"

static enum ctl_exit
ask(const struct client *c, enum ctl_command command, const char *to,
    const char *name, json_t **answer)
{
	json_t *request = json_pack("{s:s}", "command",
	    ctl_command_str(command));

	if (to[0] != '\0')
		json_object_set_new(request, "to", json_string(to));
	if (name[0] != '\0')
		json_object_set_new(request, "name", json_string(name));
	return client_ask(c, request, answer);
}

static int
number(const json_t *answer, const char *member)
{
	return (int)json_integer_value(json_object_get(answer, member));
}

static void
view(const json_t *answer, const char *to)
{
	int tunnels = number(answer, "tunnels"), up = number(answer, "up");
	int told = number(answer, "told");

	printf("%d tunnel%s drain%s, %d up: ", tunnels, tunnels == 1 ? "" : "s",
	    tunnels == 1 ? "s" : "", up);
	if (to[0] == '\0')
		printf("nobody new is let in\n");
	else
		printf("%d told to go to %s, %d kept\n", told, to, up - told);
}

enum ctl_exit
drain_run(const struct client *c, bool json, const char *to, const char *name)
{
	json_t *answer = NULL;
	enum ctl_exit rc = ask(c, CTL_DRAIN, to, name, &answer);

	if (rc == CTL_EXIT_OK && json)
		render_json(answer);
	else if (rc == CTL_EXIT_OK)
		view(answer, to);
	json_decref(answer);
	return rc;
}

enum ctl_exit
drain_end(const struct client *c, bool json, const char *name)
{
	json_t *answer = NULL;
	enum ctl_exit rc = ask(c, CTL_UNDRAIN, "", name, &answer);

	if (rc == CTL_EXIT_OK && json)
		render_json(answer);
	json_decref(answer);
	return rc;
}
