/*
 * Sets of configuration files that change in one step, and objects that are
 * printed and read again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "tools/hub_args.h"
#include "tools/hub_object.h"
#include "tools/hub_set.h"
#include "tools/hub_stage.h"
#include "util/array.h"

static char dir[64], conf[96];

static void
run(const char *fmt, ...)
{
	char command[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	assert_int_equal(system(command), 0);
}

static int
set_up(void **state)
{
	(void)state;
	str_set(dir, sizeof(dir), "/tmp/hub_test.XXXXXX");
	if (mkdtemp(dir) == NULL || !crypto_init())
		return -1;
	str_fmt(conf, sizeof(conf), "%s/vpnd.conf", dir);
	run("echo 'asn = 64512;' >%s; mkdir %s/conf.d", conf, dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	crypto_fini();
	run("rm -rf %s", dir);
	return 0;
}

static void
begin(struct hub_set *s)
{
	assert_int_equal(hub_set_read(s, conf, true, 1), CTL_EXIT_OK);
}

/* A customer gateway with some of its keys. */
static void
put_customer(struct hub_set *s, const char *name, const char *ip)
{
	struct hub_object o;

	assert_true(hub_object_new(&o, HUB_CUSTOMER, name));
	assert_int_equal(hub_value_put(o.group, conf_key_find(CONF_AT_CUSTOMER,
	    "ip_address"), "ip-address", ip), CTL_EXIT_OK);
	assert_int_equal(hub_object_store(&o, s), CTL_EXIT_OK);
	hub_object_close(&o);
}

static void
assert_listing(const char *want)
{
	char command[128], got[512] = "", line[128];
	FILE *f;

	str_fmt(command, sizeof(command), "cd %s && find . -type f | sort",
	    dir);
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		str_add(got, sizeof(got), "%s ", line);
	}
	pclose(f);
	assert_string_equal(got, want);
}

/* What is written reads as what was put, whatever its kind. */
static void
values_are_printed_as_they_read(void **state)
{
	static const struct {
		const char	*key, *value;
		enum ctl_exit	rc;
		const char	*text;	/* what stands there */
	} rows[] = {
		{ "dpd_timeout_seconds", "40", CTL_EXIT_OK,
		    "dpd_timeout_seconds = 40;" },
		{ "dpd_timeout_seconds", "forty", CTL_EXIT_USAGE, "" },
		{ "dpd_timeout_seconds", "-1", CTL_EXIT_USAGE, "" },
		{ "dpd_timeout_seconds", "4 0", CTL_EXIT_USAGE, "" },
		{ "phase2_lifetime_bytes", "1125899906842624", CTL_EXIT_OK,
		    "phase2_lifetime_bytes = 1125899906842624L;" },
		{ "remote_asn", "4200000000", CTL_EXIT_OK,
		    "remote_asn = 4200000000L;" },
		{ "as_override", "true", CTL_EXIT_OK, "as_override = true;" },
		{ "routes", "10.1.0.0/16,10.2.0.0/16", CTL_EXIT_OK,
		    "routes = [ \"10.1.0.0/16\", \"10.2.0.0/16\" ];" },
		{ "routes", "", CTL_EXIT_OK, "routes = [ ];" },
		{ "phase1_dh_group_numbers", "14,19", CTL_EXIT_OK,
		    "phase1_dh_group_numbers = [ 14, 19 ];" },
		{ "phase1_encryption_algorithms", "AES256", CTL_EXIT_OK,
		    "phase1_encryption_algorithms = [ \"AES256\" ];" },
		{ "ca_certificates", "a.pem", CTL_EXIT_OK,
		    "ca_certificates = \"a.pem\";" },
		{ "ca_certificates", "a.pem,b.pem", CTL_EXIT_OK,
		    "ca_certificates = [ \"a.pem\", \"b.pem\" ];" },
		{ "local_id", "quote\" back\\ tab\t", CTL_EXIT_OK,
		    "local_id = \"quote\\\" back\\\\ tab" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct conf_key *key =
		    conf_key_find(CONF_AT_CONNECTION, rows[i].key);
		struct hub_object o;
		char *text;

		assert_non_null(key);
		assert_true(hub_object_new(&o, HUB_CONNECTION, "x"));
		assert_int_equal(hub_value_put(o.group, key, "option",
		    rows[i].value), rows[i].rc);
		text = hub_object_print(&o.config);
		assert_non_null(text);
		if (strstr(text, rows[i].text) == NULL)
			fail_msg("%s: %s", rows[i].text, text);
		free(text);
		hub_object_close(&o);
	}
}

static void
a_copied_value_is_the_same(void **state)
{
	static const struct {
		const char	*key, *value;
	} rows[] = {
		{ "dpd_timeout_seconds", "40" }, { "as_override", "true" },
		{ "local_as", "4200000000" }, { "local_id", "hub" },
		{ "phase1_dh_group_numbers", "14,19" },
		{ "phase1_encryption_algorithms", "AES256,AES128" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct conf_key *key =
		    conf_key_find(CONF_AT_CONNECTION, rows[i].key);
		struct hub_object a, b;
		char *first, *second;

		assert_true(hub_object_new(&a, HUB_CONNECTION, "x"));
		assert_true(hub_object_new(&b, HUB_CONNECTION, "x"));
		assert_int_equal(hub_value_put(a.group, key, "o",
		    rows[i].value), CTL_EXIT_OK);
		assert_true(hub_value_copy(b.group,
		    config_setting_get_member(a.group, key->name)));
		first = hub_object_print(&a.config);
		second = hub_object_print(&b.config);
		assert_string_equal(first, second);
		free(first);
		free(second);
		hub_object_close(&a);
		hub_object_close(&b);
	}
}

/* Print, read, print: the same text. */
static void
an_object_that_is_read_again_is_the_same(void **state)
{
	struct hub_object o;
	struct hub_set s;
	char *first;

	(void)state;
	begin(&s);
	put_customer(&s, "c", "198.51.100.1");
	first = hub_set_text(&s, "customer-gateway.c.conf");
	assert_non_null(first);
	assert_int_equal(hub_object_open(&o, &s, HUB_CUSTOMER, "c"),
	    CTL_EXIT_OK);
	assert_int_equal(hub_object_store(&o, &s), CTL_EXIT_OK);
	assert_string_equal(hub_set_file(&s, o.file)->text, first);
	hub_object_close(&o);
	free(first);
	hub_set_fini(&s);
}

static void
secrets_are_kept_by_tunnel_and_kind(void **state)
{
	char value[64];
	struct hub_set s;

	(void)state;
	begin(&s);
	assert_false(hub_secret_get(&s, "v", 1, "ppk", value, sizeof(value)));
	hub_secret_put(&s, "v", 1, "pre_shared_key", "one");
	hub_secret_put(&s, "v", 2, "pre_shared_key", "two \"quoted\"");
	hub_secret_put(&s, "v", 1, "ppk", "three");
	hub_secret_put(&s, "v", 1, "pre_shared_key", "four");
	assert_true(hub_secret_get(&s, "v", 1, "pre_shared_key", value,
	    sizeof(value)));
	assert_string_equal(value, "four");
	assert_true(hub_secret_get(&s, "v", 2, "pre_shared_key", value,
	    sizeof(value)));
	assert_string_equal(value, "two \"quoted\"");
	assert_true(hub_secret_get(&s, "v", 1, "ppk", value, sizeof(value)));
	assert_string_equal(value, "three");
	hub_secret_put(&s, "v", 1, "ppk", NULL);
	assert_false(hub_secret_get(&s, "v", 1, "ppk", value, sizeof(value)));
	assert_false(hub_secret_get(&s, "w", 1, "pre_shared_key", value,
	    sizeof(value)));
	hub_set_fini(&s);
}

/* The directory is the old one until it is the new one, whole. */
static void
a_stage_takes_the_place_in_one_step(void **state)
{
	char stage[HUB_PATH];
	struct hub_set s;
	struct stat a, b;

	(void)state;
	run("echo '# kept' >%s/conf.d/kept.conf", dir);
	run("echo '# gone' >%s/conf.d/gone.conf", dir);
	begin(&s);
	put_customer(&s, "c", "198.51.100.1");
	hub_secret_put(&s, "v", 1, "pre_shared_key", "12345678");
	hub_set_drop(&s, "gone.conf");
	assert_int_equal(hub_stage_make(&s, stage), CTL_EXIT_OK);
	assert_listing("./conf.d.vpnctl/connection.v.secrets "
	    "./conf.d.vpnctl/customer-gateway.c.conf "
	    "./conf.d.vpnctl/kept.conf ./conf.d/gone.conf ./conf.d/kept.conf "
	    "./vpnd.conf ");
	run("test $(stat -c %%a %s/connection.v.secrets) = 600", stage);
	run("test $(stat -c %%a %s/customer-gateway.c.conf) = 644", stage);
	assert_false(hub_stage_stale(&s));
	assert_int_equal(hub_stage_swap(&s, stage), CTL_EXIT_OK);
	assert_listing("./conf.d.vpnctl/gone.conf ./conf.d.vpnctl/kept.conf "
	    "./conf.d/connection.v.secrets ./conf.d/customer-gateway.c.conf "
	    "./conf.d/kept.conf ./vpnd.conf ");
	/* What stays is the same file. */
	assert_int_equal(stat(stage, &a), 0);
	run("test %s/kept.conf -ef %s/conf.d/kept.conf", stage, dir);
	assert_int_equal(hub_stage_unswap(&s, stage), CTL_EXIT_OK);
	assert_int_equal(stat(stage, &b), 0);
	assert_int_not_equal(a.st_ino, b.st_ino);
	hub_stage_remove(stage);
	assert_listing("./conf.d/gone.conf ./conf.d/kept.conf ./vpnd.conf ");
	hub_set_fini(&s);
}

static void
where_there_is_no_directory_it_is_made_and_unmade(void **state)
{
	char stage[HUB_PATH];
	struct hub_set s;

	(void)state;
	run("rmdir %s/conf.d", dir);
	begin(&s);
	put_customer(&s, "c", "198.51.100.1");
	assert_int_equal(hub_stage_make(&s, stage), CTL_EXIT_OK);
	assert_int_equal(hub_stage_swap(&s, stage), CTL_EXIT_OK);
	assert_listing("./conf.d/customer-gateway.c.conf ./vpnd.conf ");
	assert_int_equal(hub_stage_unswap(&s, stage), CTL_EXIT_OK);
	hub_stage_remove(stage);
	assert_listing("./vpnd.conf ");
	hub_set_fini(&s);
}

/* A killed vpnctl leaves its stage; and somebody else may edit meanwhile. */
static void
what_others_leave_is_seen(void **state)
{
	char stage[HUB_PATH];
	struct hub_set s;

	(void)state;
	run("mkdir %s/conf.d.vpnctl; touch %s/conf.d.vpnctl/half.conf", dir,
	    dir);
	begin(&s);
	assert_int_equal(hub_stage_make(&s, stage), CTL_EXIT_OK);
	assert_listing("./vpnd.conf ");
	run("sleep 0.02; touch %s/conf.d/new.conf", dir);
	assert_true(hub_stage_stale(&s));
	hub_stage_remove(stage);
	run("mkdir %s/conf.d/more", dir);
	assert_int_equal(hub_stage_make(&s, stage), CTL_EXIT_FAILED);
	run("test ! -e %s", stage);
	hub_set_fini(&s);
}

static void
only_one_edits_at_a_time(void **state)
{
	struct hub_set one, two;

	(void)state;
	begin(&one);
	assert_int_equal(hub_set_read(&two, conf, true, 1), CTL_EXIT_TIMEOUT);
	assert_int_equal(hub_set_read(&two, conf, false, 1), CTL_EXIT_TIMEOUT);
	hub_set_fini(&one);
	/* But any number may read. */
	assert_int_equal(hub_set_read(&one, conf, false, 1), CTL_EXIT_OK);
	assert_int_equal(hub_set_read(&two, conf, false, 1), CTL_EXIT_OK);
	hub_set_fini(&two);
	hub_set_fini(&one);
	begin(&two);
	hub_set_fini(&two);
}

static void
what_somebody_has_written_is_not_opened(void **state)
{
	struct hub_object o;
	struct hub_set s;

	(void)state;
	run("echo 'customer_gateways = ( { name = \"c\"; } );' "
	    ">%s/conf.d/customer-gateway.c.conf", dir);
	begin(&s);
	assert_int_equal(hub_object_open(&o, &s, HUB_CUSTOMER, "c"),
	    CTL_EXIT_FAILED);
	assert_int_equal(hub_object_open(&o, &s, HUB_CUSTOMER, "d"),
	    CTL_EXIT_NO_OBJECT);
	hub_set_fini(&s);
}

static void
options_are_keys_in_kebab_case(void **state)
{
	static const struct {
		const char	*words[4];
		enum hub_kind	kind;
		enum ctl_exit	rc;
		const char	*key, *value;
		unsigned	tunnel;
	} rows[] = {
		{ { "--ip-address", "1" }, HUB_CUSTOMER, CTL_EXIT_OK,
		    "ip_address", "1", 0 },
		{ { "--ip-address=1" }, HUB_CUSTOMER, CTL_EXIT_OK,
		    "ip_address", "1", 0 },
		{ { "--public-ip", "1" }, HUB_CUSTOMER, CTL_EXIT_OK,
		    "ip_address", "1", 0 },
		{ { "--ip-address" }, HUB_CUSTOMER, CTL_EXIT_USAGE, 0, 0, 0 },
		{ { "--ip-address", "1" }, HUB_TABLE, CTL_EXIT_USAGE, 0, 0,
		    0 },
		{ { "--static-routes-only" }, HUB_CONNECTION, CTL_EXIT_OK,
		    "static_routes_only", "true", 0 },
		{ { "--no-static-routes-only" }, HUB_CONNECTION, CTL_EXIT_OK,
		    "static_routes_only", "false", 0 },
		{ { "--static-routes-only", "false" }, HUB_CONNECTION,
		    CTL_EXIT_OK, "static_routes_only", "false", 0 },
		{ { "--vpn-ecmp-support=disable" }, HUB_GATEWAY, CTL_EXIT_OK,
		    "vpn_ecmp_support", "false", 0 },
		{ { "--vpn-ecmp-support=maybe" }, HUB_GATEWAY, CTL_EXIT_USAGE,
		    0, 0, 0 },
		{ { "--tunnel2-dpd-timeout-seconds", "40" }, HUB_CONNECTION,
		    CTL_EXIT_OK, "dpd_timeout_seconds", "40", 2 },
		{ { "--tunnel3-dpd-timeout-seconds", "40" }, HUB_CONNECTION,
		    CTL_EXIT_USAGE, 0, 0, 0 },
		{ { "--tunnel1-gateway", "g" }, HUB_CONNECTION,
		    CTL_EXIT_USAGE, 0, 0, 0 },
		{ { "--tunnel-inside-cidr", "c" }, HUB_CONNECTION,
		    CTL_EXIT_OK, "tunnel_inside_cidr", "c", 0 },
		{ { "--transit-gateway-id", "g" }, HUB_CONNECTION,
		    CTL_EXIT_OK, "gateway", "g", 0 },
		{ { "--name", "n" }, HUB_CONNECTION, CTL_EXIT_USAGE, 0, 0, 0 },
		{ { "--tunnels", "n" }, HUB_CONNECTION, CTL_EXIT_USAGE, 0, 0,
		    0 },
		{ { "one", "two" }, HUB_CONNECTION, CTL_EXIT_USAGE, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hub_args a = { .kind = rows[i].kind };
		char *argv[4];
		int n = 0;

		for (; n < 4 && rows[i].words[n] != NULL; n++) {
			argv[n] = strdup(rows[i].words[n]);
			assert_non_null(argv[n]);
		}
		if (hub_args_read(&a, argv, n) != rows[i].rc)
			fail_msg("%s", rows[i].words[0]);
		if (rows[i].key != NULL) {
			assert_int_equal(a.n, 1);
			assert_string_equal(a.v[0].key->name, rows[i].key);
			assert_string_equal(a.v[0].value, rows[i].value);
			assert_int_equal(a.v[0].tunnel, rows[i].tunnel);
		}
		hub_args_fini(&a);
		while (n > 0)
			free(argv[--n]);
	}
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_are_printed_as_they_read),
		TEST(a_copied_value_is_the_same),
		TEST(an_object_that_is_read_again_is_the_same),
		TEST(secrets_are_kept_by_tunnel_and_kind),
		TEST(a_stage_takes_the_place_in_one_step),
		TEST(where_there_is_no_directory_it_is_made_and_unmade),
		TEST(what_others_leave_is_seen),
		TEST(only_one_edits_at_a_time),
		TEST(what_somebody_has_written_is_not_opened),
		TEST(options_are_keys_in_kebab_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
