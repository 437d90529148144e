/*
 * A child's rekey that crosses a delete or something of its IKE SA: rows
 * C24 to C30.
 */
#include "sim/collide.h"
#include "util/array.h"

static const struct collide_play c24[] = {
	{ "refused before the delete", NULL, BOTH,
	    "noflow A!child B!del A>create [1.1|1.1] "
	    "B>created:TEMPORARY_FAILURE B>del A>deleted [1.0|1.0] A~ B~ "
	    "wait:3000 A~ B~ bare down=1,1 failed=1,0" },
	{ "refused after the delete", NULL, BOTH,
	    "noflow A!child B!del A>create B>del A>deleted "
	    "B>created:TEMPORARY_FAILURE [1.0|1.0] wait:3000 A~ B~ bare "
	    "down=1,1 failed=1,0" },
	{ "the request comes between delete and answer", NULL, BOTH,
	    "noflow A!child B!del B>del A>create A>deleted "
	    "B>created:TEMPORARY_FAILURE wait:3000 A~ B~ bare down=1,1 "
	    "failed=1,0" },
	{ "every order", NULL, BOTH,
	    "noflow A!child B!del any bare down=1,1 failed=1,0" },
};

static const struct collide_play c25[] = {
	{ "refused before the delete", NULL, BOTH,
	    "noflow A!more:21 B!more:21 A!child A>create B>created B!del "
	    "A>follow [1.1|1.1] B>followed:TEMPORARY_FAILURE B>del A>deleted "
	    "[1.0|1.0] A~ B~ wait:3000 A~ B~ bare down=1,1 failed=1,0" },
	{ "refused after the delete", NULL, BOTH,
	    "noflow A!more:21 B!more:21 A!child A>create B>created B!del "
	    "A>follow B>del A>deleted B>followed:TEMPORARY_FAILURE [1.0|1.0] "
	    "wait:3000 A~ B~ bare down=1,1 failed=1,0" },
	{ "the follow-up comes when the delete is done", NULL, BOTH,
	    "noflow A!more:21 B!more:21 A!child A>create B>created B!del B>del "
	    "A>deleted A>follow B>followed:TEMPORARY_FAILURE [1.0|1.0] "
	    "wait:3000 A~ B~ bare down=1,1 failed=1,0" },
};

static const struct collide_play c26[] = {
	{ "A tries again after the delete", NULL, BOTH,
	    "noflow A!child B!del A>create B-del B>created:TEMPORARY_FAILURE "
	    "wait:700 B>del A>deleted wait:3000 A~ B~ bare down=1,1 failed=1,0" },
	{ "A has tried again before the delete", NULL, BOTH,
	    "noflow A!child B!del A>create B-del B>created:TEMPORARY_FAILURE "
	    "wait:2700 B>del A>deleted A>create B>created:CHILD_SA_NOT_FOUND "
	    "[1.0|1.0] bare down=1,1 failed=1,0" },
};

static const struct collide_play c27[] = {
	{ "late", NULL, BOTH,
	    "noflow A!child B!del B>del A>deleted A>create [1.0|1.0] "
	    "B>created:CHILD_SA_NOT_FOUND A~ B~ wait:3000 A~ B~ bare down=1,1 "
	    "failed=1,0" },
	{ "lost and repeated", NULL, BOTH,
	    "noflow A!child A-create B!del B>del A>deleted wait:700 A>create "
	    "B>created:CHILD_SA_NOT_FOUND wait:3000 bare down=1,1 failed=1,0" },
};

static const struct collide_play c28[] = {
	{ "", NULL, BOTH,
	    "A!child A>create [1.1|1.2] B!del2 B>del A>ok [1.1|1.1] B>created "
	    "[1.1|1.1] A~ B~ wait:3000 A>create B>created A>del B>deleted "
	    "[1.1|1.1] one child=A rekeys=1,1 outs=1,1" },
};

static const struct collide_play c29[] = {
	{ "both refused", NULL, BOTH,
	    "A!child B!ike A>create B>create [1.1|1.1] "
	    "B>created:TEMPORARY_FAILURE A>created:TEMPORARY_FAILURE "
	    "[1.1|1.1] A~ B~ one rekeys=2,2 outs=1,1" },
	{ "the child's rekey was answered first", NULL, BOTH,
	    "A!child A>create B!ike B>create A>created:TEMPORARY_FAILURE "
	    "B>created A>del B>deleted one child=A rekeys=2,2 outs=1,1" },
	{ "the IKE SA's rekey was answered first", NULL, BOTH,
	    "A!child B!ike B>create A>created:TEMPORARY_FAILURE A>create "
	    "B>created A>del B>deleted one child=A rekeys=2,2 outs=1,1" },
	{ "every order", NULL, BOTH,
	    "A!child B!ike any one rekeys=2,2 outs=1,1" },
};

static const struct collide_play c30[] = {
	{ "refused before the delete", NULL, BOTH,
	    "noflow A!child B!down A>create [1.1|1.0] "
	    "B>created:TEMPORARY_FAILURE B>bye A>ok A~ B~ gone down=1,1 "
	    "ikedown=1,1 failed=1,0" },
	{ "the delete first", NULL, BOTH,
	    "noflow A!child B!down B>bye A>ok A>create A~ B~ gone down=1,1 "
	    "ikedown=1,1 failed=1,0" },
	{ "the delete meets a child half made", NULL, BOTH,
	    "A!child A>create noflow B!down B>bye A>ok B>created A~ B~ gone "
	    "down=1,1 ikedown=1,1 failed=1,0" },
	{ "every order", NULL, BOTH,
	    "noflow A!child B!down any gone down=1,1 ikedown=1,1 failed=1,0" },
};

static const struct collide_row rows[] = {
	{ .id = "C24", .layer = "CHILD",
	    .title = "A rekeys a child that B deletes",
	    .expected = "TEMPORARY_FAILURE; the child is gone and no new one came "
	            "of it",
	    .plays = c24, .plays_n = ARRAY_SIZE(c24) },
	{ .id = "C25", .layer = "CHILD",
	    .title = "the delete comes between CREATE_CHILD_SA and its "
	            "follow-up",
	    .expected = "TEMPORARY_FAILURE to the follow-up",
	    .plays = c25, .plays_n = ARRAY_SIZE(c25) },
	{ .id = "C26", .layer = "CHILD",
	    .title = "as C24, and the delete is lost",
	    .expected = "A tries again, finds no child, and ends",
	    .plays = c26, .plays_n = ARRAY_SIZE(c26) },
	{ .id = "C27", .layer = "CHILD",
	    .title = "as C24, but the rekey request is lost or late",
	    .expected = "CHILD_SA_NOT_FOUND; A gives up",
	    .plays = c27, .plays_n = ARRAY_SIZE(c27) },
	{ .id = "C28", .layer = "CHILD",
	    .title = "B answers a rekey and deletes the new child, the delete "
	            "arrives before the answer",
	    .expected = "A remembers the SPI: what the answer tells of is not "
	            "installed",
	    .plays = c28, .plays_n = ARRAY_SIZE(c28) },
	{ .id = "C29", .layer = "CHILD",
	    .title = "a child's rekey crosses one of the IKE SA",
	    .expected = "TEMPORARY_FAILURE both ways; both try again later",
	    .plays = c29, .plays_n = ARRAY_SIZE(c29) },
	{ .id = "C30", .layer = "CHILD",
	    .title = "a child's rekey crosses a delete of the IKE SA",
	    .expected = "everything is removed",
	    .plays = c30, .plays_n = ARRAY_SIZE(c30) },
};

const struct collide_rows collide_cross = { rows, ARRAY_SIZE(rows) };
