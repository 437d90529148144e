/* The output queue of a gateway; operations are allocated at their own size. */
#include "gw/queue.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/secret.h"

struct gw_node {
	struct gw_node	*next;
	struct gw_out	 out;
};

/* Routes are said by the million: no more of it is touched than is used. */
static size_t
out_size(enum gw_out_kind kind)
{
	return kind == GW_OUT_FETCH || kind == GW_OUT_EVENT ?
	    sizeof(struct gw_out) : offsetof(struct gw_out, token);
}

struct gw_out *
queue_push(struct queue *q, enum gw_out_kind kind)
{
	struct gw_node *n = malloc(sizeof(*n));

	if (n == NULL)
		return NULL;
	memset(n, 0, offsetof(struct gw_node, out) + out_size(kind));
	n->out.kind = kind;
	if (q->tail != NULL)
		q->tail->next = n;
	else
		q->head = n;
	q->tail = n;
	return &n->out;
}

bool
queue_pop(struct queue *q, struct gw_out *out)
{
	struct gw_node *n = q->head;

	if (n == NULL)
		return false;
	q->head = n->next;
	if (q->head == NULL)
		q->tail = NULL;
	memcpy(out, &n->out, out_size(n->out.kind));
	free(n);
	return true;
}

void
gw_out_fini(struct gw_out *out)
{
	const struct kern_op *op = out->op;

	if (op != NULL)
		wipe(out->op, kern_op_size(op->kind, kern_op_octets(op)));
	free(out->op);
	if (out->kind == GW_OUT_CTL && out->data != NULL)
		wipe(out->data, out->n);
	free(out->data);
	out->op = NULL;
	out->data = NULL;
}

void
queue_fini(struct queue *q)
{
	struct gw_out out;

	while (queue_pop(q, &out))
		gw_out_fini(&out);
}

static struct kern_op *
push_op(struct queue *q, enum kern_op_kind kind, size_t octets)
{
	struct kern_op *op = calloc(1, kern_op_size(kind, octets));
	struct gw_out *out = op == NULL ? NULL : queue_push(q, GW_OUT_KERN);

	if (out == NULL) {
		free(op);
		return NULL;
	}
	if (++q->next_id == 0)
		q->next_id = 1;
	op->kind = kind;
	op->id = q->next_id;
	q->ops[kind]++;
	out->op = op;
	return op;
}

struct kern_op *
queue_op(struct queue *q, enum kern_op_kind kind)
{
	return push_op(q, kind, 0);
}

struct kern_op *
queue_auth(struct queue *q, struct bytes octets)
{
	struct kern_op *op = push_op(q, KERN_AUTH, octets.n);

	if (op == NULL)
		return NULL;
	op->auth.n = (uint16_t)octets.n;
	if (octets.n > 0)
		memcpy(op->auth.octets, octets.p, octets.n);
	return op;
}

struct kern_op *
queue_keep(struct queue *q, struct bytes octets)
{
	struct kern_op *op = push_op(q, KERN_KEEP, octets.n);

	if (op == NULL)
		return NULL;
	op->id = 0;
	op->keep.n = (uint16_t)octets.n;
	if (octets.n > 0)
		memcpy(op->keep.octets, octets.p, octets.n);
	return op;
}

void
queue_event(struct queue *q, enum gw_level level, const char *name,
    const char *tunnel, const char *fmt, ...)
{
	struct gw_out *out = queue_push(q, GW_OUT_EVENT);
	va_list ap;

	if (out == NULL)
		return;
	out->level = level;
	out->name = name;
	str_set(out->tunnel, sizeof(out->tunnel), tunnel);
	va_start(ap, fmt);
	vsnprintf(out->text.s, sizeof(out->text.s), fmt, ap);
	va_end(ap);
}
