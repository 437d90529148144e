/* Sessions that are resumed (RFC 5723) while the other end does something. */
#include "sim/collide.h"
#include "util/array.h"

/* A has a ticket of B's, and nothing goes by itself any more. */
#define HELD	"A!tickets B!tickets A!up post wait:2000 hold "
/* How often it was up depends on what came first. */
#define ANYHOW	" up=-1,-1 down=-1,-1 ikeup=-1,-1 ikedown=-1,-1 failed=-1,-1"

static const struct collide_play t01[] = {
	{ "one after the other", NULL, BOTH,
	    HELD "B!crash A!forget A!up A>resume B>resumed A>auth [1.0|1.1] "
	    "B>authed one up=2,2 down=1,0 ikeup=2,2 ikedown=1,0" },
	{ "B sets up itself, in every order", NULL, ONCE,
	    HELD "B!crash A!forget A!up B!up any one" ANYHOW },
	{ "B's own is done in between", NULL, BOTH,
	    HELD "B!crash A!forget A!up B!up A>resume B>init A>inited "
	    "B>auth A>authed B>resumed A>auth "
	    "B>authed:AUTHENTICATION_FAILED A~ one" ANYHOW },
};

static const struct collide_play t02[] = {
	{ "it gives way", NULL, BOTH,
	    HELD "A!forget A!up [1.0|1.1] A>resume B>resumed A>auth [1.0|1.1] "
	    "B>authed one" ANYHOW },
	{ "B asks whether A lives", NULL, BOTH,
	    HELD "A!forget B!probe A!up any one" ANYHOW },
	{ "B rekeys it", NULL, BOTH,
	    HELD "A!forget B!ike A!up A>resume B>resumed B>create A>auth "
	    "B>authed one" ANYHOW },
	{ "B deletes it before: the ticket is void", NULL, BOTH,
	    HELD "A!forget B!down A!up A>resume B>resumed A>init B>inited "
	    "A>auth B>authed one" ANYHOW },
	{ "B deletes it between: A is not let in by it", NULL, BOTH,
	    HELD "A!forget A!keep A!up A>resume B!down B>resumed A>auth post "
	    "wait:60000 one" ANYHOW },
};

static const struct collide_play t03[] = {
	{ "before the answer", NULL, BOTH,
	    HELD "B!crash A!forget A!up A+resume A>resume B>resumed A>auth "
	    "B>authed one" ANYHOW },
	{ "after all is done", NULL, BOTH,
	    HELD "B!crash A!forget A!up A+resume B>resumed A>auth B>authed "
	    "A>resume B~ one" ANYHOW },
	{ "to one that has started anew meanwhile", NULL, BOTH,
	    HELD "B!crash A!forget A!up A+resume B>resumed A>auth B>authed "
	    "B!crash A>resume B>resumed A!forget A!up post one" ANYHOW },
};

static const struct collide_play t04[] = {
	{ "the request", NULL, BOTH,
	    HELD "B!crash A!forget A!up A-resume wait:700 A>resume B>resumed "
	    "A>auth B>authed one" ANYHOW },
	{ "the answer", NULL, BOTH,
	    HELD "B!crash A!forget A!up A>resume B-resumed wait:700 A>resume "
	    "B>resumed A>auth B>authed one" ANYHOW },
	{ "IKE_AUTH, and B with it", NULL, BOTH,
	    HELD "B!crash A!forget A!keep A!up A>resume B>resumed A-auth "
	    "B!crash post wait:60000 one" ANYHOW },
};

static const struct collide_row rows[] = {
	{ .id = "T01", .layer = "INIT",
	    .title = "A resumes what B has lost, and B sets up itself",
	    .expected = "one tunnel, by whichever is first",
	    .cold = true,
	    .plays = t01, .plays_n = ARRAY_SIZE(t01) },
	{ .id = "T02", .layer = "INIT",
	    .title = "A resumes what B still has, and does something with",
	    .expected = "the old SA gives way without a word; a deleted one "
	            "cannot be resumed",
	    .cold = true,
	    .plays = t02, .plays_n = ARRAY_SIZE(t02) },
	{ .id = "T03", .layer = "INIT",
	    .title = "IKE_SESSION_RESUME comes a second time",
	    .expected = "it is answered alike, or not at all, and changes "
	            "nothing",
	    .cold = true,
	    .plays = t03, .plays_n = ARRAY_SIZE(t03) },
	{ .id = "T04", .layer = "INIT",
	    .title = "a resumption loses messages",
	    .expected = "they are sent again, or it begins from scratch",
	    .cold = true,
	    .plays = t04, .plays_n = ARRAY_SIZE(t04) },
};

const struct collide_rows collide_resume = { rows, ARRAY_SIZE(rows) };
