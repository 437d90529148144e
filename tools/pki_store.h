/*
 * The CA's directory: locked while it is used, and changed by all files of a
 * command at once or not at all.
 */
#ifndef TOOLS_PKI_STORE_H
#define TOOLS_PKI_STORE_H

#include "gw/ctl.h"
#include "util/bytes.h"

#define STORE_PUTS	8
#define STORE_NAME_LEN	80

struct store {
	char		dir[1024];
	int		fd;		/* the directory; -1: not open */
	int		lock;
	size_t		n;		/* files to be written */
	struct {
		char		name[STORE_NAME_LEN];
		struct bytes	data;	/* owned; wiped */
		bool		secret;
	} put[STORE_PUTS];
};

/*
 * Opens and locks the directory, and finishes or forgets what a command that
 * was killed left behind.  With create, makes it.
 */
enum ctl_exit	store_open(struct store *, const char *dir, bool create);
void		store_close(struct store *);

bool		store_has(const struct store *, const char *name);
/* The file as text, to be freed by the caller. */
enum ctl_exit	store_read(const struct store *, const char *name,
		    char **text);
/* To be written by store_commit; takes the data, which malloc() gave. */
void		store_put(struct store *, const char *name, struct bytes,
		    bool secret);
enum ctl_exit	store_commit(struct store *);

#endif
