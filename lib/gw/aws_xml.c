/*
 * CustomerGatewayConfiguration in XML, as of AWS's EC2 API.  One table says
 * which element holds which value; the reader looks ended elements up in it,
 * the writer opens and closes what lies between two of its rows.  Elements
 * that are not in it are passed over.
 *
 * Expat parses.  A document type, and with it every entity of its own, is
 * refused before it can do anything, and so are depth and length beyond what
 * such a document has.  Algorithms and lifetimes in it are AWS's baseline:
 * what was customised is only in the JSON.
 */
#include "gw/aws_xml.h"

#include <expat.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gw/aws_field.h"
#include "util/array.h"
#include "util/secret.h"

#define DEPTH_MAX	8
#define PATH_LEN	256
#define TEXT_LEN	1024		/* octets in one element */

#define ROOT		"vpn_connection"
#define TUNNEL		ROOT "/ipsec_tunnel"
#define END(n, s)							\
	{ TUNNEL "/" n "/tunnel_outside_address/ip_address",		\
	    { AWS_OUTSIDE, s, 0 }, "" },				\
	{ TUNNEL "/" n "/tunnel_inside_address/ip_address",		\
	    { AWS_INSIDE, s, 0 }, "" },					\
	{ TUNNEL "/" n "/tunnel_inside_address/network_mask",		\
	    { AWS_MASK, s, 0 }, "" },					\
	{ TUNNEL "/" n "/tunnel_inside_address/network_cidr",		\
	    { AWS_LEN, s, 0 }, "" },					\
	{ TUNNEL "/" n "/tunnel_inside_ipv6_address/ip_address",	\
	    { AWS_INSIDE6, s, 0 }, "" },				\
	{ TUNNEL "/" n "/tunnel_inside_ipv6_address/prefix_length",	\
	    { AWS_LEN6, s, 0 }, "" },					\
	{ TUNNEL "/" n "/bgp/asn", { AWS_ASN, s, 0 }, "" },		\
	{ TUNNEL "/" n "/bgp/hold_time", { AWS_HOLD, s, 0 }, "" }
#define IKE(n, f)	{ TUNNEL "/ike/" n, { f, 0, 0 }, "" }
#define ESP(n, f)	{ TUNNEL "/ipsec/" n, { f, 0, 1 }, "" }

/* In the document's order. */
static const struct element {
	const char	*path;
	struct aws_place at;
	const char	*before;	/* the value, when it is written */
} elements[] = {
	{ ROOT "/customer_gateway_id", { AWS_CUSTOMER_GATEWAY, 0, 0 }, "" },
	{ ROOT "/vpn_gateway_id", { AWS_GATEWAY, 0, 0 }, "" },
	{ ROOT "/vpn_connection_type", { AWS_TYPE, 0, 0 }, "" },
	{ ROOT "/vpn_connection_attributes", { AWS_ATTRIBUTES, 0, 0 }, "" },
	END("customer_gateway", AWS_CUSTOMER),
	END("vpn_gateway", AWS_CLOUD),
	IKE("authentication_protocol", AWS_INTEG),
	IKE("encryption_protocol", AWS_ENCR),
	IKE("lifetime", AWS_LIFETIME),
	{ TUNNEL "/ike/perfect_forward_secrecy", { AWS_GROUP, 0, 0 },
	    "group" },
	IKE("mode", AWS_MODE),
	IKE("pre_shared_key", AWS_PSK),
	ESP("protocol", AWS_PROTOCOL),
	ESP("authentication_protocol", AWS_INTEG),
	ESP("encryption_protocol", AWS_ENCR),
	ESP("lifetime", AWS_LIFETIME),
	{ TUNNEL "/ipsec/perfect_forward_secrecy", { AWS_GROUP, 0, 1 },
	    "group" },
	ESP("mode", AWS_MODE),
	ESP("clear_df_bit", AWS_CLEAR_DF),
	ESP("fragmentation_before_encryption", AWS_FRAGMENT),
	ESP("tcp_mss_adjustment", AWS_MSS),
	ESP("dead_peer_detection/interval", AWS_DPD_INTERVAL),
	ESP("dead_peer_detection/retries", AWS_DPD_RETRIES),
};

static const struct aws_place id_at = { AWS_ID, 0, 0 };

struct reader {
	XML_Parser	parser;
	struct aws_connection *c;
	struct aws_tunnel *t;		/* NULL: not in one */
	struct reason	*why;
	bool		failed;
	unsigned	depth;
	char		path[PATH_LEN];	/* of the element that is open */
	char		text[TEXT_LEN];	/* in it */
	size_t		n;
	bool		leaf;		/* nothing ended since it began */
};

static void __attribute__((format(printf, 2, 3)))
stop(struct reader *r, const char *fmt, ...)
{
	struct reason why;
	va_list ap;

	if (r->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(why.s, sizeof(why.s), fmt, ap);
	va_end(ap);
	reason_set(r->why, "line %lu: %.250s",
	    (unsigned long)XML_GetCurrentLineNumber(r->parser), why.s);
	r->failed = true;
	XML_StopParser(r->parser, XML_FALSE);
}

static void
put(struct reader *r, const struct aws_place *at, const char *name,
    const char *text)
{
	struct reason why;

	if (!aws_put(r->c, r->t, at, text, &why))
		stop(r, "%s %.200s", name, why.s);
}

static void
begin_tunnel(struct reader *r)
{
	if (r->c->tunnels_n == CONF_TUNNELS) {
		stop(r, "more than %d tunnels", CONF_TUNNELS);
		return;
	}
	r->t = &r->c->tunnels[r->c->tunnels_n++];
	r->t->baseline = true;
}

static void
begin_root(struct reader *r, const XML_Char **attributes)
{
	if (strcmp(r->path, ROOT) != 0) {
		stop(r, "this is no CustomerGatewayConfiguration: it begins "
		    "with another element than " ROOT);
		return;
	}
	for (; attributes[0] != NULL; attributes += 2) {
		if (strcmp(attributes[0], "id") == 0)
			put(r, &id_at, "id", attributes[1]);
	}
}

static void XMLCALL
begin(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *r = data;

	/* Expat may call once more after it was told to stop. */
	if (r->failed)
		return;
	if (++r->depth > DEPTH_MAX || strlen(r->path) + strlen(name) + 2 >
	    sizeof(r->path)) {
		stop(r, "elements are nested too deeply");
		return;
	}
	str_add(r->path, sizeof(r->path), "%s%s", r->depth > 1 ? "/" : "",
	    name);
	r->n = 0;
	r->leaf = true;
	if (r->depth == 1)
		begin_root(r, attributes);
	else if (strcmp(r->path, TUNNEL) == 0)
		begin_tunnel(r);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The element's text without blanks around it. */
static const char *
trimmed(struct reader *r)
{
	size_t from = 0;

	while (r->n > 0 && is_blank(r->text[r->n - 1]))
		r->n--;
	r->text[r->n] = '\0';
	while (is_blank(r->text[from]))
		from++;
	return r->text + from;
}

static void
end_leaf(struct reader *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
		if (strcmp(elements[i].path, r->path) != 0)
			continue;
		put(r, &elements[i].at, r->path + sizeof(ROOT),
		    trimmed(r));
		return;
	}
}

static void XMLCALL
end(void *data, const XML_Char *name)
{
	struct reader *r = data;
	char *slash;

	(void)name;
	if (r->failed)
		return;
	if (r->leaf)
		end_leaf(r);
	if (strcmp(r->path, TUNNEL) == 0)
		r->t = NULL;
	slash = strrchr(r->path, '/');
	if (slash != NULL)
		*slash = '\0';
	else
		r->path[0] = '\0';
	r->depth--;
	r->leaf = false;
	r->n = 0;
}

static void XMLCALL
text(void *data, const XML_Char *s, int n)
{
	struct reader *r = data;

	if (r->failed)
		return;
	if (n < 0 || (size_t)n >= sizeof(r->text) - r->n) {
		stop(r, "the text of an element is too long");
		return;
	}
	memcpy(r->text + r->n, s, (size_t)n);
	r->n += (size_t)n;
}

static void XMLCALL
doctype(void *data, const XML_Char *name, const XML_Char *system,
    const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(data, "a document type (DTD) is refused");
}

static bool
parse(struct reader *r, struct bytes in)
{
	enum XML_Status status;

	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, begin, end);
	XML_SetCharacterDataHandler(r->parser, text);
	XML_SetStartDoctypeDeclHandler(r->parser, doctype);
	status = XML_Parse(r->parser, (const char *)in.p, (int)in.n, XML_TRUE);
	if (status == XML_STATUS_OK && !r->failed)
		return true;
	if (!r->failed)
		stop(r, "%s",
		    XML_ErrorString(XML_GetErrorCode(r->parser)));
	return false;
}

bool
aws_xml_read(struct aws_connection *c, struct bytes in, struct reason *why)
{
	struct reader r = { .c = c, .why = why };
	bool ok;

	if (in.n > AWS_TEXT_MAX) {
		reason_set(why, "it is too large");
		return false;
	}
	r.parser = XML_ParserCreate(NULL);
	if (r.parser == NULL) {
		reason_set(why, "out of memory");
		return false;
	}
	ok = parse(&r, in);
	XML_ParserFree(r.parser);
	wipe(r.text, sizeof(r.text));
	return ok;
}

/* Where the writer is: the elements that are open, by their path. */
struct writer {
	struct wr	*w;
	char		open[PATH_LEN];
	unsigned	depth;
};

static void
indent(struct writer *w)
{
	aws_say(w->w, "%*s", (int)w->depth * 2, "");
}

static void
close_one(struct writer *w)
{
	char *slash = strrchr(w->open, '/');

	w->depth--;
	indent(w);
	aws_say(w->w, "</%s>\n", slash != NULL ? slash + 1 : w->open);
	if (slash != NULL)
		*slash = '\0';
	else
		w->open[0] = '\0';
}

/* Up to the one that path lies in, or is. */
static void
close_to(struct writer *w, const char *path)
{
	for (;;) {
		size_t n = strlen(w->open);

		if (strncmp(w->open, path, n) == 0 &&
		    (path[n] == '/' || path[n] == '\0'))
			return;
		close_one(w);
	}
}

/* Whatever of path's parents is not open yet. */
static void
open_parents(struct writer *w, const char *path)
{
	const char *leaf = strrchr(path, '/');

	for (;;) {
		const char *name = path + strlen(w->open) + 1;
		int n = (int)strcspn(name, "/");

		if (name > leaf)
			return;
		indent(w);
		aws_say(w->w, "<%.*s>\n", n, name);
		str_add(w->open, sizeof(w->open), "/%.*s", n, name);
		w->depth++;
	}
}

static void
say_escaped(struct wr *w, const char *s)
{
	for (; *s != '\0'; s++) {
		if (strchr("<>&\"'", *s) != NULL)
			aws_say(w, "&#%d;", *s);
		else
			aws_say(w, "%c", *s);
	}
}

static void
write_element(struct writer *w, const struct element *e,
    const struct aws_connection *c, const struct aws_tunnel *t)
{
	char value[AWS_VALUE_LEN];
	const char *name = strrchr(e->path, '/') + 1;

	if (!aws_get(c, t, &e->at, value))
		return;
	close_to(w, e->path);
	open_parents(w, e->path);
	indent(w);
	aws_say(w->w, "<%s>%s", name, e->before);
	say_escaped(w->w, value);
	aws_say(w->w, "</%s>\n", name);
	wipe(value, sizeof(value));
}

void
aws_xml_write(struct wr *out, const struct aws_connection *c)
{
	struct writer w = { .w = out, .open = ROOT, .depth = 1 };
	const size_t own = strlen(TUNNEL);

	aws_say(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	aws_say(out, "<" ROOT " id=\"");
	say_escaped(out, c->id);
	aws_say(out, "\">\n");
	for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
		if (strncmp(elements[i].path, TUNNEL, own) != 0)
			write_element(&w, &elements[i], c, NULL);
	}
	for (unsigned k = 0; k < c->tunnels_n; k++) {
		for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
			if (strncmp(elements[i].path, TUNNEL, own) == 0)
				write_element(&w, &elements[i], c,
				    &c->tunnels[k]);
		}
		close_to(&w, ROOT);
	}
	close_one(&w);
}
