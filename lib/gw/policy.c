/*
 * Policies: for every pair of negotiated selectors of one family one each for
 * out, in and forward, bound to the tunnel's interface by if_id or mark, so
 * that they concern nothing but what is routed into it.  Without an SA they
 * drop: a tunnel that is down never sends in clear.
 */
#include "gw/policy.h"

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
	const struct ts_list *l = &t->policy_local, *r = &t->policy_remote;

	for (size_t i = 0; i < l->n; i++) {
		for (size_t k = 0; k < r->n; k++) {
			if (l->ts[i].lo.family != r->ts[k].lo.family)
				continue;
			one(t, kind, KERN_OUT, &l->ts[i], &r->ts[k]);
			one(t, kind, KERN_IN, &l->ts[i], &r->ts[k]);
			one(t, kind, KERN_FWD, &l->ts[i], &r->ts[k]);
		}
	}
}

static bool
same_ts(const struct ts_list *a, const struct ts_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct ts *x = &a->ts[i], *y = &b->ts[i];

		if (x->proto != y->proto || x->port_lo != y->port_lo ||
		    x->port_hi != y->port_hi || !addr_eq(&x->lo, &y->lo) ||
		    !addr_eq(&x->hi, &y->hi))
			return false;
	}
	return true;
}

void
policy_set(struct gw_tunnel *t, const struct ike_peer_info *info)
{
	bool same_selectors = same_ts(&t->policy_local, &info->local_ts) &&
	    same_ts(&t->policy_remote, &info->remote_ts);
	bool same_path = addr_eq(&t->policy_path.local.addr,
	    &info->path.local.addr) && addr_eq(&t->policy_path.remote.addr,
	    &info->path.remote.addr);

	if (t->policies && same_selectors && same_path)
		return;
	if (t->policies && !same_selectors)
		policy_clear(t);
	t->policy_local = info->local_ts;
	t->policy_remote = info->remote_ts;
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
