/*
 * HMAC (RFC 2104) as the PRF of RFC 4868 and what RFC 7296 builds on it, on
 * OpenSSL's digests: its own EVP_MAC costs a dozen allocations for each of the
 * ten MACs of a hand-shake, more than the hashing.  A keyed state lives for
 * one call and is wiped before it returns.
 * Deriving named keys (SK_d and its kin, KEYMAT) is the IKE layer's.
 */
#include "crypto/prf.h"

#include <string.h>

#include "crypto/fetch.h"

#define BLOCK_MAX	128	/* of SHA2-512 */

/* A keyed MAC for one call, with one digest state that serves all rounds. */
struct mac {
	EVP_MD_CTX	*ctx;
	const EVP_MD	*md;
	size_t		 block, size;
	uint8_t		 inner[BLOCK_MAX], outer[BLOCK_MAX];	/* key ^ pad */
};

static bool
mac_key(struct mac *m, struct bytes key)
{
	uint8_t k[BLOCK_MAX] = { 0 };
	bool ok = true;

	/* A key longer than a block is its digest. */
	if (key.n > m->block)
		ok = EVP_DigestInit_ex2(m->ctx, m->md, NULL) == 1 &&
		    EVP_DigestUpdate(m->ctx, key.p, key.n) == 1 &&
		    EVP_DigestFinal_ex(m->ctx, k, NULL) == 1;
	else if (key.n > 0)
		memcpy(k, key.p, key.n);
	for (size_t i = 0; i < m->block; i++) {
		m->inner[i] = k[i] ^ 0x36;
		m->outer[i] = k[i] ^ 0x5c;
	}
	wipe(k, sizeof(k));
	return ok;
}

static void
mac_fini(struct mac *m)
{
	EVP_MD_CTX_free(m->ctx);
	wipe(m->inner, sizeof(m->inner));
	wipe(m->outer, sizeof(m->outer));
}

/* False: no memory, or not a MAC's row; nothing is left to be freed. */
static bool
mac_init(struct mac *m, const struct alg *a, struct bytes key)
{
	const struct fetched *f = fetch_alg(a);

	if (f == NULL || f->md == NULL)
		return false;
	m->md = f->md;
	m->block = (size_t)EVP_MD_get_block_size(f->md);
	m->size = (size_t)EVP_MD_get_size(f->md);
	m->ctx = EVP_MD_CTX_new();
	if (m->ctx != NULL && m->block <= BLOCK_MAX && m->size <= PRF_MAX &&
	    mac_key(m, key))
		return true;
	mac_fini(m);
	return false;
}

static bool
mac_begin(const struct mac *m)
{
	return EVP_DigestInit_ex2(m->ctx, m->md, NULL) == 1 &&
	    EVP_DigestUpdate(m->ctx, m->inner, m->block) == 1;
}

static bool
mac_update(const struct mac *m, const struct bytes *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (parts[i].n > 0 &&
		    EVP_DigestUpdate(m->ctx, parts[i].p, parts[i].n) != 1)
			return false;
	}
	return true;
}

static bool
mac_end(const struct mac *m, uint8_t *out)
{
	uint8_t value[PRF_MAX];
	bool ok;

	ok = EVP_DigestFinal_ex(m->ctx, value, NULL) == 1 &&
	    EVP_DigestInit_ex2(m->ctx, m->md, NULL) == 1 &&
	    EVP_DigestUpdate(m->ctx, m->outer, m->block) == 1 &&
	    EVP_DigestUpdate(m->ctx, value, m->size) == 1 &&
	    EVP_DigestFinal_ex(m->ctx, out, NULL) == 1;
	wipe(value, sizeof(value));
	return ok;
}

bool
prf(const struct alg *a, struct bytes key, const struct bytes *parts,
    size_t n, uint8_t *out)
{
	struct mac m;
	bool ok;

	if (!mac_init(&m, a, key))
		return false;
	ok = mac_begin(&m) && mac_update(&m, parts, n) && mac_end(&m, out);
	mac_fini(&m);
	return ok;
}

/* T<i> = prf(key, T<i - 1> | seed | i); last is T<i - 1>, then T<i>. */
static bool
plus_block(const struct mac *m, const struct bytes *seed, size_t n,
    unsigned i, uint8_t last[static PRF_MAX])
{
	const uint8_t counter = (uint8_t)i;
	const struct bytes before = bytes_of(last, i == 1 ? 0 : m->size);
	const struct bytes after = bytes_of(&counter, 1);

	return mac_begin(m) && mac_update(m, &before, 1) &&
	    mac_update(m, seed, n) && mac_update(m, &after, 1) &&
	    mac_end(m, last);
}

/* RFC 7296 section 2.13. */
bool
prf_plus(const struct alg *a, struct bytes key, const struct bytes *seed,
    size_t n, uint8_t *out, size_t len)
{
	const size_t size = a->key_len;
	struct wr w = wr_of(out, len);
	uint8_t last[PRF_MAX];
	struct mac m;
	bool ok = true;

	if (len > 255 * size || !mac_init(&m, a, key))
		return false;
	for (unsigned i = 1; ok && w.n < len; i++) {
		size_t left = len - w.n;

		ok = plus_block(&m, seed, n, i, last);
		if (ok)
			wr_bytes(&w, bytes_of(last, left < size ? left : size));
	}
	mac_fini(&m);
	wipe(last, sizeof(last));
	return ok;
}

size_t
prf_psk_auth(const struct alg *a, struct bytes psk, struct bytes octets,
    size_t first, uint8_t *out)
{
	const struct bytes pad = bytes_str("Key Pad for IKEv2");
	struct rd r = rd_of(octets);
	uint8_t key[PRF_MAX];
	struct bytes k = bytes_of(key, a->key_len), part;
	size_t n = 0;
	bool ok = prf(a, psk, &pad, 1, key);

	if (first > 0) {
		part = rd_bytes(&r, first);
		ok = ok && !r.bad && prf(a, k, &part, 1, out);
		n = a->key_len;
	}
	part = rd_rest(&r);
	ok = ok && prf(a, k, &part, 1, out + n);
	wipe(key, sizeof(key));
	return ok ? n + a->key_len : 0;
}

bool
prf_ppk(const struct alg *a, struct bytes ppk, struct bytes keys, uint8_t *out)
{
	struct rd r = rd_of(keys);
	bool ok = true;

	while (ok && r.n > 0) {
		struct bytes key = rd_bytes(&r, a->key_len);

		ok = !r.bad && prf_plus(a, ppk, &key, 1, out, a->key_len);
		out += a->key_len;
	}
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
