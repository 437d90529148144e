/* Peers by address and by identity: who is a candidate, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ike/table.h"
#include "util/array.h"

#define CROWD	3000

struct row {
	const char	*local, *remote;	/* "": any */
	const char	*id;			/* "": any */
};

static struct addr
addr_of(const char *s)
{
	struct addr a = { 0 };

	if (s[0] != '\0')
		assert_true(addr_parse(&a, s));
	return a;
}

static struct id
id_of(const char *s)
{
	return (struct id){ .type = s[0] == '\0' ? 0 : ID_FQDN,
	    .n = (uint16_t)strlen(s), .data = (const uint8_t *)s };
}

static void
fill(struct ike_peer *p, uint32_t id, const struct row *r)
{
	*p = (struct ike_peer){ .conf = { .id = id,
	    .local = addr_of(r->local), .remote = addr_of(r->remote),
	    .remote_id = id_of(r->id) } };
}

static struct path
path_of(const char *local, const char *remote)
{
	return (struct path){ { addr_of(local), 500 },
	    { addr_of(remote), 500 } };
}

/* Their numbers one after the other, as in "1 3". */
static const char *
by_path(const struct index *x, const char *local, const char *remote)
{
	struct path path = path_of(local, remote);
	struct ike_peer *p = NULL;
	static char out[64];

	out[0] = '\0';
	while ((p = index_by_path(x, &path, p)) != NULL)
		str_add(out, sizeof(out), "%s%u", out[0] ? " " : "",
		    p->conf.id);
	return out;
}

static const char *
by_id(const struct index *x, const char *remote, const char *name)
{
	struct path path = path_of("192.0.2.1", remote);
	struct pl_id id = { .type = ID_FQDN, .data = bytes_str(name) };
	struct ike_peer *p = NULL;
	static char out[64];

	out[0] = '\0';
	while ((p = index_by_id(x, &path, &id, p)) != NULL)
		str_add(out, sizeof(out), "%s%u", out[0] ? " " : "",
		    p->conf.id);
	return out;
}

static const struct row rows[] = {
	{ "192.0.2.1", "", "" },			/* 1 */
	{ "192.0.2.1", "", "b" },			/* 2 */
	{ "192.0.2.1", "198.51.100.1", "a" },		/* 3 */
	{ "192.0.2.2", "198.51.100.1", "a" },		/* 4 */
	{ "", "198.51.100.1", "b" },			/* 5 */
	{ "192.0.2.1", "198.51.100.2", "" },		/* 6 */
	{ "192.0.2.2", "0.0.0.0", "c" },		/* 7 */
	{ "", "", "B" },				/* 8 */
	{ "2001:db8::1", "2001:db8::2", "a" },		/* 9 */
	{ "192.0.2.1", "", "" },			/* 10 */
};

struct fixture {
	struct index	x;
	struct ike_peer	p[ARRAY_SIZE(rows)];
};

static void
fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	for (uint32_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fill(&f->p[i], i + 1, &rows[i]);
		assert_true(index_add(&f->x, &f->p[i]));
	}
}

static void
exact_addresses_come_first_and_then_anybody_in_order(void **state)
{
	static const struct {
		const char	*local, *remote, *found;
	} looks[] = {
		{ "192.0.2.1", "198.51.100.1", "3 5 1 2 8 10" },
		{ "192.0.2.2", "198.51.100.1", "4 5 7 8" },
		{ "192.0.2.1", "198.51.100.2", "6 1 2 8 10" },
		{ "192.0.2.1", "203.0.113.9", "1 2 8 10" },
		{ "192.0.2.3", "203.0.113.9", "8" },
		{ "2001:db8::1", "2001:db8::2", "9 8" },
		{ "2001:db8::1", "2001:db8::3", "8" },
	};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		assert_string_equal(by_path(&f.x, looks[i].local,
		    looks[i].remote), looks[i].found);
	index_fini(&f.x);
}

static void
of_anybody_only_those_who_expect_the_identity_or_none_are_found(void **state)
{
	static const struct {
		const char	*remote, *id, *found;
	} looks[] = {
		{ "203.0.113.9", "b", "2 8 1 10" },
		{ "203.0.113.9", "B", "2 8 1 10" },
		{ "203.0.113.9", "c", "1 10" },
		{ "203.0.113.9", "", "1 10" },
		/* With an address of their own they are all compared. */
		{ "198.51.100.1", "b", "3 5 2 8 1 10" },
		{ "198.51.100.2", "x", "6 1 10" },
	};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		assert_string_equal(by_id(&f.x, looks[i].remote, looks[i].id),
		    looks[i].found);
	index_fini(&f.x);
}

static void
who_is_removed_is_not_found_and_the_others_keep_their_order(void **state)
{
	static const struct {
		uint32_t	gone;
		const char	*path, *id;	/* from 198.51.100.1, "b" */
	} steps[] = {
		{ 3, "5 1 2 8 10", "5 2 8 1 10" },
		{ 2, "5 1 8 10", "5 8 1 10" },
		{ 10, "5 1 8", "5 8 1" },
		{ 5, "1 8", "8 1" },
		{ 1, "8", "8" },
		{ 8, "", "" },
		{ 4, "", "" }, { 6, "", "" }, { 7, "", "" }, { 9, "", "" },
	};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		index_del(&f.x, &f.p[steps[i].gone - 1]);
		assert_string_equal(by_path(&f.x, "192.0.2.1",
		    "198.51.100.1"), steps[i].path);
		assert_string_equal(by_id(&f.x, "198.51.100.1", "b"),
		    steps[i].id);
	}
	assert_null(f.x.all);
	assert_null(f.x.anybody);
	assert_int_equal(f.x.by_address.used, 0);
	assert_int_equal(f.x.by_identity.used, 0);
	/* What was removed can come back. */
	assert_true(index_add(&f.x, &f.p[2]));
	assert_string_equal(by_path(&f.x, "192.0.2.1", "198.51.100.1"), "3");
	index_fini(&f.x);
}

static void
everybody_of_a_crowd_is_found_by_address_or_name_alone(void **state)
{
	static struct ike_peer crowd[CROWD];
	struct index x = { 0 };
	char address[ADDR_STRLEN], name[32], want[12];

	(void)state;
	for (uint32_t i = 0; i < CROWD; i++) {
		str_fmt(address, sizeof(address), "10.1.%u.%u", i / 256,
		    i % 256);
		str_fmt(name, sizeof(name), "g%u", i);
		fill(&crowd[i], i, &(struct row){ "192.0.2.1",
		    i % 2 == 0 ? address : "", name });
		assert_true(index_add(&x, &crowd[i]));
	}
	for (uint32_t i = 1; i < CROWD; i += 2) {
		str_fmt(name, sizeof(name), "g%u", i);
		str_fmt(want, sizeof(want), "%u", i);
		assert_string_equal(by_id(&x, "203.0.113.9", name), want);
		index_del(&x, &crowd[i]);
		assert_string_equal(by_id(&x, "203.0.113.9", name), "");
	}
	for (uint32_t i = 0; i < CROWD; i += 2) {
		str_fmt(address, sizeof(address), "10.1.%u.%u", i / 256,
		    i % 256);
		str_fmt(want, sizeof(want), "%u", i);
		assert_string_equal(by_path(&x, "192.0.2.1", address), want);
	}
	index_fini(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    exact_addresses_come_first_and_then_anybody_in_order),
		cmocka_unit_test(
		    of_anybody_only_those_who_expect_the_identity_or_none_are_found),
		cmocka_unit_test(
		    who_is_removed_is_not_found_and_the_others_keep_their_order),
		cmocka_unit_test(
		    everybody_of_a_crowd_is_found_by_address_or_name_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
