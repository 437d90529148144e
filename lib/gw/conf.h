/*
 * The configuration as values: what libconfig text becomes after every check.
 * Pure: text in, struct or one located error out.  Monitor, engine, simulator
 * and `vpnctl check` all read the same text with this.
 *
 * Names of keys are AWS's tunnel options in snake_case where AWS has one.
 */
#ifndef GW_CONF_H
#define GW_CONF_H

#include "bgp/bgp.h"
#include "bgp/policy.h"
#include "crypto/suite.h"
#include "gw/kern.h"
#include "util/addr.h"
#include "util/dict.h"
#include "util/instant.h"
#include "util/str.h"

#define CONF_TEXT_LEN	64	/* other text, with NUL */
#define CONF_NAME_LEN	48	/* connection name with NUL */
#define CONF_TUNNELS	2
#define CONF_ALGS	20	/* of one type in one proposal */
#define CONF_ID_LEN	256	/* as text */
#define CONF_ID_DATA	512
#define CONF_FILE_LEN	256	/* file name with NUL */
#define CONF_GATEWAYS	8	/* that a redirect may lead to */
#define CONF_REFS	8	/* files that one key may name */
#define CONF_SOURCE_LEN	128	/* of a configuration file, with NUL */
#define CONF_MARK_LEN	16
#define CONF_TABLES	20	/* route tables besides the main one */
#define CONF_STATICS	1000	/* routes of one */
#define CONF_TABLE_MAIN	BGP_TABLE_MAIN
#define CONF_VPCS	64
#define CONF_VPC_LANS	8	/* interfaces of one */
#define CONF_REACHES	1000	/* prefixes of one */

/* What one side offers or accepts, in our order of preference. */
struct conf_algs {
	uint8_t		n;
	uint8_t		row[CONF_ALGS];	/* alg_index() */
};

struct conf_phase {
	struct conf_algs encr, integ, ke;	/* integ serves as PRF too */
	struct addke	addke;		/* additional key exchanges */
	struct span	lifetime;
};

enum conf_id_type {		/* RFC 7296 section 3.5 */
	CONF_ID_IPV4 = 1,
	CONF_ID_FQDN = 2,
	CONF_ID_EMAIL = 3,
	CONF_ID_IPV6 = 5,
	CONF_ID_DN = 9,
};

struct conf_id {
	enum conf_id_type type;
	uint16_t	n;		/* CONF_ID_DATA at most */
	const uint8_t	*data;		/* as on the wire; borrowed */
};

enum conf_auth {
	CONF_AUTH_PSK,
	CONF_AUTH_CERTIFICATE,
};

enum conf_revocation {		/* of certificates, by CRLs */
	CONF_REVOCATION_NONE,
	CONF_REVOCATION_IF_PRESENT,
	CONF_REVOCATION_REQUIRE,
};

enum conf_file_kind {
	CONF_FILE_CERTIFICATE,
	CONF_FILE_KEY,
	CONF_FILE_CA,
	CONF_FILE_CRL,
	CONF_FILE_KINDS
};

/*
 * A file that tunnels refer to, once however many do.  The text only names
 * it; the octets are attached by who may read files, never those of a key.
 */
struct conf_file {
	enum conf_file_kind kind;
	char		name[CONF_FILE_LEN];	/* as written */
	char		key[128];	/* where it was named first */
	int		line;
	const char	*source;	/* one of the configuration's */
	uint8_t		*data;		/* owned; NULL: not attached */
	size_t		n;
};

/* Files by their number in the configuration, from 1. */
struct conf_refs {
	uint16_t	n;
	uint16_t	at[CONF_REFS];
};

/* What a certificate and its verification need. */
struct conf_creds {
	struct conf_refs certificate, private_key;	/* one each, or none */
	struct conf_refs ca, crl;
	enum conf_revocation revocation;
	bool		fetch;		/* CRLs and OCSP over HTTP */
	bool		rsa_pss;
};

enum conf_dpd_action {
	CONF_DPD_CLEAR,
	CONF_DPD_NONE,
	CONF_DPD_RESTART,
};

enum conf_childless {		/* RFC 6023 */
	CONF_CHILDLESS_NEVER,
	CONF_CHILDLESS_ALLOW,
	CONF_CHILDLESS_PREFER,
	CONF_CHILDLESS_FORCE,
};

/* Addresses and networks. */
struct conf_gateways {
	uint8_t		n;
	struct prefix	v[CONF_GATEWAYS];
};

enum conf_order {		/* whose order of proposals counts */
	CONF_ORDER_OURS,
	CONF_ORDER_PEER,
	CONF_ORDER_AWS,
};

enum conf_hash {		/* what spreads packets over tunnels */
	CONF_HASH_SYSTEM,	/* what the system has */
	CONF_HASH_LAYER3,	/* addresses */
	CONF_HASH_LAYER4,	/* and ports */
	CONF_HASH_INNER,	/* addresses, within tunnels */
};

enum conf_bgp_auth {		/* what signs the neighbour's TCP segments */
	CONF_BGP_AUTH_NONE,
	CONF_BGP_AUTH_MD5,	/* RFC 2385 */
};

enum conf_inside {		/* traffic selectors of the tunnel */
	CONF_INSIDE_IPV4 = 1,
	CONF_INSIDE_IPV6 = 2,
	CONF_INSIDE_BOTH = 3,
};

/* What may change without an end to the BGP session. */
struct conf_bgp {
	uint16_t	import, export;	/* policies by number; 0: none */
	uint8_t		allowas_in;
	uint8_t		warn_percent;
	bool		as_override;
	bool		loop_detection;	/* on the way out */
	bool		heed_shutdown;
	enum bgp_private private_as;
	uint32_t	max_in, max_out;	/* 0: no limit */
	/* Of a gateway's connection alone; as struct bgp_soft has them. */
	enum bgp_share	share;
	uint8_t		rank;
	uint32_t	med_in, med_out;
	struct span	pause;		/* after too many; 0: for ever */
	struct span	drain;		/* before we end a session; 0: at once */
	enum bgp_restart restart;	/* RFC 4724 */
	uint16_t	restart_seconds;
	struct span	stale;		/* routes of its stay, at most */
};

/* What makes a session of it another one; its tunnel stays. */
struct conf_session {
	enum conf_bgp_auth auth;
	enum bgp_role	role;		/* of ours; NONE: it has none */
	bool		role_strict;
	bool		add_path;	/* to us */
	bool		extended_hop;	/* IPv4 by IPv6 next hops */
	bool		ttl_security;	/* RFC 5082 */
};

/* May change while the session is up. */
struct conf_bfd {
	bool		on, strict;
	uint8_t		multiplier;
	uint32_t	interval_ms;	/* least, both ways */
};

/* When what a change of the text does to a tunnel is done. */
struct conf_upkeep {
	bool		control;	/* not before somebody says so */
	struct span	auto_apply;	/* or after so long; 0: never */
};

struct conf_tunnel {
	unsigned	number;		/* 1 or 2 */
	struct addr	local, remote;	/* outside; remote unset: anybody */
	/* local_id n 0: our certificate's subject; remote_id n 0: any */
	struct conf_id	local_id, remote_id;
	bool		local_id_given, remote_id_given;
	enum conf_auth	local_auth, remote_auth;
	struct conf_creds creds;
	struct prefix	inside4, inside6;	/* as configured, whole CIDR */
	/* Derived from inside CIDR and role: ours and the peer's address. */
	struct addr	local4, remote4, local6, remote6;
	char		ifname[KERN_IFNAME_LEN];
	uint32_t	index;		/* 1.. over the whole configuration */
	/* Its outside addresses are an earlier one's too: not with VTI. */
	bool		twin;
	bool		start;		/* startup_action */
	bool		ikev2;		/* always; there is no other */
	struct conf_phase phase1, phase2;
	uint64_t	phase2_bytes, phase2_packets;	/* 0: no limit */
	enum conf_order	order;		/* when the peer calls */
	bool		esn;		/* extended sequence numbers in ESP */
	struct span	rekey_margin;
	unsigned	rekey_fuzz;	/* percent */
	unsigned	replay_window;	/* packets */
	struct span	dpd_timeout;
	unsigned	retransmit_ms;	/* before a request's first repeat */
	struct span	retransmit_max;
	unsigned	retransmit_tries;	/* 0: until dpd_timeout */
	enum conf_dpd_action dpd_action;
	bool		force_encap;
	bool		fragmentation;	/* of IKE messages */
	uint16_t	fragment_size;	/* octets of an IP datagram */
	bool		message_id_sync;	/* RFC 6311 */
	bool		session_resumption;	/* RFC 5723 */
	/*
	 * Not of the text: another one when the pre-shared key or the PPK is
	 * another; by who has them, and it tells nothing of them.
	 */
	uint8_t		secret_mark[CONF_MARK_LEN];
	uint8_t		bgp_mark[CONF_MARK_LEN];	/* the same of BGP's */
	char		ppk_id[CONF_TEXT_LEN];	/* RFC 8784; "": none */
	bool		ppk_required;
	enum conf_childless childless;
	bool		accept_redirect;	/* RFC 5685 */
	struct conf_gateways gateways;	/* n 0: to any */
	struct conf_bgp	bgp;
	struct conf_session session;
	struct conf_bfd	bfd;
	struct conf_upkeep upkeep;
	uint32_t	local_as;	/* 0: asn */
	bool		local_as_no_prepend, local_as_replace_as;
	enum conf_inside inside;
	struct prefix	local_ts[2], remote_ts[2];	/* [0] v4, [1] v6; ours and theirs, after role */
};

struct conf_prefixes {
	size_t		 n;
	struct prefix	*v;		/* owned */
};

/* A route of a table itself; it hides what is propagated there. */
struct conf_static {
	struct prefix	prefix;
	bool		blackhole;
	/* Where it leads to; both "": blackhole. */
	char		connection[CONF_NAME_LEN];
	char		vpc[CONF_NAME_LEN];
	int		line;
};

struct conf_table {
	char		name[CONF_NAME_LEN];
	uint16_t	number;		/* the kernel's, too */
	enum kern_vrf	vrf;
	size_t		statics_n;
	struct conf_static *statics;	/* owned */
	char		vrf_name[KERN_IFNAME_LEN];
};

/* Route tables by number. */
struct conf_tables {
	bool		given;
	uint8_t		n;
	uint16_t	v[CONF_TABLES + 1];
};

/* A customer's end, as connections name it; AWS: CustomerGateway. */
struct conf_customer {
	char		name[CONF_NAME_LEN];
	struct addr	ip;		/* unset: anywhere, by certificate */
	uint32_t	asn;
	char		device[CONF_TEXT_LEN];	/* or "" */
	struct conf_refs ca;		/* n 0: the connection's */
	struct conf_id	id;		/* n 0: the connection's */
	int		line;
};

enum conf_target_type {
	CONF_VIRTUAL_PRIVATE,		/* one VPC, one way out */
	CONF_TRANSIT,			/* many attachments */
};

/*
 * A gateway of ours that connections end at, which AWS calls their target.
 * association and propagation are what its connections have by default, or,
 * on a virtual private one, always.
 */
struct conf_target {
	char		name[CONF_NAME_LEN];
	enum conf_target_type type;
	uint32_t	asn;		/* ours there */
	bool		ecmp;		/* over several tunnels */
	uint16_t	table;		/* 0: not given */
	uint16_t	association, propagation;
	char		vpc[CONF_NAME_LEN];	/* or "" */
	int		line;
};

/* A network of a VPC. */
struct conf_reach {
	struct prefix	prefix;
	struct addr	next_hop;	/* unset: it is on the link */
};

struct conf_reaches {
	size_t		n;
	struct conf_reach *v;		/* owned; NULL: as the interfaces have */
};

/* Interfaces that are no tunnels, and the networks behind them. */
struct conf_vpc {
	char		name[CONF_NAME_LEN];
	unsigned	lans_n;
	char		lans[CONF_VPC_LANS][KERN_IFNAME_LEN];
	struct conf_reaches prefixes;
	struct addr	next_hop[2];	/* IPv4, IPv6; unset: none */
	uint16_t	association;	/* of what comes from there */
	struct conf_tables propagation;
	bool		closed;		/* forwards from and to tunnels only */
	int		line;
};

struct conf_connection {
	char		name[CONF_NAME_LEN];
	bool		hub;		/* role */
	/* By number, from 1; 0: the connection says all that itself. */
	uint32_t	target, customer;
	bool		static_only;	/* of a gateway's: without BGP */
	/* The table of what comes from there, and those that it teaches. */
	uint16_t	association;
	struct conf_tables propagation;
	uint32_t	remote_asn;	/* 0: no BGP */
	uint16_t	hold_time;	/* seconds */
	struct conf_prefixes networks;	/* announced */
	struct conf_prefixes routes;	/* static */
	struct conf_prefixes guarded;	/* through tunnels, or unreachable */
	unsigned	tunnels_n;	/* 1 or 2 */
	struct conf_tunnel tunnels[CONF_TUNNELS];
	int		line;		/* where it stands */
	const char	*source;	/* one of the configuration's */
};

struct conf_plist {
	char		name[CONF_NAME_LEN];
	struct plist	*list;		/* held */
};

struct conf_policy {
	char		name[CONF_NAME_LEN];
	struct policy	*policy;	/* held */
};

struct conf {
	uint32_t	asn;
	uint32_t	router_id;	/* host order; derived when absent */
	enum kern_link_kind interface;
	char		secrets[256];	/* file name as written, or "" */
	bool		short_lifetimes;
	bool		requires_policy;	/* RFC 8212 to the letter */
	struct policy	*nothing;	/* held; rejects every route */
	size_t		plists_n;
	struct conf_plist *plists;	/* owned */
	size_t		policies_n;
	struct conf_policy *policies;	/* owned */
	struct addr	source[2];	/* of routes, IPv4 and IPv6; or unset */
	bool		resilient;	/* flows keep their tunnel */
	struct span	deferral;	/* of BGP's choice, after a restart */
	enum conf_hash	hash;
	size_t		tables_n;
	struct conf_table *tables;	/* owned */
	char		(*sources)[CONF_SOURCE_LEN];	/* owned; file names */
	size_t		vpcs_n;
	struct conf_vpc	*vpcs;		/* owned */
	size_t		files_n;
	struct conf_file *files;	/* owned */
	size_t		customers_n;
	struct conf_customer *customers;	/* owned */
	size_t		targets_n;
	struct conf_target *targets;	/* owned */
	size_t		n;
	struct conf_connection *connections;	/* owned */
	struct conf_octets *octets;	/* owned; of identities */
	unsigned	holders;
	struct dict	by_name;	/* -> conf_connection */
	struct dict	by_ifname;	/* -> conf_connection of the tunnel */
};

struct conf_error {
	char		file[CONF_SOURCE_LEN];
	int		line;		/* 0: the file as a whole */
	char		key[128];	/* "connections[0].tunnels[1].local_id" */
	struct reason	why;
};

/* "vpnd.conf:12: connections[0].asn: must be 1 to 4294967294, not 0" */
void		conf_error_str(const struct conf_error *, char *, size_t);

/* A file; its name is used for messages only. */
struct conf_source {
	const char	*name;
	struct bytes	text;
};

/*
 * The files of a configuration: the lists of the top level are one behind the
 * other, any other key of it stands in one of them.
 */
struct conf_sources {
	const struct conf_source *v;
	size_t		n;		/* at least 1 */
	bool		directory;	/* there may come more: none may do */
};

/*
 * Parses and checks.  NULL and *err filled on the first error, in the order of
 * the files.  @include is refused.
 */
struct conf	*conf_parse_all(const struct conf_sources *,
		    struct conf_error *err);
/* The same of a single file. */
struct conf	*conf_parse(struct bytes text, const char *file,
		    struct conf_error *err);
/* Another holder, who frees it too. */
void		conf_hold(struct conf *);
void		conf_free(struct conf *);	/* when the last one does */
/*
 * The policy of this number, counted from 1.  0: what a connection without
 * one has, NULL unless the configuration requires one.
 */
struct policy	*conf_policy(const struct conf *, uint16_t);
/* The file of this number, counted from 1. */
const struct conf_file *conf_file(const struct conf *, uint16_t);
/* "certs/hub.pem: message" at the key that named it first. */
void		conf_file_error(const struct conf_file *, const char *,
		    struct conf_error *);
/* Copies octets in; false: no memory. */
bool		conf_attach(struct conf_file *, struct bytes);
/* As it is written; buf itself. */
bool		conf_id_eq(const struct conf_id *, const struct conf_id *);
/* In everything, also where they are of two configurations. */
bool		conf_tunnel_eq(const struct conf_tunnel *,
		    const struct conf_tunnel *);
const char	*conf_id_str(const struct conf_id *,
		    char buf[static CONF_ID_LEN]);
const struct conf_connection *conf_find(const struct conf *, const char *name);
/* The gateway and the customer gateway of a connection; NULL: it has none. */
const struct conf_target *conf_target(const struct conf *,
		    const struct conf_connection *);
const struct conf_customer *conf_customer(const struct conf *,
		    const struct conf_connection *);
const char	*conf_target_type_str(enum conf_target_type);
/* A route table; NULL: none, or the main one. */
const struct conf_table *conf_table(const struct conf *, uint16_t number);
const struct conf_table *conf_table_named(const struct conf *, const char *);
/* "main", "" for one that is not there. */
const char	*conf_table_name(const struct conf *, uint16_t number);
bool		conf_tables_have(const struct conf_tables *, uint16_t number);
/* NULL: there is none. */
const struct conf_vpc *conf_vpc_named(const struct conf *, const char *);
/* The VPC that this interface belongs to; NULL: none. */
const struct conf_vpc *conf_vpc_of(const struct conf *, const char *ifname);
/*
 * May the tunnel's peer be at this address: is it the one that is configured,
 * or one that a redirect may lead to?
 */
bool		conf_may_be_peer(const struct conf_tunnel *,
		    const struct addr *);
/* The tunnel whose interface has this name, and whose it is; or NULL. */
const struct conf_tunnel *conf_find_ifname(const struct conf *, const char *,
		    const struct conf_connection **of);

#endif
