/*
 * What is counted, in one table: name, kind, unit and words of each.  Names are
 * an interface that people graph: they are added to, never changed.
 */
#ifndef GW_COUNTERS_H
#define GW_COUNTERS_H

#include "gw/inner.h"

enum counter_kind {
	COUNTER_COUNTER,	/* only grows, until its object is made anew */
	COUNTER_GAUGE,		/* as it is now */
};

enum counter_of {
	COUNTER_GATEWAY,
	COUNTER_TUNNEL,		/* one for each tunnel */
	COUNTER_NEIGHBOR,	/* one for each BGP neighbour */
};

struct counter {
	const char	*name;
	enum counter_kind kind;
	enum counter_of	of;
	const char	*unit;		/* "octets" */
	const char	*help;		/* one line */
	size_t		at;		/* in struct counters */
};

/* Values of a gateway, or of one tunnel. */
struct counters;

const struct counter *counter_at(size_t);	/* NULL: there are no more */
const char	*counter_kind_str(enum counter_kind);
/* Reads the values; of the gateway where t is NULL.  NULL: no memory. */
struct counters	*counters_read(const struct gw *, const struct gw_tunnel *t);
/* Those of a neighbour outside of tunnels: the rows of NEIGHBOR alone. */
struct counters	*counters_of(const struct gw *, const struct gw_outer *);
void		counters_free(struct counters *);
uint64_t	counter_value(const struct counters *, const struct counter *);

#endif
