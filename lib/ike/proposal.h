/*
 * Security Association payloads, RFC 7296 section 3.3: what a peer offers,
 * what we offer, the choice between them, and why there is none.
 */
#ifndef IKE_PROPOSAL_H
#define IKE_PROPOSAL_H

#include "crypto/suite.h"
#include "ike/payload.h"
#include "util/str.h"

#define PROPOSALS_MAX	32	/* looked at in one payload */
#define TRANSFORMS_MAX	128	/* in one proposal */
#define ALGS_MAX	16	/* of one type on our side */

struct transform {
	uint8_t		type;		/* enum alg_type */
	bool		unusable;	/* has an attribute not ours */
	uint16_t	id;
	uint16_t	key_bits;	/* 0: no Key Length attribute */
};

struct proposal {
	uint8_t		number;
	uint8_t		proto;
	struct bytes	spi;
	bool		unusable;	/* has a type not ours, or too many */
	uint8_t		n;
	struct transform t[TRANSFORMS_MAX];
};

struct proposals {
	uint8_t		n;
	struct proposal	p[PROPOSALS_MAX];
};

/* Ours, per type in order of preference.  prf is unused with ESP. */
struct alg_list {
	uint8_t		 n;
	const struct alg *alg[ALGS_MAX];
};

struct offer {
	uint8_t		proto;		/* PROTO_IKE or PROTO_ESP */
	struct alg_list	encr, prf, integ, ke;	/* ke.n 0: without */
};

/* Verdict N_NONE or N_INVALID_SYNTAX.  Proposals over the limit are unseen. */
uint16_t	proposal_decode(struct bytes sa, struct proposals *);
/*
 * Writes an SA payload's body: one proposal for our AEADs, one for ciphers
 * with a separate MAC (section 3.3: the two must not mix); the one that holds
 * our first cipher comes first.
 */
void		proposal_encode(struct wr *, const struct offer *,
		    struct bytes spi);
/* The single proposal of an answer. */
void		proposal_encode_chosen(struct wr *, const struct suite *,
		    uint8_t proto, uint8_t number, struct bytes spi);

struct choice {
	uint8_t		number;
	struct bytes	spi;		/* the peer's */
	struct suite	suite;
};

/*
 * First of ours, in our order (by cipher, then PRF, MAC and group), that one
 * of theirs has in full.  What the peer's order is does not matter.
 */
bool		proposal_choose(const struct proposals *, const struct offer *,
		    size_t spi_size, struct choice *);
/*
 * An answer holds exactly one proposal with one transform per type, all of
 * them among what we offered, and a number that we sent (section 2.7).
 */
bool		proposal_accept(const struct proposals *, const struct offer *,
		    size_t spi_size, struct choice *);
/*
 * After a refusal by either of the two, why: "no common IKE proposal:
 * encryption differs: ours AES256-GCM-16, theirs AES128-CBC 3DES".
 */
void		proposal_explain(const struct proposals *,
		    const struct offer *, struct reason *);
/* The offer narrowed to one suite first, the rest behind it. */
void		offer_prefer(struct offer *, const struct suite *);

#endif
