/*
 * Totals of a speaker's tables.  Everything is counted where it happens, so
 * that asking costs nothing however large they are.
 */
#include "bgp/totals.h"

#include "bgp/speaker.h"

static uint64_t
store_octets(const struct store *s)
{
	return (uint64_t)s->chunks * STORE_CHUNK * s->size;
}

void
bgp_totals(const struct bgp *b, struct bgp_totals *t)
{
	const struct rib *r = &b->rib;
	const struct intern *in = &r->intern;

	*t = (struct bgp_totals){
		.paths = r->paths.used, .attribute_sets = in->used,
		.path_octets = store_octets(&r->paths),
		.attribute_octets = in->octets + (uint64_t)in->cap *
		    (sizeof(in->at[0]) + sizeof(in->free_next[0])) +
		    (uint64_t)in->buckets * sizeof(in->bucket[0]),
		.journal = r->journal_n, .journal_entries = r->changes,
		.decisions = r->decisions,
	};
	for (unsigned i = 0; i < 2; i++) {
		t->prefixes[i] = r->table[i].nets.used;
		t->prefix_octets += store_octets(&r->table[i].nets) +
		    buckets_octets(&r->table[i].buckets);
	}
}
