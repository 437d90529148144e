/*
 * Lives of SAs by octets and packets: rekeyed ahead of the limit without a
 * lost packet, ended at it, and never beyond a 32-bit sequence number (RFC
 * 4303 section 3.3.3).
 */
#include "unit/sim_pair.h"

static void
limited(const char *keys)
{
	p.hub_conf.top = p.branch_conf.top = "allow_short_lifetimes = true;";
	p.hub_conf.connection = p.branch_conf.connection = keys;
}

static unsigned
child_rekeys(const struct gate *g)
{
	return info(g, "vpn", 1).child_rekeys + info(g, "vpn", 2).child_rekeys;
}

static const struct {
	const char	*what, *hub, *branch;
} volumes[] = {
	{ "octets", "phase2_lifetime_bytes = 65536;",
	    "phase2_lifetime_bytes = 65536;" },
	{ "packets", "phase2_lifetime_packets = 400;",
	    "phase2_lifetime_packets = 400;" },
	{ "octets at one end", "phase2_lifetime_bytes = 65536;", "" },
	{ "packets at the other", "", "phase2_lifetime_packets = 400;" },
	{ "both, and time", "phase2_lifetime_packets = 2000;"
	    "phase2_lifetime_bytes = 65536; phase2_lifetime_seconds = 10;"
	    "rekey_margin_time_seconds = 2;", "" },
};

static void
a_volume_is_rekeyed_under_traffic_without_a_loss(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(volumes) / sizeof(volumes[0]); i++) {
		print_message("    %s\n", volumes[i].what);
		pair_fini(&p);
		pair_init(&p, 20 + i);
		limited(volumes[i].hub);
		p.branch_conf.connection = volumes[i].branch;
		started();
		probes(10);
		later(60000);
		no_probe_was_lost();
		assert_true(child_rekeys(p.hub) >= 8);
		assert_int_equal(gate_count(p.hub, "tunnel-down"), 0);
		assert_int_equal(gate_count(p.branch, "tunnel-down"), 0);
		assert_int_equal(gate_count(p.hub, "ike-failed"), 0);
		assert_int_equal(gate_count(p.branch, "ike-failed"), 0);
		all_up();
	}
}

/* Packets come faster than a rekey can be done: the limit holds all the same. */
static void
what_reaches_its_hard_limit_ends_and_is_made_anew(void **state)
{
	const struct kernel *k = &p.branch->kernel;

	(void)state;
	limited("phase2_lifetime_packets = 100; rekey_fuzz_percentage = 0;"
	    "rekey_margin_time_seconds = 1;");
	p.branch_conf.connection = "phase2_lifetime_packets = 100;";
	started();
	probes(1);
	for (unsigned i = 0; i < 300; i++) {
		later(10);
		for (unsigned n = 0; n < k->sas_n; n++)
			assert_true(k->sas[n].packets <= 100);
	}
	packet_probes(&p.w, SPAN_ZERO);
	assert_true(p.w.tally.lost > 0);
	assert_true(gate_count(p.branch, "child-down") > 0);
	all_up();
	probes(100);
	later(20000);
	no_probe_was_lost();
}

static void
without_esn_no_sequence_number_comes_twice(void **state)
{
	const uint64_t most = UINT32_MAX;
	uint64_t first = 0;
	unsigned other = 0;

	(void)state;
	limited("extended_sequence_numbers = false;");
	started();
	for (unsigned i = 0; i < p.hub->kernel.sas_n; i++) {
		const struct kern_sa *sa = &p.hub->kernel.sas[i].sa;

		assert_false(sa->esn);
		assert_int_equal(sa->hard_packets, most);
		assert_in_range(sa->soft_packets, most / 16 * 11, most / 4 * 3);
		assert_int_equal(sa->hard_bytes, 0);
		assert_int_equal(sa->soft_bytes, 0);
		if (i == 0)
			first = sa->soft_packets;
		other += sa->soft_packets != first;
	}
	/* Not all at once. */
	assert_int_equal(p.hub->kernel.sas_n, 4);
	assert_true(other > 0);
}

static void
with_esn_there_is_no_such_limit(void **state)
{
	(void)state;
	started();
	for (unsigned i = 0; i < p.hub->kernel.sas_n; i++) {
		const struct kern_sa *sa = &p.hub->kernel.sas[i].sa;

		assert_true(sa->esn);
		assert_int_equal(sa->hard_packets, 0);
		assert_int_equal(sa->soft_packets, 0);
	}
}

static const struct {
	const char	*keys;
	uint64_t	hard, low, high;	/* of the soft limit */
} margins[] = {
	/* 270 of 3600 s are 7.5 %, with the fuzz up to twice that */
	{ "phase2_lifetime_packets = 100000;", 100000, 85000, 92600 },
	{ "phase2_lifetime_packets = 100000; rekey_fuzz_percentage = 0;",
	    100000, 92400, 92600 },
	{ "phase2_lifetime_packets = 100000; rekey_fuzz_percentage = 0;"
	    "rekey_margin_time_seconds = 1800;", 100000, 50000, 50200 },
	/* margin and fuzz would eat it all up: a quarter is left */
	{ "phase2_lifetime_packets = 100; rekey_fuzz_percentage = 100;"
	    "rekey_margin_time_seconds = 1800;", 100, 25, 50 },
	{ "phase2_lifetime_packets = 1000000000000L;"
	    "extended_sequence_numbers = false;", UINT32_MAX,
	    UINT32_MAX / 16 * 11, UINT32_MAX / 4 * 3 },
};

static void
the_margin_is_the_same_share_as_in_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(margins) / sizeof(margins[0]); i++) {
		print_message("    %s\n", margins[i].keys);
		pair_fini(&p);
		pair_init(&p, 30 + i);
		limited(margins[i].keys);
		started();
		for (unsigned n = 0; n < p.hub->kernel.sas_n; n++) {
			const struct kern_sa *sa = &p.hub->kernel.sas[n].sa;

			assert_int_equal(sa->hard_packets, margins[i].hard);
			assert_in_range(sa->soft_packets, margins[i].low,
			    margins[i].high);
		}
	}
}

static int
init_all(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_volume_is_rekeyed_under_traffic_without_a_loss),
		STORY(what_reaches_its_hard_limit_ends_and_is_made_anew),
		STORY(without_esn_no_sequence_number_comes_twice),
		STORY(with_esn_there_is_no_such_limit),
		STORY(the_margin_is_the_same_share_as_in_time),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
