/* Control clients of the engine: lines in, one answer out, close. */
#ifndef DAEMON_CLIENTS_H
#define DAEMON_CLIENTS_H

#include "gw/gw.h"
#include "util/map.h"

#define CLIENTS_MAX	64

struct clients {
	int		ep, listener;	/* borrowed */
	struct gw	*gw;		/* borrowed */
	struct map	by_number;
	uint32_t	next;
};

void	clients_init(struct clients *, int ep, int listener, struct gw *);
void	clients_fini(struct clients *);
void	clients_accept(struct clients *);
void	clients_readable(struct clients *, struct instant, uint32_t number);
void	clients_writable(struct clients *, uint32_t number);
/* The gateway's answer; copied. */
void	clients_answer(struct clients *, uint32_t number, struct bytes);

#endif
