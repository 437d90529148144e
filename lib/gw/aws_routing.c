/*
 * What the device needs besides IPsec, where it is not vpnd: the tunnel
 * interfaces, by a script that may be run again, and BGP by BIRD 2 or FRR.
 * The tunnels get no default route and no strict reverse path filter, since
 * either may bring what the other took.
 */
#include "gw/aws_export.h"

#include <string.h>

#include "gw/aws_conf.h"

static bool
six(const struct aws_export *e)
{
	return (e->c->inside & CONF_INSIDE_IPV4) == 0;
}

static struct addr
inside(const struct aws_export *e, unsigned i, enum aws_side side)
{
	return six(e) ? aws_inside6(&e->c->tunnels[i], side) :
	    aws_inside4(&e->c->tunnels[i], side);
}

static void
say_router_id(struct wr *w, const char *key, const struct aws_export *e)
{
	struct addr a = aws_inside4(&e->c->tunnels[0], AWS_CUSTOMER);
	struct addr local = aws_export_local(e, 0);
	struct bytes b = addr_bytes(&local);
	char s[ADDR_STRLEN];

	if (addr_is_set(&a))
		aws_say(w, "%s %s", key, addr_str(&a, s));
	else
		aws_say(w, "%s 10.%u.%u.%u", key, b.p[b.n - 3], b.p[b.n - 2],
		    b.p[b.n - 1]);
}

static unsigned
hold_time(const struct aws_export *e)
{
	return e->c->hold_time.given ? e->c->hold_time.v : 30;
}

static bool
of_family(const struct prefix *p, bool v6)
{
	return (p->addr.family == ADDR_IPV6) == v6;
}

static void
note_networks(const struct aws_export *e)
{
	if (e->c->nets[AWS_CUSTOMER].n == 0)
		aws_note(e->notes, "networks behind the device: not in the "
		    "configuration, so that it announces nothing yet; export "
		    "with --network");
}

static void
say_bird_neighbor(struct wr *w, const struct aws_export *e, unsigned i)
{
	struct addr ours = inside(e, i, AWS_CUSTOMER);
	struct addr theirs = inside(e, i, AWS_CLOUD);
	char a[ADDR_STRLEN], b[ADDR_STRLEN];

	aws_say(w, "\nprotocol bgp tunnel%u {\n\tlocal %s as %u;\n", i + 1,
	    addr_str(&ours, a), e->c->asn[AWS_CUSTOMER]);
	aws_say(w, "\tneighbor %s as %u;\n\thold time %u;\n"
	    "\tconnect retry time 10;\n\t%s {\n\t\timport all;\n"
	    "\t\texport where proto = \"announced\";\n\t};\n}\n",
	    addr_str(&theirs, b), e->c->asn[AWS_CLOUD], hold_time(e),
	    six(e) ? "ipv6" : "ipv4");
}

void
aws_bird_write(struct wr *w, const struct aws_export *e)
{
	const struct aws_nets *nets = &e->c->nets[AWS_CUSTOMER];
	const char *family = six(e) ? "ipv6" : "ipv4";
	char s[PREFIX_STRLEN];

	note_networks(e);
	aws_say(w, "# bird.conf (BIRD 2) for connection %s, made by "
	    "vpnctl.\n\n", e->name);
	say_router_id(w, "router id", e);
	aws_say(w, ";\nprotocol device {\n}\n\nprotocol kernel {\n"
	    "\tmerge paths yes;\n\t%s {\n\t\timport none;\n"
	    "\t\texport where source = RTS_BGP;\n\t};\n}\n", family);
	aws_say(w, "\n# What is behind this device.\n"
	    "protocol static announced {\n\t%s;\n", family);
	for (size_t i = 0; i < nets->n; i++) {
		if (of_family(&nets->v[i], six(e)))
			aws_say(w, "\troute %s unreachable;\n",
			    prefix_str(&nets->v[i], s));
	}
	aws_say(w, "}\n");
	for (unsigned i = 0; i < e->c->tunnels_n; i++)
		say_bird_neighbor(w, e, i);
}

static void
say_frr_family(struct wr *w, const struct aws_export *e, bool v6)
{
	const struct aws_nets *nets = &e->c->nets[AWS_CUSTOMER];
	char s[PREFIX_STRLEN];

	aws_say(w, " address-family %s unicast\n", v6 ? "ipv6" : "ipv4");
	for (size_t i = 0; i < nets->n; i++) {
		if (of_family(&nets->v[i], v6))
			aws_say(w, "  network %s\n",
			    prefix_str(&nets->v[i], s));
	}
	for (unsigned i = 0; i < e->c->tunnels_n; i++) {
		struct addr theirs = inside(e, i, AWS_CLOUD);

		aws_say(w, "  neighbor %s activate\n",
		    addr_str(&theirs, s));
	}
	aws_say(w, "  maximum-paths 2\n exit-address-family\n");
}

void
aws_frr_write(struct wr *w, const struct aws_export *e)
{
	unsigned hold = hold_time(e);
	char s[ADDR_STRLEN];

	note_networks(e);
	aws_say(w, "! frr.conf (FRR 8 and later: zebra, bgpd) for connection "
	    "%s, made by vpnctl.\n!\nrouter bgp %u\n", e->name,
	    e->c->asn[AWS_CUSTOMER]);
	say_router_id(w, " bgp router-id", e);
	aws_say(w, "\n no bgp ebgp-requires-policy\n"
	    " no bgp default ipv4-unicast\n no bgp network import-check\n");
	if (hold > 0)
		aws_say(w, " timers bgp %u %u\n", hold / 3, hold);
	else
		aws_say(w, " timers bgp 0 0\n");
	for (unsigned i = 0; i < e->c->tunnels_n; i++) {
		struct addr theirs = inside(e, i, AWS_CLOUD);

		addr_str(&theirs, s);
		aws_say(w, " neighbor %s remote-as %u\n"
		    " neighbor %s timers connect 10\n", s,
		    e->c->asn[AWS_CLOUD], s);
	}
	say_frr_family(w, e, six(e));
	aws_say(w, "exit\n");
}

/* The script's functions, which know nothing of this connection. */
static const char head[] =
	"set -eu\n"
	"\n"
	"# set_sysctl INTERFACE NAME VALUE\n"
	"set_sysctl() {\n"
	"\techo \"$3\" >\"/proc/sys/net/ipv4/conf/$1/$2\"\n"
	"}\n"
	"\n"
	"# tunnel INTERFACE MTU ADDRESS[,ADDRESS] KIND...: it is made, unless"
	" it is there\n"
	"tunnel() {\n"
	"\tname=$1 mtu=$2 addresses=$3\n"
	"\tshift 3\n"
	"\tip link show dev \"$name\" >/dev/null 2>&1 ||"
	" ip link add \"$name\" \"$@\"\n"
	"\tset_sysctl \"$name\" rp_filter 2\n"
	"\tset_sysctl \"$name\" disable_policy 1\n"
	"\tip link set dev \"$name\" mtu \"$mtu\" up\n"
	"\tfor address in $(echo \"$addresses\" | tr , ' '); do\n"
	"\t\tip addr replace \"$address\" dev \"$name\"\n"
	"\tdone\n"
	"}\n"
	"\n"
	"# clamp TABLE INTERFACE...: TCP through the tunnels is told what"
	" fits\n"
	"clamp() {\n"
	"\ttable=$1\n"
	"\tshift\n"
	"\tif ! command -v nft >/dev/null; then\n"
	"\t\techo \"no nft: the MSS of TCP through the tunnels is not"
	" clamped\" >&2\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tnft delete table inet \"$table\" 2>/dev/null || true\n"
	"\t{\n"
	"\t\techo \"table inet $table { chain forward {\"\n"
	"\t\techo \"type filter hook forward priority mangle;\"\n"
	"\t\tfor name in \"$@\"; do\n"
	"\t\t\techo \"oifname \\\"$name\\\" tcp flags syn tcp option maxseg size"
	" set rt mtu;\"\n"
	"\t\tdone\n"
	"\t\techo \"} }\"\n"
	"\t} | nft -f -\n"
	"}\n"
	"\n"
	"echo 1 >/proc/sys/net/ipv4/ip_forward\n";

static void
say_ifname(struct wr *w, const struct aws_export *e, unsigned i,
    bool libreswan)
{
	char s[KERN_IFNAME_LEN];

	if (libreswan && !e->vti)
		aws_say(w, "ipsec%u", aws_export_number(e, i));
	else
		aws_say(w, "%s", aws_conf_ifname(e->name, i + 1, s));
}

static void
say_kind(struct wr *w, const struct aws_export *e, unsigned i)
{
	struct addr local = aws_export_local(e, i);
	uint32_t number = aws_export_number(e, i);
	char a[ADDR_STRLEN], b[ADDR_STRLEN];

	if (e->vti)
		aws_say(w, " type %s local %s remote %s key %u\n",
		    local.family == ADDR_IPV6 ? "vti6" : "vti",
		    addr_str(&local, a),
		    addr_str(&e->c->tunnels[i].outside[AWS_CLOUD], b), number);
	else
		aws_say(w, " type xfrm if_id %u\n", number);
}

static void
say_tunnel(struct wr *w, const struct aws_export *e, unsigned i,
    bool libreswan)
{
	const struct aws_tunnel *t = &e->c->tunnels[i];
	struct addr in4 = aws_inside4(t, AWS_CUSTOMER);
	struct addr in6 = aws_inside6(t, AWS_CUSTOMER);
	char s[ADDR_STRLEN];

	aws_say(w, "tunnel ");
	say_ifname(w, e, i, libreswan);
	aws_say(w, " %u ", aws_export_mtu(t));
	if (addr_is_set(&in4))
		aws_say(w, "%s/30%s", addr_str(&in4, s),
		    addr_is_set(&in6) ? "," : "");
	if (addr_is_set(&in6))
		aws_say(w, "%s/126", addr_str(&in6, s));
	if (!addr_is_set(&in4) && !addr_is_set(&in6))
		aws_say(w, "\"\"");
	say_kind(w, e, i);
}

/* Static routes: the second tunnel's are there in case that the first goes. */
static void
say_routes(struct wr *w, const struct aws_export *e, bool libreswan)
{
	const struct aws_nets *nets = &e->c->nets[AWS_CLOUD];
	char s[PREFIX_STRLEN];

	if (nets->n == 0)
		aws_note(e->notes, "static routes: what is behind the hub is "
		    "not in the configuration; export with --route");
	aws_say(w, "\n# Without BGP nobody sees that a tunnel is down: take "
	    "its interface down then,\n# and traffic goes through the "
	    "other.\n");
	for (size_t n = 0; n < nets->n; n++) {
		for (unsigned i = 0; i < e->c->tunnels_n; i++) {
			aws_say(w, "ip route replace %s dev ",
			    prefix_str(&nets->v[n], s));
			say_ifname(w, e, i, libreswan);
			aws_say(w, " metric %u\n", (i + 1) * 100);
		}
	}
}

static void
write_script(struct wr *w, const struct aws_export *e, bool libreswan)
{
	bool v6 = (e->c->inside & CONF_INSIDE_IPV6) != 0;

	aws_say(w, "#!/bin/sh\n# Tunnel interfaces of connection %s, made by "
	    "vpnctl: run it at boot, before the\n# IPsec daemon.\n%s",
	    e->name, head);
	if (v6)
		aws_say(w, "echo 1 >/proc/sys/net/ipv6/conf/all/"
		    "forwarding\n");
	for (unsigned i = 0; i < e->c->tunnels_n; i++)
		say_tunnel(w, e, i, libreswan);
	aws_say(w, "clamp mss-%s", e->name);
	for (unsigned i = 0; i < e->c->tunnels_n; i++) {
		aws_say(w, " ");
		say_ifname(w, e, i, libreswan);
	}
	aws_say(w, "\n");
	if (e->c->is_static)
		say_routes(w, e, libreswan);
}

void
aws_script_write(struct wr *w, const struct aws_export *e)
{
	write_script(w, e, false);
}

void
aws_script_libreswan_write(struct wr *w, const struct aws_export *e)
{
	write_script(w, e, true);
}
