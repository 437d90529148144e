/*
 * What BFD sees of tunnels, as JSON.  Names of members are an interface that
 * people script against: they are added to, never changed.
 */
#include "gw/show_bfd.h"

#include "gw/show.h"
#include "gw/tunnel.h"
#include "gw/watch.h"

static json_int_t
ms(struct span d)
{
	return (json_int_t)(d.ns / 1000000);
}

static json_t *
discriminator(uint32_t d)
{
	char s[16] = "";

	if (d != 0)
		str_fmt(s, sizeof(s), "%08x", (unsigned)d);
	return json_string(s);
}

/* Only the rules that have discarded something. */
static json_t *
show_dropped(const struct bfd_counts *c)
{
	json_t *j = json_object();

	for (unsigned v = BFD_TAKEN + 1; v < BFD_VERDICTS; v++) {
		if (c->dropped[v] > 0)
			json_object_set_new(j, bfd_verdict_str(
			    (enum bfd_verdict)v),
			    json_integer((json_int_t)c->dropped[v]));
	}
	return j;
}

static json_t *
show_counts(const struct bfd_counts *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
	    "packets_in", (json_int_t)c->in,
	    "packets_out", (json_int_t)c->out,
	    "ups", (json_int_t)c->ups, "downs", (json_int_t)c->downs,
	    "late", (json_int_t)c->late, "latest_ms", (json_int_t)ms(c->latest),
	    "dropped", show_dropped(c));
}

static json_t *
show_remote(const struct bfd_info *i)
{
	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:i, s:b, s:b}",
	    "state", i->remote_discr != 0 ? bfd_state_str(i->remote_state) :
	    "unheard", "diagnostic", bfd_diag_str(i->remote_diag),
	    "discriminator", discriminator(i->remote_discr),
	    "desired_tx_ms", ms(i->remote_desired_tx),
	    "required_rx_ms", i->remote_discr != 0 ?
	    ms(i->remote_required_rx) : 0,
	    "multiplier", (int)i->remote_multiplier,
	    "demand", (int)i->remote_demand,
	    "control_plane_independent", (int)i->remote_independent);
}

json_t *
show_bfd(const struct gw_tunnel *t)
{
	struct reason blocked = { "" };
	struct bfd_info i;

	if (!bfd_get(t->gw->bfd, t->id, &i))
		return NULL;
	watch_allows(t, &blocked);
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:i, s:b, s:I, "
	    "s:I, s:I, s:I, s:b, s:o, s:o, s:o}",
	    "tunnel", t->name,
	    "state", i.running ? bfd_state_str(i.state) : "off",
	    "diagnostic", bfd_diag_str(i.diag),
	    "since", i.running ? show_time(gw_wall(t->gw, i.since)) :
	    json_string(""), "reason", show_text(i.why.s),
	    "blocks", show_text(blocked.s),
	    "minimum_interval_ms", ms(i.conf.interval),
	    "multiplier", (int)i.conf.multiplier,
	    "strict", (int)t->conf->bfd.strict,
	    "tx_interval_ms", i.running ? ms(i.tx_interval) : 0,
	    "detect_time_ms", ms(i.detect_time),
	    "desired_tx_ms", ms(i.desired_tx),
	    "required_rx_ms", ms(i.required_rx),
	    "polling", (int)i.polling,
	    "discriminator", discriminator(i.running ? i.discr : 0),
	    "remote", show_remote(&i), "counters", show_counts(&i.counts));
}

json_t *
show_bfd_brief(const struct gw_tunnel *t)
{
	struct bfd_info i = { .running = false };

	bfd_get(t->gw->bfd, t->id, &i);
	return json_pack("{s:s, s:I, s:I}", "state", i.running ?
	    bfd_state_str(i.state) : "off",
	    "tx_interval_ms", i.running ? ms(i.tx_interval) : 0,
	    "detect_time_ms", ms(i.detect_time));
}

bool
show_bfd_sentence(const struct gw_tunnel *t, struct reason *out)
{
	struct bfd_info i;

	if (!bfd_get(t->gw->bfd, t->id, &i))
		return false;
	if (!i.running)
		reason_set(out, "off: %s", i.why.s);
	else if (i.state == BFD_UP)
		reason_set(out, "Up, detects a broken path within %lld ms",
		    (long long)ms(i.detect_time));
	else
		reason_set(out, "%s: %s", bfd_state_str(i.state), i.why.s);
	return true;
}

void
command_bfd(struct request *q)
{
	json_t *a = json_array();
	char text[160];

	for (struct gw_tunnel *t = q->gw->tunnels; t != NULL; t = t->next) {
		if (t->watch.joined && request_chose(q, t))
			json_array_append_new(a, show_bfd(t));
	}
	if (q->r.name[0] == '\0' || json_array_size(a) > 0) {
		request_answer(q, json_pack("{s:b, s:o}", "ok", 1, "sessions",
		    a));
		return;
	}
	json_decref(a);
	str_fmt(text, sizeof(text), "%s has no BFD: bfd is not true for it",
	    q->r.name);
	request_refuse(q, CTL_EXIT_NO_OBJECT, text);
}
