/*
 * Where a chain of our own leads to, as far as we can tell from it and from
 * our CAs: who is asked for by CERTREQ need not be the issuer itself, any CA
 * above it does (RFC 7296 section 3.7).
 */
#include "crypto/trust.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crypto/trust_inner.h"

bool
trust_issued(const struct cert *ca, const struct cert *c)
{
	return X509_check_issued(ca->x509, c->x509) == X509_V_OK &&
	    X509_verify(c->x509, X509_get0_pubkey(ca->x509)) == 1;
}

static const struct cert *
issuer_of(const struct trust *t, const struct cert_chain *ch,
    const struct cert *c)
{
	for (size_t i = 1; i < ch->n; i++) {
		if (trust_issued(ch->cert[i], c))
			return ch->cert[i];
	}
	for (size_t i = 0; t != NULL && i < t->cas_n; i++) {
		if (trust_issued(t->cas[i].cert, c))
			return t->cas[i].cert;
	}
	return NULL;
}

bool
trust_path(const struct trust *t, const struct cert_chain *ch, struct wr *w)
{
	const struct cert *c = ch->cert[0], *ca = NULL;
	uint8_t hash[TRUST_HASH_LEN];

	for (unsigned i = 0; i < TRUST_PATH_MAX; i++, c = ca) {
		ca = issuer_of(t, ch, c);
		if (ca == NULL || ca == c)
			break;
		if (trust_key_hash(ca, hash))
			wr_bytes(w, bytes_of(hash, sizeof(hash)));
	}
	ERR_clear_error();
	return ca != NULL && ca == c && !w->bad;
}

bool
trust_leads(const struct trust *t, const struct cert_chain *ch,
    const struct cert *c)
{
	for (unsigned i = 0; i < TRUST_PATH_MAX; i++) {
		const struct cert *up = NULL;

		if (X509_check_ca(c->x509) != 1)
			return false;
		for (size_t k = 0; k < t->cas_n; k++) {
			if (trust_issued(t->cas[k].cert, c))
				return true;
		}
		for (size_t k = 1; up == NULL && k < ch->n; k++) {
			if (ch->cert[k] != c && trust_issued(ch->cert[k], c))
				up = ch->cert[k];
		}
		if (up == NULL)
			return false;
		c = up;
	}
	return false;
}
