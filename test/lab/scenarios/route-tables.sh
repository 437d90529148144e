#!/bin/bash
# route-tables: a transit gateway: two route tables that know nothing of each other, a third for services that both share
# needs: vti vpnd bird
# time: 400
#
#      u1 ====== a1   BIRD, AS 65011, 10.10.0.0/16                    in blue
#      u2 ====== a2   vpnd, AS 65012, 10.20.0.0/16, 10.77.0.0/16      in blue
#  hub u3 ====== b1   vpnd, AS 65013, 10.20.0.0/16                    in red, with a1's inside CIDR
#      u4 ====== s1   vpnd, AS 65014, 10.30.0.0/16                    in shared, teaches all three
#      out0 ---- outside 192.0.2.10, which only the hub's main table knows
#
# The networks of the branches are addresses of their loopback interfaces; both that have 10.20.0.1 are asked which they are.
interface=${interface:-vti}
. /mnt/top/test/lab/lib.sh

names=(a1 a2 b1 s1)
nets=("10.10.0.0/16" "10.20.0.0/16 10.77.0.0/16" "10.20.0.0/16" "10.30.0.0/16")
insides=(169.254.10 169.254.20 169.254.10 169.254.30)
tables=(blue blue red shared)
teaches=('"blue", "shared"' '"blue"' '"red"' '"blue", "red", "shared"')

quoted() {
	local n list=
	for n in "$@"; do list="$list${list:+, }\"$n\""; done
	echo "[ $list ]"
}

# hub_connection N [ASSOCIATION]
hub_connection() {
	local n=$1 name=${names[$1 - 1]}
	cat <<-X
	{ name = "$name"; role = "hub"; remote_asn = $((65010 + n)); bgp_hold_time_seconds = 9; dpd_timeout_seconds = 10;
	  startup_action = "add"; association = "${2:-${tables[n - 1]}}"; propagation = [ ${teaches[n - 1]} ];
	  tunnels = ( { local_outside_ip_address = "198.51.$n.1"; remote_outside_ip_address = "198.51.$n.2";
	    tunnel_inside_cidr = "${insides[n - 1]}.0/30"; interface_name = "v$name"; } ); }
	X
}

# hub_conf ROUTES-OF-BLUE [ASSOCIATION-OF-A2]
hub_conf() {
	cat <<-X
	asn = 64512; router_id = "10.1.0.1"; allow_short_lifetimes = true; secrets = "vpnd.secrets"; interface = "$interface";
	route_tables = ( { name = "blue"; table = 100; routes = ( $1 ); }, { name = "red"; table = 200; },
	  { name = "shared"; table = 1300; } );
	connections = ( $(hub_connection 1), $(hub_connection 2 "${2:-}"), $(hub_connection 3), $(hub_connection 4) );
	X
}

write_hub() {
	hub_conf "$@" >/mnt/hub/vpnd.conf
	cp /mnt/hub/vpnd.conf "$out/hub.vpnd.conf"
}

# branch_conf N: its BGP is BIRD's where it is the first.
branch_conf() {
	local n=$1 bgp=
	[ "$n" -eq 1 ] || bgp="remote_asn = 64512; bgp_hold_time_seconds = 9; networks = $(quoted ${nets[n - 1]});"
	cat <<-X
	asn = $((65010 + n)); router_id = "10.2.0.$n"; allow_short_lifetimes = true; secrets = "vpnd.secrets";
	interface = "$interface"; route_source_ipv4_address = "${nets[n - 1]%%.0.0*}.0.1";
	connections = ( { name = "hub"; role = "device"; startup_action = "start"; dpd_timeout_seconds = 10; $bgp
	  tunnels = ( { local_outside_ip_address = "198.51.$n.2"; remote_outside_ip_address = "198.51.$n.1";
	    tunnel_inside_cidr = "${insides[n - 1]}.0/30"; interface_name = "vpn1"; } ); } );
	X
}

bird_conf() {
	cat <<-X
	log stderr all;
	router id 10.10.0.1;
	protocol device { scan time 2; }
	protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
	protocol static { ipv4; route 10.10.0.0/16 unreachable; }
	protocol bgp hub {
	  local ${insides[0]}.2 as 65011; neighbor ${insides[0]}.1 as 64512;
	  hold time 9; connect retry time 2; connect delay time 1; error wait time 1, 4;
	  graceful restart off; long lived graceful restart off;
	  ipv4 { import filter { krt_prefsrc = 10.10.0.1; accept; }; export where source = RTS_STATIC; };
	}
	X
}

# table_has TABLE PREFIX WORD: the hub's route there; "" no route at all.
table_has() {
	local said
	said=$(ip -n hub route show table "$1" "$2" | grep -v '^unreachable' || true)
	if [ -z "$3" ]; then [ -z "$said" ]; else grep -qw "$3" <<<"$said"; fi || { echo "table $1: $2 is '$said'"; return 1; }
}

# hop TABLE PREFIX: the device that the route of the hub leads to, through its nexthop object.
hop() {
	{ ip -n hub -j route show table "$1" "$2"; echo; ip -n hub -j nexthop show; } | jq -rs '
		(.[1] // [] | map({(.id | tostring): .}) | add // {}) as $o
		| [.[0][]? | select(.type != "unreachable") | if .dev and (.nhid | not) then .dev else
			($o[.nhid | tostring] | if has("blackhole") then "blackhole" else .dev // "" end) end]
		| unique | join(" ")'
}

hop_is() {
	local now
	now=$(hop "$1" "$2") || return
	[ "$now" = "$3" ] || { echo "table $1: $2 goes to '$now', not '$3'"; return 1; }
}

bird_knows() {
	bird a1 show route for "$1" | grep -q '\[hub '
}

bird_lacks() {
	! bird_knows "$1"
}

# pings_from NS SOURCE ADDRESS; silence_from: not one answer.
pings_from() {
	in_ns "$1" ping -n -q -c 3 -i 0.2 -W 2 -I "$2" "$3" | grep -q ' 3 received'
}

silence_from() {
	local said
	said=$(in_ns "$1" ping -n -q -c 3 -i 0.2 -W 1 -I "$2" "$3") || true
	grep -q ' 0 received' <<<"$said" || { echo "$said"; return 1; }
}

# answers_as NS SOURCE ADDRESS NAME: who is there?
answers_as() {
	[ "$(in_ns "$1" timeout 5 socat -u "TCP:$3:7777,bind=$2,connect-timeout=4" STDOUT)" = "$4" ]
}

sessions() {
	ctl hub --json show | jq -c '[.tunnels[] | [.name, .state, .since, .ike.spi_i, .child.spi_in]]'
}

# How packets of an interface get to its table: by a rule or by a VRF device.
way_of() {
	if ip -n hub -j link show "$1" | jq -e '.[0].master' >/dev/null 2>&1; then
		ip -n hub -j link show "$1" | jq -r '.[0].master'
	else
		ip -n hub rule show | sed -n "s/.*iif $1 .*lookup \([0-9]*\).*/rule \1/p" | sort -u
	fi
}

way_is() {
	local now
	now=$(way_of "$1")
	[ "$now" = "$2" ] || { echo "$1: '$now', not '$2'"; return 1; }
}

expected_way() {
	if [ "$interface" = xfrmi ]; then echo "vrf$1"; else echo "rule $1"; fi
}

nothing_of_tables() {
	local left
	left=$(
		ip -n hub rule show | grep 'iif' || true
		ip -n hub -6 rule show | grep 'iif' || true
		ip -n hub -br link | grep '^vrf' || true
		for t in 100 200 1300; do ip -n hub route show table $t proto 118 2>/dev/null || true; done
	)
	[ -z "$left" ] || { echo "$left"; return 1; }
}

black='{ prefix = "10.66.0.0/16"; blackhole = true; }'

step "a hub with three route tables and four connections"
gateway hub a1 a2 b1 s1
host outside
for n in 1 2 3 4; do
	wire hub u$n 198.51.$n.1/24 "${names[n - 1]}" u$n 198.51.$n.2/24
	ip -n "${names[n - 1]}" addr add "${nets[n - 1]%%.0.0*}.0.1/32" dev lo
done
ip -n a2 addr add 10.77.0.1/32 dev lo
wire hub out0 192.0.2.1/24 outside eth0 192.0.2.10/24
for n in 1 2 3 4; do ip -n outside route add "${nets[n - 1]%% *}" via 192.0.2.1 2>/dev/null || true; done
write_hub "$black"
secrets_of hub "$(for n in "${names[@]}"; do printf '%s{ connection = "%s"; pre_shared_key = "%s"; }' \
	"$([ "$n" = a1 ] || echo ', ')" "$n" "$psk"; done)"
check "vpnctl check takes the tables" in_ns hub "$daemons/vpnctl" check /mnt/hub/vpnd.conf
vpnd_spawn hub
for n in 1 2 3 4; do
	name=${names[n - 1]}
	branch_conf $n >/mnt/$name/vpnd.conf
	secrets_of $name "{ connection = \"hub\"; pre_shared_key = \"$psk\"; }"
	vpnd_spawn $name
	spawn $name.who nsenter --net=/run/netns/$name -- socat TCP-LISTEN:7777,reuseaddr,fork SYSTEM:"echo $name"
done
bird_start a1 branch
wait_for 60 "all sessions are up, two of them from one inside address to another" up hub

step "each table has what was propagated to it"
wait_for 10 "blue: a1's network" hop_is 100 10.10.0.0/16 va1
wait_for 10 "blue: a2's network" hop_is 100 10.20.0.0/16 va2
wait_for 10 "blue: s1's network" hop_is 100 10.30.0.0/16 vs1
wait_for 10 "red: b1's network, of the same prefix as a2's" hop_is 200 10.20.0.0/16 vb1
wait_for 10 "red: s1's network" hop_is 200 10.30.0.0/16 vs1
wait_for 10 "shared: a1's network" hop_is 1300 10.10.0.0/16 va1
check "red has nothing of a1" table_has 200 10.10.0.0/16 ""
check "shared has nothing of 10.20.0.0/16, which nobody propagates there" table_has 1300 10.20.0.0/16 ""
check "the main table has none of them" table_has main 10.10.0.0/16 ""
for t in 100 200 1300; do
	check "table $t ends in an unreachable default route" sh -c "ip -n hub route show table $t | grep -q '^unreachable default'"
	check "so it does for IPv6" sh -c "ip -n hub -6 route show table $t | grep -q '^unreachable default'"
done
check "a1's packets go to blue" way_is va1 "$(expected_way 100)"
check "b1's packets go to red" way_is vb1 "$(expected_way 200)"
check "s1's packets go to shared" way_is vs1 "$(expected_way 1300)"

step "the neighbor is told of its table"
wait_for 10 "BIRD knows s1's network" bird_knows 10.30.0.0/16
check "and a2's" bird_knows 10.77.0.0/16
wait_for 10 "and the blackhole" bird_knows 10.66.0.0/16
wait_for 10 "b1 knows s1's network" fib_is b1 10.30.0.0/16 vpn1
check "b1 knows nothing of a1" fib_is b1 10.10.0.0/16 ""
check "nor of the blackhole" fib_is b1 10.66.0.0/16 ""

step "who reaches whom"
wait_for 20 "a1 reaches s1" pings_from a1 10.10.0.1 10.30.0.1
check "a1 reaches a2 at 10.20.0.1" answers_as a1 10.10.0.1 10.20.0.1 a2
check "s1 reaches a1" pings_from s1 10.30.0.1 10.10.0.1
on b1 ip route add 10.10.0.0/16 dev vpn1
check "b1 does not reach a1, though it sends to the hub" silence_from b1 10.20.0.1 10.10.0.1
on a1 ip route add 192.0.2.0/24 dev vpn1 src 10.10.0.1
check "the hub's main table leads outside" in_ns hub ping -n -q -c 1 -W 2 192.0.2.10
check "a1 does not reach outside by the main table" silence_from a1 10.10.0.1 192.0.2.10
check "the blackhole swallows" silence_from a1 10.10.0.1 10.66.0.1
check "it is one for the kernel" hop_is 100 10.66.0.0/16 blackhole

step "what the operator sees"
check "vpnctl show tables" sh -c "nsenter --net=/run/netns/hub -- $daemons/vpnctl -S /mnt/hub/run/ctl.sock show tables"
check "routes of red are two" sh -c "[ \"\$(nsenter --net=/run/netns/hub -- $daemons/vpnctl -S /mnt/hub/run/ctl.sock \
	--json show routes table red | jq '.routes | length')\" = 2 ]"
check "explain route names the table" sh -c "nsenter --net=/run/netns/hub -- $daemons/vpnctl -S /mnt/hub/run/ctl.sock \
	--json explain route 10.20.0.0/16 table red | jq -e '.route.fib.nexthops[0].tunnel == \"b1/1\"'"

step "a static route hides what is propagated"
before=$(sessions)
write_hub "$black, { prefix = \"10.30.0.0/16\"; connection = \"a2\"; }"
check "vpnctl reload" ctl hub reload
wait_for 10 "blue: 10.30.0.0/16 goes to a2" hop_is 100 10.30.0.0/16 va2
check "red's is as it was" hop_is 200 10.30.0.0/16 vs1
wait_for 10 "BIRD has it from the hub itself" sh -c "nsenter --net=/run/netns/a1 -- birdc -s /mnt/a1/bird/ctl show route for 10.30.0.0/16 all |
	grep -q 'BGP.as_path: 64512\$'"
write_hub "$black"
check "vpnctl reload" ctl hub reload
wait_for 10 "without it s1's is there again" hop_is 100 10.30.0.0/16 vs1
check "no session has ended" [ "$(sessions)" = "$before" ]

step "an association moves, and no session ends"
teaches[1]='"red", "shared"'
write_hub "$black" red
check "vpnctl reload" ctl hub reload
wait_for 10 "a2's packets go to red" way_is va2 "$(expected_way 200)"
wait_for 10 "a2's network left blue" table_has 100 10.77.0.0/16 ""
wait_for 10 "and is in red" hop_is 200 10.77.0.0/16 va2
wait_for 10 "where the lower router id wins the other one" hop_is 200 10.20.0.0/16 va2
wait_for 10 "BIRD knows it no more" bird_lacks 10.77.0.0/16
wait_for 20 "a2 reaches s1" pings_from a2 10.77.0.1 10.30.0.1
wait_for 10 "a1 does not reach a2" silence_from a1 10.10.0.1 10.77.0.1
[ "$(sessions)" = "$before" ] || fail "a session ended: $before, then $(sessions)"
ok "no session has ended"

step "the engine dies, and the next one states what there is"
kill_engine hub
wait_for 60 "all sessions are up again" up hub
for n in "va1 100" "va2 200" "vb1 200" "vs1 1300"; do
	check "packets of ${n% *} go to ${n#* }" way_is "${n% *}" "$(expected_way "${n#* }")"
done
wait_for 20 "a1 reaches s1" pings_from a1 10.10.0.1 10.30.0.1
check "a1 does not reach outside by the main table" silence_from a1 10.10.0.1 192.0.2.10

step "the daemon dies as a whole and starts again"
reap hub.vpnd KILL 15
check "the tables stay" hop_is 200 10.77.0.0/16 va2
on hub ip rule add iif gone0 lookup 100 pref 1000 protocol 118
on hub ip route add unreachable 10.99.0.0/16 table 200 proto 118
vpnd_spawn hub
wait_for 60 "all sessions are up again" up hub
check "a rule of before is swept" sh -c '! ip -n hub rule show | grep -q gone0'
check "so is a route" table_has 200 10.99.0.0/16 ""
wait_for 10 "a2 is in red" way_is va2 "$(expected_way 200)"
wait_for 20 "a1 reaches s1" pings_from a1 10.10.0.1 10.30.0.1
check "a1 does not reach outside by the main table" silence_from a1 10.10.0.1 192.0.2.10

step "somebody deletes the last resort"
on hub ip route del unreachable default table 100 metric 4278198272
wait_for 10 "it is there again" sh -c "ip -n hub route show table 100 | grep -q '^unreachable default'"

step "the end"
for n in hub a1 a2 b1 s1; do vpnd_stop $n; done
check "nothing of the tables is left" nothing_of_tables
pass
