/* What all harnesses of AWS's formats do with a connection. */
#ifndef TEST_FUZZ_AWS_ALL_H
#define TEST_FUZZ_AWS_ALL_H

#include <stdlib.h>
#include <string.h>

#include "gw/aws_conf.h"
#include "gw/aws_from.h"
#include "gw/aws_json.h"
#include "gw/aws_text.h"
#include "gw/aws_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static inline void
require(bool ok)
{
	if (!ok)
		abort();
}

static inline void
require_line(const struct reason *why)
{
	require(why->s[0] != '\0');
	for (const char *p = why->s; *p != '\0'; p++)
		require(*p >= ' ' && *p <= '~');
}

/* What we have written, we can read. */
static inline void
again(const struct aws_connection *c,
    void (*write)(struct wr *, const struct aws_connection *))
{
	const size_t size = 1u << 20;
	uint8_t *buf = malloc(size);
	struct aws_list list = { 0 };
	struct reason why = { "" };
	struct wr w = wr_of(buf, size);

	require(buf != NULL);
	write(&w, c);
	require(!w.bad && aws_read(&list, wr_done(&w), &why));
	require(list.n == 1 && aws_settle(list.v[0], &why));
	require(list.v[0]->tunnels_n == c->tunnels_n);
	for (unsigned i = 0; i < c->tunnels_n; i++)
		require(addr_eq(&list.v[0]->tunnels[i].outside[AWS_CLOUD],
		    &c->tunnels[i].outside[AWS_CLOUD]));
	aws_list_free(&list);
	free(buf);
}

static inline void
use(struct aws_connection *c)
{
	const size_t size = 1u << 20;
	uint8_t *buf = malloc(size);
	struct aws_notes *notes = calloc(1, sizeof(*notes));
	struct aws_form form = { .name = "vpn-1" };
	struct reason why = { "" };
	struct conf_error e;
	struct wr w = wr_of(buf, size);

	require(buf != NULL && notes != NULL);
	if (!aws_settle(c, &why)) {
		require_line(&why);
	} else {
		aws_conf_write(&w, c, &form, notes);
		require(!w.bad);
		/* The reader may find fault with it, and say so. */
		conf_free(conf_parse(wr_done(&w), "f", &e));
		aws_conf_secrets(&w, c, &form, notes);
		again(c, aws_xml_write);
		again(c, aws_text_write);
		again(c, aws_json_write);
	}
	free(notes);
	free(buf);
}

#endif
