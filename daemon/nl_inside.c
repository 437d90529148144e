/*
 * Addresses and sysctls of a tunnel interface.
 *
 * rp_filter is loose (2): what comes in through one tunnel may be answered
 * through the other.  disable_policy is on: what arrives on the interface has
 * been through its SA, a second look-up of the policy for the inner packet
 * would only refuse it.  disable_xfrm is off, or nothing would be encrypted.
 * They are set before the interface is up.
 */
#include "daemon/nl_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <netlink/route/addr.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/array.h"
#include "util/str.h"

static int
addr_build(const struct prefix *p, int ifindex, struct rtnl_addr **out)
{
	struct rtnl_addr *a = rtnl_addr_alloc();
	struct nl_addr *local = nl_addr_build(nl_family(&p->addr), p->addr.b,
	    addr_octets(&p->addr));

	if (a == NULL || local == NULL) {
		rtnl_addr_put(a);
		nl_addr_put(local);
		return -NLE_NOMEM;
	}
	nl_addr_set_prefixlen(local, p->len);
	rtnl_addr_set_ifindex(a, ifindex);
	rtnl_addr_set_local(a, local);
	if (p->addr.family == ADDR_IPV6)
		rtnl_addr_set_flags(a, IFA_F_NODAD);
	nl_addr_put(local);
	*out = a;
	return 0;
}

static int
addr_add(struct nl *nl, const struct prefix *p, int ifindex)
{
	struct rtnl_addr *a;
	int rc = addr_build(p, ifindex, &a);

	if (rc < 0)
		return rc;
	rc = rtnl_addr_add(nl->links, a, NLM_F_CREATE | NLM_F_REPLACE);
	rtnl_addr_put(a);
	return rc;
}

static bool
addr_wanted(const struct kern_link *l, struct rtnl_addr *a)
{
	struct nl_addr *local = rtnl_addr_get_local(a);
	struct addr x;

	if (local == NULL)
		return true;
	x = nl_addr(nl_addr_get_family(local),
	    nl_addr_get_binary_addr(local));
	if (addr_is_link_local(&x))
		return true;		/* the kernel's own */
	for (size_t i = 0; i < ARRAY_SIZE(l->inside); i++)
		if (addr_eq(&l->inside[i].addr, &x) &&
		    l->inside[i].len == nl_addr_get_prefixlen(local))
			return true;
	return false;
}

static int
addrs_trim(struct nl *nl, const struct kern_link *l, int ifindex)
{
	struct nl_cache *cache;
	struct nl_object *o;
	int rc = rtnl_addr_alloc_cache(nl->links, &cache);

	if (rc < 0)
		return rc;
	for (o = nl_cache_get_first(cache); o != NULL && rc == 0;
	    o = nl_cache_get_next(o)) {
		struct rtnl_addr *a = (struct rtnl_addr *)o;

		if (rtnl_addr_get_ifindex(a) == ifindex && !addr_wanted(l, a))
			rc = rtnl_addr_delete(nl->links, a, 0);
	}
	nl_cache_free(cache);
	return rc;
}

int
nl_inside_addrs(struct nl *nl, const struct kern_link *l, int ifindex,
    bool adopted, char *text)
{
	int rc = adopted ? addrs_trim(nl, l, ifindex) : 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(l->inside); i++)
		if (addr_is_set(&l->inside[i].addr))
			rc = addr_add(nl, &l->inside[i], ifindex);
	if (rc < 0)
		str_fmt(text, KERN_TEXT_LEN, "interface %s: addresses: %s",
		    l->name, nl_geterror(rc));
	return nl_link_errno(rc);
}

int
nl_sysctl(const char *path, const char *value, char *was, size_t was_size)
{
	char full[160];
	ssize_t n;
	int fd, rc = 0;

	str_fmt(full, sizeof(full), "/proc/sys/%s", path);
	fd = open(full, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (was != NULL) {
		n = read(fd, was, was_size - 1);
		was[n > 0 ? n : 0] = '\0';
		was[strcspn(was, "\n")] = '\0';
		lseek(fd, 0, SEEK_SET);
	}
	if (value != NULL && write(fd, value, strlen(value)) < 0)
		rc = errno;
	close(fd);
	return rc;
}

void
nl_inside_forward(const char *ifname)
{
	char path[64];

	str_fmt(path, sizeof(path), "net/ipv4/conf/%s/forwarding", ifname);
	nl_sysctl(path, "1", NULL, 0);
	str_fmt(path, sizeof(path), "net/ipv6/conf/%s/forwarding", ifname);
	nl_sysctl(path, "1", NULL, 0);
}

int
nl_inside_sysctl(const char *ifname, char *text)
{
	static const struct {
		const char	*family, *key, *value;
		bool		may_lack;	/* older kernel, no IPv6 */
	} table[] = {
		{ "ipv4", "rp_filter", "2", false },
		{ "ipv4", "disable_policy", "1", false },
		{ "ipv4", "disable_xfrm", "0", false },
		{ "ipv6", "disable_policy", "1", true },
	};
	char path[128];
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		str_fmt(path, sizeof(path), "net/%s/conf/%s/%s",
		    table[i].family, ifname, table[i].key);
		rc = nl_sysctl(path, table[i].value, NULL, 0);
		if (rc == 0 || (rc == ENOENT && table[i].may_lack))
			continue;
		str_fmt(text, KERN_TEXT_LEN, "sysctl %s: %s", path,
		    strerror(rc));
		return rc;
	}
	return 0;
}
