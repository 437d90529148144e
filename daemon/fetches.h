/*
 * The engine's side of the fetcher: requests go out, pieces come in and are
 * put together.  The fetcher is not believed: what is more than was asked for,
 * or malformed, is a failed fetch.
 */
#ifndef DAEMON_FETCHES_H
#define DAEMON_FETCHES_H

#include "daemon/fetch_wire.h"
#include "util/instant.h"

struct fetches {
	int		 fd;
	struct fetching {
		uint32_t	 token;		/* 0: free */
		enum fetch_kind	 kind;
		struct instant	 since;
		uint8_t		*buf;		/* owned */
		size_t		 n, cap;
	} all[FETCH_AT_A_TIME];
};

struct fetch_result {
	uint32_t	token;
	bool		begun;		/* only that: the rest follows */
	uint8_t		*data;		/* the caller's to free; or NULL */
	size_t		n;
	char		why[160];	/* why there is nothing, or "" */
};

void	fetches_init(struct fetches *, int fd);
void	fetches_fini(struct fetches *);
/* NULL: it is under way; else why it cannot be. */
const char *fetches_ask(struct fetches *, struct instant,
	    const struct fetch_ask *);
/* Reads up to the beginning or the end of one fetch.  False: nothing is. */
bool	fetches_next(struct fetches *, struct fetch_result *);

#endif
