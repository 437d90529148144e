# Many neighbors that all hear of each other's routes, beside BIRD and FRR;
# sourced by test/bench/run.
#
#    $bench-a  198.51.100.11 ... ===== 198.51.100.2  $bench-b
#    meshload, PEERS neighbors         the speaker
#
# Nothing goes into a kernel's table.  The time is from the first route sent to
# the last one heard, of all by all; memory is of that moment.
: "${PEERS:=50}" "${EACH:=20000}"

mesh_hosts() {
	local i
	two_hosts
	ip -n $bench-b addr add 198.51.100.2/24 dev vpndbench
	for ((i = 0; i < PEERS; i++)); do ip -n $bench-a addr add 198.51.100.$((11 + i))/24 dev vpndbench; done
}

# mesh WHO PID...: sets took, mem and updates.
mesh() {
	local who=$1 p; shift
	timeout 900 ip netns exec $bench-a "$OUT/test/bench/meshload" "$PEERS" "$EACH" 198.51.100.11 198.51.100.2 \
		>"$dir/mesh" 2>"$dir/mesh.err" || { echo "bench: $who: not all came:"; cat "$dir/mesh" "$dir/mesh.err"; exit 1; } >&2
	took=$(of mesh seconds) updates=$(of mesh messages) mem=0 spent=0
	for p in "$@"; do mem=$((mem + $(rss "$p"))) spent=$(awk -v a="$spent" -v b="$(cpu "$p")" 'BEGIN { print a + b }'); done
	echo "# $who: $(cat "$dir/mesh"), $spent s of processor, $mem KB," \
		"$(awk -v k="$mem" -v n=$((PEERS * EACH)) 'BEGIN { printf "%d", k * 1024 / n }') octets for each route," \
		"$(awk -v p="$(of mesh prefixes)" -v m="$updates" 'BEGIN { printf "%d", p / m }') prefixes in an UPDATE"
}

mesh_ours() {
	local i more=()
	for ((i = 1; i < PEERS; i++)); do more+=(-x "198.51.100.$((11 + i)),$((64600 + i)),198.51.100.2"); done
	ip netns exec $bench-b "$OUT/test/bench/bgpspeak" -q -t 900 -P -T "${more[@]}" \
		198.51.100.2 198.51.100.11 65010 192.0.2.2 64600 <&8 >"$dir/ours" 2>&1 &
	pid=$!
	pids+=($pid)
	mesh ours $pid
	kill -KILL $pid; wait $pid 2>/dev/null
}

mesh_bird() {
	local i
	{
		echo 'router id 192.0.2.2; protocol device { }'
		for ((i = 0; i < PEERS; i++)); do
			echo "protocol bgp n$i { local 198.51.100.2 as 65010; neighbor 198.51.100.$((11 + i)) as $((64600 + i));"
			echo 'passive yes; ipv4 { import all; export all; }; }'
		done
	} >"$dir/bird.conf"
	ip netns exec $bench-b bird -f -c "$dir/bird.conf" -s "$dir/bird.ctl" >"$dir/bird" 2>&1 &
	pid=$!
	pids+=($pid)
	until_true 10 test -S "$dir/bird.ctl"
	mesh bird $pid
	kill -KILL $pid; wait $pid 2>/dev/null
}

# bgpd alone: without zebra it installs nothing.
mesh_frr() {
	local i
	mkdir -p "$dir/frr"
	{
		printf 'router bgp 65010\n bgp router-id 192.0.2.2\n no bgp ebgp-requires-policy\n no bgp network import-check\n'
		for ((i = 0; i < PEERS; i++)); do
			printf ' neighbor 198.51.100.%d remote-as %d\n neighbor 198.51.100.%d passive\n' $((11 + i)) $((64600 + i)) $((11 + i))
			printf ' neighbor 198.51.100.%d timers connect 1\n neighbor 198.51.100.%d advertisement-interval 0\n' $((11 + i)) $((11 + i))
		done
	} >"$dir/frr/bgpd.conf"
	chmod a+rx "$dir" "$dir/frr"
	# shellcheck disable=SC2016 # the inner shell's variables
	ip netns exec $bench-b unshare -m --propagation private sh -c 'mount -t tmpfs none /run && mkdir -p /run/frr &&
		chown frr: /run/frr && exec /usr/lib/frr/bgpd -n -f "$1/bgpd.conf" -A 127.0.0.1' sh "$dir/frr" >"$dir/frr.log" 2>&1 &
	pid=$!
	pids+=($pid)
	mesh frr $pid
	kill -KILL $pid; wait $pid 2>/dev/null
}

bench_mesh() {
	local ours ours_mem bird bird_mem name=mesh-$PEERS-by-$EACH version
	mesh_hosts
	mesh_ours
	ours=$took ours_mem=$mem
	mesh_bird
	bird=$took bird_mem=$mem
	mesh_frr
	version=$(bird --version 2>&1 | sed 's/.*version //')
	figure "$name" "$ours" "BIRD-$version" "$bird" 1 s
	figure "$name-rss" "$ours_mem" "BIRD-$version" "$bird_mem" 1 KB
	version=$(/usr/lib/frr/bgpd --version | sed -n '1s/.*version //p')
	figure "$name" "$ours" "FRR-$version" "$took" 1 s
	figure "$name-rss" "$ours_mem" "FRR-$version" "$mem" 1 KB
}
