/*
 * The record begins with a magic and its version; what has another version is
 * not read.  Then nothing is known of what is open either: all of it is closed,
 * and the start is an ordinary one, which finds in the kernel what is ours and
 * removes what is not stated again.
 *
 *	| "vpnd" | version (4) | pid (4) | restarts (4) | engines (8) |
 *	| descriptors (4 each) | keys of tickets | length (4) | records |
 *
 * The memory file cannot change its size.  It is not sealed against writing,
 * since who reads it wipes it; nobody else has it.
 */
#include "daemon/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gw/gw.h"

#define MAGIC		"vpnd"
#define HEAD		(4 + 4 + 4 + 4 + 8)
#define FDS		(2 + ENGINE_UDP_N * SIEVE_CLASSES)
#define KEYS		(4 + 8 + 2 * 4 + 4 * TICKET_KEY)
#define FIRST_FD	3
#define SEALS		(F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

void
handover_versions(char buf[static HANDOVER_VERSIONS])
{
	char kept[GW_KEPT_VERSION];

	gw_kept_version(kept);
	str_fmt(buf, HANDOVER_VERSIONS, "%d.%s", HANDOVER_VERSION, kept);
}

/* --- octets --- */

size_t
handover_size(const struct handover *h)
{
	return HEAD + FDS * 4 + KEYS + 4 + h->kept.n;
}

static void
put_keys(struct wr *w, const struct handover *h)
{
	const struct ticket_keys *k = &h->keys;

	wr_u32(w, k->epoch);
	wr_u64(w, (uint64_t)k->turn_at.ns);
	for (int i = 0; i < 2; i++) {
		wr_u32(w, k->name[i]);
		wr_bytes(w, bytes_of(k->key[i], TICKET_KEY));
	}
	wr_bytes(w, bytes_of(k->next, TICKET_KEY));
	wr_bytes(w, bytes_of(h->mark_key, TICKET_KEY));
}

static void
get_keys(struct rd *r, struct handover *h)
{
	struct ticket_keys *k = &h->keys;

	k->epoch = rd_u32(r);
	k->turn_at.ns = (int64_t)rd_u64(r);
	for (int i = 0; i < 2; i++) {
		k->name[i] = rd_u32(r);
		rd_copy(r, k->key[i], TICKET_KEY);
	}
	rd_copy(r, k->next, TICKET_KEY);
	rd_copy(r, h->mark_key, TICKET_KEY);
}

/* The i-th descriptor, or NULL. */
static int32_t *
fd_at(struct handover *h, size_t i)
{
	if (i < 2)
		return i == 0 ? &h->pid_file : &h->ctl;
	i -= 2;
	return i < (size_t)ENGINE_UDP_N * SIEVE_CLASSES ?
	    &h->udp[i / SIEVE_CLASSES][i % SIEVE_CLASSES] : NULL;
}

void
handover_encode(const struct handover *h, struct wr *w)
{
	struct handover copy = *h;

	wr_bytes(w, bytes_str(MAGIC));
	wr_u32(w, HANDOVER_VERSION);
	wr_u32(w, (uint32_t)getpid());
	wr_u32(w, h->restarts);
	wr_u64(w, h->engines);
	for (size_t i = 0; fd_at(&copy, i) != NULL; i++)
		wr_u32(w, (uint32_t)*fd_at(&copy, i));
	put_keys(w, h);
	wr_u32(w, (uint32_t)h->kept.n);
	wr_bytes(w, h->kept);
	wipe(&copy, sizeof(copy));
}

static bool
no(struct reason *why, const char *text)
{
	reason_set(why, "%s", text);
	return false;
}

bool
handover_decode(struct bytes b, struct handover *out, struct reason *why)
{
	struct rd r = rd_of(b);
	struct bytes magic = rd_bytes(&r, strlen(MAGIC));
	uint32_t version = rd_u32(&r), pid = rd_u32(&r);
	struct handover h = { 0 };

	why->s[0] = '\0';
	if (r.bad || memcmp(magic.p, MAGIC, magic.n) != 0)
		return no(why, "what was handed over is no record of vpnd's");
	if (version != HANDOVER_VERSION) {
		reason_set(why, "what was handed over has version %u, this "
		    "vpnd reads %d", (unsigned)version, HANDOVER_VERSION);
		return false;
	}
	h.restarts = rd_u32(&r);
	h.engines = rd_u64(&r);
	for (size_t i = 0; fd_at(&h, i) != NULL; i++) {
		*fd_at(&h, i) = (int32_t)rd_u32(&r);
		r.bad |= *fd_at(&h, i) < -1 || (*fd_at(&h, i) >= 0 &&
		    *fd_at(&h, i) < FIRST_FD);
	}
	get_keys(&r, &h);
	h.kept = rd_bytes(&r, rd_u32(&r));
	if (rd_done(&r) && pid == (uint32_t)getpid() && h.keys.epoch != 0 &&
	    h.pid_file >= 0 && h.ctl >= 0)
		*out = h;
	else
		no(why, pid != (uint32_t)getpid() && !r.bad ?
		    "what was handed over is another process's" :
		    "what was handed over is malformed");
	wipe(&h, sizeof(h));
	return why->s[0] == '\0';
}

/* --- over execve(2) --- */

static void
inherit(const struct handover *h, bool yes)
{
	struct handover copy = *h;

	for (size_t i = 0; fd_at(&copy, i) != NULL; i++) {
		if (*fd_at(&copy, i) >= 0)
			fcntl(*fd_at(&copy, i), F_SETFD, yes ? 0 : FD_CLOEXEC);
	}
	wipe(&copy, sizeof(copy));
}

/* A new memory file with that.  -errno. */
static int
file_of(const struct handover *h)
{
	size_t n = handover_size(h);
	int fd = memfd_create("vpnd.handover", MFD_CLOEXEC |
	    MFD_ALLOW_SEALING);
	struct wr w;
	void *p;

	if (fd < 0)
		return -errno;
	p = n > HANDOVER_MAX || ftruncate(fd, (off_t)n) < 0 ? MAP_FAILED :
	    mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		n = n > HANDOVER_MAX ? EFBIG : (size_t)errno;
		close(fd);
		return -(int)n;
	}
	w = wr_of(p, n);
	handover_encode(h, &w);
	munmap(p, n);
	fcntl(fd, F_ADD_SEALS, SEALS);
	return fd;
}

int
handover_put(const struct handover *h)
{
	char number[16];
	int fd = file_of(h);

	if (fd < 0)
		return fd;
	str_fmt(number, sizeof(number), "%d", fd);
	if (close_range(FIRST_FD, ~0u, CLOSE_RANGE_CLOEXEC) < 0 ||
	    setenv(HANDOVER_ENV, number, 1) < 0) {
		handover_undo(h, fd);
		return -errno;
	}
	inherit(h, true);
	fcntl(fd, F_SETFD, 0);
	return fd;
}

static void
wipe_file(int fd)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) == 0 && st.st_size > 0) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
		if (p != MAP_FAILED) {
			wipe(p, (size_t)st.st_size);
			munmap(p, (size_t)st.st_size);
		}
	}
	close(fd);
}

void
handover_undo(const struct handover *h, int fd)
{
	int error = errno;

	unsetenv(HANDOVER_ENV);
	inherit(h, false);
	wipe_file(fd);
	errno = error;
}

/* Only what we have made ourselves is such a file. */
static bool
is_ours(int fd, struct stat *st)
{
	int seals = fcntl(fd, F_GET_SEALS);	/* the system may add some */

	return seals >= 0 && (seals & SEALS) == SEALS && fstat(fd, st) == 0 &&
	    st->st_size > 0 && st->st_size <= (off_t)HANDOVER_MAX;
}

static uint8_t *
octets_of(int fd, size_t n)
{
	uint8_t *copy = malloc(n);
	void *p;

	if (copy == NULL)
		return NULL;
	p = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		free(copy);
		return NULL;
	}
	mlock(copy, n);		/* where the limit allows */
	memcpy(copy, p, n);
	munmap(p, n);
	return copy;
}

static bool
are_open(const struct handover *h)
{
	struct handover copy = *h;
	bool open = true;

	for (size_t i = 0; fd_at(&copy, i) != NULL; i++) {
		if (*fd_at(&copy, i) >= 0)
			open &= fcntl(*fd_at(&copy, i), F_GETFD) >= 0;
	}
	wipe(&copy, sizeof(copy));
	return open;
}

enum handover_found
handover_take(struct handover *out, struct bytes *octets, struct reason *why)
{
	const char *number = getenv(HANDOVER_ENV);
	int fd = number == NULL ? -1 : (int)strtol(number, NULL, 10);
	uint8_t *copy;
	struct stat st;
	bool ok;

	unsetenv(HANDOVER_ENV);
	/* Somebody else's variable, and somebody else's descriptors. */
	if (fd < FIRST_FD || !is_ours(fd, &st))
		return HANDOVER_NONE;
	copy = octets_of(fd, (size_t)st.st_size);
	wipe_file(fd);
	if (copy == NULL)
		ok = no(why, "there is no memory for what was handed over");
	else
		ok = handover_decode(bytes_of(copy, (size_t)st.st_size), out,
		    why);
	if (ok && !are_open(out)) {
		wipe(out, sizeof(*out));
		ok = no(why, "a descriptor that was handed over is not open");
	}
	if (ok) {
		inherit(out, false);
		*octets = bytes_of(copy, (size_t)st.st_size);
		return HANDOVER_TAKEN;
	}
	if (copy != NULL)
		wipe(copy, (size_t)st.st_size);
	free(copy);
	close_range(FIRST_FD, ~0u, 0);
	return HANDOVER_USELESS;
}

void
handover_end(struct handover *h, struct bytes octets)
{
	uint8_t *p = (uint8_t *)(uintptr_t)octets.p;

	if (p != NULL)
		wipe(p, octets.n);
	free(p);
	wipe(h, sizeof(*h));
}
