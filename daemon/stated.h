/*
 * What the engine has stated about the kernel, so that what is ours and was
 * not stated can be swept.  An object is known by a 64-bit fingerprint of its
 * kernel identity; beside it stands the generation in which it was stated
 * last.  A new generation starts with a new engine and after lost events.
 */
#ifndef DAEMON_STATED_H
#define DAEMON_STATED_H

#include "gw/kern.h"
#include "util/map.h"

struct stated {
	struct map	objects;	/* fingerprint -> generation */
	uintptr_t	generation;
	struct map	kept;		/* of the walk under way */
	uint64_t	key[2];		/* of the fingerprints */
};

/* False: no randomness for the key. */
bool		stated_init(struct stated *);
void		stated_fini(struct stated *);
void		stated_new_generation(struct stated *);

/* False: out of memory; the object will be swept when it need not be. */
bool		stated_set(struct stated *, uint64_t);
/* Seen in the kernel and ours, but nobody has stated it yet. */
bool		stated_found(struct stated *, uint64_t);
void		stated_unset(struct stated *, uint64_t);
/* In this generation; in any. */
bool		stated_has(const struct stated *, uint64_t);
bool		stated_known(const struct stated *, uint64_t);
/*
 * Sweeping is a walk over what is in the kernel: what was stated in this
 * generation is kept (true), the rest is to be deleted; at its end what
 * nobody kept is forgotten.
 */
bool		stated_keep(struct stated *, uint64_t);
void		stated_keep_end(struct stated *);

/* Fingerprints, by what makes the object what it is for the kernel. */
uint64_t	stated_link(const struct stated *, const char *name);
uint64_t	stated_sa(const struct stated *, const struct kern_sa *);
uint64_t	stated_policy(const struct stated *,
		    const struct kern_policy *);
uint64_t	stated_nexthop(const struct stated *, uint32_t id);
uint64_t	stated_rule(const struct stated *, bool ipv6,
		    const char *ifname, uint32_t table);
uint64_t	stated_route(const struct stated *, const struct kern_route *);

#endif
