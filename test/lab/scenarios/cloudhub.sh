#!/bin/bash
# cloudhub: three branches on one virtual private gateway learn each other's routes from it, and its AS number alone
# needs: vti vpnd bird frr
# time: 300
#
# The hub's asn is 64999, which nobody may see: the gateway has 64512.
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/cloud.sh"

hub_as=64999
gateways='{ name = "vgw-1"; type = "virtual-private"; amazon_side_asn = 64512; }'
connections=$(comma "$(hub_connection 1 vgw-1 'networks = [ "10.1.0.0/16" ];')" "$(hub_connection 2 vgw-1)" "$(hub_connection 3 vgw-1)")

# refused_with TEXT: vpnctl check says so.
refused_with() {
	local said
	if said=$(in_ns hub "$daemons/vpnctl" check /mnt/hub/vpnd.conf 2>&1); then
		echo "it is taken"
		return 1
	fi
	grep -F "$1" <<<"$said" || { echo "$said"; return 1; }
}

# bird_paths: of every route that BIRD has by BGP; each begins with the gateway's AS, and the hub's is nowhere.
bird_paths() {
	bird b1 show route all protocol hub1 | sed -n 's/.*BGP.as_path: //p' | sort -u | tr '\n' ','
}

as_paths_are() {
	local now
	now=$(bird_paths)
	[ "$now" = "$1" ] || { echo "$now"; return 1; }
}

# b3_has PREFIX AS_PATH: vpnd's best.
b3_has() {
	ctl b3 --json show bgp routes | jq -e --arg p "$1" --arg a "$2" '
		[.routes[] | select(.prefix == $p) | .as_path | map(tostring) | join(" ")] | index($a)' >/dev/null ||
		{ ctl b3 show bgp routes; return 1; }
}

step "two branches of one AS are refused"
cloud_topology 1 2 3
write_hub "$(comma "$(customer 1)" "$(customer 2)" "$(customer 3 65011)")" "$gateways" "$connections"
check "vpnctl check says why" refused_with 'connections[2].customer_gateway: its bgp_asn 65011 is that of connection "b1", too'
write_hub "$(comma "$(customer 1)" "$(customer 2)" "$(customer 3 64512)")" "$gateways" "$connections"
check "so is one of the gateway's own" refused_with "its bgp_asn 64512 is its gateway's, too: they must differ"

step "three branches of three"
write_hub "$(comma "$(customer 1)" "$(customer 2)" "$(customer 3)")" "$gateways" "$connections"
vpnd_spawn hub
branch_spawn 1
branch_spawn 2
branch_spawn 3 'remote_asn = 64512; bgp_hold_time_seconds = 9; networks = [ "10.23.0.0/16" ];'
bird_start b1 branch
frr_start b2 branch
wait_for 60 "all six tunnels are up" up hub

step "everybody learns everybody's routes"
wait_for 20 "BIRD: the hub's network, and those of the others" as_paths_are "64512,64512 65012,64512 65013,"
wait_for 10 "vpnd: b1's" b3_has 10.21.0.0/16 "64512 65011"
wait_for 10 "vpnd: b2's" b3_has 10.22.0.0/16 "64512 65012"
wait_for 10 "FRR: b3's, the better MED by tunnel 1" frr_med 10.23.0.0/16 100 200
wait_for 10 "the hub goes to each by one tunnel" fib_is hub 10.23.0.0/16 b3t1
check "b3 reaches b1" pings_from b3 10.23.0.1 10.21.0.1
check "b3 reaches b2" pings_from b3 10.23.0.1 10.22.0.1
check "b1 reaches b2" pings_from b1 10.21.0.1 10.22.0.1

step "a branch leaves"
cloud_stop b2
wait_for 30 "b3 is told" fib_is b3 10.22.0.0/16 ""
check "b3 still reaches b1" pings_from b3 10.23.0.1 10.21.0.1

cloud_stop hub b1 b3
pass
