/*
 * Configuration to value.  Every option of a tunnel has a value in our
 * configuration, so that each is given here.  What its lists allow is all that
 * there is, unless they are what a baseline leads to.
 */
#include "gw/aws_from.h"

#include <string.h>

#include "gw/aws_option.h"
#include "util/str.h"

static struct aws_number
number(int64_t v)
{
	return (struct aws_number){ true, (uint32_t)v };
}

static void
of_phase(struct aws_phase *to, const struct conf_phase *p)
{
	to->encr = p->encr;
	to->integ = p->integ;
	to->ke = p->ke;
	to->lifetime = number(span_to_s(p->lifetime));
}

static bool
is_address(const struct conf_id *id)
{
	return id->n > 0 &&
	    (id->type == CONF_ID_IPV4 || id->type == CONF_ID_IPV6);
}

/* An identity that is not just the address. */
static void
of_identity(char *to, const struct conf_id *id, bool given,
    const struct addr *outside)
{
	if (!given || id->n == 0)
		return;
	if (is_address(id) && bytes_eq(addr_bytes(outside),
	    bytes_of(id->data, id->n)))
		return;
	conf_id_str(id, to);
}

/*
 * What a device has that knows only a baseline (aws_offer()): everything that
 * is strong, and then perhaps what is weak.  out has the baseline of it.
 */
static bool
strip(const struct conf_algs *list, enum alg_type type, struct conf_algs *out)
{
	static const struct conf_algs nothing;
	struct aws_tunnel any = { .baseline = true };
	struct conf_algs strong;

	aws_offer(&any, &nothing, type, &strong);
	if (list->n < strong.n || memcmp(list->row, strong.row, strong.n) != 0)
		return false;
	out->n = 0;
	for (unsigned i = strong.n; i < list->n; i++)
		out->row[out->n++] = list->row[i];
	if (out->n == 0)
		out->row[out->n++] = list->row[strong.n - 1];
	return true;
}

static bool
is_weak(const struct conf_algs *list)
{
	return (alg_at(list->row[0])->flags & ALG_OPT_IN) != 0;
}

/* Where nothing weak is offered, the lists are what they are. */
static void
of_baseline(struct aws_tunnel *t)
{
	struct aws_phase p[2] = { t->phase[0], t->phase[1] };
	bool weak = false;

	for (unsigned i = 0; i < 2; i++) {
		if (!strip(&t->phase[i].encr, ALG_ENCR, &p[i].encr) ||
		    !strip(&t->phase[i].integ, ALG_INTEG, &p[i].integ) ||
		    !strip(&t->phase[i].ke, ALG_KE, &p[i].ke))
			return;
		weak |= is_weak(&p[i].integ) || is_weak(&p[i].ke);
	}
	if (!weak)
		return;
	t->baseline = true;
	t->phase[0] = p[0];
	t->phase[1] = p[1];
}

/*
 * A device behind NAT is described by the address that the hub sees, which is
 * its identity then.
 */
static void
of_outside(struct aws_tunnel *to, const struct conf_tunnel *t, bool hub)
{
	enum aws_side ours = hub ? AWS_CLOUD : AWS_CUSTOMER;
	enum aws_side theirs = hub ? AWS_CUSTOMER : AWS_CLOUD;

	to->outside[ours] = t->local;
	to->outside[theirs] = t->remote;
	if (t->local_id_given && is_address(&t->local_id))
		to->outside[ours] = addr_from(bytes_of(t->local_id.data,
		    t->local_id.n));
	of_identity(to->identity[ours], &t->local_id, t->local_id_given,
	    &to->outside[ours]);
	of_identity(to->identity[theirs], &t->remote_id, t->remote_id_given,
	    &to->outside[theirs]);
}

static void
of_tunnel(struct aws_tunnel *to, const struct conf_tunnel *t, bool hub)
{
	of_outside(to, t, hub);
	to->cidr4 = t->inside4;
	to->cidr6 = t->inside6;
	of_phase(&to->phase[0], &t->phase1);
	of_phase(&to->phase[1], &t->phase2);
	to->margin = number(span_to_s(t->rekey_margin));
	to->fuzz = number(t->rekey_fuzz);
	to->window = number(t->replay_window);
	to->dpd_timeout = number(span_to_s(t->dpd_timeout));
	to->versions = AWS_IKEV2;
	of_baseline(to);
	to->start = hub && t->start;
}

/* Any is what AWS has where nothing is said. */
static void
of_selector(struct prefix *to, const struct prefix *p)
{
	if (addr_is_set(&p->addr) && p->len > 0)
		*to = *p;
}

static bool
of_nets(struct aws_nets *to, const struct conf_prefixes *from,
    struct reason *why)
{
	for (size_t i = 0; i < from->n; i++) {
		if (!aws_nets_add(to, &from->v[i])) {
			reason_set(why, "more than %d networks", AWS_NETS);
			return false;
		}
	}
	return true;
}

static bool
of_connection(struct aws_connection *to, const struct conf *conf,
    const struct conf_connection *c, struct reason *why)
{
	enum aws_side ours = c->hub ? AWS_CLOUD : AWS_CUSTOMER;
	enum aws_side theirs = c->hub ? AWS_CUSTOMER : AWS_CLOUD;
	const struct conf_tunnel *t = &c->tunnels[0];

	str_set(to->id, sizeof(to->id), c->name);
	to->is_static = c->remote_asn == 0;
	if (!to->is_static) {
		to->asn[ours] = t->local_as != 0 ? t->local_as : conf->asn;
		to->asn[theirs] = c->remote_asn;
		to->hold_time = number(c->hold_time);
	}
	to->inside = t->inside;
	to->accelerated = t->force_encap;
	of_selector(&to->ts4[ours], &t->local_ts[0]);
	of_selector(&to->ts4[theirs], &t->remote_ts[0]);
	of_selector(&to->ts6[ours], &t->local_ts[1]);
	of_selector(&to->ts6[theirs], &t->remote_ts[1]);
	to->tunnels_n = c->tunnels_n;
	for (unsigned i = 0; i < c->tunnels_n; i++)
		of_tunnel(&to->tunnels[i], &c->tunnels[i], c->hub);
	return of_nets(&to->nets[ours], &c->networks, why) &&
	    of_nets(&to->nets[theirs], &c->routes, why);
}

struct aws_connection *
aws_from_conf(const struct conf *conf, const struct conf_connection *c,
    struct reason *why)
{
	struct aws_connection *to = aws_new();

	if (to == NULL) {
		reason_set(why, "out of memory");
		return NULL;
	}
	if (of_connection(to, conf, c, why))
		return to;
	aws_free(to);
	return NULL;
}
