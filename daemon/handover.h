/*
 * What a monitor leaves to the one that takes its place in the same process
 * (execve(2)): open sockets by their numbers, what engines have deposited, and
 * the keys of tickets.  It goes in a memory file that no other process has and
 * that is overwritten when it was read; the environment has its descriptor,
 * and nothing of its content.
 */
#ifndef DAEMON_HANDOVER_H
#define DAEMON_HANDOVER_H

#include "daemon/engine.h"
#include "daemon/keeps.h"
#include "daemon/tickets.h"
#include "util/str.h"

#define HANDOVER_VERSION	1
#define HANDOVER_ENV		"VPND_HANDOVER"
#define HANDOVER_MAX		(UINT32_C(1) << 30)	/* octets */
#define HANDOVER_VERSIONS	32	/* "1.3.1", with NUL */

struct handover {
	int32_t		pid_file, ctl;
	int32_t		udp[ENGINE_UDP_N][SIEVE_CLASSES];	/* -1: absent */
	uint32_t	restarts;	/* with this one */
	uint64_t	engines;	/* that were started */
	struct ticket_keys keys;
	uint8_t		mark_key[TICKET_KEY];
	struct bytes	kept;		/* as keeps_hand() gives them; a view */
};

/*
 * What a monitor must be able to read to go on with another one's work: the
 * versions of this record, of a tunnel's, and of its IKE SAs'.
 */
void	handover_versions(char buf[static HANDOVER_VERSIONS]);

size_t	handover_size(const struct handover *);
/* The writer has room for that. */
void	handover_encode(const struct handover *, struct wr *);
/* False: *why; the descriptors in it were not looked at. */
bool	handover_decode(struct bytes, struct handover *, struct reason *why);

/*
 * Everything but these descriptors, and this one, is closed by the next
 * execve(2), whose program finds the record by the environment.  The
 * descriptor, or -errno.
 */
int	handover_put(const struct handover *);
/* There was no execve(2): as before. */
void	handover_undo(const struct handover *, int fd);

enum handover_found {
	HANDOVER_NONE,		/* an ordinary start */
	HANDOVER_TAKEN,
	HANDOVER_USELESS,	/* *why; all that was open is closed */
};

/*
 * At the start of main().  The record's octets, which out->kept is a view of,
 * go to *octets, to be given back with handover_end().
 */
enum handover_found handover_take(struct handover *out, struct bytes *octets,
	    struct reason *why);
void	handover_end(struct handover *, struct bytes octets);	/* wipes */

#endif
