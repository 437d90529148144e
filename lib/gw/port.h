/* Interfaces of the host's that neighbours outside of tunnels are on. */
#ifndef GW_PORT_H
#define GW_PORT_H

#include "gw/inner.h"

/* Those that the configuration names are looked at, others forgotten. */
void		port_converge(struct gw *, struct instant);
void		port_fini(struct gw *);
/* NULL: none of that name. */
const struct gw_port *port_named(const struct gw *, const char *ifname);
bool		port_is_up(const struct gw *, const char *ifname);
/* KERN_LINK_STATE; false: it is not about one of them. */
bool		port_event(struct gw *, const struct kern_event *);
/* The answer to KERN_LINK_LOOK, by what was awaited. */
void		port_answer(struct gw *, struct instant, uint32_t id,
		    const struct kern_event *);
/* Asks (again) for those of which nothing is known. */
void		port_settle(struct gw *, struct instant);
void		port_restate(struct gw *);
struct instant	port_deadline(const struct gw *);

#endif
