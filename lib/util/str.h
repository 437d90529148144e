/*
 * Text of bounded length: reasons, log lines, names.  Formatting truncates,
 * never overflows, and always ends in NUL.
 */
#ifndef UTIL_STR_H
#define UTIL_STR_H

#include "util/bytes.h"

/* One sentence that tells an operator why; never holds a secret. */
struct reason {
	char		s[320];	/* RFC 9003's longest, and who said it */
};

void	str_set(char *, size_t size, const char *);
void	str_fmt(char *, size_t size, const char *, ...)
	    __attribute__((format(printf, 3, 4)));
/* Appends behind what buf holds. */
void	str_add(char *, size_t size, const char *, ...)
	    __attribute__((format(printf, 3, 4)));
/* Unix seconds as "2026-11-23T12:00:00Z"; "-" what no calendar has. */
#define STR_UTC_LEN	24
const char *str_utc(int64_t, char[static STR_UTC_LEN]);
void	reason_set(struct reason *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
/*
 * Octets from a peer as printable text: ASCII graphs and blanks as they are,
 * the rest and the backslash as \xNN.
 */
void	str_escape(char *, size_t size, struct bytes);
void	str_hex(char *, size_t size, struct bytes);
/* Hex text to octets; false when odd, too long or not hex. */
bool	str_unhex(uint8_t *, size_t cap, size_t *n, const char *);

#endif
