#!/bin/bash
# bgp-policy: a hub's BGP policies as BIRD and FRR in two branches of one AS see them, changed without an end to a session
# needs: vti vpnd bird frr bgpdump
# time: 330
#
#                   u1 ====== b1    BIRD, AS 65010, 10.2.0.0/16, 10.2.1.0/24, 10.9.0.0/16, 10.66.0.0/16
#      hub  ========
#   AS 64512        u2 ====== b2    FRR,  AS 65010, 10.3.0.0/16, 10.9.0.0/16
#  10.1.0.0/16
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/spokes.sh"

spoke_asn=(65010 65010)

# hub_conf MED KEYS-OF-B1 KEYS-OF-B2
hub_conf() {
	cat <<-X
	asn = 64512; router_id = "10.1.0.1"; allow_short_lifetimes = true; secrets = "vpnd.secrets";
	prefix_lists = ( { name = "unwanted"; entries = [ "10.66.0.0/16 le 32" ]; },
	  { name = "ours"; entries = [ "10.1.0.0/16" ]; } );
	policies = ( { name = "from-branch"; terms = (
	    { name = "unwanted"; match = { prefix_list = "unwanted"; }; then = "reject"; },
	    { name = "tag"; match = { as_path = "^65010+$"; };
	      set = { community_delete = "65010:*"; community_add = [ "64512:65010" ]; }; then = "accept"; } ); },
	  { name = "to-branch"; terms = (
	    { name = "ours"; match = { prefix_list = "ours"; source = "own"; };
	      set = { med = $1; prepend = 2;
	        community_add = [ "64512:100", "64512:1:2", "rt:64512:7", "no-export" ]; }; then = "accept"; },
	    { name = "others"; match = { community_all = "64512:65010"; }; then = "accept"; } ); } );
	connections = ( $(hub_connection 1 "$2"), $(hub_connection 2 "$3") );
	X
}

bird_conf() {
	cat <<-X
	log stderr all;
	router id 10.2.0.1;
	protocol device { scan time 2; }
	protocol kernel { ipv4 { import none; export all; }; }
	protocol static { ipv4;
	  route 10.2.0.0/16 unreachable; route 10.2.1.0/24 unreachable; route 10.9.0.0/16 unreachable; route 10.66.0.0/16 unreachable; }
	protocol bgp hub {
	  local ${inside[0]}.2 as 65010; neighbor ${inside[0]}.1 as 64512;
	  hold time 9; connect retry time 2; connect delay time 1; error wait time 1, 4;
	  graceful restart off; long lived graceful restart off;
	  ipv4 { import all; export filter {
	    if source != RTS_STATIC then reject;
	    if net = 10.2.1.0/24 then bgp_community.add((65010, 666));
	    accept; }; };
	}
	X
}

# frr_conf of b2; frr_start asks for it.
frr_conf() {
	cat <<-X
	router bgp 65010
	 bgp router-id 10.3.0.1
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	 timers bgp 3 9
	 bgp graceful-restart-disable
	 neighbor ${inside[1]}.1 remote-as 64512
	 neighbor ${inside[1]}.1 timers connect 2
	 neighbor ${inside[1]}.1 advertisement-interval 0
	 address-family ipv4 unicast
	  network 10.3.0.0/16
	  network 10.9.0.0/16
	  neighbor ${inside[1]}.1 allowas-in 2
	  neighbor ${inside[1]}.1 soft-reconfiguration inbound
	  neighbor ${inside[1]}.1 send-community all
	 exit-address-family
	X
}

# Since when the hub's sessions are up: the same as long as none has ended.
sessions() {
	ctl hub --json show | jq -c '[.tunnels[] | [.name, .state, .since]]'
}

hub_has() {
	ctl hub --json show routes | jq -e --arg p "$1" '.routes[] | select(.prefix == $p)' >/dev/null
}

hub_lacks() {
	! hub_has "$1"
}

# Paths as bgpdump has them: prefix, AS path, origin, next hop, LOCAL_PREF, MED, communities; those of the daemon in the same form.
dumped() {
	bgpdump -q -m "$1" | cut -d'|' -f6-12 | sort
}

paths_of() {
	ctl hub --json "$@" | jq -r '.routes[] | [.prefix, (.as_path | map(tostring) | join(" ")), .origin,
		(if .next_hop == "" then "0.0.0.0" else .next_hop end), .local_pref, .med // 0,
		((.communities // []) | join(" "))] | join("|")' | sort
}

# Every path that may be used is in the dump, and no other; the best ones, ours among them, are some of these.
dump_is_true() {
	local said
	ctl hub bgp dump /mnt/hub/mrt
	said=$(ctl hub bgp dump | bgpdump -q -m - | wc -l)
	[ "$said" -eq "$(dumped /mnt/hub/mrt | wc -l)" ] || { echo "$said lines through a pipe"; return 1; }
	cp /mnt/hub/mrt "$out/hub.mrt"
	dumped /mnt/hub/mrt >/mnt/hub/dumped
	paths_of show bgp routes >/mnt/hub/best
	{
		paths_of show bgp neighbor b1/1 accepted
		paths_of show bgp neighbor b2/1 accepted
		grep '^10\.1\.0\.0/16|' /mnt/hub/best
	} | sort >/mnt/hub/accepted
	said=$(diff /mnt/hub/dumped /mnt/hub/accepted) || { echo "$said"; return 1; }
	said=$(comm -13 /mnt/hub/dumped /mnt/hub/best)
	[ -z "$said" ] || { echo "not dumped: $said"; return 1; }
	[ "$(wc -l </mnt/hub/dumped)" -ge "$1" ]
}

# It has begun as soon as an answer to our question is in it.
trace_begun() {
	ctl hub bgp refresh b1/1 && [ -s /mnt/hub/trace ]
}

# traced PATTERN: a line of bgpdump about the trace.
traced() {
	bgpdump -q -m /mnt/hub/trace | grep -q "$1" || { bgpdump -q -m /mnt/hub/trace; return 1; }
}

trace_ended() {
	cp /mnt/hub/trace "$out/hub.trace"
	cat /mnt/hub/traced
	[ "$traced" -eq 0 ] && grep -qx '[1-9][0-9]* records, 0 dropped' /mnt/hub/traced
}

# counter NAME [TUNNEL]
counter() {
	ctl hub --json show counters | jq --arg n "$1" --arg t "${2:-}" '.counters[] | select(.name == $n and .tunnel == $t) | .value'
}

# What is counted agrees with what is shown, and with the kernel.
counters_are_true() {
	local n installed
	for n in b1/1 b2/1; do
		ctl hub --json show bgp | jq -e --arg n "$n" --argjson a "$(counter bgp_accepted "$n")" \
			--argjson u "$(counter bgp_updates_in "$n")" '.neighbors[] | select(.tunnel == $n)
			| .accepted == $a and .counters.updates_in == $u and $u > 0' || return
	done
	installed=$(ip -n hub route show proto 118 | grep -c '^10\.')
	[ "$(counter fib_routes_installed)" -eq "$installed" ] || { echo "$installed routes in the kernel"; return 1; }
	[ "$(counter tunnels_up)" -eq 2 ] && [ "$(counter engine_turns)" -gt 10 ] && [ "$(counter engine_longest_turn)" -gt 0 ] &&
		[ "$(counter kernel_errors)" -eq 0 ] && [ "$(counter netlink_messages)" -gt "$(counter netlink_batches)" ] &&
		[ "$(counter netlink_overruns)" -eq 0 ] && [ "$(counter engine_starts)" -eq 1 ] || { ctl hub show counters; return 1; }
}

frr_ceased() {
	local said
	said=$(frr b2 show bgp neighbors "${inside[1]}.1" json)
	jq -e '.[].lastErrorCodeSubcode == "0601"' <<<"$said" >/dev/null || { echo "$said"; return 1; }
}

policy='import_policy = "from-branch"; export_policy = "to-branch";'

step "two branches of one AS at a hub"
spokes_topology
write_hub 77 "$policy as_override = true; graceful_shutdown_seconds = 12;" \
	"$policy sender_loop_detection = false; max_prefixes_restart_seconds = 3; max_prefixes_in = 4;"
hub_secrets
check "vpnctl check takes the policies" in_ns hub "$daemons/vpnctl" check /mnt/hub/vpnd.conf
vpnd_spawn hub
spokes_spawn
bird_start b1 branch
frr_start b2 branch
wait_for 40 "both sessions are up" up hub

step "BIRD sees what the hub's policy sets"
wait_for 10 "MED 77 and two more of our AS in AS_PATH" bird_shows 10.1.0.0/16 "BGP.med: 77" "BGP.as_path: 64512 64512 64512"
check "communities of all three kinds" bird_shows 10.1.0.0/16 "(64512,100)" "(65535,65281)" "(64512, 1, 2)" "(rt, 64512, 7)"
wait_for 10 "the other branch's network, by as-override" bird_shows 10.3.0.0/16 "BGP.as_path: 64512 64512"
check "marked on the way in" bird_shows 10.3.0.0/16 "(64512,65010)"

step "FRR sees the other branch by allowas-in"
wait_for 10 "its AS_PATH is as it was" frr_shows 10.2.0.0/16 '.paths[0].aspath.string == "64512 65010"'
wait_for 10 "its communities are the hub's alone" frr_shows 10.2.1.0/24 '.paths[0].community.string == "64512:65010"'
check "our network's MED" frr_shows 10.1.0.0/16 '.paths[0].metric == 77'

step "what the import policy rejects is not there"
check "10.2.0.0/16 goes to b1" fib_is hub 10.2.0.0/16 vpn1
check "10.66.0.0/16 goes nowhere" fib_is hub 10.66.0.0/16 ""
check "nor is it a route of vpnctl" hub_lacks 10.66.0.0/16
check "FRR has not heard of it" frr_shows 10.66.0.0/16 '.paths == null'

step "MRT: bgpdump reads what vpnctl shows"
wait_for 10 "10.9.0.0/16 comes from both branches" fib_is hub 10.9.0.0/16 "vpn1 vpn2"
check "a dump has all paths that may be used" dump_is_true 6
check "counters are true" counters_are_true

step "MRT: a trace of a session that begins anew"
ctl hub bgp trace b1/1 --out /mnt/hub/trace --seconds 15 2>/mnt/hub/traced &
tracing=$!
wait_for 10 "it has begun" trace_begun
check "vpnctl bgp clear" ctl hub bgp clear b1/1
wait_for 15 "the session's end is in it" traced '|STATE|[^|]*|65010|6|'
wait_for 15 "and that it is established" traced '|STATE|[^|]*|65010|5|6$'
wait_for 10 "what BIRD announces" traced '^BGP4MP_ET|[^|]*|A|[^|]*|65010|10\.2\.0\.0/16|65010|'
wait_for 10 "and what we do" traced '^BGP4MP_ET_LOCAL|[^|]*|A|[^|]*|65010|10\.1\.0\.0/16|64512 64512 64512|'
wait "$tracing"
traced=$?
check "it has all of it, and ends by itself" trace_ended
wait_for 20 "both sessions are up again" up hub

step "graceful shutdown is heeded"
wait_for 10 "10.9.0.0/16 goes to both branches" fib_is hub 10.9.0.0/16 "vpn1 vpn2"
check "FRR marks its routes" frr_do b2 "route-map gone permit 10" "set community graceful-shutdown" exit "router bgp 65010" \
	"address-family ipv4 unicast" "neighbor ${inside[1]}.1 route-map gone out"
wait_for 10 "10.9.0.0/16 goes to b1 alone" fib_is hub 10.9.0.0/16 vpn1
check "what has no other way stays" fib_is hub 10.3.0.0/16 vpn2
check "FRR marks them no longer" frr_do b2 "router bgp 65010" "address-family ipv4 unicast" "no neighbor ${inside[1]}.1 route-map gone out"
wait_for 10 "10.9.0.0/16 goes to both branches again" fib_is hub 10.9.0.0/16 "vpn1 vpn2"

step "another policy, by reload: no session ends"
before=$(sessions)
write_hub 78 "$policy as_override = true; graceful_shutdown_seconds = 12;" \
	"$policy max_prefixes_restart_seconds = 3; max_prefixes_in = 4;"
sed -i 's,10.66.0.0/16 le 32,10.2.1.0/24,' /mnt/hub/vpnd.conf
check "vpnctl reload" ctl hub reload
wait_for 10 "BIRD sees MED 78" bird_shows 10.1.0.0/16 "BGP.med: 78"
wait_for 10 "what was rejected goes to b1" fib_is hub 10.66.0.0/16 vpn1
wait_for 10 "what was accepted goes nowhere" fib_is hub 10.2.1.0/24 ""
wait_for 10 "FRR is told no more of its own AS" frr_shows 10.2.0.0/16 '.paths == null'
check "FRR sees MED 78" frr_shows 10.1.0.0/16 '.paths[0].metric == 78'
[ "$(sessions)" = "$before" ] || fail "a session ended: $before, then $(sessions)"
ok "no session has ended"

step "too many prefixes"
check "FRR announces one more" frr_do b2 "router bgp 65010" "address-family ipv4 unicast" "network 10.3.1.0/24"
wait_for 10 "the hub warns" hub_log "the remote announces 3 prefixes, the limit is 4"
check "FRR announces two more" frr_do b2 "router bgp 65010" "address-family ipv4 unicast" \
	"network 10.3.2.0/24" "network 10.3.3.0/24"
wait_for 10 "the hub says why" hub_log "the remote announces more than 4 prefixes"
wait_for 10 "FRR remembers Cease 6/1" frr_ceased
check "FRR announces less" frr_do b2 "router bgp 65010" "address-family ipv4 unicast" \
	"no network 10.3.1.0/24" "no network 10.3.2.0/24" "no network 10.3.3.0/24"
wait_for 30 "the session is back" up hub 1
wait_for 20 "with its routes" fib_is hub 10.3.0.0/16 vpn2

step "the hub shuts a session down gracefully"
check "vpnctl down b1/1" ctl hub down b1/1
wait_for 8 "BIRD sees graceful-shutdown" bird_shows 10.1.0.0/16 "(65535,0)"
check "traffic of the hub moves first" fib_is hub 10.9.0.0/16 vpn2
check "what has no other way stays" fib_is hub 10.2.0.0/16 vpn1
wait_for 30 "then the session ends" fib_is hub 10.2.0.0/16 ""
spokes_stop
pass
