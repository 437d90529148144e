/*
 * `vpnctl check` is `vpnd --check`: one reader of configuration and secrets,
 * so that the two cannot disagree.  The daemon's binary is the one that lies
 * beside ours, else the installed one; its lines and its status are passed on.
 */
#include "tools/check.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/complain.h"
#include "tools/render.h"
#include "util/array.h"

#define PATH_LEN	4096

struct checker {
	char		vpnd[PATH_LEN];
	const char	*argv[10];
};

/* Directories as seen from the one that we lie in, or absolute. */
static bool
find_vpnd(char out[static PATH_LEN])
{
	static const char *const places[] = {
		"vpnd", "../sbin/vpnd", "/usr/local/sbin/vpnd",
		"/usr/sbin/vpnd",
	};
	char self[PATH_LEN - 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash != NULL)
		*slash = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		bool absolute = places[i][0] == '/';

		str_fmt(out, PATH_LEN, "%s%s%s", absolute ? "" : self,
		    absolute ? "" : "/", places[i]);
		if (access(out, X_OK) == 0)
			return true;
	}
	return false;
}

static void
set_arguments(struct checker *c, const char *file, const char *dir,
    const char *secrets)
{
	size_t n = 0;

	c->argv[n++] = "vpnd";
	c->argv[n++] = "--check";
	if (dir != NULL) {
		c->argv[n++] = "--directory";
		c->argv[n++] = dir;
	}
	if (file != NULL) {
		c->argv[n++] = "-c";
		c->argv[n++] = file;
	}
	if (secrets != NULL) {
		c->argv[n++] = "-s";
		c->argv[n++] = secrets;
	}
	c->argv[n] = NULL;
}

static enum ctl_exit
become(const struct checker *c)
{
	char *argv[ARRAY_SIZE(c->argv)];

	memcpy(argv, c->argv, sizeof(argv));
	execv(c->vpnd, argv);
	return complain(CTL_EXIT_FAILED, "%s: %s", c->vpnd, strerror(errno));
}

/* What vpnd says, line by line: it marks what is only a warning. */
static void
read_lines(int fd, json_t *errors, json_t *warnings)
{
	static const char mark[] = "warning: ";
	const size_t n = sizeof(mark) - 1;
	FILE *f = fdopen(fd, "r");
	char line[1024];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		render_plain(line);
		if (strncmp(line, mark, n) == 0)
			json_array_append_new(warnings, json_string(line + n));
		else
			json_array_append_new(errors, json_string(line));
	}
	if (f != NULL)
		fclose(f);
}

static enum ctl_exit
status_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return CTL_EXIT_FAILED;
	}
	return WIFEXITED(status) ? (enum ctl_exit)WEXITSTATUS(status) :
	    CTL_EXIT_FAILED;
}

/* Its lines into the two lists, and its status. */
static enum ctl_exit
run_aside(const struct checker *c, json_t *errors, json_t *warnings)
{
	int fds[2];
	pid_t pid;

	if (pipe(fds) != 0 || (pid = fork()) < 0)
		return complain(CTL_EXIT_FAILED, "%s", strerror(errno));
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		_exit((int)become(c));
	}
	close(fds[1]);
	read_lines(fds[0], errors, warnings);
	return status_of(pid);
}

/* {"ok":false,"errors":["FILE:LINE: key: message"],"warnings":[]} */
static enum ctl_exit
run_json(const struct checker *c)
{
	json_t *errors = json_array(), *warnings = json_array(), *j;
	enum ctl_exit rc = run_aside(c, errors, warnings);

	j = json_pack("{s:b, s:o, s:o}", "ok", rc == CTL_EXIT_OK, "errors",
	    errors, "warnings", warnings);
	render_json(j);
	json_decref(j);
	return rc;
}

static enum ctl_exit
no_vpnd(void)
{
	return complain(CTL_EXIT_FAILED, "vpnd, which does the check, is "
	    "neither beside vpnctl nor in /usr/sbin");
}

enum ctl_exit
check_directory(const char *file, const char *dir, const char *secrets)
{
	json_t *errors = json_array(), *warnings = json_array();
	const char *first;
	struct checker c;
	enum ctl_exit rc;

	if (!find_vpnd(c.vpnd))
		return no_vpnd();
	set_arguments(&c, file, dir, secrets);
	rc = run_aside(&c, errors, warnings);
	first = json_string_value(json_array_get(errors, 0));
	if (rc != CTL_EXIT_OK)
		complain(rc, "%s", first != NULL ? first :
		    "vpnd --check failed");
	json_decref(errors);
	json_decref(warnings);
	return rc;
}

enum ctl_exit
check_run(const char *file, const char *secrets, bool json)
{
	struct checker c;

	if (!find_vpnd(c.vpnd))
		return no_vpnd();
	set_arguments(&c, file, NULL, secrets);
	return json ? run_json(&c) : become(&c);
}
