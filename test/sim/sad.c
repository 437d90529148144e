/*
 * The SA database of a simulated gateway: a list in order of arrival.  It
 * checks what a kernel checks (no SA twice, no removal of what is not there)
 * and leaves timing and answers to its owner.
 */
#include "sim/sad.h"

#include "util/array.h"

static struct sad_entry *
find(struct sad *s, uint32_t spi, bool inbound)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->e[i].esp.spi == spi && s->e[i].esp.inbound == inbound)
			return &s->e[i];
	}
	return NULL;
}

static void
trouble(struct sad *s, const char *what, const struct ike_esp *esp)
{
	if (s->trouble.s[0] == '\0')
		reason_set(&s->trouble, "%s %s SA %08x", what,
		    esp->inbound ? "inbound" : "outbound", esp->spi);
}

void
sad_refuse(struct sad *s, uint32_t spi)
{
	s->refused[s->refusals++ % ARRAY_SIZE(s->refused)] = spi;
}

bool
sad_add(struct sad *s, const struct ike_esp *esp)
{
	if (s->refuse > 0) {
		s->refuse--;
		sad_refuse(s, esp->spi);
		return false;
	}
	if (find(s, esp->spi, esp->inbound) != NULL) {
		trouble(s, "second addition of", esp);
		return false;
	}
	if (s->n == SAD_MAX) {
		trouble(s, "no room for", esp);
		return false;
	}
	if (esp->encr.n == 0 || !addr_is_set(&esp->src) ||
	    !addr_is_set(&esp->dst))
		trouble(s, "no key or address in", esp);
	s->e[s->n++] = (struct sad_entry){ *esp, ++s->next_age };
	s->adds++;
	s->outs += !esp->inbound;
	return true;
}

static bool
was_refused(const struct sad *s, uint32_t spi)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->refused); i++) {
		if (s->refused[i] == spi)
			return true;
	}
	return false;
}

void
sad_del(struct sad *s, const struct ike_esp *esp)
{
	struct sad_entry *e = find(s, esp->spi, esp->inbound);

	if (e == NULL) {
		if (!was_refused(s, esp->spi))
			trouble(s, "removal of unknown", esp);
		return;
	}
	*e = s->e[--s->n];
	s->dels++;
}

void
sad_path(struct sad *s, const struct ike_esp *esp)
{
	struct sad_entry *e = find(s, esp->spi, esp->inbound);

	if (e == NULL) {
		if (!was_refused(s, esp->spi))
			trouble(s, "new path of unknown", esp);
		return;
	}
	e->esp.src = esp->src;
	e->esp.dst = esp->dst;
	e->esp.sport = esp->sport;
	e->esp.dport = esp->dport;
	s->paths++;
}

bool
sad_sweep(struct sad *s, uint32_t spi, bool inbound)
{
	struct sad_entry *e = find(s, spi, inbound);

	if (e == NULL)
		return false;
	*e = s->e[--s->n];
	return true;
}

const struct ike_esp *
sad_find(const struct sad *s, uint32_t spi, bool inbound)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->e[i].esp.spi == spi && s->e[i].esp.inbound == inbound)
			return &s->e[i].esp;
	}
	return NULL;
}

const struct ike_esp *
sad_newest_to(const struct sad *s, const struct addr *dst)
{
	const struct sad_entry *best = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct sad_entry *e = &s->e[i];

		if (!e->esp.inbound && (best == NULL || e->age > best->age) &&
		    (dst == NULL || addr_eq(&e->esp.dst, dst)))
			best = e;
	}
	return best == NULL ? NULL : &best->esp;
}

const struct ike_esp *
sad_newest_out(const struct sad *s)
{
	return sad_newest_to(s, NULL);
}

size_t
sad_count(const struct sad *s, bool inbound)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->e[i].esp.inbound == inbound;
	return n;
}

bool
sad_mirrors(const struct ike_esp *out, const struct ike_esp *in)
{
	return !out->inbound && in->inbound && out->spi == in->spi &&
	    bytes_eq(key_bytes(&out->encr), key_bytes(&in->encr)) &&
	    bytes_eq(key_bytes(&out->integ), key_bytes(&in->integ)) &&
	    out->suite.encr == in->suite.encr &&
	    out->suite.integ == in->suite.integ &&
	    out->suite.esn == in->suite.esn && out->encap == in->encap;
}
