/*
 * "vpnctl keys" joins what the daemon has (keys of IKE SAs) and what the
 * kernel has (keys of ESP SAs) and writes it as JSON or as the two tables that
 * Wireshark reads.  Files are for root alone (0600) and grow: a line that is
 * there already is not written twice, so that asking after every rekey gathers
 * what a long capture needs.
 */
#include "tools/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/complain.h"
#include "tools/kernsa.h"
#include "tools/render.h"
#include "tools/wireshark.h"

#define PATH_LEN	4096

/* Does it hold this line?  Leaves the position at the end or behind it. */
static bool
holds(FILE *f, const char *line)
{
	char *have = NULL;
	size_t cap = 0;
	bool found = false;

	rewind(f);
	while (!found && getline(&have, &cap, f) > 0) {
		have[strcspn(have, "\n")] = '\0';
		found = strcmp(have, line) == 0;
	}
	free(have);
	return found;
}

/* Every SA of every tunnel; into a file only what is not in it. */
static void
put_lines(FILE *f, enum wireshark_table table, const json_t *tunnels,
    bool once)
{
	char line[WIRESHARK_LINE];
	const json_t *t, *sa;
	size_t i, j;

	json_array_foreach(tunnels, i, t) {
		json_array_foreach(json_object_get(t, wireshark_member(table)),
		    j, sa) {
			wireshark_line(table, sa, line);
			if (!once || !holds(f, line))
				fprintf(f, "%s\n", line);
		}
	}
}

static void
print(const json_t *tunnels)
{
	for (int t = 0; t < WIRESHARK_TABLES; t++) {
		printf("# %s\n", wireshark_file((enum wireshark_table)t));
		put_lines(stdout, (enum wireshark_table)t, tunnels, false);
	}
}

/* Appends, and keeps others out, also of a file that was there. */
static FILE *
open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	FILE *f = NULL;

	if (fd >= 0 && fchmod(fd, 0600) == 0)
		f = fdopen(fd, "a+");
	if (f == NULL && fd >= 0)
		close(fd);
	return f;
}

static enum ctl_exit
write_file(const char *dir, enum wireshark_table table, const json_t *tunnels)
{
	char path[PATH_LEN];
	FILE *f;
	bool bad;

	str_fmt(path, sizeof(path), "%s/%s", dir, wireshark_file(table));
	f = open_file(path);
	if (f == NULL)
		return complain(CTL_EXIT_FAILED, "%s: %s", path,
		    strerror(errno));
	put_lines(f, table, tunnels, true);
	bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad)
		return complain(CTL_EXIT_FAILED, "%s cannot be written", path);
	return CTL_EXIT_OK;
}

static enum ctl_exit
write_files(const char *dir, const json_t *tunnels)
{
	enum ctl_exit rc = CTL_EXIT_OK;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return complain(CTL_EXIT_FAILED, "%s: %s", dir,
		    strerror(errno));
	for (int t = 0; t < WIRESHARK_TABLES && rc == CTL_EXIT_OK; t++)
		rc = write_file(dir, (enum wireshark_table)t, tunnels);
	return rc;
}

enum ctl_exit
keys_run(const struct client *c, const char *name,
    const struct keys_form *form)
{
	json_t *request, *answer = NULL, *tunnels;
	enum ctl_exit rc;

	if (!form->json && !form->wireshark && form->dir == NULL)
		return complain(CTL_EXIT_USAGE,
		    "keys needs --wireshark, --dir DIRECTORY or --json");
	request = json_pack("{s:s}", "command", ctl_command_str(CTL_KEYS));
	if (name[0] != '\0')
		json_object_set_new(request, "name", json_string(name));
	rc = client_ask(c, request, &answer);
	tunnels = json_object_get(answer, "tunnels");
	if (rc == CTL_EXIT_OK)
		rc = kernsa_add(tunnels);
	if (rc == CTL_EXIT_OK && form->dir != NULL)
		rc = write_files(form->dir, tunnels);
	if (rc == CTL_EXIT_OK && form->json)
		render_json(answer);
	else if (rc == CTL_EXIT_OK && form->wireshark && form->dir == NULL)
		print(tunnels);
	json_decref(answer);
	return rc;
}
