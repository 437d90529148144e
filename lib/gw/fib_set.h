/*
 * What routes lead to: nexthop objects, and sets of them, which are nexthop
 * groups in the kernel.  Private to the fib.
 */
#ifndef GW_FIB_SET_H
#define GW_FIB_SET_H

#include "gw/fib.h"
#include "gw/fib_ids.h"

struct fib_set;

/* A tunnel. */
struct device {
	uint32_t	tunnel;
	bool		up;		/* carries packets */
	bool		taught;		/* its neighbour's routes count */
	char		name[KERN_IFNAME_LEN];
	struct nexthop	*hops;
};

/* A gateway behind a tunnel; one object in the kernel. */
struct nexthop {
	struct nexthop	*next;		/* of the device */
	struct device	*device;
	struct addr	gateway;	/* any: the device itself, static */
	uint32_t	id;
	bool		in_kernel;	/* was said to be */
	bool		refused;
	struct fib_set	*sets;		/* that name it */
};

/*
 * Hops that routes want together, once however many do.  Routes that lead to
 * it use its group, whose members are those of its hops that are alive; while
 * some of its routes want less than all of it, a hop that came back is left
 * out (torn).
 */
struct fib_set {
	struct fib_set	*alike;		/* of the same hash */
	struct fib_set	*next[KERN_GROUP_MAX];	/* in sets of hop[i] */
	uint32_t	number;		/* in routes */
	uint32_t	id;		/* of the group; 0: none yet */
	uint8_t		n;
	uint16_t	live;		/* bits: hops that could carry */
	uint16_t	members;	/* hops of the group in the kernel */
	uint16_t	life;		/* another one when all routes were lost */
	bool		torn, dividing;
	bool		refused;	/* its group was */
	bool		doubtful;	/* routes may be there that we think lost */
	uint32_t	wanted;		/* wants of routes */
	uint32_t	attached;	/* routes that lead to it */
	uint32_t	whole;		/* of those, who want all of it */
	uint32_t	acked;		/* of those, who are in the kernel */
	uint32_t	whole_then;	/* at the last look at who is torn */
	struct nexthop	*hop[KERN_GROUP_MAX];
};

struct fib_sets {
	struct queue	*out;		/* borrowed */
	bool		resilient;	/* kind of groups made from now on */
	struct map	devices;	/* tunnel -> device, owned */
	struct map	by_hash;	/* of hops -> fib_set */
	struct fib_set	**at;		/* by number - 1; NULL: free */
	uint32_t	cap;
	struct fib_ids	numbers, ids;
	struct map	by_id;		/* of the object; see fib_set.c */
	struct map	asked;		/* operation id -> id of the object */
	uint32_t	torn;		/* sets that are */
	bool		revived;	/* routes may have to be sent again */
};

void		fib_sets_init(struct fib_sets *, struct queue *);
void		fib_sets_fini(struct fib_sets *);

struct device	*fib_device(const struct fib_sets *, uint32_t tunnel);
/* Makes it if need be; NULL: no memory. */
struct device	*fib_device_get(struct fib_sets *, uint32_t tunnel);
/* After a change of up or taught: what its hops are for their sets. */
void		fib_device_changed(struct fib_sets *, struct device *);

/* The set of these hops, wanted once more; NULL: none, or no memory. */
struct fib_set	*fib_set_want(struct fib_sets *, const struct fib_hops *);
void		fib_set_unwant(struct fib_sets *, struct fib_set *);
struct fib_set	*fib_set_at(const struct fib_sets *, uint32_t number);
/* Routes come to it and leave it. */
void		fib_set_attach(struct fib_set *);
void		fib_set_detach(struct fib_sets *, struct fib_set *);
/* It has members in the kernel; false: no hop of it is alive. */
bool		fib_set_ensure(struct fib_sets *, struct fib_set *);
/* What routes name: a group, or the nexthop of a set of one. */
uint32_t	fib_set_target(const struct fib_set *);
/* Does its group spread over just those hops of the other that are alive? */
bool		fib_set_serves(const struct fib_set *, const struct fib_set *);
/* Counts changed: a group that was torn may grow again. */
void		fib_set_look(struct fib_sets *, struct fib_set *);
/* The kernel answered an operation; false: it was not about one of these. */
bool		fib_sets_done(struct fib_sets *, uint32_t op, int32_t error);
/* Every object is stated again; those that were refused. */
void		fib_sets_restate(struct fib_sets *);
void		fib_sets_retry(struct fib_sets *);
/* The kernel lost this object, or somebody else changed it. */
void		fib_sets_lost(struct fib_sets *, uint32_t id);
/* Those torn for so long that nobody new joined are divided; any left? */
bool		fib_sets_tick(struct fib_sets *);
/* Routes in the kernel. */
uint64_t	fib_sets_acked(const struct fib_sets *);
/* Those through this tunnel. */
unsigned	fib_sets_count(const struct fib_sets *, uint32_t tunnel);

/* For fib_change.c: objects by their ids, without KERN_ID_BASE; or NULL. */
struct nexthop	*fib_hop_by_id(const struct fib_sets *, uint32_t id);
struct fib_set	*fib_set_by_id(const struct fib_sets *, uint32_t id);
bool		fib_hop_alive(const struct nexthop *);
/* States it, unless it was. */
void		fib_hop_push(struct fib_sets *, struct nexthop *);
void		fib_object_del(struct fib_sets *, enum kern_op_kind, uint32_t id);
/* States the group with these hops of it. */
void		fib_set_push(struct fib_sets *, struct fib_set *,
		    uint16_t members);
/* All its routes are gone from the kernel, and the group; or perhaps not. */
void		fib_set_lost(struct fib_sets *, struct fib_set *);
void		fib_set_doubt(struct fib_sets *, struct fib_set *);

#endif
