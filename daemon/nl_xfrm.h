/* Security associations and policies over XFRM netlink. */
#ifndef DAEMON_NL_XFRM_H
#define DAEMON_NL_XFRM_H

#include "daemon/nl.h"

/* Into the queue, which must have room. */
void		nl_sa_add(struct nlq *, const struct kern_sa *,
		    const struct nl_op *);
void		nl_sa_del(struct nlq *, const struct kern_sa *,
		    const struct nl_op *);
void		nl_policy_set(struct nlq *, const struct kern_policy *,
		    const struct nl_op *);
void		nl_policy_del(struct nlq *, const struct kern_policy *,
		    const struct nl_op *);

/*
 * Moves an SA to the outer addresses and ports of `to`, with its keys,
 * limits, counters and replay state.  Answers before it returns: 0 or an
 * errno, with the reason in text of KERN_TEXT_LEN.
 */
int		nl_sa_path(struct nl *, const struct nl_sa *from,
		    const struct nl_sa *to, char *text);
/* Can this kernel do ESP?  Adds a throw-away SA and deletes it. */
int		nl_esp_probe(struct nl *, char *text);

/* An XFRM event as ours; false: not about anything of ours. */
bool		nl_xfrm_event(const struct nlmsghdr *, struct kern_event *);

/* What dumps yield: identity of an SA or policy; false: not ours. */
bool		nl_sa_parse(const struct nlmsghdr *, struct kern_sa *);
bool		nl_policy_parse(const struct nlmsghdr *,
		    struct kern_policy *);

/* Is this reqid, if_id, mark or nexthop id from our range? */
bool		nl_is_ours(uint32_t id);

#endif
