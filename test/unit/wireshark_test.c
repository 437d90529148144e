/* Lines of Wireshark's two tables: order, quotation, names, lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "tools/wireshark.h"
#include "util/array.h"

#define IKE(encr, integ, e, a)						\
	"{\"spi_i\":\"0102030405060708\",\"spi_r\":\"1112131415161718\","	\
	"\"encr\":\"" encr "\",\"integ\":\"" integ "\",\"sk_ei\":\"" e "1\","	\
	"\"sk_er\":\"" e "2\",\"sk_ai\":\"" a "\",\"sk_ar\":\"" a "\"}"
#define SPIS	"0102030405060708,1112131415161718,"
#define ESP(src, dst, encr, integ, key, icv, more)			\
	"{\"spi\":\"c0ffee01\",\"src\":\"" src "\",\"dst\":\"" dst "\","	\
	"\"encr\":\"" encr "\",\"encr_key\":\"aa55\",\"integ\":\"" integ	\
	"\",\"integ_key\":\"" key "\",\"icv_bits\":" icv more "}"
#define A	"192.0.2.1"
#define B	"198.51.100.2"
#define CBC	"\"AES-CBC [RFC3602]\",\"0xaa55\","
#define GCM	"\"AES-GCM with 16 octet ICV [RFC4106]\",\"0xaa55\",\"NULL\",\"\""
#define V4	"\"IPv4\",\"" A "\",\"" B "\",\"0xc0ffee01\","

static const struct row {
	const char	*what;
	enum wireshark_table table;
	const char	*sa, *line;
} rows[] = {
	{ "IKE with AES-GCM 256", WIRESHARK_IKE,
	    IKE("AES256-GCM-16", "", "aa", ""),
	    SPIS "aa1,aa2,\"AES-GCM-256 with 16 octet ICV [RFC5282]\",,,"
	    "\"NONE [RFC4306]\"" },
	{ "IKE with AES-GCM 128", WIRESHARK_IKE,
	    IKE("AES128-GCM-16", "", "aa", ""),
	    SPIS "aa1,aa2,\"AES-GCM-128 with 16 octet ICV [RFC5282]\",,,"
	    "\"NONE [RFC4306]\"" },
	{ "IKE with AES-CBC 256 and SHA2-512", WIRESHARK_IKE,
	    IKE("AES256-CBC", "SHA2-512-256", "aa", "bb"),
	    SPIS "aa1,aa2,\"AES-CBC-256 [RFC3602]\",bb,bb,"
	    "\"HMAC_SHA2_512_256 [RFC4868]\"" },
	{ "IKE with AES-CBC 128 and SHA2-256", WIRESHARK_IKE,
	    IKE("AES128-CBC", "SHA2-256-128", "aa", "bb"),
	    SPIS "aa1,aa2,\"AES-CBC-128 [RFC3602]\",bb,bb,"
	    "\"HMAC_SHA2_256_128 [RFC4868]\"" },
	{ "IKE with what Wireshark cannot do", WIRESHARK_IKE,
	    IKE("CHACHA20-POLY1305", "", "aa", ""),
	    "# SPI 0102030405060708: no name in Wireshark for "
	    "CHACHA20-POLY1305" },
	{ "ESP with AES-GCM", WIRESHARK_ESP,
	    ESP(A, B, "rfc4106(gcm(aes))", "", "", "128", ""), V4 GCM },
	{ "ESP over IPv6", WIRESHARK_ESP,
	    ESP("2001:db8::1", "2001:db8::2", "rfc4106(gcm(aes))", "", "",
	    "128", ""), "\"IPv6\",\"2001:db8::1\",\"2001:db8::2\","
	    "\"0xc0ffee01\"," GCM },
	{ "ESP in UDP: any address", WIRESHARK_ESP,
	    ESP(A, B, "rfc4106(gcm(aes))", "", "", "128",
	    ",\"encapsulated\":true"), "\"IPv4\",\"*\",\"*\","
	    "\"0xc0ffee01\"," GCM },
	{ "ESP with extended sequence numbers", WIRESHARK_ESP,
	    ESP(A, B, "rfc4106(gcm(aes))", "", "", "128", ",\"esn\":true"),
	    V4 GCM ",\"64-bit\",\"0\"" },
	{ "ESP with SHA2-256", WIRESHARK_ESP,
	    ESP(A, B, "cbc(aes)", "hmac(sha256)", "bb", "128", ""),
	    V4 CBC "\"HMAC-SHA-256-128 [RFC4868]\",\"0xbb\"" },
	{ "ESP with SHA2-384", WIRESHARK_ESP,
	    ESP(A, B, "cbc(aes)", "hmac(sha384)", "bb", "192", ""),
	    V4 CBC "\"HMAC-SHA-384-192 [RFC4868]\",\"0xbb\"" },
	{ "ESP with SHA2-512", WIRESHARK_ESP,
	    ESP(A, B, "cbc(aes)", "hmac(sha512)", "bb", "256", ""),
	    V4 CBC "\"HMAC-SHA-512-256 [RFC4868]\",\"0xbb\"" },
	{ "ESP with SHA1", WIRESHARK_ESP,
	    ESP(A, B, "cbc(aes)", "hmac(sha1)", "bb", "96", ""),
	    V4 CBC "\"HMAC-SHA-1-96 [RFC2404]\",\"0xbb\"" },
	{ "ESP with SHA2-256 cut to 96 bits has no name here", WIRESHARK_ESP,
	    ESP(A, B, "cbc(aes)", "hmac(sha256)", "bb", "96", ""),
	    "# SPI c0ffee01: no name in Wireshark for cbc(aes) with "
	    "hmac(sha256)" },
	{ "ESP with a short AEAD tag has no name here", WIRESHARK_ESP,
	    ESP(A, B, "rfc4106(gcm(aes))", "", "", "64", ""),
	    "# SPI c0ffee01: no name in Wireshark for rfc4106(gcm(aes))" },
};

static void
lines_are_as_wireshark_wants_them(void **state)
{
	char line[WIRESHARK_LINE];
	json_error_t e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_t *sa = json_loads(rows[i].sa, 0, &e);
		bool named = sa != NULL && wireshark_line(rows[i].table, sa,
		    line);

		if (sa == NULL || strcmp(line, rows[i].line) != 0 ||
		    named != (rows[i].line[0] != '#'))
			fail_msg("%s: %s", rows[i].what, sa != NULL ? line :
			    e.text);
		json_decref(sa);
	}
}

static void
tables_have_the_names_of_wiresharks_files(void **state)
{
	(void)state;
	assert_string_equal(wireshark_file(WIRESHARK_IKE),
	    "ikev2_decryption_table");
	assert_string_equal(wireshark_file(WIRESHARK_ESP), "esp_sa");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_as_wireshark_wants_them),
		cmocka_unit_test(tables_have_the_names_of_wiresharks_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
