/*
 * IKE_AUTH with pre-shared keys (RFC 7296 sections 1.2, 2.15, 2.16, 2.21.2).
 *
 *   HDR, SK {IDi, [N(INITIAL_CONTACT),] [IDr,] AUTH, SAi2, TSi, TSr}  -->
 *                                <--  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}
 *
 * The key itself is with the host: signed octets go out, an AUTH value comes
 * back.  The peer's value is compared in constant time; nothing of its message
 * is acted on before.
 */
#include "ike/x_auth.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "ike/peer.h"
#include "ike/x_child.h"
#include "ike/x_info.h"
#include "ike/xchg.h"

#define AUTH_SHARED_KEY	2	/* section 3.8 */

/*
 * InitiatorSignedOctets = RealMessage1 | NonceRData | prf(SK_pi, IDi'), and
 * the mirror of it, to be turned into an AUTH value by the host.
 */
static bool
ask_value(struct ike_sa *sa, bool of_initiator, struct bytes id_body)
{
	const struct setup *s = sa->setup;
	const struct nonce *nonce = of_initiator ? &s->nr : &s->ni;
	const struct key *sk_p = of_initiator ? &sa->keys.sk_pi :
	    &sa->keys.sk_pr;
	struct bytes real = of_initiator ? bytes_of(s->init_i, s->init_i_n) :
	    bytes_of(s->init_r, s->init_r_n);
	size_t cap = real.n + nonce->n + PRF_MAX;
	uint8_t mac[PRF_MAX], *octets = malloc(cap);
	struct wr w = wr_of(octets, cap);
	struct ike_out *out = NULL;

	if (octets != NULL && prf(sa->suite.prf, key_bytes(sk_p), &id_body, 1,
	    mac))
		out = out_push(sa->ike, IKE_OUT_AUTH, sa->peer->conf.id);
	if (out == NULL) {
		free(octets);
		return false;
	}
	wr_bytes(&w, real);
	wr_bytes(&w, bytes_of(nonce->b, nonce->n));
	wr_bytes(&w, bytes_of(mac, sa->suite.prf->key_len));
	map_del(&sa->ike->tokens_auth, sa->token);
	sa->token = table_token(sa->ike);
	out->token = sa->token;
	out->prf = sa->suite.prf;
	out->data = octets;
	out->n = w.n;
	return map_put(&sa->ike->tokens_auth, sa->token, sa);
}

static bool
ask_own_value(struct ike_sa *sa)
{
	uint8_t body[4 + ID_DATA_MAX];
	struct wr w = wr_of(body, sizeof(body));

	id_encode(&w, &sa->peer->conf.local_id);
	return ask_value(sa, sa->initiator, wr_done(&w));
}

/* Keeps the peer's message until its AUTH value is known. */
static bool
keep_inner(struct ike_sa *sa, uint8_t first, struct bytes inner)
{
	sa->setup->inner_first = first;
	return xchg_keep(&sa->setup->inner, &sa->setup->inner_n, inner);
}

static bool
kept_inner(const struct ike_sa *sa, struct msg *m)
{
	const struct setup *s = sa->setup;

	return payload_decode(s->inner_first, bytes_of(s->inner, s->inner_n),
	    0, m) == N_NONE;
}

static void
no_memory(struct ike_sa *sa, struct instant now)
{
	sa_die(sa, now, "out of memory");
}

static void
explain_id(struct reason *why, const char *what, const struct pl_id *got,
    const char *but, const struct id *wanted)
{
	char a[100], b[100];

	id_str(got->type, got->data, a, sizeof(a));
	peer_id_str(wanted, b, sizeof(b));
	reason_set(why, "%s %s, %s %s", what, a, but, b);
}

static bool
by_shared_key(const struct msg *m, struct reason *why)
{
	if (m->auth.method == AUTH_SHARED_KEY)
		return true;
	reason_set(why, "the peer authenticates by method %u, expected a "
	    "pre-shared key", m->auth.method);
	return false;
}

/* --- initiator --- */

void
x_auth_start(struct ike_sa *sa, struct instant now)
{
	sa_state(sa, now, SA_SIGNING);
	if (!ask_own_value(sa))
		no_memory(sa, now);
}

static void
build_auth(struct build *b, const struct ike_sa *sa)
{
	struct wr *w = build_payload(b, PL_AUTH);

	wr_u8(w, AUTH_SHARED_KEY);
	wr_zero(w, 3);
	wr_bytes(w, bytes_of(sa->setup->auth, sa->setup->auth_n));
}

/* Section 2.4: we have no other SA with this peer that is to stay. */
static bool
first_contact(const struct ike_sa *sa)
{
	for (struct ike_sa *o = sa->peer->sas; o != NULL; o = o->peer_next) {
		if (o->state == SA_ESTABLISHED && !o->want_delete)
			return false;
	}
	return true;
}

static void
send_request(struct ike_sa *sa, struct instant now)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;
	struct offer esp = x_child_first_offer(sa);
	struct build b;

	sa->setup->spi_in = table_child_spi(sa->ike);
	xchg_begin_sk(sa, &b, IKE_AUTH, false);
	id_encode(build_payload(&b, PL_IDI), &conf->local_id);
	if (first_contact(sa))
		build_notify(&b, N_INITIAL_CONTACT, (struct bytes){ 0 });
	if (conf->remote_id.type != 0)
		id_encode(build_payload(&b, PL_IDR), &conf->remote_id);
	build_auth(&b, sa);
	x_child_build_sa(&b, &esp, sa->setup->spi_in);
	x_child_build_ts(&b, &conf->local_ts, &conf->remote_ts);
	sa_state(sa, now, SA_AUTH_SENT);
	if (!xchg_request(sa, now, &b, TASK_AUTH, 0))
		sa_die(sa, now, "cannot build IKE_AUTH");
}

/* The peer is not who it should be: say so here, delete the SA there. */
static void
reject(struct ike_sa *sa, struct instant now, const char *why)
{
	peer_failed(sa->peer, "%s", why);
	sa_setup_free(sa);
	x_info_delete_ike(sa, now, N_AUTHENTICATION_FAILED);
}

static void
refused(struct ike_sa *sa, struct instant now, uint16_t type)
{
	char ours[160];

	peer_id_str(&sa->peer->conf.local_id, ours, sizeof(ours));
	if (type == N_AUTHENTICATION_FAILED)
		sa_die(sa, now, "the peer refused to authenticate us "
		    "(AUTHENTICATION_FAILED): pre-shared keys differ, or it "
		    "does not expect our identity %s", ours);
	else
		sa_die(sa, now, "the peer answered IKE_AUTH with %s (%u)",
		    notify_str(type), type);
}

void
x_auth_answer(struct ike_sa *sa, struct instant now, const struct path *path,
    const struct msg *m)
{
	const struct pl_notify *error = msg_error(m);
	struct reason why;

	(void)path;
	xchg_done(sa);
	if ((m->seen & PL_BIT(PL_AUTH)) == 0 ||
	    (m->seen & PL_BIT(PL_IDR)) == 0) {
		refused(sa, now, error == NULL ? N_NONE : error->type);
		return;
	}
	if (sa->want_delete) {
		x_info_delete_ike(sa, now, N_NONE);
		return;
	}
	if (!id_matches(&sa->peer->conf.remote_id, &m->idr)) {
		explain_id(&why, "the peer's identity is", &m->idr, "expected",
		    &sa->peer->conf.remote_id);
		reject(sa, now, why.s);
		return;
	}
	if (!by_shared_key(m, &why)) {
		reject(sa, now, why.s);
		return;
	}
	sa_state(sa, now, SA_CHECKING);
	if (!keep_inner(sa, m->first, m->chain) ||
	    !ask_value(sa, false, m->idr.body))
		no_memory(sa, now);
}

/* The child that came with IKE_AUTH, or why there is none. */
static void
first_child(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	const struct pl_notify *error = msg_error(m);
	struct offer esp = x_child_first_offer(sa);
	struct reason why = { "" };
	struct child_deal deal = {
		.spi_in = sa->setup->spi_in, .initiated = true,
		.ni = bytes_of(sa->setup->ni.b, sa->setup->ni.n),
		.nr = bytes_of(sa->setup->nr.b, sa->setup->nr.n),
	};

	if (error != NULL) {
		peer_failed(sa->peer, "the peer refused the child SA: %s (%u)",
		    notify_str(error->type), error->type);
	} else if (x_child_accept(sa, m, &esp, &deal, &why) != N_NONE) {
		peer_failed(sa->peer, "%s", why.s);
		sa->want_delete = true;
	} else if (child_new(sa, now, &deal) == NULL) {
		peer_failed(sa->peer, "cannot make the child SA's keys");
		sa->want_delete = true;
	}
}

static bool
value_matches(const struct msg *m, struct bytes value)
{
	return value.n > 0 && secret_eq(m->auth.data, value);
}

static void
check_answer(struct ike_sa *sa, struct instant now, struct bytes value)
{
	struct msg m;

	if (!kept_inner(sa, &m) || !value_matches(&m, value)) {
		reject(sa, now, "the peer's AUTH value does not match: "
		    "pre-shared keys differ");
		return;
	}
	sa_establish(sa, now);
	peer_elect(sa->peer, sa, now);
	first_child(sa, now, &m);
	sa_setup_free(sa);
}

/* --- responder --- */

/* Were these algorithms negotiated within what the peer allows? */
static bool
suite_fits(const struct ike_peer *p, const struct suite *s)
{
	const struct {
		const struct alg *alg;
		const struct alg_list *list;
	} pairs[] = {
		{ s->encr, &p->conf.ike.encr }, { s->prf, &p->conf.ike.prf },
		{ s->integ, &p->conf.ike.integ }, { s->ke, &p->conf.ike.ke },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		bool found = pairs[i].alg == NULL;

		for (size_t k = 0; k < pairs[i].list->n; k++)
			found |= pairs[i].list->alg[k] == pairs[i].alg;
		if (!found)
			return false;
	}
	return true;
}

/* May this peer be meant?  If not, why; with nothing to compare, why stays. */
static bool
is_meant(const struct ike_sa *sa, const struct ike_peer *p,
    const struct msg *m, struct reason *why)
{
	if (!p->accept || !suite_fits(p, &sa->suite))
		return false;
	if (!id_matches(&p->conf.remote_id, &m->idi)) {
		explain_id(why, "the peer's identity is", &m->idi, "expected",
		    &p->conf.remote_id);
		return false;
	}
	if ((m->seen & PL_BIT(PL_IDR)) != 0 &&
	    !id_matches(&p->conf.local_id, &m->idr)) {
		explain_id(why, "the peer wants to talk to", &m->idr, "we are",
		    &p->conf.local_id);
		return false;
	}
	return true;
}

/*
 * Who of those at this address is it?  Told apart by identity; one who is
 * named goes before one who may be anybody.
 */
static struct ike_peer *
identify(const struct ike_sa *sa, const struct msg *m, struct reason *why)
{
	struct ike_peer *p = NULL, *anybody = NULL;

	is_meant(sa, sa->peer, m, why);
	while ((p = index_by_id(&sa->ike->peers, &sa->path, &m->idi, p)) !=
	    NULL) {
		if (!is_meant(sa, p, m, why))
			continue;
		if (p->conf.remote_id.type != 0)
			return p;
		if (anybody == NULL)
			anybody = p;
	}
	return anybody;
}

/* Section 2.21.2: the answer is kept for retransmissions, nothing else. */
static void
refuse(struct ike_sa *sa, struct instant now, uint16_t type, struct bytes data)
{
	xchg_refuse(sa, now, IKE_AUTH, type, data);
	sa_setup_free(sa);
	sa_state(sa, now, SA_REFUSED);
}

static void
fail(struct ike_sa *sa, struct instant now, const char *why)
{
	peer_refused(sa->peer, why);
	refuse(sa, now, N_AUTHENTICATION_FAILED, (struct bytes){ 0 });
}

void
x_auth_refuse(struct ike_sa *sa, struct instant now, uint16_t type,
    struct bytes data)
{
	struct reason why;

	if (type == N_AUTHENTICATION_FAILED)
		reason_set(&why, "the peer wants to authenticate by EAP, "
		    "expected a pre-shared key");
	else
		reason_set(&why, "the peer's IKE_AUTH request is malformed "
		    "(%s)", notify_str(type));
	peer_refused(sa->peer, why.s);
	refuse(sa, now, type, data);
}

void
x_auth_abandon(struct ike_sa *sa, struct instant now)
{
	if (sa->state == SA_CHECKING)
		x_info_delete_ike(sa, now, N_NONE);
	else if (sa->state == SA_VERIFYING || sa->state == SA_ANSWERING)
		refuse(sa, now, N_AUTHENTICATION_FAILED, (struct bytes){ 0 });
	else
		sa_die(sa, now, NULL);
}

void
x_auth_respond(struct ike_sa *sa, struct instant now, const struct msg *m,
    uint8_t first, struct bytes inner)
{
	struct reason why = { "tunnel is administratively down" };
	struct ike_peer *peer = identify(sa, m, &why);

	if (peer == NULL || !by_shared_key(m, &why)) {
		fail(sa, now, why.s);
		return;
	}
	sa_state(sa, now, SA_VERIFYING);
	sa_bind(sa, peer);
	sa->setup->initial_contact =
	    msg_notify(m, N_INITIAL_CONTACT) != NULL;
	if (!keep_inner(sa, first, inner) ||
	    !ask_value(sa, true, m->idi.body))
		no_memory(sa, now);
}

static void
verify_request(struct ike_sa *sa, struct instant now, struct bytes value)
{
	struct msg m;

	if (!kept_inner(sa, &m) || !value_matches(&m, value)) {
		fail(sa, now, "the peer's AUTH value does not match: "
		    "pre-shared keys differ");
		return;
	}
	sa_state(sa, now, SA_ANSWERING);
	if (!ask_own_value(sa))
		no_memory(sa, now);
}

/* The child's part of the answer; NULL: a notify says why there is none. */
static struct child *
answer_child(struct ike_sa *sa, struct instant now, struct build *b,
    const struct msg *m)
{
	struct offer esp = x_child_first_offer(sa);
	struct reason why = { "" };
	struct child_deal deal = {
		.spi_in = table_child_spi(sa->ike),
		.ni = bytes_of(sa->setup->ni.b, sa->setup->ni.n),
		.nr = bytes_of(sa->setup->nr.b, sa->setup->nr.n),
	};
	uint8_t number, spi[4];
	struct wr w = wr_of(spi, sizeof(spi));
	struct child *c;
	uint16_t verdict;

	verdict = x_child_choose(sa, m, &esp, &deal, &number, &why);
	c = verdict == N_NONE ? child_new(sa, now, &deal) : NULL;
	if (c == NULL) {
		if (verdict == N_NONE)
			verdict = N_NO_ADDITIONAL_SAS;
		peer_failed(sa->peer, "child SA refused: %s",
		    why.s[0] != '\0' ? why.s : "no memory for its keys");
		build_notify(b, verdict, (struct bytes){ 0 });
		return NULL;
	}
	wr_u32(&w, deal.spi_in);
	proposal_encode_chosen(build_payload(b, PL_SA), &deal.suite,
	    PROTO_ESP, number, wr_done(&w));
	x_child_build_ts(b, &deal.remote_ts, &deal.local_ts);
	return c;
}

static void
answer(struct ike_sa *sa, struct instant now)
{
	struct child *c;
	struct build b;
	struct msg m;

	if (!kept_inner(sa, &m)) {
		no_memory(sa, now);
		return;
	}
	sa_establish(sa, now);
	peer_elect(sa->peer, sa, now);
	xchg_begin_sk(sa, &b, IKE_AUTH, true);
	id_encode(build_payload(&b, PL_IDR), &sa->peer->conf.local_id);
	build_auth(&b, sa);
	c = answer_child(sa, now, &b, &m);
	if (c != NULL)
		c->answer = true;
	xchg_respond(sa, now, &b, c != NULL);
	sa_setup_free(sa);
}

static void
keep_value(struct ike_sa *sa, struct bytes value)
{
	memcpy(sa->setup->auth, value.p, value.n);
	sa->setup->auth_n = (uint8_t)value.n;
}

void
x_auth_value(struct ike_sa *sa, struct instant now, struct bytes value,
    const char *why)
{
	sa->token = 0;
	sa_touch(sa);
	if (sa->setup == NULL)
		return;
	if (value.n == 0 || value.n > sizeof(sa->setup->auth)) {
		peer_failed(sa->peer, "%s", why != NULL ? why :
		    "the key store gave no AUTH value");
		x_auth_abandon(sa, now);
		return;
	}
	if (sa->state == SA_SIGNING) {
		keep_value(sa, value);
		send_request(sa, now);
	} else if (sa->state == SA_CHECKING) {
		check_answer(sa, now, value);
	} else if (sa->state == SA_VERIFYING) {
		verify_request(sa, now, value);
	} else if (sa->state == SA_ANSWERING) {
		keep_value(sa, value);
		answer(sa, now);
	}
}
