/*
 * Fragmentation of encrypted IKE messages, RFC 7383: a message that is too
 * long goes out as several, each with one Encrypted Fragment payload (SKF)
 * that is sealed and authenticated by itself; the receiver gathers them.
 *
 *                      1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+-+-------------+-------------------------------+
 * | Next Payload  |C|  RESERVED   |         Payload Length        |
 * +---------------+-+-------------+-------------------------------+
 * |        Fragment Number        |        Total Fragments        |
 * +-------------------------------+-------------------------------+
 * |    Initialization Vector, encrypted content, padding, ICV     |
 * +---------------------------------------------------------------+
 */
#ifndef IKE_FRAG_H
#define IKE_FRAG_H

#include "ike/build.h"
#include "util/instant.h"

/* Enough for IKE_MSG_MAX octets in IP datagrams of 576 with any cipher. */
#define FRAG_TOTAL_MAX	160
/*
 * Octets that all messages being gathered may hold together, and up to where
 * those count who have not authenticated: they cannot take it all.
 */
#define FRAG_POOL_MAX	(UINT32_C(16) << 20)
#define FRAG_POOL_OPEN	(FRAG_POOL_MAX / 2)

/* One fragment as it came in. */
struct frag_part {
	uint8_t		exchange;
	uint8_t		first;		/* Next Payload; counts in number 1 */
	uint16_t	number, total;
	struct bytes	plain;		/* once it has been opened */
};

/* A message of which fragments are there. */
struct frag;

/*
 * Is it worth the while of opening it?  Not what is out of range, there
 * already, of another exchange, or of fewer fragments than are being gathered
 * (section 2.6).  NULL: nothing is being gathered.
 */
bool		frag_wants(const struct frag *, const struct frag_part *);
/*
 * Keeps a copy of a fragment that is authentic.  One with a larger total
 * replaces all that is there: the sender has begun anew with smaller ones.  A
 * message that grows too long is forgotten.  pool counts the octets of all
 * messages, which must not come above most; until is set with the first
 * fragment.  False: not kept.
 */
bool		frag_add(struct frag **, const struct frag_part *,
		    size_t *pool, size_t most, struct instant until);
/* Until when to wait for the rest; never for NULL. */
struct instant	frag_until(const struct frag *);
/*
 * When all are there: what is inside of them, owned by the struct, and the
 * type of its first payload.  False: some are missing, or no memory.
 */
bool		frag_join(struct frag *, uint8_t *first, struct bytes *plain);
/* Wipes, frees, and leaves NULL. */
void		frag_drop(struct frag **, size_t *pool);

/*
 * Ends a message with an SK payload as fragments of at most room octets each,
 * in one buffer of the caller's to free, one behind the other: the Length in
 * its header tells where each ends.  The plaintext in the builder is wiped.
 * False: room is too little, there would be too many, no memory, or sealing
 * failed.
 */
bool		frag_end(struct build *, struct drbg *, size_t room,
		    uint8_t **out, size_t *n);

#endif
