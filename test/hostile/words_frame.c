/*
 * Words for everything around the payloads: what the header says (RFC 7296
 * section 3.1), who sends it, whether and how it is sealed, and octets that
 * are changed once the message is finished.
 */
#include <stdlib.h>
#include <string.h>

#include "hostile/speech.h"
#include "util/array.h"

static uint64_t
number(const char *arg)
{
	return strtoull(arg, NULL, 0);
}

/* --- header --- */

static void
version(struct speech *s, const char *arg)
{
	s->h.version = (uint8_t)number(arg);
}

static void
exchange(struct speech *s, const char *arg)
{
	s->h.exchange = (uint8_t)number(arg);
}

/* "+8" sets, "-8" clears. */
static void
flags(struct speech *s, const char *arg)
{
	uint8_t bits = (uint8_t)number(arg + 1);

	if (arg[0] == '+')
		s->h.flags |= bits;
	else
		s->h.flags &= (uint8_t)~bits;
}

/* "+1" and "-1" are from the right one, anything else is meant. */
static void
mid(struct speech *s, const char *arg)
{
	if (arg[0] == '+' || arg[0] == '-')
		s->h.mid += (uint32_t)strtol(arg, NULL, 10);
	else
		s->h.mid = (uint32_t)number(arg);
}

static void
spi_i(struct speech *s, const char *arg)
{
	s->h.spi_i = number(arg);
}

static void
spi_r(struct speech *s, const char *arg)
{
	s->h.spi_r = number(arg);
}

static void
swap(struct speech *s, const char *arg)
{
	uint64_t spi = s->h.spi_i;

	(void)arg;
	s->h.spi_i = s->h.spi_r;
	s->h.spi_r = spi;
}

/* The message belongs to the SA that a rekey has made. */
static void
heir(struct speech *s, const char *arg)
{
	const struct line *l = &s->r->heir;

	(void)arg;
	s->h.spi_i = l->spi_i;
	s->h.spi_r = l->spi_r;
	s->h.mid = s->response ? s->h.mid : l->out_mid;
	s->h.flags = (uint8_t)((s->h.flags & ~HDR_INITIATOR) |
	    (l->initiator ? HDR_INITIATOR : 0));
}

/* --- who, and how --- */

static void
plain(struct speech *s, const char *arg)
{
	(void)arg;
	s->plain = true;
}

static void
stranger(struct speech *s, const char *arg)
{
	(void)arg;
	s->from = FROM_STRANGER;
}

static void
port(struct speech *s, const char *arg)
{
	(void)arg;
	s->other_port = true;
}

static void
group(struct speech *s, const char *arg)
{
	if (s->r->ke->id != number(arg))
		rogue_group(s->r, (uint16_t)number(arg));
}

static void
cookie(struct speech *s, const char *arg)
{
	s->r->cookie.n = number(arg);
	memset(s->r->cookie.b, 0xc0, s->r->cookie.n);
}

/* --- finished octets --- */

/* So many octets are cut off; the header still counts them. */
static void
cut(struct speech *s, const char *arg)
{
	size_t n = number(arg);

	s->out.n -= n < s->out.n ? n : s->out.n;
}

static void
only(struct speech *s, const char *arg)
{
	s->out.n = number(arg);
}

static void
grow(struct speech *s, const char *arg)
{
	size_t n = number(arg);

	memset(s->out.b + s->out.n, 0, n);
	s->out.n += n;
}

static void
hlen(struct speech *s, const char *arg)
{
	struct wr w = wr_of(s->out.b, sizeof(s->out.b));

	wr_zero(&w, 0);
	w.n = s->out.n;
	wr_patch_u32(&w, HDR_LENGTH_AT, (uint32_t)number(arg));
}

/* Flips a bit of the octet so far from the end: 1 is the last. */
static void
flip(struct speech *s, const char *arg)
{
	s->out.b[s->out.n - number(arg)] ^= 1;
}

/* "at.value" */
static void
poke(struct speech *s, const char *arg)
{
	const char *dot = strchr(arg, '.');

	s->out.b[number(arg)] = (uint8_t)number(dot + 1);
}

/* Random octets where the message was. */
static void
noise(struct speech *s, const char *arg)
{
	s->out.n = number(arg);
	drbg_fill(&s->r->drbg, s->out.b, s->out.n);
}

const struct word words_frame[] = {
	{ .name = "version", .head = version },
	{ .name = "exchange", .head = exchange },
	{ .name = "flags", .head = flags },
	{ .name = "mid", .head = mid },
	{ .name = "spi_i", .head = spi_i },
	{ .name = "spi_r", .head = spi_r },
	{ .name = "swap", .head = swap },
	{ .name = "heir", .head = heir },
	{ .name = "plain", .head = plain },
	{ .name = "stranger", .head = stranger },
	{ .name = "port", .head = port },
	{ .name = "group", .head = group },
	{ .name = "cookie", .head = cookie },
	{ .name = "cut", .tail = cut },
	{ .name = "only", .tail = only },
	{ .name = "grow", .tail = grow },
	{ .name = "hlen", .tail = hlen },
	{ .name = "flip", .tail = flip },
	{ .name = "poke", .tail = poke },
	{ .name = "noise", .tail = noise },
	{ .name = NULL },
};

static const struct word *
find(const struct word *table, const char *name, size_t n)
{
	for (; table->name != NULL; table++) {
		if (strlen(table->name) == n &&
		    memcmp(table->name, name, n) == 0)
			return table;
	}
	return NULL;
}

const struct word *
word_find(const char *name, size_t n)
{
	const struct word *w = find(words_frame, name, n);

	return w != NULL ? w : find(words_payload, name, n);
}
