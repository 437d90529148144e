/*
 * What the engine asks of the daemon, not of the kernel: configurations, and
 * what the monitor has counted.
 */
#include "daemon/ops_own.h"

#include <errno.h>

#include "daemon/conf.h"
#include "daemon/nl.h"
#include "daemon/ops.h"

void
ops_own_reload(struct monitor *m, const struct kern_op *op)
{
	struct reason why;
	bool ok = conf_reload(m, &why);

	ops_done(m, op, ok ? 0 : m->apply.pending ? EBUSY : EINVAL,
	    ok ? "" : why.s);
}

void
ops_own_apply(struct monitor *m, const struct kern_op *op)
{
	struct reason why = { "" };
	int error = apply_run(m, op, &why);

	ops_done(m, op, error, why.s);
}

static void
add_queue(struct kern_counts *c, const struct nlq *queue)
{
	const struct nlq *q = nlq_owner(queue);

	c->batches += q->batches;
	c->messages += q->messages;
	c->errors += q->errors;
}

void
ops_own_count(struct monitor *m, const struct kern_op *op)
{
	struct kern_event e;

	monitor_event_init(&e, KERN_DONE);
	e.id = op->id;
	e.op = op->kind;
	e.counts = m->counts;
	if (m->nl != NULL) {
		add_queue(&e.counts, m->nl->xfrm);
		add_queue(&e.counts, m->nl->route);
	}
	monitor_event(m, &e);
}
