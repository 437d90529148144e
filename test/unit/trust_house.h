/*
 * A house for the verification of chains: which CAs and which leaf there are,
 * and what of it is sent, believed and revoked.  cmocka's assert_* must be
 * declared before.
 */
#ifndef TEST_UNIT_TRUST_HOUSE_H
#define TEST_UNIT_TRUST_HOUSE_H

#include "crypto/trust.h"
#include "unit/ca.h"

#define DAYS(n)	(CA_NOW + (n) * CA_DAY)
#define CA_USAGE	"critical,keyCertSign,cRLSign"

static const struct trust_policy if_any = { .crl = TRUST_CRL_IF_ANY };

enum who { ROOT, SUB, SUB2, LEAF, WHO };

struct house {
	const char	*what;
	struct made_spec spec[WHO];	/* issuer is filled in */
	bool		 no_sub, sub2;	/* levels between root and leaf */
	bool		 not_trusted, sub_is_trusted, not_sent;
	struct trust_policy policy;
	struct crl_spec	 crl[2];	/* issuer: NULL; of root, of sub */
	bool		 has_crl[2];
	int64_t		 now;		/* 0: CA_NOW */
	enum trust_result result;
	unsigned	 depth;
	const char	*says;		/* NULL: good */
};

static inline struct made_spec
with_defaults(const struct house *h, enum who who, const struct made *issuer)
{
	static const char *const names[] = { "O=T, CN=Root", "O=T, CN=Sub",
	    "O=T, CN=Sub2", "O=T, CN=gw1" };
	static const char *const keys[] = { "P-384", "P-256", "P-256/3",
	    "P-256/2" };
	struct made_spec s = h->spec[who];

	s.issuer = s.issuer != NULL ? s.issuer : issuer;
	s.subject = s.subject != NULL ? s.subject : names[who];
	s.key = s.key != NULL ? s.key : keys[who];
	s.serial = s.serial != 0 ? s.serial : (long)who + 1;
	if (s.basic == NULL && who != LEAF)
		s.basic = "critical,CA:TRUE";
	else if (s.basic != NULL && s.basic[0] == '\0')
		s.basic = NULL;
	if (s.usage == NULL && who != LEAF)
		s.usage = CA_USAGE;
	return s;
}

struct built {
	struct made	m[WHO];
	struct trust	*trust;
	struct cert_chain chain;
};

static inline void
add_ca(struct trust *t, const struct made *m)
{
	struct bytes pem = made_pem(&m, 1);
	struct reason why;

	if (!trust_add_pem(t, pem, &why))
		fail_msg("%s", why.s);
	ca_free(pem);
}

static inline void
add_crl(struct trust *t, struct crl_spec s, const struct made *issuer)
{
	struct bytes pem;
	struct reason why;

	s.issuer = issuer;
	pem = ca_crl_pem(&s);
	if (!trust_add_crl(t, pem, &why))
		fail_msg("%s", why.s);
	ca_free(pem);
}

static inline void
build(struct built *b, const struct house *h)
{
	const struct made *issuer = NULL;
	struct bytes der[WHO];
	struct reason why;
	size_t n = 0;

	memset(b, 0, sizeof(*b));
	for (enum who w = ROOT; w < WHO; w++) {
		struct made_spec s;

		if ((w == SUB && h->no_sub) || (w == SUB2 && !h->sub2))
			continue;
		s = with_defaults(h, w, issuer);
		b->m[w] = ca_make(&s);
		issuer = &b->m[w];
	}
	b->trust = trust_new();
	if (!h->not_trusted)
		add_ca(b->trust, &b->m[ROOT]);
	if (h->sub_is_trusted)
		add_ca(b->trust, &b->m[SUB]);
	for (size_t i = 0; i < 2; i++) {
		if (h->has_crl[i])
			add_crl(b->trust, h->crl[i], &b->m[i == 0 ? ROOT :
			    SUB]);
	}
	der[n++] = made_der(&b->m[LEAF]);
	for (enum who w = ROOT; w < LEAF; w++) {
		if (b->m[w].x509 != NULL && !h->not_sent)
			der[n++] = made_der(&b->m[w]);
	}
	assert_true(cert_chain_read(&b->chain, der, n, &why));
	while (n > 0)
		OPENSSL_free((void *)(uintptr_t)der[--n].p);
}

static inline void
built_fini(struct built *b)
{
	trust_free(b->trust);
	cert_chain_fini(&b->chain);
	for (enum who w = ROOT; w < WHO; w++)
		made_fini(&b->m[w]);
}

#endif
