#!/bin/bash
# fib-resync: links flap, others edit our routes and nexthops, events are lost, the engine dies: the kernel ends with Loc-RIB
# needs: vti vpnd
# time: 300
#
#    hub =========== u1 =========== branch	announces 40 networks
#        =========== u2 ===========
#
# Everything is done to the hub's kernel, behind the back of its vpnd.
. /mnt/top/test/lab/lib.sh

networks=("$branch_net")
for i in $(seq 1 39); do networks+=("10.100.$i.0/24"); done
list=$(printf '"%s", ' "${networks[@]}")

# What the hub's kernel has of ours, a line for each prefix and device; and what Loc-RIB wants.
have() {
	local groups
	groups=$(ip -n hub -j nexthop show | jq -c 'map({ (.id | tostring): . }) | add // {}')
	ip -n hub -j route show proto 118 | jq -r --argjson n "$groups" '.[] | .dst as $d | $n[.nhid // 0 | tostring] as $h |
		if $h == null then "\($d) nowhere" elif $h.group then $h.group[] | "\($d) \($n[.id | tostring].dev)"
		else "\($d) \($h.dev)" end' | sort
}

want() {
	local net dev
	for net in "${networks[@]}"; do
		for dev in "$@"; do echo "$net $dev"; done
	done | sort
}

# fib_is_rib DEVICE...: all 40 lead over all of these, and nothing else is there.
fib_is_rib() {
	[ "$(have)" = "$(want "$@")" ] || { diff <(want "$@") <(have) | head -n 5; return 1; }
}

said() { grep -q "$1" "$out/hub.vpnd.log"; }

# A nexthop of the hub by what it is: a group, or one with this device.
nexthop_of() {
	ip -n hub -j nexthop show | jq -r --arg d "$1" \
		'[ .[] | select(if $d == "group" then .group else .dev == $d end) ][0].id'
}

step "two tunnels, 40 routes over both"
two_underlays
compat=$(in_ns hub cat /proc/sys/net/ipv4/nexthop_compat_mode)
vpnd_start hub hub
vpnd_start branch branch "networks=[ ${list%, } ]"
wait_for 30 "both tunnels are up at both ends" both_up
wait_for 15 "the kernel has Loc-RIB" fib_is_rib vpn1 vpn2
check "in one group" [ "$(ip -n hub -j route show proto 118 | jq -r '.[].nhid' | sort -u | wc -l)" = 1 ]

step "somebody deletes a route, replaces one, deletes a nexthop, the group, all routes"
on hub ip route del 10.100.1.0/24
on hub ip route replace 10.100.2.0/24 dev u1
wait_for 10 "the routes are mended" fib_is_rib vpn1 vpn2
check "and the log says so" said 'kernel-changed.*10.100.1.0/24'
on hub ip nexthop del id "$(nexthop_of vpn1)"
wait_for 10 "the nexthop is mended" fib_is_rib vpn1 vpn2
on hub ip nexthop del id "$(nexthop_of group)"
wait_for 10 "the group is mended" fib_is_rib vpn1 vpn2
on hub ip route flush proto 118
wait_for 10 "all routes are" fib_is_rib vpn1 vpn2

step "interfaces flap"
for i in 1 2 3; do
	ip -n hub link set vpn1 down
	ip -n hub link set vpn1 up
	ip -n hub link set vpn2 down
done
wait_for 45 "both tunnels are up at both ends" both_up
wait_for 20 "the kernel has Loc-RIB" fib_is_rib vpn1 vpn2
on hub ip link del vpn1
wait_for 45 "both tunnels are up at both ends" both_up
wait_for 20 "the kernel has Loc-RIB" fib_is_rib vpn1 vpn2

step "one tunnel is lost, and the group shrinks; it comes back, and it grows"
group=$(nexthop_of group)
cut_underlay 1
wait_for 25 "all lead over tunnel 2" fib_is_rib vpn2
check "by the same group" [ "$(nexthop_of group)" = "$group" ]
heal_underlay 1
wait_for 45 "both tunnels are up at both ends" both_up
wait_for 20 "all lead over both" fib_is_rib vpn1 vpn2
check "by the same group" [ "$(nexthop_of group)" = "$group" ]

step "more events than the socket holds, while the monitor is stopped; routes are left deleted"
monitor=${lab_pids[hub.vpnd]}
kill -STOP "$monitor"
for i in $(seq 1 12000); do
	echo "route del 10.100.$((i % 30 + 1)).0/24"
	echo "route add 10.100.$((i % 30 + 1)).0/24 dev u1 proto 118"
done >/mnt/hub/batch
for i in $(seq 1 30); do echo "route del 10.100.$i.0/24"; done >>/mnt/hub/batch
on hub ip -force -batch /mnt/hub/batch >/dev/null 2>&1
kill -CONT "$monitor"
wait_for 20 "events were lost" said 'kern-events-lost.*which=route'
wait_for 30 "the kernel has Loc-RIB" fib_is_rib vpn1 vpn2

step "the engine is killed: nothing stale is left, and all comes back"
kill -KILL "$(pgrep -P "$monitor" -f vpnd-engine || pgrep -P "$monitor" | head -n 1)"
wait_for 10 "a new one begins" said 'engine-died'
wait_for 60 "both tunnels are up at both ends" both_up
wait_for 20 "the kernel has Loc-RIB" fib_is_rib vpn1 vpn2

step "vpnd is killed, and started again: all comes back"
reap hub.vpnd KILL
vpnd_spawn hub
wait_for 60 "both tunnels are up at both ends" both_up
wait_for 20 "the kernel has Loc-RIB" fib_is_rib vpn1 vpn2

step "in order, all of it goes"
vpnd_stop hub
check "no route, no nexthop" [ -z "$(ip -n hub route show proto 118; ip -n hub nexthop show)" ]
check "sysctls are as before the first vpnd" [ "$(in_ns hub cat /proc/sys/net/ipv4/nexthop_compat_mode)" = "$compat" ]

pass
