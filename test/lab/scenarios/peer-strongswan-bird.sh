#!/bin/bash
# peer-strongswan-bird: strongSwan and BIRD at the other end, as branch and as hub, each side initiating once
# needs: vti vpnd strongswan bird
# time: 420
#
#    vpc ------ hub =========== u1 =========== branch ------ lan
#  10.1.0.10        =========== u2 ===========             10.2.0.10
#
#  rounds:      vpnd                           strongSwan, BIRD
#               strongSwan, BIRD               vpnd
#
. /mnt/top/test/lab/lib.sh
ike=strongswan bgp=bird
interop
pass
