/*
 * Protected messages: the GCM specification's, RFC 3602's and RFC 7634's
 * vectors where they fit the shape of an Encrypted payload; the others were
 * computed with Python's cryptography and hmac modules.
 */
#ifndef TEST_VECTORS_SEAL_H
#define TEST_VECTORS_SEAL_H

#include <stddef.h>

/* So many at the beginning are published: their padding is not ours. */
#define SEAL_PUBLISHED	5

/* Octets of associated data in everything but the published vectors. */
#define AAD	32

static const struct seal_vector {
	const char	*encr, *integ;		/* names in configuration */
	const char	*encr_key, *integ_key;
	size_t		 aad_n;
	const char	*msg, *plain;
} seal_vectors[] = {
	/* GCM specification, test case 4: the last octet, 57, reads as pad length */
	{ "AES128-GCM-16", NULL,
	    "feffe9928665731c6d6a8f9467308308cafebabe",
	    "",
	    20,
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2facedbaddecaf88842831ec2"
	    "217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b2"
	    "5466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db"
	    "94fae95ae7121a47",
	    "d931" },
	/* the same, test case 16 */
	{ "AES256-GCM-16", NULL,
	    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
	    "cafebabe",
	    "",
	    20,
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2facedbaddecaf888522dc1f0"
	    "99567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48"
	    "590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768"
	    "cddf8853bb2d551b",
	    "d931" },
	/* RFC 3602 section 4, case 3: the last octet, 41, reads as pad length */
	{ "AES128", "SHA2-256",
	    "6c3ea0477630ce21a2ce334aa746c2cd",
	    "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	    32,
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c782dc4c098c66cbd9cd27d825682c81d0a02b3836451753d493665d33f0e886"
	    "2dea54cdb293abc7506939276772f8d5021c19216bad525c8579695d83ba2684"
	    "310c7b44e22891312b7b25bd70ad99a4",
	    "546869732069" },
	/* RFC 7634 appendix B, an IKE message */
	{ "CHACHA20-POLY1305", NULL,
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	    "a0a1a2a3",
	    "",
	    32,
	    "c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029"
	    "1011121314151617610394701f8d017f7c129248896b71bfe25236efd7cdc670"
	    "66906315b2",
	    "0000000c000040010000000a" },
	/* the same, appendix A: ESP; the last octet, 4, reads as pad length */
	{ "CHACHA20-POLY1305", NULL,
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	    "a0a1a2a3",
	    "",
	    8,
	    "0102030400000005101112131415161724039428b97f417e3c13753a4f05087b"
	    "67c352e6a7fab1b982d466ef407ae5c614ee8099d52844eb61aa95dfab4c02f7"
	    "2aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb94e664da"
	    "9165b82829f641e076aaa8266b7fb0f7b11b369907e1ad43",
	    "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
	    "0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
	    "2425262728292a2b2c2d2e2f30313233343536" },
	{ "AES256-GCM-16", NULL,
	    "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
	    "30313233",
	    "",
	    32,
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c783fab2355b1e4e180d7a30abf8f5889456d166c8b1c9e4b5"
	    "625c2e1c59eee7e9db9aeb7a94",
	    "0102030405060708090a0b0c0d0e0f1011121314" },
	{ "AES128-GCM-16", NULL,
	    "101112131415161718191a1b1c1d1e1f20212223",
	    "",
	    32,
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c748b579efac040c8ed304ae87a85589617c7cc768aed81958"
	    "ef1f37e22f38b79f9d72c597ae",
	    "0102030405060708090a0b0c0d0e0f1011121314" },
	{ "AES256", "SHA2-512",
	    "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f",
	    "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
	    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf",
	    32,
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfb03e04f414838993b965cb9241deb378"
	    "d5fab1e61cd1847e06a15edbc6118860f069c44698e1a2824a56122c5688fd76"
	    "ecb2fe7300e2ef0722f3acbc51d575f2",
	    "0102030405060708090a0b0c0d0e0f1011121314" },
	{ "AES256", "SHA2-384",
	    "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f",
	    "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
	    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf",
	    32,
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfb03e04f414838993b965cb9241deb378"
	    "d5fab1e61cd1847e06a15edbc61188600e5953d29403cb0b3c0ed0c28e077285"
	    "84052174e04e7c72",
	    "0102030405060708090a0b0c0d0e0f1011121314" },
	{ "AES128", "SHA2-256",
	    "101112131415161718191a1b1c1d1e1f",
	    "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	    32,
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf7bab98e90b0cfc0588807dc42b2b943d"
	    "48281985636206961fe08026e62615979b721d03a86621a9b8125163ca7d7174",
	    "0102030405060708090a0b0c0d0e0f1011121314" },
	{ "CHACHA20-POLY1305", NULL,
	    "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
	    "30313233",
	    "",
	    32,
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c788eeaa9e8e448e71ffb43dbf40e09134cd79573ebc6a6c67"
	    "fd3e47db018eb11acba462933b",
	    "0102030405060708090a0b0c0d0e0f1011121314" },
	{ "AES256", "SHA1",
	    "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f",
	    "909192939495969798999a9b9c9d9e9fa0a1a2a3",
	    32,
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfb03e04f414838993b965cb9241deb378"
	    "d5fab1e61cd1847e06a15edbc6118860c231490984bdb98b5d9cf2bc",
	    "0102030405060708090a0b0c0d0e0f1011121314" },
};

/* What the rows below are sealed with: keys and IV count up. */
static const struct seal_setting {
	const char	*encr, *integ;
} seal_settings[] = {
	{ "AES256-GCM-16", NULL },
	{ "AES128", "SHA2-256" },
	{ "AES128-GCM-16", NULL },
	{ "AES256", "SHA2-512" },
	{ "AES256", "SHA2-384" },
	{ "CHACHA20-POLY1305", NULL },
	{ "AES128", "SHA1" },
};

/* Messages with a good ICV; plain is NULL where they must be refused. */
static const struct {
	unsigned	 setting;
	const char	*what, *msg, *plain;
} seal_texts[] = {
	{ 0, "padding fills the text",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c782f8b1315e18491004703ba7f5fb878b411301e8301ef8bb"
	    "e40350766dcca51c",
	    "" },
	{ 0, "pad length takes itself in too",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c782f8b1315e18491004703ba7f5fb8794d9007f4798f740d6"
	    "09ee90e16f68f8e2",
	    NULL },
	{ 0, "pad length far beyond the text",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c782f8b1315e18491004703ba7f5fb877bd4acb67e1236a50f"
	    "dc59652f33484324",
	    NULL },
	{ 0, "more padding than needed, of any octets",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7f294d058306c2c68705054c4555a2527e366d37b19d24962"
	    "2db6b3383c6c38eb9009de095f0e33bb71710ac74ee53d8c",
	    "706c61696e74657874206f63" },
	{ 1, "padding fills the text",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf636744604ebe97a9b0d9009942961b99"
	    "54dcf81a8514aa305d0d8eb8d86376a2",
	    "" },
	{ 1, "pad length takes itself in too",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf7846696d6cb309e4238f87d6ce436047"
	    "08e58cdad454315d9d68d29b02b023cc",
	    NULL },
	{ 1, "pad length far beyond the text",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf28fcba8943738898f33328fa95a409ac"
	    "fe40ad09566365ad210c44b286cb33f6",
	    NULL },
	{ 1, "more padding than needed, of any octets",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf52d251a908b02f350da289ccd4df8755"
	    "2a427d398730de7cdccc6b2505cdfd43421bc61fcd6e12d57f3c899223d9f302",
	    "706c61696e74657874206f63" },
	{ 0, "no text at all",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c77c8cfc7f98d6c283c93173aea2f35261",
	    NULL },
	{ 0, "a pad length alone",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c782cbe6598c766ac654ebe95e094e86cccc",
	    "" },
	{ 1, "no block, good ICV",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf39494e420c29d0c52ab967d09b80e085",
	    NULL },
	{ 1, "less than a block, good ICV",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf0102030405060708090a0b0c0d0e0f2a"
	    "68c372b39fbb621a21b4a6f799ae87",
	    NULL },
	{ 1, "more than a block, good ICV",
	    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf0102030405060708090a0b0c0d0e0f10"
	    "11c57f7fedbd4228b1f3594789fa878139",
	    NULL },
};

#endif
