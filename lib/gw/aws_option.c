/*
 * Tunnel options as the EC2 API names them (VpnTunnelOptionsSpecification and
 * TunnelOption).  Lists are [{"Value": ...}].  An option that is absent has
 * AWS's default, which for algorithms is all that it knows.
 */
#include "gw/aws_option.h"

#include <string.h>

#include "gw/aws_field.h"
#include "util/array.h"

#define NUMBER(f)	offsetof(struct aws_tunnel, f)

static const struct number {
	struct aws_option option;
	const char	*api, *other;	/* as answered, as asked for */
} numbers[] = {
	{ { "phase1_lifetime_seconds", NUMBER(phase[0].lifetime) },
	    "Phase1LifetimeSeconds", NULL },
	{ { "phase2_lifetime_seconds", NUMBER(phase[1].lifetime) },
	    "Phase2LifetimeSeconds", NULL },
	{ { "rekey_margin_time_seconds", NUMBER(margin) },
	    "RekeyMarginTimeSeconds", NULL },
	{ { "rekey_fuzz_percentage", NUMBER(fuzz) },
	    "RekeyFuzzPercentage", NULL },
	{ { "replay_window_size", NUMBER(window) },
	    "ReplayWindowSize", NULL },
	{ { "dpd_timeout_seconds", NUMBER(dpd_timeout) },
	    "DpdTimeoutSeconds", "DPDTimeoutSeconds" },
};

static const struct list {
	const char	*api;
	enum alg_type	type;
	size_t		at;		/* struct conf_algs in aws_tunnel */
} lists[] = {
	{ "Phase1EncryptionAlgorithms", ALG_ENCR, NUMBER(phase[0].encr) },
	{ "Phase1IntegrityAlgorithms", ALG_INTEG, NUMBER(phase[0].integ) },
	{ "Phase1DHGroupNumbers", ALG_KE, NUMBER(phase[0].ke) },
	{ "Phase2EncryptionAlgorithms", ALG_ENCR, NUMBER(phase[1].encr) },
	{ "Phase2IntegrityAlgorithms", ALG_INTEG, NUMBER(phase[1].integ) },
	{ "Phase2DHGroupNumbers", ALG_KE, NUMBER(phase[1].ke) },
};

const struct aws_option *
aws_option_at(size_t i)
{
	return i < ARRAY_SIZE(numbers) ? &numbers[i].option : NULL;
}

const struct aws_number *
aws_option_of(const struct aws_tunnel *t, const struct aws_option *o)
{
	return (const void *)((const char *)t + o->at);
}

struct aws_number *
aws_option_in(struct aws_tunnel *t, const struct aws_option *o)
{
	return (void *)((char *)t + o->at);
}

static bool
fail(const char *key, const json_t *j, struct reason *why)
{
	const char *s = json_string_value(j);
	char q[80] = "";

	if (s != NULL)
		str_escape(q, sizeof(q), bytes_str(s));
	else if (json_is_integer(j))
		str_fmt(q, sizeof(q), "%lld",
		    (long long)json_integer_value(j));
	reason_set(why, "TunnelOptions: %s: \"%s\" is not understood", key, q);
	return false;
}

static bool
read_numbers(struct aws_tunnel *t, const json_t *o, struct reason *why)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const struct number *n = &numbers[i];
		const json_t *j = json_object_get(o, n->api);
		json_int_t v;

		if (j == NULL && n->other != NULL)
			j = json_object_get(o, n->other);
		if (j == NULL || json_is_null(j))
			continue;
		v = json_integer_value(j);
		if (!json_is_integer(j) || v < 0 || v > 86400)
			return fail(n->api, j, why);
		*aws_option_in(t, &n->option) = (struct aws_number){ true,
		    (uint32_t)v };
	}
	return true;
}

static const json_t *
value_of(const json_t *j)
{
	return json_is_object(j) ? json_object_get(j, "Value") : j;
}

static bool
add(const struct list *l, const json_t *j, struct conf_algs *to)
{
	char number[24];
	const char *s = json_string_value(j);

	if (json_is_integer(j)) {
		str_fmt(number, sizeof(number), "%lld",
		    (long long)json_integer_value(j));
		s = number;
	}
	return s != NULL && aws_add_alg(to, l->type, s);
}

static bool
read_lists(struct aws_tunnel *t, const json_t *o, struct reason *why)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct list *l = &lists[i];
		struct conf_algs *to = (void *)((char *)t + l->at);
		const json_t *j = json_object_get(o, l->api), *one;
		size_t k;

		*to = (struct conf_algs){ 0 };
		json_array_foreach(j, k, one) {
			if (!add(l, value_of(one), to))
				return fail(l->api, value_of(one), why);
		}
	}
	t->baseline = false;
	return true;
}

static bool
read_cidr(const json_t *o, const char *key, unsigned len, struct prefix *to,
    struct reason *why)
{
	const json_t *j = json_object_get(o, key);
	const char *s = json_string_value(j);
	struct prefix p;

	if (s == NULL || s[0] == '\0')
		return true;
	if (!prefix_parse(&p, s) || p.len != len ||
	    p.addr.family != (len == 30 ? ADDR_IPV4 : ADDR_IPV6))
		return fail(key, j, why);
	*to = prefix_network(&p);	/* AWS forgives host bits */
	return true;
}

static bool
read_key(struct aws_tunnel *t, const json_t *o, struct reason *why)
{
	const char *psk = json_string_value(json_object_get(o,
	    "PreSharedKey"));
	const char *arn = json_string_value(json_object_get(o,
	    "PreSharedKeyArn"));

	if (arn != NULL)
		str_escape(t->psk_arn, sizeof(t->psk_arn),
			    bytes_str(arn));
	if (psk == NULL || psk[0] == '\0')
		return true;
	if (!aws_psk_ok(psk)) {
		reason_set(why, "TunnelOptions: PreSharedKey must be 1 to %d "
		    "printable characters", AWS_PSK_LEN - 1);
		return false;
	}
	str_set(t->psk, sizeof(t->psk), psk);
	return true;
}

static void
read_words(struct aws_tunnel *t, const json_t *o)
{
	const char *start = json_string_value(json_object_get(o,
	    "StartupAction"));
	const json_t *versions = json_object_get(o, "IkeVersions"), *one;
	size_t i;

	t->start = start != NULL && strcmp(start, "start") == 0;
	if (versions == NULL)
		versions = json_object_get(o, "IKEVersions");
	t->versions = 0;
	json_array_foreach(versions, i, one) {
		const char *s = json_string_value(value_of(one));

		if (s != NULL)
			t->versions |= strcmp(s, "ikev2") == 0 ? AWS_IKEV2 :
			    AWS_IKEV1;
	}
}

bool
aws_options_read(struct aws_tunnel *t, const json_t *o, struct reason *why)
{
	if (!read_numbers(t, o, why) || !read_lists(t, o, why) ||
	    !read_cidr(o, "TunnelInsideCidr", 30, &t->cidr4, why) ||
	    !read_cidr(o, "TunnelInsideIpv6Cidr", 126, &t->cidr6, why) ||
	    !read_key(t, o, why))
		return false;
	read_words(t, o);
	return true;
}

static json_t *
values(const struct list *l, const struct conf_algs *algs)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < algs->n; i++) {
		const struct alg *a = alg_at(algs->row[i]);

		if (aws_knows(a))
			json_array_append_new(list, json_pack("{s:o}",
			    "Value", l->type == ALG_KE ?
			    json_integer(a->id) : json_string(a->conf)));
	}
	return list;
}

json_t *
aws_options_json(const struct aws_tunnel *t)
{
	char s[PREFIX_STRLEN];
	json_t *o = json_pack("{s:s}", "OutsideIpAddress",
	    addr_str(&t->outside[AWS_CLOUD], s));

	if (addr_is_set(&t->cidr4.addr))
		json_object_set_new(o, "TunnelInsideCidr",
		    json_string(prefix_str(&t->cidr4, s)));
	if (addr_is_set(&t->cidr6.addr))
		json_object_set_new(o, "TunnelInsideIpv6Cidr",
		    json_string(prefix_str(&t->cidr6, s)));
	if (t->psk[0] != '\0')
		json_object_set_new(o, "PreSharedKey", json_string(t->psk));
	if (t->psk_arn[0] != '\0')
		json_object_set_new(o, "PreSharedKeyArn",
		    json_string(t->psk_arn));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const struct aws_number *n = aws_option_of(t,
		    &numbers[i].option);

		if (n->given)
			json_object_set_new(o, numbers[i].api,
			    json_integer(n->v));
	}
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		json_t *list = values(&lists[i],
		    (const void *)((const char *)t + lists[i].at));

		if (json_array_size(list) > 0)
			json_object_set(o, lists[i].api, list);
		json_decref(list);
	}
	json_object_set_new(o, "IkeVersions", json_pack("[{s:s}]", "Value",
	    "ikev2"));
	json_object_set_new(o, "StartupAction",
	    json_string(t->start ? "start" : "add"));
	return o;
}

static bool
is_default(const struct aws_number *n, uint32_t v)
{
	return !n->given || n->v == v;
}

bool
aws_options_default(const struct aws_tunnel *t)
{
	return t->baseline && is_default(&t->margin, 270) &&
	    is_default(&t->fuzz, 100) && is_default(&t->window, 1024);
}

static bool
list_has(const struct conf_algs *list, uint8_t row)
{
	for (unsigned i = 0; i < list->n; i++) {
		if (list->row[i] == row)
			return true;
	}
	return false;
}

static bool
is_weak(const struct alg *a)
{
	return (a->flags & ALG_OPT_IN) != 0;
}

/* Rows of the table of this type that are asked for, in its order. */
static void
gather(const struct conf_algs *from, enum alg_type type, bool weak, bool all,
    struct conf_algs *out)
{
	const struct alg *a;

	for (size_t i = 0; (a = alg_at(i)) != NULL; i++) {
		uint8_t row = (uint8_t)i;

		if (a->type == type && a->conf != NULL &&
		    is_weak(a) == weak && out->n < CONF_ALGS &&
		    !list_has(out, row) &&
		    (all ? aws_knows(a) : list_has(from, row)))
			out->row[out->n++] = row;
	}
}

unsigned
aws_offer(const struct aws_tunnel *t, const struct conf_algs *list,
    enum alg_type type, struct conf_algs *out)
{
	struct conf_algs strong = { 0 }, weak = { 0 };

	gather(list, type, false, t->baseline || list->n == 0, &strong);
	gather(list, type, true, false, &weak);
	*out = strong;
	if (!t->baseline && strong.n > 0)
		return weak.n;
	gather(list, type, true, false, out);
	return 0;
}

void
aws_algs_say(struct wr *w, const struct conf_algs *list)
{
	aws_say(w, "[ ");
	for (unsigned i = 0; i < list->n; i++) {
		const struct alg *a = alg_at(list->row[i]);
		const char *quote = a->type == ALG_KE ? "" : "\"";

		aws_say(w, "%s%s%s%s", i > 0 ? ", " : "", quote, a->conf,
		    quote);
	}
	aws_say(w, " ]");
}
