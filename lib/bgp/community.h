/*
 * Communities of all three kinds and patterns over them.  Text:
 *
 *	65010:100		plain (RFC 1997), or a well-known name: no-export
 *	65010:1:2		large (RFC 8092)
 *	rt:65010:100		extended (RFC 4360, 5668): route target of an
 *	rt:192.0.2.1:100	AS or an address; soo: site of origin
 *	ext:0x0002fe0a00000064	any other extended one
 *
 * In a pattern each number may be "*" or "N-M", and "ext:*" is all extended.
 */
#ifndef BGP_COMMUNITY_H
#define BGP_COMMUNITY_H

#include "bgp/range.h"
#include "util/bytes.h"
#include "util/str.h"

enum community_kind {
	COMMUNITY_PLAIN,
	COMMUNITY_EXTENDED,
	COMMUNITY_LARGE,
	COMMUNITY_KINDS
};

enum {				/* RFC 1997, 3765, 7611, 7999, 8326, 9494 */
	COMMUNITY_GRACEFUL_SHUTDOWN = 0xffff0000,
	COMMUNITY_ACCEPT_OWN = 0xffff0001,
	COMMUNITY_LLGR_STALE = 0xffff0006,
	COMMUNITY_NO_LLGR = 0xffff0007,
	COMMUNITY_BLACKHOLE = 0xffff029a,
	COMMUNITY_NO_EXPORT = 0xffffff01,
	COMMUNITY_NO_ADVERTISE = 0xffffff02,
	COMMUNITY_NO_EXPORT_SUBCONFED = 0xffffff03,
	COMMUNITY_NO_PEER = 0xffffff04,
};

#define COMMUNITY_OCTETS	12	/* of the longest */
#define COMMUNITY_TEXT		40	/* of the longest, and a NUL */

/* All octets that are not in use are zero. */
struct community_pattern {
	uint8_t		kind;
	uint8_t		subtype;	/* extended: its, or 0: by octets */
	uint8_t		types;		/* extended: bit per type */
	struct range	number[3];
};

/* False: why says what is wrong with it. */
bool	community_parse(struct community_pattern *, const char *,
	    struct reason *why);
/* Octets of one community of a kind. */
size_t	community_octets(enum community_kind);
uint8_t	community_attr(enum community_kind);	/* the attribute's type */
/* Does one of this kind, as on the wire, match? */
bool	community_match(const struct community_pattern *,
	    enum community_kind, struct bytes);
/* Without "*" and "-": there is one community that it matches. */
bool	community_is_one(const struct community_pattern *);
/* That one, as on the wire. */
void	community_put(struct wr *, const struct community_pattern *);
/* One as on the wire, in the text that is read as it. */
const char	*community_str(enum community_kind, struct bytes,
		    char text[static COMMUNITY_TEXT]);

#endif
