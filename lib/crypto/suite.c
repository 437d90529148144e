/*
 * The algorithm table and what is computed from its rows: names, key lengths,
 * the inner MTU.  Transform ids are IANA's (RFC 7296 section 3.3.2); which
 * rows exist follows RFC 8247 (IKEv2) and RFC 8221 (ESP).
 *
 * Within a type the rows stand in order of preference, strongest first: AEADs
 * before ciphers that need a MAC, long keys before short ones.  Of two with 256
 * bits, AES-GCM is the MUST and ChaCha20-Poly1305 the SHOULD of RFC 8221.
 *
 * Key exchange needs words, because strength costs time there and because it is
 * the responder who pays.  Curve25519 comes first: 128 bits, every peer value
 * is safe with it, and it takes 40 us.  The other curves follow by strength;
 * none takes a millisecond.  MODP groups come behind them, 16 and 15 first: 18
 * takes five times as long as 16, for strength that its suites hardly use.
 * Of the defaults 14 is last, the MUST of RFC 8247 section 2.4 and the only one
 * below 128 bits.
 *
 * ML-KEM comes behind them all, the middle size first, which is the one that
 * peers have.  It is opt-in for two reasons: not every OpenSSL has it, and its
 * place is behind one of the others, as an additional key exchange (RFC 9370),
 * which somebody has to ask for.
 *
 * The other opt-in rows are what RFC 8247 calls SHOULD NOT or worse (MODP-1024, MODP-1536
 * and the groups of RFC 5114, whose primes nobody can account for), or MUST-
 * for ESP and IKE alike (HMAC-SHA1): nothing offers or takes them unless the
 * configuration names them.
 *
 * It does not decide what is offered or accepted: proposals and policy do.
 */
#include "crypto/suite.h"

#include <stdio.h>
#include <string.h>

#include "util/array.h"
#include "util/str.h"

#define BOTH	(ALG_FOR_IKE | ALG_FOR_ESP)
#define KE(ke_id, ke_name, number, ossl, priv, public, ke_flags)	\
	{ ALG_KE, ke_id, 0, ke_name, number, ossl, NULL,		\
	    .key_len = (priv), .public_len = (public),			\
	    .answer_len = (public), .flags = BOTH | (ke_flags) }
#define KEM(ke_id, ke_name, number, key, cipher)			\
	{ ALG_KE, ke_id, 0, ke_name, number, ke_name, NULL,		\
	    .key_len = 64, .public_len = (key), .answer_len = (cipher),	\
	    .flags = BOTH | ALG_KEM | ALG_OPT_IN }

static const struct alg algs[] = {
	/* RFC 4106, RFC 5282: salt of 4 octets behind the key */
	{ ALG_ENCR, ENCR_AES_GCM_16, 256, "AES256-GCM-16", "AES256-GCM-16",
	    "AES-256-GCM", "rfc4106(gcm(aes))", .key_len = 32, .salt_len = 4,
	    .iv_len = 8, .block = 1, .icv_len = 16, .flags = BOTH | ALG_AEAD },
	/* RFC 7634: likewise, and no Key Length attribute */
	{ ALG_ENCR, ENCR_CHACHA20_POLY1305, 0, "CHACHA20-POLY1305",
	    "CHACHA20-POLY1305", "ChaCha20-Poly1305",
	    "rfc7539esp(chacha20,poly1305)", .key_len = 32, .salt_len = 4,
	    .iv_len = 8, .block = 1, .icv_len = 16, .flags = BOTH | ALG_AEAD },
	{ ALG_ENCR, ENCR_AES_GCM_16, 128, "AES128-GCM-16", "AES128-GCM-16",
	    "AES-128-GCM", "rfc4106(gcm(aes))", .key_len = 16, .salt_len = 4,
	    .iv_len = 8, .block = 1, .icv_len = 16, .flags = BOTH | ALG_AEAD },
	/* RFC 3602 */
	{ ALG_ENCR, ENCR_AES_CBC, 256, "AES256-CBC", "AES256",
	    "AES-256-CBC", "cbc(aes)", .key_len = 32,
	    .iv_len = 16, .block = 16, .flags = BOTH },
	{ ALG_ENCR, ENCR_AES_CBC, 128, "AES128-CBC", "AES128",
	    "AES-128-CBC", "cbc(aes)", .key_len = 16,
	    .iv_len = 16, .block = 16, .flags = BOTH },
	/* RFC 4868 */
	{ ALG_PRF, PRF_HMAC_SHA2_512, 0, "PRF-SHA2-512", "SHA2-512",
	    "SHA2-512", NULL, .key_len = 64, .flags = ALG_FOR_IKE },
	{ ALG_PRF, PRF_HMAC_SHA2_384, 0, "PRF-SHA2-384", "SHA2-384",
	    "SHA2-384", NULL, .key_len = 48, .flags = ALG_FOR_IKE },
	{ ALG_PRF, PRF_HMAC_SHA2_256, 0, "PRF-SHA2-256", "SHA2-256",
	    "SHA2-256", NULL, .key_len = 32, .flags = ALG_FOR_IKE },
	/* RFC 2104, RFC 2404 */
	{ ALG_PRF, PRF_HMAC_SHA1, 0, "PRF-SHA1", "SHA1",
	    "SHA1", NULL, .key_len = 20, .flags = ALG_FOR_IKE | ALG_OPT_IN },
	/* RFC 4868 */
	{ ALG_INTEG, INTEG_HMAC_SHA2_512_256, 0, "SHA2-512-256", "SHA2-512",
	    "SHA2-512", "hmac(sha512)", .key_len = 64, .icv_len = 32,
	    .flags = BOTH },
	{ ALG_INTEG, INTEG_HMAC_SHA2_384_192, 0, "SHA2-384-192", "SHA2-384",
	    "SHA2-384", "hmac(sha384)", .key_len = 48, .icv_len = 24,
	    .flags = BOTH },
	{ ALG_INTEG, INTEG_HMAC_SHA2_256_128, 0, "SHA2-256-128", "SHA2-256",
	    "SHA2-256", "hmac(sha256)", .key_len = 32, .icv_len = 16,
	    .flags = BOTH },
	/* RFC 2404 */
	{ ALG_INTEG, INTEG_HMAC_SHA1_96, 0, "SHA1-96", "SHA1",
	    "SHA1", "hmac(sha1)", .key_len = 20, .icv_len = 12,
	    .flags = BOTH | ALG_OPT_IN },
	/* RFC 8031, RFC 5903 */
	KE(KE_CURVE25519, "X25519", "31", "X25519", 32, 32, ALG_XDH),
	KE(KE_ECP_521, "ECP-521", "21", "secp521r1", 66, 132, ALG_ECP),
	KE(KE_CURVE448, "X448", "32", "X448", 56, 56, ALG_XDH),
	KE(KE_ECP_384, "ECP-384", "20", "secp384r1", 48, 96, ALG_ECP),
	KE(KE_ECP_256, "ECP-256", "19", "prime256v1", 32, 64, ALG_ECP),
	/*
	 * RFC 3526.  Private values have between the two lengths that its
	 * section 8 gives for each group: every p is 2q + 1 with q prime, so
	 * that a short one gives nothing away.
	 */
	KE(KE_MODP_4096, "MODP-4096", "16", NULL, 48, 512, ALG_MODP),
	KE(KE_MODP_3072, "MODP-3072", "15", NULL, 40, 384, ALG_MODP),
	KE(KE_MODP_8192, "MODP-8192", "18", NULL, 64, 1024, ALG_MODP),
	KE(KE_MODP_6144, "MODP-6144", "17", NULL, 56, 768, ALG_MODP),
	KE(KE_MODP_2048, "MODP-2048", "14", NULL, 32, 256, ALG_MODP),
	/* RFC 5114, RFC 2409 section 6.2: private values below the order */
	KE(KE_MODP_2048_256, "MODP-2048-256", "24", "dh_2048_256", 32, 256,
	    ALG_MODP | ALG_SUBGROUP | ALG_OPT_IN),
	KE(KE_MODP_2048_224, "MODP-2048-224", "23", "dh_2048_224", 28, 256,
	    ALG_MODP | ALG_SUBGROUP | ALG_OPT_IN),
	KE(KE_MODP_1536, "MODP-1536", "5", NULL, 32, 192,
	    ALG_MODP | ALG_OPT_IN),
	KE(KE_MODP_1024_160, "MODP-1024-160", "22", "dh_1024_160", 20, 128,
	    ALG_MODP | ALG_SUBGROUP | ALG_OPT_IN),
	KE(KE_MODP_1024, "MODP-1024", "2", NULL, 32, 128,
	    ALG_MODP | ALG_OPT_IN),
	/*
	 * draft-ietf-ipsecme-ikev2-mlkem, FIPS 203 section 8: the private
	 * value is the seed d | z, the initiator sends the encapsulation key,
	 * the responder the ciphertext.
	 */
	KEM(KE_ML_KEM_768, "ML-KEM-768", "36", 1184, 1088),
	KEM(KE_ML_KEM_1024, "ML-KEM-1024", "37", 1568, 1568),
	KEM(KE_ML_KEM_512, "ML-KEM-512", "35", 800, 768),
	{ ALG_ESN, ESN_YES, 0, "ESN", NULL, NULL, NULL, .flags = ALG_FOR_ESP },
	{ ALG_ESN, ESN_NO, 0, "NO-ESN", NULL, NULL, NULL,
	    .flags = ALG_FOR_ESP },
};
_Static_assert(ARRAY_SIZE(algs) == ALG_COUNT, "ALG_COUNT lags behind");

/* Transforms that a peer may offer and that we only need to name. */
static const struct {
	enum alg_type	 type;
	uint16_t	 id;
	const char	*name;
} others[] = {
	{ ALG_ENCR, 1, "DES_IV64" },
	{ ALG_ENCR, 2, "DES" },
	{ ALG_ENCR, 3, "3DES" },
	{ ALG_ENCR, 4, "RC5" },
	{ ALG_ENCR, 5, "IDEA" },
	{ ALG_ENCR, 6, "CAST" },
	{ ALG_ENCR, 7, "BLOWFISH" },
	{ ALG_ENCR, 11, "NULL" },
	{ ALG_ENCR, 12, "AES_CBC" },
	{ ALG_ENCR, 13, "AES_CTR" },
	{ ALG_ENCR, 14, "AES_CCM_8" },
	{ ALG_ENCR, 15, "AES_CCM_12" },
	{ ALG_ENCR, 16, "AES_CCM_16" },
	{ ALG_ENCR, 18, "AES_GCM_8" },
	{ ALG_ENCR, 19, "AES_GCM_12" },
	{ ALG_ENCR, 20, "AES_GCM_16" },
	{ ALG_ENCR, 21, "NULL_AUTH_AES_GMAC" },
	{ ALG_ENCR, 23, "CAMELLIA_CBC" },
	{ ALG_ENCR, 24, "CAMELLIA_CTR" },
	{ ALG_ENCR, 25, "CAMELLIA_CCM_8" },
	{ ALG_ENCR, 26, "CAMELLIA_CCM_12" },
	{ ALG_ENCR, 27, "CAMELLIA_CCM_16" },
	{ ALG_ENCR, 28, "CHACHA20_POLY1305" },
	{ ALG_ENCR, 29, "AES_CCM_8_IIV" },
	{ ALG_ENCR, 30, "AES_GCM_16_IIV" },
	{ ALG_ENCR, 31, "CHACHA20_POLY1305_IIV" },
	{ ALG_PRF, 1, "PRF_HMAC_MD5" },
	{ ALG_PRF, 3, "PRF_HMAC_TIGER" },
	{ ALG_PRF, 4, "PRF_AES128_XCBC" },
	{ ALG_PRF, 8, "PRF_AES128_CMAC" },
	{ ALG_INTEG, 0, "INTEG-NONE" },
	{ ALG_INTEG, 1, "HMAC_MD5_96" },
	{ ALG_INTEG, 3, "DES_MAC" },
	{ ALG_INTEG, 4, "KPDK_MD5" },
	{ ALG_INTEG, 5, "AES_XCBC_96" },
	{ ALG_INTEG, 6, "HMAC_MD5_128" },
	{ ALG_INTEG, 7, "HMAC_SHA1_160" },
	{ ALG_INTEG, 8, "AES_CMAC_96" },
	{ ALG_INTEG, 9, "AES_128_GMAC" },
	{ ALG_INTEG, 10, "AES_192_GMAC" },
	{ ALG_INTEG, 11, "AES_256_GMAC" },
	{ ALG_KE, 0, "KE-NONE" },
	{ ALG_KE, 1, "MODP-768" },
	{ ALG_KE, 25, "ECP-192" },
	{ ALG_KE, 26, "ECP-224" },
	{ ALG_KE, 27, "BRAINPOOL-224" },
	{ ALG_KE, 28, "BRAINPOOL-256" },
	{ ALG_KE, 29, "BRAINPOOL-384" },
	{ ALG_KE, 30, "BRAINPOOL-512" },
	{ ALG_KE, 33, "GOST3410-256" },
	{ ALG_KE, 34, "GOST3410-512" },
};

const struct alg *
alg_find(enum alg_type type, uint16_t id, uint16_t key_bits)
{
	for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
		const struct alg *a = &algs[i];

		if (a->type == type && a->id == id && a->key_bits == key_bits)
			return a;
	}
	return NULL;
}

const struct alg *
alg_by_conf(enum alg_type type, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
		const struct alg *a = &algs[i];

		if (a->type == type && a->conf != NULL &&
		    strcmp(a->conf, name) == 0)
			return a;
	}
	return NULL;
}

const struct alg *
alg_at(size_t i)
{
	return i < ARRAY_SIZE(algs) ? &algs[i] : NULL;
}

size_t
alg_index(const struct alg *a)
{
	return (size_t)(a - algs);
}

static const char *
other_name(enum alg_type type, uint16_t id)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (others[i].type == type && others[i].id == id)
			return others[i].name;
	}
	return NULL;
}

const char *
alg_name(enum alg_type type, uint16_t id, uint16_t key_bits,
    char buf[static 32])
{
	static const char *const types[ALG_TYPES] = {
		"TRANSFORM-0", "ENCR", "PRF", "INTEG", "KE", "ESN",
	};
	const struct alg *a = alg_find(type, id, key_bits);
	const char *name = a != NULL ? a->name : other_name(type, id);

	if (name != NULL)
		str_set(buf, 32, name);
	else if ((unsigned)type < ALG_TYPES)
		str_fmt(buf, 32, "%s-%u", types[type], id);
	else
		str_fmt(buf, 32, "TRANSFORM-%u-%u", (unsigned)type, id);
	if (a == NULL && key_bits != 0)
		str_add(buf, 32, "-%u", key_bits);
	return buf;
}

static void
add_name(char *buf, const char *name)
{
	str_add(buf, SUITE_STRLEN, buf[0] == '\0' ? "%s" : "/%s", name);
}

uint8_t
addke_code(const struct alg *a)
{
	return a == NULL ? ADDKE_NONE : (uint8_t)(alg_index(a) + 1);
}

const struct alg *
addke_alg(uint8_t code)
{
	return code == 0 || code == ADDKE_NONE ? NULL : alg_at(code - 1u);
}

int
suite_addke(const struct suite *s, int from)
{
	for (int i = from; i < ADDKE_SLOTS; i++) {
		if (addke_alg(s->addke[i]) != NULL)
			return i;
	}
	return -1;
}

unsigned
suite_addkes(const struct suite *s)
{
	unsigned n = 0;

	for (int i = 0; (i = suite_addke(s, i)) >= 0; i++)
		n++;
	return n;
}

const char *
suite_str(const struct suite *s, char buf[static SUITE_STRLEN])
{
	const struct alg *row[] = { s->encr, s->integ, s->prf, s->ke };

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		if (row[i] != NULL)
			add_name(buf, row[i]->name);
	}
	for (int i = 0; (i = suite_addke(s, i)) >= 0; i++)
		str_add(buf, SUITE_STRLEN, "+%s",
		    addke_alg(s->addke[i])->name);
	if (s->esn)
		add_name(buf, "ESN");
	if (buf[0] == '\0')
		add_name(buf, "none");
	return buf;
}

unsigned
suite_encr_len(const struct suite *s)
{
	return s->encr == NULL ? 0 :
	    (unsigned)s->encr->key_len + s->encr->salt_len;
}

unsigned
suite_integ_len(const struct suite *s)
{
	return s->integ == NULL ? 0 : s->integ->key_len;
}

unsigned
suite_mtu(const struct suite *s, unsigned outer, bool ipv6, bool udp)
{
	const unsigned esp = 8, trailer = 2;
	unsigned block, around;

	if (s->encr == NULL)
		return 0;
	/* RFC 4303 section 2.4: the trailer ends on a 4-octet boundary. */
	block = s->encr->block > 4 ? s->encr->block : 4;
	around = (ipv6 ? 40 : 20) + (udp ? 8 : 0) + esp + s->encr->iv_len +
	    s->encr->icv_len + (s->integ == NULL ? 0 : s->integ->icv_len);
	if (outer < around + block)
		return 0;
	return (outer - around) / block * block - trailer;
}
