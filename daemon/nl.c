/*
 * Netlink sockets.  A request socket is worked off by the kernel within the
 * sending call (both XFRM and rtnetlink take their mutex there), so the
 * answers lie in the receive buffer when it returns: batches need no timer
 * and leave nothing pending.  Errors come with the kernel's own words
 * (NETLINK_EXT_ACK), which are what an operator needs to read.
 *
 * Nothing here knows what the messages are about.
 */
#include "daemon/nl.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <netlink/socket.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/nl_link.h"
#include "daemon/nl_route.h"
#include "util/str.h"

#define RECEIVE_BUFFER	(4 * 1024 * 1024)
#define ANSWER_MS	5000

static struct mnl_socket *
sock_open(int bus)
{
	struct mnl_socket *s = mnl_socket_open2(bus, SOCK_CLOEXEC |
	    SOCK_NONBLOCK);
	int size = RECEIVE_BUFFER, on = 1;

	if (s == NULL)
		return NULL;
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(s);
		return NULL;
	}
	/* Older kernels know less; all of these only make life better. */
	mnl_socket_setsockopt(s, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(s, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(s, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	if (setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUFFORCE,
	    &size, sizeof(size)) < 0)
		setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	return s;
}

static struct mnl_socket *
events_open(int bus, const int *groups, size_t n)
{
	struct mnl_socket *s = sock_open(bus);
	int group;

	for (size_t i = 0; s != NULL && i < n; i++) {
		group = groups[i];
		if (mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, &group,
		    sizeof(group)) < 0) {
			mnl_socket_close(s);
			return NULL;
		}
	}
	return s;
}

struct mnl_socket *
nl_fence_events(void)
{
	static const int groups[] = { NFNLGRP_NFTABLES };

	return events_open(NETLINK_NETFILTER, groups, 1);
}

static struct nlq *
nlq_open(int bus)
{
	struct nlq *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->seq = 1;
	q->sock = sock_open(bus);
	if (q->sock == NULL) {
		free(q);
		return NULL;
	}
	return q;
}

struct nlq *
nlq_twin(struct nlq *q)
{
	struct nlq *twin = calloc(1, sizeof(*twin));

	if (twin == NULL)
		return NULL;
	twin->sock = q->sock;
	twin->of = q;
	return twin;
}

const struct nlq *
nlq_owner(const struct nlq *q)
{
	return q->of != NULL ? q->of : q;
}

void
nlq_close(struct nlq *q)
{
	if (q == NULL)
		return;
	nlq_reset(q);
	if (q->of == NULL)
		mnl_socket_close(q->sock);
	free(q);
}

/* NULL: all is open; else what is not, with errno set. */
static const char *
open_all(struct nl *nl)
{
	static const int xfrm_groups[] = {
		XFRMNLGRP_ACQUIRE, XFRMNLGRP_EXPIRE, XFRMNLGRP_MAPPING,
	};
	static const int link_groups[] = {
		RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
	};
	static const int route_groups[] = {
		RTNLGRP_NEXTHOP, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
	};

	if ((nl->xfrm = nlq_open(NETLINK_XFRM)) == NULL ||
	    (nl->xfrm_ask = sock_open(NETLINK_XFRM)) == NULL)
		return "XFRM netlink socket";
	if ((nl->route = nlq_open(NETLINK_ROUTE)) == NULL ||
	    (nl->route_ask = sock_open(NETLINK_ROUTE)) == NULL)
		return "route netlink socket";
	if ((nl->xfrm_events = events_open(NETLINK_XFRM, xfrm_groups, 3)) ==
	    NULL)
		return "XFRM events";
	if ((nl->link_events = events_open(NETLINK_ROUTE, link_groups, 3)) ==
	    NULL)
		return "link events";
	if ((nl->route_events = events_open(NETLINK_ROUTE, route_groups, 3)) ==
	    NULL || !nl_route_only_others(nl))
		return "route events";
	if ((nl->links = nl_link_open()) == NULL)
		return "libnl socket";
	return NULL;
}

int
nl_new(struct nl **out, const char **what)
{
	struct nl *nl = calloc(1, sizeof(*nl));
	int error;

	*what = "memory";
	if (nl == NULL)
		return -ENOMEM;
	errno = 0;
	*what = open_all(nl);
	if (*what == NULL) {
		*out = nl;
		return 0;
	}
	error = errno == 0 ? ENOMEM : errno;
	nl_free(nl);
	return -error;
}

void
nl_free(struct nl *nl)
{
	if (nl == NULL)
		return;
	nlq_close(nl->xfrm);
	nlq_close(nl->route);
	if (nl->xfrm_ask != NULL)
		mnl_socket_close(nl->xfrm_ask);
	if (nl->route_ask != NULL)
		mnl_socket_close(nl->route_ask);
	if (nl->xfrm_events != NULL)
		mnl_socket_close(nl->xfrm_events);
	if (nl->link_events != NULL)
		mnl_socket_close(nl->link_events);
	if (nl->route_events != NULL)
		mnl_socket_close(nl->route_events);
	nl_socket_free(nl->links);
	free(nl);
}

bool
nlq_room(const struct nlq *q)
{
	return q->n < NLQ_OPS && q->used + NLQ_MESSAGE <= sizeof(q->buf);
}

struct nlmsghdr *
nlq_begin(struct nlq *q, uint16_t type, uint16_t flags,
    const struct nl_op *op)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(q->buf + q->used);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = q->seq + (uint32_t)q->n;
	q->op[q->n] = *op;
	q->op[q->n].error = 0;
	q->op[q->n].text[0] = '\0';
	return h;
}

void
nlq_end(struct nlq *q, struct nlmsghdr *h)
{
	q->used += MNL_ALIGN(h->nlmsg_len);
	q->last = h;
	q->n++;
}

/* The kernel's words behind an NLMSG_ERROR. */
static void
ext_ack(const struct nlmsghdr *h, char *text)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	size_t at = sizeof(*e);
	struct nlattr *a;

	if (text == NULL || !(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		at += mnl_nlmsg_get_payload_len(&e->msg);
	mnl_attr_for_each(a, h, (unsigned)at) {
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0)
			str_set(text, KERN_TEXT_LEN, mnl_attr_get_str(a));
	}
}

/* Marks the operation that one answer is about; how many are now settled. */
static size_t
nlq_answer(struct nlq *q, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	uint32_t i = h->nlmsg_seq - q->seq;

	if (h->nlmsg_type != NLMSG_ERROR || i >= q->n ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*e))
		return 0;
	if (e->error != 0) {
		q->op[i].error = -e->error;
		ext_ack(h, q->op[i].text);
	}
	return i + 1;
}

static void
nlq_fail(struct nlq *q, size_t from, int error, const char *why)
{
	for (; from < q->n; from++) {
		q->op[from].error = error;
		str_set(q->op[from].text, KERN_TEXT_LEN, why);
	}
}

static void
nlq_answers(struct nlq *q)
{
	_Alignas(8) uint8_t buf[16384];
	const struct nlmsghdr *h;
	size_t settled = 0, upto;
	ssize_t n;
	int left;

	while (settled < q->n) {
		n = mnl_socket_recvfrom(q->sock, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			nlq_fail(q, settled, n == 0 ? EIO : errno,
			    "the kernel's answer was lost");
			return;
		}
		left = (int)n;
		for (h = (const void *)buf; mnl_nlmsg_ok(h, left);
		    h = mnl_nlmsg_next(h, &left)) {
			upto = nlq_answer(q, h);
			if (upto > settled)
				settled = upto;
		}
	}
}

void
nlq_flush(struct nlq *q)
{
	if (q->n == 0)
		return;
	q->last->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(q->sock, q->buf, q->used) < 0)
		nlq_fail(q, 0, errno, "netlink request not sent");
	else
		nlq_answers(q);
}

/* Here, where all is over: a flush may be another thread's. */
static void
count(struct nlq *to, const struct nlq *q)
{
	to->batches += q->n > 0;
	to->messages += q->n;
	for (size_t i = 0; i < q->n; i++)
		to->errors += q->op[i].error != 0;
}

void
nlq_reset(struct nlq *q)
{
	count(q->of != NULL ? q->of : q, q);
	for (size_t i = 0; i < q->n; i++)
		free(q->op[i].sa);
	wipe(q->buf, q->used);
	q->seq += (uint32_t)q->n;
	q->n = 0;
	q->claims = 0;
	q->used = 0;
	q->last = NULL;
}

/* 1: go on, 0: that was the end, or -errno. */
static int
ask_message(const struct nlmsghdr *h, uint32_t seq, nl_each *each, void *arg,
    char *text)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	int rc = 0;

	if (h->nlmsg_seq != seq)
		return 1;
	if (h->nlmsg_type == NLMSG_DONE)
		return 0;
	if (h->nlmsg_type == NLMSG_ERROR) {
		if (mnl_nlmsg_get_payload_len(h) < sizeof(*e))
			return -EBADMSG;
		if (e->error != 0)
			ext_ack(h, text);
		return e->error;
	}
	if (each != NULL)
		rc = each(h, arg);
	return rc < 0 ? rc : 1;
}

int
nl_ask(struct mnl_socket *s, struct nlmsghdr *req, nl_each *each, void *arg,
    char *text)
{
	static uint32_t seq;
	_Alignas(8) uint8_t buf[32768];
	struct pollfd p = { .fd = mnl_socket_get_fd(s), .events = POLLIN };
	const struct nlmsghdr *h;
	ssize_t n;
	int left, rc = 1;

	req->nlmsg_seq = ++seq;
	if (!(req->nlmsg_flags & NLM_F_DUMP))
		req->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(s, req, req->nlmsg_len) < 0)
		return -errno;
	while (rc == 1) {
		if (poll(&p, 1, ANSWER_MS) == 0) {
			rc = -ETIMEDOUT;
			break;
		}
		n = mnl_socket_recvfrom(s, buf, sizeof(buf));
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0) {
			rc = -errno;
			break;
		}
		left = (int)n;
		for (h = (const void *)buf; rc == 1 && mnl_nlmsg_ok(h, left);
		    h = mnl_nlmsg_next(h, &left))
			rc = ask_message(h, seq, each, arg, text);
	}
	wipe(buf, sizeof(buf));
	return rc;
}

void
nl_put_header(struct nlmsghdr *h, const void *p, size_t n)
{
	memcpy(mnl_nlmsg_put_extra_header(h, n), p, n);
}

bool
nl_get_header(const struct nlmsghdr *h, void *p, size_t n)
{
	if (mnl_nlmsg_get_payload_len(h) < n)
		return false;
	memcpy(p, mnl_nlmsg_get_payload(h), n);
	return true;
}

ssize_t
nl_event_read(struct mnl_socket *s, void *buf, size_t size)
{
	ssize_t n;

	do
		n = mnl_socket_recvfrom(s, buf, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n;
}

int
nl_family(const struct addr *a)
{
	return a->family == ADDR_IPV4 ? AF_INET :
	    a->family == ADDR_IPV6 ? AF_INET6 : AF_UNSPEC;
}

struct addr
nl_addr(int family, const void *p)
{
	if (family != AF_INET && family != AF_INET6)
		return (struct addr){ 0 };
	return addr_from(bytes_of(p, family == AF_INET ? 4 : 16));
}
