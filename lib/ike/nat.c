/*
 * NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP (RFC 7296 section
 * 2.23): each side sends hashes of the addresses as it sees them, the other
 * compares with what arrived.  A peer with several addresses sends several
 * source hashes; one match is enough.
 */
#include "ike/nat.h"

#include <string.h>

#include "crypto/prf.h"

bool
nat_hash(uint64_t spi_i, uint64_t spi_r, const struct endpoint *e,
    uint8_t out[static 20])
{
	uint8_t buf[16 + 16 + 2];
	struct wr w = wr_of(buf, sizeof(buf));
	struct bytes all;

	wr_u64(&w, spi_i);
	wr_u64(&w, spi_r);
	wr_bytes(&w, addr_bytes(&e->addr));
	wr_u16(&w, e->port);
	all = wr_done(&w);
	return sha1(&all, 1, out);
}

void
nat_build(struct build *b, uint64_t spi_i, uint64_t spi_r,
    const struct path *path, bool hide)
{
	uint8_t src[20], dst[20];

	if (!nat_hash(spi_i, spi_r, &path->local, src) ||
	    !nat_hash(spi_i, spi_r, &path->remote, dst))
		return;
	if (hide)
		src[0] ^= 0xff;
	build_notify(b, N_NAT_DETECTION_SOURCE_IP, bytes_of(src, 20));
	build_notify(b, N_NAT_DETECTION_DESTINATION_IP, bytes_of(dst, 20));
}

/* Any notify of this type that carries the hash? */
static bool
says(const struct msg *m, uint16_t type, const uint8_t hash[static 20])
{
	for (size_t i = 0; i < m->notifies_n; i++) {
		if (m->notifies[i].type == type &&
		    bytes_eq(m->notifies[i].data, bytes_of(hash, 20)))
			return true;
	}
	return false;
}

struct nat_view
nat_detect(const struct msg *m, uint64_t spi_i, uint64_t spi_r,
    const struct path *path)
{
	struct nat_view v = { 0 };
	uint8_t remote[20], local[20];

	if (msg_notify(m, N_NAT_DETECTION_SOURCE_IP) == NULL ||
	    msg_notify(m, N_NAT_DETECTION_DESTINATION_IP) == NULL ||
	    !nat_hash(spi_i, spi_r, &path->remote, remote) ||
	    !nat_hash(spi_i, spi_r, &path->local, local))
		return v;
	v.spoken = true;
	v.remote = !says(m, N_NAT_DETECTION_SOURCE_IP, remote);
	v.local = !says(m, N_NAT_DETECTION_DESTINATION_IP, local);
	return v;
}
