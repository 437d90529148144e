/* The engine's side of the fetcher, which is not believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include "daemon/fetches.h"

static const struct instant t0 = { INT64_C(1000) * 1000000000 };

struct ends {
	struct fetches	f;
	int		other;
};

static void
ends_init(struct ends *e)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	fetches_init(&e->f, fd[0]);
	e->other = fd[1];
}

static void
ends_fini(struct ends *e)
{
	fetches_fini(&e->f);
	close(e->f.fd);
	close(e->other);
}

static const char *
ask(struct ends *e, struct instant now, uint32_t token, enum fetch_kind kind)
{
	struct fetch_ask a = { .token = token, .kind = kind,
	    .patience_ms = 2000, .url = "http://a/b", .content = bytes_str("request") };

	return fetches_ask(&e->f, now, &a);
}

static void
say(struct ends *e, uint32_t token, uint8_t piece, struct bytes b)
{
	static uint8_t buf[FETCH_HEAD + FETCH_PIECE];
	struct wr w = wr_of(buf, sizeof(buf));

	wr_u32(&w, token);
	wr_u8(&w, piece);
	wr_bytes(&w, b);
	assert_int_equal(send(e->other, buf, w.n, 0), w.n);
}

static void
pieces_become_one_answer(void **state)
{
	struct fetch_result r;
	uint8_t buf[64];
	struct ends e;

	(void)state;
	ends_init(&e);
	assert_null(ask(&e, t0, 7, FETCH_OCSP));
	assert_int_equal(recv(e.other, buf, sizeof(buf), 0), 9 + 10 + 7);
	assert_memory_equal(buf, "\0\0\0\7\1\7\320\0\12http://a/brequest", 26);
	assert_null(ask(&e, t0, 8, FETCH_CRL));
	say(&e, 7, FETCH_BEGUN, (struct bytes){ 0 });
	assert_true(fetches_next(&e.f, &r));
	assert_true(r.token == 7 && r.begun && r.data == NULL);
	say(&e, 7, FETCH_PART, bytes_str("one "));
	say(&e, 8, FETCH_FAILED, bytes_str("no\n"));
	say(&e, 7, FETCH_PART, bytes_str("two"));
	say(&e, 7, FETCH_END, (struct bytes){ 0 });
	assert_true(fetches_next(&e.f, &r));
	assert_int_equal(r.token, 8);
	assert_false(r.begun);
	assert_string_equal(r.why, "no\\x0a");
	assert_null(r.data);
	assert_true(fetches_next(&e.f, &r));
	assert_int_equal(r.token, 7);
	assert_string_equal(r.why, "");
	assert_true(bytes_eq(bytes_of(r.data, r.n), bytes_str("one two")));
	free(r.data);
	assert_false(fetches_next(&e.f, &r));
	ends_fini(&e);
}

static const struct {
	const char	*what;
	uint8_t		 piece;
	const char	*octets;
} odd[] = {
	{ "an end without anything before", FETCH_END, "" },
	{ "an end with octets", FETCH_END, "x" },
	{ "a beginning with octets", FETCH_BEGUN, "x" },
	{ "a failure without a reason", FETCH_FAILED, "" },
	{ "a piece that there is not", FETCH_PIECES, "x" },
	{ "another one", 255, "" },
};

static void
what_makes_no_sense_has_failed(void **state)
{
	struct fetch_result r;
	struct ends e;

	(void)state;
	ends_init(&e);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_null(ask(&e, t0, 3, FETCH_CRL));
		say(&e, 3, odd[i].piece, bytes_str(odd[i].octets));
		if (!fetches_next(&e.f, &r))
			fail_msg("%s", odd[i].what);
		assert_string_equal(r.why,
		    "the fetcher's answer makes no sense");
	}
	/* What nobody asked for, and what is too short. */
	say(&e, 4, FETCH_PART, bytes_str("x"));
	assert_int_equal(send(e.other, "abc", 3, 0), 3);
	assert_false(fetches_next(&e.f, &r));
	ends_fini(&e);
}

static void
more_than_was_asked_for_has_failed(void **state)
{
	static const uint8_t octets[FETCH_PIECE];
	struct fetch_result r;
	struct ends e;

	(void)state;
	ends_init(&e);
	assert_null(ask(&e, t0, 5, FETCH_OCSP));
	for (size_t n = 0; n < OCSP_RESPONSE_MAX; n += FETCH_PIECE) {
		say(&e, 5, FETCH_PART, bytes_of(octets, FETCH_PIECE));
		assert_false(fetches_next(&e.f, &r));
	}
	say(&e, 5, FETCH_PART, bytes_of(octets, 1));
	assert_true(fetches_next(&e.f, &r));
	assert_string_equal(r.why, "the fetcher's answer makes no sense");
	ends_fini(&e);
}

static void
places_are_few_and_come_free_with_time(void **state)
{
	struct instant later = instant_after(t0, span_s(11));
	struct ends e;

	(void)state;
	ends_init(&e);
	for (uint32_t i = 1; i <= FETCH_AT_A_TIME; i++)
		assert_null(ask(&e, t0, i, FETCH_CRL));
	assert_string_equal(ask(&e, t0, 99, FETCH_CRL),
	    "too much is being fetched already");
	assert_null(ask(&e, later, 99, FETCH_CRL));
	ends_fini(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_become_one_answer),
		cmocka_unit_test(what_makes_no_sense_has_failed),
		cmocka_unit_test(more_than_was_asked_for_has_failed),
		cmocka_unit_test(places_are_few_and_come_free_with_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
