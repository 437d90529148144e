/*
 * Nothing twice that must be there once: names of connections, names of
 * interfaces, inside CIDRs of one route table, and peers that could not be told apart (RFC 7296
 * section 2.9 leaves that to us).  Two may share both outside addresses if
 * their identities differ, but not as VTI: the kernel finds the VTI of what
 * comes in by these alone, and makes only one.  Sorting keeps it cheap with ten thousand
 * tunnels; the error is at the second of the two, the first such in the file.
 */
#include "gw/conf_read.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

/* What makes a tunnel (or connection) itself, as octets that compare. */
struct entry {
	struct bytes	part[6];	/* in order; unused: empty */
	size_t		site;
};

static struct bytes
prefix_bytes(const struct prefix *p)
{
	if (!addr_is_set(&p->addr))
		return bytes_of(NULL, 0);
	return bytes_of(p, sizeof(*p));
}

/* What comes from there is resolved in it. */
static struct bytes
table_bytes(const struct conf_connection *c)
{
	return bytes_of(&c->association, sizeof(c->association));
}

static struct bytes
address_bytes(const struct addr *a)
{
	return bytes_of(a, sizeof(*a));
}

/* Two parts: its type and its octets; none is empty. */
static void
id_parts(const struct conf_id *id, struct bytes part[static 2])
{
	part[0] = bytes_of(&id->type, id->n == 0 ? 0 : sizeof(id->type));
	part[1] = bytes_of(id->data, id->n);
}

static void
of_name(const struct conf_connection *c, unsigned i, struct entry *e)
{
	if (i == 0)
		e->part[0] = bytes_str(c->name);
}

static void
of_ifname(const struct conf_connection *c, unsigned i, struct entry *e)
{
	e->part[0] = bytes_str(c->tunnels[i].ifname);
}

static void
of_inside4(const struct conf_connection *c, unsigned i, struct entry *e)
{
	e->part[0] = prefix_bytes(&c->tunnels[i].inside4);
	e->part[1] = table_bytes(c);
}

static void
of_inside6(const struct conf_connection *c, unsigned i, struct entry *e)
{
	e->part[0] = prefix_bytes(&c->tunnels[i].inside6);
	e->part[1] = table_bytes(c);
}

static void
of_peer(const struct conf_connection *c, unsigned i, struct entry *e)
{
	const struct conf_tunnel *t = &c->tunnels[i];

	e->part[0] = address_bytes(&t->local);
	e->part[1] = address_bytes(&t->remote);
	id_parts(&t->local_id, &e->part[2]);
	id_parts(&t->remote_id, &e->part[4]);
}

static void
of_outside(const struct conf_connection *c, unsigned i, struct entry *e)
{
	const struct conf_tunnel *t = &c->tunnels[i];

	e->part[0] = address_bytes(&t->local);
	e->part[1] = address_bytes(&t->remote);
}

static const struct unique {
	void		(*of)(const struct conf_connection *, unsigned,
			    struct entry *);
	const char	*key;		/* of the tunnel; NULL: connection */
	const char	*what, *hint;
} uniques[] = {
	{ of_name, NULL, "name of", "" },
	{ of_ifname, "interface_name", "name of the interface of", "" },
	{ of_inside4, "tunnel_inside_cidr", "inside CIDR of", "" },
	{ of_inside6, "tunnel_inside_ipv6_cidr", "inside CIDR of", "" },
	{ of_peer, "remote_outside_ip_address",
	    "pair of outside addresses and identities of", "" },
};

static const struct unique outside = {
	of_outside, "remote_outside_ip_address",
	"pair of outside addresses of",
	", and VTIs cannot share it: use interface = \"xfrmi\"",
};

static int
part_cmp(const struct entry *a, const struct entry *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(a->part); i++) {
		int c = bytes_cmp(a->part[i], b->part[i]);

		if (c != 0)
			return c;
	}
	return 0;
}

static int
entry_cmp(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;
	int c = part_cmp(a, b);

	return c != 0 ? c : (a->site > b->site) - (a->site < b->site);
}

static bool
fail_twice(struct conf_read *r, const struct unique *u, size_t first,
    size_t second)
{
	const struct conf_site *a = &r->sites[first], *b = &r->sites[second];
	const char *name = r->conf->connections[a->connection].name;

	if (u->key == NULL)
		return conf_fail_key(r, b->in_connection, "name",
		    "\"%s\" is there twice", name);
	return conf_fail_tunnel(r, b, u->key,
	    "is already the %s %s/%u%s", u->what, name, a->tunnel + 1,
	    u->hint);
}

/* Sorted entries: the second of two alike that comes first in the file. */
static const struct entry *
earliest_twin(const struct entry *e, size_t n)
{
	const struct entry *twin = NULL;

	for (size_t i = 1; i < n; i++) {
		if (e[i].part[0].n == 0 || part_cmp(&e[i - 1], &e[i]) != 0)
			continue;
		if (twin == NULL || e[i].site < twin->site)
			twin = &e[i];
	}
	return twin;
}

static void
sort(const struct conf_read *r, const struct unique *u, struct entry *entries)
{
	for (size_t i = 0; i < r->sites_n; i++) {
		const struct conf_site *s = &r->sites[i];

		entries[i] = (struct entry){ .site = i };
		u->of(&r->conf->connections[s->connection], s->tunnel,
		    &entries[i]);
	}
	if (r->sites_n > 0)
		qsort(entries, r->sites_n, sizeof(*entries), entry_cmp);
}

static bool
check_one(struct conf_read *r, const struct unique *u, struct entry *entries)
{
	const struct entry *twin;

	sort(r, u, entries);
	twin = earliest_twin(entries, r->sites_n);
	return twin == NULL || fail_twice(r, u, twin[-1].site, twin->site);
}

/* All but the first of those with the same outside addresses. */
static void
mark_twins(struct conf_read *r, struct entry *entries)
{
	sort(r, &outside, entries);
	for (size_t i = 1; i < r->sites_n; i++) {
		const struct conf_site *s = &r->sites[entries[i].site];

		r->conf->connections[s->connection].tunnels[s->tunnel].twin =
		    part_cmp(&entries[i - 1], &entries[i]) == 0;
	}
}

bool
conf_check_unique(struct conf_read *r)
{
	struct entry *entries = calloc(r->sites_n + 1, sizeof(*entries));
	bool ok = entries != NULL;

	for (size_t i = 0; ok && i < ARRAY_SIZE(uniques); i++)
		ok = check_one(r, &uniques[i], entries);
	if (ok && r->conf->interface == KERN_LINK_VTI)
		ok = check_one(r, &outside, entries);
	if (ok)
		mark_twins(r, entries);
	if (entries == NULL)
		reason_set(&r->err->why, "out of memory");
	free(entries);
	return ok;
}
