/*
 * The table of configuration keys.  Ranges and defaults of tunnel options are
 * those of the AWS Site-to-Site VPN API; names are AWS's in snake_case where
 * AWS has one.  Knows nothing of libconfig and checks no value.
 */
#include "gw/conf_keys.h"

#include <string.h>

#include "util/array.h"

#define TOP(f)	.place = CONF_AT_TOP,					\
	.at = offsetof(struct conf, f), .size = sizeof(((struct conf *)0)->f)
#define CONN(f)	.place = CONF_AT_CONNECTION,				\
	.at = offsetof(struct conf_connection, f),			\
	.size = sizeof(((struct conf_connection *)0)->f)
#define OWN(f)	.place = CONF_AT_TUNNEL,				\
	.at = offsetof(struct conf_tunnel, f),				\
	.size = sizeof(((struct conf_tunnel *)0)->f)
#define TUN(f)	.shared = true, OWN(f)
#define PLIST(f) .place = CONF_AT_PLIST,				\
	.at = offsetof(struct conf_plist, f),				\
	.size = sizeof(((struct conf_plist *)0)->f)
#define POLICY(f) .place = CONF_AT_POLICY,				\
	.at = offsetof(struct conf_policy, f),				\
	.size = sizeof(((struct conf_policy *)0)->f)
#define TERM(f)	.place = CONF_AT_TERM,					\
	.at = offsetof(struct policy_term, f),				\
	.size = sizeof(((struct policy_term *)0)->f)
#define MATCH(f) .place = CONF_AT_MATCH,				\
	.at = offsetof(struct policy_match, f),				\
	.size = sizeof(((struct policy_match *)0)->f)
#define SET(f)	.place = CONF_AT_SET,					\
	.at = offsetof(struct policy_set, f),				\
	.size = sizeof(((struct policy_set *)0)->f)
#define TABLE(f) .place = CONF_AT_TABLE,				\
	.at = offsetof(struct conf_table, f),				\
	.size = sizeof(((struct conf_table *)0)->f)
#define STATIC(f) .place = CONF_AT_STATIC,				\
	.at = offsetof(struct conf_static, f),				\
	.size = sizeof(((struct conf_static *)0)->f)
#define CUSTOMER(f) .place = CONF_AT_CUSTOMER,				\
	.at = offsetof(struct conf_customer, f),			\
	.size = sizeof(((struct conf_customer *)0)->f)
#define TARGET(f) .place = CONF_AT_TARGET,				\
	.at = offsetof(struct conf_target, f),				\
	.size = sizeof(((struct conf_target *)0)->f)
#define VPC(f)	.place = CONF_AT_VPC,					\
	.at = offsetof(struct conf_vpc, f),				\
	.size = sizeof(((struct conf_vpc *)0)->f)
#define REACH(f) .place = CONF_AT_REACH,				\
	.at = offsetof(struct conf_reach, f),				\
	.size = sizeof(((struct conf_reach *)0)->f)
#define RANGE(lo, hi)	.min = (lo), .max = (hi), .short_min = -1
#define SHORT(lo, hi, s) .min = (lo), .max = (hi), .short_min = (s)
#define ALGS(t, f)	.kind = CONF_KIND_ALGS, .alg = (t), .alg_flag = (f)
#define REFS(k)	.kind = CONF_KIND_REFS, .file_kind = (k)

static const struct conf_word interface_words[] = {
	{ "auto", KERN_LINK_AUTO }, { "vti", KERN_LINK_VTI },
	{ "xfrmi", KERN_LINK_XFRMI }, { NULL, 0 },
};
static const struct conf_word hash_words[] = {
	{ "system", CONF_HASH_SYSTEM }, { "layer3", CONF_HASH_LAYER3 },
	{ "layer4", CONF_HASH_LAYER4 }, { "inner", CONF_HASH_INNER },
	{ NULL, 0 },
};
static const struct conf_word role_words[] = {
	{ "hub", true }, { "device", false }, { NULL, 0 },
};
static const struct conf_word startup_words[] = {
	{ "add", false }, { "start", true }, { NULL, 0 },
};
static const struct conf_word dpd_words[] = {
	{ "clear", CONF_DPD_CLEAR }, { "none", CONF_DPD_NONE },
	{ "restart", CONF_DPD_RESTART }, { NULL, 0 },
};
static const struct conf_word auth_words[] = {
	{ "psk", CONF_AUTH_PSK }, { "certificate", CONF_AUTH_CERTIFICATE },
	{ NULL, 0 },
};
static const struct conf_word revocation_words[] = {
	{ "none", CONF_REVOCATION_NONE },
	{ "if-present", CONF_REVOCATION_IF_PRESENT },
	{ "require", CONF_REVOCATION_REQUIRE }, { NULL, 0 },
};
static const struct conf_word childless_words[] = {
	{ "never", CONF_CHILDLESS_NEVER }, { "allow", CONF_CHILDLESS_ALLOW },
	{ "prefer", CONF_CHILDLESS_PREFER },
	{ "force", CONF_CHILDLESS_FORCE }, { NULL, 0 },
};
static const struct conf_word inside_words[] = {
	{ "ipv4", CONF_INSIDE_IPV4 }, { "ipv6", CONF_INSIDE_IPV6 },
	{ "both", CONF_INSIDE_BOTH }, { NULL, 0 },
};
static const struct conf_word order_words[] = {
	{ "ours", CONF_ORDER_OURS }, { "peer", CONF_ORDER_PEER },
	{ "aws", CONF_ORDER_AWS }, { NULL, 0 },
};

static const struct conf_word private_words[] = {
	{ "none", BGP_PRIVATE_KEEP }, { "only", BGP_PRIVATE_REMOVE_ONLY },
	{ "all", BGP_PRIVATE_REMOVE }, { "replace", BGP_PRIVATE_REPLACE },
	{ NULL, 0 },
};
static const struct conf_word restart_words[] = {
	{ "off", BGP_RESTART_OFF }, { "helper", BGP_RESTART_HELPER },
	{ "full", BGP_RESTART_FULL }, { NULL, 0 },
};
static const struct conf_word bgp_auth_words[] = {
	{ "none", CONF_BGP_AUTH_NONE }, { "md5", CONF_BGP_AUTH_MD5 },
	{ NULL, 0 },
};
static const struct conf_word bgp_role_words[] = {
	{ "none", BGP_ROLE_NONE }, { "provider", BGP_ROLE_PROVIDER },
	{ "customer", BGP_ROLE_CUSTOMER }, { "peer", BGP_ROLE_PEER },
	{ "rs-server", BGP_ROLE_RS }, { "rs-client", BGP_ROLE_RS_CLIENT },
	{ NULL, 0 },
};
static const struct conf_word then_words[] = {
	{ "accept", POLICY_ACCEPT }, { "reject", POLICY_REJECT },
	{ "next", POLICY_NEXT }, { NULL, 0 },
};
static const struct conf_word source_words[] = {
	{ "own", POLICY_OWN }, { "learned", POLICY_LEARNED }, { NULL, 0 },
};
static const struct conf_word version_words[] = {
	{ "ipv4", ADDR_IPV4 }, { "ipv6", ADDR_IPV6 }, { NULL, 0 },
};
static const struct conf_word vrf_words[] = {
	{ "auto", KERN_VRF_AUTO }, { "always", KERN_VRF_ALWAYS },
	{ "never", KERN_VRF_NEVER }, { NULL, 0 },
};
static const struct conf_word target_words[] = {
	{ "virtual-private", CONF_VIRTUAL_PRIVATE },
	{ "transit", CONF_TRANSIT }, { NULL, 0 },
};
static const struct conf_word forwarding_words[] = {
	{ "system", false }, { "tunnels", true }, { NULL, 0 },
};
static const struct conf_word origin_words[] = {
	{ "igp", 1 }, { "egp", 2 }, { "incomplete", 3 }, { NULL, 0 },
};

/* Traffic selectors are the customer's and the cloud's until roles are known. */
static const struct conf_key keys[] = {
	{ "asn", TOP(asn), .kind = CONF_KIND_ASN, RANGE(1, 4294967294) },
	{ "router_id", TOP(router_id), .kind = CONF_KIND_ROUTER_ID },
	{ "interface", TOP(interface), .kind = CONF_KIND_WORD,
	    .words = interface_words, .def = "auto" },
	{ "secrets", TOP(secrets), .kind = CONF_KIND_FILE },
	{ "allow_short_lifetimes", TOP(short_lifetimes),
	    .kind = CONF_KIND_BOOL, .def = "false" },
	{ "bgp_requires_policy", TOP(requires_policy),
	    .kind = CONF_KIND_BOOL, .def = "false" },
	{ "prefix_lists", TOP(plists), .kind = CONF_KIND_GROUPS,
	    RANGE(0, 4096) },
	{ "policies", TOP(policies), .kind = CONF_KIND_GROUPS,
	    RANGE(0, 4096) },
	{ "route_tables", TOP(tables), .kind = CONF_KIND_GROUPS,
	    RANGE(0, CONF_TABLES) },
	{ "vpcs", TOP(vpcs), .kind = CONF_KIND_GROUPS, RANGE(0, CONF_VPCS) },
	{ "route_source_ipv4_address", TOP(source[0]),
	    .kind = CONF_KIND_OUTSIDE },
	{ "route_source_ipv6_address", TOP(source[1]),
	    .kind = CONF_KIND_OUTSIDE },
	{ "multipath_hash", TOP(hash), .kind = CONF_KIND_WORD,
	    .words = hash_words, .def = "system" },
	{ "bgp_selection_deferral_seconds", TOP(deferral),
	    .kind = CONF_KIND_SPAN, RANGE(1, 3600), .unit = "seconds",
	    .def = "60" },
	{ "multipath_resilient", TOP(resilient), .kind = CONF_KIND_BOOL,
	    .def = "false" },
	{ "customer_gateways", TOP(customers), .kind = CONF_KIND_GROUPS,
	    RANGE(0, 65536) },
	{ "gateways", TOP(targets), .kind = CONF_KIND_GROUPS,
	    RANGE(0, 256) },
	{ "connections", TOP(connections), .kind = CONF_KIND_GROUPS,
	    .required = true, RANGE(0, 65536) },

	{ "name", CONN(name), .kind = CONF_KIND_NAME, .required = true },
	{ "role", CONN(hub), .kind = CONF_KIND_WORD, .words = role_words,
	    .required = true },
	{ "gateway", CONN(target), .kind = CONF_KIND_TARGET },
	{ "customer_gateway", CONN(customer), .kind = CONF_KIND_CUSTOMER },
	{ "static_routes_only", CONN(static_only), .kind = CONF_KIND_BOOL,
	    .def = "false" },
	{ "remote_asn", CONN(remote_asn), .kind = CONF_KIND_ASN,
	    RANGE(1, 4294967294) },
	{ "networks", CONN(networks), .kind = CONF_KIND_PREFIXES },
	{ "bgp_hold_time_seconds", CONN(hold_time), .kind = CONF_KIND_NUMBER,
	    RANGE(3, 65535), .or_zero = true, .unit = "seconds", .def = "30" },
	{ "routes", CONN(routes), .kind = CONF_KIND_PREFIXES },
	{ "tunnel_only_networks", CONN(guarded),
	    .kind = CONF_KIND_PREFIXES },
	{ "association", CONN(association), .kind = CONF_KIND_TABLE },
	{ "propagation", CONN(propagation), .kind = CONF_KIND_TABLES },
	{ "tunnels", CONN(tunnels), .kind = CONF_KIND_GROUPS,
	    .required = true, RANGE(1, CONF_TUNNELS) },

	{ "local_outside_ip_address", TUN(local), .kind = CONF_KIND_OUTSIDE,
	    .required = true },
	{ "remote_outside_ip_address", TUN(remote),
	    .kind = CONF_KIND_OUTSIDE },
	{ "local_id", TUN(local_id), .kind = CONF_KIND_ID },
	{ "remote_id", TUN(remote_id), .kind = CONF_KIND_ID },
	{ "authentication", TUN(local_auth), .kind = CONF_KIND_WORD,
	    .words = auth_words, .def = "psk" },
	{ "remote_authentication", TUN(remote_auth), .kind = CONF_KIND_WORD,
	    .words = auth_words },
	{ "certificate", TUN(creds.certificate),
	    REFS(CONF_FILE_CERTIFICATE) },
	{ "private_key", TUN(creds.private_key), REFS(CONF_FILE_KEY) },
	{ "ca_certificates", TUN(creds.ca), REFS(CONF_FILE_CA),
	    RANGE(1, CONF_REFS) },
	{ "crls", TUN(creds.crl), REFS(CONF_FILE_CRL),
	    RANGE(1, CONF_REFS) },
	{ "revocation", TUN(creds.revocation), .kind = CONF_KIND_WORD,
	    .words = revocation_words, .def = "if-present" },
	{ "revocation_fetch", TUN(creds.fetch), .kind = CONF_KIND_BOOL,
	    .def = "false" },
	{ "rsa_pss", TUN(creds.rsa_pss), .kind = CONF_KIND_BOOL,
	    .def = "false" },
	{ "tunnel_inside_cidr", OWN(inside4), .kind = CONF_KIND_INSIDE4 },
	{ "tunnel_inside_ipv6_cidr", OWN(inside6),
	    .kind = CONF_KIND_INSIDE6 },
	{ "tunnel_inside_ip_version", TUN(inside), .kind = CONF_KIND_WORD,
	    .words = inside_words, .def = "ipv4" },
	{ "interface_name", OWN(ifname), .kind = CONF_KIND_IFNAME },
	{ "startup_action", TUN(start), .kind = CONF_KIND_WORD,
	    .words = startup_words },
	{ "ike_versions", TUN(ikev2), .kind = CONF_KIND_VERSIONS },
	{ "phase1_encryption_algorithms", TUN(phase1.encr),
	    ALGS(ALG_ENCR, ALG_FOR_IKE) },
	{ "phase1_integrity_algorithms", TUN(phase1.integ),
	    ALGS(ALG_INTEG, ALG_FOR_IKE) },
	{ "phase1_dh_group_numbers", TUN(phase1.ke), ALGS(ALG_KE, 0) },
	{ "phase1_additional_key_exchanges", TUN(phase1.addke),
	    .kind = CONF_KIND_ADDKE },
	{ "phase1_lifetime_seconds", TUN(phase1.lifetime),
	    .kind = CONF_KIND_SPAN, SHORT(900, 28800, 1), .unit = "seconds",
	    .def = "28800" },
	{ "phase2_encryption_algorithms", TUN(phase2.encr),
	    ALGS(ALG_ENCR, ALG_FOR_ESP) },
	{ "phase2_integrity_algorithms", TUN(phase2.integ),
	    ALGS(ALG_INTEG, ALG_FOR_ESP) },
	{ "phase2_dh_group_numbers", TUN(phase2.ke), ALGS(ALG_KE, 0) },
	{ "phase2_additional_key_exchanges", TUN(phase2.addke),
	    .kind = CONF_KIND_ADDKE },
	{ "extended_sequence_numbers", TUN(esn), .kind = CONF_KIND_BOOL,
	    .def = "true" },
	{ "proposal_order", TUN(order), .kind = CONF_KIND_WORD,
	    .words = order_words, .def = "ours" },
	{ "phase2_lifetime_seconds", TUN(phase2.lifetime),
	    .kind = CONF_KIND_SPAN, SHORT(900, 3600, 1), .unit = "seconds",
	    .def = "3600" },
	{ "phase2_lifetime_bytes", TUN(phase2_bytes),
	    .kind = CONF_KIND_NUMBER, SHORT(1048576, INT64_C(1) << 50, 65536),
	    .or_zero = true, .unit = "octets", .def = "0" },
	{ "phase2_lifetime_packets", TUN(phase2_packets),
	    .kind = CONF_KIND_NUMBER, SHORT(10000, INT64_C(1) << 50, 100),
	    .or_zero = true, .unit = "packets", .def = "0" },
	{ "rekey_margin_time_seconds", TUN(rekey_margin),
	    .kind = CONF_KIND_SPAN, SHORT(60, 1800, 0), .unit = "seconds",
	    .def = "270" },
	{ "rekey_fuzz_percentage", TUN(rekey_fuzz), .kind = CONF_KIND_NUMBER,
	    RANGE(0, 100), .unit = "percent", .def = "100" },
	{ "replay_window_size", TUN(replay_window), .kind = CONF_KIND_NUMBER,
	    RANGE(64, 2048), .unit = "packets", .def = "1024" },
	{ "dpd_timeout_seconds", TUN(dpd_timeout), .kind = CONF_KIND_SPAN,
	    SHORT(30, 86400, 1), .unit = "seconds", .def = "40" },
	{ "dpd_timeout_action", TUN(dpd_action), .kind = CONF_KIND_WORD,
	    .words = dpd_words, .def = "clear" },
	{ "retransmit_timeout_milliseconds", TUN(retransmit_ms),
	    .kind = CONF_KIND_NUMBER, RANGE(100, 60000),
	    .unit = "milliseconds", .def = "500" },
	{ "retransmit_timeout_max_seconds", TUN(retransmit_max),
	    .kind = CONF_KIND_SPAN, RANGE(1, 300), .unit = "seconds",
	    .def = "2" },
	{ "retransmit_tries", TUN(retransmit_tries),
	    .kind = CONF_KIND_NUMBER, RANGE(1, 100), .or_zero = true,
	    .unit = "times", .def = "0" },
	{ "force_encapsulation", TUN(force_encap), .kind = CONF_KIND_BOOL,
	    .def = "false" },
	{ "fragmentation", TUN(fragmentation), .kind = CONF_KIND_BOOL,
	    .def = "true" },
	{ "fragment_size", TUN(fragment_size), .kind = CONF_KIND_NUMBER,
	    RANGE(576, 65535), .unit = "octets", .def = "1280" },
	{ "message_id_sync", TUN(message_id_sync), .kind = CONF_KIND_BOOL,
	    .def = "true" },
	{ "session_resumption", TUN(session_resumption),
	    .kind = CONF_KIND_BOOL, .def = "false" },
	{ "ppk_id", TUN(ppk_id), .kind = CONF_KIND_TEXT },
	{ "ppk_required", TUN(ppk_required), .kind = CONF_KIND_BOOL,
	    .def = "false" },
	{ "childless", TUN(childless), .kind = CONF_KIND_WORD,
	    .words = childless_words, .def = "allow" },
	{ "accept_redirect", TUN(accept_redirect), .kind = CONF_KIND_BOOL,
	    .def = "false" },
	{ "redirect_gateways", TUN(gateways), .kind = CONF_KIND_GATEWAYS },
	{ "import_policy", TUN(bgp.import), .kind = CONF_KIND_POLICY },
	{ "export_policy", TUN(bgp.export), .kind = CONF_KIND_POLICY },
	{ "allowas_in", TUN(bgp.allowas_in), .kind = CONF_KIND_NUMBER,
	    RANGE(0, 10), .unit = "times", .def = "0" },
	{ "as_override", TUN(bgp.as_override), .kind = CONF_KIND_BOOL,
	    .def = "false" },
	{ "sender_loop_detection", TUN(bgp.loop_detection),
	    .kind = CONF_KIND_BOOL, .def = "true" },
	{ "remove_private_as", TUN(bgp.private_as), .kind = CONF_KIND_WORD,
	    .words = private_words, .def = "none" },
	{ "local_as", TUN(local_as), .kind = CONF_KIND_ASN,
	    RANGE(1, 4294967294) },
	{ "local_as_no_prepend", TUN(local_as_no_prepend),
	    .kind = CONF_KIND_BOOL, .def = "false" },
	{ "local_as_replace_as", TUN(local_as_replace_as),
	    .kind = CONF_KIND_BOOL, .def = "false" },
	{ "max_prefixes_in", TUN(bgp.max_in), .kind = CONF_KIND_NUMBER,
	    RANGE(1, 10000000), .or_zero = true, .unit = "prefixes",
	    .def = "0" },
	{ "max_prefixes_out", TUN(bgp.max_out), .kind = CONF_KIND_NUMBER,
	    RANGE(1, 10000000), .or_zero = true, .unit = "prefixes",
	    .def = "0" },
	{ "max_prefixes_warning_percentage", TUN(bgp.warn_percent),
	    .kind = CONF_KIND_NUMBER, RANGE(1, 100), .or_zero = true,
	    .unit = "percent", .def = "75" },
	{ "max_prefixes_restart_seconds", TUN(bgp.pause),
	    .kind = CONF_KIND_SPAN, SHORT(10, 86400, 1), .or_zero = true,
	    .unit = "seconds", .def = "300" },
	{ "graceful_shutdown", TUN(bgp.heed_shutdown),
	    .kind = CONF_KIND_BOOL, .def = "true" },
	{ "graceful_shutdown_seconds", TUN(bgp.drain),
	    .kind = CONF_KIND_SPAN, RANGE(1, 600), .or_zero = true,
	    .unit = "seconds", .def = "0" },
	{ "bgp_graceful_restart", TUN(bgp.restart), .kind = CONF_KIND_WORD,
	    .words = restart_words, .def = "helper" },
	{ "bgp_graceful_restart_seconds", TUN(bgp.restart_seconds),
	    .kind = CONF_KIND_NUMBER, RANGE(1, 4095), .unit = "seconds",
	    .def = "120" },
	{ "bgp_stale_routes_seconds", TUN(bgp.stale),
	    .kind = CONF_KIND_SPAN, SHORT(30, 86400, 1), .unit = "seconds",
	    .def = "180" },
	{ "bgp_authentication", TUN(session.auth), .kind = CONF_KIND_WORD,
	    .words = bgp_auth_words, .def = "none" },
	{ "bgp_role", TUN(session.role), .kind = CONF_KIND_WORD,
	    .words = bgp_role_words, .def = "none" },
	{ "bgp_add_path_receive", TUN(session.add_path),
	    .kind = CONF_KIND_BOOL, .def = "false" },
	{ "bgp_extended_next_hop", TUN(session.extended_hop),
	    .kind = CONF_KIND_BOOL, .def = "false" },
	{ "bgp_ttl_security", TUN(session.ttl_security),
	    .kind = CONF_KIND_BOOL, .def = "false" },
	{ "bgp_role_strict", TUN(session.role_strict),
	    .kind = CONF_KIND_BOOL, .def = "false" },
	{ "bfd", TUN(bfd.on), .kind = CONF_KIND_BOOL, .def = "false" },
	{ "bfd_minimum_interval_milliseconds", TUN(bfd.interval_ms),
	    .kind = CONF_KIND_NUMBER, RANGE(50, 60000),
	    .unit = "milliseconds", .def = "300" },
	{ "bfd_detect_multiplier", TUN(bfd.multiplier),
	    .kind = CONF_KIND_NUMBER, RANGE(1, 255), .unit = "packets",
	    .def = "3" },
	{ "bfd_strict", TUN(bfd.strict), .kind = CONF_KIND_BOOL,
	    .def = "false" },
	{ "enable_tunnel_lifecycle_control", TUN(upkeep.control),
	    .kind = CONF_KIND_BOOL, .def = "false" },
	{ "maintenance_auto_apply_seconds", TUN(upkeep.auto_apply),
	    .kind = CONF_KIND_SPAN, SHORT(60, 2592000, 1), .or_zero = true,
	    .unit = "seconds", .def = "604800" },
	{ "local_ipv4_network_cidr", TUN(local_ts[0]),
	    .kind = CONF_KIND_NET4, .def = "0.0.0.0/0" },
	{ "remote_ipv4_network_cidr", TUN(remote_ts[0]),
	    .kind = CONF_KIND_NET4, .def = "0.0.0.0/0" },
	{ "local_ipv6_network_cidr", TUN(local_ts[1]),
	    .kind = CONF_KIND_NET6, .def = "::/0" },
	{ "remote_ipv6_network_cidr", TUN(remote_ts[1]),
	    .kind = CONF_KIND_NET6, .def = "::/0" },

	{ "name", TABLE(name), .kind = CONF_KIND_NAME, .required = true },
	{ "table", TABLE(number), .kind = CONF_KIND_NUMBER, .required = true,
	    RANGE(1, 65535) },
	{ "vrf", TABLE(vrf), .kind = CONF_KIND_WORD, .words = vrf_words,
	    .def = "auto" },
	{ "routes", TABLE(statics), .kind = CONF_KIND_GROUPS,
	    RANGE(0, CONF_STATICS) },

	{ "prefix", STATIC(prefix), .kind = CONF_KIND_NET, .required = true },
	{ "connection", STATIC(connection), .kind = CONF_KIND_NAME },
	{ "vpc", STATIC(vpc), .kind = CONF_KIND_NAME },
	{ "blackhole", STATIC(blackhole), .kind = CONF_KIND_BOOL,
	    .def = "false" },

	{ "name", CUSTOMER(name), .kind = CONF_KIND_NAME, .required = true },
	{ "ip_address", CUSTOMER(ip), .kind = CONF_KIND_OUTSIDE },
	{ "bgp_asn", CUSTOMER(asn), .kind = CONF_KIND_ASN,
	    RANGE(1, 4294967295), .def = "65000" },
	{ "device_name", CUSTOMER(device), .kind = CONF_KIND_TEXT },
	{ "ca_certificates", CUSTOMER(ca), REFS(CONF_FILE_CA),
	    RANGE(1, CONF_REFS) },
	{ "remote_id", CUSTOMER(id), .kind = CONF_KIND_ID },

	{ "name", TARGET(name), .kind = CONF_KIND_NAME, .required = true },
	{ "type", TARGET(type), .kind = CONF_KIND_WORD,
	    .words = target_words, .required = true },
	{ "amazon_side_asn", TARGET(asn), .kind = CONF_KIND_ASN,
	    RANGE(1, 4294967294) },
	{ "route_table", TARGET(table), .kind = CONF_KIND_TABLE },
	{ "vpn_ecmp_support", TARGET(ecmp), .kind = CONF_KIND_BOOL,
	    .def = "true" },
	{ "default_route_table_association", TARGET(association),
	    .kind = CONF_KIND_TABLE },
	{ "default_route_table_propagation", TARGET(propagation),
	    .kind = CONF_KIND_TABLE },
	{ "vpc", TARGET(vpc), .kind = CONF_KIND_NAME },

	{ "name", VPC(name), .kind = CONF_KIND_NAME, .required = true },
	{ "interfaces", VPC(lans), .kind = CONF_KIND_LANS, .required = true },
	{ "prefixes", VPC(prefixes), .kind = CONF_KIND_REACHES },
	{ "next_hop", VPC(next_hop), .kind = CONF_KIND_HOPS },
	{ "association", VPC(association), .kind = CONF_KIND_TABLE },
	{ "propagation", VPC(propagation), .kind = CONF_KIND_TABLES },
	{ "forwarding", VPC(closed), .kind = CONF_KIND_WORD,
	    .words = forwarding_words, .def = "system" },

	{ "prefix", REACH(prefix), .kind = CONF_KIND_NET, .required = true },
	{ "next_hop", REACH(next_hop), .kind = CONF_KIND_OUTSIDE,
	    .required = true },

	{ "name", PLIST(name), .kind = CONF_KIND_NAME, .required = true },
	{ "entries", PLIST(list), .kind = CONF_KIND_ENTRIES,
	    .required = true },

	{ "name", POLICY(name), .kind = CONF_KIND_NAME, .required = true },
	{ "terms", POLICY(policy), .kind = CONF_KIND_GROUPS,
	    .required = true, RANGE(0, 1000) },

	{ "name", TERM(name), .kind = CONF_KIND_NAME },
	{ "match", TERM(match), .kind = CONF_KIND_GROUP },
	{ "set", TERM(set), .kind = CONF_KIND_GROUP },
	{ "then", TERM(then), .kind = CONF_KIND_WORD, .words = then_words,
	    .required = true },

	{ "prefix_list", MATCH(lists), .kind = CONF_KIND_PLISTS },
	{ "as_path", MATCH(paths), .kind = CONF_KIND_PATHS },
	{ "as_path_length", MATCH(hops), .kind = CONF_KIND_RANGE,
	    RANGE(0, 255) },
	{ "community_any", MATCH(any), .kind = CONF_KIND_PATTERNS },
	{ "community_all", MATCH(all), .kind = CONF_KIND_PATTERNS },
	{ "community_none", MATCH(none), .kind = CONF_KIND_PATTERNS },
	{ "ip_version", MATCH(family), .kind = CONF_KIND_WORD,
	    .words = version_words },
	{ "source", MATCH(source), .kind = CONF_KIND_WORD,
	    .words = source_words },
	{ "origin", MATCH(origin), .kind = CONF_KIND_WORD,
	    .words = origin_words },
	{ "local_pref", MATCH(local_pref), .kind = CONF_KIND_RANGE,
	    RANGE(0, 4294967295) },
	{ "med", MATCH(med), .kind = CONF_KIND_RANGE,
	    RANGE(0, 4294967295) },

	{ "local_pref", SET(local_pref), .kind = CONF_KIND_VALUE,
	    RANGE(0, 4294967295) },
	{ "med", SET(med), .kind = CONF_KIND_VALUE, RANGE(0, 4294967295) },
	{ "origin", SET(origin), .kind = CONF_KIND_WORD,
	    .words = origin_words },
	{ "prepend", SET(prepend), .kind = CONF_KIND_NUMBER,
	    RANGE(1, POLICY_PREPEND), .unit = "times" },
	{ "prepend_as", SET(prepend_asn), .kind = CONF_KIND_ASNS,
	    RANGE(1, 4294967294) },
	{ "communities", SET(communities), .kind = CONF_KIND_COMMUNITIES },
	{ "community_delete", SET(del), .kind = CONF_KIND_PATTERNS },
	{ "community_add", SET(add), .kind = CONF_KIND_COMMUNITIES },
};
_Static_assert(ARRAY_SIZE(keys) <= CONF_KEYS_MAX, "struct conf_seen is full");

const struct conf_key *
conf_key_at(size_t i)
{
	return i < ARRAY_SIZE(keys) ? &keys[i] : NULL;
}

bool
conf_key_holds_groups(const struct conf_key *key)
{
	return key->kind == CONF_KIND_GROUPS || key->kind == CONF_KIND_GROUP;
}

static bool
key_fits(const struct conf_key *key, enum conf_place place)
{
	return key->place == place ||
	    (key->shared && place == CONF_AT_CONNECTION);
}

const struct conf_key *
conf_key_find(enum conf_place place, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (key_fits(&keys[i], place) &&
		    strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

const struct conf_key *
conf_key_any(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

#define WORD_MAX	48	/* letters that count for likeness */

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Edits that turn one word into the other (Levenshtein), row by row. */
static unsigned
edits(const char *a, const char *b)
{
	size_t an = strnlen(a, WORD_MAX), bn = strnlen(b, WORD_MAX);
	unsigned row[WORD_MAX + 1];

	for (size_t j = 0; j <= bn; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= an; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= bn; j++) {
			unsigned above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1,
			    diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[bn];
}

/* How unlike a key what was written is: a key cut short is most alike. */
unsigned
conf_unlike(const char *name, const char *key)
{
	if (name[0] != '\0' && strncmp(name, key, strlen(name)) == 0)
		return 0;
	return edits(name, key);
}

const char *
conf_key_nearest(enum conf_place place, const char *name)
{
	const char *best = keys[0].name;
	unsigned least = UINT32_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		unsigned n;

		if (!key_fits(&keys[i], place))
			continue;
		n = conf_unlike(name, keys[i].name);
		if (n < least) {
			least = n;
			best = keys[i].name;
		}
	}
	return best;
}

void
conf_seen_add(struct conf_seen *seen, const struct conf_key *key)
{
	size_t i = (size_t)(key - keys);

	seen->word[i / 64] |= (uint64_t)1 << i % 64;
}

bool
conf_seen_has(struct conf_seen seen, const struct conf_key *key)
{
	size_t i = (size_t)(key - keys);

	return (seen.word[i / 64] >> i % 64 & 1) != 0;
}
