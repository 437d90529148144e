# Other people's daemons as hub or branch of the standard topology: strongSwan or Libreswan for IKE, BIRD or FRR for BGP. Each
# NAME_start NS ROLE uses the same addresses, key and AS numbers as vpnd does (net.sh, vpnd.sh), so that either end of the
# topology can be either. Sourced by lib.sh.
#
# IKE daemons know nothing about interfaces here: peer_interfaces makes them first, vpnN with key and mark N (VTI) or if_id N.
# shellcheck shell=bash

peer_kind=vti				# or xfrmi
peer_dh=ecp384				# of child SAs, Libreswan's of IKE SAs as well: ecp384 or modp8192
peer_fragment=				# octets of an IP datagram with a fragment of IKE; empty: the peer's own
declare -A peer_id=()			# by outside address; without one, the address
peer_ppk=				# name of a PPK, strongSwan's; its value is $ppk
peer_ppk_required=no
peer_bfd=				# its packets' least interval in milliseconds: BFD on both tunnels; five may be missed
peer_auth=psk				# or certificate: strongSwan calls peer_certificates NS for its files

forky=$top/build/peers/forky		# a later Debian, unpacked: strongSwan 6.1
libreswan=$top/build/peers/libreswan
libreswan_lib=$libreswan/usr/lib/x86_64-linux-gnu

# peer_sides ROLE: sets what differs between the two ends.
peer_sides() {
	if [ "$1" = hub ]; then
		here=("${hub_outside[@]}") there=("${branch_outside[@]}")
		here_inside=1 there_inside=2 here_asn=$hub_asn there_asn=$branch_asn here_net=$hub_net router=10.1.0.1
	else
		here=("${branch_outside[@]}") there=("${hub_outside[@]}")
		here_inside=2 there_inside=1 here_asn=$branch_asn there_asn=$hub_asn here_net=$branch_net router=10.2.0.1
	fi
}

peer_interfaces() {
	local i here there here_inside there_inside here_asn there_asn here_net router
	peer_sides "$2"
	for i in 1 2; do
		case $peer_kind in
		vti)	echo "link add vpn$i type vti local ${here[i - 1]} remote ${there[i - 1]} key $i" ;;
		xfrmi)	echo "link add vpn$i type xfrm if_id $i" ;;
		esac
		echo "addr add ${inside[i - 1]}.$here_inside/30 dev vpn$i"
		echo "link set vpn$i mtu 1400 up"
	done | ip -n "$1" -batch -
	in_ns "$1" sysctl -qw net.ipv4.conf.vpn{1,2}.disable_policy=1 net.ipv4.conf.vpn{1,2}.rp_filter=2
}

# fresh DIR: empty, also of the sockets of a daemon that has been here before.
fresh() {
	rm -rf "$1"
	mkdir -p "$1"
}

# --- strongSwan ---

strongswan_ike=() strongswan_esp=()	# proposals of tunnels 1 and 2, where they are not the usual ones
strongswan_root=			# where another strongSwan than the machine's is unpacked, with all that it needs

# strongswan_start NS ROLE start|add: with start it initiates.
strongswan_start() {
	local dir=/mnt/$1/strongswan
	need_files /usr/lib/ipsec/charon /usr/sbin/swanctl
	fresh "$dir"
	strongswan_daemon "$dir" "$1" >"$dir/strongswan.conf"
	strongswan_connections "$2" "$3" >"$dir/swanctl.conf"
	[ $peer_auth = psk ] || peer_certificates "$1"
	# The pid file is in /run whatever one says.
	spawn "$1.charon" nsenter --net="/run/netns/$1" -- unshare --mount -- bash -c \
		"mount -t tmpfs run /run && $(strongswan_other) STRONGSWAN_CONF=$dir/strongswan.conf exec $(strongswan_loader) /usr/lib/ipsec/charon"
	wait_quietly 15 "strongSwan in $1" test -S "$dir/vici"
	strongswan "$1" --load-all --file "$dir/swanctl.conf" >>"$out/$1.charon.log" 2>&1
	note "strongSwan runs in $1"
}

# Plugins are looked for at their installed place, whatever one says; libraries are asked for by name.
strongswan_other() {
	[ -z "$strongswan_root" ] || echo "mount --bind $strongswan_root/usr/lib/ipsec /usr/lib/ipsec &&"
}

strongswan_loader() {
	[ -z "$strongswan_root" ] || echo "$strongswan_root/usr/lib64/ld-linux-x86-64.so.2" \
		--library-path "$strongswan_root/usr/lib/x86_64-linux-gnu:/usr/lib/ipsec"
}

# strongswan NS COMMAND...
strongswan() {
	local ns=$1; shift
	STRONGSWAN_CONF=/mnt/$ns/strongswan/strongswan.conf SWANCTL_DIR=/mnt/$ns/strongswan in_ns "$ns" timeout 30 swanctl "$@" --uri "unix:///mnt/$ns/strongswan/vici"
}

strongswan_up() {
	[ "$(strongswan "$1" --list-sas 2>/dev/null | grep -c INSTALLED)" -ge 2 ]
}

# strongswan_rekey NS child|ike: both tunnels.
strongswan_rekey() {
	strongswan "$1" --rekey "--$2" t1 && strongswan "$1" --rekey "--$2" t2
}

strongswan_stop() {
	reap "$1.charon"
}

strongswan_daemon() {
	cat <<-X
	charon {
	  ${peer_fragment:+fragment_size = $peer_fragment}
	  load = random nonce openssl aes sha1 sha2 hmac gcm chapoly kdf curve25519 pem pkcs1 pkcs8 x509 pubkey constraints revocation kernel-netlink socket-default vici
	  plugins { vici { socket = unix://$1/vici } }
	  filelog { lab {
	    path = $out/$2.strongswan.log
	    time_format = %H:%M:%S
	    flush_line = yes
	    default = 1 } }
	  install_routes = no
	  retry_initiate_interval = 2
	  retransmit_timeout = 2
	}
	swanctl { load = random openssl curve25519 pem pkcs1 pkcs8 x509 }
	X
}

strongswan_connections() {
	local i here there here_inside there_inside here_asn there_asn here_net router
	peer_sides "$1"
	echo "connections {"
	for i in 1 2; do
		strongswan_connection $i "${here[i - 1]}" "${there[i - 1]}" "$2"
	done
	echo "}"
	echo "secrets { ike-all { secret = \"$psk\" }"
	[ -z "$peer_ppk" ] || printf 'ppk-lab {\nid = %s\nsecret = %s }\n' "$peer_ppk" "$ppk"
	echo "}"
}

strongswan_connection() {
	local action=none key=mark
	[ "$4" = start ] && action=start
	[ $peer_kind = xfrmi ] && key=if_id
	cat <<-X
	t$1 {
	  version = 2
	  mobike = no
	  local_addrs = $2
	  remote_addrs = $3
	  proposals = ${strongswan_ike[$1]:-aes256gcm16-prfsha384-ecp384}
	  keyingtries = 0
	  dpd_delay = 5s
	  ${peer_fragment:+fragmentation = force}
	  ${peer_ppk:+ppk_id = $peer_ppk}
	  ppk_required = $peer_ppk_required
	  $(strongswan_auth "$2" "$3")
	  children { t$1 {
	    local_ts = 0.0.0.0/0
	    remote_ts = 0.0.0.0/0
	    ${key}_in = $1
	    ${key}_out = $1
	    esp_proposals = ${strongswan_esp[$1]:-aes256gcm16-$peer_dh}
	    start_action = $action } }
	}
	X
}

# strongswan_auth OURS THEIRS: with certificates each is its subject.
strongswan_auth() {
	if [ $peer_auth = psk ]; then
		echo "local { auth = psk"
		echo "id = ${peer_id[$1]:-$1} }"
		echo "remote { auth = psk"
		echo "id = ${peer_id[$2]:-$2} }"
	else
		echo "local { auth = pubkey"
		echo "certs = own.pem }"
		echo "remote { auth = pubkey"
		echo "cacerts = root.pem }"
	fi
}

# --- Libreswan ---

libreswan_ld=(env "LD_LIBRARY_PATH=$libreswan_lib")		# in front of its programs
peer_resumption=						# sessions are resumed (Libreswan 5)

# From here on it is the one of a later release, with its own loader.
libreswan_5() {
	libreswan=$top/build/peers/libreswan5
	libreswan_ld=("$libreswan/usr/lib64/ld-linux-x86-64.so.2" --library-path "$libreswan/usr/lib/x86_64-linux-gnu")
}

# libreswan_start NS ROLE start|add
libreswan_start() {
	local dir=/mnt/$1/libreswan
	need_files "$libreswan/usr/libexec/ipsec/pluto"
	fresh "$dir"
	cp -r "$libreswan/nssdb" "$dir/nssdb"
	libreswan_conf "$2" "$3" >"$dir/ipsec.conf"
	(umask 077 && libreswan_secrets >"$dir/ipsec.secrets")
	# It looks for its helpers at their installed place, whatever one says.
	spawn "$1.pluto" nsenter --net="/run/netns/$1" -- unshare --mount -- bash -c \
		"mount -t tmpfs libexec /usr/libexec && mkdir -p /usr/libexec/ipsec /run/pluto &&
		mount --bind $libreswan/usr/libexec/ipsec /usr/libexec/ipsec &&
		exec ${libreswan_ld[*]} /usr/libexec/ipsec/pluto --nofork --rundir $dir --nssdir sql:$dir/nssdb \
		--secretsfile $dir/ipsec.secrets --logfile $out/$1.libreswan.log"
	wait_quietly 15 "Libreswan in $1" test -S "$dir/pluto.ctl"
	libreswan "$1" whack --listen >>"$out/$1.pluto.log" 2>&1
	libreswan "$1" addconn --config "$dir/ipsec.conf" --autoall >>"$out/$1.pluto.log" 2>&1
	note "Libreswan runs in $1"
}

libreswan_secrets() {
	printf ': PSK "%s"\n' "$psk"
}

# libreswan NS whack|addconn ARGUMENTS...
libreswan() {
	local ns=$1 tool=$2; shift 2
	in_ns "$ns" timeout 10 "${libreswan_ld[@]}" "$libreswan/usr/libexec/ipsec/$tool" \
		--ctlsocket "/mnt/$ns/libreswan/pluto.ctl" "$@"
}

libreswan_up() {
	sa_count "$1" 4
}

# libreswan_rekey NS child|ike
libreswan_rekey() {
	local what=ipsec n
	[ "$2" = ike ] && what=ike
	for n in 1 2; do
		libreswan "$1" whack --name t$n --rekey-$what >>"$out/$1.pluto.log" 2>&1 || return
	done
}

# It leaves its policies for IPv6 neighbour discovery behind.
libreswan_stop() {
	reap "$1.pluto"
	ip -n "$1" xfrm policy flush
}

libreswan_conf() {
	local -A group=([ecp384]=dh20 [modp8192]=dh18)
	local i here there here_inside there_inside here_asn there_asn here_net router
	peer_sides "$1"
	echo "config setup"
	for i in 1 2; do
		cat <<-X

		conn t$i
		    ikev2=insist
		    authby=secret
		    left=${here[i - 1]}
		    leftid=${peer_id[${here[i - 1]}]:+@}${peer_id[${here[i - 1]}]:-${here[i - 1]}}
		    leftsubnet=0.0.0.0/0
		    leftupdown=/bin/true
		    right=${there[i - 1]}
		    rightid=${peer_id[${there[i - 1]}]:+@}${peer_id[${there[i - 1]}]:-${there[i - 1]}}
		    rightsubnet=0.0.0.0/0
		    mark=$i/0xffffffff
		    ike=aes_gcm256-sha2_384;${group[$peer_dh]}
		    esp=aes_gcm256;${group[$peer_dh]}
		    ${peer_fragment:+fragmentation=force}
		    ${peer_resumption:+session-resumption=yes}
		    dpddelay=5
		    retransmit-timeout=15s
		    dpdaction=$([ "$2" = start ] && echo restart || echo clear)
		    auto=$2
		X
	done
}

# --- BIRD ---

# bird_start NS ROLE
bird_start() {
	local dir=/mnt/$1/bird
	need_files /usr/sbin/bird
	fresh "$dir"
	bird_conf "$2" >"$dir/bird.conf"
	spawn "$1.bird" nsenter --net="/run/netns/$1" -- /usr/sbin/bird -f -c "$dir/bird.conf" -s "$dir/ctl" -P "$dir/pid"
	wait_quietly 15 "BIRD in $1" test -S "$dir/ctl"
	note "BIRD runs in $1"
}

# bird NS COMMAND...
bird() {
	local ns=$1; shift
	in_ns "$ns" timeout 5 birdc -s "/mnt/$ns/bird/ctl" "$@"
}

bird_up() {
	local said
	said=$(bird "$1" show protocols)
	[ "$(grep -c Established <<<"$said")" -eq 2 ] || { echo "$said"; return 1; }
}

# bird_read NS TEXT: it was sent this with a NOTIFICATION.
bird_read() {
	grep -F "$2" "$out/$1.bird.log"
}

bird_stop() {
	reap "$1.bird"
}

bird_conf() {
	local i here there here_inside there_inside here_asn there_asn here_net router
	peer_sides "$1"
	cat <<-X
	log stderr all;
	router id $router;
	protocol device { scan time 2; }
	protocol kernel { merge paths yes; ipv4 { import none; export all; }; }
	protocol static { ipv4; route $here_net unreachable; }
	X
	[ -z "$peer_bfd" ] || echo "protocol bfd { interface \"vpn*\" { interval $peer_bfd ms; multiplier 5; }; }"
	for i in 1 2; do
		cat <<-X
		protocol bgp tunnel$i {
		  ${peer_bfd:+bfd on;}
		  local ${inside[i - 1]}.$here_inside as $here_asn;
		  neighbor ${inside[i - 1]}.$there_inside as $there_asn;
		  hold time 9;
		  connect retry time 2;
		  connect delay time 1;
		  error wait time 1, 4;
		  graceful restart off;
		  long lived graceful restart off;
		  ipv4 { import all; export where source = RTS_STATIC; };
		}
		X
	done
}

# --- FRR ---

# frr_start NS ROLE
frr_start() {
	local dir=/mnt/$1/frr
	need_files /usr/lib/frr/zebra /usr/lib/frr/bgpd /usr/bin/vtysh
	fresh "$dir"
	frr_conf "$2" >"$dir/bgpd.conf"
	printf 'hostname %s\n' "$1" >"$dir/zebra.conf"
	printf '%s\n' bfd " profile lab" "  detect-multiplier 5" "  receive-interval ${peer_bfd:-300}" \
		"  transmit-interval ${peer_bfd:-300}" >"$dir/bfdd.conf"
	touch "$dir/vtysh.conf"
	chown -R frr:frr "$dir"
	frr_daemon "$1" zebra
	wait_quietly 15 "FRR's zebra in $1" test -S "$dir/zserv.api"
	[ -z "$peer_bfd" ] || frr_daemon "$1" bfdd --bfdctl "$dir/bfdd.sock"
	frr_daemon "$1" bgpd -p 179
	wait_quietly 15 "FRR's bgpd in $1" test -S "$dir/bgpd.vty"
	note "FRR runs in $1"
}

frr_daemon() {
	local ns=$1 name=$2 dir=/mnt/$1/frr; shift 2
	spawn "$ns.$name" nsenter --net="/run/netns/$ns" -- "/usr/lib/frr/$name" -f "$dir/$name.conf" \
		-i "$dir/$name.pid" -z "$dir/zserv.api" --vty_socket "$dir" --log stdout -A 127.0.0.1 -P 0 "$@"
}

# frr NS COMMAND...: on a busy machine a guest's vtysh takes its time.
frr() {
	local dir=/mnt/$1/frr
	in_ns "$1" timeout $((20 * patience)) vtysh --vty_socket "$dir" --config_dir "$dir" -c "${*:2}"
}

# frr_do NS COMMAND...: each in the mode that the one before leads to.
frr_do() {
	local ns=$1 dir=/mnt/$1/frr c; shift
	local -a words=(-c "configure terminal")
	for c in "$@"; do words+=(-c "$c"); done
	in_ns "$ns" timeout $((20 * patience)) vtysh --vty_socket "$dir" --config_dir "$dir" "${words[@]}"
}

frr_up() {
	local said
	said=$(frr "$1" show bgp summary json)
	[ "$(jq '[.ipv4Unicast.peers[]? | select(.state == "Established")] | length' <<<"$said")" -eq 2 ] ||
		{ echo "$said"; return 1; }
}

frr_read() {
	local said
	said=$(frr "$1" show bgp neighbors json)
	grep -F "$2" <<<"$said" || { jq -c '[.[] | .lastShutdownDescription]' <<<"$said"; return 1; }
}

frr_stop() {
	reap "$1.bgpd"
	[ -z "$peer_bfd" ] || reap "$1.bfdd"
	reap "$1.zebra"
}

frr_conf() {
	local i here there here_inside there_inside here_asn there_asn here_net router
	peer_sides "$1"
	cat <<-X
	router bgp $here_asn
	 bgp router-id $router
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	 timers bgp 3 9
	 bgp graceful-restart-disable
	X
	for i in 1 2; do
		cat <<-X
		 neighbor ${inside[i - 1]}.$there_inside remote-as $there_asn
		 neighbor ${inside[i - 1]}.$there_inside timers connect 2
		 neighbor ${inside[i - 1]}.$there_inside advertisement-interval 0
		 ${peer_bfd:+neighbor ${inside[i - 1]}.$there_inside bfd profile lab}
		X
	done
	cat <<-X
	 address-family ipv4 unicast
	  network $here_net
	  maximum-paths 2
	 exit-address-family
	X
}

# --- vpnd against a peer ---

# How many packets a peer may lose in the rekeys of a round. Libreswan sends on a new SA as soon as it has answered, before we
# can have read the answer, and takes the old one away before it says so: one packet each time, if one comes just then.
declare -A rekey_loss=([strongswan]=0 [libreswan]=4)

# interop: four rounds of vpnd against the peer that $ike and $bgp name, on the standard topology.
interop() {
	local role starter
	step "two gateways on two underlays"
	two_underlays
	for role in hub branch; do
		for starter in vpnd $ike; do
			interop_round "$role" "$starter"
		done
	done
}

# interop_round ROLE STARTER: vpnd in that role; STARTER initiates, the other waits.
interop_round() {
	local us=$1 peer=branch peer_net=$branch_net our_net=$hub_net
	[ "$us" = hub ] || peer=hub peer_net=$hub_net our_net=$branch_net
	step "vpnd is $us, $ike and $bgp are $peer, $2 initiates"
	capture "u1-$us-$2" hub u1
	peer_interfaces $peer $peer
	if [ "$2" = vpnd ]; then
		"${ike}_start" $peer $peer add
		vpnd_start "$us" "$us" interface=vti startup_action=start
	else
		vpnd_start "$us" "$us" interface=vti startup_action=add
		"${ike}_start" $peer $peer start
	fi
	"${bgp}_start" $peer $peer
	wait_for 40 "both tunnels are up on vpnd's side" up "$us"
	wait_for 20 "$bgp has two sessions" "${bgp}_up" $peer
	wait_for 10 "vpnd routes over both tunnels" fib_is "$us" $peer_net "vpn1 vpn2"
	wait_for 10 "$bgp routes over both tunnels" fib_is $peer $our_net "vpn1 vpn2"
	interop_traffic "$us" $peer
	[ "$us $2" != "hub vpnd" ] || interop_operator "$us" $peer $peer_net $our_net
	capture_end "u1-$us-$2"
	only_esp_ike "u1-$us-$2"
	interop_end "$us" $peer
}

# Traffic, and rekeys asked for by either side while it flows.
interop_traffic() {
	local us=$1 peer=$2 name=${connection[$1]} what before
	check "ping from lan to vpc" pings lan $vpc_host
	ping_start "ping while $us is vpnd" vpc $lan_host
	for what in child ike; do
		before=$(rekeys "$us" $what)
		check "vpnd rekeys ($what)" ctl "$us" rekey "$name" $what
		check "$ike rekeys ($what)" "${ike}_rekey" "$peer" $what
		wait_for 20 "vpnd has seen them all" rekeys_reach "$us" $what $((before + 4))
		wait_for 20 "one pair of SAs for each tunnel" sa_count "$us" 4
	done
	check "both tunnels are up on vpnd's side" up "$us"
	no_loss "ping while $us is vpnd" "${rekey_loss[$ike]}"
}

# interop_operator NS PEER-NS THEIR-NET OUR-NET: BGP seen and worked on by an operator, and what the peer makes of it.
interop_operator() {
	local us=$1 peer=$2 name=${connection[$1]}/1 remote
	remote=$(ctl "$us" --json show bgp neighbor "$name" | jq -r '.neighbors[0].neighbor')
	check "the route that $bgp taught is shown" paths_are "$us" "$name" received "$3" ".accepted and .from == \"$name\""
	check "and the one that it was told, as it was sent" paths_are "$us" "$remote" advertised "$4" \
		".as_path == [$hub_asn] and .from == \"local\""
	check "explain route names both paths" explains "$us" "$3" '.fib.state == "installed" and (.candidates | length) == 2'
	check "a refresh is asked for" ctl "$us" bgp refresh "$name"
	wait_for 10 "$bgp tells its routes again" neighbor_is "$us" "$name" '.counters.updates_in >= 2'
	check "a session is cleared" ctl "$us" bgp clear "$name"
	wait_for 20 "it is established again" neighbor_is "$us" "$name" '.state == "Established" and .counters.established == 2'
	check "a session is shut down" ctl "$us" bgp shutdown "$name" new line cards at 5
	wait_for 10 "$bgp was told the text" "${bgp}_read" "$peer" "new line cards at 5"
	wait_for 10 "traffic takes the other tunnel" fib_is "$us" "$3" vpn2
	check "and started" ctl "$us" bgp start "$name"
	wait_for 30 "both tunnels carry again" fib_is "$us" "$3" "vpn1 vpn2"
}

# paths_are NS NEIGHBOR TABLE PREFIX JQ-CONDITION
paths_are() {
	local said
	said=$(ctl "$1" --json show bgp neighbor "$2" "$3")
	jq -e --arg p "$4" "[.routes[] | select(.prefix == \$p) | $5] == [true]" <<<"$said" >/dev/null || { echo "$said"; return 1; }
}

# explains NS PREFIX JQ-CONDITION: what it says of the route.
explains() {
	local said
	said=$(ctl "$1" --json explain route "$2")
	jq -e ".route | .prefix == \"$2\" and ($3)" <<<"$said" >/dev/null || { echo "$said"; return 1; }
}

# neighbor_is NS NEIGHBOR JQ-CONDITION
neighbor_is() {
	local said
	said=$(ctl "$1" --json show bgp neighbor "$2")
	jq -e ".neighbors[0] | $3" <<<"$said" >/dev/null || { echo "$said"; return 1; }
}

interop_end() {
	"${bgp}_stop" "$2"
	"${ike}_stop" "$2"
	wait_for 10 "vpnd has no SA left after $ike is gone" sa_count "$1" 0
	vpnd_stop "$1"
	check "nothing of vpnd is left" nothing_left "$1"
	printf 'link del vpn1\nlink del vpn2\n' | ip -n "$2" -batch -
}
