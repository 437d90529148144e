/* A connection as configuration of ours: of the device, or of the hub. */
#ifndef GW_AWS_CONF_H
#define GW_AWS_CONF_H

#include "gw/aws.h"

struct aws_form {
	const char	*name;		/* the connection's, ours */
	bool		hub;		/* else the device */
	uint32_t	asn;		/* what the gateway has; 0: nothing yet */
	struct addr	local[CONF_TUNNELS];	/* unset: as AWS knows it */
};

/*
 * Its text: one connection, and asn where the gateway has none.  Whatever is
 * assumed or left to be done becomes a note.
 */
void	aws_conf_write(struct wr *, const struct aws_connection *,
	    const struct aws_form *, struct aws_notes *);
/* The secrets file that belongs to it; holds keys. */
void	aws_conf_secrets(struct wr *, const struct aws_connection *,
	    const struct aws_form *, struct aws_notes *);
/* A configuration to which such files are added. */
void	aws_conf_top(struct wr *, const struct aws_connection *,
	    const struct aws_form *, struct aws_notes *);
/* The AS number that is ours. */
uint32_t aws_conf_asn(const struct aws_connection *, const struct aws_form *);
/* "vpn-0123abcd-1", at most 15 characters. */
const char *aws_conf_ifname(const char *name, unsigned tunnel,
	    char buf[static KERN_IFNAME_LEN]);

#endif
