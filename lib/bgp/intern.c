/*
 * Interned attribute sets: a hash table over an array of pointers, so that a
 * route needs four octets for its attributes however large they are.  Numbers
 * are reused; whoever keeps one holds a reference.
 */
#include "bgp/intern.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/aspath.h"

_Static_assert(offsetof(struct attrs, data) ==
    offsetof(struct attrs, next_hop) + sizeof(struct addr), "padding");

struct bytes
attrs_path(const struct attrs *a)
{
	return bytes_of(a->data, a->path_n);
}

struct bytes
attrs_rest(const struct attrs *a)
{
	return bytes_of(a->data + a->path_n, a->rest_n);
}

size_t
attrs_size(const struct attrs *a)
{
	return (size_t)a->path_n + a->rest_n;
}

bool
attrs_next(struct rd *r, struct attrs_item *item)
{
	if (r->bad || r->n == 0)
		return false;
	item->flags = rd_u8(r);
	item->type = rd_u8(r);
	item->value = rd_bytes(r, rd_u16(r));
	return !r->bad;
}

struct bytes
attrs_find(const struct attrs *a, uint8_t type)
{
	struct rd r = rd_of(attrs_rest(a));
	struct attrs_item item;

	while (attrs_next(&r, &item)) {
		if (item.type == type)
			return item.value;
	}
	return (struct bytes){ 0 };
}

/* The octets that make two sets equal. */
static struct bytes
identity(const struct attrs *a)
{
	return bytes_of(&a->med, offsetof(struct attrs, data) -
	    offsetof(struct attrs, med) + attrs_size(a));
}

bool
attrs_same(const struct attrs *a, const struct attrs *b)
{
	return a->med == b->med && a->local_pref == b->local_pref &&
	    a->originator == b->originator && a->neighbour == b->neighbour &&
	    a->hops == b->hops && a->path_n == b->path_n &&
	    a->rest_n == b->rest_n && a->origin == b->origin &&
	    a->has == b->has && a->clusters == b->clusters &&
	    a->share == b->share && a->rank == b->rank &&
	    addr_eq(&a->next_hop, &b->next_hop) &&
	    memcmp(a->data, b->data, attrs_size(a)) == 0;
}

void
intern_init(struct intern *in, struct hash_key key)
{
	*in = (struct intern){ .key = key };
}

void
intern_fini(struct intern *in)
{
	for (uint32_t i = 0; i < in->n; i++)
		free(in->at[i]);
	free(in->at);
	free(in->free_next);
	free(in->bucket);
	*in = (struct intern){ 0 };
}

const struct attrs *
intern_at(const struct intern *in, uint32_t id)
{
	return in->at[id - 1];
}

uint32_t
intern_raw(const struct intern *in, uint32_t id)
{
	uint32_t raw = in->at[id - 1]->raw;

	return raw != 0 ? raw : id;
}

static void
bucket_add(struct intern *in, uint32_t id)
{
	struct attrs *a = in->at[id - 1];
	uint32_t *head = &in->bucket[a->hash & (in->buckets - 1)];

	a->chain = *head;
	*head = id;
}

static bool
grow_buckets(struct intern *in)
{
	uint32_t n = in->buckets == 0 ? 64 : in->buckets * 2;
	uint32_t *bucket;

	if (in->used < in->buckets)
		return true;
	bucket = calloc(n, sizeof(*bucket));
	if (bucket == NULL)
		return in->buckets != 0;
	free(in->bucket);
	in->bucket = bucket;
	in->buckets = n;
	for (uint32_t i = 0; i < in->n; i++) {
		if (in->at[i] != NULL)
			bucket_add(in, i + 1);
	}
	return true;
}

static bool
grow_numbers(struct intern *in)
{
	uint32_t cap = in->cap == 0 ? 64 : in->cap * 2;
	struct attrs **at;
	uint32_t *next;

	if (in->spare != 0 || in->n < in->cap)
		return true;
	at = realloc(in->at, cap * sizeof(*at));
	if (at == NULL)
		return false;
	in->at = at;
	next = realloc(in->free_next, cap * sizeof(*next));
	if (next == NULL)
		return false;
	in->free_next = next;
	in->cap = cap;
	return true;
}

static uint32_t
number_get(struct intern *in)
{
	uint32_t id = in->spare;

	if (id == 0)
		return ++in->n;
	in->spare = in->free_next[id - 1];
	return id;
}

static uint32_t
lookup(const struct intern *in, const struct attrs *a, uint32_t hash)
{
	uint32_t id;

	if (in->buckets == 0)
		return 0;
	for (id = in->bucket[hash & (in->buckets - 1)]; id != 0;
	    id = in->at[id - 1]->chain) {
		const struct attrs *b = in->at[id - 1];

		if (b->hash == hash && bytes_eq(identity(a), identity(b)))
			return id;
	}
	return 0;
}

/* Next hop, MED and LOCAL_PREF mostly stay here: leave them out. */
static uint32_t
pack_hash(const struct intern *in, const struct attrs *a)
{
	return hash_bytes(&in->key, bytes_of(a->data, attrs_size(a)));
}

uint32_t
intern_get(struct intern *in, const struct attrs *a)
{
	uint32_t hash = hash_bytes(&in->key, identity(a));
	size_t size = offsetof(struct attrs, data) + attrs_size(a);
	uint32_t id = lookup(in, a, hash);
	struct attrs *copy;

	if (id != 0) {
		in->at[id - 1]->refs++;
		return id;
	}
	if (!grow_buckets(in) || !grow_numbers(in))
		return 0;
	copy = malloc(size < sizeof(*copy) ? sizeof(*copy) : size);
	if (copy == NULL)
		return 0;
	memcpy(copy, a, size);
	copy->refs = 1;
	copy->hash = hash;
	copy->pack = pack_hash(in, a);
	copy->asns = aspath_bits(attrs_path(a));
	if (copy->raw != 0)
		in->at[copy->raw - 1]->refs++;
	id = number_get(in);
	in->at[id - 1] = copy;
	in->used++;
	in->octets += size;
	bucket_add(in, id);
	return id;
}

void
intern_hold(struct intern *in, uint32_t id)
{
	in->at[id - 1]->refs++;
}

void
intern_drop(struct intern *in, uint32_t id)
{
	struct attrs *a;
	uint32_t *link, raw;

	if (id == 0 || --in->at[id - 1]->refs > 0)
		return;
	a = in->at[id - 1];
	link = &in->bucket[a->hash & (in->buckets - 1)];
	while (*link != id)
		link = &in->at[*link - 1]->chain;
	*link = a->chain;
	raw = a->raw;
	in->octets -= offsetof(struct attrs, data) + attrs_size(a);
	free(a);
	in->at[id - 1] = NULL;
	in->free_next[id - 1] = in->spare;
	in->spare = id;
	in->used--;
	intern_drop(in, raw);	/* one deep: that one is as it came */
}
