#!/bin/bash
# ppk: post-quantum pre-shared keys (RFC 8784) with strongSwan, either side initiating, required, optional and missing
# needs: vti vpnd strongswan
# time: 600
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#              strongSwan                        vpnd
#
# Only the same PPK at both ends gives the same keys: that traffic flows shows that the derivations agree, and strongSwan's log
# that it has used its own.
. /mnt/top/test/lab/lib.sh

ppk=0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f

both_answer() {
	pings branch ${inside[0]}.1 3 &
	pings branch ${inside[1]}.1 3 && wait $!
}

# logged PATTERN: by strongSwan in this round.
logged() {
	grep -q "$1" "$out/hub.strongswan.log"
}

# used yes|no: what vpnd says of its IKE SAs.
used() {
	local i want=true
	[ "$1" = yes ] || want=false
	for i in 1 2; do
		tunnel_is branch vpn-hub/$i ".ike.ppk == $want" || return 1
	done
}

begin() {
	step "$1"
	peer_interfaces hub hub
	rm -f "$out/hub.strongswan.log"
}

# start WHO VPND-SETTING...
start() {
	local who=$1; shift
	if [ "$who" = vpnd ]; then
		strongswan_start hub hub add
		vpnd_start branch branch "${ours[@]}" "$@" startup_action=start
	else
		vpnd_start branch branch "${ours[@]}" "$@" startup_action=add
		strongswan_start hub hub start
	fi
}

finish() {
	strongswan_stop hub
	wait_for 20 "vpnd has no SA left after strongSwan is gone" sa_count branch 0
	vpnd_stop branch
	printf 'link del vpn1\nlink del vpn2\n' | ip -n hub -batch -
}

# agreed WHO REQUIRED-HERE REQUIRED-THERE
agreed() {
	local what before
	begin "$1 initiates; required: vpnd $2, strongSwan $3"
	peer_ppk=site-key peer_ppk_required=$3
	start "$1" ppk_id=site-key ppk_required="$2"
	wait_for 40 "both tunnels are up" up branch
	check "vpnd says that a PPK is in use" used yes
	check "strongSwan says so, too" logged "using PPK for PPK_ID 'site-key'"
	for what in child ike; do
		before=$(rekeys branch $what)
		check "vpnd rekeys ($what)" ctl branch rekey vpn-hub $what
		check "strongSwan rekeys ($what)" strongswan_rekey hub $what
		wait_for 20 "vpnd has seen them all" rekeys_reach branch $what $((before + 4))
	done
	wait_for 20 "one pair of SAs for each tunnel" sa_count branch 4
	check "vpnd still says that a PPK is in use" used yes
	check "pings through both tunnels" both_answer
	finish
}

# without WHO OURS THEIRS: names that differ; neither insists.
without() {
	begin "$1 initiates; vpnd has '$2', strongSwan '$3', nobody insists"
	peer_ppk=$3 peer_ppk_required=no
	start "$1" ppk_id="$2"
	wait_for 40 "both tunnels are up" up branch
	check "vpnd says that no PPK is in use" used no
	check "strongSwan has used none" not logged "using PPK for"
	check "pings through both tunnels" both_answer
	finish
}

not() {
	! "$@"
}

says() {
	ctl branch --json show | jq -e --arg t "$1" 'any(.tunnels[]; .reason | contains($t))' >/dev/null || {
		ctl branch show
		return 1
	}
}

# refused WHO OURS THEIRS VPND-SAYS: vpnd insists.
refused() {
	begin "$1 initiates; vpnd insists on '$2', strongSwan has '$3'"
	peer_ppk=$3 peer_ppk_required=no
	start "$1" ppk_id="$2" ppk_required=true
	wait_for 40 "vpnd says why not" says "$4"
	check "there is no SA" sa_count branch 0
	finish
}

step "two gateways on two underlays"
two_underlays
# Without BGP: routes are static, as the peer knows nothing but IKE.
ours=(interface=vti remote_asn= networks= "routes=[ \"$hub_net\" ]")

agreed vpnd true yes
agreed strongswan true yes
agreed vpnd false no
agreed strongswan false no
# The other way round strongSwan 5.9.8 refuses a name that is not the one it is configured with, required or not.
without strongswan ours theirs
without vpnd ours ''
without strongswan ours ''
refused vpnd ours '' "the peer does not do PPKs (RFC 8784), which ppk_required asks for"
refused strongswan ours '' "the peer does not use a PPK (RFC 8784), which ppk_required asks for"
refused strongswan ours theirs "the peer does not use the PPK \"ours\", which ppk_required asks for"
pass
