/*
 * Requests of the control protocol: one flat JSON object of texts per line.
 * The commands' table says which members each may have; anything else is
 * refused before it reaches the gateway.  Does not look names up.
 */
#include "gw/ctl.h"

#include <jansson.h>
#include <string.h>

#include "util/array.h"

static const struct {
	const char	*word;
	bool		 name, what, to;	/* members that it may have */
} commands[CTL_COMMANDS] = {
	[CTL_SHOW] = { "show", true, false },
	[CTL_ROUTES] = { "routes", false, false },
	[CTL_UP] = { "up", true, false },
	[CTL_DOWN] = { "down", true, false },
	[CTL_REKEY] = { "rekey", true, true },
	[CTL_RELOAD] = { "reload", false, false },
	[CTL_EXPLAIN] = { "explain", true, false },
	[CTL_KEYS] = { "keys", true, false },
	[CTL_DRAIN] = { "drain", true, .to = true },
	[CTL_UNDRAIN] = { "undrain", true, false },
};

static const char *const whats[] = {
	[CTL_WHAT_CHILD] = "child",
	[CTL_WHAT_IKE] = "ike",
};

const char *
ctl_command_str(enum ctl_command command)
{
	return (unsigned)command < CTL_COMMANDS ? commands[command].word :
	    "unknown";
}

/* A peer's text, made fit for one line of an error. */
static const char *
printable(const char *s, char buf[static 80])
{
	str_escape(buf, 80, bytes_str(s));
	return buf;
}

static bool
set_command(struct ctl_request *r, const char *s, struct reason *why)
{
	char text[80];

	for (unsigned i = 0; i < CTL_COMMANDS; i++) {
		if (strcmp(commands[i].word, s) == 0) {
			r->command = (enum ctl_command)i;
			return true;
		}
	}
	reason_set(why, "unknown command \"%s\"", printable(s, text));
	return false;
}

static bool
set_name(struct ctl_request *r, const char *s, struct reason *why)
{
	char conn[CONF_NAME_LEN], text[80];
	struct addr address;
	unsigned tunnel;

	if (addr_parse(&address, s) || ctl_name(s, conn, &tunnel)) {
		str_set(r->name, sizeof(r->name), s);
		return true;
	}
	reason_set(why, "\"%s\" is not the name of a connection (NAME) "
	    "or of a tunnel (NAME/1)", printable(s, text));
	return false;
}

static bool
set_what(struct ctl_request *r, const char *s, struct reason *why)
{
	char text[80];

	for (unsigned i = 0; i < ARRAY_SIZE(whats); i++) {
		if (strcmp(whats[i], s) == 0) {
			r->what = (enum ctl_what)i;
			return true;
		}
	}
	reason_set(why, "rekey \"ike\" or \"child\", not \"%s\"",
	    printable(s, text));
	return false;
}

static bool
set_to(struct ctl_request *r, const char *s, struct reason *why)
{
	char text[80];

	if (addr_parse(&r->to, s))
		return true;
	reason_set(why, "\"%s\" is not an IPv4 or IPv6 address",
	    printable(s, text));
	return false;
}

enum {
	HAS_COMMAND,
	HAS_NAME,
	HAS_WHAT,
	HAS_TO,
};

static const struct {
	const char	*key;
	bool		(*set)(struct ctl_request *, const char *,
			    struct reason *);
} members[] = {
	[HAS_COMMAND] = { "command", set_command },
	[HAS_NAME] = { "name", set_name },
	[HAS_WHAT] = { "what", set_what },
	[HAS_TO] = { "to", set_to },
};

static bool
set_member(struct ctl_request *r, const char *key, const json_t *value,
    unsigned *has, struct reason *why)
{
	char text[80];

	for (unsigned i = 0; i < ARRAY_SIZE(members); i++) {
		if (strcmp(members[i].key, key) != 0)
			continue;
		if (!json_is_string(value)) {
			reason_set(why, "member \"%s\" must be a text", key);
			return false;
		}
		*has |= 1u << i;
		return members[i].set(r, json_string_value(value), why);
	}
	reason_set(why, "unknown member \"%s\"", printable(key, text));
	return false;
}

/* Which members came with which command. */
static bool
fits(const struct ctl_request *r, unsigned has, struct reason *why)
{
	if ((has >> HAS_COMMAND & 1) == 0) {
		reason_set(why, "member \"command\" is missing");
		return false;
	}
	if ((has >> HAS_NAME & 1) != 0 && !commands[r->command].name) {
		reason_set(why, "%s takes no name",
		    ctl_command_str(r->command));
		return false;
	}
	if ((has >> HAS_WHAT & 1) != 0 && !commands[r->command].what) {
		reason_set(why, "%s takes no \"what\"",
		    ctl_command_str(r->command));
		return false;
	}
	if ((has >> HAS_TO & 1) != 0 && !commands[r->command].to) {
		reason_set(why, "%s takes no \"to\"",
		    ctl_command_str(r->command));
		return false;
	}
	return true;
}

/*
 * Requests are flat: nothing opens inside of the object, so that the JSON
 * parser never recurses, whatever a client sends.
 */
static bool
is_flat(struct bytes line)
{
	unsigned depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < line.n; i++) {
		uint8_t c = line.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '[') && ++depth > 1)
			return false;
	}
	return true;
}

static json_t *
load(struct bytes line, struct reason *why)
{
	char text[80];
	json_error_t e;
	json_t *j;

	if (line.n >= CTL_LINE_MAX) {
		reason_set(why, "request longer than %d octets", CTL_LINE_MAX);
		return NULL;
	}
	if (!is_flat(line)) {
		reason_set(why, "request must be one flat JSON object");
		return NULL;
	}
	j = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES,
	    &e);
	if (json_is_object(j))
		return j;
	if (j == NULL)
		reason_set(why, "request is not JSON: %s",
		    printable(e.text, text));
	else
		reason_set(why, "request must be a JSON object");
	json_decref(j);
	return NULL;
}

bool
ctl_parse(struct bytes line, struct ctl_request *out, struct reason *why)
{
	struct ctl_request r = { .what = CTL_WHAT_CHILD };
	json_t *j = load(line, why), *value;
	unsigned has = 0;
	bool ok = j != NULL;
	const char *key;

	json_object_foreach(j, key, value) {
		if (!ok)
			break;
		ok = set_member(&r, key, value, &has, why);
	}
	ok = ok && fits(&r, has, why);
	json_decref(j);
	if (ok)
		*out = r;
	return ok;
}

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool
ctl_name(const char *s, char conn[static CONF_NAME_LEN], unsigned *tunnel)
{
	size_t n = 0;
	unsigned number = 0;

	while (is_name_char(s[n]))
		n++;
	if (n == 0 || n >= CONF_NAME_LEN)
		return false;
	if (s[n] == '/') {
		if (s[n + 1] < '1' || s[n + 1] > '9' || s[n + 2] != '\0')
			return false;
		number = (unsigned)(s[n + 1] - '0');
	} else if (s[n] != '\0') {
		return false;
	}
	memcpy(conn, s, n);
	conn[n] = '\0';
	*tunnel = number;
	return true;
}
