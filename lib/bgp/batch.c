/*
 * From prefixes with attributes to UPDATEs (RFC 4271 section 9.2): sorted, so
 * that withdrawals go first and those with the same attributes together; what
 * differs in the RIB but not on the wire (LOCAL_PREF, next hop) goes together
 * as well.
 */
#include "bgp/batch.h"

#include <stdlib.h>

#include "bgp/attr.h"
#include "bgp/limit.h"
#include "bgp/nlri.h"
#include "bgp/role.h"
#include "bgp/update.h"

void
batch_begin(struct batch *b)
{
	b->n = b->octets = 0;
}

void
batch_end(struct batch *b, struct rib *r)
{
	for (size_t i = 0; i < b->n; i++)
		intern_drop(&r->intern, b->item[i].attrs);
	b->n = 0;
}

bool
batch_full(const struct batch *b)
{
	return b->n == BATCH_MOST || b->octets >= LIMIT_FILL;
}

/* Its share of a message that is full of prefixes with these attributes. */
static size_t
cost(const struct batch *b, const struct item *it, const struct attrs *a)
{
	size_t head = 64 + (a == NULL ? 0 : attr_encoded_max(a));
	size_t n = nlri_size(&it->prefix);
	bool same = b->n > 0 && b->item[b->n - 1].attrs == it->attrs;

	return n + n * head / (LIMIT_MESSAGE - head) + (same ? 0 : head);
}

void
batch_add(struct batch *b, struct rib *r, const struct item *it)
{
	const struct attrs *a = NULL;

	if (it->attrs != 0) {
		a = intern_at(&r->intern, it->attrs);
		intern_hold(&r->intern, it->attrs);
	}
	b->octets += cost(b, it, a);
	b->item[b->n] = *it;
	b->item[b->n++].pack = a == NULL ? 0 : a->pack;
}

/* Withdrawals first, then alike attributes together, IPv4 before IPv6. */
static int
cmp_item(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if ((x->attrs == 0) != (y->attrs == 0))
		return x->attrs == 0 ? -1 : 1;
	if (x->prefix.addr.family != y->prefix.addr.family)
		return x->prefix.addr.family < y->prefix.addr.family ? -1 : 1;
	if (x->pack != y->pack)
		return x->pack < y->pack ? -1 : 1;
	return (x->attrs > y->attrs) - (x->attrs < y->attrs);
}

void
batch_sort(struct batch *b)
{
	size_t i = 1;

	while (i < b->n && cmp_item(&b->item[i - 1], &b->item[i]) <= 0)
		i++;
	if (i < b->n)
		qsort(b->item, b->n, sizeof(b->item[0]), cmp_item);
}

static void
encode(struct alike *a, const struct export_conf *c, const struct rib *r,
    const struct item *it)
{
	struct attr_out out = {
		.ibgp = c->ibgp, .as4 = c->as4, .local_asn = c->local_asn,
	};
	struct wr w = wr_of(a->room, sizeof(a->room));

	a->attrs = a->also = it->attrs;
	a->b = (struct bytes){ 0 };
	if (it->attrs == 0)
		return;
	if (it->prefix.addr.family == ADDR_IPV4)
		out.next_hop = c->next_hop4;
	if (role_marks_out(c->role))
		out.otc = c->local_asn;
	attr_encode(&w, intern_at(&r->intern, it->attrs), &out);
	a->b = wr_done(&w);
}

/* Would the other item go out with the same attributes? */
static bool
goes_with(struct alike *a, const struct item *first,
    const struct export_conf *c, const struct rib *r, const struct item *it)
{
	struct alike other;

	if (it->prefix.addr.family != first->prefix.addr.family ||
	    (it->attrs == 0) != (first->attrs == 0))
		return false;
	if (it->attrs == first->attrs || it->attrs == a->also)
		return true;
	if (it->pack != first->pack)
		return false;
	encode(&other, c, r, it);
	if (!bytes_eq(a->b, other.b))
		return false;
	a->also = it->attrs;
	return true;
}

bool
batch_alike(const struct batch *b, const struct export_conf *c,
    const struct rib *r, struct alike *a)
{
	const struct item *first;

	a->first += a->n;
	a->n = 0;
	if (a->first == b->n)
		return false;
	first = &b->item[a->first];
	encode(a, c, r, first);
	do {
		a->n++;
	} while (a->first + a->n < b->n &&
	    goes_with(a, first, c, r, &b->item[a->first + a->n]));
	return true;
}

bool
batch_hop6(const struct export_conf *c, const struct prefix *p)
{
	return p->addr.family == ADDR_IPV6 || !addr_is_set(&c->next_hop4);
}

bool
batch_put(struct wr *w, const struct export_conf *c, struct bytes attrs,
    const struct prefix *p, size_t n)
{
	size_t done;

	while (n > 0 && !w->bad) {
		done = attrs.p == NULL ? update_put_unreach(w, p, n) :
		    update_put_reach(w, attrs, batch_hop6(c, p) ?
		    &c->next_hop6 : NULL, p, n);
		if (done == 0)
			return false;
		p += done;
		n -= done;
	}
	return !w->bad;
}
