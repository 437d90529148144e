/*
 * An SA that is said to be there is read from the kernel and compared: owner,
 * outer addresses, interface and encapsulation must be the same.  One that is,
 * counts as stated.  Keys cannot be compared: nobody here has them.
 */
#include "daemon/hold.h"

#include <errno.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>

#include "daemon/nl_xfrm.h"
#include "daemon/ops.h"

struct look {
	const struct kern_sa *want;
	bool		found, same;
};

static bool
same_encap(const struct nlmsghdr *h, const struct kern_sa *want)
{
	struct xfrm_encap_tmpl t;
	struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct xfrm_usersa_info)) {
		if (mnl_attr_get_type(a) != XFRMA_ENCAP ||
		    mnl_attr_get_payload_len(a) < sizeof(t))
			continue;
		memcpy(&t, mnl_attr_get_payload(a), sizeof(t));
		return want->encap && ntohs(t.encap_sport) == want->sport &&
		    ntohs(t.encap_dport) == want->dport;
	}
	return !want->encap;
}

static int
look(const struct nlmsghdr *h, void *arg)
{
	struct look *l = arg;
	const struct kern_sa *w = l->want;
	struct kern_sa is;

	if (!nl_sa_parse(h, &is))
		return 0;
	l->found = true;
	l->same = is.spi == w->spi && is.reqid == w->reqid &&
	    is.if_id == w->if_id && is.mark_not_if_id == w->mark_not_if_id &&
	    addr_eq(&is.src, &w->src) && addr_eq(&is.dst, &w->dst) &&
	    same_encap(h, w);
	return 0;
}

static int
ask(struct nl *nl, struct look *l, char *text)
{
	_Alignas(8) uint8_t buf[512];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct xfrm_mark mark = { .v = l->want->if_id, .m = 0xffffffff };
	struct xfrm_usersa_id id = {
		.spi = htonl(l->want->spi), .proto = IPPROTO_ESP,
		.family = (uint16_t)nl_family(&l->want->dst),
	};

	memcpy(&id.daddr, l->want->dst.b, addr_octets(&l->want->dst));
	h->nlmsg_type = XFRM_MSG_GETSA;
	h->nlmsg_flags = NLM_F_REQUEST;
	nl_put_header(h, &id, sizeof(id));
	if (l->want->mark_not_if_id)
		mnl_attr_put(h, XFRMA_MARK, sizeof(mark), &mark);
	return nl_ask(nl->xfrm_ask, h, look, l, text);
}

void
hold_run(struct monitor *m, const struct kern_op *op)
{
	const uint64_t fp = stated_sa(&m->stated, &op->sa);
	struct look l = { .want = &op->sa };
	char text[KERN_TEXT_LEN] = "";
	struct nl_sa *sa;
	int rc;

	ops_settle(m);
	rc = ask(m->nl, &l, text);
	if (rc < 0 && rc != -ESRCH) {
		ops_done(m, op, -rc, text);
		return;
	}
	if (!l.found) {
		ops_done(m, op, ESRCH, "it is not in the kernel any more");
		return;
	}
	if (!l.same) {
		ops_done(m, op, ESRCH, "another one is in its place");
		return;
	}
	stated_set(&m->stated, fp);
	sa = sas_new(&op->sa);
	if (sa != NULL)
		sas_keep(&m->sas, fp, sa);
	ops_done(m, op, 0, "");
}
