#!/bin/bash
# bgp-session: what a hub negotiates with BIRD and FRR beyond plain BGP, and what it does when they disagree
# needs: vti vpnd bird frr
# time: 420
#
#                   u1 ====== b1    BIRD, AS 65010, 10.2.0.0/16
#      hub  ========
#   AS 64512        u2 ====== b2    FRR,  AS 65020, 10.3.0.0/16
#  10.1.0.0/16
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/spokes.sh"

six=				# inside addresses are IPv6
password=(s3cret-of-b1 s3cret-of-b2)

# inside_of N: the tunnel's addresses, of one family or the other.
inside_of() {
	if [ -z "$six" ]; then
		echo "tunnel_inside_cidr = \"${inside[$1 - 1]}.0/30\";"
	else
		echo "tunnel_inside_ipv6_cidr = \"${inside6[$1 - 1]}/126\"; tunnel_inside_ip_version = \"both\";"
	fi
}

# address N LAST
address() {
	if [ -z "$six" ]; then echo "${inside[$1 - 1]}.$2"; else echo "${inside6[$1 - 1]}$2"; fi
}

# hub_conf KEYS-OF-B1 KEYS-OF-B2
hub_conf() {
	cat <<-X
	asn = 64512; router_id = "10.1.0.1"; allow_short_lifetimes = true; secrets = "vpnd.secrets";
	connections = ( $(hub_connection 1 "$1"), $(hub_connection 2 "$2") );
	X
}

hub_passwords() {
	hub_secrets "bgp_password = \"${password[0]}\";" "bgp_password = \"${password[1]}\";"
}

bird_keys=			# of the protocol
bird_channel=			# of its channel

bird_conf() {
	cat <<-X
	log stderr all;
	router id 10.2.0.1;
	protocol device { scan time 2; }
	protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
	protocol static { ipv4; route 10.2.0.0/16 unreachable; route 10.9.0.0/16 unreachable; }
	protocol static second { ipv4 { preference 190; }; route 10.9.0.0/16 unreachable; }
	protocol bgp hub {
	  local $(address 1 2) as 65010; neighbor $(address 1 1) as 64512;
	  hold time 9; connect retry time 2; connect delay time 1; error wait time 1, 4;
	  graceful restart off; long lived graceful restart off;
	  $bird_keys
	  ipv4 { import all; export where source = RTS_STATIC; $bird_channel };
	}
	X
}

frr_keys=			# lines of the neighbour
frr_family=			# and of its address family

frr_conf() {
	cat <<-X
	router bgp 65020
	 bgp router-id 10.3.0.1
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	 timers bgp 3 9
	 bgp graceful-restart-disable
	 neighbor $(address 2 1) remote-as 64512
	 neighbor $(address 2 1) timers connect 2
	 neighbor $(address 2 1) advertisement-interval 0
	$frr_keys
	 address-family ipv4 unicast
	  network 10.3.0.0/16
	$frr_family
	 exit-address-family
	X
}

# With other keys than before.
bird_again() {
	bird_conf >/mnt/b1/bird/bird.conf
	bird b1 configure
}

session_up() {
	neighbor "$1" '.state == "Established"'
}

session_down() {
	neighbor "$1" '.state != "Established"'
}

has_address() {
	ip -n "$1" -j addr show dev "$2" | jq -e --arg a "$3" '[.[].addr_info[].local] | index($a)' >/dev/null
}

# routed_by ADDRESS GATEWAY: the hub's kernel sends there by this address of the other family.
routed_by() {
	local said
	said=$(ip -n hub route get "$1")
	grep -qF "via inet6 $2 " <<<"$said" || { echo "$said"; return 1; }
}


step "two branches, sessions signed with MD5"
spokes_topology
md5='bgp_authentication = "md5";'
write_hub "$md5" "$md5"
hub_passwords
check "vpnctl check takes it" in_ns hub "$daemons/vpnctl" check /mnt/hub/vpnd.conf
vpnd_spawn hub
spokes_spawn
wait_for 30 "the interfaces are there" ip -n hub link show vpn2
bird_keys="password \"${password[0]}\";"
frr_keys=" neighbor ${inside[1]}.1 password ${password[1]}"
bird_start b1 branch
frr_start b2 branch
wait_for 40 "both sessions are up" up hub
check "the hub says that BIRD's is signed" neighbor 1 '.authentication == "md5"'
check "the route came" fib_is hub 10.2.0.0/16 vpn1

step "another key on one side only"
password[0]=an0ther-of-b1
hub_passwords
check "vpnctl reload" ctl hub reload
wait_for 10 "the session ended for it" hub_log "the session's configuration or its key changed"
sleep 3
check "it does not come back" session_down 1
check "FRR's goes on" neighbor 2 '.state == "Established" and .counters.established == 1'
bird_keys="password \"${password[0]}\";"
check "BIRD has it too" bird_again
wait_for 30 "then it is up again" session_up 1

step "a session without a key"
write_hub "" "$md5"
check "vpnctl reload" ctl hub reload
bird_keys=
check "BIRD without it" bird_again
wait_for 30 "it is up" session_up 1
check "and not signed" neighbor 1 '.authentication == "none"'

step "roles: BIRD is our customer, FRR our provider"
write_hub 'bgp_role = "provider"; bgp_role_strict = true;' 'bgp_authentication = "md5"; bgp_role = "customer"; bgp_role_strict = true;'
check "vpnctl reload" ctl hub reload
wait_for 20 "FRR without a role is refused" hub_log "we are customer and the remote has no role"
bird_keys="local role customer;"
check "BIRD is a customer" bird_again
check "FRR is a provider" frr_do b2 "router bgp 65020" "neighbor ${inside[1]}.1 local-role provider strict-mode"
wait_for 30 "both sessions are up" up hub
check "the hub knows what BIRD is" neighbor 1 '.role == "provider" and .remote_role == "customer"'
check "and what FRR is" neighbor 2 '.role == "customer" and .remote_role == "provider"'
wait_for 10 "our network is marked for BIRD" bird_shows 10.1.0.0/16 "BGP.otc: 64512"
wait_for 10 "FRR's keeps its mark" bird_shows 10.3.0.0/16 "BGP.otc: 65020"
wait_for 10 "FRR gets the customer's" frr_shows 10.2.0.0/16 '.paths[0].aspath.string == "64512 65010"'
check "which is not marked" frr_shows 10.2.0.0/16 '.paths[0] | tojson | contains("otc") | not'

step "roles: both are peers"
write_hub 'bgp_role = "peer";' 'bgp_authentication = "md5"; bgp_role = "peer";'
check "vpnctl reload" ctl hub reload
wait_for 20 "a customer is no peer" hub_log "we are peer and the remote says that it is customer, not peer"
bird_keys="local role peer;"
check "BIRD is a peer" bird_again
check "FRR is a peer" frr_do b2 "router bgp 65020" "neighbor ${inside[1]}.1 local-role peer strict-mode"
wait_for 30 "both sessions are up" up hub
wait_for 10 "BIRD has our network" bird_shows 10.1.0.0/16 "BGP.otc: 64512"
wait_for 10 "the hub marked FRR's" explains hub 10.3.0.0/16 '.candidates[0].otc == 65020'
check "and keeps it from BIRD" explains hub 10.3.0.0/16 '.not_advertised_to | any(.reason | startswith("it is for customers only"))'
refuse "BIRD does not have it" bird_shows 10.3.0.0/16 "BGP.as_path"

step "several paths of BIRD"
write_hub 'bgp_add_path_receive = true;' 'bgp_authentication = "md5"; bgp_add_path_receive = true;'
check "vpnctl reload" ctl hub reload
bird_keys= bird_channel="add paths tx;"
check "BIRD sends them" bird_again
check "FRR sends them, without a role" frr_do b2 "router bgp 65020" "no neighbor ${inside[1]}.1 local-role peer strict-mode" \
	"address-family ipv4 unicast" "neighbor ${inside[1]}.1 addpath-tx-all-paths"
wait_for 30 "both sessions are up" up hub
wait_for 10 "BIRD's have identifiers" neighbor 1 '.add_path_receive == ["ipv4"] and .received == 3'
check "FRR's have as well" neighbor 2 '.add_path_receive == ["ipv4"]'
two='[.candidates[] | select(.from == "b1/1") | .path_id] | length == 2 and .[0] != .[1]'
check "two paths to 10.9.0.0/16" explains hub 10.9.0.0/16 "$two"
check "which is one way" fib_is hub 10.9.0.0/16 vpn1
ctl hub show bgp neighbor b1/1 received
check "BIRD has one path less" bird b1 disable second
wait_for 10 "the other one stays" neighbor 1 '.received == 2'
check "it is used" fib_is hub 10.9.0.0/16 vpn1
wait_for 10 "FRR has it" frr_shows 10.9.0.0/16 '.paths[0].aspath.string == "64512 65010"'

step "nobody from further away"
write_hub 'bgp_ttl_security = true;' 'bgp_authentication = "md5"; bgp_ttl_security = true;'
check "vpnctl reload" ctl hub reload
bird_channel=
sleep 4
check "BIRD's segments are not near enough" session_down 1
check "nor are FRR's" session_down 2
bird_keys="ttl security on;"
check "BIRD sends them with 255" bird_again
check "FRR as well" frr_do b2 "router bgp 65020" "neighbor ${inside[1]}.1 ttl-security hops 1"
wait_for 30 "both sessions are up" up hub
check "the hub says so" neighbor 1 '.ttl_security'
bird_keys=

step "IPv4 between IPv6 addresses"
six=yes
write_hub 'bgp_extended_next_hop = true;' 'bgp_extended_next_hop = true;'
check "vpnctl check takes it" in_ns hub "$daemons/vpnctl" check /mnt/hub/vpnd.conf
ip -n hub addr add 10.1.0.1/32 dev lo
ip -n b1 addr add 10.2.0.1/32 dev lo
ip -n b2 addr add 10.3.0.1/32 dev lo
check "the hub reloads" ctl hub reload
for n in 1 2; do
	branch_conf $n >/mnt/b$n/vpnd.conf
	check "b$n reloads" ctl b$n reload
done
bird_channel="extended next hop yes;"
check "BIRD by IPv6" bird_again
hub6=$(address 2 1)
frr_keys=" neighbor $hub6 capability extended-nexthop" frr_family="  neighbor $hub6 activate"
# It does not find an interface that was made again while it ran.
wait_for 20 "the new addresses are there" has_address b2 vpn2 "$(address 2 2)"
frr_stop b2
frr_start b2 branch
wait_for 60 "both sessions are up" up hub
for n in 1 2; do
	check "IPv6 session $n, IPv4 routes" neighbor $n '.extended_next_hop and (.families | index("ipv4")) and (.neighbor | test(":"))'
done
wait_for 10 "10.2.0.0/16 goes to BIRD" fib_is hub 10.2.0.0/16 vpn1
wait_for 10 "10.3.0.0/16 goes to FRR" fib_is hub 10.3.0.0/16 vpn2
check "by its IPv6 address" routed_by 10.2.0.1 "$(address 1 2)"
wait_for 10 "BIRD has ours by IPv6" bird_shows 10.1.0.0/16 "via $(address 1 1)"
wait_for 10 "FRR has ours by IPv6" frr_shows 10.1.0.0/16 ".paths[0].nexthops[0].ip == \"$hub6\""
wait_for 10 "the hub reaches BIRD's network" in_ns hub ping -qnc1 -W2 -I 10.1.0.1 10.2.0.1
wait_for 10 "and FRR's" in_ns hub ping -qnc1 -W2 -I 10.1.0.1 10.3.0.1

spokes_stop
pass
