/*
 * What a child is agreed on, for IKE_AUTH and CREATE_CHILD_SA alike (RFC 7296
 * sections 2.7 and 2.9): our offer, the choice from the peer's, and the check
 * of its answer.  It makes nothing.
 */
#include "ike/x_child.h"

#include "ike/peer.h"

struct offer
x_child_first_offer(const struct ike_sa *sa)
{
	struct offer o = sa->peer->conf.esp;

	o.ke.n = 0;
	o.addke = NULL;
	return o;
}

void
x_child_build_sa(struct build *b, const struct offer *o, uint32_t spi)
{
	uint8_t octets[4];
	struct wr w = wr_of(octets, sizeof(octets));

	wr_u32(&w, spi);
	proposal_encode(build_payload(b, PL_SA), o, wr_done(&w));
}

void
x_child_build_ts(struct build *b, const struct ts_list *i,
    const struct ts_list *r)
{
	ts_encode(build_payload(b, PL_TSI), i);
	ts_encode(build_payload(b, PL_TSR), r);
}

static uint32_t
spi_of(struct bytes b)
{
	struct rd r = rd_of(b);

	return rd_u32(&r);
}

/* RFC 4303 section 2.1 reserves the low ones; no SPI twice with one peer. */
bool
x_child_spi_free(const struct ike_sa *sa, uint32_t spi)
{
	return spi >= 256 && peer_child(sa->peer, spi) == NULL;
}

static void
explain_ts(const struct ike_sa *sa, const struct ts_list *tsi,
    const struct ts_list *tsr, struct reason *why)
{
	char a[80], b[80], c[80], d[80];

	ts_str(tsi, a, sizeof(a));
	ts_str(tsr, b, sizeof(b));
	ts_str(&sa->peer->conf.remote_ts, c, sizeof(c));
	ts_str(&sa->peer->conf.local_ts, d, sizeof(d));
	story_selectors(peer_story(sa->peer, STORY_SELECTORS), tsi, tsr,
	    &sa->peer->conf.remote_ts, &sa->peer->conf.local_ts);
	reason_set(why, "traffic selectors: offered %s to %s, allowed %s to %s",
	    a, b, c, d);
}

bool
x_child_readable(const struct msg *m)
{
	struct ts_list tsi, tsr;
	struct proposals ps;

	return (m->seen & PL_BIT(PL_SA)) == 0 ||
	    (proposal_decode(m->sa, &ps) == N_NONE &&
	    ts_decode(m->tsi, &tsi) == N_NONE &&
	    ts_decode(m->tsr, &tsr) == N_NONE);
}

void
x_child_tell(const struct ike_sa *sa, uint8_t exchange, const struct offer *o,
    uint16_t type)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;
	struct story *s = peer_story(sa->peer, type == N_NO_PROPOSAL_CHOSEN ?
	    STORY_NO_PROPOSAL : type == N_TS_UNACCEPTABLE ? STORY_SELECTORS :
	    STORY_ERROR_NOTIFY);
	char local[80], remote[80];

	story_notify(s, exchange, type);
	story_proposals(s, o, NULL);
	ts_str(&conf->local_ts, local, sizeof(local));
	ts_str(&conf->remote_ts, remote, sizeof(remote));
	story_add(s, "selectors", "ours %s, the peer's %s", local, remote);
}

uint16_t
x_child_choose(const struct ike_sa *sa, const struct msg *m,
    const struct offer *o, struct child_deal *deal, uint8_t *number,
    struct reason *why)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;
	struct ts_list tsi, tsr;
	struct proposals ps;
	struct choice c;

	if (proposal_decode(m->sa, &ps) != N_NONE ||
	    ts_decode(m->tsi, &tsi) != N_NONE ||
	    ts_decode(m->tsr, &tsr) != N_NONE) {
		reason_set(why, "malformed SA or traffic selector payload");
		return N_INVALID_SYNTAX;
	}
	if (!proposal_choose(&ps, o, 4, &c)) {
		proposal_explain(&ps, o, why);
		story_proposals(peer_story(sa->peer, STORY_NO_PROPOSAL), o,
		    &ps);
		return N_NO_PROPOSAL_CHOSEN;
	}
	if (!x_child_spi_free(sa, spi_of(c.spi))) {
		reason_set(why, "the peer offers SPI %08x, which is in use",
		    spi_of(c.spi));
		return N_NO_PROPOSAL_CHOSEN;
	}
	ts_narrow(&tsi, &conf->remote_ts, &deal->remote_ts);
	ts_narrow(&tsr, &conf->local_ts, &deal->local_ts);
	if (deal->remote_ts.n == 0 || deal->local_ts.n == 0) {
		explain_ts(sa, &tsi, &tsr, why);
		return N_TS_UNACCEPTABLE;
	}
	deal->suite = c.suite;
	deal->spi_out = spi_of(c.spi);
	*number = c.number;
	return N_NONE;
}

uint16_t
x_child_accept(const struct ike_sa *sa, const struct msg *m,
    const struct offer *o, struct child_deal *deal, struct reason *why)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;
	struct proposals ps;
	struct choice c;

	if ((m->seen & PL_BIT(PL_SA)) == 0 ||
	    (m->seen & PL_BIT(PL_TSI)) == 0 ||
	    (m->seen & PL_BIT(PL_TSR)) == 0 ||
	    proposal_decode(m->sa, &ps) != N_NONE ||
	    ts_decode(m->tsi, &deal->local_ts) != N_NONE ||
	    ts_decode(m->tsr, &deal->remote_ts) != N_NONE) {
		reason_set(why, "the peer's answer lacks a proper child SA");
		return N_INVALID_SYNTAX;
	}
	if (!proposal_accept(&ps, o, 4, &c)) {
		story_proposals(peer_story(sa->peer, STORY_NO_PROPOSAL), o,
		    &ps);
		reason_set(why, "the peer answered with an ESP proposal that "
		    "we did not offer");
		return N_NO_PROPOSAL_CHOSEN;
	}
	if (!x_child_spi_free(sa, spi_of(c.spi))) {
		reason_set(why, "the peer answered with SPI %08x, which is "
		    "in use", spi_of(c.spi));
		return N_NO_PROPOSAL_CHOSEN;
	}
	if (!ts_within(&deal->local_ts, &conf->local_ts) ||
	    !ts_within(&deal->remote_ts, &conf->remote_ts)) {
		story_selectors(peer_story(sa->peer, STORY_SELECTORS),
		    &deal->local_ts, &deal->remote_ts, &conf->local_ts,
		    &conf->remote_ts);
		reason_set(why, "the peer answered with traffic selectors "
		    "beyond those that we offered");
		return N_TS_UNACCEPTABLE;
	}
	deal->suite = c.suite;
	deal->spi_out = spi_of(c.spi);
	return N_NONE;
}
