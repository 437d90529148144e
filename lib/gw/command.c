/*
 * Control requests: one row per command.  Every request gets exactly one
 * answer of one line, with the exit status that vpnctl ends with.
 */
#include "gw/command.h"

#include <stdlib.h>
#include <string.h>

#include "gw/explain.h"
#include "gw/reveal.h"
#include "gw/show.h"
#include "gw/tunnel.h"
#include "util/array.h"

struct request {
	struct gw	*gw;
	struct instant	 now;
	uint32_t	 client, uid;
	struct ctl_request r;
	char		 connection[CONF_NAME_LEN];
	unsigned	 number;	/* 0: all of the connection */
};

/* Takes the JSON over. */
static void
answer(struct gw *gw, uint32_t client, json_t *j)
{
	struct gw_out *out = queue_push(&gw->out, GW_OUT_CTL);
	char *text = j == NULL ? NULL : json_dumps(j, JSON_COMPACT);
	size_t n = text == NULL ? 0 : strlen(text);

	json_decref(j);
	if (out == NULL) {
		free(text);
		return;
	}
	out->client = client;
	out->data = malloc(n + 1);
	if (out->data != NULL) {
		if (n > 0)
			memcpy(out->data, text, n);
		out->data[n] = '\n';
		out->n = n + 1;
	}
	free(text);
}

static void
refuse(struct gw *gw, uint32_t client, enum ctl_exit code, const char *why)
{
	answer(gw, client, json_pack("{s:b, s:i, s:o}", "ok", 0, "exit",
	    (int)code, "error", show_text(why)));
}

static void
done(const struct request *q)
{
	answer(q->gw, q->client, json_pack("{s:b}", "ok", 1));
}

static bool
named(const struct request *q, const struct gw_tunnel *t)
{
	return q->r.name[0] == '\0' ||
	    (strcmp(q->connection, t->connection) == 0 &&
	    (q->number == 0 || q->number == t->conf->number));
}

static bool
chosen(const struct request *q, const struct gw_tunnel *t)
{
	return !t->removing && named(q, t);
}

static void
run_show(struct request *q)
{
	json_t *a = json_array();

	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (chosen(q, t))
			json_array_append_new(a, show_tunnel(t));
	}
	answer(q->gw, q->client, json_pack("{s:b, s:o}", "ok", 1, "tunnels",
	    a));
}

static void
run_routes(struct request *q)
{
	answer(q->gw, q->client, json_pack("{s:b, s:o}", "ok", 1, "routes",
	    show_routes(q->gw)));
}

static void
admin(struct request *q, bool up)
{
	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		/* One that is being rebuilt: its successor will obey. */
		if (t->removing && named(q, t))
			t->admin_up = up;
		else if (named(q, t))
			tunnel_admin(t, q->now, up);
	}
	done(q);
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
		if (!chosen(q, t) ||
		    ike_peer_rekey(q->gw->ike, q->now, t->id, child))
			continue;
		str_fmt(why, sizeof(why), "%s: nothing to rekey: no %s",
		    t->name, child ? "child SA" : "IKE SA");
		refuse(q->gw, q->client, CTL_EXIT_FAILED, why);
		return;
	}
	done(q);
}

static void
run_reload(struct request *q)
{
	struct kern_op *op = queue_op(&q->gw->out, KERN_RELOAD);

	if (op == NULL || !map_put(&q->gw->reloads, op->id,
	    (void *)(uintptr_t)q->client))
		refuse(q->gw, q->client, CTL_EXIT_FAILED, "out of memory");
}

/* A name goes before an address that reads the same. */
static void
run_explain(struct request *q)
{
	json_t *a = json_array();
	struct addr from;

	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (q->connection[0] != '\0' && chosen(q, t))
			json_array_append_new(a, explain_tunnel(t));
	}
	if (json_array_size(a) == 0 && addr_parse(&from, q->r.name)) {
		json_decref(a);
		a = explain_address(q->gw, &from);
	}
	answer(q->gw, q->client, json_pack("{s:b, s:o}", "ok", 1, "explained",
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
		if (chosen(q, t))
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
		refuse(q->gw, q->client, CTL_EXIT_FAILED, why.s);
	else
		answer(q->gw, q->client, json_pack("{s:b, s:i, s:i, s:i}",
		    "ok", 1, "tunnels", (int)n.tunnels, "up", (int)n.up,
		    "told", (int)n.told));
}

static void
run_undrain(struct request *q)
{
	drain_off(q->gw, q->now, q->r.name);
	done(q);
}

static const struct {
	void	(*run)(struct request *);
	bool	named;			/* must name something */
	bool	root;			/* must come from uid 0 */
} rows[CTL_COMMANDS] = {
	[CTL_SHOW] = { run_show, false, false },
	[CTL_ROUTES] = { run_routes, false, false },
	[CTL_UP] = { run_up, true, false },
	[CTL_DOWN] = { run_down, true, false },
	[CTL_REKEY] = { run_rekey, true, false },
	[CTL_RELOAD] = { run_reload, false, false },
	[CTL_KEYS] = { run_keys, false, true },
	[CTL_EXPLAIN] = { run_explain, true, false },
	[CTL_DRAIN] = { run_drain, false, false },
	[CTL_UNDRAIN] = { run_undrain, false, false },
};

/* Does the name name anything? */
static bool
exists(struct request *q)
{
	if (!ctl_name(q->r.name, q->connection, &q->number))
		return false;
	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (named(q, t))
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
	struct addr from;
	char text[160];

	if (!ctl_parse(line, &q.r, &why)) {
		refuse(gw, client, CTL_EXIT_USAGE, why.s);
	} else if (rows[q.r.command].root && uid != 0) {
		str_fmt(text, sizeof(text), "%s is for root alone, not for "
		    "uid %u", ctl_command_str(q.r.command), (unsigned)uid);
		refuse(gw, client, CTL_EXIT_FAILED, text);
	} else if (q.r.name[0] != '\0' && !exists(&q) &&
	    (q.r.command != CTL_EXPLAIN || !addr_parse(&from, q.r.name))) {
		str_fmt(text, sizeof(text), "no connection or tunnel named %s",
		    q.r.name);
		refuse(gw, client, CTL_EXIT_NO_OBJECT, text);
	} else if (q.r.name[0] == '\0' && rows[q.r.command].named) {
		str_fmt(text, sizeof(text), "%s needs the name of a "
		    "connection or tunnel", ctl_command_str(q.r.command));
		refuse(gw, client, CTL_EXIT_USAGE, text);
	} else {
		rows[q.r.command].run(&q);
	}
}

void
command_reloaded(struct gw *gw, const struct kern_event *e)
{
	void *client = map_del(&gw->reloads, e->id);

	if (client == NULL)
		return;
	if (e->error != 0)
		refuse(gw, (uint32_t)(uintptr_t)client, CTL_EXIT_CONF,
		    e->text);
	else
		answer(gw, (uint32_t)(uintptr_t)client,
		    json_pack("{s:b}", "ok", 1));
}
