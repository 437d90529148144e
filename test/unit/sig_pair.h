/*
 * A private key with its certificate, what they sign in the tests, and
 * signatures by any algorithm, whatever our policy would choose.  cmocka's
 * assert_* must be declared before.
 */
#ifndef TEST_UNIT_SIG_PAIR_H
#define TEST_UNIT_SIG_PAIR_H

#include "crypto/sig_alg.h"
#include "unit/ca.h"

#define ALL	(SIG_ANNOUNCED | SIG_BIT(SIG_SHA1) | SIG_BIT(SIG_SHA2_256) | \
		    SIG_BIT(SIG_SHA2_384) | SIG_BIT(SIG_SHA2_512) |	\
		    SIG_BIT(SIG_IDENTITY))

static const char octets_text[] = "RealMessage1 | NonceRData | MACedIDForI";

static inline struct bytes
octets(void)
{
	return bytes_str(octets_text);
}

/* A key as both ends have it. */
struct pair {
	struct sig_key	*key;
	struct cert	*cert;
};

static inline struct pair
pair_new(const char *name)
{
	struct made m = ca_make(&(struct made_spec){
	    .subject = "CN=gw", .key = name });
	struct bytes pem = ca_key_pem(m.key);
	struct reason why;
	struct pair p = { sig_key_load(pem, &why), made_cert(&m) };

	assert_non_null(p.key);
	ca_free(pem);
	made_fini(&m);
	return p;
}

static inline void
pair_free(struct pair *p)
{
	sig_key_free(p->key);
	cert_free(p->cert);
}

/* Signs by a row of the table, whatever our policy would choose. */
static inline struct bytes
force(const char *key, const char *alg, uint8_t buf[static SIG_VALUE_MAX])
{
	struct pair p = pair_new(key);
	struct wr w = wr_of(buf, SIG_VALUE_MAX);
	const struct sig_alg *a = NULL;
	enum sig_method m;
	struct reason why;

	for (size_t i = 0; a == NULL || strcmp(a->name, alg) != 0; i++)
		assert_non_null(a = sig_alg_at(i));
	assert_true(sig_sign(p.key, SIG_BIT(a->hash), SIG_SHA1_OK |
	    (a->pss ? SIG_RSA_PSS : 0), octets(), &m, &w, NULL, &why));
	assert_int_equal(m, SIG_METHOD_DIGITAL);
	pair_free(&p);
	return wr_done(&w);
}

#endif
