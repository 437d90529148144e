/*
 * Certificates and names as values: reading, identities (RFC 7296 section
 * 3.5, RFC 4945 section 3.1), URLs, and names from text and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ca.h"
#include "crypto/prf.h"
#include "hex.h"
#include "util/array.h"

static struct cert *
cert_with(const char *subject, const char *san)
{
	struct made m = ca_make(&(struct made_spec){ .subject = subject,
	    .key = "P-256", .san = san });
	struct cert *c = made_cert(&m);

	made_fini(&m);
	return c;
}

/* --- identities --- */

#define V4	"\xc6\x33\x64\x01"
#define V6	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"

static const struct {
	const char	*what, *subject, *san;
	uint8_t		 type;
	const char	*data;
	size_t		 n;		/* 0: strlen; ID type 9: a name */
	const char	*not_because;	/* NULL: it has the identity */
} ids[] = {
	{ "a DNS name", "CN=x", "DNS:gw1.example", 2, "gw1.example", 0, NULL },
	{ "in other case", "CN=x", "DNS:GW1.Example", 2, "gw1.exAMPLE", 0,
	  NULL },
	{ "the second of two", "CN=x", "DNS:a.example,DNS:b.example", 2,
	  "b.example", 0, NULL },
	{ "another name", "CN=x", "DNS:gw1.example", 2, "gw2.example", 0,
	  "not for dns:gw2.example but for dns:gw1.example" },
	{ "a longer name", "CN=x", "DNS:gw1.example", 2, "gw1.example.com", 0,
	  "gw1.example.com" },
	{ "a shorter name", "CN=x", "DNS:gw1.example", 2, "gw1.exampl", 0,
	  "but for" },
	{ "no name", "CN=x", "DNS:gw1.example", 2, "", 0, "but for" },
	{ "a wildcard does not match", "CN=x", "DNS:*.example", 2,
	  "gw1.example", 0, "dns:*.example" },
	{ "a wildcard is only itself", "CN=x", "DNS:*.example", 2,
	  "*.example", 0, NULL },
	{ "an octet that ends strings", "CN=x", "DNS:gw1.example", 2,
	  "gw1.example\0x", 13, "but for" },
	{ "an e-mail address is no DNS name", "CN=x", "email:a@b.example", 2,
	  "a@b.example", 0, "email:a@b.example" },
	{ "the common name without subjectAltName", "CN=gw1.example", NULL, 2,
	  "GW1.example", 0, NULL },
	{ "another common name", "CN=gw1.example", NULL, 2, "gw2.example", 0,
	  "but for CN=gw1.example" },
	{ "the common name beside subjectAltName", "CN=gw1.example",
	  "email:a@b.example", 2, "gw1.example", 0, "email:a@b.example" },
	{ "one of two common names", "CN=a.example, CN=b.example", NULL, 2,
	  "b.example", 0, "CN=a.example, CN=b.example" },
	{ "the common name is no e-mail address", "CN=a@b.example", NULL, 3,
	  "a@b.example", 0, "CN=a@b.example" },
	{ "an e-mail address", "CN=x", "email:vpn@b.example", 3,
	  "VPN@b.example", 0, NULL },
	{ "the e-mail address in the subject", "E=a@b.example", NULL, 3,
	  "a@b.example", 0, "but for" },
	{ "an IPv4 address", "CN=x", "IP:198.51.100.1", 1, V4, 4, NULL },
	{ "another IPv4 address", "CN=x", "IP:198.51.100.2", 1, V4, 4,
	  "not for ip:198.51.100.1 but for ip:198.51.100.2" },
	{ "an IPv6 address", "CN=x", "IP:2001:db8::1", 5, V6, 16, NULL },
	{ "IPv6's octets as IPv4's type", "CN=x", "IP:2001:db8::1", 1, V6, 16,
	  "but for" },
	{ "IPv4's octets as IPv6's type", "CN=x", "IP:198.51.100.1", 5, V4, 4,
	  "but for" },
	{ "an address as a name", "CN=x", "DNS:198.51.100.1", 1, V4, 4,
	  "dns:198.51.100.1" },
	{ "a name as an address", "CN=x", "IP:198.51.100.1", 2,
	  "198.51.100.1", 0, "but for" },
	{ "the subject", "C=DE, O=Example, CN=gw1", NULL, 9,
	  "C=DE, O=Example, CN=gw1", 0, NULL },
	{ "the subject in other case", "C=DE, O=Example, CN=gw1", NULL, 9,
	  "C=de, O=EXAMPLE, CN=GW1", 0, NULL },
	{ "the subject's blanks", "O=Example  Ltd", NULL, 9, "O=Example Ltd",
	  0, NULL },
	{ "the subject in another order", "C=DE, CN=gw1", NULL, 9,
	  "CN=gw1, C=DE", 0, "not for dn:CN=gw1, C=DE but for C=DE, CN=gw1" },
	{ "a part of the subject", "C=DE, CN=gw1", NULL, 9, "CN=gw1", 0,
	  "but for" },
	{ "more than the subject", "CN=gw1", NULL, 9, "CN=gw1, OU=x", 0,
	  "but for" },
	{ "a key id", "CN=x", "DNS:x", 11, "x", 0, "type 11 cannot" },
	{ "nothing to hold", "", NULL, 2, "x", 0, "but for nobody" },
};

static void
identities_match_whole_or_say_what_there_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct cert *c = cert_with(ids[i].subject, ids[i].san);
		struct bytes data = bytes_of(ids[i].data,
		    ids[i].n != 0 ? ids[i].n : strlen(ids[i].data));
		struct reason why = { "" };
		uint8_t der[DN_DER_MAX];
		struct wr w = wr_of(der, sizeof(der));
		bool has;

		if (ids[i].type == 9) {
			assert_true(dn_parse(ids[i].data, &w, &why));
			data = wr_done(&w);
		}
		has = cert_has_id(c, ids[i].type, data, &why);
		if (has != (ids[i].not_because == NULL))
			fail_msg("%s: %s", ids[i].what, why.s);
		if (!has && strstr(why.s, ids[i].not_because) == NULL)
			fail_msg("%s: %s", ids[i].what, why.s);
		cert_free(c);
	}
}

static void
malformed_names_are_nobodys(void **state)
{
	static const struct octets shapes[] = {
		{ "", 0 }, { "\x30", 1 }, { "\x30\x05\x31", 3 },
		{ "\x04\x00", 2 }, { "\x30\x00\x00", 3 },
	};
	struct cert *c = cert_with("CN=x", NULL);
	struct reason why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		assert_false(cert_has_id(c, 9, octets_bytes(&shapes[i]),
		    &why));
	assert_false(dn_eq((struct bytes){ 0 }, (struct bytes){ 0 }));
	cert_free(c);
}

/* --- names --- */

static const struct {
	const char	*text, *again;	/* NULL: the same */
	const char	*hex;		/* NULL: not looked at */
} names[] = {
	{ "CN=gw1", NULL, "300e310c300a06035504030c03677731" },
	{ "C=DE, O=Example, CN=gw1", NULL,
	  "302d310b30090603550406130244453110300e060355040a0c074578616d"
	  "706c65310c300a06035504030c03677731" },
	{ "c=DE,o=Example,cn=gw1", "C=DE, O=Example, CN=gw1", NULL },
	{ "  CN =  gw1  ;  OU=x", "CN=gw1, OU=x", NULL },
	{ "O=\"Example, Inc.\", CN=a", "O=Example\\, Inc., CN=a", NULL },
	{ "O=Example\\, Inc., CN=a", NULL, NULL },
	{ "O=\\20a\\20", "O=\\ a\\ ", NULL },
	{ "O=a b  c", NULL, NULL },
	{ "O=\\#1", NULL, NULL },
	{ "O=a\\\"b\\\\c\\<d\\>e\\;f\\+g", NULL, NULL },
	{ "O=a=b", NULL, NULL },
	{ "L=M\\C3\\BCnchen", NULL, NULL },
	{ "L=M\xc3\xbcnchen", "L=M\\C3\\BCnchen", NULL },
	{ "O=\"quoted \\\" mark\"", "O=quoted \\\" mark", NULL },
	{ "OU=a+CN=b, O=c", "CN=b+OU=a, O=c", NULL },	/* a SET in DER */
	{ "emailAddress=a@b.example", "E=a@b.example", NULL },
	{ "E=a@b.example", NULL, NULL },
	{ "DC=example, DC=com", NULL, NULL },
	{ "serialNumber=42, UID=7, ST=x, STREET=y, L=z", NULL, NULL },
};

static void
names_survive_text_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint8_t der[DN_DER_MAX], again[DN_DER_MAX];
		struct wr w = wr_of(der, sizeof(der));
		struct wr v = wr_of(again, sizeof(again));
		const char *wanted = names[i].again != NULL ? names[i].again :
		    names[i].text;
		struct reason why;
		char text[300], hex[300];

		if (!dn_parse(names[i].text, &w, &why))
			fail_msg("%s: %s", names[i].text, why.s);
		dn_str(wr_done(&w), text, sizeof(text));
		assert_string_equal(text, wanted);
		assert_true(dn_parse(text, &v, &why));
		assert_true(bytes_eq(wr_done(&w), wr_done(&v)));
		assert_true(dn_eq(wr_done(&w), wr_done(&v)));
		str_hex(hex, sizeof(hex), wr_done(&w));
		if (names[i].hex != NULL)
			assert_string_equal(hex, names[i].hex);
	}
}

static const struct {
	const char	*text, *says;
} not_names[] = {
	{ "", "character 1 of the name: a type such as CN" },
	{ "gw1.example", "character 1 of the name: not a type" },
	{ "CN", "\"=\" is missing" },
	{ "CN=", "the value is empty" },
	{ "CN=a,", "character 6 of the name: a type" },
	{ "CN=a,,O=b", "character 6 of the name: a type" },
	{ "XY=a", "not a type of name" },
	{ "CN=\"a", "the closing quote" },
	{ "CN=\"a\"b", "\",\" or \"+\" is missing" },
	{ "CN=a\"b", "needs \"\\\"" },
	{ "CN=a<b", "needs \"\\\"" },
	{ "CN=a\\", "before what needs none" },
	{ "CN=a\\x", "before what needs none" },
	{ "CN=a\\4", "before what needs none" },
	{ "CN=#0401", "values in hex" },
	{ "C=Germany", "country of other than two letters" },
	{ "O=x, C=D", "character 6 of the name: a value" },
	{ "E=\xc3\xbc@x", "not ASCII" },
	{ "O=\xff", "not UTF-8" },
	{ "CN=0123456789012345678901234567890123456789012345678901234567890123"
	  "4", "too long" },
};

static void
text_that_is_no_name_says_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(not_names); i++) {
		uint8_t der[DN_DER_MAX];
		struct wr w = wr_of(der, sizeof(der));
		struct reason why = { "" };

		if (dn_parse(not_names[i].text, &w, &why))
			fail_msg("\"%s\" is taken", not_names[i].text);
		if (strstr(why.s, not_names[i].says) == NULL)
			fail_msg("\"%s\": %s", not_names[i].text, why.s);
		assert_int_equal(w.n, 0);
		assert_false(w.bad);
	}
}

static void
long_names_are_cut_or_refused(void **state)
{
	char text[4000] = "CN=x", out[20];
	uint8_t der[DN_DER_MAX];
	struct wr w = wr_of(der, sizeof(der)), small = wr_of(der, 10);
	struct reason why;

	(void)state;
	assert_false(dn_parse("CN=gw1", &small, &why));
	assert_false(small.bad);
	assert_true(dn_parse("O=Example, OU=Branches, CN=gw1", &w, &why));
	dn_str(wr_done(&w), out, sizeof(out));
	assert_string_equal(out, "O=Example, OU=Branc");
	for (unsigned i = 0; i < 100; i++)
		strcat(text, ", OU=0123456789");
	w = wr_of(der, sizeof(der));
	assert_false(dn_parse(text, &w, &why));
	assert_non_null(strstr(why.s, "too long"));
}

/* An unknown type by its number, a value that is no string in hex. */
static void
strange_names_are_still_shown(void **state)
{
	struct octets a = unhex("300e310c300a060355042d0c03677731");
	struct octets b = unhex("300d310b30090603550403030200ff");
	char text[64];

	(void)state;
	dn_str(octets_bytes(&a), text, sizeof(text));
	assert_string_equal(text, "2.5.4.45=gw1");
	dn_str(octets_bytes(&b), text, sizeof(text));
	assert_string_equal(text, "CN=#ff");
	dn_str(bytes_of("\x30\x80", 2), text, sizeof(text));
	assert_string_equal(text, "");
}

/* --- reading --- */

static void
what_is_no_certificate_is_refused(void **state)
{
	struct made m = ca_make(&(struct made_spec){ .subject = "CN=x",
	    .key = "P-256", .san = "DNS:x" });
	struct bytes der = made_der(&m);
	uint8_t buf[CERT_DER_MAX + 1] = { 0 };
	struct reason why;
	struct cert *c;

	(void)state;
	assert_true(der.n < sizeof(buf));
	memcpy(buf, der.p, der.n);
	for (size_t n = 0; n < der.n; n++)
		assert_null(cert_read(bytes_of(buf, n), &why));
	c = cert_read(bytes_of(buf, der.n), &why);
	assert_non_null(c);
	assert_true(bytes_eq(cert_der(c), der));
	cert_free(c);
	assert_null(cert_read(bytes_of(buf, der.n + 1), &why));
	assert_non_null(strstr(why.s, "octets behind"));
	assert_null(cert_read(bytes_of(buf, sizeof(buf)), &why));
	assert_non_null(strstr(why.s, "16385 octets"));
	cert_free(NULL);
	OPENSSL_free((void *)(uintptr_t)der.p);
	made_fini(&m);
}

static void
malformed_extensions_are_noticed(void **state)
{
	struct made m = ca_make(&(struct made_spec){ .subject = "CN=x",
	    .key = "P-256", .basic = "CA:TRUE" });
	struct bytes der = made_der(&m);
	uint8_t *p = memmem(der.p, der.n, "\x30\x03\x01\x01\xff", 5);
	struct reason why;

	(void)state;
	assert_non_null(p);
	p[0] = 0x04;		/* basicConstraints: an OCTET STRING */
	assert_null(cert_read(der, &why));
	assert_non_null(strstr(why.s, "malformed extension"));
	OPENSSL_free((void *)(uintptr_t)der.p);
	made_fini(&m);
}

static void
chains_keep_order_and_drop_duplicates(void **state)
{
	struct made a = ca_make(&(struct made_spec){ .subject = "CN=a",
	    .key = "P-256" });
	struct made b = ca_make(&(struct made_spec){ .subject = "CN=b",
	    .key = "P-256" });
	const struct bytes ad = made_der(&a), bd = made_der(&b);
	const struct bytes all[] = { ad, bd, ad, bd, bd, ad, ad, ad, bd, ad };
	struct cert_chain ch;
	struct reason why;

	(void)state;
	assert_true(cert_chain_read(&ch, all, ARRAY_SIZE(all), &why));
	assert_int_equal(ch.n, 2);
	assert_true(bytes_eq(cert_der(ch.cert[0]), ad));
	assert_true(bytes_eq(cert_der(ch.cert[1]), bd));
	cert_chain_fini(&ch);
	assert_int_equal(ch.n, 0);
	assert_false(cert_chain_read(&ch, all, 0, &why));
	assert_false(cert_chain_read(&ch, (struct bytes[]){ ad, { NULL, 0 } },
	    2, &why));
	assert_non_null(strstr(why.s, "certificate 2:"));
	OPENSSL_free((void *)(uintptr_t)ad.p);
	OPENSSL_free((void *)(uintptr_t)bd.p);
	made_fini(&a);
	made_fini(&b);
}

static void
nine_different_certificates_are_too_many(void **state)
{
	struct made m[9];
	struct bytes der[9];
	struct cert_chain ch = { 0 };
	struct reason why;

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		m[i] = ca_make(&(struct made_spec){ .subject = "CN=a",
		    .key = "P-256", .serial = i + 1 });
		der[i] = made_der(&m[i]);
	}
	assert_false(cert_chain_read(&ch, der, 9, &why));
	assert_non_null(strstr(why.s, "more than 8"));
	assert_int_equal(ch.n, 0);
	assert_true(cert_chain_read(&ch, der, 8, &why));
	cert_chain_fini(&ch);
	for (unsigned i = 0; i < 9; i++) {
		OPENSSL_free((void *)(uintptr_t)der[i].p);
		made_fini(&m[i]);
	}
}

static void
pem_may_hold_keys_and_text_too(void **state)
{
	struct made m = ca_make(&(struct made_spec){ .subject = "CN=a",
	    .key = "P-256" });
	struct bytes pem = made_pem((const struct made *[]){ &m }, 1);
	struct bytes key = ca_key_pem(m.key);
	char all[8000];
	struct cert_chain ch;
	struct reason why;

	(void)state;
	str_fmt(all, sizeof(all), "subject=CN=a\n%s%s", (const char *)key.p,
	    (const char *)pem.p);
	assert_true(cert_chain_read_pem(&ch, bytes_str(all), &why));
	assert_int_equal(ch.n, 1);
	cert_chain_fini(&ch);
	assert_false(cert_chain_read_pem(&ch, key, &why));
	assert_non_null(strstr(why.s, "no certificate in PEM"));
	assert_false(cert_chain_read_pem(&ch, bytes_str(""), &why));
	all[strlen(all) - 40] = '\0';
	assert_false(cert_chain_read_pem(&ch, bytes_str(all), &why));
	assert_non_null(strstr(why.s, "malformed"));
	ca_free(pem);
	ca_free(key);
	made_fini(&m);
}

/* --- what is shown --- */

static void
info_tells_what_is_in_it(void **state)
{
	struct made ca = ca_make(&(struct made_spec){ .key = "P-384",
	    .subject = "C=DE, O=Example, CN=Root", .basic = "CA:TRUE" });
	struct made m = ca_make(&(struct made_spec){ .key = "RSA-2048",
	    .subject = "C=DE, O=Example, CN=gw1", .issuer = &ca,
	    .serial = 0x1234ab, .san = "DNS:gw1.example,IP:198.51.100.1,"
	    "IP:2001:db8::1,email:a@b.example,URI:http://x" });
	struct cert *c = made_cert(&m), *r = made_cert(&ca);
	struct cert_info i;
	char text[64];

	(void)state;
	cert_info(c, &i);
	assert_string_equal(i.subject, "C=DE, O=Example, CN=gw1");
	assert_string_equal(i.issuer, "C=DE, O=Example, CN=Root");
	assert_string_equal(i.serial, "1234ab");
	assert_string_equal(i.sans, "dns:gw1.example, ip:198.51.100.1, "
	    "ip:2001:db8::1, email:a@b.example");
	assert_string_equal(i.key, "RSA-2048");
	assert_int_equal(i.not_before, CA_NOW - CA_DAY);
	assert_int_equal(i.not_after, CA_NOW + 365 * CA_DAY);
	assert_false(i.ca);
	cert_info(r, &i);
	assert_true(i.ca);
	assert_string_equal(i.key, "ECDSA-P384");
	dn_str(cert_subject(c), text, sizeof(text));
	assert_string_equal(text, "C=DE, O=Example, CN=gw1");
	cert_free(c);
	cert_free(r);
	made_fini(&m);
	made_fini(&ca);
}

static void
unusual_keys_are_named(void **state)
{
	static const struct {
		const char *key, *name;
	} rows[] = {
		{ "RSA-1024", "RSA-1024" }, { "K-256", "EC secp256k1" },
		{ "ED448", "Ed448" }, { "P-521", "ECDSA-P521" },
	};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct made m = ca_make(&(struct made_spec){ .subject = "CN=a",
		    .key = rows[k].key });
		struct cert *c = made_cert(&m);
		struct cert_info i;

		cert_info(c, &i);
		assert_string_equal(i.key, rows[k].name);
		cert_free(c);
		made_fini(&m);
	}
}

static const struct {
	const char	*aia, *cdp, *ocsp, *crl;	/* NULL: none */
} urls[] = {
	{ NULL, NULL, NULL, NULL },
	{ "OCSP;URI:http://o.example/x", "URI:http://c.example/root.crl",
	  "http://o.example/x", "http://c.example/root.crl" },
	{ "caIssuers;URI:http://o.example/ca", "URI:ldap://c.example/x", NULL,
	  NULL },
	{ "caIssuers;URI:http://i.example/,OCSP;URI:HTTP://o.example/",
	  "URI:ldap://x/,URI:http://c.example/", "HTTP://o.example/",
	  "http://c.example/" },
	{ "OCSP;URI:https://o.example/", "URI:https://c.example/", NULL,
	  NULL },
	{ "OCSP;URI:http://o.example/a b", "URI:http://c.example/\x7f", NULL,
	  NULL },
	{ "OCSP;DNS:o.example", "URI:http://", NULL, NULL },
};

static void
revocation_urls_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		struct made m = ca_make(&(struct made_spec){ .subject = "CN=a",
		    .key = "P-256", .aia = urls[i].aia, .cdp = urls[i].cdp });
		struct cert *c = made_cert(&m);
		char url[CERT_URL_LEN];

		assert_int_equal(cert_ocsp_url(c, url), urls[i].ocsp != NULL);
		if (urls[i].ocsp != NULL)
			assert_string_equal(url, urls[i].ocsp);
		assert_int_equal(cert_crl_url(c, url), urls[i].crl != NULL);
		if (urls[i].crl != NULL)
			assert_string_equal(url, urls[i].crl);
		cert_free(c);
		made_fini(&m);
	}
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
		cmocka_unit_test(identities_match_whole_or_say_what_there_is),
		cmocka_unit_test(malformed_names_are_nobodys),
		cmocka_unit_test(names_survive_text_and_back),
		cmocka_unit_test(text_that_is_no_name_says_where),
		cmocka_unit_test(long_names_are_cut_or_refused),
		cmocka_unit_test(strange_names_are_still_shown),
		cmocka_unit_test(what_is_no_certificate_is_refused),
		cmocka_unit_test(malformed_extensions_are_noticed),
		cmocka_unit_test(chains_keep_order_and_drop_duplicates),
		cmocka_unit_test(nine_different_certificates_are_too_many),
		cmocka_unit_test(pem_may_hold_keys_and_text_too),
		cmocka_unit_test(info_tells_what_is_in_it),
		cmocka_unit_test(unusual_keys_are_named),
		cmocka_unit_test(revocation_urls_are_found),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
