#!/bin/bash
# bgp-neighbors: BGP neighbors outside of tunnels: routers behind a hub and a branch, one behind a router, some that call from a prefix
# needs: vti vpnd bird frr gobgp exabgp
# time: 480
#
#        lan0, a switch: 10.1.0.0/16 fd01::/64
#     hub .1 ------+-- core .2   BIRD  AS 65010  10.11.0.0/16, over IPv6 fd11::/48; signed with MD5
#  AS 64512        +-- edge .3   FRR   AS 65020  10.12.0.0/16 ---- far 10.99.0.2  BIRD  AS 65030  10.13.0.0/16
#      |           +-- lab1 .33  GoBGP AS 65101  10.21.0.0/16     \
#      |           +-- lab2 .34  ExaBGP AS 65102 10.22.0.0/16      > call from 10.1.0.32/28, signed with MD5
#      |           +-- lab3 .35  BIRD  AS 65103  10.23.0.0/16     /
#      u1, u2
#      |
#   branch ---- site 10.2.0.10  BIRD AS 65040  10.41.0.0/16, behind a device
#  AS 65000
. /mnt/top/test/lab/lib.sh

hub_asn=64512 branch_asn=65000

# --- the host's own networks ---

# plug NS ADDRESSES: a port of the switch.
plug() {
	wire hub "p-$1" "" "$1" eth0 "$2"
	ip -n hub link set "p-$1" master lan0
}

networks() {
	gateway hub branch edge
	host core far lab1 lab2 lab3 site
	wire hub u1 "${hub_outside[0]}/24" branch u1 "${branch_outside[0]}/24"
	wire hub u2 "${hub_outside[1]}/24" branch u2 "${branch_outside[1]}/24"
	ip -n hub link add lan0 type bridge
	ip -n hub addr add 10.1.0.1/16 dev lan0
	ip -n hub addr add fd01::1/64 dev lan0 nodad
	ip -n hub link set lan0 up
	plug core 10.1.0.2/16,fd01::2/64
	plug edge 10.1.0.3/16
	plug lab1 10.1.0.33/16
	plug lab2 10.1.0.34/16
	plug lab3 10.1.0.35/16
	wire edge far0 10.99.0.1/24 far eth0 10.99.0.2/24
	wire branch lan0 10.2.0.1/16 site eth0 10.2.0.10/16
	ip -n far route add default via 10.99.0.1
	ip -n hub route add 10.99.0.0/24 via 10.1.0.3
}

# --- the hub and the branch ---

neighbors="$(cat <<-X
	{ name = "core"; remote_asn = 65010; interface = "lan0"; local_ip_address = "10.1.0.1"; remote_ip_address = "10.1.0.2";
	  bgp_authentication = "md5"; bgp_hold_time_seconds = 9; networks = [ "10.1.0.0/16" ]; },
	{ name = "core6"; remote_asn = 65010; interface = "lan0"; local_ip_address = "fd01::1"; remote_ip_address = "fd01::2";
	  bgp_ttl_security = true; },
	{ name = "edge"; remote_asn = 65020; interface = "lan0"; local_ip_address = "10.1.0.1"; remote_ip_address = "10.1.0.3"; },
	{ name = "far"; remote_asn = 65030; interface = "lan0"; local_ip_address = "10.1.0.1"; remote_ip_address = "10.99.0.2";
	  multihop_ttl = 2; gateway_ip_address = "10.1.0.3"; bgp_ttl_security = true; },
	{ name = "lab"; remote_asn = "65101-65110"; interface = "lan0"; local_ip_address = "10.1.0.1";
	  remote_ip_prefix = "10.1.0.32/28"; max_neighbors = 3; bgp_authentication = "md5"; }
	X
)"

hub_write() {
	vpnd_conf hub networks= >/mnt/hub/vpnd.conf
	echo "neighbors = ( $neighbors );" >>/mnt/hub/vpnd.conf
	(umask 077 && cat >/mnt/hub/vpnd.secrets <<-X
	secrets = ( { connection = "${connection[hub]}"; pre_shared_key = "$psk"; },
	  { neighbor = "core"; bgp_password = "core-secret"; }, { neighbor = "lab"; bgp_password = "lab-secret"; } );
	X
	)
	cp /mnt/hub/vpnd.conf "$out/hub.vpnd.conf"
}

branch_write() {
	vpnd_write branch branch networks=
	cat >>/mnt/branch/vpnd.conf <<-X
	neighbors = ( { name = "site"; remote_asn = 65040; interface = "lan0"; local_ip_address = "10.2.0.1";
	  remote_ip_address = "10.2.0.10"; } );
	X
}

# --- the neighbors ---

# bird_at NS ASN ROUTER-ID NETWORK SESSIONS: with an address of the network; what it learns goes to its kernel, but for one that
# would reach the hub through what the hub tells it.
bird_at() {
	local dir=/mnt/$1/bird
	fresh "$dir"
	ip -n "$1" addr add "$(host_in "$4")/32" dev lo
	cat >"$dir/bird.conf" <<-X
	log stderr all;
	router id $3;
	protocol device { scan time 2; }
	$([ "$1" = far ] || echo "protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }")
	protocol static { ipv4; route $4 unreachable; }
	template bgp hub { local as $2; neighbor as $hub_asn; hold time 9; connect retry time 1; connect delay time 1; error wait time 1, 2;
	  graceful restart off; long lived graceful restart off; }
	$5
	X
	spawn "$1.bird" nsenter --net="/run/netns/$1" -- /usr/sbin/bird -f -c "$dir/bird.conf" -s "$dir/ctl" -P "$dir/pid"
}

four="ipv4 { import all; export where source = RTS_STATIC; };"

routers() {
	bird_at core 65010 10.1.0.2 10.11.0.0/16 "
	protocol static more { ipv6; route fd11::/48 unreachable; }
	protocol bgp four from hub { local 10.1.0.2 as 65010; neighbor 10.1.0.1; password \"core-secret\"; $four }
	protocol bgp six from hub { local fd01::2 as 65010; neighbor fd01::1; ttl security on; ipv6 { import all; export where source = RTS_STATIC; }; }"
	bird_at far 65030 10.99.0.2 10.13.0.0/16 "
	protocol bgp four from hub { local 10.99.0.2 as 65030; neighbor 10.1.0.1; multihop 2; ttl security on; $four }"
	bird_at site 65040 10.2.0.10 10.41.0.0/16 "
	protocol bgp four from hub { local 10.2.0.10 as 65040; neighbor 10.2.0.1 as $branch_asn; $four }"
	edge_start
}

edge_start() {
	local dir=/mnt/edge/frr
	fresh "$dir"
	cat >"$dir/bgpd.conf" <<-X
	router bgp 65020
	 bgp router-id 10.1.0.3
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	 bgp graceful-restart-disable
	 timers bgp 3 9
	 neighbor 10.1.0.1 remote-as $hub_asn
	 neighbor 10.1.0.1 timers connect 1
	 neighbor 10.1.0.1 advertisement-interval 0
	 address-family ipv4 unicast
	  network 10.12.0.0/16
	 exit-address-family
	X
	printf 'hostname edge\n' >"$dir/zebra.conf"
	touch "$dir/vtysh.conf"
	chown -R frr:frr "$dir"
	frr_daemon edge zebra
	wait_quietly 15 "FRR's zebra" test -S "$dir/zserv.api"
	frr_daemon edge bgpd -p 179
}

# Three speakers of other people call at the same time.
callers() {
	fresh /mnt/lab1/gobgp
	cat >/mnt/lab1/gobgp/gobgp.toml <<-X
	[global.config]
	as = 65101
	router-id = "10.1.0.33"
	port = 179
	[[neighbors]]
	[neighbors.config]
	neighbor-address = "10.1.0.1"
	peer-as = $hub_asn
	auth-password = "lab-secret"
	[neighbors.timers.config]
	connect-retry = 1
	idle-hold-time-after-reset = 1
	[[neighbors.afi-safis]]
	[neighbors.afi-safis.config]
	afi-safi-name = "ipv4-unicast"
	X
	spawn lab1.gobgpd nsenter --net=/run/netns/lab1 -- /usr/bin/gobgpd -f /mnt/lab1/gobgp/gobgp.toml --api-hosts 127.0.0.1:50051
	fresh /mnt/lab2/exabgp
	cat >/mnt/lab2/exabgp/exabgp.conf <<-X
	neighbor 10.1.0.1 { router-id 10.1.0.34; local-address 10.1.0.34; local-as 65102; peer-as $hub_asn; hold-time 9;
	  md5-password "lab-secret"; family { ipv4 unicast; } static { route 10.22.0.0/16 next-hop self; } }
	X
	spawn lab2.exabgp nsenter --net=/run/netns/lab2 -- env exabgp.daemon.user=root exabgp.api.cli=false /usr/sbin/exabgp \
		/mnt/lab2/exabgp/exabgp.conf
	bird_at lab3 65103 10.1.0.35 10.23.0.0/16 "
	protocol bgp four from hub { local 10.1.0.35 as 65103; neighbor 10.1.0.1; password \"lab-secret\"; $four }"
	wait_quietly 15 GoBGP in_ns lab1 gobgp -p 50051 global
	wait_quietly 30 "its network" in_ns lab1 gobgp -p 50051 global rib add 10.21.0.0/16
}

# --- what is to be seen ---

session_is() { neighbor_is "$1" "$2" ".state == \"$3\""; }

# via NS PREFIX GATEWAY: that of the route's nexthop object.
via() {
	local family=-4 now
	case $2 in *:*) family=-6 ;; esac
	now=$(ip -n "$1" -j $family route get "$(host_in "$2")" | jq -r '.[0].gateway // "none"')
	[ "$now" = "$3" ] || { echo "$1: $2 goes via $now"; return 1; }
}

host_in() {
	case $1 in
	*::/*) echo "${1%%/*}1" ;;
	*) echo "${1%.0/*}.1" ;;
	esac
}

gone() {
	local left
	left=$(ip -n "$1" route show "$2"; ip -n "$1" -6 route show "$2")
	[ -z "$left" ] || { echo "$left"; return 1; }
}

# counts NAME N: so many who called from that prefix are established.
counts() {
	local now
	now=$(ctl hub --json show bgp "$1" | jq '[.neighbors[] | select(.sort == "dynamic" and .state == "Established")] | length')
	[ "$now" -eq "$2" ] || { echo "$now of $1 are established"; return 1; }
}

# told NS PREFIX: BIRD there has it from vpnd, with this AS_PATH.
told() {
	local said
	said=$(bird "$1" show route for "$2" all | awk '/BGP.as_path:/ { $1 = ""; print substr($0, 2) }')
	[ "$said" = "$3" ] || { echo "$1 has $2 by '$said'"; return 1; }
}

step "a hub with routers behind it, a branch with one"
networks
hub_write
branch_write
vpnd_spawn hub
vpnd_spawn branch
routers

step "sessions and routes on link"
wait_for 30 "the core router is established, signed with MD5" session_is hub core Established
wait_for 20 "and over IPv6, with TTL security" session_is hub core6 Established
wait_for 20 "FRR is established" session_is hub edge Established
wait_for 10 "the core's network is routed to it" via hub 10.11.0.0/16 10.1.0.2
wait_for 10 "and that of IPv6" via hub fd11::/48 fd01::2
wait_for 10 "FRR's is routed to it" via hub 10.12.0.0/16 10.1.0.3

step "a neighbor behind a router"
wait_for 30 "it is established over two hops, with TTL security" session_is hub far Established
wait_for 10 "its network is routed through the gateway" via hub 10.13.0.0/16 10.1.0.3
check "explain route names it" explains hub 10.13.0.0/16 '.candidates[0].from == "far" and .fib.nexthops[0].device == "lan0"'

step "through tunnels"
wait_for 40 "both tunnels are up" both_up
wait_for 20 "the branch's router is established" session_is branch site Established
wait_for 20 "the hub has what it teaches, through the tunnels" fib_is hub 10.41.0.0/16 "vpn1 vpn2"
wait_for 20 "and the core has it from the hub" told core 10.41.0.0/16 "$hub_asn $branch_asn 65040"
wait_for 20 "the site has what the core teaches" told site 10.11.0.0/16 "$branch_asn $hub_asn 65010"
check "packets go from behind the one to behind the other" in_ns core ping -c 3 -W 5 -I 10.11.0.1 10.41.0.1
check "the hub has nothing of its own back from the branch" explains hub 10.11.0.0/16 'all(.candidates[]; .from | startswith("vpn-") | not)'

step "neighbors that call from a prefix"
callers
wait_for 40 "three at a time are established" counts lab 3
wait_for 10 "GoBGP's network is routed" via hub 10.21.0.0/16 10.1.0.33
wait_for 10 "ExaBGP's" via hub 10.22.0.0/16 10.1.0.34
wait_for 10 "BIRD's" via hub 10.23.0.0/16 10.1.0.35
check "they are named by the prefix and their address" neighbor_is hub lab@10.1.0.34 '.sort == "dynamic" and .asn == 65102'
refuse "one of them is not shut down by itself" ctl hub bgp shutdown lab@10.1.0.34
reap lab3.bird
wait_for 10 "one that goes is forgotten" counts lab 2
wait_for 10 "with its network" gone hub 10.23.0.0/16
check "the prefix is shut down" ctl hub bgp shutdown lab
wait_for 10 "nobody is there" counts lab 0
wait_for 10 "nor a network of theirs" gone hub 10.21.0.0/16
check "and started again" ctl hub bgp start lab
wait_for 20 "who still calls comes back" counts lab 2

step "operators and losses"
check "counters of a neighbor are shown" ctl hub show counters core
check "a refresh is asked for" ctl hub bgp refresh core
check "a dump has all neighbors" test "$(ctl hub bgp dump - | wc -c)" -gt 200
check "a session is shut down" ctl hub bgp shutdown core new line cards
wait_for 10 "its route is gone" gone hub 10.11.0.0/16
wait_for 10 "and the branch's router loses it" told site 10.11.0.0/16 ""
check "and started" ctl hub bgp start core
wait_for 20 "it is there again" via hub 10.11.0.0/16 10.1.0.2
on far ip link set eth0 down
wait_for 40 "who falls silent is lost with his network" gone hub 10.13.0.0/16
on hub ip link set lan0 down
wait_for 10 "an interface that goes down takes its neighbors along" gone hub 10.12.0.0/16
check "and says so" neighbor_is hub edge '.reason == "interface lan0 is down"'
on hub ip link set lan0 up
ip -n hub addr replace fd01::1/64 dev lan0 nodad
ip -n hub route replace 10.99.0.0/24 via 10.1.0.3
wait_for 30 "they come back" via hub 10.12.0.0/16 10.1.0.3
wait_for 30 "also over IPv6" via hub fd11::/48 fd01::2

step "another configuration"
neighbors="{ name = \"edge\"; remote_asn = 65020; interface = \"lan0\"; local_ip_address = \"10.1.0.1\"; remote_ip_address = \"10.1.0.3\"; }"
hub_write
before=$(ctl hub --json show bgp edge | jq -r '.neighbors[0].counters.established')
check "a reload without the others" ctl hub reload
wait_for 10 "their networks are gone" gone hub 10.11.0.0/16
check "the one that stays has kept its session" neighbor_is hub edge ".state == \"Established\" and .counters.established == $before"
check "the daemon's engine has not ended meanwhile" engine_lives hub "$(engines hub)"
vpnd_stop hub
check "nothing of it is left" nothing_left hub
check "nor a route over the LAN" gone hub 10.12.0.0/16

pass
