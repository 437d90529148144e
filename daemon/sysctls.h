/* Settings of the whole network namespace that are ours while we run. */
#ifndef DAEMON_SYSCTLS_H
#define DAEMON_SYSCTLS_H

#include "gw/conf.h"

#define SYSCTLS		3

struct sysctls {
	char		was[SYSCTLS][16];	/* "": untouched */
};

/* As the configuration wants them; again after a reload. */
void		sysctls_set(struct sysctls *, const struct conf *);
/* As they were before us. */
void		sysctls_restore(struct sysctls *);

#endif
