# Completion of vpnctl for bash.  Names come from the running daemon, those of
# certificates from the CA's book.

_vpnctl_names() {
	vpnctl "$@" --timeout 1 show 2>/dev/null |
		awk '/^$/ { exit } NR > 1 { print $1; sub("/.*", "", $1); print $1 }' |
		sort -u
}

# Of neighbors: tunnels, those outside of tunnels, and prefixes with who has called from them.
_vpnctl_neighbors() {
	_vpnctl_names "$@"
	vpnctl "$@" --timeout 1 show bgp 2>/dev/null | awk 'NR > 1 { print $1 }'
}

# Those that vpnctl has made: their files say so.
_vpnctl_objects() {
	local kind=${1/tunnel-status/connection} f
	for f in /etc/vpnd/conf.d/"$kind".*.conf; do
		f=${f##*/"$kind".}
		echo "${f%.conf}"
	done | grep -vxF '*'
}

_vpnctl_tables() {
	vpnctl "$@" --timeout 1 show tables 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_vpnctl_certificates() {
	awk '!/^#/ && $8 != "root" { print $8 }' "$1/index" 2>/dev/null | sort -u
}

_vpnctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words=() socket=() dir=/etc/vpnd/pki i
	COMPREPLY=()

	# What stands before the cursor, without options and their values.
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-S) socket=(-S "${COMP_WORDS[++i]}") ;;
		--dir) dir=${COMP_WORDS[++i]} ;;
		-s | --timeout | --key | --dn | --reason | --days | --san | --crl-url | --ocsp-url | --confirm-within | --out | --name | \
			--local-address | --network | --route | --role | --format | --interface | --every | --namespace | \
			--seconds | --count) ((i++)) ;;
		-*) ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
	done

	case $prev in
	-S | -s | -c)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--key)
		mapfile -t COMPREPLY < <(compgen -W "ec256 ec384 ed25519 rsa3072 rsa4096" -- "$cur")
		return
		;;
	--reason)
		mapfile -t COMPREPLY < <(compgen -W "unspecified keyCompromise CACompromise affiliationChanged superseded
			cessationOfOperation" -- "$cur")
		return
		;;
	--confirm-within)
		mapfile -t COMPREPLY < <(compgen -W "60s 5m 10m 1h" -- "$cur")
		return
		;;
	--every)
		mapfile -t COMPREPLY < <(compgen -W "15s 30s 60s 5m" -- "$cur")
		return
		;;
	--out)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--role)
		mapfile -t COMPREPLY < <(compgen -W "device hub" -- "$cur")
		return
		;;
	--format)
		mapfile -t COMPREPLY < <(compgen -W "aws-xml aws-json aws-text vpnd strongswan-bird strongswan-frr
			libreswan-frr openmetrics prometheus emf" -- "$cur")
		return
		;;
	--interface)
		mapfile -t COMPREPLY < <(compgen -W "xfrmi vti" -- "$cur")
		return
		;;
	--timeout | --namespace | --name | --local-address | --network | --route | --dn | --days | --san | --crl-url | --ocsp-url | \
		--seconds | --count)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		local options="-S --json --timeout --help"
		[[ ${words[0]} == check ]] && options+=" -s"
		[[ ${words[0]} == apply ]] && options+=" --confirm-within"
		[[ ${words[*]:0:2} == "bgp trace" ]] && options+=" --out --seconds --count"
		case ${words[0]} in
		create | modify | delete) options+=" -c -s --dry-run" ;;
		describe) options+=" -c" ;;
		esac
		case ${words[*]:0:2} in
		"create customer-gateway" | "modify customer-gateway") options+=" --ip-address --bgp-asn --device-name --certificate" ;;
		"create gateway" | "modify gateway") options+=" --type --amazon-side-asn --vpn-ecmp-support --route-table --vpc" ;;
		"create connection" | "modify connection") options+=" --customer-gateway --gateway --static-routes-only
			--local-outside-ip-address --tunnel-inside-cidr --pre-shared-key --dpd-timeout-seconds
			--dpd-timeout-action --startup-action --authentication --reset" ;;
		"create route-table" | "modify route-table") options+=" --table --vrf" ;;
		"create route" | "delete route") options+=" --connection --route-table --destination-cidr-block --blackhole" ;;
		"create association" | "delete association" | "create propagation" | "delete propagation")
			options+=" --connection --route-table" ;;
		"associate"*) options+=" -c -s --dry-run --connection --route-table" ;;
		"describe connection") options+=" --with-pre-shared-keys" ;;
		esac
		[[ ${words[0]} == import ]] && options+=" --out --name --local-address --network --route --role --force --dry-run"
		[[ ${words[0]} == export ]] && options+=" -s --format --out --network --route --local-address --interface --force"
		[[ ${words[0]} == replace-tunnel ]] && options+=" --apply-pending-maintenance"
		[[ ${words[0]} == keys ]] && options+=" --wireshark --dir"
		[[ ${words[0]} == metrics ]] && options+=" --format --out --every --namespace"
		[[ ${words[0]} == pki ]] && options+=" --dir"
		case ${words[*]:0:2} in
		"pki init" | "pki subca") options+=" --key --days --crl-url --ocsp-url" ;;
		"pki issue") options+=" --san --dn --key --new-key --days --crl-url --ocsp-url" ;;
		"pki revoke") options+=" --reason" ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
	fi

	local commands="show explain bgp up down rekey replace-tunnel drain check apply confirm undo reload restart keys metrics import export"
	commands+=" create associate modify delete describe pki help"
	local choices=
	case ${#words[@]}:${words[*]} in
	0:*) choices=$commands ;;
	1:show | 2:help\ show) choices="tunnel tables vpcs routes counters bgp bfd" ;;
	2:show\ routes | 3:show\ bgp\ routes | 3:explain\ route\ *) choices="table" ;;
	3:show\ routes\ table | 4:show\ bgp\ routes\ table | 4:explain\ route\ *\ table)
		choices=$(_vpnctl_tables "${socket[@]}") ;;
	1:bgp | 2:help\ bgp) choices="dump trace refresh clear shutdown start" ;;
	2:show\ bfd) choices=$(_vpnctl_names "${socket[@]}") ;;
	2:show\ bgp) choices="neighbor routes $(_vpnctl_neighbors "${socket[@]}")" ;;
	3:help\ show\ bgp) choices="neighbor routes" ;;
	2:help\ explain) choices=route ;;
	2:bgp\ dump)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	3:show\ bgp\ neighbor | 2:bgp\ *) choices=$(_vpnctl_neighbors "${socket[@]}") ;;
	4:show\ bgp\ neighbor\ *) choices="received accepted advertised" ;;
	1:help) choices=$commands ;;
	1:drain) choices="to off $(_vpnctl_names "${socket[@]}")" ;;
	2:drain\ off | 3:drain\ to\ *) choices=$(_vpnctl_names "${socket[@]}") ;;
	2:help\ drain) choices="to off" ;;
	1:pki | 2:help\ pki) choices="init subca issue revoke crl show" ;;
	2:pki\ issue) choices=$(_vpnctl_certificates "$dir" | grep -vx sub) ;;
	2:pki\ revoke | 2:pki\ show) choices=$(_vpnctl_certificates "$dir") ;;
	1:explain) choices="route $(_vpnctl_neighbors "${socket[@]}")" ;;
	2:show\ counters) choices=$(_vpnctl_neighbors "${socket[@]}") ;;
	1:create | 1:delete) choices="customer-gateway gateway connection route-table route association propagation" ;;
	1:modify) choices="customer-gateway gateway connection route-table" ;;
	1:describe) choices="customer-gateway gateway connection route-table tunnel-status" ;;
	2:modify\ * | 2:delete\ * | 2:describe\ *)
		choices=$(_vpnctl_objects "${words[1]}")
		;;
	1:export | 1:up | 1:down | 1:rekey | 1:replace-tunnel | 1:keys | 2:show\ tunnel)
		choices=$(_vpnctl_names "${socket[@]}")
		;;
	2:rekey\ *) choices="ike child" ;;
	1:check | 1:apply | 1:import)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
}

complete -o filenames -F _vpnctl vpnctl
