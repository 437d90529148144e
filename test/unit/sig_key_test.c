/*
 * Private keys for signatures: the shapes of PEM that they come in, those that
 * are refused and why, which certificate is theirs, and keys that are too weak.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "unit/sig_pair.h"
#include "util/array.h"

static struct bytes
key_text(EVP_PKEY *key, const char *shape)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int ok;

	if (strcmp(shape, "traditional") == 0)
		ok = PEM_write_bio_PrivateKey_traditional(bio, key, NULL,
		    NULL, 0, NULL, NULL);
	else if (strcmp(shape, "encrypted") == 0)
		ok = PEM_write_bio_PKCS8PrivateKey(bio, key,
		    EVP_aes_256_cbc(), "secret", 6, NULL, NULL);
	else if (strcmp(shape, "old encrypted") == 0)
		ok = PEM_write_bio_PrivateKey_traditional(bio, key,
		    EVP_aes_256_cbc(), (const unsigned char *)"secret", 6,
		    NULL, NULL);
	else if (strcmp(shape, "public") == 0)
		ok = PEM_write_bio_PUBKEY(bio, key);
	else
		ok = PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0,
		    NULL, NULL);
	assert_int_equal(ok, 1);
	return ca_take(bio);
}

static const struct {
	const char	*key, *shape;
	const char	*name;		/* NULL: refused */
	const char	*says;
} keys[] = {
	{ "RSA-2048", "pkcs8", "RSA-2048", NULL },
	{ "RSA-2048", "traditional", "RSA-2048", NULL },
	{ "RSA-4096", "pkcs8", "RSA-4096", NULL },
	{ "P-256", "pkcs8", "ECDSA-P256", NULL },
	{ "P-384", "traditional", "ECDSA-P384", NULL },
	{ "P-521", "pkcs8", "ECDSA-P521", NULL },
	{ "ED25519", "pkcs8", "Ed25519", NULL },
	{ "ED448", "pkcs8", "Ed448", NULL },
	{ "RSA-1024", "pkcs8", NULL, "1024 bits is too weak" },
	{ "K-256", "pkcs8", NULL, "secp256k1" },
	{ "P-256", "encrypted", NULL, "is encrypted" },
	{ "RSA-2048", "old encrypted", NULL, "is encrypted" },
	{ "P-256", "public", NULL, "no private key" },
};

static void
keys_load_in_every_shape_or_say_why_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct bytes pem = key_text(ca_key(keys[i].key),
		    keys[i].shape);
		struct reason why = { "" };
		struct sig_key *key = sig_key_load(pem, &why);

		if ((key != NULL) != (keys[i].name != NULL))
			fail_msg("%s %s: %s", keys[i].key, keys[i].shape,
			    why.s);
		if (key != NULL)
			assert_string_equal(sig_key_name(key), keys[i].name);
		else if (strstr(why.s, keys[i].says) == NULL)
			fail_msg("%s %s: %s", keys[i].key, keys[i].shape,
			    why.s);
		sig_key_free(key);
		ca_free(pem);
	}
}

static void
no_key_and_garbage_are_no_keys(void **state)
{
	struct reason why;

	(void)state;
	assert_null(sig_key_load((struct bytes){ 0 }, &why));
	assert_null(sig_key_load(bytes_str("-----BEGIN PRIVATE KEY-----\n"
	    "AAAA\n-----END PRIVATE KEY-----\n"), &why));
	assert_non_null(strstr(why.s, "no private key"));
	sig_key_free(NULL);
}

static void
a_key_matches_its_own_certificate_only(void **state)
{
	struct pair a = pair_new("P-256"), b = pair_new("P-256/2");
	struct pair c = pair_new("RSA-2048");

	(void)state;
	assert_true(sig_key_matches(a.key, a.cert));
	assert_false(sig_key_matches(a.key, b.cert));
	assert_false(sig_key_matches(a.key, c.cert));
	assert_false(sig_key_matches(c.key, a.cert));
	pair_free(&a);
	pair_free(&b);
	pair_free(&c);
}

/* A weak key in a certificate that somebody else let pass. */
static void
weak_keys_of_certificates_do_not_verify(void **state)
{
	struct made m = ca_make(&(struct made_spec){ .subject = "CN=gw",
	    .key = "RSA-1024" });
	struct cert *c = made_cert(&m);
	uint8_t buf[SIG_VALUE_MAX];
	struct bytes v = force("RSA-2048", "RSA-SHA2-256", buf);
	struct reason why;

	(void)state;
	assert_false(sig_verify(c, 14, v, octets(), 0, NULL, &why));
	assert_non_null(strstr(why.s, "1024 bits is too weak"));
	cert_free(c);
	made_fini(&m);
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_load_in_every_shape_or_say_why_not),
		cmocka_unit_test(no_key_and_garbage_are_no_keys),
		cmocka_unit_test(a_key_matches_its_own_certificate_only),
		cmocka_unit_test(weak_keys_of_certificates_do_not_verify),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
