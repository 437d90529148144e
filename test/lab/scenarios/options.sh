#!/bin/bash
# options: vpnctl check takes every option at its borders, and names the rule that is broken just beyond
# needs: options
# time: 300
#
# The texts are those of the unit test of options, which walks the table of keys: NAME-taken.conf; or NAME-refused.conf and
# NAME-refused.why with what the error says.
. /mnt/top/test/lab/lib.sh

texts=/mnt/texts

# ask FILE: what vpnctl check says, in said, and its status.
ask() {
	local status=0
	said=$("$daemons/vpnctl" check "$1" 2>&1) || status=$?
	return $status
}

step "the texts"
need_files "$daemons/vpnctl" "$daemons/options"
mkdir -p $texts
check "the table of keys gives them" "$daemons/options" $texts
(umask 077 && printf 'secrets = ( { connection = "a"; pre_shared_key = "%s"; } );\n' "$psk" >$texts/vpnd.secrets)
check "there are hundreds" test "$(find $texts -name '*.conf' | wc -l)" -gt 300

step "what is taken"
taken=0
for f in "$texts"/*-taken.conf; do
	ask "$f" || fail "${f##*/}: $said"
	taken=$((taken + 1))
done
ok "$taken texts are"

step "what is refused"
refused=0
for f in "$texts"/*-refused.conf; do
	key=${f##*/}
	key=${key#*-} key=${key%-refused.conf}
	! ask "$f" || fail "${f##*/} is taken"
	grep -qF "$key" <<<"$said" || fail "${f##*/}: the error does not name $key: $said"
	grep -qF -- "$(cat "${f%.conf}.why")" <<<"$said" || fail "${f##*/}: not '$(cat "${f%.conf}.why")' but: $said"
	refused=$((refused + 1))
done
ok "$refused texts are, each with its reason"
check "both kinds were there" test $taken -gt 100 -a $refused -gt 100
pass
