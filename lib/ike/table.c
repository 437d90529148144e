/* Look-up tables and the output queue of one IKE instance. */
#include "ike/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct out_node {
	struct out_node	*next;
	struct ike_out	 out;
};

uint32_t
table_token(struct ike *ike)
{
	if (++ike->next_token == 0)
		ike->next_token = 1;
	return ike->next_token;
}

struct ike_peer *
table_peer(const struct ike *ike, uint32_t id)
{
	return map_get(&ike->by_id, id);
}

uint32_t
table_child_spi(struct ike *ike)
{
	uint32_t spi;

	do
		spi = drbg_u32(ike->drbg);
	while (spi < 256 || map_get(&ike->children, spi) != NULL);
	return spi;
}

uint64_t
table_sa_spi(struct ike *ike)
{
	uint64_t spi;

	do
		spi = drbg_u64(ike->drbg);
	while (spi == 0 || map_get(&ike->sas, spi) != NULL);
	return spi;
}

unsigned
table_openings(const struct ike *ike, uint64_t endpoint)
{
	return (unsigned)(uintptr_t)map_get(&ike->openings, endpoint);
}

/* Without memory it goes uncounted, and its end finds nothing. */
void
table_opening(struct ike *ike, uint64_t endpoint)
{
	uintptr_t n = table_openings(ike, endpoint);

	ike->half_open++;
	if (endpoint != 0)
		map_put(&ike->openings, endpoint, (void *)(n + 1));
}

void
table_opening_ends(struct ike *ike, uint64_t endpoint)
{
	uintptr_t n = table_openings(ike, endpoint);

	ike->half_open--;
	if (n > 1)
		map_put(&ike->openings, endpoint, (void *)(n - 1));
	else
		map_del(&ike->openings, endpoint);
}

struct ike_out *
out_push(struct ike *ike, enum ike_out_kind kind, uint32_t peer)
{
	struct out_node *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->out.kind = kind;
	n->out.peer = peer;
	if (ike->out_tail != NULL)
		ike->out_tail->next = n;
	else
		ike->out_head = n;
	ike->out_tail = n;
	return &n->out;
}

bool
out_pop(struct ike *ike, struct ike_out *out)
{
	struct out_node *n = ike->out_head;

	if (n == NULL)
		return false;
	ike->out_head = n->next;
	if (ike->out_head == NULL)
		ike->out_tail = NULL;
	*out = n->out;
	wipe(n, sizeof(*n));
	free(n);
	return true;
}

void
out_flush(struct ike *ike)
{
	struct ike_out out;

	while (out_pop(ike, &out))
		ike_out_fini(&out);
}

void
ike_out_fini(struct ike_out *out)
{
	if (out->ppk && out->data != NULL)
		wipe(out->data, out->n);
	free(out->data);
	wipe(out, sizeof(*out));
}

void
out_datagram(struct ike *ike, uint32_t peer, const struct path *path,
    struct bytes msg)
{
	/* RFC 3948 section 2.2: four zero octets in front on port 4500. */
	size_t marker = path->local.port == IKE_PORT_NATT ? 4 : 0;
	uint8_t *data = msg.n == 0 ? NULL : malloc(marker + msg.n);
	struct ike_out *out;

	if (data == NULL)
		return;
	out = out_push(ike, IKE_OUT_DATAGRAM, peer);
	if (out == NULL) {
		free(data);
		return;
	}
	memset(data, 0, marker);
	memcpy(data + marker, msg.p, msg.n);
	out->path = *path;
	out->data = data;
	out->n = marker + msg.n;
}

void
out_event(struct ike *ike, uint32_t peer, enum ike_event event,
    const char *fmt, ...)
{
	struct ike_out *out = out_push(ike, IKE_OUT_EVENT, peer);
	va_list ap;

	if (out == NULL)
		return;
	out->event = event;
	va_start(ap, fmt);
	vsnprintf(out->why.s, sizeof(out->why.s), fmt, ap);
	va_end(ap);
}

void
out_stranger(struct ike *ike, const struct path *path, const char *fmt, ...)
{
	struct ike_out *out = out_push(ike, IKE_OUT_EVENT, 0);
	va_list ap;

	if (out == NULL)
		return;
	out->event = IKE_EV_REFUSED;
	out->path = *path;
	va_start(ap, fmt);
	vsnprintf(out->why.s, sizeof(out->why.s), fmt, ap);
	va_end(ap);
}
