/*
 * What a connection is made of: the options that were given, and AWS's way to
 * fill in the rest: two tunnels, blocks for their insides that nobody has,
 * keys of random characters, and the outside addresses that other connections
 * of the same gateway have.  Interfaces are named, so that no later connection
 * takes one for its own.
 */
#include <stdlib.h>
#include <string.h>

#include "gw/inside.h"
#include "gw/psk.h"
#include "tools/complain.h"
#include "tools/hub_job.h"
#include "util/array.h"
#include "util/secret.h"

#define IFNAME	"vpnc%u"

static enum ctl_exit
no_memory(void)
{
	return complain(CTL_EXIT_FAILED, "out of memory");
}

/* --- options --- */

/* A key of tunnels that is given for both: to them, or what they share. */
static enum ctl_exit
put_both(const struct hub_object *o, const struct hub_arg *a)
{
	for (unsigned t = 1; t <= CONF_TUNNELS; t++) {
		if (a->key->shared && hub_tunnel(o, t) != NULL)
			hub_value_drop(hub_tunnel(o, t), a->key->name);
	}
	return hub_value_put(a->key->shared ? o->group : hub_tunnel(o, 1),
	    a->key, a->name, a->value);
}

/* What both have had, each has by itself from now on. */
static bool
divide(const struct hub_object *o, const char *key)
{
	const config_setting_t *shared =
	    config_setting_get_member(o->group, key);

	for (unsigned t = 1; shared != NULL && t <= CONF_TUNNELS; t++) {
		if (hub_tunnel(o, t) != NULL &&
		    config_setting_get_member(hub_tunnel(o, t), key) == NULL &&
		    !hub_value_copy(hub_tunnel(o, t), shared))
			return false;
	}
	hub_value_drop(o->group, key);
	return true;
}

static enum ctl_exit
put_tunnel(const struct hub_object *o, const struct hub_arg *a, unsigned t)
{
	if (hub_tunnel(o, t) == NULL)
		return complain(CTL_EXIT_USAGE, "connection %s has no tunnel "
		    "%u", o->name, t);
	return divide(o, a->key->name) ? hub_value_put(hub_tunnel(o, t),
	    a->key, a->name, a->value) : no_memory();
}

/* Of two of the same option, which one this is: 1 or 2. */
static unsigned
turn(const struct hub_args *args, size_t at)
{
	unsigned n = 1;

	for (size_t i = 0; i < at; i++)
		n += args->v[i].word == args->v[at].word &&
		    args->v[i].key == args->v[at].key &&
		    args->v[i].tunnel == 0;
	return n;
}

static enum ctl_exit
put_key(const struct hub_args *args, size_t at, const struct hub_object *o)
{
	const struct hub_arg *a = &args->v[at];
	size_t n = hub_args_count(args, a->key->name);

	if (a->key->place != CONF_AT_TUNNEL)
		return hub_value_put(o->group, a->key, a->name, a->value);
	if (a->tunnel != 0)
		return put_tunnel(o, a, a->tunnel);
	if (n > CONF_TUNNELS)
		return complain(CTL_EXIT_USAGE, "--%s is given %zu times for "
		    "two tunnels", a->name, n);
	if (n == 1)
		return put_both(o, a);
	return put_tunnel(o, a, turn(args, at));
}

/* A key that becomes its default again, of the tunnels too. */
static enum ctl_exit
reset(const struct hub_object *o, const char *option)
{
	const struct conf_key *key = hub_args_key(HUB_CONNECTION, option);

	if (key == NULL)
		return complain(CTL_EXIT_USAGE, "--reset %s: a connection has "
		    "no such option", option);
	hub_value_drop(o->group, key->name);
	for (unsigned t = 1; t <= CONF_TUNNELS; t++) {
		if (hub_tunnel(o, t) != NULL)
			hub_value_drop(hub_tunnel(o, t), key->name);
	}
	return CTL_EXIT_OK;
}

static enum ctl_exit
put_options(const struct hub_args *args, const struct hub_object *o)
{
	enum ctl_exit rc = CTL_EXIT_OK;

	for (size_t i = 0; rc == CTL_EXIT_OK && i < args->n; i++) {
		if (args->v[i].word == HUB_RESET)
			rc = reset(o, args->v[i].value);
	}
	/* What is for one tunnel goes before what is for both. */
	for (size_t i = 0; rc == CTL_EXIT_OK && i < 2 * args->n; i++) {
		const struct hub_arg *a = &args->v[i % args->n];

		if (a->word == HUB_KEY && (a->tunnel != 0) == (i >= args->n))
			rc = put_key(args, i % args->n, o);
	}
	return rc;
}

/* --- secrets --- */

static const char *
secret_key(enum hub_word word)
{
	switch ((int)word) {
	case HUB_PSK:
		return "pre_shared_key";
	case HUB_PPK:
		return "ppk";
	case HUB_BGP_PASSWORD:
		return "bgp_password";
	default:
		return NULL;
	}
}

static size_t
count_word(const struct hub_args *args, enum hub_word word)
{
	size_t n = 0;

	for (size_t i = 0; i < args->n; i++)
		n += args->v[i].word == word && args->v[i].tunnel == 0;
	return n;
}

static enum ctl_exit
put_secret(struct hub_job *j, const struct hub_object *o, size_t at)
{
	const struct hub_arg *a = &j->args.v[at];
	const char *key = secret_key(a->word);
	bool once = count_word(&j->args, a->word) == 1;
	unsigned first = a->tunnel != 0 ? a->tunnel :
	    once ? 1 : turn(&j->args, at);
	unsigned last = a->tunnel == 0 && once ? CONF_TUNNELS : first;
	enum ctl_exit rc = CTL_EXIT_OK;

	if (a->word == HUB_PSK && psk_fault(a->value) != NULL)
		return complain(CTL_EXIT_USAGE, "--%s must be %s", a->name,
		    psk_fault(a->value));
	for (unsigned t = first; rc == CTL_EXIT_OK && t <= last; t++) {
		if (t > CONF_TUNNELS || hub_tunnel(o, t) == NULL)
			return complain(CTL_EXIT_USAGE, "--%s: connection %s "
			    "has no tunnel %u", a->name, o->name, t);
		rc = hub_secret_put(&j->set, o->name, t, key, a->value);
	}
	return rc;
}

static enum ctl_exit
put_secrets(struct hub_job *j, const struct hub_object *o)
{
	enum ctl_exit rc = CTL_EXIT_OK;

	for (size_t i = 0; rc == CTL_EXIT_OK && i < 2 * j->args.n; i++) {
		const struct hub_arg *a = &j->args.v[i % j->args.n];

		if (secret_key(a->word) != NULL &&
		    (a->tunnel != 0) == (i >= j->args.n))
			rc = put_secret(j, o, i % j->args.n);
	}
	return rc;
}

/* What the tunnel has of a key, or shares. */
static const char *
text_of(const struct hub_object *o, unsigned t, const char *key)
{
	const char *s = NULL;

	if (hub_tunnel(o, t) == NULL || config_setting_lookup_string(
	    hub_tunnel(o, t), key, &s) != CONFIG_TRUE)
		config_setting_lookup_string(o->group, key, &s);
	return s;
}

static bool
needs_psk(const struct hub_object *o, unsigned t)
{
	const char *ours = text_of(o, t, "authentication");
	const char *theirs = text_of(o, t, "remote_authentication");

	if (ours == NULL)
		ours = "psk";
	if (theirs == NULL)
		theirs = ours;
	return strcmp(ours, "psk") == 0 || strcmp(theirs, "psk") == 0;
}

/* A key for each tunnel that lacks one, but for those that had theirs. */
static enum ctl_exit
fill_secrets(struct hub_job *j, const struct hub_object *o, const bool *had)
{
	enum ctl_exit rc = CTL_EXIT_OK;

	for (unsigned t = 1; rc == CTL_EXIT_OK && t <= CONF_TUNNELS; t++) {
		char psk[PSK_MADE_LEN + 1], old[128];

		if (hub_tunnel(o, t) == NULL || !needs_psk(o, t) ||
		    had[t - 1])
			continue;
		if (hub_secret_get(&j->set, o->name, t, "pre_shared_key", old,
		    sizeof(old))) {
			wipe(old, sizeof(old));
			continue;
		}
		psk_make(&j->drbg, psk);
		rc = hub_secret_put(&j->set, o->name, t, "pre_shared_key",
		    psk);
		wipe(psk, sizeof(psk));
	}
	return rc;
}

/* --- what is not given --- */

/* Blocks that are in use anywhere, and what was handed out just now. */
struct used {
	struct prefix	*v;		/* owned */
	size_t		n;
};

static bool
used_of(const struct conf *conf, struct used *out)
{
	/* Two more for each of a connection's tunnels that is made. */
	struct used u = { .v = calloc((conf->n + 1) * CONF_TUNNELS * 2 + 1,
	    sizeof(struct prefix)) };

	if (u.v == NULL)
		return false;
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_connection *c = &conf->connections[i];

		for (unsigned t = 0; t < c->tunnels_n; t++) {
			u.v[u.n++] = c->tunnels[t].inside4;
			u.v[u.n++] = c->tunnels[t].inside6;
		}
	}
	*out = u;
	return true;
}

/* What the options say themselves is in use, too. */
static void
used_add(struct used *u, const struct hub_object *o)
{
	static const char *const keys[] = {
		"tunnel_inside_cidr", "tunnel_inside_ipv6_cidr",
	};

	for (unsigned t = 1; t <= CONF_TUNNELS; t++) {
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			const char *s = NULL;
			struct prefix p;

			if (config_setting_lookup_string(hub_tunnel(o, t),
			    keys[i], &s) && prefix_parse(&p, s))
				u->v[u->n++] = p;
		}
	}
}

static bool
has(const config_setting_t *group, const char *key)
{
	return config_setting_get_member(group, key) != NULL;
}

static enum ctl_exit
fill_inside(struct hub_job *j, const struct hub_object *o, unsigned t,
    struct used *u)
{
	config_setting_t *group = hub_tunnel(o, t);
	const char *version = text_of(o, t, "tunnel_inside_ip_version");
	bool six = version != NULL && strcmp(version, "ipv4") != 0;
	bool four = version == NULL || strcmp(version, "ipv6") != 0;
	char text[PREFIX_STRLEN];
	struct prefix p;

	if (four && !has(group, "tunnel_inside_cidr")) {
		if (!inside4_next(u->v, u->n, &p))
			return complain(CTL_EXIT_FAILED, "no /30 of "
			    "169.254.0.0/16 is left");
		u->v[u->n++] = p;
		if (!hub_text_put(group, "tunnel_inside_cidr",
		    prefix_str(&p, text)))
			return no_memory();
	}
	if (!six || has(group, "tunnel_inside_ipv6_cidr"))
		return CTL_EXIT_OK;
	p = inside6_next(u->v, u->n, &j->drbg);
	return hub_text_put(group, "tunnel_inside_ipv6_cidr",
	    prefix_str(&p, text)) ? CTL_EXIT_OK : no_memory();
}

static enum ctl_exit
fill_insides(struct hub_job *j, const struct hub_object *o)
{
	enum ctl_exit rc = CTL_EXIT_OK;
	struct used u;

	if (!used_of(j->before, &u))
		return no_memory();
	used_add(&u, o);
	for (unsigned t = 1; rc == CTL_EXIT_OK && t <= CONF_TUNNELS; t++)
		rc = fill_inside(j, o, t, &u);
	free(u.v);
	return rc;
}

/* Has any tunnel this interface, or the other one of this connection? */
static bool
is_taken(const struct conf *conf, const struct hub_object *o,
    const char *ifname)
{
	const struct conf_connection *of;

	for (unsigned t = 1; t <= CONF_TUNNELS; t++) {
		const char *s = text_of(o, t, "interface_name");

		if (s != NULL && strcmp(s, ifname) == 0)
			return true;
	}
	return conf_find_ifname(conf, ifname, &of) != NULL;
}

static enum ctl_exit
fill_interfaces(struct hub_job *j, const struct hub_object *o)
{
	unsigned n = 0;

	for (unsigned t = 1; t <= CONF_TUNNELS; t++) {
		char name[KERN_IFNAME_LEN];

		if (has(hub_tunnel(o, t), "interface_name"))
			continue;
		do
			str_fmt(name, sizeof(name), IFNAME, ++n);
		while (is_taken(j->before, o, name));
		if (!hub_text_put(hub_tunnel(o, t), "interface_name", name))
			return no_memory();
	}
	return CTL_EXIT_OK;
}

/* A connection that ends where this one does; NULL: it is the first. */
static const struct conf_connection *
sibling(const struct conf *conf, const char *gateway)
{
	for (size_t i = 0; gateway != NULL && i < conf->n; i++) {
		const struct conf_connection *c = &conf->connections[i];
		const struct conf_target *t = conf_target(conf, c);

		if (t != NULL && strcmp(t->name, gateway) == 0 &&
		    c->tunnels_n == CONF_TUNNELS)
			return c;
	}
	return NULL;
}

static enum ctl_exit
fill_outside(struct hub_job *j, const struct hub_object *o)
{
	const char *gateway = text_of(o, 1, "gateway");
	const struct conf_connection *c = sibling(j->before, gateway);
	char text[ADDR_STRLEN];

	for (unsigned t = 1; t <= CONF_TUNNELS; t++) {
		if (text_of(o, t, "local_outside_ip_address") != NULL)
			continue;
		if (c == NULL)
			return complain(CTL_EXIT_USAGE, "tunnel %u needs "
			    "--local-outside-ip-address, given twice for two "
			    "tunnels: no connection of the gateway has one to "
			    "take", t);
		if (!hub_text_put(hub_tunnel(o, t), "local_outside_ip_address",
		    addr_str(&c->tunnels[t - 1].local, text)))
			return no_memory();
	}
	return CTL_EXIT_OK;
}

static bool
add_tunnels(struct hub_object *o)
{
	config_setting_t *list = config_setting_add(o->group, "tunnels",
	    CONFIG_TYPE_LIST);
	bool ok = list != NULL;

	for (unsigned t = 0; ok && t < CONF_TUNNELS; t++)
		ok = config_setting_add(list, NULL, CONFIG_TYPE_GROUP) != NULL;
	return ok;
}

enum ctl_exit
hub_connection_make(struct hub_job *j, struct hub_object *o)
{
	static const bool none[CONF_TUNNELS];
	enum ctl_exit rc;

	if (!add_tunnels(o))
		return no_memory();
	rc = put_options(&j->args, o);
	if (rc == CTL_EXIT_OK)
		rc = fill_outside(j, o);
	if (rc == CTL_EXIT_OK)
		rc = fill_insides(j, o);
	if (rc == CTL_EXIT_OK)
		rc = fill_interfaces(j, o);
	if (rc == CTL_EXIT_OK)
		rc = put_secrets(j, o);
	return rc == CTL_EXIT_OK ? fill_secrets(j, o, none) : rc;
}

/* One that had a need for a key before has it, wherever it stands. */
enum ctl_exit
hub_connection_change(struct hub_job *j, struct hub_object *o)
{
	bool had[CONF_TUNNELS];
	enum ctl_exit rc;

	for (unsigned t = 1; t <= CONF_TUNNELS; t++)
		had[t - 1] = hub_tunnel(o, t) != NULL && needs_psk(o, t);
	rc = put_options(&j->args, o);
	if (rc == CTL_EXIT_OK)
		rc = put_secrets(j, o);
	return rc == CTL_EXIT_OK ? fill_secrets(j, o, had) : rc;
}
