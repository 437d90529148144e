/*
 * Site-to-Site VPN connections as AWS describes them: into configuration, and
 * back (gw/aws.h).
 */
#ifndef TOOLS_AWS_H
#define TOOLS_AWS_H

#include "gw/ctl.h"
#include "util/addr.h"

#define AWS_OPTION_NETS	64

struct aws_option_nets {
	unsigned	n;
	struct prefix	v[AWS_OPTION_NETS];
};

struct aws_options {
	const char	*out;		/* directory; NULL: not given */
	const char	*name, *format;
	struct addr	local;		/* the device's */
	struct aws_option_nets networks, routes;
	bool		hub, vti, dry_run, force;
};

/* import.c: FILE, or "-" for standard input. */
enum ctl_exit	import_run(const struct aws_options *, const char *file,
		    bool json);
/*
 * export.c: a connection of the configuration in conf (NULL: the installed
 * one) with the keys in secrets (NULL: as it says).
 */
enum ctl_exit	export_run(const struct aws_options *, const char *connection,
		    const char *conf, const char *secrets, bool json);

#endif
