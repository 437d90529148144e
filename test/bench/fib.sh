# Routes into the kernel beside BIRD and FRR; sourced by test/bench/run.
#
#    vpndbench-a  t1 169.254.11.2 ======== 169.254.11.1 t1  vpndbench-b
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
	ip -n vpndbench-a route add local 10.64.0.0/15 dev lo
	ip -n vpndbench-b route add 10.64.0.0/15 via 192.0.2.1
	for t in 1 2; do
		ip link add t$t netns vpndbench-a type veth peer name t$t netns vpndbench-b
		ip -n vpndbench-a addr add 169.254.1$t.2/30 dev t$t
		ip -n vpndbench-b addr add 169.254.1$t.1/30 dev t$t
		ip -n vpndbench-a link set t$t up
		ip -n vpndbench-b link set t$t up
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
			printf "tunnels = ( { interface_name = \"t1x%d\"; remote_id = \"g%d.bench.example\";" \
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

in_a() { ip netns exec vpndbench-a "$@"; }
in_b() { ip netns exec vpndbench-b "$@"; }

# gateway_start: ours, with both tunnels up; sets pid, engine and caller.
gateway_start() {
	gateway_conf "${1:-0}"
	ip netns exec vpndbench-b "$veth" -c "$dir/vpnd.conf" -s "$dir/vpnd.secrets" -d "$dir/run" 2>"$dir/log" &
	pid=$!
	pids+=($pid)
	until_true 20 hub_begun
	engine=$(pgrep -P $pid | head -n 1)
	ip netns exec vpndbench-a "$OUT/test/bench/ikeload" -n 2 -m 2 -t 900 10.64.0.0 192.0.2.2 >"$dir/ike" 2>&1 &
	caller=$!
	pids+=($caller)
	until_true 20 both_up
}

both_up() { [ "$(grep -c child-up "$dir/log")" -ge 2 ]; }

gateway_stop() {
	kill -KILL "$caller" 2>/dev/null
	kill -TERM "$pid"
	wait "$pid" "$caller" 2>/dev/null
}

# speak TUNNEL N: N routes over a tunnel, in the background; sets speaker.
speak() {
	ip netns exec vpndbench-a "$OUT/test/bench/bgpspeak" -q -t 900 -n "$2" "169.254.1$1.2" "169.254.1$1.1" 64512 "192.0.2.1$1" 65010 \
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
	ip netns exec vpndbench-b bird -f -c "$dir/bird.conf" -s "$dir/bird.ctl" >"$dir/bird" 2>&1 &
	pid=$!
	pids+=($pid)
	until_true 10 test -S "$dir/bird.ctl"
}

bird_stop() { kill -KILL $pid; wait $pid 2>/dev/null; in_b ip route flush proto bird; }

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
