#!/bin/bash
# fragmentation: IKE messages in fragments (RFC 7383) to and from strongSwan and Libreswan, each side initiating once
# needs: vti vpnd strongswan libreswan tshark
# time: 600
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#              the peer                         vpnd
#
# Long identities make IKE_AUTH long, a group of 8192 bits CREATE_CHILD_SA; both sides send datagrams of 576 octets, strongSwan
# even shorter ones. No datagram may be longer, none may need IP fragments, and both directions must show fragments of IKE.
. /mnt/top/test/lab/lib.sh

CREATE_CHILD_SA=36 IKE_AUTH=35
ike_data='udp port 500 and udp[4:2] > 36'
skf="$ike_data and udp[24] = 53"			# Next Payload of the IKE header

label=abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012345
long=$label.$label.$label.lab.example
peer_dh=modp8192

# fragments NAME FILTER: fragments that match are on the wire.
fragments() {
	local n
	n=$(packets "$1" "$skf and $2")
	[ "$n" -gt 1 ] || { echo "$n fragments: $2"; return 1; }
}

# seen NAME LIMIT: both ends sent requests and answers in fragments, LIMIT octets at most for all that is encrypted.
seen() {
	local us=${branch_outside[0]} peer=${hub_outside[0]} who
	for who in $us $peer; do
		check "$who sent CREATE_CHILD_SA requests in fragments" \
			fragments "$1" "src host $who and udp[26] = $CREATE_CHILD_SA and udp[27] & 0x20 = 0"
		check "$who sent CREATE_CHILD_SA answers in fragments" \
			fragments "$1" "src host $who and udp[26] = $CREATE_CHILD_SA and udp[27] & 0x20 != 0"
	done
	check "IKE_AUTH came in fragments" fragments "$1" "udp[26] = $IKE_AUTH and udp[27] & 0x20 = 0"
	check "no fragment is longer than $2 octets" test "$(packets "$1" "$skf and ip[2:2] > $2")" -eq 0
	check "no datagram needed IP fragments" test "$(packets "$1" 'ip[6:2] & 0x3fff != 0')" -eq 0
	check "tshark sees Encrypted and Authenticated Fragments" tshark_agrees "$1"
}

tshark_agrees() {
	local ours theirs
	ours=$(packets "$1" "$skf")
	theirs=$(tshark -nr "$pcaps/$1.pcap" -Y 'isakmp.nextpayload == 53' 2>/dev/null | wc -l)
	[ "$ours" -eq "$theirs" ] || { echo "tcpdump: $ours, tshark: $theirs"; return 1; }
}

# round PEER STARTER
round() {
	local what before
	step "$1 is the hub, $2 initiates"
	capture "$1-$2" branch u1
	peer_interfaces hub hub
	ip -n hub route add $branch_net nexthop dev vpn1 nexthop dev vpn2
	if [ "$2" = vpnd ]; then
		"${1}_start" hub hub add
		vpnd_start branch branch "${ours[@]}" startup_action=start
	else
		vpnd_start branch branch "${ours[@]}" startup_action=add
		"${1}_start" hub hub start
	fi
	wait_for 40 "both tunnels are up on vpnd's side" up branch
	for what in child ike; do
		before=$(rekeys branch $what)
		check "vpnd rekeys ($what)" ctl branch rekey vpn-hub $what
		check "$1 rekeys ($what)" "${1}_rekey" hub $what
		wait_for 20 "vpnd has seen them all" rekeys_reach branch $what $((before + 4))
		wait_for 20 "one pair of SAs for each tunnel" sa_count branch 4
	done
	check "ping from lan to vpc" pings lan $vpc_host
	capture_end "$1-$2"
	seen "$1-$2" 576
	"${1}_stop" hub
	wait_for 10 "vpnd has no SA left after $1 is gone" sa_count branch 0
	vpnd_stop branch
	printf 'link del vpn1\nlink del vpn2\n' | ip -n hub -batch -
}

step "two gateways on two underlays"
two_underlays
for i in 0 1; do
	peer_id[${hub_outside[i]}]=hub$i.$long
	peer_id[${branch_outside[i]}]=branch$i.$long
done
# Without BGP: routes are static, as the peer knows nothing but IKE.
ours=(interface=vti fragment_size=576 "phase1_dh_group_numbers=[ 20, 18 ]" "phase2_dh_group_numbers=[ 18 ]"
	remote_asn= networks= "routes=[ \"$hub_net\" ]"
	"1.local_id=${peer_id[${branch_outside[0]}]}" "1.remote_id=${peer_id[${hub_outside[0]}]}"
	"2.local_id=${peer_id[${branch_outside[1]}]}" "2.remote_id=${peer_id[${hub_outside[1]}]}")

for peer in strongswan libreswan; do
	peer_fragment=300
	for starter in vpnd $peer; do
		round $peer $starter
	done
done
pass
