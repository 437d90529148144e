/*
 * Whom we believe, with fixed CAs: chains against them, CRLs and OCSP responses
 * about a good chain, CAs and keys of a file.  The first octet says what the
 * rest is: a chain (each certificate behind its length), a CRL, an OCSP
 * response, a PEM file.  How certificates and names are read is in cert.c.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/ocsp.h"
#include "crypto/prf.h"
#include "crypto/sig.h"
#include "fuzz/cert_house.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define NOW	CERT_HOUSE_NOW

static struct {
	struct trust	*trust;
	struct cert_chain chain;	/* leaf and sub */
} house;

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static struct trust *
new_trust(void)
{
	struct trust *t = trust_new();
	struct reason why;

	require(t != NULL && trust_add_pem(t, bytes_str(root_pem), &why));
	return t;
}

static void
furnish(void)
{
	char both[sizeof(leaf_pem) + sizeof(sub_pem)];
	struct reason why;

	if (house.trust != NULL)
		return;
	require(crypto_init());
	house.trust = new_trust();
	str_fmt(both, sizeof(both), "%s%s", leaf_pem, sub_pem);
	require(cert_chain_read_pem(&house.chain, bytes_str(both), &why));
}

static void
require_text(const char *s)
{
	for (; *s != '\0'; s++)
		require(*s >= ' ' && *s <= '~');
}

static void
verify(const struct trust *t, const struct cert_chain *ch)
{
	static const struct trust_policy policies[] = {
		{ .crl = TRUST_CRL_IF_ANY }, { .crl = TRUST_CRL_REQUIRED },
		{ .crl = TRUST_CRL_IGNORED, .sha1_ok = true },
	};

	for (size_t i = 0; i < 3; i++) {
		struct trust_verdict v;
		bool ok = trust_verify(t, ch, NOW, &policies[i], &v);

		require(ok == (v.result == TRUST_OK));
		require(ok == (v.why.s[0] == '\0'));
		require(!ok || (v.not_after >= NOW && v.chain_until >= NOW));
		require_text(v.why.s);
		require_text(v.subject);
		require_text(v.anchor);
	}
}

static void
try_chain(struct bytes in)
{
	struct bytes der[CERT_CHAIN_MAX + 2];
	struct cert_chain ch;
	struct rd r = rd_of(in);
	struct reason why;
	uint8_t buf[2048];
	struct wr w = wr_of(buf, sizeof(buf));
	size_t n = 0;

	while (r.n > 0 && n < CERT_CHAIN_MAX + 2) {
		uint16_t len = rd_u16(&r);

		der[n++] = rd_bytes(&r, len < r.n ? len : r.n);
	}
	if (!cert_chain_read(&ch, der, n, &why)) {
		require_text(why.s);
		return;
	}
	verify(house.trust, &ch);
	if (trust_issuer(house.trust, &ch) != NULL)
		(void)ocsp_request(ch.cert[0], trust_issuer(house.trust, &ch),
		    &w);
	cert_chain_fini(&ch);
}

static void
try_crl(struct bytes in)
{
	struct trust *t = new_trust();
	struct reason why;

	if (trust_add_crl(t, in, &why)) {
		require(trust_crls(t) == 1);
		require(trust_add_crl(t, in, &why) && trust_crls(t) == 1);
	} else {
		require_text(why.s);
	}
	verify(t, &house.chain);
	trust_free(t);
}

static void
try_ocsp(struct bytes in)
{
	struct ocsp_answer a;

	ocsp_check(house.trust, &house.chain, house.chain.cert[1], in,
	    NOW, &a);
	require((a.status == OCSP_GOOD) == (a.why.s[0] == '\0'));
	require_text(a.why.s);
}

static void
try_pem(struct bytes in)
{
	struct trust *t = trust_new();
	struct cert_chain ch;
	struct sig_key *key;
	struct reason why;

	if (trust_add_pem(t, in, &why))
		require(trust_cas(t) > 0 && trust_anchors(t) > 0);
	else
		require(trust_cas(t) == 0);
	if (cert_chain_read_pem(&ch, in, &why)) {
		verify(t, &ch);
		cert_chain_fini(&ch);
	}
	key = sig_key_load(in, &why);
	sig_key_free(key);
	trust_free(t);
}

/* Numbered as in cert.c. */
static void (*const tries[])(struct bytes) = {
	[0] = try_chain, [1] = try_crl, [2] = try_ocsp, [6] = try_pem,
};

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	furnish();
	if (n > 0 && p[0] < sizeof(tries) / sizeof(tries[0]) &&
	    tries[p[0]] != NULL)
		tries[p[0]](bytes_of(p + 1, n - 1));
	return 0;
}
