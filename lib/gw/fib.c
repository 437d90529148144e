/*
 * Routes on their way to the kernel.  Each remembers the sets of hops that it
 * wants and the one that it leads to as it was sent; settling it compares the
 * two, and where the group already serves what is wanted nothing is sent.
 * That is how a lost tunnel costs one message: the group shrinks, and when BGP
 * takes the routes back later they find it so.
 *
 * A change of many routes at once is a round over all of them, some in each
 * turn; one of a few goes in line.  Where so many are new that the line is
 * long, the rest of these is left to a round, too (fib_round.c says why); what
 * is in the kernel already never waits for that when it changes.  A route has
 * one operation outstanding at most: what changes meanwhile is seen when the
 * answer is there.
 */
#include "gw/fib.h"

#include <stdlib.h>
#include <string.h>

#include "gw/fib_line.h"
#include "gw/fib_round.h"
#include "gw/fib_set.h"
#include "util/array.h"

#define SCRUB_ROUND	600	/* seconds in which all are stated again */
#define TICK_LEAST	2
#define TICK_MOST	300

struct fib {
	struct queue	*out;		/* borrowed */
	struct fib_sets	sets;
	struct fib_store store;
	struct fib_conf	conf;
	struct map	ops;		/* operation id -> number of a route */
	struct fib_line	line;
	bool		held;		/* no loose ones now */
	struct fib_round round;
	uint32_t	restate_left;	/* steps of it that send in any case */
	bool		retrying;	/* in this round */
	unsigned	failed;		/* routes that the kernel refused */
	uint32_t	scrub_at;
	uint32_t	*statics;	/* routes with static hops; owned */
	size_t		statics_n, statics_cap;
};

struct fib *
fib_new(struct queue *out, uint64_t key)
{
	struct fib *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->out = out;
	fib_sets_init(&f->sets, out);
	if (!fib_store_init(&f->store, key)) {
		fib_free(f);
		return NULL;
	}
	return f;
}

void
fib_free(struct fib *f)
{
	if (f == NULL)
		return;
	fib_sets_fini(&f->sets);
	fib_store_fini(&f->store);
	map_fini(&f->ops);
	free(f->statics);
	free(f);
}

void
fib_life(struct fib *f, uint32_t life)
{
	f->sets.ids.base = life % FIB_LIVES * FIB_IDS_OF_LIFE;
}

/* --- routes by number --- */

static struct route *
route_at(const struct fib *f, uint32_t number)
{
	return fib_store_at(&f->store, number);
}

static void
line_up(struct fib *f, uint32_t id)
{
	fib_line_up(&f->line, &f->store, id);
}

/* Looks at every route once more from here on. */
static void
round_begin(struct fib *f)
{
	fib_round_begin(&f->round, &f->store);
	if (f->restate_left > 0 && fib_round_starts(&f->round))
		f->restate_left = f->round.left;
}

static void
static_add(struct fib *f, uint32_t id, struct route *r)
{
	size_t cap = f->statics_cap == 0 ? 64 : f->statics_cap * 2;
	uint32_t *more;

	if ((r->flags & ROUTE_STATIC) != 0)
		return;
	if (f->statics_n == f->statics_cap) {
		more = realloc(f->statics, cap * sizeof(*more));
		if (more == NULL)
			return;		/* a round finds it, a little later */
		f->statics = more;
		f->statics_cap = cap;
	}
	f->statics[f->statics_n++] = id;
	r->flags |= ROUTE_STATIC;
}

static void
static_del(struct fib *f, uint32_t id, struct route *r)
{
	size_t i = 0;

	if ((r->flags & ROUTE_STATIC) == 0)
		return;
	while (f->statics[i] != id)
		i++;
	f->statics[i] = f->statics[--f->statics_n];
	r->flags &= (uint8_t)~ROUTE_STATIC;
}

/* --- one route --- */

/* A static route whose tunnels are all down gives way to a learned one. */
static enum fib_source
source_of(const struct fib *f, const struct route *r)
{
	const struct fib_set *s = fib_set_at(&f->sets, r->want[FIB_STATIC]);

	return r->want[FIB_BGP] == 0 || (s != NULL && s->live != 0) ?
	    FIB_STATIC : FIB_BGP;
}

static struct fib_set *
wanted(const struct fib *f, const struct route *r)
{
	return fib_set_at(&f->sets, r->want[source_of(f, r)]);
}

static struct fib_set *
attached(const struct fib *f, const struct route *r)
{
	return fib_set_at(&f->sets, r->at);
}

/* As far as we know: its group may have gone meanwhile, and it with it. */
static bool
in_kernel(const struct route *r, const struct fib_set *at)
{
	return at != NULL && at->members != 0 && at->life == r->life;
}

static void
set_flag(struct route *r, unsigned flag, bool on)
{
	r->flags = (uint8_t)((r->flags & ~flag) | (on ? flag : 0));
}

static void
set_whole(struct route *r, struct fib_set *at, bool whole)
{
	if (at != NULL)
		at->whole += (unsigned)whole -
		    (unsigned)((r->flags & ROUTE_WHOLE) != 0);
	set_flag(r, ROUTE_WHOLE, whole);
}

static void
set_failed(struct fib *f, struct route *r, bool failed)
{
	f->failed += (unsigned)failed -
	    (unsigned)((r->flags & ROUTE_FAILED) != 0);
	set_flag(r, ROUTE_FAILED, failed);
}

static void
set_acked(struct route *r, struct fib_set *at, bool acked)
{
	if (at != NULL && at->life == r->life)
		at->acked += (unsigned)acked -
		    (unsigned)((r->flags & ROUTE_ACKED) != 0);
	set_flag(r, ROUTE_ACKED, acked);
}

/*
 * What it leaves, or NULL: left behind when the kernel was asked for the new
 * way, since with its last route a group goes, and takes that route along.
 */
static struct fib_set *
lead_to(struct fib *f, struct route *r, struct fib_set *to)
{
	struct fib_set *at = attached(f, r);

	if (at == to)
		return NULL;
	set_whole(r, at, false);
	set_acked(r, at, false);
	if (to != NULL)
		fib_set_attach(to);
	r->at = to == NULL ? 0 : to->number;
	set_whole(r, to, to != NULL && to == wanted(f, r));
	return at;
}

static void
leave(struct fib *f, struct fib_set *from)
{
	if (from != NULL)
		fib_set_detach(&f->sets, from);
}

static void
route_op(struct fib *f, uint32_t id, struct route *r, enum kern_op_kind kind,
    uint32_t target)
{
	struct kern_op *op = queue_op(f->out, kind);
	bool v6 = (id & FIB_IPV6) != 0;

	if (op == NULL || !map_put(&f->ops, op->id, (void *)(uintptr_t)id)) {
		set_failed(f, r, true);
		return;
	}
	op->route.prefix = fib_store_prefix(&f->store, id);
	op->route.table = fib_store_table(&f->store, id);
	op->route.nexthop = target;
	if (kind == KERN_ROUTE_SET)
		op->route.prefsrc = f->conf.source[v6];
	r->op = op->id;
	set_failed(f, r, false);
	set_flag(r, ROUTE_STALE, false);
}

static void
send(struct fib *f, uint32_t id, struct route *r, struct fib_set *to)
{
	struct fib_set *from = lead_to(f, r, to);

	set_acked(r, to, false);
	if (fib_set_ensure(&f->sets, to)) {
		r->life = to->life;
		route_op(f, id, r, KERN_ROUTE_SET, fib_set_target(to));
	} else {
		set_failed(f, r, true);
	}
	leave(f, from);
}

static void
take_back(struct fib *f, uint32_t id, struct route *r)
{
	const struct fib_set *at = attached(f, r);
	/* Who was refused may still be there as it was before. */
	bool there = in_kernel(r, at) || (at != NULL && at->doubtful) ||
	    (r->flags & ROUTE_FAILED) != 0;
	struct fib_set *from;

	from = lead_to(f, r, NULL);
	set_failed(f, r, false);
	if (there)
		route_op(f, id, r, KERN_ROUTE_DEL, 0);
	leave(f, from);
	if (r->want[FIB_STATIC] != 0 || r->want[FIB_BGP] != 0 || r->op != 0 ||
	    (r->flags & (ROUTE_IN_LINE | ROUTE_FAILED)) != 0)
		return;
	static_del(f, id, r);
	fib_store_del(&f->store, id);
}

/* Brings the kernel to what the hops say.  It may be freed. */
static void
settle(struct fib *f, uint32_t id)
{
	struct route *r = route_at(f, id);
	struct fib_set *want = wanted(f, r), *at = attached(f, r);
	bool failed = (r->flags & ROUTE_FAILED) != 0;
	bool stays;

	if (r->op != 0) {
		r->flags |= ROUTE_AGAIN;
		return;
	}
	if (want == NULL || want->live == 0) {
		if (want == NULL || at == NULL || at->members != 0 ||
		    at->doubtful || failed)
			take_back(f, id, r);
		return;
	}
	set_whole(r, at, want == at);
	if (at != NULL)
		fib_set_look(&f->sets, at);
	/* A group that is torn serves those who want all of it, in time. */
	stays = at != NULL && at->members != 0 && (want == at ||
	    (!at->dividing && fib_set_serves(at, want)));
	if (!stays)
		send(f, id, r, want);
	else if (!in_kernel(r, at) || (r->flags & ROUTE_STALE) != 0)
		send(f, id, r, at);
}

/* --- changes --- */

void
fib_configure(struct fib *f, const struct fib_conf *c)
{
	bool same = addr_eq(&c->source[0], &f->conf.source[0]) &&
	    addr_eq(&c->source[1], &f->conf.source[1]);

	f->conf = *c;
	f->sets.resilient = c->resilient;
	if (!same)
		fib_resync(f);
}

void
fib_set(struct fib *f, enum fib_source source, uint32_t table,
    const struct prefix *p, const struct fib_hops *hops)
{
	uint32_t id = hops->n > 0 ? fib_store_get(&f->store, table, p) :
	    fib_store_find(&f->store, table, p);
	struct fib_set *was, *is;
	struct route *r;

	if (id == 0)
		return;
	r = route_at(f, id);
	was = fib_set_at(&f->sets, r->want[source]);
	is = fib_set_want(&f->sets, hops);
	r->want[source] = is == NULL ? 0 : is->number;
	set_whole(r, attached(f, r), r->at != 0 &&
	    wanted(f, r) == attached(f, r));
	fib_set_unwant(&f->sets, was);
	if (source == FIB_STATIC && is != NULL)
		static_add(f, id, r);
	if (source == FIB_STATIC && is == NULL)
		static_del(f, id, r);
	line_up(f, id);
}

/* What a device's hops are worth has changed. */
static void
device_changed(struct fib *f, struct device *d)
{
	fib_device_changed(&f->sets, d);
	for (size_t i = 0; i < f->statics_n; i++)
		line_up(f, f->statics[i]);
}

void
fib_tunnel_up(struct fib *f, uint32_t tunnel, const char *dev)
{
	struct device *d = fib_device_get(&f->sets, tunnel);

	if (d == NULL)
		return;
	str_set(d->name, sizeof(d->name), dev);
	if (d->up)
		return;
	d->up = true;
	device_changed(f, d);
}

void
fib_tunnel_down(struct fib *f, uint32_t tunnel)
{
	struct device *d = fib_device(&f->sets, tunnel);

	if (d == NULL || !d->up)
		return;
	d->up = false;
	device_changed(f, d);
}

void
fib_taught(struct fib *f, uint32_t tunnel, bool taught)
{
	struct device *d = fib_device_get(&f->sets, tunnel);

	if (d == NULL || d->taught == taught)
		return;
	d->taught = taught;
	device_changed(f, d);
}

void
fib_flushed(struct fib *f, uint32_t tunnel)
{
	struct device *d = fib_device(&f->sets, tunnel);

	if (d == NULL || !d->up)
		return;
	for (struct nexthop *h = d->hops; h != NULL; h = h->next)
		fib_sets_lost(&f->sets, KERN_ID_BASE + h->id);
}

void
fib_object_changed(struct fib *f, uint32_t id)
{
	fib_sets_lost(&f->sets, id);
}

/* It is sent again, whatever it was changed to. */
void
fib_route_changed(struct fib *f, uint32_t table, const struct prefix *p)
{
	uint32_t id = fib_store_find(&f->store, table, p);
	struct route *r = id == 0 ? NULL : route_at(f, id);

	if (r == NULL)
		return;
	r->flags |= ROUTE_STALE;
	line_up(f, id);
}

bool
fib_done(struct fib *f, uint32_t op, int32_t error)
{
	uint32_t id = (uint32_t)(uintptr_t)map_del(&f->ops, op);
	struct route *r = id == 0 ? NULL : route_at(f, id);
	struct fib_set *at;

	if (id == 0 && fib_sets_done(&f->sets, op, error))
		return error == 0;
	if (r == NULL || r->op != op)
		return true;
	r->op = 0;
	at = attached(f, r);
	set_acked(r, at, error == 0 && in_kernel(r, at));
	set_failed(f, r, error != 0);
	if ((r->flags & ROUTE_AGAIN) != 0 ||
	    (error == 0 && !in_kernel(r, at))) {
		r->flags &= (uint8_t)~ROUTE_AGAIN;
		line_up(f, id);
	}
	return error == 0;
}

void
fib_retry(struct fib *f)
{
	fib_sets_retry(&f->sets);
	f->retrying = true;
	round_begin(f);
}

/* Answers that were lost are not waited for. */
void
fib_resync(struct fib *f)
{
	map_fini(&f->ops);
	map_fini(&f->sets.asked);
	fib_sets_restate(&f->sets);
	f->round = (struct fib_round){ .left = 0 };
	round_begin(f);
	f->restate_left = f->round.left;
}

bool
fib_restating(const struct fib *f)
{
	return f->restate_left > 0;
}

static bool
may_ask(const struct fib *f)
{
	return f->ops.used < FIB_WINDOW;
}

static bool
round_more(const struct fib *f)
{
	return f->round.left > 0 || f->sets.revived ||
	    (f->line.loose > 0 && !f->held);
}

/* A place of the round that is under way. */
static void
round_step(struct fib *f)
{
	uint32_t id = fib_round_step(&f->round, &f->store);
	struct route *r = id == 0 ? NULL : route_at(f, id);
	bool loose = r != NULL && fib_line_loose(r);

	if (r != NULL && f->restate_left > 0) {
		r->op = 0;
		r->flags |= ROUTE_STALE;
	}
	if (r != NULL && f->retrying && (r->flags & ROUTE_FAILED) != 0)
		r->flags |= ROUTE_STALE;
	if (loose && !f->held)
		fib_line_take(&f->line, r);
	if (r != NULL && !(loose && f->held))
		settle(f, id);
	f->restate_left -= f->restate_left > 0;
	if (f->round.left == 0)
		f->retrying = false;
}

void
fib_hold(struct fib *f, bool held)
{
	f->held = held;
}

uint32_t
fib_loose(const struct fib *f)
{
	return f->line.loose;
}

/* One of the line and one of the round, so that neither waits for long. */
unsigned
fib_work(struct fib *f, unsigned budget)
{
	uint32_t id;

	if (f->sets.revived || (f->round.left == 0 && round_more(f)))
		round_begin(f);
	f->sets.revived = false;
	for (; budget > 0 && may_ask(f) && (f->line.head != 0 ||
	    f->round.left > 0); budget--) {
		if ((id = fib_line_next(&f->line, &f->store)) != 0)
			settle(f, id);
		if (f->round.left > 0 && may_ask(f))
			round_step(f);
	}
	return budget;
}

bool
fib_pending(const struct fib *f)
{
	return may_ask(f) && (f->line.head != 0 || round_more(f));
}

static void
scrub(struct fib *f)
{
	uint32_t n = fib_store_places(&f->store);
	uint32_t some = n / (SCRUB_ROUND / TICK_LEAST) + 1;

	if (n == 0 || f->round.left > 0 || f->line.head != 0)
		return;
	if (f->scrub_at >= n) {
		f->scrub_at = 0;
		fib_sets_restate(&f->sets);
	}
	for (; some > 0 && f->scrub_at < n && f->ops.used < FIB_WINDOW;
	    some--) {
		uint32_t id = fib_store_in(&f->store, f->scrub_at++);
		struct route *r = id == 0 ? NULL : route_at(f, id);
		struct fib_set *at = r == NULL ? NULL : attached(f, r);

		if (at != NULL && in_kernel(r, at) && r->op == 0 &&
		    (r->flags & ROUTE_FAILED) == 0)
			route_op(f, id, r, KERN_ROUTE_SET,
			    fib_set_target(at));
	}
}

unsigned
fib_tick_in(const struct fib *f)
{
	uint32_t n = fib_store_used(&f->store);

	if (n == 0)
		return 0;
	if (f->sets.torn > 0 || n > SCRUB_ROUND / TICK_LEAST)
		return TICK_LEAST;
	return SCRUB_ROUND / n < TICK_MOST ? SCRUB_ROUND / n : TICK_MOST;
}

void
fib_tick(struct fib *f)
{
	fib_sets_tick(&f->sets);
	scrub(f);
}

bool
fib_waits(const struct fib *f)
{
	return f->sets.torn > 0;
}

/* --- looks --- */

struct fib_totals
fib_totals(const struct fib *f)
{
	return (struct fib_totals){
		.routes = fib_store_used(&f->store),
		.installed = fib_sets_acked(&f->sets),
		.asked = f->ops.used, .failed = f->failed,
	};
}

unsigned
fib_count(const struct fib *f, uint32_t tunnel)
{
	return fib_sets_count(&f->sets, tunnel);
}

static void
look(const struct fib *f, uint32_t id, const struct route *r,
    struct fib_route *out)
{
	const struct fib_set *at = attached(f, r);

	*out = (struct fib_route){
		.prefix = fib_store_prefix(&f->store, id),
		.table = fib_store_table(&f->store, id), .source = source_of(f, r),
		.state = (r->flags & ROUTE_FAILED) != 0 ? FIB_FAILED :
		    (r->flags & ROUTE_ACKED) != 0 ? FIB_INSTALLED :
		    FIB_PENDING,
	};
	for (unsigned i = 0; i < at->n; i++) {
		if ((at->members >> i & 1) != 0)
			out->hops.v[out->hops.n++] = (struct fib_hop){
				at->hop[i]->device->tunnel,
				at->hop[i]->gateway };
	}
}

bool
fib_each(const struct fib *f, size_t *pos, struct fib_route *out)
{
	while (*pos < fib_store_places(&f->store)) {
		uint32_t id = fib_store_in(&f->store, (uint32_t)(*pos)++);
		const struct route *r = id == 0 ? NULL : route_at(f, id);

		if (r == NULL || !in_kernel(r, attached(f, r)))
			continue;
		look(f, id, r, out);
		return true;
	}
	return false;
}

bool
fib_get(const struct fib *f, uint32_t table, const struct prefix *p,
    struct fib_route *out)
{
	uint32_t id = fib_store_find(&f->store, table, p);
	const struct route *r = id == 0 ? NULL : route_at(f, id);

	if (r == NULL || !in_kernel(r, attached(f, r)))
		return false;
	look(f, id, r, out);
	return true;
}
