/*
 * Options of the hub's verbs.  A key of a tunnel that is given once is for
 * both tunnels, given twice for the first and the second, and with tunnel1- or
 * tunnel2- in front for that one.  A boolean may stand without a value, and
 * with no- in front.
 */
#include "tools/hub_args.h"

#include <stdlib.h>
#include <string.h>

#include "tools/complain.h"
#include "util/array.h"

#define TIMEOUT_MAX	86400

#define OF(kind)	(1u << (kind))
#define OF_FILES	(OF(HUB_CUSTOMER) | OF(HUB_GATEWAY) |		\
	OF(HUB_CONNECTION) | OF(HUB_TABLE))
#define OF_MEMBERS	(OF(HUB_ROUTE) | OF(HUB_ASSOCIATION) |		\
	OF(HUB_PROPAGATION))

/* What is no key of the configuration. */
static const struct {
	const char	*name;
	unsigned	of;
	enum hub_word	word;
	bool		flag;
} words[] = {
	{ "pre-shared-key", OF(HUB_CONNECTION), HUB_PSK, false },
	{ "ppk", OF(HUB_CONNECTION), HUB_PPK, false },
	{ "bgp-password", OF(HUB_CONNECTION), HUB_BGP_PASSWORD, false },
	{ "destination-cidr-block", OF(HUB_ROUTE), HUB_DESTINATION, false },
	{ "connection", OF_MEMBERS, HUB_OF_CONNECTION, false },
	{ "vpn-connection-id", OF_MEMBERS, HUB_OF_CONNECTION, false },
	{ "route-table", OF_MEMBERS, HUB_OF_TABLE, false },
	{ "transit-gateway-route-table-id", OF_MEMBERS, HUB_OF_TABLE, false },
	{ "blackhole", OF(HUB_ROUTE), HUB_BLACKHOLE, true },
	{ "reset", OF_FILES, HUB_RESET, false },
	{ "with-pre-shared-keys", OF(HUB_CONNECTION), HUB_SHOW_KEYS, true },
};

/* What AWS calls otherwise. */
static const struct {
	const char	*name;
	unsigned	of;
	const char	*key;
} aliases[] = {
	{ "customer-gateway-id", OF(HUB_CONNECTION), "customer_gateway" },
	{ "vpn-gateway-id", OF(HUB_CONNECTION), "gateway" },
	{ "transit-gateway-id", OF(HUB_CONNECTION), "gateway" },
	{ "outside-ip-address", OF(HUB_CONNECTION),
	    "local_outside_ip_address" },
	{ "public-ip", OF(HUB_CUSTOMER), "ip_address" },
	{ "certificate", OF(HUB_CUSTOMER), "ca_certificates" },
};

static const enum conf_place places[HUB_KINDS] = {
	[HUB_CUSTOMER] = CONF_AT_CUSTOMER, [HUB_GATEWAY] = CONF_AT_TARGET,
	[HUB_CONNECTION] = CONF_AT_CONNECTION, [HUB_TABLE] = CONF_AT_TABLE,
};

const char *
hub_args_word(const struct hub_args *a, enum hub_word word)
{
	const char *value = NULL;

	for (size_t i = 0; i < a->n; i++) {
		if (a->v[i].word == word)
			value = a->v[i].value;
	}
	return value;
}

size_t
hub_args_count(const struct hub_args *a, const char *key)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += a->v[i].key != NULL && a->v[i].tunnel == 0 &&
		    strcmp(a->v[i].key->name, key) == 0;
	return n;
}

bool
hub_args_flag(const struct hub_args *a, enum hub_word word)
{
	const char *value = hub_args_word(a, word);

	return value != NULL && strcmp(value, "true") == 0;
}

void
hub_args_fini(struct hub_args *a)
{
	for (size_t i = 0; i < a->own_n; i++)
		free(a->own[i]);
	a->own_n = 0;
}

/* --- which option it is --- */

void
hub_snake(char out[static HUB_OPTION], const char *option)
{
	str_set(out, HUB_OPTION, option);
	for (char *p = out; *p != '\0'; p++) {
		if (*p == '-')
			*p = '_';
	}
}

const struct conf_key *
hub_args_key(enum hub_kind kind, const char *name)
{
	const struct conf_key *key;
	char text[HUB_OPTION];

	if (kind >= HUB_KINDS)
		return NULL;
	hub_snake(text, name);
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if ((aliases[i].of & OF(kind)) != 0 &&
		    strcmp(aliases[i].name, name) == 0)
			str_set(text, sizeof(text), aliases[i].key);
	}
	key = conf_key_find(places[kind], text);
	if (key == NULL && kind == HUB_CONNECTION)
		key = conf_key_find(CONF_AT_TUNNEL, text);
	if (key == NULL || conf_key_holds_groups(key) ||
	    strcmp(key->name, "name") == 0)
		return NULL;
	return key;
}

static bool
is_tunnels(const struct conf_key *key)
{
	return key->place == CONF_AT_TUNNEL;
}

/* True: arg is filled but for its value; *flag: it needs none. */
static bool
find(enum hub_kind kind, const char *name, struct hub_arg *arg, bool *flag)
{
	const char *bare = name;

	*arg = (struct hub_arg){ .name = name };
	if (strncmp(name, "tunnel1-", 8) == 0 ||
	    strncmp(name, "tunnel2-", 8) == 0) {
		arg->tunnel = (unsigned)(name[6] - '0');
		bare = name + 8;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if ((words[i].of & OF(kind)) == 0 ||
		    strcmp(words[i].name, bare) != 0)
			continue;
		arg->word = words[i].word;
		*flag = words[i].flag;
		return arg->tunnel == 0 || (arg->word >= HUB_PSK &&
		    arg->word <= HUB_BGP_PASSWORD);
	}
	arg->key = hub_args_key(kind, bare);
	*flag = arg->key != NULL && arg->key->kind == CONF_KIND_BOOL;
	return arg->key != NULL && (arg->tunnel == 0 || is_tunnels(arg->key));
}

/* Booleans read as AWS's "enable" too. */
static const char *
bool_of(const char *s)
{
	static const struct {
		const char	*from, *to;
	} known[] = {
		{ "true", "true" }, { "false", "false" },
		{ "enable", "true" }, { "disable", "false" },
	};

	for (size_t i = 0; s != NULL && i < ARRAY_SIZE(known); i++) {
		if (strcmp(known[i].from, s) == 0)
			return known[i].to;
	}
	return NULL;
}

/* --- one argument --- */

/* What is left of the command line. */
struct rest {
	char		**argv;
	int		argc, at;
};

static enum ctl_exit
add(struct hub_args *a, const struct hub_arg *arg)
{
	if (a->n == HUB_ARGS)
		return complain(CTL_EXIT_USAGE, "more than %d options",
		    HUB_ARGS);
	a->v[a->n++] = *arg;
	return CTL_EXIT_OK;
}

static enum ctl_exit
read_flag(struct hub_args *a, struct rest *r, struct hub_arg *arg,
    const char *given)
{
	const char *next = r->at < r->argc ? bool_of(r->argv[r->at]) : NULL;

	if (given != NULL)
		arg->value = bool_of(given);
	else if (next != NULL) {
		arg->value = next;
		r->at++;
	} else
		arg->value = "true";
	if (arg->value == NULL)
		return complain(CTL_EXIT_USAGE, "--%s must be true or false, "
		    "not \"%s\"", arg->name, given);
	return add(a, arg);
}

static enum ctl_exit
set_timeout(struct hub_args *a, const char *s)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (s[0] < '0' || s[0] > '9' || *end != '\0' || n < 1 ||
	    n > TIMEOUT_MAX)
		return complain(CTL_EXIT_USAGE, "--timeout must be 1 to %d "
		    "seconds, not \"%s\"", TIMEOUT_MAX, s);
	a->client.timeout = (unsigned)n;
	return CTL_EXIT_OK;
}

/* One that every command has; false: it is none. */
static bool
is_common(struct hub_args *a, const char *name, const char *value,
    enum ctl_exit *rc)
{
	const struct {
		const char	*name;
		const char	**to;
	} texts[] = {
		{ "S", &a->client.path }, { "s", &a->secrets },
		{ "c", &a->conf },
	};

	if (strcmp(name, "timeout") == 0) {
		*rc = set_timeout(a, value);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(texts[i].name, name) == 0) {
			*texts[i].to = value;
			return true;
		}
	}
	return false;
}

static bool
is_switch(struct hub_args *a, const char *word)
{
	if (strcmp(word, "--json") == 0)
		a->json = true;
	else if (strcmp(word, "--dry-run") == 0)
		a->dry_run = true;
	else
		return false;
	return true;
}

static const char *const common[] = { "-S", "-s", "-c", "--timeout" };

static bool
takes_value(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(common); i++) {
		if (strcmp(common[i], word) == 0)
			return true;
	}
	return false;
}

static enum ctl_exit
unknown(const struct hub_args *a, const char *name)
{
	char text[HUB_OPTION];
	const char *near = "";

	hub_snake(text, name);
	if (a->kind < HUB_KINDS)
		near = conf_key_nearest(places[a->kind], text);
	/* What is nothing like it helps nobody. */
	if (near[0] == '\0' || conf_unlike(text, near) > strlen(text) / 2 ||
	    strcmp(near, "name") == 0 || strcmp(near, text) == 0)
		return complain(CTL_EXIT_USAGE, "unknown option --%s", name);
	str_set(text, sizeof(text), near);
	for (char *p = text; *p != '\0'; p++) {
		if (*p == '_')
			*p = '-';
	}
	return complain(CTL_EXIT_USAGE, "unknown option --%s; did you mean "
	    "--%s?", name, text);
}

/* "--name", "--name=value" or "--no-name"; name is without the value. */
static enum ctl_exit
read_option(struct hub_args *a, struct rest *r, const char *name,
    const char *given)
{
	struct hub_arg arg;
	bool flag;

	if (strncmp(name, "no-", 3) == 0 && given == NULL &&
	    find(a->kind, name + 3, &arg, &flag) && flag) {
		arg.value = "false";
		return add(a, &arg);
	}
	if (!find(a->kind, name, &arg, &flag))
		return unknown(a, name);
	if (flag)
		return read_flag(a, r, &arg, given);
	if (given == NULL && r->at == r->argc)
		return complain(CTL_EXIT_USAGE, "a value is missing after "
		    "--%s", name);
	arg.value = given != NULL ? given : r->argv[r->at++];
	return add(a, &arg);
}

static enum ctl_exit
read_long(struct hub_args *a, struct rest *r, const char *word)
{
	const char *equals = strchr(word, '=');
	char *name;

	if (a->own_n == HUB_ARGS)
		return complain(CTL_EXIT_USAGE, "more than %d options",
		    HUB_ARGS);
	name = strndup(word + 2, equals != NULL ?
	    (size_t)(equals - word) - 2 : strlen(word) - 2);
	if (name == NULL)
		return complain(CTL_EXIT_FAILED, "out of memory");
	a->own[a->own_n++] = name;
	return read_option(a, r, name, equals != NULL ? equals + 1 : NULL);
}

static enum ctl_exit
read_one(struct hub_args *a, struct rest *r)
{
	const char *word = r->argv[r->at++];
	enum ctl_exit rc = CTL_EXIT_OK;

	if (is_switch(a, word))
		return rc;
	if (takes_value(word)) {
		if (r->at == r->argc)
			return complain(CTL_EXIT_USAGE, "a value is missing "
			    "after %s", word);
		is_common(a, word + strspn(word, "-"), r->argv[r->at++], &rc);
		return rc;
	}
	if (strncmp(word, "--", 2) == 0)
		return read_long(a, r, word);
	if (word[0] == '-')
		return complain(CTL_EXIT_USAGE, "unknown option %s", word);
	if (a->name != NULL)
		return complain(CTL_EXIT_USAGE, "\"%s\" after \"%s\" is not "
		    "understood", word, a->name);
	a->name = word;
	return rc;
}

enum ctl_exit
hub_args_read(struct hub_args *a, char **argv, int argc)
{
	struct rest r = { .argv = argv, .argc = argc };
	enum ctl_exit rc = CTL_EXIT_OK;

	while (rc == CTL_EXIT_OK && r.at < r.argc)
		rc = read_one(a, &r);
	return rc;
}
