/*
 * Who we are, who the peer is, and what proves it: AUTH values of our own
 * from the host, those of the peer compared or verified (RFC 7296 section
 * 2.15, RFC 7427).
 */
#ifndef IKE_AUTH_H
#define IKE_AUTH_H

#include "crypto/dn.h"
#include "ike/sa.h"

/*
 * Our identity towards this peer; type 0: it would be that of a certificate
 * which we do not have.  Lives as long as the peer's credentials.
 */
struct pl_id	auth_own_id(const struct ike_peer *);
/* "gw.example (ID_FQDN)", with where it comes from. */
void		auth_own_id_str(const struct ike_peer *, char *, size_t);
/* The body of its payload.  False: there is none, or it is too long. */
#define AUTH_ID_BODY_MAX	(4 + DN_DER_MAX)
bool		auth_own_body(const struct ike_peer *, struct wr *);
/* SHA-256 of that.  False: there is none, or it is too long. */
bool		auth_own_digest(const struct ike_peer *,
		    uint8_t out[static 32]);
bool		auth_id_digest_is(const struct pl_id *,
		    const uint8_t digest[static 32]);
/* Were these algorithms negotiated within what the peer allows? */
bool		auth_suite_fits(const struct ike_peer *,
		    const struct suite *);
/*
 * The octets that one side signs, whose identity's payload has this body; owned
 * by the caller, NULL without memory.
 */
uint8_t		*auth_octets(const struct ike_sa *, bool of_initiator,
		    struct bytes id_body, size_t *n);
/* Could another peer's SA be between the same identities as this one's? */
bool		auth_has_twin(const struct ike_peer *);
/* Asks the host for our AUTH value.  False: the reason says why not. */
bool		auth_ask_own(struct ike_sa *, struct reason *);
/* Asks the host to mix keys with the PPK; takes them.  False: no memory. */
bool		auth_ask_keys(struct ike_sa *, uint8_t *octets, size_t n);

/* Is it the peer that is meant?  If not, both identities, and whose word. */
bool		auth_is_peer(const struct ike_sa *, const struct pl_id *,
		    struct reason *);
/*
 * Who of those at this address sent this request?  Told apart by identity and
 * method; one who is named goes before one who may be anybody.  NULL: nobody;
 * the reason says what stands against the one guessed by the address, and is
 * unchanged where that is not to be called.
 */
struct ike_peer	*auth_identify(const struct ike_sa *, const struct msg *,
		    struct reason *);
/* Does the peer authenticate in the way that is configured? */
bool		auth_by(const struct ike_sa *, const struct msg *,
		    struct reason *);

enum auth_result {
	AUTH_GOOD,		/* the peer is who it says */
	AUTH_BAD,		/* the reason says why */
	AUTH_ASKED,		/* the host will tell: auth_matches(), or
				   x_auth_resume() and then again */
};

/* Of a message that carries the peer's identity and AUTH. */
enum auth_result auth_check(struct ike_sa *, struct instant,
		    const struct msg *, struct reason *);
/* Is it the value that the host computed from the pre-shared key? */
bool		auth_matches(const struct ike_sa *, const struct msg *,
		    struct bytes value);
/* What show tells of the peer's certificate, good or not; NULL: none came. */
void		auth_remember(struct ike_peer *, const struct cert *,
		    const struct ike_cert_info *verdict);

#endif
