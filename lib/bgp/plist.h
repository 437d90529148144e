/*
 * Prefix lists: ordered entries, the first one that matches a prefix permits
 * or denies it; a prefix that none matches is not in the list.
 */
#ifndef BGP_PLIST_H
#define BGP_PLIST_H

#include "util/addr.h"
#include "util/str.h"

struct plist_entry {
	struct prefix	prefix;		/* without host bits */
	uint8_t		ge, le;		/* matching lengths, both included */
	bool		permit;
};

struct plist;

/*
 * "[permit|deny] PREFIX [ge N] [le N]"; without ge and le the length is the
 * prefix's own, with one of them the other is open.  False: why says what is
 * wrong with it.
 */
bool	plist_entry_parse(struct plist_entry *, const char *,
	    struct reason *why);

/* Copies the entries.  One holder; NULL: no memory. */
struct plist	*plist_new(const struct plist_entry *, size_t n);
void		plist_hold(struct plist *);
void		plist_free(struct plist *);	/* when the last holder does */
bool		plist_eq(const struct plist *, const struct plist *);
bool		plist_permits(const struct plist *, const struct prefix *);

#endif
