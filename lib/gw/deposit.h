/*
 * What the gateway has its host keep of each tunnel, for another one that takes
 * its place when it dies: the number that names it to the kernel, whether an
 * operator has taken it down, why one has shut its BGP down, if one has, whether
 * what its neighbour taught is forwarded, whether and to where it drains, until when
 * tickets that were issued are void, and its IKE SAs (ike/keep.h).
 *
 *	| version (1) | number (4) | life (4) | flags (1) | void (8) |
 *	| family (1) | address (16) | length (2) | text |
 *	| record of IKE, or nothing |
 *
 * A life is that of one gateway; the one after it has the next number.
 */
#ifndef GW_DEPOSIT_H
#define GW_DEPOSIT_H

#include "gw/inner.h"

#define DEPOSIT_VERSION	3
#define DEPOSIT_HEAD	(37 + sizeof(struct reason))	/* at most */
enum {				/* flags */
	DEPOSIT_DOWN = 1,	/* administratively down */
	DEPOSIT_BGP4 = 2,	/* routes of its neighbour are forwarded */
	DEPOSIT_BGP6 = 4,
	DEPOSIT_DRAIN = 8,	/* to the address, if one is set */
};

/* Something that is kept may be another. */
void	deposit_touch(struct gw_tunnel *);
/*
 * Puts KERN_KEEP into gw->deposits for each tunnel of which that is so; to be
 * called before anything is taken from gw->out.  False: of one there is neither
 * memory for a record nor to say so, and nothing may be taken but deposits.
 */
bool	deposit_all(struct gw *);
/* The tunnel goes, and what is kept of it. */
void	deposit_end(struct gw_tunnel *);

#endif
