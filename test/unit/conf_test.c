/*
 * The configuration reader: the values that come out, their defaults, the
 * examples and the manual.
 */
#include "gw/conf_read.h"
#include "unit/conf_text.h"

static const char whole[] =
	"asn = 4200000000; interface = \"xfrmi\"; secrets = \"s\";\n"
	"connections = ( {\n"
	"  name = \"h\"; role = \"hub\"; remote_asn = 65010;\n"
	"  networks = [ \"10.1.0.0/16\", \"10.2.0.0/16\" ];\n"
	"  bgp_hold_time_seconds = 9; dpd_timeout_action = \"restart\";\n"
	"  local_ipv4_network_cidr = \"0.0.0.0/0\";\n"
	"  phase1_encryption_algorithms = [ \"AES128\" ];\n"
	"  local_outside_ip_address = \"192.0.2.1\";\n"
	"  tunnels = ( {\n"
	"    remote_outside_ip_address = \"198.51.100.1\";\n"
	"    tunnel_inside_cidr = \"169.254.10.3/30\";\n"
	"    tunnel_inside_ipv6_cidr = \"fd00:10::/126\";\n"
	"  }, {\n"
	"    remote_id = \"joe@x.org\"; local_id = \"hub.x.org\";\n"
	"    phase1_encryption_algorithms = [ \"AES256\", \"AES128\" ];\n"
	"    tunnel_inside_cidr = \"169.254.11.0/30\";\n"
	"    dpd_timeout_action = \"none\"; interface_name = \"east\";\n"
	"    force_encapsulation = true; fragmentation = false;\n"
	"    fragment_size = 576; message_id_sync = false;"
	"    session_resumption = true; bfd = true; bfd_strict = true;"
	"    bfd_minimum_interval_milliseconds = 100;"
	"    bfd_detect_multiplier = 5;"
	"    phase2_lifetime_bytes = 5000000000;\n"
	"  } );\n"
	"}, {\n"
	"  name = \"d\"; role = \"device\"; routes = [ \"10.9.0.0/16\" ];\n"
	"  tunnels = ( {\n"
	"    local_outside_ip_address = \"2001:db8::1\";\n"
	"    remote_outside_ip_address = \"2001:db8::2\";\n"
	"    tunnel_inside_cidr = \"169.254.12.0/30\";\n"
	"    local_ipv4_network_cidr = \"10.0.0.0/8\";\n"
	"    remote_ipv4_network_cidr = \"172.16.0.0/12\";\n"
	"  } );\n"
	"} );\n";

#define assert_addr(a, s) do {						\
	char got_[ADDR_STRLEN];						\
	assert_string_equal(addr_str(&(a), got_), s);			\
} while (0)
#define assert_prefix(p, s) do {					\
	char got_[PREFIX_STRLEN];					\
	assert_string_equal(prefix_str(&(p), got_), s);			\
} while (0)

static void
values_come_out_as_written(void **state)
{
	char id[CONF_ID_LEN];
	(void)state;
	char line[600];
	struct conf *c = parse(whole, line);
	const struct conf_connection *h, *d;
	const struct conf_tunnel *t;

	assert_string_equal(line, "");
	assert_int_equal(c->asn, 4200000000);
	assert_int_equal(c->interface, KERN_LINK_XFRMI);
	assert_string_equal(c->secrets, "s");
	assert_int_equal(c->n, 2);
	assert_int_equal(c->router_id, 0xa9fe0a01);
	h = conf_find(c, "h");
	d = conf_find(c, "d");
	assert_null(conf_find(c, "x"));
	assert_true(h->hub);
	assert_false(d->hub);
	assert_int_equal(h->line, 2);
	assert_int_equal(d->line, 21);
	assert_int_equal(h->remote_asn, 65010);
	assert_int_equal(h->hold_time, 9);
	assert_int_equal(d->hold_time, 30);
	assert_int_equal(h->networks.n, 2);
	assert_prefix(h->networks.v[1], "10.2.0.0/16");
	assert_int_equal(d->routes.n, 1);
	assert_int_equal(h->tunnels_n, 2);
	t = &h->tunnels[0];
	assert_int_equal(t->number, 1);
	assert_int_equal(t->index, 1);
	assert_string_equal(t->ifname, "vpn1");
	assert_addr(t->local, "192.0.2.1");
	assert_int_equal(t->local_id.type, CONF_ID_IPV4);
	assert_int_equal(t->local_id.n, 4);
	assert_string_equal(conf_id_str(&t->remote_id, id), "198.51.100.1");
	assert_prefix(t->inside4, "169.254.10.0/30");
	assert_int_equal(t->dpd_action, CONF_DPD_RESTART);
	assert_int_equal(t->phase1.encr.n, 1);
	assert_false(t->start);
	t = &h->tunnels[1];
	assert_int_equal(t->number, 2);
	assert_string_equal(t->ifname, "east");
	assert_false(addr_is_set(&t->remote));
	assert_int_equal(t->local_id.type, CONF_ID_FQDN);
	assert_int_equal(t->remote_id.type, CONF_ID_EMAIL);
	assert_memory_equal(t->remote_id.data, "joe@x.org", t->remote_id.n);
	assert_int_equal(t->dpd_action, CONF_DPD_NONE);
	assert_int_equal(t->phase1.encr.n, 2);
	assert_string_equal(alg_at(t->phase1.encr.row[0])->conf, "AES256");
	assert_true(t->force_encap);
	assert_false(t->fragmentation);
	assert_int_equal(t->fragment_size, 576);
	assert_false(t->message_id_sync);
	assert_true(t->session_resumption);
	assert_true(t->bfd.on && t->bfd.strict);
	assert_int_equal(t->bfd.interval_ms, 100);
	assert_int_equal(t->bfd.multiplier, 5);
	assert_int_equal(t->phase2_bytes, 5000000000);
	assert_int_equal(t->phase2_packets, 0);
	t = &d->tunnels[0];
	assert_int_equal(t->index, 3);
	assert_string_equal(t->ifname, "vpn3");
	assert_true(t->start);
	assert_int_equal(t->local_id.type, CONF_ID_IPV6);
	assert_int_equal(t->local_id.n, 16);
	conf_free(c);
}

static void
roles_decide_what_is_ours(void **state)
{
	(void)state;
	char line[600];
	struct conf *c = parse(whole, line);
	const struct conf_tunnel *hub = &c->connections[0].tunnels[0];
	const struct conf_tunnel *device = &c->connections[1].tunnels[0];

	assert_addr(hub->local4, "169.254.10.1");
	assert_addr(hub->remote4, "169.254.10.2");
	assert_addr(hub->local6, "fd00:10::1");
	assert_addr(hub->remote6, "fd00:10::2");
	assert_addr(device->local4, "169.254.12.2");
	assert_addr(device->remote4, "169.254.12.1");
	assert_false(addr_is_set(&device->local6));
	assert_prefix(device->local_ts[0], "10.0.0.0/8");
	assert_prefix(device->remote_ts[0], "172.16.0.0/12");
	assert_false(addr_is_set(&device->local_ts[1].addr));
	conf_free(c);
	c = parse(TUN("local_ipv4_network_cidr = \"10.0.0.0/8\"; "
	    "tunnel_inside_ip_version = \"both\";"), line);
	hub = &c->connections[0].tunnels[0];
	assert_prefix(hub->remote_ts[0], "10.0.0.0/8");
	assert_prefix(hub->local_ts[0], "0.0.0.0/0");
	assert_prefix(hub->local_ts[1], "::/0");
	conf_free(c);
}

/* Names of configuration, in order, with blanks between. */
static void
assert_algs(const struct conf_algs *list, const char *expected)
{
	char text[200] = "";

	for (size_t i = 0; i < list->n; i++)
		str_add(text, sizeof(text), "%s%s", i > 0 ? " " : "",
		    alg_at(list->row[i])->conf);
	assert_string_equal(text, expected);
}

static void
defaults_are_those_of_the_service(void **state)
{
	(void)state;
	char line[600];
	struct conf *c = parse(TUN(""), line);
	const struct conf_tunnel *t = &c->connections[0].tunnels[0];

	assert_int_equal(c->interface, KERN_LINK_AUTO);
	assert_int_equal(span_to_s(t->phase1.lifetime), 28800);
	assert_int_equal(span_to_s(t->phase2.lifetime), 3600);
	assert_int_equal(span_to_s(t->rekey_margin), 270);
	assert_int_equal(t->rekey_fuzz, 100);
	assert_int_equal(t->replay_window, 1024);
	assert_int_equal(span_to_s(t->dpd_timeout), 40);
	assert_int_equal(t->dpd_action, CONF_DPD_CLEAR);
	assert_int_equal(t->retransmit_ms, 500);
	assert_int_equal(span_to_s(t->retransmit_max), 2);
	assert_int_equal(t->retransmit_tries, 0);
	assert_false(t->force_encap);
	assert_true(t->fragmentation);
	assert_int_equal(t->fragment_size, 1280);
	assert_true(t->message_id_sync);
	assert_false(t->session_resumption);
	assert_false(t->bfd.on || t->bfd.strict);
	assert_int_equal(t->bfd.interval_ms, 300);
	assert_int_equal(t->bfd.multiplier, 3);
	assert_int_equal(t->phase2_bytes, 0);
	assert_int_equal(t->phase2_packets, 0);
	assert_int_equal(t->inside, CONF_INSIDE_IPV4);
	assert_true(t->esn);
	assert_int_equal(t->order, CONF_ORDER_OURS);
	assert_algs(&t->phase1.encr, "AES256-GCM-16 CHACHA20-POLY1305 "
	    "AES128-GCM-16 AES256 AES128");
	assert_algs(&t->phase2.encr, "AES256-GCM-16 CHACHA20-POLY1305 "
	    "AES128-GCM-16 AES256 AES128");
	assert_algs(&t->phase1.integ, "SHA2-512 SHA2-384 SHA2-256");
	assert_algs(&t->phase2.integ, "SHA2-512 SHA2-384 SHA2-256");
	assert_algs(&t->phase1.ke, "31 21 32 20 19 16 15 18 17 14");
	assert_algs(&t->phase2.ke, "31 21 32 20 19 16 15 18 17 14");
	conf_free(c);
}

static void
a_default_margin_shrinks_with_the_lifetime(void **state)
{
	(void)state;
	char line[600];
	struct conf *c = parse(LAB("phase2_lifetime_seconds = 10;"), line);

	assert_string_equal(line, "");
	assert_int_equal(c->connections[0].tunnels[0].rekey_margin.ns,
	    2500000000);
	conf_free(c);
}

/* Reload compares tunnels octet by octet, padding and all. */
static void
the_same_text_gives_the_same_octets(void **state)
{
	(void)state;
	char one[600], two[600];
	struct conf *a, *b;

	memset(one, 0xaa, sizeof(one));
	a = parse(whole, one);
	memset(two, 0x55, sizeof(two));
	b = parse(whole, two);
	for (size_t i = 0; i < 2 * a->n; i++)
		assert_true(conf_tunnel_eq(
		    &a->connections[i / 2].tunnels[i % 2],
		    &b->connections[i / 2].tunnels[i % 2]));
	conf_free(a);
	conf_free(b);
}

static void
ten_thousand_tunnels_are_read(void **state)
{
	(void)state;
	size_t cap = 4 << 20, n = 0;
	char *text = malloc(cap), line[600];
	struct conf *c;

	n += (size_t)snprintf(text, cap, "asn = 1; connections = (");
	for (unsigned i = 0; i < 5000; i++)
		n += (size_t)snprintf(text + n, cap - n, "%s\n{ name = "
		    "\"c%u\"; role = \"hub\"; local_outside_ip_address = "
		    "\"192.0.2.1\"; tunnels = ( { remote_id = \"a%u\"; }, "
		    "{ remote_id = \"b%u\"; } ); }", i > 0 ? "," : "", i, i,
		    i == 4999 ? 17 : i);
	snprintf(text + n, cap - n, " );");
	c = parse(text, line);
	assert_null(c);
	assert_string_equal(line, "t.conf:5001: connections[4999].tunnels[1]."
	    "remote_outside_ip_address: is already the pair of outside "
	    "addresses and identities of c17/2");
	strstr(text, "\"b17\"")[1] = 'x';
	c = parse(text, line);
	assert_string_equal(line, "");
	assert_int_equal(c->n, 5000);
	assert_string_equal(c->connections[4999].tunnels[1].ifname,
	    "vpn10000");
	conf_free(c);
	free(text);
}

static char *
read_file(const char *path)
{
	static char buf[1 << 17];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		fail_msg("%s cannot be read", path);
	n = fread(buf, 1, sizeof(buf) - 1, f);
	fclose(f);
	buf[n] = '\0';
	return buf;
}

static void
the_examples_are_valid(void **state)
{
	(void)state;
	static const char *const files[] = {
		"etc/vpnd.conf.example", "etc/vpnd.conf.branch.example",
	};
	char line[600];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct conf *c = parse(read_file(files[i]), line);

		assert_string_equal(line, "");
		assert_true(c->n > 0);
		conf_free(c);
	}
}

/* The item of a key in the manual: from its .It line to the next one. */
static bool
manual_says(const char *page, const char *key, const char *what)
{
	char head[96], item[2048];
	const char *from, *to;

	snprintf(head, sizeof(head), "\n.It Ic %s\n", key);
	from = strstr(page, head);
	if (from == NULL)
		return false;
	to = strstr(from + strlen(head), "\n.It Ic ");
	snprintf(item, sizeof(item), "%.*s", (int)(to == NULL ?
	    strlen(from) : (size_t)(to - from)), from);
	return what == NULL || strstr(item, what) != NULL;
}

static void
the_manual_has_every_key_with_default_and_range(void **state)
{
	(void)state;
	const char *page = read_file("etc/vpnd.conf.5");
	const struct conf_key *k;
	unsigned bad = 0;

	for (size_t i = 0; (k = conf_key_at(i)) != NULL; i++) {
		char range[64], def[64];

		snprintf(range, sizeof(range), "%lld to %lld",
		    (long long)k->min, (long long)k->max);
		snprintf(def, sizeof(def), "Default: %s", k->def);
		if (!manual_says(page, k->name, NULL)) {
			print_error("%s is not in the manual\n", k->name);
			bad++;
			continue;
		}
		if (k->max > 0 && k->kind != CONF_KIND_GROUPS &&
		    !manual_says(page, k->name, range)) {
			print_error("%s lacks \"%s\"\n", k->name, range);
			bad++;
		}
		if (k->def != NULL && !manual_says(page, k->name, def)) {
			print_error("%s lacks \"%s\"\n", k->name, def);
			bad++;
		}
		for (const struct conf_word *w = k->words; w != NULL &&
		    w->s != NULL; w++) {
			if (manual_says(page, k->name, w->s))
				continue;
			print_error("%s lacks \"%s\"\n", k->name, w->s);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

static void
the_peer_may_only_be_where_the_file_says(void **state)
{
	static const struct {
		const char	*keys, *addr;
		bool		may;
	} rows[] = {
		{ "", "198.51.100.9", true },
		{ "", "203.0.113.9", false },
		{ "accept_redirect = true;", "203.0.113.9", true },
		{ "accept_redirect = true;", "2001:db8::9", false },
		{ "accept_redirect = true; redirect_gateways = "
		    "[ \"203.0.113.0/29\" ];", "203.0.113.9", false },
		{ "accept_redirect = true; redirect_gateways = "
		    "[ \"203.0.113.0/29\" ];", "198.51.100.9", true },
		{ "accept_redirect = true; redirect_gateways = [ "
		    "\"203.0.113.0/29\", \"203.0.113.9\" ];",
		    "203.0.113.9", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct conf_error err;
		struct conf *conf;
		char text[1024];
		struct addr a;

		snprintf(text, sizeof(text), "asn = 65000; connections = ( { "
		    "name = \"a\"; role = \"hub\"; routes = [ "
		    "\"10.9.0.0/16\" ]; local_outside_ip_address = "
		    "\"192.0.2.1\"; remote_outside_ip_address = "
		    "\"198.51.100.9\"; %s tunnels = ( { tunnel_inside_cidr = "
		    "\"169.254.9.0/30\"; } ); } );", rows[i].keys);
		conf = conf_parse(bytes_str(text), "t.conf", &err);
		assert_non_null(conf);
		assert_true(addr_parse(&a, rows[i].addr));
		assert_int_equal(conf_may_be_peer(
		    &conf->connections[0].tunnels[0], &a), rows[i].may);
		conf_free(conf);
	}
}

static void
an_identity_is_told_as_it_is_written(void **state)
{
	static const struct {
		const char	*written;
		enum conf_id_type type;
	} ids[] = {
		{ "192.0.2.7", CONF_ID_IPV4 }, { "2001:db8::7", CONF_ID_IPV6 },
		{ "gw.example", CONF_ID_FQDN }, { "joe@x.org", CONF_ID_EMAIL },
		{ "CN=gw, O=x", CONF_ID_DN },
	};
	uint8_t room[2][CONF_ID_DATA];
	struct conf_id id, other;
	struct reason why;
	char text[CONF_ID_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		assert_null(conf_id_parse(&id, room[0], ids[i].written,
		    &why));
		assert_int_equal(id.type, ids[i].type);
		assert_null(conf_id_parse(&other, room[1],
		    conf_id_str(&id, text), &why));
		assert_true(conf_id_eq(&other, &id));
		if (id.type != CONF_ID_DN)
			assert_string_equal(text, ids[i].written);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identity_is_told_as_it_is_written),
		cmocka_unit_test(values_come_out_as_written),
		cmocka_unit_test(the_peer_may_only_be_where_the_file_says),
		cmocka_unit_test(roles_decide_what_is_ours),
		cmocka_unit_test(defaults_are_those_of_the_service),
		cmocka_unit_test(a_default_margin_shrinks_with_the_lifetime),
		cmocka_unit_test(the_same_text_gives_the_same_octets),
		cmocka_unit_test(ten_thousand_tunnels_are_read),
		cmocka_unit_test(the_examples_are_valid),
		cmocka_unit_test(
		    the_manual_has_every_key_with_default_and_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
