/*
 * What is kept of a gate's engine for its next one: a record for each tunnel,
 * as daemon/keeps.c has them, but without a limit and of every tunnel.
 */
#include "sim/kept.h"

#include <stdlib.h>
#include <string.h>

struct kept {
	struct kept *next;
	char		name[KERN_SECRET_NAME + 8];
	size_t		n, part_n;	/* of what is whole, and is not yet */
	uint8_t		*b, *part;
};

void
kept_forget(struct gate *g)
{
	struct kept *k;

	while ((k = g->kept) != NULL) {
		g->kept = k->next;
		free(k->b);
		free(k->part);
		free(k);
	}
}

static struct kept *
kept_of(struct gate *g, const struct kern_keep *p)
{
	char name[KERN_SECRET_NAME + 8];
	struct kept *k;

	str_fmt(name, sizeof(name), "%s/%u", p->connection, p->tunnel);
	for (k = g->kept; k != NULL; k = k->next) {
		if (strcmp(k->name, name) == 0)
			return k;
	}
	k = world_alloc(sizeof(*k));
	str_set(k->name, sizeof(k->name), name);
	k->next = g->kept;
	g->kept = k;
	return k;
}

void
kept_take(struct gate *g, const struct kern_keep *p)
{
	struct kept *k = kept_of(g, p);

	g->keeps++;
	if (p->at == 0) {
		free(k->part);
		k->part = world_alloc(p->total + 1);
		k->part_n = 0;
	}
	if (p->at != k->part_n || p->n > p->total - p->at) {
		world_trouble(g->world, "%s: a part of a record is out of "
		    "place", g->name);
		return;
	}
	memcpy(k->part + p->at, p->octets, p->n);
	k->part_n += p->n;
	if (k->part_n < p->total)
		return;
	free(k->b);
	k->b = k->part;
	k->n = k->part_n;
	k->part = NULL;
}

struct bytes
kept_all(const struct gate *g)
{
	struct wr w = wr_of(world_alloc(1 << 20), 1 << 20);

	for (const struct kept *k = g->kept; k != NULL; k = k->next) {
		if (k->n == 0)
			continue;
		wr_u16(&w, (uint16_t)strlen(k->name));
		wr_bytes(&w, bytes_str(k->name));
		wr_u32(&w, (uint32_t)k->n);
		wr_bytes(&w, bytes_of(k->b, k->n));
	}
	if (w.bad)
		abort();
	return wr_done(&w);
}
