/*
 * Certificates, CAs and CRLs of a configuration, parsed once for all tunnels
 * that name the same files.  A new configuration brings a new set; tunnels
 * are then given theirs anew and the old set goes.
 */
#ifndef GW_CREDS_H
#define GW_CREDS_H

#include "gw/conf.h"
#include "ike/ike.h"

struct creds;

/*
 * From what is attached to the configuration.  Without err, what cannot be
 * used is left out, and a tunnel says what it lacks when it authenticates;
 * with err, the first such file ends it.  NULL: that, or no memory.
 */
struct creds	*creds_new(const struct conf *, struct conf_error *err);
void		creds_free(struct creds *);
/*
 * What a tunnel of that configuration, "conn/1", authenticates with; lives with
 * it.
 */
struct ike_creds creds_of(const struct creds *, const char *tunnel,
		    const struct conf_tunnel *);

#endif
