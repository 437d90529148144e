# IKEv2 hand-shakes beside strongSwan's charon; sourced by test/bench/run.
#
# A crowd of customer gateways (ikeload) with an address and a name each calls
# a hub over a veth pair; every SA is kept.  PSK, X25519, AES-128-GCM, PRF
# HMAC-SHA2-256, one child without PFS.
#
# Ours has one tunnel configured per gateway, two per connection, since that is
# its model; charon has one connection for all of them, which costs it less.
# Neither touches a kernel: ours runs with --kernel=none, charon with nokernel
# preloaded and without policies and routes.  charon's tables are tuned
# (ikesa_table_size and segments), its X25519 is OpenSSL's as is ours, cookies
# are off, and it logs one line for each SA where ours logs three.
#
# ike-sa-rss is what memory grew by, ike-whole-rss all of it, with the tunnels'
# configuration and both of our processes (libraries count twice), per SA.
: "${SAS:=4000}" "${MANY:=10000}" "${OUTSTANDING:=32}"
charon=/usr/lib/ipsec/charon
crowd=10.64.0.0

crowd_route() {
	ip -n $bench-a route add local $crowd/15 dev lo
	ip -n $bench-b route add $crowd/15 via 192.0.2.1
}

# hub_conf N [any]: N tunnels, with "any" told apart by identity alone.
hub_conf() {
	awk -v n="$1" -v any="${2:-}" 'BEGIN {
		print "interface = \"xfrmi\"; connections = ("
		for (i = 0; i < n; i += 2) {
			printf "%s{ name = \"c%d\"; role = \"hub\";\n", i ? ",\n" : "", i / 2
			print "phase1_encryption_algorithms = [ \"AES128-GCM-16\" ];"
			print "phase1_integrity_algorithms = [ \"SHA2-256\" ];"
			print "phase1_dh_group_numbers = [ 31 ];"
			print "phase2_encryption_algorithms = [ \"AES128-GCM-16\" ];"
			print "local_outside_ip_address = \"192.0.2.2\"; local_id = \"hub.bench.example\";"
			print "tunnels = ("
			for (k = i; k < i + 2 && k < n; k++) {
				printf "%s{ remote_id = \"g%d.bench.example\";", (k > i) ? ", " : "", k
				if (!any)
					printf " remote_outside_ip_address = \"10.%d.%d.%d\";",
					    64 + int(k / 65536), int(k / 256) % 256, k % 256
				printf " }\n"
			}
			print "); }"
		}
		print ");"
	}' >"$dir/vpnd.conf"
	awk -v n="$1" 'BEGIN {
		print "secrets = ("
		for (i = 0; i < n / 2; i++)
			printf "%s{ connection = \"c%d\"; pre_shared_key = \"bench\"; }\n", i ? "," : "", i
		print ");"
	}' >"$dir/vpnd.secrets"
	chmod 600 "$dir/vpnd.secrets"
}

# A quarter of a second without work: whoever starts has started.
idle() {
	local p a=0 b=0
	for p in "$@"; do a=$((a + $(awk '{ print $1 }' "/proc/$p/schedstat"))); done
	sleep 0.25
	for p in "$@"; do b=$((b + $(awk '{ print $1 }' "/proc/$p/schedstat"))); done
	[ $((b - a)) -lt 5000000 ]
}

hub_begun() {
	grep -q engine-started "$dir/log" && return
	kill -0 "$pid" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
	return 1
}

# hub_start N [any]: sets pid and engine.
hub_start() {
	hub_conf "$@"
	ip netns exec $bench-b build/vpnd --kernel=none -c "$dir/vpnd.conf" \
		-s "$dir/vpnd.secrets" -d "$dir/run" 2>"$dir/log" &
	pid=$!
	pids+=($pid)
	until_true 60 hub_begun
	engine=$(pgrep -P $pid)
	until_true 120 idle $pid "$engine"
}

hub_stop() {
	kill -KILL "$engine" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

charon_conf() {
	cat >"$dir/strongswan.conf" <<-X
		charon {
			load = random nonce openssl aes sha1 sha2 hmac kdf gcm socket-default kernel-libipsec kernel-netlink vici
			install_routes = no
			install_virtual_ip = no
			dos_protection = no
			$1
			plugins { vici { socket = unix://$dir/charon.vici } }
			filelog { stderr { default = 0 } }
			syslog { daemon { default = -1 }
				auth { default = -1 } }
		}
	X
	cat >"$dir/swanctl.conf" <<-X
		connections { hub {
			version = 2
			local_addrs = 192.0.2.2
			remote_addrs = %any
			proposals = aes128gcm16-prfsha256-x25519
			mobike = no
			local { auth = psk
				id = hub.bench.example }
			remote { auth = psk
				id = *.bench.example }
			children { net {
				local_ts = 0.0.0.0/0
				remote_ts = 0.0.0.0/0
				esp_proposals = aes128gcm16
				policies = no } }
		} }
		secrets { ike-hub { secret = "bench" } }
	X
}

# charon_start SETTINGS: sets pid; /run is its own, for charon.pid.
charon_start() {
	charon_conf "$1"
	${CC:-gcc} -O2 -shared -fPIC -o "$dir/nokernel.so" test/bench/nokernel/nokernel.c || exit 1
	# shellcheck disable=SC2016 # the inner shell's variable
	ip netns exec $bench-b unshare -m env STRONGSWAN_CONF="$dir/strongswan.conf" LD_PRELOAD="$dir/nokernel.so" \
		sh -c 'mount -t tmpfs none /run && exec "$0"' $charon 2>"$dir/charon.log" &
	pid=$!
	pids+=($pid)
	until_true 20 test -S "$dir/charon.vici"
	swanctl --load-all --file "$dir/swanctl.conf" --uri "unix://$dir/charon.vici" \
		>"$dir/swanctl.log" 2>&1 || { cat "$dir/swanctl.log"; exit 1; } >&2
}

charon_stop() {
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	rm -f "$dir/charon.vici"
}

# load NAME N [PID...]: the crowd calls; its lines go to $dir/NAME.
load() {
	local name=$1 n=$2 p args=(); shift 2
	for p in "$@"; do args+=(-p "$p"); done
	ip netns exec $bench-a "$OUT/test/bench/ikeload" -n "$n" -m "$OUTSTANDING" -s $((n / 10)) -w 8 \
		"${args[@]}" $crowd 192.0.2.2 >"$dir/$name" 2>"$dir/$name.err" ||
		{ echo "bench: $name: not every hand-shake was done:"; cat "$dir/$name.err" "$dir/$name"; exit 1; } >&2
	sed "s/^/# $name: /" "$dir/$name"
}

# of NAME KEY [LINE]: a value of what load printed; LINE is sum, or a step's number.
of() {
	awk -v k="$2" -v l="${3:-sum}" '$1 == "step" { n++ } ($1 == l || $1 == "step" && n == l) {
		for (i = 2; i <= NF; i++) { split($i, a, "="); if (a[1] == k) print a[2] } }' "$dir/$1"
}

# Instructions of one hand-shake, and who they are.
ike_instructions() {
	local n=200 out=$dir/callgrind total
	valgrind --tool=callgrind --callgrind-out-file="$out" --toggle-collect=counted \
		"$OUT/test/bench/ikecost" $n >"$dir/cost" 2>&1 ||
		{ cat "$dir/cost"; exit 1; } >&2
	callgrind_annotate --auto=no --threshold=100 "$out" >"$dir/annotated"
	total=$(awk '/PROGRAM TOTALS/ { gsub(",", "", $1); print $1; exit }' "$dir/annotated")
	echo "# one hand-shake, responder's side, in instructions of user space:"
	awk -v n=$n -v total="$total" '/^ *[0-9,]+ .*%\) / && !/PROGRAM TOTALS/ {
		v = $1; gsub(",", "", v)
		who = $0; sub(/^.*%\) +/, "", who)
		lib = who ~ /libcrypto/ ? "libcrypto" : who ~ /libc\.so/ ? "libc" : who ~ /ld-linux/ ? "ld.so" : "vpnd"
		by[lib] += v
		sub(/^.*:/, "", who); sub(/ \[.*/, "", who)
		if (lines++ < 10)
			printf "#   %8d %4.1f%% %s (%s)\n", v / n, 100 * v / total, who, lib
	} END {
		printf "#   %8d together:", total / n
		for (l in by) printf " %s %.0f%%", l, 100 * by[l] / total
		print ""
	}' "$dir/annotated"
	measured "ike-handshake-instructions" "$total"
	awk -v t="$total" -v n=$n 'BEGIN { printf "ike-handshake-instructions ours=%d\n", t / n }'
}

charon_version() {
	$charon --version 2>&1 | sed -n 's/.*strongSwan \([0-9.]*\).*/\1/p'
}

bench_ike() {
	local version tuned="ikesa_table_size = 16384
		ikesa_table_segments = 256
		threads = 16"
	two_hosts
	crowd_route
	version=$(charon_version)
	echo "# X25519 alone, in this run: $("$OUT/test/bench/ikecost" -x) us of each hand-shake, on either side"
	echo "# a hand-shake from scratch and one resumed by a ticket, responder's side, us: $("$OUT/test/bench/ikecost" -r 2000)"
	hub_start "$SAS"
	load ours "$SAS" "$pid" "$engine"
	hub_stop
	charon_start "$tuned"
	load charon "$SAS" "$pid"
	charon_stop
	hub_start "$SAS" any
	load anybody "$SAS" "$pid" "$engine"
	hub_stop
	hub_start "$MANY"
	load many "$MANY" "$pid" "$engine"
	hub_stop
	figure "ike-handshake-$SAS-cpu" "$(of ours cpu_us)" "charon-$version" "$(of charon cpu_us)" 0.2 us
	figure "ike-handshake-$SAS-by-identity-cpu" "$(of anybody cpu_us)" "charon-$version" "$(of charon cpu_us)" 0.2 us
	figure "ike-handshake-$SAS-p99" "$(of ours p99_us)" "charon-$version" "$(of charon p99_us)" 1 us
	figure "ike-handshake-last-of-$MANY-cpu" "$(of many cpu_us 10)" "first" "$(of many cpu_us 1)" 1.2 us
	figure "ike-sa-rss" "$(of ours rss_each_kb)" "charon-$version" "$(of charon rss_each_kb)" 0.25 KB
	limit "ike-sa-rss" "$(of ours rss_each_kb)" 3 KB
	figure "ike-whole-rss-per-sa" "$(per "$(of ours rss_kb)")" "charon-$version" "$(per "$(of charon rss_kb)")" 1 KB
	ike_instructions
}

per() { awk -v v="$1" -v n="$SAS" 'BEGIN { printf "%.2f", v / n }'; }

# limit NAME OURS MOST UNIT: against a number of our own.
limit() {
	measured "$1" "$2"
	awk -v n="$1" -v o="$2" -v t="$3" -v u="$4" 'BEGIN {
		printf "%s ours=%s%s target=%s%s %s\n", n, o, u, t, u, o <= t ? "ok" : "short" }'
}

# The lab's guest writes "vpnd seconds=.. cpu=.. rss=.." and the same of charon.
bench_tunnels() {
	local version k
	KEEP=1 test/lab/run test/bench/tunnels.sh >"$dir/lab" 2>&1
	grep -q '^ok .*tunnels # ' "$dir/lab" && ! grep -q SKIP "$dir/lab" || { cat "$dir/lab"; exit 1; } >&2
	version=$(charon_version)
	sed -n 's/\r$//; s/^ok.* # \([a-z]*\):.*/# in a guest of kind \1, both ends together/p' "$dir/lab"
	grep -E '^  (vpnd|charon)' build/lab/tunnels/console | tr -d '\r' | sed 's/^/# /'
	for k in seconds cpu rss; do
		figure "tunnels-1000-$k" "$(tunnels_of vpnd $k)" "charon-$version" "$(tunnels_of charon $k)" 1 \
			"$([ $k = rss ] && echo KB || echo s)"
	done
}

tunnels_of() {
	sed -n "s/^$1 .*$2=\([0-9.]*\).*/\1/p" build/lab/tunnels/figures
}
