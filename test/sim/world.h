/*
 * The simulated world: one virtual clock, one queue of events, one seed for
 * everything that happens by chance, so that a run replays bit for bit.
 * Gateways (gate.h) stand in it, links (link.h) join them.
 */
#ifndef TEST_SIM_WORLD_H
#define TEST_SIM_WORLD_H

#include "crypto/drbg.h"
#include "util/instant.h"
#include "util/map.h"
#include "util/str.h"

#define WORLD_GATES	4
#define WORLD_LINKS	8

struct gate;
struct link;
struct world;

/* Something that happens at an instant; embedded first in what it carries. */
struct happening {
	struct instant	at;
	uint64_t	seq;		/* earlier ones first */
	void		(*run)(struct world *, struct happening *);
	void		(*drop)(struct happening *);	/* frees it */
};

/* What became of the probes, the data packets of the hosts behind. */
struct world_tally {
	unsigned	sent, arrived;
	unsigned	lost;		/* by anything but the links */
	unsigned	dropped;	/* by the links: loss, cut */
	unsigned	by_tunnel[2];	/* arrived through this one */
	const char	*why;		/* of the last lost one */
};

struct world {
	struct instant	now;
	uint64_t	seed;
	uint64_t	steps;
	struct drbg	chance;
	struct happening	**heap;		/* owned */
	size_t		n, cap;
	uint64_t	next_seq;
	unsigned	busy;		/* steps without time going on */
	struct gate	*gates[WORLD_GATES];	/* owned */
	unsigned	gates_n;
	struct link	*links[WORLD_LINKS];	/* owned */
	unsigned	links_n;
	struct map	tcps;		/* number -> TCP connection */
	uint64_t	next_tcp;
	struct span	probe_every;	/* zero: none */
	uint32_t	probe_flow;
	struct world_tally tally;
	bool		steady;		/* every tunnel must stay usable */
	bool		trace;
	struct reason	trouble;	/* the first one, with seed and step */
};

void	world_init(struct world *, uint64_t seed);
void	world_fini(struct world *);
/* Takes the event over. */
void	world_at(struct world *, struct span from_now, struct happening *);
/* Everything that happens in this time, or until there is trouble. */
void	world_run(struct world *, struct span);
/* One step, not after this instant; false: there was none. */
bool	world_step(struct world *, struct instant until);
void	world_trouble(struct world *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
/* One line for the trace, where it is wanted (SIM_TRACE). */
void	world_trace(const struct world *, const char *who, const char *, ...)
	    __attribute__((format(printf, 3, 4)));
/* Uniform in [least, most). */
struct span	world_span(struct world *, struct span least, struct span most);
bool	world_chance(struct world *, unsigned percent);
/* Never NULL: the simulator has memory or ends. */
void	*world_alloc(size_t);

#endif
