/*
 * AS paths.  Everywhere but on the way in and out a path is a sequence of
 * segments with 4-octet AS numbers, as RFC 6793 has them on the wire.
 */
#ifndef BGP_ASPATH_H
#define BGP_ASPATH_H

#include "util/bytes.h"

enum aspath_segment {
	ASPATH_SET = 1,
	ASPATH_SEQUENCE = 2,
};

/* width is 2 or 4 octets per AS number; NULL: well-formed, else what is not. */
const char	*aspath_error(struct bytes wire, unsigned width);
/* The leftmost AS of a path that begins with a sequence, else 0. */
uint32_t	aspath_first(struct bytes wire, unsigned width);
/* AS numbers in it, each counted. */
unsigned	aspath_count(struct bytes wire, unsigned width);

struct aspath_part {
	uint8_t		type;		/* enum aspath_segment */
	struct rd	asns;		/* 4 octets each */
};

/* The next segment of a path in our form; false: the end. */
bool		aspath_next(struct rd *, struct aspath_part *);
/* Length as the decision counts it: a set is one (RFC 4271 9.1.2.2 a). */
unsigned	aspath_hops(struct bytes path);
bool		aspath_has(struct bytes path, uint32_t asn);
/* One of 32 bits for it; those of all in a path: none of others are set. */
uint32_t	aspath_bit(uint32_t asn);
uint32_t	aspath_bits(struct bytes path);
/* How often it is in there. */
unsigned	aspath_times(struct bytes path, uint32_t asn);
/* For private use (RFC 6996)? */
bool		aspath_private(uint32_t asn);
/* Is there something in it, and nothing but private ones? */
bool		aspath_only_private(struct bytes path);
bool		aspath_wide(struct bytes path);	/* some AS > 65535 */
/* All AS numbers in order, at most max; returns how many were written. */
unsigned	aspath_list(struct bytes path, uint32_t *, unsigned max);

/* A wire path of 2-octet numbers in our form. */
void	aspath_widen(struct wr *, struct bytes wire);
/* AS_PATH (in our form) completed by AS4_PATH: RFC 6793 section 4.2.3. */
void	aspath_merge(struct wr *, struct bytes path, struct bytes as4);
/* Each "from" becomes "to". */
void	aspath_replace(struct wr *, struct bytes path, uint32_t from,
	    uint32_t to);
/* Private AS numbers but "keep" become "to"; to 0: they are left out. */
void	aspath_no_private(struct wr *, struct bytes path, uint32_t keep,
	    uint32_t to);
/* The path in wire form with asn in front; asn 0: as it is. */
void	aspath_prepend(struct wr *, struct bytes path, uint32_t asn,
	    unsigned width);

#endif
