/* A counted free list per object type; objects are wiped when they return. */
#include "util/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/secret.h"

struct spare {
	struct spare	*next;
};

void
pool_init(struct pool *p, size_t size, size_t limit)
{
	*p = (struct pool){
		.size = size < sizeof(struct spare) ?
		    sizeof(struct spare) : size,
		.limit = limit,
	};
}

void
pool_fini(struct pool *p)
{
	struct spare *s, *next;

	assert(p->used == 0);
	for (s = p->spare; s != NULL; s = next) {
		next = s->next;
		free(s);
	}
	p->spare = NULL;
}

void *
pool_get(struct pool *p)
{
	struct spare *s = p->spare;

	if (p->used >= p->limit)
		return NULL;
	if (s != NULL) {
		p->spare = s->next;
		memset(s, 0, sizeof(*s));
	} else if ((s = calloc(1, p->size)) == NULL) {
		return NULL;
	}
	p->used++;
	return s;
}

void
pool_put(struct pool *p, void *obj)
{
	struct spare *s = obj;

	if (s == NULL)
		return;
	wipe(s, p->size);
	s->next = p->spare;
	p->spare = s;
	p->used--;
}
