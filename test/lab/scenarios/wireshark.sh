#!/bin/bash
# wireshark: tshark, given "vpnctl keys", reads every IKE message and every ESP packet of six suites, plain and in UDP
# needs: vti vpnd tshark
# time: 600
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#
# Somebody else's implementation thus checks our keys, encodings and integrity values. Keys are read while their SAs live; the
# files gather them over set-up and rekeys.
. /mnt/top/test/lab/lib.sh

keys=/mnt/keys

# suite N ENCRYPTION INTEGRITY GROUP: settings of tunnel N
suite() {
	local phase
	for phase in 1 2; do
		echo "$1.phase${phase}_encryption_algorithms=[\"$2\"]"
		echo "$1.phase${phase}_integrity_algorithms=[\"$3\"]"
		echo "$1.phase${phase}_dh_group_numbers=[$4]"
	done
}

# Both ends have names, so that there is something to read in IKE_AUTH. Wireshark 4.0 knows of no extended sequence numbers.
configure() {
	set -- "$@" extended_sequence_numbers=false
	vpnd_write hub hub "$@" {1,2}.local_id=hub.example.net {1,2}.remote_id=branch.example.net
	vpnd_write branch branch "$@" {1,2}.local_id=branch.example.net {1,2}.remote_id=hub.example.net
}

suites_are() {
	tunnel_is hub vpn-branch1/1 ".child.proposal | startswith(\"$1\")" &&
		tunnel_is hub vpn-branch1/2 ".child.proposal | startswith(\"$2\")"
}

new_suites() {
	up hub && up branch && suites_are "$@"
}

say_hello() {
	pings hub ${inside[0]}.2 && pings hub ${inside[1]}.2 && ctl hub keys --wireshark --dir $keys
}

# round NAME-1 NAME-2: what a pair of suites goes through.
round() {
	wait_for 40 "both tunnels are up with $1 and $2" new_suites "$@"
	check "pings through both, and keys" say_hello
	check "child SAs are rekeyed" ctl hub rekey vpn-branch1 child
	check "pings through both, and keys" say_hello
	check "IKE SAs are rekeyed" ctl branch rekey vpn-hub ike
	check "pings through both, and keys" say_hello
	check "child SAs are rekeyed once more" ctl branch rekey vpn-hub child
	check "pings through both, and keys" say_hello
}

reload() {
	ctl branch reload && ctl hub reload
}

# From another network namespace the socket can be reached, but the SAs there are not those of vpnd.
ctl_outside() {
	in_ns vpc "$daemons/vpnctl" -S /mnt/hub/run/ctl.sock keys --wireshark
}

# --- what tshark reads ---

fields=(isakmp.exchangetype isakmp.enc.decrypted isakmp.ikev2.integrity_checksum isakmp.id.data.fqdn isakmp.notify.msgtype
	isakmp.ispi esp.spi esp.icv_good esp.protocol icmp.type udpencap _ws.malformed)

# read_capture NAME: one line per packet, what was found of those fields as "name=value;"
read_capture() {
	local f arguments=()
	for f in "${fields[@]}"; do
		arguments+=(-e "$f")
	done
	WIRESHARK_CONFIG_DIR=$keys HOME=/mnt tshark -r "$pcaps/$1.pcap" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE -T fields -E separator=';' "${arguments[@]}" 2>"$out/tshark.err" |
		awk -F';' -v names="${fields[*]}" 'BEGIN { split(names, name, " ") } {
			line = ";"
			for (i = 1; i <= NF; i++)
				if ($i != "")
					line = line name[i] "=" $i ";"
			print line }' >"$out/$1.packets"
	if grep -v '^Running as user' "$out/tshark.err" >/mnt/complaints; then
		fail "tshark complains: $(head -n 1 /mnt/complaints)"
	fi
	ok "tshark has read $1: $(wc -l <"$out/$1.packets") packets, and complains about nothing"
}

# found NAME PATTERN... [! PATTERN...]: lines with all the patterns before the "!", and none of those behind it.
found() {
	local p no= lines
	lines=$(cat "$out/$1.packets"); shift
	for p in "$@"; do
		if [ "$p" = '!' ]; then
			no=-v
		else
			lines=$(grep -E $no ";$p" <<<"$lines" || true)
		fi
	done
	[ -z "$lines" ] || printf '%s\n' "$lines"
}

# none 'DESCRIPTION' NAME PATTERN..., some ...
none() {
	local what=$1 lines; shift
	lines=$(found "$@")
	[ -z "$lines" ] || { head -n 3 <<<"$lines"; fail "$1: should not be there: $what"; }
	ok "$1: $what"
}

some() {
	local what=$1 lines; shift
	lines=$(found "$@")
	[ -n "$lines" ] || fail "$1: no packet: $what"
	ok "$1: $what ($(wc -l <<<"$lines"))"
}

protected='isakmp.exchangetype=3[567];'

look() {
	none "nothing is malformed" "$1" _ws.malformed=
	some "IKE messages are decrypted" "$1" "$protected" isakmp.enc.decrypted=
	none "no IKE message stays closed" "$1" "$protected" '!' isakmp.enc.decrypted=
	none "no integrity check of IKE fails" "$1" isakmp.ikev2.integrity_checksum=
	some "IKE_AUTH says who the hub is" "$1" 'isakmp.exchangetype=35;' '.*fqdn=[a-z.,]*hub.example.net'
	some "IKE_AUTH says who the branch is" "$1" 'isakmp.exchangetype=35;' '.*fqdn=[a-z.,]*branch.example.net'
	some "CREATE_CHILD_SA says which SA is rekeyed" "$1" 'isakmp.exchangetype=36;' '.*msgtype=16393'
	some "pings are inside of ESP" "$1" '.*esp.icv_good=(1|True);' '.*icmp.type=8;'
	some "so are their answers" "$1" '.*esp.icv_good=(1|True);' '.*icmp.type=0;'
	some "ESP is in UDP, too" "$1" '.*esp.icv_good=(1|True);' '.*udpencap='
	none "no ESP packet stays closed" "$1" '.*esp.spi=' '!' '.*esp.icv_good=(1|True);'
	none "no ESP packet holds what is no IPv4" "$1" '.*esp.spi=' '!' '.*esp.protocol=(4|0x04);'
}

# all_used TABLE COLUMN FIELD PATTERN: every key that was told has opened something.
all_used() {
	local n
	cut -d, -f"$2" "$keys/$1" | tr -d '"' | sort -u >/mnt/told
	for n in u1 u2; do
		found $n "$4"
	done | sed -n "s/.*;$3=\([^;]*\);.*/\1/p" | tr ',' '\n' | sort -u >/mnt/seen
	comm -23 /mnt/told /mnt/seen >/mnt/unused
	[ -s /mnt/told ] && [ ! -s /mnt/unused ] || { echo "unused:" "$(cat /mnt/unused)"; return 1; }
}

step "two tunnels with two suites"
two_underlays
snaplen=0
capture u1 hub u1
capture u2 hub u2
# shellcheck disable=SC2046 # lists of words
configure $(suite 1 AES256-GCM-16 SHA2-384 20) $(suite 2 AES256 SHA2-512 14)
vpnd_spawn hub
vpnd_spawn branch
round AES256-GCM-16 AES256-CBC/SHA2-512-256

step "who may read keys"
refuse "nobody else" in_ns hub setpriv --reuid=65534 --clear-groups "$daemons/vpnctl" -S /mnt/hub/run/ctl.sock keys --wireshark
chmod 666 /mnt/hub/run/ctl.sock
said=$(in_ns hub setpriv --reuid=65534 --clear-groups "$daemons/vpnctl" -S /mnt/hub/run/ctl.sock keys --wireshark 2>&1 || true)
chmod 600 /mnt/hub/run/ctl.sock
check "not even with a socket that is open to all" grep -q "keys is for root alone, not for uid 65534" <<<"$said"
said=$(ctl_outside 2>&1 || true)
check "nobody outside of the network namespace" grep -q "not in this network namespace" <<<"$said"
check "files are root's alone" test "$(stat -c %a $keys/esp_sa $keys/ikev2_decryption_table | xargs)" = "600 600"
check "the log tells of it" grep -q 'keys-read.*uid 0' "$out/hub.vpnd.log"

step "two more"
# shellcheck disable=SC2046
configure $(suite 1 AES128-GCM-16 SHA2-256 19) $(suite 2 AES128 SHA2-256 31)
check "both ends read their configurations again" reload
round AES128-GCM-16 AES128-CBC/SHA2-256-128

step "two in UDP"
# shellcheck disable=SC2046
configure $(suite 1 AES256-GCM-16 SHA2-512 31) $(suite 2 AES256 SHA2-384 20) {1,2}.force_encapsulation=true
check "both ends read their configurations again" reload
round AES256-GCM-16 AES256-CBC/SHA2-384-192
capture_end u1
capture_end u2
vpnd_stop branch
vpnd_stop hub

step "what tshark reads"
for n in u1 u2; do
	read_capture $n
	look $n
done
check "every IKE key has opened a message" all_used ikev2_decryption_table 1 isakmp.ispi '.*isakmp.enc.decrypted='
check "every ESP key has opened a packet" all_used esp_sa 4 esp.spi '.*esp.icv_good=(1|True);'

pass
