/*
 * strongSwan (swanctl.conf, 5.9 and later) and Libreswan (ipsec.conf, 4 and
 * later) for the device: route-based tunnels whose interfaces interfaces.sh
 * makes, everything to everything, keys by identities, called and called again
 * for ever.  One table has both projects' names of algorithms.
 */
#include "gw/aws_export.h"

#include <string.h>

#include "gw/aws_option.h"
#include "util/array.h"

static const struct name {
	enum alg_type	type;
	const char	*conf;
	const char	*strongswan, *libreswan;	/* NULL: has it not */
} names[] = {
	{ ALG_ENCR, "AES256-GCM-16", "aes256gcm16", "aes_gcm256" },
	{ ALG_ENCR, "CHACHA20-POLY1305", "chacha20poly1305",
	    "chacha20_poly1305" },
	{ ALG_ENCR, "AES128-GCM-16", "aes128gcm16", "aes_gcm128" },
	{ ALG_ENCR, "AES256", "aes256", "aes256" },
	{ ALG_ENCR, "AES128", "aes128", "aes128" },
	{ ALG_INTEG, "SHA2-512", "sha512", "sha2_512" },
	{ ALG_INTEG, "SHA2-384", "sha384", "sha2_384" },
	{ ALG_INTEG, "SHA2-256", "sha256", "sha2_256" },
	{ ALG_INTEG, "SHA1", "sha1", "sha1" },
	{ ALG_KE, "31", "curve25519", "dh31" },
	{ ALG_KE, "21", "ecp521", "dh21" },
	{ ALG_KE, "32", "curve448", NULL },
	{ ALG_KE, "20", "ecp384", "dh20" },
	{ ALG_KE, "19", "ecp256", "dh19" },
	{ ALG_KE, "16", "modp4096", "dh16" },
	{ ALG_KE, "15", "modp3072", "dh15" },
	{ ALG_KE, "18", "modp8192", "dh18" },
	{ ALG_KE, "17", "modp6144", "dh17" },
	{ ALG_KE, "14", "modp2048", "dh14" },
	{ ALG_KE, "24", "modp2048s256", NULL },
	{ ALG_KE, "23", "modp2048s224", NULL },
	{ ALG_KE, "5", "modp1536", "dh5" },
	{ ALG_KE, "22", "modp1024s160", NULL },
	{ ALG_KE, "2", "modp1024", NULL },
};

static const char *
name_of(const struct alg *a, bool libreswan)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].type == a->type && a->conf != NULL &&
		    strcmp(names[i].conf, a->conf) == 0)
			return libreswan ? names[i].libreswan :
			    names[i].strongswan;
	}
	return NULL;
}

/* What is wanted of a list. */
enum part {
	ALL,
	AEAD,
	PLAIN,			/* encryption that needs integrity */
};

static bool
is_part(const struct alg *a, enum part part)
{
	bool aead = (a->flags & ALG_AEAD) != 0;

	return part == ALL || aead == (part == AEAD);
}

/* The names, each behind its separator, but for the first; says how many. */
static unsigned
say_names(struct wr *w, const struct conf_algs *list, enum part part,
    bool libreswan, const char *first, const char *between)
{
	unsigned n = 0;

	for (unsigned i = 0; i < list->n; i++) {
		const struct alg *a = alg_at(list->row[i]);
		const char *s = name_of(a, libreswan);

		if (s == NULL || !is_part(a, part))
			continue;
		if (w != NULL)
			aws_say(w, "%s%s", n == 0 ? first : between, s);
		n++;
	}
	return n;
}

/* One phase as the device offers it. */
struct offer {
	struct conf_algs encr, integ, ke;
};

static struct offer
offer_of(const struct aws_tunnel *t, unsigned phase)
{
	const struct aws_phase *p = &t->phase[phase];
	struct offer o;

	aws_offer(t, &p->encr, ALG_ENCR, &o.encr);
	aws_offer(t, &p->integ, ALG_INTEG, &o.integ);
	aws_offer(t, &p->ke, ALG_KE, &o.ke);
	return o;
}

/* "aes256gcm16-prfsha384-ecp384,aes256-sha384-ecp384" */
static void
say_strongswan(struct wr *w, const struct aws_tunnel *t, unsigned phase)
{
	struct offer o = offer_of(t, phase);
	const char *comma = "";

	for (enum part part = AEAD; part <= PLAIN; part++) {
		if (say_names(NULL, &o.encr, part, false, "", "") == 0)
			continue;
		say_names(w, &o.encr, part, false, comma, "-");
		if (part == PLAIN)
			say_names(w, &o.integ, ALL, false, "-", "-");
		else if (phase == 0)
			say_names(w, &o.integ, ALL, false, "-prf", "-prf");
		say_names(w, &o.ke, ALL, false, "-", "-");
		comma = ",";
	}
}

/* "aes_gcm256-sha2_384-dh20,aes256-sha2_384-dh20" */
static void
say_libreswan(struct wr *w, const struct aws_tunnel *t, unsigned phase)
{
	struct offer o = offer_of(t, phase);
	const char *comma = "";

	for (enum part part = AEAD; part <= PLAIN; part++) {
		if (say_names(NULL, &o.encr, part, true, "", "") == 0)
			continue;
		say_names(w, &o.encr, part, true, comma, "+");
		if (part == PLAIN || phase == 0)
			say_names(w, &o.integ, ALL, true, "-", "+");
		say_names(w, &o.ke, ALL, true, phase == 0 || part == PLAIN ?
		    "-" : ";", "+");
		comma = ",";
	}
}

bool
aws_libreswan_fits(const struct aws_export *e, struct reason *why)
{
	for (unsigned i = 0; i < e->c->tunnels_n; i++) {
		const struct aws_tunnel *t = &e->c->tunnels[i];

		if (strchr(t->identity[AWS_CUSTOMER], '=') != NULL ||
		    strchr(t->identity[AWS_CLOUD], '=') != NULL) {
			reason_set(why, "an X.500 name as identity, as tunnel "
			    "%u has it, cannot be exported for Libreswan",
			    i + 1);
			return false;
		}
		for (unsigned k = 0; k < 2; k++) {
			struct offer o = offer_of(t, k);

			if (say_names(NULL, &o.ke, ALL, true, "", "") > 0)
				continue;
			reason_set(why, "Libreswan has none of the groups of "
			    "phase %u of tunnel %u", k + 1, i + 1);
			return false;
		}
	}
	return true;
}

/* As hexadecimal where quotes would need rules of their own. */
static void
say_key(struct wr *w, const char *psk)
{
	if (psk[0] != '0' && psk[strspn(psk, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0') {
		aws_say(w, "\"%s\"", psk);
		return;
	}
	aws_say(w, "0x");
	for (; *psk != '\0'; psk++)
		aws_say(w, "%02x", (unsigned char)*psk);
}

static void
say_selector(struct wr *w, const struct aws_connection *c, enum aws_side side,
    const char *separator)
{
	char s[PREFIX_STRLEN];
	bool both = c->inside == CONF_INSIDE_BOTH;

	if ((c->inside & CONF_INSIDE_IPV4) != 0)
		aws_say(w, "%s%s", addr_is_set(&c->ts4[side].addr) ?
		    prefix_str(&c->ts4[side], s) : "0.0.0.0/0",
		    both ? separator : "");
	if ((c->inside & CONF_INSIDE_IPV6) != 0)
		aws_say(w, "%s", addr_is_set(&c->ts6[side].addr) ?
		    prefix_str(&c->ts6[side], s) : "::/0");
}

static unsigned
given(const struct aws_number *n, unsigned def)
{
	return n->given ? n->v : def;
}

/* Before its end by the margin, and as much again at random. */
static unsigned
rekey_at(const struct aws_tunnel *t, unsigned phase)
{
	unsigned life = given(&t->phase[phase].lifetime, phase == 0 ? 28800 :
	    3600);
	unsigned margin = given(&t->margin, 270);

	return life > margin * 2 ? life - margin : life * 3 / 4;
}

static void
say_head(struct wr *w, const struct aws_export *e, const char *what)
{
	aws_say(w, "# %s for connection %s, made by vpnctl.\n", what, e->name);
}

static void
say_swanctl_child(struct wr *w, const struct aws_export *e, unsigned i)
{
	const struct aws_tunnel *t = &e->c->tunnels[i];
	const char *key = e->vti ? "mark" : "if_id";
	uint32_t number = aws_export_number(e, i);

	aws_say(w, "    children {\n      %s-%u {\n        local_ts = ",
	    e->name, i + 1);
	say_selector(w, e->c, AWS_CUSTOMER, ",");
	aws_say(w, "\n        remote_ts = ");
	say_selector(w, e->c, AWS_CLOUD, ",");
	aws_say(w, "\n        %s_in = %u\n        %s_out = %u\n", key, number,
	    key, number);
	aws_say(w, "        esp_proposals = ");
	say_strongswan(w, t, 1);
	aws_say(w, "\n        life_time = %us\n        rekey_time = %us\n",
	    given(&t->phase[1].lifetime, 3600), rekey_at(t, 1));
	aws_say(w, "        replay_window = %u\n", given(&t->window, 1024));
	aws_say(w, "        start_action = start\n"
	    "        close_action = start\n"
	    "        dpd_action = restart\n      }\n    }\n");
}

static void
say_swanctl_tunnel(struct wr *w, const struct aws_export *e, unsigned i)
{
	const struct aws_tunnel *t = &e->c->tunnels[i];
	struct addr local = aws_export_local(e, i);
	char s[ADDR_STRLEN], id[CONF_ID_LEN];

	aws_say(w, "  %s-%u {\n    version = 2\n    mobike = no\n", e->name,
	    i + 1);
	aws_say(w, "    local_addrs = %s\n", addr_str(&local, s));
	aws_say(w, "    remote_addrs = %s\n",
	    addr_str(&t->outside[AWS_CLOUD], s));
	aws_say(w, "    proposals = ");
	say_strongswan(w, t, 0);
	aws_say(w, "\n    rekey_time = %us\n    keyingtries = 0\n",
	    rekey_at(t, 0));
	aws_say(w, "    dpd_delay = %us\n", given(&t->dpd_timeout, 30) / 3);
	if (e->c->accelerated)
		aws_say(w, "    encap = yes\n");
	aws_say(w, "    local {\n      auth = psk\n      id = \"%s\"\n    }\n",
	    aws_export_id(e, i, AWS_CUSTOMER, id));
	aws_say(w, "    remote {\n      auth = psk\n      id = \"%s\"\n    }\n",
	    aws_export_id(e, i, AWS_CLOUD, id));
	say_swanctl_child(w, e, i);
	aws_say(w, "  }\n");
}

void
aws_swanctl_write(struct wr *w, const struct aws_export *e)
{
	char id[CONF_ID_LEN];

	say_head(w, e, "swanctl.conf (/etc/swanctl/conf.d)");
	aws_say(w, "# interfaces.sh makes the interfaces first; then "
	    "\"swanctl --load-all\".\n\nconnections {\n");
	for (unsigned i = 0; i < e->c->tunnels_n; i++)
		say_swanctl_tunnel(w, e, i);
	aws_say(w, "}\n\nsecrets {\n");
	for (unsigned i = 0; i < e->c->tunnels_n; i++) {
		aws_say(w, "  ike-%s-%u {\n    id-local = \"%s\"\n", e->name,
		    i + 1, aws_export_id(e, i, AWS_CUSTOMER, id));
		aws_say(w, "    id-remote = \"%s\"\n    secret = ",
		    aws_export_id(e, i, AWS_CLOUD, id));
		say_key(w, e->c->tunnels[i].psk);
		aws_say(w, "\n  }\n");
	}
	aws_say(w, "}\n");
}

/* Routes are the routing daemon's; strongSwan's own would be for 0.0.0.0/0. */
void
aws_strongswan_write(struct wr *w, const struct aws_export *e)
{
	say_head(w, e, "strongswan.conf (/etc/strongswan.d)");
	aws_say(w, "\ncharon {\n  install_routes = no\n"
	    "  retry_initiate_interval = 10\n  retransmit_tries = 4\n}\n");
}

/* Libreswan's sign for a name that is not an address. */
static void
say_ipsec_id(struct wr *w, const char *key, const char *id)
{
	struct addr a;

	aws_say(w, "    %s=%s%s\n", key, addr_parse(&a, id) ||
	    strchr(id, '@') != NULL || strchr(id, '=') != NULL ? "" : "@", id);
}

static void
say_ipsec_tunnel(struct wr *w, const struct aws_export *e, unsigned i)
{
	const struct aws_tunnel *t = &e->c->tunnels[i];
	struct addr local = aws_export_local(e, i);
	char s[ADDR_STRLEN], id[CONF_ID_LEN];
	uint32_t number = aws_export_number(e, i);
	unsigned dpd = given(&t->dpd_timeout, 30);

	aws_say(w, "\nconn %s-%u\n    ikev2=insist\n    authby=secret\n",
	    e->name, i + 1);
	aws_say(w, "    left=%s\n", addr_str(&local, s));
	say_ipsec_id(w, "leftid", aws_export_id(e, i, AWS_CUSTOMER, id));
	aws_say(w, "    leftsubnet=");
	say_selector(w, e->c, AWS_CUSTOMER, ",");
	aws_say(w, "\n    leftupdown=/bin/true\n    right=%s\n",
	    addr_str(&t->outside[AWS_CLOUD], s));
	say_ipsec_id(w, "rightid", aws_export_id(e, i, AWS_CLOUD, id));
	aws_say(w, "    rightsubnet=");
	say_selector(w, e->c, AWS_CLOUD, ",");
	if (e->vti)
		aws_say(w, "\n    mark=%u/0xffffffff\n", number);
	else
		aws_say(w, "\n    ipsec-interface=%u\n", number);
	aws_say(w, "    ike=");
	say_libreswan(w, t, 0);
	aws_say(w, "\n    esp=");
	say_libreswan(w, t, 1);
	aws_say(w, "\n    ikelifetime=%us\n    salifetime=%us\n",
	    given(&t->phase[0].lifetime, 28800),
	    given(&t->phase[1].lifetime, 3600));
	aws_say(w, "    replay-window=%u\n", given(&t->window, 1024));
	if (e->c->accelerated)
		aws_say(w, "    encapsulation=yes\n");
	aws_say(w, "    dpddelay=%u\n    dpdtimeout=%u\n"
	    "    dpdaction=restart\n    auto=start\n", dpd / 3, dpd);
}

void
aws_ipsec_write(struct wr *w, const struct aws_export *e)
{
	say_head(w, e, "ipsec.conf (/etc/ipsec.d)");
	aws_say(w, "# interfaces.sh makes the interfaces first.\n");
	for (unsigned i = 0; i < e->c->tunnels_n; i++)
		say_ipsec_tunnel(w, e, i);
}

void
aws_ipsec_secrets_write(struct wr *w, const struct aws_export *e)
{
	char id[2][CONF_ID_LEN];
	struct addr a;

	say_head(w, e, "ipsec.secrets (/etc/ipsec.d, mode 0600)");
	for (unsigned i = 0; i < e->c->tunnels_n; i++) {
		for (unsigned k = 0; k < 2; k++) {
			aws_export_id(e, i, (enum aws_side)k, id[k]);
			aws_say(w, "%s%s ", addr_parse(&a, id[k]) ||
			    strchr(id[k], '@') != NULL ? "" : "@", id[k]);
		}
		aws_say(w, ": PSK ");
		say_key(w, e->c->tunnels[i].psk);
		aws_say(w, "\n");
	}
}
