/*
 * The log: what an unauthenticated packet can cause is written so often and
 * no more, and what was left out is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/log.h"

/* Standard error goes to a file while something is logged. */
struct capture {
	FILE	*file;
	int	was;
};

static void
capture_begin(struct capture *c)
{
	c->file = tmpfile();
	assert_non_null(c->file);
	c->was = dup(STDERR_FILENO);
	assert_true(c->was >= 0 &&
	    dup2(fileno(c->file), STDERR_FILENO) >= 0);
}

/* The number of lines; the last one into line. */
static unsigned
capture_end(struct capture *c, char *line, int size)
{
	char text[2048];
	unsigned n = 0;

	dup2(c->was, STDERR_FILENO);
	close(c->was);
	rewind(c->file);
	while (fgets(text, sizeof(text), c->file) != NULL) {
		snprintf(line, (size_t)size, "%s", text);
		n++;
	}
	fclose(c->file);
	return n;
}

static void
many(const char *name, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		log_event(LEVEL_WARNING, name, "n=%u", i);
}

static void
a_limited_event_is_written_so_often_and_no_more(void **state)
{
	struct capture c;
	char line[2048];

	(void)state;
	log_limit("test-flood", 10, 30);
	capture_begin(&c);
	many("test-flood", 100000);
	many("test-other", 15);
	/* Ten, one more for each two seconds that this may have taken. */
	assert_in_range(capture_end(&c, line, sizeof(line)), 25, 40);
	assert_non_null(strstr(line, "test-other n=14"));
}

static void
what_was_left_out_is_counted(void **state)
{
	struct capture c;
	char line[2048];

	(void)state;
	log_limit("test-count", 1, 60 * 100);
	capture_begin(&c);
	many("test-count", 1);
	many("test-count", 500);
	usleep(50000);
	log_event(LEVEL_WARNING, "test-count", "n=last");
	capture_end(&c, line, sizeof(line));
	assert_non_null(strstr(line, "n=last"));
	assert_non_null(strstr(line, "left-out="));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_limited_event_is_written_so_often_and_no_more),
		cmocka_unit_test(what_was_left_out_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
