/*
 * AlgorithmIdentifiers of IKEv2's Digital Signature method (RFC 7427 section 3
 * and appendix A, RFC 8420 appendix A).  What we send are the table's octets;
 * what comes in is decoded by libcrypto, so that every encoding of the same
 * meaning is understood: parameters NULL or absent, PSS parameters with or
 * without NULL in their digests and with or without the default trailerField.
 * PSS is taken only as the table has it: one hash for both uses and a salt of
 * its length.  DSA, the MD5 and SHA2-224 relatives are none of ours.
 */
#include "crypto/sig_alg.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "util/array.h"

/* SEQUENCE { OBJECT IDENTIFIER 1.2.840.113549.1.1.last, ... } */
#define RSA_OID(last)							\
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last
#define RSA_DER(last)	15, { 0x30, 0x0d, RSA_OID(last), 0x05, 0x00 }
/* AlgorithmIdentifier of SHA-2: 2.16.840.1.101.3.4.2.last with NULL */
#define SHA2_DER(last)							\
	0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, \
	0x02, last, 0x05, 0x00
/* RSASSA-PSS with [0] hash, [1] MGF1 with it, [2] the salt's length */
#define PSS_DER(last, salt)						\
	67, { 0x30, 0x41, RSA_OID(0x0a), 0x30, 0x34,			\
	    0xa0, 0x0f, SHA2_DER(last),					\
	    0xa1, 0x1c, 0x30, 0x1a, RSA_OID(0x08), SHA2_DER(last),	\
	    0xa2, 0x03, 0x02, 0x01, salt }
/* ecdsa-with-SHA2: 1.2.840.10045.4.3.last */
#define ECDSA_DER(last)							\
	12, { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, \
	    0x03, last }

static const struct sig_alg algs[] = {
	{ "RSA-SHA1", PKEY_RSA, SIG_SHA1, false, RSA_DER(0x05) },
	{ "RSA-SHA2-256", PKEY_RSA, SIG_SHA2_256, false, RSA_DER(0x0b) },
	{ "RSA-SHA2-384", PKEY_RSA, SIG_SHA2_384, false, RSA_DER(0x0c) },
	{ "RSA-SHA2-512", PKEY_RSA, SIG_SHA2_512, false, RSA_DER(0x0d) },
	/* Empty parameters are the default: SHA-1, twenty octets of salt. */
	{ "RSA-PSS-SHA1", PKEY_RSA, SIG_SHA1, true,
	    15, { 0x30, 0x0d, RSA_OID(0x0a), 0x30, 0x00 } },
	{ "RSA-PSS-SHA2-256", PKEY_RSA, SIG_SHA2_256, true, PSS_DER(1, 32) },
	{ "RSA-PSS-SHA2-384", PKEY_RSA, SIG_SHA2_384, true, PSS_DER(2, 48) },
	{ "RSA-PSS-SHA2-512", PKEY_RSA, SIG_SHA2_512, true, PSS_DER(3, 64) },
	{ "ECDSA-SHA1", PKEY_EC, SIG_SHA1, false,
	    11, { 0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04,
	    0x01 } },
	{ "ECDSA-SHA2-256", PKEY_EC, SIG_SHA2_256, false, ECDSA_DER(2) },
	{ "ECDSA-SHA2-384", PKEY_EC, SIG_SHA2_384, false, ECDSA_DER(3) },
	{ "ECDSA-SHA2-512", PKEY_EC, SIG_SHA2_512, false, ECDSA_DER(4) },
	{ "Ed25519", PKEY_ED25519, SIG_IDENTITY, false,
	    7, { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 } },
	{ "Ed448", PKEY_ED448, SIG_IDENTITY, false,
	    7, { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71 } },
};
_Static_assert(ARRAY_SIZE(algs) == SIG_ALG_COUNT, "the header's count");

static const struct {
	int		 nid, rsa, ecdsa;	/* hash, and with each of them */
	int		 octets;
	const char	*openssl;
} hashes[] = {
	[SIG_SHA1] = { NID_sha1, NID_sha1WithRSAEncryption,
	    NID_ecdsa_with_SHA1, 20, "SHA1" },
	[SIG_SHA2_256] = { NID_sha256, NID_sha256WithRSAEncryption,
	    NID_ecdsa_with_SHA256, 32, "SHA2-256" },
	[SIG_SHA2_384] = { NID_sha384, NID_sha384WithRSAEncryption,
	    NID_ecdsa_with_SHA384, 48, "SHA2-384" },
	[SIG_SHA2_512] = { NID_sha512, NID_sha512WithRSAEncryption,
	    NID_ecdsa_with_SHA512, 64, "SHA2-512" },
};

const struct sig_alg *
sig_alg_at(size_t i)
{
	return i < ARRAY_SIZE(algs) ? &algs[i] : NULL;
}

const struct sig_alg *
sig_alg_find(enum pkey_family family, enum sig_hash hash, bool pss)
{
	for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
		if (algs[i].family == family && algs[i].hash == hash &&
		    algs[i].pss == pss)
			return &algs[i];
	}
	return NULL;
}

const char *
sig_alg_digest(const struct sig_alg *a)
{
	return a->hash == SIG_IDENTITY ? NULL : hashes[a->hash].openssl;
}

/* The table's hash, or 0; parameters of digests are NULL or absent. */
static unsigned
hash_of(const X509_ALGOR *a)
{
	const ASN1_OBJECT *oid;
	int type, nid;

	if (a == NULL)			/* RFC 4055: the default */
		return SIG_SHA1;
	X509_ALGOR_get0(&oid, &type, NULL, a);
	if (type != V_ASN1_NULL && type != V_ASN1_UNDEF)
		return 0;
	nid = OBJ_obj2nid(oid);
	for (unsigned h = SIG_SHA1; h < ARRAY_SIZE(hashes); h++) {
		if (hashes[h].nid == nid)
			return h;
	}
	return 0;
}

/* The hash within MGF1's parameters, or 0. */
static unsigned
mgf1_hash(const X509_ALGOR *mgf)
{
	const ASN1_OBJECT *oid;
	const void *value;
	X509_ALGOR *inner;
	unsigned hash;
	int type;

	if (mgf == NULL)
		return SIG_SHA1;
	X509_ALGOR_get0(&oid, &type, &value, mgf);
	if (OBJ_obj2nid(oid) != NID_mgf1 || type != V_ASN1_SEQUENCE)
		return 0;
	inner = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR),
	    mgf->parameter);
	hash = inner == NULL ? 0 : hash_of(inner);
	X509_ALGOR_free(inner);
	return hash;
}

static int64_t
integer_or(const ASN1_INTEGER *i, int64_t otherwise)
{
	int64_t n;

	if (i == NULL)
		return otherwise;
	return ASN1_INTEGER_get_int64(&n, i) == 1 ? n : -1;
}

/* RFC 4055 section 3.1. */
static const struct sig_alg *
pss_row(const RSA_PSS_PARAMS *p, struct reason *why)
{
	unsigned hash = hash_of(p->hashAlgorithm);
	unsigned mgf = mgf1_hash(p->maskGenAlgorithm);
	int64_t salt = integer_or(p->saltLength, 20);

	if (hash == 0 || hash != mgf)
		reason_set(why, "RSASSA-PSS with hashes that we do not have "
		    "or that differ between the signature and MGF1");
	else if (salt != hashes[hash].octets)
		reason_set(why, "RSASSA-PSS with a salt of %lld octets, "
		    "expected the hash's %d", (long long)salt,
		    hashes[hash].octets);
	else if (integer_or(p->trailerField, 1) != 1)
		reason_set(why, "RSASSA-PSS with an unknown trailer field");
	else
		return sig_alg_find(PKEY_RSA, (enum sig_hash)hash, true);
	return NULL;
}

static const struct sig_alg *
pss_parse(const X509_ALGOR *a, struct reason *why)
{
	const struct sig_alg *row = NULL;
	RSA_PSS_PARAMS *p;
	int type;

	X509_ALGOR_get0(NULL, &type, NULL, a);
	if (type == V_ASN1_UNDEF)
		return sig_alg_find(PKEY_RSA, SIG_SHA1, true);
	p = type != V_ASN1_SEQUENCE ? NULL : ASN1_TYPE_unpack_sequence(
	    ASN1_ITEM_rptr(RSA_PSS_PARAMS), a->parameter);
	if (p == NULL)
		reason_set(why, "RSASSA-PSS with malformed parameters");
	else
		row = pss_row(p, why);
	RSA_PSS_PARAMS_free(p);
	return row;
}

static const struct sig_alg *
plain_row(int nid)
{
	if (nid == NID_ED25519)
		return sig_alg_find(PKEY_ED25519, SIG_IDENTITY, false);
	if (nid == NID_ED448)
		return sig_alg_find(PKEY_ED448, SIG_IDENTITY, false);
	for (unsigned h = SIG_SHA1; h < ARRAY_SIZE(hashes); h++) {
		if (hashes[h].rsa == nid)
			return sig_alg_find(PKEY_RSA, (enum sig_hash)h, false);
		if (hashes[h].ecdsa == nid)
			return sig_alg_find(PKEY_EC, (enum sig_hash)h, false);
	}
	return NULL;
}

static const struct sig_alg *
decoded_row(const X509_ALGOR *a, struct reason *why)
{
	const ASN1_OBJECT *oid;
	const struct sig_alg *row;
	char name[64] = "";
	int type;

	X509_ALGOR_get0(&oid, &type, NULL, a);
	if (OBJ_obj2nid(oid) == NID_rsassaPss)
		return pss_parse(a, why);
	row = plain_row(OBJ_obj2nid(oid));
	if (row != NULL && (type == V_ASN1_UNDEF || type == V_ASN1_NULL))
		return row;
	OBJ_obj2txt(name, sizeof(name), oid, 0);
	reason_set(why, "%s%s", name, row == NULL ? ", which we do not have" :
	    " with parameters that it cannot have");
	return NULL;
}

/*
 * An encoding that is around with SHA2-384 and -512: the trailerField stands
 * behind PSS's parameters instead of within them.
 */
static const struct sig_alg *
stray_trailer(struct bytes der)
{
	static const uint8_t trailer[] = { 0xa3, 0x03, 0x02, 0x01, 0x01 };

	for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
		const struct sig_alg *a = &algs[i];

		if (!a->pss || der.n != a->n + sizeof(trailer) ||
		    der.p[1] != a->der[1] + sizeof(trailer))
			continue;
		if (memcmp(der.p + 2, a->der + 2, a->n - 2U) == 0 &&
		    memcmp(der.p + a->n, trailer, sizeof(trailer)) == 0)
			return a;
	}
	return NULL;
}

const struct sig_alg *
sig_alg_parse(struct bytes der, struct reason *why)
{
	const struct sig_alg *row = stray_trailer(der);
	const uint8_t *p = der.p;
	X509_ALGOR *a;

	if (row != NULL)
		return row;
	a = d2i_X509_ALGOR(NULL, &p, (long)der.n);
	if (a == NULL || p != der.p + der.n)
		reason_set(why, "an AlgorithmIdentifier that is malformed");
	else
		row = decoded_row(a, why);
	X509_ALGOR_free(a);
	ERR_clear_error();
	return row;
}
