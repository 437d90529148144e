/*
 * The engine's loop: descriptors and time in, the gateway's wishes out.  It has
 * no privilege and opens nothing; kernel operations go to the monitor over the
 * channel and come back as events.  Work of one turn is bounded, IKE first.
 */
#include "daemon/engine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/bfds.h"
#include "daemon/chan.h"
#include "daemon/clients.h"
#include "daemon/fetches.h"
#include "daemon/heap.h"
#include "crypto/prf.h"
#include "gw/bundle.h"
#include "gw/gw.h"
#include "daemon/mono.h"
#include "daemon/poller.h"
#include "daemon/ports.h"
#include "daemon/streams.h"
#include "daemon/turns.h"

#define CHAN_LIMIT	8192	/* datagrams towards the monitor */
#define KEEP_LIMIT	4096	/* of deposits */
#define KEEP_PATIENCE	100	/* milliseconds for room to deposit */
#define KERNEL_MAX	4096	/* events in one turn */
#define TIDY_WORK	1000	/* events that are worth a look at memory */
#define TIDY_SECONDS	5

struct engine {
	const struct engine_boot *boot;
	int		 ep;
	struct chan	*chan;
	struct chan	*keeps;		/* of deposits, before all else */
	struct gw	*gw;
	struct ports	 ports;
	struct streams	 streams;
	struct bfds	 bfds;
	struct clients	 clients;
	struct fetches	 fetches;
	bool		 waiting;	/* for room in the channel */
	unsigned	 work;		/* events since memory was tidied */
	struct instant	 tidied;
	struct turns	 turns;
	bool		 stopped;
	bool		 lost;		/* a deposit could not be made */
	bool		 patient;	/* to wait for room, once in a turn */
};

/* --- configuration --- */

static struct conf *
conf_of(int fd, const char *name)
{
	struct conf_error err;
	struct conf *conf;
	struct stat st;
	char line[512], quoted[LOG_QUOTE_LEN];
	void *p;

	if (fstat(fd, &st) < 0 || st.st_size <= 0)
		return NULL;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	conf = bundle_read(bytes_of(p, (size_t)st.st_size), name, &err);
	munmap(p, (size_t)st.st_size);
	if (conf == NULL) {
		conf_error_str(&err, line, sizeof(line));
		log_event(LEVEL_ERROR, "conf-invalid", "why=%s",
		    log_quote(quoted, line));
	}
	return conf;
}

static void
reload(struct engine *e, struct instant now, const struct kern_event *ev)
{
	struct conf *conf;

	if (ev->error != 0 || ev->conn.fd < 0)
		return;
	conf = conf_of(ev->conn.fd, e->boot->conf_name);
	close(ev->conn.fd);
	if (conf != NULL)
		gw_reload(e->gw, now, conf);
	heap_trim();
}

/* --- out --- */

/*
 * Is everything deposited that is to be?  What tells of more than that must not
 * leave; a monitor that takes this long to make room has other worries.  That
 * is waited for in vain once in a turn, however many datagrams there are.
 */
static bool
all_kept(struct engine *e)
{
	struct pollfd p = { .fd = e->boot->keep, .events = POLLOUT };

	if (!e->lost && chan_wants_write(e->keeps)) {
		chan_flush(e->keeps);
		if (chan_wants_write(e->keeps) && e->patient) {
			e->patient = poll(&p, 1, KEEP_PATIENCE) > 0;
			chan_flush(e->keeps);
		}
	}
	return !e->lost && !chan_wants_write(e->keeps);
}

static void
send_op(struct engine *e, struct kern_op *op)
{
	if (op->kind == KERN_KEEP) {
		e->lost |= !chan_put_op(e->keeps, op);
		return;
	}
	if (op->kind == KERN_UNLISTEN)
		streams_unlisten(&e->streams, op->conn.id);
	if (op->kind == KERN_BFD_CLOSE)
		bfds_close(&e->bfds, op->conn.id);
	if (!chan_put_op(e->chan, op))
		log_event(LEVEL_ERROR, "channel-full", "op=%s",
		    kern_op_name(op->kind));
}

static enum log_level
level_of(enum gw_level level)
{
	static const enum log_level levels[] = {
		[GW_ERROR] = LEVEL_ERROR, [GW_WARN] = LEVEL_WARNING,
		[GW_INFO] = LEVEL_INFO, [GW_DEBUG] = LEVEL_DEBUG,
	};

	return levels[level];
}

/* The connection and tunnel always come first. */
static void
log_out(const struct gw_out *o)
{
	char quoted[LOG_QUOTE_LEN], conn[sizeof(o->tunnel)];
	char *slash;

	log_quote(quoted, o->text.s);
	str_set(conn, sizeof(conn), o->tunnel);
	slash = strrchr(conn, '/');
	if (slash == NULL && conn[0] != '\0') {
		log_event(level_of(o->level), o->name, "neighbor=%s why=%s",
		    conn, quoted);
		return;
	}
	if (slash == NULL) {
		log_event(level_of(o->level), o->name, "why=%s", quoted);
		return;
	}
	*slash = '\0';
	log_event(level_of(o->level), o->name, "conn=%s tunnel=%s why=%s",
	    conn, slash + 1, quoted);
}

static void
ask(struct engine *e, struct instant now, const struct gw_out *o)
{
	struct fetch_ask ask = { .token = o->token,
	    .kind = o->ocsp ? FETCH_OCSP : FETCH_CRL,
	    .patience_ms = (uint16_t)(o->patience.ns / 1000000),
	    .content = bytes_of(o->data, o->n) };
	const char *why;

	str_set(ask.url, sizeof(ask.url), o->url);
	why = fetches_ask(&e->fetches, now, &ask);
	if (why != NULL)
		gw_fetched(e->gw, now, o->token, (struct bytes){ 0 }, why);
}

static void
drain(struct engine *e)
{
	struct gw_out o;

	while (gw_next(e->gw, &o)) {
		switch (o.kind) {
		case GW_OUT_DATAGRAM:
			/* As if the network had lost it. */
			if (all_kept(e))
				ports_send(&e->ports, &o);
			else
				log_event(LEVEL_WARNING, "datagram-withheld",
				    "why=deposits");
			break;
		case GW_OUT_KERN:
			send_op(e, o.op);
			break;
		case GW_OUT_FETCH:
			ask(e, mono_now(), &o);
			break;
		case GW_OUT_STREAM:
			streams_send(&e->streams, mono_now(), o.conn);
			break;
		case GW_OUT_CLOSE:
			streams_close(&e->streams, mono_now(), o.conn);
			break;
		case GW_OUT_BFD:
			bfds_send(&e->bfds, o.conn, bytes_of(o.data, o.n));
			break;
		case GW_OUT_CTL:
			clients_answer(&e->clients, o.client,
			    bytes_of(o.data, o.n));
			break;
		case GW_OUT_EVENT:
			log_out(&o);
			break;
		case GW_OUT_STOPPED:
			e->stopped = true;
			break;
		}
		gw_out_fini(&o);
	}
	ports_flush(&e->ports);
}

/* --- in --- */

/* A descriptor goes to who asked for it, before the gateway is told. */
static void
take_descriptor(struct engine *e, const struct kern_event *ev)
{
	uint32_t what = gw_awaited(e->gw, ev->id);

	if (ev->op == KERN_LISTEN)
		streams_listen(&e->streams, what, ev->conn.fd);
	else if (ev->op == KERN_CONNECT)
		streams_add(&e->streams, what, ev->conn.fd);
	else
		bfds_open(&e->bfds, what, ev->op == KERN_BFD_LISTEN,
		    ev->conn.fd);
}

static void
kernel_event(struct engine *e, struct kern_event *ev)
{
	struct instant now = mono_now();

	if (ev->kind == KERN_RELOADED)
		reload(e, now, ev);
	if (ev->kind == KERN_DONE && ev->error == 0 &&
	    kern_op_opens(ev->op) && ev->conn.fd >= 0)
		take_descriptor(e, ev);
	e->stopped |= ev->kind == KERN_LEAVE;
	gw_kern(e->gw, now, ev);
}

/* 0, or -errno when the monitor is gone. */
static int
read_channel(struct engine *e)
{
	struct kern_event ev;
	int n, budget = KERNEL_MAX;

	while (budget > 0 && (n = chan_recv(e->chan)) != 0) {
		if (n < 0)
			return n;
		for (; (n = chan_get_event(e->chan, &ev)) > 0; budget--)
			kernel_event(e, &ev);
		wipe(&ev, sizeof(ev));
		if (n < 0)
			return n;
	}
	return 0;
}

static void
read_fetches(struct engine *e, struct instant now)
{
	struct fetch_result r;

	for (int i = 0; i < 2 * FETCH_AT_A_TIME &&
	    fetches_next(&e->fetches, &r); i++) {
		if (r.begun) {
			gw_fetching(e->gw, now, r.token);
			continue;
		}
		gw_fetched(e->gw, now, r.token, bytes_of(r.data, r.n),
		    r.why[0] != '\0' ? r.why : NULL);
		free(r.data);
	}
}

static int
dispatch(struct engine *e, const struct poller_event *ev)
{
	struct instant now = mono_now();

	switch (ev->kind) {
	case POLL_CHANNEL:
		return ev->in || ev->hup ? read_channel(e) : 0;
	case POLL_UDP:
	case POLL_BFD:
		break;		/* read before anything else: turn() */
	case POLL_CTL_LISTENER:
		clients_accept(&e->clients);
		break;
	case POLL_CTL_CLIENT:
		if (ev->out)
			clients_writable(&e->clients, ev->number);
		if (ev->in || ev->hup)
			clients_readable(&e->clients, now, ev->number);
		break;
	case POLL_BGP_LISTENER:
		streams_accept(&e->streams, now, ev->number);
		break;
	case POLL_BGP_CONN:
		if (ev->out)
			streams_send(&e->streams, now, ev->number);
		if (ev->in || ev->hup)
			streams_readable(&e->streams, now, ev->number);
		break;
	case POLL_FETCHER:
		read_fetches(e, now);
		break;
	}
	return 0;
}

static int
flush_channel(struct engine *e)
{
	int error = e->lost ? -ENOBUFS : chan_flush(e->keeps);
	bool want;

	if (error == 0 && all_kept(e))
		error = chan_flush(e->chan);
	want = chan_wants_write(e->chan);

	if (want != e->waiting)
		poller_want_write(e->ep, chan_fd(e->chan), POLL_CHANNEL, 0,
		    want);
	e->waiting = want;
	return error;
}

/* In a quiet moment after much work what that took is given back. */
static void
tidy(struct engine *e, int events)
{
	struct instant now = mono_now();

	e->work += (unsigned)events;
	if (events > 0 || e->work < TIDY_WORK ||
	    instant_since(now, e->tidied).ns < span_s(TIDY_SECONDS).ns)
		return;
	heap_trim();
	e->work = 0;
	e->tidied = now;
}

/*
 * BFD's timers do not wait for the end of a turn, which may be long in coming:
 * what they cost is so little that nothing else is late by it.  They do wait
 * for what is done in one piece: a read of BGP, a portion of gw_tick(), a
 * reload; the session counts it when that is too long.
 */
static void
heartbeat(struct engine *e)
{
	struct instant now = mono_now();

	if (!instant_due(gw_bfd_deadline(e->gw), now))
		return;
	bfds_catch_up(&e->bfds, now);
	gw_bfd_tick(e->gw, mono_now());
	drain(e);
}

/* One turn: wait, IKE's datagrams before the rest, time, results out. */
static int
turn(struct engine *e)
{
	struct poller_event ev[POLLER_EVENTS];
	struct instant now = mono_now(), at;
	int n, i, error = 0;

	at = instant_min(gw_deadline(e->gw), ports_deadline(&e->ports));
	if (chan_wants_write(e->keeps))
		at = instant_min(at, instant_after(now,
		    span_ms(KEEP_PATIENCE)));
	n = poller_wait(e->ep, ev, mono_until(at, now));
	if (n < 0)
		return n;
	turns_begin(&e->turns);
	e->patient = true;
	gw_clock(e->gw, e->turns.began, (int64_t)time(NULL));
	for (i = 0; i < n; i++) {
		if (ev[i].kind == POLL_UDP)
			ports_ready(&e->ports, ev[i].number);
	}
	for (i = 0; i < n; i++) {
		if (ev[i].kind == POLL_BFD)
			bfds_read(&e->bfds, mono_now(), ev[i].number);
	}
	drain(e);
	while (ports_read(&e->ports)) {
		drain(e);
		heartbeat(e);
	}
	streams_begin(&e->streams);
	for (i = 0; i < n && error == 0; i++) {
		if (ev[i].kind != POLL_BGP_CONN)
			error = dispatch(e, &ev[i]);
		drain(e);
		heartbeat(e);
	}
	while (error == 0 &&
	    (i = streams_choose(&e->streams, ev, n)) >= 0) {
		error = dispatch(e, &ev[i]);
		drain(e);
		heartbeat(e);
	}
	ports_tick(&e->ports, mono_now());
	/* What is urgent does not wait for the bulk, which is done by time. */
	if (error == 0)
		error = flush_channel(e);
	heartbeat(e);
	gw_tick(e->gw, mono_now());
	drain(e);
	log_flush();
	tidy(e, n);
	if (error == 0)
		error = flush_channel(e);
	turns_end(&e->turns);
	gw_turned(e->gw, instant_since(mono_now(), e->turns.began));
	return error;
}

/* --- start and end --- */

static int
watch(struct engine *e)
{
	int error = poller_add(e->ep, e->boot->chan, POLL_CHANNEL, 0);

	if (error == 0)
		error = ports_init(&e->ports, e->boot, e->gw, e->ep);
	if (error == 0 && e->boot->ctl >= 0)
		error = poller_add(e->ep, e->boot->ctl, POLL_CTL_LISTENER, 0);
	if (error == 0 && e->boot->fetch >= 0)
		error = poller_add(e->ep, e->boot->fetch, POLL_FETCHER, 0);
	return error;
}

/* As much as all tunnels have: the engine needs it no longer. */
static void
drop_kept(struct bytes kept)
{
	uint8_t *p = (uint8_t *)(uintptr_t)kept.p;

	if (kept.n > 0)
		wipe(p, kept.n);
	free(p);
}

static int
start(struct engine *e)
{
	uint8_t seed[DRBG_SEED_LEN];
	struct conf *conf = conf_of(e->boot->conf, e->boot->conf_name);

	if (conf == NULL)
		return -EINVAL;
	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return -errno;
	e->gw = gw_new(conf, mono_now(), (int64_t)time(NULL), seed,
	    e->boot->kept);
	explicit_bzero(seed, sizeof(seed));
	drop_kept(e->boot->kept);
	if (e->gw == NULL) {
		conf_free(conf);
		return -ENOMEM;
	}
	if (e->boot->tickets != NULL) {
		gw_tickets(e->gw, e->boot->tickets);
		wipe(e->boot->tickets, sizeof(*e->boot->tickets));
	}
	e->chan = chan_new(e->boot->chan, CHAN_ENGINE, CHAN_LIMIT);
	e->keeps = chan_new(e->boot->keep, CHAN_ENGINE, KEEP_LIMIT);
	if (e->chan == NULL || e->keeps == NULL)
		return -ENOMEM;
	e->ep = poller_open();
	if (e->ep < 0)
		return e->ep;
	heap_trim();
	streams_init(&e->streams, e->ep, e->gw);
	bfds_init(&e->bfds, e->ep, e->gw);
	fetches_init(&e->fetches, e->boot->fetch);
	clients_init(&e->clients, e->ep, e->boot->ctl, e->gw);
	return watch(e);
}

static void
finish(struct engine *e)
{
	ports_fini(&e->ports);
	streams_fini(&e->streams);
	bfds_fini(&e->bfds);
	clients_fini(&e->clients);
	fetches_fini(&e->fetches);
	chan_free(e->chan);
	chan_free(e->keeps);
	gw_free(e->gw);
}

int
engine_run(const struct engine_boot *boot)
{
	struct engine e = { .boot = boot, .ep = -1, .patient = true };
	char quoted[LOG_QUOTE_LEN];
	int error;

	/* Who stops us is the monitor, also when a whole group is signalled. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	log_init(boot->level);
	log_limit("ike-stranger", 10, 30);
	log_limit("ike-refused", 30, 60);
	log_limit("ike-failed", 30, 60);
	log_limit("send-failed", 10, 30);
	log_limit("datagrams-dropped", 1, 60);
	log_limit("kernel-changed", 10, 30);
	log_limit("datagram-withheld", 5, 30);
	error = start(&e);
	log_hold();
	if (error == 0) {
		drain(&e);
		error = flush_channel(&e);
	}
	while (error == 0 && !e.stopped)
		error = turn(&e);
	if (error != 0)
		log_event(LEVEL_ERROR, "engine-ended", "why=%s",
		    log_quote(quoted, strerror(-error)));
	turns_tell(&e.turns, "engine");
	finish(&e);
	log_flush();
	return error == 0 ? 0 : 4;
}
