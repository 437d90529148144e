/*
 * show counters: those of the gateway, unless something is named, then those
 * of the tunnels and of the neighbours outside of tunnels, some of them in
 * each page.  The cursor is the id of the last tunnel that was shown, or the
 * place of such a neighbour above all those ids.
 */
#include "gw/command_counters.h"

#include "gw/counters.h"
#include "gw/outer.h"

#define TUNNELS	50		/* of a page */

static void
add(json_t *a, const struct counters *c, const struct counter *row,
    const char *tunnel)
{
	json_array_append_new(a, json_pack("{s:s, s:s, s:s, s:s, s:I}",
	    "name", row->name, "tunnel", tunnel, "kind",
	    counter_kind_str(row->kind), "unit", row->unit, "value",
	    (json_int_t)counter_value(c, row)));
}

static void
add_all(json_t *a, const struct gw *gw, const struct gw_tunnel *t)
{
	struct counters *c = counters_read(gw, t);
	const struct counter *row;

	for (size_t i = 0; c != NULL && (row = counter_at(i)) != NULL; i++) {
		if ((row->of == COUNTER_GATEWAY) != (t == NULL) ||
		    (row->of == COUNTER_NEIGHBOR && t->remote_asn == 0))
			continue;
		add(a, c, row, t == NULL ? "" : t->name);
	}
	counters_free(c);
}

static void
add_outer(json_t *a, const struct gw_outer *o)
{
	struct counters *c = counters_of(o->gw, o);
	const struct counter *row;

	for (size_t i = 0; c != NULL && (row = counter_at(i)) != NULL; i++) {
		if (row->of == COUNTER_NEIGHBOR)
			add(a, c, row, o->name);
	}
	counters_free(c);
}

/* So many of them; the last that was shown, or 0: all were. */
static uint32_t
add_outers(const struct request *q, json_t *a, unsigned left)
{
	struct neighbor n = { .gw = q->gw };
	uint32_t at = OUTER_ID, last = OUTER_ID;

	while (neighbors_next(&n)) {
		if (n.outer == NULL || ++at <= q->r.cursor || n.prefix ||
		    !request_chose_neighbor(q, &n))
			continue;
		if (left-- == 0)
			return last;
		add_outer(a, n.outer);
		last = at;
	}
	return 0;
}

static void
answer(const struct request *q, bool gateway)
{
	unsigned left = TUNNELS;
	uint32_t last = 0;
	json_t *a = json_array();
	struct gw_tunnel *t;

	if (gateway)
		add_all(a, q->gw, NULL);
	for (t = q->gw->tunnels; t != NULL && left > 0; t = t->next) {
		if (t->id <= q->r.cursor || !request_chose(q, t))
			continue;
		add_all(a, q->gw, t);
		last = t->id;
		left--;
	}
	if (t == NULL)
		last = add_outers(q, a, left);
	request_page_of(q, "counters", a, last);
}

/* With the gateway's the monitor's own are asked for first. */
void
command_counters(struct request *q)
{
	struct kern_op *op;

	if (q->r.cursor != 0 || q->r.name[0] != '\0') {
		answer(q, false);
		return;
	}
	op = queue_op(&q->gw->out, KERN_COUNT);
	if (op == NULL || !map_put(&q->gw->reloads, op->id,
	    (void *)(uintptr_t)q->client))
		request_refuse(q, CTL_EXIT_FAILED, "out of memory");
}

void
command_counted(struct gw *gw, struct instant now, const struct kern_event *e)
{
	void *client = map_del(&gw->reloads, e->id);
	struct request q = {
		.gw = gw, .now = now, .client = (uint32_t)(uintptr_t)client,
		.r = { .command = CTL_COUNTERS },
	};

	if (e->error == 0)
		gw->monitor = e->counts;
	if (client != NULL)
		answer(&q, true);
}
