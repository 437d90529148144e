/*
 * What a vpnd says of itself while a hostile neighbour is at it: by its control
 * socket and by its log.  Ends the program, as TAP wants it, where it does not
 * answer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hostile/bgp_asked.h"
#include "util/str.h"

void
bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

void
asked_init(struct asked *a, const char *socket_path, const char *tunnel,
    const char *log)
{
	*a = (struct asked){ .fd = -1, .tunnel = tunnel, .log = log };
	a->ctl.sun_family = AF_UNIX;
	str_set(a->ctl.sun_path, sizeof(a->ctl.sun_path), socket_path);
}

/* One request, one line; good until the next one. */
static const char *
ask(struct asked *a, const char *request)
{
	static char answer[1 << 20];
	size_t n = 0;
	ssize_t got;

	if (a->fd < 0) {
		a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(a->fd, (struct sockaddr *)&a->ctl, sizeof(a->ctl)) < 0)
			bail("control socket");
	}
	if (send(a->fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		bail("control socket");
	while (n == 0 || answer[n - 1] != '\n') {
		got = recv(a->fd, answer + n, sizeof(answer) - 1 - n, 0);
		if (got <= 0 || n + (size_t)got == sizeof(answer) - 1)
			bail("answer of vpnd");
		n += (size_t)got;
	}
	answer[n] = '\0';
	return answer;
}

bool
asked_route(struct asked *a)
{
	char request[256];
	const char *p, *end;

	str_fmt(request, sizeof(request), "{\"command\":\"bgp-routes\","
	    "\"name\":\"%s\",\"what\":\"received\"}\n", a->tunnel);
	p = strstr(ask(a, request), "\"prefix\":\"10.2.0.0/16\"");
	end = p == NULL ? NULL : strchr(p, '}');
	return end != NULL &&
	    memmem(p, (size_t)(end - p), "\"accepted\":true", 15) != NULL;
}

bool
asked_says(struct asked *a, const char *what)
{
	char request[256];

	str_fmt(request, sizeof(request),
	    "{\"command\":\"bgp\",\"name\":\"%s\"}\n", a->tunnel);
	return strstr(ask(a, request), what) != NULL;
}

unsigned
asked_complaints(const struct asked *a)
{
	static char line[8192];
	FILE *f = fopen(a->log, "re");
	unsigned n = 0;

	if (f == NULL)
		bail("log of vpnd");
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, "bgp-update-error") != NULL;
	fclose(f);
	return n;
}

unsigned long
asked_refreshes(struct asked *a)
{
	static const char key[] = "\"refreshes_in\":";
	char request[256];
	const char *p;

	str_fmt(request, sizeof(request),
	    "{\"command\":\"bgp\",\"name\":\"%s\"}\n", a->tunnel);
	p = strstr(ask(a, request), key);
	return p == NULL ? 0 : strtoul(p + sizeof(key) - 1, NULL, 10);
}
