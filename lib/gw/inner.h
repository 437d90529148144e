/* What the files of the gateway share: the gateway and its tunnels. */
#ifndef GW_INNER_H
#define GW_INNER_H

#include "bfd/bfd.h"
#include "bgp/bgp.h"
#include "gw/creds.h"
#include "gw/drain.h"
#include "gw/fib.h"
#include "gw/gw.h"
#include "gw/queue.h"
#include "gw/stranger.h"
#include "ike/ike.h"
#include "util/dict.h"
#include "util/map.h"
#include "util/note.h"
#include "util/timer.h"

/* The kernel's side of a tunnel: its interface. */
struct gw_link {
	bool		asked;		/* a LINK_SET is on its way */
	bool		exists, up;
	bool		clamped;	/* MSS of TCP through it */
	enum kern_link_kind kind;	/* once it exists: VTI or XFRMI */
	uint32_t	mtu;		/* as last asked for */
	bool		stale;		/* a change of it was refused */
	struct instant	retry_at;	/* when it is asked for again */
	struct note	why;		/* why it is not there */
};

enum gw_layer {			/* lowest first */
	LAYER_NONE,		/* all of them are up */
	LAYER_ADMIN,
	LAYER_INTERFACE,
	LAYER_IKE,
	LAYER_CHILD,
	LAYER_BFD,
	LAYER_BGP,
};

struct legacy;
/* A route table besides the main one, as the kernel is to have it. */
struct gw_table {
	struct gw_table	*next;
	uint16_t	number;
	enum kern_vrf	vrf;
	char		name[CONF_NAME_LEN];
	char		vrf_name[KERN_IFNAME_LEN];
	bool		asked, exists;
	bool		by_vrf;		/* there is a VRF device for it */
	struct instant	retry_at;
	struct reason	why;		/* it is not there */
};

/* An interface of a VPC, as the kernel has it. */
struct gw_lan {
	struct gw_lan	*next;
	char		name[KERN_IFNAME_LEN];
	uint32_t	id;		/* names it to the fib */
	uint16_t	table;		/* of what comes from there */
	bool		closed;
	bool		asked;		/* a LAN_SET is on its way */
	bool		known;		/* the kernel has told of it: */
	bool		exists, up;
	bool		more;		/* networks than these: */
	uint8_t		n;
	struct prefix	nets[KERN_NETS_MAX];
	struct instant	retry_at;
	struct reason	why;		/* it was refused */
};

/* An unreachable route for when there is no other. */
struct gw_guard {
	uint16_t	table;
	struct prefix	prefix;
};

#define GUARD_AWAITED	1	/* by the answer of one's operation */

/* What BFD finds. */
struct gw_watch {
	bool		joined;		/* bfd has a session for it */
	bool		open;		/* its sockets were asked for */
	bool		independent;	/* the peer's C bit when it came Up */
	bool		failed;		/* was Up, and is not */
	bool		excused;	/* likewise, as its neighbour restarts */
	struct instant	ask_at;		/* if so: is the peer's BFD gone? */
	struct note	why;		/* if so */
};

/* Replacement of a tunnel's ends, and what waits for it. */
struct gw_upkeep {
	bool		replacing;	/* its traffic leaves, then it ends */
	bool		pending;	/* it is another one in the text */
	struct instant	apply_at;	/* if so: then, or never */
	int64_t		replaced_at;	/* seconds since 1970; 0: never */
};

struct gw_tunnel {
	struct gw_tunnel *next, *prev;
	struct gw	*gw;
	uint32_t	id;		/* 1..; also names it to ike, bgp, fib */
	char		name[CONF_NAME_LEN + 8];	/* "conn/1" */
	char		connection[CONF_NAME_LEN];
	bool		hub;
	uint16_t	association;
	struct conf_tables propagation;
	uint32_t	remote_asn;	/* 0: no BGP */
	uint16_t	hold_time;
	const struct conf_tunnel *conf;	/* in: */
	struct conf	*of;		/* held */
	struct conf_prefixes routes;	/* static; owned copy */
	bool		admin_up;
	struct reason	bgp_shut;	/* an operator's text; "": it is not */
	bool		removing;	/* freed once the peer is told */
	bool		want_once;	/* an operator asked for an attempt */
	struct drain_state drain;
	struct addr	gateway;	/* where it was redirected; or unset */
	struct gw_tunnel *dirty_next;
	bool		dirty;		/* in the list of those */
	struct gw_link	link;
	bool		child_up;
	bool		policies;	/* in the kernel, from these: */
	bool		refused;	/* but not all of them */
	struct path	policy_path;
	struct ts_pair	*policy_ts;	/* owned */
	struct gw_watch	watch;
	bool		carrying;	/* the fib may route through it */
	bool		listening, bgp_on;
	bool		teaches;	/* once what BGP has to say was said */
	struct instant	again_at;	/* not before: it was refused */
	unsigned	failures;	/* in a row, for the back-off */
	struct instant	retry_at;	/* next attempt */
	struct instant	shut_at;	/* the peer knows: end BGP then */
	struct instant	drain_at;	/* traffic has moved: end IKE then */
	struct gw_upkeep upkeep;
	struct timer	timer;
	struct legacy	*legacy;	/* owned; to be claimed, or NULL */
	struct gw_tunnel *deposit_next;
	bool		deposit;	/* in the list of what is to be kept */
	bool		deposited;	/* the host has a record of it: */
	uint8_t		digest[32];	/* SHA-256 of that */
	bool		is_up;		/* as last reported */
	uint32_t	ups, downs;	/* how often it was reported so */
	enum gw_layer	layer;
	int64_t		since;		/* seconds since 1970 */
	struct note	why;
	int64_t		failed_at;	/* IKE's last failure; 0: none */
	struct note	failed;
};

/* What an operator took down of a tunnel that waits to be built again. */
struct gw_held {
	struct gw_held	*next;
	char		connection[CONF_NAME_LEN];
	unsigned	number;
	char		name[CONF_NAME_LEN + 8];
	bool		admin_up;
	struct reason	bgp_shut;
};

struct gw {
	struct conf	*conf;		/* owned */
	struct creds	*creds;		/* owned; of conf */
	struct drbg	drbg;
	struct queue	out;
	struct ike	*ike;
	struct bgp	*bgp;
	struct bfd	*bfd;
	struct fib	*fib;
	struct gw_table	*tables;	/* owned */
	struct gw_lan	*lans;		/* owned */
	uint32_t	lans_made;
	struct gw_guard	*guards;	/* owned; in order */
	size_t		guards_n;
	struct instant	guards_at;	/* refused ones are asked for again */
	struct gw_tunnel *tunnels;	/* in the order of their ids */
	struct map	by_id;		/* id -> tunnel */
	struct dict	by_name;	/* "conn/1" -> tunnel */
	struct dict	by_ifname;	/* -> tunnel */
	uint32_t	free_id;	/* all below it are taken */
	uint32_t	moves;		/* tunnels that came or went */
	struct dict	held_by_name;	/* -> gw_held */
	struct gw_held	*held;		/* all of them; owned */
	struct drain	drain;
	struct gw_tunnel *dirty, **dirty_end;	/* to be settled, in order */
	struct gw_tunnel *deposit;	/* to be kept anew */
	struct queue	deposits;	/* goes before out */
	uint8_t		*deposit_room;	/* of one; owned */
	struct legacy	*legacies;	/* owned; that no tunnel has taken yet */
	struct dict	legacy_by_name;
	unsigned	legacies_n;	/* taken, and not claimed */
	struct instant	legacy_until;	/* nothing is stale before; or never */
	struct instant	learn_until;	/* likewise: BGP teaches; or never */
	uint32_t	life;		/* see deposit.h */
	struct map	ops;		/* kernel op id -> what awaits it */
	struct map	reloads;	/* KERN_RELOAD, APPLY, ... id -> client */
	struct instant	undo_at;	/* unless confirmed; never: need not */
	struct timers	timers;
	int64_t		wall;		/* seconds since 1970 at instant 0 */
	struct strangers strangers;
	uint32_t	peers_changed;	/* counts that; gw_peer_at() */
	struct gw_drops	drops;
	struct gw_turns	turns;
	uint64_t	answered[KERN_OP_KINDS], refused[KERN_OP_KINDS];
	uint64_t	overruns, changed;	/* events of the kernel */
	struct kern_counts monitor;	/* as it last said */
	bool		stopping, stopped;
	unsigned	unsaid;		/* KERN_RESYNC_DONE that are due */
	bool		said_part;	/* one for all but routes */
	struct instant	fib_at;		/* refused routes are sent again */
	struct span	fib_pause;	/* the last wait for that */
	struct instant	fib_last;	/* when one was refused last */
	unsigned	fib_refusals;	/* not told one by one */
	struct instant	tick_at;	/* of the fib; never: it is empty */
	uint32_t	loose;		/* its loose routes, as last seen */
	struct instant	loose_since, loose_more;	/* the first, the last */
	struct instant	hold_until;	/* never: they are not held */
	struct instant	restate_at;	/* somebody else changed too many */
	struct instant	changes_since;
	unsigned	changes;	/* since then */
	unsigned	teaching;	/* tunnels whose neighbour came */
	unsigned	route_budget;	/* until the next tick; fib_work()'s: */
	unsigned	fib_budget;
	struct instant	stop_at;	/* no longer waiting then */
};

/* Seconds since 1970. */
int64_t		gw_wall(const struct gw *, struct instant);
struct gw_tunnel *gw_tunnel(const struct gw *, uint32_t id);
struct gw_tunnel *gw_tunnel_find(const struct gw *, const char *connection,
		    unsigned number);
/* Is it one that we announce ourselves, besides static routes? */
bool		gw_own_network(const struct gw *, uint16_t table,
		    const struct prefix *);
/* Remembers what a kernel operation's answer is for. */
void		gw_await(struct gw *, const struct kern_op *, uint32_t what);
/* Handles everything that the cores have put out, until they are quiet. */
void		gw_pump(struct gw *, struct instant);

#endif
