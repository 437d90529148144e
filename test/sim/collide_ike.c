/* What crosses an IKE SA's rekey: rows I01 to I18. */
#include "sim/collide.h"
#include "util/array.h"

static const struct collide_play i01[] = {
	{ "step by step", NULL, BOTH,
	    "A!ike [1.1|1.1] A>create [1.1|2.1] B>created [2.1|2.1] A>bye "
	    "[2.1|1.1] B>ok [1.1|1.1] A~ B~ one ike=A rekeys=1,1 outs=0,0" },
};

static const struct collide_play i02[] = {
	{ "step by step", NULL, BOTH,
	    "A!more:20/21 B!more:20/21 A!ike A>create [1.1|1.1] B>created "
	    "[1.1|1.1] A>follow B>followed [1.1|1.1] A>follow [1.1|2.1] "
	    "B>followed [2.1|2.1] A>bye [2.1|1.1] B>ok [1.1|1.1] A~ B~ one "
	    "ike=A rekeys=1,1 outs=0,0" },
	{ "messages are lost and repeated", NULL, BOTH,
	    "A!more:21 B!more:21 A!ike A>create B>created A-follow wait:700 "
	    "A+follow [1.1|2.1] B-followed A>follow wait:700 B>followed one "
	    "ike=A rekeys=1,1 outs=0,0" },
	{ "the old SA answers meanwhile", NULL, BOTH,
	    "A!more:21 B!more:21 A!ike A>create B>created B!probe B>probe A>ok "
	    "A>follow B!probe B>followed B>probe A>ok A>bye B>ok A~ B~ one "
	    "ike=A rekeys=1,1" },
};

static const struct collide_play i03[] = {
	{ "one retry", NULL, BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!ike A>create [1.1|1.1] "
	    "B>created:INVALID_KE_PAYLOAD [1.1|1.1] A>create [1.1|2.1] "
	    "B>created [2.1|2.1] A>bye B>ok [1.1|1.1] A~ B~ one ike=A "
	    "rekeys=1,1 outs=0,0" },
	{ "the old SA answers meanwhile", NULL, BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!ike A>create "
	    "B>created:INVALID_KE_PAYLOAD B!probe B>probe A>ok A>create "
	    "B!probe B>created B>probe A>ok A>bye B>ok A~ B~ one ike=A "
	    "rekeys=1,1" },
};

static const struct collide_play i04[] = {
	{ "one retry", NULL, BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!more:21 B!more:21 A!ike A>create "
	    "B>created:INVALID_KE_PAYLOAD [1.1|1.1] A>create [1.1|1.1] "
	    "B>created A>follow [1.1|2.1] B>followed [2.1|2.1] A>bye B>ok "
	    "[1.1|1.1] A~ B~ one ike=A rekeys=1,1 outs=0,0" },
	{ "because an additional one needs A's", NULL, BOTH,
	    "A!prefer:19+20 B!prefer:19+20 A!more:19 B!more:19 A!ike A>create "
	    "B>created:INVALID_KE_PAYLOAD A>create B>created A>follow "
	    "B>followed A>bye B>ok A~ B~ one ike=A rekeys=1,1 outs=0,0" },
};

static const struct collide_play i05[] = {
	{ "A wins, and is answered first", "24", BOTH,
	    "A!ike B!ike A>create B>create nonces [2.1|2.1] B>created "
	    "[3.1|2.1] A>created [3.1|3.1] A>bye [3.1|2.1] B>ok [2.1|2.1] "
	    "B>bye [1.1|2.1] A>ok [1.1|1.1] A~ B~ one ike=A rekeys=1,1 "
	    "outs=0,0" },
	{ "A wins, and is answered last", "24", BOTH,
	    "A!ike B!ike A>create B>create nonces [2.1|2.1] A>created "
	    "[2.1|3.1] B>created [3.1|3.1] B>bye [2.1|3.1] A>ok [2.1|2.1] "
	    "A>bye [2.1|1.1] B>ok [1.1|1.1] A~ B~ one ike=A rekeys=1,1 "
	    "outs=0,0" },
	{ "B wins, and A is answered first", "13", BOTH,
	    "A!ike B!ike B>create A>create nonces [2.1|2.1] B>created "
	    "[3.1|2.1] A>created [3.1|3.1] B>bye A>bye [2.1|2.1] A>ok B>ok "
	    "[1.1|1.1] A~ B~ one ike=B rekeys=1,1 outs=0,0" },
	{ "B won and has its child there", "13", BOTH,
	    "A!recheck A!ike B!ike B>create A>create nonces B>created "
	    "A>created B>bye A>bye A>ok B>ok [1.1|1.1] A~ B~ wait:4900 A~ "
	    "wait:200 A>create B>created A>del B>deleted [1.1|1.1] A~ B~ one "
	    "ike=B child=A rekeys=2,2 outs=1,1" },
	{ "every order", NULL, ONCE,
	    "A!ike B!ike any one rekeys=1,1 outs=0,0" },
};

static const struct collide_play i06[] = {
	{ "A wins, and is answered first", "24", BOTH,
	    "A!more:21 B!more:21 A!ike B!ike A>create B>create nonces [1.1|1.1] "
	    "B>created A>created [1.1|1.1] B~ A>follow [1.1|2.1] B>followed "
	    "[2.1|2.1] A>bye B>ok [1.1|1.1] A~ B~ one ike=A rekeys=1,1 outs=0,0" },
	{ "B wins, and is answered last", "13", BOTH,
	    "A!more:21 B!more:21 A!ike B!ike A>create B>create nonces B>created "
	    "A>created [1.1|1.1] A~ B>follow [2.1|1.1] A>followed [2.1|2.1] "
	    "B>bye A>ok [1.1|1.1] A~ B~ one ike=B rekeys=1,1 outs=0,0" },
	{ "two additional key exchanges", "1234", BOTH,
	    "A!more:20/21 B!more:20/21 A!ike B!ike A>create B>create nonces "
	    "B>created A>created one rekeys=1,1 outs=0,0" },
	{ "every order", NULL, ONCE,
	    "A!more:21 B!more:21 A!ike B!ike any one rekeys=1,1 outs=0,0" },
};

static const struct collide_play i07[] = {
	{ "A wins, whose exchange is plain", "24", BOTH,
	    "A!more:21+none B!more:none+21 A!ike B!ike A>create [1.1|2.1] "
	    "B>create nonces [1.1|2.1] B>created [2.1|2.1] A>created A>bye B>ok "
	    "[1.1|1.1] A~ B~ one ike=A rekeys=1,1 outs=0,0" },
	{ "B wins, whose exchange is not, and is done last", "13", BOTH,
	    "A!more:21+none B!more:none+21 A!ike B!ike A>create B>create nonces "
	    "B>created [2.1|2.1] A>bye [2.1|1.1] B>ok [1.1|1.1] A>created "
	    "B>follow [2.1|1.1] A>followed [2.1|2.1] B>bye A>ok [1.1|1.1] A~ B~ "
	    "one ike=B rekeys=1,1 outs=0,0" },
	{ "B wins, and follows up before A has seen it", "13", BOTH,
	    "A!more:21+none B!more:none+21 A!ike B!ike A>create B>create nonces "
	    "A>created B>follow [2.1|2.1] A>followed B>bye A>ok B>created one "
	    "ike=B rekeys=1,1 outs=0,0" },
	{ "every order", NULL, BOTH,
	    "A!more:21+none B!more:none+21 A!ike B!ike any one rekeys=1,1 "
	    "outs=0,0" },
};

static const struct collide_play i08[] = {
	{ "A wins, both retries cross", "24", BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!ike B!ike A>create B>create "
	    "B>created:INVALID_KE_PAYLOAD A>created:INVALID_KE_PAYLOAD "
	    "[1.1|1.1] A>create B>create nonces [2.1|2.1] B>created A>created "
	    "[3.1|3.1] A>bye B>bye B>ok A>ok [1.1|1.1] A~ B~ one ike=A "
	    "rekeys=1,1 outs=0,0" },
	{ "B wins, both retries cross", "13", BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!ike B!ike A>create B>create "
	    "A>created:INVALID_KE_PAYLOAD B>created:INVALID_KE_PAYLOAD "
	    "[1.1|1.1] A>create B>create nonces [2.1|2.1] B>created A>created "
	    "[3.1|3.1] A>bye B>bye B>ok A>ok [1.1|1.1] A~ B~ one ike=B "
	    "rekeys=1,1 outs=0,0" },
	{ "the first refusal comes late", "1234", BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!ike B!ike A>create B>create "
	    "A>created:INVALID_KE_PAYLOAD B>create "
	    "B>created:INVALID_KE_PAYLOAD A>create nonces A>created B>created "
	    "one rekeys=1,1 outs=0,0" },
	{ "every order", NULL, ONCE,
	    "A!prefer:19+20 B!prefer:20+19 A!ike B!ike any one rekeys=1,1 "
	    "outs=0,0" },
};

static const struct collide_play i09[] = {
	{ "refused before the delete", "124", BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!ike B!ike A>create B>create "
	    "B>created:INVALID_KE_PAYLOAD A>created:INVALID_KE_PAYLOAD "
	    "B>create A>created nonces [2.1|2.1] A>create "
	    "B>created:TEMPORARY_FAILURE [2.1|2.1] B>bye A>ok [1.1|1.1] A~ "
	    "wait:3000 A~ one ike=B rekeys=1,1 outs=0,0" },
	{ "refused after the delete", "124", BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!ike B!ike A>create B>create "
	    "B>created:INVALID_KE_PAYLOAD A>created:INVALID_KE_PAYLOAD "
	    "B>create A>created nonces A>create B>bye A>ok [2.1|1.1] "
	    "B>created:TEMPORARY_FAILURE [1.1|1.1] wait:3000 A~ one ike=B "
	    "rekeys=1,1 outs=0,0" },
	{ "to an IKE SA that is gone", "124", BOTH,
	    "A!prefer:19+20 B!prefer:20+19 A!ike B!ike A>create B>create "
	    "B>created:INVALID_KE_PAYLOAD A>created:INVALID_KE_PAYLOAD "
	    "B>create A>created nonces B>bye A>ok A>create B~ [2.1|1.1] "
	    "wait:12000 [1.1|1.1] one ike=B rekeys=1,1 outs=0,0" },
};

static const struct collide_play i10[] = {
	{ "B won and deletes the old one", "13", BOTH,
	    "A!ike B!ike A>create B>create nonces A>created [2.1|3.1] B>bye "
	    "[2.1|3.1] A>ok [2.1|2.1] B>created [2.1|2.1] A>bye [2.1|1.1] "
	    "B>ok [1.1|1.1] A~ B~ one ike=B rekeys=1,1 outs=0,0" },
	{ "A won, B deletes its own", "24", BOTH,
	    "A!ike B!ike A>create B>create nonces A>created [2.1|3.1] B>bye "
	    "[1.1|3.1] A>ok [1.1|2.1] B>created [2.1|2.1] A>bye B>ok "
	    "[1.1|1.1] A~ B~ one ike=A rekeys=1,1 outs=0,0" },
	{ "B won, the answer is lost", "13", BOTH,
	    "A!ike B!ike A>create B>create nonces A>created B-created B>bye "
	    "A>ok wait:11000 [1.1|2.1] wait:11000 [1.1|1.1] one ike=B "
	    "rekeys=1,1 outs=0,0" },
	{ "B won, but has its child under A's SA", "13", BOTH,
	    "A!recheck A!ike B!ike A>create B>create nonces A>created B>bye "
	    "A>ok B>created noflow B!misplace A>bye B>ok [1.1|1.0] wait:4900 "
	    "A~ wait:200 A>create B>created:CHILD_SA_NOT_FOUND A>create "
	    "B>created flow [1.1|1.1] A~ B~ one ike=B child=A rekeys=1,1 "
	    "up=1,1 down=1,1" },
	{ "B won, the answer comes after a repeat of the delete", "13", BOTH,
	    "A!ike B!ike A>create B>create nonces A>created B>bye A-ok "
	    "wait:700 B>bye A>ok B>created A>bye B>ok one ike=B rekeys=1,1 "
	    "outs=0,0" },
};

static const struct collide_play i11[] = {
	{ "B won and deletes the old one", "13", BOTH,
	    "A!more:21 B!more:21 A!ike B!ike A>create B>create nonces A>created "
	    "B>follow [2.1|1.1] A>followed [2.1|2.1] B>bye [2.1|2.1] A>ok "
	    "[2.1|1.1] B>created [1.1|1.1] A~ B~ one ike=B rekeys=1,1 outs=0,0" },
	{ "B won, the answer comes before the delete", "13", BOTH,
	    "A!more:21 B!more:21 A!ike B!ike A>create B>create nonces A>created "
	    "B>follow A>followed B>created B>bye A>ok [1.1|1.1] A~ B~ one ike=B "
	    "rekeys=1,1 outs=0,0" },
	{ "B won, the answer comes before the follow-up", "13", BOTH,
	    "A!more:21 B!more:21 A!ike B!ike A>create B>create nonces A>created "
	    "B>created A~ B>follow A>followed B>bye A>ok [1.1|1.1] A~ B~ one "
	    "ike=B rekeys=1,1 outs=0,0" },
	{ "A won, B has stopped long before", "24", BOTH,
	    "A!more:21 B!more:21 A!ike B!ike A>create B>create nonces A>created "
	    "[1.1|1.1] wait:400 B>created A>follow B>followed A>bye B>ok "
	    "[1.1|1.1] A~ B~ one ike=A rekeys=1,1 outs=0,0" },
	{ "B won, the answer is lost", "13", BOTH,
	    "A!more:21 B!more:21 A!ike B!ike A>create B>create nonces A>created "
	    "B-created B>follow A>followed B>bye A>ok wait:11000 [1.1|1.1] one "
	    "ike=B rekeys=1,1 outs=0,0" },
};

static const struct collide_play i12[] = {
	{ "lost for good", "124", BOTH,
	    "A!ike B!ike A-create B>create nonces [2.1|1.1] A>created "
	    "[2.1|2.1] B>bye A>ok A~ B~ one ike=B rekeys=1,1 outs=0,0" },
	{ "repeated before the delete", "124", BOTH,
	    "A!ike B!ike A-create B>create nonces wait:700 A>create A>created "
	    "one rekeys=1,1 outs=0,0" },
	{ "repeated after it", "124", BOTH,
	    "A!ike B!ike A-create B>create nonces A>created wait:700 B>bye "
	    "A>ok A>create one ike=B rekeys=1,1 outs=0,0" },
};

static const struct collide_play i13[] = {
	{ "refused after the delete", "124", BOTH,
	    "A!ike B!ike B>create nonces A>created [2.1|2.1] A>create "
	    "[2.1|2.1] B>bye A>ok B>created:TEMPORARY_FAILURE A~ B~ wait:3000 "
	    "A~ one ike=B rekeys=1,1 outs=0,0" },
};

static const struct collide_play i14[] = {
	{ "refused before the delete", "124", BOTH,
	    "A!ike B!ike B>create nonces A>created A>create "
	    "B>created:TEMPORARY_FAILURE [2.1|2.1] wait:3000 A~ B>bye A>ok "
	    "[1.1|1.1] A~ one ike=B rekeys=1,1 outs=0,0" },
};

static const struct collide_play i15[] = {
	{ "refused after the delete", "124", BOTH,
	    "A!more:21 B!more:21 A!ike B!ike B>create nonces A>created "
	    "[1.1|1.1] A>create B>follow A>followed B>bye A>ok "
	    "B>created:TEMPORARY_FAILURE A~ B~ wait:3000 A~ one ike=B "
	    "rekeys=1,1 outs=0,0" },
	{ "refused before the follow-up", "124", BOTH,
	    "A!more:21 B!more:21 A!ike B!ike B>create nonces A>created A>create "
	    "B>created:TEMPORARY_FAILURE [1.1|1.1] wait:300 A~ B>follow "
	    "A>followed [2.1|2.1] B>bye A>ok [1.1|1.1] A~ one ike=B rekeys=1,1 "
	    "outs=0,0" },
	{ "refused long before the follow-up", "124", BOTH,
	    "A!more:21 B!more:21 A!ike B!ike B>create nonces A>created A>create "
	    "B>created:TEMPORARY_FAILURE B-follow wait:4000 A~ B>follow "
	    "A>followed B>bye A>ok [1.1|1.1] A~ one ike=B rekeys=1,1 outs=0,0" },
};

static const struct collide_play i16[] = {
	{ "refused before the delete", NULL, BOTH,
	    "noflow A!ike B!down A>create [1.1|1.0] "
	    "B>created:TEMPORARY_FAILURE B>bye A>ok A~ B~ gone down=1,1 "
	    "ikedown=1,1 failed=1,0" },
	{ "refused after the delete", NULL, BOTH,
	    "noflow A!ike B!down A>create B>bye B>created:TEMPORARY_FAILURE "
	    "A>ok A~ B~ gone down=1,1 ikedown=1,1 failed=1,0" },
	{ "the request comes after the delete's answer", NULL, BOTH,
	    "noflow A!ike B!down B>bye A>ok A>create A~ B~ gone down=1,1 "
	    "ikedown=1,1 failed=1,0" },
	{ "every order", NULL, BOTH,
	    "noflow A!ike B!down any gone down=1,1 ikedown=1,1 failed=1,0" },
};

static const struct collide_play i17[] = {
	{ "refused before the delete", NULL, BOTH,
	    "noflow A!more:21 B!more:21 A!ike A>create B>created B!down "
	    "A>follow [1.1|1.0] B>followed:TEMPORARY_FAILURE B>bye A>ok A~ B~ "
	    "gone down=1,1 ikedown=1,1 failed=1,0" },
	{ "refused after the delete", NULL, BOTH,
	    "noflow A!more:21 B!more:21 A!ike A>create B>created B!down "
	    "A>follow B>bye B>followed:TEMPORARY_FAILURE A>ok A~ B~ gone "
	    "down=1,1 ikedown=1,1 failed=1,0" },
	{ "between two follow-ups", NULL, BOTH,
	    "noflow A!more:20/21 B!more:20/21 A!ike A>create B>created A>follow "
	    "B!down B>followed A>follow B>followed:TEMPORARY_FAILURE B>bye A>ok "
	    "A~ B~ gone down=1,1 ikedown=1,1 failed=1,0" },
	{ "every order", NULL, BOTH,
	    "noflow A!more:21 B!more:21 A!ike A>create B>created B!down any "
	    "gone down=1,1 ikedown=1,1 failed=1,0" },
};

static const struct collide_play i18[] = {
	{ "A tries again in vain", NULL, BOTH,
	    "noflow A!ike B!down A>create B-bye B>created:TEMPORARY_FAILURE "
	    "wait:2700 A>create [1.1|1.0] B>created:TEMPORARY_FAILURE B>bye "
	    "A>ok gone down=1,1 ikedown=1,1 failed=1,0" },
	{ "the delete is repeated first", NULL, BOTH,
	    "noflow A!ike B!down A>create B-bye B>created:TEMPORARY_FAILURE "
	    "wait:700 B>bye A>ok wait:3000 gone down=1,1 ikedown=1,1 "
	    "failed=1,0" },
};

static const struct collide_row rows[] = {
	{ .id = "I01", .layer = "IKE",
	    .title = "an IKE SA is rekeyed by either end",
	    .expected = "the children go over to the new IKE SA, its maker "
	            "deletes the old one, and one IKE SA is left",
	    .plays = i01, .plays_n = ARRAY_SIZE(i01) },
	{ .id = "I02", .layer = "IKE",
	    .title = "an IKE SA is rekeyed with additional key exchanges",
	    .expected = "as I01; the new SA is used after the last follow-up only",
	    .plays = i02, .plays_n = ARRAY_SIZE(i02) },
	{ .id = "I03", .layer = "IKE",
	    .title = "the responder of a rekey wants another group",
	    .expected = "one more request with the group that it named; the old "
	            "IKE SA works meanwhile",
	    .plays = i03, .plays_n = ARRAY_SIZE(i03) },
	{ .id = "I04", .layer = "IKE",
	    .title = "another group is asked for where there are additional "
	            "key exchanges",
	    .expected = "as I03",
	    .plays = i04, .plays_n = ARRAY_SIZE(i04) },
	{ .id = "I05", .layer = "IKE",
	    .title = "both ends rekey the IKE SA at once",
	    .expected = "the exchange with the lowest nonce loses: its maker "
	            "deletes what came of it, the winner deletes the old IKE "
	            "SA",
	    .plays = i05, .plays_n = ARRAY_SIZE(i05) },
	{ .id = "I06", .layer = "IKE",
	    .title = "both rekey with additional key exchanges",
	    .expected = "the loser stops before its follow-ups; its SA never "
	            "comes to be",
	    .plays = i06, .plays_n = ARRAY_SIZE(i06) },
	{ .id = "I07", .layer = "IKE",
	    .title = "only one of two rekeys that cross has additional key "
	            "exchanges",
	    .expected = "the nonces decide, not who is done first",
	    .plays = i07, .plays_n = ARRAY_SIZE(i07) },
	{ .id = "I08", .layer = "IKE",
	    .title = "both rekey the IKE SA with groups that the other refuses",
	    .expected = "both try again with the group named; the nonces of these "
	            "decide",
	    .plays = i08, .plays_n = ARRAY_SIZE(i08) },
	{ .id = "I09", .layer = "IKE",
	    .title = "as I08, but one of the retries is late",
	    .expected = "its receiver saw no collision: TEMPORARY_FAILURE, or "
	            "silence when the IKE SA is gone; one IKE SA is left",
	    .plays = i09, .plays_n = ARRAY_SIZE(i09) },
	{ .id = "I10", .layer = "IKE",
	    .title = "both rekey the IKE SA, B's answer to A is late",
	    .expected = "A learns from B's delete who won: it goes on with B's "
	            "IKE SA and still deletes its own when the answer comes; "
	            "or it keeps its own",
	    .plays = i10, .plays_n = ARRAY_SIZE(i10) },
	{ .id = "I11", .layer = "IKE",
	    .title = "I10 with follow-ups, the answer before or after the "
	            "delete",
	    .expected = "an answer to an IKE SA that is gone is dropped",
	    .plays = i11, .plays_n = ARRAY_SIZE(i11) },
	{ .id = "I12", .layer = "IKE",
	    .title = "both rekey the IKE SA, A's request is lost",
	    .expected = "B's rekey goes through; what A repeats meets no IKE SA",
	    .plays = i12, .plays_n = ARRAY_SIZE(i12) },
	{ .id = "I13", .layer = "IKE",
	    .title = "both rekey the IKE SA, A's request is late and meets B's "
	            "delete",
	    .expected = "TEMPORARY_FAILURE; A gives its attempt up when the IKE "
	            "SA goes",
	    .plays = i13, .plays_n = ARRAY_SIZE(i13) },
	{ .id = "I14", .layer = "IKE",
	    .title = "as I13, but the refusal comes before the delete",
	    .expected = "A must not plan another rekey of the dying IKE SA",
	    .plays = i14, .plays_n = ARRAY_SIZE(i14) },
	{ .id = "I15", .layer = "IKE",
	    .title = "I13 and I14 with follow-ups",
	    .expected = "as I13 and I14",
	    .plays = i15, .plays_n = ARRAY_SIZE(i15) },
	{ .id = "I16", .layer = "IKE",
	    .title = "A rekeys the IKE SA while B deletes it",
	    .expected = "TEMPORARY_FAILURE; it is gone at both ends and no new "
	            "one came of it",
	    .plays = i16, .plays_n = ARRAY_SIZE(i16) },
	{ .id = "I17", .layer = "IKE",
	    .title = "a delete comes between CREATE_CHILD_SA and its follow-up",
	    .expected = "TEMPORARY_FAILURE to the follow-up; the half-made SA goes",
	    .plays = i17, .plays_n = ARRAY_SIZE(i17) },
	{ .id = "I18", .layer = "IKE",
	    .title = "as I16, and the delete is lost",
	    .expected = "A sees a TEMPORARY_FAILURE only and tries again; then "
	            "the repeated delete ends it",
	    .plays = i18, .plays_n = ARRAY_SIZE(i18) },
};

const struct collide_rows collide_ike = { rows, ARRAY_SIZE(rows) };
