/*
 * What the small CA has, as a table or JSON, and what of it goes into vpnd's
 * configuration, in its syntax, ready to be pasted.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "tools/complain.h"
#include "tools/pki_ca.h"
#include "tools/render.h"
#include "util/array.h"

#define PATH_LEN	4200

static json_t *
path_json(const struct pki_ca *ca, const char *name, const char *suffix)
{
	char path[PATH_LEN];

	pki_ca_path(ca, name, suffix, path, sizeof(path));
	return json_string(path);
}

static json_t *
time_json(int64_t t)
{
	char text[STR_UTC_LEN];

	return t == 0 ? json_null() : json_string(str_utc(t, text));
}

static const char *
status_of(const struct pki_ca *ca, const struct pki_entry *e)
{
	return e->revoked != 0 ? "revoked" :
	    e->expires <= ca->now ? "expired" : "valid";
}

static json_t *
entry_json(const struct pki_ca *ca, const struct pki_entry *e)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}",
	    "name", e->name, "status", status_of(ca, e), "serial", e->serial,
	    "issuer", e->issuer, "subject", e->subject, "issued",
	    time_json(e->issued), "expires", time_json(e->expires));

	if (e->revoked != 0) {
		json_object_set_new(j, "revoked", time_json(e->revoked));
		json_object_set_new(j, "reason",
		    json_string(pki_reason_str(e->reason)));
	}
	return j;
}

/* --- files --- */

static json_t *
cas_json(const struct pki_ca *ca, const char *suffix)
{
	json_t *a = json_array();

	json_array_append_new(a, path_json(ca, "root", suffix));
	if (ca->sub != NULL)
		json_array_append_new(a, path_json(ca, "sub", suffix));
	return a;
}

static bool
is_gateway(const struct pki_entry *e)
{
	return e != NULL && strcmp(e->name, "root") != 0 &&
	    strcmp(e->name, "sub") != 0;
}

static json_t *
files_json(const struct pki_ca *ca, const struct pki_entry *e)
{
	json_t *j = json_object();

	if (is_gateway(e) && e->revoked == 0) {
		json_object_set_new(j, "certificate",
		    path_json(ca, e->name, ".crt"));
		json_object_set_new(j, "private_key",
		    path_json(ca, e->name, ".key"));
	}
	json_object_set_new(j, "ca_certificates", cas_json(ca, ".crt"));
	json_object_set_new(j, "crls", cas_json(ca, ".crl"));
	return j;
}

/* One line of vpnd.conf. */
static void
print_setting(const char *key, const json_t *value)
{
	const json_t *one;
	size_t i;

	if (json_is_string(value)) {
		printf("%s = \"%s\";\n", key, json_string_value(value));
		return;
	}
	printf("%s = [ ", key);
	json_array_foreach(value, i, one)
		printf("%s\"%s\"", i == 0 ? "" : ", ",
		    json_string_value(one));
	printf(" ];\n");
}

static void
print_entry(const struct pki_ca *ca, const struct pki_entry *e)
{
	char until[STR_UTC_LEN], revoked[STR_UTC_LEN];

	printf("# %s: %s\n# serial %s, issued by %s, valid until %s\n",
	    e->name, e->subject, e->serial, e->issuer,
	    str_utc(e->expires, until));
	if (e->revoked != 0)
		printf("# %s on %s (%s)\n", status_of(ca, e),
		    str_utc(e->revoked, revoked),
		    pki_reason_str(e->reason));
}

void
pki_show_files(const struct pki_ca *ca, const struct pki_options *o,
    const struct pki_entry *e)
{
	json_t *files = files_json(ca, e), *value, *j;
	const char *key;

	if (o->json) {
		j = e != NULL ? entry_json(ca, e) : json_object();
		json_object_set_new(j, "files", files);
		render_json(j);
		json_decref(j);
		return;
	}
	if (e != NULL)
		print_entry(ca, e);
	json_object_foreach(files, key, value)
		print_setting(key, value);
	json_decref(files);
}

/* --- show --- */

/* What the book does not tell: the certificate that is in use is asked. */
static enum ctl_exit
add_details(const struct pki_ca *ca, const struct pki_entry *e, json_t *j)
{
	char file[STORE_NAME_LEN], *text;
	struct cert_chain ch;
	struct cert_info info;
	struct reason why;
	enum ctl_exit rc;

	str_fmt(file, sizeof(file), "%s.crt", e->name);
	if (!store_has(&ca->store, file))
		return CTL_EXIT_OK;
	rc = store_read(&ca->store, file, &text);
	if (rc != CTL_EXIT_OK)
		return rc;
	if (!cert_chain_read_pem(&ch, bytes_str(text), &why)) {
		free(text);
		return complain(CTL_EXIT_FAILED, "%s/%s: %s", ca->store.dir,
		    file, why.s);
	}
	free(text);
	cert_info(ch.cert[0], &info);
	if (strcasecmp(info.serial, e->serial) == 0) {
		json_object_set_new(j, "key", json_string(info.key));
		json_object_set_new(j, "sans", json_string(info.sans));
	}
	cert_chain_fini(&ch);
	return CTL_EXIT_OK;
}

static enum ctl_exit
rows_json(const struct pki_ca *ca, const char *wanted, json_t *rows)
{
	enum ctl_exit rc = CTL_EXIT_OK;

	for (size_t i = 0; rc == CTL_EXIT_OK && i < ca->index.n; i++) {
		const struct pki_entry *e = &ca->index.e[i];
		json_t *j;

		if (wanted != NULL && strcmp(e->name, wanted) != 0 &&
		    strcasecmp(e->serial, wanted) != 0)
			continue;
		j = entry_json(ca, e);
		rc = add_details(ca, e, j);
		json_array_append_new(rows, j);
	}
	if (rc == CTL_EXIT_OK && json_array_size(rows) == 0)
		rc = complain(CTL_EXIT_NO_OBJECT, "there is no certificate "
		    "\"%s\"", wanted);
	return rc;
}

static const struct render_column columns[] = {
	{ "NAME", "name", NULL }, { "STATUS", "status", NULL },
	{ "EXPIRES", "expires", NULL }, { "KEY", "key", NULL },
	{ "ISSUER", "issuer", NULL }, { "SERIAL", "serial", NULL },
	{ "SUBJECT", "subject", NULL }, { "NAMES", "sans", NULL },
};

enum ctl_exit
pki_show(const struct pki_options *o, char **argv, int argc)
{
	const char *wanted = argc > 0 ? argv[0] : NULL;
	json_t *rows = json_array(), *j;
	struct pki_ca ca;
	enum ctl_exit rc;

	rc = pki_ca_open(&ca, o, false);
	if (rc != CTL_EXIT_OK) {
		json_decref(rows);
		return rc;
	}
	rc = rows_json(&ca, wanted, rows);
	if (rc == CTL_EXIT_OK && o->json) {
		j = json_pack("{s:O}", "certificates", rows);
		render_json(j);
		json_decref(j);
	} else if (rc == CTL_EXIT_OK) {
		render_table(columns, ARRAY_SIZE(columns), rows,
		    true);
	}
	json_decref(rows);
	pki_ca_close(&ca);
	return rc;
}
