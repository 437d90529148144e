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

/* One file, parsed. */
struct conf_root {
	const char	*name;
	config_t	 config;
	config_setting_t *root;
};

/* The groups of a list of the top level, over all files. */
struct conf_joined {
	const struct conf_key *key;
	config_setting_t **v;		/* owned */
	size_t		 n;
};

#define CONF_TOP_LISTS	16	/* keys of lists at the top level */

struct conf_read {
	const char	*file;		/* the first one */
	struct conf_root *roots;	/* owned; one per file */
	size_t		 roots_n;
	struct conf_joined joined[CONF_TOP_LISTS];
	size_t		 joined_n;
	struct conf	*conf;
	struct conf_error *err;
	struct conf_site *sites;	/* owned; one per tunnel */
	size_t		 sites_n;
	struct dict	 plists, policies;	/* by name -> conf_... */
	struct dict	 customers, targets;	/* likewise */
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
/* Is it a list of as many groups as its key takes? */
bool	conf_group_list(struct conf_read *, const config_setting_t *,
	    const struct conf_key *);
/*
 * A list of groups, and zeroed room to read each into; owned by the reader.
 * That of a key of the top level is the one of all files.
 */
struct conf_groups {
	const config_setting_t *list;	/* for errors; never NULL */
	config_setting_t **v;		/* NULL: those of list */
	size_t		 n;		/* 0: there is none */
	void		*room;
};
bool	conf_groups_find(struct conf_read *, const config_setting_t *,
	    const struct conf_key *, size_t size, struct conf_groups *);
config_setting_t *conf_groups_at(const struct conf_groups *, size_t);

/* conf_top.c: parses every file; undone by conf_top_close(), whatever it says. */
bool	conf_top_open(struct conf_read *, const struct conf_sources *);
void	conf_top_close(struct conf_read *);
/* The keys of the top level, wherever they stand. */
bool	conf_top_read(struct conf_read *, struct conf_seen *);
/* Fills v and n, where the key is there. */
bool	conf_top_find(struct conf_read *, const struct conf_key *,
	    struct conf_groups *);
/* A key of the top level, the first one of this name; NULL: there is none. */
config_setting_t *conf_top_member(const struct conf_read *, const char *key);
/* A group of a list that was found, by its number over all files, from 0. */
config_setting_t *conf_top_at(const struct conf_read *, const char *key,
	    size_t);
/* The name of the file that it stands in; lives as long as struct conf. */
const char *conf_source_of(const struct conf_read *, const config_setting_t *);

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
bool	conf_tables_check(struct conf_read *);

/*
 * conf_objects.c: gateways and customer gateways, before connections name
 * them; one by name: its number; and, once all is read, their VPCs.
 */
bool	conf_objects_read(struct conf_read *, const config_setting_t *root);
bool	conf_objects_check(struct conf_read *);
bool	conf_customer_named(struct conf_read *, const config_setting_t *,
	    const char *name, uint32_t *number);
bool	conf_target_named(struct conf_read *, const config_setting_t *,
	    const char *name, uint32_t *number);

/*
 * conf_attach.c: what a connection has of the two, which goes before its
 * tunnels; whether the whole fits them; and over all connections.
 */
bool	conf_attach_begin(struct conf_read *, struct conf_connection *,
	    const config_setting_t *, struct conf_tunnel *common,
	    struct conf_seen *);
bool	conf_attach_check(struct conf_read *, struct conf_connection *,
	    const config_setting_t *);
bool	conf_attach_check_all(struct conf_read *,
	    const config_setting_t *root);

/*
 * conf_vpcs.c: VPCs, after route tables; parts of one; and, once all is read,
 * whether they are apart from each other and from tunnels.
 */
bool	conf_vpcs_read(struct conf_read *, const config_setting_t *root);
bool	conf_lans_read(struct conf_read *, const config_setting_t *,
	    struct conf_vpc *);
/* The list is owned by the configuration, also when this fails. */
bool	conf_reaches_read(struct conf_read *, const config_setting_t *,
	    struct conf_reaches *);
bool	conf_hops_read(struct conf_read *, const config_setting_t *,
	    struct addr [static 2]);
bool	conf_vpcs_check(struct conf_read *);

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

/* A name that a network interface can have. */
bool	conf_ifname_read(struct conf_read *, const config_setting_t *,
	    const char *name, char out[static KERN_IFNAME_LEN]);

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

/*
 * conf_id.c: an identity by its shape, with its octets in room; NULL, or what it
 * must be.
 */
const char	*conf_id_parse(struct conf_id *, uint8_t room[static CONF_ID_DATA],
		    const char *, struct reason *);
struct conf_id conf_id_addr(const struct addr *);	/* borrowed from it */
/* Out gets a copy that lives as long as conf.  False: no memory. */
bool	conf_id_keep(struct conf *, const struct conf_id *, struct conf_id *out);
void	conf_ids_free(struct conf *);

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
