/* From the cores' outputs to the gateway's. */
#ifndef GW_PUMP_H
#define GW_PUMP_H

#include "gw/inner.h"

/* Everything that the core has put out; false: there was nothing. */
bool	pump_ike(struct gw *, struct instant);
bool	pump_bgp(struct gw *);
/* GW_OUT_STREAM or GW_OUT_CLOSE. */
void	pump_stream(struct gw *, uint32_t conn, enum gw_out_kind);

#endif
