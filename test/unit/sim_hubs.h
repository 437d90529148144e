/*
 * A branch and three hubs in the simulated world, and what is done with them by
 * the tests of hubs that drain (RFC 5685).
 */
#ifndef TEST_UNIT_SIM_HUBS_H
#define TEST_UNIT_SIM_HUBS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "gw/tunnel.h"
#include "sim/check.h"
#include "sim/gate.h"
#include "sim/link.h"
#include "sim/packet.h"
#include "util/array.h"

enum { A, BRANCH, B, C, GATES };	/* the order is that of probes */

static const char *const outside[GATES] = {
	"192.0.2.1", "198.51.100.1", "203.0.113.1", "203.0.113.65",
};

struct end {
	const char	*connection, *tunnel;	/* more keys */
	const char	*more;		/* another connection */
	bool		anywhere;	/* no remote address */
	bool		bgp;
};

/* A connection of the hub A whose peer may call from anywhere. */
static const char *const other = "{ name = \"other\"; role = \"hub\"; "
    "routes = [ \"10.9.0.0/16\" ]; local_id = \"hub.example\"; "
    "remote_id = \"other.example\"; tunnels = ( { "
    "local_outside_ip_address = \"192.0.2.1\"; "
    "tunnel_inside_cidr = \"169.254.11.0/30\"; "
    "phase1_encryption_algorithms = [ \"AES128-GCM-16\" ]; "
    "phase1_integrity_algorithms = [ \"SHA2-256\" ]; "
    "phase1_dh_group_numbers = [ 31 ]; } ); }";

static struct world w;
static struct gate *g[GATES];
static struct link *link_to[GATES];	/* from the branch */
static struct end ends[GATES];

static inline int
set_up(void **state)
{
	static const char *const names[] = { "a", "branch", "b", "c" };

	(void)state;
	memset(ends, 0, sizeof(ends));
	world_init(&w, 1);
	for (unsigned i = 0; i < GATES; i++)
		g[i] = gate_new(&w, names[i], KERN_LINK_XFRMI);
	for (unsigned i = 0; i < GATES; i++) {
		if (i != BRANCH)
			link_to[i] = link_new(&w, g[i], outside[i], g[BRANCH],
			    outside[BRANCH]);
	}
	ends[BRANCH].connection = "accept_redirect = true;";
	return 0;
}

static inline int
tear_down(void **state)
{
	bool trouble = w.trouble.s[0] != '\0';

	(void)state;
	if (trouble)
		print_error("%s\n", w.trouble.s);
	world_fini(&w);
	return trouble;
}

static inline void
write_conf(unsigned i)
{
	const struct end *e = &ends[i];
	bool hub = i != BRANCH;
	char text[4096];

	str_fmt(text, sizeof(text), "asn = %u; allow_short_lifetimes = true; "
	    "connections = ( { name = \"vpn\"; role = \"%s\"; %s = [ \"%s\" ]; "
	    "%s local_id = \"%s\"; remote_id = \"%s\"; "
	    "phase1_encryption_algorithms = [ \"AES128-GCM-16\" ]; "
	    "phase1_integrity_algorithms = [ \"SHA2-256\" ]; "
	    "phase1_dh_group_numbers = [ 31 ]; "
	    "phase2_encryption_algorithms = [ \"AES128-GCM-16\" ]; "
	    "phase2_dh_group_numbers = [ 31 ]; %s tunnels = (",
	    hub ? 64512 : 65010, hub ? "hub" : "device",
	    e->bgp ? "networks" : "routes",
	    hub == e->bgp ? "10.1.0.0/16" : "10.2.0.0/16",
	    !e->bgp ? "" : hub ? "remote_asn = 65010;" : "remote_asn = 64512;",
	    hub ? "hub.example" : "branch.example",
	    hub ? "branch.example" : "hub.example",
	    e->connection == NULL ? "" : e->connection);
	str_add(text, sizeof(text), "{ local_outside_ip_address = \"%s\"; "
	    "tunnel_inside_cidr = \"169.254.10.0/30\"; %s ", outside[i],
	    e->tunnel == NULL ? "" : e->tunnel);
	if (!e->anywhere)
		str_add(text, sizeof(text), "remote_outside_ip_address = "
		    "\"%s\"; ", outside[hub ? BRANCH : A]);
	str_add(text, sizeof(text), "} ); }%s%s );", e->more == NULL ? "" : ",",
	    e->more == NULL ? "" : e->more);
	gate_conf(g[i], text);
}

static inline void
start(unsigned i)
{
	write_conf(i);
	gate_start(g[i]);
}

static inline void
later(unsigned ms)
{
	world_run(&w, span_ms(ms));
	assert_string_equal(w.trouble.s, "");
}

static inline struct ike_peer_info
info(unsigned i)
{
	struct gw_tunnel *t = gw_tunnel_find(g[i]->gw, "vpn", 1);
	struct ike_peer_info out = { 0 };

	assert_non_null(t);
	ike_peer_get(g[i]->gw->ike, t->id, &out);
	return out;
}

static inline bool
is_up(unsigned i)
{
	struct ike_peer_info n = info(i);

	return n.child && n.ike_sas == 1 && n.children == 1;
}

/* With this hub, in its and in the branch's view. */
static inline bool
is_with(unsigned hub)
{
	struct ike_peer_info n = info(BRANCH);
	struct addr a;

	addr_parse(&a, outside[hub]);
	return is_up(hub) && is_up(BRANCH) &&
	    addr_eq(&n.path.remote.addr, &a);
}

/* Fails with its name where it does not come. */
static inline void
wait_for(bool (*is_so)(void), const char *what, unsigned every_ms,
    unsigned most_s)
{
	struct instant until = instant_after(w.now, span_s(most_s));

	while (!is_so() && w.now.ns < until.ns)
		later(every_ms);
	if (!is_so())
		fail_msg("after %u s still not: %s", most_s, what);
}

static inline void
wait_with(unsigned hub, unsigned most_s)
{
	struct instant until = instant_after(w.now, span_s(most_s));

	while (!is_with(hub) && w.now.ns < until.ns)
		later(100);
	if (!is_with(hub))
		fail_msg("the branch is not with %s: %s, %s", g[hub]->name,
		    info(BRANCH).why.s, info(hub).why.s);
}

static inline void
all_started(void)
{
	for (unsigned i = A; i < GATES; i++)
		start(i);
	wait_with(A, 20);
	later(3000);
}

static inline json_t *
asked(unsigned i, const char *request)
{
	json_t *answer = gate_ctl(g[i], request);

	assert_non_null(answer);
	return answer;
}

static inline void
drain(unsigned from, unsigned to)
{
	char request[128];

	str_fmt(request, sizeof(request), "{\"command\":\"drain\",\"to\":"
	    "\"%s\"}", outside[to]);
	assert_true(json_is_true(json_object_get(asked(from, request), "ok")));
}

static inline void
undrain(unsigned from)
{
	assert_true(json_is_true(json_object_get(asked(from,
	    "{\"command\":\"undrain\"}"), "ok")));
}

/* A member of the tunnel's "drain" in what is shown. */
static inline const char *
drained(unsigned i, const char *member)
{
	json_t *t = json_array_get(json_object_get(asked(i,
	    "{\"command\":\"show\",\"name\":\"vpn/1\"}"), "tunnels"), 0);
	const char *s = json_string_value(json_object_get(json_object_get(t,
	    "drain"), member));

	assert_non_null(s);
	return s;
}

static inline void
assert_explained(unsigned i, const char *code)
{
	json_t *e = json_array_get(json_object_get(asked(i,
	    "{\"command\":\"explain\",\"name\":\"vpn/1\"}"), "explained"), 0);

	assert_string_equal(json_string_value(json_object_get(
	    json_object_get(e, "failure"), "code")), code);
}

static inline void
probe_for(unsigned ms, unsigned hub)
{
	for (unsigned i = 0; i < ms; i += 5) {
		packet_probe(g[BRANCH], GATE_HOST_1, GATE_HOST_0, i);
		if (hub != BRANCH)
			packet_probe(g[hub], GATE_HOST_0, GATE_HOST_1, i);
		later(5);
	}
}

#define STORY(name)							\
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static inline int
init_all(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

#endif
