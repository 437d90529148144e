/* Route refresh (RFC 2918) and its marks (RFC 7313) in one session. */
#ifndef BGP_REFRESH_H
#define BGP_REFRESH_H

#include "bgp/speaker.h"

/* Asks for all routes again.  NULL: asked; otherwise why not. */
const char	*refresh_ask(struct bgp *, struct session *);
/* The peer sent ROUTE-REFRESH. */
void		refresh_hear(struct bgp *, struct session *, struct bytes body);
/* It began to send all its routes again and never ended. */
void		refresh_expires(struct bgp *, struct session *);

#endif
