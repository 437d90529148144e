/* vpnctl's commands about routes and BGP. */
#ifndef TOOLS_ROUTES_H
#define TOOLS_ROUTES_H

#include "tools/client.h"

struct routes_options {
	const struct client *client;
	bool		json;
};

/*
 * A table that comes in pages, printed as it comes: text or one JSON object.
 * Counters do as well.
 */
enum ctl_exit	routes_show(const struct routes_options *,
		    enum ctl_command, const char *name, const char *what,
		    const char *table);
/* [table NAME] behind n arguments; false: something else, and said so. */
bool		routes_table(char **argv, int argc, int n, const char **name);
/* NAME [received|accepted|advertised] */
enum ctl_exit	routes_neighbor(const struct routes_options *, char **,
		    int argc);
enum ctl_exit	routes_explain(const struct routes_options *,
		    const char *prefix, const char *table);
/* NAME [TEXT...]: for the peer to read. */
enum ctl_exit	routes_shutdown(const struct routes_options *, char **,
		    int argc);

#endif
