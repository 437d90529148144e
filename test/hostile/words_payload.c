/*
 * Words for payloads (RFC 7296 sections 3.3 to 3.14).  Without an argument
 * each writes what is right at this point; the argument names what is wrong.
 */
#include <openssl/bn.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "hostile/speech.h"
#include "ike/id.h"

static uint64_t
number(const char *arg)
{
	return strtoull(arg, NULL, 0);
}

static bool
is(const char *arg, const char *word)
{
	return strcmp(arg, word) == 0;
}

/* --- SA --- */

static struct bytes
spi_octets(uint64_t spi, size_t n)
{
	static uint8_t octets[8];
	struct wr w = wr_of(octets, sizeof(octets));

	if (n == 4)
		wr_u32(&w, (uint32_t)spi);
	else
		wr_u64(&w, spi);
	return wr_done(&w);
}

static void
sa(struct speech *s, const char *arg)
{
	char usual[64];

	str_fmt(usual, sizeof(usual), "e20.256,p5,k%u", s->r->ke->id);
	sa_text(build_payload(&s->b, PL_SA), *arg != '\0' ? arg : usual,
	    PROTO_IKE, (struct bytes){ 0 });
}

/* For an IKE SA that replaces this one. */
static void
ike_sa(struct speech *s, const char *arg)
{
	s->replaces_ike = true;
	sa_text(build_payload(&s->b, PL_SA), *arg != '\0' ? arg :
	    "e20.256,p5,k31", PROTO_IKE, spi_octets(s->r->new_spi, 8));
}

static void
ike_spi_zero(struct speech *s, const char *arg)
{
	(void)arg;
	sa_text(build_payload(&s->b, PL_SA), "e20.256,p5,k31", PROTO_IKE,
	    spi_octets(0, 8));
}

static void
child_sa(struct speech *s, uint32_t spi, const char *arg)
{
	char usual[64] = "e20.256,n0";

	if (s->exchange != IKE_AUTH)
		str_fmt(usual, sizeof(usual), "e20.256,k%u,n0", s->r->ke->id);
	sa_text(build_payload(&s->b, PL_SA), *arg != '\0' ? arg : usual,
	    PROTO_ESP, spi_octets(spi, 4));
}

static void
esp(struct speech *s, const char *arg)
{
	/* A second child needs an SPI of its own. */
	child_sa(s, s->exchange == IKE_AUTH ? s->r->spi_in :
	    s->r->spi_in + 1 + s->h.mid, arg);
}

static void
esp_spi(struct speech *s, const char *arg)
{
	child_sa(s, is(arg, "used") ? s->r->spi_in : (uint32_t)number(arg),
	    "");
}

/* --- key exchange and nonce --- */

/* The prime of group 14 less so much. */
static struct bytes
prime_less(unsigned n)
{
	static uint8_t octets[256];
	BIGNUM *p = BN_get_rfc3526_prime_2048(NULL);

	if (p == NULL || BN_sub_word(p, n) != 1 ||
	    BN_bn2binpad(p, octets, sizeof(octets)) != sizeof(octets))
		memset(octets, 0xff, sizeof(octets));
	BN_free(p);
	return bytes_of(octets, sizeof(octets));
}

static void
ke(struct speech *s, const char *arg)
{
	static uint8_t odd[1024];
	struct bytes good = kex_public(s->r->kex), data = good;
	uint16_t group = s->r->ke->id;

	memset(odd, 0, sizeof(odd));
	memcpy(odd, good.p, good.n);
	if (is(arg, "empty"))
		data.n = 0;
	else if (is(arg, "short"))
		data.n--;
	else if (is(arg, "long"))
		data = bytes_of(odd, good.n + 1);
	else if (is(arg, "zero") || is(arg, "one"))
		memset(odd, 0, good.n), data.p = odd;
	else if (is(arg, "p"))
		data = prime_less(0);
	else if (is(arg, "p-1"))
		data = prime_less(1);
	else if (is(arg, "off"))
		odd[good.n - 1] ^= 1, data.p = odd;
	else if (is(arg, "big"))
		memset(odd, 0xff, good.n), data.p = odd;
	else if (*arg != '\0')
		group = (uint16_t)number(arg);
	/* Curve25519's one is little-endian (RFC 7748). */
	if (is(arg, "one"))
		odd[(s->r->ke->flags & ALG_XDH) != 0 ? 0 : good.n - 1] = 1;
	build_ke(&s->b, group, data);
}

static void
nonce(struct speech *s, const char *arg)
{
	static const uint8_t fill[512] = { 0x6e };

	if (*arg != '\0' && !is(arg, "same")) {
		build_bytes(&s->b, PL_NONCE, bytes_of(fill, number(arg)));
		memcpy(s->r->nonce, fill, sizeof(s->r->nonce));
		s->r->nonce_n = number(arg);
		return;
	}
	if ((s->exchange == CREATE_CHILD_SA || s->response) && *arg == '\0') {
		s->r->nonce_n = 32;
		drbg_fill(&s->r->drbg, s->r->nonce, s->r->nonce_n);
	}
	build_bytes(&s->b, PL_NONCE, bytes_of(s->r->nonce, s->r->nonce_n));
}

/* --- identities and AUTH --- */

static void
identity(struct speech *s, enum payload_type type, const char *arg,
    const char *usual, bool signs)
{
	static const char long_name[300] = "x";
	struct wr w = wr_of(s->id, sizeof(s->id));
	uint8_t id_type = is(arg, "type") ? 0 : is(arg, "address") ?
	    ID_IPV4_ADDR : ID_FQDN;
	uint8_t body[512];

	if (!signs)
		w = wr_of(body, sizeof(body));
	if (!is(arg, "nothing")) {
		wr_u8(&w, id_type);
		wr_zero(&w, 3);
	}
	if (is(arg, "other"))
		wr_bytes(&w, bytes_str("somebody.example"));
	else if (is(arg, "long"))
		wr_bytes(&w, bytes_of(long_name, sizeof(long_name)));
	else if (is(arg, "address"))
		wr_bytes(&w, bytes_of("\1\2\3", 3));
	else if (!is(arg, "empty") && !is(arg, "nothing"))
		wr_bytes(&w, bytes_str(usual));
	if (signs)
		s->id_n = w.n;
	build_bytes(&s->b, type, wr_done(&w));
}

static void
idi(struct speech *s, const char *arg)
{
	identity(s, PL_IDI, arg, s->r->id[s->r->called], true);
}

static void
idr(struct speech *s, const char *arg)
{
	identity(s, PL_IDR, arg, s->r->called ? s->r->id[1] : s->r->peer_id,
	    s->r->called);
}

static void
auth(struct speech *s, const char *arg)
{
	uint8_t value[PRF_MAX] = { 0 };
	size_t n = rogue_auth(s->r, s->r->sa.initiator,
	    bytes_of(s->id, s->id_n), value);
	struct wr *w = build_payload(&s->b, PL_AUTH);

	if (is(arg, "wrong"))
		value[0] ^= 1;
	if (is(arg, "short"))
		n -= n > 0;
	if (is(arg, "empty"))
		n = 0;
	wr_u8(w, arg[0] == 'm' ? (uint8_t)number(arg + 1) : 2);
	wr_zero(w, 3);
	wr_bytes(w, bytes_of(value, n));
}

/* --- traffic selectors --- */

static void
selector(struct wr *w, uint8_t type, uint8_t proto, const char *lo,
    const char *hi, uint16_t port_lo, uint16_t port_hi)
{
	struct addr a, b;

	addr_parse(&a, lo);
	addr_parse(&b, hi);
	wr_u8(w, type);
	wr_u8(w, proto);
	wr_u16(w, (uint16_t)(8 + 2 * addr_octets(&a)));
	wr_u16(w, port_lo);
	wr_u16(w, port_hi);
	wr_bytes(w, addr_bytes(&a));
	wr_bytes(w, addr_bytes(&b));
}

static const struct odd_ts {
	const char	*name;
	uint8_t		count, written;
	uint8_t		type, proto;
	const char	*lo, *hi;
	uint16_t	port_lo, port_hi;
} odd_ts[] = {
	{ "none", 0, 0, 7, 0, "::", "::", 0, 0 },
	{ "outside", 1, 1, 7, 0, "172.16.0.0", "172.16.0.255", 0, 65535 },
	{ "wide", 1, 1, 7, 0, "0.0.0.0", "255.255.255.255", 0, 65535 },
	{ "inverted", 1, 1, 7, 0, "10.200.0.9", "10.0.0.1", 0, 65535 },
	{ "ports", 1, 1, 7, 6, "10.0.0.0", "10.255.255.255", 80, 79 },
	{ "opaque", 1, 1, 7, 6, "10.0.0.0", "10.255.255.255", 65535, 0 },
	{ "type", 1, 1, 99, 0, "10.0.0.0", "10.255.255.255", 0, 65535 },
	{ "family", 1, 1, 8, 0, "10.0.0.0", "10.255.255.255", 0, 65535 },
	{ "v6", 1, 1, 8, 0, "2001:db8::", "2001:db8::ff", 0, 65535 },
	{ "more", 2, 1, 7, 0, "10.0.0.0", "10.255.255.255", 0, 65535 },
	{ "less", 1, 2, 7, 0, "10.0.0.0", "10.255.255.255", 0, 65535 },
	{ "many", 255, 255, 7, 0, "10.0.0.0", "10.255.255.255", 0, 65535 },
};

static void
selectors(struct speech *s, enum payload_type type, const char *arg,
    const struct ts_list *usual)
{
	struct wr *w = build_payload(&s->b, type);

	if (*arg == '\0') {
		ts_encode(w, usual);
		return;
	}
	for (size_t i = 0; i < sizeof(odd_ts) / sizeof(odd_ts[0]); i++) {
		const struct odd_ts *t = &odd_ts[i];

		if (!is(arg, t->name))
			continue;
		wr_u8(w, t->count);
		wr_zero(w, 3);
		for (unsigned k = 0; k < t->written; k++)
			selector(w, t->type, t->proto, t->lo, t->hi,
			    t->port_lo, t->port_hi);
		return;
	}
	w->bad = true;
}

/* In a response to the other side's offer the initiator is the other side. */
static void
tsi(struct speech *s, const char *arg)
{
	selectors(s, PL_TSI, arg, s->response ? &s->r->theirs : &s->r->ours);
}

static void
tsr(struct speech *s, const char *arg)
{
	selectors(s, PL_TSR, arg, s->response ? &s->r->ours : &s->r->theirs);
}

/* --- notify and delete --- */

/* "type" or "type.length" of data */
static void
notify(struct speech *s, const char *arg)
{
	static const uint8_t data[8192] = { 0 };
	const char *dot = strchr(arg, '.');

	build_notify(&s->b, (uint16_t)number(arg), bytes_of(data,
	    dot == NULL ? 0 : number(dot + 1)));
}

/*
 * REDIRECT to a gateway that nobody has (RFC 5685 section 9.2); of IKE_SA_INIT
 * with the caller's nonce, unless it is to be another or none.
 */
static void
redirect(struct speech *s, const char *arg)
{
	static const uint8_t gateway[] = { 1, 4, 203, 0, 113, 250 };
	static const uint8_t name[] = "\3\13hub.example";
	uint8_t data[512];
	struct wr w = wr_of(data, sizeof(data));

	if (is(arg, "name"))
		wr_bytes(&w, bytes_of(name, sizeof(name) - 1));
	else
		wr_bytes(&w, bytes_of(gateway, sizeof(gateway)));
	if (is(arg, "cut"))
		wr_patch_u8(&w, 1, 200);
	else if (is(arg, "other"))
		wr_zero(&w, s->r->peer_nonce_n);
	else if (s->exchange == IKE_SA_INIT && !is(arg, "bare"))
		wr_bytes(&w, bytes_of(s->r->peer_nonce,
		    s->r->peer_nonce_n));
	build_notify(&s->b, N_REDIRECT, wr_done(&w));
}

/* INVALID_KE_PAYLOAD that asks for this group. */
static void
want_group(struct speech *s, const char *arg)
{
	uint8_t data[2];
	struct wr w = wr_of(data, sizeof(data));

	wr_u16(&w, (uint16_t)number(arg));
	build_notify(&s->b, N_INVALID_KE_PAYLOAD, wr_done(&w));
}

/* A COOKIE whose octets are all the same. */
static void
want_cookie(struct speech *s, const char *arg)
{
	uint8_t data[128];

	memset(data, (int)number(arg), sizeof(data));
	build_notify(&s->b, N_COOKIE, bytes_of(data, 16));
}

static void
rekey(struct speech *s, const char *arg)
{
	struct wr *w = build_payload(&s->b, PL_NOTIFY);
	size_t n = is(arg, "size") ? 8 : is(arg, "bare") ? 0 : 4;
	uint32_t spi = is(arg, "unknown") ? 0x77777777 : is(arg, "other") ?
	    s->r->other_spi : is(arg, "theirs") ? s->r->spi_out :
	    s->r->spi_in;

	wr_u8(w, is(arg, "ah") ? PROTO_AH : is(arg, "ike") ? PROTO_IKE :
	    PROTO_ESP);
	wr_u8(w, (uint8_t)n);
	wr_u16(w, N_REKEY_SA);
	if (n > 0)
		wr_u32(w, spi);
	wr_zero(w, n > 4 ? n - 4 : 0);
}

static void
many(struct speech *s, const char *arg)
{
	for (uint64_t i = number(arg); i > 0; i--)
		build_notify(&s->b, 40000, (struct bytes){ 0 });
}

/* "proto.size.count.written": SPIs of which the first is our child's. */
static void
delete(struct speech *s, const char *arg)
{
	unsigned v[4] = { PROTO_ESP, 4, 1, 1 };
	struct wr *w;
	char *end;

	if (is(arg, "ike")) {
		build_delete_ike(&s->b);
		return;
	}
	if (is(arg, "unknown")) {
		build_delete_esp(&s->b, 0x77777777);
		return;
	}
	if (is(arg, "zero")) {
		build_delete_esp(&s->b, 0);
		return;
	}
	for (int i = 0; i < 4 && *arg != '\0'; i++) {
		v[i] = (unsigned)strtoul(arg, &end, 10);
		arg = *end == '.' ? end + 1 : end;
	}
	w = build_payload(&s->b, PL_DELETE);
	wr_u8(w, (uint8_t)v[0]);
	wr_u8(w, (uint8_t)v[1]);
	wr_u16(w, (uint16_t)v[2]);
	for (unsigned i = 0; i < v[3]; i++)
		wr_u32(w, s->r->spi_in + i);
}

/* --- any payload --- */

/* "type" or "type.length" of zeros */
static void
payload(struct speech *s, const char *arg)
{
	const char *dot = strchr(arg, '.');
	struct wr *w = build_payload(&s->b, (enum payload_type)number(arg));

	wr_zero(w, dot == NULL ? 0 : number(dot + 1));
}

/* The payload before is marked critical. */
static void
critical(struct speech *s, const char *arg)
{
	(void)arg;
	wr_patch_u8(&s->b.w, s->b.body_at + 1, 0x80);
}

/* The payload before has this length, whatever it really is. */
static void
length(struct speech *s, const char *arg)
{
	wr_patch_u16(&s->b.w, s->b.body_at + 2, (uint16_t)number(arg));
	s->b.body_at = 0;
}

const struct word words_payload[] = {
	{ .name = "sa", .body = sa },
	{ .name = "ike", .body = ike_sa },
	{ .name = "ikezero", .body = ike_spi_zero },
	{ .name = "esp", .body = esp },
	{ .name = "espspi", .body = esp_spi },
	{ .name = "ke", .body = ke },
	{ .name = "n", .body = nonce },
	{ .name = "idi", .body = idi },
	{ .name = "idr", .body = idr },
	{ .name = "auth", .body = auth },
	{ .name = "tsi", .body = tsi },
	{ .name = "tsr", .body = tsr },
	{ .name = "notify", .body = notify },
	{ .name = "redirect", .body = redirect },
	{ .name = "wantgroup", .body = want_group },
	{ .name = "wantcookie", .body = want_cookie },
	{ .name = "rekey", .body = rekey },
	{ .name = "many", .body = many },
	{ .name = "delete", .body = delete },
	{ .name = "payload", .body = payload },
	{ .name = "critical", .body = critical },
	{ .name = "length", .body = length },
	{ .name = NULL },
};
