/*
 * bgp dump: the daemon makes the records and gives them out a page at a time;
 * here they are numbered in order and written.  A file gets its name when it
 * is whole.
 */
#include "tools/dump.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/complain.h"
#include "tools/render.h"

#define NAME_LEN	4096

struct dump {
	const struct client *client;
	const char	*file;
	FILE		*to;
	uint8_t		*record;	/* owned */
	size_t		 cap;
	uint64_t	 records, octets;	/* with the table of peers */
};

/* The table of peers has no number: RFC 6396 section 4.3. */
static bool
put(struct dump *d, const char *hex)
{
	size_t n = strlen(hex) / 2;

	if (n > d->cap) {
		uint8_t *grown = realloc(d->record, n);

		if (grown == NULL)
			return false;
		d->record = grown;
		d->cap = n;
	}
	if (!str_unhex(d->record, d->cap, &n, hex) || n < CTL_DUMP_SEQUENCE + 4)
		return false;
	if (d->records > 0) {
		struct wr w = wr_of(d->record + CTL_DUMP_SEQUENCE, 4);

		wr_u32(&w, (uint32_t)(d->records - 1));
	}
	d->records++;
	d->octets += n;
	return fwrite(d->record, 1, n, d->to) == n;
}

static enum ctl_exit
put_page(struct dump *d, const json_t *list)
{
	const json_t *record;
	size_t i;

	json_array_foreach(list, i, record) {
		const char *hex = json_string_value(record);

		errno = 0;
		if (hex == NULL || !put(d, hex))
			return complain(CTL_EXIT_FAILED, "%s: %s", d->file,
			    errno != 0 ? strerror(errno) :
			    "vpnd's answer is not understood");
	}
	return CTL_EXIT_OK;
}

static enum ctl_exit
put_all(struct dump *d)
{
	char cursor[32] = "";
	enum ctl_exit rc;

	do {
		json_t *request = json_pack("{s:s}", "command",
		    ctl_command_str(CTL_BGP_DUMP));
		json_t *answer = NULL;

		if (cursor[0] != '\0')
			json_object_set_new(request, "cursor",
			    json_string(cursor));
		rc = client_ask(d->client, request, &answer);
		if (rc == CTL_EXIT_OK)
			rc = put_page(d, json_object_get(answer, "records"));
		str_set(cursor, sizeof(cursor), answer_text(answer, "cursor"));
		json_decref(answer);
	} while (rc == CTL_EXIT_OK && cursor[0] != '\0');
	return rc;
}

static enum ctl_exit
failed(const struct dump *d)
{
	return complain(CTL_EXIT_FAILED, "%s: %s", d->file, strerror(errno));
}

static enum ctl_exit
to_stdout(struct dump *d)
{
	enum ctl_exit rc;

	if (isatty(STDOUT_FILENO))
		return complain(CTL_EXIT_USAGE, "a dump is not for a terminal: "
		    "name a file, or send it into a program");
	d->file = "standard output";
	d->to = stdout;
	rc = put_all(d);
	if (rc == CTL_EXIT_OK && fflush(stdout) != 0)
		rc = failed(d);
	return rc;
}

static enum ctl_exit
to_file(struct dump *d)
{
	char part[NAME_LEN];
	enum ctl_exit rc;
	int fd;

	str_fmt(part, sizeof(part), "%s.XXXXXX", d->file);
	fd = mkstemp(part);
	d->to = fd < 0 ? NULL : fdopen(fd, "w");
	if (d->to == NULL)
		return failed(d);
	rc = put_all(d);
	if (fclose(d->to) != 0 && rc == CTL_EXIT_OK)
		rc = failed(d);
	if (rc == CTL_EXIT_OK && rename(part, d->file) != 0)
		rc = failed(d);
	if (rc != CTL_EXIT_OK)
		unlink(part);
	return rc;
}

enum ctl_exit
dump_run(const struct client *c, bool json, const char *file)
{
	struct dump d = { .client = c, .file = file };
	bool piped = strcmp(file, "-") == 0;
	enum ctl_exit rc;

	if (piped && json)
		return complain(CTL_EXIT_USAGE, "--json says what was written "
		    "to a file: name one");
	rc = piped ? to_stdout(&d) : to_file(&d);
	free(d.record);
	if (rc == CTL_EXIT_OK && json) {
		json_t *j = json_pack("{s:s, s:I, s:I}", "file", file,
		    "prefixes", (json_int_t)(d.records > 0 ? d.records - 1 :
		    0), "octets", (json_int_t)d.octets);

		render_json(j);
		json_decref(j);
	}
	return rc;
}
