/*
 * The protocol of sd_notify(3): datagrams of lines "NAME=VALUE" to the socket
 * that NOTIFY_SOCKET names, "@" for an abstract one.  An end that a draining
 * neighbour makes long is announced, so that the service manager's own patience
 * need not be as long for every other.  That nobody listens is no error.
 */
#include "daemon/service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/mono.h"
#include "util/str.h"

static char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

void
service_init(void)
{
	const char *name = getenv("NOTIFY_SOCKET");

	path[0] = '\0';
	if (name != NULL && (name[0] == '/' || name[0] == '@') &&
	    strlen(name) < sizeof(path))
		str_set(path, sizeof(path), name);
	unsetenv("NOTIFY_SOCKET");
}

static void
tell(const char *text)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	int fd;

	if (n == 0)
		return;
	memcpy(to.sun_path, path, n);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || sendto(fd, text, strlen(text), MSG_NOSIGNAL,
	    (const struct sockaddr *)&to, (socklen_t)(offsetof(struct
	    sockaddr_un, sun_path) + n)) < 0)
		log_event(LEVEL_DEBUG, "notify-failed", "error=%d", errno);
	if (fd >= 0)
		close(fd);
}

void
service_hand(void)
{
	if (path[0] != '\0')
		setenv("NOTIFY_SOCKET", path, 1);
}

void
service_ready(void)
{
	tell("READY=1");
}

/* RELOADING=1 needs the time of day that no clock sets, to tell two apart. */
void
service_reloading(void)
{
	char text[64];

	str_fmt(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    mono_now().ns / 1000);
	tell(text);
}

void
service_stopping(struct span most)
{
	char text[80];

	str_fmt(text, sizeof(text), "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64,
	    most.ns / 1000);
	tell(text);
}
