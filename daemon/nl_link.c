/*
 * Tunnel interfaces: vti, vti6 and xfrmi, with libnl-route.  They are made
 * when the configuration loads and stay; a link that is there already, ours
 * and of the right make is adopted and adjusted, so that nothing blinks when
 * the engine or the daemon starts again.
 *
 * An interface is ours when its alias begins with "vpnd:" or when it is of
 * one of these kinds with a key from our range (the alias cannot be set by
 * the request that creates it).  One that is not ours is never touched.
 *
 * Addresses and sysctls of an interface are in nl_inside.c.
 */
#include "daemon/nl_link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/route/link.h>
#include <netlink/route/link/ip6vti.h>
#include <netlink/route/link/ipvti.h>
#include <netlink/route/link/xfrmi.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/nl_inside.h"
#include "daemon/nl_xfrm.h"
#include "util/array.h"
#include "util/str.h"

#define PROBE_NAME	"vpnd-probe"

/* What makes an interface the one that is described. */
struct make {
	const char	*type;		/* of rtnl_link */
	uint32_t	if_id;
	struct addr	local, remote;	/* VTI */
};

struct nl_sock *
nl_link_open(void)
{
	struct nl_sock *s = nl_socket_alloc();

	if (s != NULL && nl_connect(s, NETLINK_ROUTE) < 0) {
		nl_socket_free(s);
		return NULL;
	}
	return s;
}

int
nl_link_errno(int error)
{
	static const int table[] = {
		[NLE_NOMEM] = ENOMEM,
		[NLE_EXIST] = EEXIST,
		[NLE_INVAL] = EINVAL,
		[NLE_RANGE] = ERANGE,
		[NLE_OPNOTSUPP] = EOPNOTSUPP,
		[NLE_AF_NOSUPPORT] = EAFNOSUPPORT,
		[NLE_OBJ_NOTFOUND] = ENODEV,
		[NLE_BUSY] = EBUSY,
		[NLE_NOACCESS] = EACCES,
		[NLE_PERM] = EPERM,
		[NLE_NODEV] = ENODEV,
	};
	size_t i = (size_t)(error < 0 ? -error : error);

	if (i == 0)
		return 0;
	return i < ARRAY_SIZE(table) && table[i] != 0 ? table[i] : EIO;
}

static int
failed(const char *what, const char *name, int error, char *text)
{
	str_fmt(text, KERN_TEXT_LEN, "interface %s: %s: %s", name, what,
	    nl_geterror(error));
	return nl_link_errno(error);
}

/* VTI by the outer family; what is unset in a description stays unset. */
static struct make
make_of(const struct kern_link *l, enum kern_link_kind kind)
{
	struct make m = { .type = "xfrm", .if_id = l->if_id };

	if (kind == KERN_LINK_XFRMI)
		return m;
	m.type = l->local.family == ADDR_IPV6 ? "vti6" : "vti";
	m.local = l->local;
	if (addr_is_set(&l->remote) && !addr_is_any(&l->remote))
		m.remote = l->remote;
	return m;
}

static void
read_vti(struct rtnl_link *link, struct make *m)
{
	uint32_t local = rtnl_link_ipvti_get_local(link);
	uint32_t remote = rtnl_link_ipvti_get_remote(link);

	m->if_id = ntohl(rtnl_link_ipvti_get_ikey(link));
	if (local != 0)
		m->local = addr_from(bytes_of(&local, 4));
	if (remote != 0)
		m->remote = addr_from(bytes_of(&remote, 4));
}

static void
read_vti6(struct rtnl_link *link, struct make *m)
{
	struct in6_addr a;
	uint32_t key;

	if (rtnl_link_ip6vti_get_ikey(link, &key) == 0)
		m->if_id = ntohl(key);
	if (rtnl_link_ip6vti_get_local(link, &a) == 0 &&
	    !IN6_IS_ADDR_UNSPECIFIED(&a))
		m->local = addr_from(bytes_of(&a, 16));
	if (rtnl_link_ip6vti_get_remote(link, &a) == 0 &&
	    !IN6_IS_ADDR_UNSPECIFIED(&a))
		m->remote = addr_from(bytes_of(&a, 16));
}

/* False: an interface of some other kind. */
static bool
make_read(struct rtnl_link *link, struct make *m)
{
	const char *type = rtnl_link_get_type(link);

	*m = (struct make){ .type = type };
	if (type == NULL)
		return false;
	if (strcmp(type, "vti") == 0)
		read_vti(link, m);
	else if (strcmp(type, "vti6") == 0)
		read_vti6(link, m);
	else if (strcmp(type, "xfrm") == 0)
		rtnl_link_xfrmi_get_if_id(link, &m->if_id);
	else
		return false;
	return true;
}

static bool
make_eq(const struct make *a, const struct make *b)
{
	return strcmp(a->type, b->type) == 0 && a->if_id == b->if_id &&
	    addr_eq(&a->local, &b->local) && addr_eq(&a->remote, &b->remote);
}

static bool
is_ours(struct rtnl_link *link)
{
	const char *alias = rtnl_link_get_ifalias(link);
	struct make m;

	if (alias != NULL && strncmp(alias, NL_ALIAS, strlen(NL_ALIAS)) == 0)
		return true;
	return make_read(link, &m) && nl_is_ours(m.if_id);
}

static void
fill_vti(struct rtnl_link *link, const struct make *m)
{
	uint32_t local, remote;

	rtnl_link_ipvti_set_ikey(link, htonl(m->if_id));
	rtnl_link_ipvti_set_okey(link, htonl(m->if_id));
	memcpy(&local, m->local.b, 4);
	rtnl_link_ipvti_set_local(link, local);
	memcpy(&remote, m->remote.b, 4);
	rtnl_link_ipvti_set_remote(link, remote);
}

static void
fill_vti6(struct rtnl_link *link, const struct make *m)
{
	struct in6_addr a;

	rtnl_link_ip6vti_set_ikey(link, htonl(m->if_id));
	rtnl_link_ip6vti_set_okey(link, htonl(m->if_id));
	memcpy(&a, m->local.b, 16);
	rtnl_link_ip6vti_set_local(link, &a);
	memcpy(&a, m->remote.b, 16);
	rtnl_link_ip6vti_set_remote(link, &a);
}

/* A link object with the attributes of its make; NULL: no memory. */
static struct rtnl_link *
make_link(const struct make *m, const char *name)
{
	struct rtnl_link *link;

	if (strcmp(m->type, "vti") == 0)
		link = rtnl_link_ipvti_alloc();
	else if (strcmp(m->type, "vti6") == 0)
		link = rtnl_link_ip6vti_alloc();
	else
		link = rtnl_link_xfrmi_alloc();
	if (link == NULL)
		return NULL;
	rtnl_link_set_name(link, name);
	if (strcmp(m->type, "vti") == 0)
		fill_vti(link, m);
	else if (strcmp(m->type, "vti6") == 0)
		fill_vti6(link, m);
	else
		rtnl_link_xfrmi_set_if_id(link, m->if_id);
	return link;
}

static int
create(struct nl *nl, const struct make *m, const char *name)
{
	struct rtnl_link *link = make_link(m, name);
	int rc;

	if (link == NULL)
		return -NLE_NOMEM;
	rc = rtnl_link_add(nl->links, link, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(link);
	return rc;
}

/* Another interface of ours in the way: the configuration gave a new name. */
static bool
remove_twin(struct nl *nl, const struct make *m, const char *name)
{
	struct nl_cache *cache;
	struct nl_object *o;
	struct make other;
	bool gone = false;

	if (rtnl_link_alloc_cache(nl->links, AF_UNSPEC, &cache) < 0)
		return false;
	for (o = nl_cache_get_first(cache); o != NULL;
	    o = nl_cache_get_next(o)) {
		struct rtnl_link *link = (struct rtnl_link *)o;

		if (!is_ours(link) || !make_read(link, &other) ||
		    strcmp(rtnl_link_get_name(link), name) == 0)
			continue;
		if (other.if_id == m->if_id || (addr_is_set(&m->local) &&
		    addr_eq(&other.local, &m->local) &&
		    addr_eq(&other.remote, &m->remote)))
			gone |= rtnl_link_delete(nl->links, link) == 0;
	}
	nl_cache_free(cache);
	return gone;
}

/* Another make of the same interface: changed in place where that works. */
static int
remake(struct nl *nl, struct rtnl_link *old, const struct make *was,
    const struct make *m)
{
	const char *name = rtnl_link_get_name(old);
	struct rtnl_link *changed;
	int rc = -NLE_FAILURE;

	if (strcmp(was->type, m->type) == 0 && strcmp(m->type, "xfrm") != 0 &&
	    addr_is_set(&was->remote) == addr_is_set(&m->remote)) {
		changed = make_link(m, name);
		if (changed == NULL)
			return -NLE_NOMEM;
		rc = rtnl_link_change(nl->links, old, changed, 0);
		rtnl_link_put(changed);
	}
	if (rc == 0)
		return 0;
	rc = rtnl_link_delete(nl->links, old);
	return rc < 0 ? rc : create(nl, m, name);
}

/* Brings the link into being, whatever was there.  *adopted: it was there. */
static int
establish(struct nl *nl, const struct make *m, const char *name,
    bool *adopted, char *text)
{
	struct rtnl_link *link = NULL;
	struct make was;
	int rc;

	*adopted = rtnl_link_get_kernel(nl->links, 0, name, &link) == 0;
	if (*adopted && !is_ours(link)) {
		rtnl_link_put(link);
		str_fmt(text, KERN_TEXT_LEN,
		    "interface %s exists and is not ours", name);
		return EEXIST;
	}
	if (!*adopted) {
		rc = create(nl, m, name);
		if (rc == -NLE_EXIST && remove_twin(nl, m, name))
			rc = create(nl, m, name);
	} else if (make_read(link, &was) && make_eq(&was, m))
		rc = 0;
	else
		rc = remake(nl, link, &was, m);
	rtnl_link_put(link);
	return rc < 0 ? failed("cannot be made", name, rc, text) : 0;
}

/* Alias, MTU, up or down; *link is the kernel's view of it. */
static int
adjust(struct nl *nl, struct rtnl_link *link, const struct kern_link *l)
{
	const char *alias = rtnl_link_get_ifalias(link);
	struct rtnl_link *want;
	bool up = (rtnl_link_get_flags(link) & IFF_UP) != 0;
	int rc;

	if (alias != NULL && strcmp(alias, l->alias) == 0 && up == l->up &&
	    (l->mtu == 0 || rtnl_link_get_mtu(link) == l->mtu))
		return 0;
	want = rtnl_link_alloc();
	if (want == NULL)
		return -NLE_NOMEM;
	rtnl_link_set_ifalias(want, l->alias);
	if (l->mtu != 0)
		rtnl_link_set_mtu(want, l->mtu);
	if (l->up)
		rtnl_link_set_flags(want, IFF_UP);
	else
		rtnl_link_unset_flags(want, IFF_UP);
	rc = rtnl_link_change(nl->links, link, want, 0);
	rtnl_link_put(want);
	return rc;
}

static bool
is_up(unsigned flags)
{
	return (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0;
}

/* Into the VRF device, or out of any; before it is up, if it was not. */
static int
put_into(struct nl *nl, struct rtnl_link *link, unsigned vrf)
{
	int ifindex = rtnl_link_get_ifindex(link);

	if ((unsigned)rtnl_link_get_master(link) == vrf)
		return 0;
	return vrf == 0 ? rtnl_link_release_ifindex(nl->links, ifindex) :
	    rtnl_link_enslave_ifindex(nl->links, (int)vrf, ifindex);
}

static int
dress(struct nl *nl, const struct kern_link *l, unsigned vrf, bool adopted,
    char *text)
{
	struct rtnl_link *link = NULL;
	int rc;

	rc = rtnl_link_get_kernel(nl->links, 0, l->name, &link);
	if (rc < 0)
		return failed("not found", l->name, rc, text);
	rc = nl_inside_sysctl(l->name, text);
	if (rc == 0 && (rc = put_into(nl, link, vrf)) < 0)
		rc = failed("cannot join or leave a VRF device", l->name, rc,
		    text);
	if (rc == 0) {
		rc = adjust(nl, link, l);
		rc = rc < 0 ? failed("cannot be set up", l->name, rc, text) :
		    nl_inside_addrs(nl, l, rtnl_link_get_ifindex(link),
		    adopted, text);
	}
	rtnl_link_put(link);
	return rc;
}

int
nl_link_set(struct nl *nl, const struct kern_link *l, unsigned vrf, char *text)
{
	enum kern_link_kind kind = nl_link_kind(nl, l);
	struct make m = make_of(l, kind);
	bool adopted;
	int rc;

	if (kind == KERN_LINK_AUTO) {
		str_set(text, KERN_TEXT_LEN,
		    "this kernel has neither xfrm nor vti interfaces");
		return EOPNOTSUPP;
	}
	rc = establish(nl, &m, l->name, &adopted, text);
	return rc != 0 ? rc : dress(nl, l, vrf, adopted, text);
}

int
nl_link_mtu(struct nl *nl, const char *name, uint32_t mtu)
{
	struct rtnl_link *link = NULL, *want = rtnl_link_alloc();
	int rc = rtnl_link_get_kernel(nl->links, 0, name, &link);

	if (want == NULL)
		rc = -NLE_NOMEM;
	if (rc == 0 && !is_ours(link))
		rc = -NLE_PERM;
	if (rc == 0) {
		rtnl_link_set_mtu(want, mtu);
		rc = rtnl_link_change(nl->links, link, want, 0);
	}
	rtnl_link_put(want);
	rtnl_link_put(link);
	return nl_link_errno(rc);
}

enum kern_link_kind
nl_link_kind(const struct nl *nl, const struct kern_link *l)
{
	return l->kind == KERN_LINK_AUTO ? nl->auto_kind : l->kind;
}

void
nl_link_state(struct nl *nl, const char *name, bool *exists, bool *up)
{
	struct rtnl_link *link = NULL;

	*exists = rtnl_link_get_kernel(nl->links, 0, name, &link) == 0;
	*up = *exists && is_up(rtnl_link_get_flags(link));
	rtnl_link_put(link);
}

int
nl_link_del(struct nl *nl, const char *name, char *text)
{
	struct rtnl_link *link = NULL;
	int rc = rtnl_link_get_kernel(nl->links, 0, name, &link);

	if (rc < 0)
		return failed("cannot be deleted", name, rc, text);
	if (!is_ours(link)) {
		rtnl_link_put(link);
		str_fmt(text, KERN_TEXT_LEN, "interface %s is not ours", name);
		return EPERM;
	}
	rc = rtnl_link_delete(nl->links, link);
	rtnl_link_put(link);
	return rc < 0 ? failed("cannot be deleted", name, rc, text) : 0;
}

static int
probe(struct nl *nl, enum kern_link_kind kind)
{
	struct kern_link l = { .if_id = KERN_ID_BASE };
	struct rtnl_link *link = NULL;
	struct make m;
	int rc;

	addr_parse(&l.local, "127.0.0.1");
	addr_parse(&l.remote, "127.0.0.2");
	m = make_of(&l, kind);
	rc = create(nl, &m, PROBE_NAME);
	if (rtnl_link_get_kernel(nl->links, 0, PROBE_NAME, &link) == 0)
		rtnl_link_delete(nl->links, link);
	rtnl_link_put(link);
	return rc == -NLE_EXIST ? 0 : rc;
}

int
nl_link_probe(struct nl *nl, enum kern_link_kind *kind, char *text)
{
	int rc = probe(nl, KERN_LINK_XFRMI);

	if (rc == 0) {
		*kind = KERN_LINK_XFRMI;
		return 0;
	}
	rc = probe(nl, KERN_LINK_VTI);
	if (rc == 0) {
		*kind = KERN_LINK_VTI;
		return 0;
	}
	str_fmt(text, KERN_TEXT_LEN,
	    "neither xfrm nor vti interfaces can be made: %s",
	    nl_geterror(rc));
	return nl_link_errno(rc);
}

bool
nl_link_event(const struct nlmsghdr *h, struct kern_event *e)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	struct nlattr *a;

	if ((h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK) ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*i))
		return false;
	e->kind = KERN_LINK_STATE;
	e->link.exists = h->nlmsg_type == RTM_NEWLINK;
	e->link.up = e->link.exists && is_up(i->ifi_flags);
	mnl_attr_for_each(a, h, sizeof(*i)) {
		if (mnl_attr_get_type(a) == IFLA_IFNAME &&
		    mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0)
			str_set(e->link.name, sizeof(e->link.name),
			    mnl_attr_get_str(a));
	}
	return e->link.name[0] != '\0';
}

int
nl_link_ours(struct nl *nl, void (*each)(void *, const char *), void *arg)
{
	struct nl_cache *cache;
	struct nl_object *o;
	int rc = rtnl_link_alloc_cache(nl->links, AF_UNSPEC, &cache);

	if (rc < 0)
		return -nl_link_errno(rc);
	for (o = nl_cache_get_first(cache); o != NULL;
	    o = nl_cache_get_next(o))
		if (is_ours((struct rtnl_link *)o))
			each(arg, rtnl_link_get_name((struct rtnl_link *)o));
	nl_cache_free(cache);
	return 0;
}
