#!/bin/bash
# two-tunnels-failover: one of two tunnels is cut, loses its interface, is taken down by vpnctl: traffic goes on
# needs: vti vpnd
# time: 240
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10                    ><                         10.2.0.10
#                   =========== u2 ===========
#
# A cut underlay swallows packets and tells nobody, so that only DPD or BGP can notice.
. /mnt/top/test/lab/lib.sh

routes_over() {
	fib_is hub $branch_net "$1" && fib_is branch $hub_net "$1"
}

link_is_up() {
	ip -n $1 -j link show $2 | jq -e '.[0].flags | index("UP")'
}

step "two tunnels, both in use"
two_underlays
vpnd_start hub hub
vpnd_start branch branch
wait_for 30 "both tunnels are up at both ends" both_up
wait_for 10 "both ends route over both tunnels" routes_over "vpn1 vpn2"

step "an underlay is cut in the middle of a transfer"
used=$(tunnel_in_use)
other=$((3 - used))
send vpc lan $lan_host 25
note "the transfer goes through tunnel $used"
cut_underlay $used
wait_for 20 "both ends route over tunnel $other alone" routes_over "vpn$other"
wait_for 20 "the hub knows why" tunnel_is hub vpn-branch1/$used '.state == "DOWN" and .layer != "" and .reason != ""'
check "tunnel $other has not noticed" tunnel_is hub vpn-branch1/$other '.state == "UP"'
check "ping from vpc to lan" pings vpc $lan_host
heal_underlay $used
wait_for 45 "both tunnels are up at both ends again" both_up
wait_for 10 "both ends route over both tunnels" routes_over "vpn1 vpn2"
sent vpc lan 40

step "an interface is taken down behind our back, and the kernel drops its routes: all comes back"
on hub ip link set vpn$used down
wait_for 10 "the hub has put the interface up again" link_is_up hub vpn$used
wait_for 30 "both tunnels are up at both ends again" both_up
wait_for 10 "both ends route over both tunnels" routes_over "vpn1 vpn2"
check "ping along tunnel $used" pings hub ${inside[used - 1]}.2

step "vpnctl down and up: not one ping is lost"
ping_start "ping from vpc" vpc $lan_host
ping_start "ping from lan" lan $vpc_host
check "vpnctl down vpn-branch1/$used" ctl hub down vpn-branch1/$used
wait_for 5 "both ends route over tunnel $other alone" routes_over "vpn$other"
check "the hub says that we wanted it so" tunnel_is hub vpn-branch1/$used '.admin == "down" and .state == "DOWN" and .layer == "admin"'
check "vpnctl up vpn-branch1/$used" ctl hub up vpn-branch1/$used
wait_for 30 "both tunnels are up at both ends again" both_up
wait_for 10 "both ends route over both tunnels" routes_over "vpn1 vpn2"
no_loss "ping from vpc"
no_loss "ping from lan"

pass
