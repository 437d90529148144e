/*
 * The attribute table, and decoding by it (RFC 4271 sections 4.3, 5 and 6.3,
 * RFC 7606).  Flags, length, duplicates and severity are checked here from the
 * columns; a row's decoder sees only its own value.  Encoders are in
 * attr_out.c, the canonical form in attr_canon.c.
 *
 * The worst verdict of all attributes holds for the UPDATE.  A session is
 * reset only where the NLRI cannot be located: RFC 7606 sections 3 and 5.
 */
#include "bgp/attr_row.h"

#include "bgp/aspath.h"

#include "util/array.h"

#define WELL_KNOWN	ATTR_TRANSITIVE
#define OPT_TRANS	(ATTR_OPTIONAL | ATTR_TRANSITIVE)

static const char *
get_origin(struct attr_set *set, struct rd *r, const struct attr_mode *mode)
{
	uint8_t origin = rd_u8(r);

	(void)mode;
	if (origin > ATTR_INCOMPLETE)
		return "undefined value";
	set->origin = origin;
	return NULL;
}

static const char *
get_as_path(struct attr_set *set, struct rd *r, const struct attr_mode *mode)
{
	unsigned width = mode->as4 ? 4 : 2;
	struct bytes path = rd_rest(r);
	const char *bad = aspath_error(path, width);

	if (bad != NULL)
		return bad;
	if (aspath_count(path, width) > LIMIT_AS_PATH)
		return "more AS numbers than we accept";
	/* RFC 4271 section 6.3: the leftmost AS is the neighbour's. */
	if (!mode->ibgp && aspath_first(path, width) != mode->remote_asn)
		return "the first AS is not the neighbour's";
	set->value[ATTR_AS_PATH] = path;
	return NULL;
}

static const char *
get_next_hop(struct attr_set *set, struct rd *r, const struct attr_mode *mode)
{
	(void)mode;
	set->next_hop = addr_from(rd_rest(r));
	return NULL;
}

static const char *
get_med(struct attr_set *set, struct rd *r, const struct attr_mode *mode)
{
	(void)mode;
	set->med = rd_u32(r);
	return NULL;
}

static const char *
get_local_pref(struct attr_set *set, struct rd *r,
    const struct attr_mode *mode)
{
	(void)mode;
	set->local_pref = rd_u32(r);
	return NULL;
}

static const char *
get_atomic(struct attr_set *set, struct rd *r, const struct attr_mode *mode)
{
	(void)mode;
	if (r->n != 0)
		return "it must be empty";
	set->atomic = true;
	return NULL;
}

static const char *
get_aggregator(struct attr_set *set, struct rd *r,
    const struct attr_mode *mode)
{
	struct bytes value = rd_rest(r);
	struct rd v = rd_of(value);

	if (value.n != (mode->as4 ? 8u : 6u))
		return "wrong length";
	if ((mode->as4 ? rd_u32(&v) : rd_u16(&v)) == 0)
		return "AS 0, which is reserved";
	set->value[ATTR_AGGREGATOR] = value;
	return NULL;
}

static const char *
get_originator(struct attr_set *set, struct rd *r,
    const struct attr_mode *mode)
{
	(void)mode;
	set->originator = rd_u32(r);
	return NULL;
}

/* RFC 6793 section 6: malformed ones are discarded. */
static const char *
get_as4_path(struct attr_set *set, struct rd *r, const struct attr_mode *mode)
{
	struct bytes path = rd_rest(r);
	const char *bad = aspath_error(path, 4);

	if (mode->as4)
		return "the remote speaks 4-octet AS numbers itself";
	if (bad == NULL && aspath_count(path, 4) > LIMIT_AS_PATH)
		return "more AS numbers than we accept";
	if (bad == NULL)
		set->value[ATTR_AS4_PATH] = path;
	return bad;
}

static const char *
get_as4_aggregator(struct attr_set *set, struct rd *r,
    const struct attr_mode *mode)
{
	struct bytes value = rd_rest(r);
	struct rd v = rd_of(value);

	if (mode->as4)
		return "the remote speaks 4-octet AS numbers itself";
	if (rd_u32(&v) == 0)
		return "AS 0, which is reserved";
	set->value[ATTR_AS4_AGGREGATOR] = value;
	return NULL;
}

static const char *
get_mp(struct attr_mp *mp, struct rd *r)
{
	uint16_t afi = rd_u16(r);

	mp->present = true;
	mp->family = msg_family(afi, rd_u8(r));
	return NULL;
}

/*
 *  |  AFI  |SAFI|n| next hop (n octets) |reserved| NLRI ...
 * RFC 2545: an IPv6 next hop may carry a link-local address behind it.
 */
static const char *
get_mp_reach(struct attr_set *set, struct rd *r, const struct attr_mode *mode)
{
	struct attr_mp mp = { 0 };
	struct bytes hop;

	(void)mode;
	get_mp(&mp, r);
	hop = rd_bytes(r, rd_u8(r));
	rd_u8(r);
	mp.nlri = rd_rest(r);
	if (r->bad)
		return "it is cut short";
	if (mp.family == ADDR_IPV4 && hop.n != 4)
		return "an IPv4 next hop of wrong length";
	if (mp.family == ADDR_IPV6 && hop.n != 16 && hop.n != 32)
		return "an IPv6 next hop of wrong length";
	if (mp.family != ADDR_NONE)
		mp.next_hop = addr_from(bytes_of(hop.p,
		    mp.family == ADDR_IPV4 ? 4 : 16));
	set->reach = mp;
	return NULL;
}

static const char *
get_mp_unreach(struct attr_set *set, struct rd *r,
    const struct attr_mode *mode)
{
	struct attr_mp mp = { 0 };

	(void)mode;
	get_mp(&mp, r);
	mp.nlri = rd_rest(r);
	if (r->bad)
		return "it is cut short";
	set->unreach = mp;
	return NULL;
}

const struct attr_row attr_rows[ATTR_TYPES] = {
	[ATTR_ORIGIN] = { "ORIGIN", WELL_KNOWN, 1,
	    .bad = ATTR_WITHDRAW, .subcode = FAULT_ORIGIN,
	    .decode = get_origin, .encode = attr_put_origin },
	[ATTR_AS_PATH] = { "AS_PATH", WELL_KNOWN,
	    .bad = ATTR_WITHDRAW, .subcode = FAULT_AS_PATH,
	    .decode = get_as_path, .encode = attr_put_as_path },
	[ATTR_NEXT_HOP] = { "NEXT_HOP", WELL_KNOWN, 4,
	    .bad = ATTR_WITHDRAW, .subcode = FAULT_NEXT_HOP,
	    .decode = get_next_hop, .encode = attr_put_next_hop },
	[ATTR_MED] = { "MULTI_EXIT_DISC", ATTR_OPTIONAL, 4,
	    .bad = ATTR_WITHDRAW, .subcode = FAULT_ATTR_LENGTH,
	    .decode = get_med, .encode = attr_put_med },
	[ATTR_LOCAL_PREF] = { "LOCAL_PREF", WELL_KNOWN, 4, .ibgp = true,
	    .bad = ATTR_WITHDRAW, .subcode = FAULT_ATTR_LENGTH,
	    .decode = get_local_pref, .encode = attr_put_local_pref },
	[ATTR_ATOMIC_AGGREGATE] = { "ATOMIC_AGGREGATE", WELL_KNOWN,
	    .bad = ATTR_DISCARD, .subcode = FAULT_ATTR_LENGTH,
	    .decode = get_atomic, .encode = attr_put_atomic },
	[ATTR_AGGREGATOR] = { "AGGREGATOR", OPT_TRANS,
	    .bad = ATTR_DISCARD, .subcode = FAULT_ATTR_OPTIONAL,
	    .decode = get_aggregator, .encode = attr_put_aggregator },
	[ATTR_COMMUNITIES] = { "COMMUNITIES", OPT_TRANS, 4, .list = true,
	    .bad = ATTR_WITHDRAW, .subcode = FAULT_ATTR_OPTIONAL,
	    .encode = attr_put_rest },
	[ATTR_ORIGINATOR_ID] = { "ORIGINATOR_ID", ATTR_OPTIONAL, 4,
	    .ibgp = true,
	    .bad = ATTR_WITHDRAW, .subcode = FAULT_ATTR_OPTIONAL,
	    .decode = get_originator },
	[ATTR_CLUSTER_LIST] = { "CLUSTER_LIST", ATTR_OPTIONAL, 4,
	    .list = true, .ibgp = true,
	    .bad = ATTR_WITHDRAW, .subcode = FAULT_ATTR_OPTIONAL },
	[ATTR_MP_REACH] = { "MP_REACH_NLRI", ATTR_OPTIONAL,
	    .bad = ATTR_RESET, .subcode = FAULT_ATTR_OPTIONAL,
	    .decode = get_mp_reach },
	[ATTR_MP_UNREACH] = { "MP_UNREACH_NLRI", ATTR_OPTIONAL,
	    .bad = ATTR_RESET, .subcode = FAULT_ATTR_OPTIONAL,
	    .decode = get_mp_unreach },
	[ATTR_EXT_COMMUNITIES] = { "EXTENDED_COMMUNITIES", OPT_TRANS, 8,
	    .list = true,
	    .bad = ATTR_WITHDRAW, .subcode = FAULT_ATTR_OPTIONAL,
	    .encode = attr_put_ext },
	[ATTR_AS4_PATH] = { "AS4_PATH", OPT_TRANS,
	    .bad = ATTR_DISCARD, .subcode = FAULT_ATTR_OPTIONAL,
	    .decode = get_as4_path, .encode = attr_put_as4_path },
	[ATTR_AS4_AGGREGATOR] = { "AS4_AGGREGATOR", OPT_TRANS, 8,
	    .bad = ATTR_DISCARD, .subcode = FAULT_ATTR_OPTIONAL,
	    .decode = get_as4_aggregator,
	    .encode = attr_put_as4_aggregator },
	[ATTR_LARGE_COMMUNITIES] = { "LARGE_COMMUNITIES", OPT_TRANS, 12,
	    .list = true,
	    .bad = ATTR_WITHDRAW, .subcode = FAULT_ATTR_OPTIONAL,
	    .encode = attr_put_rest },
	[ATTR_OTC] = { "ONLY_TO_CUSTOMER", OPT_TRANS, 4,
	    .bad = ATTR_WITHDRAW, .subcode = FAULT_ATTR_OPTIONAL,
	    .encode = attr_put_otc },
};

const char *
attr_name(uint8_t type)
{
	return type < ATTR_TYPES ? attr_rows[type].name : NULL;
}

bool
attr_seen(const struct attr_set *set, uint8_t type)
{
	return (set->seen[type / 32] >> type % 32 & 1) != 0;
}

bool
attr_seen_other(const struct attr_set *set, uint8_t type)
{
	for (unsigned i = 0; i < ARRAY_SIZE(set->seen); i++) {
		uint32_t self = i == type / 32u ? 1u << type % 32 : 0;

		if ((set->seen[i] & ~self) != 0)
			return true;
	}
	return false;
}

/* Everything about one attribute as it stands in the message. */
struct item {
	uint8_t		flags, type;
	struct bytes	value;
	struct bytes	whole;		/* with its header */
};

struct decode {
	struct attr_set	*set;
	const struct attr_mode *mode;
	enum attr_verdict worst;
	struct fault	*fault;
};

static void
find_fault(struct decode *d, enum attr_verdict verdict, unsigned subcode,
    const struct item *it, const char *what)
{
	const char *name = attr_name(it->type);

	if (verdict <= d->worst)
		return;
	d->worst = verdict;
	fault_set(d->fault, FAULT_UPDATE, subcode, it->whole);
	if (name != NULL)
		reason_set(&d->fault->text, "%s: %s", name, what);
	else
		reason_set(&d->fault->text, "attribute %u: %s", it->type,
		    what);
}

/* RFC 4271 section 5: unknown ones by their flags. */
static void
unknown(struct decode *d, const struct item *it)
{
	struct attr_set *set = d->set;

	if ((it->flags & ATTR_OPTIONAL) == 0) {
		find_fault(d, ATTR_RESET, FAULT_ATTR_UNKNOWN, it,
		    "well-known by its flags, but not known to us");
		return;
	}
	if ((it->flags & ATTR_TRANSITIVE) == 0)
		return;
	if (set->unknown_n == LIMIT_UNKNOWN) {
		find_fault(d, ATTR_WITHDRAW, FAULT_ATTR_LIST, it,
		    "more unknown attributes than we accept");
		return;
	}
	set->unknown[set->unknown_n++] = (struct attr_unknown){
		.flags = it->flags, .type = it->type, .value = it->value,
	};
}

static const char *
length_error(const struct attr_row *row, size_t n)
{
	if (row->size == 0)
		return NULL;
	if (!row->list)
		return n == row->size ? NULL : "wrong length";
	if (n == 0 || n % row->size != 0)
		return "wrong length";
	return n / row->size > LIMIT_COMMUNITIES ?
	    "more entries than we accept" : NULL;
}

static void
known(struct decode *d, const struct attr_row *row, const struct item *it)
{
	const uint8_t kind = ATTR_OPTIONAL | ATTR_TRANSITIVE;
	struct rd r = rd_of(it->value);
	const char *bad = length_error(row, it->value.n);

	/* RFC 7606 section 3 c; what MP_* name is still to be withdrawn. */
	if ((it->flags & kind) != row->flags) {
		find_fault(d, ATTR_WITHDRAW, FAULT_ATTR_FLAGS, it,
		    "wrong flags");
		if (row->bad != ATTR_RESET)
			return;
	}
	if (bad != NULL) {
		find_fault(d, row->bad, row->bad == ATTR_RESET ?
		    row->subcode : FAULT_ATTR_LENGTH, it, bad);
		return;
	}
	if (row->decode == NULL)
		d->set->value[it->type] = it->value;
	else
		bad = row->decode(d->set, &r, d->mode);
	if (bad != NULL)
		find_fault(d, row->bad, row->subcode, it, bad);
}

static void
attribute(struct decode *d, const struct item *it)
{
	const struct attr_row *row = it->type < ATTR_TYPES &&
	    attr_rows[it->type].name != NULL ? &attr_rows[it->type] : NULL;

	if (attr_seen(d->set, it->type)) {	/* RFC 7606 section 3 g */
		find_fault(d, row != NULL && row->bad == ATTR_RESET ?
		    ATTR_RESET : ATTR_DISCARD, FAULT_ATTR_LIST, it,
		    "it appears twice");
		return;
	}
	d->set->seen[it->type / 32] |= 1u << it->type % 32;
	if (row == NULL)
		unknown(d, it);
	else if (row->ibgp && !d->mode->ibgp)	/* RFC 7606 section 7 */
		find_fault(d, ATTR_DISCARD, row->subcode, it,
		    "not allowed from another AS");
	else
		known(d, row, it);
}

static bool
next_item(struct rd *r, struct item *it)
{
	const uint8_t *start = r->p;

	if (r->n == 0)
		return false;
	it->flags = rd_u8(r);
	it->type = rd_u8(r);
	it->value = rd_bytes(r,
	    it->flags & ATTR_EXTENDED ? rd_u16(r) : rd_u8(r));
	it->whole = bytes_of(start, (size_t)(r->p - start));
	return !r->bad;
}

enum attr_verdict
attr_decode(struct attr_set *set, struct bytes attrs,
    const struct attr_mode *mode, struct fault *f)
{
	struct decode d = { .set = set, .mode = mode, .fault = f };
	struct rd r = rd_of(attrs);
	struct item it;

	*set = (struct attr_set){ .local_pref = ATTRS_LOCAL_PREF };
	while (next_item(&r, &it))
		attribute(&d, &it);
	if (r.bad && d.worst < ATTR_WITHDRAW) {	/* RFC 7606 section 4 */
		d.worst = ATTR_WITHDRAW;
		fault_set(f, FAULT_UPDATE, FAULT_ATTR_LENGTH,
		    (struct bytes){ 0 });
		reason_set(&f->text, "an attribute runs past the end of the "
		    "attributes");
	}
	return d.worst;
}
