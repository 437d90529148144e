/* Runs the table and reports it; the same for every wire. */
#include "hostile/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const table_id[FROM_STRANGER] = {
	"caller.example", "called.example",
};

struct ts_list
table_net(const char *text)
{
	struct ts_list l = { .n = 1 };
	struct prefix p;

	if (!prefix_parse(&p, text))
		abort();
	l.ts[0] = ts_prefix(&p);
	return l;
}

void
table_rogue(struct rogue *r, const struct rogue_wire *wire)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 66 };

	r->wire = wire;
	drbg_seed(&r->drbg, seed);
	r->psk = TABLE_PSK;
	r->id[FROM_CALLER] = table_id[FROM_CALLER];
	r->id[FROM_CALLED] = table_id[FROM_CALLED];
	r->peer_id = TABLE_PEER_ID;
	r->ours = table_net(TABLE_NET_OURS);
	r->theirs = table_net(TABLE_NET_THEIRS);
}

void
table_say(struct table_run *t, bool ok, const char *what, const char *why)
{
	printf("%s %u - %s\n", ok ? "ok" : "not ok", ++t->done, what);
	if (!ok) {
		printf("# %s\n", why);
		t->bad++;
	}
	fflush(stdout);
}

static void
run_case(struct table_run *t, const struct hostile_group *g,
    const struct hostile_case *c)
{
	struct reason why = { "" }, after = { "" };
	char verdict[80], what[240];
	bool ok = judge(t->r, c, &why);

	if (t->unharmed != NULL && !t->unharmed(t->self, &after)) {
		if (ok)
			why = after;
		ok = false;
	}
	judge_str(c, verdict, sizeof(verdict));
	str_fmt(what, sizeof(what), "%s: %s: %s (RFC %s)", g->name, c->name,
	    verdict, c->rfc);
	table_say(t, ok, what, why.s);
}

void
table_all(struct table_run *t)
{
	for (size_t g = 0; g < HOSTILE_GROUPS; g++) {
		const struct hostile_group *group = hostile_groups[g];

		for (size_t i = 0; i < group->n; i++) {
			if (t->only == NULL ||
			    strstr(group->cases[i].name, t->only) != NULL)
				run_case(t, group, &group->cases[i]);
		}
	}
}

int
table_end(const struct table_run *t)
{
	printf("1..%u\n# %u of %u failed\n", t->done, t->bad, t->done);
	return t->bad != 0;
}
