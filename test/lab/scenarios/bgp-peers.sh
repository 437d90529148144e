#!/bin/bash
# bgp-peers: BIRD, FRR, GoBGP, OpenBGPD and ExaBGP as neighbors, column by column of a table, over tunnels and over veths (FULL=1)
# needs: vti vpnd vpndveth bird frr gobgp openbgpd exabgp
# time: 600
# time-full: 1800
#
# Each cell is one speaker in one column: what both ends say of the session, the routes of either in the other's table with next hop
# and AS_PATH, and what follows when something is announced, withdrawn, asked for, exceeded or ended. Short: everything over tunnels,
# the basic columns over veths. CELLS=tunnel,max,frr runs those that hold these words in this order.
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/bgp_matrix.sh"
. "$top/test/lab/bgp_peers.sh"

step "a hub and five speakers"
matrix_topology
for kind in tunnel veth; do
	matrix_via $kind
done

step "the table"
sort -u "$out/cells_cannot" >>"$cells_file" 2>/dev/null || true
[ -s /mnt/done ] || fail "no cell was run"
matrix_table | tee -a "$cells_file"
[ $cells_failed -eq 0 ] || fail "$cells_failed of $lab_checks cells failed"

pass
