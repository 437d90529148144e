/*
 * BFD Control packets: octets to a struct and back, and the rules of RFC 5880
 * section 6.8.6 by which one is discarded before anybody asks whose it is,
 * one row each in the order of that section.  There is no authentication
 * (section 6.7): a packet with the A bit is discarded.
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
 * |                       My Discriminator                        |
 * |                      Your Discriminator                       |
 * |                    Desired Min TX Interval                    |
 * |                   Required Min RX Interval                    |
 * |                 Required Min Echo RX Interval                 |
 */
#include "bfd/control.h"

#include "util/array.h"

static bool
is_other_version(const struct control *c, size_t n)
{
	(void)n;
	return c->version != CONTROL_VERSION;
}

/* "24 if the A bit is clear, or 26 if the A bit is set" */
static bool
is_short(const struct control *c, size_t n)
{
	(void)n;
	return c->length < ((c->flags & CONTROL_AUTHENTIC) != 0 ?
	    CONTROL_AUTH : CONTROL_LEAST);
}

static bool
is_cut(const struct control *c, size_t n)
{
	return c->length > n;
}

static bool
has_no_multiplier(const struct control *c, size_t n)
{
	(void)n;
	return c->multiplier == 0;
}

static bool
is_multipoint(const struct control *c, size_t n)
{
	(void)n;
	return (c->flags & CONTROL_MULTIPOINT) != 0;
}

static bool
is_nobodys(const struct control *c, size_t n)
{
	(void)n;
	return c->my_discr == 0;
}

/* Who does not know us cannot be further than Down. */
static bool
is_for_nobody(const struct control *c, size_t n)
{
	(void)n;
	return c->your_discr == 0 && c->state != BFD_DOWN &&
	    c->state != BFD_ADMIN_DOWN;
}

static bool
is_authenticated(const struct control *c, size_t n)
{
	(void)n;
	return (c->flags & CONTROL_AUTHENTIC) != 0;
}

static const struct {
	bool		(*discards)(const struct control *, size_t payload);
	enum bfd_verdict verdict;
} rules[] = {
	{ is_other_version, BFD_BAD_VERSION },
	{ is_short, BFD_BAD_LENGTH },
	{ is_cut, BFD_BAD_LENGTH },
	{ has_no_multiplier, BFD_BAD_MULTIPLIER },
	{ is_multipoint, BFD_BAD_MULTIPOINT },
	{ is_nobodys, BFD_BAD_DISCRIMINATOR },
	{ is_for_nobody, BFD_BAD_STATE },
	{ is_authenticated, BFD_BAD_AUTHENTICATION },
};

enum bfd_verdict
control_read(struct control *out, struct bytes b)
{
	struct rd r = rd_of(b);
	struct control c;
	uint8_t first = rd_u8(&r), second = rd_u8(&r);

	c.version = first >> 5;
	c.diag = first & 0x1f;
	c.state = (enum bfd_state)(second >> 6);
	c.flags = second & 0x3f;
	c.multiplier = rd_u8(&r);
	c.length = rd_u8(&r);
	c.my_discr = rd_u32(&r);
	c.your_discr = rd_u32(&r);
	c.desired_tx = rd_u32(&r);
	c.required_rx = rd_u32(&r);
	c.required_echo_rx = rd_u32(&r);
	if (r.bad)
		return BFD_BAD_LENGTH;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].discards(&c, b.n))
			return rules[i].verdict;
	}
	*out = c;
	return BFD_TAKEN;
}

void
control_write(const struct control *c, uint8_t octets[static BFD_OCTETS])
{
	struct wr w = wr_of(octets, BFD_OCTETS);

	wr_u8(&w, (uint8_t)(CONTROL_VERSION << 5 | (c->diag & 0x1f)));
	wr_u8(&w, (uint8_t)((unsigned)c->state << 6 | (c->flags & 0x3f)));
	wr_u8(&w, c->multiplier);
	wr_u8(&w, BFD_OCTETS);
	wr_u32(&w, c->my_discr);
	wr_u32(&w, c->your_discr);
	wr_u32(&w, c->desired_tx);
	wr_u32(&w, c->required_rx);
	wr_u32(&w, c->required_echo_rx);
}
