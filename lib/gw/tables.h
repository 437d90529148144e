/* Route tables of the gateway, and what is in them without BGP. */
#ifndef GW_TABLES_H
#define GW_TABLES_H

#include "gw/inner.h"

/* Those of the configuration that are not there yet; before tunnels. */
void		tables_converge(struct gw *, struct instant);
/* Those that nobody needs any more go. */
void		tables_bury(struct gw *);
void		tables_fini(struct gw *);
/* Networks and static routes as the configuration has them. */
void		tables_fill(struct gw *, struct instant);
/* The same after another one, whose tunnels have been replaced. */
void		tables_refill(struct gw *, struct instant,
		    const struct conf *old);
/* One route, as it should be now. */
void		tables_route(struct gw *, struct instant, uint16_t table,
		    const struct prefix *);
/* A tunnel carries packets from now on, or does not, or goes. */
void		tables_tunnel(struct gw_tunnel *, struct instant);
/* The answer to KERN_TABLE_SET for this number. */
void		tables_answer(struct gw *, struct instant, uint32_t number,
		    const struct kern_event *);
/* All is stated again; or one, if it is one of ours. */
void		tables_restate(struct gw *);
void		tables_changed(struct gw *, uint32_t number);
void		tables_tick(struct gw *, struct instant);
struct instant	tables_deadline(const struct gw *);
/* NULL: the main table, or none of ours. */
const struct gw_table *tables_find(const struct gw *, uint32_t number);

#endif
