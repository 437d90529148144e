#!/bin/bash
# export-peers: what the hub exports for its device is used as it is: vpnd, strongSwan and BIRD, strongSwan and FRR, Libreswan and FRR
# needs: vti nft vpnd strongswan libreswan bird frr
# time: 360
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10    vpnd                           each in turn   10.2.0.10
#               ============ u2 ===========
#
# On the branch only vpnd, or what the format is named after, reads these files; the lab adds where their sockets and logs are.
. /mnt/top/test/lab/lib.sh
interface=${interface:-vti}
exported=

# The lab's generators give way to the exported files.
eval "lab_$(declare -f strongswan_daemon)"
strongswan_daemon() { lab_strongswan_daemon "$@"; echo "include $exported/strongswan.conf"; }
strongswan_connections() { cat "$exported/swanctl.conf"; }
libreswan_conf() { cat "$exported/ipsec.conf"; }
libreswan_secrets() { cat "$exported/ipsec.secrets"; }
bird_conf() { cat "$exported/bird.conf"; }
frr_conf() { cat "$exported/frr.conf"; }

# export_as FORMAT: where it is, is in exported.
export_as() {
	exported=/mnt/exported/$1
	mkdir -p /mnt/exported
	check "the hub exports for $1" "$daemons/vpnctl" export vpn-branch1 /mnt/hub/vpnd.conf --format "$1" --interface $interface \
		--network $branch_net --out "$exported"
	mkdir -p "$out/$1" && cp -r "$exported/." "$out/$1/"
}

# carries: both tunnels do, and what the wire sees is encrypted.
carries() {
	wait_for 40 "both tunnels are up on the hub" up hub
	wait_for 20 "the hub routes over both" fib_is hub $branch_net "vpn1 vpn2"
	wait_for 20 "the branch routes over both" fib_is branch $hub_net "$1"
	check "ping from lan to vpc" pings lan $vpc_host
	check "ping from vpc to lan" pings vpc $lan_host
}

# round FORMAT IKE BGP INTERFACES
round() {
	step "$1"
	export_as "$1"
	capture "$1" hub u1
	check "its script makes the interfaces" in_ns branch sh "$exported/interfaces.sh"
	check "and may be run again" in_ns branch sh "$exported/interfaces.sh"
	"$2_start" branch branch start
	"$3_start" branch branch
	carries "$4"
	bulk lan vpc $vpc_host 2
	capture_end "$1"
	only_esp_ike "$1"
	"$3_stop" branch
	"$2_stop" branch
	local name
	for name in $4; do
		ip -n branch link del "$name" 2>/dev/null || true
	done
	wait_for 40 "the hub has no SA left" sa_count hub 0
}

step "a hub of vpnd"
two_underlays
vpnd_start hub hub interface=$interface dpd_timeout_seconds=30

step "vpnd"
export_as vpnd
check "what is exported has no fault" "$daemons/vpnctl" check "$exported/vpnd.conf"
cp -r "$exported/." /mnt/branch/
vpnd_spawn branch
carries "vpn-branch1-1 vpn-branch1-2"
vpnd_stop branch
wait_for 20 "the hub has no SA left" sa_count hub 0

round strongswan-bird strongswan bird "vpn-branch1-1 vpn-branch1-2"
round strongswan-frr strongswan frr "vpn-branch1-1 vpn-branch1-2"
libreswan_interfaces="vpn-branch1-1 vpn-branch1-2"
[ $interface = vti ] || libreswan_interfaces=$(sed -n 's/^tunnel \([^ ]*\).*/\1/p' "$exported/interfaces.sh" | xargs)
round libreswan-frr libreswan frr "$libreswan_interfaces"
pass
