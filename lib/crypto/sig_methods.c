/*
 * Announcements, one behind the other, each with its own length (RFC 9593
 * sections 3.2.1 to 3.2.3):
 *
 *   length (2), method                            pre-shared key
 *   length (3), method, CA                        RSA, ECDSA of old
 *   length (>3), method, CA, AlgorithmIdentifier  digital signature
 *
 * CA is a number among the CAs of the CERTREQ payload.  Ours is 0 for any, and
 * the peer's is passed over: we have one certificate for it.
 */
#include "crypto/sig_methods.h"

#include "crypto/cert_inner.h"
#include "crypto/sig_alg.h"
#include "util/array.h"

/* A set has a bit for each row of sig_alg's table, and this one. */
#define CAME	(UINT32_C(1) << 31)
_Static_assert(SIG_ALG_COUNT < 31, "rows and the bit beside fit");

static const enum sig_method plain[] = {
	SIG_METHOD_RSA, SIG_METHOD_ECDSA_256, SIG_METHOD_ECDSA_384,
	SIG_METHOD_ECDSA_521,
};

void
sig_methods_write(struct wr *w, bool psk, bool signatures)
{
	const struct sig_alg *a;

	if (psk) {
		wr_u8(w, 2);
		wr_u8(w, SIG_METHOD_PSK);
	}
	for (size_t i = 0; signatures && (a = sig_alg_at(i)) != NULL; i++) {
		if (a->hash == SIG_SHA1)
			continue;
		wr_u8(w, (uint8_t)(3 + a->n));
		wr_u8(w, SIG_METHOD_DIGITAL);
		wr_u8(w, 0);
		wr_bytes(w, bytes_of(a->der, a->n));
	}
	for (size_t i = 0; signatures && i < ARRAY_SIZE(plain); i++) {
		wr_u8(w, 3);
		wr_u8(w, plain[i]);
		wr_u8(w, 0);
	}
}

/* The row's bit, or 0. */
static uint32_t
bit_of(struct bytes der)
{
	struct reason why;
	const struct sig_alg *found = sig_alg_parse(der, &why), *a;

	for (size_t i = 0; (a = sig_alg_at(i)) != NULL; i++) {
		if (a == found)
			return UINT32_C(1) << i;
	}
	return 0;
}

bool
sig_methods_read(struct bytes data, uint32_t *set)
{
	struct rd r = rd_of(data);
	uint32_t found = CAME;

	while (r.n > 0 && !r.bad) {
		uint8_t n = rd_u8(&r), method = rd_u8(&r);
		struct rd rest;

		if (r.bad || n < 2)
			return false;
		rest = rd_sub(&r, n - 2U);
		if (r.bad || rest.bad)
			return false;
		if (method != SIG_METHOD_DIGITAL || rest.n < 2)
			continue;
		rd_u8(&rest);
		found |= bit_of(rd_rest(&rest));
	}
	if (r.bad)
		return false;
	*set = found;
	return true;
}

/* Hashes with which the peer takes signatures of this kind. */
static unsigned
hashes_of(uint32_t set, enum pkey_family family, bool pss)
{
	const struct sig_alg *a;
	unsigned hashes = 0;

	for (size_t i = 0; (a = sig_alg_at(i)) != NULL; i++) {
		if ((set >> i & 1) != 0 && a->family == family &&
		    a->pss == pss && a->hash != SIG_SHA1)
			hashes |= SIG_BIT(a->hash);
	}
	return hashes;
}

void
sig_methods_choose(uint32_t set, const struct cert *cert, unsigned *hashes,
    unsigned *flags)
{
	bool pss = (*flags & SIG_RSA_PSS) != 0;
	struct pkey_kind kind;
	unsigned common;

	pkey_kind(X509_get0_pubkey(cert->x509), &kind);
	if (kind.family != PKEY_RSA)
		pss = false;
	common = *hashes & hashes_of(set, kind.family, pss);
	if (common == 0 && kind.family == PKEY_RSA) {
		pss = !pss;
		common = *hashes & hashes_of(set, kind.family, pss);
	}
	if (common == 0)
		return;
	*hashes = common | SIG_ANNOUNCED;
	if (kind.family == PKEY_RSA)
		*flags = (*flags & ~(unsigned)SIG_RSA_PSS) |
		    (pss ? SIG_RSA_PSS : 0);
}
