/*
 * JSON of describe-vpn-connections, and what else holds the XML as a string:
 * create-vpn-connection's answer, CloudFormation's and Terraform's outputs.
 * The XML inside is AWS's baseline; Options.TunnelOptions say what was
 * customised, and win.  Tunnels are matched by the cloud's outside address,
 * never by their order, which AWS does not keep.
 *
 * Jansson parses; it is told nothing about files.
 */
#include "gw/aws_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "gw/aws_field.h"
#include "gw/aws_option.h"
#include "gw/aws_xml.h"
#include "util/array.h"
#include "util/secret.h"

#define DEPTH_MAX	32

void
aws_list_free(struct aws_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		aws_free(list->v[i]);
	list->n = 0;
}

static const char *
text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "";
}

struct aws_connection *
aws_list_add(struct aws_list *list, struct reason *why)
{
	struct aws_connection *c;

	if (list->n == AWS_LIST) {
		reason_set(why, "more than %d connections", AWS_LIST);
		return NULL;
	}
	c = aws_new();
	if (c == NULL)
		reason_set(why, "out of memory");
	else
		list->v[list->n++] = c;
	return c;
}

static struct aws_tunnel *
tunnel_at(struct aws_connection *c, const char *outside)
{
	struct addr a;

	if (!addr_parse(&a, outside))
		return NULL;
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		if (addr_eq(&c->tunnels[i].outside[AWS_CLOUD], &a))
			return &c->tunnels[i];
	}
	return NULL;
}

/* Without XML the options are all that there is of a tunnel. */
static struct aws_tunnel *
tunnel_new(struct aws_connection *c, const char *outside)
{
	struct aws_tunnel *t = &c->tunnels[c->tunnels_n];

	if (!c->bare || c->tunnels_n == CONF_TUNNELS ||
	    !addr_parse(&t->outside[AWS_CLOUD], outside))
		return NULL;
	c->tunnels_n++;
	return t;
}

static bool
read_tunnels(struct aws_connection *c, const json_t *list, struct reason *why)
{
	const json_t *options;
	size_t i;

	json_array_foreach(list, i, options) {
		const char *outside = text_of(options, "OutsideIpAddress");
		struct aws_tunnel *t = tunnel_at(c, outside);
		char q[80];

		if (t == NULL)
			t = tunnel_new(c, outside);
		if (t == NULL) {
			str_escape(q, sizeof(q), bytes_str(outside));
			reason_set(why, "TunnelOptions[%zu]: no tunnel has "
			    "the OutsideIpAddress \"%s\"", i, q);
			return false;
		}
		if (!aws_options_read(t, options, why))
			return false;
	}
	return true;
}

static bool
read_net(const json_t *options, const char *key, enum addr_family family,
    struct prefix *out, struct reason *why)
{
	const char *s = text_of(options, key);
	struct prefix p;
	char q[80];

	if (s[0] == '\0')
		return true;
	if (!prefix_parse(&p, s) || p.addr.family != family) {
		str_escape(q, sizeof(q), bytes_str(s));
		reason_set(why, "Options.%s must be a network, not \"%s\"",
		    key, q);
		return false;
	}
	if (p.len > 0)		/* else it is any, as without it */
		*out = prefix_network(&p);
	return true;
}

static bool
read_options(struct aws_connection *c, const json_t *o, struct reason *why)
{
	const char *version = text_of(o, "TunnelInsideIpVersion");

	if (json_is_true(json_object_get(o, "StaticRoutesOnly")))
		c->is_static = true;
	c->accelerated = json_is_true(json_object_get(o,
	    "EnableAcceleration"));
	if (strcmp(version, "ipv6") == 0)
		c->inside = CONF_INSIDE_IPV6;
	else if (strcmp(version, "ipv4") == 0)
		c->inside = CONF_INSIDE_IPV4;
	return read_net(o, "LocalIpv4NetworkCidr", ADDR_IPV4,
	    &c->ts4[AWS_CUSTOMER], why) &&
	    read_net(o, "RemoteIpv4NetworkCidr", ADDR_IPV4,
	    &c->ts4[AWS_CLOUD], why) &&
	    read_net(o, "LocalIpv6NetworkCidr", ADDR_IPV6,
	    &c->ts6[AWS_CUSTOMER], why) &&
	    read_net(o, "RemoteIpv6NetworkCidr", ADDR_IPV6,
	    &c->ts6[AWS_CLOUD], why) &&
	    read_tunnels(c, json_object_get(o, "TunnelOptions"), why);
}

/* Static routes are what the cloud sends to the customer. */
static bool
read_routes(struct aws_connection *c, const json_t *list, struct reason *why)
{
	const json_t *route;
	struct prefix p;
	char q[80];
	size_t i;

	json_array_foreach(list, i, route) {
		const char *s = text_of(route, "DestinationCidrBlock");
		const char *state = text_of(route, "State");

		if (strncmp(state, "delet", 5) == 0)
			continue;
		if (!prefix_parse(&p, s)) {
			str_escape(q, sizeof(q), bytes_str(s));
			reason_set(why, "Routes[%zu]: \"%s\" is no network",
			    i, q);
			return false;
		}
		p = prefix_network(&p);
		aws_nets_add(&c->nets[AWS_CUSTOMER], &p);
	}
	return true;
}

static void
read_telemetry(struct aws_connection *c, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		struct aws_tunnel *t = tunnel_at(c, text_of(one,
		    "OutsideIpAddress"));

		if (t != NULL)
			str_set(t->certificate_arn, sizeof(t->certificate_arn),
			    text_of(one, "CertificateArn"));
	}
}

static void
read_tags(struct aws_connection *c, const json_t *list)
{
	const json_t *tag;
	size_t i;

	json_array_foreach(list, i, tag) {
		if (strcmp(text_of(tag, "Key"), "Name") == 0)
			str_escape(c->name, sizeof(c->name),
			    bytes_str(text_of(tag, "Value")));
	}
}

/* Ids of the answer, where the XML has none. */
static bool
read_ids(struct aws_connection *c, const json_t *j, struct reason *why)
{
	const struct {
		const char *key;
		char	*to;
	} ids[] = {
		{ "VpnConnectionId", c->id },
		{ "CustomerGatewayId", c->customer_gateway },
		{ "VpnGatewayId", c->gateway },
		{ "TransitGatewayId", c->transit_gateway },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		const char *s = text_of(j, ids[i].key);

		if (!aws_id_ok(s)) {
			reason_set(why, "%s must be up to 63 letters, digits "
			    "and \"-\"", ids[i].key);
			return false;
		}
		if (ids[i].to[0] == '\0')
			str_set(ids[i].to, AWS_ID_LEN, s);
	}
	return true;
}

static void
read_arn(struct aws_connection *c, const char *arn)
{
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		struct aws_tunnel *t = &c->tunnels[i];

		if (t->psk[0] == '\0' && t->psk_arn[0] == '\0')
			str_escape(t->psk_arn, sizeof(t->psk_arn),
			    bytes_str(arn));
	}
}

static bool
read_connection(struct aws_connection *c, const json_t *j, struct reason *why)
{
	const char *xml = text_of(j, "CustomerGatewayConfiguration");

	c->bare = xml[0] == '\0';
	if (!c->bare && !aws_xml_read(c, bytes_str(xml), why))
		return false;
	if (!read_ids(c, j, why) ||
	    !read_options(c, json_object_get(j, "Options"), why) ||
	    !read_routes(c, json_object_get(j, "Routes"), why))
		return false;
	read_telemetry(c, json_object_get(j, "VgwTelemetry"));
	read_tags(c, json_object_get(j, "Tags"));
	read_arn(c, text_of(j, "PreSharedKeyArn"));
	return true;
}

static bool
is_gone(const json_t *j)
{
	return strncmp(text_of(j, "State"), "delet", 5) == 0;
}

static bool
add_connection(struct aws_list *list, const json_t *j, struct reason *why)
{
	struct aws_connection *c;
	struct reason more;

	if (is_gone(j))
		return true;
	c = aws_list_add(list, why);
	if (c == NULL || read_connection(c, j, &more))
		return c != NULL;
	reason_set(why, "%.40s: %.250s", c->id[0] != '\0' ? c->id :
	    "VPN connection", more.s);
	return false;
}

/* Whatever text in it is such XML. */
static bool
look_through(struct aws_list *list, const json_t *j, unsigned depth,
    struct reason *why)
{
	const char *s = json_string_value(j), *key;
	struct aws_connection *c;
	json_t *member;
	size_t i;

	if (s != NULL && strstr(s, "<vpn_connection") != NULL) {
		c = aws_list_add(list, why);
		return c != NULL && aws_xml_read(c, bytes_str(s), why);
	}
	if (depth == DEPTH_MAX)
		return true;
	json_array_foreach(j, i, member) {
		if (!look_through(list, member, depth + 1, why))
			return false;
	}
	json_object_foreach((json_t *)(uintptr_t)j, key, member) {
		if (!look_through(list, member, depth + 1, why))
			return false;
	}
	return true;
}

static bool
is_connection(const json_t *j)
{
	return json_object_get(j, "CustomerGatewayConfiguration") != NULL ||
	    json_object_get(j, "VpnConnectionId") != NULL;
}

static bool
read_all(struct aws_list *list, const json_t *j, struct reason *why)
{
	const json_t *all = json_object_get(j, "VpnConnections");
	const json_t *one = json_object_get(j, "VpnConnection"), *member;
	size_t i;

	if (all == NULL && is_connection(json_array_get(j, 0)))
		all = j;
	if (one == NULL && is_connection(j))
		one = j;
	if (one != NULL && !add_connection(list, one, why))
		return false;
	json_array_foreach(all, i, member) {
		if (!add_connection(list, member, why))
			return false;
	}
	if (all == NULL && one == NULL &&
	    !look_through(list, j, 0, why))
		return false;
	if (list->n > 0)
		return true;
	reason_set(why, all != NULL || one != NULL ?
	    "there is no VPN connection in it that is not deleted" :
	    "there is no VPN connection in it");
	return false;
}

bool
aws_json_read(struct aws_list *list, struct bytes in, struct reason *why)
{
	json_error_t e;
	json_t *j;
	bool ok;

	if (in.n > AWS_TEXT_MAX) {
		reason_set(why, "it is too large");
		return false;
	}
	j = json_loadb((const char *)in.p, in.n, JSON_DECODE_ANY, &e);
	if (j == NULL) {
		reason_set(why, "line %d: not JSON", e.line);
		return false;
	}
	ok = read_all(list, j, why);
	json_decref(j);
	if (!ok)
		aws_list_free(list);
	return ok;
}

static void
set_text(json_t *j, const char *key, const char *s)
{
	if (s[0] != '\0')
		json_object_set_new(j, key, json_string(s));
}

static void
set_net(json_t *j, const char *key, const struct prefix *p, const char *def)
{
	char s[PREFIX_STRLEN];

	json_object_set_new(j, key, json_string(addr_is_set(&p->addr) ?
	    prefix_str(p, s) : def));
}

static json_t *
tunnels(const struct aws_connection *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < c->tunnels_n; i++) {
		if (!aws_options_default(&c->tunnels[i]))
			json_array_append_new(list,
			    aws_options_json(&c->tunnels[i]));
	}
	return list;
}

static json_t *
options(const struct aws_connection *c)
{
	json_t *o = json_pack("{s:b, s:b, s:s}", "EnableAcceleration",
	    c->accelerated, "StaticRoutesOnly", c->is_static,
	    "TunnelInsideIpVersion",
	    (c->inside & CONF_INSIDE_IPV4) != 0 ? "ipv4" : "ipv6");

	if ((c->inside & CONF_INSIDE_IPV4) != 0) {
		set_net(o, "LocalIpv4NetworkCidr", &c->ts4[AWS_CUSTOMER],
		    "0.0.0.0/0");
		set_net(o, "RemoteIpv4NetworkCidr", &c->ts4[AWS_CLOUD],
		    "0.0.0.0/0");
	} else {
		set_net(o, "LocalIpv6NetworkCidr", &c->ts6[AWS_CUSTOMER],
		    "::/0");
		set_net(o, "RemoteIpv6NetworkCidr", &c->ts6[AWS_CLOUD],
		    "::/0");
	}
	json_object_set_new(o, "TunnelOptions", tunnels(c));
	return o;
}

static json_t *
routes(const struct aws_connection *c)
{
	const struct aws_nets *nets = &c->nets[AWS_CUSTOMER];
	json_t *list = json_array();
	char s[PREFIX_STRLEN];

	for (size_t i = 0; c->is_static && i < nets->n; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}",
		    "DestinationCidrBlock", prefix_str(&nets->v[i], s),
		    "State", "available"));
	return list;
}

static json_t *
telemetry(const struct aws_connection *c)
{
	json_t *list = json_array();
	char s[ADDR_STRLEN];

	for (unsigned i = 0; i < c->tunnels_n; i++) {
		const struct aws_tunnel *t = &c->tunnels[i];
		json_t *one = json_pack("{s:s}", "OutsideIpAddress",
		    addr_str(&t->outside[AWS_CLOUD], s));

		set_text(one, "CertificateArn", t->certificate_arn);
		json_array_append_new(list, one);
	}
	return list;
}

/* The XML as a string, which is NULL where it did not fit. */
static json_t *
xml_of(const struct aws_connection *c)
{
	const size_t size = 65536;
	char *buf = malloc(size);
	json_t *j = NULL;
	struct wr w;

	if (buf == NULL)
		return NULL;
	w = wr_of(buf, size);
	aws_xml_write(&w, c);
	if (!w.bad)
		j = json_stringn(buf, w.n);
	wipe(buf, w.n);
	free(buf);
	return j;
}

static json_t *
describe(const struct aws_connection *c)
{
	json_t *j = json_object();

	json_object_set_new(j, "VpnConnectionId", json_string(c->id));
	json_object_set_new(j, "State", json_string("available"));
	json_object_set_new(j, "Type", json_string("ipsec.1"));
	json_object_set_new(j, "Category", json_string("VPN"));
	set_text(j, "CustomerGatewayId", c->customer_gateway);
	set_text(j, "VpnGatewayId", c->gateway);
	set_text(j, "TransitGatewayId", c->transit_gateway);
	json_object_set_new(j, "CustomerGatewayConfiguration", xml_of(c));
	json_object_set_new(j, "Options", options(c));
	json_object_set_new(j, "Routes", routes(c));
	json_object_set_new(j, "VgwTelemetry", telemetry(c));
	json_object_set_new(j, "Tags", json_array());
	return j;
}

void
aws_json_write(struct wr *w, const struct aws_connection *c)
{
	json_t *j = json_pack("{s:[o]}", "VpnConnections", describe(c));
	char *s = j != NULL ? json_dumps(j, JSON_INDENT(2)) : NULL;

	if (s == NULL)
		w->bad = true;
	else
		aws_say(w, "%s\n", s);
	if (s != NULL)
		wipe(s, strlen(s));
	free(s);
	json_decref(j);
}
