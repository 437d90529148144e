/*
 * Objects of one size up to a configured limit.  At the limit pool_get()
 * returns NULL: a protocol decision for the caller, not a crash.
 */
#ifndef UTIL_POOL_H
#define UTIL_POOL_H

#include <stddef.h>

struct pool {
	size_t		 size;		/* of one object, in octets */
	size_t		 limit;		/* objects at most */
	size_t		 used;
	void		*spare;		/* list of returned objects */
};

void	pool_init(struct pool *, size_t size, size_t limit);
void	pool_fini(struct pool *);	/* all objects must be back */
void	*pool_get(struct pool *);	/* zeroed; NULL: limit or no memory */
/* Wipes the object; put of NULL is fine. */
void	pool_put(struct pool *, void *);

#endif
