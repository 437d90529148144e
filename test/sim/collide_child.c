/*
 * A child's rekey that meets another one, or a responder with a will of
 * its own: rows C01 to C23.
 */
#include "sim/collide.h"
#include "util/array.h"

static const struct collide_play c01[] = {
	{ "step by step", NULL, BOTH,
	    "A!child [1.1|1.1] A>create [1.1|1.2] B>created [1.2|1.2] A>del "
	    "[1.2|1.1] B>deleted [1.1|1.1] A~ B~ one child=A rekeys=1,1 "
	    "outs=1,1" },
};

static const struct collide_play c02[] = {
	{ "step by step", NULL, BOTH,
	    "A!more:20/21 B!more:20/21 A!child A>create [1.1|1.1] B>created "
	    "[1.1|1.1] A>follow B>followed [1.1|1.1] A>follow [1.1|1.2] "
	    "B>followed [1.2|1.2] A>del [1.2|1.1] B>deleted [1.1|1.1] A~ B~ one "
	    "child=A rekeys=1,1 outs=1,1" },
	{ "messages are lost and repeated", NULL, BOTH,
	    "A!more:21 B!more:21 A!child A>create B>created A-follow wait:700 "
	    "A+follow [1.1|1.2] B-followed A>follow wait:700 B>followed one "
	    "child=A rekeys=1,1 outs=1,1" },
};

static const struct collide_play c03[] = {
	{ "once, then again from either end", NULL, BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!child A>create "
	    "B>created:INVALID_KE_PAYLOAD [1.1|1.1] A>create [1.1|1.2] "
	    "B>created A>del B>deleted [1.1|1.1] A!child A>create B>created "
	    "A>del B>deleted B!child B>create A>created B>del A>deleted A~ B~ "
	    "one child=B rekeys=3,3 outs=3,3" },
};

static const struct collide_play c04[] = {
	{ "once, then again from either end", NULL, BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!more:21 B!more:21 A!child A>create "
	    "B>created:INVALID_KE_PAYLOAD [1.1|1.1] A>create [1.1|1.1] "
	    "B>created A>follow B>followed A>del B>deleted [1.1|1.1] A!child "
	    "A>create B>created A>follow B>followed A>del B>deleted B!child "
	    "B>create A>created B>follow A>followed B>del A>deleted A~ B~ one "
	    "child=B rekeys=3,3 outs=3,3" },
};

static const struct collide_play c05[] = {
	{ "before the answer arrives", NULL, BOTH,
	    "A!child A>create B!soft B>created B~ A>del B>deleted wait:3000 "
	    "B~ A~ one child=A rekeys=1,1 outs=1,1" },
	{ "while the delete is awaited", NULL, BOTH,
	    "A!child A>create B>created B!soft B~ A>del B>deleted wait:2500 "
	    "A~ one child=A rekeys=1,1 outs=1,1" },
	{ "after the delete", NULL, BOTH,
	    "A!child A>create B>created A>del B!soft B>deleted B~ one child=A "
	    "rekeys=1,1 outs=1,1" },
};

static const struct collide_play c06[] = {
	{ "both deletes cross", NULL, BOTH,
	    "A!child A>create B>created B!hard A>del B>del B>ok A>ok "
	    "[1.1|1.1] A~ B~ one child=A rekeys=1,1 outs=1,1" },
	{ "A's delete was lost", NULL, BOTH,
	    "A!child A>create B>created A-del B!hard B>del A>ok wait:700 "
	    "A>del B>ok [1.1|1.1] one child=A rekeys=1,1 outs=1,1" },
	{ "before the answer arrives", NULL, BOTH,
	    "A!child A>create noflow B!hard B>del A>deleted B>created "
	    "[1.1|1.1] A~ B~ flow one child=A rekeys=1,1 up=1,0 down=1,0 "
	    "failed=1,0 outs=1,1" },
};

static const struct collide_play c07[] = {
	{ "the new one first", NULL, BOTH,
	    "noflow A!child A>create B>created B!del2 B>del A>deleted A>del "
	    "B>deleted A~ B~ bare rekeys=1,0 down=1,1 failed=1,1" },
	{ "the old one first", NULL, BOTH,
	    "A!child A>create B>created B!del2 noflow A>del B>deleted B>del "
	    "A>deleted A~ B~ bare rekeys=1,0 down=1,1 failed=1,1" },
};

static const struct collide_play c08[] = {
	{ "", NULL, BOTH,
	    "noflow B!lose A!child A>create [1.1|1.0] "
	    "B>created:CHILD_SA_NOT_FOUND A>create [1.0|1.1] B>created "
	    "[1.1|1.1] flow A~ B~ one child=A up=1,1 down=1,1" },
};

static const struct collide_play c09[] = {
	{ "", NULL, BOTH,
	    "A!child A>create noflow B!del1 B>del A>deleted [1.0|1.1] A~ "
	    "B>created flow [1.1|1.1] A~ B~ wait:3000 A~ B~ one child=A "
	    "rekeys=1,1 up=1,1 down=1,1 failed=1,0 outs=1,1" },
	{ "A's host wants it back at once", NULL, BOTH,
	    "A!child A>create noflow B!del1 B>del A>deleted A!up B>created "
	    "flow A~ B~ one child=A rekeys=1,1 up=1,1 down=1,1 failed=1,0 "
	    "outs=1,1" },
};

static const struct collide_play c10[] = {
	{ "", NULL, BOTH,
	    "A!child A>create B>created noflow wait:45000 gone rekeys=1,1 "
	    "down=1,1 ikedown=1,1 failed=1,1" },
};

static const struct collide_play c11[] = {
	{ "A wins, and is answered first", "24", BOTH,
	    "A!child B!child A>create B>create nonces [1.2|1.2] B>created "
	    "[1.3|1.2] A>created [1.3|1.3] A>del [1.3|1.2] B>deleted "
	    "[1.2|1.2] B>del [1.1|1.2] A>deleted [1.1|1.1] A~ B~ one child=A "
	    "rekeys=1,1 outs=1,1" },
	{ "A wins, and is answered last", "24", BOTH,
	    "A!child B!child A>create B>create nonces A>created [1.2|1.3] "
	    "B>created [1.3|1.3] B>del [1.2|1.3] A>deleted [1.2|1.2] A>del "
	    "[1.2|1.1] B>deleted [1.1|1.1] A~ B~ one child=A rekeys=1,1 "
	    "outs=1,1" },
	{ "B wins, both deletes cross", "13", BOTH,
	    "A!child B!child B>create A>create nonces B>created A>created "
	    "A>del B>del [1.2|1.2] B>deleted A>deleted [1.1|1.1] A~ B~ one "
	    "child=B rekeys=1,1 outs=1,1" },
	{ "every order", NULL, ONCE,
	    "A!child B!child any one rekeys=1,1 outs=1,1" },
};

static const struct collide_play c12[] = {
	{ "A wins, and is answered first", "24", BOTH,
	    "A!more:21 B!more:21 A!child B!child A>create B>create nonces "
	    "[1.1|1.1] B>created A>created B~ A>follow [1.1|1.2] B>followed "
	    "[1.2|1.2] A>del B>deleted [1.1|1.1] A~ B~ one child=A rekeys=1,1 "
	    "outs=1,1" },
	{ "B wins, and is answered last", "13", BOTH,
	    "A!more:21 B!more:21 A!child B!child A>create B>create nonces "
	    "B>created A>created A~ B>follow [1.2|1.1] A>followed [1.2|1.2] "
	    "B>del A>deleted [1.1|1.1] A~ B~ one child=B rekeys=1,1 outs=1,1" },
	{ "every order", NULL, ONCE,
	    "A!more:21 B!more:21 A!child B!child any one rekeys=1,1 outs=1,1" },
};

static const struct collide_play c13[] = {
	{ "A wins, whose exchange is plain", "24", BOTH,
	    "A!more:21+none B!more:none+21 A!child B!child A>create B>create "
	    "nonces [1.1|1.2] B>created [1.2|1.2] A>created A>del B>deleted "
	    "[1.1|1.1] A~ B~ one child=A rekeys=1,1 outs=1,1" },
	{ "B wins, whose exchange is not, and is done last", "13", BOTH,
	    "A!more:21+none B!more:none+21 A!child B!child A>create B>create "
	    "nonces B>created [1.2|1.2] A>del [1.2|1.1] B>deleted [1.1|1.1] "
	    "A>created B>follow [1.2|1.1] A>followed [1.2|1.2] B>del A>deleted "
	    "[1.1|1.1] A~ B~ one child=B rekeys=1,1 outs=1,1" },
	{ "every order", NULL, BOTH,
	    "A!more:21+none B!more:none+21 A!child B!child any one rekeys=1,1 "
	    "outs=1,1" },
};

static const struct collide_play c14[] = {
	{ "B won and deletes the old one", "13", BOTH,
	    "A!child B!child A>create B>create nonces A>created [1.2|1.3] "
	    "B>del [1.1|1.3] A>deleted [1.1|1.2] B>created [1.2|1.2] A>del "
	    "[1.2|1.1] B>deleted [1.1|1.1] A~ B~ one child=B rekeys=1,1 "
	    "outs=1,1" },
	{ "A won, B deletes its own", "24", BOTH,
	    "A!child B!child A>create B>create nonces A>created [1.2|1.3] "
	    "B>del [1.1|1.3] A>deleted [1.1|1.2] B>created [1.2|1.2] A>del "
	    "[1.2|1.1] B>deleted [1.1|1.1] A~ B~ one child=A rekeys=1,1 "
	    "outs=1,1" },
};

static const struct collide_play c15[] = {
	{ "B won, then deletes the winner", "13", BOTH,
	    "A!child B!child A>create B>create nonces A>created B>del "
	    "A>deleted noflow B!del2 B>del A>deleted [1.0|1.1] B>created "
	    "[1.1|1.1] A>del B>deleted A~ B~ wait:3000 A~ B~ bare rekeys=1,1 "
	    "down=1,1 failed=1,0" },
	{ "A won, B deletes the winner as well", "24", BOTH,
	    "A!child B!child A>create B>create nonces A>created B>del "
	    "A>deleted noflow B!del2 B>del A>ok B>created A~ wait:3000 one "
	    "rekeys=1,1" },
};

static const struct collide_play c16[] = {
	{ "B won and deletes the old one", "13", BOTH,
	    "A!more:21 B!more:21 A!child B!child A>create B>create nonces "
	    "A>created B>follow [1.2|1.1] A>followed [1.2|1.2] B>del [1.1|1.2] "
	    "A>deleted [1.1|1.1] B>created [1.1|1.1] A~ B~ one child=B "
	    "rekeys=1,1 outs=1,1" },
	{ "A won, B has stopped before", "24", BOTH,
	    "A!more:21 B!more:21 A!child B!child A>create B>create nonces "
	    "A>created [1.1|1.1] B>created A>follow B>followed [1.2|1.2] A>del "
	    "B>deleted [1.1|1.1] A~ B~ one child=A rekeys=1,1 outs=1,1" },
};

static const struct collide_play c17[] = {
	{ "refused before the delete", "124", BOTH,
	    "A!child B!child B>create nonces A>created [1.2|1.2] A>create "
	    "B>created:TEMPORARY_FAILURE wait:3000 A~ B>del A>deleted "
	    "[1.1|1.1] A~ one child=B rekeys=1,1 outs=1,1" },
	{ "refused after the delete", "124", BOTH,
	    "A!child B!child B>create nonces A>created A>create B>del "
	    "A>deleted B>created:TEMPORARY_FAILURE [1.1|1.1] wait:3000 A~ B~ "
	    "one child=B rekeys=1,1 outs=1,1" },
	{ "B lets it succeed and would have won", "13", BOTH,
	    "A!child B!child B>create A>created B!alive A>create nonces B>del "
	    "A>deleted B>created A>del B>deleted [1.1|1.1] A~ B~ one child=B "
	    "rekeys=1,1" },
	{ "B lets it succeed and would have lost", "24", BOTH,
	    "A!child B!child B>create A>created B!alive A>create nonces B>del "
	    "A>deleted B>created A>del B>deleted [1.1|1.1] A~ B~ one child=B "
	    "rekeys=1,1" },
	{ "the same, and A makes sure of what is left", "24", BOTH,
	    "A!recheck A!child B!child B>create A>created B!alive A>create "
	    "nonces B>del A>deleted B>created A>del B>deleted A~ wait:4900 A~ "
	    "wait:200 A>create B>created A>del B>deleted [1.1|1.1] A~ B~ one "
	    "child=A rekeys=2,2" },
};

static const struct collide_play c18[] = {
	{ "", "124", BOTH,
	    "A!child B!child B>create nonces A>created B>del A>deleted "
	    "[1.1|1.1] A>create B>created:CHILD_SA_NOT_FOUND A~ B~ wait:3000 "
	    "A~ B~ one child=B rekeys=1,1 outs=1,1" },
	{ "a second later", "124", BOTH,
	    "A!child B!child B>create nonces A>created B>del A>deleted "
	    "wait:4000 A>create B>created:CHILD_SA_NOT_FOUND one child=B "
	    "rekeys=1,1 outs=1,1" },
};

static const struct collide_play c19[] = {
	{ "", "124", BOTH,
	    "A!child B!child B>create nonces A>created B>del A>deleted noflow "
	    "B!del B>del A>deleted [1.0|1.0] A>create "
	    "B>created:CHILD_SA_NOT_FOUND A~ B~ wait:3000 A~ B~ bare "
	    "rekeys=1,1 down=1,1 failed=1,0" },
};

static const struct collide_play c20[] = {
	{ "refused before the follow-up", "124", BOTH,
	    "A!more:21 B!more:21 A!child B!child B>create nonces A>created "
	    "[1.1|1.1] A>create B>created:TEMPORARY_FAILURE wait:300 A~ "
	    "B>follow A>followed B>del A>deleted [1.1|1.1] A~ one child=B "
	    "rekeys=1,1 outs=1,1" },
	{ "refused before the delete", "124", BOTH,
	    "A!more:21 B!more:21 A!child B!child B>create nonces A>created "
	    "B>follow A>followed [1.2|1.2] A>create B>created:TEMPORARY_FAILURE "
	    "wait:3000 A~ B>del A>deleted [1.1|1.1] A~ one child=B rekeys=1,1 "
	    "outs=1,1" },
	{ "refused after the delete", "124", BOTH,
	    "A!more:21 B!more:21 A!child B!child B>create nonces A>created "
	    "B>follow A>followed A>create B>del A>deleted "
	    "B>created:TEMPORARY_FAILURE [1.1|1.1] wait:3000 A~ B~ one child=B "
	    "rekeys=1,1 outs=1,1" },
};

static const struct collide_play c21[] = {
	{ "A wins", "24", BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!child B!child A>create B>create "
	    "B>created:INVALID_KE_PAYLOAD A>created:INVALID_KE_PAYLOAD "
	    "[1.1|1.1] A>create B>create nonces [1.2|1.2] B>created A>created "
	    "A>del B>del B>deleted A>deleted [1.1|1.1] A~ B~ one child=A "
	    "rekeys=1,1 outs=1,1" },
	{ "B wins", "13", BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!child B!child A>create B>create "
	    "A>created:INVALID_KE_PAYLOAD B>created:INVALID_KE_PAYLOAD "
	    "B>create A>create nonces B>created A>created B>del A>deleted "
	    "A>del B>deleted [1.1|1.1] A~ B~ one child=B rekeys=1,1 outs=1,1" },
	{ "every order", NULL, ONCE,
	    "A!prefer:19+20 B!prefer:20+19 A!child B!child any one rekeys=1,1 "
	    "outs=1,1" },
};

static const struct collide_play c22[] = {
	{ "refused before the delete", "124", BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!child B!child A>create B>create "
	    "B>created:INVALID_KE_PAYLOAD A>created:INVALID_KE_PAYLOAD "
	    "B>create nonces A>created A>create B>created:TEMPORARY_FAILURE "
	    "B>del A>deleted [1.1|1.1] wait:3000 A~ B~ one child=B rekeys=1,1 "
	    "outs=1,1" },
	{ "refused after the delete", "124", BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!child B!child A>create B>create "
	    "B>created:INVALID_KE_PAYLOAD A>created:INVALID_KE_PAYLOAD "
	    "B>create nonces A>created A>create B>del A>deleted "
	    "B>created:TEMPORARY_FAILURE [1.1|1.1] wait:3000 A~ B~ one "
	    "child=B rekeys=1,1 outs=1,1" },
	{ "when the old one is gone", "124", BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!child B!child A>create B>create "
	    "B>created:INVALID_KE_PAYLOAD A>created:INVALID_KE_PAYLOAD "
	    "B>create nonces A>created B>del A>deleted A>create "
	    "B>created:CHILD_SA_NOT_FOUND [1.1|1.1] A~ B~ one child=B "
	    "rekeys=1,1 outs=1,1" },
	{ "the refusal itself comes when all is over", NULL, BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!child A>create B!child B>create "
	    "A>created:INVALID_KE_PAYLOAD B>create A>created B>del A>deleted "
	    "B>created:INVALID_KE_PAYLOAD A~ wait:3000 A~ one child=B "
	    "rekeys=1,1 outs=1,1" },
};

static const struct collide_play c23[] = {
	{ "", "24", BOTH,
	    "A!child B!child A>create B>create nonces A>created noflow B!del1 "
	    "B>del A>deleted B>del A>deleted B>created flow [1.1|1.1] A~ B~ "
	    "one child=A rekeys=1,1 up=1,1 down=1,1 failed=1,0" },
};

static const struct collide_row rows[] = {
	{ .id = "C01", .layer = "CHILD",
	    .title = "a child is rekeyed by either end",
	    .expected = "inbound first, outbound when the other end can receive, "
	            "then the rekeyer deletes the old pair; traffic never "
	            "stops",
	    .plays = c01, .plays_n = ARRAY_SIZE(c01) },
	{ .id = "C02", .layer = "CHILD",
	    .title = "a child is rekeyed with additional key exchanges",
	    .expected = "as C01",
	    .plays = c02, .plays_n = ARRAY_SIZE(c02) },
	{ .id = "C03", .layer = "CHILD",
	    .title = "the responder of a child's rekey wants another group",
	    .expected = "one more request; the group that was agreed is taken "
	            "first from then on",
	    .plays = c03, .plays_n = ARRAY_SIZE(c03) },
	{ .id = "C04", .layer = "CHILD",
	    .title = "C03 with additional key exchanges",
	    .expected = "as C03",
	    .plays = c04, .plays_n = ARRAY_SIZE(c04) },
	{ .id = "C05", .layer = "CHILD",
	    .title = "the responder's kernel reports the soft limit of a child "
	            "that is being replaced",
	    .expected = "no second rekey",
	    .plays = c05, .plays_n = ARRAY_SIZE(c05) },
	{ .id = "C06", .layer = "CHILD",
	    .title = "the responder's kernel reports the hard limit while A's "
	            "delete is awaited",
	    .expected = "the old child goes, deleted by both without harm; the "
	            "new one stays",
	    .plays = c06, .plays_n = ARRAY_SIZE(c06) },
	{ .id = "C07", .layer = "CHILD",
	    .title = "the responder's operator deletes the new child before it "
	            "sends on it",
	    .expected = "both end without the new child; nothing leaks",
	    .plays = c07, .plays_n = ARRAY_SIZE(c07) },
	{ .id = "C08", .layer = "CHILD",
	    .title = "the responder has lost the child that is rekeyed",
	    .expected = "CHILD_SA_NOT_FOUND; A drops it and makes a new one",
	    .plays = c08, .plays_n = ARRAY_SIZE(c08) },
	{ .id = "C09", .layer = "CHILD",
	    .title = "the responder deletes the old child itself, before its "
	            "answer arrives",
	    .expected = "the rekey completes; nothing is made beside it",
	    .plays = c09, .plays_n = ARRAY_SIZE(c09) },
	{ .id = "C10", .layer = "CHILD",
	    .title = "the delete of the old child is never answered",
	    .expected = "the child goes down once only, with the peer",
	    .plays = c10, .plays_n = ARRAY_SIZE(c10) },
	{ .id = "C11", .layer = "CHILD",
	    .title = "both ends rekey the same child at once",
	    .expected = "the exchange with the lowest nonce loses, its maker "
	            "deletes what came of it; nobody ever sends on that",
	    .plays = c11, .plays_n = ARRAY_SIZE(c11) },
	{ .id = "C12", .layer = "CHILD",
	    .title = "C11 with follow-ups",
	    .expected = "the loser stops",
	    .plays = c12, .plays_n = ARRAY_SIZE(c12) },
	{ .id = "C13", .layer = "CHILD",
	    .title = "only one of two child rekeys that cross has additional "
	            "key exchanges",
	    .expected = "the nonces decide",
	    .plays = c13, .plays_n = ARRAY_SIZE(c13) },
	{ .id = "C14", .layer = "CHILD",
	    .title = "both rekey the same child, B's answer is late and its "
	            "delete arrives first",
	    .expected = "the redundant child is deleted when the answer comes",
	    .plays = c14, .plays_n = ARRAY_SIZE(c14) },
	{ .id = "C15", .layer = "CHILD",
	    .title = "as C14, and what B made is deleted too before the answer "
	            "comes",
	    .expected = "the late answer brings nothing back",
	    .plays = c15, .plays_n = ARRAY_SIZE(c15) },
	{ .id = "C16", .layer = "CHILD",
	    .title = "C14 with follow-ups",
	    .expected = "as C14",
	    .plays = c16, .plays_n = ARRAY_SIZE(c16) },
	{ .id = "C17", .layer = "CHILD",
	    .title = "both rekey the same child, A's request reaches B when "
	            "that deletes the old one",
	    .expected = "TEMPORARY_FAILURE; A gives up and keeps B's",
	    .plays = c17, .plays_n = ARRAY_SIZE(c17) },
	{ .id = "C18", .layer = "CHILD",
	    .title = "both rekey the same child, A's request reaches B when "
	            "the old one is gone",
	    .expected = "CHILD_SA_NOT_FOUND; A gives up and makes no other",
	    .plays = c18, .plays_n = ARRAY_SIZE(c18) },
	{ .id = "C19", .layer = "CHILD",
	    .title = "as C18, and the new child is deleted too",
	    .expected = "nothing is left, nothing is made again",
	    .plays = c19, .plays_n = ARRAY_SIZE(c19) },
	{ .id = "C20", .layer = "CHILD",
	    .title = "C17 with follow-ups",
	    .expected = "as C17",
	    .plays = c20, .plays_n = ARRAY_SIZE(c20) },
	{ .id = "C21", .layer = "CHILD",
	    .title = "both rekey the same child with groups that the other "
	            "refuses",
	    .expected = "both try again; the nonces of these decide",
	    .plays = c21, .plays_n = ARRAY_SIZE(c21) },
	{ .id = "C22", .layer = "CHILD",
	    .title = "as C21, but one of the retries is late",
	    .expected = "as C17 and C18",
	    .plays = c22, .plays_n = ARRAY_SIZE(c22) },
	{ .id = "C23", .layer = "CHILD",
	    .title = "both rekey the same child, the loser deletes the old one "
	            "before its answer arrives",
	    .expected = "the winner's child survives",
	    .plays = c23, .plays_n = ARRAY_SIZE(c23) },
};

const struct collide_rows collide_child = { rows, ARRAY_SIZE(rows) };
