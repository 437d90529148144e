/*
 * Sockets are bound to a tunnel's interface (sock.h) and go to the engine with
 * the answer.  What signs a BGP session's segments stays in the kernel.
 */
#include "daemon/ops_conn.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/mono.h"
#include "daemon/sock.h"

static void
fd_done(struct monitor *m, enum kern_op_kind kind, uint32_t id, int fd)
{
	struct kern_event e;

	monitor_event_init(&e, KERN_DONE);
	e.id = id;
	e.op = kind;
	e.conn.fd = fd;
	monitor_event(m, &e);
}

static void
socket_failed(struct monitor *m, const struct kern_op *op, int error,
    const char *what)
{
	char text[KERN_TEXT_LEN];

	str_fmt(text, sizeof(text), "%s on %s: %s", what, op->conn.dev,
	    strerror(error));
	ops_done(m, op, error, text);
}

/*
 * What signs the segments of the tunnel's session, which stays here; n 0:
 * nothing does.  False: something should, and is not to be had.
 */
static bool
find_password(struct monitor *m, const struct kern_op *op, struct bytes *out)
{
	const struct conf_connection *of;
	const struct conf_tunnel *t = conf_find_ifname(m->files.conf,
	    op->conn.dev, &of);
	char text[KERN_TEXT_LEN];

	if (t == NULL) {
		ops_done(m, op, ENOENT, "no tunnel has this interface");
		return false;
	}
	*out = (struct bytes){ 0 };
	if (t->session.auth == CONF_BGP_AUTH_NONE)
		return true;
	/* A key is for one address: another one would be without. */
	if (!addr_eq(&op->conn.remote, &t->remote4) &&
	    !addr_eq(&op->conn.remote, &t->remote6)) {
		ops_done(m, op, EPERM, "not the tunnel's neighbor");
		return false;
	}
	*out = keystore_bgp(m->files.keys, of->name, t->number);
	if (out->n > 0)
		return true;
	log_event(LEVEL_WARNING, "secret-missing",
	    "conn=%s tunnel=%u file=%s", of->name, t->number,
	    m->files.secrets_path);
	str_fmt(text, sizeof(text), "no %s for connection %s tunnel %u",
	    keystore_kind_str(KEYSTORE_BGP), of->name, t->number);
	ops_done(m, op, ENOKEY, text);
	return false;
}

void
ops_conn_listen(struct monitor *m, const struct kern_op *op)
{
	struct bytes password;
	const char *what;
	int fd;

	if (!find_password(m, op, &password))
		return;
	fd = sock_listen(&op->conn, password, &what);
	if (fd < 0)
		socket_failed(m, op, -fd, what);
	else
		fd_done(m, op->kind, op->id, fd);
}

void
ops_conn_bfd(struct monitor *m, const struct kern_op *op)
{
	const char *what;
	int fd = op->kind == KERN_BFD_LISTEN ?
	    sock_bfd_listen(&op->conn, &what) :
	    sock_bfd_connect(&op->conn, &what);

	if (fd < 0)
		socket_failed(m, op, -fd, what);
	else
		fd_done(m, op->kind, op->id, fd);
}

void
ops_conn_connect(struct monitor *m, const struct kern_op *op)
{
	struct bytes password;
	const char *what;
	struct dial *d;
	int fd;

	if (!find_password(m, op, &password))
		return;
	fd = sock_connect(&op->conn, password, &what);
	if (fd < 0) {
		socket_failed(m, op, -fd, what);
		return;
	}
	d = dial_new(&m->dials, op->id, fd, mono_now());
	if (d != NULL && monitor_watch_dial(m, d))
		return;
	if (d != NULL)
		dial_end(&m->dials, d);
	close(fd);
	socket_failed(m, op, ENOBUFS, "connect");
}

void
ops_conn_dialled(struct monitor *m, uint32_t id, int fd, int error)
{
	if (error == 0) {
		fd_done(m, KERN_CONNECT, id, fd);
		return;
	}
	close(fd);
	ops_done(m, &(struct kern_op){ .kind = KERN_CONNECT, .id = id },
	    error, "");
}
