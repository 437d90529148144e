#!/bin/bash
# peer-matrix: who initiates, NAT, keys, suites, groups: cell by cell with strongSwan, Libreswan and OpenIKED (FULL=1: more)
# needs: vti iptables vpnd strongswan libreswan openiked openssl
# time: 900
# time-full: 90000
#
# In each cell: set-up, traffic, rekeys of the child SA and of the IKE SA by either side with traffic after each, and an end by
# the peer that leaves no SA. Short: every value of every column with every peer; FULL=1: every pair of values; FULL=all: every cell.
# CELLS=strongswan,them,nat runs those of them that hold these words in this order. With either, strongSwan 6 (strongswan6) is a
# peer, too.
. /mnt/top/test/lab/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. "$top/test/lab/matrix.sh"
. "$top/test/lab/matrix_peers.sh"

read_suites
step "one gateway, one peer, a NAT beside"
matrix_topology
matrix_start
for name in "${peers[@]}"; do
	step "$name"
	matrix_peer "$name"
done
matrix_stop

step "the table"
cat "$out/cells_cannot" >>"$cells_file" 2>/dev/null || true
matrix_table | tee -a "$cells_file"
[ -s /mnt/done ] || fail "no cell was run"
[ $cells_failed -eq 0 ] || fail "$cells_failed of $lab_checks cells failed"

pass
