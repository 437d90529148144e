#!/bin/bash
# shared-address-vti: two tunnels between the same outside addresses on a kernel that has only VTI: one works, one is refused
# needs: vti vpnd
# time: 180
#
#    vpc ------ hub ============== u1 ============== branch ------ lan
#  10.1.0.10    198.51.100.1        198.51.100.2           10.2.0.10
#
. /mnt/top/test/lab/lib.sh

if ip link add probe type xfrm if_id 1 2>/dev/null; then
	skip "this kernel has xfrm interfaces: shared-address is about those"
fi

refused() {
	grep -q 'interface vpn2: another tunnel has its outside addresses, and VTIs cannot share them' "$out/$1.vpnd.log"
}

answers() {
	[ "$(grep -c 'bytes from' "$out/ping from vpc.log")" -ge "$1" ]
}

step "one underlay"
hub_outside=(198.51.100.1 198.51.100.1)
branch_outside=(198.51.100.2 198.51.100.2)
gateway hub branch
host vpc lan
wire hub u1 198.51.100.1/24 branch u1 198.51.100.2/24
inside_hosts

step "the kernel's own view"
one="ip -n hub link add one type vti local 198.51.100.1 remote 198.51.100.2 key 1"
check "one VTI can be made" $one
refuse "a second one with another key cannot" ${one/one type vti/two type vti} key 2
ip -n hub link del one

step "interface = auto"
vpnd_start hub hub 1.local_id=hub1.example 1.remote_id=branch1.example 2.local_id=hub2.example 2.remote_id=branch2.example
vpnd_start branch branch 1.local_id=branch1.example 1.remote_id=hub1.example 2.local_id=branch2.example 2.remote_id=hub2.example
wait_for 30 "tunnel 1 is up at the hub" up hub 1
wait_for 30 "tunnel 1 is up at the branch" up branch 1
for ns in hub branch; do
	wait_for 10 "the $ns says why tunnel 2 cannot be" refused $ns
	refuse "tunnel 2 is not up at the $ns" up $ns 2
	tunnel_get $ns ${connection[$ns]}/2 '"\(.state) \(.layer) \(.reason)"' | sed 's/^/  /'
done

step "the refused one leaves the other in peace"
ping_start "ping from vpc" vpc $lan_host
wait_for 60 "it has been tried again meanwhile: 250 pings" answers 250
no_loss "ping from vpc"
check "tunnel 1 is up" up hub 1
check "tunnel 1 is up" up branch 1
pass
