/* BGP neighbours outside of tunnels: on the host's own networks, or behind. */
#ifndef GW_OUTER_H
#define GW_OUTER_H

#include "gw/inner.h"

/* Numbers of tunnels are below, those of doors above. */
#define OUTER_ID	0x01000000u
#define OUTER_IDS	65536u

/* Those of the configuration come, change and go; anew: all go first. */
void		outer_converge(struct gw *, struct instant, bool anew);
void		outer_fini(struct gw *);
/* NULL: no such one. */
struct gw_outer	*outer_get(const struct gw *, uint32_t id);
/* That of this configuration which has the address; NULL: none (yet). */
struct gw_outer	*outer_at(const struct gw *, const struct conf_neighbor *,
		    const struct addr *remote);
/* One for who calls from a prefix; passive, and there at once.  NULL: no. */
struct gw_outer	*outer_for(struct gw *, struct instant,
		    const struct gw_outer *prefix, const struct addr *remote);
/* It goes, with its session. */
void		outer_end(struct gw_outer *, struct instant);
/* Does a session with it come to something, or has it? */
bool		outer_is_up(const struct gw_outer *);

/* Something about them changed: look at them when the event ends. */
void		outer_touch(struct gw *);
/* Takes the next steps of all; false: there were none to take. */
bool		outer_settle(struct gw *, struct instant);
void		outer_tick(struct gw *, struct instant);
struct instant	outer_deadline(const struct gw *);
/* Their kernel state is stated again (after KERN_OVERRUN). */
void		outer_restate(struct gw *, struct instant);
/* The session is shut for this reason; "": it may be. */
void		outer_shut(struct gw_outer *, const char *why);
/* Where and how far segments go to it. */
void		outer_conn(const struct gw_outer *, struct kern_conn *);
/* What a route that it teaches leads to. */
struct addr	outer_gateway(const struct gw_outer *, const struct addr *hop);

#endif
