/*
 * Certificates and private keys on disk: what is refused, with file, line and
 * key; that a key signs, for its certificate, and that no child inherits it.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "daemon/conffile.h"
#include "gw/bundle.h"
#include "unit/ca.h"
#include "util/array.h"

#define TEXT	"connections = ( {\nname = \"a\"; role = \"hub\"; tunnels = "	\
	"( {\nlocal_outside_ip_address = \"192.0.2.1\";\n"		\
	"remote_outside_ip_address = \"192.0.2.2\";\n"			\
	"authentication = \"certificate\";\n"

static char dir[] = "/tmp/certfiles_test.XXXXXX";
static struct made root, leaf, other;

static void
path_of(const char *name, char buf[static 128])
{
	str_fmt(buf, 128, "%s/%s", dir, name);
}

static void
write_file(const char *name, struct bytes b, mode_t mode)
{
	char path[128];
	int fd;

	path_of(name, path);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, b.p, b.n), b.n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
write_certs(const char *name, const struct made *a, const struct made *b)
{
	const struct made *both[] = { a, b };
	struct bytes pem = made_pem(both, b == NULL ? 1 : 2);

	write_file(name, pem, 0644);
	ca_free(pem);
}

static void
write_key(const char *name, EVP_PKEY *key, mode_t mode)
{
	struct bytes pem = ca_key_pem(key);

	write_file(name, pem, mode);
	ca_free(pem);
}

static int
make_files(void **state)
{
	const struct made_spec ca = { .key = "P-256", .subject = "CN=root",
	    .basic = "critical,CA:TRUE", .usage = "keyCertSign,cRLSign" };
	const struct made_spec end = { .key = "RSA-2048", .subject = "CN=hub",
	    .issuer = &root, .san = "DNS:hub.example", .serial = 7 };
	const struct made_spec else_ = { .key = "P-256/2",
	    .subject = "CN=else", .issuer = &root };
	struct crl_spec crl = { .issuer = &root, .reason = -1 };
	struct bytes pem;

	(void)state;
	if (mkdtemp(dir) == NULL || !crypto_init())
		return -1;
	root = ca_make(&ca);
	leaf = ca_make(&end);
	other = ca_make(&else_);
	write_certs("ca.pem", &root, NULL);
	write_certs("hub.pem", &leaf, &root);
	write_key("hub.key", leaf.key, 0600);
	write_key("open.key", leaf.key, 0640);
	write_key("else.key", other.key, 0600);
	write_file("nonsense", bytes_str("nothing in here\n"), 0600);
	pem = ca_crl_pem(&crl);
	write_file("good.crl", pem, 0644);
	ca_free(pem);
	crl.signer = other.key;
	pem = ca_crl_pem(&crl);
	write_file("forged.crl", pem, 0644);
	ca_free(pem);
	return 0;
}

static int
remove_files(void **state)
{
	char command[160];

	(void)state;
	made_fini(&root);
	made_fini(&leaf);
	made_fini(&other);
	crypto_fini();
	str_fmt(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static bool
load(const char *keys, struct conffile *out, struct reason *why)
{
	char path[128], text[2048];
	const struct conffile_from from = { .path = path };

	str_fmt(text, sizeof(text), TEXT "%s } ); } );\n", keys);
	write_file("vpnd.conf", bytes_str(text), 0644);
	path_of("vpnd.conf", path);
	return conffile_load(out, &from, why);
}

#define GOOD	"certificate = \"hub.pem\"; private_key = \"hub.key\"; " \
	"ca_certificates = \"ca.pem\";"

/* What is said behind "DIR/vpnd.conf:LINE: connections[0].tunnels[0]." */
static const struct {
	const char	*what, *keys, *error;
} files[] = {
	{ "all is well", GOOD, NULL },
	{ "and with a CRL", GOOD "crls = [ \"good.crl\" ];", NULL },
	{ "no such file", "certificate = \"none.pem\";\nprivate_key = "
	    "\"hub.key\"; ca_certificates = \"ca.pem\";",
	    ":6: connections[0].tunnels[0].certificate: none.pem: No such "
	    "file or directory" },
	{ "a directory", "certificate = \"hub.pem\"; private_key = "
	    "\"hub.key\";\nca_certificates = \".\";", ":7: connections[0]."
	    "tunnels[0].ca_certificates: .: Invalid argument" },
	{ "no certificate in it", "certificate = \"nonsense\"; private_key = "
	    "\"hub.key\"; ca_certificates = \"ca.pem\";",
	    ":6: connections[0].tunnels[0].certificate: nonsense: " },
	{ "a CA that is none", "certificate = \"hub.pem\"; private_key = "
	    "\"hub.key\"; ca_certificates = [ \"ca.pem\", \"hub.pem\" ];",
	    ":6: connections[0].tunnels[0].ca_certificates[1]: hub.pem: " },
	{ "a forged CRL", GOOD "crls = \"forged.crl\";",
	    ":6: connections[0].tunnels[0].crls: forged.crl: " },
	{ "no CRL", GOOD "crls = \"nonsense\";",
	    ":6: connections[0].tunnels[0].crls: nonsense: " },
	{ "no key", "certificate = \"hub.pem\"; private_key = \"none.key\"; "
	    "ca_certificates = \"ca.pem\";", ":6: connections[0].tunnels[0]."
	    "private_key: none.key: No such file or directory" },
	{ "another's key", "certificate = \"hub.pem\"; private_key = "
	    "\"else.key\"; ca_certificates = \"ca.pem\";",
	    ":6: connections[0].tunnels[0].private_key: else.key: is not the "
	    "key of the certificate" },
	{ "a key that others read", "certificate = \"hub.pem\"; private_key = "
	    "\"open.key\"; ca_certificates = \"ca.pem\";",
	    ":6: connections[0].tunnels[0].private_key: open.key: refused: "
	    "must have no permissions for group and others (chmod 600)" },
	{ "what is no key", "certificate = \"hub.pem\"; private_key = "
	    "\"nonsense\"; ca_certificates = \"ca.pem\";",
	    ":6: connections[0].tunnels[0].private_key: nonsense: " },
};

static void
files_that_cannot_be_used_are_named(void **state)
{
	char want[512], at[128];

	(void)state;
	path_of("vpnd.conf", at);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct reason why = { "" };
		struct conffile c;
		bool ok = load(files[i].keys, &c, &why);

		print_message("    %s: %s\n", files[i].what, why.s);
		assert_int_equal(ok, files[i].error == NULL);
		if (ok) {
			conffile_free(&c);
			continue;
		}
		str_fmt(want, sizeof(want), "%s%s", at, files[i].error);
		if (strncmp(why.s, want, strlen(want)) != 0)
			fail_msg("%s\n  not %s", why.s, want);
	}
}

static void
a_key_signs_for_its_certificate(void **state)
{
	static struct kern_auth a = { .how = KERN_AUTH_SIGN, .n = 300,
	    .hashes = SIG_ANNOUNCED | SIG_BIT(SIG_SHA2_256) };
	struct cert *cert = made_cert(&leaf);
	const struct privkey *key;
	char text[KERN_TEXT_LEN];
	struct sig_used used;
	struct reason why;
	struct conffile c;

	(void)state;
	assert_true(load(GOOD, &c, &why));
	key = certfiles_key(&c.certs, &c.conf->connections[0].tunnels[0]);
	assert_non_null(key);
	memset(a.octets, 0x5a, a.n);
	for (int pss = 0; pss < 2; pss++) {
		uint8_t value[KERN_VALUE_MAX], method = 0;
		uint16_t n = 0;

		a.rsa_pss = pss == 1;
		assert_int_equal(privkey_sign(key, &a, &method, &n, value,
		    text), 0);
		assert_int_equal(method, SIG_METHOD_DIGITAL);
		assert_true(sig_verify(cert, method, bytes_of(value, n),
		    bytes_of(a.octets, a.n), 0, &used, &why));
		assert_string_equal(used.name, pss == 1 ? "RSA-PSS-SHA2-256" :
		    "RSA-SHA2-256");
		value[n - 1] ^= 1;
		assert_false(sig_verify(cert, method, bytes_of(value, n),
		    bytes_of(a.octets, a.n), 0, &used, &why));
	}
	cert_free(cert);
	conffile_free(&c);
}

static void
a_signature_that_cannot_be_made_says_why(void **state)
{
	static struct kern_auth a = { .how = KERN_AUTH_SIGN, .n = 10,
	    .hashes = SIG_ANNOUNCED };
	uint8_t value[KERN_VALUE_MAX], method = 0;
	char text[KERN_TEXT_LEN] = "";
	struct reason why;
	struct conffile c;
	uint16_t n = 0;

	(void)state;
	assert_true(load(GOOD, &c, &why));
	assert_int_not_equal(privkey_sign(certfiles_key(&c.certs,
	    &c.conf->connections[0].tunnels[0]), &a, &method, &n, value,
	    text), 0);
	assert_string_equal(text, "the peer announces no signature hash that "
	    "our key RSA-2048 can be used with");
	assert_int_equal(n, 0);
	conffile_free(&c);
}

/* It asks itself as a child would: what it finds is no key any more. */
static void
a_forked_child_has_no_key(void **state)
{
	static struct kern_auth a = { .how = KERN_AUTH_SIGN, .n = 10,
	    .hashes = SIG_ANNOUNCED | SIG_BIT(SIG_SHA2_256) };
	struct reason why;
	struct conffile c;
	int status;

	(void)state;
	assert_true(load(GOOD, &c, &why));
	if (fork() == 0) {
		uint8_t value[KERN_VALUE_MAX], method;
		char text[KERN_TEXT_LEN];
		uint16_t n;

		_exit(privkey_sign(certfiles_key(&c.certs,
		    &c.conf->connections[0].tunnels[0]), &a, &method, &n,
		    value, text) == 0 ? 1 : 0);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	conffile_free(&c);
}

/* The engine gets all but the key, and cannot change it. */
static void
the_engine_gets_what_is_public(void **state)
{
	struct conf_error err;
	struct reason why;
	struct conffile c;
	struct conf *conf;
	static uint8_t b[65536];
	ssize_t n;
	int fd;

	(void)state;
	assert_true(load(GOOD, &c, &why));
	fd = conffile_memfd(&c);
	assert_true(fd >= 0);
	n = read(fd, b, sizeof(b));
	assert_true(n > 0 && n < (ssize_t)sizeof(b));
	assert_int_equal(write(fd, b, 1), -1);
	close(fd);
	assert_null(memmem(b, (size_t)n, "PRIVATE KEY", 11));
	conf = bundle_read(bytes_of(b, (size_t)n), "t", &err);
	assert_non_null(conf);
	assert_int_equal(conf->files_n, 3);
	assert_true(conf->files[0].n > 0 && conf->files[2].n > 0);
	assert_int_equal(conf->files[1].n, 0);
	conf_free(conf);
	conffile_free(&c);
}

static char warned[4][256];
static unsigned warnings;

static void
warn(const char *line)
{
	str_set(warned[warnings++ % 4], sizeof(warned[0]), line);
}

static void
what_will_not_be_believed_is_warned_of(void **state)
{
	struct reason why;
	struct conffile c;

	(void)state;
	assert_true(load(GOOD "local_id = \"hub.example\";", &c, &why));
	certfiles_warn(c.conf, CA_NOW, warn);
	assert_int_equal(warnings, 0);
	certfiles_warn(c.conf, CA_NOW + 366 * CA_DAY, warn);
	assert_int_equal(warnings, 3);		/* hub and root, and the CA */
	assert_string_equal(warned[0], "connections[0].tunnels[0].certificate: "
	    "hub.pem: CN=hub: has expired at 2028-01-15T08:00:00Z");
	conffile_free(&c);
	warnings = 0;
	assert_true(load(GOOD "local_id = \"x.example\";", &c, &why));
	certfiles_warn(c.conf, CA_NOW, warn);
	assert_int_equal(warnings, 1);
	assert_string_equal(warned[0], "connection a tunnel 1: hub.pem does "
	    "not carry local_id x.example: the certificate is not for "
	    "dns:x.example but for dns:hub.example");
	conffile_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_that_cannot_be_used_are_named),
		cmocka_unit_test(a_key_signs_for_its_certificate),
		cmocka_unit_test(a_signature_that_cannot_be_made_says_why),
		cmocka_unit_test(a_forked_child_has_no_key),
		cmocka_unit_test(the_engine_gets_what_is_public),
		cmocka_unit_test(what_will_not_be_believed_is_warned_of),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
