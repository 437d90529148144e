# The lab's helper library: what every scenario sources first. Verdicts, waiting, namespaces and wires, captures and traffic.
# Sources net.sh, peers.sh and vpnd.sh for the rest. Runs inside a guest (test/lab/init): the tree is /mnt/top, /mnt/out is the
# scenario's directory outside, everything else is gone when the guest ends.
#
# A scenario fails at the first command that fails unexpectedly; it passes only by saying so (pass) as its last word.
# shellcheck shell=bash
set -euE -o pipefail
shopt -s inherit_errexit

top=/mnt/top
out=/mnt/out
daemons=/mnt/top/${LAB_BUILD:-build}
patience=1			# what waiting times are multiplied with
[ "$LAB_KIND" = qemu ] && patience=3
lab_step="setting up"
lab_checks=0
lab_verdict=
reason_file=/mnt/reason

# --- verdicts ---

lab_exit() {
	trap - EXIT ERR TERM
	set +e
	exec >&3 2>&1
	if [ -z "$lab_verdict" ]; then
		lab_verdict="fail: $(cat $reason_file 2>/dev/null || echo "ended without a verdict")"
		printf "\nFAILED in: %s\n  %s\n" "$lab_step" "${lab_verdict#fail: }"
		lab_verdict="$lab_verdict (in: $lab_step)"
		collect failed
	elif [ -n "${KEEP:-}" ]; then
		collect kept
	fi
	stop_all
	printf '%s\n' "$lab_verdict" >$out/result
}

# Names the line of the scenario that led to the failure, not that of the library where it happened.
lab_error() {
	local i
	[ -s $reason_file ] && exit 1
	for i in "${!BASH_SOURCE[@]}"; do
		case ${BASH_SOURCE[i]} in
		*/scenarios/* | "$LAB_SCRIPT") break ;;
		esac
	done
	printf "line %d of %s: '%s' ended with status %d\n" "${BASH_LINENO[i - 1]}" "${BASH_SOURCE[i]##*/}" "$2" "$1" >$reason_file
	exit 1
}

exec 3>&1			# the console, also where a command's output goes elsewhere
trap lab_exit EXIT
trap 'lab_error $? "$BASH_COMMAND"' ERR
trap 'fail "not finished after $LAB_LIMIT seconds"' TERM

# fail TEXT: ends the scenario; the first reason is the one that counts, also from within a subshell.
fail() {
	[ -s $reason_file ] || printf '%s\n' "$*" >$reason_file
	exit 1
}

pass() {
	lab_verdict="pass: $lab_checks checks, $SECONDS s"
	printf '\nPASSED: %d checks in %d seconds\n' $lab_checks $SECONDS
	exit 0
}

skip() {
	lab_verdict="skip: $*"
	exit 0
}

step() {
	lab_step=$*
	printf '\n[%3d s] %s\n' $SECONDS "$*"
}

note() {
	printf '  %s\n' "$*"
}

ok() {
	lab_checks=$((lab_checks + 1))
	printf '  ok - %s\n' "$*"
}

# check 'DESCRIPTION' COMMAND...: the command must succeed now.
check() {
	local what=$1 said; shift
	if said=$("$@" 2>&1); then
		ok "$what"
	else
		[ -z "$said" ] || note "$said"
		fail "$what"
	fi
}

# refuse 'DESCRIPTION' COMMAND...: the command must fail.
refuse() {
	local what=$1; shift
	if "$@" >/dev/null 2>&1; then
		fail "$what"
	fi
	ok "$what"
}

# wait_for SECONDS 'DESCRIPTION' COMMAND...: the command must succeed within that time.
wait_for() {
	local limit=$1 what=$2 said start=$EPOCHREALTIME; shift 2
	local end=$((SECONDS + limit * patience))
	until said=$("$@" 2>&1); do
		if [ $SECONDS -ge $end ]; then
			[ -z "$said" ] || note "last answer: $said"
			fail "not within $((limit * patience)) s: $what"
		fi
		sleep 0.2
	done
	ok "$what ($(seconds_since "$start") s)"
}

seconds_since() {
	local ms=$(( (${EPOCHREALTIME/./} - ${1/./}) / 1000 ))
	printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

# need_files FILE...: what a scenario runs must have been built.
need_files() {
	local f
	for f in "$@"; do
		[ -x "$f" ] || fail "${f#"$top"/} is not there: build it first"
	done
}

# --- what runs beside the scenario ---

declare -A lab_pids=()

# spawn NAME COMMAND...: in the background, in a session of its own; output goes to /mnt/out/NAME.log.
spawn() {
	local name=$1; shift
	setsid "$@" </dev/null >>"$out/$name.log" 2>&1 &
	lab_pids[$name]=$!
}

running() {
	[ -n "${lab_pids[$1]:-}" ] && kill -0 "${lab_pids[$1]}" 2>/dev/null
}

# reap NAME [SIGNAL] [SECONDS]: ends what spawn started; its exit status is left in reaped.
reaped=0
reap() {
	local pid=${lab_pids[$1]:-} end=$((SECONDS + ${3:-10} * patience))
	[ -n "$pid" ] || return 0
	unset "lab_pids[$1]"
	kill -"${2:-TERM}" "$pid" 2>/dev/null || true
	while kill -0 "$pid" 2>/dev/null; do
		if [ $SECONDS -ge $end ]; then
			note "$1 does not end: killed"
			kill -KILL "$pid" 2>/dev/null || true
		fi
		sleep 0.1
	done
	reaped=0
	wait "$pid" 2>/dev/null || reaped=$?
}

stop_all() {
	local name
	for name in "${!lab_pids[@]}"; do
		kill "${lab_pids[$name]}" 2>/dev/null
	done
}

# collect WORD: everything that explains the end, one file per namespace.
collect() {
	local ns
	for ns in $(ip netns list | awk '{ print $1 }'); do
		collect_ns "$ns" >"$out/$ns.$1" 2>&1
	done
	dmesg >"$out/dmesg.$1" 2>/dev/null
	cp $pcaps/*.pcap "$out/" 2>/dev/null
	return 0
}

collect_ns() {
	local command
	while read -r command; do
		printf '\n$ %s\n' "$command"
		# shellcheck disable=SC2086 # a line of words
		in_ns "$1" timeout 5 $command
	done <<-X
	ip -d addr
	ip route show table all
	ip -6 route show table all
	ip nexthop
	ip rule
	ip -s xfrm state
	ip xfrm policy
	ip -s link
	ss -anp
	nft list ruleset
	cat /proc/net/xfrm_stat
	X
	collect_daemons "$1"
}

# What each daemon has to say about itself, where its socket is there.
collect_daemons() {
	local socket command
	while IFS='|' read -r socket command; do
		[ -S "/mnt/$1/$socket" ] || continue
		printf '\n$ %s\n' "$command"
		# shellcheck disable=SC2086 # a line of words
		$command
	done <<-X
	run/ctl.sock|ctl $1 show
	run/ctl.sock|ctl $1 --json show
	run/ctl.sock|ctl $1 --json show routes
	strongswan/vici|strongswan $1 --list-sas
	libreswan/pluto.ctl|libreswan $1 whack --trafficstatus
	bird/ctl|bird $1 show protocols all
	frr/bgpd.vty|frr $1 show bgp summary
	X
}

# shellcheck source-path=SCRIPTDIR
. "$top/test/lab/net.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/test/lab/peers.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/test/lab/vpnd.sh"
