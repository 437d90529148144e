/*
 * The value as text in our configuration's syntax.  One table has the keys of
 * a tunnel in the order in which they are written; what is the same for both
 * tunnels is written once, in the connection.  MTU, MSS, rp_filter and
 * addresses are not here: the daemon sees to them.
 */
#include "gw/aws_conf.h"

#include <string.h>

#include "gw/aws_field.h"
#include "gw/aws_option.h"
#include "util/array.h"
#include "util/secret.h"

#define VALUE_LEN	640

struct out {
	const struct aws_connection *c;
	const struct aws_form *form;
	struct aws_notes *notes;
	enum aws_side	ours, theirs;
	bool		silent;		/* notes were made before */
};

static struct out
out_of(const struct aws_connection *c, const struct aws_form *form,
    struct aws_notes *notes)
{
	return (struct out){
		.c = c, .form = form, .notes = notes,
		.ours = form->hub ? AWS_CLOUD : AWS_CUSTOMER,
		.theirs = form->hub ? AWS_CUSTOMER : AWS_CLOUD,
	};
}

uint32_t
aws_conf_asn(const struct aws_connection *c, const struct aws_form *form)
{
	return c->asn[form->hub ? AWS_CLOUD : AWS_CUSTOMER];
}

const char *
aws_conf_ifname(const char *name, unsigned tunnel,
    char buf[static KERN_IFNAME_LEN])
{
	const size_t room = KERN_IFNAME_LEN - 3;
	size_t n = strlen(name);

	if (n <= room)
		str_fmt(buf, KERN_IFNAME_LEN, "%s-%u", name, tunnel);
	else if (strncmp(name, "vpn-", 4) == 0)
		str_fmt(buf, KERN_IFNAME_LEN, "vpn-%s-%u",
		    name + n - (room - 4), tunnel);
	else
		str_fmt(buf, KERN_IFNAME_LEN, "%.*s-%u", (int)room, name,
		    tunnel);
	return buf;
}

static void
say_quoted(struct wr *w, const char *s)
{
	aws_say(w, "\"");
	for (; *s != '\0'; s++)
		aws_say(w, "%s%c", *s == '"' || *s == '\\' ? "\\" : "", *s);
	aws_say(w, "\"");
}

static void
say_addr(struct wr *w, const struct addr *a)
{
	char s[ADDR_STRLEN];

	if (addr_is_set(a))
		aws_say(w, "\"%s\"", addr_str(a, s));
}

static void
say_net(struct wr *w, const struct prefix *p)
{
	char s[PREFIX_STRLEN];

	if (addr_is_set(&p->addr))
		aws_say(w, "\"%s\"", prefix_str(p, s));
}

/* What is said of a tunnel under one key; nothing said: the key is not there. */
typedef void say_fn(const struct out *, unsigned i, struct wr *);

static const struct addr *
local_of(const struct out *o, unsigned i)
{
	if (addr_is_set(&o->form->local[i]))
		return &o->form->local[i];
	return &o->c->tunnels[i].outside[o->ours];
}

static void
say_local(const struct out *o, unsigned i, struct wr *w)
{
	say_addr(w, local_of(o, i));
}

static void
say_remote(const struct out *o, unsigned i, struct wr *w)
{
	say_addr(w, &o->c->tunnels[i].outside[o->theirs]);
}

static bool
certificate(const struct out *o, unsigned i)
{
	const struct aws_tunnel *t = &o->c->tunnels[i];

	return t->psk[0] == '\0' && t->certificate_arn[0] != '\0';
}

/* Behind NAT the other side knows us by another address than we have. */
static void
say_local_id(const struct out *o, unsigned i, struct wr *w)
{
	const struct aws_tunnel *t = &o->c->tunnels[i];

	if (t->identity[o->ours][0] != '\0')
		say_quoted(w, t->identity[o->ours]);
	else if (!certificate(o, i) &&
	    !addr_eq(local_of(o, i), &t->outside[o->ours]))
		say_addr(w, &t->outside[o->ours]);
}

static void
say_remote_id(const struct out *o, unsigned i, struct wr *w)
{
	const char *s = o->c->tunnels[i].identity[o->theirs];

	if (s[0] != '\0')
		say_quoted(w, s);
}

static void
say_start(const struct out *o, unsigned i, struct wr *w)
{
	(void)i;
	aws_say(w, "\"%s\"", o->form->hub ? "add" : "start");
}

static void
say_authentication(const struct out *o, unsigned i, struct wr *w)
{
	if (certificate(o, i))
		aws_say(w, "\"certificate\"");
}

static void
say_certificate(const struct out *o, unsigned i, struct wr *w)
{
	if (certificate(o, i))
		aws_say(w, "\"%s.pem\"", o->form->name);
}

static void
say_private_key(const struct out *o, unsigned i, struct wr *w)
{
	if (certificate(o, i))
		aws_say(w, "\"%s.key\"", o->form->name);
}

static void
say_ca(const struct out *o, unsigned i, struct wr *w)
{
	if (certificate(o, i))
		aws_say(w, "\"%s-ca.pem\"", o->form->name);
}

static void
say_encapsulation(const struct out *o, unsigned i, struct wr *w)
{
	(void)i;
	if (o->c->accelerated)
		aws_say(w, "true");
}

static void
say_version(const struct out *o, unsigned i, struct wr *w)
{
	static const char *const words[] = {
		[CONF_INSIDE_IPV6] = "ipv6", [CONF_INSIDE_BOTH] = "both",
	};

	(void)i;
	if (o->c->inside != CONF_INSIDE_IPV4)
		aws_say(w, "\"%s\"", words[o->c->inside]);
}

static void
say_cidr4(const struct out *o, unsigned i, struct wr *w)
{
	say_net(w, &o->c->tunnels[i].cidr4);
}

static void
say_cidr6(const struct out *o, unsigned i, struct wr *w)
{
	say_net(w, &o->c->tunnels[i].cidr6);
}

static void
say_ifname(const struct out *o, unsigned i, struct wr *w)
{
	char s[KERN_IFNAME_LEN];

	aws_say(w, "\"%s\"", aws_conf_ifname(o->form->name, i + 1, s));
}

static void
say_algs(const struct out *o, unsigned i, struct wr *w, const char *what,
    const struct conf_algs *list, enum alg_type type)
{
	struct conf_algs offer;
	unsigned weak = aws_offer(&o->c->tunnels[i], list, type, &offer);

	if (offer.n == 0)
		return;
	aws_algs_say(w, &offer);
	if (weak > 0 && !o->silent)
		aws_note(o->notes, "%s: weak ones that AWS also allows are "
		    "left out", what);
}

#define SAY_ALGS(name, what, list, type)				\
static void								\
name(const struct out *o, unsigned i, struct wr *w)			\
{									\
	say_algs(o, i, w, what, &o->c->tunnels[i].list, type);		\
}
SAY_ALGS(say_encr1, "phase 1 encryption", phase[0].encr, ALG_ENCR)
SAY_ALGS(say_integ1, "phase 1 integrity", phase[0].integ, ALG_INTEG)
SAY_ALGS(say_group1, "phase 1 groups", phase[0].ke, ALG_KE)
SAY_ALGS(say_encr2, "phase 2 encryption", phase[1].encr, ALG_ENCR)
SAY_ALGS(say_integ2, "phase 2 integrity", phase[1].integ, ALG_INTEG)
SAY_ALGS(say_group2, "phase 2 groups", phase[1].ke, ALG_KE)

/* A device calls again for ever; a hub waits to be called. */
static void
say_dpd_action(const struct out *o, unsigned i, struct wr *w)
{
	(void)i;
	aws_say(w, "\"%s\"", o->form->hub ? "clear" : "restart");
}

static void
say_customer4(const struct out *o, unsigned i, struct wr *w)
{
	(void)i;
	say_net(w, &o->c->ts4[AWS_CUSTOMER]);
}

static void
say_cloud4(const struct out *o, unsigned i, struct wr *w)
{
	(void)i;
	say_net(w, &o->c->ts4[AWS_CLOUD]);
}

static void
say_customer6(const struct out *o, unsigned i, struct wr *w)
{
	(void)i;
	say_net(w, &o->c->ts6[AWS_CUSTOMER]);
}

static void
say_cloud6(const struct out *o, unsigned i, struct wr *w)
{
	(void)i;
	say_net(w, &o->c->ts6[AWS_CLOUD]);
}

/* AWS's "local" is the customer, whoever reads. */
static const struct tunnel_key {
	const char	*name;
	bool		own;		/* in tunnels only */
	say_fn		*say;
} keys[] = {
	{ "local_outside_ip_address", false, say_local },
	{ "remote_outside_ip_address", false, say_remote },
	{ "local_id", false, say_local_id },
	{ "remote_id", false, say_remote_id },
	{ "authentication", false, say_authentication },
	{ "certificate", false, say_certificate },
	{ "private_key", false, say_private_key },
	{ "ca_certificates", false, say_ca },
	{ "startup_action", false, say_start },
	{ "force_encapsulation", false, say_encapsulation },
	{ "tunnel_inside_ip_version", false, say_version },
	{ "tunnel_inside_cidr", true, say_cidr4 },
	{ "tunnel_inside_ipv6_cidr", true, say_cidr6 },
	{ "interface_name", true, say_ifname },
	{ "local_ipv4_network_cidr", false, say_customer4 },
	{ "remote_ipv4_network_cidr", false, say_cloud4 },
	{ "local_ipv6_network_cidr", false, say_customer6 },
	{ "remote_ipv6_network_cidr", false, say_cloud6 },
	{ "phase1_encryption_algorithms", false, say_encr1 },
	{ "phase1_integrity_algorithms", false, say_integ1 },
	{ "phase1_dh_group_numbers", false, say_group1 },
	{ "phase2_encryption_algorithms", false, say_encr2 },
	{ "phase2_integrity_algorithms", false, say_integ2 },
	{ "phase2_dh_group_numbers", false, say_group2 },
	{ "dpd_timeout_action", false, say_dpd_action },
};

/* Lists are broken where a line would be too long. */
static void
say_line(struct wr *w, const char *tabs, const char *key, struct bytes value)
{
	size_t column = strlen(tabs) * 8 + strlen(key) + 3;

	aws_say(w, "%s%s = ", tabs, key);
	for (size_t i = 0; i < value.n; i++, column++) {
		size_t word = 0;

		while (i + 1 + word < value.n && value.p[i + 1 + word] != ' ')
			word++;
		if (value.p[i] == ' ' && column + word > 76) {
			aws_say(w, "\n%s    ", tabs);
			column = strlen(tabs) * 8 + 4;
		} else {
			aws_say(w, "%c", value.p[i]);
		}
	}
	aws_say(w, ";\n");
}

/* One key for every tunnel; true: all say the same, and something. */
static bool
same_for_all(const struct out *o, say_fn *say, const char *key,
    const char *tabs, struct wr *w)
{
	uint8_t first[VALUE_LEN], other[VALUE_LEN];
	struct wr a = wr_of(first, sizeof(first));

	say(o, 0, &a);
	for (unsigned i = 1; i < o->c->tunnels_n; i++) {
		struct wr b = wr_of(other, sizeof(other));

		say(o, i, &b);
		if (!bytes_eq(wr_done(&a), wr_done(&b)))
			return false;
	}
	if (a.n > 0 && tabs != NULL)
		say_line(w, tabs, key, wr_done(&a));
	return true;
}

static void
say_number(struct wr *w, const char *tabs, const char *key,
    const struct aws_number *n)
{
	if (n->given)
		aws_say(w, "%s%s = %u;\n", tabs, key, n->v);
}

static bool
same_number(const struct aws_connection *c, const struct aws_option *opt)
{
	const struct aws_number *a = aws_option_of(&c->tunnels[0], opt);

	for (unsigned i = 1; i < c->tunnels_n; i++) {
		const struct aws_number *b = aws_option_of(&c->tunnels[i],
		    opt);

		if (a->given != b->given || a->v != b->v)
			return false;
	}
	return true;
}

static void
say_shared(struct wr *w, const struct out *o)
{
	const struct aws_option *opt;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!keys[i].own)
			same_for_all(o, keys[i].say, keys[i].name, "\t", w);
	}
	for (size_t i = 0; (opt = aws_option_at(i)) != NULL; i++) {
		if (same_number(o->c, opt))
			say_number(w, "\t", opt->key,
			    aws_option_of(&o->c->tunnels[0], opt));
	}
}

static void
say_tunnel(struct wr *w, const struct out *o, unsigned i)
{
	const struct aws_option *opt;
	uint8_t value[VALUE_LEN];

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		struct wr v = wr_of(value, sizeof(value));

		if (!keys[k].own && same_for_all(o, keys[k].say,
		    keys[k].name, NULL, NULL))
			continue;
		keys[k].say(o, i, &v);
		if (v.n > 0)
			say_line(w, "\t\t", keys[k].name, wr_done(&v));
	}
	for (size_t k = 0; (opt = aws_option_at(k)) != NULL; k++) {
		if (!same_number(o->c, opt))
			say_number(w, "\t\t", opt->key,
			    aws_option_of(&o->c->tunnels[i], opt));
	}
}

static void
say_nets(struct wr *w, const char *key, const struct aws_nets *nets)
{
	char s[PREFIX_STRLEN];

	aws_say(w, "\t%s = [", key);
	for (size_t i = 0; i < nets->n; i++)
		aws_say(w, "%s%s\"%s\"", i > 0 ? "," : "",
		    i % 3 == 0 && i > 0 ? "\n\t    " : " ",
		    prefix_str(&nets->v[i], s));
	aws_say(w, " ];\n");
}

/* AWS's files know neither what is behind us nor what is behind them. */
static void
say_routing(struct wr *w, const struct out *o)
{
	const struct aws_connection *c = o->c;
	const struct aws_nets *announced = &c->nets[o->ours];
	const struct aws_nets *beyond = &c->nets[o->theirs];
	char s[PREFIX_STRLEN];

	if (!c->is_static) {
		aws_say(w, "\tremote_asn = %u;\n", c->asn[o->theirs]);
		say_number(w, "\t", "bgp_hold_time_seconds", &c->hold_time);
		if (o->form->asn != 0 && o->form->asn != c->asn[o->ours])
			aws_say(w, "\tlocal_as = %u;\n", c->asn[o->ours]);
	}
	for (size_t i = 0; c->is_static && i < announced->n; i++)
		aws_say(w, "\t# the peer routes %s to us\n",
		    prefix_str(&announced->v[i], s));
	if (!c->is_static && announced->n > 0)
		say_nets(w, "networks", announced);
	else if (!c->is_static)
		aws_say(w, "\t# networks = [ \"10.0.0.0/16\" ];"
		    "\t# what we announce\n");
	else if (beyond->n > 0)
		say_nets(w, "routes", beyond);
	else
		aws_say(w, "\t# routes = [ \"10.0.0.0/16\" ];"
		    "\t# what is behind the tunnels\n");
}

static void
note_routing(const struct out *o)
{
	const struct aws_connection *c = o->c;
	const char *device = o->form->hub ? "hub" : "device";

	if (!c->is_static && o->form->asn != 0 &&
	    o->form->asn != c->asn[o->ours])
		aws_note(o->notes, "AS number: the gateway's asn is %u; to "
		    "this peer we are %u (local_as)", o->form->asn,
		    c->asn[o->ours]);
	if (!c->is_static && c->nets[o->ours].n == 0)
		aws_note(o->notes, "networks to announce: not in the file, so "
		    "that the %s announces nothing yet; add networks = "
		    "[ \"10.0.0.0/16\" ] to connection %s, or import with "
		    "--network", device, o->form->name);
	if (c->is_static && c->nets[o->theirs].n == 0)
		aws_note(o->notes, "static routes: what is behind the other "
		    "end is not in the file; add routes = "
		    "[ \"10.0.0.0/16\" ] to connection %s, or import with "
		    "--route", o->form->name);
}

static void
note_algorithms(const struct out *o)
{
	bool baseline = false;

	for (unsigned i = 0; i < o->c->tunnels_n; i++)
		baseline |= o->c->tunnels[i].baseline;
	if (!baseline)
		return;
	aws_note(o->notes, "IKE version: IKEv2, which the file does not tell "
	    "(its mode is one of IKEv1) and AWS allows unless it was "
	    "configured otherwise");
	aws_note(o->notes, "algorithms: the file has only the least that AWS "
	    "asks for; stronger ones are offered before it, but AWS takes the "
	    "first of its own list. To do without the weak ones, restrict "
	    "the tunnel options and import what "
	    "describe-vpn-connections answers");
}

static void
note_local(const struct out *o)
{
	char ours[ADDR_STRLEN], known[ADDR_STRLEN];

	for (unsigned i = 0; i < o->c->tunnels_n; i++) {
		const struct addr *a = &o->c->tunnels[i].outside[o->ours];
		const struct addr *l = local_of(o, i);

		if (!addr_is_set(l))
			aws_note(o->notes, "local address: the file has none; "
			    "import with --local-address");
		else if (addr_is_set(a) && !addr_eq(a, l))
			aws_note(o->notes, "local address: packets come from "
			    "%s, but the peer knows us as %s, which is our "
			    "identity (local_id): there must be a NAT "
			    "between", addr_str(l, ours), addr_str(a, known));
		else
			aws_note(o->notes, "local address: %s, as the peer "
			    "knows us", addr_str(l, ours));
	}
}

static void
note_certificates(const struct out *o)
{
	for (unsigned i = 0; i < o->c->tunnels_n; i++) {
		if (certificate(o, i))
			aws_note(o->notes, "certificates: put ours with its "
			    "subordinate CA into %s.pem, its key into %s.key, "
			    "and the root CA into %s-ca.pem, in the "
			    "configuration's directory", o->form->name,
			    o->form->name, o->form->name);
	}
}

static void
say_head(struct wr *w, const struct out *o)
{
	const struct aws_connection *c = o->c;
	const char *gateway = c->transit_gateway[0] != '\0' ?
	    c->transit_gateway : c->gateway;

	aws_say(w, "# %s: %s of a Site-to-Site VPN connection\n", c->id[0] != '\0' ? c->id : o->form->name,
	    o->form->hub ? "the hub's end" : "the device");
	if (c->name[0] != '\0')
		aws_say(w, "# Name: %s\n", c->name);
	if (c->customer_gateway[0] != '\0')
		aws_say(w, "# Customer gateway: %s\n", c->customer_gateway);
	if (gateway[0] != '\0')
		aws_say(w, "# %s gateway: %s\n", gateway == c->gateway ?
		    "Virtual private" : "Transit", gateway);
	aws_say(w, "\n");
}

void
aws_conf_write(struct wr *w, const struct aws_connection *c,
    const struct aws_form *form, struct aws_notes *notes)
{
	struct out o = out_of(c, form, notes);

	note_algorithms(&o);
	note_local(&o);
	note_routing(&o);
	note_certificates(&o);
	say_head(w, &o);
	if (form->asn == 0 && !c->is_static)
		aws_say(w, "asn = %u;\n", aws_conf_asn(c, form));
	aws_say(w, "connections = ( {\n\tname = \"%s\";\n\trole = \"%s\";\n",
	    form->name, form->hub ? "hub" : "device");
	say_routing(w, &o);
	say_shared(w, &o);
	o.silent = true;
	aws_say(w, "\ttunnels = ( {\n");
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		if (i > 0)
			aws_say(w, "\t}, {\n");
		say_tunnel(w, &o, i);
	}
	aws_say(w, "\t} );\n} );\n");
}

static void
note_psk(const struct out *o, unsigned i, const char *arn)
{
	if (arn[0] != '\0')
		aws_note(o->notes, "pre-shared key of tunnel %u: it is in "
		    "Secrets Manager (%s); put it into the secrets file", i + 1,
		    arn);
	else
		aws_note(o->notes, "pre-shared key of tunnel %u: not in the "
		    "file; put it into the secrets file", i + 1);
}

void
aws_conf_secrets(struct wr *w, const struct aws_connection *c,
    const struct aws_form *form, struct aws_notes *notes)
{
	struct out o = out_of(c, form, notes);
	const char *comma = "";

	aws_say(w, "# Pre-shared keys of %s; this file must have mode "
	    "0600.\n\nsecrets = (", form->name);
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		const struct aws_tunnel *t = &c->tunnels[i];

		if (t->psk[0] == '\0')
			continue;
		aws_say(w, "%s\n\t{ connection = \"%s\"; tunnel = %u;\n"
		    "\t  pre_shared_key = ", comma, form->name, i + 1);
		say_quoted(w, t->psk);
		aws_say(w, "; }");
		comma = ",";
	}
	aws_say(w, "\n");
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		if (c->tunnels[i].psk[0] != '\0' || certificate(&o, i))
			continue;
		note_psk(&o, i, c->tunnels[i].psk_arn);
		aws_say(w, "\t# missing: { connection = \"%s\"; tunnel = %u; "
		    "pre_shared_key = \"...\"; }\n", form->name, i + 1);
	}
	aws_say(w, ");\n");
}

/* RFC 6286: any number but 0 that no other speaker of our AS has. */
static void
say_router_id(struct wr *w, const struct out *o)
{
	struct bytes b = addr_bytes(local_of(o, 0));

	for (unsigned i = 0; i < o->c->tunnels_n; i++) {
		if (addr_is_set(&o->c->tunnels[i].cidr4.addr))
			return;
	}
	if (o->c->is_static || b.n < 4)
		return;
	aws_say(w, "router_id = \"10.%u.%u.%u\";\n", b.p[b.n - 3],
	    b.p[b.n - 2], b.p[b.n - 1]);
	aws_note(o->notes, "router_id: 10.%u.%u.%u, of the outside address, "
	    "since there is no inside IPv4 address; nobody else of AS %u may "
	    "have it", b.p[b.n - 3], b.p[b.n - 2], b.p[b.n - 1],
	    o->c->asn[o->ours]);
}

void
aws_conf_top(struct wr *w, const struct aws_connection *c,
    const struct aws_form *form, struct aws_notes *notes)
{
	struct out o = out_of(c, form, notes);

	aws_say(w, "# See vpnd.conf(5).  Connections are in conf.d.\n\n");
	if (!c->is_static) {
		aws_say(w, "asn = %u;\n", aws_conf_asn(c, form));
		aws_note(notes, "AS number: ours is %u, as the file has it",
		    aws_conf_asn(c, form));
	}
	say_router_id(w, &o);
	aws_say(w, "connections = ( );\n");
}
