/*
 * IKEv2 (RFC 7296) for site-to-site tunnels as a sans-IO core.  Datagrams,
 * results and time are pushed in; datagrams, SAs to install, AUTH values to
 * compute and events are pulled out with ike_next().
 *
 * A peer is one tunnel: at most one live IKE SA with one live child pair.  The
 * host says when it wants the peer up; when an attempt fails or an SA is lost
 * the host hears why and decides when to try again.
 */
#ifndef IKE_IKE_H
#define IKE_IKE_H

#include "crypto/drbg.h"
#include "crypto/sig.h"
#include "crypto/suite.h"
#include "crypto/trust.h"
#include "ike/id.h"
#include "ike/proposal.h"
#include "ike/ticket.h"
#include "ike/ts.h"
#include "util/addr.h"
#include "util/instant.h"
#include "util/secret.h"
#include "util/str.h"

struct ike;
struct story;

struct ike_limits {
	unsigned	sas;		/* IKE SAs in all; a rekey needs two */
	unsigned	half_open;	/* before IKE_AUTH: above it nobody is let
					   in whose address is not configured */
	unsigned	cookie_above;	/* half-open SAs that turn COOKIE on */
	unsigned	half_open_per_peer;	/* of a peer with an address */
	unsigned	refusals_per_s;	/* of strangers; 0: no limit */
	bool		no_recheck;	/* trust peers in collisions (sa.h) */
};

enum ike_auth {
	IKE_AUTH_PSK,
	IKE_AUTH_CERTIFICATE,
};

/*
 * What certificates need; the host owns all of it and keeps it until it has
 * given the peer another one.
 */
struct ike_creds {
	const struct cert_chain *chain;	/* ours, leaf first; NULL: none */
	struct bytes	issuers;	/* hashes of the CAs above it, or empty */
	/* Of the peer's; NULL: nobody's.  CRLs that are fetched go there. */
	struct trust	*trust;
	struct trust_policy policy;
	bool		fetch;		/* CRLs and OCSP, as policy.crl asks */
	bool		rsa_pss;	/* our RSA key signs in PSS */
	/* Another one when the tunnel's keys, certificates or CAs are others:
	   tickets of before are good for nothing then (RFC 5723). */
	uint8_t		mark[TICKET_DIGEST];
};

#define IKE_GATEWAYS	8	/* to which a redirect may lead */
#define IKE_PPK_ID_LEN	64	/* with NUL */

/* IKE SAs without a child at first (RFC 6023). */
enum ike_childless {
	IKE_CHILDLESS_NEVER,	/* neither way */
	IKE_CHILDLESS_ALLOW,	/* if the peer wants to */
	IKE_CHILDLESS_PREFER,	/* if the peer can: the first child gets PFS */
	IKE_CHILDLESS_FORCE,	/* or not at all */
};

struct ike_peer_conf {
	uint32_t	id;		/* the host's name for it, not 0 */
	struct addr	local;		/* unset or any: whatever routes, and
					   then ESP is in UDP */
	struct addr	remote;		/* unset: from anywhere, we wait */
	/* local type 0: our certificate's subject; remote type 0: anybody;
	   ike_peer_add() copies their octets */
	struct id	local_id, remote_id;
	const char	*local_id_from;		/* where it comes from, static, */
	const char	*remote_id_from;	/* for messages; or NULL */
	enum ike_auth	local_auth, remote_auth;
	struct offer	ike, esp;
	struct ts_list	local_ts, remote_ts;
	struct span	ike_lifetime, child_lifetime;
	uint64_t	child_bytes, child_packets;	/* 0: no limit */
	struct span	rekey_margin;
	unsigned	rekey_fuzz;	/* percent of the margin */
	struct span	dpd_timeout;	/* silence until the peer is dead */
	bool		dpd;		/* probe an idle peer */
	/* A request without answer goes again: after how long at first (doubled
	   each time), at most (0: half a second, two), and how often (0: for
	   three quarters of dpd_timeout, which is the limit in any case). */
	struct span	resend_first, resend_max;
	unsigned	resends;
	bool		force_encap;	/* ESP in UDP even without NAT */
	bool		fragmentation;	/* RFC 7383, if the peer does it */
	uint16_t	fragment_size;	/* longest IP datagram then */
	bool		message_id_sync;	/* RFC 6311, the peer's cluster */
	char		ppk_id[IKE_PPK_ID_LEN];	/* RFC 8784; "": none */
	bool		ppk_required;	/* or else no SA at all */
	enum ike_childless childless;
	bool		accept_redirect;	/* RFC 5685, when we initiate */
	uint8_t		gateways_n;	/* to these alone; 0: to any */
	struct prefix	gateways[IKE_GATEWAYS];
	bool		resumption;	/* RFC 5723, asks for and gives tickets */
};

/* Everything that installs one ESP SA. */
struct ike_esp {
	uint32_t	spi;
	bool		inbound;
	struct addr	src, dst;	/* outer */
	struct suite	suite;
	struct key	encr, integ;	/* wiped by whoever takes the output */
	bool		encap;		/* in UDP */
	uint16_t	sport, dport;
	/* What it may carry until it is rekeyed, and at most; 0: any. */
	uint64_t	soft_bytes, hard_bytes, soft_packets, hard_packets;
};

/* What is fetched over HTTP, and how much of it at most. */
enum ike_fetch {
	IKE_FETCH_CRL,		/* GET; TRUST_FETCHED_MAX */
	IKE_FETCH_OCSP,		/* POST of data; OCSP_RESPONSE_MAX */
};

enum ike_out_kind {
	IKE_OUT_DATAGRAM,	/* send bytes along path */
	IKE_OUT_AUTH,		/* a value over octets, see auth */
	IKE_OUT_SA_ADD,		/* answer with ike_installed(token) */
	IKE_OUT_SA_DEL,		/* it may be one that was just refused */
	IKE_OUT_SA_PATH,	/* an SA's outer addresses or ports changed */
	/* Is this one there?  It is kept; answer with ike_installed(token). */
	IKE_OUT_SA_HOLD,
	/* url; answer with ike_fetching(token) and ike_fetched(token) */
	IKE_OUT_FETCH,
	IKE_OUT_EVENT,
};

enum ike_event {
	IKE_EV_IKE_UP,		/* an IKE SA is established */
	IKE_EV_CHILD_UP,	/* the first usable child; see ike_peer_get */
	IKE_EV_CHILD_DOWN,	/* no usable child is left */
	IKE_EV_IKE_DOWN,	/* no IKE SA and no attempt is left */
	IKE_EV_GONE,		/* of a peer that we refuse: see ike_peer_idle */
	IKE_EV_FAILED,		/* an attempt or exchange failed */
	IKE_EV_REKEYED,		/* text: "IKE SA" or "child SA" */
	IKE_EV_PATH,		/* the peer is at a new address or port */
	IKE_EV_SYNC,		/* the peer's cluster has a new member in use */
	IKE_EV_REDIRECTED,	/* either way, or back (RFC 5685) */
	IKE_EV_RESUMED,		/* the IKE SA is up without a key exchange */
	IKE_EV_TICKET,		/* a ticket was of no use */
	IKE_EV_ADOPTED,		/* SAs of an instance before this one go on */
	IKE_EV_DROPPED,		/* an opening in its name met a limit */
	IKE_EV_REFUSED,		/* a datagram of somebody was refused */
};

#define IKE_AUTH_OCTETS	4608	/* of two values that are asked for at once */

struct ike_out {
	enum ike_out_kind kind;
	uint32_t	peer;		/* 0: nobody's */
	struct path	path;		/* DATAGRAM */
	uint8_t		*data;		/* DATAGRAM, AUTH octets, the OCSP
					   request of FETCH; owned */
	size_t		n;
	uint32_t	token;		/* AUTH, SA_ADD, FETCH: of the answer */
	enum ike_fetch	fetch;		/* FETCH; http only */
	char		url[CERT_URL_LEN];
	struct span	patience;	/* FETCH: nobody waits for longer */
	/* AUTH: prf_psk_auth() of the octets, or sig_sign() with our key */
	enum ike_auth	auth;
	size_t		first;		/* AUTH by PSK: of two values; or 0 */
	bool		ppk;		/* AUTH: instead, prf_ppk() of keys */
	const struct alg *prf;
	unsigned	hashes;		/* as sig_sign() wants them */
	unsigned	sig_flags;
	struct ike_esp	esp;		/* SA_ADD, SA_DEL, SA_PATH, SA_HOLD */
	struct path	old;		/* SA_PATH: where it was */
	enum ike_event	event;
	struct reason	why;
};

/* Frees data and wipes keys. */
void		ike_out_fini(struct ike_out *);

enum ike_state {
	IKE_DOWN,
	IKE_CONNECTING,
	IKE_ESTABLISHED,
};

/* The certificate that the peer showed last, and what we think of it. */
struct ike_cert_info {
	char		subject[CERT_NAME_LEN], issuer[CERT_NAME_LEN];
	int64_t		not_after;	/* seconds since 1970 */
	int64_t		chain_until;	/* likewise, the first of the chain */
	bool		ok;
	unsigned	depth;		/* of what is wrong: 0 is its own */
	struct reason	why;		/* what is wrong, or "" */
	/* What was found when fetching is on: "good by OCSP of URL"; or "". */
	struct reason	revocation;
	struct sig_used	used;		/* once its signature was right */
};

/* Session resumption with one peer (RFC 5723). */
struct ike_resumption {
	bool		on;		/* the IKE SA began by resumption */
	unsigned	count;		/* how often */
	struct instant	ticket_until;	/* the one that we hold; 0: none */
	enum ticket_verdict refused;	/* the last one that was; or GOOD */
	int64_t		refused_at;	/* seconds since 1970 */
};

/* A look at one peer; a copy. */
struct ike_peer_info {
	enum ike_state	state;
	uint64_t	spi_i, spi_r;
	struct path	path;
	bool		nat_local, nat_remote;
	bool		initiator;	/* we initiated the first SA */
	bool		ppk;		/* RFC 8784: its keys and all after */
	struct suite	suite;
	unsigned	rekeys;
	bool		child;		/* a usable child pair */
	uint32_t	spi_in, spi_out;
	struct suite	child_suite;
	struct ts_list	local_ts, remote_ts;	/* narrowed */
	bool		encap;
	unsigned	child_rekeys;
	unsigned	probes;		/* idle, it was asked whether it lives */
	unsigned	deaths;		/* up, it left a request unanswered */
	unsigned	ike_sas, children;	/* alive in any state */
	struct addr	gateway;	/* where we were redirected; or unset */
	bool		follows;	/* it opened, and can be redirected */
	bool		leaving;	/* it was told so and has agreed */
	struct addr	came_from;	/* gateway that sent it; or unset */
	struct reason	why;		/* the last failure, or "" */
	struct ike_resumption resumption;
	bool		cert_seen;
	struct ike_cert_info cert;
};

/* What it takes to read one IKE SA's messages (RFC 7296 section 2.14). */
struct ike_sa_keys {
	uint64_t	spi_i, spi_r;
	struct suite	suite;
	struct key	sk_ei, sk_er, sk_ai, sk_ar;
};

/* drbg is borrowed.  NULL: no memory. */
struct ike	*ike_new(const struct ike_limits *, struct drbg *);
void		ike_free(struct ike *);

/*
 * What tickets are sealed with; copied.  Without keys no ticket is given nor
 * taken.  An instance that gets those of another takes its tickets, by the same
 * clock.
 */
void		ike_tickets(struct ike *, const struct ticket_keys *);

/* False: id in use or no memory. */
bool		ike_peer_add(struct ike *, const struct ike_peer_conf *);
/* Drops its SAs without a word to the peer, then forgets it. */
void		ike_peer_del(struct ike *, struct instant, uint32_t id);
/* Starts an attempt unless there is an IKE SA or an attempt already. */
void		ike_peer_up(struct ike *, struct instant, uint32_t id);
/* Deletes IKE SA and children with the peer; IKE_EV_IKE_DOWN follows. */
void		ike_peer_down(struct ike *, struct instant, uint32_t id,
		    const char *why);
/*
 * From the next authentication on; none at first.  What is established is
 * judged by them at once: see proof.h.
 */
void		ike_peer_creds(struct ike *, uint32_t id,
		    const struct ike_creds *);
/* Refuse (false) or take (true) a peer that initiates; true at first. */
void		ike_peer_accept(struct ike *, uint32_t id, bool);
/*
 * Drains a peer (RFC 5685): as responder sends whoever can be redirected to
 * another gateway when it calls.  to NULL: nobody new is let in.  SAs that are
 * up are told by ike_peer_redirect(), when the host wants it.
 */
void		ike_peer_drain(struct ike *, struct instant, uint32_t id,
		    bool on, const struct addr *to);
/* False: it is not up, opened by us, or cannot be redirected there. */
bool		ike_peer_redirect(struct ike *, struct instant, uint32_t id);
/* False: nothing established to rekey. */
bool		ike_peer_rekey(struct ike *, struct instant, uint32_t id,
		    bool child);
/* Is there no IKE SA with it, in any state?  So of a peer unknown. */
bool		ike_peer_idle(const struct ike *, uint32_t id);
bool		ike_peer_get(const struct ike *, uint32_t id,
		    struct ike_peer_info *);
/* Where it is, of one whose IKE SA is established; else false. */
bool		ike_peer_at(const struct ike *, uint32_t id, struct addr *);
/* Details of the last failure; NULL: none is kept.  Valid until the next call. */
const struct story *ike_peer_story(const struct ike *, uint32_t id);

/*
 * The nth of the peer's IKE SAs that have keys, whatever their state; wiped by
 * whoever asks.  False: there are not so many.
 */
bool		ike_peer_keys(const struct ike *, uint32_t id, size_t n,
		    struct ike_sa_keys *);

/*
 * Looks at a datagram for as little as can be, before ike_datagram() would.
 * True: that is all, with *n octets (or none) to be sent back along path; it
 * was the request of a stranger who is asked for a cookie.
 */
#define IKE_SCREEN_MAX	96
bool		ike_screen(struct ike *, struct instant, const struct path *,
		    struct bytes, uint8_t reply[static IKE_SCREEN_MAX],
		    size_t *n);
/* A datagram from port 500 or 4500, with the non-ESP marker on the latter. */
void		ike_datagram(struct ike *, struct instant, const struct path *,
		    struct bytes);
/*
 * Answer to IKE_OUT_AUTH: the AUTH payload's data or keys, empty when it
 * failed, and of a signature its method.
 */
void		ike_auth_value(struct ike *, struct instant, uint32_t token,
		    uint8_t method, struct bytes value, const char *why);
/*
 * IKE_OUT_FETCH has begun: the URL is being asked.  What ends before that, or
 * never begins, says nothing of the URL, which may be asked again at once.
 */
void		ike_fetching(struct ike *, struct instant, uint32_t token);
/*
 * Answer to IKE_OUT_FETCH: what came, or why nothing did (why not NULL).  One
 * that comes after IKE has stopped waiting is passed over.
 */
void		ike_fetched(struct ike *, struct instant, uint32_t token,
		    struct bytes, const char *why);
/*
 * The time of day at now, in seconds since 1970, by which certificates are
 * valid; whenever the host's clock may have been set.
 */
void		ike_wall(struct ike *, struct instant now, int64_t seconds);
/* Answer to IKE_OUT_SA_ADD; why is NULL when it is in the kernel. */
void		ike_installed(struct ike *, struct instant, uint32_t token,
		    const char *why);
/* The kernel says that an SA of this peer, in or out, reached a limit. */
void		ike_expired(struct ike *, struct instant, uint32_t id,
		    uint32_t spi, bool hard);
/* ESP came in from a new outer address: the peer's NAT moved. */
void		ike_mapping(struct ike *, struct instant, uint32_t spi_in,
		    const struct endpoint *from);
void		ike_tick(struct ike *, struct instant);
struct instant	ike_deadline(const struct ike *);
bool		ike_next(struct ike *, struct ike_out *);

/*
 * What an instance that takes the place of this one needs of a peer, so that
 * its SAs go on; see keep.h.  The next peer of which that may be another than
 * it was.  Whatever ike_next() has put out by then, or has yet to, belongs to
 * the record that ike_keep() writes afterwards: who sends any of it before that
 * record is safe loses what the record is for.
 */
#define IKE_KEEP_MAX	81920	/* octets of one record */
bool		ike_keep_next(struct ike *, uint32_t *id);
/* Nothing is written where there is nothing to keep; false: no memory. */
bool		ike_keep(const struct ike *, uint32_t id, struct wr *);
/*
 * The peer's SAs go on as the record of another instance says; the peer must
 * have none yet.  A record is not believed: false, with a reason, and nothing
 * was taken.
 */
bool		ike_adopt(struct ike *, struct instant, uint32_t id,
		    struct bytes record, struct reason *why);
/*
 * Tickets of the peer (RFC 5723) that were issued up to then are void; for the
 * next instance, which says so to ike_tickets_end().
 */
struct instant	ike_tickets_void(const struct ike *, uint32_t id);
void		ike_tickets_end(struct ike *, uint32_t id, struct instant);

/* IKE SAs and children alive: both 0 after all peers went down. */
void		ike_count(const struct ike *, unsigned *sas,
		    unsigned *children);

#endif
