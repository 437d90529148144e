/*
 * One view of both sorts of BGP neighbours, for all who ask about sessions and
 * not about what they run through.
 */
#include "gw/neighbors.h"

#include "gw/outer.h"

static void
of_tunnel(struct gw_tunnel *t, struct neighbor *out)
{
	*out = (struct neighbor){
		.tunnel = t, .gw = t->gw, .id = t->id, .name = t->name,
		.ifname = t->conf->ifname, .shut = t->bgp_shut.s,
		.remote_asn = t->remote_asn, .association = t->association,
		.conf = t->conf,
	};
}

static void
of_outer(struct gw_outer *o, struct neighbor *out)
{
	struct bgp_peer_info info;
	bool known = bgp_peer_get(o->gw->bgp, o->id, &info);

	*out = (struct neighbor){
		.outer = o, .gw = o->gw, .id = o->id, .name = o->name,
		.ifname = o->conf->ifname, .shut = o->shut.s,
		.remote_asn = known ? info.remote_asn : 0,
		.association = o->conf->association,
		.prefix = !addr_is_set(&o->remote), .conf = &o->conf->own,
	};
}

bool
neighbors_next(struct neighbor *n)
{
	struct gw_tunnel *t = n->tunnel != NULL ? n->tunnel->next :
	    n->outer != NULL ? NULL : n->gw->tunnels;
	struct gw_outer *o = n->outer != NULL ? n->outer->next :
	    n->gw->outers;

	while (t != NULL && (t->remote_asn == 0 || t->removing))
		t = t->next;
	if (t != NULL)
		of_tunnel(t, n);
	else if (o != NULL)
		of_outer(o, n);
	return t != NULL || o != NULL;
}

bool
neighbors_get(const struct gw *gw, uint32_t id, struct neighbor *n)
{
	struct gw_tunnel *t = gw_tunnel(gw, id);
	struct gw_outer *o = outer_get(gw, id);

	if (t != NULL)
		of_tunnel(t, n);
	else if (o != NULL)
		of_outer(o, n);
	return t != NULL || o != NULL;
}

const char *
neighbors_name(const struct gw *gw, uint32_t id)
{
	const struct gw_tunnel *t = gw_tunnel(gw, id);
	const struct gw_outer *o = outer_get(gw, id);

	return t != NULL ? t->name : o != NULL ? o->name : "";
}
