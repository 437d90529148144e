/*
 * Route tables for the engine: the unreachable default route, the VRF device
 * where there is to be one, and by which of the two ways the packets of an
 * interface get to its table.  XFRM interfaces are put into the VRF device; a
 * VTI is not, since the kernel would look for the route to its outside address
 * in the VRF, but has a rule; and so has everything where there is no VRF.
 *
 * There is always one way at least: the new one is made before the old one
 * goes, and a rule before the interface is up.
 */
#include "daemon/rtables.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/monitor.h"
#include "daemon/nl_inside.h"
#include "daemon/nl_link.h"
#include "daemon/nl_route.h"
#include "daemon/nl_table.h"
#include "daemon/ops.h"
#include "util/array.h"

static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };

struct rtable *
rtable_find(struct rtables *t, uint32_t number)
{
	for (unsigned i = 0; i < t->n; i++) {
		if (t->v[i].number == number)
			return &t->v[i];
	}
	return NULL;
}

const struct rtable *
rtable_by_vrf(const struct rtables *t, const char *name)
{
	for (unsigned i = 0; i < t->n; i++) {
		if (t->v[i].vrf != 0 && strcmp(t->v[i].vrf_name, name) == 0)
			return &t->v[i];
	}
	return NULL;
}

/* --- the table --- */

/* Both at once; the answers are looked at here and not by ops.c. */
static int
last_resort(struct monitor *m, uint32_t number, bool add, char *text)
{
	struct nlq *q = m->nl->route;
	int error = 0;

	ops_finish(m);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct kern_route r = nl_last_resort(families[i], number);

		if (add)
			nl_route_unreachable(q, &r, true,
			    &(struct nl_op){ 0 });
		else
			nl_route_del(q, &r, &(struct nl_op){ 0 });
	}
	nlq_flush(q);
	for (size_t i = 0; i < q->n; i++) {
		bool no_ipv6 = i == 1 && (q->op[i].error == EOPNOTSUPP ||
		    q->op[i].error == EAFNOSUPPORT);

		if (q->op[i].error == 0 || no_ipv6 || !add || error != 0)
			continue;
		error = q->op[i].error;
		str_fmt(text, KERN_TEXT_LEN, "unreachable default route: %s",
		    q->op[i].text[0] != '\0' ? q->op[i].text :
		    strerror(error));
	}
	nlq_reset(q);
	return error;
}

static void
account(struct monitor *m, uint32_t number, const char *vrf_name, bool is)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct kern_route r = nl_last_resort(families[i], number);
		uint64_t fp = stated_route(&m->stated, &r);

		if (is)
			stated_set(&m->stated, fp);
		else
			stated_unset(&m->stated, fp);
	}
	if (is && vrf_name != NULL)
		stated_set(&m->stated, stated_link(&m->stated, vrf_name));
	else if (vrf_name != NULL)
		stated_unset(&m->stated, stated_link(&m->stated, vrf_name));
}

/* The VRF device, if there is to be one and can be. */
static int
make_vrf(struct monitor *m, const struct kern_table *t, unsigned *ifindex,
    char *text)
{
	int error;

	*ifindex = 0;
	if (t->vrf == KERN_VRF_NEVER)
		return 0;
	error = nl_vrf_set(m->nl, t, ifindex, text);
	if (error != EOPNOTSUPP || t->vrf == KERN_VRF_ALWAYS)
		return error;
	log_event(LEVEL_INFO, "no-vrf", "table=%u vrf=%s: the kernel has no "
	    "VRF devices, rules are used", t->number, t->vrf_name);
	text[0] = '\0';
	return 0;
}

static void
set_done(struct monitor *m, const struct kern_op *op, bool vrf)
{
	struct kern_event e;

	monitor_event_init(&e, KERN_DONE);
	e.id = op->id;
	e.op = op->kind;
	e.link.exists = e.link.up = vrf;
	monitor_event(m, &e);
}

static struct rtable *
enter(struct rtables *t, const struct kern_table *k)
{
	struct rtable *r = rtable_find(t, k->number);

	if (r == NULL && t->n < ARRAY_SIZE(t->v))
		r = &t->v[t->n++];
	if (r == NULL)
		return NULL;
	r->number = k->number;
	str_set(r->vrf_name, sizeof(r->vrf_name), k->vrf_name);
	return r;
}

static int
rules(struct monitor *m, const char *ifname, uint32_t table, bool add,
    char *text)
{
	int error = 0, rc;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct nl_rule r;
		uint64_t fp;

		memset(&r, 0, sizeof(r));
		r.family = families[i];
		r.table = table;
		str_set(r.ifname, sizeof(r.ifname), ifname);
		fp = stated_rule(&m->stated, r.family == ADDR_IPV6, r.ifname,
		    r.table);
		rc = nl_rule(m->nl, &r, add, text);
		if (rc == 0 && add)
			stated_set(&m->stated, fp);
		else if (rc == 0)
			stated_unset(&m->stated, fp);
		else if (error == 0)
			error = rc;
	}
	return error;
}

/*
 * Rules from now on: what is still in the VRF device gets one each before that
 * goes.  One that this engine has not stated yet is left to the sweep, which
 * comes when all interfaces have their rules.
 */
static int
leave_vrf(struct monitor *m, const struct rtable *r, char *text)
{
	const uint64_t fp = stated_link(&m->stated, r->vrf_name);
	int error = 0;

	if (m->nl == NULL || !stated_has(&m->stated, fp))
		return 0;
	for (size_t i = 0; i < m->ifaces.n && error == 0; i++) {
		const struct kern_link *l = &m->ifaces.v[i]->link;

		if (l->table == r->number)
			error = rules(m, l->name, l->table, true, text);
	}
	if (error == 0)
		error = nl_link_del(m->nl, r->vrf_name, text);
	if (error != 0 && error != ENODEV)
		return error;
	stated_unset(&m->stated, fp);
	return 0;
}

/* A default route that leads nowhere, before anything gets there. */
void
rtable_set(struct monitor *m, const struct kern_op *op)
{
	const struct kern_table *t = &op->table;
	char text[KERN_TEXT_LEN] = "";
	struct rtable *r = enter(&m->rtables, t);
	unsigned ifindex = 0;
	int error = r == NULL ? ENOMEM : 0;

	if (error == 0 && m->nl != NULL)
		error = last_resort(m, t->number, true, text);
	if (error == 0 && m->nl != NULL)
		error = make_vrf(m, t, &ifindex, text);
	if (error == 0 && ifindex == 0)
		error = leave_vrf(m, r, text);
	if (error != 0) {
		ops_done(m, op, error, text);
		return;
	}
	if (r->vrf != ifindex)
		fence_touch(m);
	r->vrf = ifindex;
	if (ifindex != 0 && lans_closed(&m->lans))
		nl_inside_forward(t->vrf_name);
	account(m, t->number, ifindex == 0 ? NULL : t->vrf_name, true);
	set_done(m, op, ifindex != 0);
}

void
rtable_del(struct monitor *m, const struct kern_op *op)
{
	struct rtable *r = rtable_find(&m->rtables, op->table.number);
	char text[KERN_TEXT_LEN] = "";
	int error = 0;

	if (r != NULL && m->nl != NULL && r->vrf != 0)
		error = nl_link_del(m->nl, r->vrf_name, text);
	if (r != NULL && (error == 0 || error == ENODEV)) {
		error = m->nl == NULL ? 0 : last_resort(m, r->number, false,
		    text);
		account(m, r->number, r->vrf_name, false);
		*r = m->rtables.v[--m->rtables.n];
	}
	ops_done(m, op, error, text);
}

void
rtables_prune(struct monitor *m)
{
	struct rtables *t = &m->rtables;
	unsigned n = 0;

	for (unsigned i = 0; i < t->n; i++) {
		struct kern_route r = nl_last_resort(ADDR_IPV4,
		    t->v[i].number);

		if (stated_has(&m->stated, stated_route(&m->stated, &r)))
			t->v[n++] = t->v[i];
	}
	t->n = n;
}

/* --- what comes from an interface --- */

int
rtable_join(struct monitor *m, const struct kern_link *l,
    enum kern_link_kind kind, unsigned *vrf, char *text)
{
	const struct rtable *r = rtable_find(&m->rtables, l->table);

	*vrf = 0;
	if (l->table == 0)
		return 0;
	if (r == NULL) {
		str_fmt(text, KERN_TEXT_LEN, "interface %s: there is no route "
		    "table %u yet", l->name, l->table);
		return ENOENT;
	}
	if (kind == KERN_LINK_XFRMI)
		*vrf = r->vrf;
	return *vrf != 0 ? 0 : rules(m, l->name, l->table, true, text);
}

void
rtable_leave(struct monitor *m, const struct kern_link *was,
    const struct kern_link *is, bool by_rule)
{
	char text[KERN_TEXT_LEN] = "";

	if (m->nl == NULL || was->table == 0 || (is != NULL && by_rule &&
	    is->table == was->table))
		return;
	if (rules(m, was->name, was->table, false, text) != 0)
		log_event(LEVEL_WARNING, "rule-stays", "if=%s why=\"%s\"",
		    was->name, text);
}
