#!/bin/bash
# hub-verbs: a hub that is made by verbs alone, from an empty conf.d, changed and taken apart while it runs; two at once; kill -9
# needs: vti vpnd
# time: 600
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10    vgw-1, AS 64512                AS 65010    10.2.0.10
#               two outside addresses          one, as a customer gateway of AWS has it
. /mnt/top/test/lab/lib.sh
second=${hub_outside[0]%.*}.21		# the hub's other address
hub_dir=/mnt/hub/conf.d

# verb WORDS...: on the hub.
verb() {
	ctl hub "$@" -c /mnt/hub/vpnd.conf
}

# says STATUS TEXT WORDS...: what a verb answers when it refuses.
says() {
	local want=$1 text=$2 said rc=0; shift 2
	said=$(verb "$@" 2>&1) || rc=$?
	echo "status $rc: $said"
	[ $rc -eq "$want" ] && grep -qF -- "$text" <<<"$said" && [ "$(wc -l <<<"$said")" -eq 1 ]
}

# described JQ-CONDITION OBJECT [NAME]...: with filters as they are written for AWS.
described() {
	local filter=$1; shift
	verb describe "$@" >/mnt/described
	jq -e "$filter" /mnt/described >/dev/null || { cat /mnt/described; return 1; }
}

# filter JQ-EXPRESSION: of the connection, its keys included.
filter() {
	verb describe connection vpn-1 --with-pre-shared-keys | jq -er "$1"
}

# All that is there, and nothing of an edit.
files_are() {
	local now
	now=$(cd /mnt/hub && find . -name '*vpnctl*' && ls conf.d | tr '\n' ' ')
	[ "$now" = "$1" ] || { echo "$now"; return 1; }
}

# sum: of every file there is.
sum() {
	(cd $hub_dir && sha256sum ./*)
}

same_as() {
	[ "$(sum)" = "$1" ]
}

# The SAs of the connection that is up.
first_spis() {
	ctl hub --json show | jq -c '[.tunnels[] | select(.connection == "vpn-1") | .ike | .spi_i, .spi_r]'
}

no_tunnels() {
	! ip -n hub -br link | grep vpnc
}

ifindex() {
	ip -n hub -o link show dev vpnc1 | cut -d: -f1
}

step "a hub with nothing but a number"
two_underlays
ip -n hub address add "$second/24" dev "$(ip -n hub -o -4 address show to "${hub_outside[0]}/32" | awk '{ print $2 }')"
mkdir -p -m 755 /mnt/hub/conf.d
echo "asn = 64512; interface = \"vti\"; allow_short_lifetimes = true;" >/mnt/hub/vpnd.conf
vpnd_spawn hub

step "the objects"
verb create customer-gateway cgw-1 --ip-address "${branch_outside[0]}" --bgp-asn 65010 --device-name branch
verb create gateway vgw-1 --type virtual-private
check "a connection needs an outside address" says 1 "--local-outside-ip-address" create connection vpn-1 \
	--customer-gateway cgw-1 --gateway vgw-1
verb create connection vpn-1 --customer-gateway cgw-1 --gateway vgw-1 --networks "$hub_net" --bgp-hold-time-seconds 9 \
	--local-outside-ip-address "${hub_outside[0]}" --local-outside-ip-address "$second"
check "each is a file" files_are "connection.vpn-1.conf connection.vpn-1.secrets customer-gateway.cgw-1.conf gateway.vgw-1.conf "
check "the keys are root's alone" test "$(stat -c %a $hub_dir/connection.vpn-1.secrets)" = 600
check "the daemon has it" described '.VpnConnections[0] | .State == "available" and .Type == "ipsec.1" and
	.Category == "VPN" and .CustomerGatewayId == "cgw-1" and .VpnGatewayId == "vgw-1"' connection vpn-1
check "both tunnels are down, and it says why" described '[.VpnConnections[].VgwTelemetry[] | .Status, .StatusMessage] ==
	["DOWN", "IPSEC IS DOWN", "DOWN", "IPSEC IS DOWN"]' connection vpn-1
check "no key is shown unasked" described '[.. | objects | has("PreSharedKey")] | any | not' connection

step "a device is made of what describe says"
mapfile -t keys < <(filter '.VpnConnections[].Options.TunnelOptions[].PreSharedKey')
mapfile -t cidrs < <(filter '.VpnConnections[].Options.TunnelOptions[].TunnelInsideCidr')
mapfile -t outsides < <(filter '.VpnConnections[].Options.TunnelOptions[].OutsideIpAddress')
check "keys are as AWS makes them" test "$(printf '%s\n' "${keys[@]}" | grep -cE '^[A-Za-z1-9._][A-Za-z0-9._]{31}$')" = 2
check "inside blocks are the lowest" test "${cidrs[*]}" = "169.254.0.4/30 169.254.0.8/30"
vpnd_write branch branch interface=vti bgp_hold_time_seconds=9 \
	"1.local_outside_ip_address=${branch_outside[0]}" "2.local_outside_ip_address=${branch_outside[0]}" \
	"1.remote_outside_ip_address=${outsides[0]}" "2.remote_outside_ip_address=${outsides[1]}" \
	"1.tunnel_inside_cidr=${cidrs[0]}" "2.tunnel_inside_cidr=${cidrs[1]}"
secrets_of branch "{ connection = \"vpn-hub\"; tunnel = 1; pre_shared_key = \"${keys[0]}\"; },
	{ connection = \"vpn-hub\"; tunnel = 2; pre_shared_key = \"${keys[1]}\"; }"
vpnd_spawn branch
wait_for 30 "both tunnels are up" both_up
wait_for 10 "traffic passes" pings vpc $lan_host
check "AWS's filter for tunnels that are up" described '[.VpnConnections[] | select(.VpnConnectionId == "vpn-1") |
	.VgwTelemetry[] | select(.Status == "UP") | .OutsideIpAddress] | length == 2' connection
check "and for routes" described '[.VpnConnections[].VgwTelemetry[] | .StatusMessage, .AcceptedRouteCount] ==
	["1 BGP ROUTES", 1, "1 BGP ROUTES", 1]' connection
check "times are ISO 8601" described '[.VpnConnections[].VgwTelemetry[].LastStatusChange | fromdate] | all(. > 1600000000)' connection
check "what was negotiated" described '.ActiveVpnTunnelStatus | length == 2 and all(.IkeVersion == "ikev2" and
	.Phase1EncryptionAlgorithm == "AES256-GCM-16" and (.Phase1DHGroup | type) == "number" and
	.Phase2EncryptionAlgorithm == "AES256-GCM-16" and .ProvisioningStatus == "available")' tunnel-status vpn-1
check "the customer gateway" described '.CustomerGateways == [{ "CustomerGatewayId": "cgw-1", "State": "available",
	"Type": "ipsec.1", "Tags": [], "BgpAsn": "65010", "IpAddress": "'"${branch_outside[0]}"'", "DeviceName": "branch" }]' customer-gateway
check "the gateway" described '.VpnGateways[0].AmazonSideAsn == 64512 and .TransitGateways == []' gateway vgw-1

step "what else is made touches nothing"
engine=$(engines hub) spis=$(first_spis) index=$(ifindex)
verb create customer-gateway a-1 --ip-address 198.51.100.200 --bgp-asn 65020
verb create connection a-1 --customer-gateway a-1 --gateway vgw-1
check "it has the gateway's addresses, and blocks of its own" described '[.VpnConnections[].Options.TunnelOptions[] |
	.OutsideIpAddress, .TunnelInsideCidr] == ["'"${hub_outside[0]}"'", "169.254.0.12/30", "'"$second"'", "169.254.0.16/30"]' connection a-1
check "the first connection has its interface" test "$(ifindex)" = "$index"
check "the identifier of BGP was written down" grep -q "router_id = \"169.254.0.5\"" $hub_dir/router-id.conf
check "no key exchange" test "$(first_spis)" = "$spis"
check "both tunnels are up" up branch

step "what is refused leaves no trace"
before=$(sum)
check "a value out of range" says 6 "dpd_timeout_seconds: must be" modify connection vpn-1 --dpd-timeout-seconds 0
check "a key of the wrong shape" says 1 "8 to 64 letters" modify connection vpn-1 --pre-shared-key "not this"
check "an unknown option" says 1 "did you mean --dpd-timeout-seconds?" modify connection vpn-1 --dpd-timeout-second 40
check "a name that is there" says 4 "already" create connection vpn-1 --customer-gateway cgw-1 --gateway vgw-1
check "a name that is not" says 3 "there is no connection" delete connection vpn-9
check "what others need" says 6 "there is no customer gateway" delete customer-gateway cgw-1
check "a block that is used" says 6 "is already the inside CIDR of" create connection x --customer-gateway a-1 --gateway vgw-1 \
	--tunnel-inside-cidr 169.254.0.4/30
check "a dry run" verb modify connection vpn-1 --dpd-timeout-seconds 45 --dry-run
check "all is as it was" same_as "$before"

step "the daemon refuses, and the files come back"
cp /mnt/hub/vpnd.conf /mnt/new.conf
ctl hub apply /mnt/new.conf --confirm-within 1h
check "an edit during a trial" says 4 "waits to be confirmed" modify connection vpn-1 --dpd-timeout-seconds 45
ctl hub confirm
check "all is as it was" same_as "$before"

step "what somebody has written is left alone"
sed -i 1d $hub_dir/customer-gateway.a-1.conf
check "it is said where it stands" says 4 "$hub_dir/customer-gateway.a-1.conf:2; edit it there" modify customer-gateway a-1 --bgp-asn 65021

step "a new key, for one tunnel"
verb modify connection vpn-1 --tunnel2-pre-shared-key another_key.1234
secrets_of branch "{ connection = \"vpn-hub\"; tunnel = 1; pre_shared_key = \"${keys[0]}\"; },
	{ connection = \"vpn-hub\"; tunnel = 2; pre_shared_key = \"another_key.1234\"; }"
ctl branch reload
ctl branch down vpn-hub/2
ctl branch up vpn-hub/2
wait_for 30 "the tunnel comes up with it" up branch

step "two at once"
for i in 1 2 3; do
	verb create customer-gateway "many-$i" --ip-address "198.51.100.10$i" --bgp-asn "6510$i" >"/mnt/many.$i" 2>&1 &
	many[i]=$!
done
for i in 1 2 3; do
	wait "${many[i]}" || fail "create of many-$i: $(cat "/mnt/many.$i")"
done
check "all are there" described '[.CustomerGateways[].CustomerGatewayId | select(startswith("many-"))] | length == 3' customer-gateway
for i in 1 2; do
	verb create connection "both-$i" --customer-gateway "many-$i" --gateway vgw-1 >"/mnt/both.$i" 2>&1 &
	many[i]=$!
done
for i in 1 2; do
	wait "${many[i]}" || fail "create of both-$i: $(cat "/mnt/both.$i")"
done
check "no two have the same block" described '[.VpnConnections[].Options.TunnelOptions[].TunnelInsideCidr] | length == 8 and
	(unique | length) == 8' connection

# kill_at SECONDS N: a new value for the configuration and for a key, and whoever writes them is killed; which are there?
kill_at() {
	local key value
	"$daemons/vpnctl" -S /mnt/hub/run/ctl.sock modify connection both-1 -c /mnt/hub/vpnd.conf \
		--rekey-fuzz-percentage "$2" --pre-shared-key "key_number_$2" >/dev/null 2>&1 &
	sleep "$1"
	kill -KILL $! 2>/dev/null || true
	wait $! 2>/dev/null || true
	[ "$(wc -l < <(ls $hub_dir))" = "$files" ] || fail "killed after $1 s: a file more or less"
	value=$(sed -n 's/.*rekey_fuzz_percentage = \([0-9]*\);/\1/p' $hub_dir/connection.both-1.conf)
	key=$(sed -n 's/.*pre_shared_key = "key_number_\([0-9]*\)";/\1/p' $hub_dir/connection.both-1.secrets | sort -u)
	[ "$key" = "$value" ] || fail "killed after $1 s: $value is there with the key of $key"
	"$daemons/vpnctl" check /mnt/hub/vpnd.conf || fail "killed after $1 s: what is there is wrong"
	if [ "$value" = "$2" ]; then new=$((new + 1)); else old=$((old + 1)); fi
}

step "killed at any instant"
verb modify connection both-1 --rekey-fuzz-percentage 99 --pre-shared-key key_number_99
files=$(ls $hub_dir | wc -l) old=0 new=0
began=$(date +%s%N)
verb modify connection both-1 --rekey-fuzz-percentage 98 --pre-shared-key key_number_98 >/dev/null
took=$(($(date +%s%N) - began))
for i in $(seq 12); do
	kill_at "$(awk "BEGIN { print $took * $i / 10e9 }")" "$i"
done
note "an edit takes $((took / 1000000)) ms; the old state was left $old times, the new one $new times"
check "both were" test $old -gt 0 -a $new -gt 0
verb modify connection both-1 --rekey-fuzz-percentage 50
check "the next one goes on, and leaves nothing behind" test ! -e /mnt/hub/conf.d.vpnctl

step "a transit gateway with a route table"
verb create gateway tgw-1 --type transit
verb create route-table rtb-1 --table 100 --vrf never
verb create connection t-1 --customer-gateway many-3 --gateway tgw-1 --static-routes-only --routes 10.9.0.0/16 \
	--local-outside-ip-address "${hub_outside[0]}" --local-outside-ip-address "$second"
verb create association --connection t-1 --route-table rtb-1
verb create propagation --connection t-1 --route-table rtb-1
verb create route --connection t-1 --destination-cidr-block 10.10.0.0/16
verb create route --route-table rtb-1 --destination-cidr-block 10.11.0.0/16 --blackhole
check "they are described" described '.TransitGatewayRouteTables[0] | .Associations[0].ResourceId == "t-1" and
	.Propagations[0].ResourceId == "t-1" and .Routes == [{ "DestinationCidrBlock": "10.11.0.0/16", "Type": "static",
	"State": "blackhole", "TransitGatewayAttachments": [] }]' route-table rtb-1
check "so are static routes" described '[.VpnConnections[0].Routes[] | .DestinationCidrBlock, .State] ==
	["10.9.0.0/16", "available", "10.10.0.0/16", "available"] and .VpnConnections[0].Options.StaticRoutesOnly' connection t-1
check "the blackhole is in the kernel" test -n "$(ip -n hub route show table 100 type blackhole 10.11.0.0/16)"
verb delete route --route-table rtb-1 --destination-cidr-block 10.11.0.0/16
verb delete propagation --connection t-1 --route-table rtb-1
verb delete association --connection t-1 --route-table rtb-1

step "all of it goes again"
wait_for 30 "both tunnels are up" up branch
check "the engine is the first one" engine_lives hub "$engine"
for c in a-1 both-1 both-2 t-1 vpn-1; do verb delete connection "$c"; done
for g in vgw-1 tgw-1; do verb delete gateway "$g"; done
for g in many-1 many-2 many-3 cgw-1; do verb delete customer-gateway "$g"; done
verb delete route-table rtb-1
check "what others have written is left" files_are "customer-gateway.a-1.conf router-id.conf "
wait_for 10 "the kernel has nothing of it" no_tunnels

pass
