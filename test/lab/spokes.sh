# A hub and two branches whose BGP is other people's: BIRD in b1, FRR in b2. Each branch has a vpnd as well, without BGP: BIRD and
# FRR use its tunnel interface. Sourced by the scenarios bgp-session, bgp-policy and bgp-graceful-restart, which have bird_conf,
# frr_conf and hub_conf of their own.
# shellcheck shell=bash

outside=(198.51.100 203.0.113)
spoke_asn=(65010 65020)

# --- configuration ---

# inside_of N: the tunnel's addresses.
inside_of() {
	echo "tunnel_inside_cidr = \"${inside[$1 - 1]}.0/30\";"
}

# branch_conf N: IPsec alone.
branch_conf() {
	cat <<-X
	allow_short_lifetimes = true; secrets = "vpnd.secrets";
	connections = ( { name = "hub"; role = "device"; startup_action = "start";
	  tunnels = ( { local_outside_ip_address = "${outside[$1 - 1]}.2"; remote_outside_ip_address = "${outside[$1 - 1]}.1";
	    $(inside_of "$1") interface_name = "vpn$1"; } ); } );
	X
}

# hub_connection N KEYS
hub_connection() {
	cat <<-X
	{ name = "b$1"; role = "hub"; remote_asn = ${spoke_asn[$1 - 1]}; networks = [ "10.1.0.0/16" ];
	  bgp_hold_time_seconds = 9; dpd_timeout_seconds = 10; startup_action = "add";
	  $2
	  tunnels = ( { local_outside_ip_address = "${outside[$1 - 1]}.1"; remote_outside_ip_address = "${outside[$1 - 1]}.2";
	    $(inside_of "$1") interface_name = "vpn$1"; } ); }
	X
}

# write_hub ARGUMENTS-OF-HUB_CONF...
write_hub() {
	hub_conf "$@" >/mnt/hub/vpnd.conf
	cp /mnt/hub/vpnd.conf "$out/hub.vpnd.conf"
}

# hub_secrets [KEYS-OF-B1] [KEYS-OF-B2]
hub_secrets() {
	secrets_of hub "{ connection = \"b1\"; pre_shared_key = \"$psk\"; ${1:-} }, { connection = \"b2\"; pre_shared_key = \"$psk\"; ${2:-} }"
}

# --- what runs ---

spokes_topology() {
	gateway hub b1 b2
	wire hub u1 ${outside[0]}.1/24 b1 u1 ${outside[0]}.2/24
	wire hub u2 ${outside[1]}.1/24 b2 u2 ${outside[1]}.2/24
}

# The vpnds of the branches.
spokes_spawn() {
	local n
	for n in 1 2; do
		branch_conf $n >/mnt/b$n/vpnd.conf
		secrets_of b$n "{ connection = \"hub\"; pre_shared_key = \"$psk\"; }"
		vpnd_spawn b$n
	done
}

spokes_stop() {
	local n
	for n in hub b1 b2; do vpnd_stop $n; done
}

# --- questions ---

# neighbor N JQ-CONDITION: of what the hub says of it.
neighbor() {
	neighbor_is hub "b$1/1" "$2"
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

hub_log() {
	grep -F "$1" "$out/hub.vpnd.log" || { tail -n 3 "$out/hub.vpnd.log"; return 1; }
}
