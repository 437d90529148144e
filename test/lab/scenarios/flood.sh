#!/bin/bash
# flood: IKE_SA_INIT by the ten thousand from made-up, borrowed and real addresses, while two tunnels come up, rekey and carry traffic
# needs: vti vpnd
# time: 480
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10    |   =========== u2 ===========             10.2.0.10
#               |
#               u3 --- crowd   any source address it likes; 10.66.0.0/16 is really its own
#
# The hub has a connection that may be called from anywhere, so a stranger is not refused for his address alone.
. /mnt/top/test/lab/lib.sh

rate=20000			# a second, unless this machine is too slow to hear them all: see calibrate

hub_for_anybody() {
	vpnd_write hub hub
	sed -i '$d' /mnt/hub/vpnd.conf
	cat >>/mnt/hub/vpnd.conf <<-X
	}, {
		name = "vpn-anybody";
		role = "hub";
		startup_action = "add";
		tunnels = ( {
			local_outside_ip_address = "192.0.2.1";
			local_id = "hub.example";
			remote_id = "roamer.example";
			tunnel_inside_cidr = "169.254.30.0/30";
			interface_name = "vpn3";
		} );
	} );
	X
	cp /mnt/hub/vpnd.conf "$out/hub.vpnd.conf"
	sed -i 's/ );$/, { connection = "vpn-anybody"; pre_shared_key = "another secret of theirs"; } );/' /mnt/hub/vpnd.secrets
	vpnd_spawn hub
}

engine_pid() {
	sed -n 's/.*engine-started pid=\([0-9]*\).*/\1/p' $out/hub.vpnd.log | tail -1
}

rss() {				# kilobytes
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(engine_pid)/status"
}

# Sysfs shows the namespace that mounted it.
watch_u3() {
	in_ns hub unshare -m sh -c 'mount -t sysfs sys /sys && cat /sys/class/net/u3/statistics/rx_bytes /sys/class/net/u3/statistics/tx_bytes' |
		xargs
}

hub_answers() {
	local start=$EPOCHREALTIME
	ctl hub --json show >/dev/null || return
	note "vpnctl show took $(seconds_since "$start") s"
}

standard_up() {
	ctl hub --json show | jq -e '[.tunnels[] | select(.connection == "vpn-branch1") | .state] == ["UP", "UP"]' >/dev/null && up branch
}

lines() {
	grep -cE '(warning|error) (ike-stranger|ike-refused|ike-failed|send-failed) ' $out/hub.vpnd.log || true
}

# What the hub's sockets have dropped because the engine was behind.
dropped() {
	in_ns hub awk '$1 == "Udp:" && n++ { print $6 }' /proc/net/snmp
}

# What the daemon cannot even read in time nobody can answer: half the rate, until it hears all of it. Half of that again
# leaves a busy machine room for the tunnels.
calibrate() {
	local was lost sent
	for ((; rate > 800; rate /= 2)); do
		was=$(dropped)
		sent=$(in_ns crowd $daemons/flood 192.0.2.1 $rate 4 random 10.128.0.0/9)
		lost=$(($(dropped) - was))
		note "asked for $rate a second: $sent; $lost dropped at the hub's socket"
		sent=${sent#*s: } sent=${sent%% *}
		[ $lost -ne 0 ] || break
	done
	rate=$((sent / 2))
	note "the figure of this machine: it hears $sent a second; the flood will be $rate"
}

# flood_start NAME KIND PREFIX: in the background, until flood_end.
flood_start() {
	read -r rx_was tx_was < <(watch_u3)
	rss_was=$(rss) lines_was=$(lines) started=$SECONDS
	spawn "flood-$1" nsenter --net=/run/netns/crowd -- $daemons/flood 192.0.2.1 $rate 600 "$2" "$3"
	sleep 1
	check "the flood is on" running "flood-$1"
}

# flood_end NAME MEGABYTES: what it was, and what it has cost. Those who return a cookie may open 4000 SAs for half a minute.
flood_end() {
	local rx tx grown said allowed took
	check "the flood has gone on to here" running "flood-$1"
	check "the hub answers" hub_answers
	reap "flood-$1" TERM
	took=$((SECONDS - started))
	note "$1: $(tail -1 "$out/flood-$1.log")"
	read -r rx tx < <(watch_u3)
	rx=$((rx - rx_was)) tx=$((tx - tx_was))
	note "the hub's wire: $rx octets in, $tx octets out"
	check "no more octets go out than come in" [ $tx -le $rx ]
	grown=$(($(rss) - rss_was))
	note "the engine has grown by $grown kB"
	check "by no more than $2 MB" [ $grown -le $(($2 * 1024)) ]
	said=$(($(lines) - lines_was))
	allowed=$((100 + took * 4))
	note "$said lines in the log of what strangers did, in $took s"
	check "not more than $allowed" [ $said -le $allowed ]
	check "the engine lives" [ "$(engine_pid)" = "$engine_was" ]
}

# under_load: what must work while it goes on.
under_load() {
	check "child SAs are rekeyed" ctl branch rekey vpn-hub child
	check "child SAs are rekeyed by the hub" ctl hub rekey vpn-branch1 child
	check "IKE SAs are rekeyed" ctl branch rekey vpn-hub ike
	check "IKE SAs are rekeyed by the hub" ctl hub rekey vpn-branch1 ike
	check "both tunnels are up" standard_up
	check "traffic goes through" pings vpc $lan_host 10
}

step "a hub, a branch, and a crowd"
need_files $daemons/flood
two_underlays
gateway crowd
wire hub u3 192.0.2.1/24 crowd eth0 192.0.2.66/24
ip -n hub route add default via 192.0.2.66
ip -n crowd route add local 10.66.0.0/16 dev lo
in_ns crowd sysctl -qw net.ipv4.ip_forward=0
in_ns hub sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.u3.rp_filter=0
hub_for_anybody
engine_was=$(engine_pid)
vpnd_write branch branch
rate=20000

step "made-up addresses; the tunnels come up under it"
flood_start made-up random 10.128.0.0/9
vpnd_spawn branch
wait_for 60 "both tunnels come up" standard_up
under_load
flood_end made-up 8

step "in the branch's own name, and the branch starts anew"
flood_start borrowed from "${branch_outside[0]}/32"
vpnd_stop branch
vpnd_spawn branch
wait_for 60 "both tunnels come up" standard_up
under_load
flood_end borrowed 8

step "real addresses that return cookies"
flood_start real cookie 10.66.0.0/16
under_load
vpnd_stop branch
vpnd_spawn branch
wait_for 60 "both tunnels come up" standard_up
flood_end real 32
check "cookies were asked for and came back" grep -qE '[1-9][0-9]* cookies returned' $out/flood-real.log

step "afterwards"
wait_for 60 "the hub has four SAs" sa_count hub 4
check "both tunnels are up" standard_up

pass
