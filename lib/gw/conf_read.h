/*
 * What the parts of the configuration reader share while one text is read.
 * Every function that can fail fills the error itself and returns false.
 */
#ifndef GW_CONF_READ_H
#define GW_CONF_READ_H

#include <libconfig.h>

#include "gw/conf_keys.h"

/* Where a tunnel stands in the text; index is that of the tunnel, less 1. */
struct conf_site {
	size_t		 connection;	/* index in conf.connections */
	unsigned	 tunnel;	/* index in its tunnels */
	config_setting_t *in_connection, *in_tunnel;
};

struct conf_read {
	const char	*file;
	struct conf	*conf;
	struct conf_error *err;
	struct conf_site *sites;	/* owned; one per tunnel */
	size_t		 sites_n;
	struct dict	 plists, policies;	/* by name -> conf_... */
};

/* "connections[0].tunnels[1].local_id" */
void	conf_path(char *, size_t, const config_setting_t *);
/* Error at a setting that is there. */
bool	conf_fail(struct conf_read *, const config_setting_t *,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Error at a key of a group, whether it is there or missing. */
bool	conf_fail_key(struct conf_read *, const config_setting_t *group,
	    const char *key, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));
/* Error at a tunnel's key, wherever it was given: tunnel or connection. */
bool	conf_fail_tunnel(struct conf_read *, const struct conf_site *,
	    const char *key, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

/*
 * conf.c: the keys of one group, each into the struct of its place; those that
 * are for tunnels but stand in a connection go to shared.
 */
bool	conf_group_read(struct conf_read *, enum conf_place,
	    const config_setting_t *, void *base, void *shared,
	    struct conf_seen *);
bool	conf_group_check(struct conf_read *, enum conf_place,
	    const config_setting_t *, struct conf_seen);
void	conf_group_defaults(enum conf_place, void *base);
/* The list of groups under a key that is there; NULL: not such a list. */
const config_setting_t *conf_group_list(struct conf_read *,
	    const config_setting_t *, const struct conf_key *);
/* A list of groups, and zeroed room to read each into; owned by the reader. */
struct conf_groups {
	const config_setting_t *list;
	size_t		 n;		/* 0: there is none */
	void		*room;
};
bool	conf_groups_find(struct conf_read *, const config_setting_t *,
	    const struct conf_key *, size_t size, struct conf_groups *);
config_setting_t *conf_groups_at(const struct conf_groups *, size_t);

/* conf_policy.c: prefix lists and policies, before connections name them. */
bool	conf_policies_read(struct conf_read *, const config_setting_t *root);

/*
 * conf_tables.c: route tables, before connections name them; a table by name;
 * and, once all is read, whether their routes lead anywhere.
 */
bool	conf_tables_read(struct conf_read *, const config_setting_t *root);
bool	conf_table_read(struct conf_read *, const config_setting_t *,
	    const char *name, uint16_t *number);
bool	conf_propagation_read(struct conf_read *, const config_setting_t *,
	    struct conf_tables *);
void	conf_tables_default(uint16_t *association,
	    struct conf_tables *propagation);
bool	conf_tables_check(struct conf_read *, const config_setting_t *root);

/* conf_match.c: the parts of a policy's terms, each into its field. */
bool	conf_policy_named(struct conf_read *, const config_setting_t *,
	    uint16_t *);
bool	conf_entries_read(struct conf_read *, const config_setting_t *,
	    struct plist **);
bool	conf_lists_read(struct conf_read *, const config_setting_t *,
	    void *match);
bool	conf_paths_read(struct conf_read *, const config_setting_t *,
	    void *match);
bool	conf_communities_read(struct conf_read *, const config_setting_t *,
	    struct community_list *, bool patterns);
bool	conf_range_read(struct conf_read *, const struct conf_key *,
	    const config_setting_t *, struct policy_number *);
bool	conf_asns_read(struct conf_read *, const struct conf_key *,
	    const config_setting_t *, void *set);

/* conf_value.c: one setting, or a row's default, into its field. */
bool	conf_value_read(struct conf_read *, const struct conf_key *,
	    const config_setting_t *, void *base);
void	conf_value_default(const struct conf_key *, void *base);

/* conf_say.c: quoted, escaped, cut; and what is wrong with its shape. */
#define CONF_QUOTED_LEN	80
const char	*conf_quoted(const char *, char buf[static CONF_QUOTED_LEN]);
bool	conf_is_number(const config_setting_t *);
bool	conf_fail_type(struct conf_read *, const config_setting_t *,
	    const char *must);
bool	conf_fail_text(struct conf_read *, const config_setting_t *,
	    const char *must, const char *text);

/* conf_net.c: addresses and networks. */
bool	conf_outside_read(struct conf_read *, const config_setting_t *,
	    const char *text, struct addr *out);
bool	conf_inside_read(struct conf_read *, const config_setting_t *,
	    const char *text, enum addr_family, struct prefix *out);
/* ADDR_NONE: of either family. */
bool	conf_net_read(struct conf_read *, const config_setting_t *,
	    const char *text, enum addr_family, struct prefix *out);
/* The list is owned by the configuration, also when this fails. */
bool	conf_prefixes_read(struct conf_read *, const config_setting_t *,
	    struct conf_prefixes *);

/* conf_algs.c: named ones; all that a key takes but for those to opt in. */
bool	conf_algs_read(struct conf_read *, const struct conf_key *,
	    const config_setting_t *, struct conf_algs *out);
void	conf_algs_default(const struct conf_key *, struct conf_algs *);

/* conf_files.c: what a file name must be that this one is not; NULL: it is. */
const char	*conf_file_fault(const char *);
/* Names of files; true: out has their numbers. */
bool	conf_refs_read(struct conf_read *, const struct conf_key *,
	    const config_setting_t *, struct conf_refs *out);

/*
 * conf_addke.c: a list of slots; and whether they can all be filled.  False,
 * with the error, where the OpenSSL that we run with lacks the algorithm.
 */
bool	conf_alg_there(struct conf_read *, const config_setting_t *,
	    const struct alg *);
bool	conf_addke_read(struct conf_read *, const config_setting_t *,
	    struct addke *out);
bool	conf_addke_check(struct conf_read *, const struct conf_tunnel *,
	    const struct conf_site *);

/* conf_gateways.c: where redirects may lead. */
bool	conf_gateways_read(struct conf_read *, const config_setting_t *,
	    struct conf_gateways *out);
bool	conf_gateways_check(struct conf_read *, const struct conf_tunnel *,
	    const struct conf_site *);

/* conf_id.c: an identity by its shape; NULL, or what it must be. */
const char	*conf_id_parse(struct conf_id *, const char *, struct reason *);
void	conf_id_addr(struct conf_id *, const struct addr *);

/* conf_check.c: what no single key can tell. */
bool	conf_check_tunnel(struct conf_read *, const struct conf_connection *,
	    struct conf_tunnel *, const struct conf_site *, struct conf_seen seen);
bool	conf_check_connection(struct conf_read *,
	    const struct conf_connection *, const config_setting_t *);
/* A network of a family that no tunnel of the connection carries? */
bool	conf_carries(const struct conf_connection *, const struct prefix *,
	    unsigned *tunnel);
bool	conf_check_all(struct conf_read *, const config_setting_t *root);

/*
 * conf_neighbor.c: those outside of tunnels, after connections; the first IPv4
 * address of ours towards them, or 0; AS numbers of one.
 */
bool	conf_neighbors_read(struct conf_read *, const config_setting_t *root);
uint32_t	conf_neighbors_first(const struct conf *);
bool	conf_peer_asns_read(struct conf_read *, const struct conf_key *,
	    const config_setting_t *, struct bgp_asns *out);

/* conf_unique.c: nothing twice that must be there once. */
bool	conf_check_unique(struct conf_read *);

#endif
