/*
 * The directory conf.d beside vpnd.conf: what in it belongs to the
 * configuration, in byte order of the names.
 */
#ifndef DAEMON_CONFDIR_H
#define DAEMON_CONFDIR_H

#include "util/bytes.h"
#include "util/str.h"

#define CONFDIR_NAME	"conf.d"
#define CONFDIR_PATH	512
#define CONFDIR_FILES	65536	/* of each kind */

struct confdir_file {
	char		*name;		/* owned; where it stands for errors */
	char		*path;		/* owned; where it is */
	uint8_t		*text;		/* owned; NULL for secrets */
	size_t		n;
};

struct confdir_list {
	struct confdir_file *v;		/* owned */
	size_t		n, room;
};

struct confdir {
	bool		there;
	struct confdir_list confs, secrets;
};

/*
 * Reads the .conf files of conf.d beside conf_path, from instead if that is
 * not NULL, up to most octets of text, and finds the .secrets.  No directory
 * is none; false: *why says what is not to be used or cannot be read.
 */
bool	confdir_read(struct confdir *, const char *conf_path,
	    const char *from, size_t most, struct reason *why);
void	confdir_fini(struct confdir *);

#endif
