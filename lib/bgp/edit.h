/*
 * What a session does to attributes on their way in or out: its policy, and
 * what its configuration says without one (as-override, private AS numbers,
 * local-as, graceful shutdown).  Results are kept by attribute set, so that a
 * policy runs once for all routes that have the same.
 */
#ifndef BGP_EDIT_H
#define BGP_EDIT_H

#include "bgp/bgp.h"
#include "bgp/policy.h"

struct edit_conf {
	struct policy	*policy;	/* NULL: everything passes */
	bool		exports;
	bool		ibgp;
	uint32_t	asn;		/* ours in this session */
	uint32_t	peer_asn;
	uint32_t	first_asn;	/* in front before all else; 0: none */
	bool		override;	/* out: the peer's AS becomes ours */
	bool		tell_loops;	/* out: paths with the peer's AS, too */
	enum bgp_private private_as;	/* out */
	enum bgp_share	share;		/* in */
	uint8_t		rank;		/* in */
	uint32_t	med;		/* in: where there is none; 0: as it is */
	bool		heed_shutdown;	/* in: RFC 8326 receiver */
	bool		shutdown;	/* RFC 8326 initiator */
};

struct edit_slot {
	uint32_t	from;		/* held; 0: empty */
	uint32_t	to;		/* held; 0: rejected */
	uint64_t	key;		/* of the prefix */
};

struct edit {
	struct edit_conf conf;		/* policy is held */
	struct edit_slot *slot;		/* owned */
	uint32_t	slots;		/* power of two, or 0 */
	uint32_t	pushed;		/* results that others pushed out */
};

/* An all-zero edit lets everything pass as it is. */
void	edit_init(struct edit *, const struct edit_conf *);
void	edit_fini(struct edit *, struct intern *);
bool	edit_conf_eq(const struct edit_conf *, const struct edit_conf *);
/* May it do anything to routes with these attributes? */
bool	edit_touches(const struct edit *, const struct attrs *);

/*
 * The attributes that come out: *to is good until the next call, 0 when the
 * route is rejected.  False: no memory.
 */
bool	edit_run(struct edit *, struct intern *, uint32_t from,
	    const struct prefix *, uint32_t *to);
/*
 * The same once, with who decided; nothing is kept.  False: rejected, and the
 * buffer is of no use.
 */
bool	edit_why(const struct edit *, const struct intern *, uint32_t from,
	    const struct prefix *, union attrs_buf *, struct reason *why);

#endif
