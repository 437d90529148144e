#!/bin/bash
# tunnel-replacement: both tunnels of a connection are replaced in turn under traffic, and not a packet is lost; maintenance that waits
# needs: vti vpnd bird
# time: 300
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/cloud.sh"

# hub_with KEYS
hub_with() {
	write_hub "$(customer 1)" '{ name = "g"; type = "virtual-private"; }' "$(hub_connection 1 g "networks = [ \"10.1.0.0/16\" ];
		enable_tunnel_lifecycle_control = true; maintenance_auto_apply_seconds = 30; $1")"
}

spis() {
	ctl hub --json show tunnel "b1/$1" | jq -r '.tunnels[0] | [.ike.spi_i, .child.spi_in] | join(" ")'
}

# maintenance N JQ-CONDITION
maintenance() {
	tunnel_is hub "b1/$1" ".maintenance | $2"
}

# Fifty packets a second each way, until traffic_end, which tells how many got lost.
traffic() {
	rm -f "$out"/*.ping.log
	spawn hub.ping nsenter --net=/run/netns/hub -- ping -n -q -i 0.02 -I 10.1.0.1 10.21.0.1
	spawn b1.ping nsenter --net=/run/netns/b1 -- ping -n -q -i 0.02 -I 10.21.0.1 10.1.0.1
}

traffic_end() {
	local ns sent got
	for ns in hub b1; do
		reap $ns.ping INT
		read -r sent got < <(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$out/$ns.ping.log")
		note "$ns: $sent packets, $got came back"
		# The last one may be under way.
		[ "$sent" -gt "$1" ] && [ $((sent - got)) -le 1 ] || fail "$ns has lost $((sent - got)) of $sent packets"
		ok "$ns has lost none"
	done
}

# replace N [OPTION]
replace() {
	ctl hub --timeout 60 replace-tunnel "b1/$1" ${2:+"$2"}
}

step "two tunnels under traffic"
cloud_topology 1
hub_with ""
vpnd_spawn hub
branch_spawn 1
bird_start b1 branch
wait_for 60 "both tunnels are up" up hub
wait_for 20 "BIRD prefers tunnel 1" bird_med 10.1.0.0/16 100 200
wait_for 20 "so does the hub" fib_is hub 10.21.0.0/16 b1t1
wait_for 20 "packets go there and back" pings_from hub 10.1.0.1 10.21.0.1
refuse "a connection cannot be replaced as a whole" replace ""
refuse "there is no maintenance to apply" replace 1 --apply-pending-maintenance

step "one after the other is replaced"
one=$(spis 1) two=$(spis 2)
traffic
check "vpnctl replace-tunnel b1/1" replace 1
check "it has other SAs" [ "$(spis 1)" != "$one" ]
check "the other one has not" [ "$(spis 2)" = "$two" ]
wait_for 20 "BIRD prefers tunnel 1 again" bird_med 10.1.0.0/16 100 200
wait_for 20 "so does the hub" fib_is hub 10.21.0.0/16 b1t1
check "vpnctl replace-tunnel b1/2" replace 2
check "it has other SAs" [ "$(spis 2)" != "$two" ]
check "the hub goes by tunnel 1 still" fib_is hub 10.21.0.0/16 b1t1
traffic_end 100

step "a change that waits"
one=$(spis 1) two=$(spis 2)
hub_with "replay_window_size = 512;"
check "vpnctl reload" ctl hub reload
wait_for 10 "tunnel 1 waits for its maintenance" maintenance 1 '.pending and .auto_applied_after != ""'
check "so does tunnel 2" maintenance 2 .pending
check "neither was interrupted" [ "$(spis 1) $(spis 2)" = "$one $two" ]
check "vpnctl show says so" sh -c "nsenter --net=/run/netns/hub -- $daemons/vpnctl -S /mnt/hub/run/ctl.sock show |
	grep -q 'maintenance pending'"
refuse "it is not replaced by the way" replace 1
traffic
check "vpnctl replace-tunnel b1/1 --apply-pending-maintenance" replace 1 --apply-pending-maintenance
check "nothing is pending there" maintenance 1 '(.pending | not) and .last_replaced != ""'
check "its SA has the other window" sh -c "ip -n hub xfrm state | grep -q 'replay_window 512'"
wait_for 60 "tunnel 2's is applied by itself" maintenance 2 '(.pending | not) and .last_replaced != ""'
wait_for 30 "both tunnels are up" up hub
traffic_end 200

step "a change that is taken back"
hub_with "replay_window_size = 1024;"
check "vpnctl reload" ctl hub reload
wait_for 10 "maintenance is pending" maintenance 1 .pending
hub_with "replay_window_size = 512;"
check "vpnctl reload" ctl hub reload
wait_for 10 "and is not any more" maintenance 1 '.pending | not'

cloud_stop hub b1
pass
