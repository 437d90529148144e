/*
 * Additional key exchanges (RFC 9370): one text per slot, in it the methods
 * that would do, the preferred one first, and "none" where the slot may stay
 * empty: [ "20", "21 none" ].  And what the OpenSSL of this machine has.
 */
#include <string.h>

#include "crypto/prf.h"
#include "gw/conf_read.h"

bool
conf_alg_there(struct conf_read *r, const config_setting_t *s,
    const struct alg *a)
{
	if (crypto_has(a))
		return true;
	return conf_fail(r, s, "%s (%s) needs OpenSSL " CRYPTO_KEM_SINCE
	    " or later; this is OpenSSL %s", a->conf, a->name,
	    crypto_library());
}

/* The supported ones, for messages. */
static const char *
supported(char *buf, size_t size)
{
	const struct alg *a;

	str_set(buf, size, "");
	for (size_t i = 0; (a = alg_at(i)) != NULL; i++) {
		if (a->type == ALG_KE && a->conf != NULL && crypto_has(a))
			str_add(buf, size, "%s%s", buf[0] != '\0' ? ", " : "",
			    a->conf);
	}
	return buf;
}

static bool
add_method(struct conf_read *r, const config_setting_t *s, const char *name,
    struct addke *to, unsigned slot)
{
	const struct alg *a = alg_by_conf(ALG_KE, name);
	uint8_t code = addke_code(a);
	char list[160];

	if (a == NULL && strcmp(name, "none") != 0)
		return conf_fail(r, s, "\"%.32s\" is not supported; supported: "
		    "%s, none", name, supported(list, sizeof(list)));
	if (a != NULL && !conf_alg_there(r, s, a))
		return false;
	if (memchr(to->alt[slot], code, to->n[slot]) != NULL)
		return conf_fail(r, s, "%s is there twice", name);
	if (to->n[slot] == ADDKE_ALTS)
		return conf_fail(r, s, "more than %d", ADDKE_ALTS);
	to->alt[slot][to->n[slot]++] = code;
	return true;
}

static bool
add_slot(struct conf_read *r, const config_setting_t *s, struct addke *to,
    unsigned slot)
{
	const char *text = config_setting_get_string(s);
	char copy[160], *save = NULL;

	if (text == NULL || strlen(text) >= sizeof(copy))
		return conf_fail(r, s, "must be group numbers in quotes, with "
		    "blanks between");
	str_set(copy, sizeof(copy), text);
	for (char *w = strtok_r(copy, " ", &save); w != NULL;
	    w = strtok_r(NULL, " ", &save)) {
		if (!add_method(r, s, w, to, slot))
			return false;
	}
	if (to->n[slot] == 0 ||
	    (to->n[slot] == 1 && to->alt[slot][0] == ADDKE_NONE))
		return conf_fail(r, s, "must name at least one group");
	return true;
}

bool
conf_addke_read(struct conf_read *r, const config_setting_t *s,
    struct addke *out)
{
	int n = config_setting_length(s);
	struct addke a = { 0 };

	if (n < 1 || n > ADDKE_SLOTS)
		return conf_fail(r, s, "must have 1 to %d texts, not %d",
		    ADDKE_SLOTS, n);
	for (int i = 0; i < n; i++) {
		if (!add_slot(r, config_setting_get_elem(s, (unsigned)i), &a,
		    (unsigned)i))
			return false;
	}
	*out = a;
	return true;
}

/* A slot that leaves no choice. */
static const struct alg *
only_method(const struct addke *a, unsigned slot)
{
	return a->n[slot] == 1 ? addke_alg(a->alt[slot][0]) : NULL;
}

static bool
check_phase(struct conf_read *r, const struct conf_site *site,
    const char *key, const char *groups, const struct conf_phase *p)
{
	for (unsigned i = 0; i < ADDKE_SLOTS; i++) {
		const struct alg *a = only_method(&p->addke, i);

		if (a == NULL)
			continue;
		if (p->ke.n == 1 && alg_at(p->ke.row[0]) == a)
			return conf_fail_tunnel(r, site, key, "%s is the only "
			    "one of %s already; all key exchanges of an SA "
			    "have to differ", a->conf, groups);
		for (unsigned k = 0; k < i; k++) {
			if (only_method(&p->addke, k) == a)
				return conf_fail_tunnel(r, site, key, "%s is "
				    "there twice; all key exchanges of an SA "
				    "have to differ", a->conf);
		}
	}
	return true;
}

bool
conf_addke_check(struct conf_read *r, const struct conf_tunnel *t,
    const struct conf_site *site)
{
	return check_phase(r, site, "phase1_additional_key_exchanges",
	    "phase1_dh_group_numbers", &t->phase1) &&
	    check_phase(r, site, "phase2_additional_key_exchanges",
	    "phase2_dh_group_numbers", &t->phase2);
}
