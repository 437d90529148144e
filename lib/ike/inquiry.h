/*
 * What is asked of others about certificates while an IKE SA waits: fetches
 * under way, shared by all SAs that need the same, what lately gave nothing,
 * what was no use to whom, and OCSP answers that are still in force.  CRLs
 * are kept by the trust they were fetched for.
 */
#ifndef IKE_INQUIRY_H
#define IKE_INQUIRY_H

#include "ike/ike.h"

#define INQUIRY_MAX	16	/* under way or lately failed */
#define INQUIRY_REFUSED	64	/* answers of no use to somebody */
#define INQUIRY_OCSP	64	/* OCSP answers kept */
#define INQUIRY_KEY	20	/* SHA-1 */

struct ike_sa;

struct inquiry {
	enum ike_fetch	kind;
	char		url[CERT_URL_LEN];	/* "": free */
	uint8_t		key[INQUIRY_KEY];	/* of what is asked */
	uint32_t	token;		/* 0: failed, and not asked again */
	struct instant	until;		/* given up, or asked again, then */
	bool		begun;		/* the URL is being asked, or was */
	struct reason	why;
	struct ike_sa	*waiting;	/* linked by wait_next */
};

/* What came was no use to those who trust the same CAs. */
struct inquiry_refused {
	uint8_t		key[INQUIRY_KEY];	/* of what is asked and the CAs */
	struct instant	until;		/* asked again then */
	struct reason	why;
};

struct inquiry_ocsp {
	uint8_t		key[INQUIRY_KEY];
	int64_t		until;		/* seconds since 1970 */
	uint8_t		*der;		/* owned; NULL: free */
	size_t		n;
};

struct inquiries {
	struct inquiry	all[INQUIRY_MAX];
	struct inquiry_refused refused[INQUIRY_REFUSED];
	struct inquiry_ocsp ocsp[INQUIRY_OCSP];
	/* The answer in hand, while those who waited look at it. */
	struct inquiry	*here;
	struct bytes	answer;
};

struct inquiry_what {
	enum ike_fetch	kind;
	const char	*url;
	struct bytes	request;	/* OCSP's */
	const struct trust *trust;	/* by which the answer is judged */
};

enum inquiry_state {
	INQUIRY_HERE,		/* the answer */
	INQUIRY_FAILED,		/* the reason; not to be asked again now */
	INQUIRY_ASKED,		/* the SA waits */
};

/*
 * Looks, and asks when need be; the SA then waits until the answer, or until
 * its own patience (wait_until) or this one is over.
 */
enum inquiry_state inquiry_look(struct ike_sa *, struct instant now,
		    const struct inquiry_what *, struct span patience,
		    struct bytes *answer, struct reason *why);
/*
 * The answer in hand was no use by that trust, which does not ask for it again
 * for a while.  Others see for themselves.
 */
void		inquiry_useless(struct ike *, struct instant now,
		    const struct inquiry_what *, const struct reason *);
/* The SA waits no more. */
void		inquiry_leave(struct ike_sa *);
/* When it has waited long enough; never, if it does not wait. */
struct instant	inquiry_deadline(const struct ike_sa *);
/* That is now: what it waits for has failed, and it goes on without. */
void		inquiry_expired(struct ike_sa *, struct instant now);

/* An OCSP answer that was found good or bad, valid until then. */
void		inquiry_keep(struct ike *, struct bytes request,
		    struct bytes answer, int64_t wall, int64_t until);
struct bytes	inquiry_kept(struct ike *, struct bytes request,
		    int64_t wall);
void		inquiries_fini(struct inquiries *);

#endif
