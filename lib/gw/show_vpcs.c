/*
 * VPCs as JSON: their interfaces, their networks, and why packets do not get
 * there.  Names of members are an interface that people script against: they
 * are added to, never changed.
 */
#include "gw/show_vpcs.h"

#include "gw/show.h"
#include "gw/vpcs.h"

static json_t *
networks(const struct gw_lan *l)
{
	json_t *a = json_array();
	char text[PREFIX_STRLEN];

	for (unsigned i = 0; l != NULL && i < l->n; i++)
		json_array_append_new(a, json_string(prefix_str(&l->nets[i],
		    text)));
	return a;
}

static json_t *
interface(const struct gw *gw, const char *name)
{
	const struct gw_lan *l = vpcs_lan_named(gw, name);
	struct reason why = { "" };

	if (l != NULL)
		vpcs_why(l, &why);
	return json_pack("{s:s, s:s, s:o, s:o}", "name", name,
	    "state", l == NULL || !l->exists ? "missing" :
	    l->up ? "up" : "down", "networks", networks(l),
	    "reason", show_text(why.s));
}

/* Where packets to there go, and whether neighbours are told of it. */
static json_t *
prefix(const struct gw *gw, const struct conf_vpc *v, const struct prefix *p,
    const struct addr *hop)
{
	char text[PREFIX_STRLEN], router[ADDR_STRLEN];
	struct way w = { .live = false };

	if (v->propagation.n > 0)
		vpcs_way(gw, v->propagation.v[0], p, &w);
	return json_pack("{s:s, s:s, s:b}", "prefix", prefix_str(p, text),
	    "next_hop", addr_is_set(hop) ? addr_str(hop, router) : "",
	    "announced", (int)w.live);
}

static json_t *
prefixes(const struct gw *gw, const struct conf_vpc *v)
{
	static const struct addr none;
	json_t *a = json_array();

	for (size_t i = 0; i < v->prefixes.n; i++)
		json_array_append_new(a, prefix(gw, v,
		    &v->prefixes.v[i].prefix, &v->prefixes.v[i].next_hop));
	for (unsigned i = 0; v->prefixes.v == NULL && i < v->lans_n; i++) {
		const struct gw_lan *l = vpcs_lan_named(gw, v->lans[i]);

		for (unsigned k = 0; l != NULL && k < l->n; k++)
			json_array_append_new(a, prefix(gw, v, &l->nets[k],
			    &none));
	}
	return a;
}

static json_t *
table_names(const struct gw *gw, const struct conf_tables *t)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < t->n; i++)
		json_array_append_new(a, json_string(conf_table_name(gw->conf,
		    t->v[i])));
	return a;
}

/* What is wrong with its interfaces; up: one of them carries packets. */
static void
judge(const struct gw *gw, const struct conf_vpc *v, bool *up,
    struct reason *why)
{
	*up = false;
	why->s[0] = '\0';
	for (unsigned i = 0; i < v->lans_n; i++) {
		const struct gw_lan *l = vpcs_lan_named(gw, v->lans[i]);
		struct reason r = { "" };

		if (l == NULL)
			continue;
		*up |= l->exists && l->up;
		vpcs_why(l, &r);
		if (r.s[0] != '\0')
			str_add(why->s, sizeof(why->s), "%s%s",
			    why->s[0] != '\0' ? "; " : "", r.s);
	}
}

static json_t *
show_vpc(const struct gw *gw, const struct conf_vpc *v)
{
	json_t *lans = json_array(), *list = prefixes(gw, v);
	struct reason why;
	bool up;

	for (unsigned i = 0; i < v->lans_n; i++)
		json_array_append_new(lans, interface(gw, v->lans[i]));
	judge(gw, v, &up, &why);
	if (up && why.s[0] == '\0' && json_array_size(list) == 0)
		reason_set(&why, "no interface has an address in a network");
	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:s, s:o, s:o}",
	    "name", v->name, "state", up ? "UP" : "DOWN",
	    "interfaces", lans,
	    "association", conf_table_name(gw->conf, v->association),
	    "propagation", table_names(gw, &v->propagation),
	    "forwarding", v->closed ? "tunnels" : "system",
	    "prefixes", list, "reason", show_text(why.s));
}

json_t *
show_vpcs(const struct gw *gw)
{
	json_t *a = json_array();

	for (size_t i = 0; i < gw->conf->vpcs_n; i++)
		json_array_append_new(a, show_vpc(gw, &gw->conf->vpcs[i]));
	return a;
}
