#!/bin/bash
# restart: "vpnctl restart" under traffic: another program in the same process, with the same SAs, and no packet is lost
# needs: vti vpnd strongswan
# time: 600
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#
#  rounds:      vpnd                           vpnd
#               vpnd                           strongSwan
#
# Routes are static here; bgp-graceful-restart has those that are learned. That no IKE SA is opened is seen on the wire.
. /mnt/top/test/lab/lib.sh

static=(remote_asn= networks= bgp_hold_time_seconds=)

# spis NS: of all SAs in the kernel.
spis() {
	ip -n "$1" xfrm state | sed -n 's/.* spi \(0x[0-9a-f]*\) .*/\1/p' | sort | tr '\n' ' '
}

same_spis() {
	local now
	now=$(spis "$1")
	[ "$now" = "$2" ] || { echo "$1: $now, and not $2"; return 1; }
}

pid_of() {
	cat "/mnt/$1/run/vpnd.pid"
}

restarts() {
	ctl "$1" --json show counters | jq '.counters[] | select(.name == "daemon_restarts") | .value'
}

adopted() {
	[ "$(grep -c ike-adopted "$out/$1.vpnd.log")" -eq "$2" ] || { echo "$(grep -c ike-adopted "$out/$1.vpnd.log"), and not $2"; return 1; }
}

nothing_refused() {
	! grep -E 'ike-not-adopted|restarted-anew|engine-from-scratch|kern-refused' "$out/$1.vpnd.log"
}

# restart NS: and it is the same process, with the same SAs.
restart() {
	local pid sas ikes n before
	pid=$(pid_of "$1") sas=$(spis "$1") ikes=$(ike_spis "$1") n=$(restarts "$1")
	before=$(grep -c ike-adopted "$out/$1.vpnd.log" || true)
	check "the $1 restarts" ctl "$1" restart
	check "as the same process" [ "$(pid_of "$1")" = "$pid" ]
	check "which is another one, though" [ "$(restarts "$1")" -eq $((n + 1)) ]
	wait_for 20 "both tunnels go on" adopted "$1" $((before + 2))
	wait_for 20 "and are up" up "$1"
	check "with the same SAs in the kernel" same_spis "$1" "$sas"
	check "and the same IKE SAs" [ "$(ike_spis "$1")" = "$ikes" ]
	check "nothing of it was refused" nothing_refused "$1"
}

# refuses WHAT TEXT: "vpnctl restart" of the hub says so, and nothing has happened.
refuses() {
	local said lives
	lives=$(engines hub)
	said=$(ctl hub restart 2>&1) && fail "it restarts: $1"
	grep -qF "$2" <<<"$said" || fail "$1: it says: $said"
	ok "$1: $said"
	check "the engine is the same" [ "$(engines hub)" = "$lives" ]
}

captures_start() {
	capture "$1-u1" hub u1
	capture "$1-u2" hub u2
}

captures_end() {
	local u
	for u in u1 u2; do
		capture_end "$1-$u"
		check "no IKE SA was opened on $u" [ "$(openings "$1-$u" 34)$(openings "$1-$u" 38)" = 00 ]
	done
}

step "two gateways on two underlays; the hub runs a copy of vpnd"
two_underlays
mkdir -p /mnt/bin
cp "$daemons/vpnd" "$daemons/vpnctl" /mnt/bin/
installed=$daemons
daemons=/mnt/bin
vpnd_start hub hub "${static[@]}" "routes=[ \"$branch_net\" ]"
daemons=$installed
vpnd_start branch branch "${static[@]}" "routes=[ \"$hub_net\" ]"
wait_for 30 "both tunnels are up at both ends" both_up
captures_start ours
ping_start "ping from vpc" vpc $lan_host
ping_start "ping from lan" lan $vpc_host

step "the hub restarts, twice; then the branch"
restart hub
restart hub
restart branch

step "what cannot be is refused"
cp /mnt/hub/vpnd.conf /mnt/hub/vpnd.conf.good
sed -i 's/^asn = .*/asn = 0;/' /mnt/hub/vpnd.conf
refuses "a mistake in the configuration" "vpnd.conf:"
cp /mnt/hub/vpnd.conf.good /mnt/hub/vpnd.conf
mv /mnt/bin/vpnd /mnt/bin/vpnd.good
refuses "no program" "No such file or directory"
printf '#!/bin/sh\necho "vpnd: usage: vpnd" >&2\nexit 1\n' >/mnt/bin/vpnd
chmod 755 /mnt/bin/vpnd
refuses "a program that knows nothing of it" "usage: vpnd"
printf '#!/bin/sh\nexec /mnt/bin/vpnd.good "$1" --takes=0.0.0 "$3" "$4"\n' >/mnt/bin/vpnd
refuses "a program that reads other records" "reads records of version"
check "no tunnel was lost" both_up

step "the new program can be executed when it is asked, and not any more then"
printf '#!/bin/sh\nrm /mnt/bin/vpnd\nexit 0\n' >/mnt/bin/vpnd
said=$(ctl hub restart 2>&1) && fail "it restarts"
grep -qF "goes on as it was" <<<"$said" || fail "it says: $said"
ok "$said"
wait_for 20 "both tunnels are up" up hub
mv /mnt/bin/vpnd.good /mnt/bin/vpnd
restart hub

step "both still do what they have to"
check "the hub rekeys both children" ctl hub rekey vpn-branch1 child
check "and both IKE SAs" ctl hub rekey vpn-branch1 ike
wait_for 20 "one pair of SAs for each tunnel" sa_count hub 4
restart hub
no_loss "ping from vpc"
no_loss "ping from lan"
captures_end ours
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
restart hub
restart hub
for what in child ike; do
	before=$(rekeys hub $what)
	check "vpnd rekeys ($what)" ctl hub rekey vpn-branch1 $what
	check "strongSwan rekeys ($what)" strongswan_rekey branch $what
	wait_for 20 "vpnd has seen them all" rekeys_reach hub $what $((before + 4))
	wait_for 20 "one pair of SAs for each tunnel" sa_count hub 4
done
restart hub
no_loss "ping while strongSwan is the branch"
captures_end strongswan
check "strongSwan has one IKE SA for each tunnel" [ "$(strongswan branch --list-sas | grep -c ESTABLISHED)" -eq 2 ]
vpnd_stop hub
strongswan_stop branch
pass
