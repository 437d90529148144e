#!/bin/bash
# collisions-strongswan: ways in which exchanges of vpnd and strongSwan cross on a wire that holds, drops and reorders them (FULL=1: all twenty)
# needs: vti vpnd strongswan
# time: 700
# time-full: 1500
#
#      hub ====== u1 == side-a [wire] side-b == u1 ====== branch
#      vpnd                   shuffle                     strongSwan
#
. /mnt/top/test/lab/lib.sh
. /mnt/top/test/lab/shuffle.sh
. /mnt/top/test/lab/collisions.sh
collisions_with strongswan
pass
