/* Events of the simulated world, in a list by time; equals in order. */
#include "sim/duo_event.h"

#include <stdlib.h>

struct span
duo_some(struct duo *d, struct span most)
{
	return drbg_span(&d->chance, most);
}

struct duo_event *
duo_event_new(struct duo *d, enum duo_kind kind, int side, struct ike_out *out)
{
	struct duo_event *v = calloc(1, sizeof(*v));

	if (v == NULL)
		abort();
	v->kind = kind;
	v->side = side;
	v->life = d->end[side].life;
	if (out != NULL) {
		v->out = *out;
		*out = (struct ike_out){ 0 };
	}
	return v;
}

void
duo_event_at(struct duo *d, struct duo_event *v, struct instant at)
{
	struct duo_event **p = &d->events;

	v->at = at;
	while (*p != NULL && (*p)->at.ns <= at.ns)
		p = &(*p)->next;
	v->next = *p;
	*p = v;
}

void
duo_event_free(struct duo_event *v)
{
	ike_out_fini(&v->out);
	free(v);
}

void
duo_events_free(struct duo_event **list)
{
	struct duo_event *v;

	while ((v = *list) != NULL) {
		*list = v->next;
		duo_event_free(v);
	}
}
