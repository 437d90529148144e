/*
 * TCP between gateways, for BGP, at the level of octets: connects, flights
 * that are repeated until they get through, resets, and the long patience of
 * a real one.  Every packet goes through the tunnel's ESP.
 */
#ifndef TEST_SIM_TCP_H
#define TEST_SIM_TCP_H

#include "sim/packet.h"

struct tcp_listener {
	uint32_t	tunnel;		/* 0: free */
	struct addr	local;
	unsigned	serial;		/* of the interface it is bound to */
};

/* KERN_CONNECT: answered with gate_answer() when it is decided. */
void	tcp_connect(struct gate *, const struct kern_op *);
/* The gateway gets the socket of that operation, or will never get it. */
void	tcp_given(struct gate *, uint32_t op);
void	tcp_lost(struct gate *, uint32_t op);
/* KERN_LISTEN and KERN_UNLISTEN.  0 or an errno. */
int	tcp_listen(struct gate *, const struct kern_op *);
void	tcp_unlisten(struct gate *, uint32_t tunnel);
/* The gateway has octets for conn, or wants it closed. */
void	tcp_send(struct gate *, uint32_t conn);
void	tcp_close(struct gate *, uint32_t conn);
/* Something came out of the tunnel. */
void	tcp_packet(struct world *, const struct packet *,
	    const struct kernel_link *);
/* Its process ends, and the kernel, which goes on, says so to the others. */
void	tcp_reset(struct gate *);
/* The gateway is gone with all its sockets. */
void	tcp_crash(struct gate *);
/* Sockets that the gateway was given and has not closed. */
unsigned	tcp_count(const struct gate *);
/* One of them that it knows nothing of; 0: none. */
uint32_t	tcp_stray(const struct gate *);
void	tcp_forget_all(struct world *);

#endif
