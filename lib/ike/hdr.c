/* The IKE header to and from a struct, RFC 7296 section 3.1. */
#include "ike/hdr.h"

bool
hdr_decode(struct bytes msg, struct hdr *out)
{
	struct rd r = rd_of(msg);
	struct hdr h;

	h.spi_i = rd_u64(&r);
	h.spi_r = rd_u64(&r);
	h.next = rd_u8(&r);
	h.version = rd_u8(&r);
	h.exchange = rd_u8(&r);
	h.flags = rd_u8(&r);
	h.mid = rd_u32(&r);
	h.length = rd_u32(&r);
	if (r.bad || h.length != msg.n)
		return false;
	*out = h;
	return true;
}

void
hdr_encode(struct wr *w, const struct hdr *h)
{
	wr_u64(w, h->spi_i);
	wr_u64(w, h->spi_r);
	wr_u8(w, h->next);
	wr_u8(w, h->version);
	wr_u8(w, h->exchange);
	wr_u8(w, h->flags);
	wr_u32(w, h->mid);
	wr_u32(w, h->length);
}

const char *
hdr_exchange_str(uint8_t exchange)
{
	switch (exchange) {
	case IKE_SA_INIT:
		return "IKE_SA_INIT";
	case IKE_AUTH:
		return "IKE_AUTH";
	case CREATE_CHILD_SA:
		return "CREATE_CHILD_SA";
	case INFORMATIONAL:
		return "INFORMATIONAL";
	case IKE_SESSION_RESUME:
		return "IKE_SESSION_RESUME";
	case IKE_INTERMEDIATE:
		return "IKE_INTERMEDIATE";
	case IKE_FOLLOWUP_KE:
		return "IKE_FOLLOWUP_KE";
	default:
		return "unknown exchange";
	}
}

bool
hdr_is_first(uint8_t exchange)
{
	return exchange == IKE_SA_INIT || exchange == IKE_SESSION_RESUME;
}
