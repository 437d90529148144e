/*
 * vpnd for measurements of routes on a kernel that has neither ESP nor tunnel
 * interfaces: all of it, but that its tunnels are veths which are there
 * already, and that security associations are not installed.  IKE, BGP, the
 * channel, nexthops, groups and routes are the real ones, so packets into a
 * tunnel go in clear.
 *
 * Build: all of daemon/, with main.c compiled -Dmain=vpnd_main and the
 * functions below put in the place of theirs by the linker (--wrap).
 */
#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>

#include "daemon/nl_link.h"
#include "daemon/nl_xfrm.h"
#include "util/str.h"

int	vpnd_main(int, char **);
int	__wrap_nl_esp_probe(struct nl *, char *);
int	__wrap_nl_link_probe(struct nl *, enum kern_link_kind *, char *);
int	__wrap_nl_link_set(struct nl *, const struct kern_link *, char *);
void	__wrap_nl_link_state(struct nl *, const char *, bool *, bool *);
void	__real_nl_link_state(struct nl *, const char *, bool *, bool *);
int	__wrap_nl_link_mtu(struct nl *, const char *, uint32_t);
int	__wrap_nl_link_del(struct nl *, const char *, char *);
void	__wrap_nl_sa_add(struct nlq *, const struct kern_sa *,
	    const struct nl_op *);
void	__wrap_nl_sa_del(struct nlq *, const struct kern_sa *,
	    const struct nl_op *);

int
__wrap_nl_esp_probe(struct nl *nl, char *text)
{
	(void)nl;
	(void)text;
	return 0;
}

int
__wrap_nl_link_probe(struct nl *nl, enum kern_link_kind *kind, char *text)
{
	(void)nl;
	(void)text;
	*kind = KERN_LINK_VTI;
	return 0;
}

/* Tunnels that only IKE is to be measured with have no interface at all. */
static bool
is_idle(const char *name)
{
	return strncmp(name, "idle", 4) == 0;
}

void
__wrap_nl_link_state(struct nl *nl, const char *name, bool *exists, bool *up)
{
	__real_nl_link_state(nl, name, exists, up);
	*exists = *exists || is_idle(name);
	*up = *up || is_idle(name);
}

int
__wrap_nl_link_set(struct nl *nl, const struct kern_link *l, char *text)
{
	bool exists, up;

	__wrap_nl_link_state(nl, l->name, &exists, &up);
	if (!exists)
		str_set(text, KERN_TEXT_LEN, "no such veth");
	return exists ? 0 : ENODEV;
}

int
__wrap_nl_link_mtu(struct nl *nl, const char *name, uint32_t mtu)
{
	(void)nl;
	(void)name;
	(void)mtu;
	return 0;
}

int
__wrap_nl_link_del(struct nl *nl, const char *name, char *text)
{
	(void)nl;
	(void)name;
	(void)text;
	return 0;
}

/* A question that changes nothing, so that there is something to answer. */
static void
nothing(struct nlq *q, const struct nl_op *op)
{
	struct nlmsghdr *h = nlq_begin(q, XFRM_MSG_GETSADINFO, 0, op);
	uint32_t flags = UINT32_MAX;

	nl_put_header(h, &flags, sizeof(flags));
	nlq_end(q, h);
}

void
__wrap_nl_sa_add(struct nlq *q, const struct kern_sa *sa,
    const struct nl_op *op)
{
	(void)sa;
	nothing(q, op);
}

void
__wrap_nl_sa_del(struct nlq *q, const struct kern_sa *sa,
    const struct nl_op *op)
{
	(void)sa;
	nothing(q, op);
}

int
main(int argc, char **argv)
{
	return vpnd_main(argc, argv);
}
