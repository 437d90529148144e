/*
 * The table of metrics.  Of each tunnel: a row says where in its JSON the value
 * lies and how it is read.  The daemon's own counters (gw/counters.h) follow
 * by themselves, in base units.  Names are an interface that people graph:
 * they are added to, never changed.
 */
#include "tools/families.h"

#include <string.h>
#include <time.h>

#include "gw/counters.h"
#include "util/array.h"

#define NAME_LEN	96

/* A row's value; false: this tunnel has none. */
typedef bool value_of(const char *word, const json_t *, int64_t *);

static bool
integer(const char *word, const json_t *j, int64_t *out)
{
	(void)word;
	*out = json_integer_value(j);
	return json_is_integer(j);
}

/* Is it this word?  Nothing where what it is about is off. */
static bool
is_word(const char *word, const json_t *j, int64_t *out)
{
	const char *s = json_string_value(j);

	if (s == NULL || strcmp(s, "off") == 0)
		return false;
	*out = strcmp(s, word) == 0;
	return true;
}

/* "2026-01-31T12:00:00Z" */
static bool
timestamp(const char *word, const json_t *j, int64_t *out)
{
	const char *s = json_string_value(j);
	struct tm tm = { 0 };

	(void)word;
	if (s == NULL || strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL)
		return false;
	*out = timegm(&tm);
	return true;
}

struct row {
	struct exposition_family family;
	const char	*path;		/* in a tunnel's JSON */
	value_of	*read;
	const char	*word;
};

#define GAUGE(name, path, read, word, help)				\
	{ { name, EXPOSITION_GAUGE, "", help }, path, read, word }
#define TIME(name, path, help)						\
	{ { name "_timestamp_seconds", EXPOSITION_GAUGE, "seconds", help }, \
	    path, timestamp, NULL }
#define BYTES(name, path, help)						\
	{ { name "_bytes", EXPOSITION_COUNTER, "bytes", help }, path,	\
	    integer, NULL }
#define COUNTER(name, path, help)					\
	{ { name, EXPOSITION_COUNTER, "", help }, path, integer, NULL }

static const struct row rows[] = {
	GAUGE("vpnd_tunnel_state", "state", is_word, "UP",
	    "1 when the tunnel is up, with BGP its session too "
	    "(CloudWatch: TunnelState)"),
	GAUGE("vpnd_ike_up", "ike.state", is_word, "established",
	    "1 when there is an IKE SA"),
	GAUGE("vpnd_ipsec_up", "child.state", is_word, "installed",
	    "1 when there is a child SA in the kernel"),
	GAUGE("vpnd_interface_up", "interface.state", is_word, "up",
	    "1 when the tunnel's interface is up"),
	GAUGE("vpnd_bgp_up", "bgp.state", is_word, "Established",
	    "1 when the BGP session is established"),
	GAUGE("vpnd_bfd_up", "bfd.state", is_word, "Up",
	    "1 when the BFD session is up"),
	GAUGE("vpnd_tunnel_mtu_bytes", "interface.mtu", integer, NULL,
	    "MTU of the tunnel's interface"),
	TIME("vpnd_tunnel_state_change", "since",
	    "when the tunnel last went up or down"),
	TIME("vpnd_certificate_not_after", "authentication.local_not_after",
	    "when our certificate expires"),
	TIME("vpnd_peer_certificate_not_after", "authentication.not_after",
	    "when the certificate expires that the peer showed last"),
	BYTES("vpnd_tunnel_data_in", "traffic.in_octets",
	    "received through the tunnel, after decryption "
	    "(CloudWatch: TunnelDataIn)"),
	BYTES("vpnd_tunnel_data_out", "traffic.out_octets",
	    "sent through the tunnel, before encryption "
	    "(CloudWatch: TunnelDataOut)"),
	COUNTER("vpnd_tunnel_packets_in", "traffic.in_packets",
	    "received through the tunnel"),
	COUNTER("vpnd_tunnel_packets_out", "traffic.out_packets",
	    "sent through the tunnel"),
	COUNTER("vpnd_tunnel_errors_in", "traffic.in_errors",
	    "packets that the tunnel's interface could not receive"),
	COUNTER("vpnd_tunnel_errors_out", "traffic.out_errors",
	    "packets that the tunnel's interface could not send"),
	COUNTER("vpnd_tunnel_dropped_in", "traffic.in_dropped",
	    "packets dropped by the tunnel's interface on their way in"),
	COUNTER("vpnd_tunnel_dropped_out", "traffic.out_dropped",
	    "packets dropped by the tunnel's interface on their way out"),
	COUNTER("vpnd_esp_replayed", "esp.replayed",
	    "ESP packets dropped because they came twice"),
	COUNTER("vpnd_esp_late", "esp.late",
	    "ESP packets dropped because they left the replay window"),
	COUNTER("vpnd_esp_integrity_failures", "esp.integrity_failed",
	    "ESP packets dropped because their ICV is wrong"),
};

/* A neighbour outside of tunnels is known by its name alone. */
static void
label_name(char labels[static EXPOSITION_LABELS], const struct sample *s,
    const char *name)
{
	const json_t *t = sample_tunnel(s, name);
	const char *slash = strrchr(name, '/');
	char vpn[CONF_NAME_LEN];

	labels[0] = '\0';
	if (slash == NULL) {
		exposition_label(labels, "neighbor", name);
		return;
	}
	str_fmt(vpn, sizeof(vpn), "%.*s", (int)(slash - name), name);
	exposition_label(labels, "vpn_id", vpn);
	exposition_label(labels, "tunnel", slash + 1);
	exposition_label(labels, "tunnel_ip_address", t == NULL ? "" :
	    sample_tunnel_ip(t));
}

static void
write_tunnels(struct exposition *e, const struct sample *s)
{
	char labels[EXPOSITION_LABELS];
	const json_t *t;
	int64_t v;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		exposition_begin(e, &rows[i].family);
		json_array_foreach(s->tunnels, n, t) {
			if (!rows[i].read(rows[i].word, answer_at(t,
			    rows[i].path), &v))
				continue;
			label_name(labels, s, answer_text(t, "name"));
			exposition_sample(e, labels, v, 0);
		}
	}
}

/* Base units, and what a value in ours is divided by, as decimals. */
static const struct unit {
	const char	*ours, *theirs;
	unsigned	decimals;
} units[] = {
	{ "microseconds", "seconds", 6 },
	{ "octets", "bytes", 0 },
};

static const struct unit *
unit_of(const struct counter *c)
{
	static const struct unit none = { "", "", 0 };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(units[i].ours, c->unit) == 0)
			return &units[i];
	}
	return &none;
}

/* "bgp_path_octets" is vpnd_bgp_path_bytes. */
static void
name_of(const struct counter *c, const struct unit *u, char name[NAME_LEN])
{
	size_t n = strlen(c->name), ours = strlen(u->ours);

	if (ours > 0 && n > ours && strcmp(c->name + n - ours, u->ours) == 0)
		n -= ours + 1;
	str_fmt(name, NAME_LEN, "vpnd_%.*s%s%s", (int)n, c->name,
	    u->theirs[0] != '\0' ? "_" : "", u->theirs);
}

static void
write_counter(struct exposition *e, const struct sample *s,
    const struct counter *c)
{
	const struct unit *u = unit_of(c);
	char name[NAME_LEN], labels[EXPOSITION_LABELS];
	struct exposition_family f = {
		.name = name, .type = c->kind == COUNTER_COUNTER ?
		    EXPOSITION_COUNTER : EXPOSITION_GAUGE,
		.unit = u->theirs, .help = c->help,
	};
	const json_t *row;
	size_t i;

	name_of(c, u, name);
	exposition_begin(e, &f);
	json_array_foreach(json_object_get(s->counters, c->name), i, row) {
		labels[0] = '\0';
		if (c->of != COUNTER_GATEWAY)
			label_name(labels, s, answer_text(row, "tunnel"));
		exposition_sample(e, labels, json_integer_value(
		    json_object_get(row, "value")), u->decimals);
	}
}

static void
write_errors(struct exposition *e, const struct sample *s)
{
	static const struct exposition_family f = { "vpnd_xfrm_errors",
	    EXPOSITION_COUNTER, "",
	    "packets dropped by IPsec in this network namespace, by the "
	    "kernel's reason" };
	char labels[EXPOSITION_LABELS];
	const char *key;
	json_t *v;

	exposition_begin(e, &f);
	json_object_foreach(s->errors, key, v) {
		labels[0] = '\0';
		exposition_label(labels, "error", key);
		exposition_sample(e, labels, json_integer_value(v), 0);
	}
}

void
families_write(const struct sample *s, FILE *to, enum exposition_format format)
{
	static const struct exposition_family up = { "vpnd_up",
	    EXPOSITION_GAUGE, "", "1 when vpnd has answered" };
	struct exposition e = { .to = to, .format = format };
	const struct counter *c;

	exposition_begin(&e, &up);
	exposition_sample(&e, "", s != NULL, 0);
	if (s != NULL) {
		write_tunnels(&e, s);
		for (size_t i = 0; (c = counter_at(i)) != NULL; i++)
			write_counter(&e, s, c);
		write_errors(&e, s);
	}
	exposition_end(&e);
}
