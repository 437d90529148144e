/*
 * The forwarding tables as they should be in the kernel: per route table and
 * prefix a set of tunnels, static before learned; nexthop objects per tunnel and gateway,
 * groups interned by their members, routes that point to one or the other.
 * Changes of a prefix are coalesced, and only so many are on their way to the
 * kernel at a time that other operations do not wait behind them for long.
 */
#ifndef GW_FIB_H
#define GW_FIB_H

#include "gw/queue.h"
#include "util/map.h"

#define FIB_TABLE_MAIN	254
#define FIB_WINDOW	1024	/* routes on their way to the kernel */

struct fib;

enum fib_source {		/* in order of preference */
	FIB_STATIC,
	FIB_BGP,
	FIB_SOURCES
};

enum fib_state {
	FIB_PENDING,		/* the kernel was asked, or will be */
	FIB_INSTALLED,
	FIB_FAILED,
};

/*
 * Tunnels are numbered 1..; a hop is a tunnel with a gateway behind it.  One
 * with a gateway was learned from the tunnel's BGP neighbour.
 */
struct fib_hop {
	uint32_t	tunnel;
	struct addr	gateway;	/* any: the device itself */
};

struct fib_hops {
	uint8_t		n;
	struct fib_hop	v[KERN_GROUP_MAX];
};

/* A hop of its own: packets to there are dropped. */
#define FIB_BLACKHOLE	UINT32_MAX
/* From here on: interfaces that are no tunnels; those of VPCs. */
#define FIB_LANS	0x80000000u

/* A look at one route; a copy. */
struct fib_route {
	struct prefix	prefix;
	uint32_t	table;
	enum fib_state	state;
	enum fib_source	source;
	struct fib_hops	hops;		/* that are used now */
};

/* What routes and groups are made with. */
struct fib_conf {
	bool		resilient;	/* groups keep flows where they are */
	struct addr	source[2];	/* RTA_PREFSRC, IPv4 and IPv6; or unset */
};

/* key: a secret, since peers choose prefixes.  NULL: no memory. */
struct fib	*fib_new(struct queue *, uint64_t key);
void		fib_free(struct fib *);
/*
 * Before the first route: which life of the gateway this is.  Nexthops and groups
 * have other numbers than in the seven before, whose routes may be there yet.
 */
void		fib_life(struct fib *, uint32_t life);
/* Before the first route; later the routes are stated again. */
void		fib_configure(struct fib *, const struct fib_conf *);
/* A tunnel's interface can carry routes (again): its nexthops are made. */
void		fib_tunnel_up(struct fib *, uint32_t tunnel, const char *dev);
/*
 * It cannot: its nexthops go, and with them the kernel takes it out of every
 * group and drops the routes that have no other.
 */
void		fib_tunnel_down(struct fib *, uint32_t tunnel);
/*
 * Its BGP neighbour teaches routes (again); or all of them are void, though
 * they are taken back one by one with fib_set() only from now on.
 */
void		fib_taught(struct fib *, uint32_t tunnel, bool);
/* The hops of one source in a route table; n 0: none any more. */
void		fib_set(struct fib *, enum fib_source, uint32_t table,
		    const struct prefix *, const struct fib_hops *);
/*
 * Where very many routes are new, those beyond some thousand are loose: taken
 * up all over the table in turn, which the kernel does in half the time.  That
 * is the better the more of them are there: held, they wait.
 */
void		fib_hold(struct fib *, bool held);
uint32_t	fib_loose(const struct fib *);
/*
 * Asks the kernel for some of what has changed; after every event.  Looks at
 * so many routes at most; what is left of that.
 */
unsigned	fib_work(struct fib *, unsigned budget);
/* Is there more that it could ask for at once? */
bool		fib_pending(const struct fib *);
/* The kernel answered an operation on a route, nexthop or group; false: no. */
bool		fib_done(struct fib *, uint32_t id, int32_t error);
/* What the kernel refused is sent again. */
void		fib_retry(struct fib *);
/* Everything is stated again, in order (after KERN_OVERRUN). */
void		fib_resync(struct fib *);
/* Is some of that still to be asked for?  What was not is no leftover. */
bool		fib_restating(const struct fib *);
/* The kernel lost the nexthops of a tunnel, which is up. */
void		fib_flushed(struct fib *, uint32_t tunnel);
/* Somebody else touched a nexthop or group; a route. */
void		fib_object_changed(struct fib *, uint32_t id);
void		fib_route_changed(struct fib *, uint32_t table,
		    const struct prefix *);
/*
 * Groups that wait for routes are settled, and some routes are stated again,
 * so that in the long run nothing is wrong.  In how many seconds that is due;
 * 0: never, there are no routes.
 */
unsigned	fib_tick_in(const struct fib *);
void		fib_tick(struct fib *);
/* Groups wait for more routes before they use a tunnel that came back. */
bool		fib_waits(const struct fib *);
struct fib_totals {
	uint64_t	routes;		/* that the kernel is to have */
	uint64_t	installed;	/* that it has */
	uint64_t	asked;		/* on their way to it */
	uint64_t	failed;		/* that it refused; tried again */
};

struct fib_totals fib_totals(const struct fib *);
/* Routes in the kernel through this tunnel. */
unsigned	fib_count(const struct fib *, uint32_t tunnel);
/* Routes that the kernel was given, in no order; pos starts at 0. */
bool		fib_each(const struct fib *, size_t *pos, struct fib_route *);
/* The route of exactly this prefix, if the kernel was given one. */
bool		fib_get(const struct fib *, uint32_t table,
		    const struct prefix *, struct fib_route *);

#endif
