/*
 * What we set for the whole network namespace, and of interfaces that are not
 * ours.  Nexthop compat mode is off:
 * with it the kernel tells of every route when a nexthop changes, for those
 * who know nothing of nexthops, and a lost tunnel takes a second instead of
 * nothing.  The hash by which multipath routes are spread is set when the
 * configuration names one, and forwarding of interfaces when it says so.
 * What was there before is put back at the end.
 * It stands in a file too, a line for each with path and value, so that one
 * who starts after a crash knows what was there before all of us.
 */
#include "daemon/sysctls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/nl_inside.h"
#include "util/array.h"
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
	for (size_t i = 0; ok && i < s->of_n; i++)
		ok = fprintf(f, "%s %s\n", s->of[i].path, s->of[i].was) > 0;
	return f != NULL && fclose(f) == 0 && ok;
}

static bool
is_untouched(const struct sysctls *s)
{
	for (unsigned i = 0; i < SYSCTLS; i++) {
		if (s->was[i][0] != '\0')
			return false;
	}
	return s->of_n == 0;
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

/* --- of interfaces --- */

static const char *const forwardings[] = {
	"net/ipv4/conf/", "net/ipv6/conf/",
};

static size_t
of_find(const struct sysctls *s, const char *path)
{
	size_t i = 0;

	while (i < s->of_n && strcmp(s->of[i].path, path) != 0)
		i++;
	return i;
}

static bool
of_add(struct sysctls *s, const char *path, const char *was)
{
	struct sysctl_of *more = realloc(s->of, (s->of_n + 1) *
	    sizeof(*more));

	if (more == NULL)
		return false;
	s->of = more;
	str_set(more[s->of_n].path, sizeof(more[0].path), path);
	str_set(more[s->of_n].was, sizeof(more[0].was), was);
	s->of_n++;
	return true;
}

/* Kept before it is changed. */
static void
of_set(struct sysctls *s, const char *path)
{
	char was[sizeof(s->of[0].was)];

	if (nl_sysctl(path, NULL, was, sizeof(was)) != 0 ||
	    strcmp(was, "1") == 0)
		return;
	if (of_find(s, path) == s->of_n) {
		if (!of_add(s, path, was))
			return;
		save(s);
	}
	if (nl_sysctl(path, "1", NULL, 0) == 0)
		log_event(LEVEL_INFO, "sysctl-set", "%s=1", path);
}

static void
of_restore(struct sysctls *s, size_t i)
{
	if (i == s->of_n)
		return;
	nl_sysctl(s->of[i].path, s->of[i].was, NULL, 0);
	s->of[i] = s->of[--s->of_n];
	save(s);
}

void
sysctls_forward(struct sysctls *s, const char *ifname, bool on)
{
	char path[sizeof(s->of[0].path)];

	for (size_t i = 0; i < ARRAY_SIZE(forwardings); i++) {
		str_fmt(path, sizeof(path), "%s%s/forwarding",
		    forwardings[i], ifname);
		if (on)
			of_set(s, path);
		else
			of_restore(s, of_find(s, path));
	}
}

/* A line of the file that is about one of these. */
static void
of_line(struct sysctls *s, const char *path, const char *was)
{
	for (size_t i = 0; i < ARRAY_SIZE(forwardings); i++) {
		if (strncmp(path, forwardings[i],
		    strlen(forwardings[i])) == 0)
			of_add(s, path, was);
	}
}

/* --- all of them --- */

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
		of_line(s, line, value);
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
	while (s->of_n > 0)
		of_restore(s, 0);
	free(s->of);
	s->of = NULL;
}
