/*
 * The configuration as it is handed to who may not read files: its texts and
 * what is in the files that it names, but for private keys.
 *
 *	directory (1) | number of texts (4) |
 *	    for each: length (4) | name | length (4) | text |
 *	    for each of conf.files in order: length (4) | octets |
 *	    for each tunnel in order: secret_mark, bgp_mark |
 *	    for each neighbour in order: bgp_mark
 *
 * Both sides parse the same texts and so have the same lists of files and of
 * tunnels; a file without octets has the length 0.
 */
#ifndef GW_BUNDLE_H
#define GW_BUNDLE_H

#include "gw/conf.h"

#define BUNDLE_MAX	(256u << 20)	/* octets of all of it */

size_t		bundle_size(const struct conf_sources *, const struct conf *);
/* The writer has room for bundle_size(). */
void		bundle_write(struct wr *, const struct conf_sources *,
		    const struct conf *);
/*
 * Like conf_parse_all(), with the files attached; file is the name in errors
 * that are of no text.
 */
struct conf	*bundle_read(struct bytes, const char *file,
		    struct conf_error *);

#endif
