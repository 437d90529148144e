/*
 * Path attributes: one row per attribute with its name, flags, size, RFC 7606
 * verdict, decoder and encoder.
 */
#ifndef BGP_ATTR_H
#define BGP_ATTR_H

#include "bgp/intern.h"
#include "bgp/limit.h"
#include "bgp/msg.h"

enum attr_type {
	ATTR_ORIGIN = 1,
	ATTR_AS_PATH,
	ATTR_NEXT_HOP,
	ATTR_MED,
	ATTR_LOCAL_PREF,
	ATTR_ATOMIC_AGGREGATE,
	ATTR_AGGREGATOR,
	ATTR_COMMUNITIES,		/* RFC 1997 */
	ATTR_ORIGINATOR_ID,		/* RFC 4456 */
	ATTR_CLUSTER_LIST,		/* RFC 4456 */
	ATTR_MP_REACH = 14,		/* RFC 4760 */
	ATTR_MP_UNREACH,		/* RFC 4760 */
	ATTR_EXT_COMMUNITIES,		/* RFC 4360 */
	ATTR_AS4_PATH,			/* RFC 6793 */
	ATTR_AS4_AGGREGATOR,		/* RFC 6793 */
	ATTR_LARGE_COMMUNITIES = 32,	/* RFC 8092 */
	ATTR_OTC = 35,			/* RFC 9234 */
	ATTR_TYPES
};

enum {				/* the flags octet */
	ATTR_OPTIONAL = 0x80,
	ATTR_TRANSITIVE = 0x40,
	ATTR_PARTIAL = 0x20,
	ATTR_EXTENDED = 0x10,	/* 2-octet length */
};

enum {				/* ORIGIN */
	ATTR_IGP,
	ATTR_EGP,
	ATTR_INCOMPLETE,
};

/* RFC 7606 section 2, the gentlest first. */
enum attr_verdict {
	ATTR_OK,
	ATTR_DISCARD,		/* the attribute is left out */
	ATTR_WITHDRAW,		/* the routes count as withdrawn */
	ATTR_RESET,		/* the session ends */
};

/* What was negotiated, as far as attributes depend on it. */
struct attr_mode {
	bool		ibgp;
	bool		as4;		/* both ends: RFC 6793 */
	uint32_t	remote_asn;
};

/* MP_REACH_NLRI or MP_UNREACH_NLRI. */
struct attr_mp {
	bool		present;
	enum addr_family family;	/* ADDR_NONE: not one of ours */
	struct addr	next_hop;
	struct bytes	nlri;
};

struct attr_unknown {
	uint8_t		flags, type;
	struct bytes	value;
};

/* Decoded attributes of one UPDATE: views into the message. */
struct attr_set {
	uint32_t	seen[8];	/* bit per type */
	uint8_t		origin;
	bool		atomic;
	struct addr	next_hop;
	uint32_t	med, local_pref, originator;
	struct bytes	value[ATTR_TYPES];	/* of those kept as octets */
	struct attr_mp	reach, unreach;
	struct attr_unknown unknown[LIMIT_UNKNOWN];	/* transitive */
	uint8_t		unknown_n;
};

/* Did the type come?  Also when it was discarded. */
bool	attr_seen(const struct attr_set *, uint8_t type);
/* Any attribute but this one? */
bool	attr_seen_other(const struct attr_set *, uint8_t type);
const char *attr_name(uint8_t type);	/* "attribute 99" has none: NULL */

/*
 * Decodes the path attributes field.  Anything but ATTR_OK: fault names the
 * worst finding, the first of its kind; the set holds what could be read.
 */
enum attr_verdict	attr_decode(struct attr_set *, struct bytes,
			    const struct attr_mode *, struct fault *);

/* How attributes are written for one peer. */
struct attr_out {
	bool		ibgp;
	bool		as4;
	uint32_t	local_asn;
	struct addr	next_hop;	/* IPv4, for NEXT_HOP; unset: MP */
	uint32_t	otc;		/* where there is none; 0: stays so */
};

/* All attributes but MP_REACH_NLRI, in order of type. */
void	attr_encode(struct wr *, const struct attrs *,
	    const struct attr_out *);
/* No encoding of them is longer. */
size_t	attr_encoded_max(const struct attrs *);
/* A header with the length that follows. */
void	attr_put(struct wr *, uint8_t flags, uint8_t type, size_t n);

/*
 * The canonical form of a decoded set for one family: AS4_PATH merged
 * (RFC 6793), defaults filled in.  Does not set refs, hash and the like.
 */
void	attr_canon(union attrs_buf *, const struct attr_set *,
	    const struct attr_mode *, const struct addr *next_hop);
/* Behind its AS_PATH: an attribute that is carried (attrs_next()). */
void	attr_put_item(struct wr *, uint8_t flags, uint8_t type, struct bytes);
/* Adds an OTC (RFC 9234) unless there is one. */
void	attr_add_otc(union attrs_buf *, uint32_t asn);
/* The bits of has that follow from communities. */
void	attr_heed(struct attrs *);
/* The attributes of a route that we originate. */
void	attr_originate(union attrs_buf *);

#endif
