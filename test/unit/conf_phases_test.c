/*
 * The configuration's rules for both phases, one row per rule at its border and
 * just beyond: algorithms, lifetimes and their company, and the lab's.
 */
#include "unit/conf_text.h"

static const struct conf_row rows[] = {
	/* algorithms */
	{ "algorithms by name", TUN("phase1_encryption_algorithms = "
	    "[ \"AES128\", \"AES256-GCM-16\" ]; phase2_dh_group_numbers = "
	    "[ 14, 31 ];"), NULL },
	{ "additional key exchanges in every slot",
	    TUN("phase1_additional_key_exchanges = [ \"20 21 none\", "
	    "\"14\", \"15\", \"16\", \"17\", \"18\", \" 19  none \" ];"),
	    NULL },
	{ "of the child SA as well",
	    TUN("phase2_additional_key_exchanges = [ \"20\" ];"), NULL },
	{ "one slot more", TUN("phase1_additional_key_exchanges = [ \"20\", "
	    "\"21\", \"14\", \"15\", \"16\", \"17\", \"18\", \"19\" ];"),
	    E_TUN("phase1_additional_key_exchanges",
	    "must have 1 to 7 texts, not 8") },
	{ "no slot at all", TUN("phase1_additional_key_exchanges = [ ];"),
	    E_TUN("phase1_additional_key_exchanges",
	    "must have 1 to 7 texts, not 0") },
	{ "a slot of nothing", TUN("phase1_additional_key_exchanges = "
	    "[ \"20\", \" \" ];"),
	    E_TUN("phase1_additional_key_exchanges[1]",
	    "must name at least one group") },
	{ "a slot of none alone", TUN("phase1_additional_key_exchanges = "
	    "[ \"none\" ];"),
	    E_TUN("phase1_additional_key_exchanges[0]",
	    "must name at least one group") },
	{ "a slot that is a number", TUN("phase1_additional_key_exchanges = "
	    "[ 20 ];"),
	    E_TUN("phase1_additional_key_exchanges[0]",
	    "must be group numbers in quotes, with blanks between") },
	{ "a group twice in a slot", TUN("phase1_additional_key_exchanges = "
	    "[ \"20 none 20\" ];"),
	    E_TUN("phase1_additional_key_exchanges[0]", "20 is there twice") },
	{ "a group twice with no way out",
	    TUN("phase2_additional_key_exchanges = [ \"20\", \"21 14\", "
	    "\"20\" ];"),
	    E_TUN("phase2_additional_key_exchanges", "20 is there twice; all "
	    "key exchanges of an SA have to differ") },
	{ "the only group once more", TUN("phase1_dh_group_numbers = [ 20 ]; "
	    "phase1_additional_key_exchanges = [ \"20\" ];"),
	    E_TUN("phase1_additional_key_exchanges", "20 is the only one of "
	    "phase1_dh_group_numbers already; all key exchanges of an SA have "
	    "to differ") },
	{ "one of two groups once more", TUN("phase1_dh_group_numbers = "
	    "[ 20, 31 ]; phase1_additional_key_exchanges = [ \"20\" ];"),
	    NULL },
	{ "a list in parentheses", TUN("phase1_dh_group_numbers = ( 14, 19 );"),
	    NULL },
	{ "algorithms of the past, by name",
	    TUN("phase1_integrity_algorithms = [ \"SHA1\" ]; "
	    "phase2_integrity_algorithms = [ \"SHA2-256\", \"SHA1\" ]; "
	    "phase1_dh_group_numbers = [ 2, 5, 22, 23, 24 ]; "
	    "phase2_dh_group_numbers = [ 14, 2, 5, 22, 23, 24 ];"), NULL },
	{ "every group in one list",
	    TUN("phase1_dh_group_numbers = [ 2, 5, 14, 15, 16, 17, 18, 19, "
	    "20, 21, 22, 23, 24, 31, 32 ];"), NULL },
	{ "every cipher in one list",
	    TUN("phase2_encryption_algorithms = [ \"CHACHA20-POLY1305\", "
	    "\"AES128\", \"AES256\", \"AES128-GCM-16\", "
	    "\"AES256-GCM-16\" ];"), NULL },
	{ "an algorithm beyond the past",
	    TUN("phase1_integrity_algorithms = [ \"MD5\" ];"),
	    E_TUN("phase1_integrity_algorithms[0]", "\"MD5\" is not "
	    "supported; supported: SHA2-512, SHA2-384, SHA2-256, SHA1") },
	{ "a cipher unheard of",
	    TUN("phase2_encryption_algorithms = [ \"AES256\", \"DES\" ];"),
	    E_TUN("phase2_encryption_algorithms[1]", "\"DES\" is not "
	    "supported; supported: AES256-GCM-16, CHACHA20-POLY1305, "
	    "AES128-GCM-16, AES256, AES128") },
	{ "a group beyond the past", TUN("phase2_dh_group_numbers = [ 1 ];"),
	    E_TUN("phase2_dh_group_numbers[0]",
	    "1 is not supported; supported: 31, 21, 32, 20, 19, 16, 15, 18, "
	    "17, 14, 24, 23, 5, 22, 2") },
	{ "a group in quotes", TUN("phase2_dh_group_numbers = [ \"14\" ];"),
	    E_TUN("phase2_dh_group_numbers[0]",
	    "must be a group number, not a text") },
	{ "a cipher without quotes",
	    TUN("phase2_encryption_algorithms = [ 128 ];"),
	    E_TUN("phase2_encryption_algorithms[0]",
	    "must be an algorithm in quotes, not a number") },
	{ "an algorithm twice", TUN("phase1_dh_group_numbers = [ 19, 19 ];"),
	    E_TUN("phase1_dh_group_numbers[1]", "19 is there twice") },
	{ "no algorithm at all", TUN("phase1_dh_group_numbers = [ ];"),
	    E_TUN("phase1_dh_group_numbers",
	    "must name at least one; leave it out for the default") },

	{ "the order of the peer", TUN("proposal_order = \"peer\";"), NULL },
	{ "the order of AWS", TUN("proposal_order = \"aws\";"), NULL },
	{ "an order of somebody else", TUN("proposal_order = \"theirs\";"),
	    E_TUN("proposal_order",
	    "must be \"ours\", \"peer\" or \"aws\", not \"theirs\"") },
	{ "no extended sequence numbers",
	    TUN("extended_sequence_numbers = false;"), NULL },
	{ "extended sequence numbers by number",
	    TUN("extended_sequence_numbers = 64;"),
	    E_TUN("extended_sequence_numbers",
	    "must be true or false, not a number") },

	/* lifetimes and their company */
	{ "phase 1 of 899 s", TUN("phase1_lifetime_seconds = 899;"),
	    E_TUN("phase1_lifetime_seconds",
	    "must be 900 to 28800 seconds, not 899") },
	{ "phase 1 of 901 s", TUN("phase1_lifetime_seconds = 901; "
	    "phase2_lifetime_seconds = 900;"), NULL },
	{ "phase 1 of 28801 s", TUN("phase1_lifetime_seconds = 28801;"),
	    E_TUN("phase1_lifetime_seconds",
	    "must be 900 to 28800 seconds, not 28801") },
	{ "phase 2 of 899 s", TUN("phase2_lifetime_seconds = 899;"),
	    E_TUN("phase2_lifetime_seconds",
	    "must be 900 to 3600 seconds, not 899") },
	{ "phase 2 of 3601 s", TUN("phase2_lifetime_seconds = 3601;"),
	    E_TUN("phase2_lifetime_seconds",
	    "must be 900 to 3600 seconds, not 3601") },
	{ "phase 2 as long as phase 1", TUN("phase1_lifetime_seconds = 1800; "
	    "phase2_lifetime_seconds = 1800;"),
	    E_TUN("phase2_lifetime_seconds", "must be less than "
	    "phase1_lifetime_seconds (1800), not 1800") },
	{ "the default of phase 2 against a short phase 1",
	    TUN("phase1_lifetime_seconds = 3600;"),
	    "t.conf:6: connections[0].tunnels[0].phase2_lifetime_seconds: "
	    "must be less than phase1_lifetime_seconds (3600), not 3600" },
	{ "an error is told where the key stands",
	    CONN("phase1_lifetime_seconds = 900; "
	    "phase2_lifetime_seconds = 900;"),
	    E_CONN("phase2_lifetime_seconds", "must be less than "
	    "phase1_lifetime_seconds (900), not 900") },
	{ "a margin of 59 s", TUN("rekey_margin_time_seconds = 59;"),
	    E_TUN("rekey_margin_time_seconds",
	    "must be 60 to 1800 seconds, not 59") },
	{ "a margin of 60 s", TUN("rekey_margin_time_seconds = 60;"), NULL },
	{ "a margin of half of phase 2",
	    TUN("rekey_margin_time_seconds = 1800;"), NULL },
	{ "a margin of more than any half",
	    TUN("rekey_margin_time_seconds = 1801;"),
	    E_TUN("rekey_margin_time_seconds",
	    "must be 60 to 1800 seconds, not 1801") },
	{ "a margin of half of a short phase 2",
	    TUN("phase2_lifetime_seconds = 900; "
	    "rekey_margin_time_seconds = 450;"), NULL },
	{ "and one second more", TUN("phase2_lifetime_seconds = 900; "
	    "rekey_margin_time_seconds = 451;"),
	    E_TUN("rekey_margin_time_seconds", "must be at most half of "
	    "phase2_lifetime_seconds (450), not 451") },
	{ "a fuzz of 0 %", TUN("rekey_fuzz_percentage = 0;"), NULL },
	{ "a fuzz of 100 %", TUN("rekey_fuzz_percentage = 100;"), NULL },
	{ "a fuzz of 101 %", TUN("rekey_fuzz_percentage = 101;"),
	    E_TUN("rekey_fuzz_percentage",
	    "must be 0 to 100 percent, not 101") },
	{ "a fuzz of -1 %", TUN("rekey_fuzz_percentage = -1;"),
	    E_TUN("rekey_fuzz_percentage",
	    "must be 0 to 100 percent, not -1") },
	{ "a replay window of 63", TUN("replay_window_size = 63;"),
	    E_TUN("replay_window_size",
	    "must be 64 to 2048 packets, not 63") },
	{ "a replay window of 64", TUN("replay_window_size = 64;"), NULL },
	{ "a replay window of 2048", TUN("replay_window_size = 2048;"), NULL },
	{ "a replay window of 2049", TUN("replay_window_size = 2049;"),
	    E_TUN("replay_window_size",
	    "must be 64 to 2048 packets, not 2049") },
	{ "a lifetime of 1048575 octets", TUN("phase2_lifetime_bytes = "
	    "1048575;"),
	    E_TUN("phase2_lifetime_bytes",
	    "must be 0 or 1048576 to 1125899906842624 octets, not 1048575") },
	{ "a lifetime of 1 MiB", TUN("phase2_lifetime_bytes = 1048576;"),
	    NULL },
	{ "a lifetime of 0 octets", TUN("phase2_lifetime_bytes = 0;"), NULL },
	{ "a lifetime of a pebibyte",
	    TUN("phase2_lifetime_bytes = 1125899906842624L;"), NULL },
	{ "a lifetime of more than a pebibyte",
	    TUN("phase2_lifetime_bytes = 1125899906842625L;"),
	    E_TUN("phase2_lifetime_bytes", "must be 0 or 1048576 to "
	    "1125899906842624 octets, not 1125899906842625") },
	{ "a lifetime of 9999 packets", TUN("phase2_lifetime_packets = 9999;"),
	    E_TUN("phase2_lifetime_packets",
	    "must be 0 or 10000 to 1125899906842624 packets, not 9999") },
	{ "a lifetime of 10000 packets",
	    TUN("phase2_lifetime_packets = 10000;"), NULL },
	{ "a lifetime of 100 packets in a lab",
	    LAB("phase2_lifetime_packets = 100;"), NULL },
	{ "a PPK", TUN("ppk_id = \"key-1@site\"; ppk_required = true;"), NULL },
	{ "a PPK is required, but which", TUN("ppk_required = true;"),
	    E_TUN("ppk_required", "needs a ppk_id that says which") },
	{ "a PPK without a name", TUN("ppk_id = \"\";"),
	    E_TUN("ppk_id", "must be 1 to 63 printable characters without "
	    "blanks, not \"\"") },
	{ "a PPK with a blank in its name", TUN("ppk_id = \"a b\";"),
	    E_TUN("ppk_id", "must be 1 to 63 printable characters without "
	    "blanks, not \"a b\"") },
	{ "fragments of 575 octets", TUN("fragment_size = 575;"),
	    E_TUN("fragment_size", "must be 576 to 65535 octets, not 575") },
	{ "fragments of 576 octets", TUN("fragment_size = 576;"), NULL },
	{ "fragments of 65535 octets", TUN("fragment_size = 65535;"), NULL },
	{ "fragments of 65536 octets", TUN("fragment_size = 65536;"),
	    E_TUN("fragment_size",
	    "must be 576 to 65535 octets, not 65536") },
	{ "a DPD timeout of 29 s", TUN("dpd_timeout_seconds = 29;"),
	    E_TUN("dpd_timeout_seconds",
	    "must be 30 to 86400 seconds, not 29") },
	{ "a DPD timeout of 30 s", TUN("dpd_timeout_seconds = 30;"), NULL },
	{ "a DPD timeout of a day and more",
	    TUN("dpd_timeout_seconds = 86401;"),
	    E_TUN("dpd_timeout_seconds",
	    "must be 30 to 86400 seconds, not 86401") },
	{ "a first timeout of 99 ms", TUN("retransmit_timeout_milliseconds = "
	    "99;"), E_TUN("retransmit_timeout_milliseconds",
	    "must be 100 to 60000 milliseconds, not 99") },
	{ "a first timeout of 100 ms",
	    TUN("retransmit_timeout_milliseconds = 100;"), NULL },
	{ "a first timeout of half of the DPD timeout",
	    TUN("retransmit_timeout_milliseconds = 20000;"), NULL },
	{ "a first timeout of more than that",
	    TUN("retransmit_timeout_milliseconds = 20001;"),
	    E_TUN("retransmit_timeout_milliseconds", "must be at most 20000 "
	    "milliseconds, half of dpd_timeout_seconds, not 20001") },
	{ "a first timeout of a minute, and patience",
	    TUN("retransmit_timeout_milliseconds = 60000; "
	    "dpd_timeout_seconds = 120;"), NULL },
	{ "a longest timeout that is shorter than the first",
	    TUN("retransmit_timeout_milliseconds = 3001; "
	    "retransmit_timeout_max_seconds = 3;"),
	    E_TUN("retransmit_timeout_max_seconds", "must not be less than "
	    "retransmit_timeout_milliseconds (3001), not 3 seconds") },
	{ "timeouts that do not double",
	    TUN("retransmit_timeout_milliseconds = 3000; "
	    "retransmit_timeout_max_seconds = 3;"), NULL },
	{ "a longest timeout of 301 s",
	    TUN("retransmit_timeout_max_seconds = 301;"),
	    E_TUN("retransmit_timeout_max_seconds",
	    "must be 1 to 300 seconds, not 301") },
	{ "101 repetitions", TUN("retransmit_tries = 101;"),
	    E_TUN("retransmit_tries", "must be 0 or 1 to 100 times, not 101") },
	{ "one repetition", TUN("retransmit_tries = 1;"), NULL },
	{ "an unknown DPD action", TUN("dpd_timeout_action = \"hold\";"),
	    E_TUN("dpd_timeout_action", "must be \"clear\", \"none\" or "
	    "\"restart\", not \"hold\"") },
	{ "words are spelt in lower case", TUN("startup_action = \"Start\";"),
	    E_TUN("startup_action",
	    "must be \"add\" or \"start\", not \"Start\"") },

	/* the lab's lifetimes */
	{ "lifetimes of seconds", LAB("phase1_lifetime_seconds = 2; "
	    "phase2_lifetime_seconds = 1; rekey_margin_time_seconds = 0; "
	    "dpd_timeout_seconds = 1;"), NULL },
	{ "a lifetime of nothing", LAB("phase2_lifetime_seconds = 0;"),
	    E_TUN("phase2_lifetime_seconds",
	    "must be 1 to 3600 seconds, not 0") },
	{ "a DPD timeout of nothing", LAB("dpd_timeout_seconds = 0;"),
	    E_TUN("dpd_timeout_seconds",
	    "must be 1 to 86400 seconds, not 0") },
	{ "a negative margin", LAB("rekey_margin_time_seconds = -1;"),
	    E_TUN("rekey_margin_time_seconds",
	    "must be 0 to 1800 seconds, not -1") },
	{ "a short phase 1 is still the longer", LAB(
	    "phase1_lifetime_seconds = 5; phase2_lifetime_seconds = 5;"),
	    E_TUN("phase2_lifetime_seconds", "must be less than "
	    "phase1_lifetime_seconds (5), not 5") },
	{ "the replay window is not relaxed", LAB("replay_window_size = 32;"),
	    E_TUN("replay_window_size",
	    "must be 64 to 2048 packets, not 32") },
};

static void
every_rule_of_the_phases_holds_at_its_border(void **state)
{
	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_of_the_phases_holds_at_its_border),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
