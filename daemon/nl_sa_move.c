/*
 * Moving a security association to new outer addresses or ports, which
 * happens when a NAT before the peer forgets its mapping (RFC 3948 section
 * 4, RFC 7296 section 2.23).
 *
 * Ports alone are updated in place.  An address cannot be, so the SA is read
 * with all that has become of it and installed anew.  The output sequence
 * number must never be used twice: the kernel counts on while we copy, so the
 * copy starts a good deal above what was read.  The peer's window just moves
 * on.  Where that would run out of numbers the answer is EOVERFLOW, and the
 * engine rekeys.
 */
#include <errno.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>

#include "daemon/nl_xfrm.h"
#include "util/str.h"

#define SEQUENCE_GAP	(1u << 20)	/* packets sent while we copy */

/* Messages under construction; keys are in them. */
struct move {
	const struct nl_sa *from, *to;
	bool		found, exhausted;
	_Alignas(8) uint8_t read[NLQ_MESSAGE];	/* the kernel's answer */
	_Alignas(8) uint8_t build[NLQ_MESSAGE];
};

static struct nlmsghdr *
begin(struct move *m, uint16_t type)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(m->build);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST;
	return h;
}

static struct nlmsghdr *
sa_id(struct move *m, uint16_t type)
{
	struct nlmsghdr *h = begin(m, type);
	struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(h, sizeof(*id));
	struct xfrm_mark mark = { .v = m->from->if_id, .m = 0xffffffff };

	memcpy(&id->daddr, m->from->dst.b, addr_octets(&m->from->dst));
	id->spi = htonl(m->from->spi);
	id->family = (uint16_t)nl_family(&m->from->dst);
	id->proto = IPPROTO_ESP;
	if (m->from->mark_not_if_id)
		mnl_attr_put(h, XFRMA_MARK, sizeof(mark), &mark);
	return h;
}

static int
keep(const struct nlmsghdr *h, void *arg)
{
	struct move *m = arg;

	if (h->nlmsg_type != XFRM_MSG_NEWSA ||
	    h->nlmsg_len > sizeof(m->read) ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct xfrm_usersa_info))
		return -EBADMSG;
	memcpy(m->read, h, h->nlmsg_len);
	m->found = true;
	return 0;
}

/* RFC 4303 section 2.2: never the same number twice under one key. */
static void
put_replay(struct nlmsghdr *h, struct move *m, const struct nlattr *a)
{
	struct xfrm_replay_state r;

	memcpy(&r, mnl_attr_get_payload(a), sizeof(r));
	if (m->to->dir == KERN_OUT) {
		m->exhausted |= r.oseq > UINT32_MAX - SEQUENCE_GAP;
		r.oseq += SEQUENCE_GAP;
	}
	mnl_attr_put(h, XFRMA_REPLAY_VAL, sizeof(r), &r);
}

static void
put_replay_esn(struct nlmsghdr *h, struct move *m, const struct nlattr *a,
    bool esn)
{
	uint8_t b[sizeof(struct xfrm_replay_state_esn) +
	    XFRMA_REPLAY_ESN_MAX / 8];
	struct xfrm_replay_state_esn r;
	size_t n = mnl_attr_get_payload_len(a);

	if (n > sizeof(b))
		return;
	memcpy(b, mnl_attr_get_payload(a), n);
	memcpy(&r, b, sizeof(r));
	if (m->to->dir == KERN_OUT) {
		if (r.oseq > UINT32_MAX - SEQUENCE_GAP) {
			m->exhausted |= !esn || r.oseq_hi == UINT32_MAX;
			r.oseq_hi++;
		}
		r.oseq += SEQUENCE_GAP;
	}
	memcpy(b, &r, sizeof(r));
	mnl_attr_put(h, XFRMA_REPLAY_ESN_VAL, n, b);
}

static void
put_encap(struct nlmsghdr *h, const struct nl_sa *to)
{
	struct xfrm_encap_tmpl t = {
		.encap_type = UDP_ENCAP_ESPINUDP,
		.encap_sport = htons(to->sport),
		.encap_dport = htons(to->dport),
	};

	if (to->encap)
		mnl_attr_put(h, XFRMA_ENCAP, sizeof(t), &t);
}

static void
put_attr(struct nlmsghdr *h, struct move *m, const struct nlattr *a, bool esn)
{
	size_t n = mnl_attr_get_payload_len(a);
	uint16_t type = mnl_attr_get_type(a);

	switch (type) {
	case XFRMA_ALG_AEAD:
	case XFRMA_ALG_CRYPT:
	case XFRMA_ALG_AUTH_TRUNC:
	case XFRMA_MARK:
	case XFRMA_IF_ID:
		mnl_attr_put(h, type, n, mnl_attr_get_payload(a));
		break;
	case XFRMA_REPLAY_VAL:
		if (n >= sizeof(struct xfrm_replay_state))
			put_replay(h, m, a);
		break;
	case XFRMA_REPLAY_ESN_VAL:
		if (n >= sizeof(struct xfrm_replay_state_esn))
			put_replay_esn(h, m, a, esn);
		break;
	}
}

/* The SA that was read, as a request to make it again elsewhere. */
static struct nlmsghdr *
rebuild(struct move *m, uint16_t type)
{
	const struct nlmsghdr *was = (const void *)m->read;
	struct nlmsghdr *h = begin(m, type);
	struct xfrm_usersa_info info;
	struct nlattr *a;

	nl_get_header(was, &info, sizeof(info));	/* keep() saw to it */
	memset(&info.saddr, 0, sizeof(info.saddr));
	memset(&info.id.daddr, 0, sizeof(info.id.daddr));
	memcpy(&info.saddr, m->to->src.b, addr_octets(&m->to->src));
	memcpy(&info.id.daddr, m->to->dst.b, addr_octets(&m->to->dst));
	memset(&info.stats, 0, sizeof(info.stats));
	info.seq = 0;
	mnl_attr_for_each(a, was, sizeof(info))
		if (mnl_attr_get_type(a) == XFRMA_REPLAY_ESN_VAL)
			info.replay_window = 0;
	nl_put_header(h, &info, sizeof(info));
	mnl_attr_for_each(a, was, sizeof(info))
		put_attr(h, m, a, (info.flags & XFRM_STATE_ESN) != 0);
	mnl_attr_put(h, XFRMA_LTIME_VAL, sizeof(info.curlft), &info.curlft);
	put_encap(h, m->to);
	return h;
}

static int
step(struct nl *nl, struct nlmsghdr *h, nl_each *each, struct move *m,
    const char *what, char *text)
{
	char why[KERN_TEXT_LEN] = "";
	int rc = nl_ask(nl->xfrm_ask, h, each, m, why);

	if (rc < 0)
		str_fmt(text, KERN_TEXT_LEN, "moving the SA: %s: %.100s", what,
		    why[0] != '\0' ? why : strerror(-rc));
	return rc;
}

/*
 * Outbound the new SA stands before the old one goes.  Inbound both have the
 * same identity for the kernel, which is the destination, so the old one goes
 * first.
 */
static int
replace(struct nl *nl, struct move *m, char *text)
{
	bool same_id = addr_eq(&m->from->dst, &m->to->dst);
	int rc = 0;

	rebuild(m, XFRM_MSG_NEWSA);
	if (m->exhausted) {
		str_set(text, KERN_TEXT_LEN,
		    "moving the SA: no sequence numbers left");
		return -EOVERFLOW;
	}
	if (same_id)
		rc = step(nl, sa_id(m, XFRM_MSG_DELSA), NULL, m, "delete",
		    text);
	if (rc == 0)
		rc = step(nl, rebuild(m, XFRM_MSG_NEWSA), NULL, m, "add",
		    text);
	if (rc == 0 && !same_id)
		rc = step(nl, sa_id(m, XFRM_MSG_DELSA), NULL, m, "delete",
		    text);
	return rc;
}

int
nl_sa_path(struct nl *nl, const struct nl_sa *from, const struct nl_sa *to,
    char *text)
{
	struct move m = { .from = from, .to = to };
	bool ports_only = addr_eq(&from->src, &to->src) &&
	    addr_eq(&from->dst, &to->dst) && from->encap == to->encap;
	int rc;

	rc = step(nl, sa_id(&m, XFRM_MSG_GETSA), keep, &m, "read", text);
	if (rc == 0 && !m.found)
		rc = -ESRCH;
	if (rc == 0 && ports_only)
		rc = step(nl, rebuild(&m, XFRM_MSG_UPDSA), NULL, &m, "update",
		    text);
	else if (rc == 0)
		rc = replace(nl, &m, text);
	wipe(m.read, sizeof(m.read));
	wipe(m.build, sizeof(m.build));
	return -rc;
}
