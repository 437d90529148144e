/* The graceful restart capability (RFC 4724 section 3, RFC 8538 section 3). */
#ifndef BGP_CAP_RESTART_H
#define BGP_CAP_RESTART_H

#include "util/bytes.h"

#define CAP_RESTART_MOST	4095	/* seconds that it can say */

struct cap_restart {
	bool		there;
	bool		restarted;	/* R: the speaker has restarted */
	bool		notify;		/* N: also after a NOTIFICATION */
	uint16_t	seconds;	/* until it is there again, at most */
	uint8_t		families;	/* listed: OPEN_IPV4 | OPEN_IPV6 */
	uint8_t		forwards;	/* of those, F: state was preserved */
};

/* The value of the capability; false: its length cannot be right. */
bool	cap_restart_get(struct cap_restart *, struct rd *);
void	cap_restart_put(struct wr *, const struct cap_restart *);

#endif
