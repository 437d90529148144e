/*
 * What one session announces: which prefixes the peer has from us, and UPDATEs
 * made when there is room for them.
 */
#ifndef BGP_EXPORT_H
#define BGP_EXPORT_H

#include "bgp/bits.h"
#include "bgp/edit.h"
#include "bgp/rib.h"

struct export_conf {
	uint32_t	local_asn, remote_asn;
	bool		ibgp, as4;
	bool		transit;	/* not only what we originate */
	bool		insiders;	/* but then what peers inside teach */
	bool		enhanced;	/* refreshes are marked (RFC 7313) */
	uint16_t	table;		/* what is announced */
	enum bgp_role	role;		/* ours (RFC 9234) */
	uint8_t		families;	/* OPEN_IPV4 | OPEN_IPV6 */
	struct addr	next_hop4, next_hop6;	/* next_hop4 unset: RFC 8950 */
	struct edit_conf edit;
};

struct export {
	struct export_conf conf;
	struct edit	edit;
	/* The peer was told with this one, where soft says so. */
	struct edit	was;
	bool		soft[2];	/* only what differs goes out */
	struct rib_ref	source;		/* the session as a teacher */
	uint32_t	reader;		/* of the journal */
	struct bits	told[2];	/* by prefix number, per family */
	uint32_t	advertised;	/* bits set in them */
	bool		dumping[2];	/* the whole table is going out */
	uint32_t	at[2];		/* last prefix of it that went */
	uint32_t	*own;		/* not transit: the table to go out */
	uint32_t	own_n, own_at;
	bool		first[2];	/* no End-of-RIB was there yet */
	bool		eor[2];		/* it is due */
	/* RFC 7313: the dump is a refresh; its marks are due; then again. */
	bool		refreshing[2], borr[2], eorr[2], again[2];
};

/* Begins with a dump of all that is to be announced.  False: no memory. */
bool	export_start(struct export *, struct rib *, const struct export_conf *,
	    struct rib_ref source);
void	export_stop(struct export *, struct rib *);
/*
 * RFC 2918: announces everything of the family again; with RFC 7313 between
 * marks, and not before the first End-of-RIB (section 4).
 */
void	export_refresh(struct export *, enum addr_family);
/* Does the peer have the prefix from us? */
bool	export_told(const struct export *, uint32_t net);
/* What these attributes are announced as; 0: not at all, or no memory. */
uint32_t	export_attrs(struct export *, struct rib *, uint32_t attrs,
		    const struct prefix *);
/* Another policy: what the peer was told is put right.  False: the same. */
bool	export_change(struct export *, struct rib *,
	    const struct edit_conf *);
/* The routes of another table: the peer is told what is different. */
void	export_move(struct export *, uint16_t table);
/* Why a route of its table is (not) announced. */
enum bgp_verdict	export_why(const struct export *, const struct rib *,
			    const struct prefix *, struct reason *);
/* Is a whole table on its way out? */
bool	export_dumping(const struct export *);
/* Is there (maybe) something to write? */
bool	export_pending(const struct export *, const struct rib *);

#define EXPORT_ROOM	(2 * 32768 + 8704)	/* octets export_fill() needs */

/*
 * Writes some of the UPDATEs that are due; when it wrote nothing, none are.
 * False: no memory.
 */
bool	export_fill(struct export *, struct rib *, struct wr *);

#endif
