/*
 * THE algorithm table: one row per algorithm joins its IKEv2 transform (IANA
 * "Internet Key Exchange Version 2 (IKEv2) Parameters"), its OpenSSL name,
 * its Linux XFRM name, its names in configuration and log, and its lengths.
 * No other place in the project knows any of these.
 */
#ifndef CRYPTO_SUITE_H
#define CRYPTO_SUITE_H

#include "util/bytes.h"

/* Transform types, RFC 7296 section 3.3.2. */
enum alg_type {
	ALG_ENCR = 1,
	ALG_PRF = 2,
	ALG_INTEG = 3,
	ALG_KE = 4,
	ALG_ESN = 5,
};
#define ALG_TYPES	6	/* arrays indexed by type; 0 unused */
/*
 * ADDKE1 to ADDKE7 (RFC 9370): transform types whose ids are those of ALG_KE,
 * so that they have no rows of their own.
 */
#define ALG_ADDKE1	6
#define ADDKE_SLOTS	7
#define ALG_TYPES_ALL	(ALG_ADDKE1 + ADDKE_SLOTS)

enum {
	ENCR_AES_CBC = 12,
	ENCR_AES_GCM_16 = 20,
	ENCR_CHACHA20_POLY1305 = 28,
	PRF_HMAC_SHA1 = 2,
	PRF_HMAC_SHA2_256 = 5,
	PRF_HMAC_SHA2_384 = 6,
	PRF_HMAC_SHA2_512 = 7,
	INTEG_NONE = 0,
	INTEG_HMAC_SHA1_96 = 2,
	INTEG_HMAC_SHA2_256_128 = 12,
	INTEG_HMAC_SHA2_384_192 = 13,
	INTEG_HMAC_SHA2_512_256 = 14,
	KE_NONE = 0,
	KE_MODP_1024 = 2,
	KE_MODP_1536 = 5,
	KE_MODP_2048 = 14,
	KE_MODP_3072 = 15,
	KE_MODP_4096 = 16,
	KE_MODP_6144 = 17,
	KE_MODP_8192 = 18,
	KE_ECP_256 = 19,
	KE_ECP_384 = 20,
	KE_ECP_521 = 21,
	KE_MODP_1024_160 = 22,
	KE_MODP_2048_224 = 23,
	KE_MODP_2048_256 = 24,
	KE_CURVE25519 = 31,
	KE_CURVE448 = 32,
	KE_ML_KEM_512 = 35,
	KE_ML_KEM_768 = 36,
	KE_ML_KEM_1024 = 37,
	ESN_NO = 0,
	ESN_YES = 1,
};

enum {				/* alg.flags */
	ALG_AEAD = 1,		/* encrypts and authenticates */
	ALG_FOR_IKE = 2,
	ALG_FOR_ESP = 4,
	ALG_MODP = 8,		/* what kind of group an ALG_KE is */
	ALG_ECP = 16,
	ALG_XDH = 32,
	ALG_SUBGROUP = 64,	/* MODP whose generator has a small order */
	ALG_OPT_IN = 128,	/* only where the configuration names it */
	ALG_KEM = 256,		/* ALG_KE: key encapsulation, see kex.h */
};

struct alg {
	enum alg_type	 type;
	uint16_t	 id;		/* IANA transform id */
	uint16_t	 key_bits;	/* Key Length attribute; 0: none */
	const char	*name;		/* as in logs: "AES256-GCM-16" */
	const char	*conf;		/* as in configuration; NULL: never */
	const char	*openssl;	/* name to fetch, or group name */
	const char	*xfrm;		/* kernel crypto name, or NULL */
	uint8_t		 key_len;	/* octets, without salt; ALG_KE: of
					   the private value */
	uint8_t		 salt_len;	/* octets that follow the key */
	uint8_t		 iv_len;	/* explicit IV on the wire */
	uint8_t		 block;		/* SK is padded to it; 1: not at all */
	uint8_t		 icv_len;	/* of the AEAD or the MAC on the wire */
	uint16_t	 public_len;	/* ALG_KE: Key Exchange Data, octets, */
	uint16_t	 answer_len;	/* of the initiator and responder */
	unsigned	 flags;
};

/*
 * Rows of the table.  A struct alg lives nowhere else: its address says
 * which row it is.
 */
#define ALG_COUNT	33

/* NULL: unknown to us.  Whether OpenSSL has it too, crypto_has() says. */
const struct alg *alg_find(enum alg_type, uint16_t id, uint16_t key_bits);
/* By configuration name; for KE the decimal group number ("20"). */
const struct alg *alg_by_conf(enum alg_type, const char *);
/* Rows in order of preference, strongest first; NULL past the end. */
const struct alg *alg_at(size_t i);
size_t		alg_index(const struct alg *);	/* alg_at's inverse */
/* "AES_CBC-192" and the like for transforms that we do not have. */
const char	*alg_name(enum alg_type, uint16_t id, uint16_t key_bits,
		    char buf[static 32]);

/* What one SA negotiated; NULL where the protocol has none. */
struct suite {
	const struct alg *encr;
	const struct alg *prf;		/* IKE only */
	const struct alg *integ;	/* NULL with an AEAD */
	const struct alg *ke;		/* NULL: no PFS (first child) */
	bool		  esn : 1;	/* ESP only */
	bool		  esn_unsaid : 1;	/* the peer named none, so no ESN */
	uint8_t		  addke[ADDKE_SLOTS];	/* codes, see below */
};

/*
 * What a slot for an additional key exchange holds: 0, there is none; that
 * none was chosen where there could be one; or the row of a method, by
 * addke_code().
 */
#define ADDKE_NONE	UINT8_MAX
uint8_t		addke_code(const struct alg *);	/* NULL: ADDKE_NONE */
const struct alg *addke_alg(uint8_t code);	/* NULL: no exchange */

/* What we would take in each slot, in order of preference; n 0: nothing. */
#define ADDKE_ALTS	8
struct addke {
	uint8_t		n[ADDKE_SLOTS];
	uint8_t		alt[ADDKE_SLOTS][ADDKE_ALTS];	/* codes */
};

/* The slot of the next additional key exchange from this one on, or -1. */
int		suite_addke(const struct suite *, int from);
unsigned	suite_addkes(const struct suite *);	/* how many */

#define SUITE_STRLEN	192
/*
 * "AES256-GCM-16/PRF-SHA2-384/X25519+ECP-384" with an additional key exchange;
 * ends in "/ESN" with ESN.
 */
const char	*suite_str(const struct suite *, char buf[static SUITE_STRLEN]);

/* Key octets of one direction for this suite: encryption with salt. */
unsigned	suite_encr_len(const struct suite *);
unsigned	suite_integ_len(const struct suite *);	/* 0 with an AEAD */

/*
 * Inner MTU of an ESP tunnel-mode path: what fits into outer octets behind an
 * IPv4 (20) or IPv6 (40) header, optional UDP (8), ESP header, IV and ICV, at
 * the cipher's block boundary, less the two trailer octets.  0: nothing fits.
 */
unsigned	suite_mtu(const struct suite *, unsigned outer, bool ipv6,
		    bool udp);

#endif
