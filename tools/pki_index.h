/*
 * The CA's book: one line per certificate, of words and at last the subject,
 * that people can read and grep.
 *
 *   # serial issuer status issued expires revoked reason name subject
 */
#ifndef TOOLS_PKI_INDEX_H
#define TOOLS_PKI_INDEX_H

#include "util/bytes.h"
#include "util/str.h"

#define PKI_NAME_LEN	64

struct pki_entry {
	char		serial[41];	/* hex */
	char		issuer[8];	/* "root" or "sub" */
	char		name[PKI_NAME_LEN];	/* "root", "sub", "gw1" */
	char		subject[256];
	int64_t		issued, expires, revoked;	/* Unix seconds; 0 */
	int		reason;		/* CRL's, when revoked */
};

struct pki_index {
	size_t		n;
	struct pki_entry *e;
};

/* False, with the line: not such a text. */
bool		pki_index_parse(struct pki_index *, const char *,
		    struct reason *);
/* With a NUL behind it, to be freed by the caller. */
struct bytes	pki_index_text(const struct pki_index *);
void		pki_index_fini(struct pki_index *);
bool		pki_index_add(struct pki_index *, const struct pki_entry *);
/* By name, the last one, or by serial; NULL: none. */
struct pki_entry *pki_index_find(const struct pki_index *, const char *);

/* "keyCompromise" to RFC 5280's number; -1: no reason to revoke for. */
int		pki_reason(const char *);
const char	*pki_reason_str(int);
extern const char pki_reason_names[];

#endif
