/*
 * UPDATEs, right and malformed, one row each, with the verdict that the RFCs
 * ask for: the session falls, the route goes, an attribute is left out or
 * nothing happens (RFC 7606).
 */
#include "bgp_heard.h"

#define REACH6	"800e1e00020110fd0000000000000000000000000000020040fd00000000000003 "
#define GOOD6	REACH6 ORIGIN PATH

#define X5(s)	s s s s s
#define X15(s)	X5(s) X5(s) X5(s)
#define X255(s)	X15(X15(s)) X15(s) X15(s)
#define AS255	X255("0000fdf2 ")
#define COMM	"fdf20001 "
#define COMM255	X255(COMM)

static const struct update_row updates[] = {
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

	/* ONLY_TO_CUSTOMER: RFC 9234 section 5 */
	{ "ONLY_TO_CUSTOMER", E4, "", GOOD "c023040000fdf2 ", NET, ACCEPT, 0 },
	{ "ONLY_TO_CUSTOMER with the Partial bit", E4, "", GOOD "e023040000fdf2 ", NET, ACCEPT, 0 },
	{ "ONLY_TO_CUSTOMER of AS 0", E4, "", GOOD "c0230400000000 ", NET, ACCEPT, 0 },
	{ "ONLY_TO_CUSTOMER empty", E4, "", GOOD "c02300 ", NET, WITHDRAW, 0 },
	{ "ONLY_TO_CUSTOMER of three octets", E4, "", GOOD "c0230300fdf2 ", NET, WITHDRAW, 0 },
	{ "ONLY_TO_CUSTOMER of five octets", E4, "", GOOD "c023050000fdf200 ", NET, WITHDRAW, 0 },
	{ "ONLY_TO_CUSTOMER not transitive", E4, "", GOOD "8023040000fdf2 ", NET, WITHDRAW, 0 },
	{ "ONLY_TO_CUSTOMER twice", E4, "", GOOD "c023040000fdf2 c0230400000001 ", NET, DISCARD, 0 },

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
	print_message("    %zu messages, heard in %u ways\n",
	    ARRAY_SIZE(updates), tries);
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
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
