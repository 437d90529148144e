/*
 * Configuration texts, one behind the other with the octet 0x1e between them.
 * Whatever they are, the answer is a configuration whose rules hold, the same
 * octets each time, or one error of one line in one of the files.  No file is
 * ever opened meanwhile: libconfig's @include must not be reachable.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gw/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__lsan_default_suppressions(void);

#define TEXTS		8
#define SEPARATOR	0x1e

static bool parsing;

static void
require(bool ok)
{
	if (!ok)
		abort();
}

/* Stands before libc's: what libconfig would open a file with. */
FILE *
fopen(const char *path, const char *mode)
{
	FILE *(*next)(const char *, const char *);
	void *symbol = dlsym(RTLD_NEXT, "fopen");

	require(!parsing);
	memcpy(&next, &symbol, sizeof(next));
	return next(path, mode);
}

/* libconfig 1.5 forgets the pieces of a string when a syntax error follows. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

/* The last one takes what is left. */
static size_t
split(struct bytes all, struct conf_source out[static TEXTS])
{
	static const char *const names[TEXTS] = {
		"f", "f.d/1", "f.d/2", "f.d/3", "f.d/4", "f.d/5", "f.d/6",
		"f.d/7",
	};
	size_t n = 0, at = 0;

	for (size_t i = 0; i <= all.n; i++) {
		if (i < all.n && (n == TEXTS - 1 || all.p[i] != SEPARATOR))
			continue;
		out[n] = (struct conf_source){ .name = names[n],
		    .text = bytes_of(all.p + at, i - at) };
		n++;
		at = i + 1;
	}
	return n;
}

static struct conf *
parse(struct bytes text, struct conf_error *e)
{
	struct conf_source v[TEXTS];
	struct conf_sources all = { .v = v };
	struct conf *c;

	all.n = split(text, v);
	all.directory = all.n > 1;
	parsing = true;
	c = conf_parse_all(&all, e);
	parsing = false;
	return c;
}

static void
check_error(const struct conf_error *e)
{
	char line[600];

	conf_error_str(e, line, sizeof(line));
	require((strncmp(line, "f:", 2) == 0 ||
	    strncmp(line, "f.d/", 4) == 0) && e->line >= 0);
	require(e->why.s[0] != '\0');
	for (const char *p = line; *p != '\0'; p++)
		require(*p >= ' ' && *p <= '~');
}

static void
check_tunnel(const struct conf *c, const struct conf_tunnel *t)
{
	require(t->number >= 1 && t->number <= CONF_TUNNELS);
	require(addr_is_set(&t->local) && t->local_id.n > 0);
	require(t->ifname[0] != '\0' && strchr(t->ifname, '/') == NULL);
	require(t->phase2.lifetime.ns < t->phase1.lifetime.ns);
	require(t->rekey_margin.ns * 2 <= t->phase2.lifetime.ns);
	require(c->short_lifetimes || span_to_s(t->phase2.lifetime) >= 900);
	require(t->phase1.encr.n > 0 && t->phase1.integ.n > 0 &&
	    t->phase1.ke.n > 0);
	require(t->phase2.encr.n > 0 && t->phase2.integ.n > 0 &&
	    t->phase2.ke.n > 0);
	require(!addr_is_set(&t->inside4.addr) ||
	    (prefix_has(&t->inside4, &t->local4) &&
	    prefix_has(&t->inside4, &t->remote4)));
}

static void
check_conf(const struct conf *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct conf_connection *k = &c->connections[i];

		require(conf_find(c, k->name) == k);
		require(k->source[0] == 'f' && k->line >= 0);
		require(k->tunnels_n >= 1 && k->tunnels_n <= CONF_TUNNELS);
		require(k->remote_asn == 0 || (c->asn != 0 &&
		    c->asn != k->remote_asn && c->router_id != 0));
		for (unsigned n = 0; n < k->tunnels_n; n++)
			check_tunnel(c, &k->tunnels[n]);
	}
}

static void
check_same(const struct conf *a, const struct conf *b)
{
	require(b != NULL && a->n == b->n && a->policies_n == b->policies_n);
	for (size_t i = 0; i < a->policies_n; i++)
		require(policy_eq(a->policies[i].policy,
		    b->policies[i].policy));
	for (size_t i = 0; i < a->n; i++)
		require(memcmp(a->connections[i].tunnels,
		    b->connections[i].tunnels,
		    sizeof(a->connections[i].tunnels)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct conf_error e;
	struct conf *a = parse(bytes_of(p, n), &e), *b;

	if (a == NULL) {
		check_error(&e);
		return 0;
	}
	check_conf(a);
	b = parse(bytes_of(p, n), &e);
	check_same(a, b);
	conf_free(a);
	conf_free(b);
	return 0;
}
