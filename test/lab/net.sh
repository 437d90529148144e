# Namespaces and wires, forwarding tables, captures and traffic. Sourced by lib.sh.
# shellcheck shell=bash

# What the standard topology is made of; a scenario may change these before it builds. Index 0 is tunnel 1.
#
#     vpc-host           hub                                  branch          lan-host
#    10.1.0.10 -- 10.1.0.1   198.51.100.1 == u1 == 198.51.100.2   10.2.0.1 -- 10.2.0.10
#                             203.0.113.1 == u2 == 203.0.113.2
#
hub_outside=(198.51.100.1 203.0.113.1)
branch_outside=(198.51.100.2 203.0.113.2)
inside=(169.254.10 169.254.20)			# /30; hub .1, branch .2
inside6=(fd00:10:: fd00:20::)			# /126; likewise
hub_net=10.1.0.0/16
branch_net=10.2.0.0/16
vpc_host=10.1.0.10
lan_host=10.2.0.10
marker="this is in clear"			# what the traffic says, and what no capture outside may show

# --- namespaces ---

in_ns() {
	local ns=$1; shift
	nsenter --net="/run/netns/$ns" -- "$@"
}

# on NS COMMAND...: the same, aloud.
on() {
	printf '  %s$ %s\n' "$1" "${*:2}"
	in_ns "$@"
}

# host NS...: a namespace; gateway NS...: one that forwards.
host() {
	local ns
	for ns in "$@"; do
		ip netns add "$ns"
		ip -n "$ns" link set lo up
		mkdir -p "/mnt/$ns"
		in_ns "$ns" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra=0
	done
}

gateway() {
	local ns
	host "$@"
	for ns in "$@"; do
		in_ns "$ns" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	done
}

# wire A IF ADDRESSES B IF ADDRESSES: a veth pair; several addresses are separated by commas. Without an IPv6 address an end
# stays silent in IPv6.
wire() {
	ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
	wire_end "$1" "$2" "$3"
	wire_end "$4" "$5" "$6"
}

wire_end() {
	local a
	{
		case $3 in *:*) ;; *) echo "link set $2 addrgenmode none" ;; esac
		for a in ${3//,/ }; do
			case $a in
			*:*)	echo "addr add $a dev $2 nodad" ;;
			*)	echo "addr add $a dev $2" ;;
			esac
		done
		echo "link set $2 up"
	} | ip -n "$1" -batch -
}

# The standard topology, drawn above.
two_underlays() {
	gateway hub branch
	host vpc lan
	wire hub u1 "${hub_outside[0]}/24" branch u1 "${branch_outside[0]}/24"
	wire hub u2 "${hub_outside[1]}/24" branch u2 "${branch_outside[1]}/24"
	inside_hosts
}

inside_hosts() {
	wire hub vpc0 10.1.0.1/16 vpc eth0 $vpc_host/16
	wire branch lan0 10.2.0.1/16 lan eth0 $lan_host/16
	ip -n vpc route add default via 10.1.0.1
	ip -n lan route add default via 10.2.0.1
}

# cut N: underlay N swallows every packet and tells nobody; heal N ends that.
cut_underlay() {
	note "underlay $1 is cut"
	in_ns hub tc qdisc replace dev "u$1" root netem loss 100%
	in_ns branch tc qdisc replace dev "u$1" root netem loss 100%
}

heal_underlay() {
	note "underlay $1 is whole again"
	in_ns hub tc qdisc del dev "u$1" root
	in_ns branch tc qdisc del dev "u$1" root
}

# --- forwarding ---

# fib NS PREFIX: the devices of the route's next hops, sorted, on one line; the same whether the route names them itself or
# through a nexthop object or group. An unreachable route of last resort is none.
fib() {
	local family=-4
	case $2 in *:*) family=-6 ;; esac
	{ ip -n "$1" -j $family route show "$2"; echo; ip -n "$1" -j nexthop show; } | jq -rs '
		(.[1] // [] | map({(.id | tostring): .}) | add // {}) as $objects
		| def devices(id): $objects[id | tostring] as $o
			| if $o.group then $o.group[] | devices(.id) else $o.dev end;
		[.[0][]? | select(.type != "unreachable") | if .nexthops then .nexthops[].dev elif .dev then .dev else devices(.nhid) end]
		| unique | join(" ")'
}

# fib_is NS PREFIX DEVICES
fib_is() {
	local now
	now=$(fib "$1" "$2") || return
	[ "$now" = "$3" ] || { echo "$1: $2 goes to '$now'"; return 1; }
}

# Which tunnel the hub's kernel picks for traffic from vpc to lan: 1 or 2.
tunnel_in_use() {
	ip -n hub -j route get $lan_host from $vpc_host iif vpc0 | jq -r '.[0].dev | ltrimstr("vpn")'
}

# --- captures ---

# capture NAME NS INTERFACE: from the moment it returns until capture_end NAME. Captures stay in the guest's memory and go to
# /mnt/out with the logs at the end (lib.sh).
pcaps=/mnt/pcaps
snaplen=256			# octets of a packet; 0: all
capture() {
	mkdir -p $pcaps
	spawn "$1.tcpdump" nsenter --net="/run/netns/$2" -- sh -c 'exec tcpdump -ni "$1" -s "$2" -U -w - >"$3"' \
		- "$3" "$snaplen" "$pcaps/$1.pcap"
	wait_quietly 10 "tcpdump on $3" grep -q 'listening on' "$out/$1.tcpdump.log"
}

capture_end() {
	reap "$1.tcpdump" INT
}

wait_quietly() {
	local end=$((SECONDS + $1 * patience)) what=$2; shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "$what: not there"
		sleep 0.1
	done
}

packets() {
	tcpdump -nr "$pcaps/$1.pcap" "$2" 2>/dev/null | wc -l
}

# openings NAME EXCHANGE: requests of IKE that open an SA by it (34: IKE_SA_INIT, 38: IKE_SESSION_RESUME).
openings() {
	packets "$1" "udp port 500 and udp[26] = $2 and udp[27] & 0x20 = 0"
}

# What may be seen outside: ESP, IKE, and neighbours looking for each other.
outside_filter='esp or udp port 500 or udp port 4500 or arp or (ip6 and (ip6[6] = 0 or (ip6[6] = 58 and ip6[40] >= 130)))'

# only_esp_ike NAME: that capture proves encryption. It holds ESP (plain or in UDP 4500), nothing but ESP and IKE, and not
# one byte sequence of what was said inside.
only_esp_ike() {
	local esp other
	esp=$(packets "$1" 'esp or (udp port 4500 and udp[8:4] != 0 and udp[4:2] > 9)')
	other=$(packets "$1" "not ($outside_filter)")
	[ "$esp" -gt 0 ] || fail "capture $1 shows no ESP at all"
	if [ "$other" -ne 0 ]; then
		tcpdump -nr "$pcaps/$1.pcap" "not ($outside_filter)" 2>/dev/null | sed -n 's/^/  /; 1,5p'
		fail "capture $1 shows $other packets that are neither IKE nor ESP"
	fi
	if grep -qaF "$marker" "$pcaps/$1.pcap"; then
		fail "capture $1 shows inside traffic in clear"
	fi
	ok "capture $1: $esp packets of ESP, all else is IKE"
}

# in_clear NAME: the counterpart on an inside wire: without it only_esp_ike would prove nothing.
in_clear() {
	grep -qaF "$marker" "$pcaps/$1.pcap" || fail "capture $1 should show inside traffic in clear"
	ok "capture $1: inside, the same traffic is readable"
}

# --- traffic ---

pattern() {
	printf '%s' "$marker" | od -An -tx1 | tr -d ' \n'
}

# pings NS ADDRESS [COUNT]: a few pings, all answered.
pings() {
	local n=${3:-5}
	in_ns "$1" ping -n -q -c "$n" -i 0.2 -W 2 -p "$(pattern)" "$2" | grep -q " $n received"
}

# ping_start NAME NS ADDRESS [INTERVAL]: pings until ping_end NAME, which leaves in ping_sent and ping_lost what happened, and
# fails where nothing more is answered. Whatever was sent before the last answer and has none is lost.
ping_start() {
	: >"$out/$1.log"
	spawn "$1" nsenter --net="/run/netns/$2" -- ping -n -D -i "${4:-0.05}" -p "$(pattern)" "$3"
	wait_quietly 10 "first answer from $3" ping_beyond "$out/$1.log" 0
}

ping_sent=0 ping_lost=0
ping_end() {
	local last
	read -r last _ < <(ping_count "$out/$1.log")
	wait_quietly 5 "$1: an answer after number $last" ping_beyond "$out/$1.log" "$last"
	reap "$1" INT
	read -r ping_sent ping_lost < <(ping_count "$out/$1.log")
}

ping_answers() {
	sed -n 's/.* bytes from .*icmp_seq=\([0-9]*\).*/\1/p' "$1"
}

# ping_beyond LOG N: one that was sent later has been answered.
ping_beyond() {
	ping_answers "$1" | awk -v n="$2" '$1 > n { found = 1 } END { exit !found }'
}

# ping_count LOG: the last one that was answered, and how many before it were not.
ping_count() {
	ping_answers "$1" | awk '{ if (!seen[$1]++) n++; if ($1 > max) max = $1 } END { print max + 0, max - n }'
}

# When the first of the missing ones were sent, more or less: the time of the last answer before.
ping_gaps() {
	local at seq
	sed -n 's/^\[\([0-9.]*\)\] .*icmp_seq=\([0-9]*\).*/\1 \2/p' "$1" |
		awk '$2 > last + 1 { print at, last + 1 } { at = $1; last = $2 }' | sed 5q |
		while read -r at seq; do
			note "ping $seq is missing, after $(date -u -d "@$at" +%T.%3N)"
		done
}

# no_loss NAME [ALLOWED]: the running ping has been answered every time, up to now. Ends it.
no_loss() {
	ping_end "$1"
	[ "$ping_lost" -eq 0 ] || ping_gaps "$out/$1.log"
	[ "$ping_lost" -le "${2:-0}" ] || fail "$1: $ping_lost of $ping_sent pings lost"
	ok "$1: $ping_sent pings, $ping_lost lost"
}

# send FROM TO ADDRESS SECONDS: starts a TCP transfer of readable text that lasts that long and returns once it flows; sent says
# whether all of it arrived.
send() {
	local address=$3
	case $3 in *:*) address="[$3]" ;; esac
	rm -f "/mnt/$1/sent" "/mnt/$2/received"
	spawn receiver nsenter --net="/run/netns/$2" -- \
		socat -u "TCP6-LISTEN:5001,reuseaddr,ipv6only=0" "CREATE:/mnt/$2/received"
	wait_quietly 10 "receiver" in_ns "$2" sh -c 'ss -ltn | grep -q :5001'
	spawn sender nsenter --net="/run/netns/$1" -- bash -c '
		printf -v text "%s, and again: " "$4" "$4" "$4" "$4" "$4" "$4" "$4" "$4" "$4" "$4"
		printf -v text "%s\n" "$text" "$text" "$text" "$text" "$text" "$text" "$text" "$text" "$text" "$text"
		while [ $SECONDS -lt $3 ]; do
			printf "%s %s" $EPOCHREALTIME "$text"
			sleep 0.1
		done | tee "$1" | socat -u STDIN "TCP:$2:5001,connect-timeout=10"' - "/mnt/$1/sent" "$address" "$4" "$marker"
	wait_quietly 10 "first data of the transfer" test -s "/mnt/$2/received"
}

# sent FROM TO SECONDS: the transfer ends within that time, and what arrived is what was sent.
sent() {
	local size
	wait_quietly "$3" "end of the transfer" sender_done
	reap sender
	wait_quietly 10 "receiver's end" receiver_done
	reap receiver
	size=$(stat -c %s "/mnt/$1/sent")
	[ "$size" -gt 0 ] || fail "nothing was sent from $1 to $2"
	cmp "/mnt/$1/sent" "/mnt/$2/received" || fail "what $2 received is not what $1 sent"
	ok "TCP transfer from $1 to $2: $size bytes, all there"
}

# bulk FROM TO ADDRESS MEGABYTES: as much TCP at once as the tunnels carry.
bulk() {
	local start ms
	spawn receiver nsenter --net="/run/netns/$2" -- socat -u "TCP-LISTEN:5001,reuseaddr" "CREATE:/mnt/$2/received"
	wait_quietly 10 "receiver" in_ns "$2" sh -c 'ss -ltn | grep -q :5001'
	yes "$marker" | head -c "$4M" >"/mnt/$1/sent" || true		# yes ends by SIGPIPE
	start=$EPOCHREALTIME
	in_ns "$1" timeout $((60 * patience)) socat -u "/mnt/$1/sent" "TCP:$3:5001" || fail "bulk transfer from $1 to $2"
	wait_quietly 60 "receiver's end" receiver_done
	ms=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000 + 1))
	reap receiver
	cmp "/mnt/$1/sent" "/mnt/$2/received" || fail "what $2 received is not what $1 sent"
	ok "TCP transfer from $1 to $2: $4 megabytes, all there, $(($4 * 8000 / ms)) Mbit/s"
}

sender_done() { ! running sender; }
receiver_done() { ! running receiver; }
