/*
 * A private key: read from a file that nobody else may read, kept in memory
 * that neither a child nor a core dump gets to see, and used in a child that
 * ends with the signature.
 */
#ifndef DAEMON_PRIVKEY_H
#define DAEMON_PRIVKEY_H

#include "gw/kern.h"
#include "util/bytes.h"
#include "util/str.h"

struct privkey;

/*
 * The key of the first certificate in this PEM text.  NULL: *why says what
 * is wrong with the file, the key, or that it is another one's.
 */
struct privkey	*privkey_load(const char *path, struct bytes certificate,
		    struct reason *why);
void		privkey_free(struct privkey *);		/* wipes */
/*
 * RFC 7427 over the octets of the request: 0 and the value with its method,
 * or an errno with its reason in text of KERN_TEXT_LEN.
 */
int		privkey_sign(const struct privkey *, const struct kern_auth *,
		    uint8_t *method, uint16_t *n,
		    uint8_t value[static KERN_VALUE_MAX], char *text);

#endif
