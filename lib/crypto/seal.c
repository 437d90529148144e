/*
 * The Encrypted payload's cryptography, in place: AES-GCM as RFC 5282 puts it
 * into IKEv2, ChaCha20-Poly1305 as RFC 7634 does with nonces of the same shape,
 * and AES-CBC with a separate HMAC over everything before the ICV (RFC 7296
 * section 3.14), encrypt then MAC.
 *
 * An IKE SA keeps two seals for hours and uses them once in a while.  So a
 * seal holds the keys alone, about a hundred octets, and OpenSSL's working
 * state, which is over a kilobyte, lives for one call: that costs less than a
 * microsecond a message.
 *
 * An AEAD's explicit IV counts up from a drawn 64-bit value: within a seal it
 * never repeats; whoever makes a seal again from the same keys (a process that
 * takes an SA over) says where it goes on.
 *
 * It knows nothing of payloads or of message lengths: header and SK's length
 * field must be final before seal_protect(), since they are authenticated.
 */
#include "crypto/seal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/fetch.h"
#include "crypto/prf.h"

#define NONCE_MAX	16

struct seal {
	const struct alg *encr;
	const struct alg *integ;	/* NULL with an AEAD */
	uint64_t	  iv;		/* AEAD: the next one */
	bool		  counting;	/* iv was drawn */
	uint8_t		  keys[];	/* cipher key, salt, MAC key */
};

/* One message taken apart. */
struct parts {
	struct bytes	 aad;
	struct bytes	 before_icv;	/* what a separate MAC covers */
	uint8_t		*iv;
	uint8_t		*text;		/* plaintext or ciphertext, padded */
	size_t		 text_n;
	uint8_t		*icv;
};

static size_t
encr_len(const struct seal *s)
{
	return (size_t)s->encr->key_len + s->encr->salt_len;
}

static size_t
keys_len(const struct seal *s)
{
	return encr_len(s) + (s->integ == NULL ? 0 : s->integ->key_len);
}

static size_t
icv_len(const struct seal *s)
{
	return s->integ == NULL ? s->encr->icv_len : s->integ->icv_len;
}

struct seal *
seal_new(const struct suite *suite, struct bytes encr, struct bytes integ)
{
	const struct alg *e = suite->encr, *i = suite->integ;
	bool aead = e != NULL && (e->flags & ALG_AEAD) != 0;
	struct seal *s;
	struct wr w;

	if (e == NULL || aead != (i == NULL) ||
	    encr.n != suite_encr_len(suite) ||
	    integ.n != suite_integ_len(suite))
		return NULL;
	s = calloc(1, sizeof(*s) + encr.n + integ.n);
	if (s == NULL)
		return NULL;
	s->encr = e;
	s->integ = i;
	w = wr_of(s->keys, encr.n + integ.n);
	wr_bytes(&w, encr);
	wr_bytes(&w, integ);
	return s;
}

void
seal_free(struct seal *s)
{
	if (s == NULL)
		return;
	wipe(s, sizeof(*s) + keys_len(s));
	free(s);
}

void
seal_keys(const struct seal *s, struct key *encr, struct key *integ)
{
	const size_t e = encr_len(s);

	key_set(encr, bytes_of(s->keys, e));
	key_set(integ, bytes_of(s->keys + e, keys_len(s) - e));
}

bool
seal_next_iv(const struct seal *s, uint64_t *iv)
{
	if (!s->counting)
		return false;
	*iv = s->iv;
	return true;
}

void
seal_go_on(struct seal *s, uint64_t iv)
{
	s->iv = iv;
	s->counting = true;
}

/* Octets of padding and its length octet behind plain_n octets. */
static size_t
trailer_len(const struct seal *s, size_t plain_n)
{
	const size_t block = s->encr->block;

	return block - plain_n % block;
}

size_t
seal_overhead(const struct seal *s, size_t plain_n)
{
	return s->encr->iv_len + trailer_len(s, plain_n) + icv_len(s);
}

size_t
seal_iv_len(const struct seal *s)
{
	return s->encr->iv_len;
}

static struct parts
take_apart(const struct seal *s, uint8_t *msg, size_t aad_n, size_t text_n)
{
	const size_t before_icv = aad_n + s->encr->iv_len + text_n;
	struct wr w = wr_of(msg, before_icv + icv_len(s));
	struct parts m = {
		.aad = bytes_of(msg, aad_n),
		.before_icv = bytes_of(msg, before_icv),
		.text_n = text_n,
	};

	wr_space(&w, aad_n);
	m.iv = wr_space(&w, s->encr->iv_len);
	m.text = wr_space(&w, text_n);
	m.icv = wr_space(&w, icv_len(s));
	return m;
}

/* Sets the cipher up with its key and the nonce, which is salt | IV. */
static bool
cipher_start(EVP_CIPHER_CTX *ctx, const struct seal *s, const struct parts *m,
    bool protect)
{
	const struct fetched *f = fetch_alg(s->encr);
	uint8_t nonce[NONCE_MAX];
	struct wr w = wr_of(nonce, sizeof(nonce));

	wr_bytes(&w, bytes_of(s->keys + s->encr->key_len, s->encr->salt_len));
	wr_bytes(&w, bytes_of(m->iv, s->encr->iv_len));
	return f != NULL && !w.bad &&
	    EVP_CipherInit_ex2(ctx, f->cipher, s->keys, nonce, protect,
	    NULL) == 1 && EVP_CIPHER_CTX_set_padding(ctx, 0) == 1;
}

/* Encrypts or decrypts the text in place; an AEAD also makes or checks ICV. */
static bool
cipher_run(EVP_CIPHER_CTX *ctx, const struct seal *s, const struct parts *m,
    bool protect)
{
	const bool aead = s->integ == NULL;
	const int icv_n = (int)icv_len(s);
	int n;

	if (!cipher_start(ctx, s, m, protect))
		return false;
	if (aead && EVP_CipherUpdate(ctx, NULL, &n, m->aad.p,
	    (int)m->aad.n) != 1)
		return false;
	if (aead && !protect && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
	    icv_n, m->icv) != 1)
		return false;
	if (EVP_CipherUpdate(ctx, m->text, &n, m->text, (int)m->text_n) != 1 ||
	    n != (int)m->text_n || EVP_CipherFinal_ex(ctx, m->icv, &n) != 1)
		return false;
	return !aead || !protect || EVP_CIPHER_CTX_ctrl(ctx,
	    EVP_CTRL_AEAD_GET_TAG, icv_n, m->icv) == 1;
}

static bool
cipher(const struct seal *s, const struct parts *m, bool protect)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool ok = ctx != NULL && cipher_run(ctx, s, m, protect);

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* The separate MAC over everything before the ICV, not yet truncated. */
static bool
mac(const struct seal *s, const struct parts *m, uint8_t out[static PRF_MAX])
{
	const struct bytes key = bytes_of(s->keys + encr_len(s),
	    s->integ->key_len);

	return prf(s->integ, key, &m->before_icv, 1, out);
}

static void
choose_iv(struct seal *s, struct drbg *d, uint8_t *iv)
{
	struct wr w = wr_of(iv, s->encr->iv_len);

	if ((s->encr->flags & ALG_AEAD) == 0) {
		drbg_fill(d, iv, s->encr->iv_len);
		return;
	}
	if (!s->counting)
		s->iv = drbg_u64(d);
	s->counting = true;
	wr_u64(&w, s->iv++);
}

bool
seal_protect(struct seal *s, struct drbg *d, uint8_t *msg, size_t aad_n,
    size_t plain_n)
{
	const size_t pad = trailer_len(s, plain_n) - 1;
	uint8_t full[PRF_MAX];
	struct parts m;

	if (aad_n > INT_MAX || plain_n > INT_MAX - pad - 1)
		return false;
	m = take_apart(s, msg, aad_n, plain_n + pad + 1);
	memset(m.text + plain_n, 0, pad);
	m.text[plain_n + pad] = (uint8_t)pad;
	choose_iv(s, d, m.iv);
	if (!cipher(s, &m, true))
		return false;
	if (s->integ == NULL)
		return true;
	if (!mac(s, &m, full))
		return false;
	memcpy(m.icv, full, icv_len(s));
	return true;
}

/* The separate MAC's check; an AEAD has its own in cipher(). */
static bool
mac_matches(const struct seal *s, const struct parts *m)
{
	uint8_t full[PRF_MAX];
	bool ok;

	if (s->integ == NULL)
		return true;
	ok = mac(s, m, full) && secret_eq(bytes_of(full, icv_len(s)),
	    bytes_of(m->icv, icv_len(s)));
	wipe(full, sizeof(full));
	return ok;
}

bool
seal_open(struct seal *s, uint8_t *msg, size_t aad_n, size_t msg_n,
    struct bytes *plain)
{
	const size_t fixed = s->encr->iv_len + icv_len(s);
	struct parts m;
	size_t pad;

	if (msg_n > INT_MAX || msg_n < aad_n || msg_n - aad_n <= fixed ||
	    (msg_n - aad_n - fixed) % s->encr->block != 0)
		return false;
	m = take_apart(s, msg, aad_n, msg_n - aad_n - fixed);
	if (!mac_matches(s, &m) || !cipher(s, &m, false))
		return false;
	pad = m.text[m.text_n - 1];
	if (pad >= m.text_n)
		return false;
	*plain = bytes_of(m.text, m.text_n - pad - 1);
	return true;
}
