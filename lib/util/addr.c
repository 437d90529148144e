/*
 * Addresses and prefixes: comparison, arithmetic and text forms.  Text in and
 * out is inet_pton's and inet_ntop's (RFC 4291, RFC 5952).
 */
#include "util/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned
addr_octets(const struct addr *a)
{
	return a->family == ADDR_IPV4 ? 4 : a->family == ADDR_IPV6 ? 16 : 0;
}

unsigned
addr_bits(const struct addr *a)
{
	return addr_octets(a) * 8;
}

bool
addr_eq(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int
addr_cmp(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof(*a));
}

bool
addr_is_set(const struct addr *a)
{
	return a->family != ADDR_NONE;
}

bool
addr_is_any(const struct addr *a)
{
	struct addr any = addr_any((enum addr_family)a->family);

	return addr_is_set(a) && addr_eq(a, &any);
}

bool
addr_is_link_local(const struct addr *a)
{
	return a->family == ADDR_IPV6 && a->b[0] == 0xfe &&
	    (a->b[1] & 0xc0) == 0x80;
}

bool
addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (a->family == ADDR_IPV4)
		return a->b[0] == 127;
	return a->family == ADDR_IPV6 && memcmp(a->b, one, 16) == 0;
}

bool
addr_is_multicast(const struct addr *a)
{
	if (a->family == ADDR_IPV4)
		return (a->b[0] & 0xf0) == 0xe0;
	return a->family == ADDR_IPV6 && a->b[0] == 0xff;
}

struct bytes
addr_bytes(const struct addr *a)
{
	return bytes_of(a->b, addr_octets(a));
}

struct addr
addr_from(struct bytes b)
{
	struct addr a = { 0 };

	if (b.n != 4 && b.n != 16)
		return a;
	a.family = b.n == 4 ? ADDR_IPV4 : ADDR_IPV6;
	memcpy(a.b, b.p, b.n);
	return a;
}

struct addr
addr_any(enum addr_family family)
{
	return (struct addr){ .family = (uint8_t)family };
}

struct addr
addr_plus(const struct addr *a, unsigned n)
{
	struct addr sum = *a;
	uint64_t carry = n;	/* wider than n: the sums must not wrap */

	for (unsigned i = addr_octets(a); i-- > 0 && carry > 0; carry >>= 8) {
		carry += sum.b[i];
		sum.b[i] = (uint8_t)carry;
	}
	return sum;
}

bool
addr_parse(struct addr *a, const char *s)
{
	struct addr got = { .family = ADDR_IPV4 };

	if (inet_pton(AF_INET, s, got.b) != 1) {
		got = addr_any(ADDR_IPV6);
		if (inet_pton(AF_INET6, s, got.b) != 1)
			return false;
	}
	*a = got;
	return true;
}

const char *
addr_str(const struct addr *a, char buf[static ADDR_STRLEN])
{
	int af = a->family == ADDR_IPV4 ? AF_INET : AF_INET6;

	if (!addr_is_set(a) || inet_ntop(af, a->b, buf, ADDR_STRLEN) == NULL)
		snprintf(buf, ADDR_STRLEN, "none");
	return buf;
}

bool
endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && addr_eq(&a->addr, &b->addr);
}

const char *
endpoint_str(const struct endpoint *e, char buf[static ENDPOINT_STRLEN])
{
	char a[ADDR_STRLEN];

	snprintf(buf, ENDPOINT_STRLEN,
	    e->addr.family == ADDR_IPV6 ? "[%s]:%u" : "%s:%u",
	    addr_str(&e->addr, a), e->port);
	return buf;
}

bool
path_eq(const struct path *a, const struct path *b)
{
	return endpoint_eq(&a->local, &b->local) &&
	    endpoint_eq(&a->remote, &b->remote);
}

bool
prefix_parse(struct prefix *p, const char *s)
{
	const char *slash = strchr(s, '/');
	struct prefix got = { 0 };
	char text[ADDR_STRLEN], *end;
	unsigned long len;

	if (slash == NULL || (size_t)(slash - s) >= sizeof(text) ||
	    slash[1] < '0' || slash[1] > '9')
		return false;
	memcpy(text, s, (size_t)(slash - s));
	text[slash - s] = '\0';
	len = strtoul(slash + 1, &end, 10);
	if (*end != '\0' || !addr_parse(&got.addr, text) ||
	    len > addr_bits(&got.addr))
		return false;
	got.len = (uint8_t)len;
	*p = got;
	return true;
}

bool
prefix_eq(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && addr_eq(&a->addr, &b->addr);
}

int
prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int c = addr_cmp(&a->addr, &b->addr);

	return c != 0 ? c : (a->len > b->len) - (a->len < b->len);
}

/* The mask of octet i of a prefix of len bits. */
static uint8_t
mask_octet(unsigned len, unsigned i)
{
	if (len >= (i + 1) * 8)
		return 0xff;
	if (len <= i * 8)
		return 0;
	return (uint8_t)(0xff00 >> (len - i * 8));
}

bool
prefix_has(const struct prefix *p, const struct addr *a)
{
	if (p->addr.family != a->family)
		return false;
	for (unsigned i = 0; i < addr_octets(a); i++) {
		if (((p->addr.b[i] ^ a->b[i]) & mask_octet(p->len, i)) != 0)
			return false;
	}
	return true;
}

bool
prefix_covers(const struct prefix *p, const struct prefix *q)
{
	return p->len <= q->len && prefix_has(p, &q->addr);
}

struct prefix
prefix_network(const struct prefix *p)
{
	struct prefix net = *p;

	for (unsigned i = 0; i < addr_octets(&p->addr); i++)
		net.addr.b[i] &= mask_octet(p->len, i);
	return net;
}

struct addr
prefix_last(const struct prefix *p)
{
	struct addr last = p->addr;

	for (unsigned i = 0; i < addr_octets(&last); i++)
		last.b[i] |= (uint8_t)~mask_octet(p->len, i);
	return last;
}

const char *
prefix_str(const struct prefix *p, char buf[static PREFIX_STRLEN])
{
	char a[ADDR_STRLEN];

	snprintf(buf, PREFIX_STRLEN, "%s/%u", addr_str(&p->addr, a), p->len);
	return buf;
}
