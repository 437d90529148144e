/* Paged bit set: 512 octets per 4096 numbers, only where one was ever set. */
#include "bgp/bits.h"

#include <stdlib.h>

#define PAGE_BITS	4096u
#define PAGE_WORDS	(PAGE_BITS / 64)

void
bits_fini(struct bits *b)
{
	for (uint32_t i = 0; i < b->pages; i++)
		free(b->page[i]);
	free(b->page);
	*b = (struct bits){ 0 };
}

static uint64_t *
word(const struct bits *b, uint32_t n)
{
	uint32_t page = n / PAGE_BITS;

	if (page >= b->pages || b->page[page] == NULL)
		return NULL;
	return &b->page[page][n % PAGE_BITS / 64];
}

bool
bits_test(const struct bits *b, uint32_t n)
{
	const uint64_t *w = word(b, n);

	return w != NULL && (*w >> n % 64 & 1) != 0;
}

static bool
add_page(struct bits *b, uint32_t page)
{
	uint32_t pages = page + 1 + page / 2;
	uint64_t **dir;

	if (page >= b->pages) {
		dir = realloc(b->page, pages * sizeof(*dir));
		if (dir == NULL)
			return false;
		for (uint32_t i = b->pages; i < pages; i++)
			dir[i] = NULL;
		b->page = dir;
		b->pages = pages;
	}
	b->page[page] = calloc(PAGE_WORDS, sizeof(uint64_t));
	return b->page[page] != NULL;
}

bool
bits_set(struct bits *b, uint32_t n)
{
	uint64_t *w = word(b, n);

	if (w == NULL) {
		if (!add_page(b, n / PAGE_BITS))
			return false;
		w = word(b, n);
	}
	*w |= UINT64_C(1) << n % 64;
	return true;
}

void
bits_clear(struct bits *b, uint32_t n)
{
	uint64_t *w = word(b, n);

	if (w != NULL)
		*w &= ~(UINT64_C(1) << n % 64);
}
