/*
 * restart: "yes" only means that the new program takes the configuration and
 * the records.  So the daemon is asked until it has counted one restart more;
 * or, when it could not become the new program after all, one engine more.
 * Meanwhile nobody may answer, or hang up on us.
 */
#include "tools/restart.h"

#include <string.h>
#include <time.h>

#include "tools/complain.h"
#include "tools/render.h"

#define POLL_MS		50
#define PATIENCE	30	/* seconds, unless --timeout is longer */

struct counts {
	json_int_t	restarts, engines;
};

static json_int_t
counter(const json_t *answer, const char *name)
{
	const json_t *list = json_object_get(answer, "counters"), *c;
	size_t i;

	json_array_foreach(list, i, c) {
		if (strcmp(answer_text(c, "name"), name) == 0)
			return json_integer_value(json_object_get(c, "value"));
	}
	return 0;
}

static enum ctl_exit
look(const struct client *c, struct counts *counts)
{
	json_t *answer = NULL;
	enum ctl_exit rc = client_ask(c, json_pack("{s:s}", "command",
	    ctl_command_str(CTL_COUNTERS)), &answer);

	if (rc == CTL_EXIT_OK)
		*counts = (struct counts){
			.restarts = counter(answer, "daemon_restarts"),
			.engines = counter(answer, "engine_starts"),
		};
	json_decref(answer);
	return rc;
}

/* Until there is another daemon or another engine. */
static enum ctl_exit
wait_for_it(const struct client *c, const struct counts *was)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	unsigned s = c->timeout > PATIENCE ? c->timeout : PATIENCE;
	int64_t deadline = client_now() + (int64_t)s * 1000;
	struct client brief = *c;

	brief.timeout = 5;
	while (client_now() < deadline) {
		struct counts now = *was;
		enum ctl_exit rc;

		complain_hush(true);
		rc = look(&brief, &now);
		complain_hush(false);
		if (rc == CTL_EXIT_OK && now.restarts > was->restarts)
			return CTL_EXIT_OK;
		if (rc == CTL_EXIT_OK && now.engines > was->engines)
			return complain(CTL_EXIT_FAILED, "vpnd could not "
			    "become the new program, and goes on as it was: "
			    "its log says why (restart-failed)");
		nanosleep(&pause, NULL);
	}
	return complain(CTL_EXIT_TIMEOUT, "vpnd does not answer %u s after it "
	    "was to restart: look into its log", s);
}

enum ctl_exit
restart_run(const struct client *c, bool json)
{
	struct client patient = *c;
	json_t *answer = NULL;
	struct counts was;
	enum ctl_exit rc = look(c, &was);

	/* The new program has half a minute to check a large configuration. */
	if (patient.timeout < 2 * PATIENCE)
		patient.timeout = 2 * PATIENCE;
	if (rc == CTL_EXIT_OK)
		rc = client_ask(&patient, json_pack("{s:s}", "command",
		    ctl_command_str(CTL_RESTART)), &answer);
	if (rc == CTL_EXIT_OK)
		rc = wait_for_it(c, &was);
	if (rc == CTL_EXIT_OK && json)
		render_json(answer);
	json_decref(answer);
	return rc;
}
