/*
 * The routing information base: one node per prefix and route table with all
 * its paths, which together are every peer's Adj-RIB-In, and the best of them,
 * which are the Loc-RIB of that table.  Changes go into a journal that readers
 * (the host, each session that announces) follow at their own pace.
 */
#ifndef BGP_RIB_H
#define BGP_RIB_H

#include "bgp/addpath.h"
#include "bgp/bgp.h"
#include "bgp/buckets.h"
#include "bgp/decide.h"
#include "bgp/limit.h"
#include "bgp/store.h"

/* A prefix by number: the family in the top bit, its store number below. */
#define RIB_IPV6	0x80000000u

struct rib_path;
/*
 * Route tables are numbers.  What a peer teaches is in each table that it
 * propagates to; one of them is its home, where its paths are counted.  Who
 * propagates to none has its paths in limbo, where nobody looks for routes.
 */
#define RIB_LIMBO	0

/* A session as the source of paths; the generation outdates old references. */
struct rib_ref {
	uint16_t	slot;
	uint16_t	gen;
};

/*
 * What a source taught of one family.  Paths that it taught since the last
 * rib_mark() have its epoch and stand before those that are stale.
 */
struct rib_taught {
	uint32_t	first, last;	/* of a list through the paths */
	uint32_t	held;		/* how many are at home */
	uint32_t	stale;		/* of those: of an earlier epoch */
	uint8_t		epoch;
	uint8_t		keep;		/* older ones than this are to go */
	bool		going;		/* are there any? */
};

struct rib_source {
	struct decide_peer decide;
	uint32_t	peer;		/* id of the host's */
	uint16_t	gen;
	bool		used;
	bool		leaving;	/* over; its paths go some at a time */
	uint16_t	home;		/* route table */
	struct rib_taught taught[2];	/* IPv4, IPv6 */
	uint32_t	eligible;	/* of those, how many may be chosen */
};

/* Where a reader stands in the journal. */
struct rib_reader {
	uint64_t	pos;
	bool		own_only;	/* only what we originate matters */
	bool		slowest;	/* nobody was behind it, when last seen */
	bool		used;
};

struct rib_table {
	struct store	nets;
	struct buckets	buckets;
};

struct rib {
	struct intern	intern;
	struct hash_key	key;
	struct rib_table table[2];	/* IPv4, IPv6 */
	struct store	paths;
	struct addpath	ids;		/* of paths that have one */
	struct rib_source *source;	/* [0] is ourselves */
	uint32_t	sources;
	uint32_t	leaving;	/* sources that are */
	uint32_t	going;		/* lists with stale paths that are to go */
	struct decide_path *scratch;
	uint32_t	scratch_n;
	/* journal.c */
	uint32_t	*journal;
	uint32_t	journal_n, journal_cap;
	uint32_t	journal_gone;	/* at its start, and let go already */
	uint64_t	journal_base;	/* position of journal[0] */
	uint64_t	journal_own;	/* behind the last of our own */
	uint64_t	journal_low;	/* every reader has read up to it */
	uint64_t	changes, own_changes;	/* entries ever made */
	uint64_t	journal_turns;	/* times that unread ones changed */
	uint64_t	decisions;	/* prefixes ever ranked */
	struct rib_reader *reader;
	uint32_t	readers;
};

/* key: secret of this run.  False: no memory. */
bool	rib_init(struct rib *, const uint64_t key[static 2]);
void	rib_fini(struct rib *);

/*
 * A session comes up, at home in the main table; slot 0 in the reference: no
 * memory or no slot left.
 */
struct rib_ref	rib_join(struct rib *, uint32_t peer,
		    const struct decide_peer *);
/*
 * It is over: its paths go, the first RIB_SWEEP now and the rest with
 * rib_sweep(), so many each time; true: there are more.  rib_sweeps(): is
 * there anything for it to do?
 */
#define RIB_SWEEP	2048
void		rib_leave(struct rib *, struct rib_ref);
bool		rib_sweep(struct rib *);
bool		rib_sweeps(const struct rib *);
/* Has it a path from this peer, apart from those that are about to go? */
bool		rib_teaches(const struct rib *, uint32_t peer);
bool		rib_valid(const struct rib *, struct rib_ref);
/* Another home; a path counts there once it is reached or taught again. */
void		rib_move(struct rib *, struct rib_ref, uint16_t table);
uint16_t	rib_home(const struct rib *, struct rib_ref);
/* Paths in its Adj-RIB-In, and those that may be chosen. */
uint32_t	rib_held(const struct rib *, struct rib_ref);
uint32_t	rib_accepted(const struct rib *, struct rib_ref);

/*
 * rib_stale.c: what it taught of a family is stale from here on, until it
 * teaches it again; that changes nothing in the choice (RFC 4724 section 4.2).
 */
void		rib_mark(struct rib *, struct rib_ref, enum addr_family);
/* Is this what it was when the source joined? */
bool		rib_taught_by(const struct rib *, struct rib_ref,
		    const struct decide_peer *);
/* What is stale goes, as after rib_leave().  Returns how many that are. */
uint32_t	rib_purge(struct rib *, struct rib_ref, enum addr_family);
/* How many are stale. */
uint32_t	rib_stale(const struct rib *, struct rib_ref,
		    enum addr_family);
bool		rib_is_stale(const struct rib *, const struct rib_path *);
/* The identifier of the worst stale path to a prefix; false: none is. */
bool		rib_stale_path(const struct rib *, struct rib_ref,
		    uint16_t table, const struct prefix *, uint32_t *id);

/* Adds or replaces the path; takes its own reference.  False: no memory. */
bool	rib_reach(struct rib *, struct rib_ref, uint16_t table,
	    const struct prefix *, uint32_t attrs, bool eligible);
void	rib_unreach(struct rib *, struct rib_ref, uint16_t table,
	    const struct prefix *);
/*
 * The same for one of several paths to it, by its identifier (RFC 7911).
 * No more than LIMIT_PATHS in all tables: who adds one looks before.
 */
bool	rib_reach_path(struct rib *, struct rib_ref, uint16_t table,
	    const struct prefix *, uint32_t id, uint32_t attrs, bool eligible);
void	rib_unreach_path(struct rib *, struct rib_ref, uint16_t table,
	    const struct prefix *, uint32_t id);
/* Numbers of the source's paths to a prefix; how many they are. */
unsigned	rib_paths_from(const struct rib *, uint32_t net,
		    struct rib_ref, uint32_t path[static LIMIT_PATHS]);
/*
 * Walks the prefixes that it has a path to, in all tables: *path starts at 0.
 * Other paths of it may come and go meanwhile, but not that at which it is.
 */
bool		rib_taught_each(const struct rib *, struct rib_ref,
		    uint32_t *path, uint32_t *net);
/* Other ones for a path that is there, of a source.  False: no memory. */
bool		rib_teach(struct rib *, struct rib_ref, uint32_t path,
		    uint32_t attrs, bool eligible);
/*
 * The path that is there, in another table as well: as old as it is, since its
 * source did not teach it again.  False: no memory.
 */
bool		rib_spread(struct rib *, struct rib_ref, uint32_t path,
		    uint16_t table, uint32_t attrs, bool eligible);
/* The reference under which what we originate is reached and unreached. */
struct rib_ref	rib_self(void);

struct prefix	rib_prefix(const struct rib *, uint32_t net);
uint16_t	rib_net_table(const struct rib *, uint32_t net);
/* The best path: its attributes (0: none) and source slot. */
uint32_t	rib_best(const struct rib *, uint32_t net, uint16_t *slot);
/* Loc-RIB as the host sees it; n is 0 when nothing learned is best. */
void		rib_route(const struct rib *, uint32_t net,
		    struct bgp_route *);
/* Walks all prefixes of a family by number; *net starts at the family bit. */
bool		rib_each(const struct rib *, uint32_t *net);
uint32_t	rib_find(const struct rib *, uint16_t table,
		    const struct prefix *);	/* 0: no */
/* Numbers of the prefixes that we originate; caller frees.  NULL: none. */
uint32_t	*rib_own(const struct rib *, uint32_t *n, bool *nomem);

/* journal.c: */
enum {				/* why an entry is there */
	JOURNAL_OWN = 1,	/* our own path changed */
	JOURNAL_BEST = 2,	/* the best path is another */
	JOURNAL_SHARE = 4,	/* the equals are others */
};

/* A reader who starts behind all that happened so far; UINT32_MAX: memory. */
uint32_t	journal_open(struct rib *, bool own_only);
void		journal_close(struct rib *, uint32_t reader);
/* The next changed prefix whose entry has one of these reasons. */
bool		journal_read(struct rib *, uint32_t reader, unsigned reasons,
		    uint32_t *net);
/*
 * The same without being a reader: what is between two positions reads as it
 * did before as long as journal_turns is the same.
 */
bool		journal_next(const struct rib *, uint64_t *pos,
		    unsigned reasons, uint32_t *net);
/* Where it stands; it has read up to there. */
uint64_t	journal_at(const struct rib *, uint32_t reader);
void		journal_seek(struct rib *, uint32_t reader, uint64_t pos);
bool		journal_pending(const struct rib *, uint32_t reader);
uint64_t	journal_end(const struct rib *);
/* Before a prefix is added: keeps the array large enough.  False: memory. */
bool		journal_reserve(struct rib *);
void		journal_push(struct rib *, uint32_t net, unsigned reasons);

/* Nodes; for rib*.c and journal.c only. */
enum {
	NET_LIVE = 1,
	NET_JOURNALED = 2,	/* journal holds its place in the journal */
	NET_TOLD = 4,		/* the host has it */
	NET_PINNED = 8,		/* in someone's hands right now */
};

struct rib_net {
	uint32_t	chain;		/* next in the bucket */
	uint32_t	paths;		/* best, its equals, others */
	uint32_t	journal;	/* position, lower 32 bits */
	uint8_t		len, flags;
	uint16_t	table;
	uint8_t		key[];		/* 4 or 16 octets */
};

enum {
	PATH_ELIGIBLE = 1,
	PATH_BEST = 2,
	PATH_SHARES = 4,	/* the best, or its equal */
	PATH_HOME = 8,		/* counts for its source */
};

struct rib_path {
	uint32_t	next;		/* of the same prefix */
	uint32_t	net;
	uint32_t	src_next, src_prev;	/* of the same source */
	uint32_t	attrs;
	uint16_t	slot;
	uint8_t		flags;
	uint8_t		epoch;		/* of its source, when it was taught */
};

struct rib_net	*rib_net(const struct rib *, uint32_t net);
struct rib_path	*rib_path(const struct rib *, uint32_t path);
/* What its source taught of its family. */
struct rib_taught *rib_taught_of(const struct rib *, const struct rib_path *);
/* The source teaches it (again): it is not stale, and first in its list. */
void		rib_path_link(struct rib *, uint32_t path);
void		rib_path_touch(struct rib *, uint32_t path);
/* It is as old as another one of its source and family. */
void		rib_path_age(struct rib *, uint32_t path, uint32_t like);
/* Counts it among those at home, if it is there, or no more. */
void		rib_path_count(const struct rib *, uint32_t path, bool add);
void		rib_path_unlink(struct rib *, uint32_t path);
void		rib_path_remove(struct rib *, uint32_t path);
/* Takes up to *n stale paths that are to go. */
void		rib_sweep_stale(struct rib *, uint32_t *n);
/* Nothing needs the prefix any more. */
void		rib_forget(struct rib *, uint32_t net);
/* Flags of the host's view. */
bool		rib_told(const struct rib *, uint32_t net);
void		rib_tell(struct rib *, uint32_t net, bool told);

#endif
