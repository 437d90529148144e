/*
 * The hub's verbs.  An edit is told as a sentence for people, with what a
 * customer has to be given, or as the object that AWS's API would answer with;
 * a description is JSON anyhow.
 */
#include "tools/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/complain.h"
#include "tools/hub_job.h"
#include "tools/hub_show.h"
#include "tools/render.h"
#include "util/array.h"
#include "util/secret.h"

bool
hub_is_verb(const char *word)
{
	static const char *const verbs[] = {
		"create", "modify", "delete", "describe",
	};

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i], word) == 0)
			return true;
	}
	return false;
}

/* --- telling --- */

/* The object by itself, as it is after the edit; NULL: it is gone. */
static json_t *
object_json(const struct hub_job *j, enum hub_kind kind, const char *name)
{
	const struct conf *conf = j->after;

	switch ((int)kind) {
	case HUB_CUSTOMER:
		for (size_t i = 0; i < conf->customers_n; i++)
			if (strcmp(conf->customers[i].name, name) == 0)
				return json_pack("{s:o}", "CustomerGateway",
				    hub_show_customer(&conf->customers[i]));
		return NULL;
	case HUB_GATEWAY:
		for (size_t i = 0; i < conf->targets_n; i++)
			if (strcmp(conf->targets[i].name, name) == 0)
				return json_pack("{s:o}",
				    conf->targets[i].type == CONF_TRANSIT ?
				    "TransitGateway" : "VpnGateway",
				    hub_show_gateway(&conf->targets[i]));
		return NULL;
	case HUB_TABLE:
		return conf_table_named(conf, name) == NULL ? NULL :
		    json_pack("{s:o}", "TransitGatewayRouteTable",
		    hub_show_table(conf, conf_table_named(conf, name)));
	case HUB_CONNECTION:
		return conf_find(conf, name) == NULL ? NULL :
		    json_pack("{s:o}", "VpnConnection", hub_show_connection(
		    conf, conf_find(conf, name), NULL, &j->set));
	default:
		return NULL;
	}
}

static void
tell_json(const struct hub_job *j)
{
	json_t *o = object_json(j, j->args.kind, j->name);

	if (o == NULL)
		o = json_pack("{s:b}", "Return", 1);
	if (j->args.dry_run)
		json_object_set_new(o, "DryRun", json_true());
	else
		json_object_set_new(o, "Reloaded", json_boolean(j->taken));
	render_json(o);
	json_decref(o);
}

/* What the customer must know. */
static void
tell_tunnels(const struct hub_job *j)
{
	const struct conf_connection *c = conf_find(j->after, j->name);

	for (unsigned i = 0; c != NULL && i < c->tunnels_n; i++) {
		const struct conf_tunnel *t = &c->tunnels[i];
		char outside[ADDR_STRLEN], four[PREFIX_STRLEN],
		    six[PREFIX_STRLEN], psk[300] = "";

		hub_secret_get(&j->set, c->name, t->number, "pre_shared_key",
		    psk, sizeof(psk));
		printf("  tunnel %u: outside %s, inside%s%s%s%s%s%s\n",
		    t->number, addr_str(&t->local, outside),
		    addr_is_set(&t->inside4.addr) ? " " : "",
		    addr_is_set(&t->inside4.addr) ?
		    prefix_str(&t->inside4, four) : "",
		    addr_is_set(&t->inside6.addr) ? " " : "",
		    addr_is_set(&t->inside6.addr) ?
		    prefix_str(&t->inside6, six) : "",
		    psk[0] != '\0' ? ", pre-shared key " : "", psk);
		wipe(psk, sizeof(psk));
	}
}

static void
tell(const struct hub_job *j, const char *did, const char *would)
{
	static const char *const parts[] = {
		[HUB_ROUTE - HUB_KINDS] = "route of ",
		[HUB_ASSOCIATION - HUB_KINDS] = "association of ",
		[HUB_PROPAGATION - HUB_KINDS] = "propagation of ",
	};
	enum hub_kind kind = j->args.kind;

	if (j->args.json) {
		tell_json(j);
		return;
	}
	printf("%s %s%s\n", j->args.dry_run ? would : did,
	    kind < HUB_KINDS ? "" : parts[kind - HUB_KINDS], j->name);
	if (!j->args.dry_run && !j->taken)
		printf("  vpnd is not running: it takes effect at its "
		    "start\n");
	if (kind == HUB_CONNECTION && strcmp(did, "created") == 0)
		tell_tunnels(j);
}

/* --- edits --- */

static enum ctl_exit
put_option(const struct hub_object *o, const struct hub_arg *a)
{
	const struct conf_key *key;

	if (a->word == HUB_KEY)
		return hub_value_put(o->group, a->key, a->name, a->value);
	key = hub_args_key(o->kind, a->value);
	if (key == NULL)
		return complain(CTL_EXIT_USAGE, "--reset %s: a %s has no such "
		    "option", a->value, hub_kind_str(o->kind));
	hub_value_drop(o->group, key->name);
	return CTL_EXIT_OK;
}

static enum ctl_exit
put_options(const struct hub_args *a, const struct hub_object *o)
{
	enum ctl_exit rc = CTL_EXIT_OK;

	for (size_t i = 0; rc == CTL_EXIT_OK && i < a->n; i++)
		rc = put_option(o, &a->v[i]);
	return rc;
}

/* As AWS has them: "cgw-0a1b2c3d4e5f60718". */
static void
make_name(struct hub_job *j)
{
	static const char *const prefixes[HUB_KINDS] = {
		[HUB_CUSTOMER] = "cgw", [HUB_GATEWAY] = "vgw",
		[HUB_CONNECTION] = "vpn", [HUB_TABLE] = "tgw-rtb",
	};
	const char *prefix = prefixes[j->args.kind];

	for (size_t i = 0; i < j->args.n; i++) {
		if (j->args.v[i].key != NULL &&
		    strcmp(j->args.v[i].value, "transit") == 0)
			prefix = "tgw";
	}
	str_fmt(j->name, sizeof(j->name), "%s-0%016llx", prefix,
	    (unsigned long long)drbg_u64(&j->drbg));
}

static enum ctl_exit
take_name(struct hub_job *j)
{
	const char *name = j->args.name;

	if (name != NULL && !hub_name_is(name))
		return complain(CTL_EXIT_USAGE, "\"%s\" is no name: 1 to %d "
		    "letters, digits, \".\", \"_\" and \"-\", beginning with "
		    "a letter or digit", name, CONF_NAME_LEN - 1);
	if (name != NULL)
		str_set(j->name, sizeof(j->name), name);
	return CTL_EXIT_OK;
}

static enum ctl_exit
make(struct hub_job *j)
{
	struct hub_object o;
	enum ctl_exit rc;

	if (j->args.kind >= HUB_KINDS)
		return hub_member_add(j);
	rc = take_name(j);
	if (rc != CTL_EXIT_OK)
		return rc;
	if (j->name[0] == '\0')
		make_name(j);
	if (!hub_object_new(&o, j->args.kind, j->name))
		return CTL_EXIT_FAILED;
	if (hub_set_file(&j->set, o.file) != NULL)
		rc = complain(CTL_EXIT_FAILED, "there is a %s \"%s\" already",
		    hub_kind_str(o.kind), j->name);
	else
		rc = o.kind == HUB_CONNECTION ? hub_connection_make(j, &o) :
		    put_options(&j->args, &o);
	if (rc == CTL_EXIT_OK)
		rc = hub_object_store(&o, &j->set);
	hub_object_close(&o);
	return rc;
}

static enum ctl_exit
needs_name(struct hub_job *j)
{
	if (j->args.name == NULL)
		return complain(CTL_EXIT_USAGE, "which %s? A name is missing",
		    hub_kind_str(j->args.kind));
	return take_name(j);
}

static enum ctl_exit
change(struct hub_job *j)
{
	struct hub_object o;
	enum ctl_exit rc;

	if (j->args.kind >= HUB_KINDS)
		return complain(CTL_EXIT_USAGE, "only customer-gateway, "
		    "gateway, connection and route-table can be modified; "
		    "delete it and create another one");
	rc = needs_name(j);
	if (rc == CTL_EXIT_OK)
		rc = hub_object_open(&o, &j->set, j->args.kind, j->name);
	if (rc != CTL_EXIT_OK)
		return rc;
	rc = o.kind == HUB_CONNECTION ? hub_connection_change(j, &o) :
	    put_options(&j->args, &o);
	if (rc == CTL_EXIT_OK)
		rc = hub_object_store(&o, &j->set);
	hub_object_close(&o);
	return rc;
}

static enum ctl_exit
drop(struct hub_job *j)
{
	char secrets[HUB_NAME];
	struct hub_object o;
	enum ctl_exit rc;

	if (j->args.kind >= HUB_KINDS)
		return hub_member_drop(j);
	rc = needs_name(j);
	if (rc == CTL_EXIT_OK)
		rc = hub_object_open(&o, &j->set, j->args.kind, j->name);
	if (rc != CTL_EXIT_OK)
		return rc;
	hub_set_drop(&j->set, o.file);
	hub_secrets_file(j->name, secrets);
	if (o.kind == HUB_CONNECTION)
		hub_set_drop(&j->set, secrets);
	hub_object_close(&o);
	return CTL_EXIT_OK;
}

static enum ctl_exit
run(const struct options *o, char **argv, int argc,
    enum ctl_exit (*edit)(struct hub_job *), const char *did,
    const char *would)
{
	struct hub_job j;
	enum ctl_exit rc = hub_job_args(&j, o, argv, argc);

	if (rc == CTL_EXIT_OK && j.args.kind == HUB_STATUS)
		rc = complain(CTL_EXIT_USAGE,
		    "tunnel-status can only be described");
	if (rc == CTL_EXIT_OK)
		rc = hub_job_begin(&j);
	if (rc == CTL_EXIT_OK)
		rc = edit(&j);
	if (rc == CTL_EXIT_OK)
		rc = hub_job_commit(&j);
	if (rc == CTL_EXIT_OK)
		tell(&j, did, would);
	hub_job_end(&j);
	return rc;
}

enum ctl_exit
hub_create(const struct options *o, char **argv, int argc)
{
	return run(o, argv, argc, make, "created", "would create");
}

enum ctl_exit
hub_modify(const struct options *o, char **argv, int argc)
{
	return run(o, argv, argc, change, "modified", "would modify");
}

enum ctl_exit
hub_delete(const struct options *o, char **argv, int argc)
{
	return run(o, argv, argc, drop, "deleted", "would delete");
}
