/*
 * The link between the two: chance, rules that a test sets for certain
 * messages, and network address translation at either end.
 */
#include <stdlib.h>
#include <string.h>

#include "ike/payload.h"
#include "sim/duo_event.h"

struct addr
duo_seen_at(const struct duo_end *e)
{
	return e->nat.on ? e->nat.public : e->addr;
}

struct bytes
duo_message(const struct ike_out *o)
{
	struct bytes b = bytes_of(o->data, o->n);
	struct rd r = rd_of(b);

	if (o->path.local.port == IKE_PORT_NATT && o->n > 4)
		rd_u32(&r);
	return rd_rest(&r);
}

static struct duo_event *
copy_of(struct duo *d, const struct duo_event *v)
{
	struct ike_out out = v->out;
	struct duo_event *c;

	out.data = malloc(out.n);
	if (out.data == NULL)
		abort();
	memcpy(out.data, v->out.data, out.n);
	c = duo_event_new(d, v->kind, v->side, &out);
	return c;
}

struct span
duo_travel(struct duo *d)
{
	struct span jitter = duo_some(d, d->link.jitter);

	return (struct span){ d->link.delay.ns + jitter.ns };
}

static const struct duo_rule *
rule_for(struct duo *d, int from, const struct hdr *h)
{
	bool response = (h->flags & HDR_RESPONSE) != 0;
	const struct duo_rule *found = NULL;

	for (size_t i = 0; i < d->rules_n; i++) {
		struct duo_rule *r = &d->rules[i];

		if (r->from != from || r->exchange != h->exchange ||
		    r->response != response)
			continue;
		r->seen++;
		if (r->seen >= r->nth && r->seen <= r->until && found == NULL)
			found = r;
	}
	return found;
}

static void
append(struct duo_event **p, struct duo_event *v)
{
	while (*p != NULL)
		p = &(*p)->next;
	v->next = NULL;
	*p = v;
}

static void
keep(struct duo *d, struct duo_event *v)
{
	append(&d->kept, v);
	mail_read(&v->mail, !v->side, d->end[v->side].ike,
	    d->end[!v->side].ike, duo_message(&v->out));
}

static void
by_rule(struct duo *d, struct duo_event *v, const struct duo_rule *r)
{
	struct instant at = instant_after(d->now, duo_travel(d));

	if (r->fate == DUO_DROP) {
		duo_event_free(v);
	} else if (r->fate == DUO_KEEP) {
		keep(d, v);
	} else {
		if (r->fate == DUO_TWICE)
			duo_event_at(d, copy_of(d, v), instant_after(at,
			    duo_travel(d)));
		duo_event_at(d, v, r->fate == DUO_LATE ?
		    instant_after(at, r->delay) : at);
	}
}

static bool
chance(struct duo *d, unsigned percent)
{
	return percent > 0 && drbg_below(&d->chance, 100) < percent;
}

/* IKE_SA_INIT cannot be split: the path lets it through. */
static bool
too_long(const struct duo *d, const struct duo_event *v, const struct hdr *h)
{
	bool v6 = v->out.path.remote.addr.family == ADDR_IPV6;

	return d->link.mtu != 0 && !hdr_is_first(h->exchange) &&
	    v->out.n + (v6 ? 48 : 28) > d->link.mtu;
}

void
duo_send(struct duo *d, int from, struct ike_out *out)
{
	struct duo_event *v = duo_event_new(d, DUO_DATAGRAM, !from, out);
	struct bytes m = duo_message(&v->out);
	const struct duo_rule *r = NULL;
	struct hdr h = { 0 };

	d->end[from].sent++;
	if (hdr_decode(m, &h)) {
		tap_hear(&d->end[from].tap, m);
		r = rule_for(d, from, &h);
		d->end[from].fragments += h.next == PL_SKF;
	} else {
		d->end[from].keepalives++;
	}
	if (too_long(d, v, &h)) {
		d->end[from].too_long++;
		duo_event_free(v);
	} else if (r != NULL) {
		by_rule(d, v, r);
	} else if (d->hold) {
		keep(d, v);
	} else if (chance(d, d->link.loss)) {
		duo_event_free(v);
	} else {
		if (chance(d, d->link.repeat))
			duo_event_at(d, copy_of(d, v), instant_after(d->now,
			    duo_travel(d)));
		duo_event_at(d, v, instant_after(d->now, duo_travel(d)));
	}
}

void
duo_release(struct duo *d)
{
	struct duo_event *v;

	while ((v = d->kept) != NULL) {
		d->kept = v->next;
		duo_event_at(d, v, instant_after(d->now, duo_travel(d)));
	}
}

bool
duo_pass(struct duo *d, const struct mail_like *like, enum duo_fate fate,
    struct mail *mail)
{
	struct duo_event **p = &d->kept, *v;

	while ((v = *p) != NULL && !mail_is(&v->mail, like))
		p = &v->next;
	if (v == NULL)
		return false;
	*mail = v->mail;
	if (fate == DUO_TWICE) {
		v = copy_of(d, v);
	} else {
		*p = v->next;
	}
	if (fate == DUO_DROP)
		duo_event_free(v);
	else
		duo_event_at(d, v, instant_after(d->now, duo_travel(d)));
	return true;
}

struct bytes
duo_kept(const struct duo *d)
{
	return d->kept == NULL ? (struct bytes){ 0 } :
	    duo_message(&d->kept->out);
}

void
duo_drop_kept(struct duo *d)
{
	duo_events_free(&d->kept);
}

/* How a datagram's path looks where it arrives.  False: nobody is there. */
static bool
translate(const struct duo_end *from, const struct duo_end *to,
    const struct path *sent, struct path *got)
{
	struct addr there = duo_seen_at(to);
	unsigned port = sent->remote.port;

	if (!addr_eq(&sent->remote.addr, &there))
		return false;
	got->remote = (struct endpoint){ duo_seen_at(from), (uint16_t)
	    (sent->local.port + (from->nat.on ? from->nat.shift : 0)) };
	if (to->nat.on)
		port -= to->nat.shift;
	got->local = (struct endpoint){ to->addr, (uint16_t)port };
	return got->local.port == IKE_PORT || got->local.port == IKE_PORT_NATT;
}

void
duo_arrive(struct duo *d, const struct duo_event *v)
{
	struct path path;

	if (translate(&d->end[!v->side], &d->end[v->side], &v->out.path,
	    &path)) {
		ike_datagram(d->end[v->side].ike, d->now, &path,
		    bytes_of(v->out.data, v->out.n));
		return;
	}
	d->stray++;
	if (d->catch)
		append(&d->caught, copy_of(d, v));
}

size_t
duo_catch(struct duo *d, uint8_t *buf, size_t cap)
{
	struct duo_event *v = d->caught;
	struct bytes m;

	if (v == NULL)
		return 0;
	d->caught = v->next;
	m = duo_message(&v->out);
	if (m.n > cap)
		m.n = cap;
	memcpy(buf, m.p, m.n);
	duo_event_free(v);
	return m.n;
}

void
duo_inject_from(struct duo *d, int to, const struct endpoint *from,
    struct bytes m)
{
	struct path path = {
		.local = { d->end[to].addr, IKE_PORT }, .remote = *from,
	};

	ike_datagram(d->end[to].ike, d->now, &path, m);
}

void
duo_inject(struct duo *d, int to, struct bytes m)
{
	struct endpoint from = { duo_seen_at(&d->end[!to]), IKE_PORT };

	duo_inject_from(d, to, &from, m);
}
