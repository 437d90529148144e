#!/bin/bash
# adoption: engines are killed under traffic, at either end and at both; the next one goes on with the same SAs, and nobody notices
# needs: vti vpnd strongswan
# time: 400
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#
#  rounds:      vpnd                           vpnd
#               vpnd                           strongSwan
#
# Routes are static: a BGP session is a TCP connection, which dies with its engine. That no IKE SA is opened is seen on the wire.
. /mnt/top/test/lab/lib.sh

static=(remote_asn= networks= bgp_hold_time_seconds=)

logged() {
	[ "$(grep -c "$2" "$out/$1.vpnd.log")" -ge "$3" ]
}

# succeed NS: the engine is killed, and another one has taken both tunnels over.
succeed() {
	local adopted
	adopted=$(grep -c 'ike-adopted' "$out/$1.vpnd.log" || true)
	kill_engine "$1"
	wait_for 20 "which has taken both tunnels over" logged "$1" ike-adopted $((adopted + 2))
	check "nothing of it was refused" refuse_logged "$1"
}

refuse_logged() {
	! grep -E 'ike-not-adopted|engine-from-scratch|kern-refused' "$out/$1.vpnd.log"
}

# spis NS: of all SAs in the kernel.
spis() {
	ip -n "$1" xfrm state | sed -n 's/.* spi \(0x[0-9a-f]*\) .*/\1/p' | sort | tr '\n' ' '
}

same_spis() {
	local now
	now=$(spis "$1")
	[ "$now" = "$2" ] || { echo "$1: $now, and not $2"; return 1; }
}

# informational NAME: messages of that exchange.
informational() {
	packets "$1" "udp port 500 and udp[26] = 37"
}

probed() {
	[ "$(informational "$1")" -ge 2 ]
}

captures_start() {
	capture "$1-u1" hub u1
	capture "$1-u2" hub u2
}

captures_end() {
	local u
	for u in u1 u2; do
		capture_end "$1-$u"
		check "IKE was spoken on $u" probed "$1-$u"
		check "and no IKE SA opened" [ "$(openings "$1-$u" 34)$(openings "$1-$u" 38)" = 00 ]
	done
}

# unnoticed NS...: their engines die; the same SAs are there afterwards, and probes pass.
unnoticed() {
	local ns sas ikes
	sas=$(spis hub)
	ikes=$(ike_spis hub)
	for ns in "$@"; do
		succeed "$ns"
	done
	for ns in "$@"; do
		check "all tunnels of the $ns are up" up "$ns"
	done
	check "the hub has the same SAs in the kernel" same_spis hub "$sas"
	check "and the same IKE SAs" [ "$(ike_spis hub)" = "$ikes" ]
}

step "two gateways on two underlays"
two_underlays
vpnd_start hub hub "${static[@]}" "routes=[ \"$branch_net\" ]"
vpnd_start branch branch "${static[@]}" "routes=[ \"$hub_net\" ]"
wait_for 30 "both tunnels are up at both ends" both_up
captures_start ours
ping_start "ping from vpc" vpc $lan_host
ping_start "ping from lan" lan $vpc_host

step "the hub's engine dies"
unnoticed hub
step "the branch's engine dies"
unnoticed branch

step "DPD goes on, and rekeys from either side"
wait_for 20 "probes are answered" probed ours-u1
sleep 12		# longer than the peer would wait for an answer
check "both tunnels are up at both ends" both_up
for side in "hub vpn-branch1" "branch vpn-hub"; do
	read -r ns name <<<"$side"
	check "the $ns rekeys both children" ctl "$ns" rekey "$name" child
	check "the $ns rekeys both IKE SAs" ctl "$ns" rekey "$name" ike
done
wait_for 20 "one pair of SAs for each tunnel" sa_count hub 4
wait_for 20 "at the other end too" sa_count branch 4

step "both engines die, one after the other"
unnoticed hub branch
check "the hub rekeys both IKE SAs" ctl hub rekey vpn-branch1 ike
no_loss "ping from vpc"
no_loss "ping from lan"
captures_end ours
check "the old engines left nothing over" sa_count hub 4
vpnd_stop branch
vpnd_stop hub
check "nothing is left at the hub" nothing_left hub
check "nothing is left at the branch" nothing_left branch

step "strongSwan is the branch"
peer_interfaces branch branch
for i in 1 2; do
	on branch ip route append $hub_net dev vpn$i metric $i
done
vpnd_start hub hub "${static[@]}" "routes=[ \"$branch_net\" ]" interface=vti
strongswan_start branch branch start
wait_for 40 "both tunnels are up on vpnd's side" up hub
wait_for 20 "and at strongSwan's" strongswan_up branch
captures_start strongswan
ping_start "ping while strongSwan is the branch" vpc $lan_host
unnoticed hub
wait_for 20 "probes are answered" probed strongswan-u1
sleep 12
check "all tunnels of the hub are up" up hub
for what in child ike; do
	before=$(rekeys hub $what)
	check "vpnd rekeys ($what)" ctl hub rekey vpn-branch1 $what
	check "strongSwan rekeys ($what)" strongswan_rekey branch $what
	wait_for 20 "vpnd has seen them all" rekeys_reach hub $what $((before + 4))
	wait_for 20 "one pair of SAs for each tunnel" sa_count hub 4
done
unnoticed hub
no_loss "ping while strongSwan is the branch"
captures_end strongswan
check "strongSwan has one IKE SA for each tunnel" [ "$(strongswan branch --list-sas | grep -c ESTABLISHED)" -eq 2 ]
vpnd_stop hub
strongswan_stop branch
pass
