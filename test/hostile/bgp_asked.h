/* A vpnd that is asked how it takes what its BGP neighbour says. */
#ifndef TEST_HOSTILE_BGP_ASKED_H
#define TEST_HOSTILE_BGP_ASKED_H

#include <stdbool.h>
#include <sys/un.h>

struct asked {
	struct sockaddr_un ctl;
	int		fd;		/* of its control socket, or -1 */
	const char	*tunnel, *log;	/* name; path */
};

_Noreturn void bail(const char *what);

void	asked_init(struct asked *, const char *socket_path,
	    const char *tunnel, const char *log);
/* Is the route of bgp_rows.h there and accepted? */
bool	asked_route(struct asked *);
/* Is that in what it says of the neighbour? */
bool	asked_says(struct asked *, const char *what);
/* How many requests for a refresh it has worked on. */
unsigned long asked_refreshes(struct asked *);
/* How often it has complained of an UPDATE. */
unsigned asked_complaints(const struct asked *);

#endif
