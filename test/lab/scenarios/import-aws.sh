#!/bin/bash
# import-aws: what AWS gives for a device is imported at both ends, and carries: XML, options of a transit gateway, static routes
# needs: vti vpnd
# time: 240
#
#    vpc ------ hub ============= u1 ============= branch ------ lan
#  10.1.0.10    203.0.113.10, .20 (BGP)       198.51.100.7     10.2.0.10
#               203.0.113.30, .40 (static)
#
. /mnt/top/test/lab/lib.sh
vectors=$top/test/vectors/aws

# import_both FILE DEVICE-OPTIONS HUB-OPTIONS: both ends of one description, and nothing else, are the configuration.
import_both() {
	rm -rf /mnt/{hub,branch}/conf.d
	# shellcheck disable=SC2086 # lists of words
	{
		in_ns branch "$daemons/vpnctl" import "$vectors/$1" --out /mnt/branch $2 | sed 's/^/  /'
		in_ns hub "$daemons/vpnctl" import --role hub "$vectors/$1" --out /mnt/hub $3 >/dev/null
	}
	check "the device's configuration has no fault" "$daemons/vpnctl" check /mnt/branch/vpnd.conf
	check "nor has the hub's" "$daemons/vpnctl" check /mnt/hub/vpnd.conf
	cp /mnt/branch/conf.d/*.conf "$out/branch.${1%.*}.conf"
	cp /mnt/hub/conf.d/*.conf "$out/hub.${1%.*}.conf"
}

# carries NAME INTERFACE: traffic takes both tunnels of the connection, whose interfaces begin so.
carries() {
	wait_for 30 "both tunnels of $1 are up at both ends" both_up
	wait_for 10 "the branch routes over both" fib_is branch $hub_net "$2-1 $2-2"
	wait_for 10 "the hub routes over both" fib_is hub $branch_net "$2-1 $2-2"
	check "ping from lan to vpc" pings lan $vpc_host
	check "ping from vpc to lan" pings vpc $lan_host
}

# suite_is TUNNEL TEXT: what the device negotiated for IKE.
suite_is() {
	tunnel_is branch "$1" ".ike.proposal | startswith(\"$2\")"
}

step "a hub that has AWS's addresses, and its customer"
gateway hub branch
host vpc lan
wire hub u1 203.0.113.10/32,203.0.113.20/32,203.0.113.30/32,203.0.113.40/32 branch u1 198.51.100.7/32
ip -n hub route add 198.51.100.7/32 dev u1
ip -n branch route add 203.0.113.0/24 dev u1
inside_hosts
capture u1 hub u1

step "CustomerGatewayConfiguration"
import_both vgw-bgp.xml "--network $branch_net" "--network $hub_net"
vpnd_spawn hub
vpnd_spawn branch
carries vpn-0b6b21f0c5d7e8a01 vpn-c5d7e8a01
check "with more than the file's baseline" suite_is vpn-0b6b21f0c5d7e8a01/1 AES256-GCM-16/PRF-SHA2-512/ECP-521

step "describe-vpn-connections, with tunnel options and another AS number"
import_both tgw-options.json "--network $branch_net" "--network $hub_net"
check "the branch uses it" ctl branch reload
check "the hub uses it" ctl hub reload
carries vpn-0d15ea5e0d15ea5e0 vpn-0d15ea5e0
check "tunnel 1 has the suite of its options" suite_is vpn-0d15ea5e0d15ea5e0/1 AES256-GCM-16/PRF-SHA2-384/ECP-384
check "tunnel 2 has AWS's defaults" suite_is vpn-0d15ea5e0d15ea5e0/2 AES256-GCM-16/PRF-SHA2-512/ECP-521

step "without BGP"
import_both static.json "--route $hub_net" ""
check "the branch uses it" ctl branch reload
check "the hub uses it" ctl hub reload
carries vpn-0c0ffee0 vpn-0c0ffee0

step "what the wire has seen"
capture_end u1
only_esp_ike u1
pass
