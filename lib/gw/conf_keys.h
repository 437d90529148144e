/*
 * The table of configuration keys: one row each, and what generic code needs
 * to read, check, default and document it.  Private to the configuration
 * reader; the manual's test reads it too.
 */
#ifndef GW_CONF_KEYS_H
#define GW_CONF_KEYS_H

#include "gw/conf.h"

enum conf_place {
	CONF_AT_TOP,
	CONF_AT_CONNECTION,
	CONF_AT_TUNNEL,
	CONF_AT_PLIST,
	CONF_AT_POLICY,
	CONF_AT_TERM,
	CONF_AT_MATCH,
	CONF_AT_SET,
	CONF_AT_TABLE,
	CONF_AT_STATIC,
	CONF_AT_CUSTOMER,
	CONF_AT_TARGET,
	CONF_AT_VPC,
	CONF_AT_REACH,
	CONF_PLACES
};

enum conf_kind {
	CONF_KIND_NUMBER,
	CONF_KIND_SPAN,		/* number of seconds */
	CONF_KIND_ASN,
	CONF_KIND_BOOL,
	CONF_KIND_WORD,		/* one of a few */
	CONF_KIND_FILE,		/* name of a file */
	CONF_KIND_REFS,		/* a file; with a range, or several */
	CONF_KIND_NAME,		/* of a connection */
	CONF_KIND_TEXT,		/* printable ASCII */
	CONF_KIND_IFNAME,
	CONF_KIND_ROUTER_ID,
	CONF_KIND_OUTSIDE,	/* address */
	CONF_KIND_ID,
	CONF_KIND_INSIDE4,	/* /30 */
	CONF_KIND_INSIDE6,	/* /126 */
	CONF_KIND_NET4,		/* traffic selector */
	CONF_KIND_NET6,
	CONF_KIND_NET,		/* of either family */
	CONF_KIND_PREFIXES,	/* list */
	CONF_KIND_ALGS,		/* list of names */
	CONF_KIND_ADDKE,	/* list of slots */
	CONF_KIND_VERSIONS,	/* list of versions of IKE */
	CONF_KIND_GATEWAYS,	/* list of addresses and networks */
	CONF_KIND_POLICY,	/* name of one */
	CONF_KIND_TABLE,	/* name of one */
	CONF_KIND_TABLES,	/* list of names */
	CONF_KIND_CUSTOMER,	/* name of a customer gateway */
	CONF_KIND_TARGET,	/* name of a gateway */
	CONF_KIND_LANS,		/* names of interfaces */
	CONF_KIND_REACHES,	/* prefixes of a VPC */
	CONF_KIND_HOPS,		/* an address of each family at most */
	CONF_KIND_PLISTS,	/* names of prefix lists */
	CONF_KIND_ENTRIES,	/* list, of a prefix list */
	CONF_KIND_PATHS,	/* AS-path patterns */
	CONF_KIND_PATTERNS,	/* of communities */
	CONF_KIND_COMMUNITIES,	/* one and all without wildcards */
	CONF_KIND_RANGE,	/* number or "N-M" */
	CONF_KIND_VALUE,	/* number that may be absent */
	CONF_KIND_ASNS,		/* list of AS numbers */
	CONF_KIND_GROUP,	/* part of a term */
	CONF_KIND_GROUPS,	/* list of connections or tunnels */
	CONF_KINDS
};

enum conf_shape {		/* what is written for a value */
	SHAPE_NUMBER,
	SHAPE_BOOL,
	SHAPE_TEXT,
	SHAPE_LIST,
	SHAPE_TEXTS,		/* a text, or a list of them */
	SHAPE_RANGE,		/* a number, or a text */
};

struct conf_word {
	const char	*s;
	unsigned	 value;
};

struct conf_key {
	const char	*name;
	enum conf_place	 place;
	bool		 shared;	/* tunnel key: in a connection as well */
	bool		 required;
	bool		 or_zero;	/* 0 besides the range */
	enum conf_kind	 kind;
	enum alg_type	 alg;		/* ALGS */
	unsigned	 alg_flag;	/* ALGS: what it must be good for */
	unsigned	 file_kind;	/* REFS */
	const char	*unit;
	int64_t		 min, max;
	int64_t		 short_min;	/* with allow_short_lifetimes; -1: min */
	const char	*def;		/* NULL: none, or derived */
	const struct conf_word *words;	/* up to s NULL */
	size_t		 at, size;	/* field in the place's struct */
};

/* NULL past the end. */
const struct conf_key *conf_key_at(size_t i);
/* The row that may stand in such a group; NULL: none. */
const struct conf_key *conf_key_find(enum conf_place, const char *name);
/* Like it, wherever it may stand. */
const struct conf_key *conf_key_any(const char *name);
/* The key of such a group that is spelled most like this. */
const char	*conf_key_nearest(enum conf_place, const char *name);

/* Of a key without groups beneath it. */
enum conf_shape	conf_key_shape(const struct conf_key *);
/* Are there groups beneath it, which are read apart? */
bool		conf_key_holds_groups(const struct conf_key *);
/* How unlike two words are; 0: the first is the other's beginning. */
unsigned	conf_unlike(const char *name, const char *word);

/* Which keys a group had; all zero: none. */
#define CONF_KEYS_MAX	256
struct conf_seen {
	uint64_t	word[CONF_KEYS_MAX / 64];
};

void		conf_seen_add(struct conf_seen *, const struct conf_key *);
bool		conf_seen_has(struct conf_seen, const struct conf_key *);

#endif
