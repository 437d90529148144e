/*
 * Configuration texts for tests: a frame with one hole each at the top, in a
 * connection and in its tunnel, always in lines 2, 5 and 8; and rows of such
 * texts with the error of each.
 */
#ifndef TEST_UNIT_CONF_TEXT_H
#define TEST_UNIT_CONF_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "gw/conf.h"
#include "gw/conf_keys.h"
#include "util/array.h"

#define OUTSIDE "local_outside_ip_address = \"192.0.2.1\"; "		\
	"remote_outside_ip_address = \"198.51.100.1\";"
#define OUTSIDE2 "local_outside_ip_address = \"192.0.2.1\"; "		\
	"remote_outside_ip_address = \"198.51.100.2\";"
#define FRAME(top, role, conn, outside, tunnel)				\
	"asn = 64512;\n" top "\nconnections = ( {\n"			\
	"name = \"a\"; role = \"" role "\";\n" conn "\ntunnels = ( {\n"	\
	outside "\n" tunnel "\n} );\n} );\n"
#define TOP(s)	FRAME(s, "hub", "", OUTSIDE, "")
#define CONN(s)	FRAME("", "hub", s, OUTSIDE, "")
#define TUN(s)	FRAME("", "hub", "", OUTSIDE, s)
#define TUN_OUT(o, s) FRAME("", "hub", "", o, s)
#define BOTH(c, t) FRAME("", "hub", c, OUTSIDE, t)
#define LAB(s)	FRAME("allow_short_lifetimes = true;", "hub", "", OUTSIDE, s)
/* A second tunnel, its keys in line 10. */
#define PAIR(one, two)							\
	TUN(one "\n}, {\n" OUTSIDE2 two)

/* The error of a key in such a hole. */
#define E_TOP(key, why) "t.conf:2: " key ": " why
#define E_CONN(key, why) "t.conf:5: connections[0]." key ": " why
#define E_TUN(key, why)	"t.conf:8: connections[0].tunnels[0]." key ": " why
#define E_OUT(key, why)	"t.conf:7: connections[0].tunnels[0]." key ": " why
#define E_TWO(key, why)	"t.conf:10: connections[0].tunnels[1]." key ": " why

/* As "t.conf"; line is the error, or empty. */
static inline struct conf *
parse(const char *text, char line[static 600])
{
	struct conf_error e;
	struct conf *c = conf_parse(bytes_str(text), "t.conf", &e);

	line[0] = '\0';
	if (c == NULL)
		conf_error_str(&e, line, 600);
	return c;
}

/* A rule at its border, or just beyond, with the whole line of the error. */
struct conf_row {
	const char	*what;
	const char	*text;
	const char	*error;		/* NULL: accepted */
};

static inline void
assert_rows(const struct conf_row *rows, size_t n)
{
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		char line[600];
		struct conf *c = parse(rows[i].text, line);
		const char *want = rows[i].error != NULL ? rows[i].error : "";

		if (strcmp(line, want) != 0) {
			print_error("%s:\n  got  %s\n  want %s\n",
			    rows[i].what, line, want);
			bad++;
		}
		conf_free(c);
	}
	assert_int_equal(bad, 0);
}

#endif
