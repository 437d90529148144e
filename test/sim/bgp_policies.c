/*
 * Policies at random, as the reference sees them and in the words of the
 * configuration.  What is drawn is seldom all-rejecting, so that routes remain
 * to be compared.
 */
#include "sim/bgp_policies.h"

#include "sim/bgp_restarts.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/policy.h"

#define MARK_AS		65500u	/* of communities without a meaning */

const uint32_t explore_pool[EXPLORE_POOL] = {
	65010, 65020, 65030, 65040, 65050, 70000, EXPLORE_ASN,
};

struct prefix
explore_prefix(unsigned net)
{
	struct prefix p = { { ADDR_IPV4, { 10, (uint8_t)net } }, 16 };

	if (net >= EXPLORE_IPV4)
		p = (struct prefix){ { ADDR_IPV6, { 0xfd, (uint8_t)net } }, 32 };
	return p;
}

uint32_t
explore_community(unsigned bit)
{
	static const uint32_t known[] = {
		COMMUNITY_NO_EXPORT, COMMUNITY_NO_ADVERTISE,
		COMMUNITY_GRACEFUL_SHUTDOWN,
	};

	return bit < 4 ? MARK_AS << 16 | bit : known[bit - 4];
}

static struct model_term
some_term(struct drbg *d)
{
	struct model_term t = {
		.nets = drbg_below(d, 3) == 0 ? 1 + drbg_below(d, 1 << MODEL_NETS) : 0,
		.asn = drbg_below(d, 3) == 0 ? explore_pool[drbg_below(d, EXPLORE_POOL)] : 0,
		.where = (enum model_where)drbg_below(d, 3),
		.hops = drbg_below(d, 4) == 0 ? drbg_below(d, 4) : 0,
		.any = (uint8_t)(drbg_below(d, 4) == 0 ? drbg_below(d, 16) : 0),
		.all = (uint8_t)(drbg_below(d, 8) == 0 ? drbg_below(d, 16) : 0),
		.none = (uint8_t)(drbg_below(d, 4) == 0 ? drbg_below(d, 16) : 0),
		.own = drbg_below(d, 5) == 0 ? (int)drbg_below(d, 2) : -1,
		.has_med = drbg_below(d, 3) == 0, .med = drbg_below(d, 4),
		.has_pref = drbg_below(d, 3) == 0,
		.local_pref = 80 + 10 * drbg_below(d, 5),
		.prepend = drbg_below(d, 4) == 0 ? 1 + drbg_below(d, 3) : 0,
		.add = (uint8_t)(drbg_below(d, 3) == 0 ? drbg_below(d, 128) &
		    drbg_below(d, 128) : 0),
		.del = (uint8_t)(drbg_below(d, 3) == 0 ? drbg_below(d, 128) : 0),
		.then = (int)drbg_below(d, 3),
	};

	return t;
}

struct model_policy
explore_policy(struct drbg *d)
{
	struct model_policy p = { .on = drbg_below(d, 3) > 0,
		.n = drbg_below(d, MODEL_TERMS + 1) };

	for (unsigned i = 0; i < p.n; i++)
		p.term[i] = some_term(d);
	/* Not too much is rejected. */
	if (p.n > 0 && drbg_below(d, 3) > 0)
		p.term[p.n - 1] = (struct model_term){ .own = -1, .then = 1 };
	return p;
}

/* The same in the words of the configuration. */
static struct community_list
list_of(unsigned bits, bool pattern)
{
	struct community_list l = { 0, calloc(EXPLORE_COMMUNITIES + 1,
	    sizeof(*l.v)) };
	struct reason why;
	char text[32];

	if (pattern && (bits & MODEL_MARKS) == MODEL_MARKS) {
		str_fmt(text, sizeof(text), "%u:*", MARK_AS);
		community_parse(&l.v[l.n++], text, &why);
		bits &= ~(unsigned)MODEL_MARKS;
	}
	for (unsigned i = 0; i < EXPLORE_COMMUNITIES; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		str_fmt(text, sizeof(text), "%u:%u", explore_community(i) >> 16,
		    explore_community(i) & 0xffff);
		community_parse(&l.v[l.n++], text, &why);
	}
	return l;
}

static void
match_of(struct policy_match *m, const struct model_term *t)
{
	static const char *const forms[] = {
		[MODEL_ANYWHERE] = "_%u_", [MODEL_FIRST] = "^%u .*",
		[MODEL_LAST] = ".* %u$",
	};
	struct plist_entry e[MODEL_NETS];
	struct reason why;
	char text[64];
	size_t n = 0;

	for (unsigned net = 0; net < MODEL_NETS; net++) {
		if ((t->nets >> net & 1) != 0) {
			e[n].prefix = explore_prefix(net);
			e[n].ge = e[n].le = e[n].prefix.len;
			e[n++].permit = true;
		}
	}
	if (t->nets != 0) {
		m->lists = calloc(1, sizeof(*m->lists));
		m->lists[0] = plist_new(e, n);
		m->lists_n = 1;
	}
	if (t->asn != 0) {
		m->paths = calloc(1, sizeof(*m->paths));
		m->paths_n = 1;
		str_fmt(text, sizeof(text), "%s", forms[t->where]);
		str_fmt(strchr(text, '%'), 24, "%u%s", t->asn,
		    strchr(forms[t->where], 'u') + 1);
		pathexp_parse(&m->paths[0], text, &why);
	}
	m->hops = (struct policy_number){ t->hops > 0, { t->hops, 255 } };
	m->any = list_of(t->any, false);
	m->all = list_of(t->all, false);
	m->none = list_of(t->none, true);
	m->source = t->own < 0 ? POLICY_ANY : t->own == 1 ? POLICY_OWN :
	    POLICY_LEARNED;
}

static struct policy *
policy_of(const struct model_policy *m)
{
	struct policy_term *t = calloc(m->n + 1, sizeof(*t));
	struct policy *p = NULL;

	for (unsigned i = 0; i < m->n; i++) {
		const struct model_term *from = &m->term[i];

		str_fmt(t[i].name, sizeof(t[i].name), "%u", i);
		match_of(&t[i].match, from);
		t[i].set.local_pref = (struct policy_value){ from->has_pref,
			from->local_pref };
		t[i].set.med = (struct policy_value){ from->has_med,
			from->med };
		t[i].set.prepend = (uint8_t)from->prepend;
		t[i].set.add = list_of(from->add, false);
		t[i].set.del = list_of(from->del, true);
		t[i].then = (enum policy_then)from->then;
	}
	if (!m->on || policy_new(&p, "p", t, m->n) != POLICY_FINE) {
		for (unsigned i = 0; i < m->n; i++)
			policy_term_fini(&t[i]);
		free(t);
	}
	return p;
}

uint16_t
explore_table(unsigned table)
{
	static const uint16_t numbers[MODEL_TABLES] = {
		BGP_TABLE_MAIN, 100, 65535,
	};

	return numbers[table];
}

/* Where main is all, it need not be said. */
static struct bgp_tables
tables_of(const struct model_peer *p)
{
	struct bgp_tables t = {
		.given = p->table != 0 || p->into != 1,
		.associated = explore_table(p->table),
	};

	for (unsigned i = 0; i < MODEL_TABLES; i++) {
		if ((p->into >> i & 1) != 0)
			t.into[t.n++] = explore_table(i);
	}
	return t;
}

struct bgp_soft
explore_soft(const struct model_peer *p)
{
	return (struct bgp_soft){
		.tables = tables_of(p),
		.import = policy_of(&p->import),
		.export = policy_of(&p->export),
		.allow_own = (uint8_t)p->allow_own, .override = p->override,
		.tell_loops = p->tell_loops,
		.private_as = p->no_private ? BGP_PRIVATE_REMOVE :
		    BGP_PRIVATE_KEEP,
		.heed_shutdown = p->heed, .drain = p->drain,
		.restart = BGP_RESTART_HELPER, .restart_seconds = 120,
		.stale = RESTARTS_STALE,
	};
}

void
explore_soft_end(struct bgp_soft *soft)
{
	policy_free(soft->import);
	policy_free(soft->export);
}
