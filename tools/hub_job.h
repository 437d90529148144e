/* One edit of the configuration, from its words to what is told of it. */
#ifndef TOOLS_HUB_JOB_H
#define TOOLS_HUB_JOB_H

#include "crypto/drbg.h"
#include "tools/hub_args.h"
#include "tools/hub_object.h"
#include "tools/hub_set.h"
#include "tools/options.h"

struct hub_job {
	struct hub_args	args;
	struct hub_set	set;
	struct conf	*before;	/* as it is; owned */
	struct conf	*after;		/* as it is to be; owned */
	struct drbg	drbg;
	char		name[CONF_NAME_LEN];	/* of the object */
	bool		taken;		/* by the daemon */
};

/* The object and its options; complains. */
enum ctl_exit	hub_job_args(struct hub_job *, const struct options *,
		    char **argv, int argc);
/* Reads the configuration, locked. */
enum ctl_exit	hub_job_begin(struct hub_job *);
/*
 * Checks and commits what was changed in the set.  An identifier of BGP's that
 * would become another is written down, so that no session ends by an edit of
 * something else.
 */
enum ctl_exit	hub_job_commit(struct hub_job *);
void		hub_job_end(struct hub_job *);

/* hub_connection.c: options and defaults of a connection. */
enum ctl_exit	hub_connection_make(struct hub_job *, struct hub_object *);
enum ctl_exit	hub_connection_change(struct hub_job *, struct hub_object *);

/* hub_member.c: routes, associations and propagations. */
enum ctl_exit	hub_member_add(struct hub_job *);
enum ctl_exit	hub_member_drop(struct hub_job *);

#endif
