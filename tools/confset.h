/*
 * The configuration as the daemon would read it, for tools that work without
 * one: vpnd.conf, what conf.d adds to it, and pre-shared keys.
 */
#ifndef TOOLS_CONFSET_H
#define TOOLS_CONFSET_H

#include "gw/conf.h"
#include "gw/ctl.h"

#define CONFSET_FILES	4096

struct confset {
	struct conf	*conf;		/* owned */
	char		dir[4096];	/* of the files */
	char		secrets[4096];	/* the main file of keys */
};

/* path NULL: the installed one; secrets NULL: as it says.  Complains. */
enum ctl_exit	confset_load(struct confset *, const char *path,
		    const char *secrets);
void		confset_free(struct confset *);
/*
 * The key of a tunnel, or "" where there is none; the one that names its
 * tunnel goes before the connection's.  Complains where a file cannot be read.
 */
enum ctl_exit	confset_psk(const struct confset *, const char *connection,
		    unsigned tunnel, char *out, size_t size);

#endif
