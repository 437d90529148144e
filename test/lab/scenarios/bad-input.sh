#!/bin/bash
# bad-input: what is wrong with a peer, a configuration or a machine is said in one clear line, and nothing is left behind
# needs: vti vpnd
# time: 240
#
#    hub =========== u1 =========== branch
#        =========== u2 ===========
#
# The hub is always right; what is wrong is always at the branch.
. /mnt/top/test/lab/lib.sh

# --- a daemon that gives up ---

# gives_up 'DESCRIPTION' STATUS PATTERN COMMAND...: ends by itself, with that status, and says why in exactly one line.
gives_up() {
	local what=$1 want=$2 pattern=$3 status=0; shift 3
	timeout 10 "$@" >/mnt/said 2>&1 || status=$?
	sed 's/^/    /' /mnt/said
	[ $status -eq $want ] || fail "$what: status $status, not $want"
	[ "$(grep -cE "$pattern" /mnt/said)" -eq 1 ] || fail "$what: no single line says: $pattern"
	ok "$what: status $status, said in one line"
}

at_branch=(nsenter --net=/run/netns/branch --)
at_hub=(nsenter --net=/run/netns/hub --)
branch_vpnd=("${at_branch[@]}" "$daemons/vpnd" -c /mnt/branch/vpnd.conf -d /mnt/branch/run)
hub_vpnd=("${at_hub[@]}" "$daemons/vpnd" -c /mnt/hub/vpnd.conf -d /mnt/hub/run)
branch_ctl=("${at_branch[@]}" "$daemons/vpnctl" -S /mnt/branch/run/ctl.sock)
hub_ctl=("${at_hub[@]}" "$daemons/vpnctl" -S /mnt/hub/run/ctl.sock)

hide_modules() { modprobe_was=$(cat /proc/sys/kernel/modprobe); echo /bin/false >/proc/sys/kernel/modprobe; }
find_modules() { echo $modprobe_was >/proc/sys/kernel/modprobe; }

# --- two daemons that do not agree ---

hub_log_from=1
hub_mark() { hub_log_from=$(($(wc -l <$out/hub.vpnd.log) + 1)); }

hub_said() {
	tail -n +$hub_log_from $out/hub.vpnd.log | grep -E "$1"
}

# explained HOST NAME JQ-FILTER: the failure that `vpnctl explain` keeps.
explained() {
	ctl $1 --json explain $2 | jq -e ".explained[0].failure | $3" >/dev/null
}

# disagree 'DESCRIPTION' LAYER PATTERN [KEY=VALUE...]: a branch configured so. The hub must say one thing that names connection,
# tunnel and cause; both ends must have the tunnel down at that layer with a reason, and nothing may be half installed.
disagree() {
	local what=$1 layer=$2 pattern=$3; shift 3
	step "$what"
	hub_mark
	vpnd_write branch branch "$@"
	[ -z "${other_psk:-}" ] || sed -i "s/$psk/$other_psk/" /mnt/branch/vpnd.secrets
	vpnd_spawn branch
	wait_for 20 "the hub names connection, tunnel and cause" hub_said "conn=vpn-branch1 .*tunnel=1 .*($pattern)"
	hub_said "conn=vpn-branch1 .*tunnel=1 .*($pattern)" | sed -n '1s/^/    /p'
	wait_for 10 "the hub shows the tunnel down, with a reason" tunnel_is hub vpn-branch1/1 \
		".state == \"DOWN\" and .layer == \"$layer\" and .reason != \"\""
	wait_for 10 "so does the branch" tunnel_is branch vpn-hub/1 \
		".state == \"DOWN\" and .layer == \"$layer\" and .reason != \"\""
	note "hub:    $(tunnel_get hub vpn-branch1/1 .reason)"
	note "branch: $(tunnel_get branch vpn-hub/1 .reason)"
	[ -z "${why:-}" ] || check "the hub explains it" explained hub vpn-branch1/1 "$why"
	[ $layer = bgp ] || check "the hub has no SA for it" sa_count hub 0
	check "the hub has no route for it" fib_is hub $branch_net ""
	vpnd_stop branch
	check "nothing is left on the branch" nothing_left branch
	wait_for 10 "the hub has no SA left" sa_count hub 0
}

# Without capabilities and new privileges, behind a filter on system calls, its root an empty directory, and not root.
engine_is_harmless() {
	local of=/proc/$(engine_pid $1)
	awk '/^Cap(Inh|Prm|Eff|Bnd|Amb):/ { bad += $2 != "0000000000000000" } /^NoNewPrivs:/ { n += $2 == 1 }
		/^Seccomp:/ { n += $2 == 2 } /^Uid:/ { n += $2 && $3 && $4 && $5 } END { exit bad || n != 3 }' "$of/status" &&
		[ -z "$(ls -A "$of/root/")" ]
}

# --- a configuration that is wrong ---

# wrong_line 'DESCRIPTION' SED-SCRIPT PATTERN: a good configuration, edited; --check and the daemon say the same.
wrong_line() {
	vpnd_write branch branch
	sed -i "$2" /mnt/branch/vpnd.conf
	gives_up "$1: vpnd --check" 6 "vpnd.conf:[0-9]+: .*$3" "${branch_vpnd[@]}" --check
	gives_up "$1: vpnd" 6 "vpnd.conf:[0-9]+: .*$3" "${branch_vpnd[@]}"
}

step "two gateways, no hosts"
gateway hub branch
wire hub u1 198.51.100.1/24 branch u1 198.51.100.2/24
wire hub u2 203.0.113.1/24 branch u2 203.0.113.2/24
mkdir -p /mnt/hub/run /mnt/branch/run

if [ $LAB_KIND != host ]; then
	step "a kernel without ESP"
	vpnd_write branch branch
	hide_modules
	gives_up "vpnd" 4 "ESP" "${branch_vpnd[@]}"
	find_modules
	check "nothing is left on the branch" nothing_left branch
fi

step "not root"
vpnd_write branch branch
chmod 644 /mnt/branch/vpnd.conf
gives_up "vpnd as nobody" 4 "root" setpriv --reuid=nobody --regid=nogroup --clear-groups $daemons/vpnd \
	-c /mnt/branch/vpnd.conf -d /mnt/branch/run

step "a configuration that is broken"
wrong_line "not the syntax" '2s/$/ = = ;/' ""
wrong_line "an unknown key" 's/^\trole = .*/\trole = "device"; colour = "red";/' "colour"
wrong_line "a value out of range" 's/^\tbgp_hold_time_seconds = .*/\tbgp_hold_time_seconds = 1;/' "bgp_hold_time_seconds"
wrong_line "an address that is none" 's/198.51.100.1"/198.51.100.999"/' "remote_outside_ip_address"
wrong_line "a lifetime only a lab may have" '/^allow_short_lifetimes/d; /dpd_timeout/d; s/^\trole = .*/\trole = "device"; phase2_lifetime_seconds = 5;/' "phase2_lifetime_seconds"
vpnd_write branch branch bgp_hold_time_seconds=1 remote_asn=0
gives_up "two errors: the first is named" 6 "bgp_hold_time_seconds" "${branch_vpnd[@]}" --check
vpnd_write branch branch
rm /mnt/branch/vpnd.conf
gives_up "no configuration" 6 "vpnd.conf" "${branch_vpnd[@]}"

step "secrets that others may read"
vpnd_write branch branch
chmod 644 /mnt/branch/vpnd.secrets
gives_up "vpnd --check" 6 "vpnd.secrets.*(0?644|mode|permission|readable)" "${branch_vpnd[@]}" --check
gives_up "vpnd" 6 "vpnd.secrets.*(0?644|mode|permission|readable)" "${branch_vpnd[@]}"

step "vpnctl without a daemon"
gives_up "no daemon" 2 "ctl.sock" "${branch_ctl[@]}" show

step "the daemon is started twice"
vpnd_start hub hub 'phase1_encryption_algorithms=[ "AES256-GCM-16" ]'
gives_up "the second vpnd" 4 "running" "${hub_vpnd[@]}"
check "the first has not noticed" ctl hub show
check "its engine can do nothing but its work" engine_is_harmless hub

step "vpnctl asked for what is not there"
gives_up "no such connection" 3 "vpn-nowhere" "${hub_ctl[@]}" up vpn-nowhere
gives_up "no such tunnel" 3 "vpn-branch1/7" "${hub_ctl[@]}" show tunnel vpn-branch1/7
gives_up "no such command" 1 "frobnicate" "${hub_ctl[@]}" frobnicate
gives_up "a tunnel that does not come up" 5 "vpn-branch1/1" "${hub_ctl[@]}" --timeout 2 up vpn-branch1/1

other_psk="wrong horse"
disagree "the wrong pre-shared key" ike "[Aa]uth|AUTH|pre-shared"
other_psk=
why='.code == "no-common-proposal" and any(.facts[]; .name == "theirs" and (.value | test("AES128-CBC")))' \
	disagree "no common proposal" ike "[Pp]roposal|NO_PROPOSAL_CHOSEN" \
	'phase1_encryption_algorithms=[ "AES128" ]'
disagree "the wrong identity" ike "intruder.example" 1.local_id=intruder.example 2.local_id=intruder.example
disagree "the wrong AS" bgp "65099" asn=65099

step "the hub ends as if nothing had been"
vpnd_stop hub
check "nothing is left on the hub" nothing_left hub

pass
