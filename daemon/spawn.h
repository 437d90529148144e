/* Starting the engine and the fetcher in processes without any privilege. */
#ifndef DAEMON_SPAWN_H
#define DAEMON_SPAWN_H

#include <sys/types.h>

#include "daemon/engine.h"

#define SPAWN_DEFAULT_USER	"vpnd"
#define SPAWN_FALLBACK_USER	"nobody"

struct spawn_user {
	uid_t		uid;
	gid_t		gid;
	char		name[64];
};

/*
 * Looks the user up; NULL means the default one and, when there is none, the
 * fallback.  False: no such user, or it is root.
 */
bool	spawn_user_find(struct spawn_user *, const char *name);
/* Makes the empty directory that will be the engine's root; 0 or -errno. */
int	spawn_root_make(const char *path);
/*
 * Forks; the child gives everything up, frees with forget(of) what it has
 * inherited and does not need, and runs the engine with what is in boot, of
 * which every descriptor stays open in the parent too.  The pid, or -errno.
 */
pid_t	spawn_engine(const struct spawn_user *, const char *root,
	    const struct engine_boot *, void (*forget)(void *), void *of);
/* The same for the fetcher, which serves at this end of its socket. */
pid_t	spawn_fetcher(const struct spawn_user *, int sock,
	    void (*forget)(void *), void *of);

#endif
