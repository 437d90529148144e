#!/bin/bash
# route-tables-vrf: route-tables once more, over XFRM interfaces in VRF devices
# needs: xfrmi vpnd bird
# time: 900
#
# Topology and steps are those of route-tables.sh; what comes from a tunnel gets to its table by a VRF device, not by a rule.
interface=xfrmi
. /mnt/top/test/lab/scenarios/route-tables.sh
