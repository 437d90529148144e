/*
 * What every command of the small CA begins and ends with: the directory's
 * files as values, and the files that change together.  root.crt, root.key,
 * root.crl and the same of "sub" are the CAs; NAME.crt (with the subordinate
 * CA's behind it) and NAME.key are a gateway's; "index" is the book.
 */
#include "tools/pki_ca.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/complain.h"
#include "util/secret.h"

static enum ctl_exit
unreadable(const struct pki_ca *ca, const char *name)
{
	return complain(CTL_EXIT_FAILED, "%s/%s is not what it should be",
	    ca->store.dir, name);
}

static enum ctl_exit
load_index(struct pki_ca *ca)
{
	enum ctl_exit rc;
	struct reason why;
	char *text;

	rc = store_read(&ca->store, "index", &text);
	if (rc != CTL_EXIT_OK)
		return rc;
	if (!pki_index_parse(&ca->index, text, &why))
		rc = complain(CTL_EXIT_FAILED, "%s/index: %s", ca->store.dir,
		    why.s);
	free(text);
	return rc;
}

enum ctl_exit
pki_ca_load_cert(const struct pki_ca *ca, const char *name, X509 **cert)
{
	enum ctl_exit rc;
	char *text;

	rc = store_read(&ca->store, name, &text);
	if (rc != CTL_EXIT_OK)
		return rc;
	*cert = pki_cert_of(text);
	free(text);
	return *cert != NULL ? CTL_EXIT_OK : unreadable(ca, name);
}

enum ctl_exit
pki_ca_load_key(const struct pki_ca *ca, const char *name, EVP_PKEY **key)
{
	enum ctl_exit rc;
	char *text;

	if (!store_has(&ca->store, name))
		return CTL_EXIT_OK;
	rc = store_read(&ca->store, name, &text);
	if (rc != CTL_EXIT_OK)
		return rc;
	*key = pki_key_of(text);
	wipe(text, strlen(text));
	free(text);
	if (*key != NULL)
		return CTL_EXIT_OK;
	return complain(CTL_EXIT_FAILED, "%s/%s is not a private key without "
	    "a passphrase", ca->store.dir, name);
}

static enum ctl_exit
load(struct pki_ca *ca)
{
	enum ctl_exit rc = load_index(ca);

	if (rc == CTL_EXIT_OK)
		rc = pki_ca_load_cert(ca, "root.crt", &ca->root);
	if (rc == CTL_EXIT_OK)
		rc = pki_ca_load_key(ca, "root.key", &ca->root_key);
	if (rc == CTL_EXIT_OK && store_has(&ca->store, "sub.crt"))
		rc = pki_ca_load_cert(ca, "sub.crt", &ca->sub);
	if (rc == CTL_EXIT_OK && ca->sub != NULL)
		rc = pki_ca_load_key(ca, "sub.key", &ca->sub_key);
	return rc;
}

enum ctl_exit
pki_ca_open(struct pki_ca *ca, const struct pki_options *o, bool create)
{
	const char *dir = o->dir != NULL ? o->dir : PKI_DIR;
	enum ctl_exit rc;

	memset(ca, 0, sizeof(*ca));
	rc = store_open(&ca->store, dir, create);
	if (rc != CTL_EXIT_OK)
		return rc;
	ca->now = time(NULL);
	if (store_has(&ca->store, "index"))
		rc = load(ca);
	else if (!create)
		rc = complain(CTL_EXIT_FAILED, "there is no CA in %s "
		    "(\"vpnctl pki init\" makes one)", dir);
	if (rc != CTL_EXIT_OK)
		pki_ca_close(ca);
	return rc;
}

void
pki_ca_close(struct pki_ca *ca)
{
	X509_free(ca->root);
	X509_free(ca->sub);
	EVP_PKEY_free(ca->root_key);
	EVP_PKEY_free(ca->sub_key);
	pki_index_fini(&ca->index);
	store_close(&ca->store);
}

bool
pki_ca_revoked(const struct pki_ca *ca, const char *name)
{
	const struct pki_entry *e = pki_index_find(&ca->index, name);

	return e != NULL && e->revoked != 0;
}

enum ctl_exit
pki_ca_put_index(struct pki_ca *ca)
{
	store_put(&ca->store, "index", pki_index_text(&ca->index), false);
	return CTL_EXIT_OK;
}

enum ctl_exit
pki_ca_need_key(const struct pki_ca *ca, const char *issuer)
{
	bool root = strcmp(issuer, "root") == 0;

	if ((root ? ca->root_key : ca->sub_key) != NULL)
		return CTL_EXIT_OK;
	return complain(CTL_EXIT_FAILED, "%s/%s.key is needed and not there",
	    ca->store.dir, issuer);
}

static enum ctl_exit
put_crl(struct pki_ca *ca, const char *issuer, const char *file, X509 *cert,
    EVP_PKEY *key)
{
	X509_CRL *crl;

	if (key == NULL)
		return CTL_EXIT_OK;
	crl = pki_crl_new(&ca->index, issuer, cert, key, ca->now);

	if (crl == NULL)
		return complain(CTL_EXIT_FAILED, "signing %s failed", file);
	store_put(&ca->store, file, pki_pem_crl(crl), false);
	X509_CRL_free(crl);
	return CTL_EXIT_OK;
}

enum ctl_exit
pki_ca_put_crls(struct pki_ca *ca)
{
	enum ctl_exit rc = put_crl(ca, "root", "root.crl", ca->root,
	    ca->root_key);

	if (rc == CTL_EXIT_OK && ca->sub != NULL)
		rc = put_crl(ca, "sub", "sub.crl", ca->sub, ca->sub_key);
	return rc;
}

static enum ctl_exit
left_crl(const struct pki_ca *ca, const char *issuer, const EVP_PKEY *key)
{
	char file[STORE_NAME_LEN], when[STR_UTC_LEN], *text;
	enum ctl_exit rc;
	int64_t until;
	bool ok;

	if (key != NULL)
		return CTL_EXIT_OK;
	str_fmt(file, sizeof(file), "%s.crl", issuer);
	rc = store_read(&ca->store, file, &text);
	if (rc != CTL_EXIT_OK)
		return rc;
	ok = pki_crl_until(text, &until);
	free(text);
	if (!ok)
		return unreadable(ca, file);
	rc = until > ca->now + PKI_CRL_SPARE * INT64_C(86400) ? CTL_EXIT_OK :
	    CTL_EXIT_FAILED;
	return complain(rc, "%s was not renewed (%s.key is not there); it %s "
	    "at %s", file, issuer, until > ca->now ? "ends" : "ended",
	    str_utc(until, when));
}

enum ctl_exit
pki_ca_left_crls(const struct pki_ca *ca)
{
	enum ctl_exit root = left_crl(ca, "root", ca->root_key);
	enum ctl_exit sub = ca->sub == NULL ? CTL_EXIT_OK :
	    left_crl(ca, "sub", ca->sub_key);

	return root != CTL_EXIT_OK ? root : sub;
}

void
pki_ca_path(const struct pki_ca *ca, const char *name, const char *suffix,
    char *buf, size_t size)
{
	char dir[4096];

	str_fmt(buf, size, "%s/%s%s", realpath(ca->store.dir, dir) != NULL ?
	    dir : ca->store.dir, name, suffix);
}
