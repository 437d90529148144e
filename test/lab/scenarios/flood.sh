#!/bin/bash
# flood: IKE_SA_INIT by the ten thousand from made-up, borrowed and real addresses, while two tunnels come up, rekey and carry traffic
# needs: vti vpnd
# time: 900
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10    |   =========== u2 ===========             10.2.0.10
#               |
#               u3 --- crowd   any source address it likes; 10.66.0.0/16 is really its own
#
# The hub has a connection that may be called from anywhere, so a stranger is not refused for his address alone. All hosts share
# one slow processor here. From made-up addresses comes as much as there can be, and more than the hub can read; what is sent in
# the branch's name is in the branch's queue, and who returns cookies is let in, so that these are content with what time the
# others leave them: a flood has its own processors in life.
. /mnt/top/test/lab/lib.sh

rate=20000			# a second, at most

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

rss() {				# kilobytes
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(engine_pid hub)/status"
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

lines() {
	grep -cE '(warning|error) (ike-stranger|ike-refused|ike-failed|send-failed) ' $out/hub.vpnd.log || true
}

# Datagrams that the hub has read, has sent, and has not read in time.
hub_udp() {
	in_ns hub awk '$1 == "Udp:" && n++ { print $2, $5, $6 }' /proc/net/snmp
}

# Packets of every interface wait in one queue for the one processor there is, ESP among the flood: this is a guest's world, not
# that of gateways. With more room in it nothing is lost there that is not a stranger's.
widen_backlog() {
	[ "$LAB_KIND" = host ] || sysctl -qw net.core.netdev_max_backlog=20000
}

backlog_drops() {
	local n=0 dropped
	while read -r _ dropped _; do n=$((n + 16#$dropped)); done </proc/net/softnet_stat
	echo $n
}

# flood_start NAME NICE KIND PREFIX: in the background, until flood_end.
flood_start() {
	read -r rx_was tx_was < <(watch_u3)
	read -r read_was answered_was dropped_was < <(hub_udp)
	rss_was=$(rss) lines_was=$(lines) started=$EPOCHREALTIME
	spawn "flood-$1" nice -n "$2" nsenter --net=/run/netns/crowd -- $daemons/flood 192.0.2.1 $rate 800 "$3" "$4"
	sleep 1
	check "the flood is on" running "flood-$1"
}

# flood_end NAME MEGABYTES: what it was, and what it has cost. Those who return a cookie may open 4000 SAs for half a minute.
flood_end() {
	local rx tx datagrams answered dropped grown said allowed ms
	check "the flood has gone on to here" running "flood-$1"
	check "the hub answers" hub_answers
	reap "flood-$1" TERM
	ms=$(((${EPOCHREALTIME/./} - ${started/./}) / 1000))
	note "$1: $(tail -1 "$out/flood-$1.log")"
	read -r datagrams answered dropped < <(hub_udp)
	datagrams=$((datagrams - read_was)) answered=$((answered - answered_was)) dropped=$((dropped - dropped_was))
	note "the hub has read $((datagrams * 1000 / ms)) a second and answered $((answered * 1000 / ms));" \
		"$((dropped * 1000 / ms)) were dropped unread"
	read -r rx tx < <(watch_u3)
	rx=$((rx - rx_was)) tx=$((tx - tx_was))
	note "the hub's wire: $rx octets in, $tx octets out"
	check "no more octets go out than come in" [ $tx -le $rx ]
	check "nor more answers than there were requests" [ $answered -le $((datagrams + 100)) ]
	grown=$(($(rss) - rss_was))
	note "the engine has grown by $grown kB"
	check "by no more than $2 MB" [ $grown -le $(($2 * 1024)) ]
	said=$(($(lines) - lines_was))
	allowed=$((100 + ms * 4 / 1000))
	note "$said lines in the log of what strangers did, in $((ms / 1000)) s"
	check "not more than $allowed" [ $said -le $allowed ]
	check "the engine lives" [ "$(engine_pid hub)" = "$engine_was" ]
}

# under_load: what must work while it goes on.
under_load() {
	ping_start under-load vpc $lan_host 0.2
	check "child SAs are rekeyed" ctl branch rekey vpn-hub child
	check "child SAs are rekeyed by the hub" ctl hub rekey vpn-branch1 child
	check "IKE SAs are rekeyed" ctl branch rekey vpn-hub ike
	check "IKE SAs are rekeyed by the hub" ctl hub rekey vpn-branch1 ike
	check "both tunnels are up" standard_up
	note "$(backlog_drops) packets were dropped between the interfaces"
	no_loss under-load
}

step "a hub, a branch, and a crowd"
need_files $daemons/flood
widen_backlog
two_underlays
gateway crowd
wire hub u3 192.0.2.1/24 crowd eth0 192.0.2.66/24
ip -n hub route add default via 192.0.2.66
ip -n crowd route add local 10.66.0.0/16 dev lo
in_ns crowd sysctl -qw net.ipv4.ip_forward=0
in_ns hub sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.u3.rp_filter=0
hub_for_anybody
engine_was=$(engine_pid hub)
vpnd_write branch branch

step "made-up addresses; the tunnels come up under it"
flood_start made-up 0 random 10.128.0.0/9
vpnd_spawn branch
wait_for 180 "both tunnels come up" standard_up
under_load
flood_end made-up 8

step "in the branch's own name, and the branch starts anew"
flood_start borrowed 10 from "${branch_outside[0]}/32"
vpnd_stop branch
vpnd_spawn branch
wait_for 180 "both tunnels come up" standard_up
under_load
flood_end borrowed 8

step "real addresses that return cookies"
flood_start real 10 cookie 10.66.0.0/16
under_load
vpnd_stop branch
vpnd_spawn branch
wait_for 180 "both tunnels come up" standard_up
flood_end real 32
check "cookies were asked for and came back" grep -qE '[1-9][0-9]* cookies returned' $out/flood-real.log

step "afterwards"
wait_for 60 "the hub has four SAs" sa_count hub 4
check "both tunnels are up" standard_up

pass
