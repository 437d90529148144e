/* Octets on their way to a connection, drained from the front. */
#ifndef BGP_OUTQ_H
#define BGP_OUTQ_H

#include "util/bytes.h"

struct outq {
	uint8_t		*p;		/* owned; NULL when nothing is queued */
	size_t		 off, n, cap;	/* [off, n) is queued */
};

void		outq_fini(struct outq *);
struct bytes	outq_bytes(const struct outq *);
/* A writer over room octets behind what is queued; bad: no memory. */
struct wr	outq_begin(struct outq *, size_t room);
void		outq_end(struct outq *, const struct wr *);
void		outq_sent(struct outq *, size_t n);

#endif
