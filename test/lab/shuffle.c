/*
 * A wire between two interfaces that knows IKE: every frame goes through as it
 * is, but messages of IKEv2 (RFC 7296 section 3.1, with or without the marker
 * of RFC 3948) may be held, to be let go later and in another order, or
 * dropped, by where they come from, exchange type, request or response, and
 * message id.  Neither end has to know; addresses and ports stay.
 *
 *	shuffle INTERFACE-A INTERFACE-B
 *
 * Commands on standard input, one a line:
 *
 *	hold FROM EXCHANGE KIND [COUNT [ID]]	the next ones (default: all)
 *	drop FROM EXCHANGE KIND [COUNT [ID]]
 *	free [FROM [EXCHANGE [KIND]]]		no rules for these; those that
 *						are held go on, oldest first
 *	lose [FROM [EXCHANGE [KIND]]]		the same, but they are lost
 *
 * FROM is a, b or any; EXCHANGE init, auth, create, info or any; KIND request,
 * response or any.  Each IKE message and each command is told on standard
 * output in a line of its own, after it was done: "a create request 4 held".
 *
 * UDP checksums over IPv4 are cleared: a frame that comes from this machine's
 * own stack still lacks its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ike/hdr.h"
#include "util/array.h"

#define FRAME_MAX	2048
#define RULES_MAX	32
#define ANY		(-1)

enum fate { PASS, HOLD, DROP };

struct rule {
	enum fate	fate;
	int		from, exchange, response;	/* or ANY */
	long		count;		/* left; negative: no end */
	long		id;		/* or ANY */
};

struct frame {
	struct frame	*next;
	int		from;
	struct hdr	h;
	size_t		n;
	uint8_t		b[FRAME_MAX];
};

struct wire {
	int		fd[2];
	struct rule	rules[RULES_MAX];
	size_t		rules_n;
	struct frame	*held;		/* in order of arrival */
};

struct word {
	const char	*name;
	int		value;
};

static const struct word froms[] = { { "a", 0 }, { "b", 1 } };
static const struct word exchanges[] = {
	{ "init", IKE_SA_INIT }, { "auth", IKE_AUTH },
	{ "create", CREATE_CHILD_SA }, { "info", INFORMATIONAL },
};
static const struct word kinds[] = { { "request", 0 }, { "response", 1 } };

/* The words of a command by their place behind the verb. */
static const struct {
	const struct word *word;
	size_t		n;
} places[] = {
	{ froms, ARRAY_SIZE(froms) },
	{ exchanges, ARRAY_SIZE(exchanges) },
	{ kinds, ARRAY_SIZE(kinds) },
};

static int
is_response(const struct hdr *h)
{
	return (h->flags & HDR_RESPONSE) != 0;
}

static void
tell(const struct frame *f, const char *what)
{
	const char *exchange = "other";

	for (size_t i = 0; i < ARRAY_SIZE(exchanges); i++) {
		if (exchanges[i].value == f->h.exchange)
			exchange = exchanges[i].name;
	}
	printf("%s %s %s %u %s\n", froms[f->from].name, exchange,
	    kinds[is_response(&f->h)].name, f->h.mid, what);
}

/* The IKE message in a frame, if it holds one; clears the UDP checksum. */
static bool
find_ike(struct frame *f)
{
	struct rd r = rd_of(bytes_of(f->b, f->n)), udp;
	unsigned head, fragment, from, to;
	uint8_t *sum;

	rd_bytes(&r, 12);
	if (rd_u16(&r) != ETH_P_IP)
		return false;
	head = (rd_u8(&r) & 15u) * 4;
	rd_bytes(&r, 5);
	fragment = rd_u16(&r) & 0x1fff;
	rd_u8(&r);
	if (rd_u8(&r) != IPPROTO_UDP || r.bad || fragment != 0 || head < 20)
		return false;
	rd_bytes(&r, head - 10);
	from = rd_u16(&r);
	to = rd_u16(&r);
	udp = rd_sub(&r, rd_u16(&r) - 6u);
	if (udp.bad || udp.n < 2)
		return false;
	sum = f->b + (udp.p - f->b);
	sum[0] = sum[1] = 0;
	rd_u16(&udp);
	if (from != IKE_PORT && from != IKE_PORT_NATT &&
	    to != IKE_PORT && to != IKE_PORT_NATT)
		return false;
	if ((from == IKE_PORT_NATT || to == IKE_PORT_NATT) &&
	    (rd_u32(&udp) != 0 || udp.bad))
		return false;
	return hdr_decode(rd_rest(&udp), &f->h);
}

static void
forward(const struct wire *w, const struct frame *f)
{
	if (send(w->fd[!f->from], f->b, f->n, 0) < 0)
		fprintf(stderr, "shuffle: send: %s\n", strerror(errno));
}

static bool
covers(const struct rule *like, int from, int exchange, int response)
{
	return (like->from == ANY || like->from == from) &&
	    (like->exchange == ANY || like->exchange == exchange) &&
	    (like->response == ANY || like->response == response);
}

static enum fate
fate_of(struct wire *w, const struct frame *f)
{
	for (size_t i = 0; i < w->rules_n; i++) {
		struct rule *r = &w->rules[i];

		if (r->count == 0 || !covers(r, f->from, f->h.exchange,
		    is_response(&f->h)) ||
		    (r->id != ANY && r->id != (long)f->h.mid))
			continue;
		if (r->count > 0)
			r->count--;
		return r->fate;
	}
	return PASS;
}

static void
hold(struct wire *w, struct frame *f)
{
	struct frame **p = &w->held;

	while (*p != NULL)
		p = &(*p)->next;
	f->next = NULL;
	*p = f;
}

static void
receive(struct wire *w, int from)
{
	struct frame *f = calloc(1, sizeof(*f));
	struct sockaddr_ll at;
	socklen_t at_n = sizeof(at);
	ssize_t n;

	if (f == NULL)
		abort();
	n = recvfrom(w->fd[from], f->b, sizeof(f->b), MSG_TRUNC,
	    (struct sockaddr *)&at, &at_n);
	if (n <= 0 || (size_t)n > sizeof(f->b) ||
	    at.sll_pkttype == PACKET_OUTGOING) {
		free(f);
		return;
	}
	f->n = (size_t)n;
	f->from = from;
	if (!find_ike(f)) {
		forward(w, f);
		free(f);
		return;
	}
	switch (fate_of(w, f)) {
	case PASS:
		forward(w, f);
		tell(f, "passed");
		break;
	case DROP:
		tell(f, "dropped");
		break;
	case HOLD:
		tell(f, "held");
		hold(w, f);
		return;
	}
	free(f);
}

/* --- commands --- */

struct words {
	char		*w[6];
	size_t		n;
};

/* A word that is not there means any. */
static bool
look_up(const struct words *ws, size_t place, int *value)
{
	const char *name = place + 1 < ws->n ? ws->w[place + 1] : "any";

	*value = ANY;
	for (size_t i = 0; i < places[place].n; i++) {
		if (strcmp(places[place].word[i].name, name) == 0)
			*value = places[place].word[i].value;
	}
	return *value != ANY || strcmp(name, "any") == 0;
}

static bool
add_rule(struct wire *w, const struct words *ws, const struct rule *like,
    enum fate fate)
{
	struct rule *r = &w->rules[w->rules_n];

	if (w->rules_n == RULES_MAX)
		return false;
	*r = *like;
	r->fate = fate;
	r->count = ws->n > 4 ? strtol(ws->w[4], NULL, 10) : -1;
	r->id = ws->n > 5 ? strtol(ws->w[5], NULL, 10) : ANY;
	w->rules_n++;
	return true;
}

/* Rules and held messages go at once, so that none slips in between. */
static void
let_go(struct wire *w, const struct rule *like, bool forward_it)
{
	struct frame **p = &w->held, *f;
	size_t kept = 0;

	for (size_t i = 0; i < w->rules_n; i++) {
		const struct rule *r = &w->rules[i];

		if (!covers(like, r->from, r->exchange, r->response))
			w->rules[kept++] = *r;
	}
	w->rules_n = kept;
	while ((f = *p) != NULL) {
		if (!covers(like, f->from, f->h.exchange,
		    is_response(&f->h))) {
			p = &f->next;
			continue;
		}
		*p = f->next;
		if (forward_it)
			forward(w, f);
		tell(f, forward_it ? "released" : "lost");
		free(f);
	}
}

static bool
command(struct wire *w, const struct words *ws)
{
	struct rule like = { .id = ANY };
	const char *verb = ws->n > 0 ? ws->w[0] : "";

	if (!look_up(ws, 0, &like.from) || !look_up(ws, 1, &like.exchange) ||
	    !look_up(ws, 2, &like.response))
		return false;
	if (strcmp(verb, "hold") == 0)
		return add_rule(w, ws, &like, HOLD);
	if (strcmp(verb, "drop") == 0)
		return add_rule(w, ws, &like, DROP);
	if (strcmp(verb, "free") == 0)
		let_go(w, &like, true);
	else if (strcmp(verb, "lose") == 0)
		let_go(w, &like, false);
	else
		return false;
	return true;
}

/* False: the end of the commands. */
static bool
next_command(struct wire *w)
{
	char line[128], *save = NULL, *p;
	struct words ws = { .n = 0 };

	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	printf("> %s\n", line);
	for (p = strtok_r(line, " ", &save); p != NULL &&
	    ws.n < ARRAY_SIZE(ws.w); p = strtok_r(NULL, " ", &save))
		ws.w[ws.n++] = p;
	printf("%s\n", command(w, &ws) ? "done" : "not understood");
	return true;
}

/* --- start --- */

static int
open_end(const char *interface)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	struct packet_mreq all = {
		.mr_ifindex = at.sll_ifindex, .mr_type = PACKET_MR_PROMISC,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (fd < 0 || at.sll_ifindex == 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
	    sizeof(all)) < 0) {
		fprintf(stderr, "shuffle: %s: %s\n", interface,
		    strerror(errno));
		exit(1);
	}
	return fd;
}

int
main(int argc, char **argv)
{
	static struct wire w;
	struct pollfd p[3];

	if (argc != 3) {
		fprintf(stderr, "usage: shuffle INTERFACE-A INTERFACE-B\n");
		return 2;
	}
	/* Line by line in both directions: poll() and stdio go together. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	w.fd[0] = open_end(argv[1]);
	w.fd[1] = open_end(argv[2]);
	printf("ready\n");
	for (;;) {
		p[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = w.fd[0], .events = POLLIN };
		p[2] = (struct pollfd){ .fd = w.fd[1], .events = POLLIN };
		if (poll(p, ARRAY_SIZE(p), -1) < 0)
			return 1;
		for (int i = 0; i < 2; i++) {
			if (p[i + 1].revents != 0)
				receive(&w, i);
		}
		if (p[0].revents != 0 && !next_command(&w))
			return 0;
	}
}
