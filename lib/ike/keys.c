/*
 * Key derivation.
 *
 *   SKEYSEED = prf(Ni | Nr, g^ir)                      (section 2.14)
 *   SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr)   (section 2.18)
 *   {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr}
 *            = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr)
 *   KEYMAT   = prf+(SK_d, [g^ir |] Ni | Nr)            (section 2.17)
 *
 * With additional key exchanges SK(1) | SK(2) ... stand behind Nr in the second
 * and in the last of them (RFC 9370 section 2.2.4); before IKE_AUTH each one is
 * as a rekey by the second formula (section 2.2.2).
 */
#include "ike/keys.h"

#include <string.h>

#define KEYMAT_MAX	512

static bool
skeyseed(const struct suite *s, const struct keys_seed *in, struct key *out)
{
	struct bytes g_ir = secret_bytes(in->g_ir);
	uint8_t nonces[512], value[PRF_MAX];
	struct wr w = wr_of(nonces, sizeof(nonces));
	bool ok;

	if (in->old_sk_d != NULL) {
		struct bytes parts[] = { g_ir, in->ni, in->nr, in->more };

		ok = prf(in->old_prf, key_bytes(in->old_sk_d), parts, 4, value);
		ok = ok && key_set(out, bytes_of(value, in->old_prf->key_len));
	} else {
		wr_bytes(&w, in->ni);
		wr_bytes(&w, in->nr);
		ok = !w.bad && prf(s->prf, wr_done(&w), &g_ir, 1, value) &&
		    key_set(out, bytes_of(value, s->prf->key_len));
	}
	wipe(value, sizeof(value));
	return ok;
}

bool
keys_derive(const struct suite *s, const struct keys_seed *in, struct keys *out)
{
	unsigned e = suite_encr_len(s), a = suite_integ_len(s);
	unsigned p = s->prf->key_len;
	struct bytes seed[3] = { in->ni, in->nr };
	struct keys k = { 0 };
	struct key start = { 0 };
	uint8_t mat[KEYMAT_MAX], spis[16];
	struct wr w = wr_of(spis, sizeof(spis));
	struct rd r;
	struct bytes ai, ar, ei, er;
	bool ok;

	wr_u64(&w, in->spi_i);
	wr_u64(&w, in->spi_r);
	seed[2] = wr_done(&w);
	ok = skeyseed(s, in, &start) && 3 * p + 2 * e + 2 * a <= sizeof(mat) &&
	    prf_plus(s->prf, key_bytes(&start), seed, 3, mat,
	    3 * p + 2 * e + 2 * a);
	if (ok) {
		r = rd_of(bytes_of(mat, sizeof(mat)));
		key_set(&k.sk_d, rd_bytes(&r, p));
		ai = rd_bytes(&r, a);
		ar = rd_bytes(&r, a);
		ei = rd_bytes(&r, e);
		er = rd_bytes(&r, e);
		key_set(&k.sk_pi, rd_bytes(&r, p));
		key_set(&k.sk_pr, rd_bytes(&r, p));
		k.seal_i = seal_new(s, ei, ai);
		k.seal_r = seal_new(s, er, ar);
		ok = k.seal_i != NULL && k.seal_r != NULL;
	}
	wipe(mat, sizeof(mat));
	wipe(&start, sizeof(start));
	if (ok)
		*out = k;
	else
		keys_fini(&k);
	wipe(&k, sizeof(k));
	return ok;
}

void
keys_fini(struct keys *k)
{
	seal_free(k->seal_i);
	seal_free(k->seal_r);
	wipe(k, sizeof(*k));
}

bool
keys_child(const struct alg *prf_alg, const struct key *sk_d,
    const struct suite *s, struct bytes ni, struct bytes nr,
    const struct secret *g_ir, struct bytes more, struct child_keys *out)
{
	unsigned e = suite_encr_len(s), a = suite_integ_len(s);
	struct bytes seed[4];
	uint8_t mat[KEYMAT_MAX];
	struct rd r;
	size_t n = 0;
	bool ok;

	if (g_ir != NULL)
		seed[n++] = secret_bytes(g_ir);
	seed[n++] = ni;
	seed[n++] = nr;
	seed[n++] = more;
	ok = prf_plus(prf_alg, key_bytes(sk_d), seed, n, mat, 2 * (e + a));
	if (ok) {
		r = rd_of(bytes_of(mat, sizeof(mat)));
		key_set(&out->encr_i, rd_bytes(&r, e));
		key_set(&out->integ_i, rd_bytes(&r, a));
		key_set(&out->encr_r, rd_bytes(&r, e));
		key_set(&out->integ_r, rd_bytes(&r, a));
	}
	wipe(mat, sizeof(mat));
	return ok;
}
