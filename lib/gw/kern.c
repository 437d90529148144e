/*
 * Names of the kernel operations, as they stand in log lines and in test
 * scripts.  Nothing else: what an operation does is the monitor's business.
 */
#include <stddef.h>

#include "gw/kern.h"
#include "util/array.h"

static const char *const names[KERN_OP_KINDS] = {
	[KERN_LINK_SET] = "link-set",
	[KERN_LINK_DEL] = "link-del",
	[KERN_SA_ADD] = "sa-add",
	[KERN_SA_DEL] = "sa-del",
	[KERN_SA_PATH] = "sa-path",
	[KERN_SA_HOLD] = "sa-hold",
	[KERN_POLICY_SET] = "policy-set",
	[KERN_POLICY_DEL] = "policy-del",
	[KERN_TABLE_SET] = "table-set",
	[KERN_TABLE_DEL] = "table-del",
	[KERN_LAN_SET] = "lan-set",
	[KERN_LAN_DEL] = "lan-del",
	[KERN_NEXTHOP_SET] = "nexthop-set",
	[KERN_NEXTHOP_DEL] = "nexthop-del",
	[KERN_NEXTHOP_SWEEP] = "nexthop-sweep",
	[KERN_GROUP_SET] = "group-set",
	[KERN_GROUP_DEL] = "group-del",
	[KERN_ROUTE_SET] = "route-set",
	[KERN_ROUTE_DEL] = "route-del",
	[KERN_LISTEN] = "listen",
	[KERN_UNLISTEN] = "unlisten",
	[KERN_CONNECT] = "connect",
	[KERN_BFD_LISTEN] = "bfd-listen",
	[KERN_BFD_CONNECT] = "bfd-connect",
	[KERN_BFD_CLOSE] = "bfd-close",
	[KERN_AUTH] = "auth",
	[KERN_RELOAD] = "reload",
	[KERN_APPLY] = "apply",
	[KERN_CONFIRM] = "confirm",
	[KERN_UNDO] = "undo",
	[KERN_COUNT] = "count",
	[KERN_RESTART] = "restart",
	[KERN_RESYNC_DONE] = "resync-done",
	[KERN_KEEP] = "keep",
};

const char *
kern_op_name(enum kern_op_kind kind)
{
	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}

bool
kern_op_opens(enum kern_op_kind kind)
{
	return kind == KERN_LISTEN || kind == KERN_CONNECT ||
	    kind == KERN_BFD_LISTEN || kind == KERN_BFD_CONNECT;
}

size_t
kern_op_size(enum kern_op_kind kind, size_t octets)
{
	/* Two are large, routes are many; one size for the rest is simple. */
	if (kind == KERN_AUTH)
		return offsetof(struct kern_op, auth.octets) + octets;
	if (kind == KERN_KEEP)
		return offsetof(struct kern_op, keep.octets) + octets;
	if (kind == KERN_ROUTE_SET || kind == KERN_ROUTE_DEL)
		return offsetof(struct kern_op, route) +
		    sizeof(struct kern_route);
	return offsetof(struct kern_op, sa) + sizeof(struct kern_sa);
}

size_t
kern_op_octets(const struct kern_op *op)
{
	return op->kind == KERN_AUTH ? op->auth.n :
	    op->kind == KERN_KEEP ? op->keep.n : 0;
}

_Static_assert(sizeof(struct kern_sa) >= sizeof(struct kern_link) &&
    sizeof(struct kern_sa) >= sizeof(struct kern_policy) &&
    sizeof(struct kern_sa) >= sizeof(struct kern_group) &&
    sizeof(struct kern_sa) >= sizeof(struct kern_conn) &&
    sizeof(struct kern_sa) >= sizeof(struct kern_apply) &&
    sizeof(struct kern_sa) >= sizeof(struct kern_resync),
    "kern_sa is the largest member but auth and keep");
