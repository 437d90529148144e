/*
 * The RIB (RFC 4271 section 3.2): paths per prefix, route table and source,
 * and the choice among them (section 9.1.2) at every change.  The list of a prefix is kept in
 * the order of the decision: the best, the paths that share its traffic, the
 * rest.  A change of what is chosen goes into the journal; what follows from
 * it is the readers' business.
 *
 * Invariants: a path is in two lists, its prefix's and its source's, which
 * rib_stale.c keeps; it holds one reference to its attributes; slot 0 is
 * ourselves and always there.  A source may have a path to one prefix in
 * several tables; where it counts how many it has, those in one table count,
 * which is its home.
 */
#include "bgp/rib.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/aspath.h"
#include "bgp/rib_net.h"
#include "util/array.h"

struct rib_path *
rib_path(const struct rib *r, uint32_t path)
{
	return store_at(&r->paths, path);
}

bool
rib_init(struct rib *r, const uint64_t key[static 2])
{
	struct hash_key k = { .seed = key[0], .mul = key[1] | 1 };

	*r = (struct rib){ .key = k };
	intern_init(&r->intern, k);
	store_init(&r->paths, sizeof(struct rib_path), UINT32_MAX / 2);
	r->source = calloc(1, sizeof(*r->source));
	if (!rib_net_init(r) || r->source == NULL) {
		rib_fini(r);
		return false;
	}
	r->sources = 1;
	r->source[0].used = true;
	r->source[0].decide.local = true;
	return true;
}

void
rib_fini(struct rib *r)
{
	rib_net_fini(r);
	store_fini(&r->paths);
	addpath_fini(&r->ids);
	intern_fini(&r->intern);
	free(r->source);
	free(r->scratch);
	free(r->journal);
	free(r->reader);
	*r = (struct rib){ 0 };
}

struct rib_ref
rib_self(void)
{
	return (struct rib_ref){ 0 };
}

bool
rib_valid(const struct rib *r, struct rib_ref ref)
{
	return ref.slot < r->sources && r->source[ref.slot].used &&
	    !r->source[ref.slot].leaving &&
	    r->source[ref.slot].gen == ref.gen;
}

uint32_t
rib_held(const struct rib *r, struct rib_ref ref)
{
	const struct rib_source *s = &r->source[ref.slot];

	return rib_valid(r, ref) ? s->taught[0].held + s->taught[1].held : 0;
}

uint32_t
rib_accepted(const struct rib *r, struct rib_ref ref)
{
	return rib_valid(r, ref) ? r->source[ref.slot].eligible : 0;
}

uint16_t
rib_home(const struct rib *r, struct rib_ref ref)
{
	return rib_valid(r, ref) ? r->source[ref.slot].home : RIB_LIMBO;
}

void
rib_move(struct rib *r, struct rib_ref ref, uint16_t table)
{
	if (rib_valid(r, ref))
		r->source[ref.slot].home = table;
}

static bool	sweep(struct rib *, struct rib_source *, uint32_t n);

struct rib_ref
rib_join(struct rib *r, uint32_t peer, const struct decide_peer *decide)
{
	struct rib_source *more, *s;
	uint32_t slot = 1;

	/* What it taught before must not be taken for what it teaches now. */
	for (uint32_t i = 1; i < r->sources && r->leaving > 0; i++) {
		if (r->source[i].leaving && r->source[i].peer == peer)
			sweep(r, &r->source[i], UINT32_MAX);
	}
	while (slot < r->sources && r->source[slot].used)
		slot++;
	if (slot > UINT16_MAX)
		return rib_self();
	if (slot == r->sources) {
		more = realloc(r->source, (slot + 1) * sizeof(*more));
		if (more == NULL)
			return rib_self();
		r->source = more;
		r->source[slot].gen = 0;
		r->sources++;
	}
	s = &r->source[slot];
	*s = (struct rib_source){
		.decide = *decide, .peer = peer, .used = true,
		.home = BGP_TABLE_MAIN,
		.gen = (uint16_t)(s->gen + 1),
	};
	return (struct rib_ref){ .slot = (uint16_t)slot, .gen = s->gen };
}

/* What was chosen for a prefix: the paths that share, the best first. */
struct choice {
	uint32_t	n;
	uint32_t	path[BGP_PATHS_MAX];
};

static void
choice_of(const struct rib *r, const struct rib_net *n, struct choice *c)
{
	uint32_t id = n->paths;

	c->n = 0;
	while (id != 0 && c->n < BGP_PATHS_MAX) {
		const struct rib_path *p = rib_path(r, id);

		if ((p->flags & PATH_SHARES) == 0)
			break;
		c->path[c->n++] = id;
		id = p->next;
	}
}

static bool
choice_eq(const struct choice *a, const struct choice *b)
{
	return a->n == b->n &&
	    memcmp(a->path, b->path, a->n * sizeof(a->path[0])) == 0;
}

static bool
choice_has(const struct choice *c, uint32_t path)
{
	for (uint32_t i = 0; i < c->n; i++) {
		if (c->path[i] == path)
			return true;
	}
	return false;
}

/* Room for one more path of the prefix than there are. */
static bool
scratch_reserve(struct rib *r, const struct rib_net *n)
{
	struct decide_path *more;
	uint32_t need = 1;

	for (uint32_t id = n->paths; id != 0; id = rib_path(r, id)->next)
		need++;
	if (need <= r->scratch_n)
		return true;
	more = realloc(r->scratch, 2 * (size_t)need * sizeof(*more));
	if (more == NULL)
		return false;
	r->scratch = more;
	r->scratch_n = 2 * need;
	return true;
}

/* Splits the list: eligible paths into scratch, the rest into *others. */
static uint32_t
gather(struct rib *r, const struct rib_net *n, uint32_t *others)
{
	uint32_t k = 0, id, next;

	*others = 0;
	for (id = n->paths; id != 0; id = next) {
		struct rib_path *p = rib_path(r, id);

		next = p->next;
		p->flags &= PATH_ELIGIBLE | PATH_HOME;
		if ((p->flags & PATH_ELIGIBLE) == 0 ||
		    r->source[p->slot].leaving) {
			p->next = *others;
			*others = id;
			continue;
		}
		r->scratch[k++] = (struct decide_path){
			.attrs = intern_at(&r->intern, p->attrs),
			.peer = &r->source[p->slot].decide,
			.path_id = addpath_get(&r->ids, id), .id = id,
		};
	}
	return k;
}

/* Puts the list of the prefix into the order of the decision. */
static void
rank(struct rib *r, struct rib_net *n)
{
	uint32_t others, k, share;

	r->decisions++;
	k = gather(r, n, &others);
	share = k == 0 ? 0 : decide(r->scratch, k);
	if (r->ids.n > 0)
		share = addpath_share(r->scratch, share);
	n->paths = others;
	for (uint32_t i = k; i-- > 0;) {
		struct rib_path *p = rib_path(r, r->scratch[i].id);

		if (i < share)
			p->flags |= PATH_SHARES;
		if (i == 0)
			p->flags |= PATH_BEST;
		p->next = n->paths;
		n->paths = r->scratch[i].id;
	}
}

/* After a change to one path: decide, and say what changed. */
static void
settle(struct rib *r, uint32_t net, const struct choice *was, uint32_t path,
    bool own)
{
	struct rib_net *n = rib_net(r, net);
	unsigned why = own ? JOURNAL_OWN : 0;
	struct choice is;

	rank(r, n);
	choice_of(r, n, &is);
	if (!choice_eq(was, &is) || choice_has(&is, path))
		why |= JOURNAL_SHARE;
	if ((was->n > 0 ? was->path[0] : 0) != (is.n > 0 ? is.path[0] : 0) ||
	    (is.n > 0 && is.path[0] == path))
		why |= JOURNAL_BEST;
	if (why != 0)
		journal_push(r, net, why);
	else
		rib_forget(r, net);
}

/* From this path on, one of the source's; 0: none. */
static uint32_t
path_seek(const struct rib *r, uint32_t path, uint16_t slot)
{
	while (path != 0 && rib_path(r, path)->slot != slot)
		path = rib_path(r, path)->next;
	return path;
}

static uint32_t
path_of(const struct rib *r, const struct rib_net *n, uint16_t slot,
    uint32_t path_id)
{
	uint32_t id = path_seek(r, n->paths, slot);

	while (id != 0 && addpath_get(&r->ids, id) != path_id)
		id = path_seek(r, rib_path(r, id)->next, slot);
	return id;
}

static uint32_t
path_add(struct rib *r, uint32_t net, uint16_t slot, uint32_t path_id)
{
	struct rib_net *n = rib_net(r, net);
	uint32_t id = store_new(&r->paths);

	if (id == 0)
		return 0;
	if (!addpath_set(&r->ids, id, path_id)) {
		store_free(&r->paths, id);
		return 0;
	}
	*rib_path(r, id) = (struct rib_path){
		.next = n->paths, .net = net, .slot = slot,
	};
	n->paths = id;
	rib_path_link(r, id);
	return id;
}

static uint8_t
path_flags(const struct rib *r, const struct rib_path *p, bool eligible)
{
	bool home = rib_net(r, p->net)->table == r->source[p->slot].home;

	return (uint8_t)((eligible ? PATH_ELIGIBLE : 0) |
	    (home ? PATH_HOME : 0));
}

static void
path_leave(struct rib *r, uint32_t id)
{
	struct rib_path *p = rib_path(r, id);
	uint32_t *link = &rib_net(r, p->net)->paths;

	while (*link != id)
		link = &rib_path(r, *link)->next;
	*link = p->next;
	rib_path_count(r, id, false);
	rib_path_unlink(r, id);
}

static void
path_set(struct rib *r, uint32_t id, uint32_t attrs, bool eligible)
{
	struct rib_path *p = rib_path(r, id);

	rib_path_count(r, id, false);
	intern_hold(&r->intern, attrs);
	intern_drop(&r->intern, p->attrs);
	p->attrs = attrs;
	p->flags = path_flags(r, p, eligible);
	rib_path_count(r, id, true);
}

/* Would path_set() change nothing? */
static bool
path_is(const struct rib *r, uint32_t id, uint32_t attrs, bool eligible)
{
	const struct rib_path *p = rib_path(r, id);

	return p->attrs == attrs &&
	    (p->flags & (PATH_ELIGIBLE | PATH_HOME)) ==
	    path_flags(r, p, eligible);
}

/* again: the source says so, too. */
static bool
reach(struct rib *r, uint32_t net, struct rib_ref ref, uint32_t path_id,
    uint32_t attrs, bool eligible, bool again)
{
	struct rib_net *n = rib_net(r, net);
	uint32_t id = path_of(r, n, ref.slot, path_id);
	struct choice was;

	choice_of(r, n, &was);
	if (id != 0 && again)
		rib_path_touch(r, id);
	if (id != 0 && path_is(r, id, attrs, eligible))
		return true;
	if (!scratch_reserve(r, n) ||
	    (id == 0 && (id = path_add(r, net, ref.slot, path_id)) == 0)) {
		rib_forget(r, net);
		return false;
	}
	path_set(r, id, attrs, eligible);
	settle(r, net, &was, id, ref.slot == 0);
	return true;
}

bool
rib_reach_path(struct rib *r, struct rib_ref ref, uint16_t table,
    const struct prefix *prefix, uint32_t path_id, uint32_t attrs,
    bool eligible)
{
	uint32_t net;

	if (!rib_valid(r, ref))
		return true;
	if (!journal_reserve(r) || (net = rib_add(r, table, prefix)) == 0)
		return false;
	return reach(r, net, ref, path_id, attrs, eligible, true);
}

bool
rib_reach(struct rib *r, struct rib_ref ref, uint16_t table,
    const struct prefix *prefix, uint32_t attrs, bool eligible)
{
	return rib_reach_path(r, ref, table, prefix, 0, attrs, eligible);
}

unsigned
rib_paths_from(const struct rib *r, uint32_t net, struct rib_ref ref,
    uint32_t path[static LIMIT_PATHS])
{
	uint32_t id = rib_valid(r, ref) ?
	    path_seek(r, rib_net(r, net)->paths, ref.slot) : 0;
	unsigned n = 0;

	for (; id != 0 && n < LIMIT_PATHS;
	    id = path_seek(r, rib_path(r, id)->next, ref.slot))
		path[n++] = id;
	return n;
}

bool
rib_taught_each(const struct rib *r, struct rib_ref ref, uint32_t *path,
    uint32_t *net)
{
	const struct rib_source *s = &r->source[ref.slot];
	bool v6 = false;

	if (!rib_valid(r, ref))
		return false;
	if (*path == 0) {
		*path = s->taught[0].first;
	} else {
		v6 = (rib_path(r, *path)->net & RIB_IPV6) != 0;
		*path = rib_path(r, *path)->src_next;
	}
	if (*path == 0 && !v6)
		*path = s->taught[1].first;
	if (*path == 0)
		return false;
	*net = rib_path(r, *path)->net;
	return true;
}

bool
rib_teach(struct rib *r, struct rib_ref ref, uint32_t path, uint32_t attrs,
    bool eligible)
{
	return reach(r, rib_path(r, path)->net, ref,
	    addpath_get(&r->ids, path), attrs, eligible, false);
}

bool
rib_spread(struct rib *r, struct rib_ref ref, uint32_t path, uint16_t table,
    uint32_t attrs, bool eligible)
{
	const struct prefix p = rib_prefix(r, rib_path(r, path)->net);
	uint32_t path_id = addpath_get(&r->ids, path), to;

	if (!journal_reserve(r) || (to = rib_add(r, table, &p)) == 0 ||
	    !reach(r, to, ref, path_id, attrs, eligible, false))
		return false;
	rib_path_age(r, path_of(r, rib_net(r, to), ref.slot, path_id), path);
	return true;
}

/* A gone path's number may be given out again, but not before this ends. */
void
rib_path_remove(struct rib *r, uint32_t id)
{
	struct rib_path *p = rib_path(r, id);
	uint32_t net = p->net, attrs = p->attrs;
	uint16_t slot = p->slot;
	struct choice was;

	choice_of(r, rib_net(r, net), &was);
	path_leave(r, id);
	intern_drop(&r->intern, attrs);
	store_free(&r->paths, id);
	settle(r, net, &was, 0, slot == 0);
}

void
rib_unreach(struct rib *r, struct rib_ref ref, uint16_t table,
    const struct prefix *prefix)
{
	rib_unreach_path(r, ref, table, prefix, 0);
}

void
rib_unreach_path(struct rib *r, struct rib_ref ref, uint16_t table,
    const struct prefix *prefix, uint32_t path_id)
{
	uint32_t net, id;

	if (!rib_valid(r, ref) || (net = rib_find(r, table, prefix)) == 0)
		return;
	id = path_of(r, rib_net(r, net), ref.slot, path_id);
	if (id != 0)
		rib_path_remove(r, id);
}

/* Takes up to n paths of a source that leaves; false: it has none left. */
static bool
sweep(struct rib *r, struct rib_source *s, uint32_t n)
{
	for (unsigned f = 0; f < ARRAY_SIZE(s->taught); f++) {
		struct rib_taught *t = &s->taught[f];

		for (; t->first != 0; n--) {
			if (n == 0)
				return true;
			rib_path_remove(r, t->first);
		}
		r->going -= t->going;
		t->going = false;
	}
	s->used = s->leaving = false;
	r->leaving--;
	return false;
}

void
rib_leave(struct rib *r, struct rib_ref ref)
{
	if (!rib_valid(r, ref) || ref.slot == 0)
		return;
	r->source[ref.slot].leaving = true;
	r->leaving++;
	sweep(r, &r->source[ref.slot], RIB_SWEEP);
}

bool
rib_sweep(struct rib *r)
{
	uint32_t n = RIB_SWEEP;

	for (uint32_t i = 1; i < r->sources && r->leaving > 0; i++) {
		if (r->source[i].leaving) {
			sweep(r, &r->source[i], n);
			return rib_sweeps(r);
		}
	}
	rib_sweep_stale(r, &n);
	return rib_sweeps(r);
}

bool
rib_sweeps(const struct rib *r)
{
	return r->leaving > 0 || r->going > 0;
}

bool
rib_teaches(const struct rib *r, uint32_t peer)
{
	for (uint32_t i = 1; i < r->sources; i++) {
		const struct rib_source *s = &r->source[i];

		if (s->used && s->peer == peer && !s->leaving &&
		    (s->taught[0].first != 0 || s->taught[1].first != 0))
			return true;
	}
	return false;
}

uint32_t
rib_best(const struct rib *r, uint32_t net, uint16_t *slot)
{
	uint32_t id = rib_net(r, net)->paths;
	const struct rib_path *p;

	if (id == 0)
		return 0;
	p = rib_path(r, id);
	if ((p->flags & PATH_BEST) == 0)
		return 0;
	*slot = p->slot;
	return p->attrs;
}

void
rib_route(const struct rib *r, uint32_t net, struct bgp_route *route)
{
	const struct attrs *a;
	struct choice c;

	*route = (struct bgp_route){
		.prefix = rib_prefix(r, net), .table = rib_net_table(r, net),
	};
	choice_of(r, rib_net(r, net), &c);
	if (c.n == 0 || rib_path(r, c.path[0])->slot == 0)
		return;
	for (uint32_t i = 0; i < c.n; i++) {
		const struct rib_path *p = rib_path(r, c.path[i]);

		route->paths[i] = (struct bgp_path){
			.peer = r->source[p->slot].peer,
			.gateway = intern_at(&r->intern, p->attrs)->next_hop,
		};
	}
	route->n = (uint8_t)c.n;
	a = intern_at(&r->intern, rib_path(r, c.path[0])->attrs);
	route->as_path_n = (uint8_t)aspath_list(attrs_path(a), route->as_path,
	    BGP_AS_PATH_MAX);
}

bool
rib_told(const struct rib *r, uint32_t net)
{
	return (rib_net(r, net)->flags & NET_TOLD) != 0;
}

void
rib_tell(struct rib *r, uint32_t net, bool told)
{
	struct rib_net *n = rib_net(r, net);

	n->flags &= (uint8_t)~NET_TOLD;
	if (told)
		n->flags |= NET_TOLD;
}

uint32_t *
rib_own(const struct rib *r, uint32_t *n, bool *nomem)
{
	uint32_t path = 0, net, k = 0, *list;

	*n = 0;
	*nomem = false;
	while (rib_taught_each(r, rib_self(), &path, &net))
		k++;
	if (k == 0)
		return NULL;
	list = malloc(k * sizeof(*list));
	*nomem = list == NULL;
	if (list == NULL)
		return NULL;
	while (rib_taught_each(r, rib_self(), &path, &net))
		list[(*n)++] = net;
	return list;
}
