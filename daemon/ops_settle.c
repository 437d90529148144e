/*
 * What became of operations: requests are sent to the kernel, its verdict on
 * each is kept account of and told to the engine.
 */
#include "daemon/ops.h"

#include <errno.h>
#include <string.h>

void
ops_done(struct monitor *m, const struct kern_op *op, int error,
    const char *text)
{
	struct kern_event e;

	monitor_event_init(&e, KERN_DONE);
	e.id = op->id;
	e.op = op->kind;
	e.error = error;
	if (error != 0)
		str_set(e.text, sizeof(e.text), text[0] != '\0' ? text :
		    strerror(error));
	if (kern_op_opens(op->kind))
		e.conn.fd = -1;
	monitor_event(m, &e);
}

static bool
makes(enum kern_op_kind kind)
{
	return kind == KERN_SA_ADD || kind == KERN_POLICY_SET ||
	    kind == KERN_NEXTHOP_SET || kind == KERN_GROUP_SET ||
	    kind == KERN_ROUTE_SET;
}

/*
 * The kernel's verdict as the engine should see it: what was to go and is
 * gone is done; an SA that is stated again after lost events is there.
 */
static int
verdict(const struct monitor *m, const struct nl_op *op)
{
	if (!makes(op->kind))
		return op->error == ENOENT || op->error == ESRCH ? 0 :
		    op->error;
	if (op->kind == KERN_SA_ADD && op->error == EEXIST &&
	    stated_known(&m->stated, op->fp) &&
	    !stated_has(&m->stated, op->fp))
		return 0;
	return op->error;
}

static void
account(struct monitor *m, struct nl_op *op)
{
	if (!makes(op->kind)) {
		stated_unset(&m->stated, op->fp);
		if (op->kind == KERN_SA_DEL)
			sas_forget(&m->sas, op->fp);
		return;
	}
	stated_set(&m->stated, op->fp);
	if (op->sa != NULL) {
		sas_keep(&m->sas, op->fp, op->sa);
		op->sa = NULL;
	}
}

/* What became of the operations of a batch. */
static void
settle(struct monitor *m, struct nlq *q)
{
	static const char foreign[] = "something that is not ours is there";

	for (size_t i = 0; i < q->n; i++) {
		struct nl_op *op = &q->op[i];
		int error = verdict(m, op);

		if (error == 0)
			account(m, op);
		else if (op->claimed)
			stated_unset(&m->stated, op->fp);
		if (error == EEXIST && op->text[0] == '\0')
			str_set(op->text, sizeof(op->text), foreign);
		ops_done(m, &(struct kern_op){ .kind = op->kind,
		    .id = op->id }, error, op->text);
	}
}

static void
settle_xfrm(struct monitor *m)
{
	nlq_flush(m->nl->xfrm);
	settle(m, m->nl->xfrm);
	nlq_reset(m->nl->xfrm);
}

static bool
settle_hauled(struct monitor *m, bool wait)
{
	struct nlq *q = haul_take(&m->haul, wait);

	if (q == NULL)
		return false;
	m->claims -= q->claims;
	settle(m, q);
	haul_back(&m->haul);
	return true;
}

void
ops_settle(struct monitor *m)
{
	if (m->nl == NULL)
		return;
	settle_xfrm(m);
	while (settle_hauled(m, false))
		;
	haul_give(&m->haul);
}

void
ops_make_room(struct monitor *m)
{
	if (!nlq_room(m->nl->xfrm))
		settle_xfrm(m);
	while (!nlq_room(m->nl->route) && !haul_give(&m->haul))
		settle_hauled(m, true);
}

bool
ops_room(const struct monitor *m)
{
	return m->nl == NULL || haul_room(&m->haul);
}

void
ops_finish(struct monitor *m)
{
	if (m->nl == NULL)
		return;
	settle_xfrm(m);
	while (m->nl->route->n > 0 || m->haul.n > 0) {
		haul_give(&m->haul);
		settle_hauled(m, true);
	}
}
