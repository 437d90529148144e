/*
 * UDP with IP_PKTINFO and IPV6_PKTINFO: a host with several addresses answers
 * from the one that was asked.  The sockets come open from the monitor.
 */
#include "daemon/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

union sockaddr_any {
	struct sockaddr		sa;
	struct sockaddr_in	v4;
	struct sockaddr_in6	v6;
};

/* Room for one packet-info message of either family, aligned. */
union control {
	struct cmsghdr	h;
	char		b[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
			    CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static struct endpoint
endpoint_of(const union sockaddr_any *a)
{
	struct endpoint e = { 0 };

	if (a->sa.sa_family == AF_INET) {
		e.addr = addr_from(bytes_of(&a->v4.sin_addr, 4));
		e.port = ntohs(a->v4.sin_port);
	} else if (a->sa.sa_family == AF_INET6) {
		e.addr = addr_from(bytes_of(&a->v6.sin6_addr, 16));
		e.port = ntohs(a->v6.sin6_port);
	}
	return e;
}

static socklen_t
sockaddr_of(const struct endpoint *e, union sockaddr_any *a)
{
	memset(a, 0, sizeof(*a));
	if (e->addr.family == ADDR_IPV4) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(e->port);
		memcpy(&a->v4.sin_addr, e->addr.b, 4);
		return sizeof(a->v4);
	}
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_port = htons(e->port);
	memcpy(&a->v6.sin6_addr, e->addr.b, 16);
	return sizeof(a->v6);
}

static struct addr
local_of(struct msghdr *m)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		struct in_pktinfo v4;
		struct in6_pktinfo v6;

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&v4, CMSG_DATA(c), sizeof(v4));
			return addr_from(bytes_of(&v4.ipi_addr, 4));
		}
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&v6, CMSG_DATA(c), sizeof(v6));
			return addr_from(bytes_of(&v6.ipi6_addr, 16));
		}
	}
	return (struct addr){ 0 };
}

int
udp_recv(int fd, uint16_t local_port, struct path *path, void *buf, size_t cap)
{
	union sockaddr_any from;
	union control control;
	struct iovec iov = { .iov_base = buf, .iov_len = cap };
	struct msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	path->remote = endpoint_of(&from);
	path->local.addr = local_of(&m);
	path->local.port = local_port;
	return (int)n;
}

static void
control_set(struct msghdr *m, union control *control, const struct addr *src)
{
	struct cmsghdr *c = &control->h;
	struct in_pktinfo v4 = { 0 };
	struct in6_pktinfo v6 = { 0 };
	bool is4 = src->family == ADDR_IPV4;
	size_t n = is4 ? sizeof(v4) : sizeof(v6);

	memset(control, 0, sizeof(*control));
	m->msg_control = control;
	m->msg_controllen = CMSG_SPACE(n);
	c->cmsg_level = is4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(n);
	memcpy(&v4.ipi_spec_dst, src->b, 4);
	memcpy(&v6.ipi6_addr, src->b, 16);
	memcpy(CMSG_DATA(c), is4 ? (void *)&v4 : (void *)&v6, n);
}

int
udp_send(int fd, const struct path *path, struct bytes b)
{
	union sockaddr_any to;
	union control control;
	char payload[UINT16_MAX];
	struct iovec iov = { .iov_base = payload, .iov_len = b.n };
	struct msghdr m = { .msg_name = &to, .msg_iov = &iov, .msg_iovlen = 1 };

	if (b.n > sizeof(payload))
		return -EMSGSIZE;
	memcpy(payload, b.p, b.n);
	m.msg_namelen = sockaddr_of(&path->remote, &to);
	if (addr_is_set(&path->local.addr) && !addr_is_any(&path->local.addr))
		control_set(&m, &control, &path->local.addr);
	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

_Static_assert(sizeof(struct in_addr) == 4 && sizeof(struct in6_addr) == 16,
    "addresses are copied by these sizes");
