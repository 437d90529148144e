/*
 * Interfaces are made at once, after what is queued; their route table has a
 * part in that (rtables.h).  Nothing here looks at what a link is for.
 */
#include "daemon/ops_link.h"

#include <errno.h>
#include <string.h>

#include "daemon/kevents.h"
#include "daemon/nl_inside.h"
#include "daemon/nl_link.h"
#include "daemon/rtables.h"

static void
link_done(struct monitor *m, const struct kern_op *op, const struct iface *f)
{
	struct kern_event e;

	monitor_event_init(&e, KERN_DONE);
	e.id = op->id;
	e.op = op->kind;
	memcpy(e.link.name, op->link.name, sizeof(e.link.name));
	e.link.kind = f->kind;
	e.link.exists = f->exists;
	e.link.up = f->up;
	e.link.flushed = m->flushed;
	e.link.clamped = m->fence.works;
	monitor_event(m, &e);
}

/*
 * Is it there as it should be, but for the MTU?  Who states all anew states
 * also what goes with an interface: its rules would be swept otherwise.
 */
static bool
wants_mtu(const struct monitor *m, const struct kern_link *l)
{
	const struct iface *f = iface_by_name(&m->ifaces, l->name);
	struct kern_link was;

	if (f == NULL || !f->exists || !f->up || f->link.mtu == l->mtu ||
	    !stated_has(&m->stated, stated_link(&m->stated, l->name)))
		return false;
	was = f->link;
	was.mtu = l->mtu;
	return memcmp(&was, l, sizeof(was)) == 0;
}

/* Every tunnel that comes up learns its MTU: that must not look at all. */
static int
set_link(struct monitor *m, const struct kern_link *l, char *text)
{
	unsigned vrf;
	int error;

	if (wants_mtu(m, l) && nl_link_mtu(m->nl, l->name, l->mtu) == 0)
		return 0;
	error = rtable_join(m, l, nl_link_kind(m->nl, l), &vrf, text);
	if (error == 0)
		error = nl_link_set(m->nl, l, vrf, text);
	if (error == 0 && lans_closed(&m->lans))
		nl_inside_forward(l->name);
	return error;
}

/* Two VTIs with the same outside addresses: the kernel makes only one. */
static bool
is_impossible(const struct monitor *m, const struct kern_link *l, char *text)
{
	const struct conf_tunnel *t = conffile_tunnel(&m->files, l->name);

	if (t == NULL || !t->twin ||
	    nl_link_kind(m->nl, l) != KERN_LINK_VTI)
		return false;
	str_fmt(text, KERN_TEXT_LEN, "interface %s: another tunnel has its "
	    "outside addresses, and VTIs cannot share them; xfrm interfaces "
	    "could", l->name);
	return true;
}

/*
 * Making it causes events of its own: they are thrown away, and only then the
 * state is read, so that what comes later is news.
 */
static int
make_link(struct monitor *m, const struct kern_link *l, struct iface *state,
    char *text)
{
	int error;

	state->kind = KERN_LINK_VTI;
	state->exists = true;
	state->up = l->up;
	m->flushed = false;
	if (m->nl == NULL)
		return 0;
	error = is_impossible(m, l, text) ? EEXIST : set_link(m, l, text);
	kevents_drain_links(m, l->name);
	state->kind = nl_link_kind(m->nl, l);
	nl_link_state(m->nl, l->name, &state->exists, &state->up);
	return error;
}

static bool
by_rule(struct monitor *m, const struct kern_link *l)
{
	const struct rtable *r = rtable_find(&m->rtables, l->table);

	return r != NULL && m->nl != NULL && (r->vrf == 0 ||
	    nl_link_kind(m->nl, l) != KERN_LINK_XFRMI);
}

void
ops_link_set(struct monitor *m, const struct kern_op *op)
{
	char text[KERN_TEXT_LEN] = "";
	struct kern_link was = { .table = 0 };
	struct iface state, *f;
	int error;

	if (!wants_mtu(m, &op->link))
		ops_finish(m);
	f = iface_by_name(&m->ifaces, op->link.name);
	if (f != NULL)
		was = f->link;
	error = make_link(m, &op->link, &state, text);
	if (error == 0)
		rtable_leave(m, &was, &op->link, by_rule(m, &op->link));
	f = error == 0 ? iface_put(&m->ifaces, &op->link) :
	    iface_by_name(&m->ifaces, op->link.name);
	if (f != NULL) {
		f->kind = state.kind;
		f->exists = state.exists;
		f->up = state.up;
	}
	if (error != 0 || f == NULL) {
		ops_done(m, op, error == 0 ? ENOMEM : error, text);
		return;
	}
	stated_set(&m->stated, stated_link(&m->stated, op->link.name));
	fence_touch(m);
	link_done(m, op, f);
}

/* One that others make: without a kernel it is there, as those of ours are. */
void
ops_link_look(struct monitor *m, const struct kern_op *op)
{
	struct iface f = { .exists = true, .up = true };

	if (m->nl != NULL)
		nl_link_state(m->nl, op->link.name, &f.exists, &f.up);
	m->flushed = false;
	link_done(m, op, &f);
}

void
ops_link_del(struct monitor *m, const struct kern_op *op)
{
	const struct iface *f;
	char text[KERN_TEXT_LEN] = "";
	int error = 0;

	ops_finish(m);
	if (m->nl != NULL)
		error = nl_link_del(m->nl, op->link.name, text);
	if (error == ENODEV)
		error = 0;
	if (error == 0) {
		f = iface_by_name(&m->ifaces, op->link.name);
		if (f != NULL)
			rtable_leave(m, &f->link, NULL, false);
		iface_del(&m->ifaces, op->link.name);
		fence_touch(m);
		stated_unset(&m->stated,
		    stated_link(&m->stated, op->link.name));
	}
	ops_done(m, op, error, text);
}
