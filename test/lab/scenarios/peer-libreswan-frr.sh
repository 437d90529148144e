#!/bin/bash
# peer-libreswan-frr: Libreswan and FRR at the other end, as branch and as hub, each side initiating once
# needs: vti vpnd libreswan frr
# time: 420
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#
#  rounds:      vpnd                           Libreswan, FRR
#               Libreswan, FRR                 vpnd
#
. /mnt/top/test/lab/lib.sh
ike=libreswan bgp=frr
interop
pass
