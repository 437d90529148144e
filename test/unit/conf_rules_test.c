/*
 * The configuration's rules: one row per rule at its border and just beyond,
 * with the whole line of the error.
 */
#include "unit/conf_text.h"

#define E_TOP(key, why) "t.conf:2: " key ": " why
#define E_CONN(key, why) "t.conf:5: connections[0]." key ": " why
#define E_TUN(key, why)	"t.conf:8: connections[0].tunnels[0]." key ": " why
#define E_OUT(key, why)	"t.conf:7: connections[0].tunnels[0]." key ": " why
#define E_TWO(key, why)	"t.conf:10: connections[0].tunnels[1]." key ": " why

#define X10	"xxxxxxxxxx"
#define X47	X10 X10 X10 X10 "xxxxxxx"
#define X63	X10 X10 X10 X10 X10 X10 "xxx"
#define NAME_MUST "must be 1 to 47 letters, digits, \".\", \"_\" and "	\
	"\"-\", beginning with a letter or digit, not "
#define IFNAME_MUST "must be 1 to 15 letters, digits, \".\", \"_\" and " \
	"\"-\", beginning with a letter or digit, not "
#define ID_MUST	"must be an IPv4 or IPv6 address, user@domain, a domain "	\
	"name or an X.500 name, not "

static const struct row {
	const char	*what;
	const char	*text;
	const char	*error;		/* NULL: accepted */
} rows[] = {
	/* syntax */
	{ "the frame itself is fine", TUN(""), NULL },
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
	    "t.conf:2: @include is not supported: the configuration is one "
	    "file" },
	{ "@include after blanks is refused", " \t@include \"x\"\n",
	    "t.conf:1: @include is not supported: the configuration is one "
	    "file" },
	{ "@include in comments is only text",
	    TOP("# @include \"x\"\n/*\n@include \"x\"\n*/ // @include"),
	    NULL },
	{ "@include in a string is only text",
	    TOP("secrets = \"@include\";"), NULL },
	{ "an escaped quote does not end the string",
	    TOP("secrets = \"\\\"\"; @include \"x\""),
	    "t.conf:2: @include is not supported: the configuration is one "
	    "file" },
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

	/* algorithms */
	{ "algorithms by name", TUN("phase1_encryption_algorithms = "
	    "[ \"AES128\", \"AES256-GCM-16\" ]; phase2_dh_group_numbers = "
	    "[ 14, 31 ];"), NULL },
	{ "additional key exchanges in every slot",
	    TUN("phase1_additional_key_exchanges = [ \"20 21 none\", "
	    "\"14\", \"15\", \"16\", \"17\", \"18\", \" 19  none \" ];"),
	    NULL },
	{ "of the child SA as well",
	    TUN("phase2_additional_key_exchanges = [ \"20\" ];"), NULL },
	{ "one slot more", TUN("phase1_additional_key_exchanges = [ \"20\", "
	    "\"21\", \"14\", \"15\", \"16\", \"17\", \"18\", \"19\" ];"),
	    E_TUN("phase1_additional_key_exchanges",
	    "must have 1 to 7 texts, not 8") },
	{ "no slot at all", TUN("phase1_additional_key_exchanges = [ ];"),
	    E_TUN("phase1_additional_key_exchanges",
	    "must have 1 to 7 texts, not 0") },
	{ "a slot of nothing", TUN("phase1_additional_key_exchanges = "
	    "[ \"20\", \" \" ];"),
	    E_TUN("phase1_additional_key_exchanges[1]",
	    "must name at least one group") },
	{ "a slot of none alone", TUN("phase1_additional_key_exchanges = "
	    "[ \"none\" ];"),
	    E_TUN("phase1_additional_key_exchanges[0]",
	    "must name at least one group") },
	{ "a slot that is a number", TUN("phase1_additional_key_exchanges = "
	    "[ 20 ];"),
	    E_TUN("phase1_additional_key_exchanges[0]",
	    "must be group numbers in quotes, with blanks between") },
	{ "a group twice in a slot", TUN("phase1_additional_key_exchanges = "
	    "[ \"20 none 20\" ];"),
	    E_TUN("phase1_additional_key_exchanges[0]", "20 is there twice") },
	{ "a group twice with no way out",
	    TUN("phase2_additional_key_exchanges = [ \"20\", \"21 14\", "
	    "\"20\" ];"),
	    E_TUN("phase2_additional_key_exchanges", "20 is there twice; all "
	    "key exchanges of an SA have to differ") },
	{ "the only group once more", TUN("phase1_dh_group_numbers = [ 20 ]; "
	    "phase1_additional_key_exchanges = [ \"20\" ];"),
	    E_TUN("phase1_additional_key_exchanges", "20 is the only one of "
	    "phase1_dh_group_numbers already; all key exchanges of an SA have "
	    "to differ") },
	{ "one of two groups once more", TUN("phase1_dh_group_numbers = "
	    "[ 20, 31 ]; phase1_additional_key_exchanges = [ \"20\" ];"),
	    NULL },
	{ "a list in parentheses", TUN("phase1_dh_group_numbers = ( 14, 19 );"),
	    NULL },
	{ "algorithms of the past, by name",
	    TUN("phase1_integrity_algorithms = [ \"SHA1\" ]; "
	    "phase2_integrity_algorithms = [ \"SHA2-256\", \"SHA1\" ]; "
	    "phase1_dh_group_numbers = [ 2, 5, 22, 23, 24 ]; "
	    "phase2_dh_group_numbers = [ 14, 2, 5, 22, 23, 24 ];"), NULL },
	{ "every group in one list",
	    TUN("phase1_dh_group_numbers = [ 2, 5, 14, 15, 16, 17, 18, 19, "
	    "20, 21, 22, 23, 24, 31, 32 ];"), NULL },
	{ "every cipher in one list",
	    TUN("phase2_encryption_algorithms = [ \"CHACHA20-POLY1305\", "
	    "\"AES128\", \"AES256\", \"AES128-GCM-16\", "
	    "\"AES256-GCM-16\" ];"), NULL },
	{ "an algorithm beyond the past",
	    TUN("phase1_integrity_algorithms = [ \"MD5\" ];"),
	    E_TUN("phase1_integrity_algorithms[0]", "\"MD5\" is not "
	    "supported; supported: SHA2-512, SHA2-384, SHA2-256, SHA1") },
	{ "a cipher unheard of",
	    TUN("phase2_encryption_algorithms = [ \"AES256\", \"DES\" ];"),
	    E_TUN("phase2_encryption_algorithms[1]", "\"DES\" is not "
	    "supported; supported: AES256-GCM-16, CHACHA20-POLY1305, "
	    "AES128-GCM-16, AES256, AES128") },
	{ "a group beyond the past", TUN("phase2_dh_group_numbers = [ 1 ];"),
	    E_TUN("phase2_dh_group_numbers[0]",
	    "1 is not supported; supported: 31, 21, 32, 20, 19, 16, 15, 18, "
	    "17, 14, 24, 23, 5, 22, 2") },
	{ "a group in quotes", TUN("phase2_dh_group_numbers = [ \"14\" ];"),
	    E_TUN("phase2_dh_group_numbers[0]",
	    "must be a group number, not a text") },
	{ "a cipher without quotes",
	    TUN("phase2_encryption_algorithms = [ 128 ];"),
	    E_TUN("phase2_encryption_algorithms[0]",
	    "must be an algorithm in quotes, not a number") },
	{ "an algorithm twice", TUN("phase1_dh_group_numbers = [ 19, 19 ];"),
	    E_TUN("phase1_dh_group_numbers[1]", "19 is there twice") },
	{ "no algorithm at all", TUN("phase1_dh_group_numbers = [ ];"),
	    E_TUN("phase1_dh_group_numbers",
	    "must name at least one; leave it out for the default") },

	{ "the order of the peer", TUN("proposal_order = \"peer\";"), NULL },
	{ "the order of AWS", TUN("proposal_order = \"aws\";"), NULL },
	{ "an order of somebody else", TUN("proposal_order = \"theirs\";"),
	    E_TUN("proposal_order",
	    "must be \"ours\", \"peer\" or \"aws\", not \"theirs\"") },
	{ "no extended sequence numbers",
	    TUN("extended_sequence_numbers = false;"), NULL },
	{ "extended sequence numbers by number",
	    TUN("extended_sequence_numbers = 64;"),
	    E_TUN("extended_sequence_numbers",
	    "must be true or false, not a number") },

	/* lifetimes and their company */
	{ "phase 1 of 899 s", TUN("phase1_lifetime_seconds = 899;"),
	    E_TUN("phase1_lifetime_seconds",
	    "must be 900 to 28800 seconds, not 899") },
	{ "phase 1 of 901 s", TUN("phase1_lifetime_seconds = 901; "
	    "phase2_lifetime_seconds = 900;"), NULL },
	{ "phase 1 of 28801 s", TUN("phase1_lifetime_seconds = 28801;"),
	    E_TUN("phase1_lifetime_seconds",
	    "must be 900 to 28800 seconds, not 28801") },
	{ "phase 2 of 899 s", TUN("phase2_lifetime_seconds = 899;"),
	    E_TUN("phase2_lifetime_seconds",
	    "must be 900 to 3600 seconds, not 899") },
	{ "phase 2 of 3601 s", TUN("phase2_lifetime_seconds = 3601;"),
	    E_TUN("phase2_lifetime_seconds",
	    "must be 900 to 3600 seconds, not 3601") },
	{ "phase 2 as long as phase 1", TUN("phase1_lifetime_seconds = 1800; "
	    "phase2_lifetime_seconds = 1800;"),
	    E_TUN("phase2_lifetime_seconds", "must be less than "
	    "phase1_lifetime_seconds (1800), not 1800") },
	{ "the default of phase 2 against a short phase 1",
	    TUN("phase1_lifetime_seconds = 3600;"),
	    "t.conf:6: connections[0].tunnels[0].phase2_lifetime_seconds: "
	    "must be less than phase1_lifetime_seconds (3600), not 3600" },
	{ "an error is told where the key stands",
	    CONN("phase1_lifetime_seconds = 900; "
	    "phase2_lifetime_seconds = 900;"),
	    E_CONN("phase2_lifetime_seconds", "must be less than "
	    "phase1_lifetime_seconds (900), not 900") },
	{ "a margin of 59 s", TUN("rekey_margin_time_seconds = 59;"),
	    E_TUN("rekey_margin_time_seconds",
	    "must be 60 to 1800 seconds, not 59") },
	{ "a margin of 60 s", TUN("rekey_margin_time_seconds = 60;"), NULL },
	{ "a margin of half of phase 2",
	    TUN("rekey_margin_time_seconds = 1800;"), NULL },
	{ "a margin of more than any half",
	    TUN("rekey_margin_time_seconds = 1801;"),
	    E_TUN("rekey_margin_time_seconds",
	    "must be 60 to 1800 seconds, not 1801") },
	{ "a margin of half of a short phase 2",
	    TUN("phase2_lifetime_seconds = 900; "
	    "rekey_margin_time_seconds = 450;"), NULL },
	{ "and one second more", TUN("phase2_lifetime_seconds = 900; "
	    "rekey_margin_time_seconds = 451;"),
	    E_TUN("rekey_margin_time_seconds", "must be at most 450 seconds, "
	    "half of phase2_lifetime_seconds, not 451") },
	{ "a fuzz of 0 %", TUN("rekey_fuzz_percentage = 0;"), NULL },
	{ "a fuzz of 100 %", TUN("rekey_fuzz_percentage = 100;"), NULL },
	{ "a fuzz of 101 %", TUN("rekey_fuzz_percentage = 101;"),
	    E_TUN("rekey_fuzz_percentage",
	    "must be 0 to 100 percent, not 101") },
	{ "a fuzz of -1 %", TUN("rekey_fuzz_percentage = -1;"),
	    E_TUN("rekey_fuzz_percentage",
	    "must be 0 to 100 percent, not -1") },
	{ "a replay window of 63", TUN("replay_window_size = 63;"),
	    E_TUN("replay_window_size",
	    "must be 64 to 2048 packets, not 63") },
	{ "a replay window of 64", TUN("replay_window_size = 64;"), NULL },
	{ "a replay window of 2048", TUN("replay_window_size = 2048;"), NULL },
	{ "a replay window of 2049", TUN("replay_window_size = 2049;"),
	    E_TUN("replay_window_size",
	    "must be 64 to 2048 packets, not 2049") },
	{ "a lifetime of 1048575 octets", TUN("phase2_lifetime_bytes = "
	    "1048575;"),
	    E_TUN("phase2_lifetime_bytes",
	    "must be 0 or 1048576 to 1125899906842624 octets, not 1048575") },
	{ "a lifetime of 1 MiB", TUN("phase2_lifetime_bytes = 1048576;"),
	    NULL },
	{ "a lifetime of 0 octets", TUN("phase2_lifetime_bytes = 0;"), NULL },
	{ "a lifetime of a pebibyte",
	    TUN("phase2_lifetime_bytes = 1125899906842624L;"), NULL },
	{ "a lifetime of more than a pebibyte",
	    TUN("phase2_lifetime_bytes = 1125899906842625L;"),
	    E_TUN("phase2_lifetime_bytes", "must be 0 or 1048576 to "
	    "1125899906842624 octets, not 1125899906842625") },
	{ "a lifetime of 9999 packets", TUN("phase2_lifetime_packets = 9999;"),
	    E_TUN("phase2_lifetime_packets",
	    "must be 0 or 10000 to 1125899906842624 packets, not 9999") },
	{ "a lifetime of 10000 packets",
	    TUN("phase2_lifetime_packets = 10000;"), NULL },
	{ "a lifetime of 100 packets in a lab",
	    LAB("phase2_lifetime_packets = 100;"), NULL },
	{ "a PPK", TUN("ppk_id = \"key-1@site\"; ppk_required = true;"), NULL },
	{ "a PPK is required, but which", TUN("ppk_required = true;"),
	    E_TUN("ppk_required", "needs a ppk_id that says which") },
	{ "a PPK without a name", TUN("ppk_id = \"\";"),
	    E_TUN("ppk_id", "must be 1 to 63 printable characters without "
	    "blanks, not \"\"") },
	{ "a PPK with a blank in its name", TUN("ppk_id = \"a b\";"),
	    E_TUN("ppk_id", "must be 1 to 63 printable characters without "
	    "blanks, not \"a b\"") },
	{ "fragments of 575 octets", TUN("fragment_size = 575;"),
	    E_TUN("fragment_size", "must be 576 to 65535 octets, not 575") },
	{ "fragments of 576 octets", TUN("fragment_size = 576;"), NULL },
	{ "fragments of 65535 octets", TUN("fragment_size = 65535;"), NULL },
	{ "fragments of 65536 octets", TUN("fragment_size = 65536;"),
	    E_TUN("fragment_size",
	    "must be 576 to 65535 octets, not 65536") },
	{ "a DPD timeout of 29 s", TUN("dpd_timeout_seconds = 29;"),
	    E_TUN("dpd_timeout_seconds",
	    "must be 30 to 86400 seconds, not 29") },
	{ "a DPD timeout of 30 s", TUN("dpd_timeout_seconds = 30;"), NULL },
	{ "a DPD timeout of a day and more",
	    TUN("dpd_timeout_seconds = 86401;"),
	    E_TUN("dpd_timeout_seconds",
	    "must be 30 to 86400 seconds, not 86401") },
	{ "an unknown DPD action", TUN("dpd_timeout_action = \"hold\";"),
	    E_TUN("dpd_timeout_action", "must be \"clear\", \"none\" or "
	    "\"restart\", not \"hold\"") },
	{ "words are spelt in lower case", TUN("startup_action = \"Start\";"),
	    E_TUN("startup_action",
	    "must be \"add\" or \"start\", not \"Start\"") },

	/* the lab's lifetimes */
	{ "lifetimes of seconds", LAB("phase1_lifetime_seconds = 2; "
	    "phase2_lifetime_seconds = 1; rekey_margin_time_seconds = 0; "
	    "dpd_timeout_seconds = 1;"), NULL },
	{ "a lifetime of nothing", LAB("phase2_lifetime_seconds = 0;"),
	    E_TUN("phase2_lifetime_seconds",
	    "must be 1 to 3600 seconds, not 0") },
	{ "a DPD timeout of nothing", LAB("dpd_timeout_seconds = 0;"),
	    E_TUN("dpd_timeout_seconds",
	    "must be 1 to 86400 seconds, not 0") },
	{ "a negative margin", LAB("rekey_margin_time_seconds = -1;"),
	    E_TUN("rekey_margin_time_seconds",
	    "must be 0 to 1800 seconds, not -1") },
	{ "a short phase 1 is still the longer", LAB(
	    "phase1_lifetime_seconds = 5; phase2_lifetime_seconds = 5;"),
	    E_TUN("phase2_lifetime_seconds", "must be less than "
	    "phase1_lifetime_seconds (5), not 5") },
	{ "the replay window is not relaxed", LAB("replay_window_size = 32;"),
	    E_TUN("replay_window_size",
	    "must be 64 to 2048 packets, not 32") },

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
	unsigned bad = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char line[600];
		struct conf *c = parse(rows[i].text, line);
		const char *want = rows[i].error != NULL ? rows[i].error : "";

		if (strcmp(line, want) != 0) {
			print_error("%s:\n  got  %s\n  want %s\n",
			    rows[i].what, line, want);
			bad++;
		}
		conf_free(c);
	}
	assert_int_equal(bad, 0);
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
