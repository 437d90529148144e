/*
 * The host around one gateway, as engine and monitor are: executes what the
 * gateway wants done and feeds back what comes of it.  Kernel operations are
 * executed in order; their answers may overtake each other.
 */
#include "sim/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "sim/kept.h"
#include "sim/link.h"
#include "sim/tcp.h"
#include "sim/udp.h"

#define WALL	INT64_C(1790000000)	/* seconds since 1970 at the start */

struct gate_event {
	struct happening	event;
	struct gate	*gate;
	unsigned	life;
	struct kern_op	*op;		/* to be executed; owned */
	struct kern_event kern;
};

/* --- life --- */

struct gate *
gate_new(struct world *w, const char *name, enum kern_link_kind kind)
{
	struct gate *g = world_alloc(sizeof(*g));

	if (w->gates_n == WORLD_GATES)
		abort();
	g->world = w;
	g->name = name;
	g->life = 1;
	g->psk[1] = g->psk[2] = "a.secret.of.both";
	g->listeners = world_alloc(GATE_LISTENERS * sizeof(*g->listeners));
	kernel_init(&g->kernel, kind);
	w->gates[w->gates_n++] = g;
	return g;
}

void
gate_free(struct gate *g)
{
	gw_free(g->gw);
	kept_forget(g);
	json_decref(g->answer);
	free(g->listeners);
	free(g->text);
	free(g);
}

void
gate_conf(struct gate *g, const char *text)
{
	free(g->text);
	g->text = strdup(text);
	if (g->text == NULL)
		abort();
}

static struct conf *
read_conf(struct gate *g)
{
	struct conf_error err;
	struct conf *conf = conf_parse(bytes_str(g->text), "sim.conf", &err);
	char line[512];

	if (conf == NULL) {
		conf_error_str(&err, line, sizeof(line));
		world_trouble(g->world, "%s: %s", g->name, line);
	}
	return conf;
}

void
gate_start(struct gate *g)
{
	struct conf *conf = read_conf(g);
	uint8_t seed[DRBG_SEED_LEN];
	struct bytes kept;

	if (conf == NULL)
		return;
	kept = kept_all(g);
	drbg_fill(&g->world->chance, seed, sizeof(seed));
	g->gw = gw_new(conf, g->world->now, WALL, seed, kept);
	free((void *)(uintptr_t)kept.p);
	if (g->gw == NULL)
		abort();
	if (g->tickets.epoch == 0) {
		drbg_fill(&g->world->chance, seed, sizeof(seed));
		ticket_keys_init(&g->tickets, seed, g->world->now);
	}
	ticket_keys_turn(&g->tickets, g->world->now);
	gw_tickets(g->gw, &g->tickets);
	g->stopped = false;
	g->owed = 1;
	g->kernel_free_at = g->world->now;
	gate_drain(g);
}

void
gate_crash(struct gate *g, bool keep_kernel)
{
	enum kern_link_kind kind = g->kernel.kind;

	if (keep_kernel && g->gw != NULL)
		tcp_reset(g);
	gw_free(g->gw);
	g->gw = NULL;
	g->life++;
	g->outstanding = g->lose = g->lost = 0;
	tcp_crash(g);
	memset(g->udp, 0, sizeof(g->udp));
	if (!keep_kernel) {
		kernel_init(&g->kernel, kind);
		wipe(&g->tickets, sizeof(g->tickets));
		kept_forget(g);
	}
	g->kernel.life++;
	kernel_new_generation(&g->kernel);
	world_trace(g->world, g->name, "crash");
}

struct instant
gate_deadline(const struct gate *g)
{
	return g->gw == NULL ? INSTANT_NEVER : gw_deadline(g->gw);
}

void
gate_tick(struct gate *g)
{
	gw_tick(g->gw, g->world->now);
	gate_drain(g);
}

void
gate_datagram(struct gate *g, const struct path *path, struct bytes b)
{
	if (g->gw == NULL)
		return;
	gw_datagram(g->gw, g->world->now, path, b);
	gate_drain(g);
}

void
gate_stop(struct gate *g)
{
	gw_stop(g->gw, g->world->now);
	gate_drain(g);
}

/* --- kernel: operations in, events out --- */

static void
gate_event_drop(struct happening *e)
{
	struct gate_event *v = (struct gate_event *)e;

	if (v->op != NULL)
		gw_out_fini(&(struct gw_out){ .op = v->op });
	free(v);
}

static struct gate_event *
gate_event(struct gate *g, void (*run)(struct world *, struct happening *))
{
	struct gate_event *v = world_alloc(sizeof(*v));

	v->event.run = run;
	v->event.drop = gate_event_drop;
	v->gate = g;
	v->life = g->life;
	return v;
}

static bool
is_done(const struct kern_event *e, enum kern_op_kind op)
{
	return e->kind == KERN_DONE && e->op == op && e->error == 0;
}

void
gate_overrun(struct gate *g)
{
	g->owed++;
	kernel_new_generation(&g->kernel);
	gate_note(g, &(struct kern_event){ .kind = KERN_OVERRUN });
}

static void
tell_overrun(struct gate *g)
{
	g->lose = 0;
	if (g->lost == 0)
		return;
	g->lost = 0;
	gate_overrun(g);
}

/* No room for it: a descriptor in it is closed, the gateway told later. */
static void
lose(struct gate *g, const struct kern_event *e)
{
	world_trace(g->world, g->name, "event lost: %s",
	    e->kind == KERN_DONE ? kern_op_name(e->op) : "note");
	if (is_done(e, KERN_LISTEN))
		tcp_unlisten(g, gw_awaited(g->gw, e->id));
	if (is_done(e, KERN_CONNECT))
		tcp_lost(g, e->id);
	if (is_done(e, KERN_BFD_LISTEN) || is_done(e, KERN_BFD_CONNECT))
		udp_lost(g, gw_awaited(g->gw, e->id), e->op);
	g->lost++;
	if (--g->lose == 0)
		tell_overrun(g);
}

static void
note_run(struct world *w, struct happening *e)
{
	struct gate_event *v = (struct gate_event *)e;
	struct gate *g = v->gate;

	if (v->life != g->life)
		return;
	g->outstanding--;
	if (g->gw == NULL)
		return;
	if (g->lose > 0 && v->kern.kind != KERN_OVERRUN) {
		lose(g, &v->kern);
		return;
	}
	if (is_done(&v->kern, KERN_CONNECT))
		tcp_given(g, v->kern.id);
	gw_kern(g->gw, w->now, &v->kern);
	gate_drain(g);
}

/* Answers may overtake each other, but not what they say of interfaces. */
static void
tell(struct gate *g, struct gate_event *v)
{
	struct world *w = g->world;
	struct span d = world_span(w, (struct span){ 20000 },
	    (struct span){ 800000 });
	struct instant at = instant_after(w->now, d);

	if (v->kern.kind == KERN_LINK_STATE ||
	    (v->kern.kind == KERN_DONE && v->kern.op == KERN_LINK_SET)) {
		if (at.ns < g->link_told_at.ns)
			at = g->link_told_at;
		g->link_told_at = at;
	}
	g->outstanding++;
	world_at(w, instant_since(at, w->now), &v->event);
}

void
gate_note(struct gate *g, const struct kern_event *e)
{
	struct gate_event *v = gate_event(g, note_run);

	v->kern = *e;
	tell(g, v);
}

static void
lose_end(struct world *w, struct happening *e)
{
	struct gate_event *v = (struct gate_event *)e;

	(void)w;
	if (v->life == v->gate->life)
		tell_overrun(v->gate);
}

void
gate_lose(struct gate *g, unsigned n)
{
	g->lose = n;
	world_at(g->world, span_s(1), &gate_event(g, lose_end)->event);
}

static void
answer_link(const struct gate *g, const struct kern_op *op,
    struct kern_event *e)
{
	const struct kernel_link *l = kernel_link(&g->kernel, op->link.name);

	str_set(e->link.name, sizeof(e->link.name), op->link.name);
	e->link.exists = l != NULL;
	e->link.up = l != NULL && l->up;
	e->link.kind = l == NULL ? KERN_LINK_AUTO : l->l.kind;
}

static void
answer_auth(const struct gate *g, const struct kern_op *op,
    struct kern_event *e)
{
	const struct alg *a = alg_find(ALG_PRF, op->auth.prf, 0);
	const char *psk = op->auth.tunnel <= 2 ? g->psk[op->auth.tunnel] :
	    NULL;

	if (a != NULL && psk != NULL)
		e->auth.n = (uint16_t)prf_psk_auth(a, bytes_str(psk),
		    bytes_of(op->auth.octets, op->auth.n), op->auth.first,
		    e->auth.value);
	if (e->auth.n == 0) {
		e->error = ENOKEY;
		str_fmt(e->text, sizeof(e->text), "no pre-shared key for "
		    "%s/%u", op->auth.connection, op->auth.tunnel);
	}
}

void
gate_answer(struct gate *g, const struct kern_op *op, int error,
    const char *text)
{
	struct gate_event *v = gate_event(g, note_run);
	struct kern_event *e = &v->kern;

	e->kind = KERN_DONE;
	e->id = op->id;
	e->op = op->kind;
	e->error = error;
	str_set(e->text, sizeof(e->text), text);
	if (op->kind == KERN_LINK_SET && error == 0)
		answer_link(g, op, e);
	if (op->kind == KERN_AUTH && error == 0)
		answer_auth(g, op, e);
	tell(g, v);
}

/* The file is read again; the engine hears of it before its own answer. */
static void
do_reload(struct gate *g, const struct kern_op *op)
{
	struct conf_error err;
	struct conf *conf = conf_parse(bytes_str(g->text), "sim.conf", &err);
	char line[KERN_TEXT_LEN];

	if (conf == NULL) {
		conf_error_str(&err, line, sizeof(line));
		gate_answer(g, op, EINVAL, line);
		return;
	}
	gate_answer(g, op, 0, "");
	gw_reload(g->gw, g->world->now, conf);
	gw_kern(g->gw, g->world->now, &(struct kern_event){
	    .kind = KERN_RELOADED });
	gate_drain(g);
}

void
gate_reload(struct gate *g)
{
	struct conf *conf = read_conf(g);

	if (conf == NULL)
		return;
	gw_reload(g->gw, g->world->now, conf);
	gw_kern(g->gw, g->world->now, &(struct kern_event){
	    .kind = KERN_RELOADED });
	gate_drain(g);
}

static void
link_note(struct gate *g, const char *name)
{
	const struct kernel_link *l = kernel_link(&g->kernel, name);
	struct kern_event e = { .kind = KERN_LINK_STATE };

	str_set(e.link.name, sizeof(e.link.name), name);
	e.link.exists = l != NULL;
	e.link.up = l != NULL && l->up;
	e.link.kind = l == NULL ? KERN_LINK_AUTO : l->l.kind;
	gate_note(g, &e);
}

/* Those that will be swept: the engine hears of each. */
static void
note_doomed_links(struct gate *g)
{
	char name[KERN_IFNAME_LEN];

	for (unsigned i = 0; i < g->kernel.links_n;) {
		if (g->kernel.links[i].stated == g->kernel.generation) {
			i++;
			continue;
		}
		str_set(name, sizeof(name), g->kernel.links[i].l.name);
		kernel_link_delete(&g->kernel, name);
		link_note(g, name);
	}
}

static void
op_run(struct world *w, struct happening *ev)
{
	struct gate_event *v = (struct gate_event *)ev;
	struct gate *g = v->gate;
	const struct kern_op *op = v->op;
	char text[KERN_TEXT_LEN] = "";
	int error;

	if (v->life != g->life || g->gw == NULL)
		return;
	g->outstanding--;
	g->touched = true;
	if (op->kind == KERN_RESYNC_DONE && (op->resync.routes_wait ?
	    g->owed != 1 : --g->owed > 0)) {
		gate_answer(g, op, 0, "");
		return;
	}
	if (op->kind == KERN_RESYNC_DONE)
		note_doomed_links(g);
	error = kernel_do(&g->kernel, op, text);
	world_trace(w, g->name, "kernel %s %u: %d %s", kern_op_name(op->kind),
	    op->id, error, text);
	if (error == 0 && op->kind == KERN_CONNECT) {
		tcp_connect(g, op);
		return;
	}
	if (error == 0 && op->kind == KERN_RELOAD) {
		do_reload(g, op);
		return;
	}
	if (error == 0 && op->kind == KERN_LISTEN)
		error = tcp_listen(g, op);
	if (error == 0 && (op->kind == KERN_BFD_LISTEN ||
	    op->kind == KERN_BFD_CONNECT))
		error = udp_open(g, op);
	gate_answer(g, op, error, text[0] == '\0' && error != 0 ?
	    strerror(error) : text);
}

static void
submit(struct gate *g, struct gw_out *o)
{
	struct world *w = g->world;
	struct gate_event *v;

	if (o->op->kind == KERN_KEEP) {
		kept_take(g, &o->op->keep);
		return;
	}
	v = gate_event(g, op_run);
	v->op = o->op;
	o->op = NULL;
	g->outstanding++;
	if (v->op->kind == KERN_UNLISTEN)
		tcp_unlisten(g, v->op->conn.id);
	if (v->op->kind == KERN_BFD_CLOSE)
		udp_close(g, v->op->conn.id);
	if (instant_due(g->kernel_free_at, w->now))
		g->kernel_free_at = w->now;
	g->kernel_free_at = instant_after(g->kernel_free_at,
	    world_span(w, (struct span){ 20000 }, span_ms(1)));
	world_at(w, instant_since(g->kernel_free_at, w->now), &v->event);
}

void
gate_link_delete(struct gate *g, const char *name)
{
	if (kernel_link_delete(&g->kernel, name))
		link_note(g, name);
}

void
gate_link_down(struct gate *g, const char *name)
{
	if (kernel_link_down(&g->kernel, name))
		link_note(g, name);
}

void
gate_meddle(struct gate *g, unsigned which)
{
	struct kern_event e;

	if (kernel_meddle(&g->kernel, which, &e))
		gate_note(g, &e);
}

/* --- what the gateway says --- */

static void
said(struct gate *g, const struct gw_out *o)
{
	struct gate_said *s = g->said;

	world_trace(g->world, g->name, "%s %s: %s", o->name, o->tunnel,
	    o->text.s);
	while (s < g->said + GATE_SAID - 1 && s->name != NULL &&
	    strcmp(s->name, o->name) != 0)
		s++;
	s->name = o->name;
	s->n++;
	str_set(s->tunnel, sizeof(s->tunnel), o->tunnel);
	s->text = o->text;
}

static void
answered(struct gate *g, const struct gw_out *o)
{
	json_decref(g->answer);
	g->answer = json_loadb((const char *)o->data, o->n, 0, NULL);
	if (g->answer == NULL)
		world_trouble(g->world, "%s: an answer is not JSON", g->name);
	g->answers++;
}

void
gate_drain(struct gate *g)
{
	struct gw_out o;

	g->touched = true;
	while (g->gw != NULL && gw_next(g->gw, &o)) {
		switch (o.kind) {
		case GW_OUT_DATAGRAM:
			link_datagram(g, &o.path, o.data, o.n);
			o.data = NULL;
			break;
		case GW_OUT_KERN:
			submit(g, &o);
			break;
		case GW_OUT_FETCH:
			/* Nobody has anything to fetch here. */
			gw_fetched(g->gw, g->world->now, o.token,
			    (struct bytes){ 0 }, "connection refused");
			break;
		case GW_OUT_STREAM:
			tcp_send(g, o.conn);
			break;
		case GW_OUT_CLOSE:
			tcp_close(g, o.conn);
			break;
		case GW_OUT_BFD:
			udp_send(g, o.conn, bytes_of(o.data, o.n));
			break;
		case GW_OUT_CTL:
			answered(g, &o);
			break;
		case GW_OUT_EVENT:
			said(g, &o);
			break;
		case GW_OUT_STOPPED:
			g->stopped = true;
			break;
		}
		gw_out_fini(&o);
	}
}

json_t *
gate_ctl(struct gate *g, const char *line)
{
	return gate_ctl_as(g, 0, line);
}

json_t *
gate_ctl_as(struct gate *g, uint32_t uid, const char *line)
{
	unsigned before = g->answers;

	gw_ctl(g->gw, g->world->now, before + 1, uid, bytes_str(line));
	gate_drain(g);
	return g->answers > before ? g->answer : NULL;
}

/* --- for tests --- */

static const struct gate_said *
said_of(const struct gate *g, const char *event)
{
	for (unsigned i = 0; i < GATE_SAID && g->said[i].name != NULL; i++) {
		if (strcmp(g->said[i].name, event) == 0)
			return &g->said[i];
	}
	return NULL;
}

unsigned
gate_count(const struct gate *g, const char *event)
{
	const struct gate_said *s = said_of(g, event);

	return s == NULL ? 0 : s->n;
}

const char *
gate_text(const struct gate *g, const char *event)
{
	const struct gate_said *s = said_of(g, event);

	return s == NULL ? "" : s->text.s;
}

unsigned
gate_ops(const struct gate *g)
{
	unsigned n = 0;

	for (unsigned i = 0; i < KERN_OP_KINDS; i++)
		n += g->kernel.ran[i];
	return n;
}

bool
gate_tunnel_of(const struct gate *g, const char *ifname,
    struct gate_tunnel_name *out)
{
	const struct kernel_link *l = kernel_link(&g->kernel, ifname);
	struct gate_tunnel_name n;
	const char *slash;

	if (l == NULL || strncmp(l->l.alias, "vpnd:", 5) != 0)
		return false;
	slash = strrchr(l->l.alias, '/');
	if (slash == NULL || (size_t)(slash - l->l.alias - 5) >=
	    sizeof(n.connection))
		return false;
	memcpy(n.connection, l->l.alias + 5, (size_t)(slash - l->l.alias - 5));
	n.connection[slash - l->l.alias - 5] = '\0';
	n.number = (unsigned)strtoul(slash + 1, NULL, 10);
	*out = n;
	return true;
}
