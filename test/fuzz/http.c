/*
 * What answers a fetch: a response in any number of pieces has the verdict
 * that it has as a whole, and content is inside it; and URLs, which come back
 * the same from the request that is made of them.
 */
#include <stdlib.h>
#include <string.h>

#include "util/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MAX	4096

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
response(struct bytes all)
{
	struct bytes content = { 0 }, early = { 0 };
	enum http_state whole, part;
	struct reason why = { "" };

	whole = http_response(all, true, MAX, &content, &why);
	require(whole != HTTP_MORE);
	require((whole == HTTP_BAD) == (why.s[0] != '\0'));
	if (whole == HTTP_DONE)
		require(content.n > 0 && content.n <= MAX &&
		    content.p >= all.p && content.n <= all.n -
		    (size_t)(content.p - all.p));
	for (size_t n = 0; n < all.n; n += 1 + n / 8) {
		part = http_response(bytes_of(all.p, n), false, MAX, &early,
		    &why);
		require(part != HTTP_BAD || whole == HTTP_BAD);
		if (part == HTTP_DONE)
			require(whole == HTTP_DONE &&
			    bytes_eq(early, content));
	}
}

static void
url(const char *s)
{
	static uint8_t out[4096];
	struct wr w = wr_of(out, sizeof(out));
	struct http_url u, again;
	struct reason why = { "" };
	char text[600], *end;

	if (!http_url(&u, s, &why)) {
		require(why.s[0] != '\0');
		return;
	}
	require(u.path[0] == '/' && u.host[0] != '\0' && u.port > 0);
	require(http_request(&u, "x/y", bytes_str(s), &w));
	/* Whatever it is made of, it is one request of four fields. */
	end = memmem(out, w.n, "\r\n\r\n", 4);
	require(end != NULL && w.n - (size_t)(end + 4 - (char *)out) ==
	    strlen(s));
	str_fmt(text, sizeof(text), "http://%s%s%s:%u%s", u.ipv6 ? "[" : "",
	    u.host, u.ipv6 ? "]" : "", u.port, u.path);
	require(http_url(&again, text, &why));
	require(strcmp(again.host, u.host) == 0 && again.port == u.port &&
	    strcmp(again.path, u.path) == 0 && again.ipv6 == u.ipv6);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[1024];

	response(bytes_of(data, size));
	if (size < sizeof(text)) {
		memcpy(text, data, size);
		text[size] = '\0';
		url(text);
	}
	return 0;
}
