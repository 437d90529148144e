/* Both ends set up at once: rows E01 to E03, E06 to E09, M01 to M04. */
#include "sim/collide_sync.h"
#include "util/array.h"

static void
name_second(struct duo *d, int side)
{
	static const char *const names[] = { "left2.example", "right2.example" };
	struct ike_peer_conf *c = &d->end[side].conf[1];

	duo_add_peer(d, side);
	c->local_id = duo_id(names[side]);
	c->remote_id = duo_id(names[!side]);
}

static bool
both_stand(const struct duo *d, struct reason *why)
{
	for (int i = 0; i < 4; i++) {
		struct ike_peer_info info, far;
		uint32_t id = DUO_PEER + (uint32_t)i / 2;

		ike_peer_get(d->end[i % 2].ike, id, &info);
		ike_peer_get(d->end[1 - i % 2].ike, id, &far);
		if (info.ike_sas == 1 && info.children == 1 && info.child &&
		    info.spi_in == far.spi_out && info.spi_i == far.spi_i)
			continue;
		reason_set(why, "side %d, connection %u: %u IKE SAs, %u "
		    "children (%s)", i % 2, id, info.ike_sas, info.children,
		    info.why.s);
		return false;
	}
	return true;
}

/* One is begun by the left, one by the right, or both by both, at once. */
static bool
cross_two(uint64_t seed, unsigned who, struct reason *why)
{
	struct duo d;
	bool ok;

	duo_init(&d, seed);
	d.link.jitter = span_ms(20);
	name_second(&d, LEFT);
	name_second(&d, RIGHT);
	duo_start(&d);
	for (unsigned i = 0; i < 4; i++) {
		if ((who >> i & 1) == 0)
			continue;
		ike_peer_up(d.end[i % 2].ike, d.now, DUO_PEER + i / 2);
		duo_check(&d);
		duo_run(&d, span_ms((int64_t)seed % 5 * 7));
	}
	duo_run(&d, span_s(40));
	*why = d.trouble;
	ok = d.trouble.s[0] == '\0' && both_stand(&d, why);
	duo_down(&d, LEFT);
	duo_down(&d, RIGHT);
	duo_run(&d, span_s(60));
	ok = ok && duo_empty(&d, why);
	duo_fini(&d);
	return ok;
}

/* Two connections between the same addresses, told apart by identity. */
static void
two_connections(struct collide_run *r)
{
	static const unsigned whos[] = { 0x6, 0x9, 0xf };

	for (size_t i = 0; i < ARRAY_SIZE(whos); i++) {
		for (uint64_t seed = 1; seed <= 8; seed++) {
			struct reason why;
			bool ok = cross_two(seed, whos[i], &why);

			collide_count(r, ok, "two connections, begun %x, "
			    "seed %u: %s", whos[i], (unsigned)seed, why.s);
		}
	}
}

static const struct collide_play e01[] = {
	{ "every order", NULL, ONCE,
	    "A!up B!up any flow [2.2|2.2] one up=1,1 ikeup=1,1" },
};

static const struct collide_play e02[] = {
	{ "answers cross", NULL, BOTH,
	    "A!up B!up A>init B>init B>inited A>inited A>auth B>auth "
	    "[2.1|2.1] A>authed B>authed one up=1,1 ikeup=1,1 rekeys=0,0" },
	{ "the INTERMEDIATEs of both cross", NULL, BOTH,
	    "A!more:20 B!more:20 A!up B!up A>init B>init B>inited A>inited "
	    "A>inter B>inter [2.0|2.0] B>intered A>intered A>auth B>auth "
	    "[2.1|2.1] A>authed B>authed one up=1,1 ikeup=1,1" },
	{ "one's INTERMEDIATE meets the other's IKE_AUTH", NULL, BOTH,
	    "A!more:20 B!more:20 A!up B!up A>init B>init B>inited A>inited "
	    "B>inter A>intered B>auth A>inter A>authed flow B>intered "
	    "one up=1,1 ikeup=1,1" },
	{ "one is done before the other", NULL, BOTH,
	    "A!up B!up A>init B>init B>inited A>inited A>auth B>authed B>auth "
	    "A>authed flow one up=1,1 ikeup=1,1" },
};

static const struct collide_play e03[] = {
	{ "deleted at once", NULL, BOTH,
	    "A!up B!up A>init B>init B>inited A>inited A>auth B>auth A>authed "
	    "B>authed A!down A>bye B>ok wait:3000 gone up=1,1 down=1,1 "
	    "ikeup=1,1 ikedown=1,1 failed=0,1" },
	{ "deleted in the middle", NULL, BOTH,
	    "A!up B!up A>init B>init A>inited B>inited B>auth A>auth B>authed "
	    "A!down A>authed gone up=1,1 down=1,1 ikeup=1,1 ikedown=1,1 "
	    "failed=0,1" },
};

static const struct collide_play e06[] = {
	{ "in IKE_SA_INIT", NULL, BOTH,
	    "A!up A-init B!crash B!up B>init A>inited B>auth A>authed flow "
	    "one up=1,1 ikeup=1,1" },
	{ "in IKE_AUTH", NULL, BOTH,
	    "A!up A>init B>inited A-auth B!crash B!up B>init A>inited B>auth "
	    "A>authed flow wait:30000 one up=1,1 ikeup=1,1" },
};

static const struct collide_play e08[] = {
	{ "the later one is unheard of at first", NULL, BOTH,
	    "A!keep A-init wait:700 A-init B!keep wait:1500 B>init A>init "
	    "A>inited B>inited one up=1,1 ikeup=1,1" },
	{ "the early one has given up", NULL, BOTH,
	    "A!keep wait:40000 B!keep wait:3000 one up=1,1 ikeup=1,1 "
	    "failed=1,0 ikedown=1,0" },
};

static const struct collide_play e09[] = {
	{ "A waits", NULL, BOTH,
	    "A!keep wait:23000 B!up B>init A>inited B>auth A>authed flow "
	    "wait:5000 [1.1|1.1] one up=1,1 ikeup=1,1 failed=1,0 ikedown=1,0" },
	{ "A's attempt is half-open", NULL, BOTH,
	    "A!up A>init B!up B>init A>inited B>auth A>authed B>inited A>auth "
	    "B>authed flow one up=1,1 ikeup=1,1" },
};

static const struct collide_play m04[] = {
	{ "one end wants it", NULL, BOTH,
	    "A!childless:force B!childless:allow A!up A>init B>inited A>auth "
	    "[1.0|1.0] B>authed [1.0|1.0] A>create [1.0|1.1] B>created "
	    "[1.1|1.1] flow A~ B~ one child=A up=1,1 ikeup=1,1 outs=1,1" },
	{ "the responder wants it, which A does not know", NULL, BOTH,
	    "A!childless:allow B!childless:force A!up A>init B>inited A>auth "
	    "[1.0|1.0] B>authed:NO_ADDITIONAL_SAS one up=1,1 ikeup=1,1 "
	    "failed=1,1" },
	{ "A wants it, B cannot", NULL, BOTH,
	    "A!childless:force B!childless:never A!up A>init B>inited "
	    "[0.0|1.0] A~ wait:31000 gone failed=1,0 ikedown=1,0" },
	{ "both want it and start at once", NULL, BOTH,
	    "A!childless:force B!childless:force A!up B!up A>init B>init "
	    "B>inited A>inited A>auth B>auth post one up=1,1 ikeup=1,1" },
};

static const struct collide_row rows[] = {
	{ .id = "E01", .layer = "INIT",
	    .title = "both ends set up from scratch",
	    .expected = "one IKE SA and one pair stay, and traffic flows",
	    .cold = true,
	    .plays = e01, .plays_n = ARRAY_SIZE(e01) },
	{ .id = "E02", .layer = "INIT",
	    .title = "both ends have IKE_INTERMEDIATE or IKE_AUTH under way for the "
            "same connection",
	    .expected = "one of the two stays; with both done, the lower nonce "
	            "decides",
	    .cold = true,
	    .plays = e02, .plays_n = ARRAY_SIZE(e02) },
	{ .id = "E03", .layer = "INIT",
	    .title = "both set up, fully interleaved, then the IKE SA is "
	            "deleted",
	    .expected = "what either end deletes is what both meant; nothing stays",
	    .cold = true,
	    .plays = e03, .plays_n = ARRAY_SIZE(e03) },
	{ .id = "E06", .layer = "INIT",
	    .title = "A is in IKE_SA_INIT or IKE_AUTH when B starts anew and "
	            "sets up itself",
	    .expected = "one tunnel; A's own attempt leaves nothing",
	    .cold = true,
	    .plays = e06, .plays_n = ARRAY_SIZE(e06) },
	{ .id = "E08", .layer = "INIT",
	    .title = "both start by themselves, one of them much later",
	    .expected = "one tunnel",
	    .cold = true,
	    .plays = e08, .plays_n = ARRAY_SIZE(e08) },
	{ .id = "E09", .layer = "INIT",
	    .title = "a host that waits to try again sees the other end's "
	            "tunnel come up",
	    .expected = "its own attempt goes without a trace; no IKE SA without "
	            "an owner",
	    .cold = true,
	    .more = two_connections,
	    .plays = e09, .plays_n = ARRAY_SIZE(e09) },
	{ .id = "M01", .layer = "IKE",
	    .title = "message ids are synchronised after a failover",
	    .expected = "the counters are adopted",
	    .more = collide_sync_adopted },
	{ .id = "M02", .layer = "IKE",
	    .title = "a synchronisation is repeated, replayed, or not spoken",
	    .expected = "answered alike, ignored, ignored",
	    .more = collide_sync_repeated },
	{ .id = "M03", .layer = "IKE",
	    .title = "a synchronisation with ids too low, corrected by the "
	            "receiver, or in the middle of an exchange",
	    .expected = "ignored, corrected in the answer, and what was under way "
	            "is sent again",
	    .more = collide_sync_corrected },
	{ .id = "M04", .layer = "IKE",
	    .title = "an IKE SA is set up without a child",
	    .expected = "as RFC 6023 says",
	    .cold = true,
	    .plays = m04, .plays_n = ARRAY_SIZE(m04) },
};

const struct collide_rows collide_init = { rows, ARRAY_SIZE(rows) };
