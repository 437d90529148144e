/*
 * The value of capability 64 (RFC 4724 section 3), with the N bit of RFC 8538.
 * Address families that are not ours and reserved bits are read over; of a
 * family that is listed twice the last entry counts.  Without a family it says
 * that the speaker helps others, but keeps nothing itself.
 *
 *	|R|N| 0 0 |  restart time (12)  |  { AFI (16) | SAFI (8) | F ... (8) }
 */
#include "bgp/cap_restart.h"

#include "bgp/open.h"

enum {
	FLAG_RESTARTED = 0x8000,
	FLAG_NOTIFY = 0x4000,
	FLAG_FORWARDS = 0x80,
};

static uint8_t
family_bit(uint16_t afi, uint8_t safi)
{
	switch (msg_family(afi, safi)) {
	case ADDR_IPV4:
		return OPEN_IPV4;
	case ADDR_IPV6:
		return OPEN_IPV6;
	case ADDR_NONE:
		break;
	}
	return 0;
}

bool
cap_restart_get(struct cap_restart *out, struct rd *r)
{
	uint16_t first = rd_u16(r);
	struct cap_restart c = {
		.there = true,
		.restarted = (first & FLAG_RESTARTED) != 0,
		.notify = (first & FLAG_NOTIFY) != 0,
		.seconds = first & CAP_RESTART_MOST,
	};

	while (!r->bad && r->n > 0) {
		uint16_t afi = rd_u16(r);
		uint8_t safi = rd_u8(r), flags = rd_u8(r);
		uint8_t bit = family_bit(afi, safi);

		c.families |= bit;
		c.forwards &= (uint8_t)~bit;
		if ((flags & FLAG_FORWARDS) != 0)
			c.forwards |= bit;
	}
	if (!rd_done(r))
		return false;
	*out = c;
	return true;
}

static void
put_family(struct wr *w, const struct cap_restart *c, uint16_t afi,
    uint8_t bit)
{
	if ((c->families & bit) == 0)
		return;
	wr_u16(w, afi);
	wr_u8(w, SAFI_UNICAST);
	wr_u8(w, (c->forwards & bit) != 0 ? FLAG_FORWARDS : 0);
}

void
cap_restart_put(struct wr *w, const struct cap_restart *c)
{
	wr_u16(w, (uint16_t)((c->restarted ? FLAG_RESTARTED : 0) |
	    (c->notify ? FLAG_NOTIFY : 0) | c->seconds));
	put_family(w, c, AFI_IPV4, OPEN_IPV4);
	put_family(w, c, AFI_IPV6, OPEN_IPV6);
}
