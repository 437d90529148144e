/*
 * The journal of changed prefixes: an array of prefix numbers in order of
 * change.  A prefix counts only at its latest place; older ones are stale and
 * read over, so a reader who is late gets each prefix once, as it is now.
 * With every entry some of those that all readers have passed are let go.
 * Compaction makes room of these, and drops what is stale; it runs when the
 * array is full.  Since the array is kept larger than the number of prefixes,
 * compaction always makes room, however slow a reader is, and a route can be
 * taken back even where memory has run out.
 */
#include <stdlib.h>
#include <string.h>

#include "bgp/rib.h"

/* An entry: family in the top bit, then the reasons, then the number. */
#define ENTRY_SHIFT	28
#define ENTRY_REASONS	(7u << ENTRY_SHIFT)

#define TRIM		4	/* entries let go with each that is made */
#define LOOK		1024	/* entries between looks at the readers */

static unsigned
entry_reasons(uint32_t entry)
{
	return (entry & ENTRY_REASONS) >> ENTRY_SHIFT;
}

static uint32_t
entry_net(uint32_t entry)
{
	return entry & ~ENTRY_REASONS;
}

uint64_t
journal_end(const struct rib *r)
{
	return r->journal_base + r->journal_n;
}

static bool
is_latest(const struct rib *r, uint32_t entry, uint64_t pos)
{
	const struct rib_net *n = rib_net(r, entry_net(entry));

	return (n->flags & NET_JOURNALED) != 0 && n->journal == (uint32_t)pos;
}

/* A reader of our own prefixes need not stop at what peers taught us. */
static uint64_t
effective(const struct rib *r, const struct rib_reader *rd)
{
	if (rd->own_only && rd->pos >= r->journal_own)
		return journal_end(r);
	return rd->pos;
}

uint32_t
journal_open(struct rib *r, bool own_only)
{
	struct rib_reader *more;
	uint32_t i;

	for (i = 0; i < r->readers && r->reader[i].used; i++)
		;
	if (i == r->readers) {
		more = realloc(r->reader, (i + 1) * sizeof(*more));
		if (more == NULL)
			return UINT32_MAX;
		r->reader = more;
		r->readers++;
	}
	r->reader[i] = (struct rib_reader){
		.pos = journal_end(r), .own_only = own_only, .used = true,
	};
	return i;
}

void
journal_close(struct rib *r, uint32_t reader)
{
	if (reader < r->readers)
		r->reader[reader].used = false;
}

bool
journal_pending(const struct rib *r, uint32_t reader)
{
	return effective(r, &r->reader[reader]) < journal_end(r);
}

/* Where the slowest reader stands. */
static uint64_t
passed_by_all(const struct rib *r)
{
	uint64_t low = journal_end(r);

	for (uint32_t i = 0; i < r->readers; i++) {
		uint64_t pos = effective(r, &r->reader[i]);

		if (r->reader[i].used && pos < low)
			low = pos;
	}
	return low;
}

bool
journal_next(const struct rib *r, uint64_t *pos, unsigned reasons,
    uint32_t *net)
{
	while (*pos < journal_end(r)) {
		uint32_t entry = r->journal[*pos - r->journal_base];
		uint64_t at = (*pos)++;

		if ((entry_reasons(entry) & reasons) != 0 &&
		    is_latest(r, entry, at)) {
			*net = entry_net(entry);
			return true;
		}
	}
	return false;
}

uint64_t
journal_at(const struct rib *r, uint32_t reader)
{
	return effective(r, &r->reader[reader]);
}

/* It has read all: the slowest tells who is slowest now. */
static void
caught_up(struct rib *r, struct rib_reader *rd)
{
	if (rd->slowest)
		r->journal_low = passed_by_all(r);
	rd->slowest = false;
}

void
journal_seek(struct rib *r, uint32_t reader, uint64_t pos)
{
	struct rib_reader *rd = &r->reader[reader];

	rd->slowest = rd->slowest || rd->pos <= r->journal_low;
	rd->pos = pos;
	if (pos == journal_end(r))
		caught_up(r, rd);
}

bool
journal_read(struct rib *r, uint32_t reader, unsigned reasons, uint32_t *net)
{
	struct rib_reader *rd = &r->reader[reader];

	rd->slowest = rd->slowest || rd->pos <= r->journal_low;
	rd->pos = effective(r, rd);
	if (journal_next(r, &rd->pos, reasons, net))
		return true;
	caught_up(r, rd);
	return false;
}

/* Nobody needs the entry any more: its prefix may go now. */
static void
let_go(struct rib *r, uint32_t i)
{
	uint32_t net = entry_net(r->journal[i]);

	if (!is_latest(r, r->journal[i], r->journal_base + i))
		return;
	rib_net(r, net)->flags &= (uint8_t)~NET_JOURNALED;
	rib_forget(r, net);
}

/* Takes the entries before pos out. */
static void
drop_before(struct rib *r, uint64_t pos)
{
	uint32_t n = (uint32_t)(pos - r->journal_base);

	for (uint32_t i = r->journal_gone; i < n; i++)
		let_go(r, i);
	memmove(r->journal, r->journal + n,
	    (r->journal_n - n) * sizeof(*r->journal));
	r->journal_base = pos;
	r->journal_n -= n;
}

/* The place that the first live entry at or behind pos has among the live. */
static uint64_t
new_place(const struct rib *r, uint32_t live, uint64_t pos)
{
	uint32_t base = (uint32_t)r->journal_base;
	uint32_t want = (uint32_t)pos - base, low = 0, high = live;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct rib_net *n =
		    rib_net(r, entry_net(r->journal[mid]));

		if (n->journal - base < want)
			low = mid + 1;
		else
			high = mid;
	}
	return r->journal_base + low;
}

/*
 * Squeezes out stale entries.  Until the last step each prefix still knows its
 * old place, by which the readers find their new one.
 */
static void
squeeze(struct rib *r)
{
	uint32_t live = 0;

	for (uint32_t i = 0; i < r->journal_n; i++) {
		if (is_latest(r, r->journal[i], r->journal_base + i))
			r->journal[live++] = r->journal[i];
	}
	for (uint32_t i = 0; i < r->readers; i++)
		r->reader[i].pos = new_place(r, live, r->reader[i].pos);
	r->journal_own = new_place(r, live, r->journal_own);
	for (uint32_t i = 0; i < live; i++)
		rib_net(r, entry_net(r->journal[i]))->journal =
		    (uint32_t)(r->journal_base + i);
	r->journal_n = live;
	r->journal_gone = 0;
}

static void
compact(struct rib *r)
{
	for (uint32_t i = 0; i < r->readers; i++)
		r->reader[i].pos = effective(r, &r->reader[i]);
	drop_before(r, passed_by_all(r));
	for (uint32_t i = 0; i < r->readers; i++) {	/* closed ones */
		if (r->reader[i].pos < r->journal_base)
			r->reader[i].pos = r->journal_base;
	}
	if (r->journal_own < r->journal_base)
		r->journal_own = r->journal_base;
	squeeze(r);
	r->journal_low = r->journal_base;
	r->journal_turns++;
}

/* A few of those that all have passed; how far that is, is looked up rarely. */
static void
trim(struct rib *r)
{
	if (r->changes % LOOK == 0)
		r->journal_low = passed_by_all(r);
	for (int i = 0; i < TRIM &&
	    r->journal_base + r->journal_gone < r->journal_low; i++)
		let_go(r, r->journal_gone++);
}

bool
journal_reserve(struct rib *r)
{
	uint32_t nets = r->table[0].nets.used + r->table[1].nets.used + 1;
	uint32_t want = nets + nets / 8 + 1, cap, *more;

	if (r->journal_cap >= want)
		return true;
	cap = want + want / 4 + 256;
	more = realloc(r->journal, cap * sizeof(*more));
	if (more == NULL)
		return false;
	r->journal = more;
	r->journal_cap = cap;
	return true;
}

void
journal_push(struct rib *r, uint32_t net, unsigned reasons)
{
	struct rib_net *n = rib_net(r, net);
	uint32_t old;

	n->flags |= NET_PINNED;
	trim(r);
	if (r->journal_n == r->journal_cap)
		compact(r);
	n->flags &= (uint8_t)~NET_PINNED;
	old = n->journal - (uint32_t)r->journal_base;
	/* What made the stale entry still holds for who has not read it. */
	if ((n->flags & NET_JOURNALED) != 0 &&
	    r->journal_base + old >= r->journal_low) {
		reasons |= entry_reasons(r->journal[old]);
		r->journal_turns++;
	}
	n->flags |= NET_JOURNALED;
	n->journal = (uint32_t)journal_end(r);
	r->journal[r->journal_n++] = net | reasons << ENTRY_SHIFT;
	r->changes++;
	if ((reasons & JOURNAL_OWN) != 0) {
		r->journal_own = journal_end(r);
		r->own_changes++;
	}
}
