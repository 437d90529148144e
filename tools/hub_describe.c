/*
 * describe: the configuration, and what the daemon tells of it when it runs.
 * Without a daemon everything is DOWN and pending, which is the truth.
 */
#include <string.h>

#include "tools/complain.h"
#include "tools/hub.h"
#include "tools/hub_job.h"
#include "tools/hub_show.h"
#include "tools/render.h"

/* What it is about: everything, or one by name. */
struct look {
	const struct conf *conf;
	const struct hub_args *args;
	const struct hub_set *set;
	const json_t	*tunnels;	/* NULL: the daemon was not asked */
	unsigned	found;
};

static bool
is_wanted(struct look *l, const char *name)
{
	bool wanted = l->args->name == NULL ||
	    strcmp(l->args->name, name) == 0;

	l->found += wanted;
	return wanted;
}

static json_t *
customers(struct look *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->conf->customers_n; i++) {
		if (is_wanted(l, l->conf->customers[i].name))
			json_array_append_new(a,
			    hub_show_customer(&l->conf->customers[i]));
	}
	return json_pack("{s:o}", "CustomerGateways", a);
}

static json_t *
gateways(struct look *l)
{
	json_t *vgw = json_array(), *tgw = json_array();

	for (size_t i = 0; i < l->conf->targets_n; i++) {
		const struct conf_target *t = &l->conf->targets[i];

		if (is_wanted(l, t->name))
			json_array_append_new(t->type == CONF_TRANSIT ? tgw :
			    vgw, hub_show_gateway(t));
	}
	return json_pack("{s:o, s:o}", "VpnGateways", vgw, "TransitGateways",
	    tgw);
}

static json_t *
tables(struct look *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->conf->tables_n; i++) {
		if (is_wanted(l, l->conf->tables[i].name))
			json_array_append_new(a, hub_show_table(l->conf,
			    &l->conf->tables[i]));
	}
	return json_pack("{s:o}", "TransitGatewayRouteTables", a);
}

static json_t *
connections(struct look *l)
{
	bool keys = hub_args_flag(l->args, HUB_SHOW_KEYS);
	json_t *a = json_array();

	for (size_t i = 0; i < l->conf->n; i++) {
		const struct conf_connection *c = &l->conf->connections[i];

		if (is_wanted(l, c->name))
			json_array_append_new(a, hub_show_connection(l->conf,
			    c, l->tunnels, keys ? l->set : NULL));
	}
	return json_pack("{s:o}", "VpnConnections", a);
}

static json_t *
status(struct look *l)
{
	json_t *a = hub_show_status(l->tunnels, l->args->name);

	l->found = (unsigned)json_array_size(a);
	return json_pack("{s:o}", "ActiveVpnTunnelStatus", a);
}

static const struct {
	const char	*what;
	json_t		*(*show)(struct look *);
	bool		live;		/* asks the daemon */
} views[] = {
	[HUB_CUSTOMER] = { "customer-gateway", customers, false },
	[HUB_GATEWAY] = { "gateway", gateways, false },
	[HUB_CONNECTION] = { "connection", connections, true },
	[HUB_TABLE] = { "route-table", tables, false },
	[HUB_ROUTE] = { NULL, NULL, false },
	[HUB_ASSOCIATION] = { NULL, NULL, false },
	[HUB_PROPAGATION] = { NULL, NULL, false },
	[HUB_STATUS] = { "tunnel", status, true },
};

/* The daemon's tunnels; status is of nothing else. */
static enum ctl_exit
ask(const struct hub_args *a, json_t **answer)
{
	if (!views[a->kind].live)
		return CTL_EXIT_OK;
	if (a->kind != HUB_STATUS && !client_reaches(&a->client))
		return CTL_EXIT_OK;
	return client_ask(&a->client, json_pack("{s:s}", "command",
	    ctl_command_str(CTL_SHOW)), answer);
}

static enum ctl_exit
show(const struct hub_job *j)
{
	json_t *answer = NULL, *o;
	struct look l = { .conf = j->before, .args = &j->args,
	    .set = &j->set };
	enum ctl_exit rc = ask(&j->args, &answer);

	if (rc != CTL_EXIT_OK)
		return rc;
	l.tunnels = json_object_get(answer, "tunnels");
	o = views[j->args.kind].show(&l);
	if (j->args.name != NULL && l.found == 0)
		rc = complain(CTL_EXIT_NO_OBJECT, "there is no %s \"%s\"",
		    views[j->args.kind].what, j->args.name);
	else
		render_json(o);
	json_decref(o);
	json_decref(answer);
	return rc;
}

enum ctl_exit
hub_describe(const struct options *o, char **argv, int argc)
{
	struct hub_job j;
	enum ctl_exit rc = hub_job_args(&j, o, argv, argc);

	if (rc == CTL_EXIT_OK && views[j.args.kind].show == NULL)
		rc = complain(CTL_EXIT_USAGE, "%s is part of a connection or "
		    "route-table: describe that", argv[0]);
	if (rc == CTL_EXIT_OK && j.args.kind != HUB_STATUS) {
		rc = hub_set_read(&j.set, j.args.conf, false,
		    j.args.client.timeout);
		if (rc == CTL_EXIT_OK &&
		    (j.before = hub_set_parse(&j.set)) == NULL)
			rc = CTL_EXIT_CONF;
	}
	if (rc == CTL_EXIT_OK)
		rc = show(&j);
	hub_job_end(&j);
	return rc;
}
