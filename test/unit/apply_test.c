/* A configuration on trial: what is where after each step, and what is refused. */
#include <errno.h>
#include <fcntl.h>
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
#include "daemon/check.h"
#include "daemon/conf.h"
#include "daemon/mono.h"
#include "daemon/monitor.h"
#include "daemon/stage.h"
#include "util/array.h"

static char dir[64], conf[96], previous[112], candidate[112];
static const struct conffile_from from = { .path = conf };
static struct monitor m;

static void
put(const char *path, const char *text, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static const char *
text_of(const char *path)
{
	static char buf[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return "(none)";
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return buf;
}

/* Two of them that differ in their name alone. */
static const char *
conf_named(const char *connection)
{
	static char buf[4][512];
	static unsigned next;
	char *s = buf[next++ % 4];

	snprintf(s, sizeof(buf[0]), "asn = 64512;\nconnections = ( { name = "
	    "\"%s\"; role = \"hub\"; remote_asn = 65010; tunnels = ( { "
	    "local_outside_ip_address = \"192.0.2.1\"; "
	    "remote_outside_ip_address = \"192.0.2.2\"; "
	    "tunnel_inside_cidr = \"169.254.10.0/30\"; } ); } );\n",
	    connection);
	return s;
}

static int
set_up(void **state)
{
	char secrets[96];
	struct reason why;

	(void)state;
	str_set(dir, sizeof(dir), "/tmp/apply_test.XXXXXX");
	if (mkdtemp(dir) == NULL || !crypto_init())
		return -1;
	str_fmt(conf, sizeof(conf), "%s/vpnd.conf", dir);
	str_fmt(previous, sizeof(previous), "%s.previous", conf);
	str_fmt(candidate, sizeof(candidate), "%s.candidate", conf);
	str_fmt(secrets, sizeof(secrets), "%s/vpnd.secrets", dir);
	put(conf, conf_named("old"), 0640);
	put(secrets, "secrets = ( { connection = \"old\"; pre_shared_key = "
	    "\"12345678\"; }, { connection = \"new\"; pre_shared_key = "
	    "\"12345678\"; } );\n", 0600);
	memset(&m, 0, sizeof(m));
	m.rundir = dir;
	m.fetcher = (struct helper){ .fd = { -1, -1 },
	    .start_at = INSTANT_NEVER };
	if (!conffile_load(&m.files, &from, &why))
		return -1;
	apply_init(&m);
	return 0;
}

static int
tear_down(void **state)
{
	char command[96];

	(void)state;
	apply_fini(&m);
	conffile_free(&m.files);
	crypto_fini();
	str_fmt(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static int
do_op(enum kern_op_kind kind, const char *text, uint32_t seconds,
    struct reason *why)
{
	struct kern_op op = { .kind = kind };
	char path[96];

	op.apply.seconds = seconds;
	str_set(op.apply.token, sizeof(op.apply.token), "Ab12Cd");
	str_fmt(path, sizeof(path), "%s/candidate.Ab12Cd", dir);
	if (text != NULL)
		put(path, text, 0600);
	*why = (struct reason){ "" };
	return apply_run(&m, &op, why);
}

static void
runs(const char *connection)
{
	assert_string_equal(m.files.conf->connections[0].name, connection);
	assert_string_equal(text_of(m.files.path), text_of(conf));
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
an_apply_for_good_replaces_the_file_and_keeps_the_old_one(void **state)
{
	struct reason why;
	struct stat st;

	(void)state;
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 0, &why), 0);
	runs("new");
	assert_string_equal(text_of(conf), conf_named("new"));
	assert_string_equal(text_of(previous), conf_named("old"));
	assert_int_equal(stat(conf, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_false(is_there(candidate));
	assert_int_equal(apply_left(&m.apply, mono_now()), 0);
	assert_int_equal(do_op(KERN_UNDO, NULL, 0, &why), ENOENT);
}

static void
one_on_trial_leaves_the_file_as_it_was(void **state)
{
	struct reason why;

	(void)state;
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 60, &why), 0);
	assert_string_equal(m.files.conf->connections[0].name, "new");
	assert_string_equal(text_of(conf), conf_named("old"));
	assert_string_equal(text_of(candidate), conf_named("new"));
	assert_false(is_there(previous));
	assert_in_range(apply_left(&m.apply, mono_now()), 58, 60);
	apply_tick(&m, instant_after(mono_now(), span_s(58)));
	assert_string_equal(m.files.conf->connections[0].name, "new");
}

static void
it_is_undone_when_the_time_is_up(void **state)
{
	struct reason why;

	(void)state;
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 60, &why), 0);
	apply_tick(&m, instant_after(mono_now(), span_s(61)));
	runs("old");
	assert_false(is_there(candidate));
	assert_false(is_there(previous));
	assert_true(keystore_has(m.files.keys, KEYSTORE_PSK, "old",
	    1));
	assert_true(instant_is_never(m.apply.undo_at));
	assert_int_equal(do_op(KERN_CONFIRM, NULL, 0, &why), ENOENT);
	assert_string_equal(why.s, "no configuration waits to be confirmed");
}

/* Going back must not need what somebody has taken away meanwhile. */
static void
an_undo_needs_no_file(void **state)
{
	char secrets[96];
	struct reason why;

	(void)state;
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 60, &why), 0);
	str_fmt(secrets, sizeof(secrets), "%s/vpnd.secrets", dir);
	unlink(secrets);
	unlink(conf);
	assert_int_equal(do_op(KERN_UNDO, NULL, 0, &why), 0);
	assert_string_equal(m.files.conf->connections[0].name, "old");
	assert_true(keystore_has(m.files.keys, KEYSTORE_PSK, "old",
	    1));
}

static void
confirmed_it_replaces_the_file(void **state)
{
	struct reason why;

	(void)state;
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 60, &why), 0);
	assert_int_equal(do_op(KERN_CONFIRM, NULL, 0, &why), 0);
	runs("new");
	assert_string_equal(text_of(previous), conf_named("old"));
	assert_false(is_there(candidate));
	apply_tick(&m, instant_after(mono_now(), span_s(3600)));
	runs("new");
}

/* What a start finds after a daemon, or a machine, that ended at any moment. */
static void
an_end_in_between_undoes_it(void **state)
{
	struct reason why;
	struct conffile next;

	(void)state;
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 60, &why), 0);
	assert_true(conffile_load(&next, &from, &why));
	assert_string_equal(next.conf->connections[0].name, "old");
	conffile_free(&m.files);
	conffile_free(&m.apply.previous);
	m.files = next;
	assert_true(is_there(candidate));
	apply_init(&m);
	assert_false(is_there(candidate));
	assert_int_equal(apply_left(&m.apply, mono_now()), 0);
}

static void
a_link_stays_one(void **state)
{
	char real[96];
	struct reason why;
	struct stat st;

	(void)state;
	str_fmt(real, sizeof(real), "%s/real.conf", dir);
	assert_int_equal(rename(conf, real), 0);
	assert_int_equal(symlink(real, conf), 0);
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 0, &why), 0);
	assert_int_equal(lstat(conf, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_string_equal(text_of(real), conf_named("new"));
}

static void
only_one_is_on_trial_at_a_time(void **state)
{
	struct reason why;

	(void)state;
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 60, &why), 0);
	assert_int_equal(do_op(KERN_APPLY, conf_named("old"), 0, &why),
	    EBUSY);
	assert_non_null(strstr(why.s, "confirm or undo it first"));
	assert_false(conf_reload(&m, &why));
	assert_non_null(strstr(why.s, "confirm or undo it first"));
	assert_string_equal(m.files.conf->connections[0].name, "new");
}

static void
what_the_file_holds_already_cannot_be_on_trial(void **state)
{
	struct reason why;

	(void)state;
	put(conf, conf_named("new"), 0644);
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 60, &why),
	    EEXIST);
	assert_non_null(strstr(why.s, "holds it already"));
	assert_string_equal(m.files.conf->connections[0].name, "old");
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 0, &why), 0);
}

static const struct {
	const char	*what, *text;	/* NULL: no candidate */
	mode_t		 mode;
	int		 error;
	const char	*why;
} refused[] = {
	{ "syntax", "asn = ;\n", 0600, EINVAL, "candidate.Ab12Cd:1: syntax" },
	{ "a key that is none", "asn = 64512;\nfoo = 1;\n", 0600, EINVAL,
	    "candidate.Ab12Cd:2: foo" },
	{ "no secret", "asn = 64512;\nconnections = ( { name = \"x\"; "
	    "role = \"hub\"; remote_asn = 65010; tunnels = ( { "
	    "local_outside_ip_address = \"192.0.2.1\"; "
	    "remote_outside_ip_address = \"192.0.2.2\"; "
	    "tunnel_inside_cidr = \"169.254.10.0/30\"; } ); } );\n", 0600,
	    EINVAL, "no pre_shared_key for connection x tunnel 1" },
	{ "others may write", "asn = 64512;\n", 0602, EINVAL,
	    "read: Operation not permitted" },
	{ "no candidate", NULL, 0, EINVAL, "open: No such file" },
};

static void
what_is_no_configuration_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct kern_op op = { .kind = KERN_APPLY };
		struct reason why = { "" };
		char path[96];

		str_set(op.apply.token, sizeof(op.apply.token), "Ab12Cd");
		op.apply.seconds = i % 2 * 60;
		str_fmt(path, sizeof(path), "%s/candidate.Ab12Cd", dir);
		if (refused[i].text != NULL)
			put(path, refused[i].text, refused[i].mode);
		if (apply_run(&m, &op, &why) != refused[i].error ||
		    strstr(why.s, refused[i].why) == NULL)
			fail_msg("%s: %s", refused[i].what, why.s);
		assert_false(is_there(path));
		assert_false(is_there(candidate));
		runs("old");
	}
}

static void
a_directory_that_cannot_be_written_is_found_before_it_is_too_late(
    void **state)
{
	char gone[96];
	struct reason why;

	(void)state;
	str_fmt(gone, sizeof(gone), "%s/elsewhere", dir);
	assert_int_equal(rename(conf, gone), 0);
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 60, &why),
	    ENOENT);
	assert_non_null(strstr(why.s, "cannot replace"));
	assert_string_equal(m.files.conf->connections[0].name, "old");
	assert_int_equal(apply_left(&m.apply, mono_now()), 0);
}

/* What an engine that is somebody else's could ask for. */
static const struct {
	const char	*token;
	uint32_t	seconds;
	int		error;
} asked[] = {
	{ "Ab12Cd", 0, 0 },
	{ "Ab12Cd", 86400, 0 },
	{ "0", 1, 0 },
	{ "", 0, EINVAL },
	{ "../passwd", 0, EINVAL },
	{ "a/b", 0, EINVAL },
	{ ".", 0, EINVAL },
	{ "a b", 0, EINVAL },
	{ "Ab12Cd", 86401, EINVAL },
	{ "Ab12Cd", UINT32_MAX, EINVAL },
};

static void
a_candidate_is_named_by_letters_and_digits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct kern_op op = { .kind = KERN_APPLY };
		struct reason why = { "" };

		str_set(op.apply.token, sizeof(op.apply.token),
		    asked[i].token);
		op.apply.seconds = asked[i].seconds;
		assert_int_equal(check_apply(&m, &op, &why), asked[i].error);
		assert_int_equal(why.s[0] == '\0', asked[i].error == 0);
	}
}

/* Root's own, but not written by root: a link leads to where it was not. */
static void
a_candidate_that_is_a_link_is_not_followed(void **state)
{
	struct kern_op op = { .kind = KERN_APPLY };
	struct reason why = { "" };
	char path[96], other[96];

	(void)state;
	str_set(op.apply.token, sizeof(op.apply.token), "Ab12Cd");
	str_fmt(path, sizeof(path), "%s/candidate.Ab12Cd", dir);
	str_fmt(other, sizeof(other), "%s/other", dir);
	put(other, conf_named("new"), 0600);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(apply_run(&m, &op, &why), EINVAL);
	assert_string_equal(m.files.conf->connections[0].name, "old");
	assert_true(is_there(other));
}

#define T(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* As a file that is mounted there by itself: what is beside it can be written. */
static void
a_file_that_cannot_be_replaced_stays_alone(void **state)
{
	struct reason why;

	(void)state;
	assert_int_equal(unlink(conf), 0);
	assert_int_equal(mkdir(conf, 0700), 0);
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 0, &why),
	    EISDIR);
	assert_non_null(strstr(why.s, "rename"));
	assert_string_equal(m.files.conf->connections[0].name, "old");
	assert_false(is_there(candidate));
	/* One on trial goes on, and can be undone. */
	assert_int_equal(do_op(KERN_APPLY, conf_named("new"), 60, &why), 0);
	assert_int_equal(do_op(KERN_CONFIRM, NULL, 0, &why), EISDIR);
	assert_int_not_equal(apply_left(&m.apply, mono_now()), 0);
	assert_int_equal(do_op(KERN_UNDO, NULL, 0, &why), 0);
	assert_string_equal(m.files.conf->connections[0].name, "old");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(an_apply_for_good_replaces_the_file_and_keeps_the_old_one),
		T(one_on_trial_leaves_the_file_as_it_was),
		T(it_is_undone_when_the_time_is_up),
		T(an_undo_needs_no_file),
		T(confirmed_it_replaces_the_file),
		T(an_end_in_between_undoes_it),
		T(a_link_stays_one),
		T(only_one_is_on_trial_at_a_time),
		T(what_the_file_holds_already_cannot_be_on_trial),
		T(what_is_no_configuration_changes_nothing),
		T(a_candidate_is_named_by_letters_and_digits),
		T(a_candidate_that_is_a_link_is_not_followed),
		T(a_file_that_cannot_be_replaced_stays_alone),
		T(a_directory_that_cannot_be_written_is_found_before_it_is_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
