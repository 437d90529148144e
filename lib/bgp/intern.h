/*
 * Path attributes of a route, each distinct set held once and named by a
 * 32-bit number.  Immutable; counted references.  A set that was made from
 * another one holds it.
 */
#ifndef BGP_INTERN_H
#define BGP_INTERN_H

#include "bgp/hash.h"
#include "util/addr.h"

enum {				/* attrs.has */
	ATTRS_MED = 1,
	ATTRS_ATOMIC = 2,
	ATTRS_ORIGINATOR = 4,
	ATTRS_NO_EXPORT = 8,	/* RFC 1997, also by its sub-confed kin */
	ATTRS_NO_ADVERTISE = 16,
	ATTRS_SHUTDOWN = 32,	/* has the community of RFC 8326 */
	ATTRS_MED_OUT = 64,	/* MED is for a neighbour in another AS */
};

#define ATTRS_LOCAL_PREF	100	/* where none came with the route */

struct attrs {
	uint32_t	refs;
	uint32_t	hash;
	uint32_t	chain;		/* next in the bucket */
	uint32_t	pack;		/* alike: likely sent alike */
	uint32_t	asns;		/* aspath_bits() of the AS path */
	/* From here on it is compared octet by octet: no padding. */
	uint32_t	med;		/* 0 where there is none */
	uint32_t	local_pref;
	uint32_t	originator;	/* host order */
	uint32_t	neighbour;	/* AS that taught it; 0: local or set */
	uint32_t	raw;		/* made from this set; 0: as it came */
	uint16_t	hops;		/* AS_PATH length for the decision */
	uint16_t	path_n, rest_n;	/* octets in data */
	uint8_t		origin, has, clusters;
	uint8_t		share;		/* enum bgp_share */
	uint8_t		rank;		/* among equals the lowest is best */
	struct addr	next_hop;
	uint8_t		data[];		/* AS path; other attributes, on wire */
};

#define ATTRS_DATA	12288	/* largest data of any UPDATE */

/* An attribute set under construction. */
union attrs_buf {
	struct attrs	attrs;
	uint8_t		room[sizeof(struct attrs) + ATTRS_DATA];
};

struct bytes	attrs_path(const struct attrs *);
struct bytes	attrs_rest(const struct attrs *);
/* Octets of data in use. */
size_t		attrs_size(const struct attrs *);

/* One attribute of the rest, as {flags, type, 16-bit length, value}. */
struct attrs_item {
	uint8_t		flags, type;
	struct bytes	value;
};

bool		attrs_next(struct rd *, struct attrs_item *);
/* The value of an attribute of the rest; p NULL: not there. */
struct bytes	attrs_find(const struct attrs *, uint8_t type);

struct intern {
	struct hash_key	key;
	struct attrs	**at;		/* by number; owned */
	uint32_t	*bucket;
	uint32_t	n, cap;		/* numbers given out, room */
	uint32_t	used;
	uint64_t	octets;		/* of the sets */
	uint32_t	spare;		/* list of free numbers, by chain */
	uint32_t	*free_next;
	uint32_t	buckets;	/* power of two */
};

void		intern_init(struct intern *, struct hash_key);
void		intern_fini(struct intern *);
/* The number of an equal set, with one reference for the caller; 0: memory. */
uint32_t	intern_get(struct intern *, const struct attrs *);
void		intern_hold(struct intern *, uint32_t id);
void		intern_drop(struct intern *, uint32_t id);
const struct attrs *intern_at(const struct intern *, uint32_t id);
/* What it was before policies changed it: another number, or the same. */
uint32_t	intern_raw(const struct intern *, uint32_t id);
/* Equal but for what they were made from? */
bool		attrs_same(const struct attrs *, const struct attrs *);

#endif
