/* Keys of IKE SAs as JSON, for an operator's protocol analyser. */
#ifndef GW_REVEAL_H
#define GW_REVEAL_H

#include "gw/inner.h"

struct reveal {
	struct wr	w;		/* into memory of its own */
	unsigned	sas, tunnels;	/* shown so far */
};

void	reveal_init(struct reveal *, const struct gw *);
void	reveal_tunnel(struct reveal *, const struct gw_tunnel *);
/*
 * One line with its newline, its length returned; owned by the caller, who
 * wipes it.  NULL and 0: no memory.
 */
size_t	reveal_done(struct reveal *, uint8_t **line);

#endif
