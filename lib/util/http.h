/*
 * As much of HTTP (RFC 9110, RFC 9112, RFC 1945) as it takes to fetch one
 * small object: http URLs, a GET or POST of HTTP/1.0, and the response as it
 * grows.  No redirects, no transfer codings, no proxies.
 */
#ifndef UTIL_HTTP_H
#define UTIL_HTTP_H

#include "util/str.h"

#define HTTP_HOST_LEN	254	/* with the NUL */
#define HTTP_PATH_LEN	256
#define HTTP_HEAD_MAX	8192	/* octets of a response before its content */

struct http_url {
	char		host[HTTP_HOST_LEN];	/* of IPv6 without brackets */
	bool		ipv6;			/* it stood in brackets */
	uint16_t	port;			/* 80 unless given */
	char		path[HTTP_PATH_LEN];	/* "/..." with its query */
};

/* False: the reason says what is wrong with it. */
bool		http_url(struct http_url *, const char *, struct reason *);
/*
 * GET, or with a type POST of the content.  False: no room.
 */
bool		http_request(const struct http_url *, const char *type,
		    struct bytes content, struct wr *);

enum http_state {
	HTTP_MORE,		/* not all of it is here */
	HTTP_DONE,
	HTTP_BAD,		/* the reason says why */
};

/*
 * What has come so far; end: nothing more will.  Done: content is a view of
 * at most max octets, and the status is 200.
 */
enum http_state	http_response(struct bytes so_far, bool end, size_t max,
		    struct bytes *content, struct reason *);

#endif
