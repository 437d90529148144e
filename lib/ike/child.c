/*
 * Child SAs: keys, installation, switch-over, lingering (RFC 7296 sections
 * 1.4.1, 2.8, 2.17).  The kernel is asked through outputs and answers with
 * child_installed(); nothing here decides what to negotiate.
 */
#include "ike/child.h"

#include <stdlib.h>
#include <string.h>

#include "ike/peer.h"
#include "ike/sa.h"
#include "ike/xchg.h"

/* Two that are made within this time may have crossed. */
static const struct span crossing = { INT64_C(60) * 1000000000 };
static const struct span grace = { INT64_C(10) * 1000000000 };
static const struct span linger = { INT64_C(3) * 1000000000 };
/* A kernel that does not answer in this time has lost the request. */
static const struct span install_patience = { INT64_C(15) * 1000000000 };
/* Long enough for a delete that is lost a few times. */
static const struct span overdue = { INT64_C(30) * 1000000000 };
/* The answer has arrived and what it is about is installed. */
static const struct span turn = { INT64_C(1) * 1000000000 };
static const struct span retry = { INT64_C(10) * 1000000000 };

static struct nonce_key
nonce_key(struct bytes b)
{
	struct nonce_key k = { .n = (uint8_t)(b.n < 32 ? b.n : 32) };

	memcpy(k.b, b.p, k.n);
	return k;
}

int
nonce_cmp(const struct nonce_key *a, const struct nonce_key *b)
{
	return bytes_cmp(bytes_of(a->b, a->n), bytes_of(b->b, b->n));
}

struct nonce_key
nonce_lowest(struct bytes a, struct bytes b)
{
	return nonce_key(bytes_cmp(a, b) < 0 ? a : b);
}

static struct ike_esp
esp_of(const struct child *c, bool inbound)
{
	const struct path *p = &c->path;
	const struct endpoint *src = inbound ? &p->remote : &p->local;
	const struct endpoint *dst = inbound ? &p->local : &p->remote;

	return (struct ike_esp){
		.spi = inbound ? c->spi_in : c->spi_out,
		.inbound = inbound,
		.src = src->addr,
		.dst = dst->addr,
		.suite = c->suite,
		.encap = c->encap,
		.sport = src->port,
		.dport = dst->port,
	};
}

static uint32_t
peer_id(const struct child *c)
{
	return c->sa->peer->conf.id;
}

/*
 * When to rekey what may carry so much: as far ahead of the end as it is in
 * time, and as fuzzily.
 */
static uint64_t
soft_of(const struct child *c, uint64_t hard)
{
	const struct ike_peer_conf *conf = &c->sa->peer->conf;
	uint64_t parts = (uint64_t)(conf->rekey_margin.ns /
	    (conf->child_lifetime.ns / 1000 + 1));
	uint64_t margin = hard / 1000 * parts + hard % 1000 * parts / 1000;
	uint64_t early = margin * drbg_below(c->sa->ike->drbg,
	    conf->rekey_fuzz + 1) / 100;

	return margin + early > hard / 4 * 3 ? hard / 4 : hard - margin -
	    early;
}

/*
 * What this SA may carry, on top of its time.  RFC 4303 section 3.3.3: without
 * ESN its sequence numbers must not cycle; there is no hurry at 3 of 4.
 */
static void
volumes(const struct child *c, struct ike_esp *esp)
{
	const struct ike_peer_conf *conf = &c->sa->peer->conf;
	struct drbg *drbg = c->sa->ike->drbg;
	uint64_t most = UINT32_MAX;
	uint64_t early = most / 4 * 3 - drbg_below(drbg, UINT32_C(1) << 28);

	esp->hard_bytes = conf->child_bytes;
	esp->soft_bytes = soft_of(c, conf->child_bytes);
	esp->hard_packets = conf->child_packets;
	esp->soft_packets = soft_of(c, conf->child_packets);
	if (c->suite.esn)
		return;
	if (esp->hard_packets == 0 || esp->hard_packets > most)
		esp->hard_packets = most;
	if (esp->soft_packets == 0 || esp->soft_packets > early)
		esp->soft_packets = early;
}

/* Asks the kernel about one direction; the answer comes with the token. */
static struct ike_out *
ask(struct child *c, struct instant now, enum ike_out_kind kind, bool inbound)
{
	struct ike *ike = c->sa->ike;
	uint32_t token = table_token(ike);
	struct ike_out *out;

	if (!map_put(&ike->tokens_child, token, c))
		return NULL;
	out = out_push(ike, kind, peer_id(c));
	if (out == NULL) {
		map_del(&ike->tokens_child, token);
		return NULL;
	}
	out->token = token;
	out->esp = esp_of(c, inbound);
	c->install_by = instant_after(now, install_patience);
	return out;
}

/* The token; 0: no memory. */
static uint32_t
install(struct child *c, struct instant now, bool inbound)
{
	/* Initiator's traffic uses the first key pair (section 2.17). */
	bool first = c->initiated != inbound;
	struct ike_out *out = ask(c, now, IKE_OUT_SA_ADD, inbound);

	if (out == NULL)
		return 0;
	volumes(c, &out->esp);
	out->esp.encr = first ? c->keys->encr_i : c->keys->encr_r;
	out->esp.integ = first ? c->keys->integ_i : c->keys->integ_r;
	if (inbound)
		c->in_kernel = true;
	else
		c->out_kernel = true;
	return out->token;
}

static void
uninstall(struct child *c, bool inbound)
{
	bool *there = inbound ? &c->in_kernel : &c->out_kernel;
	struct ike_out *out;

	if (!*there)
		return;
	*there = false;
	out = out_push(c->sa->ike, IKE_OUT_SA_DEL, peer_id(c));
	if (out != NULL)
		out->esp = esp_of(c, inbound);
}

static void
keys_drop(struct child *c)
{
	if (c->keys != NULL)
		wipe(c->keys, sizeof(*c->keys));
	free(c->keys);
	c->keys = NULL;
}

/* Soft and hard limits by time (RFC 7296 section 2.8), ours with jitter. */
static void
lifetimes(struct child *c, struct instant now)
{
	const struct ike_peer_conf *conf = &c->sa->peer->conf;
	struct span fuzz = { conf->rekey_margin.ns / 100 * conf->rekey_fuzz };
	struct span early = drbg_span(c->sa->ike->drbg, fuzz);
	struct span soft = { conf->child_lifetime.ns - conf->rekey_margin.ns -
	    early.ns };

	if (soft.ns < conf->child_lifetime.ns / 4)
		soft.ns = conf->child_lifetime.ns / 4;
	c->rekey_at = instant_after(now, soft);
	c->expire_at = instant_after(now, conf->child_lifetime);
}

static struct child *
child_alloc(struct ike_sa *sa, struct instant now, const struct child_deal *d)
{
	struct child *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	*c = (struct child){
		.sa = sa, .spi_in = d->spi_in, .spi_out = d->spi_out,
		.suite = d->suite, .path = sa->path,
		.ts = ts_pair_new(&d->local_ts, &d->remote_ts),
		.encap = sa->encap, .initiated = d->initiated,
		.created = d->created, .replaces = d->replaces,
		.rekey_at = INSTANT_NEVER,
		.expire_at = INSTANT_NEVER, .gone_at = INSTANT_NEVER,
		.cull_at = INSTANT_NEVER, .install_by = INSTANT_NEVER,
		.overdue_at = INSTANT_NEVER, .switch_at = INSTANT_NEVER,
		.created_at = now,
		.lowest = nonce_lowest(d->ni, d->nr),
		.keys = calloc(1, sizeof(*c->keys)),
	};
	if (c->ts == NULL || c->keys == NULL ||
	    map_get(&sa->ike->children, c->spi_in) != NULL ||
	    !keys_child(sa->suite.prf, &sa->keys.sk_d, &d->suite, d->ni,
	    d->nr, d->g_ir, d->more, c->keys) ||
	    !map_put(&sa->ike->children, c->spi_in, c)) {
		keys_drop(c);
		free(c->ts);
		free(c);
		return NULL;
	}
	return c;
}

/*
 * Where another IKE SA has a child already: who answers must not send on this
 * one before the initiator can receive, and nobody on one that has lost to the
 * other.  Never: at once.
 */
static struct instant
its_turn(const struct ike_sa *sa, struct instant now, bool initiated)
{
	if (!peer_has_child(sa->peer, sa))
		return INSTANT_NEVER;
	if (!instant_is_never(sa->cull_at))
		return instant_after(sa->cull_at, turn);
	return initiated ? INSTANT_NEVER : instant_after(now, turn);
}

struct child *
child_new(struct ike_sa *sa, struct instant now, const struct child_deal *d)
{
	struct child *c = child_alloc(sa, now, d);
	bool both;

	if (c == NULL)
		return NULL;
	sa_child_add(sa, c);
	if (d->lost) {
		child_replaced(c);
		c->want_delete = true;
		return c;
	}
	lifetimes(c, now);
	both = d->initiated || d->replaces == 0;
	if (d->replaces == 0)
		c->switch_at = its_turn(sa, now, d->initiated);
	both &= instant_is_never(c->switch_at);
	c->token_in = install(c, now, true);
	if (both)
		c->token_out = install(c, now, false);
	if (c->token_in == 0 || (both && c->token_out == 0)) {
		child_free(c);
		return NULL;
	}
	return c;
}

/* False: no memory. */
static bool
hold(struct child *c, struct instant now)
{
	struct ike_out *in = NULL, *out = NULL;

	if (c->in_kernel && (in = ask(c, now, IKE_OUT_SA_HOLD, true)) != NULL)
		c->token_in = in->token;
	if (c->out_kernel &&
	    (out = ask(c, now, IKE_OUT_SA_HOLD, false)) != NULL)
		c->token_out = out->token;
	return c->in_kernel == (in != NULL) && c->out_kernel == (out != NULL);
}

struct child *
child_adopt(struct ike_sa *sa, struct instant now, const struct child *of,
    const struct child_keys *keys)
{
	struct child *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		free(of->ts);
		return NULL;
	}
	*c = *of;
	c->keys = keys == NULL ? NULL : malloc(sizeof(*c->keys));
	c->token_in = c->token_out = 0;
	c->answer = false;
	c->install_by = INSTANT_NEVER;
	if ((c->keys == NULL) != (keys == NULL) ||
	    map_get(&sa->ike->children, c->spi_in) != NULL ||
	    !map_put(&sa->ike->children, c->spi_in, c)) {
		keys_drop(c);
		free(c->ts);
		free(c);
		return NULL;
	}
	if (keys != NULL)
		*c->keys = *keys;
	sa_child_add(sa, c);
	return hold(c, now) ? c : NULL;
}

void
child_free(struct child *c)
{
	struct ike *ike = c->sa->ike;
	struct child **p = &c->sa->children;

	if (c->answer)
		xchg_drop(c->sa);
	uninstall(c, false);
	uninstall(c, true);
	map_del(&ike->children, c->spi_in);
	map_del(&ike->tokens_child, c->token_in);
	map_del(&ike->tokens_child, c->token_out);
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	sa_touch(c->sa);
	keys_drop(c);
	free(c->ts);
	wipe(c, sizeof(*c));
	free(c);
}

bool
child_usable(const struct child *c)
{
	return c->state == CHILD_LIVE ||
	    (c->state == CHILD_RECEIVING && c->out_kernel);
}

bool
child_current(const struct child *c)
{
	return c->state == CHILD_INSTALLING || c->state == CHILD_RECEIVING ||
	    c->state == CHILD_LIVE;
}

struct child *
child_heir(const struct child *old)
{
	for (struct child *c = old->sa->children; c != NULL; c = c->next) {
		if (c->replaces == old->spi_in && child_current(c))
			return c;
	}
	return NULL;
}

/* The one that this child of ours replaces is deleted by us. */
static void
predecessor_out(struct child *c)
{
	struct child *old = child_by_in(c->sa->ike, c->replaces);

	c->replaces = 0;
	if (old == NULL || !child_current(old))
		return;
	child_replaced(old);
	old->want_delete = true;
}

static void
all_installed(struct child *c, struct instant now)
{
	c->state = c->out_kernel ? CHILD_LIVE : CHILD_RECEIVING;
	if (c->out_kernel)
		keys_drop(c);
	if (c->out_kernel && c->initiated)
		predecessor_out(c);
	if (c->answer) {
		c->answer = false;
		xchg_release(c->sa, now);
	}
	/* What it replaces may have gone meanwhile. */
	if (c->replaces == 0 && instant_is_never(c->switch_at))
		child_switch(c, now);
}

/*
 * The kernel refused.  An answer that still waits says so; where the peer knows
 * of the child already it is deleted with it.
 */
static void
install_failed(struct child *c, struct instant now, const char *why)
{
	struct ike_sa *sa = c->sa;
	struct child *old = child_by_in(sa->ike, c->replaces);
	bool waits = c->answer;

	c->answer = false;
	story_add(peer_story(sa->peer, STORY_KERNEL), "kernel", "%s", why);
	peer_failed(sa->peer, "kernel refused an SA: %s", why);
	if (old != NULL && c->initiated) {
		old->want_rekey = child_current(old);
		old->retry_at = instant_after(now, retry);
	}
	if (waits && sa->x.response != NULL &&
	    sa->x.response[HDR_EXCHANGE_AT] != IKE_AUTH) {
		uint8_t exchange = sa->x.response[HDR_EXCHANGE_AT];

		child_free(c);
		xchg_refuse(sa, now, exchange, N_TEMPORARY_FAILURE,
		    (struct bytes){ 0 });
		return;
	}
	if (waits)
		xchg_release(sa, now);
	child_replaced(c);
	c->want_delete = true;
}

void
child_installed(struct child *c, struct instant now, uint32_t token,
    const char *why)
{
	bool inbound = token == c->token_in;

	map_del(&c->sa->ike->tokens_child, token);
	if (inbound)
		c->token_in = 0;
	else
		c->token_out = 0;
	if (why != NULL && inbound)
		c->in_kernel = false;
	else if (why != NULL)
		c->out_kernel = false;
	sa_touch(c->sa);
	if (!child_current(c))
		return;
	if (why != NULL)
		install_failed(c, now, why);
	else if (c->token_in == 0 && c->token_out == 0)
		all_installed(c, now);
}

void
child_switch(struct child *c, struct instant now)
{
	struct ike_sa *sa = c->sa;

	if (c->state == CHILD_RECEIVING && !c->out_kernel)
		c->token_out = install(c, now, false);
	if (c->replaces != 0) {
		sa->peer->child_rekeys++;
		out_event(sa->ike, peer_id(c), IKE_EV_REKEYED, "child SA");
	}
	c->replaces = 0;
	sa_touch(sa);
}

void
child_turn(struct child *c, struct instant now)
{
	if (instant_is_never(c->switch_at))
		return;
	c->switch_at = INSTANT_NEVER;
	child_switch(c, now);
}

void
child_hand_over(const struct child *old, struct instant now)
{
	for (struct child *c = old->sa->children; c != NULL; c = c->next) {
		if (c->replaces == old->spi_in && !c->initiated &&
		    child_current(c))
			child_switch(c, now);
	}
}

void
child_linger(struct child *c, struct instant now)
{
	if (c->state == CHILD_LINGERING)
		return;
	uninstall(c, false);
	c->state = CHILD_LINGERING;
	c->want_delete = c->want_rekey = false;
	c->rekey_at = c->expire_at = INSTANT_NEVER;
	c->cull_at = c->install_by = c->overdue_at = INSTANT_NEVER;
	c->switch_at = INSTANT_NEVER;
	c->replaces = 0;
	c->gone_at = instant_after(now, linger);
	keys_drop(c);
	sa_touch(c->sa);
}

void
child_replaced(struct child *c)
{
	c->state = CHILD_REPLACED;
	c->want_rekey = false;
	c->rekey_at = c->overdue_at = c->switch_at = INSTANT_NEVER;
	sa_touch(c->sa);
}

void
child_superseded(struct child *c, struct instant now)
{
	c->overdue_at = instant_after(now, overdue);
	sa_touch(c->sa);
}

void
child_lost(struct child *c, struct instant now)
{
	if (c->answer)
		xchg_release(c->sa, now);
	c->answer = false;
	child_replaced(c);
	c->cull_at = instant_after(now, grace);
}

void
child_refresh(struct child *c, struct instant at)
{
	c->rekey_at = instant_min(c->rekey_at, at);
	sa_touch(c->sa);
}

void
child_elect(struct child *c, struct instant now)
{
	for (struct child *o = c->sa->children; o != NULL; o = o->next) {
		struct child *loser = o;

		if (o == c || !child_current(o) || o->want_delete)
			continue;
		if (o->created && o->initiated &&
		    instant_since(now, o->created_at).ns < crossing.ns) {
			if (nonce_cmp(&c->lowest, &o->lowest) < 0)
				loser = c;
			if (!loser->initiated) {
				loser->cull_at = instant_after(now, grace);
				continue;
			}
		}
		loser->want_delete = true;
	}
	sa_touch(c->sa);
}

void
child_path(struct child *c, const struct path *path)
{
	struct path old = c->path;

	c->path = *path;
	for (int inbound = 0; inbound <= 1; inbound++) {
		struct ike_out *out;

		if (!(inbound ? c->in_kernel : c->out_kernel))
			continue;
		out = out_push(c->sa->ike, IKE_OUT_SA_PATH, peer_id(c));
		if (out == NULL)
			continue;
		out->esp = esp_of(c, inbound);
		out->old = old;
		out->path = *path;
	}
}

/* Has the kernel yet to answer something that matters? */
static bool
unanswered(const struct child *c)
{
	return child_current(c) && (c->token_in != 0 || c->token_out != 0);
}

struct instant
child_deadline(const struct child *c)
{
	struct instant t = instant_min(instant_min(c->gone_at, c->cull_at),
	    instant_min(c->rekey_at, c->expire_at));

	t = instant_min(t, instant_min(c->overdue_at, c->switch_at));
	return unanswered(c) ? instant_min(t, c->install_by) : t;
}

static void
kernel_silent(struct child *c, struct instant now)
{
	map_del(&c->sa->ike->tokens_child, c->token_in);
	map_del(&c->sa->ike->tokens_child, c->token_out);
	c->token_in = c->token_out = 0;
	install_failed(c, now, "no answer");
}

/* Its life is over: a successor takes over, and it is deleted. */
static void
hard_limit(struct child *c, struct instant now)
{
	c->expire_at = INSTANT_NEVER;
	if (child_current(c) && child_heir(c) == NULL)
		peer_failed(c->sa->peer, "child SA reached the end of its "
		    "life without a rekey");
	child_hand_over(c, now);
	if (c->answer)
		xchg_release(c->sa, now);
	c->answer = false;
	child_replaced(c);
	c->want_delete = true;
}

void
child_expired(struct child *c, struct instant now, bool hard)
{
	if (c->state == CHILD_DELETING || c->state == CHILD_LINGERING)
		return;
	if (hard)
		hard_limit(c, now);
	else
		c->want_rekey = child_current(c);
	sa_touch(c->sa);
}

void
child_tick(struct child *c, struct instant now)
{
	if (instant_due(c->rekey_at, now)) {
		c->rekey_at = INSTANT_NEVER;
		c->want_rekey = true;
	}
	if (instant_due(c->expire_at, now))
		hard_limit(c, now);
	if (instant_due(c->switch_at, now))
		child_turn(c, now);
	if (instant_due(c->cull_at, now)) {
		c->cull_at = INSTANT_NEVER;
		c->want_delete = true;
		sa_recheck(c->sa, now, RECHECK_STRAY);
	}
	if (instant_due(c->overdue_at, now)) {
		c->overdue_at = INSTANT_NEVER;
		if (child_current(c) && child_heir(c) != NULL) {
			child_hand_over(c, now);
			c->want_delete = true;
		}
	}
	if (instant_due(c->gone_at, now))
		child_free(c);
	else if (unanswered(c) && instant_due(c->install_by, now))
		kernel_silent(c, now);
}

struct child *
child_by_in(const struct ike *ike, uint32_t spi_in)
{
	return spi_in == 0 ? NULL : map_get(&ike->children, spi_in);
}

struct child *
child_by_out(const struct ike_sa *sa, uint32_t spi_out)
{
	for (struct child *c = sa->children; c != NULL; c = c->next) {
		if (c->spi_out == spi_out && c->state != CHILD_LINGERING)
			return c;
	}
	return NULL;
}
