# Five BGP speakers of other people as neighbors of vpnd, each alone in a namespace of its name and all asked in the same words.
# What a cell wants of one is in variables of bgp_matrix.sh: ours, theirs, family, own_asn, hub_asn, router and want[...], one word
# for each thing that is not as usual. Sourced by bgp-peers and bgp-peers-veth.
#
#    NAME_begin, NAME_end       it runs, with the networks of /mnt/NAME/networks
#    NAME_established           it says that the session is
#    NAME_route PREFIX          prints next hop and AS_PATH of what vpnd has told it, like "169.254.11.1 64512"
#    NAME_add, NAME_del PREFIX  announces one more, withdraws it
#    NAME_ask                   asks vpnd for its routes again (RFC 2918)
#    NAME_told CODE SUBCODE     it was sent such a NOTIFICATION in this column
#    NAME_nudge                 does not wait any longer before it tries again
#    NAME_state                 all that it has to say, for a cell that fails
# shellcheck shell=bash

speakers=(bird frr gobgp openbgpd exabgp)
declare -A daemon_of=([bird]=bird [frr]=bgpd [gobgp]=gobgpd [openbgpd]=bgpd [exabgp]=exabgp)

q='"'				# bash takes quotes away within ${...:+...}

# afi: as most of them call it.
afi() {
	[ "$family" = 6 ] && echo ipv6 || echo ipv4
}

networks_of() {
	cat "/mnt/$1/networks"
}

# As text of NOTIFICATIONs, where a daemon writes no numbers.
declare -A bird_words=([6.1]="Maximum number of prefixes reached" [6.2]="Administrative shutdown" [6.4]="Administrative reset"
	[6.7]="Connection collision resolution" [2.11]="Role mismatch" [6.10]="BFD Down")
declare -A openbgpd_words=([6.1]="Cease, received max-prefix exceeded" [6.2]="Cease, administratively down" [6.4]="Cease, administrative reset"
	[6.7]="Cease, connection collision resolution" [2.11]="error in OPEN message, role mismatch")

# Who has no 4-octet AS numbers is told AS_TRANS by who has one (RFC 6793 section 9).
asn_seen() {
	if [ -n "${want[as2]:-}" ] && [ "$hub_asn" -gt 65535 ]; then echo 23456; else echo "$hub_asn"; fi
}

# --- BIRD ---

bird_write() {
	local dir=/mnt/bird/bird as4=on
	[ -z "${want[as2]:-}" ] || as4=off
	cat >$dir/bird.conf <<-X
	log stderr all;
	router id $router;
	protocol device { scan time 10; }
	protocol static { $(afi); $(networks_of bird | sed 's/.*/route & unreachable;/' | tr '\n' ' ') }
	${want[addpath]:+protocol static again { ipv4 { preference 150; \}; route $(head -n 1 /mnt/bird/networks) blackhole; \}}
	${want[bfd]:+protocol bfd { interface ${q}vpn*${q} { interval 300 ms; multiplier 3; \}; \}}
	protocol bgp hub {
	  local $theirs as $own_asn; neighbor $ours $(bird_remote);
	  hold time 9; connect retry time 2; connect delay time 1; error wait time 1, 2;
	  enable as4 $as4; long lived graceful restart off; graceful restart $([ -n "${want[gr]:-}" ] && echo on || echo off);
	  ${want[md5]:+password ${q}${want[md5]}${q};}
	  ${want[bfd]:+bfd on;}
	  ${want[role]:+local role ${want[role]};}
	  $(afi) { import all; export where source = RTS_STATIC;
	    ${want[limit]:+receive limit ${want[limit]} action restart;}
	    ${want[addpath]:+add paths tx;} };
	}
	X
}

# Without 4-octet AS numbers it takes none in its configuration, but one from the capability of the other side.
bird_remote() {
	if [ "$(asn_seen)" = 23456 ]; then echo external; else echo "as $hub_asn"; fi
}

bird_begin() {
	fresh /mnt/bird/bird
	bird_write
	spawn bird.bird nsenter --net=/run/netns/bird -- /usr/sbin/bird -f -c /mnt/bird/bird/bird.conf -s /mnt/bird/bird/ctl -P /mnt/bird/bird/pid
	wait_quietly 15 "BIRD" test -S /mnt/bird/bird/ctl
}

bird_end() { reap bird.bird; }

bird_established() { bird bird show protocols hub | grep Established; }

bird_route() {
	bird bird show route for "$1" protocol hub all | awk '
		/BGP.next_hop:/ { hop = $2 }
		/BGP.as_path:/ { $1 = ""; path = $0 }
		END { if (hop == "") exit 1; print hop path }'
}

bird_changed() {
	bird_write
	bird bird configure | grep -q -i 'reconfigur'
}

bird_add() { echo "$1" >>/mnt/bird/networks; bird_changed; }
bird_del() { sed -i "\\|^$1\$|d" /mnt/bird/networks; bird_changed; }
bird_ask() { bird bird reload in hub; }
bird_nudge() { :; }
bird_told() { log_of bird.bird | grep -F "Received: ${bird_words[$1.$2]}"; }
bird_state() { bird bird show protocols all hub; bird bird show route all; }

# --- FRR ---

frr_write() {
	local other=ipv4
	[ "$family" = 4 ] || other=ipv6
	cat <<-X
	bgp as-path access-list own permit ^$
	router bgp $own_asn
	 bgp router-id $router
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	 no bgp default ipv4-unicast
	 timers bgp 3 9
	 $([ -n "${want[gr]:-}" ] && echo bgp graceful-restart || echo bgp graceful-restart-disable)
	 neighbor $ours remote-as $hub_asn
	 neighbor $ours timers connect 2
	 neighbor $ours advertisement-interval 0
	 ${want[as2]:+neighbor $ours dont-capability-negotiate}
	 ${want[md5]:+neighbor $ours password ${want[md5]}}
	 ${want[bfd]:+neighbor $ours bfd}
	 ${want[role]:+neighbor $ours local-role ${want[role]}}
	 address-family $other unicast
	  neighbor $ours activate
	  neighbor $ours filter-list own out
	  ${want[limit]:+neighbor $ours maximum-prefix ${want[limit]}}
	  ${want[addpath]:+neighbor $ours addpath-tx-all-paths}
	X
	networks_of frr | sed 's/^/  network /'
	echo " exit-address-family"
}

frr_begin() {
	local dir=/mnt/frr/frr
	fresh $dir
	frr_write >$dir/bgpd.conf
	printf 'hostname frr\n' >$dir/zebra.conf
	printf 'hostname frr\n' >$dir/bfdd.conf
	touch $dir/vtysh.conf
	chown -R frr:frr $dir
	frr_daemon frr zebra
	wait_quietly 15 "FRR's zebra" test -S $dir/zserv.api
	[ -z "${want[bfd]:-}" ] || frr_daemon frr bfdd --bfdctl $dir/bfdd.sock
	frr_daemon frr bgpd -p 179 -l "$theirs"
	wait_quietly 15 "FRR's bgpd" test -S $dir/bgpd.vty
}

frr_end() {
	reap frr.bgpd
	[ -z "${want[bfd]:-}" ] || reap frr.bfdd
	reap frr.zebra
}

frr_established() { frr frr show bgp neighbors "$ours" json | jq -e '.[].bgpState == "Established"'; }

frr_route() {
	frr frr show bgp "$(afi)" unicast "$1" json | jq -er '.paths[0] |
		"\([.nexthops[].ip | select(startswith("fe80") | not)][0]) \(.aspath.string)"'
}

frr_add() { frr_do frr "router bgp $own_asn" "address-family $(afi) unicast" "network $1"; }
frr_del() { frr_do frr "router bgp $own_asn" "address-family $(afi) unicast" "no network $1"; }
frr_ask() { frr frr clear bgp "$(afi)" unicast "$ours" soft in; }

frr_nudge() { :; }

frr_told() {
	frr frr show bgp neighbors "$ours" json | jq -e --arg want "$(printf '%02X%02X' "$1" "$2")" \
		'.[] | .lastResetDueTo == "BGP Notification received" and .lastErrorCodeSubcode == $want'
}

frr_state() { frr frr show bgp neighbors "$ours"; frr frr show bgp "$(afi)" unicast; }

# --- GoBGP ---

gobgp() { in_ns gobgp timeout 10 /usr/bin/gobgp -p 50051 "$@"; }

gobgp_begin() {
	local dir=/mnt/gobgp/gobgp n
	fresh $dir
	cat >$dir/gobgp.toml <<-X
	[global.config]
	as = $own_asn
	router-id = "$router"
	port = 179
	local-address-list = ["$theirs"]
	[[neighbors]]
	[neighbors.config]
	neighbor-address = "$ours"
	peer-as = $hub_asn
	${want[md5]:+auth-password = ${q}${want[md5]}${q}}
	[neighbors.timers.config]
	hold-time = 9
	keepalive-interval = 3
	connect-retry = 2
	idle-hold-time-after-reset = 2
	[neighbors.transport.config]
	local-address = "$theirs"
	${want[gr]:+[neighbors.graceful-restart.config]
	enabled = true
	restart-time = 20}
	[[neighbors.afi-safis]]
	[neighbors.afi-safis.config]
	afi-safi-name = "$(afi)-unicast"
	${want[gr]:+[neighbors.afi-safis.mp-graceful-restart.config]
	enabled = true}
	${want[limit]:+[neighbors.afi-safis.prefix-limit.config]
	max-prefixes = ${want[limit]}}
	${want[addpath]:+[neighbors.afi-safis.add-paths.config]
	send-max = 4}
	X
	spawn gobgp.gobgpd nsenter --net=/run/netns/gobgp -- /usr/bin/gobgpd -f $dir/gobgp.toml --api-hosts 127.0.0.1:50051 ${want[gr]:+-r}
	wait_quietly 15 "GoBGP" gobgp global
	while read -r n; do gobgp_add "$n"; done </mnt/gobgp/networks
}

gobgp_end() { reap gobgp.gobgpd; }
gobgp_established() { gobgp neighbor "$ours" -j | jq -e '.state.session_state == 6'; }

gobgp_route() {
	gobgp global rib -a "$(afi)" "$1" -j | jq -er --arg p "$1" '[.[$p][] | select(.source_id != null or .["neighbor-ip"] != null or
			any(.attrs[]; .type == 2))][0] |
		([.attrs[] | if .type == 3 or .type == 14 then .nexthop else empty end][0]) + " " +
		([.attrs[] | select(.type == 2) | .as_paths[].asns[] | tostring] | join(" "))'
}

gobgp_add() { gobgp global rib add -a "$(afi)" "$1"; }
gobgp_del() { gobgp global rib del -a "$(afi)" "$1"; }
gobgp_ask() { gobgp neighbor "$ours" softresetin; }
gobgp_nudge() { :; }
gobgp_told() { log_of gobgp.gobgpd | grep -E "received notification" | grep -E "\"Code\":$1,.*\"Subcode\":$2[,}]"; }
gobgp_state() { gobgp neighbor "$ours"; gobgp global rib -a "$(afi)"; }

# --- OpenBGPD ---

openbgpd=$top/build/peers/openbgpd
openbgpd_user='_openbgpd:x:964:964::/run/openbgpd:/usr/sbin/nologin'

bgpctl() { in_ns openbgpd timeout 10 env "LD_LIBRARY_PATH=$openbgpd/usr/lib/x86_64-linux-gnu" "$openbgpd/usr/sbin/bgpctl" -s /mnt/openbgpd/openbgpd/ctl "$@"; }

openbgpd_begin() {
	local dir=/mnt/openbgpd/openbgpd
	fresh $dir
	cat >$dir/bgpd.conf <<-X
	AS $own_asn
	router-id $router
	listen on $theirs
	socket "$dir/ctl"
	fib-update no
	connect-retry 2
	$(networks_of openbgpd | sed 's/^/network /')
	neighbor $ours {
	  remote-as $hub_asn
	  local-address $theirs
	  holdtime 9
	  announce $([ "$family" = 6 ] && echo IPv6 || echo IPv4) unicast
	  announce $([ "$family" = 6 ] && echo IPv4 || echo IPv6) none
	  announce restart no
	  ${want[as2]:+announce as-4byte no}
	  ${want[md5]:+tcp md5sig password ${q}${want[md5]}${q}}
	  ${want[role]:+announce policy ${want[role]}}
	  ${want[limit]:+max-prefix ${want[limit]} restart 1}
	  ${want[addpath]:+announce add-path send all}
	}
	allow to any
	allow from any
	X
	chmod 600 $dir/bgpd.conf
	{ cat /etc/passwd; echo "$openbgpd_user"; } >$dir/passwd
	{ cat /etc/group; echo '_openbgpd:x:964:'; } >$dir/group
	# Its user and the directory that it locks itself into are at fixed places.
	spawn openbgpd.bgpd nsenter --net=/run/netns/openbgpd -- unshare --mount -- bash -c \
		"mount --bind $dir/passwd /etc/passwd && mount --bind $dir/group /etc/group && mkdir -p /run/openbgpd &&
		LD_LIBRARY_PATH=$openbgpd/usr/lib/x86_64-linux-gnu exec $openbgpd/usr/sbin/bgpd -d -v -f $dir/bgpd.conf"
	wait_quietly 15 "OpenBGPD" bgpctl show
}

openbgpd_end() { reap openbgpd.bgpd; }
openbgpd_established() { bgpctl show neighbor "$ours" | grep 'BGP state = Established'; }
openbgpd_route() { bgpctl -j show rib "$1" | jq -er '[.rib[] | select(.aspath != "")][0] | "\(.exit_nexthop) \(.aspath)"'; }
openbgpd_add() { bgpctl network add "$1"; }
openbgpd_del() { bgpctl network delete "$1"; }
openbgpd_ask() { bgpctl neighbor "$ours" refresh; }
openbgpd_nudge() { bgpctl neighbor "$ours" clear; }
openbgpd_told() { log_of openbgpd.bgpd | grep -F "received notification: ${openbgpd_words[$1.$2]}"; }
openbgpd_state() { bgpctl show neighbor "$ours"; bgpctl show rib; }

# --- ExaBGP ---
#
# It has no table: what vpnd says comes as JSON, one line for each message, and the table is made of that.

exabgp_heard=/mnt/exabgp/exabgp/heard

exabgp_begin() {
	local dir=/mnt/exabgp/exabgp
	fresh $dir
	mkfifo $dir/say
	printf '#!/bin/bash\ncat <>%s/say &\nexec cat >%s\n' $dir $exabgp_heard >$dir/pipe
	chmod 755 $dir/pipe
	: >$exabgp_heard
	cat >$dir/exabgp.conf <<-X
	process pipe { run $dir/pipe; encoder json; }
	neighbor $ours {
	  router-id $router; local-address $theirs; local-as $own_asn; peer-as $(asn_seen); hold-time 9;
	  ${want[md5]:+md5-password ${q}${want[md5]}${q};}
	  family { $(afi) unicast; }
	  capability { route-refresh enable; asn4 $([ -n "${want[as2]:-}" ] && echo disable || echo enable);
	    graceful-restart $([ -n "${want[gr]:-}" ] && echo 60 || echo disable); ${want[addpath]:+add-path send;} }
	  api { processes [ pipe ]; neighbor-changes; receive { parsed; update; notification; } }
	  static { $(networks_of exabgp | sed 's/.*/route & next-hop self;/' | tr '\n' ' ') }
	}
	X
	spawn exabgp.exabgp nsenter --net=/run/netns/exabgp -- env exabgp.daemon.user=root exabgp.api.cli=false exabgp.api.ack=false \
		exabgp.tcp.bind="$theirs" exabgp.tcp.port=179 exabgp.cache.attributes=false /usr/sbin/exabgp $dir/exabgp.conf
}

exabgp_end() { reap exabgp.exabgp; }

exabgp_established() {
	jq -neR '[inputs | fromjson? | select(.type == "state")][-1].neighbor.state == "up"' $exabgp_heard
}

exabgp_route() {
	jq -nerR --arg p "$1" --arg f "$(afi) unicast" '
		[inputs | fromjson? | if .type == "state" and .neighbor.state == "down" then "gone" else empty end,
			(select(.type == "update") | .neighbor.message.update? // empty |
			(if any(.withdraw[$f][]?; .nlri == $p) then "gone" else empty end),
			((.attribute["as-path"] // [] | map(tostring) | join(" ")) as $path | .announce[$f] // {} | to_entries[] |
				select(any(.value[]; .nlri == $p)) | "\(.key) \($path)"))][-1] |
		if . == "gone" then null else . end' $exabgp_heard
}

exabgp_say() { timeout 5 bash -c 'printf "%s\n" "$1" >/mnt/exabgp/exabgp/say' - "$*"; }
exabgp_add() { exabgp_say "neighbor $ours announce route $1 next-hop self"; }
exabgp_del() { exabgp_say "neighbor $ours withdraw route $1 next-hop self"; }
exabgp_ask() { exabgp_say "neighbor $ours announce route-refresh $(afi) unicast"; }

exabgp_nudge() { :; }

# The line of one with a text is no JSON.
exabgp_told() { grep -F "\"code\": $1, \"subcode\": $2," $exabgp_heard; }
exabgp_state() { cat $exabgp_heard; }
