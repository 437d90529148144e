/*
 * Routes by prefix and by number; the two families have one table each.
 */
#include "gw/fib_table.h"

#include <stdlib.h>
#include <string.h>

bool
fib_table_init(struct fib_table *t, unsigned octets)
{
	*t = (struct fib_table){ .octets = octets };
	store_init(&t->routes, (offsetof(struct route, key) + octets + 3) &
	    ~(size_t)3, FIB_ROUTES_MAX);
	return buckets_init(&t->buckets);
}

void
fib_table_fini(struct fib_table *t)
{
	buckets_fini(&t->buckets);
	store_fini(&t->routes);
	*t = (struct fib_table){ 0 };
}

struct route *
fib_table_at(const struct fib_table *t, uint32_t number)
{
	return store_at(&t->routes, number);
}

static uint32_t
hash(const struct fib_table *t, uint64_t key, const uint8_t *octets,
    uint8_t len)
{
	uint64_t h = key ^ len, word[2] = { 0 };

	memcpy(word, octets, t->octets);
	h = (h ^ word[0]) * 0x9e3779b97f4a7c15u;
	h = (h ^ h >> 32 ^ word[1]) * 0xd6e8feb86659fd93u;
	return (uint32_t)(h >> 32);
}

uint32_t
fib_table_find(const struct fib_table *t, uint64_t key,
    const struct prefix *p)
{
	uint32_t h = hash(t, key, p->addr.b, p->len);
	uint32_t id = *buckets_head(&t->buckets, h);

	while (id != 0) {
		const struct route *r = fib_table_at(t, id);

		if (r->len == p->len &&
		    memcmp(r->key, p->addr.b, t->octets) == 0)
			return id;
		id = r->chain;
	}
	return 0;
}

static uint32_t *
head_of(const struct fib_table *t, uint64_t key, const struct route *r)
{
	return buckets_head(&t->buckets, hash(t, key, r->key, r->len));
}

static void
link_route(struct fib_table *t, uint64_t key, uint32_t id)
{
	struct route *r = fib_table_at(t, id);
	uint32_t *head = head_of(t, key, r);

	r->chain = *head;
	*head = id;
}

static void
grow(struct fib_table *t, uint64_t key)
{
	uint32_t next;

	for (uint32_t id = buckets_grow(&t->buckets, t->routes.used);
	    id != 0; id = next) {
		next = fib_table_at(t, id)->chain;
		link_route(t, key, id);
	}
}

uint32_t
fib_table_get(struct fib_table *t, uint64_t key, const struct prefix *p)
{
	uint32_t id = fib_table_find(t, key, p);
	struct route *r;

	if (id != 0)
		return id;
	grow(t, key);
	id = store_new(&t->routes);
	if (id == 0)
		return 0;
	r = fib_table_at(t, id);
	r->flags = ROUTE_LIVE;
	r->len = p->len;
	memcpy(r->key, p->addr.b, t->octets);
	link_route(t, key, id);
	return id;
}

void
fib_table_del(struct fib_table *t, uint64_t key, uint32_t number)
{
	struct route *r = fib_table_at(t, number);
	uint32_t *link = head_of(t, key, r);

	while (*link != number)
		link = &fib_table_at(t, *link)->chain;
	*link = r->chain;
	store_free(&t->routes, number);
}

struct prefix
fib_table_prefix(const struct fib_table *t, const struct route *r)
{
	return (struct prefix){
		.addr = addr_from(bytes_of(r->key, t->octets)), .len = r->len,
	};
}
