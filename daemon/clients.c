/*
 * The control socket's far side.  A client may send any number of requests,
 * one after the other; a line that is too long, or a client that does not read
 * its answers, ends the connection.  Who a client is says the kernel, when it
 * connects (SO_PEERCRED).  Answers may hold keys: they are wiped once sent.
 */
#include "daemon/clients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gw/ctl.h"
#include "daemon/poller.h"

#define QUEUE_MAX	(64u << 20)	/* octets that a client may leave unread */

struct client {
	int		 fd;
	uint32_t	 number;
	uid_t		 uid;
	size_t		 in_n;
	uint8_t		 in[CTL_LINE_MAX];
	uint8_t		*out;		/* owned; unsent answers */
	size_t		 out_n, out_at;
};

void
clients_init(struct clients *c, int ep, int listener, struct gw *gw)
{
	*c = (struct clients){ .ep = ep, .listener = listener, .gw = gw };
}

static void
drop_answers(struct client *cl)
{
	if (cl->out != NULL)
		explicit_bzero(cl->out, cl->out_n);
	free(cl->out);
	cl->out = NULL;
	cl->out_at = cl->out_n = 0;
}

static void
client_close(struct client *cl)
{
	close(cl->fd);
	drop_answers(cl);
	free(cl);
}

static void
client_free(struct clients *c, struct client *cl)
{
	map_del(&c->by_number, cl->number);
	client_close(cl);
}

void
clients_fini(struct clients *c)
{
	struct client *cl;
	size_t pos = 0;

	while ((cl = map_each(&c->by_number, &pos)) != NULL)
		client_close(cl);
	map_fini(&c->by_number);
}

/* Nobody, where the kernel does not say. */
static uid_t
uid_of(int fd)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return (uid_t)-1;
	return cred.uid;
}

void
clients_accept(struct clients *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *cl;

	if (fd < 0)
		return;
	cl = c->by_number.used < CLIENTS_MAX ? calloc(1, sizeof(*cl)) : NULL;
	if (cl == NULL) {
		close(fd);
		return;
	}
	cl->fd = fd;
	cl->number = ++c->next;
	cl->uid = uid_of(fd);
	if (!map_put(&c->by_number, cl->number, cl)) {
		close(fd);
		free(cl);
		return;
	}
	poller_add(c->ep, fd, POLL_CTL_CLIENT, cl->number);
}

/* Every whole line in the buffer; false: the client is gone. */
static bool
take_lines(struct clients *c, struct instant now, uint32_t number)
{
	struct client *cl;
	uint8_t line[CTL_LINE_MAX], *end;
	size_t n;

	while ((cl = map_get(&c->by_number, number)) != NULL &&
	    (end = memchr(cl->in, '\n', cl->in_n)) != NULL) {
		n = (size_t)(end - cl->in);
		memcpy(line, cl->in, n);
		cl->in_n -= n + 1;
		memmove(cl->in, end + 1, cl->in_n);
		gw_ctl(c->gw, now, number, cl->uid, bytes_of(line, n));
	}
	return cl != NULL;
}

void
clients_readable(struct clients *c, struct instant now, uint32_t number)
{
	struct client *cl = map_get(&c->by_number, number);
	ssize_t n;

	if (cl == NULL)
		return;
	n = read(cl->fd, cl->in + cl->in_n, sizeof(cl->in) - cl->in_n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_free(c, cl);
		return;
	}
	cl->in_n += (size_t)n;
	if (take_lines(c, now, number) && cl->in_n == sizeof(cl->in))
		client_free(c, cl);
}

void
clients_writable(struct clients *c, uint32_t number)
{
	struct client *cl = map_get(&c->by_number, number);
	ssize_t n;

	if (cl == NULL)
		return;
	n = send(cl->fd, cl->out + cl->out_at, cl->out_n - cl->out_at,
	    MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		client_free(c, cl);
		return;
	}
	if (n > 0)
		cl->out_at += (size_t)n;
	if (cl->out_at == cl->out_n)
		drop_answers(cl);
	poller_want_write(c->ep, cl->fd, POLL_CTL_CLIENT, number,
	    cl->out_n > 0);
}

void
clients_answer(struct clients *c, uint32_t number, struct bytes b)
{
	struct client *cl = map_get(&c->by_number, number);
	uint8_t *out;
	size_t n;

	if (cl == NULL)
		return;
	n = cl->out_n - cl->out_at;
	out = n + b.n > QUEUE_MAX ? NULL : malloc(n + b.n);
	if (out == NULL) {
		client_free(c, cl);
		return;
	}
	if (n > 0)
		memcpy(out, cl->out + cl->out_at, n);
	memcpy(out + n, b.p, b.n);
	drop_answers(cl);
	cl->out = out;
	cl->out_n = n + b.n;
	clients_writable(c, number);
}
