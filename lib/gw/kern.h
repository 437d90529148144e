/*
 * Kernel operations as values.  The gateway says what it wants done; the
 * monitor does it with netlink, the simulator's fake kernel in memory, and
 * --kernel=none only nods.  Every operation carries an id and is answered by
 * one kern_event with that id, in order or not.
 *
 * The structs are also the fixed-layout requests between engine and monitor:
 * no pointers, every array bounded, every string NUL-terminated within it.
 */
#ifndef GW_KERN_H
#define GW_KERN_H

#include "util/addr.h"
#include "util/secret.h"

#define KERN_IFNAME_LEN	16
#define KERN_ALG_LEN	32	/* XFRM algorithm name */
#define KERN_GROUP_MAX	16	/* members of a nexthop group */
#define KERN_OCTETS_MAX	4608	/* octets to authenticate */
#define KERN_VALUE_MAX	1152	/* AUTH value; SIG_VALUE_MAX */
#define KERN_TEXT_LEN	160
#define KERN_SECRET_NAME 64
#define KERN_NETS_MAX	16	/* networks of an interface that is not ours */
/*
 * Of routes that are there for when there is no other; as the kernel's manual
 * of VRF has it.
 */
#define KERN_METRIC_WORST 4278198272u

/* What is ours: SAs and policies by reqid, interfaces by if_id, in this range. */
#define KERN_ID_BASE	0x76700000u
#define KERN_ID_MASK	0xfff00000u
#define KERN_ROUTE_PROTO 118	/* rtm_protocol of our routes and nexthops */

enum kern_op_kind {
	KERN_LINK_SET,		/* make the interface be as described */
	KERN_LINK_DEL,
	KERN_SA_ADD,
	KERN_SA_DEL,
	KERN_SA_PATH,		/* the peer's NAT moved: new outer addresses */
	KERN_SA_HOLD,		/* one of an engine before this one: it stays */
	KERN_POLICY_SET,	/* add or replace */
	KERN_POLICY_DEL,
	KERN_TABLE_SET,		/* make the route table be as described */
	KERN_TABLE_DEL,
	KERN_LAN_SET,		/* watch an interface that is not ours */
	KERN_LAN_DEL,
	KERN_NEXTHOP_SET,	/* add or replace a (device, gateway) */
	KERN_NEXTHOP_DEL,
	KERN_NEXTHOP_SWEEP,	/* of the device, all that were not stated */
	KERN_GROUP_SET,		/* add or replace a group of nexthops */
	KERN_GROUP_DEL,
	KERN_ROUTE_SET,		/* add or replace */
	KERN_ROUTE_DEL,
	KERN_LISTEN,		/* TCP 179 on an inside address: a descriptor */
	KERN_UNLISTEN,
	KERN_CONNECT,		/* TCP to a BGP neighbour: a descriptor */
	/* UDP of BFD: on port 3784 of an inside address; to the neighbour's. */
	KERN_BFD_LISTEN,
	KERN_BFD_CONNECT,
	KERN_BFD_CLOSE,		/* both */
	KERN_AUTH,		/* AUTH value from a pre-shared or private key */
	KERN_RELOAD,		/* read the configuration again */
	KERN_APPLY,		/* a candidate in its place, for now or good */
	KERN_CONFIRM,		/* for good */
	KERN_UNDO,		/* back to what was before */
	KERN_COUNT,		/* what the monitor has counted */
	/* Another daemon takes the monitor's place: it may, KERN_LEAVE follows. */
	KERN_RESTART,
	/*
	 * All that is wanted was sent: at the start, and after each OVERRUN.
	 * Before that at the start also once for all but routes.
	 */
	KERN_RESYNC_DONE,
	/*
	 * A record of a tunnel in place of the one before, for the next engine;
	 * see deposit.h.  It has no id and no answer, and overtakes the others.
	 */
	KERN_KEEP,
	KERN_OP_KINDS
};

enum kern_link_kind {
	KERN_LINK_AUTO,		/* xfrmi where the kernel has it, else VTI */
	KERN_LINK_VTI,		/* vti or vti6 by the outer family */
	KERN_LINK_XFRMI,
};

struct kern_link {
	char		name[KERN_IFNAME_LEN];
	char		alias[KERN_SECRET_NAME];	/* "vpnd:CONN/N" */
	enum kern_link_kind kind;
	uint32_t	if_id;		/* xfrmi if_id, or VTI key */
	struct addr	local, remote;	/* outer; remote any: unknown */
	struct prefix	inside[2];	/* our addresses; family 0: none */
	uint32_t	mtu;
	uint32_t	table;		/* of what comes from it; 0: main */
	bool		up;
};

enum kern_vrf {			/* how packets get to a route table */
	KERN_VRF_AUTO,		/* by a VRF device where that works */
	KERN_VRF_ALWAYS,
	KERN_VRF_NEVER,		/* by rules for interfaces */
};

struct kern_table {
	uint32_t	number;
	char		alias[KERN_SECRET_NAME];	/* "vpnd:table/NAME" */
	char		vrf_name[KERN_IFNAME_LEN];
	enum kern_vrf	vrf;
};

/* An interface that somebody else makes and takes away. */
struct kern_lan {
	char		name[KERN_IFNAME_LEN];
	uint32_t	table;		/* of what comes from it; 0: main */
	bool		closed;		/* forwards from and to tunnels only */
};

enum kern_dir {
	KERN_IN,
	KERN_OUT,
	KERN_FWD,
};

struct kern_ts {		/* traffic selector, as the kernel has it */
	struct prefix	net;
	uint8_t		proto;		/* 0: any */
	uint16_t	port, port_mask;	/* mask 0: any */
};

struct kern_sa {
	uint32_t	spi;		/* host order */
	struct addr	src, dst;	/* outer */
	uint32_t	reqid;
	uint32_t	if_id;		/* with mark_not_if_id: the mark */
	bool		mark_not_if_id;	/* VTI */
	enum kern_dir	dir;		/* IN or OUT */
	char		aead[KERN_ALG_LEN];	/* either this */
	char		enc[KERN_ALG_LEN];	/* or these two */
	char		auth[KERN_ALG_LEN];
	uint16_t	icv_bits;
	struct key	encr_key;	/* with salt */
	struct key	auth_key;
	bool		esn;
	uint32_t	replay_window;	/* packets; 0 on output */
	bool		encap;		/* ESP in UDP (RFC 3948) */
	uint16_t	sport, dport;	/* of the encapsulation */
	uint64_t	soft_packets, hard_packets;	/* 0: no limit */
	uint64_t	soft_bytes, hard_bytes;
};

struct kern_policy {
	enum kern_dir	dir;
	struct kern_ts	src, dst;
	struct addr	tmpl_src, tmpl_dst;	/* outer */
	uint32_t	reqid;
	uint32_t	if_id;
	bool		mark_not_if_id;
	uint32_t	priority;
	bool		block;		/* instead of a template: fail closed */
};

struct kern_nexthop {
	uint32_t	id;		/* KERN_ID_BASE + n */
	char		dev[KERN_IFNAME_LEN];
	/* Onlink.  Any (0.0.0.0, ::): device route of that family. */
	struct addr	gateway;
	bool		blackhole;	/* no device; of the gateway's family */
};

struct kern_group {
	uint32_t	id;
	uint32_t	n;
	uint32_t	member[KERN_GROUP_MAX];
	bool		resilient;	/* flows stay where they are */
};

struct kern_route {
	struct prefix	prefix;
	uint32_t	table;
	uint32_t	nexthop;	/* id of a nexthop or group; 0: it is
					   unreachable, with METRIC_WORST */
	uint32_t	metric;
	struct addr	prefsrc;	/* unset: the kernel's choice */
};

struct kern_conn {			/* LISTEN, UNLISTEN, CONNECT, BFD_... */
	uint32_t	id;		/* CONNECT: connection; else tunnel */
	char		dev[KERN_IFNAME_LEN];	/* bound to it */
	struct addr	local, remote;
	uint8_t		ttl;		/* 1 for single-hop eBGP, 255 for BFD */
	uint8_t		min_ttl;	/* of what comes; 0: any (RFC 5082) */
	uint16_t	mss;		/* 0: the system's */
};

struct kern_resync {
	bool		routes_wait;	/* BGP has yet to teach them */
};

enum kern_auth_how {
	KERN_AUTH_PSK,
	KERN_AUTH_SIGN,		/* with the tunnel's private key */
	KERN_AUTH_PPK,		/* prf_ppk(): the octets are keys */
};

struct kern_auth {
	char		connection[KERN_SECRET_NAME];
	uint32_t	tunnel;		/* 1 or 2 */
	enum kern_auth_how how;
	uint16_t	prf;		/* PSK, PPK: IKEv2 PRF transform id */
	uint16_t	hashes;		/* SIGN: what the peer takes, or 0 */
	bool		rsa_pss;	/* SIGN */
	uint16_t	first;		/* PSK: octets of the first of two
					   values; 0: all are of one */
	uint16_t	n;
	uint8_t		octets[KERN_OCTETS_MAX];
};

/* Part of a record; the parts of one come in order and nothing between. */
struct kern_keep {
	char		connection[KERN_SECRET_NAME];
	uint32_t	tunnel;		/* 1 or 2 */
	uint32_t	total;		/* octets of the record; 0: it has none */
	uint32_t	at;		/* of them before these */
	uint16_t	n;
	uint8_t		octets[KERN_OCTETS_MAX];
};

#define KERN_KEEP_MAX	98304	/* octets of a record */

/*
 * The candidate is a file of this name that root has put beside the control
 * socket; its content never comes from who asks.
 */
#define KERN_TOKEN_LEN	16
struct kern_apply {
	char		token[KERN_TOKEN_LEN];	/* letters and digits */
	uint32_t	seconds;	/* until it is undone; 0: it is not */
};

struct kern_op {
	enum kern_op_kind kind;
	uint32_t	id;
	union {
		struct kern_link	link;	/* SET; DEL: name and kind */
		struct kern_table	table;	/* DEL: number and vrf_name */
		struct kern_lan		lan;	/* DEL: name */
		/* DEL: spi, dst, mark; PATH: spi, reqid, dir, new outer.
		   HOLD: all but algorithms and keys. */
		struct kern_sa		sa;
		struct kern_policy	policy;
		struct kern_nexthop	nexthop;
		struct kern_group	group;
		struct kern_route	route;
		struct kern_conn	conn;
		struct kern_apply	apply;
		struct kern_resync	resync;
		struct kern_auth	auth;
		struct kern_keep	keep;
	};
};

struct kern_counts {		/* since the daemon has started */
	uint64_t	batches;	/* of netlink, each acknowledged once */
	uint64_t	messages;	/* requests in these */
	uint64_t	errors;		/* of these, refused */
	uint64_t	events;		/* messages of the kernel's own */
	uint64_t	overruns;	/* so often some of them were lost */
	uint64_t	engines;	/* that were started */
	uint64_t	restarts;	/* KERN_RESTART that was done */
};

enum kern_event_kind {
	KERN_DONE,		/* answer to an operation */
	KERN_LINK_STATE,	/* an interface of ours came, went, up or down */
	KERN_EXPIRE,		/* an SA's soft or hard limit */
	KERN_ACQUIRE,		/* traffic met a policy without an SA */
	KERN_MAPPING,		/* UDP-encapsulated ESP from a new address */
	KERN_CHANGED,		/* somebody else touched a nexthop or route */
	KERN_OVERRUN,		/* events were lost: state it all again */
	KERN_RELOADED,		/* new configuration is here (or its error) */
	KERN_STOP,		/* shut down in order */
	KERN_PENDING,		/* does a configuration wait for KERN_CONFIRM? */
	KERN_LEAVE,		/* end without a word: another one goes on */
	KERN_LAN_STATE,		/* of an interface after KERN_LAN_SET, and since */
	KERN_EVENT_KINDS
};

struct kern_event {
	enum kern_event_kind kind;
	uint32_t	id;		/* DONE: of the operation */
	enum kern_op_kind op;		/* DONE */
	int32_t		error;		/* DONE: 0 or an errno */
	char		text[KERN_TEXT_LEN];	/* what failed, in words */
	union {
		struct {		/* LINK_STATE; DONE of LINK_SET, and
					   TABLE_SET: its VRF */
			char		name[KERN_IFNAME_LEN];
			enum kern_link_kind kind;	/* VTI or XFRMI */
			bool		exists, up;
			bool		flushed;	/* its nexthops are gone */
			bool		clamped;	/* MSS of TCP through it */
		} link;
		struct {		/* EXPIRE, MAPPING; ACQUIRE: reqid */
			uint32_t	spi;
			uint32_t	reqid;
			struct addr	dst;
			bool		hard;
			struct endpoint	from;
		} sa;
		struct {		/* CHANGED: either of them */
			uint32_t	nexthop;	/* or group; 0: route */
			struct prefix	prefix;
			uint32_t	table;
		} changed;
		struct {		/* DONE of (BFD_)LISTEN, CONNECT; RELOADED */
			int32_t		fd;	/* host only; -1 none */
		} conn;
		struct {		/* PENDING */
			uint32_t	seconds;	/* left; 0: none waits */
		} pending;
		struct kern_counts counts;	/* DONE of COUNT */
		struct {		/* LAN_STATE */
			char		name[KERN_IFNAME_LEN];
			bool		exists, up;
			bool		flushed;	/* its nexthops were lost */
			bool		more;	/* networks than fit */
			uint8_t		n;
			struct prefix	nets[KERN_NETS_MAX];
		} lan;
		struct {		/* DONE of AUTH */
			uint8_t		method;	/* of a signature: sig.h */
			uint16_t	n;
			uint8_t		value[KERN_VALUE_MAX];
		} auth;
	};
};

/*
 * Octets of an operation: what is before its own member and that, of AUTH and
 * KEEP only so many octets as it has.
 */
size_t		kern_op_size(enum kern_op_kind, size_t octets);
size_t		kern_op_octets(const struct kern_op *);	/* those, or 0 */
/* Is it answered with a descriptor? */
bool		kern_op_opens(enum kern_op_kind);
const char	*kern_op_name(enum kern_op_kind);	/* "sa-add" */

#endif
