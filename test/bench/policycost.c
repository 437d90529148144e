/*
 * What policies cost: one neighbour teaches many routes with a thousand
 * different attribute sets, another is told of them all, without a network
 * between.  Learns them without a policy and with one, then changes policies
 * while the sessions go on, until the host and the other neighbour have heard
 * of everything that is different.  Processor time, one line per figure:
 *
 *	policycost [ROUTES]
 *	NAME SECONDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgp/attr.h"
#include "bgp/bgp.h"
#include "bgp/nlri.h"
#include "bgp/open.h"
#include "bgp/policy.h"
#include "bgp/update.h"
#include "crypto/prf.h"

#define SETS	1112
#define ENTRIES	10000

static struct bgp *bgp;
static struct instant now = { 1000000000 };
static uint32_t conn[2];
static unsigned long routes = 1000000, told, sent;

static void
die(const char *what)
{
	fprintf(stderr, "policycost: %s\n", what);
	exit(1);
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Everything that is to be done, until nothing is. */
static void
obey(void)
{
	struct bgp_out out;
	struct bytes b;

	for (bool any = true; any;) {
		any = instant_due(bgp_deadline(bgp), now);
		if (any)
			bgp_tick(bgp, now);
		while (bgp_next(bgp, &out)) {
			any = true;
			told += out.kind == BGP_OUT_ROUTE;
			if (out.kind != BGP_OUT_SEND)
				continue;
			b = bgp_pull(bgp, out.conn);
			sent += b.n;
			bgp_sent(bgp, now, out.conn, b.n);
		}
	}
}

static void
come(unsigned i)
{
	const struct open o = {
		.asn = 65010 + i, .router_id = i + 1, .hold_time = 0,
		.families = OPEN_IPV4, .as4 = true, .refresh = true,
	};
	struct bgp_peer_conf c = {
		.id = i + 1, .local_asn = 64512, .remote_asn = 65010 + i,
		.local = { ADDR_IPV4, { 169, 254, (uint8_t)i, 1 } },
		.remote = { ADDR_IPV4, { 169, 254, (uint8_t)i, 2 } },
		.passive = true, .transit = true,
	};
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));

	c.next_hop4 = c.local;
	if (!bgp_peer_add(bgp, now, &c))
		die("out of memory");
	bgp_peer_start(bgp, now, c.id);
	conn[i] = bgp_accepted(bgp, now, c.id);
	open_put(&w, &o);
	msg_put_keepalive(&w);
	bgp_stream(bgp, now, conn[i], wr_done(&w));
	obey();
}

static void
put_attrs(struct wr *w, unsigned set)
{
	wr_bytes(w, bytes_of("\x40\x01\x01\x00\x40\x02\x0a\x02\x02", 9));
	wr_u32(w, 65010);
	wr_u32(w, 100 + set);
	wr_bytes(w, bytes_of("\x40\x03\x04\xa9\xfe\x00\x02\xc0\x08\x04", 10));
	wr_u16(w, 65010);
	wr_u16(w, (uint16_t)(set % 16));
}

static struct prefix
prefix_no(unsigned long i)
{
	return (struct prefix){ { ADDR_IPV4, { (uint8_t)(16 + (i >> 16)),
	    (uint8_t)(i >> 8), (uint8_t)i } }, 24 };
}

static void
learn(void)
{
	static struct prefix p[1024];
	unsigned long per = routes / SETS + 1, at = 0;

	for (unsigned set = 0; at < routes; set++) {
		uint8_t attrs[64], room[8192];
		struct wr a = wr_of(attrs, sizeof(attrs));
		struct wr w = wr_of(room, sizeof(room));
		size_t n = 0;

		put_attrs(&a, set);
		while (n < per && n < 1024 && at < routes)
			p[n++] = prefix_no(at++);
		for (size_t done = 0; done < n;)
			done += update_put_reach(&w, wr_done(&a), NULL,
			    p + done, n - done);
		bgp_stream(bgp, now, conn[0], wr_done(&w));
	}
	obey();
}

/* Every second network of 10,000 is preferred, all are marked. */
static struct policy *
by_prefix(uint32_t pref)
{
	static struct plist_entry e[ENTRIES];
	struct policy_term *t = calloc(3, sizeof(*t));
	struct reason why;
	struct policy *p;

	for (unsigned i = 0; i < ENTRIES; i++) {
		e[i].prefix = prefix_no(i * (routes / ENTRIES));
		e[i].prefix.len = 24;
		e[i].ge = e[i].le = 24;
		e[i].permit = i % 2 == 0;
	}
	t[0].match.lists = calloc(1, sizeof(*t[0].match.lists));
	t[0].match.lists[0] = plist_new(e, ENTRIES);
	t[0].match.lists_n = 1;
	t[0].set.local_pref = (struct policy_value){ true, pref };
	t[0].then = POLICY_NEXT;
	t[1].set.add.v = calloc(1, sizeof(*t[1].set.add.v));
	t[1].set.add.n = 1;
	community_parse(&t[1].set.add.v[0], "64512:1", &why);
	t[1].set.local_pref = (struct policy_value){ true, pref };
	t[1].then = POLICY_ACCEPT;
	if (policy_new(&p, "prefix", t, 2) != POLICY_FINE)
		die("no policy");
	return p;
}

static struct policy *
by_attrs(uint32_t pref)
{
	struct policy_term *t = calloc(2, sizeof(*t));
	struct reason why;
	struct policy *p;

	t[0].match.paths = calloc(1, sizeof(*t[0].match.paths));
	t[0].match.paths_n = 1;
	pathexp_parse(&t[0].match.paths[0], "^65010 .+", &why);
	t[0].set.local_pref = (struct policy_value){ true, pref };
	t[0].set.add.v = calloc(1, sizeof(*t[0].set.add.v));
	t[0].set.add.n = 1;
	community_parse(&t[0].set.add.v[0], "64512:2", &why);
	t[0].then = POLICY_ACCEPT;
	if (policy_new(&p, "attrs", t, 1) != POLICY_FINE)
		die("no policy");
	return p;
}

static void
change(const char *name, uint32_t peer, struct policy *in, struct policy *out)
{
	const struct bgp_soft soft = { .import = in, .export = out };
	unsigned long before = told;
	double start = seconds();

	sent = 0;
	bgp_peer_change(bgp, now, peer, &soft);
	obey();
	printf("%s %.3f\n", name, seconds() - start);
	fprintf(stderr, "# %s: %lu routes told, %lu octets announced\n", name,
	    told - before, sent);
	policy_free(in);
	policy_free(out);
}

static void
begin(struct drbg *drbg)
{
	bgp = bgp_new(0x0a000001, drbg);
	if (bgp == NULL)
		die("out of memory");
	come(0);
	come(1);
}

int
main(int argc, char **argv)
{
	uint8_t seed[DRBG_SEED_LEN] = { 1 };
	struct policy *p;
	struct drbg drbg;
	double start;

	if (argc > 1)
		routes = strtoul(argv[1], NULL, 10);
	if (routes < ENTRIES || routes > 14000000 || !crypto_init())
		die("usage: policycost [ROUTES]");
	drbg_seed(&drbg, seed);
	begin(&drbg);
	start = seconds();
	learn();
	printf("learn %.3f\n", seconds() - start);
	change("change-attributes", 1, by_attrs(200), NULL);
	change("change-prefixes", 1, by_prefix(300), NULL);
	change("change-nothing", 1, by_prefix(300), NULL);
	change("change-export", 2, NULL, by_attrs(100));
	change("change-none", 1, NULL, NULL);
	bgp_free(bgp);
	begin(&drbg);
	p = by_prefix(200);
	bgp_peer_change(bgp, now, 1,
	    &(struct bgp_soft){ .import = p });
	policy_free(p);
	start = seconds();
	learn();
	printf("learn-prefixes %.3f\n", seconds() - start);
	bgp_free(bgp);
	drbg_fini(&drbg);
	crypto_fini();
	return 0;
}
