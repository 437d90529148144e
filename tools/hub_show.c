/*
 * Objects as JSON with AWS's names.  What AWS derives from its own state is
 * derived here from the daemon's: a tunnel that runs BGP is UP when its session
 * is, as the telemetry of AWS has it.
 */
#include "tools/hub_show.h"

#include <string.h>

#include "gw/ctl.h"
#include "tools/client.h"
#include "tools/hub_object.h"
#include "util/secret.h"

static json_t *
prefix_json(const struct prefix *p)
{
	char text[PREFIX_STRLEN];

	return json_string(prefix_str(p, text));
}

static json_t *
addr_json(const struct addr *a)
{
	char text[ADDR_STRLEN];

	return json_string(addr_str(a, text));
}

/* Adds nothing where there is nothing. */
static void
put_addr(json_t *j, const char *name, const struct addr *a)
{
	if (addr_is_set(a))
		json_object_set_new(j, name, addr_json(a));
}

static void
put_text(json_t *j, const char *name, const char *s)
{
	if (s[0] != '\0')
		json_object_set_new(j, name, json_string(s));
}

/* --- customer gateways and gateways --- */

json_t *
hub_show_customer(const struct conf_customer *c)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:[]}", "CustomerGatewayId",
	    c->name, "State", "available", "Type", "ipsec.1", "Tags");
	char asn[16];

	str_fmt(asn, sizeof(asn), "%u", c->asn);
	json_object_set_new(j, c->asn <= INT32_MAX ? "BgpAsn" :
	    "BgpAsnExtended", json_string(asn));
	put_addr(j, "IpAddress", &c->ip);
	put_text(j, "DeviceName", c->device);
	return j;
}

static json_t *
show_vgw(const struct conf_target *t)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:I, s:[], s:[]}",
	    "VpnGatewayId", t->name, "State", "available", "Type", "ipsec.1",
	    "AmazonSideAsn", (json_int_t)t->asn, "VpcAttachments", "Tags");

	if (t->vpc[0] != '\0')
		json_array_append_new(json_object_get(j, "VpcAttachments"),
		    json_pack("{s:s, s:s}", "State", "attached", "VpcId",
		    t->vpc));
	return j;
}

json_t *
hub_show_gateway(const struct conf_target *t)
{
	if (t->type == CONF_VIRTUAL_PRIVATE)
		return show_vgw(t);
	return json_pack("{s:s, s:s, s:{s:I, s:s}, s:[]}",
	    "TransitGatewayId", t->name, "State", "available", "Options",
	    "AmazonSideAsn", (json_int_t)t->asn,
	    "VpnEcmpSupport", t->ecmp ? "enable" : "disable", "Tags");
}

/* --- route tables --- */

static json_t *
show_static(const struct conf_static *s)
{
	json_t *j = json_pack("{s:o, s:s, s:s, s:[]}",
	    "DestinationCidrBlock", prefix_json(&s->prefix), "Type", "static",
	    "State", s->blackhole ? "blackhole" : "active",
	    "TransitGatewayAttachments");

	if (!s->blackhole)
		json_array_append_new(json_object_get(j,
		    "TransitGatewayAttachments"), json_pack("{s:s, s:s}",
		    "ResourceId", s->connection, "ResourceType", "vpn"));
	return j;
}

static json_t *
members(const struct conf *conf, uint16_t number, bool associated)
{
	json_t *a = json_array();

	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_connection *c = &conf->connections[i];

		if (associated ? c->association == number :
		    conf_tables_have(&c->propagation, number))
			json_array_append_new(a, json_pack("{s:s, s:s, s:s}",
			    "ResourceId", c->name, "ResourceType", "vpn",
			    "State", associated ? "associated" : "enabled"));
	}
	return a;
}

json_t *
hub_show_table(const struct conf *conf, const struct conf_table *t)
{
	json_t *routes = json_array();

	for (size_t i = 0; i < t->statics_n; i++)
		json_array_append_new(routes, show_static(&t->statics[i]));
	return json_pack("{s:s, s:s, s:i, s:o, s:o, s:o, s:[]}",
	    "TransitGatewayRouteTableId", t->name, "State", "available",
	    "Table", (int)t->number, "Routes", routes,
	    "Associations", members(conf, t->number, true),
	    "Propagations", members(conf, t->number, false), "Tags");
}

/* --- options of a tunnel --- */

/* [{"Value":"AES256-GCM-16"}]; groups are numbers. */
static json_t *
show_algs(const struct conf_algs *algs, bool numbers)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < algs->n; i++) {
		const char *name = alg_at(algs->row[i])->conf;

		json_array_append_new(a, json_pack("{s:o}", "Value", numbers ?
		    json_integer(atoll(name)) : json_string(name)));
	}
	return a;
}

static void
put_phase(json_t *j, const char *phase, const struct conf_phase *p)
{
	const struct {
		const char	*what;
		json_t		*value;
	} members_of[] = {
		{ "EncryptionAlgorithms", show_algs(&p->encr, false) },
		{ "IntegrityAlgorithms", show_algs(&p->integ, false) },
		{ "DHGroupNumbers", show_algs(&p->ke, true) },
		{ "LifetimeSeconds",
		    json_integer((json_int_t)span_to_s(p->lifetime)) },
	};
	char name[48];

	for (size_t i = 0; i < 4; i++) {
		str_fmt(name, sizeof(name), "%s%s", phase, members_of[i].what);
		json_object_set_new(j, name, members_of[i].value);
	}
}

static void
put_key(json_t *j, const struct hub_set *keys, const char *connection,
    unsigned tunnel)
{
	char psk[300];

	if (keys == NULL || !hub_secret_get(keys, connection, tunnel,
	    "pre_shared_key", psk, sizeof(psk)))
		return;
	json_object_set_new(j, "PreSharedKey", json_string(psk));
	wipe(psk, sizeof(psk));
}

static json_t *
show_options(const struct conf_connection *c, const struct conf_tunnel *t,
    const struct hub_set *keys)
{
	static const char *const actions[] = {
		[CONF_DPD_CLEAR] = "clear", [CONF_DPD_NONE] = "none",
		[CONF_DPD_RESTART] = "restart",
	};
	json_t *j = json_pack("{s:o, s:I, s:i, s:i, s:I, s:s, s:s, s:[{s:s}]}",
	    "OutsideIpAddress", addr_json(&t->local),
	    "RekeyMarginTimeSeconds", (json_int_t)span_to_s(t->rekey_margin),
	    "RekeyFuzzPercentage", (int)t->rekey_fuzz,
	    "ReplayWindowSize", (int)t->replay_window,
	    "DpdTimeoutSeconds", (json_int_t)span_to_s(t->dpd_timeout),
	    "DpdTimeoutAction", actions[t->dpd_action],
	    "StartupAction", t->start ? "start" : "add",
	    "IkeVersions", "Value", "ikev2");

	if (addr_is_set(&t->inside4.addr))
		json_object_set_new(j, "TunnelInsideCidr",
		    prefix_json(&t->inside4));
	if (addr_is_set(&t->inside6.addr))
		json_object_set_new(j, "TunnelInsideIpv6Cidr",
		    prefix_json(&t->inside6));
	put_phase(j, "Phase1", &t->phase1);
	put_phase(j, "Phase2", &t->phase2);
	put_key(j, keys, c->name, t->number);
	return j;
}

/* --- telemetry --- */

/* The tunnel of the daemon's answer; NULL: it does not know it. */
static const json_t *
live(const json_t *tunnels, const char *connection, unsigned number)
{
	const json_t *e;
	size_t i;

	json_array_foreach(tunnels, i, e) {
		if (strcmp(answer_text(e, "connection"), connection) == 0 &&
		    json_integer_value(json_object_get(e, "tunnel")) ==
		    (json_int_t)number)
			return e;
	}
	return NULL;
}

static json_t *
show_telemetry(const struct conf_connection *c, const struct conf_tunnel *t,
    const json_t *e)
{
	const json_t *bgp = json_object_get(e, "bgp");
	json_int_t routes = c->remote_asn != 0 ?
	    json_integer_value(json_object_get(bgp, "received")) :
	    (json_int_t)c->routes.n;
	bool child = strcmp(answer_text(json_object_get(e, "child"), "state"),
	    "installed") == 0;
	char message[48] = "";

	if (!child)
		str_set(message, sizeof(message), "IPSEC IS DOWN");
	else if (c->remote_asn != 0)
		str_fmt(message, sizeof(message), "%lld BGP ROUTES",
		    (long long)routes);
	return json_pack("{s:o, s:s, s:s, s:s, s:I}",
	    "OutsideIpAddress", addr_json(&t->local),
	    "Status", strcmp(answer_text(e, "state"), "UP") == 0 ? "UP" :
	    "DOWN", "LastStatusChange", answer_text(e, "since"),
	    "StatusMessage", message, "AcceptedRouteCount",
	    child || c->remote_asn == 0 ? routes : (json_int_t)0);
}

/* --- connections --- */

static json_t *
show_routes(const struct conf_connection *c)
{
	json_t *a = json_array();

	for (size_t i = 0; i < c->routes.n; i++)
		json_array_append_new(a, json_pack("{s:o, s:s}",
		    "DestinationCidrBlock", prefix_json(&c->routes.v[i]),
		    "State", "available"));
	return a;
}

/* Local is the customer's side, whoever reads it. */
static json_t *
connection_options(const struct conf_connection *c, json_t *tunnels)
{
	const struct conf_tunnel *t = &c->tunnels[0];
	const struct prefix *theirs = c->hub ? t->remote_ts : t->local_ts;
	const struct prefix *ours = c->hub ? t->local_ts : t->remote_ts;
	bool six = t->inside == CONF_INSIDE_IPV6;

	return json_pack("{s:b, s:b, s:o, s:o, s:s, s:s, s:o}",
	    "EnableAcceleration", 0, "StaticRoutesOnly", c->remote_asn == 0,
	    six ? "LocalIpv6NetworkCidr" : "LocalIpv4NetworkCidr",
	    prefix_json(&theirs[six]),
	    six ? "RemoteIpv6NetworkCidr" : "RemoteIpv4NetworkCidr",
	    prefix_json(&ours[six]), "OutsideIpAddressType",
	    t->local.family == ADDR_IPV6 ? "Ipv6" : "PublicIpv4",
	    "TunnelInsideIpVersion", six ? "ipv6" : "ipv4",
	    "TunnelOptions", tunnels);
}

static void
put_ends(json_t *j, const struct conf *conf, const struct conf_connection *c)
{
	const struct conf_target *t = conf_target(conf, c);
	const struct conf_customer *cust = conf_customer(conf, c);

	if (cust != NULL)
		put_text(j, "CustomerGatewayId", cust->name);
	if (t != NULL)
		put_text(j, t->type == CONF_TRANSIT ? "TransitGatewayId" :
		    "VpnGatewayId", t->name);
	json_object_set_new(j, "GatewayAssociationState", json_string(t !=
	    NULL ? "associated" : "not-associated"));
}

json_t *
hub_show_connection(const struct conf *conf, const struct conf_connection *c,
    const json_t *tunnels, const struct hub_set *keys)
{
	json_t *options = json_array(), *telemetry = json_array(), *j;
	bool known = true;

	for (unsigned i = 0; i < c->tunnels_n; i++) {
		const struct conf_tunnel *t = &c->tunnels[i];
		const json_t *e = live(tunnels, c->name, t->number);

		known = known && e != NULL;
		json_array_append_new(options, show_options(c, t, keys));
		json_array_append_new(telemetry, show_telemetry(c, t, e));
	}
	j = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:[]}",
	    "VpnConnectionId", c->name, "State", known ? "available" :
	    "pending", "Category", "VPN", "Type", "ipsec.1",
	    "Options", connection_options(c, options),
	    "Routes", show_routes(c), "VgwTelemetry", telemetry, "Tags");
	put_ends(j, conf, c);
	return j;
}

/* --- what was negotiated --- */

/* The part of "AES256-GCM-16/PRF-SHA2-256/X25519" of this type; or NULL. */
static const struct alg *
part_of(const char *proposal, enum alg_type type)
{
	const char *at = proposal;

	while (*at != '\0') {
		size_t n = strcspn(at, "/+");
		const struct alg *a;

		for (size_t i = 0; (a = alg_at(i)) != NULL; i++) {
			if (a->type == type && strlen(a->name) == n &&
			    strncmp(a->name, at, n) == 0)
				return a;
		}
		at += n + (at[n] != '\0');
	}
	return NULL;
}

static void
put_active(json_t *j, const char *phase, const char *proposal)
{
	const struct alg *encr = part_of(proposal, ALG_ENCR);
	const struct alg *integ = part_of(proposal, ALG_INTEG);
	const struct alg *ke = part_of(proposal, ALG_KE);
	char name[48];

	if (integ == NULL)
		integ = part_of(proposal, ALG_PRF);
	str_fmt(name, sizeof(name), "%sEncryptionAlgorithm", phase);
	if (encr != NULL && encr->conf != NULL)
		put_text(j, name, encr->conf);
	str_fmt(name, sizeof(name), "%sIntegrityAlgorithm", phase);
	if (integ != NULL && integ->conf != NULL)
		put_text(j, name, integ->conf);
	str_fmt(name, sizeof(name), "%sDHGroup", phase);
	if (ke != NULL && ke->conf != NULL)
		json_object_set_new(j, name, json_integer(atoll(ke->conf)));
}

static json_t *
show_active(const json_t *e)
{
	const json_t *ike = json_object_get(e, "ike");
	const json_t *child = json_object_get(e, "child");
	json_t *j = json_pack("{s:s, s:s, s:s, s:s}", "VpnConnectionId",
	    answer_text(e, "connection"), "VpnTunnel", answer_text(e, "name"),
	    "ProvisioningStatus", "available", "ProvisioningStatusReason",
	    answer_text(e, "reason"));

	put_text(j, "VpnTunnelOutsideIpAddress", answer_text(ike, "local"));
	if (strcmp(answer_text(ike, "state"), "established") != 0)
		return j;
	json_object_set_new(j, "IkeVersion", json_string("ikev2"));
	put_active(j, "Phase1", answer_text(ike, "proposal"));
	put_active(j, "Phase2", answer_text(child, "proposal"));
	return j;
}

json_t *
hub_show_status(const json_t *tunnels, const char *name)
{
	json_t *a = json_array();
	const json_t *e;
	size_t i;

	json_array_foreach(tunnels, i, e) {
		if (name == NULL ||
		    strcmp(answer_text(e, "connection"), name) == 0 ||
		    strcmp(answer_text(e, "name"), name) == 0)
			json_array_append_new(a, show_active(e));
	}
	return a;
}
