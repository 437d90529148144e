#!/bin/bash
# lab-selftest: the lab itself, without vpnd: strongSwan and BIRD as hub, Libreswan and FRR as branch, two VTI tunnels
# needs: vti strongswan libreswan bird frr
# time: 240
#
#   vpc ------ hub ========= u1 ========= branch ------ lan
#  10.1.0.10   strongSwan                 Libreswan    10.2.0.10
#              BIRD   ====== u2 ========= FRR
#
. /mnt/top/test/lab/lib.sh

step "two gateways on two underlays"
two_underlays
peer_interfaces hub hub
peer_interfaces branch branch

step "IKE: strongSwan waits, Libreswan initiates"
capture u1 hub u1
capture u2 hub u2
capture inside vpc eth0
strongswan_start hub hub add
libreswan_start branch branch start
wait_for 30 "two child SAs on the hub" strongswan_up hub
wait_for 10 "two child SAs on the branch" libreswan_up branch
check "an answer through tunnel 1" pings hub 169.254.10.2
check "an answer through tunnel 2" pings hub 169.254.20.2

step "BGP: BIRD and FRR"
bird_start hub hub
frr_start branch branch
wait_for 30 "BIRD has two sessions" bird_up hub
wait_for 10 "FRR has two sessions" frr_up branch
wait_for 10 "the hub routes over both tunnels" fib_is hub $branch_net "vpn1 vpn2"
wait_for 10 "the branch routes over both tunnels" fib_is branch $hub_net "vpn1 vpn2"

step "traffic from host to host"
check "ping from vpc to lan" pings vpc $lan_host
check "ping from lan to vpc" pings lan $vpc_host
send vpc lan $lan_host 3
sent vpc lan 20

step "a cut underlay costs a next hop and is noticed, a healed one brings it back"
cut_underlay 2
wait_for 30 "the hub routes over tunnel 1 alone" fib_is hub $branch_net "vpn1"
wait_for 30 "the branch routes over tunnel 1 alone" fib_is branch $hub_net "vpn1"
ping_start steady vpc $lan_host
heal_underlay 2
wait_for 40 "the hub routes over both tunnels again" fib_is hub $branch_net "vpn1 vpn2"
no_loss steady 3		# BIRD and FRR do not move routes together

step "what the wires have seen"
capture_end u1
capture_end u2
capture_end inside
only_esp_ike u1
only_esp_ike u2
in_clear inside

pass
