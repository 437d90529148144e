#!/bin/bash
# resumption: a hub whose engine is killed, whose daemon is killed, whose key changes: sessions resumed, or not and why (RFC 5723)
# needs: vti vpnd
# time: 400
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#              gives tickets                  holds them
#
# That no key exchange took place is seen on the wire: no IKE_SA_INIT goes by.
. /mnt/top/test/lab/lib.sh

# resumption NS JQ-CONDITION: so it is of both tunnels.
resumption() {
	ctl "$1" --json show | jq -e "[.tunnels[].resumption | $2] | length == 2 and all" >/dev/null || {
		ctl "$1" --json show | jq -c '[.tunnels[].resumption]'
		return 1
	}
}

resumed() {
	both_up && resumption hub .resumed && resumption branch ".resumed and .count == $1"
}

from_scratch() {
	both_up && resumption hub '.resumed | not' && resumption branch '.resumed | not'
}

holds_tickets() { resumption branch '.enabled and .ticket_until != ""'; }

traffic() {
	pings vpc $lan_host 3
}

says() {
	ctl "$1" explain "$2" | grep -q "$3" || { ctl "$1" explain "$2"; return 1; }
}

logged() {
	grep -q "$2" "$out/$1.vpnd.log"
}

both=(session_resumption=true)

step "two gateways on two underlays"
two_underlays
vpnd_start hub hub "${both[@]}"
vpnd_start branch branch "${both[@]}"
wait_for 60 "both tunnels are up" from_scratch
check "the branch holds tickets" holds_tickets
check "the hub, which gave them, holds none" resumption hub '.ticket_until == ""'
wait_for 30 "traffic passes" traffic

step "the hub's engine is killed until one has nothing to go on with"
capture first hub u1
lose_engine hub
wait_for 90 "both tunnels are up, resumed" resumed 1
wait_for 30 "traffic passes" traffic
capture_end first
check "IKE_SESSION_RESUME went by" [ "$(openings first 38)" -ge 1 ]
check "IKE_SA_INIT did not" [ "$(openings first 34)" -eq 0 ]
check "the branch holds new tickets" holds_tickets
check "the hub's log says so" logged hub "ike-resumed conn=vpn-branch1 tunnel=1"
check "explain says so" says branch vpn-hub/1 "resumed by a ticket"

step "rekeyed, then killed again"
check "the branch rekeys" ctl branch rekey vpn-hub ike
check "the hub rekeys" ctl hub rekey vpn-branch1 ike
wait_for 20 "the branch holds tickets for the new SAs" holds_tickets
lose_engine hub
wait_for 90 "both tunnels are up, resumed" resumed 2
wait_for 30 "traffic passes" traffic

step "the whole hub is killed: its ticket keys are gone"
kill -KILL "$(engine_pid hub)" "${lab_pids[hub.vpnd]}"
reap hub.vpnd KILL
rm -f "$out/hub.vpnd.log"
vpnd_spawn hub
wait_for 90 "both tunnels are up, from scratch" from_scratch
check "the branch says that its tickets were refused" resumption branch '.refused == "refused-by-peer"'
check "the hub says why" resumption hub '.refused == "unknown-key"'
check "and explains it" says hub vpn-branch1/1 "sealed with a key that is gone"
wait_for 30 "traffic passes" traffic
check "the branch holds tickets" holds_tickets

step "the pre-shared key is changed at both ends while the tunnels are up"
psk="another horse"
(umask 077 && vpnd_secrets hub >/mnt/hub/vpnd.secrets && vpnd_secrets branch >/mnt/branch/vpnd.secrets)
check "the hub reads it" ctl hub reload
check "the branch reads it" ctl branch reload
check "that touched no tunnel" both_up
lose_engine hub
wait_for 90 "both tunnels are up, from scratch" from_scratch
check "the branch has not even shown its tickets" resumption branch '.refused == "tunnel-changed"'

step "an orderly end leaves nothing to resume"
vpnd_stop hub
wait_for 30 "the branch holds no ticket" resumption branch '.ticket_until == ""'
vpnd_stop branch
pass
