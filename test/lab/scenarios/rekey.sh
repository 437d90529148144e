#!/bin/bash
# rekey: fifty child rekeys and ten IKE rekeys from either side, then by lifetime, then by volume alone: not one packet lost
# needs: vti vpnd
# time: 480
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#
. /mnt/top/test/lab/lib.sh

# rekey_by_hand NS CONNECTION ROUNDS WHAT: each round rekeys both tunnels.
rekey_by_hand() {
	local round
	for ((round = 0; round < $3; round++)); do
		ctl "$1" rekey "$2" "$4" || { echo "round $round"; return 1; }
	done
}

pings_start() {
	ping_start "ping from vpc ($1)" vpc $lan_host "${2:-}"
	ping_start "ping from lan ($1)" lan $vpc_host "${2:-}"
}

pings_end() {
	no_loss "ping from vpc ($1)"
	no_loss "ping from lan ($1)"
}

# has_limit NS PATTERN: every SA has it.
has_limit() {
	local n all
	all=$(ip -n "$1" -s xfrm state)
	n=$(grep -c "limit: $2" <<<"$all")
	[ "$n" -eq "$(grep -c '^src' <<<"$all")" ] || { echo "$all"; return 1; }
}

# Counters of expired SAs would show in the kernel's statistics as well.
within_limits() {
	local ns
	for ns in hub branch; do
		[ "$(in_ns $ns awk '/XfrmInStateExpired|XfrmOutStateExpired/ { n += $2 } END { print n + 0 }' /proc/net/xfrm_stat)" -eq 0 ] ||
			{ in_ns $ns cat /proc/net/xfrm_stat; return 1; }
	done
}

settled() {
	sa_count hub 4 && sa_count branch 4
}

step "two tunnels under constant traffic"
two_underlays
vpnd_start hub hub
vpnd_start branch branch
wait_for 30 "both tunnels are up at both ends" both_up
pings_start "by hand"

for side in "hub vpn-branch1" "branch vpn-hub"; do
	read -r ns name <<<"$side"
	step "the $ns rekeys: fifty child SAs, ten IKE SAs"
	children=$(rekeys $ns child)
	ikes=$(rekeys $ns ike)
	check "25 times vpnctl rekey $name child" rekey_by_hand $ns $name 25 child
	check "the $ns has counted fifty" rekeys_reach $ns child $((children + 50))
	check "5 times vpnctl rekey $name ike" rekey_by_hand $ns $name 5 ike
	check "the $ns has counted ten" rekeys_reach $ns ike $((ikes + 10))
done
wait_for 10 "the old SAs are gone at both ends" settled
check "both tunnels are up at both ends" both_up
pings_end "by hand"

step "lifetimes of seconds: both ends rekey by themselves"
vpnd_stop branch
vpnd_stop hub
short="allow_short_lifetimes=true phase1_lifetime_seconds=12 phase2_lifetime_seconds=5
	rekey_margin_time_seconds=2 rekey_fuzz_percentage=50"
vpnd_start hub hub $short
vpnd_start branch branch $short
wait_for 30 "both tunnels are up at both ends" both_up
pings_start "by lifetime"
for ns in hub branch; do
	wait_for 150 "the $ns has seen 50 child rekeys" rekeys_reach $ns child 50
	wait_for 90 "the $ns has seen 10 IKE rekeys" rekeys_reach $ns ike 10
done
check "both tunnels are up at both ends" both_up
pings_end "by lifetime"

step "lives of 128 KiB at the hub, of 1000 packets at the branch: the kernel says when"
vpnd_stop branch
vpnd_stop hub
vpnd_start hub hub allow_short_lifetimes=true phase2_lifetime_bytes=131072 rekey_margin_time_seconds=900 \
	extended_sequence_numbers=false
vpnd_start branch branch allow_short_lifetimes=true phase2_lifetime_packets=1000 rekey_margin_time_seconds=900
wait_for 30 "both tunnels are up at both ends" both_up
check "the hub's kernel has the limit in octets" has_limit hub "soft [0-9]*(bytes), hard 131072(bytes)"
check "the hub's kernel knows where sequence numbers end" has_limit hub "soft [0-9]*(packets), hard 4294967295(packets)"
check "the branch's kernel has the limit in packets" has_limit branch "soft [0-9]*(packets), hard 1000(packets)"
pings_start "by volume" 0.01
wait_for 120 "the hub has seen 10 child rekeys" rekeys_reach hub child 10
check "both tunnels are up at both ends" both_up
pings_end "by volume"
check "no SA has carried more than it may" within_limits

pass
