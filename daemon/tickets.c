/*
 * Keys of tickets and marks of secrets, kept by the monitor.  A mark is an HMAC
 * under a key that no engine has: whoever takes an engine over cannot try
 * pre-shared keys against it.
 */
#include "daemon/tickets.h"

#include <sys/random.h>

#include "daemon/mono.h"

bool
tickets_init(struct tickets *t)
{
	uint8_t seed[TICKET_KEY];
	bool ok;

	if (t->keys.epoch != 0) {	/* of one before us */
		tickets_turn(t);
		return true;
	}
	ok = getrandom(seed, sizeof(seed), 0) == sizeof(seed) &&
	    getrandom(t->mark_key, sizeof(t->mark_key), 0) ==
	    sizeof(t->mark_key);

	if (ok)
		ticket_keys_init(&t->keys, seed, mono_now());
	wipe(seed, sizeof(seed));
	return ok && t->keys.epoch != 0;
}

void
tickets_turn(struct tickets *t)
{
	ticket_keys_turn(&t->keys, mono_now());
}

void
tickets_mark(const struct tickets *t, struct conffile *files)
{
	for (size_t i = 0; i < files->conf->n; i++) {
		struct conf_connection *c = &files->conf->connections[i];

		for (unsigned k = 0; k < c->tunnels_n; k++) {
			struct conf_tunnel *u = &c->tunnels[k];

			if (u->session_resumption)
				keystore_mark(files->keys, KEYSTORE_PSK,
				    KEYSTORE_PPK, c->name, u->number,
				    bytes_of(t->mark_key, TICKET_KEY),
				    u->secret_mark);
			if (u->session.auth != CONF_BGP_AUTH_NONE)
				keystore_mark(files->keys, KEYSTORE_BGP,
				    KEYSTORE_BGP, c->name, u->number,
				    bytes_of(t->mark_key, TICKET_KEY),
				    u->bgp_mark);
		}
	}
	for (size_t i = 0; i < files->conf->neighbors_n; i++) {
		struct conf_neighbor *n = &files->conf->neighbors[i];

		if (n->own.session.auth != CONF_BGP_AUTH_NONE)
			keystore_mark(files->keys, KEYSTORE_BGP, KEYSTORE_BGP,
			    n->name, KEYSTORE_NEIGHBOR,
			    bytes_of(t->mark_key, TICKET_KEY),
			    n->own.bgp_mark);
	}
}

struct ticket_keys *
tickets_hand(struct tickets *t)
{
	tickets_turn(t);
	t->handed = t->keys;
	return &t->handed;
}

void
tickets_handed(struct tickets *t)
{
	wipe(&t->handed, sizeof(t->handed));
}

void
tickets_forget(struct tickets *t)
{
	wipe(&t->keys, sizeof(t->keys));
	wipe(t->mark_key, sizeof(t->mark_key));
}

void
tickets_fini(struct tickets *t)
{
	wipe(t, sizeof(*t));
}
