#!/bin/bash
# shared-address: two connections between the same two outside addresses, told apart by identity, each with its own key and traffic
# needs: xfrmi vpnd
# time: 240
#
#    vpc ------ hub ============== u1 ============== branch ------ lan
#  10.1.0.10    198.51.100.1        198.51.100.2           10.2.0.10    connection red
#  10.1.128.10                                             10.2.128.10  connection blue
#
. /mnt/top/test/lab/lib.sh

# connection NAME ROLE LOCAL REMOTE ROUTE INSIDE INTERFACE
connection_of() {
	cat <<-X
	{
	    name = "$1"; role = "$2";
	    routes = [ "$5" ]; dpd_timeout_seconds = 10;
	    tunnels = ( {
	        local_outside_ip_address = "$3"; remote_outside_ip_address = "$4";
	        local_id = "$1.$2.example"; remote_id = "$1.$([ "$2" = hub ] && echo device || echo hub).example";
	        tunnel_inside_cidr = "$6"; interface_name = "$7";
	    } );
	}
	X
}

# configure NS ROLE LOCAL REMOTE NET KIND
configure() {
	{
		printf 'secrets = "vpnd.secrets"; interface = "%s"; allow_short_lifetimes = true;\nconnections = (\n' "$6"
		connection_of red "$2" "$3" "$4" "$5.0.0/17" 169.254.10.0/30 vpn1
		echo ,
		connection_of blue "$2" "$3" "$4" "$5.128.0/17" 169.254.20.0/30 vpn2
		echo ');'
	} >"/mnt/$1/vpnd.conf"
	(umask 077 && printf 'secrets = ( { connection = "%s"; pre_shared_key = "%s"; },\n{ connection = "%s"; pre_shared_key = "%s"; } );\n' \
		red "a key for red alone" blue "and another one for blue" >"/mnt/$1/vpnd.secrets")
	cp "/mnt/$1/vpnd.conf" "$out/$1.vpnd.conf"
}

# carries NS INTERFACE FROM TO: packets, and on this interface.
carries() {
	local before after
	before=$(ip -n branch -j -s link show "$2" | jq '.[0].stats64 | .rx.packets + .tx.packets')
	in_ns "$1" ping -nq -c 5 -i 0.2 -W 2 -I "$3" -p "$(pattern)" "$4" | grep -q ' 5 received' || { echo "no answer"; return 1; }
	after=$(ip -n branch -j -s link show "$2" | jq '.[0].stats64 | .rx.packets + .tx.packets')
	[ $((after - before)) -ge 10 ] || { echo "$2 has carried $((after - before)) packets"; return 1; }
}

both_carry() {
	carries lan vpn1 $lan_host $vpc_host && carries vpc vpn1 $vpc_host $lan_host &&
		carries lan vpn2 10.2.128.10 10.1.128.10 && carries vpc vpn2 10.1.128.10 10.2.128.10
}

step "one underlay, two networks behind each gateway"
gateway hub branch
host vpc lan
wire hub u1 198.51.100.1/24 branch u1 198.51.100.2/24
wire hub vpc0 10.1.0.1/16 vpc eth0 10.1.0.10/16,10.1.128.10/16
wire branch lan0 10.2.0.1/16 lan eth0 10.2.0.10/16,10.2.128.10/16
ip -n vpc route add default via 10.1.0.1
ip -n lan route add default via 10.2.0.1
ip -n vpc route add 10.2.128.0/17 via 10.1.0.1 src 10.1.128.10
ip -n lan route add 10.1.128.0/17 via 10.2.0.1 src 10.2.128.10
capture u1 hub u1

step "VTI cannot do it and says so"
configure hub hub 198.51.100.1 198.51.100.2 10.2 vti
refuse "vpnd does not start with VTI" vpnd_run hub
check "and says why" bash -c "in_ns() { nsenter --net=/run/netns/\$1 -- \"\${@:2}\"; }
	in_ns hub $daemons/vpnd -c /mnt/hub/vpnd.conf -d /mnt/hub/run 2>&1 | grep -q 'VTIs cannot share it: use interface = \"xfrmi\"'"
one="ip -n hub link add one type vti local 198.51.100.1 remote 198.51.100.2 key 1"
check "one VTI can be made" $one
refuse "a second one with another key cannot" ${one/one type vti/two type vti} key 2
ip -n hub link del one

step "xfrm interfaces"
configure hub hub 198.51.100.1 198.51.100.2 10.2 xfrmi
configure branch device 198.51.100.2 198.51.100.1 10.1 xfrmi
vpnd_spawn hub
vpnd_spawn branch
wait_for 40 "both connections are up at both ends" both_up
check "four SAs at the hub" sa_count hub 4
check "traffic of either in both directions, each on its interface" both_carry

step "what happens to one does not concern the other"
ping_start "ping over blue" lan 10.1.128.10
check "red is rekeyed" ctl hub rekey red child
check "red is rekeyed from the other end" ctl branch rekey red ike
check "red goes down" ctl branch down red
wait_for 20 "two SAs are left at the hub" sa_count hub 2
refuse "red carries nothing" carries lan vpn1 $lan_host $vpc_host
check "red comes up" ctl branch up red
wait_for 30 "both connections are up at both ends" both_up
wait_for 10 "four SAs at the hub" sa_count hub 4
no_loss "ping over blue"
check "traffic of either in both directions, each on its interface" both_carry

step "what the wire has seen"
capture_end u1
only_esp_ike u1
vpnd_stop branch
vpnd_stop hub
check "nothing is left at the hub" nothing_left hub
check "nothing is left at the branch" nothing_left branch
pass
