/*
 * The dispatch table: for each operation the phases in which it is allowed,
 * the check that it must pass (check.c) and what does it.  An operation that
 * is refused is answered with the reason and logged; it does not end the
 * engine, since a reload under way can cause it.
 *
 * SAs, policies, nexthops and routes are queued and sent in batches; links
 * are made at once, after what is queued.  Whatever happens, every operation
 * is answered by exactly one KERN_DONE.
 */
#include "daemon/ops.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/check.h"
#include "daemon/conf.h"
#include "daemon/kevents.h"
#include "daemon/log.h"
#include "daemon/mono.h"
#include "daemon/nl_dump.h"
#include "daemon/nl_link.h"
#include "daemon/nl_route.h"
#include "daemon/nl_xfrm.h"
#include "daemon/shape.h"
#include "daemon/sock.h"

#define ALIVE	(PHASE_START | PHASE_RUN)
#define ALWAYS	(PHASE_START | PHASE_RUN | PHASE_STOP)

typedef void	run_fn(struct monitor *, const struct kern_op *);

void
ops_done(struct monitor *m, const struct kern_op *op, int error,
    const char *text)
{
	struct kern_event e;

	monitor_event_init(&e, KERN_DONE);
	e.id = op->id;
	e.op = op->kind;
	e.error = error;
	if (error != 0)
		str_set(e.text, sizeof(e.text), text[0] != '\0' ? text :
		    strerror(error));
	if (op->kind == KERN_LISTEN || op->kind == KERN_CONNECT)
		e.conn.fd = -1;
	monitor_event(m, &e);
}

static bool
makes(enum kern_op_kind kind)
{
	return kind == KERN_SA_ADD || kind == KERN_POLICY_SET ||
	    kind == KERN_NEXTHOP_SET || kind == KERN_GROUP_SET ||
	    kind == KERN_ROUTE_SET;
}

/*
 * The kernel's verdict as the engine should see it: what was to go and is
 * gone is done; an SA that is stated again after lost events is there.
 */
static int
verdict(const struct monitor *m, const struct nl_op *op)
{
	if (!makes(op->kind))
		return op->error == ENOENT || op->error == ESRCH ? 0 :
		    op->error;
	if (op->kind == KERN_SA_ADD && op->error == EEXIST &&
	    stated_known(&m->stated, op->fp) &&
	    !stated_has(&m->stated, op->fp))
		return 0;
	return op->error;
}

static void
account(struct monitor *m, struct nl_op *op)
{
	if (!makes(op->kind)) {
		stated_unset(&m->stated, op->fp);
		if (op->kind == KERN_SA_DEL)
			sas_forget(&m->sas, op->fp);
		return;
	}
	stated_set(&m->stated, op->fp);
	if (op->sa != NULL) {
		sas_keep(&m->sas, op->fp, op->sa);
		op->sa = NULL;
	}
}

static void
settle(struct monitor *m, struct nlq *q)
{
	static const char foreign[] = "something that is not ours is there";

	nlq_flush(q);
	for (size_t i = 0; i < q->n; i++) {
		struct nl_op *op = &q->op[i];
		int error = verdict(m, op);

		if (error == 0)
			account(m, op);
		else if (op->claimed)
			stated_unset(&m->stated, op->fp);
		if (error == EEXIST && op->text[0] == '\0')
			str_set(op->text, sizeof(op->text), foreign);
		ops_done(m, &(struct kern_op){ .kind = op->kind,
		    .id = op->id }, error, op->text);
	}
	nlq_reset(q);
}

void
ops_settle(struct monitor *m)
{
	if (m->nl == NULL)
		return;
	settle(m, m->nl->xfrm);
	settle(m, m->nl->route);
}

/* Ready to be queued; there is room afterwards. */
static struct nl_op
queued(struct monitor *m, const struct kern_op *op, uint64_t fp)
{
	if (!nlq_room(m->nl->xfrm) || !nlq_room(m->nl->route))
		ops_settle(m);
	return (struct nl_op){ .id = op->id, .kind = op->kind, .fp = fp };
}

static void
run_sa_add(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op, stated_sa(&m->stated, &op->sa));

	q.sa = sas_new(&op->sa);
	nl_sa_add(m->nl->xfrm, &op->sa, &q);
}

static void
run_sa_del(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op, stated_sa(&m->stated, &op->sa));

	nl_sa_del(m->nl->xfrm, &op->sa, &q);
}

/* The SA is the same one under another name. */
static void
sa_moved(struct monitor *m, const struct nl_sa *was, const struct nl_sa *now)
{
	struct kern_sa id = { .spi = was->spi, .dst = was->dst };
	struct nl_sa *copy = malloc(sizeof(*copy));
	uint64_t fp;

	if (copy != NULL)
		*copy = *now;
	fp = stated_sa(&m->stated, &id);
	sas_forget(&m->sas, fp);
	stated_unset(&m->stated, fp);
	id.dst = now->dst;
	fp = stated_sa(&m->stated, &id);
	stated_set(&m->stated, fp);
	if (copy != NULL)
		sas_keep(&m->sas, fp, copy);
}

static void
run_sa_path(struct monitor *m, const struct kern_op *op)
{
	const struct kern_sa *sa = &op->sa;
	char text[KERN_TEXT_LEN] = "";
	struct nl_sa *was, now;
	int error;

	ops_settle(m);
	was = sas_find(&m->sas, sa);
	if (was == NULL || was->if_id != sa->if_id) {
		ops_done(m, op, ESRCH, "no such SA");
		return;
	}
	now = *was;
	now.src = sa->src;
	now.dst = sa->dst;
	now.encap = sa->encap;
	now.sport = sa->sport;
	now.dport = sa->dport;
	error = nl_sa_path(m->nl, was, &now, text);
	if (error == 0)
		sa_moved(m, was, &now);
	ops_done(m, op, error, text);
}

static void
run_policy_set(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op, stated_policy(&m->stated, &op->policy));

	nl_policy_set(m->nl->xfrm, &op->policy, &q);
}

static void
run_policy_del(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op, stated_policy(&m->stated, &op->policy));

	nl_policy_del(m->nl->xfrm, &op->policy, &q);
}

static bool
claimed(const struct nlq *q, uint64_t fp)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->op[i].claimed && q->op[i].fp == fp)
			return true;
	return false;
}

/*
 * May it replace what is there?  Yes when that is ours.  What was asked for
 * earlier in this batch is only claimed: what came of it must be known first,
 * or this one would replace somebody else's that the first one met.
 */
static bool
known_or_claim(struct monitor *m, struct nl_op *q)
{
	bool known = stated_known(&m->stated, q->fp);

	if (known && m->nl->route->claims > 0 &&
	    claimed(m->nl->route, q->fp)) {
		ops_settle(m);
		known = stated_known(&m->stated, q->fp);
	}
	if (known)
		return true;
	q->claimed = stated_found(&m->stated, q->fp);
	m->nl->route->claims += q->claimed;
	return false;
}

static void
run_nexthop_set(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op,
	    stated_nexthop(&m->stated, op->nexthop.id));
	unsigned ifindex = if_nametoindex(op->nexthop.dev);
	bool replace;

	if (ifindex == 0) {
		ops_done(m, op, ENODEV, "there is no such interface");
		return;
	}
	replace = known_or_claim(m, &q);
	nl_nexthop_set(m->nl->route, &op->nexthop, ifindex, replace, &q);
}

static void
run_group_set(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op,
	    stated_nexthop(&m->stated, op->group.id));
	bool replace = known_or_claim(m, &q);

	nl_group_set(m->nl->route, &op->group, replace, &q);
}

static void
run_nexthop_del(struct monitor *m, const struct kern_op *op)
{
	struct nl_op q = queued(m, op,
	    stated_nexthop(&m->stated, op->nexthop.id));

	nl_nexthop_del(m->nl->route, op->nexthop.id, &q);
}

static void
run_route_set(struct monitor *m, const struct kern_op *op)
{
	struct kern_route r = nl_route_normal(&op->route);
	struct nl_op q = queued(m, op, stated_route(&m->stated, &r));
	bool replace = known_or_claim(m, &q);

	nl_route_set(m->nl->route, &r, replace, &q);
}

static void
run_route_del(struct monitor *m, const struct kern_op *op)
{
	struct kern_route r = nl_route_normal(&op->route);
	struct nl_op q = queued(m, op, stated_route(&m->stated, &r));

	nl_route_del(m->nl->route, &r, &q);
}

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
	monitor_event(m, &e);
}

/* Is it there as it should be, but for the MTU? */
static bool
wants_mtu(const struct monitor *m, const struct kern_link *l)
{
	const struct iface *f = iface_by_name(&m->ifaces, l->name);
	struct kern_link was;

	if (f == NULL || !f->exists || !f->up || f->link.mtu == l->mtu)
		return false;
	was = f->link;
	was.mtu = l->mtu;
	return memcmp(&was, l, sizeof(was)) == 0;
}

/* Every tunnel that comes up learns its MTU: that must not look at all. */
static int
set_link(struct monitor *m, const struct kern_link *l, char *text)
{
	if (wants_mtu(m, l) && nl_link_mtu(m->nl, l->name, l->mtu) == 0)
		return 0;
	return nl_link_set(m->nl, l, text);
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

static void
run_link_set(struct monitor *m, const struct kern_op *op)
{
	char text[KERN_TEXT_LEN] = "";
	struct iface state, *f;
	int error;

	ops_settle(m);
	error = make_link(m, &op->link, &state, text);
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
	link_done(m, op, f);
}

static void
run_link_del(struct monitor *m, const struct kern_op *op)
{
	char text[KERN_TEXT_LEN] = "";
	int error = 0;

	ops_settle(m);
	if (m->nl != NULL)
		error = nl_link_del(m->nl, op->link.name, text);
	if (error == ENODEV)
		error = 0;
	if (error == 0) {
		iface_del(&m->ifaces, op->link.name);
		stated_unset(&m->stated,
		    stated_link(&m->stated, op->link.name));
	}
	ops_done(m, op, error, text);
}

static void
fd_done(struct monitor *m, enum kern_op_kind kind, uint32_t id, int fd)
{
	struct kern_event e;

	monitor_event_init(&e, KERN_DONE);
	e.id = id;
	e.op = kind;
	e.conn.fd = fd;
	monitor_event(m, &e);
}

static void
socket_failed(struct monitor *m, const struct kern_op *op, int error,
    const char *what)
{
	char text[KERN_TEXT_LEN];

	str_fmt(text, sizeof(text), "%s on %s: %s", what, op->conn.dev,
	    strerror(error));
	ops_done(m, op, error, text);
}

/*
 * What signs the segments of the tunnel's session, which stays here; n 0:
 * nothing does.  False: something should, and is not to be had.
 */
static bool
find_password(struct monitor *m, const struct kern_op *op, struct bytes *out)
{
	const struct conf_connection *of;
	const struct conf_tunnel *t = conf_find_ifname(m->files.conf,
	    op->conn.dev, &of);
	char text[KERN_TEXT_LEN];

	if (t == NULL) {
		ops_done(m, op, ENOENT, "no tunnel has this interface");
		return false;
	}
	*out = (struct bytes){ 0 };
	if (t->session.auth == CONF_BGP_AUTH_NONE)
		return true;
	/* A key is for one address: another one would be without. */
	if (!addr_eq(&op->conn.remote, &t->remote4) &&
	    !addr_eq(&op->conn.remote, &t->remote6)) {
		ops_done(m, op, EPERM, "not the tunnel's neighbor");
		return false;
	}
	*out = keystore_bgp(m->files.keys, of->name, t->number);
	if (out->n > 0)
		return true;
	log_event(LEVEL_WARNING, "secret-missing",
	    "conn=%s tunnel=%u file=%s", of->name, t->number,
	    m->files.secrets_path);
	str_fmt(text, sizeof(text), "no %s for connection %s tunnel %u",
	    keystore_kind_str(KEYSTORE_BGP), of->name, t->number);
	ops_done(m, op, ENOKEY, text);
	return false;
}

static void
run_listen(struct monitor *m, const struct kern_op *op)
{
	struct bytes password;
	const char *what;
	int fd;

	if (!find_password(m, op, &password))
		return;
	fd = sock_listen(&op->conn, password, &what);
	if (fd < 0)
		socket_failed(m, op, -fd, what);
	else
		fd_done(m, op->kind, op->id, fd);
}

static void
run_connect(struct monitor *m, const struct kern_op *op)
{
	struct bytes password;
	const char *what;
	struct dial *d;
	int fd;

	if (!find_password(m, op, &password))
		return;
	fd = sock_connect(&op->conn, password, &what);
	if (fd < 0) {
		socket_failed(m, op, -fd, what);
		return;
	}
	d = dial_new(&m->dials, op->id, fd, mono_now());
	if (d != NULL && monitor_watch_dial(m, d))
		return;
	if (d != NULL)
		dial_end(&m->dials, d);
	close(fd);
	socket_failed(m, op, ENOBUFS, "connect");
}

void
ops_dialled(struct monitor *m, uint32_t id, int fd, int error)
{
	if (error == 0) {
		fd_done(m, KERN_CONNECT, id, fd);
		return;
	}
	close(fd);
	ops_done(m, &(struct kern_op){ .kind = KERN_CONNECT, .id = id },
	    error, "");
}

static int
sign(const struct monitor *m, const struct kern_auth *a, struct kern_event *e,
    char *text)
{
	const struct conf_connection *c = conf_find(m->files.conf,
	    a->connection);
	const struct privkey *k = certfiles_key(&m->files.certs,
	    &c->tunnels[a->tunnel - 1]);

	if (k == NULL) {
		str_fmt(text, KERN_TEXT_LEN, "no private_key for connection "
		    "%s tunnel %u", a->connection, a->tunnel);
		return EINVAL;
	}
	return privkey_sign(k, a, &e->auth.method, &e->auth.n, e->auth.value,
	    text);
}

static void
run_auth(struct monitor *m, const struct kern_op *op)
{
	char text[KERN_TEXT_LEN] = "";
	struct kern_event e;

	monitor_event_init(&e, KERN_DONE);
	e.id = op->id;
	e.op = op->kind;
	e.error = op->auth.how == KERN_AUTH_SIGN ?
	    sign(m, &op->auth, &e, text) : keystore_auth(m->files.keys,
	    &op->auth, &e.auth.n, e.auth.value, text);
	str_set(e.text, sizeof(e.text), text);
	if (e.error == ENOKEY)
		log_event(LEVEL_WARNING, "secret-missing",
		    "conn=%s tunnel=%u file=%s", op->auth.connection,
		    op->auth.tunnel, m->files.secrets_path);
	monitor_event(m, &e);
	wipe(&e, sizeof(e));
}

static void
run_reload(struct monitor *m, const struct kern_op *op)
{
	struct reason why;
	bool ok = conf_reload(m, &why);

	ops_done(m, op, ok ? 0 : m->apply.pending ? EBUSY : EINVAL,
	    ok ? "" : why.s);
}

static void
run_apply(struct monitor *m, const struct kern_op *op)
{
	struct reason why = { "" };
	int error = apply_run(m, op, &why);

	ops_done(m, op, error, why.s);
}

/* What it has yet to state again after a later overrun is no leftover. */
static bool
may_sweep(struct monitor *m)
{
	m->owed -= m->owed > 0;
	return m->nl != NULL && m->owed == 0 && !m->overrun;
}

static void
run_resync_done(struct monitor *m, const struct kern_op *op)
{
	struct nl_removed r = { 0 };
	int error = 0;

	ops_settle(m);
	if (may_sweep(m))
		error = -nl_sweep(m->nl, &m->stated, &r);
	if (r.links + r.sas + r.policies + r.nexthops + r.routes > 0)
		log_event(LEVEL_INFO, "kern-swept", "links=%u sas=%u "
		    "policies=%u nexthops=%u routes=%u", r.links, r.sas,
		    r.policies, r.nexthops, r.routes);
	if (m->phase == PHASE_START)
		m->phase = PHASE_RUN;
	ops_done(m, op, error, "");
}

static void
run_nothing(struct monitor *m, const struct kern_op *op)
{
	ops_done(m, op, 0, "");
}

/* --kernel=none: as if it had been done. */
static void
run_pretend(struct monitor *m, const struct kern_op *op)
{
	if (op->kind == KERN_SA_ADD)
		stated_set(&m->stated, stated_sa(&m->stated, &op->sa));
	if (op->kind == KERN_SA_DEL)
		stated_unset(&m->stated, stated_sa(&m->stated, &op->sa));
	ops_done(m, op, 0, "");
}

/* The octets of a request are as many as shape.c says, which was tested. */
static const struct row {
	unsigned	phases;
	check_fn	*check;
	run_fn		*run;
	bool		kernel;		/* pretended with --kernel=none */
} rows[KERN_OP_KINDS] = {
[KERN_LINK_SET] =	{ ALIVE,  check_link_set,	run_link_set,	 false },
[KERN_LINK_DEL] =	{ ALWAYS, check_link_del,	run_link_del,	 false },
[KERN_SA_ADD] =		{ ALIVE,  check_sa_add,		run_sa_add,	 true },
[KERN_SA_DEL] =		{ ALWAYS, check_sa_del,		run_sa_del,	 true },
[KERN_SA_PATH] =	{ ALIVE,  check_sa_path,	run_sa_path,	 true },
[KERN_POLICY_SET] =	{ ALIVE,  check_policy_set,	run_policy_set,	 true },
[KERN_POLICY_DEL] =	{ ALWAYS, check_policy_del,	run_policy_del,	 true },
[KERN_NEXTHOP_SET] =	{ ALIVE,  check_nexthop_set,	run_nexthop_set, true },
[KERN_NEXTHOP_DEL] =	{ ALWAYS, check_nexthop_del,	run_nexthop_del, true },
[KERN_GROUP_SET] =	{ ALWAYS, check_group_set,	run_group_set,	 true },
[KERN_GROUP_DEL] =	{ ALWAYS, check_nexthop_del,	run_nexthop_del, true },
[KERN_ROUTE_SET] =	{ ALIVE,  check_route_set,	run_route_set,	 true },
[KERN_ROUTE_DEL] =	{ ALWAYS, check_route_del,	run_route_del,	 true },
[KERN_LISTEN] =		{ ALIVE,  check_listen,		run_listen,	 true },
[KERN_UNLISTEN] =	{ ALWAYS, check_nothing,	run_nothing,	 true },
[KERN_CONNECT] =	{ ALIVE,  check_connect,	run_connect,	 true },
[KERN_AUTH] =		{ ALIVE,  check_auth,		run_auth,	 false },
[KERN_RELOAD] =		{ ALIVE,  check_nothing,	run_reload,	 false },
[KERN_APPLY] =		{ ALIVE,  check_apply,		run_apply,	 false },
[KERN_CONFIRM] =	{ ALIVE,  check_nothing,	run_apply,	 false },
[KERN_UNDO] =		{ ALIVE,  check_nothing,	run_apply,	 false },
[KERN_RESYNC_DONE] =	{ ALIVE,  check_nothing,	run_resync_done, false },
};

static void
refused(struct monitor *m, const struct kern_op *op, int error,
    const char *why)
{
	char quoted[LOG_QUOTE_LEN];

	log_event(LEVEL_WARNING, "kern-refused", "op=%s why=%s",
	    kern_op_name(op->kind), log_quote(quoted, why));
	ops_done(m, op, error, why);
}

void
ops_run(struct monitor *m, const struct kern_op *op)
{
	const struct row *row = &rows[op->kind];
	struct reason why = { "" };
	int error;

	if (!(row->phases & m->phase)) {
		refused(m, op, ESHUTDOWN, "shutting down");
		return;
	}
	error = row->check(m, op, &why);
	if (error != 0)
		refused(m, op, error, why.s);
	else if (m->nl == NULL && row->kernel)
		run_pretend(m, op);
	else
		row->run(m, op);
}
