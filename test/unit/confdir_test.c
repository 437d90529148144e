/* The directory conf.d: which files count, in which order, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "daemon/conffile.h"
#include "util/array.h"

static char dir[64];

#define C(name, n) "connections = ( { name = \"" name "\"; role = \"hub\"; " \
	"tunnels = ( { local_outside_ip_address = \"192.0.2.1\"; "	\
	"remote_outside_ip_address = \"198.51.100." n "\"; } ); } );\n"
#define S(name) "secrets = ( { connection = \"" name "\"; "		\
	"pre_shared_key = \"12345678\"; } );\n"

static void
put(const char *name, const char *text, mode_t mode)
{
	char path[160];
	int fd;

	str_fmt(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
run(const char *fmt, ...)
{
	char command[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	assert_int_equal(system(command), 0);
}

static int
set_up(void **state)
{
	(void)state;
	str_set(dir, sizeof(dir), "/tmp/confdir_test.XXXXXX");
	if (mkdtemp(dir) == NULL || !crypto_init())
		return -1;
	put("vpnd.conf", "asn = 64512;\n", 0644);
	run("mkdir -m 755 %s/conf.d", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	crypto_fini();
	run("rm -rf %s", dir);
	return 0;
}

static bool
load(struct conffile *out, const char *from, struct reason *why)
{
	char path[128], other[128];
	const struct conffile_from f = { .path = path,
	    .dir = from == NULL ? NULL : other };

	str_fmt(path, sizeof(path), "%s/vpnd.conf", dir);
	str_fmt(other, sizeof(other), "%s/%s", dir, from == NULL ? "" : from);
	return conffile_load(out, &f, why);
}

static void
assert_names(const char *want, const char *from)
{
	struct conffile c;
	struct reason why;
	char got[256] = "";

	if (!load(&c, from, &why)) {
		print_error("%s\n", why.s);
		fail();
	}
	for (size_t i = 0; i < c.conf->n; i++)
		str_add(got, sizeof(got), "%s%s", i > 0 ? " " : "",
		    c.conf->connections[i].name);
	assert_string_equal(got, want);
	conffile_free(&c);
}

/* want is what follows the test's directory. */
static void
assert_refused(const char *want)
{
	struct conffile c;
	struct reason why;

	assert_false(load(&c, NULL, &why));
	assert_memory_equal(why.s, dir, strlen(dir));
	assert_string_equal(why.s + strlen(dir), want);
}

static void
files_are_read_in_byte_order_of_their_names(void **state)
{
	(void)state;
	put("conf.d/b.conf", C("b", "2"), 0644);
	put("conf.d/a.conf", C("a", "1"), 0600);
	put("conf.d/Z.conf", C("z", "3"), 0444);
	put("conf.d/10.conf", C("ten", "4"), 0644);
	put("conf.d/9.conf", C("nine", "5"), 0644);
	put("conf.d/all.secrets", S("a"), 0600);
	assert_names("ten nine z a b", NULL);
}

static void
what_else_lies_there_is_left_alone(void **state)
{
	(void)state;
	put("conf.d/a.conf", C("a", "1"), 0644);
	put("conf.d/a.conf~", "nonsense", 0666);
	put("conf.d/.a.conf", "nonsense", 0666);
	put("conf.d/.a.conf.swp", "nonsense", 0666);
	put("conf.d/.conf", "nonsense", 0666);
	put("conf.d/a.conf.bak", "nonsense", 0666);
	put("conf.d/README", "nonsense", 0666);
	put("conf.d/conf", "nonsense", 0666);
	run("mkdir %s/conf.d/more", dir);
	put("conf.d/more/x.conf", "nonsense", 0644);
	put("vpnd.secrets", S("a"), 0600);
	assert_names("a", NULL);
}

static void
no_directory_is_none(void **state)
{
	(void)state;
	run("rmdir %s/conf.d", dir);
	assert_refused("/vpnd.conf: connections: missing");
	put("vpnd.conf", C("a", "1"), 0644);
	put("vpnd.secrets", S("a"), 0600);
	assert_names("a", NULL);
}

static void
an_empty_directory_is_a_configuration(void **state)
{
	(void)state;
	assert_names("", NULL);
}

static void
what_others_could_have_written_is_refused(void **state)
{
	(void)state;
	put("conf.d/a.conf", C("a", "1"), 0664);
	assert_refused("/conf.d/a.conf: refused: others than its owner may "
	    "write to it (chmod go-w)");
	put("conf.d/a.conf", C("a", "1"), 0644);
	run("chown 1 %s/conf.d/a.conf", dir);
	assert_refused("/conf.d/a.conf: refused: must be owned by root");
	run("rm %s/conf.d/a.conf; chmod 777 %s/conf.d", dir, dir);
	assert_refused("/conf.d: refused: others than its owner may write to "
	    "it (chmod go-w)");
	run("chmod 755 %s/conf.d; chown 1 %s/conf.d", dir, dir);
	assert_refused("/conf.d: refused: must be owned by root");
}

static void
what_is_no_file_is_refused(void **state)
{
	(void)state;
	run("mkdir %s/conf.d/a.conf", dir);
	assert_refused("/conf.d/a.conf: refused: not a regular file");
	run("rmdir %s/conf.d/a.conf; mkfifo %s/conf.d/a.conf", dir, dir);
	assert_refused("/conf.d/a.conf: refused: not a regular file");
	run("rm %s/conf.d/a.conf; ln -s nowhere %s/conf.d/a.conf", dir, dir);
	assert_refused("/conf.d/a.conf: No such file or directory");
	run("rm %s/conf.d/a.conf; touch \"%s/conf.d/a b.conf\"", dir, dir);
	assert_refused("/conf.d: a name in it has characters that are no "
	    "letters, digits or plain signs");
	run("rm -r %s/conf.d; touch %s/conf.d", dir, dir);
	assert_refused("/conf.d: Not a directory");
}

static void
a_link_to_a_file_of_roots_is_as_good(void **state)
{
	(void)state;
	put("aside", C("a", "1"), 0644);
	run("ln -s ../aside %s/conf.d/a.conf", dir);
	put("conf.d/a.secrets", S("a"), 0600);
	assert_names("a", NULL);
	run("chmod 666 %s/aside", dir);
	assert_refused("/conf.d/a.conf: refused: others than its owner may "
	    "write to it (chmod go-w)");
}

static void
secrets_of_all_files_count(void **state)
{
	struct conffile c;
	struct reason why;

	(void)state;
	put("conf.d/a.conf", C("a", "1"), 0644);
	put("conf.d/b.conf", C("b", "2"), 0644);
	put("conf.d/c.conf", C("c", "3"), 0644);
	put("vpnd.secrets", S("a"), 0600);
	put("conf.d/b.secrets", S("b"), 0600);
	put("conf.d/x.secrets", S("c"), 0600);
	assert_true(load(&c, NULL, &why));
	assert_true(conffile_complete(&c, &why));
	conffile_free(&c);
	run("rm %s/vpnd.secrets", dir);
	assert_true(load(&c, NULL, &why));
	assert_false(conffile_complete(&c, &why));
	assert_true(keystore_has(c.keys, KEYSTORE_PSK, "b", 1));
	conffile_free(&c);
}

static void
errors_of_secrets_name_their_file_and_line(void **state)
{
	char want[256];

	(void)state;
	put("conf.d/a.conf", C("a", "1"), 0644);
	put("conf.d/1.secrets", "\n" S("a"), 0600);
	put("conf.d/2.secrets", "\n\n" S("a"), 0600);
	str_fmt(want, sizeof(want), "/conf.d/2.secrets:3: secrets: two groups "
	    "for connection a (the first is at %s/conf.d/1.secrets:2)", dir);
	assert_refused(want);
	put("conf.d/2.secrets", "\nsecret = ( );", 0600);
	assert_refused("/conf.d/2.secrets:2: secret: unknown key");
	put("conf.d/2.secrets", S("b"), 0640);
	assert_refused("/conf.d/2.secrets: refused: must have no permissions "
	    "for group and others (chmod 600)");
}

static void
errors_of_certificates_name_the_file_that_names_them(void **state)
{
	(void)state;
	put("conf.d/a.conf", "connections = ( { name = \"a\"; role = \"hub\";\n"
	    "authentication = \"certificate\";\n"
	    "certificate = \"no.pem\"; private_key = \"no.key\"; "
	    "ca_certificates = \"no.ca\";\ntunnels = ( { "
	    "local_outside_ip_address = \"192.0.2.1\"; "
	    "remote_outside_ip_address = \"198.51.100.1\"; } ); } );", 0644);
	assert_refused("/conf.d/a.conf:3: connections[0].certificate: no.pem: "
	    "No such file or directory");
}

/* What is to be checked before it is there is told as if it were. */
static void
another_directory_stands_for_it(void **state)
{
	struct conffile c;
	struct reason why;
	char path[128], other[128], want[160];
	const struct conffile_from f = { .path = path, .dir = other };

	(void)state;
	put("conf.d/a.conf", C("a", "1"), 0644);
	put("vpnd.secrets", "secrets = ( );", 0600);
	run("mkdir -m 700 %s/other", dir);
	put("other/b.conf", C("b", "2"), 0644);
	assert_names("b", "other");
	assert_names("a", NULL);
	put("other/b.conf", "\nnonsense = 1;", 0644);
	str_fmt(path, sizeof(path), "%s/vpnd.conf", dir);
	str_fmt(other, sizeof(other), "%s/other", dir);
	str_fmt(want, sizeof(want), "%s/conf.d/b.conf:2: nonsense: ", dir);
	assert_false(conffile_load(&c, &f, &why));
	assert_memory_equal(why.s, want, strlen(want));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_read_in_byte_order_of_their_names),
		TEST(what_else_lies_there_is_left_alone),
		TEST(no_directory_is_none),
		TEST(an_empty_directory_is_a_configuration),
		TEST(what_others_could_have_written_is_refused),
		TEST(what_is_no_file_is_refused),
		TEST(a_link_to_a_file_of_roots_is_as_good),
		TEST(secrets_of_all_files_count),
		TEST(errors_of_secrets_name_their_file_and_line),
		TEST(errors_of_certificates_name_the_file_that_names_them),
		TEST(another_directory_stands_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
