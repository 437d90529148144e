/*
 * Which tunnels there are.  Each stays as long as the configuration describes
 * it as it is; one that changed ends in order and begins anew, and a reload
 * that changes nothing touches nothing.  New certificates change no tunnel:
 * they are for the next authentication.
 */
#include "gw/roster.h"

#include <string.h>

#include "gw/tunnel.h"

static bool
same_tunnel(const struct gw_tunnel *t, const struct conf_connection *c,
    const struct conf_tunnel *n)
{
	struct conf_tunnel a = *t->conf, b = *n;

	a.index = b.index = 0;
	a.twin = b.twin = false;
	/* Used from the next authentication on: see roster_renew(). */
	memset(&a.creds, 0, sizeof(a.creds));
	memset(&b.creds, 0, sizeof(b.creds));
	return memcmp(&a, &b, sizeof(a)) == 0 && t->hub == c->hub &&
	    t->remote_asn == c->remote_asn && t->hold_time == c->hold_time &&
	    t->routes.n == c->routes.n && (c->routes.n == 0 ||
	    memcmp(t->routes.v, c->routes.v,
	    c->routes.n * sizeof(*c->routes.v)) == 0);
}

static const struct conf_tunnel *
wanted_tunnel(const struct gw *gw, const char *connection, unsigned number,
    const struct conf_connection **conn)
{
	const struct conf_connection *c = conf_find(gw->conf, connection);

	for (unsigned i = 0; c != NULL && i < c->tunnels_n; i++) {
		if (c->tunnels[i].number == number) {
			*conn = c;
			return &c->tunnels[i];
		}
	}
	return NULL;
}

/* The lowest number that no tunnel has. */
static uint32_t
free_id(struct gw *gw)
{
	while (gw_tunnel(gw, gw->free_id) != NULL)
		gw->free_id++;
	return gw->free_id;
}

/* Into the list, by its number, and into the indices. */
static bool
enter(struct gw *gw, struct gw_tunnel *t)
{
	bool at_end = gw->last == NULL || gw->last->id < t->id;
	struct gw_tunnel **at = at_end && gw->last != NULL ? &gw->last->next :
	    &gw->tunnels;

	if (!map_put(&gw->by_id, t->id, t) ||
	    !dict_put(&gw->by_name, t->name, t) ||
	    !dict_put(&gw->by_ifname, t->conf->ifname, t))
		return false;
	while (*at != NULL && (*at)->id < t->id)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	if (at_end)
		gw->last = t;
	return true;
}

/* Out of the indices, and of the list if it is there. */
void
roster_leave(struct gw *gw, struct gw_tunnel *t)
{
	struct gw_tunnel **at = &gw->tunnels, *before = NULL;

	map_del(&gw->by_id, t->id);
	dict_del(&gw->by_name, t->name);
	dict_del(&gw->by_ifname, t->conf->ifname);
	if (t->id < gw->free_id)
		gw->free_id = t->id;
	for (; *at != NULL && *at != t; at = &(*at)->next)
		before = *at;
	if (*at == NULL)
		return;
	*at = t->next;
	if (gw->last == t)
		gw->last = before;
}

static void
add_tunnel(struct gw *gw, struct instant now, const struct conf_connection *c,
    const struct conf_tunnel *conf)
{
	struct gw_tunnel *t = tunnel_new(gw, now, free_id(gw), c, conf);

	if (t != NULL && enter(gw, t))
		return;
	queue_event(&gw->out, GW_ERROR, "out-of-memory", c->name, "tunnel %u",
	    conf->number);
	if (t == NULL)
		return;
	roster_leave(gw, t);
	tunnel_free(t, now);
}

/* Does one that still ends have its name, or the name of its interface? */
static bool
must_wait(const struct gw *gw, const struct conf_connection *c,
    const struct conf_tunnel *conf)
{
	const struct gw_tunnel *t = dict_get(&gw->by_ifname, conf->ifname);

	return (t != NULL && t->removing) ||
	    gw_tunnel_find(gw, c->name, conf->number) != NULL;
}

/* One that stays is described by the new configuration: the old one goes. */
static void
move_to(struct gw *gw, struct gw_tunnel *t, const struct conf_tunnel *conf)
{
	if (t->of == gw->conf)
		return;
	/* The key is text of the old one; there is room for it again. */
	dict_del(&gw->by_ifname, t->conf->ifname);
	tunnel_conf(t, gw->conf, conf);
	dict_put(&gw->by_ifname, t->conf->ifname, t);
}

/* Objects follow the configuration: what is gone or changed ends first. */
void
roster_converge(struct gw *gw, struct instant now)
{
	const struct conf_connection *c = NULL;

	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		const struct conf_tunnel *w = wanted_tunnel(gw, t->connection,
		    t->conf->number, &c);

		if (t->removing)
			continue;
		if (w == NULL || !same_tunnel(t, c, w))
			tunnel_remove(t, now);
		else
			move_to(gw, t, w);
	}
	for (size_t i = 0; i < gw->conf->n && !gw->stopping; i++) {
		c = &gw->conf->connections[i];
		for (unsigned k = 0; k < c->tunnels_n; k++) {
			if (!must_wait(gw, c, &c->tunnels[k]))
				add_tunnel(gw, now, c, &c->tunnels[k]);
		}
	}
}

/* Tunnels that stay are given the certificates of the new configuration. */
void
roster_renew(struct gw *gw, struct creds *old)
{
	const struct conf_connection *c;

	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next)
		tunnel_creds(t, t->removing ? NULL : wanted_tunnel(gw,
		    t->connection, t->conf->number, &c));
	creds_free(old);
}
