/* What the records of the channel look like, and the test that they do. */
#ifndef DAEMON_SHAPE_H
#define DAEMON_SHAPE_H

#include "gw/kern.h"

struct field;

struct shape {
	size_t		 size;		/* octets of the union in use, at most */
	/* Where a uint16_t says how many octets stand at the end; or 0, 0. */
	size_t		 count_at, octets_at;
	const struct field *fields;
	size_t		 fields_n;
	bool		 has_fd;	/* conn.fd travels beside it */
};

/* NULL: no such kind. */
const struct shape *shape_op(uint32_t kind);
/* op matters for KERN_DONE; NULL: no such kind, or no such operation. */
const struct shape *shape_event(uint32_t kind, uint32_t op);
/* Octets in use of this union, which is well-formed. */
size_t		shape_size(const struct shape *, const void *);
bool		shape_fits(const struct shape *, struct bytes body);

#endif
