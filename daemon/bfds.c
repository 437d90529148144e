/*
 * UDP for BFD (RFC 5881).  A packet that cannot be sent is lost, as any other
 * may be: the next one is near.  What came is read before anybody looks at the
 * clock, so that a busy engine takes nobody for dead whose packets wait here.
 */
#include "daemon/bfds.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/poller.h"

#define PACKETS_MAX	16	/* of one tunnel in one turn */
#define PACKET_OCTETS	256	/* with any authentication */

struct bfd_pair {
	uint32_t	tunnel;
	int		in, out;	/* -1: none */
};

void
bfds_init(struct bfds *b, int ep, struct gw *gw)
{
	*b = (struct bfds){ .ep = ep, .gw = gw };
}

static void
pair_free(struct bfd_pair *p)
{
	if (p->in >= 0)
		close(p->in);
	if (p->out >= 0)
		close(p->out);
	free(p);
}

void
bfds_fini(struct bfds *b)
{
	struct bfd_pair *p;
	size_t pos = 0;

	while ((p = map_each(&b->all, &pos)) != NULL)
		pair_free(p);
	map_fini(&b->all);
}

static struct bfd_pair *
pair_of(struct bfds *b, uint32_t tunnel)
{
	struct bfd_pair *p = map_get(&b->all, tunnel);

	if (p != NULL)
		return p;
	p = calloc(1, sizeof(*p));
	if (p == NULL || !map_put(&b->all, tunnel, p)) {
		free(p);
		return NULL;
	}
	p->tunnel = tunnel;
	p->in = p->out = -1;
	return p;
}

void
bfds_open(struct bfds *b, uint32_t tunnel, bool in, int fd)
{
	struct bfd_pair *p = pair_of(b, tunnel);
	int *at;

	if (p == NULL) {
		close(fd);
		return;
	}
	at = in ? &p->in : &p->out;
	if (*at >= 0)
		close(*at);
	*at = fd;
	if (in)
		poller_add(b->ep, fd, POLL_BFD, tunnel);
}

void
bfds_close(struct bfds *b, uint32_t tunnel)
{
	struct bfd_pair *p = map_del(&b->all, tunnel);

	if (p != NULL)
		pair_free(p);
}

/* As it came: 0 where the kernel does not say. */
static unsigned
ttl_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
	    c = CMSG_NXTHDR(m, c)) {
		int ttl;

		if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) &&
		    !(c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_HOPLIMIT))
			continue;
		memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
		return ttl >= 0 ? (unsigned)ttl : 0;
	}
	return 0;
}

/* False: nothing waits there. */
static bool
read_one(struct bfds *b, struct instant now, const struct bfd_pair *p)
{
	union {
		struct cmsghdr	h;
		char		b[CMSG_SPACE(sizeof(int)) * 2];
	} control;
	uint8_t buf[PACKET_OCTETS];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(p->in, &m, MSG_DONTWAIT);

	if (n < 0)
		return errno == EINTR;
	gw_bfd(b->gw, now, p->tunnel, ttl_of(&m), bytes_of(buf, (size_t)n));
	return true;
}

void
bfds_read(struct bfds *b, struct instant now, uint32_t tunnel)
{
	const struct bfd_pair *p = map_get(&b->all, tunnel);

	if (p == NULL || p->in < 0)
		return;
	for (int i = 0; i < PACKETS_MAX && read_one(b, now, p); i++)
		;
}

void
bfds_catch_up(struct bfds *b, struct instant now)
{
	uint32_t tunnel;
	size_t pos = 0;

	while (gw_bfd_dying(b->gw, now, &pos, &tunnel))
		bfds_read(b, now, tunnel);
}

/*
 * An earlier one that was refused at the other end is told here, instead of
 * sending this one.
 */
void
bfds_send(struct bfds *b, uint32_t tunnel, struct bytes octets)
{
	const struct bfd_pair *p = map_get(&b->all, tunnel);

	if (p == NULL || p->out < 0)
		return;
	if (send(p->out, octets.p, octets.n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    errno == ECONNREFUSED)
		send(p->out, octets.p, octets.n, MSG_DONTWAIT | MSG_NOSIGNAL);
}
