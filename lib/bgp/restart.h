/*
 * Graceful restart (RFC 4724, RFC 8538) with one peer: what stays of its
 * routes between two sessions, and until it has taught them again.
 */
#ifndef BGP_RESTART_H
#define BGP_RESTART_H

#include "bgp/fsm.h"
#include "bgp/import.h"
#include "bgp/speaker.h"

struct restart {
	bool		holding;	/* no session, but routes: by import */
	uint8_t		families;	/* stale until End-of-RIB */
	uint8_t		preserved;	/* families that we forward for it */
	struct instant	stale_until;	/* the bound of RFC 8538 section 4.1 */
	struct instant	until;		/* when what is stale goes */
	struct alarm	alarm;		/* then */
	struct import	import;		/* owned while holding */
	bool		judging;	/* in the list of those: again */
	TAILQ_ENTRY(peer) in_judging;
};

void	restart_init(struct peer *);
void	restart_fini(struct bgp *, struct peer *);
/* What our OPEN says. */
struct cap_restart	restart_offer(const struct bgp *,
			    const struct peer *);
/* The session is about to end by this; do its routes stay? */
bool	restart_is_due(const struct bgp *, const struct session *,
	    enum fsm_event, const struct fault *);
/*
 * Its new connection, on which OPEN has come, is the end of an old one that
 * we believed established (RFC 4724 section 4.2)?
 */
bool	restart_replaces(const struct bgp *, const struct session *old,
	    const struct session *);
/* They do: takes over what the session has in the RIB. */
void	restart_hold(struct bgp *, struct session *);
/* They do not. */
void	restart_forget(struct bgp *, struct peer *);
/*
 * A session comes up: the source of its routes, with those that may stay;
 * slot 0: no memory.  *again: they have to be judged again.
 */
struct rib_ref	restart_join(struct bgp *, struct session *,
		    const struct decide_peer *, bool *again);
/* End-of-RIB of this family has come. */
void	restart_eor(struct bgp *, struct session *, enum addr_family);
void	restart_expires(struct bgp *, struct peer *);
/* Whatever is stale goes. */
void	restart_end(struct bgp *, struct peer *, const char *why);
/* Another soft part of the peer's configuration. */
void	restart_change(struct bgp *, struct peer *);
/* A portion of what is judged again; takes it off the budget. */
void	restart_sweep(struct bgp *, struct peer *, unsigned *budget);
void	restart_info(const struct bgp *, const struct peer *,
	    struct bgp_restart_info *);
const char	*restart_family_str(enum addr_family);

#endif
