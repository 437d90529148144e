#!/bin/bash
# no-nf-tables: a kernel without nf_tables: tunnels work, what cannot be is said
# needs: vti vpnd
# time: 200
#
# Topology: net.sh. The kernel may load every module but those of netfilter.
. /mnt/top/test/lab/lib.sh

step "two gateways on kernels without nf_tables"
printf '#!/bin/sh\ncase "$*" in *nf*|*net-pf-16-proto-12*) exit 1 ;; esac\nexec %s "$@"\n' \
	"$(cat /proc/sys/kernel/modprobe)" >/mnt/modprobe-some
chmod 755 /mnt/modprobe-some
echo /mnt/modprobe-some >/proc/sys/kernel/modprobe
! grep -q '^nf_tables ' /proc/modules || skip "nf_tables is there already"
two_underlays
vpnd_write hub hub interface=vti
sed -i '1i vpcs = ( { name = "v"; interfaces = [ "vpc0" ]; forwarding = "tunnels"; } );' /mnt/hub/vpnd.conf
vpnd_spawn hub
vpnd_start branch branch interface=vti
wait_for 30 "both tunnels are up at both ends" both_up
wait_for 10 "vpc reaches lan" pings vpc $lan_host

step "what cannot be is said"
check "the log tells of the MSS" grep -q 'no-mss-clamp why="the kernel has no nf_tables' "$out/hub.vpnd.log"
check "so does vpnctl" tunnel_is hub vpn-branch1/1 '.interface.mss_clamp == false'
check "and why the VPC is not held to tunnels" sh -c "nsenter --net=/run/netns/hub -- $daemons/vpnctl -S /mnt/hub/run/ctl.sock show vpcs |
	grep 'forwarding = \"tunnels\" cannot be: the kernel has no nf_tables'"
vpnd_stop branch
vpnd_stop hub
pass
