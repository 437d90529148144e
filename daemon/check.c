/*
 * What the engine may ask for.  The chain is: an interface must be one that
 * the configuration names, with the outside addresses that it gives, or that
 * of a gateway to which the peer may redirect; SAs and policies must belong to
 * an interface that was stated, with its addresses and with algorithms from
 * our table; nexthops, listeners and connects must be on such an interface, or
 * be those of a neighbour that the configuration has on another one, or
 * nexthops on one that it says is a VPC's;
 * routes must lead to our nexthops and stay away from addresses that are the
 * host's own.
 *
 * The octets were found well-formed before (shape.c); nothing here changes
 * anything.
 */
#include "daemon/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/nl_link.h"
#include "daemon/nl_xfrm.h"
#include "gw/ctl.h"
#include "util/array.h"

#define TABLE_LOCAL	255	/* RT_TABLE_LOCAL: the kernel's own */
#define SPI_LEAST	256	/* RFC 4303 section 2.1: 1 to 255 reserved */

static int __attribute__((format(printf, 2, 3)))
refuse(struct reason *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->s, sizeof(why->s), fmt, ap);
	va_end(ap);
	return EPERM;
}

int
check_nothing(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	(void)m;
	(void)op;
	(void)why;
	return 0;
}

/* What may be part of a path below /proc/sys and means nothing else there. */
static bool
is_ifname(const char *s)
{
	static const char *const taken[] = {
		"lo", "all", "default", ".", "..",
	};
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (strcmp(s, taken[i]) == 0)
			return false;
	return s[0] != '\0' && s[strspn(s, chars)] == '\0';
}

static bool
is_alias(const char *s)
{
	if (strncmp(s, NL_ALIAS, strlen(NL_ALIAS)) != 0)
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~')
			return false;
	return true;
}

/* An address that a host can have on a wire. */
static bool
is_unicast(const struct addr *a)
{
	return addr_is_set(a) && !addr_is_any(a) && !addr_is_loopback(a) &&
	    !addr_is_multicast(a);
}

static bool
may_be_remote(const struct addr *a, const struct addr *local)
{
	if (!addr_is_set(a) || addr_is_any(a))
		return true;
	return is_unicast(a) && a->family == local->family;
}

static int
check_link_conf(const struct monitor *m, const struct kern_link *l,
    struct reason *why)
{
	const struct conf_connection *c = NULL;
	const struct conf_tunnel *t = conf_find_ifname(m->files.conf, l->name,
	    &c);

	if (t == NULL)
		return refuse(why, "the configuration has no interface %s",
		    l->name);
	if (l->table != (c->association == CONF_TABLE_MAIN ? 0 :
	    c->association))
		return refuse(why, "interface %s: not its route table",
		    l->name);
	if (addr_is_set(&t->local) && !addr_is_any(&t->local) &&
	    !addr_eq(&t->local, &l->local))
		return refuse(why, "interface %s: not its outside address",
		    l->name);
	if (!conf_may_be_peer(t, &l->remote))
		return refuse(why, "interface %s: not its peer", l->name);
	return 0;
}

int
check_link_set(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_link *l = &op->link;

	if (!is_ifname(l->name) || !is_alias(l->alias))
		return refuse(why, "bad interface name or alias");
	if (!nl_is_ours(l->if_id))
		return refuse(why, "%s: if_id not from our range", l->name);
	if (!is_unicast(&l->local) || !may_be_remote(&l->remote, &l->local))
		return refuse(why, "%s: bad outer address", l->name);
	if (l->mtu != 0 && (l->mtu < 68 || l->mtu > 65535))
		return refuse(why, "%s: bad MTU", l->name);
	for (size_t i = 0; i < ARRAY_SIZE(l->inside); i++)
		if (addr_is_set(&l->inside[i].addr) &&
		    !is_unicast(&l->inside[i].addr))
			return refuse(why, "%s: bad inside address", l->name);
	return check_link_conf(m, l, why);
}

int
check_link_del(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	if (!is_ifname(op->link.name) || !stated_known(&m->stated,
	    stated_link(&m->stated, op->link.name)))
		return refuse(why, "interface %s is not ours", op->link.name);
	return 0;
}

int
check_link_look(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	if (!conf_neighbor_on(m->files.conf, op->link.name))
		return refuse(why, "no neighbor is on interface %s",
		    op->link.name);
	return 0;
}

int
check_table_set(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_table *t = &op->table;
	const struct conf_table *c = t->number > UINT16_MAX ? NULL :
	    conf_table(m->files.conf, (uint16_t)t->number);

	if (c == NULL)
		return refuse(why, "the configuration has no route table %u",
		    t->number);
	if (strcmp(t->vrf_name, c->vrf_name) != 0 || t->vrf != c->vrf ||
	    !is_alias(t->alias))
		return refuse(why, "route table %u: not its VRF device",
		    t->number);
	return 0;
}

/* One that is not there is no loss. */
int
check_table_del(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	(void)m;
	if (op->table.number > UINT16_MAX ||
	    op->table.number == CONF_TABLE_MAIN)
		return refuse(why, "no route table of ours");
	return 0;
}

int
check_lan_set(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_lan *l = &op->lan;
	const struct conf_vpc *v = !is_ifname(l->name) ? NULL :
	    conf_vpc_of(m->files.conf, l->name);

	if (v == NULL)
		return refuse(why, "the configuration has no VPC with this "
		    "interface");
	if (l->table != (v->association == CONF_TABLE_MAIN ? 0 :
	    v->association) || l->closed != v->closed)
		return refuse(why, "interface %s: not its route table or "
		    "forwarding", l->name);
	return 0;
}

int
check_lan_del(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	if (lan_find(&m->lans, op->lan.name) == NULL)
		return refuse(why, "no interface of a VPC");
	return conf_vpc_of(m->files.conf, op->lan.name) == NULL ? 0 :
	    refuse(why, "the configuration has it in a VPC");
}

/* Is it one that was stated, and not only named? */
static bool
is_table(const struct monitor *m, uint32_t number)
{
	for (unsigned i = 0; i < m->rtables.n; i++) {
		if (m->rtables.v[i].number == number)
			return true;
	}
	return number == CONF_TABLE_MAIN;
}

static const struct alg *
alg_of(enum alg_type type, const char *xfrm, unsigned key_octets)
{
	const struct alg *a;

	for (size_t i = 0; (a = alg_at(i)) != NULL; i++)
		if (a->type == type && (a->flags & ALG_FOR_ESP) != 0 &&
		    a->xfrm != NULL && strcmp(a->xfrm, xfrm) == 0 &&
		    (unsigned)a->key_len + a->salt_len == key_octets)
			return a;
	return NULL;
}

static int
check_algs(const struct kern_sa *sa, struct reason *why)
{
	const struct alg *a;

	if (sa->aead[0] != '\0') {
		a = alg_of(ALG_ENCR, sa->aead, sa->encr_key.n);
		if (a == NULL || !(a->flags & ALG_AEAD) ||
		    sa->icv_bits != a->icv_len * 8 || sa->enc[0] != '\0' ||
		    sa->auth[0] != '\0')
			return refuse(why, "%s: no algorithm of ours, or its "
			    "key or ICV length", sa->aead);
		return 0;
	}
	a = alg_of(ALG_ENCR, sa->enc, sa->encr_key.n);
	if (a == NULL || (a->flags & ALG_AEAD))
		return refuse(why, "%s: no cipher of ours, or its key length",
		    sa->enc);
	a = alg_of(ALG_INTEG, sa->auth, sa->auth_key.n);
	if (a == NULL || sa->icv_bits != a->icv_len * 8)
		return refuse(why, "%s: no MAC of ours, or its key or ICV "
		    "length", sa->auth);
	return 0;
}

/* The peer of the interface, or a gateway that may take its place. */
static bool
is_peer(const struct monitor *m, const struct kern_link *l,
    const struct addr *remote)
{
	const struct conf_tunnel *t;

	if (!addr_is_set(&l->remote) || addr_is_any(&l->remote) ||
	    addr_eq(remote, &l->remote))
		return true;
	t = conffile_tunnel(&m->files, l->name);
	return t != NULL && conf_may_be_peer(t, remote);
}

/* The outer addresses, seen from us, are those of the interface. */
static int
check_outer(const struct monitor *m, uint32_t if_id, const struct addr *local,
    const struct addr *remote, struct reason *why)
{
	const struct iface *f = iface_by_if_id(&m->ifaces, if_id);

	if (f == NULL)
		return refuse(why, "no interface with that if_id");
	if (!addr_eq(local, &f->link.local))
		return refuse(why, "%s: not its outside address",
		    f->link.name);
	if (!is_peer(m, &f->link, remote))
		return refuse(why, "%s: not its peer", f->link.name);
	return 0;
}

static int
check_sa_addrs(const struct monitor *m, const struct kern_sa *sa,
    uint32_t if_id, struct reason *why)
{
	bool in = sa->dir == KERN_IN;

	if (!is_unicast(&sa->src) || !is_unicast(&sa->dst) ||
	    sa->src.family != sa->dst.family)
		return refuse(why, "bad outer address");
	if (sa->encap && (sa->sport == 0 || sa->dport == 0))
		return refuse(why, "encapsulation without ports");
	return check_outer(m, if_id, in ? &sa->dst : &sa->src,
	    in ? &sa->src : &sa->dst, why);
}

int
check_sa_add(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_sa *sa = &op->sa;
	int rc;

	if (sa->spi < SPI_LEAST)
		return refuse(why, "reserved SPI");
	if (!nl_is_ours(sa->reqid) || !nl_is_ours(sa->if_id))
		return refuse(why, "reqid or if_id not from our range");
	rc = check_algs(sa, why);
	return rc != 0 ? rc : check_sa_addrs(m, sa, sa->if_id, why);
}

int
check_sa_del(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_sa *sa = &op->sa;

	if (sa->mark_not_if_id && !nl_is_ours(sa->if_id))
		return refuse(why, "mark not from our range");
	if (!addr_is_set(&sa->dst) ||
	    !stated_known(&m->stated, stated_sa(&m->stated, sa)))
		return refuse(why, "that SA is not ours");
	return 0;
}

/* Whose SA it is, is looked up when it is done: by reqid and SPI. */
int
check_sa_path(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_sa *sa = &op->sa;

	if (!nl_is_ours(sa->reqid) || !nl_is_ours(sa->if_id))
		return refuse(why, "reqid or if_id not from our range");
	return check_sa_addrs(m, sa, sa->if_id, why);
}

static bool
is_selector(const struct kern_policy *p)
{
	return addr_is_set(&p->src.net.addr) &&
	    p->src.net.addr.family == p->dst.net.addr.family &&
	    p->src.proto == p->dst.proto;
}

int
check_policy_del(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	(void)m;
	if (!nl_is_ours(op->policy.if_id))
		return refuse(why, "if_id not from our range");
	if (!is_selector(&op->policy))
		return refuse(why, "bad traffic selectors");
	return 0;
}

int
check_policy_set(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_policy *p = &op->policy;
	bool out = p->dir == KERN_OUT;
	int rc = check_policy_del(m, op, why);

	if (rc != 0)
		return rc;
	if (p->block)
		return iface_by_if_id(&m->ifaces, p->if_id) != NULL ? 0 :
		    refuse(why, "no interface with that if_id");
	if (!nl_is_ours(p->reqid))
		return refuse(why, "reqid not from our range");
	if (p->tmpl_src.family != p->tmpl_dst.family ||
	    !addr_is_set(&p->tmpl_src))
		return refuse(why, "bad outer address");
	return check_outer(m, p->if_id, out ? &p->tmpl_src : &p->tmpl_dst,
	    out ? &p->tmpl_dst : &p->tmpl_src, why);
}

int
check_nexthop_del(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	_Static_assert(offsetof(struct kern_nexthop, id) == 0 &&
	    offsetof(struct kern_group, id) == 0, "serves groups too");

	(void)m;
	return nl_is_ours(op->nexthop.id) ? 0 :
	    refuse(why, "nexthop id not from our range");
}

int
check_nexthop_set(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_nexthop *n = &op->nexthop;

	if (!n->blackhole && iface_by_name(&m->ifaces, n->dev) == NULL &&
	    lan_find(&m->lans, n->dev) == NULL &&
	    (!is_unicast(&n->gateway) ||
	    !conf_neighbor_hop(m->files.conf, n->dev, &n->gateway)))
		return refuse(why, conf_neighbor_on(m->files.conf, n->dev) ?
		    "interface %s: no neighbor's address" :
		    "interface %s is not ours", n->dev);
	if (addr_is_set(&n->gateway) && (addr_is_loopback(&n->gateway) ||
	    addr_is_multicast(&n->gateway)))
		return refuse(why, "bad gateway address");
	return check_nexthop_del(m, op, why);
}

int
check_group_set(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_group *g = &op->group;

	if (g->n == 0)
		return refuse(why, "a group without members");
	for (uint32_t i = 0; i < g->n; i++)
		if (!nl_is_ours(g->member[i]) || g->member[i] == g->id)
			return refuse(why, "bad member of a group");
	return check_nexthop_del(m, op, why);
}

/*
 * Prefixes that are the host's or the link's own business: 127.0.0.0/8,
 * 169.254.0.0/16, 224.0.0.0/3, ::1/128, fe80::/10, ff00::/8.
 */
static bool
is_reserved(const struct prefix *p)
{
	static const struct prefix reserved[] = {
		{ { ADDR_IPV4, { 127 } }, 8 },
		{ { ADDR_IPV4, { 169, 254 } }, 16 },
		{ { ADDR_IPV4, { 224 } }, 3 },
		{ { ADDR_IPV6, { [15] = 1 } }, 128 },
		{ { ADDR_IPV6, { 0xfe, 0x80 } }, 10 },
		{ { ADDR_IPV6, { 0xff } }, 8 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (prefix_covers(&reserved[i], p))
			return true;
	return false;
}

int
check_route_del(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_route *r = &op->route;
	struct prefix net = prefix_network(&r->prefix);

	(void)m;
	if (!addr_is_set(&r->prefix.addr) || !prefix_eq(&net, &r->prefix))
		return refuse(why, "no prefix, or with host bits");
	if (r->table == 0 || r->table == TABLE_LOCAL)
		return refuse(why, "not a table for our routes");
	return 0;
}

int
check_route_set(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_route *r = &op->route;
	char text[PREFIX_STRLEN];

	if (is_reserved(&r->prefix))
		return refuse(why, "%s is not for a tunnel",
		    prefix_str(&r->prefix, text));
	if (r->nexthop == 0 ? r->metric != KERN_METRIC_WORST :
	    !nl_is_ours(r->nexthop))
		return refuse(why, "nexthop id not from our range");
	if (!is_table(m, r->table))
		return refuse(why, "route table %u is not ours", r->table);
	if (addr_is_set(&r->prefsrc) && (!is_unicast(&r->prefsrc) ||
	    r->prefsrc.family != r->prefix.addr.family))
		return refuse(why, "bad source address");
	return check_route_del(m, op, why);
}

static bool
is_inside(const struct kern_link *l, const struct addr *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(l->inside); i++)
		if (addr_eq(&l->inside[i].addr, a))
			return true;
	return false;
}

/* For neighbours outside of tunnels; remote unset: for all of them there. */
static bool
is_neighbor(const struct monitor *m, const struct kern_conn *c)
{
	const struct conf *conf = m->files.conf;

	if (addr_is_set(&c->remote))
		return conf_neighbor_at(conf, c->dev, &c->local,
		    &c->remote) != NULL;
	for (size_t i = 0; i < conf->neighbors_n; i++) {
		if (strcmp(conf->neighbors[i].ifname, c->dev) == 0 &&
		    addr_eq(&conf->neighbors[i].local, &c->local))
			return true;
	}
	return false;
}

int
check_listen(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_conn *c = &op->conn;
	const struct iface *f = iface_by_name(&m->ifaces, c->dev);

	if (f == NULL && !conf_neighbor_on(m->files.conf, c->dev))
		return refuse(why, "interface %s is not ours", c->dev);
	if (f == NULL && !is_neighbor(m, c))
		return refuse(why, "%s: no neighbor's address", c->dev);
	if (f != NULL && (!addr_is_set(&c->local) ||
	    !is_inside(&f->link, &c->local)))
		return refuse(why, "%s: not its inside address", c->dev);
	if (c->ttl == 0 || (c->mss != 0 && c->mss < 64))
		return refuse(why, "%s: bad TTL or segment size", c->dev);
	return 0;
}

/* Those of a prefix call themselves. */
static bool
is_called(const struct monitor *m, const struct kern_conn *c)
{
	const struct conf_neighbor *n = conf_neighbor_at(m->files.conf,
	    c->dev, &c->local, &c->remote);

	return n != NULL && addr_is_set(&n->remote);
}

int
check_connect(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_conn *c = &op->conn;

	if (!is_unicast(&c->remote) || c->remote.family != c->local.family)
		return refuse(why, "%s: bad address of the neighbour", c->dev);
	if (iface_by_name(&m->ifaces, c->dev) == NULL &&
	    !is_called(m, c))
		return refuse(why, "%s: nobody to call there", c->dev);
	return check_listen(m, op, why);
}

static bool
authenticates(const struct conf_tunnel *t, enum kern_auth_how how)
{
	switch (how) {
	case KERN_AUTH_PSK:
		return t->local_auth == CONF_AUTH_PSK ||
		    t->remote_auth == CONF_AUTH_PSK;
	case KERN_AUTH_SIGN:
		return t->local_auth == CONF_AUTH_CERTIFICATE;
	case KERN_AUTH_PPK:
		return t->ppk_id[0] != '\0';
	}
	return false;
}

int
check_auth(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	const struct kern_auth *a = &op->auth;

	const struct conf_connection *c = conf_find(m->files.conf,
	    a->connection);
	const struct conf_tunnel *t;
	const struct alg *prf;

	if (c == NULL)
		return refuse(why, "the configuration has no connection %.60s",
		    a->connection);
	if (a->tunnel < 1 || a->tunnel > c->tunnels_n)
		return refuse(why, "no such tunnel");
	t = &c->tunnels[a->tunnel - 1];
	if (!authenticates(t, a->how))
		return refuse(why, "not how %.60s tunnel %u authenticates",
		    a->connection, a->tunnel);
	prf = alg_find(ALG_PRF, a->prf, 0);
	if (a->how != KERN_AUTH_SIGN && prf == NULL)
		return refuse(why, "no PRF of ours");
	if (a->first > 0 && (a->how != KERN_AUTH_PSK || a->first >= a->n))
		return refuse(why, "not two values of a pre-shared key");
	if (a->how == KERN_AUTH_PPK && a->n != 3 * prf->key_len)
		return refuse(why, "not three keys of that PRF");
	return 0;
}

/* The name becomes part of a path. */
int
check_apply(const struct monitor *m, const struct kern_op *op,
    struct reason *why)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const struct kern_apply *a = &op->apply;

	(void)m;
	if (a->token[0] == '\0' ||
	    a->token[strspn(a->token, letters)] != '\0') {
		reason_set(why, "a candidate's name has letters and digits");
		return EINVAL;
	}
	if (a->seconds > CTL_CONFIRM_MAX) {
		reason_set(why, "more than %d seconds to confirm",
		    CTL_CONFIRM_MAX);
		return EINVAL;
	}
	return 0;
}
