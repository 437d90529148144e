/*
 * Tasks: one row per kind of request says what handles its answer and what its
 * silence means; one list says what is started first.  With a window of one
 * (RFC 7296 section 2.3) at most one task runs on an SA.
 */
#include "ike/task.h"

#include "ike/peer.h"
#include "ike/x_auth.h"
#include "ike/x_child.h"
#include "ike/x_follow.h"
#include "ike/x_info.h"
#include "ike/x_init.h"
#include "ike/x_inter.h"
#include "ike/x_redirect.h"
#include "ike/x_rekey.h"
#include "ike/x_resume.h"
#include "ike/x_ticket.h"
#include "ike/xchg.h"

/* Silence: the peer is dead, whatever it was about. */
static void
peer_dead(struct ike_sa *sa, struct instant now)
{
	struct story *s;
	char at[ENDPOINT_STRLEN], from[ENDPOINT_STRLEN];

	/* An attempt that the peer's own has made needless ends unseen. */
	if (sa->state < SA_ESTABLISHED && !sa->redirected &&
	    peer_main_sa(sa->peer) != sa) {
		sa_die(sa, now, NULL);
		return;
	}
	sa->peer->deaths += sa->state >= SA_ESTABLISHED;
	s = peer_story(sa->peer, STORY_NO_ANSWER);
	story_add(s, "request", "%s, sent %u times",
	    hdr_exchange_str(sa->x.exchange), sa->x.tries);
	story_add(s, "path", "%s to %s",
	    endpoint_str(&sa->path.local, from),
	    endpoint_str(&sa->path.remote, at));
	story_add(s, "heard", "%s", sa->state == SA_INIT_SENT ?
	    "nothing from the peer yet" : "the peer answered before that");
	sa_die(sa, now, "no answer from %s to %s after %u transmissions",
	    endpoint_str(&sa->path.remote, at),
	    hdr_exchange_str(sa->x.exchange), sa->x.tries);
	for (struct ike_sa *o = sa->peer->sas; o != NULL; o = o->peer_next) {
		if (o->state == SA_REKEYED)
			sa_die(o, now, NULL);
	}
}

/* Nothing came but an error that anybody may have sent, if even that. */
static void
init_over(struct ike_sa *sa, struct instant now)
{
	if (x_redirect_follow_init(sa, now))
		return;
	if (sa->setup->why.s[0] != '\0')
		sa_die(sa, now, NULL);
	else
		peer_dead(sa, now);
}

/* The peer may not know the exchange any more: from scratch, then. */
static void
resume_over(struct ike_sa *sa, struct instant now)
{
	if (peer_main_sa(sa->peer) != sa)
		sa_die(sa, now, NULL);
	else
		x_resume_expired(sa, now);
}

/* The peer's own rekey, which we have answered, goes on. */
static void
rekey_over(struct ike_sa *sa, struct instant now)
{
	if (!x_rekey_expired(sa, now))
		peer_dead(sa, now);
}

/* A delete that nobody answers has done its work all the same. */
static void
gone_anyway(struct ike_sa *sa, struct instant now)
{
	sa_die(sa, now, NULL);
}

/*
 * Its answer would have needed secrets that went with the engine that asked:
 * what it has made at the peer, if anything, is deleted, and asked for anew.
 */
static void
lost_answer(struct ike_sa *sa, struct instant now, const struct path *path,
    const struct msg *m)
{
	(void)now;
	(void)path;
	(void)m;
	xchg_done(sa);
}

static void
delete_again(struct ike_sa *sa, struct instant now)
{
	x_info_delete_ike(sa, now, N_NONE);
}

static const struct task_row {
	void	(*answer)(struct ike_sa *, struct instant,
		    const struct path *, const struct msg *);
	void	(*expired)(struct ike_sa *, struct instant);
	void	(*again)(struct ike_sa *, struct instant);
} rows[TASKS] = {
	[TASK_INIT] = { x_init_answer, init_over, NULL },
	[TASK_INTER] = { x_inter_answer, peer_dead, NULL },
	[TASK_AUTH] = { x_auth_answer, peer_dead, NULL },
	[TASK_DELETE_IKE] = { x_info_deleted_ike, gone_anyway, delete_again },
	[TASK_DELETE_CHILD] = { x_info_deleted_child, peer_dead, NULL },
	[TASK_REKEY_IKE] = { x_rekey_answer, rekey_over, x_rekey_again },
	[TASK_REKEY_CHILD] = { x_child_answer, peer_dead, x_child_again },
	[TASK_CREATE_CHILD] = { x_child_answer, peer_dead, x_child_again },
	[TASK_DPD] = { x_info_alive, peer_dead, x_info_probe },
	[TASK_REDIRECT] = { x_redirect_told, peer_dead, x_redirect_tell },
	[TASK_RESUME] = { x_resume_answer, resume_over, NULL },
	[TASK_TICKET] = { x_ticket_answer, peer_dead, x_ticket_request },
	[TASK_LOST] = { lost_answer, peer_dead, NULL },
};

void
task_answer(struct ike_sa *sa, struct instant now, const struct path *path,
    const struct msg *m)
{
	rows[sa->x.task].answer(sa, now, path, m);
	sa_touch(sa);
}

void
task_expired(struct ike_sa *sa, struct instant now)
{
	/* Where it is going anyway, silence changes nothing. */
	if (sa->want_delete || sa->state == SA_REKEYED)
		gone_anyway(sa, now);
	else
		rows[sa->x.task].expired(sa, now);
}

void
task_again(struct ike_sa *sa, struct instant now, enum task task,
    uint32_t subject)
{
	struct child *c = child_by_in(sa->ike, subject);

	if (task == TASK_DELETE_CHILD && c != NULL)
		c->want_delete = true;
	else if (rows[task].again != NULL)
		rows[task].again(sa, now);
	sa_touch(sa);
}

struct instant
task_later(struct ike_sa *sa, struct instant now)
{
	struct span jitter = drbg_span(sa->ike->drbg, span_s(2));

	return instant_after(instant_after(now, span_ms(500)), jitter);
}

/* One that is being replaced already is not rekeyed as well. */
static bool
may_rekey(const struct child *c)
{
	return c->want_rekey && c->state == CHILD_LIVE &&
	    child_heir(c) == NULL && !x_follow_of_child(c->sa, c->spi_in);
}

static bool
may_rekey_ike(const struct ike_sa *sa)
{
	return sa->want_rekey && !x_follow_of_ike(sa);
}

static bool
may_create(const struct ike_sa *sa)
{
	return sa->want_child && !x_follow_of_child(sa, 0);
}

static struct child *
child_to(const struct ike_sa *sa, struct instant now, bool delete)
{
	for (struct child *c = sa->children; c != NULL; c = c->next) {
		if (delete ? c->want_delete : may_rekey(c) &&
		    instant_due(c->retry_at, now))
			return c;
	}
	return NULL;
}

struct instant
task_retry_at(const struct ike_sa *sa)
{
	struct instant t = INSTANT_NEVER;

	if (sa->state != SA_ESTABLISHED)
		return t;
	if (may_rekey_ike(sa) || may_create(sa))
		t = sa->retry_at;
	for (struct child *c = sa->children; c != NULL; c = c->next) {
		if (may_rekey(c))
			t = instant_min(t, c->retry_at);
	}
	return t;
}

static void
start_established(struct ike_sa *sa, struct instant now)
{
	bool ready = instant_due(sa->retry_at, now);
	struct child *c;

	sa->want_child &= sa_current_child(sa) == NULL;
	sa->want_redirect &= x_redirect_sends(sa);
	if (sa->want_redirect)
		x_redirect_tell(sa, now);
	else if ((c = child_to(sa, now, true)) != NULL)
		x_info_delete_child(sa, now, c);
	else if (may_rekey_ike(sa) && ready)
		x_rekey_request(sa, now);
	else if ((c = child_to(sa, now, false)) != NULL)
		x_child_request(sa, now, c);
	else if (may_create(sa) && ready)
		x_child_request(sa, now, NULL);
	else if (sa->want_ticket)
		x_ticket_request(sa, now);
	else if (sa->want_dpd)
		x_info_probe(sa, now);
}

void
task_start(struct ike_sa *sa, struct instant now)
{
	if (sa->state != SA_ESTABLISHED && sa->state != SA_REKEYED)
		return;
	if (sa->want_delete)
		x_info_delete_ike(sa, now, N_NONE);
	else if (sa->state == SA_ESTABLISHED)
		start_established(sa, now);
}
