#!/bin/bash
# metrics: what vpnctl tells monitoring systems, read by promtool, by an OpenMetrics parser and by jq, against what the kernel counts
# needs: vti vpnd promtool prometheus-client
# time: 150
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
. /mnt/top/test/lab/lib.sh

promtool=$top/build/peers/prometheus/usr/bin/promtool
metrics=/mnt/metrics.prom

# of FAMILY LABELS...: the value of the sample that has all of these labels.
of() {
	local family=$1 lines; shift
	lines=$(grep -E "^$family(\{| )" $metrics)
	for label in "$@"; do
		lines=$(grep -F "$label" <<<"$lines")
	done
	[ "$(wc -l <<<"$lines")" = 1 ] || { printf '%s\n' "$lines" >&2; return 1; }
	echo "${lines##* }"
}

is() {
	local want=$1; shift
	[ "$(of "$@")" = "$want" ] || { echo "$*: $(of "$@")"; return 1; }
}

take() {
	ctl hub metrics --format prometheus >$metrics
}

take_and_is() {
	take && is "$@"
}

# A parser of somebody else's reads every line, and knows what the families are.
openmetrics_is_read() {
	ctl hub metrics >/mnt/metrics.om && python3 - /mnt/metrics.om <<-'X'
		import sys
		from prometheus_client.openmetrics.parser import text_string_to_metric_families
		families = {f.name: f for f in text_string_to_metric_families(open(sys.argv[1]).read())}
		data = families["vpnd_tunnel_data_in_bytes"]
		assert data.type == "counter" and data.unit == "bytes" and len(data.samples) == 2, data
		busy = families["vpnd_engine_busy_seconds"]
		assert busy.type == "counter" and busy.unit == "seconds" and busy.samples[0].value > 0, busy
		assert families["vpnd_tunnel_state"].samples[0].labels["vpn_id"] == "vpn-branch1"
		print(len(families), "families")
	X
}

# What went through a tunnel, as the interface itself has it.
grew_by() {
	local before=$1 least=$2 now; shift 2
	take && now=$(of "$@") && [ $((now - before)) -ge "$least" ] && [ $((now - before)) -le $((least * 2)) ]
}

kernel_has() {
	local want
	take && want=$(in_ns hub ip -j -s link show dev "$1" | jq ".[0].stats64.rx.packets") && shift && is "$want" "$@"
}

branch_names_the_hub() {
	ctl branch metrics | grep "^vpnd_tunnel_state.*tunnel_ip_address=\"${hub_outside[1]}\""
}

file_is_replaced() {
	echo rubbish >/mnt/file.prom
	ctl hub metrics --format prometheus --out /mnt/file.prom
	[ "$(stat -c %a /mnt/file.prom)" = 644 ] && ! grep -q rubbish /mnt/file.prom && grep -q '^vpnd_up 1' /mnt/file.prom
}

fresh() {
	[ $(($(date +%s) - $(of "$@"))) -le $((10 * patience)) ]
}

emf_lines() {
	[ "$(wc -l <"$out/emf.log")" -ge 6 ]
}

emf_is() {
	jq -e -s "$1" "$out/emf.log"
}

step "two tunnels with traffic"
two_underlays
vpnd_start hub hub
vpnd_start branch branch
wait_for 30 "both tunnels are up at both ends" both_up
wait_for 10 "the hub routes over both tunnels" fib_is hub $branch_net "vpn1 vpn2"
check "both are up in the metrics" take_and_is 1 vpnd_tunnel_state 'tunnel="1"'
one="$(of vpnd_tunnel_data_in_bytes_total 'tunnel="1"')"
out_one="$(of vpnd_tunnel_data_out_bytes_total 'tunnel="1"')"
in_ns hub ping -nq -c 100 -i 0.01 -s 972 ${inside[0]}.2 >/dev/null
check "100 answers of 1000 octets came in through tunnel 1" grew_by "$one" 100000 vpnd_tunnel_data_in_bytes_total 'tunnel="1"'
check "and as many went out" grew_by "$out_one" 100000 vpnd_tunnel_data_out_bytes_total 'tunnel="1"'
wait_for 10 "packets are the interface's" kernel_has vpn2 vpnd_tunnel_packets_in_total 'tunnel="2"'

step "the formats"
check "promtool has nothing against the text format" in_ns hub sh -c "$promtool check metrics <$metrics"
check "an OpenMetrics parser reads them" openmetrics_is_read
check "dimensions are AWS's" is 1 vpnd_bgp_up 'vpn_id="vpn-branch1"' 'tunnel="2"' "tunnel_ip_address=\"${hub_outside[1]}\""
check "from the branch the address is the hub's, too" branch_names_the_hub
check "routes of the neighbor" is 1 vpnd_bgp_accepted 'tunnel="1"'
check "a file is replaced whole, and all may read it" file_is_replaced
spawn emf nsenter --net=/run/netns/hub -- "$daemons/vpnctl" -S /mnt/hub/run/ctl.sock metrics --format emf --every 1s
in_ns hub ping -nq -c 30 -i 0.1 -s 972 ${inside[0]}.2 >/dev/null
wait_for 20 "lines for CloudWatch come by themselves" emf_lines
reap emf
check "they have states and dimensions" emf_is 'all(.TunnelState == 1 and .VpnId == "vpn-branch1"
	and ._aws.CloudWatchMetrics[0].Dimensions == [["VpnId", "TunnelIpAddress"], ["VpnId"]]
	and ._aws.CloudWatchMetrics[0].Namespace == "vpnd")'
check "data is since the last point" emf_is '[.[] | select(.TunnelIpAddress == "'${hub_outside[0]}'") | .TunnelDataIn // 0]
	| (max > 2000 and max < 40000 and .[0] == 0)'

step "what goes wrong"
check "rekeys are counted" ctl hub rekey vpn-branch1/1 child
check "rekeys are counted" take_and_is 1 vpnd_child_rekeys_total 'tunnel="1"'
in_ns branch ip link set u2 down
wait_for 60 "the tunnel that is cut is down" take_and_is 0 vpnd_tunnel_state 'tunnel="2"'
check "the other one is up" is 1 vpnd_tunnel_state 'tunnel="1"'
check "since when" fresh vpnd_tunnel_state_change_timestamp_seconds 'tunnel="2"'
vpnd_stop hub
refuse "no daemon, no success" take
check "and that is what is said" grep -qx 'vpnd_up 0' $metrics

pass
