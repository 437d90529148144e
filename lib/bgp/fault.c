/*
 * NOTIFICATION codes as words (RFC 4271 section 4.5, RFC 4486, 5492, 6608,
 * 7313, 8538, 9234, 9384, 9687) and the shutdown communication of RFC 9003.  What
 * comes from a peer is escaped before it becomes text.  Building and parsing
 * of the message itself are in msg.c.
 */
#include "bgp/fault.h"

#include <string.h>

#include "util/array.h"

static const char *const header_names[] = {
	[FAULT_NOT_SYNCHRONIZED] = "Connection Not Synchronized",
	[FAULT_MESSAGE_LENGTH] = "Bad Message Length",
	[FAULT_MESSAGE_TYPE] = "Bad Message Type",
};

static const char *const open_names[] = {
	[FAULT_VERSION] = "Unsupported Version Number",
	[FAULT_PEER_AS] = "Bad Peer AS",
	[FAULT_ROUTER_ID] = "Bad BGP Identifier",
	[FAULT_PARAMETER] = "Unsupported Optional Parameter",
	[5] = "Authentication Failure",
	[FAULT_HOLD_TIME] = "Unacceptable Hold Time",
	[FAULT_CAPABILITY] = "Unsupported Capability",
	[FAULT_ROLE] = "Role Mismatch",
};

static const char *const update_names[] = {
	[FAULT_ATTR_LIST] = "Malformed Attribute List",
	[FAULT_ATTR_UNKNOWN] = "Unrecognized Well-known Attribute",
	[FAULT_ATTR_MISSING] = "Missing Well-known Attribute",
	[FAULT_ATTR_FLAGS] = "Attribute Flags Error",
	[FAULT_ATTR_LENGTH] = "Attribute Length Error",
	[FAULT_ORIGIN] = "Invalid ORIGIN Attribute",
	[7] = "AS Routing Loop",
	[FAULT_NEXT_HOP] = "Invalid NEXT_HOP Attribute",
	[FAULT_ATTR_OPTIONAL] = "Optional Attribute Error",
	[FAULT_NETWORK] = "Invalid Network Field",
	[FAULT_AS_PATH] = "Malformed AS_PATH",
};

static const char *const fsm_names[] = {
	[FAULT_IN_OPEN_SENT] = "Receive Unexpected Message in OpenSent State",
	[FAULT_IN_OPEN_CONFIRM] =
	    "Receive Unexpected Message in OpenConfirm State",
	[FAULT_IN_ESTABLISHED] =
	    "Receive Unexpected Message in Established State",
};

static const char *const cease_names[] = {
	[FAULT_MAX_PREFIXES] = "Maximum Number of Prefixes Reached",
	[FAULT_SHUTDOWN] = "Administrative Shutdown",
	[FAULT_DECONFIGURED] = "Peer De-configured",
	[FAULT_RESET] = "Administrative Reset",
	[FAULT_REJECTED] = "Connection Rejected",
	[FAULT_CONF_CHANGE] = "Other Configuration Change",
	[FAULT_COLLISION] = "Connection Collision Resolution",
	[FAULT_RESOURCES] = "Out of Resources",
	[FAULT_HARD_RESET] = "Hard Reset",
	[FAULT_BFD_DOWN] = "BFD Down",
};

static const char *const refresh_names[] = {
	[FAULT_REFRESH_LENGTH] = "Invalid Message Length",
};

static const struct {
	const char	*name;
	const char	*const *sub;
	size_t		 n;
} codes[] = {
	[FAULT_HEADER] = { "Message Header Error",
	    header_names, ARRAY_SIZE(header_names) },
	[FAULT_OPEN] = { "OPEN Message Error",
	    open_names, ARRAY_SIZE(open_names) },
	[FAULT_UPDATE] = { "UPDATE Message Error",
	    update_names, ARRAY_SIZE(update_names) },
	[FAULT_HOLD_TIMER] = { "Hold Timer Expired", NULL, 0 },
	[FAULT_FSM] = { "Finite State Machine Error",
	    fsm_names, ARRAY_SIZE(fsm_names) },
	[FAULT_CEASE] = { "Cease", cease_names, ARRAY_SIZE(cease_names) },
	[FAULT_REFRESH] = { "ROUTE-REFRESH Message Error",
	    refresh_names, ARRAY_SIZE(refresh_names) },
	[FAULT_SEND_HOLD] = { "Send Hold Timer Expired", NULL, 0 },
};

void
fault_set(struct fault *f, unsigned code, unsigned subcode, struct bytes data)
{
	f->code = (uint8_t)code;
	f->subcode = (uint8_t)subcode;
	f->hard = false;
	f->n = 0;
	if (data.n > 0 && data.n <= sizeof(f->data)) {
		memcpy(f->data, data.p, data.n);
		f->n = (uint16_t)data.n;
	}
}

bool
fault_is_final(const struct fault *f)
{
	return f->code == FAULT_CEASE && (f->subcode == FAULT_MAX_PREFIXES ||
	    f->subcode == FAULT_SHUTDOWN || f->subcode == FAULT_DECONFIGURED ||
	    f->subcode == FAULT_HARD_RESET || f->subcode == FAULT_BFD_DOWN);
}

void
fault_shutdown(struct fault *f, unsigned subcode, const char *text)
{
	size_t n = strnlen(text, sizeof(f->data) - 1);

	fault_set(f, FAULT_CEASE, subcode, (struct bytes){ 0 });
	f->data[0] = (uint8_t)n;
	memcpy(f->data + 1, text, n);
	f->n = (uint16_t)(n + 1);
}

static void
add_shutdown(char *s, size_t size, struct bytes data)
{
	struct rd r = rd_of(data);
	struct bytes text = rd_bytes(&r, rd_u8(&r));
	char plain[sizeof(struct reason)];

	if (r.bad || text.n == 0)
		return;
	str_escape(plain, sizeof(plain), text);
	str_add(s, size, ": \"%s\"", plain);
}

/* Of one that wraps no other. */
static void
add_plain(char *s, size_t size, unsigned code, unsigned subcode,
    struct bytes data)
{
	const char *sub = NULL;

	str_add(s, size, "%u/%u ", code, subcode);
	if (code >= ARRAY_SIZE(codes) || codes[code].name == NULL) {
		str_add(s, size, "unknown error code");
		return;
	}
	str_add(s, size, "%s", codes[code].name);
	if (subcode < codes[code].n)
		sub = codes[code].sub[subcode];
	if (sub != NULL)
		str_add(s, size, ", %s", sub);
	else if (subcode != 0)
		str_add(s, size, ", unknown subcode");
	if (code == FAULT_CEASE &&
	    (subcode == FAULT_SHUTDOWN || subcode == FAULT_RESET))
		add_shutdown(s, size, data);
}

void
fault_str(char *s, size_t size, unsigned code, unsigned subcode,
    struct bytes data)
{
	struct rd r = rd_of(data);
	uint8_t inner = rd_u8(&r), sub = rd_u8(&r);

	str_fmt(s, size, "%s", "");
	add_plain(s, size, code, subcode, data);
	if (code != FAULT_CEASE || subcode != FAULT_HARD_RESET || r.bad)
		return;
	str_add(s, size, " for ");
	add_plain(s, size, inner, sub, rd_rest(&r));
}
