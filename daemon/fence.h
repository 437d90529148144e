/*
 * The table `vpnd' of nf_tables: the MSS of TCP through tunnels, and who may
 * forward to whom.
 */
#ifndef DAEMON_FENCE_H
#define DAEMON_FENCE_H

#include "gw/kern.h"
#include "util/instant.h"

struct mnl_socket;
struct monitor;
struct nft_ctx;

struct fence {
	struct nft_ctx	*nft;
	struct mnl_socket *events;	/* of nf_tables; NULL: none */
	bool		works;
	bool		stands;		/* the table is there */
	char		why[KERN_TEXT_LEN];	/* it does not work */
	struct instant	at;		/* it is due; never: it is right */
	struct instant	again;		/* not before */
};

/* Whether the kernel can is found out here, and said in the log. */
void		fence_open(struct fence *);
/* Takes the table away. */
void		fence_close(struct fence *);
/* Something that is in it has changed: soon. */
void		fence_touch(struct monitor *);
/* At once. */
void		fence_now(struct monitor *);
void		fence_tick(struct monitor *, struct instant);
/* Descriptor of events, -1: none; what somebody else did is undone. */
int		fence_fd(const struct fence *);
void		fence_events(struct monitor *);
/* The text of the table for nft; NULL: no memory.  To be freed. */
char		*fence_text(const struct monitor *);

#endif
