/* CustomerGatewayConfiguration: what AWS calls the configuration of a device. */
#ifndef GW_AWS_XML_H
#define GW_AWS_XML_H

#include "gw/aws.h"

/* Into a fresh connection, not settled yet.  False: *why, with its line. */
bool	aws_xml_read(struct aws_connection *, struct bytes text,
	    struct reason *why);
void	aws_xml_write(struct wr *, const struct aws_connection *);

#endif
