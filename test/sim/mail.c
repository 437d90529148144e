/*
 * Messages between the two simulated ends, opened with either end's keys.  A
 * peer that deleted its SA with the answer leaves a message that its receiver
 * can still open; when both are gone only the header is known.
 */
#include "sim/mail.h"

#include <string.h>

#include "ike/sa.h"
#include "util/array.h"

static const struct mail_like names[] = {
	{ "init", IKE_SA_INIT, false, MAIL_ANY, 0 },
	{ "inited", IKE_SA_INIT, true, MAIL_ANY, 0 },
	{ "resume", IKE_SESSION_RESUME, false, MAIL_ANY, 0 },
	{ "resumed", IKE_SESSION_RESUME, true, MAIL_ANY, 0 },
	{ "auth", IKE_AUTH, false, MAIL_ANY, 0 },
	{ "authed", IKE_AUTH, true, MAIL_ANY, 0 },
	{ "inter", IKE_INTERMEDIATE, false, MAIL_ANY, 0 },
	{ "intered", IKE_INTERMEDIATE, true, MAIL_ANY, 0 },
	{ "follow", IKE_FOLLOWUP_KE, false, MAIL_ANY, 0 },
	{ "followed", IKE_FOLLOWUP_KE, true, MAIL_ANY, 0 },
	{ "create", CREATE_CHILD_SA, false, MAIL_ANY, 0 },
	{ "created", CREATE_CHILD_SA, true, MAIL_ANY, 0 },
	{ "del", INFORMATIONAL, false, MAIL_DELETES_ESP, 0 },
	{ "deleted", INFORMATIONAL, true, MAIL_DELETES_ESP, 0 },
	{ "bye", INFORMATIONAL, false, MAIL_DELETES_IKE, 0 },
	{ "probe", INFORMATIONAL, false, MAIL_BARE, 0 },
	{ "ok", INFORMATIONAL, true, MAIL_BARE, 0 },
};

const struct mail_like *
mail_named(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i].name) == n &&
		    memcmp(names[i].name, name, n) == 0)
			return &names[i];
	}
	return NULL;
}

bool
mail_is(const struct mail *m, const struct mail_like *like)
{
	if (m->from != like->from || m->exchange != like->exchange ||
	    m->response != like->response)
		return false;
	switch (like->body) {
	case MAIL_ANY:
		return true;
	case MAIL_BARE:
		return !m->opened || m->bare;
	case MAIL_DELETES_ESP:
		return m->deletes_esp;
	case MAIL_DELETES_IKE:
		return m->deletes_ike;
	}
	return false;
}

static void
note(struct mail *to, const struct msg *m)
{
	const struct pl_notify *error = msg_error(m);

	to->opened = true;
	to->bare = m->first == PL_NONE;
	to->selectors = (m->seen & PL_BIT(PL_TSI)) != 0;
	to->error = error == NULL ? N_NONE : error->type;
	for (size_t i = 0; i < m->deletes_n; i++) {
		to->deletes_ike |= m->deletes[i].proto == PROTO_IKE;
		to->deletes_esp |= m->deletes[i].proto == PROTO_ESP;
	}
	if ((m->seen & PL_BIT(PL_NONCE)) != 0) {
		to->nonce_n = (uint16_t)m->nonce.n;
		memcpy(to->nonce, m->nonce.p, m->nonce.n);
	}
}

/* The SA of a message as one end has it. */
static const struct ike_sa *
find(const struct ike *ike, const struct hdr *h)
{
	const struct ike_sa *sa = map_get(&ike->sas, h->spi_i);

	if (sa == NULL || sa->spi_r != h->spi_r)
		sa = map_get(&ike->sas, h->spi_r);
	return sa != NULL && sa->spi_i == h->spi_i ? sa : NULL;
}

static bool
open_with(struct seal *seal, struct bytes raw, struct msg *m, struct mail *to)
{
	uint8_t buf[IKE_MSG_MAX], first = m->sk_next;
	size_t at = m->sk_at;
	struct bytes plain;
	bool ok = false;

	if (seal == NULL || raw.n > sizeof(buf))
		return false;
	memcpy(buf, raw.p, raw.n);
	if (seal_open(seal, buf, at, raw.n, &plain) &&
	    payload_decode(first, plain, at, m) == N_NONE) {
		note(to, m);
		ok = true;
	}
	wipe(buf, sizeof(buf));
	return ok;
}

void
mail_read(struct mail *to, int from, const struct ike *receiver,
    const struct ike *sender, struct bytes raw)
{
	const struct ike_sa *there, *here;
	struct msg m;

	*to = (struct mail){ .from = from };
	if (!hdr_decode(raw, &to->h))
		return;
	to->exchange = to->h.exchange;
	to->response = (to->h.flags & HDR_RESPONSE) != 0;
	if (payload_decode(to->h.next, bytes_of(raw.p + HDR_LEN,
	    raw.n - HDR_LEN), HDR_LEN, &m) != N_NONE)
		return;
	if ((m.seen & PL_BIT(PL_SK)) == 0) {
		note(to, &m);
		return;
	}
	there = find(receiver, &to->h);
	here = find(sender, &to->h);
	if (there == NULL || !open_with(sa_seal_in(there), raw, &m, to))
		if (here != NULL)
			open_with(sa_seal_out(here), raw, &m, to);
}
