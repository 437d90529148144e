/*
 * Requests of the control protocol: one flat JSON object of texts per line.
 * The commands' table says which members each may and must have; anything else
 * is refused before it reaches the gateway.  Does not look names up.
 */
#include "gw/ctl.h"

#include <jansson.h>
#include <string.h>

#include "util/array.h"

enum {
	HAS_COMMAND = 1,
	HAS_NAME = 2,
	HAS_WHAT = 4,
	HAS_PREFIX = 8,
	HAS_CURSOR = 16,
	HAS_TEXT = 32,
	HAS_TO = 64,
	HAS_CANDIDATE = 128,
	HAS_SECONDS = 256,
	HAS_TABLE = 512,
};

static const struct {
	const char	*word;
	unsigned	 may, must;	/* members beside "command" */
} commands[CTL_COMMANDS] = {
	[CTL_SHOW] = { "show", HAS_NAME, 0 },
	[CTL_TABLES] = { "tables", 0, 0 },
	[CTL_VPCS] = { "vpcs", 0, 0 },
	[CTL_ROUTES] = { "routes", HAS_CURSOR | HAS_TABLE, 0 },
	[CTL_BGP] = { "bgp", HAS_NAME, 0 },
	[CTL_BGP_ROUTES] = { "bgp-routes", HAS_NAME | HAS_WHAT | HAS_CURSOR |
	    HAS_TABLE, 0 },
	[CTL_COUNTERS] = { "counters", HAS_NAME | HAS_CURSOR, 0 },
	[CTL_BGP_DUMP] = { "bgp-dump", HAS_CURSOR, 0 },
	[CTL_BGP_TRACE] = { "bgp-trace", HAS_NAME | HAS_CURSOR | HAS_WHAT, 0 },
	[CTL_BGP_REFRESH] = { "bgp-refresh", HAS_NAME, 0 },
	[CTL_BGP_CLEAR] = { "bgp-clear", HAS_NAME, 0 },
	[CTL_BGP_SHUTDOWN] = { "bgp-shutdown", HAS_NAME | HAS_TEXT, 0 },
	[CTL_BGP_START] = { "bgp-start", HAS_NAME, 0 },
	[CTL_BFD] = { "bfd", HAS_NAME, 0 },
	[CTL_UP] = { "up", HAS_NAME, 0 },
	[CTL_DOWN] = { "down", HAS_NAME, 0 },
	[CTL_REKEY] = { "rekey", HAS_NAME | HAS_WHAT, 0 },
	[CTL_RELOAD] = { "reload", 0, 0 },
	[CTL_APPLY] = { "apply", HAS_CANDIDATE | HAS_SECONDS, HAS_CANDIDATE },
	[CTL_CONFIRM] = { "confirm", 0, 0 },
	[CTL_UNDO] = { "undo", 0, 0 },
	[CTL_RESTART] = { "restart", 0, 0 },
	[CTL_EXPLAIN] = { "explain", HAS_NAME, 0 },
	[CTL_EXPLAIN_ROUTE] = { "explain-route", HAS_PREFIX | HAS_TABLE,
	    HAS_PREFIX },
	[CTL_KEYS] = { "keys", HAS_NAME, 0 },
	[CTL_DRAIN] = { "drain", HAS_NAME | HAS_TO, 0 },
	[CTL_UNDRAIN] = { "undrain", HAS_NAME, 0 },
	[CTL_REPLACE] = { "replace-tunnel", HAS_NAME | HAS_WHAT, 0 },
};

static const struct {
	const char	*word;
	enum ctl_command of;
} whats[CTL_WHATS] = {
	[CTL_WHAT_CHILD] = { "child", CTL_REKEY },
	[CTL_WHAT_IKE] = { "ike", CTL_REKEY },
	[CTL_WHAT_BEST] = { "best", CTL_BGP_ROUTES },
	[CTL_WHAT_RECEIVED] = { "received", CTL_BGP_ROUTES },
	[CTL_WHAT_ACCEPTED] = { "accepted", CTL_BGP_ROUTES },
	[CTL_WHAT_ADVERTISED] = { "advertised", CTL_BGP_ROUTES },
	[CTL_WHAT_MAINTENANCE] = { "maintenance", CTL_REPLACE },
	[CTL_WHAT_END] = { "end", CTL_BGP_TRACE },
};

const char *
ctl_command_str(enum ctl_command command)
{
	return (unsigned)command < CTL_COMMANDS ? commands[command].word :
	    "unknown";
}

const char *
ctl_what_str(enum ctl_what what)
{
	return (unsigned)what < CTL_WHATS ? whats[what].word : "unknown";
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

/* "ike or child", for a command that can be about either. */
static void
say_whats(enum ctl_command of, char *buf, size_t size)
{
	const char *between = "";

	str_set(buf, size, "");
	for (unsigned i = 0; i < ARRAY_SIZE(whats); i++) {
		if (whats[i].of == of) {
			str_add(buf, size, "%s\"%s\"", between, whats[i].word);
			between = " or ";
		}
	}
}

static bool
set_what(struct ctl_request *r, const char *s, struct reason *why)
{
	char text[80], all[80];

	for (unsigned i = 0; i < ARRAY_SIZE(whats); i++) {
		if (whats[i].of == r->command &&
		    strcmp(whats[i].word, s) == 0) {
			r->what = (enum ctl_what)i;
			return true;
		}
	}
	say_whats(r->command, all, sizeof(all));
	reason_set(why, "%s %s, not \"%s\"", ctl_command_str(r->command), all,
	    printable(s, text));
	return false;
}

/* A prefix, or an address as the longest of its prefixes. */
static bool
set_prefix(struct ctl_request *r, const char *s, struct reason *why)
{
	char text[80];
	struct addr a;

	if (addr_parse(&a, s)) {
		r->prefix = (struct prefix){ .addr = a,
		    .len = (uint8_t)(a.family == ADDR_IPV6 ? 128 : 32) };
		return true;
	}
	if (prefix_parse(&r->prefix, s)) {
		r->prefix = prefix_network(&r->prefix);
		return true;
	}
	reason_set(why, "\"%s\" is neither a prefix nor an address",
	    printable(s, text));
	return false;
}

static bool
set_cursor(struct ctl_request *r, const char *s, struct reason *why)
{
	uint64_t n = 0;
	char text[80];
	size_t i = 0;

	while (s[i] >= '0' && s[i] <= '9' && n < UINT64_MAX / 10)
		n = n * 10 + (unsigned)(s[i++] - '0');
	if (i > 0 && s[i] == '\0') {
		r->cursor = n;
		return true;
	}
	reason_set(why, "\"%s\" is not a cursor of an earlier answer",
	    printable(s, text));
	return false;
}

static bool
set_text(struct ctl_request *r, const char *s, struct reason *why)
{
	if (strlen(s) < sizeof(r->text)) {
		str_set(r->text, sizeof(r->text), s);
		return true;
	}
	reason_set(why, "the text is longer than %d octets",
	    CTL_TEXT_MAX - 1);
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

static bool
set_table(struct ctl_request *r, const char *s, struct reason *why)
{
	char conn[CONF_NAME_LEN], text[80];
	unsigned tunnel;

	if (ctl_name(s, conn, &tunnel) && tunnel == 0) {
		str_set(r->table, sizeof(r->table), s);
		return true;
	}
	reason_set(why, "\"%s\" is not the name of a route table",
	    printable(s, text));
	return false;
}

/* It becomes part of a file's name. */
static bool
set_candidate(struct ctl_request *r, const char *s, struct reason *why)
{
	char text[80];
	size_t n = 0;

	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') ||
	    (s[n] >= '0' && s[n] <= '9'))
		n++;
	if (n > 0 && n < sizeof(r->candidate) && s[n] == '\0') {
		str_set(r->candidate, sizeof(r->candidate), s);
		return true;
	}
	reason_set(why, "\"%s\" does not name a candidate",
	    printable(s, text));
	return false;
}

static bool
set_seconds(struct ctl_request *r, const char *s, struct reason *why)
{
	uint32_t n = 0;
	char text[80];
	size_t i = 0;

	while (s[i] >= '0' && s[i] <= '9' && n <= CTL_CONFIRM_MAX)
		n = n * 10 + (unsigned)(s[i++] - '0');
	if (s[i] == '\0' && n >= 1 && n <= CTL_CONFIRM_MAX) {
		r->seconds = n;
		return true;
	}
	reason_set(why, "\"confirm_within\" must be 1 to %d seconds, not "
	    "\"%s\"", CTL_CONFIRM_MAX, printable(s, text));
	return false;
}

/* In the order in which they are read: the command says what the rest is. */
static const struct member {
	const char	*key;
	const char	*called;	/* "takes no ..." */
	unsigned	 bit;
	bool		(*set)(struct ctl_request *, const char *,
			    struct reason *);
} members[] = {
	{ "command", "command", HAS_COMMAND, set_command },
	{ "name", "name", HAS_NAME, set_name },
	{ "what", "\"what\"", HAS_WHAT, set_what },
	{ "prefix", "prefix", HAS_PREFIX, set_prefix },
	{ "cursor", "cursor", HAS_CURSOR, set_cursor },
	{ "text", "text", HAS_TEXT, set_text },
	{ "to", "\"to\"", HAS_TO, set_to },
	{ "table", "route table", HAS_TABLE, set_table },
	{ "candidate", "candidate", HAS_CANDIDATE, set_candidate },
	{ "confirm_within", "\"confirm_within\"", HAS_SECONDS, set_seconds },
};

/* Only members that there are, all of them texts. */
static bool
check_members(json_t *j, struct reason *why)
{
	const char *key;
	json_t *value;
	char text[80];

	json_object_foreach(j, key, value) {
		size_t i = 0;

		while (i < ARRAY_SIZE(members) &&
		    strcmp(members[i].key, key) != 0)
			i++;
		if (i == ARRAY_SIZE(members)) {
			reason_set(why, "unknown member \"%s\"",
			    printable(key, text));
			return false;
		}
		if (!json_is_string(value)) {
			reason_set(why, "member \"%s\" must be a text", key);
			return false;
		}
	}
	return true;
}

static bool
read_member(struct ctl_request *r, const json_t *j, const struct member *m,
    struct reason *why)
{
	const char *s = json_string_value(json_object_get(j, m->key));
	bool command = m->bit == HAS_COMMAND;

	if (s == NULL && (command || (commands[r->command].must & m->bit))) {
		reason_set(why, "member \"%s\" is missing", m->key);
		return false;
	}
	if (s == NULL)
		return true;
	if (!command && (commands[r->command].may & m->bit) == 0) {
		reason_set(why, "%s takes no %s", ctl_command_str(r->command),
		    m->called);
		return false;
	}
	return m->set(r, s, why);
}

/* Where nothing says it. */
static void
default_what(struct ctl_request *r)
{
	r->what = r->command == CTL_BGP_ROUTES ? CTL_WHAT_BEST :
	    CTL_WHAT_CHILD;
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
	struct ctl_request r = { 0 };
	json_t *j = load(line, why);
	bool ok = j != NULL && check_members(j, why);

	for (size_t i = 0; ok && i < ARRAY_SIZE(members); i++) {
		ok = read_member(&r, j, &members[i], why);
		if (members[i].bit == HAS_COMMAND)
			default_what(&r);
	}
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
