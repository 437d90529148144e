/*
 * Draining for maintenance: peers are told to go to another gateway by IKE
 * redirects (RFC 5685), or nobody new is let in.
 */
#ifndef GW_DRAIN_H
#define GW_DRAIN_H

#include <jansson.h>

#include "util/addr.h"
#include "util/instant.h"
#include "util/str.h"

struct gw;
struct gw_tunnel;

/* Of the gateway: what was ordered, for tunnels to come as well. */
struct drain_order;

struct drain {
	struct drain_order *orders;	/* the later ones count; owned */
	struct instant	at;		/* of the next step */
	struct instant	look_at;	/* who has not left? */
	unsigned	batch;		/* peers that are told in one step */
};

/* Of a tunnel. */
struct drain_state {
	bool		on;
	struct addr	to;		/* unset: nobody new is let in */
	bool		due;		/* its peer is to be told */
	bool		overdue;	/* it was, and has not left */
	unsigned	told;		/* so often */
	struct instant	told_at;
};

struct drain_tally {
	unsigned	tunnels;	/* that the order is about */
	unsigned	up;		/* of these */
	unsigned	told;		/* of these: can be told, and will be */
};

void		drain_init(struct drain *);
void		drain_fini(struct drain *);
/*
 * Tunnels of this name ("": all, "conn", "conn/1"), now and later, until
 * drain_off() or the end of the daemon; to NULL: nobody new is let in.  False:
 * no memory, or they cannot go there.
 */
bool		drain_on(struct gw *, struct instant, const char *name,
		    const struct addr *to, struct drain_tally *,
		    struct reason *why);
void		drain_off(struct gw *, struct instant, const char *name);
/* A tunnel that is new: is it to be drained? */
void		drain_join(struct gw_tunnel *, struct instant);
/* It was drained in a life before this one, and nobody has said otherwise. */
void		drain_go_on(struct gw_tunnel *, struct instant,
		    const struct addr *to);
void		drain_tick(struct gw *, struct instant);
struct instant	drain_deadline(const struct gw *);
/* Why a tunnel that drains is not up. */
void		drain_reason(const struct gw_tunnel *, struct reason *);
/* "off", "gone", "waiting", "told", "staying", "kept"; to; reason. */
json_t		*drain_show(const struct gw_tunnel *);

#endif
