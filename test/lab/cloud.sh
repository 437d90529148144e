# A hub as AWS's side of a VPN has it, with gateways and customer gateways, and branches with two tunnels each from one outside
# address: BIRD is the BGP of b1, FRR that of b2 (beside a vpnd without BGP, whose tunnels they use), vpnd itself that of b3.
# Sourced by the scenarios vgw, cloudhub, static-routing and prefix-limit, which write the hub's configuration.
#
#                          .1 == t1 == .2
#   hub, 10.1.0.0/16  198.51.N          bN, AS 6501N, 10.2N.0.0/16
#                          .3 == t2 == .2
# shellcheck shell=bash

# --- configuration ---

# hub_connection N GATEWAY [KEYS]
hub_connection() {
	local n=$1
	cat <<-X
	{ name = "b$n"; gateway = "$2"; customer_gateway = "c$n"; ${3:-}
	  bgp_hold_time_seconds = 9; dpd_timeout_seconds = 10;
	  tunnels = ( { local_outside_ip_address = "198.51.$n.1"; tunnel_inside_cidr = "169.254.$n.8/30"; interface_name = "b${n}t1"; },
	    { local_outside_ip_address = "198.51.$n.3"; tunnel_inside_cidr = "169.254.$n.12/30"; interface_name = "b${n}t2"; } ); }
	X
}

# customer N [ASN]
customer() {
	echo "{ name = \"c$1\"; ip_address = \"198.51.$1.2\"; bgp_asn = ${2:-6501$1}; }"
}

# comma WORDS...: each may have blanks.
comma() {
	local list=$1; shift
	for w in "$@"; do list="$list, $w"; done
	printf '%s' "$list"
}

# write_hub CUSTOMERS GATEWAYS CONNECTIONS [TOP]
write_hub() {
	cat >/mnt/hub/vpnd.conf <<-X
	asn = ${hub_as:-64512}; router_id = "10.1.0.1"; allow_short_lifetimes = true; secrets = "vpnd.secrets"; ${4:-}
	customer_gateways = ( $1 );
	gateways = ( $2 );
	connections = ( $3 );
	X
	cp /mnt/hub/vpnd.conf "$out/hub.vpnd.conf"
}

# hub_secrets N...
hub_secrets() {
	local n list=
	for n in "$@"; do list="$list${list:+, }{ connection = \"b$n\"; pre_shared_key = \"$psk\"; }"; done
	secrets_of hub "$list"
}

# branch_conf N KEYS: both tunnels; without remote_asn among the keys IPsec alone.
branch_conf() {
	local n=$1
	cat <<-X
	asn = 6501$n; router_id = "10.2$n.0.1"; allow_short_lifetimes = true; secrets = "vpnd.secrets";
	route_source_ipv4_address = "10.2$n.0.1";
	connections = ( { name = "hub"; role = "device"; startup_action = "start"; dpd_timeout_seconds = 10; ${2:-}
	  tunnels = ( { local_outside_ip_address = "198.51.$n.2"; remote_outside_ip_address = "198.51.$n.1";
	    tunnel_inside_cidr = "169.254.$n.8/30"; interface_name = "vpn1"; },
	    { local_outside_ip_address = "198.51.$n.2"; remote_outside_ip_address = "198.51.$n.3";
	    tunnel_inside_cidr = "169.254.$n.12/30"; interface_name = "vpn2"; } ); } );
	X
}

# bird_conf of b1, with the prefixes and the filter of bird_nets and bird_filter: NUMBER is that of the tunnel.
bird_nets=(10.21.0.0/16)
bird_filter="accept"
bird_conf() {
	local n
	echo 'log stderr all; router id 10.21.0.1; protocol device { scan time 2; }'
	echo 'protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }'
	echo 'protocol static { ipv4;'
	printf '  route %s unreachable;\n' "${bird_nets[@]}"
	echo '}'
	for n in 1 2; do
		cat <<-X
		protocol bgp hub$n {
		  local 169.254.1.$((6 + 4 * n)) as 65011; neighbor 169.254.1.$((5 + 4 * n)) as ${gateway_as:-64512};
		  hold time 9; connect retry time 2; connect delay time 1; error wait time 1, 4;
		  graceful restart off; long lived graceful restart off;
		  ipv4 { import filter { krt_prefsrc = 10.21.0.1; accept; };
		    export filter { if source != RTS_STATIC then reject; ${bird_filter//NUMBER/$n}; }; };
		}
		X
	done
}

# bird_again: with what bird_nets and bird_filter are now.
bird_again() {
	bird_conf >/mnt/b1/bird/bird.conf
	bird b1 configure
}

# frr_conf of b2, with the prefixes of frr_nets.
frr_nets=(10.22.0.0/16)
frr_conf() {
	local n
	cat <<-X
	router bgp 65012
	 bgp router-id 10.22.0.1
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	 timers bgp 3 9
	 bgp graceful-restart-disable
	X
	for n in 9 13; do
		printf ' neighbor 169.254.2.%d %s\n' $n "remote-as ${gateway_as:-64512}" $n "timers connect 2" $n "advertisement-interval 0"
	done
	echo " address-family ipv4 unicast"
	printf '  network %s\n' "${frr_nets[@]}"
	echo " exit-address-family"
}

# --- what runs ---

# cloud_topology N...
cloud_topology() {
	local n
	gateway hub
	ip -n hub addr add 10.1.0.1/32 dev lo
	for n in "$@"; do
		gateway b$n
		wire hub u$n "198.51.$n.1/24,198.51.$n.3/24" b$n u$n 198.51.$n.2/24
		ip -n b$n addr add 10.2$n.0.1/32 dev lo
		secrets_of b$n "{ connection = \"hub\"; pre_shared_key = \"$psk\"; }"
	done
	hub_secrets "$@"
}

# branch_spawn N [KEYS]
branch_spawn() {
	branch_conf "$@" >/mnt/b$1/vpnd.conf
	vpnd_spawn b$1
}

cloud_stop() {
	local n
	for n in "$@"; do vpnd_stop $n; done
}

# --- questions ---

# bird_med PREFIX MED-BY-TUNNEL-1 MED-BY-TUNNEL-2, and the first is the best where it is the lower one.
bird_med() {
	local said
	said=$(bird b1 show route for "$1" all | awk '
		/\[hub[12] / { for (i = 1; i <= NF; i++) if ($i ~ /^\[hub/) n = substr($i, 5, 1); best = best ($0 ~ /\*/ ? n : "") }
		/BGP.med:/ { med[n] = $2 }
		END { print med[1], med[2], best }')
	[ "$said" = "$2 $3 ${4:-1}" ] || { echo "MEDs and best tunnel: $said"; return 1; }
}

# frr_med PREFIX MED-BY-TUNNEL-1 MED-BY-TUNNEL-2
frr_med() {
	local said
	said=$(frr b2 show bgp ipv4 unicast "$1" json)
	jq -e --argjson a "$2" --argjson b "$3" '
		[.paths[] | {(.nexthops[0].ip): .metric}] | add == {"169.254.2.9": $a, "169.254.2.13": $b}' <<<"$said" >/dev/null &&
		jq -e '.paths[] | select(.bestpath.overall) | .nexthops[0].ip == "169.254.2.9"' <<<"$said" >/dev/null ||
		{ echo "$said"; return 1; }
}

hub_log() {
	grep -F "$1" "$out/hub.vpnd.log" || { tail -n 3 "$out/hub.vpnd.log"; return 1; }
}

# pings_from NS SOURCE ADDRESS
pings_from() {
	in_ns "$1" ping -n -q -c 3 -i 0.2 -W 2 -I "$2" "$3" | grep -q ' 3 received'
}
