/* A member of a cluster that takes an IKE SA over, for RFC 6311. */
#include "sim/member.h"

#include <stdlib.h>
#include <string.h>

#include "ike/sa.h"
#include "ike/xchg.h"
#include "sim/duo_event.h"

static struct ike_sa *
sa_of(const struct duo *d, int side)
{
	return table_peer(d->end[side].ike, DUO_PEER)->sas;
}

void
member_say(struct duo *d, int side, struct bytes data)
{
	const struct ike_sa *sa = sa_of(d, side);
	struct hdr h = {
		.spi_i = sa->spi_i, .spi_r = sa->spi_r,
		.version = HDR_VERSION, .exchange = INFORMATIONAL,
		.flags = sa->initiator ? HDR_INITIATOR : 0,
	};
	uint8_t buf[512];
	struct build b;
	struct bytes m;

	build_begin(&b, buf, sizeof(buf), &h);
	build_sk(&b, sa_seal_out(sa));
	build_notify(&b, N_SYNC, data);
	m = build_end(&b, &d->end[side].drbg);
	if (m.n == 0)
		abort();
	d->end[!side].tap.synchronised = true;
	duo_inject(d, !side, m);
	duo_check(d);
}

void
member_ask(struct duo *d, int side, const struct member_ids *ids)
{
	uint8_t data[12];
	struct wr w = wr_of(data, sizeof(data));

	wr_u32(&w, ids->nonce);
	wr_u32(&w, ids->send);
	wr_u32(&w, ids->recv);
	member_say(d, side, wr_done(&w));
}

/* Opens a message to this end; false: it is not such an answer. */
static bool
is_answer(const struct duo *d, int side, struct bytes raw,
    struct member_answer *a)
{
	const struct ike_sa *sa = sa_of(d, side);
	const struct pl_notify *n;
	struct bytes plain;
	struct msg m;
	struct hdr h;
	struct rd r;

	if (raw.n > sizeof(a->octets) || !hdr_decode(raw, &h) || h.mid != 0 ||
	    h.exchange != INFORMATIONAL || (h.flags & HDR_RESPONSE) == 0 ||
	    payload_decode(h.next, bytes_of(raw.p + HDR_LEN, raw.n - HDR_LEN),
	    HDR_LEN, &m) != N_NONE)
		return false;
	memcpy(a->octets, raw.p, raw.n);
	a->n = raw.n;
	if (!seal_open(sa_seal_in(sa), a->octets, m.sk_at, raw.n, &plain) ||
	    payload_decode(m.sk_next, plain, 0, &m) != N_NONE ||
	    m.notifies_n != 1 || (n = msg_notify(&m, N_SYNC)) == NULL)
		return false;
	r = rd_of(n->data);
	a->ids.nonce = rd_u32(&r);
	a->ids.send = rd_u32(&r);
	a->ids.recv = rd_u32(&r);
	memcpy(a->octets, raw.p, raw.n);
	return !r.bad && r.n == 0;
}

bool
member_hear(struct duo *d, int side, struct member_answer *a)
{
	for (struct duo_event **p = &d->kept; *p != NULL; p = &(*p)->next) {
		struct duo_event *v = *p;

		if (v->mail.from == side ||
		    !is_answer(d, side, duo_message(&v->out), a))
			continue;
		*p = v->next;
		duo_event_free(v);
		return true;
	}
	return false;
}

void
member_take_over(struct duo *d, int side, const struct member_answer *a)
{
	struct ike_sa *sa = sa_of(d, side);

	xchg_drop(sa);
	sa->x.out_mid = a->ids.recv;
	sa->x.in_mid = a->ids.send;
	/* What was said before was somebody else's. */
	tap_fini(&d->end[side].tap);
}
