#!/bin/bash
# hostile-peer: a peer that breaks one rule after the other against a hub whose other tunnels carry traffic: nothing of it stays
# needs: vti vpnd
# time: 480
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10    |   =========== u2 ===========             10.2.0.10
#               |
#               u3 --- rogue 192.0.2.66 calls tunnel 1 of vpn-rogue, .67 is called by tunnel 2, .99 is nobody
#
# The cases and their verdicts are those of test/hostile; each is one line here.
. /mnt/top/test/lab/lib.sh

rogue_connection() {
	cat <<-X
	}, {
		name = "vpn-rogue";
		role = "hub";
		startup_action = "add";
		dpd_timeout_seconds = 10;
		phase1_encryption_algorithms = [ "AES256-GCM-16" ];
		phase1_integrity_algorithms = [ "SHA2-256" ];
		phase1_dh_group_numbers = [ 31, 19, 14 ];
		phase2_encryption_algorithms = [ "AES256-GCM-16" ];
		phase2_dh_group_numbers = [ 31, 19, 14 ];
		local_ipv4_network_cidr = "10.2.0.0/16";	# AWS's words: the customer's side
		remote_ipv4_network_cidr = "10.1.0.0/16";
		tunnels = (
	$(rogue_tunnel 1 66 caller),
	$(rogue_tunnel 2 67 called)
		);
	} );
	X
}

rogue_tunnel() {
	cat <<-X
		{
			local_outside_ip_address = "192.0.2.1";
			remote_outside_ip_address = "192.0.2.$2";
			local_id = "right.example";
			remote_id = "$3.example";
			tunnel_inside_cidr = "169.254.3$1.0/30";
			interface_name = "vpn3$1";
		}
	X
}

hub_with_rogue() {
	vpnd_write hub hub
	sed -i '$d' /mnt/hub/vpnd.conf
	rogue_connection >>/mnt/hub/vpnd.conf
	cp /mnt/hub/vpnd.conf "$out/hub.vpnd.conf"
	sed -i 's/ );$/, { connection = "vpn-rogue"; pre_shared_key = "a secret of both"; } );/' /mnt/hub/vpnd.secrets
	vpnd_spawn hub
}

children() {
	ctl hub --json show | jq -c '[.tunnels[] | select(.connection == "vpn-branch1") | .child]'
}

rogue_gone() {
	ctl hub --json show | jq -e '[.tunnels[] | select(.connection == "vpn-rogue") | .ike.state, .child.state] | unique == ["down"]' \
		>/dev/null || { ctl hub show; return 1; }
}

rogue_says() {
	in_ns rogue timeout 380 $daemons/hostile 192.0.2.1 192.0.2.66 192.0.2.67 192.0.2.99 \
		/mnt/hub/run/ctl.sock vpn-rogue/2 >$out/hostile.tap 2>&1 || true		# the plan and the verdicts say how it went
	sed 's/^/    /' $out/hostile.tap
}

step "a hub, a branch with two tunnels, and a rogue"
need_files $daemons/hostile
two_underlays
host rogue
wire hub u3 192.0.2.1/24 rogue eth0 192.0.2.66/24,192.0.2.67/24,192.0.2.99/24
hub_with_rogue
vpnd_start branch branch
wait_for 30 "both tunnels to the branch are up" standard_up
engine_was=$(engines hub)
children_were=$(children)
check "the hub has their four SAs" sa_count hub 4
OTHER_SPI=$(ip -n hub -o xfrm state | sed -n "s/^src ${hub_outside[0]} .*spi 0x\([0-9a-f]*\) .*/\1/p" | head -1)
export OTHER_SPI
ping_start "ping from vpc" vpc $lan_host 0.1
ping_start "ping from lan" lan $vpc_host 0.1

step "what the rogue says, and what the RFC asks for"
rogue_says
cases=$(sed -n 's/^1\.\.//p' $out/hostile.tap)
[ -n "$cases" ] || fail "the rogue has not come to its end"
none_otherwise() { ! grep -A1 '^not ok' $out/hostile.tap; }
check "none went otherwise" none_otherwise
check "all of its $cases cases were run" [ "$(grep -c '^ok ' $out/hostile.tap)" -eq "$cases" ]

step "nothing of it stays"
check "the engine is the one of before" engine_lives hub "$engine_was"
no_loss "ping from vpc"
no_loss "ping from lan"
wait_for 60 "the hub shows no IKE SA and no child of the rogue's" rogue_gone
wait_for 60 "the hub has four SAs" sa_count hub 4
check "both tunnels to the branch are up" standard_up
check "their children are the same" [ "$(children)" = "$children_were" ]
check "child SAs to the branch can be rekeyed" ctl hub rekey vpn-branch1 child
check "IKE SAs to the branch can be rekeyed" ctl hub rekey vpn-branch1 ike
check "pings go through" pings vpc $lan_host

pass
