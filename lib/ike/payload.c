/*
 * Decoding of payload chains, RFC 7296 sections 3.2 to 3.14 and RFC 7383
 * section 2.5.  A pure function from bytes to views: one table row per payload
 * says how often it may come and who decodes its body.  What may come in which
 * exchange is rules.c's.  The insides of SA and TS payloads are proposal.c's
 * and ts.c's.
 *
 *                      1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+-+-------------+-------------------------------+
 * | Next Payload  |C|  RESERVED   |         Payload Length        |
 * +---------------+-+-------------+-------------------------------+
 */
#include "ike/payload.h"

#include "util/array.h"

static void
decode_sa(struct rd *r, struct msg *m)
{
	m->sa = rd_rest(r);
}

/* Section 3.4: group (2), reserved (2), data. */
static void
decode_ke(struct rd *r, struct msg *m)
{
	m->ke.group = rd_u16(r);
	rd_u16(r);
	m->ke.data = rd_rest(r);
}

/* Section 3.5: type (1), reserved (3), data. */
static void
decode_id(struct rd *r, struct pl_id *id)
{
	id->body = bytes_of(r->p, r->n);
	id->type = rd_u8(r);
	rd_bytes(r, 3);
	id->data = rd_rest(r);
}

static void
decode_idi(struct rd *r, struct msg *m)
{
	decode_id(r, &m->idi);
}

static void
decode_idr(struct rd *r, struct msg *m)
{
	decode_id(r, &m->idr);
}

/* Section 3.8: method (1), reserved (3), data. */
static void
decode_auth(struct rd *r, struct msg *m)
{
	m->auth.method = rd_u8(r);
	rd_bytes(r, 3);
	m->auth.data = rd_rest(r);
}

static void
decode_nonce(struct rd *r, struct msg *m)
{
	m->nonce = rd_rest(r);
	if (m->nonce.n < NONCE_MIN || m->nonce.n > NONCE_MAX)
		r->bad = true;
}

/* Section 3.10: protocol, SPI size, type, SPI, data. */
static void
decode_notify(struct rd *r, struct msg *m)
{
	struct pl_notify n;
	uint8_t spi_size;

	n.proto = rd_u8(r);
	spi_size = rd_u8(r);
	n.type = rd_u16(r);
	n.spi = rd_bytes(r, spi_size);
	n.data = rd_rest(r);
	/* "If the SPI field is empty, this field ... MUST be ignored" */
	if (spi_size == 0)
		n.proto = PROTO_NONE;
	m->notifies[m->notifies_n++] = n;
}

/* Section 3.11: "It MUST be zero for IKE ... or four for AH and ESP." */
static bool
spi_size_fits(uint8_t proto, uint8_t size)
{
	switch (proto) {
	case PROTO_IKE:
		return size == 0;
	case PROTO_AH:
	case PROTO_ESP:
		return size == 4;
	default:
		return true;
	}
}

/* Section 3.11: protocol, SPI size, number of SPIs, SPIs. */
static void
decode_delete(struct rd *r, struct msg *m)
{
	struct pl_delete d;

	d.proto = rd_u8(r);
	d.spi_size = rd_u8(r);
	d.n = rd_u16(r);
	d.spis = rd_bytes(r, (size_t)d.spi_size * d.n);
	if (r->n != 0 || !spi_size_fits(d.proto, d.spi_size) ||
	    m->deletes_n == DELETES_MAX) {
		r->bad = true;
		return;
	}
	if (d.spi_size == 0)
		d.n = 0;
	m->deletes[m->deletes_n++] = d;
}

static void
decode_tsi(struct rd *r, struct msg *m)
{
	m->tsi = rd_rest(r);
}

static void
decode_tsr(struct rd *r, struct msg *m)
{
	m->tsr = rd_rest(r);
}

static void
decode_sk(struct rd *r, struct msg *m)
{
	m->sk = rd_rest(r);
}

/* RFC 7383 section 2.5: fragment number (2), total fragments (2). */
static void
decode_skf(struct rd *r, struct msg *m)
{
	m->frag_number = rd_u16(r);
	m->frag_total = rd_u16(r);
	m->sk = rd_rest(r);
	if (m->frag_number == 0 || m->frag_number > m->frag_total)
		r->bad = true;
}

/* Section 3.6: encoding (1), data. */
static void
decode_cert(struct rd *r, struct msg *m)
{
	uint8_t encoding = rd_u8(r);
	struct bytes data = rd_rest(r);

	if (encoding == CERT_X509_SIGNATURE && m->certs_n <= CERT_CHAIN_MAX)
		m->certs[m->certs_n++] = data;
}

/* Section 3.7: encoding (1), for X.509 hashes of 20 octets each. */
static void
decode_certreq(struct rd *r, struct msg *m)
{
	uint8_t encoding = rd_u8(r);
	struct bytes hashes = rd_rest(r);

	if (encoding == CERT_X509_SIGNATURE && m->certreqs_n < CERTREQS_MAX)
		m->certreqs[m->certreqs_n++] = hashes;
}

/* Carried along without a look: vendor ids, configuration. */
static void
decode_skip(struct rd *r, struct msg *m)
{
	(void)m;
	rd_rest(r);
}

static const struct payload_row {
	bool		many;		/* may come more than once */
	void		(*decode)(struct rd *, struct msg *);
} rows[] = {
	[PL_SA - 33] = { false, decode_sa },
	[PL_KE - 33] = { false, decode_ke },
	[PL_IDI - 33] = { false, decode_idi },
	[PL_IDR - 33] = { false, decode_idr },
	[PL_CERT - 33] = { true, decode_cert },
	[PL_CERTREQ - 33] = { true, decode_certreq },
	[PL_AUTH - 33] = { false, decode_auth },
	[PL_NONCE - 33] = { false, decode_nonce },
	[PL_NOTIFY - 33] = { true, decode_notify },
	[PL_DELETE - 33] = { true, decode_delete },
	[PL_VENDOR - 33] = { true, decode_skip },
	[PL_TSI - 33] = { false, decode_tsi },
	[PL_TSR - 33] = { false, decode_tsr },
	[PL_SK - 33] = { false, decode_sk },
	[PL_CP - 33] = { false, decode_skip },
	[PL_EAP - 33] = { false, decode_skip },
	[PL_SKF - 33] = { false, decode_skf },
};

/* A notify has its place however many there are. */
_Static_assert(NOTIFIES_MAX >= PAYLOADS_MAX && NOTIFIES_MAX <= UINT8_MAX,
    "struct msg must hold every notify of a message");

static const struct payload_row *
row_of(uint8_t type)
{
	if (type < 33 || (size_t)(type - 33) >= ARRAY_SIZE(rows) ||
	    rows[type - 33].decode == NULL)
		return NULL;
	return &rows[type - 33];
}

/* One payload's body into m. */
static uint16_t
decode_one(uint8_t type, bool critical, struct rd *body, struct msg *m)
{
	const struct payload_row *row = row_of(type);

	if (row == NULL) {
		/* Section 2.5: what is unknown is skipped unless critical. */
		if (!critical)
			return N_NONE;
		m->critical = type;
		return N_UNSUPPORTED_CRITICAL_PAYLOAD;
	}
	if (!row->many && (m->seen & PL_BIT(type)) != 0)
		return N_INVALID_SYNTAX;
	m->seen |= PL_BIT(type);
	row->decode(body, m);
	return body->bad ? N_INVALID_SYNTAX : N_NONE;
}

uint16_t
payload_decode(uint8_t first, struct bytes chain, size_t at, struct msg *out)
{
	struct rd r = rd_of(chain);
	struct msg m = { .first = first, .chain = chain };
	uint8_t type = first, next;
	unsigned count = 0;

	for (; type != PL_NONE; type = next) {
		bool critical;
		struct rd body;
		uint16_t len, verdict;

		next = rd_u8(&r);
		critical = (rd_u8(&r) & 0x80) != 0;
		len = rd_u16(&r);
		if (r.bad || len < 4 || ++count > PAYLOADS_MAX)
			return N_INVALID_SYNTAX;
		body = rd_sub(&r, len - 4u);
		if (body.bad)
			return N_INVALID_SYNTAX;
		verdict = decode_one(type, critical, &body, &m);
		if (verdict == N_UNSUPPORTED_CRITICAL_PAYLOAD)
			out->critical = m.critical;
		if (verdict != N_NONE)
			return verdict;
		if (type == PL_SK || type == PL_SKF) {
			/* Section 3.14: the last; next names its inside. */
			m.sk_at = at + chain.n - r.n - m.sk.n;
			m.sk_next = next;
			next = PL_NONE;
		}
	}
	if (!rd_done(&r))
		return N_INVALID_SYNTAX;
	*out = m;
	return N_NONE;
}

const struct pl_notify *
msg_notify(const struct msg *m, uint16_t type)
{
	for (size_t i = 0; i < m->notifies_n; i++) {
		if (m->notifies[i].type == type)
			return &m->notifies[i];
	}
	return NULL;
}

const struct pl_notify *
msg_error(const struct msg *m)
{
	for (size_t i = 0; i < m->notifies_n; i++) {
		if (notify_is_error(m->notifies[i].type))
			return &m->notifies[i];
	}
	return NULL;
}
