/* Interfaces of VPCs, which are not ours: watched for the engine. */
#ifndef DAEMON_LANS_H
#define DAEMON_LANS_H

#include <linux/netlink.h>

#include "gw/kern.h"

struct monitor;

struct lan {
	struct kern_lan	lan;		/* as it was stated */
	uintptr_t	generation;	/* of the statement */
	unsigned	ifindex;	/* when last looked at; 0: none */
	bool		dirty;		/* to be looked at */
	bool		stated;		/* its state is to be told anyway */
	bool		flushed;	/* it was down since that was told */
	struct kern_event told;
};

struct lans {
	struct lan	*v;		/* owned */
	size_t		 n, cap;
	bool		 dirty;		/* one of them is */
};

void		lans_fini(struct lans *);
struct lan	*lan_find(const struct lans *, const char *name);
/* Does one of them forward from and to tunnels only? */
bool		lans_closed(const struct lans *);
/* KERN_LAN_SET, KERN_LAN_DEL. */
void		lan_set(struct monitor *, const struct kern_op *);
void		lan_del(struct monitor *, const struct kern_op *);
/* An event of the kernel: about a link, or an address of one. */
void		lans_event(struct monitor *, const struct nlmsghdr *);
/* Tells the engine what has changed; at the end of a turn. */
void		lans_look(struct monitor *);
/* Before a sweep: what an engine before has stated and this one has not. */
void		lans_prune(struct monitor *);

#endif
