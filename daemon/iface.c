/*
 * The table of stated interfaces: what a check of a later operation needs to
 * know about the tunnel it belongs to, and what was last said about its
 * state, so that the engine hears of changes and not of every message.
 */
#include "daemon/iface.h"

#include <stdlib.h>
#include <string.h>

void
ifaces_fini(struct ifaces *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i]);
	free(t->v);
	map_fini(&t->by_if_id);
	*t = (struct ifaces){ 0 };
}

/* Where the name is, or where it would go. */
static size_t
place(const struct ifaces *t, const char *name)
{
	size_t low = 0, high = t->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strcmp(t->v[mid]->link.name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct iface *
iface_by_name(const struct ifaces *t, const char *name)
{
	size_t i = place(t, name);

	return i < t->n && strcmp(t->v[i]->link.name, name) == 0 ? t->v[i] :
	    NULL;
}

struct iface *
iface_by_if_id(const struct ifaces *t, uint32_t if_id)
{
	return map_get(&t->by_if_id, if_id);
}

static struct iface *
insert(struct ifaces *t, const char *name)
{
	size_t i = place(t, name);
	struct iface **v, *f;

	if (t->n == t->cap) {
		v = realloc(t->v, (t->cap * 2 + 16) * sizeof(*v));
		if (v == NULL)
			return NULL;
		t->v = v;
		t->cap = t->cap * 2 + 16;
	}
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	memcpy(f->link.name, name, strlen(name) + 1);
	memmove(&t->v[i + 1], &t->v[i], (t->n - i) * sizeof(*t->v));
	t->v[i] = f;
	t->n++;
	return f;
}

static void
forget_id(struct ifaces *t, const struct iface *f)
{
	if (iface_by_if_id(t, f->link.if_id) == f)
		map_del(&t->by_if_id, f->link.if_id);
}

struct iface *
iface_put(struct ifaces *t, const struct kern_link *l)
{
	struct iface *f = iface_by_name(t, l->name);

	if (f == NULL)
		f = insert(t, l->name);
	if (f == NULL)
		return NULL;
	forget_id(t, f);
	f->link = *l;
	if (!map_put(&t->by_if_id, l->if_id, f)) {
		iface_del(t, l->name);
		return NULL;
	}
	return f;
}

void
iface_del(struct ifaces *t, const char *name)
{
	size_t i = place(t, name);
	struct iface *f = iface_by_name(t, name);

	if (f == NULL)
		return;
	forget_id(t, f);
	free(f);
	t->n--;
	memmove(&t->v[i], &t->v[i + 1], (t->n - i) * sizeof(*t->v));
}
