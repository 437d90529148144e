/*
 * JSON of tunnels and routes.  Names of members are an interface that people
 * script against: they are added to, never changed.
 */
#include "gw/show.h"

#include <stdio.h>

#include "gw/show_bfd.h"
#include "gw/tables.h"
#include "gw/vpcs.h"
#include "gw/tunnel.h"
#include "gw/upkeep.h"

/* Any text; what is not UTF-8 is escaped, since JSON cannot hold it. */
json_t *
show_text(const char *s)
{
	json_t *j = json_string(s);
	char buf[1024];

	if (j != NULL)
		return j;
	str_escape(buf, sizeof(buf), bytes_str(s));
	return json_string(buf);
}

static json_t *
hex32(uint32_t v)
{
	char s[16];

	str_fmt(s, sizeof(s), "%08x", v);
	return json_string(s);
}

static json_t *
hex64(uint64_t v)
{
	char s[32];

	str_fmt(s, sizeof(s), "%016llx", (unsigned long long)v);
	return json_string(s);
}

static json_t *
endpoint(const struct endpoint *e)
{
	char s[ENDPOINT_STRLEN];

	return json_string(addr_is_set(&e->addr) ? endpoint_str(e, s) : "");
}

static json_t *
address(const struct addr *a)
{
	char s[ADDR_STRLEN];

	return json_string(addr_is_set(a) ? addr_str(a, s) : "");
}

static json_t *
suite(const struct suite *s)
{
	char text[SUITE_STRLEN];

	return json_string(s->encr != NULL ? suite_str(s, text) : "");
}

json_t *
show_time(int64_t wall)
{
	char text[STR_UTC_LEN];

	return json_string(str_utc(wall, text));
}

static const char *
nat_str(const struct ike_peer_info *i)
{
	if (i->nat_local)
		return i->nat_remote ? "both" : "local";
	return i->nat_remote ? "remote" : "none";
}

static json_t *
show_ike(const struct ike_peer_info *i)
{
	static const char *const states[] = {
		[IKE_DOWN] = "down", [IKE_CONNECTING] = "connecting",
		[IKE_ESTABLISHED] = "established",
	};

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:i, s:s, s:i, "
	    "s:b, s:o}",
	    "state", states[i->state], "spi_i", hex64(i->spi_i),
	    "spi_r", hex64(i->spi_r), "local", endpoint(&i->path.local),
	    "remote", endpoint(&i->path.remote), "nat", nat_str(i),
	    "proposal", suite(&i->suite), "rekeys", (int)i->rekeys,
	    "role", i->initiator ? "initiator" : "responder",
	    "sas", (int)i->ike_sas, "ppk", (int)i->ppk,
	    "redirected_to", address(&i->gateway));
}

/* Our own certificate; nothing where it cannot be read. */
static void
show_ours(json_t *j, const struct gw_tunnel *t)
{
	struct ike_creds creds = { 0 };
	struct cert_info info;

	if (t->gw->creds != NULL)
		creds = creds_of(t->gw->creds, t->name, t->conf);
	if (creds.chain == NULL || creds.chain->n == 0)
		return;
	cert_info(creds.chain->cert[0], &info);
	json_object_set_new(j, "local_subject", show_text(info.subject));
	json_object_set_new(j, "local_not_after", show_time(info.not_after));
}

/*
 * How both sides authenticate; of the peer's certificate what it showed last,
 * whether or not it was accepted.
 */
static json_t *
show_auth(const struct gw_tunnel *t, const struct ike_peer_info *i)
{
	static const char *const ways[] = {
		[CONF_AUTH_PSK] = "psk",
		[CONF_AUTH_CERTIFICATE] = "certificate",
	};
	const struct ike_cert_info *c = &i->cert;
	json_t *j = json_pack("{s:s, s:s}", "local", ways[t->conf->local_auth],
	    "remote", ways[t->conf->remote_auth]);

	if (t->conf->local_auth == CONF_AUTH_CERTIFICATE)
		show_ours(j, t);
	if (j == NULL || t->conf->remote_auth != CONF_AUTH_CERTIFICATE)
		return j;
	json_object_set_new(j, "verdict", json_string(!i->cert_seen ? "" :
	    c->ok ? "accepted" : "refused"));
	if (!i->cert_seen)
		return j;
	json_object_set_new(j, "subject", show_text(c->subject));
	json_object_set_new(j, "issuer", show_text(c->issuer));
	json_object_set_new(j, "not_after", c->subject[0] == '\0' ?
	    json_string("") : show_time(c->not_after));
	json_object_set_new(j, "signature", json_string(c->used.name));
	if (c->revocation.s[0] != '\0')
		json_object_set_new(j, "revocation",
		    show_text(c->revocation.s));
	if (!c->ok) {
		json_object_set_new(j, "depth", json_integer(c->depth));
		json_object_set_new(j, "why", show_text(c->why.s));
	}
	return j;
}

/* Session resumption (RFC 5723): the ticket is the one that we hold. */
static json_t *
show_resumption(const struct gw_tunnel *t, const struct ike_resumption *r)
{
	bool held = r->ticket_until.ns != 0;
	bool refused = r->refused != TICKET_GOOD;

	return json_pack("{s:b, s:b, s:i, s:o, s:s, s:o}",
	    "enabled", (int)t->conf->session_resumption,
	    "resumed", (int)r->on, "count", (int)r->count,
	    "ticket_until", held ? show_time(gw_wall(t->gw,
	    r->ticket_until)) : json_string(""),
	    "refused", refused ? ticket_code_str(r->refused) : "",
	    "refused_at", refused ? show_time(r->refused_at) :
	    json_string(""));
}

static json_t *
show_child(const struct ike_peer_info *i)
{
	char local[160], remote[160];

	ts_str(&i->local_ts, local, sizeof(local));
	ts_str(&i->remote_ts, remote, sizeof(remote));
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:b, s:i, s:i}",
	    "state", i->child ? "installed" : "down",
	    "spi_in", hex32(i->spi_in), "spi_out", hex32(i->spi_out),
	    "proposal", suite(&i->child_suite), "local_ts", local,
	    "remote_ts", remote, "udp_encapsulated", (int)i->encap,
	    "rekeys", (int)i->child_rekeys, "sas", (int)i->children);
}

static json_t *
show_interface(const struct gw_tunnel *t)
{
	const struct gw_link *l = &t->link;
	const char *kind = !l->exists ? "" :
	    l->kind == KERN_LINK_XFRMI ? "xfrmi" : "vti";

	return json_pack("{s:s, s:s, s:I, s:s, s:i, s:b}", "name", t->conf->ifname,
	    "kind", kind, "if_id", (json_int_t)(KERN_ID_BASE + t->id),
	    "state", !l->exists ? "missing" : l->up ? "up" : "down",
	    "mtu", (int)l->mtu, "mss_clamp", (int)l->clamped);
}

static json_t *
show_bgp(const struct gw_tunnel *t)
{
	const struct addr *neighbor = addr_is_set(&t->conf->remote4) &&
	    t->conf->inside != CONF_INSIDE_IPV6 ? &t->conf->remote4 :
	    &t->conf->remote6;
	struct bgp_peer_info b = { 0 };
	bool on = t->remote_asn != 0 && bgp_peer_get(t->gw->bgp, t->id, &b);

	return json_pack("{s:s, s:o, s:I, s:i, s:i, s:i}",
	    "state", on ? bgp_state_str(b.state) : "off",
	    "neighbor", address(neighbor), "asn", (json_int_t)t->remote_asn,
	    "held", (int)b.held, "received", (int)b.received,
	    "advertised", (int)b.advertised);
}

static const char *
role_str(const struct gw_tunnel *t)
{
	const struct conf_connection *c = conf_find(t->gw->conf,
	    t->connection);

	return c == NULL ? "" : c->hub ? "hub" : "device";
}

json_t *
show_tunnel(const struct gw_tunnel *t)
{
	struct ike_peer_info ike = { 0 };
	struct reason why;
	enum gw_layer layer = tunnel_layer(t, &why);

	ike_peer_get(t->gw->ike, t->id, &ike);
	return json_pack("{s:s, s:s, s:i, s:s, s:o, s:o, s:s, s:s, s:s, s:o, "
	    "s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o}",
	    "name", t->name, "connection", t->connection,
	    "tunnel", (int)t->conf->number, "role", role_str(t),
	    "local_outside_ip_address", address(&t->conf->local),
	    "remote_outside_ip_address", address(&t->conf->remote),
	    "admin", t->admin_up ? "up" : "down",
	    "state", layer == LAYER_NONE ? "UP" : "DOWN",
	    "layer", tunnel_layer_str(layer), "reason", show_text(why.s),
	    "since", show_time(t->since), "ike", show_ike(&ike),
	    "child", show_child(&ike), "interface", show_interface(t),
	    "bfd", show_bfd_brief(t),
	    "bgp", show_bgp(t), "routes", (int)fib_count(t->gw->fib, t->id),
	    "authentication", show_auth(t, &ike), "drain", drain_show(t),
	    "resumption", show_resumption(t, &ike.resumption),
	    "maintenance", upkeep_show(t));
}

json_t *
show_apply(const struct gw *gw, struct instant now)
{
	struct instant at = gw->undo_at;
	bool pending = !instant_is_never(at);

	return json_pack("{s:b, s:o, s:I}", "pending", (int)pending,
	    "until", pending ? show_time(gw_wall(gw, at)) : json_string(""),
	    "seconds_left", (json_int_t)(!pending || instant_due(at, now) ? 0 :
	    (instant_since(at, now).ns + 999999999) / 1000000000));
}

/* --- routes --- */

/* Out of a VPC's interface. */
static json_t *
show_lan_hop(const struct gw *gw, const struct gw_lan *l,
    const struct addr *gateway)
{
	const struct conf_vpc *v = conf_vpc_of(gw->conf, l->name);

	return json_pack("{s:s, s:s, s:o, s:s}", "tunnel", "",
	    "vpc", v == NULL ? "" : v->name, "gateway", address(gateway),
	    "device", l->name);
}

static json_t *
show_hops(const struct gw *gw, const struct fib_hops *hops)
{
	json_t *a = json_array();

	for (size_t i = 0; i < hops->n; i++) {
		const struct gw_tunnel *t = gw_tunnel(gw, hops->v[i].tunnel);
		const struct gw_lan *l = vpcs_lan(gw, hops->v[i].tunnel);

		if (l != NULL)
			json_array_append_new(a, show_lan_hop(gw, l,
			    &hops->v[i].gateway));
		if (t == NULL)
			continue;
		json_array_append_new(a, json_pack("{s:s, s:o, s:s}",
		    "tunnel", t->name,
		    "gateway", address(&hops->v[i].gateway),
		    "device", t->conf->ifname));
	}
	return a;
}

static json_t *
show_as_path(const struct gw *gw, const struct fib_route *r)
{
	json_t *a = json_array();
	struct bgp_route b;

	if (r->source != FIB_BGP || !bgp_route_get(gw->bgp,
	    (uint16_t)r->table, &r->prefix, &b))
		return a;
	for (size_t i = 0; i < b.as_path_n; i++)
		json_array_append_new(a, json_integer(b.as_path[i]));
	return a;
}

json_t *
show_route(const struct gw *gw, const struct fib_route *r)
{
	static const char *const states[] = {
		[FIB_PENDING] = "pending", [FIB_INSTALLED] = "installed",
		[FIB_FAILED] = "failed",
	};
	char prefix[PREFIX_STRLEN];

	bool black = r->hops.n == 1 && r->hops.v[0].tunnel == FIB_BLACKHOLE;

	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:o, s:b}",
	    "prefix", prefix_str(&r->prefix, prefix), "table", (int)r->table,
	    "table_name", conf_table_name(gw->conf, (uint16_t)r->table),
	    "state", states[r->state],
	    "source", r->source == FIB_STATIC ? "static" : "bgp",
	    "nexthops", show_hops(gw, &r->hops),
	    "as_path", show_as_path(gw, r), "blackhole", (int)black);
}

/* --- route tables --- */

static json_t *
names_of(const struct gw *gw, uint16_t table, bool associated)
{
	json_t *a = json_array();

	for (size_t i = 0; i < gw->conf->n; i++) {
		const struct conf_connection *c = &gw->conf->connections[i];

		if (associated ? c->association == table :
		    conf_tables_have(&c->propagation, table))
			json_array_append_new(a, json_string(c->name));
	}
	for (size_t i = 0; i < gw->conf->vpcs_n; i++) {
		const struct conf_vpc *v = &gw->conf->vpcs[i];

		if (associated ? v->association == table :
		    conf_tables_have(&v->propagation, table))
			json_array_append_new(a, json_string(v->name));
	}
	return a;
}

/* Why: it is not there as it should be. */
static json_t *
show_table(const struct gw *gw, uint16_t number, const struct gw_table *t)
{
	bool main = number == CONF_TABLE_MAIN;

	return json_pack("{s:s, s:i, s:s, s:s, s:o, s:o, s:o}",
	    "name", conf_table_name(gw->conf, number), "table", (int)number,
	    "state", main || (t != NULL && t->exists) ? "UP" : "DOWN",
	    "vrf", t != NULL && t->by_vrf ? t->vrf_name : "",
	    "associated", names_of(gw, number, true),
	    "propagated", names_of(gw, number, false),
	    "reason", show_text(t == NULL ? "" : t->why.s));
}

json_t *
show_tables(const struct gw *gw)
{
	json_t *a = json_array();

	json_array_append_new(a, show_table(gw, CONF_TABLE_MAIN, NULL));
	for (size_t i = 0; i < gw->conf->tables_n; i++) {
		uint16_t number = gw->conf->tables[i].number;

		json_array_append_new(a, show_table(gw, number,
		    tables_find(gw, number)));
	}
	return a;
}
