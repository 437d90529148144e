/*
 * Pre-shared keys, those for authentication, those against quantum computers
 * (PPK, RFC 8784) and those that sign BGP's TCP segments (RFC 2385): read from
 * files that nobody else may read, kept in memory that neither a child nor a
 * core dump gets to see, and never handed out: the engine sends octets and
 * gets an AUTH value, or keys and gets them mixed, or a socket that has its
 * key.
 */
#ifndef DAEMON_KEYSTORE_H
#define DAEMON_KEYSTORE_H

#include "crypto/prf.h"
#include "gw/conf.h"
#include "gw/kern.h"
#include "util/str.h"

#define KEYSTORE_MAX	32768	/* keys */
#define KEYSTORE_PSK_MAX 256	/* octets of one */
#define KEYSTORE_NEIGHBOR UINT32_MAX	/* in place of a tunnel: no tunnel's */
#define KEYSTORE_BGP_MAX 80	/* what the kernel takes for TCP MD5 */

enum keystore_kind {
	KEYSTORE_PSK,
	KEYSTORE_PPK,
	KEYSTORE_BGP,
	KEYSTORE_KINDS
};

struct keystore;

/* Where it is, and what messages call it. */
struct keystore_file {
	const char	*path, *name;
};

/* NULL: *why is "FILE:LINE: key: message". */
struct keystore	*keystore_load(const char *path, struct reason *why);
/* What is in all of them; none: no key at all. */
struct keystore	*keystore_load_all(const struct keystore_file *, size_t,
		    struct reason *why);
void		keystore_free(struct keystore *);	/* wipes */
/* As the file calls it: "pre_shared_key". */
const char	*keystore_kind_str(enum keystore_kind);
/*
 * Is there such a key for this tunnel, or for the neighbour of this name
 * (KEYSTORE_NEIGHBOR)?  The others take these likewise.
 */
bool		keystore_has(const struct keystore *, enum keystore_kind,
		    const char *connection, uint32_t tunnel);
/* What AWS has against the tunnel's pre-shared key, as psk_fault(); or NULL. */
const char	*keystore_psk_fault(const struct keystore *,
		    const char *connection, uint32_t tunnel);
/*
 * Another value when one of the tunnel's keys of the kinds from..to is
 * another; without the key of the mark it says nothing of them.
 */
void		keystore_mark(const struct keystore *, enum keystore_kind from,
		    enum keystore_kind to, const char *connection,
		    uint32_t tunnel, struct bytes key,
		    uint8_t out[static CONF_MARK_LEN]);
/*
 * The key for a socket of the tunnel's, a view until keystore_free(); p NULL:
 * there is none.
 */
struct bytes	keystore_bgp(const struct keystore *, const char *connection,
		    uint32_t tunnel);
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
