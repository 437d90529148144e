/*
 * From wanted hops to kernel operations.
 *
 * The order is always nexthop, group, route.  Losing a tunnel deletes its
 * nexthop objects: the kernel takes them out of every group and drops routes
 * that had no other, without a message per route; what was the kernel's doing
 * is mirrored here.  A link that went down counts as the same loss, since the
 * kernel then deletes in silence.
 */
#include "gw/fib.h"

#include <stdlib.h>
#include <string.h>

#define NEXTHOP_ID(slot)	(KERN_ID_BASE + 1 + (slot))
#define GROUP_ID(slot)		(KERN_ID_BASE + 0x80000u + (slot))
#define TABLE_SIZE		4096u	/* buckets of the route table */

/* A (tunnel, gateway) that routes may point to. */
struct nexthop {
	struct nexthop	*next;
	struct fib_hop	 hop;
	uint32_t	 id;
	bool		 in_kernel;
};

/* A set of nexthops, interned: the same members are the same group. */
struct group {
	struct group	*next;
	uint32_t	 id;
	unsigned	 refs;		/* routes that point to it */
	unsigned	 n;
	uint32_t	 member[KERN_GROUP_MAX];	/* ids, ascending */
};

struct device {
	uint32_t	 tunnel;
	unsigned	 named;		/* in the hops of routes */
	bool		 up;
	char		 name[KERN_IFNAME_LEN];
};

struct route {
	struct route	*next;		/* in its bucket */
	struct prefix	 prefix;
	struct fib_hops	 hops[FIB_SOURCES];
	struct group	*group;		/* of more than one, or NULL */
	uint32_t	 target;	/* what the kernel has; 0: nothing */
	uint32_t	 op;		/* the last operation; 0: answered */
	enum fib_state	 state;
};

struct fib {
	struct queue	*out;		/* borrowed */
	struct map	 devices;	/* tunnel -> device, owned */
	struct nexthop	*nexthops;
	struct group	*groups;
	uint32_t	 next_hop, next_group;
	struct map	 ops;		/* operation id -> route */
	struct route	*bucket[TABLE_SIZE];
};

struct fib *
fib_new(struct queue *out)
{
	struct fib *f = calloc(1, sizeof(*f));

	if (f != NULL)
		f->out = out;
	return f;
}

void
fib_free(struct fib *f)
{
	void *next;
	size_t pos = 0;

	if (f == NULL)
		return;
	while ((next = map_each(&f->devices, &pos)) != NULL)
		free(next);
	map_fini(&f->devices);
	for (struct nexthop *h = f->nexthops; h != NULL; h = next) {
		next = h->next;
		free(h);
	}
	for (struct group *g = f->groups; g != NULL; g = next) {
		next = g->next;
		free(g);
	}
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		for (struct route *r = f->bucket[i]; r != NULL; r = next) {
			next = r->next;
			free(r);
		}
	}
	map_fini(&f->ops);
	free(f);
}

/* --- nexthops and groups --- */

static struct device *
device_of(const struct fib *f, uint32_t tunnel)
{
	return map_get(&f->devices, tunnel);
}

/* NULL: no memory. */
static struct device *
device_get(struct fib *f, uint32_t tunnel)
{
	struct device *d = device_of(f, tunnel);

	if (d != NULL)
		return d;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->tunnel = tunnel;
	if (!map_put(&f->devices, tunnel, d)) {
		free(d);
		return NULL;
	}
	return d;
}

static void
nexthop_push(struct fib *f, struct nexthop *h)
{
	const struct device *d = device_of(f, h->hop.tunnel);
	struct kern_op *op;

	if (h->in_kernel || d == NULL || !d->up)
		return;
	op = queue_op(f->out, KERN_NEXTHOP_SET);
	if (op == NULL)
		return;
	op->nexthop.id = h->id;
	op->nexthop.gateway = h->hop.gateway;
	memcpy(op->nexthop.dev, d->name, sizeof(d->name));
	h->in_kernel = true;
}

static struct nexthop *
nexthop_of(struct fib *f, const struct fib_hop *hop)
{
	struct nexthop *h = f->nexthops;

	while (h != NULL && (h->hop.tunnel != hop->tunnel ||
	    !addr_eq(&h->hop.gateway, &hop->gateway)))
		h = h->next;
	if (h != NULL)
		return h;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return NULL;
	h->hop = *hop;
	h->id = NEXTHOP_ID(f->next_hop++);
	h->next = f->nexthops;
	f->nexthops = h;
	return h;
}

static void
group_push(struct fib *f, const struct group *g)
{
	struct kern_op *op = queue_op(f->out, KERN_GROUP_SET);

	if (op == NULL)
		return;
	op->group.id = g->id;
	op->group.n = g->n;
	memcpy(op->group.member, g->member, sizeof(g->member));
}

static struct group *
group_of(struct fib *f, const uint32_t *member, unsigned n)
{
	struct group *g = f->groups;

	while (g != NULL && (g->n != n ||
	    memcmp(g->member, member, n * sizeof(*member)) != 0))
		g = g->next;
	if (g != NULL)
		return g;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	g->id = GROUP_ID(f->next_group++);
	g->n = n;
	memcpy(g->member, member, n * sizeof(*member));
	g->next = f->groups;
	f->groups = g;
	group_push(f, g);
	return g;
}

static void
group_release(struct fib *f, struct group *g)
{
	struct group **p = &f->groups;
	struct kern_op *op;

	if (g == NULL || --g->refs > 0)
		return;
	op = queue_op(f->out, KERN_GROUP_DEL);
	if (op != NULL)
		op->group.id = g->id;
	while (*p != g)
		p = &(*p)->next;
	*p = g->next;
	free(g);
}

/* --- routes --- */

static size_t
bucket_of(const struct prefix *p)
{
	uint32_t h = p->len;

	for (size_t i = 0; i < sizeof(p->addr.b); i++)
		h = (h ^ p->addr.b[i]) * 16777619u;
	return (h ^ h >> 15) % TABLE_SIZE;
}

static struct route *
route_find(const struct fib *f, const struct prefix *p)
{
	struct route *r = f->bucket[bucket_of(p)];

	while (r != NULL && !prefix_eq(&r->prefix, p))
		r = r->next;
	return r;
}

static struct route *
route_get(struct fib *f, const struct prefix *p)
{
	struct route *r = route_find(f, p);

	if (r != NULL)
		return r;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->prefix = *p;
	r->next = f->bucket[bucket_of(p)];
	f->bucket[bucket_of(p)] = r;
	return r;
}

static void
route_free(struct fib *f, struct route *r)
{
	struct route **p = &f->bucket[bucket_of(&r->prefix)];

	while (*p != r)
		p = &(*p)->next;
	*p = r->next;
	map_del(&f->ops, r->op);
	free(r);
}

static bool
any_up(const struct fib *f, const struct fib_hops *hops)
{
	for (unsigned i = 0; i < hops->n; i++) {
		const struct device *d = device_of(f, hops->v[i].tunnel);

		if (d != NULL && d->up)
			return true;
	}
	return false;
}

/* A static route whose tunnels are all down gives way to a learned one. */
static enum fib_source
source_of(const struct fib *f, const struct route *r)
{
	return any_up(f, &r->hops[FIB_STATIC]) || r->hops[FIB_BGP].n == 0 ?
	    FIB_STATIC : FIB_BGP;
}

/* The nexthops that can be used now, as ids in ascending order. */
static unsigned
usable_hops(struct fib *f, const struct fib_hops *hops,
    uint32_t id[static KERN_GROUP_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < hops->n; i++) {
		struct nexthop *h = nexthop_of(f, &hops->v[i]);
		unsigned k = n;

		if (h == NULL)
			continue;
		nexthop_push(f, h);
		if (!h->in_kernel)
			continue;
		for (; k > 0 && id[k - 1] > h->id; k--)
			id[k] = id[k - 1];
		id[k] = h->id;
		n++;
	}
	return n;
}

static void
route_op(struct fib *f, struct route *r, enum kern_op_kind kind,
    uint32_t target)
{
	struct kern_op *op = queue_op(f->out, kind);

	if (op == NULL)
		return;
	op->route.prefix = r->prefix;
	op->route.table = FIB_TABLE_MAIN;
	op->route.nexthop = target;
	map_del(&f->ops, r->op);
	r->op = op->id;
	r->target = target;
	r->state = FIB_PENDING;
	map_put(&f->ops, op->id, r);
}

/* Brings the kernel to what the hops say. */
static void
route_push(struct fib *f, struct route *r)
{
	const struct fib_hops *hops = &r->hops[source_of(f, r)];
	struct group *old = r->group, *group = NULL;
	uint32_t id[KERN_GROUP_MAX], target = 0;
	unsigned n = usable_hops(f, hops, id);

	if (n == 1)
		target = id[0];
	if (n > 1 && (group = group_of(f, id, n)) != NULL)
		target = group->id;
	if (group != NULL)
		group->refs++;
	r->group = group;
	if (target != r->target && target != 0)
		route_op(f, r, KERN_ROUTE_SET, target);
	else if (target != r->target)
		route_op(f, r, KERN_ROUTE_DEL, 0);
	group_release(f, old);
}

/* How many hops of routes name a tunnel: most often it is none. */
static void
count_hops(struct fib *f, const struct fib_hops *hops, bool more)
{
	for (unsigned i = 0; i < hops->n; i++) {
		struct device *d = device_get(f, hops->v[i].tunnel);

		if (d != NULL && more)
			d->named++;
		else if (d != NULL && d->named > 0)
			d->named--;
	}
}

void
fib_set(struct fib *f, enum fib_source source, const struct prefix *p,
    const struct fib_hops *hops)
{
	struct route *r = hops->n > 0 ? route_get(f, p) : route_find(f, p);

	if (r == NULL)
		return;
	count_hops(f, hops, true);
	count_hops(f, &r->hops[source], false);
	r->hops[source] = *hops;
	route_push(f, r);
	if (r->target == 0 && r->hops[FIB_STATIC].n == 0 &&
	    r->hops[FIB_BGP].n == 0)
		route_free(f, r);
}

static bool
uses(const struct fib_hops *hops, uint32_t tunnel)
{
	for (unsigned i = 0; i < hops->n; i++) {
		if (hops->v[i].tunnel == tunnel)
			return true;
	}
	return false;
}

static void
push_routes_of(struct fib *f, uint32_t tunnel)
{
	const struct device *d = device_of(f, tunnel);

	if (d == NULL || d->named == 0)
		return;
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		for (struct route *r = f->bucket[i]; r != NULL; r = r->next) {
			if (uses(&r->hops[FIB_STATIC], tunnel) ||
			    uses(&r->hops[FIB_BGP], tunnel))
				route_push(f, r);
		}
	}
}

void
fib_tunnel_up(struct fib *f, uint32_t tunnel, const char *dev)
{
	struct device *d = device_get(f, tunnel);

	if (d == NULL)
		return;
	str_set(d->name, sizeof(d->name), dev);
	if (d->up)
		return;
	d->up = true;
	push_routes_of(f, tunnel);
}

void
fib_tunnel_down(struct fib *f, uint32_t tunnel)
{
	struct device *d = device_of(f, tunnel);

	if (d == NULL || !d->up)
		return;
	d->up = false;
	for (struct nexthop *h = f->nexthops; h != NULL; h = h->next) {
		struct kern_op *op;

		if (h->hop.tunnel != tunnel || !h->in_kernel)
			continue;
		h->in_kernel = false;
		op = queue_op(f->out, KERN_NEXTHOP_DEL);
		if (op != NULL)
			op->nexthop.id = h->id;
		/* The kernel dropped the routes that had only this one. */
		for (size_t i = 0; i < TABLE_SIZE; i++) {
			for (struct route *r = f->bucket[i]; r != NULL;
			    r = r->next) {
				if (r->target == h->id)
					r->target = 0;
			}
		}
	}
	push_routes_of(f, tunnel);
}

bool
fib_done(struct fib *f, uint32_t id, int32_t error, const char *text)
{
	struct route *r = map_del(&f->ops, id);

	(void)text;
	if (r == NULL || r->op != id)
		return true;
	r->op = 0;
	r->state = error == 0 ? FIB_INSTALLED : FIB_FAILED;
	return error == 0;
}

/* What it stands on may have been refused before it. */
static void
restate(struct fib *f, struct route *r)
{
	const struct fib_hops *hops = &r->hops[source_of(f, r)];

	for (unsigned i = 0; i < hops->n; i++) {
		struct nexthop *h = nexthop_of(f, &hops->v[i]);

		if (h == NULL || !h->in_kernel)
			continue;
		h->in_kernel = false;
		nexthop_push(f, h);
	}
	if (r->group != NULL)
		group_push(f, r->group);
	r->target = 0;
	route_push(f, r);
}

void
fib_retry(struct fib *f)
{
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		for (struct route *r = f->bucket[i]; r != NULL; r = r->next) {
			if (r->state == FIB_FAILED && r->target != 0)
				restate(f, r);
		}
	}
}

void
fib_resync(struct fib *f)
{
	for (struct nexthop *h = f->nexthops; h != NULL; h = h->next) {
		h->in_kernel = false;
		nexthop_push(f, h);
	}
	for (struct group *g = f->groups; g != NULL; g = g->next)
		group_push(f, g);
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		for (struct route *r = f->bucket[i]; r != NULL; r = r->next) {
			r->target = 0;
			route_push(f, r);
		}
	}
}

static bool
through(const struct fib *f, const struct route *r, uint32_t tunnel)
{
	const struct device *d = device_of(f, tunnel);

	return r->target != 0 && r->state == FIB_INSTALLED && d != NULL &&
	    d->up && uses(&r->hops[source_of(f, r)], tunnel);
}

unsigned
fib_count(const struct fib *f, uint32_t tunnel)
{
	unsigned n = 0;

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		for (struct route *r = f->bucket[i]; r != NULL; r = r->next)
			n += through(f, r, tunnel);
	}
	return n;
}

static void
look(const struct fib *f, const struct route *r, struct fib_route *out)
{
	const struct fib_hops *hops = &r->hops[source_of(f, r)];

	*out = (struct fib_route){
		.prefix = r->prefix, .table = FIB_TABLE_MAIN,
		.state = r->state, .source = source_of(f, r),
	};
	for (unsigned i = 0; i < hops->n; i++) {
		const struct device *d = device_of(f, hops->v[i].tunnel);

		if (d != NULL && d->up)
			out->hops.v[out->hops.n++] = hops->v[i];
	}
}

/* pos is the bucket and the place in its chain. */
bool
fib_each(const struct fib *f, size_t *pos, struct fib_route *out)
{
	for (; *pos >> 32 < TABLE_SIZE; *pos = ((*pos >> 32) + 1) << 32) {
		struct route *r = f->bucket[*pos >> 32];

		for (size_t k = 0; r != NULL && k < (uint32_t)*pos; k++)
			r = r->next;
		for (; r != NULL; r = r->next) {
			(*pos)++;
			if (r->target == 0)
				continue;
			look(f, r, out);
			return true;
		}
	}
	return false;
}

bool
fib_get(const struct fib *f, const struct prefix *p, struct fib_route *out)
{
	const struct route *r = route_find(f, p);

	if (r == NULL || r->target == 0)
		return false;
	look(f, r, out);
	return true;
}
