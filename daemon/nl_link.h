/* Tunnel interfaces and their addresses, with libnl. */
#ifndef DAEMON_NL_LINK_H
#define DAEMON_NL_LINK_H

#include "daemon/nl.h"

#define NL_ALIAS	"vpnd:"		/* begins the alias of ours */

struct nl_sock	*nl_link_open(void);	/* NULL: errno */
/*
 * Makes the interface be as described, adopting what is there already and
 * ours.  0 or an errno with its reason in text of KERN_TEXT_LEN.
 */
int		nl_link_set(struct nl *, const struct kern_link *, unsigned vrf, char *text);
/* Of one of ours that is there; 0 or an errno, and it is as it was. */
int		nl_link_mtu(struct nl *, const char *name, uint32_t mtu);
/* VTI or XFRMI: what AUTO means here. */
enum kern_link_kind nl_link_kind(const struct nl *, const struct kern_link *);
void		nl_link_state(struct nl *, const char *name, bool *exists,
		    bool *up);
/* ENODEV when there is none; EPERM when it is not ours. */
int		nl_link_del(struct nl *, const char *name, char *text);
/* Which kind does this kernel have?  EOPNOTSUPP: none. */
int		nl_link_probe(struct nl *, enum kern_link_kind *, char *text);
/* An event about a link; false: no link message. */
bool		nl_link_event(const struct nlmsghdr *, struct kern_event *);

/* Calls each() with the name of every interface of ours. */
int		nl_link_ours(struct nl *, void (*each)(void *, const char *),
		    void *);

#endif
