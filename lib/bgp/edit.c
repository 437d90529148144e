/*
 * One direction of a session.  The order is: the place among equals and a
 * MED, AS numbers (as-override, private ones, local-as), the policy, graceful
 * shutdown (RFC 8326), so that a policy sees an AS_PATH as it will be but for
 * our own AS, and that nothing overrules a shutdown.  A result replaces
 * whatever was in its slot; when that happens often there are more slots.
 */
#include "bgp/edit.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/aspath.h"

#define SLOTS_FIRST	8
#define SLOTS_MOST	4096

void
edit_init(struct edit *e, const struct edit_conf *conf)
{
	*e = (struct edit){ .conf = *conf };
	policy_hold(e->conf.policy);
}

static void
slot_clear(struct edit_slot *s, struct intern *in)
{
	if (s->from != 0)
		intern_drop(in, s->from);
	if (s->to != 0)
		intern_drop(in, s->to);
	*s = (struct edit_slot){ .from = 0 };
}

static void
forget(struct edit *e, struct intern *in)
{
	for (uint32_t i = 0; i < e->slots; i++)
		slot_clear(&e->slot[i], in);
	free(e->slot);
	e->slot = NULL;
	e->slots = e->pushed = 0;
}

void
edit_fini(struct edit *e, struct intern *in)
{
	forget(e, in);
	policy_free(e->conf.policy);
	*e = (struct edit){ .slots = 0 };
}

bool
edit_conf_eq(const struct edit_conf *a, const struct edit_conf *b)
{
	return policy_eq(a->policy, b->policy) && a->exports == b->exports &&
	    a->ibgp == b->ibgp && a->asn == b->asn &&
	    a->peer_asn == b->peer_asn && a->first_asn == b->first_asn &&
	    a->override == b->override &&
	    a->tell_loops == b->tell_loops && a->private_as == b->private_as &&
	    a->share == b->share && a->rank == b->rank && a->med == b->med &&
	    a->heed_shutdown == b->heed_shutdown &&
	    a->shutdown == b->shutdown;
}

bool
edit_touches(const struct edit *e, const struct attrs *a)
{
	const struct edit_conf *c = &e->conf;

	return c->policy != NULL || c->first_asn != 0 || c->override ||
	    c->private_as != BGP_PRIVATE_KEEP || c->shutdown ||
	    c->share != BGP_SHARE_AS || c->rank != 0 || c->med != 0 ||
	    (c->heed_shutdown && (a->has & ATTRS_SHUTDOWN) != 0);
}

/* --- what is done --- */

static bool
edit_private(const struct edit_conf *c, union attrs_buf *buf)
{
	switch (c->private_as) {
	case BGP_PRIVATE_KEEP:
		return true;
	case BGP_PRIVATE_REMOVE_ONLY:
		return !aspath_only_private(attrs_path(&buf->attrs)) ||
		    attr_edit_no_private(buf, c->peer_asn, 0);
	case BGP_PRIVATE_REMOVE:
		return attr_edit_no_private(buf, c->peer_asn, 0);
	case BGP_PRIVATE_REPLACE:
		return attr_edit_no_private(buf, c->peer_asn, c->asn);
	}
	return true;
}

static bool
edit_path(const struct edit_conf *c, union attrs_buf *buf)
{
	if (c->override &&
	    !attr_edit_replace_asn(buf, c->peer_asn, c->asn))
		return false;
	return edit_private(c, buf) && (c->first_asn == 0 ||
	    attr_edit_prepend(buf, &c->first_asn, 1));
}

/* What stands unless a policy says otherwise. */
static void
edit_place(const struct edit_conf *c, struct attrs *a)
{
	if (!c->exports) {
		a->share = (uint8_t)c->share;
		a->rank = c->rank;
	}
	if (c->med == 0 || (!c->exports && (a->has & ATTRS_MED) != 0))
		return;
	a->med = c->med;
	a->has |= ATTRS_MED | (c->exports ? ATTRS_MED_OUT : 0);
}

/*
 * RFC 8326 section 4: the initiator marks what it announces, and both ends
 * like least what goes through the link.
 */
static bool
edit_shutdown(const struct edit_conf *c, bool marked, union attrs_buf *buf)
{
	static const struct community_list none;
	struct community_pattern mark = { .kind = COMMUNITY_PLAIN,
		.number = { { 65535, 65535 }, { 0, 0 } } };
	const struct community_list add = { 1, &mark };

	if (c->shutdown || (c->heed_shutdown && marked))
		buf->attrs.local_pref = 0;
	return !c->exports || !c->shutdown ||
	    attr_edit_communities(buf, false, &none, &add);
}

static struct policy_verdict
run(const struct edit_conf *c, uint64_t key, union attrs_buf *buf)
{
	const struct policy_side side = {
		.exports = c->exports, .asn = c->asn,
	};
	const bool marked = (buf->attrs.has & ATTRS_SHUTDOWN) != 0;
	struct policy_verdict v = { .accepted = true, .term = POLICY_END };

	edit_place(c, &buf->attrs);
	v.too_long = !edit_path(c, buf);
	if (!v.too_long && c->policy != NULL)
		v = policy_run(c->policy, key, &side, buf);
	if (v.accepted && !v.too_long)
		v.too_long = !edit_shutdown(c, marked, buf);
	v.accepted = v.accepted && !v.too_long;
	return v;
}

static void
load(union attrs_buf *buf, const struct attrs *a)
{
	memcpy(buf->room, a, offsetof(struct attrs, data) + attrs_size(a));
}

static uint64_t
key_of(const struct edit *e, const struct prefix *p)
{
	return e->conf.policy == NULL ? 0 : policy_key(e->conf.policy, p);
}

bool
edit_why(const struct edit *e, const struct intern *in, uint32_t from,
    const struct prefix *p, union attrs_buf *buf, struct reason *why)
{
	struct policy_verdict v;

	load(buf, intern_at(in, from));
	v = run(&e->conf, key_of(e, p), buf);
	if (e->conf.policy != NULL)
		policy_verdict_str(e->conf.policy, v, why->s, sizeof(why->s));
	else if (v.accepted)
		reason_set(why, "there is no %s policy",
		    e->conf.exports ? "export" : "import");
	else
		reason_set(why, "its attributes would be too long");
	return v.accepted;
}

/* What came in keeps what it was made from. */
static uint32_t
result(const struct edit *e, struct intern *in, uint32_t from,
    union attrs_buf *buf)
{
	if (attrs_same(&buf->attrs, intern_at(in, from))) {
		intern_hold(in, from);
		return from;
	}
	buf->attrs.raw = e->conf.exports ? 0 : from;
	return intern_get(in, &buf->attrs);
}

/* --- what is kept --- */

static void
grow(struct edit *e, struct intern *in)
{
	uint32_t n = e->slots == 0 ? SLOTS_FIRST : e->slots * 4;
	struct edit_slot *more;

	if (e->slots != 0 && (e->pushed < e->slots || n > SLOTS_MOST))
		return;
	more = calloc(n, sizeof(*more));
	if (more == NULL)
		return;
	forget(e, in);
	e->slot = more;
	e->slots = n;
}

static struct edit_slot *
slot_of(const struct edit *e, uint32_t from, uint64_t key)
{
	uint64_t h = (from ^ key << 32 ^ key) * UINT64_C(0x9e3779b97f4a7c15);

	return &e->slot[(h >> 32) & (e->slots - 1)];
}

bool
edit_run(struct edit *e, struct intern *in, uint32_t from,
    const struct prefix *p, uint32_t *to)
{
	uint64_t key = key_of(e, p);
	struct edit_slot *s, new = { .from = from, .key = key };
	union attrs_buf buf;

	grow(e, in);
	if (e->slots == 0)
		return false;
	s = slot_of(e, from, key);
	if (s->from == from && s->key == key) {
		*to = s->to;
		return true;
	}
	load(&buf, intern_at(in, from));
	if (run(&e->conf, key, &buf).accepted) {
		new.to = result(e, in, from, &buf);
		if (new.to == 0)
			return false;
	}
	intern_hold(in, from);
	e->pushed += s->from != 0;
	slot_clear(s, in);
	*s = new;
	*to = s->to;
	return true;
}
