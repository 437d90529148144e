/*
 * What the engine has deposited for the next one: a record for each tunnel
 * (gw/deposit.h), opaque here.  They come over a channel of their own, so that
 * bulk on the other one is not in their way; they hold keys.
 */
#ifndef DAEMON_KEEPS_H
#define DAEMON_KEEPS_H

#include "daemon/chan.h"
#include "gw/conf.h"
#include "util/dict.h"

struct kept;

/* An all-zero one is valid and empty. */
struct keeps {
	struct dict	by_name;	/* "conn/1" -> record */
	struct kept	*all;		/* owned */
	struct kept	*part;		/* not whole yet; owned, or NULL */
	size_t		have;		/* octets of that */
	struct bytes	handed;		/* owned, while an engine is born */
};

/*
 * Takes what has come, so many datagrams at most; of a tunnel that is not in
 * the configuration nothing.  0, -EPIPE closed, -EBADMSG (it is no record), or
 * -errno.
 */
int	keeps_read(struct keeps *, struct chan *, const struct conf *,
	    unsigned most);
/* Tunnels that are not configured any more are forgotten. */
void	keeps_prune(struct keeps *, const struct conf *);
size_t	keeps_count(const struct keeps *);
/* Around the fork: all records, as gw_new() takes them; empty: none. */
struct bytes keeps_hand(struct keeps *);
void	keeps_handed(struct keeps *);
/*
 * What keeps_hand() gave to another monitor, into an empty one; false: it is
 * malformed, or there is no memory, and nothing was taken.
 */
bool	keeps_take(struct keeps *, struct bytes);
/* In a child: all but what was handed. */
void	keeps_forget(struct keeps *);
void	keeps_fini(struct keeps *);	/* wipes */

#endif
