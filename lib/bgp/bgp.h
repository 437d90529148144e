/*
 * A BGP speaker (RFC 4271) as a sans-IO core: the host owns clocks, sockets
 * and kernel; bytes, connection results and time are pushed in, requests are
 * pulled out with bgp_next().  One speaker serves all tunnels of a gateway and
 * keeps a Loc-RIB for each route table, in which what it originates itself
 * beats what it learns.  Without more there is one, the main table.
 *
 * Connections are named by numbers: the speaker numbers those it asks for,
 * the host gets a number for one it accepted from bgp_accepted().  A number is
 * never used again.
 */
#ifndef BGP_BGP_H
#define BGP_BGP_H

#include "crypto/drbg.h"
#include "util/addr.h"
#include "util/instant.h"
#include "util/str.h"

struct bgp;
struct policy;

#define BGP_PATHS_MAX	16	/* equal-cost paths of one route */
#define BGP_AS_PATH_MAX	64	/* shown; longer ones are cut for display */

#define BGP_TABLE_MAIN	254	/* route tables are 1 to 65535 */
#define BGP_TABLES_MAX	24	/* that one peer propagates to */

/* Route tables of a peer. */
struct bgp_tables {
	bool		given;		/* or the main one is all */
	uint16_t	associated;	/* what is announced to it */
	uint8_t		n;		/* what it teaches goes into these: */
	uint16_t	into[BGP_TABLES_MAX];
};

enum bgp_private {		/* private AS numbers in what is announced */
	BGP_PRIVATE_KEEP,
	BGP_PRIVATE_REMOVE_ONLY,	/* where there are no others */
	BGP_PRIVATE_REMOVE,
	BGP_PRIVATE_REPLACE,		/* ours in their place */
};

enum bgp_share {		/* with which equals a path shares traffic */
	BGP_SHARE_AS,		/* of the same neighbour AS */
	BGP_SHARE_PATH,		/* and with the same AS_PATH */
	BGP_SHARE_NONE,
};

enum bgp_restart {		/* graceful restart (RFC 4724) */
	BGP_RESTART_OFF,
	BGP_RESTART_HELPER,	/* the peer's routes stay */
	BGP_RESTART_FULL,	/* and it may keep ours */
};

enum bgp_role {			/* what we are to the remote (RFC 9234) */
	BGP_ROLE_NONE,
	BGP_ROLE_PROVIDER,
	BGP_ROLE_RS,		/* a route server */
	BGP_ROLE_RS_CLIENT,
	BGP_ROLE_CUSTOMER,
	BGP_ROLE_PEER,
};

const char	*bgp_role_str(enum bgp_role);	/* "rs-client"; NONE: "" */

/* What may change while a session is up: see bgp_peer_change(). */
struct bgp_soft {
	/*
	 * The peer holds them (bgp/policy.h).  NULL: every route passes that
	 * roles and transit let pass, which are policy too (RFC 8212).
	 */
	struct policy	*import, *export;
	uint8_t		allow_own;	/* so often our AS in AS_PATH */
	bool		override;	/* announce its AS as ours */
	bool		tell_loops;	/* or as it is: it may take it */
	enum bgp_private private_as;
	bool		heed_shutdown;	/* RFC 8326 */
	bool		drain;		/* RFC 8326: it is going to end */
	uint32_t	max_in, max_out;	/* prefixes, else Cease; 0: any */
	uint8_t		warn_percent;	/* of them; 0: no warning */
	enum bgp_share	share;		/* of what it teaches */
	uint8_t		rank;		/* of it among equals, lowest best */
	/* MED before policies; 0: as it is. */
	uint32_t	med_in;		/* of what comes without one */
	uint32_t	med_out;	/* of all that it is told */
	struct span	pause;		/* after that Cease; 0: for ever */
	/* Of the next session, what the OPEN says; the rest at once. */
	enum bgp_restart restart;
	uint16_t	restart_seconds;	/* that we ask for, <= 4095 */
	struct span	stale;		/* routes of its stay, at most */
	struct bgp_tables tables;
};

struct bgp_peer_conf {
	uint32_t	id;		/* the host's name for it, not 0 */
	struct addr	local, remote;	/* session addresses, same family */
	struct addr	next_hop4;	/* ours, announced with IPv4 routes */
	struct addr	next_hop6;	/* ours, with IPv6; unset: family off */
	struct addr	remote_other;	/* its one of the other family: the only
					   next hop of it; unset: any */
	uint32_t	local_asn;	/* ours in this session */
	uint32_t	own_asn;	/* ours elsewhere; 0: the same */
	bool		no_prepend;	/* own_asn: local_asn not before what
					   it teaches */
	bool		replace_as;	/* own_asn not in what it is told */
	uint32_t	remote_asn;
	uint16_t	hold_time;	/* seconds offered; 0 or >= 3 */
	bool		passive;	/* never connect, only accept */
	bool		patient;	/* the remote may connect first */
	bool		transit;	/* also announce what others taught us */
	enum bgp_role	role;		/* of ours, not with our own AS */
	bool		role_strict;	/* the remote must have one, too */
	bool		add_path;	/* take several paths (RFC 7911) */
	/*
	 * IPv4 by next_hop6 as well (RFC 8950): where there is no next_hop4,
	 * and when the remote announces it so.
	 */
	bool		extended_hop;
	struct bgp_soft	soft;
};

enum bgp_state {		/* RFC 4271 section 8.2.2 */
	BGP_IDLE,
	BGP_CONNECT,
	BGP_ACTIVE,
	BGP_OPEN_SENT,
	BGP_OPEN_CONFIRM,
	BGP_ESTABLISHED,
};

const char	*bgp_state_str(enum bgp_state);	/* "Idle" ... "Established" */

/* Since the peer was added, over all its sessions. */
struct bgp_counts {
	uint64_t	updates_in, updates_out;
	uint32_t	notifications_in, notifications_out;
	uint32_t	refreshes_in, refreshes_out;
	uint32_t	restarts;	/* its routes stayed so often */
	uint32_t	established;	/* how often it came to that */
};

struct bgp_restart_info {
	enum bgp_restart mode;		/* ours */
	/* What the peer has said of itself in this session. */
	bool		there, notify, restarted;
	uint16_t	seconds;
	bool		keeps4, keeps6;	/* families that it lists, */
	bool		state4, state6;	/* and whose state it preserved */
	bool		holding;	/* no session; its routes are stale */
	bool		awaiting;	/* a session; until End-of-RIB */
	uint32_t	stale;		/* routes */
	struct instant	until;		/* when they go; or never */
};

/* What a peer looks like; a copy. */
struct bgp_peer_info {
	uint32_t	id;
	enum bgp_state	state;		/* of the connection furthest ahead */
	struct instant	since;		/* of the last change of state */
	uint32_t	remote_router_id;	/* host order; 0 unknown */
	uint16_t	hold_time;	/* negotiated, seconds */
	uint32_t	held;		/* routes in Adj-RIB-In */
	uint32_t	received;	/* of them accepted */
	uint32_t	advertised;	/* routes announced to it */
	struct addr	local, remote;	/* of the session */
	uint32_t	local_asn;	/* ours in it */
	bool		ipv4, ipv6;	/* negotiated, while established */
	bool		paths4, paths6;	/* of them, with add-path to us */
	bool		extended_hop;	/* IPv4 by IPv6 next hops, likewise */
	bool		as4, refresh;	/* what it can (RFC 6793, 2918) */
	bool		enhanced;	/* RFC 7313 */
	struct bgp_restart_info restart;
	enum bgp_role	role, remote_role;	/* ours; what it says it is */
	struct bgp_counts counts;
	struct reason	why;		/* why it is not established, or "" */
};

struct bgp_path {
	uint32_t	peer;		/* id of the peer that taught it */
	struct addr	gateway;	/* next hop as received */
};

/* One route of a table; multipath: paths[0] is best, the rest its equals. */
struct bgp_route {
	struct prefix	prefix;
	uint16_t	table;
	uint8_t		n;		/* 0: gone */
	struct bgp_path	paths[BGP_PATHS_MAX];
	uint8_t		as_path_n;	/* of the best, for display */
	uint32_t	as_path[BGP_AS_PATH_MAX];
};

enum bgp_out_kind {
	BGP_OUT_CONNECT,	/* open TCP from local to remote, port 179 */
	/*
	 * Close conn once bgp_pull() gives nothing more.  Said again, with
	 * nothing queued any more, when the host could not send for 5 s.
	 */
	BGP_OUT_CLOSE,
	BGP_OUT_SEND,		/* conn has octets: see bgp_pull() */
	BGP_OUT_ROUTE,		/* Loc-RIB changed for a learned route */
	BGP_OUT_EVENT,		/* something to log */
};

enum bgp_event {
	BGP_EVENT_STATE,	/* state changed; text: "from X to Y: why" */
	BGP_EVENT_NOTIFICATION,	/* sent or received; text says which and why */
	BGP_EVENT_UPDATE_ERROR,	/* RFC 7606 treatment; text names it */
	BGP_EVENT_LIMIT,	/* a limit of prefixes is near */
	/* Routes stay without a session, or stale ones go. */
	BGP_EVENT_RESTART,
};

struct bgp_out {
	enum bgp_out_kind kind;
	uint32_t	peer;		/* CONNECT, EVENT */
	uint32_t	conn;		/* CONNECT, CLOSE, SEND */
	struct addr	local, remote;	/* CONNECT */
	struct bgp_route route;		/* ROUTE */
	enum bgp_event	event;		/* EVENT */
	bool		up;		/* EVENT_STATE: reached Established */
	struct reason	text;		/* EVENT */
};

/* drbg is borrowed for timer jitter.  NULL: no memory. */
struct bgp	*bgp_new(uint32_t router_id, struct drbg *);
void		bgp_free(struct bgp *);
/* For sessions that begin from now on. */
void		bgp_router_id(struct bgp *, uint32_t);

/* Prefixes that we originate towards a table's peers; idempotent. */
bool		bgp_network_add(struct bgp *, struct instant, uint16_t table,
		    const struct prefix *);
void		bgp_network_del(struct bgp *, struct instant, uint16_t table,
		    const struct prefix *);

/* Adds a stopped peer (Idle); false: id in use or no memory. */
bool		bgp_peer_add(struct bgp *, struct instant,
		    const struct bgp_peer_conf *);
/* Another configuration for a peer of this id, which is stopped. */
void		bgp_peer_conf(struct bgp *, const struct bgp_peer_conf *);
/* As bgp_peer_stop with Cease "peer de-configured", then forgets it. */
void		bgp_peer_del(struct bgp *, struct instant, uint32_t id);
/* The tunnel can carry TCP: leave Idle, connect and accept. */
void		bgp_peer_start(struct bgp *, struct instant, uint32_t id);
/*
 * The tunnel is gone (alive: false, nothing is sent) or is being shut down
 * (alive: true, a Cease goes out first), for good or for longer than its
 * routes may stay by graceful restart: they leave Loc-RIB: a few
 * thousand at once, more with every bgp_tick(), which is due until then.
 */
void		bgp_peer_stop(struct bgp *, struct instant, uint32_t id,
		    bool alive, const char *why);
/*
 * As bgp_peer_stop() when BFD has found the path broken: Cease "BFD Down"
 * (RFC 9384) goes out, though it may not get there.
 */
void		bgp_peer_fail(struct bgp *, struct instant, uint32_t id,
		    const char *why);
/*
 * Ends its session with Cease "administrative reset"; it comes back.  With a
 * peer that restarts gracefully on NOTIFICATION (RFC 8538) the routes stay.
 */
void		bgp_peer_reset(struct bgp *, struct instant, uint32_t id);
/*
 * Asks it to announce everything again (RFC 2918).  NULL: asked; otherwise
 * why it cannot be.
 */
const char	*bgp_peer_refresh(struct bgp *, struct instant, uint32_t id);
bool		bgp_peer_get(const struct bgp *, uint32_t id,
		    struct bgp_peer_info *);
/*
 * Other policies, limits and tables, without an end to the session: what was
 * learned is judged again, in portions with bgp_tick(), and the peer is told
 * what is different for it.  Likes change nothing.
 */
void		bgp_peer_change(struct bgp *, struct instant, uint32_t id,
		    const struct bgp_soft *);

/* Who let a route in or out, or keeps it back. */
enum bgp_verdict {
	BGP_ACCEPTED,
	BGP_NO_ROUTE,		/* there is none to judge */
	BGP_UNUSABLE,		/* its next hop, or our AS in its path */
	BGP_NOT_FOR_IT,		/* out: never announced to such a peer */
	BGP_REJECTED,		/* by a policy */
};

/*
 * Of the table that it is associated with, towards this peer; why names the
 * term of the policy, or the rule.
 */
enum bgp_verdict bgp_why_out(const struct bgp *, uint32_t id,
		    const struct prefix *, struct reason *why);

/*
 * Result of BGP_OUT_CONNECT; why is NULL when TCP is up.  False: it is not
 * wanted any more, the host closes it.
 */
bool		bgp_connected(struct bgp *, struct instant, uint32_t conn,
		    const char *why);
/* The peer opened TCP to us.  0: refused (peer stopped), close it. */
uint32_t	bgp_accepted(struct bgp *, struct instant, uint32_t peer);
/* Octets arrived, in order, cut anywhere. */
void		bgp_stream(struct bgp *, struct instant, uint32_t conn,
		    struct bytes);
/* TCP ended or broke; the host has closed it. */
void		bgp_closed(struct bgp *, struct instant, uint32_t conn,
		    const char *why);
/*
 * A view of the octets queued on conn, valid until the next call; UPDATEs are
 * made here, some at a time.  May be empty.
 */
struct bytes	bgp_pull(struct bgp *, uint32_t conn);
/*
 * The host sent the first n of them.  When more is to come BGP_OUT_SEND says
 * so again; when the socket takes no more, the host tries again by itself.
 */
void		bgp_sent(struct bgp *, struct instant, uint32_t conn, size_t n);

/*
 * After a restart of the host's (RFC 4724 section 4.1), before any peer is
 * started.  bgp_kept(): what this peer taught of these families before is still
 * forwarded.  Then bgp_defer(): no BGP_OUT_ROUTE comes out until all of these
 * peers have taught again, or will not, or this long at most; the peers' restart
 * time that we ask for is a limit, too.  bgp_unkept(): that is not so any more
 * of this one.
 */
void		bgp_kept(struct bgp *, uint32_t id, bool ipv4, bool ipv6);
void		bgp_unkept(struct bgp *, struct instant, uint32_t id);
void		bgp_defer(struct bgp *, struct instant, struct span most);
bool		bgp_defers(const struct bgp *);
/* What bgp_kept() would be told if the host restarted now; false: nothing. */
bool		bgp_keeps(const struct bgp *, uint32_t id, bool *ipv4,
		    bool *ipv6);

/* Are there routes that the peer teaches or, stale, has taught? */
bool		bgp_teaches(const struct bgp *, uint32_t peer);
/* Does bgp_next() know of changed routes, or will it once time passes? */
bool		bgp_busy(const struct bgp *);

void		bgp_tick(struct bgp *, struct instant);
struct instant	bgp_deadline(const struct bgp *);
/* The next request to the host, routes last; false: none. */
bool		bgp_next(struct bgp *, struct bgp_out *);
/* The same without routes, which wait. */
bool		bgp_next_urgent(struct bgp *, struct bgp_out *);

/*
 * Learned routes of all tables in prefix-store order: pos starts at 0; false
 * at the end.  Not across changes.
 */
bool		bgp_route_each(const struct bgp *, size_t *pos,
		    struct bgp_route *);
/* One of them by its prefix; false: not learned. */
bool		bgp_route_get(const struct bgp *, uint16_t table,
		    const struct prefix *, struct bgp_route *);

#endif
