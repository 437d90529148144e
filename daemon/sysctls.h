/* Settings of the whole network namespace that are ours while we run. */
#ifndef DAEMON_SYSCTLS_H
#define DAEMON_SYSCTLS_H

#include "gw/conf.h"

#define SYSCTLS		3

struct sysctls {
	const char	*file;	/* keeps `was` for who comes after a crash */
	char		was[SYSCTLS][16];	/* "": untouched */
};

/* What one before us changed and did not put back. */
void		sysctls_init(struct sysctls *, const char *file);
/* As the configuration wants them; again after a reload. */
void		sysctls_set(struct sysctls *, const struct conf *);
/* As they were before us. */
void		sysctls_restore(struct sysctls *);

#endif
