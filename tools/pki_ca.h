/* The small CA with its book, its certificates and its keys. */
#ifndef TOOLS_PKI_CA_H
#define TOOLS_PKI_CA_H

#include "tools/pki.h"
#include "tools/pki_make.h"
#include "tools/pki_store.h"

struct pki_ca {
	struct store	store;
	struct pki_index index;
	int64_t		now;
	/* What there is; NULL: not there, and of keys: kept elsewhere. */
	X509		*root, *sub;
	EVP_PKEY	*root_key, *sub_key;
};

/* Opens and loads; with create, of a directory that may not be there yet. */
enum ctl_exit	pki_ca_open(struct pki_ca *, const struct pki_options *,
		    bool create);
void		pki_ca_close(struct pki_ca *);
/*
 * A certificate or a key of the directory by its file's name; complains when
 * it is something else.  A key that is not there is NULL: one that is kept
 * elsewhere is missed only when it is needed.
 */
enum ctl_exit	pki_ca_load_cert(const struct pki_ca *, const char *file,
		    X509 **);
enum ctl_exit	pki_ca_load_key(const struct pki_ca *, const char *file,
		    EVP_PKEY **);
/* The last certificate of this name was revoked. */
bool		pki_ca_revoked(const struct pki_ca *, const char *name);
/* Complains when the key of "root" or "sub" is not there. */
enum ctl_exit	pki_ca_need_key(const struct pki_ca *, const char *issuer);
/*
 * To be written with the next commit: the book, and the CRL, by what is in
 * it, of each CA whose key is there.
 */
enum ctl_exit	pki_ca_put_index(struct pki_ca *);
enum ctl_exit	pki_ca_put_crls(struct pki_ca *);
/*
 * Complains of each CRL that pki_ca_put_crls() leaves as it is, since the key
 * is not there; fails when it has ended, or will in PKI_CRL_SPARE days.
 */
enum ctl_exit	pki_ca_left_crls(const struct pki_ca *);
/* "/etc/vpnd/pki/gw1.crt" */
void		pki_ca_path(const struct pki_ca *, const char *name,
		    const char *suffix, char *, size_t);

/* Prints what vpnd's configuration needs, as text or JSON. */
void		pki_show_files(const struct pki_ca *,
		    const struct pki_options *, const struct pki_entry *);

#endif
