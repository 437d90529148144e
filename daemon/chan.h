/*
 * The channel between monitor and engine: a SOCK_SEQPACKET pair that carries
 * struct kern_op one way and struct kern_event the other, many per datagram,
 * only the used part of each.  Neither end ever blocks on it: what the socket
 * does not take waits in a queue of bounded length.
 */
#ifndef DAEMON_CHAN_H
#define DAEMON_CHAN_H

#include "gw/kern.h"

#define CHAN_DATAGRAM	32768	/* octets of one datagram at most */

enum chan_end {
	CHAN_MONITOR,		/* sends events, receives operations */
	CHAN_ENGINE,
};

struct chan;

/* A connected, non-blocking pair of descriptors; 0 or -errno. */
int		chan_pair(int fd[2]);
/*
 * Takes the descriptor over.  Up to `limit` datagrams wait in the queue.
 * NULL: out of memory (the descriptor is left open).
 */
struct chan	*chan_new(int fd, enum chan_end, size_t limit);
void		chan_free(struct chan *);	/* wipes, closes */
int		chan_fd(const struct chan *);

/* Queues; false: the queue is full, or that is no valid operation. */
bool		chan_put_op(struct chan *, const struct kern_op *);
/*
 * Queues; a descriptor in conn.fd (DONE of LISTEN and CONNECT, RELOADED) is
 * taken over on success and closed once it was sent.
 */
bool		chan_put_event(struct chan *, const struct kern_event *);
/* Sends what the socket takes: 0, or -errno when the other end is gone. */
int		chan_flush(struct chan *);
bool		chan_wants_write(const struct chan *);
/* Datagrams waiting in the queue. */
size_t		chan_queued(const struct chan *);

/* Next datagram: 1, 0 none there, -EPIPE closed, -EBADMSG, or -errno. */
int		chan_recv(struct chan *);
/*
 * Next record of the datagram: 1, 0 at its end, -EBADMSG when it is not what
 * the other end may send; the rest of the datagram is dropped then.  The
 * caller wipes an operation that held keys.
 */
int		chan_get_op(struct chan *, struct kern_op *);
/* Has it records that were not asked for? */
bool		chan_has_more(const struct chan *);
/* Next record, of events; a descriptor in conn.fd belongs to the caller. */
int		chan_get_event(struct chan *, struct kern_event *);

#endif
