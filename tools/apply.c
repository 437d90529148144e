/*
 * apply: the daemon takes a configuration only from a file that root has put
 * beside its control socket, so that nobody else can hand it one.  That file
 * is ours: made here with a name that nobody has, read and removed by the
 * daemon, removed here where it did not get that far.
 */
#include "tools/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/complain.h"
#include "tools/render.h"
#include "tools/view.h"

#define NAME_LEN	4096
#define RANDOM		6	/* letters that mkstemp() chooses */

bool
apply_time(const char *s, unsigned *seconds)
{
	static const char units[] = "smh";
	static const unsigned of[] = { 1, 60, 3600 };
	unsigned long n;
	unsigned unit = 1;
	const char *u;
	char *end;

	if (s[0] < '0' || s[0] > '9')
		return false;
	n = strtoul(s, &end, 10);
	u = *end == '\0' ? NULL : strchr(units, *end);
	if (*end != '\0' && (u == NULL || end[1] != '\0'))
		return false;
	if (u != NULL)
		unit = of[u - units];
	if (n < 1 || n > CTL_CONFIRM_MAX / unit)
		return false;
	*seconds = (unsigned)n * unit;
	return true;
}

static bool
copy(int from, int to)
{
	char buf[65536];
	ssize_t n, put;

	while ((n = read(from, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n; at += put) {
			put = write(to, buf + at, (size_t)(n - at));
			if (put < 0)
				return false;
		}
	}
	return n == 0;
}

/* Where the candidate goes: "DIRECTORY/candidate.XXXXXX". */
static bool
set_name(const struct client *c, char name[static NAME_LEN])
{
	const char *slash = strrchr(c->path, '/');
	int dir = slash == NULL ? 0 : (int)(slash - c->path) + 1;

	if (dir + sizeof("candidate.XXXXXX") > NAME_LEN)
		return false;
	str_fmt(name, NAME_LEN, "%.*scandidate.XXXXXX", dir, c->path);
	return true;
}

static enum ctl_exit
make(const struct client *c, const char *file, char name[static NAME_LEN])
{
	int from = open(file, O_RDONLY | O_CLOEXEC), to, error = 0;

	if (from < 0)
		return complain(CTL_EXIT_FAILED, "%s: %s", file,
		    strerror(errno));
	to = set_name(c, name) ? mkstemp(name) : -1;
	if (to < 0) {
		error = errno;
		close(from);
		return complain(CTL_EXIT_UNREACHABLE, "cannot write beside "
		    "vpnd's socket: %s: %s", name, strerror(error));
	}
	if (!copy(from, to) || close(to) != 0)
		error = errno;
	close(from);
	if (error == 0)
		return CTL_EXIT_OK;
	unlink(name);
	return complain(CTL_EXIT_FAILED, "%s: %s", file, strerror(error));
}

static json_t *
request(const char *name, unsigned seconds)
{
	json_t *j = json_pack("{s:s, s:s}", "command",
	    ctl_command_str(CTL_APPLY), "candidate",
	    name + strlen(name) - RANDOM);
	char text[16];

	if (seconds != 0) {
		str_fmt(text, sizeof(text), "%u", seconds);
		json_object_set_new(j, "confirm_within", json_string(text));
	}
	return j;
}

enum ctl_exit
apply_run(const struct client *c, bool json, const char *file,
    unsigned seconds)
{
	char name[NAME_LEN] = "";
	struct client named = *c;
	json_t *answer = NULL;
	enum ctl_exit rc = make(c, file, name);

	if (rc != CTL_EXIT_OK)
		return rc;
	named.ours = name;
	named.theirs = file;
	rc = client_ask(&named, request(name, seconds), &answer);
	unlink(name);
	if (rc == CTL_EXIT_OK && json)
		render_json(answer);
	else if (rc == CTL_EXIT_OK)
		view_apply(answer);
	json_decref(answer);
	return rc;
}
