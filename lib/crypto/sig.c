/*
 * AUTH values by signature (RFC 7296 section 2.15).  Method 14 (RFC 7427)
 * carries its algorithm: one octet of length, an AlgorithmIdentifier, the
 * signature.  Methods 9 to 11 (RFC 4754) are ECDSA with the hash that belongs
 * to the curve and r | s of fixed length instead of DER.  Method 1 is RSA
 * PKCS #1 v1.5 with a hash that only the signature itself tells: on the way in
 * any SHA-2 is taken, on the way out it is SHA-1, and SHA-1 wants an opt-in
 * everywhere.  Shared keys are crypto/prf.h's.
 */
#include "crypto/sig.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/cert_inner.h"
#include "crypto/sig_alg.h"
#include "crypto/sig_key.h"
#include "util/array.h"

#define SIG_MAX		1024		/* of PKEY_RSA_MAX bits */

/* RFC 4754 section 7: curve, hash, octets of r and of s. */
static const struct rs_method {
	enum sig_method	method;
	unsigned	bits;
	enum sig_hash	hash;
	int		octets;
} rs_methods[] = {
	{ SIG_METHOD_ECDSA_256, 256, SIG_SHA2_256, 32 },
	{ SIG_METHOD_ECDSA_384, 384, SIG_SHA2_384, 48 },
	{ SIG_METHOD_ECDSA_521, 521, SIG_SHA2_512, 66 },
};

unsigned
sig_hashes(unsigned flags)
{
	unsigned set = SIG_BIT(SIG_SHA2_256) | SIG_BIT(SIG_SHA2_384) |
	    SIG_BIT(SIG_SHA2_512) | SIG_BIT(SIG_IDENTITY);

	return (flags & SIG_SHA1_OK) != 0 ? set | SIG_BIT(SIG_SHA1) : set;
}

void
sig_hashes_write(struct wr *w, unsigned set)
{
	for (uint16_t h = SIG_SHA1; h <= SIG_IDENTITY; h++) {
		if ((set & SIG_BIT(h)) != 0)
			wr_u16(w, h);
	}
}

bool
sig_hashes_read(struct bytes data, unsigned *set)
{
	struct rd r = rd_of(data);
	unsigned found = SIG_ANNOUNCED;

	while (r.n > 0 && !r.bad) {
		uint16_t h = rd_u16(&r);

		if (h >= SIG_SHA1 && h <= SIG_IDENTITY)
			found |= SIG_BIT(h);
	}
	if (!rd_done(&r))
		return false;
	*set = found;
	return true;
}

/* "ECDSA-P256-SHA2-256": the row's name with the curve in it. */
static void
name_used(struct sig_used *used, const struct sig_alg *a,
    const struct pkey_kind *kind)
{
	if (used == NULL)
		return;
	if (a->family == PKEY_EC)
		str_fmt(used->name, sizeof(used->name), "%s-%s", kind->name,
		    a->name + sizeof("ECDSA-") - 1);
	else
		str_set(used->name, sizeof(used->name), a->name);
}

static bool
set_padding(EVP_PKEY_CTX *ctx, const struct sig_alg *a)
{
	if (a->family != PKEY_RSA)
		return true;
	if (!a->pss)
		return EVP_PKEY_CTX_set_rsa_padding(ctx,
		    RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static bool
raw_sign(EVP_PKEY *key, const struct sig_alg *a, struct bytes octets,
    uint8_t sig[static SIG_MAX], size_t *n)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx;
	size_t len = SIG_MAX;
	bool ok;

	ok = md != NULL && EVP_DigestSignInit_ex(md, &ctx, sig_alg_digest(a),
	    NULL, NULL, key, NULL) == 1 && set_padding(ctx, a) &&
	    EVP_DigestSign(md, sig, &len, octets.p, octets.n) == 1;
	EVP_MD_CTX_free(md);
	ERR_clear_error();
	if (ok)
		*n = len;
	return ok;
}

static bool
raw_verify(EVP_PKEY *key, const struct sig_alg *a, struct bytes sig,
    struct bytes octets)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx;
	bool ok;

	ok = md != NULL && EVP_DigestVerifyInit_ex(md, &ctx,
	    sig_alg_digest(a), NULL, NULL, key, NULL) == 1 &&
	    set_padding(ctx, a) &&
	    EVP_DigestVerify(md, sig.p, sig.n, octets.p, octets.n) == 1;
	EVP_MD_CTX_free(md);
	ERR_clear_error();
	return ok;
}

/* --- r | s --- */

static bool
rs_from_der(const struct rs_method *m, struct bytes der,
    uint8_t rs[static SIG_MAX])
{
	const uint8_t *p = der.p;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
	bool ok;

	ok = sig != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), rs, m->octets) > 0 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), rs + m->octets,
	    m->octets) > 0;
	ECDSA_SIG_free(sig);
	return ok;
}

static bool
rs_to_der(const struct rs_method *m, struct bytes rs,
    uint8_t der[static SIG_MAX], size_t *n)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r, *s;
	int len = -1;

	if (sig == NULL || rs.n != 2 * (size_t)m->octets) {
		ECDSA_SIG_free(sig);
		return false;
	}
	r = BN_bin2bn(rs.p, m->octets, NULL);
	s = BN_bin2bn(rs.p + m->octets, m->octets, NULL);
	if (ECDSA_SIG_set0(sig, r, s) == 1) {
		len = i2d_ECDSA_SIG(sig, &der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	if (len <= 0)
		return false;
	*n = (size_t)len;
	return true;
}

static const struct rs_method *
rs_by_kind(const struct pkey_kind *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(rs_methods); i++) {
		if (kind->family == PKEY_EC && rs_methods[i].bits == kind->bits)
			return &rs_methods[i];
	}
	return NULL;
}

/* --- signing --- */

/* A hash as strong as the key (NIST SP 800-57 part 1, table 2). */
static enum sig_hash
natural_hash(const struct pkey_kind *kind)
{
	const struct rs_method *m = rs_by_kind(kind);

	if (kind->family == PKEY_ED25519 || kind->family == PKEY_ED448)
		return SIG_IDENTITY;
	if (m != NULL)
		return m->hash;
	return kind->bits <= 3072 ? SIG_SHA2_256 :
	    kind->bits <= 7680 ? SIG_SHA2_384 : SIG_SHA2_512;
}

/* The natural hash, else the next stronger ones, else the next weaker. */
static enum sig_hash
choose_hash(const struct pkey_kind *kind, unsigned set, unsigned flags)
{
	enum sig_hash natural = natural_hash(kind);
	unsigned lowest = (flags & SIG_SHA1_OK) != 0 ? SIG_SHA1 :
	    SIG_SHA2_256;

	if ((set & SIG_BIT(natural)) != 0)
		return natural;
	if (natural == SIG_IDENTITY)
		return 0;
	for (unsigned h = natural + 1; h <= SIG_SHA2_512; h++) {
		if ((set & SIG_BIT(h)) != 0)
			return (enum sig_hash)h;
	}
	for (unsigned h = natural; h-- > lowest;) {
		if ((set & SIG_BIT(h)) != 0)
			return (enum sig_hash)h;
	}
	return 0;
}

static const struct sig_alg *
choose_digital(const struct sig_key *key, unsigned set, unsigned flags,
    struct reason *why)
{
	bool pss = key->kind.family == PKEY_RSA && (flags & SIG_RSA_PSS) != 0;
	enum sig_hash hash = choose_hash(&key->kind, set, flags);
	const struct sig_alg *a = sig_alg_find(key->kind.family, hash, pss);

	if (a == NULL)
		reason_set(why, "the peer announces no signature hash that "
		    "our key %s can be used with%s", key->kind.name,
		    (set & SIG_BIT(SIG_SHA1)) != 0 ?
		    " (SHA-1 is not allowed)" : "");
	return a;
}

/* Without RFC 7427. */
static const struct sig_alg *
choose_legacy(const struct sig_key *key, unsigned flags,
    enum sig_method *method, struct reason *why)
{
	const struct rs_method *m = rs_by_kind(&key->kind);

	if (m != NULL) {
		*method = m->method;
		return sig_alg_find(PKEY_EC, m->hash, false);
	}
	if (key->kind.family == PKEY_RSA && (flags & SIG_SHA1_OK) != 0) {
		*method = SIG_METHOD_RSA;
		return sig_alg_find(PKEY_RSA, SIG_SHA1, false);
	}
	reason_set(why, "the peer does not announce RFC 7427 signatures, "
	    "without which our key %s cannot be used%s", key->kind.name,
	    key->kind.family == PKEY_RSA ? " (but for SHA-1)" : "");
	return NULL;
}

static void
write_value(struct wr *w, enum sig_method method, const struct sig_alg *a,
    struct bytes sig)
{
	if (method == SIG_METHOD_DIGITAL) {
		wr_u8(w, a->n);
		wr_bytes(w, bytes_of(a->der, a->n));
	}
	wr_bytes(w, sig);
}

bool
sig_sign(const struct sig_key *key, unsigned announced, unsigned flags,
    struct bytes octets, enum sig_method *method, struct wr *value,
    struct sig_used *used, struct reason *why)
{
	enum sig_method m = SIG_METHOD_DIGITAL;
	uint8_t sig[SIG_MAX], rs[SIG_MAX];
	const struct sig_alg *a;
	struct wr w = *value;
	struct bytes out;
	size_t n;

	a = announced == 0 ? choose_legacy(key, flags, &m, why) :
	    choose_digital(key, announced, flags, why);
	if (a == NULL)
		return false;
	if (!raw_sign(key->pkey, a, octets, sig, &n)) {
		reason_set(why, "signing with our key %s failed",
		    key->kind.name);
		return false;
	}
	out = bytes_of(sig, n);
	if (m != SIG_METHOD_DIGITAL && m != SIG_METHOD_RSA) {
		const struct rs_method *r = rs_by_kind(&key->kind);

		if (!rs_from_der(r, out, rs)) {
			reason_set(why, "out of memory");
			return false;
		}
		out = bytes_of(rs, 2 * (size_t)r->octets);
	}
	write_value(&w, m, a, out);
	if (w.bad) {
		reason_set(why, "no room for a signature of %zu octets", w.n);
		return false;
	}
	*value = w;
	*method = m;
	name_used(used, a, &key->kind);
	return true;
}

/* --- verifying --- */

struct check {
	EVP_PKEY	*key;
	struct pkey_kind kind;
	unsigned	 flags;
	struct bytes	 octets;
};

static bool
fits(const struct check *c, const struct sig_alg *a, struct reason *why)
{
	if (a->hash == SIG_SHA1 && (c->flags & SIG_SHA1_OK) == 0) {
		reason_set(why, "the peer signs with %s, and SHA-1 is too "
		    "weak to be accepted", a->name);
		return false;
	}
	if (a->family != c->kind.family) {
		reason_set(why, "the peer signs with %s, but its "
		    "certificate's key is %s", a->name, c->kind.name);
		return false;
	}
	return true;
}

static bool
wrong(const char *name, struct reason *why)
{
	reason_set(why, "the peer's signature (%s) is wrong: it was not made "
	    "with its certificate's key, or the exchange was tampered with",
	    name);
	return false;
}

/* RFC 7427 section 3. */
static const struct sig_alg *
verify_digital(const struct check *c, struct bytes data, struct reason *why)
{
	struct reason detail = { "" };
	struct rd r = rd_of(data);
	struct bytes id = rd_bytes(&r, rd_u8(&r));
	const struct sig_alg *a;

	if (r.bad || id.n == 0 || r.n == 0) {
		reason_set(why, "the peer's AUTH payload is cut short");
		return NULL;
	}
	a = sig_alg_parse(id, &detail);
	if (a == NULL) {
		reason_set(why, "the peer signs with %s", detail.s);
		return NULL;
	}
	if (!fits(c, a, why))
		return NULL;
	if (!raw_verify(c->key, a, rd_rest(&r), c->octets)) {
		wrong(a->name, why);
		return NULL;
	}
	return a;
}

static const struct sig_alg *
verify_rs(const struct check *c, const struct rs_method *m, struct bytes data,
    struct reason *why)
{
	const struct sig_alg *a = sig_alg_find(PKEY_EC, m->hash, false);
	uint8_t der[SIG_MAX];
	size_t n;

	if (c->kind.family != PKEY_EC || c->kind.bits != m->bits) {
		reason_set(why, "the peer signs with ECDSA on P-%u, but its "
		    "certificate's key is %s", m->bits, c->kind.name);
		return NULL;
	}
	if (data.n != 2 * (size_t)m->octets) {
		reason_set(why, "the peer's ECDSA signature has %zu octets, "
		    "expected %d", data.n, 2 * m->octets);
		return NULL;
	}
	if (!rs_to_der(m, data, der, &n) ||
	    !raw_verify(c->key, a, bytes_of(der, n), c->octets)) {
		wrong(a->name, why);
		return NULL;
	}
	return a;
}

/* RFC 7296 section 3.8: which hash it was is in the signature alone. */
static const struct sig_alg *
verify_rsa(const struct check *c, struct bytes data, struct reason *why)
{
	const struct sig_alg *sha1 = sig_alg_find(PKEY_RSA, SIG_SHA1, false);

	if (c->kind.family != PKEY_RSA) {
		reason_set(why, "the peer signs with RSA, but its "
		    "certificate's key is %s", c->kind.name);
		return NULL;
	}
	for (unsigned h = SIG_SHA2_256; h <= SIG_SHA2_512; h++) {
		const struct sig_alg *a = sig_alg_find(PKEY_RSA,
		    (enum sig_hash)h, false);

		if (raw_verify(c->key, a, data, c->octets))
			return a;
	}
	if (!raw_verify(c->key, sha1, data, c->octets))
		wrong("RSA", why);
	else if (fits(c, sha1, why))
		return sha1;
	return NULL;
}

static const struct sig_alg *
verify_by(const struct check *c, uint8_t method, struct bytes data,
    struct reason *why)
{
	if (method == SIG_METHOD_DIGITAL)
		return verify_digital(c, data, why);
	if (method == SIG_METHOD_RSA)
		return verify_rsa(c, data, why);
	for (size_t i = 0; i < ARRAY_SIZE(rs_methods); i++) {
		if (rs_methods[i].method == method)
			return verify_rs(c, &rs_methods[i], data, why);
	}
	if (method == SIG_METHOD_PSK)
		reason_set(why, "the peer authenticates by a pre-shared key, "
		    "expected a signature");
	else
		reason_set(why, "the peer authenticates by method %u, which "
		    "we do not have", method);
	return NULL;
}

bool
sig_verify(const struct cert *cert, uint8_t method, struct bytes data,
    struct bytes octets, unsigned flags, struct sig_used *used,
    struct reason *why)
{
	struct check c = {
		.key = X509_get0_pubkey(cert->x509),
		.flags = flags, .octets = octets,
	};
	const struct sig_alg *a;
	struct reason detail;

	pkey_kind(c.key, &c.kind);
	if (!pkey_usable(&c.kind, &detail)) {
		reason_set(why, "the peer's certificate: %s", detail.s);
		return false;
	}
	a = verify_by(&c, method, data, why);
	if (a == NULL)
		return false;
	name_used(used, a, &c.kind);
	return true;
}
