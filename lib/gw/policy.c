/*
 * Policies: for every pair of negotiated selectors of one family one each for
 * out, in and forward, bound to the tunnel's interface by if_id or mark, so
 * that they concern nothing but what is routed into it.  Without an SA they
 * drop: a tunnel that is down never sends in clear.
 */
#include "gw/policy.h"

#include <stdlib.h>

#include "gw/peers.h"

#define PRIORITY	1000u

static struct kern_ts
ts_kern(const struct ts *t)
{
	bool any = t->port_lo == 0 && t->port_hi == 65535;

	return (struct kern_ts){
		.net = ts_net(t), .proto = t->proto,
		.port = any ? 0 : t->port_lo, .port_mask = any ? 0 : 0xffff,
	};
}

static void
one(struct gw_tunnel *t, enum kern_op_kind kind, enum kern_dir dir,
    const struct ts *local, const struct ts *remote)
{
	struct kern_op *op = queue_op(&t->gw->out, kind);
	bool out = dir == KERN_OUT;
	const struct path *path = &t->policy_path;
	struct kern_policy *p;

	if (op == NULL)
		return;
	if (kind == KERN_POLICY_SET)
		gw_await(t->gw, op, t->id);
	p = &op->policy;
	p->dir = dir;
	p->src = ts_kern(out ? local : remote);
	p->dst = ts_kern(out ? remote : local);
	p->tmpl_src = out ? path->local.addr : path->remote.addr;
	p->tmpl_dst = out ? path->remote.addr : path->local.addr;
	p->reqid = p->if_id = peers_if_id(t);
	p->mark_not_if_id = t->link.kind == KERN_LINK_VTI;
	p->priority = PRIORITY;
}

static void
all(struct gw_tunnel *t, enum kern_op_kind kind)
{
	const struct ts_pair *p = t->policy_ts;
	const struct ts *l = p->ts, *r = p->ts + p->local_n;

	for (size_t i = 0; i < p->local_n; i++) {
		for (size_t k = 0; k < p->remote_n; k++) {
			if (l[i].lo.family != r[k].lo.family)
				continue;
			one(t, kind, KERN_OUT, &l[i], &r[k]);
			one(t, kind, KERN_IN, &l[i], &r[k]);
			one(t, kind, KERN_FWD, &l[i], &r[k]);
		}
	}
}

/* A pair of NULL is no other's. */
static bool
same_ts(const struct ts_pair *a, const struct ts_pair *b)
{
	if (a == NULL || a->local_n != b->local_n ||
	    a->remote_n != b->remote_n)
		return false;
	for (size_t i = 0; i < (size_t)a->local_n + a->remote_n; i++) {
		const struct ts *x = &a->ts[i], *y = &b->ts[i];

		if (x->proto != y->proto || x->port_lo != y->port_lo ||
		    x->port_hi != y->port_hi || !addr_eq(&x->lo, &y->lo) ||
		    !addr_eq(&x->hi, &y->hi))
			return false;
	}
	return true;
}

/* Without memory what was there before stays. */
void
policy_set(struct gw_tunnel *t, const struct ike_peer_info *info)
{
	struct ts_pair *p = ts_pair_new(&info->local_ts, &info->remote_ts);
	bool same_selectors = p != NULL && same_ts(t->policy_ts, p);
	bool same_path = addr_eq(&t->policy_path.local.addr,
	    &info->path.local.addr) && addr_eq(&t->policy_path.remote.addr,
	    &info->path.remote.addr);

	if (p == NULL || (t->policies && same_selectors && same_path)) {
		free(p);
		return;
	}
	if (t->policies && !same_selectors)
		policy_clear(t);
	free(t->policy_ts);
	t->policy_ts = p;
	t->policy_path = info->path;
	t->policies = true;
	all(t, KERN_POLICY_SET);
}

void
policy_restate(struct gw_tunnel *t, const struct ike_peer_info *info)
{
	t->policies = t->refused = false;
	policy_set(t, info);
}

void
policy_clear(struct gw_tunnel *t)
{
	if (!t->policies)
		return;
	all(t, KERN_POLICY_DEL);
	t->policies = t->refused = false;
}
