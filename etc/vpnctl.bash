# Completion of vpnctl for bash.  Names come from the running daemon.

_vpnctl_names() {
	vpnctl "$@" --timeout 1 show 2>/dev/null |
		awk 'NR > 1 { print $1; sub("/.*", "", $1); print $1 }' |
		sort -u
}

_vpnctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words=() socket=() i
	COMPREPLY=()

	# What stands before the cursor, without options and their values.
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-S) socket=(-S "${COMP_WORDS[++i]}") ;;
		-s | --timeout | --dir) ((i++)) ;;
		-*) ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
	done

	case $prev in
	-S | -s)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--timeout)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		local options="-S --json --timeout --help"
		[[ ${words[0]} == check ]] && options+=" -s"
		[[ ${words[0]} == keys ]] && options+=" --wireshark --dir"
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
	fi

	local commands="show explain up down rekey check reload keys help" choices=
	case ${#words[@]}:${words[*]} in
	0:*) choices=$commands ;;
	1:show) choices="tunnel routes" ;;
	1:help) choices=$commands ;;
	2:help\ show) choices="tunnel routes" ;;
	1:explain | 1:up | 1:down | 1:rekey | 1:keys | 2:show\ tunnel)
		choices=$(_vpnctl_names "${socket[@]}")
		;;
	2:rekey\ *) choices="ike child" ;;
	1:check)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
}

complete -o filenames -F _vpnctl vpnctl
