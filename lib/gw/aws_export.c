/*
 * The table of export formats: which files each has and who writes them; and
 * what the writers for Linux share.  It says what the device has to be, so that
 * its starting action, DPD and lifetimes are a device's.
 */
#include "gw/aws_export.h"

#include <string.h>

#include "gw/aws_conf.h"
#include "gw/aws_json.h"
#include "gw/aws_text.h"
#include "gw/aws_xml.h"
#include "util/array.h"

static void
xml(struct wr *w, const struct aws_export *e)
{
	aws_xml_write(w, e->c);
}

static void
json(struct wr *w, const struct aws_export *e)
{
	aws_json_write(w, e->c);
}

static void
text(struct wr *w, const struct aws_export *e)
{
	aws_text_write(w, e->c);
}

/* Its asn is that of the connection, as a configuration of its own has it. */
static struct aws_form
form_of(const struct aws_export *e)
{
	return (struct aws_form){
		.name = e->name, .asn = e->c->asn[AWS_CUSTOMER],
		.local = { e->local, e->local },
	};
}

static void
vpnd_top(struct wr *w, const struct aws_export *e)
{
	struct aws_form form = form_of(e);

	aws_conf_top(w, e->c, &form, e->notes);
}

static void
vpnd_conf(struct wr *w, const struct aws_export *e)
{
	struct aws_form form = form_of(e);

	aws_conf_write(w, e->c, &form, e->notes);
}

static void
vpnd_secrets(struct wr *w, const struct aws_export *e)
{
	struct aws_form form = form_of(e);

	aws_conf_secrets(w, e->c, &form, e->notes);
}

#define SWAN	{ "swanctl.conf", 0600, false, aws_swanctl_write },	\
	{ "strongswan.conf", 0644, false, aws_strongswan_write }
#define SCRIPT	{ "interfaces.sh", 0755, false, aws_script_write }
#define FRR	{ "frr.conf", 0640, true, aws_frr_write }

static const struct aws_format formats[] = {
	{ "aws-xml", false, { { "%.xml", 0600, false, xml } } },
	{ "aws-json", false, { { "%.json", 0600, false, json } } },
	{ "aws-text", false, { { "%.txt", 0600, false, text } } },
	{ "vpnd", false, {
	    { "conf.d/%.secrets", 0600, false, vpnd_secrets },
	    { "conf.d/%.conf", 0644, false, vpnd_conf },
	    { "vpnd.conf", 0644, false, vpnd_top } } },
	{ "strongswan-bird", true, { SWAN,
	    { "bird.conf", 0640, true, aws_bird_write }, SCRIPT } },
	{ "strongswan-frr", true, { SWAN, FRR, SCRIPT } },
	{ "libreswan-frr", true, {
	    { "ipsec.conf", 0644, false, aws_ipsec_write },
	    { "ipsec.secrets", 0600, false, aws_ipsec_secrets_write }, FRR,
	    { "interfaces.sh", 0755, false, aws_script_libreswan_write } } },
};

const struct aws_format *
aws_format_at(size_t i)
{
	return i < ARRAY_SIZE(formats) ? &formats[i] : NULL;
}

const struct aws_format *
aws_format_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}

struct addr
aws_export_local(const struct aws_export *e, unsigned tunnel)
{
	if (addr_is_set(&e->local))
		return e->local;
	return e->c->tunnels[tunnel].outside[AWS_CUSTOMER];
}

const char *
aws_export_id(const struct aws_export *e, unsigned tunnel,
    enum aws_side side, char buf[static CONF_ID_LEN])
{
	const struct aws_tunnel *t = &e->c->tunnels[tunnel];
	const struct addr *a = &t->outside[side];
	char s[ADDR_STRLEN];

	if (t->identity[side][0] != '\0')
		str_set(buf, CONF_ID_LEN, t->identity[side]);
	else
		str_set(buf, CONF_ID_LEN, addr_str(addr_is_set(a) ? a :
		    &e->local, s));
	return buf;
}

/*
 * FNV-1a of the name: several connections of one device must not share a
 * number, and the same connection keeps its own.
 */
uint32_t
aws_export_number(const struct aws_export *e, unsigned tunnel)
{
	uint32_t h = 2166136261U;

	for (const char *s = e->name; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 16777619U;
	return 1000 + h % 4000 * 2 + tunnel;
}

/* RFC 4303: headers, IV and ICV around whole blocks, padding's two octets. */
static unsigned
mtu_of(const struct alg *encr, const struct alg *integ, unsigned ip)
{
	bool aead = (encr->flags & ALG_AEAD) != 0;
	unsigned block = aead ? 4 : encr->block;
	unsigned icv = aead ? encr->icv_len : integ->icv_len;
	unsigned room = 1500 - ip - 8 - 8 - encr->iv_len - icv;

	return room - room % block - 2;
}

unsigned
aws_export_mtu(const struct aws_tunnel *t)
{
	unsigned ip = t->outside[AWS_CLOUD].family == ADDR_IPV6 ? 40 : 20;
	const struct aws_phase *p = &t->phase[1];
	unsigned least = 1500;

	for (unsigned i = 0; i < p->encr.n; i++) {
		const struct alg *encr = alg_at(p->encr.row[i]);

		for (unsigned k = 0; k < p->integ.n; k++) {
			unsigned mtu = mtu_of(encr, alg_at(p->integ.row[k]),
			    ip);

			least = mtu < least ? mtu : least;
		}
	}
	return least;
}

bool
aws_export_fits(const struct aws_export *e, const struct aws_format *f,
    struct reason *why)
{
	bool needs_local = f->linux_daemons || strcmp(f->name, "vpnd") == 0;

	for (unsigned i = 0; i < e->c->tunnels_n; i++) {
		struct addr local = aws_export_local(e, i);

		if (f->linux_daemons && e->c->tunnels[i].psk[0] == '\0') {
			reason_set(why, "tunnel %u has no pre-shared key, and "
			    "%s is made for these alone", i + 1, f->name);
			return false;
		}
		if (needs_local && !addr_is_set(&local)) {
			reason_set(why, "the device's address is not in the "
			    "configuration: give it with --local-address");
			return false;
		}
	}
	return strcmp(f->name, "libreswan-frr") != 0 ||
	    aws_libreswan_fits(e, why);
}
