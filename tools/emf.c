/*
 * The names, units and dimensions of the namespace AWS/VPN, under a namespace
 * of our own: those that begin with AWS/ are for AWS alone.  Its data metrics
 * are octets since the last point, so that two samples are needed for them.
 */
#include "tools/emf.h"

#include <stdlib.h>
#include <string.h>

static json_t *
definition(const char *name, const char *unit)
{
	return json_pack("{s:s, s:s}", "Name", name, "Unit", unit);
}

static json_t *
directive(int64_t ms, const char *name_space, bool data)
{
	json_t *metrics = json_array();

	json_array_append_new(metrics, definition("TunnelState", "None"));
	if (data) {
		json_array_append_new(metrics,
		    definition("TunnelDataIn", "Bytes"));
		json_array_append_new(metrics,
		    definition("TunnelDataOut", "Bytes"));
	}
	return json_pack("{s:I, s:[{s:s, s:[[s,s],[s]], s:o}]}",
	    "Timestamp", (json_int_t)ms, "CloudWatchMetrics",
	    "Namespace", name_space, "Dimensions", "VpnId", "TunnelIpAddress",
	    "VpnId", "Metrics", metrics);
}

/* An interface that was made anew counts from 0. */
static json_int_t
since(const json_t *now, const json_t *before, const char *path)
{
	json_int_t a = json_integer_value(answer_at(before, path));
	json_int_t b = json_integer_value(answer_at(now, path));

	return b >= a ? b - a : b;
}

static void
write_tunnel(const struct sample *now, const json_t *t, const json_t *before,
    const char *name_space, FILE *to)
{
	bool data = before != NULL && json_object_get(t, "traffic") != NULL;
	json_t *j = json_pack("{s:o, s:s, s:s, s:i}",
	    "_aws", directive(now->wall_ms, name_space, data),
	    "VpnId", answer_text(t, "connection"),
	    "TunnelIpAddress", sample_tunnel_ip(t),
	    "TunnelState", strcmp(answer_text(t, "state"), "UP") == 0);
	char *line;

	if (data) {
		json_object_set_new(j, "TunnelDataIn", json_integer(
		    since(t, before, "traffic.in_octets")));
		json_object_set_new(j, "TunnelDataOut", json_integer(
		    since(t, before, "traffic.out_octets")));
	}
	line = json_dumps(j, JSON_COMPACT);
	if (line != NULL)
		fprintf(to, "%s\n", line);
	free(line);
	json_decref(j);
}

void
emf_write(const struct sample *now, const struct sample *before,
    const char *name_space, FILE *to)
{
	const json_t *t;
	size_t i;

	json_array_foreach(now->tunnels, i, t)
		write_tunnel(now, t, before == NULL ? NULL :
		    sample_tunnel(before, answer_text(t, "name")),
		    name_space, to);
}
