/*
 * What operators ask of BGP: neighbours, their tables a page at a time, why a
 * prefix is routed as it is; and sessions refreshed, cleared, shut and started
 * again.  A page visits a bounded number of prefixes, however few of them are
 * of the neighbour, so that nobody waits for it.
 */
#include "gw/command_bgp.h"

#include <stdlib.h>

#include "bgp/mrt.h"
#include "bgp/trace.h"
#include "gw/show_bgp.h"
#include "gw/tunnel.h"

#define VISITS	20000		/* prefixes looked at for a page */
#define TRACE_PAGE	100000	/* octets of records, about */

static bool
is_chosen(const struct request *q, const struct gw_tunnel *t)
{
	return t->remote_asn != 0 && request_chose(q, t);
}

/* The first tunnel with BGP; n is how many there are. */
static struct gw_tunnel *
chosen(const struct request *q, unsigned *n)
{
	struct gw_tunnel *first = NULL;

	*n = 0;
	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (!is_chosen(q, t))
			continue;
		if ((*n)++ == 0)
			first = t;
	}
	return first;
}

/* Answers with an error, unless there is somebody to do it to. */
static bool
nobody(const struct request *q)
{
	char text[160];
	unsigned n;

	chosen(q, &n);
	if (n > 0)
		return false;
	str_fmt(text, sizeof(text), "%s has no BGP neighbor: its routes are "
	    "static", q->r.name);
	request_refuse(q, CTL_EXIT_NO_OBJECT, text);
	return true;
}

void
command_bgp(struct request *q)
{
	json_t *a = json_array();

	if (q->r.name[0] != '\0' && nobody(q)) {
		json_decref(a);
		return;
	}
	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (is_chosen(q, t))
			json_array_append_new(a, show_neighbor(t));
	}
	request_answer(q, json_pack("{s:b, s:o}", "ok", 1, "neighbors", a));
}

/* --- tables --- */

static enum look_what
table_of(enum ctl_what what)
{
	switch (what) {
	case CTL_WHAT_RECEIVED:
		return LOOK_RECEIVED;
	case CTL_WHAT_ACCEPTED:
		return LOOK_ACCEPTED;
	case CTL_WHAT_ADVERTISED:
		return LOOK_ADVERTISED;
	case CTL_WHAT_CHILD:
	case CTL_WHAT_IKE:
	case CTL_WHAT_BEST:
	case CTL_WHAT_MAINTENANCE:
	case CTL_WHAT_END:
	case CTL_WHATS:
		break;
	}
	return LOOK_BEST;
}

static bool
one_neighbor(const struct request *q, uint32_t *peer)
{
	const char *what = ctl_what_str(q->r.what);
	char text[160];
	unsigned n;
	const struct gw_tunnel *t = chosen(q, &n);

	if (q->r.what == CTL_WHAT_BEST && q->r.name[0] == '\0')
		return true;
	if (q->r.what == CTL_WHAT_BEST || n != 1) {
		if (q->r.what == CTL_WHAT_BEST)
			str_fmt(text, sizeof(text), "the best routes are no "
			    "neighbor's");
		else
			str_fmt(text, sizeof(text), "%s routes are those of "
			    "one neighbor: name its tunnel (NAME/1)", what);
		request_refuse(q, CTL_EXIT_USAGE, text);
		return false;
	}
	*peer = t->id;
	return true;
}

void
command_bgp_routes(struct request *q)
{
	struct look l = {
		.what = table_of(q->r.what), .visits = VISITS,
		.cursor = (uint32_t)q->r.cursor, .table = q->table,
		.nth = (uint32_t)((uint64_t)q->r.cursor >> 32),
	};
	struct look_path path;
	struct prefix prefix;
	bool more = true;
	json_t *a;

	if ((q->r.name[0] != '\0' && nobody(q)) || !one_neighbor(q, &l.peer))
		return;
	a = json_array();
	while (json_array_size(a) < REQUEST_PAGE &&
	    (more = look_next(q->gw->bgp, &l, &prefix, &path)))
		json_array_append_new(a, show_path(q->gw, &prefix, &path));
	request_page(q, a, more || l.visits == 0 ?
	    (uint64_t)l.nth << 32 | l.cursor : 0);
}

/* --- MRT --- */

_Static_assert(CTL_DUMP_SEQUENCE == MRT_SEQUENCE, "vpnctl numbers records");

/* False: no memory. */
static bool
add_record(json_t *a, struct bytes record)
{
	char *hex = malloc(2 * record.n + 1);
	bool ok = false;

	if (hex != NULL) {
		str_hex(hex, 2 * record.n + 1, record);
		ok = json_array_append_new(a, json_stringn_nocheck(hex,
		    2 * record.n)) == 0;
	}
	free(hex);
	return ok;
}

/* Takes the record over; NULL: there was no memory for it. */
static bool
take_record(json_t *a, uint8_t *record, size_t n)
{
	bool ok = record != NULL && add_record(a, bytes_of(record, n));

	free(record);
	return ok;
}

/*
 * The first page begins with the table of peers, which hold for the whole
 * dump: the cursor has how often tunnels have come or gone until then.
 */
void
command_bgp_dump(struct request *q)
{
	struct mrt m = {
		.now = q->now, .wall = gw_wall(q->gw, q->now),
		.cursor = (uint32_t)q->r.cursor, .visits = VISITS,
	};
	uint64_t epoch = (uint64_t)q->gw->moves << 32;
	json_t *a;
	uint8_t *p = NULL;
	size_t n = 0;
	bool ok = true;

	if (q->r.cursor != 0 && q->r.cursor >> 32 != epoch >> 32) {
		request_refuse(q, CTL_EXIT_FAILED, "tunnels have come or gone "
		    "meanwhile: begin the dump again");
		return;
	}
	a = json_array();
	if (q->r.cursor == 0) {
		p = mrt_peers(q->gw->bgp, &m, "vpnd", &n);
		ok = take_record(a, p, n);
	}
	while (ok && json_array_size(a) < REQUEST_PAGE &&
	    (p = mrt_next(q->gw->bgp, &m, &n)) != NULL)
		ok = take_record(a, p, n);
	if (!ok || m.no_memory) {
		json_decref(a);
		request_refuse(q, CTL_EXIT_FAILED, "vpnd has no memory for "
		    "the dump");
		return;
	}
	request_page_of(q, "records", a, p != NULL || m.visits == 0 ?
	    epoch | m.cursor : 0);
}

/* The number of a new one; 0: the request was refused. */
static uint32_t
trace_begin(const struct request *q)
{
	uint32_t *peers = NULL, number = 0;
	unsigned n = 0, k = 0;

	if (q->r.name[0] != '\0') {
		if (nobody(q))
			return 0;
		chosen(q, &n);
		peers = malloc(n * sizeof(*peers));
	}
	for (struct gw_tunnel *t = peers == NULL ? NULL : q->gw->tunnels;
	    t != NULL; t = t->next) {
		if (is_chosen(q, t))
			peers[k++] = t->id;
	}
	if (k == n)
		number = trace_open(q->gw->bgp, q->now,
		    gw_wall(q->gw, q->now), peers, n);
	free(peers);
	if (number == 0)
		request_refuse(q, CTL_EXIT_FAILED, "there are as many traces "
		    "as there may be, or vpnd has no memory for one");
	return number;
}

/* What has happened since the last time. */
static void
trace_page(struct request *q, uint32_t number)
{
	struct bgp *b = q->gw->bgp;
	json_t *a = json_array();
	bool more = true, ok = true;
	struct bytes record;
	char cursor[16];
	size_t sum = 0;

	while (ok && sum < TRACE_PAGE &&
	    (more = trace_next(b, q->now, number, &record))) {
		ok = add_record(a, record);
		sum += record.n;
	}
	str_fmt(cursor, sizeof(cursor), "%u", number);
	if (ok) {
		request_answer(q, json_pack("{s:b, s:o, s:s, s:b, s:I}", "ok",
		    1, "records", a, "cursor", cursor, "more", more,
		    "dropped", (json_int_t)trace_dropped(b, number)));
		return;
	}
	json_decref(a);
	trace_close(b, number);
	request_refuse(q, CTL_EXIT_FAILED, "vpnd has no memory for the trace");
}

void
command_bgp_trace(struct request *q)
{
	uint32_t number = (uint32_t)q->r.cursor;

	if (q->r.what == CTL_WHAT_END) {
		trace_close(q->gw->bgp, number);
		request_done(q);
		return;
	}
	if (q->r.cursor == 0 && (number = trace_begin(q)) == 0)
		return;
	if (trace_is_open(q->gw->bgp, number))
		trace_page(q, number);
	else
		request_refuse(q, CTL_EXIT_NO_OBJECT, "there is no such trace "
		    "any more");
}

void
command_explain_route(struct request *q)
{
	json_t *j = explain_route(q->gw, q->table != 0 ? q->table :
	    CONF_TABLE_MAIN, &q->r.prefix);
	char text[160], prefix[PREFIX_STRLEN];

	if (j != NULL) {
		request_answer(q, json_pack("{s:b, s:o}", "ok", 1, "route",
		    j));
		return;
	}
	str_fmt(text, sizeof(text), "no route through a tunnel covers %s%s%s",
	    prefix_str(&q->r.prefix, prefix), q->table != 0 ?
	    " in route table " : "", q->r.table);
	request_refuse(q, CTL_EXIT_NO_OBJECT, text);
}

/* --- sessions --- */

/* All that can be are asked; the first that cannot is the answer. */
void
command_bgp_refresh(struct request *q)
{
	char text[200] = "";

	if (nobody(q))
		return;
	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		const char *why = is_chosen(q, t) ?
		    bgp_peer_refresh(q->gw->bgp, q->now, t->id) : NULL;

		if (why != NULL && text[0] == '\0')
			str_fmt(text, sizeof(text), "%s: %s", t->name, why);
	}
	if (text[0] != '\0')
		request_refuse(q, CTL_EXIT_FAILED, text);
	else
		request_done(q);
}

void
command_bgp_clear(struct request *q)
{
	if (nobody(q))
		return;
	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (is_chosen(q, t))
			bgp_peer_reset(q->gw->bgp, q->now, t->id);
	}
	request_done(q);
}

static void
set_shut(struct request *q, const char *why)
{
	if (nobody(q))
		return;
	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (is_chosen(q, t))
			tunnel_bgp_admin(t, why);
	}
	request_done(q);
}

void
command_bgp_shutdown(struct request *q)
{
	set_shut(q, q->r.text[0] != '\0' ? q->r.text : "by an operator");
}

void
command_bgp_start(struct request *q)
{
	set_shut(q, "");
}
