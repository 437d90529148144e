/* Two ends that are configured for each other and agree on everything. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/duo.h"

struct alg_list
duo_algs(enum alg_type type, const char *names)
{
	struct alg_list l = { 0 };
	char word[32];
	int n;

	while (sscanf(names, " %31s%n", word, &n) == 1) {
		const struct alg *a = alg_by_conf(type, word);

		if (a == NULL || l.n == ALGS_MAX)
			abort();
		l.row[l.n++] = (uint8_t)alg_index(a);
		names += n;
	}
	return l;
}

struct addke
duo_addke(const char *slots)
{
	struct addke a = { 0 };
	unsigned slot = 0;
	char word[32];
	int n;

	for (; *slots != '\0'; slots++) {
		if (*slots == ' ')
			continue;
		if (*slots == '/') {
			slot++;
			continue;
		}
		if (sscanf(slots, "%31[^ /]%n", word, &n) != 1 ||
		    slot == ADDKE_SLOTS || a.n[slot] == ADDKE_ALTS)
			abort();
		a.alt[slot][a.n[slot]++] = strcmp(word, "none") == 0 ?
		    ADDKE_NONE : addke_code(alg_at(duo_algs(ALG_KE,
		    word).row[0]));
		slots += n - 1;
	}
	return a;
}

struct id
duo_id(const char *fqdn)
{
	return (struct id){ .type = ID_FQDN, .n = (uint16_t)strlen(fqdn),
	    .data = (const uint8_t *)fqdn };
}

static struct ts_list
net(const char *text)
{
	struct prefix p;

	if (!prefix_parse(&p, text))
		abort();
	return (struct ts_list){ .n = 1, .ts = { ts_prefix(&p) } };
}

static struct ike_peer_conf
default_conf(int side)
{
	static const char *const names[] = { "left.example", "right.example" };
	static const char *const nets[] = { "10.1.0.0/16", "10.2.0.0/16" };

	return (struct ike_peer_conf){
		.id = DUO_PEER,
		.local_id = duo_id(names[side]),
		.remote_id = duo_id(names[!side]),
		.ike = {
			.proto = PROTO_IKE,
			.encr = duo_algs(ALG_ENCR, "AES256-GCM-16"),
			.prf = duo_algs(ALG_PRF, "SHA2-256"),
			.ke = duo_algs(ALG_KE, "31 19"),
		},
		.esp = {
			.proto = PROTO_ESP,
			.encr = duo_algs(ALG_ENCR, "AES256-GCM-16"),
			.ke = duo_algs(ALG_KE, "31 19"),
		},
		.local_ts = net(nets[side]),
		.remote_ts = net(nets[!side]),
		.ike_lifetime = span_s(28800),
		.child_lifetime = span_s(3600),
		.rekey_margin = span_s(270),
		.rekey_fuzz = 100,
		.dpd_timeout = span_s(30),
		.dpd = true,
		.fragmentation = true,
		.fragment_size = 1280,
		.message_id_sync = true,
		.childless = IKE_CHILDLESS_ALLOW,
	};
}

static void
seed_drbg(struct drbg *drbg, uint64_t seed, uint8_t what)
{
	uint8_t b[DRBG_SEED_LEN] = { what };
	struct wr w = wr_of(b + 8, 8);

	wr_u64(&w, seed);
	drbg_seed(drbg, b);
}

static void
draw_tickets(struct ticket_keys *k, uint64_t seed, struct instant now,
    uint8_t what)
{
	uint8_t b[TICKET_KEY];
	struct drbg drbg;

	seed_drbg(&drbg, seed, what);
	drbg_fill(&drbg, b, sizeof(b));
	ticket_keys_init(k, b, now);
	drbg_fini(&drbg);
}

void
duo_init(struct duo *d, uint64_t seed)
{
	static const char *const addrs[] = { "192.0.2.1", "198.51.100.1" };

	*d = (struct duo){ .link = { .delay = span_ms(10) } };
	d->now.ns = INT64_C(1000) * 1000000000;
	d->esp_at = INSTANT_NEVER;
	seed_drbg(&d->chance, seed, 0);
	for (int i = 0; i < 2; i++) {
		struct duo_end *e = &d->end[i];

		seed_drbg(&e->drbg, seed, (uint8_t)(1 + i));
		addr_parse(&e->addr, addrs[i]);
		e->limits = (struct ike_limits){
			.sas = 100, .half_open = 50, .cookie_above = 20,
			.half_open_per_peer = 10,
		};
		e->peers = 1;
		e->conf[0] = default_conf(i);
		e->psk[0] = "a secret of both";
		e->kernel_delay = e->psk_delay = span_ms(5);
		draw_tickets(&e->tickets, seed, d->now, (uint8_t)(3 + i));
	}
}

uint32_t
duo_add_peer(struct duo *d, int side)
{
	struct duo_end *e = &d->end[side];

	e->conf[e->peers] = e->conf[0];
	e->conf[e->peers].id = DUO_PEER + (uint32_t)e->peers;
	e->psk[e->peers] = e->psk[0];
	return e->conf[e->peers++].id;
}
