/*
 * Sheets: UPDATEs that were made once for a group of sessions, with what each
 * of them needs to take its own copy.  They lie on a shelf until all have
 * come by, or until others need the room.
 */
#ifndef BGP_SHEET_H
#define BGP_SHEET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "util/bytes.h"

enum sheet_source {
	SHEET_IPV4,		/* a dump of the table, as it is now */
	SHEET_IPV6,
	SHEET_JOURNAL,
};

/* What a sheet is of: equal places have equal sheets. */
struct sheet_place {
	uint32_t	group;
	enum sheet_source source;
	uint64_t	from;		/* prefix number, or journal position */
	uint64_t	stamp;		/* of the RIB: it says the same still */
};

/* Routes of a run that one source taught with the same attributes. */
struct sheet_strain {
	uint32_t	from;		/* the attributes, before policy */
	uint16_t	slot;
	uint16_t	n;		/* prefixes */
};

/* Prefixes of one family that go out alike. */
struct sheet_run {
	uint32_t	octets;		/* of its messages */
	uint16_t	n;		/* prefixes */
	uint16_t	strains;
	uint16_t	hop_at;		/* next hop in each message; 0: none */
	uint16_t	hop_n;		/* its octets; 0: withdrawals */
};

struct sheet {
	TAILQ_ENTRY(sheet) in_shelf;
	struct sheet_place place;
	uint64_t	to;		/* where the next sheet begins */
	bool		last;		/* of the dump */
	uint32_t	readers;	/* that are still to come by, at most */
	size_t		size;		/* of all this */
	uint32_t	runs;
	struct sheet_run *run;		/* these lie behind it */
	struct sheet_strain *strain;
	uint32_t	*net;
	uint8_t		*octets;
};

TAILQ_HEAD(sheet_list, sheet);

/* All-zero: empty. */
struct shelf {
	struct sheet_list sheets;	/* the oldest first */
	bool		 begun;
	size_t		 size;
};

#define SHELF_OCTETS	(4u << 20)	/* all sheets together */

void		shelf_fini(struct shelf *);
/* Takes away those of a group. */
void		shelf_clear(struct shelf *, uint32_t group);
struct sheet	*shelf_find(struct shelf *, const struct sheet_place *);
/*
 * A new one with so much room, on the shelf for so many readers; it stays at
 * least until the next is made.  NULL: no memory.
 */
struct sheet	*shelf_add(struct shelf *, const struct sheet_place *,
		    uint32_t readers, size_t runs, size_t strains, size_t nets,
		    size_t octets);
/* Someone has read it; it may be gone afterwards. */
void		shelf_read(struct shelf *, struct sheet *);

#endif
