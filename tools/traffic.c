/*
 * Counters of the kernel that are of tunnels: rtnetlink's of their interfaces,
 * XFRM's of their SAs, and /proc/net/xfrm_stat, which is of all of them.  Read
 * here, beside the daemon, since nothing in it decides by them.
 */
#include "tools/traffic.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/client.h"
#include "tools/complain.h"
#include "tools/nldump.h"
#include "util/str.h"

#define XFRM_STAT	"/proc/net/xfrm_stat"
#define DUMP_TRIES	10

/* Borrowed tunnels: by the names of their interfaces, by their if_id. */
struct indexes {
	json_t		*by_name, *by_id;	/* owned */
	unsigned	 found;		/* interfaces */
};

static void
index_tunnels(struct indexes *x, json_t *tunnels)
{
	json_t *t;
	size_t i;

	x->by_name = json_object();
	x->by_id = json_object();
	json_array_foreach(tunnels, i, t) {
		const json_t *link = json_object_get(t, "interface");
		char id[32];

		str_fmt(id, sizeof(id), "%lld", (long long)
		    json_integer_value(json_object_get(link, "if_id")));
		json_object_set(x->by_name, answer_text(link, "name"), t);
		json_object_set(x->by_id, id, t);
		json_object_set_new(t, "esp", json_pack("{s:i, s:i, s:i}",
		    "replayed", 0, "late", 0, "integrity_failed", 0));
	}
}

static json_t *
traffic_of(const struct rtnl_link_stats64 *s)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "in_octets", (json_int_t)s->rx_bytes,
	    "out_octets", (json_int_t)s->tx_bytes,
	    "in_packets", (json_int_t)s->rx_packets,
	    "out_packets", (json_int_t)s->tx_packets,
	    "in_errors", (json_int_t)s->rx_errors,
	    "out_errors", (json_int_t)s->tx_errors,
	    "in_dropped", (json_int_t)s->rx_dropped,
	    "out_dropped", (json_int_t)s->tx_dropped);
}

static int
each_link(const struct nlmsghdr *h, void *arg)
{
	struct indexes *x = arg;
	struct rtnl_link_stats64 stats = { 0 };
	const char *name = NULL;
	struct nlattr *a;
	json_t *t;

	if (h->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(struct ifinfomsg)) {
		size_t n = mnl_attr_get_payload_len(a);

		if (mnl_attr_get_type(a) == IFLA_IFNAME)
			name = mnl_attr_get_str(a);
		else if (mnl_attr_get_type(a) == IFLA_STATS64)
			memcpy(&stats, mnl_attr_get_payload(a),
			    n < sizeof(stats) ? n : sizeof(stats));
	}
	t = name == NULL ? NULL : json_object_get(x->by_name, name);
	if (t != NULL) {
		json_object_set_new(t, "traffic", traffic_of(&stats));
		x->found++;
	}
	return MNL_CB_OK;
}

static void
add(json_t *to, const char *key, uint32_t n)
{
	json_t *v = json_object_get(to, key);

	json_integer_set(v, json_integer_value(v) + n);
}

static int
each_sa(const struct nlmsghdr *h, void *arg)
{
	struct indexes *x = arg;
	struct xfrm_usersa_info info;
	char id[16];
	json_t *esp;

	if (h->nlmsg_type != XFRM_MSG_NEWSA ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(info))
		return MNL_CB_OK;
	memcpy(&info, mnl_nlmsg_get_payload(h), sizeof(info));
	str_fmt(id, sizeof(id), "%u", (unsigned)info.reqid);
	esp = json_object_get(json_object_get(x->by_id, id), "esp");
	if (esp != NULL && info.id.proto == IPPROTO_ESP) {
		add(esp, "replayed", info.stats.replay);
		add(esp, "late", info.stats.replay_window);
		add(esp, "integrity_failed", info.stats.integrity_failed);
	}
	return MNL_CB_OK;
}

static bool
any_interface(const json_t *tunnels)
{
	const json_t *t;
	size_t i;

	json_array_foreach(tunnels, i, t) {
		const char *state = answer_text(json_object_get(t,
		    "interface"), "state");

		if (state[0] != '\0' && strcmp(state, "missing") != 0)
			return true;
	}
	return false;
}

/* A link that comes or goes meanwhile interrupts it. */
static int
dump_links(struct indexes *x)
{
	int rc = -EINTR;

	for (unsigned tries = 0; tries < DUMP_TRIES && rc == -EINTR; tries++) {
		x->found = 0;
		rc = nldump(NETLINK_ROUTE, RTM_GETLINK,
		    sizeof(struct ifinfomsg), each_link, x);
	}
	return rc;
}

enum ctl_exit
traffic_add(json_t *tunnels)
{
	struct indexes x = { .found = 0 };
	int rc;

	index_tunnels(&x, tunnels);
	rc = dump_links(&x);
	if (rc == 0)
		rc = nldump(NETLINK_XFRM, XFRM_MSG_GETSA, 0, each_sa, &x);
	json_decref(x.by_name);
	json_decref(x.by_id);
	if (rc < 0)
		return complain(CTL_EXIT_FAILED, "cannot read counters of the "
		    "kernel: %s", strerror(-rc));
	if (x.found == 0 && any_interface(tunnels))
		return complain(CTL_EXIT_FAILED, "the tunnels' interfaces are "
		    "not in this network namespace; run vpnctl in that of "
		    "vpnd");
	return CTL_EXIT_OK;
}

/* "XfrmInNoStates          	0" */
json_t *
traffic_errors(void)
{
	json_t *j = json_object();
	FILE *f = fopen(XFRM_STAT, "re");
	char name[64];
	long long n;

	while (f != NULL && fscanf(f, "%63s %lld", name, &n) == 2) {
		const char *s = strncmp(name, "Xfrm", 4) == 0 ? name + 4 :
		    name;

		json_object_set_new(j, s, json_integer(n));
	}
	if (f != NULL)
		fclose(f);
	return j;
}
