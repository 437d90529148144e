/* What an answer says for all who may come from anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/table.h"
#include "unit/cert_duo.h"
#include "util/array.h"

static const struct row {
	const char	*local;		/* "": any */
	bool		 anywhere, certificates, fragments, ppk;
} rows[] = {
	{ "192.0.2.1", true, false, true, false },
	{ "192.0.2.2", true, false, false, true },
	{ "", true, true, false, false },
	{ "192.0.2.1", false, true, true, true },
};

#define PSK	(ANYONE_BY_PSK | ANYONE_CHILDLESS)
#define CERT	(ANYONE_SIGNS | ANYONE_BY_SIGNATURE | ANYONE_CHILDLESS)

static struct ike *
make(struct drbg *drbg)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	const struct ike_limits limits = { .sas = 10, .half_open = 10 };
	struct ike *ike;

	drbg_seed(drbg, seed);
	ike = ike_new(&limits, drbg);
	assert_non_null(ike);
	return ike;
}

static void
add(struct ike *ike, uint32_t id)
{
	const struct row *r = &rows[id - 1];
	struct ike_peer_conf c = {
		.id = id, .fragmentation = r->fragments,
		.remote_auth = r->certificates ? IKE_AUTH_CERTIFICATE :
		    IKE_AUTH_PSK,
		.childless = IKE_CHILDLESS_ALLOW,
	};

	if (r->local[0] != '\0')
		assert_true(addr_parse(&c.local, r->local));
	if (!r->anywhere)
		assert_true(addr_parse(&c.remote, "198.51.100.1"));
	if (r->ppk)
		str_set(c.ppk_id, sizeof(c.ppk_id), "one");
	assert_true(ike_peer_add(ike, &c));
}

static const struct anyone *
at(struct ike *ike, const char *local)
{
	struct addr a;

	assert_true(addr_parse(&a, local));
	return anyone_at(ike, &a);
}

static void
all_from_anywhere_count_at_their_local_address(void **state)
{
	struct drbg drbg;
	struct ike *ike = make(&drbg);

	(void)state;
	assert_int_equal(at(ike, "192.0.2.1")->traits, 0);
	add(ike, 1);
	assert_int_equal(at(ike, "192.0.2.1")->traits,
	    PSK | ANYONE_FRAGMENTS);
	assert_int_equal(at(ike, "192.0.2.2")->traits, 0);
	add(ike, 2);
	assert_int_equal(at(ike, "192.0.2.2")->traits, PSK | ANYONE_PPK);
	add(ike, 3);
	assert_int_equal(at(ike, "192.0.2.2")->traits,
	    PSK | CERT | ANYONE_PPK);
	assert_int_equal(at(ike, "192.0.2.1")->traits,
	    PSK | CERT | ANYONE_FRAGMENTS);
	/* One with an address of its own is not anyone. */
	add(ike, 4);
	assert_int_equal(at(ike, "192.0.2.1")->traits,
	    PSK | CERT | ANYONE_FRAGMENTS);
	ike_peer_del(ike, (struct instant){ 1 }, 1);
	assert_int_equal(at(ike, "192.0.2.1")->traits, CERT);
	ike_free(ike);
}

static void
more_local_addresses_than_are_remembered_are_right(void **state)
{
	struct drbg drbg;
	struct ike *ike = make(&drbg);
	char local[32];

	(void)state;
	add(ike, 1);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 3 * ANYONE_LOCALS; i++) {
			str_fmt(local, sizeof(local), "192.0.2.%u", i);
			assert_int_equal(at(ike, local)->traits, i != 1 ? 0 :
			    PSK | ANYONE_FRAGMENTS);
		}
	}
	ike_free(ike);
}

static void
new_credentials_are_asked_for_at_once(void **state)
{
	struct ike_creds a = { .trust = trust_in(&root) };
	struct ike_creds b = { .trust = trust_in(&other_root) };
	struct drbg drbg;
	struct ike *ike = make(&drbg);
	const struct anyone *all;
	uint8_t hashes[2 * TRUST_HASH_LEN];
	struct wr w = wr_of(hashes, sizeof(hashes));

	(void)state;
	trust_key_hashes(a.trust, &w);
	trust_key_hashes(b.trust, &w);
	assert_int_equal(w.n, sizeof(hashes));
	add(ike, 1);
	add(ike, 3);
	assert_int_equal(at(ike, "192.0.2.1")->cas_n, 0);
	/* Whose authentication is a key has no use for it. */
	ike_peer_creds(ike, 1, &a);
	assert_int_equal(at(ike, "192.0.2.1")->cas_n, 0);
	ike_peer_creds(ike, 3, &a);
	all = at(ike, "192.0.2.1");
	assert_int_equal(all->cas_n, TRUST_HASH_LEN);
	assert_memory_equal(all->cas, hashes, TRUST_HASH_LEN);
	ike_peer_creds(ike, 3, &b);
	all = at(ike, "192.0.2.1");
	assert_int_equal(all->cas_n, TRUST_HASH_LEN);
	assert_memory_equal(all->cas, hashes + TRUST_HASH_LEN,
	    TRUST_HASH_LEN);
	ike_free(ike);
	trust_free(a.trust);
	trust_free(b.trust);
}

static void
each_ca_is_named_once_and_not_too_many(void **state)
{
	uint8_t buf[2 * TRUST_HASH_LEN], cas[3 * TRUST_HASH_LEN];
	struct wr w = wr_of(buf, sizeof(buf));

	(void)state;
	for (size_t i = 0; i < sizeof(cas); i++)
		cas[i] = (uint8_t)(i / TRUST_HASH_LEN);
	anyone_add_cas(&w, bytes_of(cas, TRUST_HASH_LEN));
	anyone_add_cas(&w, bytes_of(cas, TRUST_HASH_LEN));
	assert_int_equal(w.n, TRUST_HASH_LEN);
	anyone_add_cas(&w, bytes_of(cas, sizeof(cas)));
	assert_false(w.bad);
	assert_int_equal(w.n, sizeof(buf));
	assert_memory_equal(buf, cas, sizeof(buf));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_from_anywhere_count_at_their_local_address),
		cmocka_unit_test(
		    more_local_addresses_than_are_remembered_are_right),
		cmocka_unit_test(new_credentials_are_asked_for_at_once),
		cmocka_unit_test(each_ca_is_named_once_and_not_too_many),
	};

	return cmocka_run_group_tests(tests, make_cas, free_cas);
}
