/*
 * Stories of failures: codes, remedies, and facts in words.  What a fact says
 * is taken from the negotiation's own values, so that an operator sees both
 * sides as they were on the wire.  It decides nothing and allocates nothing.
 */
#include "ike/story.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ike/hdr.h"
#include "ike/notify.h"
#include "ike/peer.h"
#include "util/array.h"

#define LINE	400		/* one fact's text */

static const struct {
	const char	*name, *remedy;
} codes[STORY_CODES] = {
	[STORY_OTHER] = { "other", "" },
	[STORY_NO_ANSWER] = { "no-answer", "is the peer's address right, "
	    "does it run, and does UDP 500 and 4500 reach it and come back?" },
	[STORY_NO_PROPOSAL] = { "no-common-proposal", "one side has to allow "
	    "an algorithm of the other's where they differ" },
	[STORY_KEY_EXCHANGE] = { "key-exchange", "compare the key exchange "
	    "groups of both sides" },
	[STORY_PEER_IDENTITY] = { "peer-identity", "set remote_id to what the "
	    "peer sends, or the peer's own identity to what is expected" },
	[STORY_OUR_IDENTITY] = { "our-identity", "set local_id to whom the "
	    "peer wants to talk to, or mend what it expects" },
	[STORY_AUTH_METHOD] = { "auth-method", "both sides have to agree on "
	    "pre-shared key or certificate, for each direction" },
	[STORY_AUTH_VALUE] = { "auth-value", "the identities agree, the keys "
	    "do not: compare the pre-shared keys or the certificate's key" },
	[STORY_REFUSED_US] = { "refused-authentication", "the reason is in "
	    "the peer's log: its key for us, or the identity that it expects" },
	[STORY_CERTIFICATE] = { "certificate", "check the peer's certificate "
	    "and the certificate authorities that are trusted here" },
	[STORY_SELECTORS] = { "traffic-selectors", "make the network CIDRs of "
	    "both sides overlap; route-based tunnels use 0.0.0.0/0 on both" },
	[STORY_ERROR_NOTIFY] = { "error-notify", "the reason is in the peer's "
	    "log" },
	[STORY_MALFORMED] = { "malformed", "the peer breaks RFC 7296: a "
	    "capture of the exchange shows how" },
	[STORY_KERNEL] = { "kernel", "the kernel refused: is the algorithm's "
	    "module there, and does something else use the same SPI?" },
	[STORY_LIMIT] = { "limit", "too many SAs at once, or no memory" },
	[STORY_DELETED] = { "deleted", "the peer took it down; the reason is "
	    "in its log" },
	[STORY_REDIRECT] = { "redirect-refused", "allow it with "
	    "accept_redirect and redirect_gateways, or have the peer name "
	    "another gateway, by its address" },
	[STORY_REDIRECT_LOOP] = { "redirect-loop", "gateways send us to each "
	    "other: which of them are draining, and to where?" },
	[STORY_DRAINING] = { "draining", "\"vpnctl undrain\" lets peers in "
	    "again, \"vpnctl drain to ADDRESS\" sends them elsewhere" },
};

const char *
story_code_str(enum story_code code)
{
	return (unsigned)code < STORY_CODES ? codes[code].name : "other";
}

const char *
story_remedy(enum story_code code)
{
	return (unsigned)code < STORY_CODES ? codes[code].remedy : "";
}

void
story_begin(struct story *s, enum story_code code)
{
	if (s == NULL)
		return;
	s->code = code;
	s->n = 0;
}

void
story_add(struct story *s, const char *name, const char *fmt, ...)
{
	size_t name_n = strlen(name) + 1;
	va_list ap;
	int n;

	if (s == NULL || s->n + name_n >= sizeof(s->text))
		return;
	va_start(ap, fmt);
	n = vsnprintf(s->text + s->n + name_n,
	    sizeof(s->text) - s->n - name_n, fmt, ap);
	va_end(ap);
	if (n < 0 || s->n + name_n + (size_t)n + 1 > sizeof(s->text))
		return;
	memcpy(s->text + s->n, name, name_n);
	s->n = (uint16_t)(s->n + name_n + (size_t)n + 1);
}

bool
story_next(const struct story *s, size_t *pos, const char **name,
    const char **value)
{
	if (s == NULL || *pos >= s->n)
		return false;
	*name = s->text + *pos;
	*pos += strlen(*name) + 1;
	*value = s->text + *pos;
	*pos += strlen(*value) + 1;
	return true;
}

void
story_notify(struct story *s, uint8_t exchange, uint16_t type)
{
	story_add(s, "exchange", "%s", hdr_exchange_str(exchange));
	story_add(s, "notify", "%s (%u)", notify_str(type), type);
}

/* --- proposals --- */

static const uint8_t order[] = {
	ALG_ENCR, ALG_PRF, ALG_INTEG, ALG_KE, ALG_ESN,
	ALG_ADDKE1, ALG_ADDKE1 + 1, ALG_ADDKE1 + 2, ALG_ADDKE1 + 3,
	ALG_ADDKE1 + 4, ALG_ADDKE1 + 5, ALG_ADDKE1 + 6,
};
_Static_assert(ARRAY_SIZE(order) == ALG_TYPES_ALL - 1, "every type");

/* One type's names behind what line holds: "A B / C". */
static void
add_type(char *line, const char *names)
{
	if (names[0] != '\0')
		str_add(line, LINE, "%s%s", line[0] == '\0' ? "" : " / ",
		    names);
}

static const struct alg_list *
list_of(const struct offer *o, unsigned type)
{
	static const struct alg_list none = { 0 };
	const struct alg_list *const lists[ALG_TYPES_ALL] = {
		[ALG_ENCR] = &o->encr, [ALG_PRF] = &o->prf,
		[ALG_INTEG] = &o->integ, [ALG_KE] = &o->ke,
	};

	return lists[type] != NULL ? lists[type] : &none;
}

/* An additional key exchange, or that it may be left out. */
static void
add_method(char *names, const struct alg *a)
{
	str_add(names, LINE, "%s%s", names[0] == '\0' ? "" : " ",
	    a == NULL ? "KE-NONE" : a->name);
}

static void
add_ours(struct story *s, const struct offer *o)
{
	char line[LINE] = "", names[LINE];

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		const struct alg_list *l = list_of(o, order[i]);

		names[0] = '\0';
		for (size_t k = 0; k < l->n; k++)
			str_add(names, sizeof(names), "%s%s", k > 0 ? " " : "",
			    alg_at(l->row[k])->name);
		add_type(line, names);
	}
	for (unsigned slot = 0; o->addke != NULL && slot < ADDKE_SLOTS; slot++) {
		names[0] = '\0';
		for (size_t k = 0; k < o->addke->n[slot]; k++)
			add_method(names, addke_alg(o->addke->alt[slot][k]));
		add_type(line, names);
	}
	story_add(s, "ours", "%s", line);
}

static void
add_theirs(struct story *s, const struct proposal *p)
{
	char line[LINE] = "", names[LINE], name[32];

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		names[0] = '\0';
		for (size_t k = 0; k < p->n; k++) {
			const struct transform *t = &p->t[k];

			if (t->type == order[i])
				str_add(names, sizeof(names), "%s%s",
				    names[0] == '\0' ? "" : " ",
				    alg_name(order[i] >= ALG_ADDKE1 ? ALG_KE :
				    order[i], t->id, t->key_bits, name));
		}
		add_type(line, names);
	}
	story_add(s, "theirs", "%u: %s%s", p->number, line,
	    p->unusable ? " (and transforms that we do not know)" : "");
}

void
story_proposals(struct story *s, const struct offer *ours,
    const struct proposals *theirs)
{
	struct reason why;

	add_ours(s, ours);
	if (theirs == NULL) {
		story_add(s, "theirs", "the peer does not say");
		return;
	}
	for (size_t i = 0; i < theirs->n; i++)
		add_theirs(s, &theirs->p[i]);
	proposal_explain(theirs, ours, &why);
	story_add(s, "verdict", "%s", why.s);
}

/* --- identities and selectors --- */

void
story_id(struct story *s, const char *name, const struct id *id)
{
	char text[160];

	peer_id_str(id, NULL, text, sizeof(text));
	story_add(s, name, "%s", text);
}

void
story_ids(struct story *s, const char *payload, const struct pl_id *got,
    const char *from, const struct id *wanted)
{
	char text[160];

	id_str(got->type, got->data, text, sizeof(text));
	story_add(s, "came", "%s, from the %s payload", text, payload);
	peer_id_str(wanted, from, text, sizeof(text));
	story_add(s, "expected", "%s", text);
}

static void
add_selectors(struct story *s, const char *name, const struct ts_list *i,
    const struct ts_list *r)
{
	char a[LINE], b[LINE];

	ts_str(i, a, sizeof(a));
	ts_str(r, b, sizeof(b));
	story_add(s, name, "%s to %s", a, b);
}

void
story_selectors(struct story *s, const struct ts_list *offered_i,
    const struct ts_list *offered_r, const struct ts_list *allowed_i,
    const struct ts_list *allowed_r)
{
	add_selectors(s, "offered", offered_i, offered_r);
	add_selectors(s, "allowed", allowed_i, allowed_r);
}
