/*
 * A BGP speaker (RFC 4271) as a sans-IO core: the host owns clocks, sockets
 * and kernel; bytes, connection results and time are pushed in, requests are
 * pulled out with bgp_next().  One speaker serves all tunnels of a gateway and
 * keeps one Loc-RIB, in which what it originates itself beats what it learns.
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

#define BGP_PATHS_MAX	16	/* equal-cost paths of one route */
#define BGP_AS_PATH_MAX	64	/* shown; longer ones are cut for display */

struct bgp_peer_conf {
	uint32_t	id;		/* the host's name for it, not 0 */
	struct addr	local, remote;	/* session addresses, same family */
	struct addr	next_hop4;	/* ours, announced with IPv4 routes */
	struct addr	next_hop6;	/* ours, with IPv6; unset: family off */
	struct addr	remote_other;	/* its one of the other family: the only
					   next hop of it; unset: any */
	uint32_t	local_asn;
	uint32_t	remote_asn;
	uint16_t	hold_time;	/* seconds offered; 0 or >= 3 */
	bool		passive;	/* never connect, only accept */
	bool		patient;	/* the remote may connect first */
	bool		transit;	/* also announce what others taught us */
	uint32_t	max_prefixes;	/* taught by it, else Cease; 0: no limit */
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

/* What a peer looks like; a copy. */
struct bgp_peer_info {
	uint32_t	id;
	enum bgp_state	state;		/* of the connection furthest ahead */
	struct instant	since;		/* of the last change of state */
	uint32_t	remote_router_id;	/* host order; 0 unknown */
	uint16_t	hold_time;	/* negotiated, seconds */
	uint32_t	received;	/* routes in Adj-RIB-In, accepted */
	uint32_t	advertised;	/* routes announced to it */
	struct reason	why;		/* why it is not established, or "" */
};

struct bgp_path {
	uint32_t	peer;		/* id of the peer that taught it */
	struct addr	gateway;	/* next hop as received */
};

/* One route of Loc-RIB; multipath: paths[0] is best, the rest its equals. */
struct bgp_route {
	struct prefix	prefix;
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

/* Prefixes that we originate towards every peer; idempotent. */
bool		bgp_network_add(struct bgp *, struct instant,
		    const struct prefix *);
void		bgp_network_del(struct bgp *, struct instant,
		    const struct prefix *);

/* Adds a stopped peer (Idle); false: id in use or no memory. */
bool		bgp_peer_add(struct bgp *, struct instant,
		    const struct bgp_peer_conf *);
/* As bgp_peer_stop with Cease "peer de-configured", then forgets it. */
void		bgp_peer_del(struct bgp *, struct instant, uint32_t id);
/* The tunnel can carry TCP: leave Idle, connect and accept. */
void		bgp_peer_start(struct bgp *, struct instant, uint32_t id);
/*
 * The tunnel is gone (alive: false, nothing is sent) or is being shut down
 * (alive: true, a Cease goes out first).  Its routes leave Loc-RIB: a few
 * thousand at once, more with every bgp_tick(), which is due until then.
 */
void		bgp_peer_stop(struct bgp *, struct instant, uint32_t id,
		    bool alive, const char *why);
bool		bgp_peer_get(const struct bgp *, uint32_t id,
		    struct bgp_peer_info *);

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

/* Are there routes that the peer teaches and that were not taken back? */
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
 * Learned routes of Loc-RIB in prefix-store order: pos starts at 0; false at
 * the end.  Not across changes.
 */
bool		bgp_route_each(const struct bgp *, size_t *pos,
		    struct bgp_route *);
/* One of them by its prefix; false: not learned. */
bool		bgp_route_get(const struct bgp *, const struct prefix *,
		    struct bgp_route *);

#endif
