/*
 * A prefix list as an array sorted by address, then length, in which each
 * entry knows the nearest one before it that covers it.  All entries that
 * cover a prefix are then on one chain, which begins at the last entry that
 * does not sort behind it: a binary search and as many steps as lists nest.
 * Of those that match, the one that was written first decides.
 */
#include "bgp/plist.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/range.h"

#define NONE	UINT32_MAX

struct node {
	struct prefix	prefix;
	uint8_t		ge, le;
	uint8_t		permit;
	uint32_t	order;		/* as written */
	uint32_t	up;		/* the nearest that covers it, or NONE */
};

struct plist {
	unsigned	holders;
	size_t		n;
	struct node	*node;		/* owned */
};

/* --- text --- */

/* The next word, blanks before and behind it skipped; false: none. */
static bool
word(const char **text, char *out, size_t size)
{
	const char *s = *text;
	size_t n;

	s += strspn(s, " \t");
	n = strcspn(s, " \t");
	if (n == 0 || n >= size)
		return false;
	memcpy(out, s, n);
	out[n] = '\0';
	s += n;
	*text = s + strspn(s, " \t");
	return true;
}

static bool
bad(struct reason *why, const char *what, const char *at)
{
	char text[64];

	str_escape(text, sizeof(text), bytes_of(at, strnlen(at, 20)));
	reason_set(why, "%s, not \"%s\"", what, text);
	return false;
}

static bool
parse_prefix(struct prefix *out, const char *s, struct reason *why)
{
	char text[PREFIX_STRLEN];
	struct prefix p, net;

	if (strchr(s, '/') == NULL || !prefix_parse(&p, s))
		return bad(why, "must have a network like 10.1.0.0/16", s);
	net = prefix_network(&p);
	if (!prefix_eq(&p, &net)) {
		reason_set(why, "%s has host bits set; its network is %s", s,
		    prefix_str(&net, text));
		return false;
	}
	*out = p;
	return true;
}

static bool
parse_bound(const char **text, uint8_t *out, struct reason *why)
{
	char s[8];
	const char *p = s;
	uint32_t n;

	if (!word(text, s, sizeof(s)) || !range_number(&p, 128, &n) ||
	    *p != '\0')
		return bad(why, "must have a prefix length behind ge and le",
		    *text);
	*out = (uint8_t)n;
	return true;
}

/* Cisco's rule with the border included: length <= ge <= le <= family's. */
static bool
check_bounds(struct plist_entry *e, bool ge, bool le, struct reason *why)
{
	uint8_t most = (uint8_t)addr_bits(&e->prefix.addr);

	if (!ge)
		e->ge = e->prefix.len;
	if (!le)
		e->le = ge ? most : e->prefix.len;
	if (e->ge >= e->prefix.len && e->ge <= e->le && e->le <= most)
		return true;
	reason_set(why, "must have %u <= ge <= le <= %u, not ge %u and le %u",
	    e->prefix.len, most, e->ge, e->le);
	return false;
}

/* "ge N" and "le N", each at most once. */
static bool
parse_bounds(const char *text, struct plist_entry *e, struct reason *why)
{
	bool seen[2] = { false, false };	/* ge, le */
	char s[8];

	while (*text != '\0') {
		const char *at = text;
		bool le;

		if (!word(&text, s, sizeof(s)) ||
		    (strcmp(s, "ge") != 0 && strcmp(s, "le") != 0))
			return bad(why, "must have \"ge N\" or \"le N\" "
			    "behind the network", at);
		le = s[0] == 'l';
		if (seen[le])
			return bad(why, "must have each of ge and le once",
			    at);
		if (!parse_bound(&text, le ? &e->le : &e->ge, why))
			return false;
		seen[le] = true;
	}
	return check_bounds(e, seen[0], seen[1], why);
}

bool
plist_entry_parse(struct plist_entry *out, const char *text,
    struct reason *why)
{
	static const char must[] = "must have a network like 10.1.0.0/16";
	struct plist_entry e = { .permit = true };
	char s[PREFIX_STRLEN];

	if (!word(&text, s, sizeof(s)))
		return bad(why, must, text);
	if (strcmp(s, "permit") == 0 || strcmp(s, "deny") == 0) {
		e.permit = s[0] == 'p';
		if (!word(&text, s, sizeof(s)))
			return bad(why, must, text);
	}
	if (!parse_prefix(&e.prefix, s, why) || !parse_bounds(text, &e, why))
		return false;
	*out = e;
	return true;
}

/* --- the list --- */

/* By family, address, length: what covers a prefix sorts before it. */
static int
node_cmp(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	int c = prefix_cmp(&x->prefix, &y->prefix);

	return c != 0 ? c : (x->order > y->order) - (x->order < y->order);
}

/* The one before an entry covers it, or one on the way up from there does. */
static void
link_up(struct plist *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t up = i == 0 ? NONE : i - 1;

		while (up != NONE && !prefix_covers(&l->node[up].prefix,
		    &l->node[i].prefix))
			up = l->node[up].up;
		l->node[i].up = up;
	}
}

struct plist *
plist_new(const struct plist_entry *e, size_t n)
{
	struct plist *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->holders = 1;
	l->n = n;
	l->node = calloc(n + 1, sizeof(*l->node));
	if (l->node == NULL || n >= NONE) {
		plist_free(l);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		l->node[i].prefix = e[i].prefix;
		l->node[i].ge = e[i].ge;
		l->node[i].le = e[i].le;
		l->node[i].permit = e[i].permit;
		l->node[i].order = (uint32_t)i;
	}
	if (n > 1)
		qsort(l->node, n, sizeof(*l->node), node_cmp);
	link_up(l);
	return l;
}

void
plist_hold(struct plist *l)
{
	l->holders++;
}

void
plist_free(struct plist *l)
{
	if (l == NULL || --l->holders > 0)
		return;
	free(l->node);
	free(l);
}

static bool
node_eq(const struct node *a, const struct node *b)
{
	return prefix_eq(&a->prefix, &b->prefix) && a->ge == b->ge &&
	    a->le == b->le && a->permit == b->permit && a->order == b->order;
}

bool
plist_eq(const struct plist *a, const struct plist *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; a != b && i < a->n; i++) {
		if (!node_eq(&a->node[i], &b->node[i]))
			return false;
	}
	return true;
}

/* The last entry that does not sort behind the prefix. */
static uint32_t
last_before(const struct plist *l, const struct prefix *p)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (prefix_cmp(&l->node[mid].prefix, p) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low == 0 ? NONE : (uint32_t)(low - 1);
}

bool
plist_permits(const struct plist *l, const struct prefix *p)
{
	const struct node *first = NULL;

	for (uint32_t i = last_before(l, p); i != NONE; i = l->node[i].up) {
		const struct node *n = &l->node[i];

		if (p->len >= n->ge && p->len <= n->le &&
		    (first == NULL || n->order < first->order) &&
		    prefix_covers(&n->prefix, p))
			first = n;
	}
	return first != NULL && first->permit;
}
