# Two gateways with a wire between them that holds, drops and reorders IKE messages (shuffle.c), and what both ends are made to
# do at once. Sourced by scenarios that need it. In shuffle's words a is vpnd in hub, b the other daemon in branch.
# shellcheck shell=bash

shuffle_said=$out/shuffle.log
shuffle_mark=1			# the first line that counts

# One tunnel, one underlay, and the wire in the middle.
shuffled_underlay() {
	gateway hub branch
	host wire
	ip link add u1 netns hub type veth peer name side-a netns wire
	ip link add u1 netns branch type veth peer name side-b netns wire
	wire_end hub u1 "${hub_outside[0]}/24"
	wire_end branch u1 "${branch_outside[0]}/24"
	printf 'link set %s addrgenmode none\nlink set %s up\n' side-a side-a side-b side-b | ip -n wire -batch -
	shuffle_start
}

shuffle_start() {
	need_files "$daemons/shuffle"
	mkfifo /mnt/shuffle
	spawn shuffle nsenter --net=/run/netns/wire -- sh -c 'exec "$1" side-a side-b <>/mnt/shuffle' - "$daemons/shuffle"
	exec 8<>/mnt/shuffle
	wait_quietly 10 "the wire" grep -q '^ready' "$shuffle_said"
}

# shuffle COMMAND: returns when it is done.
shuffle() {
	local before
	before=$(grep -c '^done' "$shuffle_said" || true)
	echo "$*" >&8
	wait_quietly 5 "answer to '$*'" shuffle_done "$before"
}

shuffle_done() {
	! grep -q '^not understood' "$shuffle_said" && [ "$(grep -c '^done' "$shuffle_said")" -gt "$1" ]
}

# From here on counts what passes.
shuffle_from_now() {
	rm -f $shuffle_without
	shuffle_mark=$(($(wc -l <"$shuffle_said") + 1))
}

# seen 'a create request' held [TIMES]: the wire has done that, so often.
seen() {
	local n
	n=$(tail -n "+$shuffle_mark" "$shuffle_said" | grep -cE "^$1 [0-9]+ $2\$" || true)
	[ "$n" -ge "${3:-1}" ] || { tail -n "+$shuffle_mark" "$shuffle_said"; return 1; }
}

# perhaps 'b info request' passed: gives it time to happen; what did not is in shuffle_without.
shuffle_without=/mnt/shuffle.without
perhaps() {
	local end=$((SECONDS + 3 * patience))
	until seen "$@" >/dev/null; do
		if [ $SECONDS -ge $end ]; then
			echo "$*" >>$shuffle_without
			return
		fi
		sleep 0.1
	done
}

# pause MILLISECONDS, for what does not show on the wire.
pause() {
	local ms=$(($1 * patience))
	sleep $((ms / 1000)).$(printf '%03d' $((ms % 1000)))
}

# arrives 'a create request' held [TIMES]: waits for it.
arrives() {
	wait_quietly 8 "$1 $2" seen "$@"
}
