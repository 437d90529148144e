/*
 * Which tunnels there are.  Each stays as long as the configuration describes
 * it as it is; one that changed ends in order and begins anew, and a reload
 * that changes nothing touches nothing.  New certificates change no tunnel:
 * IKE judges by them what is up, and authenticates with them.
 */
#include "gw/roster.h"

#include <stdlib.h>
#include <string.h>

#include "gw/legacy.h"
#include "gw/peers.h"
#include "gw/tables.h"
#include "gw/tunnel.h"
#include "gw/upkeep.h"

static bool
same_tunnel(const struct gw_tunnel *t, const struct conf_connection *c,
    const struct conf_tunnel *n)
{
	struct conf_tunnel a = *t->conf, b = *n;

	a.index = b.index = 0;
	a.twin = b.twin = false;
	/* IKE is given what is in them: see roster_renew(). */
	memset(&a.creds, 0, sizeof(a.creds));
	memset(&b.creds, 0, sizeof(b.creds));
	memset(a.secret_mark, 0, sizeof(a.secret_mark));
	memset(b.secret_mark, 0, sizeof(b.secret_mark));
	memset(a.bgp_mark, 0, sizeof(a.bgp_mark));
	memset(b.bgp_mark, 0, sizeof(b.bgp_mark));
	/* The sessions go on with other ones: see tunnel_conf(). */
	memset(&a.bgp, 0, sizeof(a.bgp));
	memset(&b.bgp, 0, sizeof(b.bgp));
	memset(&a.session, 0, sizeof(a.session));
	memset(&b.session, 0, sizeof(b.session));
	memset(&a.bfd, 0, sizeof(a.bfd));
	memset(&b.bfd, 0, sizeof(b.bfd));
	memset(&a.upkeep, 0, sizeof(a.upkeep));
	memset(&b.upkeep, 0, sizeof(b.upkeep));
	return conf_tunnel_eq(&a, &b) && t->hub == c->hub &&
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

/* That of before, or the lowest number that no tunnel has. */
static uint32_t
free_id(struct gw *gw, const struct legacy *l)
{
	if (l != NULL && gw_tunnel(gw, l->id) == NULL)
		return l->id;
	while (gw_tunnel(gw, gw->free_id) != NULL)
		gw->free_id++;
	return gw->free_id;
}

/* Into the indices and the list; few numbers below its own are free. */
static bool
enter(struct gw *gw, struct gw_tunnel *t)
{
	struct gw_tunnel *before = NULL, **at;

	for (uint32_t id = t->id; before == NULL && --id > 0;)
		before = gw_tunnel(gw, id);
	at = before == NULL ? &gw->tunnels : &before->next;

	if (!map_put(&gw->by_id, t->id, t) ||
	    !dict_put(&gw->by_name, t->name, t) ||
	    !dict_put(&gw->by_ifname, t->conf->ifname, t))
		return false;
	gw->moves++;
	t->prev = before;
	t->next = *at;
	if (t->next != NULL)
		t->next->prev = t;
	*at = t;
	return true;
}

/* Out of the indices, and of the list if it is there. */
static void
leave(struct gw *gw, struct gw_tunnel *t)
{
	gw->moves++;
	map_del(&gw->by_id, t->id);
	dict_del(&gw->by_name, t->name);
	dict_del(&gw->by_ifname, t->conf->ifname);
	if (t->id < gw->free_id)
		gw->free_id = t->id;
	if (t->next != NULL)
		t->next->prev = t->prev;
	if (t->prev != NULL)
		t->prev->next = t->next;
	else if (gw->tunnels == t)
		gw->tunnels = t->next;
}

/* --- what an operator took down --- */

/* That outlives the tunnel until its successor is made. */
static void
hold(struct gw *gw, const struct gw_tunnel *t)
{
	struct gw_held *h = calloc(1, sizeof(*h));

	if (h != NULL) {
		str_set(h->connection, sizeof(h->connection), t->connection);
		h->number = t->conf->number;
		str_set(h->name, sizeof(h->name), t->name);
		h->admin_up = t->admin_up;
		h->bgp_shut = t->bgp_shut;
	}
	if (h == NULL || !dict_put(&gw->held_by_name, h->name, h)) {
		queue_event(&gw->out, GW_ERROR, "out-of-memory", t->name,
		    "it does not stay down");
		free(h);
		return;
	}
	h->next = gw->held;
	gw->held = h;
}

static void
release(struct gw *gw, struct gw_held *h)
{
	struct gw_held **at = &gw->held;

	if (h == NULL)
		return;
	dict_del(&gw->held_by_name, h->name);
	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	free(h);
}

/* Of tunnels that nobody wants any more. */
static void
release_unwanted(struct gw *gw)
{
	const struct conf_connection *c;
	struct gw_held *next;

	for (struct gw_held *h = gw->held; h != NULL; h = next) {
		next = h->next;
		if (wanted_tunnel(gw, h->connection, h->number, &c) == NULL)
			release(gw, h);
	}
}

void
roster_fini(struct gw *gw)
{
	while (gw->held != NULL)
		release(gw, gw->held);
	dict_fini(&gw->held_by_name);
}

/* --- beginnings and ends --- */

static void
take_legacy(struct gw_tunnel *t, struct instant now, struct legacy *l)
{
	t->legacy = l;
	t->gw->legacies_n++;
	t->admin_up &= !l->down;
	t->bgp_shut = l->bgp_shut;
	if (t->admin_up && t->bgp_shut.s[0] == '\0')
		bgp_kept(t->gw->bgp, t->id, l->bgp4, l->bgp6);
	if (l->drain)
		drain_go_on(t, now, addr_is_set(&l->to) ? &l->to : NULL);
	ike_tickets_end(t->gw->ike, t->id, instant_min(l->tickets_void, now));
}

static void
add_tunnel(struct gw *gw, struct instant now, const struct conf_connection *c,
    const struct conf_tunnel *conf)
{
	char name[CONF_NAME_LEN + 8];
	struct legacy *l;
	struct gw_tunnel *t;
	struct gw_held *h;

	str_fmt(name, sizeof(name), "%s/%u", c->name, conf->number);
	l = legacy_take(gw, name);
	t = tunnel_new(gw, now, free_id(gw, l), c, conf);
	if (t != NULL && l != NULL)
		take_legacy(t, now, l);
	else
		legacy_free(l);
	if (t != NULL && enter(gw, t)) {
		h = dict_get(&gw->held_by_name, t->name);
		if (h != NULL) {
			t->admin_up = h->admin_up;
			t->bgp_shut = h->bgp_shut;
		}
		release(gw, h);
		return;
	}
	queue_event(&gw->out, GW_ERROR, "out-of-memory", c->name, "tunnel %u",
	    conf->number);
	if (t == NULL)
		return;
	leave(gw, t);
	tunnel_free(t, now);
}

/* Unless one that still ends has its name, or that of its interface. */
static void
begin(struct gw *gw, struct instant now, const struct conf_connection *c,
    const struct conf_tunnel *conf)
{
	const struct gw_tunnel *t = dict_get(&gw->by_ifname, conf->ifname);

	if ((t == NULL || !t->removing) &&
	    gw_tunnel_find(gw, c->name, conf->number) == NULL)
		add_tunnel(gw, now, c, conf);
}

static void
link_del(struct gw *gw, const struct gw_tunnel *t)
{
	struct kern_op *op = queue_op(&gw->out, KERN_LINK_DEL);

	if (op != NULL)
		peers_link(t, &op->link);
}

/* Only who has its name or that of its interface can have waited for it. */
void
roster_bury(struct gw *gw, struct instant now, struct gw_tunnel *t)
{
	const struct conf_connection *of_name = NULL, *of_link = NULL;
	const struct conf_tunnel *by_name = wanted_tunnel(gw, t->connection,
	    t->conf->number, &of_name);
	const struct conf_tunnel *by_link = conf_find_ifname(gw->conf,
	    t->conf->ifname, &of_link);

	const int64_t replaced = t->upkeep.replacing ? gw_wall(gw, now) : 0;
	struct gw_tunnel *next;

	link_del(gw, t);
	leave(gw, t);
	if ((!t->admin_up || t->bgp_shut.s[0] != '\0') && by_name != NULL)
		hold(gw, t);
	tunnel_free(t, now);
	tables_bury(gw);
	if (by_name != NULL && !gw->stopping) {
		begin(gw, now, of_name, by_name);
		next = gw_tunnel_find(gw, of_name->name, by_name->number);
		if (next != NULL)
			next->upkeep.replaced_at = replaced;
	}
	if (by_link != NULL && !gw->stopping)
		begin(gw, now, of_link, by_link);
}

/* One that stays is described by the new configuration: the old one goes. */
static void
move_to(struct gw *gw, struct instant now, struct gw_tunnel *t,
    const struct conf_connection *c, const struct conf_tunnel *conf)
{
	if (t->of == gw->conf)
		return;
	/* The key is text of the old one; there is room for it again. */
	dict_del(&gw->by_ifname, t->conf->ifname);
	tunnel_conf(t, now, gw->conf, c, conf);
	dict_put(&gw->by_ifname, t->conf->ifname, t);
}

static void
begin_all(struct gw *gw, struct instant now, bool known)
{
	char name[CONF_NAME_LEN + 8];

	for (size_t i = 0; i < gw->conf->n; i++) {
		const struct conf_connection *c = &gw->conf->connections[i];

		for (unsigned k = 0; k < c->tunnels_n; k++) {
			str_fmt(name, sizeof(name), "%s/%u", c->name,
			    c->tunnels[k].number);
			if (!known || legacy_has(gw, name))
				begin(gw, now, c, &c->tunnels[k]);
		}
	}
}

/* Objects follow the configuration: what is gone or changed ends first. */
void
roster_converge(struct gw *gw, struct instant now)
{
	const struct conf_connection *c = NULL;

	release_unwanted(gw);
	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		const struct conf_tunnel *w = wanted_tunnel(gw, t->connection,
		    t->conf->number, &c);

		if (t->removing)
			continue;
		if (w != NULL && same_tunnel(t, c, w)) {
			upkeep_cancel(t);
			move_to(gw, now, t, c, w);
		} else if (w == NULL || !upkeep_defer(t, now, w)) {
			tunnel_remove(t, now);
		}
	}
	/* Who has a number keeps it: those first. */
	if (gw->legacies != NULL)
		begin_all(gw, now, true);
	if (!gw->stopping)
		begin_all(gw, now, false);
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
