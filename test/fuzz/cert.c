/*
 * What is read of certificates that a peer, a web server or a file brings,
 * whoever made it: nothing here depends on a CA.  The first octet says what the
 * rest is: a chain (each certificate behind its length), a CRL, a name as text,
 * a name in DER, an AUTH payload, a PEM file.  Whom we believe is in
 * cert_trust.c, which takes the same inputs and more.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/dn.h"
#include "crypto/prf.h"
#include "crypto/sig.h"
#include "crypto/sig_alg.h"
#include "crypto/trust.h"
#include "fuzz/cert_house.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct cert_chain house;		/* leaf and sub */

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
furnish(void)
{
	char both[sizeof(leaf_pem) + sizeof(sub_pem)];
	struct reason why;

	if (house.n > 0)
		return;
	require(crypto_init());
	str_fmt(both, sizeof(both), "%s%s", leaf_pem, sub_pem);
	require(cert_chain_read_pem(&house, bytes_str(both), &why));
}

static void
require_text(const char *s)
{
	for (; *s != '\0'; s++)
		require(*s >= ' ' && *s <= '~');
}

static void
look_at(const struct cert *c)
{
	static const struct {
		uint8_t		type;
		const char	*data;
		size_t		n;
	} ids[] = {
		{ 1, "\xc6\x33\x64\x01", 4 }, { 2, "gw1.example", 11 },
		{ 3, "vpn@b.example", 13 }, { 9, "0", 1 }, { 11, "x", 1 },
	};
	char url[CERT_URL_LEN] = "";
	struct cert_info i;
	struct reason why;

	cert_info(c, &i);
	require_text(i.subject);
	require_text(i.issuer);
	require_text(i.serial);
	require_text(i.sans);
	require_text(i.key);
	if (cert_ocsp_url(c, url) || cert_crl_url(c, url))
		require(strlen(url) >= 8);
	require_text(url);
	for (size_t k = 0; k < sizeof(ids) / sizeof(ids[0]); k++) {
		why.s[0] = '\0';
		require(cert_has_id(c, ids[k].type, bytes_of(ids[k].data,
		    ids[k].n), &why) || why.s[0] != '\0');
		require_text(why.s);
	}
	(void)cert_has_id(c, 9, cert_subject(c), &why);
}

static void
look_at_all(struct cert_chain *ch)
{
	require(ch->n > 0 && ch->n <= CERT_CHAIN_MAX);
	for (size_t i = 0; i < ch->n; i++)
		look_at(ch->cert[i]);
	cert_chain_fini(ch);
}

static void
try_chain(struct bytes in)
{
	struct bytes der[CERT_CHAIN_MAX + 2];
	struct cert_chain ch;
	struct rd r = rd_of(in);
	struct reason why;
	size_t n = 0;

	while (r.n > 0 && n < CERT_CHAIN_MAX + 2) {
		uint16_t len = rd_u16(&r);

		der[n++] = rd_bytes(&r, len < r.n ? len : r.n);
	}
	if (cert_chain_read(&ch, der, n, &why))
		look_at_all(&ch);
	else
		require_text(why.s);
}

/* Without a CA its signature is nobody's to check. */
static void
try_crl(struct bytes in)
{
	struct trust *t = trust_new();
	struct reason why;

	require(t != NULL);
	if (trust_add_crl(t, in, &why)) {
		require(trust_crls(t) == 1);
		require(trust_add_crl(t, in, &why) && trust_crls(t) == 1);
	} else {
		require_text(why.s);
	}
	trust_free(t);
}

static void
try_name(struct bytes in)
{
	char text[2048], out[8192];
	uint8_t a[DN_DER_MAX], b[DN_DER_MAX];
	struct wr w = wr_of(a, sizeof(a)), v = wr_of(b, sizeof(b));
	struct reason why;

	if (in.n >= sizeof(text))
		return;
	memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	if (!dn_parse(text, &w, &why)) {
		require_text(why.s);
		require(w.n == 0);
		return;
	}
	dn_str(wr_done(&w), out, sizeof(out));
	require_text(out);
	require(dn_parse(out, &v, &why));
	require(bytes_eq(wr_done(&w), wr_done(&v)));
	require(dn_eq(wr_done(&w), wr_done(&v)));
}

static void
try_name_der(struct bytes in)
{
	char out[300];

	dn_str(in, out, sizeof(out));
	require_text(out);
	(void)dn_eq(in, cert_subject(house.cert[0]));
}

static void
try_auth(struct bytes in)
{
	struct rd r = rd_of(in);
	uint8_t method = rd_u8(&r);
	struct bytes data = rd_rest(&r);
	struct sig_used used = { "" };
	struct reason why = { "" };
	unsigned set;

	if (sig_verify(house.cert[0], method, data, bytes_str("octets"),
	    SIG_SHA1_OK, &used, &why))
		require(used.name[0] != '\0');
	else
		require(why.s[0] != '\0' && used.name[0] == '\0');
	require_text(why.s);
	(void)sig_alg_parse(data, &why);
	require_text(why.s);
	(void)sig_hashes_read(data, &set);
}

static void
try_pem(struct bytes in)
{
	struct cert_chain ch;
	struct reason why;

	if (cert_chain_read_pem(&ch, in, &why))
		look_at_all(&ch);
	else
		require_text(why.s);
}

/* Numbered as in cert_trust.c. */
static void (*const tries[])(struct bytes) = {
	try_chain, try_crl, NULL, try_name, try_name_der, try_auth, try_pem,
};

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	furnish();
	if (n > 0 && p[0] < sizeof(tries) / sizeof(tries[0]) &&
	    tries[p[0]] != NULL)
		tries[p[0]](bytes_of(p + 1, n - 1));
	return 0;
}
