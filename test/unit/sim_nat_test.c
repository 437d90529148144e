/*
 * Three devices behind one NAT address, and two connections between the same
 * two addresses: the hub tells them apart by port, identity and SPI, each has
 * its own key exchange, SAs and traffic (RFC 7296 sections 2.9, 2.23, 3.5).
 */
#include "unit/sim_pair.h"
#include "util/array.h"

#define DEVICES	3

static struct world w;
static struct gate *hub, *device[DEVICES];
static struct link *line[DEVICES];

#define ALGS								\
	"phase1_encryption_algorithms = [ \"AES128-GCM-16\" ];"		\
	"phase1_integrity_algorithms = [ \"SHA2-256\" ];"		\
	"phase1_dh_group_numbers = [ 31 ];"				\
	"phase2_encryption_algorithms = [ \"AES128-GCM-16\" ];"		\
	"phase2_dh_group_numbers = [ 31 ];"

/* One connection with one tunnel and a static route. */
static void
put(char *text, const char *name, bool is_hub, const char *outside,
    unsigned n)
{
	str_add(text, PAIR_TEXT, "%s{ name = \"%s\"; role = \"%s\"; "
	    "routes = [ \"10.%s%u.0.0/16\" ]; " ALGS " tunnels = ( { %s "
	    "local_id = \"%s%u.example\"; remote_id = \"%s%u.example\"; "
	    "interface_name = \"%s\"; "
	    "tunnel_inside_cidr = \"169.254.1%u.0/30\"; } ); }\n",
	    strstr(text, "name") == NULL ? "" : ",", name,
	    is_hub ? "hub" : "device", is_hub ? "2" : "10", n, outside,
	    is_hub ? "hub" : "device", n, is_hub ? "device" : "hub", n,
	    name, n);
}

static void
configure(struct gate *g, const char *body)
{
	char text[PAIR_TEXT];

	str_fmt(text, sizeof(text), "connections = (\n%s);\n", body);
	gate_conf(g, text);
}

/* The hub knows the NAT's address, or nothing but names. */
static void
behind_one_nat(const char *remote)
{
	static const char *const names[DEVICES] = { "one", "two", "three" };
	static const char *const inner[DEVICES] = {
		"192.168.0.1", "192.168.0.2", "192.168.0.3",
	};
	char hubs[PAIR_TEXT] = "", devices[PAIR_TEXT], at[200];

	world_init(&w, 3);
	hub = gate_new(&w, "hub", KERN_LINK_XFRMI);
	for (unsigned i = 0; i < DEVICES; i++) {
		str_fmt(at, sizeof(at), "local_outside_ip_address = "
		    "\"192.0.2.1\"; %s", remote);
		put(hubs, names[i], true, at, i);
		str_fmt(at, sizeof(at), "local_outside_ip_address = \"%s\"; "
		    "remote_outside_ip_address = \"192.0.2.1\";", inner[i]);
		devices[0] = '\0';
		put(devices, names[i], false, at, i);
		device[i] = gate_new(&w, names[i], KERN_LINK_VTI);
		configure(device[i], devices);
		line[i] = link_new(&w, hub, "192.0.2.1", device[i], inner[i]);
		link_nat(line[i], "203.0.113.9", (uint16_t)(1000 * (i + 1)));
	}
	configure(hub, hubs);
	gate_start(hub);
	for (unsigned i = 0; i < DEVICES; i++)
		gate_start(device[i]);
}

static void
up(void)
{
	struct reason why = { "" };

	for (unsigned i = 0; i < 900; i++) {
		world_run(&w, span_ms(100));
		assert_string_equal(w.trouble.s, "");
		if (check_up(&w, &why))
			return;
	}
	fail_msg("%s", why.s);
}

/* A packet each way between the hosts of tunnel i arrives. */
static void
carries(unsigned i)
{
	char there[32], here[32];

	str_fmt(there, sizeof(there), "10.2%u.0.7", i);
	str_fmt(here, sizeof(here), "10.10%u.0.5", i);
	w.tally = (struct world_tally){ 0 };
	packet_probe(hub, here, there, i);
	packet_probe(device[i], there, here, i);
	world_run(&w, span_ms(200));
	assert_string_equal(w.trouble.s, "");
	if (w.tally.arrived != 2)
		fail_msg("%u of 2 arrived: %s", w.tally.arrived,
		    w.tally.why == NULL ? "lost" : w.tally.why);
}

static void
hub_sees(const char *tunnel, const char *from)
{
	assert_string_equal(pair_get(hub, tunnel, "ike.remote"), from);
}

static const char *const remotes[] = {
	"remote_outside_ip_address = \"203.0.113.9\";", "",
};

static void
devices_behind_one_nat_address_are_told_apart(void **state)
{
	(void)state;
	for (size_t r = 0; r < 2; r++) {
		behind_one_nat(remotes[r]);
		up();
		hub_sees("one/1", "203.0.113.9:5500");
		hub_sees("two/1", "203.0.113.9:6500");
		hub_sees("three/1", "203.0.113.9:7500");
		assert_int_equal(hub->kernel.sas_n, 6);
		for (unsigned i = 0; i < DEVICES; i++)
			carries(i);
		/* They rekey at once, both ends both kinds. */
		for (unsigned i = 0; i < DEVICES; i++)
			done(device[i], i == 1 ? "{\"command\":\"rekey\","
			    "\"name\":\"two\",\"what\":\"ike\"}" :
			    i == 0 ? "{\"command\":\"rekey\",\"name\":\"one\","
			    "\"what\":\"child\"}" : "{\"command\":\"rekey\","
			    "\"name\":\"three\",\"what\":\"child\"}");
		done(hub, "{\"command\":\"rekey\",\"name\":\"three\","
		    "\"what\":\"child\"}");
		world_run(&w, span_s(20));
		up();
		for (unsigned i = 0; i < DEVICES; i++)
			carries(i);
		world_fini(&w);
	}
}

/* How many of the hub's peers are known to be there: configured, connected. */
static void
known_at(const char *address, unsigned configured, unsigned connected)
{
	unsigned n[2] = { 0, 0 };
	struct addr at[2], there;
	size_t pos = 0;

	assert_true(addr_parse(&there, address));
	while (gw_peer_at(hub->gw, &pos, at)) {
		for (int i = 0; i < 2; i++) {
			if (addr_is_set(&at[i])) {
				assert_true(addr_eq(&at[i], &there));
				n[i]++;
			}
		}
	}
	assert_int_equal(n[0], configured);
	assert_int_equal(n[1], connected);
}

/* The host gives these addresses' datagrams precedence. */
static void
it_is_known_where_peers_are(void **state)
{
	uint32_t changed;

	(void)state;
	for (size_t r = 0; r < 2; r++) {
		behind_one_nat(remotes[r]);
		known_at("203.0.113.9", r == 0 ? DEVICES : 0, 0);
		changed = gw_peers_changed(hub->gw);
		up();
		/* Where it is configured to be is no news. */
		assert_int_equal(gw_peers_changed(hub->gw) != changed, r == 1);
		known_at("203.0.113.9", r == 0 ? DEVICES : 0, DEVICES);
		changed = gw_peers_changed(hub->gw);
		gate_crash(device[0], false);
		world_run(&w, span_s(100));
		assert_int_equal(gw_peers_changed(hub->gw) != changed, r == 1);
		known_at("203.0.113.9", r == 0 ? DEVICES : 0, DEVICES - 1);
		world_fini(&w);
	}
}

/* What the host could not read is said once, and shown for ever. */
static void
datagrams_that_were_dropped_are_reported(void **state)
{
	static const struct {
		struct gw_drops	drops;
		unsigned	said;
		const char	*text;
	} rows[] = {
		{ { 0, 0 }, 0, "" },
		{ { 2, 70000000000 }, 1, "more came than could be read: "
		    "dropped 2 from peers' addresses, 70000000000 from others" },
		{ { 2, 70000000000 }, 1, NULL },
		{ { 5, 70000000001 }, 2, "more came than could be read: "
		    "dropped 3 from peers' addresses, 1 from others" },
	};
	const json_t *shown;

	(void)state;
	behind_one_nat(remotes[0]);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		gw_dropped(hub->gw, &rows[i].drops);
		done(hub, "{\"command\":\"show\"}");
		assert_int_equal(gate_count(hub, "datagrams-dropped"),
		    rows[i].said);
		if (rows[i].text != NULL)
			assert_string_equal(gate_text(hub,
			    "datagrams-dropped"), rows[i].text);
		shown = json_object_get(hub->answer, "datagrams_dropped");
		assert_int_equal(json_integer_value(json_object_get(shown,
		    "peers")), rows[i].drops.peers);
		assert_int_equal(json_integer_value(json_object_get(shown,
		    "strangers")), rows[i].drops.strangers);
	}
	world_fini(&w);
}

static void
one_that_crashes_or_moves_does_not_concern_the_others(void **state)
{
	(void)state;
	for (size_t r = 0; r < 2; r++) {
		behind_one_nat(remotes[r]);
		up();
		gate_crash(device[1], false);
		gate_start(device[1]);
		world_run(&w, span_s(5));
		carries(0);
		carries(2);
		up();
		assert_int_equal(hub->kernel.sas_n, 6);
		/* The NAT gives one of them another port. */
		link_nat(line[2], "203.0.113.9", 9000);
		world_run(&w, span_s(60));
		up();
		hub_sees("three/1", "203.0.113.9:13500");
		hub_sees("one/1", "203.0.113.9:5500");
		for (unsigned i = 0; i < DEVICES; i++)
			carries(i);
		world_fini(&w);
	}
}

/* What the NAT gave to one it gives to another one: no confusion of SAs. */
static void
ports_that_change_places_are_followed(void **state)
{
	(void)state;
	behind_one_nat("");
	up();
	link_nat(line[0], "203.0.113.9", 2000);
	link_nat(line[1], "203.0.113.9", 1000);
	world_run(&w, span_s(120));
	up();
	hub_sees("one/1", "203.0.113.9:6500");
	hub_sees("two/1", "203.0.113.9:5500");
	for (unsigned i = 0; i < DEVICES; i++)
		carries(i);
	world_fini(&w);
}

/* Both connections between the same two addresses, without NAT. */
static void
connections_share_both_addresses(void **state)
{
	static const char *const names[2] = { "red", "blue" };
	static const char there[] = "local_outside_ip_address = "
	    "\"192.0.2.1\"; remote_outside_ip_address = \"198.51.100.1\";";
	static const char here[] = "local_outside_ip_address = "
	    "\"198.51.100.1\"; remote_outside_ip_address = \"192.0.2.1\";";
	char hubs[PAIR_TEXT] = "", devices[PAIR_TEXT] = "";

	(void)state;
	world_init(&w, 4);
	hub = gate_new(&w, "hub", KERN_LINK_XFRMI);
	device[0] = device[1] = gate_new(&w, "device", KERN_LINK_XFRMI);
	link_new(&w, hub, "192.0.2.1", device[0], "198.51.100.1");
	for (unsigned i = 0; i < 2; i++) {
		put(hubs, names[i], true, there, i);
		put(devices, names[i], false, here, i);
	}
	configure(hub, hubs);
	configure(device[0], devices);
	gate_start(hub);
	gate_start(device[0]);
	up();
	assert_int_equal(hub->kernel.sas_n, 4);
	carries(0);
	carries(1);
	done(hub, "{\"command\":\"down\",\"name\":\"red\"}");
	world_run(&w, span_s(10));
	carries(1);
	assert_int_equal(hub->kernel.sas_n, 2);
	done(hub, "{\"command\":\"up\",\"name\":\"red\"}");
	up();
	/* A device that starts anew says INITIAL_CONTACT for each of them. */
	gate_crash(device[0], false);
	gate_start(device[0]);
	up();
	assert_int_equal(hub->kernel.sas_n, 4);
	carries(0);
	carries(1);
	world_fini(&w);
}

static int
init_all(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_behind_one_nat_address_are_told_apart),
		cmocka_unit_test(
		    one_that_crashes_or_moves_does_not_concern_the_others),
		cmocka_unit_test(it_is_known_where_peers_are),
		cmocka_unit_test(datagrams_that_were_dropped_are_reported),
		cmocka_unit_test(ports_that_change_places_are_followed),
		cmocka_unit_test(connections_share_both_addresses),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
