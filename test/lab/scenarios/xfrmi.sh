#!/bin/bash
# xfrmi: two-tunnels once more, over XFRM interfaces
# needs: xfrmi vpnd
# time: 250
#
# Topology and steps are those of two-tunnels.sh; each tunnel is told apart by its if_id instead of a VTI's mark.
interface=xfrmi
. /mnt/top/test/lab/scenarios/two-tunnels.sh
