/*
 * What an end does by itself: its operator's, its kernel's and its own
 * decisions.  Where there is no call for it (a child that is deleted alone, a
 * rekey that is forgotten) the SA is changed from the inside.
 */
#include "sim/script_act.h"

#include <stdlib.h>
#include <string.h>

#include "ike/peer.h"
#include "ike/x_child.h"
#include "util/array.h"

static bool
rekey_ike(struct script *s, int side, const char *value)
{
	(void)value;
	return duo_rekey(&s->d, side, false) ||
	    script_fail(s, "there is none");
}

static bool
rekey_child(struct script *s, int side, const char *value)
{
	(void)value;
	return duo_rekey(&s->d, side, true) || script_fail(s, "there is none");
}

static bool
down(struct script *s, int side, const char *value)
{
	(void)value;
	duo_down(&s->d, side);
	return true;
}

static bool
up(struct script *s, int side, const char *value)
{
	(void)value;
	duo_up(&s->d, side);
	return true;
}

static void
changed(struct script *s, struct ike_sa *sa)
{
	sa_touch(sa);
	sa_settle_all(sa->ike, s->d.now);
	duo_check(&s->d);
}

static struct child *
first(const struct script *s, int side)
{
	return child_by_in(s->d.end[side].ike, s->first_in[side]);
}

/* The one that was made last, on whichever SA, in whatever state. */
static struct child *
newest(const struct script *s, int side)
{
	struct child *best = NULL;

	for (struct ike_sa *sa = table_peer(s->d.end[side].ike,
	    DUO_PEER)->sas; sa != NULL; sa = sa->peer_next) {
		for (struct child *c = sa->children; c != NULL; c = c->next) {
			if (c->state != CHILD_LINGERING && (best == NULL ||
			    c->created_at.ns > best->created_at.ns))
				best = c;
		}
	}
	return best;
}

static bool
delete(struct script *s, struct child *c)
{
	if (c == NULL)
		return script_fail(s, "there is none");
	c->want_delete = true;
	changed(s, c->sa);
	return true;
}

static bool
del(struct script *s, int side, const char *value)
{
	(void)value;
	return delete(s, script_child(s, side));
}

static bool
del_first(struct script *s, int side, const char *value)
{
	(void)value;
	return delete(s, first(s, side));
}

static bool
del_newest(struct script *s, int side, const char *value)
{
	(void)value;
	return delete(s, newest(s, side));
}

static bool
expire(struct script *s, int side, const struct child *c, bool hard)
{
	if (c == NULL)
		return script_fail(s, "there is none");
	ike_expired(s->d.end[side].ike, s->d.now, DUO_PEER, c->spi_in, hard);
	duo_check(&s->d);
	return true;
}

static bool
soft(struct script *s, int side, const char *value)
{
	(void)value;
	return expire(s, side, first(s, side), false);
}

static bool
hard(struct script *s, int side, const char *value)
{
	(void)value;
	return expire(s, side, first(s, side), true);
}

static bool
alive(struct script *s, int side, const char *value)
{
	struct child *c = first(s, side);

	(void)value;
	if (c == NULL)
		return script_fail(s, "there is none");
	c->state = CHILD_LIVE;
	c->want_delete = false;
	for (struct child *o = c->sa->children; o != NULL; o = o->next) {
		if (o->replaces == c->spi_in)
			o->replaces = 0;
	}
	changed(s, c->sa);
	return true;
}

static bool
again(struct script *s, int side, const char *value)
{
	if (!alive(s, side, value))
		return false;
	first(s, side)->want_rekey = true;
	changed(s, first(s, side)->sa);
	return true;
}

/* From the IKE SA that has them to another one that is established. */
static bool
misplace(struct script *s, int side, const char *value)
{
	struct ike_sa *sa = script_sa(s, side), *o;

	(void)value;
	for (o = table_peer(s->d.end[side].ike, DUO_PEER)->sas; o != NULL;
	    o = o->peer_next) {
		if (o != sa && o->state == SA_ESTABLISHED)
			break;
	}
	if (o == NULL || sa->children == NULL)
		return script_fail(s, "there are no two, or no child");
	sa_migrate(sa, o);
	changed(s, o);
	return true;
}

static bool
recheck(struct script *s, int side, const char *value)
{
	(void)value;
	s->d.end[side].ike->limits.no_recheck = false;
	return true;
}

static bool
lose(struct script *s, int side, const char *value)
{
	struct child *c = script_child(s, side);
	struct ike_sa *sa = script_sa(s, side);

	(void)value;
	if (c == NULL)
		return script_fail(s, "there is none");
	child_free(c);
	changed(s, sa);
	return true;
}

static bool
crash(struct script *s, int side, const char *value)
{
	(void)value;
	duo_crash(&s->d, side);
	return true;
}

static bool
keep(struct script *s, int side, const char *value)
{
	(void)value;
	s->d.end[side].keep_up = true;
	s->d.end[side].retry_at = s->d.now;
	return true;
}

static bool
prefer(struct script *s, int side, const char *value)
{
	struct ike_peer_conf *c = &table_peer(s->d.end[side].ike,
	    DUO_PEER)->conf;
	char names[64];

	str_set(names, sizeof(names), value);
	for (char *p = names; (p = strchr(p, '+')) != NULL;)
		*p = ' ';
	c->ike.ke = c->esp.ke = duo_algs(ALG_KE, names);
	return true;
}

static bool
more(struct script *s, int side, const char *value)
{
	struct ike_peer *p = table_peer(s->d.end[side].ike, DUO_PEER);
	char slots[64];

	str_set(slots, sizeof(slots), value);
	for (char *c = slots; (c = strchr(c, '+')) != NULL;)
		*c = ' ';
	if (p->addke == NULL)
		p->addke = malloc(sizeof(*p->addke));
	if (p->addke == NULL)
		abort();
	*p->addke = duo_addke(slots);
	p->conf.ike.addke = p->conf.esp.addke = p->addke;
	return true;
}

static bool
childless(struct script *s, int side, const char *value)
{
	static const char *const names[] = {
		[IKE_CHILDLESS_NEVER] = "never",
		[IKE_CHILDLESS_ALLOW] = "allow",
		[IKE_CHILDLESS_PREFER] = "prefer",
		[IKE_CHILDLESS_FORCE] = "force",
	};
	struct ike_peer *p = table_peer(s->d.end[side].ike, DUO_PEER);

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], value) == 0) {
			p->conf.childless = (enum ike_childless)i;
			return true;
		}
	}
	return script_fail(s, "no such wish");
}

static bool
slow(struct script *s, int side, const char *value)
{
	s->d.end[side].kernel_min = span_ms(strtol(value, NULL, 10));
	return true;
}

static bool
probe(struct script *s, int side, const char *value)
{
	struct ike_sa *sa = script_sa(s, side);

	(void)value;
	if (sa == NULL)
		return script_fail(s, "there is none");
	sa->want_dpd = true;
	changed(s, sa);
	return true;
}

/* What the generator gives next is laid before it. */
static void
next_draw(struct drbg *drbg, uint32_t value)
{
	struct wr w;

	if (drbg->left < 4)
		drbg->left = sizeof(drbg->pool);
	w = wr_of(drbg->pool + sizeof(drbg->pool) - drbg->left, 4);
	wr_u32(&w, value);
}

static bool
steal(struct script *s, int side, const char *value)
{
	struct ike *ike = s->d.end[side].ike;
	struct child *c = script_child(s, side);
	bool ok;

	(void)value;
	if (c == NULL)
		return script_fail(s, "there is none");
	next_draw(&s->d.end[side].drbg, c->spi_in);
	map_del(&ike->children, c->spi_in);
	c->want_rekey = true;
	x_child_request(c->sa, s->d.now, c);
	ok = c->sa->create != NULL && c->sa->create->spi_in == c->spi_in &&
	    map_put(&ike->children, c->spi_in, c);
	changed(s, c->sa);
	return ok || script_fail(s, "another SPI was drawn");
}

/* Also when it starts anew. */
static bool
tickets(struct script *s, int side, const char *value)
{
	(void)value;
	table_peer(s->d.end[side].ike, DUO_PEER)->conf.resumption = true;
	s->d.end[side].conf[0].resumption = true;
	return true;
}

static bool
forget(struct script *s, int side, const char *value)
{
	struct ike_sa *sa = script_sa(s, side);

	(void)value;
	if (sa == NULL)
		return script_fail(s, "there is none");
	sa_die(sa, s->d.now, NULL);
	changed(s, sa);
	return true;
}

static const struct {
	const char	*name;
	bool		(*run)(struct script *, int side, const char *value);
} acts[] = {
	{ "ike", rekey_ike },
	{ "child", rekey_child },
	{ "down", down },
	{ "up", up },
	{ "del", del },
	{ "del1", del_first },
	{ "del2", del_newest },
	{ "soft", soft },
	{ "hard", hard },
	{ "alive", alive },
	{ "again", again },
	{ "misplace", misplace },
	{ "recheck", recheck },
	{ "lose", lose },
	{ "crash", crash },
	{ "keep", keep },
	{ "prefer", prefer },
	{ "more", more },
	{ "childless", childless },
	{ "slow", slow },
	{ "probe", probe },
	{ "steal", steal },
	{ "tickets", tickets },
	{ "forget", forget },
};

bool
script_act(struct script *s, char role, const char *word)
{
	size_t n = strcspn(word, ":");

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		if (strlen(acts[i].name) == n &&
		    memcmp(acts[i].name, word, n) == 0)
			return acts[i].run(s, script_side(s, role),
			    word + n + (word[n] != '\0'));
	}
	return script_fail(s, "nothing that it can do");
}
