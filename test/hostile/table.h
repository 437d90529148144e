/* All of the cases, one after the other, as TAP; who the rogue says it is. */
#ifndef TEST_HOSTILE_TABLE_H
#define TEST_HOSTILE_TABLE_H

#include "hostile/cases.h"
#include "util/str.h"

#define TABLE_PSK	"a secret of both"
#define TABLE_PEER_ID	"right.example"
#define TABLE_NET_OURS	"10.2.0.0/16"	/* behind the rogue */
#define TABLE_NET_THEIRS "10.1.0.0/16"

extern const char *const table_id[FROM_STRANGER];

struct table_run {
	struct rogue	*r;
	const char	*only;		/* part of a name; NULL: all */
	/* Is the other side as it was before the case?  May be NULL. */
	bool		(*unharmed)(void *, struct reason *why);
	void		*self;
	unsigned	done, bad;
};

struct ts_list	table_net(const char *);
void		table_rogue(struct rogue *, const struct rogue_wire *);
void		table_all(struct table_run *);
/* One more verdict; why explains a false one. */
void		table_say(struct table_run *, bool ok, const char *what,
		    const char *why);
/* The plan and the sum; the exit status. */
int		table_end(const struct table_run *);

#endif
