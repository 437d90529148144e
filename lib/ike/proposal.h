/*
 * Security Association payloads, RFC 7296 section 3.3: what a peer offers,
 * what we offer, the choice between them, and why there is none.
 */
#ifndef IKE_PROPOSAL_H
#define IKE_PROPOSAL_H

#include "crypto/suite.h"
#include "ike/payload.h"
#include "util/str.h"

#define PROPOSALS_MAX	64	/* looked at in one payload */
#define TRANSFORMS_MAX	255	/* in one proposal: all that it can count */
#define ALGS_MAX	20	/* of one type on our side */

struct transform {
	uint8_t		type;		/* enum alg_type, or an ADDKE's */
	bool		unusable;	/* has an attribute not ours */
	uint8_t		row;		/* alg_index(); ALG_COUNT: none */
	uint16_t	id;
	uint16_t	key_bits;	/* 0: no Key Length attribute */
};

struct proposal {
	uint8_t		number;
	uint8_t		proto;
	struct bytes	spi;
	bool		unusable;	/* has a type that we do not know */
	uint16_t	types;		/* set of 1 << type */
	uint16_t	none;		/* those of them with a NONE */
	uint64_t	algs;		/* set of our rows, by alg_index() */
	uint64_t	addke[ADDKE_SLOTS];	/* likewise, slot by slot */
	uint8_t		n;
	struct transform t[TRANSFORMS_MAX];	/* as they came */
};

struct proposals {
	uint8_t		n;
	struct proposal	p[PROPOSALS_MAX];
};

/* Ours, per type in order of preference.  prf is unused with ESP. */
struct alg_list {
	uint8_t		n;
	uint8_t		row[ALGS_MAX];	/* alg_index() */
};

/* Whose order counts when we choose among what a peer offers. */
enum offer_order {
	ORDER_OURS,
	ORDER_PEER,		/* theirs: proposals, then transforms */
	ORDER_AWS,		/* ours, but by number, the lowest first */
};

struct offer {
	uint8_t		proto;		/* PROTO_IKE or PROTO_ESP */
	enum offer_order order;
	struct alg_list	encr, prf, integ, ke;	/* ke.n 0: without */
	struct alg_list	esn;		/* ESP; n 0: without */
	const struct addke *addke;	/* RFC 9370; borrowed, NULL: without */
};

/*
 * Verdict N_NONE or N_INVALID_SYNTAX.  Proposals over the limit are checked
 * like the others, but not seen.
 */
uint16_t	proposal_decode(struct bytes sa, struct proposals *);
/*
 * Writes an SA payload's body: one proposal for our AEADs, one for ciphers
 * with a separate MAC (section 3.3: the two must not mix); the one that holds
 * our first cipher comes first.  Where every additional key exchange may be
 * left out, both come once more without any, for a peer that does not know
 * RFC 9370 and so passes over all that names one.
 */
void		proposal_encode(struct wr *, const struct offer *,
		    struct bytes spi);
/* How many proposals that writes; they are numbered from 1. */
unsigned	proposal_count(const struct offer *);
/* The single proposal of an answer. */
void		proposal_encode_chosen(struct wr *, const struct suite *,
		    uint8_t proto, uint8_t number, struct bytes spi);

struct choice {
	uint8_t		number;
	struct bytes	spi;		/* the peer's */
	struct suite	suite;
};

/*
 * ORDER_OURS: first of ours, in our order (by cipher, then PRF, MAC, group and
 * ESN), that one of theirs has in full; what the peer's order is does not
 * matter.  ORDER_PEER: the peer's first proposal that we have in full, and of
 * each type its first that we have.  ORDER_AWS: as AWS documents it for its own
 * end, which walks its list from the lowest value on: transform ids, then key
 * lengths.  ESP without an ESN transform means no ESN in any order.
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
/* Are these additional key exchanges among those that we would take? */
bool		offer_has_addke(const struct offer *, const struct suite *);
/* The offer narrowed to one suite first, the rest behind it. */
void		offer_prefer(struct offer *, const struct suite *);

#endif
