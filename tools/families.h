/* Every metric that there is, in one table, and its samples as text. */
#ifndef TOOLS_FAMILIES_H
#define TOOLS_FAMILIES_H

#include "tools/exposition.h"
#include "tools/sample.h"

/* All of it; of a NULL sample only that the daemon did not answer. */
void	families_write(const struct sample *, FILE *, enum exposition_format);

#endif
