/*
 * Sockets are bound to an interface, a tunnel's or a neighbour's (sock.h), and
 * go to the engine with the answer.  What signs a BGP session's segments stays in the kernel.
 */
#include "daemon/ops_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
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

/* What signs the segments of sessions, which stays here. */
struct keys {
	size_t		n;		/* 0: nothing does */
	struct sock_key	one;		/* room for it */
	struct sock_key	*v;		/* that, or: owned */
	uint8_t		lock[16];
};

static void
keys_fini(struct keys *k)
{
	if (k->v != &k->one)
		free(k->v);
}

static void
add_key(struct keys *k, const struct prefix *of, struct bytes password)
{
	k->v[k->n++] = (struct sock_key){ *of, password };
}

static struct prefix
alone(const struct addr *a)
{
	return (struct prefix){ *a, (uint8_t)addr_bits(a) };
}

/* False: it should be signed, and there is nothing to sign with. */
static bool
tunnel_key(struct monitor *m, const struct kern_op *op,
    const struct conf_connection *of, const struct conf_tunnel *t,
    struct keys *k)
{
	struct prefix remote = alone(&op->conn.remote);
	char text[KERN_TEXT_LEN];
	struct bytes password;

	if (t->session.auth == CONF_BGP_AUTH_NONE)
		return true;
	/* A key is for one address: another one would be without. */
	if (!addr_eq(&op->conn.remote, &t->remote4) &&
	    !addr_eq(&op->conn.remote, &t->remote6)) {
		ops_done(m, op, EPERM, "not the tunnel's neighbor");
		return false;
	}
	password = keystore_bgp(m->files.keys, of->name, t->number);
	if (password.n > 0) {
		add_key(k, &remote, password);
		return true;
	}
	log_event(LEVEL_WARNING, "secret-missing",
	    "conn=%s tunnel=%u file=%s", of->name, t->number,
	    m->files.secrets_path);
	str_fmt(text, sizeof(text), "no %s for connection %s tunnel %u",
	    keystore_kind_str(KEYSTORE_BGP), of->name, t->number);
	ops_done(m, op, ENOKEY, text);
	return false;
}

static struct bytes
neighbor_password(const struct monitor *m, const struct conf_neighbor *n)
{
	struct bytes password = keystore_bgp(m->files.keys, n->name,
	    KEYSTORE_NEIGHBOR);

	if (password.n == 0)
		log_event(LEVEL_WARNING, "secret-missing",
		    "neighbor=%s file=%s", n->name, m->files.secrets_path);
	return password;
}

static bool
neighbor_key(struct monitor *m, const struct kern_op *op,
    const struct conf_neighbor *n, struct keys *k)
{
	struct prefix remote = alone(&op->conn.remote);
	char text[KERN_TEXT_LEN];
	struct bytes password;

	if (n->own.session.auth == CONF_BGP_AUTH_NONE)
		return true;
	password = neighbor_password(m, n);
	if (password.n > 0) {
		add_key(k, &remote, password);
		return true;
	}
	str_fmt(text, sizeof(text), "no %s for neighbor %s",
	    keystore_kind_str(KEYSTORE_BGP), n->name);
	ops_done(m, op, ENOKEY, text);
	return false;
}

/*
 * Of all who may call there.  Who has none that should have one is kept out by
 * one that nobody knows: the others need not be.
 */
static bool
door_keys(struct monitor *m, const struct kern_op *op, struct keys *k)
{
	const struct conf *conf = m->files.conf;

	k->v = calloc(conf->neighbors_n + 1, sizeof(*k->v));
	if (k->v == NULL || getrandom(k->lock, sizeof(k->lock), 0) !=
	    sizeof(k->lock)) {
		ops_done(m, op, ENOMEM, "keys of neighbors");
		return false;
	}
	for (size_t i = 0; i < conf->neighbors_n; i++) {
		const struct conf_neighbor *n = &conf->neighbors[i];
		struct prefix from = addr_is_set(&n->remote) ?
		    alone(&n->remote) : n->from;
		struct bytes password;

		if (n->own.session.auth == CONF_BGP_AUTH_NONE ||
		    strcmp(n->ifname, op->conn.dev) != 0 ||
		    !addr_eq(&n->local, &op->conn.local))
			continue;
		password = neighbor_password(m, n);
		add_key(k, &from, password.n > 0 ? password :
		    bytes_of(k->lock, sizeof(k->lock)));
	}
	return true;
}

/* False: answered with what is missing.  keys_fini() in any case. */
static bool
find_keys(struct monitor *m, const struct kern_op *op, struct keys *k)
{
	const struct conf *conf = m->files.conf;
	const struct kern_conn *c = &op->conn;
	const struct conf_connection *of;
	const struct conf_tunnel *t = conf_find_ifname(conf, c->dev, &of);
	const struct conf_neighbor *n;

	*k = (struct keys){ .n = 0 };
	k->v = &k->one;
	if (t != NULL)
		return tunnel_key(m, op, of, t, k);
	if (!addr_is_set(&c->remote))
		return door_keys(m, op, k);
	n = conf_neighbor_at(conf, c->dev, &c->local, &c->remote);
	if (n != NULL)
		return neighbor_key(m, op, n, k);
	ops_done(m, op, ENOENT, "no tunnel has this interface");
	return false;
}

void
ops_conn_listen(struct monitor *m, const struct kern_op *op)
{
	const char *what;
	struct keys k;
	int fd;

	if (find_keys(m, op, &k)) {
		fd = sock_listen(&op->conn, k.v, k.n, &what);
		if (fd < 0)
			socket_failed(m, op, -fd, what);
		else
			fd_done(m, op->kind, op->id, fd);
	}
	keys_fini(&k);
	wipe(&k, sizeof(k));
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
	const char *what = "keys";
	struct dial *d;
	struct keys k;
	int fd;

	if (!find_keys(m, op, &k))
		return;
	fd = sock_connect(&op->conn, k.v, k.n, &what);
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
