/*
 * The secrets file, in libconfig's syntax:
 *
 *	secrets = ( { connection = "vpn-branch1"; tunnel = 1;
 *	    pre_shared_key = "..."; ppk = "..."; bgp_password = "..."; },
 *	    { neighbor = "core"; bgp_password = "..."; } );
 *
 * At least one of the three must be there; of a neighbour outside of tunnels
 * the last.  Without `tunnel` a key is for both tunnels; one that names its
 * tunnel goes before it.  Several files are as one.  Each must be a regular
 * one, owned by root or by us, without any permission for group and others.
 *
 * The engine is a fork of this process and must not inherit a key.  The table
 * lies in memory that a fork finds empty (MADV_WIPEONFORK); and since a
 * parser leaves copies in freed memory, the files are parsed in a child of its
 * own, which hands over the table and ends.
 */
#include "daemon/keystore.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/prf.h"
#include "gw/conf_scan.h"
#include "gw/psk.h"
#include "util/array.h"

#define FILE_MAX	(16u << 20)

struct octets {
	uint16_t	n;		/* 0: there are none */
	uint8_t		b[KEYSTORE_PSK_MAX];
};

struct entry {
	char		connection[KERN_SECRET_NAME];
	uint32_t	tunnel;		/* 0: both; KEYSTORE_NEIGHBOR */
	uint32_t	file, line;	/* where it stands; file from 0 */
	struct octets	keys[KEYSTORE_KINDS];
};

struct keystore {
	size_t		size;		/* of the mapping */
	size_t		n;
	struct entry	entries[];
};

/* What the parsing child leaves in shared memory. */
struct parsed {
	bool		ok;
	struct reason	why;
	size_t		n;
	struct entry	entries[KEYSTORE_MAX];
};

struct parse {
	const struct keystore_file *files;
	size_t		n;
	size_t		at;		/* the one that is read */
	struct parsed	*out;
};

static bool
fail(struct parse *p, int line, const char *key, const char *what)
{
	const char *name = p->n > 0 ? p->files[p->at].name : "";

	if (line > 0)
		reason_set(&p->out->why, "%.100s:%d: %s: %s", name, line,
		    key, what);
	else
		reason_set(&p->out->why, "%.100s: %s: %s", name, key, what);
	return false;
}

static bool
fail_at(struct parse *p, const config_setting_t *s, size_t i,
    const char *key, const char *what)
{
	char where[64];

	str_fmt(where, sizeof(where), key[0] != '\0' ? "secrets[%zu].%s" :
	    "secrets[%zu]%s", i, key);
	return fail(p, (int)config_setting_source_line(s), where, what);
}

static bool
read_connection(struct parse *p, const config_setting_t *s, size_t i,
    struct entry *e)
{
	const char *name = config_setting_get_string(s);

	if (e->tunnel == KEYSTORE_NEIGHBOR)
		return fail_at(p, s, i, "connection", "a neighbor is in none");
	if (name == NULL || name[0] == '\0')
		return fail_at(p, s, i, "connection", "must be a name");
	if (strlen(name) >= sizeof(e->connection))
		return fail_at(p, s, i, "connection", "name too long");
	str_set(e->connection, sizeof(e->connection), name);
	return true;
}

static bool
read_neighbor(struct parse *p, const config_setting_t *s, size_t i,
    struct entry *e)
{
	const char *name = config_setting_get_string(s);

	if (e->connection[0] != '\0' || e->tunnel != 0)
		return fail_at(p, s, i, "neighbor", "is outside of tunnels: "
		    "no connection and no tunnel");
	if (name == NULL || name[0] == '\0')
		return fail_at(p, s, i, "neighbor", "must be a name");
	if (strlen(name) >= sizeof(e->connection))
		return fail_at(p, s, i, "neighbor", "name too long");
	str_set(e->connection, sizeof(e->connection), name);
	e->tunnel = KEYSTORE_NEIGHBOR;
	return true;
}

static bool
read_tunnel(struct parse *p, const config_setting_t *s, size_t i,
    struct entry *e)
{
	int n = config_setting_get_int(s);

	if (e->tunnel == KEYSTORE_NEIGHBOR)
		return fail_at(p, s, i, "tunnel", "a neighbor is in none");
	if (config_setting_type(s) != CONFIG_TYPE_INT || n < 1 || n > 2)
		return fail_at(p, s, i, "tunnel", "must be 1 or 2");
	e->tunnel = (uint32_t)n;
	return true;
}

static bool
read_octets(struct parse *p, const config_setting_t *s, size_t i,
    struct octets *o, size_t most)
{
	const char *text = config_setting_get_string(s);
	size_t n = text == NULL ? 0 : strlen(text);
	char what[64];

	if (n < 1 || n > most) {
		str_fmt(what, sizeof(what),
		    "must be 1 to %zu characters in quotes", most);
		return fail_at(p, s, i, config_setting_name(s), what);
	}
	memcpy(o->b, text, n);
	o->n = (uint16_t)n;
	return true;
}

static bool
read_psk(struct parse *p, const config_setting_t *s, size_t i,
    struct entry *e)
{
	return read_octets(p, s, i, &e->keys[KEYSTORE_PSK], KEYSTORE_PSK_MAX);
}

static bool
read_bgp(struct parse *p, const config_setting_t *s, size_t i,
    struct entry *e)
{
	return read_octets(p, s, i, &e->keys[KEYSTORE_BGP], KEYSTORE_BGP_MAX);
}

/* Random octets are best written in hexadecimal. */
static bool
read_ppk(struct parse *p, const config_setting_t *s, size_t i,
    struct entry *e)
{
	const char *text = config_setting_get_string(s);
	struct octets *ppk = &e->keys[KEYSTORE_PPK];
	size_t n;

	if (text == NULL || strncmp(text, "0x", 2) != 0)
		return read_octets(p, s, i, ppk, KEYSTORE_PSK_MAX);
	if (!str_unhex(ppk->b, sizeof(ppk->b), &n, text + 2) || n == 0)
		return fail_at(p, s, i, "ppk", "behind 0x must be 1 to 256 "
		    "octets in hexadecimal");
	ppk->n = (uint16_t)n;
	return true;
}

static const struct key_row {
	const char	*name;
	bool		(*read)(struct parse *, const config_setting_t *,
			    size_t, struct entry *);
} key_rows[] = {
	{ "connection", read_connection },
	{ "neighbor", read_neighbor },
	{ "tunnel", read_tunnel },
	{ "pre_shared_key", read_psk },
	{ "ppk", read_ppk },
	{ "bgp_password", read_bgp },
};

const char *
keystore_kind_str(enum keystore_kind kind)
{
	static const char *const names[KEYSTORE_KINDS] = {
		[KEYSTORE_PSK] = "pre_shared_key", [KEYSTORE_PPK] = "ppk",
		[KEYSTORE_BGP] = "bgp_password",
	};

	return names[kind];
}

static const struct key_row *
row_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(key_rows); i++)
		if (name != NULL && strcmp(key_rows[i].name, name) == 0)
			return &key_rows[i];
	return NULL;
}

/* Nothing but TCP is between us and it. */
static bool
fits_neighbor(struct parse *p, const config_setting_t *group, size_t i,
    const struct entry *e)
{
	for (size_t k = 0; k < KEYSTORE_KINDS; k++)
		if (k != KEYSTORE_BGP && e->keys[k].n > 0)
			return fail_at(p, group, i, keystore_kind_str(
			    (enum keystore_kind)k), "is not for a neighbor");
	return e->keys[KEYSTORE_BGP].n > 0 ||
	    fail_at(p, group, i, "bgp_password", "is missing");
}

static bool
read_group(struct parse *p, const config_setting_t *group, size_t i,
    struct entry *e)
{
	if (!config_setting_is_group(group))
		return fail_at(p, group, i, "", "must be a group { ... }");
	for (unsigned k = 0; k < (unsigned)config_setting_length(group); k++) {
		const config_setting_t *s = config_setting_get_elem(group, k);
		const struct key_row *row = row_of(config_setting_name(s));

		if (row == NULL)
			return fail_at(p, s, i, config_setting_name(s),
			    "unknown key");
		if (!row->read(p, s, i, e))
			return false;
	}
	if (e->connection[0] == '\0')
		return fail_at(p, group, i, "connection", "is missing");
	if (e->tunnel == KEYSTORE_NEIGHBOR)
		return fits_neighbor(p, group, i, e);
	for (size_t k = 0; k < KEYSTORE_KINDS; k++)
		if (e->keys[k].n > 0)
			return true;
	return fail_at(p, group, i, "pre_shared_key", "is missing");
}

static int
entry_cmp(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;
	int c = strcmp(a->connection, b->connection);

	if (c != 0)
		return c;
	return (a->tunnel > b->tunnel) - (a->tunnel < b->tunnel);
}

/* Those alike in the order of the files. */
static int
entry_sort_cmp(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;
	int c = entry_cmp(a, b);

	if (c == 0)
		c = (a->file > b->file) - (a->file < b->file);
	return c != 0 ? c : (a->line > b->line) - (a->line < b->line);
}

/* Sorts for the search. */
static bool
sort_entries(struct parse *p)
{
	struct entry *e = p->out->entries;
	char what[240];

	qsort(e, p->out->n, sizeof(*e), entry_sort_cmp);
	for (size_t i = 1; i < p->out->n; i++) {
		if (entry_cmp(&e[i - 1], &e[i]) != 0)
			continue;
		str_fmt(what, sizeof(what), "two groups for %s %s",
		    e[i].tunnel == KEYSTORE_NEIGHBOR ? "neighbor" :
		    "connection", e[i].connection);
		if (e[i].tunnel != 0 && e[i].tunnel != KEYSTORE_NEIGHBOR)
			str_add(what, sizeof(what), " tunnel %u",
			    e[i].tunnel);
		str_add(what, sizeof(what), " (the first is at %.100s:%u)",
		    p->files[e[i - 1].file].name, e[i - 1].line);
		p->at = e[i].file;
		return fail(p, (int)e[i].line, "secrets", what);
	}
	return true;
}

static bool
read_list(struct parse *p, const config_t *config)
{
	const config_setting_t *root = config_root_setting(config);
	const config_setting_t *list = config_lookup(config, "secrets");
	const config_setting_t *other;
	size_t n, first = p->out->n;

	for (unsigned i = 0; i < (unsigned)config_setting_length(root); i++) {
		other = config_setting_get_elem(root, i);
		if (other != list)
			return fail(p, (int)config_setting_source_line(other),
			    config_setting_name(other), "unknown key");
	}
	if (list == NULL)
		return fail(p, 0, "secrets", "is missing");
	if (!config_setting_is_list(list))
		return fail(p, (int)config_setting_source_line(list),
		    "secrets", "must be a list ( { ... }, ... )");
	n = (size_t)config_setting_length(list);
	if (n > KEYSTORE_MAX - first)
		return fail(p, 0, "secrets", "too many keys");
	for (size_t i = 0; i < n; i++) {
		const config_setting_t *group =
		    config_setting_get_elem(list, (unsigned)i);
		struct entry *e = &p->out->entries[first + i];

		/* Keys of a file that is refused are wiped, too. */
		p->out->n = first + i + 1;
		e->file = (uint32_t)p->at;
		e->line = (uint32_t)config_setting_source_line(group);
		if (!read_group(p, group, i, e))
			return false;
	}
	return true;
}

static bool
read_text(struct parse *p, struct bytes text)
{
	struct reason why;
	config_t config;
	char *copy;
	bool ok;
	int line;

	copy = conf_scan(text, &line, &why);
	if (copy == NULL)
		return fail(p, line, "syntax", why.s);
	config_init(&config);
	if (config_read_string(&config, copy))
		ok = read_list(p, &config);
	else
		ok = fail(p, config_error_line(&config), "syntax",
		    config_error_text(&config));
	config_destroy(&config);
	free(copy);
	return ok;
}

/* The file and nobody else may know what is in it. */
const char *
keystore_file_fault(int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "must be owned by root";
	if ((st.st_mode & 077) != 0)
		return "must have no permissions for group and others "
		    "(chmod 600)";
	if ((uint64_t)st.st_size > max)
		return "too large";
	return NULL;
}

static bool
read_file(struct parse *p)
{
	int fd = open(p->files[p->at].path,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *fault;
	struct stat st;
	uint8_t *text;
	ssize_t n;

	if (fd < 0)
		return fail(p, 0, "open", strerror(errno));
	fault = keystore_file_fault(fd, FILE_MAX);
	if (fault != NULL)
		return fail(p, 0, "refused", fault);
	if (fstat(fd, &st) < 0)
		return fail(p, 0, "read", strerror(errno));
	text = malloc((size_t)st.st_size + 1);
	if (text == NULL)
		return fail(p, 0, "read", "out of memory");
	n = read(fd, text, (size_t)st.st_size);
	close(fd);
	if (n != st.st_size)
		return fail(p, 0, "read", n < 0 ? strerror(errno) :
		    "changed while it was read");
	return read_text(p, bytes_of(text, (size_t)n));
}

static bool
read_files(struct parse *p)
{
	for (; p->at < p->n; p->at++) {
		if (!read_file(p))
			return false;
	}
	return sort_entries(p);
}

/* In a child, whose memory goes away with every copy in it. */
static bool
parse_aside(struct parse *p)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return fail(p, 0, "fork", strerror(errno));
	if (pid == 0) {
		p->out->ok = read_files(p);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail(p, 0, "wait", strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return fail(p, 0, "syntax", "the parser failed");
	return p->out->ok;
}

static struct keystore *
keep(const struct entry *entries, size_t n)
{
	size_t size = sizeof(struct keystore) + n * sizeof(struct entry);
	struct keystore *k = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (k == MAP_FAILED)
		return NULL;
	if (madvise(k, size, MADV_WIPEONFORK) < 0 ||
	    madvise(k, size, MADV_DONTDUMP) < 0) {
		munmap(k, size);
		return NULL;
	}
	mlock(k, size);		/* where the limit allows it */
	k->size = size;
	k->n = n;
	if (n > 0)
		memcpy(k->entries, entries, n * sizeof(struct entry));
	return k;
}

struct keystore *
keystore_load_all(const struct keystore_file *files, size_t n,
    struct reason *why)
{
	struct parsed *out = mmap(NULL, sizeof(*out), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct parse p = { .files = files, .n = n, .out = out };
	struct keystore *k = NULL;

	if (out == MAP_FAILED) {
		reason_set(why, "secrets: memory: %s", strerror(errno));
		return NULL;
	}
	if (n == 0 || parse_aside(&p)) {
		k = keep(out->entries, out->n);
		if (k == NULL)
			fail(&p, 0, "memory", strerror(errno));
	}
	if (k == NULL)
		*why = out->why;
	wipe(out->entries, sizeof(struct entry) * out->n);
	munmap(out, sizeof(*out));
	return k;
}

struct keystore *
keystore_load(const char *path, struct reason *why)
{
	const struct keystore_file one = { .path = path, .name = path };

	return keystore_load_all(&one, 1, why);
}

void
keystore_free(struct keystore *k)
{
	size_t size;

	if (k == NULL)
		return;
	size = k->size;
	wipe(k, size);
	munmap(k, size);
}

static const struct entry *
find(const struct keystore *k, const char *connection, uint32_t tunnel)
{
	struct entry key = { .tunnel = tunnel };

	str_set(key.connection, sizeof(key.connection), connection);
	return bsearch(&key, k->entries, k->n, sizeof(key), entry_cmp);
}

/* The tunnel's own key of this kind, else its connection's; or NULL. */
static const struct octets *
find_key(const struct keystore *k, enum keystore_kind kind,
    const char *connection, uint32_t tunnel)
{
	const uint32_t where[] = { tunnel, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		const struct entry *e = i > 0 && tunnel == KEYSTORE_NEIGHBOR ?
		    NULL : find(k, connection, where[i]);

		if (e != NULL && e->keys[kind].n > 0)
			return &e->keys[kind];
	}
	return NULL;
}

bool
keystore_has(const struct keystore *k, enum keystore_kind kind,
    const char *connection, uint32_t tunnel)
{
	return find_key(k, kind, connection, tunnel) != NULL;
}

const char *
keystore_psk_fault(const struct keystore *k, const char *connection,
    uint32_t tunnel)
{
	const struct octets *o = find_key(k, KEYSTORE_PSK, connection, tunnel);
	char text[KEYSTORE_PSK_MAX + 1];
	const char *fault;

	if (o == NULL)
		return NULL;
	memcpy(text, o->b, o->n);
	text[o->n] = '\0';
	fault = psk_fault(text);
	wipe(text, sizeof(text));
	return fault;
}

struct bytes
keystore_bgp(const struct keystore *k, const char *connection,
    uint32_t tunnel)
{
	const struct octets *o = find_key(k, KEYSTORE_BGP, connection, tunnel);

	return o == NULL ? (struct bytes){ 0 } : bytes_of(o->b, o->n);
}

void
keystore_mark(const struct keystore *k, enum keystore_kind from,
    enum keystore_kind to, const char *connection, uint32_t tunnel,
    struct bytes key, uint8_t out[static CONF_MARK_LEN])
{
	static const struct octets none = { .n = 0 };
	struct bytes parts[KEYSTORE_KINDS];
	uint8_t value[PRF_MAX];
	size_t n = 0;

	/* With their lengths, so that no two lists are alike. */
	for (unsigned i = from; i <= to; i++) {
		const struct octets *o = find_key(k, (enum keystore_kind)i,
		    connection, tunnel);

		parts[n++] = bytes_of(o == NULL ? &none : o, sizeof(none));
	}
	if (prf(alg_find(ALG_PRF, PRF_HMAC_SHA2_256, 0), key, parts, n,
	    value))
		memcpy(out, value, CONF_MARK_LEN);
	wipe(value, sizeof(value));
}

int
keystore_auth(const struct keystore *k, const struct kern_auth *a,
    uint16_t *n, uint8_t value[static 3 * PRF_MAX], char *text)
{
	const struct alg *alg = alg_find(ALG_PRF, a->prf, 0);
	bool ppk = a->how == KERN_AUTH_PPK;
	enum keystore_kind kind = ppk ? KEYSTORE_PPK : KEYSTORE_PSK;
	const struct octets *key = find_key(k, kind, a->connection, a->tunnel);
	struct bytes octets = bytes_of(a->octets, a->n);
	uint8_t out[3 * PRF_MAX];
	size_t len = 0;

	if (key == NULL) {
		str_fmt(text, KERN_TEXT_LEN,
		    "no %s for connection %s tunnel %u",
		    keystore_kind_str(kind), a->connection, a->tunnel);
		return ENOKEY;
	}
	if (alg != NULL && !ppk)
		len = prf_psk_auth(alg, bytes_of(key->b, key->n), octets,
		    a->first, out);
	else if (alg != NULL && a->n <= 3 * alg->key_len &&
	    prf_ppk(alg, bytes_of(key->b, key->n), octets, out))
		len = a->n;
	if (len > 0) {
		*n = (uint16_t)len;
		memcpy(value, out, len);
	} else {
		str_fmt(text, KERN_TEXT_LEN, "PRF %u failed", a->prf);
	}
	wipe(out, sizeof(out));
	return len > 0 ? 0 : EINVAL;
}
