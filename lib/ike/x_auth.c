/*
 * IKE_AUTH (RFC 7296 sections 1.2, 2.16, 2.21.2).
 *
 *   HDR, SK {IDi, [CERT,] [CERTREQ,] [N(INITIAL_CONTACT),] [IDr,] AUTH,
 *       SAi2, TSi, TSr}  -->
 *                        <--  HDR, SK {IDr, [CERT,] AUTH, SAr2, TSi, TSr}
 *
 * What proves an identity is auth.c's, certificates are certs.c's.  Nothing
 * of the peer's message is acted on before it has proved its identity.
 */
#include "ike/x_auth.h"

#include <stdlib.h>
#include <string.h>

#include "ike/auth.h"
#include "ike/certs.h"
#include "ike/peer.h"
#include "ike/proof.h"
#include "ike/x_child.h"
#include "ike/x_info.h"
#include "ike/x_init.h"
#include "ike/x_ppk.h"
#include "ike/x_redirect.h"
#include "ike/x_resume.h"
#include "ike/x_sync.h"
#include "ike/x_ticket.h"
#include "ike/xchg.h"

/* For what others say about the peer's certificates, once it has signed. */
static const struct span patience = { INT64_C(4) * 1000000000 };

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

	if (payload_decode(s->inner_first, bytes_of(s->inner, s->inner_n),
	    0, m) != N_NONE)
		return false;
	x_ppk_amend(sa, m);
	return true;
}

static void
no_memory(struct ike_sa *sa, struct instant now)
{
	sa_die(sa, now, "out of memory");
}

/* RFC 5723 section 4.3.3: "A CERT payload MUST NOT be included" */
static bool
is_resumed(const struct ike_sa *sa)
{
	return sa->setup->resume != NULL;
}

/* --- initiator --- */

static void	send_request(struct ike_sa *, struct instant);

void
x_auth_start(struct ike_sa *sa, struct instant now)
{
	struct reason why = { "out of memory" };

	sa_state(sa, now, SA_SIGNING);
	if (is_resumed(sa) && x_resume_sign(sa))
		send_request(sa, now);
	else if (is_resumed(sa))
		no_memory(sa, now);
	else if (x_ppk_due(sa) ? !x_ppk_ask(sa) : !auth_ask_own(sa, &why))
		sa_die(sa, now, "%s", why.s);
}

static void
build_own_id(struct build *b, const struct ike_sa *sa, enum payload_type type)
{
	struct pl_id own = auth_own_id(sa->peer);

	id_encode(build_payload(b, type), own.type, own.data);
}

static void
build_auth(struct build *b, const struct ike_sa *sa)
{
	struct wr *w = build_payload(b, PL_AUTH);

	wr_u8(w, sa->setup->auth_method);
	wr_zero(w, 3);
	wr_bytes(w, bytes_of(sa->setup->auth, sa->setup->auth_n));
}

/*
 * Section 2.4: "the only IKE SA currently active between the authenticated
 * identities".  We have no other SA with this peer that is to stay, and no
 * other tunnel is between the same identities, as two with one certificate
 * at each end are: it would cost them theirs.
 */
static bool
first_contact(const struct ike_sa *sa)
{
	if (auth_has_twin(sa->peer))
		return false;
	for (struct ike_sa *o = sa->peer->sas; o != NULL; o = o->peer_next) {
		if (o->state == SA_ESTABLISHED && !o->want_delete &&
		    !o->leaving)
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
	build_own_id(&b, sa, PL_IDI);
	if (!is_resumed(sa)) {
		certs_build_chain(&b, sa);
		certs_build_request(&b, sa);
	}
	if (first_contact(sa))
		build_notify(&b, N_INITIAL_CONTACT, (struct bytes){ 0 });
	if (conf->remote_id.type != 0)
		id_encode(build_payload(&b, PL_IDR), conf->remote_id.type,
		    bytes_of(conf->remote_id.data, conf->remote_id.n));
	build_auth(&b, sa);
	x_sync_build(&b, sa);
	x_ppk_build_request(&b, sa);
	x_ticket_build_request(&b, sa);
	if (!is_resumed(sa))
		certs_build_methods(&b, sa, SIZE_MAX);
	if (!sa->setup->childless) {
		x_child_build_sa(&b, &esp, sa->setup->spi_in);
		x_child_build_ts(&b, &conf->local_ts, &conf->remote_ts);
	}
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
	bool psk = sa->peer->conf.local_auth == IKE_AUTH_PSK;
	struct story *s;
	char ours[110];

	auth_own_id_str(sa->peer, ours, sizeof(ours));
	s = peer_story(sa->peer, type == N_AUTHENTICATION_FAILED ?
	    STORY_REFUSED_US : STORY_ERROR_NOTIFY);
	story_notify(s, IKE_AUTH, type);
	story_add(s, "we are", "%s", ours);
	story_add(s, "by", "%s", psk ? "pre-shared key" : "certificate");
	if (type != N_AUTHENTICATION_FAILED)
		sa_die(sa, now, "the peer answered IKE_AUTH with %s (%u)",
		    notify_str(type), type);
	else if (sa->setup->asks_others)
		sa_die(sa, now, "the peer refused to authenticate us "
		    "(AUTHENTICATION_FAILED): the peer asks for CAs that did "
		    "not issue our certificate");
	else
		sa_die(sa, now, "the peer refused to authenticate us "
		    "(AUTHENTICATION_FAILED): %s, or it does not expect our "
		    "identity %s", psk ? x_ppk_suspects(sa) :
		    "it does not believe our certificate", ours);
}

static void	accept_answer(struct ike_sa *, struct instant,
		    const struct msg *);

static void
judge_answer(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	struct reason why;

	switch (auth_check(sa, now, m, &why)) {
	case AUTH_GOOD:
		accept_answer(sa, now, m);
		break;
	case AUTH_BAD:
		reject(sa, now, why.s);
		break;
	case AUTH_ASKED:
		if (sa->setup->inner == NULL &&
		    !keep_inner(sa, m->first, m->chain))
			no_memory(sa, now);
		break;
	}
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
		if (is_resumed(sa) && !sa->want_delete)
			x_resume_fall_back(sa, now, TICKET_NOT_PROVED);
		else
			refused(sa, now, error == NULL ? N_NONE :
			    error->type);
		return;
	}
	if (sa->want_delete) {
		x_info_delete_ike(sa, now, N_NONE);
		return;
	}
	if (!x_ppk_hear_answer(sa, m, &why) ||
	    !auth_is_peer(sa, &m->idr, &why) ||
	    !auth_by(sa, m, &why)) {
		reject(sa, now, why.s);
		return;
	}
	sa_state(sa, now, SA_CHECKING);
	sa->wait_until = instant_after(now, patience);
	judge_answer(sa, now, m);
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

	if (sa->setup->childless) {
		sa->want_child = true;
	} else if (error != NULL) {
		x_child_tell(sa, IKE_AUTH, &esp, error->type);
		peer_failed(sa->peer, "the peer refused the child SA: %s (%u)",
		    notify_str(error->type), error->type);
		/* Not with IKE_AUTH, but maybe after it (RFC 6023). */
		sa->want_child = error->type == N_NO_ADDITIONAL_SAS;
	} else if (x_child_accept(sa, m, &esp, &deal, &why) != N_NONE) {
		peer_failed(sa->peer, "%s", why.s);
		sa->want_delete = true;
	} else if (child_new(sa, now, &deal) == NULL) {
		peer_failed(sa->peer, "cannot make the child SA's keys");
		sa->want_delete = true;
	}
}

/* The peer is who it should be. */
static void
accept_answer(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	sa_establish(sa, now);
	if (is_resumed(sa))
		x_resume_done(sa, now);
	if (x_redirect_hear_auth(sa, now, m))
		return;
	x_sync_hear(sa, m);
	peer_elect(sa->peer, sa, now);
	x_redirect_arrived(sa, now);
	x_ticket_proved(sa, now, &m->idr);
	x_ticket_hear(sa, now, m);
	proof_start(sa, now);
	first_child(sa, now, m);
	sa_setup_free(sa);
}

static void
mismatch(const struct ike_sa *sa, struct reason *why)
{
	reason_set(why, "the peer's AUTH value does not match: %s",
	    x_ppk_suspects(sa));
}

static void
check_answer(struct ike_sa *sa, struct instant now, struct bytes value)
{
	struct reason why;
	struct msg m;

	if (kept_inner(sa, &m) && auth_matches(sa, &m, value)) {
		accept_answer(sa, now, &m);
		return;
	}
	mismatch(sa, &why);
	reject(sa, now, why.s);
}

/* --- responder --- */

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
		    "expected a %s",
		    sa->peer->conf.remote_auth == IKE_AUTH_PSK ?
		    "pre-shared key" : "certificate");
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

static void	answer(struct ike_sa *, struct instant);

static void
answer_resumed(struct ike_sa *sa, struct instant now)
{
	if (x_resume_sign(sa))
		answer(sa, now);
	else
		no_memory(sa, now);
}

/* The peer is who it should be: now our own value. */
static void
accept_request(struct ike_sa *sa, struct instant now)
{
	struct reason why;
	struct msg m;

	/* Section 2.21.2: malformed is more than a child refused. */
	if (!kept_inner(sa, &m) || !x_child_readable(&m)) {
		x_auth_refuse(sa, now, N_INVALID_SYNTAX, (struct bytes){ 0 });
		return;
	}
	if (x_redirect_closed(sa)) {
		peer_story(sa->peer, STORY_DRAINING);
		peer_refused(sa->peer, "IKE_AUTH refused: draining, nobody "
		    "new is let in");
		refuse(sa, now, N_TEMPORARY_FAILURE, (struct bytes){ 0 });
		return;
	}
	sa_state(sa, now, SA_ANSWERING);
	if (is_resumed(sa)) {
		answer_resumed(sa, now);
		return;
	}
	if (sa->setup->both) {
		answer(sa, now);
		return;
	}
	if (auth_ask_own(sa, &why))
		return;
	peer_failed(sa->peer, "%s", why.s);
	x_auth_abandon(sa, now);
}

static void
judge_request(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	struct reason why;

	switch (auth_check(sa, now, m, &why)) {
	case AUTH_GOOD:
		accept_request(sa, now);
		break;
	case AUTH_BAD:
		fail(sa, now, why.s);
		break;
	case AUTH_ASKED:
		break;
	}
}

/* The keys are those that the peer's AUTH value must have been made with. */
static void
check_request(struct ike_sa *sa, struct instant now)
{
	struct msg m;

	if (kept_inner(sa, &m))
		judge_request(sa, now, &m);
	else
		no_memory(sa, now);
}

void
x_auth_respond(struct ike_sa *sa, struct instant now, const struct msg *m,
    uint8_t first, struct bytes inner)
{
	struct reason why = { "tunnel is administratively down" };
	struct ike_peer *peer = (is_resumed(sa) ? x_resume_identify :
	    auth_identify)(sa, m, &why);

	if (peer == NULL) {
		fail(sa, now, why.s);
		return;
	}
	if ((m->seen & PL_BIT(PL_SA)) == 0 && !x_init_childless(sa)) {
		x_auth_refuse(sa, now, N_INVALID_SYNTAX, (struct bytes){ 0 });
		return;
	}
	sa_state(sa, now, SA_VERIFYING);
	sa_bind(sa, peer);
	certs_hear(sa, m);
	sa->setup->initial_contact =
	    msg_notify(m, N_INITIAL_CONTACT) != NULL;
	sa->wait_until = instant_after(now, patience);
	if (!x_ppk_hear_request(sa, m, &why))
		fail(sa, now, why.s);
	else if (!keep_inner(sa, first, inner) ||
	    (x_ppk_due(sa) && !x_ppk_ask(sa)))
		no_memory(sa, now);
	else if (!x_ppk_asked(sa))
		check_request(sa, now);
}

/* Ours, which is to be sent. */
static void
keep_value(struct setup *s, uint8_t method, struct bytes value)
{
	memcpy(s->auth, value.p, value.n);
	s->auth_n = (uint16_t)value.n;
	s->auth_method = method;
}

static void
verify_request(struct ike_sa *sa, struct instant now, struct bytes value)
{
	const size_t half = value.n / 2;
	struct reason why;
	struct msg m;

	if (sa->setup->both) {
		keep_value(sa->setup, SIG_METHOD_PSK, bytes_of(value.p + half,
		    half));
		value.n = half;
	}
	if (kept_inner(sa, &m) && auth_matches(sa, &m, value)) {
		accept_request(sa, now);
		return;
	}
	mismatch(sa, &why);
	fail(sa, now, why.s);
}

/*
 * The child's part of the answer.  NULL: none was asked for, or a notify says
 * why there is none.
 */
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

	if ((m->seen & PL_BIT(PL_SA)) == 0)
		return NULL;
	if (sa->peer->conf.childless == IKE_CHILDLESS_FORCE) {
		reason_set(&why, "childless = \"force\" wants the first one "
		    "by CREATE_CHILD_SA");
		verdict = N_NO_ADDITIONAL_SAS;
	} else {
		verdict = x_child_choose(sa, m, &esp, &deal, &number, &why);
	}
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
	if (is_resumed(sa))
		x_resume_done(sa, now);
	x_sync_hear(sa, &m);
	peer_elect(sa->peer, sa, now);
	x_ticket_proved(sa, now, &m.idi);
	proof_start(sa, now);
	xchg_begin_sk(sa, &b, IKE_AUTH, true);
	build_own_id(&b, sa, PL_IDR);
	if (!is_resumed(sa))
		certs_build_chain(&b, sa);
	build_auth(&b, sa);
	x_sync_build(&b, sa);
	x_ppk_build_answer(&b, sa);
	x_ticket_build_answer(&b, sa, now, &m);
	c = answer_child(sa, now, &b, &m);
	if (c != NULL)
		c->answer = true;
	xchg_respond(sa, now, &b, c != NULL);
	sa->want_redirect = x_redirect_sends(sa);
	sa_setup_free(sa);
}

/* Our certificate was replaced meanwhile: the value is of the wrong key. */
static bool
is_stale(const struct ike_sa *sa)
{
	return sa->peer->conf.local_auth == IKE_AUTH_CERTIFICATE &&
	    sa->setup->creds_epoch != sa->peer->creds_epoch;
}

/* Our value is here, or asked for once more. */
static void
own_value(struct ike_sa *sa, struct instant now, uint8_t method,
    struct bytes value)
{
	struct reason why;

	if (is_stale(sa)) {
		x_ppk_forget_plain(sa);
		if (auth_ask_own(sa, &why))
			return;
		peer_failed(sa->peer, "%s", why.s);
		x_auth_abandon(sa, now);
		return;
	}
	sa->outdated = false;
	if (!x_ppk_keep_plain(sa, value))
		keep_value(sa->setup, sa->peer->conf.local_auth ==
		    IKE_AUTH_PSK ? SIG_METHOD_PSK : method, value);
	if (x_ppk_ask_plain(sa))
		return;
	if (sa->state == SA_SIGNING)
		send_request(sa, now);
	else
		answer(sa, now);
}

/* The host has mixed our keys with the PPK. */
static void
mixed_keys(struct ike_sa *sa, struct instant now, struct bytes value)
{
	if (!x_ppk_take(sa, value)) {
		peer_failed(sa->peer, "the key store gave no keys");
		x_auth_abandon(sa, now);
	} else if (sa->state == SA_SIGNING) {
		x_auth_start(sa, now);
	} else {
		check_request(sa, now);
	}
}

void
x_auth_value(struct ike_sa *sa, struct instant now, uint8_t method,
    struct bytes value, const char *why)
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
	if (x_ppk_asked(sa))
		mixed_keys(sa, now, value);
	else if (sa->state == SA_CHECKING)
		check_answer(sa, now, value);
	else if (sa->state == SA_VERIFYING)
		verify_request(sa, now, value);
	else if (sa->state == SA_SIGNING || sa->state == SA_ANSWERING)
		own_value(sa, now, method, value);
}

void
x_auth_resume(struct ike_sa *sa, struct instant now)
{
	struct msg m;

	sa_touch(sa);
	if (sa->state == SA_ESTABLISHED)
		proof_resume(sa, now);
	if (sa->state != SA_CHECKING && sa->state != SA_VERIFYING)
		return;
	if (sa->setup == NULL || !kept_inner(sa, &m)) {
		no_memory(sa, now);
		return;
	}
	if (sa->state == SA_CHECKING)
		judge_answer(sa, now, &m);
	else
		judge_request(sa, now, &m);
}
