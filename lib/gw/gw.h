/*
 * The gateway: joins IKE and BGP, connections and tunnels, configuration and
 * kernel.  Sans-IO: datagrams, stream octets, kernel events, control requests
 * and time are pushed in; everything to do is pulled out with gw_next().
 *
 * What the configuration wants is converged to for ever: whatever is lost is
 * built again, with a back-off, and the reason is kept for an operator.
 */
#ifndef GW_GW_H
#define GW_GW_H

#include "crypto/cert.h"
#include "crypto/drbg.h"
#include "crypto/ticket_keys.h"
#include "gw/conf.h"
#include "gw/kern.h"
#include "ike/ike.h"
#include "util/instant.h"
#include "util/str.h"

struct gw;

enum gw_out_kind {
	GW_OUT_DATAGRAM,	/* send along path (ports 500 and 4500) */
	GW_OUT_KERN,		/* op; answered by a kern_event of its id */
	GW_OUT_FETCH,		/* url; gw_fetching(), then gw_fetched() */
	GW_OUT_STREAM,		/* conn has octets: gw_stream_pull() */
	GW_OUT_CLOSE,		/* close conn when its octets are sent */
	GW_OUT_BFD,		/* send through the tunnel conn: gw_bfd() */
	GW_OUT_CTL,		/* answer to a control client, one line */
	GW_OUT_EVENT,		/* to the log */
	GW_OUT_STOPPED,		/* nothing is left to do after gw_stop() */
};

enum gw_level {
	GW_ERROR,
	GW_WARN,
	GW_INFO,
	GW_DEBUG,
};

struct gw_out {
	enum gw_out_kind kind;
	struct path	path;		/* DATAGRAM */
	uint8_t		*data;		/* DATAGRAM, BFD, CTL, an OCSP request of
					   FETCH; owned */
	size_t		n;
	struct kern_op	*op;		/* KERN; owned, only its kind's part */
	uint32_t	conn;		/* STREAM, CLOSE; BFD: the tunnel */
	uint32_t	client;		/* CTL */
	/* What follows is set with FETCH and EVENT alone. */
	uint32_t	token;		/* FETCH */
	bool		ocsp;		/* FETCH: POST data, else GET a CRL */
	char		url[CERT_URL_LEN];	/* FETCH: http */
	struct span	patience;	/* FETCH: nobody waits for longer */
	enum gw_level	level;		/* EVENT */
	const char	*name;		/* EVENT: stable, "ike-up" */
	char		tunnel[CONF_OBJECT_LEN];	/* EVENT: "conn/1" or "" */
	struct reason	text;		/* EVENT */
};

struct gw_drops {		/* of who sent them, by their address */
	uint64_t	peers, strangers;
};

struct gw_turns {		/* of the host's loop */
	uint64_t	n;
	uint64_t	busy_us, longest_us;	/* microseconds */
};

void		gw_out_fini(struct gw_out *);	/* frees, wipes keys */

/*
 * Takes the configuration over.  wall is the time of day at now, in seconds
 * since 1970, for what operators read.  kept is what the host has of one that
 * was there before (legacy.h), or empty.  NULL: no memory (conf is left alone).
 *
 * What the gateway is to be remembered by comes out as KERN_KEEP, ahead of what
 * it tells of: a host that keeps these for another one does nothing else that
 * comes out, and sends nothing, before they are safe.
 */
struct gw	*gw_new(struct conf *, struct instant now, int64_t wall,
		    const uint8_t seed[static DRBG_SEED_LEN],
		    struct bytes kept);
void		gw_free(struct gw *);
#define GW_KEPT_VERSION	24	/* with NUL */
/* Of what is kept: "3.1"; of another version nothing is gone on with. */
void		gw_kept_version(char buf[static GW_KEPT_VERSION]);
/*
 * What tickets of session resumption are sealed with (RFC 5723); copied.  A
 * gateway that takes another's place gets its keys to take its tickets.
 */
void		gw_tickets(struct gw *, const struct ticket_keys *);
/* The time of day again, whenever it may have been set. */
void		gw_clock(struct gw *, struct instant now, int64_t wall);
/* Replaces the configuration by a diff; takes it over. */
void		gw_reload(struct gw *, struct instant, struct conf *);
/* Ends every tunnel in order; GW_OUT_STOPPED follows. */
void		gw_stop(struct gw *, struct instant);
/* How long that takes at most, by this configuration. */
struct span	gw_stop_most(const struct conf *);

/*
 * Before gw_datagram(): true, and it is not wanted there, but *n octets (or
 * none) are to be sent back along the path; see ike_screen().
 */
bool		gw_screen(struct gw *, struct instant, const struct path *,
		    struct bytes, uint8_t reply[static IKE_SCREEN_MAX],
		    size_t *n);
void		gw_datagram(struct gw *, struct instant, const struct path *,
		    struct bytes);
/* GW_OUT_FETCH has begun; one that fails before is nothing against the URL. */
void		gw_fetching(struct gw *, struct instant, uint32_t token);
/*
 * Answer to GW_OUT_FETCH: what came (of a CRL 1 MiB at most, of OCSP 64 KiB),
 * or why nothing did.
 */
void		gw_fetched(struct gw *, struct instant, uint32_t token,
		    struct bytes, const char *why);
void		gw_kern(struct gw *, struct instant, const struct kern_event *);
/*
 * What a KERN_LISTEN, a KERN_BFD_LISTEN or _CONNECT (tunnel) or KERN_CONNECT
 * (connection) was for, by the id of its operation; asked before gw_kern() is
 * told of the answer.
 */
uint32_t	gw_awaited(const struct gw *, uint32_t op);
/*
 * TCP came in on the listener that is awaited by this number, of a tunnel or
 * of several neighbours.  The connection's number, 0: refuse.
 */
uint32_t	gw_accept(struct gw *, struct instant, uint32_t tunnel,
		    const struct addr *from);
/*
 * The TTL of a connection that came in there, and the least of what comes (0:
 * any), where these are not those of the listener; false: they are.
 */
bool		gw_hops(const struct gw *, uint32_t listener,
		    const struct addr *from, uint8_t *ttl, uint8_t *least);
void		gw_stream(struct gw *, struct instant, uint32_t conn,
		    struct bytes);
void		gw_stream_closed(struct gw *, struct instant, uint32_t conn,
		    const char *why);
/* View of what waits on conn, until the next call; then what of it was sent. */
struct bytes	gw_stream_pull(struct gw *, uint32_t conn);
void		gw_stream_sent(struct gw *, struct instant, uint32_t conn,
		    size_t n);
/*
 * A datagram came to a tunnel's BFD socket, with this TTL.  What is to be sent
 * goes out of the other one.
 */
void		gw_bfd(struct gw *, struct instant, uint32_t tunnel,
		    unsigned ttl, struct bytes);
/*
 * A host that was busy reads what came for these tunnels before its next tick,
 * which would declare them dead; pos starts at 0.
 */
bool		gw_bfd_dying(const struct gw *, struct instant, size_t *pos,
		    uint32_t *tunnel);
/* BFD's part of gw_tick() and gw_deadline(), for a host amid other work. */
void		gw_bfd_tick(struct gw *, struct instant);
struct instant	gw_bfd_deadline(const struct gw *);
/*
 * Where the next tunnel's peer sends from: the address that is configured, if
 * any is, and the one where it is connected, if it is; unset otherwise.  *pos
 * is 0 at first.  False: there are no more.
 */
bool		gw_peer_at(const struct gw *, size_t *pos,
		    struct addr at[static 2]);
/* Another number than before: some of these may be others. */
uint32_t	gw_peers_changed(const struct gw *);
/* Datagrams that nobody has read in time, since the host started. */
void		gw_dropped(struct gw *, const struct gw_drops *);
/* The host was busy for so long, from one wait to the next. */
void		gw_turned(struct gw *, struct span);
/*
 * One line from a control client, without its newline.  uid is who the kernel
 * says that it is: root alone may see keys.
 */
void		gw_ctl(struct gw *, struct instant, uint32_t client,
		    uint32_t uid, struct bytes line);

void		gw_tick(struct gw *, struct instant);
struct instant	gw_deadline(const struct gw *);
bool		gw_next(struct gw *, struct gw_out *);

#endif
