/*
 * BGP roles as a table (RFC 9234 sections 3 to 5): one row per role of ours.
 * All procedures are for unicast of both families, which are all that we have;
 * no policy sees or changes an OTC once it is there.  A session without a role
 * carries it like any transitive attribute.
 */
#include "bgp/role.h"

#include "bgp/attr.h"
#include "util/array.h"

enum {
	LEAK_ANY = 1,		/* in: with an OTC it is a leak */
	LEAK_OTHER = 2,		/* in: with another OTC than the remote's AS */
	MARK_IN = 4,
	KEEP_BACK = 8,
	MARK_OUT = 16,
};

static const struct {
	const char	*name;
	uint8_t		 wire;
	uint8_t		 other;
	uint8_t		 rules;
} roles[] = {
	[BGP_ROLE_PROVIDER] = { "provider", 0, BGP_ROLE_CUSTOMER,
	    LEAK_ANY | MARK_OUT },
	[BGP_ROLE_RS] = { "rs-server", 1, BGP_ROLE_RS_CLIENT,
	    LEAK_ANY | MARK_OUT },
	[BGP_ROLE_RS_CLIENT] = { "rs-client", 2, BGP_ROLE_RS,
	    MARK_IN | KEEP_BACK },
	[BGP_ROLE_CUSTOMER] = { "customer", 3, BGP_ROLE_PROVIDER,
	    MARK_IN | KEEP_BACK },
	[BGP_ROLE_PEER] = { "peer", 4, BGP_ROLE_PEER,
	    LEAK_OTHER | MARK_IN | KEEP_BACK | MARK_OUT },
};

const char *
bgp_role_str(enum bgp_role role)
{
	return role == BGP_ROLE_NONE ? "" : roles[role].name;
}

enum bgp_role
role_of_wire(uint8_t wire)
{
	for (size_t i = BGP_ROLE_NONE + 1; i < ARRAY_SIZE(roles); i++) {
		if (roles[i].wire == wire)
			return (enum bgp_role)i;
	}
	return BGP_ROLE_NONE;
}

uint8_t
role_to_wire(enum bgp_role role)
{
	return roles[role].wire;
}

enum bgp_role
role_other(enum bgp_role role)
{
	return (enum bgp_role)roles[role].other;
}

bool
role_otc(const struct attrs *a, uint32_t *asn)
{
	struct bytes value = attrs_find(a, ATTR_OTC);
	struct rd r = rd_of(value);

	if (asn != NULL)
		*asn = rd_u32(&r);
	return value.n > 0;
}

const char *
role_leak(enum bgp_role role, uint32_t remote_asn, const struct attrs *a)
{
	uint32_t otc;

	if (!role_otc(a, &otc))
		return NULL;
	if ((roles[role].rules & LEAK_ANY) != 0)
		return role == BGP_ROLE_RS ?
		    "a route server's client passes on what is for customers "
		    "only (OTC)" :
		    "a customer passes on what is for customers only (OTC)";
	if ((roles[role].rules & LEAK_OTHER) != 0 &&
	    otc != remote_asn)
		return "a peer passes on what is for customers only (OTC)";
	return NULL;
}

bool
role_marks_in(enum bgp_role role)
{
	return (roles[role].rules & MARK_IN) != 0;
}

bool
role_keeps_back(enum bgp_role role)
{
	return (roles[role].rules & KEEP_BACK) != 0;
}

bool
role_marks_out(enum bgp_role role)
{
	return (roles[role].rules & MARK_OUT) != 0;
}
