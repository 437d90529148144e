/*
 * Connections live in the world, by number; packets name them by it, so that
 * nothing is left dangling when an end is gone.  One flight at a time: what is
 * queued goes out together and is repeated, ever more slowly, until it has got
 * there or the patience ends.  The far end's acknowledgement is not a packet
 * of its own.  A socket is bound to an interface and dies with it.
 */
#include "sim/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/speaker.h"
#include "gw/inner.h"

#define CONNECT_PATIENCE 10	/* seconds, as the monitor has it */
#define SEND_PATIENCE	924	/* tcp_retries2 = 15 */
#define SNDBUF		16384u

struct tcp_end {
	struct gate	*gate;
	unsigned	life;
	bool		open;		/* a socket is there */
	bool		given;		/* the gateway has it */
	bool		closing;
	uint32_t	conn;
	char		dev[KERN_IFNAME_LEN];
	unsigned	serial;
	struct addr	local;
	uint8_t		buf[SNDBUF];
	size_t		n;
	uint32_t	seq;		/* of the flight under way */
	bool		flying;
	unsigned	tries;
	struct instant	since;		/* of the first try */
};

struct tcp {
	uint64_t	number;
	bool		connected;
	struct kern_op	op;		/* the KERN_CONNECT, its head */
	struct tcp_end	end[2];		/* [0] connected */
};

/* --- timers and steps of one connection --- */

struct tcp_timer {
	struct happening	event;
	uint64_t	tcp;
	unsigned	end;
	uint32_t	seq;
	enum { RESEND, GIVE, ACCEPT } what;
};

static void	timer_run(struct world *, struct happening *);

static void
timer_drop(struct happening *e)
{
	free(e);
}

static void
later(struct world *w, struct tcp *t, unsigned end, int what, struct span d)
{
	struct tcp_timer *e = world_alloc(sizeof(*e));

	e->event.run = timer_run;
	e->event.drop = timer_drop;
	e->tcp = t->number;
	e->end = end;
	e->seq = t->end[end].seq;
	e->what = what;
	world_at(w, d, &e->event);
}

static struct tcp *
tcp_find(const struct world *w, uint64_t number)
{
	return map_get(&w->tcps, number);
}

static bool
alive(const struct tcp_end *e)
{
	return e->open && e->gate->life == e->life && e->gate->gw != NULL;
}

/* Freed when no end has a socket any more. */
static void
release(struct world *w, struct tcp *t)
{
	if (t->end[0].open || t->end[1].open)
		return;
	map_del(&w->tcps, t->number);
	free(t);
}

static struct tcp *
tcp_of(struct gate *g, uint32_t conn, unsigned *end)
{
	struct tcp *t;
	size_t pos = 0;

	while ((t = map_each(&g->world->tcps, &pos)) != NULL) {
		for (*end = 0; *end < 2; (*end)++) {
			const struct tcp_end *e = &t->end[*end];

			if (e->gate == g && alive(e) && e->given &&
			    e->conn == conn)
				return t;
		}
	}
	return NULL;
}

/* --- packets --- */

static const struct kernel_link *
device(const struct tcp_end *e)
{
	const struct kernel_link *l = kernel_link(&e->gate->kernel, e->dev);

	return l != NULL && l->serial == e->serial ? l : NULL;
}

static void
emit(struct tcp *t, unsigned end, enum packet_kind kind,
    const struct kernel_link *l)
{
	struct tcp_end *e = &t->end[end];
	struct flow flow = { e->local, t->end[!end].local, true };
	struct packet *p;

	if (l == NULL)
		return;
	p = world_alloc(sizeof(*p));
	p->kind = kind;
	p->tcp = t->number;
	p->end = end;
	p->seq = e->seq;
	p->n = e->n;
	packet_send(e->gate, l, &flow, p);
}

/* Starts or repeats the flight of what is queued. */
static void
fly(struct world *w, struct tcp *t, unsigned end)
{
	struct tcp_end *e = &t->end[end];
	struct span rto = span_ms(200);

	if (!t->connected || e->flying || (e->n == 0 && !e->closing))
		return;
	if (e->tries == 0)
		e->since = w->now;
	e->flying = true;
	emit(t, end, e->n > 0 ? PACKET_DATA : PACKET_FIN, device(e));
	for (unsigned i = 0; i < e->tries && rto.ns < span_s(100).ns; i++)
		rto.ns *= 2;
	e->tries++;
	later(w, t, end, RESEND, rto);
}

/* The gateway's octets into the socket's buffer, as far as they fit. */
static void
fill(struct gate *g, struct tcp *t, unsigned end)
{
	struct world *w = g->world;
	uint64_t number = t->number;
	struct tcp_end *e = &t->end[end];
	struct bytes b;
	size_t room;

	while (e->given && !e->closing && (room = SNDBUF - e->n) > 0) {
		b = gw_stream_pull(g->gw, e->conn);
		if (b.n == 0)
			break;
		if (b.n > room)
			b.n = room;
		memcpy(e->buf + e->n, b.p, b.n);
		e->n += b.n;
		gw_stream_sent(g->gw, w->now, e->conn, b.n);
		if ((t = tcp_find(w, number)) == NULL)
			return;
	}
	fly(w, t, end);
}

void
tcp_send(struct gate *g, uint32_t conn)
{
	unsigned end;
	struct tcp *t = tcp_of(g, conn, &end);

	if (t != NULL)
		fill(g, t, end);
}

/* As close(2) after the last octet was taken: the rest is TCP's. */
void
tcp_close(struct gate *g, uint32_t conn)
{
	unsigned end;
	struct tcp *t = tcp_of(g, conn, &end);

	if (t == NULL)
		return;
	fill(g, t, end);
	t->end[end].closing = true;
	t->end[end].given = false;
	fly(g->world, t, end);
}

/* The socket is over; its gateway hears why, if it still has it. */
static void
end_dies(struct world *w, struct tcp *t, unsigned end, const char *why)
{
	struct tcp_end *e = &t->end[end];
	bool tell = alive(e) && e->given;

	e->open = e->given = false;
	if (tell) {
		gw_stream_closed(e->gate->gw, w->now, e->conn, why);
		gate_drain(e->gate);
	}
	release(w, t);
}

/* --- connecting --- */

static void
connect_done(struct world *w, struct tcp *t, int error)
{
	struct gate *g = t->end[0].gate;
	struct kern_op op = t->op;
	bool tell = alive(&t->end[0]);

	if (error != 0)
		t->end[0].open = false;
	if (tell)
		gate_answer(g, &op, error, error == 0 ? "" : strerror(error));
	if (error != 0)
		release(w, t);
}

static struct tcp *
tcp_of_op(struct gate *g, uint32_t op)
{
	struct tcp *t;
	size_t pos = 0;

	while ((t = map_each(&g->world->tcps, &pos)) != NULL) {
		if (t->end[0].gate == g && alive(&t->end[0]) &&
		    t->op.id == op)
			return t;
	}
	return NULL;
}

void
tcp_given(struct gate *g, uint32_t op)
{
	struct tcp *t = tcp_of_op(g, op);

	if (t != NULL)
		t->end[0].given = true;
}

void
tcp_lost(struct gate *g, uint32_t op)
{
	struct tcp *t = tcp_of_op(g, op);

	if (t == NULL)
		return;
	t->end[0].closing = true;
	fly(g->world, t, 0);
}

void
tcp_connect(struct gate *g, const struct kern_op *op)
{
	const struct kernel_link *l = kernel_link(&g->kernel, op->conn.dev);
	struct world *w = g->world;
	struct tcp *t;

	if (l == NULL) {
		gate_answer(g, op, ENODEV, "SO_BINDTODEVICE: no such device");
		return;
	}
	t = world_alloc(sizeof(*t));
	t->number = ++w->next_tcp;
	t->op.kind = op->kind;
	t->op.id = op->id;
	t->op.conn = op->conn;
	t->end[0] = (struct tcp_end){ .gate = g, .life = g->life,
	    .open = true, .conn = op->conn.id, .serial = l->serial,
	    .local = op->conn.local, .since = w->now };
	memcpy(t->end[0].dev, op->conn.dev, sizeof(t->end[0].dev));
	t->end[1].local = op->conn.remote;
	map_put(&w->tcps, t->number, t);
	emit(t, 0, PACKET_SYN, device(&t->end[0]));
	later(w, t, 0, RESEND, span_s(1));
}

/* The SYN again, until the monitor's patience ends. */
static void
connect_again(struct world *w, struct tcp *t)
{
	struct tcp_end *e = &t->end[0];
	int64_t waited = instant_since(w->now, e->since).ns;

	if (!alive(e)) {
		e->open = false;
		release(w, t);
	} else if (waited >= span_s(CONNECT_PATIENCE).ns) {
		connect_done(w, t, ETIMEDOUT);
	} else {
		emit(t, 0, PACKET_SYN, device(&t->end[0]));
		later(w, t, 0, RESEND, waited < span_s(3).ns ? span_s(2) :
		    span_s(4));
	}
}

int
tcp_listen(struct gate *g, const struct kern_op *op)
{
	const struct kernel_link *l = kernel_link(&g->kernel, op->conn.dev);

	if (l == NULL)
		return ENODEV;
	tcp_unlisten(g, op->conn.id);
	for (unsigned i = 0; i < GATE_LISTENERS; i++) {
		if (g->listeners[i].tunnel != 0)
			continue;
		g->listeners[i] = (struct tcp_listener){ op->conn.id,
		    op->conn.local, l->serial };
		return 0;
	}
	return ENOSPC;
}

void
tcp_unlisten(struct gate *g, uint32_t tunnel)
{
	for (unsigned i = 0; i < GATE_LISTENERS; i++) {
		if (g->listeners[i].tunnel == tunnel)
			g->listeners[i].tunnel = 0;
	}
}

static const struct tcp_listener *
listener_for(const struct gate *g, const struct addr *local,
    const struct kernel_link *l)
{
	for (unsigned i = 0; i < GATE_LISTENERS; i++) {
		const struct tcp_listener *s = &g->listeners[i];

		if (s->tunnel != 0 && s->serial == l->serial &&
		    addr_eq(&s->local, local))
			return s;
	}
	return NULL;
}

/* Both ends are there; the caller's gateway hears of it before the other's. */
static void
got_syn(struct world *w, struct tcp *t, const struct packet *p,
    const struct kernel_link *l)
{
	const struct tcp_listener *s = listener_for(p->to, &t->end[1].local,
	    l);
	struct tcp_end *e = &t->end[1];

	if (t->connected || t->end[1].open)
		return;
	*e = (struct tcp_end){ .gate = p->to, .life = p->to->life,
	    .serial = l->serial, .local = t->end[1].local };
	memcpy(e->dev, l->l.name, sizeof(e->dev));
	if (s == NULL) {
		emit(t, 1, PACKET_RST, l);
		return;
	}
	e->open = true;
	e->conn = s->tunnel;	/* until it is accepted */
	t->connected = true;
	later(w, t, 0, GIVE, span_ms(10));
	later(w, t, 1, ACCEPT, span_ms(20));
}

static void
accept_now(struct world *w, struct tcp *t)
{
	struct tcp_end *e = &t->end[1];
	struct gate *g = e->gate;
	uint64_t number = t->number;
	uint32_t conn;

	if (!alive(e))
		return;
	conn = gw_accept(g->gw, w->now, e->conn, &t->end[0].local);
	e->conn = conn;
	e->given = conn != 0;
	if (conn == 0)
		e->closing = true;
	fly(w, t, 1);
	gate_drain(g);
	t = tcp_find(w, number);
	if (t != NULL && t->end[1].given)
		fill(g, t, 1);
}

static void
timer_run(struct world *w, struct happening *ev)
{
	struct tcp_timer *v = (struct tcp_timer *)ev;
	struct tcp *t = tcp_find(w, v->tcp);
	struct tcp_end *e;

	if (t == NULL)
		return;
	e = &t->end[v->end];
	switch (v->what) {
	case RESEND:
		if (!t->connected) {
			connect_again(w, t);
		} else if (e->flying && e->seq == v->seq && e->open) {
			e->flying = false;
			if (instant_since(w->now, e->since).ns >
			    span_s(SEND_PATIENCE).ns)
				end_dies(w, t, v->end, "connection timed out");
			else
				fly(w, t, v->end);
		}
		break;
	case GIVE:
		connect_done(w, t, 0);
		break;
	case ACCEPT:
		accept_now(w, t);
		break;
	}
}

/* --- what comes in --- */

/* It got there: the next flight may start. */
static void
acknowledged(struct world *w, struct tcp *t, unsigned end, size_t n)
{
	struct tcp_end *e = &t->end[end];

	e->flying = false;
	e->seq++;
	e->tries = 0;
	e->n -= n;
	memmove(e->buf, e->buf + n, e->n);
	if (alive(e) && e->given)
		fill(e->gate, t, end);
	else
		fly(w, t, end);
}

static void
got_data(struct world *w, struct tcp *t, const struct packet *p)
{
	struct tcp_end *from = &t->end[p->end], *to = &t->end[!p->end];
	uint64_t number = t->number;
	uint8_t data[SNDBUF];
	size_t n = p->n, cut;

	memcpy(data, from->buf, n);
	acknowledged(w, t, p->end, n);
	if ((t = tcp_find(w, number)) == NULL || !to->given)
		return;
	/* Octets come cut anywhere. */
	cut = n > 1 && world_chance(w, 10) ?
	    drbg_below(&w->chance, (uint32_t)n) : 0;
	if (cut > 0)
		gw_stream(to->gate->gw, w->now, to->conn, bytes_of(data, cut));
	gw_stream(to->gate->gw, w->now, to->conn,
	    bytes_of(data + cut, n - cut));
	gate_drain(to->gate);
}

static void
got_fin(struct world *w, struct tcp *t, unsigned end)
{
	uint64_t number = t->number;

	t->end[end].open = false;
	t->end[end].flying = false;
	if ((t = tcp_find(w, number)) != NULL)
		end_dies(w, t, !end, "closed by the neighbor");
}

static void
got_rst(struct world *w, struct tcp *t, unsigned end)
{
	if (!t->connected)
		connect_done(w, t, ECONNREFUSED);
	else
		end_dies(w, t, end, "connection reset by peer");
}

void
tcp_packet(struct world *w, const struct packet *p,
    const struct kernel_link *l)
{
	struct tcp *t = tcp_find(w, p->tcp);
	struct tcp_end *from, *to;

	if (t == NULL)
		return;
	from = &t->end[p->end];
	to = &t->end[!p->end];
	if (p->kind == PACKET_SYN) {
		got_syn(w, t, p, l);
		return;
	}
	if (p->kind == PACKET_RST) {
		got_rst(w, t, !p->end);
		return;
	}
	if (!from->open || !from->flying || p->seq != from->seq)
		return;
	if (!alive(to)) {
		to->open = false;
		emit(t, !p->end, PACKET_RST, l);
	} else if (!to->given && !to->closing) {
		return;		/* not accepted yet: it is sent again */
	} else if (p->kind == PACKET_DATA) {
		got_data(w, t, p);
	} else {
		got_fin(w, t, p->end);
	}
}

/* --- the end --- */

void
tcp_reset(struct gate *g)
{
	struct tcp *t;
	size_t pos = 0;

	while ((t = map_each(&g->world->tcps, &pos)) != NULL) {
		for (unsigned i = 0; i < 2; i++) {
			struct tcp_end *e = &t->end[i];

			if (e->gate != g || !alive(e) || !t->connected)
				continue;
			emit(t, i, PACKET_RST, device(e));
			e->open = false;
		}
	}
}

void
tcp_crash(struct gate *g)
{
	for (unsigned i = 0; i < GATE_LISTENERS; i++)
		g->listeners[i].tunnel = 0;
}

unsigned
tcp_count(const struct gate *g)
{
	const struct tcp *t;
	unsigned n = 0;
	size_t pos = 0;

	while ((t = map_each(&g->world->tcps, &pos)) != NULL) {
		for (unsigned i = 0; i < 2; i++)
			n += t->end[i].gate == g && alive(&t->end[i]) &&
			    t->end[i].given;
	}
	return n;
}

uint32_t
tcp_stray(const struct gate *g)
{
	const struct tcp *t;
	size_t pos = 0;

	while ((t = map_each(&g->world->tcps, &pos)) != NULL) {
		for (unsigned i = 0; i < 2; i++) {
			const struct tcp_end *e = &t->end[i];

			if (e->gate == g && alive(e) && e->given &&
			    map_get(&g->gw->bgp->conns, e->conn) == NULL)
				return e->conn;
		}
	}
	return 0;
}

void
tcp_forget_all(struct world *w)
{
	struct tcp *t;
	size_t pos = 0;

	while ((t = map_each(&w->tcps, &pos)) != NULL)
		free(t);
	map_fini(&w->tcps);
}
