/*
 * Configuration texts for tests: a frame with one hole each at the top, in a
 * connection and in its tunnel, always in lines 2, 5 and 8.
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

#endif
