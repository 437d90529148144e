/*
 * Security associations that were made: an operation that moves one does not
 * say from where, and a deletion not whose it was.
 */
#ifndef DAEMON_SAS_H
#define DAEMON_SAS_H

#include "daemon/nl.h"
#include "daemon/stated.h"
#include "util/map.h"

/* An all-zero one is valid and empty. */
struct sas {
	struct map	by_fp;		/* fingerprint -> struct nl_sa, owned */
	struct map	by_reqid;	/* reqid, SPI, direction -> the same */
};

struct nl_sa	*sas_new(const struct kern_sa *);	/* NULL: no memory */
/* Takes it over; without memory this SA cannot be moved, that is all. */
void		sas_keep(struct sas *, uint64_t fp, struct nl_sa *);
void		sas_forget(struct sas *, uint64_t fp);
/* Before a sweep: what is not stated goes with what the kernel has of it. */
void		sas_prune(struct sas *, const struct stated *);
struct nl_sa	*sas_find(const struct sas *, const struct kern_sa *);
void		sas_fini(struct sas *);

#endif
