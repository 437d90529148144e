/*
 * What an answer to IKE_SA_INIT says because of who may be meant by it: of one
 * peer, and of all together who may come from anywhere.
 */
#ifndef IKE_ANYONE_H
#define IKE_ANYONE_H

#include "crypto/trust.h"
#include "util/addr.h"

struct ike;
struct ike_peer;

enum {				/* sets of traits */
	ANYONE_FRAGMENTS = 1,	/* does RFC 7383 */
	ANYONE_CHILDLESS = 2,	/* and RFC 6023 */
	ANYONE_PPK = 4,		/* has one (RFC 8784) */
	ANYONE_SIGNS = 8,	/* one of the two sides uses certificates */
	ANYONE_BY_PSK = 16,	/* the peer proves who it is so, */
	ANYONE_BY_SIGNATURE = 32,	/* or so */
};

/* CAs in an answer to somebody unknown: it must not grow beyond the question. */
#define ANYONE_CAS	10
#define ANYONE_LOCALS	8	/* local addresses that are remembered */
#define ANYONE_OFFERS	16	/* different offers of IKE, likewise */

struct anyone {
	struct addr	local;
	unsigned	traits;		/* of all of them together */
	uint8_t		cas[ANYONE_CAS * TRUST_HASH_LEN];
	size_t		cas_n;		/* octets */
	/* The first with each offer, of those who are not refused for now. */
	struct ike_peer	*offers[ANYONE_OFFERS];
	size_t		offers_n;
	bool		more;		/* there are more of these, */
	bool		down;		/* and some who are refused */
};

/* All-zero: valid and empty. */
struct anyone_memory {
	size_t		n, next;
	struct anyone	at[ANYONE_LOCALS];
};

unsigned	anyone_traits(const struct ike_peer *);
/*
 * Hashes of CAs (RFC 7296 section 3.7): adds those that are not there yet,
 * while there is room; likewise those of which this peer's certificate may be.
 */
void		anyone_add_cas(struct wr *, struct bytes cas);
void		anyone_add_cas_of(struct wr *, const struct ike_peer *);
bool		anyone_has_ca(struct bytes cas, const uint8_t *hash);
/* Of all from anywhere whom this local address may mean. */
const struct anyone *anyone_at(struct ike *, const struct addr *local);
/* Would both take and refuse the same IKE proposals? */
bool		anyone_same_offer(const struct ike_peer *,
		    const struct ike_peer *);
/*
 * Whose offers an opening by this path may suit, one behind the other from NULL
 * on: all with this address, then of those from anywhere the first with each
 * offer.  Of the former, some may be refused for now.
 */
struct ike_peer	*anyone_to_try(struct ike *, const struct path *,
		    const struct ike_peer *prev);
/* Peers came, went, were given other CAs, or are refused or not any more. */
void		anyone_forget(struct ike *);

#endif
