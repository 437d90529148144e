#!/bin/bash
# mlkem: ML-KEM with strongSwan 6, behind another key exchange and alone, either side initiating; vpnd runs with OpenSSL 3.5
# needs: vti vpnd openssl openssl35 strongswan strongswan6
# time: 600
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#              strongSwan                        vpnd
#
# Each end makes its keys of what it sent and what it got: that traffic flows shows that they agree. The machine's own OpenSSL has
# no ML-KEM, which vpnd says of itself.
. /mnt/top/test/lab/lib.sh

IKE_SA_INIT=34 IKE_INTERMEDIATE=43 IKE_FOLLOWUP_KE=44

# --- vpnd with another OpenSSL than the machine's ---

newer_openssl() {
	mkdir /mnt/newer
	printf '#!/bin/bash\nexec %s %s "$@"\n' "$top/test/openssl35" "$daemons/vpnd" >/mnt/newer/vpnd
	chmod 755 /mnt/newer/vpnd
	ln -s "$daemons/vpnctl" /mnt/newer/vpnctl
	daemons=/mnt/newer
}

# refused_check: the machine's OpenSSL is older, and the answer says so.
refused_check() {
	local said
	if said=$("$daemons/vpnd" --check -c /mnt/branch/vpnd.conf 2>&1); then
		echo "accepted by an OpenSSL without ML-KEM"
		return 1
	fi
	grep -q "36 (ML-KEM-768) needs OpenSSL 3.5 or later; this is OpenSSL 3\\.[0-4]\\." <<<"$said" || { echo "$said"; return 1; }
}

machine_has_it() {
	openssl list -kem-algorithms 2>/dev/null | grep -q ML-KEM-768
}

# --- what is on the wire ---

# sent NAME HOST FILTER: that host sent such datagrams.
sent() {
	[ "$(packets "$1" "src host $2 and $3")" -gt 0 ] || { echo "none: $3"; return 1; }
}

# Fragments of IKE (RFC 7383) of an exchange; fragments of IP.
skf() {
	echo "udp port 500 and udp[24] = 53 and udp[26] = $1"
}
ip_fragment='ip[6:2] & 0x3fff != 0'
first_ip_fragment="ip[6:2] & 0x3fff = 0x2000 and udp[26] = $IKE_SA_INIT"

# suite_is TUNNEL TEXT: of its IKE SA, and of its child SA's last key exchange.
suite_is() {
	tunnel_is branch "vpn-hub/$1" "(.ike.proposal | endswith(\"/$2\"))"
}

suites_are() {
	suite_is 1 "$1" && suite_is 2 "$2"
}

child_suites_are() {
	tunnel_is branch vpn-hub/1 "(.child.proposal | contains(\"/$1\"))" && tunnel_is branch vpn-hub/2 "(.child.proposal | contains(\"/$2\"))"
}

both_answer() {
	pings branch ${inside[0]}.1 3 &
	pings branch ${inside[1]}.1 3 && wait $!
}

# --- one round ---

# round NAME STARTER SUITE-1 SUITE-2
round() {
	local name=$1-$2 what before
	step "$1, $2 initiates"
	peer_interfaces hub hub
	ip -n hub route replace $branch_net nexthop dev vpn1 nexthop dev vpn2
	capture "$name" branch u1
	capture "$name-2" branch u2
	if [ "$2" = vpnd ]; then
		strongswan_start hub hub add
		vpnd_start branch branch "${ours[@]}" startup_action=start
	else
		vpnd_start branch branch "${ours[@]}" startup_action=add
		strongswan_start hub hub start
	fi
	wait_for 40 "both tunnels are up" up branch
	check "the IKE SAs have $3 and $4" suites_are "$3" "$4"
	ping_start "ping from lan" lan $vpc_host
	for what in child ike; do
		before=$(rekeys branch $what)
		check "vpnd rekeys ($what)" ctl branch rekey vpn-hub $what
		check "strongSwan rekeys ($what)" strongswan_rekey hub $what
		wait_for 20 "vpnd has seen them all" rekeys_reach branch $what $((before + 4))
		wait_for 20 "one pair of SAs for each tunnel" sa_count branch 4
	done
	no_loss "ping from lan"
	check "the IKE SAs still have $3 and $4" suites_are "$3" "$4"
	check "so do the child SAs" child_suites_are "$3" "$4"
	check "pings through both tunnels" both_answer
	capture_end "$name"
	capture_end "$name-2"
	"on_the_wire_$1" "$name"
	strongswan_stop hub
	wait_for 20 "vpnd has no SA left after strongSwan is gone" sa_count branch 0
	vpnd_stop branch
	printf 'link del vpn1\nlink del vpn2\n' | ip -n hub -batch -
}

# Curve25519 first, so that the first message is short; ML-KEM in fragments of IKE.
on_the_wire_behind() {
	local who
	for who in "${branch_outside[0]}" "${hub_outside[0]}"; do
		check "$who sent IKE_INTERMEDIATE in fragments of IKE" sent "$1" "$who" "$(skf $IKE_INTERMEDIATE)"
		check "$who sent IKE_FOLLOWUP_KE in fragments of IKE" sent "$1" "$who" "$(skf $IKE_FOLLOWUP_KE)"
	done
	check "no datagram needed IP fragments" test "$(packets "$1" "$ip_fragment")" -eq 0
}

# A key of ML-KEM-1024 alone is longer than a packet.
on_the_wire_alone() {
	local who
	check "there is no IKE_INTERMEDIATE" test "$(packets "$1" "udp port 500 and udp[26] = $IKE_INTERMEDIATE")" -eq 0
	for who in "${branch_outside[1]}" "${hub_outside[1]}"; do
		check "$who sent IKE_SA_INIT in IP fragments" sent "$1-2" "$who" "$first_ip_fragment"
	done
}

step "two gateways on two underlays"
two_underlays
strongswan_root=$forky
peer_fragment=1000
# Without BGP: routes are static, as the peer knows nothing but IKE.
ours=(interface=vti "fragment_size=$peer_fragment" remote_asn= networks= "routes=[ \"$hub_net\" ]"
	"1.phase1_dh_group_numbers=[ 31 ]" '1.phase1_additional_key_exchanges=[ "36" ]'
	"1.phase2_dh_group_numbers=[ 31 ]" '1.phase2_additional_key_exchanges=[ "36" ]'
	"2.phase1_dh_group_numbers=[ 20 ]" '2.phase1_additional_key_exchanges=[ "35 none" ]'
	"2.phase2_dh_group_numbers=[ 20 ]" '2.phase2_additional_key_exchanges=[ "35 none" ]')
strongswan_ike=([1]=aes256gcm16-prfsha384-x25519-ke1_mlkem768 [2]=aes256gcm16-prfsha384-ecp384-ke1_mlkem512)
strongswan_esp=([1]=aes256gcm16-x25519-ke1_mlkem768 [2]=aes256gcm16-ecp384-ke1_mlkem512)

vpnd_write branch branch "${ours[@]}"
if machine_has_it; then
	note "the machine's own OpenSSL has ML-KEM"
else
	check "with the machine's own OpenSSL the configuration is refused" refused_check
fi
newer_openssl
check "with OpenSSL 3.5 it is not" "$daemons/vpnd" --check -c /mnt/branch/vpnd.conf

for starter in vpnd strongswan; do
	round behind $starter X25519+ML-KEM-768 ECP-384+ML-KEM-512
done

ours=(interface=vti "fragment_size=$peer_fragment" remote_asn= networks= "routes=[ \"$hub_net\" ]"
	"1.phase1_dh_group_numbers=[ 36 ]" "1.phase2_dh_group_numbers=[ 36 ]"
	"2.phase1_dh_group_numbers=[ 37 ]" "2.phase2_dh_group_numbers=[ 37 ]")
strongswan_ike=([1]=aes256gcm16-prfsha384-mlkem768 [2]=aes256gcm16-prfsha384-mlkem1024)
strongswan_esp=([1]=aes256gcm16-mlkem768 [2]=aes256gcm16-mlkem1024)
for starter in vpnd strongswan; do
	round alone $starter ML-KEM-768 ML-KEM-1024
done
pass
