/* Where neighbours outside of tunnels call, and who of them is let in. */
#ifndef GW_DOOR_H
#define GW_DOOR_H

#include "gw/inner.h"

#define DOOR_ID		0x02000000u

/* One for each address of the configuration on an interface. */
void		door_converge(struct gw *, struct instant);
void		door_fini(struct gw *);
/* Opens those whose interface is there, closes the others. */
void		door_settle(struct gw *, struct instant);
struct instant	door_deadline(const struct gw *);
/* The answer to KERN_LISTEN; false: it was none of a door's. */
bool		door_answer(struct gw *, struct instant, uint32_t door,
		    bool listens);
void		door_restate(struct gw *);

/* Is it the number of one, there or gone? */
bool		door_is(uint32_t id);
/* Somebody is there: number of the connection, or 0: not let in. */
uint32_t	door_accept(struct gw *, struct instant, uint32_t door,
		    const struct addr *from);
/* How far segments go to who was let in and have come; false: nobody. */
bool		door_hops(const struct gw *, uint32_t door,
		    const struct addr *from, uint8_t *ttl, uint8_t *least);

#endif
