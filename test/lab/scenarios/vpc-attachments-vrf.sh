#!/bin/bash
# vpc-attachments-vrf: VPCs once more, with XFRM interfaces in VRF devices, whose tables packets enter and leave by routes
# needs: xfrmi vpnd nft strongswan bird
# time: 900
#
# Topology and most steps are those of vpc-attachments.sh; the VPCs' interfaces stay out of the VRF devices.
interface=xfrmi
. /mnt/top/test/lab/scenarios/vpc-attachments.sh
