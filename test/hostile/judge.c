/*
 * Brings the rogue to where a case begins, lets it say what the case says,
 * and compares what comes back; then sees whether what should still work
 * does, and leaves nothing of its own behind.
 */
#include <string.h>

#include "hostile/cases.h"
#include "util/array.h"
#include "util/str.h"

#define WORDS_CHILD_ANSWER	"esp n ke tsi tsr"
#define WORDS_AUTH_ANSWER	"idr auth esp tsi tsr"

const struct hostile_group *const hostile_groups[HOSTILE_GROUPS] = {
	&group_header, &group_init, &group_auth, &group_child, &group_info,
	&group_called,
};

static const char *
heard_str(enum heard heard)
{
	static const char *const names[] = {
		[HEARD_NOTHING] = "nothing",
		[HEARD_ANSWER] = "an answer",
		[HEARD_REQUEST] = "a request",
		[HEARD_DELETE] = "a delete of the IKE SA",
	};

	return names[heard];
}

/* Says it, and once more with the cookie that is asked for. */
static enum heard
ask(struct rogue *r, uint8_t exchange, const char *words)
{
	enum heard heard;

	for (int i = 0; i < 2; i++) {
		if (!rogue_say(r, exchange, false, words))
			return HEARD_NOTHING;
		do
			heard = rogue_listen(r, r->wire->patience);
		while (heard == HEARD_REQUEST);
		if (heard != HEARD_ANSWER || rogue_error(r) != N_COOKIE)
			break;
	}
	return heard;
}

static bool
agreed(struct rogue *r, uint8_t exchange, const char *words)
{
	return ask(r, exchange, words) == HEARD_ANSWER &&
	    rogue_error(r) == N_NONE;
}

/* Answers the other side's last request as it should be answered. */
static bool
answer_well(struct rogue *r)
{
	switch (r->request_h.exchange) {
	case IKE_SA_INIT:
		return rogue_say(r, IKE_SA_INIT, true, GOOD_INIT);
	case IKE_AUTH:
		return rogue_say(r, IKE_AUTH, true, WORDS_AUTH_ANSWER);
	default:
		return rogue_say(r, CREATE_CHILD_SA, true, r->asks_child ?
		    WORDS_CHILD_ANSWER : GOOD_IKE);
	}
}

static bool
next_request(struct rogue *r, uint8_t exchange)
{
	return rogue_listen(r, r->wire->patience) == HEARD_REQUEST &&
	    r->request_h.exchange == exchange;
}

static bool
begin_called(struct rogue *r, enum stage stage)
{
	rogue_reset(r, true);
	r->wire->wish(r->wire->self, WISH_UP);
	if (!next_request(r, IKE_SA_INIT))
		return false;
	if (stage == CALLED)
		return true;
	if (!answer_well(r) || !next_request(r, IKE_AUTH))
		return false;
	if (stage == CALLED_AUTH)
		return true;
	if (!answer_well(r))
		return false;
	/* Its kernel takes a moment. */
	rogue_listen(r, r->wire->quiet);
	r->wire->wish(r->wire->self, stage == CALLED_CHILD ?
	    WISH_REKEY_CHILD : WISH_REKEY_IKE);
	return next_request(r, CREATE_CHILD_SA);
}

static bool
begin(struct rogue *r, enum stage stage)
{
	if (stage >= CALLED)
		return begin_called(r, stage);
	rogue_reset(r, false);
	if (stage >= HALF && !agreed(r, IKE_SA_INIT, GOOD_INIT))
		return false;
	return stage < UP || (agreed(r, IKE_AUTH, GOOD_AUTH) &&
	    r->spi_out != 0);
}

/* --- one step --- */

static const enum heard heard_of[] = {
	[WANT_SILENCE] = HEARD_NOTHING, [WANT_ANSWER] = HEARD_ANSWER,
	[WANT_NOTIFY] = HEARD_ANSWER, [WANT_REQUEST] = HEARD_REQUEST,
	[WANT_DELETE] = HEARD_DELETE,
};

static enum heard
say_step(struct rogue *r, const struct step *s, bool called)
{
	uint8_t exchange = (uint8_t)s->exchange;
	bool response = called && (s->exchange & ASK) == 0;
	struct span most = s->want == WANT_SILENCE ? r->wire->quiet :
	    r->wire->patience;
	enum heard heard;

	if (s->want == WANT_ANSWER && !response)
		return ask(r, exchange, s->words);
	if (!rogue_say(r, exchange, response, s->words))
		return HEARD_NOTHING;
	heard = rogue_listen(r, most);
	while (heard == HEARD_REQUEST && s->want == WANT_NOTIFY)
		heard = rogue_listen(r, most);
	return heard;
}

static bool
take_step(struct rogue *r, const struct step *s, unsigned number, bool called,
    struct reason *why)
{
	enum heard heard = say_step(r, s, called);
	uint16_t error = heard == HEARD_ANSWER ? rogue_error(r) : N_NONE;
	uint16_t wanted = s->want == WANT_NOTIFY ? s->notify : N_NONE;

	if (heard != heard_of[s->want]) {
		reason_set(why, "step %u: expected %s, heard %s%s%s", number,
		    heard_str(heard_of[s->want]), heard_str(heard),
		    error != N_NONE ? " with " : "",
		    error != N_NONE ? notify_str(error) : "");
		return false;
	}
	if (error != wanted) {
		reason_set(why, "step %u: expected %s, heard %s", number,
		    wanted != N_NONE ? notify_str(wanted) : "no error",
		    error != N_NONE ? notify_str(error) : "no error");
		return false;
	}
	if (r->grown) {
		reason_set(why, "step %u: the answer of %zu octets is larger "
		    "than the request of %zu", number, r->raw.n, r->said.n);
		return false;
	}
	return true;
}

/* --- what is left --- */

/* An attempt of the other side's is answered to its end. */
static bool
carry_on(struct rogue *r)
{
	for (int i = 0; i < 3; i++) {
		uint8_t exchange = r->request_h.exchange;

		if (!answer_well(r))
			return false;
		if (exchange != IKE_SA_INIT) {
			rogue_listen(r, r->wire->quiet);
			return true;
		}
		if (!next_request(r, IKE_AUTH))
			return false;
	}
	return false;
}

static const char *
probe(struct rogue *r, bool child)
{
	if (!(r->heir.keyed && agreed(r, INFORMATIONAL, "heir")) &&
	    !agreed(r, INFORMATIONAL, ""))
		return "the IKE SA does not answer";
	if (r->called || r->heir.keyed)
		return NULL;
	if (!agreed(r, INFORMATIONAL, "delete"))
		return "a delete is not answered";
	if (child && r->m.deletes_n != 1)
		return "the child has gone";
	if (!child && r->m.deletes_n != 0)
		return "there is a child";
	return NULL;
}

static const char *
finish_sound(struct rogue *r, const struct hostile_case *c)
{
	if (c->stage == FRESH && !r->sa.keyed)
		return NULL;
	if (r->called && c->end == SOUND && !carry_on(r))
		return "the attempt cannot be finished";
	if (c->stage <= HALF && r->spi_out == 0 && c->end == SOUND &&
	    !agreed(r, IKE_AUTH, GOOD_AUTH))
		return "IKE_AUTH cannot be finished";
	return probe(r, c->end == SOUND);
}

static const char *
finish_gone(struct rogue *r, const struct hostile_case *c)
{
	bool heard;

	if (c->stage == CALLED)
		heard = answer_well(r) &&
		    rogue_listen(r, r->wire->quiet) == HEARD_REQUEST &&
		    r->request_h.exchange == IKE_AUTH;
	else if (c->stage == HALF && r->spi_out == 0)
		heard = rogue_say(r, IKE_AUTH, false, GOOD_AUTH) &&
		    rogue_listen(r, r->wire->quiet) == HEARD_ANSWER;
	else
		heard = rogue_say(r, INFORMATIONAL, false, "") &&
		    rogue_listen(r, r->wire->quiet) == HEARD_ANSWER;
	return heard ? "the IKE SA is still there" : NULL;
}

/* Goes as a good peer does. */
static void
leave(struct rogue *r)
{
	if (r->called)
		r->wire->wish(r->wire->self, WISH_DOWN);
	for (int i = 0; i < 2; i++) {
		if (!(i == 0 ? r->heir.keyed : r->sa.keyed))
			continue;
		rogue_say(r, INFORMATIONAL, false, i == 0 ?
		    "heir delete{ike}" : "delete{ike}");
		while (rogue_listen(r, r->wire->quiet) == HEARD_REQUEST)
			continue;
	}
}

bool
judge(struct rogue *r, const struct hostile_case *c, struct reason *why)
{
	const char *trouble = NULL;
	bool ok = true;

	r->grown = false;
	if (!begin(r, c->stage)) {
		reason_set(why, "the good part before it failed");
		leave(r);
		return false;
	}
	for (unsigned i = 0; ok && i < STEPS_MAX &&
	    c->steps[i].want != WANT_END; i++)
		ok = take_step(r, &c->steps[i], i + 1, c->stage >= CALLED,
		    why);
	if (ok && (c->end == SOUND || c->end == CHILDLESS))
		trouble = finish_sound(r, c);
	else if (ok && c->end == GONE)
		trouble = finish_gone(r, c);
	if (trouble != NULL)
		reason_set(why, "afterwards: %s", trouble);
	if (c->end != GONE || !ok || trouble != NULL || r->called)
		leave(r);
	return ok && trouble == NULL;
}

void
judge_str(const struct hostile_case *c, char *buf, size_t size)
{
	static const char *const ends[] = {
		[SOUND] = "", [CHILDLESS] = "; no child",
		[GONE] = "; the IKE SA ends", [OPEN] = "",
	};
	unsigned last = 0;

	while (last + 1 < STEPS_MAX &&
	    c->steps[last + 1].want != WANT_END)
		last++;
	switch (c->steps[last].want) {
	case WANT_END:
	case WANT_SILENCE:
		str_set(buf, size, "dropped");
		break;
	case WANT_ANSWER:
		str_set(buf, size, "answered");
		break;
	case WANT_NOTIFY:
		str_set(buf, size, notify_str(c->steps[last].notify));
		break;
	case WANT_REQUEST:
		str_set(buf, size, "goes on");
		break;
	case WANT_DELETE:
		str_set(buf, size, "deletes the IKE SA");
		break;
	}
	str_add(buf, size, "%s", ends[c->end]);
}
