/*
 * The usual world: a hub with the network 10.1.0.0/16 and a branch with
 * 10.2.0.0/16, one connection of two tunnels, each over a link of its own.
 */
#ifndef TEST_SIM_PAIR_H
#define TEST_SIM_PAIR_H

#include "sim/check.h"
#include "sim/gate.h"
#include "sim/link.h"
#include "sim/packet.h"

/* One end's configuration; zero and NULL: the usual. */
struct pair_end {
	bool		hub;
	bool		no_bgp;
	bool		nat;		/* connection names the peer */
	unsigned	tunnels;	/* 1 or 2; 0: 2 */
	unsigned	asn, remote_asn;
	const char	*name;		/* of the connection */
	const char	*networks;	/* quoted, with commas */
	const char	*top;		/* further settings, each with ';' */
	const char	*connection;
	const char	*tunnel[2];
	const char	*more;		/* further connections, after a comma */
};

struct pair {
	struct world	w;
	struct gate	*hub, *branch;
	struct link	*link[2];
	struct pair_end	hub_conf, branch_conf;
};

#define PAIR_TEXT	32768

/* Both configured as the two structs say, nothing started. */
void	pair_init(struct pair *, uint64_t seed);
void	pair_fini(struct pair *);
/* Writes both files anew and starts who is not running. */
void	pair_start(struct pair *);
/* Only writes the files. */
void	pair_write(struct pair *);
/* Until everything is up or so long; false: with the reason as trouble. */
bool	pair_run_up(struct pair *, struct span);
/* The tunnel's object of `show`, or NULL. */
json_t	*pair_show(struct gate *, const char *tunnel);
/* Asks for "show" and returns a member as text: "state", "ike.state". */
const char *pair_get(struct gate *, const char *tunnel, const char *member);

#endif
