/*
 * Configured peers by whom a datagram may be from: by remote address, and
 * where that is anybody's, by the identity that is expected.
 */
#ifndef IKE_INDEX_H
#define IKE_INDEX_H

#include "ike/id.h"
#include "util/addr.h"
#include "util/map.h"

struct ike_peer;

enum index_list {		/* the lists that a peer can stand in */
	INDEX_ALL,
	INDEX_ADDRESS,		/* of its remote address, or of anybody's */
	INDEX_IDENTITY,		/* anybody's address: of the identity */
	INDEX_PAIR,		/* of both identities, as configured */
	INDEX_LISTS
};

struct index_link {
	struct ike_peer	*next;		/* NULL: the last */
	struct ike_peer	*prev;		/* of the first: the last */
};

/* All-zero: valid and empty. */
struct index {
	struct ike_peer	*all;		/* in the order of their addition */
	struct ike_peer	*anybody;	/* with any remote address */
	struct map	by_address;	/* hash -> first of a list */
	struct map	by_identity;	/* hash -> first; any address */
	struct map	by_pair;	/* hash -> first */
};

/* False: no memory, and it is in no list. */
bool		index_add(struct index *, struct ike_peer *);
void		index_del(struct index *, struct ike_peer *);
void		index_fini(struct index *);
/* May it come from any address? */
bool		index_is_anybody(const struct ike_peer *);
/*
 * The next candidate for this path after prev (NULL: the first): those with
 * this very address first, then those with any; each time in the order in
 * which they were added.
 */
struct ike_peer	*index_by_path(const struct index *, const struct path *,
		    const struct ike_peer *prev);
/* Of these only those with this very address. */
struct ike_peer	*index_by_address(const struct index *, const struct path *,
		    const struct ike_peer *prev);
/*
 * The same as index_by_path(), less those with any address who expect another identity; those
 * who expect none come last.
 */
struct ike_peer	*index_by_id(const struct index *, const struct path *,
		    const struct pl_id *, const struct ike_peer *prev);

/*
 * The first of those that are between these two identities, or with a hash like
 * theirs; the others follow in INDEX_PAIR.  Type 0: those without that one.
 */
struct ike_peer	*index_by_pair(const struct index *, const struct pl_id *local,
		    const struct pl_id *remote);

#endif
