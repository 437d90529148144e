/* Between the gateway and its forwarding table. */
#ifndef GW_FORWARD_H
#define GW_FORWARD_H

#include "gw/inner.h"

void		forward_init(struct gw *);
/* As the configuration has it. */
void		forward_configure(struct gw *);
/*
 * The state of a neighbour's session changed; up: it is established.  teaches
 * is remembered with the neighbour.
 */
void		forward_taught(struct gw *, uint32_t id, bool *teaches,
		    bool up);
/* Routes of neighbours that came count once those of before are gone. */
void		forward_begin(struct gw *);
/* The kernel refused a route, nexthop or group. */
void		forward_refused(struct gw *, struct instant,
		    const struct kern_event *);
/* KERN_CHANGED. */
void		forward_changed(struct gw *, struct instant,
		    const struct kern_event *);
/* At the end of every event. */
void		forward_arm(struct gw *, struct instant);
void		forward_tick(struct gw *, struct instant);
struct instant	forward_deadline(const struct gw *);

#endif
