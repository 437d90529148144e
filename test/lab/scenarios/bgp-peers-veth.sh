#!/bin/bash
# bgp-peers-veth: the whole table of bgp-peers over veths in place of tunnels, which any machine has
# needs: vpndveth bird frr gobgp openbgpd exabgp
# time: 900
#
# vpnd takes the veths for its tunnels and installs no SA (test/bench/vpndveth.c); IKE, BGP, nexthops and routes are the real ones.
# CELLS=max,frr runs the cells that hold these words in this order.
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/bgp_matrix.sh"
. "$top/test/lab/bgp_peers.sh"

step "a hub and five speakers"
matrix_topology
matrix_via veth
matrix_end

pass
