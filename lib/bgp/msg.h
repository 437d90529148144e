/* BGP messages: framing, and the small ones whole (RFC 4271 section 4). */
#ifndef BGP_MSG_H
#define BGP_MSG_H

#include "bgp/fault.h"
#include "util/addr.h"

enum msg_type {
	MSG_OPEN = 1,
	MSG_UPDATE,
	MSG_NOTIFICATION,
	MSG_KEEPALIVE,
	MSG_ROUTE_REFRESH,	/* RFC 2918 */
	MSG_TYPES
};

#define MSG_HEADER	19

struct msg {
	enum msg_type	type;
	struct bytes	body;		/* behind the header */
};

enum msg_verdict {
	MSG_PARTIAL,		/* more octets are needed */
	MSG_WHOLE,
	MSG_BAD,		/* fault says why; the stream is lost */
};

/*
 * Takes the next message off the reader, or leaves it where it is.  A header
 * is judged as soon as it is there, before the body has come.
 */
enum msg_verdict	msg_next(struct rd *, struct msg *, struct fault *);
const char		*msg_name(enum msg_type);
/* Octets that the message at the front will have; 0: header not whole. */
size_t			msg_length(struct bytes);

/* Writes a header; msg_end() fills in the length from where it began. */
size_t	msg_begin(struct wr *, enum msg_type);
void	msg_end(struct wr *, size_t at);

void	msg_put_keepalive(struct wr *);
void	msg_put_notification(struct wr *, const struct fault *);

struct notification {
	uint8_t		code, subcode;
	struct bytes	data;
};

struct notification	msg_notification(struct bytes body);

/* Address families as the wire has them (RFC 4760). */
enum {
	AFI_IPV4 = 1,
	AFI_IPV6 = 2,
	SAFI_UNICAST = 1,
};

enum refresh_subtype {		/* RFC 7313 section 3.2 */
	REFRESH_REQUEST,
	REFRESH_BEGIN,		/* BoRR: of all routes that follow */
	REFRESH_END,		/* EoRR */
};

struct refresh {
	uint16_t	afi;
	uint8_t		subtype;
	uint8_t		safi;
};

struct refresh	msg_refresh(struct bytes body);
void	msg_put_refresh(struct wr *, enum refresh_subtype, enum addr_family);
/* How many whole messages of a type stand in octets that we wrote. */
unsigned	msg_count(struct bytes, enum msg_type);
uint16_t	msg_afi(enum addr_family);
/* ADDR_NONE for anything but IPv4 and IPv6 unicast. */
enum addr_family msg_family(uint16_t afi, uint8_t safi);

#endif
