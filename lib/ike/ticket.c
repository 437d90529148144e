/*
 * The format of our tickets, after RFC 5723 appendix A.1:
 *
 *	version (1) | key (4) | salt (16) | IV (8) | sealed ... | ICV (16)
 *
 * sealed with AES-256-GCM under prf+(that key, salt), so that no two
 * tickets share a key and no counter has to outlive a restart; everything in
 * front is authenticated.  Instants are the host's monotonic clock: nobody who
 * sets the time of day makes a ticket live longer.
 *
 * Inside are numbers of transforms, never pointers or lengths that would be
 * believed: even who has the key makes the decoder do no harm.
 */
#include "ike/ticket.h"

#include <string.h>

#include "crypto/prf.h"
#include "crypto/seal.h"
#include "ike/pack.h"
#include "util/array.h"

#define VERSION		1
#define SALT_LEN	16
#define AAD_LEN		(1 + 4 + SALT_LEN)
#define PLAIN_MAX	(TICKET_MAX - 64)

#define FLAG_PPK	1u

static const struct {
	const char	*code, *text;
} verdicts[TICKET_VERDICTS] = {
	[TICKET_GOOD] = { "good", "the ticket is good" },
	[TICKET_MALFORMED] = { "malformed", "the ticket is none of ours" },
	[TICKET_UNKNOWN_KEY] = { "unknown-key", "the ticket was sealed with a "
	    "key that is gone: the daemon was restarted, or it is too old" },
	[TICKET_ALTERED] = { "altered", "the ticket was tampered with" },
	[TICKET_EXPIRED] = { "expired", "the ticket has expired" },
	[TICKET_USED] = { "used", "the ticket was used before" },
	[TICKET_ENDED] = { "ended", "the ticket's IKE SA was deleted or "
	    "replaced" },
	[TICKET_NO_TUNNEL] = { "no-tunnel", "no tunnel for this address "
	    "resumes sessions" },
	[TICKET_CHANGED] = { "tunnel-changed", "the tunnel's identities, keys "
	    "or certificates are not those that the ticket was issued for" },
	[TICKET_DOWN] = { "admin-down", "tunnel is administratively down" },
	[TICKET_DRAINING] = { "draining", "the tunnel drains: who calls may be "
	    "sent to another gateway" },
	[TICKET_ALGORITHM] = { "algorithm", "the ticket's IKE algorithms are "
	    "not allowed any more" },
	[TICKET_CERT_EXPIRED] = { "certificate-expired", "the certificate "
	    "that the peer had shown has expired" },
	[TICKET_CERT_REVOKED] = { "certificate-revoked", "a certificate that "
	    "the peer had shown has been revoked" },
	[TICKET_REFUSED] = { "refused-by-peer", "the peer refused our ticket" },
	[TICKET_NOT_PROVED] = { "not-authenticated", "the peer took our "
	    "ticket, but then refused to authenticate us" },
};

const char *
ticket_code_str(enum ticket_verdict v)
{
	return (unsigned)v < TICKET_VERDICTS ? verdicts[v].code : "other";
}

const char *
ticket_text(enum ticket_verdict v)
{
	return (unsigned)v < TICKET_VERDICTS ? verdicts[v].text : "";
}

static const struct alg *
mac(void)
{
	return alg_find(ALG_PRF, PRF_HMAC_SHA2_256, 0);
}

/* NULL: no memory, or OpenSSL refused. */
static struct seal *
seal_of(const struct ticket_keys *k, unsigned which, struct bytes salt)
{
	const struct suite s = {
		.encr = alg_find(ALG_ENCR, ENCR_AES_GCM_16, 256),
	};
	uint8_t mat[KEY_MAX];
	size_t n = suite_encr_len(&s);
	struct seal *seal = NULL;

	if (prf_plus(mac(), bytes_of(k->key[which], TICKET_KEY), &salt, 1,
	    mat, n))
		seal = seal_new(&s, bytes_of(mat, n), (struct bytes){ 0 });
	wipe(mat, sizeof(mat));
	return seal;
}

/* --- what is inside --- */

static void
encode(struct wr *w, const struct session *s)
{
	wr_u8(w, s->ppk ? FLAG_PPK : 0);
	pack_suite(w, &s->suite);
	pack_key(w, &s->sk_d);
	wr_u64(w, s->spi_i);
	wr_u64(w, s->spi_r);
	wr_u64(w, (uint64_t)s->issued.ns);
	wr_u64(w, (uint64_t)s->expires.ns);
	wr_bytes(w, bytes_of(s->idi, TICKET_DIGEST));
	wr_bytes(w, bytes_of(s->idr, TICKET_DIGEST));
	wr_bytes(w, bytes_of(s->rules, TICKET_DIGEST));
	pack_vouch(w, &s->vouch);
}

/* Of an IKE SA, with the key that it gives to others. */
static void
get_keys(struct rd *r, struct session *s)
{
	unpack_suite(r, &s->suite);
	unpack_key(r, &s->sk_d);
	r->bad |= s->suite.prf == NULL || s->suite.ke == NULL ||
	    s->sk_d.n != s->suite.prf->key_len;
}

bool
ticket_decode(struct bytes plain, struct session *out)
{
	struct rd r = rd_of(plain);
	struct session s = { .ppk = false };
	uint8_t flags = rd_u8(&r);
	bool ok;

	s.ppk = (flags & FLAG_PPK) != 0;
	get_keys(&r, &s);
	s.spi_i = rd_u64(&r);
	s.spi_r = rd_u64(&r);
	s.issued.ns = (int64_t)rd_u64(&r);
	s.expires.ns = (int64_t)rd_u64(&r);
	rd_copy(&r, s.idi, TICKET_DIGEST);
	rd_copy(&r, s.idr, TICKET_DIGEST);
	rd_copy(&r, s.rules, TICKET_DIGEST);
	unpack_vouch(&r, &s.vouch);
	ok = rd_done(&r) && (flags & ~FLAG_PPK) == 0;
	if (ok)
		*out = s;
	wipe(&s, sizeof(s));
	return ok;
}

/* --- sealing --- */

bool
ticket_seal(struct ticket_keys *k, struct drbg *drbg, struct instant now,
    const struct session *s, struct wr *out)
{
	uint8_t buf[TICKET_MAX], plain[PLAIN_MAX];
	struct wr w = wr_of(buf, sizeof(buf)), in = wr_of(plain, sizeof(plain));
	struct seal *seal;
	uint8_t *salt;
	bool ok;

	ticket_keys_turn(k, now);
	encode(&in, s);
	wr_u8(&w, VERSION);
	wr_u32(&w, k->name[k->epoch & 1]);
	salt = wr_space(&w, SALT_LEN);
	drbg_fill(drbg, salt, SALT_LEN);
	seal = k->epoch == 0 || in.bad ? NULL :
	    seal_of(k, k->epoch & 1, bytes_of(salt, SALT_LEN));
	if (seal != NULL) {
		wr_zero(&w, seal_iv_len(seal));
		wr_bytes(&w, wr_done(&in));
		wr_zero(&w, seal_overhead(seal, in.n) - seal_iv_len(seal));
	}
	ok = seal != NULL && !w.bad &&
	    seal_protect(seal, drbg, buf, AAD_LEN, in.n);
	if (ok)
		wr_bytes(out, wr_done(&w));
	seal_free(seal);
	wipe(plain, sizeof(plain));
	wipe(buf, sizeof(buf));
	return ok && !out->bad;
}

/* buf is the ticket; afterwards what was in it. */
static enum ticket_verdict
unseal(struct ticket_keys *k, uint8_t *buf, size_t n, struct session *out)
{
	struct rd r = rd_of(bytes_of(buf, n));
	uint8_t version = rd_u8(&r);
	int which = ticket_keys_find(k, rd_u32(&r));
	struct bytes salt = rd_bytes(&r, SALT_LEN), plain;
	struct seal *seal;
	bool ok;

	if (r.bad || version != VERSION)
		return TICKET_MALFORMED;
	if (which < 0)
		return TICKET_UNKNOWN_KEY;
	seal = seal_of(k, (unsigned)which, salt);
	ok = seal != NULL && seal_open(seal, buf, AAD_LEN, n, &plain);
	seal_free(seal);
	if (!ok)
		return TICKET_ALTERED;
	return ticket_decode(plain, out) ? TICKET_GOOD : TICKET_MALFORMED;
}

enum ticket_verdict
ticket_open(struct ticket_keys *k, struct instant now, struct bytes sealed,
    struct session *out)
{
	uint8_t buf[TICKET_MAX];
	struct session s = { .ppk = false };
	enum ticket_verdict v;

	if (sealed.n == 0 || sealed.n > sizeof(buf))
		return TICKET_MALFORMED;
	ticket_keys_turn(k, now);
	memcpy(buf, sealed.p, sealed.n);
	v = unseal(k, buf, sealed.n, &s);
	/* Issued later than now: the clock is not the one that it was. */
	if (v == TICKET_GOOD && (instant_due(s.expires, now) ||
	    !instant_due(s.issued, now)))
		v = TICKET_EXPIRED;
	if (v == TICKET_GOOD)
		*out = s;
	wipe(&s, sizeof(s));
	wipe(buf, sizeof(buf));
	return v;
}
