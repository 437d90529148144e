#!/bin/bash
# bfd: BFD with BIRD, FRR and another vpnd: broken paths that IKE does not see, AdminDown, strict tunnels, IPv6 inside
# needs: vti vpnd strongswan bird frr tshark
# time: 600
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10                 ESP ><                        10.2.0.10
#                   =========== u2 ===========
#
# An underlay that loses ESP and nothing else: IKE and its detection of dead peers go on as if nothing were.
. /mnt/top/test/lab/lib.sh

# esp_lost NS DEVICE: what it sends as ESP is lost; esp_found ends that.
esp_lost() {
	note "$1 loses all ESP that it sends on $2"
	in_ns "$1" tc qdisc replace dev "$2" root handle 1: prio bands 4 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	in_ns "$1" tc qdisc add dev "$2" parent 1:4 netem loss 100%
	in_ns "$1" tc filter add dev "$2" parent 1: protocol ip u32 match ip protocol 50 0xff flowid 1:4
}

esp_found() {
	note "$1 does so no more"
	in_ns "$1" tc qdisc del dev "$2" root
}

# session_is NS TUNNEL JQ-CONDITION
session_is() {
	local said
	said=$(ctl "$1" --json show bfd "$2") || { echo "$said"; return 1; }
	jq -e "first(.sessions[]) | $3" <<<"$said" >/dev/null || { jq -c '.sessions[0]' <<<"$said"; return 1; }
}

both_sessions() {
	session_is hub vpn-branch1/1 "$1" && session_is hub vpn-branch1/2 "$1"
}

routes_over() {
	fib_is hub "${2:-$branch_net}" "$1" && fib_is branch "${3:-$hub_net}" "$1"
}

counted() {
	grep -c "$2" "$out/$1.vpnd.log" || true
}

# What the peer says of its sessions.
bird_bfd() {
	local said
	said=$(bird branch show bfd sessions)
	[ "$(grep -cE "vpn[12] +Up .* $1 +$2" <<<"$said")" -eq 2 ] || { echo "$said"; return 1; }
}

frr_bfd() {
	local said
	said=$(frr branch show bfd peers json)
	jq -e --argjson tx "$1" '[.[] | select(.status == "up" and .["remote-receive-interval"] == 300
		and .["receive-interval"] == $tx and .["transmit-interval"] == $tx)] | length == 2' <<<"$said" >/dev/null ||
		{ jq -c . <<<"$said"; return 1; }
}

# broken WHERE...: tunnel 1 loses ESP that these namespaces send; routes move, IKE does not notice, and all comes back.
broken() {
	local ns start before
	before=$(counted hub ike-down)
	ping_start "ping from vpc" vpc $lan_host
	start=${EPOCHREALTIME/./}
	for ns in "$@"; do esp_lost $ns u1; done
	wait_for 8 "both ends route over tunnel 2 alone" routes_over vpn2
	note "after $(((${EPOCHREALTIME/./} - start) / 1000)) ms, of which 2000 are the detection time"
	check "BFD is what is down" tunnel_is hub vpn-branch1/1 '.state == "DOWN" and .layer == "bfd"'
	check "IKE of tunnel 1 is up" tunnel_is hub vpn-branch1/1 '.ike.state == "established" and .child.state == "installed"'
	check "BGP of tunnel 1 has ended" tunnel_is hub vpn-branch1/1 '.bgp.state == "Idle"'
	check "tunnel 2 has not noticed" tunnel_is hub vpn-branch1/2 '.state == "UP"'
	check "ping from vpc to lan" pings vpc $lan_host
	check "the hub explains it" explained
	for ns in "$@"; do esp_found $ns u1; done
	wait_for 30 "both tunnels are up again" up hub
	wait_for 20 "both ends route over both tunnels" routes_over "vpn1 vpn2"
	ping_end "ping from vpc"
	note "$ping_lost of $ping_sent pings were lost"
	check "IKE has not noticed" [ "$(counted hub ike-down)" -eq "$before" ]
}

explained() {
	local said
	said=$(ctl hub explain vpn-branch1/1)
	grep -E 'bfd: (control detection time expired|the peer signals Down)' <<<"$said" || { echo "$said"; return 1; }
}

# What tshark makes of BFD in a capture from within a tunnel: it complains of nothing, and hop limit and ports are as they must.
dissected() {
	local bad all
	all=$(tshark -r $pcaps/$1.pcap -Y 'bfd and not icmp' -T fields -e ip.ttl -e udp.dstport -e ip.src -e udp.srcport 2>/dev/null)
	bad=$(tshark -r $pcaps/$1.pcap -Y 'bfd and not icmp and (_ws.malformed or _ws.expert)' 2>/dev/null)
	[ -z "$bad" ] || { head -n 3 <<<"$bad"; return 1; }
	[ "$(grep -c . <<<"$all")" -ge 20 ] || { echo "$all" | head -n 5; return 1; }
	! awk -v us=${inside[0]}.1 '$1 != 255 || $2 != 3784 || ($3 == us && $4 < 49152) { print; bad = 1 } END { exit !bad }' <<<"$all"
}

bfd_conf=(bfd=true bfd_minimum_interval_milliseconds=300 bfd_detect_multiplier=5)

# peer_round: vpnd is the hub, strongSwan and $1 are the branch.
peer_round() {
	step "vpnd with $1"
	peer_interfaces branch branch
	vpnd_start hub hub interface=vti startup_action=add "${bfd_conf[@]}"
	capture "bfd-$1" hub vpn1
	strongswan_start branch branch start
	"${1}_start" branch branch
	wait_for 40 "both tunnels are up" up hub
	wait_for 20 "both BFD sessions are up" both_sessions '.state == "Up" and .remote.state == "Up"'
	wait_for 10 "both send as the slower one likes" both_sessions '.tx_interval_ms == 400 and .detect_time_ms == 2000 and (.polling | not)'
	wait_for 20 "both ends route over both tunnels" routes_over "vpn1 vpn2"
}

peer_end() {
	"${1}_stop" branch
	strongswan_stop branch
	vpnd_stop hub
	ip -n branch link del vpn1
	ip -n branch link del vpn2
}

two_underlays
peer_bfd=400

peer_round bird
check "BIRD says the same" bird_bfd 0.400 2.000
capture_end bfd-bird
check "tshark finds nothing wrong" dissected bfd-bird

step "ESP towards BIRD is lost"
broken hub
step "ESP from BIRD is lost"
broken branch
step "ESP is lost in both directions"
broken hub branch
# Here nothing of what BIRD says can come first.
check "the end of BGP says why" grep -F "sent 6/10 Cease, BFD Down" "$out/hub.vpnd.log"
peer_end bird

step "a strict tunnel to BIRD without BFD"
peer_bfd=
peer_interfaces branch branch
vpnd_start hub hub interface=vti startup_action=add "${bfd_conf[@]}" bfd_strict=true
strongswan_start branch branch start
bird_start branch branch
wait_for 40 "the hub waits for BFD" tunnel_is hub vpn-branch1/1 '.layer == "bfd" and (.reason | contains("bfd_strict"))'
sleep 5
check "it still does, and BGP with it" tunnel_is hub vpn-branch1/1 '.layer == "bfd" and .bgp.state == "Idle"'
check "nothing is routed" fib_is hub $branch_net ""
peer_bfd=400
bird_conf branch >/mnt/branch/bird/bird.conf
check "BIRD learns BFD" bird branch configure
wait_for 30 "both tunnels are up" up hub
wait_for 20 "both ends route over both tunnels" routes_over "vpn1 vpn2"
check "both BFD sessions are up" both_sessions '.state == "Up"'
peer_end bird

peer_round frr
check "FRR says the same" frr_bfd 400
capture_end bfd-frr
check "tshark finds nothing wrong" dissected bfd-frr
step "ESP towards FRR is lost"
broken hub
step "FRR takes BFD down by order"
downs=$(counted hub tunnel-down)
frr_do branch bfd "profile lab" shutdown
wait_for 10 "the hub hears of it" both_sessions '.state == "Down" and .remote.state == "AdminDown"'
sleep 5
check "nothing else is down" up hub
check "both ends route over both tunnels" routes_over "vpn1 vpn2"
frr_do branch bfd "profile lab" "no shutdown"
wait_for 20 "both BFD sessions are up again" both_sessions '.state == "Up"'
check "no tunnel was down" [ "$(counted hub tunnel-down)" -eq "$downs" ]
peer_end frr

step "two vpnds, IPv6 inside"
six=(tunnel_inside_ip_version=ipv6 1.tunnel_inside_cidr= 2.tunnel_inside_cidr= 1.tunnel_inside_ipv6_cidr=${inside6[0]}/126
	2.tunnel_inside_ipv6_cidr=${inside6[1]}/126)
vpnd_start hub hub "${six[@]}" "${bfd_conf[@]}" 'networks=[ "fd00:1::/64" ]'
vpnd_start branch branch "${six[@]}" "${bfd_conf[@]}" 'networks=[ "fd00:2::/64" ]'
wait_for 30 "both tunnels are up at both ends" both_up
wait_for 20 "both BFD sessions are up" both_sessions '.state == "Up" and .tx_interval_ms == 300 and .detect_time_ms == 1500'
wait_for 10 "both ends route over both tunnels" routes_over "vpn1 vpn2" fd00:2::/64 fd00:1::/64
check "nothing was discarded" both_sessions '.counters.dropped == {}'
esp_lost hub u1
wait_for 8 "both ends route over tunnel 2 alone" routes_over vpn2 fd00:2::/64 fd00:1::/64
check "the branch knows why" tunnel_is branch vpn-hub/1 '.layer == "bfd" and (.reason | contains("control detection time expired"))'
esp_found hub u1
wait_for 30 "both tunnels are up at both ends again" both_up
wait_for 20 "both ends route over both tunnels" routes_over "vpn1 vpn2" fd00:2::/64 fd00:1::/64
vpnd_stop branch
vpnd_stop hub
check "nothing is left on the hub" nothing_left hub

pass
