# Routes into the kernel beside BIRD and FRR; sourced by test/bench/run.
#
#    $bench-a     t1 169.254.11.2 ======== 169.254.11.1 t1  $bench-b
#    the source   t2 169.254.12.2 ======== 169.254.12.1 t2  the gateway
#    and IKE      vpndbench 192.0.2.1 ===== 192.0.2.2
#
# Tunnels are veths, since few kernels have others: ours is vpndveth, which is
# vpnd but for ESP and the making of interfaces; its peer for IKE is ikeload.
# BGP comes from bgpspeak over the veths, one process for each tunnel.
: "${MILLION:=1000000}"
veth=$OUT/test/bench/vpndveth

fib_hosts() {
	local t
	two_hosts
	ip -n $bench-a route add local 10.64.0.0/15 dev lo
	ip -n $bench-b route add 10.64.0.0/15 via 192.0.2.1
	for t in 1 2; do
		ip link add t$t netns $bench-a type veth peer name t$t netns $bench-b
		ip -n $bench-a addr add 169.254.1$t.2/30 dev t$t
		ip -n $bench-b addr add 169.254.1$t.1/30 dev t$t
		ip -n $bench-a link set t$t up
		ip -n $bench-b link set t$t up
	done
}

# Two tunnels with BGP, and $1 more gateways that only speak IKE.
gateway_conf() {
	awk -v more="$1" 'function phases() {
		print "phase1_encryption_algorithms = [ \"AES128-GCM-16\" ];"
		print "phase1_integrity_algorithms = [ \"SHA2-256\" ];"
		print "phase1_dh_group_numbers = [ 31 ];"
		print "phase2_encryption_algorithms = [ \"AES128-GCM-16\" ];"
		print "local_outside_ip_address = \"192.0.2.2\"; local_id = \"hub.bench.example\";"
	}
	BEGIN {
		print "interface = \"vti\"; asn = 65010; router_id = \"192.0.2.2\"; connections = ("
		print "{ name = \"c\"; role = \"hub\"; remote_asn = 64512;"
		phases()
		print "tunnels = ("
		for (t = 1; t <= 2; t++)
			printf "%s{ tunnel_inside_cidr = \"169.254.1%d.0/30\"; interface_name = \"t%d\";" \
			    "remote_id = \"g%d.bench.example\"; remote_outside_ip_address = \"10.64.0.%d\"; }\n",
			    (t > 1) ? ", " : "", t, t, t - 1, t - 1
		print "); }"
		for (i = 2; i < 2 + more; i++) {
			printf ", { name = \"m%d\"; role = \"hub\";\n", i
			phases()
			printf "tunnels = ( { interface_name = \"idle%d\"; remote_id = \"g%d.bench.example\";" \
			    "remote_outside_ip_address = \"10.64.%d.%d\"; } ); }\n", i, i, i / 256, i % 256
		}
		print ");"
	}' >"$dir/vpnd.conf"
	awk -v more="$1" 'BEGIN {
		print "secrets = ( { connection = \"c\"; pre_shared_key = \"bench\"; }"
		for (i = 2; i < 2 + more; i++)
			printf ", { connection = \"m%d\"; pre_shared_key = \"bench\"; }\n", i
		print ");"
	}' >"$dir/vpnd.secrets"
	chmod 600 "$dir/vpnd.secrets"
}

in_b() { ip netns exec $bench-b "$@"; }

# gateway_start: ours, with both tunnels up; sets pid, engine and caller.
gateway_start() {
	gateway_conf "${1:-0}"
	ip netns exec $bench-b "$veth" -c "$dir/vpnd.conf" -s "$dir/vpnd.secrets" -d "$dir/run" 2>"$dir/log" &
	pid=$!
	pids+=($pid)
	until_true 20 hub_begun
	engine=$(pgrep -P $pid | head -n 1)
	ip netns exec $bench-a "$OUT/test/bench/ikeload" -n 2 -m 2 -t 900 10.64.0.0 192.0.2.2 >"$dir/ike" 2>&1 &
	caller=$!
	pids+=($caller)
	until_true 20 both_up
}

both_up() { [ "$(grep -c child-up "$dir/log")" -ge 2 ]; }

gateway_stop() {
	kill -KILL "$caller" 2>/dev/null
	kill -TERM "$pid"
	wait "$pid" "$caller" 2>/dev/null
	grep ' turns ' "$dir/log" | sed 's/^/# /'
}

# speak TUNNEL N: N routes over a tunnel, in the background; sets speaker.
speak() {
	ip netns exec $bench-a "$OUT/test/bench/bgpspeak" -q -t 900 -n "$2" "169.254.1$1.2" "169.254.1$1.1" 64512 "192.0.2.1$1" 65010 \
		<&8 >"$dir/speak$1" 2>&1 &
	speaker=$!
	pids+=($speaker)
}

# Routes in the kernel of b; counted there, since listing them takes seconds.
routes() { in_b awk '/Leaves:|Prefixes:/ { n = $2 } END { print n + 0 }' /proc/net/fib_triestat; }

now() { echo "$EPOCHREALTIME"; }
since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'; }

have() { [ "$(routes)" -ge "$1" ]; }
have_less() { [ "$(routes)" -lt "$1" ]; }

# The session of a speaker is up: the clock starts.
speaking() { grep -q 'to Established' "$dir/speak$1"; }

# learn TUNNEL N: until N routes are in the kernel; sets took.
learn() {
	local begin
	speak "$1" "$2"
	until_true 60 speaking "$1"
	begin=$EPOCHREALTIME
	until_true 300 have "$2"
	took=$(since "$begin")
}

# forget TUNNEL: its speaker dies; until the routes are gone; sets took.
forget() {
	local begin=$EPOCHREALTIME
	kill -KILL "$speaker"
	until_true 300 have_less 1000
	took=$(since "$begin")
}

bird_start() {
	cat >"$dir/bird.conf" <<-X
		router id 192.0.2.2;
		protocol device { }
		protocol kernel { merge paths yes limit 16; ipv4 { import none; export all; }; }
		template bgp feed {
			local as 65010; connect retry time 1; error wait time 1, 1;
			ipv4 { import all; export none; };
		}
		protocol bgp one from feed { neighbor 169.254.11.2 as 64512; }
		protocol bgp two from feed { neighbor 169.254.12.2 as 64512; }
	X
	rm -f "$dir/bird.ctl"
	ip netns exec $bench-b bird -f -c "$dir/bird.conf" -s "$dir/bird.ctl" >"$dir/bird" 2>&1 &
	pid=$!
	pids+=($pid)
	until_true 10 test -S "$dir/bird.ctl"
}

bird_stop() { kill -KILL $pid; wait $pid 2>/dev/null; in_b ip route flush proto bird; }

# callers NAME FIRST N: N gateways call one after the other, each timed; p99 and max go to p99, most.
callers() {
	ip netns exec $bench-c "$OUT/test/bench/ikeload" -i "$2" -n "$3" -m 1 10.64.0.0 192.0.2.2 >"$dir/$1" 2>"$dir/$1.err" ||
		{ echo "bench: not every hand-shake was done:"; cat "$dir/$1" "$dir/$1.err"; exit 1; } >&2
	p99=$(of "$1" p99_us) most=$(of "$1" max_us)
	measured "hand-shakes, $1" "$p99" "$most"
	echo "# hand-shakes, $1: $(grep ^sum "$dir/$1")"
}

# A million routes come, and meanwhile others call: what does that add to their hand-shakes?
bench_fair() {
	local idle
	fib_hosts
	ip netns add $bench-c
	ip link add calls netns $bench-c type veth peer name calls netns $bench-b
	ip -n $bench-b addr add 192.0.2.9/30 dev calls
	ip -n $bench-c addr add 192.0.2.10/30 dev calls
	ip -n $bench-b link set calls up
	ip -n $bench-c link set calls up
	ip -n $bench-c link set lo up
	ip -n $bench-c route add local 10.64.0.0/15 dev lo
	ip -n $bench-c route add 192.0.2.0/24 via 192.0.2.9
	ip -n $bench-b route replace 10.64.0.0/15 via 192.0.2.10
	ip -n $bench-b route add 10.64.0.0/31 via 192.0.2.1
	gateway_start 600
	callers alone 2 100
	idle=$p99
	speak 1 "$MILLION"
	until_true 60 speaking 1
	callers meanwhile 102 400
	echo "# routes in the kernel by then: $(routes)"
	limit "ike-while-$MILLION-routes-added" "$(awk -v a="$p99" -v b="$idle" 'BEGIN { d = (a - b) / 1000; print (d > 0.1) ? d : 0.1 }')" 50 ms
	gateway_stop
}

bench_fib() {
	local learned forgotten bird_learned bird_forgotten version
	fib_hosts
	gateway_start
	learn 1 "$MILLION"
	learned=$took
	echo "# vpnd: monitor $(cpu $pid) s, engine $(cpu "$engine") s of processor; $(rss $pid) KB, $(rss "$engine") KB"
	forget 1
	forgotten=$took
	gateway_stop
	bird_start
	learn 1 "$MILLION"
	bird_learned=$took
	echo "# bird: $(cpu $pid) s of processor, $(rss $pid) KB"
	forget 1
	bird_forgotten=$took
	bird_stop
	version=$(bird --version 2>&1 | sed 's/.*version //')
	figure "fib-install-$MILLION" "$learned" "BIRD-$version" "$bird_learned" 0.5 s
	figure "fib-withdraw-$MILLION" "$forgotten" "BIRD-$version" "$bird_forgotten" 0.5 s
	limit "fib-withdraw-$MILLION" "$forgotten" 1 s
}

# FRR's own directories are not writable by us in general: it has a /run of its own.
frr_start() {
	mkdir -p "$dir/frr"
	cat >"$dir/frr/bgpd.conf" <<-X
		router bgp 65010
		 bgp router-id 192.0.2.2
		 no bgp ebgp-requires-policy
		 neighbor 169.254.11.2 remote-as 64512
		 neighbor 169.254.12.2 remote-as 64512
		 address-family ipv4 unicast
		  maximum-paths 16
		 exit-address-family
	X
	: >"$dir/frr/zebra.conf"
	chmod a+rx "$dir" "$dir/frr"
	# shellcheck disable=SC2016 # the inner shell's variables
	ip netns exec $bench-b unshare -m --propagation private sh -c 'mount -t tmpfs none /run && mkdir -p /run/frr &&
		chown frr: /run/frr && { /usr/lib/frr/zebra -f "$1/zebra.conf" -A 127.0.0.1 & } &&
		exec /usr/lib/frr/bgpd -f "$1/bgpd.conf" -A 127.0.0.1' sh "$dir/frr" >"$dir/frr.log" 2>&1 &
	pid=$!
	pids+=($pid)
	zebra=
	until_true 20 frr_zebra
}

frr_zebra() { zebra=$(ip netns pids $bench-b | xargs -r ps -o pid=,comm= -p | awk '$2 == "zebra" { print $1 }') && [ -n "$zebra" ]; }

frr_stop() {
	kill -KILL $pid "$zebra"
	wait $pid 2>/dev/null
	in_b ip route flush proto bgp
	in_b ip nexthop flush proto zebra >/dev/null 2>&1
}

# lose WHO N PID...: both tunnels teach N routes, the processes have settled, and then the second neighbour dies.
# Sets after (milliseconds to the last packet) and messages (that the kernel sent about routes and nexthops).
lose() {
	local who=$1 n=$2 p dead probe watcher; shift 2
	speak 1 "$n"
	speak 2 "$n"
	dead=$speaker
	until_true 60 speaking 1
	until_true 60 speaking 2
	until_true 300 have "$n"
	for p in "$@"; do settle "$p"; done
	ip netns exec $bench-b ip monitor nexthop route >"$dir/monitor" 2>&1 &
	watcher=$!
	"$OUT/test/bench/failprobe" $bench-a $bench-b t2 "$n" 120 >"$dir/probe" 2>"$dir/probe.err" &
	probe=$!
	pids+=($watcher $probe)
	sleep 0.5
	kill -KILL "$dead"
	wait $probe
	for p in "$@"; do settle "$p"; done
	kill $watcher
	wait "$watcher" "$dead" 2>/dev/null
	after=$(sed -n 's/.*after_ms=\([0-9.]*\).*/\1/p' "$dir/probe")
	messages=$(grep -c . "$dir/monitor")
	kill -KILL $(jobs -p | grep -v "^$pid\$") 2>/dev/null
	echo "# $who, $n routes: $(cat "$dir/probe"), $messages messages about routes and nexthops"
}

failover() {
	local n=$1 ours ours_messages bird frr version
	gateway_start
	lose vpnd "$n" "$engine" $pid
	ours=$after ours_messages=$messages
	gateway_stop
	bird_start
	lose bird "$n" $pid
	bird=$after
	bird_stop
	frr_start
	lose frr "$n" $pid "$zebra"
	frr=$after
	frr_stop
	version=$(bird --version 2>&1 | sed 's/.*version //')
	figure "failover-$n" "$ours" "BIRD-$version" "$bird" 0.5 ms
	figure "failover-$n" "$ours" "FRR-$(/usr/lib/frr/zebra --version | sed -n '1s/.*version //p')" "$frr" 0.5 ms
	limit "failover-$n" "$ours" 50 ms
	limit "failover-$n-messages" "$ours_messages" 10 ""
}

bench_failover() {
	fib_hosts
	failover 100000
	failover "$MILLION"
}
