/* A send buffer that is there only while something is in it. */
#include "bgp/outq.h"

#include <stdlib.h>
#include <string.h>

void
outq_fini(struct outq *q)
{
	free(q->p);
	*q = (struct outq){ 0 };
}

struct bytes
outq_bytes(const struct outq *q)
{
	if (q->n == q->off)
		return (struct bytes){ 0 };
	return bytes_of(q->p + q->off, q->n - q->off);
}

struct wr
outq_begin(struct outq *q, size_t room)
{
	size_t left = q->n - q->off;
	uint8_t *p;

	if (q->cap - q->n < room) {
		p = malloc(left + room);
		if (p == NULL)
			return (struct wr){ .bad = true };
		if (left > 0)
			memcpy(p, q->p + q->off, left);
		free(q->p);
		*q = (struct outq){ .p = p, .n = left, .cap = left + room };
	}
	return wr_of(q->p + q->n, q->cap - q->n);
}

void
outq_end(struct outq *q, const struct wr *w)
{
	if (!w->bad)
		q->n += w->n;
	if (q->n == q->off)
		outq_fini(q);
}

void
outq_sent(struct outq *q, size_t n)
{
	size_t left = q->n - q->off;

	q->off += n < left ? n : left;
	if (q->off == q->n)
		outq_fini(q);
}
