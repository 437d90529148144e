/*
 * A connection for whoever is at its customer's end: in AWS's formats, for
 * vpnd, and as ready configurations of other people's daemons for Linux.
 */
#ifndef GW_AWS_EXPORT_H
#define GW_AWS_EXPORT_H

#include "gw/aws.h"

struct aws_export {
	const struct aws_connection *c;	/* settled or from_conf */
	const char	*name;
	struct addr	local;		/* the device's; unset: as c knows it */
	bool		vti;		/* else XFRM interfaces */
	struct aws_notes *notes;
};

struct aws_file {
	const char	*name;		/* "%" stands for the connection's */
	unsigned	mode;
	bool		bgp;		/* only there with BGP */
	void		(*write)(struct wr *, const struct aws_export *);
};

struct aws_format {
	const char	*name;
	bool		linux_daemons;	/* other people's */
	struct aws_file	files[6];	/* up to a name NULL */
};

/* NULL: no such format. */
const struct aws_format *aws_format_find(const char *name);
/* In a row, NULL past the end. */
const struct aws_format *aws_format_at(size_t i);
/* Can it be said in this format?  False: *why not. */
bool	aws_export_fits(const struct aws_export *, const struct aws_format *,
	    struct reason *why);

/* What writers share. */
struct addr aws_export_local(const struct aws_export *, unsigned tunnel);
/* An identity as text: the one given, or the address. */
const char *aws_export_id(const struct aws_export *, unsigned tunnel,
	    enum aws_side, char buf[static CONF_ID_LEN]);
/* if_id of XFRM interfaces, key and mark of VTIs. */
uint32_t aws_export_number(const struct aws_export *, unsigned tunnel);
/* Octets that fit whatever suite is negotiated, also through a NAT. */
unsigned aws_export_mtu(const struct aws_tunnel *);

/* aws_swan.c */
void	aws_swanctl_write(struct wr *, const struct aws_export *);
void	aws_strongswan_write(struct wr *, const struct aws_export *);
void	aws_ipsec_write(struct wr *, const struct aws_export *);
void	aws_ipsec_secrets_write(struct wr *, const struct aws_export *);
bool	aws_libreswan_fits(const struct aws_export *, struct reason *why);
/* aws_routing.c */
void	aws_bird_write(struct wr *, const struct aws_export *);
void	aws_frr_write(struct wr *, const struct aws_export *);
void	aws_script_write(struct wr *, const struct aws_export *);
void	aws_script_libreswan_write(struct wr *, const struct aws_export *);

#endif
