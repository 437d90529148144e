/* What a script has an end do: "ike", "child", "del", ... see script.h. */
#ifndef TEST_SIM_SCRIPT_ACT_H
#define TEST_SIM_SCRIPT_ACT_H

#include "sim/script.h"

bool	script_act(struct script *, char role, const char *word);

#endif
