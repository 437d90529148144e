/*
 * What we set for the whole network namespace.  Nexthop compat mode is off:
 * with it the kernel tells of every route when a nexthop changes, for those
 * who know nothing of nexthops, and a lost tunnel takes a second instead of
 * nothing.  The hash by which multipath routes are spread is set when the
 * configuration names one.  What was there before is put back at the end.
 */
#include "daemon/sysctls.h"

#include <string.h>

#include "daemon/log.h"
#include "daemon/nl_inside.h"
#include "util/str.h"

enum {
	COMPAT,
	HASH4,
	HASH6,
};

static const char *const paths[SYSCTLS] = {
	[COMPAT] = "net/ipv4/nexthop_compat_mode",
	[HASH4] = "net/ipv4/fib_multipath_hash_policy",
	[HASH6] = "net/ipv6/fib_multipath_hash_policy",
};

static void
restore(struct sysctls *s, unsigned which)
{
	if (s->was[which][0] != '\0')
		nl_sysctl(paths[which], s->was[which], NULL, 0);
	s->was[which][0] = '\0';
}

static void
set(struct sysctls *s, unsigned which, const char *value)
{
	char was[sizeof(s->was[0])], quoted[LOG_QUOTE_LEN];
	int error = nl_sysctl(paths[which], value, was, sizeof(was));

	if (error != 0 && which != HASH6)
		log_event(LEVEL_WARNING, "sysctl-failed", "%s=%s why=%s",
		    paths[which], value, log_quote(quoted, strerror(error)));
	if (error != 0 || strcmp(was, value) == 0)
		return;
	if (s->was[which][0] == '\0')
		str_set(s->was[which], sizeof(s->was[which]), was);
	log_event(LEVEL_INFO, "sysctl-set", "%s=%s", paths[which], value);
}

void
sysctls_set(struct sysctls *s, const struct conf *conf)
{
	static const char *const hashes[] = {
		[CONF_HASH_LAYER3] = "0", [CONF_HASH_LAYER4] = "1",
		[CONF_HASH_INNER] = "2",
	};

	set(s, COMPAT, "0");
	for (unsigned i = HASH4; i <= HASH6; i++) {
		if (conf->hash == CONF_HASH_SYSTEM)
			restore(s, i);
		else
			set(s, i, hashes[conf->hash]);
	}
}

void
sysctls_restore(struct sysctls *s)
{
	for (unsigned i = 0; i < SYSCTLS; i++)
		restore(s, i);
}
