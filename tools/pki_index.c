/*
 * The CA's book as text and back.  What is revoked stays in it, and so in the
 * CRL, for as long as the certificate would have been valid; nothing is ever
 * taken out.
 */
#include "tools/pki_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "util/array.h"

#define ENTRY_MAX	1024

static const char head[] =
    "# serial issuer status issued expires revoked reason name subject\n";

/* RFC 5280 section 5.3.1; those that make sense here. */
static const struct {
	const char	*name;
	int		 number;
} reasons[] = {
	{ "unspecified", 0 },
	{ "keyCompromise", 1 },
	{ "CACompromise", 2 },
	{ "affiliationChanged", 3 },
	{ "superseded", 4 },
	{ "cessationOfOperation", 5 },
};
const char pki_reason_names[] = "unspecified, keyCompromise, CACompromise, "
    "affiliationChanged, superseded, cessationOfOperation";

int
pki_reason(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (strcasecmp(reasons[i].name, s) == 0)
			return reasons[i].number;
	}
	return -1;
}

const char *
pki_reason_str(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (reasons[i].number == number)
			return reasons[i].name;
	}
	return reasons[0].name;
}

/* "-" is 0. */
static bool
read_time(const char *s, int64_t *t)
{
	struct tm tm = { 0 };
	const char *end;

	*t = 0;
	if (strcmp(s, "-") == 0)
		return true;
	end = strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm);
	*t = timegm(&tm);
	return end != NULL && *end == '\0';
}

/* The next word of a line, or NULL; the line moves on behind it. */
static char *
word(char **line)
{
	char *w = strsep(line, " ");

	return w != NULL && w[0] != '\0' ? w : NULL;
}

static bool
copy_word(char *out, size_t size, char **line)
{
	const char *w = word(line);

	if (w == NULL || strlen(w) >= size)
		return false;
	str_set(out, size, w);
	return true;
}

static bool
read_entry(char *line, struct pki_entry *e)
{
	char status[16], issued[STR_UTC_LEN], expires[STR_UTC_LEN];
	char revoked[STR_UTC_LEN], reason[32];

	memset(e, 0, sizeof(*e));
	if (!copy_word(e->serial, sizeof(e->serial), &line) ||
	    !copy_word(e->issuer, sizeof(e->issuer), &line) ||
	    !copy_word(status, sizeof(status), &line) ||
	    !copy_word(issued, sizeof(issued), &line) ||
	    !copy_word(expires, sizeof(expires), &line) ||
	    !copy_word(revoked, sizeof(revoked), &line) ||
	    !copy_word(reason, sizeof(reason), &line) ||
	    !copy_word(e->name, sizeof(e->name), &line) || line == NULL)
		return false;
	str_set(e->subject, sizeof(e->subject), line);
	e->reason = strcmp(reason, "-") == 0 ? 0 : pki_reason(reason);
	return read_time(issued, &e->issued) &&
	    read_time(expires, &e->expires) &&
	    read_time(revoked, &e->revoked) && e->reason >= 0 &&
	    strcmp(status, e->revoked != 0 ? "revoked" : "valid") == 0;
}

bool
pki_index_add(struct pki_index *x, const struct pki_entry *e)
{
	struct pki_entry *grown = reallocarray(x->e, x->n + 1, sizeof(*x->e));

	if (grown == NULL)
		return false;
	x->e = grown;
	x->e[x->n++] = *e;
	return true;
}

bool
pki_index_parse(struct pki_index *out, const char *text, struct reason *why)
{
	struct pki_index x = { 0 };
	char line[ENTRY_MAX];

	for (unsigned number = 1; *text != '\0'; number++) {
		size_t n = strcspn(text, "\n");
		struct pki_entry e;

		str_fmt(line, sizeof(line), "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
		if (line[0] == '#' || line[0] == '\0')
			continue;
		if (n >= sizeof(line) || !read_entry(line, &e) ||
		    !pki_index_add(&x, &e)) {
			reason_set(why, "line %u is not understood", number);
			pki_index_fini(&x);
			return false;
		}
	}
	*out = x;
	return true;
}

struct bytes
pki_index_text(const struct pki_index *x)
{
	size_t size = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		return (struct bytes){ 0 };
	fputs(head, f);
	for (size_t i = 0; i < x->n; i++) {
		const struct pki_entry *e = &x->e[i];
		char issued[STR_UTC_LEN], expires[STR_UTC_LEN];
		char revoked[STR_UTC_LEN];
		bool is = e->revoked != 0;

		fprintf(f, "%s %s %s %s %s %s %s %s %s\n", e->serial,
		    e->issuer, is ? "revoked" : "valid",
		    str_utc(e->issued, issued),
		    str_utc(e->expires, expires),
		    is ? str_utc(e->revoked, revoked) : "-",
		    is ? pki_reason_str(e->reason) : "-", e->name,
		    e->subject);
	}
	if (fclose(f) != 0) {
		free(text);
		return (struct bytes){ 0 };
	}
	return bytes_of(text, size);
}

void
pki_index_fini(struct pki_index *x)
{
	free(x->e);
	*x = (struct pki_index){ 0 };
}

struct pki_entry *
pki_index_find(const struct pki_index *x, const char *what)
{
	for (size_t i = x->n; i-- > 0;) {
		if (strcmp(x->e[i].name, what) == 0 ||
		    strcasecmp(x->e[i].serial, what) == 0)
			return &x->e[i];
	}
	return NULL;
}
