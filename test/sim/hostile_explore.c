/*
 * The table of broken rules (test/hostile) against an IKE instance in this
 * process.  The instance has another tunnel, to a good peer, with traffic on
 * it; after every case that tunnel must be as it was, and nothing else there.
 *
 *	hostile_explore [--check] [-v] [NAME]
 *
 * NAME: only cases whose name holds it.  -v: says what passed between them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "hostile/table.h"
#include "ike/hdr.h"
#include "ike/table.h"
#include "sim/duo.h"

static const char *const rogue_addrs[FROMS] = {
	[FROM_CALLER] = "203.0.113.66", [FROM_CALLED] = "203.0.113.67",
	[FROM_STRANGER] = "203.0.113.99",
};
struct world {
	struct duo	d;
	bool		loud;
	size_t		openings;	/* that the good tunnel has */
};

static void
say_loud(const struct world *w, const char *who, struct bytes m)
{
	struct hdr h;

	if (!w->loud)
		return;
	if (hdr_decode(m, &h))
		printf("# %s: %zu octets: %s %s %u\n", who, m.n,
		    hdr_exchange_str(h.exchange),
		    (h.flags & HDR_RESPONSE) != 0 ? "response" : "request",
		    h.mid);
	else
		printf("# %s: %zu octets\n", who, m.n);
}

/* --- the wire --- */

static void
wire_send(void *self, enum rogue_from from, bool other_port, struct bytes m)
{
	struct world *w = self;
	struct endpoint e = { .port = other_port ? 4444 : IKE_PORT };

	say_loud(w, "rogue", m);
	addr_parse(&e.addr, rogue_addrs[from]);
	duo_inject_from(&w->d, RIGHT, &e, m);
	duo_check(&w->d);
}

static size_t
wire_recv(void *self, struct span most, uint8_t *buf)
{
	struct world *w = self;
	struct instant until = instant_after(w->d.now, most);
	size_t n;

	while ((n = duo_catch(&w->d, buf, ROGUE_MAX)) == 0 &&
	    w->d.now.ns < until.ns)
		duo_run(&w->d, span_ms(5));
	if (n > 0)
		say_loud(w, "other", bytes_of(buf, n));
	return n;
}

static void
wire_wish(void *self, enum rogue_wish wish)
{
	struct world *w = self;
	struct ike *ike = w->d.end[RIGHT].ike;
	uint32_t id = DUO_PEER + 1 + FROM_CALLED;

	switch (wish) {
	case WISH_UP:
		ike_peer_up(ike, w->d.now, id);
		break;
	case WISH_DOWN:
		ike_peer_down(ike, w->d.now, id, "enough");
		break;
	case WISH_REKEY_CHILD:
		ike_peer_rekey(ike, w->d.now, id, true);
		break;
	case WISH_REKEY_IKE:
		ike_peer_rekey(ike, w->d.now, id, false);
		break;
	}
	duo_check(&w->d);
}

static struct instant
wire_now(void *self)
{
	const struct world *w = self;

	return w->d.now;
}

/* The instance under test is RIGHT; the good peer is LEFT. */
static void
world_init(struct world *w)
{
	struct duo_end *e = &w->d.end[RIGHT];

	duo_init(&w->d, 1);
	w->d.catch = true;
	for (int side = LEFT; side <= RIGHT; side++) {
		struct ike_peer_conf *c = &w->d.end[side].conf[0];

		c->ike.ke = c->esp.ke = duo_algs(ALG_KE, "31 19 14");
	}
	for (int i = FROM_CALLER; i <= FROM_CALLED; i++) {
		uint32_t id = duo_add_peer(&w->d, RIGHT);
		struct ike_peer_conf *c = &e->conf[id - DUO_PEER];

		c->remote_id = duo_id(table_id[i]);
		addr_parse(&c->remote, rogue_addrs[i]);
		c->local_ts = table_net(TABLE_NET_THEIRS);
		c->remote_ts = table_net(TABLE_NET_OURS);
	}
	duo_start(&w->d);
	duo_up(&w->d, LEFT);
	duo_run_up(&w->d, span_s(10));
	w->openings = w->d.end[RIGHT].ike->inits.used;
	w->d.esp_every = span_ms(100);
	w->d.esp_at = w->d.now;
}

/* --- verdicts --- */

/* Nothing of the rogue is left, and the good tunnel is as it was. */
static bool
unharmed(void *self, struct reason *why)
{
	struct world *w = self;
	const struct ike *ike = w->d.end[RIGHT].ike;
	static uint8_t dump[ROGUE_MAX];
	struct duo_end *l = &w->d.end[LEFT], *r = &w->d.end[RIGHT];

	duo_run(&w->d, span_s(45));
	while (duo_catch(&w->d, dump, sizeof(dump)) > 0)
		continue;
	/* It may just be rekeying by itself. */
	for (int i = 0; i < 20 && !duo_paired(&w->d, why); i++)
		duo_run(&w->d, span_s(1));
	if (w->d.trouble.s[0] != '\0') {
		*why = w->d.trouble;
		return false;
	}
	if (!duo_paired(&w->d, why))
		return false;
	if (ike->half_open != 0 || ike->inits.used != w->openings ||
	    ike->tokens_auth.used != 0 || ike->tokens_child.used != 0) {
		reason_set(why, "%u half-open SAs, %zu openings, %zu+%zu "
		    "tokens are left", ike->half_open, ike->inits.used,
		    ike->tokens_auth.used, ike->tokens_child.used);
		return false;
	}
	if (l->esp_lost + r->esp_lost + l->esp_none + r->esp_none != 0) {
		reason_set(why, "the other tunnel lost packets");
		return false;
	}
	return true;
}

static bool
rekeys_work(struct world *w, struct reason *why)
{
	struct ike_peer_info before = duo_info(&w->d, RIGHT), after;

	duo_rekey(&w->d, RIGHT, true);
	duo_run(&w->d, span_s(10));
	duo_rekey(&w->d, LEFT, false);
	w->openings = 0;
	if (!unharmed(w, why))
		return false;
	after = duo_info(&w->d, RIGHT);
	if (before.spi_in != after.spi_in && before.spi_i != after.spi_i)
		return true;
	reason_set(why, "the other tunnel was not rekeyed");
	return false;
}

int
main(int argc, char **argv)
{
	static struct world w;
	static struct rogue r;
	struct rogue_wire wire = {
		.self = &w, .patience = span_ms(400), .quiet = span_ms(300),
		.send = wire_send, .recv = wire_recv, .wish = wire_wish,
		.now = wire_now,
	};
	struct table_run run = { .r = &r, .unharmed = unharmed, .self = &w };
	struct reason why = { "" };
	bool ok;

	for (int i = 1; i < argc; i++) {
		w.loud |= strcmp(argv[i], "-v") == 0;
		if (argv[i][0] != '-')
			run.only = argv[i];
	}
	if (!crypto_init())
		return 1;
	world_init(&w);
	table_rogue(&r, &wire);
	r.other_spi = duo_info(&w.d, RIGHT).spi_out;
	table_all(&run);
	ok = rekeys_work(&w, &why);
	table_say(&run, ok, "the other tunnel rekeys", why.s);
	rogue_fini(&r);
	duo_fini(&w.d);
	return table_end(&run);
}
