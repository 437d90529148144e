/*
 * The engine's side of the fetcher: requests go out, pieces come in and are
 * put together.  The fetcher is not believed: what is more than was asked for,
 * or malformed, is a failed fetch.
 */
#ifndef DAEMON_FETCHES_H
#define DAEMON_FETCHES_H

#include "daemon/fetch_wire.h"
#include "gw/gw.h"

#define FETCHES_MAX	16

struct fetches {
	int		 fd;
	struct gw	*gw;
	struct fetching {
		uint32_t	 token;		/* 0: free */
		enum fetch_kind	 kind;
		struct instant	 since;
		uint8_t		*buf;		/* owned */
		size_t		 n, cap;
	} all[FETCHES_MAX];
};

void	fetches_init(struct fetches *, int fd, struct gw *);
void	fetches_fini(struct fetches *);
/* GW_OUT_FETCH.  What cannot even be asked for has failed at once. */
void	fetches_ask(struct fetches *, struct instant, const struct gw_out *);
void	fetches_readable(struct fetches *, struct instant);

#endif
