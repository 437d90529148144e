#!/bin/bash
# certificates: root, subordinate CA and three kinds of keys; with strongSwan both ways; renewal, revocation, expiry, wrong chains
# needs: vti vpnd strongswan openssl
# time: 1200
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#
#    root -- subordinate -- hub, branch          made by vpnctl pki
#
. /mnt/top/test/lab/lib.sh

pki=/mnt/pki
declare -A key_type=([rsa]=rsa3072 [ecdsa]=ec256 [ed25519]=ed25519)

# pki COMMAND...: the CA in /mnt/pki.
pki() {
	"$daemons/vpnctl" pki "$@" --dir $pki >>"$out/pki.log"
}

# leaf ROLE KIND: ROLE-KIND, with both outside addresses and a name.
leaf() {
	local addresses=("${hub_outside[@]}")
	[ "$1" = hub ] || addresses=("${branch_outside[@]}")
	pki issue "$1-$2" --key "${key_type[$2]}" --dn "C=DE, O=Example, CN=$1" --san "dns:$1.example" \
		--san "ip:${addresses[0]}" --san "ip:${addresses[1]}"
}

# alone NAME: NAME.pem, without the CA behind it.
alone() {
	openssl x509 -in "$pki/$1.crt" -out "$pki/$1.pem"
}

# with_cert ROLE KIND: the words of vpnd_start for it.
with_cert() {
	echo authentication=certificate certificate="$pki/$1-$2.crt" private_key="$pki/$1-$2.key" \
		ca_certificates="$pki/root.crt" interface=vti
}

# start_both KIND: two vpnds; the branch initiates.
start_both() {
	# shellcheck disable=SC2046 # words
	vpnd_start hub hub $(with_cert hub "$1") "${hub_more[@]}"
	# shellcheck disable=SC2046
	vpnd_start branch branch $(with_cert branch "$1") "${branch_more[@]}"
}
hub_more=() branch_more=()

stop_both() {
	vpnd_stop branch
	vpnd_stop hub
	hub_more=() branch_more=()
}

# says NS TEXT: a tunnel of NS gives this as the reason why it is down.
says() {
	ctl "$1" --json show | jq -e --arg t "$2" 'any(.tunnels[]; .reason | contains($t))' >/dev/null || {
		ctl "$1" show
		return 1
	}
}

# shows NS JQ-CONDITION: for the authentication of its first tunnel.
shows() {
	tunnel_is "$1" "${connection[$1]}/1" ".authentication | $2"
}

# --- between us ---

between_us() {
	step "vpnd and vpnd with $1 keys"
	leaf hub "$1"
	leaf branch "$1"
	[ "$1" = rsa ] || capture "u1-$1" hub u1
	start_both "$1"
	wait_for 30 "both tunnels are up at both ends" both_up
	check "ping from lan to vpc" pings lan $vpc_host
	check "the hub shows the branch's certificate" shows hub \
		'.local == "certificate" and .remote == "certificate" and .verdict == "accepted" and
		.subject == "C=DE, O=Example, CN=branch" and .issuer == "O=Example, CN=subordinate"'
	check "and with what it signed ($2)" shows hub ".signature | startswith(\"$2\")"
	# RSA's messages are longer than the path's MTU: what follows the first IP fragment has no port.
	if [ "$1" != rsa ]; then
		capture_end "u1-$1"
		only_esp_ike "u1-$1"
	fi
	stop_both
}

# --- strongSwan ---

peer_certificates() {
	local dir=/mnt/$1/strongswan
	mkdir -p "$dir"/{x509,x509ca,private}
	alone "$1-$kind"
	cp "$pki/$1-$kind.pem" "$dir/x509/own.pem"
	cp "$pki/root.crt" "$dir/x509ca/root.pem"
	cp "$pki/sub.crt" "$dir/x509ca/sub.pem"
	cp "$pki/$1-$kind.key" "$dir/private/own.pem"
}

with_strongswan() {
	local us=$1 peer=branch
	[ "$us" = hub ] || peer=hub
	step "vpnd is $us, strongSwan is $peer, keys are $kind, $2 initiates"
	peer_interfaces $peer $peer
	peer_auth=certificate
	if [ "$2" = vpnd ]; then
		strongswan_start $peer $peer add
		# shellcheck disable=SC2046 # words
		vpnd_start "$us" "$us" $(with_cert "$us" "$kind") startup_action=start remote_asn= networks=
	else
		# shellcheck disable=SC2046
		vpnd_start "$us" "$us" $(with_cert "$us" "$kind") startup_action=add remote_asn= networks=
		strongswan_start $peer $peer start
	fi
	wait_for 40 "both tunnels are up on vpnd's side" up "$us"
	wait_for 10 "and on strongSwan's" strongswan_up $peer
	check "vpnd shows strongSwan's certificate" shows "$us" \
		".verdict == \"accepted\" and .subject == \"C=DE, O=Example, CN=$peer\""
	strongswan_stop $peer
	wait_for 10 "vpnd has no SA left" sa_count "$us" 0
	vpnd_stop "$us"
	printf 'link del vpn1\nlink del vpn2\n' | ip -n $peer -batch -
}

# --- renewal ---

# renewed N: the branch has another IKE SA than before, with the hub's new certificate.
renewed() {
	tunnel_is branch "vpn-hub/$1" \
		".ike.spi_i != \"${before[$1]}\" and .authentication.subject == \"C=DE, O=Example, CN=hub renewed\""
}

both_renewed() {
	renewed 1 && renewed 2
}

# Nobody takes a tunnel down, and no packet is lost: a new IKE SA comes beside the old one.
renewal() {
	local before
	step "the hub's certificate is renewed under traffic"
	start_both ecdsa
	wait_for 30 "both tunnels are up at both ends" both_up
	ping_start "ping while the certificate changes" vpc $lan_host
	before=("" "$(tunnel_get branch vpn-hub/1 .ike.spi_i)" "$(tunnel_get branch vpn-hub/2 .ike.spi_i)")
	check "the branch shows the old one" shows branch '.subject == "C=DE, O=Example, CN=hub"'
	pki issue hub-ecdsa --new-key --dn "C=DE, O=Example, CN=hub renewed"
	check "the hub reloads" ctl hub reload
	check "both tunnels are up at both ends" both_up
	wait_for 180 "both authenticate with the new certificate" both_renewed
	check "both tunnels are up at both ends" both_up
	check "IKE rekeys" ctl hub rekey vpn-branch1 ike
	wait_for 20 "both tunnels are up at both ends" both_up
	no_loss "ping while the certificate changes"
}

# --- revocation, in what renewal has left running ---

# down N: the hub has no child SA for this tunnel.
down() {
	! up hub "$1"
}

revocation() {
	step "the branch's certificate is revoked"
	stop_both
	hub_more=(crls="[ \"$pki/sub.crl\", \"$pki/root.crl\" ]" revocation=require)
	start_both ecdsa
	wait_for 30 "with CRLs that list nobody both tunnels come up" both_up
	check "a reload that brings no news" ctl hub reload
	check "touches no tunnel" both_up
	pki revoke branch-ecdsa --reason keyCompromise
	check "the hub reloads with a new CRL" ctl hub reload
	wait_for 10 "tunnel 1 goes down at once" down 1
	wait_for 10 "and tunnel 2" down 2
	wait_for 20 "the hub refuses it by the CRL" says hub "CN=branch\" was revoked"
	wait_for 60 "the branch knows that it is refused" says branch "it does not believe our certificate"
	check "the hub shows depth and reason" shows hub \
		'.verdict == "refused" and .depth == 0 and (.why | contains("was revoked"))'
	pki issue branch-ecdsa
	check "the branch reloads with another certificate" ctl branch reload
	wait_for 120 "both tunnels are up at both ends" both_up
	stop_both
}

# --- what cannot work ---

# refused_branch DESCRIPTION HUB-SAYS: what is configured does not come up, and the hub says why.
refused_branch() {
	start_both ecdsa
	wait_for 20 "$1: the hub says so" says hub "$2"
	refuse "nothing is up" up branch 1
	stop_both
}

expiry() {
	step "an expired certificate"
	openssl req -new -key $pki/branch-ecdsa.key -subj /CN=expired -out $pki/expired.csr
	openssl x509 -req -in $pki/expired.csr -CA $pki/sub.crt -CAkey $pki/sub.key -set_serial 99 -days -1 \
		-extfile <(echo "keyUsage = critical, digitalSignature") -out $pki/expired.crt 2>/dev/null
	cat $pki/sub.crt >>$pki/expired.crt
	branch_more=(certificate="$pki/expired.crt")
	refused_branch "expired" "\"CN=expired\" expired on"
	check "the branch was warned when it started" grep -q 'certificate.*CN=expired: has expired at' "$out/branch.vpnd.log"
}

wrong_chains() {
	step "wrong chains"
	alone branch-ecdsa
	branch_more=(certificate="$pki/branch-ecdsa.pem")
	refused_branch "the subordinate CA is missing" "no common CA: the certificate \"C=DE, O=Example, CN=branch\" was issued by"
	"$daemons/vpnctl" pki init "CN=other" --dir /mnt/other >>"$out/pki.log"
	hub_more=(ca_certificates=/mnt/other/root.crt)
	refused_branch "another root" "no common CA"
	branch_more=(local_id=somebody.example)
	hub_more=(remote_id=somebody.example)
	refused_branch "an identity that it does not carry" "does not carry its identity"
}

# --- what is refused before anything starts ---

bad_files() {
	step "files that cannot be used"
	# shellcheck disable=SC2046 # words
	vpnd_write hub hub $(with_cert hub ecdsa) private_key="$pki/hub-rsa.key"
	said hub "another's key" "is not the key of the certificate"
	# shellcheck disable=SC2046
	vpnd_write hub hub $(with_cert hub ecdsa) certificate="$pki/nowhere.pem"
	said hub "a file that is not there" "certificate: $pki/nowhere.pem: No such file"
	# shellcheck disable=SC2046
	vpnd_write hub hub $(with_cert hub ecdsa) ca_certificates="$pki/hub-ecdsa.crt"
	said hub "a CA that is none" "is not a CA"
	cp $pki/hub-ecdsa.key $pki/open.key
	chmod 644 $pki/open.key
	# shellcheck disable=SC2046
	vpnd_write hub hub $(with_cert hub ecdsa) private_key="$pki/open.key"
	said hub "a key that others can read" "must have no permissions for group and others"
}

# said NS DESCRIPTION TEXT: vpnd gives up with status 6 and says so with file, line and key.
said() {
	local said status=0
	said=$(vpnd_run "$1" 2>&1) || status=$?
	note "$said"
	check "$2: status 6" test $status -eq 6
	check "$2: in words, with its line" grep -q "^/mnt/$1/vpnd.conf:[0-9]*: connections\[0\]\..*$3" <<<"$said"
}

two_underlays
pki init "O=Example, CN=root" --key ec256
pki subca "O=Example, CN=subordinate" --key ec256
between_us rsa RSA
between_us ecdsa ECDSA
between_us ed25519 Ed25519
renewal
revocation
expiry
wrong_chains
bad_files
for kind in rsa ecdsa ed25519; do
	for starter in vpnd strongswan; do
		with_strongswan hub $starter
	done
done
kind=ecdsa
leaf hub $kind
with_strongswan branch vpnd
with_strongswan branch strongswan
pass
