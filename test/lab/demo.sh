#!/bin/bash
# demo: a site-to-site VPN on this one machine: two gateways, two tunnels, one of them cut
# needs: vti vpnd
# time: 300
#
# What `make demo` runs. Outside a guest it sees to the packages and starts one with itself as the scenario; inside, it is that
# scenario.
set -u

outside() {
	local result
	cd "$(dirname "$0")/../.." || exit 1
	test/deps.sh demo || exit 1
	test/lab/run --live test/lab/demo.sh | sed -u '/^1\.\.1$/d; /^ok 1 - /d; /^# .* passed/d; /sysrq:\|reboot:/d; /^$/N; /^\n$/D'
	result=$(cat build/lab/demo/result 2>/dev/null)
	case $result in
	"pass: "*)	echo "demo: $(sed 's/^pass: //; s/,.*//' <<<"$result") passed" ;;
	*)		echo "demo: failed; everything it left is in build/lab/demo"; exit 1 ;;
	esac
}

if [ -z "${LAB_KIND:-}" ]; then
	outside
	exit
fi

. /mnt/top/test/lab/lib.sh

draw() {
	cat <<-'X'

	      the cloud                                                   the branch
	  +-----+    +----------------+                         +----------------+    +-----+
	  | vpc |----|      hub       |==== u1: tunnel 1 =======|     branch     |----| lan |
	  +-----+    |  vpnd AS 64512 |                         |  vpnd AS 65010 |    +-----+
	 10.1.0.10   |  10.1.0.0/16   |==== u2: tunnel 2 =======|  10.2.0.0/16   |   10.2.0.10
	             +----------------+                         +----------------+
	  u1: 198.51.100.1 - 198.51.100.2, inside 169.254.10.0/30     u2: 203.0.113.1 - 203.0.113.2, inside 169.254.20.0/30

	X
}

show() {
	local ns
	for ns in "$@"; do
		echo "  $ns\$ vpnctl show"
		ctl "$ns" show | sed 's/^/    /'
	done
}

step "a lab on a $LAB_KIND kernel: namespaces for hub, branch and a host behind each"
draw
two_underlays
capture u1 hub u1
capture u2 hub u2

step "vpnd starts at both ends; each tunnel is IKEv2, an interface of its own, and BGP through it"
vpnd_start hub hub
vpnd_start branch branch
wait_for 30 "both tunnels are up at both ends" both_up
wait_for 10 "the hub routes $branch_net over both tunnels" fib_is hub $branch_net "vpn1 vpn2"
wait_for 10 "the branch routes $hub_net over both tunnels" fib_is branch $hub_net "vpn1 vpn2"
show hub branch
on hub ip route show $branch_net
on hub ip nexthop

step "traffic from host to host"
check "ping from vpc to lan" pings vpc $lan_host
check "ping from lan to vpc" pings lan $vpc_host
bulk vpc lan $lan_host 16

used=$(tunnel_in_use)
step "the underlay of tunnel $used, which the traffic uses, swallows everything from now on"
send vpc lan $lan_host 20
cut_underlay $used
wait_for 30 "the hub routes over tunnel $((3 - used)) alone" fib_is hub $branch_net "vpn$((3 - used))"
wait_for 30 "the branch routes over tunnel $((3 - used)) alone" fib_is branch $hub_net "vpn$((3 - used))"
check "ping from vpc to lan" pings vpc $lan_host
show hub

step "the underlay is healed"
heal_underlay $used
wait_for 45 "both tunnels are up at both ends" both_up
wait_for 10 "the hub routes over both tunnels again" fib_is hub $branch_net "vpn1 vpn2"
sent vpc lan 40
show hub branch

step "what the underlays have seen of it"
capture_end u1
capture_end u2
only_esp_ike u1
only_esp_ike u2

step "an orderly end"
vpnd_stop branch
vpnd_stop hub
check "nothing is left in the hub's kernel" nothing_left hub
check "nothing is left in the branch's kernel" nothing_left branch

pass
