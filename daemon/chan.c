/*
 * The channel's records.  A record is a header, for an event a second header
 * and its text, and then as many octets of the union as its kind uses:
 *
 *   | kind | id | length |            operation, then its part of the union
 *   | kind | id | length | op | error | text length | text |   event
 *
 * All integers are in host order: both ends are one binary on one host.  How
 * much of the union a kind uses and what must hold for its octets is in
 * shape.c; nothing is read as a struct before it has passed there.
 */
#include "daemon/chan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/shape.h"

struct record {
	uint32_t	kind, id, len;
};

struct event_head {
	uint32_t	op;
	int32_t		error;
	uint32_t	text_len;
};

struct dgram {
	struct dgram	*next;
	size_t		 n;
	int		 fd;		/* -1, or sent with it */
	uint8_t		 b[CHAN_DATAGRAM];
};

struct chan {
	int		 fd;
	enum chan_end	 end;
	size_t		 limit, queued;
	struct dgram	*head, *tail;
	struct dgram	*spare;		/* sent, for the next one; or NULL */
	struct rd	 rd;		/* of the datagram in `in` */
	size_t		 in_n;
	int		 in_fd;		/* came with it; -1 */
	uint8_t		 in[CHAN_DATAGRAM];
};

int
chan_pair(int fd[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, fd) < 0)
		return -errno;
	return 0;
}

struct chan *
chan_new(int fd, enum chan_end end, size_t limit)
{
	struct chan *c = calloc(1, sizeof(*c));
	int size = 4 * 1024 * 1024, is = 0;
	socklen_t n = sizeof(is);

	if (c == NULL)
		return NULL;
	c->fd = fd;
	c->end = end;
	c->limit = limit;
	c->in_fd = -1;
	/* As far as the system lets us: fewer turns for bulk routes. */
	getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &is, &n);
	if (is < size)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return c;
}

/* Sent or given up; one is kept, since most turns need just one. */
static void
dgram_end(struct chan *c, struct dgram *d)
{
	if (d->fd >= 0)
		close(d->fd);
	wipe(d->b, d->n);
	if (c->spare == NULL)
		c->spare = d;
	else
		free(d);
}

static struct dgram *
dgram_new(struct chan *c, int fd)
{
	struct dgram *d = c->spare != NULL ? c->spare : malloc(sizeof(*d));

	c->spare = NULL;
	if (d == NULL)
		return NULL;
	d->next = NULL;
	d->n = 0;
	d->fd = fd;
	return d;
}

static void
in_drop(struct chan *c)
{
	if (c->in_fd >= 0)
		close(c->in_fd);
	c->in_fd = -1;
	wipe(c->in, c->in_n);
	c->in_n = 0;
	c->rd = rd_of(bytes_of(c->in, 0));
}

void
chan_free(struct chan *c)
{
	struct dgram *d;

	if (c == NULL)
		return;
	in_drop(c);
	while ((d = c->head) != NULL) {
		c->head = d->next;
		dgram_end(c, d);
	}
	free(c->spare);
	close(c->fd);
	free(c);
}

int
chan_fd(const struct chan *c)
{
	return c->fd;
}

size_t
chan_queued(const struct chan *c)
{
	return c->queued;
}

bool
chan_wants_write(const struct chan *c)
{
	return c->head != NULL;
}

/* Where n more octets go, or NULL.  A descriptor has a datagram of its own. */
static struct dgram *
room(struct chan *c, size_t n, int fd)
{
	struct dgram *d = c->tail;

	if (d != NULL && fd < 0 && d->fd < 0 && n <= sizeof(d->b) - d->n)
		return d;
	if (c->queued >= c->limit || n > sizeof(d->b))
		return NULL;
	d = dgram_new(c, fd);
	if (d == NULL)
		return NULL;
	if (c->tail != NULL)
		c->tail->next = d;
	else
		c->head = d;
	c->tail = d;
	c->queued++;
	return d;
}

bool
chan_put_op(struct chan *c, const struct kern_op *op)
{
	const struct shape *s = shape_op(op->kind);
	struct record r;
	struct dgram *d;
	struct wr w;
	size_t size;

	if (c->end != CHAN_ENGINE || s == NULL)
		return false;
	size = shape_size(s, &op->link);
	d = size > s->size ? NULL : room(c, sizeof(r) + size, -1);
	if (d == NULL)
		return false;
	r = (struct record){ op->kind, op->id, (uint32_t)size };
	w = wr_of(d->b + d->n, sizeof(d->b) - d->n);
	wr_bytes(&w, bytes_of(&r, sizeof(r)));
	wr_bytes(&w, bytes_of(&op->link, size));
	d->n += w.n;
	return true;
}

bool
chan_put_event(struct chan *c, const struct kern_event *e)
{
	const struct shape *s = shape_event(e->kind, e->op);
	size_t text = strnlen(e->text, sizeof(e->text) - 1);
	struct event_head h;
	struct record r;
	struct dgram *d;
	struct wr w;
	size_t size;

	if (c->end != CHAN_MONITOR || s == NULL)
		return false;
	size = shape_size(s, &e->link);
	d = size > s->size ? NULL : room(c, sizeof(r) + sizeof(h) + text +
	    size, s->has_fd ? e->conn.fd : -1);
	if (d == NULL)
		return false;
	r = (struct record){ e->kind, e->id,
	    (uint32_t)(sizeof(h) + text + size) };
	h = (struct event_head){ e->op, e->error, (uint32_t)text };
	w = wr_of(d->b + d->n, sizeof(d->b) - d->n);
	wr_bytes(&w, bytes_of(&r, sizeof(r)));
	wr_bytes(&w, bytes_of(&h, sizeof(h)));
	wr_bytes(&w, bytes_of(e->text, text));
	wr_bytes(&w, bytes_of(&e->link, size));
	d->n += w.n;
	return true;
}

static ssize_t
send_dgram(int fd, struct dgram *d)
{
	union {
		struct cmsghdr	h;
		uint8_t		b[CMSG_SPACE(sizeof(int))];
	} control = { .b = { 0 } };
	struct iovec iov = { d->b, d->n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (d->fd >= 0) {
		m.msg_control = control.b;
		m.msg_controllen = sizeof(control.b);
		control.h.cmsg_level = SOL_SOCKET;
		control.h.cmsg_type = SCM_RIGHTS;
		control.h.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.h), &d->fd, sizeof(int));
	}
	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int
chan_flush(struct chan *c)
{
	struct dgram *d;

	while ((d = c->head) != NULL) {
		if (send_dgram(c->fd, d) < 0) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN || errno == ENOBUFS)
				return 0;
			return -errno;
		}
		c->head = d->next;
		if (c->head == NULL)
			c->tail = NULL;
		c->queued--;
		dgram_end(c, d);
	}
	return 0;
}

/* The descriptor that came along; only the first, we never send more. */
static int
take_fd(struct msghdr *m)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	int fd;

	if (h == NULL || h->cmsg_level != SOL_SOCKET ||
	    h->cmsg_type != SCM_RIGHTS || h->cmsg_len < CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

int
chan_recv(struct chan *c)
{
	union {
		struct cmsghdr	h;
		uint8_t		b[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { c->in, sizeof(c->in) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	in_drop(c);
	if (c->end == CHAN_ENGINE) {
		m.msg_control = control.b;
		m.msg_controllen = sizeof(control.b);
	}
	do
		n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 :
		    errno == ECONNRESET ? -EPIPE : -errno;
	c->in_n = (size_t)n;
	if (c->end == CHAN_ENGINE)
		c->in_fd = take_fd(&m);
	if (n == 0)
		return -EPIPE;
	if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		in_drop(c);
		return -EBADMSG;
	}
	c->rd = rd_of(bytes_of(c->in, c->in_n));
	return 1;
}

/* 1: *r and *body are the next record; 0: end; -EBADMSG. */
static int
next_record(struct chan *c, struct record *r, struct rd *body)
{
	if (c->rd.n == 0)
		return 0;
	rd_copy(&c->rd, r, sizeof(*r));
	*body = rd_sub(&c->rd, r->len);
	return c->rd.bad || body->bad ? -EBADMSG : 1;
}

static int
decode_op(struct chan *c, struct kern_op *op)
{
	const struct shape *s;
	struct record r;
	struct bytes b;
	struct rd body;
	int rc = next_record(c, &r, &body);

	if (rc <= 0)
		return rc;
	s = shape_op(r.kind);
	b = rd_rest(&body);
	if (s == NULL || !shape_fits(s, b))
		return -EBADMSG;
	memset(op, 0, sizeof(*op));
	op->kind = r.kind;
	op->id = r.id;
	if (b.n > 0)
		memcpy(&op->link, b.p, b.n);
	return 1;
}

int
chan_get_op(struct chan *c, struct kern_op *op)
{
	int rc = c->end == CHAN_MONITOR ? decode_op(c, op) : -EBADMSG;

	if (rc <= 0)
		in_drop(c);
	return rc;
}

bool
chan_has_more(const struct chan *c)
{
	return c->rd.n > 0;
}

static void
event_fill(struct kern_event *e, const struct record *r,
    const struct event_head *h, struct bytes text, struct bytes body)
{
	memset(e, 0, sizeof(*e));
	e->kind = r->kind;
	e->id = r->id;
	e->op = h->op;
	e->error = h->error;
	memcpy(e->text, text.p, text.n);
	if (body.n > 0)
		memcpy(&e->link, body.p, body.n);
}

static int
decode_event(struct chan *c, struct kern_event *e)
{
	const struct shape *s;
	struct event_head h;
	struct bytes text, b;
	struct record r;
	struct rd body;
	int rc = next_record(c, &r, &body);

	if (rc <= 0)
		return rc;
	rd_copy(&body, &h, sizeof(h));
	text = rd_bytes(&body, h.text_len);
	b = rd_rest(&body);
	s = shape_event(r.kind, h.op);
	if (body.bad || s == NULL || text.n >= sizeof(e->text) ||
	    !shape_fits(s, b))
		return -EBADMSG;
	event_fill(e, &r, &h, text, b);
	if (s->has_fd) {
		e->conn.fd = c->in_fd;
		c->in_fd = -1;
	}
	return 1;
}

int
chan_get_event(struct chan *c, struct kern_event *e)
{
	int rc = c->end == CHAN_ENGINE ? decode_event(c, e) : -EBADMSG;

	if (rc <= 0)
		in_drop(c);
	return rc;
}
