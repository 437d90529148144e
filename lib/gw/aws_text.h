/* The generic text that AWS's console lets one download. */
#ifndef GW_AWS_TEXT_H
#define GW_AWS_TEXT_H

#include "gw/aws.h"

/* Does it look like one? */
bool	aws_text_is(struct bytes);
/* Into a fresh connection, not settled yet.  False: *why, with its line. */
bool	aws_text_read(struct aws_connection *, struct bytes,
	    struct reason *why);
void	aws_text_write(struct wr *, const struct aws_connection *);

#endif
