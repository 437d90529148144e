/*
 * The shelf of sheets.  A sheet is only ever a copy of what its readers would
 * have made themselves: who finds none makes one, and nothing is lost with it.
 * What it says holds as long as the stamp in its place is the RIB's: then all
 * attributes and prefixes that it names by number are there, too, although it
 * holds none of them.
 */
#include "bgp/sheet.h"

#include <stdlib.h>

static void
discard(struct shelf *f, struct sheet *s)
{
	TAILQ_REMOVE(&f->sheets, s, in_shelf);
	f->size -= s->size;
	free(s);
}

void
shelf_fini(struct shelf *f)
{
	struct sheet *s;

	while (f->begun && (s = TAILQ_FIRST(&f->sheets)) != NULL)
		discard(f, s);
	*f = (struct shelf){ .size = 0 };
}

void
shelf_clear(struct shelf *f, uint32_t group)
{
	struct sheet *s, *next;

	for (s = f->begun ? TAILQ_FIRST(&f->sheets) : NULL; s != NULL;
	    s = next) {
		next = TAILQ_NEXT(s, in_shelf);
		if (s->place.group == group)
			discard(f, s);
	}
}

static bool
is_at(const struct sheet_place *a, const struct sheet_place *b)
{
	return a->group == b->group && a->source == b->source &&
	    a->from == b->from;
}

/* One that is outdated will not be read any more. */
struct sheet *
shelf_find(struct shelf *f, const struct sheet_place *place)
{
	struct sheet *s = f->begun ? TAILQ_FIRST(&f->sheets) : NULL;

	while (s != NULL && !is_at(&s->place, place))
		s = TAILQ_NEXT(s, in_shelf);
	if (s == NULL || s->place.stamp == place->stamp)
		return s;
	discard(f, s);
	return NULL;
}

/* The widest come first, so that each lies as it must. */
static void
lay_out(struct sheet *s, size_t runs, size_t strains, size_t nets)
{
	s->run = (struct sheet_run *)(s + 1);
	s->strain = (struct sheet_strain *)(s->run + runs);
	s->net = (uint32_t *)(s->strain + strains);
	s->octets = (uint8_t *)(s->net + nets);
}

struct sheet *
shelf_add(struct shelf *f, const struct sheet_place *place, uint32_t readers,
    size_t runs, size_t strains, size_t nets, size_t octets)
{
	size_t size = sizeof(struct sheet) +
	    runs * sizeof(struct sheet_run) +
	    strains * sizeof(struct sheet_strain) +
	    nets * sizeof(uint32_t) + octets;
	struct sheet *s = malloc(size);

	if (s == NULL)
		return NULL;
	*s = (struct sheet){
		.place = *place, .readers = readers, .size = size,
		.runs = (uint32_t)runs,
	};
	lay_out(s, runs, strains, nets);
	if (!f->begun)
		TAILQ_INIT(&f->sheets);
	f->begun = true;
	while (f->size > 0 && f->size + size > SHELF_OCTETS)
		discard(f, TAILQ_FIRST(&f->sheets));
	TAILQ_INSERT_TAIL(&f->sheets, s, in_shelf);
	f->size += size;
	return s;
}

void
shelf_read(struct shelf *f, struct sheet *s)
{
	if (--s->readers == 0)
		discard(f, s);
}
