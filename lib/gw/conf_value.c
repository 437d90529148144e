/*
 * One setting into one field, by the kind of its key; messages say what is
 * allowed and what was found.  What depends on other keys: conf_check.c.
 */
#include "gw/conf_read.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

/* One value in flight: the setting it came from and where it goes. */
struct value {
	struct conf_read *r;
	const struct conf_key *key;
	const config_setting_t *setting;	/* NULL: default */
	int64_t		 i;		/* numbers and booleans */
	const char	*s;		/* texts */
	void		*base, *field;
};

static bool
fail_text(struct value *v, const char *must)
{
	return conf_fail_text(v->r, v->setting, must, v->s);
}

/* Integers of any width, booleans and enums alike. */
static void
store(struct value *v, uint64_t n)
{
	uint8_t n8 = (uint8_t)n;
	uint16_t n16 = (uint16_t)n;
	uint32_t n32 = (uint32_t)n;

	if (v->key->size == 1)
		memcpy(v->field, &n8, 1);
	else if (v->key->size == 2)
		memcpy(v->field, &n16, 2);
	else if (v->key->size == 4)
		memcpy(v->field, &n32, 4);
	else
		memcpy(v->field, &n, 8);
}

static bool
in_range(struct value *v)
{
	const struct conf_key *key = v->key;
	bool brief = v->r != NULL && v->r->conf->short_lifetimes &&
	    key->short_min >= 0;
	int64_t min = brief ? key->short_min : key->min;

	if ((v->i >= min && v->i <= key->max) || (key->or_zero && v->i == 0))
		return true;
	return conf_fail(v->r, v->setting,
	    "must be %s%lld to %lld%s%s, not %lld", key->or_zero ? "0 or " : "",
	    (long long)min, (long long)key->max, key->unit != NULL ? " " : "",
	    key->unit != NULL ? key->unit : "", (long long)v->i);
}

static bool
put_number(struct value *v)
{
	if (!in_range(v))
		return false;
	store(v, (uint64_t)v->i);
	return true;
}

static bool
put_span(struct value *v)
{
	struct span d;

	if (!in_range(v))
		return false;
	d = span_s(v->i);
	memcpy(v->field, &d, sizeof(d));
	return true;
}

/* AS 0 (RFC 7607), AS_TRANS (RFC 6793) and 65535 (RFC 7300) name nobody. */
static bool
put_asn(struct value *v)
{
	if (!in_range(v))
		return false;
	if (v->i == 23456 || v->i == 65535)
		return conf_fail(v->r, v->setting,
		    "AS %lld is reserved and cannot be used", (long long)v->i);
	store(v, (uint64_t)v->i);
	return true;
}

static bool
put_bool(struct value *v)
{
	store(v, v->i != 0);
	return true;
}

static bool
put_word(struct value *v)
{
	char must[96] = "";
	const struct conf_word *w;

	for (w = v->key->words; w->s != NULL; w++) {
		if (strcmp(w->s, v->s) == 0) {
			store(v, w->value);
			return true;
		}
		str_add(must, sizeof(must), "%s\"%s\"",
		    w == v->key->words ? "" : w[1].s != NULL ? ", " : " or ",
		    w->s);
	}
	return fail_text(v, must);
}

static bool
put_file(struct value *v)
{
	const char *must = conf_file_fault(v->s);

	if (must != NULL)
		return fail_text(v, must);
	str_set(v->field, v->key->size, v->s);
	return true;
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* [A-Za-z0-9][A-Za-z0-9._-]*, shorter than the field. */
static bool
is_plain_name(const char *s, size_t size)
{
	if (!is_alnum(s[0]) || strlen(s) >= size)
		return false;
	while (is_alnum(*s) || *s == '.' || *s == '_' || *s == '-')
		s++;
	return *s == '\0';
}

static bool
put_name(struct value *v)
{
	if (!is_plain_name(v->s, v->key->size))
		return fail_text(v, "1 to 47 letters, digits, \".\", \"_\" "
		    "and \"-\", beginning with a letter or digit");
	str_set(v->field, v->key->size, v->s);
	return true;
}

static bool
put_text(struct value *v)
{
	size_t n = strlen(v->s);
	bool ok = n > 0 && n < v->key->size;

	for (size_t i = 0; ok && i < n; i++)
		ok = v->s[i] > ' ' && v->s[i] < 0x7f;
	if (!ok)
		return fail_text(v, "1 to 63 printable characters without "
		    "blanks");
	str_set(v->field, v->key->size, v->s);
	return true;
}

bool
conf_ifname_read(struct conf_read *r, const config_setting_t *s,
    const char *name, char out[static KERN_IFNAME_LEN])
{
	static const char *const taken[] = { "lo", "all", "default" };

	if (!is_plain_name(name, KERN_IFNAME_LEN))
		return conf_fail_text(r, s, "1 to 15 letters, digits, \".\", "
		    "\"_\" and \"-\", beginning with a letter or digit",
		    name);
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		if (strcmp(name, taken[i]) == 0)
			return conf_fail(r, s, "\"%s\" means something else "
			    "to the kernel", name);
	}
	str_set(out, KERN_IFNAME_LEN, name);
	return true;
}

static bool
put_ifname(struct value *v)
{
	return conf_ifname_read(v->r, v->setting, v->s, v->field);
}

static bool
put_router_id(struct value *v)
{
	struct addr a;
	struct rd rd;

	if (!addr_parse(&a, v->s) || a.family != ADDR_IPV4 || addr_is_any(&a))
		return fail_text(v, "an IPv4 address other than 0.0.0.0");
	rd = rd_of(addr_bytes(&a));
	store(v, rd_u32(&rd));
	return true;
}

static bool
put_id(struct value *v)
{
	uint8_t room[CONF_ID_DATA];
	struct conf_id id;
	struct reason why;
	const char *must = conf_id_parse(&id, room, v->s, &why);

	if (must == NULL)
		return conf_id_keep(v->r->conf, &id, v->field) ||
		    conf_fail(v->r, v->setting, "out of memory");
	if (why.s[0] != '\0')
		return conf_fail(v->r, v->setting, "%s", why.s);
	return fail_text(v, must);
}

static bool
put_outside(struct value *v)
{
	return conf_outside_read(v->r, v->setting, v->s, v->field);
}

static bool
put_inside4(struct value *v)
{
	return conf_inside_read(v->r, v->setting, v->s, ADDR_IPV4, v->field);
}

static bool
put_inside6(struct value *v)
{
	return conf_inside_read(v->r, v->setting, v->s, ADDR_IPV6, v->field);
}

static bool
put_net4(struct value *v)
{
	return conf_net_read(v->r, v->setting, v->s, ADDR_IPV4, v->field);
}

static bool
put_net6(struct value *v)
{
	return conf_net_read(v->r, v->setting, v->s, ADDR_IPV6, v->field);
}

static bool
put_prefixes(struct value *v)
{
	return conf_prefixes_read(v->r, v->setting, v->field);
}

static bool
put_algs(struct value *v)
{
	return conf_algs_read(v->r, v->key, v->setting, v->field);
}

static bool
put_refs(struct value *v)
{
	return conf_refs_read(v->r, v->key, v->setting, v->field);
}

static bool
put_addke(struct value *v)
{
	return conf_addke_read(v->r, v->setting, v->field);
}

/* As AWS lists them; without the key it is IKEv2. */
static bool
put_versions(struct value *v)
{
	int n = config_setting_length(v->setting);
	char text[CONF_QUOTED_LEN];

	if (n == 0)
		return conf_fail(v->r, v->setting, "must name \"ikev2\"");
	for (int i = 0; i < n; i++) {
		const config_setting_t *e =
		    config_setting_get_elem(v->setting, (unsigned)i);
		const char *s = config_setting_get_string(e);

		if (s == NULL)
			return conf_fail_type(v->r, e, "a version in quotes");
		if (strcmp(s, "ikev1") == 0)
			return conf_fail(v->r, e, "\"ikev1\" is obsolete (RFC "
			    "9395) and not supported: \"ikev2\" alone is");
		if (strcmp(s, "ikev2") != 0)
			return conf_fail(v->r, e, "must be \"ikev2\", not %s",
			    conf_quoted(s, text));
	}
	store(v, true);
	return true;
}

static bool
put_gateways(struct value *v)
{
	return conf_gateways_read(v->r, v->setting, v->field);
}

static bool
put_net(struct value *v)
{
	return conf_net_read(v->r, v->setting, v->s, ADDR_NONE, v->field);
}

static bool
put_table(struct value *v)
{
	return conf_table_read(v->r, v->setting, v->s, v->field);
}

static bool
put_tables(struct value *v)
{
	return conf_propagation_read(v->r, v->setting, v->field);
}

static bool
put_customer(struct value *v)
{
	return conf_customer_named(v->r, v->setting, v->s, v->field);
}

static bool
put_target(struct value *v)
{
	return conf_target_named(v->r, v->setting, v->s, v->field);
}

static bool
put_lans(struct value *v)
{
	return conf_lans_read(v->r, v->setting, v->base);
}

static bool
put_reaches(struct value *v)
{
	return conf_reaches_read(v->r, v->setting, v->field);
}

static bool
put_hops(struct value *v)
{
	return conf_hops_read(v->r, v->setting, v->field);
}

static bool
put_policy(struct value *v)
{
	return conf_policy_named(v->r, v->setting, v->field);
}

static bool
put_plists(struct value *v)
{
	return conf_lists_read(v->r, v->setting, v->base);
}

static bool
put_entries(struct value *v)
{
	return conf_entries_read(v->r, v->setting, v->field);
}

static bool
put_paths(struct value *v)
{
	return conf_paths_read(v->r, v->setting, v->base);
}

static bool
put_patterns(struct value *v)
{
	return conf_communities_read(v->r, v->setting, v->field, true);
}

static bool
put_communities(struct value *v)
{
	return conf_communities_read(v->r, v->setting, v->field, false);
}

static bool
put_range(struct value *v)
{
	return conf_range_read(v->r, v->key, v->setting, v->field);
}

static bool
put_value(struct value *v)
{
	struct policy_value *out = v->field;

	if (!in_range(v))
		return false;
	*out = (struct policy_value){ true, (uint32_t)v->i };
	return true;
}

static bool
put_asns(struct value *v)
{
	return conf_asns_read(v->r, v->key, v->setting, v->base);
}

static const char *const shape_names[] = {
	[SHAPE_NUMBER] = "a whole number",
	[SHAPE_BOOL] = "true or false",
	[SHAPE_TEXT] = "a text in quotes",
	[SHAPE_LIST] = "a list in [ ]",
	[SHAPE_TEXTS] = "a text in quotes or a list of them",
	[SHAPE_RANGE] = "a whole number or a range in quotes",
};

/* GROUPS are read by whoever knows what is in them. */
static const struct {
	enum conf_shape	shape;
	bool		(*put)(struct value *);
} kinds[CONF_KINDS] = {
	[CONF_KIND_NUMBER] = { SHAPE_NUMBER, put_number },
	[CONF_KIND_SPAN] = { SHAPE_NUMBER, put_span },
	[CONF_KIND_ASN] = { SHAPE_NUMBER, put_asn },
	[CONF_KIND_BOOL] = { SHAPE_BOOL, put_bool },
	[CONF_KIND_WORD] = { SHAPE_TEXT, put_word },
	[CONF_KIND_FILE] = { SHAPE_TEXT, put_file },
	[CONF_KIND_REFS] = { SHAPE_TEXTS, put_refs },
	[CONF_KIND_NAME] = { SHAPE_TEXT, put_name },
	[CONF_KIND_TEXT] = { SHAPE_TEXT, put_text },
	[CONF_KIND_IFNAME] = { SHAPE_TEXT, put_ifname },
	[CONF_KIND_ROUTER_ID] = { SHAPE_TEXT, put_router_id },
	[CONF_KIND_OUTSIDE] = { SHAPE_TEXT, put_outside },
	[CONF_KIND_ID] = { SHAPE_TEXT, put_id },
	[CONF_KIND_INSIDE4] = { SHAPE_TEXT, put_inside4 },
	[CONF_KIND_INSIDE6] = { SHAPE_TEXT, put_inside6 },
	[CONF_KIND_NET4] = { SHAPE_TEXT, put_net4 },
	[CONF_KIND_NET6] = { SHAPE_TEXT, put_net6 },
	[CONF_KIND_NET] = { SHAPE_TEXT, put_net },
	[CONF_KIND_TABLE] = { SHAPE_TEXT, put_table },
	[CONF_KIND_TABLES] = { SHAPE_LIST, put_tables },
	[CONF_KIND_CUSTOMER] = { SHAPE_TEXT, put_customer },
	[CONF_KIND_TARGET] = { SHAPE_TEXT, put_target },
	[CONF_KIND_LANS] = { SHAPE_LIST, put_lans },
	[CONF_KIND_REACHES] = { SHAPE_TEXTS, put_reaches },
	[CONF_KIND_HOPS] = { SHAPE_TEXTS, put_hops },
	[CONF_KIND_PREFIXES] = { SHAPE_LIST, put_prefixes },
	[CONF_KIND_ALGS] = { SHAPE_LIST, put_algs },
	[CONF_KIND_ADDKE] = { SHAPE_LIST, put_addke },
	[CONF_KIND_VERSIONS] = { SHAPE_LIST, put_versions },
	[CONF_KIND_GATEWAYS] = { SHAPE_LIST, put_gateways },
	[CONF_KIND_POLICY] = { SHAPE_TEXT, put_policy },
	[CONF_KIND_PLISTS] = { SHAPE_TEXTS, put_plists },
	[CONF_KIND_ENTRIES] = { SHAPE_LIST, put_entries },
	[CONF_KIND_PATHS] = { SHAPE_TEXTS, put_paths },
	[CONF_KIND_PATTERNS] = { SHAPE_TEXTS, put_patterns },
	[CONF_KIND_COMMUNITIES] = { SHAPE_TEXTS, put_communities },
	[CONF_KIND_RANGE] = { SHAPE_RANGE, put_range },
	[CONF_KIND_VALUE] = { SHAPE_NUMBER, put_value },
	[CONF_KIND_ASNS] = { SHAPE_LIST, put_asns },
};

enum conf_shape
conf_key_shape(const struct conf_key *key)
{
	return kinds[key->kind].shape;
}

static bool
take_shape(struct value *v, enum conf_shape shape)
{
	int type = config_setting_type(v->setting);

	switch (shape) {
	case SHAPE_NUMBER:
		v->i = config_setting_get_int64(v->setting);
		return conf_is_number(v->setting);
	case SHAPE_BOOL:
		v->i = config_setting_get_bool(v->setting);
		return type == CONFIG_TYPE_BOOL;
	case SHAPE_TEXT:
		v->s = config_setting_get_string(v->setting);
		return type == CONFIG_TYPE_STRING;
	case SHAPE_LIST:
		return type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST;
	case SHAPE_TEXTS:
		return type == CONFIG_TYPE_STRING ||
		    type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST;
	case SHAPE_RANGE:
		return type == CONFIG_TYPE_STRING || conf_is_number(v->setting);
	}
	return false;
}

bool
conf_value_read(struct conf_read *r, const struct conf_key *key,
    const config_setting_t *setting, void *base)
{
	struct value v = {
		.r = r, .key = key, .setting = setting, .base = base,
		.field = (char *)base + key->at,
	};
	enum conf_shape shape = kinds[key->kind].shape;

	if (!take_shape(&v, shape))
		return conf_fail_type(r, setting, shape_names[shape]);
	return kinds[key->kind].put(&v);
}

/* Defaults keep to their key's own rules, so that none of this fails. */
void
conf_value_default(const struct conf_key *key, void *base)
{
	struct value v = {
		.key = key, .s = key->def, .field = (char *)base + key->at,
	};

	if (key->kind == CONF_KIND_ALGS) {
		conf_algs_default(key, v.field);
		return;
	}
	if (key->def == NULL)
		return;
	if (kinds[key->kind].shape == SHAPE_NUMBER)
		v.i = strtoll(key->def, NULL, 10);
	else if (kinds[key->kind].shape == SHAPE_BOOL)
		v.i = strcmp(key->def, "true") == 0;
	kinds[key->kind].put(&v);
}
