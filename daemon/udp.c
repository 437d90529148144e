/*
 * UDP with IP_PKTINFO and IPV6_PKTINFO: a host with several addresses answers
 * from the one that was asked.  The sockets come open from the monitor.  One
 * system call carries many datagrams: in a flood that is what decides how much
 * of it can be read at all.
 */
#include "daemon/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
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
local_of(const struct msghdr *got)
{
	struct msghdr m = *got;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
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

/* Pages of a buffer that no long datagram ever came to are never touched. */
struct udp_in {
	uint16_t		local_port;
	struct mmsghdr		m[UDP_BATCH];
	struct iovec		iov[UDP_BATCH];
	union sockaddr_any	from[UDP_BATCH];
	union control		control[UDP_BATCH];
	uint8_t			buf[UDP_BATCH][UINT16_MAX + 1];
};

struct udp_in *
udp_in_new(void)
{
	return calloc(1, sizeof(struct udp_in));
}

void
udp_in_free(struct udp_in *in)
{
	free(in);
}

int
udp_recv(int fd, uint16_t local_port, struct udp_in *in)
{
	int n;

	for (unsigned i = 0; i < UDP_BATCH; i++) {
		in->iov[i] = (struct iovec){ in->buf[i], sizeof(in->buf[i]) };
		in->m[i].msg_hdr = (struct msghdr){
			.msg_name = &in->from[i],
			.msg_namelen = sizeof(in->from[i]),
			.msg_iov = &in->iov[i], .msg_iovlen = 1,
			.msg_control = &in->control[i],
			.msg_controllen = sizeof(in->control[i]),
		};
	}
	in->local_port = local_port;
	n = recvmmsg(fd, in->m, UDP_BATCH, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return n;
}

struct bytes
udp_in_get(const struct udp_in *in, unsigned n, struct path *path)
{
	path->remote = endpoint_of(&in->from[n]);
	path->local.addr = local_of(&in->m[n].msg_hdr);
	path->local.port = in->local_port;
	return bytes_of(in->buf[n], in->m[n].msg_len);
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

bool
udp_out_has_room(const struct udp_out *out, int fd)
{
	return out->n == 0 || (out->fd == fd && out->n < UDP_BATCH);
}

void
udp_out_put(struct udp_out *out, int fd, const struct path *path,
    uint8_t *data, size_t n)
{
	out->fd = fd;
	out->v[out->n].path = *path;
	out->v[out->n].data = data;
	out->v[out->n++].n = n;
}

/* As many from the first on as the socket takes; or -errno of the first. */
static int
send_some(const struct udp_out *out)
{
	union sockaddr_any to[UDP_BATCH];
	union control control[UDP_BATCH];
	struct mmsghdr m[UDP_BATCH] = { 0 };
	struct iovec iov[UDP_BATCH];
	int n;

	for (unsigned i = 0; i < out->n; i++) {
		struct msghdr *h = &m[i].msg_hdr;
		const struct path *path = &out->v[i].path;
		const struct addr *from = &path->local.addr;

		iov[i] = (struct iovec){ out->v[i].data, out->v[i].n };
		h->msg_name = &to[i];
		h->msg_namelen = sockaddr_of(&path->remote, &to[i]);
		h->msg_iov = &iov[i];
		h->msg_iovlen = 1;
		if (addr_is_set(from) && !addr_is_any(from))
			control_set(h, &control[i], from);
	}
	n = sendmmsg(out->fd, m, out->n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n < 0 ? -errno : n;
}

static void
drop_first(struct udp_out *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(out->v[i].data);
	out->n -= n;
	memmove(out->v, out->v + n, out->n * sizeof(out->v[0]));
}

int
udp_flush(struct udp_out *out, struct endpoint *to)
{
	while (out->n > 0) {
		int n = send_some(out);

		if (n < 0)
			*to = out->v[0].path.remote;
		drop_first(out, n > 0 ? (unsigned)n : 1);
		if (n < 0)
			return n;
	}
	return 0;
}

void
udp_out_fini(struct udp_out *out)
{
	drop_first(out, out->n);
}

_Static_assert(sizeof(struct in_addr) == 4 && sizeof(struct in6_addr) == 16,
    "addresses are copied by these sizes");
