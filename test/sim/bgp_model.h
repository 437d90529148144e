/*
 * A reference for what a BGP speaker chooses and announces: slow, obvious and
 * written from the RFCs alone.  Every question is answered from all paths at
 * every peer, nothing is remembered between questions.
 */
#ifndef TEST_SIM_BGP_MODEL_H
#define TEST_SIM_BGP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_PEERS	8
#define MODEL_NETS	18
#define MODEL_TABLES	3
#define MODEL_PATH	48	/* AS numbers of one path, with all in front */
#define MODEL_TERMS	4
#define MODEL_PATHS	3	/* of one peer to a prefix, with add-path */

enum {				/* communities, as bits */
	MODEL_MARKS = 0x0f,	/* four of no meaning */
	MODEL_NO_EXPORT = 0x10,
	MODEL_NO_ADVERTISE = 0x20,
	MODEL_SHUTDOWN = 0x40,
};

enum model_where {		/* an AS number in a path */
	MODEL_ANYWHERE,
	MODEL_FIRST,
	MODEL_LAST,
};

struct model_term {
	uint32_t	nets;		/* as bits; 0: all */
	uint32_t	asn;		/* in the path; 0: any path */
	enum model_where where;
	unsigned	hops;		/* at least */
	uint8_t		any, all, none;	/* communities; any 0: no matter */
	int		own;		/* 1: our own, 0: others', -1: both */
	bool		has_med, has_pref;	/* what is set */
	uint32_t	med, local_pref;
	unsigned	prepend;
	uint8_t		add, del;	/* communities */
	int		then;		/* 0 next, 1 accept, 2 reject */
};

struct model_policy {
	bool		on;
	unsigned	n;
	struct model_term term[MODEL_TERMS];
};

enum model_role {		/* what we are to it (RFC 9234) */
	MODEL_NO_ROLE,
	MODEL_ITS_PROVIDER,
	MODEL_ITS_CUSTOMER,
	MODEL_ITS_PEER,
};

struct model_peer {
	uint32_t	asn, local_asn;	/* its, and ours towards it */
	bool		ibgp, as4, transit;
	bool		up;		/* it has a session */
	bool		held;		/* none, but its routes count */
	uint32_t	router_id;
	enum model_role	role;
	bool		add_path;	/* else the first path is all it has */
	/* What may change: */
	struct model_policy import, export;
	unsigned	allow_own;
	bool		override, tell_loops, no_private, heed, drain;
	unsigned	table;		/* is told of its routes */
	unsigned	into;		/* bit per table that it teaches */
};

struct model_path {
	bool		there;
	unsigned	n;		/* AS numbers, the neighbour's first */
	uint32_t	as[MODEL_PATH];
	uint8_t		origin;
	bool		has_med, med_out;
	uint32_t	med, local_pref;
	uint8_t		communities;
	uint32_t	otc;		/* 0: none */
};

struct model {
	uint32_t	asn;		/* ours */
	struct model_peer peer[MODEL_PEERS];
	/* Adj-RIB-In, paths in the order of their identifiers. */
	struct model_path in[MODEL_PEERS][MODEL_NETS][MODEL_PATHS];
	bool		own[MODEL_TABLES][MODEL_NETS];	/* we originate it */
};

/* Adj-RIB-Out of one prefix. */
struct model_told {
	bool		there;
	unsigned	n;
	uint32_t	as[MODEL_PATH];
	uint8_t		origin, communities;
	bool		has_med;
	uint32_t	med, local_pref;	/* the latter to iBGP, else 0 */
	uint32_t	otc;
};

/* Bit per peer that shares the traffic; *best is one of them; 0: no route. */
unsigned	model_choose(const struct model *, unsigned table, unsigned net,
		    unsigned *best);
struct model_told model_told(const struct model *, unsigned to, unsigned net);

#endif
