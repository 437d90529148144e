/*
 * A hostile BGP neighbour for the lab: says to a vpnd, over a real tunnel,
 * every row of the tables of test/hostile, and looks at the verdict on the
 * wire (which NOTIFICATION, or none) and in the daemon (whether the route that
 * it had taught is still there, whether an error was logged).  Then it does
 * what is in no table: says all of it octet by octet, garbage, floods, one
 * octet a second, storms of connections, and reads nothing.
 *
 *	bgphostile LOCAL REMOTE CTL-SOCKET TUNNEL LOG
 *
 * Prints TAP.  Rows of a neighbour in our own AS cannot be said: vpnd has no
 * such neighbours; they are counted as skipped.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bgp/limit.h"
#include "bgp/msg.h"
#include "bgp/open.h"
#include "hostile/bgp_asked.h"
#include "hostile/bgp_raws.h"
#include "hostile/bgp_updates.h"
#include "util/array.h"
#include "util/str.h"

#define PATIENCE	15000	/* milliseconds for anything that must come */

struct session {
	int		fd;		/* -1: none */
	enum kind	kind;
	uint8_t		in[1 << 16];
	size_t		n;
	uint8_t		type;		/* of the message read last */
	struct notification notification;	/* code 0: none so far */
	uint8_t		data[64];	/* of that NOTIFICATION */
	size_t		data_n;
	bool		ended;		/* the other side has closed */
};

static struct session s = { .fd = -1 };
static struct sockaddr_in here, there;
static struct asked vpnd;
static unsigned count, failed;

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void
nap_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* A line of TAP; wrong is NULL where all was right. */
static void
verdict(const char *what, const char *how, const char *wrong)
{
	count++;
	failed += wrong != NULL;
	printf("%sok %u - %s%s%s%s\n", wrong == NULL ? "" : "not ", count, what,
	    how, wrong == NULL ? "" : ": ", wrong == NULL ? "" : wrong);
	fflush(stdout);
}

static struct bytes
octets(const char *text)
{
	static uint8_t ring[8][8192];
	static char plain[2 * sizeof(ring[0]) + 1];
	static unsigned next;
	uint8_t *out = ring[next++ % ARRAY_SIZE(ring)];
	size_t n = 0, len = 0;

	for (; *text != '\0' && n < sizeof(plain) - 1; text++) {
		if (*text != ' ')
			plain[n++] = *text;
	}
	plain[n] = '\0';
	if (!str_unhex(out, sizeof(ring[0]), &len, plain))
		bail("a row is no hex");
	return bytes_of(out, len);
}

/* --- sessions --- */

static void
hang_up(void)
{
	if (s.fd >= 0)
		close(s.fd);
	s.fd = -1;
	s.n = 0;
	s.ended = false;
	s.notification = (struct notification){ 0 };
}

static int
call(int receive_buffer)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		bail("socket");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (receive_buffer > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
		    sizeof(receive_buffer));
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) < 0)
		bail("bind");
	if (connect(fd, (struct sockaddr *)&there, sizeof(there)) < 0)
		bail("connect");
	return fd;
}

static void
say(struct bytes b, size_t step)
{
	for (size_t at = 0; at < b.n && s.fd >= 0; at += step) {
		size_t n = b.n - at < step ? b.n - at : step;

		if (send(s.fd, b.p + at, n, MSG_NOSIGNAL) < 0)
			return;		/* closed: the verdict says how */
	}
}

static void
take_notification(struct bytes body)
{
	s.notification = msg_notification(body);
	s.data_n = body.n > 2 ? body.n - 2 : 0;
	if (s.data_n > sizeof(s.data))
		s.data_n = sizeof(s.data);
	if (s.data_n > 0)
		memcpy(s.data, body.p + 2, s.data_n);
}

/* One message from what has come; false: none. */
static bool
take_message(void)
{
	struct rd r = rd_of(bytes_of(s.in, s.n));
	struct fault f;
	struct msg m;

	if (msg_next(&r, &m, &f) != MSG_WHOLE)
		return false;
	s.type = (uint8_t)m.type;
	if (m.type == MSG_NOTIFICATION)
		take_notification(m.body);
	memmove(s.in, s.in + (s.n - r.n), r.n);
	s.n = r.n;
	return true;
}

/* The next message within that time; false: none, or the end. */
static bool
hear(int ms)
{
	int64_t end = now_ms() + ms;
	struct pollfd p = { .fd = s.fd, .events = POLLIN };

	for (;;) {
		int left = (int)(end - now_ms());
		ssize_t got;

		if (take_message())
			return true;
		if (s.ended || left < 0 || poll(&p, 1, left) <= 0)
			return false;
		got = recv(s.fd, s.in + s.n, sizeof(s.in) - s.n, 0);
		s.ended = got <= 0;
		s.n += got > 0 ? (size_t)got : 0;
	}
}

static bool
hear_type(enum msg_type type, int ms)
{
	int64_t end = now_ms() + ms;

	while (now_ms() < end && hear((int)(end - now_ms()))) {
		if (s.type == type)
			return true;
	}
	return false;
}

static void
say_update(const struct update_row *u, size_t step)
{
	uint8_t room[LIMIT_MESSAGE];
	struct wr w = wr_of(room, sizeof(room));
	size_t at = msg_begin(&w, MSG_UPDATE);
	struct bytes gone = octets(u->withdrawn), attrs = octets(u->attrs);

	wr_u16(&w, (uint16_t)gone.n);
	wr_bytes(&w, gone);
	wr_u16(&w, (uint16_t)attrs.n);
	wr_bytes(&w, attrs);
	wr_bytes(&w, octets(u->nlri));
	msg_end(&w, at);
	if (w.bad)
		bail("a row is longer than a message");
	say(wr_done(&w), step);
}

/*
 * All that was said before has been worked on when this request has been; what
 * is heard may be the answer to an earlier one.
 */
static bool
settled(void)
{
	unsigned long before = asked_refreshes(&vpnd);
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof(room));

	while (hear(0))
		;
	msg_put_refresh(&w, REFRESH_REQUEST, ADDR_IPV4);
	say(wr_done(&w), SIZE_MAX);
	if (!hear_type(MSG_UPDATE, PATIENCE))
		return false;
	for (int ms = 0; ms < PATIENCE && asked_refreshes(&vpnd) == before; ms += 5)
		nap_ms(5);
	return asked_refreshes(&vpnd) != before;
}

static void
say_open(enum kind kind)
{
	const struct open o = {
		.asn = 65010, .router_id = 0x0a000002, .hold_time = 90,
		.families = OPEN_IPV4 | OPEN_IPV6, .as4 = kind == E4,
		.refresh = true,
	};
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));

	open_put(&w, &o);
	say(wr_done(&w), SIZE_MAX);
}

static void
say_keepalive(void)
{
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof(room));

	msg_put_keepalive(&w);
	say(wr_done(&w), SIZE_MAX);
}

/* A session in that state; NULL, or what is wrong. */
static const char *
meet(enum kind kind, enum bgp_state state)
{
	hang_up();
	s.fd = call(0);
	s.kind = kind;
	if (state > BGP_OPEN_SENT)
		say_open(kind);
	if (!hear_type(MSG_OPEN, PATIENCE))
		return "it sends no OPEN";
	if (state == BGP_OPEN_SENT)
		return NULL;
	if (!hear_type(MSG_KEEPALIVE, PATIENCE))
		return "it does not take our OPEN";
	if (state == BGP_OPEN_CONFIRM)
		return NULL;
	say_keepalive();
	return settled() ? NULL : "the session does not come up";
}

/* As above, with the route that a row may change. */
static const char *
learn(enum kind kind)
{
	const struct update_row u = { "", kind, "", kind == E4 ? GOOD : GOOD2,
	    NET, ACCEPT, 0 };
	const char *wrong = NULL;

	if (s.fd < 0 || s.kind != kind || s.ended)
		wrong = meet(kind, BGP_ESTABLISHED);
	if (wrong != NULL)
		return wrong;
	say_update(&u, SIZE_MAX);
	return !settled() ? "it takes no good UPDATE" :
	    asked_route(&vpnd) ? NULL : "it has not learned the route";
}

/* --- verdicts --- */

struct expected {
	enum verdict	verdict;
	uint8_t		code, subcode;
	enum bgp_state	state;
	struct bytes	said;		/* raw octets, for the data */
};

/* RFC 4271 section 6: what must be in the data of a NOTIFICATION. */
static const char *
judge_data(const struct expected *e)
{
	struct bytes m = e->said;

	if (m.n < MSG_HEADER)
		return NULL;
	if (e->code == 1 && e->subcode == 2 &&
	    (s.data_n != 2 || memcmp(s.data, m.p + 16, 2) != 0))
		return "the data is not the length";
	if (e->code == 1 && e->subcode == 3 &&
	    (s.data_n != 1 || s.data[0] != m.p[18]))
		return "the data is not the type";
	if (e->code == 2 && e->subcode == 1 &&
	    (s.data_n != 2 || s.data[0] != 0 || s.data[1] != 4))
		return "the data is not version 4";
	return NULL;
}

static const char *
judge_end(const struct expected *e)
{
	static char text[80];

	hear_type(MSG_NOTIFICATION, PATIENCE);
	if (e->verdict == RESET && (s.notification.code != e->code ||
	    s.notification.subcode != e->subcode)) {
		str_fmt(text, sizeof(text), "NOTIFICATION %u/%u%s",
		    s.notification.code, s.notification.subcode,
		    s.ended ? "" : ", and the session is kept");
		return text;
	}
	if (e->verdict == CLOSED && s.notification.code != 0)
		return "it answers a NOTIFICATION with one";
	while (hear(PATIENCE))
		;
	if (!s.ended)
		return "it does not close";
	if (asked_route(&vpnd))
		return "the route is there without a session";
	return e->verdict == RESET ? judge_data(e) : NULL;
}

static bool
must_keep(enum verdict v)
{
	return v == ACCEPT || v == DISCARD || v == IGNORE || v == REPORT;
}

static const char *
judge(const struct expected *e, unsigned before)
{
	bool told;

	if (e->verdict == RESET || e->verdict == CLOSED)
		return judge_end(e);
	if (e->state != BGP_ESTABLISHED)
		return !hear_type(MSG_KEEPALIVE, PATIENCE) ?
		    "the OPEN is not taken" : NULL;
	if (!settled())
		return s.notification.code != 0 ? "the session was reset" :
		    "the session is gone";
	if (asked_route(&vpnd) != must_keep(e->verdict))
		return asked_route(&vpnd) ? "the route is there" :
		    "the route is gone";
	told = asked_complaints(&vpnd) > before;
	if (told && (e->verdict == ACCEPT || e->verdict == IGNORE))
		return "an error was logged";
	return !told && (e->verdict == DISCARD || e->verdict == REPORT) ?
	    "no error was logged" : NULL;
}

static void
run_update(const struct update_row *u, size_t step)
{
	const struct expected e = { u->verdict, 3, u->subcode,
	    BGP_ESTABLISHED, { 0 } };
	const char *how = step == 1 ? ", octet by octet" : "";
	unsigned before = asked_complaints(&vpnd);
	const char *wrong = learn(u->kind);

	if (wrong == NULL) {
		say_update(u, step);
		wrong = judge(&e, before);
	}
	verdict(u->what, how, wrong);
	if (wrong != NULL || u->verdict == RESET)
		hang_up();
}

static void
run_raw(const struct raw_row *r, size_t step)
{
	struct expected e = { r->verdict, r->code, r->subcode, r->state,
	    { 0 } };
	const char *how = step == 1 ? ", octet by octet" : "";
	unsigned before = asked_complaints(&vpnd);
	const char *wrong = r->state == BGP_ESTABLISHED ? learn(r->kind) :
	    meet(r->kind, r->state);

	if (wrong == NULL) {
		e.said = octets(r->octets);
		say(e.said, step);
		wrong = judge(&e, before);
	}
	verdict(r->what, how, wrong);
	if (wrong != NULL || r->state != BGP_ESTABLISHED ||
	    r->verdict == RESET || r->verdict == CLOSED)
		hang_up();
}

static void
tables(size_t step)
{
	for (size_t i = 0; i < ARRAY_SIZE(updates); i++) {
		if (updates[i].kind != IB)
			run_update(&updates[i], step);
		else if (step > 1)
			printf("ok %u - %s # SKIP no neighbour in our own AS\n",
			    ++count, updates[i].what);
	}
	for (size_t i = 0; i < ARRAY_SIZE(raws); i++) {
		if (raws[i].kind != IB)
			run_raw(&raws[i], step);
		else if (step > 1)
			printf("ok %u - %s # SKIP no neighbour in our own AS\n",
			    ++count, raws[i].what);
	}
}

/* --- what is in no table --- */

/* A good UPDATE, cut in two at each place. */
static void
cut_everywhere(void)
{
	const struct update_row u = { "", E4, "", GOOD "c00808fdf20001fdf20002 ",
	    NET, ACCEPT, 0 };
	const char *wrong = NULL;

	for (size_t cut = 1; cut < 60 && wrong == NULL; cut++) {
		wrong = learn(E4);
		if (wrong == NULL) {
			say_update(&u, cut);
			wrong = settled() && asked_route(&vpnd) ? NULL :
			    "the route is not there";
		}
	}
	verdict("an UPDATE in pieces of every size", "", wrong);
}

static void
garbage(const char *what, struct bytes b)
{
	struct expected e = { RESET, 1, 1, BGP_OPEN_SENT, { 0 } };
	const char *wrong;

	hang_up();
	s.fd = call(0);
	say(b, SIZE_MAX);
	wrong = judge_end(&e);
	hang_up();
	verdict(what, "", wrong);
}

static void
garbage_before_open(void)
{
	static uint8_t junk[65536];
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(junk); i++) {
		x = x * 1664525 + 1013904223;
		junk[i] = (uint8_t)(x >> 24);
	}
	garbage("64 KiB of garbage before OPEN", bytes_of(junk, sizeof(junk)));
	garbage("19 octets of garbage before OPEN", bytes_of(junk, 19));
	garbage("HTTP instead of BGP", bytes_of("GET / HTTP/1.1\r\n\r\n......",
	    24));
	memset(junk, 0, sizeof(junk));
	garbage("zeros before OPEN", bytes_of(junk, 4096));
}

/* As many octets of attributes as a message has room for, ever others. */
static void
flood(void)
{
	uint8_t room[LIMIT_MESSAGE];
	const char *wrong = learn(E4);

	for (uint32_t i = 0; wrong == NULL && i < 16384; i++) {
		struct wr w = wr_of(room, sizeof(room));
		size_t at = msg_begin(&w, MSG_UPDATE);
		struct bytes good = octets(GOOD);

		wr_u16(&w, 0);
		wr_u16(&w, (uint16_t)(good.n + 4 + 4 * 250));
		wr_bytes(&w, good);
		wr_u16(&w, 0xd008);
		wr_u16(&w, 4 * 250);
		for (uint32_t c = 0; c < 250; c++)
			wr_u32(&w, 0xfdf20000 + (i * 250 + c) % 65536);
		wr_u8(&w, 24);
		wr_u8(&w, 10);
		wr_u8(&w, 66);
		wr_u8(&w, (uint8_t)i);
		msg_end(&w, at);
		say(wr_done(&w), SIZE_MAX);
		if (i % 1024 == 0 && !settled())
			wrong = "the session is gone";
	}
	if (wrong == NULL && !settled())
		wrong = "the session is gone";
	hang_up();
	verdict("16 MiB of attributes that are ever others", "", wrong);
}

/* Attributes whose lengths promise 64 KiB, without end. */
static void
flood_of_lengths(void)
{
	const struct update_row u = { "", E4, "", GOOD "d063ffff00 ", NET,
	    WITHDRAW, 0 };
	const char *wrong = learn(E4);

	for (unsigned i = 0; wrong == NULL && i < 5000; i++)
		say_update(&u, SIZE_MAX);
	if (wrong == NULL)
		wrong = !settled() ? "the session is gone" :
		    asked_route(&vpnd) ? "the route is there" : NULL;
	verdict("5000 attributes that promise 64 KiB", "", wrong);
}

/* Who says one octet a second holds nobody else up. */
static void
one_octet_a_second(void)
{
	int slow[LIMIT_INCOMING];
	struct bytes keepalive;
	const char *wrong;

	hang_up();
	for (unsigned i = 0; i < LIMIT_INCOMING; i++)
		slow[i] = call(0);
	for (unsigned at = 0; at < 10; at++) {
		for (unsigned i = 0; i < LIMIT_INCOMING; i++)
			send(slow[i], "\xff", 1, MSG_NOSIGNAL);
		nap_ms(1000);
	}
	wrong = learn(E4);
	for (unsigned i = 0; i < LIMIT_INCOMING; i++)
		close(slow[i]);
	if (wrong == NULL && !settled())
		wrong = "the session went with the slow ones";
	verdict("connections that say one octet a second", "", wrong);
	wrong = learn(E4);
	keepalive = octets(MARK "001304");
	for (size_t i = 0; wrong == NULL && i < keepalive.n; i++) {
		say(bytes_of(keepalive.p + i, 1), 1);
		nap_ms(i < 12 ? 1000 : 0);
	}
	if (wrong == NULL && !settled())
		wrong = "the session is gone";
	verdict("a KEEPALIVE that takes twelve seconds", "", wrong);
}

static void
storm(void)
{
	static int held[200];
	const char *wrong;

	hang_up();
	for (unsigned i = 0; i < 500; i++)
		close(call(0));
	for (unsigned i = 0; i < ARRAY_SIZE(held); i++)
		held[i] = call(0);
	nap_ms(1000);
	wrong = learn(E4);
	verdict("500 connections closed at once and 200 that stay", "", wrong);
	for (unsigned i = 0; i < ARRAY_SIZE(held); i++)
		close(held[i]);
	wrong = learn(E4);
	verdict("and after them all is as before", "", wrong);
}

/* It has much to tell to one who never reads. */
static void
never_read(void)
{
	const char *wrong = NULL;
	int fd;

	hang_up();
	fd = s.fd = call(1);
	say_open(E4);
	say_keepalive();
	for (unsigned i = 0; i < 400; i++) {
		uint8_t room[64];
		struct wr w = wr_of(room, sizeof(room));

		msg_put_refresh(&w, REFRESH_REQUEST, ADDR_IPV4);
		say(wr_done(&w), SIZE_MAX);
		if (i % 20 == 0) {
			say_keepalive();
			nap_ms(500);
		}
	}
	if (!asked_says(&vpnd, "\"state\":\"Established\""))
		wrong = "the session is gone before its time";
	s.fd = -1;
	close(fd);
	verdict("a neighbour that asks for everything and reads nothing", "",
	    wrong);
	wrong = learn(E4);
	verdict("and after it all is as before", "", wrong);
}

int
main(int argc, char **argv)
{
	if (argc != 6)
		bail("bgphostile LOCAL REMOTE CTL-SOCKET TUNNEL LOG");
	here.sin_family = there.sin_family = AF_INET;
	there.sin_port = htons(179);
	asked_init(&vpnd, argv[3], argv[4], argv[5]);
	if (inet_pton(AF_INET, argv[1], &here.sin_addr) != 1 ||
	    inet_pton(AF_INET, argv[2], &there.sin_addr) != 1)
		bail("addresses");
	tables(SIZE_MAX);
	tables(1);
	cut_everywhere();
	garbage_before_open();
	flood();
	flood_of_lengths();
	one_octet_a_second();
	storm();
	never_read();
	hang_up();
	printf("1..%u\n", count);
	return failed > 0;
}
