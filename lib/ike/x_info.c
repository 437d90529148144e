/*
 * INFORMATIONAL exchanges: delete and liveness (RFC 7296 sections 1.4, 1.4.1,
 * 2.4, 2.25).  A delete of something unknown is answered with nothing in it;
 * a child's pair goes together.
 */
#include "ike/x_info.h"

#include "ike/peer.h"
#include "ike/x_redirect.h"
#include "ike/x_rekey.h"
#include "ike/x_ticket.h"
#include "ike/xchg.h"

/* A delete is not worth waiting for as long as a dead peer is. */
static const struct span delete_patience = { INT64_C(5) * 1000000000 };

/* --- responder --- */

/* Does anything stand ready where this child was, or is it even in use? */
static bool
has_successor(const struct child *old, bool usable)
{
	for (const struct child *c = old->sa->children; c != NULL;
	    c = c->next) {
		if (c != old && (usable ? child_usable(c) : child_current(c)))
			return true;
	}
	return false;
}

static void
delete_child(struct ike_sa *sa, struct instant now, struct build *b,
    uint32_t spi)
{
	struct child *c = peer_child(sa->peer, spi);

	if (c == NULL) {
		/* It may be the child whose answer is still under way. */
		if (sa->create != NULL)
			sa->create->doomed = spi;
		return;
	}
	/* Section 1.4.1: no delete in answer where ours has crossed. */
	if (c->state != CHILD_DELETING)
		build_delete_esp(b, c->spi_in);
	child_hand_over(c, now);
	if (child_current(c) && !has_successor(c, false)) {
		peer_story(sa->peer, STORY_DELETED);
		peer_failed(sa->peer, "the peer deleted the child SA");
	}
	child_linger(c, now);
}

static void
delete_children(struct ike_sa *sa, struct instant now, struct build *b,
    const struct pl_delete *d)
{
	struct rd r = rd_of(d->spis);

	if (d->proto != PROTO_ESP || d->spi_size != 4)
		return;
	while (r.n >= 4)
		delete_child(sa, now, b, rd_u32(&r));
}

/* Another SA carries the tunnel on. */
static bool
is_spare(const struct ike_sa *sa)
{
	for (const struct ike_sa *o = sa->peer->sas; o != NULL;
	    o = o->peer_next) {
		if (o != sa && o->state == SA_ESTABLISHED && !o->want_delete &&
		    sa_current_child(o) != NULL)
			return true;
	}
	return false;
}

static void
delete_sa(struct ike_sa *sa, struct instant now)
{
	bool expected = sa->state != SA_ESTABLISHED || sa->want_delete;

	x_ticket_end(sa, now);
	if (x_rekey_overtaken(sa, now))
		return;
	expected |= x_redirect_left(sa);
	if (expected || peer_main_sa(sa->peer) != sa || is_spare(sa)) {
		sa_die(sa, now, NULL);
		return;
	}
	peer_story(sa->peer, STORY_DELETED);
	sa_die(sa, now, "the peer deleted the IKE SA");
}

/* Section 2.21.2: the peer could not authenticate us after all. */
static bool
says_failed(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_AUTHENTICATION_FAILED);

	if (n == NULL)
		return false;
	x_ticket_end(sa, now);
	story_id(peer_story(sa->peer, STORY_REFUSED_US), "local_id",
	    &sa->peer->conf.local_id);
	sa_die(sa, now, "the peer refused to authenticate us "
	    "(AUTHENTICATION_FAILED)");
	return true;
}

void
x_info_respond(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	bool whole = false;
	struct build b;

	xchg_begin_sk(sa, &b, INFORMATIONAL, true);
	for (size_t i = 0; i < m->deletes_n; i++) {
		whole |= m->deletes[i].proto == PROTO_IKE;
		delete_children(sa, now, &b, &m->deletes[i]);
	}
	if (!whole)
		x_ticket_build_answer(&b, sa, now, m);
	xchg_respond(sa, now, &b, false);
	x_redirect_hear_info(sa, now, m);
	if (!says_failed(sa, now, m) && whole)
		delete_sa(sa, now);
}

/* --- initiator --- */

void
x_info_delete_ike(struct ike_sa *sa, struct instant now, uint16_t why)
{
	struct build b;

	sa->want_delete = false;
	xchg_begin_sk(sa, &b, INFORMATIONAL, false);
	if (why != N_NONE)
		build_notify(&b, why, (struct bytes){ 0 });
	build_delete_ike(&b);
	x_ticket_end(sa, now);
	sa_state(sa, now, SA_DELETING);
	peer_switch(sa, now);
	while (sa->children != NULL)
		child_free(sa->children);
	if (!xchg_request(sa, now, &b, TASK_DELETE_IKE, 0))
		sa_die(sa, now, NULL);
	else
		sa->x.give_up_at = instant_after(now, delete_patience);
}

void
x_info_wind_up(struct ike_sa *sa, struct instant now)
{
	sa->want_delete = true;
	if (sa->x.task != TASK_NONE)
		sa->x.give_up_at = instant_min(sa->x.give_up_at,
		    instant_after(now, delete_patience));
	sa_touch(sa);
}

void
x_info_delete_child(struct ike_sa *sa, struct instant now, struct child *c)
{
	struct build b;

	c->want_delete = false;
	c->state = CHILD_DELETING;
	xchg_begin_sk(sa, &b, INFORMATIONAL, false);
	build_delete_esp(&b, c->spi_in);
	if (!xchg_request(sa, now, &b, TASK_DELETE_CHILD, c->spi_in))
		sa_die(sa, now, "cannot build INFORMATIONAL");
}

void
x_info_probe(struct ike_sa *sa, struct instant now)
{
	struct build b;

	sa->want_dpd = false;
	sa->peer->probes++;
	xchg_begin_sk(sa, &b, INFORMATIONAL, false);
	if (!xchg_request(sa, now, &b, TASK_DPD, 0))
		sa_die(sa, now, "cannot build INFORMATIONAL");
}

void
x_info_deleted_ike(struct ike_sa *sa, struct instant now,
    const struct path *path, const struct msg *m)
{
	(void)path;
	(void)m;
	xchg_done(sa);
	sa_die(sa, now, NULL);
}

void
x_info_deleted_child(struct ike_sa *sa, struct instant now,
    const struct path *path, const struct msg *m)
{
	struct child *c = child_by_in(sa->ike, sa->x.subject);

	(void)path;
	(void)m;
	xchg_done(sa);
	if (c == NULL)
		return;
	/* With one of our own in its place, the peer's has lost to it. */
	if (!has_successor(c, true))
		child_hand_over(c, now);
	child_linger(c, now);
}

void
x_info_alive(struct ike_sa *sa, struct instant now, const struct path *path,
    const struct msg *m)
{
	(void)now;
	(void)path;
	(void)m;
	xchg_done(sa);
}
