/* Metrics as text and as lines of CloudWatch: names, labels, units, since. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tools/emf.h"
#include "tools/exposition.h"
#include "tools/families.h"
#include "util/array.h"

static char text[65536];

static FILE *
open_text(void)
{
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_non_null(f);
	return f;
}

static bool
has_line(const char *line)
{
	size_t n = strlen(line);

	for (const char *s = text; (s = strstr(s, line)) != NULL; s++) {
		if ((s == text || s[-1] == '\n') && s[n] == '\n')
			return true;
	}
	return false;
}

static void
a_family_is_written_in_both_formats(void **state)
{
	static const struct exposition_family f = { "x_seconds",
	    EXPOSITION_COUNTER, "seconds", "how long" };
	static const struct {
		enum exposition_format format;
		const char *want;
	} rows[] = {
		{ EXPOSITION_OPENMETRICS,
		    "# TYPE x_seconds counter\n# UNIT x_seconds seconds\n"
		    "# HELP x_seconds how long\n"
		    "x_seconds_total{a=\"1\"} 1.500000\n"
		    "x_seconds_total -0.000001\n# EOF\n" },
		{ EXPOSITION_PROMETHEUS,
		    "# TYPE x_seconds_total counter\n"
		    "# HELP x_seconds_total how long\n"
		    "x_seconds_total{a=\"1\"} 1.500000\n"
		    "x_seconds_total -0.000001\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct exposition e = { .to = open_text(),
		    .format = rows[i].format };
		char labels[EXPOSITION_LABELS] = "";

		exposition_label(labels, "a", "1");
		exposition_begin(&e, &f);
		exposition_sample(&e, labels, 1500000, 6);
		exposition_sample(&e, "", -1, 6);
		exposition_end(&e);
		fclose(e.to);
		assert_string_equal(text, rows[i].want);
	}
}

static void
a_family_without_samples_is_left_out(void **state)
{
	static const struct exposition_family f = { "x", EXPOSITION_GAUGE, "",
	    "help" };
	struct exposition e = { .to = open_text() };

	(void)state;
	exposition_begin(&e, &f);
	exposition_begin(&e, &f);
	exposition_end(&e);
	fclose(e.to);
	assert_string_equal(text, "# EOF\n");
}

static void
labels_are_escaped_and_never_cut(void **state)
{
	char labels[EXPOSITION_LABELS] = "", huge[EXPOSITION_LABELS];

	(void)state;
	exposition_label(labels, "a", "b\"c\\d\ne");
	assert_string_equal(labels, "a=\"b\\\"c\\\\d\\ne\"");
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	exposition_label(labels, "huge", huge);
	assert_string_equal(labels, "a=\"b\\\"c\\\\d\\ne\"");
}

#define TUNNEL(octets)							\
	"[{\"name\":\"vpn/1\",\"connection\":\"vpn\",\"role\":\"hub\","	\
	"\"local_outside_ip_address\":\"192.0.2.1\","			\
	"\"remote_outside_ip_address\":\"198.51.100.1\","		\
	"\"state\":\"UP\",\"since\":\"2026-01-31T12:00:00Z\","		\
	"\"bgp\":{\"state\":\"Idle\"},\"bfd\":{\"state\":\"off\"},"	\
	"\"traffic\":{\"in_octets\":" octets ",\"out_octets\":7}}]"
#define COUNTERS							\
	"{\"engine_busy\":[{\"tunnel\":\"\",\"value\":2500000}],"	\
	"\"bgp_path_octets\":[{\"tunnel\":\"\",\"value\":5}],"		\
	"\"bgp_accepted\":[{\"tunnel\":\"vpn/1\",\"value\":3},"		\
	"{\"tunnel\":\"core\",\"value\":4}]}"

static json_t *
parsed(const char *s)
{
	json_t *j = json_loads(s, 0, NULL);

	assert_non_null(j);
	return j;
}

static struct sample
sample_of(const char *tunnels)
{
	struct sample s = {
		.wall_ms = 1700000000123, .tunnels = parsed(tunnels),
		.by_name = json_object(), .counters = parsed(COUNTERS),
		.errors = parsed("{\"InNoStates\":9}"),
	};

	json_object_set(s.by_name, "vpn/1", json_array_get(s.tunnels, 0));
	return s;
}

static void
each_kind_of_sample_has_its_line(void **state)
{
#define OF	"{vpn_id=\"vpn\",tunnel=\"1\",tunnel_ip_address=\"192.0.2.1\"} "
	static const char *const lines[] = {
		"vpnd_up 1",
		"vpnd_tunnel_state" OF "1",
		"vpnd_bgp_up" OF "0",
		"vpnd_tunnel_state_change_timestamp_seconds" OF "1769860800",
		"vpnd_tunnel_data_in_bytes_total" OF "1000",
		"vpnd_engine_busy_seconds_total 2.500000",
		"vpnd_bgp_path_bytes 5",
		"vpnd_bgp_accepted" OF "3",
		"vpnd_bgp_accepted{neighbor=\"core\"} 4",
		"vpnd_xfrm_errors_total{error=\"InNoStates\"} 9",
	};
	struct sample s = sample_of(TUNNEL("1000"));
	FILE *f = open_text();

	(void)state;
	families_write(&s, f, EXPOSITION_PROMETHEUS);
	fclose(f);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!has_line(lines[i]))
			fail_msg("no line \"%s\"", lines[i]);
	}
	assert_null(strstr(text, "vpnd_bfd_up"));
	assert_null(strstr(text, "vpnd_tunnel_mtu"));
	sample_free(&s);
}

static void
a_daemon_that_does_not_answer_is_down(void **state)
{
	FILE *f = open_text();

	(void)state;
	families_write(NULL, f, EXPOSITION_OPENMETRICS);
	fclose(f);
	assert_string_equal(text, "# TYPE vpnd_up gauge\n"
	    "# HELP vpnd_up 1 when vpnd has answered\nvpnd_up 0\n# EOF\n");
}

static json_t *
emf(const struct sample *now, const struct sample *before)
{
	FILE *f = open_text();

	emf_write(now, before, "vpn", f);
	fclose(f);
	return parsed(text);
}

static json_int_t
at(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static void
cloudwatch_is_told_what_came_since(void **state)
{
	static const struct {
		const char	*now, *before;
		json_int_t	in;
	} rows[] = {
		{ TUNNEL("1000"), TUNNEL("400"), 600 },
		{ TUNNEL("1000"), TUNNEL("1000"), 0 },
		{ TUNNEL("30"), TUNNEL("400"), 30 },	/* made anew */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sample now = sample_of(rows[i].now);
		struct sample before = sample_of(rows[i].before);
		json_t *j = emf(&now, &before);

		assert_int_equal(at(j, "TunnelDataIn"), rows[i].in);
		assert_int_equal(at(j, "TunnelDataOut"), 0);
		assert_int_equal(at(j, "TunnelState"), 1);
		assert_string_equal(answer_text(j, "TunnelIpAddress"),
		    "192.0.2.1");
		json_decref(j);
		sample_free(&now);
		sample_free(&before);
	}
}

static void
the_first_line_has_no_data(void **state)
{
	struct sample now = sample_of(TUNNEL("1000"));
	json_t *j = emf(&now, NULL);

	(void)state;
	assert_null(json_object_get(j, "TunnelDataIn"));
	assert_null(strstr(text, "TunnelDataIn"));
	assert_int_equal(json_integer_value(answer_at(j, "_aws.Timestamp")),
	    1700000000123);
	json_decref(j);
	sample_free(&now);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_is_written_in_both_formats),
		cmocka_unit_test(a_family_without_samples_is_left_out),
		cmocka_unit_test(labels_are_escaped_and_never_cut),
		cmocka_unit_test(each_kind_of_sample_has_its_line),
		cmocka_unit_test(a_daemon_that_does_not_answer_is_down),
		cmocka_unit_test(cloudwatch_is_told_what_came_since),
		cmocka_unit_test(the_first_line_has_no_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
