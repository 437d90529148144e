/*
 * The value itself: memory, inside networks, order of tunnels, and the few
 * helpers that all readers and writers share.  AWS's side of an inside network
 * has the first address of it, the customer's the second (Site-to-Site VPN
 * user guide); what is arranged otherwise is refused.  Knows no format.
 */
#include "gw/aws.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/secret.h"

struct aws_connection *
aws_new(void)
{
	return calloc(1, sizeof(struct aws_connection));
}

void
aws_free(struct aws_connection *c)
{
	if (c == NULL)
		return;
	wipe(c->tunnels, sizeof(c->tunnels));
	free(c);
}

static struct addr
inside(const struct prefix *net, enum aws_side side)
{
	struct addr none = { 0 };

	if (!addr_is_set(&net->addr))
		return none;
	return addr_plus(&net->addr, side == AWS_CLOUD ? 1 : 2);
}

struct addr
aws_inside4(const struct aws_tunnel *t, enum aws_side side)
{
	return inside(&t->cidr4, side);
}

struct addr
aws_inside6(const struct aws_tunnel *t, enum aws_side side)
{
	return inside(&t->cidr6, side);
}

bool
aws_nets_add(struct aws_nets *nets, const struct prefix *p)
{
	if (nets->n == AWS_NETS)
		return false;
	for (size_t i = 0; i < nets->n; i++) {
		if (prefix_eq(&nets->v[i], p))
			return false;
	}
	nets->v[nets->n++] = *p;
	return true;
}

bool
aws_knows(const struct alg *a)
{
	unsigned long group;

	if (a->conf == NULL || (a->flags & ALG_KEM) != 0)
		return false;
	if (a->type != ALG_KE)
		return a->id != ENCR_CHACHA20_POLY1305;
	group = a->id;
	return group == 2 || group == 5 || (group >= 14 && group <= 24);
}

void
aws_note(struct aws_notes *notes, const char *fmt, ...)
{
	struct reason *r = &notes->v[notes->n];
	va_list ap;

	if (notes->n == AWS_NOTES)
		return;
	va_start(ap, fmt);
	vsnprintf(r->s, sizeof(r->s), fmt, ap);
	va_end(ap);
	for (unsigned i = 0; i < notes->n; i++) {
		if (strcmp(notes->v[i].s, r->s) == 0)
			return;
	}
	notes->n++;
}

void
aws_say(struct wr *w, const char *fmt, ...)
{
	size_t room = w->cap - w->n;
	va_list ap;
	int n;

	if (w->bad)
		return;
	va_start(ap, fmt);
	n = vsnprintf((char *)w->p + w->n, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		w->bad = true;
	else
		w->n += (size_t)n;
}

/* The network of both addresses, which must be its first and second. */
static bool
settle_inside(const struct addr *ends, unsigned len, struct prefix *net,
    unsigned number, struct reason *why)
{
	char text[2][ADDR_STRLEN];
	struct prefix p;
	struct addr first, second;

	if (!addr_is_set(&ends[AWS_CLOUD]) && !addr_is_set(&ends[AWS_CUSTOMER]))
		return true;
	p.addr = ends[addr_is_set(&ends[AWS_CLOUD]) ? AWS_CLOUD :
	    AWS_CUSTOMER];
	p.len = (uint8_t)len;
	p = prefix_network(&p);
	first = addr_plus(&p.addr, 1);
	second = addr_plus(&p.addr, 2);
	if ((addr_is_set(&ends[AWS_CLOUD]) &&
	    !addr_eq(&ends[AWS_CLOUD], &first)) ||
	    (addr_is_set(&ends[AWS_CUSTOMER]) &&
	    !addr_eq(&ends[AWS_CUSTOMER], &second))) {
		reason_set(why, "tunnel %u: inside addresses must be the "
		    "first (cloud) and the second (customer) of a /%u, not %s "
		    "and %s", number, len,
		    addr_str(&ends[AWS_CLOUD], text[0]),
		    addr_str(&ends[AWS_CUSTOMER], text[1]));
		return false;
	}
	if (addr_is_set(&net->addr) && !prefix_eq(net, &p)) {
		reason_set(why, "tunnel %u: two inside networks, with the "
		    "address %s and without it", number,
		    addr_str(&p.addr, text[0]));
		return false;
	}
	*net = p;
	return true;
}

/* The XML has them as a pair, the API as the product, with AWS's margin. */
static void
settle_dpd(struct aws_tunnel *t)
{
	uint64_t timeout = (uint64_t)t->dpd_interval.v * t->dpd_retries.v;

	if (t->dpd_timeout.given || !t->dpd_interval.given ||
	    !t->dpd_retries.given)
		return;
	t->dpd_timeout.given = true;
	t->dpd_timeout.v = timeout < 30 ? 30 : timeout > 86400 ? 86400 :
	    (uint32_t)timeout;
}

static bool
settle_tunnel(const struct aws_connection *c, struct aws_tunnel *t,
    unsigned number, struct reason *why)
{
	if (!addr_is_set(&t->outside[AWS_CLOUD])) {
		reason_set(why, "tunnel %u has no outside address of the "
		    "cloud's", number);
		return false;
	}
	if (!settle_inside(t->inside4, 30, &t->cidr4, number, why) ||
	    !settle_inside(t->inside6, 126, &t->cidr6, number, why))
		return false;
	if (!c->is_static && !addr_is_set(&t->cidr4.addr) &&
	    !addr_is_set(&t->cidr6.addr)) {
		reason_set(why, "tunnel %u has no inside address, which BGP "
		    "needs", number);
		return false;
	}
	if (t->versions == AWS_IKEV1) {
		reason_set(why, "tunnel %u allows only IKEv1, and vpnd speaks "
		    "IKEv2: allow it with \"aws ec2 modify-vpn-tunnel-options "
		    "--tunnel-options IKEVersions=[{Value=ikev2}]\"", number);
		return false;
	}
	settle_dpd(t);
	return true;
}

static bool
settle_asn(struct aws_connection *c, struct reason *why)
{
	if (c->bare && !c->is_static) {
		reason_set(why, "there is no CustomerGatewayConfiguration in "
		    "it, so that AS numbers are not known: AWS gives it only "
		    "while the connection is pending or available");
		return false;
	}
	if (c->asn[AWS_CLOUD] == 0 && c->asn[AWS_CUSTOMER] == 0)
		c->is_static = true;
	if (c->is_static) {
		memset(c->asn, 0, sizeof(c->asn));
		return true;
	}
	if (c->asn[AWS_CLOUD] != 0 && c->asn[AWS_CUSTOMER] != 0)
		return true;
	reason_set(why, "the AS number of the %s is missing",
	    c->asn[AWS_CLOUD] == 0 ? "cloud" : "customer");
	return false;
}

static void
sort(struct aws_connection *c)
{
	struct aws_tunnel *t = c->tunnels, swap;

	if (c->tunnels_n != 2 || addr_cmp(&t[0].outside[AWS_CLOUD],
	    &t[1].outside[AWS_CLOUD]) <= 0)
		return;
	swap = t[0];
	t[0] = t[1];
	t[1] = swap;
	wipe(&swap, sizeof(swap));
}

bool
aws_settle(struct aws_connection *c, struct reason *why)
{
	bool six = true;

	if (c->tunnels_n == 0) {
		reason_set(why, "there is no tunnel in it");
		return false;
	}
	if (!settle_asn(c, why))
		return false;
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		if (!settle_tunnel(c, &c->tunnels[i], i + 1, why))
			return false;
		six = six && addr_is_set(&c->tunnels[i].cidr6.addr);
	}
	if (c->inside == 0)
		c->inside = six ? CONF_INSIDE_IPV6 : CONF_INSIDE_IPV4;
	sort(c);
	return true;
}
