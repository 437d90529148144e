/*
 * Configuration and secrets as they lie on disk: read, parsed, checked, and
 * handed to the engine as a sealed memory file.
 */
#ifndef DAEMON_CONFFILE_H
#define DAEMON_CONFFILE_H

#include "gw/conf.h"
#include "daemon/certfiles.h"
#include "daemon/confdir.h"
#include "daemon/keystore.h"

#define CONFFILE_PATH	512

struct conffile {
	char		path[CONFFILE_PATH];
	char		secrets_path[CONFFILE_PATH];
	uint8_t		*text;		/* of path; owned */
	size_t		n;
	struct confdir	dir;		/* what conf.d adds to it */
	struct conf	*conf;		/* owned */
	struct keystore	*keys;		/* owned */
	struct certfiles certs;		/* owned */
};

/* Where a configuration is read from. */
struct conffile_from {
	const char	*path;		/* vpnd.conf */
	/* Of its text, which root alone can have written; NULL: path. */
	const char	*candidate;
	const char	*dir;		/* NULL: conf.d beside path */
	const char	*secrets;	/* NULL: what the configuration says */
};

/*
 * False: *why is one line, "FILE:LINE: key: message".  A candidate is named in
 * errors; a directory is not, but what it is read in place of.
 */
bool	conffile_load(struct conffile *, const struct conffile_from *,
	    struct reason *why);
void	conffile_free(struct conffile *);
/* In a child: all but the names goes, without touching a key. */
void	conffile_forget(struct conffile *);
/* A new descriptor of the bundle, which nobody can change; or -errno. */
int	conffile_memfd(const struct conffile *);
/* The tunnel whose interface has this name, or NULL. */
const struct conf_tunnel *conffile_tunnel(const struct conffile *,
	    const char *ifname);
/* A file's whole content; false: errno says why.  The caller frees it. */
bool	conffile_read_all(int fd, size_t max, uint8_t **, size_t *n);
/* A name as written in the configuration, seen from its directory. */
void	conffile_beside(const char *conf_path, const char *name, char *,
	    size_t);
/*
 * Counts the tunnels without a pre-shared key that they need, calling each()
 * with a line for every one of them.
 */
unsigned conffile_keyless(const struct conffile *,
	    void (*each)(const char *line));
/* Has every tunnel the keys that it needs?  False: *why names one without. */
bool	conffile_complete(const struct conffile *, struct reason *why);
/* Does the file hold this text? */
bool	conffile_holds(const char *path, struct bytes text);

#endif
