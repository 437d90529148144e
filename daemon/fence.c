/*
 * The table is written anew as a whole whenever something in it has changed:
 * nf_tables replaces it in one transaction, so that there is no moment without
 * it.  Nothing in it touches a packet that neither comes from nor goes to a
 * tunnel or an interface of a VPC with forwarding = "tunnels".
 *
 * TCP through a tunnel: a SYN's MSS is lowered to what the tunnel's MTU has
 * room for (RFC 9293 section 3.7.1: without the IP and TCP headers), in both
 * directions.  What comes from a tunnel is looked at before routing, since
 * with a VRF device it has another input interface afterwards.  All is found
 * by one look into a map, however many tunnels there are.
 *
 * Where the kernel has no nf_tables tunnels work without it.
 */
#include "daemon/fence.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/mono.h"
#include "daemon/monitor.h"
#include "daemon/nl_inside.h"

#define NAME		"vpnd"
#define TABLE		"inet " NAME
#define HEADERS4	40	/* IPv4 and TCP without options */
#define HEADERS6	60
#define MTU_LEAST	128	/* below it nothing is clamped */
#define MTUS		64	/* different ones: suites and paths are few */
#define PAUSE_MS	200	/* between two of them, at least */
#define SHARE		50	/* of the time it may take: one part */
#define READS		64

/* --- the text --- */

struct mtus {
	unsigned	n;
	uint32_t	v[MTUS];
};

/* The chain for this MTU: the same one, or the next smaller one. */
static uint32_t
chain_of(const struct mtus *t, uint32_t mtu)
{
	uint32_t best = 0;

	for (unsigned i = 0; i < t->n; i++) {
		if (t->v[i] <= mtu && t->v[i] > best)
			best = t->v[i];
	}
	return best;
}

/* Where they are too many, those that come later get a smaller one's. */
static struct mtus
mtus_of(const struct ifaces *f)
{
	struct mtus t = { .n = 1, .v = { MTU_LEAST } };

	for (size_t i = 0; i < f->n; i++) {
		uint32_t mtu = f->v[i]->link.mtu;

		if (mtu > MTU_LEAST && chain_of(&t, mtu) != mtu &&
		    t.n < MTUS)
			t.v[t.n++] = mtu;
	}
	return t;
}

static void
put_clamp(FILE *f, const struct ifaces *ifaces)
{
	static const char syn[] = "tcp flags & (syn | rst) == syn";
	struct mtus t = mtus_of(ifaces);
	const char *sep = "";

	for (unsigned i = 0; i < t.n; i++)
		fprintf(f, "chain mtu%u {\n"
		    "meta nfproto ipv4 tcp option maxseg size set %u\n"
		    "meta nfproto ipv6 tcp option maxseg size set %u\n}\n",
		    t.v[i], t.v[i] - HEADERS4, t.v[i] - HEADERS6);
	fprintf(f, "map tunnels {\ntype ifname : verdict\n");
	for (size_t i = 0; i < ifaces->n; i++) {
		const struct kern_link *l = &ifaces->v[i]->link;

		if (l->mtu < MTU_LEAST)
			continue;
		fprintf(f, "%s\"%s\" : jump mtu%u", sep[0] == '\0' ?
		    "elements = { " : sep, l->name, chain_of(&t, l->mtu));
		sep = ",\n";
	}
	fprintf(f, "%s}\n", sep[0] == '\0' ? "" : " }\n");
	fprintf(f, "chain from_tunnels {\n"
	    "type filter hook prerouting priority -150; policy accept;\n"
	    "%s iifname vmap @tunnels\n}\n", syn);
	fprintf(f, "chain to_tunnels {\n"
	    "type filter hook forward priority -150; policy accept;\n"
	    "%s oifname vmap @tunnels\n}\n", syn);
}

static void
put_name(FILE *f, const char **sep, const char *name)
{
	fprintf(f, "%s\"%s\"", *sep, name);
	*sep = ", ";
}

/* Between them and anything but tunnels and other VPCs nothing passes. */
static void
put_closed(FILE *f, const struct monitor *m)
{
	const char *sep = "";

	fprintf(f, "set closed {\ntype ifname\nelements = { ");
	for (size_t i = 0; i < m->lans.n; i++) {
		if (m->lans.v[i].lan.closed)
			put_name(f, &sep, m->lans.v[i].lan.name);
	}
	fprintf(f, " }\n}\nset inside {\ntype ifname\nelements = { ");
	sep = "";
	for (size_t i = 0; i < m->lans.n; i++)
		put_name(f, &sep, m->lans.v[i].lan.name);
	for (size_t i = 0; i < m->ifaces.n; i++)
		put_name(f, &sep, m->ifaces.v[i]->link.name);
	for (unsigned i = 0; i < m->rtables.n; i++) {
		if (m->rtables.v[i].vrf != 0)
			put_name(f, &sep, m->rtables.v[i].vrf_name);
	}
	fprintf(f, " }\n}\nchain apart {\n"
	    "type filter hook forward priority 0; policy accept;\n"
	    "iifname @closed oifname != @inside counter drop\n"
	    "oifname @closed iifname != @inside counter drop\n}\n");
}

char *
fence_text(const struct monitor *m)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (f == NULL)
		return NULL;
	fprintf(f, "add table " TABLE "\ndelete table " TABLE "\n"
	    "table " TABLE " {\n");
	put_clamp(f, &m->ifaces);
	if (lans_closed(&m->lans))
		put_closed(f, m);
	fprintf(f, "}\n");
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

/* --- nft --- */

/* The first line of what nft says, without its tags. */
static void
say_why(struct fence *f)
{
	const char *said = nft_ctx_get_error_buffer(f->nft);
	const char *at = said == NULL ? NULL : strstr(said, "Error: ");

	str_set(f->why, sizeof(f->why), at != NULL ? at + 7 : "nft failed");
	f->why[strcspn(f->why, "\n")] = '\0';
}

static bool
run(struct fence *f, const char *text)
{
	if (nft_run_cmd_from_buffer(f->nft, text) == 0)
		return true;
	say_why(f);
	return false;
}

/* What we have caused ourselves is no news. */
static void
drain(struct fence *f)
{
	_Alignas(8) uint8_t buf[16384];

	if (f->events == NULL)
		return;
	for (ssize_t n = 1; n > 0 || n == -ENOBUFS;)
		n = nl_event_read(f->events, buf, sizeof(buf));
}

void
fence_open(struct fence *f)
{
	static const struct monitor nothing;
	char quoted[LOG_QUOTE_LEN];
	char *text = fence_text(&nothing);

	f->at = INSTANT_NEVER;
	f->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	str_set(f->why, sizeof(f->why), "out of memory");
	if (f->nft != NULL && text != NULL) {
		nft_ctx_buffer_output(f->nft);
		nft_ctx_buffer_error(f->nft);
		f->works = f->stands = run(f, text);
	}
	free(text);
	if (f->works)
		f->events = nl_fence_events();
	else
		log_event(LEVEL_WARNING, "no-mss-clamp", "why=%s",
		    log_quote(quoted, f->why));
}

void
fence_close(struct fence *f)
{
	if (f->stands)
		run(f, "delete table " TABLE "\n");
	if (f->events != NULL)
		mnl_socket_close(f->events);
	if (f->nft != NULL)
		nft_ctx_free(f->nft);
	*f = (struct fence){ .at = INSTANT_NEVER };
}

/* --- when --- */

void
fence_touch(struct monitor *m)
{
	struct fence *f = &m->fence;

	struct instant soon = instant_after(mono_now(), span_ms(PAUSE_MS));

	if (f->works && instant_is_never(f->at))
		f->at = f->again.ns > soon.ns ? f->again : soon;
}

void
fence_now(struct monitor *m)
{
	struct fence *f = &m->fence;
	struct instant began = mono_now();
	char *text = f->works ? fence_text(m) : NULL;
	char quoted[LOG_QUOTE_LEN];
	struct span took;

	f->at = INSTANT_NEVER;
	if (!f->works)
		return;
	str_set(f->why, sizeof(f->why), "out of memory");
	if (text != NULL && run(f, text)) {
		f->stands = true;
		f->why[0] = '\0';
	} else {
		log_event(LEVEL_ERROR, "fence-failed", "why=%s",
		    log_quote(quoted, f->why));
		f->at = instant_after(began, span_s(5));
	}
	free(text);
	drain(f);
	took = instant_since(mono_now(), began);
	f->again = instant_after(began, (struct span){ took.ns * SHARE });
}

void
fence_tick(struct monitor *m, struct instant now)
{
	if (instant_due(m->fence.at, now))
		fence_now(m);
}

/* --- somebody else --- */

int
fence_fd(const struct fence *f)
{
	return f->events == NULL ? -1 : mnl_socket_get_fd(f->events);
}

/* In all messages about what is in a table its name is attribute 1. */
static bool
is_ours(const struct nlmsghdr *h)
{
	struct nlattr *a;

	if (h->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct nfgenmsg))
		return false;
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(a) == NFTA_TABLE_NAME)
			return mnl_attr_validate(a, MNL_TYPE_NUL_STRING) ==
			    0 && strcmp(mnl_attr_get_str(a), NAME) == 0;
	}
	return false;
}

void
fence_events(struct monitor *m)
{
	_Alignas(8) uint8_t buf[16384];
	const struct nlmsghdr *h;
	bool touched = false;
	ssize_t n;

	for (int i = 0; i < READS; i++) {
		int left;

		n = nl_event_read(m->fence.events, buf, sizeof(buf));
		touched |= n == -ENOBUFS;
		if (n <= 0 && n != -ENOBUFS)
			break;
		left = n > 0 ? (int)n : 0;
		for (h = (const void *)buf; mnl_nlmsg_ok(h, left);
		    h = mnl_nlmsg_next(h, &left))
			touched |= is_ours(h);
	}
	if (!touched)
		return;
	log_event(LEVEL_WARNING, "fence-changed", "table=\"" TABLE "\" "
	    "why=\"somebody else touched it; it is written again\"");
	fence_touch(m);
}
