/*
 * A tap on one end's outgoing messages.  IKE_SA_INIT is left alone: its
 * message id stays zero while cookies and groups change it (section 2.6).
 */
#include "sim/tap.h"

#include <stdlib.h>
#include <string.h>

struct said {
	bool		any;
	uint32_t	mid;
	uint8_t		*b;
	size_t		n;
};

struct tap_line {
	struct tap_line	*next;
	uint64_t	spi_i, spi_r;
	struct said	said[2];	/* last request, last response */
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
remember(struct said *s, uint32_t mid, struct bytes m)
{
	free(s->b);
	s->b = malloc(m.n);
	if (s->b == NULL)
		abort();
	memcpy(s->b, m.p, m.n);
	s->n = m.n;
	s->mid = mid;
	s->any = true;
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

void
tap_hear(struct tap *t, struct bytes m)
{
	struct said *s;
	struct hdr h;
	bool response;

	if (!hdr_decode(m, &h)) {
		reason_set(&t->trouble, "a message without a proper header");
		return;
	}
	if (h.exchange == IKE_SA_INIT)
		return;
	response = (h.flags & HDR_RESPONSE) != 0;
	s = &line_of(t, &h)->said[response];
	if (s->any && h.mid == s->mid) {
		t->again++;
		if (!bytes_eq(m, bytes_of(s->b, s->n)))
			trouble(t, "repeated with other octets", &h);
		return;
	}
	if (s->any && h.mid < s->mid)
		trouble(t, "message id went back", &h);
	else if (s->any && h.mid != s->mid + 1)
		trouble(t, "message id skipped", &h);
	remember(s, h.mid, m);
}

void
tap_fini(struct tap *t)
{
	struct tap_line *l;

	while ((l = t->lines) != NULL) {
		t->lines = l->next;
		free(l->said[0].b);
		free(l->said[1].b);
		free(l);
	}
	*t = (struct tap){ 0 };
}
