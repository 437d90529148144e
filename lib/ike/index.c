/*
 * Lists of peers, entered by a hash.  A hub has thousands of peers and a
 * datagram names one of them: by its source address, or, from an address that
 * no peer has, by the identity in IKE_AUTH.  A peer without a remote address
 * stands among those for anybody, in the order of the configuration, and
 * again under its identity; the peers without either are one more identity.
 *
 * A hash only says where to look: lists may hold peers of several addresses,
 * and what is found is compared.  Keys are the configuration's, so that a
 * stranger can ask for a long list but cannot make one.
 */
#include "ike/index.h"

#include "ike/table.h"

static uint64_t
mix(uint64_t h, struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		h = (h ^ b.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t
address_hash(const struct addr *a)
{
	return mix(UINT64_C(0xcbf29ce484222325), addr_bytes(a));
}

/* --- lists: doubly linked, the first one's prev is the last --- */

static struct ike_peer *
list_add(struct ike_peer *head, struct ike_peer *p, enum index_list which)
{
	struct index_link *l = &p->in[which];

	l->next = NULL;
	if (head == NULL) {
		l->prev = p;
		return p;
	}
	l->prev = head->in[which].prev;
	l->prev->in[which].next = p;
	head->in[which].prev = p;
	return head;
}

static struct ike_peer *
list_del(struct ike_peer *head, struct ike_peer *p, enum index_list which)
{
	struct index_link *l = &p->in[which];
	struct ike_peer *next = l->next;

	if (next != NULL)
		next->in[which].prev = l->prev;
	else
		head->in[which].prev = l->prev;
	if (head == p)
		return next;
	l->prev->in[which].next = next;
	return head;
}

/* A map's list; its head may change, its entry goes with the last one. */
static bool
entry_add(struct map *m, uint64_t key, struct ike_peer *p,
    enum index_list which)
{
	struct ike_peer *head = map_get(m, key);

	if (head == NULL && !map_put(m, key, p))
		return false;
	list_add(head, p, which);
	return true;
}

static void
entry_del(struct map *m, uint64_t key, struct ike_peer *p,
    enum index_list which)
{
	struct ike_peer *head = map_del(m, key);

	head = list_del(head, p, which);
	/* There is room: it just became free. */
	if (head != NULL)
		map_put(m, key, head);
}

/* --- peers --- */

static uint64_t
pair_hash(uint8_t local, struct bytes local_data, uint8_t remote,
    struct bytes remote_data)
{
	return id_hash(local, local_data) * UINT64_C(0x9e3779b97f4a7c15) +
	    id_hash(remote, remote_data);
}

static uint64_t
pair_of(const struct ike_peer *p)
{
	const struct id *l = &p->conf.local_id, *r = &p->conf.remote_id;

	return pair_hash(l->type, bytes_of(l->data, l->n), r->type,
	    bytes_of(r->data, r->n));
}

bool
index_is_anybody(const struct ike_peer *p)
{
	return !addr_is_set(&p->conf.remote) || addr_is_any(&p->conf.remote);
}

static uint64_t
identity_of(const struct ike_peer *p)
{
	const struct id *id = &p->conf.remote_id;

	return id_hash(id->type, bytes_of(id->data, id->n));
}

/* By whom its datagrams may be from. */
static bool
add_caller(struct index *x, struct ike_peer *p)
{
	if (!index_is_anybody(p))
		return entry_add(&x->by_address,
		    address_hash(&p->conf.remote), p, INDEX_ADDRESS);
	if (!entry_add(&x->by_identity, identity_of(p), p, INDEX_IDENTITY))
		return false;
	x->anybody = list_add(x->anybody, p, INDEX_ADDRESS);
	return true;
}

bool
index_add(struct index *x, struct ike_peer *p)
{
	p->pair = pair_of(p);
	if (!entry_add(&x->by_pair, p->pair, p, INDEX_PAIR))
		return false;
	if (!add_caller(x, p)) {
		entry_del(&x->by_pair, p->pair, p, INDEX_PAIR);
		return false;
	}
	x->all = list_add(x->all, p, INDEX_ALL);
	return true;
}

void
index_del(struct index *x, struct ike_peer *p)
{
	x->all = list_del(x->all, p, INDEX_ALL);
	entry_del(&x->by_pair, p->pair, p, INDEX_PAIR);
	if (!index_is_anybody(p)) {
		entry_del(&x->by_address, address_hash(&p->conf.remote), p,
		    INDEX_ADDRESS);
		return;
	}
	x->anybody = list_del(x->anybody, p, INDEX_ADDRESS);
	entry_del(&x->by_identity, identity_of(p), p, INDEX_IDENTITY);
}

void
index_fini(struct index *x)
{
	map_fini(&x->by_address);
	map_fini(&x->by_identity);
	map_fini(&x->by_pair);
}

static bool
fits(const struct addr *conf, const struct addr *seen)
{
	return !addr_is_set(conf) || addr_is_any(conf) || addr_eq(conf, seen);
}

/* The first from p on that may have met this path. */
static struct ike_peer *
from(struct ike_peer *p, const struct path *path, enum index_list which)
{
	while (p != NULL && !(fits(&p->conf.local, &path->local.addr) &&
	    fits(&p->conf.remote, &path->remote.addr)))
		p = p->in[which].next;
	return p;
}

struct ike_peer *
index_by_address(const struct index *x, const struct path *path,
    const struct ike_peer *prev)
{
	struct ike_peer *p = prev != NULL ? prev->in[INDEX_ADDRESS].next :
	    map_get(&x->by_address, address_hash(&path->remote.addr));

	return from(p, path, INDEX_ADDRESS);
}

struct ike_peer *
index_by_path(const struct index *x, const struct path *path,
    const struct ike_peer *prev)
{
	struct ike_peer *p = NULL;

	if (prev != NULL && index_is_anybody(prev))
		return from(prev->in[INDEX_ADDRESS].next, path,
		    INDEX_ADDRESS);
	p = index_by_address(x, path, prev);
	return p != NULL ? p : from(x->anybody, path, INDEX_ADDRESS);
}

struct ike_peer *
index_by_id(const struct index *x, const struct path *path,
    const struct pl_id *id, const struct ike_peer *prev)
{
	uint64_t named = id_hash(id->type, id->data);
	uint64_t unnamed = id_hash(0, (struct bytes){ 0 });
	bool last = false;
	struct ike_peer *p;

	if (prev == NULL || !index_is_anybody(prev)) {
		p = index_by_address(x, path, prev);
		if (p == NULL)
			p = from(map_get(&x->by_identity, named), path,
			    INDEX_IDENTITY);
	} else {
		last = prev->conf.remote_id.type == 0;
		p = from(prev->in[INDEX_IDENTITY].next, path,
		    INDEX_IDENTITY);
	}
	if (p == NULL && !last && named != unnamed)
		p = from(map_get(&x->by_identity, unnamed), path,
		    INDEX_IDENTITY);
	return p;
}

struct ike_peer *
index_by_pair(const struct index *x, const struct pl_id *local,
    const struct pl_id *remote)
{
	return map_get(&x->by_pair, pair_hash(local->type, local->data,
	    remote->type, remote->data));
}
