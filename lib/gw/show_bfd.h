/* BFD as JSON. */
#ifndef GW_SHOW_BFD_H
#define GW_SHOW_BFD_H

#include <jansson.h>

#include "gw/request.h"

/* New references; NULL: no memory. */
json_t	*show_bfd(const struct gw_tunnel *);
/* The few lines of it that show tunnel has. */
json_t	*show_bfd_brief(const struct gw_tunnel *);
/* In a sentence; false: the tunnel has none. */
bool	show_bfd_sentence(const struct gw_tunnel *, struct reason *);
void	command_bfd(struct request *);

#endif
