/*
 * Pre-shared keys, those for authentication and those against quantum
 * computers (PPK, RFC 8784): read from a file that nobody else may read, kept
 * in memory that neither a child nor a core dump gets to see, and never handed
 * out: the engine sends octets and gets an AUTH value, or keys and gets them
 * mixed.
 */
#ifndef DAEMON_KEYSTORE_H
#define DAEMON_KEYSTORE_H

#include "crypto/prf.h"
#include "gw/conf.h"
#include "gw/kern.h"
#include "util/str.h"

#define KEYSTORE_MAX	32768	/* keys */
#define KEYSTORE_PSK_MAX 256	/* octets of one */

struct keystore;

/* NULL: *why is "FILE:LINE: key: message". */
struct keystore	*keystore_load(const char *path, struct reason *why);
void		keystore_free(struct keystore *);	/* wipes */
/* Without a file: no key at all.  NULL: no memory. */
struct keystore	*keystore_none(void);
/* Is there a key for this tunnel? */
bool		keystore_has(const struct keystore *, const char *connection,
		    uint32_t tunnel);
bool		keystore_has_ppk(const struct keystore *,
		    const char *connection, uint32_t tunnel);
/*
 * Another value when the tunnel's key or PPK is another; without the key of
 * the mark it says nothing of them.
 */
void		keystore_mark(const struct keystore *, const char *connection,
		    uint32_t tunnel, struct bytes key,
		    uint8_t out[static CONF_MARK_LEN]);
/*
 * RFC 7296 section 2.15: AUTH over the octets of the request, or the two values
 * that it asks for, one behind the other; RFC 8784: the
 * keys in it, at most three, mixed.  0 and value filled, or an errno with its
 * reason in text of KERN_TEXT_LEN.
 */
int		keystore_auth(const struct keystore *,
		    const struct kern_auth *, uint16_t *n,
		    uint8_t value[static 3 * PRF_MAX], char *text);
/*
 * Why a file with a secret in it is not to be used: others may read it, it is
 * no file, it is larger than that.  NULL: it is fine.
 */
const char	*keystore_file_fault(int fd, size_t max);

#endif
