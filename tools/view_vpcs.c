/* The view of VPCs: one line each, and what is wrong with their interfaces. */
#include "tools/view.h"

#include <string.h>

#include "tools/client.h"
#include "tools/render.h"
#include "util/array.h"
#include "util/str.h"

/* "eth1, eth2 (down)" */
static void
format_interfaces(const json_t *list, char *buf, size_t size)
{
	const json_t *l;
	size_t i;

	json_array_foreach(list, i, l) {
		const char *state = answer_text(l, "state");

		str_add(buf, size, "%s%s", i > 0 ? ", " : "",
		    answer_text(l, "name"));
		if (strcmp(state, "up") != 0)
			str_add(buf, size, " (%s)", state);
	}
}

/* "10.1.0.0/16, 10.50.0.0/16 via 10.1.0.1 (withdrawn)" */
static void
format_prefixes(const json_t *list, char *buf, size_t size)
{
	const json_t *p;
	size_t i;

	json_array_foreach(list, i, p) {
		const char *hop = answer_text(p, "next_hop");

		str_add(buf, size, "%s%s%s%s%s", i > 0 ? ", " : "",
		    answer_text(p, "prefix"), hop[0] != '\0' ? " via " : "",
		    hop, json_is_true(json_object_get(p, "announced")) ? "" :
		    " (withdrawn)");
	}
}

static void
format_names(const json_t *list, char *buf, size_t size)
{
	const json_t *name;
	size_t i;

	json_array_foreach(list, i, name)
		str_add(buf, size, "%s%s", i > 0 ? ", " : "",
		    json_string_value(name));
}

static const struct render_column vpcs[] = {
	{ "NAME", "name", NULL },
	{ "STATE", "state", NULL },
	{ "INTERFACES", "interfaces", format_interfaces },
	{ "ASSOCIATED", "association", NULL },
	{ "PROPAGATES TO", "propagation", format_names },
	{ "FORWARDING", "forwarding", NULL },
	{ "PREFIXES", "prefixes", format_prefixes },
	{ "WHY", "reason", NULL },
};

void
view_vpcs(const json_t *answer)
{
	render_table(vpcs, ARRAY_SIZE(vpcs), json_object_get(answer, "vpcs"),
	    true);
}
