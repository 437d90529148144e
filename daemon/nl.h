/*
 * Netlink with libmnl: queues of pipelined requests, plain questions with
 * their answer, and sockets for events.
 */
#ifndef DAEMON_NL_H
#define DAEMON_NL_H

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include "gw/kern.h"

struct nl_sock;			/* of libnl */

#define NLQ_BUFFER	49152	/* octets of one batch */
#define NLQ_MESSAGE	4096	/* the longest message that we build */
#define NLQ_OPS		512	/* operations in one batch */

/* Known about a security association until it goes; see nl_xfrm.h. */
struct nl_sa {
	uint32_t	spi, reqid, if_id;
	bool		mark_not_if_id;
	enum kern_dir	dir;
	struct addr	src, dst;
	bool		encap;
	uint16_t	sport, dport;
};

/* One operation on its way to the kernel. */
struct nl_op {
	uint32_t	id;
	enum kern_op_kind kind;
	uint64_t	fp;		/* of the object; see stated.h */
	struct nl_sa	*sa;		/* SA_ADD: to be kept; owned */
	bool		claimed;	/* ours while it is asked for */
	/* The answer. */
	int		error;		/* errno, 0: done */
	char		text[KERN_TEXT_LEN];
};

/*
 * Requests of one netlink family in order.  Everything that was put is sent
 * with one system call; the kernel works it off within that call, and only
 * the last message asks for an acknowledgement: who is not named in an error
 * before it has succeeded.
 */
struct nlq {
	struct mnl_socket *sock;
	struct nlq	*of;		/* whose socket it is; NULL: its own */
	uint32_t	seq;
	size_t		used;		/* octets in buf */
	size_t		n;		/* operations */
	unsigned	claims;		/* of them, claims of what is not known */
	/* Ever sent, refused, and looked at: of all with this socket. */
	uint64_t	batches, messages, errors;
	struct nlmsghdr	*last;
	struct nl_op	op[NLQ_OPS];
	_Alignas(8) uint8_t buf[NLQ_BUFFER];
};

/* Everything of the monitor's that speaks netlink. */
struct nl {
	struct nlq	*xfrm, *route;
	struct mnl_socket *xfrm_ask, *route_ask;	/* questions */
	struct mnl_socket *xfrm_events, *link_events, *route_events;
	struct nl_sock	*links;		/* libnl: links and addresses */
	enum kern_link_kind auto_kind;	/* what KERN_LINK_AUTO becomes */
};

/* 0 or -errno; *what then says which part failed.  nl_free(NULL) is fine. */
int		nl_new(struct nl **, const char **what);
void		nl_free(struct nl *);

/*
 * Another queue on its socket, which must outlive it; one at a time is
 * flushed, and sequence numbers are the caller's business.  NULL: no memory.
 */
struct nlq	*nlq_twin(struct nlq *);
/* Events of nf_tables; NULL: errno. */
struct mnl_socket *nl_fence_events(void);
/* That which has the counts of all with its socket. */
const struct nlq *nlq_owner(const struct nlq *);
void		nlq_close(struct nlq *);

bool		nlq_room(const struct nlq *);
/* There must be room.  The message grows until nlq_end(). */
struct nlmsghdr	*nlq_begin(struct nlq *, uint16_t type, uint16_t flags,
		    const struct nl_op *);
void		nlq_end(struct nlq *, struct nlmsghdr *);
/* Sends and fills in the answers of op[0..n-1]; nlq_reset() then. */
void		nlq_flush(struct nlq *);
void		nlq_reset(struct nlq *);	/* wipes what was sent */

typedef int nl_each(const struct nlmsghdr *, void *);

/*
 * Sends one request and hands every message of the answer to each() (which
 * may be NULL); 0 or -errno, with the kernel's words in text (of
 * KERN_TEXT_LEN, may be NULL).
 */
int		nl_ask(struct mnl_socket *, struct nlmsghdr *, nl_each *,
		    void *, char *text);

/*
 * Netlink aligns to four octets, structs with 64-bit members want eight: the
 * header behind nlmsghdr is copied in and out.  False: the message is shorter.
 */
void		nl_put_header(struct nlmsghdr *, const void *, size_t);
bool		nl_get_header(const struct nlmsghdr *, void *, size_t);

/*
 * Reads one datagram of events into buf: its length, 0 none, -ENOBUFS when
 * events were lost, or -errno.
 */
ssize_t		nl_event_read(struct mnl_socket *, void *buf, size_t);

/* Address family of an address for the kernel; AF_UNSPEC when unset. */
int		nl_family(const struct addr *);
struct addr	nl_addr(int family, const void *);

#endif
