#!/bin/bash
# bgp-session: what a hub negotiates with BIRD and FRR beyond plain BGP, and what it does when they disagree
# needs: vti vpnd bird frr
# time: 300
#
#                   u1 ====== b1    BIRD, AS 65010, 10.2.0.0/16
#      hub  ========
#   AS 64512        u2 ====== b2    FRR,  AS 65020, 10.3.0.0/16
#  10.1.0.0/16
#
# The branches have a vpnd as well, without BGP: BIRD and FRR use its tunnel interface.
. /mnt/top/test/lab/lib.sh

outside=(198.51.100 203.0.113)
router=10.2.0.1
branch_asn=(65010 65020)
password=(s3cret-of-b1 s3cret-of-b2)

# branch_conf N: IPsec alone.
branch_conf() {
	cat <<-X
	allow_short_lifetimes = true; secrets = "vpnd.secrets";
	connections = ( { name = "hub"; role = "device"; startup_action = "start";
	  tunnels = ( { local_outside_ip_address = "${outside[$1 - 1]}.2"; remote_outside_ip_address = "${outside[$1 - 1]}.1";
	    tunnel_inside_cidr = "${inside[$1 - 1]}.0/30"; interface_name = "vpn$1"; } ); } );
	X
}

# hub_connection N KEYS
hub_connection() {
	cat <<-X
	{ name = "b$1"; role = "hub"; remote_asn = ${branch_asn[$1 - 1]}; networks = [ "10.1.0.0/16" ];
	  bgp_hold_time_seconds = 9; dpd_timeout_seconds = 10; startup_action = "add";
	  $2
	  tunnels = ( { local_outside_ip_address = "${outside[$1 - 1]}.1"; remote_outside_ip_address = "${outside[$1 - 1]}.2";
	    tunnel_inside_cidr = "${inside[$1 - 1]}.0/30"; interface_name = "vpn$1"; } ); }
	X
}

# write_hub KEYS-OF-B1 KEYS-OF-B2
write_hub() {
	cat >/mnt/hub/vpnd.conf <<-X
	asn = 64512; router_id = "10.1.0.1"; allow_short_lifetimes = true; secrets = "vpnd.secrets";
	connections = ( $(hub_connection 1 "$1"), $(hub_connection 2 "$2") );
	X
	cp /mnt/hub/vpnd.conf "$out/hub.vpnd.conf"
}

secrets_of() {
	(umask 077 && printf 'secrets = ( %s );\n' "$2" >"/mnt/$1/vpnd.secrets")
}

hub_secrets() {
	secrets_of hub "{ connection = \"b1\"; pre_shared_key = \"$psk\"; bgp_password = \"${password[0]}\"; },
	  { connection = \"b2\"; pre_shared_key = \"$psk\"; bgp_password = \"${password[1]}\"; }"
}

bird_keys=			# of the protocol
bird_channel=			# of its channel

bird_conf() {
	cat <<-X
	log stderr all;
	router id 10.2.0.1;
	protocol device { scan time 2; }
	protocol static { ipv4; route 10.2.0.0/16 unreachable; }
	protocol bgp hub {
	  local ${inside[0]}.2 as 65010; neighbor ${inside[0]}.1 as 64512;
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
	 neighbor ${inside[1]}.1 remote-as 64512
	 neighbor ${inside[1]}.1 timers connect 2
	 neighbor ${inside[1]}.1 advertisement-interval 0
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

frr_set() {
	local dir=/mnt/b2/frr args=(-c "configure terminal") line
	for line in "$@"; do args+=(-c "$line"); done
	in_ns b2 timeout 5 vtysh --vty_socket "$dir" --config_dir "$dir" "${args[@]}"
}

# neighbor N JQ-CONDITION: of what the hub says of it.
neighbor() {
	local said
	said=$(ctl hub --json show bgp neighbor "b$1/1")
	jq -e ".neighbors[0] | $2" <<<"$said" >/dev/null || { echo "$said"; return 1; }
}

session_up() {
	neighbor "$1" '.state == "Established"'
}

session_down() {
	neighbor "$1" '.state != "Established"'
}

# bird_shows PREFIX WORDS: all in what BIRD knows of the route.
bird_shows() {
	local said word
	said=$(bird b1 show route for "$1" all | grep -v '^BIRD')
	for word in "${@:2}"; do
		grep -qF -- "$word" <<<"$said" || { echo "no '$word' in: $said"; return 1; }
	done
}

# frr_shows PREFIX JQ-CONDITION
frr_shows() {
	local said
	said=$(frr b2 show bgp ipv4 unicast "$1" json)
	jq -e "$2" <<<"$said" >/dev/null || { echo "$said"; return 1; }
}

# What the hub says of the route: explain PREFIX JQ-CONDITION
explained() {
	local said
	said=$(ctl hub --json explain route "$1")
	jq -e "$2" <<<"$said" >/dev/null || { echo "$said"; return 1; }
}

hub_log() {
	grep -F "$1" "$out/hub.vpnd.log"
}


step "two branches, sessions signed with MD5"
gateway hub b1 b2
wire hub u1 ${outside[0]}.1/24 b1 u1 ${outside[0]}.2/24
wire hub u2 ${outside[1]}.1/24 b2 u2 ${outside[1]}.2/24
md5='bgp_authentication = "md5";'
write_hub "$md5" "$md5"
hub_secrets
check "vpnctl check takes it" in_ns hub "$daemons/vpnctl" check /mnt/hub/vpnd.conf
vpnd_spawn hub
for n in 1 2; do
	branch_conf $n >/mnt/b$n/vpnd.conf
	secrets_of b$n "{ connection = \"hub\"; pre_shared_key = \"$psk\"; }"
	vpnd_spawn b$n
done
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
hub_secrets
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
check "FRR is a provider" frr_set "router bgp 65020" "neighbor ${inside[1]}.1 local-role provider strict-mode"
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
check "FRR is a peer" frr_set "router bgp 65020" "neighbor ${inside[1]}.1 local-role peer strict-mode"
wait_for 30 "both sessions are up" up hub
wait_for 10 "BIRD has our network" bird_shows 10.1.0.0/16 "BGP.otc: 64512"
wait_for 10 "the hub marked FRR's" explained 10.3.0.0/16 '.route.candidates[0].otc == 65020'
check "and keeps it from BIRD" explained 10.3.0.0/16 '.route.not_advertised_to | any(.reason | startswith("it is for customers only"))'
refuse "BIRD does not have it" bird_shows 10.3.0.0/16 "BGP.as_path"

for n in hub b1 b2; do vpnd_stop $n; done
pass
