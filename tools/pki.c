/*
 * The commands of the small CA: each checks what it was given, changes the
 * book and the files in memory, and commits them at once.  A root of ten years,
 * optionally one subordinate CA of five, gateways' certificates of one year;
 * the subordinate CA signs them when there is one, and then the root's key may
 * be kept elsewhere until the subordinate CA or the root's CRL is renewed.
 */
#include "tools/pki.h"

#include <stdlib.h>
#include <string.h>

#include "tools/complain.h"
#include "tools/pki_ca.h"

#define ROOT_DAYS	3650
#define SUB_DAYS	1825
#define GATEWAY_DAYS	365
#define KEY_TYPE	"ec384"

static enum ctl_exit
out_of_memory(void)
{
	return complain(CTL_EXIT_FAILED, "out of memory");
}

static enum ctl_exit
check_key_type(const struct pki_options *o)
{
	if (o->key == NULL || pki_key_type(o->key))
		return CTL_EXIT_OK;
	return complain(CTL_EXIT_USAGE, "--key must be %s, not \"%s\"",
	    pki_key_names, o->key);
}

static enum ctl_exit
new_key(const struct pki_options *o, EVP_PKEY **key)
{
	*key = pki_key_new(o->key != NULL ? o->key : KEY_TYPE);
	return *key != NULL ? CTL_EXIT_OK :
	    complain(CTL_EXIT_FAILED, "no key could be made");
}

static enum ctl_exit
parse_name(const char *dn, X509_NAME **name)
{
	struct reason why;

	*name = pki_name(dn, &why);
	return *name != NULL ? CTL_EXIT_OK :
	    complain(CTL_EXIT_USAGE, "\"%s\": %s", dn, why.s);
}

/* Makes the certificate and its row in the book. */
static enum ctl_exit
sign(struct pki_ca *ca, const struct pki_wish *w, const char *issuer,
    const char *name, X509 **cert, struct pki_entry *e)
{
	struct reason why;

	*cert = pki_cert_new(w);
	if (*cert == NULL)
		return complain(CTL_EXIT_FAILED, "signing the certificate of "
		    "%s failed", name);
	if (!pki_entry_of(*cert, issuer, name, e, &why))
		return complain(CTL_EXIT_FAILED, "the certificate of %s "
		    "cannot be read again: %s", name, why.s);
	return pki_index_add(&ca->index, e) ? CTL_EXIT_OK : out_of_memory();
}

/* The URLs of a certificate: those given, else those that it had before. */
struct urls {
	char		crl[CERT_URL_LEN], ocsp[CERT_URL_LEN];
};

static enum ctl_exit
choose_urls(const struct pki_options *o, const char *name, X509 *before,
    struct urls *u, struct pki_wish *w)
{
	struct reason why;

	*u = (struct urls){ .crl = "" };
	if (before != NULL && !pki_urls(before, u->crl, u->ocsp, &why))
		return complain(CTL_EXIT_FAILED, "%s.crt, which is to be "
		    "renewed: %s", name, why.s);
	w->crl_url = o->crl_url != NULL ? o->crl_url : u->crl;
	w->ocsp_url = o->ocsp_url != NULL ? o->ocsp_url : u->ocsp;
	return CTL_EXIT_OK;
}

/* --- init --- */

static enum ctl_exit
make_root(struct pki_ca *ca, const struct pki_options *o, X509_NAME *subject,
    struct pki_entry *e)
{
	struct pki_wish w = {
		.role = PKI_ROOT, .subject = subject, .now = ca->now,
		.crl_url = o->crl_url, .ocsp_url = o->ocsp_url,
		.days = o->days != 0 ? o->days : ROOT_DAYS,
	};
	enum ctl_exit rc = new_key(o, &ca->root_key);

	if (rc != CTL_EXIT_OK)
		return rc;
	w.key = ca->root_key;
	rc = sign(ca, &w, "root", "root", &ca->root, e);
	if (rc != CTL_EXIT_OK)
		return rc;
	store_put(&ca->store, "root.key", pki_pem_key(ca->root_key), true);
	store_put(&ca->store, "root.crt", pki_pem_certs(&ca->root, 1), false);
	rc = pki_ca_put_crls(ca);
	if (rc == CTL_EXIT_OK)
		rc = pki_ca_put_index(ca);
	return rc == CTL_EXIT_OK ? store_commit(&ca->store) : rc;
}

enum ctl_exit
pki_init(const struct pki_options *o, char **argv, int argc)
{
	enum ctl_exit rc = check_key_type(o);
	X509_NAME *subject = NULL;
	struct pki_entry e;
	struct pki_ca ca;

	if (rc == CTL_EXIT_OK)
		rc = parse_name(argc > 0 ? argv[0] : "CN=vpnd Root CA",
		    &subject);
	if (rc == CTL_EXIT_OK)
		rc = pki_ca_open(&ca, o, true);
	if (rc != CTL_EXIT_OK) {
		X509_NAME_free(subject);
		return rc;
	}
	/* Whatever is left of one is not written over. */
	if (store_has(&ca.store, "root.crt") ||
	    store_has(&ca.store, "root.key"))
		rc = complain(CTL_EXIT_FAILED, "there is a CA in %s already",
		    ca.store.dir);
	else
		rc = make_root(&ca, o, subject, &e);
	if (rc == CTL_EXIT_OK)
		pki_show_files(&ca, o, &e);
	X509_NAME_free(subject);
	pki_ca_close(&ca);
	return rc;
}

/* --- subca --- */

/* Renewed with its name and key, unless it is new or was revoked. */
static enum ctl_exit
sub_subject(struct pki_ca *ca, const char *dn, bool renew, X509_NAME **name)
{
	if (renew && dn != NULL)
		return complain(CTL_EXIT_USAGE, "the subordinate CA has a name "
		    "already, which the certificates that it issued refer to");
	if (!renew)
		return parse_name(dn != NULL ? dn : "CN=vpnd Subordinate CA",
		    name);
	*name = X509_NAME_dup(X509_get_subject_name(ca->sub));
	return *name != NULL ? CTL_EXIT_OK : out_of_memory();
}

static enum ctl_exit
sub_key(struct pki_ca *ca, const struct pki_options *o, bool renew)
{
	if (renew && o->key != NULL)
		return complain(CTL_EXIT_USAGE, "the subordinate CA keeps its "
		    "key until it is revoked");
	if (renew)
		return pki_ca_need_key(ca, "sub");
	/* Whatever is left of one is not written over. */
	if (ca->sub == NULL && store_has(&ca->store, "sub.key"))
		return complain(CTL_EXIT_FAILED, "%s/sub.key is there, but "
		    "its sub.crt is not", ca->store.dir);
	EVP_PKEY_free(ca->sub_key);
	ca->sub_key = NULL;
	return new_key(o, &ca->sub_key);
}

static enum ctl_exit
put_sub(struct pki_ca *ca, X509 *cert)
{
	enum ctl_exit rc;

	X509_free(ca->sub);
	ca->sub = cert;
	store_put(&ca->store, "sub.key", pki_pem_key(ca->sub_key), true);
	store_put(&ca->store, "sub.crt", pki_pem_certs(&cert, 1), false);
	rc = pki_ca_put_crls(ca);
	if (rc == CTL_EXIT_OK)
		rc = pki_ca_put_index(ca);
	return rc == CTL_EXIT_OK ? store_commit(&ca->store) : rc;
}

static enum ctl_exit
make_sub(struct pki_ca *ca, const struct pki_options *o, const char *dn,
    struct pki_entry *e)
{
	struct pki_wish w = {
		.role = PKI_SUB, .now = ca->now, .ca = ca->root,
		.ca_key = ca->root_key,
		.days = o->days != 0 ? o->days : SUB_DAYS,
	};
	bool renew = ca->sub != NULL && !pki_ca_revoked(ca, "sub");
	enum ctl_exit rc = sub_subject(ca, dn, renew, &w.subject);
	X509 *cert = NULL;
	struct urls urls;

	if (rc == CTL_EXIT_OK)
		rc = choose_urls(o, "sub", renew ? ca->sub : NULL, &urls, &w);
	if (rc == CTL_EXIT_OK)
		rc = sub_key(ca, o, renew);
	w.key = ca->sub_key;
	if (rc == CTL_EXIT_OK)
		rc = sign(ca, &w, "root", "sub", &cert, e);
	if (rc == CTL_EXIT_OK)
		rc = put_sub(ca, cert);
	else
		X509_free(cert);
	X509_NAME_free(w.subject);
	return rc;
}

static enum ctl_exit
still_valid(const struct pki_ca *ca, const X509 *cert, const char *what)
{
	if (ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert),
	    (time_t)ca->now) > 0)
		return CTL_EXIT_OK;
	return complain(CTL_EXIT_FAILED, "the %s CA has expired", what);
}

enum ctl_exit
pki_subca(const struct pki_options *o, char **argv, int argc)
{
	enum ctl_exit rc = check_key_type(o);
	struct pki_entry e;
	struct pki_ca ca;

	if (rc == CTL_EXIT_OK)
		rc = pki_ca_open(&ca, o, false);
	if (rc != CTL_EXIT_OK)
		return rc;
	rc = still_valid(&ca, ca.root, "root");
	if (rc == CTL_EXIT_OK)
		rc = pki_ca_need_key(&ca, "root");
	if (rc == CTL_EXIT_OK)
		rc = make_sub(&ca, o, argc > 0 ? argv[0] : NULL, &e);
	if (rc == CTL_EXIT_OK)
		pki_show_files(&ca, o, &e);
	pki_ca_close(&ca);
	return rc;
}

/* --- issue --- */

/* It becomes a file's name and a word in the book. */
static enum ctl_exit
check_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strlen(name);

	if (strcmp(name, "root") == 0 || strcmp(name, "sub") == 0 ||
	    strcmp(name, "index") == 0)
		return complain(CTL_EXIT_USAGE, "\"%s\" is the CA's own name",
		    name);
	if (n == 0 || n >= PKI_NAME_LEN || name[0] == '.' || name[0] == '-' ||
	    strspn(name, allowed) != n)
		return complain(CTL_EXIT_USAGE, "\"%s\" is not a name for a "
		    "certificate (letters, digits, \".\", \"_\", \"-\"; %d at "
		    "most)", name, PKI_NAME_LEN - 1);
	return CTL_EXIT_OK;
}

/* What of a gateway there is already; NULL: nothing. */
struct before {
	X509		*cert;
	EVP_PKEY	*key;
};

/* It replaces the key that is there, which is then not looked at. */
static bool
wants_new_key(const struct pki_ca *ca, const struct pki_options *o,
    const char *name)
{
	return o->new_key || o->key != NULL || pki_ca_revoked(ca, name);
}

static enum ctl_exit
load_before(const struct pki_ca *ca, const struct pki_options *o,
    const char *name, struct before *b)
{
	enum ctl_exit rc = CTL_EXIT_OK;
	char file[STORE_NAME_LEN];

	str_fmt(file, sizeof(file), "%s.crt", name);
	if (store_has(&ca->store, file))
		rc = pki_ca_load_cert(ca, file, &b->cert);
	str_fmt(file, sizeof(file), "%s.key", name);
	if (rc == CTL_EXIT_OK && !wants_new_key(ca, o, name))
		rc = pki_ca_load_key(ca, file, &b->key);
	return rc;
}

static enum ctl_exit
choose_subject(const struct pki_options *o, const char *name,
    const struct before *b, struct pki_wish *w)
{
	char dn[PKI_NAME_LEN + 8];

	if (o->dn == NULL && b->cert != NULL) {
		w->subject = X509_NAME_dup(X509_get_subject_name(b->cert));
		return w->subject != NULL ? CTL_EXIT_OK : out_of_memory();
	}
	str_fmt(dn, sizeof(dn), "CN=%s", name);
	return parse_name(o->dn != NULL ? o->dn : dn, &w->subject);
}

/* Those given, else those it had, else its name as a DNS name. */
static enum ctl_exit
choose_sans(const struct pki_options *o, const char *name,
    const struct before *b, struct pki_wish *w)
{
	char own[PKI_NAME_LEN + 8];
	struct reason why;

	if (o->sans_n == 0 && b->cert != NULL) {
		w->sans = X509_get_ext_d2i(b->cert, NID_subject_alt_name, NULL,
		    NULL);
		return CTL_EXIT_OK;
	}
	w->sans = GENERAL_NAMES_new();
	if (w->sans == NULL)
		return out_of_memory();
	for (size_t i = 0; i < o->sans_n; i++) {
		if (!pki_san_add(w->sans, o->sans[i], &why))
			return complain(CTL_EXIT_USAGE, "%s", why.s);
	}
	/* A name that cannot stand in DNS is in the subject only. */
	str_fmt(own, sizeof(own), "dns:%s", name);
	if (o->sans_n == 0)
		(void)pki_san_add(w->sans, own, &why);
	return CTL_EXIT_OK;
}

/* The key it had, unless there is none or it is to be replaced. */
static enum ctl_exit
choose_key(const struct pki_options *o, struct before *b, bool *is_new)
{
	*is_new = b->key == NULL;
	return *is_new ? new_key(o, &b->key) : CTL_EXIT_OK;
}

static enum ctl_exit
choose_issuer(struct pki_ca *ca, struct pki_wish *w)
{
	const char *issuer = ca->sub != NULL ? "sub" : "root";
	enum ctl_exit rc;

	w->ca = ca->sub != NULL ? ca->sub : ca->root;
	w->ca_key = ca->sub != NULL ? ca->sub_key : ca->root_key;
	if (pki_ca_revoked(ca, "sub"))
		return complain(CTL_EXIT_FAILED, "the subordinate CA is "
		    "revoked (\"vpnctl pki subca\" makes a new one)");
	rc = still_valid(ca, w->ca, ca->sub != NULL ? "subordinate" : "root");
	return rc == CTL_EXIT_OK ? pki_ca_need_key(ca, issuer) : rc;
}

static enum ctl_exit
put_gateway(struct pki_ca *ca, const char *name, X509 *cert,
    EVP_PKEY *key)
{
	X509 *const chain[] = { cert, ca->sub };
	char file[STORE_NAME_LEN];
	enum ctl_exit rc;

	if (key != NULL) {
		str_fmt(file, sizeof(file), "%s.key", name);
		store_put(&ca->store, file, pki_pem_key(key), true);
	}
	str_fmt(file, sizeof(file), "%s.crt", name);
	store_put(&ca->store, file, pki_pem_certs(chain,
	    ca->sub != NULL ? 2 : 1), false);
	rc = pki_ca_put_index(ca);
	return rc == CTL_EXIT_OK ? store_commit(&ca->store) : rc;
}

static enum ctl_exit
make_gateway(struct pki_ca *ca, const struct pki_options *o,
    const char *name, struct before *b, struct pki_entry *e)
{
	struct pki_wish w = {
		.role = PKI_GATEWAY, .now = ca->now,
		.days = o->days != 0 ? o->days : GATEWAY_DAYS,
	};
	enum ctl_exit rc = choose_issuer(ca, &w);
	X509 *cert = NULL;
	bool is_new = false;
	struct urls urls;

	if (rc == CTL_EXIT_OK)
		rc = choose_urls(o, name, b->cert, &urls, &w);
	if (rc == CTL_EXIT_OK)
		rc = choose_subject(o, name, b, &w);
	if (rc == CTL_EXIT_OK)
		rc = choose_sans(o, name, b, &w);
	if (rc == CTL_EXIT_OK)
		rc = choose_key(o, b, &is_new);
	w.key = b->key;
	if (rc == CTL_EXIT_OK)
		rc = sign(ca, &w, ca->sub != NULL ? "sub" : "root", name,
		    &cert, e);
	if (rc == CTL_EXIT_OK)
		rc = put_gateway(ca, name, cert, is_new ? b->key : NULL);
	X509_NAME_free(w.subject);
	GENERAL_NAMES_free(w.sans);
	X509_free(cert);
	return rc;
}

enum ctl_exit
pki_issue(const struct pki_options *o, char **argv, int argc)
{
	enum ctl_exit rc = check_name(argv[0]);
	struct before b = { 0 };
	struct pki_entry e;
	struct pki_ca ca;

	(void)argc;
	if (rc == CTL_EXIT_OK)
		rc = check_key_type(o);
	if (rc == CTL_EXIT_OK)
		rc = pki_ca_open(&ca, o, false);
	if (rc != CTL_EXIT_OK)
		return rc;
	rc = load_before(&ca, o, argv[0], &b);
	if (rc == CTL_EXIT_OK)
		rc = make_gateway(&ca, o, argv[0], &b, &e);
	if (rc == CTL_EXIT_OK)
		pki_show_files(&ca, o, &e);
	X509_free(b.cert);
	EVP_PKEY_free(b.key);
	pki_ca_close(&ca);
	return rc;
}

/* --- revoke, crl --- */

/* All of a name that are still good, or the one of a serial. */
static enum ctl_exit
mark_revoked(struct pki_ca *ca, const char *what, int reason)
{
	enum ctl_exit rc = CTL_EXIT_OK;
	unsigned n = 0;

	for (size_t i = 0; rc == CTL_EXIT_OK && i < ca->index.n; i++) {
		struct pki_entry *e = &ca->index.e[i];

		if (strcmp(e->name, "root") == 0 || e->revoked != 0 ||
		    e->expires <= ca->now || (strcmp(e->name, what) != 0 &&
		    strcasecmp(e->serial, what) != 0))
			continue;
		e->revoked = ca->now;
		e->reason = reason;
		rc = pki_ca_need_key(ca, e->issuer);
		n++;
	}
	if (rc == CTL_EXIT_OK && n == 0)
		rc = complain(CTL_EXIT_FAILED, "\"%s\" is revoked or expired "
		    "already", what);
	return rc;
}

static enum ctl_exit
revoke(struct pki_ca *ca, const char *what, int reason)
{
	const struct pki_entry *e = pki_index_find(&ca->index, what);
	enum ctl_exit rc;

	if (e == NULL)
		return complain(CTL_EXIT_NO_OBJECT, "there is no certificate "
		    "\"%s\"", what);
	if (strcmp(e->name, "root") == 0)
		return complain(CTL_EXIT_FAILED, "a root is not revoked: take "
		    "it out of everybody's ca_certificates");
	rc = mark_revoked(ca, what, reason);
	if (rc == CTL_EXIT_OK)
		rc = pki_ca_put_index(ca);
	if (rc == CTL_EXIT_OK)
		rc = pki_ca_put_crls(ca);
	return rc == CTL_EXIT_OK ? store_commit(&ca->store) : rc;
}

enum ctl_exit
pki_revoke(const struct pki_options *o, char **argv, int argc)
{
	int reason = pki_reason(o->reason != NULL ? o->reason : "unspecified");
	enum ctl_exit rc;
	struct pki_ca ca;

	(void)argc;
	if (reason < 0)
		return complain(CTL_EXIT_USAGE, "--reason must be one of %s, "
		    "not \"%s\"", pki_reason_names, o->reason);
	rc = pki_ca_open(&ca, o, false);
	if (rc != CTL_EXIT_OK)
		return rc;
	rc = revoke(&ca, argv[0], reason);
	if (rc == CTL_EXIT_OK)
		pki_show_files(&ca, o, pki_index_find(&ca.index, argv[0]));
	pki_ca_close(&ca);
	return rc;
}

enum ctl_exit
pki_crl(const struct pki_options *o, char **argv, int argc)
{
	enum ctl_exit rc;
	struct pki_ca ca;

	(void)argv;
	(void)argc;
	rc = pki_ca_open(&ca, o, false);
	if (rc != CTL_EXIT_OK)
		return rc;
	if (ca.sub_key == NULL)
		rc = pki_ca_need_key(&ca, "root");
	if (rc == CTL_EXIT_OK)
		rc = pki_ca_put_crls(&ca);
	if (rc == CTL_EXIT_OK)
		rc = store_commit(&ca.store);
	if (rc == CTL_EXIT_OK) {
		pki_show_files(&ca, o, NULL);
		rc = pki_ca_left_crls(&ca);
	}
	pki_ca_close(&ca);
	return rc;
}
