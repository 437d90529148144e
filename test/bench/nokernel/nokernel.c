/*
 * A kernel for strongSwan's charon that does nothing, as --kernel=none is for
 * vpnd: preloaded, it takes the place of libipsec's manager of SAs, which the
 * plugin kernel-libipsec calls.  That one walks a list of all SAs for each new
 * one, 40 per cent of charon's time with 4,000 of them, and nobody uses it at
 * that size; measuring it would flatter us.
 *
 * The manager is a table of methods; the first hands out inbound SPIs, the
 * others return success (0) or nothing (NULL).
 */
#include <stdint.h>
#include <stdlib.h>

#define METHODS	16

struct manager {
	long		(*get_spi)(void *, void *, void *, uint8_t,
			    uint32_t *);
	long		(*others[METHODS])(void);
};

void		*ipsec_sa_mgr_create(void);

static long
success(void)
{
	return 0;
}

/* An odd multiplier meets every value once; those below 256 are reserved. */
static long
get_spi(void *self, void *src, void *dst, uint8_t protocol, uint32_t *spi)
{
	static uint32_t n;
	uint32_t v;

	(void)self;
	(void)src;
	(void)dst;
	(void)protocol;
	do
		v = __atomic_add_fetch(&n, 1, __ATOMIC_RELAXED) * 2654435761u;
	while (__builtin_bswap32(v) < 256);
	*spi = v;
	return 0;
}

void *
ipsec_sa_mgr_create(void)
{
	struct manager *m = malloc(sizeof(*m));

	if (m == NULL)
		abort();
	for (int i = 0; i < METHODS; i++)
		m->others[i] = success;
	m->get_spi = get_spi;
	return m;
}
