#!/bin/bash
# prefix-limit: a branch that announces more than the 100 prefixes of a virtual private gateway: warned, cut off, and back
# needs: vti vpnd bird
# time: 200
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/cloud.sh"

# announce N: so many prefixes, by BIRD.
announce() {
	local i
	bird_nets=(10.21.0.0/16)
	for ((i = 1; i < $1; i++)); do bird_nets+=("10.121.$i.0/24"); done
	bird_again
}

hub_holds() {
	neighbor_is hub b1/1 ".accepted == $1" && neighbor_is hub b1/2 ".accepted == $1"
}

step "a connection with the limits of its gateway"
cloud_topology 1
write_hub "$(customer 1)" '{ name = "g"; type = "virtual-private"; }' \
	"$(hub_connection 1 g 'networks = [ "10.1.0.0/16" ]; max_prefixes_restart_seconds = 3;')"
vpnd_spawn hub
branch_spawn 1
bird_start b1 branch
wait_for 60 "both tunnels are up" up hub
refuse "nothing was said of limits" hub_log "the limit is 100"

step "near the limit, and at it"
check "BIRD announces 75 prefixes" announce 75
wait_for 20 "the hub warns" hub_log "the remote announces 75 prefixes, the limit is 100"
check "BIRD announces 100 prefixes" announce 100
wait_for 20 "the hub has them all" hub_holds 100
check "and the tunnels are up" up hub

step "one too many"
check "BIRD announces 101 prefixes" announce 101
wait_for 20 "the hub says why" hub_log "the remote announces more than 100 prefixes"
wait_for 20 "BIRD reads Cease 6/1" bird_read b1 "Maximum number of prefixes reached"
wait_for 20 "both tunnels are down, with the reason" sh -c "nsenter --net=/run/netns/hub -- \
	$daemons/vpnctl -S /mnt/hub/run/ctl.sock --json show | tee /dev/stderr |
	jq -e '[.tunnels[] | select(.state == \"DOWN\" and (.reason | contains(\"more than 100 prefixes\")))] | length == 2'"
check "IPsec is not" sa_count hub 4
check "its routes are gone" fib_is hub 10.21.0.0/16 ""

step "and back"
check "BIRD announces 99 prefixes" announce 99
wait_for 40 "both tunnels are up again" up hub
wait_for 20 "with 99 prefixes" hub_holds 99

cloud_stop hub b1
pass
