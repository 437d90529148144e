#!/bin/bash
# resumption-libreswan: sessions resumed with Libreswan 5, by its tickets and by ours (RFC 5723)
# needs: vti vpnd libreswan5
# time: 400
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#
# Each end derives its keys from what it has kept: that traffic flows shows that both derive the same. Libreswan 5.2 wants AUTH over
# less than RFC 5723 says: vpnd finds that out by the first ticket, which fails, and knows it from then on.
. /mnt/top/test/lab/lib.sh

resumption() {
	ctl "$1" --json show | jq -e "[.tunnels[].resumption | $2] | length == 2 and all" >/dev/null || {
		ctl "$1" --json show | jq -c '[.tunnels[].resumption]'
		return 1
	}
}

resumed() { up "$1" && resumption "$1" .resumed; }

traffic() {
	pings branch ${inside[0]}.1 3 && pings branch ${inside[1]}.1 3
}

back() {
	pings hub ${inside[0]}.2 3 && pings hub ${inside[1]}.2 3
}

lose_both() {
	cut_underlay 1
	cut_underlay 2
	wait_for 60 "vpnd has lost both tunnels" sa_count branch 0
	heal_underlay 1
	heal_underlay 2
}

libreswan_5
peer_resumption=yes
step "two gateways on two underlays"
two_underlays
static=(interface=vti remote_asn= networks= session_resumption=true dpd_timeout_seconds=30)

step "vpnd holds tickets of Libreswan's"
peer_interfaces hub hub
libreswan_start hub hub add
vpnd_start branch branch "${static[@]}" "routes=[ \"$hub_net\" ]"
wait_for 60 "both tunnels are up" up branch
check "vpnd holds tickets" resumption branch '.ticket_until != "" and (.resumed | not)'
wait_for 30 "pings through both tunnels" traffic
lose_both
wait_for 90 "both tunnels are up" up branch
check "Libreswan took the tickets, but not our AUTH" resumption branch '.refused == "not-authenticated"'
check "vpnd holds tickets again" resumption branch '.ticket_until != ""'
capture theirs branch u1
lose_both
wait_for 90 "both tunnels are up, resumed" resumed branch
wait_for 30 "pings through both tunnels" traffic
capture_end theirs
check "IKE_SESSION_RESUME went by" [ "$(openings theirs 38)" -ge 1 ]
check "vpnd holds new tickets" resumption branch '.ticket_until != ""'
check "vpnd rekeys what was resumed" ctl branch rekey vpn-hub ike
check "and the child" ctl branch rekey vpn-hub child
wait_for 30 "pings through both tunnels" traffic
vpnd_stop branch
libreswan_stop hub

step "Libreswan holds tickets of vpnd's"
printf 'link del vpn1\nlink del vpn2\n' | ip -n hub -batch -
peer_interfaces branch branch
vpnd_start hub hub "${static[@]}" "routes=[ \"$branch_net\" ]"
libreswan_start branch branch start
wait_for 60 "both tunnels are up" up hub
wait_for 30 "pings through both tunnels" back
capture ours hub u1
lose_engine hub
wait_for 120 "both tunnels are up, resumed" resumed hub
wait_for 30 "pings through both tunnels" back
capture_end ours
check "IKE_SESSION_RESUME went by" [ "$(openings ours 38)" -ge 1 ]
vpnd_stop hub
libreswan_stop branch
pass
