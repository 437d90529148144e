/* The queue of what the gateway wants done. */
#ifndef GW_QUEUE_H
#define GW_QUEUE_H

#include "gw/gw.h"

struct gw_node;

struct queue {
	struct gw_node	*head, *tail;
	uint32_t	next_id;	/* of kernel operations */
	uint64_t	ops[KERN_OP_KINDS];	/* that were ever queued */
};

/* NULL: out of memory; the output is lost, convergence repeats it. */
struct gw_out	*queue_push(struct queue *, enum gw_out_kind);
bool		queue_pop(struct queue *, struct gw_out *);
void		queue_fini(struct queue *);
/* A zeroed operation with its id, already queued; fill it in at once. */
struct kern_op	*queue_op(struct queue *, enum kern_op_kind);
/* The same of KERN_AUTH, with its octets, KERN_OCTETS_MAX at most. */
struct kern_op	*queue_auth(struct queue *, struct bytes octets);
/* Of KERN_KEEP, with as many at most. */
struct kern_op	*queue_keep(struct queue *, struct bytes octets);
void		queue_event(struct queue *, enum gw_level, const char *name,
		    const char *tunnel, const char *, ...)
		    __attribute__((format(printf, 5, 6)));

#endif
