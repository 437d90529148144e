/*
 * A ratchet of HMAC-SHA-256: each epoch's key, its name and the next epoch come
 * from what the last one left, and that is overwritten.  Two who start alike
 * stay alike without a word.
 */
#include "crypto/ticket_keys.h"

#include <string.h>

#include "crypto/prf.h"

#define EPOCHS_MAX	64	/* after that nothing of the old is left */

/* Longer than any IKE SA lives; the key opens for as long again. */
static const struct span epoch = { INT64_C(86400) * 1000000000 };

static const struct alg *
mac(void)
{
	return alg_find(ALG_PRF, PRF_HMAC_SHA2_256, 0);
}

static bool
derive(const struct ticket_keys *k, const char *what,
    uint8_t out[static PRF_MAX])
{
	struct bytes label = bytes_str(what);

	return prf(mac(), bytes_of(k->next, sizeof(k->next)), &label, 1, out);
}

/* One step: the key of this epoch, and what the next one comes from. */
static void
step(struct ticket_keys *k)
{
	uint8_t key[PRF_MAX], name[PRF_MAX] = { 0 }, next[PRF_MAX];
	struct rd r = rd_of(bytes_of(name, sizeof(name)));

	if (derive(k, "vpnd ticket key", key) &&
	    derive(k, "vpnd ticket key's name", name) &&
	    derive(k, "vpnd next ticket key", next)) {
		k->epoch++;
		k->name[k->epoch & 1] = rd_u32(&r);
		memcpy(k->key[k->epoch & 1], key, TICKET_KEY);
		memcpy(k->next, next, TICKET_KEY);
	} else {
		wipe(k, sizeof(*k));
	}
	wipe(key, sizeof(key));
	wipe(next, sizeof(next));
}

void
ticket_keys_init(struct ticket_keys *k, const uint8_t seed[static TICKET_KEY],
    struct instant now)
{
	*k = (struct ticket_keys){ .turn_at = instant_after(now, epoch) };
	memcpy(k->next, seed, TICKET_KEY);
	step(k);
}

void
ticket_keys_turn(struct ticket_keys *k, struct instant now)
{
	for (int i = 0; k->epoch != 0 && instant_due(k->turn_at, now); i++) {
		step(k);
		k->turn_at = instant_after(i < EPOCHS_MAX ? k->turn_at : now,
		    epoch);
	}
}

int
ticket_keys_find(const struct ticket_keys *k, uint32_t name)
{
	unsigned now = k->epoch & 1;

	if (k->epoch > 0 && k->name[now] == name)
		return (int)now;
	return k->epoch > 1 && k->name[!now] == name ? !now : -1;
}
