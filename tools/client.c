/*
 * One request and one answer over the daemon's unix stream socket (gw/ctl.h),
 * a connection each: the daemon may restart its engine between two.  Every
 * wait has an end.
 */
#include "tools/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tools/complain.h"

#define ANSWER_MAX	(256u << 20)	/* octets; a million routes fit */

struct call {
	const struct client *client;
	int		 fd;
	int64_t		 deadline;	/* milliseconds, monotonic */
	char		*answer;	/* owned */
	size_t		 n, cap;
};

int64_t
client_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum ctl_exit
unreachable(const struct client *c, int error)
{
	return complain(CTL_EXIT_UNREACHABLE, "cannot reach vpnd at %s: %s%s",
	    c->path, strerror(error), error == ENOENT ||
	    error == ECONNREFUSED ? " (is vpnd running?)" : "");
}

/* The socket, or -1 with errno. */
static int
dial(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, error;

	if (strlen(path) >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to,
	    sizeof(to)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static enum ctl_exit
call_open(struct call *call)
{
	call->fd = dial(call->client->path);
	return call->fd >= 0 ? CTL_EXIT_OK :
	    unreachable(call->client, errno);
}

bool
client_reaches(const struct client *c)
{
	int fd = dial(c->path);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Waits until the socket is ready for what is asked. */
static enum ctl_exit
call_wait(struct call *call, short events)
{
	for (;;) {
		int64_t left = call->deadline - client_now();
		struct pollfd p = { .fd = call->fd, .events = events };
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;

		if (n > 0)
			return CTL_EXIT_OK;
		if (n < 0 && errno != EINTR)
			return unreachable(call->client, errno);
		if (n == 0)
			return complain(CTL_EXIT_TIMEOUT, "vpnd has not "
			    "answered within %u s", call->client->timeout);
	}
}

static enum ctl_exit
call_send(struct call *call, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		enum ctl_exit rc = call_wait(call, POLLOUT);
		ssize_t sent;

		if (rc != CTL_EXIT_OK)
			return rc;
		sent = send(call->fd, text, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EINTR && errno != EAGAIN)
			return unreachable(call->client, errno);
		if (sent > 0) {
			text += sent;
			n -= (size_t)sent;
		}
	}
	return CTL_EXIT_OK;
}

static bool
call_room(struct call *call)
{
	size_t cap = call->cap == 0 ? 65536 : call->cap * 2;
	char *grown;

	if (call->n < call->cap)
		return true;
	if (cap > ANSWER_MAX)
		return false;
	grown = realloc(call->answer, cap);
	if (grown == NULL)
		return false;
	call->answer = grown;
	call->cap = cap;
	return true;
}

/* Reads up to the newline that ends the answer. */
static enum ctl_exit
call_receive(struct call *call)
{
	for (;;) {
		enum ctl_exit rc = call_wait(call, POLLIN);
		ssize_t got;

		if (rc != CTL_EXIT_OK)
			return rc;
		if (!call_room(call))
			return complain(CTL_EXIT_FAILED,
			    "vpnd's answer is too long");
		got = recv(call->fd, call->answer + call->n,
		    call->cap - call->n, MSG_DONTWAIT);
		if (got == 0)
			return complain(CTL_EXIT_UNREACHABLE,
			    "vpnd at %s closed the connection",
			    call->client->path);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return unreachable(call->client, errno);
		if (got <= 0)
			continue;
		call->n += (size_t)got;
		if (call->answer[call->n - 1] == '\n')
			return CTL_EXIT_OK;
	}
}

const char *
answer_text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "";
}

/* {"ok":false,"exit":3,"error":"..."} becomes our status and line. */
static enum ctl_exit
refusal(const struct client *c, const json_t *j)
{
	const json_t *code = json_object_get(j, "exit");
	const char *error = answer_text(j, "error");
	json_int_t n = json_integer_value(code);
	size_t named = c->ours == NULL ? 0 : strlen(c->ours);

	if (error[0] == '\0' || n < CTL_EXIT_USAGE || n > CTL_EXIT_CONF)
		return complain(CTL_EXIT_FAILED,
		    "vpnd's answer is not understood");
	if (named == 0 || strncmp(error, c->ours, named) != 0)
		return complain((enum ctl_exit)n, "%s", error);
	return complain((enum ctl_exit)n, "%s%s", c->theirs, error + named);
}

static enum ctl_exit
call_parse(const struct call *call, json_t **answer)
{
	json_error_t e;
	json_t *j = json_loadb(call->answer, call->n, 0, &e);
	enum ctl_exit rc = CTL_EXIT_OK;

	if (!json_is_true(json_object_get(j, "ok")))
		rc = refusal(call->client, j);
	if (rc != CTL_EXIT_OK) {
		json_decref(j);
		return rc;
	}
	json_object_del(j, "ok");
	*answer = j;
	return rc;
}

static enum ctl_exit
call_run(struct call *call, const char *request, json_t **answer)
{
	enum ctl_exit rc = call_open(call);

	if (rc == CTL_EXIT_OK)
		rc = call_send(call, request);
	if (rc == CTL_EXIT_OK)
		rc = call_send(call, "\n");
	if (rc == CTL_EXIT_OK)
		rc = call_receive(call);
	if (rc == CTL_EXIT_OK)
		rc = call_parse(call, answer);
	return rc;
}

enum ctl_exit
client_ask(const struct client *c, json_t *request, json_t **answer)
{
	struct call call = {
		.client = c, .fd = -1,
		.deadline = client_now() + (int64_t)c->timeout * 1000,
	};
	char *text = json_dumps(request, JSON_COMPACT);
	enum ctl_exit rc = text != NULL ? call_run(&call, text, answer) :
	    complain(CTL_EXIT_USAGE, "the request is not valid UTF-8");

	json_decref(request);
	free(text);
	free(call.answer);
	if (call.fd >= 0)
		close(call.fd);
	return rc;
}

const json_t *
answer_at(const json_t *j, const char *path)
{
	char key[64];

	while (*path != '\0' && j != NULL) {
		size_t n = strcspn(path, ".");

		str_fmt(key, sizeof(key), "%.*s", (int)n, path);
		j = json_object_get(j, key);
		path += n + (path[n] == '.');
	}
	return j;
}
