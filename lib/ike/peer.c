/*
 * Peers: the election between SAs that both sides started (RFC 7296 section
 * 2.4 and the nonce rule of 2.8), and reports of change.
 */
#include "ike/peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ike/x_redirect.h"

/*
 * The loser of an election goes by its creator once the winner's child has had
 * time to be installed; by us if the creator does not.
 */
static const struct span settling = { INT64_C(2) * 1000000000 };
static const struct span grace = { INT64_C(10) * 1000000000 };
static const struct span overlap = { INT64_C(60) * 1000000000 };

/* How much of the tunnel an SA stands for; 0: nothing. */
static int
weight(const struct ike_sa *sa)
{
	if (sa->state == SA_HALF_OPEN || sa->state > SA_ESTABLISHED ||
	    sa->want_delete)
		return 0;
	if (sa->state < SA_ESTABLISHED)
		return 1;
	return 2 + 2 * (instant_is_never(sa->cull_at) &&
	    instant_is_never(sa->child_by)) + (sa_current_child(sa) != NULL);
}

struct ike_sa *
peer_main_sa(const struct ike_peer *p)
{
	struct ike_sa *best = NULL;

	for (struct ike_sa *sa = p->sas; sa != NULL; sa = sa->peer_next) {
		if (weight(sa) > (best == NULL ? 0 : weight(best)))
			best = sa;
	}
	return best;
}

unsigned
peer_traits(const struct ike_sa *sa)
{
	struct ike_peer *p = NULL;
	unsigned traits;

	if (sa->initiator)
		return anyone_traits(sa->peer);
	traits = anyone_at(sa->ike, &sa->path.local.addr)->traits;
	while ((p = index_by_address(&sa->ike->peers, &sa->path, p)) != NULL)
		traits |= anyone_traits(p);
	return traits;
}

struct child *
peer_child(const struct ike_peer *p, uint32_t spi_out)
{
	struct child *c = NULL;

	for (struct ike_sa *sa = p->sas; sa != NULL && c == NULL;
	    sa = sa->peer_next)
		c = child_by_out(sa, spi_out);
	return c;
}

/* Which of two SAs that crossed goes, and who says so. */
static void
elect_by_nonce(struct ike_sa *a, struct ike_sa *b, struct instant now)
{
	struct ike_sa *loser = nonce_cmp(&a->lowest, &b->lowest) < 0 ? a : b;

	/* Section 2.8.1: the one with the lowest nonce goes, by its creator. */
	loser->cull_at = instant_after(now, loser->opened ? settling :
	    grace);
	sa_touch(loser);
}

void
peer_elect(struct ike_peer *p, struct ike_sa *sa, struct instant now)
{
	bool fresh = sa->setup != NULL && sa->setup->initial_contact;
	struct ike_sa *o, *next;

	for (o = p->sas; o != NULL; o = next) {
		next = o->peer_next;
		if (o == sa)
			continue;
		if (fresh && instant_due(o->established_at, sa->created_at)) {
			sa_die(o, now, peer_main_sa(p) == o ? "the peer "
			    "started anew (INITIAL_CONTACT)" : NULL);
		} else if (o->state != SA_ESTABLISHED || o->want_delete ||
		    o->leaving) {
			continue;
		} else if (instant_since(now, o->established_at).ns >
		    overlap.ns) {
			o->cull_at = instant_min(o->cull_at,
			    instant_after(now, sa->opened ? settling :
			    grace));
			sa_touch(o);
		} else {
			elect_by_nonce(o, sa, now);
		}
	}
}

bool
peer_has_child(const struct ike_peer *p, const struct ike_sa *but)
{
	for (struct ike_sa *sa = p->sas; sa != NULL; sa = sa->peer_next) {
		if (sa != but && sa_current_child(sa) != NULL)
			return true;
	}
	return false;
}

static bool
has_child(const struct ike_peer *p)
{
	for (struct ike_sa *sa = p->sas; sa != NULL; sa = sa->peer_next) {
		for (struct child *c = sa->children; c != NULL; c = c->next) {
			if (child_usable(c))
				return true;
		}
	}
	return false;
}

void
peer_switch(struct ike_sa *gone, struct instant now)
{
	struct ike_sa *sa = gone->children == NULL ? NULL : gone->peer->sas;

	for (; sa != NULL; sa = sa->peer_next) {
		for (struct child *c = sa->children; sa != gone && c != NULL;
		    c = c->next)
			child_turn(c, now);
	}
}

void
peer_report(struct ike_peer *p)
{
	struct ike_sa *sa = peer_main_sa(p);
	bool up = sa != NULL && sa->state == SA_ESTABLISHED;
	bool child = has_child(p);
	struct ike *ike = p->ike;

	if (up && !p->was_up)
		out_event(ike, p->conf.id, IKE_EV_IKE_UP, "IKE SA is up");
	if (child && !p->was_child) {
		note_clear(&p->why);
		out_event(ike, p->conf.id, IKE_EV_CHILD_UP, "child SA is up");
	}
	if (!child && p->was_child)
		out_event(ike, p->conf.id, IKE_EV_CHILD_DOWN, "%s",
		    note_str(&p->why));
	if (sa == NULL && p->was_busy)
		out_event(ike, p->conf.id, IKE_EV_IKE_DOWN, "%s",
		    note_str(&p->why));
	p->was_up = up;
	p->was_child = child;
	p->was_busy = sa != NULL;
}

struct story *
peer_story(struct ike_peer *p, enum story_code code)
{
	if (p->story == NULL)
		p->story = calloc(1, sizeof(*p->story));
	story_begin(p->story, code);
	p->told = true;
	return p->story;
}

/* A failure that nobody told in detail does not go under an older story. */
static void
close_story(struct ike_peer *p)
{
	if (!p->told)
		story_begin(p->story, STORY_OTHER);
	p->told = false;
}

void
peer_failed(struct ike_peer *p, const char *fmt, ...)
{
	struct reason why;
	va_list ap;

	close_story(p);
	va_start(ap, fmt);
	vsnprintf(why.s, sizeof(why.s), fmt, ap);
	va_end(ap);
	note_set(&p->why, why.s);
	out_event(p->ike, p->conf.id, IKE_EV_FAILED, "%s", why.s);
}

void
peer_refused(struct ike_peer *p, const char *why)
{
	const struct ike_sa *sa = peer_main_sa(p);

	if (sa == NULL || sa->state != SA_ESTABLISHED) {
		peer_failed(p, "%s", why);
		return;
	}
	close_story(p);
	out_event(p->ike, p->conf.id, IKE_EV_REFUSED, "%s", why);
}

void
peer_id_str(const struct id *id, const char *from, char *buf, size_t size)
{
	if (id->type == 0)
		str_set(buf, size, "anybody");
	else
		id_str(id->type, bytes_of(id->data, id->n), buf, size);
	if (from != NULL)
		str_add(buf, size, " by %s", from);
}
