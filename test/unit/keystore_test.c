/* The secrets file: what is refused and why, and whose key serves whom. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "daemon/keystore.h"
#include "util/array.h"

static char dir[] = "/tmp/keystore_test.XXXXXX";
static char path[64];

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL || !crypto_init())
		return -1;
	str_fmt(path, sizeof(path), "%s/secrets", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	crypto_fini();
	return 0;
}

static void
write_secrets(const char *text, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

#define C16	"0123456789abcdef"
#define C64	C16 C16 C16 C16
#define C256	C64 C64 C64 C64
#define ONE	"secrets = ( { connection = \"a\"; pre_shared_key = \"k\"; } );"

static const struct {
	const char	*what;
	const char	*text;
	mode_t		 mode;
	const char	*error;		/* behind the file name; NULL: good */
} files[] = {
	{ "one key", ONE, 0600, NULL },
	{ "readable by root alone", ONE, 0400, NULL },
	{ "no key at all", "secrets = ( );", 0600, NULL },
	{ "a key of 256 octets", "secrets = ( { connection = \"a\"; tunnel = 2;"
	    " pre_shared_key = \"" C256 "\"; } );", 0600, NULL },
	{ "readable by the group", ONE, 0640, ": refused: must have no "
	    "permissions" },
	{ "readable by others", ONE, 0604, ": refused: must have no "
	    "permissions" },
	{ "writable by others", ONE, 0602, ": refused: must have no "
	    "permissions" },
	{ "an empty file", "", 0600, ": secrets: is missing" },
	{ "syntax", "secrets = (\n{ connection = ;", 0600, ":2: syntax: " },
	{ "include", "\n@include \"/etc/shadow\"\n", 0600, ":2: syntax: " },
	{ "another key", "\n\npsk = 1; " ONE, 0600, ":3: psk: unknown key" },
	{ "no list", "secrets = \"x\";", 0600, ":1: secrets: must be a list" },
	{ "no group", "secrets = ( 5 );", 0600,
	    ":1: secrets[0]: must be a group" },
	{ "unknown key in a group", "secrets = (\n{ connection = \"a\";\n"
	    "psk = \"x\"; } );", 0600, ":3: secrets[0].psk: unknown key" },
	{ "no connection", "secrets = ( { pre_shared_key = \"x\"; } );", 0600,
	    ":1: secrets[0].connection: is missing" },
	{ "no key in it", "secrets = ( { connection = \"a\"; } );", 0600,
	    ":1: secrets[0].pre_shared_key: is missing" },
	{ "an empty key", "secrets = ( { connection = \"a\"; "
	    "pre_shared_key = \"\"; } );", 0600,
	    ":1: secrets[0].pre_shared_key: must be 1 to 256" },
	{ "a key of 257 octets", "secrets = ( { connection = \"a\"; "
	    "pre_shared_key = \"" C256 "0\"; } );", 0600,
	    ":1: secrets[0].pre_shared_key: must be 1 to 256" },
	{ "a number for a key", "secrets = ( { connection = \"a\"; "
	    "pre_shared_key = 12345; } );", 0600,
	    ":1: secrets[0].pre_shared_key: must be 1 to 256" },
	{ "a PPK alone", "secrets = ( { connection = \"a\"; ppk = \"p\"; } );",
	    0600, NULL },
	{ "a PPK of 256 octets in hexadecimal", "secrets = ( { connection = "
	    "\"a\"; ppk = \"0x" C256 C256 "\"; } );", 0600, NULL },
	{ "a PPK of 257 octets in hexadecimal", "secrets = ( { connection = "
	    "\"a\"; ppk = \"0x" C256 C256 "00\"; } );", 0600,
	    ":1: secrets[0].ppk: behind 0x must be 1 to 256" },
	{ "a PPK of no octets", "secrets = ( { connection = \"a\"; "
	    "ppk = \"0x\"; } );", 0600,
	    ":1: secrets[0].ppk: behind 0x must be 1 to 256" },
	{ "a PPK that is not hexadecimal", "secrets = ( { connection = \"a\";"
	    " ppk = \"0xgg\"; } );", 0600,
	    ":1: secrets[0].ppk: behind 0x must be 1 to 256" },
	{ "a number for a PPK", "secrets = ( { connection = \"a\"; "
	    "ppk = 7; } );", 0600,
	    ":1: secrets[0].ppk: must be 1 to 256 characters" },
	{ "a BGP password alone", "secrets = ( { connection = \"a\"; "
	    "bgp_password = \"p\"; } );", 0600, NULL },
	{ "a BGP password of 80 octets", "secrets = ( { connection = \"a\"; "
	    "bgp_password = \"" C64 C16 "\"; } );", 0600, NULL },
	{ "a BGP password of 81 octets", "secrets = ( { connection = \"a\"; "
	    "bgp_password = \"" C64 C16 "0\"; } );", 0600,
	    ":1: secrets[0].bgp_password: must be 1 to 80 characters" },
	{ "an empty BGP password", "secrets = ( { connection = \"a\"; "
	    "bgp_password = \"\"; } );", 0600,
	    ":1: secrets[0].bgp_password: must be 1 to 80 characters" },
	{ "of a neighbor", "secrets = ( { neighbor = \"n\"; "
	    "bgp_password = \"p\"; } );", 0600, NULL },
	{ "of a neighbor, without a password", "secrets = ( { neighbor = "
	    "\"n\"; } );", 0600, ":1: secrets[0].bgp_password: is missing" },
	{ "of a neighbor, with a key of IKE's", "secrets = ( { neighbor = "
	    "\"n\"; bgp_password = \"p\"; pre_shared_key = \"k\"; } );",
	    0600, ":1: secrets[0].pre_shared_key: is not for a neighbor" },
	{ "of a neighbor in a connection", "secrets = ( { neighbor = \"n\"; "
	    "connection = \"a\"; bgp_password = \"p\"; } );", 0600,
	    ":1: secrets[0].connection: a neighbor is in none" },
	{ "of a tunnel's neighbor", "secrets = ( { tunnel = 1; neighbor = "
	    "\"n\"; bgp_password = \"p\"; } );", 0600,
	    ":1: secrets[0].neighbor: is outside of tunnels" },
	{ "of a neighbor twice", "secrets = ( { neighbor = \"n\"; "
	    "bgp_password = \"p\"; }, { neighbor = \"n\"; bgp_password = "
	    "\"q\"; } );", 0600, ":1: secrets: two groups for neighbor n (the first" },
	{ "tunnel 0", "secrets = ( { connection = \"a\"; tunnel = 0; "
	    "pre_shared_key = \"x\"; } );", 0600,
	    ":1: secrets[0].tunnel: must be 1 or 2" },
	{ "tunnel 3", "secrets = ( { connection = \"a\"; tunnel = 3; "
	    "pre_shared_key = \"x\"; } );", 0600,
	    ":1: secrets[0].tunnel: must be 1 or 2" },
	{ "tunnel as text", "secrets = ( { connection = \"a\"; tunnel = \"1\";"
	    " pre_shared_key = \"x\"; } );", 0600,
	    ":1: secrets[0].tunnel: must be 1 or 2" },
	{ "a connection name too long", "secrets = ( { connection = \"" C64
	    "\"; pre_shared_key = \"x\"; } );", 0600,
	    ":1: secrets[0].connection: name too long" },
	{ "the same twice", "secrets = ( { connection = \"a\"; tunnel = 1; "
	    "pre_shared_key = \"x\"; }, { connection = \"a\"; tunnel = 1; "
	    "pre_shared_key = \"y\"; } );", 0600,
	    ":1: secrets: two groups for connection a tunnel 1 (the first is at " },
};

static void
files_are_taken_or_refused_with_the_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct reason why = { "" };
		struct keystore *k;

		write_secrets(files[i].text, files[i].mode);
		k = keystore_load(path, &why);
		if ((k != NULL) != (files[i].error == NULL))
			fail_msg("%s: %s", files[i].what, why.s);
		if (k == NULL && (strncmp(why.s, path, strlen(path)) != 0 ||
		    strncmp(why.s + strlen(path), files[i].error,
		    strlen(files[i].error)) != 0))
			fail_msg("%s: it said: %s", files[i].what, why.s);
		keystore_free(k);
	}
}

static void
what_is_no_file_of_roots_is_refused(void **state)
{
	struct reason why;

	(void)state;
	unlink(path);
	assert_null(keystore_load(path, &why));
	assert_non_null(strstr(why.s, ": open: No such file"));
	assert_null(keystore_load(dir, &why));
	assert_non_null(strstr(why.s, ": refused: not a regular file"));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(keystore_load(path, &why));
	assert_non_null(strstr(why.s, ": refused: not a regular file"));
	if (geteuid() != 0)
		return;
	write_secrets(ONE, 0600);
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_null(keystore_load(path, &why));
	assert_non_null(strstr(why.s, ": refused: must be owned by root"));
}

static const char two[] =
    "secrets = ( { connection = \"b\"; pre_shared_key = \"both of b\"; },"
    "{ connection = \"a\"; tunnel = 2; pre_shared_key = \"second of a\"; },"
    "{ connection = \"a\"; pre_shared_key = \"both of a\"; },"
    "{ connection = \"c\"; tunnel = 1; pre_shared_key = \"first of c\"; } );";

static const struct {
	const char	*connection;
	uint32_t	 tunnel;
	const char	*psk;		/* NULL: there is none */
} lookups[] = {
	{ "a", 1, "both of a" },
	{ "a", 2, "second of a" },	/* its own goes before */
	{ "b", 1, "both of b" },
	{ "b", 2, "both of b" },
	{ "c", 1, "first of c" },
	{ "c", 2, NULL },
	{ "d", 1, NULL },
	{ "", 1, NULL },
};

static struct keystore *
load_two(void)
{
	struct keystore *k;
	struct reason why;

	write_secrets(two, 0600);
	k = keystore_load(path, &why);
	assert_non_null(k);
	return k;
}

/* RFC 7296 section 2.15 with the key that should be taken. */
static void
auth_uses_the_key_of_the_tunnel(void **state)
{
	static struct kern_auth a;
	struct keystore *k = load_two();
	const struct alg *prf = alg_find(ALG_PRF, PRF_HMAC_SHA2_384, 0);
	uint8_t want[PRF_MAX], got[3 * PRF_MAX];
	uint16_t n;
	char text[KERN_TEXT_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lookups); i++) {
		a = (struct kern_auth){ .tunnel = lookups[i].tunnel,
		    .prf = PRF_HMAC_SHA2_384, .n = 100 };
		str_set(a.connection, sizeof(a.connection),
		    lookups[i].connection);
		memset(a.octets, 0x5a, a.n);
		assert_int_equal(keystore_has(k, KEYSTORE_PSK, a.connection,
		    a.tunnel), lookups[i].psk != NULL);
		n = 0;
		if (lookups[i].psk == NULL) {
			assert_int_equal(keystore_auth(k, &a, &n, got, text),
			    ENOKEY);
			continue;
		}
		assert_int_equal(prf_psk_auth(prf, bytes_str(lookups[i].psk),
		    bytes_of(a.octets, a.n), 0, want), 48);
		assert_int_equal(keystore_auth(k, &a, &n, got, text), 0);
		assert_int_equal(n, 48);
		assert_memory_equal(got, want, n);
	}
	keystore_free(k);
}

static void
a_missing_key_is_told_by_connection_and_tunnel(void **state)
{
	struct keystore *k = load_two();
	static struct kern_auth a = { .connection = "c", .tunnel = 2,
	    .prf = PRF_HMAC_SHA2_256, .n = 1 };
	char text[KERN_TEXT_LEN];
	uint8_t got[3 * PRF_MAX];
	uint16_t n;

	(void)state;
	assert_int_equal(keystore_auth(k, &a, &n, got, text), ENOKEY);
	assert_string_equal(text,
	    "no pre_shared_key for connection c tunnel 2");
	a.tunnel = 1;
	a.prf = 999;
	assert_int_equal(keystore_auth(k, &a, &n, got, text), EINVAL);
	keystore_free(k);
}

static const char ppks[] =
    "secrets = ( { connection = \"a\"; pre_shared_key = \"x\"; "
    "ppk = \"text\"; }, { connection = \"a\"; tunnel = 2; "
    "ppk = \"0x00ff10\"; }, { connection = \"b\"; tunnel = 1; "
    "pre_shared_key = \"y\"; } );";

/* RFC 8784 section 3: prf+ of one block is prf(PPK, key | 0x01). */
static void
a_ppk_is_mixed_into_each_of_three_keys(void **state)
{
	static const struct {
		const char	*connection;
		uint32_t	 tunnel;
		struct bytes	 ppk;
	} of[] = {
		{ "a", 1, { (const uint8_t *)"text", 4 } },
		{ "a", 2, { (const uint8_t *)"\0\xff\x10", 3 } },
	};
	const struct alg *alg = alg_find(ALG_PRF, PRF_HMAC_SHA2_512, 0);
	static struct kern_auth a = { .how = KERN_AUTH_PPK,
	    .prf = PRF_HMAC_SHA2_512, .n = 3 * 64 };
	uint8_t got[3 * PRF_MAX], want[PRF_MAX], block[65];
	struct bytes part = bytes_of(block, sizeof(block));
	char text[KERN_TEXT_LEN];
	struct keystore *k;
	struct reason why;
	uint16_t n = 0;

	(void)state;
	write_secrets(ppks, 0600);
	k = keystore_load(path, &why);
	assert_non_null(k);
	for (size_t i = 0; i < a.n; i++)
		a.octets[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		str_set(a.connection, sizeof(a.connection), of[i].connection);
		a.tunnel = of[i].tunnel;
		assert_true(keystore_has(k, KEYSTORE_PPK, a.connection,
		    a.tunnel));
		assert_int_equal(keystore_auth(k, &a, &n, got, text), 0);
		assert_int_equal(n, a.n);
		for (size_t j = 0; j < 3; j++) {
			memcpy(block, a.octets + 64 * j, 64);
			block[64] = 1;
			assert_true(prf(alg, of[i].ppk, &part, 1, want));
			assert_memory_equal(got + 64 * j, want, 64);
		}
	}
	/* The tunnel's own entry has no PSK: its connection's is taken. */
	assert_true(keystore_has(k, KEYSTORE_PSK, "a", 2));
	assert_false(keystore_has(k, KEYSTORE_PPK, "b", 1));
	str_set(a.connection, sizeof(a.connection), "b");
	a.tunnel = 1;
	assert_int_equal(keystore_auth(k, &a, &n, got, text), ENOKEY);
	assert_string_equal(text, "no ppk for connection b tunnel 1");
	/* More or other than three keys of this PRF. */
	str_set(a.connection, sizeof(a.connection), "a");
	a.n = 3 * 64 + 1;
	assert_int_equal(keystore_auth(k, &a, &n, got, text), EINVAL);
	a.n = 3 * 64 - 1;
	assert_int_equal(keystore_auth(k, &a, &n, got, text), EINVAL);
	keystore_free(k);
}

static void
a_forked_child_has_no_keys(void **state)
{
	struct keystore *k = load_two();
	int status;
	pid_t pid;

	(void)state;
	assert_true(keystore_has(k, KEYSTORE_PSK, "a", 1));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(keystore_has(k, KEYSTORE_PSK, "a", 1) ? 1 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(keystore_has(k, KEYSTORE_PSK, "a", 1));
	keystore_free(k);
}

/* A mark is another one exactly when the key that is used is another. */
static void
marks_tell_keys_apart_and_nothing_else(void **state)
{
	static const struct {
		const char	*text;
		bool		same;
	} marked[] = {
		{ "secrets = ( { connection = \"a\"; "
		    "pre_shared_key = \"x\"; ppk = \"y\"; } );", true },
		{ "secrets = ( { connection = \"a\"; tunnel = 1; "
		    "pre_shared_key = \"x\"; ppk = \"y\"; }, "
		    "{ connection = \"b\"; pre_shared_key = \"n\"; } );",
		    true },
		{ "secrets = ( { connection = \"a\"; "
		    "pre_shared_key = \"z\"; ppk = \"y\"; } );", false },
		{ "secrets = ( { connection = \"a\"; "
		    "pre_shared_key = \"x\"; } );", false },
		{ "secrets = ( { connection = \"a\"; "
		    "pre_shared_key = \"xy\"; } );", false },
		{ "secrets = ( { connection = \"a\"; "
		    "ppk = \"xy\"; } );", false },
	};
	struct bytes key = bytes_str("a key"), key2 = bytes_str("another");
	uint8_t first[CONF_MARK_LEN], m[CONF_MARK_LEN], other[CONF_MARK_LEN];
	struct reason why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(marked); i++) {
		struct keystore *k;

		write_secrets(marked[i].text, 0600);
		k = keystore_load(path, &why);
		assert_non_null(k);
		keystore_mark(k, KEYSTORE_PSK, KEYSTORE_PPK, "a", 1, key, m);
		keystore_mark(k, KEYSTORE_PSK, KEYSTORE_PPK, "a", 1, key2,
		    other);
		assert_memory_not_equal(m, other, sizeof(m));
		if (i == 0)
			memcpy(first, m, sizeof(first));
		assert_int_equal(memcmp(first, m, sizeof(m)) == 0,
		    marked[i].same);
		keystore_free(k);
	}
}

/* The tunnel's own goes before its connection's, as with all kinds. */
static void
a_bgp_password_is_found_and_marked_by_itself(void **state)
{
	static const char *const texts[] = {
		"secrets = ( { connection = \"a\"; bgp_password = \"p\"; "
		    "pre_shared_key = \"k\"; }, { connection = \"a\"; "
		    "tunnel = 2; bgp_password = \"second\"; } );",
		"secrets = ( { connection = \"a\"; bgp_password = \"p\"; "
		    "pre_shared_key = \"other\"; } );",
		"secrets = ( { connection = \"a\"; bgp_password = \"q\"; "
		    "pre_shared_key = \"k\"; } );",
	};
	uint8_t mark[ARRAY_SIZE(texts)][CONF_MARK_LEN];
	struct bytes key = bytes_str("a key"), b;
	struct reason why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct keystore *k;

		write_secrets(texts[i], 0600);
		k = keystore_load(path, &why);
		assert_non_null(k);
		keystore_mark(k, KEYSTORE_BGP, KEYSTORE_BGP, "a", 1, key,
		    mark[i]);
		if (i == 0) {
			b = keystore_bgp(k, "a", 1);
			assert_true(b.n == 1 && b.p[0] == 'p');
			b = keystore_bgp(k, "a", 2);
			assert_true(b.n == 6 && memcmp(b.p, "second", 6) == 0);
			assert_int_equal(keystore_bgp(k, "b", 1).n, 0);
		}
		keystore_free(k);
	}
	assert_memory_equal(mark[0], mark[1], CONF_MARK_LEN);
	assert_memory_not_equal(mark[0], mark[2], CONF_MARK_LEN);
}

static void
a_key_that_aws_would_not_take_is_told(void **state)
{
	static const struct {
		const char	*key;
		bool		fine;
	} rows[] = {
		{ "abcdefg", false }, { "abcdefgh", true },
		{ "0bcdefgh", false }, { "a.b_c.D0", true },
		{ "abc defgh", false }, { "abcdefg-", false },
		{ "0123456789012345678901234567890123456789"
		    "0123456789012345678901234", false },
		{ "a123456789012345678901234567890123456789"
		    "012345678901234567890123", true },
		{ "a123456789012345678901234567890123456789"
		    "0123456789012345678901234", false },
	};
	struct reason why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[256];
		struct keystore *k;

		snprintf(text, sizeof(text), "secrets = ( { connection = "
		    "\"a\"; pre_shared_key = \"%s\"; } );", rows[i].key);
		write_secrets(text, 0600);
		k = keystore_load(path, &why);
		assert_non_null(k);
		assert_int_equal(keystore_psk_fault(k, "a", 1) == NULL,
		    rows[i].fine);
		/* Of one that is not there nothing is said. */
		assert_null(keystore_psk_fault(k, "b", 1));
		keystore_free(k);
	}
}

/* A neighbour and a connection of one name are strangers. */
static void
a_neighbors_password_is_its_own(void **state)
{
	struct reason why;
	struct keystore *k;
	struct bytes b;

	(void)state;
	write_secrets("secrets = ( { connection = \"a\"; bgp_password = "
	    "\"of-a\"; }, { neighbor = \"n\"; bgp_password = \"of-n\"; } );",
	    0600);
	k = keystore_load(path, &why);
	assert_non_null(k);
	b = keystore_bgp(k, "n", KEYSTORE_NEIGHBOR);
	assert_true(b.n == 4 && memcmp(b.p, "of-n", 4) == 0);
	assert_int_equal(keystore_bgp(k, "n", 1).n, 0);
	assert_int_equal(keystore_bgp(k, "a", KEYSTORE_NEIGHBOR).n, 0);
	assert_false(keystore_has(k, KEYSTORE_PSK, "n", KEYSTORE_NEIGHBOR));
	keystore_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_taken_or_refused_with_the_place),
		cmocka_unit_test(what_is_no_file_of_roots_is_refused),
		cmocka_unit_test(auth_uses_the_key_of_the_tunnel),
		cmocka_unit_test(a_neighbors_password_is_its_own),
		cmocka_unit_test(
		    a_missing_key_is_told_by_connection_and_tunnel),
		cmocka_unit_test(a_bgp_password_is_found_and_marked_by_itself),
		cmocka_unit_test(a_ppk_is_mixed_into_each_of_three_keys),
		cmocka_unit_test(marks_tell_keys_apart_and_nothing_else),
		cmocka_unit_test(a_key_that_aws_would_not_take_is_told),
		cmocka_unit_test(a_forked_child_has_no_keys),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
