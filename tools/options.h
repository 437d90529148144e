/* The command line's options, which may stand anywhere in it. */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>

#include "tools/aws.h"
#include "tools/client.h"
#include "tools/metrics.h"
#include "tools/pki.h"

enum {				/* options that only some commands take */
	OPT_DIR = 256,
	OPT_KEY,
	OPT_DN,
	OPT_REASON,
	OPT_DAYS,
	OPT_SAN,
	OPT_NEW_KEY,
	OPT_WIRESHARK,
	OPT_CRL_URL,
	OPT_OCSP_URL,
	OPT_CONFIRM_WITHIN,
	OPT_OUT,
	OPT_NAME,
	OPT_LOCAL_ADDRESS,
	OPT_ROLE,
	OPT_NETWORK,
	OPT_ROUTE,
	OPT_DRY_RUN,
	OPT_FORCE,
	OPT_FORMAT,
	OPT_INTERFACE,
	OPT_NAMESPACE,
	OPT_EVERY,
	OPT_APPLY_PENDING,
	OPT_SECONDS,
	OPT_COUNT,
};
#define TAKES(option)	(1U << ((option) - OPT_DIR))
#define TAKES_KEY	(TAKES(OPT_DIR) | TAKES(OPT_KEY) | TAKES(OPT_DAYS) | \
	TAKES(OPT_CRL_URL) | TAKES(OPT_OCSP_URL))

#define TAKES_AWS	(TAKES(OPT_OUT) | TAKES(OPT_LOCAL_ADDRESS) | \
	TAKES(OPT_NETWORK) | TAKES(OPT_ROUTE) | TAKES(OPT_FORCE))

struct options {
	struct client	client;
	bool		json, help;
	const char	*secrets;	/* check's; NULL: not given */
	struct pki_options pki;
	bool		wireshark;	/* of keys */
	struct metrics_options metrics;
	struct aws_options aws;		/* of import and export */
	bool		apply_pending;	/* of replace-tunnel */
	unsigned	confirm_within;	/* of apply; 0: not given */
	unsigned	seconds, count;	/* of a trace; 0: not given */
	unsigned	given;		/* long options, TAKES() */
	int		words_at;	/* argv from there on */
};

/* Everything but options ends up behind words_at.  Complains. */
enum ctl_exit	options_read(struct options *, int argc, char **argv);
/* One that was given though only others take it, or NULL. */
const char	*options_unwanted(const struct options *, unsigned takes);

#endif
