/*
 * Verifying needs no file: a process that gave up files before anything of
 * OpenSSL had been used, as the engine does, checks a chain and a signature of
 * each kind of key.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "crypto/trust.h"
#include "unit/sig_pair.h"
#include "util/array.h"

static int
forbid_files(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_open, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_fprog program = { ARRAY_SIZE(code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/*
 * A process that was started before anything of OpenSSL had been used, did
 * crypto_init() and gave up files, like the engine.  It gets what it is to
 * verify through a pipe, piece by piece, and ends with the verdict.
 */
static struct {
	pid_t		pid;
	int		fd;
} engine;

#define ENGINE_KEYS	4

static struct bytes
receive(int fd)
{
	uint16_t n;
	uint8_t *p;

	if (read(fd, &n, sizeof(n)) != sizeof(n) || (p = malloc(n)) == NULL)
		_exit(10);
	for (size_t got = 0; got < n;) {
		ssize_t k = read(fd, p + got, n - got);

		if (k <= 0)
			_exit(11);
		got += (size_t)k;
	}
	return bytes_of(p, n);
}

static void
send_piece(struct bytes b)
{
	uint16_t n = (uint16_t)b.n;

	assert_int_equal(write(engine.fd, &n, sizeof(n)), sizeof(n));
	assert_int_equal(write(engine.fd, b.p, b.n), b.n);
}

static int
verify_all(int fd)
{
	struct trust_policy policy = { .crl = TRUST_CRL_IF_ANY };
	struct trust *t = trust_new();
	struct trust_verdict verdict;
	struct cert_chain chain;
	struct reason why;
	struct bytes der;

	if (!trust_add_pem(t, receive(fd), &why))
		return 2;
	der = receive(fd);
	if (!cert_chain_read(&chain, &der, 1, &why) ||
	    !trust_verify(t, &chain, CA_NOW, &policy, &verdict))
		return 3;
	for (size_t i = 0; i < ENGINE_KEYS; i++) {
		struct cert *c = cert_read(receive(fd), &why);

		if (c == NULL || !sig_verify(c, 14, receive(fd), octets(), 0,
		    NULL, &why))
			return 4;
	}
	return 0;
}

static void
start_engine(void)
{
	int fds[2];

	if (pipe(fds) != 0 || (engine.pid = fork()) < 0)
		abort();
	engine.fd = fds[1];
	if (engine.pid == 0) {
		close(fds[1]);
		_exit(!crypto_init() ? 12 : !forbid_files() ? 13 :
		    verify_all(fds[0]));
	}
	close(fds[0]);
}

static void
verifying_needs_no_file(void **state)
{
	static const char *const names[ENGINE_KEYS] = { "RSA-2048", "P-384",
	    "ED25519", "ED448" };
	struct made root = ca_make(&(struct made_spec){ .subject = "CN=root",
	    .key = "RSA-2048/2", .basic = "CA:TRUE" });
	struct made leaf = ca_make(&(struct made_spec){ .subject = "CN=gw",
	    .key = "P-256", .issuer = &root });
	struct bytes pem = made_pem((const struct made *[]){ &root }, 1);
	struct bytes der = made_der(&leaf);
	int status;

	(void)state;
	send_piece(pem);
	send_piece(der);
	for (size_t i = 0; i < ENGINE_KEYS; i++) {
		struct pair p = pair_new(names[i]);
		uint8_t buf[SIG_VALUE_MAX];
		struct wr w = wr_of(buf, sizeof(buf));
		enum sig_method m;
		struct reason why;

		assert_true(sig_sign(p.key, ALL, SIG_RSA_PSS, octets(), &m,
		    &w, NULL, &why));
		send_piece(cert_der(p.cert));
		send_piece(wr_done(&w));
		pair_free(&p);
	}
	assert_int_equal(waitpid(engine.pid, &status, 0), engine.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	OPENSSL_free((void *)(uintptr_t)der.p);
	ca_free(pem);
	made_fini(&leaf);
	made_fini(&root);
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifying_needs_no_file),
	};

	signal(SIGPIPE, SIG_IGN);
	start_engine();
	return cmocka_run_group_tests(tests, setup, NULL);
}
