/* The usual two gateways: configuration texts, links, and waiting. */
#include "sim/pair.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char	*hub, *branch, *inside;
} outside[2] = {
	{ "192.0.2.1", "198.51.100.1", "169.254.10.0/30" },
	{ "192.0.2.2", "198.51.100.1", "169.254.11.0/30" },
};

static const char *
or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

static void
put_tunnel(char *buf, const struct pair_end *e, unsigned i)
{
	str_add(buf, PAIR_TEXT, "%s{ local_outside_ip_address = \"%s\";"
	    " tunnel_inside_cidr = \"%s\"; %s", i == 0 ? "" : ",\n",
	    e->hub ? outside[i].hub : outside[i].branch, outside[i].inside,
	    or_empty(e->tunnel[i]));
	if (!e->nat)
		str_add(buf, PAIR_TEXT, " remote_outside_ip_address = "
		    "\"%s\";", e->hub ? outside[i].branch : outside[i].hub);
	str_add(buf, PAIR_TEXT, " }");
}

static void
put(char *buf, const struct pair_end *e)
{
	unsigned asn = e->asn != 0 ? e->asn : e->hub ? 64512 : 65010;
	unsigned remote = e->remote_asn != 0 ? e->remote_asn : e->hub ?
	    65010 : 64512;
	unsigned n = e->tunnels != 0 ? e->tunnels : 2;

	str_fmt(buf, PAIR_TEXT, "asn = %u; %s\nconnections = ( { name = "
	    "\"%s\"; role = \"%s\";\n", asn, or_empty(e->top),
	    e->name != NULL ? e->name : "vpn", e->hub ? "hub" : "device");
	if (!e->no_bgp)
		str_add(buf, PAIR_TEXT, "remote_asn = %u; networks = "
		    "[ %s ];\n", remote, e->networks != NULL ? e->networks :
		    e->hub ? "\"10.1.0.0/16\"" : "\"10.2.0.0/16\"");
	str_add(buf, PAIR_TEXT,
	    "phase1_encryption_algorithms = [ \"AES128-GCM-16\" ];\n"
	    "phase1_integrity_algorithms = [ \"SHA2-256\" ];\n"
	    "phase1_dh_group_numbers = [ 31 ];\n"
	    "phase2_encryption_algorithms = [ \"AES128-GCM-16\" ];\n"
	    "phase2_dh_group_numbers = [ 31 ];\n%s\ntunnels = (\n",
	    or_empty(e->connection));
	for (unsigned i = 0; i < n; i++)
		put_tunnel(buf, e, i);
	str_add(buf, PAIR_TEXT, " ); }%s );\n", or_empty(e->more));
}

void
pair_init(struct pair *p, uint64_t seed)
{
	*p = (struct pair){ 0 };
	world_init(&p->w, seed);
	p->hub_conf.hub = true;
	p->hub = gate_new(&p->w, "hub", KERN_LINK_XFRMI);
	p->branch = gate_new(&p->w, "branch", KERN_LINK_VTI);
	for (unsigned i = 0; i < 2; i++)
		p->link[i] = link_new(&p->w, p->hub, outside[i].hub,
		    p->branch, outside[i].branch);
}

void
pair_fini(struct pair *p)
{
	world_fini(&p->w);
}

void
pair_write(struct pair *p)
{
	char text[PAIR_TEXT];

	put(text, &p->hub_conf);
	gate_conf(p->hub, text);
	put(text, &p->branch_conf);
	gate_conf(p->branch, text);
}

void
pair_start(struct pair *p)
{
	pair_write(p);
	if (p->hub->gw == NULL)
		gate_start(p->hub);
	if (p->branch->gw == NULL)
		gate_start(p->branch);
}

bool
pair_run_up(struct pair *p, struct span most)
{
	struct instant until = instant_after(p->w.now, most);
	struct reason why = { "" };

	while (p->w.now.ns < until.ns && p->w.trouble.s[0] == '\0') {
		world_run(&p->w, span_ms(100));
		if (check_up(&p->w, &why))
			return p->w.trouble.s[0] == '\0';
	}
	world_trouble(&p->w, "not up: %s", why.s);
	return false;
}

json_t *
pair_show(struct gate *g, const char *tunnel)
{
	json_t *all = gate_ctl(g, "{\"command\":\"show\"}"), *t;
	size_t i;

	json_array_foreach(json_object_get(all, "tunnels"), i, t) {
		if (strcmp(json_string_value(json_object_get(t, "name")),
		    tunnel) == 0)
			return t;
	}
	return NULL;
}

const char *
pair_get(struct gate *g, const char *tunnel, const char *member)
{
	json_t *o = pair_show(g, tunnel);
	const char *dot = strchr(member, '.'), *s;
	char outer[32];

	if (dot != NULL) {
		str_set(outer, sizeof(outer), member);
		outer[dot - member] = '\0';
		o = json_object_get(o, outer);
		member = dot + 1;
	}
	s = json_string_value(json_object_get(o, member));
	return s == NULL ? "(none)" : s;
}
