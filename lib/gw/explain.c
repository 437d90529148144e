/*
 * Failures retold: the sentence that the log had, its stable code, the facts
 * of both sides, and what to look at.  Reads state, changes none.
 */
#include "gw/explain.h"

#include "gw/show.h"
#include "gw/show_bfd.h"
#include "gw/tunnel.h"
#include "ike/story.h"

static json_t *
fact(const char *name, const char *value)
{
	return json_pack("{s:s, s:o}", "name", name, "value",
	    show_text(value));
}

static json_t *
facts(const struct story *s)
{
	json_t *a = json_array();
	const char *name, *value;
	size_t pos = 0;

	while (story_next(s, &pos, &name, &value))
		json_array_append_new(a, fact(name, value));
	return a;
}

static json_t *
failure(const struct gw_tunnel *t)
{
	const struct story *s = ike_peer_story(t->gw->ike, t->id);
	enum story_code code = s == NULL ? STORY_OTHER : s->code;

	return json_pack("{s:s, s:o, s:o, s:s, s:o}",
	    "code", story_code_str(code), "text", show_text(note_str(&t->failed)),
	    "at", show_time(t->failed_at), "remedy", story_remedy(code),
	    "facts", facts(s));
}

/* How the IKE SA came to be, where that may be by a ticket. */
static void
session(const struct gw_tunnel *t, json_t *list)
{
	struct ike_peer_info info = { 0 };
	const struct ike_resumption *r = &info.resumption;
	char text[160], at[STR_UTC_LEN];

	ike_peer_get(t->gw->ike, t->id, &info);
	if (info.state == IKE_ESTABLISHED)
		json_array_append_new(list, fact("session", r->on ?
		    "resumed by a ticket (RFC 5723)" : "set up from scratch"));
	if (r->ticket_until.ns != 0) {
		str_fmt(text, sizeof(text), "held until %s", str_utc(gw_wall(
		    t->gw, r->ticket_until), at));
		json_array_append_new(list, fact("ticket", text));
	}
	if (r->refused != TICKET_GOOD) {
		str_fmt(text, sizeof(text), "%s (%s) at %s",
		    ticket_text(r->refused), ticket_code_str(r->refused),
		    str_utc(r->refused_at, at));
		json_array_append_new(list, fact("ticket refused", text));
	}
}

/* What is known of it besides its state, as far as it has that at all. */
static json_t *
known(const struct gw_tunnel *t)
{
	json_t *list = json_array();
	struct reason bfd;

	if (t->conf->session_resumption)
		session(t, list);
	if (show_bfd_sentence(t, &bfd))
		json_array_append_new(list, fact("bfd", bfd.s));
	return list;
}

json_t *
explain_tunnel(const struct gw_tunnel *t)
{
	struct reason why;
	enum gw_layer layer = tunnel_layer(t, &why);
	json_t *j = json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", t->name,
	    "state", layer == LAYER_NONE ? "UP" : "DOWN",
	    "layer", tunnel_layer_str(layer), "reason", show_text(why.s),
	    "since", show_time(t->since));

	if (j != NULL && (t->conf->session_resumption || t->watch.joined))
		json_object_set_new(j, "facts", known(t));
	if (j != NULL && t->failed_at != 0)
		json_object_set_new(j, "failure", failure(t));
	return j;
}

/* --- strangers --- */

/* Those that a datagram from there could be meant for. */
static json_t *
expected_there(const struct gw *gw, const struct addr *a)
{
	json_t *list = json_array();

	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		if (addr_eq(&t->conf->remote, a))
			json_array_append_new(list, fact("expected",
			    t->name));
		else if (!addr_is_set(&t->conf->remote))
			json_array_append_new(list, fact("from anywhere",
			    t->name));
	}
	if (json_array_size(list) == 0)
		json_array_append_new(list, fact("expected",
		    "no tunnel has this remote_outside_ip_address"));
	return list;
}

static json_t *
stranger(const struct gw *gw, const struct stranger *s)
{
	json_t *list = expected_there(gw, &s->from);
	char count[32];

	str_fmt(count, sizeof(count), "%llu", (unsigned long long)s->count);
	json_array_append_new(list, fact("refused", count));
	return json_pack("{s:s, s:o, s:o, s:s, s:o}", "code", "stranger",
	    "text", show_text(s->why.s), "at", show_time(s->at),
	    "remedy", "configure a tunnel for this address, or one for "
	    "peers from anywhere", "facts", list);
}

json_t *
explain_address(const struct gw *gw, const struct addr *a)
{
	const struct stranger *s = stranger_find(&gw->strangers, a);
	char text[ADDR_STRLEN];
	json_t *j = json_pack("{s:s, s:s, s:s, s:s}", "name",
	    addr_str(a, text), "state", s == NULL ? "unheard" : "refused",
	    "layer", "", "reason", s == NULL ? "nothing from this address "
	    "was refused lately" : "");

	if (j != NULL && s != NULL)
		json_object_set_new(j, "failure", stranger(gw, s));
	else if (j != NULL)
		json_object_set_new(j, "facts", expected_there(gw, a));
	return json_pack("[o]", j);
}
