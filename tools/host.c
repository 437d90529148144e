/*
 * Which address is ours, and which of ours the kernel would send from: a
 * datagram socket that is connected to an address has the answer as its own,
 * without a packet.
 */
#include "tools/host.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct addr
addr_of(const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct addr none = { 0 };

	if (sa != NULL && sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		return addr_from(bytes_of(&in.sin_addr, 4));
	}
	if (sa != NULL && sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		return addr_from(bytes_of(&in6.sin6_addr, 16));
	}
	return none;
}

bool
host_has(const struct addr *a)
{
	struct ifaddrs *list, *i;
	bool found = false;

	if (getifaddrs(&list) != 0)
		return false;
	for (i = list; i != NULL && !found; i = i->ifa_next) {
		struct addr own = addr_of(i->ifa_addr);

		found = addr_eq(&own, a);
	}
	freeifaddrs(list);
	return found;
}

/* Length 0: no such family. */
static socklen_t
sockaddr_of(const struct addr *a, struct sockaddr_storage *ss)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_port = htons(500) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(500) };

	if (a->family == ADDR_IPV4) {
		memcpy(&in.sin_addr, a->b, 4);
		memcpy(ss, &in, sizeof(in));
		return sizeof(in);
	}
	if (a->family != ADDR_IPV6)
		return 0;
	memcpy(&in6.sin6_addr, a->b, 16);
	memcpy(ss, &in6, sizeof(in6));
	return sizeof(in6);
}

bool
host_source(const struct addr *to, struct addr *source)
{
	struct sockaddr_storage ss = { 0 };
	struct addr own = { 0 };
	socklen_t n = sockaddr_of(to, &ss);
	int fd = socket(to->family == ADDR_IPV6 ? AF_INET6 : AF_INET,
	    SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	if (n > 0 && connect(fd, (struct sockaddr *)&ss, n) == 0) {
		n = sizeof(ss);
		if (getsockname(fd, (struct sockaddr *)&ss, &n) == 0)
			own = addr_of((struct sockaddr *)&ss);
	}
	close(fd);
	if (!addr_is_set(&own) || addr_is_any(&own) || addr_is_loopback(&own))
		return false;
	*source = own;
	return true;
}
