/*
 * What must always hold, and what must hold when all is up or all is down.
 * Everything is compared with the kernels' tables, never with what the
 * gateway believes to have asked for.
 */
#ifndef TEST_SIM_CHECK_H
#define TEST_SIM_CHECK_H

#include "sim/world.h"

struct gate;

/* After every step; a violation is the world's trouble. */
void	check_step(struct world *);
/*
 * Every tunnel of both ends up with one IKE SA and one child, the kernels'
 * SAs mirror each other, no step is outstanding.
 */
bool	check_up(const struct world *, struct reason *why);
/* Nothing of the gateway is left in its kernel but its interfaces. */
bool	check_clean(const struct gate *, struct reason *why);
/* Next hops of the gate's route for an address. */
unsigned	check_hops(const struct gate *, const char *dst);

#endif
