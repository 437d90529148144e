/*
 * Linear hashing (Litwin): the table has half + split buckets, and with every
 * addition that fills it the bucket `split` is divided between itself and the
 * new one at the end.  There is never a moment in which all is hashed anew,
 * which with a million routes would be a tenth of a second without IKE.
 */
#include "gw/fib_table.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK		4096u	/* buckets, allocated together */

static uint32_t *
bucket_at(const struct fib_table *t, uint32_t i)
{
	return &t->bucket[i / CHUNK][i % CHUNK];
}

static bool
chunk_add(struct fib_table *t)
{
	uint32_t **dir = realloc(t->bucket,
	    (t->chunks + 1) * sizeof(*t->bucket));

	if (dir == NULL)
		return false;
	t->bucket = dir;
	dir[t->chunks] = calloc(CHUNK, sizeof(**dir));
	if (dir[t->chunks] == NULL)
		return false;
	t->chunks++;
	return true;
}

bool
fib_table_init(struct fib_table *t, unsigned octets)
{
	*t = (struct fib_table){ .octets = octets, .half = CHUNK };
	store_init(&t->routes, (offsetof(struct route, key) + octets + 3) &
	    ~(size_t)3, FIB_ROUTES_MAX);
	return chunk_add(t);
}

void
fib_table_fini(struct fib_table *t)
{
	for (uint32_t i = 0; i < t->chunks; i++)
		free(t->bucket[i]);
	free(t->bucket);
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

static uint32_t
bucket_of(const struct fib_table *t, uint32_t h)
{
	uint32_t i = h & (t->half - 1);

	return i < t->split ? h & (2 * t->half - 1) : i;
}

uint32_t
fib_table_find(const struct fib_table *t, uint64_t key,
    const struct prefix *p)
{
	uint32_t h = hash(t, key, p->addr.b, p->len);
	uint32_t id = *bucket_at(t, bucket_of(t, h));

	while (id != 0) {
		const struct route *r = fib_table_at(t, id);

		if (r->len == p->len &&
		    memcmp(r->key, p->addr.b, t->octets) == 0)
			return id;
		id = r->chain;
	}
	return 0;
}

static void
divide(struct fib_table *t, uint64_t key)
{
	uint32_t from = t->split, id, next;

	if ((t->half + from) / CHUNK == t->chunks && !chunk_add(t))
		return;		/* chains get longer, that is all */
	id = *bucket_at(t, from);
	*bucket_at(t, from) = 0;
	if (++t->split == t->half) {
		t->half *= 2;
		t->split = 0;
	}
	for (; id != 0; id = next) {
		struct route *r = fib_table_at(t, id);
		uint32_t *head = bucket_at(t,
		    bucket_of(t, hash(t, key, r->key, r->len)));

		next = r->chain;
		r->chain = *head;
		*head = id;
	}
}

uint32_t
fib_table_get(struct fib_table *t, uint64_t key, const struct prefix *p)
{
	uint32_t id = fib_table_find(t, key, p), *head;
	struct route *r;

	if (id != 0)
		return id;
	if (t->routes.used >= t->half + t->split)
		divide(t, key);
	id = store_new(&t->routes);
	if (id == 0)
		return 0;
	r = fib_table_at(t, id);
	r->flags = ROUTE_LIVE;
	r->len = p->len;
	memcpy(r->key, p->addr.b, t->octets);
	head = bucket_at(t, bucket_of(t, hash(t, key, r->key, r->len)));
	r->chain = *head;
	*head = id;
	return id;
}

void
fib_table_del(struct fib_table *t, uint64_t key, uint32_t number)
{
	struct route *r = fib_table_at(t, number);
	uint32_t *link = bucket_at(t,
	    bucket_of(t, hash(t, key, r->key, r->len)));

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
