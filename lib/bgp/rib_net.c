/*
 * The prefix store: a hash table per family over nodes with 32-bit numbers,
 * 20 octets for an IPv4 prefix, whose identity is route table and prefix.  A
 * node lives as long as it has a path or a place in the journal, so that every
 * reader learns of its end before its number is given to another prefix.
 */
#include "bgp/rib_net.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

static const struct rib_table *
table_of(const struct rib *r, uint32_t net)
{
	return &r->table[(net & RIB_IPV6) != 0];
}

struct rib_net *
rib_net(const struct rib *r, uint32_t net)
{
	return store_at(&table_of(r, net)->nets, net & ~RIB_IPV6);
}

static uint64_t
hash_seed(const struct rib *r, uint16_t table, uint8_t len)
{
	return r->key.seed ^ len ^ (uint64_t)table << 8;
}

static uint32_t
key_hash(const struct rib *r, const struct rib_net *n, bool v6)
{
	uint64_t h = hash_seed(r, n->table, n->len), word[2] = { 0 };

	memcpy(word, n->key, v6 ? 16 : 4);
	h = hash_word(&r->key, h, word[0]);
	if (v6)
		h = hash_word(&r->key, h, word[1]);
	return hash_end(&r->key, h);
}

static uint32_t
prefix_hash(const struct rib *r, uint16_t table, const struct prefix *p,
    bool v6)
{
	uint64_t h = hash_seed(r, table, p->len), word[2] = { 0 };

	memcpy(word, p->addr.b, v6 ? 16 : 4);
	h = hash_word(&r->key, h, word[0]);
	if (v6)
		h = hash_word(&r->key, h, word[1]);
	return hash_end(&r->key, h);
}

uint32_t
rib_find(const struct rib *r, uint16_t table, const struct prefix *p)
{
	bool v6 = p->addr.family == ADDR_IPV6;
	const struct rib_table *t = &r->table[v6];
	uint32_t id;

	if (t->buckets == 0)
		return 0;
	id = t->bucket[prefix_hash(r, table, p, v6) & (t->buckets - 1)];
	while (id != 0) {
		const struct rib_net *n = store_at(&t->nets, id);

		if (n->len == p->len && n->table == table &&
		    memcmp(n->key, p->addr.b, v6 ? 16 : 4) == 0)
			return v6 ? id | RIB_IPV6 : id;
		id = n->chain;
	}
	return 0;
}

static void
link_net(const struct rib *r, struct rib_table *t, uint32_t id)
{
	struct rib_net *n = store_at(&t->nets, id);
	uint32_t *head = &t->bucket[
	    key_hash(r, n, t == &r->table[1]) & (t->buckets - 1)];

	n->chain = *head;
	*head = id;
}

static bool
grow_buckets(const struct rib *r, struct rib_table *t)
{
	uint32_t n = t->buckets == 0 ? 256 : t->buckets * 2;
	uint32_t *bucket;

	if (t->nets.used < t->buckets)
		return true;
	bucket = calloc(n, sizeof(*bucket));
	if (bucket == NULL)
		return t->buckets != 0;
	free(t->bucket);
	t->bucket = bucket;
	t->buckets = n;
	for (uint32_t id = 1; id <= t->nets.n; id++) {
		const struct rib_net *net = store_at(&t->nets, id);

		if ((net->flags & NET_LIVE) != 0)
			link_net(r, t, id);
	}
	return true;
}

uint32_t
rib_add(struct rib *r, uint16_t table, const struct prefix *p)
{
	bool v6 = p->addr.family == ADDR_IPV6;
	struct rib_table *t = &r->table[v6];
	uint32_t id = rib_find(r, table, p);
	struct rib_net *n;

	if (id != 0)
		return id;
	if (!grow_buckets(r, t) || (id = store_new(&t->nets)) == 0)
		return 0;
	n = store_at(&t->nets, id);
	n->len = p->len;
	n->table = table;
	n->flags = NET_LIVE;
	memcpy(n->key, p->addr.b, v6 ? 16 : 4);
	link_net(r, t, id);
	return v6 ? id | RIB_IPV6 : id;
}

void
rib_forget(struct rib *r, uint32_t net)
{
	struct rib_table *t = &r->table[(net & RIB_IPV6) != 0];
	uint32_t id = net & ~RIB_IPV6, *link;
	struct rib_net *n = store_at(&t->nets, id);

	if (n->paths != 0 || (n->flags & (NET_JOURNALED | NET_PINNED)) != 0)
		return;
	link = &t->bucket[
	    key_hash(r, n, (net & RIB_IPV6) != 0) & (t->buckets - 1)];
	while (*link != id)
		link = &((struct rib_net *)store_at(&t->nets, *link))->chain;
	*link = n->chain;
	store_free(&t->nets, id);
}

struct prefix
rib_prefix(const struct rib *r, uint32_t net)
{
	bool v6 = (net & RIB_IPV6) != 0;
	const struct rib_net *n = rib_net(r, net);
	struct prefix p = { .len = n->len };

	p.addr = addr_from(bytes_of(n->key, v6 ? 16 : 4));
	return p;
}

uint16_t
rib_net_table(const struct rib *r, uint32_t net)
{
	return rib_net(r, net)->table;
}

bool
rib_each(const struct rib *r, uint32_t *net)
{
	const struct store *s = &table_of(r, *net)->nets;

	while ((*net & ~RIB_IPV6) < s->n) {
		const struct rib_net *n = store_at(s, (++*net) & ~RIB_IPV6);

		if ((n->flags & NET_LIVE) != 0)
			return true;
	}
	return false;
}

void
rib_net_init(struct rib *r)
{
	static const size_t octets[] = { 4, 16 };

	for (size_t i = 0; i < ARRAY_SIZE(octets); i++)
		store_init(&r->table[i].nets,
		    offsetof(struct rib_net, key) + octets[i], LIMIT_NETS);
}

void
rib_net_fini(struct rib *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(r->table); i++) {
		store_fini(&r->table[i].nets);
		free(r->table[i].bucket);
	}
}
