/*
 * A reference for what stays of a neighbour's routes when its session ends:
 * RFC 4724 section 4.2, RFC 8538 section 4.1 and RFC 7313 section 4 word by
 * word, with a mark for each route.
 */
#ifndef TEST_SIM_BGP_RESTARTS_H
#define TEST_SIM_BGP_RESTARTS_H

#include "bgp/cap_restart.h"
#include "crypto/drbg.h"
#include "sim/bgp_model.h"
#include "util/instant.h"

#define RESTARTS_TIME	span_s(2)	/* that a neighbour asks for */
#define RESTARTS_STALE	span_s(5)	/* that stale routes are given */

struct restarts {
	struct cap_restart cap;	/* of the session, or of the last one */
	uint8_t		awaiting;	/* families: stale until End-of-RIB */
	uint8_t		ended;		/* families whose End-of-RIB came */
	uint8_t		refreshing;	/* families between BoRR and EoRR */
	struct instant	until, stale_until, refresh_until;
	bool		stale[MODEL_NETS][MODEL_PATHS];
};

/* Some capability; forwards or families may be less than they were. */
struct cap_restart	restarts_cap(struct drbg *, bool again);
/* The session ends: by a NOTIFICATION that is no Hard Reset, or so. */
void	restarts_end(struct restarts *, struct model *, unsigned peer,
	    struct instant, bool notification);
void	restarts_come(struct restarts *, struct model *, unsigned peer,
	    const struct cap_restart *);
void	restarts_eor(struct restarts *, struct model *, unsigned peer,
	    uint8_t family);
void	restarts_begin(struct restarts *, struct model *, unsigned peer,
	    struct instant, uint8_t family);
void	restarts_finish(struct restarts *, struct model *, unsigned peer,
	    uint8_t family);
void	restarts_time(struct restarts *, struct model *, unsigned peer,
	    struct instant);
/* The tunnel is gone. */
void	restarts_stop(struct restarts *, struct model *, unsigned peer);

#endif
