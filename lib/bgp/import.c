/*
 * Adj-RIB-In (RFC 4271 sections 6.3, 9 and 9.1.2): routes enter the RIB, with
 * the mark whether they may be chosen.  Not to be chosen are routes with our
 * own AS in AS_PATH, routes that we reflected (RFC 4456 section 8), leaks by
 * the roles of both ends (RFC 9234) and such whose next hop is not on the
 * tunnel: with the family of the session it is the neighbour itself, with the
 * other family any address but ours.  Others the session's policy judges
 * (edit.c).  A route that is rejected stays as it came, and one that was
 * changed knows what it came as, so that a new policy needs nothing from the
 * peer.
 *
 * A route is in every table that the session propagates to, with the same
 * attributes.  Other tables are filled, and those of before left, by the sweep
 * that judges all again; what comes meanwhile goes where it belongs at once.
 */
#include "bgp/import.h"

#include <limits.h>

#include "bgp/aspath.h"
#include "bgp/nlri.h"
#include "bgp/open.h"
#include "bgp/role.h"

static bool
family_on(const struct import *im, enum addr_family family)
{
	return (im->families & (family == ADDR_IPV6 ? OPEN_IPV6 :
	    family == ADDR_IPV4 ? OPEN_IPV4 : 0)) != 0;
}

static bool
ipv4_mapped(const struct addr *a)
{
	static const uint8_t head[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == ADDR_IPV6 &&
	    bytes_eq(bytes_of(a->b, 12), bytes_of(head, 12));
}

/* NULL: usable. */
static const char *
next_hop_error(const struct import *im, const struct addr *hop)
{
	if (addr_is_any(hop) || addr_is_multicast(hop) ||
	    addr_is_loopback(hop) || ipv4_mapped(hop))
		return "is no address of a router";
	if (addr_eq(hop, &im->local) || addr_eq(hop, &im->next_hop4) ||
	    addr_eq(hop, &im->next_hop6))
		return "is ours";
	if (addr_is_link_local(hop) && !addr_eq(hop, &im->remote))
		return "is link-local";
	if (hop->family == im->remote.family && !addr_eq(hop, &im->remote))
		return "is not the neighbour";
	if (hop->family == im->remote_other.family &&
	    !addr_eq(hop, &im->remote_other))
		return "is not the neighbour";
	return NULL;
}

static unsigned
own_times(const struct import *im, const struct attrs *a)
{
	return aspath_times(attrs_path(a), im->local_asn) +
	    (im->own_asn == 0 ? 0 :
	    aspath_times(attrs_path(a), im->own_asn));
}

static bool
looped(const struct import *im, const struct attrs *a)
{
	return own_times(im, a) > im->allow_own ||
	    ((a->has & ATTRS_ORIGINATOR) != 0 &&
	    a->originator == im->router_id);
}

/*
 * What becomes of a route as it came: the attributes that it has in the RIB,
 * and whether it may be chosen.  False: no memory.
 */
static bool
judge(struct import *im, struct rib *r, uint32_t raw, const struct prefix *p,
    uint32_t *attrs, bool *eligible)
{
	uint32_t to = 0;

	if (!edit_run(&im->edit, &r->intern, raw, p, &to))
		return false;
	*eligible = to != 0;
	*attrs = to != 0 ? to : raw;
	return true;
}

/* --- tables --- */

static bool
among(const struct places *p, uint16_t table)
{
	for (unsigned i = 0; i < p->n; i++) {
		if (p->v[i] == table)
			return true;
	}
	return false;
}

static struct places
places_of(const struct bgp_tables *t)
{
	struct places p = { .n = 1, .v = { BGP_TABLE_MAIN } };

	if (!t->given)
		return p;
	p.v[0] = RIB_LIMBO;
	for (p.n = 0; p.n < t->n; p.n++)
		p.v[p.n] = t->into[p.n];
	if (p.n == 0)
		p.n = 1;
	return p;
}

void
import_places(struct import *im, struct rib *r, const struct bgp_tables *t)
{
	im->into = places_of(t);
	im->from.n = 0;
	rib_move(r, im->source, im->into.v[0]);
}

void
import_inherit(struct import *im, const struct import *from)
{
	im->into = from->into;
	im->from = from->from;
	im->moving = im->sweeping = from->moving;
}

static bool
same_places(const struct places *a, const struct places *b)
{
	bool same = a->n == b->n;

	for (unsigned i = 0; same && i < a->n; i++)
		same = among(b, a->v[i]);
	return same;
}

/* One move at a time: what one of before has left to do is done first. */
bool
import_move(struct import *im, struct rib *r, const struct bgp_tables *t,
    bool *due)
{
	const struct places to = places_of(t);
	unsigned all = UINT_MAX;

	*due = false;
	if (same_places(&to, &im->into))
		return true;
	if (im->from.n > 0) {
		if (!import_sweep(im, r, &all))
			return false;
		im->sweeping = true;	/* the next one follows */
	}
	for (unsigned i = 0; i < im->into.n; i++) {
		if (!among(&to, im->into.v[i]))
			im->from.v[im->from.n++] = im->into.v[i];
	}
	im->into = to;
	if (!among(&to, rib_home(r, im->source)))
		rib_move(r, im->source, to.v[0]);
	im->moving = *due = true;
	return true;
}

static bool
put(const struct import *im, struct rib *r, const struct prefix *p,
    uint32_t id, uint32_t attrs, bool eligible)
{
	for (unsigned i = 0; i < im->into.n; i++) {
		if (!rib_reach_path(r, im->source, im->into.v[i], p, id,
		    attrs, eligible))
			return false;
	}
	return true;
}

static void
leave(const struct import *im, struct rib *r, const struct prefix *p,
    uint32_t id)
{
	for (unsigned i = 0; i < im->from.n; i++)
		rib_unreach_path(r, im->source, im->from.v[i], p, id);
}

static void
take_back(const struct import *im, struct rib *r, const struct prefix *p,
    uint32_t id)
{
	for (unsigned i = 0; i < im->into.n; i++)
		rib_unreach_path(r, im->source, im->into.v[i], p, id);
	leave(im, r, p, id);
}

/* --- what comes --- */

/* The prefixes of a field that update_parse() found well-formed. */
static void
withdraw(const struct import *im, struct rib *r, enum addr_family family,
    struct bytes nlri)
{
	bool ids = update_has_ids(&im->mode, family);
	struct rd rd = rd_of(nlri);
	struct prefix p;
	uint32_t id;

	if (!family_on(im, family))
		return;
	while (nlri_next_id(&rd, family, ids, &p, &id))
		take_back(im, r, &p, id);
}

/* Stale routes may be there twice: as others in their place. */
static uint32_t
fresh(const struct import *im, const struct rib *r)
{
	return rib_held(r, im->source) -
	    rib_stale(r, im->source, ADDR_IPV4) -
	    rib_stale(r, im->source, ADDR_IPV6);
}

/* RFC 4271 section 6.7, RFC 4486. */
enum attr_verdict
import_limit(const struct import *im, const struct rib *r, struct fault *f)
{
	uint64_t most = im->max_prefixes;

	if (most == 0 || (fresh(im, r) <= most &&
	    rib_held(r, im->source) <= 2 * most))
		return ATTR_OK;
	fault_set(f, FAULT_CEASE, FAULT_MAX_PREFIXES, (struct bytes){ 0 });
	reason_set(&f->text, "the remote announces more than %u prefixes",
	    im->max_prefixes);
	return ATTR_RESET;
}

/* Prefixes and paths that are as if they had not come. */
struct ignored {
	unsigned	multicast;
	unsigned	paths;		/* more than LIMIT_PATHS */
	struct prefix	crowded;	/* the first one with as many */
};

/* The identifiers of its paths to a prefix, each once. */
struct ids {
	unsigned	n;
	uint32_t	v[LIMIT_PATHS];
	bool		found;		/* the one that is looked for */
};

static void
add_ids(const struct import *im, const struct rib *r, uint16_t table,
    const struct prefix *p, uint32_t id, struct ids *ids)
{
	uint32_t net = rib_find(r, table, p), path[LIMIT_PATHS];
	unsigned n = net == 0 ? 0 : rib_paths_from(r, net, im->source, path);

	while (n-- > 0) {
		uint32_t it = addpath_get(&r->ids, path[n]);
		unsigned i = 0;

		while (i < ids->n && ids->v[i] != it)
			i++;
		if (i == ids->n && ids->n < LIMIT_PATHS)
			ids->v[ids->n++] = it;
		ids->found = ids->found || it == id;
	}
}

/* Amid a move some of its paths are here and some are there. */
static bool
has_room(const struct import *im, const struct rib *r,
    const struct prefix *p, uint32_t id)
{
	struct ids ids = { .n = 0 };

	for (unsigned i = 0; i < (im->moving ? im->into.n : 1u); i++)
		add_ids(im, r, im->into.v[i], p, id, &ids);
	for (unsigned i = 0; i < im->from.n; i++)
		add_ids(im, r, im->from.v[i], p, id, &ids);
	return ids.found || ids.n < LIMIT_PATHS;
}

static bool
worst_stale(const struct import *im, const struct rib *r,
    const struct prefix *p, uint32_t *id)
{
	for (unsigned i = 0; i < im->into.n; i++) {
		if (rib_stale_path(r, im->source, im->into.v[i], p, id))
			return true;
	}
	for (unsigned i = 0; i < im->from.n; i++) {
		if (rib_stale_path(r, im->source, im->from.v[i], p, id))
			return true;
	}
	return false;
}

/*
 * Is there, or is now, room for a path of this identifier?  A peer that has
 * restarted may count its paths another way: stale ones give way to others.
 */
static bool
make_room(const struct import *im, struct rib *r, const struct prefix *p,
    uint32_t id)
{
	uint32_t stale;

	if (r->ids.n == 0 || has_room(im, r, p, id))
		return true;
	if (!worst_stale(im, r, p, &stale))
		return false;
	take_back(im, r, p, stale);
	return true;
}

/*
 * RFC 4271 section 6.3: "If a prefix in the NLRI field is semantically
 * incorrect (e.g., an unexpected multicast IP address), an error SHOULD be
 * logged locally, and the prefix SHOULD be ignored."
 */
static bool
is_ignored(const struct import *im, struct rib *r, const struct prefix *p,
    uint32_t id, struct ignored *ignored)
{
	if (addr_is_multicast(&p->addr)) {
		ignored->multicast++;
		return true;
	}
	if (make_room(im, r, p, id))
		return false;
	if (ignored->paths++ == 0)
		ignored->crowded = *p;
	return true;
}

static bool
announce(struct import *im, struct rib *r, enum addr_family family,
    struct bytes nlri, uint32_t raw, bool usable, struct ignored *ignored)
{
	bool ids = update_has_ids(&im->mode, family);
	bool edits = usable &&
	    edit_touches(&im->edit, intern_at(&r->intern, raw));
	bool eligible = usable;
	struct rd rd = rd_of(nlri);
	uint32_t attrs = raw, id;
	struct prefix p;

	while (nlri_next_id(&rd, family, ids, &p, &id)) {
		if (is_ignored(im, r, &p, id, ignored))
			continue;
		if (edits && !judge(im, r, raw, &p, &attrs, &eligible))
			return false;
		if (!put(im, r, &p, id, attrs, eligible))
			return false;
		leave(im, r, &p, id);
	}
	return true;
}

static enum attr_verdict
no_memory(struct fault *f)
{
	fault_set(f, FAULT_CEASE, FAULT_RESOURCES, (struct bytes){ 0 });
	reason_set(&f->text, "out of memory for routes");
	return ATTR_RESET;
}

/* A line for the first of them; the others are as their neighbour is. */
static bool
tell_looped(struct import *im, const struct attrs *a, struct fault *f)
{
	bool here = aspath_times(attrs_path(a), im->local_asn) > 0;

	if (im->told_loop)
		return false;
	im->told_loop = true;
	if (own_times(im, a) > im->allow_own)
		reason_set(&f->text, "routes are not used: AS_PATH contains "
		    "our own AS %u, which is told once a session",
		    here ? im->local_asn : im->own_asn);
	else
		reason_set(&f->text, "routes are not used: ORIGINATOR_ID is "
		    "our own, which is told once a session");
	return true;
}

/* Something that is worth a line; NULL: it may be used, but for policies. */
static const char *
unusable(const struct import *im, const struct attrs *a, struct fault *f)
{
	const char *hop = next_hop_error(im, &a->next_hop);
	const char *leak = role_leak(im->role, im->mode.remote_asn, a);
	char text[ADDR_STRLEN];

	if (hop != NULL)
		reason_set(&f->text, "routes are not used: their next hop "
		    "%s %s", addr_str(&a->next_hop, text), hop);
	else if (leak != NULL)
		reason_set(&f->text, "routes are not used: %s", leak);
	return hop != NULL ? hop : leak;
}

/* "... (10.2.0.0/16 and 3 more)" */
static void
name_routes(const struct import *im, struct fault *f,
    enum addr_family family, struct bytes nlri)
{
	bool ids = update_has_ids(&im->mode, family);
	char text[PREFIX_STRLEN];
	struct rd rd = rd_of(nlri);
	struct prefix p;
	unsigned n = 0;
	uint32_t id;

	if (family == ADDR_NONE ||
	    !nlri_next_id(&rd, family, ids, &p, &id) ||
	    !nlri_check(nlri, family, ids, &n))
		return;
	str_add(f->text.s, sizeof(f->text.s), " (%s", prefix_str(&p, text));
	if (n > 1)
		str_add(f->text.s, sizeof(f->text.s), " and %u more", n - 1);
	str_add(f->text.s, sizeof(f->text.s), ")");
}

static enum attr_verdict
tell_ignored(const struct ignored *ignored, struct fault *f)
{
	char text[PREFIX_STRLEN];

	if (ignored->multicast > 0)
		reason_set(&f->text, "%u multicast prefixes are ignored",
		    ignored->multicast);
	else if (ignored->paths > 0)
		reason_set(&f->text, "%u paths are ignored: %s has %u already",
		    ignored->paths, prefix_str(&ignored->crowded, text),
		    LIMIT_PATHS);
	return ignored->multicast + ignored->paths > 0 ? ATTR_DISCARD :
	    ATTR_OK;
}

/* Routes of one family with one next hop. */
static enum attr_verdict
reach(struct import *im, struct rib *r, const struct update *u,
    enum addr_family family, const struct addr *hop, struct bytes nlri,
    struct fault *f)
{
	struct ignored ignored = { 0 };
	union attrs_buf buf;
	const char *bad;
	bool ok, loops;
	uint32_t id;

	if (nlri.n == 0 || !family_on(im, family))
		return ATTR_OK;
	attr_canon(&buf, &u->attrs, &im->mode, hop);
	if (role_marks_in(im->role))
		attr_add_otc(&buf, im->mode.remote_asn);
	bad = unusable(im, &buf.attrs, f);
	id = intern_get(&r->intern, &buf.attrs);
	if (id == 0)
		return no_memory(f);
	loops = looped(im, &buf.attrs);
	ok = announce(im, r, family, nlri, id, bad == NULL && !loops,
	    &ignored);
	intern_drop(&r->intern, id);
	if (!ok)
		return no_memory(f);
	if (bad == NULL && (!loops || !tell_looped(im, &buf.attrs, f)))
		return tell_ignored(&ignored, f);
	name_routes(im, f, family, nlri);
	return ATTR_WITHDRAW;
}

static enum attr_verdict
worse(enum attr_verdict a, enum attr_verdict b)
{
	return a > b ? a : b;
}

enum attr_verdict
import_update(struct import *im, struct rib *r, struct bytes body,
    enum addr_family *eor, struct fault *f)
{
	struct update u;
	enum attr_verdict v = update_parse(&u, body, &im->mode, f);
	const struct attr_mp *mp = &u.attrs.reach;

	if (v == ATTR_RESET)
		return v;
	*eor = u.eor;
	withdraw(im, r, ADDR_IPV4, u.withdrawn);
	withdraw(im, r, u.attrs.unreach.family, u.attrs.unreach.nlri);
	if (v == ATTR_WITHDRAW) {
		withdraw(im, r, ADDR_IPV4, u.nlri);
		withdraw(im, r, mp->family, mp->nlri);
		name_routes(im, f, ADDR_IPV4, u.nlri);
		name_routes(im, f, mp->family, mp->nlri);
		return v;
	}
	v = worse(v, reach(im, r, &u, ADDR_IPV4, &u.attrs.next_hop, u.nlri, f));
	if (v != ATTR_RESET)
		v = worse(v, reach(im, r, &u, mp->family, &mp->next_hop,
		    mp->nlri, f));
	return v == ATTR_RESET ? v : worse(v, import_limit(im, r, f));
}

bool
import_warns(struct import *im, const struct rib *r)
{
	bool above = im->warn_at != 0 &&
	    fresh(im, r) >= im->warn_at;
	bool first = above && !im->warned;

	im->warned = above;
	return first;
}

/* --- other policies --- */

void
import_sweep_begin(struct import *im)
{
	im->sweeping = true;
	im->at = 0;
}

static bool
judge_path(struct import *im, struct rib *r, uint32_t path)
{
	uint32_t net = rib_path(r, path)->net;
	uint32_t id = addpath_get(&r->ids, path);
	uint32_t attrs, raw;
	const struct attrs *a;
	struct prefix p;
	bool eligible;

	attrs = raw = intern_raw(&r->intern, rib_path(r, path)->attrs);
	a = intern_at(&r->intern, raw);
	eligible = next_hop_error(im, &a->next_hop) == NULL &&
	    !looped(im, a) &&
	    role_leak(im->role, im->mode.remote_asn, a) == NULL;
	p = rib_prefix(r, net);
	if (eligible && edit_touches(&im->edit, a) &&
	    !judge(im, r, raw, &p, &attrs, &eligible))
		return false;
	if (!im->moving)
		return rib_teach(r, im->source, path, attrs, eligible);
	for (unsigned i = 0; i < im->into.n; i++) {
		if (!rib_spread(r, im->source, path, im->into.v[i], attrs,
		    eligible))
			return false;
	}
	/* From here alone: other places are met by themselves. */
	if (!among(&im->into, rib_net_table(r, net)))
		rib_unreach_path(r, im->source, rib_net_table(r, net), &p, id);
	return true;
}

/* What the peer taught about one prefix, if anything. */
static bool
judge_again(struct import *im, struct rib *r, uint32_t net)
{
	uint32_t path[LIMIT_PATHS];
	unsigned n = rib_paths_from(r, net, im->source, path);

	while (n-- > 0) {
		if (!judge_path(im, r, path[n]))
			return false;
	}
	return true;
}

static void
sweep_end(struct import *im)
{
	im->sweeping = im->moving = false;
	im->from.n = 0;
}

/* Few: all at once, without a look at what others taught. */
static bool
sweep_own(struct import *im, struct rib *r, unsigned *budget)
{
	uint32_t path = 0, net, this, n = 0;
	bool more = rib_taught_each(r, im->source, &path, &net);

	/* It may leave where it is: on to the next before that. */
	while (more) {
		this = path;
		more = rib_taught_each(r, im->source, &path, &net);
		if (!judge_path(im, r, this))
			return false;
		n++;
	}
	*budget -= n + 1 < *budget ? n + 1 : *budget;
	sweep_end(im);
	return true;
}

/* Many: through the table by number, whatever comes and goes meanwhile. */
bool
import_sweep(struct import *im, struct rib *r, unsigned *budget)
{
	if (im->at == 0 && rib_held(r, im->source) <= im->portion)
		return sweep_own(im, r, budget);
	for (; im->sweeping && *budget > 0; --*budget) {
		if (rib_each(r, &im->at)) {
			if (!judge_again(im, r, im->at))
				return false;
		} else if ((im->at & RIB_IPV6) != 0) {
			sweep_end(im);
		} else {
			im->at = RIB_IPV6;
		}
	}
	return true;
}

enum bgp_verdict
import_why_path(const struct import *im, const struct rib *r,
    const struct rib_path *path, struct reason *why)
{
	uint32_t raw = intern_raw(&r->intern, path->attrs);
	const struct attrs *a = intern_at(&r->intern, raw);
	struct prefix p = rib_prefix(r, path->net);
	union attrs_buf buf;
	const char *bad;

	bad = next_hop_error(im, &a->next_hop);
	if (bad != NULL) {
		reason_set(why, "its next hop %s", bad);
		return BGP_UNUSABLE;
	}
	bad = looped(im, a) ? "it has come through ourselves" :
	    role_leak(im->role, im->mode.remote_asn, a);
	if (bad != NULL) {
		reason_set(why, "%s", bad);
		return BGP_UNUSABLE;
	}
	return edit_why(&im->edit, &r->intern, raw, &p, &buf, why) ?
	    BGP_ACCEPTED : BGP_REJECTED;
}
