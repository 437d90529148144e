# The peers of the matrix (matrix.sh): each has NAME_impossible (why it cannot run here, or nothing), NAME_begin and NAME_end for
# its daemon, NAME_load for the configuration of one cell, and NAME_initiate, NAME_rekey child|ike, NAME_terminate. A cell's
# values are in the variables of cell() and cell_addresses().
# shellcheck shell=bash disable=SC2154

iptables=$top/build/peers/iptables

# --- strongSwan ---

# Its socket has a path: no need to go into its namespace.
vici() {
	STRONGSWAN_CONF=/mnt/branch/strongswan/strongswan.conf SWANCTL_DIR=/mnt/branch/strongswan swanctl "$@" --uri unix:///mnt/branch/strongswan/vici
}

strongswan_impossible() {
	[ -x /usr/lib/ipsec/charon ] || echo "/usr/lib/ipsec/charon is not there"
}

strongswan_begin() {
	peer_patience=15
	peer_fragment=576		# where they are allowed
	strongswan_start branch branch add >/dev/null
	strongswan_certificates
	# What strongswan_start has loaded is not of this topology.
	printf 'connections { }\nsecrets { ike-all { secret = "%s" } }\n' "$psk" >/mnt/branch/strongswan/swanctl.conf
	vici --load-all --file /mnt/branch/strongswan/swanctl.conf
}

strongswan_certificates() {
	local dir=/mnt/branch/strongswan kind
	mkdir -p "$dir"/{x509,x509ca,private}
	cp "$pki/root.pem" "$dir/x509ca/"
	for kind in rsa ecdsa ed25519; do
		cp "$pki/branch-$kind.pem" "$dir/x509/$kind.pem"
		cp "$pki/branch-$kind.key" "$dir/private/$kind.pem"
	done
}

# strongswan_proves branch|hub: the part of a configuration that says how that end does.
strongswan_proves() {
	if [ "$auth" = psk ]; then
		echo "auth = psk"
	elif [ "$1" = branch ]; then
		echo "auth = pubkey"
		echo "certs = $auth.pem"
	else
		echo "auth = pubkey"
		echo "cacerts = root.pem"
	fi
	echo "id = $1.example.net"
}

# Both ways, since the cell began.
strongswan_fragmented() {
	awk '/^=== / { rx = tx = 0 } /received fragment #/ { rx++ } /splitting IKE message/ { tx++ } END { exit !rx || !tx }' \
		"$out/branch.strongswan.log"
}

strongswan_load() {
	local offer=${group[$group_number.strongswan]} esn_word=noesn
	[ "$esn" = no ] || esn_word=esn
	cat >/mnt/branch/strongswan/swanctl.conf <<-X
	connections { t1 {
	  version = 2
	  mobike = no
	  local_addrs = $peer_own
	  remote_addrs = $peer_sees
	  proposals = ${suite[$suite_name.strongswan-ike]}-$offer
	  encap = $([ "$net" = encap-them ] && echo yes || echo no)
	  keyingtries = 1
	  fragmentation = $([ "$frag" = whole ] && echo no || echo yes)
	  local { $(strongswan_proves branch) }
	  remote { $(strongswan_proves hub) }
	  children { t1 {
	    local_ts = 10.2.0.0/16
	    remote_ts = 10.1.0.0/16
	    esp_proposals = ${suite[$suite_name.strongswan-esp]}-$offer-$esn_word } }
	} }
	X
	vici --load-conns --file /mnt/branch/strongswan/swanctl.conf
}

strongswan_initiate() {
	vici --initiate --child t1 --timeout 15
}

strongswan_rekey() {
	vici --rekey "--$1" t1
}

strongswan_terminate() {
	vici --terminate --ike t1 --timeout 10
}

strongswan_end() {
	strongswan_stop branch
}

# --- strongSwan 6, of a later Debian: all else is as with the other one ---

strongswan6_impossible() {
	[ -x "$forky/usr/lib/ipsec/charon" ] || echo "${forky#"$top"/} is not there"
}

strongswan6_begin() {
	strongswan_root=$forky
	strongswan_begin
}

strongswan6_load() { strongswan_load; }
strongswan6_fragmented() { strongswan_fragmented; }
strongswan6_initiate() { strongswan_initiate; }
strongswan6_rekey() { strongswan_rekey "$1"; }
strongswan6_terminate() { strongswan_terminate; }

strongswan6_end() {
	strongswan_end
	strongswan_root=
}

# --- Libreswan ---

# pluto whack|addconn ARGUMENTS...
pluto() {
	local tool=$1; shift
	LD_LIBRARY_PATH=$libreswan_lib "$libreswan/usr/libexec/ipsec/$tool" --ctlsocket /mnt/branch/libreswan/pluto.ctl "$@"
}


libreswan_impossible() {
	[ -x "$libreswan/usr/libexec/ipsec/pluto" ] || echo "${libreswan#"$top"/} is not there"
}

libreswan_begin() {
	peer_patience=15
	libreswan_start branch branch add >/dev/null
	libreswan_certificates
	pluto whack --delete --name t1
	pluto whack --delete --name t2
}

# Into its NSS database, each under the name of its kind.
libreswan_certificates() {
	local db=sql:/mnt/branch/libreswan/nssdb kind
	nss certutil -A -d $db -n root -t CT,C,C -i "$pki/root.pem"
	for kind in rsa ecdsa; do
		openssl pkcs12 -export -in "$pki/branch-$kind.pem" -inkey "$pki/branch-$kind.key" -name $kind -passout pass: \
			-out /mnt/branch/libreswan/own.p12
		nss pk12util -i /mnt/branch/libreswan/own.p12 -d $db -W "" -K "" >/dev/null
	done
}

nss() {
	local tool=$1; shift
	LD_LIBRARY_PATH=$libreswan_lib "$libreswan/usr/bin/$tool" "$@"
}

libreswan_proves() {
	case $auth in
	psk)	echo "authby=secret" ;;
	rsa)	echo "authby=rsa-sha2" ;;
	ecdsa)	echo "authby=ecdsa" ;;
	esac
	if [ "$auth" != psk ]; then
		printf '    %s\n' "leftcert=$auth" leftsendcert=always
	fi
}

libreswan_load() {
	local offer=${group[$group_number.libreswan]}
	cat >/mnt/branch/libreswan/ipsec.conf <<-X
	config setup

	conn t1
	    ikev2=insist
	    $(libreswan_proves)
	    left=$peer_own
	    leftid=@branch.example.net
	    leftsubnet=10.2.0.0/16
	    leftupdown=/bin/true
	    right=$peer_sees
	    rightid=@hub.example.net
	    rightsubnet=10.1.0.0/16
	    ike=${suite[$suite_name.libreswan-ike]};$offer
	    esp=${suite[$suite_name.libreswan-esp]};$offer
	    encapsulation=$([ "$net" = encap-them ] && echo yes || echo auto)
	    esn=$esn
	    fragmentation=$([ "$frag" = whole ] && echo no || echo yes)
	    retransmit-timeout=10s
	    auto=add
	X
	pluto addconn --config /mnt/branch/libreswan/ipsec.conf --autoall
}

libreswan_initiate() {
	pluto whack --initiate --name t1
}

libreswan_rekey() {
	case $1 in
	child)	pluto whack --name t1 --rekey-ipsec ;;
	ike)	pluto whack --name t1 --rekey-ike ;;
	esac
}

# With its configuration: else the next packet would make it initiate again.
libreswan_terminate() {
	pluto whack --delete --name t1
}

libreswan_end() {
	libreswan_stop branch
}

# --- OpenIKED ---

openiked=$top/build/peers/openiked

openiked_impossible() {
	if [ ! -x "$openiked/usr/sbin/iked" ]; then
		echo "${openiked#"$top"/} is not there"
	elif ! "$(cat /proc/sys/kernel/modprobe)" af_key 2>/dev/null || [ ! -e /proc/net/pfkey ]; then
		echo "the kernel has no PF_KEY (af_key)"
	fi
}

# It wants a user and a directory of its own, and a private key even where only pre-shared keys are used: it gets an /etc.
openiked_begin() {
	local dir=/mnt/branch/openiked etc=/mnt/branch/openiked/etc
	peer_patience=25		# rekeys when it wants: by lifetime alone
	fresh "$dir"
	mkdir -p "$etc"/iked/{ca,certs,crls,ocsp,private,pubkeys/{fqdn,ipv4,ipv6,ufqdn}} "$etc/ssl" "$dir/empty"
	cp /etc/nsswitch.conf /etc/ld.so.cache "$etc/"
	cp /etc/ssl/openssl.cnf "$etc/ssl/"
	{ cat /etc/passwd; echo "_iked:x:65501:65501::$dir/empty:/usr/sbin/nologin"; } >"$etc/passwd"
	{ cat /etc/group; echo "_iked:x:65501:"; } >"$etc/group"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$etc/iked/private/local.key" 2>/dev/null
	openssl pkey -in "$etc/iked/private/local.key" -pubout -out "$etc/iked/local.pub"
}

# A daemon for each cell: a configuration that it reads anew does not replace the SAs that it has.
openiked_load() {
	local dir=/mnt/branch/openiked mode=passive integ encr
	local offer=${group[$group_number.openiked]}
	openiked_stop
	[ "$who" = us ] || mode=active
	encr=${suite[$suite_name.openiked-ike]%:*} integ=hmac-${suite[$suite_name.openiked-ike]#*:}
	cat >"$dir/iked.conf" <<-X
	ikev2 "t1" $mode esp from 10.2.0.0/16 to 10.1.0.0/16 local $peer_own peer $peer_sees \\
		ikesa enc $encr auth $integ prf $integ group $offer childsa enc $encr auth $integ group $offer noesn \\
		srcid "branch.example.net" dstid "hub.example.net" ikelifetime 16 lifetime 6 psk "$psk"
	X
	chmod 600 "$dir/iked.conf"
	: >"$dir/log"
	setsid nsenter --net=/run/netns/branch -- unshare --mount env "LD_LIBRARY_PATH=$openiked/usr/lib/x86_64-linux-gnu" \
		bash -c "mount --bind $dir/etc /etc && exec $openiked/usr/sbin/iked -dvv -f $dir/iked.conf -s $dir/sock" \
		</dev/null >"$dir/log" 2>&1 &
	echo $! >"$dir/pid"
	soon 20 "OpenIKED does not start" openiked_ready
}

# Before it has read all of its configuration it answers, and then forgets that it did.
openiked_ready() {
	[[ $(<"$dir/log") = *stickyaddress* ]]
}

openiked_control() {
	in_ns branch timeout 10 env "LD_LIBRARY_PATH=$openiked/usr/lib/x86_64-linux-gnu" "$openiked/usr/sbin/ikectl" \
		-s /mnt/branch/openiked/sock "$@"
}

# It does so by itself.
openiked_initiate() { true; }
openiked_rekey() { true; }

openiked_terminate() {
	openiked_control reset id FQDN/hub.example.net
}

openiked_stop() {
	local pid
	pid=$(cat /mnt/branch/openiked/pid 2>/dev/null) || return 0
	kill "$pid" 2>/dev/null || true
	soon 10 "OpenIKED does not end" gone "$pid"
	cat /mnt/branch/openiked/log >>"$out/branch.openiked.log"
	rm -f /mnt/branch/openiked/pid /mnt/branch/openiked/sock
	ip -n branch xfrm state flush
	ip -n branch xfrm policy flush
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

openiked_end() {
	openiked_stop
}
