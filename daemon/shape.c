/*
 * The shapes of what goes through the channel: for each kind how many octets
 * of the union are in use, and a test for each field that could be malformed.
 * The tests are made on octets, before anything becomes a bool, an enum or a
 * string, because the engine is not trusted and an ill-formed bool is already
 * undefined behaviour to look at.  Values that are well-formed but not
 * allowed are not for here but for the checks of the monitor's table.
 */
#include "daemon/shape.h"

#include <string.h>

#include "util/array.h"

struct field {
	bool		(*ok)(const uint8_t *, size_t arg);
	size_t		 at;		/* in the union */
	size_t		 arg;
};

static bool
is_bool(const uint8_t *p, size_t arg)
{
	(void)arg;
	return *p <= 1;
}

/* arg: number of enumerators */
static bool
is_enum(const uint8_t *p, size_t arg)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v < arg;
}

/* arg: size of the array */
static bool
is_str(const uint8_t *p, size_t arg)
{
	return memchr(p, '\0', arg) != NULL;
}

/* arg: greatest value */
static bool
is_u8(const uint8_t *p, size_t arg)
{
	return *p <= arg;
}

static bool
is_u16(const uint8_t *p, size_t arg)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v <= arg;
}

static bool
is_u32(const uint8_t *p, size_t arg)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v <= arg;
}

/* A family of ours, and the octets that it does not use are zero. */
static bool
is_addr(const uint8_t *p, size_t arg)
{
	struct addr a;
	unsigned n;

	(void)arg;
	memcpy(&a, p, sizeof(a));
	if (a.family != ADDR_NONE && a.family != ADDR_IPV4 &&
	    a.family != ADDR_IPV6)
		return false;
	for (n = addr_octets(&a); n < sizeof(a.b); n++)
		if (a.b[n] != 0)
			return false;
	return true;
}

static bool
is_prefix(const uint8_t *p, size_t arg)
{
	struct prefix x;

	memcpy(&x, p, sizeof(x));
	return is_addr(p + offsetof(struct prefix, addr), arg) &&
	    x.len <= addr_bits(&x.addr);
}

/* arg: how many */
static bool
is_prefixes(const uint8_t *p, size_t arg)
{
	for (size_t i = 0; i < arg; i++)
		if (!is_prefix(p + i * sizeof(struct prefix), 0))
			return false;
	return true;
}

static bool
is_ts(const uint8_t *p, size_t arg)
{
	return is_prefix(p + offsetof(struct kern_ts, net), arg);
}

#define OP_AT(member)							\
	(offsetof(struct kern_op, member) - offsetof(struct kern_op, link))
#define EVENT_AT(member)						\
	(offsetof(struct kern_event, member) -				\
	    offsetof(struct kern_event, link))
#define OP_SIZE(member)		sizeof(((struct kern_op *)0)->member)
#define EVENT_SIZE(member)	sizeof(((struct kern_event *)0)->member)

_Static_assert(sizeof(bool) == 1, "is_bool reads one octet");
_Static_assert(sizeof(enum kern_op_kind) == 4 &&
    sizeof(enum kern_link_kind) == 4 && sizeof(enum kern_dir) == 4,
    "is_enum reads four octets");

static const struct field link_fields[] = {
	{ is_str,	OP_AT(link.name),	OP_SIZE(link.name) },
	{ is_str,	OP_AT(link.alias),	OP_SIZE(link.alias) },
	{ is_enum,	OP_AT(link.kind),	KERN_LINK_XFRMI + 1 },
	{ is_addr,	OP_AT(link.local),	0 },
	{ is_addr,	OP_AT(link.remote),	0 },
	{ is_prefix,	OP_AT(link.inside[0]),	0 },
	{ is_prefix,	OP_AT(link.inside[1]),	0 },
	{ is_bool,	OP_AT(link.up),		0 },
};

static const struct field sa_fields[] = {
	{ is_addr,	OP_AT(sa.src),		0 },
	{ is_addr,	OP_AT(sa.dst),		0 },
	{ is_bool,	OP_AT(sa.mark_not_if_id), 0 },
	{ is_enum,	OP_AT(sa.dir),		KERN_OUT + 1 },
	{ is_str,	OP_AT(sa.aead),		OP_SIZE(sa.aead) },
	{ is_str,	OP_AT(sa.enc),		OP_SIZE(sa.enc) },
	{ is_str,	OP_AT(sa.auth),		OP_SIZE(sa.auth) },
	{ is_u8,	OP_AT(sa.encr_key.n),	KEY_MAX },
	{ is_u8,	OP_AT(sa.auth_key.n),	KEY_MAX },
	{ is_bool,	OP_AT(sa.esn),		0 },
	{ is_bool,	OP_AT(sa.encap),	0 },
};

static const struct field policy_fields[] = {
	{ is_enum,	OP_AT(policy.dir),	KERN_FWD + 1 },
	{ is_ts,	OP_AT(policy.src),	0 },
	{ is_ts,	OP_AT(policy.dst),	0 },
	{ is_addr,	OP_AT(policy.tmpl_src),	0 },
	{ is_addr,	OP_AT(policy.tmpl_dst),	0 },
	{ is_bool,	OP_AT(policy.mark_not_if_id), 0 },
	{ is_bool,	OP_AT(policy.block),	0 },
};

static const struct field table_fields[] = {
	{ is_str,	OP_AT(table.alias),	OP_SIZE(table.alias) },
	{ is_str,	OP_AT(table.vrf_name),	OP_SIZE(table.vrf_name) },
	{ is_enum,	OP_AT(table.vrf),	KERN_VRF_NEVER + 1 },
};

static const struct field lan_fields[] = {
	{ is_str,	OP_AT(lan.name),	OP_SIZE(lan.name) },
	{ is_bool,	OP_AT(lan.closed),	0 },
};

static const struct field nexthop_fields[] = {
	{ is_str,	OP_AT(nexthop.dev),	OP_SIZE(nexthop.dev) },
	{ is_addr,	OP_AT(nexthop.gateway),	0 },
	{ is_bool,	OP_AT(nexthop.blackhole), 0 },
};

static const struct field group_fields[] = {
	{ is_u32,	OP_AT(group.n),		KERN_GROUP_MAX },
	{ is_bool,	OP_AT(group.resilient),	0 },
};

static const struct field route_fields[] = {
	{ is_prefix,	OP_AT(route.prefix),	0 },
	{ is_addr,	OP_AT(route.prefsrc),	0 },
};

static const struct field conn_fields[] = {
	{ is_str,	OP_AT(conn.dev),	OP_SIZE(conn.dev) },
	{ is_addr,	OP_AT(conn.local),	0 },
	{ is_addr,	OP_AT(conn.remote),	0 },
};

static const struct field apply_fields[] = {
	{ is_str,	OP_AT(apply.token),	OP_SIZE(apply.token) },
};

static const struct field resync_fields[] = {
	{ is_bool,	OP_AT(resync.routes_wait), 0 },
};

static const struct field auth_fields[] = {
	{ is_str,	OP_AT(auth.connection),	OP_SIZE(auth.connection) },
	{ is_u16,	OP_AT(auth.n),		KERN_OCTETS_MAX },
	{ is_enum,	OP_AT(auth.how),	KERN_AUTH_PPK + 1 },
	{ is_bool,	OP_AT(auth.rsa_pss),	0 },
};

static const struct field keep_fields[] = {
	{ is_str,	OP_AT(keep.connection),	OP_SIZE(keep.connection) },
	{ is_u16,	OP_AT(keep.n),		KERN_OCTETS_MAX },
};

#define SHAPE(octets, list)						\
	{ .size = octets, .fields = list, .fields_n = ARRAY_SIZE(list) }
/* What ends in an array of which only so many octets are used. */
#define SHAPE_ENDING(list, count, array, most)				\
	{ .size = (array) + (most), .fields = list,			\
	    .fields_n = ARRAY_SIZE(list), .count_at = count,		\
	    .octets_at = array }

static const struct shape op_shapes[KERN_OP_KINDS] = {
	[KERN_LINK_SET] = SHAPE(OP_SIZE(link), link_fields),
	[KERN_LINK_DEL] = SHAPE(OP_SIZE(link), link_fields),
	[KERN_SA_ADD] = SHAPE(OP_SIZE(sa), sa_fields),
	[KERN_SA_DEL] = SHAPE(OP_SIZE(sa), sa_fields),
	[KERN_SA_PATH] = SHAPE(OP_SIZE(sa), sa_fields),
	[KERN_SA_HOLD] = SHAPE(OP_SIZE(sa), sa_fields),
	[KERN_POLICY_SET] = SHAPE(OP_SIZE(policy), policy_fields),
	[KERN_POLICY_DEL] = SHAPE(OP_SIZE(policy), policy_fields),
	[KERN_TABLE_SET] = SHAPE(OP_SIZE(table), table_fields),
	[KERN_TABLE_DEL] = SHAPE(OP_SIZE(table), table_fields),
	[KERN_LAN_SET] = SHAPE(OP_SIZE(lan), lan_fields),
	[KERN_LAN_DEL] = SHAPE(OP_SIZE(lan), lan_fields),
	[KERN_NEXTHOP_SET] = SHAPE(OP_SIZE(nexthop), nexthop_fields),
	[KERN_NEXTHOP_DEL] = SHAPE(OP_SIZE(nexthop), nexthop_fields),
	[KERN_NEXTHOP_SWEEP] = SHAPE(OP_SIZE(nexthop), nexthop_fields),
	[KERN_GROUP_SET] = SHAPE(OP_SIZE(group), group_fields),
	[KERN_GROUP_DEL] = SHAPE(OP_SIZE(group), group_fields),
	[KERN_ROUTE_SET] = SHAPE(OP_SIZE(route), route_fields),
	[KERN_ROUTE_DEL] = SHAPE(OP_SIZE(route), route_fields),
	[KERN_LISTEN] = SHAPE(OP_SIZE(conn), conn_fields),
	[KERN_UNLISTEN] = SHAPE(OP_SIZE(conn), conn_fields),
	[KERN_CONNECT] = SHAPE(OP_SIZE(conn), conn_fields),
	[KERN_BFD_LISTEN] = SHAPE(OP_SIZE(conn), conn_fields),
	[KERN_BFD_CONNECT] = SHAPE(OP_SIZE(conn), conn_fields),
	[KERN_BFD_CLOSE] = SHAPE(OP_SIZE(conn), conn_fields),
	[KERN_AUTH] = SHAPE_ENDING(auth_fields, OP_AT(auth.n),
	    OP_AT(auth.octets), OP_SIZE(auth.octets)),
	[KERN_RELOAD] = { 0 },
	[KERN_APPLY] = SHAPE(OP_SIZE(apply), apply_fields),
	[KERN_CONFIRM] = { 0 },
	[KERN_UNDO] = { 0 },
	[KERN_COUNT] = { 0 },
	[KERN_RESTART] = { 0 },
	[KERN_RESYNC_DONE] = SHAPE(OP_SIZE(resync), resync_fields),
	[KERN_KEEP] = SHAPE_ENDING(keep_fields, OP_AT(keep.n),
	    OP_AT(keep.octets), OP_SIZE(keep.octets)),
};

static const struct field link_event_fields[] = {
	{ is_str,	EVENT_AT(link.name),	EVENT_SIZE(link.name) },
	{ is_enum,	EVENT_AT(link.kind),	KERN_LINK_XFRMI + 1 },
	{ is_bool,	EVENT_AT(link.exists),	0 },
	{ is_bool,	EVENT_AT(link.up),	0 },
	{ is_bool,	EVENT_AT(link.flushed),	0 },
	{ is_bool,	EVENT_AT(link.clamped),	0 },
};

static const struct field lan_event_fields[] = {
	{ is_str,	EVENT_AT(lan.name),	EVENT_SIZE(lan.name) },
	{ is_bool,	EVENT_AT(lan.exists),	0 },
	{ is_bool,	EVENT_AT(lan.up),	0 },
	{ is_bool,	EVENT_AT(lan.flushed),	0 },
	{ is_bool,	EVENT_AT(lan.more),	0 },
	{ is_u8,	EVENT_AT(lan.n),	KERN_NETS_MAX },
	{ is_prefixes,	EVENT_AT(lan.nets),	KERN_NETS_MAX },
};

static const struct field changed_fields[] = {
	{ is_prefix,	EVENT_AT(changed.prefix), 0 },
};

static const struct field sa_event_fields[] = {
	{ is_addr,	EVENT_AT(sa.dst),	0 },
	{ is_bool,	EVENT_AT(sa.hard),	0 },
	{ is_addr,	EVENT_AT(sa.from.addr),	0 },
};

static const struct field auth_event_fields[] = {
	{ is_u16,	EVENT_AT(auth.n),	EVENT_SIZE(auth.value) },
};

static const struct shape link_event =
    SHAPE(EVENT_SIZE(link), link_event_fields);
static const struct shape sa_event = SHAPE(EVENT_SIZE(sa), sa_event_fields);
static const struct shape changed_event =
    SHAPE(EVENT_SIZE(changed), changed_fields);
static const struct shape auth_event =
    SHAPE_ENDING(auth_event_fields, EVENT_AT(auth.n), EVENT_AT(auth.value),
    EVENT_SIZE(auth.value));
static const struct shape fd_event =
    { .size = EVENT_SIZE(conn), .has_fd = true };
static const struct shape counts_event = { .size = EVENT_SIZE(counts) };
static const struct shape pending_event = { .size = EVENT_SIZE(pending) };
static const struct shape lan_event =
    SHAPE(EVENT_SIZE(lan), lan_event_fields);
static const struct shape plain_event = { 0 };

/* Of KERN_DONE, by the operation that is done; NULL: nothing but the error. */
static const struct shape *const done_shapes[KERN_OP_KINDS] = {
	[KERN_LINK_SET] = &link_event,
	[KERN_TABLE_SET] = &link_event,
	[KERN_LISTEN] = &fd_event,
	[KERN_CONNECT] = &fd_event,
	[KERN_BFD_LISTEN] = &fd_event,
	[KERN_BFD_CONNECT] = &fd_event,
	[KERN_AUTH] = &auth_event,
	[KERN_COUNT] = &counts_event,
};

static const struct shape *const event_shapes[KERN_EVENT_KINDS] = {
	[KERN_DONE] = &plain_event,
	[KERN_LINK_STATE] = &link_event,
	[KERN_EXPIRE] = &sa_event,
	[KERN_ACQUIRE] = &sa_event,
	[KERN_MAPPING] = &sa_event,
	[KERN_CHANGED] = &changed_event,
	[KERN_OVERRUN] = &plain_event,
	[KERN_RELOADED] = &fd_event,
	[KERN_STOP] = &plain_event,
	[KERN_PENDING] = &pending_event,
	[KERN_LEAVE] = &plain_event,
	[KERN_LAN_STATE] = &lan_event,
};

const struct shape *
shape_op(uint32_t kind)
{
	return kind < KERN_OP_KINDS ? &op_shapes[kind] : NULL;
}

const struct shape *
shape_event(uint32_t kind, uint32_t op)
{
	if (kind >= KERN_EVENT_KINDS || op >= KERN_OP_KINDS)
		return NULL;
	if (kind == KERN_DONE && done_shapes[op] != NULL)
		return done_shapes[op];
	return event_shapes[kind];
}

size_t
shape_size(const struct shape *s, const void *of)
{
	uint16_t n;

	if (s->octets_at == 0)
		return s->size;
	memcpy(&n, (const uint8_t *)of + s->count_at, sizeof(n));
	return s->octets_at + n;
}

bool
shape_fits(const struct shape *s, struct bytes body)
{
	/* All fields stand before the octets at the end. */
	if (body.n > s->size ||
	    body.n < (s->octets_at != 0 ? s->octets_at : s->size))
		return false;
	for (size_t i = 0; i < s->fields_n; i++)
		if (!s->fields[i].ok(body.p + s->fields[i].at,
		    s->fields[i].arg))
			return false;
	return body.n == shape_size(s, body.p);
}
