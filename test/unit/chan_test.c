/*
 * The channel between monitor and engine: what one end puts the other gets,
 * and what no honest engine would send is refused before anything looks at it.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/chan.h"
#include "daemon/shape.h"
#include "util/array.h"

#define QUEUE	4

struct ends {
	struct chan	*monitor, *engine;
};

static struct ends
ends_open(void)
{
	struct ends e;
	int fd[2];

	assert_int_equal(chan_pair(fd), 0);
	e.monitor = chan_new(fd[0], CHAN_MONITOR, QUEUE);
	e.engine = chan_new(fd[1], CHAN_ENGINE, QUEUE);
	assert_non_null(e.monitor);
	assert_non_null(e.engine);
	return e;
}

static void
ends_close(struct ends *e)
{
	chan_free(e->monitor);
	chan_free(e->engine);
}

/* A well-formed operation of each kind, with something in every field. */
static struct kern_op
sample(enum kern_op_kind kind)
{
	struct kern_op op;
	size_t n = shape_op(kind)->size;

	memset(&op, 0, sizeof(op));
	op.kind = kind;
	op.id = 0x1000u + (uint32_t)kind;
	if (n == sizeof(op.link)) {
		strcpy(op.link.name, "vpn1");
		addr_parse(&op.link.local, "192.0.2.1");
		prefix_parse(&op.link.inside[0], "169.254.10.1/30");
		op.link.up = true;
	} else if (n == sizeof(op.sa)) {
		op.sa.spi = 0xc0ffee;
		strcpy(op.sa.aead, "rfc4106(gcm(aes))");
		op.sa.encr_key.n = 36;
		memset(op.sa.encr_key.b, 0xa5, 36);
		addr_parse(&op.sa.dst, "2001:db8::1");
		op.sa.esn = true;
	} else if (kind == KERN_AUTH) {
		strcpy(op.auth.connection, "vpn-branch1");
		op.auth.n = KERN_OCTETS_MAX;
		op.auth.octets[KERN_OCTETS_MAX - 1] = 0x7e;
	}
	return op;
}

static void
every_operation_arrives_as_it_was_put(void **state)
{
	struct ends e = ends_open();
	struct kern_op got;

	(void)state;
	for (unsigned k = 0; k < KERN_OP_KINDS; k++) {
		struct kern_op op = sample((enum kern_op_kind)k);

		assert_true(chan_put_op(e.engine, &op));
		assert_int_equal(chan_flush(e.engine), 0);
		assert_int_equal(chan_recv(e.monitor), 1);
		assert_int_equal(chan_get_op(e.monitor, &got), 1);
		assert_memory_equal(&got, &op, sizeof(op));
		assert_int_equal(chan_get_op(e.monitor, &got), 0);
	}
	ends_close(&e);
}

static void
many_operations_share_a_datagram(void **state)
{
	struct ends e = ends_open();
	struct kern_op op = sample(KERN_ROUTE_SET), got;
	unsigned n;

	(void)state;
	for (n = 0; n < 400; n++) {
		op.id = n;
		assert_true(chan_put_op(e.engine, &op));
	}
	assert_int_equal(chan_queued(e.engine), 1);
	assert_int_equal(chan_flush(e.engine), 0);
	assert_int_equal(chan_recv(e.monitor), 1);
	for (n = 0; chan_get_op(e.monitor, &got) == 1; n++)
		assert_int_equal(got.id, n);
	assert_int_equal(n, 400);
	ends_close(&e);
}

/* Who has no room for an answer leaves the rest for later. */
static void
a_datagram_can_be_left_and_read_on(void **state)
{
	struct ends e = ends_open();
	struct kern_op op = sample(KERN_LISTEN), got;

	(void)state;
	assert_false(chan_has_more(e.monitor));
	for (op.id = 0; op.id < 3; op.id++)
		assert_true(chan_put_op(e.engine, &op));
	assert_int_equal(chan_flush(e.engine), 0);
	assert_int_equal(chan_recv(e.monitor), 1);
	for (unsigned n = 0; n < 3; n++) {
		assert_true(chan_has_more(e.monitor));
		assert_int_equal(chan_get_op(e.monitor, &got), 1);
		assert_int_equal(got.id, n);
	}
	assert_false(chan_has_more(e.monitor));
	assert_int_equal(chan_recv(e.monitor), 0);
	ends_close(&e);
}

/* Takes all that is there; the ids must go on where they were. */
static unsigned
drain(struct chan *c, unsigned next)
{
	struct kern_op got;

	while (chan_recv(c) == 1)
		while (chan_get_op(c, &got) == 1)
			assert_int_equal(got.id, next++);
	return next;
}

/* Few octets to sign, and a short value, take little of a datagram. */
static void
octets_travel_as_many_as_there_are(void **state)
{
	static const uint16_t counts[] = { 0, 1, 300, KERN_VALUE_MAX };
	struct ends e = ends_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct kern_op op = sample(KERN_AUTH), got;
		struct kern_event ev = { .kind = KERN_DONE, .op = KERN_AUTH },
		    back;
		uint8_t b[CHAN_DATAGRAM];

		op.auth.n = counts[i];
		memset(op.auth.octets, 0, sizeof(op.auth.octets));
		memset(op.auth.octets, 0x5a, counts[i]);
		ev.auth.n = counts[i];
		memset(ev.auth.value, 0xa5, counts[i]);
		assert_true(chan_put_op(e.engine, &op));
		assert_int_equal(chan_flush(e.engine), 0);
		assert_in_range(recv(chan_fd(e.monitor), b, sizeof(b),
		    MSG_PEEK), counts[i], counts[i] + 128);
		assert_int_equal(chan_recv(e.monitor), 1);
		assert_int_equal(chan_get_op(e.monitor, &got), 1);
		assert_memory_equal(&got, &op, sizeof(op));
		assert_true(chan_put_event(e.monitor, &ev));
		assert_int_equal(chan_flush(e.monitor), 0);
		assert_in_range(recv(chan_fd(e.engine), b, sizeof(b),
		    MSG_PEEK), counts[i], counts[i] + 64);
		assert_int_equal(chan_recv(e.engine), 1);
		assert_int_equal(chan_get_event(e.engine, &back), 1);
		assert_int_equal(back.auth.n, counts[i]);
		assert_memory_equal(back.auth.value, ev.auth.value, counts[i]);
	}
	ends_close(&e);
}

static void
what_claims_more_octets_than_fit_is_not_put(void **state)
{
	struct ends e = ends_open();
	struct kern_op op = sample(KERN_AUTH);
	struct kern_event ev = { .kind = KERN_DONE, .op = KERN_AUTH };

	(void)state;
	op.auth.n = KERN_OCTETS_MAX + 1;
	assert_false(chan_put_op(e.engine, &op));
	ev.auth.n = UINT16_MAX;
	assert_false(chan_put_event(e.monitor, &ev));
	ends_close(&e);
}

static void
a_full_queue_refuses_and_loses_nothing(void **state)
{
	struct ends e = ends_open();
	struct kern_op op = sample(KERN_AUTH);
	unsigned put = 0, got = 0, refused = 0;

	(void)state;
	while (put < 5000) {
		op.id = put;
		if (chan_put_op(e.engine, &op)) {
			put++;
			continue;
		}
		refused++;
		assert_int_equal(chan_queued(e.engine), QUEUE);
		assert_int_equal(chan_flush(e.engine), 0);
		if (chan_wants_write(e.engine))
			got = drain(e.monitor, got);
	}
	while (chan_wants_write(e.engine)) {
		assert_int_equal(chan_flush(e.engine), 0);
		got = drain(e.monitor, got);
	}
	assert_int_equal(drain(e.monitor, got), put);
	assert_true(refused > 0);
	ends_close(&e);
}

static void
flush_returns_when_the_other_end_does_not_read(void **state)
{
	struct ends e = ends_open();
	struct kern_op op = sample(KERN_AUTH);

	(void)state;
	for (int i = 0; i < 100000 && !chan_wants_write(e.engine); i++) {
		while (chan_put_op(e.engine, &op))
			;
		assert_int_equal(chan_flush(e.engine), 0);
	}
	assert_true(chan_wants_write(e.engine));
	ends_close(&e);
}

static void
a_closed_end_is_told_to_the_other(void **state)
{
	struct ends e = ends_open();
	struct kern_op op = sample(KERN_RELOAD);

	(void)state;
	chan_free(e.monitor);
	assert_int_equal(chan_recv(e.engine), -EPIPE);
	assert_true(chan_put_op(e.engine, &op));
	assert_int_equal(chan_flush(e.engine), -EPIPE);
	chan_free(e.engine);
}

static void
events_arrive_with_their_text(void **state)
{
	static const char long_text[] =
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "0123456789012345678901234567890";
	struct ends e = ends_open();
	struct kern_event ev = { .kind = KERN_DONE, .id = 7,
	    .op = KERN_LINK_SET, .error = EEXIST }, got;

	(void)state;
	assert_int_equal(strlen(long_text), KERN_TEXT_LEN - 1);
	strcpy(ev.text, long_text);
	strcpy(ev.link.name, "vpn1");
	ev.link.kind = KERN_LINK_XFRMI;
	ev.link.up = true;
	assert_true(chan_put_event(e.monitor, &ev));
	assert_int_equal(chan_flush(e.monitor), 0);
	assert_int_equal(chan_recv(e.engine), 1);
	assert_int_equal(chan_get_event(e.engine, &got), 1);
	assert_int_equal(got.kind, KERN_DONE);
	assert_int_equal(got.id, 7);
	assert_int_equal(got.error, EEXIST);
	assert_string_equal(got.text, long_text);
	assert_string_equal(got.link.name, "vpn1");
	assert_int_equal(got.link.kind, KERN_LINK_XFRMI);
	assert_true(got.link.up);
	assert_int_equal(chan_get_event(e.engine, &got), 0);
	ends_close(&e);
}

static void
a_descriptor_goes_over_and_is_closed_here(void **state)
{
	struct ends e = ends_open();
	struct kern_event ev = { .kind = KERN_DONE, .op = KERN_LISTEN }, got;
	int fd[2];
	char c = 0;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	ev.conn.fd = fd[0];
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_true(chan_put_event(e.monitor, &ev));
	ev.op = KERN_CONNECT;		/* and one without a descriptor */
	ev.conn.fd = -1;
	assert_true(chan_put_event(e.monitor, &ev));
	assert_int_equal(chan_flush(e.monitor), 0);
	assert_int_equal(fcntl(fd[0], F_GETFD), -1);
	assert_int_equal(chan_recv(e.engine), 1);
	assert_int_equal(chan_get_event(e.engine, &got), 1);
	assert_true(got.conn.fd >= 0);
	assert_int_equal(read(got.conn.fd, &c, 1), 1);
	assert_int_equal(c, 'x');
	assert_true(fcntl(got.conn.fd, F_GETFD) & FD_CLOEXEC);
	close(got.conn.fd);
	assert_int_equal(chan_recv(e.engine), 1);
	assert_int_equal(chan_get_event(e.engine, &got), 1);
	assert_int_equal(got.conn.fd, -1);
	close(fd[1]);
	ends_close(&e);
}

/* --- hostile datagrams --- */

#define HEAD	12		/* kind, id, length */
#define AT(member)	(HEAD + offsetof(struct kern_op, member) -	\
    offsetof(struct kern_op, link))

/* One change to the datagram of a good operation. */
static const struct {
	const char	*what;
	enum kern_op_kind kind;
	size_t		 at;
	unsigned	 octets;
	uint32_t	 value;
} changes[] = {
	{ "no such kind", KERN_RELOAD, 0, 4, KERN_OP_KINDS },
	{ "a kind beyond all", KERN_RELOAD, 0, 4, 0xffffffff },
	{ "length beyond the datagram", KERN_RELOAD, 8, 4, 1 },
	{ "length that wraps", KERN_SA_ADD, 8, 4, 0xfffffff4 },
	{ "length too small for the kind", KERN_SA_ADD, 8, 4, 8 },
	{ "another kind's length", KERN_ROUTE_SET, 0, 4, KERN_SA_ADD },
	{ "bool that is 2", KERN_LINK_SET, AT(link.up), 1, 2 },
	{ "bool that is 255", KERN_SA_ADD, AT(sa.esn), 1, 255 },
	{ "bool encap", KERN_SA_ADD, AT(sa.encap), 1, 9 },
	{ "bool mark", KERN_SA_ADD, AT(sa.mark_not_if_id), 1, 128 },
	{ "bool block", KERN_POLICY_SET, AT(policy.block), 1, 3 },
	{ "bool mark of a policy", KERN_POLICY_DEL,
	    AT(policy.mark_not_if_id), 1, 3 },
	{ "enum link kind", KERN_LINK_SET, AT(link.kind), 4, 3 },
	{ "enum negative", KERN_LINK_DEL, AT(link.kind), 4, 0xffffffff },
	{ "an SA's direction FWD", KERN_SA_ADD, AT(sa.dir), 4, KERN_FWD },
	{ "a policy's direction", KERN_POLICY_SET, AT(policy.dir), 4, 3 },
	{ "family 5", KERN_LINK_SET, AT(link.local.family), 1, 5 },
	{ "IPv4 with more octets", KERN_LINK_SET, AT(link.local.b[4]), 1, 1 },
	{ "no family with octets", KERN_LINK_SET, AT(link.remote.b[0]), 1, 1 },
	{ "IPv4 prefix of 33", KERN_LINK_SET, AT(link.inside[0].len), 1, 33 },
	{ "prefix without family", KERN_ROUTE_SET, AT(route.prefix.len), 1, 1 },
	{ "family of a prefix", KERN_ROUTE_SET,
	    AT(route.prefix.addr.family), 1, 7 },
	{ "family of a selector", KERN_POLICY_SET,
	    AT(policy.src.net.addr.family), 1, 1 },
	{ "key longer than its array", KERN_SA_ADD, AT(sa.encr_key.n), 1,
	    KEY_MAX + 1 },
	{ "authentication key too long", KERN_SA_ADD, AT(sa.auth_key.n), 1,
	    255 },
	{ "too many members", KERN_GROUP_SET, AT(group.n), 4,
	    KERN_GROUP_MAX + 1 },
	{ "more octets than there are", KERN_AUTH, AT(auth.n), 2,
	    KERN_OCTETS_MAX + 1 },
	{ "fewer octets than there are", KERN_AUTH, AT(auth.n), 2,
	    KERN_OCTETS_MAX - 1 },
	{ "none of the octets that are there", KERN_AUTH, AT(auth.n), 2, 0 },
};

static const struct {
	const char	*what;
	enum kern_op_kind kind;
	size_t		 at, size;
} strings[] = {
	{ "name", KERN_LINK_SET, AT(link.name), KERN_IFNAME_LEN },
	{ "alias", KERN_LINK_SET, AT(link.alias), KERN_SECRET_NAME },
	{ "aead", KERN_SA_ADD, AT(sa.aead), KERN_ALG_LEN },
	{ "enc", KERN_SA_ADD, AT(sa.enc), KERN_ALG_LEN },
	{ "auth", KERN_SA_ADD, AT(sa.auth), KERN_ALG_LEN },
	{ "device", KERN_NEXTHOP_SET, AT(nexthop.dev), KERN_IFNAME_LEN },
	{ "device", KERN_CONNECT, AT(conn.dev), KERN_IFNAME_LEN },
	{ "connection", KERN_AUTH, AT(auth.connection), KERN_SECRET_NAME },
};

/* The datagram of a sample, as it is on the socket; its length. */
static size_t
datagram_of(enum kern_op_kind kind, uint8_t *b, size_t size)
{
	struct ends e = ends_open();
	struct kern_op op = sample(kind);
	ssize_t n;

	assert_true(chan_put_op(e.engine, &op));
	assert_int_equal(chan_flush(e.engine), 0);
	n = recv(chan_fd(e.monitor), b, size, 0);
	assert_true(n > 0);
	ends_close(&e);
	return (size_t)n;
}

/* What the monitor makes of a raw datagram: the first verdict that is not 1. */
static int
verdict(const void *b, size_t n)
{
	struct ends e = ends_open();
	struct kern_op op;
	int rc;

	assert_int_equal(send(chan_fd(e.engine), b, n, 0), n);
	rc = chan_recv(e.monitor);
	while (rc == 1 && (rc = chan_get_op(e.monitor, &op)) == 1)
		;
	ends_close(&e);
	return rc;
}

static void
malformed_fields_are_refused(void **state)
{
	uint8_t b[8192];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		n = datagram_of(changes[i].kind, b, sizeof(b));
		assert_int_equal(verdict(b, n), 0);
		memcpy(b + changes[i].at, &changes[i].value,
		    changes[i].octets);
		if (verdict(b, n) != -EBADMSG)
			fail_msg("accepted: %s", changes[i].what);
	}
}

static void
strings_must_end_within_their_array(void **state)
{
	uint8_t b[8192];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		n = datagram_of(strings[i].kind, b, sizeof(b));
		memset(b + strings[i].at, 'x', strings[i].size);
		if (verdict(b, n) != -EBADMSG)
			fail_msg("accepted: %s", strings[i].what);
		b[strings[i].at + strings[i].size - 1] = '\0';
		assert_int_equal(verdict(b, n), 0);
	}
}

static void
a_cut_datagram_is_refused_at_every_length(void **state)
{
	uint8_t b[8192];
	size_t n = datagram_of(KERN_SA_ADD, b, sizeof(b));

	(void)state;
	for (size_t cut = 1; cut < n; cut++)
		assert_int_equal(verdict(b, cut), -EBADMSG);
	b[n] = 0;
	assert_int_equal(verdict(b, n + 1), -EBADMSG);
}

static void
a_datagram_longer_than_any_of_ours_is_refused(void **state)
{
	static uint8_t b[CHAN_DATAGRAM + 1];

	(void)state;
	for (size_t i = 0; i < CHAN_DATAGRAM; i += HEAD)
		b[i] = KERN_RELOAD;
	assert_int_equal(verdict(b, sizeof(b)), -EBADMSG);
}

static void
the_monitor_takes_no_descriptor(void **state)
{
	struct ends e = ends_open();
	uint8_t b[64];
	size_t n = datagram_of(KERN_RELOAD, b, sizeof(b));
	union {
		struct cmsghdr	h;
		uint8_t		b[CMSG_SPACE(sizeof(int))];
	} control = { .b = { 0 } };
	struct iovec iov = { b, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = control.b, .msg_controllen = sizeof(control.b) };
	int fd = STDIN_FILENO;

	(void)state;
	control.h.cmsg_level = SOL_SOCKET;
	control.h.cmsg_type = SCM_RIGHTS;
	control.h.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.h), &fd, sizeof(fd));
	assert_int_equal(sendmsg(chan_fd(e.engine), &m, 0), n);
	assert_int_equal(chan_recv(e.monitor), -EBADMSG);
	ends_close(&e);
}

static void
each_end_sends_only_its_own(void **state)
{
	struct ends e = ends_open();
	struct kern_op op = sample(KERN_RELOAD);
	struct kern_event ev = { .kind = KERN_STOP };

	(void)state;
	assert_false(chan_put_op(e.monitor, &op));
	assert_false(chan_put_event(e.engine, &ev));
	op.kind = KERN_OP_KINDS;
	assert_false(chan_put_op(e.engine, &op));
	ev.kind = KERN_EVENT_KINDS;
	assert_false(chan_put_event(e.monitor, &ev));
	ends_close(&e);
}

/* For the sanitizers: octets changed at random, seed printed on a failure. */
static void
random_changes_never_harm(void **state)
{
	uint8_t good[8192], b[8192];
	unsigned seed = 20261123, accepted = 0, refused = 0;
	size_t n;
	int rc;

	(void)state;
	srand(seed);
	for (int i = 0; i < 20000; i++) {
		n = datagram_of((enum kern_op_kind)(rand() % KERN_OP_KINDS),
		    good, sizeof(good));
		memcpy(b, good, n);
		for (int k = rand() % 4; k >= 0; k--)
			b[(size_t)rand() % (n < 400 ? n : 400)] ^=
			    (uint8_t)(1 << rand() % 8);
		rc = verdict(b, n);
		assert_true(rc == 0 || rc == -EBADMSG);
		accepted += rc == 0;
		refused += rc != 0;
	}
	assert_true(accepted > 0);
	assert_true(refused > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_arrives_as_it_was_put),
		cmocka_unit_test(many_operations_share_a_datagram),
		cmocka_unit_test(a_datagram_can_be_left_and_read_on),
		cmocka_unit_test(octets_travel_as_many_as_there_are),
		cmocka_unit_test(what_claims_more_octets_than_fit_is_not_put),
		cmocka_unit_test(a_full_queue_refuses_and_loses_nothing),
		cmocka_unit_test(
		    flush_returns_when_the_other_end_does_not_read),
		cmocka_unit_test(a_closed_end_is_told_to_the_other),
		cmocka_unit_test(events_arrive_with_their_text),
		cmocka_unit_test(a_descriptor_goes_over_and_is_closed_here),
		cmocka_unit_test(malformed_fields_are_refused),
		cmocka_unit_test(strings_must_end_within_their_array),
		cmocka_unit_test(a_cut_datagram_is_refused_at_every_length),
		cmocka_unit_test(
		    a_datagram_longer_than_any_of_ours_is_refused),
		cmocka_unit_test(the_monitor_takes_no_descriptor),
		cmocka_unit_test(each_end_sends_only_its_own),
		cmocka_unit_test(random_changes_never_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
