/*
 * Configuration that names ML-KEM: taken with an OpenSSL that has it, refused
 * with one that has not, which is said.
 */
#include "conf_text.h"
#include "crypto/prf.h"

#define PHASE1(list) "phase1_additional_key_exchanges = [ " list " ];"
#define PHASE2(list) "phase2_additional_key_exchanges = [ " list " ];"

static const struct {
	const char	*what, *text;
	const char	*where;		/* of the error, */
	const char	*method;	/* and who is refused there; NULL: taken */
} rows[] = {
	{ "classical groups alone", TUN(PHASE1("\"20\"")), NULL, NULL },
	{ "ML-KEM-768 behind Curve25519",
	    TUN("phase1_dh_group_numbers = [ 31 ]; " PHASE1("\"36\"")),
	    "phase1_additional_key_exchanges[0]", "36 (ML-KEM-768)" },
	{ "all sizes, or none", TUN(PHASE1("\"37 36 35 none\"")),
	    "phase1_additional_key_exchanges[0]", "37 (ML-KEM-1024)" },
	{ "a third slot", TUN(PHASE2("\"20\", \"21\", \"35\"")),
	    "phase2_additional_key_exchanges[2]", "35 (ML-KEM-512)" },
	{ "alone in IKE_SA_INIT", TUN("phase1_dh_group_numbers = [ 36 ];"),
	    "phase1_dh_group_numbers[0]", "36 (ML-KEM-768)" },
	{ "one group of many",
	    TUN("phase2_dh_group_numbers = [ 31, 20, 37 ];"),
	    "phase2_dh_group_numbers[2]", "37 (ML-KEM-1024)" },
	{ "every group in one list",
	    TUN("phase1_dh_group_numbers = [ 2, 5, 14, 15, 16, 17, 18, 19, "
	    "20, 21, 22, 23, 24, 31, 32, 35, 36, 37 ];"),
	    "phase1_dh_group_numbers[15]", "35 (ML-KEM-512)" },
};

static bool
has_it(void)
{
	return crypto_has(alg_find(ALG_KE, KE_ML_KEM_768, 0));
}

static void
what_names_it_is_taken_or_refused_by_what_openssl_has(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char line[600], want[600] = "";
		struct conf *c = parse(rows[i].text, line);

		if (rows[i].where != NULL && !has_it())
			snprintf(want, sizeof(want), "t.conf:8: "
			    "connections[0].tunnels[0].%s: %s needs OpenSSL "
			    "3.5 or later; this is OpenSSL %s", rows[i].where,
			    rows[i].method, crypto_library());
		print_message("%s\n", rows[i].what);
		assert_string_equal(line, want);
		assert_int_equal(c == NULL, want[0] != '\0');
		conf_free(c);
	}
}

static void
it_is_no_default(void **state)
{
	char line[600];
	struct conf *c = parse(TUN(""), line);
	const struct conf_phase *p = &c->connections[0].tunnels[0].phase1;

	(void)state;
	assert_string_equal(line, "");
	assert_true(p->ke.n > 0);
	for (unsigned i = 0; i < p->ke.n; i++)
		assert_int_equal(alg_at(p->ke.row[i])->flags & ALG_KEM, 0);
	for (unsigned i = 0; i < ADDKE_SLOTS; i++)
		assert_int_equal(p->addke.n[i], 0);
	conf_free(c);
}

static void
a_list_of_what_there_is_names_it_only_when_it_is_there(void **state)
{
	static const char *const texts[] = {
		TUN("phase1_dh_group_numbers = [ 1 ];"), TUN(PHASE1("\"1\"")),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char line[600];
		struct conf *c = parse(texts[i], line);

		assert_null(c);
		assert_non_null(strstr(line, "is not supported; supported: "
		    "31, 21, 32, 20, 19, 16, 15, 18, 17, 14, 24, 23, 5, 22, "
		    "2"));
		assert_int_equal(strstr(line, ", 2, 36, 37, 35") != NULL,
		    has_it());
	}
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	crypto_fini();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_names_it_is_taken_or_refused_by_what_openssl_has),
		cmocka_unit_test(it_is_no_default),
		cmocka_unit_test(
		    a_list_of_what_there_is_names_it_only_when_it_is_there),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
