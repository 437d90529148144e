/*
 * Mixing pre-shared keys in IKEv2 for post-quantum security (RFC 8784).
 *
 *   HDR, SAi1, KEi, Ni, N(USE_PPK)  -->
 *                   <--  HDR, SAr1, KEr, Nr, N(USE_PPK)
 *   HDR, SK {IDi, AUTH, ..., N(PPK_IDENTITY)[, N(NO_PPK_AUTH)]}  -->
 *                   <--  HDR, SK {IDr, AUTH, ..., N(PPK_IDENTITY)}
 *
 *   SK_d = prf+(PPK, SK_d'), SK_pi = prf+(PPK, SK_pi'), SK_pr = prf+(...)
 *
 * The host has the PPK, mixes the three keys and hands them back.  Both sets
 * of keys are at hand until the SA is established: the SA's own, and the other
 * one here.  Only IKE_AUTH is touched; what comes later follows from SK_d.
 */
#include "ike/x_ppk.h"

#include <stdlib.h>
#include <string.h>

#include "ike/auth.h"
#include "ike/peer.h"

/* Section 5.1: a fixed octet string.  Opaque ones (1) are others' affair. */
#define PPK_ID_FIXED	2

struct ppk {
	struct key	sk_d, sk_pi, sk_pr;	/* that sa->keys has not */
	bool		use;		/* it will be, or is, mixed in */
	bool		asked;		/* the host is mixing */
	bool		mixed;		/* sa->keys are those with the PPK */
	bool		plain_asked;	/* the host makes NO_PPK_AUTH's value */
	uint16_t	auth_n;		/* of which there are so many octets */
	uint8_t		auth[SIG_VALUE_MAX];
};

static bool
has_ppk(const struct ike_peer *p)
{
	return p->conf.ppk_id[0] != '\0';
}

static void
key_swap(struct key *a, struct key *b)
{
	struct key c = *a;

	*a = *b;
	*b = c;
	wipe(&c, sizeof(c));
}

static void
swap(struct ike_sa *sa)
{
	struct ppk *p = sa->setup->ppk;

	key_swap(&sa->keys.sk_d, &p->sk_d);
	key_swap(&sa->keys.sk_pi, &p->sk_pi);
	key_swap(&sa->keys.sk_pr, &p->sk_pr);
}

/* --- IKE_SA_INIT --- */

void
x_ppk_build_init(struct build *b, const struct ike_sa *sa)
{
	if (sa->initiator ? has_ppk(sa->peer) : sa->setup->ppk != NULL)
		build_notify(b, N_USE_PPK, (struct bytes){ 0 });
}

/* Section 3: without N(USE_PPK), an initiator that needs it "MUST abort". */
bool
x_ppk_hear_init(struct ike_sa *sa, const struct msg *m, struct reason *why)
{
	bool spoken = msg_notify(m, N_USE_PPK) != NULL;

	if (sa->initiator && !spoken && sa->peer->conf.ppk_required) {
		reason_set(why, "the peer does not do PPKs (RFC 8784), which "
		    "ppk_required asks for");
		return false;
	}
	if (!spoken || (peer_traits(sa) & ANYONE_PPK) == 0)
		return true;
	sa->setup->ppk = calloc(1, sizeof(*sa->setup->ppk));
	if (sa->setup->ppk == NULL) {
		reason_set(why, "out of memory");
		return false;
	}
	sa->setup->ppk->use = sa->initiator;
	return true;
}

/* --- the host's part --- */

bool
x_ppk_due(const struct ike_sa *sa)
{
	const struct ppk *p = sa->setup->ppk;

	return p != NULL && p->use && !p->mixed;
}

bool
x_ppk_ask(struct ike_sa *sa)
{
	const struct keys *k = &sa->keys;
	size_t cap = k->sk_d.n + k->sk_pi.n + k->sk_pr.n;
	uint8_t *octets = malloc(cap);
	struct wr w = wr_of(octets, cap);

	if (octets == NULL)
		return false;
	wr_bytes(&w, key_bytes(&k->sk_d));
	wr_bytes(&w, key_bytes(&k->sk_pi));
	wr_bytes(&w, key_bytes(&k->sk_pr));
	sa->setup->ppk->asked = auth_ask_keys(sa, octets, w.n);
	return sa->setup->ppk->asked;
}

bool
x_ppk_asked(const struct ike_sa *sa)
{
	return sa->setup->ppk != NULL && sa->setup->ppk->asked;
}

bool
x_ppk_take(struct ike_sa *sa, struct bytes value)
{
	struct ppk *p = sa->setup->ppk;
	size_t n = sa->suite.prf->key_len;
	struct rd r = rd_of(value);

	p->asked = false;
	if (value.n != 3 * n)
		return false;
	p->mixed = key_set(&p->sk_d, rd_bytes(&r, n)) &&
	    key_set(&p->sk_pi, rd_bytes(&r, n)) &&
	    key_set(&p->sk_pr, rd_bytes(&r, n));
	if (p->mixed)
		swap(sa);
	sa->ppk = p->mixed;
	return p->mixed;
}

/* --- initiator --- */

bool
x_ppk_ask_plain(struct ike_sa *sa)
{
	struct ppk *p = sa->setup->ppk;
	struct reason why;

	if (p == NULL || !sa->initiator || sa->peer->conf.ppk_required ||
	    p->auth_n > 0)
		return false;
	swap(sa);
	p->plain_asked = auth_ask_own(sa, &why);
	swap(sa);
	return p->plain_asked;
}

bool
x_ppk_keep_plain(struct ike_sa *sa, struct bytes value)
{
	struct ppk *p = sa->setup->ppk;

	if (p == NULL || !p->plain_asked)
		return false;
	p->plain_asked = false;
	memcpy(p->auth, value.p, value.n);
	p->auth_n = (uint16_t)value.n;
	return true;
}

void
x_ppk_forget_plain(struct ike_sa *sa)
{
	if (sa->setup->ppk == NULL)
		return;
	sa->setup->ppk->plain_asked = false;
	sa->setup->ppk->auth_n = 0;
}

void
x_ppk_build_request(struct build *b, const struct ike_sa *sa)
{
	const struct ppk *p = sa->setup->ppk;
	uint8_t data[1 + IKE_PPK_ID_LEN];
	struct wr w = wr_of(data, sizeof(data));

	if (p == NULL)
		return;
	wr_u8(&w, PPK_ID_FIXED);
	wr_bytes(&w, bytes_str(sa->peer->conf.ppk_id));
	build_notify(b, N_PPK_IDENTITY, wr_done(&w));
	if (p->auth_n > 0)
		build_notify(b, N_NO_PPK_AUTH, bytes_of(p->auth, p->auth_n));
}

bool
x_ppk_hear_answer(struct ike_sa *sa, const struct msg *m, struct reason *why)
{
	struct ppk *p = sa->setup->ppk;

	if (p == NULL || msg_notify(m, N_PPK_IDENTITY) != NULL)
		return true;
	if (sa->peer->conf.ppk_required) {
		reason_set(why, "the peer did not use the PPK \"%s\", which "
		    "ppk_required asks for", sa->peer->conf.ppk_id);
		return false;
	}
	swap(sa);
	p->use = p->mixed = sa->ppk = false;
	return true;
}

/* --- responder --- */

static bool
is_ours(const struct ike_peer *p, const struct pl_notify *n)
{
	struct rd r;

	if (n == NULL || !has_ppk(p))
		return false;
	r = rd_of(n->data);
	return rd_u8(&r) == PPK_ID_FIXED &&
	    bytes_eq(rd_rest(&r), bytes_str(p->conf.ppk_id));
}

static void
tell(const struct ike_sa *sa, const struct pl_notify *n)
{
	struct story *s = peer_story(sa->peer, STORY_AUTH_VALUE);
	char came[160] = "none";

	if (n != NULL && n->data.n > 0)
		str_escape(came, sizeof(came), bytes_of(n->data.p + 1,
		    n->data.n - 1));
	story_add(s, "PPK that came", "%s", came);
	story_add(s, "PPK expected", "%s", has_ppk(sa->peer) ?
	    sa->peer->conf.ppk_id : "none");
}

/*
 * Section 3, table 1: received USE_PPK, received NO_PPK_AUTH, configured with
 * this PPK, PPK is mandatory.
 */
bool
x_ppk_hear_request(struct ike_sa *sa, const struct msg *m, struct reason *why)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;
	const struct pl_notify *id = msg_notify(m, N_PPK_IDENTITY);
	const struct pl_notify *plain = msg_notify(m, N_NO_PPK_AUTH);
	struct ppk *p = sa->setup->ppk;

	/* RFC 5723: a resumed SA has what the old one's SK_d was mixed with. */
	if (sa->setup->resume != NULL || (p == NULL && !conf->ppk_required))
		return true;
	if (p == NULL) {
		tell(sa, NULL);
		reason_set(why, "the peer does not use a PPK (RFC 8784), "
		    "which ppk_required asks for");
		return false;
	}
	p->use = is_ours(sa->peer, id);
	if (p->use || (plain != NULL && !conf->ppk_required))
		return true;
	tell(sa, id);
	if (conf->ppk_required)
		reason_set(why, "the peer does not use the PPK \"%s\", which "
		    "ppk_required asks for", conf->ppk_id);
	else
		reason_set(why, "the peer insists on a PPK that we do not "
		    "have");
	return false;
}

void
x_ppk_amend(const struct ike_sa *sa, struct msg *m)
{
	const struct pl_notify *plain = msg_notify(m, N_NO_PPK_AUTH);

	if (!sa->initiator && sa->setup->ppk != NULL && !sa->setup->ppk->use &&
	    plain != NULL)
		m->auth.data = plain->data;
}

void
x_ppk_build_answer(struct build *b, const struct ike_sa *sa)
{
	/* Section 3: "with no data" here */
	if (sa->setup->ppk != NULL && sa->setup->ppk->mixed)
		build_notify(b, N_PPK_IDENTITY, (struct bytes){ 0 });
}

/* --- both --- */

const char *
x_ppk_suspects(const struct ike_sa *sa)
{
	return sa->setup->ppk != NULL && sa->setup->ppk->mixed ?
	    "pre-shared keys or PPKs differ" : "pre-shared keys differ";
}

void
x_ppk_free(struct ppk *p)
{
	if (p == NULL)
		return;
	wipe(p, sizeof(*p));
	free(p);
}
