#!/bin/bash
# bgp-peers: BIRD, FRR, GoBGP, OpenBGPD and ExaBGP as neighbors over tunnels, column by column of a table (FULL=1: all)
# needs: vti vpnd bird frr gobgp openbgpd exabgp
# time: 900
# time-full: 3600
#
# Each cell is one speaker in one column: what both ends say of the session, the routes of either in the other's table with next hop
# and AS_PATH, and what follows when something is announced, withdrawn, asked for, exceeded or ended. Short: the first column; the
# scenario bgp-peers-veth runs all of them. CELLS=max,frr runs those that hold these words in this order.
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/bgp_matrix.sh"
. "$top/test/lab/bgp_peers.sh"

patience=$((patience * 2))	# a guest has one processor, and twelve daemons here
step "a hub and five speakers"
matrix_topology
matrix_via tunnel
matrix_end

pass
