/*
 * Configuration of authentication: rules, defaults, files that are named, and
 * the bundle in which they reach the engine.
 */
#include "unit/conf_text.h"

#include "crypto/prf.h"
#include "gw/bundle.h"
#include "gw/creds.h"

#define OURS	"authentication = \"certificate\"; certificate = \"c.pem\"; " \
	"private_key = \"k.pem\"; ca_certificates = \"ca.pem\";"

static const struct {
	const char	*what, *text, *error;
} rules[] = {
	{ "all there is to say", TUN(OURS), NULL },
	{ "no certificate", TUN("authentication = \"certificate\"; "
	    "private_key = \"k\"; ca_certificates = \"a\";"),
	    "t.conf:6: connections[0].tunnels[0].certificate: missing: "
	    "authentication is \"certificate\"" },
	{ "no key", TUN("authentication = \"certificate\"; "
	    "certificate = \"c\"; ca_certificates = \"a\";"),
	    "t.conf:6: connections[0].tunnels[0].private_key: missing: "
	    "authentication is \"certificate\"" },
	{ "no CA", TUN("authentication = \"certificate\"; "
	    "certificate = \"c\"; private_key = \"k\";"),
	    "t.conf:6: connections[0].tunnels[0].ca_certificates: missing: "
	    "remote_authentication is \"certificate\"" },
	{ "no CA is needed for a peer with a key", TUN("authentication = "
	    "\"certificate\"; remote_authentication = \"psk\"; "
	    "certificate = \"c\"; private_key = \"k\";"), NULL },
	{ "no certificate is needed for a peer's", TUN(
	    "remote_authentication = \"certificate\"; "
	    "ca_certificates = [ \"a\", \"b\" ];"), NULL },
	{ "a CRL for each", TUN(OURS "revocation = \"require\";"),
	    "t.conf:6: connections[0].tunnels[0].crls: missing: "
	    "revocation is \"require\"" },
	{ "a CRL for each is there", TUN(OURS "revocation = \"require\"; "
	    "crls = ( \"one\", \"two\" );"), NULL },
	{ "no CRL where it is fetched", TUN(OURS "revocation = \"require\"; "
	    "revocation_fetch = true;"), NULL },
	{ "fetching for nothing", TUN(OURS "revocation = \"none\"; "
	    "revocation_fetch = true;"),
	    "t.conf:8: connections[0].tunnels[0].revocation_fetch: true, but "
	    "revocation is \"none\"" },
	{ "an unknown way", TUN("authentication = \"eap\";"),
	    "t.conf:8: connections[0].tunnels[0].authentication: must be "
	    "\"psk\" or \"certificate\", not \"eap\"" },
	{ "two certificates", TUN("certificate = [ \"a\", \"b\" ];"),
	    "t.conf:8: connections[0].tunnels[0].certificate: must be one "
	    "file name in quotes" },
	{ "a list of nothing", TUN("ca_certificates = [ ];"),
	    "t.conf:8: connections[0].tunnels[0].ca_certificates: must name "
	    "1 to 8 files, not 0" },
	{ "nine files", TUN("crls = [ \"1\", \"2\", \"3\", \"4\", \"5\", "
	    "\"6\", \"7\", \"8\", \"9\" ];"),
	    "t.conf:8: connections[0].tunnels[0].crls: must name 1 to 8 "
	    "files, not 9" },
	{ "a number among names", TUN("crls = ( \"a\", 1 );"),
	    "t.conf:8: connections[0].tunnels[0].crls[1]: must be a file "
	    "name in quotes" },
	{ "an empty name", TUN("crls = ( \"\" );"),
	    "t.conf:8: connections[0].tunnels[0].crls[0]: must be a file "
	    "name of 1 to 255 characters" },
	{ "a number", TUN("certificate = 1;"),
	    "t.conf:8: connections[0].tunnels[0].certificate: must be a text "
	    "in quotes or a list of them, not a number" },
	{ "an X.500 name of an unknown type", TUN("remote_id = \"XY=a, b\";"),
	    "t.conf:8: connections[0].tunnels[0].remote_id: " },
};

static void
authentication_needs_what_it_uses(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const char *want = rules[i].error;
		char line[600];
		struct conf *c = parse(rules[i].text, line);

		/* The last one's reason is of whoever reads such names. */
		if (want == NULL ? line[0] != '\0' : strncmp(line, want,
		    strlen(want)) != 0) {
			print_error("%s:\n  got  %s\n  want %s\n",
			    rules[i].what, line, want == NULL ? "" : want);
			bad++;
		}
		conf_free(c);
	}
	assert_int_equal(bad, 0);
}

static struct conf *
good(const char *text)
{
	char line[600];
	struct conf *c = parse(text, line);

	if (c == NULL)
		fail_msg("%s", line);
	return c;
}

static const struct {
	const char	*what, *text;
	enum conf_auth	 local, remote;
	uint16_t	 local_id, remote_id;	/* octets */
} identities[] = {
	{ "addresses with keys", TUN(""), CONF_AUTH_PSK, CONF_AUTH_PSK, 4, 4 },
	{ "subject and anybody", TUN(OURS), CONF_AUTH_CERTIFICATE,
	    CONF_AUTH_CERTIFICATE, 0, 0 },
	{ "we with a certificate alone", TUN(OURS
	    "remote_authentication = \"psk\";"), CONF_AUTH_CERTIFICATE,
	    CONF_AUTH_PSK, 0, 4 },
	{ "the peer with a certificate alone", TUN(
	    "remote_authentication = \"certificate\"; "
	    "ca_certificates = \"a\";"), CONF_AUTH_PSK,
	    CONF_AUTH_CERTIFICATE, 4, 0 },
	{ "names that are given", TUN(OURS "local_id = \"gw.example\"; "
	    "remote_id = \"CN=a\";"), CONF_AUTH_CERTIFICATE,
	    CONF_AUTH_CERTIFICATE, 10, 14 },
};

static void
identities_follow_from_how_one_authenticates(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(identities); i++) {
		struct conf *c = good(identities[i].text);
		const struct conf_tunnel *t = &c->connections[0].tunnels[0];

		print_message("    %s\n", identities[i].what);
		assert_int_equal(t->local_auth, identities[i].local);
		assert_int_equal(t->remote_auth, identities[i].remote);
		assert_int_equal(t->local_id.n, identities[i].local_id);
		assert_int_equal(t->remote_id.n, identities[i].remote_id);
		conf_free(c);
	}
}

static void
a_file_is_kept_once(void **state)
{
	struct conf *c = good(PAIR(OURS "crls = [ \"x\", \"ca.pem\" ];",
	    OURS "crls = \"x\"; revocation = \"none\"; rsa_pss = true;"));
	const struct conf_creds *one = &c->connections[0].tunnels[0].creds;
	const struct conf_creds *two = &c->connections[0].tunnels[1].creds;

	(void)state;
	assert_int_equal(c->files_n, 5);
	assert_int_equal(one->certificate.at[0], two->certificate.at[0]);
	assert_int_equal(one->crl.at[0], two->crl.at[0]);
	assert_int_not_equal(one->crl.at[1], one->ca.at[0]);
	assert_string_equal(conf_file(c, one->crl.at[1])->name, "ca.pem");
	assert_int_equal(conf_file(c, one->ca.at[0])->kind, CONF_FILE_CA);
	assert_int_equal(conf_file(c, two->crl.at[0])->line, 8);
	assert_int_equal(one->revocation, CONF_REVOCATION_IF_PRESENT);
	assert_int_equal(two->revocation, CONF_REVOCATION_NONE);
	assert_false(one->rsa_pss);
	assert_true(two->rsa_pss);
	conf_free(c);
}

/* --- bundle --- */

static struct bytes
bundle(const char *text, struct conf *c)
{
	const struct conf_source one = { .name = "t.conf",
	    .text = bytes_str(text) };
	const struct conf_sources all = { .v = &one, .n = 1 };
	size_t n = bundle_size(&all, c);
	uint8_t *p = malloc(n);
	struct wr w = wr_of(p, n);

	assert_non_null(p);
	bundle_write(&w, &all, c);
	assert_false(w.bad);
	assert_int_equal(w.n, n);
	return wr_done(&w);
}

static void
a_bundle_brings_all_files_but_keys(void **state)
{
	static const char text[] = TUN(OURS "crls = \"x\";");
	struct conf *c = good(text), *got;
	struct conf_error err;
	struct bytes b;

	(void)state;
	for (size_t i = 0; i < c->files_n; i++)
		assert_true(conf_attach(&c->files[i],
		    bytes_str(c->files[i].name)));
	memset(c->connections[0].tunnels[0].secret_mark, 0x5c,
	    CONF_MARK_LEN);
	memset(c->connections[0].tunnels[0].bgp_mark, 0xc5, CONF_MARK_LEN);
	b = bundle(text, c);
	got = bundle_read(b, "t.conf", &err);
	assert_non_null(got);
	assert_memory_equal(got->connections[0].tunnels[0].bgp_mark,
	    c->connections[0].tunnels[0].bgp_mark, CONF_MARK_LEN);
	assert_memory_equal(got->connections[0].tunnels[0].secret_mark,
	    c->connections[0].tunnels[0].secret_mark, CONF_MARK_LEN);
	assert_int_equal(got->files_n, 4);
	for (size_t i = 0; i < got->files_n; i++) {
		const struct conf_file *f = &got->files[i];

		if (f->kind == CONF_FILE_KEY)
			assert_null(f->data);
		else
			assert_true(bytes_eq(bytes_of(f->data, f->n),
			    bytes_str(f->name)));
	}
	conf_free(got);
	/* None that is cut short anywhere, and none with more behind. */
	for (size_t n = 0; n < b.n; n++)
		assert_null(bundle_read(bytes_of(b.p, n), "t.conf", &err));
	free((void *)(uintptr_t)b.p);
	conf_free(c);
}

/* --- marks for tickets --- */

static struct ike_creds
creds_in(const char *text, const char *tunnel, uint8_t secret)
{
	struct conf *c = good(text);
	struct creds *all = creds_new(c, NULL);
	struct ike_creds got;

	memset(c->connections[0].tunnels[0].secret_mark, secret,
	    CONF_MARK_LEN);
	assert_non_null(all);
	got = creds_of(all, tunnel, &c->connections[0].tunnels[0]);
	creds_free(all);
	conf_free(c);
	return got;
}

static int
ready(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

#define RESUMES	"session_resumption = true;"

/* Tunnel, secret, and how certificates are judged make another mark each. */
static void
whatever_a_ticket_rests_on_is_in_its_mark(void **state)
{
	static const uint8_t zero[TICKET_DIGEST];
	const struct ike_creds of[] = {
		creds_in(TUN(RESUMES), "v/1", 1),
		creds_in(TUN(RESUMES), "v/2", 1),
		creds_in(TUN(RESUMES), "v/1", 2),
		creds_in(TUN(RESUMES "revocation = \"none\";"), "v/1", 1),
		creds_in(TUN(RESUMES OURS), "v/1", 1),
	};
	struct ike_creds off = creds_in(TUN(""), "v/1", 1);
	struct ike_creds again = creds_in(TUN(RESUMES "fragmentation = "
	    "false;"), "v/1", 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(of[i].mark, of[k].mark,
			    TICKET_DIGEST);
	}
	assert_memory_equal(again.mark, of[0].mark, TICKET_DIGEST);
	assert_memory_equal(off.mark, zero, TICKET_DIGEST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authentication_needs_what_it_uses),
		cmocka_unit_test(identities_follow_from_how_one_authenticates),
		cmocka_unit_test(a_file_is_kept_once),
		cmocka_unit_test(a_bundle_brings_all_files_but_keys),
		cmocka_unit_test(whatever_a_ticket_rests_on_is_in_its_mark),
	};

	return cmocka_run_group_tests(tests, ready, NULL);
}
