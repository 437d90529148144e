#!/bin/bash
# suites: every algorithm for IKE and ESP, with and without ESN, against strongSwan, over child rekeys of either side
# needs: vti vpnd strongswan
# time: 600
#
#    hub =========== u1 =========== branch
#        =========== u2 ===========
#
# vpnd is the hub, strongSwan the branch. Each round takes two suites of the table, one for each tunnel: vpnd calls on tunnel 1,
# strongSwan on tunnel 2, and they rekey in turn.
. /mnt/top/test/lab/lib.sh

# Phase 1 cipher, hash and group, phase 2 cipher, hash and group, and who has ESN: both ends, vpnd alone (us) or strongSwan
# alone (them). An AEAD's hash is the PRF's in phase 1 and unused in phase 2.
#
# Left out for the peer's sake: nothing. Left out for the kernel's sake: nothing.
suites=(
	"AES256-GCM-16     SHA2-512 31  AES256-GCM-16     -        31 both"
	"CHACHA20-POLY1305 SHA2-256 32  CHACHA20-POLY1305 -        32 both"
	"AES128-GCM-16     SHA2-384 21  AES128-GCM-16     -        21 us"
	"AES256            SHA2-512 20  AES256            SHA2-512 20 both"
	"AES256            SHA2-384 19  AES256            SHA2-384 19 them"
	"AES128            SHA2-256 14  AES128            SHA2-256 14 both"
	"AES256-GCM-16     SHA2-256 15  CHACHA20-POLY1305 -        15 us"
	"AES128            SHA2-512 16  AES256            SHA2-256 16 them"
	"AES256            SHA2-256 17  AES128            SHA2-384 17 both"
	"CHACHA20-POLY1305 SHA2-384 18  AES256-GCM-16     -        18 us"
	"AES128            SHA1     2   AES128            SHA1     2  us"
	"AES256            SHA1     5   AES256            SHA1     5  both"
	"AES128            SHA2-256 22  AES128-GCM-16     -        22 both"
	"AES256-GCM-16     SHA2-512 23  AES128            SHA2-512 23 them"
	"AES128-GCM-16     SHA2-256 24  CHACHA20-POLY1305 -        24 both"
	"AES128-GCM-16     SHA1     14  AES128-GCM-16     -        31 them"
)

# What the two call them: as vpnd's status has it, and as strongSwan's configuration has it.
declare -A shown=(
	[AES256]=AES256-CBC [AES128]=AES128-CBC
	[SHA2-512]=SHA2-512-256 [SHA2-384]=SHA2-384-192 [SHA2-256]=SHA2-256-128 [SHA1]=SHA1-96
	[2]=MODP-1024 [5]=MODP-1536 [14]=MODP-2048 [15]=MODP-3072 [16]=MODP-4096 [17]=MODP-6144 [18]=MODP-8192
	[19]=ECP-256 [20]=ECP-384 [21]=ECP-521 [22]=MODP-1024-160 [23]=MODP-2048-224 [24]=MODP-2048-256
	[31]=X25519 [32]=X448
)
declare -A theirs=(
	[AES256-GCM-16]=aes256gcm16 [AES128-GCM-16]=aes128gcm16 [CHACHA20-POLY1305]=chacha20poly1305
	[AES256]=aes256 [AES128]=aes128 [SHA2-512]=sha512 [SHA2-384]=sha384 [SHA2-256]=sha256 [SHA1]=sha1
	[2]=modp1024 [5]=modp1536 [14]=modp2048 [15]=modp3072 [16]=modp4096 [17]=modp6144 [18]=modp8192
	[19]=ecp256 [20]=ecp384 [21]=ecp521 [22]=modp1024s160 [23]=modp2048s224 [24]=modp2048s256
	[31]=curve25519 [32]=curve448
)

is_aead() {
	case $1 in *-*) return 0 ;; *) return 1 ;; esac
}

# take TUNNEL SUITE: sets what the tunnel is configured with (ours, strongswan_ike, strongswan_esp) and what must come of it
# (ike, esp, esn).
take() {
	local n=$1 encr1 hash1 group1 encr2 hash2 group2 who yes=true
	read -r encr1 hash1 group1 encr2 hash2 group2 who <<<"$2"
	[ "$who" = them ] && yes=false
	ours+=("$n.phase1_encryption_algorithms=[ \"$encr1\" ]" "$n.phase1_integrity_algorithms=[ \"$hash1\" ]"
		"$n.phase1_dh_group_numbers=[ $group1 ]" "$n.phase2_encryption_algorithms=[ \"$encr2\" ]"
		"$n.phase2_dh_group_numbers=[ $group2 ]" "$n.extended_sequence_numbers=$yes")
	[ "$hash2" = - ] || ours+=("$n.phase2_integrity_algorithms=[ \"$hash2\" ]")
	strongswan_ike[n]=${theirs[$encr1]} ike[n]=${shown[$encr1]:-$encr1}
	is_aead "$encr1" || { strongswan_ike[n]+=-${theirs[$hash1]}; ike[n]+=/${shown[$hash1]}; }
	strongswan_ike[n]+=-prf${theirs[$hash1]}-${theirs[$group1]}
	ike[n]+=/PRF-$hash1/${shown[$group1]}
	strongswan_esp[n]=${theirs[$encr2]} esp[n]=${shown[$encr2]:-$encr2}
	[ "$hash2" = - ] || { strongswan_esp[n]+=-${theirs[$hash2]}; esp[n]+=/${shown[$hash2]}; }
	strongswan_esp[n]+=-${theirs[$group2]}
	esp[n]+=/${shown[$group2]}
	esn[n]=
	case $who in
	both)	strongswan_esp[n]+=-esn esn[n]=/ESN ;;
	us)	strongswan_esp[n]+=-noesn ;;
	them)	strongswan_esp[n]+=-esn-noesn ;;
	esac
}

# negotiated TUNNEL PHASE SUITE
negotiated() {
	local now
	now=$(tunnel_get hub "${connection[hub]}/$1" ".$2.proposal")
	[ "$now" = "$3" ] || { echo "tunnel $1: $now, not $3"; return 1; }
}

# The kernel's SAs of a tunnel have ESN, or none of them has.
kernel_esn() {
	local want=${2:-0} now
	now=$(ip -n hub -d xfrm state | grep -A 3 "src ${hub_outside[$1 - 1]} dst ${branch_outside[$1 - 1]}" | grep -c 'flag.* esn') || true
	[ "$now" -eq "$want" ] || { echo "tunnel $1: $now SAs with ESN outbound, not $want"; return 1; }
}

none_left() {
	sa_count hub 0 && sa_count branch 0
}

ping_both() {
	check "pings through both tunnels $1" both_answer
}

both_answer() {
	pings hub ${inside[0]}.2 3 &
	pings hub ${inside[1]}.2 3 && wait $!
}

both_rekey() {
	local before
	before=$(rekeys hub child)
	if [ "$1" = vpnd ]; then
		check "vpnd rekeys both child SAs" ctl hub rekey "${connection[hub]}" child
	else
		check "strongSwan rekeys both child SAs" strongswan_rekey branch child
	fi
	wait_for 20 "with a key exchange of their own" rekeys_reach hub child $((before + 2))
	ping_both "behind it"
}

# round FIRST WHO: the suites FIRST and the one behind it, rekeyed by WHO.
round() {
	local n ours=() ike=() esp=() esn=()
	for n in 1 2; do
		take $n "${suites[$1 + n - 1]}"
	done
	step "tunnel 1: ${ike[1]}, ${esp[1]}${esn[1]}; tunnel 2: ${ike[2]}, ${esp[2]}${esn[2]}"
	strongswan_connections branch add >/mnt/branch/strongswan/swanctl.conf
	strongswan branch --load-all --file /mnt/branch/strongswan/swanctl.conf >>"$out/branch.charon.log" 2>&1
	vpnd_start hub hub interface=vti networks= remote_asn= 1.startup_action=start 2.startup_action=add "${ours[@]}"
	check "strongSwan calls on tunnel 2" strongswan branch --initiate --child t2 --timeout 20
	wait_for 30 "both tunnels are up on vpnd's side" up hub
	for n in 1 2; do
		check "tunnel $n has ${ike[n]}" negotiated $n ike "${ike[n]}"
		check "its outbound SA has sequence numbers of $((${#esn[n]} > 0 ? 64 : 32)) bits" kernel_esn $n "${esn[n]:+1}"
	done
	ping_both "at once"
	both_rekey "$2"
	for n in 1 2; do
		check "tunnel $n has ${esp[n]}${esn[n]}" negotiated $n child "${esp[n]}${esn[n]}"
	done
	vpnd_stop hub
	wait_for 10 "no SA is left at either end" none_left
}

step "two gateways on two underlays"
two_underlays
peer_interfaces branch branch
strongswan_start branch branch add
capture u1 hub u1
capture u2 hub u2
for ((i = 0; i < ${#suites[@]}; i += 2)); do
	[ $((i % 4)) -eq 0 ] && who=vpnd || who=strongswan
	round $i $who
done
for i in 1 2; do
	capture_end u$i
	only_esp_ike u$i
done
strongswan_stop branch

pass
