/*
 * Groups of sessions whose UPDATEs may be made once for all (sheet.c).  Only
 * those that pass on what others taught are in one: our own networks are few.
 * A group is found by looking at each; that is done when a session comes up or
 * its configuration changes, and groups are few where sessions are many.
 */
#include "bgp/group.h"

#include <stdlib.h>

void
groups_fini(struct groups *g)
{
	for (uint32_t i = 0; i < g->n; i++)
		policy_free(g->at[i].conf.edit.policy);
	free(g->at);
	shelf_fini(&g->shelf);
	*g = (struct groups){ .n = 0 };
}

/* Who the peer is matters only to those who write its AS number over. */
static struct export_conf
common(const struct export_conf *c)
{
	struct export_conf k = *c;

	k.remote_asn = 0;
	if (!c->edit.override && c->edit.private_as == BGP_PRIVATE_KEEP)
		k.edit.peer_asn = 0;
	return k;
}

/* The next hops need only be there or not: each has its own put in. */
static bool
alike(const struct export_conf *a, const struct export_conf *b)
{
	return a->local_asn == b->local_asn && a->ibgp == b->ibgp &&
	    a->as4 == b->as4 && a->table == b->table && a->role == b->role &&
	    a->families == b->families &&
	    addr_is_set(&a->next_hop4) == addr_is_set(&b->next_hop4) &&
	    edit_conf_eq(&a->edit, &b->edit);
}

uint32_t
group_join(struct groups *g, const struct export_conf *conf)
{
	struct export_conf key = common(conf);
	uint32_t spare = g->n;
	struct group *more;

	if (!conf->transit)
		return 0;
	for (uint32_t i = 0; i < g->n; i++) {
		if (g->at[i].members == 0) {
			spare = i;
		} else if (alike(&g->at[i].conf, &key)) {
			g->at[i].members++;
			return i + 1;
		}
	}
	if (spare == g->n) {
		more = realloc(g->at, (g->n + 1) * sizeof(*more));
		if (more == NULL)
			return 0;
		g->at = more;
		g->n++;
	}
	g->at[spare] = (struct group){ .conf = key, .members = 1 };
	policy_hold(key.edit.policy);
	return spare + 1;
}

/* Its number may be another group's next: nothing is left of it. */
void
group_leave(struct groups *g, uint32_t group)
{
	struct group *left;

	if (group == 0)
		return;
	left = &g->at[group - 1];
	if (--left->members > 0)
		return;
	shelf_clear(&g->shelf, group);
	policy_free(left->conf.edit.policy);
	*left = (struct group){ .members = 0 };
}

uint32_t
group_members(const struct groups *g, uint32_t group)
{
	return group == 0 ? 0 : g->at[group - 1].members;
}
