/*
 * Translation: one tunnel's configuration into what IKE, BGP and the kernel
 * each want to know of it.  No state, no decisions.
 */
#include "gw/peers.h"

#include <string.h>

/* Of a tunnel that is replaced: behind any other one. */
#define MED_LAST	65535u
#define OUTER_MTU	1500u
/* Until a suite is negotiated; every suite of ours fits into it. */
#define CAUTIOUS_MTU	1360u

uint32_t
peers_if_id(const struct gw_tunnel *t)
{
	return KERN_ID_BASE + t->id;
}

uint32_t
peers_mtu(const struct suite *s, const struct path *path, bool encap)
{
	return suite_mtu(s, OUTER_MTU, path->local.addr.family == ADDR_IPV6,
	    encap);
}

static void
algs_copy(struct alg_list *to, const struct conf_algs *from)
{
	to->n = 0;
	for (size_t i = 0; i < from->n && i < ALGS_MAX; i++)
		to->row[to->n++] = from->row[i];
}

/* The configured hash also is the PRF (AWS has one list for both). */
static void
prfs_copy(struct alg_list *to, const struct conf_algs *from)
{
	to->n = 0;
	for (size_t i = 0; i < from->n && i < ALGS_MAX; i++) {
		const struct alg *a = alg_by_conf(ALG_PRF,
		    alg_at(from->row[i])->conf);

		if (a != NULL)
			to->row[to->n++] = (uint8_t)alg_index(a);
	}
}

static struct offer
offer_of(const struct conf_phase *p, uint8_t proto)
{
	struct offer o = { .proto = proto };

	algs_copy(&o.encr, &p->encr);
	algs_copy(&o.integ, &p->integ);
	algs_copy(&o.ke, &p->ke);
	if (proto == PROTO_IKE)
		prfs_copy(&o.prf, &p->integ);
	for (size_t i = 0; i < ADDKE_SLOTS; i++) {
		if (p->addke.n[i] > 0)
			o.addke = &p->addke;
	}
	return o;
}

static enum offer_order
order_of(const struct conf_tunnel *c)
{
	static const enum offer_order orders[] = {
		[CONF_ORDER_OURS] = ORDER_OURS,
		[CONF_ORDER_PEER] = ORDER_PEER,
		[CONF_ORDER_AWS] = ORDER_AWS,
	};

	return orders[c->order];
}

/* Extended sequence numbers where the peer has them, too. */
static struct alg_list
esn_of(const struct conf_tunnel *c)
{
	struct alg_list l = { 0 };

	if (c->esn)
		l.row[l.n++] =
		    (uint8_t)alg_index(alg_find(ALG_ESN, ESN_YES, 0));
	l.row[l.n++] = (uint8_t)alg_index(alg_find(ALG_ESN, ESN_NO, 0));
	return l;
}

static struct id
id_of(const struct conf_id *c)
{
	return (struct id){ .type = c->n == 0 ? 0 : (uint8_t)c->type,
	    .n = c->n, .data = c->data };
}

static enum ike_auth
auth_of(enum conf_auth auth)
{
	return auth == CONF_AUTH_CERTIFICATE ? IKE_AUTH_CERTIFICATE :
	    IKE_AUTH_PSK;
}

static enum ike_childless
childless_of(enum conf_childless c)
{
	static const enum ike_childless of[] = {
		[CONF_CHILDLESS_NEVER] = IKE_CHILDLESS_NEVER,
		[CONF_CHILDLESS_ALLOW] = IKE_CHILDLESS_ALLOW,
		[CONF_CHILDLESS_PREFER] = IKE_CHILDLESS_PREFER,
		[CONF_CHILDLESS_FORCE] = IKE_CHILDLESS_FORCE,
	};

	return of[c];
}

static struct ts_list
ts_of(const struct prefix ts[2], enum conf_inside inside)
{
	struct ts_list l = { 0 };

	if (inside != CONF_INSIDE_IPV6)
		l.ts[l.n++] = ts_prefix(&ts[0]);
	if (inside != CONF_INSIDE_IPV4)
		l.ts[l.n++] = ts_prefix(&ts[1]);
	return l;
}

_Static_assert(CONF_TABLES + 1 <= BGP_TABLES_MAX, "one is copied to the other");
_Static_assert(CONF_GATEWAYS == IKE_GATEWAYS, "one is copied to the other");

void
peers_ike(const struct gw_tunnel *t, struct ike_peer_conf *out)
{
	const struct conf_tunnel *c = t->conf;

	*out = (struct ike_peer_conf){
		.id = t->id,
		.local = c->local,
		.remote = c->remote,
		.local_id = id_of(&c->local_id),
		.remote_id = id_of(&c->remote_id),
		.local_id_from = c->local_id_given ? "local_id" :
		    "local_outside_ip_address",
		.remote_id_from = c->remote_id_given ? "remote_id" :
		    "remote_outside_ip_address",
		.local_auth = auth_of(c->local_auth),
		.remote_auth = auth_of(c->remote_auth),
		.ike = offer_of(&c->phase1, PROTO_IKE),
		.esp = offer_of(&c->phase2, PROTO_ESP),
		.local_ts = ts_of(c->local_ts, c->inside),
		.remote_ts = ts_of(c->remote_ts, c->inside),
		.ike_lifetime = c->phase1.lifetime,
		.child_lifetime = c->phase2.lifetime,
		.child_bytes = c->phase2_bytes,
		.child_packets = c->phase2_packets,
		.rekey_margin = c->rekey_margin,
		.rekey_fuzz = c->rekey_fuzz,
		.dpd_timeout = c->dpd_timeout,
		.dpd = c->dpd_action != CONF_DPD_NONE,
		.resend_first = span_ms(c->retransmit_ms),
		.resend_max = c->retransmit_max,
		.resends = c->retransmit_tries,
		.force_encap = c->force_encap,
		.fragmentation = c->fragmentation,
		.fragment_size = c->fragment_size,
		.message_id_sync = c->message_id_sync,
		.resumption = c->session_resumption,
		.ppk_required = c->ppk_required,
		.childless = childless_of(c->childless),
	};
	out->accept_redirect = c->accept_redirect;
	out->gateways_n = c->gateways.n;
	memcpy(out->gateways, c->gateways.v, sizeof(out->gateways));
	str_set(out->ppk_id, sizeof(out->ppk_id), c->ppk_id);
	out->ike.order = out->esp.order = order_of(c);
	out->esp.esn = esn_of(c);
}

void
peers_bgp_soft(const struct gw_tunnel *t, struct bgp_soft *out)
{
	const struct conf_bgp *c = &t->conf->bgp;

	*out = (struct bgp_soft){
		.import = conf_policy(t->of, c->import),
		.export = conf_policy(t->of, c->export),
		.allow_own = c->allowas_in,
		.override = c->as_override,
		.tell_loops = !c->loop_detection,
		.private_as = c->private_as,
		.heed_shutdown = c->heed_shutdown,
		.drain = !instant_is_never(t->shut_at),
		.max_in = c->max_in, .max_out = c->max_out,
		.warn_percent = c->warn_percent,
		.share = c->share, .rank = c->rank,
		.med_in = c->med_in,
		.med_out = t->upkeep.replacing ? MED_LAST : c->med_out,
		.pause = c->pause,
		.restart = c->restart, .restart_seconds = c->restart_seconds,
		.stale = c->stale,
	};
	out->tables.given = true;
	out->tables.associated = t->association;
	out->tables.n = t->propagation.n;
	memcpy(out->tables.into, t->propagation.v,
	    sizeof(t->propagation.v));
}

void
peers_bgp(const struct gw_tunnel *t, struct bgp_peer_conf *out)
{
	const struct conf_tunnel *c = t->conf;
	bool v4 = c->inside != CONF_INSIDE_IPV6 && addr_is_set(&c->local4);
	bool v6 = c->inside != CONF_INSIDE_IPV4 && addr_is_set(&c->local6);

	*out = (struct bgp_peer_conf){
		.id = t->id,
		.local = v4 ? c->local4 : c->local6,
		.remote = v4 ? c->remote4 : c->remote6,
		.remote_other = v4 ? c->remote6 : c->remote4,
		.local_asn = c->local_as != 0 ? c->local_as :
		    t->gw->conf->asn,
		.own_asn = c->local_as != 0 ? t->gw->conf->asn : 0,
		.no_prepend = c->local_as_no_prepend,
		.replace_as = c->local_as_replace_as,
		.remote_asn = t->remote_asn,
		.hold_time = t->hold_time,
		.transit = t->hub,
		.role = c->session.role,
		.role_strict = c->session.role_strict,
		.add_path = c->session.add_path,
		.extended_hop = c->session.extended_hop,
		.patient = t->hub,
	};
	if (v4)
		out->next_hop4 = c->local4;
	if (v6)
		out->next_hop6 = c->local6;
	peers_bgp_soft(t, &out->soft);
}

/* Our address with the length of the inside network: the peer is on link. */
static struct prefix
inside_of(const struct addr *ours, const struct prefix *net)
{
	struct prefix p = { .addr = *ours, .len = net->len };

	if (!addr_is_set(ours))
		p.len = 0;
	return p;
}

void
peers_link(const struct gw_tunnel *t, struct kern_link *out)
{
	const struct conf_tunnel *c = t->conf;

	str_set(out->name, sizeof(out->name), c->ifname);
	str_fmt(out->alias, sizeof(out->alias), "vpnd:%s", t->name);
	out->kind = t->gw->conf->interface;
	out->if_id = peers_if_id(t);
	out->local = c->local;
	out->remote = addr_is_set(&t->gateway) ? t->gateway :
	    addr_is_set(&c->remote) ? c->remote :
	    addr_any((enum addr_family)c->local.family);
	out->inside[0] = inside_of(&c->local4, &c->inside4);
	out->inside[1] = inside_of(&c->local6, &c->inside6);
	out->table = t->association == CONF_TABLE_MAIN ? 0 : t->association;
	out->mtu = t->link.mtu != 0 ? t->link.mtu : CAUTIOUS_MTU;
	out->up = true;
}

void
peers_sa(const struct gw_tunnel *t, const struct ike_esp *e,
    struct kern_sa *out)
{
	const struct suite *s = &e->suite;
	const struct alg *mac = s->integ != NULL ? s->integ : s->encr;

	*out = (struct kern_sa){
		.spi = e->spi, .src = e->src, .dst = e->dst,
		.reqid = peers_if_id(t), .if_id = peers_if_id(t),
		.mark_not_if_id = t->link.kind == KERN_LINK_VTI,
		.dir = e->inbound ? KERN_IN : KERN_OUT,
		.icv_bits = (uint16_t)(mac->icv_len * 8),
		.encr_key = e->encr, .auth_key = e->integ, .esn = s->esn,
		.replay_window = e->inbound ? t->conf->replay_window : 0,
		.encap = e->encap, .sport = e->sport, .dport = e->dport,
		.soft_packets = e->soft_packets,
		.hard_packets = e->hard_packets,
		.soft_bytes = e->soft_bytes, .hard_bytes = e->hard_bytes,
	};
	if (s->integ == NULL) {
		str_set(out->aead, sizeof(out->aead), s->encr->xfrm);
	} else {
		str_set(out->enc, sizeof(out->enc), s->encr->xfrm);
		str_set(out->auth, sizeof(out->auth), s->integ->xfrm);
	}
}
