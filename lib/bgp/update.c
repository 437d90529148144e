/*
 * UPDATE: its three parts, what must be there, and the verdict for the whole
 * (RFC 4271 sections 4.3 and 6.3, RFC 7606 sections 3, 5.2 and 5.3), and its
 * writers, which fill a message with prefixes that share their attributes.
 * IPv4 goes in the classic fields, IPv6 and IPv4 with an IPv6 next hop
 * (RFC 8950) in MP_REACH_NLRI, which stands first (RFC 7606 section 5.1).
 * End-of-RIB is RFC 4724 section 2.
 */
#include "bgp/update.h"

#include "bgp/nlri.h"
#include "bgp/open.h"

bool
update_has_ids(const struct attr_mode *mode, enum addr_family family)
{
	return (mode->path_ids & open_family(family)) != 0;
}

static enum attr_verdict
reset(struct fault *f, unsigned subcode, const char *what)
{
	fault_set(f, FAULT_UPDATE, subcode, (struct bytes){ 0 });
	reason_set(&f->text, "malformed UPDATE: %s", what);
	return ATTR_RESET;
}

/* RFC 7606 section 5.3: NLRI that cannot be read resets the session. */
static bool
prefixes_ok(const struct update *u, const struct attr_mode *mode,
    unsigned *reachable)
{
	const struct attr_mp *reach = &u->attrs.reach;
	const struct attr_mp *unreach = &u->attrs.unreach;
	bool ids = update_has_ids(mode, ADDR_IPV4);
	unsigned gone, n4, mp = 0;

	if (!nlri_check(u->withdrawn, ADDR_IPV4, ids, &gone) ||
	    !nlri_check(u->nlri, ADDR_IPV4, ids, &n4))
		return false;
	if (unreach->family != ADDR_NONE && !nlri_check(unreach->nlri,
	    unreach->family, update_has_ids(mode, unreach->family), &gone))
		return false;
	if (reach->family != ADDR_NONE && !nlri_check(reach->nlri,
	    reach->family, update_has_ids(mode, reach->family), &mp))
		return false;
	*reachable = n4 + mp;
	return true;
}

/* RFC 7606 section 3 d: a missing one withdraws. */
static enum attr_verdict
mandatory(const struct update *u, const struct attr_mode *mode,
    struct fault *f)
{
	const struct {
		uint8_t	type;
		bool	wanted;
	} rows[] = {
		{ ATTR_ORIGIN, true },
		{ ATTR_AS_PATH, true },
		{ ATTR_NEXT_HOP, u->nlri.n > 0 },
		{ ATTR_LOCAL_PREF, mode->ibgp },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].wanted || attr_seen(&u->attrs, rows[i].type))
			continue;
		fault_set(f, FAULT_UPDATE, FAULT_ATTR_MISSING,
		    bytes_of(&rows[i].type, 1));
		reason_set(&f->text, "mandatory attribute %s is missing",
		    attr_name(rows[i].type));
		return ATTR_WITHDRAW;
	}
	return ATTR_OK;
}

static enum addr_family
end_of_rib(const struct update *u)
{
	const struct attr_mp *un = &u->attrs.unreach;

	if (u->withdrawn.n > 0 || u->nlri.n > 0 ||
	    attr_seen_other(&u->attrs, ATTR_MP_UNREACH))
		return ADDR_NONE;
	if (!un->present)
		return ADDR_IPV4;
	return un->nlri.n == 0 ? un->family : ADDR_NONE;
}

static enum attr_verdict
judge(struct update *u, const struct attr_mode *mode,
    enum attr_verdict verdict, struct fault *f)
{
	unsigned reachable = 0;

	if (!prefixes_ok(u, mode, &reachable))
		return reset(f, FAULT_NETWORK, "a prefix cannot be read");
	/* RFC 7606 section 5.2: what it announces may have been lost. */
	if (verdict == ATTR_WITHDRAW && reachable == 0 &&
	    !u->attrs.reach.present &&
	    attr_seen_other(&u->attrs, ATTR_MP_UNREACH))
		return ATTR_RESET;
	if (verdict < ATTR_WITHDRAW && reachable > 0 &&
	    mandatory(u, mode, f) == ATTR_WITHDRAW)
		return ATTR_WITHDRAW;
	return verdict;
}

/*
 *  |withdrawn length| withdrawn |attributes length| attributes | NLRI |
 */
enum attr_verdict
update_parse(struct update *u, struct bytes body, const struct attr_mode *mode,
    struct fault *f)
{
	struct rd r = rd_of(body);
	enum attr_verdict verdict;
	struct bytes attrs;

	u->withdrawn = rd_bytes(&r, rd_u16(&r));
	attrs = rd_bytes(&r, rd_u16(&r));
	u->nlri = rd_rest(&r);
	u->eor = ADDR_NONE;
	if (r.bad)		/* RFC 7606 section 3 b */
		return reset(f, FAULT_ATTR_LIST,
		    "its lengths do not fit the message");
	verdict = attr_decode(&u->attrs, attrs, mode, f);
	if (verdict == ATTR_RESET)
		return verdict;
	verdict = judge(u, mode, verdict, f);
	if (verdict == ATTR_OK)
		u->eor = end_of_rib(u);
	return verdict;
}

/* How many of the prefixes fit into room octets, and in how many. */
static size_t
fitting(const struct prefix *p, size_t n, size_t room, size_t *octets)
{
	size_t i, sum = 0;

	for (i = 0; i < n && sum + nlri_size(&p[i]) <= room; i++)
		sum += nlri_size(&p[i]);
	*octets = sum;
	return i;
}

static void
put_prefixes(struct wr *w, const struct prefix *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		nlri_put(w, &p[i]);
}

/* MP_REACH_NLRI before its prefixes, with flags and a 2-octet length. */
#define MP_REACH_HEAD	(4 + 5 + 16)
#define MP_UNREACH_HEAD	(4 + 3)
#define UPDATE_ROOM	(LIMIT_MESSAGE - MSG_HEADER - 4)

static void
put_mp_reach(struct wr *w, const struct addr *next_hop,
    const struct prefix *p, size_t n, size_t octets)
{
	wr_u8(w, ATTR_OPTIONAL | ATTR_EXTENDED);
	wr_u8(w, ATTR_MP_REACH);
	wr_u16(w, (uint16_t)(5 + 16 + octets));
	wr_u16(w, msg_afi((enum addr_family)p->addr.family));
	wr_u8(w, SAFI_UNICAST);
	wr_u8(w, 16);
	wr_bytes(w, addr_bytes(next_hop));
	wr_u8(w, 0);
	put_prefixes(w, p, n);
}

size_t
update_put_reach(struct wr *w, struct bytes attrs, const struct addr *next_hop,
    const struct prefix *p, size_t n)
{
	bool mp = next_hop != NULL;
	size_t head = attrs.n + (mp ? MP_REACH_HEAD : 0), at, len, octets;

	if (head > UPDATE_ROOM)
		return 0;
	n = fitting(p, n, UPDATE_ROOM - head, &octets);
	if (n == 0)
		return 0;
	at = msg_begin(w, MSG_UPDATE);
	wr_u16(w, 0);
	len = w->n;
	wr_u16(w, 0);
	if (mp)
		put_mp_reach(w, next_hop, p, n, octets);
	wr_bytes(w, attrs);
	wr_patch_u16(w, len, (uint16_t)(w->n - len - 2));
	if (!mp)
		put_prefixes(w, p, n);
	msg_end(w, at);
	return n;
}

static void
put_mp_unreach(struct wr *w, enum addr_family family, const struct prefix *p,
    size_t n, size_t octets)
{
	wr_u8(w, ATTR_OPTIONAL | ATTR_EXTENDED);
	wr_u8(w, ATTR_MP_UNREACH);
	wr_u16(w, (uint16_t)(3 + octets));
	wr_u16(w, msg_afi(family));
	wr_u8(w, SAFI_UNICAST);
	put_prefixes(w, p, n);
}

size_t
update_put_unreach(struct wr *w, const struct prefix *p, size_t n)
{
	bool mp = n > 0 && p[0].addr.family == ADDR_IPV6;
	size_t octets, at;

	n = fitting(p, n, UPDATE_ROOM - (mp ? MP_UNREACH_HEAD : 0), &octets);
	if (n == 0)
		return 0;
	at = msg_begin(w, MSG_UPDATE);
	wr_u16(w, (uint16_t)(mp ? 0 : octets));
	if (!mp)
		put_prefixes(w, p, n);
	wr_u16(w, (uint16_t)(mp ? MP_UNREACH_HEAD + octets : 0));
	if (mp)
		put_mp_unreach(w, ADDR_IPV6, p, n, octets);
	msg_end(w, at);
	return n;
}

void
update_put_eor(struct wr *w, enum addr_family family)
{
	size_t at = msg_begin(w, MSG_UPDATE);

	wr_u16(w, 0);
	wr_u16(w, family == ADDR_IPV6 ? MP_UNREACH_HEAD : 0);
	if (family == ADDR_IPV6)
		put_mp_unreach(w, family, NULL, 0, 0);
	msg_end(w, at);
}
