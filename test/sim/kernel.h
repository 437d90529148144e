/*
 * A fake kernel together with what the monitor does for it: it executes
 * struct kern_op values in memory, with the semantics and the errors of the
 * real one.  No time passes in here and nothing is sent; see gate.h.
 */
#ifndef TEST_SIM_KERNEL_H
#define TEST_SIM_KERNEL_H

#include "gw/kern.h"
#include "util/str.h"

#define KERNEL_LINKS	16
#define KERNEL_SAS	256
#define KERNEL_POLICIES	64
#define KERNEL_NEXTHOPS	64
#define KERNEL_ROUTES	2048

struct kernel_link {
	struct kern_link l;
	bool		up;
	unsigned	serial;		/* differs when it was made anew */
	unsigned	stated;		/* generation */
};

struct kernel_sa {
	struct kern_sa	sa;
	uint64_t	print;		/* of algorithms and keys */
	unsigned	age;		/* the higher, the newer */
	unsigned	life;		/* of the engine that added it */
	bool		mapped;		/* a new source address was reported */
	uint64_t	packets, octets;	/* carried */
	bool		dying;		/* the soft limit was reported */
};

struct kernel_policy {
	struct kern_policy p;
	unsigned	stated;
};

struct kernel_nexthop {		/* or a group, with members */
	uint32_t	id;
	char		dev[KERN_IFNAME_LEN];
	struct addr	gateway;
	uint32_t	n;		/* 0: no group */
	uint32_t	member[KERN_GROUP_MAX];
	unsigned	stated;
};

struct kernel_route {
	struct kern_route r;
	unsigned	stated;
};

struct kernel {
	unsigned	links_n, sas_n, policies_n, nexthops_n, routes_n;
	struct kernel_link links[KERNEL_LINKS];
	struct kernel_sa sas[KERNEL_SAS];
	struct kernel_policy policies[KERNEL_POLICIES];
	struct kernel_nexthop nexthops[KERNEL_NEXTHOPS];
	struct kernel_route routes[KERNEL_ROUTES];
	enum kern_link_kind kind;	/* what KERN_LINK_AUTO gives */
	unsigned	generation;	/* of statements */
	unsigned	life;		/* of the engine */
	unsigned	next_age, next_serial;
	uint64_t	changes;
	unsigned	ran[KERN_OP_KINDS];
	unsigned	refuse[KERN_OP_KINDS];	/* so many of the next ones */
	unsigned	failed;		/* operations that were not asked to */
	unsigned	missed;		/* removals of what was not there */
	struct reason	last_failed;
};

/* Packets of the hosts behind and of the gateways' own TCP. */
struct flow {
	struct addr	src, dst;
	bool		local;		/* to the gateway itself */
};

/* What an ESP packet is for the two kernels. */
struct esp {
	uint32_t	spi;
	struct addr	src, dst;	/* outer */
	uint16_t	sport, dport;	/* 0: not in UDP */
	uint64_t	print;
	struct flow	flow;
};

void	kernel_init(struct kernel *, enum kern_link_kind);
/* 0 or an errno, with text; answers of LINK_SET, LISTEN... are the gate's. */
int	kernel_do(struct kernel *, const struct kern_op *,
	    char text[static KERN_TEXT_LEN]);
/* Events were lost or the engine is a new one: statements start anew. */
void	kernel_new_generation(struct kernel *);

const struct kernel_link *kernel_link(const struct kernel *, const char *name);
/* By somebody else.  False: there is no such link. */
bool	kernel_link_down(struct kernel *, const char *name);
bool	kernel_link_delete(struct kernel *, const char *name);
/*
 * Somebody else deletes a route or (odd) a nexthop or group of ours, and the
 * event tells of it.  False: there is none.
 */
bool	kernel_meddle(struct kernel *, unsigned which, struct kern_event *);

/* Routing: the device for a destination; false: none. */
bool	kernel_route(const struct kernel *, const struct addr *dst,
	    uint32_t hash, const struct kernel_link **out);
/* The next hops of the most specific route, as nexthop objects. */
unsigned	kernel_hops(const struct kernel *, const struct kernel_route *,
	    const struct kernel_nexthop *hops[static KERN_GROUP_MAX]);
/* Through a tunnel interface: NULL, or why the packet was dropped. */
const char *kernel_esp_out(const struct kernel *, const struct kernel_link *,
	    const struct flow *, struct esp *);
const char *kernel_esp_in(struct kernel *, const struct esp *,
	    struct kernel_sa **, const struct kernel_link **);
/*
 * Counts a packet on an SA.  False: it was at its hard limit and is gone, the
 * packet with it.  A limit that is reached makes *e a KERN_EXPIRE, else its
 * kind stays as it was.
 */
bool	kernel_esp_count(struct kernel *, const struct esp *,
	    struct kern_event *e);
/* The newest SA of a direction and interface, or NULL. */
const struct kernel_sa *kernel_newest(const struct kernel *, uint32_t if_id,
	    enum kern_dir);

#endif
