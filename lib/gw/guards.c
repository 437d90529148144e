/*
 * For every static route through tunnels, and for every network that a
 * connection says is reached through tunnels only, there is an unreachable
 * route in the same table.  It stands there all the time, with the worst
 * metric: when the last tunnel is lost the kernel takes the real route away by
 * itself, and there is no moment in which packets would take a shorter one,
 * such as the default route.  Somebody else's route of the same prefix and an
 * ordinary metric is better than a guard, and is left alone.
 *
 * A default route is none of that: other tables than the main one end in an
 * unreachable default route anyway, and the main one is the host's.
 */
#include "gw/guards.h"

#include <stdlib.h>
#include <string.h>

static const struct span retry_pause = { INT64_C(5000) * 1000000 };

static int
guard_cmp(const void *va, const void *vb)
{
	const struct gw_guard *a = va, *b = vb;
	int c;

	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	c = addr_cmp(&a->prefix.addr, &b->prefix.addr);
	return c != 0 ? c : a->prefix.len - b->prefix.len;
}

static void
ask(struct gw *gw, const struct gw_guard *g, enum kern_op_kind kind)
{
	struct kern_op *op = queue_op(&gw->out, kind);

	if (op == NULL)
		return;
	op->route.prefix = g->prefix;
	op->route.table = g->table;
	op->route.metric = KERN_METRIC_WORST;
	gw_await(gw, op, GUARD_AWAITED);
}

/* Room for n of them is there, or v is NULL: then they are counted. */
static size_t
put(struct gw_guard *v, size_t n, const struct conf_tables *tables,
    const struct prefix *p)
{
	for (unsigned i = 0; p->len > 0 && i < tables->n; i++, n++) {
		if (v != NULL)
			v[n] = (struct gw_guard){ tables->v[i], *p };
	}
	return n;
}

static size_t
collect(const struct conf *conf, struct gw_guard *v)
{
	size_t n = 0;

	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_connection *c = &conf->connections[i];

		for (size_t k = 0; k < c->routes.n; k++)
			n = put(v, n, &c->propagation, &c->routes.v[k]);
		for (size_t k = 0; k < c->guarded.n; k++)
			n = put(v, n, &c->propagation, &c->guarded.v[k]);
	}
	for (size_t i = 0; i < conf->tables_n; i++) {
		const struct conf_table *t = &conf->tables[i];
		const struct conf_tables own = { .n = 1, .v = { t->number } };

		for (size_t k = 0; k < t->statics_n; k++) {
			if (t->statics[k].connection[0] != '\0')
				n = put(v, n, &own, &t->statics[k].prefix);
		}
	}
	return n;
}

/* In order, each once. */
static size_t
sort(struct gw_guard *v, size_t n)
{
	size_t k = 0;

	if (n > 0)
		qsort(v, n, sizeof(*v), guard_cmp);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || guard_cmp(&v[k - 1], &v[i]) != 0)
			v[k++] = v[i];
	}
	return k;
}

void
guards_converge(struct gw *gw)
{
	size_t n = collect(gw->conf, NULL), i = 0, k = 0;
	struct gw_guard *v = calloc(n + 1, sizeof(*v));

	if (v == NULL) {
		queue_event(&gw->out, GW_ERROR, "out-of-memory", "",
		    "%zu unreachable routes for when tunnels are down", n);
		return;
	}
	n = sort(v, collect(gw->conf, v));
	while (i < gw->guards_n || k < n) {
		int c = i == gw->guards_n ? 1 : k == n ? -1 :
		    guard_cmp(&gw->guards[i], &v[k]);

		if (c < 0)
			ask(gw, &gw->guards[i], KERN_ROUTE_DEL);
		else if (c > 0)
			ask(gw, &v[k], KERN_ROUTE_SET);
		i += c <= 0;
		k += c >= 0;
	}
	free(gw->guards);
	gw->guards = v;
	gw->guards_n = n;
}

void
guards_fini(struct gw *gw)
{
	free(gw->guards);
}

void
guards_restate(struct gw *gw)
{
	for (size_t i = 0; i < gw->guards_n; i++)
		ask(gw, &gw->guards[i], KERN_ROUTE_SET);
}

void
guards_changed(struct gw *gw, uint32_t table, const struct prefix *p)
{
	const struct gw_guard key = { (uint16_t)table, *p }, *g;

	if (gw->guards_n == 0 || table > UINT16_MAX)
		return;
	g = bsearch(&key, gw->guards, gw->guards_n, sizeof(key), guard_cmp);
	if (g != NULL)
		ask(gw, g, KERN_ROUTE_SET);
}

void
guards_answer(struct gw *gw, struct instant now, const struct kern_event *e)
{
	if (e->error == 0 || gw->stopping)
		return;
	if (instant_is_never(gw->guards_at))
		queue_event(&gw->out, GW_ERROR, "kernel-refused", "",
		    "%s of an unreachable route: %s", kern_op_name(e->op),
		    e->text);
	gw->guards_at = instant_min(gw->guards_at,
	    instant_after(now, retry_pause));
}

void
guards_tick(struct gw *gw, struct instant now)
{
	if (!instant_due(gw->guards_at, now))
		return;
	gw->guards_at = INSTANT_NEVER;
	guards_restate(gw);
}
