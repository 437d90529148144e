/*
 * What a process without privileges may still ask of the kernel: filters on
 * system calls (libseccomp) for the two kinds of process that see octets of
 * peers and servers.
 */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

enum sandbox {
	/* Descriptors that it was given, memory, time, randomness; else EPERM. */
	SANDBOX_ENGINE,
	/*
	 * Anything but other processes, programs, and sockets that are not the
	 * Internet's or netlink's: those are EPERM.
	 */
	SANDBOX_FETCHER,
};

/*
 * From now on, for this process and its children; cannot be taken back.  0, or
 * -errno, and nothing is locked; -EINVAL: the kernel has no such filters.
 */
int	sandbox_lock(enum sandbox);

#endif
