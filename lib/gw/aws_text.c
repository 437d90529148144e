/*
 * AWS's generic text ("vendor agnostic"): lines "- Label : value" in sections,
 * the same four for each tunnel.  One table has sections and labels for the
 * reader and the writer; blanks and case of a label do not count, and lines
 * that are not in the table are prose.  As in the XML, algorithms are the
 * least that the cloud asks for.
 */
#include "gw/aws_text.h"

#include <string.h>

#include "gw/aws_field.h"
#include "util/array.h"
#include "util/secret.h"

#define LINE_LEN	512

enum section {
	TOP,
	TUNNEL,			/* begins one */
	IKE,
	IPSEC,
	INTERFACE,
	OUTSIDE,
	INSIDE,
	MTU,
	BGP,
	STATIC,
	SECTIONS
};

/* A line that begins like this begins the section. */
static const struct {
	const char	*begins;	/* lower case */
	const char	*written;
} sections[SECTIONS] = {
	[TOP] = { NULL, NULL },
	[TUNNEL] = { "ipsec tunnel #", NULL },
	[IKE] = { "#1:", "#1: Internet Key Exchange Configuration\n\n" },
	[IPSEC] = { "#2:", "\n#2: IPSec Configuration\n\n" },
	[INTERFACE] = { "#3:", "\n#3: Tunnel Interface Configuration\n" },
	[OUTSIDE] = { "outside ip addresses", "\nOutside IP Addresses:\n" },
	[INSIDE] = { "inside ip addresses", "\nInside IP Addresses\n" },
	[MTU] = { "configure your tunnel to fragment", NULL },
	[BGP] = { "#4: border", "\n#4: Border Gateway Protocol (BGP) "
	    "Configuration:\n\nBGP Configuration Options:\n" },
	[STATIC] = { "#4: static", "\n#4: Static Routing Configuration:\n\n"
	    "Static Route Configuration Options:\n" },
};

static const struct row {
	enum section	section;
	const char	*label;
	struct aws_place at;
	const char	*before, *behind;	/* the value, when written */
} rows[] = {
	{ TOP, "Your VPN Connection ID", { AWS_ID, 0, 0 }, "", "" },
	{ TOP, "Your Virtual Private Gateway ID", { AWS_GATEWAY, 0, 0 },
	    "", "" },
	{ TOP, "Your Customer Gateway ID", { AWS_CUSTOMER_GATEWAY, 0, 0 },
	    "", "" },
	{ IKE, "IKE version", { AWS_NOTHING, 0, 0 }, "IKEv2", "" },
	{ IKE, "Authentication Method", { AWS_NOTHING, 0, 0 },
	    "Pre-Shared Key", "" },
	{ IKE, "Pre-Shared Key", { AWS_PSK, 0, 0 }, "", "" },
	{ IKE, "Authentication Algorithm", { AWS_INTEG, 0, 0 }, "", "" },
	{ IKE, "Encryption Algorithm", { AWS_ENCR, 0, 0 }, "", "" },
	{ IKE, "Lifetime", { AWS_LIFETIME, 0, 0 }, "", " seconds" },
	{ IKE, "Phase 1 Negotiation Mode", { AWS_MODE, 0, 0 }, "", "" },
	{ IKE, "Diffie-Hellman", { AWS_GROUP, 0, 0 }, "Group ", "" },
	{ IKE, "Perfect Forward Secrecy", { AWS_GROUP, 0, 0 }, NULL, NULL },
	{ IPSEC, "Protocol", { AWS_PROTOCOL, 0, 1 }, "", "" },
	{ IPSEC, "Authentication Algorithm", { AWS_INTEG, 0, 1 }, "", "" },
	{ IPSEC, "Encryption Algorithm", { AWS_ENCR, 0, 1 }, "", "" },
	{ IPSEC, "Lifetime", { AWS_LIFETIME, 0, 1 }, "", " seconds" },
	{ IPSEC, "Mode", { AWS_MODE, 0, 1 }, "", "" },
	{ IPSEC, "Perfect Forward Secrecy", { AWS_GROUP, 0, 1 },
	    "Diffie-Hellman Group ", "" },
	{ IPSEC, "DPD Interval", { AWS_DPD_INTERVAL, 0, 0 }, "", "" },
	{ IPSEC, "DPD Retries", { AWS_DPD_RETRIES, 0, 0 }, "", "" },
	{ IPSEC, "TCP MSS Adjustment", { AWS_MSS, 0, 0 }, "", " bytes" },
	{ IPSEC, "Clear Don't Fragment Bit", { AWS_NOTHING, 0, 0 },
	    "enabled", "" },
	{ IPSEC, "Fragmentation", { AWS_NOTHING, 0, 0 },
	    "Before encryption", "" },
	{ OUTSIDE, "Customer Gateway", { AWS_OUTSIDE, AWS_CUSTOMER, 0 },
	    "", "" },
	{ OUTSIDE, "Virtual Private Gateway", { AWS_OUTSIDE, AWS_CLOUD, 0 },
	    "", "" },
	{ INSIDE, "Customer Gateway", { AWS_INSIDE, AWS_CUSTOMER, 0 },
	    "", "/30" },
	{ INSIDE, "Virtual Private Gateway", { AWS_INSIDE, AWS_CLOUD, 0 },
	    "", "/30" },
	{ INSIDE, "Customer Gateway", { AWS_INSIDE6, AWS_CUSTOMER, 0 },
	    "", "/126" },
	{ INSIDE, "Virtual Private Gateway", { AWS_INSIDE6, AWS_CLOUD, 0 },
	    "", "/126" },
	{ BGP, "Customer Gateway ASN", { AWS_ASN, AWS_CUSTOMER, 0 }, "", "" },
	{ BGP, "Virtual Private Gateway ASN", { AWS_ASN, AWS_CLOUD, 0 },
	    "", "" },
	{ BGP, "Neighbor IP Address", { AWS_NEIGHBOR, 0, 0 }, "", "" },
	{ BGP, "Neighbor Hold Time", { AWS_HOLD, AWS_CLOUD, 0 }, "", "" },
	{ STATIC, "Next hop", { AWS_NOTHING, 0, 0 }, "the tunnel interface",
	    "" },
};

struct reader {
	struct aws_connection *c;
	struct aws_tunnel *t;
	enum section	section;
	unsigned long	line;
	struct reason	*why;
};

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* One blank between words, none around them; control characters are blanks. */
static void
squeeze(char *out, size_t size, const char *p, size_t n, bool low)
{
	size_t to = 0;

	for (size_t i = 0; i < n && to + 1 < size; i++) {
		bool blank = (unsigned char)p[i] <= ' ';

		if (blank && (to == 0 || out[to - 1] == ' '))
			continue;
		out[to++] = blank ? ' ' : low ? lower(p[i]) : p[i];
	}
	if (to > 0 && out[to - 1] == ' ')
		to--;
	out[to] = '\0';
}

static bool
same_label(const char *label, const char *written)
{
	for (; *written != '\0'; label++, written++) {
		if (*label != lower(*written))
			return false;
	}
	return *label == '\0';
}

static bool
fail(struct reader *r, const char *label, const char *why)
{
	reason_set(r->why, "line %lu: %.60s %.200s", r->line, label, why);
	return false;
}

static bool
begin_section(struct reader *r, enum section s)
{
	r->section = s;
	if (s == STATIC)
		r->c->is_static = true;
	if (s != TUNNEL)
		return true;
	if (r->c->tunnels_n == CONF_TUNNELS)
		return fail(r, "", "more than two tunnels");
	r->t = &r->c->tunnels[r->c->tunnels_n++];
	r->t->baseline = true;
	return true;
}

static bool
read_value(struct reader *r, const char *label, const char *value)
{
	struct reason why;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].section != r->section ||
		    !same_label(label, rows[i].label))
			continue;
		if (!aws_put(r->c, r->t, &rows[i].at, value, &why))
			return fail(r, label, why.s);
		return true;
	}
	return true;
}

/* "- Label : value", with or without the hyphen; else perhaps a heading. */
static bool
read_line(struct reader *r, const char *p, size_t n)
{
	char label[LINE_LEN], value[LINE_LEN];
	const char *colon;
	bool ok;

	while (n > 0 && (*p == ' ' || *p == '\t' || *p == '-')) {
		p++;
		n--;
	}
	squeeze(label, sizeof(label), p, n, true);
	for (size_t i = 0; i < SECTIONS; i++) {
		if (sections[i].begins != NULL && strncmp(label,
		    sections[i].begins, strlen(sections[i].begins)) == 0)
			return begin_section(r, (enum section)i);
	}
	colon = memchr(p, ':', n);
	if (colon == NULL)
		return true;
	squeeze(label, sizeof(label), p, (size_t)(colon - p), true);
	squeeze(value, sizeof(value), colon + 1,
	    n - (size_t)(colon + 1 - p), false);
	ok = read_value(r, label, value);
	wipe(value, sizeof(value));
	return ok;
}

bool
aws_text_is(struct bytes in)
{
	static const char mark[] = "IPSec Tunnel #";

	return memmem(in.p, in.n, mark, sizeof(mark) - 1) != NULL;
}

bool
aws_text_read(struct aws_connection *c, struct bytes in, struct reason *why)
{
	struct reader r = { .c = c, .why = why };
	const char *p = (const char *)in.p, *end = p + in.n;

	if (in.n > AWS_TEXT_MAX) {
		reason_set(why, "it is too large");
		return false;
	}
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl != NULL ? nl : end;

		r.line++;
		if (!read_line(&r, p, (size_t)(stop - p)))
			return false;
		p = nl != NULL ? nl + 1 : end;
	}
	return true;
}

static void
write_rows(struct wr *w, const struct aws_connection *c,
    const struct aws_tunnel *t, enum section s)
{
	char value[AWS_VALUE_LEN];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].section != s || rows[i].before == NULL)
			continue;
		value[0] = '\0';
		if (rows[i].at.field != AWS_NOTHING &&
		    !aws_get(c, t, &rows[i].at, value))
			continue;
		aws_say(w, "%s%-30s : %s%s%s\n", s == TOP ? "" : "  - ",
		    rows[i].label, rows[i].before, value, rows[i].behind);
	}
	wipe(value, sizeof(value));
}

void
aws_text_write(struct wr *w, const struct aws_connection *c)
{
	aws_say(w, "VPN Connection Configuration\n\n");
	write_rows(w, c, NULL, TOP);
	for (unsigned k = 0; k < c->tunnels_n; k++) {
		aws_say(w, "\nIPSec Tunnel #%u\n", k + 1);
		for (enum section s = IKE; s < SECTIONS; s++) {
			if (s == (c->is_static ? BGP : STATIC) ||
			    sections[s].written == NULL)
				continue;
			aws_say(w, "%s", sections[s].written);
			write_rows(w, c, &c->tunnels[k], s);
		}
	}
}
