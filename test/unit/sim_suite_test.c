/*
 * Gateways in the simulated world (test/sim) with every algorithm that the
 * configuration can name: both ends come up, rekey with a key exchange of
 * their own, carry packets, and tell the kernel what it has to know.
 */
#include "test/unit/sim_pair.h"
#include "util/array.h"

#define GCM	"rfc4106(gcm(aes))"
#define CHACHA	"rfc7539esp(chacha20,poly1305)"

static const struct suite_row {
	const char	*encr, *integ, *group, *more;	/* of both phases */
	const char	*ike, *esp;		/* behind the rekeys */
	const char	*aead, *enc, *auth;
	unsigned	 icv_bits, key;
} suites[] = {
	{ "AES256-GCM-16", "SHA2-512", "31", "",
	    "AES256-GCM-16/PRF-SHA2-512/X25519", "AES256-GCM-16/X25519/ESN",
	    GCM, "", "", 128, 36 },
	{ "CHACHA20-POLY1305", "SHA2-256", "32", "",
	    "CHACHA20-POLY1305/PRF-SHA2-256/X448",
	    "CHACHA20-POLY1305/X448/ESN", CHACHA, "", "", 128, 36 },
	{ "AES128-GCM-16", "SHA2-384", "21",
	    "extended_sequence_numbers = false;",
	    "AES128-GCM-16/PRF-SHA2-384/ECP-521", "AES128-GCM-16/ECP-521",
	    GCM, "", "", 128, 20 },
	{ "AES256-GCM-16", "SHA2-512", "31", "phase1_additional_key_exchanges "
	    "= [ \"20\", \"21\" ]; phase2_additional_key_exchanges = "
	    "[ \"19 none\" ];",
	    "AES256-GCM-16/PRF-SHA2-512/X25519+ECP-384+ECP-521",
	    "AES256-GCM-16/X25519+ECP-256/ESN", GCM, "", "", 128, 36 },
	{ "AES256", "SHA2-512", "20", "",
	    "AES256-CBC/SHA2-512-256/PRF-SHA2-512/ECP-384",
	    "AES256-CBC/SHA2-512-256/ECP-384/ESN",
	    "", "cbc(aes)", "hmac(sha512)", 256, 32 },
	{ "AES256", "SHA2-384", "19", "",
	    "AES256-CBC/SHA2-384-192/PRF-SHA2-384/ECP-256",
	    "AES256-CBC/SHA2-384-192/ECP-256/ESN",
	    "", "cbc(aes)", "hmac(sha384)", 192, 32 },
	{ "AES128", "SHA2-256", "18", "extended_sequence_numbers = false;",
	    "AES128-CBC/SHA2-256-128/PRF-SHA2-256/MODP-8192",
	    "AES128-CBC/SHA2-256-128/MODP-8192",
	    "", "cbc(aes)", "hmac(sha256)", 128, 16 },
	{ "AES128", "SHA1", "2", "",
	    "AES128-CBC/SHA1-96/PRF-SHA1/MODP-1024",
	    "AES128-CBC/SHA1-96/MODP-1024/ESN",
	    "", "cbc(aes)", "hmac(sha1)", 96, 16 },
	{ "AES256", "SHA1", "5", "",
	    "AES256-CBC/SHA1-96/PRF-SHA1/MODP-1536",
	    "AES256-CBC/SHA1-96/MODP-1536/ESN",
	    "", "cbc(aes)", "hmac(sha1)", 96, 32 },
	{ "AES128", "SHA2-256", "14", "",
	    "AES128-CBC/SHA2-256-128/PRF-SHA2-256/MODP-2048",
	    "AES128-CBC/SHA2-256-128/MODP-2048/ESN",
	    "", "cbc(aes)", "hmac(sha256)", 128, 16 },
	{ "AES128", "SHA2-256", "15", "",
	    "AES128-CBC/SHA2-256-128/PRF-SHA2-256/MODP-3072",
	    "AES128-CBC/SHA2-256-128/MODP-3072/ESN",
	    "", "cbc(aes)", "hmac(sha256)", 128, 16 },
	{ "AES128", "SHA2-256", "16", "",
	    "AES128-CBC/SHA2-256-128/PRF-SHA2-256/MODP-4096",
	    "AES128-CBC/SHA2-256-128/MODP-4096/ESN",
	    "", "cbc(aes)", "hmac(sha256)", 128, 16 },
	{ "AES128", "SHA2-256", "17", "",
	    "AES128-CBC/SHA2-256-128/PRF-SHA2-256/MODP-6144",
	    "AES128-CBC/SHA2-256-128/MODP-6144/ESN",
	    "", "cbc(aes)", "hmac(sha256)", 128, 16 },
	{ "AES128", "SHA1", "22", "",
	    "AES128-CBC/SHA1-96/PRF-SHA1/MODP-1024-160",
	    "AES128-CBC/SHA1-96/MODP-1024-160/ESN",
	    "", "cbc(aes)", "hmac(sha1)", 96, 16 },
	{ "AES128", "SHA1", "23", "",
	    "AES128-CBC/SHA1-96/PRF-SHA1/MODP-2048-224",
	    "AES128-CBC/SHA1-96/MODP-2048-224/ESN",
	    "", "cbc(aes)", "hmac(sha1)", 96, 16 },
	{ "AES128", "SHA1", "24", "",
	    "AES128-CBC/SHA1-96/PRF-SHA1/MODP-2048-256",
	    "AES128-CBC/SHA1-96/MODP-2048-256/ESN",
	    "", "cbc(aes)", "hmac(sha1)", 96, 16 },
};

static char settings[2][800];

static const char *
setting(unsigned end, const char *encr, const char *integ, const char *groups,
    const char *more)
{
	str_set(settings[end], sizeof(settings[end]), "");
	for (int phase = 1; phase <= 2; phase++)
		str_add(settings[end], sizeof(settings[end]),
		    "phase%d_encryption_algorithms = [ \"%s\" ]; "
		    "phase%d_integrity_algorithms = [ \"%s\" ]; "
		    "phase%d_dh_group_numbers = [ %s ]; ",
		    phase, encr, phase, integ, phase, groups);
	str_add(settings[end], sizeof(settings[end]), "%s", more);
	return settings[end];
}

static void
assert_suites(const struct gate *g, const char *ike, const char *esp)
{
	struct ike_peer_info i = info(g, "vpn", 1);
	char text[SUITE_STRLEN];

	assert_string_equal(suite_str(&i.suite, text), ike);
	assert_string_equal(suite_str(&i.child_suite, text), esp);
}

/* What the kernel of one end was told about one direction. */
static void
assert_kernel(const struct gate *g, enum kern_dir dir,
    const struct suite_row *row)
{
	const struct kern_sa *sa = &kernel_newest(&g->kernel,
	    KERN_ID_BASE + 1, dir)->sa;

	assert_string_equal(sa->aead, row->aead);
	assert_string_equal(sa->enc, row->enc);
	assert_string_equal(sa->auth, row->auth);
	assert_int_equal(sa->icv_bits, row->icv_bits);
	assert_int_equal(sa->encr_key.n, row->key);
	assert_int_equal(sa->esn, strstr(row->esp, "/ESN") != NULL);
}

static void
rekeyed(const char *what)
{
	char request[100];

	str_fmt(request, sizeof(request), "{\"command\":\"rekey\","
	    "\"name\":\"vpn/1\",\"what\":\"%s\"}", what);
	done(p.branch, request);
	later(4000);
}

static void
every_algorithm_carries_packets_over_rekeys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		const struct suite_row *row = &suites[i];

		print_message("  %s\n", row->esp);
		if (i > 0) {
			pair_fini(&p);
			pair_init(&p, i + 1);
		}
		p.hub_conf.tunnels = p.branch_conf.tunnels = 1;
		p.hub_conf.tunnel[0] = p.branch_conf.tunnel[0] = setting(0,
		    row->encr, row->integ, row->group, row->more);
		started();
		probes(20);
		rekeyed("child");
		rekeyed("ike");
		rekeyed("child");
		no_probe_was_lost();
		assert_int_equal(info(p.hub, "vpn", 1).child_rekeys, 2);
		assert_int_equal(info(p.hub, "vpn", 1).rekeys, 1);
		assert_suites(p.hub, row->ike, row->esp);
		assert_suites(p.branch, row->ike, row->esp);
		assert_kernel(p.hub, KERN_IN, row);
		assert_kernel(p.hub, KERN_OUT, row);
		assert_kernel(p.branch, KERN_OUT, row);
	}
}

/* What the ends allow differs; the branch calls. */
static const struct {
	const char	*what;
	const char	*encr, *integ, *group, *more;		/* the hub's */
	const char	*encr_b, *integ_b, *group_b, *more_b;	/* branch's */
	const char	*ike, *esp;
} mixes[] = {
	{ "our order when the peer calls",
	    "AES256-GCM-16\", \"AES128-GCM-16", "SHA2-512\", \"SHA2-256",
	    "31, 20, 14", "", "AES128-GCM-16\", \"AES256-GCM-16",
	    "SHA2-256\", \"SHA2-512", "14, 20, 31", "",
	    "AES256-GCM-16/PRF-SHA2-512/X25519", "AES256-GCM-16/X25519/ESN" },
	{ "the caller's order by configuration",
	    "AES256-GCM-16\", \"AES128-GCM-16", "SHA2-512\", \"SHA2-256",
	    "31, 20, 14", "proposal_order = \"peer\";",
	    "AES128-GCM-16\", \"AES256-GCM-16", "SHA2-256\", \"SHA2-512",
	    "14, 20, 31", "",
	    "AES128-GCM-16/PRF-SHA2-256/MODP-2048",
	    "AES128-GCM-16/MODP-2048/ESN" },
	{ "AWS's order: what a device gets that leaves all enabled",
	    "AES128\", \"AES256\", \"AES128-GCM-16\", \"AES256-GCM-16",
	    "SHA1\", \"SHA2-256\", \"SHA2-384\", \"SHA2-512",
	    "2, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24",
	    "proposal_order = \"aws\";",
	    "AES256-GCM-16\", \"AES256\", \"AES128", "SHA2-512\", \"SHA1",
	    "20, 14, 2", "", "AES128-CBC/SHA1-96/PRF-SHA1/MODP-1024",
	    "AES128-CBC/SHA1-96/MODP-1024/ESN" },
	{ "one end without ESN",
	    "AES256-GCM-16", "SHA2-512", "31", "", "AES256-GCM-16",
	    "SHA2-512", "31", "extended_sequence_numbers = false;",
	    "AES256-GCM-16/PRF-SHA2-512/X25519", "AES256-GCM-16/X25519" },
};

static void
ends_that_differ_agree_by_the_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mixes); i++) {
		print_message("  %s\n", mixes[i].what);
		if (i > 0) {
			pair_fini(&p);
			pair_init(&p, i + 1);
		}
		p.hub_conf.tunnels = p.branch_conf.tunnels = 1;
		p.hub_conf.tunnel[0] = setting(0, mixes[i].encr,
		    mixes[i].integ, mixes[i].group, mixes[i].more);
		p.branch_conf.tunnel[0] = setting(1, mixes[i].encr_b,
		    mixes[i].integ_b, mixes[i].group_b, mixes[i].more_b);
		started();
		probes(20);
		rekeyed("child");
		no_probe_was_lost();
		assert_suites(p.hub, mixes[i].ike, mixes[i].esp);
		assert_suites(p.branch, mixes[i].ike, mixes[i].esp);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(every_algorithm_carries_packets_over_rekeys),
		STORY(ends_that_differ_agree_by_the_rules),
	};
	int failed;

	if (!crypto_init())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypto_fini();
	return failed;
}
