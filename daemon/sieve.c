/*
 * The program that sorts datagrams by who they may be from.  A flood of
 * openings from made-up addresses fills a socket's buffer faster than it is
 * read, and what does not fit is dropped by the kernel, whosever it is.  So
 * there are several sockets on a port, and peers have theirs: whoever has a
 * peer's address, and apart from each other the first message of all (which
 * anybody can send in a peer's name) and what follows an answer, be it the same
 * again with a cookie.  ESP in UDP, which goes to none of them, leaves the
 * program after two instructions.
 *
 * Peers are known by a bit for the hash of their address (multiply and shift,
 * with a secret and odd factor), in words of 32 that a tree of comparisons
 * leads to: classic BPF has no tables, and its jumps with a condition go no
 * further than 255 instructions, so the tree stands in blocks that each have
 * their own end.  Since a bit may stand for several addresses, some strangers
 * pass for peers: that costs nothing but a place in the better queue, and with
 * a thousand peers befalls one in sixteen or thirty-two.
 *
 * In a kernel before 6.8 a program may have some 2500 of its own instructions
 * (net.core.optmem_max); one of SIEVE_BITS_MIN stays below that.
 */
#include "daemon/sieve.h"

#include <stddef.h>
#include <string.h>

#include "util/bytes.h"

#define WORD_BITS	32
#define BLOCK_WORDS	64	/* so that all its jumps are short enough */
#define SRC4_AT		12	/* source address in an IP header */
#define SRC6_AT		8
#define FIRST_AT	16	/* first payload, version, exchange, flags */
#define OPENING		0x21002200u	/* IKE_SA_INIT that begins with SA ... */
#define OPENING_MASK	0xff00ff20u	/* ... and is no response */
#define TO_UNKNOWN	UINT32_MAX	/* a jump to be filled in */

enum { CELL_OTHER, CELL_HASH };	/* M[] of the program */

struct code {
	struct sock_filter *v;
	size_t		n;
};

static size_t
emit(struct code *c, uint16_t op, uint32_t k)
{
	c->v[c->n] = (struct sock_filter){ .code = op, .k = k };
	return c->n++;
}

/* How far from the instruction behind `from` to the next one. */
static size_t
distance(const struct code *c, size_t from)
{
	return c->n - from - 1;
}

void
sieve_init(struct sieve *s, bool v6, const uint32_t key[static 4],
    uint32_t bits)
{
	memset(s, 0, sizeof(*s));
	s->v6 = v6;
	s->bits = bits;
	for (int i = 0; i < 4; i++)
		s->key[i] = key[i] | 1;
}

/* The hash's upper bits are the place. */
static unsigned
shift(const struct sieve *s)
{
	return s->bits == SIEVE_BITS_MAX ? 17 : 18;
}

static uint32_t
place(const struct sieve *s, const struct addr *a)
{
	struct rd r = rd_of(addr_bytes(a));
	uint32_t h = 0;

	for (int i = 0; i < (s->v6 ? 4 : 1); i++)
		h += rd_u32(&r) * s->key[i];
	return h >> shift(s);
}

static bool
is_of_family(const struct sieve *s, const struct addr *a)
{
	return a->family == (s->v6 ? ADDR_IPV6 : ADDR_IPV4);
}

void
sieve_add(struct sieve *s, const struct addr *a)
{
	uint32_t at = place(s, a);

	if (is_of_family(s, a))
		s->word[at / WORD_BITS] |= UINT32_C(1) << at % WORD_BITS;
}

bool
sieve_has(const struct sieve *s, const struct addr *a)
{
	uint32_t at = place(s, a);

	return is_of_family(s, a) &&
	    (s->word[at / WORD_BITS] >> at % WORD_BITS & 1) != 0;
}

/* --- the program --- */

/* ESP and keepalives first; then M[CELL_OTHER] = 0 for an opening, else 1. */
static void
look_at_message(struct code *c, bool marker)
{
	if (marker) {
		emit(c, BPF_LD | BPF_W | BPF_ABS, 0);
		c->v[emit(c, BPF_JMP | BPF_JEQ | BPF_K, 0)].jt = 1;
		emit(c, BPF_RET | BPF_K, SIEVE_STRANGER_OPENING);
	}
	emit(c, BPF_LD | BPF_W | BPF_ABS, FIRST_AT + (marker ? 4 : 0));
	emit(c, BPF_ALU | BPF_AND | BPF_K, OPENING_MASK);
	c->v[emit(c, BPF_JMP | BPF_JEQ | BPF_K, OPENING)].jf = 2;
	emit(c, BPF_LD | BPF_IMM, 0);
	emit(c, BPF_JMP | BPF_JA, 1);
	emit(c, BPF_LD | BPF_IMM, 1);
	emit(c, BPF_ST, CELL_OTHER);
}

static uint32_t
in_ip_header(uint32_t at)
{
	return (uint32_t)SKF_NET_OFF + at;
}

/* A = number of the word, X = its bit. */
static void
look_at_source(struct code *c, const struct sieve *s)
{
	uint32_t at = s->v6 ? SRC6_AT : SRC4_AT;

	for (uint32_t i = 0; i < (s->v6 ? 4 : 1); i++) {
		if (i > 0)
			emit(c, BPF_MISC | BPF_TAX, 0);
		emit(c, BPF_LD | BPF_W | BPF_ABS, in_ip_header(at + 4 * i));
		emit(c, BPF_ALU | BPF_MUL | BPF_K, s->key[i]);
		if (i > 0)
			emit(c, BPF_ALU | BPF_ADD | BPF_X, 0);
	}
	emit(c, BPF_ALU | BPF_RSH | BPF_K, shift(s));
	emit(c, BPF_ST, CELL_HASH);
	emit(c, BPF_ALU | BPF_AND | BPF_K, WORD_BITS - 1);
	emit(c, BPF_MISC | BPF_TAX, 0);
	emit(c, BPF_LD | BPF_IMM, 1);
	emit(c, BPF_ALU | BPF_LSH | BPF_X, 0);
	emit(c, BPF_MISC | BPF_TAX, 0);
	emit(c, BPF_LD | BPF_MEM, CELL_HASH);
	emit(c, BPF_ALU | BPF_RSH | BPF_K, 5);
}

static bool
is_empty(const uint32_t *word, uint32_t n)
{
	while (n > 0 && word[n - 1] == 0)
		n--;
	return n == 0;
}

/* The n words from the given one on; jumps to the ends are filled in later. */
static void
tree(struct code *c, const struct sieve *s, uint32_t from, uint32_t n)
{
	size_t at;

	if (is_empty(s->word + from, n)) {
		emit(c, BPF_JMP | BPF_JA, TO_UNKNOWN);
	} else if (n == 1) {
		emit(c, BPF_MISC | BPF_TXA, 0);
		emit(c, BPF_JMP | BPF_JSET | BPF_K, s->word[from]);
	} else {
		at = emit(c, BPF_JMP | BPF_JGE | BPF_K, from + n / 2);
		tree(c, s, from, n / 2);
		c->v[at].jt = (uint8_t)distance(c, at);
		tree(c, s, from + n / 2, n / 2);
	}
}

static void
fill_in(struct sock_filter *f, size_t unknown, size_t known)
{
	if (f->code == (BPF_JMP | BPF_JA) && f->k == TO_UNKNOWN)
		f->k = (uint32_t)unknown;
	if (f->code == (BPF_JMP | BPF_JSET | BPF_K)) {
		f->jf = (uint8_t)unknown;
		f->jt = (uint8_t)known;
	}
}

/* A part of the tree, with its two ends. */
static void
block(struct code *c, const struct sieve *s, uint32_t from)
{
	size_t start = c->n, unknown, known;

	tree(c, s, from, BLOCK_WORDS);
	unknown = emit(c, BPF_LD | BPF_MEM, CELL_OTHER);
	emit(c, BPF_RET | BPF_A, 0);
	known = emit(c, BPF_LD | BPF_MEM, CELL_OTHER);
	emit(c, BPF_ALU | BPF_ADD | BPF_K, SIEVE_PEER_OPENING);
	emit(c, BPF_RET | BPF_A, 0);
	for (size_t i = start; i < unknown; i++)
		fill_in(&c->v[i], unknown - i - 1, known - i - 1);
}

/* The tree above the blocks: these are too far for a conditional jump. */
static void
blocks(struct code *c, const struct sieve *s, uint32_t from, uint32_t n)
{
	size_t at;

	if (n == BLOCK_WORDS) {
		block(c, s, from);
		return;
	}
	c->v[emit(c, BPF_JMP | BPF_JGE | BPF_K, from + n / 2)].jf = 1;
	at = emit(c, BPF_JMP | BPF_JA, 0);
	blocks(c, s, from, n / 2);
	c->v[at].k = (uint32_t)distance(c, at);
	blocks(c, s, from + n / 2, n / 2);
}

size_t
sieve_program(const struct sieve *s, bool marker,
    struct sock_filter out[static SIEVE_PROGRAM])
{
	struct code c = { .v = out };

	look_at_message(&c, marker);
	look_at_source(&c, s);
	blocks(&c, s, 0, s->bits / WORD_BITS);
	return c.n;
}

/* A full block: a comparison less than words, two for a word, both ends. */
_Static_assert(BLOCK_WORDS - 1 + 2 * BLOCK_WORDS + 5 <= 255,
    "a conditional jump goes no further");
_Static_assert((SIEVE_BITS_MAX / WORD_BITS / BLOCK_WORDS) *
    (BLOCK_WORDS - 1 + 2 * BLOCK_WORDS + 5 + 2) + 64 <= SIEVE_PROGRAM,
    "a full set has room");
