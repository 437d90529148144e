#!/bin/bash
# two-tunnels: vpnd at both ends, two tunnels over VTI, BGP, equal-cost routes, traffic, nothing in clear
# needs: vti vpnd
# time: 240
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10    AS 64512                       AS 65010    10.2.0.10
#               10.1.0.0/16 === u2 =========== 10.2.0.0/16
#
#  tunnel 1: 198.51.100.1 == 198.51.100.2, inside 169.254.10.1 - 169.254.10.2 on vpn1
#  tunnel 2:  203.0.113.1 == 203.0.113.2,  inside 169.254.20.1 - 169.254.20.2 on vpn2
#
# xfrmi.sh runs the same on the other kind of interface.
. /mnt/top/test/lab/lib.sh
interface=${interface:-vti}

# What a tunnel says about itself when all is well; its addresses are those of its own underlay.
tunnel_is_well() {
	tunnel_is "$1" "$2" '
		.admin == "up" and .state == "UP" and .layer == "" and .ike.state == "established"
		and .child.state == "installed" and .interface.state == "up" and .interface.kind == "'$interface'"
		and .bgp.state == "Established" and .bgp.received == 1 and .bgp.advertised == 1 and .routes == 1
		and (.ike.local | startswith("'"$3"':")) and (.ike.remote | startswith("'"$4"':")) and .ike.nat == "none"'
}

# Each end's inbound SA is the other's outbound one, and the kernel has exactly these.
sas_mirror() {
	local n
	for n in 1 2; do
		tunnel_is hub vpn-branch1/$n ".child.spi_in == \"$(tunnel_get branch vpn-hub/$n .child.spi_out)\"" || return
		tunnel_is hub vpn-branch1/$n ".child.spi_out == \"$(tunnel_get branch vpn-hub/$n .child.spi_in)\"" || return
	done
}

route_is_installed() {
	ctl "$1" --json show routes | jq -e --arg prefix "$2" '.routes[] | select(.prefix == $prefix)
		| .state == "installed" and ([.nexthops[].device] | sort) == ["vpn1", "vpn2"]'
}

# The interface's MTU is neither too large (the packet would not fit into the underlay) nor does it lie (it would not leave).
mtu_is_true() {
	local mtu
	mtu=$(tunnel_get hub vpn-branch1/1 .interface.mtu)
	[ "$mtu" -ge 1280 ] && in_ns hub ping -nq -M "do" -c 3 -i 0.2 -W 2 -s $((mtu - 28)) ${inside[0]}.2 | grep -q ' 3 received'
}

step "two gateways on two underlays, a host behind each"
two_underlays
capture u1 hub u1
capture u2 hub u2
capture inside vpc eth0

step "vpnd at both ends"
vpnd_start hub hub interface=$interface
vpnd_start branch branch interface=$interface
wait_for 30 "both tunnels are up at both ends" both_up
wait_for 10 "the hub routes over both tunnels" fib_is hub $branch_net "vpn1 vpn2"
wait_for 10 "the branch routes over both tunnels" fib_is branch $hub_net "vpn1 vpn2"
for n in 1 2; do
	check "vpn-branch1/$n is well" tunnel_is_well hub vpn-branch1/$n ${hub_outside[n - 1]} ${branch_outside[n - 1]}
	check "vpn-hub/$n is well" tunnel_is_well branch vpn-hub/$n ${branch_outside[n - 1]} ${hub_outside[n - 1]}
done
check "the SAs of both ends mirror each other" sas_mirror
check "the hub's kernel has four SAs" sa_count hub 4
check "the branch's kernel has four SAs" sa_count branch 4
check "the hub says that its route is installed" route_is_installed hub $branch_net
check "the branch says that its route is installed" route_is_installed branch $hub_net
on hub ip route show $branch_net
on hub ip nexthop
ctl hub show

step "traffic from host to host"
check "ping from vpc to lan" pings vpc $lan_host
check "ping from lan to vpc" pings lan $vpc_host
check "a packet of the tunnel's MTU passes whole" mtu_is_true
bulk vpc lan $lan_host $((16 / patience))
bulk lan vpc $vpc_host $((16 / patience))

step "what the wires have seen"
capture_end u1
capture_end u2
capture_end inside
only_esp_ike u1
only_esp_ike u2
in_clear inside

step "an orderly end"
vpnd_stop branch
wait_for 10 "the hub has no SA left" sa_count hub 0
refuse "nothing passes in clear" pings vpc $lan_host 2
vpnd_stop hub
check "nothing is left on the hub" nothing_left hub
check "nothing is left on the branch" nothing_left branch

pass
