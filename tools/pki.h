/* `vpnctl pki`: a small CA for those who have none.  Needs no daemon. */
#ifndef TOOLS_PKI_H
#define TOOLS_PKI_H

#include "gw/ctl.h"

#define PKI_DIR		VPND_SYSCONFDIR "/pki"
#define PKI_OPTION_SANS	16
#define PKI_DAYS_MAX	7300

struct pki_options {
	const char	*dir;		/* NULL: PKI_DIR */
	const char	*key;		/* type; NULL: as it was, or ec384 */
	const char	*dn;		/* issue: subject */
	const char	*reason;	/* revoke */
	/* init, subca, issue: where the issuer's CRL lies, who answers OCSP */
	const char	*crl_url, *ocsp_url;
	unsigned	days;		/* 0: by what it is */
	bool		new_key;
	bool		json;
	size_t		sans_n;
	const char	*sans[PKI_OPTION_SANS];
};

/* One command each, on its arguments; they complain by themselves. */
enum ctl_exit	pki_init(const struct pki_options *, char **, int);
enum ctl_exit	pki_subca(const struct pki_options *, char **, int);
enum ctl_exit	pki_issue(const struct pki_options *, char **, int);
enum ctl_exit	pki_revoke(const struct pki_options *, char **, int);
enum ctl_exit	pki_crl(const struct pki_options *, char **, int);
enum ctl_exit	pki_show(const struct pki_options *, char **, int);

#endif
