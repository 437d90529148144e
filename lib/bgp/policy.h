/*
 * Routing policies: ordered terms of what a route must be like, what is set
 * then, and whether it is accepted, rejected, or the next term is asked.  What
 * no term accepts is rejected (RFC 8212).  Immutable once made; evaluation is
 * pure.
 */
#ifndef BGP_POLICY_H
#define BGP_POLICY_H

#include "bgp/attr_edit.h"
#include "bgp/pathexp.h"
#include "bgp/plist.h"

#define POLICY_NAME	48
#define POLICY_LISTS	62	/* different prefix lists in one policy */
#define POLICY_PREPEND	16	/* AS numbers that one term puts in front */
#define POLICY_END	UINT16_MAX	/* no term: the end of the policy */

enum policy_then {
	POLICY_NEXT,
	POLICY_ACCEPT,
	POLICY_REJECT,
};

enum policy_source {
	POLICY_ANY,
	POLICY_OWN,		/* we originate it */
	POLICY_LEARNED,
};

/* A condition on a number of the route's. */
struct policy_number {
	bool		on;
	struct range	range;
};

/* All of these must hold; what is empty or not on does. */
struct policy_match {
	struct plist	**lists;	/* one of them permits it; held */
	size_t		lists_n;
	struct pathexp	*paths;		/* one of them */
	size_t		paths_n;
	struct community_list any, all, none;
	struct policy_number hops, med, local_pref;
	uint8_t		origin;		/* 1 + ORIGIN; 0: any */
	enum addr_family family;	/* ADDR_NONE: both */
	enum policy_source source;
};

struct policy_value {
	bool		on;
	uint32_t	value;
};

struct policy_set {
	struct policy_value local_pref, med;
	uint8_t		origin;		/* 1 + ORIGIN; 0: as it is */
	uint8_t		prepend;	/* so often our own AS */
	uint8_t		prepend_n;
	uint32_t	prepend_asn[POLICY_PREPEND];	/* before that */
	bool		replace;	/* communities: these alone */
	struct community_list communities, add, del;
};

struct policy_term {
	char		name[POLICY_NAME];
	struct policy_match match;
	struct policy_set set;
	enum policy_then then;
};

/* Frees what it owns and lets go of what it holds. */
void	policy_term_fini(struct policy_term *);

struct policy;

enum policy_fault {
	POLICY_FINE,
	POLICY_NO_MEMORY,
	POLICY_MANY_LISTS,
};

/*
 * Takes the array of terms over when it succeeds.  One holder.  terms NULL
 * and n 0: rejects everything.
 */
enum policy_fault	policy_new(struct policy **, const char *name,
			    struct policy_term *terms, size_t n);
void		policy_hold(struct policy *);
void		policy_free(struct policy *);	/* when the last holder does */
/* Do they decide alike, term by term?  NULL is like NULL alone. */
bool		policy_eq(const struct policy *, const struct policy *);

/* Who decided, for whoever wants to know. */
struct policy_verdict {
	bool		accepted;
	bool		too_long;	/* rejected: no room for what was set */
	uint16_t	term;		/* index, or POLICY_END */
};

/*
 * All that a policy needs to know of a prefix.  Two prefixes with equal keys
 * are treated alike, whatever the attributes are.
 */
uint64_t	policy_key(const struct policy *, const struct prefix *);

/* The side on which it is evaluated. */
struct policy_side {
	bool		exports;
	uint32_t	asn;		/* that "prepend" puts in front */
};

/* Evaluates and changes the attributes; rejected: they are of no use. */
struct policy_verdict	policy_run(const struct policy *, uint64_t key,
			    const struct policy_side *, union attrs_buf *);
/* "accepted by term x of policy y" */
void	policy_verdict_str(const struct policy *, struct policy_verdict,
	    char *, size_t);

#endif
