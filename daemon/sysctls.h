/* Settings of the whole network namespace that are ours while we run. */
#ifndef DAEMON_SYSCTLS_H
#define DAEMON_SYSCTLS_H

#include "gw/conf.h"

#define SYSCTLS		3

struct sysctls {
	const char	*file;	/* keeps `was` for who comes after a crash */
	char		was[SYSCTLS][16];	/* "": untouched */
	struct sysctl_of {	/* of interfaces that are not ours */
		char	path[64];
		char	was[16];
	}		*of;	/* owned */
	size_t		of_n;
};

/* What one before us changed and did not put back. */
void		sysctls_init(struct sysctls *, const char *file);
/* As the configuration wants them; again after a reload. */
void		sysctls_set(struct sysctls *, const struct conf *);
/*
 * An interface that is not ours forwards what comes in there, IPv4 and IPv6,
 * or does what it did before.  One that is not there does not matter.
 */
void		sysctls_forward(struct sysctls *, const char *ifname, bool);
/* As they were before us. */
void		sysctls_restore(struct sysctls *);

#endif
