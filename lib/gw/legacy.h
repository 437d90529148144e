/*
 * What a gateway before this one has left with the host (deposit.h), and how
 * its tunnels go on with it.
 */
#ifndef GW_LEGACY_H
#define GW_LEGACY_H

#include "gw/inner.h"

struct legacy {
	struct legacy	*next;		/* in gw->legacies, until it is claimed */
	char		name[CONF_NAME_LEN + 8];	/* "conn/1" */
	uint32_t	id;		/* of the tunnel */
	uint32_t	life;		/* when it was left */
	bool		down;		/* by an operator, who may also have */
	struct reason	bgp_shut;	/* said so of its BGP; or "" */
	bool		bgp4, bgp6;	/* its neighbour's routes are there */
	bool		drain;		/* to there, or nobody new is let in: */
	struct addr	to;
	struct instant	tickets_void;	/* those of before */
	size_t		n;
	uint8_t		octets[];	/* of its IKE SAs, or none */
};

/*
 * Before the first tunnel is made.  Records of tunnels, each after the other:
 *
 *	| length (2) | "conn/1" | length (4) | deposit |
 */
void	legacy_read(struct gw *, struct instant, struct bytes);
/* What is left of a tunnel of this name, taken off; or NULL. */
struct legacy *legacy_take(struct gw *, const char *name);
bool	legacy_has(const struct gw *, const char *name);
void	legacy_free(struct legacy *);	/* wipes */
/* All tunnels are made: what nobody wanted is gone. */
void	legacy_end(struct gw *, struct instant);
/* The tunnel's interface is there: its SAs go on, or the reason is said. */
void	legacy_claim(struct gw_tunnel *, struct instant);
/* It will not. */
void	legacy_drop(struct gw_tunnel *);
/* Its interface or its SAs are lost: so are the routes of before through it. */
void	legacy_void(struct gw_tunnel *, struct instant);
/*
 * Not all have claimed theirs, or said to the kernel what follows: what was
 * not stated is not stale yet.  That does not last long.
 */
bool	legacy_awaited(const struct gw *, struct instant);
/* Likewise for routes: BGP has yet to teach them again, or to state them. */
bool	legacy_learns(struct gw *, struct instant);

#endif
