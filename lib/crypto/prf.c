/*
 * HMAC as the PRF of RFC 4868 and what RFC 7296 builds on it.  A keyed state
 * lives for one call and is freed, and thereby wiped, before it returns.
 * Deriving named keys (SK_d and its kin, KEYMAT) is the IKE layer's.
 */
#include "crypto/prf.h"

#include <string.h>

#include "crypto/fetch.h"

/* A keyed state for one call; NULL: no memory, or not a MAC's row. */
static EVP_MAC_CTX *
mac_new(const struct alg *a, struct bytes key)
{
	const struct fetched *f = fetch_alg(a);
	EVP_MAC_CTX *ctx;

	if (f == NULL || f->mac == NULL)
		return NULL;
	ctx = EVP_MAC_CTX_dup(f->mac);
	/* A NULL key would mean "the one before", of which there is none. */
	if (ctx != NULL &&
	    EVP_MAC_init(ctx, key.n == 0 ? (const uint8_t *)"" : key.p, key.n,
	    NULL) != 1) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

static bool
mac_update(EVP_MAC_CTX *ctx, const struct bytes *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (parts[i].n > 0 &&
		    EVP_MAC_update(ctx, parts[i].p, parts[i].n) != 1)
			return false;
	}
	return true;
}

bool
prf(const struct alg *a, struct bytes key, const struct bytes *parts,
    size_t n, uint8_t *out)
{
	EVP_MAC_CTX *ctx = mac_new(a, key);
	size_t len;
	bool ok;

	ok = ctx != NULL && mac_update(ctx, parts, n) &&
	    EVP_MAC_final(ctx, out, &len, a->key_len) == 1;
	EVP_MAC_CTX_free(ctx);
	return ok;
}

/* T<i> = prf(key, T<i - 1> | seed | i); last is T<i - 1>, then T<i>. */
static bool
plus_block(EVP_MAC_CTX *ctx, const struct bytes *seed, size_t n, unsigned i,
    uint8_t last[static PRF_MAX], size_t size)
{
	const uint8_t counter = (uint8_t)i;
	const struct bytes before = bytes_of(last, i == 1 ? 0 : size);
	const struct bytes after = bytes_of(&counter, 1);

	/* From the second on, start again with the same key. */
	return (i == 1 || EVP_MAC_init(ctx, NULL, 0, NULL) == 1) &&
	    mac_update(ctx, &before, 1) && mac_update(ctx, seed, n) &&
	    mac_update(ctx, &after, 1) &&
	    EVP_MAC_final(ctx, last, &size, PRF_MAX) == 1;
}

/* RFC 7296 section 2.13. */
bool
prf_plus(const struct alg *a, struct bytes key, const struct bytes *seed,
    size_t n, uint8_t *out, size_t len)
{
	const size_t size = a->key_len;
	struct wr w = wr_of(out, len);
	uint8_t last[PRF_MAX];
	EVP_MAC_CTX *ctx;
	bool ok = true;

	if (len > 255 * size)
		return false;
	ctx = mac_new(a, key);
	if (ctx == NULL)
		return false;
	for (unsigned i = 1; ok && w.n < len; i++) {
		size_t left = len - w.n;

		ok = plus_block(ctx, seed, n, i, last, size);
		if (ok)
			wr_bytes(&w, bytes_of(last, left < size ? left : size));
	}
	EVP_MAC_CTX_free(ctx);
	wipe(last, sizeof(last));
	return ok;
}

bool
prf_psk_auth(const struct alg *a, struct bytes psk, struct bytes octets,
    uint8_t out[static PRF_MAX])
{
	const struct bytes pad = bytes_str("Key Pad for IKEv2");
	uint8_t key[PRF_MAX];
	bool ok;

	ok = prf(a, psk, &pad, 1, key) &&
	    prf(a, bytes_of(key, a->key_len), &octets, 1, out);
	wipe(key, sizeof(key));
	return ok;
}

static bool
digest(const EVP_MD *md, const struct bytes *parts, size_t n, uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && md != NULL &&
	    EVP_DigestInit_ex2(ctx, md, NULL) == 1;

	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool
sha1(const struct bytes *parts, size_t n, uint8_t out[static 20])
{
	return digest(fetch_sha1(), parts, n, out);
}

bool
sha256(const struct bytes *parts, size_t n, uint8_t out[static 32])
{
	return digest(fetch_sha256(), parts, n, out);
}
