/* CloudWatch's embedded metric format: a line of JSON per tunnel. */
#ifndef TOOLS_EMF_H
#define TOOLS_EMF_H

#include "tools/sample.h"

#include <stdio.h>

/*
 * TunnelState, and TunnelDataIn and TunnelDataOut since before; without before
 * only the first.  Dimensions: VpnId and TunnelIpAddress, and VpnId alone.
 */
void	emf_write(const struct sample *now, const struct sample *before,
	    const char *name_space, FILE *);

#endif
