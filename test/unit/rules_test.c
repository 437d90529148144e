/* Which payloads an exchange must and may carry: RFC 7296 appendix C. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/rules.h"
#include "util/array.h"

#define B(name)		PL_BIT(PL_##name)
#define INIT		(B(SA) | B(KE) | B(NONCE))
#define CHILD		(B(SA) | B(TSI) | B(TSR))
#define EVERY		UINT32_C(0xffff)	/* SA to EAP */
#define SYNTAX		N_INVALID_SYNTAX
#define NO_AUTH		N_AUTHENTICATION_FAILED

enum { REQUEST = 0, RESPONSE = 1 };

/*
 * Complete messages.  Each of must is indispensable, each of may is welcome,
 * and every other payload makes the message invalid.
 */
static const struct {
	const char	*what;
	uint8_t		 exchange;
	bool		 response;
	uint32_t	 must, may;
} full[] = {
	{ "IKE_SA_INIT request", IKE_SA_INIT, REQUEST, INIT,
	    B(NOTIFY) | B(VENDOR) },
	{ "IKE_SA_INIT response", IKE_SA_INIT, RESPONSE, INIT,
	    B(NOTIFY) | B(VENDOR) | B(CERTREQ) },
	{ "IKE_SESSION_RESUME request", IKE_SESSION_RESUME, REQUEST,
	    B(NONCE) | B(NOTIFY), B(VENDOR) },
	{ "IKE_SESSION_RESUME response", IKE_SESSION_RESUME, RESPONSE,
	    B(NONCE), B(NOTIFY) | B(VENDOR) },
	{ "IKE_AUTH request", IKE_AUTH, REQUEST, CHILD | B(IDI) | B(AUTH),
	    B(NOTIFY) | B(VENDOR) | B(IDR) | B(CERT) | B(CERTREQ) | B(CP) },
	{ "IKE_AUTH response", IKE_AUTH, RESPONSE, CHILD | B(IDR) | B(AUTH),
	    B(NOTIFY) | B(VENDOR) | B(CERT) | B(CP) },
	{ "IKE_INTERMEDIATE request", IKE_INTERMEDIATE, REQUEST, B(KE),
	    B(NOTIFY) | B(VENDOR) },
	{ "IKE_INTERMEDIATE response", IKE_INTERMEDIATE, RESPONSE, B(KE),
	    B(NOTIFY) | B(VENDOR) },
	{ "IKE_FOLLOWUP_KE request", IKE_FOLLOWUP_KE, REQUEST,
	    B(KE) | B(NOTIFY), B(VENDOR) },
	{ "IKE_FOLLOWUP_KE response", IKE_FOLLOWUP_KE, RESPONSE, B(KE),
	    B(NOTIFY) | B(VENDOR) },
	{ "CREATE_CHILD_SA request for a child", CREATE_CHILD_SA, REQUEST,
	    CHILD | B(NONCE), B(NOTIFY) | B(VENDOR) | B(KE) | B(CP) },
	{ "CREATE_CHILD_SA response for a child", CREATE_CHILD_SA, RESPONSE,
	    CHILD | B(NONCE), B(NOTIFY) | B(VENDOR) | B(KE) | B(CP) },
	{ "CREATE_CHILD_SA request for the IKE SA", CREATE_CHILD_SA, REQUEST,
	    INIT, B(NOTIFY) | B(VENDOR) },
	{ "CREATE_CHILD_SA response for the IKE SA", CREATE_CHILD_SA,
	    RESPONSE, INIT, B(NOTIFY) | B(VENDOR) },
	{ "INFORMATIONAL request", INFORMATIONAL, REQUEST, 0,
	    B(NOTIFY) | B(VENDOR) | B(DELETE) | B(CP) },
	{ "INFORMATIONAL response", INFORMATIONAL, RESPONSE, 0,
	    B(NOTIFY) | B(VENDOR) | B(DELETE) | B(CP) },
};

/* A message of these payloads, with a notify of this type unless 0. */
static uint16_t
check(uint8_t exchange, bool response, uint32_t seen, uint16_t notify)
{
	struct msg m = { .seen = seen };

	if (notify != 0) {
		m.seen |= B(NOTIFY);
		m.notifies[m.notifies_n++].type = notify;
	}
	return rules_check(exchange, response, &m);
}

static void
test_full(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(full); i++) {
		const uint32_t must = full[i].must, may = full[i].may;

		print_message("  %s\n", full[i].what);
		assert_int_equal(check(full[i].exchange, full[i].response,
		    must, 0), N_NONE);
		assert_int_equal(check(full[i].exchange, full[i].response,
		    must | may, 0), N_NONE);
		for (uint32_t bit = 1; (bit & EVERY) != 0; bit <<= 1) {
			uint16_t got = check(full[i].exchange,
			    full[i].response, must ^ bit, 0);

			if ((may & bit) != 0)
				assert_int_equal(got, N_NONE);
			else if (full[i].exchange == IKE_AUTH &&
			    !full[i].response && bit == B(AUTH))
				assert_int_equal(got, NO_AUTH);
			else
				assert_int_equal(got, SYNTAX);
		}
	}
}

static const struct {
	const char	*what;
	uint8_t		 exchange;
	bool		 response;
	uint32_t	 seen;
	uint16_t	 notify;
	uint16_t	 verdict;
} rows[] = {
	{ "a cookie alone answers IKE_SA_INIT", IKE_SA_INIT, RESPONSE, 0,
	    N_COOKIE, N_NONE },
	{ "and IKE_SESSION_RESUME", IKE_SESSION_RESUME, RESPONSE, 0, N_COOKIE,
	    N_NONE },
	{ "so does TICKET_NACK", IKE_SESSION_RESUME, RESPONSE, 0,
	    N_TICKET_NACK, N_NONE },
	{ "but not IKE_SA_INIT", IKE_SA_INIT, RESPONSE, 0, N_TICKET_NACK,
	    SYNTAX },
	{ "a cookie with vendor ids does, too", IKE_SA_INIT, RESPONSE,
	    B(VENDOR), N_COOKIE, N_NONE },
	{ "a cookie alone is no request", IKE_SA_INIT, REQUEST, 0, N_COOKIE,
	    SYNTAX },
	{ "a cookie is no excuse in IKE_AUTH", IKE_AUTH, RESPONSE, 0,
	    N_COOKIE, SYNTAX },
	{ "a cookie is no excuse in CREATE_CHILD_SA", CREATE_CHILD_SA,
	    RESPONSE, 0, N_COOKIE, SYNTAX },
	{ "another group is asked for by a notify alone", IKE_SA_INIT,
	    RESPONSE, 0, N_INVALID_KE_PAYLOAD, N_NONE },
	{ "an error alone answers IKE_AUTH", IKE_AUTH, RESPONSE, 0,
	    N_AUTHENTICATION_FAILED, N_NONE },
	{ "a child may fail where IKE_AUTH does not", IKE_AUTH, RESPONSE,
	    B(IDR) | B(AUTH), N_TS_UNACCEPTABLE, N_NONE },
	{ "no child at all is for the handler to judge (RFC 6023)", IKE_AUTH,
	    RESPONSE, B(IDR) | B(AUTH), 0, N_NONE },
	{ "a request without a child likewise", IKE_AUTH, REQUEST,
	    B(IDI) | B(AUTH), 0, N_NONE },
	{ "half a child is refused", IKE_AUTH, RESPONSE,
	    B(IDR) | B(AUTH) | B(SA), 0, SYNTAX },
	{ "selectors without an SA are refused", IKE_AUTH, REQUEST,
	    B(IDI) | B(AUTH) | B(TSI) | B(TSR), 0, SYNTAX },
	{ "an error alone answers CREATE_CHILD_SA", CREATE_CHILD_SA,
	    RESPONSE, 0, N_TEMPORARY_FAILURE, N_NONE },
	{ "an error that we do not know answers, too", CREATE_CHILD_SA,
	    RESPONSE, 0, 12345, N_NONE },
	{ "the reserved notify type is no error", CREATE_CHILD_SA, RESPONSE,
	    B(NOTIFY), 0, SYNTAX },
	{ "an error is no excuse for a request", CREATE_CHILD_SA, REQUEST, 0,
	    N_TEMPORARY_FAILURE, SYNTAX },
	{ "an error is no excuse for what does not belong", CREATE_CHILD_SA,
	    RESPONSE, B(AUTH), N_TEMPORARY_FAILURE, SYNTAX },
	{ "an error is no excuse for SK inside SK", INFORMATIONAL, RESPONSE,
	    B(SK), N_INVALID_SYNTAX, SYNTAX },
	{ "an error may be told by a request of INFORMATIONAL",
	    INFORMATIONAL, REQUEST, 0, N_INVALID_SYNTAX, N_NONE },
	{ "nothing at all is liveness", INFORMATIONAL, REQUEST, 0, 0,
	    N_NONE },
	{ "EAP is asked for by leaving AUTH out", IKE_AUTH, REQUEST,
	    CHILD | B(IDI) | B(CERTREQ) | B(CP), 0, NO_AUTH },
	{ "EAP itself is refused", IKE_AUTH, REQUEST, B(EAP), 0, SYNTAX },
	{ "half of a child is none", CREATE_CHILD_SA, REQUEST,
	    INIT | B(TSI), 0, SYNTAX },
	{ "the IKE SA's keys have no selectors beside CP", CREATE_CHILD_SA,
	    REQUEST, INIT | B(CP), 0, SYNTAX },
	{ "an exchange below the first is unknown", 33, REQUEST, 0, 0,
	    SYNTAX },
	{ "an exchange above the last is unknown", 38, REQUEST, 0, 0,
	    SYNTAX },
	{ "an exchange of 0 is unknown", 0, RESPONSE, 0, N_INVALID_SYNTAX,
	    SYNTAX },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("  %s\n", rows[i].what);
		assert_int_equal(check(rows[i].exchange, rows[i].response,
		    rows[i].seen, rows[i].notify), rows[i].verdict);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
