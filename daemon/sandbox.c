/*
 * The sandboxes are tables of system calls.  The engine's says what is allowed:
 * all that it needs was opened for it or comes with a message, so that it never
 * names a file, an address or a process.  The fetcher's says what is not, since
 * the C library's look-up of names does what it likes.
 *
 * What is forbidden fails with EPERM rather than kill: a library's harmless
 * question, which nobody thought of, must not end every tunnel.  Calls of
 * another architecture (x32, i386) kill; libseccomp sees to that.
 */
#include "daemon/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "util/array.h"

#define FORBID	SCMP_ACT_ERRNO(EPERM)

/* A call, and what an argument has to be for the rule to apply. */
struct call {
	int		nr;
	struct scmp_arg_cmp arg;	/* op 0: whatever it is */
};

#define CALL(name)	{ .nr = SCMP_SYS(name) }
/* Of memory that is not to be executed. */
#define DATA(name)	{ SCMP_SYS(name),				\
    SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) }
/* Of itself. */
#define SELF(name)	{ SCMP_SYS(name), SCMP_A0_64(SCMP_CMP_EQ, 0) }

static const struct call engine[] = {
	/* descriptors that it has, or is sent by the monitor */
	CALL(read), CALL(write), CALL(writev), CALL(close), CALL(lseek),
	CALL(fstat), CALL(fcntl), CALL(accept4), CALL(shutdown),
	CALL(recvfrom), CALL(recvmsg), CALL(recvmmsg),
	CALL(sendto), CALL(sendmsg), CALL(sendmmsg),
	CALL(getsockopt), CALL(setsockopt), CALL(getsockname),
	CALL(getpeername),
	CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_wait),
	CALL(epoll_pwait), CALL(poll), CALL(ppoll),
#ifdef __NR_newfstatat
	CALL(newfstatat),		/* fstat() of later C libraries */
#endif
	/* memory */
	CALL(brk), DATA(mmap), DATA(mprotect), CALL(munmap), CALL(mremap),
	CALL(madvise), CALL(futex), CALL(membarrier),
	/* time, randomness, itself */
	CALL(clock_gettime), CALL(clock_getres), CALL(gettimeofday),
	CALL(clock_nanosleep), CALL(nanosleep), CALL(sched_yield),
	CALL(sched_getaffinity), CALL(getrandom), CALL(getpid),
	CALL(gettid), CALL(getuid), CALL(geteuid), CALL(getgid),
	CALL(getegid), CALL(getrusage), SELF(prlimit64),
	/* signals that it gets, and its end */
	CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn),
	CALL(sigaltstack), CALL(restart_syscall), CALL(exit),
	CALL(exit_group),
};

static const struct call fetcher[] = {
	CALL(kill), CALL(tkill), CALL(tgkill), CALL(rt_sigqueueinfo),
	CALL(rt_tgsigqueueinfo), CALL(pidfd_send_signal),
	CALL(pidfd_open), CALL(ptrace), CALL(process_vm_readv),
	CALL(process_vm_writev), CALL(execve), CALL(execveat),
	CALL(socketpair), CALL(setpriority), CALL(unshare), CALL(setns),
	CALL(io_uring_setup), CALL(bpf), CALL(perf_event_open),
	CALL(userfaultfd), CALL(keyctl), CALL(add_key), CALL(request_key),
	/* limits, but of itself only */
	{ SCMP_SYS(prlimit64), SCMP_A0_64(SCMP_CMP_NE, 0) },
};

/* netlink: the look-up of names asks for our addresses. */
static const int families[] = { AF_INET, AF_INET6, AF_NETLINK };

static const struct {
	uint32_t	otherwise;	/* what is in no rule */
	uint32_t	listed;
	const struct call *calls;
	size_t		n;
} sandboxes[] = {
	[SANDBOX_ENGINE] =
	    { FORBID, SCMP_ACT_ALLOW, engine, ARRAY_SIZE(engine) },
	[SANDBOX_FETCHER] =
	    { SCMP_ACT_ALLOW, FORBID, fetcher, ARRAY_SIZE(fetcher) },
};

static int
add_calls(scmp_filter_ctx filter, enum sandbox which)
{
	int error = 0;

	for (size_t i = 0; i < sandboxes[which].n && error == 0; i++) {
		const struct call *c = &sandboxes[which].calls[i];

		error = seccomp_rule_add_array(filter,
		    sandboxes[which].listed, c->nr, c->arg.op != 0, &c->arg);
	}
	return error;
}

static bool
is_family(int f)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		if (families[i] == f)
			return true;
	}
	return false;
}

/* A rule for each that is not: one call's rules are alternatives. */
static int
forbid_families(scmp_filter_ctx filter)
{
	int error = seccomp_rule_add(filter, FORBID, SCMP_SYS(socket), 1,
	    SCMP_A0_64(SCMP_CMP_GE, AF_MAX));

	for (int f = 0; f < AF_MAX && error == 0; f++) {
		if (!is_family(f))
			error = seccomp_rule_add(filter, FORBID,
			    SCMP_SYS(socket), 1,
			    SCMP_A0_64(SCMP_CMP_EQ, (uint64_t)f));
	}
	return error;
}

int
sandbox_lock(enum sandbox which)
{
	scmp_filter_ctx filter = seccomp_init(sandboxes[which].otherwise);
	int error;

	if (filter == NULL)
		return -ENOMEM;
	error = add_calls(filter, which);
	if (error == 0 && which == SANDBOX_FETCHER)
		error = forbid_families(filter);
	if (error == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}
