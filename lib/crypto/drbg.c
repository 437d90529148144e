/*
 * ChaCha20 with fast key erasure: one run of keystream gives the next key
 * first and then the pool that is handed out; what was handed out is wiped.
 * Whoever later reads the state learns nothing about earlier output.
 *
 * The nonce is zero throughout, since no key is used for a second run.  Output
 * depends on the seed, on the reseeds and on the lengths asked for, in their
 * order, and not on the machine.
 *
 * A generator that cannot generate must not return: without crypto_init() or
 * without a few hundred octets of memory it aborts the process rather than
 * hand out octets that can be guessed.
 */
#include "crypto/drbg.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/fetch.h"
#include "crypto/prf.h"

/* The first len octets of the keystream of key, len <= INT_MAX. */
static void
keystream(const uint8_t key[static 32], uint8_t *out, size_t len)
{
	static const uint8_t nonce[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *chacha20 = fetch_chacha20();
	int n = 0;

	memset(out, 0, len);
	if (ctx == NULL || chacha20 == NULL ||
	    EVP_EncryptInit_ex2(ctx, chacha20, key, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &n, out, (int)len) != 1 ||
	    n != (int)len)
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

static void
refill(struct drbg *d)
{
	uint8_t run[sizeof(d->key) + sizeof(d->pool)];

	keystream(d->key, run, sizeof(run));
	memcpy(d->key, run, sizeof(d->key));
	memcpy(d->pool, run + sizeof(d->key), sizeof(d->pool));
	d->left = sizeof(d->pool);
	wipe(run, sizeof(run));
}

void
drbg_seed(struct drbg *d, const uint8_t seed[static DRBG_SEED_LEN])
{
	_Static_assert(sizeof(d->key) == DRBG_SEED_LEN, "the seed is a key");

	*d = (struct drbg){ 0 };
	memcpy(d->key, seed, sizeof(d->key));
}

void
drbg_reseed(struct drbg *d, struct bytes entropy)
{
	const struct bytes parts[] = {
		bytes_of(d->key, sizeof(d->key)), entropy,
	};
	uint8_t key[32];

	if (!sha256(parts, 2, key))
		abort();
	drbg_seed(d, key);
	wipe(key, sizeof(key));
}

void
drbg_fini(struct drbg *d)
{
	wipe(d, sizeof(*d));
}

void
drbg_fill(struct drbg *d, void *out, size_t len)
{
	struct wr w = wr_of(out, len);

	while (w.n < len) {
		uint8_t *from;
		size_t n;

		if (d->left == 0)
			refill(d);
		n = len - w.n < d->left ? len - w.n : d->left;
		from = d->pool + sizeof(d->pool) - d->left;
		wr_bytes(&w, bytes_of(from, n));
		wipe(from, n);
		d->left = (uint16_t)(d->left - n);
	}
}

uint32_t
drbg_u32(struct drbg *d)
{
	uint8_t b[4] = { 0 };
	struct rd r = rd_of(bytes_of(b, sizeof(b)));

	drbg_fill(d, b, sizeof(b));
	return rd_u32(&r);
}

uint64_t
drbg_u64(struct drbg *d)
{
	uint8_t b[8] = { 0 };
	struct rd r = rd_of(bytes_of(b, sizeof(b)));

	drbg_fill(d, b, sizeof(b));
	return rd_u64(&r);
}

/* Uniform in [0, n), n > 0: draws again in the last, incomplete run of n. */
static uint64_t
below(struct drbg *d, uint64_t n)
{
	const uint64_t short_run = (UINT64_MAX % n + 1) % n;
	uint64_t v;

	do
		v = drbg_u64(d);
	while (v > UINT64_MAX - short_run);
	return v % n;
}

uint32_t
drbg_below(struct drbg *d, uint32_t n)
{
	return n == 0 ? 0 : (uint32_t)below(d, n);
}

struct span
drbg_span(struct drbg *d, struct span limit)
{
	if (limit.ns <= 0)
		return SPAN_ZERO;
	return (struct span){ (int64_t)below(d, (uint64_t)limit.ns) };
}
