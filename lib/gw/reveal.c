/*
 * The answer to "keys": SK_e and SK_a of every IKE SA (RFC 7296 section 2.14),
 * with which a protocol analyser reads captured IKE messages.  SK_d, SK_p and
 * pre-shared keys are never shown: they would open SAs to come.  Keys of ESP
 * are not here, nobody but the kernel has them.
 *
 * The line is written by hand into one buffer, so that there is one copy to
 * wipe; a JSON library would leave several behind.  Nothing in it needs to be
 * escaped: names of tunnels and algorithms, and hex.
 */
#include "gw/reveal.h"

#include <stdlib.h>

#define PER_TUNNEL	256
#define PER_SA		1024	/* four keys in hex, and names */
_Static_assert(PER_SA > 4 * 2 * KEY_MAX + 256, "an SA has room");

static size_t
room(const struct gw *gw)
{
	unsigned sas, children;
	size_t n = 64;

	ike_count(gw->ike, &sas, &children);
	for (const struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next)
		n += PER_TUNNEL;
	return n + (size_t)sas * PER_SA;
}

static void
put(struct reveal *r, const char *text)
{
	wr_bytes(&r->w, bytes_str(text));
}

/* A member, behind the comma or brace that it needs. */
static void
put_text(struct reveal *r, const char *before, const char *name,
    const char *value)
{
	put(r, before);
	put(r, "\"");
	put(r, name);
	put(r, "\":\"");
	put(r, value);
	put(r, "\"");
}

static void
put_key(struct reveal *r, const char *name, const struct key *key)
{
	char hex[2 * KEY_MAX + 1];

	str_hex(hex, sizeof(hex), key_bytes(key));
	put_text(r, ",", name, hex);
	wipe(hex, sizeof(hex));
}

static void
put_spi(struct reveal *r, const char *before, const char *name, uint64_t spi)
{
	char hex[17];

	str_fmt(hex, sizeof(hex), "%016llx", (unsigned long long)spi);
	put_text(r, before, name, hex);
}

static void
put_sa(struct reveal *r, const struct ike_sa_keys *k)
{
	put_spi(r, "{", "spi_i", k->spi_i);
	put_spi(r, ",", "spi_r", k->spi_r);
	put_text(r, ",", "encr", k->suite.encr->name);
	put_text(r, ",", "integ", k->suite.integ == NULL ? "" :
	    k->suite.integ->name);
	put_key(r, "sk_ei", &k->sk_ei);
	put_key(r, "sk_er", &k->sk_er);
	put_key(r, "sk_ai", &k->sk_ai);
	put_key(r, "sk_ar", &k->sk_ar);
	put(r, "}");
}

void
reveal_init(struct reveal *r, const struct gw *gw)
{
	size_t n = room(gw);
	uint8_t *line = malloc(n);

	*r = (struct reveal){ .w = wr_of(line, line == NULL ? 0 : n) };
	put(r, "{\"ok\":true,\"tunnels\":[");
}

void
reveal_tunnel(struct reveal *r, const struct gw_tunnel *t)
{
	struct ike_peer_info info = { 0 };
	struct ike_sa_keys k;
	char text[64];

	ike_peer_get(t->gw->ike, t->id, &info);
	put_text(r, r->tunnels++ == 0 ? "{" : ",{", "name", t->name);
	str_fmt(text, sizeof(text), ",\"if_id\":%u,\"children\":%u,\"ike\":[",
	    KERN_ID_BASE + t->id, info.children);
	put(r, text);
	for (size_t i = 0; ike_peer_keys(t->gw->ike, t->id, i, &k); i++) {
		put(r, i == 0 ? "" : ",");
		put_sa(r, &k);
		r->sas++;
	}
	wipe(&k, sizeof(k));
	put(r, "]}");
}

size_t
reveal_done(struct reveal *r, uint8_t **line)
{
	put(r, "]}\n");
	if (r->w.bad) {
		if (r->w.p != NULL)
			wipe(r->w.p, r->w.cap);
		free(r->w.p);
		return 0;
	}
	*line = r->w.p;
	return r->w.n;
}
