#!/bin/bash
# nat: the branch behind a NAT that keeps its port, then changes it: UDP encapsulation, keepalives, no new IKE SA
# needs: vti nft vpnd
# time: 300
#
#    vpc ------ hub ---------------- u1 ---------------- wan nat in ------------ branch ------ lan
#  10.1.0.10    198.51.100.1 (tunnel 1)    198.51.100.100       192.168.7.1      192.168.7.2  10.2.0.10
#               198.51.100.2 (tunnel 2)                                          (both tunnels)
#
# Tunnel 1 is what a cloud's customer has: identities are public addresses. Tunnel 2: the hub does not know the branch's
# address, only its name.
. /mnt/top/test/lab/lib.sh

masquerade() {
	in_ns nat nft -f - <<-X
	table ip nat
	delete table ip nat
	table ip nat {
		chain out {
			type nat hook postrouting priority srcnat
			oifname "wan" udp sport 4500 masquerade ${1:-}
			oifname "wan" masquerade
		}
		chain in {			# a NAT does not comment on what it has no mapping for
			type filter hook input priority filter
			iifname "wan" udp dport 4500 drop
		}
	}
	X
}

# Losing its address makes a masquerading router forget every mapping behind it.
forget_mappings() {
	ip -n nat addr del 198.51.100.100/24 dev wan
	ip -n nat addr add 198.51.100.100/24 dev wan
}

encapsulated() {
	[ "$(packets wan 'udp port 4500 and udp[8:4] != 0 and udp[4:2] > 9')" -gt 0 ]
}

keepalive_seen() {
	[ "$(packets in 'src host 192.168.7.2 and udp dst port 4500 and udp[4:2] = 9 and udp[8] = 0xff')" -gt 0 ]
}

remote_is() {
	tunnel_is hub vpn-branch1/$1 "(.ike.remote | test(\"^198.51.100.100:$2\$\")) and .ike.nat == \"remote\""
}

step "a branch behind a NAT"
hub_outside=(198.51.100.1 198.51.100.2)
branch_outside=(192.168.7.2 192.168.7.2)
gateway hub nat branch
host vpc lan
wire hub u1 198.51.100.1/24,198.51.100.2/24 nat wan 198.51.100.100/24
wire nat in 192.168.7.1/24 branch u1 192.168.7.2/24
ip -n branch route add default via 192.168.7.1
inside_hosts
masquerade
capture wan hub u1
capture in branch u1

step "the tunnels find their way through it"
timers="bgp_hold_time_seconds=120 dpd_timeout_seconds=120"		# else their traffic leaves no need for keepalives
vpnd_start hub hub $timers 1.remote_outside_ip_address=198.51.100.100 \
	2.remote_outside_ip_address= 2.remote_id=branch.example.net
vpnd_start branch branch $timers 1.local_id=198.51.100.100 2.local_id=branch.example.net
wait_for 30 "both tunnels are up at both ends" both_up
check "the hub sees tunnel 1 behind a NAT, from port 4500" remote_is 1 4500
check "the hub sees tunnel 2 behind a NAT, from port 4500" remote_is 2 4500
check "the branch knows that it is behind a NAT" tunnel_is branch vpn-hub/1 '.ike.nat == "local"'
check "ping from vpc to lan" pings vpc $lan_host
check "ping from lan to vpc" pings lan $vpc_host
check "ESP travels in UDP" encapsulated
wait_for 60 "the branch sends keepalives" keepalive_seen

step "the NAT forgets its mappings and chooses other ports"
before=$(ike_spis hub)
masquerade "to :20000-20100"
forget_mappings
wait_for 20 "ping from lan to vpc" pings lan $vpc_host
wait_for 20 "ping from vpc to lan" pings vpc $lan_host
wait_for 30 "the hub sees tunnel 1 on its new port" remote_is 1 '20[01][0-9]{2}'
wait_for 30 "the hub sees tunnel 2 on its new port" remote_is 2 '20[01][0-9]{2}'
check "the IKE SAs are the same as before" test "$(ike_spis hub)" = "$before"
check "both tunnels have stayed up" both_up

step "what the wire has seen"
capture_end wan
only_esp_ike wan
check "no ESP outside UDP" test "$(packets wan esp)" -eq 0

pass
