/*
 * Fetches every algorithm of the table from OpenSSL's providers, once and
 * before the process gives up its file system, and keeps it for the life of
 * the process.  All but ML-KEM must be there; that came with OpenSSL 3.5, and
 * the library is whatever the machine has at run time.
 *
 * The one static object of lib/ lives here: it is written by crypto_init() and
 * crypto_fini() and only read in between; whoever needs a working state
 * duplicates one, so that no key ever rests in it.
 */
#include "crypto/fetch.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <string.h>

#include "crypto/prf.h"
#include "util/array.h"

/* What signatures and certificates look up by name, again and again. */
static const char *const digests[] = { "SHA2-384", "SHA2-512" };
static const char *const keymgmts[] = { "RSA", "EC", "ED25519", "ED448" };
static const char *const signatures[] = { "RSA", "ECDSA", "ED25519", "ED448" };

static struct {
	bool		 ready;
	struct fetched	 alg[ALG_COUNT];
	EVP_MD		*sha1;
	EVP_MD		*sha256;
	EVP_CIPHER	*chacha20;
	EVP_MD		*digest[ARRAY_SIZE(digests)];
	EVP_KEYMGMT	*keymgmt[ARRAY_SIZE(keymgmts)];
	EVP_SIGNATURE	*signature[ARRAY_SIZE(signatures)];
} all;

static bool
get_cipher(const struct alg *a, struct fetched *f)
{
	f->cipher = EVP_CIPHER_fetch(NULL, a->openssl, NULL);
	return f->cipher != NULL &&
	    EVP_CIPHER_get_key_length(f->cipher) == a->key_len &&
	    EVP_CIPHER_get_iv_length(f->cipher) == a->salt_len + a->iv_len;
}

static bool
get_mac(const struct alg *a, struct fetched *f)
{
	f->md = EVP_MD_fetch(NULL, a->openssl, NULL);
	return f->md != NULL && EVP_MD_get_size(f->md) == a->key_len;
}

/* The groups of RFC 2409 and RFC 3526, with generator 2. */
static bool
get_oakley(const struct alg *a, struct fetched *f)
{
	static const struct {
		uint16_t	 id;
		BIGNUM		*(*prime)(BIGNUM *);
	} primes[] = {
		{ KE_MODP_1024, BN_get_rfc2409_prime_1024 },
		{ KE_MODP_1536, BN_get_rfc3526_prime_1536 },
		{ KE_MODP_2048, BN_get_rfc3526_prime_2048 },
		{ KE_MODP_3072, BN_get_rfc3526_prime_3072 },
		{ KE_MODP_4096, BN_get_rfc3526_prime_4096 },
		{ KE_MODP_6144, BN_get_rfc3526_prime_6144 },
		{ KE_MODP_8192, BN_get_rfc3526_prime_8192 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(primes); i++) {
		if (primes[i].id == a->id)
			f->prime = primes[i].prime(NULL);
	}
	f->generator = BN_new();
	return f->prime != NULL && f->generator != NULL &&
	    BN_set_word(f->generator, 2) == 1;
}

/* The groups of RFC 5114, which OpenSSL knows by name. */
static bool
get_subgroup(const struct alg *a, struct fetched *f)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DHX", NULL);
	OSSL_PARAM params[2];
	EVP_PKEY *group = NULL;
	char name[16];
	bool ok;

	OPENSSL_strlcpy(name, a->openssl, sizeof(name));
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
	    name, 0);
	params[1] = OSSL_PARAM_construct_end();
	ok = ctx != NULL && EVP_PKEY_paramgen_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_params(ctx, params) == 1 &&
	    EVP_PKEY_paramgen(ctx, &group) == 1 &&
	    EVP_PKEY_get_bn_param(group, OSSL_PKEY_PARAM_FFC_P,
	    &f->prime) == 1 &&
	    EVP_PKEY_get_bn_param(group, OSSL_PKEY_PARAM_FFC_Q,
	    &f->order) == 1 &&
	    EVP_PKEY_get_bn_param(group, OSSL_PKEY_PARAM_FFC_G,
	    &f->generator) == 1;
	EVP_PKEY_free(group);
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool
get_modp(const struct alg *a, struct fetched *f)
{
	BN_CTX *ctx = BN_CTX_new();
	bool ok;

	ok = (a->flags & ALG_SUBGROUP) != 0 ? get_subgroup(a, f) :
	    get_oakley(a, f);
	f->mont = BN_MONT_CTX_new();
	ok = ok && ctx != NULL && f->mont != NULL &&
	    BN_num_bytes(f->prime) == a->public_len &&
	    BN_MONT_CTX_set(f->mont, f->prime, ctx) == 1;
	BN_CTX_free(ctx);
	return ok;
}

/* Not there in an OpenSSL before 3.5, which is no failure: crypto_has(). */
static bool
get_kem(const struct alg *a, struct fetched *f)
{
	f->keymgmt = EVP_KEYMGMT_fetch(NULL, a->openssl, NULL);
	f->kem = EVP_KEM_fetch(NULL, a->openssl, NULL);
	if (f->keymgmt == NULL || f->kem == NULL) {
		ERR_clear_error();
		return true;
	}
	f->import = EVP_PKEY_CTX_new_from_name(NULL, a->openssl, NULL);
	return f->import != NULL && EVP_PKEY_fromdata_init(f->import) == 1;
}

/* RFC 7748 section 4.1: u = 9; only Curve25519 has any use for it. */
static bool
get_base(const struct alg *a, struct fetched *f)
{
	uint8_t u[32] = { 9 };
	OSSL_PARAM params[2];

	if (a->id != KE_CURVE25519)
		return true;
	params[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
	    u, sizeof(u));
	params[1] = OSSL_PARAM_construct_end();
	return EVP_PKEY_fromdata(f->import, &f->base, EVP_PKEY_PUBLIC_KEY,
	    params) == 1;
}

static bool
get_group(const struct alg *a, struct fetched *f)
{
	if ((a->flags & ALG_KEM) != 0)
		return get_kem(a, f);
	if ((a->flags & ALG_MODP) != 0)
		return get_modp(a, f);
	if ((a->flags & ALG_ECP) != 0) {
		f->group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(a->openssl));
		return f->group != NULL;
	}
	/* Held so that the later look-ups by name never miss. */
	f->keymgmt = EVP_KEYMGMT_fetch(NULL, a->openssl, NULL);
	f->keyexch = EVP_KEYEXCH_fetch(NULL, a->openssl, NULL);
	f->import = EVP_PKEY_CTX_new_from_name(NULL, a->openssl, NULL);
	return f->keymgmt != NULL && f->keyexch != NULL &&
	    f->import != NULL && EVP_PKEY_fromdata_init(f->import) == 1 &&
	    get_base(a, f);
}

static bool
get_nothing(const struct alg *a, struct fetched *f)
{
	(void)a;
	(void)f;
	return true;
}

static bool (*const get[ALG_TYPES])(const struct alg *, struct fetched *) = {
	[ALG_ENCR] = get_cipher,
	[ALG_PRF] = get_mac,
	[ALG_INTEG] = get_mac,
	[ALG_KE] = get_group,
	[ALG_ESN] = get_nothing,
};

/* Held, so that the look-ups by name never miss. */
static bool
hold(void)
{
	bool ok = true;

	for (size_t i = 0; i < ARRAY_SIZE(digests); i++) {
		all.digest[i] = EVP_MD_fetch(NULL, digests[i], NULL);
		ok &= all.digest[i] != NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keymgmts); i++) {
		all.keymgmt[i] = EVP_KEYMGMT_fetch(NULL, keymgmts[i], NULL);
		ok &= all.keymgmt[i] != NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
		all.signature[i] = EVP_SIGNATURE_fetch(NULL, signatures[i],
		    NULL);
		ok &= all.signature[i] != NULL;
	}
	return ok;
}

/*
 * Certificates are compared with the time by gmtime_r(), and the C library
 * wants to see its time zone file before the first one.
 */
static bool
know_time(void)
{
	ASN1_TIME *t = ASN1_TIME_adj(NULL, 0, 0, 0);
	bool ok = t != NULL;

	ASN1_TIME_free(t);
	return ok;
}

bool
crypto_init(void)
{
	bool ok = true;

	if (all.ready)
		return true;
	for (size_t i = 0; i < ALG_COUNT; i++) {
		const struct alg *a = alg_at(i);

		ok = get[a->type](a, &all.alg[i]) && ok;
	}
	all.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	all.sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	all.chacha20 = EVP_CIPHER_fetch(NULL, "ChaCha20", NULL);
	ok = hold() && know_time() && ok;
	all.ready = ok && all.sha1 != NULL && all.sha256 != NULL &&
	    all.chacha20 != NULL;
	if (!all.ready)
		crypto_fini();
	return all.ready;
}

static void
fetched_fini(struct fetched *f)
{
	EVP_CIPHER_free(f->cipher);
	EVP_MD_free(f->md);
	EC_GROUP_free(f->group);
	BN_free(f->prime);
	BN_free(f->generator);
	BN_free(f->order);
	BN_MONT_CTX_free(f->mont);
	EVP_KEYMGMT_free(f->keymgmt);
	EVP_KEYEXCH_free(f->keyexch);
	EVP_KEM_free(f->kem);
	EVP_PKEY_CTX_free(f->import);
	EVP_PKEY_free(f->base);
	*f = (struct fetched){ 0 };
}

void
crypto_fini(void)
{
	for (size_t i = 0; i < ALG_COUNT; i++)
		fetched_fini(&all.alg[i]);
	for (size_t i = 0; i < ARRAY_SIZE(digests); i++)
		EVP_MD_free(all.digest[i]);
	for (size_t i = 0; i < ARRAY_SIZE(keymgmts); i++)
		EVP_KEYMGMT_free(all.keymgmt[i]);
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++)
		EVP_SIGNATURE_free(all.signature[i]);
	EVP_MD_free(all.sha1);
	EVP_MD_free(all.sha256);
	EVP_CIPHER_free(all.chacha20);
	memset(&all, 0, sizeof(all));
}

const struct fetched *
fetch_alg(const struct alg *a)
{
	return all.ready ? &all.alg[alg_index(a)] : NULL;
}

bool
crypto_has(const struct alg *a)
{
	const struct fetched *f = fetch_alg(a);

	return (a->flags & ALG_KEM) == 0 || (f != NULL && f->import != NULL);
}

const char *
crypto_library(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}

const EVP_MD *
fetch_sha1(void)
{
	return all.sha1;
}

const EVP_MD *
fetch_sha256(void)
{
	return all.sha256;
}

const EVP_CIPHER *
fetch_chacha20(void)
{
	return all.chacha20;
}
