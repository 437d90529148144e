/*
 * Interfaces that are the host's own: we neither make nor change them, we want
 * to know whether they are up.  One look tells, events tell what comes later.
 */
#include "gw/port.h"

#include <stdlib.h>
#include <string.h>

#include "gw/outer.h"

static const struct span retry_pause = { INT64_C(5) * 1000000000 };

static struct gw_port *
find(const struct gw *gw, const char *ifname)
{
	struct gw_port *p = gw->ports;

	while (p != NULL && strcmp(p->ifname, ifname) != 0)
		p = p->next;
	return p;
}

const struct gw_port *
port_named(const struct gw *gw, const char *ifname)
{
	return find(gw, ifname);
}

bool
port_is_up(const struct gw *gw, const char *ifname)
{
	const struct gw_port *p = find(gw, ifname);

	return p != NULL && p->exists && p->up;
}

static void
ask(struct gw *gw, struct gw_port *p)
{
	struct kern_op *op = queue_op(&gw->out, KERN_LINK_LOOK);

	if (op == NULL)
		return;
	str_set(op->link.name, sizeof(op->link.name), p->ifname);
	p->asked = true;
	gw_await(gw, op, p->id);
}

static void
add(struct gw *gw, struct instant now, const char *ifname)
{
	struct gw_port *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		queue_event(&gw->out, GW_ERROR, "out-of-memory", "",
		    "interface %s", ifname);
		return;
	}
	str_set(p->ifname, sizeof(p->ifname), ifname);
	reason_set(&p->why, "interface %s was not looked at yet", ifname);
	p->id = ++gw->port_last;
	p->retry_at = now;
	p->next = gw->ports;
	gw->ports = p;
}

void
port_converge(struct gw *gw, struct instant now)
{
	struct gw_port **at = &gw->ports, *p;

	while ((p = *at) != NULL) {
		if (conf_neighbor_on(gw->conf, p->ifname)) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		free(p);
	}
	for (size_t i = 0; i < gw->conf->neighbors_n; i++) {
		if (find(gw, gw->conf->neighbors[i].ifname) == NULL)
			add(gw, now, gw->conf->neighbors[i].ifname);
	}
}

void
port_fini(struct gw *gw)
{
	struct gw_port *p;

	while ((p = gw->ports) != NULL) {
		gw->ports = p->next;
		free(p);
	}
}

static void
found(struct gw_port *p, const struct kern_event *e)
{
	p->exists = e->link.exists;
	p->up = e->link.exists && e->link.up;
	p->retry_at = INSTANT_NEVER;
	p->why.s[0] = '\0';
	if (!p->up)
		reason_set(&p->why, "interface %s %s", p->ifname,
		    p->exists ? "is down" : "does not exist");
}

static void
tell(struct gw *gw, const struct gw_port *p, bool was)
{
	if (was && !p->up)
		queue_event(&gw->out, GW_WARN, "interface-lost", "", "%s",
		    p->why.s);
	outer_touch(gw);
}

bool
port_event(struct gw *gw, const struct kern_event *e)
{
	struct gw_port *p = find(gw, e->link.name);
	bool was = p != NULL && p->up;

	if (p == NULL)
		return false;
	found(p, e);
	tell(gw, p, was);
	return true;
}

void
port_answer(struct gw *gw, struct instant now, uint32_t id,
    const struct kern_event *e)
{
	struct gw_port *p = gw->ports;
	bool was;

	while (p != NULL && p->id != id)
		p = p->next;
	if (p == NULL)
		return;
	was = p->up;
	p->asked = false;
	if (e->error == 0) {
		found(p, e);
	} else {
		reason_set(&p->why, "%s", e->text);
		p->retry_at = instant_after(now, retry_pause);
	}
	tell(gw, p, was);
}

void
port_settle(struct gw *gw, struct instant now)
{
	for (struct gw_port *p = gw->ports; p != NULL; p = p->next) {
		if (!p->asked && instant_due(p->retry_at, now))
			ask(gw, p);
	}
}

void
port_restate(struct gw *gw)
{
	for (struct gw_port *p = gw->ports; p != NULL; p = p->next)
		ask(gw, p);
}

struct instant
port_deadline(const struct gw *gw)
{
	struct instant at = INSTANT_NEVER;

	for (const struct gw_port *p = gw->ports; p != NULL; p = p->next) {
		if (!p->asked)
			at = instant_min(at, p->retry_at);
	}
	return at;
}
