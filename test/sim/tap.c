/*
 * A tap on one end's outgoing messages.  What opens an SA is left alone: its
 * message id stays zero while cookies and groups change it (section 2.6).  So
 * is the answer to a synchronisation, after which ids may leap (RFC 6311).
 *
 * Two messages that differ must not have the same IV: with an AEAD that gives
 * the keys of authentication away (RFC 5282 section 3.1).
 */
#include "sim/tap.h"

#include <stdlib.h>
#include <string.h>

#include "ike/payload.h"
#include "util/map.h"

/* What was said under one message id: a message, or its fragments. */
struct said {
	struct said	*next;
	uint16_t	number;		/* of a fragment; 0: it is whole */
	uint8_t		*b;
	size_t		n;
};

struct speech {
	bool		any;
	uint32_t	mid;
	struct said	*said;		/* owned */
};

struct tap_line {
	struct tap_line	*next;
	uint64_t	spi_i, spi_r;
	struct speech	last[2];	/* request, response */
	bool		jumps[2];	/* once: ids were synchronised */
	struct map	ivs;		/* that were used, whatever for */
};

static struct tap_line *
line_of(struct tap *t, const struct hdr *h)
{
	struct tap_line *l;

	for (l = t->lines; l != NULL; l = l->next) {
		if (l->spi_i == h->spi_i && l->spi_r == h->spi_r)
			return l;
	}
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		abort();
	l->next = t->lines;
	l->spi_i = h->spi_i;
	l->spi_r = h->spi_r;
	t->lines = l;
	return l;
}

static void
forget(struct speech *p)
{
	struct said *s;

	while ((s = p->said) != NULL) {
		p->said = s->next;
		free(s->b);
		free(s);
	}
}

static void
remember(struct speech *p, uint16_t number, struct bytes m)
{
	struct said *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->b = malloc(m.n)) == NULL)
		abort();
	memcpy(s->b, m.p, m.n);
	s->n = m.n;
	s->number = number;
	s->next = p->said;
	p->said = s;
}

static const struct said *
said_before(const struct speech *p, uint16_t number)
{
	const struct said *s;

	for (s = p->said; s != NULL && s->number != number; s = s->next)
		continue;
	return s;
}

static void
trouble(struct tap *t, const char *what, const struct hdr *h)
{
	if (t->trouble.s[0] == '\0')
		reason_set(&t->trouble, "%s: %s %s with message id %u", what,
		    hdr_exchange_str(h->exchange),
		    (h->flags & HDR_RESPONSE) != 0 ? "response" : "request",
		    h->mid);
}

/* The first eight octets of an IV: of an AEAD these are all. */
static void
hear_iv(struct tap *t, struct tap_line *l, const struct hdr *h,
    const struct msg *msg, struct bytes m)
{
	struct rd r = rd_of(m);
	uint64_t iv;

	if (msg->sk_at == 0)
		return;
	rd_bytes(&r, msg->sk_at);
	iv = rd_u64(&r);
	if (r.bad || iv == 0)
		return;
	if (map_get(&l->ivs, iv) != NULL)
		trouble(t, "an IV is used again", h);
	else if (!map_put(&l->ivs, iv, t))
		abort();
}

/* The same message id once more: the same octets, or another fragment. */
static void
hear_again(struct tap *t, struct tap_line *l, struct speech *p,
    const struct hdr *h, const struct msg *msg, struct bytes m)
{
	const uint16_t number = msg->frag_number;
	const struct said *s = said_before(p, number);

	if (s != NULL) {
		t->again++;
		if (!bytes_eq(m, bytes_of(s->b, s->n)))
			trouble(t, "repeated with other octets", h);
	} else if (number == 0 || said_before(p, 0) != NULL) {
		trouble(t, "repeated in another form", h);
	} else {
		hear_iv(t, l, h, msg, m);
		remember(p, number, m);
	}
}

static void
hear_next(struct tap *t, struct tap_line *l, const struct hdr *h,
    const struct msg *msg, struct bytes m)
{
	bool response = (h->flags & HDR_RESPONSE) != 0;
	struct speech *p = &l->last[response];

	if (p->any && h->mid < p->mid)
		trouble(t, "message id went back", h);
	else if (p->any && h->mid != p->mid + 1 && !l->jumps[response])
		trouble(t, "message id skipped", h);
	l->jumps[response] = false;
	forget(p);
	hear_iv(t, l, h, msg, m);
	remember(p, msg->frag_number, m);
	p->mid = h->mid;
	p->any = true;
}

void
tap_hear(struct tap *t, struct bytes m)
{
	struct rd r = rd_of(m);
	struct tap_line *l;
	struct speech *p;
	struct msg msg;
	struct hdr h;

	if (!hdr_decode(m, &h)) {
		reason_set(&t->trouble, "a message without a proper header");
		return;
	}
	if (hdr_is_first(h.exchange))
		return;
	rd_bytes(&r, HDR_LEN);
	if (payload_decode(h.next, rd_rest(&r), HDR_LEN, &msg) != N_NONE) {
		trouble(t, "not a proper chain of payloads", &h);
		return;
	}
	l = line_of(t, &h);
	p = &l->last[(h.flags & HDR_RESPONSE) != 0];
	if (t->synchronised && h.mid == 0 && h.exchange == INFORMATIONAL &&
	    (h.flags & HDR_RESPONSE) != 0)
		l->jumps[0] = l->jumps[1] = true;
	else if (p->any && h.mid == p->mid)
		hear_again(t, l, p, &h, &msg, m);
	else
		hear_next(t, l, &h, &msg, m);
}

void
tap_fini(struct tap *t)
{
	struct tap_line *l;

	while ((l = t->lines) != NULL) {
		t->lines = l->next;
		forget(&l->last[0]);
		forget(&l->last[1]);
		map_fini(&l->ivs);
		free(l);
	}
	*t = (struct tap){ 0 };
}
