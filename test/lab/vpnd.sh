# vpnd and vpnctl in the lab: configurations for the standard topology, start and stop, questions to the daemon. Sourced by
# lib.sh. Everything of the daemon in namespace NS is in /mnt/NS: vpnd.conf, vpnd.secrets, run/.
# shellcheck shell=bash

psk="correct horse battery staple"
ppk=								# of ppk_id, where a configuration has one
hub_asn=64512
branch_asn=65010
declare -A connection=([hub]=vpn-branch1 [branch]=vpn-hub)	# what each side calls it
both_tunnels=(1 2)						# the tunnels a configuration has

# --- configuration ---

# Values are written as they must be in the file: numbers, booleans, lists and what is quoted already stay as they are.
conf_line() {
	case $2 in
	true | false | \[* | \"*)	printf '%s = %s;\n' "$1" "$2" ;;
	*[!0-9]* | "")			printf '%s = "%s";\n' "$1" "$2" ;;
	*)				printf '%s = %s;\n' "$1" "$2" ;;
	esac
}

# vpnd_conf ROLE [KEY=VALUE...]: a configuration for hub or branch of the standard topology, on stdout. Global keys go to the
# top, N.KEY into tunnel N, everything else to the connection; KEY= with nothing behind leaves the key out.
vpnd_conf() {
	local role=$1 i key; shift
	local -A global=() conn=() tunnel=()
	conf_defaults "$role"
	conf_arguments "$@"
	for key in "${!global[@]}"; do conf_line "$key" "${global[$key]}"; done | sort
	echo "connections = ( {"
	for key in "${!conn[@]}"; do conf_line "	$key" "${conn[$key]}"; done | sort
	echo "	tunnels = ("
	for i in "${both_tunnels[@]}"; do
		echo "	{"
		for key in "${!tunnel[@]}"; do
			[ "${key%%.*}" != "$i" ] || conf_line "		${key#*.}" "${tunnel[$key]}"
		done | sort
		[ "$i" = "${both_tunnels[-1]}" ] && echo "	}" || echo "	},"
	done
	printf '	);\n} );\n'
}

# Fills global, conn and tunnel of vpnd_conf.
conf_defaults() {
	local i local_outside remote_outside
	global=([secrets]=vpnd.secrets [allow_short_lifetimes]=true)
	conn=([name]=${connection[$1]} [bgp_hold_time_seconds]=9 [dpd_timeout_seconds]=10)
	if [ "$1" = hub ]; then
		global+=([asn]=$hub_asn [router_id]=10.1.0.1)
		conn+=([role]=hub [remote_asn]=$branch_asn [networks]="[ \"$hub_net\" ]" [startup_action]=add)
	else
		global+=([asn]=$branch_asn [router_id]=10.2.0.1)
		conn+=([role]=device [remote_asn]=$hub_asn [networks]="[ \"$branch_net\" ]" [startup_action]=start)
	fi
	for i in "${both_tunnels[@]}"; do
		local_outside=${hub_outside[i - 1]} remote_outside=${branch_outside[i - 1]}
		[ "$1" = hub ] || local_outside=${branch_outside[i - 1]} remote_outside=${hub_outside[i - 1]}
		tunnel[$i.local_outside_ip_address]=$local_outside
		tunnel[$i.remote_outside_ip_address]=$remote_outside
		tunnel[$i.tunnel_inside_cidr]=${inside[i - 1]}.0/30
		tunnel[$i.interface_name]=vpn$i
	done
}

conf_arguments() {
	local arg key value
	for arg in "$@"; do
		key=${arg%%=*} value=${arg#*=}
		case $key in
		asn | router_id | interface | secrets | allow_short_lifetimes)
			if [ -n "$value" ]; then global[$key]=$value; else unset "global[$key]"; fi ;;
		[0-9].*)
			if [ -n "$value" ]; then tunnel[$key]=$value; else unset "tunnel[$key]"; fi ;;
		*)
			if [ -n "$value" ]; then conn[$key]=$value; else unset "conn[$key]"; fi ;;
		esac
	done
}

# vpnd_secrets ROLE: one key for both tunnels, on stdout, and a PPK where there is one.
vpnd_secrets() {
	printf 'secrets = ( { connection = "%s"; pre_shared_key = "%s"; ' "${connection[$1]}" "$psk"
	[ -z "$ppk" ] || printf 'ppk = "%s"; ' "$ppk"
	printf '} );\n'
}

# secrets_of NS GROUPS: its secrets file.
secrets_of() {
	(umask 077 && printf 'secrets = ( %s );\n' "$2" >"/mnt/$1/vpnd.secrets")
}

# --- the daemon ---

# vpnd_write NS ROLE [KEY=VALUE...]
vpnd_write() {
	local ns=$1; shift
	rm -f "/mnt/$ns/vpnd.conf" "/mnt/$ns/vpnd.secrets"
	vpnd_conf "$@" >"/mnt/$ns/vpnd.conf"
	(umask 077 && vpnd_secrets "$1" >"/mnt/$ns/vpnd.secrets")
	cp "/mnt/$ns/vpnd.conf" "$out/$ns.vpnd.conf"
}

# vpnd_run NS: in the foreground, with what vpnd_write wrote; for daemons that are expected to give up.
vpnd_run() {
	mkdir -p "/mnt/$1/run"
	in_ns "$1" "$daemons/vpnd" -c "/mnt/$1/vpnd.conf" -d "/mnt/$1/run"
}

# engine_pid NS: of its vpnd's engine.
engine_pid() {
	sed -n 's/.*engine-started pid=\([0-9]*\).*/\1/p' "$out/$1.vpnd.log" | tail -1
}

# engines NS: all that its vpnd has had; engine_lives NS ENGINES: there was none since, and none died.
engines() {
	grep -o 'engine-started pid=[0-9]*' "$out/$1.vpnd.log"
}

engine_lives() {
	[ "$(engines "$1")" = "$2" ] && ! grep -E 'engine-(ended|died|killed|start-failed)' "$out/$1.vpnd.log"
}

another_engine() {
	[ "$(engine_pid "$1")" != "$2" ] && ctl "$1" --json show >/dev/null
}

# kill_engine NS: as hard as it can be; another one is there then.
kill_engine() {
	local was
	was=$(engine_pid "$1")
	kill -KILL "$was"
	wait_for 40 "the $1 has another engine" another_engine "$1" "$was"
}

# lose_engine NS: until one begins without what the others have left.
lose_engine() {
	local n scratch
	scratch=$(grep -c engine-from-scratch "$out/$1.vpnd.log" || true)
	for ((n = 0; n < 8; n++)); do
		kill_engine "$1"
		[ "$(grep -c engine-from-scratch "$out/$1.vpnd.log" || true)" -eq "$scratch" ] || return 0
	done
	fail "the engine of $1 never begins from scratch"
}

# vpnd_spawn NS: starts it beside the scenario and waits until it answers.
vpnd_spawn() {
	need_files "$daemons/vpnd" "$daemons/vpnctl"
	mkdir -p "/mnt/$1/run"
	spawn "$1.vpnd" nsenter --net="/run/netns/$1" -- "$daemons/vpnd" -c "/mnt/$1/vpnd.conf" -d "/mnt/$1/run" -v
	vpnd_answers "$1"
}

vpnd_answers() {
	local end=$((SECONDS + 20 * patience))
	until ctl "$1" --json show >/dev/null 2>&1; do
		running "$1.vpnd" || { tail -n 5 "$out/$1.vpnd.log"; fail "vpnd in $1 ended at once"; }
		[ $SECONDS -lt $end ] || fail "vpnd in $1 does not answer"
		sleep 0.1
	done
}

# vpnd_start NS ROLE [KEY=VALUE...]
vpnd_start() {
	vpnd_write "$@"
	vpnd_spawn "$1"
	note "vpnd runs in $1"
}

# vpnd_stop NS: an orderly end.
vpnd_stop() {
	reap "$1.vpnd" TERM 15
	[ $reaped -eq 0 ] || fail "vpnd in $1 ended with status $reaped"
	note "vpnd in $1 has ended"
}

# --- questions ---

ctl() {
	local ns=$1; shift
	in_ns "$ns" timeout $((60 * patience)) "$daemons/vpnctl" -S "/mnt/$ns/run/ctl.sock" "$@"
}

# tunnel_get NS TUNNEL JQ-EXPRESSION; tunnel_is NS TUNNEL JQ-CONDITION
tunnel_get() {
	ctl "$1" --json show | jq -r --arg name "$2" ".tunnels[] | select(.name == \$name) | $3"
}

tunnel_is() {
	ctl "$1" --json show | jq -e --arg name "$2" "first(.tunnels[] | select(.name == \$name)) | $3" >/dev/null || {
		tunnel_get "$1" "$2" 'tojson'
		return 1
	}
}

# up NS [N]: every tunnel of NS, or tunnel N, is up.
up() {
	ctl "$1" --json show | jq -e --arg n "${2:-}" '
		[.tunnels[] | select($n == "" or .tunnel == ($n | tonumber)) | .state] | length > 0 and all(. == "UP")' >/dev/null || {
		ctl "$1" show
		return 1
	}
}

both_up() { up hub && up branch; }

# standard_up: so are the tunnels of the standard topology, whatever else the hub has.
standard_up() {
	ctl hub --json show | jq -e '[.tunnels[] | select(.connection == "vpn-branch1") | .state] == ["UP", "UP"]' >/dev/null && up branch
}

# ike_spis NS: of its IKE SAs, as shown.
ike_spis() {
	ctl "$1" --json show | jq -c '[.tunnels[].ike | .spi_i, .spi_r]'
}

# How often the tunnels of a side have been rekeyed, all together.
rekeys() {
	ctl "$1" --json show | jq "[.tunnels[].$2.rekeys] | add"
}

rekeys_reach() {
	local now
	now=$(rekeys "$1" "$2")
	echo "$1 has had $now rekeys ($2)"
	[ "$now" -ge "$3" ]
}

# sa_count NS N: the kernel has so many SAs, neither half nor left over.
sa_count() {
	local now
	now=$(ip -n "$1" xfrm state) || return
	now=$(grep -c '^src' <<<"$now")
	[ "$now" -eq "$2" ] || { echo "$1: $now SAs"; return 1; }
}

# nothing_left NS: no trace of a tunnel in the kernel.
nothing_left() {
	local left
	left=$(
		set -e
		ip -n "$1" xfrm state
		ip -n "$1" xfrm policy
		ip -n "$1" nexthop
		ip -n "$1" -br link | sed -n '/^vpn[0-9]/p'
		ip -n "$1" route show table all | sed -n '/vpn[0-9]/p; /169\.254\./p'
	) || return
	[ -z "$left" ] || { echo "$left"; return 1; }
}
