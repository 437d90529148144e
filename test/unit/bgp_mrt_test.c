/*
 * MRT dumps of a speaker: every octet of a small one against RFC 6396, and what
 * bgpdump makes of one.  A hub, node 0, with two branches.
 */
#include "test/unit/bgp_net.h"

#include <unistd.h>

#include "bgp/community.h"
#include "bgp/mrt.h"
#include "bgp/policy.h"
#include "util/bytes.h"

#define WALL	1700000000

struct dump {
	uint8_t		b[65536];
	size_t		n;
	unsigned	records;
};

static void
add(struct dump *d, uint8_t *record, size_t n)
{
	assert_true(d->n + n <= sizeof(d->b));
	memcpy(d->b + d->n, record, n);
	d->n += n;
	d->records++;
	free(record);
}

static void
dump(struct dump *d, unsigned visits)
{
	struct mrt m = { .now = net->now, .wall = WALL };
	unsigned rounds = 0;
	uint8_t *p;
	size_t n = 0;

	*d = (struct dump){ .n = 0 };
	p = mrt_peers(net->bgp[0], &m, "test", &n);
	assert_non_null(p);
	add(d, p, n);
	do {
		m.visits = visits;
		while ((p = mrt_next(net->bgp[0], &m, &n)) != NULL)
			add(d, p, n);
		assert_true(rounds++ < 1000);
	} while (m.visits == 0);
}

static void
add_community(struct policy_set *set, const char *text)
{
	struct reason why;

	assert_true(community_parse(&set->add.v[set->add.n++], text, &why));
}

/* Gives communities, a local preference and a MED to what a branch teaches. */
static struct policy *
marking(void)
{
	struct policy_term *t = calloc(1, sizeof(*t));
	struct policy *p;

	assert_non_null(t);
	t->then = POLICY_ACCEPT;
	t->set.local_pref = (struct policy_value){ true, 200 };
	t->set.med = (struct policy_value){ true, 7 };
	t->set.add.v = calloc(2, sizeof(*t->set.add.v));
	add_community(&t->set, "65010:100");
	add_community(&t->set, "no-export");
	assert_int_equal(policy_new(&p, "p", t, 1), POLICY_FINE);
	return p;
}

static struct policy *
rejecting(void)
{
	struct policy_term *t = calloc(1, sizeof(*t));
	struct policy *p;

	assert_non_null(t);
	t->then = POLICY_REJECT;
	assert_int_equal(policy_new(&p, "r", t, 1), POLICY_FINE);
	return p;
}

static void
star(struct policy *first, struct policy *second)
{
	net_new(1, 3);
	network(0, "10.1.0.0/16");
	for (int i = 1; i <= 2; i++) {
		struct bgp_peer_conf conf = conf_of(0, i);

		conf.soft.import = i == 1 ? first : second;
		add_peer(0, i, &conf);
		add_peer(i, 0, NULL);
		run(2000);
		assert_true(established(0, i));
	}
	policy_free(first);
	policy_free(second);
	network(1, "10.9.0.0/16");
	network(2, "10.9.0.0/16");
	network(1, "0.0.0.0/0");
	network(2, "192.0.2.128/25");
	network(1, "fd09::/48");
	run(500);
}

static void
a_walk_in_pieces_is_the_same(void **state)
{
	static struct dump whole, pieces;

	(void)state;
	star(NULL, NULL);
	dump(&whole, 1000);
	dump(&pieces, 1);
	assert_int_equal(whole.records, 6);
	assert_int_equal(pieces.n, whole.n);
	assert_memory_equal(pieces.b, whole.b, whole.n);
	net_free();
}

/* The header of the next record. */
static uint32_t
header(struct rd *r, uint16_t subtype)
{
	assert_int_equal(rd_u32(r), WALL);
	assert_int_equal(rd_u16(r), 13);
	assert_int_equal(rd_u16(r), subtype);
	return rd_u32(r);
}

static void
address(struct rd *r, const char *want)
{
	struct addr a = ip(want);

	assert_true(bytes_eq(rd_bytes(r, addr_octets(&a)), addr_bytes(&a)));
}

static void
the_table_of_peers_has_every_number(void **state)
{
	static struct dump d;
	struct rd r;
	char text[ADDR_STRLEN];
	struct addr remote;

	(void)state;
	star(NULL, NULL);
	dump(&d, 1000);
	r = rd_of(bytes_of(d.b, d.n));
	r = rd_sub(&r, 12 + header(&(struct rd){ d.b, 12, false }, 1));
	rd_bytes(&r, 12);
	address(&r, "10.0.0.1");
	assert_int_equal(rd_u16(&r), 4);
	assert_true(bytes_eq(rd_bytes(&r, 4), bytes_str("test")));
	/* Ids are 11 and 12: see peer_id(). */
	assert_int_equal(rd_u16(&r), 13);
	for (unsigned i = 0; i < 13; i++) {
		bool there = i == 11 || i == 12;

		assert_int_equal(rd_u8(&r), 2);
		assert_int_equal(rd_u32(&r), i == 0 ? 0x0a000001 :
		    there ? 0x0a000001 + i - 10 : 0);
		if (there)
			remote = inside((int)i - 10, 0);
		address(&r, there ? addr_str(&remote, text) : "0.0.0.0");
		assert_int_equal(rd_u32(&r), i == 0 ? 64512 :
		    there ? 4200000000u + i - 10 : 0);
	}
	assert_true(rd_done(&r));
	net_free();
}

/* One attribute; its value. */
static struct rd
attribute(struct rd *r, uint8_t flags, uint8_t type)
{
	uint8_t got = rd_u8(r);

	assert_int_equal(got & 0xe0, flags);
	assert_int_equal(rd_u8(r), type);
	return rd_sub(r, got & 0x10 ? rd_u16(r) : rd_u8(r));
}

static void
of_mp_reach_there_is_only_the_next_hop(void **state)
{
	static struct dump d;
	struct rd r, a, v;
	uint32_t n;
	char text[ADDR_STRLEN];
	struct addr hop;

	(void)state;
	star(NULL, NULL);
	dump(&d, 1000);
	r = rd_of(bytes_of(d.b, d.n));
	for (unsigned i = 0; i < 5; i++) {
		struct rd h = r;

		rd_bytes(&h, 8);
		rd_bytes(&r, 12 + rd_u32(&h));
	}
	n = header(&r, 4);
	assert_int_equal(n, r.n);
	assert_int_equal(rd_u32(&r), 0);
	assert_int_equal(rd_u8(&r), 48);
	assert_true(bytes_eq(rd_bytes(&r, 6),
	    bytes_of("\xfd\x09\0\0\0\0", 6)));
	assert_int_equal(rd_u16(&r), 1);
	assert_int_equal(rd_u16(&r), 11);
	assert_in_range(rd_u32(&r), WALL - 60, WALL);
	a = rd_sub(&r, rd_u16(&r));
	assert_true(rd_done(&r));
	v = attribute(&a, 0x40, 1);
	assert_int_equal(rd_u8(&v), 0);
	v = attribute(&a, 0x40, 2);
	assert_int_equal(rd_u8(&v), 2);
	assert_int_equal(rd_u8(&v), 1);
	assert_int_equal(rd_u32(&v), 4200000001u);
	assert_true(rd_done(&v));
	v = attribute(&a, 0x40, 5);
	assert_int_equal(rd_u32(&v), 100);
	v = attribute(&a, 0x80, 14);
	assert_int_equal(rd_u8(&v), 16);
	hop = inside6(1, 0);
	address(&v, addr_str(&hop, text));
	assert_true(rd_done(&v) && rd_done(&a));
	net_free();
}

/* Lines of "bgpdump -m", sorted, without type and time. */
static void
read_by_bgpdump(const struct dump *d, char *out, size_t size)
{
	char path[] = "/tmp/bgp_mrt_test.XXXXXX", command[128], line[256];
	int fd = mkstemp(path);
	FILE *f;

	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_int_equal(fwrite(d->b, 1, d->n, f), d->n);
	assert_int_equal(fclose(f), 0);
	snprintf(command, sizeof(command), "bgpdump -q -m %s | cut -d'|' "
	    "-f4- | LC_ALL=C sort", path);
	f = popen(command, "r");
	assert_non_null(f);
	out[0] = '\0';
	while (fgets(line, sizeof(line), f) != NULL)
		str_add(out, size, "%s", line);
	assert_int_equal(pclose(f), 0);
	unlink(path);
}

static void
says(const struct dump *d, const char *want)
{
	char got[4096];

	read_by_bgpdump(d, got, sizeof(got));
	assert_string_equal(got, want);
}

static void
bgpdump_reads_what_policy_has_made_of_it(void **state)
{
	static struct dump d;

	(void)state;
	star(marking(), NULL);
	dump(&d, 1000);
	says(&d, "0.0.0.0|64512|10.1.0.0/16||IGP|0.0.0.0|100|0||NAG||\n"
	    "169.254.1.2|4200000001|0.0.0.0/0|4200000001|IGP|169.254.1.2|"
	    "200|7|65010:100 no-export|NAG||\n"
	    "169.254.1.2|4200000001|10.9.0.0/16|4200000001|IGP|169.254.1.2|"
	    "200|7|65010:100 no-export|NAG||\n"
	    "169.254.1.2|4200000001|fd09::/48|4200000001|IGP|fd00:1::2|"
	    "200|7|65010:100 no-export|NAG||\n"
	    "169.254.2.2|4200000002|10.9.0.0/16|4200000002|IGP|169.254.2.2|"
	    "100|0||NAG||\n"
	    "169.254.2.2|4200000002|192.0.2.128/25|4200000002|IGP|"
	    "169.254.2.2|100|0||NAG||\n");
	net_free();
}

static void
what_a_policy_rejects_is_not_dumped(void **state)
{
	static struct dump d;

	(void)state;
	star(rejecting(), NULL);
	dump(&d, 1000);
	says(&d, "0.0.0.0|64512|10.1.0.0/16||IGP|0.0.0.0|100|0||NAG||\n"
	    "169.254.2.2|4200000002|10.9.0.0/16|4200000002|IGP|169.254.2.2|"
	    "100|0||NAG||\n"
	    "169.254.2.2|4200000002|192.0.2.128/25|4200000002|IGP|"
	    "169.254.2.2|100|0||NAG||\n");
	net_free();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_in_pieces_is_the_same),
		cmocka_unit_test(the_table_of_peers_has_every_number),
		cmocka_unit_test(of_mp_reach_there_is_only_the_next_hop),
		cmocka_unit_test(bgpdump_reads_what_policy_has_made_of_it),
		cmocka_unit_test(what_a_policy_rejects_is_not_dumped),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
