# A certification authority for scenarios, by the openssl command: everything in /mnt/pki, NAME.pem with NAME.key beside it.
# Sourced by the scenarios that need it, after lib.sh.
# shellcheck shell=bash

pki=/mnt/pki
mkdir -p $pki

# pki_key NAME rsa|ecdsa|ed25519
pki_key() {
	local options
	case $2 in
	rsa)		options="-algorithm RSA -pkeyopt rsa_keygen_bits:3072" ;;
	ecdsa)		options="-algorithm EC -pkeyopt ec_paramgen_curve:P-256" ;;
	ed25519)	options="-algorithm ED25519" ;;
	esac
	# shellcheck disable=SC2086 # a line of words
	(umask 077 && openssl genpkey $options -out "$pki/$1.key" 2>/dev/null)
}

# pki_sign NAME SUBJECT ISSUER DAYS EXTENSIONS: of the key that is there; its own issuer is itself.
pki_sign() {
	local by="-CA $pki/$3.pem -CAkey $pki/$3.key"
	[ "$1" != "$3" ] || by="-signkey $pki/$1.key"
	openssl req -new -key "$pki/$1.key" -subj "$2" -out "$pki/$1.csr"
	# shellcheck disable=SC2086 # words
	openssl x509 -req -in "$pki/$1.csr" $by -set_serial "0x$(openssl rand -hex 8)" -days "$4" \
		-extfile <(printf '%s\n' "$5") -out "$pki/$1.pem" 2>/dev/null
}

# pki_ca NAME [ISSUER]: a root, or a subordinate one.
pki_ca() {
	pki_key "$1" ecdsa
	pki_sign "$1" "/O=Example/CN=$1" "${2:-$1}" 30 "basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid"
}

# pki_leaf NAME ISSUER KIND SUBJECT SAN [DAYS]: and NAME.chain, in which its issuer follows. The key is kept where it is there.
pki_leaf() {
	[ -f "$pki/$1.key" ] || pki_key "$1" "$3"
	pki_sign "$1" "$4" "$2" "${6:-10}" "basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
subjectAltName = $5
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid"
	cat "$pki/$1.pem" "$pki/$2.pem" >"$pki/$1.chain"
}

# pki_crl ISSUER [NAME...]: ISSUER.crl, with these certificates revoked.
pki_crl() {
	local ca=$1 name; shift
	: >"$pki/index"
	for name in "$@"; do
		printf 'R\t%s\t%s\t%s\tunknown\t/CN=%s\n' 301231000000Z "$(date -u -d '-1 hour' +%y%m%d%H%M%SZ)" \
			"$(openssl x509 -in "$pki/$name.pem" -noout -serial | cut -d= -f2)" "$name" >>"$pki/index"
	done
	crl_number=$((${crl_number:-0} + 1))
	printf '%02x\n' $crl_number >$pki/crlnumber
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = %s\ncrlnumber = %s\ndefault_md = sha256\ncrl_extensions = e\n[e]\n%s\n' \
		$pki/index $pki/crlnumber "authorityKeyIdentifier = keyid" >$pki/crl.conf
	openssl ca -config $pki/crl.conf -gencrl -crldays 5 -cert "$pki/$ca.pem" -keyfile "$pki/$ca.key" -out "$pki/$ca.crl" 2>/dev/null
}
