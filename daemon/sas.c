/*
 * The table of security associations, by fingerprint (stated.h) and by what a
 * tunnel knows its SA by.  No keys are in it: an SA that moves is read back
 * from the kernel.
 */
#include "daemon/sas.h"

#include <stdlib.h>

/* A reqid of ours has its highest bit clear. */
static uint64_t
key(uint32_t reqid, uint32_t spi, enum kern_dir dir)
{
	return (uint64_t)reqid << 32 | (uint64_t)(dir == KERN_OUT) << 63 | spi;
}

_Static_assert((KERN_ID_BASE & 0x80000000u) == 0, "key() needs that bit");

struct nl_sa *
sas_new(const struct kern_sa *sa)
{
	struct nl_sa *n = malloc(sizeof(*n));

	if (n != NULL)
		*n = (struct nl_sa){ .spi = sa->spi, .reqid = sa->reqid,
		    .if_id = sa->if_id, .mark_not_if_id = sa->mark_not_if_id,
		    .dir = sa->dir, .src = sa->src, .dst = sa->dst,
		    .encap = sa->encap, .sport = sa->sport,
		    .dport = sa->dport };
	return n;
}

void
sas_forget(struct sas *t, uint64_t fp)
{
	struct nl_sa *sa = map_del(&t->by_fp, fp);

	if (sa != NULL)
		map_del(&t->by_reqid, key(sa->reqid, sa->spi, sa->dir));
	free(sa);
}

void
sas_keep(struct sas *t, uint64_t fp, struct nl_sa *sa)
{
	sas_forget(t, fp);
	if (!map_put(&t->by_fp, fp, sa))
		free(sa);
	else if (!map_put(&t->by_reqid, key(sa->reqid, sa->spi, sa->dir), sa))
		free(map_del(&t->by_fp, fp));
}

void
sas_prune(struct sas *t, const struct stated *s)
{
	struct sas was = *t;
	struct nl_sa *sa;
	size_t pos = 0;

	*t = (struct sas){ .by_fp = { 0 } };
	while ((sa = map_each(&was.by_fp, &pos)) != NULL) {
		struct kern_sa id = { .spi = sa->spi, .dst = sa->dst };
		uint64_t fp = stated_sa(s, &id);

		if (stated_has(s, fp))
			sas_keep(t, fp, sa);
		else
			free(sa);
	}
	map_fini(&was.by_fp);
	map_fini(&was.by_reqid);
}

struct nl_sa *
sas_find(const struct sas *t, const struct kern_sa *sa)
{
	return map_get(&t->by_reqid, key(sa->reqid, sa->spi, sa->dir));
}

void
sas_fini(struct sas *t)
{
	struct nl_sa *sa;
	size_t pos = 0;

	while ((sa = map_each(&t->by_fp, &pos)) != NULL)
		free(sa);
	map_fini(&t->by_fp);
	map_fini(&t->by_reqid);
}
