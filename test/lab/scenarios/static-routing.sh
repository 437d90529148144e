#!/bin/bash
# static-routing: a connection without BGP on a virtual private gateway: one tunnel at a time, failover, static before BGP
# needs: vti vpnd bird
# time: 200
#
# b1 runs BGP and announces the network of b2 too, which has static routes alone.
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/cloud.sh"

bird_nets+=(10.22.0.0/16)

step "a virtual private gateway with a static connection and one with BGP"
cloud_topology 1 2
write_hub "$(comma "$(customer 1)" "$(customer 2)")" '{ name = "g"; type = "virtual-private"; }' \
	"$(comma "$(hub_connection 1 g 'networks = [ "10.1.0.0/16" ];')" \
	"$(hub_connection 2 g 'static_routes_only = true; routes = [ "10.22.0.0/16" ];')")"
vpnd_spawn hub
branch_spawn 1
branch_spawn 2 'routes = [ "10.1.0.0/16" ];'
bird_start b1 branch
wait_for 60 "all four tunnels are up" up hub
check "those of b2 without BGP" sh -c "nsenter --net=/run/netns/hub -- $daemons/vpnctl -S /mnt/hub/run/ctl.sock --json show |
	jq -e '[.tunnels[] | select(.connection == \"b2\") | .bgp.state] | . == [\"off\", \"off\"]'"

step "one tunnel carries it, and static comes before BGP"
wait_for 20 "the hub has b1's own network by BGP" fib_is hub 10.21.0.0/16 b1t1
wait_for 10 "and goes to b2 by tunnel 1" fib_is hub 10.22.0.0/16 b2t1
wait_for 10 "packets go there and back" pings_from hub 10.1.0.1 10.22.0.1

step "a tunnel fails, then the other one, too"
check "vpnctl down b2/1" ctl hub down b2/1
wait_for 20 "the hub goes to b2 by tunnel 2" fib_is hub 10.22.0.0/16 b2t2
wait_for 20 "packets go there and back" pings_from hub 10.1.0.1 10.22.0.1
check "vpnctl down b2/2" ctl hub down b2/2
wait_for 20 "BGP's way is used" fib_is hub 10.22.0.0/16 b1t1
check "vpnctl up b2" ctl hub up b2
wait_for 40 "both are up again" up hub
wait_for 20 "the hub goes to b2 by tunnel 1" fib_is hub 10.22.0.0/16 b2t1
wait_for 20 "packets go there and back" pings_from hub 10.1.0.1 10.22.0.1

cloud_stop hub b1 b2
pass
