/*
 * The data path of the fake kernel: routing to a tunnel interface, policy and
 * SA of the interface's id on the way out, SA by SPI and policy on the way in.
 * Without a policy and an SA nothing passes; nothing ever goes in clear.
 */
#include "sim/kernel.h"

#include <string.h>

static const struct kernel_nexthop *
nexthop(const struct kernel *k, uint32_t id)
{
	for (unsigned i = 0; i < k->nexthops_n; i++) {
		if (k->nexthops[i].id == id)
			return &k->nexthops[i];
	}
	return NULL;
}

unsigned
kernel_hops(const struct kernel *k, const struct kernel_route *r,
    const struct kernel_nexthop *hops[static KERN_GROUP_MAX])
{
	const struct kernel_nexthop *h = nexthop(k, r->r.nexthop);
	unsigned n = 0;

	if (h == NULL)
		return 0;
	if (h->n == 0) {
		hops[0] = h;
		return 1;
	}
	for (uint32_t i = 0; i < h->n; i++) {
		const struct kernel_nexthop *m = nexthop(k, h->member[i]);

		if (m != NULL)
			hops[n++] = m;
	}
	return n;
}

bool
kernel_route(const struct kernel *k, const struct addr *dst, uint32_t hash,
    const struct kernel_link **out)
{
	const struct kernel_nexthop *hops[KERN_GROUP_MAX];
	const struct kernel_route *best = NULL;
	unsigned n;

	for (unsigned i = 0; i < k->routes_n; i++) {
		const struct kernel_route *r = &k->routes[i];

		if (prefix_has(&r->r.prefix, dst) && (best == NULL ||
		    r->r.prefix.len > best->r.prefix.len ||
		    (r->r.prefix.len == best->r.prefix.len &&
		    r->r.metric < best->r.metric)))
			best = r;
	}
	n = best == NULL ? 0 : kernel_hops(k, best, hops);
	*out = n == 0 ? NULL : kernel_link(k, hops[hash % n]->dev);
	return *out != NULL && (*out)->up;
}

static bool
policy_for(const struct kernel *k, const struct kernel_link *l,
    enum kern_dir dir, const struct flow *f, const struct kern_policy **out)
{
	bool mark = l->l.kind == KERN_LINK_VTI;

	for (unsigned i = 0; i < k->policies_n; i++) {
		const struct kern_policy *p = &k->policies[i].p;

		if (p->dir == dir && p->if_id == l->l.if_id &&
		    p->mark_not_if_id == mark &&
		    prefix_has(&p->src.net, &f->src) &&
		    prefix_has(&p->dst.net, &f->dst)) {
			*out = p;
			return !p->block;
		}
	}
	return false;
}

const struct kernel_sa *
kernel_newest(const struct kernel *k, uint32_t if_id, enum kern_dir dir)
{
	const struct kernel_sa *best = NULL;

	for (unsigned i = 0; i < k->sas_n; i++) {
		const struct kernel_sa *s = &k->sas[i];

		if (s->sa.if_id == if_id && s->sa.dir == dir &&
		    (best == NULL || s->age > best->age))
			best = s;
	}
	return best;
}

/* The template's addresses choose among the SAs of the interface. */
static const struct kernel_sa *
sa_for(const struct kernel *k, const struct kern_policy *p)
{
	const struct kernel_sa *best = NULL;

	for (unsigned i = 0; i < k->sas_n; i++) {
		const struct kernel_sa *s = &k->sas[i];

		if (s->sa.dir == KERN_OUT && s->sa.reqid == p->reqid &&
		    s->sa.if_id == p->if_id &&
		    s->sa.mark_not_if_id == p->mark_not_if_id &&
		    addr_eq(&s->sa.dst, &p->tmpl_dst) &&
		    addr_eq(&s->sa.src, &p->tmpl_src) &&
		    (best == NULL || s->age > best->age))
			best = s;
	}
	return best;
}

const char *
kernel_esp_out(const struct kernel *k, const struct kernel_link *l,
    const struct flow *f, struct esp *e)
{
	const struct kern_policy *p;
	const struct kernel_sa *s;

	if (!l->up)
		return "interface is down";
	if (!policy_for(k, l, KERN_OUT, f, &p))
		return "no outbound policy";
	s = sa_for(k, p);
	if (s == NULL)
		return "no outbound SA";
	*e = (struct esp){ .spi = s->sa.spi, .src = s->sa.src,
	    .dst = s->sa.dst, .sport = s->sa.encap ? s->sa.sport : 0,
	    .dport = s->sa.encap ? s->sa.dport : 0, .print = s->print,
	    .flow = *f };
	return NULL;
}

#define ESP_OCTETS	100	/* all packets are alike */

static bool
reached(uint64_t n, uint64_t limit)
{
	return limit != 0 && n >= limit;
}

static void
expire(const struct kern_sa *sa, bool hard, struct kern_event *e)
{
	*e = (struct kern_event){ .kind = KERN_EXPIRE };
	e->sa.spi = sa->spi;
	e->sa.reqid = sa->reqid;
	e->sa.dst = sa->dst;
	e->sa.hard = hard;
}

bool
kernel_esp_count(struct kernel *k, const struct esp *esp, struct kern_event *e)
{
	struct kernel_sa *s = k->sas;

	while (s->sa.spi != esp->spi || !addr_eq(&s->sa.dst, &esp->dst))
		s++;
	if (reached(s->packets, s->sa.hard_packets) ||
	    reached(s->octets, s->sa.hard_bytes)) {
		expire(&s->sa, true, e);
		*s = k->sas[--k->sas_n];
		return false;
	}
	s->packets++;
	s->octets += ESP_OCTETS;
	if (!s->dying && (reached(s->packets, s->sa.soft_packets) ||
	    reached(s->octets, s->sa.soft_bytes))) {
		s->dying = true;
		expire(&s->sa, false, e);
	}
	return true;
}

const char *
kernel_esp_in(struct kernel *k, const struct esp *e, struct kernel_sa **sa,
    const struct kernel_link **link)
{
	const struct kern_policy *p;
	struct kernel_sa *s = NULL;

	for (unsigned i = 0; i < k->sas_n && s == NULL; i++) {
		if (k->sas[i].sa.spi == e->spi &&
		    k->sas[i].sa.dir == KERN_IN &&
		    addr_eq(&k->sas[i].sa.dst, &e->dst))
			s = &k->sas[i];
	}
	if (s == NULL)
		return "no inbound SA";
	if (s->print != e->print)
		return "inbound SA has other keys";
	if (s->sa.encap != (e->dport != 0))
		return "encapsulation differs";
	for (unsigned i = 0; i < k->links_n; i++) {
		const struct kernel_link *l = &k->links[i];

		if (l->l.if_id != s->sa.if_id || !l->up)
			continue;
		if (!policy_for(k, l, e->flow.local ? KERN_IN : KERN_FWD,
		    &e->flow, &p))
			return "no inbound policy";
		*sa = s;
		*link = l;
		return NULL;
	}
	return "no interface for the inbound SA";
}
