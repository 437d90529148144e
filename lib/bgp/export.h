/*
 * What one session announces: which prefixes the peer has from us, and UPDATEs
 * made when there is room for them.
 */
#ifndef BGP_EXPORT_H
#define BGP_EXPORT_H

#include "bgp/bits.h"
#include "bgp/batch.h"
#include "bgp/group.h"
#include "bgp/rib.h"

struct export {
	struct export_conf conf;
	struct edit	edit;
	/* The peer was told with this one, where soft says so. */
	struct edit	was;
	bool		soft[2];	/* only what differs goes out */
	bool		moved;		/* it may have some of another table */
	struct rib_ref	source;		/* the session as a teacher */
	struct groups	*groups;	/* borrowed; NULL: it is by itself */
	uint32_t	group;		/* of those; 0: in none */
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
/*
 * From here on it makes its UPDATEs together with those that are told the
 * same: they say what they did.  The groups outlive it.
 */
void	export_share(struct export *, struct groups *);
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

#define EXPORT_ROOM	(2 * 32768 + 12800)	/* octets export_fill() needs */

/*
 * Writes some of the UPDATEs that are due, and looks at so many prefixes and
 * no more; when it wrote nothing, there is nothing to say yet, and unless
 * export_pending() nothing at all.  False: no memory.
 */
bool	export_fill(struct export *, struct rib *, struct wr *);

/* For export*.c only: */
#define EXPORT_DUMP_STRIDE	4096	/* prefixes looked at for a batch */
#define EXPORT_JOURNAL_STRIDE	1024

bool	export_family(const struct export *, unsigned f);
/* The best path, if such peers may be told of it; 0: they may not. */
uint32_t	export_offer(const struct export *, const struct rib *,
		    uint32_t net, uint16_t *slot);
/* Is that (id, of slot) kept from this peer: it taught it, or its AS has it? */
bool	export_keeps_from(const struct export *, const struct rib *,
	    uint32_t id, uint16_t slot);
/* What is announced with these attributes: *to, 0 nothing.  False: memory. */
bool	export_edited(struct edit *, struct rib *, uint32_t id,
	    const struct prefix *, uint32_t *to);
/* The peer has it from now on, or no more.  False: no memory. */
bool	export_tell(struct export *, uint32_t net, bool reach);
void	export_dump_end(struct export *, struct rib *, unsigned f);
/* Which entries of the journal are for it. */
unsigned	export_reasons(const struct export *);
/* export_share.c: is what it says next the same for all of its group? */
bool	export_shares(const struct export *);
/*
 * The sheet with what comes next; NULL: no memory for one.  The writer is
 * where a new one is drafted, and left as it was.
 */
struct sheet	*export_sheet(struct export *, struct rib *, struct wr *);
/* Writes and notes what of it is for this peer; false: no memory. */
bool	export_take(struct export *, struct rib *, struct sheet *,
	    struct wr *);

#endif
