/*
 * The data of REDIRECT and REDIRECTED_FROM notifies (RFC 5685 section 9), and
 * what a peer keeps of redirects.  The exchanges are in x_redirect.h.
 */
#ifndef IKE_REDIRECT_H
#define IKE_REDIRECT_H

#include "util/addr.h"
#include "util/instant.h"

enum redirect_type {		/* section 9.2, Gateway Identity Type */
	REDIRECT_IPV4 = 1,
	REDIRECT_IPV6 = 2,
	REDIRECT_FQDN = 3,
};

/* Another gateway; views into what was decoded. */
struct redirect_to {
	uint8_t		type;
	struct addr	addr;		/* unset: of a name, or unknown type */
	struct bytes	name;		/* its identity as it came */
	struct bytes	nonce;		/* what followed it; may be empty */
};

#define REDIRECT_NAMELEN	80	/* any gateway as text, with NUL */

/*
 * False: the data is not of this shape.  A type that is not known is no error:
 * it has neither address nor meaning.
 */
bool		redirect_decode(struct bytes data, struct redirect_to *);
/* nonce: of whom IKE_SA_INIT is answered; else empty. */
void		redirect_encode(struct wr *, const struct addr *,
		    struct bytes nonce);
/* For messages; what came is escaped. */
const char	*redirect_str(const struct redirect_to *,
		    char buf[static REDIRECT_NAMELEN]);

/* Of a peer, as initiator and as responder. */
struct redirect {
	struct addr	gateway;	/* where we were sent; unset: nowhere */
	struct addr	from;		/* by this one */
	struct instant	counted_from;	/* of the first of these: */
	unsigned	count;		/* redirects that were followed */
	bool		moving;		/* old SA until the new one is up */
	bool		draining;	/* whoever calls is sent away: */
	struct addr	to;		/* there; unset: nobody is let in */
};

#endif
