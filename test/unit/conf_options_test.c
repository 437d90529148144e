/*
 * Every key of a connection, a tunnel, a gateway and a customer gateway at the
 * borders of what it takes and just beyond, from the table of keys itself: a
 * key that is new is tried by its kind, and a kind without samples fails here.
 * With a directory as the argument the same texts are written there, for who
 * tries `vpnctl check` with them.
 */
#include "unit/conf_text.h"

#include <inttypes.h>

#include "crypto/prf.h"

/* What a key needs beside it, to be judged by itself. */
static const struct {
	const char	*key;
	int64_t		below;		/* for values up to this one; 0: all */
	const char	*conn, *tunnel;
} company[] = {
	{ "phase1_lifetime_seconds", 3600, "phase2_lifetime_seconds = 900; ",
	    "" },
	{ "phase2_lifetime_seconds", 900,
	    "rekey_margin_time_seconds = 60; ", "" },
	{ "retransmit_timeout_milliseconds", 0,
	    "dpd_timeout_seconds = 86400; ", "" },
	{ "crls", 0, "ca_certificates = \"ca.pem\"; ", "" },
	{ "revocation", 0, "revocation_fetch = false; ", "" },
	{ "ppk_required", 0, "", "ppk_id = \"x\"; " },
	{ "redirect_gateways", 0, "accept_redirect = true; ", "" },
	{ "local_as_no_prepend", 0, "local_as = 64777; ", "" },
	{ "local_as_replace_as", 0, "local_as = 64777; ", "" },
	{ "bgp_role_strict", 0, "bgp_role = \"provider\"; ", "" },
	{ "bgp_extended_next_hop", 0, "", "tunnel_inside_ip_version = "
	    "\"both\"; tunnel_inside_ipv6_cidr = \"fd00::/126\"; " },
	{ "bfd_strict", 0, "bfd = true; ", "" },
	{ "authentication", 0, "certificate = \"c.pem\"; private_key = "
	    "\"k.pem\"; ca_certificates = \"ca.pem\"; ", "" },
	{ "remote_authentication", 0, "ca_certificates = \"ca.pem\"; ", "" },
};

/* The text around it: what a key of this place may stand beside. */
enum frame { ROUTED, STATIC, ATTACHED, OBJECT_C, OBJECT_V, OBJECT_T };

/* Keys that want another frame than the others of their place. */
static const struct {
	enum conf_place	place;
	const char	*key;
	enum frame	frame;
} frames[] = {
	{ CONF_AT_CONNECTION, "routes", STATIC },
	{ CONF_AT_CONNECTION, "gateway", ATTACHED },
	{ CONF_AT_CONNECTION, "customer_gateway", ATTACHED },
	{ CONF_AT_CONNECTION, "static_routes_only", ATTACHED },
	{ CONF_AT_TARGET, "vpn_ecmp_support", OBJECT_T },
	{ CONF_AT_TARGET, "default_route_table_association", OBJECT_T },
	{ CONF_AT_TARGET, "default_route_table_propagation", OBJECT_T },
};

/* Values of kinds that have no range: good ones and such as are refused. */
static const struct sample {
	enum conf_kind	kind;
	const char	*good, *bad;
	bool		files;		/* names some that must be there */
} samples[] = {
	{ CONF_KIND_REFS, "\"a.pem\"", "\"\"", true },
	{ CONF_KIND_NAME, "\"a.b_c-1\"", "\"-a\"", false },
	{ CONF_KIND_TEXT, "\"x\"", "\"x y\"", false },
	{ CONF_KIND_IFNAME, "\"tun0\"", "\"lo\"", false },
	{ CONF_KIND_OUTSIDE, "\"192.0.2.7\"", "\"0.0.0.0\"", false },
	{ CONF_KIND_ID, "\"gw.example\"", "\"no name\"", false },
	{ CONF_KIND_INSIDE4, "\"169.254.255.252/30\"",
	    "\"169.254.169.252/30\"", false },
	{ CONF_KIND_INSIDE6, "\"fd00::/126\"", "\"fc00::/126\"",
	    false },
	{ CONF_KIND_NET4, "\"0.0.0.0/0\"", "\"10.0.0.1/8\"", false },
	{ CONF_KIND_NET6, "\"::/0\"", "\"10.0.0.0/8\"", false },
	{ CONF_KIND_PREFIXES, "[ \"10.7.0.0/16\" ]",
	    "[ \"10.7.0.1/16\" ]", false },
	{ CONF_KIND_ADDKE, "[ \"20 none\" ]", "[ \"1\" ]", false },
	{ CONF_KIND_VERSIONS, "[ \"ikev2\" ]",
	    "[ \"ikev2\", \"ikev1\" ]", false },
	{ CONF_KIND_GATEWAYS, "[ \"203.0.113.0/24\" ]",
	    "[ \"203.0.113.1/24\" ]", false },
	{ CONF_KIND_POLICY, "\"p\"", "\"q\"", false },
	{ CONF_KIND_TABLE, "\"blue\"", "\"green\"", false },
	{ CONF_KIND_TABLES, "[ \"main\", \"blue\" ]",
	    "[ \"blue\", \"blue\" ]", false },
	{ CONF_KIND_TARGET, "\"v1\"", "\"v2\"", false },
	{ CONF_KIND_CUSTOMER, "\"c1\"", "\"c2\"", false },
};

static const char *dir;		/* where texts go; NULL: nowhere */
static unsigned tried, bad;

static enum frame
frame_of(const struct conf_key *k)
{
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		if (frames[i].place == k->place &&
		    strcmp(frames[i].key, k->name) == 0)
			return frames[i].frame;
	}
	return k->place == CONF_AT_CUSTOMER ? OBJECT_C :
	    k->place == CONF_AT_TARGET ? OBJECT_V : ROUTED;
}

/* A default of ours in a frame, unless the key itself is it. */
static void
put(char *buf, size_t size, const struct conf_key *k, enum conf_place place,
    const char *key, const char *value)
{
	if (k->place != place || strcmp(k->name, key) != 0)
		str_add(buf, size, "%s = %s; ", key, value);
}

static void
put_objects(char *b, size_t n, const struct conf_key *k, enum frame f,
    const char *key)
{
	str_add(b, n, "customer_gateways = ( { ");
	put(b, n, k, CONF_AT_CUSTOMER, "name", "\"c1\"");
	put(b, n, k, CONF_AT_CUSTOMER, "ip_address", "\"198.51.100.9\"");
	str_add(b, n, "%s} ); gateways = ( { ", f == OBJECT_C ? key : "");
	put(b, n, k, CONF_AT_TARGET, "name", "\"v1\"");
	put(b, n, k, CONF_AT_TARGET, "type", f == OBJECT_T ? "\"transit\"" :
	    "\"virtual-private\"");
	str_add(b, n, "%s} ); ", f == OBJECT_V || f == OBJECT_T ? key : "");
}

static void
put_tunnels(char *b, size_t n, const struct conf_key *k, enum frame f,
    const char *tunnel)
{
	str_add(b, n, "tunnels = ( { ");
	put(b, n, k, CONF_AT_TUNNEL, "local_outside_ip_address",
	    "\"192.0.2.1\"");
	if (f != ATTACHED)
		put(b, n, k, CONF_AT_TUNNEL, "remote_outside_ip_address",
		    "\"198.51.100.1\"");
	put(b, n, k, CONF_AT_TUNNEL, "tunnel_inside_cidr",
	    "\"169.254.10.0/30\"");
	str_add(b, n, "%s}", tunnel);
	if (f == ATTACHED)
		str_add(b, n, ", { local_outside_ip_address = \"192.0.2.2\"; "
		    "tunnel_inside_cidr = \"169.254.10.4/30\"; }");
	str_add(b, n, " ); ");
}

/* conn and tunnel hold the key itself, in its place, and its company. */
static void
text_of(char *b, size_t n, const struct conf_key *k, const char *conn,
    const char *tunnel, const char *object)
{
	enum frame f = frame_of(k);

	str_set(b, n, "asn = 64512; prefix_lists = (); policies = ( { "
	    "name = \"p\"; terms = ( { then = \"accept\"; } ); } ); "
	    "route_tables = ( { name = \"blue\"; table = 100; } ); ");
	put_objects(b, n, k, f, object);
	str_add(b, n, "connections = ( { ");
	put(b, n, k, CONF_AT_CONNECTION, "name", "\"a\"");
	if (f != ATTACHED)
		put(b, n, k, CONF_AT_CONNECTION, "role", "\"hub\"");
	if (f == ROUTED || f >= OBJECT_C)
		put(b, n, k, CONF_AT_CONNECTION, "remote_asn", "65010");
	if (f == ATTACHED) {
		put(b, n, k, CONF_AT_CONNECTION, "gateway", "\"v1\"");
		put(b, n, k, CONF_AT_CONNECTION, "customer_gateway",
		    "\"c1\"");
	}
	str_add(b, n, "%s", conn);
	put_tunnels(b, n, k, f, tunnel);
	str_add(b, n, "} );\n");
}

static void
write_text(const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
keep(const struct conf_key *k, const char *text, const char *want)
{
	char name[128];

	snprintf(name, sizeof(name), "%04u-%s-%s.conf", tried, k->name,
	    want == NULL ? "taken" : "refused");
	write_text(name, text);
	if (want == NULL)
		return;
	name[strlen(name) - 4] = '\0';
	str_add(name, sizeof(name), "why");
	write_text(name, want);
}

/* want NULL: taken; otherwise what the error says of the key. */
static void
try(const struct conf_key *k, const char *value, int64_t number,
    const char *want, bool files)
{
	char own[512], conn[1024] = "", tunnel[1024] = "", text[4096];
	char error[700], line[600];
	struct conf *conf;

	snprintf(own, sizeof(own), "%s = %s; ", k->name, value);
	for (size_t i = 0; i < ARRAY_SIZE(company); i++) {
		if (strcmp(company[i].key, k->name) != 0 ||
		    (company[i].below != 0 && number > company[i].below))
			continue;
		str_add(conn, sizeof(conn), "%s", company[i].conn);
		str_add(tunnel, sizeof(tunnel), "%s", company[i].tunnel);
	}
	if (k->place == CONF_AT_TUNNEL)
		str_add(tunnel, sizeof(tunnel), "%s", own);
	else if (k->place == CONF_AT_CONNECTION)
		str_add(conn, sizeof(conn), "%s", own);
	text_of(text, sizeof(text), k, conn, tunnel, own);
	conf = parse(text, line);
	tried++;
	snprintf(error, sizeof(error), "%s: %s", k->name,
	    want == NULL ? "" : want);
	if (want == NULL ? line[0] != '\0' : strstr(line, want) == NULL ||
	    strstr(line, k->name) == NULL) {
		print_error("%s = %s:\n  got  %s\n  want %s\n", k->name,
		    value, line, error);
		bad++;
	}
	if (dir != NULL && !files)
		keep(k, text, want);
	conf_free(conf);
}

/* --- by kind --- */

static bool
is_reserved(const struct conf_key *k, int64_t v)
{
	return k->kind == CONF_KIND_ASN && (v == 23456 || v == 65535);
}

static void
try_number(const struct conf_key *k, int64_t v)
{
	char value[32], want[200];
	bool in = (v >= k->min && v <= k->max) || (k->or_zero && v == 0);

	snprintf(value, sizeof(value), "%" PRId64, v);
	snprintf(want, sizeof(want), "must be %s%" PRId64 " to %" PRId64
	    "%s%s, not %" PRId64, k->or_zero ? "0 or " : "", k->min, k->max,
	    k->unit != NULL ? " " : "", k->unit != NULL ? k->unit : "", v);
	if (is_reserved(k, v))
		snprintf(want, sizeof(want), "AS %" PRId64 " is reserved and "
		    "cannot be used", v);
	try(k, value, v, in && !is_reserved(k, v) ? NULL : want, false);
}

/* Ranges of gateways' AS numbers are narrower: conf_objects_test.c. */
static void
try_range(const struct conf_key *k)
{
	bool narrow = strcmp(k->name, "amazon_side_asn") == 0;
	/* That of phase 2 must be less, and cannot. */
	bool first = strcmp(k->name, "phase1_lifetime_seconds") == 0;

	try_number(k, narrow ? 64512 : first ? k->min + 1 : k->min);
	try_number(k, k->max);
	try_number(k, k->min - 1);
	try_number(k, k->max + 1);
	if (k->or_zero)
		try_number(k, 0);
	if (k->kind == CONF_KIND_ASN && !narrow) {
		try_number(k, 23456);
		try_number(k, 65535);
	}
	try(k, "\"1\"", 0, "must be a whole number, not a text", false);
	try(k, "1.5", 0, "must be a whole number, not a fraction", false);
}

/* Words that the frame has no company for. */
static bool
is_apart(const char *key, const char *word)
{
	return strcmp(key, "bgp_authentication") == 0 &&
	    strcmp(word, "none") != 0;
}

static void
try_words(const struct conf_key *k)
{
	for (const struct conf_word *w = k->words; w->s != NULL; w++) {
		char value[64];
		bool files = strcmp(w->s, "certificate") == 0 ||
		    is_apart(k->name, w->s);

		/* Without IPv4 there is no BGP in this frame. */
		if (strcmp(k->name, "tunnel_inside_ip_version") == 0 &&
		    strcmp(w->s, "ipv6") == 0)
			continue;
		snprintf(value, sizeof(value), "\"%s\"", w->s);
		try(k, value, 0, NULL, files ||
		    strstr(k->name, "authentication") != NULL);
	}
	try(k, "\"bogus\"", 0, "not \"bogus\"", false);
	try(k, "7", 0, "must be a text in quotes, not a number", false);
}

static void
try_bool(const struct conf_key *k)
{
	try(k, "true", 0, NULL, strcmp(k->name, "ppk_required") == 0);
	try(k, "false", 0, NULL, strcmp(k->name, "ppk_required") == 0);
	try(k, "1", 0, "must be true or false, not a number", false);
}

static void
try_algs(const struct conf_key *k)
{
	const struct alg *a;
	char value[64];

	for (size_t i = 0; (a = alg_at(i)) != NULL; i++) {
		if (a->type != k->alg || a->conf == NULL ||
		    (a->flags & k->alg_flag) != k->alg_flag ||
		    !crypto_has(a))
			continue;
		snprintf(value, sizeof(value), k->alg == ALG_KE ? "[ %s ]" :
		    "[ \"%s\" ]", a->conf);
		try(k, value, 0, NULL, false);
	}
	try(k, k->alg == ALG_KE ? "[ 1 ]" : "[ \"DES\" ]", 0,
	    "is not supported; supported: ", false);
	try(k, "[ ]", 0, "must name at least one", false);
}

static const struct sample *
sample_of(const struct conf_key *k)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		if (samples[i].kind == k->kind)
			return &samples[i];
	}
	return NULL;
}

static void
try_sample(const struct conf_key *k)
{
	const struct sample *s = sample_of(k);

	if (s == NULL) {
		print_error("%s is of a kind without samples\n", k->name);
		bad++;
		return;
	}
	/* A name that others have, or a file or key that is not there. */
	try(k, s->good, 0, NULL, s->files || k->kind == CONF_KIND_NAME ||
	    strcmp(k->name, "ppk_id") == 0);
	try(k, s->bad, 0, "", false);
}

static void
try_key(const struct conf_key *k)
{
	unsigned before = tried;

	if (k->kind == CONF_KIND_NUMBER || k->kind == CONF_KIND_SPAN ||
	    k->kind == CONF_KIND_ASN)
		try_range(k);
	else if (k->kind == CONF_KIND_WORD)
		try_words(k);
	else if (k->kind == CONF_KIND_BOOL)
		try_bool(k);
	else if (k->kind == CONF_KIND_ALGS)
		try_algs(k);
	else
		try_sample(k);
	if (tried - before < 2) {
		print_error("%s was hardly tried\n", k->name);
		bad++;
	}
}

static bool
is_option(const struct conf_key *k)
{
	return !conf_key_holds_groups(k) &&
	    (k->place == CONF_AT_CONNECTION || k->place == CONF_AT_TUNNEL ||
	    k->place == CONF_AT_CUSTOMER || k->place == CONF_AT_TARGET);
}

static void
every_key_is_tried_at_its_borders(void **state)
{
	const struct conf_key *k;
	unsigned keys = 0;

	(void)state;
	for (size_t i = 0; (k = conf_key_at(i)) != NULL; i++) {
		if (!is_option(k))
			continue;
		keys++;
		try_key(k);
	}
	print_message("%u keys, %u texts\n", keys, tried);
	assert_int_equal(bad, 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_tried_at_its_borders),
	};

	dir = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
