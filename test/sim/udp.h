/* BFD's sockets of the simulated gates. */
#ifndef TEST_SIM_UDP_H
#define TEST_SIM_UDP_H

#include "sim/packet.h"

/* KERN_BFD_LISTEN or KERN_BFD_CONNECT.  0 or an errno. */
int	udp_open(struct gate *, const struct kern_op *);
void	udp_close(struct gate *, uint32_t tunnel);
/* The gateway never got the descriptor. */
void	udp_lost(struct gate *, uint32_t tunnel, enum kern_op_kind);
void	udp_send(struct gate *, uint32_t tunnel, struct bytes);
/* A packet came out of a tunnel. */
void	udp_packet(struct world *, const struct packet *,
	    const struct kernel_link *);

#endif
