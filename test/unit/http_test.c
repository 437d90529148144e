/* The HTTP of CRLs and OCSP: URLs, requests, and every kind of response. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/array.h"
#include "util/http.h"

static const struct {
	const char	*url;
	const char	*host;		/* NULL: says is why not */
	uint16_t	port;
	const char	*path;
	bool		ipv6;
	const char	*says;
} urls[] = {
	{ "http://a.example/x.crl", "a.example", 80, "/x.crl", false, NULL },
	{ "HTTP://A.example", "A.example", 80, "/", false, NULL },
	{ "http://192.0.2.1:2560/", "192.0.2.1", 2560, "/", false, NULL },
	{ "http://[2001:db8::1]:81/c", "2001:db8::1", 81, "/c", true, NULL },
	{ "http://a:/c?d=e%20f#g", "a", 80, "/c?d=e%20f", false, NULL },
	{ "http://a?d", "a", 80, "/?d", false, NULL },
	{ "https://a/", .says = "not an http URL" },
	{ "ldap://a/cn=x", .says = "not an http URL" },
	{ "http:///x", .says = "without a host" },
	{ "http://user@a/", .says = "malformed path" },
	{ "http://a:0/", .says = "malformed port" },
	{ "http://a:65536/", .says = "malformed port" },
	{ "http://a:99999999999/", .says = "malformed port" },
	{ "http://a:8x/", .says = "malformed path" },
	{ "http://[::1/", .says = "without a host" },
	{ "http://a/ HTTP/1.1\r\nX: y", .says = "malformed path" },
};

static void
urls_are_read_or_refused_with_the_cause(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		struct reason why = { "" };
		struct http_url u;
		bool ok = http_url(&u, urls[i].url, &why);

		if (ok != (urls[i].host != NULL))
			fail_msg("%s: %s", urls[i].url, why.s);
		if (!ok) {
			if (strstr(why.s, urls[i].says) == NULL)
				fail_msg("%s: %s", urls[i].url, why.s);
			continue;
		}
		assert_string_equal(u.host, urls[i].host);
		assert_string_equal(u.path, urls[i].path);
		assert_int_equal(u.port, urls[i].port);
		assert_int_equal(u.ipv6, urls[i].ipv6);
	}
}

static void
requests_are_of_http_1_0(void **state)
{
	char buf[512];
	struct wr w = wr_of(buf, sizeof(buf)), small = wr_of(buf, 20);
	struct http_url u;
	struct reason why;

	(void)state;
	assert_true(http_url(&u, "http://[::1]:81/x", &why));
	assert_true(http_request(&u, NULL, bytes_str("not sent"), &w));
	buf[w.n] = '\0';
	assert_string_equal(buf, "GET /x HTTP/1.0\r\nHost: [::1]:81\r\n"
	    "User-Agent: vpnd\r\nConnection: close\r\n\r\n");
	w = wr_of(buf, sizeof(buf));
	assert_true(http_url(&u, "http://a", &why));
	assert_true(http_request(&u, "application/ocsp-request",
	    bytes_str("abc"), &w));
	buf[w.n] = '\0';
	assert_string_equal(buf, "POST / HTTP/1.0\r\nHost: a\r\n"
	    "User-Agent: vpnd\r\nConnection: close\r\n"
	    "Content-Type: application/ocsp-request\r\n"
	    "Content-Length: 3\r\n\r\nabc");
	assert_false(http_request(&u, NULL, (struct bytes){ 0 }, &small));
}

#define OK	"HTTP/1.1 200 OK\r\n"

static const struct {
	const char	*what, *text;
	bool		 end;
	enum http_state	 wanted;
	const char	*says;		/* content, or why not */
} responses[] = {
	{ "with a length", OK "Content-Length: 4\r\n\r\nabcd", false,
	  HTTP_DONE, "abcd" },
	{ "with more than its length", OK "content-length:  4 \r\n\r\nabcdef",
	  false, HTTP_DONE, "abcd" },
	{ "to the end", OK "Server: x\r\n\r\nabcd", true, HTTP_DONE, "abcd" },
	{ "not yet at the end", OK "\r\nabcd", false, HTTP_MORE, NULL },
	{ "with bare line feeds", "HTTP/1.0 200 OK\n\nab", true, HTTP_DONE,
	  "ab" },
	{ "without a phrase", "HTTP/1.0 200\r\n\r\nab", true, HTTP_DONE,
	  "ab" },
	{ "with the same length twice", OK "Content-Length: 1\r\n"
	  "Content-Length: 1\r\n\r\na", true, HTTP_DONE, "a" },
	{ "half a header", OK "Content-Le", false, HTTP_MORE, NULL },
	{ "half a header at the end", OK "Content-Le", true, HTTP_BAD,
	  "ends within its header" },
	{ "nothing", "", true, HTTP_BAD, "closed without an answer" },
	{ "too little", OK "Content-Length: 4\r\n\r\nabc", true, HTTP_BAD,
	  "ends after 3 of 4" },
	{ "no content", OK "Content-Length: 0\r\n\r\n", true, HTTP_BAD,
	  "empty" },
	{ "not found", "HTTP/1.1 404 Not Found\r\n\r\n", false, HTTP_BAD,
	  "the server answers 404 Not Found" },
	{ "a redirect", "HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n", false,
	  HTTP_BAD, "the server answers 302 Found" },
	{ "partial content", "HTTP/1.1 206 x\r\n\r\n", false, HTTP_BAD,
	  "answers 206" },
	{ "a status of four digits", "HTTP/1.1 2000 x\r\n\r\n", false,
	  HTTP_BAD, "does not speak HTTP" },
	{ "another protocol", "SSH-2.0-OpenSSH_9\r\n", false, HTTP_BAD,
	  "does not speak HTTP" },
	{ "HTTP/2", "HTTP/2 200 OK yes\r\n\r\n", false, HTTP_BAD,
	  "does not speak HTTP" },
	{ "chunks", OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
	  true, HTTP_BAD, "encodes" },
	{ "gzip", OK "Content-Encoding: gzip\r\n\r\nab", true, HTTP_BAD,
	  "encodes" },
	{ "two lengths", OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
	  true, HTTP_BAD, "Content-Length" },
	{ "a length that is none", OK "Content-Length: -1\r\n\r\nab", true,
	  HTTP_BAD, "Content-Length" },
	{ "a huge length", OK "Content-Length: 99999999999999999999\r\n\r\n",
	  false, HTTP_BAD, "Content-Length" },
	{ "more than is wanted", OK "Content-Length: 9\r\n\r\n", false,
	  HTTP_BAD, "more than 8 octets" },
	{ "more than is wanted to the end", OK "\r\n123456789", false,
	  HTTP_BAD, "more than 8 octets" },
	{ "a folded field", OK "A: b\r\n c\r\n\r\nab", true, HTTP_BAD,
	  "malformed field" },
	{ "a blank before the colon", OK "A : b\r\n\r\nab", true, HTTP_BAD,
	  "malformed field" },
	{ "a field without a colon", OK "nothing\r\n\r\nab", true, HTTP_BAD,
	  "malformed field" },
};

static void
each_response_gets_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(responses); i++) {
		struct reason why = { "" };
		struct bytes content = { 0 };
		enum http_state got = http_response(
		    bytes_str(responses[i].text), responses[i].end, 8,
		    &content, &why);

		if (got != responses[i].wanted)
			fail_msg("%s: %d %s", responses[i].what, (int)got,
			    why.s);
		if (got == HTTP_DONE && !bytes_eq(content,
		    bytes_str(responses[i].says)))
			fail_msg("%s: other content", responses[i].what);
		if (got == HTTP_BAD && strstr(why.s, responses[i].says) ==
		    NULL)
			fail_msg("%s: %s", responses[i].what, why.s);
	}
}

static void
a_header_has_an_end(void **state)
{
	static char text[HTTP_HEAD_MAX + 100];
	struct bytes content;
	struct reason why;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, OK "A: ", strlen(OK "A: "));
	assert_int_equal(http_response(bytes_of(text, HTTP_HEAD_MAX), false,
	    8, &content, &why), HTTP_MORE);
	assert_int_equal(http_response(bytes_of(text, sizeof(text)), false,
	    8, &content, &why), HTTP_BAD);
	assert_string_equal(why.s, "the server's header is too long");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_read_or_refused_with_the_cause),
		cmocka_unit_test(requests_are_of_http_1_0),
		cmocka_unit_test(each_response_gets_its_verdict),
		cmocka_unit_test(a_header_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
