#!/bin/bash
# bgp-malformed: a BGP neighbor that says every malformed message of a table, and worse: each meets its verdict, others notice nothing
# needs: vti vpnd
# time: 600
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10    |   =========== u2 ===========             10.2.0.10
#               |
#               u3 ==== vpn3 ==== rogue 192.0.2.66, 169.254.30.2: a tunnel that is right, with a BGP neighbor that is not
#
# The rows and their verdicts are those of test/hostile, which lib/bgp's unit tests have as well; each is one line here.
. /mnt/top/test/lab/lib.sh

hub_asn=4200000000
many=2000			# networks that the hub has to tell

rogue_connection() {
	cat <<-X
	}, {
		name = "rogue"; role = "hub"; startup_action = "add"; dpd_timeout_seconds = 10;
		remote_asn = 65010; bgp_hold_time_seconds = 30; tunnel_inside_ip_version = "both"; $rogue_keys
		tunnels = ( { local_outside_ip_address = "192.0.2.1"; remote_outside_ip_address = "192.0.2.66";
			tunnel_inside_cidr = "169.254.30.0/30"; tunnel_inside_ipv6_cidr = "fd00::/126"; interface_name = "vpn3"; } );
	} );
	X
}

# What a malformed route says of 10.2.0.0/16 is not to move the branch's traffic.
rogue_keys='import_policy = "last";'
last_policy='policies = ( { name = "last"; terms = ( { set = { local_pref = 50; }; then = "accept"; } ); } );'

hub_start() {
	local list
	list=$(seq 0 $((many - 1)) | awk '{ printf "%s\"172.%d.%d.0/24\"", (NR > 1) ? ", " : "", 16 + $1 / 256, $1 % 256 }')
	vpnd_write hub hub router_id=10.0.0.1 "networks=[ \"$hub_net\", $list ]"
	sed -i '$d' /mnt/hub/vpnd.conf
	{ echo "$last_policy"; cat /mnt/hub/vpnd.conf; rogue_connection; } >/mnt/hub/new
	mv /mnt/hub/new /mnt/hub/vpnd.conf
	cp /mnt/hub/vpnd.conf "$out/hub.vpnd.conf"
	sed -i "s/ );\$/, { connection = \"rogue\"; pre_shared_key = \"$psk\"; } );/" /mnt/hub/vpnd.secrets
	vpnd_spawn hub
}

rogue_start() {
	mkdir -p /mnt/rogue
	cat >/mnt/rogue/vpnd.conf <<-X
	allow_short_lifetimes = true; secrets = "vpnd.secrets";
	connections = ( { name = "hub"; role = "device"; startup_action = "start"; tunnel_inside_ip_version = "both";
	  tunnels = ( { local_outside_ip_address = "192.0.2.66"; remote_outside_ip_address = "192.0.2.1";
	    tunnel_inside_cidr = "169.254.30.0/30"; tunnel_inside_ipv6_cidr = "fd00::/126"; interface_name = "vpn3"; } ); } );
	X
	secrets_of rogue "{ connection = \"hub\"; pre_shared_key = \"$psk\"; }"
	vpnd_spawn rogue
}

rogue_tunnel_up() {
	tunnel_is hub rogue/1 '.child.state == "installed"'
}

# What may not change: since when both tunnels are up, and how often their sessions were established.
others() {
	ctl hub --json show | jq -c '[.tunnels[] | select(.connection == "vpn-branch1") | [.name, .state, .since]]'
	ctl hub --json show bgp | jq -c '[.neighbors[] | select(.tunnel | startswith("vpn-branch1")) | [.tunnel, .counters.established]]'
}

# memory VmRSS|VmHWM: of all of the hub's vpnd, resident now or at most so far, in KB.
memory() {
	local pid sum=0
	for pid in $(pgrep -s "${lab_pids[hub.vpnd]}"); do
		sum=$((sum + $(awk -v what="$1:" '$1 == what { print $2 }' "/proc/$pid/status")))
	done
	echo $sum
}

descriptors() {
	local pid
	for pid in $(pgrep -s "${lab_pids[hub.vpnd]}"); do ls "/proc/$pid/fd"; done | wc -l
}

few_descriptors() {
	local now
	now=$(descriptors)
	[ "$now" -le $((descriptors_were + 4)) ] || { echo "$now"; return 1; }
}

step "a hub, a branch with two tunnels, and a rogue with one"
need_files "$daemons/bgphostile"
two_underlays
host rogue
wire hub u3 192.0.2.1/24 rogue eth0 192.0.2.66/24
hub_start
vpnd_start branch branch remote_asn=$hub_asn
rogue_start
wait_for 40 "both tunnels to the branch are up" standard_up
wait_for 20 "so is the rogue's" rogue_tunnel_up
wait_for 20 "the hub routes over both tunnels" fib_is hub $branch_net "vpn1 vpn2"
engine_was=$(engines hub)
others_were=$(others)
memory_was=$(memory VmRSS)
descriptors_were=$(descriptors)
ping_start "ping from vpc" vpc $lan_host 0.1

step "what the rogue says, and what the RFCs ask for"
in_ns rogue timeout 540 "$daemons/bgphostile" 169.254.30.2 169.254.30.1 /mnt/hub/run/ctl.sock rogue/1 "$out/hub.vpnd.log" \
	>"$out/bgphostile.tap" 2>&1 || true		# the plan and the verdicts say how it went
sed 's/^/    /' "$out/bgphostile.tap"
cases=$(sed -n 's/^1\.\.//p' "$out/bgphostile.tap")
[ -n "$cases" ] || fail "the rogue has not come to its end"
none_otherwise() { ! grep '^not ok' "$out/bgphostile.tap"; }
check "none went otherwise" none_otherwise
skipped=$(grep -c '^ok .*# SKIP' "$out/bgphostile.tap") || true
check "$((cases - skipped)) cases were run" [ "$(grep '^ok ' "$out/bgphostile.tap" | grep -vc '# SKIP')" -eq $((cases - skipped)) ]
check "these are enough" [ $((cases - skipped)) -ge 400 ]
note "$skipped rows are of a neighbor in our own AS, which no configuration can have: they were not said"

step "nothing of it stays"
check "the engine is the one of before" engine_lives hub "$engine_was"
no_loss "ping from vpc"
check "tunnels and sessions of the branch are those of before" [ "$(others)" = "$others_were" ]
check "the hub routes over both tunnels" fib_is hub $branch_net "vpn1 vpn2"
note "resident memory of vpnd: $memory_was KB before, $(memory VmRSS) KB after, $(memory VmHWM) KB at most"
check "which is at most 32 MB more" [ "$(memory VmHWM)" -le $((memory_was + 32768)) ]
wait_for 40 "no descriptor is left over" few_descriptors
pass
