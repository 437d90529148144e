/* What an answer says for all who may come from anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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

/* --- whose offers an opening may suit --- */

/* Each has additional key exchanges of its own, as it is configured. */
static void
add_with_offer(struct ike *ike, uint32_t id, unsigned offer, const char *remote)
{
	struct addke *addke = calloc(1, sizeof(*addke));
	struct ike_peer_conf c = { .id = id };

	assert_non_null(addke);
	*addke = duo_addke(offer % 2 == 0 ? "36" : "36 37");
	c.ike = (struct offer){ .proto = PROTO_IKE,
	    .ke = { .n = 1, .row = { (uint8_t)(offer / 2) } }, .addke = addke };
	if (remote != NULL)
		assert_true(addr_parse(&c.remote, remote));
	assert_true(ike_peer_add(ike, &c));
	free(addke);
}

static struct path
path_here(void)
{
	struct path path = { .local.port = 500, .remote.port = 500 };

	assert_true(addr_parse(&path.local.addr, "192.0.2.1"));
	assert_true(addr_parse(&path.remote.addr, "198.51.100.1"));
	return path;
}

/* The next one to be tried is this. */
static void
tries(struct ike *ike, struct ike_peer **p, uint32_t id)
{
	const struct path path = path_here();

	*p = anyone_to_try(ike, &path, *p);
	if (id == 0)
		assert_null(*p);
	else
		assert_non_null(*p);
	if (id != 0)
		assert_int_equal((*p)->conf.id, id);
}

static void
of_a_thousand_alike_one_is_tried(void **state)
{
	struct ike_peer *p = NULL;
	struct drbg drbg;
	struct ike *ike = make(&drbg);

	(void)state;
	for (uint32_t id = 1; id <= 1000; id++)
		add_with_offer(ike, id, id % 3, NULL);
	add_with_offer(ike, 2000, 0, "198.51.100.1");
	add_with_offer(ike, 2001, 0, "198.51.100.1");
	add_with_offer(ike, 2002, 0, "198.51.100.2");
	for (unsigned round = 0; round < 2; round++) {
		/* Those with this address, whatever they are. */
		tries(ike, &p, 2000);
		tries(ike, &p, 2001);
		tries(ike, &p, 1);
		tries(ike, &p, 2);
		tries(ike, &p, 3);
		tries(ike, &p, 0);
		/* One who is refused, or gone, has the next like it instead. */
		ike_peer_accept(ike, 2, false);
		tries(ike, &p, 2000);
		tries(ike, &p, 2001);
		tries(ike, &p, 1);
		tries(ike, &p, 3);
		tries(ike, &p, 5);
		tries(ike, &p, 0);
		ike_peer_accept(ike, 2, true);
	}
	assert_false(at(ike, "192.0.2.1")->down);
	ike_peer_del(ike, (struct instant){ 1 }, 1);
	ike_peer_accept(ike, 3, false);
	assert_true(at(ike, "192.0.2.1")->down);
	ike_peer_del(ike, (struct instant){ 1 }, 2000);
	ike_peer_del(ike, (struct instant){ 1 }, 2001);
	tries(ike, &p, 2);
	tries(ike, &p, 4);
	tries(ike, &p, 6);
	tries(ike, &p, 0);
	ike_free(ike);
}

static void
more_offers_than_are_remembered_are_all_tried(void **state)
{
	(void)state;
	for (uint32_t n = 0; n <= 2 * ANYONE_OFFERS; n++) {
		struct ike_peer *p = NULL;
		struct drbg drbg;
		struct ike *ike = make(&drbg);

		for (uint32_t id = 1; id <= n; id++)
			add_with_offer(ike, id, id, NULL);
		for (uint32_t id = 1; id <= n; id++)
			tries(ike, &p, id);
		tries(ike, &p, 0);
		ike_free(ike);
	}
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
		cmocka_unit_test(of_a_thousand_alike_one_is_tried),
		cmocka_unit_test(more_offers_than_are_remembered_are_all_tried),
	};

	return cmocka_run_group_tests(tests, make_cas, free_cas);
}
