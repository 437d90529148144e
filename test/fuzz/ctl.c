/*
 * Lines as a hostile client of the control socket sends them: a request that
 * fits its command, or one printable reason and nothing touched.
 */
#include <stdlib.h>
#include <string.h>

#include "gw/ctl.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

/* Of a connection or tunnel, an address, or who called from a prefix. */
static bool
is_name(const char *s)
{
	char connection[CONF_NAME_LEN], prefix[CONF_OBJECT_LEN];
	const char *at = strchr(s, '@');
	struct addr a;
	unsigned tunnel;

	if (at == NULL)
		return ctl_name(s, connection, &tunnel) || addr_parse(&a, s);
	memcpy(prefix, s, (size_t)(at - s));
	prefix[at - s] = '\0';
	return ctl_name(prefix, connection, &tunnel) && tunnel == 0 &&
	    addr_parse(&a, at + 1);
}

static void
check_request(const struct ctl_request *r)
{

	require((unsigned)r->command < CTL_COMMANDS);
	require(strcmp(ctl_command_str(r->command), "unknown") != 0);
	require(r->what == CTL_WHAT_CHILD || (r->what == CTL_WHAT_IKE &&
	    r->command == CTL_REKEY));
	require(r->name[0] == '\0' || is_name(r->name));
	require(r->name[0] == '\0' || (r->command != CTL_RELOAD &&
	    r->command != CTL_ROUTES));
}

static void
check_name(const uint8_t *p, size_t n)
{
	char connection[CONF_NAME_LEN], text[CONF_NAME_LEN + 8], again[64];
	unsigned tunnel;

	if (n >= sizeof(text))
		return;
	memcpy(text, p, n);
	text[n] = '\0';
	if (!ctl_name(text, connection, &tunnel))
		return;
	if (tunnel == 0)
		str_set(again, sizeof(again), connection);
	else
		str_fmt(again, sizeof(again), "%s/%u", connection, tunnel);
	require(strcmp(again, text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ctl_request r, was;
	struct reason why = { "" };

	memset(&r, 0x5a, sizeof(r));
	was = r;
	if (n > 0)
		check_name(p, n);
	if (ctl_parse(bytes_of(p, n), &r, &why)) {
		check_request(&r);
		return 0;
	}
	require(memcmp(&r, &was, sizeof(r)) == 0);
	require(why.s[0] != '\0');
	for (const char *c = why.s; *c != '\0'; c++)
		require(*c >= ' ' && *c <= '~');
	return 0;
}
