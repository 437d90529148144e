/*
 * Hostile neighbours of a BFD speaker with two sessions.  The input is a script
 * of steps: packets as they come, packets that know our discriminator, time
 * that passes, starts and ends, other intervals.  Whatever is sent in return
 * must be a packet that we would take ourselves, F answers P and nothing else,
 * and nobody stays Up who heard nothing for the detection time.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bfd/control.h"
#include "crypto/prf.h"

#define SESSIONS	2

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct host {
	struct bfd	*bfd;
	struct instant	now;
	struct instant	heard[SESSIONS];
	unsigned	polls, finals;
};

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
obey(struct host *h)
{
	struct control c;
	struct bfd_info i;
	struct bfd_out o;

	while (bfd_next(h->bfd, h->now, &o)) {
		check(o.id == 1 || o.id == 2);
		if (o.kind != BFD_OUT_SEND)
			continue;
		check(control_read(&c, bytes_of(o.octets, BFD_OCTETS)) ==
		    BFD_TAKEN);
		check((c.flags & ~(CONTROL_POLL | CONTROL_FINAL)) == 0);
		h->finals += (c.flags & CONTROL_FINAL) != 0;
	}
	check(h->finals <= h->polls);
	for (uint32_t id = 1; id <= SESSIONS; id++) {
		check(bfd_get(h->bfd, id, &i));
		check(i.state != BFD_UP || i.running);
		check(i.state != BFD_UP || instant_since(h->now,
		    h->heard[id - 1]).ns < i.detect_time.ns);
		check(i.tx_interval.ns >= i.conf.interval.ns || i.polling ||
		    !i.running);
	}
}

static void
packet(struct host *h, uint32_t id, struct bytes b)
{
	struct rd r = rd_of(b);
	uint8_t flags;

	if (bfd_packet(h->bfd, h->now, id, BFD_TTL, b) != BFD_TAKEN)
		return;
	rd_u8(&r);
	flags = rd_u8(&r);
	h->polls += (flags & CONTROL_POLL) != 0;
	h->heard[id - 1] = h->now;
}

/* It has our discriminator, and the length it should have. */
static void
insider(struct host *h, uint32_t id, struct rd *r)
{
	uint8_t octets[BFD_OCTETS] = { 0 };
	struct bytes b = rd_bytes(r, r->n < BFD_OCTETS ? r->n : BFD_OCTETS);
	struct wr w = wr_of(octets, sizeof(octets));
	struct bfd_info i;

	wr_bytes(&w, b);
	wr_zero(&w, sizeof(octets) - b.n);
	bfd_get(h->bfd, id, &i);
	wr_patch_u8(&w, 0, (uint8_t)(0x20 | (octets[0] & 0x1f)));
	wr_patch_u8(&w, 3, BFD_OCTETS);
	wr_patch_u32(&w, 8, i.discr);
	packet(h, id, bytes_of(octets, sizeof(octets)));
}

static void
change(struct host *h, uint32_t id, struct rd *r)
{
	struct bfd_conf c;

	c.interval = span_ms(50 + 10 * rd_u8(r));
	c.multiplier = rd_u8(r) | 1;
	bfd_change(h->bfd, h->now, id, &c);
}

/* Time, timer by timer or in one leap. */
static void
time_passes(struct host *h, int64_t ms, bool leap)
{
	struct instant until = instant_after(h->now, span_ms(ms)), t;

	for (int n = 0; n < 200 && !leap; n++) {
		t = bfd_deadline(h->bfd);
		if (t.ns > until.ns)
			break;
		if (t.ns > h->now.ns)
			h->now = t;
		bfd_tick(h->bfd, h->now);
		obey(h);
	}
	h->now = until;
	bfd_tick(h->bfd, h->now);
}

/* |session and what|argument| */
static void
step(struct host *h, struct rd *r)
{
	uint8_t what = rd_u8(r);
	uint32_t id = 1 + (what >> 7);
	uint8_t n;

	switch (what & 7) {
	case 0: case 1:
		insider(h, id, r);
		break;
	case 2:
		n = rd_u8(r);
		packet(h, id, rd_bytes(r, n % (r->n + 1)));
		break;
	case 3:
		time_passes(h, 10 * rd_u8(r), (what & 8) != 0);
		break;
	case 4:
		bfd_start(h->bfd, h->now, id);
		break;
	case 5:
		bfd_stop(h->bfd, h->now, id);
		break;
	case 6:
		bfd_halt(h->bfd, h->now, id);
		break;
	default:
		change(h, id, r);
		break;
	}
	obey(h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	const struct bfd_conf usual = { span_ms(300), 3 };
	struct rd r = rd_of(bytes_of(data, size));
	struct host h = { .now = { 1000000000 } };
	struct drbg drbg;

	if (!crypto_init())
		return 0;
	drbg_seed(&drbg, seed);
	h.bfd = bfd_new(&drbg);
	if (h.bfd == NULL)
		return 0;
	for (uint32_t id = 1; id <= SESSIONS; id++) {
		check(bfd_add(h.bfd, id, &usual));
		bfd_start(h.bfd, h.now, id);
	}
	obey(&h);
	while (r.n > 0)
		step(&h, &r);
	bfd_free(h.bfd);
	return 0;
}
