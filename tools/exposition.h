/*
 * Metrics as text for Prometheus and whoever reads its formats: OpenMetrics
 * 1.0, and the older text format 0.0.4 that the textfile collector of
 * node_exporter takes.
 */
#ifndef TOOLS_EXPOSITION_H
#define TOOLS_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum exposition_format {
	EXPOSITION_OPENMETRICS,
	EXPOSITION_PROMETHEUS,
};

enum exposition_type {
	EXPOSITION_GAUGE,
	EXPOSITION_COUNTER,	/* its samples' name gets "_total" */
};

struct exposition_family {
	const char	*name;		/* with its unit, without "_total" */
	enum exposition_type type;
	const char	*unit;		/* "bytes"; "": none */
	const char	*help;
};

#define EXPOSITION_LABELS 1024	/* octets of a sample's labels */

struct exposition {
	FILE		*to;		/* borrowed */
	enum exposition_format format;
	struct exposition_family family;
	bool		named;		/* the family's lines are out */
};

/* What samples follow are of; one without samples is left out. */
void	exposition_begin(struct exposition *,
	    const struct exposition_family *);
/* v / 10^decimals; decimals 0 to 9.  Labels as of exposition_label(). */
void	exposition_sample(struct exposition *, const char *labels, int64_t v,
	    unsigned decimals);
/* The last line. */
void	exposition_end(struct exposition *);
/* Appends name="value", escaped; a label that has no room is left out. */
void	exposition_label(char labels[static EXPOSITION_LABELS],
	    const char *name, const char *value);

#endif
