/*
 * The configuration's rules: one row per rule at its border and just beyond,
 * with the whole line of the error.  Those of both phases are in
 * conf_phases_test.c.
 */
#include "unit/conf_text.h"

#define X10	"xxxxxxxxxx"
#define X47	X10 X10 X10 X10 "xxxxxxx"
#define X63	X10 X10 X10 X10 X10 X10 "xxx"
#define NAME_MUST "must be 1 to 47 letters, digits, \".\", \"_\" and "	\
	"\"-\", beginning with a letter or digit, not "
#define IFNAME_MUST "must be 1 to 15 letters, digits, \".\", \"_\" and " \
	"\"-\", beginning with a letter or digit, not "
#define ID_MUST	"must be an IPv4 or IPv6 address, user@domain, a domain "	\
	"name or an X.500 name, not "

static const struct conf_row rows[] = {
	/* syntax */
	{ "the frame itself is fine", TUN(""), NULL },
	/* redirects */
	{ "redirects to anywhere", TUN("accept_redirect = true;"), NULL },
	{ "redirects to some gateways", TUN("accept_redirect = true; "
	    "redirect_gateways = [ \"203.0.113.9\", \"192.0.2.0/28\" ];"),
	    NULL },
	{ "gateways without redirects",
	    TUN("redirect_gateways = [ \"203.0.113.9\" ];"),
	    E_TUN("redirect_gateways",
	    "given, but accept_redirect is false") },
	{ "gateways of another family", TUN("accept_redirect = true; "
	    "redirect_gateways = [ \"2001:db8::/64\" ];"),
	    E_TUN("redirect_gateways", "must be of the same IP version as "
	    "local_outside_ip_address") },
	{ "no gateway at all",
	    TUN("accept_redirect = true; redirect_gateways = [ ];"),
	    E_TUN("redirect_gateways",
	    "must name at least one; leave it out to allow any") },
	{ "a gateway that is a name", TUN("accept_redirect = true; "
	    "redirect_gateways = [ \"hub.example\" ];"),
	    E_TUN("redirect_gateways[0]", "must be an address like 192.0.2.9 "
	    "or a network like 192.0.2.0/28, in quotes") },
	{ "a gateway with host bits", TUN("accept_redirect = true; "
	    "redirect_gateways = [ \"192.0.2.9/28\" ];"),
	    E_TUN("redirect_gateways[0]", "must be an address like 192.0.2.9 "
	    "or a network like 192.0.2.0/28, in quotes") },
	{ "a gateway twice", TUN("accept_redirect = true; "
	    "redirect_gateways = [ \"192.0.2.9\", \"192.0.2.9/32\" ];"),
	    E_TUN("redirect_gateways[1]", "192.0.2.9/32 is there twice") },
	{ "no connection at all is fine", "connections = ();", NULL },
	{ "an empty text lacks its connections", "",
	    "t.conf: connections: missing" },
	{ "connections are required", "asn = 1;\n",
	    "t.conf: connections: missing" },
	{ "bad syntax has its line", "asn = 1;\n\nb b;",
	    "t.conf:3: syntax error" },
	{ "a string needs its end", "asn = 1;\nsecrets = \"x\n;\n",
	    "t.conf:2: string without its closing quote" },
	{ "a comment needs its end", "asn = 1;\n/* x\n;\n",
	    "t.conf:2: comment without its closing */" },
	{ "a key twice in a group", TOP("asn = 1;"),
	    "t.conf:2: duplicate setting name" },
	{ "a tunnel's key twice", TUN("remote_id = \"a\"; remote_id = \"a\";"),
	    "t.conf:8: duplicate setting name" },
	{ "@include is refused", "asn = 1;\n@include \"/etc/passwd\"\n",
	    "t.conf:2: @include is not supported: what is to be read too "
	    "goes into conf.d" },
	{ "@include after blanks is refused", " \t@include \"x\"\n",
	    "t.conf:1: @include is not supported: what is to be read too "
	    "goes into conf.d" },
	{ "@include in comments is only text",
	    TOP("# @include \"x\"\n/*\n@include \"x\"\n*/ // @include"),
	    NULL },
	{ "@include in a string is only text",
	    TOP("secrets = \"@include\";"), NULL },
	{ "an escaped quote does not end the string",
	    TOP("secrets = \"\\\"\"; @include \"x\""),
	    "t.conf:2: @include is not supported: what is to be read too "
	    "goes into conf.d" },
	{ "a number beyond 63 bits", TOP("router_id = 99999999999999999999;"),
	    "t.conf:2: number too large" },
	{ "a hexadecimal number", CONN("bgp_hold_time_seconds = 0x10;"), NULL },

	/* where keys may stand */
	{ "an unknown key names its neighbour", TOP("ans = 1;"),
	    E_TOP("ans", "unknown key; did you mean \"asn\"?") },
	{ "an unknown key of a connection", CONN("remote_as = 1;"),
	    E_CONN("remote_as", "unknown key; did you mean \"remote_asn\"?") },
	{ "an unknown key of a tunnel", TUN("phase1_lifetime = 900;"),
	    E_TUN("phase1_lifetime",
	    "unknown key; did you mean \"phase1_lifetime_seconds\"?") },
	{ "a nearest key fits the place", TUN("remote_asm = 1;"),
	    E_TUN("remote_asm", "unknown key; did you mean \"remote_id\"?") },
	{ "a tunnel's key at the top", TOP("dpd_timeout_seconds = 30;"),
	    E_TOP("dpd_timeout_seconds",
	    "may not stand here, only in a tunnel or a connection") },
	{ "a connection's key in a tunnel", TUN("remote_asn = 1;"),
	    E_TUN("remote_asn", "may not stand here, only in a connection") },
	{ "the top's key in a connection", CONN("secrets = \"x\";"),
	    E_CONN("secrets", "may not stand here, only at the top level") },
	{ "an inside CIDR is of one tunnel",
	    CONN("tunnel_inside_cidr = \"169.254.6.0/30\";"),
	    E_CONN("tunnel_inside_cidr",
	    "may not stand here, only in a tunnel") },
	{ "a tunnel's key in a connection", CONN("dpd_timeout_seconds = 30;"),
	    NULL },

	/* types */
	{ "a number in quotes", CONN("remote_asn = \"65010\";"),
	    E_CONN("remote_asn", "must be a whole number, not a text") },
	{ "a fraction", TUN("dpd_timeout_seconds = 40.5;"),
	    E_TUN("dpd_timeout_seconds",
	    "must be a whole number, not a fraction") },
	{ "a text without quotes", TUN("force_encapsulation = 1;"),
	    E_TUN("force_encapsulation",
	    "must be true or false, not a number") },
	{ "a boolean for a text", TUN("startup_action = true;"),
	    E_TUN("startup_action",
	    "must be a text in quotes, not a boolean") },
	{ "a text for a list", CONN("networks = \"10.0.0.0/8\";"),
	    E_CONN("networks", "must be a list in [ ], not a text") },
	{ "a list for a text", TUN("remote_id = [ \"a\" ];"),
	    E_TUN("remote_id", "must be a text in quotes, not a list") },
	{ "a group for a number", TUN("replay_window_size = { };"),
	    E_TUN("replay_window_size",
	    "must be a whole number, not a group") },
	{ "connections that are no list", "connections = 1;",
	    "t.conf:1: connections: must be a list of groups: ( { ... } )" },
	{ "a connection that is no group", "connections = ( 1 );",
	    "t.conf:1: connections[0]: must be a group: { ... }" },
	{ "numbers where networks belong", CONN("routes = [ 1 ];"),
	    E_CONN("routes[0]",
	    "must be a network in quotes, not a number") },

	/* top level */
	{ "AS 0", "asn = 0;", "t.conf:1: asn: must be 1 to 4294967294, not 0" },
	{ "AS 4294967294", "asn = 4294967294; connections = ();", NULL },
	{ "AS 4294967295", "asn = 4294967295;",
	    "t.conf:1: asn: must be 1 to 4294967294, not 4294967295" },
	{ "an AS number that would wrap to a good one", "asn = 4294967297;",
	    "t.conf:1: asn: must be 1 to 4294967294, not 4294967297" },
	{ "a negative AS", "asn = -1;",
	    "t.conf:1: asn: must be 1 to 4294967294, not -1" },
	{ "AS_TRANS", "asn = 23456;",
	    "t.conf:1: asn: AS 23456 is reserved and cannot be used" },
	{ "AS 65535", "asn = 65535;",
	    "t.conf:1: asn: AS 65535 is reserved and cannot be used" },
	{ "a router id", TOP("router_id = \"192.0.2.1\";"), NULL },
	{ "an IPv6 router id", TOP("router_id = \"::1\";"),
	    E_TOP("router_id",
	    "must be an IPv4 address other than 0.0.0.0, not \"::1\"") },
	{ "router id 0", TOP("router_id = \"0.0.0.0\";"),
	    E_TOP("router_id",
	    "must be an IPv4 address other than 0.0.0.0, not \"0.0.0.0\"") },
	{ "a source of routes", TOP("route_source_ipv4_address = "
	    "\"192.0.2.1\"; route_source_ipv6_address = \"2001:db8::1\";"),
	    NULL },
	{ "an IPv6 source of IPv4 routes", TOP("route_source_ipv4_address = "
	    "\"2001:db8::1\";"), E_TOP("route_source_ipv4_address",
	    "must be an IPv4 address") },
	{ "a source of routes that is none", TOP("route_source_ipv6_address "
	    "= \"::\";"), E_TOP("route_source_ipv6_address",
	    "must be a unicast address that routers forward, not \"::\"") },
	{ "an unknown multipath hash", TOP("multipath_hash = \"layer7\";"),
	    E_TOP("multipath_hash", "must be \"system\", \"layer3\", "
	    "\"layer4\" or \"inner\", not \"layer7\"") },
	{ "an unknown interface kind", TOP("interface = \"gre\";"),
	    E_TOP("interface",
	    "must be \"auto\", \"vti\" or \"xfrmi\", not \"gre\"") },
	{ "an empty file name", TOP("secrets = \"\";"),
	    E_TOP("secrets",
	    "must be a file name of 1 to 255 characters, not \"\"") },
	{ "a file name of two lines", TOP("secrets = \"a\\nb\";"),
	    E_TOP("secrets", "must be a file name, not \"a\\x0ab\"") },

	/* connections */
	{ "a connection needs a name", "connections = ( {\n } );",
	    "t.conf:1: connections[0].name: missing" },
	{ "a connection needs a role", "connections = (\n{ name = \"a\"; } );",
	    "t.conf:2: connections[0].role: missing" },
	{ "a connection needs tunnels",
	    "connections = ( { name = \"a\"; role = \"hub\"; } );",
	    "t.conf:1: connections[0].tunnels: missing" },
	{ "no tunnel is too few",
	    "connections = ( { name = \"a\"; role = \"hub\"; "
	    "tunnels = (); } );",
	    "t.conf:1: connections[0].tunnels: must have 1 to 2 groups, "
	    "not 0" },
	{ "three tunnels are too many", PAIR("", "}, {"),
	    "t.conf:6: connections[0].tunnels: must have 1 to 2 groups, "
	    "not 3" },
	{ "an unknown role",
	    FRAME("", "spoke", "", OUTSIDE, ""),
	    "t.conf:4: connections[0].role: must be \"hub\" or \"device\", "
	    "not \"spoke\"" },
	{ "a name of 47 letters", "connections = ( { name = \"" X47 "\"; "
	    "role = \"hub\"; tunnels = ( { " OUTSIDE " } ); } );", NULL },
	{ "a name of 48 letters", "connections = ( { name = \"" X47 "x\"; } );",
	    "t.conf:1: connections[0].name: " NAME_MUST "\"" X47 "x\"" },
	{ "a name with a slash", "connections = ( { name = \"a/1\"; } );",
	    "t.conf:1: connections[0].name: " NAME_MUST "\"a/1\"" },
	{ "a name that looks like an option",
	    "connections = ( { name = \"-a\"; } );",
	    "t.conf:1: connections[0].name: " NAME_MUST "\"-a\"" },
	{ "an empty name", "connections = ( { name = \"\"; } );",
	    "t.conf:1: connections[0].name: " NAME_MUST "\"\"" },
	{ "hold time 0", CONN("bgp_hold_time_seconds = 0;"), NULL },
	{ "hold time 1", CONN("bgp_hold_time_seconds = 1;"),
	    E_CONN("bgp_hold_time_seconds",
	    "must be 0 or 3 to 65535 seconds, not 1") },
	{ "hold time 2", CONN("bgp_hold_time_seconds = 2;"),
	    E_CONN("bgp_hold_time_seconds",
	    "must be 0 or 3 to 65535 seconds, not 2") },
	{ "hold time 3", CONN("bgp_hold_time_seconds = 3;"), NULL },
	{ "hold time 65536", CONN("bgp_hold_time_seconds = 65536;"),
	    E_CONN("bgp_hold_time_seconds",
	    "must be 0 or 3 to 65535 seconds, not 65536") },
	{ "static routes", CONN("routes = [ \"10.9.0.0/16\" ];"), NULL },
	{ "a route with host bits", CONN("routes = [\n\"10.9.0.1/16\" ];"),
	    "t.conf:6: connections[0].routes[0]: \"10.9.0.1/16\" has host "
	    "bits set; its network is 10.9.0.0/16" },
	{ "a route that is none", CONN("routes = [ \"10.9.0.0\" ];"),
	    E_CONN("routes[0]", "must be a network like 10.1.0.0/16, not "
	    "\"10.9.0.0\"") },
	{ "a route twice", CONN("routes = [ \"10.0.0.0/8\", \"10.0.0.0/8\" ];"),
	    E_CONN("routes[1]", "10.0.0.0/8 is there twice") },
	{ "an IPv6 route needs IPv6 selectors",
	    CONN("routes = [ \"fd01::/64\" ];"),
	    E_CONN("routes", "fd01::/64 does not fit "
	    "tunnel_inside_ip_version of tunnel 1") },
	{ "an IPv6 route with both families",
	    BOTH("routes = [ \"fd01::/64\" ];",
	    "tunnel_inside_ip_version = \"both\";"), NULL },

	/* BGP */
	{ "BGP with an inside CIDR", BOTH("remote_asn = 65010; "
	    "networks = [ \"10.1.0.0/16\" ];",
	    "tunnel_inside_cidr = \"169.254.10.0/30\";"), NULL },
	{ "BGP without inside addresses", CONN("remote_asn = 65010;"),
	    E_CONN("remote_asn", "BGP needs an inside CIDR within the network "
	    "CIDRs and the IP version of the tunnel; tunnel 1 has none") },
	{ "BGP outside the traffic selectors", BOTH("remote_asn = 65010;",
	    "tunnel_inside_cidr = \"169.254.10.0/30\"; "
	    "local_ipv4_network_cidr = \"10.0.0.0/8\";"),
	    E_CONN("remote_asn", "BGP needs an inside CIDR within the network "
	    "CIDRs and the IP version of the tunnel; tunnel 1 has none") },
	{ "BGP over the wrong family", BOTH("remote_asn = 65010;",
	    "tunnel_inside_cidr = \"169.254.10.0/30\"; "
	    "tunnel_inside_ip_version = \"ipv6\";"),
	    E_CONN("remote_asn", "BGP needs an inside CIDR within the network "
	    "CIDRs and the IP version of the tunnel; tunnel 1 has none") },
	/* BFD */
	{ "BFD with an inside CIDR and without BGP", BOTH("bfd = true; "
	    "bfd_strict = true; bfd_detect_multiplier = 255; "
	    "bfd_minimum_interval_milliseconds = 50;",
	    "tunnel_inside_cidr = \"169.254.10.0/30\";"), NULL },
	{ "BFD without inside addresses", CONN("bfd = true;"),
	    E_CONN("bfd", "needs an inside CIDR within the network CIDRs and "
	    "the IP version of the tunnel; tunnel 1 has none") },
	{ "strict about nothing", CONN("bfd_strict = true;"),
	    E_CONN("bfd_strict", "needs bfd, which tunnel 1 has not") },
	{ "more packets than a path should carry", CONN(
	    "bfd_minimum_interval_milliseconds = 49;"),
	    E_CONN("bfd_minimum_interval_milliseconds",
	    "must be 50 to 60000 milliseconds, not 49") },
	{ "a multiplier that is none", CONN("bfd_detect_multiplier = 0;"),
	    E_CONN("bfd_detect_multiplier",
	    "must be 1 to 255 packets, not 0") },
	{ "our own AS as the neighbour's", BOTH("remote_asn = 64512;",
	    "tunnel_inside_cidr = \"169.254.10.0/30\";"),
	    E_CONN("remote_asn", "must differ from asn: BGP within one AS is "
	    "not supported") },
	{ "networks without BGP", CONN("networks = [ \"10.1.0.0/16\" ];"),
	    E_CONN("networks", "are announced by BGP: needs remote_asn") },
	{ "static routes besides BGP", BOTH("remote_asn = 65010; "
	    "routes = [ \"10.1.0.0/16\" ];",
	    "tunnel_inside_cidr = \"169.254.10.0/30\";"),
	    E_CONN("routes", "static routes and BGP (remote_asn) exclude each "
	    "other") },
	{ "an IPv6 network needs its next hop", BOTH("remote_asn = 65010; "
	    "networks = [ \"fd01::/64\" ];",
	    "tunnel_inside_cidr = \"169.254.10.0/30\"; "
	    "tunnel_inside_ip_version = \"both\";"),
	    E_CONN("networks", "fd01::/64 needs tunnel_inside_ipv6_cidr in "
	    "tunnel 1") },
	{ "BGP needs our AS number", "\n\n\nconnections = ( {\n"
	    "name = \"a\"; role = \"hub\"; remote_asn = 1; tunnels = ( { "
	    OUTSIDE "tunnel_inside_cidr = \"169.254.10.0/30\"; } ); } );",
	    "t.conf: asn: missing: connection \"a\" runs BGP" },
	{ "BGP over IPv6 alone needs a router id", BOTH("remote_asn = 65010;",
	    "tunnel_inside_ipv6_cidr = \"fd00::/126\"; "
	    "tunnel_inside_ip_version = \"ipv6\";"),
	    "t.conf: router_id: missing: no tunnel has a tunnel_inside_cidr "
	    "to take it from" },
	{ "and is content with one", FRAME("router_id = \"192.0.2.1\";", "hub",
	    "remote_asn = 65010; networks = [ \"fd01::/64\" ];", OUTSIDE,
	    "tunnel_inside_ipv6_cidr = \"fd00::/126\"; "
	    "tunnel_inside_ip_version = \"ipv6\";"), NULL },

	/* outside addresses and identities */
	{ "a tunnel needs its local address", TUN_OUT("", ""),
	    "t.conf:6: connections[0].tunnels[0].local_outside_ip_address: "
	    "missing" },
	{ "an outside address that is none",
	    TUN_OUT("local_outside_ip_address = \"192.0.2\";", ""),
	    E_OUT("local_outside_ip_address",
	    "must be an IPv4 or IPv6 address, not \"192.0.2\"") },
	{ "an outside address of nobody",
	    TUN_OUT("local_outside_ip_address = \"0.0.0.0\";", ""),
	    E_OUT("local_outside_ip_address", "must be a unicast address that "
	    "routers forward, not \"0.0.0.0\"") },
	{ "a multicast outside address",
	    TUN_OUT("local_outside_ip_address = \"224.0.0.1\";", ""),
	    E_OUT("local_outside_ip_address", "must be a unicast address that "
	    "routers forward, not \"224.0.0.1\"") },
	{ "outside addresses of two families",
	    TUN_OUT("local_outside_ip_address = \"192.0.2.1\"; "
	    "remote_outside_ip_address = \"2001:db8::1\";", ""),
	    E_OUT("remote_outside_ip_address", "must be of the same IP version "
	    "as local_outside_ip_address") },
	{ "IPv6 outside", TUN_OUT("local_outside_ip_address = "
	    "\"2001:db8::1\"; remote_outside_ip_address = \"2001:db8::2\";",
	    ""), NULL },
	{ "oneself as the peer", TUN_OUT("local_outside_ip_address = "
	    "\"192.0.2.1\"; remote_outside_ip_address = \"192.0.2.1\";", ""),
	    E_OUT("remote_outside_ip_address",
	    "is the same as local_outside_ip_address") },
	{ "a hub may wait for anybody",
	    TUN_OUT("local_outside_ip_address = \"192.0.2.1\";", ""), NULL },
	{ "nobody can be called", TUN_OUT("local_outside_ip_address = "
	    "\"192.0.2.1\";", "startup_action = \"start\";"),
	    E_TUN("startup_action",
	    "\"start\" needs remote_outside_ip_address") },
	{ "a device must know its hub", FRAME("", "device", "",
	    "local_outside_ip_address = \"192.0.2.1\";", ""),
	    "t.conf:6: connections[0].tunnels[0].remote_outside_ip_address: "
	    "missing: a device must know its hub's address" },
	{ "a local address for both tunnels", FRAME("", "hub",
	    "local_outside_ip_address = \"192.0.2.1\";",
	    "remote_outside_ip_address = \"198.51.100.1\";", ""), NULL },
	{ "an identity of an address", TUN("remote_id = \"10.0.0.1\";"), NULL },
	{ "an identity of an IPv6 address", TUN("remote_id = \"fd00::1\";"),
	    NULL },
	{ "an identity of a user", TUN("remote_id = \"a.b+c@x.org\";"), NULL },
	{ "an identity of a host", TUN("remote_id = \"branch1\";"), NULL },
	{ "a label of 63 letters", TUN("remote_id = \"" X63 ".org\";"), NULL },
	{ "a label of 64 letters", TUN("remote_id = \"x" X63 "\";"),
	    E_TUN("remote_id", ID_MUST "\"" X10 X10 X10 X10 X10 X10
	    "...\"") },
	{ "a misspelt address", TUN("remote_id = \"300.1.1.1\";"),
	    E_TUN("remote_id", ID_MUST "\"300.1.1.1\"") },
	{ "an empty identity", TUN("remote_id = \"\";"),
	    E_TUN("remote_id", ID_MUST "\"\"") },
	{ "an identity with a blank", TUN("remote_id = \"a b\";"),
	    E_TUN("remote_id", ID_MUST "\"a b\"") },
	{ "an identity without its user", TUN("remote_id = \"@x.org\";"),
	    E_TUN("remote_id", ID_MUST "\"@x.org\"") },
	{ "an identity of any address", TUN("remote_id = \"0.0.0.0\";"),
	    E_TUN("remote_id", ID_MUST "\"0.0.0.0\"") },
	{ "an X.500 name", TUN("local_id = \"C=DE, O=x y, CN=a\";"), NULL },

	/* inside addresses */
	{ "an inside /30", TUN("tunnel_inside_cidr = \"169.254.6.0/30\";"),
	    NULL },
	{ "the last inside /30",
	    TUN("tunnel_inside_cidr = \"169.254.255.252/30\";"), NULL },
	{ "host bits in it are forgiven",
	    TUN("tunnel_inside_cidr = \"169.254.6.2/30\";"), NULL },
	{ "an inside /29", TUN("tunnel_inside_cidr = \"169.254.6.0/29\";"),
	    E_TUN("tunnel_inside_cidr", "must be a /30 in 169.254.0.0/16, not "
	    "\"169.254.6.0/29\"") },
	{ "an inside /30 elsewhere",
	    TUN("tunnel_inside_cidr = \"169.253.255.252/30\";"),
	    E_TUN("tunnel_inside_cidr", "must be a /30 in 169.254.0.0/16, not "
	    "\"169.253.255.252/30\"") },
#define RESERVED(cidr, net)						\
	{ cidr " is reserved", TUN("tunnel_inside_cidr = \"" cidr "\";"), \
	    E_TUN("tunnel_inside_cidr", net " is reserved") }
	RESERVED("169.254.0.0/30", "169.254.0.0/30"),
	RESERVED("169.254.1.0/30", "169.254.1.0/30"),
	RESERVED("169.254.2.3/30", "169.254.2.0/30"),
	RESERVED("169.254.3.0/30", "169.254.3.0/30"),
	RESERVED("169.254.4.1/30", "169.254.4.0/30"),
	RESERVED("169.254.5.0/30", "169.254.5.0/30"),
	RESERVED("169.254.169.254/30", "169.254.169.252/30"),
	{ "the /30 after a reserved one",
	    TUN("tunnel_inside_cidr = \"169.254.5.4/30\";"), NULL },
	{ "the /30 before the last reserved one",
	    TUN("tunnel_inside_cidr = \"169.254.169.248/30\";"), NULL },
	{ "an inside /126",
	    TUN("tunnel_inside_ipv6_cidr = \"fdff:ffff::fffc/126\";"), NULL },
	{ "an inside /125", TUN("tunnel_inside_ipv6_cidr = \"fd00::/125\";"),
	    E_TUN("tunnel_inside_ipv6_cidr",
	    "must be a /126 in fd00::/8, not \"fd00::/125\"") },
	{ "an inside /126 in fc00::/8",
	    TUN("tunnel_inside_ipv6_cidr = \"fcff::/126\";"),
	    E_TUN("tunnel_inside_ipv6_cidr",
	    "must be a /126 in fd00::/8, not \"fcff::/126\"") },
	{ "IPv4 where IPv6 belongs",
	    TUN("tunnel_inside_ipv6_cidr = \"169.254.6.0/30\";"),
	    E_TUN("tunnel_inside_ipv6_cidr",
	    "must be a /126 in fd00::/8, not \"169.254.6.0/30\"") },
	{ "a selector with host bits",
	    TUN("local_ipv4_network_cidr = \"10.0.0.1/8\";"),
	    E_TUN("local_ipv4_network_cidr", "\"10.0.0.1/8\" has host bits "
	    "set; its network is 10.0.0.0/8") },
	{ "a selector of the other family",
	    TUN("remote_ipv4_network_cidr = \"::/0\";"),
	    E_TUN("remote_ipv4_network_cidr",
	    "must be an IPv4 network, not \"::/0\"") },
	{ "and the other way round",
	    TUN("local_ipv6_network_cidr = \"0.0.0.0/0\";"),
	    E_TUN("local_ipv6_network_cidr",
	    "must be an IPv6 network, not \"0.0.0.0/0\"") },

	/* interface names */
	{ "an interface name of 15", TUN("interface_name = \"abcdefghijklmno\";"),
	    NULL },
	{ "an interface name of 16",
	    TUN("interface_name = \"abcdefghijklmnop\";"),
	    E_TUN("interface_name", IFNAME_MUST "\"abcdefghijklmnop\"") },
	{ "an interface name with a slash", TUN("interface_name = \"a/b\";"),
	    E_TUN("interface_name", IFNAME_MUST "\"a/b\"") },
	{ "the directory above", TUN("interface_name = \"..\";"),
	    E_TUN("interface_name", IFNAME_MUST "\"..\"") },
	{ "the loopback interface", TUN("interface_name = \"lo\";"),
	    E_TUN("interface_name",
	    "\"lo\" means something else to the kernel") },
	{ "all interfaces", TUN("interface_name = \"all\";"),
	    E_TUN("interface_name",
	    "\"all\" means something else to the kernel") },

	/* nothing twice */
	{ "two tunnels", PAIR("", ""), NULL },
	{ "one connection's name twice",
	    "connections = ( { name = \"a\"; role = \"hub\"; tunnels = ( { "
	    OUTSIDE " } ); },\n{ name = \"a\"; role = \"hub\"; tunnels = ( { "
	    OUTSIDE2 " } ); } );",
	    "t.conf:2: connections[1].name: \"a\" is there twice" },
	{ "one interface name twice", PAIR("interface_name = \"x\";",
	    "interface_name = \"x\";"),
	    E_TWO("interface_name",
	    "is already the name of the interface of a/1") },
	{ "a default interface name that is taken",
	    PAIR("interface_name = \"vpn2\";", ""),
	    "t.conf:9: connections[0].tunnels[1].interface_name: "
	    "is already the name of the interface of a/1" },
	{ "one inside /30 twice", PAIR("tunnel_inside_cidr = "
	    "\"169.254.6.0/30\";", "tunnel_inside_cidr = "
	    "\"169.254.6.1/30\";"),
	    E_TWO("tunnel_inside_cidr", "is already the inside CIDR of a/1") },
	{ "one inside /126 twice", PAIR("tunnel_inside_ipv6_cidr = "
	    "\"fd00::/126\";", "tunnel_inside_ipv6_cidr = \"fd00::/126\";"),
	    E_TWO("tunnel_inside_ipv6_cidr",
	    "is already the inside CIDR of a/1") },
	{ "one peer twice",
	    TUN("\n}, { " OUTSIDE),
	    "t.conf:9: connections[0].tunnels[1].remote_outside_ip_address: "
	    "is already the pair of outside addresses and identities of "
	    "a/1" },
	{ "one pair of addresses, two identities",
	    TUN("remote_id = \"one\";\n}, { " OUTSIDE "remote_id = \"two\";"),
	    NULL },
	{ "the same over VTI", FRAME("interface = \"vti\";", "hub", "", OUTSIDE,
	    "remote_id = \"one\";\n}, { " OUTSIDE "remote_id = \"two\";"),
	    "t.conf:9: connections[0].tunnels[1].remote_outside_ip_address: "
	    "is already the pair of outside addresses of a/1, and VTIs cannot "
	    "share it: use interface = \"xfrmi\"" },
	{ "two peers from anywhere over VTI",
	    FRAME("interface = \"vti\";", "hub", "",
	    "local_outside_ip_address = \"192.0.2.1\";",
	    "remote_id = \"one\";\n}, { local_outside_ip_address = "
	    "\"192.0.2.1\"; remote_id = \"two\";"),
	    "t.conf:9: connections[0].tunnels[1].remote_outside_ip_address: "
	    "is already the pair of outside addresses of a/1, and VTIs cannot "
	    "share it: use interface = \"xfrmi\"" },
	{ "two peers over VTI", FRAME("interface = \"vti\";", "hub", "",
	    OUTSIDE, "}, { " OUTSIDE2), NULL },
	{ "a name whose letters are another's address",
	    TUN("remote_id = \"abcd\";\n}, { " OUTSIDE
	    "remote_id = \"97.98.99.100\";"), NULL },
	{ "two strangers on one address",
	    TUN_OUT("local_outside_ip_address = \"192.0.2.1\";",
	    "}, { local_outside_ip_address = \"192.0.2.1\";"),
	    "t.conf:8: connections[0].tunnels[1].remote_outside_ip_address: "
	    "is already the pair of outside addresses and identities of "
	    "a/1" },
};

static void
every_rule_holds_at_its_border(void **state)
{
	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void
a_failed_parse_says_where_and_nothing_else_changes(void **state)
{
	(void)state;
	struct conf_error e;

	memset(&e, 0x55, sizeof(e));
	assert_null(conf_parse(bytes_str("a\0b"), "dir/x.conf", &e));
	assert_string_equal(e.file, "dir/x.conf");
	assert_int_equal(e.line, 1);
	assert_null(conf_parse(bytes_of("asn = 1;\n\0\n", 11), "x", &e));
	assert_int_equal(e.line, 2);
	assert_string_equal(e.why.s, "NUL octet in the text");
	assert_string_equal(e.key, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_holds_at_its_border),
		cmocka_unit_test(
		    a_failed_parse_says_where_and_nothing_else_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
