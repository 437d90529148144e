/*
 * Objects that vpnctl makes, each a file of conf.d: KIND.NAME.conf, and the
 * keys of a connection in connection.NAME.secrets.
 */
#ifndef TOOLS_HUB_OBJECT_H
#define TOOLS_HUB_OBJECT_H

#include <libconfig.h>

#include "tools/hub_args.h"
#include "tools/hub_set.h"

struct hub_object {
	enum hub_kind	kind;
	char		name[CONF_NAME_LEN];
	char		file[HUB_NAME];
	config_t	config;
	config_setting_t *group;	/* its own, in config */
};

/* "customer-gateway" */
const char	*hub_kind_str(enum hub_kind);
/* The list at the top level: "customer_gateways". */
const char	*hub_kind_list(enum hub_kind);
bool		hub_name_is(const char *);

/* A new one, which has its name and nothing else; false: complained. */
bool		hub_object_new(struct hub_object *, enum hub_kind,
		    const char *name);
/*
 * One that vpnctl has made.  Complains when there is none, and where it stands
 * when somebody else has written it.
 */
enum ctl_exit	hub_object_open(struct hub_object *, const struct hub_set *,
		    enum hub_kind, const char *name);
/* Prints it into the set. */
enum ctl_exit	hub_object_store(const struct hub_object *, struct hub_set *);
void		hub_object_close(struct hub_object *);

/* As text that reads the same, with our line on top; malloc's. */
char		*hub_object_print(const config_t *);

/* The group of a tunnel of a connection, 1 or 2; NULL: it has none. */
config_setting_t *hub_tunnel(const struct hub_object *, unsigned);
/* Another value for a key, in the syntax of its kind; complains. */
enum ctl_exit	hub_value_put(config_setting_t *group, const struct conf_key *,
		    const char *option, const char *value);
void		hub_value_drop(config_setting_t *group, const char *key);
/* The same value under the same key in another group; false: no memory. */
bool		hub_value_copy(config_setting_t *to,
		    const config_setting_t *value);
/* A text; replaces what is there.  false: no memory. */
bool		hub_text_put(config_setting_t *group, const char *key,
		    const char *value);

/*
 * One of a tunnel's keys of a connection, "pre_shared_key", in its file of
 * secrets; value NULL: it is to go.
 */
enum ctl_exit	hub_secret_put(struct hub_set *, const char *connection,
		    unsigned tunnel, const char *key, const char *value);
/* A copy, to be wiped; false: there is none. */
bool		hub_secret_get(const struct hub_set *, const char *connection,
		    unsigned tunnel, const char *key, char *, size_t);
void		hub_secrets_file(const char *connection,
		    char file[static HUB_NAME]);

#endif
