/*
 * The forwarding table as it should be in the kernel: per prefix a set of
 * tunnels, static before learned; nexthop objects per tunnel and family,
 * groups interned by their members, routes that point to one or the other.
 */
#ifndef GW_FIB_H
#define GW_FIB_H

#include "gw/queue.h"
#include "util/map.h"

#define FIB_TABLE_MAIN	254

struct fib;

enum fib_source {		/* in order of preference */
	FIB_STATIC,
	FIB_BGP,
	FIB_SOURCES
};

enum fib_state {
	FIB_PENDING,		/* the kernel was asked */
	FIB_INSTALLED,
	FIB_FAILED,
};

/* Tunnels are numbered 1..; a hop is a tunnel with a gateway behind it. */
struct fib_hop {
	uint32_t	tunnel;
	struct addr	gateway;	/* unset: the device itself */
};

struct fib_hops {
	uint8_t		n;
	struct fib_hop	v[KERN_GROUP_MAX];
};

/* A look at one route; a copy. */
struct fib_route {
	struct prefix	prefix;
	uint32_t	table;
	enum fib_state	state;
	enum fib_source	source;
	struct fib_hops	hops;
};

struct fib	*fib_new(struct queue *);	/* NULL: no memory */
void		fib_free(struct fib *);
/* A tunnel's interface can carry routes (again): its nexthops are made. */
void		fib_tunnel_up(struct fib *, uint32_t tunnel, const char *dev);
/* It cannot: its nexthops go, and with them the kernel drops its routes. */
void		fib_tunnel_down(struct fib *, uint32_t tunnel);
/* The hops of one source; n 0: none any more.  Down tunnels are left out. */
void		fib_set(struct fib *, enum fib_source, const struct prefix *,
		    const struct fib_hops *);
/* The kernel answered an operation of ours.  False: a route was refused. */
bool		fib_done(struct fib *, uint32_t id, int32_t error,
		    const char *text);
/* Routes that the kernel refused are sent again, with their nexthops. */
void		fib_retry(struct fib *);
/* Everything is stated again, in order (after KERN_OVERRUN). */
void		fib_resync(struct fib *);
/* Routes in the kernel through this tunnel. */
unsigned	fib_count(const struct fib *, uint32_t tunnel);
/* Routes that the kernel was given, in no order; pos starts at 0. */
bool		fib_each(const struct fib *, size_t *pos, struct fib_route *);
/* The route of exactly this prefix, if the kernel was given one. */
bool		fib_get(const struct fib *, const struct prefix *,
		    struct fib_route *);

#endif
