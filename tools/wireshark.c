/*
 * Lines of two tables that Wireshark and tshark read from their configuration
 * directory: ikev2_decryption_table and esp_sa.  Fields are separated by
 * commas, texts are in quotation marks, lines with "#" are comments; an
 * unknown algorithm makes Wireshark reject the rest of a file, which is why
 * such an SA becomes a comment.
 *
 *   SPIi,SPIr,SK_ei,SK_er,"encryption",SK_ai,SK_ar,"integrity"
 *   "IPv4","source","destination","0xSPI","encryption","0xkey",
 *       "authentication","0xkey"[,"64-bit","0"]
 *
 * An AEAD's key has its salt behind it in both.  The last two fields say that
 * sequence numbers are extended, in their first 2^32 packets; Wireshark 4.0
 * does not have them and ignores them with a warning.
 */
#include "tools/wireshark.h"

#include <string.h>

#include "tools/client.h"
#include "util/array.h"
#include "util/str.h"

struct name {
	const char	*ours;		/* of IKE, or of the kernel */
	int		 icv_bits;	/* of the kernel's; 0: any */
	const char	*theirs;
};

static const struct name ike_encr[] = {
	{ "AES256-GCM-16", 0, "AES-GCM-256 with 16 octet ICV [RFC5282]" },
	{ "AES128-GCM-16", 0, "AES-GCM-128 with 16 octet ICV [RFC5282]" },
	{ "AES256-CBC", 0, "AES-CBC-256 [RFC3602]" },
	{ "AES128-CBC", 0, "AES-CBC-128 [RFC3602]" },
};

static const struct name ike_integ[] = {
	{ "", 0, "NONE [RFC4306]" },
	{ "SHA2-512-256", 0, "HMAC_SHA2_512_256 [RFC4868]" },
	{ "SHA2-384-192", 0, "HMAC_SHA2_384_192 [RFC4868]" },
	{ "SHA2-256-128", 0, "HMAC_SHA2_256_128 [RFC4868]" },
	{ "SHA1-96", 0, "HMAC_SHA1_96 [RFC2404]" },
};

static const struct name esp_encr[] = {
	{ "rfc4106(gcm(aes))", 128, "AES-GCM with 16 octet ICV [RFC4106]" },
	{ "cbc(aes)", 0, "AES-CBC [RFC3602]" },
};

static const struct name esp_integ[] = {
	{ "", 0, "NULL" },
	{ "hmac(sha512)", 256, "HMAC-SHA-512-256 [RFC4868]" },
	{ "hmac(sha384)", 192, "HMAC-SHA-384-192 [RFC4868]" },
	{ "hmac(sha256)", 128, "HMAC-SHA-256-128 [RFC4868]" },
	{ "hmac(sha1)", 96, "HMAC-SHA-1-96 [RFC2404]" },
};

static const char *
translate(const struct name *names, size_t n, const json_t *sa,
    const char *key)
{
	const char *ours = answer_text(sa, key);
	int icv = (int)json_integer_value(json_object_get(sa, "icv_bits"));

	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i].ours, ours) == 0 &&
		    (names[i].icv_bits == 0 || names[i].icv_bits == icv))
			return names[i].theirs;
	}
	return NULL;
}

static bool
no_name(const json_t *sa, const char *spi, char *line)
{
	const char *integ = answer_text(sa, "integ");

	str_fmt(line, WIRESHARK_LINE, "# SPI %s: no name in Wireshark for "
	    "%s%s%s", answer_text(sa, spi), answer_text(sa, "encr"),
	    integ[0] != '\0' ? " with " : "", integ);
	return false;
}

static bool
ike_line(const json_t *sa, char *line)
{
	const char *encr = translate(ike_encr, ARRAY_SIZE(ike_encr), sa,
	    "encr");
	const char *integ = translate(ike_integ, ARRAY_SIZE(ike_integ), sa,
	    "integ");

	if (encr == NULL || integ == NULL)
		return no_name(sa, "spi_i", line);
	str_fmt(line, WIRESHARK_LINE, "%s,%s,%s,%s,\"%s\",%s,%s,\"%s\"",
	    answer_text(sa, "spi_i"), answer_text(sa, "spi_r"),
	    answer_text(sa, "sk_ei"), answer_text(sa, "sk_er"), encr,
	    answer_text(sa, "sk_ai"), answer_text(sa, "sk_ar"), integ);
	return true;
}

/*
 * A NAT rewrites outer addresses, and where the capture is taken relative to
 * it nobody here knows: an encapsulated SA is found by its SPI alone.
 */
static const char *
outer(const json_t *sa, const char *key)
{
	if (json_is_true(json_object_get(sa, "encapsulated")))
		return "*";
	return answer_text(sa, key);
}

static bool
esp_line(const json_t *sa, char *line)
{
	const char *encr = translate(esp_encr, ARRAY_SIZE(esp_encr), sa,
	    "encr");
	const char *integ = translate(esp_integ, ARRAY_SIZE(esp_integ), sa,
	    "integ");
	const char *key = answer_text(sa, "integ_key");
	bool ipv6 = strchr(answer_text(sa, "dst"), ':') != NULL;

	if (encr == NULL || integ == NULL)
		return no_name(sa, "spi", line);
	str_fmt(line, WIRESHARK_LINE, "\"%s\",\"%s\",\"%s\",\"0x%s\",\"%s\","
	    "\"0x%s\",\"%s\",\"%s%s\"%s", ipv6 ? "IPv6" : "IPv4",
	    outer(sa, "src"), outer(sa, "dst"), answer_text(sa, "spi"), encr,
	    answer_text(sa, "encr_key"), integ, key[0] != '\0' ? "0x" : "",
	    key, json_is_true(json_object_get(sa, "esn")) ?
	    ",\"64-bit\",\"0\"" : "");
	return true;
}

static const struct {
	const char	*file, *member;
	bool		(*line)(const json_t *, char *);
} tables[WIRESHARK_TABLES] = {
	[WIRESHARK_IKE] = { "ikev2_decryption_table", "ike", ike_line },
	[WIRESHARK_ESP] = { "esp_sa", "esp", esp_line },
};

const char *
wireshark_file(enum wireshark_table t)
{
	return tables[t].file;
}

const char *
wireshark_member(enum wireshark_table t)
{
	return tables[t].member;
}

bool
wireshark_line(enum wireshark_table t, const json_t *sa,
    char line[static WIRESHARK_LINE])
{
	return tables[t].line(sa, line);
}
