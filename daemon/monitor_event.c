/*
 * Events on their way to the engine.  What finds no room in the channel is
 * lost, and then everything is lost: the engine states anew what it wants, and
 * what it does not state is no longer wanted.
 */
#include "daemon/monitor.h"

#include <string.h>
#include <unistd.h>

void
monitor_event_init(struct kern_event *e, enum kern_event_kind kind)
{
	memset(e, 0, sizeof(*e));
	e->kind = kind;
}

static int
event_fd(const struct kern_event *e)
{
	bool has = e->kind == KERN_RELOADED || (e->kind == KERN_DONE &&
	    kern_op_opens(e->op));

	return has ? e->conn.fd : -1;
}

/* The engine cannot state an SA twice: its keys are gone once installed. */
static void
keep_sas(struct monitor *m)
{
	struct nl_sa *sa;
	size_t pos = 0;

	while ((sa = map_each(&m->sas.by_fp, &pos)) != NULL) {
		struct kern_sa id = { .spi = sa->spi, .dst = sa->dst };

		stated_set(&m->stated, stated_sa(&m->stated, &id));
	}
}

void
monitor_state_again(struct monitor *m)
{
	if (m->chan == NULL || m->overrun)
		return;
	stated_new_generation(&m->stated);
	keep_sas(m);
	m->overrun = true;
}

void
monitor_event(struct monitor *m, const struct kern_event *e)
{
	if (m->chan != NULL && chan_put_event(m->chan, e))
		return;
	if (event_fd(e) >= 0)
		close(event_fd(e));
	if (m->chan == NULL || m->overrun)
		return;
	log_event(LEVEL_WARNING, "engine-slow", "queued=%zu",
	    chan_queued(m->chan));
	monitor_state_again(m);
}
