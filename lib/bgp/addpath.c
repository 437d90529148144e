/*
 * Add-path (RFC 7911): what tells the paths of one peer to a prefix apart.
 * Most peers have one path each and their RIB pays nothing for this: the
 * identifiers lie beside the paths, in an array that comes with the first.
 */
#include "bgp/addpath.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/bgp.h"

#define FIRST	4096u

void
addpath_fini(struct addpath *a)
{
	free(a->id);
	*a = (struct addpath){ .n = 0 };
}

uint32_t
addpath_get(const struct addpath *a, uint32_t path)
{
	return path < a->n ? a->id[path] : 0;
}

static bool
grow(struct addpath *a, uint32_t path)
{
	uint32_t n = a->n == 0 ? FIRST : a->n;
	uint32_t *more;

	while (n <= path)
		n *= 2;
	more = realloc(a->id, n * sizeof(*more));
	if (more == NULL)
		return false;
	memset(more + a->n, 0, (n - a->n) * sizeof(*more));
	a->id = more;
	a->n = n;
	return true;
}

bool
addpath_set(struct addpath *a, uint32_t path, uint32_t id)
{
	if (path >= a->n && id == 0)
		return true;
	if (path >= a->n && !grow(a, path))
		return false;
	a->id[path] = id;
	return true;
}

static bool
leads_alike(const struct decide_path *a, const struct decide_path *b)
{
	return a->peer == b->peer &&
	    addr_eq(&a->attrs->next_hop, &b->attrs->next_hop);
}

/* Only so many are used: no more need to differ. */
unsigned
addpath_share(struct decide_path *p, unsigned n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		struct decide_path t = p[i];
		bool alike = false;

		for (unsigned k = 0; k < kept && k < BGP_PATHS_MAX; k++)
			alike = alike || leads_alike(&p[k], &t);
		if (alike)
			continue;
		p[i] = p[kept];
		p[kept++] = t;
	}
	return kept;
}
