/*
 * Everything of certificates that comes from a peer, a web server or a file.
 * The first octet says what the rest is: a chain (each certificate behind its
 * length), a CRL, an OCSP response, a name as text, a name in DER, an AUTH
 * payload, a PEM file.  The CAs are fixed, so that good ones stay good.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/dn.h"
#include "crypto/ocsp.h"
#include "crypto/prf.h"
#include "crypto/sig.h"
#include "crypto/sig_alg.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define NOW	INT64_C(1800000000)

static const char root_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBmTCCAUCgAwIBAgIBATAKBggqhkjOPQQDAjAuMQswCQYDVQQGEwJERTEQMA4G\n"
    "A1UECgwHRXhhbXBsZTENMAsGA1UEAwwEUm9vdDAgFw0yNzAxMTQwODAwMDBaGA8y\n"
    "MDU0MDYwMTA4MDAwMFowLjELMAkGA1UEBhMCREUxEDAOBgNVBAoMB0V4YW1wbGUx\n"
    "DTALBgNVBAMMBFJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQriEfrKCls\n"
    "b1sl/YVOH7g4albr5WJLl+6Lo425yCnQWNq09B2NyugpMEPzLGYErl0QxngegfTK\n"
    "jaI3To9Vgn08o00wSzAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAd\n"
    "BgNVHQ4EFgQUg4EzE+qyZb6lB7pHU2sOd+iYl08wCQYDVR0jBAIwADAKBggqhkjO\n"
    "PQQDAgNHADBEAiBs5q6Puree3tZNRP7WOOYip6Zm+4Q1WGx0PPmh7lvzGQIgSnWC\n"
    "vkPIS3eoMbJ92UCjxT7Zz3S3WW/DtmEYexznfZw=\n"
    "-----END CERTIFICATE-----\n";

static const char sub_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB4zCCAYigAwIBAgIBAjAKBggqhkjOPQQDAjAuMQswCQYDVQQGEwJERTEQMA4G\n"
    "A1UECgwHRXhhbXBsZTENMAsGA1UEAwwEUm9vdDAeFw0yNzAxMTQwODAwMDBaFw0y\n"
    "ODAxMTUwODAwMDBaMC0xCzAJBgNVBAYTAkRFMRAwDgYDVQQKDAdFeGFtcGxlMQww\n"
    "CgYDVQQDDANTdWIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQywgRLPV3Uo7Hu\n"
    "s5JueWKh8sMQCNlpQecLoQfFRyS3XzSJF0ERFhVqOrnOktsi8jkKupUkt6JIGuho\n"
    "1mfNTR28o4GXMIGUMBIGA1UdEwEB/wQIMAYBAf8CAQAwDgYDVR0PAQH/BAQDAgEG\n"
    "MC4GA1UdHgQnMCWgIzAJggdleGFtcGxlMAqHCMYzZAD///8AMAqBCC5leGFtcGxl\n"
    "MB0GA1UdDgQWBBR+Qxs2NonzeY55t3YeQxFUGOK9hTAfBgNVHSMEGDAWgBSDgTMT\n"
    "6rJlvqUHukdTaw536JiXTzAKBggqhkjOPQQDAgNJADBGAiEA9Ay8a8bircS1oxmI\n"
    "M3qgRRUzNJryuBq76EYh5sPvva4CIQCmyWR3mGhIqepJPnLEum+5tcclwo/k7gDC\n"
    "Qt67Qjg+4g==\n"
    "-----END CERTIFICATE-----\n";

static const char leaf_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIICTzCCAfWgAwIBAgIBAzAKBggqhkjOPQQDAjAtMQswCQYDVQQGEwJERTEQMA4G\n"
    "A1UECgwHRXhhbXBsZTEMMAoGA1UEAwwDU3ViMB4XDTI3MDExNDA4MDAwMFoXDTI4\n"
    "MDExNTA4MDAwMFowLTELMAkGA1UEBhMCREUxEDAOBgNVBAoMB0V4YW1wbGUxDDAK\n"
    "BgNVBAMMA2d3MTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGMnqOvPo6jw/Yfz\n"
    "dsbo+Osfp59Bc2++KyGnZjZCtHeFI24hhScxv9Z4d9go264x8IN3qn3bM99BM3Gp\n"
    "+ROqYXGjggEEMIIBADAOBgNVHQ8BAf8EBAMCB4AwJwYDVR0lBCAwHgYIKwYBBQUH\n"
    "AxEGCCsGAQUFBwMBBggrBgEFBQcDAjArBgNVHREEJDAiggtndzEuZXhhbXBsZYcE\n"
    "xjNkAYENdnBuQGIuZXhhbXBsZTAtBggrBgEFBQcBAQQhMB8wHQYIKwYBBQUHMAGG\n"
    "EWh0dHA6Ly9vLmV4YW1wbGUvMCkGA1UdHwQiMCAwHqAcoBqGGGh0dHA6Ly9jLmV4\n"
    "YW1wbGUvc3ViLmNybDAdBgNVHQ4EFgQUWui+NBjo45qDS70qfC54vT3ST+0wHwYD\n"
    "VR0jBBgwFoAUfkMbNjaJ83mOebd2HkMRVBjivYUwCgYIKoZIzj0EAwIDSAAwRQIh\n"
    "AMH3soZ9Yc2iGMETln0yefETQXcqSjFpG/7FVwM4XZ8YAiAXp/nUAf+lpT4e/0b0\n"
    "4MAa3VcfDJ9vWlT8wKxB2b2W7w==\n"
    "-----END CERTIFICATE-----\n";

static struct {
	struct trust	*trust;
	struct cert_chain chain;	/* leaf and sub */
} house;

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static struct trust *
new_trust(void)
{
	struct trust *t = trust_new();
	struct reason why;

	require(t != NULL && trust_add_pem(t, bytes_str(root_pem), &why));
	return t;
}

static void
furnish(void)
{
	char both[sizeof(leaf_pem) + sizeof(sub_pem)];
	struct reason why;

	if (house.trust != NULL)
		return;
	require(crypto_init());
	house.trust = new_trust();
	str_fmt(both, sizeof(both), "%s%s", leaf_pem, sub_pem);
	require(cert_chain_read_pem(&house.chain, bytes_str(both), &why));
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
verify(const struct trust *t, const struct cert_chain *ch)
{
	static const struct trust_policy policies[] = {
		{ .crl = TRUST_CRL_IF_ANY }, { .crl = TRUST_CRL_REQUIRED },
		{ .crl = TRUST_CRL_IGNORED, .sha1_ok = true },
	};

	for (size_t i = 0; i < 3; i++) {
		struct trust_verdict v;
		bool ok = trust_verify(t, ch, NOW, &policies[i], &v);

		require(ok == (v.result == TRUST_OK));
		require(ok == (v.why.s[0] == '\0'));
		require(!ok || (v.not_after >= NOW && v.chain_until >= NOW));
		require_text(v.why.s);
		require_text(v.subject);
		require_text(v.anchor);
	}
}

static void
try_chain(struct bytes in)
{
	struct bytes der[CERT_CHAIN_MAX + 2];
	struct cert_chain ch;
	struct rd r = rd_of(in);
	struct reason why;
	uint8_t buf[2048];
	struct wr w = wr_of(buf, sizeof(buf));
	size_t n = 0;

	while (r.n > 0 && n < CERT_CHAIN_MAX + 2) {
		uint16_t len = rd_u16(&r);

		der[n++] = rd_bytes(&r, len < r.n ? len : r.n);
	}
	if (!cert_chain_read(&ch, der, n, &why)) {
		require_text(why.s);
		return;
	}
	for (size_t i = 0; i < ch.n; i++)
		look_at(ch.cert[i]);
	verify(house.trust, &ch);
	if (trust_issuer(house.trust, &ch) != NULL)
		(void)ocsp_request(ch.cert[0], trust_issuer(house.trust, &ch),
		    &w);
	cert_chain_fini(&ch);
}

static void
try_crl(struct bytes in)
{
	struct trust *t = new_trust();
	struct reason why;

	if (trust_add_crl(t, in, &why)) {
		require(trust_crls(t) == 1);
		require(trust_add_crl(t, in, &why) && trust_crls(t) == 1);
	} else {
		require_text(why.s);
	}
	verify(t, &house.chain);
	trust_free(t);
}

static void
try_ocsp(struct bytes in)
{
	struct ocsp_answer a;

	ocsp_check(house.trust, &house.chain, house.chain.cert[1], in,
	    NOW, &a);
	require((a.status == OCSP_GOOD) == (a.why.s[0] == '\0'));
	require_text(a.why.s);
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
	(void)dn_eq(in, cert_subject(house.chain.cert[0]));
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

	if (sig_verify(house.chain.cert[0], method, data, bytes_str("octets"),
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
	struct trust *t = trust_new();
	struct cert_chain ch;
	struct sig_key *key;
	struct reason why;

	if (trust_add_pem(t, in, &why))
		require(trust_cas(t) > 0 && trust_anchors(t) > 0);
	else
		require(trust_cas(t) == 0);
	if (cert_chain_read_pem(&ch, in, &why)) {
		verify(t, &ch);
		cert_chain_fini(&ch);
	}
	key = sig_key_load(in, &why);
	sig_key_free(key);
	trust_free(t);
}

static void (*const tries[])(struct bytes) = {
	try_chain, try_crl, try_ocsp, try_name, try_name_der, try_auth,
	try_pem,
};

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	furnish();
	if (n > 0 && p[0] < sizeof(tries) / sizeof(tries[0]))
		tries[p[0]](bytes_of(p + 1, n - 1));
	return 0;
}
