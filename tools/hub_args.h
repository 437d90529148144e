/*
 * The words behind create, modify, delete and describe.  What an option may be
 * is what the object's keys are in the configuration, in kebab case, and some
 * names that AWS has besides.
 */
#ifndef TOOLS_HUB_ARGS_H
#define TOOLS_HUB_ARGS_H

#include "gw/conf_keys.h"
#include "tools/client.h"

#define HUB_ARGS	96

enum hub_kind {
	HUB_CUSTOMER,
	HUB_GATEWAY,
	HUB_CONNECTION,
	HUB_TABLE,
	HUB_KINDS,			/* those that are files end here */
	HUB_ROUTE = HUB_KINDS,
	HUB_ASSOCIATION,
	HUB_PROPAGATION,
	HUB_STATUS,			/* of tunnels, to describe */
};

/* An option that is no key of the configuration. */
enum hub_word {
	HUB_KEY,			/* it is one */
	HUB_PSK,
	HUB_PPK,
	HUB_BGP_PASSWORD,
	HUB_DESTINATION,
	HUB_OF_CONNECTION,
	HUB_OF_TABLE,
	HUB_BLACKHOLE,
	HUB_RESET,
	HUB_SHOW_KEYS,
};

struct hub_arg {
	const char	*name;		/* as written, without "--" */
	enum hub_word	word;
	const struct conf_key *key;	/* of HUB_KEY */
	unsigned	tunnel;		/* 1 or 2; 0: not said */
	const char	*value;
};

struct hub_args {
	struct client	client;
	bool		json, dry_run;
	const char	*conf, *secrets;
	enum hub_kind	kind;
	const char	*name;		/* NULL: none was given */
	struct hub_arg	v[HUB_ARGS];
	size_t		n;
	char		*own[HUB_ARGS];	/* of the heap, in use by v */
	size_t		own_n;
};

/* Reads on into what the caller has set; complains. */
enum ctl_exit	hub_args_read(struct hub_args *, char **argv, int argc);
void		hub_args_fini(struct hub_args *);
/* The key that an option is: "dpd-timeout-seconds" as dpd_timeout_seconds. */
#define HUB_OPTION	64
void		hub_snake(char out[static HUB_OPTION], const char *option);
/* One that --reset may name for such an object, or a tunnel of it; NULL. */
const struct conf_key *hub_args_key(enum hub_kind, const char *option);
/* The value of the last such option; NULL: none. */
const char	*hub_args_word(const struct hub_args *, enum hub_word);
/* How often the key was given, for whatever tunnel. */
/* Is it given, and true? */
bool		hub_args_flag(const struct hub_args *, enum hub_word);
size_t		hub_args_count(const struct hub_args *, const char *key);

#endif
