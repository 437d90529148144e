/*
 * Sockets.  IKE: several per family and port on all addresses, among which the
 * engine has the kernel choose (sieve.c); with the address that a datagram
 * came to (PKTINFO), ESP in UDP taken out by the kernel on
 * 4500 (RFC 3948; that lives in the socket and ends with it), a bypass policy
 * of its own so that IKE never goes into a tunnel, and fragmentation allowed
 * since IKE messages may be long (RFC 7383 section 1).
 *
 * BGP: bound to the tunnel's interface and inside address, so that a session
 * can go no other way; the TTL of RFC 4271 neighbours, that of what may come
 * (RFC 5082) and the segment size come with the operation.  FREEBIND, because
 * the address may be a moment late on an interface that is being made.  A
 * password's key is without an interface (TCP_MD5SIG_EXT), which could only be
 * a VRF: the socket has one.
 *
 * BFD: bound likewise, a socket for each direction, since what is sent comes
 * from another port than what is received goes to (RFC 5881 section 4).
 */
#include "daemon/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/array.h"

#ifndef IP_XFRM_POLICY
#define IP_XFRM_POLICY	17
#endif
#ifndef IPV6_XFRM_POLICY
#define IPV6_XFRM_POLICY 35
#endif

#define BFD_PORT	3784	/* RFC 5881 section 4 */
#define BFD_SOURCE_PORT	49152
#define BFD_SOURCE_PORTS (65536 - BFD_SOURCE_PORT)
#define BFD_SOURCE_TRIES 8	/* where somebody else has a port */
#define TOS_CONTROL	0xc0	/* network control */

struct option {
	int		level, name;
	int		value;
	const char	*what;
};

static bool
set_options(int fd, const struct option *o, size_t n, const char **what)
{
	for (size_t i = 0; i < n; i++) {
		if (setsockopt(fd, o[i].level, o[i].name, &o[i].value,
		    sizeof(o[i].value)) < 0) {
			*what = o[i].what;
			return false;
		}
	}
	return true;
}

/* As large as we may have it; the system's limit is for others. */
static void
set_buffers(int fd, int size)
{
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
	    sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* What this socket sends and gets is exempt from policies. */
static bool
set_bypass(int fd, int family, const char **what)
{
	struct xfrm_userpolicy_info p = {
		.action = XFRM_POLICY_ALLOW,
		.sel.family = (uint16_t)family,
	};
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int name = family == AF_INET ? IP_XFRM_POLICY : IPV6_XFRM_POLICY;

	*what = "IPsec bypass policy";
	p.dir = XFRM_POLICY_OUT;
	if (setsockopt(fd, level, name, &p, sizeof(p)) < 0)
		return false;
	p.dir = XFRM_POLICY_IN;
	return setsockopt(fd, level, name, &p, sizeof(p)) == 0;
}

static bool
set_encap(int fd, const char **what)
{
	int type = UDP_ENCAP_ESPINUDP;

	*what = "ESP in UDP (UDP_ENCAP)";
	return setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type,
	    sizeof(type)) == 0;
}

static socklen_t
fill(struct sockaddr_storage *to, const struct addr *a, uint16_t port,
    const char *dev)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };

	memset(to, 0, sizeof(*to));
	if (a->family == ADDR_IPV4) {
		four.sin_port = htons(port);
		memcpy(&four.sin_addr, a->b, 4);
		memcpy(to, &four, sizeof(four));
		return sizeof(four);
	}
	six.sin6_port = htons(port);
	memcpy(&six.sin6_addr, a->b, 16);
	if (addr_is_link_local(a))
		six.sin6_scope_id = if_nametoindex(dev);
	memcpy(to, &six, sizeof(six));
	return sizeof(six);
}

static bool
bind_to(int fd, const struct addr *a, uint16_t port, const char *dev,
    const char **what)
{
	struct sockaddr_storage ss;
	socklen_t n = fill(&ss, a, port, dev);

	*what = "bind";
	return bind(fd, (struct sockaddr *)&ss, n) == 0;
}

static const struct option udp4[] = {
	{ IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO" },
	{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, "IP_MTU_DISCOVER" },
};

static const struct option udp6[] = {
	{ IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY" },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO" },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT,
	    "IPV6_MTU_DISCOVER" },
};

static bool
udp_share(int fd, const char **what)
{
	static const struct option share = {
		SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT",
	};

	return set_options(fd, &share, 1, what);
}

/*
 * The first one binds while it shares with nobody, and so fails where another
 * program, or another of us, has the port.
 */
static bool
udp_bind(int fd, const struct sock_udp *u, const char **what)
{
	struct addr any = addr_any(u->family == AF_INET ? ADDR_IPV4 :
	    ADDR_IPV6);

	if (u->also && !udp_share(fd, what))
		return false;
	return bind_to(fd, &any, u->port, NULL, what) &&
	    (u->also || udp_share(fd, what));
}

static bool
udp_set_up(int fd, const struct sock_udp *u, const char **what)
{
	set_buffers(fd, u->buffer);
	if (!(u->family == AF_INET ?
	    set_options(fd, udp4, ARRAY_SIZE(udp4), what) :
	    set_options(fd, udp6, ARRAY_SIZE(udp6), what)))
		return false;
	if (u->with_xfrm && !set_bypass(fd, u->family, what))
		return false;
	if (u->with_xfrm && u->port == 4500 && !set_encap(fd, what))
		return false;
	return udp_bind(fd, u, what);
}

static int
give_up(int fd)
{
	int error = errno;

	close(fd);
	return -error;
}

int
sock_udp(const struct sock_udp *u, const char **what)
{
	int fd = socket(u->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	*what = "socket";
	if (fd < 0)
		return -errno;
	if (!udp_set_up(fd, u, what))
		return give_up(fd);
	return fd;
}

/* What listener and caller have in common, up to and with bind. */
static bool
tcp_set_up(int fd, const struct kern_conn *c, uint16_t port,
    const char **what)
{
	bool four = c->local.family == ADDR_IPV4;
	const struct option options[] = {
		{ SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR" },
		{ IPPROTO_IP, IP_FREEBIND, 1, "IP_FREEBIND" },
		{ IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY" },
		{ four ? IPPROTO_IP : IPPROTO_IPV6,
		    four ? IP_TTL : IPV6_UNICAST_HOPS, c->ttl, "TTL" },
		/* 0 is any. */
		{ four ? IPPROTO_IP : IPPROTO_IPV6,
		    four ? IP_MINTTL : IPV6_MINHOPCOUNT, c->min_ttl,
		    "least TTL" },
		{ IPPROTO_TCP, TCP_MAXSEG, c->mss, "TCP_MAXSEG" },
	};
	size_t n = ARRAY_SIZE(options) - (c->mss == 0);

	if (!set_options(fd, options, n, what))
		return false;
	*what = "SO_BINDTODEVICE";
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, c->dev,
	    (socklen_t)strlen(c->dev) + 1) < 0)
		return false;
	return bind_to(fd, &c->local, port, c->dev, what);
}

/* RFC 2385: for what goes to the neighbour and comes from it. */
static bool
set_md5(int fd, const struct kern_conn *c, const struct sock_key *k,
    const char **what)
{
	struct tcp_md5sig sig = { .tcpm_keylen = (uint16_t)k->password.n };
	bool one = k->of.len == addr_bits(&k->of.addr);
	struct sockaddr_storage ss;
	int rc;

	*what = "TCP_MD5SIG";
	if (k->password.n > sizeof(sig.tcpm_key)) {
		errno = EINVAL;
		return false;
	}
	fill(&ss, &k->of.addr, 0, c->dev);
	memcpy(&sig.tcpm_addr, &ss, sizeof(sig.tcpm_addr));
	memcpy(sig.tcpm_key, k->password.p, k->password.n);
	sig.tcpm_flags = one ? 0 : TCP_MD5SIG_FLAG_PREFIX;
	sig.tcpm_prefixlen = one ? 0 : k->of.len;
	rc = setsockopt(fd, IPPROTO_TCP, one ? TCP_MD5SIG : TCP_MD5SIG_EXT,
	    &sig, sizeof(sig));
	wipe(&sig, sizeof(sig));
	return rc == 0;
}

static bool
set_keys(int fd, const struct kern_conn *c, const struct sock_key *k,
    size_t n, const char **what)
{
	for (size_t i = 0; i < n; i++) {
		if (!set_md5(fd, c, &k[i], what))
			return false;
	}
	return true;
}

static int
tcp_socket(const struct kern_conn *c, uint16_t port, const struct sock_key *k,
    size_t n, const char **what)
{
	int fd = socket(c->local.family == ADDR_IPV4 ? AF_INET : AF_INET6,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*what = "socket";
	if (fd < 0)
		return -errno;
	if (!tcp_set_up(fd, c, port, what) ||
	    !set_keys(fd, c, k, n, what))
		return give_up(fd);
	return fd;
}

int
sock_listen(const struct kern_conn *c, const struct sock_key *k, size_t keys,
    const char **what)
{
	int fd = tcp_socket(c, SOCK_BGP_PORT, k, keys, what);

	if (fd < 0)
		return fd;
	*what = "listen";
	return listen(fd, addr_is_set(&c->remote) ? 8 : 64) < 0 ? give_up(fd) : fd;
}

int
sock_connect(const struct kern_conn *c, const struct sock_key *k, size_t keys,
    const char **what)
{
	int fd = tcp_socket(c, 0, k, keys, what);
	struct sockaddr_storage ss;
	socklen_t n;

	if (fd < 0)
		return fd;
	*what = "connect";
	n = fill(&ss, &c->remote, SOCK_BGP_PORT, c->dev);
	if (connect(fd, (struct sockaddr *)&ss, n) < 0 &&
	    errno != EINPROGRESS)
		return give_up(fd);
	return fd;
}

/* Up to bind: TTL, and the precedence of what keeps a network together. */
static bool
bfd_set_up(int fd, const struct kern_conn *c, const char **what)
{
	bool four = c->local.family == ADDR_IPV4;
	const int level = four ? IPPROTO_IP : IPPROTO_IPV6;
	const struct option options[] = {
		{ IPPROTO_IP, IP_FREEBIND, 1, "IP_FREEBIND" },
		{ level, four ? IP_TTL : IPV6_UNICAST_HOPS, c->ttl, "TTL" },
		{ level, four ? IP_TOS : IPV6_TCLASS, TOS_CONTROL, "TOS" },
		{ level, four ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1,
		    "receiving the TTL" },
	};

	if (!set_options(fd, options, ARRAY_SIZE(options), what))
		return false;
	*what = "SO_BINDTODEVICE";
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, c->dev,
	    (socklen_t)strlen(c->dev) + 1) == 0;
}

/* "unique among all BFD sessions", as far as the range goes. */
static bool
bfd_bind_source(int fd, const struct kern_conn *c, const char **what)
{
	for (unsigned i = 0; i < BFD_SOURCE_TRIES; i++) {
		uint16_t port = (uint16_t)(BFD_SOURCE_PORT +
		    (c->id + i * 4099) % BFD_SOURCE_PORTS);

		if (bind_to(fd, &c->local, port, c->dev, what))
			return true;
		if (errno != EADDRINUSE)
			return false;
	}
	return false;
}

static int
bfd_socket(const struct kern_conn *c, const char **what)
{
	int fd = socket(c->local.family == ADDR_IPV4 ? AF_INET : AF_INET6,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*what = "socket";
	if (fd < 0)
		return -errno;
	return bfd_set_up(fd, c, what) ? fd : give_up(fd);
}

int
sock_bfd_listen(const struct kern_conn *c, const char **what)
{
	int fd = bfd_socket(c, what);

	if (fd < 0)
		return fd;
	return bind_to(fd, &c->local, BFD_PORT, c->dev, what) ? fd :
	    give_up(fd);
}

int
sock_bfd_connect(const struct kern_conn *c, const char **what)
{
	int fd = bfd_socket(c, what);
	struct sockaddr_storage ss;
	socklen_t n;

	if (fd < 0)
		return fd;
	if (!bfd_bind_source(fd, c, what))
		return give_up(fd);
	*what = "connect";
	n = fill(&ss, &c->remote, BFD_PORT, c->dev);
	return connect(fd, (struct sockaddr *)&ss, n) < 0 ? give_up(fd) : fd;
}

int
sock_connected(int fd)
{
	socklen_t n = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return errno;
	return error;
}

int
sock_control(const char *path, const char **what)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, rc;

	*what = "socket";
	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	mask = umask(0177);
	*what = "bind";
	rc = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	umask(mask);
	if (rc == 0) {
		*what = "listen";
		rc = listen(fd, 64);
	}
	return rc < 0 ? give_up(fd) : fd;
}

static pid_t
read_pid(int fd)
{
	char text[24];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return (pid_t)strtol(text, NULL, 10);
}

int
sock_pidfile(const char *path, pid_t *holder, const char **what)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	*what = "open";
	if (fd < 0)
		return -errno;
	*what = "lock";
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		*holder = read_pid(fd);
		errno = errno == EWOULDBLOCK ? EEXIST : errno;
		return give_up(fd);
	}
	*what = "write";
	if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", (int)getpid()) < 0)
		return give_up(fd);
	return fd;
}
