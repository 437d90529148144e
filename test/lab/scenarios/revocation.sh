#!/bin/bash
# revocation: CRLs and OCSP over HTTP, with openssl as the responder: good, revoked, and nobody there
# needs: vti vpnd openssl busybox
# time: 400
#
#    vpc ------ hub =========== u1 =========== branch
#  10.1.0.10        =========== u2 ===========
#    CRLs on port 8000, OCSP on port 2560, for the hub to ask about the branch
#
. /mnt/top/test/lab/lib.sh

pki=/mnt/pki
www=/mnt/www
crls=http://$vpc_host:8000
responder=http://$vpc_host:2560/

pki() {
	"$daemons/vpnctl" pki "$@" --dir $pki >>"$out/pki.log"
}

# publish: what a CA's machine does after each change.
publish() {
	cp $pki/root.crl $pki/sub.crl $www/
}

www_start() {
	spawn www nsenter --net=/run/netns/vpc -- busybox httpd -f -p 8000 -h $www
	wait_for 10 "the CRLs can be had" in_ns vpc busybox wget -q -O /dev/null "$crls/root.crl"
}

# book: the CA's list of certificates as openssl wants it.
book() {
	"$daemons/vpnctl" --json pki show --dir $pki | jq -r '.certificates[] | select(.issuer == "sub") |
		(if .status == "revoked" then "R\t371231235959Z\t260101000000Z,keyCompromise" else "V\t371231235959Z\t" end) +
		"\t" + (.serial | ascii_upcase) + "\tunknown\t/CN=" + .name'
}

responder_start() {
	book >/mnt/index.txt
	echo "unique_subject = no" >/mnt/index.txt.attr
	spawn ocsp nsenter --net=/run/netns/vpc -- openssl ocsp -port 2560 -index /mnt/index.txt -CA $pki/sub.crt \
		-rsigner $pki/sub.crt -rkey $pki/sub.key -nmin 60 -ignore_err
	wait_for 10 "the responder answers" in_ns vpc openssl ocsp -CAfile $pki/root.crt -issuer $pki/sub.crt \
		-cert $pki/branch.crt -url "$responder"
}

with_cert() {
	echo authentication=certificate certificate="$pki/$1.crt" private_key="$pki/$1.key" \
		ca_certificates="$pki/root.crt" interface=vti
}

# start_both KEY=VALUE...: of the hub, which fetches.
start_both() {
	# shellcheck disable=SC2046 # words
	vpnd_start hub hub $(with_cert hub) revocation_fetch=true "$@"
	# shellcheck disable=SC2046
	vpnd_start branch branch $(with_cert branch)
}

stop_both() {
	vpnd_stop branch
	vpnd_stop hub
}

# found VERDICT TEXT: what the hub shows of the branch's certificate.
found() {
	tunnel_is hub vpn-branch1/1 ".authentication | .verdict == \"$1\" and (.revocation | startswith(\"$2\"))"
}

# Whoever calls again is refused by the CRL that is known by then, and nothing is asked any more.
refused_by_crl() {
	tunnel_is hub vpn-branch1/1 '.authentication | .verdict == "refused" and (.why | contains("was revoked on"))
		and (.why | contains("OCSP") | not) and (.revocation // "revoked by CRL") == "revoked by CRL"'
}

fetcher() { pgrep -x vpnd-fetcher; }

two_underlays
mkdir -p $www
pki init "O=Example, CN=root" --key ec256
pki subca "O=Example, CN=subordinate" --key ec256 --crl-url "$crls/root.crl"
pki issue hub --key ec256
pki issue branch --key ec256 --san "dns:branch.example" --crl-url "$crls/sub.crl" --ocsp-url "$responder"
publish
www_start
responder_start

step "good"
start_both revocation=require
wait_for 30 "both tunnels are up at both ends" both_up
check "the hub says by whom" found accepted "good by OCSP of $responder"
check "vpnctl shows it" grep -q "good by OCSP of $responder" <(ctl hub show tunnel vpn-branch1/1)
check "the fetcher has no capability" grep -qx "CapEff:	0000000000000000" "/proc/$(fetcher | head -n 1)/status"
check "and a filter on system calls" grep -qx "Seccomp:	2" "/proc/$(fetcher | head -n 1)/status"
check "and is not root" grep -qv "^Uid:	0" <(grep ^Uid: "/proc/$(fetcher | head -n 1)/status")
stop_both
refuse "it ended with the daemon" fetcher

step "without a responder there is the CRL"
reap ocsp
start_both revocation=require
wait_for 40 "both tunnels are up at both ends" both_up
check "the hub says so" found accepted "good by CRL"
stop_both

step "the fetcher dies"
start_both revocation=require
wait_for 40 "both tunnels are up at both ends" both_up
kill -KILL "$(fetcher | head -n 1)"
wait_for 10 "there is another one" fetcher
check "the hub forgets what it fetched" ctl hub reload
check "tunnel 1 goes down" ctl branch down vpn-hub/1
check "and comes up again" ctl branch up vpn-hub/1
check "by a CRL that the new one has fetched" found accepted "good by CRL"
stop_both

step "neither responder nor CRL"
reap www
start_both revocation=if-present
wait_for 40 "if-present lets both tunnels come up" both_up
check "the hub says what it does not know" found accepted "unknown: no answer from "
stop_both
start_both revocation=require
wait_for 40 "require does not" found refused "unknown: no answer from "
check "with the reason" grep -q "cannot be told: unknown: no answer from " <(ctl hub --json show)
refuse "and no tunnel is up" up hub 1
stop_both

step "revoked"
pki revoke branch --reason keyCompromise
publish
www_start
start_both revocation=if-present
wait_for 40 "by CRL" refused_by_crl
stop_both
responder_start
start_both revocation=if-present
wait_for 40 "by OCSP" found refused "revoked by OCSP of $responder"
check "with the reason" grep -q "was revoked on .*, says OCSP" <(ctl hub --json show)
refuse "no tunnel is up" up hub 1
stop_both
pass
