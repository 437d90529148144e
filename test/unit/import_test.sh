#!/bin/bash
# vpnctl import: which files it writes and with what in them, what it leaves alone, what it says. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
vpnctl=${VPNCTL:-${OUT:-build/rel}/vpnctl}
vectors=test/vectors/aws
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
number=0 failed=0

# ok WHAT COMMAND...: it must succeed; what the last one said that said something is in $dir/said.
ok() {
	local what=$1; shift
	number=$((number + 1))
	if "$@" >"$dir/now" 2>&1; then
		echo "ok $number - $what"
		[ ! -s "$dir/now" ] || cp "$dir/now" "$dir/said"
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

mode() { [ "$(stat -c %a "$1")" = "$2" ]; }
has() { grep -qF -- "$2" "$1" || { cat "$1"; return 1; }; }
lacks() { ! grep -qF -- "$2" "$1"; }
json() { jq -e "$2" "$1" >/dev/null || { cat "$1"; return 1; }; }
import() { "$vpnctl" import --local-address 198.51.100.7 "$@"; }

id=vpn-0b6b21f0c5d7e8a01
a=$dir/a
ok "an XML is imported" import $vectors/vgw-bgp.xml --out "$a"
cp "$dir/said" "$dir/first"
ok "into a configuration of its own" has "$a/vpnd.conf" "asn = 65010;"
ok "a connection" has "$a/conf.d/$id.conf" "name = \"$id\";"
ok "and its secrets" has "$a/conf.d/$id.secrets" 'pre_shared_key = "synthetic.key_of.tunnel.two"; }'
ok "which nobody else may read" mode "$a/conf.d/$id.secrets" 600
ok "the connection everybody may" mode "$a/conf.d/$id.conf" 644
ok "it says that networks are not known" has "$dir/first" "assumed: networks to announce: "
ok "and that IKEv2 is assumed" has "$dir/first" "assumed: IKE version: IKEv2"
ok "but no key" lacks "$dir/first" synthetic
ok "nothing else is left there" test "$(find "$a" -type f | wc -l)" -eq 3
ok "what came of it has no fault" "$vpnctl" check "$a/vpnd.conf"

ok "what is there is not overwritten" ends 4 "is there already; --force" import $vectors/vgw-bgp.xml --out "$a"
ok "but by force" import $vectors/vgw-bgp.xml --out "$a" --force --network 10.2.0.0/16
ok "with a network to announce" has "$a/conf.d/$id.conf" 'networks = [ "10.2.0.0/16" ];'
ok "another AS number is that of the connection alone" eval "sed 's/65010/65020/; s/65010/65020/; s,<asn>65010,<asn>65020,' \
	$vectors/vgw-bgp.xml | sed 's/$id/vpn-2/; s/169.254.2/169.254.6/; s/65010/65020/' | import - --out $a"
ok "as local_as" has "$a/conf.d/vpn-2.conf" "local_as = 65020;"

b=$dir/b
ok "a dry run" import $vectors/vgw-bgp.xml --out "$b" --dry-run
ok "shows the configuration" has "$dir/said" "remote_asn = 64512;"
ok "and no key" lacks "$dir/said" synthetic
ok "and writes nothing" test ! -e "$b"
ok "by another name" import $vectors/vgw-bgp.xml --out "$b" --name berlin
ok "it has that" has "$b/conf.d/berlin.secrets" 'connection = "berlin"; tunnel = 1;'
ok "several are imported at once" import $vectors/several.json --out "$dir/c"
ok "each into its own file" test -s "$dir/c/conf.d/vpn-0c0ffee0.conf" -a -s "$dir/c/conf.d/$id.conf"
ok "what came of it has no fault, either" "$vpnctl" check "$dir/c/vpnd.conf"
ok "one of several by its tag" import $vectors/several.json --out "$dir/d" --name warehouse
ok "and no other" test -s "$dir/d/conf.d/vpn-0c0ffee0.conf" -a ! -e "$dir/d/conf.d/$id.conf"
ok "one that is not there" ends 1 'no connection "x"; there are vpn-0b6b21f0c5d7e8a01, vpn-0c0ffee0' \
	import $vectors/several.json --out "$dir/e" --name x
ok "leaves nothing behind" test ! -e "$dir/e"
ok "without keys" import $vectors/secrets-manager.json --out "$dir/f"
ok "it says where they are" has "$dir/said" "it is in Secrets Manager (arn:aws:secretsmanager:"
"$vpnctl" check "$dir/f/vpnd.conf" 2>"$dir/check"
ok "and the check which are missing" has "$dir/check" "no pre_shared_key for connection vpn-05ec2e75 tunnel 2"
ok "JSON is asked for" eval "import --json $vectors/tgw-options.json --out $dir/g >$dir/j"
ok "and has files and assumptions" json "$dir/j" \
	'.dry_run == false and (.connections[0].files | length) == 3 and (.connections[0].assumed | length) >= 3'
ok "the hub's end" "$vpnctl" import --role hub $vectors/static.json --out "$dir/h"
ok "has routes to the customer" has "$dir/h/conf.d/vpn-0c0ffee0.conf" 'routes = [ "10.2.0.0/16" ];'
ok "behind NAT the public address is the identity" "$vpnctl" import $vectors/vgw-bgp.xml --local-address 192.0.2.9 --out "$dir/i"
ok "and it says so" has "$dir/said" "there must be a NAT between"
ok "as local_id" has "$dir/i/conf.d/$id.conf" 'local_id = "198.51.100.7";'

ok "a file that is not there" ends 4 "No such file" import "$dir/x" --out "$dir/z"
ok "a file of something else" ends 6 "neither a CustomerGatewayConfiguration" import README --out "$dir/z"
ok "a name that is none" ends 1 "is not the name of a connection" import $vectors/vgw-bgp.xml --name ../x --out "$dir/z"
ok "an inside block that is reserved" ends 6 "169.254.5.0/30 is reserved" eval \
	"sed 's/169.254.20/169.254.5/' $vectors/vgw-bgp.xml | $vpnctl import - --local-address 198.51.100.7 --out $dir/z"
ok "all of these leave nothing behind" test ! -e "$dir/z"
echo "1..$number"
[ $failed -eq 0 ]
