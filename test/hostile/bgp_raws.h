/* Octets of a session in each of its states, with the verdict of the RFCs. */
#ifndef TEST_HOSTILE_BGP_RAWS_H
#define TEST_HOSTILE_BGP_RAWS_H

#include "hostile/bgp_rows.h"

#define MARK	"ffffffffffffffffffffffffffffffff "
#define X5(s)	s s s s s
#define ZERO10	"00000000000000000000"
#define ZERO1000 X5(X5(ZERO10 ZERO10 ZERO10 ZERO10))
#define ZERO4000 ZERO1000 ZERO1000 ZERO1000 ZERO1000

static const struct raw_row raws[] = {
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

#endif
