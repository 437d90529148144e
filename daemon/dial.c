/*
 * Connects under way.  The monitor's loop waits for them beside everything
 * else; what the engine gets is a descriptor that is connected, or an error.
 */
#include "daemon/dial.h"

#include <stdlib.h>
#include <unistd.h>

#include "util/array.h"

struct dial *
dial_new(struct dials *t, uint32_t id, int fd, struct instant now)
{
	struct dial *d = t->n < DIAL_MAX ? calloc(1, sizeof(*d)) : NULL;

	if (d == NULL)
		return NULL;
	if (!timer_set(&t->timers, &d->timer,
	    instant_after(now, span_s(DIAL_SECONDS)))) {
		free(d);
		return NULL;
	}
	d->id = id;
	d->fd = fd;
	d->next = t->head;
	t->head = d;
	t->n++;
	return d;
}

struct dial *
dial_find(const struct dials *t, int fd)
{
	struct dial *d;

	for (d = t->head; d != NULL && d->fd != fd; d = d->next)
		;
	return d;
}

int
dial_end(struct dials *t, struct dial *d)
{
	struct dial **p = &t->head;
	int fd = d->fd;

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	t->n--;
	timer_clear(&t->timers, &d->timer);
	free(d);
	return fd;
}

struct dial *
dial_due(struct dials *t, struct instant now)
{
	struct timer *timer = timers_pop(&t->timers, now);

	return timer == NULL ? NULL : container_of(timer, struct dial, timer);
}

void
dials_fini(struct dials *t)
{
	while (t->head != NULL)
		close(dial_end(t, t->head));
	timers_fini(&t->timers);
	*t = (struct dials){ 0 };
}
