/*
 * Interfaces of VPCs.  They are somebody else's, so that they are never made,
 * set up or put into anything: packets from them get to their route table by
 * rules, which may stand there before the interface does, and routes of ours
 * may lead out of them.  Every event about one of them has it looked at once
 * more at the end of the turn, whatever it was about; what is different then
 * is told to the engine.
 *
 * One that forwards from and to tunnels only is let forward by its sysctls,
 * once it is certain that the table of packet filters (fence.h) holds it to
 * that; without one it does not forward at all, unless the host does.
 */
#include "daemon/lans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/monitor.h"
#include "daemon/nl_inside.h"
#include "daemon/nl_lan.h"
#include "daemon/nl_link.h"
#include "daemon/ops.h"

void
lans_fini(struct lans *t)
{
	free(t->v);
	*t = (struct lans){ .n = 0 };
}

struct lan *
lan_find(const struct lans *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].lan.name, name) == 0)
			return &t->v[i];
	}
	return NULL;
}

bool
lans_closed(const struct lans *t)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].lan.closed)
			return true;
	}
	return false;
}

static struct lan *
enter(struct lans *t, const char *name)
{
	struct lan *l = lan_find(t, name), *more;

	if (l != NULL)
		return l;
	if (t->n == t->cap) {
		more = realloc(t->v, (t->cap * 2 + 8) * sizeof(*more));
		if (more == NULL)
			return NULL;
		t->v = more;
		t->cap = t->cap * 2 + 8;
	}
	l = &t->v[t->n++];
	memset(l, 0, sizeof(*l));
	str_set(l->lan.name, sizeof(l->lan.name), name);
	return l;
}

/* For rtables.h: what comes from there gets to its table by a rule. */
static struct kern_link
as_link(const struct kern_lan *l)
{
	struct kern_link link = { .table = l->table };

	str_set(link.name, sizeof(link.name), l->name);
	return link;
}

static int
join(struct monitor *m, const struct kern_lan *was, const struct kern_lan *is,
    char *text)
{
	struct kern_link old = as_link(was), new = as_link(is);
	unsigned vrf;
	int error;

	if (m->nl == NULL)
		return 0;
	error = rtable_join(m, &new, KERN_LINK_VTI, &vrf, text);
	if (error == 0)
		rtable_leave(m, &old, &new, true);
	return error;
}

/* Once there is one that is closed, tunnels forward whatever the host does. */
static void
forward_tunnels(struct monitor *m)
{
	for (size_t i = 0; i < m->ifaces.n; i++)
		nl_inside_forward(m->ifaces.v[i]->link.name);
	for (unsigned i = 0; i < m->rtables.n; i++) {
		if (m->rtables.v[i].vrf != 0)
			nl_inside_forward(m->rtables.v[i].vrf_name);
	}
}

void
lans_forward(struct monitor *m)
{
	bool more = false;

	for (size_t i = 0; i < m->lans.n; i++) {
		struct lan *l = &m->lans.v[i];

		if (!l->lan.closed || l->forwards)
			continue;
		sysctls_forward(&m->sysctls, l->lan.name, true);
		l->forwards = more = true;
	}
	if (more)
		forward_tunnels(m);
}

/*
 * Only what the fence holds may forward, and only from when it does: with an
 * engine that has more to state that is when it is done.
 */
static int
hold(struct monitor *m, struct lan *l, bool was_closed, char *text)
{
	if (m->nl == NULL)
		return 0;
	if (l->lan.closed && !m->fence.works) {
		str_fmt(text, KERN_TEXT_LEN, "forwarding = \"tunnels\" cannot "
		    "be: %s", m->fence.why);
		return EOPNOTSUPP;
	}
	if (l->lan.closed == was_closed) {
		/* A new one is among those that closed ones may reach. */
		if (l->told.kind != KERN_LAN_STATE && lans_closed(&m->lans))
			fence_touch(m);
		return 0;
	}
	if (!l->lan.closed && l->forwards) {
		sysctls_forward(&m->sysctls, l->lan.name, false);
		l->forwards = false;
	}
	if (fence_waits(m) || fence_now(m))
		return 0;
	str_set(text, KERN_TEXT_LEN, m->fence.why);
	return m->fence.works ? EIO : 0;
}

void
lan_set(struct monitor *m, const struct kern_op *op)
{
	struct lan *l = enter(&m->lans, op->lan.name);
	struct kern_lan was = l == NULL ? op->lan : l->lan;
	char text[KERN_TEXT_LEN] = "";
	int error = l == NULL ? ENOMEM : join(m, &was, &op->lan, text);

	if (l != NULL) {
		if (error == 0)
			l->lan = op->lan;
		else	/* what is closed is so in any case */
			l->lan.closed |= op->lan.closed;
		l->generation = m->stated.generation;
		l->dirty = l->stated = m->lans.dirty = true;
	}
	if (l != NULL && (error == 0 || l->lan.closed)) {
		char other[KERN_TEXT_LEN] = "";
		int held = hold(m, l, was.closed, other);

		if (error == 0) {
			error = held;
			str_set(text, sizeof(text), other);
		}
	}
	ops_done(m, op, error, text);
}

static void
part(struct monitor *m, struct lan *l)
{
	struct kern_link was = as_link(&l->lan);

	if (m->nl != NULL)
		rtable_leave(m, &was, NULL, false);
	if (l->forwards)
		sysctls_forward(&m->sysctls, l->lan.name, false);
	*l = m->lans.v[--m->lans.n];
	fence_touch(m);
}

void
lan_del(struct monitor *m, const struct kern_op *op)
{
	struct lan *l = lan_find(&m->lans, op->lan.name);

	if (l != NULL)
		part(m, l);
	ops_done(m, op, 0, "");
}

void
lans_prune(struct monitor *m)
{
	for (size_t i = m->lans.n; i-- > 0;) {
		if (m->lans.v[i].generation != m->stated.generation &&
		    conf_vpc_of(m->files.conf, m->lans.v[i].lan.name) == NULL)
			part(m, &m->lans.v[i]);
	}
}

/* One that is renamed is known by its number. */
void
lans_event(struct monitor *m, const struct nlmsghdr *h)
{
	unsigned ifindex = m->lans.n == 0 ? 0 : nl_lan_event(h);
	struct kern_event e = { .kind = KERN_LINK_STATE };
	bool link = ifindex != 0 && nl_link_event(h, &e);

	for (size_t i = 0; ifindex != 0 && i < m->lans.n; i++) {
		struct lan *l = &m->lans.v[i];

		if (l->ifindex != ifindex &&
		    (!link || strcmp(l->lan.name, e.link.name) != 0))
			continue;
		l->dirty = m->lans.dirty = true;
		l->flushed |= link && !e.link.up;
	}
}

static void
look(struct monitor *m, struct lan *l)
{
	struct kern_event e;
	unsigned was = l->ifindex;

	monitor_event_init(&e, KERN_LAN_STATE);
	memcpy(e.lan.name, l->lan.name, sizeof(e.lan.name));
	e.lan.exists = e.lan.up = m->nl == NULL;
	if (m->nl != NULL)
		l->ifindex = nl_lan_state(m->nl, l->lan.name, &e);
	if (l->forwards && l->ifindex != was)
		sysctls_forward(&m->sysctls, l->lan.name, true);
	e.lan.flushed = l->flushed || l->ifindex != was;
	if (!l->stated && !e.lan.flushed &&
	    memcmp(&e, &l->told, sizeof(e)) == 0)
		return;
	monitor_event(m, &e);
	e.lan.flushed = false;
	l->told = e;
	l->stated = l->flushed = false;
}

void
lans_look(struct monitor *m)
{
	if (!m->lans.dirty)
		return;
	m->lans.dirty = false;
	for (size_t i = 0; i < m->lans.n; i++) {
		struct lan *l = &m->lans.v[i];

		if (l->dirty)
			look(m, l);
		l->dirty = false;
	}
}
