/*
 * Addresses, endpoints (address and port) and prefixes of both families as
 * plain values that compare with one memcmp: octets that the family does not
 * use are zero.
 */
#ifndef UTIL_ADDR_H
#define UTIL_ADDR_H

#include "util/bytes.h"

enum addr_family {
	ADDR_NONE = 0,
	ADDR_IPV4 = 4,
	ADDR_IPV6 = 6,
};

struct addr {
	uint8_t		family;		/* enum addr_family */
	uint8_t		b[16];		/* network order, rest zero */
};

struct endpoint {
	struct addr	addr;
	uint16_t	port;		/* host order */
};

/* Host bits may be set when read from text; prefix_network() clears them. */
struct prefix {
	struct addr	addr;
	uint8_t		len;
};

/* The two ends of a datagram as its receiver or sender sees them. */
struct path {
	struct endpoint	local;
	struct endpoint	remote;
};

#define ADDR_STRLEN	48	/* any address with NUL */
#define ENDPOINT_STRLEN	56	/* "[v6]:port" */
#define PREFIX_STRLEN	52

unsigned	addr_octets(const struct addr *);	/* 0, 4 or 16 */
unsigned	addr_bits(const struct addr *);		/* 0, 32 or 128 */
bool		addr_eq(const struct addr *, const struct addr *);
int		addr_cmp(const struct addr *, const struct addr *);
bool		addr_is_set(const struct addr *);	/* has a family */
bool		addr_is_any(const struct addr *);	/* 0.0.0.0 or :: */
bool		addr_is_link_local(const struct addr *); /* fe80::/10 only */
bool		addr_is_loopback(const struct addr *);
bool		addr_is_multicast(const struct addr *);
struct bytes	addr_bytes(const struct addr *);	/* view into it */
/* From 4 or 16 octets in network order; anything else gives ADDR_NONE. */
struct addr	addr_from(struct bytes);
struct addr	addr_any(enum addr_family);
/* The address n above this one (wraps at the end of the family). */
struct addr	addr_plus(const struct addr *, unsigned n);
bool		addr_parse(struct addr *, const char *);
/* Writes into buf of at least ADDR_STRLEN and returns it. */
const char	*addr_str(const struct addr *, char buf[static ADDR_STRLEN]);

bool		endpoint_eq(const struct endpoint *, const struct endpoint *);
const char	*endpoint_str(const struct endpoint *,
		    char buf[static ENDPOINT_STRLEN]);
bool		path_eq(const struct path *, const struct path *);

bool		prefix_parse(struct prefix *, const char *);
bool		prefix_eq(const struct prefix *, const struct prefix *);
int		prefix_cmp(const struct prefix *, const struct prefix *);
bool		prefix_has(const struct prefix *, const struct addr *);
/* Does the first one hold the whole of the second? */
bool		prefix_covers(const struct prefix *, const struct prefix *);
struct prefix	prefix_network(const struct prefix *);	/* host bits cleared */
struct addr	prefix_last(const struct prefix *);	/* highest address */
const char	*prefix_str(const struct prefix *,
		    char buf[static PREFIX_STRLEN]);

#endif
