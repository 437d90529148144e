/* The way back: a connection of our configuration as AWS's description. */
#ifndef GW_AWS_FROM_H
#define GW_AWS_FROM_H

#include "gw/aws.h"

/*
 * Either end's: the hub's as AWS has it, the device's turned round.  Without
 * keys, which are in no configuration; whoever has them sets psk.  NULL: no
 * memory, or what cannot be described, and *why.
 */
struct aws_connection *aws_from_conf(const struct conf *,
	    const struct conf_connection *, struct reason *why);

#endif
