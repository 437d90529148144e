#!/bin/bash
# vpnctl export: each format's files and modes, what is in them, and that what AWS's formats say comes back. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
vpnctl=${VPNCTL:-${OUT:-build/rel}/vpnctl}
vectors=test/vectors/aws
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
number=0 failed=0

# ok WHAT COMMAND...: it must succeed.
ok() {
	local what=$1; shift
	number=$((number + 1))
	if "$@" >"$dir/now" 2>&1; then
		echo "ok $number - $what"
	else
		failed=$((failed + 1))
		echo "not ok $number - $what"
		sed 's/^/# /' "$dir/now"
	fi
}

# ends STATUS TEXT COMMAND...: it must end so, and say that in one line.
ends() {
	local status=$1 text=$2 rc=0; shift 2
	"$@" >"$dir/out" 2>"$dir/err" || rc=$?
	[ $rc -eq "$status" ] && grep -qF -- "$text" "$dir/err" && [ "$(wc -l <"$dir/err")" -eq 1 ] && return
	echo "status $rc, expected $status"
	cat "$dir/err"
	return 1
}

has() { grep -qF -- "$2" "$1" || { cat "$1"; return 1; }; }
export_one() { "$vpnctl" export "$1" "$dir/hub/vpnd.conf" "${@:2}"; }

# modes DIR NAME:MODE...: there are these files and no others.
modes() {
	local now
	now=$(cd "$1" && find . -type f -printf '%P:%m\n' | sort)
	[ "$now" = "$(printf '%s\n' "${@:2}" | sort)" ] || { echo "$now"; return 1; }
}

id=vpn-0d15ea5e0d15ea5e0
ok "a hub" "$vpnctl" import --role hub --network 10.1.0.0/16 $vectors/tgw-options.json --out "$dir/hub"
ok "with a connection without BGP" "$vpnctl" import --role hub $vectors/static.json --out "$dir/hub"
ok "has no fault" "$vpnctl" check "$dir/hub/vpnd.conf"

for format in aws-xml:xml aws-json:json aws-text:txt; do
	d=$dir/${format%:*}
	ok "${format%:*} is one file" export_one $id --format "${format%:*}" --out "$d"
	ok "for its owner alone" modes "$d" "$id.${format#*:}:600"
	ok "which can be imported" "$vpnctl" import "$d/$id.${format#*:}" --local-address 198.51.100.7 --out "$d/again"
	ok "with the same key" has "$d/again/conf.d/$id.secrets" 'pre_shared_key = "transit.key_1aaaa"; }'
	ok "without a fault" "$vpnctl" check "$d/again/vpnd.conf"
done
"$vpnctl" import --role hub --network 10.1.0.0/16 "$dir/aws-json/$id.json" --out "$dir/again" >/dev/null
# What the connection left to its defaults is said then.
plain() { grep -vE '^#|rekey_(margin|fuzz)|replay_window' "$1/conf.d/$id.conf"; }
ok "as JSON it comes back as it was" diff <(plain "$dir/hub") <(plain "$dir/again")
ok "with what was not left to them" has "$dir/again/conf.d/$id.conf" "rekey_fuzz_percentage = 0;"
ok "standard output is the file, too" cmp <(export_one $id --format aws-xml) "$dir/aws-xml/$id.xml"

ok "vpnd" export_one $id --format vpnd --network 10.2.0.0/16 --out "$dir/v"
ok "is a configuration" modes "$dir/v" vpnd.conf:644 conf.d/$id.conf:644 conf.d/$id.secrets:600
ok "without a fault" "$vpnctl" check "$dir/v/vpnd.conf"
ok "of the device" has "$dir/v/conf.d/$id.conf" 'role = "device";'

ok "strongSwan and BIRD" export_one $id --format strongswan-bird --network 10.2.0.0/16 --out "$dir/b"
ok "are four files" modes "$dir/b" swanctl.conf:600 strongswan.conf:644 bird.conf:640 interfaces.sh:755
ok "one of them with suites" has "$dir/b/swanctl.conf" \
	"proposals = aes256gcm16-prfsha384-ecp384-modp2048,aes256-aes128-sha384-ecp384-modp2048"
ok "one with the network" has "$dir/b/bird.conf" "route 10.2.0.0/16 unreachable;"
ok "one that a shell takes" sh -n "$dir/b/interfaces.sh"
ok "with the MTU of the suite" has "$dir/b/interfaces.sh" "vpn-0d15ea5e0-1 1438 169.254.20.2/30 type xfrm"
[ ! -x /usr/sbin/bird ] || ok "one that BIRD takes" /usr/sbin/bird -p -c "$dir/b/bird.conf"
ok "strongSwan and FRR" export_one $id --format strongswan-frr --network 10.2.0.0/16 --out "$dir/f"
ok "are four files, too" modes "$dir/f" swanctl.conf:600 strongswan.conf:644 frr.conf:640 interfaces.sh:755
ok "one with the neighbour" has "$dir/f/frr.conf" "neighbor 169.254.20.1 remote-as 4200000001"
ok "Libreswan and FRR, by VTI" export_one $id --format libreswan-frr --interface vti --out "$dir/l"
ok "are four files, too" modes "$dir/l" ipsec.conf:644 ipsec.secrets:600 frr.conf:640 interfaces.sh:755
ok "one with suites" has "$dir/l/ipsec.conf" "ike=aes_gcm256-sha2_384-dh20+dh14,aes256+aes128-sha2_384-dh20+dh14"
ok "one with VTIs" has "$dir/l/interfaces.sh" "type vti local 198.51.100.7 remote 203.0.113.10 key "

ok "without BGP there is no routing daemon" export_one vpn-0c0ffee0 --format strongswan-frr --route 10.1.0.0/16 --out "$dir/s"
ok "and no file for it" modes "$dir/s" swanctl.conf:600 strongswan.conf:644 interfaces.sh:755
ok "but routes" has "$dir/s/interfaces.sh" "ip route replace 10.1.0.0/16 dev vpn-0c0ffee0-2 metric 200"
ok "and the cloud's of its own" bash -c "'$vpnctl' export vpn-0c0ffee0 '$dir/hub/vpnd.conf' --format aws-json |
	jq -e '.VpnConnections[0].Routes == [{DestinationCidrBlock: \"10.2.0.0/16\", State: \"available\"}]'"

ok "no format" ends 1 "export needs --format: aws-xml, " export_one $id
ok "one that is none" ends 1 'no format "x"; there are aws-xml' export_one $id --format x
ok "several files without a place" ends 1 "is several files: name a directory with --out" export_one $id --format strongswan-frr
ok "a file that is there" ends 4 "is there already; --force replaces it" export_one $id --format aws-xml --out "$dir/aws-xml"
ok "a connection that is not there" ends 3 'no connection "x" in the configuration' export_one x --format aws-xml
ok "a configuration that is not there" ends 4 "No such file" "$vpnctl" export x "$dir/x.conf" --format aws-xml
printf 'secrets = ( );\n' >"$dir/none"
rm "$dir/hub/conf.d/vpn-0c0ffee0.secrets"
ok "strongSwan without a key" ends 4 "tunnel 1 has no pre-shared key" export_one vpn-0c0ffee0 --format strongswan-frr \
	--out "$dir/n" -s "$dir/none"
ok "leaves nothing behind" test ! -e "$dir/n"
echo "1..$number"
[ $failed -eq 0 ]
