/*
 * Security associations and policies (RFC 4301) as XFRM netlink messages.
 * ESP in tunnel mode only, addressed by if_id (xfrmi) or mark (VTI).
 *
 * What the kernel wants and does not say: an AEAD's key is key and salt; HMAC
 * needs its truncation in an attribute of its own, the old attribute has the
 * wrong one for SHA-256; a replay window above 32 packets and every extended
 * sequence number (RFC 4303 section 2.2.1) need the replay-ESN attribute,
 * which for ESN must have a window even on output; without the flag AF_UNSPEC
 * an SA carries only the inner family that equals its outer one; a mark is
 * part of the identity of SA and policy, an if_id of the policy alone.
 *
 * Moving an SA (nl_sa_move.c) is elsewhere.
 */
#include "daemon/nl_xfrm.h"

#include <errno.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

static const uint8_t policy_dirs[] = {
	[KERN_IN] = XFRM_POLICY_IN,
	[KERN_OUT] = XFRM_POLICY_OUT,
	[KERN_FWD] = XFRM_POLICY_FWD,
};

bool
nl_is_ours(uint32_t id)
{
	return (id & KERN_ID_MASK) == KERN_ID_BASE;
}

static void
set_addr(xfrm_address_t *to, const struct addr *a)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, a->b, addr_octets(a));
}

static uint64_t
limit(uint64_t n)
{
	return n == 0 ? XFRM_INF : n;
}

/* The header that the three algorithm structs of the kernel share. */
_Static_assert(offsetof(struct xfrm_algo, alg_key_len) ==
    offsetof(struct xfrm_algo_auth, alg_key_len) &&
    offsetof(struct xfrm_algo_auth, alg_trunc_len) ==
    offsetof(struct xfrm_algo_aead, alg_icv_len), "put_alg");

static void
put_alg(struct nlmsghdr *h, uint16_t type, const char *name,
    const struct key *key, uint32_t icv_bits)
{
	uint8_t b[sizeof(struct xfrm_algo_aead) + KEY_MAX] = { 0 };
	uint32_t bits = key->n * 8u;
	size_t n = offsetof(struct xfrm_algo, alg_key);

	memcpy(b, name, strnlen(name, KERN_ALG_LEN - 1));
	memcpy(b + offsetof(struct xfrm_algo, alg_key_len), &bits, 4);
	if (icv_bits != 0) {
		n = offsetof(struct xfrm_algo_aead, alg_key);
		memcpy(b + offsetof(struct xfrm_algo_aead, alg_icv_len),
		    &icv_bits, 4);
	}
	memcpy(b + n, key->b, key->n);
	mnl_attr_put(h, type, n + key->n, b);
	wipe(b, sizeof(b));
}

static void
put_algs(struct nlmsghdr *h, const struct kern_sa *sa)
{
	if (sa->aead[0] != '\0') {
		put_alg(h, XFRMA_ALG_AEAD, sa->aead, &sa->encr_key,
		    sa->icv_bits);
		return;
	}
	put_alg(h, XFRMA_ALG_CRYPT, sa->enc, &sa->encr_key, 0);
	put_alg(h, XFRMA_ALG_AUTH_TRUNC, sa->auth, &sa->auth_key,
	    sa->icv_bits);
}

/* VTI looks its SAs and policies up by mark, xfrmi by if_id. */
static void
put_mark_or_if_id(struct nlmsghdr *h, uint32_t id, bool mark)
{
	struct xfrm_mark m = { .v = id, .m = 0xffffffff };

	if (id == 0)
		return;
	if (mark)
		mnl_attr_put(h, XFRMA_MARK, sizeof(m), &m);
	else
		mnl_attr_put_u32(h, XFRMA_IF_ID, id);
}

/* A window that info cannot hold, and every ESN, has an attribute instead. */
static bool
replay_in_attr(const struct kern_sa *sa)
{
	return sa->esn || sa->replay_window > 32;
}

static void
put_replay(struct nlmsghdr *h, const struct kern_sa *sa)
{
	uint8_t b[sizeof(struct xfrm_replay_state_esn) +
	    XFRMA_REPLAY_ESN_MAX / 8] = { 0 };
	struct xfrm_replay_state_esn e = { 0 };

	e.replay_window = sa->replay_window == 0 ? 1 : sa->replay_window;
	if (e.replay_window > XFRMA_REPLAY_ESN_MAX)
		e.replay_window = XFRMA_REPLAY_ESN_MAX;
	e.bmp_len = (e.replay_window + 31) / 32;
	memcpy(b, &e, sizeof(e));
	mnl_attr_put(h, XFRMA_REPLAY_ESN_VAL, sizeof(e) + e.bmp_len * 4, b);
}

static void
put_encap(struct nlmsghdr *h, uint16_t sport, uint16_t dport)
{
	struct xfrm_encap_tmpl t = {
		.encap_type = UDP_ENCAP_ESPINUDP,
		.encap_sport = htons(sport),
		.encap_dport = htons(dport),
	};

	mnl_attr_put(h, XFRMA_ENCAP, sizeof(t), &t);
}

static void
fill_info(struct xfrm_usersa_info *info, const struct kern_sa *sa)
{
	set_addr(&info->saddr, &sa->src);
	set_addr(&info->id.daddr, &sa->dst);
	info->id.spi = htonl(sa->spi);
	info->id.proto = IPPROTO_ESP;
	info->family = (uint16_t)nl_family(&sa->dst);
	info->mode = XFRM_MODE_TUNNEL;
	info->reqid = sa->reqid;
	info->flags = (uint8_t)(XFRM_STATE_AF_UNSPEC |
	    (sa->esn ? XFRM_STATE_ESN : 0));
	if (!replay_in_attr(sa))
		info->replay_window = (uint8_t)sa->replay_window;
	info->lft = (struct xfrm_lifetime_cfg){
		.soft_packet_limit = limit(sa->soft_packets),
		.hard_packet_limit = limit(sa->hard_packets),
		.soft_byte_limit = limit(sa->soft_bytes),
		.hard_byte_limit = limit(sa->hard_bytes),
	};
}

void
nl_sa_add(struct nlq *q, const struct kern_sa *sa, const struct nl_op *op)
{
	struct nlmsghdr *h = nlq_begin(q, XFRM_MSG_NEWSA,
	    NLM_F_CREATE | NLM_F_EXCL, op);
	struct xfrm_usersa_info info = { 0 };

	fill_info(&info, sa);
	nl_put_header(h, &info, sizeof(info));
	if (replay_in_attr(sa))
		put_replay(h, sa);
	put_algs(h, sa);
	put_mark_or_if_id(h, sa->if_id, sa->mark_not_if_id);
	if (sa->encap)
		put_encap(h, sa->sport, sa->dport);
	nlq_end(q, h);
}

static void
fill_sa_id(struct nlmsghdr *h, const struct kern_sa *sa)
{
	struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(h, sizeof(*id));

	set_addr(&id->daddr, &sa->dst);
	id->spi = htonl(sa->spi);
	id->family = (uint16_t)nl_family(&sa->dst);
	id->proto = IPPROTO_ESP;
	if (sa->mark_not_if_id)
		put_mark_or_if_id(h, sa->if_id, true);
}

void
nl_sa_del(struct nlq *q, const struct kern_sa *sa, const struct nl_op *op)
{
	struct nlmsghdr *h = nlq_begin(q, XFRM_MSG_DELSA, 0, op);

	fill_sa_id(h, sa);
	nlq_end(q, h);
}

static void
fill_selector(struct xfrm_selector *sel, const struct kern_ts *src,
    const struct kern_ts *dst)
{
	set_addr(&sel->saddr, &src->net.addr);
	set_addr(&sel->daddr, &dst->net.addr);
	sel->prefixlen_s = src->net.len;
	sel->prefixlen_d = dst->net.len;
	sel->sport = htons(src->port);
	sel->sport_mask = htons(src->port_mask);
	sel->dport = htons(dst->port);
	sel->dport_mask = htons(dst->port_mask);
	sel->proto = dst->proto;
	sel->family = (uint16_t)nl_family(&dst->net.addr);
}

static void
put_template(struct nlmsghdr *h, const struct kern_policy *p)
{
	struct xfrm_user_tmpl t = {
		.id.proto = IPPROTO_ESP,
		.family = (uint16_t)nl_family(&p->tmpl_dst),
		.reqid = p->reqid,
		.mode = XFRM_MODE_TUNNEL,
		.aalgos = 0xffffffff,
		.ealgos = 0xffffffff,
		.calgos = 0xffffffff,
	};

	set_addr(&t.saddr, &p->tmpl_src);
	set_addr(&t.id.daddr, &p->tmpl_dst);
	mnl_attr_put(h, XFRMA_TMPL, sizeof(t), &t);
}

void
nl_policy_set(struct nlq *q, const struct kern_policy *p,
    const struct nl_op *op)
{
	struct nlmsghdr *h = nlq_begin(q, XFRM_MSG_UPDPOLICY, 0, op);
	struct xfrm_userpolicy_info info = {
		.lft = { XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0 },
		.priority = p->priority,
		.dir = policy_dirs[p->dir],
		.action = p->block ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW,
		.share = XFRM_SHARE_ANY,
	};

	fill_selector(&info.sel, &p->src, &p->dst);
	nl_put_header(h, &info, sizeof(info));
	if (!p->block)
		put_template(h, p);
	put_mark_or_if_id(h, p->if_id, p->mark_not_if_id);
	nlq_end(q, h);
}

void
nl_policy_del(struct nlq *q, const struct kern_policy *p,
    const struct nl_op *op)
{
	struct nlmsghdr *h = nlq_begin(q, XFRM_MSG_DELPOLICY, 0, op);
	struct xfrm_userpolicy_id *id =
	    mnl_nlmsg_put_extra_header(h, sizeof(*id));

	fill_selector(&id->sel, &p->src, &p->dst);
	id->dir = policy_dirs[p->dir];
	put_mark_or_if_id(h, p->if_id, p->mark_not_if_id);
	nlq_end(q, h);
}

int
nl_esp_probe(struct nl *nl, char *text)
{
	struct kern_sa sa = {
		.spi = 0xfffffffe,
		.reqid = KERN_ID_BASE,
		.icv_bits = 128,
		.aead = "rfc4106(gcm(aes))",
		.encr_key.n = 20,
	};
	struct nl_op op = { .kind = KERN_SA_ADD };
	int error;

	addr_parse(&sa.src, "127.0.0.1");
	addr_parse(&sa.dst, "127.0.0.2");
	nl_sa_del(nl->xfrm, &sa, &op);		/* of a start that failed */
	nl_sa_add(nl->xfrm, &sa, &op);
	nl_sa_del(nl->xfrm, &sa, &op);
	nlq_flush(nl->xfrm);
	error = nl->xfrm->op[1].error;
	memcpy(text, nl->xfrm->op[1].text, KERN_TEXT_LEN);
	nlq_reset(nl->xfrm);
	return error;
}

/* The attribute of a message whose header has this length, or NULL. */
static const struct nlattr *
attr(const struct nlmsghdr *h, size_t header, uint16_t type, size_t size)
{
	struct nlattr *a;

	mnl_attr_for_each(a, h, (unsigned)header)
		if (mnl_attr_get_type(a) == type &&
		    mnl_attr_get_payload_len(a) >= size)
			return a;
	return NULL;
}

/* if_id, or the mark when there is no if_id. */
static uint32_t
get_mark_or_if_id(const struct nlmsghdr *h, size_t header, bool *mark)
{
	const struct nlattr *a = attr(h, header, XFRMA_IF_ID, 4);
	struct xfrm_mark m;

	*mark = false;
	if (a != NULL)
		return mnl_attr_get_u32(a);
	a = attr(h, header, XFRMA_MARK, sizeof(m));
	if (a == NULL)
		return 0;
	memcpy(&m, mnl_attr_get_payload(a), sizeof(m));
	*mark = m.m != 0;
	return m.v;
}

bool
nl_sa_parse(const struct nlmsghdr *h, struct kern_sa *sa)
{
	struct xfrm_usersa_info i;

	if (h->nlmsg_type != XFRM_MSG_NEWSA ||
	    !nl_get_header(h, &i, sizeof(i)))
		return false;
	/* SPI 0: placeholder of an acquire; the kernel clears it itself. */
	if (!nl_is_ours(i.reqid) || i.id.proto != IPPROTO_ESP ||
	    i.id.spi == 0)
		return false;
	memset(sa, 0, sizeof(*sa));
	sa->spi = ntohl(i.id.spi);
	sa->src = nl_addr(i.family, &i.saddr);
	sa->dst = nl_addr(i.family, &i.id.daddr);
	sa->reqid = i.reqid;
	sa->if_id = get_mark_or_if_id(h, sizeof(i), &sa->mark_not_if_id);
	return true;
}

static void
get_ts(struct kern_ts *ts, const struct xfrm_selector *sel, bool dst)
{
	ts->net.addr = nl_addr(sel->family, dst ? &sel->daddr : &sel->saddr);
	ts->net.len = dst ? sel->prefixlen_d : sel->prefixlen_s;
	ts->proto = sel->proto;
	ts->port = ntohs(dst ? sel->dport : sel->sport);
	ts->port_mask = ntohs(dst ? sel->dport_mask : sel->sport_mask);
}

bool
nl_policy_parse(const struct nlmsghdr *h, struct kern_policy *p)
{
	struct xfrm_userpolicy_info i;
	uint32_t id;
	bool mark;

	if (h->nlmsg_type != XFRM_MSG_NEWPOLICY ||
	    !nl_get_header(h, &i, sizeof(i)))
		return false;
	/* A blocking policy has no template, so not the reqid tells. */
	id = get_mark_or_if_id(h, sizeof(i), &mark);
	if (!nl_is_ours(id) || i.dir >= ARRAY_SIZE(policy_dirs))
		return false;
	memset(p, 0, sizeof(*p));
	for (size_t d = 0; d < ARRAY_SIZE(policy_dirs); d++)
		if (policy_dirs[d] == i.dir)
			p->dir = (enum kern_dir)d;
	get_ts(&p->src, &i.sel, false);
	get_ts(&p->dst, &i.sel, true);
	p->if_id = id;
	p->mark_not_if_id = mark;
	return true;
}

static bool
event_expire(const struct nlmsghdr *h, struct kern_event *e)
{
	struct xfrm_user_expire x;

	if (!nl_get_header(h, &x, sizeof(x)) ||
	    !nl_is_ours(x.state.reqid) || x.state.id.spi == 0)
		return false;
	e->kind = KERN_EXPIRE;
	e->sa.spi = ntohl(x.state.id.spi);
	e->sa.reqid = x.state.reqid;
	e->sa.dst = nl_addr(x.state.family, &x.state.id.daddr);
	e->sa.hard = x.hard != 0;
	return true;
}

static bool
event_mapping(const struct nlmsghdr *h, struct kern_event *e)
{
	struct xfrm_user_mapping m;

	if (!nl_get_header(h, &m, sizeof(m)) || !nl_is_ours(m.reqid))
		return false;
	e->kind = KERN_MAPPING;
	e->sa.spi = ntohl(m.id.spi);
	e->sa.reqid = m.reqid;
	e->sa.dst = nl_addr(m.id.family, &m.id.daddr);
	e->sa.from.addr = nl_addr(m.id.family, &m.new_saddr);
	e->sa.from.port = ntohs(m.new_sport);
	return true;
}

/* The template that was not served says whose tunnel it is. */
static bool
event_acquire(const struct nlmsghdr *h, struct kern_event *e)
{
	struct xfrm_user_acquire q;
	const struct nlattr *a;
	struct xfrm_user_tmpl t;

	if (!nl_get_header(h, &q, sizeof(q)))
		return false;
	a = attr(h, sizeof(q), XFRMA_TMPL, sizeof(t));
	if (a == NULL)
		return false;
	memcpy(&t, mnl_attr_get_payload(a), sizeof(t));
	if (!nl_is_ours(t.reqid))
		return false;
	e->kind = KERN_ACQUIRE;
	e->sa.reqid = t.reqid;
	e->sa.dst = nl_addr(t.family, &q.id.daddr);
	return true;
}

bool
nl_xfrm_event(const struct nlmsghdr *h, struct kern_event *e)
{
	switch (h->nlmsg_type) {
	case XFRM_MSG_EXPIRE:
		return event_expire(h, e);
	case XFRM_MSG_MAPPING:
		return event_mapping(h, e);
	case XFRM_MSG_ACQUIRE:
		return event_acquire(h, e);
	}
	return false;
}
