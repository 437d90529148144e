/*
 * A fake kernel's SA database: asked in order, answers after a delay, may
 * refuse.  What it is asked to do against the rules is kept as trouble.
 */
#ifndef TEST_SIM_SAD_H
#define TEST_SIM_SAD_H

#include "ike/ike.h"

#define SAD_MAX		128

struct sad_entry {
	struct ike_esp	esp;
	unsigned	age;		/* the higher, the newer */
};

struct sad {
	size_t		n;
	struct sad_entry e[SAD_MAX];
	unsigned	next_age;
	unsigned	adds, dels, paths;	/* that were carried out */
	unsigned	outs;		/* additions for sending */
	unsigned	refuse;		/* so many of the next additions */
	unsigned	refusals;
	uint32_t	refused[16];	/* SPIs of the last ones */
	struct reason	trouble;	/* "" when all was in order */
};

/* False: refused.  An entry that is there already is trouble. */
bool	sad_add(struct sad *, const struct ike_esp *);
/* As if it had been refused. */
void	sad_refuse(struct sad *, uint32_t spi);
/* What was refused may be removed: its owner may not have heard of it yet. */
void	sad_del(struct sad *, const struct ike_esp *);
/* New outer addresses and ports. */
void	sad_path(struct sad *, const struct ike_esp *);
/* What nobody owns any more goes; false: it is not there. */
bool	sad_sweep(struct sad *, uint32_t spi, bool inbound);
/* NULL: none.  Outbound SPIs are the peer's, so the direction counts. */
const struct ike_esp *sad_find(const struct sad *, uint32_t spi, bool inbound);
/* What a packet would go out on, or NULL. */
const struct ike_esp *sad_newest_out(const struct sad *);
/* The same for one destination. */
const struct ike_esp *sad_newest_to(const struct sad *, const struct addr *);
size_t	sad_count(const struct sad *, bool inbound);
/* Do the two SAs, one at each end, carry the same traffic? */
bool	sad_mirrors(const struct ike_esp *out, const struct ike_esp *in);

#endif
