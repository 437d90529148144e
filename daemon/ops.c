/*
 * The dispatch table: for each operation the phases in which it is allowed,
 * the check that it must pass (check.c) and what does it.  An operation that
 * is refused is answered with the reason and logged; it does not end the
 * engine, since a reload under way can cause it.
 *
 * SAs and policies are queued and sent at the end of a datagram; nexthops and
 * routes go in batches that a thread carries to the kernel (haul.h); links are
 * made at once, after what is queued.  Whatever happens, every operation is
 * answered by exactly one KERN_DONE.
 */
#include "daemon/ops.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/check.h"
#include "daemon/hold.h"
#include "daemon/log.h"
#include "daemon/nl_dump.h"
#include "daemon/nl_route.h"
#include "daemon/nl_xfrm.h"
#include "daemon/ops_conn.h"
#include "daemon/ops_link.h"
#include "daemon/ops_own.h"
#include "daemon/rtables.h"
#include "daemon/shape.h"

#define ALIVE	(PHASE_START | PHASE_RUN)
#define ALWAYS	(PHASE_START | PHASE_RUN | PHASE_STOP)

typedef void	run_fn(struct monitor *, const struct kern_op *);

/* Ready to be queued; there is room afterwards. */
static struct nl_op
queued(struct monitor *m, const struct kern_op *op, uint64_t fp)
{
	ops_make_room(m);
	return (struct nl_op){ .id = op->id, .kind = op->kind, .fp = fp };
}

static void
run_sa_add(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op, stated_sa(&m->stated, &op->sa));

	q.sa = sas_new(&op->sa);
	nl_sa_add(m->nl->xfrm, &op->sa, &q);
}

static void
run_sa_del(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op, stated_sa(&m->stated, &op->sa));

	nl_sa_del(m->nl->xfrm, &op->sa, &q);
}

/* The SA is the same one under another name. */
static void
sa_moved(struct monitor *m, const struct nl_sa *was, const struct nl_sa *now)
{
	struct kern_sa id = { .spi = was->spi, .dst = was->dst };
	struct nl_sa *copy = malloc(sizeof(*copy));
	uint64_t fp;

	if (copy != NULL)
		*copy = *now;
	fp = stated_sa(&m->stated, &id);
	sas_forget(&m->sas, fp);
	stated_unset(&m->stated, fp);
	id.dst = now->dst;
	fp = stated_sa(&m->stated, &id);
	stated_set(&m->stated, fp);
	if (copy != NULL)
		sas_keep(&m->sas, fp, copy);
}

static void
run_sa_path(struct monitor *m, const struct kern_op *op)
{
	const struct kern_sa *sa = &op->sa;
	char text[KERN_TEXT_LEN] = "";
	struct nl_sa *was, now;
	int error;

	ops_settle(m);
	was = sas_find(&m->sas, sa);
	if (was == NULL || was->if_id != sa->if_id) {
		ops_done(m, op, ESRCH, "no such SA");
		return;
	}
	now = *was;
	now.src = sa->src;
	now.dst = sa->dst;
	now.encap = sa->encap;
	now.sport = sa->sport;
	now.dport = sa->dport;
	error = nl_sa_path(m->nl, was, &now, text);
	if (error == 0)
		sa_moved(m, was, &now);
	ops_done(m, op, error, text);
}

static void
run_policy_set(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op, stated_policy(&m->stated, &op->policy));

	nl_policy_set(m->nl->xfrm, &op->policy, &q);
}

static void
run_policy_del(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op, stated_policy(&m->stated, &op->policy));

	nl_policy_del(m->nl->xfrm, &op->policy, &q);
}

/* Was it claimed in a batch that is being filled, or on its way? */
static bool
claimed(const struct monitor *m, uint64_t fp)
{
	const struct nlq *q;

	for (unsigned k = 0; (q = haul_each(&m->haul, k)) != NULL; k++)
		for (size_t i = 0; q->claims > 0 && i < q->n; i++)
			if (q->op[i].claimed && q->op[i].fp == fp)
				return true;
	return false;
}

/*
 * May it replace what is there?  Yes when that is ours.  What was asked for
 * and not answered yet is only claimed: what came of it must be known first,
 * or this one would replace somebody else's that the first one met.
 */
static bool
known_or_claim(struct monitor *m, struct nl_op *q)
{
	bool known = stated_known(&m->stated, q->fp);

	if (known && m->claims > 0 && claimed(m, q->fp)) {
		ops_finish(m);
		known = stated_known(&m->stated, q->fp);
	}
	if (known)
		return true;
	q->claimed = stated_found(&m->stated, q->fp);
	m->nl->route->claims += q->claimed;
	m->claims += q->claimed;
	return false;
}

static void
run_nexthop_set(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op,
	    stated_nexthop(&m->stated, op->nexthop.id));
	unsigned ifindex = if_nametoindex(op->nexthop.dev);
	bool replace;

	if (ifindex == 0 && !op->nexthop.blackhole) {
		ops_done(m, op, ENODEV, "there is no such interface");
		return;
	}
	replace = known_or_claim(m, &q);
	nl_nexthop_set(m->nl->route, &op->nexthop, ifindex, replace, &q);
}

static void
run_group_set(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op,
	    stated_nexthop(&m->stated, op->group.id));
	bool replace = known_or_claim(m, &q);

	nl_group_set(m->nl->route, &op->group, replace, &q);
}

static void
run_nexthop_del(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op,
	    stated_nexthop(&m->stated, op->nexthop.id));

	nl_nexthop_del(m->nl->route, op->nexthop.id, &q);
}

/* The rest of its way is gone, and with them their routes. */
static void
run_nexthop_sweep(struct monitor *m, const struct kern_op *op)
{
	unsigned ifindex = if_nametoindex(op->nexthop.dev);
	struct nl_removed r = { 0 };
	int error = 0;

	ops_finish(m);
	if (ifindex != 0)
		error = -nl_sweep_nexthops(m->nl, &m->stated, ifindex, &r);
	if (r.nexthops > 0)
		log_event(LEVEL_INFO, "kern-swept", "device=%s nexthops=%u",
		    op->nexthop.dev, r.nexthops);
	ops_done(m, op, error, "");
}

static void
run_route_set(struct monitor *m, const struct kern_op *op)
{
	struct kern_route r = nl_route_normal(&op->route);
	struct nl_op q = queued(m, op, stated_route(&m->stated, &r));
	bool replace = known_or_claim(m, &q);

	if (r.nexthop == 0)
		nl_route_unreachable(m->nl->route, &r, replace, &q);
	else
		nl_route_set(m->nl->route, &r, replace, &q);
}

static void
run_route_del(struct monitor *m, const struct kern_op *op)
{
	struct kern_route r = nl_route_normal(&op->route);
	struct nl_op q = queued(m, op, stated_route(&m->stated, &r));

	nl_route_del(m->nl->route, &r, &q);
}

static int
sign(const struct monitor *m, const struct kern_auth *a, struct kern_event *e,
    char *text)
{
	const struct conf_connection *c = conf_find(m->files.conf,
	    a->connection);
	const struct privkey *k = certfiles_key(&m->files.certs,
	    &c->tunnels[a->tunnel - 1]);

	if (k == NULL) {
		str_fmt(text, KERN_TEXT_LEN, "no private_key for connection "
		    "%s tunnel %u", a->connection, a->tunnel);
		return EINVAL;
	}
	return privkey_sign(k, a, &e->auth.method, &e->auth.n, e->auth.value,
	    text);
}

static void
run_auth(struct monitor *m, const struct kern_op *op)
{
	char text[KERN_TEXT_LEN] = "";
	struct kern_event e;

	monitor_event_init(&e, KERN_DONE);
	e.id = op->id;
	e.op = op->kind;
	e.error = op->auth.how == KERN_AUTH_SIGN ?
	    sign(m, &op->auth, &e, text) : keystore_auth(m->files.keys,
	    &op->auth, &e.auth.n, e.auth.value, text);
	str_set(e.text, sizeof(e.text), text);
	if (e.error == ENOKEY)
		log_event(LEVEL_WARNING, "secret-missing",
		    "conn=%s tunnel=%u file=%s", op->auth.connection,
		    op->auth.tunnel, m->files.secrets_path);
	monitor_event(m, &e);
	wipe(&e, sizeof(e));
}

/* What it has yet to state again after a later overrun is no leftover. */
static bool
may_sweep(struct monitor *m)
{
	m->owed -= m->owed > 0;
	return m->nl != NULL && m->owed == 0 && !m->overrun;
}

/* All of it, or all but what routes lead to. */
static int
sweep(struct monitor *m, bool routes_wait, struct nl_removed *r)
{
	rtables_prune(m);
	lans_prune(m);
	sas_prune(&m->sas, &m->stated);
	return routes_wait ? nl_sweep_but_routes(m->nl, &m->stated, r) :
	    nl_sweep(m->nl, &m->stated, r);
}

static void
run_resync_done(struct monitor *m, const struct kern_op *op)
{
	bool wait = op->resync.routes_wait, may;
	struct nl_removed r = { 0 };
	int error = 0;

	ops_finish(m);
	may = wait ? m->nl != NULL && m->owed == 1 && !m->overrun :
	    may_sweep(m);
	if (may)
		error = -sweep(m, wait, &r);
	if (r.links + r.sas + r.policies + r.nexthops + r.routes +
	    r.rules > 0)
		log_event(LEVEL_INFO, "kern-swept", "links=%u sas=%u "
		    "policies=%u nexthops=%u routes=%u rules=%u", r.links,
		    r.sas, r.policies, r.nexthops, r.routes, r.rules);
	if (m->phase == PHASE_START && !wait)
		m->phase = PHASE_RUN;
	ops_done(m, op, error, "");
}

static void
run_nothing(struct monitor *m, const struct kern_op *op)
{
	ops_done(m, op, 0, "");
}

/* --kernel=none: as if it had been done. */
static void
run_pretend(struct monitor *m, const struct kern_op *op)
{
	if (op->kind == KERN_SA_ADD)
		stated_set(&m->stated, stated_sa(&m->stated, &op->sa));
	if (op->kind == KERN_SA_DEL)
		stated_unset(&m->stated, stated_sa(&m->stated, &op->sa));
	ops_done(m, op, 0, "");
}

/*
 * KERN_KEEP comes another way (keeps.c): without a row it is refused here.
 * The octets of a request are as many as shape.c says, which was tested.
 */
static const struct row {
	unsigned	phases;
	check_fn	*check;
	run_fn		*run;
	bool		kernel;		/* pretended with --kernel=none */
} rows[KERN_OP_KINDS] = {
[KERN_LINK_SET] =	{ ALIVE,  check_link_set,	ops_link_set,	 false },
[KERN_LINK_DEL] =	{ ALWAYS, check_link_del,	ops_link_del,	 false },
[KERN_SA_ADD] =		{ ALIVE,  check_sa_add,		run_sa_add,	 true },
[KERN_SA_DEL] =		{ ALWAYS, check_sa_del,		run_sa_del,	 true },
[KERN_SA_PATH] =	{ ALIVE,  check_sa_path,	run_sa_path,	 true },
[KERN_SA_HOLD] =	{ ALIVE,  check_sa_path,	hold_run,	 true },
[KERN_POLICY_SET] =	{ ALIVE,  check_policy_set,	run_policy_set,	 true },
[KERN_POLICY_DEL] =	{ ALWAYS, check_policy_del,	run_policy_del,	 true },
[KERN_TABLE_SET] =	{ ALIVE,  check_table_set,	rtable_set,	 false },
[KERN_TABLE_DEL] =	{ ALWAYS, check_table_del,	rtable_del,	 false },
[KERN_LAN_SET] =	{ ALIVE,  check_lan_set,	lan_set,	 false },
[KERN_LAN_DEL] =	{ ALWAYS, check_lan_del,	lan_del,	 false },
[KERN_NEXTHOP_SET] =	{ ALIVE,  check_nexthop_set,	run_nexthop_set, true },
[KERN_NEXTHOP_DEL] =	{ ALWAYS, check_nexthop_del,	run_nexthop_del, true },
[KERN_NEXTHOP_SWEEP] =	{ ALIVE,  check_nothing,	run_nexthop_sweep, true },
[KERN_GROUP_SET] =	{ ALWAYS, check_group_set,	run_group_set,	 true },
[KERN_GROUP_DEL] =	{ ALWAYS, check_nexthop_del,	run_nexthop_del, true },
[KERN_ROUTE_SET] =	{ ALIVE,  check_route_set,	run_route_set,	 true },
[KERN_ROUTE_DEL] =	{ ALWAYS, check_route_del,	run_route_del,	 true },
[KERN_LISTEN] =		{ ALIVE,  check_listen,		ops_conn_listen, true },
[KERN_UNLISTEN] =	{ ALWAYS, check_nothing,	run_nothing,	 true },
[KERN_CONNECT] =	{ ALIVE,  check_connect,	ops_conn_connect, true },
[KERN_BFD_LISTEN] =	{ ALIVE,  check_connect,	ops_conn_bfd,	 true },
[KERN_BFD_CONNECT] =	{ ALIVE,  check_connect,	ops_conn_bfd,	 true },
[KERN_BFD_CLOSE] =	{ ALWAYS, check_nothing,	run_nothing,	 true },
[KERN_AUTH] =		{ ALIVE,  check_auth,		run_auth,	 false },
[KERN_RELOAD] =		{ ALIVE,  check_nothing,	ops_own_reload,	 false },
[KERN_APPLY] =		{ ALIVE,  check_apply,		ops_own_apply,	 false },
[KERN_CONFIRM] =	{ ALIVE,  check_nothing,	ops_own_apply,	 false },
[KERN_UNDO] =		{ ALIVE,  check_nothing,	ops_own_apply,	 false },
[KERN_COUNT] =		{ ALWAYS, check_nothing,	ops_own_count,	 false },
[KERN_RESTART] =	{ ALIVE,  check_nothing,	renew_ask,	 false },
[KERN_RESYNC_DONE] =	{ ALIVE,  check_nothing,	run_resync_done, false },
};

static void
refused(struct monitor *m, const struct kern_op *op, int error,
    const char *why)
{
	char quoted[LOG_QUOTE_LEN];

	log_event(LEVEL_WARNING, "kern-refused", "op=%s why=%s",
	    kern_op_name(op->kind), log_quote(quoted, why));
	ops_done(m, op, error, why);
}

void
ops_run(struct monitor *m, const struct kern_op *op)
{
	const struct row *row = &rows[op->kind];
	struct reason why = { "" };
	int error;

	if (!(row->phases & m->phase)) {
		refused(m, op, ESHUTDOWN, "shutting down");
		return;
	}
	error = row->check(m, op, &why);
	if (error != 0)
		refused(m, op, error, why.s);
	else if (m->nl == NULL && row->kernel)
		run_pretend(m, op);
	else
		row->run(m, op);
}
