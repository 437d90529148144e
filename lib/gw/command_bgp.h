/* Control requests about BGP; each answers once. */
#ifndef GW_COMMAND_BGP_H
#define GW_COMMAND_BGP_H

#include "gw/request.h"

void	command_bgp(struct request *);
void	command_bgp_dump(struct request *);
void	command_bgp_trace(struct request *);
void	command_bgp_routes(struct request *);
void	command_bgp_refresh(struct request *);
void	command_bgp_clear(struct request *);
void	command_bgp_shutdown(struct request *);
void	command_bgp_start(struct request *);
void	command_explain_route(struct request *);

#endif
