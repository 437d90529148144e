#!/bin/bash
# What test/lab/run makes of the verdicts of scenarios, with a guest that is a
# shell on this machine: what counts, and what is run a second time.
set -u
cd "$(dirname "$0")/../.." || exit 1
unset -v LAB KEEP FULL CELLS ROWS JOBS LAB_BUILD
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/test/lab/scenarios"
cp test/lab/run "$dir/test/lab/run"
cat >"$dir/test/lab/guests.sh" <<'X'
declare -A guest_features=([host]="")
guest_order=host
host_has() { [ "$1" != absent ]; }
host_ready() { true; }
guest_host() { out=$1 exec bash "$2"; }
X

# scenario NAME NEEDS SCRIPT
scenario() {
	printf '#!/bin/bash\n# %s: a test\n# needs: %s\n# time: 20\n%s\n' \
		"$1" "$2" "$3" >"$dir/test/lab/scenarios/$1.sh"
}

# outcome WHAT TOTALS [LINE]: of all scenarios that are there.
n=0 bad=0
outcome() {
	local said wrong=
	said=$("$dir/test/lab/run" 2>&1)
	[ "$(tail -n 1 <<<"$said")" = "# $2" ] || wrong=1
	[ -z "${3:-}" ] || grep -qF -- "$3" <<<"$said" || wrong=1
	n=$((n + 1))
	if [ -z "$wrong" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' <<<"$said"
		bad=1
	fi
	rm -rf "$dir/build" "$dir/second" "$dir"/test/lab/scenarios/*
}

echo 1..9
scenario good "" 'echo "pass: 1 checks" >"$out/result"'
outcome "one that passes" "1 passed, 0 failed, 0 skipped" "ok 1 - good # host: 1 checks"
scenario bad "" 'echo "fail: no answer" >"$out/result"'
outcome "one that fails twice fails once" "0 passed, 1 failed, 0 skipped" "bad failed at first"
scenario dead "" 'exit 0'
outcome "no verdict is a failure" "0 passed, 1 failed, 0 skipped" "without a verdict"
scenario empty "" ': >"$out/result"'
outcome "nor is an empty one a verdict" "0 passed, 1 failed, 0 skipped" "without a verdict"
scenario blank "" 'echo >"$out/result"'
outcome "nor one of a blank line" "0 passed, 1 failed, 0 skipped"
scenario moody "" "if mkdir $dir/second 2>/dev/null; then echo 'fail: too slow'; else echo 'pass: 2 checks'; fi >\"\$out/result\""
outcome "one that passes the second time says why it did not the first" "1 passed, 0 failed, 0 skipped" \
	"moody # host: 2 checks; second attempt, the first: too slow"
scenario cells "" 'printf "ok - a\nnot ok - b: no\n" >"$out/cells"; echo "pass: 2 checks" >"$out/result"'
outcome "a cell that fails counts, once" "2 passed, 1 failed, 0 skipped" "not ok 2 - cells: b: no"
scenario other absent 'echo "pass: 1 checks" >"$out/result"'
outcome "one whose kernel is not there is skipped" "0 passed, 0 failed, 1 skipped" "no kernel here with absent"
scenario ours vpnd 'echo "pass: 1 checks" >"$out/result"'
outcome "one whose vpnd is not built fails" "0 passed, 1 failed, 0 skipped" "build it first"
exit $bad
