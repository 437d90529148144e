/*
 * What the gateway has its host keep of each tunnel, for another one that takes
 * its place when it dies: the number that names it to the kernel, whether an
 * operator has taken it down, why one has shut its BGP down, if one has, and
 * its IKE SAs (ike/keep.h).
 *
 *	| version (1) | number (4) | flags (1) | length (2) | text |
 *	| record of IKE, or nothing |
 */
#ifndef GW_DEPOSIT_H
#define GW_DEPOSIT_H

#include "gw/inner.h"

#define DEPOSIT_VERSION	2
#define DEPOSIT_HEAD	(8 + sizeof(struct reason))	/* at most */
#define DEPOSIT_DOWN	1u	/* flags: administratively down */

/* Something that is kept may be another. */
void	deposit_touch(struct gw_tunnel *);
/*
 * Puts KERN_KEEP into gw->deposits for each tunnel of which that is so; to be
 * called before anything is taken from gw->out.
 */
void	deposit_all(struct gw *);
/* The tunnel goes, and what is kept of it. */
void	deposit_end(struct gw_tunnel *);

#endif
