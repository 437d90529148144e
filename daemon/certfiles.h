/*
 * The files that a configuration names beside its secrets: certificates, CAs
 * and CRLs, which go to the engine, and private keys, which stay here.
 */
#ifndef DAEMON_CERTFILES_H
#define DAEMON_CERTFILES_H

#include "daemon/privkey.h"
#include "gw/conf.h"

struct certfiles {
	size_t		n;
	struct privkey	**keys;		/* by the number of their file */
};

/*
 * Reads, attaches and checks all of them; names are relative to the directory
 * of conf_path.  False: *err has file, line and key.
 */
bool		certfiles_load(struct certfiles *, struct conf *,
		    const char *conf_path, struct conf_error *err);
void		certfiles_fini(struct certfiles *);
/* The private key of this tunnel, or NULL. */
const struct privkey *certfiles_key(const struct certfiles *,
		    const struct conf_tunnel *);
/*
 * What is no error but will be one for the peer: certificates that are not
 * valid at that time (seconds since 1970), or do not carry our identity.
 */
void		certfiles_warn(const struct conf *, int64_t wall,
		    void (*each)(const char *line));

#endif
