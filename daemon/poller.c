/* epoll with the owner of each descriptor packed into its data word. */
#include "daemon/poller.h"

#include <errno.h>
#include <sys/epoll.h>

int
poller_open(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);

	return ep < 0 ? -errno : ep;
}

static int
control(int ep, int op, int fd, enum poller_kind kind, uint32_t number,
    uint32_t events)
{
	struct epoll_event e = {
		.events = events,
		.data.u64 = (uint64_t)kind << 32 | number,
	};

	return epoll_ctl(ep, op, fd, &e) < 0 ? -errno : 0;
}

int
poller_add(int ep, int fd, enum poller_kind kind, uint32_t number)
{
	return control(ep, EPOLL_CTL_ADD, fd, kind, number, EPOLLIN);
}

int
poller_want_write(int ep, int fd, enum poller_kind kind, uint32_t number,
    bool want)
{
	return control(ep, EPOLL_CTL_MOD, fd, kind, number,
	    EPOLLIN | (want ? EPOLLOUT : 0));
}

int
poller_wait(int ep, struct poller_event ev[static POLLER_EVENTS],
    int timeout_ms)
{
	struct epoll_event got[POLLER_EVENTS];
	int n = epoll_wait(ep, got, POLLER_EVENTS, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		ev[i] = (struct poller_event){
			.kind = (enum poller_kind)(got[i].data.u64 >> 32),
			.number = (uint32_t)got[i].data.u64,
			.in = (got[i].events & EPOLLIN) != 0,
			.out = (got[i].events & EPOLLOUT) != 0,
			.hup = (got[i].events & (EPOLLHUP | EPOLLERR)) != 0,
		};
	}
	return n;
}
