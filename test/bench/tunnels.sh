#!/bin/bash
# tunnels: so many tunnels at once between two vpnd, then between two strongSwans; time and processor time of each
# needs: vti vpnd strongswan
# time: 400
#
#    branch ====== one wire, N tunnels ====== hub
#    10.64.x.y, one address per tunnel        192.0.2.1
#
# A bench in the lab's clothes, run by `make bench B=tunnels`: kernel SAs, policies and, with vpnd, an interface per tunnel,
# which strongSwan does not make.  Both ends run in this guest; figures are the sums of all their processes.
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR
. /mnt/top/test/bench/tunnels.conf.sh
tunnels=1000

# Processor seconds of processes with their children that have ended.
cpu_of() {
	local p sum=0
	for p in "$@"; do
		sum=$((sum + $(awk '{ print $14 + $15 + $16 + $17 }' "/proc/$p/stat")))
	done
	awk -v n=$sum -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", n / hz }'
}

rss_of() {
	local p sum=0
	for p in "$@"; do
		sum=$((sum + $(awk '/^VmRSS/ { print $2 }' "/proc/$p/status")))
	done
	echo $sum
}

# Every tunnel has two SAs in each kernel.
sas() {
	ip -n "$1" xfrm state count | grep -o '[0-9]\+' | head -n 1
}

all_there() {
	local h b
	h=$(sas hub) b=$(sas branch)
	echo "hub has $h SAs, branch $b"
	[ "$h" -ge $((2 * tunnels)) ] && [ "$b" -ge $((2 * tunnels)) ]
}

# took NAME BEGIN PID...: what it was, into the file that the bench reads.
took() {
	local name=$1 begin=$2 p; shift 2
	for p in "$@"; do note "$(cat /proc/$p/comm): $(cpu_of $p) s, $(rss_of $p) KB"; done
	echo "$name seconds=$(seconds_since "$begin") cpu=$(cpu_of "$@") rss=$(rss_of "$@")" | tee -a $out/figures
}

vpnds() {
	local ns begin pids=()
	for ns in hub branch; do
		mkdir -p /mnt/$ns/run
		vpnd_many $ns $tunnels >/mnt/$ns/vpnd.conf
		(umask 077 && vpnd_many_secrets $tunnels >/mnt/$ns/vpnd.secrets)
	done
	begin=$EPOCHREALTIME
	for ns in hub branch; do
		spawn $ns.vpnd nsenter --net=/run/netns/$ns -- "$daemons/vpnd" -c /mnt/$ns/vpnd.conf -d /mnt/$ns/run
	done
	wait_for 180 "$tunnels tunnels between two vpnd" all_there
	for ns in hub branch; do
		pids+=("${lab_pids[$ns.vpnd]}" "$(pgrep -P "${lab_pids[$ns.vpnd]}")")
	done
	took vpnd "$begin" "${pids[@]}"
	for ns in hub branch; do reap $ns.vpnd KILL; done
	pkill -KILL vpnd-engine || true
}

strongswans() {
	local ns begin pids=()
	for ns in hub branch; do
		ip -n $ns xfrm state flush
		ip -n $ns xfrm policy flush
		mkdir -p /mnt/$ns/strongswan
		strongswan_many_daemon /mnt/$ns/strongswan >/mnt/$ns/strongswan/strongswan.conf
		strongswan_many $ns $tunnels >/mnt/$ns/strongswan/swanctl.conf
	done
	begin=$EPOCHREALTIME
	for ns in hub branch; do
		spawn $ns.charon nsenter --net=/run/netns/$ns -- unshare --mount -- bash -c "mount -t tmpfs run /run &&
			STRONGSWAN_CONF=/mnt/$ns/strongswan/strongswan.conf exec /usr/lib/ipsec/charon"
		wait_quietly 15 "strongSwan in $ns" test -S /mnt/$ns/strongswan/vici
		STRONGSWAN_CONF=/mnt/$ns/strongswan/strongswan.conf in_ns $ns timeout 120 swanctl --load-all \
			--file /mnt/$ns/strongswan/swanctl.conf --uri unix:///mnt/$ns/strongswan/vici >>$out/$ns.charon.log 2>&1
		pids+=("${lab_pids[$ns.charon]}")
	done
	wait_for 180 "$tunnels tunnels between two strongSwans" all_there
	took charon "$begin" "${pids[@]}"
	for ns in hub branch; do reap $ns.charon KILL; done
}

step "a hub, and a branch with $tunnels addresses"
gateway hub branch
wire hub u1 192.0.2.1/24 branch u1 192.0.2.2/24
ip -n branch route add local 10.64.0.0/16 dev lo
ip -n hub route add 10.64.0.0/16 via 192.0.2.2

step "vpnd"
vpnds
step "strongSwan"
strongswans
pass
