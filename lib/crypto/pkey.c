/*
 * Kinds of asymmetric keys: RSA of 2048 to 8192 bits, ECDSA on the three NIST
 * curves (RFC 4754, RFC 7427), Ed25519 and Ed448 (RFC 8420).  RSA keys that
 * are bound to PSS by their own identifier are none of them.
 */
#include "crypto/pkey.h"

#include <string.h>

#include "util/array.h"

static const struct {
	const char	*openssl;	/* names of the group */
	const char	*name;
	unsigned	 bits;
} curves[] = {
	{ "prime256v1", "ECDSA-P256", 256 },
	{ "secp384r1", "ECDSA-P384", 384 },
	{ "secp521r1", "ECDSA-P521", 521 },
};

static void
ec_kind(const EVP_PKEY *key, struct pkey_kind *k)
{
	char group[32] = "";
	size_t n;

	str_set(k->name, sizeof(k->name), "EC, another curve");
	if (EVP_PKEY_get_group_name(key, group, sizeof(group), &n) != 1)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(curves); i++) {
		if (strcmp(curves[i].openssl, group) != 0)
			continue;
		k->family = PKEY_EC;
		k->bits = curves[i].bits;
		str_set(k->name, sizeof(k->name), curves[i].name);
		return;
	}
	str_fmt(k->name, sizeof(k->name), "EC %s", group);
}

void
pkey_kind(const EVP_PKEY *key, struct pkey_kind *k)
{
	const char *type;

	memset(k, 0, sizeof(*k));
	str_set(k->name, sizeof(k->name), "unknown");
	if (key == NULL)
		return;
	if (EVP_PKEY_is_a(key, "RSA")) {
		k->family = PKEY_RSA;
		k->bits = (unsigned)EVP_PKEY_get_bits(key);
		str_fmt(k->name, sizeof(k->name), "RSA-%u", k->bits);
	} else if (EVP_PKEY_is_a(key, "EC")) {
		ec_kind(key, k);
	} else if (EVP_PKEY_is_a(key, "ED25519")) {
		k->family = PKEY_ED25519;
		str_set(k->name, sizeof(k->name), "Ed25519");
	} else if (EVP_PKEY_is_a(key, "ED448")) {
		k->family = PKEY_ED448;
		str_set(k->name, sizeof(k->name), "Ed448");
	} else if ((type = EVP_PKEY_get0_type_name(key)) != NULL) {
		str_set(k->name, sizeof(k->name), type);
	}
}

bool
pkey_usable(const struct pkey_kind *k, struct reason *why)
{
	if (k->family == PKEY_OTHER) {
		reason_set(why, "a key of type %s is not supported (RSA, "
		    "ECDSA on P-256, P-384 or P-521, Ed25519, Ed448 are)",
		    k->name);
		return false;
	}
	if (k->family == PKEY_RSA &&
	    (k->bits < PKEY_RSA_MIN || k->bits > PKEY_RSA_MAX)) {
		reason_set(why, "an RSA key of %u bits is too %s (%d to %d "
		    "are allowed)", k->bits,
		    k->bits < PKEY_RSA_MIN ? "weak" : "large", PKEY_RSA_MIN,
		    PKEY_RSA_MAX);
		return false;
	}
	return true;
}
