/* The tunnel interfaces that the engine has stated, by name and by if_id. */
#ifndef DAEMON_IFACE_H
#define DAEMON_IFACE_H

#include "gw/kern.h"
#include "util/map.h"

struct iface {
	struct kern_link link;		/* as it was stated */
	enum kern_link_kind kind;	/* as it was made */
	bool		exists, up;	/* last told to the engine */
};

struct ifaces {
	struct iface	**v;		/* owned, sorted by name */
	size_t		 n, cap;
	struct map	by_if_id;	/* the same ones */
};

/* An all-zero table is valid and empty. */
void		ifaces_fini(struct ifaces *);
/* Adds or overwrites what is stated; NULL: out of memory. */
struct iface	*iface_put(struct ifaces *, const struct kern_link *);
void		iface_del(struct ifaces *, const char *name);
struct iface	*iface_by_name(const struct ifaces *, const char *);
struct iface	*iface_by_if_id(const struct ifaces *, uint32_t);

#endif
