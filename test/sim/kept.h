/* What is kept of a gate's engine for its next one (gw/deposit.h). */
#ifndef TEST_SIM_KEPT_H
#define TEST_SIM_KEPT_H

#include "sim/gate.h"

/* A part of a record. */
void	kept_take(struct gate *, const struct kern_keep *);
/* As legacy_read() wants it; the caller frees it. */
struct bytes kept_all(const struct gate *);
void	kept_forget(struct gate *);

#endif
