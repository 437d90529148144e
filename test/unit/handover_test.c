/*
 * What a monitor leaves to the one that takes its place (daemon/handover.h):
 * what was put is found, whatever was changed in it is refused, and somebody
 * else's descriptors are left alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/handover.h"
#include "util/array.h"

/* A tunnel "a/1" with a record of three octets. */
static const uint8_t records[] = { 0, 3, 'a', '/', '1', 0, 0, 0, 3, 7, 8, 9 };

#define HEAD		24	/* octets before the descriptors */
#define VERSION_AT	4
#define PID_AT		8
#define EPOCH_AT	(HEAD + 4 * (2 + ENGINE_UDP_N * SIEVE_CLASSES))

static struct handover
example(void)
{
	struct handover h = { .pid_file = 30, .ctl = 31, .restarts = 4,
	    .engines = 9, .keys = { .epoch = 2, .turn_at = { 77 },
	    .name = { 5, 6 } }, .kept = { records, sizeof(records) } };

	memset(h.udp, -1, sizeof(h.udp));
	h.udp[1][2] = 33;
	memset(h.keys.key[0], 1, TICKET_KEY);
	memset(h.keys.key[1], 2, TICKET_KEY);
	memset(h.keys.next, 3, TICKET_KEY);
	memset(h.mark_key, 4, TICKET_KEY);
	return h;
}

static void
assert_same(const struct handover *a, const struct handover *b)
{
	assert_int_equal(a->pid_file, b->pid_file);
	assert_int_equal(a->ctl, b->ctl);
	assert_memory_equal(a->udp, b->udp, sizeof(a->udp));
	assert_int_equal(a->restarts, b->restarts);
	assert_int_equal(a->engines, b->engines);
	assert_int_equal(a->keys.epoch, b->keys.epoch);
	assert_int_equal(a->keys.turn_at.ns, b->keys.turn_at.ns);
	assert_memory_equal(a->keys.name, b->keys.name, sizeof(a->keys.name));
	assert_memory_equal(a->keys.key, b->keys.key, sizeof(a->keys.key));
	assert_memory_equal(a->keys.next, b->keys.next, TICKET_KEY);
	assert_memory_equal(a->mark_key, b->mark_key, TICKET_KEY);
	assert_int_equal(a->kept.n, b->kept.n);
	assert_memory_equal(a->kept.p, b->kept.p, a->kept.n);
}

static size_t
encoded(uint8_t *buf, size_t size)
{
	struct handover h = example();
	struct wr w = wr_of(buf, size);

	handover_encode(&h, &w);
	assert_false(w.bad);
	assert_int_equal(w.n, handover_size(&h));
	return w.n;
}

static void
what_was_written_is_read(void **state)
{
	struct handover h = example(), got;
	uint8_t buf[2048];
	struct reason why;

	(void)state;
	assert_true(handover_decode(bytes_of(buf, encoded(buf, sizeof(buf))),
	    &got, &why));
	assert_same(&got, &h);
}

static void
what_is_cut_or_too_long_is_refused(void **state)
{
	uint8_t buf[2048] = { 0 };
	struct handover got = { .restarts = 99 };
	struct reason why;
	size_t n;

	(void)state;
	n = encoded(buf, sizeof(buf));
	for (size_t i = 0; i < n; i++)
		assert_false(handover_decode(bytes_of(buf, i), &got, &why));
	assert_false(handover_decode(bytes_of(buf, n + 1), &got, &why));
	assert_int_equal(got.restarts, 99);
}

static void
what_was_changed_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char	*what;
		size_t		at;
		uint8_t		to;
		const char	*why;
	} rows[] = {
		{ "another magic", 0, 'x', "no record of vpnd's" },
		{ "another version", VERSION_AT + 3, 200, "has version 200" },
		{ "another process", PID_AT, 0x7f, "another process's" },
		{ "a standard descriptor", HEAD + 3, 2, "malformed" },
		{ "no socket of its own", HEAD + 4, 0xff, "malformed" },
		{ "no keys", EPOCH_AT + 3, 0, "malformed" },
	};
	struct handover got;
	uint8_t buf[2048];
	struct reason why;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		n = encoded(buf, sizeof(buf));
		buf[rows[i].at] = rows[i].to;
		if (handover_decode(bytes_of(buf, n), &got, &why) ||
		    strstr(why.s, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].what, why.s);
	}
}

/* Whatever it is, it is read within its bounds, and its records too. */
static void
no_octet_can_do_harm(void **state)
{
	uint8_t buf[2048];
	size_t n = encoded(buf, sizeof(buf));

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < 256; k++) {
			struct keeps keeps = { .all = NULL };
			uint8_t was = buf[i], *copy = malloc(n);
			struct handover got;
			struct reason why;

			buf[i] = (uint8_t)k;
			assert_non_null(copy);
			memcpy(copy, buf, n);
			if (handover_decode(bytes_of(copy, n), &got, &why) &&
			    keeps_take(&keeps, got.kept))
				assert_true(keeps_count(&keeps) == 1);
			keeps_fini(&keeps);
			free(copy);
			buf[i] = was;
		}
	}
}

static void
all_versions_are_named(void **state)
{
	char versions[HANDOVER_VERSIONS];
	unsigned dots = 0;

	(void)state;
	handover_versions(versions);
	assert_int_equal(atoi(versions), HANDOVER_VERSION);
	for (const char *p = versions; *p != '\0'; p++)
		dots += *p == '.';
	assert_int_equal(dots, 2);
}

/* In a child, which may close what it likes; its verdict. */
static void
in_child(int (*run)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define SAY(line)	do { if (!(line)) return __LINE__ & 0xff; } while (0)

static struct handover
with_files(void)
{
	struct handover h = example();

	h.pid_file = open("/dev/null", O_RDWR | O_CLOEXEC);
	h.ctl = open("/dev/null", O_RDWR | O_CLOEXEC);
	h.udp[1][2] = open("/dev/null", O_RDWR | O_CLOEXEC);
	return h;
}

static int
over_an_execve(void)
{
	int other = open("/dev/null", O_RDWR);	/* without O_CLOEXEC */
	struct handover h = with_files(), got;
	int fd = handover_put(&h);
	struct bytes octets;
	struct reason why;

	SAY(fd > 2 && atoi(getenv(HANDOVER_ENV)) == fd);
	SAY(fcntl(fd, F_GETFD) == 0 && fcntl(h.ctl, F_GETFD) == 0);
	SAY(fcntl(other, F_GETFD) == FD_CLOEXEC);
	SAY(handover_take(&got, &octets, &why) == HANDOVER_TAKEN);
	SAY(getenv(HANDOVER_ENV) == NULL && fcntl(fd, F_GETFD) < 0);
	SAY(fcntl(h.ctl, F_GETFD) == FD_CLOEXEC);
	SAY(fcntl(h.udp[1][2], F_GETFD) == FD_CLOEXEC);
	SAY(got.kept.n == sizeof(records) && got.restarts == 4);
	handover_end(&got, octets);
	SAY(handover_take(&got, &octets, &why) == HANDOVER_NONE);
	return 0;
}

static void
what_was_put_is_found_and_nothing_else_stays_open(void **state)
{
	(void)state;
	in_child(over_an_execve);
}

/* Who opened it before sees what is left in it. */
static int
after_the_reading(void)
{
	struct handover h = with_files(), got;
	int fd = handover_put(&h), copy = dup(fd);
	uint8_t b[64];
	struct bytes octets;
	struct reason why;
	ssize_t n;

	SAY(handover_take(&got, &octets, &why) == HANDOVER_TAKEN);
	while ((n = read(copy, b, sizeof(b))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			SAY(b[i] == 0);
	}
	SAY(ftruncate(copy, 1) < 0);
	return 0;
}

static void
the_file_is_wiped(void **state)
{
	(void)state;
	in_child(after_the_reading);
}

static int
without_an_execve(void)
{
	struct handover h = with_files(), got;
	int fd = handover_put(&h);
	struct bytes octets;
	struct reason why;

	handover_undo(&h, fd);
	SAY(getenv(HANDOVER_ENV) == NULL && fcntl(fd, F_GETFD) < 0);
	SAY(fcntl(h.ctl, F_GETFD) == FD_CLOEXEC);
	SAY(handover_take(&got, &octets, &why) == HANDOVER_NONE);
	return 0;
}

static void
it_can_be_taken_back(void **state)
{
	(void)state;
	in_child(without_an_execve);
}

static int
closed_meanwhile(void)
{
	struct handover h = with_files(), got;
	int fd = handover_put(&h);
	struct bytes octets;
	struct reason why;

	close(h.udp[1][2]);
	SAY(handover_take(&got, &octets, &why) == HANDOVER_USELESS);
	SAY(strstr(why.s, "not open") != NULL);
	SAY(fcntl(h.ctl, F_GETFD) < 0 && fcntl(fd, F_GETFD) < 0);
	return 0;
}

static void
what_is_not_whole_leaves_nothing_open(void **state)
{
	(void)state;
	in_child(closed_meanwhile);
}

static int
of_another_version(void)
{
	struct handover h = with_files(), got;
	int fd = handover_put(&h);
	uint8_t version = HANDOVER_VERSION + 1;
	struct bytes octets;
	struct reason why;

	SAY(pwrite(fd, &version, 1, VERSION_AT + 3) == 1);
	SAY(handover_take(&got, &octets, &why) == HANDOVER_USELESS);
	SAY(strstr(why.s, "version 2") != NULL);
	SAY(fcntl(h.ctl, F_GETFD) < 0);
	return 0;
}

static void
another_version_is_an_ordinary_start(void **state)
{
	(void)state;
	in_child(of_another_version);
}

static int
of_others(void)
{
	char number[16];
	int file = open("/dev/null", O_RDWR);
	int plain = memfd_create("other", MFD_ALLOW_SEALING);
	struct handover got;
	struct bytes octets;
	struct reason why;
	const int fds[] = { 0, -1, file, plain, 900 };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		str_fmt(number, sizeof(number), "%d", fds[i]);
		setenv(HANDOVER_ENV, number, 1);
		SAY(handover_take(&got, &octets, &why) == HANDOVER_NONE);
	}
	SAY(fcntl(file, F_GETFD) >= 0 && fcntl(plain, F_GETFD) >= 0);
	return 0;
}

static void
what_is_not_ours_is_left_alone(void **state)
{
	(void)state;
	in_child(of_others);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(what_is_cut_or_too_long_is_refused),
		cmocka_unit_test(what_was_changed_is_refused_with_the_reason),
		cmocka_unit_test(no_octet_can_do_harm),
		cmocka_unit_test(all_versions_are_named),
		cmocka_unit_test(
		    what_was_put_is_found_and_nothing_else_stays_open),
		cmocka_unit_test(the_file_is_wiped),
		cmocka_unit_test(it_can_be_taken_back),
		cmocka_unit_test(what_is_not_whole_leaves_nothing_open),
		cmocka_unit_test(another_version_is_an_ordinary_start),
		cmocka_unit_test(what_is_not_ours_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
