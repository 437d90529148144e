# name: the monitor does in the kernel what an engine asks for, and no more
# needs: vti
# time: 240
#
#     lan a                                         lan b
#   10.1.0.1 (lo)   a 192.0.2.1 ===== 192.0.2.2 b   10.2.0.1 (lo)
#                   vpn1 169.254.10.1 - 169.254.10.2 vpn1
#
# Both ends are kernop: the real monitor, channel and sandbox with an engine that reads a script (test/lab/kernop.c).
. test/lab/lib.sh

need_files "$daemons/kernop"

# What the kernel has is what "auto" takes.
mark=1 made='vti .*ikey 118.112.0.1 okey 118.112.0.1'
if ip link add probe0 type xfrm if_id 1 2>/dev/null; then
	ip link del probe0
	mark=0 made='xfrm if_id 0x76700001'
fi
note "interfaces are ${made%% *}"

key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f01020304
gcm="aead=rfc4106(gcm(aes)) key=$key icv=128"
cbc="enc=cbc(aes) key=${key:0:64} auth=hmac(sha256) authkey=${key:0:64} icv=128"
id=0x76700001

# The two ends of everything; a script says $me, $peer and so on.
ends() {
	if [ "$1" = a ]; then
		me=192.0.2.1 peer=192.0.2.2 inside=169.254.10.1 inside_peer=169.254.10.2 net=10.2.0.0/16
		out_spi=0x1001 in_spi=0x2001
	else
		me=192.0.2.2 peer=192.0.2.1 inside=169.254.10.2 inside_peer=169.254.10.1 net=10.1.0.0/16
		out_spi=0x2001 in_spi=0x1001
	fi
}

# config NS: configuration and secrets of one end.
config() {
	ends "$1"
	cat >"/mnt/$1/vpnd.conf" <<-X
	asn = 64512;
	connections = ( {
	  name = "c1"; role = "$([ "$1" = a ] && echo hub || echo device)";
	  routes = [ "$net" ];
	  tunnels = ( {
	    local_outside_ip_address = "$me"; remote_outside_ip_address = "$peer";
	    tunnel_inside_cidr = "169.254.10.0/30"; interface_name = "vpn1";
	  } );
	} );
	neighbors = (
	  { name = "core"; remote_asn = 65001; interface = "lan9"; local_ip_address = "10.5.0.1"; remote_ip_address = "10.5.0.2"; },
	  { name = "lab"; remote_asn = 65002; interface = "lan9"; local_ip_address = "10.6.0.1"; remote_ip_prefix = "10.6.0.0/24"; }
	);
	X
	(umask 077; cat >"/mnt/$1/vpnd.secrets") <<-X
	secrets = ( { connection = "c1"; tunnel = 1; pre_shared_key = "correct horse battery staple"; } );
	X
}

# start NS: kernop with the script /mnt/NS/script; its results are in /mnt/out/NS.tap.
start() {
	: >"$out/$1.tap"
	spawn "$1" nsenter --net="/run/netns/$1" -- sh -c \
		"exec $daemons/kernop /mnt/$1/script -c /mnt/$1/vpnd.conf -d /mnt/$1/run -v >>$out/$1.tap"
	wait_for 40 "$1: the script is through" grep -q '^1\.\.' "$out/$1.tap"
	refuse "$1: and no line of it failed" grep '^not ok' "$out/$1.tap"
}

stop() {
	reap "$1"
	check "$1: ended in order" [ "$reaped" = 0 ]
}

policies() {
	local dir src dst
	for dir in in fwd out; do
		src=$peer dst=$me
		[ $dir = out ] && src=$me dst=$peer
		echo "policy-set dir=$dir src=0.0.0.0/0 dst=0.0.0.0/0 tsrc=$src tdst=$dst reqid=$id if_id=$id mark=$mark priority=1000"
		echo "policy-set dir=$dir src=::/0 dst=::/0 tsrc=$src tdst=$dst reqid=$id if_id=$id mark=$mark priority=1000"
	done
}

# sa_pair ALGORITHMS...: both directions.
sa_pair() {
	echo "sa-add dir=in spi=$in_spi src=$peer dst=$me reqid=$id if_id=$id mark=$mark $*"
	echo "sa-add dir=out spi=$out_spi src=$me dst=$peer reqid=$id if_id=$id mark=$mark ${*/window=*/}"
}

link="link-set name=vpn1 alias=vpnd:c1/1 kind=auto if_id=$id up=1"

tunnel() {
	echo "$link local=$me remote=$peer inside=$inside/30 mtu=1400"
	policies
	sa_pair "$@"
}

routes() {
	echo "nexthop-set id=0x76700101 dev=vpn1 gateway=$inside_peer"
	echo "nexthop-set id=0x76700102 dev=vpn1 gateway=0.0.0.0"
	echo "group-set id=0x76700201 members=0x76700101,0x76700102"
	echo "route-set prefix=$net table=254 nexthop=0x76700201 metric=20"
}

host a b
wire a u0 192.0.2.1/24 b u0 192.0.2.2/24
ip -n a addr add 10.1.0.1/32 dev lo
ip -n b addr add 10.2.0.1/32 dev lo
config a
config b

step "a tunnel of AES-GCM with extended sequence numbers"
for ns in a b; do
	ends $ns
	{ tunnel $gcm esn=1 window=1024; routes; echo resync-done; } >/mnt/$ns/script
	start $ns
done
check "the engine has no privilege" grep -q 'uid 65534, root entries readable: no' "$out/a.tap"
for ns in a b; do
	ip -n $ns -d link show vpn1 >"$out/$ns.link"
	check "$ns: a tunnel interface with our key" grep -q "$made" "$out/$ns.link"
	check "$ns: MTU" grep -q 'mtu 1400' "$out/$ns.link"
	check "$ns: alias" grep -q 'alias vpnd:c1/1' "$out/$ns.link"
	check "$ns: rp_filter" [ "$(in_ns $ns cat /proc/sys/net/ipv4/conf/vpn1/rp_filter)" = 2 ]
	check "$ns: disable_policy" [ "$(in_ns $ns cat /proc/sys/net/ipv4/conf/vpn1/disable_policy)" = 1 ]
	check "$ns: route by nexthop group" grep -q 'nhid 1987052033 proto 118' <<<"$(ip -n $ns route show table main)"
done
check "packets go through" in_ns a ping -q -c3 -i0.2 -W2 169.254.10.2
check "and through the route" in_ns a ping -q -c3 -i0.2 -W2 -I 10.1.0.1 10.2.0.1
check "both SAs of a were used" [ "$(ip -n a -s xfrm state | grep -c '[1-9][0-9]*(packets)')" -ge 2 ]
check "no error counter moved" [ "$(in_ns a awk '$2 { n++ } END { print n + 0 }' /proc/net/xfrm_stat)" = 0 ]

step "in order, all of it goes"
stop a
check "no SA" [ -z "$(ip -n a xfrm state)" ]
check "no policy" [ -z "$(ip -n a xfrm policy)" ]
check "no route, no nexthop" [ -z "$(ip -n a route show proto 118; ip -n a nexthop show)" ]
refuse "no interface" ip -n a link show vpn1

step "a daemon that was killed leaves all as it is; the next one adopts and sweeps"
reap b KILL
check "the SAs stand" [ "$(ip -n b xfrm state | grep -c '^src')" = 2 ]
index=$(ip -n b -j link show vpn1 | jq '.[0].ifindex')
ends b
{ echo "$link local=$me remote=$peer inside=$inside/30 inside2=fd00:10::2/126 mtu=1380"; echo resync-done; } >/mnt/b/script
start b
check "the interface is the same one" [ "$(ip -n b -j link show vpn1 | jq '.[0].ifindex')" = "$index" ]
check "its MTU is the new one" grep -q 'mtu 1380' <<<"$(ip -n b link show vpn1)"
check "its address too" grep -q 'fd00:10::2/126' <<<"$(ip -n b addr show vpn1)"
check "old SAs are swept" [ -z "$(ip -n b xfrm state)" ]
check "old routes are swept" [ -z "$(ip -n b route show proto 118; ip -n b nexthop show)" ]
stop b

step "AES-CBC with HMAC, in UDP, with limits; then the ports move, then the address"
for ns in a b; do
	ends $ns
	{
		echo "$link local=$me remote=$peer inside=$inside/30 mtu=1300"
		policies
		echo "sa-add dir=in spi=$in_spi src=$peer dst=$me reqid=$id if_id=$id mark=$mark $cbc window=64 encap=1 sport=4500 dport=4500"
		echo "sa-add dir=out spi=$out_spi src=$me dst=$peer reqid=$id if_id=$id mark=$mark $cbc encap=1 sport=4500 dport=4500 soft=5 hard=1000"
		echo resync-done
		[ $ns = b ] && continue
		echo "? expire spi=$out_spi hard=0"
		hold="sa-hold dir=in spi=$in_spi src=$peer dst=$me reqid=$id if_id=$id mark=$mark"
		echo "$hold encap=1 sport=4500 dport=4500"
		echo "! ESRCH $hold encap=1 sport=4999 dport=4500"
		echo "! ESRCH $hold"
		echo "sa-path dir=in spi=$in_spi src=$peer dst=$me reqid=$id if_id=$id mark=$mark encap=1 sport=4501 dport=4500"
		echo "? mapping spi=$in_spi port=4500"
	} >/mnt/$ns/script
done
start b
spawn ping nsenter --net=/run/netns/b -- ping -i0.2 169.254.10.1
start a
reap ping
check "packets go through" in_ns a ping -q -c3 -i0.2 -W2 169.254.10.2
check "as ESP in UDP" grep -q 'encap type espinudp sport 4500 dport 4500' <<<"$(ip -n a xfrm state)"
check "the port of one SA has moved" grep -q 'encap type espinudp sport 4501 dport 4500' <<<"$(ip -n a xfrm state)"
check "with the truncation of RFC 4868" grep -q 'auth-trunc hmac(sha256) .* 128' <<<"$(ip -n a xfrm state)"
stop a
stop b

step "an SA moves with its sequence numbers"
ends b
ip -n b addr add 192.0.2.3/24 dev u0
sed -i '/remote_outside/s/remote_outside_ip_address = "[^"]*";//' /mnt/a/vpnd.conf
ends a
{
	echo "link-set name=vpn1 alias=vpnd:c1/1 kind=auto if_id=$id up=1 local=$me inside=$inside/30 mtu=1300"
	policies
	sa_pair $gcm esn=1 window=1024
	echo "sa-hold dir=out spi=$out_spi src=$me dst=$peer reqid=$id if_id=$id mark=$mark"
	echo "! ESRCH sa-hold dir=out spi=0x9999 src=$me dst=$peer reqid=$id if_id=$id mark=$mark"
	echo "sa-path dir=out spi=$out_spi src=$me dst=192.0.2.3 reqid=$id if_id=$id mark=$mark"
	echo "! ESRCH sa-hold dir=out spi=$out_spi src=$me dst=$peer reqid=$id if_id=$id mark=$mark"
	echo "! ESRCH sa-path dir=out spi=0x9999 src=$me dst=192.0.2.3 reqid=$id if_id=$id mark=$mark"
	echo "sa-path dir=in spi=$in_spi src=192.0.2.3 dst=$me reqid=$id if_id=$id mark=$mark"
	echo resync-done
} >/mnt/a/script
start a
ip -n a xfrm state >"$out/a.moved"
check "outbound to the new address" grep -q 'src 192.0.2.1 dst 192.0.2.3' "$out/a.moved"
check "inbound from it" grep -q 'src 192.0.2.3 dst 192.0.2.1' "$out/a.moved"
refuse "nothing to the old one" grep -q '192.0.2.2' "$out/a.moved"
check "the numbers go on above where they were" grep -q 'oseq 0x100000' "$out/a.moved"
stop a

step "another name and another peer for an interface that is there"
sed -i 's/interface_name = "vpn1"/interface_name = "vpn7"/' /mnt/a/vpnd.conf
ends a
echo "$link local=$me remote=$peer inside=$inside/30" | sed 's/vpn1/vpn7/' >/mnt/a/script
start a
reap a KILL
index=$(ip -n a -j link show vpn7 | jq '.[0].ifindex')
echo "$link local=$me remote=192.0.2.3 inside=$inside/30" | sed 's/vpn1/vpn7/' >/mnt/a/script
start a
check "the peer's address is the new one, or none of the interface's" \
	grep -q "remote 192.0.2.3\|xfrm if_id" <<<"$(ip -n a -d link show vpn7)"
check "on the same interface" [ "$(ip -n a -j link show vpn7 | jq '.[0].ifindex')" = "$index" ]
reap a KILL
sed -i 's/"vpn7"/"vpn1"/' /mnt/a/vpnd.conf
echo "$link local=$me remote=192.0.2.3 inside=$inside/30" >/mnt/a/script
start a
refuse "the interface with the old name made room" ip -n a link show vpn7
stop a
config a

step "IPv6 outside, both inside, and traffic that meets no SA"
ip -n a addr add 2001:db8::1/64 dev u0 nodad
ip -n b addr add 2001:db8::2/64 dev u0 nodad
for ns in a b; do
	ends $ns
	sed -i 's/outside_ip_address = "192.0.2/outside_ip_address = "2001:db8:/g; s/db8:\.\([12]\)/db8::\1/g' /mnt/$ns/vpnd.conf
	me6=2001:db8::${me##*.} peer6=2001:db8::${peer##*.}
	me=$me6 peer=$peer6
	{
		echo "$link local=$me remote=$peer inside=$inside/30 inside2=fd00:10::${me##*:}/126 mtu=1380"
		policies
		[ $ns = b ] || echo "? acquire reqid=$id"
		sa_pair $gcm window=64
		echo "nexthop-set id=0x76700101 dev=vpn1 gateway=fd00:10::${peer##*:}"
		echo "route-set prefix=fd00:${peer##*:}::/64 table=254 nexthop=0x76700101"
		echo resync-done
	} >/mnt/$ns/script
done
start b
spawn ping sh -c "until grep -q '^ok 7' $out/a.tap; do sleep 0.1; done
	exec nsenter --net=/run/netns/a -- ping -i0.2 -W1 169.254.10.2"
start a
reap ping
check "IPv4 goes through" in_ns a ping -q -c3 -i0.2 -W2 169.254.10.2
check "IPv6 goes through" in_ns a ping -q -c3 -i0.2 -W2 fd00:10::2
check "a route of IPv6 by nexthop" grep -q 'fd00:2::/64 nhid.*proto 118' <<<"$(ip -n a -6 route)"
stop a
stop b
config b

step "what an engine may not do"
ip -n a link add foreign type dummy
ip -n a link add vpn9 type dummy
ip -n a route add 10.77.0.0/16 dev u0 metric 20
config a
ends a
{
	tunnel $gcm window=64
	cat <<-X
	nexthop-set id=0x76700101 dev=vpn1 gateway=0.0.0.0
	! EPERM link-set name=vpn9 alias=vpnd:c1/2 kind=vti if_id=0x76700002 local=$me remote=$peer
	! EPERM link-set name=vpn1 alias=vpnd:c1/1 kind=vti if_id=$id local=192.0.2.9 remote=$peer
	! EPERM link-set name=../u0 alias=vpnd:c1/1 kind=vti if_id=$id local=$me remote=$peer
	! EPERM link-del name=u0
	! EPERM sa-add dir=out spi=0x3001 src=$me dst=198.51.100.9 reqid=$id if_id=$id mark=$mark $gcm
	! EPERM sa-add dir=out spi=0x3001 src=$me dst=$peer reqid=$id if_id=5 mark=$mark $gcm
	! EPERM sa-hold dir=out spi=0x3001 src=$me dst=$peer reqid=$id if_id=5 mark=$mark
	! EPERM sa-add dir=out spi=0x3001 src=$me dst=$peer reqid=$id if_id=$id mark=$mark aead=rfc4543(gcm(aes)) key=$key icv=128
	! EPERM sa-add dir=out spi=0x3001 src=$me dst=$peer reqid=$id if_id=$id mark=$mark enc=cipher_null auth=digest_null icv=96
	! EPERM sa-del spi=0x9999 dst=$peer if_id=$id mark=$mark
	! EPERM policy-set dir=out src=0.0.0.0/0 dst=0.0.0.0/0 tsrc=$me tdst=$peer reqid=$id if_id=0 priority=1
	! EPERM route-set prefix=127.1.0.0/16 table=254 nexthop=0x76700101
	! EPERM route-set prefix=fe80::/64 table=254 nexthop=0x76700101
	! EPERM route-set prefix=10.9.0.0/16 table=255 nexthop=0x76700101
	! EEXIST route-set prefix=10.77.0.0/16 table=254 nexthop=0x76700101 metric=20
	! EPERM nexthop-set id=0x76700101 dev=u0 gateway=192.0.2.2
	! EPERM nexthop-set id=7 dev=vpn1 gateway=0.0.0.0
	! EPERM listen id=1 dev=u0 local=$me ttl=1
	! EPERM listen id=1 dev=vpn1 local=$me ttl=1
	link-look name=lan9
	! EPERM link-look name=u0
	! EPERM nexthop-set id=0x76700102 dev=lan9 gateway=10.5.0.9
	! EPERM nexthop-set id=0x76700102 dev=lan9 gateway=0.0.0.0
	! ENODEV nexthop-set id=0x76700102 dev=lan9 gateway=10.5.0.2
	! EPERM listen id=1 dev=lan9 local=10.5.0.9 ttl=1
	! EPERM connect id=1 dev=lan9 local=10.5.0.1 remote=10.5.0.9 ttl=1
	! EPERM connect id=1 dev=lan9 local=10.6.0.1 remote=10.6.0.9 ttl=1
	! ENODEV connect id=1 dev=lan9 local=10.5.0.1 remote=10.5.0.2 ttl=1
	! EPERM auth conn=other tunnel=1 prf=5
	listen id=1 dev=vpn1 local=$inside ttl=1 mss=1200
	! EEXIST sa-add dir=out spi=$out_spi src=$me dst=$peer reqid=$id if_id=$id mark=$mark $gcm
	auth conn=c1 tunnel=1 prf=5 n=32
	auth conn=c1 tunnel=1 prf=5 n=32 first=31
	! EPERM auth conn=c1 tunnel=1 prf=5 n=32 first=32
	! EPERM auth conn=c1 tunnel=2 prf=5 n=32
	resync-done
	reload
	? reloaded
	? link-state name=vpn1 up=0
	! ENETDOWN nexthop-set id=0x76700102 dev=vpn1 gateway=0.0.0.0
	X
} >/mnt/a/script
spawn down sh -c "until grep -q 'reloaded' $out/a.tap; do sleep 0.1; done; ip -n a link set vpn1 down"
start a
check "the foreign route stands" grep -q '10.77.0.0/16 dev u0' <<<"$(ip -n a route)"
check "refusals are logged with a reason" grep -q 'kern-refused op=link-del why="interface u0 is not ours"' "$out/a.log"
check "a second daemon is refused" grep -q 'already running as pid' \
	<<<"$(in_ns a "$daemons/kernop" /mnt/a/script -c /mnt/a/vpnd.conf -d /mnt/a/run 2>&1 || true)"
check "the control socket is ours alone" [ "$(stat -c %a /mnt/a/run/ctl.sock)" = 600 ]
kill -KILL "$(pgrep -x vpnd-engine)"
wait_for 5 "the killed engine is missed" grep -q 'engine-died.*signal=9' "$out/a.log"
wait_for 5 "and comes back" sh -c "sed -n '/engine-died/,\$p' $out/a.log | grep -q engine-started"
stop a

step "an engine that sends rubbish is ended and started again"
{ echo garbage; } >/mnt/a/script
spawn a nsenter --net=/run/netns/a -- "$daemons/kernop" /mnt/a/script -c /mnt/a/vpnd.conf -d /mnt/a/run
wait_for 10 "it is ended" grep -q 'engine-ended.*no operation' "$out/a.log"
stop a

step "BGP sockets through the tunnel"
ends b
{ tunnel $gcm window=64; echo "listen id=1 dev=vpn1 local=$inside ttl=1"; echo resync-done; } >/mnt/b/script
start b
config a
ends a
{
	tunnel $gcm window=64
	echo "connect id=1 dev=vpn1 local=$inside remote=$inside_peer ttl=1 mss=1200"
	echo resync-done
} >/mnt/a/script
start a
check "the session is bound to the interface" grep -q 'ESTAB.*169.254.10.1%vpn1:.*169.254.10.2:179' \
	<<<"$(in_ns a ss -tn; in_ns a ss -tn | sed 's/  */ /g')"

step "twenty thousand routes"
stop a
ends a
{
	tunnel $gcm window=64
	echo "nexthop-set id=0x76700101 dev=vpn1 gateway=0.0.0.0"
	echo "many n=20000 table=254 nexthop=0x76700101"
	echo resync-done
} >/mnt/a/script
start a
note "$(grep many "$out/a.tap")"
check "all of them stand" [ "$(ip -n a route show proto 118 | wc -l)" = 20000 ]
stop a
stop b
check "and all of them are gone" [ -z "$(ip -n a route show proto 118)" ]

pass
