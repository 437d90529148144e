/*
 * Replacement of a tunnel, as AWS does it for maintenance: its traffic moves
 * to the other tunnel of the connection in both directions, by MED and by
 * graceful shutdown (RFC 8326), then its SAs are deleted and made anew.  And
 * changes of the configuration that would interrupt a tunnel, which wait for
 * it where lifecycle control is on.
 */
#ifndef GW_UPKEEP_H
#define GW_UPKEEP_H

#include "gw/request.h"

/* So long its neighbour is given to move its traffic; 0: none is. */
struct span	upkeep_drain(const struct gw_tunnel *);
/* At the beginning of tunnel_settle(): what is due, and what has ended. */
void		upkeep_settle(struct gw_tunnel *, struct instant);
/*
 * The text describes it as w now, for which it would have to end.  False: it
 * does not wait.
 */
bool		upkeep_defer(struct gw_tunnel *, struct instant,
		    const struct conf_tunnel *w);
/* It is described as it is again. */
void		upkeep_cancel(struct gw_tunnel *);

void		command_replace(struct request *);
json_t		*upkeep_show(const struct gw_tunnel *);

#endif
