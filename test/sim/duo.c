/*
 * The simulated world of two IKE instances: what happens is one thing after
 * the other, in order of time.  It plays the host's part too: answers what the
 * core asks for, and with keep_up wants its peers up whenever they are not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/hdr.h"
#include "ike/keep.h"
#include "ike/peer.h"
#include "sim/duo_event.h"

#define BUSY_MAX	20000	/* steps at one instant */

static const struct span pause_base = { INT64_C(2) * 1000000000 };

static void
trouble(struct duo *d, const char *what, const char *more)
{
	if (d->trouble.s[0] == '\0')
		reason_set(&d->trouble, "at %lld ms: %s%s",
		    (long long)(d->now.ns / 1000000), what, more);
}

static void
start(struct duo *d, int side)
{
	struct duo_end *e = &d->end[side];

	e->ike = ike_new(&e->limits, &e->drbg);
	if (e->ike == NULL)
		abort();
	for (size_t i = 0; i < e->peers; i++) {
		struct ike_peer_conf *c = &e->conf[i];

		if (!addr_is_set(&c->local))
			c->local = e->addr;
		if (!addr_is_set(&c->remote))
			c->remote = duo_seen_at(&d->end[!side]);
		if (!ike_peer_add(e->ike, c))
			abort();
		ike_peer_creds(e->ike, c->id, &e->creds);
	}
	ticket_keys_turn(&e->tickets, d->now);
	ike_tickets(e->ike, &e->tickets);
	ike_wall(e->ike, d->now, e->wall);
	e->kernel_free_at = d->now;
}

void
duo_start(struct duo *d)
{
	start(d, LEFT);
	start(d, RIGHT);
	if (d->esp_every.ns > 0)
		d->esp_at = d->now;
}

void
duo_fini(struct duo *d)
{
	duo_events_free(&d->events);
	duo_events_free(&d->kept);
	duo_events_free(&d->caught);
	for (int i = 0; i < 2; i++) {
		ike_free(d->end[i].ike);
		tap_fini(&d->end[i].tap);
		for (size_t k = 0; k < DUO_PEERS; k++)
			free(d->end[i].kept[k]);
		drbg_fini(&d->end[i].drbg);
	}
	drbg_fini(&d->chance);
}

/* --- the host at one end --- */

static const char *
psk_of(const struct duo_end *e, uint32_t id)
{
	for (size_t i = 0; i < e->peers; i++) {
		if (e->conf[i].id == id)
			return e->psk[i];
	}
	return NULL;
}

/* A key store that signs too, as far as the end has a key. */
static void
compute(const struct duo_end *e, struct duo_event *v)
{
	const struct ike_out *o = &v->out;
	const char *psk = psk_of(e, o->peer);
	struct wr w = wr_of(v->value, sizeof(v->value));
	struct bytes octets = bytes_of(o->data, o->n);
	enum sig_method method = SIG_METHOD_PSK;

	if (o->ppk) {
		reason_set(&v->why, "no ppk for this peer");
		if (e->ppk != NULL && prf_ppk(o->prf, bytes_str(e->ppk), octets,
		    v->value))
			v->value_n = o->n;
	} else if (o->auth == IKE_AUTH_CERTIFICATE) {
		reason_set(&v->why, "no private key for this peer");
		if (e->key != NULL && sig_sign(e->key, o->hashes,
		    o->sig_flags, octets, &method, &w, NULL, &v->why))
			v->value_n = w.n;
	} else {
		reason_set(&v->why, "no pre-shared key for this peer");
		if (psk != NULL)
			v->value_n = prf_psk_auth(o->prf, bytes_str(psk),
			    octets, o->first, v->value);
	}
	v->method = (uint8_t)method;
}

static void
ask_psk(struct duo *d, int side, struct ike_out *out)
{
	struct duo_end *e = &d->end[side];
	struct duo_event *v = duo_event_new(d, DUO_PSK, side, out);

	compute(e, v);
	duo_event_at(d, v, instant_after(d->now, duo_some(d, e->psk_delay)));
}

static void
ask_page(struct duo *d, int side, struct ike_out *out)
{
	struct duo_end *e = &d->end[side];
	struct duo_page *p = e->pages;
	struct duo_event *v;

	while (p < e->pages + 4 && (p->url == NULL ||
	    strcmp(p->url, out->url) != 0))
		p++;
	if (p == e->pages + 4) {
		ike_fetching(e->ike, d->now, out->token);
		ike_fetched(e->ike, d->now, out->token, (struct bytes){ 0 },
		    "connection refused");
		return;
	}
	p->asked++;
	p->request_n = out->n;
	if (p->busy && p->why != NULL)
		ike_fetched(e->ike, d->now, out->token, (struct bytes){ 0 },
		    p->why);
	if (p->busy)
		return;
	ike_fetching(e->ike, d->now, out->token);
	if (p->silent)
		return;
	v = duo_event_new(d, DUO_FETCH, side, out);
	duo_event_at(d, v, instant_after(d->now, p->delay));
}

/* The page as it is by then. */
static void
fetched(struct duo *d, const struct duo_event *v)
{
	struct duo_end *e = &d->end[v->side];

	for (size_t i = 0; i < 4; i++) {
		const struct duo_page *p = &e->pages[i];

		if (p->url != NULL && strcmp(p->url, v->out.url) == 0)
			ike_fetched(e->ike, d->now, v->out.token, p->octets,
			    p->why);
	}
}

/* In order: one thing is done before the next one starts. */
static void
ask_kernel(struct duo *d, int side, struct ike_out *out)
{
	struct duo_end *e = &d->end[side];
	struct duo_event *v = duo_event_new(d, DUO_KERNEL, side, out);

	if (instant_due(e->kernel_free_at, d->now))
		e->kernel_free_at = d->now;
	e->kernel_free_at = instant_after(e->kernel_free_at,
	    duo_some(d, e->kernel_delay));
	e->kernel_free_at = instant_after(e->kernel_free_at, e->kernel_min);
	duo_event_at(d, v, e->kernel_free_at);
}

static void
kernel(struct duo *d, const struct duo_event *v)
{
	struct duo_end *e = &d->end[v->side];
	bool ok;

	if (v->out.kind == IKE_OUT_SA_HOLD) {
		ok = sad_find(&e->sad, v->out.esp.spi, v->out.esp.inbound) !=
		    NULL;
		/* Nobody who wants it gone has heard that it is not there. */
		if (!ok)
			sad_refuse(&e->sad, v->out.esp.spi);
		ike_installed(e->ike, d->now, v->out.token,
		    ok ? NULL : "it is not there");
	} else if (v->out.kind == IKE_OUT_SA_DEL) {
		sad_del(&e->sad, &v->out.esp);
	} else if (v->out.kind == IKE_OUT_SA_PATH) {
		sad_path(&e->sad, &v->out.esp);
	} else {
		ok = sad_add(&e->sad, &v->out.esp);
		ike_installed(e->ike, d->now, v->out.token,
		    ok ? NULL : "no buffer space available");
	}
}

static void
note(struct duo *d, int side, const struct ike_out *out)
{
	struct duo_end *e = &d->end[side];

	e->events[out->event]++;
	e->said[out->event] = out->why;
	if (getenv("DUO_TRACE") != NULL)
		fprintf(stderr, "%9.3f %s peer %u event %d: %s\n",
		    (double)d->now.ns / 1e9 - 1000, side == LEFT ? "left " :
		    "right", out->peer, out->event, out->why.s);
}

static void
trace(const struct duo *d, int side, const struct ike_out *out)
{
	struct hdr h;

	if (getenv("DUO_TRACE") == NULL)
		return;
	fprintf(stderr, "%9.3f %s ", (double)d->now.ns / 1e9 - 1000,
	    side == LEFT ? "left " : "right");
	if (out->kind == IKE_OUT_DATAGRAM && hdr_decode(duo_message(out), &h))
		fprintf(stderr, "sends %s %s %u of %08x\n",
		    hdr_exchange_str(h.exchange), (h.flags & HDR_RESPONSE) ?
		    "response" : "request", h.mid, (unsigned)h.spi_i);
	else
		fprintf(stderr, "out %d %08x %s\n", out->kind, out->esp.spi,
		    out->esp.inbound ? "in" : "out");
}

static void
deposit(struct duo_end *e, uint32_t id)
{
	static uint8_t buf[IKE_KEEP_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	size_t i = 0;

	while (i < e->peers && e->conf[i].id != id)
		i++;
	if (i == e->peers || !ike_keep(e->ike, id, &w))
		abort();
	if (bytes_eq(wr_done(&w), bytes_of(e->kept[i], e->kept_n[i])))
		return;
	free(e->kept[i]);
	e->kept[i] = malloc(w.n + 1);
	if (e->kept[i] == NULL)
		abort();
	memcpy(e->kept[i], buf, w.n);
	e->kept_n[i] = w.n;
	e->deposits++;
}

/* Its last moment has come, and it has said nothing since. */
static bool
dies(struct duo *d, int side)
{
	struct duo_end *e = &d->end[side];

	if (e->die_in == 0 || --e->die_in > 0)
		return false;
	duo_succeed(d, side);
	return true;
}

/* What is kept goes first; it may die between any two outputs. */
static bool
next(struct duo *d, int side, struct ike_out *out)
{
	struct duo_end *e = &d->end[side];
	uint32_t id;

	while (e->ike->keep != NULL) {
		if (dies(d, side))
			continue;
		if (ike_keep_next(e->ike, &id))
			deposit(e, id);
	}
	if (e->ike->out_head != NULL && dies(d, side))
		return next(d, side, out);
	return ike_next(e->ike, out);
}

static void
drain(struct duo *d, int side)
{
	struct ike_out out;

	while (next(d, side, &out)) {
		if (out.kind != IKE_OUT_EVENT)
			trace(d, side, &out);
		switch (out.kind) {
		case IKE_OUT_DATAGRAM:
			duo_send(d, side, &out);
			break;
		case IKE_OUT_AUTH:
			ask_psk(d, side, &out);
			break;
		case IKE_OUT_SA_ADD:
		case IKE_OUT_SA_DEL:
		case IKE_OUT_SA_PATH:
		case IKE_OUT_SA_HOLD:
			ask_kernel(d, side, &out);
			break;
		case IKE_OUT_FETCH:
			ask_page(d, side, &out);
			break;
		case IKE_OUT_EVENT:
			note(d, side, &out);
			break;
		}
		ike_out_fini(&out);
	}
}

/* A peer that should be up and is not gets another attempt. */
static void
host(struct duo *d, int side)
{
	struct duo_end *e = &d->end[side];
	struct span more = duo_some(d, pause_base);
	struct ike_peer_info info = duo_info(d, side);

	e->retry_at = instant_after(d->now,
	    (struct span){ pause_base.ns + more.ns });
	if (!info.child)
		ike_peer_up(e->ike, d->now, DUO_PEER);
}

/* --- test packets --- */

static void
esp_send(struct duo *d, int side)
{
	struct duo_end *e = &d->end[side];
	struct addr there = duo_seen_at(&d->end[!side]);
	const struct ike_esp *sa = sad_newest_to(&e->sad, &there);
	struct ike_out out = { .kind = IKE_OUT_SA_ADD };

	if (sa == NULL) {
		e->esp_none++;
		return;
	}
	e->esp_sent++;
	out.esp = *sa;
	duo_event_at(d, duo_event_new(d, DUO_ESP, !side, &out),
	    instant_after(d->now, duo_travel(d)));
}

static void
esp_arrive(struct duo *d, const struct duo_event *v)
{
	const struct ike_esp *in = sad_find(&d->end[v->side].sad,
	    v->out.esp.spi, true);

	if (in == NULL || !sad_mirrors(&v->out.esp, in)) {
		d->end[!v->side].esp_lost++;
		if (getenv("DUO_TRACE") != NULL)
			fprintf(stderr, "%9.3f lost packet on %08x\n",
			    (double)d->now.ns / 1e9 - 1000, v->out.esp.spi);
	}
}

/* --- time --- */

void
duo_check(struct duo *d)
{
	for (int i = 0; i < 2; i++) {
		struct duo_end *e = &d->end[i];

		drain(d, i);
		if (e->sad.trouble.s[0] != '\0')
			trouble(d, i == LEFT ? "left kernel: " :
			    "right kernel: ", e->sad.trouble.s);
		if (e->tap.trouble.s[0] != '\0')
			trouble(d, i == LEFT ? "left wire: " : "right wire: ",
			    e->tap.trouble.s);
		if (duo_orphan(d, i) != NULL)
			trouble(d, i == LEFT ? "left" : "right",
			    " kernel has an SA that nobody owns");
	}
}

static void
happen(struct duo *d, struct duo_event *v)
{
	struct duo_end *e = &d->end[v->side];

	if (v->kind == DUO_DATAGRAM) {
		duo_arrive(d, v);
	} else if (v->kind == DUO_ESP) {
		esp_arrive(d, v);
	} else if (v->life == e->life) {
		if (v->kind == DUO_KERNEL)
			kernel(d, v);
		else if (v->kind == DUO_FETCH)
			fetched(d, v);
		else
			ike_auth_value(e->ike, d->now, v->out.token,
			    v->method, bytes_of(v->value, v->value_n),
			    v->why.s);
	}
	duo_event_free(v);
}

static struct instant
host_at(const struct duo_end *e)
{
	return e->keep_up ? e->retry_at : INSTANT_NEVER;
}

static struct instant
next_at(const struct duo *d)
{
	struct instant t = d->events == NULL ? INSTANT_NEVER : d->events->at;

	for (int i = 0; i < 2; i++) {
		t = instant_min(t, ike_deadline(d->end[i].ike));
		t = instant_min(t, host_at(&d->end[i]));
	}
	return instant_min(t, d->esp_at);
}

/* The one thing that is due first. */
static void
step(struct duo *d)
{
	struct duo_event *v = d->events;

	if (v != NULL && instant_due(v->at, d->now)) {
		d->events = v->next;
		happen(d, v);
		return;
	}
	if (instant_due(d->esp_at, d->now)) {
		d->esp_at = instant_after(d->now, d->esp_every);
		esp_send(d, LEFT);
		esp_send(d, RIGHT);
		return;
	}
	for (int i = 0; i < 2; i++) {
		if (instant_due(ike_deadline(d->end[i].ike), d->now)) {
			ike_tick(d->end[i].ike, d->now);
			return;
		}
		if (instant_due(host_at(&d->end[i]), d->now)) {
			host(d, i);
			return;
		}
	}
}

static void
run_to(struct duo *d, struct instant end)
{
	struct instant t;

	duo_check(d);
	while (d->trouble.s[0] == '\0' &&
	    instant_due(t = next_at(d), end)) {
		if (t.ns > d->now.ns) {
			d->now = t;
			d->busy = 0;
		} else if (++d->busy > BUSY_MAX) {
			trouble(d, "time stands still", "");
		}
		step(d);
		duo_check(d);
	}
	d->now = end;
}

void
duo_run(struct duo *d, struct span span)
{
	run_to(d, instant_after(d->now, span));
}

bool
duo_run_up(struct duo *d, struct span most)
{
	struct instant end = instant_after(d->now, most);
	struct reason why;

	while (d->now.ns < end.ns && d->trouble.s[0] == '\0') {
		if (duo_paired(d, &why))
			return true;
		duo_run(d, span_ms(20));
	}
	return duo_paired(d, &why);
}

/* --- what the host or an accident does --- */

void
duo_up(struct duo *d, int side)
{
	ike_peer_up(d->end[side].ike, d->now, DUO_PEER);
	duo_check(d);
}

void
duo_down(struct duo *d, int side)
{
	struct duo_end *e = &d->end[side];

	for (size_t i = 0; i < e->peers; i++)
		ike_peer_down(e->ike, d->now, e->conf[i].id,
		    "administratively down");
	duo_check(d);
}

bool
duo_rekey(struct duo *d, int side, bool child)
{
	bool ok = ike_peer_rekey(d->end[side].ike, d->now, DUO_PEER, child);

	duo_check(d);
	return ok;
}

bool
duo_delete(struct duo *d, int side)
{
	struct ike *ike = d->end[side].ike;
	struct ike_sa *sa = peer_main_sa(table_peer(ike, DUO_PEER));
	struct child *c = sa == NULL ? NULL : sa_current_child(sa);

	if (c == NULL)
		return false;
	c->want_delete = true;
	sa_touch(sa);
	sa_settle_all(ike, d->now);
	duo_check(d);
	return true;
}

void
duo_crash(struct duo *d, int side)
{
	struct duo_end *e = &d->end[side];

	ike_free(e->ike);
	tap_fini(&e->tap);
	e->sad = (struct sad){ 0 };
	e->life++;
	start(d, side);
	duo_check(d);
}

/*
 * What was handed over to the host is carried out, but for some at the end that
 * went with the process.
 */
static void
last_wishes(struct duo *d, int side)
{
	struct duo_end *e = &d->end[side];
	bool gone = false;

	for (struct duo_event *v = d->events; v != NULL; v = v->next) {
		if (v->kind != DUO_KERNEL || v->side != side ||
		    v->life != e->life)
			continue;
		gone |= drbg_below(&d->chance, 4) == 0;
		if (gone)
			continue;
		if (v->out.kind == IKE_OUT_SA_ADD)
			sad_add(&e->sad, &v->out.esp);
		else if (v->out.kind == IKE_OUT_SA_DEL)
			sad_del(&e->sad, &v->out.esp);
		else if (v->out.kind == IKE_OUT_SA_PATH)
			sad_path(&e->sad, &v->out.esp);
	}
}

void
duo_succeed(struct duo *d, int side)
{
	struct duo_end *e = &d->end[side];
	const struct ike_esp *esp;
	struct reason why;

	if (getenv("DUO_TRACE") != NULL)
		fprintf(stderr, "%9.3f %s dies\n",
		    (double)d->now.ns / 1e9 - 1000,
		    side == LEFT ? "left " : "right");
	last_wishes(d, side);
	ike_free(e->ike);
	e->life++;
	e->die_in = 0;
	start(d, side);
	for (size_t i = 0; i < e->peers; i++) {
		if (e->kept_n[i] == 0)
			continue;
		if (ike_adopt(e->ike, d->now, e->conf[i].id,
		    bytes_of(e->kept[i], e->kept_n[i]), &why)) {
			e->adopted++;
			continue;
		}
		e->refused++;
		keep_touch(table_peer(e->ike, e->conf[i].id));
		if (getenv("DUO_TRACE") != NULL)
			fprintf(stderr, "not adopted: %s\n", why.s);
	}
	while ((esp = duo_orphan(d, side)) != NULL)
		sad_sweep(&e->sad, esp->spi, esp->inbound);
}

bool
duo_is_idle(const struct duo *d, int side)
{
	const struct ike_sa *sa;

	for (int i = 0; i < 2; i++) {
		sa = table_peer(d->end[i].ike, DUO_PEER)->sas;
		if (sa == NULL || sa->peer_next != NULL ||
		    sa->state != SA_ESTABLISHED || sa->x.task != TASK_NONE ||
		    sa->x.answering || sa->pending != NULL ||
		    sa->children == NULL || sa->children->next != NULL ||
		    sa->children->state != CHILD_LIVE)
			return false;
	}
	for (const struct duo_event *v = d->events; v != NULL; v = v->next) {
		if (v->kind == DUO_KERNEL && v->side == side &&
		    v->life == d->end[side].life)
			return false;
	}
	return true;
}

void
duo_expire(struct duo *d, int side, bool hard)
{
	struct ike_peer_info info = duo_info(d, side);

	ike_expired(d->end[side].ike, d->now, DUO_PEER, info.spi_in, hard);
	duo_check(d);
}

void
duo_refuse(struct duo *d, int side, unsigned additions)
{
	d->end[side].sad.refuse = additions;
}
