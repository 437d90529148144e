/* What rows M01 to M03 do, apart from the table: see collide_sync.c. */
#ifndef TEST_SIM_COLLIDE_SYNC_H
#define TEST_SIM_COLLIDE_SYNC_H

#include "sim/collide.h"

void	collide_sync_adopted(struct collide_run *);
void	collide_sync_repeated(struct collide_run *);
void	collide_sync_corrected(struct collide_run *);

#endif
