# The matrix of the scenarios bgp-peers and bgp-peers-veth: five BGP speakers of other people against one vpnd, column by column. A
# column is one way to set up the sessions and what must then be seen from both ends; all speakers go through it at the same time,
# each is a cell of its own. Sourced by the scenario.
#
#                  vpn1 ==== bird      10.21.0.0/16 10.31.0.0/16  fd02:1::/48 fd03:1::/48
#     hub          vpn2 ==== frr       10.22.0.0/16 ...
#   10.1.0.0/16    vpn3 ==== gobgp
#   10.100.0.0/16  vpn4 ==== openbgpd
#   fd01::/48 ...  vpn5 ==== exabgp
#
# Via tunnel, vpnN is a VTI of vpnd's with IPsec; via veth it is a veth, and both ends run a vpnd that takes it as it is and installs
# no SA (test/bench/vpndveth.c): BGP is the same.
# shellcheck shell=bash

cells_file=$out/cells		# what test/lab/run prints, one line of TAP per cell
cell_dir=/mnt/cells		# per cell: log, and why it failed

# Columns in the order in which they are run; what each does is below, under its name.
columns=(ipv4 ipv6 as2 as4 refresh refreshed clear shutdown max-in max-out max-peer collision-lose collision-win
	md5 md5-wrong bfd role role-wrong add-path restart)

# What cannot be: a column and a speaker, and why.
cannot="
as2        frr       | FRR 8.4 leaves out all capabilities or none, and then has AS_TRANS in the path: it takes no AS4_PATH of one who has 4-octet numbers
refresh    openbgpd  | OpenBGPD 7.7 counts the request and announces nothing again that has not changed
refresh    exabgp    | ExaBGP 4.2 stumbles over the marks of its own answer (RFC 7313), which it takes for UPDATEs, and closes the session
shutdown   exabgp    | ExaBGP 4.2 takes a NOTIFICATION with a text (RFC 9003) for an error in the header
collision-lose exabgp | ExaBGP 4.2 stumbles ('NoneType' object has no attribute 'router_id') and answers nobody any more
collision-win  exabgp | as above
bfd        gobgp     | GoBGP 3.10 has no BFD
bfd        openbgpd  | OpenBGPD 7.7 has no BFD
bfd        exabgp    | ExaBGP 4.2 has no BFD
role       gobgp     | GoBGP 3.10 has no roles
role       exabgp    | ExaBGP 4.2 has no roles
role-wrong gobgp     | GoBGP 3.10 has no roles
role-wrong exabgp    | ExaBGP 4.2 has no roles
restart    openbgpd  | OpenBGPD 7.7 helps others to restart, and does not do so itself
max-peer   exabgp    | ExaBGP 4.2 has no limit of prefixes
as2        gobgp     | GoBGP 3.10 has no setting that leaves out the capability for 4-octet AS numbers
refreshed  gobgp     | GoBGP 3.10 keeps all that it was told and never asks: its soft reset in reads that again
"

# What the short selection runs via tunnel, where a guest is slow; via veth it runs everything.
short_tunnel="ipv4"

# --- one column's configuration ---

hub_net=(10.1.0.0/16 10.100.0.0/16)
hub_net6=(fd01::/48 fd01:1::/48)
hub_more=10.101.0.0/16 hub_most=10.102.0.0/16
hub_more6=fd01:2::/48 hub_most6=fd01:3::/48

bgp_password=hub-and-spokes
declare -A want=() number=()
hub_keys=			# of each connection

# column_is NAME: what differs from a plain session over IPv4.
column_is() {
	family=4 wide= want=() hub_keys= low_router= from=hub
	case $1 in
	ipv6)		family=6 ;;
	as2)		want[as2]=yes hub_keys='local_as = 4200000001;' ;;
	as4)		wide=yes hub_keys='local_as = 4200000001;' ;;
	max-in)		hub_keys='max_prefixes_in = 3; max_prefixes_restart_seconds = 2;' ;;
	max-out)	hub_keys='max_prefixes_out = 2; max_prefixes_restart_seconds = 2;' ;;
	max-peer)	want[limit]=2 ;;		# FRR 8.4 takes one more than it says
	md5)		want[md5]=$bgp_password hub_keys='bgp_authentication = "md5";' ;;
	md5-wrong)	want[md5]=another hub_keys='bgp_authentication = "md5";' ;;
	bfd)		want[bfd]=yes hub_keys='bfd = true;' ;;
	role)		want[role]=customer hub_keys='bgp_role = "provider";' ;;
	role-wrong)	want[role]=provider hub_keys='bgp_role = "provider";' ;;
	add-path)	want[addpath]=yes hub_keys='bgp_add_path_receive = true;' ;;
	restart)	want[gr]=yes hub_keys='bgp_graceful_restart = "helper";' ;;
	collision-lose)	from=device ;;
	collision-win)	from=device low_router=yes ;;
	esac
	case $hub_keys in
	*local_as*)	hub_asn=4200000001 hub_path="4200000001 64512" ;;
	*)		hub_asn=64512 hub_path=64512 ;;
	esac
}

# speaker_is NAME: the same for one of them.
speaker_is() {
	local n=${number[$1]}
	peer=$1
	router=10.2.0.$n own_asn=6501$n
	[ -z "$low_router" ] || router=10.0.0.$n
	[ -z "$wide" ] || own_asn=420000001$n
	if [ "$family" = 6 ]; then
		ours=fd00:1$n::1 theirs=fd00:1$n::2 nets=("fd02:$n::/48" "fd03:$n::/48") more="fd04:$n::/48" most="fd05:$n::/48"
		hub_nets=("${hub_net6[@]}") hub_third=$hub_more6
	else
		ours=169.254.1$n.1 theirs=169.254.1$n.2
		[ $from = hub ] || ours=169.254.2$n.2 theirs=169.254.2$n.1
		nets=("10.2$n.0.0/16" "10.3$n.0.0/16") more="10.4$n.0.0/16" most="10.5$n.0.0/16"
		hub_nets=("${hub_net[@]}") hub_third=$hub_more
	fi
}

quoted() {
	printf '"%s", ' "$@" | sed 's/, $//'
}

# A hub waits for the other end to connect first, a device does not; in an inside CIDR the hub has the first address.
inside_cidr() {
	if [ $from = hub ]; then echo "169.254.1$1.0/30"; else echo "169.254.2$1.0/30"; fi
}

hub_connection() {
	local n=${number[$1]}
	speaker_is "$1"
	cat <<-X
	{ name = "$1"; role = "$from"; remote_asn = $own_asn; bgp_hold_time_seconds = 9; startup_action = "add";
	  export_policy = "own"; $hub_keys
	  $([ "$1" != bird ] || echo "networks = [ $(quoted "${announced[@]}") ];")
	  tunnel_inside_ip_version = "ipv$family";
	  tunnels = ( { local_outside_ip_address = "198.51.10$n.1"; remote_outside_ip_address = "198.51.10$n.2";
	    tunnel_inside_cidr = "$(inside_cidr $n)"; tunnel_inside_ipv6_cidr = "fd00:1$n::/126"; interface_name = "vpn$n"; } ); }
	X
}

# hub_write NETWORK...
hub_write() {
	local announced=("$@") name comma=
	{
		echo 'asn = 64512; router_id = "10.1.0.1"; allow_short_lifetimes = true; secrets = "vpnd.secrets"; interface = "vti";'
		echo 'policies = ( { name = "own"; terms = ( { match = { source = "own"; }; then = "accept"; } ); } );'
		echo 'connections = ('
		for name in "${speakers[@]}"; do
			echo "$comma $(hub_connection "$name")"
			comma=,
		done
		echo ');'
	} >/mnt/hub/vpnd.conf
	cp /mnt/hub/vpnd.conf "$out/hub.vpnd.conf"
}

hub_announces() {
	hub_write "$@"
	ctl hub reload >/dev/null || fail "vpnd does not take the configuration"
}

branch_write() {
	local n=${number[$1]}
	cat >"/mnt/$1/vpnd.conf" <<-X
	allow_short_lifetimes = true; secrets = "vpnd.secrets"; interface = "vti";
	connections = ( { name = "hub"; role = "$([ $from = hub ] && echo device || echo hub)"; startup_action = "start"; tunnel_inside_ip_version = "ipv$family";
	  tunnels = ( { local_outside_ip_address = "198.51.10$n.2"; remote_outside_ip_address = "198.51.10$n.1";
	    tunnel_inside_cidr = "$(inside_cidr $n)"; tunnel_inside_ipv6_cidr = "fd00:1$n::/126"; interface_name = "vpn$n"; } ); } );
	X
}

secrets_write() {
	local name text=
	for name in "${@:2}"; do
		text+="${text:+, }{ connection = \"$name\"; pre_shared_key = \"$psk\"; bgp_password = \"$bgp_password\"; }"
	done
	secrets_of "$1" "$text"
}

# --- the topology ---

matrix_topology() {
	local name n=0
	gateway hub "${speakers[@]}"
	for name in "${speakers[@]}"; do
		n=$((n + 1))
		number[$name]=$n
		wire hub u$n 198.51.10$n.1/24 "$name" u1 198.51.10$n.2/24
	done
}

# via_begin KIND: the vpnd of either end.
via_begin() {
	local name n
	column_is ipv4
	vpnd_program=vpnd
	if [ "$1" = veth ]; then
		vpnd_program=vpndveth
		for name in "${speakers[@]}"; do
			n=${number[$name]}
			wire hub vpn$n "169.254.1$n.1/30,169.254.2$n.2/30,fd00:1$n::1/126" "$name" vpn$n "169.254.1$n.2/30,169.254.2$n.1/30,fd00:1$n::2/126"
		done
	fi
	secrets_write hub "${speakers[@]}"
	hub_write "${hub_net[@]}"
	vpnd_begin hub
	for name in "${speakers[@]}"; do
		branch_write "$name"
		secrets_write "$name" hub
		vpnd_begin "$name"
	done
}

via_end() {
	local name
	for name in "${speakers[@]}" hub; do
		vpnd_stop "$name"
	done
	[ "$1" = tunnel ] || for name in "${speakers[@]}"; do ip -n hub link del "vpn${number[$name]}"; done
}

vpnd_begin() {
	mkdir -p "/mnt/$1/run"
	spawn "$1.vpnd" nsenter --net="/run/netns/$1" -- "$daemons/$vpnd_program" -c "/mnt/$1/vpnd.conf" -d "/mnt/$1/run" -v
	vpnd_answers "$1"
}

# --- questions without a process where that can be: in a guest each costs more than what is asked ---

# asking: a connection to vpnd of its own for each cell.
asking() {
	rm -f "$cell_dir/$peer.answers"
	mkfifo "$cell_dir/$peer.answers"
	exec {never}<>"$cell_dir/$peer.answers"
	exec {asking}> >(exec socat -t 1 - UNIX-CONNECT:/mnt/hub/run/ctl.sock >"$cell_dir/$peer.answers")
}

# ask COMMAND [MEMBERS]: what vpnd says of this peer is in answer.
answer=
ask() {
	printf '{"command":"%s","name":"%s/1"%s}\n' "$1" "$peer" "${2:-}" >&"$asking"
	IFS= read -r -t $((20 * patience)) -u "$never" answer || fail "vpnd does not answer ($1)"
	why="vpnd refuses ($1): $answer"
	[[ $answer = '{"ok":true'* ]]
}

nap() {
	read -r -t 0.1 -u "$never" || true
}

# soon SECONDS 'WHAT' COMMAND...: within that time; the command leaves in why what is still wrong.
why=
soon() {
	local limit=$1 what=$2 start=$EPOCHREALTIME; shift 2
	local end=$((SECONDS + limit * patience))
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "$what: not within $limit s${why:+: $why}"
		nap
	done
	ok "$what ($(seconds_since "$start") s)"
}

# now 'WHAT' COMMAND...: likewise, at once.
now() {
	local what=$1; shift
	"$@" || fail "$what: ${why:-no}"
	ok "$what"
}

# told 'WHAT' COMMAND...: one for a daemon; what it says is in the cell's log.
told() {
	note "$1"
	"${@:2}" || fail "$1"
}

field() {
	[[ $answer =~ \"$1\":(\[[^]]*\]|\"[^\"]*\"|[^,}]*) ]] || fail "no $1 in: $answer"
	REPLY=${BASH_REMATCH[1]//\"/}
}

# neighbor KEY VALUE [KEY VALUE...]: so vpnd has this peer; "+N" is a number above N.
neighbor() {
	ask bgp || return
	while [ $# -gt 0 ]; do
		field "$1"
		why="$1 is $REPLY"
		case $2 in
		+*)	[ "$REPLY" -gt "${2#+}" ] || return ;;
		*)	[ "$REPLY" = "$2" ] || return ;;
		esac
		shift 2
	done
}

neighbor_get() {
	ask bgp || fail "$why"
	field "$1"
}

# hub_route PREFIX: next hop and AS_PATH, as vpnd has it of this peer, are in REPLY.
hub_route() {
	ask bgp-routes ',"what":"received"' || return
	[[ $answer =~ \"prefix\":\"$1\",([^}]*) ]] || return
	local route=${BASH_REMATCH[1]}
	[[ $route =~ \"next_hop\":\"([^\"]*)\",\"as_path\":\[([^]]*)\] ]] || fail "what is $route"
	REPLY="${BASH_REMATCH[1]} ${BASH_REMATCH[2]//,/ }"
	[[ $route = *'"accepted":true'* ]]
}

# hub_has PREFIX: as this peer must have told it.
hub_has() {
	why="the hub has no $1 of $peer"
	hub_route "$1" || return
	why="the hub has $1 by '$REPLY' instead of '$theirs $own_asn'"
	[ "$REPLY" = "$theirs $own_asn" ]
}

# hub_lacks PREFIX: an answer that is none does not count.
hub_lacks() {
	why="the hub has $1"
	! hub_route "$1" && [[ $answer = '{"ok":true'* ]]
}

hub_fib() {
	why=$(fib_is hub "$1" "$2")
}

peer_route() {
	REPLY=$("${peer}_route" "$1" 2>/dev/null)
}

peer_has() {
	why="$peer has no $1"
	peer_route "$1" || return
	why="$peer has $1 by '$REPLY' instead of '$ours $hub_path'"
	[ "$REPLY" = "$ours $hub_path" ]
}

peer_lacks() {
	why="$peer has $1"
	! peer_route "$1"
}

has_all() {
	local n
	for n in "${nets[@]}"; do hub_has "$n" || return; done
	for n in "${hub_nets[@]}"; do peer_has "$n" || return; done
	for n in "${nets[@]}"; do hub_fib "$n" "vpn${number[$peer]}" || return; done
}

peer_established() {
	why="$peer does not say that it is established"
	"${peer}_established" >/dev/null 2>&1
}

# After a NOTIFICATION OpenBGPD waits half a minute, and longer each time.
up_again() {
	told "$peer is not to wait" "${peer}_nudge"
	soon 60 "the session is up again" new_session
	soon 15 "with all routes" has_all
}

session_is_up() {
	neighbor state Established && peer_established
}

# What every column begins with.
begins() {
	soon 40 "the session is up at both ends" session_is_up
	now "what was negotiated is right" neighbor asn "$own_asn" local_asn "$hub_asn" router_id "$router" hold_time 9 \
		families "[ipv$family]" refresh true
	soon 15 "either end has what the other announces, with next hop and AS_PATH" has_all
	neighbor_get established
	echo "$REPLY" >"$cell_dir/$peer.sessions"
}

# same_session: as begins has left it.
same_session() {
	neighbor state Established established "$(<"$cell_dir/$peer.sessions")"
}

new_session() {
	neighbor established "+$(<"$cell_dir/$peer.sessions")" && session_is_up
}

# log_of NAME: what has been logged under that name since the column began; the columns before said much of the same.
declare -A log_begins=()
log_of() {
	tail -c "+$((${log_begins[$1]:-0} + 1))" "$out/$1.log"
}

logs_begin() {
	local log
	for log in "$out"/*.log; do log_begins[$(basename "$log" .log)]=$(stat -c %s "$log"); done
}

# logged TEXT: by vpnd, about this peer.
logged() {
	why="vpnd does not log $1"
	log_of hub.vpnd | grep "conn=$peer .*$1" >/dev/null
}

peer_told() {
	why="$peer does not say so"
	"${peer}_told" "$@" >/dev/null 2>&1
}

# --- the columns ---
#
# COLUMN_N runs for each peer at the same time; before it COLUMN_hub_N runs once.

ipv4_1() {
	begins
	now "with 4-octet AS numbers" neighbor as4 true
	told "$peer announces another network" "${peer}_add" "$more"
	soon 10 "the hub has it" hub_has "$more"
	told "$peer withdraws it" "${peer}_del" "$more"
	soon 10 "the hub has it no more" hub_lacks "$more"
	soon 5 "nor has the kernel" hub_fib "$more" ""
}
ipv4_hub_2() { hub_announces "${hub_nets[@]}" "$hub_third"; }
ipv4_2() { soon 10 "$peer has the hub's third network" peer_has "$hub_third"; }
ipv4_hub_3() { hub_announces "${hub_nets[@]}"; }
ipv4_3() {
	soon 10 "$peer has it no more" peer_lacks "$hub_third"
	now "all others are there" has_all
	now "in the same session" same_session
}

ipv6_1() { ipv4_1; }
ipv6_hub_2() { ipv4_hub_2; }
ipv6_2() { ipv4_2; }
ipv6_hub_3() { ipv4_hub_3; }
ipv6_3() { ipv4_3; }

as2_1() {
	begins
	now "the session has AS numbers of two octets" neighbor as4 false
}

as4_1() {
	begins
	now "the session has AS numbers of four octets" neighbor as4 true
}

refresh_1() {
	local asked updates
	begins
	neighbor_get refreshes_out; asked=$REPLY
	neighbor_get updates_in; updates=$REPLY
	now "vpnd asks" ask bgp-refresh
	soon 10 "$peer tells its routes again" neighbor refreshes_out "+$asked" updates_in "+$updates"
	soon 5 "all is there as before" has_all
	now "in the same session" same_session
}

refreshed_1() {
	local asked updates
	begins
	neighbor_get refreshes_in; asked=$REPLY
	neighbor_get updates_out; updates=$REPLY
	told "$peer asks" "${peer}_ask"
	soon 10 "vpnd tells its routes again" neighbor refreshes_in "+$asked" updates_out "+$updates"
	soon 5 "all is there as before" has_all
	now "in the same session" same_session
}

clear_1() {
	begins
	now "vpnd clears the session" ask bgp-clear
	soon 10 "$peer was told: administrative reset" peer_told 6 4
	up_again
}

shutdown_1() {
	begins
	now "vpnd shuts the session down" ask bgp-shutdown ',"text":"new line cards"'
	soon 10 "$peer was told: administrative shutdown" peer_told 6 2
	soon 10 "its routes are gone" hub_lacks "${nets[0]}"
	soon 10 "and ours from $peer" peer_lacks "${hub_nets[0]}"
	now "vpnd starts it" ask bgp-start
	up_again
}

max-in_1() {
	local sent
	begins
	neighbor_get notifications_out; sent=$REPLY
	told "$peer announces a third network" "${peer}_add" "$more"
	soon 10 "which is taken" hub_has "$more"
	told "$peer announces a fourth" "${peer}_add" "$most"
	soon 10 "$peer was told: maximum number of prefixes" peer_told 6 1
	now "vpnd counts it" neighbor notifications_out "+$sent"
	told "$peer announces less" "${peer}_del" "$most"
	up_again
}

max-out_1() { begins; }
max-out_hub_2() { hub_announces "${hub_nets[@]}" "$hub_third"; }
max-out_2() {
	soon 10 "$peer was told: maximum number of prefixes" peer_told 6 1
	soon 10 "our routes are gone from $peer" peer_lacks "${hub_nets[0]}"
}
max-out_hub_3() { hub_announces "${hub_nets[@]}"; }
max-out_3() {
	up_again
}

max-peer_1() { begins; }
max-peer_hub_2() { hub_announces "${hub_nets[@]}" "$hub_more" "$hub_most"; }
max-peer_2() {
	soon 10 "vpnd was told: maximum number of prefixes" logged "received 6/1 Cease"
}

md5_1() {
	capture "$peer.$column" hub "vpn${number[$peer]}"
	told "$peer is not to wait" "${peer}_nudge"
	begins
	soon 10 "segments have been seen" seen
	now "each of them was signed" all_signed
}

seen() {
	why="none"
	[ "$(packets "$peer.$column" 'tcp port 179')" -ge 3 ]
}

all_signed() {
	why=$(tcpdump -nr "$pcaps/$peer.$column.pcap" 'tcp port 179' 2>/dev/null | grep -v 'md5' | head -n 1)
	[ -z "$why" ]
}

md5-wrong_1() {
	local end=$((SECONDS + 10))
	while [ $SECONDS -lt $end ]; do
		neighbor state Established && fail "there is a session with another password"
		[[ $answer != *'"state":"Open'* ]] || fail "there is a connection with another password"
		nap
	done
	ok "there is no session"
}

# The path is dead when the peer's BFD says nothing more; TCP would notice in 9 seconds.
bfd_1() {
	begins
	soon 10 "BFD is up" bfd_is up
	signal STOP "$peer.${bfd_of[$peer]}"
	soon 4 "vpnd has the tunnel down by BFD" bfd_is down
	soon 4 "and no route of $peer" hub_lacks "${nets[0]}"
	signal CONT "$peer.${bfd_of[$peer]}"
	up_again
	soon 10 "BFD is up again" bfd_is up
}
declare -A bfd_of=([bird]=bird [frr]=bfdd)

bfd_is() {
	ask show || return
	[[ $answer =~ \"bfd\":\{([^}]*)\} ]] || fail "no bfd in: $answer"
	why=${BASH_REMATCH[1]}
	[[ ${why,,} = *"\"state\":\"$1\""* ]]
}

role_1() {
	begins
	now "each has heard the other's role" neighbor role provider remote_role customer
}

role-wrong_1() {
	soon 20 "one has told the other: role mismatch" logged "2/11"
	neighbor state Established && fail "there is a session of two providers"
	ok "there is no session"
}

add-path_1() {
	begins
	now "several paths are taken" neighbor add_path_receive "[ipv4]"
	[ "$peer" != bird ] || soon 10 "two paths to one prefix are there" two_paths "${nets[0]}"
}

two_paths() {
	local rest
	ask bgp-routes ',"what":"received"' || return
	rest=${answer#*\"prefix\":\"$1\"}
	why=$answer
	[ "$rest" != "$answer" ] && [[ $rest = *\"prefix\":\"$1\"* ]]
}

# The daemon dies and comes again; its routes stay meanwhile.
restart_1() { begins; }
restart_hub_2() {
	local name
	for name in "$@"; do reap "$name.${daemon_of[$name]}" KILL; done
}
restart_2() {
	soon 10 "the session is gone" no_session
	now "its routes are not" hub_fib "${nets[0]}" "vpn${number[$peer]}"
	hub_route "${nets[1]}" || fail "its second one is"
}
no_session() {
	neighbor state Established || [ "$REPLY" != Established ]
}
restart_hub_3() {
	local name
	for name in "$@"; do
		speaker_is "$name"
		"${name}_end"
		"${name}_begin"
	done
}
restart_3() {
	soon 60 "the session is up again" new_session
	soon 15 "with all routes" has_all
	soon 15 "none of them is stale" none_stale
}

none_stale() {
	ask bgp-routes ',"what":"received"' || return
	why="some are"
	[[ $answer != *'"stale":true'* ]]
}

# --- collisions: both ends have a connection to the other at the same time (RFC 4271 section 6.8) ---
#
# vpnd has just been refused, since nobody is there, and is held before it tries again; the speakers connect to what its kernel
# accepts, and are held in turn, so that they answer neither connection before vpnd has made its own.

collision-lose_hold() {
	local name
	for name in "$@"; do
		speaker_is "$name"
		wait_quietly 40 "tunnel to $name" has_child "$name"
		capture "$name.$column" hub "vpn${number[$name]}"
		ctl hub bgp shutdown "$name/1" >/dev/null
	done
	for name in "$@"; do
		ctl hub bgp start "$name/1" >/dev/null
	done
	signal STOP hub.vpnd
}

# Not as long as the IKE peers would need to miss it.
collision-lose_go() {
	local end=$((SECONDS + 20))
	until [ "$(in_ns hub ss -Htn state established "( sport = :179 )" | wc -l)" -ge $# ] || [ $SECONDS -ge $end ]; do
		sleep 0.1
	done
	signal_speakers STOP "$@"
	signal CONT hub.vpnd
	sleep 3
	signal_speakers CONT "$@"
}

has_child() {
	ctl hub --json show tunnel "$1/1" | jq -e '.tunnels[0].child.state == "installed"'
}

# signal SIGNAL NAME: all processes of what was spawned under that name.
signal() {
	local pid
	for pid in $(pgrep -s "${lab_pids[$2]}"); do kill -"$1" "$pid"; done
}

signal_speakers() {
	local name word=$1; shift
	for name in "$@"; do
		signal "$word" "$name.${daemon_of[$name]}"
	done
}

collision-lose_1() {
	soon 60 "the session is up at both ends" session_is_up
	soon 10 "vpnd has sent an OPEN on two connections" collided
	if ceased_collision; then note "one was ended with Cease 6/7"; else note "$peer closed one without a word"; fi
	soon 20 "one connection is left" one_connection
	soon 15 "either end has what the other announces" has_all
}

collision-lose_end() {
	local name
	for name in "$@"; do capture_end "$name.$column"; done
}

collision-win_hold() { collision-lose_hold "$@"; }
collision-win_go() { collision-lose_go "$@"; }
collision-win_1() { collision-lose_1; }
collision-win_end() { collision-lose_end "$@"; }

# payloads: of the cell's capture, one line for each segment: from, to, octets.
payloads() {
	tcpdump -nxr "$pcaps/$peer.$column.pcap" 'tcp port 179' 2>/dev/null | awk '
		/^[^\t ]/ { if (all != "") print from, to, all; from = $3; to = $5; all = ""; next }
		{ for (i = 2; i <= NF; i++) all = all $i }
		END { if (all != "") print from, to, all }'
}

# OPENs of ours on two connections.
collided() {
	why="there was no collision"
	[ "$(payloads | awk -v us="$ours." 'index($1, us) == 1 && /ffffffffffffffff....01/ { print $1, $2 }' | sort -u | wc -l)" -ge 2 ]
}

ceased_collision() {
	payloads | grep -q 'ffffffffffffffff....030607'
}

one_connection() {
	local said
	said=$(in_ns hub ss -Htn state established "( sport = :179 or dport = :179 )" | grep -F "$theirs") || true
	why="connections: $said"
	[ -n "$said" ] && [ "$(wc -l <<<"$said")" -eq 1 ]
}

# --- running ---

# cannot_be COLUMN SPEAKER: prints why.
cannot_be() {
	awk -v c="$1" -v s="$2" -F' *[|] *' 'split($1, w, " ") >= 2 && w[1] == c && w[2] == s { print $2; found = 1; exit }
		END { exit !found }' <<<"$cannot"
}

# chosen VIA COLUMN SPEAKER: is to be run.
chosen() {
	if [ -n "${CELLS:-}" ]; then
		grep -qE "${CELLS//,/.*}" <<<"$1 $2 $3"
	elif [ "$1" = tunnel ] && [ -z "${FULL:-}" ]; then
		[[ " $short_tunnel " = *" $2 "* ]]
	fi
}

# One peer's part of a column, in a process of its own.
cell_part() {
	speaker_is "$2"
	lab_step=$1
	reason_file=$cell_dir/$2.reason
	asking
	"$1"
}

# column_parts PART SPEAKER...: at the same time; who failed is not asked again.
column_parts() {
	local part=$1 name; shift
	local -A pid=()
	for name in "$@"; do
		[ ! -e "$cell_dir/$name.reason" ] || continue
		( cell_part "$part" "$name" ) >>"$cell_dir/$name.log" 2>&1 &
		pid[$name]=$!
	done
	for name in "${!pid[@]}"; do
		wait "${pid[$name]}" || cell_failed "$name"
	done
}

cell_failed() {
	[ -s "$cell_dir/$1.reason" ] || echo "ended without a reason" >"$cell_dir/$1.reason"
	speaker_is "$1"
	{
		echo "--- $1"
		ctl hub --json show bgp neighbor "$1/1"
		"${1}_state"
	} >>"$cell_dir/$1.log" 2>&1 || true
}

# column_hook WORD SPEAKER...: COLUMN_hold before the speakers begin, COLUMN_go when they have, COLUMN_end before they end.
column_hook() {
	local hook=${column}_$1; shift
	! declare -F "$hook" >/dev/null || "$hook" "$@"
}

# column VIA NAME SPEAKER...
column() {
	local via=$1 column=$2 name n; shift 2
	rm -rf $cell_dir; mkdir -p $cell_dir
	logs_begin
	column_is "$column"
	speaker_is bird
	hub_announces "${hub_nets[@]}"
	for name in "$@"; do
		speaker_is "$name"
		printf '%s\n' "${nets[@]}" >"/mnt/$name/networks"
		branch_family "$name"
		ctl hub bgp start "$name/1" >/dev/null 2>&1 || true	# a cell that failed may have left it shut down
	done
	column_hook hold "$@"
	for name in "$@"; do
		speaker_is "$name"
		"${name}_begin"
	done
	column_hook go "$@"
	for n in 1 2 3 4; do
		declare -F "${column}_$n" >/dev/null || break
		! declare -F "${column}_hub_$n" >/dev/null || { speaker_is bird; "${column}_hub_$n" "$@"; }
		column_parts "${column}_$n" "$@"
	done
	column_hook end "$@"
	for name in "$@"; do
		speaker_is "$name"
		"${name}_end"
		cell_report "$via" "$column" "$name"
	done
}

# The tunnel's other end has the same family of addresses.
branch_family() {
	branch_write "$1"
	ctl "$1" reload >/dev/null || fail "vpnd of $1 does not take its configuration"
}

cells_failed=0
cell_report() {
	local what="$3: $2, via $1" why
	lab_checks=$((lab_checks + 1))
	touch "$cell_dir/$3.log"
	sed "s/^/    /; 1i\\    $what" "$cell_dir/$3.log" >>"$out/cells.log"
	if [ ! -s "$cell_dir/$3.reason" ]; then
		echo "  ok - $what"
		echo "ok - $what" >>"$cells_file"
		echo "$1 $2 $3 ok" >>/mnt/done
		return
	fi
	why=$(head -n 1 "$cell_dir/$3.reason")
	echo "  not ok - $what: $why"
	tail -n 12 "$cell_dir/$3.log" | cut -c1-150 | sed 's/^/      /'
	echo "not ok - $what: $why" >>"$cells_file"
	echo "$1 $2 $3 failed" >>/mnt/done
	cells_failed=$((cells_failed + 1))
	for log in "$out/$3".*.log; do tail -n 40 "$log" >"$out/failed.$1.$2.${log##*/}"; done
}

# matrix_via KIND: all of its columns that are chosen.
matrix_via() {
	local via=$1 column name why list begun=
	for column in "${columns[@]}"; do
		list=()
		for name in "${speakers[@]}"; do
			chosen "$via" "$column" "$name" || continue
			if why=$(cannot_be "$column" "$name"); then
				echo "# cannot: $name: $column: $why" >>"$out/cells_cannot"
				echo "$via $column $name cannot" >>/mnt/done
			else
				list+=("$name")
			fi
		done
		[ ${#list[@]} -gt 0 ] || continue
		[ -n "$begun" ] || { step "vpnd and five neighbors via $via"; via_begin "$via"; begun=yes; }
		step "$column, via $via"
		column "$via" "$column" "${list[@]}"
	done
	[ -z "$begun" ] || via_end "$via"
}

# matrix_end: what the scenario's last words depend on.
matrix_end() {
	step "the table"
	sort -u "$out/cells_cannot" >>"$cells_file" 2>/dev/null || true
	[ -s /mnt/done ] || fail "no cell was run"
	matrix_table | tee -a "$cells_file"
	[ $cells_failed -eq 0 ] || fail "$cells_failed of $lab_checks cells failed"
}

# Columns down, speakers across; what was not run is "-".
matrix_table() {
	awk -v names="${speakers[*]}" '
		BEGIN { n = split(names, name, " ") }
		{
			row = $2 ", via " $1
			if (!(row in known)) { known[row] = 1; order[++rows] = row }
			is[row, $3] = $4
			count[$4]++
		}
		END {
			printf "# %-28s", ""
			for (i = 1; i <= n; i++) printf " %-9s", name[i]
			printf "\n"
			for (r = 1; r <= rows; r++) {
				printf "# %-28s", order[r]
				for (i = 1; i <= n; i++) { k = is[order[r], name[i]]; printf " %-9s", k == "" ? "-" : k }
				printf "\n"
			}
			printf "# %d cells passed, %d failed; %d cannot be\n", count["ok"], count["failed"], count["cannot"]
		}' /mnt/done
}
