/*
 * The fake kernel's tables and the operations on them.  What Linux does and
 * says: a nexthop needs a device that is up, a group and a route need their
 * nexthops; a nexthop that goes leaves its groups, an empty group goes too,
 * and routes go with what they point to; a link that goes down loses its
 * nexthops without a message.  As the monitor does, what is to be removed and
 * is not there counts as done.
 */
#include "sim/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void
kernel_init(struct kernel *k, enum kern_link_kind kind)
{
	*k = (struct kernel){ .kind = kind, .generation = 1, .life = 1 };
}

void
kernel_new_generation(struct kernel *k)
{
	k->generation++;
}

/* --- links --- */

const struct kernel_link *
kernel_link(const struct kernel *k, const char *name)
{
	for (unsigned i = 0; i < k->links_n; i++) {
		if (strcmp(k->links[i].l.name, name) == 0)
			return &k->links[i];
	}
	return NULL;
}

static struct kernel_link *
link_of(struct kernel *k, const char *name)
{
	for (unsigned i = 0; i < k->links_n; i++) {
		if (strcmp(k->links[i].l.name, name) == 0)
			return &k->links[i];
	}
	return NULL;
}

static void	nexthop_remove(struct kernel *, uint32_t id);

static void
drop_nexthops_of(struct kernel *k, const char *dev)
{
	for (unsigned i = 0; i < k->nexthops_n;) {
		if (k->nexthops[i].n == 0 &&
		    strcmp(k->nexthops[i].dev, dev) == 0) {
			nexthop_remove(k, k->nexthops[i].id);
			i = 0;
		} else {
			i++;
		}
	}
}

bool
kernel_link_down(struct kernel *k, const char *name)
{
	struct kernel_link *l = link_of(k, name);

	if (l == NULL)
		return false;
	l->up = false;
	k->changes++;
	drop_nexthops_of(k, name);
	return true;
}

bool
kernel_link_delete(struct kernel *k, const char *name)
{
	struct kernel_link *l = link_of(k, name);

	if (l == NULL)
		return false;
	drop_nexthops_of(k, name);
	*l = k->links[--k->links_n];
	k->changes++;
	return true;
}

static int
link_set(struct kernel *k, const struct kern_op *op)
{
	struct kernel_link *l = link_of(k, op->link.name);

	if (l == NULL) {
		if (k->links_n == KERNEL_LINKS)
			return ENOSPC;
		l = &k->links[k->links_n++];
		l->serial = ++k->next_serial;
	}
	if (l->up && !op->link.up)
		drop_nexthops_of(k, op->link.name);
	l->l = op->link;
	if (l->l.kind == KERN_LINK_AUTO)
		l->l.kind = k->kind;
	l->up = op->link.up;
	l->stated = k->generation;
	return 0;
}

static int
link_del(struct kernel *k, const struct kern_op *op)
{
	return kernel_link_delete(k, op->link.name) ? 0 : ENODEV;
}

/* --- SAs --- */

static struct kernel_sa *
sa_find(struct kernel *k, uint32_t spi, const struct addr *dst)
{
	for (unsigned i = 0; i < k->sas_n; i++) {
		if (k->sas[i].sa.spi == spi &&
		    addr_eq(&k->sas[i].sa.dst, dst))
			return &k->sas[i];
	}
	return NULL;
}

static uint64_t
hash(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 1099511628211u;
	return h;
}

static uint64_t
print_of(const struct kern_sa *sa)
{
	uint64_t h = 14695981039346656037u;

	h = hash(h, sa->aead, strlen(sa->aead));
	h = hash(h, sa->enc, strlen(sa->enc));
	h = hash(h, sa->auth, strlen(sa->auth));
	h = hash(h, sa->encr_key.b, sa->encr_key.n);
	h = hash(h, sa->auth_key.b, sa->auth_key.n);
	return hash(h, (uint8_t[]){ sa->esn, (uint8_t)sa->icv_bits }, 2);
}

static bool
sa_sane(const struct kern_sa *sa)
{
	bool aead = sa->aead[0] != '\0';

	return sa->spi >= 256 && sa->encr_key.n > 0 && sa->if_id != 0 &&
	    sa->reqid == sa->if_id && sa->dir != KERN_FWD &&
	    aead != (sa->enc[0] != '\0') && aead != (sa->auth[0] != '\0') &&
	    aead == (sa->auth_key.n == 0) && addr_is_set(&sa->src) &&
	    sa->src.family == sa->dst.family && !addr_is_any(&sa->dst) &&
	    (!sa->encap || (sa->sport != 0 && sa->dport != 0));
}

static int
sa_add(struct kernel *k, const struct kern_op *op)
{
	struct kernel_sa *s;

	if (!sa_sane(&op->sa))
		return EINVAL;
	if (sa_find(k, op->sa.spi, &op->sa.dst) != NULL)
		return EEXIST;
	if (k->sas_n == KERNEL_SAS)
		return ENOSPC;
	s = &k->sas[k->sas_n++];
	*s = (struct kernel_sa){ .sa = op->sa, .print = print_of(&op->sa),
	    .age = ++k->next_age, .life = k->life };
	return 0;
}

static int
sa_del(struct kernel *k, const struct kern_op *op)
{
	struct kernel_sa *s = sa_find(k, op->sa.spi, &op->sa.dst);

	if (s == NULL)
		return ESRCH;
	*s = k->sas[--k->sas_n];
	return 0;
}

static int
sa_path(struct kernel *k, const struct kern_op *op)
{
	for (unsigned i = 0; i < k->sas_n; i++) {
		struct kernel_sa *s = &k->sas[i];

		if (s->sa.spi != op->sa.spi || s->sa.dir != op->sa.dir ||
		    s->sa.reqid != op->sa.reqid)
			continue;
		s->sa.src = op->sa.src;
		s->sa.dst = op->sa.dst;
		s->sa.encap = op->sa.encap;
		s->sa.sport = op->sa.sport;
		s->sa.dport = op->sa.dport;
		s->mapped = false;
		return 0;
	}
	return ESRCH;
}

/* One of an engine before: as it was, it stays. */
static int
sa_hold(struct kernel *k, const struct kern_op *op)
{
	struct kernel_sa *s = sa_find(k, op->sa.spi, &op->sa.dst);

	if (s == NULL || s->sa.dir != op->sa.dir ||
	    s->sa.reqid != op->sa.reqid || s->sa.if_id != op->sa.if_id ||
	    s->sa.mark_not_if_id != op->sa.mark_not_if_id ||
	    !addr_eq(&s->sa.src, &op->sa.src) ||
	    s->sa.encap != op->sa.encap || (op->sa.encap &&
	    (s->sa.sport != op->sa.sport || s->sa.dport != op->sa.dport)))
		return ESRCH;
	s->life = k->life;
	return 0;
}

/* --- policies --- */

static bool
ts_eq(const struct kern_ts *a, const struct kern_ts *b)
{
	return prefix_eq(&a->net, &b->net) && a->proto == b->proto &&
	    a->port == b->port && a->port_mask == b->port_mask;
}

static struct kernel_policy *
policy_find(struct kernel *k, const struct kern_policy *p)
{
	for (unsigned i = 0; i < k->policies_n; i++) {
		struct kern_policy *o = &k->policies[i].p;

		if (o->dir == p->dir && o->if_id == p->if_id &&
		    o->mark_not_if_id == p->mark_not_if_id &&
		    ts_eq(&o->src, &p->src) && ts_eq(&o->dst, &p->dst))
			return &k->policies[i];
	}
	return NULL;
}

static int
policy_set(struct kernel *k, const struct kern_op *op)
{
	struct kernel_policy *p = policy_find(k, &op->policy);

	if (p == NULL) {
		if (k->policies_n == KERNEL_POLICIES)
			return ENOSPC;
		p = &k->policies[k->policies_n++];
	}
	*p = (struct kernel_policy){ op->policy, k->generation };
	return 0;
}

static int
policy_del(struct kernel *k, const struct kern_op *op)
{
	struct kernel_policy *p = policy_find(k, &op->policy);

	if (p == NULL)
		return ENOENT;
	*p = k->policies[--k->policies_n];
	return 0;
}

/* --- nexthops, groups, routes --- */

static struct kernel_nexthop *
nexthop_find(struct kernel *k, uint32_t id)
{
	for (unsigned i = 0; i < k->nexthops_n; i++) {
		if (k->nexthops[i].id == id)
			return &k->nexthops[i];
	}
	return NULL;
}

static void
drop_routes_to(struct kernel *k, uint32_t id)
{
	for (unsigned i = 0; i < k->routes_n;) {
		if (k->routes[i].r.nexthop == id)
			k->routes[i] = k->routes[--k->routes_n];
		else
			i++;
	}
}

static void
leave_group(struct kernel_nexthop *g, uint32_t id)
{
	for (uint32_t i = 0; i < g->n; i++) {
		if (g->member[i] == id) {
			memmove(&g->member[i], &g->member[i + 1],
			    (g->n - i - 1) * sizeof(g->member[0]));
			g->n--;
			return;
		}
	}
}

/* The object, its places in groups, groups that are empty then, routes. */
static void
nexthop_remove(struct kernel *k, uint32_t id)
{
	struct kernel_nexthop *h = nexthop_find(k, id);

	*h = k->nexthops[--k->nexthops_n];
	k->changes++;
	drop_routes_to(k, id);
	for (unsigned i = 0; i < k->nexthops_n; i++) {
		struct kernel_nexthop *g = &k->nexthops[i];
		bool was = g->n > 0;

		leave_group(g, id);
		if (was && g->n == 0) {
			nexthop_remove(k, g->id);
			i = UINT32_MAX;
		}
	}
}

static int
nexthop_set(struct kernel *k, const struct kern_op *op)
{
	const struct kernel_link *l = kernel_link(k, op->nexthop.dev);
	struct kernel_nexthop *h = nexthop_find(k, op->nexthop.id);

	if (l == NULL && !op->nexthop.blackhole)
		return ENODEV;
	if (l != NULL && !l->up)
		return ENETDOWN;
	if (h == NULL) {
		if (k->nexthops_n == KERNEL_NEXTHOPS)
			return ENOSPC;
		h = &k->nexthops[k->nexthops_n++];
	} else if (h->n > 0) {
		return EINVAL;
	}
	*h = (struct kernel_nexthop){ .id = op->nexthop.id,
	    .gateway = op->nexthop.gateway, .stated = k->generation };
	memcpy(h->dev, op->nexthop.dev, sizeof(h->dev));
	return 0;
}

static int
group_set(struct kernel *k, const struct kern_op *op)
{
	struct kernel_nexthop *g = nexthop_find(k, op->group.id);

	if (op->group.n == 0 || op->group.n > KERN_GROUP_MAX)
		return EINVAL;
	for (uint32_t i = 0; i < op->group.n; i++) {
		const struct kernel_nexthop *m =
		    nexthop_find(k, op->group.member[i]);

		if (m == NULL || m->n > 0)
			return EINVAL;
	}
	if (g == NULL) {
		if (k->nexthops_n == KERNEL_NEXTHOPS)
			return ENOSPC;
		g = &k->nexthops[k->nexthops_n++];
	} else if (g->n == 0) {
		return EINVAL;
	}
	*g = (struct kernel_nexthop){ .id = op->group.id, .n = op->group.n,
	    .stated = k->generation };
	memcpy(g->member, op->group.member, sizeof(g->member));
	return 0;
}

static int
nexthop_del(struct kernel *k, const struct kern_op *op)
{
	if (nexthop_find(k, op->nexthop.id) == NULL)
		return ENOENT;
	nexthop_remove(k, op->nexthop.id);
	return 0;
}

static int
nexthop_sweep(struct kernel *k, const struct kern_op *op)
{
	for (unsigned i = 0; i < k->nexthops_n;) {
		const struct kernel_nexthop *h = &k->nexthops[i];

		if (h->n == 0 && h->stated != k->generation &&
		    strcmp(h->dev, op->nexthop.dev) == 0) {
			nexthop_remove(k, h->id);
			i = 0;
		} else {
			i++;
		}
	}
	return 0;
}

static struct kernel_route *
route_find(struct kernel *k, const struct kern_route *r)
{
	for (unsigned i = 0; i < k->routes_n; i++) {
		struct kern_route *o = &k->routes[i].r;

		if (o->table == r->table && o->metric == r->metric &&
		    prefix_eq(&o->prefix, &r->prefix))
			return &k->routes[i];
	}
	return NULL;
}

static int
route_set(struct kernel *k, const struct kern_op *op)
{
	struct kernel_route *r = route_find(k, &op->route);

	if (nexthop_find(k, op->route.nexthop) == NULL &&
	    (op->route.nexthop != 0 || op->route.metric != KERN_METRIC_WORST))
		return EINVAL;
	if (r == NULL) {
		if (k->routes_n == KERNEL_ROUTES)
			return ENOSPC;
		r = &k->routes[k->routes_n++];
	}
	*r = (struct kernel_route){ op->route, k->generation };
	return 0;
}

static int
route_del(struct kernel *k, const struct kern_op *op)
{
	struct kernel_route *r = route_find(k, &op->route);

	if (r == NULL)
		return ESRCH;
	*r = k->routes[--k->routes_n];
	return 0;
}

bool
kernel_meddle(struct kernel *k, unsigned which, struct kern_event *e)
{
	bool nexthop = which % 2 != 0;
	unsigned n = nexthop ? k->nexthops_n : k->routes_n;
	struct kernel_route *r;

	if (n == 0)
		return false;
	k->changes++;
	*e = (struct kern_event){ .kind = KERN_CHANGED };
	if (nexthop) {
		e->changed.nexthop = k->nexthops[which / 2 % n].id;
		nexthop_remove(k, e->changed.nexthop);
		return true;
	}
	r = &k->routes[which / 2 % n];
	e->changed.prefix = r->r.prefix;
	e->changed.table = r->r.table;
	*r = k->routes[--k->routes_n];
	return true;
}

/* --- resync --- */

static void
sweep_nexthops(struct kernel *k)
{
	for (unsigned i = 0; i < k->nexthops_n;) {
		if (k->nexthops[i].stated == k->generation) {
			i++;
		} else {
			nexthop_remove(k, k->nexthops[i].id);
			i = 0;
		}
	}
}

/*
 * An engine's own SAs stay: it has no keys to state them again with.  Links
 * are the gate's, which has to tell of them.
 */
static int
sweep(struct kernel *k, const struct kern_op *op)
{
	if (!op->resync.routes_wait)
		sweep_nexthops(k);
	for (unsigned i = op->resync.routes_wait ? k->routes_n : 0;
	    i < k->routes_n;) {
		if (k->routes[i].stated == k->generation)
			i++;
		else
			k->routes[i] = k->routes[--k->routes_n];
	}
	for (unsigned i = 0; i < k->policies_n;) {
		if (k->policies[i].stated == k->generation)
			i++;
		else
			k->policies[i] = k->policies[--k->policies_n];
	}
	for (unsigned i = 0; i < k->sas_n;) {
		if (k->sas[i].life == k->life)
			i++;
		else
			k->sas[i] = k->sas[--k->sas_n];
	}
	return 0;
}

/* --- dispatch --- */

static const struct row {
	int	(*run)(struct kernel *, const struct kern_op *);
	bool	removes;
} rows[KERN_OP_KINDS] = {
	[KERN_LINK_SET] = { link_set, false },
	[KERN_LINK_DEL] = { link_del, true },
	[KERN_SA_ADD] = { sa_add, false },
	[KERN_SA_DEL] = { sa_del, true },
	[KERN_SA_PATH] = { sa_path, false },
	[KERN_SA_HOLD] = { sa_hold, false },
	[KERN_POLICY_SET] = { policy_set, false },
	[KERN_POLICY_DEL] = { policy_del, true },
	[KERN_NEXTHOP_SET] = { nexthop_set, false },
	[KERN_NEXTHOP_DEL] = { nexthop_del, true },
	[KERN_NEXTHOP_SWEEP] = { nexthop_sweep, false },
	[KERN_GROUP_SET] = { group_set, false },
	[KERN_GROUP_DEL] = { nexthop_del, true },
	[KERN_ROUTE_SET] = { route_set, false },
	[KERN_ROUTE_DEL] = { route_del, true },
	[KERN_RESYNC_DONE] = { sweep, false },
};

int
kernel_do(struct kernel *k, const struct kern_op *op,
    char text[static KERN_TEXT_LEN])
{
	const struct row *row = &rows[op->kind];
	int error;

	k->ran[op->kind]++;
	if (k->refuse[op->kind] > 0) {
		k->refuse[op->kind]--;
		str_set(text, KERN_TEXT_LEN, "refused by the simulator");
		return ENOBUFS;
	}
	if (row->run == NULL)
		return 0;
	error = row->run(k, op);
	k->changes++;
	if (error == 0)
		return 0;
	if (row->removes) {
		k->missed++;
		return 0;
	}
	str_fmt(text, KERN_TEXT_LEN, "%s: %s", kern_op_name(op->kind),
	    strerror(error));
	k->failed++;
	reason_set(&k->last_failed, "%s", text);
	return error;
}
