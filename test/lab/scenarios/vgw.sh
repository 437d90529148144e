#!/bin/bash
# vgw: a virtual private gateway and two branches: the MEDs that BIRD and FRR see, one way to a branch at a time, failover
# needs: vti vpnd bird frr
# time: 300
#
# Both branches announce 10.99.0.0/16 as well.
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/cloud.sh"

net='networks = [ "10.1.0.0/16" ];'

# hub_with TYPE [KEYS]
hub_with() {
	write_hub "$(comma "$(customer 1)" "$(customer 2)")" "{ name = \"g\"; type = \"$1\"; ${2:-} }" \
		"$(comma "$(hub_connection 1 g "$net")" "$(hub_connection 2 g "$net")")"
}

step "a virtual private gateway with two connections"
cloud_topology 1 2
hub_with virtual-private
check "vpnctl check takes it" in_ns hub "$daemons/vpnctl" check /mnt/hub/vpnd.conf
vpnd_spawn hub
bird_nets+=(10.99.0.0/16)
frr_nets+=(10.99.0.0/16)
branch_spawn 1
branch_spawn 2
bird_start b1 branch
frr_start b2 branch
wait_for 60 "all four tunnels are up" up hub

step "the first tunnel is the better one for both sides"
wait_for 10 "BIRD sees MED 100 and 200" bird_med 10.1.0.0/16 100 200
wait_for 10 "so does FRR" frr_med 10.1.0.0/16 100 200
wait_for 10 "for the other branch's network, too" bird_med 10.22.0.0/16 100 200
wait_for 10 "the hub goes to b1 by tunnel 1 alone" fib_is hub 10.21.0.0/16 b1t1
wait_for 10 "and to b2" fib_is hub 10.22.0.0/16 b2t1
wait_for 10 "of two branches with one network only one is used" fib_is hub 10.99.0.0/16 b1t1
check "packets go there and back" pings_from hub 10.1.0.1 10.21.0.1

step "a lower MED of the branch counts among its own tunnels"
bird_filter="bgp_med = 60 - 10 * NUMBER; accept"
check "BIRD announces MED 50 and 40" bird_again
wait_for 10 "the hub goes to b1 by tunnel 2" fib_is hub 10.21.0.0/16 b1t2
wait_for 10 "b2 is another AS, with which it is not compared: its first tunnel wins" fib_is hub 10.99.0.0/16 b2t1
bird_filter="if NUMBER = 1 then bgp_path.prepend(65011); bgp_med = 60 - 10 * NUMBER; accept"
check "BIRD makes the path through tunnel 1 longer, as those do who cannot send MEDs" bird_again
wait_for 10 "the hub goes to b1 by tunnel 2 still" fib_is hub 10.21.0.0/16 b1t2
bird_filter="accept"
check "BIRD announces as it did" bird_again
wait_for 10 "the hub goes to b1 by tunnel 1 again" fib_is hub 10.21.0.0/16 b1t1

step "a tunnel fails"
check "vpnctl down b1/1" ctl hub down b1/1
wait_for 20 "the hub goes by tunnel 2" fib_is hub 10.21.0.0/16 b1t2
wait_for 20 "so does BIRD" sh -c "ip -n b1 route get 10.1.0.1 | grep -q 'dev vpn2'"
check "packets go there and back" pings_from hub 10.1.0.1 10.21.0.1
check "vpnctl up b1/1" ctl hub up b1/1
wait_for 40 "the tunnel is up again" up hub
wait_for 20 "and used" fib_is hub 10.21.0.0/16 b1t1

step "the same connections on a transit gateway, by reload"
hub_with transit
check "vpnctl reload" ctl hub reload
wait_for 20 "BIRD sees MED 100 twice" bird_med 10.1.0.0/16 100 100 1
wait_for 20 "the hub goes to b1 by both tunnels" fib_is hub 10.21.0.0/16 "b1t1 b1t2"
wait_for 20 "but not to two ASes at once: the lower router id wins" fib_is hub 10.99.0.0/16 "b1t1 b1t2"
bird_filter="if NUMBER = 1 then bgp_med = 100; accept"
check "BIRD announces MED 100 by tunnel 1, none by tunnel 2" bird_again
wait_for 10 "none counts as 100: both are used" fib_is hub 10.21.0.0/16 "b1t1 b1t2"
bird_filter="if NUMBER = 1 then bgp_med = 99; accept"
check "BIRD announces MED 99 by tunnel 1" bird_again
wait_for 10 "which is better" fib_is hub 10.21.0.0/16 b1t1
bird_filter="accept"
check "BIRD announces none" bird_again
hub_with transit "vpn_ecmp_support = false;"
check "vpnctl reload" ctl hub reload
wait_for 20 "without ECMP one is" fib_is hub 10.21.0.0/16 b1t1
wait_for 20 "BIRD sees MED 100 and 200 again" bird_med 10.1.0.0/16 100 200

step "a network of its own that comes back"
bird_nets+=(10.88.0.0/16)
bird_filter="if net = 10.88.0.0/16 then bgp_path.prepend(64512); accept"
check "BIRD announces one with the gateway's AS in its path" bird_again
wait_for 10 "the hub says that it does not use it" hub_log "AS_PATH contains our own AS 64512"
check "and does not" fib_is hub 10.88.0.0/16 ""

cloud_stop hub b1 b2
pass
