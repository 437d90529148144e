/*
 * OPEN (RFC 4271 sections 4.2 and 6.2): capabilities (RFC 5492) for
 * multiprotocol (RFC 4760), 4-octet AS numbers (RFC 6793), route refresh
 * (RFC 2918), enhanced (RFC 7313), extended next hops (RFC 8950), roles (RFC
 * 9234), add-path (RFC 7911) and graceful restart (cap_restart.c), of which the
 * last instance counts (RFC 4724 section 3); the extended form of the optional
 * parameters is understood (RFC 9072) and never needed in ours.  Capabilities
 * that we do not know are skipped.  A peer that offers no multiprotocol
 * capability speaks IPv4.
 */
#include "bgp/open.h"

#include "util/array.h"

enum {
	BGP_VERSION = 4,
	PARAM_CAPABILITIES = 2,
	PARAM_EXTENDED = 255,
	CAP_MP = 1,
	CAP_REFRESH = 2,
	CAP_EXTENDED_HOP = 5,
	CAP_ROLE = 9,
	CAP_RESTART = 64,
	CAP_AS4 = 65,
	CAP_ADD_PATH = 69,
	CAP_ENHANCED = 70,
};

struct parse {
	struct open	open;
	bool		mp;		/* some MP capability was there */
	bool		roles;		/* a role was, of this value: */
	uint8_t		role;
	bool		other_role;	/* and another one */
};

enum {				/* Send/Receive of add-path */
	PATHS_IN = 1,
	PATHS_OUT = 2,
};

uint8_t
open_family(enum addr_family family)
{
	return family == ADDR_IPV4 ? OPEN_IPV4 :
	    family == ADDR_IPV6 ? OPEN_IPV6 : 0;
}

static bool
cap_mp(struct parse *p, struct rd *r)
{
	uint16_t afi = rd_u16(r);

	rd_u8(r);
	p->open.families |= open_family(msg_family(afi, rd_u8(r)));
	p->mp = true;
	return rd_done(r);
}

static bool
cap_refresh(struct parse *p, struct rd *r)
{
	p->open.refresh = true;
	return rd_done(r);
}

static bool
cap_as4(struct parse *p, struct rd *r)
{
	p->open.as4 = true;
	p->open.asn = rd_u32(r);
	return rd_done(r);
}

/* RFC 8950 section 4: |AFI|SAFI of two octets|AFI of the next hop| each. */
static bool
cap_extended_hop(struct parse *p, struct rd *r)
{
	while (!r->bad && r->n > 0) {
		uint16_t afi = rd_u16(r), safi = rd_u16(r), hop = rd_u16(r);

		if (afi == AFI_IPV4 && safi == SAFI_UNICAST &&
		    hop == AFI_IPV6 && !r->bad)
			p->open.extended_hop = true;
	}
	return rd_done(r);
}

static bool
cap_enhanced(struct parse *p, struct rd *r)
{
	p->open.enhanced = true;
	return rd_done(r);
}

static bool
cap_restart(struct parse *p, struct rd *r)
{
	return cap_restart_get(&p->open.restart, r);
}

/* RFC 9234 section 4.2: several are fine when they are the same. */
static bool
cap_role(struct parse *p, struct rd *r)
{
	uint8_t role = rd_u8(r);

	p->other_role |= p->roles && role != p->role;
	p->roles = true;
	p->role = role;
	return rd_done(r);
}

/* RFC 7911 section 4: another value than 1 to 3 is as if it was not there. */
static bool
cap_add_path(struct parse *p, struct rd *r)
{
	while (!r->bad && r->n > 0) {
		uint16_t afi = rd_u16(r);
		uint8_t family = open_family(msg_family(afi, rd_u8(r)));
		uint8_t how = rd_u8(r);

		if (how < PATHS_IN || how > (PATHS_IN | PATHS_OUT))
			continue;
		if ((how & PATHS_IN) != 0)
			p->open.paths_in |= family;
		if ((how & PATHS_OUT) != 0)
			p->open.paths_out |= family;
	}
	return rd_done(r);
}

static const struct {
	uint8_t		code;
	const char	*name;
	bool		(*decode)(struct parse *, struct rd *);
} caps[] = {
	{ CAP_MP, "multiprotocol", cap_mp },
	{ CAP_REFRESH, "route refresh", cap_refresh },
	{ CAP_AS4, "4-octet AS number", cap_as4 },
	{ CAP_EXTENDED_HOP, "extended next hop", cap_extended_hop },
	{ CAP_RESTART, "graceful restart", cap_restart },
	{ CAP_ENHANCED, "enhanced route refresh", cap_enhanced },
	{ CAP_ROLE, "role", cap_role },
	{ CAP_ADD_PATH, "add-path", cap_add_path },
};

static bool
bad_open(struct fault *f, unsigned subcode, const char *what)
{
	fault_set(f, FAULT_OPEN, subcode, (struct bytes){ 0 });
	reason_set(&f->text, "the remote's OPEN is malformed: %s", what);
	return false;
}

static bool
capability(struct parse *p, uint8_t code, struct rd *r, struct fault *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		if (caps[i].code != code || caps[i].decode(p, r))
			continue;
		fault_set(f, FAULT_OPEN, FAULT_OPEN_UNSPECIFIC,
		    (struct bytes){ 0 });
		reason_set(&f->text, "the remote's OPEN is malformed: the %s "
		    "capability has the wrong length", caps[i].name);
		return false;
	}
	return true;
}

/* Capabilities may be one per parameter or many (RFC 5492 section 4). */
static bool
capabilities(struct parse *p, struct rd *r, struct fault *f)
{
	while (r->n > 0) {
		uint8_t code = rd_u8(r);
		struct rd value = rd_sub(r, rd_u8(r));

		if (r->bad)
			return bad_open(f, FAULT_OPEN_UNSPECIFIC,
			    "a capability runs past its parameter");
		if (!capability(p, code, &value, f))
			return false;
	}
	return true;
}

static bool
parameters(struct parse *p, struct rd *r, bool extended, struct fault *f)
{
	while (r->n > 0) {
		uint8_t type = rd_u8(r);
		struct rd value = rd_sub(r, extended ? rd_u16(r) : rd_u8(r));

		if (r->bad)
			return bad_open(f, FAULT_OPEN_UNSPECIFIC,
			    "an optional parameter runs past the message");
		if (type != PARAM_CAPABILITIES) {
			fault_set(f, FAULT_OPEN, FAULT_PARAMETER,
			    (struct bytes){ 0 });
			reason_set(&f->text, "the remote's OPEN has optional "
			    "parameter %u, which is not supported", type);
			return false;
		}
		if (!capabilities(p, &value, f))
			return false;
	}
	return true;
}

/*
 * RFC 9072 section 2: length 255 and a first parameter of type 255 mean that
 * a 2-octet length follows and every parameter has one as well.
 */
static bool
optional(struct parse *p, struct rd *r, struct fault *f)
{
	size_t n = rd_u8(r);
	struct rd peek = *r;
	bool extended = n == 255 && rd_u8(&peek) == PARAM_EXTENDED;
	struct rd params;

	if (extended) {
		rd_u8(r);
		n = rd_u16(r);
	}
	params = rd_sub(r, n);
	if (!rd_done(r))
		return bad_open(f, FAULT_OPEN_UNSPECIFIC,
		    "the optional parameters do not fill the message");
	return parameters(p, &params, extended, f);
}

/* Section 4.2; what a number beyond the five means nobody knows. */
static bool
role_of(struct parse *p, struct fault *f)
{
	enum bgp_role role = role_of_wire(p->role);

	if (p->roles && (p->other_role || role == BGP_ROLE_NONE)) {
		fault_set(f, FAULT_OPEN, FAULT_ROLE, (struct bytes){ 0 });
		reason_set(&f->text, p->other_role ?
		    "the remote's OPEN has different roles" :
		    "the remote's OPEN has role %u, which is not known",
		    p->role);
		return false;
	}
	if (p->roles)
		p->open.role = role;
	return true;
}

bool
open_parse(struct open *o, struct bytes body, struct fault *f)
{
	static const uint8_t four[2] = { 0, BGP_VERSION };
	struct rd r = rd_of(body);
	struct parse p = { 0 };
	uint8_t version = rd_u8(&r);

	if (version != BGP_VERSION) {
		fault_set(f, FAULT_OPEN, FAULT_VERSION, bytes_of(four, 2));
		reason_set(&f->text, "the remote speaks BGP version %u, not 4",
		    version);
		return false;
	}
	p.open.asn = rd_u16(&r);
	p.open.hold_time = rd_u16(&r);
	p.open.router_id = rd_u32(&r);
	if (!optional(&p, &r, f) || !role_of(&p, f))
		return false;
	if (!p.mp)
		p.open.families = OPEN_IPV4;
	*o = p.open;
	return true;
}

bool
bgp_asns_have(const struct bgp_asns *a, uint32_t asn)
{
	for (size_t i = 0; i < a->n; i++) {
		if (range_has(&a->v[i], asn))
			return true;
	}
	return false;
}

static bool
check_asn(const struct open *o, const struct open_want *w, struct fault *f)
{
	bool any = w->remote_asn == 0 && w->asns != NULL;

	if (o->asn != 0 && (any ? bgp_asns_have(w->asns, o->asn) :
	    o->asn == w->remote_asn))
		return true;
	fault_set(f, FAULT_OPEN, FAULT_PEER_AS, (struct bytes){ 0 });
	if (o->asn == 0)		/* RFC 7607 */
		reason_set(&f->text, "remote AS is 0, which is reserved");
	else if (any)
		reason_set(&f->text, "remote AS is %u, which is not among "
		    "those expected", o->asn);
	else
		reason_set(&f->text, "remote AS is %u, expected %u", o->asn,
		    w->remote_asn);
	return false;
}

/* RFC 6286: not zero, and unique within an AS. */
static bool
check_router_id(const struct open *o, const struct open_want *w,
    struct fault *f)
{
	bool ibgp = w->local_asn == w->remote_asn;

	if (o->router_id != 0 && !(ibgp && o->router_id == w->router_id))
		return true;
	fault_set(f, FAULT_OPEN, FAULT_ROUTER_ID, (struct bytes){ 0 });
	reason_set(&f->text, o->router_id == 0 ?
	    "the remote's BGP identifier is 0" :
	    "the remote has the same BGP identifier as we, in the same AS");
	return false;
}

static bool
check_hold_time(const struct open *o, struct fault *f)
{
	if (o->hold_time == 0 || o->hold_time >= 3)
		return true;
	fault_set(f, FAULT_OPEN, FAULT_HOLD_TIME, (struct bytes){ 0 });
	reason_set(&f->text, "the remote offers a hold time of %u s; it must "
	    "be 0 or at least 3", o->hold_time);
	return false;
}

static const char *
families_str(unsigned families)
{
	static const char *const names[] = {
		"none", "IPv4", "IPv6", "IPv4 and IPv6",
	};

	return names[families & (OPEN_IPV4 | OPEN_IPV6)];
}

static void
put_mp(struct wr *w, uint16_t afi)
{
	wr_u8(w, CAP_MP);
	wr_u8(w, 4);
	wr_u16(w, afi);
	wr_u8(w, 0);
	wr_u8(w, SAFI_UNICAST);
}

static void
put_families(struct wr *w, unsigned families)
{
	if (families & OPEN_IPV4)
		put_mp(w, AFI_IPV4);
	if (families & OPEN_IPV6)
		put_mp(w, AFI_IPV6);
}

static void
put_extended_hop(struct wr *w, const struct open *o)
{
	if (!o->extended_hop)
		return;
	wr_u8(w, CAP_EXTENDED_HOP);
	wr_u8(w, 6);
	wr_u16(w, AFI_IPV4);
	wr_u16(w, SAFI_UNICAST);
	wr_u16(w, AFI_IPV6);
}

static void
put_add_path(struct wr *w, const struct open *o)
{
	static const struct {
		uint8_t		bit;
		uint16_t	afi;
	} rows[] = { { OPEN_IPV4, AFI_IPV4 }, { OPEN_IPV6, AFI_IPV6 } };
	size_t at = w->n + 1;

	if ((o->paths_in | o->paths_out) == 0)
		return;
	wr_u8(w, CAP_ADD_PATH);
	wr_u8(w, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t how = (uint8_t)(
		    ((o->paths_in & rows[i].bit) != 0 ? PATHS_IN : 0) |
		    ((o->paths_out & rows[i].bit) != 0 ? PATHS_OUT : 0));

		if (how == 0)
			continue;
		wr_u16(w, rows[i].afi);
		wr_u8(w, SAFI_UNICAST);
		wr_u8(w, how);
	}
	wr_patch_u8(w, at, (uint8_t)(w->n - at - 1));
}

uint8_t
open_common(const struct open *o, uint8_t ours, bool only_extended)
{
	uint8_t both = o->families & ours;

	if (only_extended && !o->extended_hop)
		both &= (uint8_t)~OPEN_IPV4;
	return both;
}

/* RFC 5492 section 3: the data are the capabilities that we miss. */
static bool
check_families(const struct open *o, const struct open_want *w,
    struct fault *f)
{
	uint8_t data[12];
	struct wr out = wr_of(data, sizeof(data));

	if (open_common(o, w->families, w->only_extended) != 0)
		return true;
	put_families(&out, w->families);
	fault_set(f, FAULT_OPEN, FAULT_CAPABILITY, wr_done(&out));
	reason_set(&f->text, "no address family in common: ours %s, the "
	    "remote's %s%s", families_str(w->families),
	    families_str(o->families), (o->families & w->families) == 0 ? "" :
	    " without extended next hops (RFC 8950)");
	return false;
}

/* RFC 9234 section 4.2: both must say so, and say what fits. */
static bool
check_role(const struct open *o, const struct open_want *w, struct fault *f)
{
	const char *ours = bgp_role_str(w->role);

	if (w->role == BGP_ROLE_NONE || o->role == role_other(w->role) ||
	    (o->role == BGP_ROLE_NONE && !w->role_strict))
		return true;
	fault_set(f, FAULT_OPEN, FAULT_ROLE, (struct bytes){ 0 });
	if (o->role == BGP_ROLE_NONE)
		reason_set(&f->text, "we are %s and the remote has no role, "
		    "which bgp_role_strict requires", ours);
	else
		reason_set(&f->text, "we are %s and the remote says that it "
		    "is %s, not %s", ours, bgp_role_str(o->role),
		    bgp_role_str(role_other(w->role)));
	return false;
}

bool
open_check(const struct open *o, const struct open_want *w, struct fault *f)
{
	return check_asn(o, w, f) && check_router_id(o, w, f) &&
	    check_hold_time(o, f) && check_families(o, w, f) &&
	    check_role(o, w, f);
}

/*
 *  |version|  my AS  |hold time|  BGP identifier  |n|2|len| capabilities |
 */
void
open_put(struct wr *w, const struct open *o)
{
	size_t at = msg_begin(w, MSG_OPEN), params, length;

	wr_u8(w, BGP_VERSION);
	wr_u16(w, o->asn > UINT16_MAX ? OPEN_AS_TRANS : (uint16_t)o->asn);
	wr_u16(w, o->hold_time);
	wr_u32(w, o->router_id);
	params = w->n;
	wr_u8(w, 0);
	wr_u8(w, PARAM_CAPABILITIES);
	wr_u8(w, 0);
	put_families(w, o->families);
	if (o->refresh) {
		wr_u8(w, CAP_REFRESH);
		wr_u8(w, 0);
	}
	if (o->role != BGP_ROLE_NONE) {
		wr_u8(w, CAP_ROLE);
		wr_u8(w, 1);
		wr_u8(w, role_to_wire(o->role));
	}
	if (o->as4) {
		wr_u8(w, CAP_AS4);
		wr_u8(w, 4);
		wr_u32(w, o->asn);
	}
	put_extended_hop(w, o);
	put_add_path(w, o);
	if (o->enhanced) {
		wr_u8(w, CAP_ENHANCED);
		wr_u8(w, 0);
	}
	if (o->restart.there) {
		wr_u8(w, CAP_RESTART);
		length = w->n;
		wr_u8(w, 0);
		cap_restart_put(w, &o->restart);
		wr_patch_u8(w, length, (uint8_t)(w->n - length - 1));
	}
	wr_patch_u8(w, params, (uint8_t)(w->n - params - 1));
	wr_patch_u8(w, params + 2, (uint8_t)(w->n - params - 3));
	msg_end(w, at);
}
