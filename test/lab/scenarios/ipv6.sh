#!/bin/bash
# ipv6: IPv6 inside tunnels over IPv4, then both families inside tunnels over IPv6 (vti6)
# needs: vti vpnd
# time: 300
#
#     vpc ------ hub ============= u1 ============= branch ------ lan
#   10.1.0.10       198.51.100.1      198.51.100.2             10.2.0.10
#   fd00:1::10      2001:db8:1::1    2001:db8:1::2             fd00:2::10
#                  ============= u2 =============
#
. /mnt/top/test/lab/lib.sh

hub_net6=fd00:1::/64
branch_net6=fd00:2::/64

both_families() {
	wire hub u1 198.51.100.1/24,2001:db8:1::1/64 branch u1 198.51.100.2/24,2001:db8:1::2/64
	wire hub u2 203.0.113.1/24,2001:db8:2::1/64 branch u2 203.0.113.2/24,2001:db8:2::2/64
	wire hub vpc0 10.1.0.1/16,fd00:1::1/64 vpc eth0 $vpc_host/16,fd00:1::10/64
	wire branch lan0 10.2.0.1/16,fd00:2::1/64 lan eth0 $lan_host/16,fd00:2::10/64
	ip -n vpc route add default via 10.1.0.1
	ip -n vpc route add default via fd00:1::1
	ip -n lan route add default via 10.2.0.1
	ip -n lan route add default via fd00:2::1
}

vpnd_dual() {
	local net=$hub_net net6=$hub_net6
	[ $1 = hub ] || net=$branch_net net6=$branch_net6
	vpnd_start $1 $1 tunnel_inside_ip_version=both "networks=[ \"$net\", \"$net6\" ]" \
		1.tunnel_inside_ipv6_cidr=${inside6[0]}/126 2.tunnel_inside_ipv6_cidr=${inside6[1]}/126
}

# round OUTSIDE: the same questions for either outside family.
round() {
	capture u1-$1 hub u1
	vpnd_dual hub
	vpnd_dual branch
	wait_for 30 "both tunnels are up at both ends" both_up
	wait_for 10 "the hub routes IPv6 over both tunnels" fib_is hub $branch_net6 "vpn1 vpn2"
	wait_for 10 "the branch routes IPv6 over both tunnels" fib_is branch $hub_net6 "vpn1 vpn2"
	wait_for 10 "the hub routes IPv4 over both tunnels" fib_is hub $branch_net "vpn1 vpn2"
	check "IPv6 ping from vpc to lan" pings vpc fd00:2::10
	check "IPv6 ping from lan to vpc" pings lan fd00:1::10
	check "IPv4 ping from vpc to lan" pings vpc $lan_host
	check "IPv6 ping along tunnel 1" pings hub ${inside6[0]}2
	send vpc lan fd00:2::10 2
	sent vpc lan 20
	capture_end u1-$1
	only_esp_ike u1-$1
	vpnd_stop branch
	vpnd_stop hub
	check "nothing is left on the hub" nothing_left hub
	check "nothing is left on the branch" nothing_left branch
}

step "gateways and hosts with both families"
gateway hub branch
host vpc lan
both_families

step "outside IPv4, inside both"
round v4

step "outside IPv6, inside both"
hub_outside=(2001:db8:1::1 2001:db8:2::1)
branch_outside=(2001:db8:1::2 2001:db8:2::2)
round v6

pass
