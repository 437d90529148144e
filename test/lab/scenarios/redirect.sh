#!/bin/bash
# redirect: a hub drains to another one (RFC 5685) under traffic, strongSwan is redirected by vpnd and redirects vpnd
# needs: vti vpnd strongswan
# time: 600
#
#            hub 198.51.100.1 ----.
#  10.1.0.1                        net ---- 192.0.2.2 branch ------ lan
#           east 203.0.113.1 -----'                             10.2.0.10
#
# Both hubs have the inside address 10.1.0.1, so that either answers what comes through its tunnel, and both are hub.example to
# the branch: a redirect changes the gateway, not who it must prove to be.
. /mnt/top/test/lab/lib.sh

both_tunnels=(1)
hub_outside=(198.51.100.1) branch_outside=(192.0.2.2)
east_outside=203.0.113.1
peer_id=([198.51.100.1]=hub.example [192.0.2.2]=branch.example)
static=(interface=vti remote_asn= networks= "routes=[ \"$branch_net\" ]")
hub_ids=(local_id=hub.example remote_id=branch.example)
branch=(interface=vti local_id=branch.example remote_id=hub.example accept_redirect=true)
branch_static=("${branch[@]}" remote_asn= networks= "routes=[ \"$hub_net\" ]")
east=("1.local_outside_ip_address=$east_outside")

the_net() {
	local ns
	gateway net hub east branch
	host lan
	wire hub u1 198.51.100.1/24 net n1 198.51.100.254/24
	wire east u1 203.0.113.1/24 net n2 203.0.113.254/24
	wire branch u1 192.0.2.2/24 net n3 192.0.2.254/24
	wire branch lan0 10.2.0.1/16 lan eth0 $lan_host/16
	ip -n lan route add default via 10.2.0.1
	for ns in hub=198.51.100 east=203.0.113 branch=192.0.2; do
		ip -n "${ns%=*}" route add default via "${ns#*=}.254"
	done
	ip -n hub addr add 10.1.0.1/32 dev lo
	ip -n east addr add 10.1.0.1/32 dev lo
}

# with ADDRESS: the branch's vpnd has its tunnel with this hub.
with() {
	tunnel_is branch vpn-hub/1 ".state == \"UP\" and .ike.sas == 1 and .ike.remote == \"$1:500\""
}

drained() {
	tunnel_is "$1" vpn-branch1/1 ".drain.state == \"$2\""
}

# explained TEXT: by the branch's vpnd.
explained() {
	local text
	text=$(ctl branch explain vpn-hub/1) || return
	echo "$text"
	grep -q "$1" <<<"$text"
}

hub_is_up() {
	tunnel_is "$1" vpn-branch1/1 '.child.state == "installed"'
}

# --- strongSwan with one connection ---

# charon NS LOCAL REMOTE start|add
charon() {
	local dir=/mnt/$1/strongswan
	fresh "$dir"
	printf 'link add vpn1 type vti local %s remote %s key 1\nlink set vpn1 mtu 1400 up\n' "$2" "$3" | ip -n "$1" -batch -
	strongswan_daemon "$dir" "$1" | sed "s/^charon {/&\nfollow_redirects = ${follow:-yes}/" >"$dir/strongswan.conf"
	{
		echo "connections {"
		strongswan_connection 1 "$2" "$3" "$4"
		echo "}"
		echo "secrets { ike-all { secret = \"$psk\" } }"
	} >"$dir/swanctl.conf"
	rm -f "$out/$1.strongswan.log"
	spawn "$1.charon" nsenter --net="/run/netns/$1" -- unshare --mount -- bash -c \
		"mount -t tmpfs run /run && STRONGSWAN_CONF=$dir/strongswan.conf exec /usr/lib/ipsec/charon"
	wait_quietly 15 "strongSwan in $1" test -S "$dir/vici"
	strongswan "$1" --load-all --file "$dir/swanctl.conf" >>"$out/$1.charon.log" 2>&1
	note "strongSwan runs in $1"
}

charon_end() {
	strongswan_stop "$1"
	ip -n "$1" link del vpn1
}

# charon_with NS ADDRESS: it has one IKE SA with a child, and that is with this hub.
charon_with() {
	local sas
	sas=$(strongswan "$1" --list-sas) || return
	echo "$sas"
	[ "$(grep -c ESTABLISHED <<<"$sas")" -eq 1 ] && grep -q INSTALLED <<<"$sas" && grep -q "remote .* @ $2\[" <<<"$sas"
}

charon_empty() {
	[ -z "$(strongswan "$1" --list-sas)" ]
}

# --- vpnd alone ---

hubs() {
	vpnd_start hub hub "${static[@]}" "${hub_ids[@]}" "$@"
	vpnd_start east hub "${static[@]}" "${hub_ids[@]}" "${east[@]}"
}

hubs_end() {
	vpnd_stop hub
	vpnd_stop east
}

live() {
	step "a hub drains to another one under traffic"
	hubs
	vpnd_start branch branch "${branch_static[@]}"
	wait_for 20 "the tunnel is up with the hub" with 198.51.100.1
	ping_start live lan 10.1.0.1
	check "the hub is drained" ctl hub drain to $east_outside
	wait_for 10 "the branch is with the other hub" with $east_outside
	check "where the hub sees nothing left" drained hub gone
	wait_for 5 "the branch has one pair of SAs" sa_count branch 2
	check "and the hub none" sa_count hub 0
	# What the old hub had on its way when the VTI was turned to the new one.
	no_loss live 3
	check "traffic flows through the other hub" pings lan 10.1.0.1
	step "and the other one back to it"
	check "the hub takes peers again" ctl hub drain off
	ping_start back lan 10.1.0.1
	check "the other one is drained" ctl east drain to 198.51.100.1
	wait_for 10 "the branch is with the hub again" with 198.51.100.1
	wait_for 5 "the branch has one pair of SAs" sa_count branch 2
	no_loss back 3
	check "the other one lets peers in again" ctl east drain off
}

callers() {
	step "who calls a hub that is drained"
	check "the hub is drained" ctl hub drain to $east_outside
	wait_for 10 "the branch is with the other hub" with $east_outside
	vpnd_stop branch
	vpnd_start branch branch "${branch_static[@]}"
	wait_for 20 "anew it goes there by IKE_SA_INIT" with $east_outside
	check "as its log says" grep -q "redirects us to $east_outside in IKE_SA_INIT" "$out/branch.vpnd.log"
	check "pings" pings lan 10.1.0.1
	step "when the other hub is lost, it goes home"
	check "the hub takes peers again" ctl hub drain off
	in_ns east tc qdisc replace dev u1 root netem loss 100%
	wait_for 60 "the branch is with the hub" with 198.51.100.1
	check "pings" pings lan 10.1.0.1
	in_ns east tc qdisc del dev u1 root
	step "nobody new is let in"
	check "the hub is drained to nowhere" ctl hub drain
	check "what is up stays" with 198.51.100.1
	check "and is named" drained hub kept
	vpnd_stop branch
	vpnd_start branch branch "${branch_static[@]}"
	wait_for 20 "who calls is told so" tunnel_is branch vpn-hub/1 '.reason | contains("TEMPORARY_FAILURE")'
	check "the hub lets peers in again" ctl hub drain off
	wait_for 60 "and has it" with 198.51.100.1
	vpnd_stop branch
	hubs_end
}

bgp() {
	step "with BGP there is a gap until the other hub's routes are there"
	vpnd_start hub hub interface=vti "${hub_ids[@]}"
	vpnd_start east hub interface=vti "${hub_ids[@]}" "${east[@]}"
	vpnd_start branch branch "${branch[@]}"
	wait_for 30 "the tunnel is up with the hub" with 198.51.100.1
	ping_start bgp lan 10.1.0.1
	check "the hub is drained" ctl hub drain to $east_outside
	wait_for 20 "the tunnel is up with the other one, BGP as well" with $east_outside
	ping_end bgp
	note "$ping_lost of $ping_sent pings lost, 20 in a second"
	[ "$ping_lost" -le 200 ] || fail "more than ten seconds without a route"
	ok "the routes are back"
	vpnd_stop branch
	hubs_end
}

# --- strongSwan at the branch ---

# follows HOW HUB-SETTING...: called anew, it is sent away in that exchange.
follows() {
	local how=$1; shift
	step "strongSwan is redirected in $how ${*}"
	hubs "$@"
	check "the hub is drained" ctl hub drain to $east_outside
	charon branch 192.0.2.2 198.51.100.1 start
	wait_for 30 "strongSwan has its tunnel with the other hub" charon_with branch $east_outside
	check "which says the same" hub_is_up east
	check "it was told in $how" grep -q "$how" <(sent_in)
	wait_for 15 "the hub has no SA left" tunnel_is hub vpn-branch1/1 '.ike.sas == 0'
	charon_end branch
	hubs_end
}

# Where strongSwan has heard of it.
sent_in() {
	sed -n 's/.*parsed \([A-Z_]*\) response.*N(REDIR).*/\1/p; s/.*parsed \([A-Z_]*\) request.*N(REDIR).*/\1/p' \
		"$out/branch.strongswan.log"
}

follows_live() {
	step "strongSwan is redirected in an SA that is up"
	hubs
	charon branch 192.0.2.2 198.51.100.1 start
	wait_for 30 "strongSwan has its tunnel with the hub" charon_with branch 198.51.100.1
	check "the hub is drained" ctl hub drain to $east_outside
	wait_for 30 "it has its tunnel with the other one" charon_with branch $east_outside
	check "which says the same" hub_is_up east
	check "it was told in INFORMATIONAL" grep -q INFORMATIONAL <(sent_in)
	wait_for 15 "the hub has nothing left" drained hub gone
	charon_end branch
	hubs_end
}

stays() {
	step "a strongSwan that does not follow is kept and named"
	hubs
	follow=no charon branch 192.0.2.2 198.51.100.1 start
	wait_for 30 "strongSwan has its tunnel with the hub" charon_with branch 198.51.100.1
	check "the hub is drained" ctl hub drain to $east_outside
	check "the peer is kept" drained hub kept
	check "and show says why" grep -q "does not follow redirects" <(ctl hub show)
	check "it is still there" charon_with branch 198.51.100.1
	charon_end branch
	hubs_end
}

# --- strongSwan as the hub ---

redirects() {
	step "strongSwan redirects vpnd in an SA that is up"
	charon hub 198.51.100.1 192.0.2.2 add
	vpnd_start east hub "${static[@]}" "${hub_ids[@]}" "${east[@]}"
	vpnd_start branch branch "${branch_static[@]}"
	wait_for 20 "the tunnel is up with strongSwan" with 198.51.100.1
	check "strongSwan redirects it" strongswan hub --redirect --ike t1 --gateway $east_outside
	wait_for 20 "it is up with the other hub" with $east_outside
	check "pings" pings lan 10.1.0.1
	wait_for 15 "strongSwan has no SA left" charon_empty hub
	check "vpnd names who sent it" grep -q "198.51.100.1 redirects us to $east_outside in INFORMATIONAL" "$out/branch.vpnd.log"
	vpnd_stop branch
	step "vpnd does not follow to where it may not go"
	vpnd_start branch branch "${branch_static[@]}" 'redirect_gateways=[ "203.0.113.128/25" ]'
	wait_for 20 "the tunnel is up with strongSwan" with 198.51.100.1
	check "strongSwan redirects it" strongswan hub --redirect --ike t1 --gateway $east_outside
	wait_for 10 "vpnd says why it stays" explained redirect-refused
	check "it is still there" with 198.51.100.1
	step "nor to a name"
	# strongSwan redirects each SA but once.
	vpnd_stop branch
	vpnd_start branch branch "${branch_static[@]}"
	wait_for 20 "the tunnel is up with strongSwan" with 198.51.100.1
	check "strongSwan redirects it" strongswan hub --redirect --ike t1 --gateway hub.example
	wait_for 10 "vpnd says why it stays" explained "names are not resolved here"
	check "it is still there" with 198.51.100.1
	vpnd_stop branch
	vpnd_stop east
	charon_end hub
}

step "two hubs and a branch"
the_net
live
callers
bgp
follows_live
follows IKE_SA_INIT
stays
# strongSwan 5.9.8 ends with a double free when it is redirected in IKE_AUTH: vpnd never does that, but waits until the SA is up.
follows IKE_SA_INIT 1.remote_outside_ip_address=
redirects
pass
