/*
 * Netlink dumps for who looks at the kernel beside the daemon: SAs, and
 * counters of links.  One request and all of its answers; nothing is changed.
 */
#include "tools/nldump.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#include "util/secret.h"

#define DUMP_BUFFER	65536

static int
ask(struct mnl_socket *s, uint16_t type, size_t header, mnl_cb_t each,
    void *arg)
{
	_Alignas(8) uint8_t buf[DUMP_BUFFER] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	ssize_t n;
	int rc;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = (uint32_t)time(NULL);
	if (header > 0)
		mnl_nlmsg_put_extra_header(h, header);
	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(s, buf, sizeof(buf));
		rc = n < 0 ? MNL_CB_ERROR : mnl_cb_run(buf, (size_t)n, 0, 0,
		    each, arg);
	} while (rc > MNL_CB_STOP);
	rc = rc == MNL_CB_ERROR ? -errno : 0;
	wipe(buf, sizeof(buf));
	return rc;
}

int
nldump(int family, uint16_t type, size_t header, mnl_cb_t each, void *arg)
{
	struct mnl_socket *s = mnl_socket_open2(family, SOCK_CLOEXEC);
	int rc;

	if (s == NULL)
		return -errno;
	rc = mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno :
	    ask(s, type, header, each, arg);
	mnl_socket_close(s);
	return rc;
}
