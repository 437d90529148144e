/*
 * The parsers of BGP messages, one input to each: framing (RFC 4271 section
 * 4.1), OPEN with its capabilities, UPDATE as every kind of peer could have
 * sent it, and what an UPDATE becomes on its way into the RIB.  What the
 * speaker does with messages is in bgp_session.c.
 */
#include <stdint.h>
#include <stdlib.h>

#include "bgp/attr.h"
#include "bgp/msg.h"
#include "bgp/open.h"
#include "bgp/update.h"
#include "crypto/prf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct attr_mode modes[] = {
	{ .as4 = true, .remote_asn = 65010 },
	{ .as4 = false, .remote_asn = 65010 },
	{ .as4 = true, .ibgp = true },
	{ .as4 = true, .remote_asn = 65010,
	    .path_ids = OPEN_IPV4 | OPEN_IPV6 },
};

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* Every message lies within the input; what is short is not whole. */
static void
frames(struct bytes in)
{
	struct rd r = rd_of(in);
	struct fault f;
	struct msg m;
	size_t left;

	while (left = r.n, msg_next(&r, &m, &f) == MSG_WHOLE)
		check(m.body.n + r.n <= left);
}

static void
opening(struct bytes in)
{
	struct open o = { .asn = 0 };
	struct cap_restart again;
	struct fault f;
	uint8_t room[32];
	struct wr w = wr_of(room, sizeof(room));
	struct rd r;

	if (!open_parse(&o, in, &f) || !o.restart.there)
		return;
	check((o.restart.forwards & (uint8_t)~o.restart.families) == 0);
	cap_restart_put(&w, &o.restart);
	r = rd_of(wr_done(&w));
	check(cap_restart_get(&again, &r) &&
	    again.seconds == o.restart.seconds &&
	    again.families == o.restart.families &&
	    again.forwards == o.restart.forwards &&
	    again.notify == o.restart.notify);
}

/* The small messages are read whatever their length. */
static void
small(struct bytes in)
{
	struct notification n = msg_notification(in);
	struct refresh f = msg_refresh(in);

	check(n.data.n <= in.n);
	(void)msg_family(f.afi, f.safi);
}

static void
update(struct bytes in, const struct attr_mode *mode)
{
	union attrs_buf buf;
	struct update u;
	struct fault f;

	if (update_parse(&u, in, mode, &f) >= ATTR_WITHDRAW)
		return;
	attr_canon(&buf, &u.attrs, mode, &u.attrs.next_hop);
	attr_add_otc(&buf, 65010);
	check(role_otc(&buf.attrs, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	if (!crypto_init())
		return 0;
	frames(in);
	opening(in);
	small(in);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		update(in, &modes[i]);
	return 0;
}
