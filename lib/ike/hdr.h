/*
 * The IKE header, RFC 7296 section 3.1.
 *
 *                      1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                       IKE SA Initiator's SPI (8)              |
 * +---------------------------------------------------------------+
 * |                       IKE SA Responder's SPI (8)              |
 * +---------------+-------+-------+---------------+---------------+
 * |  Next Payload | MjVer | MnVer | Exchange Type |     Flags     |
 * +---------------+-------+-------+---------------+---------------+
 * |                          Message ID                           |
 * +---------------------------------------------------------------+
 * |                            Length                             |
 * +---------------------------------------------------------------+
 */
#ifndef IKE_HDR_H
#define IKE_HDR_H

#include "util/bytes.h"

#define IKE_PORT	500
#define IKE_PORT_NATT	4500
#define HDR_LEN		28
#define HDR_NEXT_AT	16	/* offset of Next Payload */
#define HDR_EXCHANGE_AT	18	/* offset of Exchange Type */
#define HDR_LENGTH_AT	24	/* offset of Length */
#define HDR_VERSION	0x20
#define IKE_MSG_MAX	65503	/* in UDP over IPv4, with the marker */

enum {				/* exchange types */
	IKE_SA_INIT = 34,
	IKE_AUTH = 35,
	CREATE_CHILD_SA = 36,
	INFORMATIONAL = 37,
	IKE_SESSION_RESUME = 38,	/* RFC 5723 */
	IKE_INTERMEDIATE = 43,	/* RFC 9242 */
	IKE_FOLLOWUP_KE = 44,	/* RFC 9370 */
};

enum {				/* flags */
	HDR_INITIATOR = 0x08,	/* sent by the SA's original initiator */
	HDR_HIGHER_VERSION = 0x10,
	HDR_RESPONSE = 0x20,
};

struct hdr {
	uint64_t	spi_i, spi_r;
	uint8_t		next;
	uint8_t		version;
	uint8_t		exchange;
	uint8_t		flags;
	uint32_t	mid;
	uint32_t	length;
};

/* False: too short, or Length is not the datagram's. */
bool		hdr_decode(struct bytes, struct hdr *);
void		hdr_encode(struct wr *, const struct hdr *);
const char	*hdr_exchange_str(uint8_t exchange);
/* One that opens an IKE SA, in clear: IKE_SA_INIT or IKE_SESSION_RESUME. */
bool		hdr_is_first(uint8_t exchange);

#endif
