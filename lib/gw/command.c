/*
 * Control requests: one row per command.  Every request gets exactly one
 * answer of one line, with the exit status that vpnctl ends with.
 */
#include "gw/command.h"

#include <errno.h>
#include <string.h>

#include "gw/command_bgp.h"
#include "gw/command_counters.h"
#include "gw/explain.h"
#include "gw/reveal.h"
#include "gw/show.h"
#include "gw/show_bgp.h"
#include "gw/show_bfd.h"
#include "gw/show_vpcs.h"
#include "gw/tunnel.h"
#include "gw/upkeep.h"
#include "util/array.h"

static void
run_show(struct request *q)
{
	json_t *a = json_array();

	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (request_chose(q, t))
			json_array_append_new(a, show_tunnel(t));
	}
	request_answer(q, json_pack("{s:b, s:o, s:o, s:{s:I, s:I}}",
	    "ok", 1, "tunnels", a, "apply", show_apply(q->gw, q->now),
	    "datagrams_dropped",
	    "peers", (json_int_t)q->gw->drops.peers,
	    "strangers", (json_int_t)q->gw->drops.strangers));
}

#define VISITS	50000		/* routes looked at for a page */

static void
run_routes(struct request *q)
{
	size_t pos = (size_t)q->r.cursor;
	json_t *a = json_array();
	struct fib_route r;
	bool more = true;

	for (unsigned n = 0; n < VISITS &&
	    json_array_size(a) < REQUEST_PAGE &&
	    (more = fib_each(q->gw->fib, &pos, &r)); n++) {
		if (q->table == 0 || r.table == q->table)
			json_array_append_new(a, show_route(q->gw, &r));
	}
	request_page(q, a, more ? pos : 0);
}

static void
run_tables(struct request *q)
{
	request_answer(q, json_pack("{s:b, s:o}", "ok", 1, "tables",
	    show_tables(q->gw)));
}

static void
run_vpcs(struct request *q)
{
	request_answer(q, json_pack("{s:b, s:o}", "ok", 1, "vpcs",
	    show_vpcs(q->gw)));
}

static void
admin(struct request *q, bool up)
{
	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		/* One that is being rebuilt: its successor will obey. */
		if (t->removing && request_names(q, t))
			t->admin_up = up;
		else if (request_names(q, t))
			tunnel_admin(t, q->now, up);
	}
	request_done(q);
}

static void
run_up(struct request *q)
{
	admin(q, true);
}

static void
run_down(struct request *q)
{
	admin(q, false);
}

static void
run_rekey(struct request *q)
{
	bool child = q->r.what == CTL_WHAT_CHILD;
	char why[160];

	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (!request_chose(q, t) ||
		    ike_peer_rekey(q->gw->ike, q->now, t->id, child))
			continue;
		str_fmt(why, sizeof(why), "%s: nothing to rekey: no %s",
		    t->name, child ? "child SA" : "IKE SA");
		request_refuse(q, CTL_EXIT_FAILED, why);
		return;
	}
	request_done(q);
}

/* Answered when the monitor has done it: command_reloaded(). */
static void
run_reload(struct request *q)
{
	static const enum kern_op_kind kinds[CTL_COMMANDS] = {
		[CTL_RELOAD] = KERN_RELOAD, [CTL_APPLY] = KERN_APPLY,
		[CTL_CONFIRM] = KERN_CONFIRM, [CTL_UNDO] = KERN_UNDO,
		[CTL_RESTART] = KERN_RESTART,
	};
	struct kern_op *op = queue_op(&q->gw->out, kinds[q->r.command]);

	if (op == NULL || !map_put(&q->gw->reloads, op->id,
	    (void *)(uintptr_t)q->client)) {
		request_refuse(q, CTL_EXIT_FAILED, "out of memory");
		return;
	}
	str_set(op->apply.token, sizeof(op->apply.token), q->r.candidate);
	op->apply.seconds = q->r.seconds;
}

/* A name goes before an address that reads the same. */
static void
run_explain(struct request *q)
{
	struct neighbor n = { .gw = q->gw };
	json_t *a = json_array();
	struct addr from;

	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (q->connection[0] != '\0' && request_chose(q, t))
			json_array_append_new(a, explain_tunnel(t));
	}
	while (neighbors_next(&n)) {
		if (n.outer != NULL && request_chose_neighbor(q, &n))
			json_array_append_new(a, explain_neighbor(&n));
	}
	if (json_array_size(a) == 0 && addr_parse(&from, q->r.name)) {
		json_decref(a);
		a = explain_address(q->gw, &from);
	}
	request_answer(q, json_pack("{s:b, s:o}", "ok", 1, "explained",
	    a));
}

/* The log tells it, whoever reads them. */
static void
run_keys(struct request *q)
{
	struct gw_out *out = queue_push(&q->gw->out, GW_OUT_CTL);
	struct reveal r;

	if (out == NULL)
		return;
	reveal_init(&r, q->gw);
	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (request_chose(q, t))
			reveal_tunnel(&r, t);
	}
	out->client = q->client;
	out->n = reveal_done(&r, &out->data);
	queue_event(&q->gw->out, GW_WARN, "keys-read", q->number != 0 ?
	    q->r.name : "", "keys of %u IKE SAs were read by uid %u", r.sas,
	    (unsigned)q->uid);
}

static void
run_drain(struct request *q)
{
	struct drain_tally n;
	struct reason why;

	if (!drain_on(q->gw, q->now, q->r.name,
	    addr_is_set(&q->r.to) ? &q->r.to : NULL, &n, &why))
		request_refuse(q, CTL_EXIT_FAILED, why.s);
	else
		request_answer(q, json_pack("{s:b, s:i, s:i, s:i}",
		    "ok", 1, "tunnels", (int)n.tunnels, "up", (int)n.up,
		    "told", (int)n.told));
}

static void
run_undrain(struct request *q)
{
	drain_off(q->gw, q->now, q->r.name);
	request_done(q);
}

static const struct {
	void	(*run)(struct request *);
	bool	named;			/* must name something */
	bool	root;			/* must come from uid 0 */
	bool	neighbor;		/* or a neighbour's address */
	bool	outer;			/* or a neighbour outside of tunnels */
} rows[CTL_COMMANDS] = {
	[CTL_SHOW] = { run_show, .named = false },
	[CTL_TABLES] = { run_tables, .named = false },
	[CTL_VPCS] = { run_vpcs, .named = false },
	[CTL_ROUTES] = { run_routes, .named = false },
	[CTL_COUNTERS] = { command_counters, .neighbor = true },
	[CTL_BGP] = { command_bgp, .neighbor = true },
	[CTL_BGP_ROUTES] = { command_bgp_routes, .neighbor = true },
	[CTL_BGP_DUMP] = { command_bgp_dump, .named = false },
	[CTL_BGP_TRACE] = { command_bgp_trace, .neighbor = true },
	[CTL_BGP_REFRESH] = { command_bgp_refresh, .named = true,
	    .neighbor = true },
	[CTL_BGP_CLEAR] = { command_bgp_clear, .named = true,
	    .neighbor = true },
	[CTL_BGP_SHUTDOWN] = { command_bgp_shutdown, .named = true,
	    .neighbor = true },
	[CTL_BGP_START] = { command_bgp_start, .named = true,
	    .neighbor = true },
	[CTL_EXPLAIN_ROUTE] = { command_explain_route, .named = false },
	[CTL_BFD] = { command_bfd, .named = false },
	[CTL_UP] = { run_up, .named = true },
	[CTL_DOWN] = { run_down, .named = true },
	[CTL_REKEY] = { run_rekey, .named = true },
	[CTL_RELOAD] = { run_reload, .named = false },
	[CTL_APPLY] = { run_reload, .root = true },
	[CTL_CONFIRM] = { run_reload, .root = true },
	[CTL_UNDO] = { run_reload, .root = true },
	[CTL_RESTART] = { run_reload, .root = true },
	[CTL_KEYS] = { run_keys, .root = true },
	[CTL_EXPLAIN] = { run_explain, .named = true, .outer = true },
	[CTL_DRAIN] = { run_drain, .named = false },
	[CTL_UNDRAIN] = { run_undrain, .named = false },
	[CTL_REPLACE] = { command_replace, .named = true },
};

static bool
names_any(const struct request *q)
{
	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (request_names(q, t))
			return true;
	}
	return false;
}

static bool
names_outer(const struct request *q)
{
	struct neighbor n = { .gw = q->gw };

	while (neighbors_next(&n)) {
		if (n.outer != NULL && request_chose_neighbor(q, &n))
			return true;
	}
	return false;
}

/* Does the name name anything?  A name goes before an address. */
static bool
exists(struct request *q)
{
	bool neighbor = rows[q->r.command].neighbor;

	if (ctl_name(q->r.name, q->connection, &q->number) && names_any(q))
		return true;
	if ((neighbor || rows[q->r.command].outer) && names_outer(q))
		return true;
	return neighbor && addr_parse(&q->neighbor, q->r.name) &&
	    (names_any(q) || names_outer(q));
}

/* The route table that it names, if any; false: there is none such. */
static bool
find_table(struct request *q)
{
	const struct conf_table *t = conf_table_named(q->gw->conf,
	    q->r.table);

	if (strcmp(q->r.table, "main") == 0)
		q->table = CONF_TABLE_MAIN;
	else if (t != NULL)
		q->table = t->number;
	return q->r.table[0] == '\0' || q->table != 0;
}

/* Whatever keeps the request from being run; false: nothing does. */
static bool
refused(struct request *q)
{
	const char *command = ctl_command_str(q->r.command);
	struct addr from;
	char text[160];

	if (rows[q->r.command].root && q->uid != 0) {
		str_fmt(text, sizeof(text), "%s is for root alone, not for "
		    "uid %u", command, (unsigned)q->uid);
		request_refuse(q, CTL_EXIT_FAILED, text);
		return true;
	}
	if (q->r.name[0] != '\0' && !exists(q) &&
	    (q->r.command != CTL_EXPLAIN || !addr_parse(&from, q->r.name))) {
		str_fmt(text, sizeof(text), "no connection or tunnel named %s",
		    q->r.name);
		request_refuse(q, CTL_EXIT_NO_OBJECT, text);
		return true;
	}
	if (!find_table(q)) {
		str_fmt(text, sizeof(text), "no route table named %s",
		    q->r.table);
		request_refuse(q, CTL_EXIT_NO_OBJECT, text);
		return true;
	}
	if (q->r.name[0] == '\0' && rows[q->r.command].named) {
		str_fmt(text, sizeof(text), "%s needs the name of a "
		    "connection or tunnel", command);
		request_refuse(q, CTL_EXIT_USAGE, text);
		return true;
	}
	return false;
}

void
command_run(struct gw *gw, struct instant now, uint32_t client, uint32_t uid,
    struct bytes line)
{
	struct request q = {
		.gw = gw, .now = now, .client = client, .uid = uid,
	};
	struct reason why;

	if (!ctl_parse(line, &q.r, &why))
		request_refuse(&q, CTL_EXIT_USAGE, why.s);
	else if (!refused(&q))
		rows[q.r.command].run(&q);
}

void
command_reloaded(struct gw *gw, struct instant now,
    const struct kern_event *e)
{
	void *client = map_del(&gw->reloads, e->id);
	struct request q = {
		.gw = gw, .client = (uint32_t)(uintptr_t)client,
	};

	if (client == NULL)
		return;
	if (e->error != 0)
		request_refuse(&q, e->error == EINVAL ? CTL_EXIT_CONF :
		    CTL_EXIT_FAILED, e->text);
	else if (e->op == KERN_APPLY)
		request_answer(&q, json_pack("{s:b, s:o}", "ok", 1, "apply",
		    show_apply(gw, now)));
	else
		request_done(&q);
}
