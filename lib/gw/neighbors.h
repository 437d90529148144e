/* Whoever speaks BGP with us, in a tunnel or outside of tunnels. */
#ifndef GW_NEIGHBORS_H
#define GW_NEIGHBORS_H

#include "gw/inner.h"

/* A view of one, until the next event. */
struct neighbor {
	struct gw_tunnel *tunnel;	/* or NULL, and: */
	struct gw_outer	*outer;
	const struct gw	*gw;
	uint32_t	id;
	const char	*name;		/* "conn/1", "core", "lab@10.0.0.7" */
	const char	*ifname;
	const char	*shut;		/* an operator's text, or "" */
	uint32_t	remote_asn;	/* 0: not known yet */
	uint16_t	association;
	bool		prefix;		/* where some call from: no session */
	const struct conf_tunnel *conf;	/* its part that is about BGP */
};

/*
 * The next one, tunnels first, those that are removed left out; it starts all
 * zero but for gw.  False: that was all.
 */
bool		neighbors_next(struct neighbor *);
/* By its id, also one that is removed.  False: there is none. */
bool		neighbors_get(const struct gw *, uint32_t id,
		    struct neighbor *);
/* "" for one that is not there. */
const char	*neighbors_name(const struct gw *, uint32_t id);

#endif
