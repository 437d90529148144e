/*
 * The entry points but for datagrams, which input.c takes: peers, what the
 * host answers, and time.  Every one of them ends with sa_settle_all().
 */
#include "ike/ike.h"

#include <stdlib.h>
#include <string.h>

#include "ike/keep.h"
#include "ike/peer.h"
#include "ike/proof.h"
#include "ike/sa.h"
#include "ike/x_auth.h"
#include "ike/x_info.h"
#include "ike/x_init.h"
#include "ike/x_resume.h"
#include "ike/x_ticket.h"
#include "util/array.h"

#define WALL_STEP	10	/* seconds that the clock may be set unseen */

struct ike *
ike_new(const struct ike_limits *limits, struct drbg *drbg)
{
	struct ike *ike = calloc(1, sizeof(*ike));

	if (ike == NULL)
		return NULL;
	ike->limits = *limits;
	ike->drbg = drbg;
	drbg_fill(drbg, ike->mix, sizeof(ike->mix));
	return ike;
}

void
ike_tickets(struct ike *ike, const struct ticket_keys *keys)
{
	ike->tickets = *keys;
}

static void
peer_free(struct ike_peer *p, struct instant now)
{
	struct ike *ike = p->ike;
	struct ike_sa *sa;

	while ((sa = p->sas) != NULL) {
		sa_die(sa, now, NULL);
		sa_free(sa);
	}
	map_del(&ike->by_id, p->conf.id);
	index_del(&ike->peers, p);
	keep_forget(p);
	ike->anybody_drains = DRAIN_UNKNOWN;
	anyone_forget(ike);
	free(p->story);
	free(p->cert);
	free(p->addke);
	note_clear(&p->why);
	x_ticket_fini(p);
	wipe(p, sizeof(*p));
	free(p);
}

void
ike_free(struct ike *ike)
{
	if (ike == NULL)
		return;
	while (ike->peers.all != NULL)
		peer_free(ike->peers.all, (struct instant){ 0 });
	index_fini(&ike->peers);
	out_flush(ike);
	inquiries_fini(&ike->inquiries);
	map_fini(&ike->by_id);
	map_fini(&ike->sas);
	map_fini(&ike->inits);
	map_fini(&ike->openings);
	map_fini(&ike->children);
	map_fini(&ike->tokens_auth);
	map_fini(&ike->tokens_child);
	timers_fini(&ike->timers);
	wipe(ike, sizeof(*ike));
	free(ike);
}

/* A copy of what the host only lends us with the offers. */
static bool
keep_addke(struct ike_peer *p)
{
	struct offer *offers[] = { &p->conf.ike, &p->conf.esp };

	if (offers[0]->addke == NULL && offers[1]->addke == NULL)
		return true;
	p->addke = calloc(ARRAY_SIZE(offers), sizeof(*p->addke));
	if (p->addke == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(offers); i++) {
		if (offers[i]->addke == NULL)
			continue;
		p->addke[i] = *offers[i]->addke;
		offers[i]->addke = &p->addke[i];
	}
	return true;
}

/* Likewise the octets of the two identities, for which there is room. */
static void
keep_names(struct ike_peer *p)
{
	struct id *l = &p->conf.local_id, *r = &p->conf.remote_id;

	if (l->n > 0)
		memcpy(p->names, l->data, l->n);
	if (r->n > 0)
		memcpy(p->names + l->n, r->data, r->n);
	l->data = p->names;
	r->data = p->names + l->n;
}

bool
ike_peer_add(struct ike *ike, const struct ike_peer_conf *conf)
{
	struct ike_peer *p;

	if (conf->id == 0 || table_peer(ike, conf->id) != NULL ||
	    conf->local_id.n > ID_DATA_MAX || conf->remote_id.n > ID_DATA_MAX)
		return false;
	p = calloc(1, sizeof(*p) + conf->local_id.n + conf->remote_id.n);
	if (p == NULL || !map_put(&ike->by_id, conf->id, p)) {
		free(p);
		return false;
	}
	p->ike = ike;
	p->conf = *conf;
	keep_names(p);
	p->accept = true;
	ike->anybody_drains = DRAIN_UNKNOWN;
	x_ticket_rules(p);
	if (keep_addke(p) && index_add(&ike->peers, p)) {
		anyone_forget(ike);
		return true;
	}
	map_del(&ike->by_id, conf->id);
	free(p->addke);
	free(p);
	return false;
}

void
ike_peer_del(struct ike *ike, struct instant now, uint32_t id)
{
	struct ike_peer *p = table_peer(ike, id);

	if (p != NULL)
		peer_free(p, now);
	sa_settle_all(ike, now);
}

void
ike_peer_creds(struct ike *ike, uint32_t id, const struct ike_creds *creds)
{
	struct ike_peer *p = table_peer(ike, id);

	if (p == NULL)
		return;
	proof_creds(p, creds);
	p->creds = *creds;
	p->creds_epoch++;
	x_ticket_rules(p);
	/* What is up stays up with them: so would a successor have it. */
	keep_touch(p);
	anyone_forget(ike);
}

void
ike_peer_accept(struct ike *ike, uint32_t id, bool accept)
{
	struct ike_peer *p = table_peer(ike, id);

	if (p == NULL || p->accept == accept)
		return;
	p->accept = accept;
	ike->anybody_drains = DRAIN_UNKNOWN;
	anyone_forget(ike);
}

void
ike_peer_up(struct ike *ike, struct instant now, uint32_t id)
{
	struct ike_peer *p = table_peer(ike, id);
	struct ike_sa *sa = p == NULL ? NULL : peer_main_sa(p);

	if (p == NULL)
		return;
	if (sa == NULL && addr_is_set(&p->conf.remote) &&
	    !addr_is_any(&p->conf.remote)) {
		if (!x_resume_request(p, now))
			x_init_request(p, now);
	} else if (sa != NULL && sa->state == SA_ESTABLISHED &&
	    sa_current_child(sa) == NULL) {
		sa->want_child = true;
		sa_touch(sa);
	}
	sa_settle_all(ike, now);
}

/* How an SA ends when we no longer want it. */
static void
sa_unwanted(struct ike_sa *sa, struct instant now)
{
	switch (sa->state) {
	case SA_INIT_SENT:
	case SA_INTER_SENT:
	case SA_SIGNING:
	case SA_HALF_OPEN:
		/* The peer has nothing yet that would outlive a moment. */
		sa_die(sa, now, NULL);
		break;
	case SA_CHECKING:
	case SA_VERIFYING:
	case SA_ANSWERING:
		x_auth_abandon(sa, now);
		break;
	case SA_AUTH_SENT:
	case SA_ESTABLISHED:
	case SA_REKEYED:
		x_info_wind_up(sa, now);
		break;
	case SA_DELETING:
	case SA_REFUSED:
	case SA_DEAD:
	case SA_STATES:
		break;
	}
}

void
ike_peer_down(struct ike *ike, struct instant now, uint32_t id,
    const char *why)
{
	struct ike_peer *p = table_peer(ike, id);

	if (p == NULL)
		return;
	note_set(&p->why, why);
	x_ticket_down(p, now);
	for (struct ike_sa *sa = p->sas; sa != NULL; sa = sa->peer_next)
		sa_unwanted(sa, now);
	sa_settle_all(ike, now);
}

bool
ike_peer_rekey(struct ike *ike, struct instant now, uint32_t id, bool child)
{
	struct ike_peer *p = table_peer(ike, id);
	struct ike_sa *sa = p == NULL ? NULL : peer_main_sa(p);
	struct child *c = sa == NULL ? NULL : sa_current_child(sa);

	if (sa == NULL || sa->state != SA_ESTABLISHED || (child && c == NULL))
		return false;
	if (child)
		c->want_rekey = true;
	else
		sa->want_rekey = true;
	sa_touch(sa);
	sa_settle_all(ike, now);
	return true;
}

static void
info_child(const struct child *c, struct ike_peer_info *info)
{
	info->child = child_usable(c);
	info->spi_in = c->spi_in;
	info->spi_out = c->spi_out;
	info->child_suite = c->suite;
	ts_pair_get(c->ts, &info->local_ts, &info->remote_ts);
	info->encap = c->encap;
}

const struct story *
ike_peer_story(const struct ike *ike, uint32_t id)
{
	const struct ike_peer *p = table_peer(ike, id);

	return p == NULL ? NULL : p->story;
}

bool
ike_peer_idle(const struct ike *ike, uint32_t id)
{
	const struct ike_peer *p = table_peer(ike, id);

	return p == NULL || p->sas == NULL;
}

bool
ike_peer_get(const struct ike *ike, uint32_t id, struct ike_peer_info *out)
{
	struct ike_peer *p = table_peer(ike, id);
	struct ike_peer_info info = { 0 };
	struct ike_sa *sa;

	if (p == NULL)
		return false;
	info.why = note_reason(&p->why);
	info.rekeys = p->rekeys;
	info.child_rekeys = p->child_rekeys;
	info.probes = p->probes;
	info.deaths = p->deaths;
	info.cert_seen = p->cert != NULL;
	if (p->cert != NULL)
		info.cert = *p->cert;
	for (sa = p->sas; sa != NULL; sa = sa->peer_next) {
		info.ike_sas++;
		for (struct child *c = sa->children; c != NULL; c = c->next) {
			info.children++;
			if (child_current(c) && !info.child)
				info_child(c, &info);
		}
	}
	info.resumption = x_ticket_info(p);
	sa = peer_main_sa(p);
	if (sa != NULL) {
		info.resumption.on = sa->resumed;
		info.state = sa->state == SA_ESTABLISHED ? IKE_ESTABLISHED :
		    IKE_CONNECTING;
		info.spi_i = sa->spi_i;
		info.spi_r = sa->spi_r;
		info.path = sa->path;
		info.nat_local = sa->nat_local;
		info.nat_remote = sa->nat_remote;
		info.ppk = sa->ppk;
		info.initiator = sa->opened;
		info.follows = !sa->opened && sa->redirects;
		info.leaving = sa->leaving;
		info.came_from = sa->came_from;
		if (sa->redirected)
			info.gateway = sa->path.remote.addr;
		info.suite = sa->suite;
	}
	*out = info;
	return true;
}

bool
ike_peer_at(const struct ike *ike, uint32_t id, struct addr *out)
{
	struct ike_peer *p = table_peer(ike, id);
	const struct ike_sa *sa = p == NULL ? NULL : peer_main_sa(p);

	if (sa == NULL || sa->state != SA_ESTABLISHED)
		return false;
	*out = sa->path.remote.addr;
	return true;
}

bool
ike_peer_keys(const struct ike *ike, uint32_t id, size_t n,
    struct ike_sa_keys *out)
{
	struct ike_peer *p = table_peer(ike, id);
	struct ike_sa *sa = p == NULL ? NULL : p->sas;

	for (; sa != NULL; sa = sa->peer_next) {
		if (sa->keys.seal_i != NULL && n-- == 0)
			break;
	}
	if (sa == NULL)
		return false;
	out->spi_i = sa->spi_i;
	out->spi_r = sa->spi_r;
	out->suite = sa->suite;
	seal_keys(sa->keys.seal_i, &out->sk_ei, &out->sk_ai);
	seal_keys(sa->keys.seal_r, &out->sk_er, &out->sk_ar);
	return true;
}

/* --- results and time --- */

void
ike_auth_value(struct ike *ike, struct instant now, uint32_t token,
    uint8_t method, struct bytes value, const char *why)
{
	struct ike_sa *sa = map_del(&ike->tokens_auth, token);

	if (sa != NULL && sa->token == token)
		x_auth_value(sa, now, method, value, why);
	sa_settle_all(ike, now);
}

void
ike_installed(struct ike *ike, struct instant now, uint32_t token,
    const char *why)
{
	struct child *c = map_get(&ike->tokens_child, token);

	if (c != NULL)
		child_installed(c, now, token, why);
	sa_settle_all(ike, now);
}

void
ike_expired(struct ike *ike, struct instant now, uint32_t id, uint32_t spi,
    bool hard)
{
	struct ike_peer *p = table_peer(ike, id);
	struct child *c = child_by_in(ike, spi);

	if (c == NULL || c->sa->peer != p)
		c = p == NULL ? NULL : peer_child(p, spi);
	if (c != NULL)
		child_expired(c, now, hard);
	sa_settle_all(ike, now);
}

void
ike_mapping(struct ike *ike, struct instant now, uint32_t spi_in,
    const struct endpoint *from)
{
	struct child *c = child_by_in(ike, spi_in);

	if (c != NULL && sa_may_move(c->sa)) {
		struct path path = { c->sa->path.local, *from };

		sa_path(c->sa, &path);
		sa_touch(c->sa);
	}
	sa_settle_all(ike, now);
}

void
ike_wall(struct ike *ike, struct instant now, int64_t seconds)
{
	int64_t wall = seconds - now.ns / 1000000000;
	int64_t step = wall - ike->wall;

	ike->wall = wall;
	if (step > WALL_STEP || step < -WALL_STEP)
		proof_clock(ike);
}

void
ike_tick(struct ike *ike, struct instant now)
{
	struct timer *t;

	while ((t = timers_pop(&ike->timers, now)) != NULL) {
		sa_tick(container_of(t, struct ike_sa, timer), now);
		sa_settle_all(ike, now);
	}
}

struct instant
ike_deadline(const struct ike *ike)
{
	return timers_next(&ike->timers);
}

bool
ike_next(struct ike *ike, struct ike_out *out)
{
	return out_pop(ike, out);
}

void
ike_count(const struct ike *ike, unsigned *sas, unsigned *children)
{
	*sas = (unsigned)ike->sas.used;
	*children = (unsigned)ike->children.used;
}
