#!/bin/bash
# vpc-attachments: two VPCs with the same addresses in two route tables, each with a branch; nothing leaves in clear
# needs: vti vpnd nft strongswan bird
# time: 400
#
#  vpc  10.1.0.10 -- vpc0 10.1.0.1 \       / u1, u2 == branch  strongSwan and BIRD, AS 65010 -- lan 10.2.0.10   in prod
#                                   >  hub <
#  test 10.1.0.10 -- vpc1 10.1.0.1 /       \ u3 ====== far     vpnd, AS 65012, 10.20.0.1                        in test
#  outside 192.0.2.10 --- out0, the hub's default route
#
# The hub does not forward but where vpnd has it do so. test has 10.41.0.1 as well. Those who can be meant by one address tell
# their names. With XFRM interfaces it is the data path that is asked for, not what follows events.
interface=${interface:-vti}
. /mnt/top/test/lab/lib.sh

hub_conf() {
	cat <<-X
	vpcs = (
	  { name = "vpc-prod"; interfaces = [ "vpc0" ]; association = "prod"; forwarding = "tunnels"; },
	  { name = "vpc-test"; interfaces = [ "vpc1" ]; association = "test"; forwarding = "tunnels";
	    prefixes = ( "10.1.0.0/16", { prefix = "10.41.0.0/16"; next_hop = "10.1.0.10"; } ); } );
	route_tables = ( { name = "prod"; table = 100; }, { name = "test"; table = 200; } );
	X
	vpnd_conf hub networks= association=prod interface=$interface | sed '$d'
	cat <<-X
	}, { name = "far"; role = "hub"; remote_asn = 65012; bgp_hold_time_seconds = 9; dpd_timeout_seconds = 10;
	  startup_action = "add"; association = "test";
	  tunnels = ( { local_outside_ip_address = "198.51.3.1"; remote_outside_ip_address = "198.51.3.2";
	    tunnel_inside_cidr = "169.254.30.0/30"; interface_name = "vfar"; } ); },
	{ name = "absent"; role = "hub"; startup_action = "add"; routes = [ "10.99.0.0/16" ];
	  tunnel_only_networks = [ "10.98.0.0/16" ];
	  tunnels = ( { local_outside_ip_address = "198.51.3.1"; remote_outside_ip_address = "198.51.3.9";
	    tunnel_inside_cidr = "169.254.40.0/30"; interface_name = "vabsent"; } ); } );
	X
}

far_conf() {
	cat <<-X
	asn = 65012; router_id = "10.20.0.1"; allow_short_lifetimes = true; secrets = "vpnd.secrets";
	interface = "$interface"; route_source_ipv4_address = "10.20.0.1";
	connections = ( { name = "hub"; role = "device"; startup_action = "start"; dpd_timeout_seconds = 10;
	  remote_asn = 64512; bgp_hold_time_seconds = 9; networks = [ "10.20.0.0/16" ];
	  tunnels = ( { local_outside_ip_address = "198.51.3.2"; remote_outside_ip_address = "198.51.3.1";
	    tunnel_inside_cidr = "169.254.30.0/30"; interface_name = "vpn1"; } ); } );
	X
}

bird_knows() {
	bird branch show route for "$1" | grep -q "$1.*\\[tunnel"
}

bird_lacks() {
	! bird_knows "$1"
}

who_serve() {
	spawn "$1.who" nsenter --net="/run/netns/$1" -- socat TCP-LISTEN:7777,reuseaddr,fork SYSTEM:"echo $1"
}

# answers_as NS ADDRESS NAME: who is there?
answers_as() {
	[ "$(in_ns "$1" timeout 6 socat -u "TCP:$2:7777,connect-timeout=5" STDOUT)" = "$3" ]
}

# silence NS ADDRESS: not one answer.
silence() {
	local said
	said=$(in_ns "$1" ping -n -q -c 3 -i 0.2 -W 1 "$2") || true
	grep -q ' 0 received' <<<"$said" || { echo "$said"; return 1; }
}

vpc_is() {
	ctl hub --json show vpcs | jq -e --arg name "$1" "first(.vpcs[] | select(.name == \$name)) | $2" >/dev/null || {
		ctl hub show vpcs
		return 1
	}
}

# syn_mss CAPTURE FILTER: of the SYNs that it shows.
syn_mss() {
	tcpdump -nvr "$pcaps/$1.pcap" "tcp[tcpflags] & tcp-syn != 0 and $2" 2>/dev/null | sed -n 's/.*mss \([0-9]*\).*/\1/p' | sort -u
}

# room TUNNEL: for a segment.
room() {
	echo $(($(tunnel_get hub "$1" .interface.mtu) - 40))
}

nft_is() {
	in_ns hub nft list table inet vpnd | grep -q "$1"
}

follow() {
	step "addresses are followed"
	on hub ip addr add 10.7.0.1/16 dev vpc0
	wait_for 10 "BIRD knows the new network" bird_knows 10.7.0.0/16
	ip -n vpc addr add 10.7.0.10/16 dev eth0
	check "lan reaches it" answers_as lan 10.7.0.10 vpc
	on hub ip addr del 10.7.0.1/16 dev vpc0
	wait_for 10 "BIRD knows it no more" bird_lacks 10.7.0.0/16

	step "an interface goes down, another one goes away"
	on hub ip link set vpc0 down
	wait_for 10 "BIRD knows the network no more" bird_lacks 10.1.0.0/16
	check "vpnctl says why" vpc_is vpc-prod '.state == "DOWN" and .reason == "interface vpc0 is down"'
	on hub ip link set vpc0 up
	wait_for 10 "it is announced again" bird_knows 10.1.0.0/16
	wait_for 10 "lan reaches vpc again" answers_as lan 10.1.0.10 vpc
	on hub ip link del vpc1
	wait_for 10 "far knows vpc1's network no more" fib_is far 10.1.0.0/16 ""
	check "vpnctl says why" vpc_is vpc-test '.state == "DOWN" and .reason == "interface vpc1 is not there"'
	wire hub vpc1 10.1.0.1/16 test eth0 10.1.0.10/16
	ip -n test route add default via 10.1.0.1
	wait_for 10 "another one of that name is announced" fib_is far 10.1.0.0/16 vpn1
	wait_for 10 "far reaches test" answers_as far 10.1.0.10 test

	step "somebody flushes all packet filters"
	on hub nft flush ruleset
	wait_for 5 "ours are there again" nft_is vpc0
}

succeed() {
	step "the engine dies, and the next one states what there is"
	kill_engine hub
	wait_for 60 "BIRD knows the network of vpc0" bird_knows 10.1.0.0/16
	wait_for 20 "lan reaches vpc" answers_as lan 10.1.0.10 vpc
	wait_for 20 "far reaches test" answers_as far 10.1.0.10 test
	check "vpc does not reach far" silence vpc 10.20.0.1
}

step "a hub with two VPCs, two branches, and a default route outside"
host hub
gateway branch far
host vpc test lan outside
wire hub u1 198.51.100.1/24 branch u1 198.51.100.2/24
wire hub u2 203.0.113.1/24 branch u2 203.0.113.2/24
wire hub u3 198.51.3.1/24 far u3 198.51.3.2/24
wire hub out0 192.0.2.1/24 outside eth0 192.0.2.10/24
inside_hosts
wire hub vpc1 10.1.0.1/16 test eth0 10.1.0.10/16
ip -n test addr add 10.41.0.1/32 dev lo
ip -n test route add default via 10.1.0.1
ip -n far addr add 10.20.0.1/32 dev lo
ip -n hub route add default via 192.0.2.10
ip -n outside route add 10.0.0.0/8 via 192.0.2.1
for n in vpc test lan far outside; do who_serve $n; done
hub_conf >/mnt/hub/vpnd.conf
cp /mnt/hub/vpnd.conf "$out/hub.vpnd.conf"
secrets_of hub "{ connection = \"vpn-branch1\"; pre_shared_key = \"$psk\"; }, { connection = \"far\"; pre_shared_key = \"$psk\"; },
	{ connection = \"absent\"; pre_shared_key = \"$psk\"; }"
check "vpnctl check takes the VPCs" in_ns hub "$daemons/vpnctl" check /mnt/hub/vpnd.conf
vpnd_spawn hub
far_conf >/mnt/far/vpnd.conf
secrets_of far "{ connection = \"hub\"; pre_shared_key = \"$psk\"; }"
vpnd_spawn far
peer_kind=$interface
peer_interfaces branch branch
strongswan_start branch branch start
bird_start branch branch
wait_for 60 "the branches' tunnels are up" sh -c "nsenter --net=/run/netns/hub -- $daemons/vpnctl -S /mnt/hub/run/ctl.sock --json show |
	jq -e '[.tunnels[] | select(.connection != \"absent\") | .state] == [\"UP\", \"UP\", \"UP\"]'"

step "each branch is told of its own VPC"
wait_for 10 "BIRD knows the network of vpc0" bird_knows 10.1.0.0/16
wait_for 10 "far knows that of vpc1" fib_is far 10.1.0.0/16 vpn1
wait_for 10 "and the one behind a router" fib_is far 10.41.0.0/16 vpn1
check "BIRD knows nothing of the latter" bird_lacks 10.41.0.0/16
check "nor of the other branch" bird_lacks 10.20.0.0/16
check "vpc-prod is up" vpc_is vpc-prod '.state == "UP" and .prefixes[0].prefix == "10.1.0.0/16" and .prefixes[0].announced'
check "show routes names the VPC" sh -c "nsenter --net=/run/netns/hub -- $daemons/vpnctl -S /mnt/hub/run/ctl.sock show routes table prod |
	grep -q 'vpc0 (vpc-prod)'"

step "who reaches whom"
wait_for 20 "lan reaches vpc at 10.1.0.10" answers_as lan 10.1.0.10 vpc
check "far reaches test at 10.1.0.10" answers_as far 10.1.0.10 test
check "far reaches what is behind the router" answers_as far 10.41.0.1 test
check "vpc reaches lan" answers_as vpc $lan_host lan
check "test reaches far" answers_as test 10.20.0.1 far
check "vpc does not reach far" silence vpc 10.20.0.1
check "test does not reach lan" silence test $lan_host
check "lan does not reach far" silence lan 10.20.0.1
check "lan does not reach 10.41.0.1" silence lan 10.41.0.1
check "the hub itself reaches outside" in_ns hub ping -nq -c 1 -W 2 192.0.2.10
for n in vpc test; do check "$n does not" silence $n 192.0.2.10; done
on hub sysctl -qw net.ipv4.ip_forward=1
check "outside reaches no VPC, though the hub forwards now" silence outside 10.1.0.10
check "it is the table of packet filters that drops" sh -c "nsenter --net=/run/netns/hub -- nft list chain inet vpnd apart | grep -q 'counter packets [1-9]'"

step "the MSS of TCP is clamped both ways"
capture at_vpc vpc eth0
capture at_lan lan eth0
check "lan opens a connection to vpc" answers_as lan 10.1.0.10 vpc
check "vpc opens one to lan" answers_as vpc $lan_host lan
capture_end at_vpc
capture_end at_lan
mss=$(room vpn-branch1/1)
note "a tunnel has room for $mss octets"
check "what the hosts send is more than that" [ 1460 -gt "$mss" ]
for c in at_vpc:$lan_host at_lan:$vpc_host; do
	check "${c%:*}: SYNs of ${c#*:} have what there is room for" [ "$(syn_mss "${c%:*}" "src host ${c#*:}")" = "$mss" ]
done

[ $interface = xfrmi ] || follow

step "tunnels are down, and nothing leaves in clear"
capture out hub out0
ping_start through vpc $lan_host
on branch ip link set u1 down
on branch ip link set u2 down
sleep 1
check "vpnctl down" ctl hub down vpn-branch1
wait_for 15 "the branch's network left the table" sh -c '! ip -n hub route show table 100 10.2.0.0/16 | grep -q .'
wait_for 5 "vpc is told that lan is unreachable" grep -q Unreachable "$out/through.log"
reap through INT
for a in 10.99.0.1 10.98.0.1; do
	check "the hub itself does not reach $a" sh -c "nsenter --net=/run/netns/hub -- ping -n -c 2 -W 1 $a 2>&1 |
		grep -qE 'No route to host|Unreachable'"
done
in_ns hub ping -nq -c 1 -W 1 10.97.0.1 >/dev/null || true
capture_end out
check "the capture sees what goes by the default route" [ "$(packets out 'dst host 10.97.0.1')" -gt 0 ]
check "it has nothing of what goes through tunnels" [ "$(packets out 'net 10.2.0.0/16 or net 10.99.0.0/16 or net 10.98.0.0/16 or
	net 10.1.0.0/16')" = 0 ]
on branch ip link set u1 up
on branch ip link set u2 up
check "vpnctl up" ctl hub up vpn-branch1

[ $interface = xfrmi ] || succeed

step "the end"
vpnd_stop far
vpnd_stop hub
check "no table of packet filters is left" sh -c '[ -z "$(nsenter --net=/run/netns/hub -- nft list tables)" ]'
check "no rule" sh -c '! ip -n hub rule show | grep iif'
check "no route of ours" sh -c '[ -z "$(ip -n hub route show table all proto 118)" ]'
check "vpc0 forwards no more than before" [ "$(in_ns hub cat /proc/sys/net/ipv4/conf/vpc0/forwarding)" = 0 ]
pass
