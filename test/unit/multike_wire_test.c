/*
 * Additional key exchanges as they are on the wire (RFC 9242 section 3.3, RFC
 * 9370 sections 2.2.2 and 2.2.4), by a peer that computes everything by itself.
 * There is no other implementation to test with: the strongSwan of Debian 12
 * does not speak it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/wire_peer.h"

/* Our half of a new child's keys at the other end. */
static void
assert_child(const struct wire_peer *w, uint32_t spi, const uint8_t *key)
{
	const struct ike_esp *e = sad_find(&w->d.end[RIGHT].sad, spi, false);

	assert_non_null(e);
	assert_int_equal(e->encr.n, 36);
	assert_memory_equal(e->encr.b, key, 36);
}

static void
the_set_up_is_as_the_rfcs_say(void **state)
{
	static struct wire_peer w;
	uint8_t value[PRF_MAX];
	struct bytes idr, auth;
	struct buf text = { 0 }, mat;

	(void)state;
	wire_set_up(&w);
	assert_int_equal(w.inters, 2);
	idr = inside(&w, PL_IDR);
	auth = inside(&w, PL_AUTH);
	assert_int_equal(auth.n, 4 + PRF_LEN);
	auth_value(&w, false, idr, value);
	assert_memory_equal(auth.p + 4, value, PRF_LEN);
	/* KEYMAT = prf+(SK_d, Ni | Nr) */
	add(&text, w.ni, 32);
	add(&text, w.nr.p, w.nr.n);
	mat = prf_plus_of(w.k.d, &text, 72);
	assert_child(&w, 0x11112222, mat.b + 36);
	end(&w);
}

/* One of the two messages is another one for AUTH than for the keys. */
static void
what_was_tampered_with_is_found_out_by_auth(void **state)
{
	(void)state;
	for (int v = 0; v < 3; v++) {
		static struct wire_peer w;
		struct bytes error;

		begin(&w);
		say_init(&w);
		say_inter(&w, "20");
		say_inter(&w, "21");
		if (v == 0)
			w.auth_i[3] ^= 1;
		else if (v == 1)
			w.auth_r[5] ^= 1;
		else
			w.inters++;	/* counts in the message id only */
		say_auth(&w);
		error = inside(&w, PL_NOTIFY);
		assert_int_equal(error.n, 4);
		assert_int_equal(error.p[3], N_AUTHENTICATION_FAILED);
		assert_int_equal(inside(&w, PL_AUTH).n, 0);
		end(&w);
	}
}

/* The order of exchanges cannot be changed. */
static void
auth_does_not_come_before_the_last_exchange(void **state)
{
	static struct wire_peer w;
	struct buf m = { 0 };

	(void)state;
	begin(&w);
	say_init(&w);
	say_inter(&w, "20");
	add_header(&w, &m, PL_SK, IKE_AUTH);
	payload(&m, 0, "", 0);
	add(&m, "12345678", 8);
	set_length(&m, 24, 4, 32 + seal_overhead(w.k.out, 0));
	set_length(&m, 30, 2, 4 + seal_overhead(w.k.out, 0));
	assert_true(seal_protect(w.k.out, &w.drbg, m.b, 32, 0));
	m.n = 32 + seal_overhead(w.k.out, 0);
	assert_int_equal(swap(&w, &m).n, 0);
	end(&w);
}

static void
another_method_than_agreed_is_refused(void **state)
{
	static struct wire_peer w;
	struct kex *kex;
	struct buf inner = { 0 };

	(void)state;
	begin(&w);
	say_init(&w);
	kex = kex_of(&w, "21");
	ke_payload(&inner, 0, kex);
	exchange(&w, IKE_INTERMEDIATE, PL_KE, &inner);
	assert_int_equal(inside(&w, PL_NOTIFY).p[3], N_INVALID_SYNTAX);
	kex_free(kex);
	end(&w);
}

/* CREATE_CHILD_SA and its two follow-ups; the secrets in order. */
struct followed {
	uint8_t		ni[32], nr[32];
	struct buf	first, more;
	struct bytes	sa;		/* of the answer to the first */
	struct buf	kept;
};

static void
follow(struct wire_peer *w, struct followed *f, struct bytes link,
    const char *group, bool last)
{
	struct kex *kex = kex_of(w, group);
	struct buf inner = { 0 }, notify = { 0 }, z;

	add(&notify, "\0\0\x40\x39", 4);	/* 16441 */
	add(&notify, link.p, link.n);
	ke_payload(&inner, PL_NOTIFY, kex);
	payload(&inner, 0, notify.b, notify.n);
	exchange(w, IKE_FOLLOWUP_KE, PL_KE, &inner);
	z = shared(kex, inside(w, PL_KE));
	add(&f->more, z.b, z.n);
	assert_int_equal(inside(w, PL_NOTIFY).n == 0, last);
	kex_free(kex);
}

static struct bytes
link_of(const struct wire_peer *w, struct buf *copy)
{
	struct bytes n = inside(w, PL_NOTIFY);

	assert_true(n.n > 4);
	assert_memory_equal(n.p, "\0\0\x40\x39", 4);
	copy->n = 0;
	add(copy, n.p + 4, n.n - 4);
	return bytes_of(copy->b, copy->n);
}

static void
create(struct wire_peer *w, struct followed *f, const struct buf *sa,
    bool child)
{
	struct kex *kex = kex_of(w, "31");
	struct buf inner = { 0 }, link;
	uint8_t rekey[8] = "\3\4\x40\x09\x11\x11\x22\x22";
	uint8_t first = child ? PL_NOTIFY : PL_SA;

	*f = (struct followed){ .more = { 0 } };
	drbg_fill(&w->drbg, f->ni, 32);
	if (child)
		payload(&inner, PL_SA, rekey, sizeof(rekey));
	payload(&inner, PL_NONCE, sa->b, sa->n);
	payload(&inner, PL_KE, f->ni, 32);
	ke_payload(&inner, child ? PL_TSI : 0, kex);
	if (child)
		add_selectors(&inner, 0);
	exchange(w, CREATE_CHILD_SA, first, &inner);
	memcpy(f->nr, inside(w, PL_NONCE).p, 32);
	f->first = shared(kex, inside(w, PL_KE));
	add(&f->kept, inside(w, PL_SA).p, inside(w, PL_SA).n);
	kex_free(kex);
	follow(w, f, link_of(w, &link), "20", false);
	follow(w, f, link_of(w, &link), "21", true);
}

/* SK(0) | Ni | Nr | SK(1) | SK(2) */
static struct buf
all_of(const struct followed *f)
{
	struct buf text = f->first;

	add(&text, f->ni, 32);
	add(&text, f->nr, 32);
	add(&text, f->more.b, f->more.n);
	return text;
}

static void
a_childs_rekey_is_as_the_rfc_says(void **state)
{
	static struct wire_peer w;
	static struct followed f;
	struct buf sa = proposal(PROTO_ESP, 0x33334444, 4, true), text, mat;
	struct ike_sa *at;

	(void)state;
	wire_set_up(&w);
	create(&w, &f, &sa, true);
	text = all_of(&f);
	mat = prf_plus_of(w.k.d, &text, 72);
	at = sa_at(&w.d, RIGHT);
	assert_null(at->pending);
	/* It sends on the new one when the old one is deleted. */
	sa.n = 0;
	add(&sa, "\3\4\0\1\x11\x11\x22\x22", 8);
	text.n = 0;
	payload(&text, 0, sa.b, sa.n);
	exchange(&w, INFORMATIONAL, PL_DELETE, &text);
	assert_child(&w, 0x33334444, mat.b + 36);
	end(&w);
}

static void
an_ike_rekey_is_as_the_rfc_says(void **state)
{
	static struct wire_peer w;
	static struct followed f;
	struct buf sa = proposal(PROTO_IKE, 0x5555666677778888, 8, true);
	struct buf text, none = { 0 };
	uint8_t seed[PRF_LEN];
	uint64_t spi_r = 0;

	(void)state;
	wire_set_up(&w);
	create(&w, &f, &sa, false);
	text = all_of(&f);
	hmac(w.k.d, PRF_LEN, &text, seed);
	for (int i = 8; i < 16; i++)
		spi_r = spi_r << 8 | f.kept.b[i];
	w.spi_i = 0x5555666677778888;
	w.spi_r = spi_r;
	w.mid = 0;
	set_keys(&w.k, seed, f.ni, bytes_of(f.nr, 32), w.spi_i, w.spi_r, true);
	exchange(&w, INFORMATIONAL, PL_NONE, &none);
	assert_int_equal(w.first, PL_NONE);
	assert_int_equal(duo_info(&w.d, RIGHT).rekeys, 1);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_set_up_is_as_the_rfcs_say),
		cmocka_unit_test(what_was_tampered_with_is_found_out_by_auth),
		cmocka_unit_test(auth_does_not_come_before_the_last_exchange),
		cmocka_unit_test(another_method_than_agreed_is_refused),
		cmocka_unit_test(a_childs_rekey_is_as_the_rfc_says),
		cmocka_unit_test(an_ike_rekey_is_as_the_rfc_says),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}

