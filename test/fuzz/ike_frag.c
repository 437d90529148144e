/*
 * Fragments of one message as a peer that knows the keys may send them: a
 * script of number, total, exchange and octets is gathered and laid beside a
 * model that knows nothing but RFC 7383 section 2.6.  What comes out whole is
 * split again, sealed, opened and gathered once more.
 *
 * The first two octets are the room that each fragment has when it is split.
 * Then, per fragment: number (2), total (2), exchange and Next Payload (1),
 * length (1), octets.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "ike/frag.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

/* --- the model --- */

struct model {
	bool		any;
	uint8_t		exchange, first;
	unsigned	total;
	size_t		n;
	bool		there[FRAG_TOTAL_MAX];
	struct bytes	text[FRAG_TOTAL_MAX];
};

static bool
model_add(struct model *m, const struct frag_part *p)
{
	if (p->number < 1 || p->number > p->total || p->total > FRAG_TOTAL_MAX)
		return false;
	if (m->any && (p->exchange != m->exchange || p->total < m->total ||
	    (p->total == m->total && m->there[p->number - 1])))
		return false;
	if (!m->any || p->total > m->total)
		*m = (struct model){ .any = true, .exchange = p->exchange,
		    .total = p->total };
	m->there[p->number - 1] = true;
	m->text[p->number - 1] = p->plain;
	m->n += p->plain.n;
	if (p->number == 1)
		m->first = p->first;
	return true;
}

static bool
model_whole(const struct model *m)
{
	for (unsigned i = 0; i < m->total; i++) {
		if (!m->there[i])
			return false;
	}
	return m->any;
}

static void
require_same(const struct model *m, struct bytes plain)
{
	struct rd r = rd_of(plain);

	for (unsigned i = 0; i < m->total; i++)
		require(bytes_eq(rd_bytes(&r, m->text[i].n), m->text[i]));
	require(rd_done(&r));
}

/* --- and back --- */

/* Made once: how one comes and goes is not what is tried here. */
static struct seal *
any_seal(bool gcm)
{
	static const uint8_t key[KEY_MAX] = { 1 };
	static struct seal *made[2];
	const struct suite s = {
		.encr = alg_by_conf(ALG_ENCR, gcm ? "AES256-GCM-16" :
		    "AES128"),
		.integ = gcm ? NULL : alg_by_conf(ALG_INTEG, "SHA2-256"),
	};

	if (made[gcm] == NULL)
		made[gcm] = seal_new(&s, bytes_of(key, suite_encr_len(&s)),
		    bytes_of(key, suite_integ_len(&s)));
	return made[gcm];
}

/* Opens every fragment in place and gathers them, last one first. */
static void
gather_again(struct seal *seal, uint8_t *all, size_t n, size_t room,
    uint8_t first, struct bytes plain)
{
	struct rd r = rd_of(bytes_of(all, n)), head;
	uint8_t *at[FRAG_TOTAL_MAX];
	struct frag *f = NULL;
	size_t pool = 0, count = 0;
	struct bytes again;
	uint8_t type;

	for (; r.n > 0; rd_bytes(&r, rd_u32(&head))) {
		at[count++] = all + (n - r.n);
		head = r;
		rd_bytes(&head, HDR_LENGTH_AT);
	}
	while (count > 0) {
		struct bytes one = bytes_of(at[count - 1], n);
		struct frag_part p = { .exchange = INFORMATIONAL };
		struct msg m;
		struct hdr h;

		n = (size_t)(at[count - 1] - all);
		one.n -= n;
		require(one.n <= room && hdr_decode(one, &h));
		require(h.next == PL_SKF && payload_decode(h.next, bytes_of(
		    one.p + HDR_LEN, one.n - HDR_LEN), HDR_LEN, &m) == N_NONE);
		require(m.frag_number == count);
		require(seal_open(seal, at[count - 1], m.sk_at, one.n,
		    &p.plain));
		p.first = m.sk_next;
		p.number = m.frag_number;
		p.total = m.frag_total;
		require(frag_add(&f, &p, &pool, FRAG_POOL_MAX, INSTANT_NEVER));
		count--;
	}
	require(frag_join(f, &type, &again));
	require(type == first && bytes_eq(again, plain));
	frag_drop(&f, &pool);
	require(pool == 0);
}

static void
split(size_t room, uint8_t first, struct bytes plain)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 3 };
	static const struct hdr h = { .version = HDR_VERSION };
	static uint8_t buf[IKE_MSG_MAX];
	struct seal *seal = any_seal((plain.n & 1) != 0);
	struct drbg drbg;
	struct build b;
	uint8_t *all;
	size_t n;

	require(seal != NULL);
	drbg_seed(&drbg, seed);
	build_begin(&b, buf, sizeof(buf), &h);
	build_sk(&b, seal);
	/* What is inside is any octets: the builder need not know. */
	wr_patch_u8(&b.w, b.next_at, first);
	wr_bytes(&b.w, plain);
	if (frag_end(&b, &drbg, room, &all, &n)) {
		gather_again(seal, all, n, room, first, plain);
		free(all);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct rd r = rd_of(bytes_of(data, size));
	size_t room = rd_u16(&r), pool = 0;
	struct model m = { .any = false };
	struct frag *f = NULL;
	struct bytes plain;
	uint8_t first;

	ready = ready || crypto_init();
	require(ready);
	while (r.n > 0) {
		struct frag_part p = {
			.number = rd_u16(&r), .total = rd_u16(&r),
		};
		uint8_t what = rd_u8(&r);
		bool wanted, kept;

		p.exchange = (what & 0x80) != 0 ? IKE_AUTH : INFORMATIONAL;
		p.first = what & 0x7f;
		p.plain = rd_bytes(&r, rd_u8(&r));
		if (r.bad)
			break;
		wanted = frag_wants(f, &p);
		kept = frag_add(&f, &p, &pool, FRAG_POOL_MAX, INSTANT_NEVER);
		require(wanted == kept && kept == model_add(&m, &p));
		require((f != NULL) == m.any && pool >= m.n);
		if (!model_whole(&m)) {
			require(!frag_join(f, &first, &plain));
			continue;
		}
		require(frag_join(f, &first, &plain) && first == m.first);
		require_same(&m, plain);
		if (kept)
			split(room, first, plain);
	}
	frag_drop(&f, &pool);
	require(f == NULL && pool == 0);
	return 0;
}
