#!/bin/bash
# collisions-libreswan: ways in which exchanges of vpnd and Libreswan cross on a wire that holds, drops and reorders them (FULL=1: all twenty)
# needs: vti vpnd libreswan
# time: 700
# time-full: 1500
#
#      hub ====== u1 == side-a [wire] side-b == u1 ====== branch
#      vpnd                   shuffle                     Libreswan
#
. /mnt/top/test/lab/lib.sh
. /mnt/top/test/lab/shuffle.sh
. /mnt/top/test/lab/collisions.sh
collisions_with libreswan
pass
