/*
 * The table of RFC 7296 appendix C, with the exchanges of RFC 9370.
 * CREATE_CHILD_SA has one row for a child and one for the IKE SA: the first
 * that fits decides.  It says nothing about the insides of payloads, nor about
 * which exchange a state permits.
 */
#include "ike/rules.h"

#include "util/array.h"

#define B(name)		PL_BIT(PL_##name)
#define ANYWHERE	(B(NOTIFY) | B(VENDOR))
#define CHILD		(B(SA) | B(TSI) | B(TSR))

static const struct rule {
	uint8_t		exchange;
	bool		response;
	uint32_t	required;
	uint32_t	allowed;	/* besides what is required */
	uint16_t	verdict;	/* on what fits */
} table[] = {
	{ IKE_SA_INIT, false, B(SA) | B(KE) | B(NONCE), ANYWHERE, N_NONE },
	{ IKE_SA_INIT, true, B(SA) | B(KE) | B(NONCE),
	    ANYWHERE | B(CERTREQ), N_NONE },
	/* RFC 5723 section 4.3.2: the ticket is a notify */
	{ IKE_SESSION_RESUME, false, B(NONCE) | B(NOTIFY), ANYWHERE, N_NONE },
	{ IKE_SESSION_RESUME, true, B(NONCE), ANYWHERE, N_NONE },
	{ IKE_AUTH, false, CHILD | B(IDI) | B(AUTH),
	    ANYWHERE | B(IDR) | B(CERT) | B(CERTREQ) | B(CP), N_NONE },
	/* RFC 6023 section 3: without a child, where both sides can */
	{ IKE_AUTH, false, B(IDI) | B(AUTH),
	    ANYWHERE | B(IDR) | B(CERT) | B(CERTREQ), N_NONE },
	/* section 2.16: "... by leaving out the AUTH payload" */
	{ IKE_AUTH, false, CHILD | B(IDI),
	    ANYWHERE | B(IDR) | B(CERT) | B(CERTREQ) | B(CP),
	    N_AUTHENTICATION_FAILED },
	{ IKE_AUTH, true, CHILD | B(IDR) | B(AUTH),
	    ANYWHERE | B(CERT) | B(CP), N_NONE },
	{ IKE_AUTH, true, B(IDR) | B(AUTH), ANYWHERE | B(CERT), N_NONE },
	/* RFC 9370 section 2.2.2: one key exchange, after IKE_SA_INIT */
	{ IKE_INTERMEDIATE, false, B(KE), ANYWHERE, N_NONE },
	{ IKE_INTERMEDIATE, true, B(KE), ANYWHERE, N_NONE },
	/* section 2.2.4: and after CREATE_CHILD_SA */
	{ IKE_FOLLOWUP_KE, false, B(KE) | B(NOTIFY), ANYWHERE, N_NONE },
	{ IKE_FOLLOWUP_KE, true, B(KE), ANYWHERE, N_NONE },
	/* a child: new, or rekeyed when N(REKEY_SA) is there */
	{ CREATE_CHILD_SA, false, CHILD | B(NONCE),
	    ANYWHERE | B(KE) | B(CP), N_NONE },
	{ CREATE_CHILD_SA, true, CHILD | B(NONCE),
	    ANYWHERE | B(KE) | B(CP), N_NONE },
	/* the IKE SA itself */
	{ CREATE_CHILD_SA, false, B(SA) | B(NONCE) | B(KE), ANYWHERE, N_NONE },
	{ CREATE_CHILD_SA, true, B(SA) | B(NONCE) | B(KE), ANYWHERE, N_NONE },
	{ INFORMATIONAL, false, 0, ANYWHERE | B(DELETE) | B(CP), N_NONE },
	{ INFORMATIONAL, true, 0, ANYWHERE | B(DELETE) | B(CP), N_NONE },
};

uint16_t
rules_check(uint8_t exchange, bool response, const struct msg *m)
{
	/* Sections 1.2, 2.6, 2.21, RFC 5685 section 3: it stands alone. */
	bool bare = response && (msg_error(m) != NULL ||
	    (hdr_is_first(exchange) && (msg_notify(m, N_COOKIE) != NULL ||
	    msg_notify(m, N_REDIRECT) != NULL)) ||
	    (exchange == IKE_SESSION_RESUME &&
	    msg_notify(m, N_TICKET_NACK) != NULL));

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct rule *t = &table[i];

		if (t->exchange == exchange && t->response == response &&
		    (bare || (m->seen & t->required) == t->required) &&
		    (m->seen & ~(t->required | t->allowed)) == 0)
			return t->verdict;
	}
	return N_INVALID_SYNTAX;
}
