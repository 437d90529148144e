#!/bin/bash
# bgp-graceful-restart: BIRD and FRR are killed and come back while a ping over what they taught loses nothing, or never do
# needs: vti vpnd bird frr
# time: 500
#
#                          u1 ====== b1    BIRD, AS 65010, 10.2.0.0/16, 10.9.0.0/16
#   vpc ---- hub  ========
#  10.1.0.10  AS 64512     u2 ====== b2    FRR,  AS 65020, 10.3.0.0/16
#
# The branches have a vpnd as well, without BGP: the tunnels live on while BIRD or FRR is dead. What the branches do with their
# own kernel's routes is not the matter here: their way back to the hub is static.
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/spokes.sh"

branch_host=(10.2.0.10 10.3.0.10)

hub_conf() {
	local keys='bgp_graceful_restart = "full"; bgp_graceful_restart_seconds = 60;'
	cat <<-X
	asn = 64512; router_id = "10.1.0.1"; allow_short_lifetimes = true; secrets = "vpnd.secrets";
	bgp_selection_deferral_seconds = 25;
	connections = ( $(hub_connection 1 "$keys"), $(hub_connection 2 "$keys") );
	X
}

# bird_conf ROLE; bird_start asks for it.
bird_networks=(10.2.0.0/16 10.9.0.0/16)
bird_time=60
bird_conf() {
	local net
	echo "log stderr all; router id 10.2.0.1; graceful restart wait 10;"
	echo "protocol device { scan time 2; }"
	echo "protocol static { ipv4;"
	for net in "${bird_networks[@]}"; do echo "route $net unreachable;"; done
	cat <<-X
	}
	protocol bgp hub {
	  debug { states, packets, events };
	  local ${inside[0]}.2 as 65010; neighbor ${inside[0]}.1 as 64512;
	  hold time 9; connect retry time 2; connect delay time 1; error wait time 1, 4;
	  graceful restart on; graceful restart time $bird_time; long lived graceful restart off;
	  ipv4 { import all; export where source = RTS_STATIC; };
	}
	X
}

# Again after it was killed, as one that recovers.
bird_again() {
	local dir=/mnt/b1/bird
	bird_conf branch >"$dir/bird.conf"
	rm -f $dir/ctl
	spawn b1.bird nsenter --net=/run/netns/b1 -- /usr/sbin/bird -R -f -c "$dir/bird.conf" -s "$dir/ctl" -P "$dir/pid"
	wait_quietly 15 "BIRD in b1" test -S "$dir/ctl"
	note "BIRD runs again in b1"
}

frr_conf() {
	cat <<-X
	log stdout debugging
	debug bgp neighbor-events
	router bgp 65020
	 bgp router-id 10.3.0.1
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	 timers bgp 3 9
	 bgp graceful-restart notification
	 bgp graceful-restart preserve-fw-state
	 bgp graceful-restart restart-time 60
	 bgp graceful-restart
	 neighbor ${inside[1]}.1 remote-as 64512
	 neighbor ${inside[1]}.1 timers connect 2
	 neighbor ${inside[1]}.1 advertisement-interval 0
	 address-family ipv4 unicast
	  network 10.3.0.0/16
	 exit-address-family
	X
}

# stale PREFIX yes|no
stale() {
	local said
	said=$(ctl hub --json explain route "$1")
	[ "$(jq -r '.route.candidates[0].stale // false' <<<"$said")" = "$2" ] || { echo "$said"; return 1; }
}

bird_log() {
	grep -F "$1" "$out/b1.bird.log"
}

# watch_routes NS: what happens to routes of its kernel is written down from here on.
watch_routes() {
	: >"$out/monitor.log"
	spawn monitor nsenter --net="/run/netns/$1" -- ip monitor route nexthop
	sleep 0.5
}

watch_end() {
	running monitor || fail "nobody watched the routes"
	reap monitor
}

# untouched PREFIX: until now; ends the watching.
untouched() {
	watch_end
	if grep -F "$1" "$out/monitor.log"; then
		fail "the kernel's route to $1 was touched"
	fi
	if grep -F nexthop "$out/monitor.log" | grep '^Deleted'; then
		fail "a nexthop was removed"
	fi
	ok "nobody touched the kernel's route to $1"
}

# kept PREFIX: it may have been stated again, but it was not removed; ends the watching.
kept() {
	watch_end
	if grep "^Deleted $1 " "$out/monitor.log"; then
		fail "the kernel's route to $1 was removed"
	fi
	ok "nobody removed the kernel's route to $1"
}

step "two branches at a hub"
spokes_topology
host vpc
wire hub vpc0 10.1.0.1/16 vpc eth0 $vpc_host/16
ip -n vpc route add default via 10.1.0.1
write_hub
hub_secrets
vpnd_spawn hub
spokes_spawn
for n in 1 2; do
	ip -n b$n addr add ${branch_host[n - 1]}/32 dev lo
	ip -n b$n route add 10.1.0.0/16 dev vpn$n metric 5000
done
bird_start b1 branch
frr_start b2 branch
wait_for 40 "both sessions are up" up hub
wait_for 90 "both branches' routes are there" fib_is hub 10.3.0.0/16 vpn2
check "BIRD keeps IPv4 and marks refreshes" neighbor 1 \
	'.graceful_restart.offered and .graceful_restart.families == ["ipv4"] and .graceful_restart.seconds == 60 and .enhanced_refresh'
check "FRR, too, and likewise on NOTIFICATION" neighbor 2 \
	'.graceful_restart.offered and .graceful_restart.families == ["ipv4"] and .graceful_restart.notification and .enhanced_refresh'
check "BIRD sees what we can" grep -q "Enhanced refresh" <(bird b1 show protocols all)
for n in 1 2; do check "ping to b$n" pings vpc ${branch_host[n - 1]}; done

step "BIRD is killed and comes back with other routes"
ping_start "ping to b1" vpc ${branch_host[0]}
watch_routes hub
reap b1.bird KILL
wait_for 30 "the hub knows that it restarts" neighbor 1 '.graceful_restart.state == "restarting" and .graceful_restart.stale == 2'
check "its routes are stale" stale 10.2.0.0/16 true
check "and where they were" fib_is hub 10.2.0.0/16 vpn1
check "an operator sees it" grep -q "best, stale" <(ctl hub explain route 10.2.0.0/16)
check "and how long they stay" grep -q "state: *restarting" <(ctl hub show bgp neighbor b1/1)
bird_networks=(10.2.0.0/16 10.8.0.0/16)
sleep 3
bird_again
wait_for 90 "what it taught again is fresh" stale 10.2.0.0/16 false
check "the session is up" up hub 1
wait_for 90 "what it has no longer is gone" fib_is hub 10.9.0.0/16 ""
wait_for 60 "what is new is there" fib_is hub 10.8.0.0/16 vpn1
check "BIRD said that it has restarted, with its state" neighbor 1 \
	'.graceful_restart.restarted and .graceful_restart.preserved == ["ipv4"] and .graceful_restart.stale == 0'
wait_for 30 "the log says so" hub_log "the remote has sent its IPv4 routes again: 1 stale ones are removed"
untouched 10.2.0.0/16
no_loss "ping to b1"

step "FRR's bgpd is killed and comes back"
ping_start "ping to b2" vpc ${branch_host[1]}
watch_routes hub
reap b2.bgpd KILL
wait_for 30 "the hub knows that it restarts" neighbor 2 '.graceful_restart.state == "restarting" and .graceful_restart.stale >= 1'
sleep 2
rm -f /mnt/b2/frr/bgpd.vty
frr_daemon b2 bgpd -p 179
wait_for 90 "what it taught again is fresh" stale 10.3.0.0/16 false
wait_for 90 "nothing is waited for" neighbor 2 '.state == "Established" and .graceful_restart.state == ""'
untouched 10.3.0.0/16
no_loss "ping to b2"

step "a session is cleared: RFC 8538 with FRR, and our F bit"
ping_start "ping to b2 again" vpc ${branch_host[1]}
watch_routes hub
before=$(ctl hub --json show bgp neighbor b2/1 | jq '.neighbors[0].counters.graceful_restarts')
check "vpnctl bgp clear" ctl hub bgp clear b2/1
wait_for 30 "that was one more restart" neighbor 2 ".counters.graceful_restarts == $before + 1"
wait_for 90 "what it taught again is fresh" stale 10.3.0.0/16 false
wait_for 90 "and so are ours" frr_shows 10.1.0.0/16 '.paths[0].stale != true'
untouched 10.3.0.0/16
no_loss "ping to b2 again"

step "refreshes, both ways"
check "vpnctl bgp refresh" ctl hub bgp refresh b1/1
wait_for 60 "BIRD marks the beginning and the end" bird_log "Sending END-OF-RR"
check "BIRD asks us" bird b1 reload in hub
wait_for 60 "we mark the beginning" bird_log "Got BEGIN-OF-RR"
wait_for 60 "we mark the end" bird_log "Got END-OF-RR"
check "FRR asks us" frr b2 clear bgp ipv4 unicast ${inside[1]}.1 soft in
wait_for 60 "FRR sees the beginning" grep -F "rcvd route-refresh (BoRR)" "$out/b2.bgpd.log"
wait_for 60 "FRR sees the end" grep -F "rcvd route-refresh (EoRR)" "$out/b2.bgpd.log"
check "no session ended" up hub
check "all routes are there" fib_is hub 10.2.0.0/16 vpn1

step "BIRD never comes back"
reap b1.bird KILL
bird_time=12
bird_again
wait_for 30 "its restart time is short now" neighbor 1 '.state == "Established" and .graceful_restart.seconds == 12'
wait_for 90 "its routes are fresh" stale 10.2.0.0/16 false
reap b1.bird KILL
start=$EPOCHREALTIME
wait_for 30 "its routes are stale" stale 10.2.0.0/16 true
wait_for 40 "they go after its restart time" fib_is hub 10.2.0.0/16 ""
after=$(seconds_since "$start")
[ "${after%.*}" -ge 11 ] || fail "they went after $after s, not 12"
wait_for 30 "the log says so" hub_log "the remote did not come back in time"

step "the tunnel dies while BIRD restarts"
bird_time=60
bird_again
wait_for 90 "the session is up" up hub 1
wait_for 60 "with its routes" fib_is hub 10.2.0.0/16 vpn1
reap b1.bird KILL
wait_for 30 "they are stale" stale 10.2.0.0/16 true
check "the branch takes the tunnel down" ctl b1 down hub/1
wait_for 10 "they go at once" fib_is hub 10.2.0.0/16 ""
check "and it is up again" ctl b1 up hub/1
bird_again
wait_for 90 "the session is up" up hub 1

# relearned N: as often all neighbours have taught again.
relearned() {
	[ "$(grep -c "all neighbors have sent their routes again" "$out/hub.vpnd.log")" -eq "$1" ]
}

# in_kernel yes|no PREFIX: does the hub's kernel have a route of ours to it?
in_kernel() {
	local said
	said=$(ip -n hub route show "$2" proto 118)
	[ "$1" = "$([ -n "$said" ] && echo yes || echo no)" ] || { echo "$2: $said"; return 1; }
}

pings_start() {
	ping_start "ping to b1 $1" vpc ${branch_host[0]}
	ping_start "ping to b2 $1" vpc ${branch_host[1]}
}

no_losses() {
	no_loss "ping to b1 $1"
	no_loss "ping to b2 $1"
}

# stays PREFIX: it may have been replaced, but it was there all the time.
stays() {
	if grep "^Deleted $1 " "$out/monitor.log"; then
		fail "the kernel's route to $1 was removed"
	fi
	ok "nobody removed the kernel's route to $1"
}

step "our engine dies, BIRD and FRR help"
wait_for 60 "BIRD has our route" bird_shows 10.1.0.0/16 "BGP.as_path: 64512"
pings_start "while our engine dies"
watch_routes b2
check "the hub's engine is killed" kill -KILL "$(engine_pid hub)"
wait_for 60 "the next one begins" hub_log "engine-died"
wait_for 20 "it waits for both" hub_log "routes of before stay until 2 neighbors have sent theirs again, 25 s at most"
wait_for 60 "both sessions are up again" up hub
wait_for 60 "both have taught again" relearned 1
wait_for 90 "FRR has our route afresh" frr_shows 10.1.0.0/16 '.paths | length == 1 and .[0].stale != true'
wait_for 90 "our routes are there" fib_is hub 10.3.0.0/16 vpn2
wait_for 90 "all of them" fib_is hub 10.2.0.0/16 vpn1
kept 10.1.0.0/16
check "BIRD noticed that we restarted gracefully" bird_log "Neighbor graceful restart detected"
no_losses "while our engine dies"

step "vpnctl restart, twice, BIRD and FRR help"
pings_start "while the hub restarts"
watch_routes hub
check "the hub restarts" ctl hub restart
wait_for 60 "both have taught again" relearned 2
check "the hub restarts once more" ctl hub restart
wait_for 60 "both have taught again" relearned 3
wait_for 60 "both sessions are up" up hub
wait_for 90 "FRR has our route afresh" frr_shows 10.1.0.0/16 '.paths | length == 1 and .[0].stale != true'
wait_for 20 "our routes are there" fib_is hub 10.3.0.0/16 vpn2
wait_for 20 "all of them" fib_is hub 10.2.0.0/16 vpn1
watch_end
stays 10.2.0.0/16
stays 10.3.0.0/16
check "nothing but what is used is left in the kernel" [ "$(ip -n hub nexthop show proto 118 | wc -l)" -eq 2 ]
no_losses "while the hub restarts"

step "the hub restarts, and BIRD is dead"
ping_start "ping to b2 while BIRD is dead" vpc ${branch_host[1]}
reap b1.bird KILL
check "the hub restarts" ctl hub restart
wait_for 60 "FRR's session is up" neighbor 2 '.state == "Established"'
check "what BIRD taught is still forwarded" in_kernel yes 10.2.0.0/16
wait_for 60 "until the time is up" hub_log "the time is up for neighbors to send their routes again"
wait_for 20 "then it goes" in_kernel no 10.2.0.0/16
check "and what FRR taught stays" fib_is hub 10.3.0.0/16 vpn2
bird_again
wait_for 90 "the session is up" up hub 1
wait_for 60 "with its routes" in_kernel yes 10.2.0.0/16
no_loss "ping to b2 while BIRD is dead"

step "a tunnel that is lost meanwhile takes its routes along at once"
reap b1.bird KILL
check "the hub restarts" ctl hub restart
check "what BIRD taught is still forwarded" in_kernel yes 10.2.0.0/16
check "the branch takes the tunnel down" ctl b1 down hub/1
wait_for 5 "what BIRD taught goes at once" in_kernel no 10.2.0.0/16
wait_for 60 "FRR's session is up" neighbor 2 '.state == "Established"'
check "and it is up again" ctl b1 up hub/1
bird_again
wait_for 90 "the session is up" up hub 1

step "an operator's shutdown is a Hard Reset"
check "vpnctl bgp shutdown" ctl hub bgp shutdown b2/1 "maintenance"
check "the routes go at once" fib_is hub 10.3.0.0/16 ""
wait_for 30 "FRR keeps none of ours" frr_shows 10.1.0.0/16 '.paths == null'
wait_for 30 "the log says so" hub_log "(as a Hard Reset): maintenance"
spokes_stop
pass
