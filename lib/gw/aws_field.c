/*
 * One value of AWS's XML or generic text to or from its field.  Readers are
 * lenient in what is only decoration ("28800 seconds", "Diffie-Hellman Group
 * 2", "hmac-sha1-96") and strict in what it says.  XML and text hold one
 * algorithm of each kind, the least that the cloud asks for; so the writer
 * gives the weakest of a list.
 */
#include "gw/aws_field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

/* One value in flight. */
struct field {
	const struct aws_connection *c;
	struct aws_connection *to;	/* c when reading */
	const struct aws_tunnel *t;
	struct aws_tunnel *to_t;
	const struct aws_place *at;
	const char	*s;		/* when reading */
	struct reason	*why;
	char		*buf;		/* when writing */
};

static bool
bad(struct field *f, const char *must)
{
	char q[80];

	str_escape(q, sizeof(q), bytes_of(f->s, strlen(f->s)));
	reason_set(f->why, "must be %s, not \"%s\"", must, q);
	return false;
}

static bool
read_number(const char *s, uint64_t max, uint32_t *out)
{
	unsigned long long n;
	char *end;

	if (s[0] < '0' || s[0] > '9')
		return false;
	n = strtoull(s, &end, 10);
	if (end - s > 10 || n > max || (*end != '\0' && *end != ' '))
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool
put_number(struct field *f, struct aws_number *to, uint64_t max)
{
	uint32_t n;

	if (!read_number(f->s, max, &n))
		return bad(f, "a number");
	*to = (struct aws_number){ true, n };
	return true;
}

static bool
get_number(struct field *f, const struct aws_number *n)
{
	str_fmt(f->buf, AWS_VALUE_LEN, "%u", n->v);
	return n->given;
}

/* As AWS makes them; ours may have "." and "_". */
bool
aws_id_ok(const char *s)
{
	size_t n = strlen(s);

	return n < AWS_ID_LEN && strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == n;
}

static bool
put_word(struct field *f, char *to, size_t size)
{
	if (!aws_id_ok(f->s))
		return bad(f, "up to 63 letters, digits and \"-\"");
	str_set(to, size, f->s);
	return true;
}

static bool
get_text(struct field *f, const char *s)
{
	str_set(f->buf, AWS_VALUE_LEN, s);
	return s[0] != '\0';
}

static bool
put_id(struct field *f)
{
	return put_word(f, f->to->id, sizeof(f->to->id));
}

static bool
get_id(struct field *f)
{
	return get_text(f, f->c->id);
}

static bool
put_customer_gateway(struct field *f)
{
	return put_word(f, f->to->customer_gateway,
	    sizeof(f->to->customer_gateway));
}

static bool
get_customer_gateway(struct field *f)
{
	return get_text(f, f->c->customer_gateway);
}

static bool
put_gateway(struct field *f)
{
	return put_word(f, f->to->gateway, sizeof(f->to->gateway));
}

/* Empty where the target is a transit gateway, but there. */
static bool
get_gateway(struct field *f)
{
	get_text(f, f->c->gateway);
	return true;
}

static bool
put_type(struct field *f)
{
	return strcmp(f->s, "ipsec.1") == 0 || bad(f, "ipsec.1");
}

static bool
put_attributes(struct field *f)
{
	if (strstr(f->s, "NoBGPVPNConnection") != NULL)
		f->to->is_static = true;
	return true;
}

static bool
get_attributes(struct field *f)
{
	return f->c->is_static && get_text(f, "NoBGPVPNConnection");
}

/* An address, and behind it perhaps the length of its network. */
static bool
put_addr(struct field *f, enum addr_family family, struct addr *to)
{
	char s[ADDR_STRLEN];
	struct addr a;

	str_fmt(s, sizeof(s), "%.*s", (int)strcspn(f->s, "/ "), f->s);
	if (!addr_parse(&a, s) || addr_is_any(&a) ||
	    (family != ADDR_NONE && a.family != family))
		return bad(f, family == ADDR_IPV6 ? "an IPv6 address" :
		    family == ADDR_IPV4 ? "an IPv4 address" : "an address");
	*to = a;
	return true;
}

static bool
get_addr(struct field *f, struct addr a)
{
	char s[ADDR_STRLEN];

	if (!addr_is_set(&a))
		return false;
	return get_text(f, addr_str(&a, s));
}

/* A customer gateway without an address has none here, either. */
static bool
put_outside(struct field *f)
{
	if (f->s[0] == '\0' && f->at->side == AWS_CUSTOMER)
		return true;
	return put_addr(f, ADDR_NONE, &f->to_t->outside[f->at->side]);
}

static bool
get_outside(struct field *f)
{
	return get_addr(f, f->t->outside[f->at->side]);
}

static bool
put_inside(struct field *f)
{
	if (strchr(f->s, ':') != NULL)
		return put_addr(f, ADDR_IPV6, &f->to_t->inside6[f->at->side]);
	return put_addr(f, ADDR_IPV4, &f->to_t->inside4[f->at->side]);
}

static bool
get_inside(struct field *f)
{
	return get_addr(f, aws_inside4(f->t, f->at->side));
}

static bool
get_mask(struct field *f)
{
	return addr_is_set(&f->t->cidr4.addr) &&
	    get_text(f, "255.255.255.252");
}

static bool
put_len(struct field *f)
{
	return strcmp(f->s, "30") == 0 || bad(f, "30");
}

static bool
get_len(struct field *f)
{
	return addr_is_set(&f->t->cidr4.addr) && get_text(f, "30");
}

static bool
put_inside6(struct field *f)
{
	return put_addr(f, ADDR_IPV6, &f->to_t->inside6[f->at->side]);
}

static bool
get_inside6(struct field *f)
{
	return get_addr(f, aws_inside6(f->t, f->at->side));
}

static bool
put_len6(struct field *f)
{
	return strcmp(f->s, "126") == 0 || bad(f, "126");
}

static bool
get_len6(struct field *f)
{
	return addr_is_set(&f->t->cidr6.addr) && get_text(f, "126");
}

static bool
put_asn(struct field *f)
{
	uint32_t *to = &f->to->asn[f->at->side], n;

	if (!read_number(f->s, 4294967294, &n) || n == 0)
		return bad(f, "an AS number");
	if (*to != 0 && *to != n) {
		reason_set(f->why, "AS %u in one tunnel and %u in another",
		    *to, n);
		return false;
	}
	*to = n;
	return true;
}

static bool
get_asn(struct field *f)
{
	str_fmt(f->buf, AWS_VALUE_LEN, "%u", f->c->asn[f->at->side]);
	return f->c->asn[f->at->side] != 0;
}

static bool
put_hold(struct field *f)
{
	return put_number(f, &f->to->hold_time, 65535);
}

static bool
get_hold(struct field *f)
{
	return f->c->asn[AWS_CLOUD] != 0 && get_number(f, &f->c->hold_time);
}

static bool
get_neighbor(struct field *f)
{
	return f->c->asn[AWS_CLOUD] != 0 && get_addr(f,
	    (f->c->inside & CONF_INSIDE_IPV4) != 0 ?
	    aws_inside4(f->t, AWS_CLOUD) : aws_inside6(f->t, AWS_CLOUD));
}

bool
aws_add_alg(struct conf_algs *list, enum alg_type type, const char *name)
{
	const struct alg *a = alg_by_conf(type, name);
	uint8_t row;

	if (a == NULL || !aws_knows(a) || list->n == CONF_ALGS)
		return false;
	row = (uint8_t)alg_index(a);
	for (unsigned i = 0; i < list->n; i++) {
		if (list->row[i] == row)
			return true;
	}
	list->row[list->n++] = row;
	return true;
}

static struct aws_phase *
phase_of(struct field *f)
{
	return &f->to_t->phase[f->at->phase];
}

/* "sha1", "hmac-sha1-96", "sha2-256", "hmac-sha2-256-128". */
static bool
put_integ(struct field *f)
{
	static const struct {
		const char *has, *name;
	} names[] = {
		{ "512", "SHA2-512" }, { "384", "SHA2-384" },
		{ "256", "SHA2-256" }, { "sha1", "SHA1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strstr(f->s, names[i].has) != NULL)
			return aws_add_alg(&phase_of(f)->integ, ALG_INTEG,
			    names[i].name);
	}
	return bad(f, "sha1, sha2-256, sha2-384 or sha2-512");
}

static bool
put_encr(struct field *f)
{
	static const struct {
		const char *bits, *mode, *name;
	} names[] = {
		{ "256", "gcm", "AES256-GCM-16" },
		{ "128", "gcm", "AES128-GCM-16" },
		{ "256", "cbc", "AES256" }, { "128", "cbc", "AES128" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strstr(f->s, names[i].bits) != NULL &&
		    strstr(f->s, names[i].mode) != NULL)
			return aws_add_alg(&phase_of(f)->encr, ALG_ENCR,
			    names[i].name);
	}
	return bad(f, "aes-128-cbc, aes-256-cbc, aes-128-gcm-16 or "
	    "aes-256-gcm-16");
}

/* "group2", "Group 2", "Diffie-Hellman Group 2". */
static bool
put_group(struct field *f)
{
	const char *s = f->s + strlen(f->s);

	while (s > f->s && s[-1] >= '0' && s[-1] <= '9')
		s--;
	return aws_add_alg(&phase_of(f)->ke, ALG_KE, s) ||
	    bad(f, "a Diffie-Hellman group that AWS has");
}

const struct alg *
aws_weakest(const struct conf_algs *list)
{
	const struct alg *found = NULL;

	for (unsigned i = 0; i < list->n; i++) {
		const struct alg *a = alg_at(list->row[i]);

		if (aws_knows(a) && (found == NULL ||
		    alg_index(a) > alg_index(found)))
			found = a;
	}
	return found;
}

/* What it is where nothing is said: the least of what AWS takes. */
static const struct alg *
least(const struct conf_algs *list, enum alg_type type, const char *name)
{
	const struct alg *a = aws_weakest(list);

	return a != NULL ? a : alg_by_conf(type, name);
}

static bool
get_encr(struct field *f)
{
	const struct alg *a = least(&f->t->phase[f->at->phase].encr,
	    ALG_ENCR, "AES128");

	str_fmt(f->buf, AWS_VALUE_LEN, "aes-%u-%s", (unsigned)a->key_bits,
	    (a->flags & ALG_AEAD) != 0 ? "gcm-16" : "cbc");
	return true;
}

static bool
get_integ(struct field *f)
{
	const struct alg *a = least(&f->t->phase[f->at->phase].integ,
	    ALG_INTEG, "SHA1");
	bool one = a->id == INTEG_HMAC_SHA1_96;
	unsigned bits = a->key_len * 8U;

	if (f->at->phase == 0 && one)
		return get_text(f, "sha1");
	if (one)
		return get_text(f, "hmac-sha1-96");
	str_fmt(f->buf, AWS_VALUE_LEN, f->at->phase == 0 ? "sha2-%u" :
	    "hmac-sha2-%u", bits);
	return true;
}

static bool
get_group(struct field *f)
{
	return get_text(f, least(&f->t->phase[f->at->phase].ke, ALG_KE,
	    "2")->conf);
}

static bool
put_lifetime(struct field *f)
{
	return put_number(f, &phase_of(f)->lifetime, 86400);
}

static bool
get_lifetime(struct field *f)
{
	struct aws_number n = f->t->phase[f->at->phase].lifetime;

	if (!n.given)
		n = (struct aws_number){ true, f->at->phase == 0 ? 28800 :
		    3600 };
	return get_number(f, &n);
}

/* IKE's "main" is of IKEv1, which is not meant: aws_settle() says so. */
static bool
get_mode(struct field *f)
{
	return get_text(f, f->at->phase == 0 ? "main" : "tunnel");
}

bool
aws_psk_ok(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		if (s[i] < ' ' || s[i] > '~')
			return false;
	}
	return n > 0 && n < AWS_PSK_LEN;
}

/* The key itself is never part of a message.  An ARN says where one is. */
static bool
put_psk(struct field *f)
{
	if (f->s[0] == '\0')
		return true;
	if (strncmp(f->s, "arn:", 4) == 0) {
		str_escape(f->to_t->psk_arn,
		    sizeof(f->to_t->psk_arn), bytes_str(f->s));
		return true;
	}
	if (!aws_psk_ok(f->s)) {
		reason_set(f->why, "must be 1 to %d printable characters",
		    AWS_PSK_LEN - 1);
		return false;
	}
	str_set(f->to_t->psk, sizeof(f->to_t->psk), f->s);
	return true;
}

static bool
get_psk(struct field *f)
{
	return get_text(f, f->t->psk);
}

static bool
put_protocol(struct field *f)
{
	return strcmp(f->s, "esp") == 0 || bad(f, "esp");
}

static bool
get_protocol(struct field *f)
{
	return get_text(f, "esp");
}

static bool
get_type(struct field *f)
{
	return get_text(f, "ipsec.1");
}

static bool
get_clear_df(struct field *f)
{
	return get_text(f, "true");
}

/* What AWS says for all, but for a MAC whose MTU is lower. */
static bool
get_mss(struct field *f)
{
	const struct aws_phase *p = &f->t->phase[1];
	const struct alg *e = least(&p->encr, ALG_ENCR, "AES128");
	const struct alg *i = least(&p->integ, ALG_INTEG, "SHA1");
	bool long_mac = (e->flags & ALG_AEAD) == 0 &&
	    i->id == INTEG_HMAC_SHA2_512_256;

	return get_text(f, long_mac ? "1366" : "1379");
}

static bool
put_interval(struct field *f)
{
	return put_number(f, &f->to_t->dpd_interval, 3600);
}

static bool
put_retries(struct field *f)
{
	return put_number(f, &f->to_t->dpd_retries, 100);
}

/* The timeout as interval and times: in steps of 10 seconds where it can be. */
static uint32_t
dpd_times(const struct aws_tunnel *t)
{
	uint32_t timeout = t->dpd_timeout.given ? t->dpd_timeout.v : 30;

	if (timeout % 10 == 0 && timeout <= 1000)
		return timeout / 10;
	return timeout % 3 == 0 && timeout <= 9000 ? 3 : 1;
}

static bool
get_interval(struct field *f)
{
	uint32_t timeout = f->t->dpd_timeout.given ? f->t->dpd_timeout.v : 30;

	str_fmt(f->buf, AWS_VALUE_LEN, "%u", timeout / dpd_times(f->t));
	return true;
}

static bool
get_retries(struct field *f)
{
	str_fmt(f->buf, AWS_VALUE_LEN, "%u", dpd_times(f->t));
	return true;
}

static const struct {
	bool		in_tunnel;
	bool		(*put)(struct field *);	/* NULL: for people */
	bool		(*get)(struct field *);
} fields[AWS_FIELDS] = {
	[AWS_ID] = { false, put_id, get_id },
	[AWS_CUSTOMER_GATEWAY] = { false, put_customer_gateway,
	    get_customer_gateway },
	[AWS_GATEWAY] = { false, put_gateway, get_gateway },
	[AWS_TYPE] = { false, put_type, get_type },
	[AWS_ATTRIBUTES] = { false, put_attributes, get_attributes },
	[AWS_OUTSIDE] = { true, put_outside, get_outside },
	[AWS_INSIDE] = { true, put_inside, get_inside },
	[AWS_MASK] = { true, NULL, get_mask },
	[AWS_LEN] = { true, put_len, get_len },
	[AWS_INSIDE6] = { true, put_inside6, get_inside6 },
	[AWS_LEN6] = { true, put_len6, get_len6 },
	[AWS_ASN] = { true, put_asn, get_asn },
	[AWS_HOLD] = { true, put_hold, get_hold },
	[AWS_NEIGHBOR] = { true, NULL, get_neighbor },
	[AWS_INTEG] = { true, put_integ, get_integ },
	[AWS_ENCR] = { true, put_encr, get_encr },
	[AWS_LIFETIME] = { true, put_lifetime, get_lifetime },
	[AWS_GROUP] = { true, put_group, get_group },
	[AWS_MODE] = { true, NULL, get_mode },
	[AWS_PSK] = { true, put_psk, get_psk },
	[AWS_PROTOCOL] = { true, put_protocol, get_protocol },
	[AWS_CLEAR_DF] = { true, NULL, get_clear_df },
	[AWS_FRAGMENT] = { true, NULL, get_clear_df },
	[AWS_MSS] = { true, NULL, get_mss },
	[AWS_DPD_INTERVAL] = { true, put_interval, get_interval },
	[AWS_DPD_RETRIES] = { true, put_retries, get_retries },
};

bool
aws_put(struct aws_connection *c, struct aws_tunnel *t,
    const struct aws_place *at, const char *text, struct reason *why)
{
	struct field f = {
		.c = c, .to = c, .t = t, .to_t = t, .at = at, .s = text,
		.why = why,
	};

	if (fields[at->field].put == NULL ||
	    (fields[at->field].in_tunnel && t == NULL))
		return true;
	return fields[at->field].put(&f);
}

bool
aws_get(const struct aws_connection *c, const struct aws_tunnel *t,
    const struct aws_place *at, char buf[static AWS_VALUE_LEN])
{
	struct field f = { .c = c, .t = t, .at = at, .buf = buf };

	if (fields[at->field].get == NULL ||
	    (fields[at->field].in_tunnel && t == NULL))
		return false;
	return fields[at->field].get(&f);
}
