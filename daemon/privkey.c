/*
 * OpenSSL leaves copies of a key wherever it works with it, and the engine is
 * a fork of this process.  So the key rests as PEM text in memory that a fork
 * finds empty (MADV_WIPEONFORK); it is checked in a child, and each signature
 * is made in a child that is given the text through a pipe, before the fork,
 * and hands back the value in shared memory.
 */
#include "daemon/privkey.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/sig.h"
#include "daemon/keystore.h"
#include "util/secret.h"

#define PEM_MAX		16384	/* RSA of 8192 bits has some 6400 octets */

_Static_assert(KERN_VALUE_MAX >= SIG_VALUE_MAX, "room for a signature");

struct privkey {
	size_t		n;
	uint8_t		pem[PEM_MAX];
};

/* What a child leaves in shared memory. */
struct left {
	bool		ok;
	struct reason	why;
	struct privkey	key;
	enum sig_method	method;
	size_t		n;
	uint8_t		value[KERN_VALUE_MAX];
};

static struct left *
left_new(void)
{
	struct left *l = mmap(NULL, sizeof(*l), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (l == MAP_FAILED)
		return NULL;
	madvise(l, sizeof(*l), MADV_DONTDUMP);
	reason_set(&l->why, "the process that works with the key failed");
	return l;
}

static void
left_free(struct left *l)
{
	wipe(l, sizeof(*l));
	munmap(l, sizeof(*l));
}

/* True: the child ended as it should. */
static bool
await(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* --- loading --- */

static bool
read_pem(int fd, struct privkey *key, struct reason *why)
{
	const char *fault = keystore_file_fault(fd, sizeof(key->pem));
	ssize_t n;

	if (fault != NULL) {
		reason_set(why, "refused: %s", fault);
		return false;
	}
	n = read(fd, key->pem, sizeof(key->pem));
	key->n = n < 0 ? 0 : (size_t)n;
	if (n < 0)
		reason_set(why, "%s", strerror(errno));
	return n >= 0;
}

static bool
check(const struct privkey *key, struct bytes certificate, struct reason *why)
{
	struct cert_chain chain = { 0 };
	struct sig_key *k;
	bool ok;

	k = sig_key_load(bytes_of(key->pem, key->n), why);
	ok = k != NULL && cert_chain_read_pem(&chain, certificate, why);
	if (ok && !sig_key_matches(k, chain.cert[0])) {
		reason_set(why, "is not the key of the certificate");
		ok = false;
	}
	cert_chain_fini(&chain);
	sig_key_free(k);
	return ok;
}

static void __attribute__((noreturn))
load_child(const char *path, struct bytes certificate, struct left *l)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		reason_set(&l->why, "%s", strerror(errno));
	l->ok = fd >= 0 && read_pem(fd, &l->key, &l->why) &&
	    check(&l->key, certificate, &l->why);
	_exit(0);
}

static struct privkey *
keep(const struct privkey *from)
{
	struct privkey *k = mmap(NULL, sizeof(*k), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (k == MAP_FAILED)
		return NULL;
	if (madvise(k, sizeof(*k), MADV_WIPEONFORK) < 0 ||
	    madvise(k, sizeof(*k), MADV_DONTDUMP) < 0) {
		munmap(k, sizeof(*k));
		return NULL;
	}
	mlock(k, sizeof(*k));		/* where the limit allows it */
	memcpy(k, from, sizeof(*k));
	return k;
}

struct privkey *
privkey_load(const char *path, struct bytes certificate, struct reason *why)
{
	struct left *l = left_new();
	struct privkey *k = NULL;
	pid_t pid;

	if (l == NULL) {
		reason_set(why, "memory: %s", strerror(errno));
		return NULL;
	}
	pid = fork();
	if (pid == 0)
		load_child(path, certificate, l);
	if (pid < 0)
		reason_set(&l->why, "fork: %s", strerror(errno));
	else if (await(pid) && l->ok && (k = keep(&l->key)) == NULL)
		reason_set(&l->why, "memory: %s", strerror(errno));
	*why = l->why;
	left_free(l);
	return k;
}

void
privkey_free(struct privkey *k)
{
	if (k == NULL)
		return;
	wipe(k, sizeof(*k));
	munmap(k, sizeof(*k));
}

/* --- signing --- */

static void __attribute__((noreturn))
sign_child(int fd, const struct kern_auth *a, struct left *l)
{
	struct wr w = wr_of(l->value, sizeof(l->value));
	struct sig_key *k = NULL;
	ssize_t n = read(fd, l->key.pem, sizeof(l->key.pem));

	if (n > 0)
		k = sig_key_load(bytes_of(l->key.pem, (size_t)n), &l->why);
	l->ok = k != NULL && sig_sign(k, a->hashes,
	    a->rsa_pss ? SIG_RSA_PSS : 0, bytes_of(a->octets, a->n),
	    &l->method, &w, NULL, &l->why);
	l->n = w.n;
	_exit(0);
}

/* The text waits in the pipe, which has room for it, when the child is born. */
static bool
sign_aside(const struct privkey *k, const struct kern_auth *a, struct left *l)
{
	int fd[2];
	pid_t pid = -1;
	bool whole;

	if (pipe2(fd, O_CLOEXEC) < 0) {
		reason_set(&l->why, "pipe: %s", strerror(errno));
		return false;
	}
	whole = write(fd[1], k->pem, k->n) == (ssize_t)k->n;
	close(fd[1]);
	if (whole)
		pid = fork();
	if (pid == 0)
		sign_child(fd[0], a, l);
	close(fd[0]);
	if (pid < 0)
		reason_set(&l->why, "fork: %s", strerror(errno));
	return pid > 0 && await(pid) && l->ok;
}

int
privkey_sign(const struct privkey *k, const struct kern_auth *a,
    uint8_t *method, uint16_t *n, uint8_t value[static KERN_VALUE_MAX],
    char *text)
{
	struct left *l = left_new();
	bool ok;

	if (l == NULL) {
		str_set(text, KERN_TEXT_LEN, strerror(errno));
		return ENOMEM;
	}
	ok = sign_aside(k, a, l) && l->n <= KERN_VALUE_MAX;
	if (ok) {
		*method = (uint8_t)l->method;
		*n = (uint16_t)l->n;
		memcpy(value, l->value, l->n);
	} else {
		str_set(text, KERN_TEXT_LEN, l->why.s);
	}
	left_free(l);
	return ok ? 0 : EINVAL;
}
