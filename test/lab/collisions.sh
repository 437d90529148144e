# What vpnd and another daemon do at the same time crosses on the wire, late, lost and in another order: the rows of
# test/sim/collide_*.c that show on the wire and that both ends can be made to do. Who draws the lowest nonce is up to them.
# Whatever crosses, one IKE SA and one child are left at both ends, the same ones, and packets get through. Sourced by the
# scenarios collisions-*: a selection of the rows, with FULL=1 all of them, with ROWS=I10,C11 these, in the order below.
# shellcheck shell=bash

both_tunnels=(1)
name=vpn-branch1
peer=
failures=
selection=I05,I10,I13,C01,C11,C14,C17,C24,D07	# each layer, each kind of crossing

# --- what the ends do ---

# we WORDS: vpnctl at vpnd, beside us: it waits for an end that we have in hand.
we() {
	{ ctl hub "$1" $name ${2:-} || true; } >>"$out/vpnctl.log" 2>&1 8>&- &
}

they() {
	{ "${peer}_does" "$1" "$2" || true; } >>"$out/$peer.commands.log" 2>&1 8>&- &
}

strongswan_does() {
	case $1 in
	rekey)	strongswan branch --rekey "--$2" t1 ;;
	delete)	strongswan branch --terminate "--$2" t1 --timeout -1 ;;
	esac
}

libreswan_does() {
	case "$1 $2" in
	"rekey ike")	libreswan branch whack --name t1 --rekey-ike --asynchronous ;;
	"rekey child")	libreswan branch whack --name t1 --rekey-ipsec --asynchronous ;;
	"delete ike")	libreswan branch whack --name t1 --terminate --asynchronous ;;
	"delete child")	libreswan branch whack --deletestate "$(libreswan_state CHILD_SA)" --asynchronous ;;
	esac
}

# Its last state of that kind: "#4: "t1":500 STATE_V2_ESTABLISHED_CHILD_SA ..."
libreswan_state() {
	libreswan branch whack --showstates | sed -n "s/^.*#\([0-9]*\): \"t1\".*ESTABLISHED_$1.*/\1/p" | tail -n 1
}

strongswan_ikes() {
	strongswan branch --list-sas | grep -c '^t1: #.*ESTABLISHED' || true
}

# At most one: IKE SAs whose rekey has crossed another stay with Libreswan 4.10 until the end of their life, after all that
# came of them is gone.
libreswan_ikes() {
	libreswan branch whack --showstates | grep -m 1 -c '"t1".*ESTABLISHED_IKE_SA' || true
}

# Beside one IKE SA and one child: IKE SAs and children that lost, and requests whose answer came while it was busy, which it
# forgets to repeat, so that it never has another one to say on that IKE SA.
libreswan_leaves_nothing() {
	[ "$(libreswan branch whack --showstates | grep -c '"t1"')" -eq 2 ]
}

strongswan_leaves_nothing() { :; }	# one_pair has looked

# --- how it must end ---

spis() {
	ip -n "$1" xfrm state | sed -n 's/.*proto esp spi \(0x[0-9a-f]*\).*/\1/p' | sort
}

# What Libreswan 4.10 holds beyond that, left over from exchanges that crossed, is its own affair.
one_pair() {
	local ours theirs n
	tunnel_is hub $name/1 '.ike.state == "established" and .ike.sas == 1 and .child.state == "installed" and .child.sas == 1' ||
		return
	ours=$(spis hub) theirs=$(spis branch)
	[ $peer = libreswan ] && theirs=$(grep -Fx "$ours" <<<"$theirs" || true)
	[ "$(wc -w <<<"$ours")" -eq 2 ] && [ "$ours" = "$theirs" ] || { echo "hub: " $ours " branch: " $theirs; return 1; }
	n=$("${peer}_ikes")
	[ "$n" -eq 1 ] || { echo "$peer has $n IKE SAs"; return 1; }
}

# patiently SECONDS COMMAND...: as wait_for, with the command's last words as the reason.
patiently() {
	local limit=$((SECONDS + $1 * patience)) said; shift
	until said=$("$@" 2>&1); do
		[ $SECONDS -lt $limit ] || fail "$* says: $said"
		sleep 0.2
	done
}

# It stays so, for longer than vpnd waits before it rekeys once more where the peer may have settled a collision in its own way.
# Libreswan 4.10 does: it knows no nonces to decide by, but moves the child to the IKE SA that it finished first and sends on the
# child that it finished last. When what it so chose is deleted, as it must be, it has no child or no way out, and says nothing.
# Until that rekey no packet gets through; from then on they must.
stable() {
	local before
	before=$(spis hub)
	pause 7000
	[ "$before" = "$(spis hub)" ] || { echo "hub had:" $before "and has:" $(spis hub); return 1; }
	one_pair
}

settles() {
	shuffle free
	patiently 60 stable
	wait_quietly 15 "packets through the tunnel" pings hub ${inside[0]}.2 3
}

# --- the rows ---

# Both requests are under way before either arrives.
crossed() {
	shuffle hold a create request
	shuffle hold b create request
	we rekey "$1"
	they rekey "${2:-$1}"
	arrives "a create request" held
	arrives "b create request" held
}

# B's answer to A comes after B has done all it can, which for some is nothing.
late_answer() {
	crossed "$1"
	shuffle hold b create response
	shuffle free any create request
	arrives "b create response" held
	perhaps "b info request" passed
	perhaps "a info response" passed
}

# Both requests are under way, A's stays there while B's goes through.
overtaken() {
	shuffle hold a create request
	shuffle hold b create request
	they rekey "$1"
	we rekey "$1"
	arrives "a create request" held
	arrives "b create request" held
	shuffle free b create request
}

# A's request meets B when that deletes the old SA; B's delete waits on the wire. Libreswan says nothing to a request on an IKE SA
# that it deletes, and rekeys a child for us that it has rekeyed and deletes.
late_request() {
	shuffle hold b info request
	overtaken "$1"
	arrives "b info request" held
	shuffle hold b create response
	shuffle free a create
	if [ "$peer $1" = "libreswan ike" ]; then
		perhaps "b create response" held
	else
		arrives "b create response" held
	fi
}

# Libreswan says nothing to a request on an IKE SA that it deletes; then the end of that or DPD ends our attempt.
# A rekeys ($1) what B deletes ($2): both under way before either arrives.
rekey_meets_delete() {
	shuffle hold a create request
	shuffle hold b info request
	we rekey "$1"
	arrives "a create request" held
	they delete "$2"
	arrives "b info request" held
}

I01() {
	local what=${1:-ike} before
	before=$(rekeys hub $what)
	we rekey $what
	wait_quietly 20 "our rekey" rekeys_reach hub $what $((before + 1))
	wait_quietly 20 "one pair" one_pair
	they rekey $what
	wait_quietly 20 "their rekey" rekeys_reach hub $what $((before + 2))
}

I05() { crossed ike; }
I10() { late_answer ike; }

I12() {
	shuffle drop a create request
	shuffle hold b create request
	we rekey ike
	they rekey ike
	arrives "a create request" dropped
	arrives "b create request" held
	shuffle free b
	perhaps "b info request" passed
}

I13() { late_request ike; shuffle free b info; pause 500; }
I14() { late_request ike; shuffle free b create; pause 3000; }

I16() {
	rekey_meets_delete ike ike
	shuffle free a create
	perhaps "b create response" passed
}

I18() {
	rekey_meets_delete ike ike
	shuffle lose b info
	shuffle free a create
	perhaps "b create response" passed
}

C01() { I01 child; }
C11() { crossed child; }
C14() { late_answer child; }
C17() { late_request child; shuffle free b info; pause 500; }

C18() {
	overtaken child
	arrives "b info request" passed
	perhaps "a info response" passed
}

C24() {
	rekey_meets_delete child child
	shuffle free a create
	arrives "b create response" passed
}

C27() {
	shuffle hold a create request
	we rekey child
	arrives "a create request" held
	they delete child
	arrives "a info response" passed
}

C29() { crossed child ike; }

C30() { rekey_meets_delete child ike; }
D04() { they delete child; arrives "b info request" passed; }
D07() { rekey_meets_delete ike child; }

D10() {
	shuffle hold a info request
	shuffle hold b info request
	we down
	they delete ike
	arrives "a info request" held
	arrives "b info request" held
	shuffle free
	wait_quietly 20 "no SA here" sa_count hub 0
	we up
}

# Why these: each puts messages on the wire in an order that no other one has.
rows=(
	"I01 the IKE SA is rekeyed by either end|the order that the others depart from"
	"I05 both rekey the IKE SA at once|two successors, the nonces decide"
	"I10 the same, and their answer is late|their delete tells who won before the answer does"
	"I12 the same, and our request is lost|only one end sees a collision"
	"I13 our IKE rekey meets their delete of the old SA|refused after the SA is gone"
	"I14 the same, refused first|a dying SA must not be rekeyed again"
	"I16 we rekey the IKE SA that they delete|TEMPORARY_FAILURE, then nothing is left"
	"I18 the same, and the delete is lost|it is repeated, and so is our rekey"
	"C01 the child is rekeyed by either end|the order that the others depart from"
	"C11 both rekey the child at once|two new pairs, the nonces decide"
	"C14 the same, and their answer is late|a delete names what we have not heard of"
	"C17 our child rekey meets their delete of the old one|refused, and theirs stays"
	"C18 our child rekey comes when the old one is gone|CHILD_SA_NOT_FOUND, and no new one is made"
	"C24 we rekey the child that they delete|refused; a new one is made afterwards"
	"C27 the same, and our request is late|CHILD_SA_NOT_FOUND"
	"C29 our child rekey crosses their IKE rekey|TEMPORARY_FAILURE both ways"
	"C30 our child rekey crosses their delete of the IKE SA|everything goes, and comes back"
	"D04 they delete the child|the answer names our half of the pair"
	"D07 our IKE rekey crosses their delete of the child|the delete goes through"
	"D10 both delete the IKE SA|each answers the other's delete"
)

# What a row gave time to happen and was not seen: without it the row is an easier one.
without() {
	[ ! -s $shuffle_without ] || printf ', did not happen: %s' "$(paste -sd, $shuffle_without)"
}

# In a process of its own, so that a row that fails does not keep the others from being seen.
run_row() {
	local id=${1%% *} start=$SECONDS
	shuffle_from_now
	if ("$id" && settles); then
		ok "$peer: ${1%|*} ($((SECONDS - start)) s)$(without)"
		"${peer}_leaves_nothing" || recover
		return
	fi
	note "not ok - $peer: ${1%|*} (${1#*|}): $(cat $reason_file)"
	tail -n "+$shuffle_mark" "$shuffle_said" | sed 's/^/      /' | head -n 60
	failures+=" $peer/$id"
	rm -f $reason_file
	recover
}

# A clean start for the next row.
recover() {
	shuffle lose
	we down
	"${peer}_stop" branch
	wait_quietly 20 "no SA here" sa_count hub 0
	"${peer}_start" branch branch add
	we up
	patiently 60 one_pair
	rm -f $reason_file
}

collisions_with() {
	peer=$1
	step "vpnd and $peer with a wire between them that shuffles"
	shuffled_underlay
	peer_interfaces branch branch
	"${peer}_start" branch branch add
	vpnd_start hub hub interface=vti startup_action=start
	wait_for 40 "one IKE SA and one child at both ends" one_pair
	local row ran=0 wanted=${ROWS:-}
	[ -n "$wanted${FULL:-}" ] || wanted=$selection
	for row in "${rows[@]}"; do
		[[ ",${wanted:-${row%% *}}," = *",${row%% *},"* ]] || continue
		run_row "$row"
		ran=$((ran + 1))
	done
	[ -z "$wanted" ] || [ $ran -eq "$(tr , '\n' <<<"$wanted" | grep -c .)" ] || fail "$wanted: $ran of them are rows"
	[ -z "$failures" ] || fail "not as it should be:$failures"
	"${peer}_stop" branch
	vpnd_stop hub
	check "nothing of vpnd is left" nothing_left hub
}
