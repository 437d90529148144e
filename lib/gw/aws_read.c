/*
 * What a file is, by its looks.  The XML also comes as a string: of JSON,
 * with or without its quotes, or escaped inside of other XML.
 */
#include "gw/aws_json.h"

#include <stdlib.h>
#include <string.h>

#include "gw/aws_text.h"
#include "gw/aws_xml.h"
#include "util/array.h"
#include "util/secret.h"

/* "&lt;vpn_connection ...": XML in XML's escapes; out is as long as in. */
static size_t
unescape(char *out, struct bytes in)
{
	static const struct {
		const char *s;
		char	c;
	} names[] = {
		{ "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' },
		{ "&apos;", '\'' }, { "&#34;", '"' }, { "&#39;", '\'' },
		{ "&#13;", '\r' }, { "&#10;", '\n' }, { "&#xD;", '\r' },
		{ "&#xA;", '\n' }, { "&amp;", '&' },
	};
	size_t n = 0, at = 0;

	while (at < in.n) {
		size_t i = 0, len = 0;

		for (; i < ARRAY_SIZE(names); i++) {
			len = strlen(names[i].s);
			if (len <= in.n - at && memcmp(in.p + at, names[i].s,
			    len) == 0)
				break;
		}
		out[n++] = i < ARRAY_SIZE(names) ? names[i].c :
		    (char)in.p[at];
		at += i < ARRAY_SIZE(names) ? len : 1;
	}
	return n;
}

/* \" and \n, as in a JSON string whose quotes were lost. */
static size_t
unslash(char *out, struct bytes in)
{
	size_t n = 0;

	for (size_t at = 0; at < in.n; at++) {
		char c = (char)in.p[at];

		if (c == '\\' && at + 1 < in.n) {
			c = (char)in.p[++at];
			c = c == 'n' ? '\n' : c == 't' ? '\t' :
			    c == 'r' ? '\r' : c;
		}
		out[n++] = c;
	}
	return n;
}

static bool
has(struct bytes in, const char *s)
{
	return memmem(in.p, in.n, s, strlen(s)) != NULL;
}

/* From the beginning to the end of the element that is escaped. */
static struct bytes
escaped(struct bytes in)
{
	static const char begin[] = "&lt;vpn_connection";
	static const char end[] = "/vpn_connection&gt;";
	const uint8_t *from = memmem(in.p, in.n, begin, sizeof(begin) - 1);
	const uint8_t *to;

	if (from == NULL)
		return in;
	in = bytes_of(from, in.n - (size_t)(from - in.p));
	to = memmem(in.p, in.n, end, sizeof(end) - 1);
	if (to != NULL)
		in.n = (size_t)(to - in.p) + sizeof(end) - 1;
	return in;
}

static bool
read_xml(struct aws_list *list, struct bytes in,
    size_t (*plain)(char *, struct bytes), struct reason *why)
{
	char *out = plain != NULL ? malloc(in.n + 1) : NULL;
	struct aws_connection *c;
	size_t n;
	bool ok;

	if (plain != NULL && out == NULL) {
		reason_set(why, "out of memory");
		return false;
	}
	n = out != NULL ? plain(out, in) : 0;
	c = aws_list_add(list, why);
	ok = c != NULL && aws_xml_read(c, out != NULL ? bytes_of(out, n) : in,
	    why);
	if (out != NULL)
		wipe(out, n);
	free(out);
	return ok;
}

static bool
read_text(struct aws_list *list, struct bytes in, struct reason *why)
{
	struct aws_connection *c;

	if (!aws_text_is(in)) {
		reason_set(why, "this is neither a "
		    "CustomerGatewayConfiguration (XML), nor an answer of "
		    "describe-vpn-connections (JSON), nor the generic text "
		    "of AWS's console");
		return false;
	}
	c = aws_list_add(list, why);
	return c != NULL && aws_text_read(c, in, why);
}

/* Without blanks and a byte order mark in front. */
static struct bytes
skip_blanks(struct bytes in)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (in.n >= 3 && memcmp(in.p, mark, 3) == 0)
		in = bytes_of(in.p + 3, in.n - 3);
	while (in.n > 0 && (in.p[0] == ' ' || (in.p[0] >= '\t' &&
	    in.p[0] <= '\r')))
		in = bytes_of(in.p + 1, in.n - 1);
	return in;
}

bool
aws_read(struct aws_list *list, struct bytes in, struct reason *why)
{
	bool ok;

	in = skip_blanks(in);
	if (in.n > AWS_TEXT_MAX) {
		reason_set(why, "it is too large");
		return false;
	}
	if (in.n > 0 && (in.p[0] == '{' || in.p[0] == '[' || in.p[0] == '"'))
		return aws_json_read(list, in, why);
	if (has(in, "&lt;vpn_connection"))
		ok = read_xml(list, escaped(in), unescape, why);
	else if (in.n > 0 && in.p[0] == '<')
		ok = read_xml(list, in, has(in, "id=\\\"") ? unslash : NULL,
		    why);
	else
		ok = read_text(list, in, why);
	if (!ok)
		aws_list_free(list);
	return ok;
}
