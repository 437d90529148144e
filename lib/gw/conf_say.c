/*
 * Words about a setting that is not what it must be.  What a user wrote is
 * escaped and cut before it stands in a message.
 */
#include "gw/conf_read.h"

#include <string.h>

#define QUOTED_MAX	60	/* octets of a value in a message */

_Static_assert(CONF_QUOTED_LEN >= QUOTED_MAX + 16, "quotes, dots, NUL");

const char *
conf_quoted(const char *s, char buf[static CONF_QUOTED_LEN])
{
	char text[QUOTED_MAX + 8];
	bool all = strlen(s) <= QUOTED_MAX;

	str_escape(text, sizeof(text), bytes_of(s, strnlen(s, QUOTED_MAX)));
	str_fmt(buf, CONF_QUOTED_LEN, "\"%s%s\"", text, all ? "" : "...");
	return buf;
}

bool
conf_fail_text(struct conf_read *r, const config_setting_t *s,
    const char *must, const char *text)
{
	char q[CONF_QUOTED_LEN];

	return conf_fail(r, s, "must be %s, not %s", must,
	    conf_quoted(text, q));
}

bool
conf_is_number(const config_setting_t *s)
{
	int type = config_setting_type(s);

	return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
}

static const char *
type_name(const config_setting_t *s)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_GROUP:
		return "a group";
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return "a number";
	case CONFIG_TYPE_FLOAT:
		return "a fraction";
	case CONFIG_TYPE_STRING:
		return "a text";
	case CONFIG_TYPE_BOOL:
		return "a boolean";
	default:
		return "a list";
	}
}

bool
conf_fail_type(struct conf_read *r, const config_setting_t *s, const char *must)
{
	return conf_fail(r, s, "must be %s, not %s", must, type_name(s));
}
