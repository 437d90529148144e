/*
 * Hosts that do not answer, lives that end, identities
 * of every kind (RFC 7296 sections 2.6, 2.8, 3.5).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/peer.h"
#include "ike/sa.h"
#include "ike_duo.h"
#include "util/array.h"

static void
a_silent_key_store_ends_the_attempt(void **state)
{
	(void)state;
	for (int side = LEFT; side <= RIGHT; side++) {
		struct duo d;

		duo_init(&d, 4);
		d.end[side].psk_delay = span_s(1000000);
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_s(60));
		assert_why(&d, side, "no answer from the key store");
		assert_int_equal(d.end[LEFT].events[IKE_EV_IKE_UP], 0);
		/* Only the answers that never came are still under way. */
		assert_int_equal(duo_info(&d, LEFT).ike_sas, 0);
		assert_int_equal(duo_info(&d, RIGHT).ike_sas, 0);
		duo_fini(&d);
	}
}

static void
what_is_not_rekeyed_ends(void **state)
{
	static const struct {
		bool	child;
		const char *why;
	} table[] = {
		{ true, "child SA reached the end of its life without a "
		    "rekey" },
		{ false, "IKE SA reached the end of its life without a rekey" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct duo d;
		struct ike_peer_conf *c;

		duo_init(&d, 5);
		c = &d.end[LEFT].conf[0];
		if (table[i].child)
			c->child_lifetime = span_s(100);
		else
			c->ike_lifetime = span_s(100);
		c->rekey_margin = span_s(20);
		duo_start(&d);
		bring_up(&d, LEFT);
		/* From now on the ends have no group in common. */
		c = &table_peer(d.end[LEFT].ike, DUO_PEER)->conf;
		c->esp.ke = c->ike.ke = duo_algs(ALG_KE, "14");
		duo_run(&d, span_s(110));
		assert_string_equal(d.end[LEFT].said[IKE_EV_CHILD_DOWN].s,
		    table[i].why);
		assert_int_equal(d.end[RIGHT].sad.n, 0);
		assert_int_equal(duo_info(&d, LEFT).ike_sas, table[i].child);
		shut_down(&d);
	}
}

static struct id
octet_id(uint8_t type, const char *octets, size_t n)
{
	return (struct id){ .type = type, .n = (uint16_t)n,
	    .data = (const uint8_t *)octets };
}

static void
identities_of_every_kind_authenticate(void **state)
{
	const struct id ids[] = {
		octet_id(ID_IPV4_ADDR, "\xc0\0\2\1", 4),
		octet_id(ID_IPV6_ADDR, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
		    16),
		octet_id(ID_RFC822_ADDR, "Gw@Example.org", 14),
		octet_id(ID_KEY_ID, "\0\xff\n", 3),
		octet_id(ID_DER_ASN1_DN, "0\0", 2),
		octet_id(99, "what", 4),
	};
	static const char *const names[] = {
		"192.0.2.1 (ID_IPV4_ADDR)", "2001:db8::1 (ID_IPV6_ADDR)",
		"Gw@Example.org (ID_RFC822_ADDR)",
		"\\x00\\xff\\x0a (ID_KEY_ID)", "0\\x00 (ID_DER_ASN1_DN)",
		"what (unknown ID type)",
	};
	char text[160];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct duo d;

		id_str(ids[i].type, bytes_of(ids[i].data, ids[i].n), text,
		    sizeof(text));
		assert_string_equal(text, names[i]);
		duo_init(&d, 6);
		d.end[LEFT].conf[0].local_id = ids[i];
		d.end[RIGHT].conf[0].remote_id = ids[i];
		duo_start(&d);
		bring_up(&d, LEFT);
		shut_down(&d);
	}
	peer_id_str(&(struct id){ 0 }, NULL, text, sizeof(text));
	assert_string_equal(text, "anybody");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_silent_key_store_ends_the_attempt),
		cmocka_unit_test(what_is_not_rekeyed_ends),
		cmocka_unit_test(identities_of_every_kind_authenticate),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
