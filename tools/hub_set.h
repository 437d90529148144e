/*
 * The files of a configuration as a set that changes in one step: read under
 * a lock, edited in memory, checked as a whole, and put into the place of what
 * was there by one rename(2) of the directory.
 */
#ifndef TOOLS_HUB_SET_H
#define TOOLS_HUB_SET_H

#include "gw/conf.h"
#include "tools/client.h"

#define HUB_PATH	512
#define HUB_CONF	"/etc/vpnd/vpnd.conf"
#define HUB_NAME	128	/* of a file in conf.d, with NUL */

struct hub_file {
	char		name[HUB_NAME];	/* "": vpnd.conf itself */
	char		*text;		/* owned; NULL: it is to go */
	size_t		n;
	bool		changed;
};

struct hub_set {
	char		conf[HUB_PATH];
	char		dir[HUB_PATH];	/* conf.d, where links lead */
	bool		there;		/* is there a directory? */
	int		lock;		/* -1: none */
	int64_t		seen[2];	/* when dir was last changed */
	struct hub_file	*v;		/* owned */
	size_t		n, room;
};

/* How a change is brought about. */
struct hub_way {
	const struct client *client;
	const char	*secrets;	/* -s; NULL: what the conf says */
	bool		dry_run;
};

/*
 * Reads vpnd.conf and the .conf files of conf.d beside it.  Nobody edits until
 * hub_set_fini(), and alone nobody reads either; that is waited for as long as
 * for an answer.  Complains.
 */
enum ctl_exit	hub_set_read(struct hub_set *, const char *conf, bool alone,
		    unsigned timeout);
void		hub_set_fini(struct hub_set *);	/* wipes */
/* The file of conf.d, also one that was put; NULL: there is none. */
struct hub_file	*hub_set_file(const struct hub_set *, const char *name);
/* Its text, also when it was not read yet; malloc's.  NULL: there is none. */
char		*hub_set_text(const struct hub_set *, const char *name);
/* Takes text over, which is malloc's; false: no memory. */
bool		hub_set_put(struct hub_set *, const char *name, char *text);
void		hub_set_drop(struct hub_set *, const char *name);
/* "/etc/vpnd/conf.d/NAME", or vpnd.conf. */
void		hub_set_path(const struct hub_set *, const char *name,
		    char path[static HUB_PATH]);
/* As it is with the changes; NULL: complained. */
struct conf	*hub_set_parse(const struct hub_set *);
/*
 * Checks the set as vpnd would, puts it in place, and makes vpnd take it;
 * *taken: it has, and not only will at its next start.  Complains, and then
 * all is as it was.
 */
enum ctl_exit	hub_set_commit(struct hub_set *, const struct hub_way *,
		    bool *taken);

#endif
