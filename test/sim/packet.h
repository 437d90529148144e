/* Packets inside ESP: sealed by one fake kernel, opened by the other. */
#ifndef TEST_SIM_PACKET_H
#define TEST_SIM_PACKET_H

#include "sim/gate.h"

#define PACKET_OCTETS	64

enum packet_kind {
	PACKET_PROBE,
	PACKET_SYN,
	PACKET_DATA,
	PACKET_FIN,
	PACKET_RST,
	PACKET_BFD,
};

struct packet {
	struct happening	event;
	enum packet_kind kind;
	struct gate	*to;
	struct esp	esp;
	struct path	path;		/* outer, as it arrives */
	uint64_t	tcp;		/* of the connection */
	unsigned	end;		/* which end sent it */
	uint32_t	seq;
	size_t		n;		/* octets carried */
	unsigned	tunnel;		/* probe: index of the link it took */
	uint8_t		octets[PACKET_OCTETS];	/* of BFD; n of them */
};

/*
 * Sends it out of an interface, takes it over.  NULL: it is under way;
 * "": the link dropped it; else what the sending kernel dropped it for.
 */
const char	*packet_send(struct gate *, const struct kernel_link *,
		    const struct flow *, struct packet *);
/* One packet from the network behind a gate to the other's. */
void		packet_probe(struct gate *, const char *src, const char *dst,
		    uint32_t flow);
/* Probes in both directions between the first two gates, until zero. */
void		packet_probes(struct world *, struct span every);

#endif
