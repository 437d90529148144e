# A matrix of cells, each one tunnel between vpnd and somebody else's IKE daemon: the columns, what of their product cannot be and
# why, a selection that covers it, and what happens in one cell. The peers are in matrix_peers.sh. Sourced by the scenario.
#
#                    198.51.100.1 ============ u1 ============ 198.51.100.2
#     10.1.0.1  hub                                                         branch  10.2.0.1
#                     192.168.6.1 ---- n1    nat    n1 -------- 192.168.7.2
#                              192.168.6.254     192.168.7.254
#
# hub is vpnd, branch is the peer. Whoever initiates through nat is behind it: both of its sides masquerade, ports too.
# shellcheck shell=bash

pki=/mnt/pki
declare -A key_type=([rsa]=rsa3072 [ecdsa]=ec256 [ed25519]=ed25519)

# matrix_pki COMMAND...: the CA of all cells.
matrix_pki() {
	"$daemons/vpnctl" pki "$@" --dir $pki >>"$out/pki.log"
}

cells_file=$out/cells		# what test/lab/run prints, one line of TAP per cell
columns=(peer who net auth frag esn suite group)

peers=(strongswan libreswan openiked)
# A second strongSwan, where more than the short selection is run.
[ -z "${FULL:-}${CELLS:-}" ] || peers+=(strongswan6)
declare -A values=(
	[who]="us them"				# who initiates
	[net]="plain nat encap-us encap-them"	# encap: who insists on UDP encapsulation where there is no NAT
	[auth]="psk rsa ecdsa ed25519"
	[frag]="whole fragmented"		# messages of IKE
	[esn]="no yes"
	[suite]=""				# from the table below
	[group]="14 15 16 19 20 21 31"
)

# name         vpnd                        strongSwan: IKE, ESP                         Libreswan: IKE, ESP                           OpenIKED            what vpnd says it is: IKE, ESP
suites="
gcm256         AES256-GCM-16 SHA2-384      aes256gcm16-prfsha384 aes256gcm16            aes_gcm256-sha2_384 aes_gcm256                - -                 AES256-GCM-16/PRF-SHA2-384 AES256-GCM-16
gcm128         AES128-GCM-16 SHA2-256      aes128gcm16-prfsha256 aes128gcm16            aes_gcm128-sha2_256 aes_gcm128                - -                 AES128-GCM-16/PRF-SHA2-256 AES128-GCM-16
chacha         CHACHA20-POLY1305 SHA2-256  chacha20poly1305-prfsha256 chacha20poly1305  chacha20_poly1305-sha2_256 chacha20_poly1305  - -                 CHACHA20-POLY1305/PRF-SHA2-256 CHACHA20-POLY1305
cbc256-sha512  AES256 SHA2-512             aes256-sha512 aes256-sha512                  aes256-sha2_512 aes256-sha2_512               aes-256:sha2-512 =  AES256-CBC/SHA2-512-256/PRF-SHA2-512 AES256-CBC/SHA2-512-256
cbc256-sha384  AES256 SHA2-384             aes256-sha384 aes256-sha384                  aes256-sha2_384 aes256-sha2_384               aes-256:sha2-384 =  AES256-CBC/SHA2-384-192/PRF-SHA2-384 AES256-CBC/SHA2-384-192
cbc256-sha256  AES256 SHA2-256             aes256-sha256 aes256-sha256                  aes256-sha2_256 aes256-sha2_256               - -                 AES256-CBC/SHA2-256-128/PRF-SHA2-256 AES256-CBC/SHA2-256-128
cbc128-sha512  AES128 SHA2-512             aes128-sha512 aes128-sha512                  aes128-sha2_512 aes128-sha2_512               aes-128:sha2-512 =  AES128-CBC/SHA2-512-256/PRF-SHA2-512 AES128-CBC/SHA2-512-256
cbc128-sha384  AES128 SHA2-384             aes128-sha384 aes128-sha384                  aes128-sha2_384 aes128-sha2_384               aes-128:sha2-384 =  AES128-CBC/SHA2-384-192/PRF-SHA2-384 AES128-CBC/SHA2-384-192
cbc128-sha256  AES128 SHA2-256             aes128-sha256 aes128-sha256                  aes128-sha2_256 aes128-sha2_256               - -                 AES128-CBC/SHA2-256-128/PRF-SHA2-256 AES128-CBC/SHA2-256-128
cbc128-sha1    AES128 SHA1                 aes128-sha1 aes128-sha1                      aes128-sha1 aes128-sha1                       aes-128:sha1 =      AES128-CBC/SHA1-96/PRF-SHA1 AES128-CBC/SHA1-96
"
suite_columns=(encr integ strongswan-ike strongswan-esp libreswan-ike libreswan-esp openiked-ike openiked-esp says-ike says-esp)
declare -A suite=()		# NAME.COLUMN -> value

declare -A group=(
	[14.strongswan]=modp2048 [15.strongswan]=modp3072 [16.strongswan]=modp4096 [19.strongswan]=ecp256 [20.strongswan]=ecp384 [21.strongswan]=ecp521 [31.strongswan]=curve25519
	[14.libreswan]=dh14 [15.libreswan]=dh15 [16.libreswan]=dh16 [19.libreswan]=dh19 [20.libreswan]=dh20 [21.libreswan]=dh21 [31.libreswan]=dh31
	[14.openiked]=modp2048 [15.openiked]=modp3072 [16.openiked]=modp4096 [19.openiked]=ecp256 [20.openiked]=ecp384 [21.openiked]=ecp521 [31.openiked]=curve25519
	[14.says]=MODP-2048 [15.says]=MODP-3072 [16.says]=MODP-4096 [19.says]=ECP-256 [20.says]=ECP-384 [21.says]=ECP-521 [31.says]=X25519
)

# What cannot be: "COLUMN=PATTERN ... | why". All the patterns of a row must fit a cell.
cannot="
auth=psk frag=fragmented        | no message is longer than a fragment without certificates (scenario fragmentation has long names)
peer=libreswan auth=ed25519     | Libreswan has no EdDSA
peer=libreswan frag=fragmented  | its log does not tell of fragments (scenario fragmentation looks at the wire)
peer=openiked auth=*sa          | certificates for OpenIKED are not made here
peer=openiked auth=ed25519      | certificates for OpenIKED are not made here
peer=openiked suite=gcm*        | OpenIKED hands SAs to Linux over PF_KEY, which has no AEAD
peer=openiked suite=chacha      | OpenIKED hands SAs to Linux over PF_KEY, which has no AEAD
peer=openiked suite=*-sha256    | OpenIKED hands SAs to Linux over PF_KEY, which cuts HMAC-SHA2-256 to 96 bits instead of 128
peer=openiked esn=yes           | OpenIKED hands SAs to Linux over PF_KEY, which has no ESN
peer=openiked net=encap-them    | OpenIKED has no setting that forces UDP encapsulation
"

# Pairs of columns of which every combination of values must be in the short selection, for each peer. With FULL=1 all pairs are
# covered so, with FULL=all every cell is run (a day).
pairs="who:net who:auth auth:frag who:esn"

# --- the columns ---

read_suites() {
	local line i
	local -a word
	while read -r -a word; do
		[ ${#word[@]} -gt 0 ] || continue
		values[suite]+=" ${word[0]}"
		for i in "${!suite_columns[@]}"; do
			suite[${word[0]}.${suite_columns[i]}]=${word[i + 1]}
		done
	done <<<"$suites"
}

# product PEER: all cells, one per line, values in the order of the columns.
product() {
	local lines=("$1") column line value more
	for column in "${columns[@]:1}"; do
		more=()
		for line in "${lines[@]}"; do
			for value in ${values[$column]}; do
				more+=("$line $value")
			done
		done
		lines=("${more[@]}")
	done
	printf '%s\n' "${lines[@]}"
}

# sift: of the cells on stdin, those that can be; the others are counted by reason in cells_cannot.
sift() {
	awk -v names="${columns[*]}" -v rows="$cannot" -v left="$out/cells_cannot" '
		function regexp(glob) { gsub(/\*/, ".*", glob); return "^" glob "$" }
		function fits(row,    i, n, part, both) {
			n = split(condition[row], part, " ")
			for (i = 1; i <= n; i++) {
				split(part[i], both, "=")
				if ($(at[both[1]]) !~ regexp(both[2])) return 0
			}
			return 1
		}
		BEGIN {
			n = split(names, name, " ")
			for (i = 1; i <= n; i++) at[name[i]] = i
			n = split(rows, row, "\n")
			for (i = 1; i <= n; i++) {
				if (split(row[i], half, " *[|] *") != 2) continue
				condition[++known] = half[1]
				why[known] = half[2]
			}
		}
		{
			for (r = 1; r <= known; r++)
				if (fits(r)) { count[r]++; next }
			print
		}
		END {
			for (r = 1; r <= known; r++)
				if (count[r]) printf "# cannot: %s, %s: %s (%d cells)\n", $1, condition[r], why[r], count[r] >>left
		}'
}

# cover: of the cells on stdin, few that hold every value of every column, and every combination of the pairs.
cover() {
	awk -v names="${columns[*]}" -v pairs="$pairs" '
		function items(line, item,    f, i, n, k) {
			split(line, f, " ")
			for (i = 1; i <= columns; i++) item[++n] = i "=" f[i]
			for (i = 1; i <= couples; i++) item[++n] = a[i] "=" f[a[i]] " " b[i] "=" f[b[i]]
			return n
		}
		BEGIN {
			columns = split(names, name, " ")
			for (i = 1; i <= columns; i++) at[name[i]] = i
			couples = split(pairs, pair, " ")
			for (i = 1; i <= couples; i++) { split(pair[i], two, ":"); a[i] = at[two[1]]; b[i] = at[two[2]] }
		}
		{ cell[NR] = $0; n = items($0, it); for (i = 1; i <= n; i++) open[it[i]] = 1 }
		END {
			while (1) {
				best = 0
				for (c = 1; c <= NR; c++) {
					gain = 0
					n = items(cell[c], it)
					for (i = 1; i <= n; i++) gain += it[i] in open
					# Of equals the one whose group was used least.
					split(cell[c], f, " ")
					gain = gain * 1000 - used[f[at["group"]]]
					if (gain >= 1000 - 999 && (best == 0 || gain > most)) { best = c; most = gain }
				}
				if (best == 0) break
				n = items(cell[best], it)
				for (i = 1; i <= n; i++) delete open[it[i]]
				split(cell[best], f, " ")
				used[f[at["group"]]]++
				print cell[best]
			}
		}'
}

# Every two columns.
all_pairs() {
	local a b list=
	for a in "${columns[@]:1}"; do
		for b in "${columns[@]:1}"; do
			[ "$a" = "$b" ] && break
			list+=" $a:$b"
		done
	done
	echo "$list"
}

# cells PEER: what is to be run.
cells() {
	case ${FULL:-} in
	"")	product "$1" | sift | cover ;;
	all)	product "$1" | sift ;;
	*)	pairs=$(all_pairs)
		product "$1" | sift | cover ;;
	esac | { grep -E "${CELLS//,/.*}" || true; }
}

# --- the two ends ---

matrix_topology() {
	gateway hub nat branch
	wire hub u1 198.51.100.1/24 branch u1 198.51.100.2/24
	wire hub n1 192.168.6.1/24 nat hub1 192.168.6.254/24
	wire branch n1 192.168.7.2/24 nat branch1 192.168.7.254/24
	ip -n hub route add 192.168.7.0/24 via 192.168.6.254
	ip -n branch route add 192.168.6.0/24 via 192.168.7.254
	ip -n hub addr add 10.1.0.1/32 dev lo
	ip -n branch addr add 10.2.0.1/32 dev lo
	# What no policy takes into the tunnel ends here, and never reaches vpnd in clear.
	ip -n branch link add nowhere type dummy
	ip -n branch link set nowhere up
	ip -n branch route add 10.1.0.0/16 dev nowhere src 10.2.0.1
	in_ns nat env "LD_LIBRARY_PATH=$iptables/usr/lib/x86_64-linux-gnu" \
		"XTABLES_LIBDIR=$iptables/usr/lib/x86_64-linux-gnu/xtables" "$iptables/usr/sbin/iptables-legacy" \
		-t nat -A POSTROUTING -p udp -j MASQUERADE --to-ports 20000-29999
}

# Addresses of this cell: ours, what we see of the peer, its own, what it sees of us.
cell_addresses() {
	case $net.$who in
	nat.us)		ours=192.168.6.1 theirs=192.168.7.2 peer_own=192.168.7.2 peer_sees=192.168.7.254 ;;
	nat.them)	ours=192.168.6.1 theirs=192.168.6.254 peer_own=192.168.7.2 peer_sees=192.168.6.1 ;;
	*)		ours=198.51.100.1 theirs=198.51.100.2 peer_own=198.51.100.2 peer_sees=198.51.100.1 ;;
	esac
}

cell_conf() {
	local phase
	{
		printf '%s\n' 'interface = "vti"; secrets = "vpnd.secrets"; connections = ( { name = "vpn-branch1"; role = "hub";' \
			'routes = [ "10.2.0.0/16" ]; startup_action = "add"; dpd_timeout_seconds = 30; tunnels = ( {' \
			'local_id = "hub.example.net"; remote_id = "branch.example.net"; interface_name = "vpn1";' \
			'local_ipv4_network_cidr = "10.2.0.0/16"; remote_ipv4_network_cidr = "10.1.0.0/16";' \
			"local_outside_ip_address = \"$ours\"; remote_outside_ip_address = \"$theirs\";"
		for phase in phase1 phase2; do
			printf '%s\n' "${phase}_encryption_algorithms = [ \"${suite[$suite_name.encr]}\" ];" \
				"${phase}_integrity_algorithms = [ \"${suite[$suite_name.integ]}\" ];" \
				"${phase}_dh_group_numbers = [ $group_number ];"
		done
		[ "$net" != encap-us ] || echo "force_encapsulation = true;"
		[ "$esn" = yes ] || echo "extended_sequence_numbers = false;"
		if [ "$frag" = whole ]; then echo "fragmentation = false;"; else echo "fragment_size = 576;"; fi
		[ "$auth" = psk ] || printf '%s\n' 'authentication = "certificate";' "certificate = \"$pki/hub-$auth.pem\";" \
			"private_key = \"$pki/hub-$auth.key\"; ca_certificates = \"$pki/root.pem\";"
		# Libreswan's authby=rsa-sha2 takes nothing else.
		[ "$peer.$auth" != libreswan.rsa ] || echo "rsa_pss = true;"
		echo '} ); } );'
	} >/mnt/hub/vpnd.conf
}

# --- questions without a process: in a guest each costs more than what is asked ---

matrix_start() {
	peer=none net=plain who=us auth=psk frag=whole esn=no suite_name=gcm256 group_number=20
	matrix_certificates
	cell_addresses
	cell_conf
	(umask 077 && vpnd_secrets hub >/mnt/hub/vpnd.secrets)
	vpnd_spawn hub
	mkfifo /mnt/answers /mnt/never /mnt/pongs
	exec {never}<>/mnt/never
	exec {asking}> >(exec socat -t 1 - UNIX-CONNECT:/mnt/hub/run/ctl.sock >/mnt/answers)
	exec {answers}</mnt/answers
	spawn pings nsenter --net=/run/netns/branch -- sh -c 'exec ping -n -i 0.1 -I 10.2.0.1 10.1.0.1 >/mnt/pongs'
	exec {pongs}</mnt/pongs
}

# A key of each kind for each end, under one root. NSS wants a subject of its own for each.
matrix_certificates() {
	local kind end
	matrix_pki init "O=Example, CN=root" --key ec256
	openssl x509 -in $pki/root.crt -out $pki/root.pem
	for kind in rsa ecdsa ed25519; do
		for end in hub branch; do
			matrix_pki issue $end-$kind --key "${key_type[$kind]}" --dn "O=Example, CN=$end-$kind" --san dns:$end.example.net
			openssl x509 -in $pki/$end-$kind.crt -out $pki/$end-$kind.pem
		done
	done
}

matrix_stop() {
	exec {asking}>&-
	reap pings
	vpnd_stop hub
}

nap() {
	read -r -t 0.05 -u "$never" || true
}

# soon SECONDS 'WHAT' COMMAND...: within that time; the command leaves in why what is still wrong.
why=
soon() {
	local end=$((SECONDS + $1 * patience)) what=$2; shift 2
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "$what${why:+: $why}"
		nap
	done
}

# ask COMMAND [WHAT]: what vpnd says is in answer.
answer=
ask() {
	local request="{\"command\":\"$1\""
	[ "$1" = reload ] || request+=',"name":"vpn-branch1/1"'
	printf '%s}\n' "$request${2:+,\"what\":\"$2\"}" >&"$asking"
	IFS= read -r -t $((20 * patience)) -u "$answers" answer || fail "vpnd does not answer ($1)"
	[[ $answer = '{"ok":true'* ]] || fail "vpnd refuses ($1): $answer"
}

# field GROUP NAME: a member of an object in the last answer; in REPLY.
field() {
	local object
	[[ $answer =~ \"$1\":\{([^}]*)\} ]] || fail "no $1 in: $answer"
	object=${BASH_REMATCH[1]}
	[[ $object =~ \"$2\":\"?([^,\"]*) ]] || fail "no $2 in: $object"
	REPLY=${BASH_REMATCH[1]}
}

is() {
	field "$1" "$2"
	[ "$REPLY" = "$3" ] || fail "$1 $2: $REPLY instead of $3"
}

tunnel_up() {
	ask show
	why="no tunnel yet"
	[[ $answer != *'"tunnels":[]'* ]] || return
	[[ $answer =~ \"state\":\"([A-Z]*)\",\"layer\":\"([a-z]*)\",\"reason\":\"([^\"]*)\" ]] || fail "what is $answer"
	why="${BASH_REMATCH[2]}: ${BASH_REMATCH[3]}"
	[ "${BASH_REMATCH[1]}" = UP ]
}

rekeyed() {
	ask show
	field "$1" rekeys
	why="$REPLY instead of $2"
	[ "$REPLY" -ge "$2" ]
}

# One child and one IKE SA; or none of either.
settled() {
	ask show
	field ike sas
	why="$REPLY IKE SAs"
	[ "$REPLY" = "$1" ] || return
	field child sas
	why="$REPLY children"
	[ "$REPLY" = "$1" ]
}

in_kernel() {
	why=$(sa_count hub "$1")
}

# talk 'WHEN': the pings that never end are answered, three times from now on.
talk() {
	local line n=0 end=$((SECONDS + 5 * patience))
	while read -r -t 0.01 -u "$pongs" line; do :; done
	while [ $n -lt 3 ]; do
		[ $SECONDS -lt $end ] || fail "$1: pings through the tunnel are not answered"
		if read -r -t 0.2 -u "$pongs" line && [[ $line = *"bytes from 10.1.0.1"* ]]; then
			n=$((n + 1))
		fi
	done
}

# --- one cell ---

cell_bring_up() {
	if [ "$who" = us ]; then
		ask up
	else
		"${peer}_initiate" || fail "$peer cannot bring it up"
	fi
	soon "$peer_patience" "it does not come up" tunnel_up
}

# What was agreed upon, and how it travels. The first child of an IKE SA has no key exchange of its own (RFC 7296 section 1.2);
# on a slow machine it may be that OpenIKED, which rekeys by lifetime alone, has replaced it already.
cell_looks_right() {
	local nat=none child=${suite[$suite_name.says-esp]}
	[ "$net.$who" != nat.us ] || nat="local"
	[ "$net.$who" != nat.them ] || nat=remote
	ask show
	is ike proposal "${suite[$suite_name.says-ike]}/${group[$group_number.says]}"
	if [ "$who" = us ]; then is ike role initiator; else is ike role responder; fi
	field child rekeys
	[ "$REPLY" = 0 ] || child+=/${group[$group_number.says]}
	[ "$esn" = no ] || child+=/ESN
	is child proposal "$child"
	case $net in
	plain)		is ike nat none; is child udp_encapsulated false ;;
	nat)		is ike nat $nat; is child udp_encapsulated true ;;
	encap-*)	is child udp_encapsulated true ;;
	esac
}

# Rekeys of both kinds by both sides, in turn, each followed by traffic.
cell_rekeys() {
	local what before
	for what in child ike; do
		ask show
		field $what rekeys
		before=$REPLY
		ask rekey $what
		soon 10 "our rekey ($what)" rekeyed $what $((before + 1))
		talk "after our rekey ($what)"
		"${peer}_rekey" $what || fail "$peer cannot rekey ($what)"
		soon "$peer_patience" "the rekey by $peer ($what)" rekeyed $what $((before + 2))
		talk "after the rekey by $peer ($what)"
	done
}

cell_run() {
	cell_addresses
	cell_conf
	"${peer}_load" || fail "$peer does not take the configuration"
	ask reload
	cell_bring_up
	cell_looks_right
	[ "$frag" = whole ] || "${peer}_fragmented" || fail "no message was in fragments"
	talk "at first"
	cell_rekeys
	soon 10 "SAs are left over or missing" settled 1
	soon 10 "SAs are left over or missing in the kernel" in_kernel 2
	cell_looks_right
	"${peer}_terminate"
	soon 10 "SAs are left after $peer has ended it" settled 0
	soon 10 "SAs are left in the kernel after $peer has ended it" in_kernel 0
}

# --- all of them ---

cells_failed=0

# cell LINE: runs it and says how it went; the scenario goes on.
cell() {
	local peer who net auth frag esn suite_name group_number what log start=$EPOCHREALTIME rc=0 took
	read -r peer who net auth frag esn suite_name group_number <<<"$1"
	what="$peer, $([ "$who" = us ] && echo we || echo they) initiate, $net, $auth, $frag, $suite_name, group $group_number"
	[ "$esn" = no ] || what="$what, ESN"
	lab_step=$what
	rm -f $reason_file
	for log in hub.vpnd "branch.$peer" cells; do
		printf '=== %s\n' "$what" >>"$out/$log.log"
	done
	( cell_run ) >>"$out/cells.log" 2>&1 &
	wait $! || rc=$?
	took=$(seconds_since "$start")
	if [ $rc -eq 0 ]; then
		echo "ok - $what ($took s)"
		echo "ok - $what" >>"$cells_file"
		echo "$1 ok" >>/mnt/done
	else
		took=$(head -n 1 $reason_file 2>/dev/null || echo "status $rc")
		echo "not ok - $what: $took"
		echo "not ok - $what: $took" >>"$cells_file"
		echo "$1 failed" >>/mnt/done
		cells_failed=$((cells_failed + 1))
		cell_remains
	fi
	lab_checks=$((lab_checks + 1))
}

# A failed cell leaves what explains it, and nothing that could trouble the next.
cell_remains() {
	local dir=$out/cell-$((lab_checks + 1)) ns
	mkdir -p "$dir"
	cp /mnt/hub/vpnd.conf "$dir/"
	cp "/mnt/branch/$peer"/*.conf "$dir/" 2>/dev/null || true
	for ns in hub branch; do
		{ ip -n $ns -s xfrm state; ip -n $ns xfrm policy; } >"$dir/$ns.xfrm" 2>&1
		tail -n 60 "$out/$ns".*.log >"$dir/$ns.log" 2>&1 || true
	done
	ctl hub show >"$dir/show" 2>&1 || true
	"${peer}_terminate" >/dev/null 2>&1 || true
	while IFS= read -r -t 0.5 -u "$answers" answer; do :; done
	running hub.vpnd || fail "vpnd has ended"
}

# For each peer: one row per value, cells passed of those run.
matrix_table() {
	awk -v names="${columns[*]}" '
		BEGIN { n = split(names, name, " ") }
		{
			if (!($1 in known)) { known[$1] = 1; peer[++peers] = $1 }
			for (i = 2; i <= n; i++) {
				key = name[i] " " $i
				if (!(key in order)) { order[key] = 1; row[i, ++rows[i]] = key }
				all[$1, key]++
				if ($NF == "ok") good[$1, key]++
			}
		}
		END {
			printf "# %-28s", "cells passed of those run"
			for (p = 1; p <= peers; p++) printf " %-12s", peer[p]
			printf "\n"
			for (i = 2; i <= n; i++)
				for (r = 1; r <= rows[i]; r++) {
					printf "# %-28s", row[i, r]
					for (p = 1; p <= peers; p++) {
						k = peer[p] SUBSEP row[i, r]
						printf " %-12s", k in all ? (good[k] + 0) "/" all[k] : "-"
					}
					printf "\n"
				}
		}' /mnt/done
}

# matrix_peer PEER: starts it, runs its cells, ends it; or says why it is left out.
matrix_peer() {
	local line list why
	list=$(cells "$1")
	[ -n "$list" ] || return 0
	why=$("$1_impossible")
	if [ -n "$why" ]; then
		note "$1 is left out: $why"
		echo "ok - $1 # SKIP $why" >>"$cells_file"
		return
	fi
	"$1_begin"
	while read -r line; do
		[ -z "$line" ] || cell "$line"
	done <<<"$list"
	"$1_end"
}
