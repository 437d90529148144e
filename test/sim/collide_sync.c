/*
 * Message ids that are synchronised after a failover (RFC 6311): rows M01 to
 * M03.  One end is a cluster, of which another member takes over.
 */
#include "sim/collide_sync.h"

#include <string.h>

#include "ike/sa.h"
#include "sim/member.h"
#include "util/array.h"

#define SEEDS	4

static struct ike_sa *
sa_of(const struct duo *d, int side)
{
	return table_peer(d->end[side].ike, DUO_PEER)->sas;
}

/* Up, with some exchanges behind it, and every datagram held from here on. */
static bool
begin(struct duo *d, uint64_t seed, struct reason *why)
{
	duo_init(d, seed);
	d->link.delay = span_ms(1);
	duo_start(d);
	duo_up(d, seed % 2 == 0 ? LEFT : RIGHT);
	if (!duo_run_up(d, span_s(5))) {
		reason_set(why, "set-up: %s", duo_info(d, LEFT).why.s);
		return false;
	}
	for (uint64_t i = 0; i < seed % 4; i++) {
		duo_rekey(d, (int)(i % 2), i != 2);
		duo_run(d, span_s(3));
	}
	d->hold = true;
	return true;
}

static bool
ended(struct duo *d, bool ok, struct reason *why)
{
	if (ok && d->trouble.s[0] != '\0') {
		*why = d->trouble;
		ok = false;
	}
	d->hold = false;
	d->end[LEFT].keep_up = d->end[RIGHT].keep_up = false;
	duo_release(d);
	duo_down(d, LEFT);
	duo_down(d, RIGHT);
	duo_run(d, span_s(60));
	if (ok)
		ok = duo_empty(d, why);
	duo_fini(d);
	return ok;
}

/* What the other end has sent and expects next. */
static struct member_ids
truth(const struct duo *d, int side, uint32_t nonce)
{
	const struct ike_sa *sa = sa_of(d, !side);

	return (struct member_ids){
		.nonce = nonce, .send = sa->x.in_mid,
		.recv = sa->x.out_mid + (sa->x.task != TASK_NONE),
	};
}

/* Asked and answered so; the new member goes on. */
static bool
synchronised(struct duo *d, int side, const struct member_ids *ask,
    const struct member_ids *want, struct member_answer *a, struct reason *why)
{
	member_ask(d, side, ask);
	if (!member_hear(d, side, a)) {
		reason_set(why, "no answer to %u, %u", ask->send, ask->recv);
		return false;
	}
	if (a->ids.nonce != want->nonce || a->ids.send != want->send ||
	    a->ids.recv != want->recv) {
		reason_set(why, "answered %08x, %u, %u", a->ids.nonce,
		    a->ids.send, a->ids.recv);
		return false;
	}
	return true;
}

/* Not answered, and nothing changed. */
static bool
ignored(struct duo *d, int side, const struct member_ids *ask,
    struct reason *why)
{
	struct xchg was = sa_of(d, !side)->x;
	struct member_answer a;

	member_ask(d, side, ask);
	if (member_hear(d, side, &a)) {
		reason_set(why, "answered %u, %u", a.ids.send, a.ids.recv);
		return false;
	}
	if (was.in_mid != sa_of(d, !side)->x.in_mid ||
	    was.out_mid != sa_of(d, !side)->x.out_mid) {
		reason_set(why, "counters changed");
		return false;
	}
	return true;
}

/* Everything that needs message ids of both ends still goes. */
static bool
goes_on(struct duo *d, struct reason *why)
{
	unsigned failed[2];

	for (int i = LEFT; i <= RIGHT; i++)
		failed[i] = d->end[i].events[IKE_EV_FAILED];
	d->hold = false;
	duo_release(d);
	for (int i = 0; i < 4; i++) {
		if (!duo_rekey(d, i % 2, i < 2)) {
			reason_set(why, "nothing to rekey: %s",
			    duo_info(d, i % 2).why.s);
			return false;
		}
		duo_run(d, span_s(4));
	}
	duo_run(d, span_s(40));
	if (!duo_paired(d, why))
		return false;
	for (int i = LEFT; i <= RIGHT; i++) {
		if (d->end[i].events[IKE_EV_FAILED] == failed[i])
			continue;
		reason_set(why, "side %d: %s", i,
		    d->end[i].said[IKE_EV_FAILED].s);
		return false;
	}
	return true;
}

/* --- M01 --- */

static bool
adopt(uint64_t seed, int side, uint32_t ahead_send, uint32_t ahead_recv,
    struct reason *why)
{
	struct member_ids ask, want;
	struct member_answer a;
	struct duo d;
	bool ok = begin(&d, seed, why);

	if (ok) {
		ask = truth(&d, side, 0x1234);
		ask.send += ahead_send;
		ask.recv += ahead_recv;
		want = (struct member_ids){ ask.nonce, ask.recv, ask.send };
		ok = synchronised(&d, side, &ask, &want, &a, why);
	}
	if (ok) {
		member_take_over(&d, side, &a);
		ok = goes_on(&d, why);
	}
	return ended(&d, ok, why);
}

void
collide_sync_adopted(struct collide_run *r)
{
	static const uint32_t ahead[][2] = {
		{ 0, 0 }, { 1, 0 }, { 0, 7 }, { 1000, 100000 },
	};

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		for (unsigned i = 0; i < 2 * ARRAY_SIZE(ahead); i++) {
			struct reason why = { "" };
			bool ok = adopt(seed, (int)(i % 2), ahead[i / 2][0],
			    ahead[i / 2][1], &why);

			collide_count(r, ok, "side %u, %u and %u ahead, seed "
			    "%u: %s", i % 2, ahead[i / 2][0], ahead[i / 2][1],
			    (unsigned)seed, why.s);
		}
	}
}

/* --- M02 --- */

static bool
repeat(uint64_t seed, int side, struct reason *why)
{
	struct member_ids first, second, want;
	struct member_answer a, b;
	struct duo d;
	bool ok = begin(&d, seed, why);

	if (!ok)
		return ended(&d, false, why);
	first = truth(&d, side, 1);
	first.send += 10;
	want = (struct member_ids){ 1, first.recv, first.send };
	ok = synchronised(&d, side, &first, &want, &a, why) &&
	    synchronised(&d, side, &first, &want, &b, why);
	if (ok && (a.n != b.n || memcmp(a.octets, b.octets, a.n) != 0)) {
		reason_set(why, "answered with other octets");
		ok = false;
	}
	/* Another failover; then somebody plays the first one again. */
	second = (struct member_ids){ 2, first.send + 5, first.recv + 3 };
	want = (struct member_ids){ 2, second.recv, second.send };
	ok = ok && synchronised(&d, side, &second, &want, &b, why) &&
	    ignored(&d, side, &first, why);
	/* The nonce of the last one with other values is not the last one. */
	first.nonce = 2;
	ok = ok && ignored(&d, side, &first, why);
	second.nonce = 3;
	ok = ok && ignored(&d, side, &second, why);
	if (ok) {
		member_take_over(&d, side, &b);
		ok = goes_on(&d, why);
	}
	return ended(&d, ok, why);
}

/* One of the two, or neither, has said that it does this. */
static bool
unspoken(uint64_t seed, int side, unsigned who, struct reason *why)
{
	struct member_ids ask;
	struct duo d;
	bool ok;

	duo_init(&d, seed);
	for (int i = LEFT; i <= RIGHT; i++)
		d.end[i].conf[0].message_id_sync = (who >> i & 1) != 0;
	duo_start(&d);
	duo_up(&d, LEFT);
	ok = duo_run_up(&d, span_s(5)) && duo_rekey(&d, side, true);
	/* So that it would be no request in order, either. */
	duo_run(&d, span_s(3));
	d.hold = true;
	if (ok) {
		ask = truth(&d, side, 9);
		ask.send++;
		ok = ignored(&d, side, &ask, why) && goes_on(&d, why);
	}
	return ended(&d, ok, why);
}

void
collide_sync_repeated(struct collide_run *r)
{
	struct reason why = { "" };

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		for (int side = LEFT; side <= RIGHT; side++) {
			bool ok = repeat(seed, side, &why);

			collide_count(r, ok, "repeated and replayed by side "
			    "%d, seed %u: %s", side, (unsigned)seed, why.s);
		}
	}
	for (unsigned i = 0; i < 6; i++) {
		bool ok = unspoken(i + 1, (int)(i % 2), i / 2, &why);

		collide_count(r, ok, "not spoken, %u: %s", i, why.s);
	}
}

/* --- M03 --- */

static bool
too_low(uint64_t seed, int side, struct reason *why)
{
	struct member_ids ask, want;
	struct member_answer a;
	struct duo d;
	bool ok = begin(&d, seed, why);

	if (!ok)
		return ended(&d, false, why);
	ask = truth(&d, side, 5);
	want = (struct member_ids){ 5, ask.recv, ask.send };
	for (uint32_t send = ask.send; ok && send-- > 0;) {
		struct member_ids low = ask;

		low.send = send;
		ok = ignored(&d, side, &low, why);
	}
	/* It knows less of our requests than there were. */
	ask.recv = 0;
	ok = ok && synchronised(&d, side, &ask, &want, &a, why);
	if (ok) {
		member_take_over(&d, side, &a);
		ok = goes_on(&d, why);
	}
	return ended(&d, ok, why);
}

enum middle {
	PROBE, REKEY_CHILD, REKEY_IKE, DELETE_CHILD, GO_DOWN, MIDDLES
};

static void
start(struct duo *d, int side, enum middle what)
{
	struct ike_sa *sa = sa_of(d, side);

	switch (what) {
	case PROBE:
		sa->want_dpd = true;
		sa_touch(sa);
		sa_settle_all(sa->ike, d->now);
		duo_check(d);
		break;
	case REKEY_CHILD:
	case REKEY_IKE:
		duo_rekey(d, side, what == REKEY_CHILD);
		break;
	case DELETE_CHILD:
		duo_delete(d, side);
		break;
	case GO_DOWN:
		duo_down(d, side);
		break;
	case MIDDLES:
		break;
	}
}

/* The request that is under way, by its octets. */
static bool
said_anew(struct duo *d, const uint8_t *was, size_t was_n, uint32_t mid,
    struct reason *why)
{
	struct bytes is = duo_kept(d);
	struct hdr h, before;

	if (!hdr_decode(is, &h) || !hdr_decode(bytes_of(was, was_n), &before))
		reason_set(why, "nothing is under way");
	else if (h.mid != mid || h.exchange != before.exchange ||
	    (h.flags & HDR_RESPONSE) != 0)
		reason_set(why, "exchange %u with id %u is under way",
		    h.exchange, h.mid);
	else
		return true;
	return false;
}

static bool
in_the_middle(uint64_t seed, int side, enum middle what, struct reason *why)
{
	struct member_ids ask, want;
	struct member_answer a;
	uint8_t was[4096];
	struct bytes m;
	struct duo d;
	bool ok = begin(&d, seed, why);

	if (!ok)
		return ended(&d, false, why);
	start(&d, !side, what);
	m = duo_kept(&d);
	if (m.n == 0 || m.n > sizeof(was)) {
		reason_set(why, "no request is under way");
		return ended(&d, false, why);
	}
	memcpy(was, m.p, m.n);
	duo_drop_kept(&d);
	ask = truth(&d, side, 7);
	want = (struct member_ids){ 7, ask.recv, ask.send };
	ask.recv -= 1;
	ok = synchronised(&d, side, &ask, &want, &a, why) &&
	    said_anew(&d, was, m.n, want.send, why);
	if (ok) {
		member_take_over(&d, side, &a);
		d.hold = false;
		duo_release(&d);
		duo_run(&d, span_s(50));
		if (what == GO_DOWN)
			ok = duo_empty(&d, why);
		else if (what != DELETE_CHILD)
			ok = duo_paired(&d, why) && goes_on(&d, why);
		else if (duo_info(&d, LEFT).children +
		    duo_info(&d, RIGHT).children > 0 &&
		    !duo_paired(&d, why))
			ok = false;
	}
	return ended(&d, ok, why);
}

void
collide_sync_corrected(struct collide_run *r)
{
	static const char *const names[MIDDLES] = {
		"liveness", "child rekey", "IKE rekey", "child delete",
		"IKE delete",
	};
	struct reason why = { "" };

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		for (int side = LEFT; side <= RIGHT; side++) {
			bool ok = too_low(seed, side, &why);

			collide_count(r, ok, "too low by side %d, seed %u: %s",
			    side, (unsigned)seed, why.s);
			for (int i = 0; i < MIDDLES; i++) {
				ok = in_the_middle(seed, side, (enum middle)i,
				    &why);
				collide_count(r, ok, "in the middle of %s, "
				    "side %d, seed %u: %s", names[i], side,
				    (unsigned)seed, why.s);
			}
		}
	}
}
