/*
 * Text and JSON output.  Everything that vpnctl prints about tunnels and
 * routes goes through here, described by columns and fields (view.c), so that
 * another format would be another function here and nothing else.  No colours,
 * no terminal: the same text in a pipe.
 */
#include "tools/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/client.h"
#include "util/str.h"

#define COLUMNS_MAX	16
#define DEPTH_MAX	4	/* objects within objects */

void
render_plain(char *s)
{
	for (; *s != '\0'; s++) {
		if (*s < ' ' || *s > '~')
			*s = '?';
	}
}

static void
as_is(const json_t *j, char *buf, size_t size)
{
	if (json_is_string(j))
		str_set(buf, size, json_string_value(j));
	else if (json_is_integer(j))
		str_fmt(buf, size, "%lld", (long long)json_integer_value(j));
	else if (json_is_real(j))
		str_fmt(buf, size, "%g", json_real_value(j));
	else if (json_is_boolean(j))
		str_set(buf, size, json_is_true(j) ? "yes" : "no");
}

static void
cell(const json_t *value, void (*format)(const json_t *, char *, size_t),
    char *buf, size_t size)
{
	buf[0] = '\0';
	(format != NULL ? format : as_is)(value, buf, size);
	render_plain(buf);
	if (buf[0] == '\0')
		str_set(buf, size, "-");
}

static void
measure(const struct render_column *c, size_t n, const json_t *rows,
    size_t *width)
{
	char buf[RENDER_CELL];
	const json_t *row;
	size_t i;

	for (size_t k = 0; k < n; k++) {
		width[k] = strlen(c[k].title);
		json_array_foreach(rows, i, row) {
			cell(answer_at(row, c[k].path), c[k].format, buf,
			    sizeof(buf));
			if (strlen(buf) > width[k])
				width[k] = strlen(buf);
		}
	}
}

/* The last column is not padded: no blanks at the end of a line. */
static void
put(const char *text, size_t width, bool last)
{
	if (last)
		printf("%s\n", text);
	else
		printf("%-*s  ", (int)width, text);
}

void
render_table(const struct render_column *c, size_t n, const json_t *rows,
    bool titles)
{
	size_t width[COLUMNS_MAX], i;
	char buf[RENDER_CELL];
	const json_t *row;

	n = n < COLUMNS_MAX ? n : COLUMNS_MAX;
	measure(c, n, rows, width);
	for (size_t k = 0; k < n && titles; k++)
		put(c[k].title, width[k], k + 1 == n);
	json_array_foreach(rows, i, row) {
		for (size_t k = 0; k < n; k++) {
			cell(answer_at(row, c[k].path), c[k].format, buf,
			    sizeof(buf));
			put(buf, width[k], k + 1 == n);
		}
	}
}

/* How the value under this path reads, or NULL: as it is. */
static const struct render_field *
field_at(const struct render_field *f, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(f[i].path, path) == 0)
			return &f[i];
	}
	return NULL;
}

static void
label(const char *key, char buf[static 64])
{
	str_fmt(buf, 64, "%s:", key);
	for (char *p = buf; *p != '\0'; p++) {
		if (*p == '_')
			*p = ' ';
	}
	render_plain(buf);
}

/* First the object's own fields, then the groups in it. */
static void
fields(const struct render_field *f, size_t n, const json_t *object,
    const char *prefix, unsigned depth)
{
	char path[128], name[64], buf[RENDER_CELL];
	json_t *j = json_incref((json_t *)(uintptr_t)object), *value;
	const struct render_field *special;
	const char *key;

	json_object_foreach(j, key, value) {
		if (json_is_object(value))
			continue;
		str_fmt(path, sizeof(path), "%s%s", prefix, key);
		special = field_at(f, n, path);
		cell(value, special != NULL ? special->format : NULL, buf,
		    sizeof(buf));
		label(key, name);
		printf("  %-18s %s\n", name, buf);
	}
	json_object_foreach(j, key, value) {
		if (!json_is_object(value) || depth == DEPTH_MAX)
			continue;
		str_fmt(path, sizeof(path), "%s%s", prefix, key);
		render_plain(path);
		printf("%s\n", path);
		str_add(path, sizeof(path), ".");
		fields(f, n, value, path, depth + 1);
	}
	json_decref(j);
}

void
render_fields(const struct render_field *f, size_t n, const json_t *object,
    const char *title)
{
	printf("%s\n", title);
	fields(f, n, object, "", 1);
}

void
render_json(const json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);

	if (text != NULL)
		printf("%s\n", text);
	free(text);
}
