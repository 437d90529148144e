/*
 * Deadlocks, and what went wrong in other implementations: rows E07, E10,
 * W01 to W04.
 */
#include "sim/collide.h"
#include "util/array.h"

static const struct collide_play e07[] = {
	{ "B's kernel is slow", "1234", BOTH,
	    "B!slow:150 A!child B!child A>create B>create wait:200 nonces "
	    "B>created A>created one rekeys=1,1 outs=1,1" },
	{ "A has won before its own answer is out", "24", BOTH,
	    "A!slow:150 A!child B!child A>create B>create B>created wait:500 "
	    "nonces A>created one rekeys=1,1 outs=1,1" },
	{ "both are slow", NULL, BOTH,
	    "A!slow:150 B!slow:150 A!child B!child A>create B>create wait:300 "
	    "post wait:3000 one rekeys=1,1 outs=1,1" },
};

static const struct collide_play e10[] = {
	{ "A's window is full", NULL, BOTH,
	    "A!probe A!child A>probe B>ok A>create B>created A>del B>deleted "
	    "one child=A rekeys=1,1 outs=1,1" },
	{ "both windows are full", NULL, BOTH,
	    "A!probe B!probe A!child B!child A>probe B>probe B>ok A>ok "
	    "A>create B>create one rekeys=1,1 outs=1,1" },
	{ "the IKE SA's and the child's, both windows full", NULL, BOTH,
	    "A!probe B!probe A!child B!ike B>probe A>probe A>ok B>ok B>create "
	    "A>create A>created:TEMPORARY_FAILURE B>created:TEMPORARY_FAILURE "
	    "one rekeys=2,2 outs=1,1" },
};

static const struct collide_play w01[] = {
	{ "", NULL, BOTH,
	    "A!slow:60 A!child A>create wait:60 B>created A!again A>create "
	    "B>created:TEMPORARY_FAILURE wait:200 A!del1 A>del B>deleted one "
	    "child=A rekeys=1,1 outs=1,1" },
	{ "it never deletes it", NULL, BOTH,
	    "A!slow:60 A!child A>create wait:60 B>created A!again A>create "
	    "B>created:TEMPORARY_FAILURE post wait:25000 [1.2|1.2] wait:8000 "
	    "[1.1|1.1] one child=A rekeys=1,1 outs=1,1" },
};

static const struct collide_play w02[] = {
	{ "within the time", NULL, BOTH,
	    "A!ike A>create [1.1|2.1] wait:6000 B+created A>bye B>ok "
	    "[1.1|1.1] one ike=A rekeys=1,1 outs=0,0" },
	{ "after A has given up", NULL, BOTH,
	    "A!ike A>create noflow A!keep wait:26000 B+created one up=1,1 "
	    "down=1,1 ikeup=1,0 ikedown=1,0 rekeys=0,1 failed=1,1" },
};

static const struct collide_play w03[] = {
	{ "", NULL, BOTH,
	    "A!steal A>create B>created:NO_PROPOSAL_CHOSEN [1.1|1.1] A~ B~ "
	    "one failed=1,1 rekeys=1,1 outs=1,1" },
};

static const struct collide_play w04[] = {
	{ "B's host wants it back", NULL, BOTH,
	    "noflow B!lose [1.1|1.0] B!up B>create A>created [1.2|1.1] A>del "
	    "B>ok flow [1.1|1.1] one child=B up=0,1 down=0,1 outs=1,1" },
	{ "found by A's rekey", NULL, BOTH,
	    "noflow B!lose A!child post one child=A up=1,1 down=1,1" },
};

static const struct collide_row rows[] = {
	{ .id = "E07", .layer = "CHILD",
	    .title = "one end still works on its answer when the other's "
	            "request comes",
	    .expected = "no deadlock",
	    .plays = e07, .plays_n = ARRAY_SIZE(e07) },
	{ .id = "E10", .layer = "CHILD",
	    .title = "a rekey is due while the window is full at one end or "
	            "both",
	    .expected = "it waits for its turn; no deadlock",
	    .plays = e10, .plays_n = ARRAY_SIZE(e10) },
	{ .id = "W01", .layer = "CHILD",
	    .title = "the peer rekeys the same child twice before it deletes it",
	    .expected = "TEMPORARY_FAILURE; nothing breaks",
	    .plays = w01, .plays_n = ARRAY_SIZE(w01) },
	{ .id = "W02", .layer = "IKE",
	    .title = "the link fails during an IKE rekey, the answer comes "
	            "much later",
	    .expected = "only the old IKE SA is deleted",
	    .plays = w02, .plays_n = ARRAY_SIZE(w02) },
	{ .id = "W03", .layer = "CHILD",
	    .title = "the peer offers a child the SPI of another",
	    .expected = "refused",
	    .plays = w03, .plays_n = ARRAY_SIZE(w03) },
	{ .id = "W04", .layer = "INIT",
	    .title = "a child is there at one end only",
	    .expected = "it is found out, and both have one again",
	    .plays = w04, .plays_n = ARRAY_SIZE(w04) },
};

const struct collide_rows collide_other = { rows, ARRAY_SIZE(rows) };
