/*
 * The two text formats differ in a few words: OpenMetrics names a counter's
 * family without "_total", says units, and ends with a line of its own.
 */
#include "tools/exposition.h"

#include <string.h>

#include "util/str.h"

void
exposition_begin(struct exposition *e, const struct exposition_family *f)
{
	e->family = *f;
	e->named = false;
}

static const char *
total(const struct exposition *e)
{
	return e->family.type == EXPOSITION_COUNTER ? "_total" : "";
}

static void
name_family(struct exposition *e)
{
	const struct exposition_family *f = &e->family;
	bool open = e->format == EXPOSITION_OPENMETRICS;
	const char *suffix = open ? "" : total(e);

	fprintf(e->to, "# TYPE %s%s %s\n", f->name, suffix,
	    f->type == EXPOSITION_COUNTER ? "counter" : "gauge");
	if (open && f->unit[0] != '\0')
		fprintf(e->to, "# UNIT %s %s\n", f->name, f->unit);
	fprintf(e->to, "# HELP %s%s %s\n", f->name, suffix, f->help);
	e->named = true;
}

void
exposition_sample(struct exposition *e, const char *labels, int64_t v,
    unsigned decimals)
{
	bool any = labels[0] != '\0';
	uint64_t one = 1, abs = v < 0 ? -(uint64_t)v : (uint64_t)v;

	if (!e->named)
		name_family(e);
	for (unsigned i = 0; i < decimals; i++)
		one *= 10;
	fprintf(e->to, "%s%s%s%s%s %s%llu", e->family.name, total(e),
	    any ? "{" : "", labels, any ? "}" : "", v < 0 ? "-" : "",
	    (unsigned long long)(abs / one));
	if (decimals > 0)
		fprintf(e->to, ".%0*llu", (int)decimals,
		    (unsigned long long)(abs % one));
	fputc('\n', e->to);
}

void
exposition_end(struct exposition *e)
{
	if (e->format == EXPOSITION_OPENMETRICS)
		fputs("# EOF\n", e->to);
}

/* What a label's value cannot hold as it is. */
static const char *
escape_of(char c)
{
	return c == '\\' ? "\\\\" : c == '"' ? "\\\"" : c == '\n' ? "\\n" :
	    NULL;
}

void
exposition_label(char labels[static EXPOSITION_LABELS], const char *name,
    const char *value)
{
	char one[EXPOSITION_LABELS];

	str_fmt(one, sizeof(one), "%s%s=\"", labels[0] != '\0' ? "," : "",
	    name);
	for (const char *s = value; *s != '\0'; s++) {
		const char *escape = escape_of(*s);

		if (escape != NULL)
			str_add(one, sizeof(one), "%s", escape);
		else
			str_add(one, sizeof(one), "%c", *s);
	}
	str_add(one, sizeof(one), "\"");
	if (strlen(labels) + strlen(one) < EXPOSITION_LABELS &&
	    strlen(one) < sizeof(one) - 1)
		str_add(labels, EXPOSITION_LABELS, "%s", one);
}
