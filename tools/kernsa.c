/*
 * ESP keys exist in one place, the kernel, which shows them to whoever has
 * CAP_NET_ADMIN in the network namespace: so vpnctl reads them itself (XFRM
 * netlink, one dump), and neither engine nor monitor keep them.  An SA belongs
 * to the tunnel whose if_id is its reqid.
 *
 * A kernel that is locked down (lockdown=confidentiality) shows zeros instead,
 * which is an error here, not a key.
 */
#include "tools/kernsa.h"

#include <libmnl/libmnl.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/client.h"
#include "tools/complain.h"
#include "tools/nldump.h"
#include "util/addr.h"
#include "util/secret.h"
#include "util/str.h"

struct dump {
	json_t		*tunnels;	/* borrowed */
	bool		 hidden;	/* a key of zeros was seen */
};

static json_t *
tunnel_of(const struct dump *d, uint32_t reqid)
{
	json_t *t;
	size_t i;

	json_array_foreach(d->tunnels, i, t) {
		if (json_integer_value(json_object_get(t, "if_id")) ==
		    (json_int_t)reqid)
			return json_object_get(t, "esp");
	}
	return NULL;
}

static void
set_addr(json_t *sa, const char *key, int family, const xfrm_address_t *from)
{
	struct addr a = { .family = family == AF_INET6 ? ADDR_IPV6 :
	    ADDR_IPV4 };
	char text[ADDR_STRLEN];

	memcpy(a.b, from, family == AF_INET6 ? 16 : 4);
	json_object_set_new(sa, key, json_string(addr_str(&a, text)));
}

static bool
all_zero(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++) {
		if (b.p[i] != 0)
			return false;
	}
	return b.n > 0;
}

/*
 * An algorithm attribute: name, key length in bits, with AEAD and truncated
 * authentication the ICV's length in bits, and the key.
 */
static void
set_alg(struct dump *d, json_t *sa, const struct nlattr *a, const char *name,
    const char *key_name, bool has_icv)
{
	struct rd r = rd_of(bytes_of(mnl_attr_get_payload(a),
	    mnl_attr_get_payload_len(a)));
	char alg[sizeof(((struct xfrm_algo *)0)->alg_name) + 1] = "";
	char hex[2 * KEY_MAX + 1];
	uint32_t key_bits = 0, icv_bits = 0;
	struct bytes key;

	rd_copy(&r, alg, sizeof(alg) - 1);
	rd_copy(&r, &key_bits, sizeof(key_bits));
	if (has_icv)
		rd_copy(&r, &icv_bits, sizeof(icv_bits));
	key = rd_bytes(&r, key_bits / 8);
	if (r.bad || key.n > KEY_MAX)
		return;
	d->hidden |= all_zero(key);
	str_hex(hex, sizeof(hex), key);
	json_object_set_new(sa, name, json_string(alg));
	json_object_set_new(sa, key_name, json_string(hex));
	if (has_icv)
		json_object_set_new(sa, "icv_bits", json_integer(icv_bits));
	wipe(hex, sizeof(hex));
}

static void
set_attr(struct dump *d, json_t *sa, const struct nlattr *a)
{
	switch (mnl_attr_get_type(a)) {
	case XFRMA_ALG_AEAD:
		set_alg(d, sa, a, "encr", "encr_key", true);
		break;
	case XFRMA_ALG_CRYPT:
		set_alg(d, sa, a, "encr", "encr_key", false);
		break;
	case XFRMA_ALG_AUTH_TRUNC:
		set_alg(d, sa, a, "integ", "integ_key", true);
		break;
	case XFRMA_ENCAP:
		json_object_set_new(sa, "encapsulated", json_true());
		break;
	}
}

static json_t *
sa_of(struct dump *d, const struct nlmsghdr *h,
    const struct xfrm_usersa_info *info)
{
	json_t *sa = json_pack("{s:b, s:b, s:s, s:s}", "encapsulated", 0,
	    "esn", (info->flags & XFRM_STATE_ESN) != 0, "integ", "",
	    "integ_key", "");
	struct nlattr *a;
	char spi[16];

	str_fmt(spi, sizeof(spi), "%08x", (unsigned)ntohl(info->id.spi));
	json_object_set_new(sa, "spi", json_string(spi));
	set_addr(sa, "src", info->family, &info->saddr);
	set_addr(sa, "dst", info->family, &info->id.daddr);
	mnl_attr_for_each(a, h, sizeof(*info))
		set_attr(d, sa, a);
	return sa;
}

static int
each(const struct nlmsghdr *h, void *arg)
{
	struct dump *d = arg;
	struct xfrm_usersa_info info;
	json_t *list;

	if (h->nlmsg_type != XFRM_MSG_NEWSA ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(info))
		return MNL_CB_OK;
	memcpy(&info, mnl_nlmsg_get_payload(h), sizeof(info));
	list = tunnel_of(d, info.reqid);
	/* SPI 0 is the placeholder of an SA that is being waited for. */
	if (list != NULL && info.id.proto == IPPROTO_ESP && info.id.spi != 0)
		json_array_append_new(list, sa_of(d, h, &info));
	return MNL_CB_OK;
}

/* The daemon has SAs that are not to be seen here? */
static enum ctl_exit
check_all_there(const json_t *tunnels)
{
	const json_t *t;
	size_t i;

	json_array_foreach(tunnels, i, t) {
		if (json_integer_value(json_object_get(t, "children")) > 0 &&
		    json_array_size(json_object_get(t, "esp")) == 0)
			return complain(CTL_EXIT_FAILED, "%s: its ESP SAs are "
			    "not in this network namespace; run vpnctl in that "
			    "of vpnd", answer_text(t, "name"));
	}
	return CTL_EXIT_OK;
}

enum ctl_exit
kernsa_add(json_t *tunnels)
{
	struct dump d = { .tunnels = tunnels };
	json_t *t;
	size_t i;
	int rc;

	json_array_foreach(tunnels, i, t)
		json_object_set_new(t, "esp", json_array());
	rc = nldump(NETLINK_XFRM, XFRM_MSG_GETSA, 0, each, &d);
	if (rc < 0)
		return complain(CTL_EXIT_FAILED, "cannot read ESP SAs from "
		    "the kernel: %s", strerror(-rc));
	if (d.hidden)
		return complain(CTL_EXIT_FAILED, "the kernel does not show "
		    "keys (it is locked down)");
	return check_all_there(tunnels);
}
