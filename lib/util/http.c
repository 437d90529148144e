/*
 * The pure half of a very small HTTP client.  What comes is from whoever
 * answers at an address: a status other than 200, a transfer coding that a
 * client of HTTP/1.0 is not to be sent (RFC 9112 section 6.1), lengths that
 * contradict each other (section 6.3), folded or malformed fields are all the
 * end of it.  Without Content-Length the content ends with the connection.
 */
#include "util/http.h"

#include <string.h>
#include <strings.h>

#define SCHEME	"http://"

/* --- URLs (RFC 3986) --- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_host_char(char c, bool ipv6)
{
	if (is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
	    c == '.')
		return true;
	if (ipv6)
		return c == ':';
	return (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '-' ||
	    c == '_';
}

/* True: *p is behind it. */
static bool
take_host(struct http_url *u, const char **p)
{
	size_t n = 0;

	u->ipv6 = **p == '[';
	*p += u->ipv6;
	while (is_host_char((*p)[n], u->ipv6))
		n++;
	if (n == 0 || n >= sizeof(u->host))
		return false;
	memcpy(u->host, *p, n);
	u->host[n] = '\0';
	*p += n;
	if (!u->ipv6)
		return true;
	return *(*p)++ == ']';
}

static bool
take_port(struct http_url *u, const char **p)
{
	uint32_t port = 0;

	u->port = 80;
	if (**p != ':')
		return true;
	for (++*p; is_digit(**p) && port <= UINT16_MAX; ++*p)
		port = port * 10 + (uint32_t)(**p - '0');
	if ((*p)[-1] == ':')
		return true;		/* an empty one is the default */
	u->port = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

/* A fragment is the client's own and not sent. */
static bool
take_path(struct http_url *u, const char *p)
{
	size_t n = strcspn(p, "#");
	size_t slash = *p == '/' ? 0 : 1;

	if ((*p != '\0' && strchr("/?#", *p) == NULL) ||
	    slash + n >= sizeof(u->path))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] <= ' ' || p[i] > '~')
			return false;
	}
	u->path[0] = '/';
	memcpy(u->path + slash, p, n);
	u->path[slash + n] = '\0';
	return true;
}

bool
http_url(struct http_url *out, const char *s, struct reason *why)
{
	const char *p = s + strlen(SCHEME);
	struct http_url u;

	if (strncasecmp(s, SCHEME, strlen(SCHEME)) != 0)
		reason_set(why, "not an http URL");
	else if (!take_host(&u, &p))
		reason_set(why, "a URL without a host that can be used");
	else if (!take_port(&u, &p))
		reason_set(why, "a URL with a malformed port");
	else if (!take_path(&u, p))
		reason_set(why, "a URL with a malformed path");
	else {
		*out = u;
		return true;
	}
	return false;
}

/* --- requests --- */

bool
http_request(const struct http_url *u, const char *type, struct bytes content,
    struct wr *w)
{
	char head[HTTP_HOST_LEN + HTTP_PATH_LEN + 256], port[8] = "";

	if (u->port != 80)
		str_fmt(port, sizeof(port), ":%u", u->port);
	str_fmt(head, sizeof(head), "%s %s HTTP/1.0\r\nHost: %s%s%s%s\r\n"
	    "User-Agent: vpnd\r\nConnection: close\r\n",
	    type == NULL ? "GET" : "POST", u->path, u->ipv6 ? "[" : "",
	    u->host, u->ipv6 ? "]" : "", port);
	if (type != NULL)
		str_add(head, sizeof(head), "Content-Type: %s\r\n"
		    "Content-Length: %zu\r\n", type, content.n);
	str_add(head, sizeof(head), "\r\n");
	wr_bytes(w, bytes_str(head));
	if (type != NULL)
		wr_bytes(w, content);
	return !w->bad;
}

/* --- responses --- */

struct head {
	bool		has_length;
	size_t		length;
	size_t		content_at;
};

/* The next line without its end, CRLF or LF.  False: it is not all here. */
static bool
take_line(struct bytes all, size_t *at, struct bytes *line)
{
	const uint8_t *lf = *at >= all.n ? NULL : memchr(all.p + *at, '\n',
	    all.n - *at);
	size_t n;

	if (lf == NULL)
		return false;
	n = (size_t)(lf - (all.p + *at));
	*line = bytes_of(all.p + *at, n > 0 && lf[-1] == '\r' ? n - 1 : n);
	*at += n + 1;
	return true;
}

/* RFC 9112 section 4: "HTTP/1.1 200 OK". */
static bool
status_ok(struct bytes line, struct reason *why)
{
	char text[80];

	if (line.n < 12 || memcmp(line.p, "HTTP/1.", 7) != 0 ||
	    !is_digit((char)line.p[7]) || line.p[8] != ' ' ||
	    (line.n > 12 && line.p[12] != ' ')) {
		reason_set(why, "what answers does not speak HTTP");
		return false;
	}
	if (memcmp(line.p + 9, "200", 3) == 0)
		return true;
	str_escape(text, sizeof(text), bytes_of(line.p + 9, line.n - 9));
	reason_set(why, "the server answers %s", text);
	return false;
}

static bool
named(struct bytes name, const char *what)
{
	return name.n == strlen(what) &&
	    strncasecmp((const char *)name.p, what, name.n) == 0;
}

static bool
read_length(struct head *h, struct bytes value, struct reason *why)
{
	size_t n = 0;
	bool ok = value.n > 0 && value.n <= 9;

	for (size_t i = 0; ok && i < value.n; i++) {
		ok = is_digit((char)value.p[i]);
		n = n * 10 + (size_t)(value.p[i] - '0');
	}
	if (!ok || (h->has_length && h->length != n)) {
		reason_set(why, "the server's Content-Length is malformed, "
		    "too long or not the only one");
		return false;
	}
	h->has_length = true;
	h->length = n;
	return true;
}

/* Section 5: a name without blanks, a colon, a value with blanks around it. */
static bool
read_field(struct head *h, struct bytes line, struct reason *why)
{
	const uint8_t *colon = memchr(line.p, ':', line.n);
	struct bytes name, value;

	if (colon == NULL || colon == line.p || line.p[0] == ' ' ||
	    line.p[0] == '\t' || colon[-1] == ' ' || colon[-1] == '\t') {
		reason_set(why, "the server sends a malformed field");
		return false;
	}
	name = bytes_of(line.p, (size_t)(colon - line.p));
	value = bytes_of(colon + 1, line.n - name.n - 1);
	while (value.n > 0 && (*value.p == ' ' || *value.p == '\t'))
		value = bytes_of(value.p + 1, value.n - 1);
	while (value.n > 0 && (value.p[value.n - 1] == ' ' ||
	    value.p[value.n - 1] == '\t'))
		value.n--;
	if (named(name, "Content-Length"))
		return read_length(h, value, why);
	if (named(name, "Transfer-Encoding") ||
	    (named(name, "Content-Encoding") && !named(value, "identity"))) {
		reason_set(why, "the server encodes what it sends, which it "
		    "was not asked to");
		return false;
	}
	return true;
}

static enum http_state
read_head(struct bytes all, bool end, struct head *h, struct reason *why)
{
	bool cut = all.n > HTTP_HEAD_MAX;
	struct bytes look = bytes_of(all.p, cut ? HTTP_HEAD_MAX : all.n);
	struct bytes line;
	size_t at = 0;

	for (bool first = true; take_line(look, &at, &line); first = false) {
		if (!first && line.n == 0) {
			h->content_at = at;
			return HTTP_DONE;
		}
		if (first ? !status_ok(line, why) : !read_field(h, line, why))
			return HTTP_BAD;
	}
	if (!cut && !end)
		return HTTP_MORE;
	reason_set(why, cut ? "the server's header is too long" :
	    all.n == 0 ? "the server closed without an answer" :
	    "the server's answer ends within its header");
	return HTTP_BAD;
}

enum http_state
http_response(struct bytes all, bool end, size_t max, struct bytes *content,
    struct reason *why)
{
	struct head h = { .has_length = false };
	enum http_state state = read_head(all, end, &h, why);
	size_t n;

	if (state != HTTP_DONE)
		return state;
	n = all.n - h.content_at;
	if (h.has_length && n > h.length)
		n = h.length;
	if (n > max || (h.has_length && h.length > max)) {
		reason_set(why, "the server sends more than %zu octets", max);
		return HTTP_BAD;
	}
	if (h.has_length ? n < h.length : !end) {
		if (!end)
			return HTTP_MORE;
		reason_set(why, "the server's answer ends after %zu of %zu "
		    "octets", n, h.length);
		return HTTP_BAD;
	}
	if (n == 0) {
		reason_set(why, "the server's answer is empty");
		return HTTP_BAD;
	}
	*content = bytes_of(all.p + h.content_at, n);
	return HTTP_DONE;
}
