/*
 * What the kernel tells: limits of SAs, interfaces that come, go, rise and
 * fall, nexthops and routes of ours that others touch.  What the engine should
 * know of it becomes an event; where the kernel had no room for more, it is
 * told to state all again.
 */
#include "daemon/kevents.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/nl_link.h"
#include "daemon/nl_route.h"
#include "daemon/nl_xfrm.h"

#define READS_PER_TURN	32

static void
events_lost(struct monitor *m, const char *which)
{
	log_event(LEVEL_WARNING, "kern-events-lost", "which=%s", which);
	monitor_state_again(m);
}

/* Its interfaces are out of it: the engine puts all back. */
static void
vrf_lost(struct monitor *m, const char *name)
{
	const struct rtable *r = rtable_by_vrf(&m->rtables, name);
	struct kern_event e;

	if (r == NULL)
		return;
	monitor_event_init(&e, KERN_CHANGED);
	e.changed.prefix.addr = addr_any(ADDR_IPV4);
	e.changed.table = r->number;
	monitor_event(m, &e);
}

static void
link_event(struct monitor *m, const struct nlmsghdr *h)
{
	struct kern_event e;
	struct iface *f;

	lans_event(m, h);
	monitor_event_init(&e, KERN_LINK_STATE);
	if (!nl_link_event(h, &e))
		return;
	if (m->not_news != NULL && strcmp(m->not_news, e.link.name) == 0) {
		m->flushed |= !e.link.up;
		return;
	}
	if (!e.link.exists)
		vrf_lost(m, e.link.name);
	f = iface_by_name(&m->ifaces, e.link.name);
	/* A neighbour's: what is no news the engine sees itself. */
	if (f == NULL && conf_neighbor_on(m->files.conf, e.link.name))
		monitor_event(m, &e);
	if (f == NULL || (f->exists == e.link.exists && f->up == e.link.up))
		return;
	f->exists = e.link.exists;
	f->up = e.link.up;
	e.link.kind = f->kind;
	monitor_event(m, &e);
}

/* What is not stated, or not any more, is nobody's loss. */
static void
route_event(struct monitor *m, const struct nlmsghdr *h)
{
	struct kern_route r = { 0 };
	struct kern_event e;

	monitor_event_init(&e, KERN_CHANGED);
	if (!nl_route_event(h, &e.changed.nexthop, &r) ||
	    !stated_known(&m->stated, e.changed.nexthop != 0 ?
	    stated_nexthop(&m->stated, e.changed.nexthop) :
	    stated_route(&m->stated, &r)))
		return;
	e.changed.prefix = r.prefix;
	e.changed.table = r.table;
	monitor_event(m, &e);
}

static void
xfrm_event(struct monitor *m, const struct nlmsghdr *h)
{
	struct kern_event e;

	monitor_event_init(&e, KERN_EXPIRE);
	if (nl_xfrm_event(h, &e))
		monitor_event(m, &e);
}

/* A good number of datagrams; true: there may be more. */
static bool
on_kernel(struct monitor *m, struct mnl_socket *s, const char *which,
    void (*each)(struct monitor *, const struct nlmsghdr *))
{
	_Alignas(8) uint8_t buf[32768];
	const struct nlmsghdr *h;
	ssize_t n;
	int left;

	for (int i = 0; i < READS_PER_TURN; i++) {
		n = nl_event_read(s, buf, sizeof(buf));
		if (n == -ENOBUFS) {
			m->counts.overruns++;
			events_lost(m, which);
		}
		if (n <= 0)
			return n == -ENOBUFS;
		left = (int)n;
		for (h = (const void *)buf; mnl_nlmsg_ok(h, left);
		    h = mnl_nlmsg_next(h, &left)) {
			m->counts.events++;
			each(m, h);
		}
	}
	return true;
}

void
kevents_drain_links(struct monitor *m, const char *name)
{
	m->not_news = name;
	m->flushed = false;
	while (on_kernel(m, m->nl->link_events, "link", link_event))
		;
	m->not_news = NULL;
}

void
kevents_xfrm(struct monitor *m)
{
	on_kernel(m, m->nl->xfrm_events, "xfrm", xfrm_event);
}

void
kevents_link(struct monitor *m)
{
	on_kernel(m, m->nl->link_events, "link", link_event);
}

void
kevents_route(struct monitor *m)
{
	on_kernel(m, m->nl->route_events, "route", route_event);
}
