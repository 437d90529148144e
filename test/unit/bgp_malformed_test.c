/*
 * Malformed BGP input, one row each, with the verdict that the RFCs ask for:
 * what the speaker does to the session and to a route that it had learned
 * before.  Every row is heard three times: whole, octet by octet, and once cut
 * at every place in two; the verdict must be the same.
 */
#include "bgp_octets.h"

#include "bgp/bgp.h"
#include "bgp/limit.h"
#include "bgp/msg.h"
#include "bgp/open.h"
#include "crypto/prf.h"

/* Attributes that are right, in the widths of a 4-octet and a 2-octet peer. */
#define ORIGIN	"40010100 "
#define PATH	"40020602010000fdf2 "
#define PATH2	"4002040201fdf2 "
#define HOP	"400304a9fe0002 "
#define PREF	"40050400000064 "
#define GOOD	ORIGIN PATH HOP
#define GOOD2	ORIGIN PATH2 HOP
#define GOODI	ORIGIN "400200 " HOP PREF
#define REACH6	"800e1e00020110fd0000000000000000000000000000020040fd00000000000003 "
#define GOOD6	REACH6 ORIGIN PATH
#define NET	"100a02 "		/* 10.2.0.0/16, which it has learned */

#define MARK	"ffffffffffffffffffffffffffffffff "
#define X5(s)	s s s s s
#define X15(s)	X5(s) X5(s) X5(s)
#define X255(s)	X15(X15(s)) X15(s) X15(s)
#define AS255	X255("0000fdf2 ")
#define COMM	"fdf20001 "
#define COMM255	X255(COMM)
#define ZERO10	"00000000000000000000"
#define ZERO1000 X5(X5(ZERO10 ZERO10 ZERO10 ZERO10))
#define ZERO4000 ZERO1000 ZERO1000 ZERO1000 ZERO1000

#define LOCAL_ASN	4200000000u
#define LOCAL_ID	0x0a000001u

enum kind {			/* of the neighbour */
	E4,			/* AS 65010, 4-octet AS numbers */
	E2,			/* AS 65010, 2-octet AS numbers */
	IB,			/* our own AS */
};

enum verdict {
	ACCEPT,			/* the route is there, nothing is said */
	DISCARD,		/* it is there, something was left out */
	WITHDRAW,		/* it is gone, the session stays */
	IGNORE,			/* nothing changes */
	REPORT,			/* nothing changes, an error is reported */
	RESET,			/* NOTIFICATION of this code, then closed */
	CLOSED,			/* closed without a word */
};

/* An UPDATE from its three parts; withdrawn, attributes and NLRI as hex. */
static const struct update_row {
	const char	*what;
	enum kind	kind;
	const char	*withdrawn, *attrs, *nlri;
	enum verdict	verdict;
	uint8_t		subcode;	/* of code 3, with RESET */
} updates[] = {
	/* what is right */
	{ "a plain one", E4, "", GOOD, NET, ACCEPT, 0 },
	{ "from a 2-octet peer", E2, "", GOOD2, NET, ACCEPT, 0 },
	{ "from within our AS", IB, "", GOODI, NET, ACCEPT, 0 },
	{ "attributes in any order", E4, "", HOP PATH ORIGIN, NET, ACCEPT, 0 },
	{ "lengths of two octets", E4, "", "5001000100 5002000602010000fdf2 50030004a9fe0002 ",
	    NET, ACCEPT, 0 },
	{ "trailing bits of a prefix set", E4, "", GOOD, "0f0a03 ", IGNORE, 0 },
	{ "the same prefix twice", E4, "", GOOD, NET NET, ACCEPT, 0 },
	{ "withdrawn and announced in one", E4, "100a02", GOOD, NET, ACCEPT, 0 },
	{ "withdrawn", E4, "100a02", "", "", WITHDRAW, 0 },
	{ "withdrawn that was never announced", E4, "100a09", "", "", IGNORE, 0 },
	{ "a default route", E4, "", GOOD, "00 " NET, ACCEPT, 0 },
	{ "a host route", E4, "", GOOD, "200a020001 " NET, ACCEPT, 0 },
	{ "End-of-RIB", E4, "", "", "", IGNORE, 0 },
	{ "End-of-RIB for IPv6", E4, "", "800f03000201 ", "", IGNORE, 0 },
	{ "attributes without a prefix", E4, "", GOOD, "", IGNORE, 0 },

	/* prefixes that no unicast route can have: RFC 4271 section 6.3 */
	{ "a multicast prefix beside a good one", E4, "", GOOD, "04e0 " NET, DISCARD, 0 },
	{ "a multicast host", E4, "", GOOD, "20e0000001 ", REPORT, 0 },
	{ "multicast in IPv6", E4, "", "800e1700020110fd0000000000000000000000000000020008ff "
	    GOOD, NET, DISCARD, 0 },

	/* lengths of the parts: RFC 7606 section 3 b; prefixes: section 5.3 */
	{ "a prefix of 33 bits", E4, "", GOOD, "210a02000000 ", RESET, 10 },
	{ "a prefix of 255 bits", E4, "", GOOD, "ff0a0200 ", RESET, 10 },
	{ "a prefix cut short", E4, "", GOOD, "180a02 ", RESET, 10 },
	{ "a length without a prefix", E4, "", GOOD, NET "08 ", RESET, 10 },
	{ "a withdrawn prefix of 33 bits", E4, "210a02000000", "", "", RESET, 10 },
	{ "a withdrawn prefix cut short", E4, "200a0200", "", "", RESET, 10 },

	/* ORIGIN: RFC 7606 section 7.1 */
	{ "ORIGIN empty", E4, "", "400100 " PATH HOP, NET, WITHDRAW, 0 },
	{ "ORIGIN of two octets", E4, "", "4001020000 " PATH HOP, NET, WITHDRAW, 0 },
	{ "ORIGIN 3", E4, "", "40010103 " PATH HOP, NET, WITHDRAW, 0 },
	{ "ORIGIN 255", E4, "", "400101ff " PATH HOP, NET, WITHDRAW, 0 },
	{ "ORIGIN EGP", E4, "", "40010101 " PATH HOP, NET, ACCEPT, 0 },
	{ "ORIGIN INCOMPLETE", E4, "", "40010102 " PATH HOP, NET, ACCEPT, 0 },
	{ "ORIGIN optional", E4, "", "c0010100 " PATH HOP, NET, WITHDRAW, 0 },
	{ "ORIGIN not transitive", E4, "", "00010100 " PATH HOP, NET, WITHDRAW, 0 },
	{ "ORIGIN partial, which changes nothing", E4, "", "60010100 " PATH HOP, NET, ACCEPT, 0 },
	{ "ORIGIN twice", E4, "", GOOD "40010102 ", NET, DISCARD, 0 },
	{ "ORIGIN missing", E4, "", PATH HOP, NET, WITHDRAW, 0 },

	/* AS_PATH: RFC 7606 section 7.2, RFC 7607, RFC 5065 */
	{ "AS_PATH empty from another AS", E4, "", ORIGIN "400200 " HOP, NET, WITHDRAW, 0 },
	{ "AS_PATH empty from our AS", IB, "", GOODI, NET, ACCEPT, 0 },
	{ "AS_PATH with a segment of type 0", E4, "", ORIGIN "40020600010000fdf2 " HOP, NET,
	    WITHDRAW, 0 },
	{ "AS_PATH with a segment of type 5", E4, "", ORIGIN "40020605010000fdf2 " HOP, NET,
	    WITHDRAW, 0 },
	{ "AS_PATH with a confederation sequence", E4, "", ORIGIN "40020603010000fdf2 " HOP, NET,
	    WITHDRAW, 0 },
	{ "AS_PATH with a confederation set", E4, "", ORIGIN "40020604010000fdf2 " HOP, NET,
	    WITHDRAW, 0 },
	{ "AS_PATH that promises two and has one", E4, "", ORIGIN "40020602020000fdf2 " HOP, NET,
	    WITHDRAW, 0 },
	{ "AS_PATH with an octet too many", E4, "", ORIGIN "40020702010000fdf200 " HOP, NET,
	    WITHDRAW, 0 },
	{ "AS_PATH with an empty segment behind", E4, "", ORIGIN "40020802010000fdf20200 " HOP,
	    NET, WITHDRAW, 0 },
	{ "AS_PATH with an empty segment before", E4, "", ORIGIN "400208020002010000fdf2 " HOP,
	    NET, WITHDRAW, 0 },
	{ "AS_PATH of one octet", E4, "", ORIGIN "40020102 " HOP, NET, WITHDRAW, 0 },
	{ "AS_PATH with AS 0", E4, "", ORIGIN "40020a02020000fdf200000000 " HOP, NET, WITHDRAW, 0 },
	{ "AS_PATH of AS 0 alone", E4, "", ORIGIN "400206020100000000 " HOP, NET, WITHDRAW, 0 },
	{ "AS_PATH that begins with another AS", E4, "", ORIGIN "40020602010000fde9 " HOP, NET,
	    WITHDRAW, 0 },
	{ "AS_PATH of a set alone", E4, "", ORIGIN "40020601010000fdf2 " HOP, NET, WITHDRAW, 0 },
	{ "AS_PATH of 2-octet numbers from a 4-octet peer", E4, "", ORIGIN PATH2 HOP, NET,
	    WITHDRAW, 0 },
	{ "AS_PATH of 4-octet numbers from a 2-octet peer", E2, "", ORIGIN PATH HOP, NET,
	    WITHDRAW, 0 },
	{ "AS_PATH with a set behind", E4, "", ORIGIN "40021002010000fdf201020000fde80000fde9 "
	    HOP, NET, ACCEPT, 0 },
	{ "AS_PATH with our own AS", E4, "", ORIGIN "40020a02020000fdf2fa56ea00 " HOP, NET,
	    WITHDRAW, 0 },
	{ "AS_PATH with our own AS in a set", E4, "", ORIGIN "40020c02010000fdf20101fa56ea00 "
	    HOP, NET, WITHDRAW, 0 },
	{ "AS_PATH optional", E4, "", ORIGIN "c0020602010000fdf2 " HOP, NET, WITHDRAW, 0 },
	{ "AS_PATH not transitive", E4, "", ORIGIN "00020602010000fdf2 " HOP, NET, WITHDRAW, 0 },
	{ "AS_PATH twice", E4, "", GOOD PATH, NET, DISCARD, 0 },
	{ "AS_PATH missing", E4, "", ORIGIN HOP, NET, WITHDRAW, 0 },
	{ "AS_PATH of 255 numbers", E4, "", ORIGIN "500203fe02ff " AS255 HOP, NET, ACCEPT, 0 },
	{ "AS_PATH of 256 numbers", E4, "", ORIGIN "5002040402ff " AS255 "02010000fdf2 " HOP, NET,
	    WITHDRAW, 0 },

	/* NEXT_HOP: RFC 7606 section 7.3, RFC 4271 section 6.3 */
	{ "NEXT_HOP empty", E4, "", ORIGIN PATH "400300 ", NET, WITHDRAW, 0 },
	{ "NEXT_HOP of three octets", E4, "", ORIGIN PATH "400303a9fe00 ", NET, WITHDRAW, 0 },
	{ "NEXT_HOP of five octets", E4, "", ORIGIN PATH "400305a9fe000200 ", NET, WITHDRAW, 0 },
	{ "NEXT_HOP optional", E4, "", ORIGIN PATH "c00304a9fe0002 ", NET, WITHDRAW, 0 },
	{ "NEXT_HOP not transitive", E4, "", ORIGIN PATH "000304a9fe0002 ", NET, WITHDRAW, 0 },
	{ "NEXT_HOP 0.0.0.0", E4, "", ORIGIN PATH "40030400000000 ", NET, WITHDRAW, 0 },
	{ "NEXT_HOP of loopback", E4, "", ORIGIN PATH "4003047f000001 ", NET, WITHDRAW, 0 },
	{ "NEXT_HOP multicast", E4, "", ORIGIN PATH "400304e0000001 ", NET, WITHDRAW, 0 },
	{ "NEXT_HOP broadcast", E4, "", ORIGIN PATH "400304ffffffff ", NET, WITHDRAW, 0 },
	{ "NEXT_HOP our own", E4, "", ORIGIN PATH "400304a9fe0001 ", NET, WITHDRAW, 0 },
	{ "NEXT_HOP of a third party", E4, "", ORIGIN PATH "400304a9fe0009 ", NET, WITHDRAW, 0 },
	{ "NEXT_HOP missing", E4, "", ORIGIN PATH, NET, WITHDRAW, 0 },
	{ "NEXT_HOP twice", E4, "", GOOD HOP, NET, DISCARD, 0 },

	/* MULTI_EXIT_DISC: RFC 7606 section 7.4 */
	{ "MULTI_EXIT_DISC", E4, "", GOOD "80040400000064 ", NET, ACCEPT, 0 },
	{ "MULTI_EXIT_DISC empty", E4, "", GOOD "800400 ", NET, WITHDRAW, 0 },
	{ "MULTI_EXIT_DISC of three octets", E4, "", GOOD "800403000064 ", NET, WITHDRAW, 0 },
	{ "MULTI_EXIT_DISC of five octets", E4, "", GOOD "8004050000006400 ", NET, WITHDRAW, 0 },
	{ "MULTI_EXIT_DISC transitive", E4, "", GOOD "c0040400000064 ", NET, WITHDRAW, 0 },
	{ "MULTI_EXIT_DISC well-known", E4, "", GOOD "40040400000064 ", NET, WITHDRAW, 0 },
	{ "MULTI_EXIT_DISC twice", E4, "", GOOD "80040400000064 80040400000065 ", NET, DISCARD, 0 },

	/* LOCAL_PREF: RFC 7606 section 7.5 */
	{ "LOCAL_PREF from another AS", E4, "", GOOD PREF, NET, DISCARD, 0 },
	{ "LOCAL_PREF from another AS, malformed", E4, "", GOOD "400503000064 ", NET, DISCARD, 0 },
	{ "LOCAL_PREF of three octets", IB, "", ORIGIN "400200 " HOP "400503000064 ", NET,
	    WITHDRAW, 0 },
	{ "LOCAL_PREF empty", IB, "", ORIGIN "400200 " HOP "400500 ", NET, WITHDRAW, 0 },
	{ "LOCAL_PREF optional", IB, "", ORIGIN "400200 " HOP "c0050400000064 ", NET, WITHDRAW, 0 },
	{ "LOCAL_PREF missing from our AS", IB, "", ORIGIN "400200 " HOP, NET, WITHDRAW, 0 },

	/* ATOMIC_AGGREGATE and AGGREGATOR: RFC 7606 sections 7.6 and 7.7 */
	{ "ATOMIC_AGGREGATE", E4, "", GOOD "400600 ", NET, ACCEPT, 0 },
	{ "ATOMIC_AGGREGATE of one octet", E4, "", GOOD "40060101 ", NET, DISCARD, 0 },
	{ "ATOMIC_AGGREGATE optional", E4, "", GOOD "c00600 ", NET, WITHDRAW, 0 },
	{ "AGGREGATOR", E4, "", GOOD "c007080000fdf2c6336401 ", NET, ACCEPT, 0 },
	{ "AGGREGATOR of a 2-octet peer", E2, "", GOOD2 "c00706fdf2c6336401 ", NET, ACCEPT, 0 },
	{ "AGGREGATOR of six octets from a 4-octet peer", E4, "", GOOD "c00706fdf2c6336401 ", NET,
	    DISCARD, 0 },
	{ "AGGREGATOR of eight octets from a 2-octet peer", E2, "", GOOD2
	    "c007080000fdf2c6336401 ", NET, DISCARD, 0 },
	{ "AGGREGATOR empty", E4, "", GOOD "c00700 ", NET, DISCARD, 0 },
	{ "AGGREGATOR of AS 0", E4, "", GOOD "c0070800000000c6336401 ", NET, DISCARD, 0 },
	{ "AGGREGATOR well-known", E4, "", GOOD "4007080000fdf2c6336401 ", NET, WITHDRAW, 0 },
	{ "AGGREGATOR not transitive", E4, "", GOOD "8007080000fdf2c6336401 ", NET, WITHDRAW, 0 },

	/* communities: RFC 7606 sections 7.8 and 7.14, RFC 8092 */
	{ "COMMUNITIES", E4, "", GOOD "c00808fdf20001fdf20002 ", NET, ACCEPT, 0 },
	{ "COMMUNITIES empty", E4, "", GOOD "c00800 ", NET, WITHDRAW, 0 },
	{ "COMMUNITIES of three octets", E4, "", GOOD "c00803fdf200 ", NET, WITHDRAW, 0 },
	{ "COMMUNITIES of six octets", E4, "", GOOD "c00806fdf200010000 ", NET, WITHDRAW, 0 },
	{ "COMMUNITIES well-known", E4, "", GOOD "400804fdf20001 ", NET, WITHDRAW, 0 },
	{ "COMMUNITIES not transitive", E4, "", GOOD "800804fdf20001 ", NET, WITHDRAW, 0 },
	{ "COMMUNITIES partial", E4, "", GOOD "e00804fdf20001 ", NET, ACCEPT, 0 },
	{ "COMMUNITIES twice", E4, "", GOOD "c00804fdf20001 c00804fdf20002 ", NET, DISCARD, 0 },
	{ "255 communities", E4, "", GOOD "d00803fc " COMM255, NET, ACCEPT, 0 },
	{ "256 communities, more than we accept", E4, "", GOOD "d0080400 " COMM255 COMM, NET,
	    WITHDRAW, 0 },
	{ "EXTENDED_COMMUNITIES", E4, "", GOOD "c010080002fdf200000001 ", NET, ACCEPT, 0 },
	{ "EXTENDED_COMMUNITIES empty", E4, "", GOOD "c01000 ", NET, WITHDRAW, 0 },
	{ "EXTENDED_COMMUNITIES of seven octets", E4, "", GOOD "c010070002fdf2000000 ", NET,
	    WITHDRAW, 0 },
	{ "EXTENDED_COMMUNITIES of nine octets", E4, "", GOOD "c010090002fdf20000000100 ", NET,
	    WITHDRAW, 0 },
	{ "EXTENDED_COMMUNITIES well-known", E4, "", GOOD "4010080002fdf200000001 ", NET,
	    WITHDRAW, 0 },
	{ "LARGE_COMMUNITIES", E4, "", GOOD "c0200c0000fdf20000000100000002 ", NET, ACCEPT, 0 },
	{ "LARGE_COMMUNITIES empty", E4, "", GOOD "c02000 ", NET, WITHDRAW, 0 },
	{ "LARGE_COMMUNITIES of eleven octets", E4, "", GOOD "c0200b0000fdf200000001000000 ", NET,
	    WITHDRAW, 0 },
	{ "LARGE_COMMUNITIES of thirteen octets", E4, "", GOOD
	    "c0200d0000fdf2000000010000000200 ", NET, WITHDRAW, 0 },
	{ "LARGE_COMMUNITIES not transitive", E4, "", GOOD "80200c0000fdf20000000100000002 ", NET,
	    WITHDRAW, 0 },

	/* route reflection: RFC 7606 sections 7.9 and 7.10 */
	{ "ORIGINATOR_ID from another AS", E4, "", GOOD "80090401020304 ", NET, DISCARD, 0 },
	{ "ORIGINATOR_ID from another AS, malformed", E4, "", GOOD "800903010203 ", NET, DISCARD,
	    0 },
	{ "ORIGINATOR_ID", IB, "", GOODI "80090401020304 ", NET, ACCEPT, 0 },
	{ "ORIGINATOR_ID of three octets", IB, "", GOODI "800903010203 ", NET, WITHDRAW, 0 },
	{ "ORIGINATOR_ID of ours", IB, "", GOODI "8009040a000001 ", NET, WITHDRAW, 0 },
	{ "ORIGINATOR_ID transitive", IB, "", GOODI "c0090401020304 ", NET, WITHDRAW, 0 },
	{ "CLUSTER_LIST from another AS", E4, "", GOOD "800a0401020304 ", NET, DISCARD, 0 },
	{ "CLUSTER_LIST", IB, "", GOODI "800a0401020304 ", NET, ACCEPT, 0 },
	{ "CLUSTER_LIST empty", IB, "", GOODI "800a00 ", NET, WITHDRAW, 0 },
	{ "CLUSTER_LIST of five octets", IB, "", GOODI "800a050102030400 ", NET, WITHDRAW, 0 },

	/* AS4_PATH and AS4_AGGREGATOR: RFC 6793 section 6 */
	{ "AS4_PATH from a 2-octet peer", E2, "", GOOD2 "c0110602010000fdf2 ", NET, ACCEPT, 0 },
	{ "AS4_PATH from a 4-octet peer", E4, "", GOOD "c0110602010000fdf2 ", NET, DISCARD, 0 },
	{ "AS4_PATH that promises too much", E2, "", GOOD2 "c0110602020000fdf2 ", NET, DISCARD, 0 },
	{ "AS4_PATH with AS 0", E2, "", GOOD2 "c01106020100000000 ", NET, DISCARD, 0 },
	{ "AS4_PATH with a segment of type 9", E2, "", GOOD2 "c0110609010000fdf2 ", NET, DISCARD,
	    0 },
	{ "AS4_PATH well-known", E2, "", GOOD2 "40110602010000fdf2 ", NET, WITHDRAW, 0 },
	{ "AS4_AGGREGATOR of seven octets", E2, "", GOOD2 "c01207fa56ea00c63364 ", NET, DISCARD, 0
	    },
	{ "AS4_AGGREGATOR of AS 0", E2, "", GOOD2 "c0120800000000c6336401 ", NET, DISCARD, 0 },
	{ "AS4_AGGREGATOR from a 4-octet peer", E4, "", GOOD "c012080000fdf2c6336401 ", NET,
	    DISCARD, 0 },

	/* attributes that we do not know: RFC 4271 section 6.3 */
	{ "an unknown well-known one", E4, "", GOOD "40630101 ", NET, RESET, 2 },
	{ "an unknown optional transitive one", E4, "", GOOD "c0630101 ", NET, ACCEPT, 0 },
	{ "an unknown optional one", E4, "", GOOD "80630101 ", NET, ACCEPT, 0 },
	{ "an unknown one, empty", E4, "", GOOD "c06300 ", NET, ACCEPT, 0 },
	{ "an unknown one twice", E4, "", GOOD "c0630101 c0630102 ", NET, DISCARD, 0 },
	{ "more unknown ones than we accept", E4, "", GOOD
	    "c0630101 c0640101 c0650101 c0660101 c0670101 c0680101 c0690101 c06a0101 c06b0101 c06c0101 c06d0101 c06e0101 c06f0101 c0700101 c0710101 c0720101 c0730101 ",
	    NET, WITHDRAW, 0 },
	{ "an attribute of type 0", E4, "", GOOD "c0000101 ", NET, ACCEPT, 0 },

	/* attributes that run out: RFC 7606 section 4 */
	{ "one octet left over", E4, "", GOOD "80 ", NET, WITHDRAW, 0 },
	{ "two octets left over", E4, "", GOOD "8004 ", NET, WITHDRAW, 0 },
	{ "a last attribute that is cut", E4, "", GOOD "800404000000 ", NET, WITHDRAW, 0 },
	{ "a long length that is cut", E4, "", GOOD "900400 ", NET, WITHDRAW, 0 },
	{ "a first attribute that swallows the rest", E4, "", "4001ff00 " PATH HOP, NET, WITHDRAW,
	    0 },
	{ "a cut attribute and no prefix: RFC 7606 section 5.2", E4, "", GOOD "800404000000 ", "",
	    RESET, 5 },
	{ "a bad attribute and no prefix", E4, "", "40010103 " PATH HOP, "", RESET, 6 },

	/* the worst of several findings holds */
	{ "discard, then withdraw", E4, "", GOOD "40060101 c00803fdf200 ", NET, WITHDRAW, 0 },
	{ "withdraw, then discard", E4, "", GOOD "c00803fdf200 40060101 ", NET, WITHDRAW, 0 },
	{ "withdraw, then reset", E4, "", GOOD "c00803fdf200 40630101 ", NET, RESET, 2 },

	/* multiprotocol: RFC 4760, RFC 2545, RFC 7606 sections 5.1, 5.3 and 7.11; IPv4 beside it */
	{ "IPv6 with a global next hop", E4, "", GOOD6 HOP, NET, ACCEPT, 0 },
	{ "IPv6 with a link-local next hop as well", E4, "",
	    "800e2e00020120fd000000000000000000000000000002fe8000000000000000000000000000020040fd00000000000003 "
	    GOOD, NET, ACCEPT, 0 },
	{ "an IPv6 next hop empty", E4, "", "800e0e000201000040fd00000000000003 " GOOD, NET,
	    RESET, 9 },
	{ "an IPv6 next hop of 4 octets", E4, "", "800e1200020104a9fe00020040fd00000000000003 "
	    GOOD, NET, RESET, 9 },
	{ "an IPv6 next hop of 15 octets", E4, "",
	    "800e1d0002010ffd00000000000000000000000000000040fd00000000000003 " GOOD, NET, RESET,
	    9 },
	{ "an IPv6 next hop of 17 octets", E4, "",
	    "800e1f00020111fd000000000000000000000000000000000040fd00000000000003 " GOOD, NET,
	    RESET, 9 },
	{ "an IPv6 next hop of 24 octets", E4, "",
	    "800e26000201180000000000000000000000000000000000000000000000000040fd00000000000003 "
	    GOOD, NET, RESET, 9 },
	{ "an IPv6 prefix of 129 bits", E4, "",
	    "800e2700020110fd0000000000000000000000000000020081fd00000000000000000000000000000000 "
	    GOOD, NET, RESET, 10 },
	{ "an IPv6 prefix cut short", E4, "",
	    "800e1900020110fd0000000000000000000000000000020040fd0000 " GOOD, NET, RESET, 10 },
	{ "MP_REACH_NLRI with its reserved octet set", E4, "",
	    "800e1e00020110fd0000000000000000000000000000020140fd00000000000003 " GOOD, NET,
	    ACCEPT, 0 },
	{ "MP_REACH_NLRI of two octets", E4, "", "800e020002 " GOOD, NET, RESET, 9 },
	{ "MP_REACH_NLRI twice", E4, "", REACH6 GOOD6 HOP, NET, RESET, 1 },
	{ "MP_REACH_NLRI transitive: RFC 7606 section 3 c", E4, "",
	    "c00e1e00020110fd0000000000000000000000000000020040fd00000000000003 " GOOD, NET,
	    WITHDRAW, 0 },
	{ "MP_REACH_NLRI well-known", E4, "",
	    "400e1e00020110fd0000000000000000000000000000020040fd00000000000003 " GOOD, NET,
	    WITHDRAW, 0 },
	{ "MP_REACH_NLRI of an unknown family", E4, "", "800e0d000301040a0000010008080808 " GOOD,
	    NET, ACCEPT, 0 },
	{ "MP_REACH_NLRI of an unknown SAFI", E4, "", "800e0c000180040a00000100080808 " GOOD, NET,
	    ACCEPT, 0 },
	{ "MP_REACH_NLRI for IPv4 with a next hop of 16 octets", E4, "",
	    "800e1500010110fd00000000000000000000000000000200 " GOOD, NET, RESET, 9 },
	{ "MP_UNREACH_NLRI", E4, "", "800f0c00020140fd00000000000003 " GOOD, NET, ACCEPT, 0 },
	{ "MP_UNREACH_NLRI of two octets", E4, "", "800f020002 " GOOD, NET, RESET, 9 },
	{ "MP_UNREACH_NLRI with a prefix of 129 bits", E4, "", "800f0600020181fd00 " GOOD, NET,
	    RESET, 10 },
	{ "MP_UNREACH_NLRI well-known, beside a route", E4, "", "400f0c00020140fd00000000000003 "
	    GOOD, NET, WITHDRAW, 0 },
	{ "MP_UNREACH_NLRI well-known and alone", E4, "", "400f0c00020140fd00000000000003 ", "",
	    REPORT, 0 },
	{ "MP_UNREACH_NLRI twice", E4, "", "800f03000201 800f03000201 " GOOD, NET, RESET, 1 },
	{ "MP_UNREACH_NLRI of an unknown family", E4, "", "800f050009010801 " GOOD, NET, ACCEPT, 0
	    },
};

/* Octets as they come, in a state of the session. */
static const struct raw_row {
	const char	*what;
	enum kind	kind;
	enum bgp_state	state;
	const char	*octets;
	enum verdict	verdict;
	uint8_t		code, subcode;
} raws[] = {
	/* the header: RFC 4271 section 6.1 */
	{ "a marker whose first octet is 0", E4, BGP_ESTABLISHED,
	    "00ffffffffffffffffffffffffffffff 001304", RESET, 1, 1 },
	{ "a marker whose last octet is 0xfe", E4, BGP_ESTABLISHED,
	    "fffffffffffffffffffffffffffffffe 001304", RESET, 1, 1 },
	{ "a marker of zeros", E4, BGP_ESTABLISHED, "00000000000000000000000000000000 001304",
	    RESET, 1, 1 },
	{ "a length of 0", E4, BGP_ESTABLISHED, MARK "000004", RESET, 1, 2 },
	{ "a length of 18", E4, BGP_ESTABLISHED, MARK "001204", RESET, 1, 2 },
	{ "a length of 4097, which needs RFC 8654", E4, BGP_ESTABLISHED, MARK "100104", RESET, 1,
	    2 },
	{ "a length of 65535", E4, BGP_ESTABLISHED, MARK "ffff04", RESET, 1, 2 },
	{ "a KEEPALIVE of 20 octets", E4, BGP_ESTABLISHED, MARK "00140400", RESET, 1, 2 },
	{ "an UPDATE of 22 octets", E4, BGP_ESTABLISHED, MARK "001602000000", RESET, 1, 2 },
	{ "a NOTIFICATION of 20 octets", E4, BGP_ESTABLISHED, MARK "00140306", RESET, 1, 2 },
	{ "an OPEN of 28 octets", E4, BGP_ESTABLISHED, MARK "001c0104fdf2001e0a000002", RESET, 1,
	    2 },
	{ "a ROUTE-REFRESH of 22 octets", E4, BGP_ESTABLISHED, MARK "001605000100", RESET, 1, 2 },
	{ "a ROUTE-REFRESH of 24 octets", E4, BGP_ESTABLISHED, MARK "0018050001000100", RESET, 1,
	    2 },
	{ "a message of type 0", E4, BGP_ESTABLISHED, MARK "001300", RESET, 1, 3 },
	{ "a message of type 6", E4, BGP_ESTABLISHED, MARK "001306", RESET, 1, 3 },
	{ "a message of type 255", E4, BGP_ESTABLISHED, MARK "0013ff", RESET, 1, 3 },
	{ "a KEEPALIVE", E4, BGP_ESTABLISHED, MARK "001304", IGNORE, 0, 0 },
	{ "three KEEPALIVEs at once", E4, BGP_ESTABLISHED, MARK "001304" MARK "001304" MARK
	    "001304", IGNORE, 0, 0 },

	/* UPDATEs whose lengths do not fit: RFC 7606 section 3 b */
	{ "withdrawn routes longer than the message", E4, BGP_ESTABLISHED, MARK "00170200050000",
	    RESET, 3, 1 },
	{ "attributes longer than the message", E4, BGP_ESTABLISHED, MARK "00170200000005", RESET,
	    3, 1 },
	{ "no room for the length of the attributes", E4, BGP_ESTABLISHED, MARK "00170200010000",
	    RESET, 3, 1 },
	{ "attributes of 65535 octets", E4, BGP_ESTABLISHED, MARK "001b020000ffff40010100", RESET,
	    3, 1 },

	/* OPEN: RFC 4271 section 6.2, RFC 5492, RFC 6793, RFC 6286, RFC 9072 */
	{ "version 3", E4, BGP_OPEN_SENT, MARK "00250103fdf2001e0a000002080206010400010001",
	    RESET, 2, 1 },
	{ "version 5", E4, BGP_OPEN_SENT, MARK "00250105fdf2001e0a000002080206010400010001",
	    RESET, 2, 1 },
	{ "AS 0", E4, BGP_OPEN_SENT, MARK "002501040000001e0a000002080206010400010001", RESET, 2,
	    2 },
	{ "another AS", E4, BGP_OPEN_SENT, MARK "00250104fde9001e0a000002080206010400010001",
	    RESET, 2, 2 },
	{ "another AS in the 4-octet capability", E4, BGP_OPEN_SENT, MARK
	    "002b0104fdf2001e0a0000020e020c01040001000141040000fde9", RESET, 2, 2 },
	{ "AS 0 in the 4-octet capability", E4, BGP_OPEN_SENT, MARK
	    "002b0104fdf2001e0a0000020e020c010400010001410400000000", RESET, 2, 2 },
	{ "BGP identifier 0", E4, BGP_OPEN_SENT, MARK
	    "00250104fdf2001e00000000080206010400010001", RESET, 2, 3 },
	{ "our BGP identifier within our AS", IB, BGP_OPEN_SENT, MARK
	    "002b01045ba0001e0a0000010e020c0104000100014104fa56ea00", RESET, 2, 3 },
	{ "our BGP identifier from another AS, which is fine", E4, BGP_OPEN_SENT, MARK
	    "002b0104fdf2001e0a0000010e020c01040001000141040000fdf2", ACCEPT, 0, 0 },
	{ "hold time 1", E4, BGP_OPEN_SENT, MARK "00250104fdf200010a000002080206010400010001",
	    RESET, 2, 6 },
	{ "hold time 2", E4, BGP_OPEN_SENT, MARK "00250104fdf200020a000002080206010400010001",
	    RESET, 2, 6 },
	{ "hold time 0", E4, BGP_OPEN_SENT, MARK
	    "002b0104fdf200000a0000020e020c01040001000141040000fdf2", ACCEPT, 0, 0 },
	{ "hold time 3", E4, BGP_OPEN_SENT, MARK
	    "002b0104fdf200030a0000020e020c01040001000141040000fdf2", ACCEPT, 0, 0 },
	{ "no capability at all", E4, BGP_OPEN_SENT, MARK "001d0104fdf2001e0a00000200", ACCEPT, 0,
	    0 },
	{ "a capability that we do not know", E4, BGP_OPEN_SENT, MARK
	    "002e0104fdf2001e0a00000211020f01040001000141040000fdf2fa0101", ACCEPT, 0, 0 },
	{ "a capability twice", E4, BGP_OPEN_SENT, MARK
	    "00370104fdf2001e0a0000021a021801040001000101040001000141040000fdf241040000fdf2",
	    ACCEPT, 0, 0 },
	{ "one parameter for each capability", E4, BGP_OPEN_SENT, MARK
	    "002d0104fdf2001e0a000002100206010400010001020641040000fdf2", ACCEPT, 0, 0 },
	{ "parameters longer than the message", E4, BGP_OPEN_SENT, MARK
	    "00250104fdf2001e0a000002630206010400010001", RESET, 2, 0 },
	{ "parameters shorter than the message", E4, BGP_OPEN_SENT, MARK
	    "00250104fdf2001e0a000002020206010400010001", RESET, 2, 0 },
	{ "the deprecated authentication parameter", E4, BGP_OPEN_SENT, MARK
	    "00200104fdf2001e0a00000203010100", RESET, 2, 4 },
	{ "a parameter of type 99", E4, BGP_OPEN_SENT, MARK "00200104fdf2001e0a00000203630100",
	    RESET, 2, 4 },
	{ "a parameter that runs past the message", E4, BGP_OPEN_SENT, MARK
	    "00250104fdf2001e0a000002080209010400010001", RESET, 2, 0 },
	{ "a capability that runs past its parameter", E4, BGP_OPEN_SENT, MARK
	    "00220104fdf2001e0a000002050203010400", RESET, 2, 0 },
	{ "a multiprotocol capability of three octets", E4, BGP_OPEN_SENT, MARK
	    "00240104fdf2001e0a0000020702050103000100", RESET, 2, 0 },
	{ "a multiprotocol capability of five octets", E4, BGP_OPEN_SENT, MARK
	    "00260104fdf2001e0a00000209020701050001000100", RESET, 2, 0 },
	{ "a 4-octet AS capability of two octets", E4, BGP_OPEN_SENT, MARK
	    "00290104fdf2001e0a0000020c020a0104000100014102fdf2", RESET, 2, 0 },
	{ "a route refresh capability of one octet", E4, BGP_OPEN_SENT, MARK
	    "00280104fdf2001e0a0000020b0209010400010001020100", RESET, 2, 0 },
	{ "no family in common", E4, BGP_OPEN_SENT, MARK
	    "00250104fdf2001e0a000002080206010400190041", RESET, 2, 7 },
	{ "extended parameters", E4, BGP_OPEN_SENT, MARK
	    "002f0104fdf2001e0a000002ffff000f02000c01040001000141040000fdf2", ACCEPT, 0, 0 },
	{ "extended parameters that run past the message", E4, BGP_OPEN_SENT, MARK
	    "002f0104fdf2001e0a000002ffff00ff02000c01040001000141040000fdf2", RESET, 2, 0 },

	/* messages that the state does not expect: RFC 6608 */
	{ "a KEEPALIVE instead of an OPEN", E4, BGP_OPEN_SENT, MARK "001304", RESET, 5, 1 },
	{ "an UPDATE instead of an OPEN", E4, BGP_OPEN_SENT, MARK "00170200000000", RESET, 5, 1 },
	{ "a ROUTE-REFRESH instead of an OPEN", E4, BGP_OPEN_SENT, MARK "00170500010001", RESET,
	    5, 1 },
	{ "an UPDATE instead of a KEEPALIVE", E4, BGP_OPEN_CONFIRM, MARK "00170200000000", RESET,
	    5, 2 },
	{ "a second OPEN instead of a KEEPALIVE", E4, BGP_OPEN_CONFIRM, MARK
	    "002b0104fdf2001e0a0000020e020c01040001000141040000fdf2", RESET, 5, 2 },
	{ "a ROUTE-REFRESH instead of a KEEPALIVE", E4, BGP_OPEN_CONFIRM, MARK "00170500010001",
	    RESET, 5, 2 },
	{ "an OPEN when all is up", E4, BGP_ESTABLISHED, MARK
	    "002b0104fdf2001e0a0000020e020c01040001000141040000fdf2", RESET, 5, 3 },

	/* NOTIFICATION: RFC 4271 section 6.4, RFC 4486, RFC 9003 */
	{ "NOTIFICATION of Cease", E4, BGP_ESTABLISHED, MARK "0015030602", CLOSED, 0, 0 },
	{ "NOTIFICATION of a code that we do not know", E4, BGP_ESTABLISHED, MARK "0015036301",
	    CLOSED, 0, 0 },
	{ "NOTIFICATION of code 0", E4, BGP_ESTABLISHED, MARK "0015030000", CLOSED, 0, 0 },
	{ "NOTIFICATION of Cease with a text", E4, BGP_ESTABLISHED, MARK "001b0306020568656c6c6f",
	    CLOSED, 0, 0 },
	{ "NOTIFICATION of Cease with a text that is cut", E4, BGP_ESTABLISHED, MARK
	    "0019030602ff616161", CLOSED, 0, 0 },
	{ "NOTIFICATION of Cease with a text that is not UTF-8", E4, BGP_ESTABLISHED, MARK
	    "001903060203fffefd", CLOSED, 0, 0 },
	{ "NOTIFICATION of Cease with an empty text", E4, BGP_ESTABLISHED, MARK "001603060200",
	    CLOSED, 0, 0 },
	{ "NOTIFICATION of OPEN error with data", E4, BGP_ESTABLISHED, MARK "00170302010004",
	    CLOSED, 0, 0 },
	{ "NOTIFICATION with 4000 octets of data", E4, BGP_ESTABLISHED, MARK "0fb5030601" ZERO4000
	    "", CLOSED, 0, 0 },
	{ "NOTIFICATION instead of an OPEN", E4, BGP_OPEN_SENT, MARK "0015030602", CLOSED, 0, 0 },
	{ "NOTIFICATION instead of a KEEPALIVE", E4, BGP_OPEN_CONFIRM, MARK "0015030602", CLOSED,
	    0, 0 },

	/* ROUTE-REFRESH: RFC 2918, RFC 7313 */
	{ "a refresh", E4, BGP_ESTABLISHED, MARK "00170500010001", IGNORE, 0, 0 },
	{ "a refresh of an unknown family", E4, BGP_ESTABLISHED, MARK "00170500090001", IGNORE, 0,
	    0 },
	{ "a refresh of an unknown SAFI", E4, BGP_ESTABLISHED, MARK "00170500010080", IGNORE, 0, 0
	    },
	{ "a refresh of subtype 1 that was not negotiated", E4, BGP_ESTABLISHED, MARK
	    "00170500010101", IGNORE, 0, 0 },
	{ "a refresh of subtype 255", E4, BGP_ESTABLISHED, MARK "0017050001ff01", IGNORE, 0, 0 },
};

/* --- how they are heard --- */

static const struct {
	uint32_t	asn;
	bool		as4;
} kinds[] = {
	[E4] = { 65010, true }, [E2] = { 65010, false },
	[IB] = { LOCAL_ASN, true },
};

struct heard {
	struct bgp	*bgp;
	struct instant	now;
	uint32_t	conn;
	bool		closed, told;	/* told: an UPDATE error was reported */
	uint8_t		code, subcode;	/* of our NOTIFICATION; 0: none */
};

static void
read_sent(struct heard *h, struct bytes sent)
{
	struct rd r = rd_of(sent);
	struct notification n;
	struct fault f;
	struct msg m;

	while (msg_next(&r, &m, &f) == MSG_WHOLE) {
		if (m.type != MSG_NOTIFICATION)
			continue;
		n = msg_notification(m.body);
		h->code = n.code;
		h->subcode = n.subcode;
	}
}

static void
drain(struct heard *h)
{
	struct bgp_out out;
	struct bytes b;

	while (bgp_next(h->bgp, &out)) {
		if (out.kind == BGP_OUT_EVENT &&
		    out.event == BGP_EVENT_UPDATE_ERROR)
			h->told = true;
		if (out.kind != BGP_OUT_SEND && out.kind != BGP_OUT_CLOSE)
			continue;
		while ((b = bgp_pull(h->bgp, out.conn)).n > 0) {
			read_sent(h, b);
			bgp_sent(h->bgp, h->now, out.conn, b.n);
		}
		h->closed |= out.kind == BGP_OUT_CLOSE &&
		    out.conn == h->conn;
	}
}

static void
say(struct heard *h, struct bytes b)
{
	if (h->closed)
		return;
	bgp_stream(h->bgp, h->now, h->conn, b);
	drain(h);
}

static struct bytes
framed(struct wr *w, const struct update_row *u)
{
	size_t at = msg_begin(w, MSG_UPDATE);
	struct bytes gone = octets(u->withdrawn), attrs = octets(u->attrs);

	wr_u16(w, (uint16_t)gone.n);
	wr_bytes(w, gone);
	wr_u16(w, (uint16_t)attrs.n);
	wr_bytes(w, attrs);
	wr_bytes(w, octets(u->nlri));
	msg_end(w, at);
	assert_false(w->bad);
	return wr_done(w);
}

/* The route that a row may change. */
static void
learn(struct heard *h, enum kind kind)
{
	static const char *const attrs[] = {
		[E4] = GOOD, [E2] = GOOD2, [IB] = GOODI,
	};
	const struct update_row u = { "", kind, "", attrs[kind], NET, 0, 0 };
	uint8_t room[LIMIT_MESSAGE];
	struct wr w = wr_of(room, sizeof(room));

	say(h, framed(&w, &u));
}

static void
meet(struct heard *h, struct drbg *drbg, enum kind kind, enum bgp_state state)
{
	const struct bgp_peer_conf c = {
		.id = 1, .local = { ADDR_IPV4, { 169, 254, 0, 1 } },
		.remote = { ADDR_IPV4, { 169, 254, 0, 2 } },
		.next_hop4 = { ADDR_IPV4, { 169, 254, 0, 1 } },
		.next_hop6 = { ADDR_IPV6, { 0xfd, [15] = 1 } },
		.local_asn = LOCAL_ASN, .remote_asn = kinds[kind].asn,
		.hold_time = 30, .passive = true,
	};
	const struct open o = {
		.asn = kinds[kind].asn, .router_id = 0x0a000002,
		.hold_time = 30, .families = OPEN_IPV4 | OPEN_IPV6,
		.as4 = kinds[kind].as4,
	};
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));

	*h = (struct heard){ .now = { 1 }, .bgp = bgp_new(LOCAL_ID, drbg) };
	assert_non_null(h->bgp);
	assert_true(bgp_peer_add(h->bgp, h->now, &c));
	bgp_peer_start(h->bgp, h->now, 1);
	h->conn = bgp_accepted(h->bgp, h->now, 1);
	assert_int_not_equal(h->conn, 0);
	if (state > BGP_OPEN_SENT)
		open_put(&w, &o);
	if (state > BGP_OPEN_CONFIRM)
		msg_put_keepalive(&w);
	say(h, wr_done(&w));
	if (state == BGP_ESTABLISHED)
		learn(h, kind);
	assert_false(h->closed || h->told);
}

static bool
has_route(const struct heard *h)
{
	const struct prefix p = { { ADDR_IPV4, { 10, 2 } }, 16 };
	struct bgp_route r;

	return bgp_route_get(h->bgp, &p, &r) && r.n > 0;
}

struct expected {
	enum verdict	verdict;
	uint8_t		code, subcode;
	enum bgp_state	state;
};

/* What is wrong, or NULL. */
static const char *
judge(const struct heard *h, const struct expected *e)
{
	bool up = e->state == BGP_ESTABLISHED;

	if (h->closed != (e->verdict == RESET || e->verdict == CLOSED))
		return h->closed ? "the session was closed" :
		    "the session was kept";
	if (h->code != (e->verdict == RESET ? e->code : 0) ||
	    h->subcode != (e->verdict == RESET ? e->subcode : 0))
		return "another NOTIFICATION";
	if (has_route(h) != (up && (e->verdict == ACCEPT ||
	    e->verdict == DISCARD || e->verdict == IGNORE ||
	    e->verdict == REPORT)))
		return has_route(h) ? "the route is there" :
		    "the route is gone";
	if (h->told && (e->verdict == ACCEPT || e->verdict == IGNORE))
		return "an error was reported";
	return (e->verdict == DISCARD || e->verdict == REPORT) && !h->told ?
	    "no error was reported" : NULL;
}

static unsigned tries, failures;

/* Heard in parts that end at `first` and then every `step` octets. */
static void
hear(const char *what, enum kind kind, struct bytes b, size_t first,
    size_t step, const struct expected *e)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 7 };
	struct drbg drbg;
	struct rd r = rd_of(b);
	struct heard h;
	const char *wrong;

	drbg_seed(&drbg, seed);
	meet(&h, &drbg, kind, e->state);
	say(&h, rd_bytes(&r, first < b.n ? first : b.n));
	while (r.n > 0)
		say(&h, rd_bytes(&r, step < r.n ? step : r.n));
	wrong = judge(&h, e);
	if (wrong != NULL) {
		print_error("%s: %s, NOTIFICATION %u/%u (cut at %zu of %zu)\n",
		    what, wrong, h.code, h.subcode, first, b.n);
		failures++;
	}
	bgp_free(h.bgp);
	tries++;
}

static void
hear_all_ways(const char *what, enum kind kind, struct bytes b,
    const struct expected *e)
{
	uint8_t copy[LIMIT_MESSAGE + 16];
	unsigned before = failures;

	assert_true(b.n <= sizeof(copy));
	memcpy(copy, b.p, b.n);
	b = bytes_of(copy, b.n);
	hear(what, kind, b, b.n, b.n, e);
	if (failures > before)
		return;
	hear(what, kind, b, 1, 1, e);
	for (size_t cut = 1; cut < b.n; cut += 1 + b.n / 128)
		hear(what, kind, b, cut, b.n, e);
}

static void
updates_meet_the_verdict_of_the_rfcs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(updates); i++) {
		const struct update_row *u = &updates[i];
		const struct expected e = {
			u->verdict, FAULT_UPDATE, u->subcode, BGP_ESTABLISHED,
		};
		uint8_t room[LIMIT_MESSAGE];
		struct wr w = wr_of(room, sizeof(room));

		hear_all_ways(u->what, u->kind, framed(&w, u), &e);
	}
	assert_int_equal(failures, 0);
}

static void
octets_meet_the_verdict_of_the_rfcs(void **state)
{
	(void)state;
	failures = 0;
	for (size_t i = 0; i < ARRAY_SIZE(raws); i++) {
		const struct raw_row *r = &raws[i];
		const struct expected e = {
			r->verdict, r->code, r->subcode, r->state,
		};

		hear_all_ways(r->what, r->kind, octets(r->octets), &e);
	}
	assert_int_equal(failures, 0);
	print_message("    %zu messages, heard in %u ways\n",
	    ARRAY_SIZE(updates) + ARRAY_SIZE(raws), tries);
}

static int
prepare(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(updates_meet_the_verdict_of_the_rfcs),
		cmocka_unit_test(octets_meet_the_verdict_of_the_rfcs),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
