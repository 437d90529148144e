/* Children made and deleted, IKE SAs deleted: rows D01 to D10, E04, E05. */
#include "sim/collide.h"
#include "util/array.h"

static const struct collide_play d01[] = {
	{ "", NULL, BOTH,
	    "A!up A~ B!up B~ one" },
};

static const struct collide_play d02[] = {
	{ "both refused", NULL, BOTH,
	    "noflow A!del A>del B>deleted [1.0|1.0] A!up B!ike A>create "
	    "B>create B>created:TEMPORARY_FAILURE A>created:TEMPORARY_FAILURE "
	    "[1.0|1.0] wait:20 one rekeys=1,1 up=1,1 down=1,1 failed=0,1 "
	    "outs=1,1" },
	{ "the IKE SA is rekeyed first", NULL, BOTH,
	    "noflow A!del A>del B>deleted B!ike B>create [2.0|1.0] A!up "
	    "A>created B>bye A>ok one rekeys=1,1 up=1,1 down=1,1 failed=0,1 "
	    "outs=1,1" },
	{ "every order", NULL, BOTH,
	    "noflow A!del A>del B>deleted A!up B!ike any one rekeys=1,1 "
	    "up=1,1 down=1,1 failed=0,1 outs=1,1" },
};

static const struct collide_play d03[] = {
	{ "", NULL, BOTH,
	    "noflow A!more:20/21 B!more:20/21 A!del A>del B>deleted A!up "
	    "A>create [1.0|1.0] B>created A>follow B>followed A>follow "
	    "[1.0|1.1] B>followed [1.1|1.1] flow A~ B~ one child=A up=1,1 "
	    "down=1,1 failed=0,1 outs=1,1" },
	{ "both at once, every order", NULL, ONCE,
	    "noflow A!more:21 B!more:21 A!del A>del B>deleted A!up B!up any "
	    "one up=-1,-1 down=-1,-1 failed=-1,-1" },
};

static const struct collide_play d04[] = {
	{ "", NULL, BOTH,
	    "noflow A!del [1.1|1.1] A>del [1.1|1.0] B>deleted [1.0|1.0] A~ B~ "
	    "bare down=1,1 failed=0,1" },
};

static const struct collide_play d05[] = {
	{ "", NULL, BOTH,
	    "noflow A!del B!del A>del B>del B>ok A>ok [1.0|1.0] A~ B~ bare "
	    "down=1,1" },
	{ "one after the other", NULL, BOTH,
	    "noflow A!del B!del A>del B>ok [1.0|1.0] B>del A>ok [1.0|1.0] A~ "
	    "B~ bare down=1,1" },
	{ "every order", NULL, ONCE,
	    "noflow A!del B!del any bare down=1,1" },
};

static const struct collide_play d06[] = {
	{ "", NULL, BOTH,
	    "noflow A!del B!del A-del B>del A>ok [1.0|1.0] wait:700 A>del "
	    "B>ok [1.0|1.0] bare down=1,1" },
};

static const struct collide_play d07[] = {
	{ "the rekey is refused", NULL, BOTH,
	    "noflow A!del B!ike B>create A>del B>deleted "
	    "A>created:TEMPORARY_FAILURE [1.0|1.0] A~ B~ wait:3000 B>create "
	    "A>created B>bye A>ok bare rekeys=1,1 down=1,1 failed=0,1" },
	{ "the delete is done first", NULL, BOTH,
	    "noflow A!del B!ike A>del B>deleted B>create A>created B>bye A>ok "
	    "A~ B~ bare ike=B rekeys=1,1 down=1,1 failed=0,1" },
	{ "every order", NULL, BOTH,
	    "noflow A!del B!ike any wait:3000 post bare rekeys=1,1 down=1,1 "
	    "failed=0,1" },
};

static const struct collide_play d08[] = {
	{ "the child's first", NULL, BOTH,
	    "noflow A!del B!down A>del B>ok B>bye A>ok A~ B~ gone down=1,1 "
	    "ikedown=1,1 failed=1,0" },
	{ "the IKE SA's first", NULL, BOTH,
	    "noflow A!del B!down B>bye A>del A>ok A~ gone down=1,1 "
	    "ikedown=1,1 failed=1,0" },
	{ "every order", NULL, BOTH,
	    "noflow A!del B!down any gone down=1,1 ikedown=1,1 failed=1,0" },
};

static const struct collide_play d09[] = {
	{ "", NULL, BOTH,
	    "noflow A!down [1.0|1.1] A>bye B>ok A~ B~ gone down=1,1 "
	    "ikedown=1,1 failed=0,1" },
};

static const struct collide_play d10[] = {
	{ "", NULL, BOTH,
	    "noflow A!down B!down A>bye B>bye [0.0|0.0] A>ok B>ok gone "
	    "down=1,1 ikedown=1,1" },
	{ "one after the other", NULL, BOTH,
	    "noflow A!down B!down A>bye B>ok [0.0|0.0] B>bye A~ gone down=1,1 "
	    "ikedown=1,1" },
	{ "every order", NULL, ONCE,
	    "noflow A!down B!down any gone down=1,1 ikedown=1,1" },
};

static const struct collide_play e04[] = {
	{ "IKE SA and IKE SA, one lost", NULL, BOTH,
	    "noflow A!down B!down A-bye B>bye A-ok wait:3000 gone down=1,1 "
	    "ikedown=1,1" },
	{ "child and child, answers lost", NULL, BOTH,
	    "noflow A!del B!del A>del B>del A-ok B-ok wait:700 bare down=1,1" },
	{ "IKE SA and child, the latter answered late", NULL, BOTH,
	    "noflow A!down B!del B>del A>bye A-ok B>ok gone down=1,1 "
	    "ikedown=1,1 failed=0,1" },
	{ "child and IKE SA, the former lost", NULL, BOTH,
	    "noflow A!del B!down A-del B>bye A>ok wait:3000 gone down=1,1 "
	    "ikedown=1,1 failed=1,0" },
};

static const struct collide_play e05[] = {
	{ "deleted", NULL, BOTH,
	    "noflow A!del A>del B>deleted A!up B!down A>create "
	    "B>created:TEMPORARY_FAILURE B>bye A>ok A~ B~ gone down=1,1 "
	    "ikedown=1,1 failed=1,1" },
	{ "rekeyed", NULL, BOTH,
	    "noflow A!del A>del B>deleted B!ike A!up B>create A>create "
	    "A>created:TEMPORARY_FAILURE B>created:TEMPORARY_FAILURE one "
	    "rekeys=1,1 up=1,1 down=1,1 failed=0,1" },
	{ "rekeyed, the request late", NULL, BOTH,
	    "noflow A!del A>del B>deleted B!ike B>create A!up A>create B~ "
	    "A>created B>bye A>ok wait:700 A>create B>created one child=A "
	    "rekeys=1,1 up=1,1 down=1,1 failed=0,1" },
	{ "deleted, every order", NULL, BOTH,
	    "noflow A!del A>del B>deleted A!up B!down any gone down=1,1 "
	    "ikedown=1,1 failed=1,1" },
};

static const struct collide_row rows[] = {
	{ .id = "D01", .layer = "CHILD",
	    .title = "a child is asked for that is there already",
	    .expected = "nothing is sent",
	    .plays = d01, .plays_n = ARRAY_SIZE(d01) },
	{ .id = "D02", .layer = "CHILD",
	    .title = "a new child crosses a rekey of the IKE SA",
	    .expected = "TEMPORARY_FAILURE; it is tried again",
	    .plays = d02, .plays_n = ARRAY_SIZE(d02) },
	{ .id = "D03", .layer = "CHILD",
	    .title = "a child is made with additional key exchanges",
	    .expected = "it is established",
	    .plays = d03, .plays_n = ARRAY_SIZE(d03) },
	{ .id = "D04", .layer = "CHILD",
	    .title = "a child is deleted",
	    .expected = "the answer names the other half of the pair",
	    .plays = d04, .plays_n = ARRAY_SIZE(d04) },
	{ .id = "D05", .layer = "CHILD",
	    .title = "both delete the same child",
	    .expected = "each answers with nothing in it; one event each",
	    .plays = d05, .plays_n = ARRAY_SIZE(d05) },
	{ .id = "D06", .layer = "CHILD",
	    .title = "as D05, and one delete is lost",
	    .expected = "repeated for an SPI that is unknown by then, it is "
	            "answered with nothing",
	    .plays = d06, .plays_n = ARRAY_SIZE(d06) },
	{ .id = "D07", .layer = "CHILD",
	    .title = "a child's delete crosses a rekey of the IKE SA",
	    .expected = "the delete goes through; TEMPORARY_FAILURE to the rekey, "
	            "which is tried again",
	    .plays = d07, .plays_n = ARRAY_SIZE(d07) },
	{ .id = "D08", .layer = "CHILD",
	    .title = "a child's delete crosses that of its IKE SA",
	    .expected = "everything goes, once",
	    .plays = d08, .plays_n = ARRAY_SIZE(d08) },
	{ .id = "D09", .layer = "IKE",
	    .title = "an IKE SA is deleted",
	    .expected = "it is gone at both ends",
	    .plays = d09, .plays_n = ARRAY_SIZE(d09) },
	{ .id = "D10", .layer = "IKE",
	    .title = "both delete the IKE SA",
	    .expected = "it is gone at both ends; nothing half-open stays",
	    .plays = d10, .plays_n = ARRAY_SIZE(d10) },
	{ .id = "E04", .layer = "DEL",
	    .title = "deletes that cross: of the IKE SA or a child, by either "
	            "end",
	    .expected = "none hangs and nothing leaks",
	    .plays = e04, .plays_n = ARRAY_SIZE(e04) },
	{ .id = "E05", .layer = "CHILD",
	    .title = "a child is asked for while the other end deletes or "
	            "rekeys the IKE SA",
	    .expected = "it fails cleanly, or is tried again on the new IKE SA",
	    .plays = e05, .plays_n = ARRAY_SIZE(e05) },
};

const struct collide_rows collide_delete = { rows, ARRAY_SIZE(rows) };
