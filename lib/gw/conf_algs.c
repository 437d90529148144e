/*
 * Lists of algorithms, by the names and numbers that AWS gives them: each must
 * be in the table, serve the key that it stands under, and be there in the
 * OpenSSL that is linked.
 */
#include "gw/conf_read.h"

#include "crypto/prf.h"

static bool
alg_serves(const struct conf_key *key, const struct alg *alg)
{
	return alg->type == key->alg && alg->conf != NULL &&
	    (alg->flags & key->alg_flag) == key->alg_flag;
}

static bool
fail_alg(struct conf_read *r, const struct conf_key *key,
    const config_setting_t *s, const char *name)
{
	char list[128] = "", q[CONF_QUOTED_LEN];
	const struct alg *alg;

	for (size_t i = 0; (alg = alg_at(i)) != NULL; i++) {
		if (alg_serves(key, alg) && crypto_has(alg))
			str_add(list, sizeof(list), "%s%s",
			    list[0] != '\0' ? ", " : "", alg->conf);
	}
	return conf_fail(r, s, "%s is not supported; supported: %s",
	    key->alg == ALG_KE ? name : conf_quoted(name, q), list);
}

static bool
add_alg(struct conf_read *r, const struct conf_key *key,
    const config_setting_t *s, struct conf_algs *list)
{
	char number[24];
	const char *name = config_setting_get_string(s);
	const struct alg *alg;

	if (key->alg == ALG_KE) {
		if (!conf_is_number(s))
			return conf_fail_type(r, s, "a group number");
		str_fmt(number, sizeof(number), "%lld",
		    config_setting_get_int64(s));
		name = number;
	} else if (name == NULL) {
		return conf_fail_type(r, s, "an algorithm in quotes");
	}
	alg = alg_by_conf(key->alg, name);
	if (alg == NULL || !alg_serves(key, alg))
		return fail_alg(r, key, s, name);
	if (!conf_alg_there(r, s, alg))
		return false;
	for (unsigned i = 0; i < list->n; i++) {
		if (alg_at(list->row[i]) == alg)
			return conf_fail(r, s, "%s is there twice", name);
	}
	if (list->n == CONF_ALGS)
		return conf_fail(r, s, "more than %d", CONF_ALGS);
	list->row[list->n++] = (uint8_t)alg_index(alg);
	return true;
}

bool
conf_algs_read(struct conf_read *r, const struct conf_key *key,
    const config_setting_t *s, struct conf_algs *out)
{
	unsigned n = (unsigned)config_setting_length(s);

	*out = (struct conf_algs){ 0 };
	if (n == 0)
		return conf_fail(r, s,
		    "must name at least one; leave it out for the default");
	for (unsigned i = 0; i < n; i++) {
		if (!add_alg(r, key, config_setting_get_elem(s, i), out))
			return false;
	}
	return true;
}

void
conf_algs_default(const struct conf_key *key, struct conf_algs *list)
{
	const struct alg *alg;

	for (size_t i = 0; (alg = alg_at(i)) != NULL; i++) {
		if (alg_serves(key, alg) && list->n < CONF_ALGS &&
		    (alg->flags & ALG_OPT_IN) == 0)
			list->row[list->n++] = (uint8_t)alg_index(alg);
	}
}
