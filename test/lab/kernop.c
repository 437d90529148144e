/*
 * vpnd with a scripted engine: the real monitor, channel and sandbox, and in
 * place of the protocols a script of kernel operations, one a line:
 *
 *	link-set name=vpn1 alias=vpnd:c/1 kind=vti if_id=0x76700001 ...
 *	! EPERM route-set prefix=127.0.0.0/8 table=254 nexthop=0x76700001
 *	? link-state name=vpn1 up=0		an event, within ten seconds
 *	many n=100000 table=254 nexthop=0x76700001	routes in bulk
 *
 * Every line is a TAP result on standard output; after the last one comes the
 * plan, and then the engine waits to be stopped.
 *
 *	usage: kernop SCRIPT [option of vpnd ...]
 *
 * Build: all of daemon/ but engine.c, with main.c compiled -Dmain=vpnd_main.
 */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/chan.h"
#include "daemon/engine.h"
#include "daemon/mono.h"
#include "util/array.h"
#include "util/str.h"

#define SCRIPT_MAX	65536
#define EVENTS		64
#define WAIT_MS		10000

int	vpnd_main(int, char **);

typedef bool	parse_fn(void *, size_t, const char *);

struct word {
	const char	*name;
	parse_fn	*parse;
	size_t		 at, size;	/* in struct kern_op */
};

static char script[SCRIPT_MAX];
static struct chan *chan;
static struct kern_event events[EVENTS];	/* not waited for yet */
static size_t events_n;
static uint32_t next_id;
static unsigned test_no;

static bool
p_str(void *to, size_t size, const char *s)
{
	str_set(to, size, s);
	return strlen(s) < size;
}

static bool
p_num(void *to, size_t size, const char *s)
{
	char *end;
	uint64_t v = strtoull(s, &end, 0);

	memcpy(to, &v, size);	/* little-endian hosts */
	return *s != '\0' && *end == '\0';
}

static bool
p_addr(void *to, size_t size, const char *s)
{
	(void)size;
	return addr_parse(to, s);
}

static bool
p_prefix(void *to, size_t size, const char *s)
{
	(void)size;
	return prefix_parse(to, s);
}

static bool
p_key(void *to, size_t size, const char *s)
{
	struct key *k = to;
	size_t n;

	(void)size;
	if (!str_unhex(k->b, sizeof(k->b), &n, s))
		return false;
	k->n = (uint8_t)n;
	return true;
}

static bool
p_word(uint32_t *to, const char *s, const char *const *words, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(words[i], s) == 0) {
			*to = i;
			return true;
		}
	return false;
}

static bool
p_kind(void *to, size_t size, const char *s)
{
	static const char *const words[] = { "auto", "vti", "xfrmi" };

	(void)size;
	return p_word(to, s, words, 3);
}

static bool
p_dir(void *to, size_t size, const char *s)
{
	static const char *const words[] = { "in", "out", "fwd" };

	(void)size;
	return p_word(to, s, words, 3);
}

static bool
p_members(void *to, size_t size, const char *s)
{
	struct kern_group *g = container_of(to, struct kern_group, member);
	char *end;

	(void)size;
	for (g->n = 0; *s != '\0' && g->n < KERN_GROUP_MAX; s = end) {
		g->member[g->n++] = (uint32_t)strtoul(s, &end, 0);
		if (end == s)
			return false;
		end += *end == ',';
	}
	return true;
}

#define K(name, parse, member)						\
	{ name, parse, offsetof(struct kern_op, member),		\
	    sizeof(((struct kern_op *)0)->member) }

static const struct word link_keys[] = {
	K("name", p_str, link.name), K("alias", p_str, link.alias),
	K("kind", p_kind, link.kind), K("if_id", p_num, link.if_id),
	K("local", p_addr, link.local), K("remote", p_addr, link.remote),
	K("inside", p_prefix, link.inside[0]),
	K("inside2", p_prefix, link.inside[1]),
	K("mtu", p_num, link.mtu), K("up", p_num, link.up), { 0 },
};

static const struct word sa_keys[] = {
	K("spi", p_num, sa.spi), K("src", p_addr, sa.src),
	K("dst", p_addr, sa.dst), K("reqid", p_num, sa.reqid),
	K("if_id", p_num, sa.if_id), K("mark", p_num, sa.mark_not_if_id),
	K("dir", p_dir, sa.dir), K("aead", p_str, sa.aead),
	K("enc", p_str, sa.enc), K("auth", p_str, sa.auth),
	K("icv", p_num, sa.icv_bits), K("key", p_key, sa.encr_key),
	K("authkey", p_key, sa.auth_key), K("esn", p_num, sa.esn),
	K("window", p_num, sa.replay_window), K("encap", p_num, sa.encap),
	K("sport", p_num, sa.sport), K("dport", p_num, sa.dport),
	K("soft", p_num, sa.soft_packets), K("hard", p_num, sa.hard_packets),
	{ 0 },
};

static const struct word policy_keys[] = {
	K("dir", p_dir, policy.dir), K("src", p_prefix, policy.src.net),
	K("dst", p_prefix, policy.dst.net),
	K("tsrc", p_addr, policy.tmpl_src), K("tdst", p_addr, policy.tmpl_dst),
	K("reqid", p_num, policy.reqid), K("if_id", p_num, policy.if_id),
	K("mark", p_num, policy.mark_not_if_id),
	K("priority", p_num, policy.priority),
	K("block", p_num, policy.block), { 0 },
};

static const struct word nexthop_keys[] = {
	K("id", p_num, nexthop.id), K("dev", p_str, nexthop.dev),
	K("gateway", p_addr, nexthop.gateway), { 0 },
};

static const struct word group_keys[] = {
	K("id", p_num, group.id), K("members", p_members, group.member), { 0 },
};

static const struct word route_keys[] = {
	K("prefix", p_prefix, route.prefix), K("table", p_num, route.table),
	K("nexthop", p_num, route.nexthop), K("metric", p_num, route.metric),
	K("prefsrc", p_addr, route.prefsrc), { 0 },
};

static const struct word lan_keys[] = {
	K("name", p_str, lan.name), K("table", p_num, lan.table),
	K("closed", p_num, lan.closed), { 0 },
};

static const struct word conn_keys[] = {
	K("id", p_num, conn.id), K("dev", p_str, conn.dev),
	K("local", p_addr, conn.local), K("remote", p_addr, conn.remote),
	K("ttl", p_num, conn.ttl), K("mss", p_num, conn.mss), { 0 },
};

static const struct word auth_keys[] = {
	K("conn", p_str, auth.connection), K("tunnel", p_num, auth.tunnel),
	K("prf", p_num, auth.prf), K("n", p_num, auth.n),
	K("first", p_num, auth.first), { 0 },
};

static const struct word apply_keys[] = {
	K("token", p_str, apply.token), K("seconds", p_num, apply.seconds),
	{ 0 },
};

static const struct word resync_keys[] = {
	K("routes_wait", p_num, resync.routes_wait), { 0 },
};

static const struct word none_keys[] = { { 0 } };

static const struct word *const keys[KERN_OP_KINDS] = {
	[KERN_LINK_SET] = link_keys, [KERN_LINK_DEL] = link_keys,
	[KERN_SA_ADD] = sa_keys, [KERN_SA_DEL] = sa_keys,
	[KERN_SA_PATH] = sa_keys, [KERN_SA_HOLD] = sa_keys,
	[KERN_POLICY_SET] = policy_keys,
	[KERN_POLICY_DEL] = policy_keys, [KERN_NEXTHOP_SET] = nexthop_keys,
	[KERN_NEXTHOP_DEL] = nexthop_keys,
	[KERN_NEXTHOP_SWEEP] = nexthop_keys, [KERN_GROUP_SET] = group_keys,
	[KERN_GROUP_DEL] = group_keys, [KERN_ROUTE_SET] = route_keys,
	[KERN_ROUTE_DEL] = route_keys, [KERN_LISTEN] = conn_keys,
	[KERN_UNLISTEN] = conn_keys, [KERN_CONNECT] = conn_keys,
	[KERN_BFD_LISTEN] = conn_keys, [KERN_BFD_CONNECT] = conn_keys,
	[KERN_BFD_CLOSE] = conn_keys,
	[KERN_LAN_SET] = lan_keys, [KERN_LAN_DEL] = lan_keys,
	[KERN_AUTH] = auth_keys, [KERN_RELOAD] = none_keys,
	[KERN_APPLY] = apply_keys, [KERN_CONFIRM] = none_keys,
	[KERN_UNDO] = none_keys, [KERN_COUNT] = none_keys,
	[KERN_RESTART] = none_keys,
	[KERN_RESYNC_DONE] = resync_keys,
};

static const char *const event_names[KERN_EVENT_KINDS] = {
	"done", "link-state", "expire", "acquire", "mapping", "changed",
	"overrun", "reloaded", "stop", "pending", "leave", "lan-state",
};

static const struct {
	const char	*name;
	int		 value;
} errors[] = {
	{ "EPERM", EPERM }, { "EEXIST", EEXIST }, { "ENODEV", ENODEV },
	{ "ESRCH", ESRCH }, { "EINVAL", EINVAL }, { "ENOKEY", ENOKEY },
	{ "ETIMEDOUT", ETIMEDOUT }, { "ECONNREFUSED", ECONNREFUSED },
	{ "ENETDOWN", ENETDOWN }, { "ESHUTDOWN", ESHUTDOWN },
};

static void
result(bool ok, const char *line, const char *why)
{
	printf("%sok %u - %s%s%s\n", ok ? "" : "not ", ++test_no, line,
	    why[0] != '\0' ? "  # " : "", why);
	fflush(stdout);
}

/* Next event from the monitor; exits when it says stop or goes away. */
static bool
next_event(struct kern_event *e, int ms)
{
	struct pollfd p = { .fd = chan_fd(chan), .events = POLLIN };
	int rc;

	for (;;) {
		rc = chan_get_event(chan, e);
		if (rc > 0 && e->kind == KERN_STOP)
			_exit(0);
		if (rc > 0)
			return true;
		if (poll(&p, 1, ms) == 0)
			return false;
		rc = chan_recv(chan);
		if (rc < 0) {
			printf("# channel: %s\n", strerror(-rc));
			_exit(1);
		}
	}
}

static void
keep(const struct kern_event *e)
{
	if (events_n < EVENTS)
		events[events_n++] = *e;
}

static bool
done(uint32_t id, struct kern_event *e)
{
	while (next_event(e, WAIT_MS)) {
		if (e->kind == KERN_DONE && e->id == id)
			return true;
		keep(e);
	}
	return false;
}

static bool
op_kind(const char *name, enum kern_op_kind *kind)
{
	for (uint32_t i = 0; i < KERN_OP_KINDS; i++)
		if (strcmp(name, kern_op_name(i)) == 0) {
			*kind = i;
			return true;
		}
	return false;
}

static bool
set_key(struct kern_op *op, char *word)
{
	char *value = strchr(word, '=');
	const struct word *k;

	if (value == NULL)
		return false;
	*value++ = '\0';
	for (k = keys[op->kind]; k->name != NULL; k++)
		if (strcmp(k->name, word) == 0)
			return k->parse((char *)op + k->at, k->size, value);
	return false;
}

static bool
parse_op(struct kern_op *op, char *text)
{
	char *save, *word = strtok_r(text, " \t", &save);

	memset(op, 0, sizeof(*op));
	if (word == NULL || !op_kind(word, &op->kind))
		return false;
	while ((word = strtok_r(NULL, " \t", &save)) != NULL)
		if (!set_key(op, word))
			return false;
	op->id = ++next_id;
	return true;
}

static int
error_value(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].value;
	return -1;
}

static void
run_op(const char *line, char *text, int want)
{
	struct kern_event e = { 0 };
	struct kern_op op;
	char why[400];

	if (!parse_op(&op, text)) {
		result(false, line, "cannot be parsed");
		return;
	}
	chan_put_op(chan, &op);
	chan_flush(chan);
	if (!done(op.id, &e)) {
		result(false, line, "no answer");
		return;
	}
	if (e.error == 0 && e.op == KERN_AUTH)
		str_hex(why, sizeof(why), bytes_of(e.auth.value, e.auth.n));
	else
		str_fmt(why, sizeof(why), "%s", e.error == 0 ? "" : e.text);
	result(e.error == want, line, why);
}

static bool
matches(const struct kern_event *e, const char *rest)
{
	char all[200], name[32], *save, *word;
	char padded[240], wanted[80];

	str_fmt(all, sizeof(all), " name=%s up=%d exists=%d ",
	    e->kind == KERN_LINK_STATE ? e->link.name : "",
	    e->kind == KERN_LINK_STATE && e->link.up,
	    e->kind == KERN_LINK_STATE && e->link.exists);
	if (e->kind != KERN_LINK_STATE && e->kind != KERN_RELOADED)
		str_fmt(all, sizeof(all),
		    " spi=%#x reqid=%#x hard=%d port=%u ", e->sa.spi,
		    e->sa.reqid, e->sa.hard, e->sa.from.port);
	str_fmt(padded, sizeof(padded), "%s", rest);
	word = strtok_r(padded, " ", &save);
	str_set(name, sizeof(name), word == NULL ? "" : word);
	if (strcmp(event_names[e->kind], name) != 0)
		return false;
	while ((word = strtok_r(NULL, " ", &save)) != NULL) {
		str_fmt(wanted, sizeof(wanted), " %s ", word);
		if (strstr(all, wanted) == NULL)
			return false;
	}
	return true;
}

static void
run_wait(const char *line, const char *rest)
{
	struct kern_event e;

	for (size_t i = 0; i < events_n; i++) {
		if (!matches(&events[i], rest))
			continue;
		events[i] = events[--events_n];
		result(true, line, "");
		return;
	}
	while (next_event(&e, WAIT_MS)) {
		if (matches(&e, rest)) {
			result(true, line, "");
			return;
		}
		keep(&e);
	}
	result(false, line, "it did not come");
}

struct bulk {
	uint32_t	n, put, answered, failed;
};

static void
bulk_answers(struct bulk *b, int ms)
{
	struct kern_event e;

	while (b->answered < b->put && next_event(&e, ms)) {
		if (e.kind != KERN_DONE) {
			keep(&e);
			continue;
		}
		b->answered++;
		b->failed += e.error != 0;
	}
}

/* Routes 11.0.0.0/32 and on, as many in flight as the channel takes. */
static void
run_many(const char *line, char *text)
{
	struct bulk b = { .n = 1000 };
	struct instant start = mono_now();
	struct kern_op op;
	char why[200], all[300];
	uint32_t at = 11u << 24;

	if (sscanf(text, "many n=%u", &b.n) == 1)
		text = strchr(strchr(text, '='), ' ');
	str_fmt(all, sizeof(all), "route-set prefix=11.0.0.0/32%s",
	    text == NULL ? "" : text);
	if (!parse_op(&op, all)) {
		result(false, line, "cannot be parsed");
		return;
	}
	while (b.put < b.n) {
		op.id = ++next_id;
		for (int i = 0; i < 4; i++)
			op.route.prefix.addr.b[i] =
			    (uint8_t)(at >> (24 - 8 * i));
		if (chan_put_op(chan, &op)) {
			b.put++;
			at++;
			continue;
		}
		chan_flush(chan);
		bulk_answers(&b, 1);
	}
	while (chan_wants_write(chan)) {
		chan_flush(chan);
		bulk_answers(&b, 1);
	}
	bulk_answers(&b, WAIT_MS);
	str_fmt(why, sizeof(why), "%u of %u, %u failed, %lld ms", b.answered,
	    b.n, b.failed,
	    (long long)instant_since(mono_now(), start).ns / 1000000);
	result(b.answered == b.n && b.failed == 0, line, why);
}

/* What no engine of ours would send; the monitor must end us. */
static void
run_garbage(void)
{
	static const char octets[] = "these are not the octets of a request";

	send(chan_fd(chan), octets, sizeof(octets), MSG_NOSIGNAL);
	pause();
}

static void
run_line(char *line)
{
	char copy[1024], *error, *rest;

	str_set(copy, sizeof(copy), line);
	if (strcmp(line, "garbage") == 0)
		run_garbage();
	else if (strncmp(line, "many ", 5) == 0)
		run_many(line, copy);
	else if (strncmp(line, "? ", 2) == 0)
		run_wait(line, line + 2);
	else if (strncmp(line, "! ", 2) == 0) {
		error = strtok_r(copy + 2, " ", &rest);
		run_op(line, rest, error == NULL ? -1 : error_value(error));
	} else
		run_op(line, copy, 0);
}

int
engine_run(const struct engine_boot *boot)
{
	struct kern_event e;
	char *line, *save;

	chan = chan_new(boot->chan, CHAN_ENGINE, 64);
	if (chan == NULL)
		return 1;
	printf("# engine: uid %d, root entries readable: %s\n", (int)getuid(),
	    access("/etc", F_OK) == 0 ? "yes" : "no");
	for (line = strtok_r(script, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save))
		if (line[0] != '#')
			run_line(line);
	printf("1..%u\n", test_no);
	fflush(stdout);
	while (next_event(&e, -1))
		;
	return 0;
}

int
main(int argc, char **argv)
{
	FILE *f;

	if (argc < 2 || (f = fopen(argv[1], "r")) == NULL) {
		fprintf(stderr, "usage: kernop SCRIPT [option of vpnd]\n");
		return 1;
	}
	script[fread(script, 1, sizeof(script) - 1, f)] = '\0';
	fclose(f);
	argv[1] = argv[0];
	return vpnd_main(argc - 1, argv + 1);
}
