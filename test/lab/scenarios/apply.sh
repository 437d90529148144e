#!/bin/bash
# apply: a configuration on trial that cuts the tunnels is undone without anybody's help, also over the death of engine and daemon
# needs: vti vpnd
# time: 240
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10    AS 64512                       AS 65010    10.2.0.10
#               10.1.0.0/16 === u2 =========== 10.2.0.0/16
#
# The operator sits at vpc and changes the branch through the tunnels that the change cuts.
. /mnt/top/test/lab/lib.sh

# trial [KEY=VALUE...]: the branch's configuration with these, in new.conf.
trial() {
	vpnd_conf branch interface=vti "$@" >/mnt/branch/new.conf
	cp /mnt/branch/new.conf "$out/branch.new.conf"
}

both_down() {
	ctl branch --json show | jq -e '[.tunnels[].state] | all(. == "DOWN")' >/dev/null
}

pending() {
	ctl branch --json show | jq -e ".apply.pending == $1" >/dev/null
}

file_is() {
	cmp -s "/mnt/branch/$1" "$2"
}

no_file() {
	[ ! -e "/mnt/branch/$1" ]
}

logged() {
	grep -q "$1" "$out/branch.vpnd.log"
}

# says STATUS TEXT ARGUMENT...: what vpnctl answers when it refuses.
says() {
	local want=$1 text=$2 said rc=0; shift 2
	said=$(ctl branch "$@" 2>&1) || rc=$?
	echo "status $rc: $said"
	[ $rc -eq "$want" ] && grep -qF "$text" <<<"$said"
}

# logged_between FIRST EVENT LAST: an event between two others.
logged_between() {
	sed -n "/ $1 /,/ $3 /p" "$out/branch.vpnd.log" | grep " $2 "
}

engine_of() {
	pgrep -P "${lab_pids[branch.vpnd]}" -x vpnd-engine
}

# A peer that is not there: what locks an operator out.
wrong=("1.remote_outside_ip_address=198.51.100.77" "2.remote_outside_ip_address=203.0.113.77")

step "two gateways, both tunnels up"
two_underlays
vpnd_start hub hub interface=vti
vpnd_start branch branch interface=vti
wait_for 30 "both tunnels are up at both ends" both_up
cp /mnt/branch/vpnd.conf /mnt/branch/first.conf

step "what is wrong is refused before anything changes"
trial remote_asn=0
check "an error names the line of the file" says 6 "/mnt/branch/new.conf:" apply /mnt/branch/new.conf --confirm-within 5s
check "nothing to confirm" says 4 "no configuration waits to be confirmed" confirm
check "both tunnels are still up" both_up
check "no candidate is left" no_file vpnd.conf.candidate

step "an apply that cuts both tunnels, from behind them"
trial "${wrong[@]}"
ctl branch apply /mnt/branch/new.conf --confirm-within 5s
wait_for 20 "it is undone by itself" pending false
check "the tunnels were cut" logged_between apply-pending tunnel-down apply-undone
wait_for 30 "both tunnels are back" both_up
wait_for 10 "and traffic with them" pings vpc $lan_host
check "the log says why" logged 'apply-undone .*why="it was not confirmed in time"'

step "what can be done meanwhile, and an undo at once"
ctl branch apply /mnt/branch/new.conf --confirm-within 1h
check "it is on trial" pending true
check "the file is still the first one" file_is vpnd.conf /mnt/branch/first.conf
check "a second one is refused" says 4 "confirm or undo it first" apply /mnt/branch/first.conf
check "a reload is refused" says 4 "confirm or undo it first" reload
wait_for 5 "the tunnels are cut" both_down
refuse "nobody reaches the branch" pings vpc $lan_host 1
ctl branch undo
check "nothing is on trial" pending false
wait_for 30 "both tunnels are back" both_up

step "the engine dies while it is on trial"
ctl branch apply /mnt/branch/new.conf --confirm-within 20s
kill -KILL "$(engine_of)"
vpnd_answers branch
check "it is still on trial" pending true
check "and in force" tunnel_is branch vpn-hub/1 '.state == "DOWN"'
wait_for 30 "it is undone in time" pending false
wait_for 30 "both tunnels are back" both_up

step "the daemon dies while it is on trial"
ctl branch apply /mnt/branch/new.conf --confirm-within 1h
wait_for 5 "the tunnels are cut" both_down
reap branch.vpnd KILL
check "a candidate lies there" file_is vpnd.conf.candidate /mnt/branch/new.conf
vpnd_spawn branch
check "nothing is on trial" pending false
check "no candidate any more" no_file vpnd.conf.candidate
check "the log says so" logged 'apply-undone .*why="the daemon ended before it was confirmed"'
wait_for 30 "both tunnels are up" both_up

step "the daemon is restarted while it is on trial"
ctl branch apply /mnt/branch/new.conf --confirm-within 1h
vpnd_stop branch
check "no candidate is left" no_file vpnd.conf.candidate
vpnd_spawn branch
wait_for 30 "both tunnels are up" both_up

step "a confirmation keeps it"
trial bgp_hold_time_seconds=12
ctl branch apply /mnt/branch/new.conf --confirm-within 5s
ctl branch confirm
check "the file is the new one" file_is vpnd.conf /mnt/branch/new.conf
check "what it was is kept" file_is vpnd.conf.previous /mnt/branch/first.conf
sleep 6		# longer than the trial was to last
check "it is not undone" file_is vpnd.conf /mnt/branch/new.conf
check "nothing is on trial" pending false
wait_for 30 "both tunnels are up" both_up

step "an apply for good, back to the previous one"
ctl branch apply /mnt/branch/vpnd.conf.previous
check "the file is the first one" file_is vpnd.conf /mnt/branch/first.conf
check "what it was is kept" file_is vpnd.conf.previous /mnt/branch/new.conf
wait_for 30 "both tunnels are up" both_up
check "traffic passes" pings vpc $lan_host

pass
