/*
 * Stated objects.  A million routes must cost little, so nothing of an object
 * is kept but its fingerprint: SipHash-2-4 of its identity under a key drawn
 * at start, so that nobody outside can make two objects collide.  By chance
 * two of a million collide once in 10^7 runs; what is lost then is that one
 * stale route is not swept.
 */
#include "daemon/stated.h"

#include <string.h>
#include <sys/random.h>

enum {
	OF_LINK = 1,
	OF_SA,
	OF_POLICY,
	OF_NEXTHOP,
	OF_ROUTE,
	OF_RULE,
};

bool
stated_init(struct stated *s)
{
	uint64_t key[2];

	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return false;
	*s = (struct stated){ .generation = 2, .key = { key[0], key[1] } };
	return true;
}

void
stated_fini(struct stated *s)
{
	map_fini(&s->objects);
	map_fini(&s->kept);
}

void
stated_new_generation(struct stated *s)
{
	s->generation++;
}

bool
stated_set(struct stated *s, uint64_t fp)
{
	return map_put(&s->objects, fp, (void *)s->generation);
}

bool
stated_found(struct stated *s, uint64_t fp)
{
	return stated_known(s, fp) ||
	    map_put(&s->objects, fp, (void *)(uintptr_t)1);
}

void
stated_unset(struct stated *s, uint64_t fp)
{
	map_del(&s->objects, fp);
}

bool
stated_has(const struct stated *s, uint64_t fp)
{
	return (uintptr_t)map_get(&s->objects, fp) == s->generation;
}

bool
stated_known(const struct stated *s, uint64_t fp)
{
	return map_get(&s->objects, fp) != NULL;
}

bool
stated_keep(struct stated *s, uint64_t fp)
{
	if (!stated_has(s, fp))
		return false;
	/* Out of memory: forgotten, and the engine's next SET restates it. */
	map_put(&s->kept, fp, (void *)s->generation);
	return true;
}

void
stated_keep_end(struct stated *s)
{
	map_fini(&s->objects);
	s->objects = s->kept;
	s->kept = (struct map){ 0 };
}

static uint64_t
rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static uint64_t
siphash(const uint64_t key[2], struct bytes b)
{
	uint64_t v[4] = {
		key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
		key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u,
	};
	uint8_t word[8];
	uint64_t m;

	for (size_t i = 0; i <= b.n; i += 8) {
		size_t left = b.n - i;

		memset(word, 0, sizeof(word));
		memcpy(word, b.p + i, left < 8 ? left : 8);
		if (left < 8)
			word[7] = (uint8_t)b.n;
		memcpy(&m, word, sizeof(m));
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t
finish(const struct stated *s, const struct wr *w)
{
	return siphash(s->key, wr_done(w));
}

static void
put_prefix(struct wr *w, const struct prefix *p)
{
	wr_u8(w, p->addr.family);
	wr_bytes(w, bytes_of(p->addr.b, sizeof(p->addr.b)));
	wr_u8(w, p->len);
}

uint64_t
stated_link(const struct stated *s, const char *name)
{
	uint8_t b[KERN_IFNAME_LEN + 1];
	struct wr w = wr_of(b, sizeof(b));

	wr_u8(&w, OF_LINK);
	wr_bytes(&w, bytes_of(name, strnlen(name, KERN_IFNAME_LEN)));
	return finish(s, &w);
}

/* RFC 4301 section 4.1: SPI, destination and protocol; ours are all ESP. */
uint64_t
stated_sa(const struct stated *s, const struct kern_sa *sa)
{
	uint8_t b[32];
	struct wr w = wr_of(b, sizeof(b));

	wr_u8(&w, OF_SA);
	wr_u32(&w, sa->spi);
	wr_u8(&w, sa->dst.family);
	wr_bytes(&w, bytes_of(sa->dst.b, sizeof(sa->dst.b)));
	return finish(s, &w);
}

static void
put_ts(struct wr *w, const struct kern_ts *ts)
{
	put_prefix(w, &ts->net);
	wr_u8(w, ts->proto);
	wr_u16(w, ts->port);
	wr_u16(w, ts->port_mask);
}

uint64_t
stated_policy(const struct stated *s, const struct kern_policy *p)
{
	uint8_t b[80];
	struct wr w = wr_of(b, sizeof(b));

	wr_u8(&w, OF_POLICY);
	wr_u8(&w, (uint8_t)p->dir);
	put_ts(&w, &p->src);
	put_ts(&w, &p->dst);
	wr_u32(&w, p->if_id);
	wr_u8(&w, p->mark_not_if_id);
	return finish(s, &w);
}

uint64_t
stated_nexthop(const struct stated *s, uint32_t id)
{
	uint8_t b[8];
	struct wr w = wr_of(b, sizeof(b));

	wr_u8(&w, OF_NEXTHOP);
	wr_u32(&w, id);
	return finish(s, &w);
}

uint64_t
stated_rule(const struct stated *s, bool ipv6, const char *ifname,
    uint32_t table)
{
	uint8_t b[32];
	struct wr w = wr_of(b, sizeof(b));

	wr_u8(&w, OF_RULE);
	wr_u8(&w, ipv6);
	wr_u32(&w, table);
	wr_bytes(&w, bytes_of(ifname, strnlen(ifname, KERN_IFNAME_LEN)));
	return finish(s, &w);
}

uint64_t
stated_route(const struct stated *s, const struct kern_route *r)
{
	uint8_t b[32];
	struct wr w = wr_of(b, sizeof(b));

	wr_u8(&w, OF_ROUTE);
	put_prefix(&w, &r->prefix);
	wr_u32(&w, r->table);
	wr_u32(&w, r->metric);
	return finish(s, &w);
}
