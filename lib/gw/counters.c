/*
 * The table of counters.  A row says where its value lies among those that are
 * read for a gateway or for a tunnel at once; reading costs the same however
 * many routes there are.  etc/vpnctl.8 has all names with their meaning.
 */
#include "gw/counters.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/totals.h"
#include "util/array.h"

struct counters {
	/* Of the gateway. */
	struct gw_turns	turns;
	struct gw_drops	drops;
	struct kern_counts monitor;
	struct bgp_totals bgp;
	struct fib_totals fib;
	uint64_t	asked, answered, refused;	/* of the kernel */
	uint64_t	overruns, changed;
	uint64_t	connects, connects_failed;
	uint64_t	route_sets, route_dels, routes_refused;
	uint64_t	nexthop_sets, group_sets;
	uint64_t	tunnels, tunnels_up;
	/* Of a tunnel. */
	uint64_t	ups, downs, routes, ike_rekeys, child_rekeys;
	uint64_t	dpd_requests, dpd_timeouts;
	/* Of its neighbour. */
	uint64_t	updates_in, updates_out;
	uint64_t	notifications_in, notifications_out;
	uint64_t	refreshes_in, refreshes_out, established;
	uint64_t	received, accepted, advertised;
};

#define AT(member)	offsetof(struct counters, member)
#define GW(name, kind, unit, member, help)				\
	{ name, COUNTER_##kind, COUNTER_GATEWAY, unit, help, AT(member) }
#define TUNNEL(name, kind, unit, member, help)				\
	{ name, COUNTER_##kind, COUNTER_TUNNEL, unit, help, AT(member) }
#define NEIGHBOR(name, kind, unit, member, help)			\
	{ name, COUNTER_##kind, COUNTER_NEIGHBOR, unit, help, AT(member) }

static const struct counter rows[] = {
	GW("engine_turns", COUNTER, "turns", turns.n,
	    "turns of the engine's loop"),
	GW("engine_busy", COUNTER, "microseconds", turns.busy_us,
	    "time that these took, without waiting"),
	GW("engine_longest_turn", GAUGE, "microseconds", turns.longest_us,
	    "the longest of them: for so long nobody was served"),
	GW("datagrams_dropped_peers", COUNTER, "datagrams", drops.peers,
	    "came from peers faster than they could be read"),
	GW("datagrams_dropped_strangers", COUNTER, "datagrams",
	    drops.strangers, "came from others faster than that"),
	GW("engine_starts", COUNTER, "engines", monitor.engines,
	    "engines that were started since the daemon was"),
	GW("daemon_restarts", COUNTER, "restarts", monitor.restarts,
	    "vpnctl restart, since the daemon was started"),
	GW("netlink_batches", COUNTER, "batches", monitor.batches,
	    "sent to the kernel, each acknowledged once"),
	GW("netlink_messages", COUNTER, "messages", monitor.messages,
	    "requests in these"),
	GW("netlink_errors", COUNTER, "messages", monitor.errors,
	    "of these, how many the kernel refused"),
	GW("netlink_events", COUNTER, "messages", monitor.events,
	    "that the kernel sent by itself"),
	GW("netlink_overruns", COUNTER, "times", monitor.overruns,
	    "some of these were lost"),
	GW("kernel_operations", COUNTER, "operations", asked,
	    "on links, SAs, policies, nexthops and routes in the kernel"),
	GW("kernel_answers", COUNTER, "operations", answered,
	    "of these, how many were answered"),
	GW("kernel_errors", COUNTER, "operations", refused,
	    "of these, how many the kernel refused"),
	GW("kernel_overruns", COUNTER, "events", overruns,
	    "events of the kernel were lost: everything was stated again"),
	GW("kernel_changes", COUNTER, "events", changed,
	    "somebody else changed a route or nexthop of ours"),
	GW("bgp_connects", COUNTER, "attempts", connects,
	    "TCP to neighbors"),
	GW("bgp_connects_failed", COUNTER, "attempts", connects_failed,
	    "of these, that came to nothing"),
	GW("tunnels", GAUGE, "tunnels", tunnels, "that are configured"),
	GW("tunnels_up", GAUGE, "tunnels", tunnels_up, "of these, that are up"),
	GW("bgp_prefixes_ipv4", GAUGE, "prefixes", bgp.prefixes[0],
	    "in the routing table"),
	GW("bgp_prefixes_ipv6", GAUGE, "prefixes", bgp.prefixes[1],
	    "in the routing table"),
	GW("bgp_paths", GAUGE, "paths", bgp.paths,
	    "to these, of all neighbors"),
	GW("bgp_attribute_sets", GAUGE, "sets", bgp.attribute_sets,
	    "different path attributes of these"),
	GW("bgp_prefix_octets", GAUGE, "octets", bgp.prefix_octets,
	    "memory for prefixes"),
	GW("bgp_path_octets", GAUGE, "octets", bgp.path_octets,
	    "memory for paths"),
	GW("bgp_attribute_octets", GAUGE, "octets", bgp.attribute_octets,
	    "memory for path attributes"),
	GW("bgp_journal", GAUGE, "entries", bgp.journal,
	    "changes that not everybody was told of yet"),
	GW("bgp_journal_entries", COUNTER, "entries", bgp.journal_entries,
	    "changes of routes"),
	GW("bgp_decisions", COUNTER, "decisions", bgp.decisions,
	    "how often the paths of a prefix were compared"),
	GW("fib_routes", GAUGE, "routes", fib.routes,
	    "that the kernel is to have"),
	GW("fib_routes_asked", GAUGE, "routes", fib.asked,
	    "on their way to it"),
	GW("fib_routes_installed", GAUGE, "routes", fib.installed,
	    "that it has"),
	GW("fib_routes_failed", GAUGE, "routes", fib.failed,
	    "that it refused; they are tried again"),
	GW("fib_route_sets", COUNTER, "operations", route_sets,
	    "routes sent to the kernel"),
	GW("fib_route_dels", COUNTER, "operations", route_dels,
	    "routes taken back from it"),
	GW("fib_routes_refused", COUNTER, "operations", routes_refused,
	    "routes that it refused"),
	GW("fib_nexthop_sets", COUNTER, "operations", nexthop_sets,
	    "nexthops sent to the kernel"),
	GW("fib_group_sets", COUNTER, "operations", group_sets,
	    "groups of nexthops sent to it"),
	TUNNEL("tunnel_ups", COUNTER, "times", ups, "it came up"),
	TUNNEL("tunnel_downs", COUNTER, "times", downs, "it went down"),
	TUNNEL("tunnel_routes", GAUGE, "routes", routes,
	    "in the kernel through it"),
	TUNNEL("ike_rekeys", COUNTER, "times", ike_rekeys,
	    "its IKE SA got new keys"),
	TUNNEL("child_rekeys", COUNTER, "times", child_rekeys,
	    "its child SA got new keys"),
	TUNNEL("dpd_requests", COUNTER, "times", dpd_requests,
	    "its peer, when silent, was asked whether it is alive"),
	TUNNEL("dpd_timeouts", COUNTER, "times", dpd_timeouts,
	    "its peer left a request unanswered for too long"),
	NEIGHBOR("bgp_updates_in", COUNTER, "messages", updates_in,
	    "UPDATE from it"),
	NEIGHBOR("bgp_updates_out", COUNTER, "messages", updates_out,
	    "UPDATE to it"),
	NEIGHBOR("bgp_notifications_in", COUNTER, "messages",
	    notifications_in, "NOTIFICATION from it"),
	NEIGHBOR("bgp_notifications_out", COUNTER, "messages",
	    notifications_out, "NOTIFICATION to it"),
	NEIGHBOR("bgp_refreshes_in", COUNTER, "messages", refreshes_in,
	    "ROUTE-REFRESH from it"),
	NEIGHBOR("bgp_refreshes_out", COUNTER, "messages", refreshes_out,
	    "ROUTE-REFRESH to it"),
	NEIGHBOR("bgp_established", COUNTER, "times", established,
	    "its session came up"),
	NEIGHBOR("bgp_received", GAUGE, "routes", received, "that it teaches"),
	NEIGHBOR("bgp_accepted", GAUGE, "routes", accepted,
	    "of these, that may be used"),
	NEIGHBOR("bgp_advertised", GAUGE, "routes", advertised,
	    "that it was told"),
};

const struct counter *
counter_at(size_t i)
{
	return i < ARRAY_SIZE(rows) ? &rows[i] : NULL;
}

const char *
counter_kind_str(enum counter_kind kind)
{
	return kind == COUNTER_COUNTER ? "counter" : "gauge";
}

uint64_t
counter_value(const struct counters *c, const struct counter *row)
{
	uint64_t v;

	memcpy(&v, (const uint8_t *)c + row->at, sizeof(v));
	return v;
}

static void
read_kernel(const struct gw *gw, struct counters *c)
{
	/* Sockets, AUTH and files are not the kernel's tables. */
	for (unsigned i = KERN_LINK_SET; i <= KERN_ROUTE_DEL; i++) {
		c->asked += gw->out.ops[i];
		c->answered += gw->answered[i];
		c->refused += gw->refused[i];
	}
	c->overruns = gw->overruns;
	c->changed = gw->changed;
	c->connects = gw->out.ops[KERN_CONNECT];
	c->connects_failed = gw->refused[KERN_CONNECT];
	c->route_sets = gw->out.ops[KERN_ROUTE_SET];
	c->route_dels = gw->out.ops[KERN_ROUTE_DEL];
	c->routes_refused = gw->refused[KERN_ROUTE_SET];
	c->nexthop_sets = gw->out.ops[KERN_NEXTHOP_SET];
	c->group_sets = gw->out.ops[KERN_GROUP_SET];
}

static void
read_gateway(const struct gw *gw, struct counters *c)
{
	c->turns = gw->turns;
	c->drops = gw->drops;
	c->monitor = gw->monitor;
	bgp_totals(gw->bgp, &c->bgp);
	c->fib = fib_totals(gw->fib);
	read_kernel(gw, c);
	for (const struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		c->tunnels += !t->removing;
		c->tunnels_up += !t->removing && t->is_up;
	}
}

static void
read_neighbor(const struct bgp_peer_info *b, struct counters *c)
{
	c->updates_in = b->counts.updates_in;
	c->updates_out = b->counts.updates_out;
	c->notifications_in = b->counts.notifications_in;
	c->notifications_out = b->counts.notifications_out;
	c->refreshes_in = b->counts.refreshes_in;
	c->refreshes_out = b->counts.refreshes_out;
	c->established = b->counts.established;
	c->received = b->held;
	c->accepted = b->received;
	c->advertised = b->advertised;
}

static void
read_tunnel(const struct gw_tunnel *t, struct counters *c)
{
	struct ike_peer_info ike = { 0 };
	struct bgp_peer_info bgp;

	ike_peer_get(t->gw->ike, t->id, &ike);
	c->ups = t->ups;
	c->downs = t->downs;
	c->routes = fib_count(t->gw->fib, t->id);
	c->ike_rekeys = ike.rekeys;
	c->child_rekeys = ike.child_rekeys;
	c->dpd_requests = ike.probes;
	c->dpd_timeouts = ike.deaths;
	if (t->remote_asn != 0 && bgp_peer_get(t->gw->bgp, t->id, &bgp))
		read_neighbor(&bgp, c);
}

struct counters *
counters_of(const struct gw *gw, const struct gw_outer *o)
{
	struct counters *c = calloc(1, sizeof(*c));
	struct bgp_peer_info bgp;

	if (c != NULL && bgp_peer_get(gw->bgp, o->id, &bgp))
		read_neighbor(&bgp, c);
	return c;
}

struct counters *
counters_read(const struct gw *gw, const struct gw_tunnel *t)
{
	struct counters *c = calloc(1, sizeof(*c));

	if (c != NULL && t == NULL)
		read_gateway(gw, c);
	else if (c != NULL)
		read_tunnel(t, c);
	return c;
}

void
counters_free(struct counters *c)
{
	free(c);
}
