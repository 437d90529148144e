/* Distinguished names: DER and text (RFC 4514, in the order of the DER). */
#ifndef CRYPTO_DN_H
#define CRYPTO_DN_H

#include "util/bytes.h"
#include "util/str.h"

#define DN_DER_MAX	1024

/*
 * "C=DE, O=Example, CN=gw1" to DER.  Types C, ST, L, STREET, O, OU, CN, E or
 * emailAddress, serialNumber, DC, UID, in any case; "+" joins a multi-valued
 * RDN.  False: the reason names the place; the writer is untouched.
 */
bool		dn_parse(const char *, struct wr *, struct reason *);
/* Printable ASCII, cut at size; "" when it is not a name. */
void		dn_str(struct bytes der, char *, size_t size);
/* The same name by RFC 5280 section 7.1: case, blanks, string types aside. */
bool		dn_eq(struct bytes, struct bytes);

#endif
