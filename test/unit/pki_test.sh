#!/bin/bash
# vpnctl pki, and what OpenSSL's command line says of what it makes. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
vpnctl=${VPNCTL:-${OUT:-build/rel}/vpnctl}
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
dir=$top/pki
number=0 failed=0

result() {
	number=$((number + 1))
	if [ "$2" = ok ]; then
		echo "ok $number - $1"
	else
		failed=$((failed + 1))
		echo "not ok $number - $1"
		printf '# %s\n' "status $status" "out:" "$(cat "$top/out")" "err:" "$(cat "$top/err")" |
			sed '2,$s/^\([^#]\)/# \1/'
	fi
}

run() {
	status=0
	"$vpnctl" pki "$@" >"$top/out" 2>"$top/err" || status=$?
}

# makes 'WHAT' ARGUMENT...: status 0, nothing on stderr
makes() {
	local what=$1 verdict=ok; shift
	run "$@" --dir "$dir"
	[ $status -eq 0 ] && [ ! -s "$top/err" ] || verdict=bad
	result "$what" $verdict
}

# fails 'WHAT' STATUS 'TEXT' ARGUMENT...: nothing on stdout, one line with the text on stderr, and not one file is changed
fails() {
	local what=$1 want=$2 text=$3 verdict=ok before; shift 3
	before=$(contents)
	run "$@" --dir "$dir"
	[ $status -eq "$want" ] && [ ! -s "$top/out" ] && [ "$(wc -l <"$top/err")" -eq 1 ] &&
		grep -qF -- "$text" "$top/err" && [ "$before" = "$(contents)" ] || verdict=bad
	result "$what" $verdict
}

# holds 'WHAT' COMMAND...
holds() {
	local what=$1 verdict=ok; shift
	"$@" >>"$top/out" 2>>"$top/err" || verdict=bad
	result "$what" $verdict
}

contents() { [ ! -d "$dir" ] || (cd "$dir" && sha256sum ./* .c* 2>/dev/null); }
says() { grep -qF -- "$1" "$top/out"; }
printed() { printf '%s = "%s";\n' "$1" "$2" | grep -qxFf - "$top/out"; }
not() { ! "$@"; }
x509() { openssl x509 -in "$dir/$1.crt" -noout "${@:2}"; }
x509_has() { x509 "$1" -text | grep -qF -- "$2"; }
crl_has() { openssl crl -in "$dir/$1.crl" -noout -text | grep -qF -- "$2"; }
serial() { x509 "$1" -serial | sed 's/serial=//' | tr A-F a-f; }
public() { x509 "$1" -pubkey; }
same() { [ "$1" = "$2" ]; }
pair() { [ "$(public "$1")" = "$(openssl pkey -in "$dir/$1.key" -pubout)" ]; }
modes() { [ "$(stat -c %a "$dir")" = 700 ] && [ -z "$(find "$dir" -name '*.key' ! -perm 600)" ]; }

crl_seconds() {
	local from until
	from=$(openssl crl -in "$dir/$1.crl" -noout -lastupdate) until=$(openssl crl -in "$dir/$1.crl" -noout -nextupdate)
	echo $(($(date -d "${until#*=}" +%s) - $(date -d "${from#*=}" +%s)))
}

verify() {
	local list=(-CRLfile "$dir/root.crl")
	[ ! -e "$dir/sub.crl" ] || list+=(-CRLfile "$dir/sub.crl")
	openssl verify -x509_strict -CAfile "$dir/root.crt" -untrusted "$dir/$1.crt" "${list[@]}" -crl_check_all "$dir/$1.crt"
}

# --- errors before there is anything ---

fails "no directory" 4 'No such file or directory ("vpnctl pki init" makes a CA)' show
fails "an unknown kind of key" 1 '--key must be ec256, ec384, ed25519, rsa3072 or rsa4096, not "dsa"' init --key dsa
fails "a subject that is none" 1 '"Example": at character 1 of the name: not a type' init Example
fails "no time at all" 1 '--days must be 1 to 7300, not "0"' init --days 0
fails "a name is missing" 1 'pki issue needs NAME' issue

fails "an option of another command" 1 '--san is not for "pki revoke"' revoke gw1 --san x
fails "an option with a value too many" 1 'unknown option --new-key=x' issue gw1 --new-key=x

# --- the root ---

makes "a root" init "C=DE, O=Example, CN=Root"
holds "its directory and keys are private" modes
holds "it says which files the configuration wants" says "ca_certificates = [ \"$dir/root.crt\" ];"
holds "OpenSSL takes its certificate" x509_has root "CA:TRUE"
holds "it is P-384" x509_has root "ASN1 OID: secp384r1"
holds "its serial has about 128 bits" test "$(serial root | wc -c)" -gt 28
fails "a second root" 4 "there is a CA in $dir already" init
mv "$dir/index" "$top/index"
fails "a root over one whose book is lost" 4 "there is a CA in $dir already" init
fails "anything without the book" 4 "there is no CA in $dir" show
mv "$top/index" "$dir/index"
fails "show of what is not there" 3 'there is no certificate "gw9"' show gw9
fails "a root is not revoked" 4 "a root is not revoked" revoke root

# --- a gateway, by the root ---

makes "a gateway" issue gw1.example
holds "it prints its certificate" printed certificate "$dir/gw1.example.crt"
holds "it prints its key" printed private_key "$dir/gw1.example.key"
holds "OpenSSL verifies it with the CRL" verify gw1.example
holds "its name stands in subjectAltName" x509_has gw1.example "DNS:gw1.example"
holds "it may sign" x509_has gw1.example "Digital Signature"
holds "it may do IKE" x509_has gw1.example "ipsec Internet Key Exchange, TLS Web Server"
holds "its key is its own" pair gw1.example
fails "the CA's own name" 1 '"sub" is the CA'"'"'s own name' issue sub
fails "a path as a name" 1 '"../gw" is not a name for a certificate' issue ../gw
fails "a wildcard" 1 '"dns:*.example" is not a name for --san' issue gw2 --san 'dns:*.example'
fails "an address as a DNS name" 1 'is not a name for --san' issue gw2 --san dns:198.51.100.1
fails "a configuration's trick as a name" 1 'is not a name for --san' issue gw2 --san 'dns:a.example,IP:1.2.3.4'

# --- a subordinate CA and every kind of key ---

makes "a subordinate CA" subca "C=DE, O=Example, CN=Sub"
holds "it may have no CA below" x509_has sub "CA:TRUE, pathlen:0"
for key in ec256 ec384 ed25519 rsa3072; do
	makes "a gateway of $key" issue "gw-$key" --key $key --san dns:$key.example --san 198.51.100.1 --san 2001:db8::1 --san a@b.example
	holds "OpenSSL verifies it" verify gw-$key
	holds "it is issued by the subordinate CA" x509_has gw-$key "Issuer: C = DE, O = Example, CN = Sub"
	holds "all of its names are in it" x509_has gw-$key \
		"DNS:$key.example, IP Address:198.51.100.1, IP Address:2001:DB8:0:0:0:0:0:1, email:a@b.example"
	holds "its key is its own" pair gw-$key
done
makes "a subject of its own" issue gw3 --dn 'O="Example, Inc.", CN=gw3'
holds "it is in the certificate" x509_has gw3 'O = "Example, Inc.", CN = gw3'
holds "a name without a dot is a name" x509_has gw3 "DNS:gw3"

# --- renewal ---

old_serial=$(serial gw-ec256) old_key=$(public gw-ec256)
makes "renewal" issue gw-ec256
holds "the serial is new" not same "$old_serial" "$(serial gw-ec256)"
holds "the key is the same" same "$old_key" "$(public gw-ec256)"
holds "the names are the same" x509_has gw-ec256 "DNS:ec256.example, IP Address:198.51.100.1"
makes "renewal with a new key" issue gw-ec256 --new-key --days 30
holds "the key is new" not same "$old_key" "$(public gw-ec256)"
holds "and belongs to the certificate" pair gw-ec256
holds "30 days are not 31" not x509 gw-ec256 -checkend $((30 * 86400 + 60))
holds "nor 29" x509 gw-ec256 -checkend $((30 * 86400 - 60))
makes "more days than the CA has" issue gw4 --days 7300
holds "end with the CA" same "$(x509 gw4 -enddate)" "$(x509 sub -enddate)"
holds "OpenSSL verifies it" verify gw4
makes "renewal of the subordinate CA" subca --days 1000
holds "what it issued is still good" verify gw3
fails "it keeps its name" 1 "has a name already" subca CN=Other
fails "it keeps its key" 1 "keeps its key until it is revoked" subca --key ec256

# --- what is there is not written over ---

rm "$dir/gw4.crt"
old_key=$(sha256sum <"$dir/gw4.key")
makes "a certificate for a key that lost its own" issue gw4
holds "the key is the one that lay there" same "$old_key" "$(sha256sum <"$dir/gw4.key")"
holds "and belongs to the certificate" pair gw4
cp "$dir/gw4.key" "$top/gw4.key"
openssl pkey -in "$top/gw4.key" -aes256 -passout pass:secret -out "$dir/gw4.key"
fails "a key with a passphrase is kept" 4 "$dir/gw4.key is not a private key without a passphrase" issue gw4
echo nonsense >"$dir/gw4.key"
fails "a key that cannot be read is kept" 4 "$dir/gw4.key is not a private key without a passphrase" issue gw4
rm "$dir/gw4.key"
ln -s "$top/elsewhere/gw4.key" "$dir/gw4.key"
fails "a link to where the key is not at the moment" 4 "$dir/gw4.key: Too many levels of symbolic links" issue gw4
makes "a new key that is asked for replaces it" issue gw4 --new-key
holds "and belongs to the certificate" pair gw4
cp "$dir/gw4.crt" "$top/gw4.crt"
echo nonsense >"$dir/gw4.crt"
fails "a certificate that is something else" 4 "$dir/gw4.crt is not what it should be" issue gw4
openssl req -x509 -key "$dir/gw4.key" -subj /CN=gw4 -addext basicConstraints=DER:0500 -out "$dir/gw4.crt"
fails "one with an extension that cannot be read" 4 \
	"gw4.crt, which is to be renewed: certificate 1: a certificate with a malformed extension" issue gw4
mv "$top/gw4.crt" "$dir/gw4.crt"
mv "$dir/sub.crt" "$top/sub.crt"
fails "a subordinate CA over the key of one that is lost" 4 "$dir/sub.key is there, but its sub.crt is not" subca
mv "$top/sub.crt" "$dir/sub.crt"

# --- revocation ---

key_before=$(public gw3)
fails "an unknown reason" 1 '--reason must be one of unspecified, keyCompromise' revoke gw3 --reason boredom
fails "revocation of what is not there" 3 'there is no certificate "gw9"' revoke gw9
makes "revocation" revoke gw3 --reason keyCompromise
holds "the CRL has the serial" crl_has sub "$(serial gw3 | tr a-f A-F)"
holds "and the reason" crl_has sub "Key Compromise"
holds "OpenSSL refuses it" not verify gw3
holds "the others are good" verify gw4
fails "twice" 4 '"gw3" is revoked or expired already' revoke gw3
makes "a new one after revocation" issue gw3
holds "has a new key, unasked" not same "$key_before" "$(public gw3)"
holds "OpenSSL verifies it" verify gw3
makes "revocation by serial" revoke "$(serial gw-ec384)"
holds "OpenSSL refuses that one" not verify gw-ec384
makes "new CRLs" crl
holds "the CRL is good for 30 days" same "$(crl_seconds sub)" $((30 * 86400))

# --- what is shown ---

makes "show" show
holds "a title and a line per certificate" same "$(wc -l <"$top/out")" "$(grep -c -v '^$' "$dir/index")"
makes "show in JSON" show gw3 --json
holds "both of the name, one revoked" same "$(jq -c '[.certificates[] | .status]' "$top/out")" '["revoked","valid"]'
holds "with its key and names" same "$(jq -r '.certificates[1] | .key + " " + .sans' "$top/out")" "ECDSA-P384 dns:gw3"
makes "issue in JSON" issue gw3 --json
holds "with its files" same "$(jq -r '.files.certificate, .files.private_key, .files.crls[1]' "$top/out" | xargs)" \
	"$dir/gw3.crt $dir/gw3.key $dir/sub.crl"

# --- the subordinate CA is revoked ---

makes "revocation of the subordinate CA" revoke sub --reason CACompromise
holds "OpenSSL refuses what it issued" not verify gw4
holds "what the root issued is good" verify gw1.example
fails "it issues no more" 4 "the subordinate CA is revoked" issue gw5
makes "a new one" subca
makes "which issues" issue gw5
holds "OpenSSL verifies it" verify gw5

# --- keys that are kept elsewhere ---

mv "$dir/root.key" "$top/root.key"
makes "without the root's key there are gateways" issue gw6
fails "but no subordinate CA" 4 "$dir/root.key is needed and not there" subca
fails "and nothing of the root's is revoked" 4 "$dir/root.key is needed and not there" revoke gw1.example
root_crl=$(sha256sum <"$dir/root.crl") sub_crl=$(sha256sum <"$dir/sub.crl")
left() { same "$1" "$(sed 's/Z$//; s/[0-9-]*T[0-9:]*$/THEN/' "$top/err")"; }
# root_crl_of DAYS: a CRL of the root that ends then
root_crl_of() {
	printf '%s\n' '[ca]' 'default_ca = d' '[d]' "database = $top/db" 'default_md = sha384' >"$top/ca.conf"
	: >"$top/db"
	openssl ca -config "$top/ca.conf" -gencrl -keyfile "$top/root.key" -cert "$dir/root.crt" -out "$dir/root.crl" \
		-crl_lastupdate 20250101000000Z -crl_nextupdate "$(date -u -d "$1 days 60 seconds" +%Y%m%d%H%M%SZ)" 2>"$top/openssl"
}
sleep 1
run crl --dir "$dir"
holds "a new CRL of the subordinate CA" test $status -eq 0
holds "it is new" not same "$sub_crl" "$(sha256sum <"$dir/sub.crl")"
holds "the root's is not" same "$root_crl" "$(sha256sum <"$dir/root.crl")"
holds "which is said, with its end" left "vpnctl: root.crl was not renewed (root.key is not there); it ends at THEN"
holds "and that is its end" grep -qF "$(date -u -d "$(openssl crl -in "$dir/root.crl" -noout -nextupdate | cut -d= -f2)" \
	+%FT%TZ)" "$top/err"
cp "$dir/root.crl" "$top/root.crl"
root_crl_of 7
run crl --dir "$dir"
holds "with more than 7 days to go nothing is wrong" test $status -eq 0
root_crl_of 6
run crl --dir "$dir"
holds "with less it fails" test $status -eq 4
holds "and says so" left "vpnctl: root.crl was not renewed (root.key is not there); it ends at THEN"
holds "but the other one is shown" says "crls = [ "
root_crl_of -1
run crl --dir "$dir"
holds "one that has ended fails" test $status -eq 4
holds "and says that it has" left "vpnctl: root.crl was not renewed (root.key is not there); it ended at THEN"
echo nonsense >"$dir/root.crl"
run crl --dir "$dir"
holds "one that is none fails" test "$status $(cat "$top/err")" = "4 vpnctl: $dir/root.crl is not what it should be"
mv "$top/root.crl" "$dir/root.crl"
mv "$top/root.key" "$dir/root.key"

# --- one at a time, all or nothing ---

exec 9<"$dir/.lock"
flock 9
fails "while another one is at work" 4 "another vpnctl is at work in $dir" issue gw5
flock -u 9
exec 9<&-
crt=$(sha256sum <"$dir/gw5.crt")
cp "$dir/gw6.crt" "$dir/.gw5.crt.new"
cp "$dir/gw6.key" "$dir/.gw5.key.new"
makes "one that was killed before its commit" show
holds "has changed nothing" same "$crt" "$(sha256sum <"$dir/gw5.crt")"
holds "and left nothing" not test -e "$dir/.gw5.crt.new"
cp "$dir/gw6.crt" "$dir/.gw5.crt.new"
printf 'gw5.key\ngw5.crt\n' >"$dir/.commit"
cp "$dir/gw6.key" "$dir/gw5.key"
makes "one that was killed within its commit" show
holds "has done all of it" pair gw5
holds "and left nothing" not test -e "$dir/.commit"
mkdir "$dir/.index.new"
run issue gw7 --dir "$dir"
holds "one that cannot write" test $status -eq 4
holds "has written nothing" not test -e "$dir/gw7.crt"
holds "and no key" not test -e "$dir/gw7.key"
rmdir "$dir/.index.new"
chmod 755 "$dir"
fails "a directory that is open to others" 4 "$dir is open to others (mode 755); chmod 700 it" show
chmod 700 "$dir"
sed -i '3s/valid/good/' "$dir/index"
fails "a book that somebody wrote in" 4 "$dir/index: line 3 is not understood" show
sed -i '3s/good/valid/' "$dir/index"
cp "$dir/sub.crt" "$top/sub.crt"
echo nonsense >"$dir/sub.crt"
fails "a file that is something else" 4 "$dir/sub.crt is not what it should be" issue gw5

# --- what is printed is what vpnd reads ---

rm "$dir/sub.crt"
mv "$top/sub.crt" "$dir/sub.crt"
if [ "$(id -u)" -eq 0 ]; then
	makes "a gateway for vpnd" issue gw8.example --key ec256
	grep -v '^#' "$top/out" >"$top/lines"
	printf '%s\n' 'secrets = ( );' >"$top/vpnd.secrets"
	chmod 600 "$top/vpnd.secrets"
	{
		echo 'connections = ( { name = "a"; role = "hub"; routes = [ "10.1.0.0/16" ]; tunnels = ( {'
		echo 'local_outside_ip_address = "192.0.2.1"; tunnel_inside_cidr = "169.254.10.0/30";'
		echo 'local_id = "gw8.example"; authentication = "certificate";'
		cat "$top/lines"
		echo '} ); } );'
	} >"$top/vpnd.conf"
	holds "vpnd takes the lines as they are" "${vpnctl%vpnctl}vpnd" --check -c "$top/vpnd.conf" -s "$top/vpnd.secrets"
	sed -i "s|gw8.example.key|gw6.key|" "$top/vpnd.conf"
	holds "and no other's key" not "${vpnctl%vpnctl}vpnd" --check -c "$top/vpnd.conf" -s "$top/vpnd.secrets"
else
	echo "ok $((number += 1)) - vpnd takes the lines as they are # SKIP keys must belong to root"
fi

# --- where to ask ---

dir=$top/urls
makes "a root for URLs" init "CN=root"
makes "a subordinate CA with the URL of the root's CRL" subca "CN=sub" --crl-url http://crl.example/root.crl
holds "which its certificate names" x509_has sub "URI:http://crl.example/root.crl"
makes "a gateway with both URLs" issue gw1 --crl-url http://crl.example/sub.crl --ocsp-url http://ocsp.example:2560/
holds "the CRL's is in it" x509_has gw1 "URI:http://crl.example/sub.crl"
holds "and the responder's" x509_has gw1 "OCSP - URI:http://ocsp.example:2560/"
makes "renewed" issue gw1
holds "it still has the one" x509_has gw1 "URI:http://crl.example/sub.crl"
holds "and the other" x509_has gw1 "OCSP - URI:http://ocsp.example:2560/"
makes "renewed with another" issue gw1 --ocsp-url http://ocsp2.example/
holds "it has that" x509_has gw1 "OCSP - URI:http://ocsp2.example/"
makes "a gateway without" issue gw2
holds "names nothing" not x509_has gw2 "URI:"
fails "https" 1 '--crl-url must be an http URL, not "https://a/" (not an http URL)' issue gw3 --crl-url https://a/
fails "two in one" 1 '--ocsp-url must be an http URL' issue gw3 --ocsp-url http://a/,http://b/

# --- options of others ---

status=0
"$vpnctl" --san dns:x show >"$top/out" 2>"$top/err" || status=$?
holds "an option of pki elsewhere" same "$status $(cat "$top/err")" '1 vpnctl: --san is not for "show"'
echo "1..$number"
[ $failed -eq 0 ]
