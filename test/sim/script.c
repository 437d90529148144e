/*
 * The interpreter of scripts: words to steps, and what is checked after each
 * of them.  Words are looked up in tables; see script.h for what they mean.
 */
#include "sim/script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/peer.h"
#include "sim/duo_event.h"
#include "sim/script_act.h"
#include "util/array.h"

static const struct span moment = { INT64_C(10) * 1000000 };

static const struct {
	const char	*name;
	enum ike_event	event;
} counts[] = {
	{ "up", IKE_EV_CHILD_UP },
	{ "down", IKE_EV_CHILD_DOWN },
	{ "ikeup", IKE_EV_IKE_UP },
	{ "ikedown", IKE_EV_IKE_DOWN },
	{ "rekeys", IKE_EV_REKEYED },
	{ "failed", IKE_EV_FAILED },
	{ "outs", 0 },			/* of the fake kernel */
};

#define COUNT_OUTS	(SCRIPT_COUNTS - 1)

_Static_assert(ARRAY_SIZE(counts) == SCRIPT_COUNTS, "one row per count");

bool
script_fail(struct script *s, const char *fmt, ...)
{
	va_list ap;

	if (s->why.s[0] == '\0') {
		va_start(ap, fmt);
		vsnprintf(s->why.s, sizeof(s->why.s), fmt, ap);
		va_end(ap);
	}
	return false;
}

int
script_side(const struct script *s, char role)
{
	return (role == 'B') != s->mirror ? RIGHT : LEFT;
}

struct ike_sa *
script_sa(const struct script *s, int side)
{
	return peer_main_sa(table_peer(s->d.end[side].ike, DUO_PEER));
}

struct child *
script_child(const struct script *s, int side)
{
	const struct ike_sa *sa = script_sa(s, side);

	return sa == NULL ? NULL : sa_current_child(sa);
}

static unsigned
counted(const struct script *s, size_t what, int side)
{
	const struct duo_end *e = &s->d.end[side];

	return what == COUNT_OUTS ? e->sad.outs :
	    e->events[counts[what].event];
}

/* --- what must hold after every word --- */

/* Is there a way for a packet from this side to be understood? */
static bool
can_send(const struct script *s, int side)
{
	const struct ike_esp *out = sad_newest_out(&s->d.end[side].sad);
	const struct ike_esp *in = out == NULL ? NULL :
	    sad_find(&s->d.end[!side].sad, out->spi, true);

	return in != NULL && sad_mirrors(out, in);
}

static bool
sound(struct script *s)
{
	if (s->d.trouble.s[0] != '\0')
		return script_fail(s, "%s", s->d.trouble.s);
	for (char role = 'A'; s->flow && role <= 'B'; role++) {
		if (!can_send(s, script_side(s, role)))
			return script_fail(s, "traffic from %c does not get "
			    "through", role);
	}
	return s->why.s[0] == '\0';
}

/* --- words --- */

static void
note_nonce(struct script *s, const struct mail *m, char role)
{
	/* N1, N2: requests of A and B; N3: B's answer to A; N4: A's to B. */
	size_t i = m->response ? (role == 'B' ? 2 : 3) : role == 'B';

	if (m->exchange != CREATE_CHILD_SA || m->nonce_n == 0)
		return;
	s->nonce[i].n = m->nonce_n;
	memcpy(s->nonce[i].b, m->nonce, m->nonce_n);
}

static bool
message(struct script *s, char role, enum duo_fate fate, const char *word)
{
	size_t n = strcspn(word, ":");
	const struct mail_like *named = mail_named(word, n);
	const char *error = word[n] == ':' ? word + n + 1 : "";
	struct mail_like like;
	struct mail m;

	if (named == NULL)
		return script_fail(s, "no message has this name");
	like = *named;
	like.from = script_side(s, role);
	if (!duo_pass(&s->d, &like, fate, &m))
		return script_fail(s, "nothing like this is under way");
	note_nonce(s, &m, role);
	if (strcmp(m.error == N_NONE ? "" : notify_str(m.error), error) != 0)
		return script_fail(s, "it carries \"%s\"",
		    m.error == N_NONE ? "" : notify_str(m.error));
	return true;
}

static bool
nothing_of(struct script *s, char role)
{
	for (const struct duo_event *v = s->d.kept; v != NULL; v = v->next) {
		if (v->mail.from == script_side(s, role))
			return script_fail(s, "%s %s of %c's is under way",
			    hdr_exchange_str(v->mail.exchange),
			    v->mail.response ? "response" : "request", role);
	}
	return true;
}

static bool
of_role(struct script *s, const char *word)
{
	switch (word[1]) {
	case '!':
		return script_act(s, word[0], word + 2);
	case '>':
		return message(s, word[0], DUO_PASS, word + 2);
	case '+':
		return message(s, word[0], DUO_TWICE, word + 2);
	case '-':
		return message(s, word[0], DUO_DROP, word + 2);
	case '~':
		return nothing_of(s, word[0]);
	default:
		return script_fail(s, "what should it do?");
	}
}

/* Those that are not on their way out of the kernel. */
static unsigned
children(const struct script *s, int side)
{
	unsigned n = 0;

	for (struct ike_sa *sa = table_peer(s->d.end[side].ike,
	    DUO_PEER)->sas; sa != NULL; sa = sa->peer_next) {
		for (struct child *c = sa->children; c != NULL; c = c->next)
			n += c->state != CHILD_LINGERING;
	}
	return n;
}

static bool
population(struct script *s, const char *word)
{
	char is[40];

	snprintf(is, sizeof(is), "[%zu.%u|%zu.%u]",
	    s->d.end[script_side(s, 'A')].ike->sas.used,
	    children(s, script_side(s, 'A')),
	    s->d.end[script_side(s, 'B')].ike->sas.used,
	    children(s, script_side(s, 'B')));
	return strcmp(is, word) == 0 || script_fail(s, "it is %s", is);
}

static int
nonce_order(const struct script_nonce *a, const struct script_nonce *b)
{
	return bytes_cmp(bytes_of(a->b, a->n), bytes_of(b->b, b->n));
}

static bool
check_nonces(struct script *s, const char *value)
{
	const struct script_nonce *low = NULL;

	(void)value;
	/* Those that are still under way are drawn as well. */
	for (const struct duo_event *v = s->d.kept; v != NULL; v = v->next)
		note_nonce(s, &v->mail,
		    v->mail.from == script_side(s, 'A') ? 'A' : 'B');
	for (size_t i = 0; i < ARRAY_SIZE(s->nonce); i++) {
		if (s->nonce[i].n > 0 &&
		    (low == NULL || nonce_order(&s->nonce[i], low) < 0))
			low = &s->nonce[i];
	}
	if (low == NULL || (s->lowest != 0 &&
	    s->nonce[s->lowest - '1'].n == 0))
		return script_fail(s, "a nonce was not seen");
	s->other_order = s->lowest != 0 && low != &s->nonce[s->lowest - '1'];
	return !s->other_order;
}

static bool
flow(struct script *s, const char *value)
{
	(void)value;
	s->flow = true;
	return true;
}

static bool
noflow(struct script *s, const char *value)
{
	(void)value;
	s->flow = false;
	s->gap = true;
	return true;
}

static bool
pass_time(struct script *s, const char *value)
{
	duo_run(&s->d, span_ms(strtol(value, NULL, 10)));
	return true;
}

/* Takes the nth of those that are kept and sends it on its way. */
static void
pass_nth(struct duo *d, unsigned n)
{
	struct duo_event **p = &d->kept, *v;

	while (n-- > 0)
		p = &(*p)->next;
	v = *p;
	*p = v->next;
	duo_event_at(d, v, instant_after(d->now, d->link.delay));
}

static bool
any_order(struct script *s, const char *value)
{
	struct script_order *o = s->order;

	(void)value;
	for (o->n = 0; s->d.kept != NULL; o->n++) {
		if (o->n == SCRIPT_CHOICES)
			return script_fail(s, "it never ends");
		o->of[o->n] = 0;
		for (struct duo_event *v = s->d.kept; v != NULL; v = v->next)
			o->of[o->n]++;
		pass_nth(&s->d, o->choice[o->n]);
		duo_run(&s->d, moment);
		if (!sound(s))
			return false;
	}
	return true;
}

static bool
post(struct script *s, const char *value)
{
	(void)value;
	s->d.hold = false;
	duo_release(&s->d);
	return true;
}

static bool
hold(struct script *s, const char *value)
{
	(void)value;
	s->d.hold = true;
	return true;
}

static bool
settle(struct script *s)
{
	post(s, "");
	duo_run(&s->d, span_s(3));
	/* What is still to come, limits and graces, is slow. */
	s->d.esp_every = span_ms(100);
	duo_run(&s->d, span_s(37));
	return sound(s);
}

static bool
ends_with_one(struct script *s, const char *value)
{
	struct reason why;

	(void)value;
	if (!settle(s))
		return false;
	if (!duo_paired(&s->d, &why))
		return script_fail(s, "%s", why.s);
	for (int side = LEFT; side <= RIGHT && !s->gap; side++) {
		const struct duo_end *e = &s->d.end[side];

		if (e->esp_lost + e->esp_none > 0)
			return script_fail(s, "of %u packets %u were lost and "
			    "%u found no SA to leave on", e->esp_sent,
			    e->esp_lost, e->esp_none);
	}
	return true;
}

static bool
ends_bare(struct script *s, const char *value)
{
	struct ike_peer_info l, r;

	(void)value;
	if (!settle(s) || !population(s, "[1.0|1.0]"))
		return false;
	l = duo_info(&s->d, LEFT);
	r = duo_info(&s->d, RIGHT);
	if (l.state != IKE_ESTABLISHED || r.state != IKE_ESTABLISHED ||
	    l.spi_i != r.spi_i || l.spi_r != r.spi_r ||
	    s->d.end[LEFT].sad.n + s->d.end[RIGHT].sad.n > 0)
		return script_fail(s, "the ends do not name the same IKE SA, "
		    "or SAs are left in a kernel");
	return true;
}

static bool
ends_with_nothing(struct script *s, const char *value)
{
	struct reason why;

	(void)value;
	if (!settle(s))
		return false;
	return duo_empty(&s->d, &why) || script_fail(s, "%s", why.s);
}

static bool
child_made_by(struct script *s, const char *value)
{
	const struct child *c = script_child(s, script_side(s, value[0]));

	return (c != NULL && c->initiated) ||
	    script_fail(s, "it is not of its making");
}

static bool
ike_made_by(struct script *s, const char *value)
{
	const struct ike_sa *sa = script_sa(s, script_side(s, value[0]));

	return (sa != NULL && sa->initiator) ||
	    script_fail(s, "it is not of its making");
}

static const struct {
	const char	*name;
	bool		(*run)(struct script *, const char *value);
} words[] = {
	{ "nonces", check_nonces },
	{ "flow", flow },
	{ "noflow", noflow },
	{ "wait", pass_time },
	{ "any", any_order },
	{ "post", post },
	{ "hold", hold },
	{ "one", ends_with_one },
	{ "bare", ends_bare },
	{ "gone", ends_with_nothing },
	{ "child", child_made_by },
	{ "ike", ike_made_by },
};

static bool
expectation(struct script *s, const char *word, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (strlen(counts[i].name) != n ||
		    memcmp(counts[i].name, word, n) != 0)
			continue;
		return sscanf(word + n, "=%d,%d", &s->want[i][0],
		    &s->want[i][1]) == 2 || script_fail(s, "two numbers");
	}
	return script_fail(s, "no such word");
}

static bool
do_word(struct script *s, const char *word)
{
	size_t n = strcspn(word, ":=");

	if (word[0] == 'A' || word[0] == 'B')
		return of_role(s, word);
	if (word[0] == '[')
		return population(s, word);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].name) == n &&
		    memcmp(words[i].name, word, n) == 0)
			return words[i].run(s, word + n + (word[n] != '\0'));
	}
	return expectation(s, word, n);
}

void
script_play(struct script *s, const char *text)
{
	struct reason why;
	char word[64];
	int n;

	while (s->why.s[0] == '\0' && !s->other_order &&
	    sscanf(text, " %63s%n", word, &n) == 1) {
		text += n;
		s->word++;
		if (getenv("DUO_TRACE") != NULL)
			fprintf(stderr, "%s\n", word);
		if (do_word(s, word)) {
			duo_run(&s->d, moment);
			sound(s);
		}
		if (s->why.s[0] != '\0') {
			why = s->why;
			reason_set(&s->why, "word %u, %s: %s", s->word, word,
			    why.s);
		}
	}
}

/* --- before and after --- */

static void
baseline(struct script *s)
{
	for (size_t i = 0; i < SCRIPT_COUNTS; i++) {
		for (int side = LEFT; side <= RIGHT; side++)
			s->had[i][side] = counted(s, i, side);
		s->want[i][0] = s->want[i][1] = i == COUNT_OUTS ? -1 : 0;
	}
}

bool
script_begin(struct script *s, uint64_t seed)
{
	struct duo *d = &s->d;
	struct reason why;

	duo_init(d, seed);
	d->link.delay = span_ms(1);
	for (int side = LEFT; side <= RIGHT; side++)
		d->end[side].kernel_delay = d->end[side].psk_delay =
		    span_ms(2);
	/* What a collision itself does is to be seen, and nothing else. */
	d->end[LEFT].limits.no_recheck = true;
	d->end[RIGHT].limits.no_recheck = true;
	duo_start(d);
	if (!s->cold) {
		duo_up(d, LEFT);
		if (!duo_run_up(d, span_s(5)) && !duo_paired(d, &why))
			return script_fail(s, "set-up: %s", why.s);
		for (int side = LEFT; side <= RIGHT; side++)
			s->first_in[side] = duo_info(d, side).spi_in;
		d->esp_every = span_ms(2);
		d->esp_at = d->now;
	}
	s->flow = !s->cold;
	s->gap = s->cold;
	baseline(s);
	d->hold = true;
	return true;
}

static int
since(const struct script *s, size_t what, int role)
{
	int side = script_side(s, (char)('A' + role));

	return (int)(counted(s, what, side) - s->had[what][side]);
}

static bool
counts_fit(struct script *s)
{
	struct reason is = { "there were" };
	bool fits = true;

	for (size_t i = 0; i < SCRIPT_COUNTS; i++) {
		str_add(is.s, sizeof(is.s), " %s=%d,%d", counts[i].name,
		    since(s, i, 0), since(s, i, 1));
		for (int role = 0; role < 2; role++)
			fits &= s->want[i][role] < 0 ||
			    s->want[i][role] == since(s, i, role);
	}
	return fits || script_fail(s, "%s", is.s);
}

bool
script_end(struct script *s)
{
	struct duo *d = &s->d;
	struct reason why;

	if (s->why.s[0] == '\0' && !s->other_order && counts_fit(s)) {
		d->hold = false;
		duo_release(d);
		d->esp_at = INSTANT_NEVER;
		d->end[LEFT].keep_up = d->end[RIGHT].keep_up = false;
		duo_down(d, LEFT);
		duo_down(d, RIGHT);
		duo_run(d, span_s(60));
		if (d->trouble.s[0] != '\0')
			script_fail(s, "%s", d->trouble.s);
		else if (!duo_empty(d, &why))
			script_fail(s, "taken down: %s", why.s);
	}
	duo_fini(d);
	return s->why.s[0] == '\0';
}
