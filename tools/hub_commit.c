/*
 * A set of files becomes the configuration: checked by vpnd itself as the
 * directory that it would be, exchanged with the one that is, and read by the
 * daemon.  What the daemon refuses is exchanged back.  Whoever dies at
 * whatever instant, the directory is the old one or the new one.
 */
#include "tools/hub_set.h"

#include "tools/check.h"
#include "tools/complain.h"
#include "tools/hub_stage.h"

static enum ctl_exit
reload(const struct client *client)
{
	json_t *request = json_pack("{s:s}", "command",
	    ctl_command_str(CTL_RELOAD)), *answer = NULL;
	enum ctl_exit rc = client_ask(client, request, &answer);

	json_decref(answer);
	return rc;
}

/* Whether the daemon has read it is not known: what is checked stays. */
static bool
is_open(enum ctl_exit rc)
{
	return rc == CTL_EXIT_TIMEOUT || rc == CTL_EXIT_UNREACHABLE;
}

static enum ctl_exit
put_in_place(struct hub_set *s, const struct hub_way *way, const char *stage,
    bool *taken)
{
	enum ctl_exit rc;

	if (hub_stage_stale(s))
		return complain(CTL_EXIT_FAILED, "%s: somebody else has "
		    "changed it meanwhile: try again", s->dir);
	rc = hub_stage_swap(s, stage);
	if (rc != CTL_EXIT_OK || !client_reaches(way->client))
		return rc;
	rc = reload(way->client);
	*taken = rc == CTL_EXIT_OK;
	if (rc != CTL_EXIT_OK && !is_open(rc))
		hub_stage_unswap(s, stage);
	return rc;
}

enum ctl_exit
hub_set_commit(struct hub_set *s, const struct hub_way *way, bool *taken)
{
	char stage[HUB_PATH];
	enum ctl_exit rc = hub_stage_make(s, stage);

	*taken = false;
	if (rc != CTL_EXIT_OK)
		return rc;
	rc = check_directory(s->conf, stage, way->secrets);
	if (rc == CTL_EXIT_OK && !way->dry_run)
		rc = put_in_place(s, way, stage, taken);
	hub_stage_remove(stage);
	return rc;
}
