#!/bin/bash
# lab-selftest-xfrmi: the lab's other kernel, without vpnd: strongSwan at both ends, two tunnels over XFRM interfaces
# needs: xfrmi strongswan
# time: 240
#
#    hub ========= u1 ========= branch
#        ========= u2 =========
#
. /mnt/top/test/lab/lib.sh

step "two gateways on two underlays"
peer_kind=xfrmi
two_underlays
peer_interfaces hub hub
peer_interfaces branch branch
capture u1 hub u1

step "IKE and ESP"
strongswan_start hub hub add
strongswan_start branch branch start
wait_for 30 "two child SAs on the hub" strongswan_up hub
check "an answer through tunnel 1" pings hub 169.254.10.2
check "an answer through tunnel 2" pings hub 169.254.20.2
capture_end u1
only_esp_ike u1

pass
