/*
 * The life of an IKE SA: states with what each may receive and how long it may
 * last, birth, establishment, death, migration of children, and the one timer
 * that stands for all of its deadlines.
 */
#include "ike/sa.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ike/keep.h"
#include "ike/peer.h"
#include "ike/proof.h"
#include "ike/task.h"
#include "ike/x_auth.h"
#include "ike/x_follow.h"
#include "ike/x_info.h"
#include "ike/x_inter.h"
#include "ike/x_ppk.h"
#include "ike/x_redirect.h"
#include "ike/x_resume.h"
#include "ike/x_sync.h"
#include "ike/xchg.h"

#define REGROUPS_MAX	2	/* for one CREATE_CHILD_SA */

#define X(exchange)	(1u << ((exchange) - IKE_SA_INIT))
#define X_LATER		(X(CREATE_CHILD_SA) | X(INFORMATIONAL) | \
			 X(IKE_FOLLOWUP_KE))

/* What a state may receive, and its own limit in seconds (0: none). */
static const struct state_row {
	unsigned	requests, responses;
	unsigned	limit;
} states[SA_STATES] = {
	[SA_INIT_SENT] = { 0, X(IKE_SA_INIT) | X(IKE_SESSION_RESUME), 0 },
	[SA_INTER_SENT] = { 0, X(IKE_INTERMEDIATE), 0 },
	[SA_SIGNING] = { 0, 0, 15 },
	[SA_AUTH_SENT] = { 0, X(IKE_AUTH), 0 },
	[SA_CHECKING] = { 0, 0, 15 },
	[SA_HALF_OPEN] = { X(IKE_INTERMEDIATE) | X(IKE_AUTH), 0,
	    30 },
	[SA_VERIFYING] = { 0, 0, 15 },
	[SA_ANSWERING] = { 0, 0, 15 },
	[SA_ESTABLISHED] = { X_LATER, X_LATER, 0 },
	[SA_REKEYED] = { X_LATER, X_LATER, 30 },
	[SA_DELETING] = { X_LATER, X(INFORMATIONAL), 0 },
	[SA_REFUSED] = { 0, 0, 15 },
	[SA_DEAD] = { 0, 0, 0 },
};

static const struct span dpd_idle = { INT64_C(10) * 1000000000 };
static const struct span keepalive = { INT64_C(20) * 1000000000 };

uint64_t
sa_our_spi(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

struct seal *
sa_seal_out(const struct ike_sa *sa)
{
	return sa->initiator ? sa->keys.seal_i : sa->keys.seal_r;
}

struct seal *
sa_seal_in(const struct ike_sa *sa)
{
	return sa->initiator ? sa->keys.seal_r : sa->keys.seal_i;
}

bool
sa_allows(const struct ike_sa *sa, uint8_t exchange, bool response)
{
	const struct state_row *row = &states[sa->state];

	if (exchange < IKE_SA_INIT || exchange > IKE_FOLLOWUP_KE)
		return false;
	/* RFC 9370 section 2.2.2: all of these before that, and no more. */
	if (sa->state == SA_HALF_OPEN &&
	    x_inter_awaited(sa) != (exchange == IKE_INTERMEDIATE))
		return false;
	return ((response ? row->responses : row->requests) &
	    X(exchange)) != 0;
}

void
sa_touch(struct ike_sa *sa)
{
	if (sa->dirty)
		return;
	sa->dirty = true;
	sa->dirty_next = sa->ike->dirty;
	sa->ike->dirty = sa;
}

void
sa_state(struct ike_sa *sa, struct instant now, enum sa_state state)
{
	unsigned limit = states[state].limit;

	if (sa->state == SA_HALF_OPEN && state != SA_HALF_OPEN) {
		table_opening_ends(sa->ike, sa->endpoint_key);
		sa->peer->half_open--;
	}
	if (state > SA_ESTABLISHED)
		sa->rekey_at = sa->expire_at = sa->dpd_at = sa->ticket_at =
		    INSTANT_NEVER;
	sa->state = state;
	if (state > SA_REKEYED)
		x_redirect_gone(sa);
	sa->state_until = limit == 0 ? INSTANT_NEVER :
	    instant_after(now, span_s(limit));
	sa_touch(sa);
}

struct ike_sa *
sa_new(struct ike *ike, struct instant now, struct ike_peer *peer,
    bool initiator, uint64_t spi_i, uint64_t spi_r)
{
	struct ike_sa *sa;

	if (ike->sas.used >= ike->limits.sas ||
	    map_get(&ike->sas, initiator ? spi_i : spi_r) != NULL)
		return NULL;
	sa = calloc(1, sizeof(*sa));
	if (sa == NULL)
		return NULL;
	*sa = (struct ike_sa){
		.ike = ike, .initiator = initiator, .opened = initiator,
		.spi_i = spi_i, .spi_r = spi_r,
		.state = SA_INIT_SENT, .created_at = now,
		.state_until = INSTANT_NEVER, .rekey_at = INSTANT_NEVER,
		.expire_at = INSTANT_NEVER, .dpd_at = INSTANT_NEVER,
		.keepalive_at = INSTANT_NEVER, .cull_at = INSTANT_NEVER,
		.child_by = INSTANT_NEVER,
		.established_at = INSTANT_NEVER, .timer.at = INSTANT_NEVER,
		.ticket_at = INSTANT_NEVER,
		.x.forget_at = INSTANT_NEVER, .check_at = INSTANT_NEVER,
		.ask_at = INSTANT_NEVER, .renew_at = INSTANT_NEVER,
	};
	if (!map_put(&ike->sas, sa_our_spi(sa), sa)) {
		free(sa);
		return NULL;
	}
	sa_bind(sa, peer);
	sa_touch(sa);
	return sa;
}

static void
unlink_peer(struct ike_sa *sa)
{
	struct ike_sa **p = &sa->peer->sas;

	while (*p != sa)
		p = &(*p)->peer_next;
	*p = sa->peer_next;
	if (sa->peer->sas == NULL && !sa->peer->accept)
		out_event(sa->ike, sa->peer->conf.id, IKE_EV_GONE, "%s", "");
}

void
sa_bind(struct ike_sa *sa, struct ike_peer *peer)
{
	if (sa->peer == peer)
		return;
	if (sa->peer != NULL)
		unlink_peer(sa);
	sa->peer = peer;
	sa->peer_next = peer->sas;
	peer->sas = sa;
}

void
sa_setup_free(struct ike_sa *sa)
{
	struct setup *s = sa->setup;

	if (s == NULL)
		return;
	inquiry_leave(sa);
	resume_free(s->resume);
	kex_free(s->kex);
	x_inter_free(sa);
	free(s->init_i);
	free(s->init_r);
	if (s->inner != NULL)
		wipe(s->inner, s->inner_n);
	free(s->inner);
	x_ppk_free(s->ppk);
	wipe(s, sizeof(*s));
	free(s);
	sa->setup = NULL;
}

void
sa_create_free(struct ike_sa *sa)
{
	if (sa->create == NULL)
		return;
	kex_free(sa->create->kex);
	follow_free(sa->create->follow);
	wipe(sa->create, sizeof(*sa->create));
	free(sa->create);
	sa->create = NULL;
}

bool
sa_create_regroup(struct ike_sa *sa, struct bytes data)
{
	struct create *x = sa->create;
	struct rd r = rd_of(data);
	uint16_t group = rd_u16(&r);

	for (size_t i = 0; i < x->offer.ke.n && !r.bad; i++) {
		const struct alg *ke = alg_at(x->offer.ke.row[i]);

		if (ke->id != group || ke == kex_alg(x->kex) ||
		    ++x->restarts > REGROUPS_MAX)
			continue;
		kex_free(x->kex);
		x->kex = kex_new(ke, sa->ike->drbg);
		return x->kex != NULL;
	}
	return false;
}

/* Ours earlier than the peer's, all at different times (design: jitter). */
static void
lifetimes(struct ike_sa *sa, struct instant now)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;
	struct span fuzz = { conf->rekey_margin.ns / 100 * conf->rekey_fuzz };
	struct span early = drbg_span(sa->ike->drbg, fuzz);
	struct span soft = { conf->ike_lifetime.ns - conf->rekey_margin.ns -
	    early.ns };

	if (soft.ns < conf->ike_lifetime.ns / 4)
		soft.ns = conf->ike_lifetime.ns / 4;
	sa->rekey_at = instant_after(now, soft);
	sa->expire_at = instant_after(now, conf->ike_lifetime);
}

static struct span
dpd_interval(const struct ike_sa *sa)
{
	int64_t quarter = sa->peer->conf.dpd_timeout.ns / 4;

	return (struct span){ quarter < dpd_idle.ns ? quarter : dpd_idle.ns };
}

/* Something authentic came in: the peer lives. */
static void
heard(struct ike_sa *sa, struct instant now)
{
	struct span wait = dpd_interval(sa);
	struct span jitter = drbg_span(sa->ike->drbg,
	    (struct span){ wait.ns / 8 });

	wait.ns += jitter.ns;
	sa->dpd_at = sa->peer->conf.dpd ? instant_after(now, wait) :
	    INSTANT_NEVER;
	sa->want_dpd = false;
}

void
sa_heard(struct ike_sa *sa, struct instant now)
{
	if (sa->state == SA_ESTABLISHED)
		heard(sa, now);
}

void
sa_establish(struct ike_sa *sa, struct instant now)
{
	sa_state(sa, now, SA_ESTABLISHED);
	sa->established_at = now;
	sa->keepalive_at = sa->nat_local && sa->encap ?
	    instant_after(now, keepalive) : INSTANT_NEVER;
	lifetimes(sa, now);
	heard(sa, now);
	wipe(&sa->keys.sk_pi, sizeof(sa->keys.sk_pi));
	wipe(&sa->keys.sk_pr, sizeof(sa->keys.sk_pr));
}

void
sa_die(struct ike_sa *sa, struct instant now, const char *fmt, ...)
{
	va_list ap;

	if (sa->state == SA_DEAD)
		return;
	if (fmt != NULL) {
		struct reason why;

		va_start(ap, fmt);
		vsnprintf(why.s, sizeof(why.s), fmt, ap);
		va_end(ap);
		peer_failed(sa->peer, "%s", why.s);
	}
	peer_switch(sa, now);
	while (sa->children != NULL)
		child_free(sa->children);
	sa_state(sa, now, SA_DEAD);
}

void
sa_broken(struct ike_sa *sa, struct instant now, const char *why)
{
	peer_failed(sa->peer, "%s", why);
	while (sa->children != NULL)
		child_free(sa->children);
	sa_create_free(sa);
	x_follow_forget(sa);
	if (sa->x.task != TASK_NONE)
		xchg_done(sa);
	sa->want_delete = sa->want_rekey = sa->want_child = false;
	sa_state(sa, now, SA_REFUSED);
}

void
sa_child_add(struct ike_sa *sa, struct child *c)
{
	c->sa = sa;
	c->next = sa->children;
	sa->children = c;
	sa_touch(sa);
}

void
sa_migrate(struct ike_sa *from, struct ike_sa *to)
{
	struct child *c;

	if (from == to)
		return;
	while ((c = from->children) != NULL) {
		from->children = c->next;
		sa_child_add(to, c);
	}
	to->want_child |= from->want_child;
	from->want_child = false;
	sa_touch(from);
}

bool
sa_may_move(const struct ike_sa *sa)
{
	return sa->nat_remote && !(sa->nat_local && sa->opened);
}

static void
move(struct ike_sa *sa, const struct path *path)
{
	sa->path = *path;
	for (struct child *c = sa->children; c != NULL; c = c->next)
		child_path(c, path);
}

void
sa_path(struct ike_sa *sa, const struct path *path)
{
	char was[ENDPOINT_STRLEN], is[ENDPOINT_STRLEN];
	struct path old = sa->path;

	if (path_eq(&old, path))
		return;
	out_event(sa->ike, sa->peer->conf.id, IKE_EV_PATH,
	    "the peer moved from %s to %s",
	    endpoint_str(&sa->path.remote, was),
	    endpoint_str(&path->remote, is));
	/* One that is being rekeyed and its successor move together. */
	for (struct ike_sa *o = sa->peer->sas; o != NULL; o = o->peer_next) {
		if (path_eq(&o->path, &old))
			move(o, path);
	}
}

struct child *
sa_current_child(const struct ike_sa *sa)
{
	for (struct child *c = sa->children; c != NULL; c = c->next) {
		if (child_current(c))
			return c;
	}
	return NULL;
}

/* A rekey at once could cross what the peer still tidies up. */
static const struct span recheck_after[] = {
	[RECHECK_STRAY] = { INT64_C(1) * 1000000000 },
	[RECHECK_LOST] = { INT64_C(5) * 1000000000 },
};

void
sa_recheck(struct ike_sa *sa, struct instant now, enum recheck why)
{
	if (sa->ike->limits.no_recheck)
		return;
	for (struct child *c = sa->children; c != NULL; c = c->next) {
		if (child_current(c) && !c->want_delete &&
		    child_heir(c) == NULL)
			child_refresh(c, instant_after(now,
			    recheck_after[why]));
	}
}

static struct instant
deadline(const struct ike_sa *sa)
{
	struct instant t = instant_min(sa->state_until, inquiry_deadline(sa));

	if (sa->x.task != TASK_NONE)
		t = instant_min(t, instant_min(sa->x.resend_at,
		    sa->x.give_up_at));
	t = instant_min(t, instant_min(xchg_stale_at(sa),
	    x_follow_until(sa)));
	if (sa->state != SA_ESTABLISHED && sa->state != SA_REKEYED)
		return t;
	t = instant_min(t, instant_min(sa->rekey_at, sa->expire_at));
	t = instant_min(t, instant_min(sa->keepalive_at, sa->cull_at));
	t = instant_min(t, sa->child_by);
	t = instant_min(t, instant_min(sa->dpd_at, sa->ticket_at));
	t = instant_min(t, proof_deadline(sa));
	if (sa->x.task == TASK_NONE && !sa->x.answering)
		t = instant_min(t, task_retry_at(sa));
	for (struct child *c = sa->children; c != NULL; c = c->next)
		t = instant_min(t, child_deadline(c));
	return t;
}

/* The end of an event: next task, timer, or the end of a dead SA. */
static void
settle(struct ike_sa *sa, struct instant now)
{
	struct ike_peer *peer = sa->peer;

	keep_touch(peer);
	if (sa->state != SA_DEAD && sa->x.task == TASK_NONE &&
	    !sa->x.answering)
		task_start(sa, now);
	if (sa->state == SA_DEAD)
		sa_free(sa);
	else
		timer_set(&peer->ike->timers, &sa->timer, deadline(sa));
	x_redirect_moved(peer, now);
	peer_report(peer);
}

void
sa_settle_all(struct ike *ike, struct instant now)
{
	struct ike_sa *sa;

	while ((sa = ike->dirty) != NULL) {
		ike->dirty = sa->dirty_next;
		sa->dirty = false;
		settle(sa, now);
	}
}

static void
tick_children(struct ike_sa *sa, struct instant now)
{
	struct child *c, *next;

	for (c = sa->children; c != NULL; c = next) {
		next = c->next;
		child_tick(c, now);
	}
}

static void
send_keepalive(struct ike_sa *sa, struct instant now)
{
	uint8_t *data = malloc(1);
	struct ike_out *out = NULL;

	sa->keepalive_at = instant_after(now, keepalive);
	if (data != NULL)
		out = out_push(sa->ike, IKE_OUT_DATAGRAM, sa->peer->conf.id);
	if (out == NULL) {
		free(data);
		return;
	}
	/* RFC 3948 section 2.3: one octet, without the non-ESP marker. */
	data[0] = 0xff;
	out->data = data;
	out->n = 1;
	out->path = sa->path;
}

/* It has lost, or its probation is over. */
static void
give_way(struct ike_sa *sa, struct instant now)
{
	/* What it would give way to may have gone meanwhile. */
	struct ike_sa *stays = peer_main_sa(sa->peer);

	sa->cull_at = sa->child_by = INSTANT_NEVER;
	if (stays == sa)
		return;
	x_info_wind_up(sa, now);
	if (stays != NULL && sa->stray)
		sa_recheck(stays, now, RECHECK_STRAY);
}

static void
tick_established(struct ike_sa *sa, struct instant now)
{
	if (instant_due(sa->rekey_at, now)) {
		sa->rekey_at = INSTANT_NEVER;
		sa->want_rekey = sa->state == SA_ESTABLISHED;
	}
	if (instant_due(sa->expire_at, now)) {
		sa->expire_at = INSTANT_NEVER;
		peer_failed(sa->peer, "IKE SA reached the end of its life "
		    "without a rekey");
		x_info_wind_up(sa, now);
	}
	if (instant_due(instant_min(sa->cull_at, sa->child_by), now))
		give_way(sa, now);
	if (instant_due(sa->keepalive_at, now))
		send_keepalive(sa, now);
	if (instant_due(sa->dpd_at, now)) {
		sa->dpd_at = INSTANT_NEVER;
		sa->want_dpd = instant_is_never(sa->cull_at);
	}
	if (instant_due(sa->ticket_at, now)) {
		sa->ticket_at = INSTANT_NEVER;
		sa->want_ticket = true;
	}
	proof_tick(sa, now);
	tick_children(sa, now);
}

/* A state that has a limit has reached it. */
static void
state_over(struct ike_sa *sa, struct instant now)
{
	bool waits = sa->state == SA_SIGNING || sa->state == SA_CHECKING ||
	    sa->state == SA_VERIFYING || sa->state == SA_ANSWERING;

	if (waits) {
		peer_failed(sa->peer, "no answer from the key store");
		x_auth_abandon(sa, now);
	} else if (sa->state == SA_REKEYED) {
		/* Its successor's maker has not deleted it. */
		sa->state_until = INSTANT_NEVER;
		x_info_wind_up(sa, now);
	} else {
		sa_die(sa, now, NULL);
	}
}

void
sa_tick(struct ike_sa *sa, struct instant now)
{
	sa_touch(sa);
	if (instant_due(sa->state_until, now)) {
		state_over(sa, now);
		return;
	}
	if (instant_due(inquiry_deadline(sa), now)) {
		inquiry_expired(sa, now);
		return;
	}
	if (sa->x.task != TASK_NONE && instant_due(sa->x.give_up_at, now))
		task_expired(sa, now);
	else if (sa->x.task != TASK_NONE && instant_due(sa->x.resend_at, now))
		xchg_resend(sa, now);
	xchg_tidy(sa, now);
	if (instant_due(x_follow_until(sa), now))
		x_follow_forget(sa);
	if (sa->state == SA_ESTABLISHED || sa->state == SA_REKEYED)
		tick_established(sa, now);
}

static void
dirty_remove(struct ike_sa *sa)
{
	struct ike_sa **p = &sa->ike->dirty;

	while (*p != sa)
		p = &(*p)->dirty_next;
	*p = sa->dirty_next;
}

void
sa_free(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	assert(sa->children == NULL);
	timer_clear(&ike->timers, &sa->timer);
	map_del(&ike->sas, sa_our_spi(sa));
	if (sa->dirty)
		dirty_remove(sa);
	if (sa->init_key != 0 && map_get(&ike->inits, sa->init_key) == sa)
		map_del(&ike->inits, sa->init_key);
	map_del(&ike->tokens_auth, sa->token);
	unlink_peer(sa);
	xchg_fini(sa);
	inquiry_leave(sa);
	proof_fini(sa);
	sa_setup_free(sa);
	sa_create_free(sa);
	follow_free(sa->pending);
	x_sync_fini(sa);
	keys_fini(&sa->keys);
	wipe(sa, sizeof(*sa));
	free(sa);
}
