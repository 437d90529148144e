/* `vpnctl metrics`: what monitoring systems are told. */
#ifndef TOOLS_METRICS_H
#define TOOLS_METRICS_H

#include "tools/client.h"

#define METRICS_EVERY_MAX 86400	/* seconds */

enum metrics_format {
	METRICS_OPENMETRICS,
	METRICS_PROMETHEUS,	/* text format 0.0.4 */
	METRICS_EMF,		/* CloudWatch embedded metric format */
	METRICS_FORMATS
};

struct metrics_options {
	enum metrics_format format;
	const char	*out;		/* a file; NULL: standard output */
	const char	*name_space;	/* of EMF; NULL: "vpnd" */
	unsigned	every;		/* seconds; 0: once */
};

/* "emf"; false: no such format. */
bool		metrics_format(const char *, enum metrics_format *);
enum ctl_exit	metrics_run(const struct client *,
		    const struct metrics_options *);

#endif
