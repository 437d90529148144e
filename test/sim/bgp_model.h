/*
 * A reference for what a BGP speaker chooses and announces: slow, obvious and
 * written from the RFCs alone.  Every question is answered from all paths at
 * every peer, nothing is remembered between questions.
 */
#ifndef TEST_SIM_BGP_MODEL_H
#define TEST_SIM_BGP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_PEERS	6
#define MODEL_NETS	18
#define MODEL_PATH	6	/* AS numbers of one path */

struct model_peer {
	uint32_t	asn;
	bool		ibgp, as4, transit;
	bool		up;
	uint32_t	router_id;
};

struct model_path {
	bool		there;
	unsigned	n;		/* AS numbers, the neighbour's first */
	uint32_t	as[MODEL_PATH];
	uint8_t		origin;
	bool		has_med;
	uint32_t	med, local_pref;
	bool		no_export, no_advertise;
};

struct model {
	uint32_t	asn;		/* ours */
	struct model_peer peer[MODEL_PEERS];
	struct model_path in[MODEL_PEERS][MODEL_NETS];	/* Adj-RIB-In */
	bool		own[MODEL_NETS];	/* we originate it */
};

/* Adj-RIB-Out of one prefix. */
struct model_told {
	bool		there;
	unsigned	n;
	uint32_t	as[MODEL_PATH + 1];
	uint8_t		origin;
	bool		has_med;
	uint32_t	med, local_pref;	/* to iBGP alone, else 0 */
};

/* Bit per peer that shares the traffic; *best is one of them; 0: no route. */
unsigned	model_choose(const struct model *, unsigned net, unsigned *best);
struct model_told model_told(const struct model *, unsigned to, unsigned net);

#endif
