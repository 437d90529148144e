/*
 * What we set for the whole network namespace.  Nexthop compat mode is off:
 * with it the kernel tells of every route when a nexthop changes, for those
 * who know nothing of nexthops, and a lost tunnel takes a second instead of
 * nothing.  The hash by which multipath routes are spread is set when the
 * configuration names one.  What was there before is put back at the end.
 * It stands in a file too, a line for each with path and value, so that one
 * who starts after a crash knows what was there before all of us.
 */
#include "daemon/sysctls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* --- the file --- */

static bool
write_all(const struct sysctls *s, const char *file)
{
	FILE *f = fopen(file, "we");
	bool ok = f != NULL;

	for (unsigned i = 0; ok && i < SYSCTLS; i++) {
		if (s->was[i][0] != '\0')
			ok = fprintf(f, "%s %s\n", paths[i], s->was[i]) > 0;
	}
	return f != NULL && fclose(f) == 0 && ok;
}

static bool
is_untouched(const struct sysctls *s)
{
	for (unsigned i = 0; i < SYSCTLS; i++) {
		if (s->was[i][0] != '\0')
			return false;
	}
	return true;
}

static void
save(const struct sysctls *s)
{
	char fresh[256], quoted[LOG_QUOTE_LEN];

	if (is_untouched(s)) {
		unlink(s->file);
		return;
	}
	str_fmt(fresh, sizeof(fresh), "%s.new", s->file);
	if (!write_all(s, fresh) || rename(fresh, s->file) < 0)
		log_event(LEVEL_WARNING, "sysctls-not-kept", "file=%s why=%s",
		    s->file, log_quote(quoted, strerror(errno)));
}

void
sysctls_init(struct sysctls *s, const char *file)
{
	char line[128], *value;
	FILE *f = fopen(file, "re");

	*s = (struct sysctls){ .file = file };
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		value = strchr(line, ' ');
		if (value == NULL)
			continue;
		*value++ = '\0';
		for (unsigned i = 0; i < SYSCTLS; i++) {
			if (strcmp(line, paths[i]) == 0)
				str_set(s->was[i], sizeof(s->was[i]), value);
		}
	}
	if (f != NULL)
		fclose(f);
}

/* --- what is set --- */

static void
restore(struct sysctls *s, unsigned which)
{
	if (s->was[which][0] == '\0')
		return;
	nl_sysctl(paths[which], s->was[which], NULL, 0);
	s->was[which][0] = '\0';
	save(s);
}

/* Kept before it is changed. */
static void
set(struct sysctls *s, unsigned which, const char *value)
{
	char was[sizeof(s->was[0])], quoted[LOG_QUOTE_LEN];
	int error = nl_sysctl(paths[which], NULL, was, sizeof(was));

	if (error == 0 && strcmp(was, value) == 0)
		return;
	if (error == 0 && s->was[which][0] == '\0') {
		str_set(s->was[which], sizeof(s->was[which]), was);
		save(s);
	}
	if (error == 0)
		error = nl_sysctl(paths[which], value, NULL, 0);
	if (error == 0)
		log_event(LEVEL_INFO, "sysctl-set", "%s=%s", paths[which],
		    value);
	else if (which != HASH6)
		log_event(LEVEL_WARNING, "sysctl-failed", "%s=%s why=%s",
		    paths[which], value, log_quote(quoted, strerror(error)));
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
